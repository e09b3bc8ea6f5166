/*
 * sweep.c
 *		Announcing what became at risk or late.
 *
 * Each row says when to look at it next: announce_at.  A sweep takes the rows
 * whose time has come, writes what it finds into slt_events, sends a
 * notification for each, and sets announce_at to the next instant.  All of it
 * is one transaction, and the key of slt_events keeps anything from being
 * announced twice.  Rows that someone is writing are left to the next sweep.
 */
#include "rewrite.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/async.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "../policy/config.h"
#include "events.h"
#include "guard.h"
#include "key.h"
#include "settings.h"
#include "sweep.h"

/* A sweep under way. */
typedef struct Sweep
{
	Oid			schema;
	Oid			root;			/* the attached table at hand */
	TimestampTz now;
	int64		limit;			/* rows still to be looked at */
	List	   *events;			/* of the table at hand */
	MemoryContext context;		/* of the events */
	SltRewriter *writer;
	int64		announced;
	TimestampTz next;			/* the earliest announce_at seen (slt_next_sweep) */
} Sweep;

/* ---------- rows ---------- */

#define MAX_KEY 2000			/* bytes of a key in slt_events, whose index takes 2700 */

/* Makes a key fit to be written: of one that is too long the beginning, and a hash of the whole. */
static text *
fit_key(text *key)
{
	int			len = VARSIZE_ANY_EXHDR(key);
	char	   *beginning;

	if (len <= MAX_KEY)
		return key;
	beginning = pnstrdup(VARDATA_ANY(key), pg_mbcliplen(VARDATA_ANY(key), len, MAX_KEY - 40));
	return cstring_to_text(psprintf("%s... %s", beginning, TextDatumGetCString(DirectFunctionCall1(md5_text, PointerGetDatum(key)))));
}

/* Notes an event. */
static void
add_event(Sweep *s, const SltRowAtHand *row, const char *metric, int64 step, TimestampTz due, TimestampTz instant)
{
	MemoryContext caller = MemoryContextSwitchTo(s->context);
	SltEvent   *e = palloc(sizeof(SltEvent));

	*e = (SltEvent) {
		.attachment = get_rel_name(s->root),.table = s->root,
		.key = text_to_cstring(fit_key(slt_row_key(slt_rewriter_relation(s->writer), row->ticket.attachment, row->slot))),
		.metric = pstrdup(metric),.run = 1,.step = step * 1000000,.due = due,.instant = instant
	};
	s->events = lappend(s->events, e);
	MemoryContextSwitchTo(caller);
}

/* Finds what is to be announced of a row, and when to look at it next.  Deadlines are those in the row. */
static bool
choose_announcement(SltRowAtHand *row, SltStamps *stamps, void *argument)
{
	Sweep	   *s = argument;
	SltAttachment *a = row->ticket.attachment;
	TupleTableSlot *slot = row->slot;
	int			c = a->announce_at - 1;
	SltInstant	next = SLT_INFINITY;

	stamps->n = 0;
	stamps->announce_at = SLT_INFINITY;
	if (slot->tts_isnull[c] || DatumGetTimestampTz(slot->tts_values[c]) > s->now)
		return false;			/* someone else has been here */
	for (int i = 0; i < a->nmetrics; i++)
	{
		int			d = a->metrics[i].due - 1;
		SltInstant	due,
					at_risk;
		SltStanding standing = {0};

		if (slot->tts_isnull[d] || row->ticket.done[i].known || !row->ticket.opened.known)
			continue;
		at_risk = due = DatumGetTimestampTz(slot->tts_values[d]);
		if (slt_is_owed(&row->ticket, row->terms) &&
			slt_find_due(&row->ticket, row->terms, i, row->pauses, &standing) == SLT_OK && standing.target != NULL &&
			slt_find_risk(&row->ticket, &standing) == SLT_OK)
			at_risk = Min(standing.at_risk, due);
		if (due <= s->now)
			add_event(s, row, a->metrics[i].name, 100, due, due);
		else if (at_risk <= s->now)
			add_event(s, row, a->metrics[i].name, 75, due, at_risk);
		next = Min(next, at_risk > s->now ? at_risk : due > s->now ? due : SLT_INFINITY);
	}
	slt_add_stamp(stamps, a->announce_at, TimestampTzGetDatum(next), next == SLT_INFINITY);
	return true;
}

/* Returns the name of a column of the table at hand. */
static const char *
column_name(Relation rel, AttrNumber attnum)
{
	return quote_identifier(NameStr(TupleDescAttr(RelationGetDescr(rel), attnum - 1)->attname));
}

