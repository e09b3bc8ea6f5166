/*
 * state.c
 *		What is to be said of a clock: its state, and what it has used.
 *
 * States, events and reports go by these words alone: a clock that is not done
 * is breached when its deadline has passed, at risk from the first step below
 * 100 percent on, paused while it stands still before its deadline, else on
 * track; one that is done is met, or met late.  At the instant of the deadline
 * it is in time.
 */
#include "state.h"

const char *const slt_state_names[SLT_STATES] = {
	[SLT_ON_TRACK] = "on track",
	[SLT_AT_RISK] = "at risk",
	[SLT_BREACHED] = "breached",
	[SLT_PAUSED] = "paused",
	[SLT_MET] = "met",
	[SLT_MET_LATE] = "met late",
	[SLT_NO_START] = "no start",
	[SLT_NO_TARGET] = "no target",
	[SLT_OUT_OF_SCOPE] = "out of scope",
	[SLT_CANCELLED] = "cancelled",
	[SLT_CODES_UNKNOWN] = "codes unknown"
};

/* Counts the runs of a metric that the row remembers, and that come before the one at hand. */
static int
count_before(const SltTicket *t, int metric)
{
	const SltMetricFacts *m = &t->facts.metrics[metric];
	int			n = m->nruns;

	if (m->when_reopened != SLT_RESTART || t->facts.cancelled)
		return 0;
	if (n > 0 && !m->runs[n - 1].end.known)
		return n - 1;
	/* the last is the one at hand if no other has followed */
	return n > 0 && (slt_remembered_run(m) != NULL || !slt_current_clock(&t->facts, metric).start.known) ? n - 1 : n;
}

/* Counts the runs of a metric that there is something to say of, at least one. */
int
slt_count_runs(const SltTicket *t, int metric)
{
	return count_before(t, metric) + 1;
}

/* Tells whether a clock is at risk: past its first step, if that is one below 100 percent. */
static bool
is_at_risk(const SltStanding *s, TimestampTz now)
{
	SltInstant	at;

	return s->target->nsteps > 0 && s->target->steps[0] < 100000000 && slt_step_at(s, s->target->steps[0], &at) == SLT_OK && at < now;
}

/* Works out the state of a clock that has a deadline. */
static SltState
state_of(const SltTicket *t, const SltReport *r, TimestampTz now)
{
	const SltStanding *s = &r->standing;

	if (r->clock.end.known)
		return r->clock.end.at <= r->due.at ? SLT_MET : SLT_MET_LATE;
	if (now > r->due.at)
		return SLT_BREACHED;
	if (r->measured && s->target->pausable && slt_is_paused(&t->facts, r->metric))
		return SLT_PAUSED;
	return r->measured && is_at_risk(s, now) ? SLT_AT_RISK : SLT_ON_TRACK;
}

/* Measures the working time of a run, up to its end or to now. */
static void
measure_elapsed(SltReport *r, TimestampTz now)
{
	SltStanding *s = &r->standing;
	SltPauses	excluded = slt_excluded(s);
	SltInstant	to = r->clock.end.known ? r->clock.end.at : now;

	r->elapsed = 0;
	r->measured = to <= r->clock.start.at ||
		slt_worked(s->timeline, r->clock.start.at, to, excluded.count ? &excluded : NULL, &r->elapsed) == SLT_OK;
}

/* Measures also what was allowed. */
static void
measure(SltReport *r, TimestampTz now)
{
	SltStanding *s = &r->standing;
	SltPauses	excluded = slt_excluded(s);
	SltStatus	status;

	/*
	 * if the policy has another deadline now, what was allowed is the time up
	 * to the one that was promised
	 */
	if (r->due_now.known && !slt_is_infinite(r->due.at))
		status = slt_worked(s->timeline, r->clock.start.at, r->due.at, excluded.count ? &excluded : NULL, &s->work);
	else
		status = slt_find_work(s);
	measure_elapsed(r, now);
	r->measured &= status == SLT_OK;
}

/* Says why nothing is owed, if the row tells that without a target. */
static bool
find_reason(const SltTicket *t, const SltTerms *terms, SltReport *r)
{
	if (t->facts.cancelled)
		r->state = SLT_CANCELLED;
	else if (!r->clock.start.known)
		r->state = SLT_NO_START;
	else if (terms->out_of_scope)
		r->state = SLT_OUT_OF_SCOPE;
	else if (terms->unknown != NULL)
		r->state = SLT_CODES_UNKNOWN;
	else
		return false;
	return true;
}

/* Finds what is to be said of the run that the report names: by its metric, and its number from 1, 0 for the last. */
void
slt_report_run(const SltTicket *t, const SltTerms *terms, TimestampTz now, SltDetail detail, SltReport *r)
{
	int			metric = r->metric;
	const SltMetricFacts *m = &t->facts.metrics[metric];
	int			nbefore = count_before(t, metric);
	bool		is_before = r->run != 0 && r->run <= nbefore;
	const SltRun *over = is_before ? &m->runs[r->run - 1] : slt_remembered_run(m);
	SltMoment	promised = over && (is_before || over->due.known) ? over->due : t->stamped[metric].due;
	bool		by_policy;

	r->run = r->run ? r->run : nbefore + 1;
	r->current = !is_before;
	r->clock = over ? (SltClock) {(SltMoment) {true, over->start}, over->end, false} : slt_current_clock(&t->facts, metric);
	r->due = r->due_now = (SltMoment) {false, 0};
	r->measured = false;
	r->standing.target = NULL;
	r->standing.excluded.count = 0;
	if (find_reason(t, terms, r) && !(r->state > SLT_CANCELLED && r->clock.end.known && promised.known))
		return;
	if (detail == SLT_OUTCOME && r->clock.end.known && promised.known)
	{
		if (slt_is_owed(t, terms) && slt_find_promised(t, terms, metric, r->clock, &r->standing))
			measure_elapsed(r, now);
		r->due = promised;
		r->state = state_of(t, r, now);
		return;
	}
	by_policy = slt_is_owed(t, terms) && slt_find_due(t, terms, metric, r->clock, &r->standing) == SLT_OK && r->standing.target != NULL;
	if (!by_policy && !(promised.known && r->clock.end.known))
	{
		r->standing.target = NULL;
		r->state = SLT_NO_TARGET;
		return;
	}
	/* what was stamped is what was promised */
	r->due = promised.known ? promised : (SltMoment) {true, r->standing.due};
	if (by_policy)
	{
		if (r->standing.due != r->due.at)
			r->due_now = (SltMoment) {true, r->standing.due};
		r->standing.due = r->due.at;
		measure(r, now);
	}
	r->state = state_of(t, r, now);
}
