/*
 * check.c
 *		slt_record(): a check that comes in order and changes nothing.
 *
 * Nearly every check is the newest of its experience, as good or as bad as those
 * before it, and in time.  Then all there is to do is to keep it, which is done here.
 * Any other goes to slt_place_check(), which is SQL.  Before, all checks of the
 * experience wait for each other, so that each sees those before it.
 */
#include "availability.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#define CHECKS_A_SETTLING 1000	/* how many checks there are for each time that old ones are settled */
#define LOCK_OF_CHECKS 7316		/* tells our locks from advisory ones, whose numbers are 1 and 2 */

/* What slt_experiences says of an experience, and the check at hand. */
typedef struct Check
{
	Oid			schema;
	text	   *service;
	text	   *experience;
	int64		within;
	int			failures;
	bool		good;
	TimestampTz at;
} Check;

/* ---------- the experience ---------- */

/* Takes what is needed of the row at hand. */
static void
take_experience(const SltConfigScan *s, bool ok, const Interval *latency, Check *check)
{
	bool		unlimited;
	Datum		most = slt_tuple_column(s->rel, s->row, "max_latency", INTERVALOID, &unlimited);

	check->service = (text *) PG_DETOAST_DATUM_COPY(slt_column(s, "service", TEXTOID));
	check->experience = (text *) PG_DETOAST_DATUM_COPY(slt_column(s, "name", TEXTOID));
	check->within = slt_interval_micros(DatumGetIntervalP(slt_column(s, "report_within", INTERVALOID)));
	check->failures = DatumGetInt32(slt_column(s, "failures_to_open", INT4OID));
	check->good = ok && (latency == NULL || unlimited ||
						 !DatumGetBool(DirectFunctionCall2(interval_gt, IntervalPGetDatum(latency), most)));
}

/* Finds the row of an experience by its names as they are spelled. */
static bool
find_spelled_experience(Oid table, const text *service, const text *experience, bool ok, const Interval *latency, Check *check)
{
	ScanKeyData keys[2];
	SltConfigScan s;
	bool		found;

	slt_text_key(&keys[0], table, "service", service);
	slt_text_key(&keys[1], table, "name", experience);
	s = slt_begin_data_scan(table, true, 2, keys);
	found = slt_next_row(&s);
	if (found)
		take_experience(&s, ok, latency, check);
	slt_end_scan(&s);
	return found;
}

/* Finds an experience by its names in any case. */
static void
find_experience(const text *service, const text *experience, bool ok, const Interval *latency, Check *check)
{
	Oid			table = slt_config_table(check->schema, "slt_experiences");
	SltRecord	r = {.schema = check->schema};

	if (find_spelled_experience(table, service, experience, ok, latency, check))
		return;
	r.service = slt_find_service(check->schema, service);
	slt_read_experiences(&r);
	experience = r.experiences[slt_find_experience(&r, experience)].name;
	if (!find_spelled_experience(table, cstring_to_text(r.service->name), experience, ok, latency, check))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("experience \"%s\" is gone", text_to_cstring(experience))));
}

/* ---------- privileges, lock ---------- */

/* Complains unless the user may change what checks change, so that a monitor does not only fail when the service does. */
static void
check_privileges(Oid schema)
{
	static const struct
	{
		const char *table;
		AclMode		mode;
	}			needed[] = {
		{"slt_checks", ACL_SELECT | ACL_INSERT | ACL_DELETE},
		{"slt_coverage", ACL_SELECT | ACL_INSERT | ACL_UPDATE | ACL_DELETE},
		{"slt_outages", ACL_SELECT | ACL_INSERT | ACL_UPDATE | ACL_DELETE},
		{"slt_settled", ACL_SELECT | ACL_INSERT | ACL_UPDATE},
	};

	for (size_t i = 0; i < lengthof(needed); i++)
	{
		Oid			table = slt_config_table(schema, needed[i].table);

		if (pg_class_aclmask(table, GetUserId(), needed[i].mode, ACLMASK_ALL) != needed[i].mode)
			aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, needed[i].table);
	}
}

