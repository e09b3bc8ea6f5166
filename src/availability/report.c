/*
 * report.c
 *		The figures of availability, for SQL.
 */
#include "availability.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"
#include "utils/typcache.h"

/* ---------- numbers ---------- */

#define number(i) NumericGetDatum(int64_to_numeric(i))
#define compute(function, a, b) DirectFunctionCall2(function, a, b)

/* Returns weighted time in microseconds, exactly. */
static Datum
exact_micros(SltWeighted w)
{
	if (w.millionths == 0)
		return number(w.micros);
	return compute(numeric_add, number(w.micros), compute(numeric_div, number(w.millionths), number(SLT_FULL_WEIGHT)));
}

/* Returns weighted time, rounded to a microsecond. */
static int64
whole_micros(SltWeighted w)
{
	return w.micros + (w.millionths >= SLT_FULL_WEIGHT / 2);
}

/* Returns a part of a whole in percent, without zeros at its end. */
static Datum
percent(Datum part, int64 whole)
{
	return DirectFunctionCall1(numeric_trim_scale, compute(numeric_div, compute(numeric_mul, number(100), part), number(whole)));
}

/* Returns the time of which it is known whether the service was up, and that counts. */
static int64
known_time(const SltMeasure *m)
{
	return m->elapsed - m->excluded - m->unknown;
}

/* Returns the availability in percent, null if nothing is known. */
static Datum
availability_of(const SltMeasure *m, bool *isnull)
{
	int64		known = known_time(m);

	*isnull = known == 0;
	if (*isnull)
		return (Datum) 0;
	return percent(compute(numeric_sub, number(known), exact_micros(m->down)), known);
}

/* Returns the share of the time that counts of which something is known, in percent. */
static Datum
coverage_of(const SltMeasure *m, bool *isnull)
{
	int64		whole = m->elapsed - m->excluded;

	*isnull = whole == 0;
	return *isnull ? (Datum) 0 : percent(number(whole - m->unknown), whole);
}

/* Returns what a target leaves of a time, in microseconds, half up. */
static int64
allowed_of(Numeric target, int64 micros)
{
	Datum		share = compute(numeric_sub, number(100), NumericGetDatum(target)),
				allowed = compute(numeric_div, compute(numeric_mul, share, number(micros)), number(100));

	return DatumGetInt64(DirectFunctionCall1(numeric_int8, allowed));
}

/* Makes an interval of microseconds, in hours. */
static Datum
interval_of(int64 micros)
{
	Interval   *result = palloc0(sizeof(Interval));

	result->time = micros;
	return IntervalPGetDatum(result);
}

/* ---------- measuring ---------- */

/* Puts the hours together that count: those of the argument, of the service, or all. */
static const SltPeriods *
hours_of(const SltRecord *r, struct varlena *argument, SltInstant from, SltInstant to, SltPeriods *hours)
{
	struct varlena *calendar = argument ? argument : r->service->hours;

	if (calendar == NULL)
		return NULL;
	slt_periods_init(hours, NULL);
	slt_list_hours(hours, calendar, from, to);
	return hours;
}

/* Measures a period, as far as it is in the record's time. */
static void
measure(const SltRecord *r, const SltHistory *h, SltPeriod period, SltMeasure *m)
{
	period.from = Max(period.from, r->from);
	period.to = Min(period.to, r->to);
	slt_measure(h, period, m);
}

/* Returns an argument that may be null. */
static text *
text_argument(FunctionCallInfo fcinfo, int arg)
{
	return PG_ARGISNULL(arg) ? NULL : PG_GETARG_TEXT_PP(arg);
}

static struct varlena *
calendar_argument(FunctionCallInfo fcinfo, int arg)
{
	return PG_ARGISNULL(arg) ? NULL : PG_GETARG_CALENDAR(arg);
}

/* Tells how much of a time a service was up. */
PG_FUNCTION_INFO_V1(slt_availability);
Datum
slt_availability(PG_FUNCTION_ARGS)
{
	SltRecord  *r;
	SltInstant	from,
				to;
	SltHistory	history;
	SltPeriods	known,
				hours;
	SltMeasure	m;
	bool		isnull;
	Datum		result;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (!slt_read_range(PG_GETARG_DATUM(0), &from, &to))
		to = from;				/* so that names are checked all the same */
	r = slt_read_record(slt_schema_of_call(fcinfo), text_argument(fcinfo, 1), text_argument(fcinfo, 2), false, from, to);
	if (r->from >= r->to)
		PG_RETURN_NULL();
	slt_history_of(r, r->wanted, &history, &known);
	history.hours = hours_of(r, calendar_argument(fcinfo, 3), r->from, r->to, &hours);
	measure(r, &history, (SltPeriod) {r->from, r->to}, &m);
	result = availability_of(&m, &isnull);
	if (isnull)
		PG_RETURN_NULL();
	return result;
}

/* ---------- periods of the calendar ---------- */

