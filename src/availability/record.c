/*
 * record.c
 *		slt_record(): takes the result of a check.
 *
 * Nearly every check is the newest of its monitor, as good or as bad as the one
 * before it, and in time.  Then all there is to do is to keep it.  Any other is put in
 * its place: what its monitor saw around it is found again by the rules of
 * core/checks.c, and, where that differs, when the experience was down.
 *
 * The tables are read and written by plain statements, with all of their
 * constraints and triggers, as their owner: whoever records checks needs not be
 * able to write what follows from them at will.  Checks of an experience wait
 * for each other, so that each sees those before it.
 */
#include "availability.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/snapmgr.h"

#define LOCK_OF_CHECKS 7316		/* tells our locks from advisory ones, whose
								 * numbers are 1 and 2 */
#define MOST_AHEAD (5 * SLT_MINUTE) /* that the clock of a monitor may be */
#define MONITOR_BYTES 200		/* of its name, at most */

/* What slt_experiences says of an experience, and the check at hand. */
typedef struct Check
{
	Oid			schema;
	text	   *service;
	text	   *experience;
	text	   *monitor;
	SltCheckRule rule;
	int64		late_by;		/* how much older than the newest a check may
								 * be */
	bool		good;
	Interval   *latency;		/* or NULL */
	SltInstant	at;
} Check;

/* What there is of the experience before the check. */
typedef struct Before
{
	SltInstant	settled;		/* nothing before this changes any more */
	bool		known;			/* the monitor is */
	SltFailingRun run;			/* failures in a row of the monitor, right
								 * before that */
	SltInstant	newest;			/* check of the monitor */
	bool		good;			/* that one was */
	bool		failing;		/* the monitor is, as of its newest check */
	bool		others_matter;	/* some monitor of several is failing, or was
								 * after what the newest check of this one
								 * vouches for */
} Before;

/* All monitors of the experience. */
typedef struct Monitors
{
	int			count;
	text	  **names;
	SltInstant *newest;			/* check of each */
	SltWatch   *watches;
	SltInstant	newest_of_all;
} Monitors;

/* ---------- statements ---------- */

/* Over views of zz_slt_internal; $1 to $3 are service, experience and monitor. */
typedef enum Statement
{
	LOOK,
	MEET_MONITOR,
	SAY_BY_CHECKS,
	START_LINE,
	REFUSE,
	KEEP,
	FLIP,
	READ_CHECKS,
	READ_FAILING,
	FORGET_FAILING,
	ADD_FAILING,
	READ_REPORTING,
	FORGET_REPORTING,
	ADD_REPORTING,
	LIST_MONITORS,
	LIST_REPORTING,
	LIST_FAILING,
	READ_OUTAGES,
	ADD_OUTAGE,
	MOVE_OUTAGE,
	JOIN_OUTAGE,
	FORGET_OUTAGE,
	SETTLE,
	STATEMENTS					/* how many there are */
} Statement;

#define EXPERIENCE "service = $1 AND experience = $2"
#define OWN EXPERIENCE " AND monitor = $3"

