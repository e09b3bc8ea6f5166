/*
 * state.h
 *		What is to be said of a clock: its state, and what it has used.
 */
#ifndef SLT_STATE_H
#define SLT_STATE_H

#include "standing.h"

typedef enum SltState
{
	SLT_ON_TRACK,
	SLT_AT_RISK,
	SLT_BREACHED,
	SLT_PAUSED,
	SLT_MET,
	SLT_MET_LATE,
	/* nothing is owed, and why */
	SLT_NO_START,
	SLT_NO_TARGET,
	SLT_OUT_OF_SCOPE,
	SLT_CANCELLED,
	SLT_CODES_UNKNOWN,
	SLT_STATES
} SltState;

/* States of clocks that are owed something come first. */
#define slt_state_is_owed(state) ((state) < SLT_NO_START)
#define slt_state_is_done(state) ((state) == SLT_MET || (state) == SLT_MET_LATE)
#define slt_state_is_late(state) ((state) == SLT_MET_LATE || (state) == SLT_BREACHED)

extern const char *const slt_state_names[SLT_STATES];

/* A run of a clock. */
typedef struct SltReport
{
	int			metric;
	int			run;			/* from 1 */
	bool		current;		/* the last */
	SltClock	clock;
	SltState	state;
	SltMoment	due;			/* as promised */
	SltMoment	due_now;		/* as the present policy has it, if that is
								 * something else */
	bool		measured;		/* what follows is known */
	SltStanding standing;
	int64		elapsed;		/* working time */
} SltReport;

/* How much is to be found out. */
typedef enum SltDetail
{
	SLT_OUTCOME,				/* of what is done and stamped not what the
								 * present policy would say: no due_now, no
								 * work */
	SLT_ALL
} SltDetail;

extern int	slt_count_runs(const SltTicket *t, int metric);
extern void slt_report_run(const SltTicket *t, const SltTerms *terms, TimestampTz now, SltDetail detail, SltReport *r);

#endif							/* SLT_STATE_H */