/* A row to be looked at. */
typedef struct Look
{
	Sweep	   *sweep;
	ItemPointerData tid;
} Look;

/* Looks at a row. */
static void
look_at_row(void *argument)
{
	Look	   *l = argument;

	slt_rewrite_row(l->sweep->writer, &l->tid, LockWaitSkip, choose_announcement, l->sweep);
}

/* Looks at a row whose functions may fail; then it is left, and the others have their turn. */
static void
look_or_warn(Look *l)
{
	int			nevents = list_length(l->sweep->events);
	SltFailure	failure;

	if (slt_guarded(look_at_row, l, &failure))
		return;
	l->sweep->events = list_truncate(l->sweep->events, nevents);
	/* in an hour it may work; till then it is not in the way of others */
	slt_postpone_row(l->sweep->writer, &l->tid, l->sweep->now + SLT_HOUR);
	ereport(WARNING,
			(errmsg("a ticket of table \"%s\" could not be looked at", get_rel_name(l->sweep->root)),
			 errdetail("%s", failure.message),
			 failure.hint ? errhint("%s", failure.hint) : 0));
}

/* ---------- events ---------- */

/* Becomes the owner of one of slt's tables. */
static SltIdentity
become_owner(Oid table)
{
	Relation	rel = table_open(table, RowExclusiveLock);
	SltIdentity before;

	SPI_connect();
	before = slt_act_as(rel->rd_rel->relowner, SECURITY_RESTRICTED_OPERATION | SECURITY_NOFORCE_RLS, NULL);
	table_close(rel, NoLock);
	return before;
}

/* Is again who one was. */
static void
become(const SltIdentity *before)
{
	slt_act_as_before(before);
	SPI_finish();
}

/* Writes the events of a table; those that were announced already are left out. */
static void
write_events(Sweep *s)
{
	int64		news = slt_write_events(s->events, s->now);

	if (news > 0)
		Async_Notify("slt", "news");
	s->announced += news;
	s->events = NIL;
	MemoryContextReset(s->context);
}

/* Looks at rows that were found. */
static void
look_at_rows(Sweep *s, SPITupleTable *found, uint64 n, MemoryContext each_row)
{
	for (uint64 i = 0; i < n; i++)
	{
		bool		isnull;
		Look		l = {s, *(ItemPointer) DatumGetPointer(SPI_getbinval(found->vals[i], found->tupdesc, 1, &isnull))};
		MemoryContext caller = MemoryContextSwitchTo(each_row);

		CHECK_FOR_INTERRUPTS();
		if (slt_rewriter_attachment(s->writer)->functions)
			look_or_warn(&l);
		else
			look_at_row(&l);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(each_row);
	}
}

#define ROWS_AT_A_TIME 1000

/* Looks at the rows of a table that holds rows itself whose time has come; what is announced of them is written now and then, so that memory does not grow. */
static void
sweep_leaf(Sweep *s, Oid leaf)
{
	Relation	rel;
	const char *column;
	Oid			types[2] = {TIMESTAMPTZOID, INT8OID};
	Datum		values[2] = {TimestampTzGetDatum(s->now), Int64GetDatum(s->limit)};
	MemoryContext each_row = AllocSetContextCreate(CurrentMemoryContext, "slt row", ALLOCSET_DEFAULT_SIZES);
	Portal		portal;

	s->writer = slt_begin_rewrite(leaf, false);
	rel = slt_rewriter_relation(s->writer);
	column = column_name(rel, slt_rewriter_attachment(s->writer)->announce_at);
	portal = SPI_cursor_open_with_args(NULL,
									   psprintf("SELECT ctid FROM ONLY %s WHERE %s OPERATOR(pg_catalog.<=) $1 AND %s IS NOT NULL ORDER BY %s LIMIT $2",
												quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)), RelationGetRelationName(rel)),
												column, column, column),
									   2, types, values, NULL, false, 0);
	for (;;)
	{
		SPITupleTable *found;
		uint64		n;

		SPI_cursor_fetch(portal, true, ROWS_AT_A_TIME);
		found = SPI_tuptable;
		n = SPI_processed;
		look_at_rows(s, found, n, each_row);
		SPI_freetuptable(found);
		write_events(s);
		s->limit -= n;
		if (n < ROWS_AT_A_TIME)
			break;
	}
	SPI_cursor_close(portal);
	slt_end_rewrite(s->writer);
	MemoryContextDelete(each_row);
}

/* Has the settings name columns as they are called now, for the next dump. */
static void
follow_renames(void *argument)
{
	Sweep	   *s = argument;
	SltIdentity before = become_owner(slt_config_table(s->schema, "slt_attachments"));

	SPI_execute(psprintf("SELECT %s.slt_follow_renames()", quote_identifier(get_namespace_name(s->schema))), false, 0);
	become(&before);
}

