/*
 * segment.h
 *		What a stretch of time is to a calendar, in words.
 */
#ifndef SLT_SEGMENT_H
#define SLT_SEGMENT_H

#include "timeline.h"

typedef enum SltSegmentKind
{
	SLT_WORKING,
	SLT_OUTSIDE_HOURS,			/* a day with working time, but not now */
	SLT_WEEKEND,				/* a day of the week without any */
	SLT_HOLIDAY					/* a dated rule closes the day */
} SltSegmentKind;

/* A stretch of one kind, and the comment of the rule that made it so. */
typedef struct SltSegment
{
	SltInstant	from;
	SltInstant	to;
	SltSegmentKind kind;
	int			name_length;
	const char *name;			/* NULL if there is none */
} SltSegment;

extern SltStatus slt_next_segment(SltTimeline *tl, SltInstant at, SltInstant limit, SltSegment *segment);

#endif							/* SLT_SEGMENT_H */
