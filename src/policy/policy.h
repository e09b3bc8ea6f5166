/*
 * policy.h
 *		The policy in the config tables, as C sees it.
 *
 * What is handed out is a copy, but for timelines and the steps of a target:
 * those are good while slt_names_epoch() stays what it is.
 */
#ifndef SLT_POLICY_H
#define SLT_POLICY_H

#include "postgres.h"

#include "nodes/execnodes.h"
#include "nodes/pg_list.h"

#include "../core/clock.h"
#include "../types/types.h"
#include "news.h"

/* A row of slt_metrics. */
typedef struct SltMetricRule
{
	char	   *name;
	bool		pausable;
	SltWhenReopened when_reopened;
	char	   *ends_with;		/* NULL for none */
} SltMetricRule;

/* A target in force for some time. */
typedef struct SltTarget
{
	TimestampTz from;
	TimestampTz to;
	SltAmount	amount;
	bool		pausable;		/* the target's own, else the metric's */
	int			nsteps;
	int64	   *steps;			/* ascending, in millionths of a percent of
								 * the amount */
	double		attain;			/* percent of the clocks that were promised to
								 * be met, -1 for none */
	int			calendar;		/* number of the calendar that counts */
	SltTimeline *timeline;
	uint64		epoch;			/* of the timeline */
} SltTarget;

/* What a contract promises for a severity and a metric, over time. */
typedef struct SltPromise
{
	int			ntargets;
	SltTarget  *targets;
} SltPromise;

extern void slt_policy_init(void);

/* SET slt.as_of: whether it is set, and to go by the policy as it is all the same (returns whether that was so before). */
extern bool slt_as_of_is_set(void);
extern bool slt_go_by_present(bool present);

/* Changes whenever a name may mean something else than before. */
extern uint64 slt_names_epoch(void);

extern struct varlena *slt_calendar_by_name(const char *name, int len);
extern SltTimeline *slt_timeline_by_name(const char *name, int len);
extern SltTimeline *slt_default_timeline(void);
extern bool slt_has_calendar(const char *name, int len);
extern void slt_try_calendars(List *names, bool of_lists);
extern List *slt_metric_rules(void);
extern bool slt_find_target(text *severity, text *contract, text *metric, TimestampTz at, SltTarget *target);
extern SltPromise *slt_copy_promise(MemoryContext context, const char *severity, const char *contract,
									const char *metric, const char *calendar);
extern bool slt_is_in_scope(const char *request_kind);
extern void slt_spell_names(const char *severity, const char *contract, const char **code, const char **name);

/* Raises an unknown name of a severity, contract, request kind or calendar. */
extern void slt_check_policy_name(const char *what, const char *name);

/* deadline.c */
extern void slt_put_explanation(ReturnSetInfo *rsinfo, const SltTarget *target, SltInstant start, const SltPauses *pauses, const char *remark);

/* Returns a target's timeline, which must not have gone since. */
static inline SltTimeline *
slt_target_timeline(const SltTarget *target)
{
	Assert(target->epoch == slt_timelines_epoch);
	return target->timeline;
}

/* The target that a promise had at an instant, NULL if there was none. */
static inline const SltTarget *
slt_target_at(const SltPromise *promise, TimestampTz at)
{
	for (int i = 0; i < promise->ntargets; i++)
		if (at >= promise->targets[i].from && at < promise->targets[i].to)
			return &promise->targets[i];
	return NULL;
}

#endif							/* SLT_POLICY_H */
