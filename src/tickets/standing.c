/*
 * standing.c
 *		How a clock of a ticket stands, and what is stamped of it.
 *
 * Deadlines, whether they were met, and when to look next are worked out from
 * the row and the policy alone, so they can be worked out again at any time, and
 * come out the same.  What is done keeps the stamps that it has until one of its
 * own facts changes.
 */
#include "standing.h"

#include "access/xact.h"

#define WHOLE INT64CONST(100000000) /* 100 percent, as steps are counted */

/* ---------- deadlines ---------- */

/* Finds the pauses of a run, merged where statuses follow on one another. */
static void
find_pauses(const SltTicket *t, int metric, SltClock clock, SltPeriods *pauses)
{
	slt_periods_init(pauses, NULL);
	slt_add_pauses(&t->facts, metric, clock.start.at, clock.end, pauses);
	if (pauses->count > 1)
		slt_merge(pauses);
}

/* Finds all time of a run that does not count: its pauses, if it is pausable, and what lies between an end that was taken back and that. */
static void
find_excluded(const SltTicket *t, int metric, SltClock clock, bool pausable, SltPeriods *excluded)
{
	slt_periods_init(excluded, NULL);
	if (pausable)
		slt_add_pauses(&t->facts, metric, clock.start.at, clock.end, excluded);
	slt_add_gaps(&t->facts, metric, clock.start.at, clock.end, excluded);
	if (excluded->count > 1)
		slt_merge(excluded);
}

/* Finds what a run of a metric is promised, and what of its time does not count; its start is known, and the ticket is owed deadlines. */
bool
slt_find_promised(const SltTicket *t, const SltTerms *terms, int metric, SltClock clock, SltStanding *s)
{
	s->clock = clock;
	s->target = slt_target_at(terms->promises[metric], clock.start.at);
	if (s->target == NULL)
		return false;
	s->timeline = s->target->timeline;
	find_excluded(t, metric, clock, s->target->pausable, &s->excluded);
	return true;
}

/* Works out when a run of a metric is due; its start is known, and the ticket is owed deadlines. */
SltStatus
slt_find_due(const SltTicket *t, const SltTerms *terms, int metric, SltClock clock, SltStanding *s)
{
	SltPauses	excluded;

	if (!slt_find_promised(t, terms, metric, clock, s))
		return SLT_OK;
	excluded = slt_excluded(s);
	return slt_add(s->timeline, clock.start.at, &s->target->amount, excluded.count ? &excluded : NULL, &s->due);
}

/* Works out how much working time a run allows. */
SltStatus
slt_find_work(SltStanding *s)
{
	return slt_amount_work(s->timeline, s->clock.start.at, &s->target->amount, &s->work);
}

/* Works out when a step of the target is passed; slt_find_work() comes first. */
SltStatus
slt_step_at(const SltStanding *s, int64 step, SltInstant *at)
{
	SltAmount	part = {0};
	SltPauses	excluded = slt_excluded(s);
	long double micros = (long double) s->work * step / WHOLE + 0.999999L;
	SltStatus	status;

	*at = s->due;
	if (step == WHOLE)
		return SLT_OK;
	if (micros >= (long double) SLT_INFINITY)
		return SLT_OUT_OF_RANGE;
	part.micros = (int64) micros;
	status = slt_add(s->timeline, s->clock.start.at, &part, excluded.count ? &excluded : NULL, at);
	if (status == SLT_OK)
		*at = step < WHOLE ? Min(*at, s->due) : Max(*at, s->due);
	return status;
}

/* ---------- when to look next ---------- */

/* Tells whether a run is one that announces its steps: it goes on, and does not stand still. */
static bool
is_announced(const SltTicket *t, int metric, const SltStanding *s)
{
	return s->target != NULL && !s->clock.end.known && s->target->nsteps > 0 && !(s->target->pausable && slt_is_paused(&t->facts, metric));
}

/*
 * Finds the highest step of a ticket's clock that is passed by now, and when the
 * first is that is not; of a clock that announces nothing there is neither.  A
 * deadline that is known counts in place of the one worked out.
 */
