/*
 * report.c
 *		How tickets stand, and how a team has kept its promises.
 */
#include "../policy/history.h"
#include "../types/calendar_periods.h"
#include "../types/numbers.h"
#include "guard.h"
#include "key.h"
#include "reader.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rls.h"
#include "utils/typcache.h"

#include "rewrite.h"
#include "settings.h"

/* ---------- clocks ---------- */

#define CLOCK_COLUMNS 15

/* Makes the columns that say how a run of a clock stands. */
static void
fill_clock(const SltReading *reading, const SltReport *r, Datum *values, bool *nulls)
{
	const SltTerms *terms = reading->terms;
	bool		owed = slt_state_is_owed(r->state);
	SltPauses	excluded = slt_excluded(&r->standing);

	memset(nulls, false, CLOCK_COLUMNS);
	values[0] = CStringGetTextDatum(reading->ticket.attachment->metrics[r->metric].name);
	values[1] = BoolGetDatum(r->current);
	nulls[2] = terms->severity == NULL;
	values[2] = nulls[2] ? (Datum) 0 : CStringGetTextDatum(terms->severity);
	nulls[3] = terms->contract == NULL;
	values[3] = nulls[3] ? (Datum) 0 : CStringGetTextDatum(terms->contract);
	nulls[4] = !r->clock.start.known;
	values[4] = TimestampTzGetDatum(r->clock.start.at);
	nulls[5] = !owed;
	values[5] = TimestampTzGetDatum(r->due.at);
	nulls[6] = !r->clock.end.known;
	values[6] = TimestampTzGetDatum(r->clock.end.at);
	values[7] = CStringGetTextDatum(slt_state_names[r->state]);
	nulls[8] = nulls[9] = !r->measured;
	nulls[10] = !r->measured || r->standing.work == 0;
	if (r->measured)
	{
		values[8] = PointerGetDatum(slt_make_amount(0, r->elapsed));
		values[9] = PointerGetDatum(slt_make_amount(0, r->standing.work - r->elapsed));
	}
	if (!nulls[10])
		values[10] = slt_percent(slt_number(r->elapsed), r->standing.work);
	nulls[11] = !r->due_now.known;
	values[11] = TimestampTzGetDatum(r->due_now.at);
	nulls[12] = excluded.count == 0 || r->standing.target == NULL;
	values[12] = nulls[12] ? (Datum) 0 : PointerGetDatum(slt_make_pauses(&excluded));
	values[13] = Int32GetDatum(r->run);
	nulls[14] = terms->unknown == NULL || owed;
	values[14] = nulls[14] ? (Datum) 0 : CStringGetTextDatum(terms->unknown);
}

/* The attached table whose row an argument is; its attachment stays good for the call. */
static SltAttachment *
attachment_of_row(HeapTupleHeader row)
{
	Oid			type = HeapTupleHeaderGetTypeId(row),
				table = type == RECORDOID ? InvalidOid : get_typ_typrelid(type);
	Relation	rel = OidIsValid(table) ? relation_open(table, AccessShareLock) : NULL;
	SltAttachment *a = NULL;

	if (rel != NULL && (rel->rd_rel->relkind == RELKIND_RELATION || rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE))
		a = slt_attachment_of(rel);
	if (a != NULL && a->passing)
		ereport(ERROR,
				(errcode(a->passing),
				 errmsg_internal("%s", a->problem)));
	if (a == NULL || a->problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("a row of an attached table is needed"),
				 a ? errdetail_internal("%s", slt_sentence(a->problem)) : rel ? errdetail("\"%s\" is not a table.", RelationGetRelationName(rel)) : 0,
				 errhint("Write it as FROM tickets t, slt_clocks(t), with the table itself, not a view or a subquery.")));
	relation_close(rel, NoLock);
	return a;
}

/* Reads the ticket of a row that a query gave, which may be of a partition or a child of the table. */
static void
read_argument(HeapTupleHeader row, SltReading *reading)
{
	SltAttachment *a = attachment_of_row(row);
	TupleDesc	desc = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(row), HeapTupleHeaderGetTypMod(row));
	HeapTupleData tuple = {.t_len = HeapTupleHeaderGetDatumLength(row),.t_data = row};
	Datum	   *values = palloc(sizeof(Datum) * desc->natts);
	bool	   *nulls = palloc(sizeof(bool) * desc->natts);
	SltRow		r = {values, nulls};

	heap_deform_tuple(&tuple, desc, values, nulls);
	ReleaseTupleDesc(desc);
	slt_take_reading(a, &r, reading);
}

/* Lists the clocks of a row: one for each metric, and for each run of one that restarts. */
PG_FUNCTION_INFO_V1(slt_clocks);
Datum
slt_clocks(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TimestampTz now = GetCurrentTransactionStartTimestamp();
	SltReading	reading;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	read_argument(PG_GETARG_HEAPTUPLEHEADER(0), &reading);
	for (int m = 0; m < reading.ticket.facts.nmetrics; m++)
	{
		int			runs = slt_count_runs(&reading.ticket, m);

		for (int run = 1; run <= runs; run++)
		{
			Datum		values[CLOCK_COLUMNS];
			bool		nulls[CLOCK_COLUMNS];
			SltReport	r = {.metric = m,.run = run};

			slt_report_run(&reading.ticket, reading.terms, now, SLT_ALL, &r);
			fill_clock(&reading, &r, values, nulls);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		}
	}
	return (Datum) 0;
}

/* Finds a metric of an attachment by its name. */
static int
find_metric(const SltAttachment *a, const char *metric)
{
	StringInfoData known;

	initStringInfo(&known);
	for (int i = 0; i < a->nmetrics; i++)
	{
		if (pg_strcasecmp(a->metrics[i].name, metric) == 0)
			return i;
		appendStringInfo(&known, "%s\"%s\"", i ? ", " : "", a->metrics[i].name);
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("table \"%s\" is not attached with a metric \"%s\"", get_rel_name(a->relid), metric),
			 errhint("Its metrics are %s.", known.data)));
}

