/*
 * care.c
 *		What may be deleted, and how far the sweep is behind.
 *
 * Ticket tables are read as their owners, restricted, after it is certain that
 * the caller may know.
 */
#include "rewrite.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/portal.h"
#include "utils/timestamp.h"

#include "../policy/config.h"
#include "guard.h"
#include "reader.h"
#include "settings.h"
#include "sweep.h"

#define LONGEST_KEY 1900		/* bytes: a longer one may have been cut */
#define LOOK_MILLISECONDS 2000	/* that the earliest look of a table may take,
								 * which an index has; its owner's code may
								 * want more */
#define KEYS_MILLISECONDS 600000	/* that finding keys may take, for which a
									 * table is read */

/* A question about a table that holds tickets. */
typedef struct Question
{
	Oid			leaf;
	Datum		keys;			/* those that no table had so far */
	bool		answered;
	TimestampTz earliest;		/* look that is left */
} Question;

/* Opens a table that holds tickets as its owner, if it can be had at once and works; the caller closes it, and is again who he was. */
static Relation
open_leaf(Oid leaf, SltIdentity *before)
{
	Relation	rel = NULL;

	if (!ConditionalLockRelationOid(leaf, AccessShareLock) || !OidIsValid(slt_owner_of(leaf)))
		return NULL;
	SPI_connect();
	*before = slt_act_as(slt_owner_of(leaf));
	rel = table_open(leaf, NoLock);
	return rel;
}

/* Leaves the table, and is again who called; the lock stays until the transaction ends. */
static void
close_leaf(Relation rel, const SltIdentity *before)
{
	table_close(rel, NoLock);
	slt_act_as_before(before);
	SPI_finish();
}

/* Finds which keys a table does not have, by the text that sweeps make of them. */
static void
find_missing(void *argument)
{
	Question   *q = argument;
	MemoryContext caller = CurrentMemoryContext;
	SltIdentity before;
	StringInfoData format,
				columns;
	Relation	rel = open_leaf(q->leaf, &before);
	SltAttachment *a;
	bool		isnull;

	if (rel == NULL)
		return;
	a = slt_usable_attachment(rel);
	initStringInfo(&format);
	initStringInfo(&columns);
	for (int i = 0; i < a->nkeys; i++)
	{
		appendStringInfo(&format, "%s%%s", i ? "," : "");
		appendStringInfo(&columns, ", t.%s", slt_quoted_column(rel, a->keys[i].attnum));
	}
	if (a->nkeys > 0 && SPI_execute_with_args(psprintf("SELECT coalesce(pg_catalog.array_agg(k), '{}') FROM pg_catalog.unnest($1) k"
													   " WHERE pg_catalog.octet_length(k) OPERATOR(pg_catalog.<) %d"
													   " AND NOT EXISTS (SELECT FROM ONLY %s t WHERE pg_catalog.format('%s'%s) OPERATOR(pg_catalog.=) k)",
													   LONGEST_KEY, slt_quoted_table(q->leaf), format.data, columns.data),
											  1, (Oid[]) {TEXTARRAYOID}, &q->keys, NULL, true, 1) == SPI_OK_SELECT)
	{
		Datum		keys = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
		MemoryContext spi = MemoryContextSwitchTo(caller);

		q->keys = PointerGetDatum(DatumGetArrayTypePCopy(keys));
		q->answered = true;
		MemoryContextSwitchTo(spi);
	}
	close_leaf(rel, &before);
}

/* Returns those of some keys that no ticket of a table has; none where that cannot be told. */
PG_FUNCTION_INFO_V1(slt_missing_tickets);
Datum
slt_missing_tickets(PG_FUNCTION_ARGS)
{
	Question	q = {.keys = PG_GETARG_DATUM(1)};
	Oid			table = PG_GETARG_OID(0);
	List	   *leaves = slt_leaves(table);
	ListCell   *cell;
	SltFailure	failure;
	bool		all = leaves != NIL && slt_may_read(table);

	foreach(cell, leaves)
	{
		q.leaf = lfirst_oid(cell);
		q.answered = false;
		all = all && slt_guarded_for(KEYS_MILLISECONDS, find_missing, &q, &failure) && q.answered;
	}
	PG_RETURN_DATUM(all ? q.keys : PointerGetDatum(construct_empty_array(TEXTOID)));
}

/* Finds the earliest look that is left of a table. */
static void
find_earliest(void *argument)
{
	Question   *q = argument;
	SltIdentity before;
	Relation	rel = open_leaf(q->leaf, &before);
	TimestampTz first;

	if (rel == NULL)
		return;
	q->answered = slt_first_look(rel, slt_usable_attachment(rel)->announce_at, &first);
	if (q->answered)
		q->earliest = Min(q->earliest, first);
	close_leaf(rel, &before);
}

/* Returns how far the sweep is behind with a table; null where that cannot be told. */
PG_FUNCTION_INFO_V1(slt_sweep_lag);
Datum
slt_sweep_lag(PG_FUNCTION_ARGS)
{
	Question	q = {.earliest = DT_NOEND};
	Oid			table = PG_GETARG_OID(0);
	List	   *leaves = slt_leaves(table);
	ListCell   *cell;
	SltFailure	failure;
	TimestampTz now = GetCurrentTimestamp();
	bool		all = leaves != NIL &&
		(slt_may_read(table) || pg_class_aclcheck(slt_config_table(slt_config_schema(), "slt_attachments"), GetUserId(), ACL_SELECT) == ACLCHECK_OK);

	foreach(cell, leaves)
	{
		q.leaf = lfirst_oid(cell);
		q.answered = false;
		all = all && slt_guarded_for(LOOK_MILLISECONDS, find_earliest, &q, &failure) && q.answered;
	}
	if (!all)
		PG_RETURN_NULL();
	return DirectFunctionCall2(timestamp_mi, TimestampTzGetDatum(now), TimestampTzGetDatum(Min(q.earliest, now)));
}

/* Deletes what matters no more in batches, each in a transaction of its own. */
PG_FUNCTION_INFO_V1(slt_prune_all);
Datum
slt_prune_all(PG_FUNCTION_ARGS)
{
	Interval	zero = {0};
	Datum		values[2];
	bool		isnull,
				more = true;

	PreventCommandIfReadOnly("slt_prune_all()");
	slt_check_commits(fcinfo, "slt_prune_all()");
	if (PG_ARGISNULL(0))
		PG_RETURN_VOID();
	if (PG_ARGISNULL(1) || PG_GETARG_INT32(1) < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must be at least 1", "batch_size")));
	values[0] = DirectFunctionCall2(interval_larger, PG_GETARG_DATUM(0), IntervalPGetDatum(&zero));
	values[0] = DirectFunctionCall2(timestamptz_mi_interval, TimestampTzGetDatum(GetCurrentTimestamp()), values[0]);
	values[1] = Int64GetDatum(PG_GETARG_INT32(1));
	SPI_connect_ext(SPI_OPT_NONATOMIC);
	SPI_execute_with_args("SELECT zz_slt_internal.forget_missing($1)", 1, (Oid[]) {TIMESTAMPTZOID}, values, NULL, false, 0);
	SPI_commit();
	while (more)
	{
		SPI_execute_with_args("SELECT p.events OPERATOR(pg_catalog.+) p.others OPERATOR(pg_catalog.>) 0 FROM zz_slt_internal.prune_some($1, $2) p",
							  2, (Oid[]) {TIMESTAMPTZOID, INT8OID}, values, NULL, false, 0);
		more = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
		SPI_freetuptable(SPI_tuptable);
		SPI_commit();
	}
	SPI_finish();
	PG_RETURN_VOID();
}
