/*
 * checks.h
 *		What the results of checks say: when a monitor was failing, and when what
 *		it watches was down.
 *
 * A monitor is failing from the first of enough checks that failed in a row to
 * its next good one.  It reports from each check on for as long as that vouches.
 * What monitors watch is down while at least a quorum of those that report are
 * failing, or all of them if they are fewer; while none reports, it is as before.
 */
#ifndef SLT_CHECKS_H
#define SLT_CHECKS_H

#include "periods.h"

/* What makes an outage of checks. */
typedef struct SltCheckRule
{
	int64_t		within;			/* for how long a check vouches */
	int			failures;		/* in a row that make a monitor failing */
	int			quorum;			/* of monitors that must be failing */
} SltCheckRule;

/* The result of a check; of two at one instant, the one that failed counts. */
typedef struct SltCheck
{
	SltInstant	at;
	bool		good;
} SltCheck;

/* Checks that failed in a row. */
typedef struct SltRun
{
	SltInstant	since;
	int64_t		failures;		/* 0: none, the last one was good */
} SltRun;

/* What a monitor saw: sets. */
typedef struct SltWatch
{
	SltPeriods	reporting;
	SltPeriods	failing;
} SltWatch;

extern void slt_find_failing(SltPeriods *failing, SltRun run, const SltCheck *checks, int64_t count, int enough);
extern void slt_vouch(SltPeriods *reporting, SltInstant at, int64_t within);
extern SltInstant slt_next_report(const SltWatch *watches, int count, SltInstant at);
extern void slt_find_down(SltPeriods *down, const SltWatch *watches, int count, int quorum, SltPeriod during);

#endif							/* SLT_CHECKS_H */
