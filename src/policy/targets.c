/*
 * targets.c
 *		What SQL constraints cannot say of slt_targets.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rangetypes.h"
#include "utils/typcache.h"

#include "config.h"

/* The columns that are looked at; those before the last are of a promise. */
static const SltColumn columns[] = {{"contract", TEXTOID}, {"severity", TEXTOID}, {"metric", TEXTOID}, {"during", TSTZRANGEOID}};

/*
 * Lets one transaction at a time add targets, so that two cannot add rows that
 * overlap side by side.  The lock is one that SQL has no name for.
 */
static void
lock_targets(Relation rel)
{
	LOCKTAG		tag;

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, RelationRelationId, RelationGetRelid(rel), 1);
	(void) LockAcquire(&tag, ExclusiveLock, false, false);
}

/* Returns a column of a row, which the table must not leave null. */
static Datum
value_of(Relation rel, HeapTuple row, const SltColumn *column)
{
	SltConfigScan at = {.rel = rel,.row = row};

	return slt_column(&at, column->name, column->type);
}

/* Returns a text column of a row. */
static char *
text_of(Relation rel, HeapTuple row, int column)
{
	return TextDatumGetCString(value_of(rel, row, &columns[column]));
}

/* Returns when a row is valid. */
static RangeType *
validity_of(Relation rel, HeapTuple row)
{
	return DatumGetRangeTypeP(value_of(rel, row, &columns[3]));
}

/* Tells whether two rows are of one contract, severity and metric. */
static bool
same_promise(Relation rel, HeapTuple a, HeapTuple b)
{
	for (int i = 0; i < 3; i++)
		if (strcmp(text_of(rel, a, i), text_of(rel, b, i)) != 0)
			return false;
	return true;
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

	row = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple;
	during = validity_of(trigger->tg_relation, row);
	lock_targets(trigger->tg_relation);
	CommandCounterIncrement();	/* to see the row itself as it is now, and not as it was */
	s = slt_begin_scan(RelationGetRelid(trigger->tg_relation), InvalidOid, 0, NULL);
	while (slt_next_row(&s))
	{
		RangeType  *other = validity_of(s.rel, s.row);

		if (!ItemPointerEquals(&s.row->t_self, &row->t_self) && same_promise(s.rel, s.row, row) &&
			range_overlaps_internal(cache, during, other))
			refuse_overlap(s.rel, row, during, other);
	}
	slt_end_scan(&s);
	return PointerGetDatum(NULL);
}
