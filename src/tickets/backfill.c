/*
 * backfill.c
 *		Stamping many rows: those that were there before slt, and those that a
 *		changed policy moves.
 *
 * Neither waits for a ticket while it holds another, so neither can be part of
 * a deadlock: a batch of a backfill ends before a row that someone else has
 * locked, and begins with it; a restamp leaves such rows, and says so.  A row
 * that cannot be written is left, with a warning.
 *
 * Both wait first for the transactions that write the table, as CREATE INDEX
 * CONCURRENTLY does: what these have stamped by an older policy cannot be seen
 * before they end.
 */
#include "rewrite.h"

#include "access/htup_details.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/snapmgr.h"

#include "events.h"
#include "guard.h"
#include "settings.h"

/* A pass over rows of a table. */
typedef struct Pass
{
	SltRewriter *writer;
	SltChoose	choose;
	void	   *argument;
	bool		each_guarded;	/* a row may fail */
	bool		silent;			/* of one that does it was told before */
	TupleTableSlot *slot;
	LockWaitPolicy wait;
	SltRewritten result;
} Pass;

/* Refuses whoever is not the owner of a table. */
static void
check_owner(Oid table)
{
	if (get_rel_name(table) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table with OID %u does not exist", table)));
	if (!slt_owns_table(table, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(get_rel_relkind(table)), get_rel_name(table));
}

/* Waits for the transactions that write a table, or a part of it. */
static void
wait_for_writers(Oid table)
{
	List	   *tags = NIL;
	ListCell   *cell;

	foreach(cell, slt_leaves(table))
	{
		LOCKTAG    *tag = palloc(sizeof(LOCKTAG));

		SET_LOCKTAG_RELATION(*tag, MyDatabaseId, lfirst_oid(cell));
		tags = lappend(tags, tag);
	}
	WaitForLockersMultiple(tags, ShareLock, false);
}

/*
 * Runs a command about a table as its owner, restricted: altering a table looks
 * at what its owner has put there, and whoever attaches it may be a superuser.
 */
PG_FUNCTION_INFO_V1(slt_as_owner);
Datum
slt_as_owner(PG_FUNCTION_ARGS)
{
	Oid			table = PG_GETARG_OID(0),
				owner;
	SltIdentity before;

	check_owner(table);
	owner = slt_owner_of(table);
	if (!slt_can_become(GetUserId(), owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be able to SET ROLE \"%s\"", GetUserNameFromId(owner, false)),
				 errdetail("Table \"%s\" is altered as its owner.", get_rel_name(table))));
	SPI_connect();
	before = slt_act_as(owner);
	SPI_execute(text_to_cstring(PG_GETARG_TEXT_PP(1)), false, 0);
	slt_act_as_before(&before);
	SPI_finish();
	PG_RETURN_VOID();
}

/* ---------- rows ---------- */

/* Tells whether a row as it was scanned lacks stamps that would be chosen. */
static bool
lacks_stamps(Pass *p)
{
	SltRowAtHand row;
	SltStamps	stamps;

	slt_read_row(p->writer, p->slot, &row);
	if (!p->choose(&row, &stamps, p->argument))
		return false;
	slt_drop_equal_stamps(p->slot, &stamps);
	return stamps.n > 0;
}

/* Stamps the row at hand if it lacks stamps. */
static void
stamp_row(void *argument)
{
	Pass	   *p = argument;

	p->result = SLT_AS_IT_WAS;
	if (lacks_stamps(p))
		p->result = slt_rewrite_row(p->writer, &p->slot->tts_tid, p->wait, p->choose, p->argument);
}

/* Stamps the row at hand, or, if that fails, warns. */
static void
stamp_or_warn(Pass *p)
{
	SltFailure	failure;
	SltRowAtHand row;

	ExecMaterializeSlot(p->slot);	/* a copy holds no buffer, which a
									 * subtransaction that fails would take
									 * away */
	if (slt_guarded(stamp_row, p, &failure))
		return;
	p->result = SLT_AS_IT_WAS;
	if (p->silent)
		return;
	row.ticket.attachment = slt_rewriter_attachment(p->writer);
	row.slot = p->slot;
	slot_getallattrs(p->slot);
	slt_warn(&failure, psprintf("ticket %s of table \"%s\" is left without new deadlines", slt_row_key(&row),
								RelationGetRelationName(slt_rewriter_relation(p->writer))));
}

/* Begins to scan a table from behind a row on, as it is now. */
static TableScanDesc
begin_scan(Relation rel, ItemPointer after)
{
	ItemPointerData first,
				last;

	ItemPointerSet(&first, ItemPointerGetBlockNumberNoCheck(after), ItemPointerGetOffsetNumberNoCheck(after) + 1);
	ItemPointerSet(&last, MaxBlockNumber, MaxOffsetNumber);
	return table_beginscan_tidrange(rel, GetActiveSnapshot(), &first, &last);
}

/* ---------- backfill ---------- */

/* A batch of a backfill. */
typedef struct Batch
{
	Oid			leaf;
	int64		max_rows;		/* negative: all, gone through again */
	bool		each_guarded;
	ItemPointerData done;		/* the last row it is done with */
	bool		at_end;
	int64		seen;
	int64		written;
	TimestampTz locked_at;		/* when it wrote the first */
} Batch;

/* Tells whether a batch is large enough: others may wait for the rows that it has written. */
static bool
is_enough(const Batch *b)
{
	return b->seen == b->max_rows || (b->written > 0 && GetCurrentTimestamp() - b->locked_at > SLT_LOCKED_FOR);
}

/* Stamps a row of a batch; false at one that is locked while the batch has written others. */
static bool
do_row(Batch *b, Pass *p)
{
	p->wait = b->written > 0 ? LockWaitSkip : LockWaitBlock;
	if (b->each_guarded)
		stamp_or_warn(p);
	else
		stamp_row(p);
	if (p->result == SLT_LOCKED)
		return false;
	b->seen++;
	if (p->result == SLT_WRITTEN && b->written++ == 0)
		b->locked_at = GetCurrentTimestamp();
	b->done = p->slot->tts_tid;
	return true;
}

/* Stamps a batch of rows. */
static void
do_batch(void *argument)
{
	Batch	   *b = argument;
	MemoryContext caller = CurrentMemoryContext,
				each_row = AllocSetContextCreate(CurrentMemoryContext, "slt row", ALLOCSET_DEFAULT_SIZES);
	Pass		p = {.writer = slt_begin_rewrite(b->leaf, true),.choose = slt_choose_all,.each_guarded = b->each_guarded,.silent = b->max_rows < 0};
	TableScanDesc scan;

	b->at_end = true;
	if (p.writer == NULL)
		return;
	PushActiveSnapshot(GetLatestSnapshot());
	p.slot = table_slot_create(slt_rewriter_relation(p.writer), NULL);
	scan = begin_scan(slt_rewriter_relation(p.writer), &b->done);
	MemoryContextSwitchTo(each_row);
	while (table_scan_getnextslot_tidrange(scan, ForwardScanDirection, p.slot))
	{
		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(each_row);
		if (is_enough(b) || !do_row(b, &p))
		{
			b->at_end = false;
			break;
		}
	}
	MemoryContextSwitchTo(caller);
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(p.slot);
	PopActiveSnapshot();
	slt_end_rewrite(p.writer);
}

/* Waits until no older transaction writes a table that is to be backfilled. */
PG_FUNCTION_INFO_V1(slt_wait_for_writers);
Datum
slt_wait_for_writers(PG_FUNCTION_ARGS)
{
	check_owner(PG_GETARG_OID(0));
	wait_for_writers(PG_GETARG_OID(0));
	PG_RETURN_VOID();
}

/*
 * Stamps a batch of rows behind a row of a table that holds rows itself.
 * Returns the last row it is done with, null at the end of the table; how many
 * rows it saw; how many it wrote.  A batch that fails is done again, row by row.
 */
PG_FUNCTION_INFO_V1(slt_backfill_batch);
Datum
slt_backfill_batch(PG_FUNCTION_ARGS)
{
	Batch		b = {.leaf = PG_GETARG_OID(0),.max_rows = PG_GETARG_INT32(2),.done = *(ItemPointer) PG_GETARG_POINTER(1)},
				again = b;
	SltFailure	failure;
	bool		by_present;
	TupleDesc	desc;
	Datum		values[3];
	bool		nulls[3] = {false};

	PreventCommandIfReadOnly("slt_backfill()");
	check_owner(b.leaf);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("slt_backfill_batch() was called where a row cannot be returned")));
	by_present = slt_go_by_present(true);
	if (!slt_guarded(do_batch, &b, &failure))
	{
		b = again;
		b.each_guarded = true;
		do_batch(&b);
	}
	slt_go_by_present(by_present);
	nulls[0] = b.at_end;
	values[0] = PointerGetDatum(&b.done);
	values[1] = Int64GetDatum(b.seen);
	values[2] = Int64GetDatum(b.written);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/* Stamps the rows that were there before, batch by batch, each in a transaction of its own. */
