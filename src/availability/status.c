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
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/tuplestore.h"
#include "utils/typcache.h"

#include "../core/date.h"
#include "texts.h"

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
	SltMeasure *days;			/* each of those that are asked about */
	SltDate		first;			/* of them */
	SltDate		next;			/* the one behind them */
} Past;

/* ---------- states ---------- */

/* How far back in each list the search for a change of state has come: what begins later is no part of it. */
typedef struct Places
{
	int64		counts[SLT_KINDS + 2];
} Places;

/*
 * Finds what a list has just before an instant, among its first so many: its
 * number, or -1.  Brings `start` forward to where that began, and leaves out
 * what begins later.
 */
static int64
just_before(const void *items, int64 *count, size_t size, SltInstant at, SltInstant *start)
{
	SltPeriod	p;

	while (*count > 0 && slt_period_at((const char *) items + (*count - 1) * size).from >= at)
		(*count)--;
	if (*count == 0)
		return -1;
	p = slt_period_at((const char *) items + (*count - 1) * size);
	*start = Max(*start, p.to >= at ? p.from : p.to);
	return p.to >= at ? *count - 1 : -1;
}

/* Starts at the ends of all lists. */
static Places
places_at_end(const Past *t)
{
	Places		p = {.counts = {[SLT_KINDS] = t->announced.count,[SLT_KINDS + 1] = t->known.count}};

	for (SltKind k = 0; k < SLT_KINDS; k++)
		p.counts[k] = t->history.outages[k].count;
	return p;
}