/* An explanation of a deadline that the present policy would not give any more. */
typedef struct Past
{
	ReturnSetInfo *rsinfo;
	const SltReading *reading;
	const SltReport *report;
	TimestampTz at;				/* by the policy as it was then */
	bool		done;			/* that gives the deadline */
} Past;

/* Puts out how the deadline came about, by the pauses of the ticket itself. */
static void
put_explanation(ReturnSetInfo *rsinfo, const SltReport *r, const char *remark)
{
	SltPauses	excluded = slt_excluded(&r->standing);

	slt_put_explanation(rsinfo, r->standing.target, r->clock.start.at, &excluded, remark);
}

/* Explains a deadline by the policy as it was, if that gives it. */
static void
explain_by_past(void *argument)
{
	Past	   *p = argument;
	const SltReport *r = p->report;
	SltAttachment a = *p->reading->ticket.attachment;
	SltTicket	t = p->reading->ticket;
	SltReport	then = {.metric = r->metric,.run = r->run};
	int			settings = NewGUCNestLevel();

	slt_set_until_restored("slt.as_of", timestamptz_to_str(p->at));
	a.context = CurrentMemoryContext;
	a.terms = NULL;
	a.terms_context = NULL;
	t.attachment = &a;
	slt_report_run(&t, slt_learn_terms(&a, &t.codes), GetCurrentTransactionStartTimestamp(), SLT_ALL, &then);
	p->done = slt_state_is_owed(then.state) && then.standing.target != NULL && !then.due_now.known;
	if (p->done)
		put_explanation(p->rsinfo, &then, NULL);
	AtEOXact_GUC(false, settings);
}

/*
 * Explains the deadline of a run, if it is owed one.  Where the present policy
 * would give another one than was stamped, it goes by the policy as it was when
 * the clock ended, as far as the log reaches.
 */
static void
explain_run(ReturnSetInfo *rsinfo, SltReading *reading, SltReport *r)
{
	Past		past = {rsinfo, reading, r};
	SltFailure	failure;
	int			run = r->run;

	slt_report_run(&reading->ticket, reading->terms, GetCurrentTransactionStartTimestamp(), SLT_ALL, r);
	if (reading->terms->unknown != NULL && !slt_state_is_owed(r->state))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg_internal("%s", reading->terms->unknown),
				 reading->terms->advice ? errhint("%s", reading->terms->advice) : 0));
	if (!slt_state_is_owed(r->state) || r->standing.target == NULL)
		return;
	if (r->due_now.known && !slt_as_of_is_set() && !IsInParallelMode())
	{
		past.at = Max(r->clock.end.known ? r->clock.end.at : r->clock.start.at, slt_log_since());
		if (slt_guarded(explain_by_past, &past, &failure) && past.done)
			return;
		reading->terms = slt_terms_of(reading->ticket.attachment, &reading->ticket.codes);
		r->run = run;
		slt_report_run(&reading->ticket, reading->terms, GetCurrentTransactionStartTimestamp(), SLT_ALL, r);
	}
	put_explanation(rsinfo, r, r->due_now.known ?
					psprintf("by the present policy; the deadline that was stamped is %s", timestamptz_to_str(r->due.at)) : NULL);
}

/* Explains the deadline of a row's clock: of its last run. */
PG_FUNCTION_INFO_V1(slt_explain_row);
Datum
slt_explain_row(PG_FUNCTION_ARGS)
{
	SltReading	reading;
	SltReport	r = {0};

	InitMaterializedSRF(fcinfo, 0);
	read_argument(PG_GETARG_HEAPTUPLEHEADER(0), &reading);
	r.metric = find_metric(reading.ticket.attachment, text_to_cstring(PG_GETARG_TEXT_PP(1)));
	explain_run((ReturnSetInfo *) fcinfo->resultinfo, &reading, &r);
	return (Datum) 0;
}

/* ---------- tickets ---------- */

/* Finds a state by its name; another word would select nothing without a word. */
static SltState
find_state(const char *name)
{
	StringInfoData known;

	initStringInfo(&known);
	for (int i = 0; i < SLT_STATES; i++)
	{
		if (pg_strcasecmp(name, slt_state_names[i]) == 0)
			return i;
		appendStringInfo(&known, "%s\"%s\"", i ? ", " : "", slt_state_names[i]);
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("state \"%s\" does not exist", name),
			 errhint("States are %s.", known.data)));
}

/* What people know the ticket by: its key, or the place of its row where it has none. */
static Datum
key_of(const SltReading *reading)
{
	return CStringGetTextDatum(slt_key_text(reading->ticket.attachment, &reading->row, NULL));
}

