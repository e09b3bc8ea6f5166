/*
 * sweep.c
 *		Announcing what became at risk or late.
 *
 * Each row says when to look at it next: announce_at.  A sweep takes the rows
 * whose time has come, writes what is news (events.c), and sets announce_at to
 * the next instant.  Nobody waits for it, and it waits for nobody: batches are
 * small and commit one by one, a lock that cannot be had at once is left, rows
 * that someone is writing do not count, and what takes too long is cancelled.
 * What failed is put off, longer each time, so that others have their turn.
 */
#include "sweep.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_am.h"
#include "catalog/pg_type.h"
#include "catalog/pg_authid.h"
#include "commands/async.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/primnodes.h"
#include "storage/ipc.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "../policy/config.h"
#include "events.h"
#include "expect.h"
#include "guard.h"
#include "rewrite.h"
#include "settings.h"
#include "state.h"

#define BATCH 500				/* rows that are written in one transaction */
#define SMALL_BATCH 20			/* of a table where that takes too long */
#define TABLE_MILLISECONDS 2000 /* that a batch of a table may take */
#define FIRST_DELAY (5 * SLT_SECOND)	/* of a table that failed; it doubles */
#define LONGEST_DELAY (10 * SLT_MINUTE)
#define ROW_DELAY SLT_HOUR		/* of a row that cannot be written */

/* A sweep under way. */
typedef struct Sweep
{
	TimestampTz now;
	int64		limit;			/* rows still to be looked at */
	int64		batch;			/* of these, in one batch of the table at hand */
	int64		announced;
	TimestampTz next;			/* the earliest look that is left */
	bool		put_off;		/* a table was left out */
} Sweep;

/* A batch of rows of a table that holds rows itself. */
typedef struct Batch
{
	Sweep	   *sweep;
	Oid			leaf;
	bool		each_guarded;
	SltRewriter *writer;
	MemoryContext context;		/* of the events */
	List	   *events;
	List	   *unwritable;		/* rows, by their places */
	List	   *problems;		/* of these */
	int64		looked_at;
	bool		cut;			/* before its end, as its rows had been locked
								 * for long enough */
	int64		announced;
	TimestampTz next;
} Batch;

/* ---------- rows ---------- */

/* Notes an event; a batch writes all of its events in one statement. */
static void
add_event(Batch *b, const SltRowAtHand *row, int metric, const SltPassed *passed)
{
	MemoryContext caller = MemoryContextSwitchTo(b->context);
	SltEvent   *e = palloc(sizeof(SltEvent));

	*e = slt_event_of(row, b->leaf, metric, passed);
	b->events = lappend(b->events, e);
	MemoryContextSwitchTo(caller);
}

/* Notes what a clock has to announce, by the deadline that is in the row; returns when to look at it next. */
static SltInstant
look_at_clock(Batch *b, const SltRowAtHand *row, int metric)
{
	SltMoment	due = row->ticket.stamped[metric].due;
	SltPassed	passed;

	if (!due.known)
		return SLT_INFINITY;
	passed = slt_find_passed(&row->ticket, row->terms, metric, due, b->sweep->now);
	if (passed.step > 0)
		add_event(b, row, metric, &passed);
	return passed.next;
}

/* Finds what is to be announced of a row, and when to look at it next. */
static bool
choose_announcement(SltRowAtHand *row, SltStamps *stamps, void *argument)
{
	Batch	   *b = argument;
	SltInstant	next = SLT_INFINITY;

	stamps->n = 0;
	stamps->announce_at = SLT_INFINITY;
	if (!row->ticket.announce_at.known || row->ticket.announce_at.at >= b->sweep->now)
		return false;			/* someone else has been here */
	for (int i = 0; i < row->ticket.attachment->nmetrics; i++)
		next = Min(next, look_at_clock(b, row, i));
	slt_add_stamp(stamps, row->ticket.attachment->announce_at, TimestampTzGetDatum(next), next == SLT_INFINITY);
	return true;
}

/* A row to be looked at. */
typedef struct Look
{
	Batch	   *batch;
	ItemPointerData tid;
	char	   *key;
} Look;

