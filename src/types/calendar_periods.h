/*
 * calendar_periods.h
 *		Days, weeks, months, quarters and years of a time zone, and ranges in C.
 */
#ifndef SLT_CALENDAR_PERIODS_H
#define SLT_CALENDAR_PERIODS_H

#include "types.h"

#include "../core/periods.h"

/* What a report has a row for. */
typedef enum SltEvery
{
	SLT_DAILY,
	SLT_WEEKLY,
	SLT_MONTHLY,
	SLT_QUARTERLY,
	SLT_YEARLY,
	SLT_EVERIES					/* how many there are */
} SltEvery;

extern SltEvery slt_read_every(const text *every);
extern const SltZone *slt_zone_named(const char *name);
extern SltPeriod slt_calendar_period_of(SltEvery every, const SltZone *zone, SltInstant at);
extern void slt_list_calendar_periods(SltPeriods *periods, SltEvery every, const SltZone *zone, SltInstant from, SltInstant to, SltInstant before);
extern RangeType *slt_make_period(SltPeriod p);

/* Reads the bounds of a tstzrange, stored in whatever way; returns false if it is empty. */
static inline bool
slt_read_range(Datum range, SltInstant *from, SltInstant *to)
{
	struct varlena *v = slt_packed(range);
	const char *bounds = VARDATA_ANY(v) + sizeof(Oid);
	char		flags = VARDATA_ANY(v)[VARSIZE_ANY_EXHDR(v) - 1];

	*from = SLT_MINUS_INFINITY;
	*to = SLT_INFINITY;
	if (flags & RANGE_EMPTY)
		return false;
	if (RANGE_HAS_LBOUND(flags))
	{
		memcpy(from, bounds, sizeof(*from));
		bounds += sizeof(*from);
	}
	if (RANGE_HAS_UBOUND(flags))
		memcpy(to, bounds, sizeof(*to));
	return true;
}

/* Reads the first and the last instant that a tstzrange has; returns false if it has none. */
static inline bool
slt_read_instants(Datum range, SltInstant *first, SltInstant *last)
{
	struct varlena *v = slt_packed(range);
	char		flags = VARDATA_ANY(v)[VARSIZE_ANY_EXHDR(v) - 1];

	if (!slt_read_range(PointerGetDatum(v), first, last))
		return false;
	if (RANGE_HAS_LBOUND(flags) && !(flags & RANGE_LB_INC))
	{
		if (*first == SLT_INFINITY)
			return false;
		*first = *first == SLT_MINUS_INFINITY ? SLT_MIN_INSTANT : *first + 1;
	}
	if (RANGE_HAS_UBOUND(flags) && !(flags & RANGE_UB_INC))
	{
		if (*last == SLT_MINUS_INFINITY)
			return false;
		*last = *last == SLT_INFINITY ? SLT_END_INSTANT - 1 : *last - 1;
	}
	return true;
}

#endif							/* SLT_CALENDAR_PERIODS_H */
