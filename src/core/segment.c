/*
 * segment.c
 *		What a stretch of time is to a calendar, in words.
 */
#include "segment.h"

/* Names the closed time of a date, and where it comes from. */
static void
describe_closed_date(const SltCalendar *calendar, SltDate date, SltSegment *segment)
{
	const SltDatedRule *rule = slt_calendar_dated_rule(calendar, date);
	const SltHours *hours = rule ? &rule->hours : &calendar->week[slt_weekday(date)];

	if (hours->nspans > 0)
		segment->kind = SLT_OUTSIDE_HOURS;
	else
		segment->kind = rule ? SLT_HOLIDAY : SLT_WEEKEND;
	segment->name = hours->comment;
	segment->name_length = hours->comment_length;
}

/*
 * Describes the time from an instant on, as far as it is of one kind, and to a
 * limit at most.  Closed time ends with its date or where the clock changes;
 * two segments in a row may be of one kind.
 */
SltStatus
slt_next_segment(SltTimeline *tl, SltInstant at, SltInstant limit, SltSegment *segment)
{
	const SltCalendar *calendar = slt_timeline_calendar(tl);
	SltWallClock clock;
	SltStatus	status;

	segment->from = at;
	segment->name = NULL;
	segment->name_length = 0;
	if (slt_is_working(tl, at))
	{
		SltPeriod	period;

		status = slt_next_period(tl, at, limit, &period);
		segment->kind = SLT_WORKING;
		segment->to = period.to;
	}
	else
	{
		SltInstant	midnight;

		clock = slt_wall_clock(calendar->zone, at);
		midnight = (clock.date + 1) * SLT_DAY - clock.offset * SLT_SECOND;
		describe_closed_date(calendar, clock.date, segment);
		status = slt_next_working(tl, at, &segment->to);
		if (status == SLT_NO_WORKING_TIME)
		{
			segment->to = limit;
			status = SLT_OK;
		}
		if (segment->to > midnight)
			segment->to = midnight;
		if (segment->to > clock.changes_at)
			segment->to = clock.changes_at;
	}
	if (segment->to > limit)
		segment->to = limit;
	return status;
}
