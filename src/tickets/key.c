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

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"

#include "settings.h"

#define MAX_KEY 2000			/* bytes; an index takes 2700 */

/* Leaves of a text that has more bytes than that the beginning and a hash, so that different ones stay different. */
void
slt_shorten(StringInfo s, int most)
{
	char	   *hash;

	if (s->len <= most)
		return;
	hash = TextDatumGetCString(DirectFunctionCall1(md5_text, PointerGetDatum(cstring_to_text_with_len(s->data, s->len))));
	s->len = pg_mbcliplen(s->data, s->len, most - 40);
	appendStringInfo(s, "... %s", hash);
}

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
	slt_shorten(&key, MAX_KEY);
	return key.data;
}
