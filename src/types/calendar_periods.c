/*
 * calendar_periods.c
 *		Days, weeks, months, quarters and years of a time zone.
 *
 * They begin when the wall clock first reaches midnight, so they have their
 * true lengths: a day of 23 or 25 hours is one.
 */
#include "calendar_periods.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/typcache.h"

#include "numbers.h"

#define MAX_PERIODS 4000000		/* ranges of them take a few hundred megabytes */

/* Reads what a report is to have a row for. */
SltEvery
slt_read_every(const text *every)
{
	static const char *const names[SLT_EVERIES] = {"day", "week", "month", "quarter", "year"};
	char	   *word = text_to_cstring(every);

	for (int i = 0; i < SLT_EVERIES; i++)
		if (pg_strcasecmp(word, names[i]) == 0)
			return i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("no period is called \"%.*s\"", pg_mbcliplen(word, strlen(word), 100), word),
			 errhint("Say day, week, month, quarter or year.")));
}

/* Returns the first date of the period that a date is in, or of the one after it. */
static SltDate
first_date(SltEvery every, SltDate date, bool next)
{
	int			months = every == SLT_YEARLY ? 12 : every == SLT_QUARTERLY ? 3 : 1,
				year,
				month,
				day;

	if (every == SLT_DAILY)
		return date + next;
	if (every == SLT_WEEKLY)
		return date - slt_weekday(date) + 7 * next;
	slt_date_to_civil(date, &year, &month, &day);
	month = (month - 1) / months * months + 1 + months * next;
	return month > 12 ? slt_date_from_civil(year + 1, month - 12, 1) : slt_date_from_civil(year, month, 1);
}

/* Lists the periods that begin before an instant, cut to a time. */
void
slt_list_calendar_periods(SltPeriods *periods, SltEvery every, const SltZone *zone, SltInstant from, SltInstant to, SltInstant before)
{
	SltDate		date;

	if (from >= Min(to, before))
		return;
	date = first_date(every, slt_wall_clock(zone, from).date, false);
	for (SltInstant start = from; start < Min(to, before);)
	{
		SltInstant	end;

		CHECK_FOR_INTERRUPTS();
		if (periods->count == MAX_PERIODS)
			slt_too_many(gettext_noop("range has too many periods"));
		date = first_date(every, date, true);
		end = date >= SLT_END_INSTANT / SLT_DAY - 1 ? to : Min(slt_midnight(zone, date), to);
		slt_periods_add(periods, start, end);
		start = Max(start, end);
	}
}

/* Returns the period that an instant is in, whole. */
SltPeriod
slt_calendar_period_of(SltEvery every, const SltZone *zone, SltInstant at)
{
	SltDate		date = slt_wall_clock(zone, at).date;

	return (SltPeriod) {slt_midnight(zone, first_date(every, date, false)), slt_midnight(zone, first_date(every, date, true))};
}

/* Makes a range of a period; its ends that are infinite are left open. */
RangeType *
slt_make_period(SltPeriod p)
{
	RangeBound	lower = {.val = TimestampTzGetDatum(p.from),.infinite = p.from == SLT_MINUS_INFINITY,.inclusive = true,.lower = true},
				upper = {.val = TimestampTzGetDatum(p.to),.infinite = p.to == SLT_INFINITY};

	return slt_make_range(lookup_type_cache(TSTZRANGEOID, TYPECACHE_RANGE_INFO), &lower, &upper);
}

/* Finds a zone that somebody named. */
const SltZone *
slt_zone_named(const char *name)
{
	const char *canonical;
	const SltZone *zone = slt_zone_find(name, &canonical);

	if (zone == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%.*s\" not recognized", pg_mbcliplen(name, strlen(name), 100), name),
				 errhint("Give an IANA name such as Africa/Cairo.")));
	return zone;
}

/* Lists the days, weeks, months, quarters or years of a time. */
PG_FUNCTION_INFO_V1(slt_calendar_periods);
Datum
slt_calendar_periods(PG_FUNCTION_ARGS)
{
	SltEvery	every = slt_read_every(PG_GETARG_TEXT_PP(1));
	const SltZone *zone = slt_zone_named(text_to_cstring(PG_GETARG_TEXT_PP(2)));
	SltPeriods	periods;
	SltInstant	from,
				to;
	Datum	   *ranges;

	slt_periods_init(&periods, NULL);
	if (slt_read_range(PG_GETARG_DATUM(0), &from, &to))
	{
		if (slt_is_infinite(from) || slt_is_infinite(to))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("cannot list periods without end"),
					 errhint("Give a range with two finite bounds.")));
		slt_list_calendar_periods(&periods, every, zone, from, to, SLT_INFINITY);
	}
	ranges = palloc_extended(sizeof(Datum) * Max(periods.count, 1), MCXT_ALLOC_HUGE);
	for (int64 i = 0; i < periods.count; i++)
		ranges[i] = RangeTypePGetDatum(slt_make_period(periods.items[i]));
	PG_RETURN_ARRAYTYPE_P(construct_array(ranges, periods.count, TSTZRANGEOID, -1, false, TYPALIGN_DOUBLE));
}