static const char *const statements[STATEMENTS] = {
	[LOOK] = "SELECT (SELECT at FROM settled WHERE " EXPERIENCE "), m.failures, m.failing_since, c.at, c.ok,"
	" coalesce((SELECT until IS NULL FROM failing WHERE " OWN " ORDER BY since DESC LIMIT 1), false),"
	" EXISTS (SELECT FROM monitors WHERE " EXPERIENCE " AND monitor <> $3) AND (EXISTS (SELECT FROM failing WHERE " EXPERIENCE " AND until IS NULL)"
	" OR EXISTS (SELECT FROM failing WHERE " EXPERIENCE " AND until > c.at + $7))"
	" FROM (SELECT) x LEFT JOIN (SELECT failures, failing_since FROM monitors WHERE " OWN ") m ON true"
	" LEFT JOIN (SELECT at, ok FROM checks WHERE " OWN " ORDER BY at DESC LIMIT 1) c ON true",
	[MEET_MONITOR] = "INSERT INTO monitors (service, experience, monitor) VALUES ($1, $2, $3)",
	[SAY_BY_CHECKS] = "UPDATE experiences SET recorded = 'by checks' WHERE service = $1 AND name = $2 AND recorded IS NULL",
	[START_LINE] = "INSERT INTO settled (service, experience, at) VALUES ($1, $2, $4)",
	[REFUSE] = "UPDATE monitors SET refused = refused + 1, refused_at = now() WHERE " OWN,
	[KEEP] = "INSERT INTO checks (service, experience, monitor, at, ok, latency) VALUES ($1, $2, $3, $4, $6 = 1, $7)",
	[FLIP] = "UPDATE checks SET ok = false, latency = $7 WHERE " OWN " AND at = $4",
	[READ_CHECKS] = "SELECT at, ok FROM checks WHERE " OWN " AND at >= $5"
	" AND at >= coalesce((SELECT max(at) FROM checks WHERE " OWN " AND ok AND at < $4 AND at >= $5), '-infinity')"
	" AND at <= coalesce((SELECT min(at) FROM checks WHERE " OWN " AND ok AND at > $4), 'infinity') ORDER BY at",
	[READ_FAILING] = "SELECT since, until, failures FROM failing WHERE " OWN " AND since >= $4 AND since < coalesce($5, 'infinity') ORDER BY since",
	[FORGET_FAILING] = "DELETE FROM failing WHERE " OWN " AND since >= $4 AND since < coalesce($5, 'infinity')",
	[ADD_FAILING] = "INSERT INTO failing (service, experience, monitor, since, until, failures) VALUES ($1, $2, $3, $4, $5, $6)",
	[READ_REPORTING] = "SELECT since, until FROM coverage WHERE " OWN " AND (until IS NULL OR until >= $4 AND since <= $5) ORDER BY since",
	[FORGET_REPORTING] = "DELETE FROM coverage WHERE " OWN " AND (until IS NULL OR until >= $4 AND since <= $5)",
	[ADD_REPORTING] = "INSERT INTO coverage (service, experience, monitor, since, until) VALUES ($1, $2, $3, $4, $5)",
	[LIST_MONITORS] = "SELECT monitor, (SELECT max(at) FROM checks c WHERE " EXPERIENCE " AND c.monitor = m.monitor) FROM monitors m WHERE " EXPERIENCE,
	[LIST_REPORTING] = "SELECT since, until, monitor FROM coverage WHERE " EXPERIENCE " AND (until IS NULL OR until > $4) ORDER BY since",
	[LIST_FAILING] = "SELECT f.since, f.until, m.monitor FROM (SELECT monitor FROM monitors WHERE " EXPERIENCE ") m,"
	" LATERAL (SELECT coalesce(max(since), '-infinity') AS last FROM failing o WHERE " EXPERIENCE " AND o.monitor = m.monitor AND since < $4) o,"
	" LATERAL (SELECT since, until FROM failing f WHERE " EXPERIENCE " AND f.monitor = m.monitor AND since >= o.last) f ORDER BY f.since",
	[READ_OUTAGES] = "SELECT lower(during), nullif(upper(during), 'infinity'), id FROM outages WHERE monitored AND " EXPERIENCE
	" AND lower(during) >= coalesce((SELECT max(lower(during)) FROM outages WHERE monitored AND " EXPERIENCE " AND lower(during) < $4), '-infinity')"
	" AND (lower(during) <= $5 OR $5 IS NULL) ORDER BY lower(during)",
	[ADD_OUTAGE] = "INSERT INTO outages (service, experience, during, monitored, planned, weight, note, incident, excused, excused_by, excused_at)"
	" SELECT $1, $2, tstzrange($4, $5), true, coalesce(o.planned, false), coalesce(o.weight, 1), o.note, o.incident, o.excused, o.excused_by, o.excused_at"
	" FROM (SELECT) x LEFT JOIN outages o ON o.id = $6",
	[MOVE_OUTAGE] = "UPDATE outages SET during = tstzrange($4, $5) WHERE id = $6",
	[JOIN_OUTAGE] = "SELECT join_outage($1, $2, $4, $6)",
	[FORGET_OUTAGE] = "DELETE FROM outages WHERE id = $6",
	[SETTLE] = "SELECT settle($1, $2, $4, $7)",
};

