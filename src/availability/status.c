/*
 * status.c
 *		How a service is now and was of late, for people: the rows that the status
 *		page is made of.
 *
 * All of it comes from one reading of the facts, which ends just after now, so
 * that what begins or ends at this instant is told apart.
 */
#include "availability.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/tuplestore.h"
#include "utils/typcache.h"

#include "../core/date.h"

#define MOST_DAYS 3660			/* that a history can go back */

/* States, the worst first. */
typedef enum State
{
	DOWN,
	DEGRADED,
	MAINTENANCE,
	UNKNOWN,
	OPERATIONAL,
	CLOSED						/* a day without service hours */
} State;

static const char *const state_names[] = {"down", "degraded", "maintenance", "unknown", "operational", "closed"};

/* What an experience went through: each list is sorted and disjoint. */
typedef struct Past
{
	SltHistory	history;
	SltPeriods	known;
	SltPeriods	announced;		/* maintenance */
	const SltExperience *experience;	/* or NULL: all of the service */
} Past;

/* ---------- states ---------- */

/* Finds the last of a list that begins before an instant: its number, or -1. */
static int64
last_before(const void *items, int64 count, size_t size, SltInstant at)
{
	int64		i = at > SLT_MINUS_INFINITY ? slt_first_ending_after(items, count, size, at - 1) : 0;

	/* it ends at the instant or later, or all before it have ended */
	return i < count && slt_period_at((const char *) items + i * size).from < at ? i : i - 1;
}

/*
 * Finds what a list has just before an instant: its number, or -1.  Brings
 * `start` forward to where that began.
 */
static int64
just_before(const void *items, int64 count, size_t size, SltInstant at, SltInstant *start)
{
	int64		last = last_before(items, count, size, at);
	SltPeriod	p;

	if (last < 0)
		return -1;
	p = slt_period_at((const char *) items + last * size);
	if (p.to >= at)
	{
		*start = Max(*start, p.from);
		return last;
	}
	*start = Max(*start, p.to);
	return -1;
}

/* Returns the state just before an instant, and from when on nothing changed. */
static State
state_before(const Past *t, SltInstant at, SltInstant *start)
{
	int64		weights[SLT_KINDS] = {0},
				accident,
				announced,
				known = 0;

	*start = SLT_MINUS_INFINITY;
	for (SltKind k = 0; k < SLT_KINDS; k++)
	{
		const SltOutages *o = &t->history.outages[k];
		int64		i = just_before(o->items, o->count, sizeof(SltOutage), at, start);

		weights[k] = i < 0 ? 0 : o->items[i].weight;
	}
	announced = just_before(t->announced.items, t->announced.count, sizeof(SltPeriod), at, start);
	if (t->history.known != NULL)
		known = just_before(t->known.items, t->known.count, sizeof(SltPeriod), at, start);
	accident = Max(weights[SLT_UNPLANNED], weights[SLT_EXCUSED]);
	if (accident > 0)
		return accident < SLT_FULL_WEIGHT ? DEGRADED : DOWN;
	if (weights[SLT_PLANNED] > 0 || weights[SLT_EXCUSED_PLAN] > 0 || announced >= 0)
		return MAINTENANCE;
	return known >= 0 ? OPERATIONAL : UNKNOWN;
}

/*
 * Returns the state at the end of the facts, and since when it is so, which is
 * minus infinity if it was already so when they begin.
 */
static State
state_at_end(const SltFacts *r, const Past *t, SltInstant end, SltInstant *since)
{
	SltInstant	start;
	State		state = state_before(t, end, since);

	while (*since > r->from && state_before(t, *since, &start) == state)
	{
		CHECK_FOR_INTERRUPTS();
		*since = start;
	}
	if (*since <= r->from)
		*since = SLT_MINUS_INFINITY;
	return state;
}

