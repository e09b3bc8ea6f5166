/*
 * rewrite.c
 *		Writing stamps into rows that are there already: when a table is attached,
 *		the policy changes, or something was announced.
 *
 * It acts as the table's owner, restricted, before the table is opened, since
 * opening its indexes, planning a query of it and writing a row all run what the
 * owner has put into index expressions, constraints and generated columns.  The
 * application's own triggers and rules do not fire: to them, nothing happened.
 * No other column is touched.
 *
 * A row is locked before it is judged, so that no change is lost.
 */
#include "rewrite.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "parser/parse_relation.h"
#include "storage/lmgr.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "expect.h"
#include "key.h"
#include "settings.h"

struct SltRewriter
{
	Relation	rel;
	SltAttachment *attachment;
	TupleTableSlot *slot;		/* a row as it is */
	TupleTableSlot *changed;	/* as it is to be written */
	EState	   *estate;
	ResultRelInfo *result;
	bool		defers;			/* has constraints that may be checked at
								 * commit */
	SltIdentity before;			/* who began */
};

/*
 * Lists the tables that hold the rows of a table: itself, its partitions or
 * children, and those whose trigger names its attachment.  None is locked.
 */
List *
slt_leaves(Oid root)
{
	MemoryContext context = CurrentMemoryContext;
	List	   *leaves = NIL;
	Datum		values[1] = {ObjectIdGetDatum(root)};

	SPI_connect();
	SPI_execute_with_args("SELECT l.leaf FROM zz_slt_internal.leaves($1) l", 1, (Oid[]) {REGCLASSOID}, values, NULL, false, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool		isnull;
		Oid			leaf = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull));
		MemoryContext caller = MemoryContextSwitchTo(context);

		leaves = lappend_oid(leaves, leaf);
		MemoryContextSwitchTo(caller);
	}
	SPI_finish();
	return leaves;
}

/* ---------- stamps over a row ---------- */

/* Lays stamps over the values of a row. */
void
slt_lay_stamps(TupleTableSlot *slot, const SltStamps *stamps, Datum *values, bool *nulls)
{
	int			natts = slot->tts_tupleDescriptor->natts;

	slot_getallattrs(slot);
	memcpy(values, slot->tts_values, sizeof(Datum) * natts);
	memcpy(nulls, slot->tts_isnull, sizeof(bool) * natts);
	for (int i = 0; i < stamps->n; i++)
	{
		values[stamps->attnums[i] - 1] = stamps->values[i];
		nulls[stamps->attnums[i] - 1] = stamps->nulls[i];
	}
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
			(stamps->nulls[i] || datum_image_eq(slot->tts_values[c], stamps->values[i], attribute->attbyval, attribute->attlen)))
			continue;
		stamps->attnums[n] = stamps->attnums[i];
		stamps->values[n] = stamps->values[i];
		stamps->nulls[n++] = stamps->nulls[i];
	}
	stamps->n = n;
}

/* ---------- a table whose rows are written ---------- */

/* Makes ready for the executor to write rows, without any triggers. */
static void
open_target(SltRewriter *w)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	const SltAttachment *a = w->attachment;
	List	   *permissions = NIL;
	Bitmapset  *columns = NULL;
	AttrNumber	others[3] = {a->status_at, a->status_became, a->announce_at};

	for (int i = 0; i < a->nmetrics; i++)
	{
		columns = bms_add_member(columns, a->metrics[i].due - FirstLowInvalidHeapAttributeNumber);
		columns = bms_add_member(columns, a->metrics[i].met - FirstLowInvalidHeapAttributeNumber);
		columns = bms_add_member(columns, a->metrics[i].runs - FirstLowInvalidHeapAttributeNumber);
	}
	for (int i = 0; i < lengthof(others); i++)
		if (others[i] != InvalidAttrNumber)
			columns = bms_add_member(columns, others[i] - FirstLowInvalidHeapAttributeNumber);
	rte->rtekind = RTE_RELATION;
	rte->relid = RelationGetRelid(w->rel);
	rte->relkind = w->rel->rd_rel->relkind;
	rte->rellockmode = RowExclusiveLock;
	w->estate = CreateExecutorState();
	w->result = makeNode(ResultRelInfo);
	slt_set_updated_columns(rte, &permissions, columns);
	slt_init_range_table(w->estate, rte, &permissions);
	InitResultRelInfo(w->result, w->rel, 1, NULL, 0);
	w->result->ri_TrigDesc = NULL;
	ExecOpenIndices(w->result, false);
}

/* Tells whether a table has a constraint whose check can wait until commit. */
static bool
has_deferred_constraints(Relation rel)
{
	for (int i = 0; rel->trigdesc != NULL && i < rel->trigdesc->numtriggers; i++)
		if (rel->trigdesc->triggers[i].tgisinternal && rel->trigdesc->triggers[i].tgdeferrable)
			return true;
	return false;
}

/*
 * Begins to write rows of a table that holds rows itself, as its owner.  Returns
 * NULL if it is gone, or, where we may not wait, if it is locked; then no lock
 * is waited for longer than an application will not notice.
 */