/* Returns the state just before an instant, from when on nothing changed, and how much is down by accident. */
static State
state_before(const Past *t, Places *places, SltInstant at, SltInstant *start, int64 *weight)
{
	int64		weights[SLT_KINDS] = {0},
				accident,
				announced,
				known = 0;

	*start = SLT_MINUS_INFINITY;
	for (SltKind k = 0; k < SLT_KINDS; k++)
	{
		const SltOutages *o = &t->history.outages[k];
		int64		i = just_before(o->items, &places->counts[k], sizeof(SltOutage), at, start);

		weights[k] = i < 0 ? 0 : o->items[i].weight;
	}
	announced = just_before(t->announced.items, &places->counts[SLT_KINDS], sizeof(SltPeriod), at, start);
	if (t->history.known != NULL)
		known = just_before(t->known.items, &places->counts[SLT_KINDS + 1], sizeof(SltPeriod), at, start);
	accident = *weight = Max(weights[SLT_UNPLANNED], weights[SLT_EXCUSED]);
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
state_at_end(const SltFacts *r, const Past *t, SltInstant end, SltInstant *since, int64 *weight)
{
	SltInstant	start;
	int64		before;
	Places		places = places_at_end(t);
	State		state = state_before(t, &places, end, since, weight);

	while (*since > r->from && state_before(t, &places, *since, &start, &before) == state)
	{
		CHECK_FOR_INTERRUPTS();
		*since = start;
	}
	if (*since <= r->from)
		*since = SLT_MINUS_INFINITY;
	return state;
}

/* Returns what a day or another period was like on the whole. */
static State
state_of(const SltMeasure *m)
{
	if (m->any_down.micros == 0 && m->any_down.millionths == 0)
		return m->elapsed == 0 ? CLOSED : m->elapsed == m->unknown ? UNKNOWN : OPERATIONAL;
	return m->accident == 0 ? MAINTENANCE : m->accident < SLT_FULL_WEIGHT ? DEGRADED : DOWN;
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
	SltTexts   *texts;			/* to say in what days were like; NULL: they
								 * are rows */
	SltDate		first;			/* of the days that are asked about */
	SltInstant *midnights;		/* from then on, to the end of the year */
} Figures;

/* Brings an instant forward to the first of a list. */
static void
bring_forward(SltInstant *instant, const SltPeriods *list)
{
	for (int64 i = 0; i < list->count; i++)
		*instant = Min(*instant, list->items[i].from);
}

/*
 * Reads the facts of a time; from the first record on if it has no start, and
 * maintenance is one here.  Returns false if only few outages are wanted and
 * there are more.
 */
static bool
read_figures(Figures *f, Oid schema, text *service, SltPeriod time, bool with_now, bool only_few)
{
	SltQuestion question = {.service = service,.each = true,.from = time.from,.to = with_now ? SLT_INFINITY : time.to,.with_now = with_now,.only_few = only_few};

	f->facts = slt_read_facts(schema, &question);
	if (f->facts == NULL)
		return false;
	f->maintenance = (SltPeriods) {0};
	f->of_each = palloc0((f->facts->nexperiences + 1) * sizeof(SltPeriods));
	slt_read_maintenance(f->facts, Max(time.from, f->facts->service->since), false, &f->maintenance, f->of_each);
	f->from_first = time.from == SLT_MINUS_INFINITY;
	for (int i = 0; f->from_first && i < f->facts->nexperiences; i++)
		bring_forward(&f->facts->from, &f->of_each[i]);
	if (f->from_first)
		bring_forward(&f->facts->from, &f->maintenance);
	f->end = f->facts->to;
	f->facts->to = Min(f->end, f->now); /* figures are to now */
	return true;
}

/* Puts together how an experience, or the whole service, was. */
static Past *
make_past(Figures *f, int which)
{
	Past	   *t = palloc0(sizeof(Past));

	slt_history_of(f->facts, which, &t->history, &t->known);
	slt_periods_add_all(&t->announced, &f->maintenance);
	if (which >= 0)
		slt_periods_add_all(&t->announced, &f->of_each[which]);
	slt_merge(&t->announced);
	t->experience = which < 0 ? NULL : &f->facts->experiences[which];
	return t;
}

/* ---------- days ---------- */

/* Returns the instants from a date on to before another. */
static SltPeriod
days_of(const Figures *f, SltDate first, SltDate next)
{
	return (SltPeriod) {f->midnights[first - f->first], f->midnights[next - f->first]};
}

/* Measures what something went through, day by day, so that no stretch of time is gone through again for its month or year. */
static void
measure_days(const Figures *f, Past *t, SltDate first, SltDate next)
{
	t->first = first;
	t->next = next;
	t->days = palloc((next - first) * sizeof(SltMeasure));
	for (SltDate day = first; day < next; day++)
	{
		CHECK_FOR_INTERRUPTS();
		slt_measure_facts(f->facts, &t->history, days_of(f, day, day + 1), &t->days[day - first]);
	}
}

/* Returns the measure of days, as far as they have come. */
static SltMeasure
measure_of(const Past *t, SltDate first, SltDate next)
{
	SltMeasure	m = {0};

	for (SltDate day = Max(first, t->first); day < Min(next, t->next); day++)
		slt_add_measure(&m, &t->days[day - t->first]);
	return m;
}

/* ---------- rows ---------- */

/* A row but for the figures; a state that is null is that of its days. */
typedef struct Row
{
	const char *kind;
	const State *state;
	int64		weight;			/* of what is down now */
	StringInfo	bars;			/* days for an HTML page, NULL for none */
	int			longest;		/* of their texts */
	SltInstant	since;			/* minus infinity: unknown */
	const SltDate *day;
	SltDate		first;			/* days that it is of; none: it is of now */
	SltDate		next;
} Row;

/* Returns a row of what something went through. */
static void
return_row(Figures *f, const Past *t, Row row)
{
	MemoryContext caller = MemoryContextSwitchTo(f->scratch);
	Datum		values[9] = {0},
				figures[SLT_FIGURES];
	bool		nulls[9] = {0},
				nulls_in_figures[SLT_FIGURES];
	SltMeasure	m = measure_of(t, row.first, row.next);
	SltPeriod	period = row.first < row.next ? days_of(f, row.first, row.next) : (SltPeriod) {f->now, f->now};

	CHECK_FOR_INTERRUPTS();
	MemoryContextReset(f->scratch);
	values[0] = CStringGetTextDatum(row.kind);
	nulls[1] = t->experience == NULL;
	values[1] = BoolGetDatum(t->experience && t->experience->covered);
	values[2] = CStringGetTextDatum(state_names[row.state ? *row.state : state_of(&m)]);
	nulls[3] = row.since == SLT_MINUS_INFINITY;
	values[3] = TimestampTzGetDatum(row.since);
	nulls[4] = row.day == NULL;
	values[4] = row.day ? DateADTGetDatum(*row.day) : (Datum) 0;
	slt_fill_figures(f->facts, t->experience ? t->experience->name : NULL, period, &m, figures, nulls_in_figures);
	values[5] = HeapTupleGetDatum(heap_form_tuple(f->figures, figures, nulls_in_figures));
	values[6] = Int64GetDatum(row.weight);
	nulls[7] = row.bars == NULL;
	values[7] = row.bars ? PointerGetDatum(cstring_to_text_with_len(row.bars->data, row.bars->len)) : (Datum) 0;
	values[8] = Int32GetDatum(row.longest);
	tuplestore_putvalues(f->rsinfo->setResult, f->rsinfo->setDesc, values, nulls);
	MemoryContextSwitchTo(caller);
}

/* The days that are shown, and the months that they are in. */
typedef struct Days
{
	SltDate		first;
	SltDate		last;
	bool		of_month;		/* that is asked about, not the last ones */
} Days;

/* Returns where the month of a date begins, and its length, as months have columns of their own. */
static SltDate
first_of_month(SltDate date, int *days)
{
	int			year,
				month,
				day;

	slt_date_to_civil(date, &year, &month, &day);
	*days = slt_days_in_month(year, month);
	return date - day + 1;
}

/* Returns the first day of the year that a date is in, or of the one that comes so many years later. */
static SltDate
first_of_year(SltDate date, int later)
{
	int			year,
				month,
				day;

	slt_date_to_civil(date, &year, &month, &day);
	return slt_date_from_civil(year + later, 1, 1);
}

/* Returns more rows of something: day by day unless these are said already, and month by month. */
static void
return_past(Figures *f, const Past *t, const Days *days)
{
	int			length;

	for (SltDate day = days->first; f->texts == NULL && day <= days->last; day++)
		return_row(f, t, (Row) {"day",.since = SLT_MINUS_INFINITY,.day = &day,.first = day,.next = day + 1});
	for (SltDate month = first_of_month(days->first, &length); month <= days->last; month = first_of_month(month + length, &length))
		return_row(f, t, (Row) {"days of month",.since = SLT_MINUS_INFINITY,.day = &month,.first = month,.next = month + length});
}

/* ---------- days in words ---------- */

/* Appends the availability in percent, cut after three digits. */
static void
write_percent(StringInfo out, SltTexts *texts, const SltMeasure *m)
{
	int64		known = m->elapsed - m->excluded - m->unknown,
				share = ((known - m->down.micros) * 100000 - (m->down.millionths + 9) / 10) / known;
	char		plain[16];
	StringInfoData number;
	int			length = snprintf(plain, sizeof(plain), "%d.%03d", (int) (share / 1000), (int) (share % 1000));

	while (plain[length - 1] == '0')
		length--;
	if (plain[length - 1] == '.')
		length--;
	initStringInfo(&number);
	slt_write_digits(&number, texts, plain, length);
	slt_say_to(out, texts, "percent", &(SltPlace) SLT_PLACE("n", number.data, number.len), 1);
	pfree(number.data);
}

/* Adds a length of time to what is said of a day; `name` is the text that does. */
static void
add_length(StringInfo said, SltTexts *texts, const char *name, int64 micros)
{
	StringInfoData length,
				more;

	if (micros == 0)
		return;
	initStringInfo(&length);
	initStringInfo(&more);
	slt_write_duration(&length, texts, micros / SLT_SECOND, micros % SLT_SECOND != 0);
	slt_say_to(&more, texts, name, (SltPlace[]) {SLT_PLACE("figures", said->data, said->len), SLT_PLACE("length", length.data, length.len)}, 2);
	resetStringInfo(said);
	appendBinaryStringInfo(said, more.data, more.len);
	pfree(length.data);
	pfree(more.data);
}

/* Says what a day was like: availability, and what it lacks. */
static void
say_figures(StringInfo said, SltTexts *texts, State state, const SltMeasure *m)
{
	static const char *const words[] = {"day.down", "day.degraded", "day.maintenance"};
	StringInfoData percent,
				word;

	if (m->elapsed == m->excluded + m->unknown)
	{
		slt_say_to(said, texts, state == CLOSED ? "day.closed" : m->unknown == 0 ? "day.not_counted" : "day.unknown", NULL, 0);
		return;
	}
	if (state >= lengthof(words))
		write_percent(said, texts, m);
	else
	{
		initStringInfo(&percent);
		initStringInfo(&word);
		write_percent(&percent, texts, m);
		slt_say_to(&word, texts, words[state], NULL, 0);
		slt_say_to(said, texts, "day.state", (SltPlace[]) {SLT_PLACE("state", word.data, word.len), SLT_PLACE("figures", percent.data, percent.len)}, 2);
		pfree(percent.data);
		pfree(word.data);
	}
	add_length(said, texts, "day.downtime", m->down.micros + (m->down.millionths > 0));
	if (state == MAINTENANCE)
		add_length(said, texts, "day.planned", m->planned);
	add_length(said, texts, "day.unknown_for", m->unknown);
}

/* Writes a bar for each day, and what it was like; `dates` has the days in words. */
static void
write_bars(Figures *f, const Past *t, const Days *days, const text *const *dates, Row *row)
{
	static const char *const classes[] = {" class=x", " class=g", " class=m", " class=u", "", " class=c"};
	StringInfoData said;

	row->bars = makeStringInfo();
	initStringInfo(&said);
	for (SltDate day = days->first; day <= days->last; day++)
	{
		const text *date = dates[day - days->first];
		SltMeasure	m = measure_of(t, day, day + 1);
		State		state = state_of(&m);
		int			start;

		CHECK_FOR_INTERRUPTS();
		resetStringInfo(&said);
		say_figures(&said, f->texts, state, &m);
		appendStringInfo(row->bars, "<li%s><i>", classes[state]);
		start = row->bars->len;
		slt_say_to(row->bars, f->texts, "day", (SltPlace[]) {SLT_PLACE("date", VARDATA_ANY(date), VARSIZE_ANY_EXHDR(date)), SLT_PLACE("figures", said.data, said.len)}, 2);
		row->longest = Max(row->longest, pg_mbstrlen_with_len(row->bars->data + start, row->bars->len - start));
		appendStringInfoString(row->bars, "</i>");
	}
	pfree(said.data);
}

/* Returns the dates of the days in words, one for each; NULL is no array. */
static const text *const *
read_dates(ArrayType *array, const Days *days)
{
	Datum	   *elements;
	int			count = 0;

	if (array != NULL)
		deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements, NULL, &count);
	if (array == NULL || array_contains_nulls(array) || count < days->last - days->first + 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("too few dates are given in words")));
	return (const text *const *) elements;
}