/* Returns the greatest weight of the outages in a period, 0 if there is none. */
static int64
greatest_weight(const SltOutages *flat, SltPeriod period)
{
	int64		weight = 0;

	for (int64 i = last_before(flat->items, flat->count, sizeof(SltOutage), period.to); i >= 0 && weight < SLT_FULL_WEIGHT; i--)
	{
		if (flat->items[i].to <= period.from)
			break;
		weight = Max(weight, flat->items[i].weight);
	}
	return weight;
}

/* Returns what a day or another period was like on the whole. */
static State
state_of(const Past *t, SltPeriod period, const SltMeasure *m)
{
	int64		weight;

	if (m->any_down.micros == 0 && m->any_down.millionths == 0)
		return m->elapsed == 0 ? CLOSED : m->elapsed == m->unknown ? UNKNOWN : OPERATIONAL;
	weight = Max(greatest_weight(&t->history.outages[SLT_UNPLANNED], period), greatest_weight(&t->history.outages[SLT_EXCUSED], period));
	return weight == 0 ? MAINTENANCE : weight < SLT_FULL_WEIGHT ? DEGRADED : DOWN;
}

/* ---------- reading ---------- */

/* All that rows are made of. */
typedef struct Figures
{
	ReturnSetInfo *rsinfo;
	TupleDesc	figures;		/* columns of slt_figures */
	MemoryContext scratch;
	SltFacts   *facts;
	SltInstant	now;
	SltInstant	end;			/* of the facts, just after now */
	bool		from_first;		/* they go back to their beginning */
	SltPeriods	maintenance;	/* of all of the service */
	SltPeriods *of_each;		/* of each experience */
} Figures;

/* Reads the facts from an instant on. */
static void
read_figures(Figures *f, Oid schema, text *service, SltInstant from)
{
	f->facts = slt_read_facts(schema, &(SltQuestion) {
		.service = service, .each = true, .from = from, .to = SLT_INFINITY, .with_now = true
	});
	f->maintenance = (SltPeriods) {0};
	f->of_each = palloc0((f->facts->nexperiences + 1) * sizeof(SltPeriods));
	slt_read_maintenance(f->facts, false, &f->maintenance, f->of_each);
	f->from_first = from == SLT_MINUS_INFINITY;
	f->end = f->facts->to;
	f->facts->to = f->now;		/* figures are to now */
}

/* Puts together how an experience, or the whole service, was. */
static Past *
make_past(Figures *f, int which)
{
	Past	   *t = palloc0(sizeof(Past));

	slt_history_of(f->facts, which, &t->history, &t->known);
	for (int64 i = 0; i < f->maintenance.count; i++)
		slt_periods_add(&t->announced, f->maintenance.items[i].from, f->maintenance.items[i].to);
	for (int64 i = 0; which >= 0 && i < f->of_each[which].count; i++)
		slt_periods_add(&t->announced, f->of_each[which].items[i].from, f->of_each[which].items[i].to);
	slt_merge(&t->announced);
	t->experience = which < 0 ? NULL : &f->facts->experiences[which];
	return t;
}

/* ---------- rows ---------- */

/* A row but for the figures; a state that is null is that of the period. */
typedef struct Row
{
	const char *kind;
	const State *state;
	SltInstant	since;			/* minus infinity: unknown */
	const SltDate *day;
	SltPeriod	period;
} Row;

