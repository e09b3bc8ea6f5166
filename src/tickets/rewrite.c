/*
 * rewrite.c
 *		Writing stamps into rows that are there already: when a table is attached,
 *		the policy changes, a related row changes, or something was announced.
 *
 * It acts as the table's owner, with nothing in the search path, since writing
 * a row can run whatever the owner has put into index expressions, constraints
 * and generated columns.  The application's own triggers and rules do not fire:
 * to them, nothing happened.  Those by which the server keeps deferred
 * constraints do, for a row may be rewritten in the transaction that made it.
 * No other column is touched.
 *
 * A row is locked before it is judged, so that no change is lost.
 */
#include "rewrite.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "parser/parse_relation.h"
#include "storage/lmgr.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "settings.h"
#include "expect.h"

/* What the executor needs to write rows. */
typedef struct Target
{
	EState	   *estate;
	ResultRelInfo *result;
} Target;

struct SltRewriter
{
	Relation	rel;
	SltAttachment *attachment;
	TupleTableSlot *slot;		/* a row as it is */
	TupleTableSlot *changed;	/* as it is to be written */
	Target		target;			/* without triggers */
	TriggerDesc *constraints;	/* triggers that keep constraints; NULL for none */
	SltIdentity before;			/* who began */
};

/*
 * Lists the tables that hold the rows of a table: itself, or its partitions or
 * children.  All are locked, the table first, as by everyone else.
 */
List *
slt_leaves(Oid root)
{
	List	   *leaves = NIL;
	ListCell   *cell;

	LockRelationOid(root, AccessShareLock);
	foreach(cell, find_all_inheritors(root, AccessShareLock, NULL))
		if (get_rel_relkind(lfirst_oid(cell)) == RELKIND_RELATION)
			leaves = lappend_oid(leaves, lfirst_oid(cell));
	return leaves;
}

/* Tells whether a trigger is one by which the server keeps a constraint; all of these are AFTER ROW. */
static bool
keeps_constraint(const Trigger *trigger)
{
	return trigger->tgisinternal &&
		(RI_FKey_trigger_type(trigger->tgfoid) != RI_TRIGGER_NONE || trigger->tgfoid == F_UNIQUE_KEY_RECHECK);
}

/* Leaves out all triggers but those by which the server keeps constraints. */
static TriggerDesc *
constraint_triggers(const TriggerDesc *all)
{
	TriggerDesc *kept;

	if (all == NULL)
		return NULL;
	kept = palloc0(sizeof(TriggerDesc));
	kept->triggers = palloc(sizeof(Trigger) * all->numtriggers);
	for (int i = 0; i < all->numtriggers; i++)
		if (keeps_constraint(&all->triggers[i]))
			kept->triggers[kept->numtriggers++] = all->triggers[i];
	kept->trig_update_after_row = kept->numtriggers > 0;
	return kept->numtriggers > 0 ? kept : NULL;
}

/* Makes ready for the executor to write rows; triggers may be NULL. */
static Target
open_target(Relation rel, const SltAttachment *a, TriggerDesc *triggers)
{
	Target		t = {CreateExecutorState(), makeNode(ResultRelInfo)};
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	List	   *permissions = NIL;
	Bitmapset  *columns = NULL;

	for (int i = 0; i < a->nmetrics; i++)
	{
		columns = bms_add_member(columns, a->metrics[i].due - FirstLowInvalidHeapAttributeNumber);
		columns = bms_add_member(columns, a->metrics[i].met - FirstLowInvalidHeapAttributeNumber);
	}
	columns = bms_add_member(columns, a->paused - FirstLowInvalidHeapAttributeNumber);
	columns = bms_add_member(columns, a->announce_at - FirstLowInvalidHeapAttributeNumber);

	rte->rtekind = RTE_RELATION;
	rte->relid = RelationGetRelid(rel);
	rte->relkind = rel->rd_rel->relkind;
	rte->rellockmode = RowExclusiveLock;
	slt_set_updated_columns(rte, &permissions, columns);
	slt_init_range_table(t.estate, rte, &permissions);
	InitResultRelInfo(t.result, rel, 1, NULL, 0);
	t.result->ri_TrigDesc = triggers;
	ExecOpenIndices(t.result, false);
	/* where the executor looks for what triggers need */
	t.estate->es_opened_result_relations = list_make1(t.result);
	return t;
}

/* Ends writing rows. */
static void
close_target(Target *t)
{
	ExecCloseResultRelations(t->estate);
	ExecResetTupleTable(t->estate->es_tupleTable, false);
	FreeExecutorState(t->estate);
}

