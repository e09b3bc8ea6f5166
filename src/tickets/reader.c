/*
 * reader.c
 *		Reading the tickets of an attached table as whoever asks.
 *
 * A query fetches the columns that facts come from, with the privileges and the
 * row security of the caller.  Its result is read by a copy of the attachment
 * whose columns are those of the result.
 *
 * Functions of the row are the owner's, and must not run as whoever happens to
 * ask.  So where there are any, the query runs as the owner, once it is certain
 * that the caller may read the table.
 */
#include "reader.h"

#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rls.h"

#include "key.h"
#include "settings.h"

#define ROWS_AT_A_TIME 1000

struct SltReader
{
	SltAttachment attachment;	/* a copy, for the result of the query */
	AttrNumber	due[SLT_MAX_METRICS];
	MemoryContext caller;
	MemoryContext each_row;
	Portal		portal;
	bool		calls_functions;
	SltIdentity before;			/* who asks */
	uint64		next;			/* row of those fetched */
	Datum	   *values;
	bool	   *nulls;
};

/* A query in the making. */
typedef struct TicketQuery
{
	Relation	root;
	StringInfoData columns;
	AttrNumber	n;
} TicketQuery;

/* Adds a column to the query; returns its number there. */
static AttrNumber
add_column(TicketQuery *q, AttrNumber attnum)
{
	appendStringInfo(&q->columns, ", t.%s", quote_identifier(NameStr(TupleDescAttr(RelationGetDescr(q->root), attnum - 1)->attname)));
	return ++q->n;
}

/* Has a fact come from the query. */
static void
add_field(TicketQuery *q, SltField *f)
{
	if (f->source == SLT_COLUMN)
		f->attnum = add_column(q, f->attnum);
	else if (f->source == SLT_FUNCTION)
	{
		appendStringInfo(&q->columns, ", %s(t.*)",
						 quote_qualified_identifier(get_namespace_name(get_func_namespace(f->function_oid)), get_func_name(f->function_oid)));
		f->source = SLT_COLUMN;
		f->attnum = ++q->n;
	}
}

/* Makes a reader, and the query that it needs but for its condition. */
static SltReader *
make_reader(Oid table, TicketQuery *q)
{
	SltReader  *r = palloc0(sizeof(SltReader));
	SltAttachment *a = &r->attachment;

	if (get_rel_name(table) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table with OID %u does not exist", table)));
	q->root = table_open(table, AccessShareLock);
	*a = *slt_usable_attachment(q->root);
	if (a->root != table)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("table \"%s\" is not attached to slt by itself", RelationGetRelationName(q->root)),
				 errhint("Ask for table \"%s\", which it is a part of.", get_rel_name(a->root))));
	r->caller = CurrentMemoryContext;
	r->each_row = AllocSetContextCreate(CurrentMemoryContext, "slt ticket", ALLOCSET_DEFAULT_SIZES);
	a->context = AllocSetContextCreate(CurrentMemoryContext, "slt terms", ALLOCSET_SMALL_SIZES);
	a->terms = NULL;
	a->terms_context = NULL;
	r->calls_functions = a->functions;
	a->functions = false;		/* their results come from the query */
	initStringInfo(&q->columns);
	appendStringInfoString(&q->columns, slt_key_expression(a, "t"));
	q->n = 1;
	add_field(q, &a->opened);
	add_field(q, &a->changed);
	add_field(q, &a->status);
	for (int i = 0; i < SLT_CODES; i++)
		add_field(q, &a->codes[i]);
	for (int i = 0; i < a->nmetrics; i++)
	{
		add_field(q, &a->metrics[i].done);
		r->due[i] = add_column(q, a->metrics[i].due);
	}
	a->paused = add_column(q, a->paused);
	r->values = palloc(sizeof(Datum) * q->n);
	r->nulls = palloc(sizeof(bool) * q->n);
	return r;
}

/* Returns a table's name as SQL has it. */
static char *
table_name(Relation rel)
{
	return quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)), RelationGetRelationName(rel));
}

/* Refuses whoever may not read all of a table whose rows functions are called for. */
static void
check_reader(Relation rel)
{
	AclResult	allowed = pg_class_aclcheck(RelationGetRelid(rel), GetUserId(), ACL_SELECT);

	if (allowed != ACLCHECK_OK)
		aclcheck_error(allowed, OBJECT_TABLE, RelationGetRelationName(rel));
	if (check_enable_rls(RelationGetRelid(rel), InvalidOid, true) == RLS_ENABLED)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("tickets of table \"%s\" can be read by its owner only", RelationGetRelationName(rel)),
				 errdetail("It has row security, and functions of the row are called.")));
}

/* Opens the query of a reader. */
static void
open_query(SltReader *r, TicketQuery *q, const char *condition, int nargs, Oid *types, Datum *values)
{
	char	   *query = psprintf("SELECT %s FROM %s t%s", q->columns.data, table_name(q->root), condition);

	SPI_connect();
	if (r->calls_functions && GetUserId() != q->root->rd_rel->relowner)
	{
		check_reader(q->root);
		r->before = slt_act_as(q->root->rd_rel->relowner, SECURITY_RESTRICTED_OPERATION, r->attachment.search_path);
	}
	else
		r->before = slt_act_as(GetUserId(), 0, r->attachment.search_path);
	r->portal = SPI_cursor_open_with_args(NULL, query, nargs, types, values, NULL, true, 0);
	if (r->portal == NULL)
		elog(ERROR, "could not read tickets: %s", SPI_result_code_string(SPI_result));
	table_close(q->root, NoLock);
	SPI_tuptable = NULL;
	MemoryContextSwitchTo(r->caller);
}