/* Lists the clocks of the tickets of a table, each with the ticket's key. */
PG_FUNCTION_INFO_V1(slt_tickets);
Datum
slt_tickets(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TimestampTz now = GetCurrentTransactionStartTimestamp();
	SltReader  *reader;
	SltReading	reading;
	int			wanted;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	wanted = PG_ARGISNULL(1) ? -1 : find_state(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	reader = slt_begin_read(PG_GETARG_OID(0), wanted >= 0 && wanted < SLT_MET ? SLT_OPEN_TICKETS : SLT_EVERY_TICKET, 0, 0, NULL);
	while (slt_read_next(reader, &reading))
		for (int m = 0; m < slt_reader_attachment(reader)->nmetrics; m++)
		{
			int			runs = slt_count_runs(&reading.ticket, m);

			for (int run = 1; run <= runs; run++)
			{
				Datum		values[CLOCK_COLUMNS + 1];
				bool		nulls[CLOCK_COLUMNS + 1] = {false};
				SltReport	r = {.metric = m,.run = run};

				slt_report_run(&reading.ticket, reading.terms, now, SLT_ALL, &r);
				if (wanted >= 0 && r.state != wanted)
					continue;
				values[0] = key_of(&reading);
				fill_clock(&reading, &r, values + 1, nulls + 1);
				tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
			}
		}
	slt_end_read(reader);
	return (Datum) 0;
}

/* Tells whether a clock has no start as nobody asked for it yet, which its own column would say; a ticket that was never opened is another matter. */
static bool
is_not_asked_for(const SltReading *reading, const SltReport *r)
{
	const SltAttachment *a = reading->ticket.attachment;

	return r->state == SLT_NO_START && a->metrics[r->metric].started.attnum != a->opened.attnum;
}

/* Lists the tickets that are owed nothing for a reason that someone may want to mend: a state for each metric. */
PG_FUNCTION_INFO_V1(slt_unmatched);
Datum
slt_unmatched(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TimestampTz now = GetCurrentTransactionStartTimestamp();
	SltReader  *reader;
	SltReading	reading;

	InitMaterializedSRF(fcinfo, 0);
	reader = slt_begin_read(PG_GETARG_OID(0), SLT_EVERY_TICKET, 0, 0, NULL);
	while (slt_read_next(reader, &reading))
		for (int m = 0; m < slt_reader_attachment(reader)->nmetrics; m++)
		{
			Datum		values[7];
			bool		nulls[7] = {false};
			SltReport	r = {.metric = m};

			slt_report_run(&reading.ticket, reading.terms, now, SLT_ALL, &r);
			if (slt_state_is_owed(r.state) || is_not_asked_for(&reading, &r))
				continue;
			values[0] = key_of(&reading);
			values[1] = CStringGetTextDatum(slt_reader_attachment(reader)->metrics[m].name);
			for (int i = 0; i <= SLT_REQUEST_KIND; i++)
			{
				const Word *w = &reading.ticket.codes.words[i];

				nulls[2 + i] = w->len == 0;
				values[2 + i] = PointerGetDatum(cstring_to_text_with_len(w->bytes, Min(w->len, 1000)));
			}
			values[5] = CStringGetTextDatum(slt_state_names[r.state]);
			nulls[6] = reading.terms->unknown == NULL;
			values[6] = nulls[6] ? (Datum) 0 : CStringGetTextDatum(reading.terms->unknown);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		}
	slt_end_read(reader);
	return (Datum) 0;
}

/* A count of tickets of a table that nobody named: what its owner has put there, or a lock, keeps nobody waiting for long. */
typedef struct Count
{
	Oid			table;
	ReturnSetInfo *rsinfo;
	int64		unstamped;
} Count;

#define COUNT_MILLISECONDS 60000

/* Counts, unless that fails or takes too long. */
static bool
count_guarded(void (*count) (void *), Count *c, SltFailure *failure)
{
	int			settings = NewGUCNestLevel();
	bool		done;

	slt_set_until_restored("lock_timeout", "50ms");
	done = slt_guarded_for(COUNT_MILLISECONDS, count, c, failure);
	AtEOXact_GUC(false, settings);
	return done;
}

/* Counts the open clocks of a table by metric and state. */
static void
count_open(void *argument)
{
	Count	   *c = argument;
	TimestampTz now = GetCurrentTransactionStartTimestamp();
	int64		counts[SLT_MAX_METRICS][SLT_STATES] = {{0}};
	SltReader  *reader = slt_begin_read(c->table, SLT_OPEN_TICKETS, 0, 0, NULL);
	SltAttachment *a = slt_reader_attachment(reader);
	SltReading	reading;

	while (slt_read_next(reader, &reading))
		for (int m = 0; m < a->nmetrics; m++)
		{
			SltReport	r = {.metric = m};

			slt_report_run(&reading.ticket, reading.terms, now, SLT_ALL, &r);
			counts[m][r.state]++;
		}
	for (int m = 0; m < a->nmetrics; m++)
		for (int state = 0; state < SLT_MET; state++)
		{
			Datum		values[3] = {CStringGetTextDatum(a->metrics[m].name), CStringGetTextDatum(slt_state_names[state]), Int64GetDatum(counts[m][state])};
			bool		nulls[3] = {false};

			tuplestore_putvalues(c->rsinfo->setResult, c->rsinfo->setDesc, values, nulls);
		}
	slt_end_read(reader);
}

/* The same for whoever may read all of the table. */
PG_FUNCTION_INFO_V1(slt_count_open);
Datum
slt_count_open(PG_FUNCTION_ARGS)
{
	Count		c = {.table = PG_GETARG_OID(0),.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo};
	SltFailure	failure;

	InitMaterializedSRF(fcinfo, 0);
	if (!slt_may_read(c.table))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("table \"%s\" cannot be read, or has row security", get_rel_name(c.table)),
				 errhint("Count the tickets that you may see with slt_tickets().")));
	if (!count_guarded(count_open, &c, &failure))
		slt_rethrow(&failure);
	return (Datum) 0;
}

/* Tells whether a ticket that was read is owed a deadline and has none. */
static bool
is_unstamped(const SltReading *reading, TimestampTz now)
{
	const SltTicket *t = &reading->ticket;

	for (int m = 0; m < t->facts.nmetrics; m++)
		if (t->stamped[m].due.known || t->stamped[m].has_met)
			return false;
	for (int m = 0; m < t->facts.nmetrics; m++)
	{
		SltReport	r = {.metric = m};

		slt_report_run(t, reading->terms, now, SLT_ALL, &r);
		if (slt_state_is_owed(r.state))
			return true;
	}
	return false;
}

/* Counts the rows of a table that are owed stamps and have none. */
static void
count_unstamped(void *argument)
{
	Count	   *c = argument;
	SltReader  *reader = slt_begin_read(c->table, SLT_OPEN_TICKETS, 0, 0, NULL);
	SltReading	reading;

	while (slt_read_next(reader, &reading))
		c->unstamped += is_unstamped(&reading, GetCurrentTransactionStartTimestamp());
	slt_end_read(reader);
}

/* The same; null for whoever may not read all of the table, and where it cannot be counted. */
PG_FUNCTION_INFO_V1(slt_count_unstamped);
Datum
slt_count_unstamped(PG_FUNCTION_ARGS)
{
	Count		c = {.table = PG_GETARG_OID(0)};
	SltFailure	failure;

	if (!slt_may_read(c.table) || !count_guarded(count_unstamped, &c, &failure))
		PG_RETURN_NULL();
	PG_RETURN_INT64(c.unstamped);
}

/* ---------- slt_attainment ---------- */

