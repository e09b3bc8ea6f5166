/*
 * rewrite.c
 *		Writing stamps into rows that are there already: when a table is attached,
 *		the policy changes, a related row changes, or something was announced.
 *
 * It acts as the table's owner, with nothing in the search path, since writing
 * a row can run whatever the owner has put into index expressions, constraints
 * and generated columns.  The application's own triggers do not fire: to them,
 * nothing happened.  No other column is touched.
 *
 * A row is locked before it is judged, so that no change is lost.
 */
#include "rewrite.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "settings.h"
#include "worker.h"

struct SltRewriter
{
	Relation	rel;
	SltAttachment *attachment;
	TupleTableSlot *slot;
	SPIPlanPtr	plans[SLT_MAX_STAMPS];	/* by the number of columns written; NULL until needed */
	AttrNumber	planned[SLT_MAX_STAMPS][SLT_MAX_STAMPS];
	Oid			user;
	int			security;
	int			settings;
};

/* Lists the tables that hold the rows of a table: itself, or its partitions or children. */
List *
slt_leaves(Oid root)
{
	List	   *leaves = NIL;
	ListCell   *cell;

	foreach(cell, find_all_inheritors(root, AccessShareLock, NULL))
		if (get_rel_relkind(lfirst_oid(cell)) == RELKIND_RELATION)
			leaves = lappend_oid(leaves, lfirst_oid(cell));
	return leaves;
}

/* Begins to write rows of a table that holds rows itself, as its owner. */
SltRewriter *
slt_begin_rewrite(Oid leaf)
{
	SltRewriter *w = palloc0(sizeof(SltRewriter));

	w->rel = table_open(leaf, RowExclusiveLock);
	w->attachment = slt_usable_attachment(w->rel);
	w->slot = table_slot_create(w->rel, NULL);
	SPI_connect();
	GetUserIdAndSecContext(&w->user, &w->security);
	SetUserIdAndSecContext(w->rel->rd_rel->relowner, w->security | SECURITY_RESTRICTED_OPERATION | SECURITY_NOFORCE_RLS);
	w->settings = slt_fix_settings(NULL);
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
	slt_restore_settings(w->settings);
	SetUserIdAndSecContext(w->user, w->security);
	SPI_finish();
	ExecDropSingleTupleTableSlot(w->slot);
	table_close(w->rel, NoLock);
	pfree(w);
}

/* Reads a row as it is: its facts, terms, and pauses. */
void
slt_read_row(SltRewriter *w, TupleTableSlot *slot, SltRowAtHand *row)
{
	SltAttachment *a = w->attachment;
	SltRow		values;
	bool		must_free;

	slot_getallattrs(slot);
	values.values = slot->tts_values;
	values.nulls = slot->tts_isnull;
	values.tuple = a->functions ? ExecFetchSlotHeapTuple(slot, false, &must_free) : NULL;
	slt_read_ticket(a, &values, &row->ticket);
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

/* Works out the stamps of a row; what became at risk, or late, up to an instant has been announced. */
static void
make_stamps(SltRowAtHand *row, SltInstant announced_until, SltStamps *stamps)
{
	SltStatus	status = slt_make_stamps(&row->ticket, row->terms, row->pauses, announced_until, stamps);

	if (status != SLT_OK)
		slt_check(status, stamps->failed);
	if (row->pauses_changed)
		slt_add_stamp(stamps, row->ticket.attachment->paused, PointerGetDatum(slt_make_pauses(row->pauses)), row->pauses->count == 0);
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

	make_stamps(row, SLT_MINUS_INFINITY, stamps);
	changed = *stamps;
	slt_drop_equal_stamps(row->slot, &changed);
	if (changed.n != 1 || changed.attnums[0] != c + 1)
		return true;
	if (!row->slot->tts_isnull[c] && DatumGetTimestampTz(row->slot->tts_values[c]) <= now)
		stamps->n = 0;			/* an announcement is due */
	else
		make_stamps(row, now, stamps);
	return true;
}

/* Returns the plan of the UPDATE that writes certain columns. */
static SPIPlanPtr
update_plan(SltRewriter *w, const SltStamps *stamps)
{
	int			k = stamps->n - 1;
	StringInfoData query;
	Oid			types[SLT_MAX_STAMPS + 1];

	if (w->plans[k] != NULL && memcmp(w->planned[k], stamps->attnums, sizeof(AttrNumber) * stamps->n) == 0)
		return w->plans[k];
	initStringInfo(&query);
	appendStringInfo(&query, "UPDATE ONLY %s SET ",
					 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(w->rel)), RelationGetRelationName(w->rel)));
	for (int i = 0; i < stamps->n; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(w->rel), stamps->attnums[i] - 1);

		appendStringInfo(&query, "%s%s = $%d", i ? ", " : "", quote_identifier(NameStr(attribute->attname)), i + 1);
		types[i] = attribute->atttypid;
	}
	appendStringInfo(&query, " WHERE ctid OPERATOR(pg_catalog.=) $%d", stamps->n + 1);
	types[stamps->n] = TIDOID;
	if (w->plans[k] != NULL)
		SPI_freeplan(w->plans[k]);
	w->plans[k] = SPI_prepare(query.data, stamps->n + 1, types);
	if (w->plans[k] == NULL)
		elog(ERROR, "could not prepare an update: %s", SPI_result_code_string(SPI_result));
	memcpy(w->planned[k], stamps->attnums, sizeof(AttrNumber) * stamps->n);
	return w->plans[k];
}

/* Writes stamps into a row that is locked, as a replica would: triggers do not fire. */
static void
write_stamps(SltRewriter *w, ItemPointer tid, const SltStamps *stamps)
{
	Datum		values[SLT_MAX_STAMPS + 1];
	char		nulls[SLT_MAX_STAMPS + 1];
	SPIPlanPtr	plan = update_plan(w, stamps);
	int			role = SessionReplicationRole;
	int			result;

	for (int i = 0; i < stamps->n; i++)
	{
		values[i] = stamps->values[i];
		nulls[i] = stamps->nulls[i] ? 'n' : ' ';
	}
	values[stamps->n] = PointerGetDatum(tid);
	nulls[stamps->n] = ' ';
	PG_TRY();
	{
		SessionReplicationRole = SESSION_REPLICATION_ROLE_REPLICA;
		result = SPI_execute_plan(plan, values, nulls, false, 0);
	}
	PG_FINALLY();
	{
		SessionReplicationRole = role;
	}
	PG_END_TRY();
	if (result != SPI_OK_UPDATE || SPI_processed != 1)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not write the stamps of a row of table \"%s\"", RelationGetRelationName(w->rel)),
				 errdetail("A rule or another session is in the way.")));
}

/* Locks the newest version of a row. */
static SltRewritten
lock_row(SltRewriter *w, ItemPointer tid, LockWaitPolicy wait)
{
	TM_FailureData failure;
	TM_Result	result = table_tuple_lock(w->rel, tid, GetLatestSnapshot(), w->slot, GetCurrentCommandId(false),
										  LockTupleNoKeyExclusive, wait,
										  IsolationUsesXactSnapshot() ? 0 : TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &failure);

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
	write_stamps(w, &w->slot->tts_tid, &stamps);
	if (stamps.announce_at != SLT_INFINITY)
		slt_expect_sweep(stamps.announce_at);
	return SLT_WRITTEN;
}
