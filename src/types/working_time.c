/*
 * working_time.c
 *		The functions of working time, with the calendar as a value.
 *
 * Each is written once over a timeline (the _over functions, which
 * policy/named.c calls as well) and asks the core one question.
 */
#include "calendar_periods.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "datatype/timestamp.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/tuplestore.h"
#include "utils/typcache.h"


/* Turns a refusal of the core into an error. */
void
slt_check(SltStatus status, SltTimeline *tl)
{
	if (likely(status == SLT_OK))
		return;
	if (status == SLT_NO_WORKING_TIME)
	{
		char	   *text = slt_calendar_write(NULL, slt_timeline_calendar(tl));

		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("the working calendar has too little working time"),
				 errdetail("The calendar \"%.*s%s\" has none left within ten years of the last date that it names.",
						   pg_mbcliplen(text, strlen(text), 100), text, strlen(text) > 100 ? "..." : ""),
				 errhint("Add dates, or rules for the days of the week, to the calendar.")));
	}
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("timestamp out of range")));
}

/* ---------- the calendar argument ---------- */

/* Tells whether an argument is a constant of the query's text. */
static bool
is_constant(FmgrInfo *flinfo, int arg)
{
	Node	   *expr = flinfo->fn_expr;

	if (expr == NULL || !IsA(expr, FuncExpr) || arg >= list_length(((FuncExpr *) expr)->args))
		return false;
	return IsA(list_nth(((FuncExpr *) expr)->args, arg), Const);
}

/* Returns what a call site remembers; `arg` is what must be constant for it to count, -1 for nothing. */
SltTimelineMemo *
slt_timeline_memo(FunctionCallInfo fcinfo, int arg)
{
	SltTimelineMemo *memo = fcinfo->flinfo->fn_extra;

	if (unlikely(memo == NULL))
	{
		memo = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(SltTimelineMemo));
		memo->constant = arg < 0 || is_constant(fcinfo->flinfo, arg);
		fcinfo->flinfo->fn_extra = memo;
	}
	return memo;
}

/* Finds the timeline of an argument, which is looked up once if the argument is a constant. */
static SltTimeline *
timeline_of_argument(FunctionCallInfo fcinfo, int arg)
{
	SltTimelineMemo *memo = slt_timeline_memo(fcinfo, arg);

	if (!memo->constant || memo->epoch != slt_timelines_epoch)
	{
		struct varlena *calendar = PG_GETARG_CALENDAR(arg);

		memo->timeline = slt_timeline_of(calendar);
		memo->epoch = slt_timelines_epoch;
		PG_FREE_IF_COPY(calendar, arg);
	}
	return memo->timeline;
}

/* The SQL functions that take the calendar as a value. */
#define WITH_VALUE(name, calendar_arg) \
PG_FUNCTION_INFO_V1(slt_value_##name); \
Datum \
slt_value_##name(PG_FUNCTION_ARGS) \
{ \
	if (slt_any_null(fcinfo, calendar_arg + 1)) \
		PG_RETURN_NULL(); \
	return slt_##name##_over(fcinfo, timeline_of_argument(fcinfo, calendar_arg), calendar_arg + 1); \
}

SLT_CALENDAR_FUNCTIONS(WITH_VALUE)

/* ---------- pauses ---------- */

/* Returns the type cache entry of tstzrange. */
static TypeCacheEntry *
tstzrange_cache(void)
{
	return lookup_type_cache(TSTZRANGEOID, TYPECACHE_RANGE_INFO);
}

/* Reads the bounds of a pause; an instant has no length, so inclusive or not is the same. */
SltPauses *
slt_get_pauses(MultirangeType *paused)
{
	TypeCacheEntry *cache = tstzrange_cache();
	SltPauses  *pauses = palloc(sizeof(SltPauses));
	SltPeriod  *periods = palloc(sizeof(SltPeriod) * Max(paused->rangeCount, 1));

	for (uint32 i = 0; i < paused->rangeCount; i++)
	{
		RangeBound	lower,
					upper;

		multirange_get_bounds(cache, paused, i, &lower, &upper);
		periods[i].from = lower.infinite ? SLT_MINUS_INFINITY : DatumGetTimestampTz(lower.val);
		periods[i].to = upper.infinite ? SLT_INFINITY : DatumGetTimestampTz(upper.val);
	}
	pauses->count = paused->rangeCount;
	pauses->periods = periods;
	return pauses;
}

/* Makes a multirange of pauses, which need be neither sorted nor disjoint. */
MultirangeType *
slt_make_pauses(const SltPauses *pauses)
{
	TypeCacheEntry *cache = tstzrange_cache();
	RangeType **ranges = palloc(sizeof(RangeType *) * Max(pauses->count, 1));

	for (int i = 0; i < pauses->count; i++)
		ranges[i] = slt_make_period(pauses->periods[i]);
	return make_multirange(TSTZMULTIRANGEOID, cache, pauses->count, ranges);
}

/* Returns the pauses of an argument that may be left out or null. */
static SltPauses *
get_pauses_argument(FunctionCallInfo fcinfo, int arg)
{
	if (arg >= PG_NARGS() || PG_ARGISNULL(arg))
		return NULL;
	return slt_get_pauses(PG_GETARG_MULTIRANGE_P(arg));
}

/* ---------- instants ---------- */

/* Adds an amount of working time to an instant. */
Datum
slt_working_add_over(FunctionCallInfo fcinfo, SltTimeline *tl, int next)
{
	SltInstant	result;

	slt_check(slt_add(tl, PG_GETARG_TIMESTAMPTZ(0), PG_GETARG_AMOUNT(1), get_pauses_argument(fcinfo, next), &result), tl);
	PG_RETURN_TIMESTAMPTZ(result);
}

/*
 * Measures the working time between two instants.  To or from an infinity it is
 * infinite, from an infinity to itself nothing.
 */
Datum
slt_working_between_over(FunctionCallInfo fcinfo, SltTimeline *tl, int next)
{
	TimestampTz from = PG_GETARG_TIMESTAMPTZ(0),
				to = PG_GETARG_TIMESTAMPTZ(1);
	SltAmount  *result = palloc(sizeof(SltAmount));

	result->days = result->micros = 0;
	if (from == to)
		return PointerGetDatum(result);
	if (TIMESTAMP_NOT_FINITE(from) || TIMESTAMP_NOT_FINITE(to))
		slt_amount_infinite(from < to ? 1 : -1, result);
	else if (slt_worked(tl, from, to, get_pauses_argument(fcinfo, next), &result->micros) != SLT_OK)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("working_interval out of range")));
	return PointerGetDatum(result);
}