SltPassed
slt_find_passed(const SltTicket *t, const SltTerms *terms, int metric, SltMoment due, SltInstant now)
{
	SltClock	clock = slt_current_clock(&t->facts, metric);
	SltStanding s = {0};
	SltPassed	passed = {.next = SLT_INFINITY};
	SltInstant	at;

	if (!clock.start.known || clock.end.known || !slt_is_owed(t, terms) || slt_find_due(t, terms, metric, clock, &s) != SLT_OK ||
		!is_announced(t, metric, &s) || slt_find_work(&s) != SLT_OK)
		return passed;
	if (due.known)
		s.due = due.at;
	if (s.due < t->attachment->announce_from)
		return passed;
	for (int i = 0; i < s.target->nsteps && passed.next == SLT_INFINITY; i++)
	{
		if (slt_step_at(&s, s.target->steps[i], &at) != SLT_OK)
			continue;
		if (at >= now)
			passed.next = at;
		else
			passed = (SltPassed) {s.target->steps[i], at, s.due, SLT_INFINITY};
	}
	return passed;
}

/* Finds the first step that is passed at an instant or later; infinity for none, as of those that no timestamp can tell. */
static SltInstant
next_step(SltStanding *s, SltInstant from)
{
	SltInstant	at;

	if (slt_find_work(s) == SLT_OK)
		for (int i = 0; i < s->target->nsteps; i++)
			if (slt_step_at(s, s->target->steps[i], &at) == SLT_OK && at >= from)
				return at;
	return SLT_INFINITY;
}

/*
 * Returns from when on steps of a clock are still to be looked at: all of a
 * clock that changed; else those that the row did not have behind it yet.  None
 * of one that fell due before announcing begins.
 */
static SltInstant
announced_until(const SltTicket *t, const SltTicket *before, int metric, const SltStanding *s)
{
	SltClock	was;

	if (s->due < t->attachment->announce_from)
		return SLT_INFINITY;
	if (!before->stamped[metric].due.known || before->stamped[metric].due.at != s->due || !same_spelling(&t->codes, &before->codes))
		return SLT_MINUS_INFINITY;
	was = slt_current_clock(&before->facts, metric);
	if (!was.start.known || was.start.at != s->clock.start.at || was.end.known || before->facts.cancelled ||
		(s->target->pausable && slt_is_paused(&before->facts, metric)))
		return SLT_MINUS_INFINITY;
	/* the target may have got more steps since */
	return before->announce_at.known ? before->announce_at.at : GetCurrentTransactionStartTimestamp();
}

/* Tells whether the first step of one clock comes no earlier than that of another, without working either out. */
static bool
is_behind(const SltStanding *s, const SltStanding *other)
{
	return s->due >= other->due && s->timeline == other->timeline && s->clock.start.at == other->clock.start.at &&
		s->excluded.count == 0 && other->excluded.count == 0 && s->target->steps[0] >= other->target->steps[0];
}

/* Works out when a ticket has to be looked at next; infinity for never. */
static SltInstant
find_announcement(const SltTicket *t, const SltTicket *before, SltStanding *standings)
{
	SltInstant	announce_at = SLT_INFINITY;
	int			earliest = -1;

	for (int i = 0; i < t->facts.nmetrics; i++)
	{
		SltStanding *s = &standings[i];
		SltInstant	at,
					from;

		if (!is_announced(t, i, s))
			continue;
		from = announced_until(t, before, i, s);
		/* most new tickets have one clock that comes before all others */
		if (from == SLT_INFINITY || (from == SLT_MINUS_INFINITY && earliest >= 0 && is_behind(s, &standings[earliest])))
			continue;
		at = next_step(s, from);
		if (at < announce_at)
		{
			announce_at = at;
			earliest = i;
		}
	}
	return announce_at;
}

/* ---------- stamps ---------- */

/* Notes a stamp; all of a row are laid into it at once. */
void
slt_add_stamp(SltStamps *stamps, AttrNumber attnum, Datum value, bool isnull)
{
	stamps->attnums[stamps->n] = attnum;
	stamps->values[stamps->n] = value;
	stamps->nulls[stamps->n++] = isnull;
}

/* Tells whether two sets of periods are the same, to know if what was worked out before still holds. */
static bool
same_periods(const SltPeriods *a, const SltPeriods *b)
{
	return a->count == b->count && (a->count == 0 || memcmp(a->items, b->items, sizeof(SltPeriod) * a->count) == 0);
}

/*
 * Tells whether the facts of a clock that has ended are what they were: start,
 * end, codes, and the time before the end that does not count.
 */
