/*
 * key.c
 *		What people call a ticket: the text of its key.
 *
 * The key is the column that the attachment names, or the primary key; the
 * values of several columns are joined by commas, and of one that is too long
 * for an index there is the beginning and a hash.  A table without either has
 * nothing better than the place of the row.
 */
#include "key.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"

#include "settings.h"

#define MAX_KEY 2000			/* bytes; an index takes 2700 */

/* Returns the key of a row, which is the same in every session. */
char *
slt_key_text(const SltAttachment *a, const SltRow *row, ItemPointer tid)
{
	StringInfoData key;
	int			settings = a->key_depends ? slt_set_for_texts() : 0;

	initStringInfo(&key);
	if (a->nkeys == 0 && tid != NULL)
		appendStringInfo(&key, "(%u,%u)", ItemPointerGetBlockNumberNoCheck(tid), ItemPointerGetOffsetNumberNoCheck(tid));
	for (int i = 0; i < a->nkeys; i++)
	{
		AttrNumber	attnum = a->keys[i].attnum;

		if (i > 0)
			appendStringInfoChar(&key, ',');
		if (!row->nulls[attnum - 1])
			appendStringInfoString(&key, OutputFunctionCall(&a->keys[i].output, row->values[attnum - 1]));
	}
	if (a->key_depends)
		AtEOXact_GUC(false, settings);
	if (key.len > MAX_KEY)
	{
		char	   *hash = TextDatumGetCString(DirectFunctionCall1(md5_text, PointerGetDatum(cstring_to_text_with_len(key.data, key.len))));

		key.len = pg_mbcliplen(key.data, key.len, MAX_KEY - 40);
		appendStringInfo(&key, "... %s", hash);
	}
	return key.data;
}