SltRewriter *
slt_begin_rewrite(Oid leaf, bool may_wait)
{
	SltRewriter *w;
	Oid			owner;
	SltIdentity before;

	if (may_wait)
		LockRelationOid(leaf, RowExclusiveLock);
	else if (!ConditionalLockRelationOid(leaf, RowExclusiveLock))
		return NULL;
	owner = slt_owner_of(leaf);
	if (!OidIsValid(owner))
		return NULL;
	if (get_rel_relkind(leaf) != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a table that holds rows", get_rel_name(leaf))));
	w = palloc0(sizeof(SltRewriter));
	SPI_connect();
	before = slt_act_as(owner);
	w->before = before;
	if (!may_wait)
		slt_set_until_restored("lock_timeout", "50ms");
	w->rel = table_open(leaf, NoLock);
	w->attachment = slt_usable_attachment(w->rel);
	w->slot = table_slot_create(w->rel, NULL);
	w->changed = MakeSingleTupleTableSlot(RelationGetDescr(w->rel), &TTSOpsVirtual);
	w->defers = has_deferred_constraints(w->rel);
	open_target(w);
	return w;
}

/* Returns how the table is attached, for those who decide what is written. */
SltAttachment *
slt_rewriter_attachment(SltRewriter *w)
{
	return w->attachment;
}

/* Returns the table, which is open and locked while the writer is. */
Relation
slt_rewriter_relation(SltRewriter *w)
{
	return w->rel;
}

/* Ends, and is again who it was. */
void
slt_end_rewrite(SltRewriter *w)
{
	ExecCloseIndices(w->result);
	ExecResetTupleTable(w->estate->es_tupleTable, false);
	FreeExecutorState(w->estate);
	ExecDropSingleTupleTableSlot(w->changed);
	ExecDropSingleTupleTableSlot(w->slot);
	table_close(w->rel, NoLock);
	slt_act_as_before(&w->before);
	SPI_finish();
}

/* ---------- rows ---------- */

/* Reads a row with what it remembers, as the trigger would have left it. */
void
slt_read_row(SltRewriter *w, TupleTableSlot *slot, SltRowAtHand *row)
{
	slt_read_slot(w->attachment, slot, &row->ticket);
	row->memory = slt_take_arrived(&row->ticket);
	row->terms = slt_terms_of(w->attachment, &row->ticket.codes);
	slt_fill_runs(&row->ticket, NULL, row->terms, &row->memory);
	row->slot = slot;
}

/* Returns what people call the row at hand. */
char *
slt_row_key(const SltRowAtHand *row)
{
	SltRow		values = {row->slot->tts_values, row->slot->tts_isnull};

	return slt_key_text(row->ticket.attachment, &values, &row->slot->tts_tid);
}

/* Chooses all stamps of a row, as they would be if it were written now; false for a row that can have none, as its deadlines are out of range. */
bool
slt_choose_all(SltRowAtHand *row, SltStamps *stamps, void *argument)
{
	return slt_make_stamps(&row->ticket, NULL, row->terms, &row->memory, SLT_KEEP_DONE, stamps) == SLT_OK;
}

/* Refuses a row that this transaction has written and whose constraints wait: the check would pass over the version that we replace. */
static void
check_constraints_wait(SltRewriter *w)
{
	bool		isnull;
	Datum		xmin = slot_getsysattr(w->slot, MinTransactionIdAttributeNumber, &isnull);

	if (w->defers && TransactionIdIsCurrentTransactionId(DatumGetTransactionId(xmin)))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("a row was written in this transaction, and constraints of table \"%s\" may still wait for its end", RelationGetRelationName(w->rel)),
				 errhint("Do it in a transaction of its own.")));
}

/* Writes stamps into the row at hand, which is locked. */
static void
write_stamps(SltRewriter *w, const SltStamps *stamps)
{
	check_constraints_wait(w);
	ExecClearTuple(w->changed);
	slt_lay_stamps(w->slot, stamps, w->changed->tts_values, w->changed->tts_isnull);
	ExecStoreVirtualTuple(w->changed);
	w->changed->tts_tableOid = RelationGetRelid(w->rel);
	PushActiveSnapshot(GetTransactionSnapshot());
	w->estate->es_snapshot = GetActiveSnapshot();
	w->estate->es_output_cid = GetCurrentCommandId(true);
	ExecSimpleRelationUpdate(w->result, w->estate, NULL, w->slot, w->changed);
	ResetPerTupleExprContext(w->estate);
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
		CHECK_FOR_INTERRUPTS();
		result = table_tuple_lock(w->rel, &at, GetLatestSnapshot(), w->slot, GetCurrentCommandId(false),
								  LockTupleNoKeyExclusive, wait, 0, &failure);
		if (result != TM_Updated || IsolationUsesXactSnapshot() || ItemPointerIndicatesMovedPartitions(&failure.ctid) ||
			ItemPointerEquals(&at, &failure.ctid))
			break;
		at = failure.ctid;
	}

	/*
	 * a copy holds no buffer, which a subtransaction that fails would take
	 * away
	 */
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
