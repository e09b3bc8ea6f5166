/*
 * reader.c
 *		Reading the tickets of an attached table as whoever asks.
 *
 * A query fetches the columns that facts come from, and is read by a copy of the
 * attachment whose columns are those of the result.
 *
 * Planning and running a query of a table runs what its owner has put there.  So
 * it is the owner's, restricted, once it is certain that the caller may read all
 * of the table; where he may not, or row security is for him, it is his own.
 */
#include "reader.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rls.h"

#include "rewrite.h"
#include "settings.h"

#define ROWS_AT_A_TIME 1000

struct SltReader
{
	SltAttachment attachment;	/* a copy, for the result of the query */
	MemoryContext caller;
	MemoryContext each_row;
	Portal		portal;
	bool		as_owner;
	SltIdentity before;			/* who asks */
	SltFact		also;			/* a column that no fact is in, for the caller */
	uint64		next;			/* row of those fetched */
	Datum	   *values;
	bool	   *nulls;
};

/* A query in the making. */
typedef struct TicketQuery
{
	Relation	rel;
	StringInfoData columns;
	AttrNumber	n;
	AttrNumber	places[MaxHeapAttributeNumber + 1]; /* of columns that it has */
} TicketQuery;

/* Has a column come from the query, once. */
static void
take_column(TicketQuery *q, AttrNumber *attnum)
{
	if (*attnum == InvalidAttrNumber)
		return;
	if (q->places[*attnum] == 0)
	{
		appendStringInfo(&q->columns, "%st.%s", q->n ? ", " : "", slt_quoted_column(q->rel, *attnum));
		q->places[*attnum] = ++q->n;
	}
	*attnum = q->places[*attnum];
}

/* Has several columns come from the query; they are copied, as the attachment's own stay what they are. */
static SltFact *
take_columns(TicketQuery *q, const SltFact *columns, int n)
{
	SltFact    *copy = palloc(sizeof(SltFact) * Max(n, 1));

	for (int i = 0; i < n; i++)
	{
		copy[i] = columns[i];
		take_column(q, &copy[i].attnum);
	}
	return copy;
}

/* Has all columns that facts are in come from the query. */
static void
take_facts(TicketQuery *q, SltAttachment *a)
{
	take_column(q, &a->opened.attnum);
	take_column(q, &a->changed.attnum);
	take_column(q, &a->status_at);
	take_column(q, &a->status_became);
	take_column(q, &a->announce_at);
	a->keys = take_columns(q, a->keys, a->nkeys);
	a->status.columns = take_columns(q, a->status.columns, a->status.ncolumns);
	for (int i = 0; i < SLT_CODES; i++)
		a->codes[i].columns = take_columns(q, a->codes[i].columns, a->codes[i].ncolumns);
	for (int i = 0; i < a->nmetrics; i++)
	{
		SltMetric  *m = &a->metrics[i];

		take_column(q, &m->started.attnum);
		take_column(q, &m->done.attnum);
		take_column(q, &m->due);
		take_column(q, &m->met);
		take_column(q, &m->runs);
	}
}

/* Appends the condition that some metric is not decided. */
static void
append_open(StringInfo condition, const TicketQuery *q, const SltAttachment *a)
{
	for (int i = 0; i < a->nmetrics; i++)
		appendStringInfo(condition, "%s t.%s IS NULL", i ? " OR" : " WHERE", slt_quoted_column(q->rel, a->metrics[i].met));
}

/*
 * Appends the condition that a clock may have started in a range, where an index
 * on its column could serve: if there is one start for all, and that is no
 * number.  It is wider where the zone is not known here, for what is read is
 * looked at again.
 */
static void
append_started(StringInfo condition, const TicketQuery *q, const SltAttachment *a)
{
	const char *column = slt_quoted_column(q->rel, a->opened.attnum);

	for (int i = 0; i < a->nmetrics; i++)
		if (a->metrics[i].started.attnum != a->opened.attnum || a->metrics[i].when_reopened == SLT_RESTART)
			return;
	if (a->opened.type == TIMESTAMPTZOID)
		appendStringInfo(condition, " WHERE t.%s OPERATOR(pg_catalog.>=) $1 AND t.%s OPERATOR(pg_catalog.<=) $2", column, column);
	else if (a->opened.type == TIMESTAMPOID)
		appendStringInfo(condition,
						 " WHERE t.%s OPERATOR(pg_catalog.>=) (pg_catalog.timezone('UTC', $1) OPERATOR(pg_catalog.-) '1 day'::pg_catalog.interval)"
						 " AND t.%s OPERATOR(pg_catalog.<=) (pg_catalog.timezone('UTC', $2) OPERATOR(pg_catalog.+) '1 day'::pg_catalog.interval)", column, column);
}

/* Tells whether a user may read all of a table; where row security hides some of it, he may not. */
bool
slt_may_read(Oid table)
{
	return pg_class_aclcheck(table, GetUserId(), ACL_SELECT) == ACLCHECK_OK && check_enable_rls(table, InvalidOid, true) != RLS_ENABLED;
}

/* Has another column come from the query, by its name. */
static SltFact
take_also(TicketQuery *q, const char *name)
{
	SltFact		also = {.attnum = get_attnum(RelationGetRelid(q->rel), name)};
	Oid			output;
	bool		is_varlena;

	if (also.attnum <= InvalidAttrNumber)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of table \"%s\" does not exist", name, RelationGetRelationName(q->rel))));
	also.type = TupleDescAttr(RelationGetDescr(q->rel), also.attnum - 1)->atttypid;
	getTypeOutputInfo(also.type, &output, &is_varlena);
	fmgr_info(output, &also.output);
	take_column(q, &also.attnum);
	return also;
}