/* ---------- tables ---------- */

/* Sweeps the attached table at hand. */
static void
sweep_table(void *argument)
{
	Sweep	   *s = argument;
	ListCell   *cell;

	foreach(cell, slt_leaves(s->root))
		if (s->limit > 0)
			sweep_leaf(s, lfirst_oid(cell));
}

/* Finds the earliest announce_at of the attached table at hand. */
static void
find_next(void *argument)
{
	Sweep	   *s = argument;
	ListCell   *cell;

	foreach(cell, slt_leaves(s->root))
	{
		SltRewriter *w = slt_begin_rewrite(lfirst_oid(cell), false);
		Relation	rel = slt_rewriter_relation(w);

		if (SPI_execute(psprintf("SELECT pg_catalog.min(%s) FROM ONLY %s",
								 column_name(rel, slt_rewriter_attachment(w)->announce_at),
								 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)), RelationGetRelationName(rel))),
						true, 1) == SPI_OK_SELECT && SPI_processed == 1)
		{
			bool		isnull;
			Datum		next = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);

			if (!isnull)
				s->next = Min(s->next, DatumGetTimestampTz(next));
		}
		slt_end_rewrite(w);
	}
}

/* Lists the tables that are attached. */
static List *
attached_tables(Oid schema)
{
	List	   *tables = NIL;
	SltConfigScan scan = slt_begin_scan(slt_config_table(schema, "slt_attachments"), InvalidOid, 0, NULL);

	while (slt_next_row(&scan))
	{
		Oid			table = DatumGetObjectId(slt_column(&scan, "ticket_table", REGCLASSOID));

		if (get_rel_name(table) != NULL)
			tables = lappend_oid(tables, table);
	}
	slt_end_scan(&scan);
	return tables;
}

/* Does something with each attached table; one that fails does not keep the others from their turn. */
static void
with_each_table(Sweep *s, void (*action) (void *sweep))
{
	ListCell   *cell;

	s->context = AllocSetContextCreate(CurrentMemoryContext, "slt events", ALLOCSET_DEFAULT_SIZES);
	foreach(cell, attached_tables(s->schema))
	{
		SltFailure	failure;
		int64		announced = s->announced;

		s->root = lfirst_oid(cell);
		s->events = NIL;
		if (slt_guarded(action, s, &failure))
			continue;
		s->announced = announced;	/* what was written is undone */
		ereport(WARNING,
				(errmsg("table \"%s\" could not be swept", get_rel_name(s->root)),
				 errdetail("%s", failure.message),
				 failure.hint ? errhint("%s", failure.hint) : 0));
	}
}

/* Announces what became at risk or late since last time; returns how much that was. */
PG_FUNCTION_INFO_V1(slt_sweep);
Datum
slt_sweep(PG_FUNCTION_ARGS)
{
	Sweep		s = {.now = GetCurrentTimestamp(),.limit = PG_ARGISNULL(0) ? PG_INT64_MAX : PG_GETARG_INT64(0)};
	SltFailure	failure;

	PreventCommandIfReadOnly("slt_sweep()");
	s.schema = slt_config_schema();
	if (!slt_guarded(follow_renames, &s, &failure))
		ereport(WARNING,
				(errmsg("the settings of attached tables could not be brought up to date"),
				 errdetail("%s", failure.message)));
	with_each_table(&s, sweep_table);
	PG_RETURN_INT64(s.announced);
}

/* Returns when a ticket is to be looked at next; null for never. */
PG_FUNCTION_INFO_V1(slt_next_sweep);
Datum
slt_next_sweep(PG_FUNCTION_ARGS)
{
	Sweep		s = {.schema = slt_config_schema(),.next = DT_NOEND};

	with_each_table(&s, find_next);
	if (s.next == DT_NOEND)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(s.next);
}

/* STUB, until the sweep of the second edition is here: one sweep, one commit. */
void
slt_sweep_database(void (*commit) (void), TimestampTz give_up_at, SltSweepResult *result)
{
	Sweep		s = {.now = GetCurrentTimestamp(),.limit = 10000,.next = DT_NOEND};

	PushActiveSnapshot(GetTransactionSnapshot());
	s.schema = slt_config_schema();
	with_each_table(&s, sweep_table);
	PopActiveSnapshot();
	commit();
	PushActiveSnapshot(GetTransactionSnapshot());
	with_each_table(&s, find_next);
	PopActiveSnapshot();
	*result = (SltSweepResult) {s.announced, s.next};
}
