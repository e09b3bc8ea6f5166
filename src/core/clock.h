/*
 * clock.h
 *		The clocks of a ticket: when each starts, stands still, ends, and starts again.
 */
#ifndef SLT_CLOCK_H
#define SLT_CLOCK_H

#include "core.h"
#include "periods.h"

#define SLT_MAX_METRICS 16

/* What it means that an end is taken back, or that the start moves behind it. */
typedef enum SltWhenReopened
{
	SLT_RESUME,					/* the same clock goes on, and the time in
								 * between does not count */
	SLT_RESTART,				/* a new clock starts, and the old one stays
								 * as it ended */
	SLT_CONTINUE,				/* as if it had never ended */
	SLT_ENDS_ONCE				/* the first end counts, and stays */
} SltWhenReopened;

/* How the row tells that a metric ended. */
typedef enum SltEndsBy
{
	SLT_ENDS_WITH_OTHERS,		/* only if another metric does, or its start
								 * is cleared */
	SLT_ENDS_BY_COLUMN,
	SLT_ENDS_BY_STATUS
} SltEndsBy;

/* An instant that may not be there. */
typedef struct SltMoment
{
	bool		known;
	SltInstant	at;
} SltMoment;

/* A status that a ticket had from an instant on; what it means is a bit for each metric. */
typedef struct SltStatusSince
{
	SltInstant	at;
	uint32_t	paused;
	uint32_t	done;
	bool		cancelled;
} SltStatusSince;

/* A run of a clock: one that is over, or, without an end, one whose start the row does not tell any more. */
typedef struct SltRun
{
	SltInstant	start;
	SltMoment	end;
	SltMoment	due;
} SltRun;

/* What a row says of a metric. */
typedef struct SltMetricFacts
{
	SltWhenReopened when_reopened;
	SltEndsBy	ends_by;
	int			ends_with;		/* another metric; -1 for none */
	SltMoment	start;
	SltMoment	done;			/* of SLT_ENDS_BY_COLUMN */
	int			nruns;
	const SltRun *runs;			/* remembered, in order */
} SltMetricFacts;

/* What a row says of a ticket.  Statuses are in order of time; none if the table has no status. */
typedef struct SltFacts
{
	int			nmetrics;
	SltMetricFacts metrics[SLT_MAX_METRICS];
	int			nstatuses;
	const SltStatusSince *statuses; /* those in which the ticket is cancelled
									 * are left out (slt_drop_cancelled) */
	bool		cancelled;		/* now */
} SltFacts;

/* The run that a metric is in, or was in last. */
typedef struct SltClock
{
	SltMoment	start;			/* unknown: it does not run */
	SltMoment	end;			/* unknown: it is not over */
	bool		ended_by_status;	/* so that the history of the status tells
									 * it for ever */
} SltClock;

extern bool slt_drop_cancelled(SltStatusSince *statuses, int *n);
extern const SltRun *slt_remembered_run(const SltMetricFacts *m);
extern SltClock slt_current_clock(const SltFacts *facts, int metric);
extern void slt_add_pauses(const SltFacts *facts, int metric, SltInstant from, SltMoment end, SltPeriods *periods);
extern void slt_add_gaps(const SltFacts *facts, int metric, SltInstant from, SltMoment end, SltPeriods *periods);
extern bool slt_is_paused(const SltFacts *facts, int metric);
extern int	slt_follow_runs(const SltFacts *before, const SltFacts *after, int metric, SltInstant change, SltMoment due, SltRun *runs);
extern int	slt_derive_runs(const SltFacts *facts, int metric, SltRun *runs, int room);

#endif							/* SLT_CLOCK_H */