typedef enum Every
{
	DAY,
	WEEK,
	MONTH,
	QUARTER,
	YEAR,
	PERIODS
} Every;

/* Reads what a report is to have a row for. */
static Every
read_every(const text *every)
{
	static const char *const names[PERIODS] = {"day", "week", "month", "quarter", "year"};
	char	   *word = text_to_cstring(every);

	for (int i = 0; i < PERIODS; i++)
		if (pg_strcasecmp(word, names[i]) == 0)
			return i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("no period is called \"%.*s\"", pg_mbcliplen(word, strlen(word), 100), word),
			 errhint("Say day, week, month, quarter or year.")));
}

/* Returns the first date of the period that a date is in, or of the one after it. */
static SltDate
first_date(Every every, SltDate date, bool next)
{
	int			months = every == YEAR ? 12 : every == QUARTER ? 3 : 1,
				year,
				month,
				day;

	if (every == DAY)
		return date + next;
	if (every == WEEK)
		return date - slt_weekday(date) + 7 * next;
	slt_date_to_civil(date, &year, &month, &day);
	month = (month - 1) / months * months + 1 + months * next;
	return month > 12 ? slt_date_from_civil(year + 1, month - 12, 1) : slt_date_from_civil(year, month, 1);
}

/* Lists the periods that begin before an instant, cut to a time. */
static void
list_periods(SltPeriods *periods, Every every, const SltZone *zone, SltInstant from, SltInstant to, SltInstant before)
{
	SltDate		date;

	if (from >= Min(to, before))
		return;
	date = first_date(every, slt_wall_clock(zone, from).date, false);
	for (SltInstant start = from; start < Min(to, before);)
	{
		SltInstant	end;

		CHECK_FOR_INTERRUPTS();
		date = first_date(every, date, true);
		end = date >= SLT_END_INSTANT / SLT_DAY - 1 ? to : Min(slt_midnight(zone, date), to);
		slt_periods_add(periods, start, end);
		start = Max(start, end);
	}
}

/* Makes a range of a period; its ends that are infinite are left open. */
static Datum
make_period(SltPeriod p)
{
	RangeBound	lower = {.val = TimestampTzGetDatum(p.from), .infinite = p.from == SLT_MINUS_INFINITY, .inclusive = true, .lower = true},
				upper = {.val = TimestampTzGetDatum(p.to), .infinite = p.to == SLT_INFINITY};

	return RangeTypePGetDatum(slt_make_range(lookup_type_cache(TSTZRANGEOID, TYPECACHE_RANGE_INFO), &lower, &upper));
}

/* Lists the days, weeks, months, quarters or years of a time. */
PG_FUNCTION_INFO_V1(slt_calendar_periods);
Datum
slt_calendar_periods(PG_FUNCTION_ARGS)
{
	Every		every = read_every(PG_GETARG_TEXT_PP(1));
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(2));
	const char *canonical;
	const SltZone *zone = slt_zone_find(name, &canonical);
	SltPeriods	periods;
	SltInstant	from,
				to;
	Datum	   *ranges;

	if (zone == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%.*s\" is not known", pg_mbcliplen(name, strlen(name), 100), name),
				 errhint("Give an IANA name such as Africa/Cairo.")));
	slt_periods_init(&periods, NULL);
	if (slt_read_range(PG_GETARG_DATUM(0), &from, &to))
	{
		if (slt_is_infinite(from) || slt_is_infinite(to))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("cannot list periods without end"),
					 errhint("Give a range with two finite bounds.")));
		list_periods(&periods, every, zone, from, to, SLT_INFINITY);
	}
	ranges = palloc_extended(sizeof(Datum) * Max(periods.count, 1), MCXT_ALLOC_HUGE);
	for (int64 i = 0; i < periods.count; i++)
		ranges[i] = make_period(periods.items[i]);
	PG_RETURN_ARRAYTYPE_P(construct_array(ranges, periods.count, TSTZRANGEOID, -1, false, TYPALIGN_DOUBLE));
}

/* ---------- rows of figures ---------- */

#define FIGURES 11				/* what both functions return, from the period on */

/* Returns how long the promise is for a period, to its end. */
static int64
promised_time(const SltRecord *r, struct varlena *hours, SltPeriod period)
{
	struct varlena *calendar = hours ? hours : r->service->hours;
	SltInstant	from = Max(period.from, r->from),
				to = period.to == SLT_INFINITY ? r->to : period.to;
	int64		micros = 0;

	if (from >= to)
		return 0;
	if (calendar == NULL)
		return to - from;
	slt_check(slt_worked(slt_timeline_of(calendar), from, to, NULL, &micros), slt_timeline_of(calendar));
	return micros;
}

