/*
 * periods.h
 *		Sets of periods, and how long a service was up, by its history.
 */
#ifndef SLT_PERIODS_H
#define SLT_PERIODS_H

#include "core.h"

#include <string.h>

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

/* Outages that count, and those that do not: a plan in maintenance, or what is excused. */
typedef enum SltKind
{
	SLT_UNPLANNED,
	SLT_PLANNED,
	SLT_EXCUSED,
	SLT_EXCUSED_PLAN,			/* both bits */
	SLT_KINDS					/* how many there are */
} SltKind;

/*
 * All that is known of a service or an experience: flat outages (slt_flatten)
 * and merged sets (slt_merge).  NULL stands for all time.
 */
typedef struct SltHistory
{
	SltOutages	outages[SLT_KINDS];
	const SltPeriods *hours;	/* nothing counts outside */
	const SltPeriods *known;	/* nothing is known outside, but for outages */
} SltHistory;

/* What a period was, in microseconds. */
typedef struct SltMeasure
{
	int64_t		elapsed;		/* in service hours */
	int64_t		planned;		/* of that, while a planned outage was going
								 * on */
	int64_t		excluded;		/* downtime that does not count */
	int64_t		unknown;
	SltWeighted down;			/* downtime that counts */
	SltWeighted any_down;		/* all downtime */
	int64_t		accident;		/* the greatest weight of an outage that was
								 * not planned, also outside service hours */
} SltMeasure;

extern void slt_periods_init(SltPeriods *p, void *arena);
extern void slt_periods_grow(SltPeriods *p);
extern void slt_merge(SltPeriods *p);
extern int64_t slt_total(const SltPeriods *merged);
extern int64_t slt_first_ending_after(const void *items, int64_t count, size_t size, SltInstant at);
extern void slt_widen_by_difference(SltPeriod *hull, const SltPeriods *a, const SltPeriods *b);

extern void slt_outages_init(SltOutages *o, void *arena);
extern void slt_outages_grow(SltOutages *o);
extern void slt_outages_add_within(SltOutages *o, SltOutage outage, const SltPeriods *merged);
extern void slt_outages_split(const SltOutages *o, const SltPeriods *merged, SltOutages *inside, SltOutages *outside);
extern void slt_flatten(SltOutages *o);
extern void slt_outages_add_all(SltOutages *o, const SltOutages *other);

extern void slt_measure(const SltHistory *h, SltPeriod period, SltMeasure *result);
extern void slt_add_measure(SltMeasure *sum, const SltMeasure *next);

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

/* Adds all periods of another list. */
static inline void
slt_periods_add_all(SltPeriods *p, const SltPeriods *other)
{
	for (int64_t i = 0; i < other->count; i++)
		slt_periods_add(p, other->items[i].from, other->items[i].to);
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

/* A place in a list that a sweep goes along: of periods or of outages, sorted, without overlaps. */
typedef struct SltCursor
{
	const char *at;
	const char *end;
	size_t		size;
} SltCursor;

/* The first two fields of periods and of outages. */
static inline SltPeriod
slt_period_at(const void *item)
{
	SltPeriod	p;

	memcpy(&p, item, sizeof(p));
	return p;
}

/* Starts to go along a list, at the first item that ends after an instant. */
static inline SltCursor
slt_cursor_on(const void *items, int64_t count, size_t size, SltInstant at)
{
	int64_t		first = slt_first_ending_after(items, count, size, at);

	return (SltCursor) {(const char *) items + first * size, (const char *) items + count * size, size};
}

static inline SltCursor
slt_cursor_on_set(const SltPeriods *set, SltInstant at)
{
	return slt_cursor_on(set->items, set->count, sizeof(SltPeriod), at);
}

/* Tells whether an instant is in the list, and brings `next` forward to where that changes. */
static inline bool
slt_is_in(SltCursor *c, SltInstant at, SltInstant *next)
{
	SltPeriod	p;

	while (c->at < c->end && slt_period_at(c->at).to <= at)
		c->at += c->size;
	if (c->at >= c->end)
		return false;
	p = slt_period_at(c->at);
	if (p.from > at)
	{
		*next = p.from < *next ? p.from : *next;
		return false;
	}
	*next = p.to < *next ? p.to : *next;
	return true;
}

#endif							/* SLT_PERIODS_H */
