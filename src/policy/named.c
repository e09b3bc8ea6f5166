/*
 * named.c
 *		The functions of working time, with the calendar as the name of a row of
 *		slt_calendars, or left to the setting slt.calendar.
 */
#include "policy.h"

/* Finds the timeline of a calendar's name; a constant one is looked up again only when names have changed. */
static SltTimeline *
timeline_of_name(FunctionCallInfo fcinfo, int arg)
{
	SltTimelineMemo *memo = slt_timeline_memo(fcinfo, arg);

	if (!memo->constant || memo->epoch != slt_names_epoch())
	{
		text	   *name = PG_GETARG_TEXT_PP(arg);

		memo->timeline = slt_timeline_by_name(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
		memo->epoch = slt_names_epoch();
	}
	return memo->timeline;
}

/* Finds the timeline of the default calendar once for all rows, until a name means something else. */
static SltTimeline *
timeline_of_default(FunctionCallInfo fcinfo)
{
	SltTimelineMemo *memo = slt_timeline_memo(fcinfo, -1);

	if (memo->epoch != slt_names_epoch())
	{
		memo->timeline = slt_default_timeline();
		memo->epoch = slt_names_epoch();
	}
	return memo->timeline;
}

/* The SQL functions that take the calendar by name, and those that take none. */
#define BY_NAME(name, calendar_arg) \
PG_FUNCTION_INFO_V1(slt_named_##name); \
Datum \
slt_named_##name(PG_FUNCTION_ARGS) \
{ \
	if (slt_any_null(fcinfo, calendar_arg + 1)) \
		PG_RETURN_NULL(); \
	return slt_##name##_over(fcinfo, timeline_of_name(fcinfo, calendar_arg), calendar_arg + 1); \
} \
\
PG_FUNCTION_INFO_V1(slt_default_##name); \
Datum \
slt_default_##name(PG_FUNCTION_ARGS) \
{ \
	if (slt_any_null(fcinfo, calendar_arg)) \
		PG_RETURN_NULL(); \
	return slt_##name##_over(fcinfo, timeline_of_default(fcinfo), calendar_arg); \
}

SLT_CALENDAR_FUNCTIONS(BY_NAME)

/* Adds an instant to an amount: working_add() with its arguments the other way round. */
PG_FUNCTION_INFO_V1(slt_working_interval_pl_timestamptz);
Datum
slt_working_interval_pl_timestamptz(PG_FUNCTION_ARGS)
{
	SltTimeline *tl = timeline_of_default(fcinfo);
	SltInstant	result;

	slt_check(slt_add(tl, PG_GETARG_TIMESTAMPTZ(1), PG_GETARG_AMOUNT(0), NULL, &result), tl);
	PG_RETURN_TIMESTAMPTZ(result);
}

/* Takes an amount from an instant. */
PG_FUNCTION_INFO_V1(slt_timestamptz_mi_working_interval);
Datum
slt_timestamptz_mi_working_interval(PG_FUNCTION_ARGS)
{
	SltTimeline *tl = timeline_of_default(fcinfo);
	SltInstant	result;
	SltAmount	negative;

	if (!slt_amount_negate(PG_GETARG_AMOUNT(1), &negative))
		slt_check(SLT_OUT_OF_RANGE, tl);
	slt_check(slt_add(tl, PG_GETARG_TIMESTAMPTZ(0), &negative, NULL, &result), tl);
	PG_RETURN_TIMESTAMPTZ(result);
}

/* Returns a calendar by its name, holidays included, as one value. */
PG_FUNCTION_INFO_V1(slt_calendar);
Datum
slt_calendar(PG_FUNCTION_ARGS)
{
	text	   *name = PG_GETARG_TEXT_PP(0);

	PG_RETURN_POINTER(slt_calendar_by_name(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)));
}
