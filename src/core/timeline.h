/*
 * timeline.h
 *		A compiled calendar: answers in constant time.
 */
#ifndef SLT_TIMELINE_H
#define SLT_TIMELINE_H

#include "amount.h"
#include "calendar.h"
#include "core.h"
#include "periods.h"
#include "wall.h"

typedef struct SltTimeline SltTimeline;

/* Pauses: sorted, disjoint periods; an unbounded end is an infinity. */
typedef struct SltPauses
{
	int			count;
	const SltPeriod *periods;
} SltPauses;

extern SltTimeline *slt_timeline_create(void *arena, const SltCalendar *calendar);
extern const SltCalendar *slt_timeline_calendar(const SltTimeline *tl);
extern void *slt_timeline_arena(const SltTimeline *tl);
extern SltTimeline *slt_timeline_part(const SltTimeline *tl, bool right);
extern SltStatus slt_check_reach(const SltTimeline *tl, SltInstant at);

extern SltStatus slt_worked(SltTimeline *tl, SltInstant from, SltInstant to, const SltPauses *pauses, int64_t *micros);
extern SltStatus slt_add(SltTimeline *tl, SltInstant at, const SltAmount *amount, const SltPauses *pauses, SltInstant *result);
extern SltInstant slt_due_from(SltTimeline *tl, const SltAmount *amount, SltInstant due);
extern SltInstant slt_due_to(SltTimeline *tl, const SltAmount *amount, SltInstant due);
extern SltStatus slt_amount_work(SltTimeline *tl, SltInstant at, const SltAmount *amount, int64_t *micros);
extern bool slt_is_working(SltTimeline *tl, SltInstant at);
extern bool slt_ever_opens(SltTimeline *tl, SltInstant at);
extern SltStatus slt_next_working(SltTimeline *tl, SltInstant at, SltInstant *result);
extern SltStatus slt_previous_working(SltTimeline *tl, SltInstant at, SltInstant *result);
extern SltStatus slt_next_period(SltTimeline *tl, SltInstant at, SltInstant limit, SltPeriod *period);
extern SltStatus slt_next_working_day(SltTimeline *tl, SltDate date, SltDate *result);
extern SltStatus slt_working_days_between(SltTimeline *tl, SltDate from, SltDate to, int64_t *days);

#endif							/* SLT_TIMELINE_H */