/* The counts of an aggregate: clocks that are met, and all that are decided. */
static int64 *
attainment_counts(ArrayType *counts)
{
	if (ARR_NDIM(counts) != 1 || ARR_DIMS(counts)[0] != 2 || ARR_HASNULL(counts) || ARR_ELEMTYPE(counts) != INT8OID)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("counts of an attainment are two numbers")));
	return (int64 *) ARR_DATA_PTR(counts);
}

/* Counts a clock by its state; what is an aggregate's own is changed where it is. */
PG_FUNCTION_INFO_V1(slt_attainment_add);
Datum
slt_attainment_add(PG_FUNCTION_ARGS)
{
	ArrayType  *array = AggCheckCallContext(fcinfo, NULL) ? PG_GETARG_ARRAYTYPE_P(0) : PG_GETARG_ARRAYTYPE_P_COPY(0);
	int64	   *counts = attainment_counts(array);
	SltState	state = find_state(text_to_cstring(PG_GETARG_TEXT_PP(1)));

	counts[0] += state == SLT_MET;
	counts[1] += state == SLT_MET || slt_state_is_late(state);
	PG_RETURN_ARRAYTYPE_P(array);
}

/* Returns the percentage that was met. */
PG_FUNCTION_INFO_V1(slt_attainment);
Datum
slt_attainment(PG_FUNCTION_ARGS)
{
	int64	   *counts = attainment_counts(PG_GETARG_ARRAYTYPE_P(0));

	if (counts[1] == 0)
		PG_RETURN_NULL();
	return slt_percent(slt_number(counts[0]), counts[1]);
}

/* ---------- slt_report ---------- */

/* A day, month or the like of a zone. */
typedef struct ZonePeriod
{
	const SltZone *zone;
	SltPeriod	period;
	SltDate		date;			/* that it begins with there */
} ZonePeriod;

/* What the rows of a report are by; the order is that of the monthly report. */
typedef enum GroupKind
{
	BY_METRIC,
	BY_TERMS,					/* contract and severity, and the metric */
	BY_CUSTOMER,
	BY_MONTH,
	GROUP_KINDS
} GroupKind;

static const char *const group_names[GROUP_KINDS] = {"metric", "terms", "customer", "month"};

typedef struct GroupKey
{
	int64		from;			/* the period's start; of a group by month its
								 * first date, 0 for all periods */
	int32		who;			/* index into the report's list of contracts
								 * and severities, from 1; 0 for neither */
	int32		metric;
	int32		customer;		/* index into the customers; 0 for none */
	GroupKind	kind;
} GroupKey;

typedef struct ReportGroup
{
	GroupKey	key;
	TimestampTz to;
	int64		states[SLT_STATES];
	double		attain;			/* the highest that was promised; -1 for none */
	double		least_attain;
	TimestampTz promised_at;	/* start of the last clock that has a target, */
	SltAmount	promised;		/* whose amount this is */
	int64		nwork;
	int64	   *work;			/* of those done */
	int64		npaused;
	int64		paused;			/* working time for which clocks stood still */
} ReportGroup;

/* Whose promises. */
typedef struct Who
{
	char	   *contract;
	char	   *severity;
} Who;

typedef struct Report
{
	SltEvery	every;
	int			nperiods;
	ZonePeriod *periods;		/* sorted */
	int			nwho;
	Who		   *who;
	HTAB	   *groups;
	MemoryContext context;		/* of all this */
	TimestampTz now;
	const SltZone *zone;		/* of clocks that no calendar counts */
	bool		one_zone;		/* which then counts for all */
} Report;

/* Tells where an instant of a zone is to be found: before a period, in it, or behind it. */
static int
compare_to_period(const SltZone *zone, SltInstant at, const ZonePeriod *p)
{
	if (p->zone != zone)
		return (uintptr_t) zone < (uintptr_t) p->zone ? -1 : 1;
	return at < p->period.from ? -1 : at >= p->period.to ? 1 : 0;
}

/* Finds the period that a run started in, by the clock of the calendar that counts or of the one zone; makes it if it is new. */
static const ZonePeriod *
find_period(Report *p, const SltReport *r)
{
	const SltZone *zone = r->standing.target && !p->one_zone ? slt_timeline_calendar(r->standing.timeline)->zone : p->zone;
	SltInstant	at = r->clock.start.at;
	int			low = 0,
				high = p->nperiods;
	ZonePeriod *found;

	while (low < high)
	{
		int			middle = (low + high) / 2,
					order = compare_to_period(zone, at, &p->periods[middle]);

		if (order == 0)
			return &p->periods[middle];
		if (order > 0)
			low = middle + 1;
		else
			high = middle;
	}
	p->periods = p->periods ? repalloc(p->periods, sizeof(ZonePeriod) * (p->nperiods + 1)) : MemoryContextAlloc(p->context, sizeof(ZonePeriod));
	memmove(p->periods + low + 1, p->periods + low, sizeof(ZonePeriod) * (p->nperiods - low));
	p->nperiods++;
	found = &p->periods[low];
	*found = (ZonePeriod) {zone, slt_calendar_period_of(p->every, zone, at)};
	found->date = slt_wall_clock(zone, found->period.from).date;
	return found;
}

/* Numbers whose promises a ticket's are; 0 if its codes mean nothing. */
static int
find_who(Report *p, SltTerms *t)
{
	if (t->group != 0 || t->contract == NULL)
		return t->group;
	for (int i = 0; i < p->nwho; i++)
		if (strcmp(p->who[i].contract, t->contract) == 0 && strcmp(p->who[i].severity, t->severity) == 0)
			return t->group = i + 1;
	p->who = p->who ? repalloc(p->who, sizeof(Who) * (p->nwho + 1)) : MemoryContextAlloc(p->context, sizeof(Who));
	p->who[p->nwho].contract = MemoryContextStrdup(p->context, t->contract);
	p->who[p->nwho].severity = MemoryContextStrdup(p->context, t->severity);
	return t->group = ++p->nwho;
}

