/*
 * clock.c
 *		The clocks of a ticket: when each starts, stands still, ends, and starts again.
 *
 * A clock is worked out from facts: the columns of the row as they are, the
 * history of its status, and the runs that are remembered, since the row does
 * not tell them any more.  slt_current_clock() reads them; slt_follow_runs() is
 * the only place where something is remembered, when one version of a row
 * becomes the next.
 *
 * Of what is remembered these are invariants:
 *	- runs stand in order of time, and only the last may be without an end;
 *	- an end in the row that is the end of the last run remembered is spent: it
 *	  does not end the run at hand;
 *	- what the history of the status tells is not remembered, but for runs of a
 *	  restarting metric, which have deadlines of their own.
 */
#include "clock.h"

#include <string.h>

static const SltMoment never = {false, 0};

/* An instant that is there, as those of a ticket may be missing. */
static SltMoment
moment(SltInstant at)
{
	return (SltMoment) {true, at};
}

/* Returns the earlier one of two moments, either of which may not be there. */
static SltMoment
earlier(SltMoment a, SltMoment b)
{
	return !a.known || (b.known && b.at < a.at) ? b : a;
}

/* ---------- the history of the status ---------- */

/*
 * Takes out the statuses in which a ticket is cancelled: it is as if they had
 * never been, and the status before holds on.  Of several that came at one
 * instant the last one holds.  Tells whether the ticket is cancelled now.
 */
bool
slt_drop_cancelled(SltStatusSince *statuses, int *n)
{
	bool		cancelled = *n > 0 && statuses[*n - 1].cancelled;
	int			kept = 0;

	for (int i = 0; i < *n; i++)
	{
		if (statuses[i].cancelled)
			continue;
		if (kept > 0 && statuses[kept - 1].at == statuses[i].at)
			kept--;
		statuses[kept++] = statuses[i];
	}
	*n = kept;
	return cancelled;
}

/* Returns when the status at hand first was one that ends a metric, if it is one. */
static SltMoment
done_since(const SltFacts *facts, int metric)
{
	SltMoment	since = never;

	for (int i = facts->nstatuses - 1; i >= 0 && (facts->statuses[i].done & 1u << metric); i--)
		since = moment(facts->statuses[i].at);
	return since;
}

/* Returns when the status first became one that ends a metric, from an instant on; or that instant, if it has been one since ever. */
static SltMoment
done_from(const SltFacts *facts, int metric, SltInstant from)
{
	bool		was = false;

	for (int i = 0; i < facts->nstatuses; i++)
	{
		const SltStatusSince *s = &facts->statuses[i];
		bool		is = (s->done & 1u << metric) != 0;

		if (is && !was && (s->at >= from || s->at == SLT_MINUS_INFINITY))
			return moment(s->at > from ? s->at : from);
		was = is;
	}
	return never;
}

/* ---------- the run at hand ---------- */

/* Returns the last run that is remembered, NULL for none. */
static const SltRun *
last_run(const SltMetricFacts *m)
{
	return m->nruns > 0 ? &m->runs[m->nruns - 1] : NULL;
}

/* Tells whether the end in the row is one that was remembered, and so ends nothing any more. */
static bool
is_spent(const SltMetricFacts *m)
{
	for (int i = m->nruns - 1; i >= 0; i--)
		if (m->runs[i].end.known)
			return m->runs[i].end.at == m->done.at;
	return false;
}

/*
 * Tells whether the last run of a restarting metric is over and no other has
 * started: its start was cleared, or is still the one of before its end.
 */
static bool
is_between_runs(const SltMetricFacts *m)
{
	const SltRun *last = last_run(m);

	if (m->when_reopened != SLT_RESTART || last == NULL || !last->end.known)
		return false;
	return !m->start.known || m->start.at < last->end.at || (m->start.at == last->end.at && m->ends_by != SLT_ENDS_WITH_OTHERS);
}

/* Returns the run at hand if it is one that is remembered to be over: the first of a metric that ends once, or one that no other has followed yet. */
const SltRun *
slt_remembered_run(const SltMetricFacts *m)
{
	if (m->when_reopened == SLT_ENDS_ONCE && m->nruns > 0 && m->start.known)
		return &m->runs[0];
	return is_between_runs(m) ? last_run(m) : NULL;
}

/* Returns when the run at hand started. */
static SltMoment
start_of(const SltMetricFacts *m)
{
	const SltRun *last = last_run(m);

	if (last == NULL || m->when_reopened == SLT_CONTINUE)
		return m->start;
	if (m->when_reopened == SLT_RESTART)
		return last->end.known ? m->start : moment(last->start);
	return m->start.known ? moment(m->runs[0].start) : never;	/* the same clock since
																 * its first start */
}