/*
 * Returns the rows of each experience, or of a service that has none; unless it has
 * to be found out since when each is as it is, and there is one of which it is not:
 * then it returns false, and no row.
 */
static bool
return_experiences(Figures *f, const Days *days, const text *const *dates)
{
	SltFacts   *r = f->facts;
	int			n = Max(r->nexperiences, 1);
	bool		none = days->first > days->last;
	int			length;
	SltDate		month = first_of_month(days->first, &length);
	Past	  **pasts = palloc(n * sizeof(Past *));
	State	   *states = palloc(n * sizeof(State));
	Row		   *rows = palloc(n * sizeof(Row));

	for (int i = 0; i < n; i++)
	{
		pasts[i] = make_past(f, r->nexperiences ? i : SLT_WHOLE_SERVICE);
		rows[i] = (Row) {.kind = "experience",.first = days->first,.next = days->last + 1};
		if (!days->of_month)
			rows[i].state = &states[i];
		states[i] = state_at_end(r, pasts[i], f->end, &rows[i].since, &rows[i].weight);
		if (none && !f->from_first && rows[i].since == SLT_MINUS_INFINITY)
			return false;
		if (f->from_first && rows[i].since == SLT_MINUS_INFINITY && r->from < f->end)
			rows[i].since = r->from;
	}
	for (int i = 0; i < n; i++)
	{
		if (!none)
			measure_days(f, pasts[i], month, days->last + 1);
		if (f->texts != NULL)
			write_bars(f, pasts[i], days, dates, &rows[i]);
		return_row(f, pasts[i], rows[i]);
		if (!none)
			return_past(f, pasts[i], days);
	}
	return true;
}