/* Adds the working time of a clock that is done. */
static void
add_work(ReportGroup *g, int64 work)
{
	if (g->nwork == 0)
		g->work = palloc(sizeof(int64) * 8);
	else if (g->nwork >= 8 && (g->nwork & (g->nwork - 1)) == 0)
		g->work = repalloc_huge(g->work, sizeof(int64) * g->nwork * 2);
	g->work[g->nwork++] = work;
}

/* Counts a run in a group, and the working time for which it stood still. */
static void
count_run(Report *p, GroupKey key, TimestampTz to, const SltReport *r, int64 paused)
{
	MemoryContext each_ticket = MemoryContextSwitchTo(p->context);
	const SltTarget *target = r->standing.target;
	bool		found;
	ReportGroup *g = hash_search(p->groups, &key, HASH_ENTER, &found);

	if (!found)
	{
		memset((char *) g + sizeof(GroupKey), 0, sizeof(ReportGroup) - sizeof(GroupKey));
		g->attain = -1;
		g->least_attain = 101;
		g->promised_at = DT_NOBEGIN;
	}
	g->to = to;
	g->states[r->state]++;
	if (target != NULL)
	{
		g->attain = Max(g->attain, target->attain);
		g->least_attain = Min(g->least_attain, target->attain);
		if (r->clock.start.at >= g->promised_at)
		{
			g->promised_at = r->clock.start.at;
			g->promised = target->amount;
		}
	}
	if (slt_state_is_done(r->state) && r->measured)
		add_work(g, r->elapsed);
	g->npaused += paused > 0;
	g->paused += paused;
	MemoryContextSwitchTo(each_ticket);
}

/* Orders amounts of work. */
static int
compare_work(const void *a, const void *b)
{
	int64		x = *(const int64 *) a,
				y = *(const int64 *) b;

	return (x > y) - (x < y);
}

/* Compares names; those of codes that mean nothing come last. */
static int
compare_who(const Who *who, int a, int b)
{
	int			c;

	if (a == b || a == 0 || b == 0)
		return a == b ? 0 : a == 0 ? 1 : -1;
	c = strcmp(who[a - 1].contract, who[b - 1].contract);
	return c ? c : strcmp(who[a - 1].severity, who[b - 1].severity);
}

/* Orders groups: by kind, period, contract, severity, metric. */
static int
compare_groups(const void *a, const void *b, void *report)
{
	const ReportGroup *x = *(ReportGroup *const *) a,
			   *y = *(ReportGroup *const *) b;
	int			c = (int) x->key.kind - (int) y->key.kind;

	if (c == 0)
		c = (x->key.from > y->key.from) - (x->key.from < y->key.from);
	if (c == 0)
		c = x->key.customer - y->key.customer;
	if (c == 0)
		c = compare_who(((Report *) report)->who, x->key.who, y->key.who);
	return c ? c : x->key.metric - y->key.metric;
}

#define GROUP_COLUMNS 14

/* Makes the columns of a group; percentiles are discrete: the least work that so many of them took no more than. */
static void
fill_group(const Report *p, const ReportGroup *g, const char *metric, Datum *values, bool *nulls)
{
	const Who  *who = g->key.who ? &p->who[g->key.who - 1] : NULL;
	const int64 *s = g->states;
	int64		met = s[SLT_MET],
				late = s[SLT_MET_LATE] + s[SLT_BREACHED],
				open = s[SLT_ON_TRACK] + s[SLT_AT_RISK] + s[SLT_PAUSED];

	nulls[0] = nulls[1] = who == NULL;
	values[0] = who ? CStringGetTextDatum(who->contract) : (Datum) 0;
	values[1] = who ? CStringGetTextDatum(who->severity) : (Datum) 0;
	values[2] = CStringGetTextDatum(metric);
	values[3] = Int64GetDatum(met + late + open);
	values[4] = Int64GetDatum(met);
	values[5] = Int64GetDatum(s[SLT_MET_LATE]);
	values[6] = Int64GetDatum(s[SLT_BREACHED]);
	values[7] = Int64GetDatum(open);
	values[8] = Int64GetDatum(s[SLT_NO_TARGET] + s[SLT_CODES_UNKNOWN]);
	nulls[9] = met + late == 0;
	values[9] = nulls[9] ? (Datum) 0 : slt_percent(slt_number(met), met + late);

	/*
	 * where several promises are counted together, only what is common to all
	 * was promised of them
	 */
	nulls[10] = g->attain < 0 || (g->key.kind != BY_TERMS && g->least_attain != g->attain);
	values[10] = nulls[10] ? (Datum) 0 : DirectFunctionCall1(float8_numeric, Float8GetDatum(g->attain));
	nulls[11] = nulls[9] || nulls[10];
	values[11] = nulls[11] ? (Datum) 0 : DirectFunctionCall2(numeric_ge, slt_number(100 * met), slt_compute(numeric_mul, values[10], slt_number(met + late)));
	nulls[12] = nulls[13] = g->nwork == 0;
	if (g->nwork > 0)
	{
		qsort(g->work, g->nwork, sizeof(int64), compare_work);
		values[12] = PointerGetDatum(slt_make_amount(0, g->work[(g->nwork + 1) / 2 - 1]));
		values[13] = PointerGetDatum(slt_make_amount(0, g->work[(g->nwork * 9 + 9) / 10 - 1]));
	}
}

/* Lists all groups in order, as a hash table has none and reports are read from the top. */
static ReportGroup **
list_groups(Report *p, int64 *n)
{
	ReportGroup **groups = palloc(sizeof(ReportGroup *) * Max(hash_get_num_entries(p->groups), 1));
	HASH_SEQ_STATUS seq;
	ReportGroup *g;

	*n = 0;
	hash_seq_init(&seq, p->groups);
	while ((g = hash_seq_search(&seq)) != NULL)
		groups[(*n)++] = g;
	qsort_arg(groups, *n, sizeof(ReportGroup *), compare_groups, p);
	return groups;
}