/* Returns a row of what something went through. */
static void
return_row(Figures *f, const Past *t, Row row)
{
	MemoryContext caller = MemoryContextSwitchTo(f->scratch);
	Datum		values[6] = {0},
				figures[SLT_FIGURES];
	bool		nulls[6] = {0},
				nulls_in_figures[SLT_FIGURES];
	SltMeasure	m;
	State		of_period;

	CHECK_FOR_INTERRUPTS();
	MemoryContextReset(f->scratch);
	slt_measure_facts(f->facts, &t->history, row.period, &m);
	of_period = state_of(t, (SltPeriod) {row.period.from, Min(row.period.to, f->now)}, &m);
	values[0] = CStringGetTextDatum(row.kind);
	nulls[1] = t->experience == NULL;
	values[1] = BoolGetDatum(t->experience && t->experience->covered);
	values[2] = CStringGetTextDatum(state_names[row.state ? *row.state : of_period]);
	nulls[3] = row.since == SLT_MINUS_INFINITY;
	values[3] = TimestampTzGetDatum(row.since);
	nulls[4] = row.day == NULL;
	values[4] = row.day ? DateADTGetDatum(*row.day) : (Datum) 0;
	slt_fill_figures(f->facts, t->experience ? t->experience->name : NULL, row.period, &m, figures, nulls_in_figures);
	values[5] = HeapTupleGetDatum(heap_form_tuple(f->figures, figures, nulls_in_figures));
	tuplestore_putvalues(f->rsinfo->setResult, f->rsinfo->setDesc, values, nulls);
	MemoryContextSwitchTo(caller);
}

/* Returns the rows of something: now, and day by day. */
static void
return_past(Figures *f, const Past *t, const Row *now, int days)
{
	const SltZone *zone = f->facts->service->zone;
	SltDate		today = slt_wall_clock(zone, f->now).date;

	return_row(f, t, *now);
	for (SltDate day = today - days + 1; day <= today; day++)
		return_row(f, t, (Row) {"day", NULL, SLT_MINUS_INFINITY, &day, {slt_midnight(zone, day), slt_midnight(zone, day + 1)}});
}

/*
 * Returns the rows of each experience, or of a service that has none; unless it has
 * to be found out since when each is as it is, and there is one of which it is not:
 * then it returns false, and no row.
 */
static bool
return_experiences(Figures *f, int days)
{
	SltFacts   *r = f->facts;
	int			n = Max(r->nexperiences, 1);
	SltDate		first = slt_wall_clock(r->service->zone, f->now).date - days + 1;
	Past	  **pasts = palloc(n * sizeof(Past *));
	State	   *states = palloc(n * sizeof(State));
	Row		   *rows = palloc(n * sizeof(Row));

	for (int i = 0; i < n; i++)
	{
		pasts[i] = make_past(f, r->nexperiences ? i : SLT_WHOLE_SERVICE);
		rows[i] = (Row) {"experience", &states[i], 0, NULL, {days > 0 ? slt_midnight(r->service->zone, first) : f->now, f->now}};
		states[i] = state_at_end(r, pasts[i], f->end, &rows[i].since);
		if (days == 0 && !f->from_first && rows[i].since == SLT_MINUS_INFINITY)
			return false;
		if (f->from_first && rows[i].since == SLT_MINUS_INFINITY && r->from < f->end)
			rows[i].since = r->from;
	}
	for (int i = 0; i < n; i++)
		return_past(f, pasts[i], &rows[i], days);
	return true;
}

/* Returns the rows of the whole service: this month and this year, to their ends. */
static void
return_service(Figures *f, SltDate today)
{
	const SltZone *zone = f->facts->service->zone;
	Past	   *t = make_past(f, SLT_WHOLE_SERVICE);
	int			year,
				month,
				day;

	slt_date_to_civil(today, &year, &month, &day);
	return_row(f, t, (Row) {"month", NULL, SLT_MINUS_INFINITY, NULL, {
		slt_midnight(zone, today - day + 1), slt_midnight(zone, today - day + 1 + slt_days_in_month(year, month))
	}});
	return_row(f, t, (Row) {"year", NULL, SLT_MINUS_INFINITY, NULL, {
		slt_midnight(zone, slt_date_from_civil(year, 1, 1)), slt_midnight(zone, slt_date_from_civil(year + 1, 1, 1))
	}});
}

/* Returns the first instant of the year that a date is in. */
static SltInstant
start_of_year(const SltZone *zone, SltDate date)
{
	int			year,
				month,
				day;

	slt_date_to_civil(date, &year, &month, &day);
	return slt_midnight(zone, slt_date_from_civil(year, 1, 1));
}

