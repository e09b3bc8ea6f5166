/*
 * wall.c
 *		What a zone's wall clock shows.
 */
#include "wall.h"

/* A clock is never this many days off. */
#define MARGIN_DAYS		3

/* Tells what a zone's wall clock shows at an instant, and when its offset changes next. */
SltWallClock
slt_wall_clock(const SltZone *zone, SltInstant at)
{
	int64_t		second = slt_floor_div(at, SLT_SECOND),
				change = second;
	SltWallClock clock;

	clock.offset = slt_zone_offset(zone, second, &change);
	while (change < SLT_END_INSTANT / SLT_SECOND)
	{
		int64_t		later;

		if (slt_zone_offset(zone, change, &later) != clock.offset)
			break;
		change = later;
	}
	clock.changes_at = change < SLT_END_INSTANT / SLT_SECOND ? change * SLT_SECOND : SLT_INFINITY;
	clock.date = (SltDate) slt_floor_div(second + clock.offset, SLT_DAY_SECONDS);
	return clock;
}

/* Finds the first instant of a date on a zone's wall clock. */
SltInstant
slt_midnight(const SltZone *zone, SltDate date)
{
	int64_t		wall = (int64_t) date * SLT_DAY_SECONDS,
				at = wall - MARGIN_DAYS * SLT_DAY_SECONDS;

	for (;;)
	{
		int64_t		next;
		int32_t		offset = slt_zone_offset(zone, at, &next);

		if (next == INT64_MAX || next + offset > wall)
			return (at + offset > wall ? at : wall - offset) * SLT_SECOND;
		at = next;
	}
}