/* Returns the rows of the whole service: the month and the year that a date is in, to their ends. */
static void
return_service(Figures *f, SltDate date)
{
	Past	   *t = make_past(f, SLT_WHOLE_SERVICE);
	int			length;
	SltDate		month = first_of_month(date, &length),
				year = first_of_year(date, 0),
				next = first_of_year(date, 1);

	measure_days(f, t, year, next);
	return_row(f, t, (Row) {"month",.since = SLT_MINUS_INFINITY,.day = &month,.first = month,.next = month + length});
	return_row(f, t, (Row) {"year",.since = SLT_MINUS_INFINITY,.first = year,.next = next});
}

/* Finds the days that are shown: the last ones, or those of a month as far as they have come. */
static Days
find_days(int32 days, const SltDate *month, SltDate today)
{
	int			length;
	SltDate		first;

	if (days < 0 || days > MOST_DAYS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a history of %d days is not possible", days),
				 errhint("Ask for 1 to %d days.", MOST_DAYS)));
	if (month == NULL)
		return (Days) {today - days + 1, today, false};
	if (*month > today || *month < slt_date_from_civil(1970, 1, 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a history of this month is not possible"),
				 errdetail("It is in the future, or before 1970.")));
	first = first_of_month(*month, &length);
	return (Days) {first, Min(first + length - 1, today), true};
}