/* Tells whether an instant is in a range, bounds as they are written. */
static bool
starts_within(const RangeBound *lower, const RangeBound *upper, SltInstant at)
{
	TimestampTz from = lower->infinite ? DT_NOBEGIN : DatumGetTimestampTz(lower->val),
				to = upper->infinite ? DT_NOEND : DatumGetTimestampTz(upper->val);

	return (at > from || (at == from && lower->inclusive)) && (at < to || (at == to && upper->inclusive));
}

/* Reads the range that clocks are to start in. */
static bool
read_during(FunctionCallInfo fcinfo, int arg, RangeBound *lower, RangeBound *upper)
{
	RangeType  *range;
	bool		empty;

	if (PG_ARGISNULL(arg))
	{
		*lower = (RangeBound) {.infinite = true};
		*upper = (RangeBound) {.infinite = true};
		return true;
	}
	range = PG_GETARG_RANGE_P(arg);
	range_deserialize(lookup_type_cache(TSTZRANGEOID, TYPECACHE_RANGE_INFO), range, lower, upper, &empty);
	return !empty;
}

/* Begins a report; now is the same for all of its tickets. */
static void
begin_report(Report *p, SltEvery every)
{
	HASHCTL		control = {.keysize = sizeof(GroupKey),.entrysize = sizeof(ReportGroup),.hcxt = CurrentMemoryContext};
	const char *utc;

	memset(p, 0, sizeof(Report));
	p->every = every;
	p->now = GetCurrentTransactionStartTimestamp();
	p->zone = slt_zone_find("UTC", &utc);
	p->context = CurrentMemoryContext;
	p->groups = hash_create("slt report", 256, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* Finds how a run came out; false if it is not counted. */
static bool
find_outcome(const Report *p, const SltReading *reading, int metric, int run, SltReport *r)
{
	*r = (SltReport) {.metric = metric,.run = run};
	slt_report_run(&reading->ticket, reading->terms, p->now, SLT_OUTCOME, r);
	return r->clock.start.known && (slt_state_is_owed(r->state) || r->state == SLT_NO_TARGET || r->state == SLT_CODES_UNKNOWN);
}

/* Reports how promises were kept: by period of their start, contract, severity and metric. */
PG_FUNCTION_INFO_V1(slt_report);
Datum
slt_report(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Report		p;
	RangeBound	lower,
				upper;
	SltReader  *reader;
	SltReading	reading;
	SltReport	r;
	ReportGroup **groups;
	int64		n;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(2))
		return (Datum) 0;
	begin_report(&p, slt_read_every(PG_GETARG_TEXT_PP(2)));
	if (!read_during(fcinfo, 1, &lower, &upper))
		return (Datum) 0;
	reader = slt_begin_read(PG_GETARG_OID(0), PG_ARGISNULL(1) ? SLT_EVERY_TICKET : SLT_STARTED_DURING,
							lower.infinite ? DT_NOBEGIN : DatumGetTimestampTz(lower.val), upper.infinite ? DT_NOEND : DatumGetTimestampTz(upper.val), NULL);
	while (slt_read_next(reader, &reading))
		for (int m = 0; m < reading.ticket.facts.nmetrics; m++)
			for (int run = 1, runs = slt_count_runs(&reading.ticket, m); run <= runs; run++)
				if (find_outcome(&p, &reading, m, run, &r) && starts_within(&lower, &upper, r.clock.start.at))
				{
					const ZonePeriod *period = find_period(&p, &r);

					count_run(&p, (GroupKey) {.from = period->period.from,.who = find_who(&p, reading.terms),.metric = m,.kind = BY_TERMS}, period->period.to, &r, 0);
				}
	groups = list_groups(&p, &n);
	for (int64 i = 0; i < n; i++)
	{
		Datum		values[1 + GROUP_COLUMNS] = {RangeTypePGetDatum(slt_make_period((SltPeriod) {groups[i]->key.from, groups[i]->to}))};
		bool		nulls[1 + GROUP_COLUMNS] = {false};

		fill_group(&p, groups[i], slt_reader_attachment(reader)->metrics[groups[i]->key.metric].name, values + 1, nulls + 1);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	slt_end_read(reader);
	return (Datum) 0;
}

/* ---------- the monthly report ---------- */

#define MAX_LATE 1000
#define MAX_CUSTOMER 400		/* bytes of a name */
#define MAX_CUSTOMERS 250000	/* kept in memory */

/* The columns of its rows. */
enum
{
	COLUMN_KIND, COLUMN_MONTH, COLUMN_CUSTOMER, COLUMN_GROUP, COLUMN_PROMISED = COLUMN_GROUP + GROUP_COLUMNS, COLUMN_PAUSED, COLUMN_PAUSED_FOR,
	COLUMN_KEY, COLUMN_RUN, COLUMN_STARTED, COLUMN_DUE, COLUMN_DONE, COLUMN_LATE_BY, COLUMN_EXPLANATION, PAGE_COLUMNS = COLUMN_EXPLANATION + 7
};

/* A clock that was late, and its ticket's row. */
typedef struct Late
{
	int64		by;				/* working time; -1 if no calendar tells */
	int			metric;
	int			run;
	HeapTuple	row;
} Late;

/* A customer by name; the entry of a hash table. */
typedef struct Customer
{
	char		name[MAX_CUSTOMER + 1];
	int			number;
} Customer;

typedef struct PageReport
{
	Report		report;
	RangeBound	lower;
	RangeBound	upper;
	SltDate		first_month;
	bool		by_customer;
	HTAB	   *customers;
	int			ncustomers;
	const char **names;			/* of customers; the first has none */
	int			most;			/* late ones at most */
	int			nlate;
	Late	   *late;			/* the latest first */
} PageReport;

/* Numbers a customer, from 1; that of tickets that have none, or a blank one, is 1. */
static int
find_customer(PageReport *page, const char *name)
{
	StringInfoData text;
	Customer   *c;
	bool		found;

	if (name == NULL || name[strspn(name, " \t\r\n")] == '\0')
		return 1;
	initStringInfo(&text);
	appendStringInfoString(&text, name);
	slt_shorten(&text, MAX_CUSTOMER);
	c = hash_search(page->customers, text.data, HASH_ENTER, &found);
	if (!found && page->ncustomers >= MAX_CUSTOMERS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("tickets have more than %d customers", MAX_CUSTOMERS),
				 errhint("Name a column that says whose a ticket is, or a customer.")));
	if (!found)
	{
		c->number = ++page->ncustomers;
		if ((c->number & (c->number - 1)) == 0)
			page->names = repalloc_huge(page->names, sizeof(char *) * c->number * 2);
		page->names[c->number - 1] = c->name;
	}
	return c->number;
}

/* Measures the working time for which a clock stood still: what there was from its start to its end, or to now, less what counts. */
static int64
measure_paused(const PageReport *page, const SltReport *r)
{
	int64		all = 0;
	SltInstant	to = r->clock.end.known ? r->clock.end.at : page->report.now;

	if (!r->measured || r->standing.excluded.count == 0 || to <= r->clock.start.at ||
		slt_worked(r->standing.timeline, r->clock.start.at, to, NULL, &all) != SLT_OK)
		return 0;
	return Max(all - r->elapsed, 0);
}

/* Keeps a clock that is late if it is one of the latest. */
static void
keep_late(PageReport *page, SltReader *reader, const SltReport *r)
{
	Late		late = {-1, r->metric, r->run, NULL};
	SltInstant	to = r->clock.end.known ? r->clock.end.at : page->report.now;
	SltPauses	excluded = slt_excluded(&r->standing);
	int			i;

	if (r->standing.target != NULL && slt_worked(r->standing.timeline, r->due.at, to, excluded.count ? &excluded : NULL, &late.by) != SLT_OK)
		late.by = -1;
	for (i = page->nlate; i > 0 && page->late[i - 1].by < late.by; i--);
	if (i == page->most)
		return;
	if (page->nlate == page->most)
		heap_freetuple(page->late[--page->nlate].row);
	late.row = slt_keep_row(reader, page->report.context);
	memmove(page->late + i + 1, page->late + i, sizeof(Late) * (page->nlate - i));
	page->late[i] = late;
	page->nlate++;
}

/* Counts a run wherever the page shows it. */
static void
count_for_page(PageReport *page, SltReader *reader, const SltReading *reading, const SltReport *r)
{
	Report	   *p = &page->report;
	SltInstant	at = r->clock.start.at;
	int64		paused = measure_paused(page, r);
	const ZonePeriod *month;

	if (!starts_within(&(RangeBound) {.infinite = true}, &page->upper, at))
		return;
	month = find_period(p, r);
	if (month->date >= page->first_month)
		count_run(p, (GroupKey) {.from = month->date,.metric = r->metric,.kind = BY_MONTH}, 0, r, paused);
	if (!starts_within(&page->lower, &page->upper, at))
		return;
	count_run(p, (GroupKey) {.metric = r->metric,.kind = BY_METRIC}, 0, r, paused);
	count_run(p, (GroupKey) {.who = find_who(p, reading->terms),.metric = r->metric,.kind = BY_TERMS}, 0, r, paused);
	if (page->by_customer)
		count_run(p, (GroupKey) {.customer = find_customer(page, slt_read_also(reader)),.metric = r->metric,.kind = BY_CUSTOMER}, 0, r, paused);
	if (slt_state_is_late(r->state) && page->most > 0)
		keep_late(page, reader, r);
}

/* Puts out the sums of the page, a row for each group, with the median and percentile that only now can be told. */
static void
put_page_groups(ReturnSetInfo *rsinfo, PageReport *page, const SltAttachment *a)
{
	int64		n;
	ReportGroup **groups = list_groups(&page->report, &n);

	for (int64 i = 0; i < n; i++)
	{
		const ReportGroup *g = groups[i];
		const char *customer = g->key.customer ? page->names[g->key.customer - 1] : NULL;
		Datum		values[PAGE_COLUMNS] = {CStringGetTextDatum(group_names[g->key.kind])};
		bool		nulls[PAGE_COLUMNS];

		memset(nulls, true, sizeof(nulls));
		memset(nulls + COLUMN_GROUP, false, GROUP_COLUMNS);
		nulls[COLUMN_KIND] = nulls[COLUMN_PAUSED] = nulls[COLUMN_PAUSED_FOR] = false;
		nulls[COLUMN_MONTH] = g->key.kind != BY_MONTH;
		values[COLUMN_MONTH] = DateADTGetDatum(g->key.from);
		nulls[COLUMN_CUSTOMER] = customer == NULL;
		values[COLUMN_CUSTOMER] = customer ? CStringGetTextDatum(customer) : (Datum) 0;
		fill_group(&page->report, g, a->metrics[g->key.metric].name, values + COLUMN_GROUP, nulls + COLUMN_GROUP);
		nulls[COLUMN_PROMISED] = TIMESTAMP_IS_NOBEGIN(g->promised_at) || g->key.kind != BY_TERMS;
		values[COLUMN_PROMISED] = PointerGetDatum(&g->promised);
		values[COLUMN_PAUSED] = Int64GetDatum(g->npaused);
		values[COLUMN_PAUSED_FOR] = PointerGetDatum(slt_make_amount(0, g->paused));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
}

/* What is to be explained, and where to. */
typedef struct Explaining
{
	ReturnSetInfo *rsinfo;
	SltReading *reading;
	SltReport	report;
} Explaining;

/* explain_run(), as what guarded code can be given: an explanation that fails must not cost the report. */
static void
explain_late(void *argument)
{
	Explaining *e = argument;

	explain_run(e->rsinfo, e->reading, &e->report);
}

/* Puts out a late clock, and behind it what explains its deadline: a row for each stretch. */
static void
put_late(ReturnSetInfo *rsinfo, const PageReport *page, SltReading *reading, const Late *late, const char *customer)
{
	TupleDesc	desc = CreateTemplateTupleDesc(7);
	TupleTableSlot *slot;
	Datum		values[PAGE_COLUMNS] = {0};
	bool		nulls[PAGE_COLUMNS];
	Explaining	e = {makeNode(ReturnSetInfo), reading, {.metric = late->metric,.run = late->run}};
	SltReport	r = e.report;
	SltFailure	failure;

	memset(nulls, true, sizeof(nulls));
	slt_report_run(&reading->ticket, reading->terms, page->report.now, SLT_OUTCOME, &r);
	values[COLUMN_KIND] = CStringGetTextDatum("late");
	values[COLUMN_CUSTOMER] = customer ? CStringGetTextDatum(customer) : (Datum) 0;
	nulls[COLUMN_CUSTOMER] = customer == NULL;
	values[COLUMN_GROUP] = reading->terms->contract ? CStringGetTextDatum(reading->terms->contract) : (Datum) 0;
	values[COLUMN_GROUP + 1] = reading->terms->severity ? CStringGetTextDatum(reading->terms->severity) : (Datum) 0;
	nulls[COLUMN_GROUP] = reading->terms->contract == NULL;
	nulls[COLUMN_GROUP + 1] = reading->terms->severity == NULL;
	values[COLUMN_GROUP + 2] = CStringGetTextDatum(reading->ticket.attachment->metrics[late->metric].name);
	values[COLUMN_KEY] = key_of(reading);
	values[COLUMN_RUN] = Int32GetDatum(late->run);
	values[COLUMN_STARTED] = TimestampTzGetDatum(r.clock.start.at);
	values[COLUMN_DUE] = TimestampTzGetDatum(r.due.at);
	values[COLUMN_DONE] = TimestampTzGetDatum(r.clock.end.at);
	nulls[COLUMN_KIND] = nulls[COLUMN_GROUP + 2] = nulls[COLUMN_KEY] = nulls[COLUMN_RUN] = nulls[COLUMN_STARTED] = nulls[COLUMN_DUE] = false;
	nulls[COLUMN_DONE] = !r.clock.end.known;
	nulls[COLUMN_LATE_BY] = late->by < 0;
	values[COLUMN_LATE_BY] = PointerGetDatum(slt_make_amount(0, Max(late->by, 0)));
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);

	for (int i = 1; i <= 7; i++)
		TupleDescCopyEntry(desc, i, rsinfo->setDesc, COLUMN_EXPLANATION + i);
	e.rsinfo->setDesc = desc;
	e.rsinfo->setResult = tuplestore_begin_heap(false, false, work_mem);
	slot = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);
	values[COLUMN_KIND] = CStringGetTextDatum("why");
	/* what cannot be explained is shown without */
	if (slt_guarded(explain_late, &e, &failure))
		while (tuplestore_gettupleslot(e.rsinfo->setResult, true, false, slot))
		{
			slot_getallattrs(slot);
			memcpy(values + COLUMN_EXPLANATION, slot->tts_values, sizeof(Datum) * 7);
			memcpy(nulls + COLUMN_EXPLANATION, slot->tts_isnull, sizeof(bool) * 7);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		}
	ExecDropSingleTupleTableSlot(slot);
	tuplestore_end(e.rsinfo->setResult);
}