/* Runs a statement: of the check's monitor, with two instants and a number. */
static int64
run(Statement s, const Check *check, SltInstant from, SltInstant to, int64 number)
{
	static SPIPlanPtr plans[STATEMENTS];
	Oid			types[] = {TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, INTERVALOID};
	Datum		length = s == SETTLE || s == LOOK ? slt_interval_of(check->rule.within) : IntervalPGetDatum(check->latency),
				values[] = {PointerGetDatum(check->service), PointerGetDatum(check->experience), PointerGetDatum(check->monitor),
	TimestampTzGetDatum(from), TimestampTzGetDatum(to), Int64GetDatum(number), length};
	char		nulls[] = {' ', ' ', ' ', ' ', to == SLT_INFINITY ? 'n' : ' ', ' ', length ? ' ' : 'n'};

	if (plans[s] == NULL)
	{
		plans[s] = SPI_prepare_cursor(statements[s], lengthof(types), types, CURSOR_OPT_GENERIC_PLAN);
		SPI_keepplan(plans[s]);
	}

	/*
	 * what others have committed before they gave us the lock, in whatever
	 * isolation
	 */
	SPI_execute_snapshot(plans[s], values, nulls, GetLatestSnapshot(), InvalidSnapshot, false, true, 0);
	return SPI_processed;
}

/* Returns a value of a row that a statement has found, and whether it is null. */
static Datum
found(int64 row, int column, bool *isnull)
{
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, isnull);
}

/* Returns an instant of a row, or what a missing one means where it is missing. */
static SltInstant
found_instant(int64 row, int column, SltInstant null)
{
	bool		isnull;
	Datum		value = found(row, column, &isnull);

	return isnull ? null : DatumGetTimestampTz(value);
}

/* Makes a set of the rows found, of the periods in their first two columns. */
static void
found_periods(SltPeriods *set, int64 rows)
{
	slt_periods_init(set, NULL);
	for (int64 i = 0; i < rows; i++)
		slt_periods_add(set, found_instant(i, 1, 0), found_instant(i, 2, SLT_INFINITY));
	slt_merge(set);
}

/* ---------- the experience ---------- */

/* Returns an interval as a length, of which a day has 24 hours. */
static int64
length_column(const SltConfigScan *s, const char *name)
{
	return slt_interval_micros(DatumGetIntervalP(slt_column(s, name, INTERVALOID)));
}

/* Finds the row of an experience by its names as they are spelled, and judges the check by it. */
static bool
find_spelled_experience(Check *check, const text *service, const text *experience)
{
	Oid			table = slt_config_table(check->schema, "slt_experiences");
	ScanKeyData keys[2];
	SltConfigScan s;
	bool		exists,
				unlimited;
	Datum		most;

	slt_text_key(&keys[0], table, "service", service);
	slt_text_key(&keys[1], table, "name", experience);
	s = slt_begin_data_scan(table, true, 2, keys);
	exists = slt_next_row(&s);
	if (exists)
	{
		check->service = (text *) PG_DETOAST_DATUM_COPY(slt_column(&s, "service", TEXTOID));
		check->experience = (text *) PG_DETOAST_DATUM_COPY(slt_column(&s, "name", TEXTOID));
		check->rule = (SltCheckRule)
		{
			length_column(&s, "report_within"), DatumGetInt32(slt_column(&s, "failures_to_open", INT4OID)), DatumGetInt32(slt_column(&s, "quorum", INT4OID))
		};
		check->late_by = length_column(&s, "late_by");
		most = slt_tuple_column(s.rel, s.row, "max_latency", INTERVALOID, &unlimited);
		check->good &= check->latency == NULL || unlimited ||
			!DatumGetBool(DirectFunctionCall2(interval_gt, IntervalPGetDatum(check->latency), most));
	}
	slt_end_scan(&s);
	return exists;
}