/* Tells whether an instant is working; error 22008 where an easter rule has no year, as no answer would be right. */
Datum
slt_is_working_over(FunctionCallInfo fcinfo, SltTimeline *tl, int next)
{
	SltInstant	at = PG_GETARG_TIMESTAMPTZ(0);

	slt_check(slt_check_reach(tl, at), tl);
	PG_RETURN_BOOL(slt_is_working(tl, at));
}

/* Tells whether an amount of working time from an instant on is over in a range. */
Datum
slt_is_due_over(FunctionCallInfo fcinfo, SltTimeline *tl, int next)
{
	SltInstant	due,
				first,
				last;

	slt_check(slt_add(tl, PG_GETARG_TIMESTAMPTZ(0), PG_GETARG_AMOUNT(1), NULL, &due), tl);
	PG_RETURN_BOOL(slt_read_instants(PG_GETARG_DATUM(next), &first, &last) && due >= first && due <= last);
}

/* Finds the first working instant from an instant on. */
Datum
slt_next_working_over(FunctionCallInfo fcinfo, SltTimeline *tl, int next)
{
	SltInstant	result;

	slt_check(slt_next_working(tl, PG_GETARG_TIMESTAMPTZ(0), &result), tl);
	PG_RETURN_TIMESTAMPTZ(result);
}

/* Finds the last end of working time up to an instant, or the instant itself if it is working. */
Datum
slt_previous_working_over(FunctionCallInfo fcinfo, SltTimeline *tl, int next)
{
	SltInstant	result;

	slt_check(slt_previous_working(tl, PG_GETARG_TIMESTAMPTZ(0), &result), tl);
	PG_RETURN_TIMESTAMPTZ(result);
}

/* ---------- periods ---------- */

#define MAX_PERIODS 400000		/* the server writes a multirange of them as
								 * text in some seconds, which nothing can
								 * cancel */

/* Lists the working time from an instant to before another. */
static MultirangeType *
list_periods(SltTimeline *tl, SltInstant from, SltInstant to)
{
	TypeCacheEntry *cache = tstzrange_cache();
	int			count = 0,
				room = 64;
	RangeType **ranges = palloc(sizeof(RangeType *) * room);
	SltPeriod	period = {from, from};

	while (period.to < to)
	{
		SltStatus	status = slt_next_period(tl, period.to, to, &period);

		CHECK_FOR_INTERRUPTS();
		if (status == SLT_NO_WORKING_TIME || (status == SLT_OK && period.from >= to))
			break;
		slt_check(status, tl);
		if (count == MAX_PERIODS)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("range has more than %d working periods", MAX_PERIODS),
					 errhint("List them in several shorter ranges.")));
		if (count == room)
			ranges = repalloc_huge(ranges, sizeof(RangeType *) * (room *= 2));
		ranges[count++] = slt_make_period((SltPeriod) {period.from, Min(period.to, to)});
	}
	return make_multirange(TSTZMULTIRANGEOID, cache, count, ranges);
}