/* Looks at a row under guard, as what an UPDATE of it runs may fail; one that is locked waits for the next sweep. */
static void
look_at_row(void *argument)
{
	Look	   *l = argument;

	slt_rewrite_row(l->batch->writer, &l->tid, LockWaitSkip, choose_announcement, l->batch);
}

/* Looks at a row that cannot be written perhaps; what is to be announced of it is announced all the same. */
static void
look_or_warn(Look *l)
{
	Batch	   *b = l->batch;
	SltFailure	failure;
	MemoryContext caller;
	SltEvent   *e = NULL;
	int			nevents = list_length(b->events);

	if (slt_guarded(look_at_row, l, &failure))
		return;
	caller = MemoryContextSwitchTo(b->context);
	b->unwritable = lappend(b->unwritable, memcpy(palloc(sizeof(ItemPointerData)), &l->tid, sizeof(ItemPointerData)));
	b->problems = lappend(b->problems, pstrdup(failure.message));
	MemoryContextSwitchTo(caller);
	if (list_length(b->events) > nevents)
		e = llast(b->events);
	slt_warn(&failure, psprintf("ticket %s of table \"%s\" cannot be written", e ? e->key : ItemPointerIsValid(&l->tid) ?
								psprintf("(%u,%u)", ItemPointerGetBlockNumber(&l->tid), ItemPointerGetOffsetNumber(&l->tid)) : "",
								RelationGetRelationName(slt_rewriter_relation(b->writer))));
}

/* ---------- what was put off ---------- */

/* Lists the rows of a table that are put off, as an array of their places. */
static Datum
rows_put_off(Oid leaf)
{
	Datum		values[1] = {ObjectIdGetDatum(leaf)};
	bool		isnull;
	SltIdentity before = slt_act_as(BOOTSTRAP_SUPERUSERID);
	Datum		result;

	if (SPI_execute_with_args("SELECT coalesce(array_agg(p.place), '{}') FROM zz_slt_internal.put_off p WHERE p.leaf = $1 AND p.place <> '(0,0)' AND p.until > clock_timestamp()",
							  1, (Oid[]) {OIDOID}, values, NULL, true, 1) != SPI_OK_SELECT || SPI_processed != 1)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not read what was put off")));
	result = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	slt_act_as_before(&before);
	return result;
}

/* Puts off a table, or a row of one by its place, until later. */
static void
put_off(Oid leaf, ItemPointer place, TimestampTz first, TimestampTz longest, const char *problem)
{
	Datum		values[5] = {ObjectIdGetDatum(leaf), PointerGetDatum(place), Int64GetDatum(first), Int64GetDatum(longest), CStringGetTextDatum(problem ? problem : "")};
	SltIdentity before;

	SPI_connect();
	before = slt_act_as(BOOTSTRAP_SUPERUSERID);
	SPI_execute_with_args("SELECT zz_slt_internal.put_off($1, $2, $3, $4, $5)", 5, (Oid[]) {OIDOID, TIDOID, INT8OID, INT8OID, TEXTOID}, values, problem ? NULL : "    n", false, 0);
	slt_act_as_before(&before);
	SPI_finish();
}

/* ---------- what could not even be cancelled ---------- */

/* The table at hand. */
static Oid	under_way = InvalidOid;

/* Leaves word of the table in which this session ends, so that the next look puts it off, and is at once. */
static void
report_end(int code, Datum arg)
{
	SltSlot    *slot;

	if (!slt_gives_up || !OidIsValid(under_way) || slt_shared == NULL)
		return;
	LWLockAcquire(slt_shared->lock, LW_EXCLUSIVE);
	slot = slt_find_slot(MyDatabaseId);
	if (slot)
	{
		slot->stuck = under_way;
		slot->outcome = SLT_LOOK_DONE;
		slot->events = 1;
		slot->look_at = GetCurrentTimestamp();
	}
	LWLockRelease(slt_shared->lock);
}