/* Appends the condition that some metric is not decided. */
static void
append_open(StringInfo condition, const SltAttachment *a, Relation root)
{
	for (int i = 0; i < a->nmetrics; i++)
		appendStringInfo(condition, "%s t.%s IS NULL", i ? " OR" : " WHERE",
						 quote_identifier(NameStr(TupleDescAttr(RelationGetDescr(root), a->metrics[i].met - 1)->attname)));
}

/* Appends the condition that a ticket was opened in a range, where an index on the column could serve. */
static void
append_opened(StringInfo condition, const SltField *opened, Relation root)
{
	const char *column = quote_identifier(NameStr(TupleDescAttr(RelationGetDescr(root), opened->attnum - 1)->attname));

	/* only as far as it can be said without knowing the zone; what is read is looked at again */
	if (opened->type == TIMESTAMPTZOID)
		appendStringInfo(condition, " WHERE t.%s OPERATOR(pg_catalog.>=) $1 AND t.%s OPERATOR(pg_catalog.<) $2", column, column);
	else if (opened->type == TIMESTAMPOID)
		appendStringInfo(condition,
						 " WHERE t.%s OPERATOR(pg_catalog.>=) (pg_catalog.timezone('UTC', $1) OPERATOR(pg_catalog.-) '1 day'::pg_catalog.interval)"
						 " AND t.%s OPERATOR(pg_catalog.<) (pg_catalog.timezone('UTC', $2) OPERATOR(pg_catalog.+) '1 day'::pg_catalog.interval)", column, column);
}

/* Begins to read tickets. */
SltReader *
slt_begin_read(Oid table, SltWhich which, TimestampTz from, TimestampTz to)
{
	TicketQuery		q = {0};
	SltReader  *r = make_reader(table, &q);
	const SltAttachment *a = slt_usable_attachment(q.root);
	StringInfoData condition;
	Oid			types[2] = {TIMESTAMPTZOID, TIMESTAMPTZOID};
	Datum		values[2] = {TimestampTzGetDatum(from), TimestampTzGetDatum(to)};

	initStringInfo(&condition);
	if (which == SLT_OPEN_TICKETS)
		append_open(&condition, a, q.root);
	if (which == SLT_OPENED_DURING)
		append_opened(&condition, &a->opened, q.root);
	open_query(r, &q, condition.data, strchr(condition.data, '$') ? 2 : 0, types, values);
	return r;
}

/* Begins to read the ticket that a key names. */
SltReader *
slt_begin_read_key(Oid table, text *key)
{
	TicketQuery		q = {0};
	SltReader  *r = make_reader(table, &q);
	SltAttachment *a = &r->attachment;
	Oid			types[1] = {TEXTOID};
	Datum		values[1] = {PointerGetDatum(key)};
	char	   *column = slt_key_column(a),
			   *condition;

	/* a key of one column is compared as what it is, so that an index serves */
	if (column != NULL)
		condition = psprintf(" WHERE t.%s OPERATOR(pg_catalog.=) CAST($1 AS %s)", quote_identifier(column),
							 format_type_extended(get_atttype(table, get_attnum(table, column)), -1, FORMAT_TYPE_FORCE_QUALIFY));
	else
		condition = psprintf(" WHERE %s OPERATOR(pg_catalog.=) $1", slt_key_expression(a, "t"));
	open_query(r, &q, condition, 1, types, values);
	return r;
}

/* Returns the attachment that readings are by. */
SltAttachment *
slt_reader_attachment(SltReader *r)
{
	return &r->attachment;
}

/* Returns the memory in which a reading lives, which is empty again when the next ticket is read. */
MemoryContext
slt_reader_memory(SltReader *r)
{
	return r->each_row;
}

/* Fetches more rows; false at the end. */
static bool
fetch(SltReader *r)
{
	if (SPI_tuptable != NULL)
		SPI_freetuptable(SPI_tuptable);
	SPI_cursor_fetch(r->portal, true, ROWS_AT_A_TIME);
	r->next = 0;
	return SPI_processed > 0;
}

/* Reads the next ticket; false at the end. */
bool
slt_read_next(SltReader *r, SltReading *reading)
{
	SltAttachment *a = &r->attachment;
	SltRow		row = {.values = r->values,.nulls = r->nulls};
	MemoryContext caller;

	CHECK_FOR_INTERRUPTS();
	if ((SPI_tuptable == NULL || r->next >= SPI_processed) && !fetch(r))
		return false;
	MemoryContextReset(r->each_row);
	caller = MemoryContextSwitchTo(r->each_row);
	heap_deform_tuple(SPI_tuptable->vals[r->next++], SPI_tuptable->tupdesc, r->values, r->nulls);
	reading->key = r->values[0];
	reading->has_key = !r->nulls[0];
	slt_read_ticket(a, &row, &reading->ticket);
	reading->pauses = slt_ticket_pauses(&reading->ticket);
	reading->terms = slt_known_terms(a, &reading->ticket.codes);
	if (reading->terms == NULL)
		reading->terms = slt_learn_terms(a, &reading->ticket.codes);
	for (int i = 0; i < a->nmetrics; i++)
	{
		reading->due[i].known = !r->nulls[r->due[i] - 1];
		reading->due[i].at = reading->due[i].known ? DatumGetTimestampTz(r->values[r->due[i] - 1]) : 0;
	}
	MemoryContextSwitchTo(caller);
	return true;
}

/* Ends reading. */
void
slt_end_read(SltReader *r)
{
	SPI_cursor_close(r->portal);
	slt_act_as_before(&r->before);
	SPI_finish();
	MemoryContextDelete(r->each_row);
	MemoryContextDelete(r->attachment.context);
}
