/*
 * related.c
 *		The trigger of tables that say something about tickets: a severity or a
 *		contract that is kept elsewhere and arrives after the ticket.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/partition.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "../policy/config.h"
#include "guard.h"
#include "rewrite.h"

/* A change of a related row. */
typedef struct Change
{
	TriggerData *trigger;
	HeapTuple	row;			/* as it was, or as it is */
} Change;

/* Returns the number of a column of the related table. */
static AttrNumber
find_column(Relation rel, const char *name)
{
	AttrNumber	attnum = get_attnum(RelationGetRelid(rel), name);

	if (attnum <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of table \"%s\" does not exist any more", name, RelationGetRelationName(rel)),
				 errhint("Call slt_attach_related() again with a column that is there, or slt_detach_related().")));
	return attnum;
}

/* Tells whether a row has the values that make it one of a ticket. */
static bool
is_of_a_ticket(Relation rel, HeapTuple row, Jsonb *only_when)
{
	JsonbIterator *it = JsonbIteratorInit(&only_when->root);
	JsonbValue	v;
	JsonbIteratorToken token;
	char	   *column = NULL;

	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		AttrNumber	attnum;
		Oid			output;
		bool		is_varlena,
					isnull;
		Datum		value;
		char	   *text;

		if (token == WJB_KEY)
			column = pnstrdup(v.val.string.val, v.val.string.len);
		if (token != WJB_VALUE || column == NULL)
			continue;
		attnum = find_column(rel, column);
		value = heap_getattr(row, attnum, RelationGetDescr(rel), &isnull);
		if (isnull != (v.type == jbvNull))
			return false;
		if (isnull)
			continue;
		getTypeOutputInfo(TupleDescAttr(RelationGetDescr(rel), attnum - 1)->atttypid, &output, &is_varlena);
		text = OidOutputFunctionCall(output, value);
		if (v.type != jbvString || strlen(text) != (size_t) v.val.string.len || memcmp(text, v.val.string.val, v.val.string.len) != 0)
			return false;
	}
	return true;
}

/* Tells whether a type is one of integers. */
static bool
is_integer(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID;
}

/* Reads an integer; false if the text is none. */
static bool
read_integer(const char *text, int64 *number)
{
	char	   *end;

	errno = 0;
	*number = strtoi64(text, &end, 10);
	return errno == 0 && end != text && *end == '\0';
}

/*
 * Finds the rows of a ticket by its key; returns how many.  A key of another
 * type is compared as a number if the column is one, else as text.
 */