/* Lists the working time in a range. */
Datum
slt_working_periods_over(FunctionCallInfo fcinfo, SltTimeline *tl, int next)
{
	RangeBound	lower,
				upper;
	bool		empty;

	range_deserialize(tstzrange_cache(), PG_GETARG_RANGE_P(0), &lower, &upper, &empty);
	if (empty)
		PG_RETURN_MULTIRANGE_P(make_empty_multirange(TSTZMULTIRANGEOID, tstzrange_cache()));
	if (lower.infinite || upper.infinite ||
		TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(lower.val)) || TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(upper.val)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot list working periods without end"),
				 errdetail("The range has no finite lower or upper bound."),
				 errhint("Give a range with two finite bounds.")));
	PG_RETURN_MULTIRANGE_P(list_periods(tl, DatumGetTimestampTz(lower.val), DatumGetTimestampTz(upper.val)));
}

/* ---------- dates ---------- */

/* Complains unless a date is finite. */
static void
check_finite_date(DateADT date)
{
	if (DATE_NOT_FINITE(date))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("cannot count working days without end"),
				 errhint("Give finite dates.")));
	if (date < SLT_MIN_INSTANT / SLT_DAY || date >= SLT_END_INSTANT / SLT_DAY - 1)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("date out of range for timestamp")));
}

/* Lists the working time of one date of the calendar's zone, midnight to midnight. */
static Datum
periods_of_date(SltTimeline *tl, DateADT date)
{
	const SltZone *zone = slt_timeline_calendar(tl)->zone;

	check_finite_date(date);
	PG_RETURN_MULTIRANGE_P(list_periods(tl, slt_midnight(zone, date), slt_midnight(zone, date + 1)));
}

/* Lists the working time of a date. */
Datum
slt_working_periods_on_over(FunctionCallInfo fcinfo, SltTimeline *tl, int next)
{
	return periods_of_date(tl, PG_GETARG_DATEADT(0));
}

/* Lists the working time of the date that the calendar's zone has now. */
Datum
slt_working_today_over(FunctionCallInfo fcinfo, SltTimeline *tl, int next)
{
	return periods_of_date(tl, slt_wall_clock(slt_timeline_calendar(tl)->zone, GetCurrentTransactionStartTimestamp()).date);
}

/* Lists the working days of a range of dates. */
Datum
slt_working_days_over(FunctionCallInfo fcinfo, SltTimeline *tl, int next)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	RangeBound	lower,
				upper;
	bool		empty,
				null = false;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	range_deserialize(lookup_type_cache(DATERANGEOID, TYPECACHE_RANGE_INFO), PG_GETARG_RANGE_P(0), &lower, &upper, &empty);
	if (empty)
		return (Datum) 0;
	check_finite_date(lower.infinite ? DATEVAL_NOBEGIN : DatumGetDateADT(lower.val));
	check_finite_date(upper.infinite ? DATEVAL_NOEND : DatumGetDateADT(upper.val));
	for (SltDate date = DatumGetDateADT(lower.val);; date++)
	{
		SltStatus	status = slt_next_working_day(tl, date, &date);
		Datum		value = DateADTGetDatum(date);

		CHECK_FOR_INTERRUPTS();
		if (status == SLT_NO_WORKING_TIME || (status == SLT_OK && date >= DatumGetDateADT(upper.val)))
			return (Datum) 0;
		slt_check(status, tl);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, &value, &null);
	}
}

/* Counts the working days from a date to before another. */
static Datum
count_days(SltTimeline *tl, DateADT from, DateADT to)
{
	int64		days;

	check_finite_date(from);
	check_finite_date(to);
	slt_check(slt_working_days_between(tl, from, to, &days), tl);
	PG_RETURN_INT32((int32) days);
}

/* Counts the working days from a date to before another; negative if the second is the earlier one. */
Datum
slt_working_days_between_over(FunctionCallInfo fcinfo, SltTimeline *tl, int next)
{
	return count_days(tl, PG_GETARG_DATEADT(0), PG_GETARG_DATEADT(1));
}

/* Counts the working days of the month that a date is in. */
Datum
slt_working_days_in_month_over(FunctionCallInfo fcinfo, SltTimeline *tl, int next)
{
	DateADT		date = PG_GETARG_DATEADT(0);
	int			year,
				month,
				day;

	check_finite_date(date);
	slt_date_to_civil(date, &year, &month, &day);
	date -= day - 1;
	return count_days(tl, date, date + slt_days_in_month(year, month));
}
