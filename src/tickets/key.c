/*
 * key.c
 *		What people call a ticket: the text of its key.
 *
 * The key is the column that the attachment names, or the primary key; the
 * values of several columns are joined by commas.  A table without either has
 * nothing better than the place of the row.
 */
#include "key.h"

#include "access/genam.h"
#include "access/table.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/relcache.h"

/* Lists the names of the key's columns. */
static List *
key_columns(const SltAttachment *a)
{
	List	   *names = NIL;
	Relation	root;
	ListCell   *cell;

	if (a->key != NULL)
		return list_make1(a->key);
	root = table_open(a->root, AccessShareLock);
	foreach(cell, RelationGetIndexList(root))
	{
		Relation	index = index_open(lfirst_oid(cell), AccessShareLock);

		for (int i = 0; index->rd_index->indisprimary && i < index->rd_index->indnkeyatts; i++)
			names = lappend(names, pstrdup(NameStr(TupleDescAttr(RelationGetDescr(root), index->rd_index->indkey.values[i] - 1)->attname)));
		index_close(index, NoLock);
	}
	table_close(root, NoLock);
	return names;
}

/* Returns the key of a row as text. */
text *
slt_row_key(Relation rel, const SltAttachment *a, TupleTableSlot *slot)
{
	StringInfoData key;
	List	   *columns = key_columns(a);
	ListCell   *cell;

	initStringInfo(&key);
	slot_getallattrs(slot);
	if (columns == NIL)
		appendStringInfo(&key, "(%u,%u)", ItemPointerGetBlockNumber(&slot->tts_tid), ItemPointerGetOffsetNumber(&slot->tts_tid));
	foreach(cell, columns)
	{
		AttrNumber	attnum = get_attnum(RelationGetRelid(rel), lfirst(cell));
		Oid			output;
		bool		is_varlena;

		if (key.len > 0)
			appendStringInfoChar(&key, ',');
		if (attnum <= 0 || slot->tts_isnull[attnum - 1])
			continue;
		getTypeOutputInfo(TupleDescAttr(RelationGetDescr(rel), attnum - 1)->atttypid, &output, &is_varlena);
		appendStringInfoString(&key, OidOutputFunctionCall(output, slot->tts_values[attnum - 1]));
	}
	return cstring_to_text_with_len(key.data, key.len);
}

/* Returns the key's column if it is one alone, else NULL. */
char *
slt_key_column(const SltAttachment *a)
{
	List	   *columns = key_columns(a);

	return list_length(columns) == 1 ? linitial(columns) : NULL;
}

/* Returns the same as an expression of SQL, over a table by its alias. */
char *
slt_key_expression(const SltAttachment *a, const char *alias)
{
	StringInfoData expression;
	ListCell   *cell;

	initStringInfo(&expression);
	foreach(cell, key_columns(a))
		appendStringInfo(&expression, "%s%s.%s", expression.len ? ", " : "pg_catalog.concat_ws(',', ", alias, quote_identifier(lfirst(cell)));
	if (expression.len == 0)
		appendStringInfo(&expression, "CAST(%s.ctid AS pg_catalog.text", alias);
	appendStringInfoChar(&expression, ')');
	return expression.data;
}