/* Returns the end that the row tells of the run at hand, by a column or by the status. */
static SltMoment
own_end(const SltFacts *facts, int metric, SltInstant start)
{
	const SltMetricFacts *m = &facts->metrics[metric];
	SltMoment	end = never;

	switch (m->ends_by)
	{
		case SLT_ENDS_BY_COLUMN:
			end = m->done.known && !is_spent(m) ? m->done : never;
			break;
		case SLT_ENDS_BY_STATUS:
			end = m->when_reopened == SLT_ENDS_ONCE ? done_from(facts, metric, start) : done_since(facts, metric);

			/*
			 * a status that was there before the clock ends it where it
			 * starts
			 */
			if (end.known && end.at < start && (m->when_reopened != SLT_RESTART || (end.at == SLT_MINUS_INFINITY && m->nruns == 0)))
				end.at = start;
			break;
		case SLT_ENDS_WITH_OTHERS:
			break;
	}
	return end;
}

/* Finds the run that a metric is in, or was in last. */
SltClock
slt_current_clock(const SltFacts *facts, int metric)
{
	const SltMetricFacts *m = &facts->metrics[metric];
	SltClock	clock = {start_of(m), never, false};
	const SltRun *remembered = slt_remembered_run(m);

	if (remembered != NULL)
		return (SltClock) {moment(remembered->start), remembered->end, false};
	if (!clock.start.known)
		return clock;
	clock.end = own_end(facts, metric, clock.start.at);
	clock.ended_by_status = m->ends_by == SLT_ENDS_BY_STATUS;
	if (m->when_reopened == SLT_RESTART && clock.end.known && clock.end.at < clock.start.at)
		clock.end = never;
	if (m->ends_with >= 0)
	{
		SltClock	other = slt_current_clock(facts, m->ends_with);
		SltMoment	end = earlier(clock.end, other.end);

		if (m->when_reopened == SLT_RESTART && end.known && end.at < clock.start.at)
			end = clock.end;
		if (end.known && (!clock.end.known || end.at < clock.end.at))
			clock.ended_by_status = other.ended_by_status;
		clock.end = end;
	}
	clock.ended_by_status = clock.ended_by_status && clock.end.known;
	return clock;
}

/* ---------- time that does not count ---------- */

/* Adds a stretch, as far as it lies within a run. */
static void
add_within(SltPeriods *periods, SltInstant from, SltInstant to, SltInstant start, SltMoment end)
{
	if (end.known && to > end.at)
		to = end.at;
	slt_periods_add(periods, from > start ? from : start, to);
}

/* Adds the times at which the status had a bit for a metric. */
static void
add_statuses(const SltFacts *facts, int metric, bool done, SltInstant start, SltMoment end, SltPeriods *periods)
{
	for (int i = 0; i < facts->nstatuses; i++)
	{
		const SltStatusSince *s = &facts->statuses[i];

		if ((done ? s->done : s->paused) & 1u << metric)
			add_within(periods, s->at, i + 1 < facts->nstatuses ? s[1].at : SLT_INFINITY, start, end);
	}
}

/* Adds the pauses of a run: the status says that the clock stands still. */
void
slt_add_pauses(const SltFacts *facts, int metric, SltInstant from, SltMoment end, SltPeriods *periods)
{
	add_statuses(facts, metric, false, from, end, periods);
}

/* Adds the times between an end and its being taken back, which do not count for a clock that resumed. */
void
slt_add_gaps(const SltFacts *facts, int metric, SltInstant from, SltMoment end, SltPeriods *periods)
{
	const SltMetricFacts *m = &facts->metrics[metric];

	if (m->when_reopened != SLT_RESUME)
		return;
	for (int i = 0; i + 1 < m->nruns; i++)
		if (m->runs[i].end.known)
			add_within(periods, m->runs[i].end.at, m->runs[i + 1].start, from, end);
	for (int other = metric; other >= 0; other = facts->metrics[other].ends_with)
		if (facts->metrics[other].ends_by == SLT_ENDS_BY_STATUS)
		{
			int			last = facts->nstatuses;

			/* what ends it now is no gap */
			while (last > 0 && (facts->statuses[last - 1].done & 1u << other))
				last--;
			for (int i = 0; i < last; i++)
				if (facts->statuses[i].done & 1u << other)
					add_within(periods, facts->statuses[i].at, facts->statuses[i + 1].at, from, end);
		}
}

/* Tells whether the status at hand is one in which a metric's clock stands still. */
bool
slt_is_paused(const SltFacts *facts, int metric)
{
	return facts->nstatuses > 0 && (facts->statuses[facts->nstatuses - 1].paused & 1u << metric) != 0;
}

/* ---------- what is remembered ---------- */

