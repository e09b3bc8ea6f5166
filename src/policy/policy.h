/*
 * policy.h
 *		The policy in the config tables, as C sees it.
 */
#ifndef SLT_POLICY_H
#define SLT_POLICY_H

#include "postgres.h"

#include "../types/types.h"

/* A target in force for some time. */
typedef struct SltTarget
{
	TimestampTz from;
	TimestampTz to;
	SltAmount	amount;
	bool		pausable;
	double		at_risk;		/* the part of the working time after which a ticket is at risk */
} SltTarget;

/* What a contract promises for a severity and a metric, over time. */
typedef struct SltPromise
{
	int			ntargets;
	SltTarget  *targets;
	int			calendar;		/* index into the policy's calendars */
	SltTimeline *timeline;		/* good while epoch is that of the timelines */
	uint64		epoch;
} SltPromise;

extern void slt_policy_init(void);

/* Changes whenever a name may mean something else than before. */
extern uint64 slt_names_epoch(void);

extern const struct varlena *slt_calendar_by_name(const char *name, int len);
extern SltTimeline *slt_timeline_by_name(const char *name, int len);
extern SltTimeline *slt_default_timeline(void);
extern SltPromise *slt_find_promise(text *severity, text *contract, text *metric);
extern SltTimeline *slt_promise_timeline(SltPromise *promise);
extern bool slt_has_metric(const char *metric);
extern bool slt_is_in_scope(const char *request_kind);
extern void slt_spell_names(const char *severity, const char *contract, const char **code, const char **name);

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
