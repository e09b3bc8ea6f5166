/*
 * wall.h
 *		What a zone's wall clock shows.
 */
#ifndef SLT_WALL_H
#define SLT_WALL_H

#include "core.h"

/* What a wall clock shows, and where it jumps. */
typedef struct SltWallClock
{
	SltDate		date;
	int32_t		offset;			/* seconds east of UTC */
	SltInstant	changes_at;		/* when the offset changes next, or infinity */
} SltWallClock;

extern SltWallClock slt_wall_clock(const SltZone *zone, SltInstant at);
extern SltInstant slt_midnight(const SltZone *zone, SltDate date);

#endif							/* SLT_WALL_H */