/*
 * Begins to write rows of a table that holds rows itself, as its owner.  Whoever
 * is not the owner is kept from leaving anything behind that would run later as
 * him, which includes checks of deferred constraints; unless he is writing the
 * application's rows in this transaction, and has such checks before him anyway.
 */
SltRewriter *
slt_begin_rewrite(Oid leaf, bool in_application)
{
	SltRewriter *w = palloc0(sizeof(SltRewriter));

	w->rel = table_open(leaf, RowExclusiveLock);
	w->attachment = slt_usable_attachment(w->rel);
	w->slot = table_slot_create(w->rel, NULL);
	w->changed = MakeSingleTupleTableSlot(RelationGetDescr(w->rel), &TTSOpsVirtual);
	w->target = open_target(w->rel, w->attachment, NULL);
	w->constraints = constraint_triggers(w->rel->trigdesc);
	SPI_connect();
	w->before = slt_act_as(w->rel->rd_rel->relowner, SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS |
						   (in_application || GetUserId() == w->rel->rd_rel->relowner ? 0 : SECURITY_RESTRICTED_OPERATION), NULL);
	return w;
}

/* Returns how the table is attached. */
SltAttachment *
slt_rewriter_attachment(SltRewriter *w)
{
	return w->attachment;
}

/* Returns the table. */
Relation
slt_rewriter_relation(SltRewriter *w)
{
	return w->rel;
}

/* Ends, and is again who it was. */
void
slt_end_rewrite(SltRewriter *w)
{
	slt_act_as_before(&w->before);
	SPI_finish();
	close_target(&w->target);
	ExecDropSingleTupleTableSlot(w->changed);
	ExecDropSingleTupleTableSlot(w->slot);
	table_close(w->rel, NoLock);
	pfree(w);
}

/* Reads a row as it is: its facts, terms, and pauses. */
void
slt_read_row(SltRewriter *w, TupleTableSlot *slot, SltRowAtHand *row)
{
	SltAttachment *a = w->attachment;

	slot_getallattrs(slot);
	slt_read_slot(a, slot, &row->ticket);
	row->terms = slt_known_terms(a, &row->ticket.codes);
	if (row->terms == NULL)
		row->terms = slt_learn_terms(a, &row->ticket.codes);
	row->pauses = slt_follow_pauses(&row->ticket, NULL, &row->pauses_changed);
	row->slot = slot;
}

/* Leaves out stamps that the row has already. */
void
slt_drop_equal_stamps(TupleTableSlot *slot, SltStamps *stamps)
{
	int			n = 0;

	for (int i = 0; i < stamps->n; i++)
	{
		int			c = stamps->attnums[i] - 1;
		Form_pg_attribute attribute = TupleDescAttr(slot->tts_tupleDescriptor, c);

		if (slot->tts_isnull[c] == stamps->nulls[i] &&
			(stamps->nulls[i] || datumIsEqual(slot->tts_values[c], stamps->values[i], attribute->attbyval, attribute->attlen)))
			continue;
		stamps->attnums[n] = stamps->attnums[i];
		stamps->values[n] = stamps->values[i];
		stamps->nulls[n++] = stamps->nulls[i];
	}
	stamps->n = n;
}

/*
 * Works out the stamps of a row; what became at risk, or late, up to an instant
 * has been announced.  False for a row that has none, as its deadlines are out
 * of range, or its calendar has too little working time.
 */
static bool
make_stamps(SltRowAtHand *row, SltInstant announced_until, SltStamps *stamps)
{
	if (slt_make_stamps(&row->ticket, row->terms, row->pauses, announced_until, stamps) != SLT_OK)
		return false;
	if (row->pauses_changed)
		slt_add_stamp(stamps, row->ticket.attachment->paused, PointerGetDatum(slt_make_pauses(row->pauses)), row->pauses->count == 0);
	return true;
}

/*
 * Chooses all stamps of a row, as they would be if it were written now.  Where
 * no deadline changes, what was announced stays announced.
 */
bool
slt_choose_all(SltRowAtHand *row, SltStamps *stamps, void *argument)
{
	SltStamps	changed;
	int			c = row->ticket.attachment->announce_at - 1;
	SltInstant	now = GetCurrentTransactionStartTimestamp();

	stamps->n = 0;
	if (!make_stamps(row, SLT_MINUS_INFINITY, stamps))
		return false;
	changed = *stamps;
	slt_drop_equal_stamps(row->slot, &changed);
	if (changed.n != 1 || changed.attnums[0] != c + 1)
		return true;
	if (!row->slot->tts_isnull[c] && DatumGetTimestampTz(row->slot->tts_values[c]) <= now)
		stamps->n = 0;			/* an announcement is due */
	else
		return make_stamps(row, now, stamps);
	return true;
}