/* Runs in the making. */
typedef struct Memory
{
	int			n;
	SltRun	   *runs;
} Memory;

/* Forgets the run at hand, so that the row tells its start. */
static void
drop_open_run(Memory *r)
{
	if (r->n > 0 && !r->runs[r->n - 1].end.known)
		r->n--;
}

/* Remembers a run that is over. */
static void
remember(Memory *r, SltInstant start, SltInstant end, SltMoment due)
{
	drop_open_run(r);
	r->runs[r->n++] = (SltRun) {start, moment(end), due};
}

/* Remembers when the run at hand started, if the row tells something else. */
static void
start_at(Memory *r, SltInstant start, SltMoment in_row)
{
	drop_open_run(r);
	if (!in_row.known || in_row.at != start)
		r->runs[r->n++] = (SltRun) {start, never, never};
}

/* Tells whether a start was moved behind an instant. */
static bool
moved_behind(const SltMetricFacts *before, const SltMetricFacts *after, SltInstant at)
{
	return after->start.known && after->start.at > at && (!before->start.known || before->start.at != after->start.at);
}

/* Tells whether the row has a start of a restarting metric behind an end, so that the end is one of a run before. */
static bool
lies_behind_end(const SltMetricFacts *m)
{
	return m->when_reopened == SLT_RESTART && m->ends_by == SLT_ENDS_BY_COLUMN && m->done.known && m->start.known && m->start.at > m->done.at;
}

/*
 * Takes a reopening back: an end that was remembered stands in the row again, so
 * that the run that it ended is the one at hand.
 */
static bool
undo_reopening(Memory *r, const SltMetricFacts *before, const SltMetricFacts *after)
{
	int			n = r->n;

	if (after->ends_by != SLT_ENDS_BY_COLUMN || !after->done.known ||
		(before->done.known && before->done.at == after->done.at))
		return false;
	if (n > 0 && !r->runs[n - 1].end.known)
		n--;
	if (n == 0 || r->runs[n - 1].end.at != after->done.at || lies_behind_end(after))
		return false;
	r->n = n - 1;
	if (after->when_reopened == SLT_RESTART)
		start_at(r, r->runs[n - 1].start, after->start);
	else if (after->when_reopened == SLT_RESUME && r->n > 0)
		r->runs[r->n++] = (SltRun) {r->runs[n - 1].start, never, never};
	return true;
}

/* Follows a clock that had ended, and whose end was taken back or lies before its start now. */
static void
reopen(Memory *r, const SltMetricFacts *before, const SltMetricFacts *after, const SltClock *was, SltInstant change, SltMoment due)
{
	bool		behind = moved_behind(before, after, was->end.at);

	switch (after->when_reopened)
	{
		case SLT_RESTART:
			if (!is_between_runs(before))
				remember(r, was->start.at, was->end.at, due);
			if (behind)
				start_at(r, after->start.at, after->start);
			else if (after->start.known)
				start_at(r, change > was->end.at ? change : was->end.at, after->start);
			break;
		case SLT_RESUME:
			if (was->ended_by_status && !behind)
				break;
			remember(r, r->n > 0 && !r->runs[r->n - 1].end.known ? r->runs[r->n - 1].start : was->start.at, was->end.at, due);
			r->runs[r->n++] = (SltRun) {change > was->end.at ? change : was->end.at, never, never};
			break;
		case SLT_CONTINUE:
			r->n = 0;
			if (after->done.known && after->done.at == was->end.at)
				remember(r, was->start.at, was->end.at, due);
			break;
		case SLT_ENDS_ONCE:
			break;
	}
}

/* Follows a clock of a restarting metric that had not ended. */
static void
follow_running(Memory *r, const SltMetricFacts *before, const SltMetricFacts *after, SltInstant start, SltInstant change)
{
	bool		moved = before->start.known != after->start.known || before->start.at != after->start.at;

	if (!moved)
		return;
	if (after->ends_by == SLT_ENDS_WITH_OTHERS)
	{
		if (!after->start.known)
			remember(r, start, change > start ? change : start, never);
		else if (after->start.at > start)
			remember(r, start, after->start.at, never);
		else if (before->start.known && before->start.at == start)
			drop_open_run(r);
	}
	else if (!after->start.known || after->start.at < start)
		drop_open_run(r);
	else if (after->ends_by == SLT_ENDS_BY_COLUMN && after->done.known && after->done.at >= start && after->done.at < after->start.at)
		remember(r, start, after->done.at, never);
	else
		start_at(r, start, after->start);
}

/*
 * Follows a clock of a restarting metric that has ended and stays so.  The first
 * end counts, as the first start does; one that moves back is a correction.
 */