/* Finds an experience by its names in any case. */
static void
find_experience(Check *check, const text *service, const text *experience)
{
	SltFacts	r = {.schema = check->schema};

	if (find_spelled_experience(check, service, experience))
		return;
	r.service = slt_find_service(check->schema, service);
	slt_read_experiences(&r);
	experience = r.experiences[slt_find_experience(&r, experience)].name;
	if (!find_spelled_experience(check, cstring_to_text(r.service->name), experience))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("experience \"%s\" is gone", text_to_cstring(experience))));
}

/* Complains unless the user may change what checks change, so that a monitor does not only fail when the service does. */
static void
require_privileges(Oid schema)
{
	static const struct
	{
		const char *table;
		AclMode		mode;
	}			needed[] = {
		{"slt_checks", ACL_SELECT | ACL_INSERT | ACL_DELETE},
		{"slt_coverage", ACL_SELECT | ACL_INSERT | ACL_UPDATE | ACL_DELETE},
		{"slt_outages", ACL_SELECT | ACL_INSERT | ACL_UPDATE | ACL_DELETE},
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

/* ---------- what the monitor saw ---------- */

/* Looks at what is written of the checks before this one, in one query. */
static Before
look(const Check *check)
{
	Before		b = {0};
	bool		isnull;

	run(LOOK, check, check->at, SLT_INFINITY, 0);
	b.settled = found_instant(0, 1, SLT_MINUS_INFINITY);
	b.run.failures = DatumGetInt32(found(0, 2, &isnull));
	b.known = !isnull;
	b.run.since = found_instant(0, 3, 0);
	b.newest = found_instant(0, 4, SLT_MINUS_INFINITY);
	b.good = DatumGetBool(found(0, 5, &isnull));
	b.failing = DatumGetBool(found(0, 6, &isnull));
	b.others_matter = DatumGetBool(found(0, 7, &isnull)) && !isnull;
	return b;
}

/*
 * Tells whether a check is the newest of its monitor, in time after the one
 * before it, and as that was.  Where a monitor is failing, it also matters which
 * others report.
 */
static bool
changes_nothing(const Check *check, const Before *b)
{
	return check->at > b->newest && b->newest != SLT_MINUS_INFINITY && check->at - b->newest <= check->rule.within &&
		check->good == b->good && check->good == !b->failing && !b->others_matter;
}

/* Writes periods down, each as a row; those that reach behind an instant are open. */
static void
write_periods(Statement s, const Check *check, const SltPeriods *set, SltInstant open_behind, int64 number)
{
	for (int64 i = 0; i < set->count; i++)
		run(s, check, set->items[i].from, set->items[i].to > open_behind ? SLT_INFINITY : set->items[i].to, number);
}

/*
 * Reads the checks of the monitor from the last good one before the one at hand to
 * the next one, and puts it among them; returns how many, 0 if it says nothing new.
 */
static int64
read_checks_around(const Check *check, const Before *b, SltCheck **checks)
{
	int64		n = run(READ_CHECKS, check, check->at, b->settled, 0),
				place = 0;
	bool		isnull,
				same = false;
	SltCheck   *list = *checks = palloc((n + 1) * sizeof(SltCheck));

	for (int64 i = 0; i < n; i++)
	{
		list[i] = (SltCheck) {found_instant(i, 1, 0), DatumGetBool(found(i, 2, &isnull))};
		place += list[i].at < check->at;
	}
	if (place < n && list[place].at == check->at)
	{
		if (check->good || !list[place].good)
			return 0;
		same = true;
	}
	else
		memmove(list + place + 1, list + place, (n++ - place) * sizeof(SltCheck));
	list[place] = (SltCheck) {check->at, check->good};
	run(same ? FLIP : KEEP, check, check->at, SLT_INFINITY, check->good);
	return n;
}

/*
 * Finds again when the monitor was failing around a check, and widens a period by
 * what is different.  What was found by an easier rule stays found by that.
 */
static void
find_failing_again(const Check *check, const Before *b, const SltCheck *checks, int64 n, SltPeriod *changed)
{
	SltPeriods	was,
				is;
	SltFailingRun run_before = checks[0].good && checks[0].at < check->at ? (SltFailingRun) {0} : b->run;
	SltInstant	first = run_before.failures > 0 ? run_before.since : checks[0].at,
				end = checks[n - 1].good && checks[n - 1].at > check->at ? checks[n - 1].at : SLT_INFINITY;
	int			enough = check->rule.failures;
	int64		rows = run(READ_FAILING, check, first, end, 0);
	bool		isnull;

	found_periods(&was, rows);
	for (int64 i = 0; i < rows; i++)
		enough = Min(enough, DatumGetInt32(found(i, 3, &isnull)));
	slt_periods_init(&is, NULL);
	slt_find_failing(&is, run_before, checks, n, enough);
	if (rows == is.count && (rows == 0 || memcmp(was.items, is.items, rows * sizeof(SltPeriod)) == 0))
		return;
	slt_widen_by_difference(changed, &was, &is);
	run(FORGET_FAILING, check, first, end, 0);
	write_periods(ADD_FAILING, check, &is, SLT_INFINITY - 1, enough);
}

/* Cuts the set of a monitor that has fallen silent, or has it go on while it has not. */
static void
end_reporting(SltPeriods *set, SltInstant newest, int64 within, SltInstant newest_of_all)
{
	SltPeriod  *last = set->count ? &set->items[set->count - 1] : NULL;

	if (last != NULL && last->to > newest)
		last->to = newest + within < newest_of_all ? Max(newest + within, last->from + 1) : SLT_INFINITY;
}

/* Adds what a check vouches for to the time in which its monitor reported, and widens a period by what is different. */
static void
add_reporting(const Check *check, const Before *b, SltInstant newest_before, SltPeriod *changed)
{
	SltInstant	newest = Max(b->newest, check->at);
	SltPeriods	was,
				is;

	found_periods(&was, run(READ_REPORTING, check, check->at, check->at + check->rule.within, 0));
	if (was.count > 0 && was.items[was.count - 1].to == SLT_INFINITY)
		was.items[was.count - 1].to = Max(b->newest, was.items[was.count - 1].from) + check->rule.within;
	slt_periods_init(&is, NULL);
	slt_periods_add_all(&is, &was);
	slt_vouch(&is, check->at, check->rule.within);
	if (is.count != was.count || is.items[0].from != was.items[0].from ||
		(newest == b->newest && memcmp(is.items, was.items, is.count * sizeof(SltPeriod)) != 0))
	{
		run(FORGET_REPORTING, check, check->at, check->at + check->rule.within, 0);
		write_periods(ADD_REPORTING, check, &is, newest, 0);
	}
	end_reporting(&was, b->newest, check->rule.within, newest_before);
	end_reporting(&is, newest, check->rule.within, Max(newest_before, newest));
	slt_widen_by_difference(changed, &was, &is);
}

/* ---------- what all monitors say ---------- */

/* Lists the monitors and when the newest check of each was. */
static Monitors
list_monitors(const Check *check)
{
	Monitors	m = {.count = run(LIST_MONITORS, check, check->at, SLT_INFINITY, 0),.newest_of_all = SLT_MINUS_INFINITY};
	bool		isnull;

	m.names = palloc(m.count * sizeof(text *));
	m.newest = palloc(m.count * sizeof(SltInstant));
	m.watches = palloc0(m.count * sizeof(SltWatch));
	for (int i = 0; i < m.count; i++)
	{
		m.names[i] = DatumGetTextPP(found(i, 1, &isnull));
		m.newest[i] = found_instant(i, 2, SLT_MINUS_INFINITY);
		m.newest_of_all = Max(m.newest_of_all, m.newest[i]);
	}
	return m;
}

/* Widens a period by what changes because monitors are seen to have fallen silent. */
static void
notice_silence(const Check *check, const Monitors *m, SltPeriod *changed)
{
	for (int i = 0; i < m->count; i++)
	{
		SltInstant	until = m->newest[i] + check->rule.within;

		if (m->newest[i] == SLT_MINUS_INFINITY || until < m->newest_of_all || until >= check->at)
			continue;
		changed->from = Min(changed->from, until);
		changed->to = SLT_INFINITY;
	}
}

/* Reads what each monitor saw from an instant on, in one of its sets. */
static void
read_watches(Statement s, const Check *check, const Monitors *m, SltInstant from)
{
	int64		rows = run(s, check, from, SLT_INFINITY, 0);
	bool		isnull;

	for (int64 i = 0; i < rows; i++)
	{
		Datum		name = found(i, 3, &isnull);

		for (int k = 0; k < m->count; k++)
			if (slt_same_text(DatumGetTextPP(name), m->names[k]))
				slt_periods_add(s == LIST_REPORTING ? &m->watches[k].reporting : &m->watches[k].failing,
								found_instant(i, 1, 0), found_instant(i, 2, SLT_INFINITY));
	}
}

/*
 * Makes these the outages that checks have found; rows stay those that they were
 * as far as possible, with what people say of them.  The parts of one that falls
 * apart say that, too, and one that becomes part of another leaves it to that.
 */
static void
write_outages(const Check *check, const SltPeriods *down, const SltPeriod *rows, const int64 *ids, int64 count)
{
	int64		i = 0,
				k = 0;

	while (i < count || k < down->count)
	{
		if (k == down->count || (i < count && rows[i].to < down->items[k].from))
		{
			if (k > 0 && rows[i].from < down->items[k - 1].to)
				run(JOIN_OUTAGE, check, down->items[k - 1].from, 0, ids[i]);
			run(FORGET_OUTAGE, check, 0, 0, ids[i++]);
		}
		else if (i == count || down->items[k].to < rows[i].from)
		{
			bool		part = i > 0 && down->items[k].from < rows[i - 1].to;

			run(ADD_OUTAGE, check, down->items[k].from, down->items[k].to, part ? ids[i - 1] : 0);
			k++;
		}
		else
		{
			if (rows[i].from != down->items[k].from || rows[i].to != down->items[k].to)
				run(MOVE_OUTAGE, check, down->items[k].from, down->items[k].to, ids[i]);
			i++, k++;
		}
	}
}

/* Finds again when the experience was down in a time. */
static void
find_down_again(const Check *check, Monitors *m, SltPeriod during)
{
	SltPeriods	down;
	SltPeriod  *rows;
	int64	   *ids,
				count;
	bool		isnull;

	read_watches(LIST_REPORTING, check, m, during.from - 1);
	read_watches(LIST_FAILING, check, m, during.from - 1);
	for (int i = 0; i < m->count; i++)
		end_reporting(&m->watches[i].reporting, m->newest[i], check->rule.within, m->newest_of_all);
	during.to = slt_next_report(m->watches, m->count, during.to);
	count = run(READ_OUTAGES, check, during.from, during.to, 0);
	found_periods(&down, count);
	rows = palloc(count * sizeof(SltPeriod));
	ids = palloc(count * sizeof(int64));
	for (int64 i = 0; i < count; i++)
	{
		rows[i] = (SltPeriod) {found_instant(i, 1, 0), found_instant(i, 2, SLT_INFINITY)};
		ids[i] = DatumGetInt64(found(i, 3, &isnull));
	}
	slt_find_down(&down, m->watches, m->count, check->rule.quorum, during);
	write_outages(check, &down, rows, ids, count);
}

/* ---------- taking a check ---------- */

/* Puts a check among the others, whatever stands next to it; returns false if it is too late. */
static bool
place_check(const Check *check, Before *b)
{
	SltPeriod	changed = {SLT_INFINITY, SLT_MINUS_INFINITY};
	SltCheck   *checks;
	Monitors	m;
	int64		n;

	if (b->settled == SLT_MINUS_INFINITY)
		run(START_LINE, check, b->settled = Max(check->at - check->late_by, SLT_MIN_INSTANT), SLT_INFINITY, 0);
	if (!b->known)
	{
		run(SAY_BY_CHECKS, check, check->at, SLT_INFINITY, 0);
		run(MEET_MONITOR, check, check->at, SLT_INFINITY, 0);
	}
	if (check->at < b->settled)
	{
		run(REFUSE, check, check->at, SLT_INFINITY, 0);
		return false;
	}
	m = list_monitors(check);
	n = read_checks_around(check, b, &checks);
	if (n == 0)
		return true;
	find_failing_again(check, b, checks, n, &changed);
	add_reporting(check, b, m.newest_of_all, &changed);
	if (b->others_matter)
		notice_silence(check, &m, &changed);
	if (changed.from >= changed.to)
		return true;
	for (int i = 0; i < m.count; i++)
		if (slt_same_text(m.names[i], check->monitor))
			m.newest[i] = Max(m.newest[i], check->at);
	m.newest_of_all = Max(m.newest_of_all, check->at);
	find_down_again(check, &m, changed);
	return true;
}

/* Takes a check; returns false if it is too late. */
static bool
take_check(const Check *check)
{
	Before		b = look(check);
	bool		kept = true;

	if (changes_nothing(check, &b))
		run(KEEP, check, check->at, SLT_INFINITY, check->good);
	else
		kept = place_check(check, &b);
	/* the line moves by leaps, so that it costs little */
	if (check->at - check->late_by - check->late_by / 4 > b.settled)
		run(SETTLE, check, check->at - check->late_by, SLT_INFINITY, 0);
	return kept;
}

/* Reads the time of a check, and refuses one that cannot have been made yet: it would make all others come too late. */
static SltInstant
read_time(TimestampTz at)
{
	TimestampTz now = GetCurrentTimestamp();

	if (TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("the time of a check must be finite")));
	if (at > now + MOST_AHEAD)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("a check of %s is in the future", timestamptz_to_str(at)),
				 errdetail("It is %s now.", timestamptz_to_str(now)),
				 errhint("Set the clock and the time zone of the monitor right.")));
	return at;
}