PG_FUNCTION_INFO_V1(slt_backfill);
Datum
slt_backfill(PG_FUNCTION_ARGS)
{
	Datum		values[3] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), (Datum) 0};
	MemoryContext context = AllocSetContextCreate(PortalContext, "slt backfill", ALLOCSET_SMALL_SIZES);
	char		nulls[4] = "  n";

	PreventCommandIfReadOnly("slt_backfill()");
	slt_check_commits(fcinfo, "slt_backfill()");
	nulls[0] = PG_ARGISNULL(0) ? 'n' : ' ';
	nulls[1] = PG_ARGISNULL(1) ? 'n' : ' ';
	SPI_connect_ext(SPI_OPT_NONATOMIC);
	for (;;)
	{
		bool		isnull;
		Datum		state;

		SPI_execute_with_args("SELECT zz_slt_internal.backfill_step($1, $2, $3)", 3, (Oid[]) {REGCLASSOID, INT4OID, JSONBOID}, values, nulls, false, 0);
		state = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
		if (!isnull)
		{
			MemoryContext caller = MemoryContextSwitchTo(context);

			values[2] = JsonbPGetDatum(DatumGetJsonbPCopy(state));
			MemoryContextSwitchTo(caller);
		}
		SPI_freetuptable(SPI_tuptable);
		SPI_commit();
		if (isnull)
			break;
		nulls[2] = ' ';
	}
	SPI_finish();
	PG_RETURN_VOID();
}

