/*
 * backfill.c
 *		Stamping many rows: those that were there before slt, and those that a
 *		changed policy moves.
 *
 * Neither waits for a ticket while it holds another, so neither can be part of
 * a deadlock: a batch of a backfill ends before a row that someone else has
 * locked, and begins with it; a restamp leaves such rows, and says so.
 */
#include "rewrite.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/partition.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "guard.h"
#include "key.h"

/* Refuses whoever is not the owner of a table. */
static void
check_owner(Oid table)
{
	if (get_rel_name(table) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table with OID %u does not exist", table)));
	if (!slt_owns_table(table, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, get_rel_name(table));
}

/* Locks the tables that a partition is part of, the whole first, as everyone else does. */
static void
lock_ancestors(Oid leaf)
{
	List	   *ancestors = get_rel_relispartition(leaf) ? get_partition_ancestors(leaf) : NIL;

	for (int i = list_length(ancestors) - 1; i >= 0; i--)
		LockRelationOid(list_nth_oid(ancestors, i), AccessShareLock);
}

/* Tells whether a row as it was scanned lacks stamps. */
static bool
lacks_stamps(SltRewriter *w, TupleTableSlot *slot)
{
	SltRowAtHand row;
	SltStamps	stamps;

	slt_read_row(w, slot, &row);
	if (!slt_choose_all(&row, &stamps, NULL))
		return false;
	slt_drop_equal_stamps(slot, &stamps);
	return stamps.n > 0;
}

/* A row to be stamped. */
typedef struct Stamp
{
	SltRewriter *writer;
	TupleTableSlot *slot;
	LockWaitPolicy wait;
	SltChoose	choose;
	void	   *argument;
	SltRewritten result;
} Stamp;

/* Stamps a row if it lacks stamps. */
static void
stamp_row(void *argument)
{
	Stamp	   *s = argument;

	s->result = SLT_AS_IT_WAS;
	if (lacks_stamps(s->writer, s->slot))
		s->result = slt_rewrite_row(s->writer, &s->slot->tts_tid, s->wait, s->choose, s->argument);
}

/* Stamps a row if it lacks stamps; one whose functions fail is left, with a warning. */
static SltRewritten
stamp_or_warn(Stamp *s)
{
	SltFailure	failure;

	if (!slt_rewriter_attachment(s->writer)->functions)
		stamp_row(s);
	else
	{
		ExecMaterializeSlot(s->slot);	/* a copy holds no buffer, which a subtransaction that fails would take away */
		if (!slt_guarded(stamp_row, s, &failure))
		{
			s->result = SLT_AS_IT_WAS;
			ereport(WARNING,
					(errmsg_internal("%s", failure.message),
					 errdetail("A row of table \"%s\" is left without new deadlines.", RelationGetRelationName(slt_rewriter_relation(s->writer))),
					 failure.hint ? errhint("%s", failure.hint) : 0));
		}
	}
	return s->result;
}

/* Begins to scan a table from behind a row on. */
static TableScanDesc
begin_scan(Relation rel, ItemPointer after)
{
	ItemPointerData first,
				last;

	ItemPointerSet(&first, ItemPointerGetBlockNumberNoCheck(after), ItemPointerGetOffsetNumberNoCheck(after) + 1);
	ItemPointerSet(&last, MaxBlockNumber, MaxOffsetNumber);
	return table_beginscan_tidrange(rel, GetActiveSnapshot(), &first, &last);
}

/*
 * Stamps a batch of rows behind a row of a table that holds rows itself.
 * Returns the last row it is done with, null at the end of the table; how many
 * rows it saw; how many it wrote.
 */
PG_FUNCTION_INFO_V1(slt_backfill_batch);
Datum
slt_backfill_batch(PG_FUNCTION_ARGS)
{
	Oid			leaf = PG_GETARG_OID(0);
	ItemPointerData done = *(ItemPointer) PG_GETARG_POINTER(1);
	int64		max_rows = PG_GETARG_INT32(2),
				seen = 0,
				written = 0;
	MemoryContext caller = CurrentMemoryContext,
				each_row = AllocSetContextCreate(CurrentMemoryContext, "slt row", ALLOCSET_DEFAULT_SIZES);
	SltRewriter *w;
	TableScanDesc scan;
	TupleTableSlot *slot;
	TupleDesc	desc;
	bool		at_end = true;
	Datum		values[3];
	bool		nulls[3] = {false};

	check_owner(leaf);
	lock_ancestors(leaf);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	w = slt_begin_rewrite(leaf, false);
	slot = table_slot_create(slt_rewriter_relation(w), NULL);
	scan = begin_scan(slt_rewriter_relation(w), &done);
	MemoryContextSwitchTo(each_row);
	while (table_scan_getnextslot_tidrange(scan, ForwardScanDirection, slot))
	{
		Stamp		s = {w, slot, written > 0 ? LockWaitSkip : LockWaitBlock, slt_choose_all};
		SltRewritten result;

		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(each_row);
		if (seen == max_rows)
		{
			at_end = false;
			break;
		}
		result = stamp_or_warn(&s);
		if (result == SLT_LOCKED)
		{
			at_end = false;
			break;
		}
		seen++;
		written += result == SLT_WRITTEN;
		done = slot->tts_tid;
	}
	MemoryContextSwitchTo(caller);
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	slt_end_rewrite(w);
	nulls[0] = at_end;
	values[0] = PointerGetDatum(&done);
	values[1] = Int64GetDatum(seen);
	values[2] = Int64GetDatum(written);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/* ---------- restamp ---------- */

/* A restamp under way. */
typedef struct Restamping
{
	ReturnSetInfo *rsinfo;
	SltRewriter *writer;
	bool		dry_run;
	bool		open_only;
	int64		locked;
} Restamping;

/* Returns a stamp of the row at hand by its column. */
static Datum
stamp_in_row(const SltRowAtHand *row, AttrNumber attnum, bool *isnull)
{
	*isnull = row->slot->tts_isnull[attnum - 1];
	return row->slot->tts_values[attnum - 1];
}

/* Puts out how a deadline moves. */
static void
report_move(Restamping *r, const SltRowAtHand *row, int metric, Datum before, bool before_null, Datum after, bool after_null)
{
	Datum		values[5];
	bool		nulls[5] = {false};
	int64		moved = 0;

	values[0] = PointerGetDatum(slt_row_key(slt_rewriter_relation(r->writer), row->ticket.attachment, row->slot));
	values[1] = CStringGetTextDatum(row->ticket.attachment->metrics[metric].name);
	values[2] = before;
	nulls[2] = before_null;
	values[3] = after;
	nulls[3] = after_null;
	nulls[4] = before_null || after_null || row->terms->promises == NULL || row->terms->promises[metric].ntargets == 0 ||
		TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(before)) || TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(after));
	if (!nulls[4])
		slt_check(slt_worked(row->terms->promises[metric].targets[0].timeline, DatumGetTimestampTz(before), DatumGetTimestampTz(after), NULL, &moved),
				  row->terms->promises[metric].targets[0].timeline);
	values[4] = PointerGetDatum(slt_make_amount(0, moved));
	tuplestore_putvalues(r->rsinfo->setResult, r->rsinfo->setDesc, values, nulls);
}

/* Takes the stamps of a metric out of those to be written. */
static void
keep_metric(SltStamps *stamps, const SltMetric *m)
{
	int			n = 0;

	for (int i = 0; i < stamps->n; i++)
	{
		if (stamps->attnums[i] == m->due || stamps->attnums[i] == m->met)
			continue;
		stamps->attnums[n] = stamps->attnums[i];
		stamps->values[n] = stamps->values[i];
		stamps->nulls[n++] = stamps->nulls[i];
	}
	stamps->n = n;
}

/* Chooses the stamps of a row that the policy as it is now gives it, and puts out which deadlines move. */
static bool
choose_moved(SltRowAtHand *row, SltStamps *stamps, void *argument)
{
	Restamping *r = argument;
	SltAttachment *a = row->ticket.attachment;
	SltStamps	all;

	if (!slt_choose_all(row, stamps, NULL))
		return false;
	for (int i = 0; i < a->nmetrics; i++)
		if (r->open_only && row->ticket.done[i].known)
			keep_metric(stamps, &a->metrics[i]);
	all = *stamps;
	slt_drop_equal_stamps(row->slot, &all);
	for (int i = 0; i < a->nmetrics; i++)
		for (int k = 0; k < all.n; k++)
			if (all.attnums[k] == a->metrics[i].due)
			{
				bool		isnull;
				Datum		before = stamp_in_row(row, a->metrics[i].due, &isnull);

				report_move(r, row, i, before, isnull, all.values[k], all.nulls[k]);
			}
	return !r->dry_run;
}

/* Restamps the rows of a table that holds rows itself. */
static void
restamp_leaf(Restamping *r, Oid leaf)
{
	MemoryContext caller = CurrentMemoryContext,
				each_row = AllocSetContextCreate(CurrentMemoryContext, "slt row", ALLOCSET_DEFAULT_SIZES);
	ItemPointerData start;
	TableScanDesc scan;
	TupleTableSlot *slot;

	r->writer = slt_begin_rewrite(leaf, false);
	slot = table_slot_create(slt_rewriter_relation(r->writer), NULL);
	ItemPointerSet(&start, 0, 0);
	scan = begin_scan(slt_rewriter_relation(r->writer), &start);
	MemoryContextSwitchTo(each_row);
	while (table_scan_getnextslot_tidrange(scan, ForwardScanDirection, slot))
	{
		SltRowAtHand row;
		SltStamps	stamps;

		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(each_row);
		if (r->dry_run)
		{
			slt_read_row(r->writer, slot, &row);
			choose_moved(&row, &stamps, r);
		}
		else
		{
			Stamp		s = {r->writer, slot, LockWaitSkip, choose_moved, r};

			r->locked += stamp_or_warn(&s) == SLT_LOCKED;
		}
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(each_row);
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	slt_end_rewrite(r->writer);
}

/* Works the stamps of a table out again: which deadlines move, from when to when, by how much working time. */
PG_FUNCTION_INFO_V1(slt_restamp);
Datum
slt_restamp(PG_FUNCTION_ARGS)
{
	Oid			root = PG_GETARG_OID(0);
	Restamping	r = {.dry_run = PG_GETARG_BOOL(1),.open_only = PG_GETARG_BOOL(2)};
	ListCell   *cell;

	InitMaterializedSRF(fcinfo, 0);
	r.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	check_owner(root);
	foreach(cell, slt_leaves(root))
		restamp_leaf(&r, lfirst_oid(cell));
	if (r.locked > 0)
		ereport(WARNING,
				(errmsg("%lld rows of table \"%s\" were locked and keep their deadlines", (long long) r.locked, get_rel_name(root)),
				 errhint("Call slt_restamp() again.")));
	return (Datum) 0;
}
