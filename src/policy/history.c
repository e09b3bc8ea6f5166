/*
 * history.c
 *		The policy as it was: slt_policy_log.
 *
 * A row of the log is a change: the row of a config table before it and after
 * it, as jsonb.  A row was there at an instant if the last change up to then
 * that mentions it, whole, left it.  So it does no harm if a change is told
 * twice, as a restore does.
 */
#include "history.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "restore.h"

/* Returns an instant for the log, later than the one before it. */
static TimestampTz
next_instant(void)
{
	static TimestampTz last = 0;

	return last = Max(GetCurrentTimestamp(), last + 1);
}

/* Returns a row as jsonb, whatever the session's settings are. */
static Datum
row_as_jsonb(Relation rel, HeapTuple row)
{
	Datum		json;
	int			level = NewGUCNestLevel();

	(void) set_config_option("TimeZone", "UTC", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("DateStyle", "ISO, YMD", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("IntervalStyle", "postgres", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	json = DirectFunctionCall1(row_to_json, heap_copy_tuple_as_datum(row, RelationGetDescr(rel)));
	AtEOXact_GUC(true, level);
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(TextDatumGetCString(json)));
}

/* Returns the name of the log for a query. */
static const char *
log_name(void)
{
	return slt_quoted_table(slt_config_table(slt_config_schema(), "slt_policy_log"));
}

/* Becomes the owner of the log, restricted, with settings that mean the same to every caller; leave_log() undoes it. */
typedef struct Visit
{
	Relation	log;
	Oid			user;
	int			context;
	int			level;
} Visit;

static Visit
enter_log(LOCKMODE lock)
{
	Visit		v = {.log = table_open(slt_config_table(slt_config_schema(), "slt_policy_log"), lock),.level = NewGUCNestLevel()};

	GetUserIdAndSecContext(&v.user, &v.context);
	SetUserIdAndSecContext(v.log->rd_rel->relowner, v.context | SECURITY_RESTRICTED_OPERATION | SECURITY_LOCAL_USERID_CHANGE);
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("DateStyle", "ISO, YMD", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	SPI_connect();
	return v;
}

/* Becomes whoever called again; what was read goes. */
static void
leave_log(const Visit *v)
{
	SPI_finish();
	AtEOXact_GUC(true, v->level);
	SetUserIdAndSecContext(v->user, v->context);
	table_close(v->log, NoLock);
}

/* Runs a query over the log with a fresh snapshot, which a parallel worker may do as well. */
static void
read_log(const char *query, int nargs, Oid *types, Datum *values)
{
	PushActiveSnapshot(GetNonHistoricCatalogSnapshot(InvalidOid));
	if (SPI_execute_with_args(query, nargs, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "the policy log cannot be read");
	PopActiveSnapshot();
}

/* Returns the plan of the command that writes a row; it is made again if the log is another one, or is called something else. */
static SPIPlanPtr
writing_plan(void)
{
	static SPIPlanPtr plan = NULL;
	static char *planned = NULL;
	Oid			types[] = {TIMESTAMPTZOID, TEXTOID, TEXTOID, JSONBOID, JSONBOID};
	const char *log = log_name(),
			   *command = psprintf("INSERT INTO %s (at, by, in_table, before, after) SELECT $1, $2, $3, $4, $5 WHERE $4 IS NOT NULL OR NOT coalesce("
								   "(SELECT l.after = $5 FROM %s l WHERE l.in_table = $3 AND (l.after = $5 OR l.before = $5) ORDER BY l.at DESC LIMIT 1), false)",
								   log, log);

	if (planned != NULL && strcmp(planned, command) == 0)
		return plan;
	if (planned != NULL)
	{
		SPI_freeplan(plan);
		pfree(planned);
		planned = NULL;
	}
	plan = SPI_prepare(command, lengthof(types), types);
	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "the policy log cannot be written");
	planned = MemoryContextStrdup(TopMemoryContext, command);
	return plan;
}

/*
 * Writes a change into the log.  An update that changes nothing is none, nor is
 * adding a row that is there as far as the log knows, as a restore does, nor
 * the removal that makes room for it.
 */
static void
log_change(Relation rel, HeapTuple before, HeapTuple after)
{
	Datum		values[] = {
		TimestampTzGetDatum(next_instant()),
		CStringGetTextDatum(GetUserNameFromId(GetSessionUserId(), false)),
		CStringGetTextDatum(RelationGetRelationName(rel)),
		before ? row_as_jsonb(rel, before) : (Datum) 0,
		after ? row_as_jsonb(rel, after) : (Datum) 0
	};
	char		nulls[] = {' ', ' ', ' ', before ? ' ' : 'n', after ? ' ' : 'n'};
	Visit		visit;

	if (slt_making_room || (before && after && DatumGetBool(DirectFunctionCall2(jsonb_eq, values[3], values[4]))))
		return;
	visit = enter_log(RowExclusiveLock);
	if (SPI_execute_plan(writing_plan(), values, nulls, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "the policy log cannot be written");
	leave_log(&visit);
}

/* Logs all rows of a table that is being emptied. */
static void
log_truncation(Relation rel)
{
	SltConfigScan s = slt_begin_scan(RelationGetRelid(rel), InvalidOid, 0, NULL);

	while (slt_next_row(&s))
		log_change(rel, s.row, NULL);
	slt_end_scan(&s);
}

/*
 * The trigger of the config tables that writes the log: after each row, and
 * before TRUNCATE.
 */
PG_FUNCTION_INFO_V1(slt_log_change);
Datum
slt_log_change(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!(TRIGGER_FIRED_FOR_ROW(trigger->tg_event) ? TRIGGER_FIRED_AFTER(trigger->tg_event) : TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event)))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be fired after a change of a row, or by TRUNCATE", "log_change")));
	if (RelationGetNamespace(trigger->tg_relation) != slt_config_schema())
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("function \"%s\" is not for table \"%s\"", "log_change", RelationGetRelationName(trigger->tg_relation))));
	if (TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event))
		log_truncation(trigger->tg_relation);
	else if (TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
		log_change(trigger->tg_relation, NULL, trigger->tg_trigtuple);
	else
		log_change(trigger->tg_relation, trigger->tg_trigtuple,
				   TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : NULL);
	return PointerGetDatum(NULL);
}