/* Refuses a history that is too long. */
static void
refuse_days(int32 days)
{
	if (days < 0 || days > MOST_DAYS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a history of %d days is not possible", days),
				 errhint("Ask for 1 to %d days.", MOST_DAYS)));
}

/*
 * Tells how each experience is now and was day by day, and the service this
 * month and year.  Without days, the facts are read as far back as it takes to
 * know since when each is as it is.
 */
PG_FUNCTION_INFO_V1(slt_status_figures);
Datum
slt_status_figures(PG_FUNCTION_ARGS)
{
	text	   *service = PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0);
	int32		days = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT32(1);
	Oid			schema = slt_schema_of_call(fcinfo);
	SltInstant	now = GetCurrentTransactionStartTimestamp();
	const SltZone *zone;
	SltDate		today;
	Figures		f = {.now = now};

	InitMaterializedSRF(fcinfo, 0);
	f.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	f.scratch = AllocSetContextCreate(CurrentMemoryContext, "slt status", ALLOCSET_DEFAULT_SIZES);
	f.figures = lookup_rowtype_tupdesc_copy(TupleDescAttr(f.rsinfo->setDesc, 5)->atttypid, -1);
	zone = slt_find_service(schema, service)->zone;
	refuse_days(days);
	today = slt_wall_clock(zone, now).date;
	if (days > 0)
	{
		read_figures(&f, schema, service, Min(slt_midnight(zone, today - days + 1), start_of_year(zone, today)));
		return_experiences(&f, days);
		return_service(&f, today);
		return (Datum) 0;
	}
	for (int back = 30; back <= 3000; back *= 10)
	{
		read_figures(&f, schema, service, now - back * SLT_DAY);
		if (return_experiences(&f, 0))
			return (Datum) 0;
	}
	read_figures(&f, schema, service, SLT_MINUS_INFINITY);
	return_experiences(&f, 0);
	return (Datum) 0;
}

/* Writes a length of time for an HTML page. */
PG_FUNCTION_INFO_V1(slt_html_duration);
Datum
slt_html_duration(PG_FUNCTION_ARGS)
{
	static const struct
	{
		int64		micros;
		const char *name;
	}			units[] = {{SLT_HOUR, "h"}, {SLT_MINUTE, "min"}};
	Interval   *i = PG_GETARG_INTERVAL_P(0);
	int64		days = (int64) i->month * DAYS_PER_MONTH + i->day,
				rest = i->time;
	StringInfoData text;

	/* the days can be too many for microseconds */
	days += rest / SLT_DAY;
	rest %= SLT_DAY;
	if (days > 0 && rest < 0)
	{
		days--;
		rest += SLT_DAY;
	}
	if (days < 0 && rest > 0)
	{
		days++;
		rest -= SLT_DAY;
	}
	initStringInfo(&text);
	if (days < 0 || rest < 0)
		appendStringInfoChar(&text, '-');
	rest = rest < 0 ? -rest : rest;
	if (days != 0)
		appendStringInfo(&text, INT64_FORMAT "&nbsp;d ", days < 0 ? -days : days);
	for (int u = 0; u < lengthof(units); u++)
	{
		if (rest >= units[u].micros)
			appendStringInfo(&text, "%d&nbsp;%s ", (int) (rest / units[u].micros), units[u].name);
		rest %= units[u].micros;
	}
	if (rest > 0)
	{
		appendStringInfo(&text, "%d.%06d", (int) (rest / SLT_SECOND), (int) (rest % SLT_SECOND));
		while (text.data[text.len - 1] == '0')
			text.len--;
		if (text.data[text.len - 1] == '.')
			text.len--;
		text.data[text.len] = 0;
		appendStringInfoString(&text, "&nbsp;s ");
	}
	if (text.len == 0)
		appendStringInfoString(&text, "0&nbsp;min ");
	PG_RETURN_TEXT_P(cstring_to_text_with_len(text.data, text.len - 1));
}
