/*
 * periods.h
 *		Sets of periods, and how long a service was up, by its history.
 */
#ifndef SLT_PERIODS_H
#define SLT_PERIODS_H

#include "core.h"

/* From an instant to before another. */
typedef struct SltPeriod
{
	SltInstant	from;
	SltInstant	to;
} SltPeriod;

/* A list of periods that grows; a set once it is merged: sorted, disjoint, none touches the next. */
typedef struct SltPeriods
{
	void	   *arena;
	int64_t		count;
	int64_t		room;
	SltPeriod  *items;
} SltPeriods;

#define SLT_FULL_WEIGHT 1000000

/* A period in which a service was down, wholly or in part. */
typedef struct SltOutage
{
	SltInstant	from;
	SltInstant	to;
	int64_t		weight;			/* in millionths: 1 to SLT_FULL_WEIGHT */
} SltOutage;

typedef struct SltOutages
{
	void	   *arena;
	int64_t		count;
	int64_t		room;
	SltOutage  *items;
} SltOutages;

/* Weighted time: microseconds, and millionths of one. */
typedef struct SltWeighted
{
	int64_t		micros;
	int64_t		millionths;		/* 0 to before a million */
} SltWeighted;

/*
 * All that is known of a service or an experience: flat outages (slt_flatten)
 * and merged sets (slt_merge).  NULL stands for all time.
 */
typedef struct SltHistory
{
	SltOutages	unplanned;
	SltOutages	planned;
	SltPeriods	excused;		/* planned downtime in here does not count */
	const SltPeriods *hours;	/* nothing counts outside */
	const SltPeriods *known;	/* nothing is known outside, but for outages */
} SltHistory;

/* What a period was, in microseconds. */
typedef struct SltMeasure
{
	int64_t		elapsed;		/* in service hours */
	int64_t		planned;		/* of that, while a planned outage was going on */
	int64_t		excluded;		/* planned downtime that does not count */
	int64_t		unknown;
	SltWeighted down;			/* downtime that counts */
	SltWeighted any_down;		/* all downtime */
} SltMeasure;

extern void slt_periods_init(SltPeriods *p, void *arena);
extern void slt_periods_grow(SltPeriods *p);
extern void slt_merge(SltPeriods *p);
extern int64_t slt_total(const SltPeriods *merged);
extern int64_t slt_first_ending_after(const SltPeriods *merged, SltInstant at);

extern void slt_outages_init(SltOutages *o, void *arena);
extern void slt_outages_grow(SltOutages *o);
extern void slt_outages_add_within(SltOutages *o, SltOutage outage, const SltPeriods *merged);
extern void slt_flatten(SltOutages *o);
extern void slt_outages_join(SltOutages *flat, const SltOutages *other);

extern void slt_measure(const SltHistory *h, SltPeriod period, SltMeasure *result);

/* Adds a period to a list; an empty one is left out. */
static inline void
slt_periods_add(SltPeriods *p, SltInstant from, SltInstant to)
{
	if (from >= to)
		return;
	if (p->count == p->room)
		slt_periods_grow(p);
	p->items[p->count++] = (SltPeriod) {from, to};
}

/* Adds an outage to a list; an empty one is left out. */
static inline void
slt_outages_add(SltOutages *o, SltOutage outage)
{
	if (outage.from >= outage.to)
		return;
	if (o->count == o->room)
		slt_outages_grow(o);
	o->items[o->count++] = outage;
}

#endif							/* SLT_PERIODS_H */