/* Puts off the table in which an earlier session had to be ended. */
static void
put_off_stuck(void)
{
	SltSlot    *slot = NULL;
	Oid			stuck = InvalidOid;
	ItemPointerData whole;

	if (slt_shared == NULL)
		return;
	LWLockAcquire(slt_shared->lock, LW_EXCLUSIVE);
	slot = slt_find_slot(MyDatabaseId);
	if (slot)
	{
		stuck = slot->stuck;
		slot->stuck = InvalidOid;
	}
	LWLockRelease(slt_shared->lock);
	if (!OidIsValid(stuck))
		return;
	ItemPointerSet(&whole, 0, 0);
	PushActiveSnapshot(GetTransactionSnapshot());
	put_off(stuck, &whole, FIRST_DELAY, LONGEST_DELAY, NULL);
	PopActiveSnapshot();
}

/* ---------- a batch ---------- */

/* Finds when the next row of the table is to be looked at; not read only, or it would not see what was just written. */
static void
find_next(Batch *b, const char *table, const char *column)
{
	Datum		values[1] = {TimestampTzGetDatum(b->sweep->now)};
	bool		isnull = true;
	Datum		next = 0;

	if (SPI_execute_with_args(psprintf("SELECT %s FROM ONLY %s WHERE %s OPERATOR(pg_catalog.>=) $1 ORDER BY %s LIMIT 1", column, table, column, column),
							  1, (Oid[]) {TIMESTAMPTZOID}, values, NULL, false, 1) == SPI_OK_SELECT && SPI_processed == 1)
		next = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	if (!isnull)
		b->next = DatumGetTimestampTz(next);
}

/* Tells whether an index leads with the column, earliest first, and has all rows in which it is not null. */
static bool
is_in_order_of(Relation index, AttrNumber column)
{
	List	   *predicate = RelationGetIndexPredicate(index);
	NullTest   *test = list_length(predicate) == 1 ? linitial(predicate) : NULL;

	return index->rd_rel->relam == BTREE_AM_OID && index->rd_index->indisvalid && !index->rd_index->indcheckxmin &&
		index->rd_index->indkey.values[0] == column && index->rd_indoption[0] == 0 &&
		(predicate == NIL || (test != NULL && IsA(test, NullTest) && test->nulltesttype == IS_NOT_NULL && IsA(test->arg, Var) &&
							  ((Var *) test->arg)->varattno == column));
}

/*
 * Finds by an index when the first row of a table is to be looked at, DT_NOEND
 * for none; false if there is no such index.  Most tables of many have nothing
 * to do, and no query is planned for them.
 */
bool
slt_first_look(Relation rel, AttrNumber column, TimestampTz *at)
{
	ListCell   *cell;
	bool		found = false;

	foreach(cell, RelationGetIndexList(rel))
	{
		Relation	index = index_open(lfirst_oid(cell), AccessShareLock);

		if (is_in_order_of(index, column))
		{
			SysScanDesc scan = systable_beginscan_ordered(rel, index, GetActiveSnapshot(), 0, NULL);
			HeapTuple	row = systable_getnext_ordered(scan, ForwardScanDirection);
			bool		isnull = true;
			Datum		value = HeapTupleIsValid(row) ? heap_getattr(row, column, RelationGetDescr(rel), &isnull) : (Datum) 0;

			*at = isnull ? DT_NOEND : DatumGetTimestampTz(value);
			systable_endscan_ordered(scan);
			found = true;
		}
		index_close(index, AccessShareLock);
		if (found)
			break;
	}
	return found;
}