/* Tells of the days how each experience was, and of the month and the year of the last day how the service was. */
static void
return_days(Figures *f, Oid schema, text *service, const SltZone *zone, const Days *days, const text *const *dates)
{
	int			length;
	SltDate		month = first_of_month(days->first, &length),
				year = first_of_year(days->last, 0);
	SltDate		next = first_of_year(days->last, 1);

	f->first = Min(month, year);
	f->midnights = palloc((next - f->first + 1) * sizeof(SltInstant));
	for (SltDate day = f->first; day <= next; day++)
		f->midnights[day - f->first] = slt_midnight(zone, day);
	read_figures(f, schema, service, (SltPeriod) {f->midnights[0], f->midnights[next - f->first]}, !days->of_month, false);
	return_experiences(f, days, dates);
	return_service(f, days->last);
}

/*
 * Tells how each experience is now and was day by day, and the service this
 * month and year.  Without days, the facts are read as far back as it takes to
 * know since when each is as it is.  With texts, what the days were like is said
 * in them, in place of rows.
 */
PG_FUNCTION_INFO_V1(slt_status_figures);
Datum
slt_status_figures(PG_FUNCTION_ARGS)
{
	text	   *service = PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0);
	Oid			schema = slt_schema_of_call(fcinfo);
	SltInstant	now = GetCurrentTransactionStartTimestamp();
	SltDate		month = PG_ARGISNULL(2) ? 0 : PG_GETARG_DATEADT(2);
	const SltZone *zone;
	Days		days;
	Figures		f = {.now = now};
	SltTexts	texts = {0};

	InitMaterializedSRF(fcinfo, 0);
	f.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	f.scratch = AllocSetContextCreate(CurrentMemoryContext, "slt status", ALLOCSET_DEFAULT_SIZES);
	f.figures = lookup_rowtype_tupdesc_copy(TupleDescAttr(f.rsinfo->setDesc, 5)->atttypid, -1);
	zone = slt_find_service(schema, service)->zone;
	days = find_days(PG_ARGISNULL(1) ? 0 : PG_GETARG_INT32(1), PG_ARGISNULL(2) ? NULL : &month, slt_wall_clock(zone, now).date);
	if (days.first <= days.last)
	{
		texts.all = PG_ARGISNULL(3) ? NULL : PG_GETARG_JSONB_P(3);
		f.texts = texts.all ? &texts : NULL;
		return_days(&f, schema, service, zone, &days, f.texts ? read_dates(PG_ARGISNULL(4) ? NULL : PG_GETARG_ARRAYTYPE_P(4), &days) : NULL);
		return (Datum) 0;
	}
	if (read_figures(&f, schema, service, (SltPeriod) {now - 30 * SLT_DAY, SLT_INFINITY}, true, true) && return_experiences(&f, &days, NULL))
		return (Datum) 0;
	read_figures(&f, schema, service, (SltPeriod) {SLT_MINUS_INFINITY, SLT_INFINITY}, true, false);
	return_experiences(&f, &days, NULL);
	return (Datum) 0;
}