/* Fills in the figures of a period. */
static void
fill_in(const SltRecord *r, SltPeriod period, int64 promised, const SltMeasure *m, Datum *values, bool *nulls)
{
	int64		allowed = allowed_of(r->service->target, promised - m->excluded - m->unknown);

	values[0] = make_period(period);
	values[1] = availability_of(m, &nulls[1]);
	values[2] = interval_of(whole_micros(m->down));
	values[3] = interval_of(m->planned);
	values[4] = interval_of(m->excluded);
	values[5] = interval_of(m->unknown);
	values[6] = coverage_of(m, &nulls[6]);
	values[7] = NumericGetDatum(r->service->target);
	nulls[8] = nulls[1];
	values[8] = nulls[8] ? (Datum) 0 : compute(numeric_ge, values[1], values[7]);
	values[9] = interval_of(allowed);
	values[10] = interval_of(allowed - whole_micros(m->down));
}

/* Measures periods of a history and returns a row for each; `name` is null for a report. */
static void
return_figures(FunctionCallInfo fcinfo, const SltRecord *r, SltHistory *h, const SltPeriods *periods, struct varlena *hours,
			   bool named, const text *name)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "slt figures", ALLOCSET_DEFAULT_SIZES),
				caller = MemoryContextSwitchTo(scratch);

	for (int64 i = 0; i < periods->count; i++)
	{
		Datum		values[FIGURES + 2];
		bool		nulls[FIGURES + 2] = {0};
		SltMeasure	m;

		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(scratch);
		measure(r, h, periods->items[i], &m);
		fill_in(r, periods->items[i], promised_time(r, hours, periods->items[i]), &m, values + named, nulls + named);
		if (named)
		{
			values[0] = PointerGetDatum(name);
			nulls[0] = name == NULL;
			values[FIGURES + 1] = interval_of(whole_micros(m.any_down));
		}
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(scratch);
}

/* Reports availability for each day, week, month, quarter or year of a time. */
PG_FUNCTION_INFO_V1(slt_availability_report);
Datum
slt_availability_report(PG_FUNCTION_ARGS)
{
	SltRecord  *r;
	SltInstant	from,
				to;
	SltHistory	history;
	SltPeriods	known,
				hours,
				periods;
	Every		every;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return (Datum) 0;
	every = read_every(PG_GETARG_TEXT_PP(1));
	if (!slt_read_range(PG_GETARG_DATUM(0), &from, &to))
		to = from;
	r = slt_read_record(slt_schema_of_call(fcinfo), text_argument(fcinfo, 2), text_argument(fcinfo, 3), false, from, to);
	if (r->from >= r->to)
		return (Datum) 0;
	slt_history_of(r, r->wanted, &history, &known);
	history.hours = hours_of(r, calendar_argument(fcinfo, 4), r->from, r->to, &hours);
	slt_periods_init(&periods, NULL);
	list_periods(&periods, every, r->service->zone, r->from, to, r->to);
	return_figures(fcinfo, r, &history, &periods, calendar_argument(fcinfo, 4), false, NULL);
	return (Datum) 0;
}

/* Reads the periods of an argument, and the time that they are all in. */
static SltPeriod
read_periods(ArrayType *array, SltPeriods *periods)
{
	Datum	   *elements;
	bool	   *nulls;
	int			count;
	SltPeriod	all = {SLT_INFINITY, SLT_MINUS_INFINITY};

	deconstruct_array(array, TSTZRANGEOID, -1, false, TYPALIGN_DOUBLE, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		SltPeriod	p;

		if (nulls[i] || !slt_read_range(elements[i], &p.from, &p.to))
			continue;
		slt_periods_add(periods, p.from, p.to);
		all.from = Min(all.from, p.from);
		all.to = Max(all.to, p.to);
	}
	return all;
}

/* Reports availability for any periods, of the service and of each experience if wanted. */
PG_FUNCTION_INFO_V1(slt_availability_periods);
Datum
slt_availability_periods(PG_FUNCTION_ARGS)
{
	bool		each = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3) && PG_ARGISNULL(2);
	struct varlena *calendar = calendar_argument(fcinfo, 4);
	SltRecord  *r;
	SltPeriods	periods,
				hours_list;
	const SltPeriods *hours = NULL;
	SltPeriod	all;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	slt_periods_init(&periods, NULL);
	all = read_periods(PG_GETARG_ARRAYTYPE_P(0), &periods);
	r = slt_read_record(slt_schema_of_call(fcinfo), text_argument(fcinfo, 1), text_argument(fcinfo, 2), each, all.from, all.to);
	if (r->from < r->to)
		hours = hours_of(r, calendar, r->from, r->to, &hours_list);
	for (int which = each ? SLT_WHOLE_SERVICE : r->wanted; which < r->nexperiences; which++)
	{
		SltHistory	history;
		SltPeriods	known;

		slt_history_of(r, which, &history, &known);
		history.hours = hours;
		return_figures(fcinfo, r, &history, &periods, calendar, true, which < 0 ? NULL : r->experiences[which].name);
		if (!each)
			break;
	}
	return (Datum) 0;
}