static void
follow_ended(Memory *r, const SltMetricFacts *before, const SltMetricFacts *after, const SltClock *was, const SltClock *is, SltMoment due)
{
	bool		by_itself = before->ends_by == SLT_ENDS_BY_COLUMN && before->done.known && before->done.at == was->end.at;

	if (is_between_runs(before))
		return;
	if (!after->start.known || (by_itself && is->end.known && is->end.at > was->end.at))
		remember(r, was->start.at, was->end.at, due);
	else if (after->start.at != before->start.at)
		drop_open_run(r);
}

/* Corrects the first start of a clock that resumed. */
static void
correct_start(Memory *r, const SltMetricFacts *before, const SltMetricFacts *after)
{
	if (after->when_reopened == SLT_RESUME && r->n > 0 && before->start.known && after->start.known && before->start.at != after->start.at &&
		before->start.at == r->runs[0].start && after->start.at <= r->runs[0].end.at)
		r->runs[0].start = after->start.at;
}

/*
 * Works out what is to be remembered of a metric when a row changes.  The facts
 * after have the runs of before; change is when it happened, due the deadline
 * that was stamped.  There must be room for two more runs.  Returns how many.
 */
int
slt_follow_runs(const SltFacts *before, const SltFacts *after, int metric, SltInstant change, SltMoment due, SltRun *runs)
{
	const SltMetricFacts *b = &before->metrics[metric],
			   *a = &after->metrics[metric];
	SltClock	was = slt_current_clock(before, metric),
				is;
	Memory		r = {a->nruns, runs};

	if (a->nruns > 0)
		memcpy(runs, a->runs, sizeof(SltRun) * a->nruns);
	if (!was.start.known || undo_reopening(&r, b, a))
		return r.n;
	is = slt_current_clock(after, metric);
	if (!was.end.known)
	{
		if (a->when_reopened == SLT_RESTART)
			follow_running(&r, b, a, was.start.at, change);
		else
			correct_start(&r, b, a);
	}
	else if (a->when_reopened == SLT_ENDS_ONCE)
	{
		/* of an end by the status the history tells the first */
		if (r.n == 0 && (was.ended_by_status ? moved_behind(b, a, was.end.at) : !is.end.known || is.end.at != was.end.at || moved_behind(b, a, was.end.at)))
			remember(&r, was.start.at, was.end.at, due);
	}
	else if (lies_behind_end(a) && b->done.known && a->done.at < b->done.at && !moved_behind(b, a, was.end.at))
		return r.n;				/* the end is corrected: it never was */
	else if (moved_behind(b, a, was.end.at) || (a->start.known && (!is.end.known || (b->done.known && !a->done.known && is_between_runs(b)))))
		reopen(&r, b, a, &was, change, due);
	else if (a->when_reopened == SLT_RESTART)
		follow_ended(&r, b, a, &was, &is, due);
	else
		correct_start(&r, b, a);
	return r.n;
}

/* Finds a run that is remembered to have ended then, whose deadline is to be kept. */
static const SltRun *
run_ending(const SltMetricFacts *m, SltInstant end)
{
	for (int i = 0; i < m->nruns; i++)
		if (m->runs[i].end.known && m->runs[i].end.at == end)
			return &m->runs[i];
	return NULL;
}

/*
 * Works the runs of a restarting metric that ends by the status out from the
 * history of that alone, for a ticket that comes with one, or whose history was
 * changed.  Deadlines of runs that ended then as well are kept.  Returns how
 * many; room for as many as there are statuses, and one, will do.
 */
int
slt_derive_runs(const SltFacts *facts, int metric, SltRun *runs, int room)
{
	const SltMetricFacts *m = &facts->metrics[metric];
	SltMoment	start = m->nruns > 0 ? moment(m->runs[0].start) : m->start;
	Memory		r = {0, runs};

	for (int i = 0; start.known && i + 1 < facts->nstatuses && r.n + 1 < room; i++)
	{
		const SltStatusSince *s = &facts->statuses[i];
		bool		ends = (s->done & 1u << metric) && (i == 0 || !(s[-1].done & 1u << metric));
		SltInstant	at = s->at > start.at || i > 0 ? s->at : start.at;
		const SltRun *known;
		int			next = i + 1;

		if (!ends || at < start.at)
			continue;
		while (next < facts->nstatuses && (facts->statuses[next].done & 1u << metric))
			next++;
		if (next == facts->nstatuses)
			break;				/* it ends the run at hand */
		known = run_ending(m, at);
		remember(&r, start.at, at, known && known->start == start.at ? known->due : never);
		start = moment(facts->statuses[next].at);
	}
	if (start.known && r.n > 0)
		start_at(&r, m->start.known && m->start.at > runs[r.n - 1].end.at ? m->start.at : start.at, m->start);
	return r.n;
}