/* Waits until no other transaction is recording checks of the experience. */
static void
lock_experience(const Check *check)
{
	uint64		hash = hash_bytes_extended((unsigned char *) VARDATA_ANY(check->experience), VARSIZE_ANY_EXHDR(check->experience),
										   hash_bytes_extended((unsigned char *) VARDATA_ANY(check->service), VARSIZE_ANY_EXHDR(check->service), 0));
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, (uint32) (hash >> 32), (uint32) hash, LOCK_OF_CHECKS);
	(void) LockAcquire(&tag, ExclusiveLock, false, false);
}

/* ---------- the checks there are ---------- */

/* Makes keys for the checks of the experience with a result. */
static void
set_keys(const Check *check, Relation rel, bool good, ScanKey keys)
{
	slt_text_key(&keys[0], RelationGetRelid(rel), "service", check->service);
	slt_text_key(&keys[1], RelationGetRelid(rel), "experience", check->experience);
	ScanKeyInit(&keys[2], slt_column_number(rel, "ok", BOOLOID), BTEqualStrategyNumber, F_BOOLEQ, BoolGetDatum(good));
}

/*
 * Finds the nth last check after an instant and before the one at hand; returns
 * false if there is none.  A scan reads all of a page that fits its keys, so it
 * pays that they leave no more than is needed.
 */
static bool
find_before(const Check *check, Relation rel, Relation index, bool good, int n, TimestampTz after, TimestampTz *at)
{
	AttrNumber	column = slt_column_number(rel, "at", TIMESTAMPTZOID);
	SltConfigScan s = {rel, NULL, NULL};
	ScanKeyData keys[5];

	set_keys(check, rel, good, keys);
	ScanKeyInit(&keys[3], column, BTGreaterStrategyNumber, F_TIMESTAMPTZ_GT, TimestampTzGetDatum(after));
	ScanKeyInit(&keys[4], column, BTLessStrategyNumber, F_TIMESTAMPTZ_LT, TimestampTzGetDatum(check->at));
	s.scan = systable_beginscan_ordered(rel, index, GetActiveSnapshot(), 5, keys);
	do
		s.row = systable_getnext_ordered(s.scan, BackwardScanDirection);
	while (HeapTupleIsValid(s.row) && --n > 0);
	if (HeapTupleIsValid(s.row))
		*at = DatumGetTimestampTz(slt_column(&s, "at", TIMESTAMPTZOID));
	systable_endscan_ordered(s.scan);
	return HeapTupleIsValid(s.row);
}

/* Tells whether there are checks as new as the one at hand, or newer. */
static bool
has_later(const Check *check, Relation rel, Relation index, bool good)
{
	ScanKeyData keys[4];
	SysScanDesc scan;
	bool		found;

	set_keys(check, rel, good, keys);
	ScanKeyInit(&keys[3], slt_column_number(rel, "at", TIMESTAMPTZOID), BTGreaterEqualStrategyNumber, F_TIMESTAMPTZ_GE, TimestampTzGetDatum(check->at));
	scan = systable_beginscan_ordered(rel, index, GetActiveSnapshot(), 4, keys);
	found = HeapTupleIsValid(systable_getnext_ordered(scan, ForwardScanDirection));
	systable_endscan_ordered(scan);
	return found;
}

/*
 * Tells whether a check is the newest, in time after another one, and changes no
 * outage: good after a good one, or one more failure when enough have opened one.
 */
static bool
changes_nothing(const Check *check, Relation rel, Relation index)
{
	TimestampTz previous,
				first = DT_NOBEGIN;

	if (check->at < SLT_MIN_INSTANT + check->within ||
		!find_before(check, rel, index, check->good, 1, check->at - check->within - 1, &previous) ||
		has_later(check, rel, index, true) || has_later(check, rel, index, false))
		return false;
	if (check->good)
		return !find_before(check, rel, index, false, 1, previous, &first);
	return find_before(check, rel, index, false, check->failures, DT_NOBEGIN, &first) &&
		!find_before(check, rel, index, true, 1, first, &previous);
}