/* Returns the name of a monitor; checks without one are of the one without a name. */
static text *
read_monitor(FunctionCallInfo fcinfo, int arg)
{
	text	   *monitor = PG_ARGISNULL(arg) ? cstring_to_text("") : PG_GETARG_TEXT_PP(arg);

	if (VARSIZE_ANY_EXHDR(monitor) > MONITOR_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("name of a monitor is too long"),
				 errdetail("A name has at most %d bytes.", MONITOR_BYTES)));
	return monitor;
}

/* Takes the result of a check. */
PG_FUNCTION_INFO_V1(slt_record);
Datum
slt_record(PG_FUNCTION_ARGS)
{
	Check		check = {.schema = slt_schema_of_call(fcinfo)};
	Oid			user;
	int			context;
	bool		kept;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(4))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("service, experience, result and time of a check must not be null")));
	PreventCommandIfReadOnly("slt_record()");
	PreventCommandDuringRecovery("slt_record()");
	check.good = PG_GETARG_BOOL(2);
	check.latency = PG_ARGISNULL(3) ? NULL : PG_GETARG_INTERVAL_P(3);
	check.at = read_time(PG_GETARG_TIMESTAMPTZ(4));
	check.monitor = read_monitor(fcinfo, 5);
	require_privileges(check.schema);
	find_experience(&check, PG_GETARG_TEXT_PP(0), PG_GETARG_TEXT_PP(1));
	lock_experience(&check);
	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(slt_owner_of(slt_config_table(check.schema, "slt_checks")), context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
	SPI_connect();
	kept = take_check(&check);
	SPI_finish();
	SetUserIdAndSecContext(user, context);
	PG_RETURN_BOOL(kept);
}