static bool
same_facts(const SltTicket *t, const SltTicket *before, const SltTerms *terms, int metric, SltClock clock)
{
	const SltTarget *target = slt_is_owed(t, terms) ? slt_target_at(terms->promises[metric], clock.start.at) : NULL;
	SltClock	was = slt_current_clock(&before->facts, metric);
	SltPeriods	now,
				then;

	if (!was.start.known || !was.end.known || was.start.at != clock.start.at || was.end.at != clock.end.at ||
		before->facts.cancelled || !same_spelling(&t->codes, &before->codes))
		return false;
	find_excluded(t, metric, clock, false, &now);
	find_excluded(before, metric, was, false, &then);
	if (!same_periods(&now, &then))
		return false;
	if (target != NULL && !target->pausable)
		return true;
	find_pauses(t, metric, clock, &now);
	find_pauses(before, metric, was, &then);
	return same_periods(&now, &then);
}

/* A row whose stamps are worked out. */
typedef struct RowToStamp
{
	const SltTicket *ticket;
	const SltTicket *before;	/* as it was; NULL for a new row, or one that
								 * is looked at again */
	const SltTerms *terms;
	SltStampMode mode;
} RowToStamp;

/* Finds the stamps that a clock keeps since it is done; false if there are none to keep. */
static bool
kept_stamps(const RowToStamp *row, int metric, SltClock clock, SltStamped *kept)
{
	const SltRun *remembered = slt_remembered_run(&row->ticket->facts.metrics[metric]);

	if (!clock.end.known)
		return false;
	if (remembered != NULL && remembered->due.known)
	{
		*kept = (SltStamped) {remembered->due, true, clock.end.at <= remembered->due.at};
		return true;
	}
	*kept = (row->before ? row->before : row->ticket)->stamped[metric];
	if (row->mode == SLT_DECIDE_ANEW || !kept->has_met || !kept->due.known)
		return false;
	return row->before ? same_facts(row->ticket, row->before, row->terms, metric, clock) : kept->due.at >= clock.start.at;
}

/* Works out when a metric is due and whether it was met; what is done and has not changed keeps its stamps. */
static SltStatus
stamp_metric(const RowToStamp *row, int metric, SltStanding *s, SltStamps *stamps)
{
	const SltTicket *t = row->ticket;
	const SltMetric *m = &t->attachment->metrics[metric];
	SltClock	clock = slt_current_clock(&t->facts, metric);
	SltStamped	stamped = {0};
	SltStatus	status = SLT_OK;

	s->target = NULL;
	s->timeline = NULL;
	if (clock.start.known && !t->facts.cancelled && !kept_stamps(row, metric, clock, &stamped))
	{
		stamped = (SltStamped) {0};
		if (slt_is_owed(t, row->terms))
			status = slt_find_due(t, row->terms, metric, clock, s);
		if (status != SLT_OK)
			return status;
		if (s->target != NULL)
			stamped = (SltStamped) {(SltMoment) {true, s->due}, clock.end.known, clock.end.at <= s->due};
	}
	slt_add_stamp(stamps, m->due, TimestampTzGetDatum(stamped.due.at), !stamped.due.known);
	slt_add_stamp(stamps, m->met, BoolGetDatum(stamped.met), !stamped.has_met);
	return SLT_OK;
}

/*
 * Works out what is written into a row.  What of its memory is not to be written
 * is left as it is.  Stamps stand in the order of columns as we add them.
 */
SltStatus
slt_make_stamps(const SltTicket *t, const SltTicket *before, const SltTerms *terms, const SltMemory *memory, SltStampMode mode, SltStamps *stamps)
{
	const SltAttachment *a = t->attachment;
	RowToStamp	row = {t, before, terms, mode};
	SltStanding standings[SLT_MAX_METRICS];
	SltStatus	status;

	stamps->n = 0;
	stamps->failed = NULL;
	for (int i = 0; i < a->nmetrics; i++)
	{
		status = stamp_metric(&row, i, &standings[i], stamps);
		if (status != SLT_OK)
		{
			stamps->failed = standings[i].timeline;
			return status;
		}
		if (memory->runs & 1u << i)
			slt_add_stamp(stamps, a->metrics[i].runs, t->facts.metrics[i].nruns ? slt_make_runs(&t->facts.metrics[i]) : (Datum) 0,
						  t->facts.metrics[i].nruns == 0);
	}
	if (memory->history)
	{
		slt_add_stamp(stamps, a->status_at, slt_make_history_at(&t->history), false);
		slt_add_stamp(stamps, a->status_became, slt_make_history_became(&t->history), false);
	}
	stamps->announce_at = find_announcement(t, before ? before : t, standings);
	slt_add_stamp(stamps, a->announce_at, TimestampTzGetDatum(stamps->announce_at), stamps->announce_at == SLT_INFINITY);
	return SLT_OK;
}
