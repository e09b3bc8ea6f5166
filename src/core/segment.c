/*
 * segment.c
 *		What a stretch of time is to a calendar, in words.
 */
#include "segment.h"

/* Names the closed time that an instant is in, and where it comes from. */
static void
describe_closed(SltTimeline *tl, SltInstant at, SltSegment *segment)
{
	const SltCalendar *calendar = slt_timeline_calendar(tl);
	SltWallClock clock = slt_wall_clock(calendar->zone, at);
	SltInstant	midnight = clock.date * SLT_DAY - clock.offset * SLT_SECOND;
	SltReason	reason;

	slt_calendar_reason(slt_timeline_arena(tl), calendar, clock.date, (int32_t) ((at - midnight) / SLT_SECOND), &reason);
	if (reason.any_hours)
		segment->kind = SLT_OUTSIDE_HOURS;
	else
		segment->kind = reason.dated ? SLT_HOLIDAY : SLT_WEEKEND;
	segment->name = reason.name;
	segment->name_length = reason.name_length;
	if (segment->to > midnight + SLT_DAY)
		segment->to = midnight + SLT_DAY;
	if (segment->to > clock.changes_at)
		segment->to = clock.changes_at;
}

/* Ends a segment where a part of the combination opens or closes. */
static void
end_with(SltTimeline *part, SltInstant at, SltSegment *segment)
{
	SltPeriod	period;

	if (slt_next_period(part, at, segment->to, &period) != SLT_OK)
		return;
	if (period.from > at && period.from < segment->to)
		segment->to = period.from;
	if (period.from == at && period.to < segment->to)
		segment->to = period.to;
}

/*
 * Describes a segment by the part of a combination that makes it what it is:
 * the one that is open, or the one that should be for the whole to be.
 */
static SltTimeline *
part_that_counts(SltTimeline *tl, SltInstant at, SltSegment *segment)
{
	bool		open = segment->kind == SLT_WORKING;

	while (slt_timeline_calendar(tl)->combine != 0)
	{
		SltTimeline *left = slt_timeline_part(tl, false),
				   *right = slt_timeline_part(tl, true);
		char		op = slt_timeline_calendar(tl)->combine;
		bool		left_open = slt_is_working(left, at);

		end_with(left, at, segment);
		end_with(right, at, segment);
		if (!open && op == '-' && left_open)
			return NULL;		/* taken away: no calendar is closed */
		tl = (open && !left_open) || (!open && op == '&' && left_open) ? right : left;
	}
	return tl;
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
	SltTimeline *part;
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
		segment->kind = SLT_OUTSIDE_HOURS;
		status = slt_next_working(tl, at, &segment->to);
		if (status == SLT_NO_WORKING_TIME)
		{
			segment->to = limit;
			status = SLT_OK;
		}
	}
	if (status != SLT_OK)
		return status;
	if (segment->to > limit)
		segment->to = limit;
	part = part_that_counts(tl, at, segment);
	if (segment->kind != SLT_WORKING && part != NULL)
		describe_closed(part, at, segment);
	else if (segment->kind == SLT_WORKING && calendar->combine != 0)
	{
		segment->name = slt_timeline_calendar(part)->text;
		segment->name_length = (int) slt_timeline_calendar(part)->length;
	}
	return status;
}
