/*
 * standing.h
 *		How a clock of a ticket stands, and what is stamped of it.
 */
#ifndef SLT_STANDING_H
#define SLT_STANDING_H

#include "ticket.h"

/* How a run of a clock stands by the policy. */
typedef struct SltStanding
{
	SltClock	clock;
	const SltTarget *target;	/* NULL if there was none when it started;
								 * then nothing else is set */
	SltTimeline *timeline;
	SltPeriods	excluded;		/* time that does not count, merged */
	SltInstant	due;
	int64		work;			/* microseconds of working time allowed
								 * (slt_find_work) */
} SltStanding;

/* What a clock has to announce. */
typedef struct SltPassed
{
	int64		step;			/* the highest that is passed, 0 for none */
	SltInstant	at;
	SltInstant	due;
	SltInstant	next;			/* the first that is not; infinity for none */
} SltPassed;

/* What is written into a row. */
#define SLT_MAX_STAMPS (3 * SLT_MAX_METRICS + 3)

typedef struct SltStamps
{
	int			n;
	AttrNumber	attnums[SLT_MAX_STAMPS];
	Datum		values[SLT_MAX_STAMPS];
	bool		nulls[SLT_MAX_STAMPS];
	SltInstant	announce_at;	/* infinity for never */
	SltTimeline *failed;		/* the calendar that a failure is about */
} SltStamps;

/* Where the stamps of a row come from. */
typedef enum SltStampMode
{
	SLT_KEEP_DONE,				/* what is done keeps the stamps that are
								 * there */
	SLT_DECIDE_ANEW
} SltStampMode;

/* Tells whether a ticket is owed deadlines. */
static inline bool
slt_is_owed(const SltTicket *t, const SltTerms *terms)
{
	return !t->facts.cancelled && terms->unknown == NULL && !terms->out_of_scope;
}

/* Returns the pauses that a standing's excluded time is to the core. */
static inline SltPauses
slt_excluded(const SltStanding *s)
{
	return (SltPauses) {s->excluded.count, s->excluded.items};
}

extern bool slt_find_promised(const SltTicket *t, const SltTerms *terms, int metric, SltClock clock, SltStanding *s);
extern SltStatus slt_find_due(const SltTicket *t, const SltTerms *terms, int metric, SltClock clock, SltStanding *s);
extern SltStatus slt_find_work(SltStanding *s);
extern SltStatus slt_step_at(const SltStanding *s, int64 step, SltInstant *at);
extern SltPassed slt_find_passed(const SltTicket *t, const SltTerms *terms, int metric, SltMoment due, SltInstant now);
extern void slt_add_stamp(SltStamps *stamps, AttrNumber attnum, Datum value, bool isnull);
extern SltStatus slt_make_stamps(const SltTicket *t, const SltTicket *before, const SltTerms *terms, const SltMemory *memory, SltStampMode mode, SltStamps *stamps);

#endif							/* SLT_STANDING_H */
