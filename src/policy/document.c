/*
 * document.c
 *		What the policy as a document needs of C.
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "../core/core.h"

/* from 1900 to 2200, in seconds since 2000 */
#define FIRST_SECOND (-(int64) 36524 * SECS_PER_DAY)
#define LAST_SECOND ((int64) 73049 * SECS_PER_DAY)

/*
 * Returns a zone's offset from UTC in 1900, and each change of it since: servers
 * whose data differ there answer differently.  Null for a zone that is not known.
 */
PG_FUNCTION_INFO_V1(slt_zone_changes);
Datum
slt_zone_changes(PG_FUNCTION_ARGS)
{
	const char *canonical;
	const SltZone *zone = slt_zone_find(text_to_cstring(PG_GETARG_TEXT_PP(0)), &canonical);
	StringInfoData changes;
	int64		at = FIRST_SECOND;

	if (zone == NULL)
		PG_RETURN_NULL();
	initStringInfo(&changes);
	while (at < LAST_SECOND)
	{
		int64		next;
		int32		offset = slt_zone_offset(zone, at, &next);

		appendStringInfo(&changes, INT64_FORMAT ":%d ", at, offset);
		at = next;
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(changes.data, changes.len));
}

/* Returns an argument that is a text, NULL for none. */
static char *
text_or_null(FunctionCallInfo fcinfo, int arg)
{
	char	   *value = PG_ARGISNULL(arg) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(arg));

	return value != NULL && value[0] != '\0' ? value : NULL;
}

/* Raises what is wrong with a place in a document; RAISE of PL/pgSQL would show a detail and a hint that are not there. */
PG_FUNCTION_INFO_V1(slt_refuse);
Datum
slt_refuse(PG_FUNCTION_ARGS)
{
	char	   *path = text_or_null(fcinfo, 0),
			   *state = text_or_null(fcinfo, 1),
			   *message = text_or_null(fcinfo, 2),
			   *detail = text_or_null(fcinfo, 3),
			   *hint = text_or_null(fcinfo, 4);

	/* whoever calls this by himself can make it no other than an ordinary error */
	if (state == NULL || strlen(state) != 5 || strspn(state, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 5 ||
		strncmp(state, "XX", 2) == 0 || strncmp(state, "00", 2) == 0)
		state = "22023";
	ereport(ERROR,
			(errcode(MAKE_SQLSTATE(state[0], state[1], state[2], state[3], state[4])),
			 errmsg_internal("%s%s%s", path ? path : "", path ? ": " : "", message ? message : "refused"),
			 detail ? errdetail_internal("%s", detail) : 0,
			 hint ? errhint("%s", hint) : 0));
}