/* Looks at the rows of a table whose time has come, as its owner. */
static void
look_at_rows(Batch *b, int64 limit)
{
	Relation	rel = slt_rewriter_relation(b->writer);
	const char *column = slt_quoted_column(rel, slt_rewriter_attachment(b->writer)->announce_at),
			   *table = slt_quoted_table(b->leaf);
	Datum		values[3] = {TimestampTzGetDatum(b->sweep->now), Int64GetDatum(limit), rows_put_off(b->leaf)};
	MemoryContext each_row = AllocSetContextCreate(CurrentMemoryContext, "slt row", ALLOCSET_DEFAULT_SIZES);
	SPITupleTable *found;
	TimestampTz locked_at;

	SPI_execute_with_args(psprintf("SELECT ctid FROM ONLY %s WHERE %s OPERATOR(pg_catalog.<) $1 AND %s IS NOT NULL AND ctid OPERATOR(pg_catalog.<>) ALL ($3) ORDER BY %s LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED",
								   table, column, column, column),
						  3, (Oid[]) {TIMESTAMPTZOID, INT8OID, TIDARRAYOID}, values, NULL, false, 0);
	found = SPI_tuptable;
	b->looked_at = SPI_processed;
	locked_at = GetCurrentTimestamp();
	for (int64 i = 0; i < b->looked_at; i++)
	{
		bool		isnull;
		Look		l = {b, *(ItemPointer) DatumGetPointer(SPI_getbinval(found->vals[i], found->tupdesc, 1, &isnull))};
		MemoryContext caller = MemoryContextSwitchTo(each_row);

		CHECK_FOR_INTERRUPTS();
		if (b->each_guarded)
			look_or_warn(&l);
		else
			look_at_row(&l);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(each_row);
		if (i + 1 < b->looked_at && GetCurrentTimestamp() - locked_at > SLT_LOCKED_FOR)
		{
			b->looked_at = i + 1;
			b->cut = true;
		}
	}
	MemoryContextDelete(each_row);
	if (b->looked_at < limit && !b->cut)
		find_next(b, table, column);
	else
		b->next = b->sweep->now;
}

/* Does a batch: looks, writes what is news, and puts off what could not be written. */
static void
do_batch(void *argument)
{
	Batch	   *b = argument;
	TimestampTz first;
	ListCell   *cell,
			   *problem;

	b->events = b->unwritable = b->problems = NIL;
	b->looked_at = b->announced = 0;
	b->cut = false;
	b->next = DT_NOEND;
	b->writer = slt_begin_rewrite(b->leaf, false);
	if (b->writer == NULL)
	{
		/* locked: soon again, unless it is gone */
		b->next = get_rel_name(b->leaf) ? GetCurrentTimestamp() + SLT_SECOND : DT_NOEND;
		return;
	}
	PushActiveSnapshot(GetTransactionSnapshot());
	if (slt_first_look(slt_rewriter_relation(b->writer), slt_rewriter_attachment(b->writer)->announce_at, &first) && first >= b->sweep->now)
		b->next = first;
	else
		look_at_rows(b, Min(b->sweep->limit, b->sweep->batch));
	PopActiveSnapshot();
	slt_end_rewrite(b->writer);
	PushActiveSnapshot(GetTransactionSnapshot());
	b->announced = slt_write_events(b->events, b->sweep->now);
	forboth(cell, b->unwritable, problem, b->problems)
		put_off(b->leaf, lfirst(cell), ROW_DELAY, ROW_DELAY, lfirst(problem));
	PopActiveSnapshot();
}

/* Does a batch, or says why it cannot be done; remembers meanwhile which table is at hand. */
static bool
try_batch(Batch *b, SltFailure *failure)
{
	static bool registered = false;
	Oid			outer = under_way;
	volatile bool done = false;

	if (!registered)
		before_shmem_exit(report_end, (Datum) 0);
	registered = true;
	under_way = b->leaf;
	PG_TRY();
	{
		done = slt_guarded_for(TABLE_MILLISECONDS, do_batch, b, failure);
	}
	PG_FINALLY();
	{
		under_way = outer;
	}
	PG_END_TRY();
	return done;
}

/*
 * Sweeps some rows of a table; returns whether there may be more.  What takes too
 * long is done again with fewer rows, what fails row by row, and if it is still
 * so the table is put off.
 */