/* Tells whether a row was written by the transaction at hand. */
static bool
is_of_this_transaction(TupleTableSlot *slot)
{
	bool		isnull;

	return TransactionIdIsCurrentTransactionId(DatumGetTransactionId(slot_getsysattr(slot, MinTransactionIdAttributeNumber, &isnull)));
}

/* Writes the row at hand as it was changed. */
static void
update(SltRewriter *w, Target *t)
{
	t->estate->es_snapshot = GetActiveSnapshot();
	t->estate->es_output_cid = GetCurrentCommandId(true);
	ExecSimpleRelationUpdate(t->result, t->estate, NULL, w->slot, w->changed);
	ResetPerTupleExprContext(t->estate);
}

/*
 * Writes a row that this transaction has written before, so that its deferred
 * constraints are still to be checked: the check passes over the version that
 * is replaced, so that the new one needs its own.  What triggers need is made
 * for this row, as it does not outlast the subtransaction that a row may have.
 */
static void
update_and_check(SltRewriter *w)
{
	Target		t = open_target(w->rel, w->attachment, w->constraints);

	AfterTriggerBeginQuery();
	update(w, &t);
	AfterTriggerEndQuery(t.estate);
	close_target(&t);
}

/* Writes stamps into the row at hand, which is locked. */
static void
write_stamps(SltRewriter *w, const SltStamps *stamps)
{
	int			natts = RelationGetDescr(w->rel)->natts;

	ExecClearTuple(w->changed);
	memcpy(w->changed->tts_values, w->slot->tts_values, sizeof(Datum) * natts);
	memcpy(w->changed->tts_isnull, w->slot->tts_isnull, sizeof(bool) * natts);
	for (int i = 0; i < stamps->n; i++)
	{
		w->changed->tts_values[stamps->attnums[i] - 1] = stamps->values[i];
		w->changed->tts_isnull[stamps->attnums[i] - 1] = stamps->nulls[i];
	}
	ExecStoreVirtualTuple(w->changed);
	w->changed->tts_tableOid = RelationGetRelid(w->rel);
	PushActiveSnapshot(GetTransactionSnapshot());
	if (w->constraints != NULL && is_of_this_transaction(w->slot))
		update_and_check(w);
	else
		update(w, &w->target);
	PopActiveSnapshot();
	CommandCounterIncrement();
}

/*
 * Locks the newest version of a row; it is followed from version to version, but
 * not into another partition, whose trigger has stamped it.
 */
static SltRewritten
lock_row(SltRewriter *w, ItemPointer tid, LockWaitPolicy wait)
{
	ItemPointerData at = *tid;
	TM_FailureData failure;
	TM_Result	result;

	for (;;)
	{
		result = table_tuple_lock(w->rel, &at, GetLatestSnapshot(), w->slot, GetCurrentCommandId(false),
								  LockTupleNoKeyExclusive, wait, 0, &failure);
		if (result != TM_Updated || IsolationUsesXactSnapshot() || ItemPointerIndicatesMovedPartitions(&failure.ctid) ||
			ItemPointerEquals(&at, &failure.ctid))
			break;
		at = failure.ctid;
	}
	/* a copy holds no buffer, which a subtransaction that fails would take away */
	if (result == TM_Ok)
		ExecMaterializeSlot(w->slot);
	return result == TM_Ok ? SLT_WRITTEN : result == TM_WouldBlock ? SLT_LOCKED : SLT_GONE;
}

/* Locks a row, has its stamps chosen, and writes those that are not there already. */
SltRewritten
slt_rewrite_row(SltRewriter *w, ItemPointer tid, LockWaitPolicy wait, SltChoose choose, void *argument)
{
	SltRewritten result = lock_row(w, tid, wait);
	SltRowAtHand row;
	SltStamps	stamps;

	if (result != SLT_WRITTEN)
		return result;
	slt_read_row(w, w->slot, &row);
	if (!choose(&row, &stamps, argument))
		return SLT_AS_IT_WAS;
	slt_drop_equal_stamps(w->slot, &stamps);
	if (stamps.n == 0)
		return SLT_AS_IT_WAS;
	write_stamps(w, &stamps);
	if (stamps.announce_at != SLT_INFINITY)
		slt_expect_sweep(stamps.announce_at);
	return SLT_WRITTEN;
}

/* Has a row looked at later, without reading what its facts are. */
void
slt_postpone_row(SltRewriter *w, ItemPointer tid, SltInstant until)
{
	SltStamps	stamps = {0};

	if (lock_row(w, tid, LockWaitSkip) != SLT_WRITTEN)
		return;
	slot_getallattrs(w->slot);
	slt_add_stamp(&stamps, w->attachment->announce_at, TimestampTzGetDatum(until), false);
	write_stamps(w, &stamps);
}