/* Prepares a page by the arguments: table, during, zone, first month, column of the customer, customer, how many late ones; false for none. */
static bool
begin_page(FunctionCallInfo fcinfo, PageReport *page)
{
	HASHCTL		control = {.keysize = MAX_CUSTOMER + 1,.entrysize = sizeof(Customer),.hcxt = CurrentMemoryContext};

	memset(page, 0, sizeof(PageReport));
	begin_report(&page->report, SLT_MONTHLY);
	page->report.zone = slt_zone_named(text_to_cstring(PG_GETARG_TEXT_PP(2)));
	page->report.one_zone = true;
	page->first_month = PG_GETARG_DATEADT(3);
	page->by_customer = !PG_ARGISNULL(4) && PG_ARGISNULL(5);
	page->customers = hash_create("slt customers", 256, &control, HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	page->ncustomers = 1;
	page->names = palloc0(sizeof(char *) * 2);
	page->most = Min(Max(PG_GETARG_INT32(6), 0), MAX_LATE);
	page->late = palloc(sizeof(Late) * (page->most + 1));
	if (!read_during(fcinfo, 1, &page->lower, &page->upper))
		return false;
	if (page->lower.infinite || page->upper.infinite || DATE_NOT_FINITE(page->first_month))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot report about a time without end"),
				 errhint("Give a range with two finite bounds.")));
	return true;
}