/* ---------- reading it ---------- */

/* Returns from when on the log has the whole policy: when it had all that is shipped; DT_NOEND for never. */
TimestampTz
slt_log_since(void)
{
	TimestampTz since = DT_NOEND;
	Datum		value;
	bool		isnull;
	Visit		visit = enter_log(AccessShareLock);

	read_log(psprintf("SELECT coalesce(max(l.at) FILTER (WHERE l.shipped IS NOT NULL), min(l.at)) FROM %s l", log_name()), 0, NULL, NULL);
	value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	if (!isnull)
		since = DatumGetTimestampTz(value);
	leave_log(&visit);
	return since;
}

/* Complains if the log began after an instant. */
void
slt_log_must_reach(TimestampTz at)
{
	TimestampTz since = slt_log_since();

	if (at >= since)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the policy as of %s is not known", timestamptz_to_str(at)),
			 TIMESTAMP_IS_NOEND(since) ? errdetail("The log of changes is empty.")
			 : errdetail("The log of changes begins at %s.", timestamptz_to_str(since)),
			 errhint("Set slt.as_of to an instant that the log has, or RESET slt.as_of.")));
}

/* Hands out the rows that a config table had at an instant, as tuples of its type. */
void
slt_past_rows(Oid table, TimestampTz at, void (*take) (void *to, const SltConfigScan *row), void *to)
{
	const char *log = log_name();
	MemoryContext caller = CurrentMemoryContext;
	SltConfigScan s = {.rel = table_open(table, AccessShareLock)};
	Oid			types[2] = {TEXTOID, TIMESTAMPTZOID};
	Datum		values[2] = {CStringGetTextDatum(get_rel_name(table)), TimestampTzGetDatum(at)};
	Visit		visit = enter_log(AccessShareLock);

	read_log(psprintf("SELECT jsonb_populate_record(NULL::%s, v.was) FROM ("
					  "SELECT DISTINCT ON (e.was) e.was, e.left_it FROM ("
					  "SELECT l.at, l.after AS was, true AS left_it FROM %s l WHERE l.in_table = $1 AND l.at <= $2 AND l.after IS NOT NULL "
					  "UNION ALL SELECT l.at, l.before, false FROM %s l WHERE l.in_table = $1 AND l.at <= $2 AND l.before IS NOT NULL"
					  ") e ORDER BY e.was, e.at DESC) v WHERE v.left_it", slt_quoted_table(table), log, log), 2, types, values);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool		isnull;
		HeapTupleHeader header = DatumGetHeapTupleHeader(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull));
		HeapTupleData tuple = {.t_len = HeapTupleHeaderGetDatumLength(header),.t_data = header};
		MemoryContext before = MemoryContextSwitchTo(caller);

		s.row = &tuple;
		take(to, &s);
		MemoryContextSwitchTo(before);
	}
	leave_log(&visit);
	table_close(s.rel, AccessShareLock);
}