/* Keeps a check. */
static void
keep_check(const Check *check, Relation rel)
{
	TupleDesc	desc = RelationGetDescr(rel);
	Datum	   *values = palloc0(sizeof(Datum) * desc->natts);
	bool	   *nulls = palloc(sizeof(bool) * desc->natts);

	memset(nulls, true, sizeof(bool) * desc->natts);
#define SET_COLUMN(name, type, value) \
	do { \
		AttrNumber	n = slt_column_number(rel, name, type); \
		values[n - 1] = value; \
		nulls[n - 1] = false; \
	} while (0)
	SET_COLUMN("service", TEXTOID, PointerGetDatum(check->service));
	SET_COLUMN("experience", TEXTOID, PointerGetDatum(check->experience));
	SET_COLUMN("ok", BOOLOID, BoolGetDatum(check->good));
	SET_COLUMN("at", TIMESTAMPTZOID, TimestampTzGetDatum(check->at));
	CatalogTupleInsert(rel, heap_form_tuple(desc, values, nulls));
}

/* ---------- the rest, in SQL ---------- */

/* Finds a function of the extension. */
static Oid
find_function(Oid schema, const char *name, int nargs, const Oid *args)
{
	Oid			function = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(name),
										   PointerGetDatum(buildoidvector(args, nargs)), ObjectIdGetDatum(schema));

	if (!OidIsValid(function))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("function \"%s\" of extension \"slt\" does not exist", name),
				 errhint("Drop and create the extension again.")));
	return function;
}

/* Puts a check in its place among others; returns false if it is too late. */
static bool
place_check(const Check *check)
{
	static const Oid args[] = {TEXTOID, TEXTOID, BOOLOID, TIMESTAMPTZOID, INTERVALOID, INT4OID};

	return DatumGetBool(OidFunctionCall6(find_function(check->schema, "slt_place_check", lengthof(args), args),
										 PointerGetDatum(check->service), PointerGetDatum(check->experience), BoolGetDatum(check->good),
										 TimestampTzGetDatum(check->at), slt_interval_of(check->within), Int32GetDatum(check->failures)));
}

/* Now and then, settles what is old. */
static void
settle(const Check *check)
{
	static const Oid args[] = {TEXTOID, TEXTOID, INT4OID};

	if (pg_prng_double(&pg_global_prng_state) * CHECKS_A_SETTLING >= 1)
		return;
	(void) OidFunctionCall3(find_function(check->schema, "slt_settle", lengthof(args), args),
							PointerGetDatum(check->service), PointerGetDatum(check->experience), Int32GetDatum(SLT_KEPT_CHECKS));
}

/* Takes the result of a check. */
PG_FUNCTION_INFO_V1(slt_record);
Datum
slt_record(PG_FUNCTION_ARGS)
{
	Check		check = {.schema = slt_schema_of_call(fcinfo)};
	Relation	rel,
				index;
	bool		kept;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(4))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("service, experience, result and time of a check must not be null")));
	check.at = PG_GETARG_TIMESTAMPTZ(4);
	if (TIMESTAMP_NOT_FINITE(check.at))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("the time of a check must be finite")));
	check_privileges(check.schema);
	find_experience(PG_GETARG_TEXT_PP(0), PG_GETARG_TEXT_PP(1), PG_GETARG_BOOL(2), PG_ARGISNULL(3) ? NULL : PG_GETARG_INTERVAL_P(3), &check);
	lock_experience(&check);

	/* what others have committed before they gave us the lock, and what this transaction has done */
	CommandCounterIncrement();
	PushActiveSnapshot(GetLatestSnapshot());
	rel = slt_open_ordered(check.schema, "slt_checks", RowExclusiveLock, &index);
	kept = changes_nothing(&check, rel, index);
	if (kept)
		keep_check(&check, rel);
	slt_close_ordered(rel, index);
	PopActiveSnapshot();
	if (!kept)
		kept = place_check(&check);
	settle(&check);
	PG_RETURN_BOOL(kept);
}