static uint64
find_ticket(Oid root, const char *key, Datum value, Oid type)
{
	const char *column = quote_identifier(key);
	Oid			column_type = get_atttype(root, get_attnum(root, key)),
				output;
	bool		is_varlena;
	int64		number;
	char	   *text,
			   *condition,
			   *query;

	if (type == column_type)
		condition = psprintf("%s OPERATOR(pg_catalog.=) $1", column);
	else
	{
		getTypeOutputInfo(type, &output, &is_varlena);
		text = OidOutputFunctionCall(output, value);
		type = is_integer(column_type) ? INT8OID : TEXTOID;
		if (type == INT8OID && !read_integer(text, &number))
			return 0;			/* no ticket has such a number */
		value = type == INT8OID ? Int64GetDatum(number) : CStringGetTextDatum(text);
		condition = psprintf(type == INT8OID ? "%s OPERATOR(pg_catalog.=) $1" : "CAST(%s AS pg_catalog.text) OPERATOR(pg_catalog.=) $1", column);
	}
	query = psprintf("SELECT tableoid, ctid FROM %s WHERE %s",
					 quote_qualified_identifier(get_namespace_name(get_rel_namespace(root)), get_rel_name(root)), condition);

	if (SPI_execute_with_args(query, 1, &type, &value, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not look for a ticket");
	return SPI_processed;
}

/* Stamps the tickets that were found; false if one is gone, perhaps to another partition. */
static bool
stamp_found(SltRewriter *w, SPITupleTable *found, uint64 n)
{
	bool		all = true,
				isnull;

	for (uint64 i = 0; i < n; i++)
	{
		Oid			leaf = DatumGetObjectId(SPI_getbinval(found->vals[i], found->tupdesc, 1, &isnull));
		ItemPointerData tid = *(ItemPointer) DatumGetPointer(SPI_getbinval(found->vals[i], found->tupdesc, 2, &isnull));
		SltRewriter *of_leaf = leaf == RelationGetRelid(slt_rewriter_relation(w)) ? w : slt_begin_rewrite(leaf, true);

		all &= slt_rewrite_row(of_leaf, &tid, LockWaitBlock, slt_choose_all, NULL) != SLT_GONE;
		if (of_leaf != w)
			slt_end_rewrite(of_leaf);
	}
	return all;
}

#define MAX_LOOKS 10			/* for a ticket that moves while it is looked for */

/* Stamps the tickets that a row of slt_related leads to from the changed row. */
static void
stamp_tickets(const Change *c, SltConfigScan *s)
{
	Relation	rel = c->trigger->tg_relation;
	Oid			root = DatumGetObjectId(slt_column(s, "ticket_table", REGCLASSOID));
	AttrNumber	attnum = find_column(rel, slt_text_column(s, "ticket"));
	bool		isnull;
	Datum		only_when = slt_tuple_column(s->rel, s->row, "only_when", JSONBOID, &isnull),
				key;
	char	   *key_column = slt_text_column(s, "key");
	List	   *leaves;
	SltRewriter *w;

	if (!isnull && !is_of_a_ticket(rel, c->row, DatumGetJsonbP(only_when)))
		return;
	key = heap_getattr(c->row, attnum, RelationGetDescr(rel), &isnull);
	if (isnull)
		return;
	leaves = slt_leaves(root);
	if (leaves == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("the ticket table of table \"%s\" does not exist any more", RelationGetRelationName(rel)),
				 errhint("Call slt_detach_related().")));
	/* as the owner of the ticket table, who may look there */
	w = slt_begin_rewrite(linitial_oid(leaves), true);
	for (int looks = 0; looks < MAX_LOOKS; looks++)
	{
		uint64		n = find_ticket(root, key_column, key, TupleDescAttr(RelationGetDescr(rel), attnum - 1)->atttypid);

		if (stamp_found(w, SPI_tuptable, n))
			break;
	}
	slt_end_rewrite(w);
}

/* Stamps the tickets of a changed row. */
static void
stamp_related(void *argument)
{
	Change	   *c = argument;
	List	   *tables = lappend_oid(get_partition_ancestors(RelationGetRelid(c->trigger->tg_relation)), RelationGetRelid(c->trigger->tg_relation));
	SltConfigScan s = slt_begin_scan(slt_config_table(slt_config_schema(), "slt_related"), InvalidOid, 0, NULL);

	/* functions of the row must see the change that fired the trigger */
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	while (slt_next_row(&s))
		if (list_member_oid(tables, DatumGetObjectId(slt_column(&s, "related_table", REGCLASSOID))))
			stamp_tickets(c, &s);
	PopActiveSnapshot();
	slt_end_scan(&s);
}

/* Stamps the tickets of one version of a row, or warns. */
static void
stamp_version(TriggerData *trigger, HeapTuple row)
{
	Change		c = {trigger, row};
	SltFailure	failure;

	if (!slt_guarded(stamp_related, &c, &failure))
		ereport(WARNING,
				(errmsg_internal("%s", failure.message),
				 errdetail("A ticket that table \"%s\" is about keeps its deadlines.", RelationGetRelationName(trigger->tg_relation)),
				 failure.hint ? errhint("%s", failure.hint) : 0));
}

/* The trigger of related tables: stamps the ticket that a changed row is about. */
PG_FUNCTION_INFO_V1(slt_stamp_related);
Datum
slt_stamp_related(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigger->tg_event) || !TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called as an AFTER trigger for each row", "slt_stamp_related"),
				 errhint("slt_attach_related() makes the trigger.")));
	stamp_version(trigger, trigger->tg_trigtuple);
	if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		stamp_version(trigger, trigger->tg_newtuple);
	return PointerGetDatum(NULL);
}
