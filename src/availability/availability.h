/*
 * availability.h
 *		Services, and what is recorded of them, as C sees it.
 */
#ifndef SLT_AVAILABILITY_H
#define SLT_AVAILABILITY_H

#include "postgres.h"

#include "access/relscan.h"
#include "executor/tuptable.h"
#include "utils/numeric.h"

#include "../core/checks.h"
#include "../policy/config.h"
#include "../types/calendar_periods.h"
#include "../types/numbers.h"
#include "../types/types.h"

/* A row of slt_services. */
typedef struct SltService
{
	char	   *name;
	Numeric		target;
	char	   *zone_name;
	const SltZone *zone;
	struct varlena *window;		/* NULL for none */
	struct varlena *hours;		/* NULL for around the clock */
	bool		excuse_announced;
	SltInstant	since;			/* minus infinity: always */
} SltService;

/* An experience of a service, and what is recorded of it. */
typedef struct SltExperience
{
	text	   *name;
	bool		covered;
	int64		weight;			/* how much of the service it is, in
								 * millionths */
	char		recorded;		/* 'h': by hand, 'c': by checks, 0: nobody has
								 * said so */
	SltPeriod	watched;		/* since when and until when */
	int64		within;			/* how long a check vouches for, in
								 * microseconds */
	int			quorum;
	SltPeriods	known;			/* in the time asked for */
	SltInstant	told_until;		/* what is written of checks holds; since then
								 * monitors have fallen silent */
	SltPeriods	down_since;		/* then, as it is found now */
	SltOutages	outages[SLT_KINDS];
} SltExperience;

/* Tells whether two texts have the same bytes. */
static inline bool
slt_same_text(const struct varlena *a, const struct varlena *b)
{
	Size		len = VARSIZE_ANY_EXHDR(a);

	return len == VARSIZE_ANY_EXHDR(b) && memcmp(VARDATA_ANY(a), VARDATA_ANY(b), len) == 0;
}

/* For whom outages are read: an experience's number, or one of these. */
#define SLT_WHOLE_SERVICE	(-1)
#define SLT_EACH			(-2)

/* What is asked about; NULL for the only service, all that counts of it, its own hours. */
typedef struct SltQuestion
{
	text	   *service;
	text	   *experience;
	bool		each;			/* experience on its own, too */
	struct varlena *hours;
	SltInstant	from;
	SltInstant	to;				/* now at the latest */
	bool		with_now;		/* if that is to be in it */
	bool		only_few;		/* nothing is read if there are many outages */
} SltQuestion;

/* What is recorded of a service for some time. */
typedef struct SltFacts
{
	Oid			schema;
	SltService *service;
	int			wanted;
	int			nexperiences;
	SltExperience *experiences;
	SltOutages	outages[SLT_KINDS]; /* of all of the service, or of all that
									 * is wanted */
	struct varlena *calendar;	/* of the hours that count, NULL for all */
	SltPeriods	hours;			/* in the time asked for */
	SltInstant	from;			/* the time asked for; from the first record
								 * on if without a start */
	SltInstant	to;
} SltFacts;

/* services.c */
extern int64 slt_interval_micros(const Interval *i);
extern int64 slt_read_weight(Datum weight);
extern SltService *slt_find_service(Oid schema, const text *name);
extern int	slt_read_experiences(SltFacts *r);
extern int	slt_find_experience(const SltFacts *r, const text *name);

/* facts.c */
extern void slt_read_maintenance(const SltFacts *r, SltInstant since, bool announced_only, SltPeriods *whole, SltPeriods *each);
extern SltFacts *slt_read_facts(Oid schema, const SltQuestion *question);
extern void slt_history_of(SltFacts *r, int which, SltHistory *history, SltPeriods *known);

/* report.c */
#define SLT_FIGURES 13			/* columns of slt_figures */

extern int64 slt_length(SltPeriod period);
extern void slt_measure_facts(const SltFacts *r, const SltHistory *h, SltPeriod period, SltMeasure *m);
extern void slt_fill_figures(const SltFacts *r, const text *name, SltPeriod period, const SltMeasure *m, Datum *values, bool *nulls);

/* outage_class.c */
extern int	slt_length_class(SltInstant from, SltInstant to);
extern int64 slt_class_length(int length_class);

#define SLT_LAST_CLASS 30		/* of outages without end */

#endif							/* SLT_AVAILABILITY_H */