static bool
sweep_batch(Sweep *s, Oid leaf)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "slt events", ALLOCSET_DEFAULT_SIZES);
	Batch		b = {.sweep = s,.leaf = leaf,.context = context};
	SltFailure	failure;
	bool		done,
				by_present,
				more;
	MemoryContext caller = MemoryContextSwitchTo(context);

	if (s->limit <= 0)
		return false;
	PushActiveSnapshot(GetTransactionSnapshot());	/* what the owner has put
													 * there may want one */
	by_present = slt_go_by_present(true);
	done = try_batch(&b, &failure);
	if (!done && failure.sqlstate != ERRCODE_LOCK_NOT_AVAILABLE)
	{
		if (failure.sqlstate == ERRCODE_QUERY_CANCELED)
			s->batch = SMALL_BATCH;
		else
			b.each_guarded = true;
		done = try_batch(&b, &failure);
	}
	if (!done)
	{
		ItemPointerData whole;

		ItemPointerSet(&whole, 0, 0);
		slt_warn(&failure, psprintf("table \"%s\" could not be swept", get_rel_name(leaf) ? get_rel_name(leaf) : "?"));
		put_off(leaf, &whole, FIRST_DELAY, LONGEST_DELAY, failure.message);
		b.looked_at = b.announced = 0;
		b.cut = false;
		b.next = s->now + FIRST_DELAY;
	}
	slt_go_by_present(by_present);
	PopActiveSnapshot();
	MemoryContextSwitchTo(caller);
	s->limit -= b.looked_at;
	s->announced += b.announced;
	more = b.cut || b.looked_at == s->batch;
	s->next = Min(s->next, more && s->limit > 0 ? DT_NOEND : b.next);
	MemoryContextDelete(context);
	return more;
}

/* ---------- tables ---------- */

/* Has the settings name columns as they are called now, for the next dump. */
static void
follow_renames(void *argument)
{
	SltIdentity before;

	SPI_connect();
	before = slt_act_as(BOOTSTRAP_SUPERUSERID);
	slt_set_until_restored("lock_timeout", "50ms");
	SPI_execute("SELECT zz_slt_internal.follow_renames()", false, 0);
	slt_act_as_before(&before);
	SPI_finish();
}

/* Lists the tables that hold tickets and are not put off, unless those are wanted, too; those that failed longest ago come first, and of the others the earliest time is left. */
static List *
tables_to_sweep(Sweep *s, bool all)
{
	MemoryContext context = CurrentMemoryContext;
	List	   *leaves = NIL;
	SltIdentity before;
	SltFailure	failure;

	PushActiveSnapshot(GetTransactionSnapshot());
	if (!slt_guarded_for(TABLE_MILLISECONDS, follow_renames, NULL, &failure))
		slt_warn(&failure, "the settings of attached tables could not be brought up to date");
	SPI_connect();
	before = slt_act_as(BOOTSTRAP_SUPERUSERID);
	/* what is in the future the clock has been set back behind */
	SPI_execute("DELETE FROM zz_slt_internal.put_off WHERE since > clock_timestamp() OR until < clock_timestamp() - interval '1 day'", false, 0);
	SPI_execute("SELECT leaf, put_off_until FROM zz_slt_internal.tables_to_sweep()", false, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool		isnull;
		Oid			leaf = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull));
		TimestampTz until = DatumGetTimestampTz(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2, &isnull));
		MemoryContext caller;

		if (!all && !isnull && until > s->now)
		{
			s->next = Min(s->next, until);
			s->put_off = true;
			continue;
		}
		caller = MemoryContextSwitchTo(context);
		leaves = lappend_oid(leaves, leaf);
		MemoryContextSwitchTo(caller);
	}
	slt_act_as_before(&before);
	SPI_finish();
	PopActiveSnapshot();
	return leaves;
}

/* What a look for news of outages and incidents comes to. */
typedef struct News
{
	int64		announced;
	TimestampTz next;
} News;

/* Announces what is new of outages and incidents: the rule is in SQL. */
static void
announce_news(void *argument)
{
	News	   *news = argument;
	SltIdentity before;
	bool		isnull;

	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	before = slt_act_as(BOOTSTRAP_SUPERUSERID);
	if (SPI_execute("SELECT announced, next FROM zz_slt_internal.announce_news()", false, 1) == SPI_OK_SELECT && SPI_processed == 1)
	{
		news->announced = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
		news->next = DatumGetTimestampTz(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &isnull));
		if (isnull)
			news->next = DT_NOEND;
	}
	slt_act_as_before(&before);
	SPI_finish();
	PopActiveSnapshot();
}

/* The same, unless it takes too long: then soon again. */
static void
sweep_news(Sweep *s)
{
	News		news = {0, DT_NOEND};
	SltFailure	failure;

	PushActiveSnapshot(GetTransactionSnapshot());
	if (!slt_guarded_for(TABLE_MILLISECONDS, announce_news, &news, &failure))
	{
		slt_warn(&failure, "outages and incidents could not be swept");
		news = (News) {0, s->now + FIRST_DELAY};
	}
	PopActiveSnapshot();
	s->announced += news.announced;
	s->next = Min(s->next, news.next);
}

