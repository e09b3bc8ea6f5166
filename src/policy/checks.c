/*
 * checks.c
 *		What SQL constraints cannot say of the policy tables.
 */
#include "policy.h"

#include "access/stratnum.h"
#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rangetypes.h"
#include "utils/snapmgr.h"
#include "utils/typcache.h"

#include "config.h"
#include "holidays.h"

/* ---------- targets ---------- */

/* The columns that are looked at; those before the last are of a promise. */
static const SltColumn columns[] = {{"contract", TEXTOID}, {"severity", TEXTOID}, {"metric", TEXTOID}, {"during", TSTZRANGEOID}};

/* Returns a column of a row, which the table must not leave null. */
static Datum
value_of(Relation rel, HeapTuple row, const SltColumn *column)
{
	SltConfigScan at = {.rel = rel,.row = row};

	return slt_column(&at, column->name, column->type);
}

/* Returns a text column of a row, by number, as the columns were checked when the trigger was called. */
static char *
text_of(Relation rel, HeapTuple row, int column)
{
	return TextDatumGetCString(value_of(rel, row, &columns[column]));
}

/* Returns when a target is valid, of which no two may share an instant. */
static RangeType *
validity_of(Relation rel, HeapTuple row)
{
	return DatumGetRangeTypeP(value_of(rel, row, &columns[3]));
}

/* Starts to read the targets of the same contract, severity and metric, which the primary key begins with. */
static SltConfigScan
begin_same_promise(Relation rel, HeapTuple row, Snapshot snapshot)
{
	ScanKeyData keys[3];

	for (int i = 0; i < 3; i++)
	{
		ScanKeyInit(&keys[i], SPI_fnumber(RelationGetDescr(rel), columns[i].name), BTEqualStrategyNumber, F_TEXTEQ, value_of(rel, row, &columns[i]));
		keys[i].sk_collation = DEFAULT_COLLATION_OID;
	}
	return slt_begin_snapshot_scan(RelationGetRelid(rel), slt_primary_key_index(rel), 3, keys, snapshot);
}

/* Refuses a target that overlaps another one. */
static void
refuse_overlap(Relation rel, HeapTuple row, RangeType *during, RangeType *other)
{
	ereport(ERROR,
			(errcode(ERRCODE_EXCLUSION_VIOLATION),
			 errmsg("target for contract \"%s\", severity \"%s\", metric \"%s\" overlaps another one in time",
					text_of(rel, row, 0), text_of(rel, row, 1), text_of(rel, row, 2)),
			 errdetail("The target is for %s, and there is already one for %s.",
					   DatumGetCString(OidFunctionCall1(F_RANGE_OUT, RangeTypePGetDatum(during))),
					   DatumGetCString(OidFunctionCall1(F_RANGE_OUT, RangeTypePGetDatum(other)))),
			 errhint("End the older target first: UPDATE slt_targets SET during = tstzrange(lower(during), ...).")));
}

/*
 * The constraint trigger of slt_targets.  It looks with a fresh snapshot, since
 * an old one would not show what others have committed meanwhile.
 */
PG_FUNCTION_INFO_V1(slt_check_target);
Datum
slt_check_target(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = slt_called_as_trigger(fcinfo, "check_target", true, lengthof(columns), columns);
	TypeCacheEntry *cache = lookup_type_cache(TSTZRANGEOID, TYPECACHE_RANGE_INFO);
	RangeType  *during;
	HeapTuple	row;
	SltConfigScan s;
	Snapshot	snapshot;

	row = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple;
	during = validity_of(trigger->tg_relation, row);
	slt_one_at_a_time(trigger->tg_relation);
	snapshot = RegisterSnapshot(GetNonHistoricCatalogSnapshot(InvalidOid));
	snapshot->curcid = GetCurrentCommandId(false) + 1;	/* to see the row itself
														 * as it is now, and not
														 * as it was */
	s = begin_same_promise(trigger->tg_relation, row, snapshot);
	while (slt_next_row(&s))
	{
		RangeType  *other = validity_of(s.rel, s.row);

		if (!ItemPointerEquals(&s.row->t_self, &row->t_self) && range_overlaps_internal(cache, during, other))
			refuse_overlap(s.rel, row, during, other);
	}
	slt_end_scan(&s);
	UnregisterSnapshot(snapshot);
	return PointerGetDatum(NULL);
}

/* ---------- calendars and their holidays ---------- */

/* Tells whether a name was seen before: a statement with many rows has each calendar looked at once. */
static bool
has_name(List *names, const char *name)
{
	ListCell   *cell;

	foreach(cell, names)
		if (strcmp(lfirst(cell), name) == 0)
		return true;
	return false;
}

/* Returns the different names in a column of rows, and refuses hours that are none on the way. */
static List *
names_in(Relation rel, Tuplestorestate *rows, const char *column)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsMinimalTuple);
	SltConfigScan row = {.rel = rel};
	bool		has_hours = SPI_fnumber(RelationGetDescr(rel), "hours") > 0;
	List	   *names = NIL;

	while (tuplestore_gettupleslot(rows, true, false, slot))
	{
		char	   *name;
		bool		isnull = true;

		row.row = ExecFetchSlotHeapTuple(slot, false, NULL);
		if (has_hours)
		{
			Datum		hours = slt_tuple_column(rel, row.row, "hours", TEXTOID, &isnull);

			if (!isnull)
				slt_check_hours(TextDatumGetCString(hours));
		}
		name = slt_text_column(&row, column);
		if (!has_name(names, name))
			names = lappend(names, name);
	}
	ExecDropSingleTupleTableSlot(slot);
	return names;
}

/*
 * The trigger of slt_calendars, slt_calendar_lists and slt_holidays, after each
 * statement, with the rows that it wrote.  Its argument is the column that says
 * which calendar, or which list, a row is of.  What would break a calendar is
 * refused here, and not by the next deadline.
 */
PG_FUNCTION_INFO_V1(slt_check_calendars);
Datum
slt_check_calendars(PG_FUNCTION_ARGS)
{
	SltColumn	column = {"list", TEXTOID};
	TriggerData *trigger = slt_called_as_trigger(fcinfo, "check_calendars", false, 0, NULL);
	List	   *names;

	if (trigger->tg_trigger->tgnargs != 1 || trigger->tg_newtable == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" needs an argument and the rows that are new", "check_calendars")));
	column.name = trigger->tg_trigger->tgargs[0];
	slt_called_as_trigger(fcinfo, "check_calendars", false, 1, &column);
	names = names_in(trigger->tg_relation, trigger->tg_newtable, column.name);
	if (names != NIL)
		slt_try_calendars(names, strcmp(column.name, "list") == 0);
	return PointerGetDatum(NULL);
}
