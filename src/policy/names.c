/*
 * names.c
 *		How names of the policy are compared.
 */
#include "config.h"

#include "catalog/pg_collation.h"
#include "utils/builtins.h"
#include "utils/formatting.h"

/*
 * Folds a name for comparison without regard to case.  ASCII letters fold as
 * ASCII, whatever the database's locale says of the letter I, and all others as
 * the server's lower() does.
 */
char *
slt_fold_name(const char *name, int len)
{
	char	   *folded = pnstrdup(name, len);
	bool		is_ascii = true;

	for (char *c = folded; *c; c++)
	{
		*c = pg_ascii_tolower((unsigned char) *c);
		is_ascii = is_ascii && !IS_HIGHBIT_SET(*c);
	}
	return is_ascii ? folded : str_tolower(folded, strlen(folded), DEFAULT_COLLATION_OID);
}

/* The same for the tables' indexes and checks. */
PG_FUNCTION_INFO_V1(slt_fold);
Datum
slt_fold(PG_FUNCTION_ARGS)
{
	text	   *name = PG_GETARG_TEXT_PP(0);

	PG_RETURN_TEXT_P(cstring_to_text(slt_fold_name(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name))));
}