/* Announces what became at risk or late since last time, in the caller's transaction, and notifies nobody; returns how much that was. */
PG_FUNCTION_INFO_V1(slt_sweep);
Datum
slt_sweep(PG_FUNCTION_ARGS)
{
	Sweep		s = {.now = GetCurrentTransactionStartTimestamp(),.limit = PG_ARGISNULL(0) ? PG_INT64_MAX : PG_GETARG_INT64(0),.next = DT_NOEND};
	ListCell   *cell;

	PreventCommandIfReadOnly("slt_sweep()");
	foreach(cell, tables_to_sweep(&s, true))
	{
		s.batch = BATCH;
		while (sweep_batch(&s, lfirst_oid(cell)))
			;
	}
	sweep_news(&s);
	PG_RETURN_INT64(s.announced);
}

/* Says that there is news, in a transaction of its own: if the queue is full, no event is lost. */
static void
notify(void (*commit) (void))
{
	MemoryContext caller = CurrentMemoryContext;

	PG_TRY();
	{
		Async_Notify("slt", "");
		commit();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		if (!IsTransactionState() || IsAbortedTransactionBlockState())
			AbortCurrentTransaction();
		if (!IsTransactionState())
			StartTransactionCommand();
		ereport(WARNING,
				(errcode(error->sqlerrcode),
				 errmsg("consumers could not be notified"),
				 errdetail_internal("%s", slt_sentence(error->message)),
				 errhint("The events are in slt_events all the same.")));
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
}

/* Sweeps a batch of a table in a transaction of its own; returns whether there may be more. */
static bool
sweep_and_commit(Sweep *s, Oid leaf, void (*commit) (void))
{
	int64		announced = s->announced;
	bool		more = sweep_batch(s, leaf);

	commit();
	if (s->announced > announced)
		notify(commit);
	return more;
}

/* Sweeps all tables in turn, so that a long one keeps no other waiting, until nothing is left or time is up. */
void
slt_sweep_database(void (*commit) (void), TimestampTz give_up_at, SltSweepResult *result)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext, "slt sweep", ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	Sweep		s = {.now = GetCurrentTimestamp(),.limit = PG_INT64_MAX,.next = DT_NOEND};
	List	   *leaves;
	List	   *slow = NIL;		/* those of small batches */

	put_off_stuck();
	commit();
	MemoryContextSwitchTo(context);
	sweep_news(&s);
	commit();
	if (s.announced > 0)
		notify(commit);
	MemoryContextSwitchTo(context);
	leaves = tables_to_sweep(&s, false);
	while (leaves != NIL && GetCurrentTimestamp() < give_up_at)
	{
		Oid			leaf = linitial_oid(leaves);

		leaves = list_delete_first(leaves);
		s.batch = list_member_oid(slow, leaf) ? SMALL_BATCH : BATCH;
		if (sweep_and_commit(&s, leaf, commit))
		{
			MemoryContextSwitchTo(context);
			leaves = lappend_oid(leaves, leaf);
			slow = s.batch == SMALL_BATCH ? list_append_unique_oid(slow, leaf) : slow;
		}
		MemoryContextSwitchTo(context);
	}
	if (leaves != NIL)
		s.next = s.now;
	*result = (SltSweepResult) {s.announced, s.next, s.put_off};
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

/* Ends a transaction of slt_sweep_all(), and begins the next. */
static void
commit_in_procedure(void)
{
	SPI_commit();
}

/* The same for a person, or a job that has no worker. */
PG_FUNCTION_INFO_V1(slt_sweep_all);
Datum
slt_sweep_all(PG_FUNCTION_ARGS)
{
	SltSweepResult result;

	PreventCommandIfReadOnly("slt_sweep_all()");
	slt_check_commits(fcinfo, "slt_sweep_all()");
	SPI_connect_ext(SPI_OPT_NONATOMIC);
	slt_sweep_database(commit_in_procedure, DT_NOEND, &result);
	SPI_finish();
	PG_RETURN_VOID();
}