/* Begins to read tickets, and a column more if one is named. */
SltReader *
slt_begin_read(Oid table, SltWhich which, TimestampTz from, TimestampTz to, const char *also)
{
	MemoryContext caller = CurrentMemoryContext;
	SltReader  *r = palloc0(sizeof(SltReader));
	TicketQuery *q = palloc0(sizeof(TicketQuery));
	Datum		values[2] = {TimestampTzGetDatum(from), TimestampTzGetDatum(to)};
	StringInfoData condition;

	if (get_rel_name(table) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table with OID %u does not exist", table)));
	LockRelationOid(table, AccessShareLock);
	r->caller = caller;
	SPI_connect();
	MemoryContextSwitchTo(caller);
	r->as_owner = slt_may_read(table);
	if (r->as_owner)
		r->before = slt_act_as(slt_owner_of(table));
	q->rel = relation_open(table, NoLock);
	if (q->rel->rd_rel->relkind != RELKIND_RELATION && q->rel->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a table", RelationGetRelationName(q->rel)),
				 errhint("Ask for an attached table; slt_attached() lists them.")));
	r->attachment = *slt_usable_attachment(q->rel);
	r->each_row = AllocSetContextCreate(caller, "slt ticket", ALLOCSET_DEFAULT_SIZES);
	initStringInfo(&q->columns);
	initStringInfo(&condition);
	if (which == SLT_OPEN_TICKETS)
		append_open(&condition, q, &r->attachment);
	if (which == SLT_STARTED_DURING)
		append_started(&condition, q, &r->attachment);
	r->attachment.context = AllocSetContextCreate(caller, "slt terms", ALLOCSET_SMALL_SIZES);
	r->attachment.terms = NULL;
	r->attachment.terms_context = NULL;
	take_facts(q, &r->attachment);
	if (also != NULL)
		r->also = take_also(q, also);
	r->values = palloc(sizeof(Datum) * q->n);
	r->nulls = palloc(sizeof(bool) * q->n);
	relation_close(q->rel, NoLock);
	r->portal = SPI_cursor_open_with_args(NULL, psprintf("SELECT %s FROM %s t%s", q->columns.data, slt_quoted_table(table), condition.data),
										  strchr(condition.data, '$') ? 2 : 0, (Oid[]) {TIMESTAMPTZOID, TIMESTAMPTZOID}, values, NULL, true, 0);
	SPI_tuptable = NULL;
	MemoryContextSwitchTo(caller);
	return r;
}

/* Returns the attachment that readings are by, without its locks and plans. */
SltAttachment *
slt_reader_attachment(SltReader *r)
{
	return &r->attachment;
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

/*
 * Reads a ticket for a report, in which nothing is written: rows that arrived without memory are given one here
 * only.
 */
void
slt_take_reading(SltAttachment *a, const SltRow *row, SltReading *reading)
{
	reading->row = *row;
	slt_read_ticket(a, row, &reading->ticket);
	(void) slt_take_arrived(&reading->ticket);
	reading->terms = slt_terms_of(a, &reading->ticket.codes);
}

/* Reads the next ticket, in whose memory one is until the one that follows is read; false, in the caller's, at the end. */
bool
slt_read_next(SltReader *r, SltReading *reading)
{
	SltRow		row = {.values = r->values,.nulls = r->nulls};

	CHECK_FOR_INTERRUPTS();
	if ((SPI_tuptable == NULL || r->next >= SPI_processed) && !fetch(r))
	{
		MemoryContextSwitchTo(r->caller);
		return false;
	}
	MemoryContextReset(r->each_row);
	MemoryContextSwitchTo(r->each_row);
	heap_deform_tuple(SPI_tuptable->vals[r->next++], SPI_tuptable->tupdesc, r->values, r->nulls);
	slt_take_reading(&r->attachment, &row, reading);
	return true;
}

/* Returns the text of the other column in the row at hand; NULL if that is null. */
char *
slt_read_also(SltReader *r)
{
	return r->nulls[r->also.attnum - 1] ? NULL : OutputFunctionCall(&r->also.output, r->values[r->also.attnum - 1]);
}

/* Keeps the row at hand, which slt_read_kept() reads again. */
HeapTuple
slt_keep_row(SltReader *r, MemoryContext context)
{
	MemoryContext before = MemoryContextSwitchTo(context);
	HeapTuple	row = heap_copytuple(SPI_tuptable->vals[r->next - 1]);

	MemoryContextSwitchTo(before);
	return row;
}

/* Reads the ticket of a row that was kept. */
void
slt_read_kept(SltReader *r, HeapTuple kept, SltReading *reading)
{
	SltRow		row = {.values = r->values,.nulls = r->nulls};

	heap_deform_tuple(kept, r->portal->tupDesc, r->values, r->nulls);
	slt_take_reading(&r->attachment, &row, reading);
}

/* Ends reading; the caller is himself again before anything else runs. */
void
slt_end_read(SltReader *r)
{
	SPI_cursor_close(r->portal);
	if (r->as_owner)
		slt_act_as_before(&r->before);
	SPI_finish();
	MemoryContextDelete(r->each_row);
	MemoryContextDelete(r->attachment.context);
}