/* ---------- restamp ---------- */

/* How a deadline moves. */
typedef struct Move
{
	Datum		values[5];
	bool		nulls[5];
} Move;

/* A restamp under way. */
typedef struct Restamping
{
	ReturnSetInfo *rsinfo;
	int			nmoves;			/* of the row at hand */
	Move		moves[SLT_MAX_METRICS];
	List	   *leaves;
	bool		each_guarded;
	bool		dry_run;
	SltStampMode mode;
	int64		locked;
	FmgrInfo	is_news;
} Restamping;

/* Notes how a deadline moves. */
static void
note_move(Restamping *r, const SltRowAtHand *row, int metric, Datum after, bool after_null)
{
	SltClock	clock = slt_current_clock(&row->ticket.facts, metric);
	const SltStamped *before = &row->ticket.stamped[metric];
	const SltTarget *target = clock.start.known && row->terms->promises[metric] ? slt_target_at(row->terms->promises[metric], clock.start.at) : NULL;
	Datum	   *values = r->moves[r->nmoves].values;
	bool	   *nulls = r->moves[r->nmoves++].nulls;
	int64		moved = 0;

	nulls[0] = nulls[1] = false;
	values[0] = CStringGetTextDatum(slt_row_key(row));
	values[1] = CStringGetTextDatum(row->ticket.attachment->metrics[metric].name);
	values[2] = TimestampTzGetDatum(before->due.at);
	nulls[2] = !before->due.known;
	values[3] = after;
	nulls[3] = after_null;
	nulls[4] = nulls[2] || after_null || target == NULL || TIMESTAMP_NOT_FINITE(before->due.at) || TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(after));
	if (!nulls[4])
		slt_check(slt_worked(target->timeline, before->due.at, DatumGetTimestampTz(after), NULL, &moved), target->timeline);
	values[4] = PointerGetDatum(slt_make_amount(0, moved));
}

/*
 * Has a row looked at that would have to wait, if a step that it has passed is
 * news: the policy may have moved one behind what the row has behind it.  Of a
 * deadline that moves all steps are looked at anyway.
 */
static void
look_for_news(Restamping *r, const SltRowAtHand *row, SltStamps *stamps)
{
	TimestampTz now = GetCurrentTimestamp();
	int			last = stamps->n - 1;	/* when to look, which is the last of
										 * all stamps */

	for (int i = 0; i < row->ticket.attachment->nmetrics && stamps->announce_at >= now; i++)
	{
		SltPassed	passed = slt_find_passed(&row->ticket, row->terms, i, (SltMoment) {0}, now);
		SltEvent	event;

		if (passed.step == 0)
			continue;
		event = slt_event_of(row, InvalidOid, i, &passed);
		if (slt_is_news(&event, &r->is_news))
		{
			stamps->announce_at = passed.at;
			stamps->values[last] = TimestampTzGetDatum(passed.at);
			stamps->nulls[last] = false;
		}
	}
}

/* Chooses the stamps of a row that the policy as it is now gives it, and notes which deadlines move. */
static bool
choose_moved(SltRowAtHand *row, SltStamps *stamps, void *argument)
{
	Restamping *r = argument;
	const SltAttachment *a = row->ticket.attachment;
	SltStamps	all;

	r->nmoves = 0;
	if (slt_make_stamps(&row->ticket, NULL, row->terms, &row->memory, r->mode, stamps) != SLT_OK)
		return false;
	if (!r->dry_run)
		look_for_news(r, row, stamps);
	all = *stamps;
	slt_drop_equal_stamps(row->slot, &all);
	for (int i = 0; i < a->nmetrics; i++)
		for (int k = 0; k < all.n; k++)
			if (all.attnums[k] == a->metrics[i].due)
				note_move(r, row, i, all.values[k], all.nulls[k]);
	return !r->dry_run;
}