/*
 * Reads the tickets once for all that the monthly report shows of them: groups
 * by metric, terms, customer and month, and the latest ones with what explains
 * their deadlines.
 */
PG_FUNCTION_INFO_V1(slt_report_rows);
Datum
slt_report_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	char	   *column = PG_ARGISNULL(4) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(4)),
			   *customer = column == NULL || PG_ARGISNULL(5) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(5));
	PageReport	page;
	SltReader  *reader;
	SltReading	reading;
	SltReport	r;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3) || PG_ARGISNULL(6) || !begin_page(fcinfo, &page))
		return (Datum) 0;
	/* a month of any zone has begun a day after it began in UTC, or before */
	reader = slt_begin_read(PG_GETARG_OID(0), SLT_STARTED_DURING, Min(DatumGetTimestampTz(page.lower.val), (page.first_month - INT64CONST(1)) * USECS_PER_DAY),
							DatumGetTimestampTz(page.upper.val), column);
	while (slt_read_next(reader, &reading))
	{
		char	   *whose = customer ? slt_read_also(reader) : NULL;

		if (customer != NULL && (whose == NULL || strcmp(whose, customer) != 0))
			continue;
		for (int m = 0; m < reading.ticket.facts.nmetrics; m++)
			for (int run = 1, runs = slt_count_runs(&reading.ticket, m); run <= runs; run++)
				if (find_outcome(&page.report, &reading, m, run, &r))
					count_for_page(&page, reader, &reading, &r);
	}
	put_page_groups(rsinfo, &page, slt_reader_attachment(reader));
	for (int i = 0; i < page.nlate; i++)
	{
		slt_read_kept(reader, page.late[i].row, &reading);
		put_late(rsinfo, &page, &reading, &page.late[i], page.by_customer ? slt_read_also(reader) : NULL);
	}
	slt_end_read(reader);
	return (Datum) 0;
}