/* Restamps the row at hand, or works out how it would be; then puts out which deadlines moved. */
static void
restamp_row(Restamping *r, Pass *p)
{
	SltRowAtHand row;
	SltStamps	stamps;

	r->nmoves = 0;
	p->result = SLT_AS_IT_WAS;
	p->wait = LockWaitSkip;
	if (r->dry_run)
	{
		slt_read_row(p->writer, p->slot, &row);
		choose_moved(&row, &stamps, r);
	}
	else if (r->each_guarded)
		stamp_or_warn(p);
	else
		stamp_row(p);
	r->locked += p->result == SLT_LOCKED;
	for (int i = 0; i < r->nmoves && (r->dry_run || p->result == SLT_WRITTEN); i++)
		tuplestore_putvalues(r->rsinfo->setResult, r->rsinfo->setDesc, r->moves[i].values, r->moves[i].nulls);
}

/* Restamps the rows of a table that holds rows itself. */
static void
restamp_leaf(Restamping *r, Oid leaf)
{
	MemoryContext caller = CurrentMemoryContext,
				each_row = AllocSetContextCreate(CurrentMemoryContext, "slt row", ALLOCSET_DEFAULT_SIZES);
	Pass		p = {.writer = slt_begin_rewrite(leaf, true),.choose = choose_moved,.argument = r,.each_guarded = r->each_guarded};
	ItemPointerData start;
	TableScanDesc scan;

	if (p.writer == NULL)
		return;
	PushActiveSnapshot(GetLatestSnapshot());
	p.slot = table_slot_create(slt_rewriter_relation(p.writer), NULL);
	ItemPointerSet(&start, 0, 0);
	scan = begin_scan(slt_rewriter_relation(p.writer), &start);
	MemoryContextSwitchTo(each_row);
	while (table_scan_getnextslot_tidrange(scan, ForwardScanDirection, p.slot))
	{
		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(each_row);
		restamp_row(r, &p);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(each_row);
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(p.slot);
	PopActiveSnapshot();
	slt_end_rewrite(p.writer);
}

/* Restamps partition by partition, as each has columns of its own numbers. */
static void
restamp_leaves(void *argument)
{
	Restamping *r = argument;
	ListCell   *cell;

	foreach(cell, r->leaves)
		restamp_leaf(r, lfirst_oid(cell));
}

/* Refuses a restamp that would not go by the policy that everyone sees. */
static void
check_restamp(bool dry_run)
{
	if (dry_run)
		return;
	PreventCommandIfReadOnly("slt_restamp()");
	if (slt_as_of_is_set())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("tickets are stamped by the policy as it is, and slt.as_of is set"),
				 errhint("RESET slt.as_of, or ask with dry_run.")));
	if (slt_policy_changed_here())
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("slt_restamp() cannot run in a transaction that changed the policy"),
				 errdetail("Others stamp tickets by the policy as it was until the transaction commits."),
				 errhint("Commit, and call slt_restamp() then; with dry_run it tells at once what it will do.")));
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("slt_restamp() must run in a transaction with isolation level READ COMMITTED"),
				 errdetail("It would miss the tickets of transactions that committed meanwhile."),
				 errhint("BEGIN ISOLATION LEVEL READ COMMITTED, or ask with dry_run.")));
}

/* Works the stamps of a table out again: which deadlines move, from when to when, by how much working time. */
PG_FUNCTION_INFO_V1(slt_restamp);
Datum
slt_restamp(PG_FUNCTION_ARGS)
{
	Oid			root = PG_GETARG_OID(0);
	Restamping	r = {.dry_run = PG_GETARG_BOOL(1),.mode = PG_GETARG_BOOL(2) ? SLT_KEEP_DONE : SLT_DECIDE_ANEW};
	SltFailure	failure;

	InitMaterializedSRF(fcinfo, 0);
	r.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	check_restamp(r.dry_run);
	check_owner(root);
	if (!r.dry_run)
		wait_for_writers(root);
	r.leaves = slt_leaves(root);
	if (!slt_guarded(restamp_leaves, &r, &failure))
	{
		/* once more, row by row */
		tuplestore_clear(r.rsinfo->setResult);
		r.locked = 0;
		r.is_news = (FmgrInfo) {0};
		r.each_guarded = true;
		restamp_leaves(&r);
	}
	if (r.locked > 0)
		ereport(WARNING,
				(errmsg_plural("%lld row of table \"%s\" was locked and keeps its deadlines",
							   "%lld rows of table \"%s\" were locked and keep their deadlines",
							   r.locked, (long long) r.locked, get_rel_name(root)),
				 errhint("Call slt_restamp() again.")));
	return (Datum) 0;
}
