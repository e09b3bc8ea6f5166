/*
 * model.c
 *		Working time by the letter of its definition, slowly; and the properties
 *		that the timeline must have, checked against it.
 *
 * Nothing here is shared with the timeline: a walk looks at the wall clock,
 * goes on to where the answer may change, and looks again.
 */
#include "model.h"

#include "segment.h"

const char *const property_names[NPROPERTIES] = {
#define PROPERTY(id, name) name,
	PROPERTIES
#undef PROPERTY
};

/* ---------- looking at the wall clock ---------- */

/* Returns the offset at an instant, and when it changes next. */
static int64_t
offset_at(const Model *m, SltInstant at, SltInstant *until)
{
	int64_t		next,
				offset = slt_zone_offset(m->zone, slt_floor_div(at, SLT_SECOND), &next) * SLT_SECOND;

	*until = next > SLT_END_INSTANT / SLT_SECOND ? SLT_INFINITY : next * SLT_SECOND;
	return offset;
}

/* Tells whether an instant is working, until when this holds, and whose date's span it is. */
static bool
look(const Model *m, SltInstant at, SltInstant *until, SltDate *owner)
{
	int64_t		offset = offset_at(m, at, until),
				wall = at + offset,
				holds_until;
	SltDate		date = (SltDate) slt_floor_div(wall, SLT_DAY);
	bool		working = false;

	holds_until = (date + 1) * SLT_DAY;
	for (SltDate d = date - 1; d <= date; d++)
	{
		const SltSpan *spans;
		int			n = m->hours(m->rules, d, &spans);

		for (int i = 0; i < n; i++)
		{
			int64_t		start = d * SLT_DAY + spans[i].start * SLT_SECOND,
						end = d * SLT_DAY + spans[i].end * SLT_SECOND;

			if (!working && start <= wall && wall < end)
			{
				working = true;
				*owner = d;
			}
			if (start > wall && start < holds_until)
				holds_until = start;
			if (end > wall && end < holds_until)
				holds_until = end;
		}
	}
	if (holds_until - offset < *until)
		*until = holds_until - offset;
	return working;
}

/* Tells whether an instant is working. */
bool
model_working(const Model *m, SltInstant at)
{
	SltInstant	until;
	SltDate		owner;

	return look(m, at, &until, &owner);
}

/* The same with pauses taken out; sets `for_ever` inside a pause that never ends. */
static bool
look_paused(const Model *m, SltInstant at, const SltPauses *pauses, SltInstant *until, bool *for_ever)
{
	SltDate		owner;
	bool		working = look(m, at, until, &owner);

	*for_ever = false;
	for (int i = 0; pauses != NULL && i < pauses->count; i++)
	{
		SltPeriod	p = pauses->periods[i];

		if (p.from <= at && at < p.to)
		{
			working = false;
			*for_ever = p.to == SLT_INFINITY;
		}
		if (p.from > at && p.from < *until)
			*until = p.from;
		if (p.to > at && p.to < *until)
			*until = p.to;
	}
	return working;
}

/* Measures working time by walking. */
int64_t
model_worked(const Model *m, SltInstant from, SltInstant to, const SltPauses *pauses)
{
	int64_t		sum = 0;
	SltInstant	until;
	bool		for_ever;

	if (to < from)
		return -model_worked(m, to, from, pauses);
	for (SltInstant at = from; at < to; at = until)
	{
		bool		working = look_paused(m, at, pauses, &until, &for_ever);

		if (until > to)
			until = to;
		if (working)
			sum += until - at;
	}
	return sum;
}

/* ---------- hours ---------- */

/* Finds the last instant of [from, to] behind which a length of working time is left; false with the rest if it is longer. */
static bool
take_from_end(const Model *m, SltInstant from, SltInstant to, const SltPauses *pauses, int64_t *micros, SltInstant *result)
{
	int64_t		skip = model_worked(m, from, to, pauses) - *micros;
	SltInstant	until;
	bool		for_ever;

	if (skip < 0)
	{
		*micros = -skip;
		return false;
	}
	for (SltInstant at = from; at < to; at = until)
	{
		bool		working = look_paused(m, at, pauses, &until, &for_ever);

		if (!working)
			continue;
		if (until - at > skip)
		{
			*result = at + skip;
			return true;
		}
		skip -= until - at;
	}
	return false;
}

/* Adds hours by walking; false if the walk gives up. */
bool
model_add_hours(const Model *m, SltInstant at, int64_t micros, const SltPauses *pauses, SltInstant *result)
{
	SltInstant	end = at + m->reach * SLT_DAY,
				until;

	*result = at;
	if (micros == 0)
		return true;
	if (micros < 0)
	{
		micros = -micros;
		for (SltInstant to = at; to > at - m->reach * SLT_DAY; to -= SLT_DAY)
		{
			if (take_from_end(m, to - SLT_DAY, to, pauses, &micros, result))
				return true;
			if (pauses != NULL && pauses->count > 0 && pauses->periods[0].from == SLT_MINUS_INFINITY &&
				pauses->periods[0].to >= to)
			{
				*result = SLT_MINUS_INFINITY;
				return true;
			}
		}
		return false;
	}
	for (; at < end; at = until)
	{
		bool		for_ever,
					working = look_paused(m, at, pauses, &until, &for_ever);

		if (for_ever)
		{
			*result = SLT_INFINITY;
			return true;
		}
		if (working && until - at >= micros)
		{
			*result = at + micros;
			return true;
		}
		if (working)
			micros -= until - at;
	}
	return false;
}

/* ---------- days ---------- */

/* Tells whether the wall clock ever shows a time inside the spans of a date. */
static bool
has_working_time(const Model *m, SltDate date)
{
	const SltSpan *spans;
	int			n = m->hours(m->rules, date, &spans);
	SltInstant	until;

	for (SltInstant at = (date - 2) * SLT_DAY; n > 0 && at < (date + 4) * SLT_DAY; at = until)
	{
		int64_t		offset = offset_at(m, at, &until);

		for (int i = 0; i < n; i++)
			if (date * SLT_DAY + spans[i].start * SLT_SECOND - offset < until &&
				date * SLT_DAY + spans[i].end * SLT_SECOND - offset > at)
				return true;
	}
	return false;
}

/* Finds the first instant whose wall clock shows a time or more. */
static SltInstant
first_showing(const Model *m, int64_t wall)
{
	SltInstant	at = wall - 2 * SLT_DAY,
				until;

	for (;; at = until)
	{
		int64_t		offset = offset_at(m, at, &until);

		if (until == SLT_INFINITY || until + offset > wall)
			return at > wall - offset ? at : wall - offset;
	}
}

/* Finds the last instant before which the wall clock shows less than a time: the mirror image. */
static SltInstant
last_leaving(const Model *m, int64_t wall)
{
	SltInstant	last = 0,
				until;

	for (SltInstant at = wall - 2 * SLT_DAY; at < wall + 2 * SLT_DAY; at = until)
	{
		SltInstant	t = wall - offset_at(m, at, &until);

		if (t > until)
			t = until;
		if (t > at)
			last = t;
	}
	return last;
}

/* Adds days by rule 4, word for word; false if a walk gives up. */
static bool
step_days(const Model *m, SltInstant at, int64_t days, SltInstant *result)
{
	int			sign = days > 0 ? 1 : -1;
	SltInstant	s,
				inside,
				until,
				r;
	SltDate		date;
	int64_t		x,
				work;

	/*
	 * s: the next working instant, or back in time the end of working time,
	 * and x the time it shows
	 */
	if (!model_add_hours(m, at, sign, NULL, &s))
		return false;
	s -= sign;					/* found as the instant by which one
								 * microsecond is worked */
	inside = sign > 0 ? s : s - 1;
	look(m, inside, &until, &date);
	x = s + offset_at(m, inside, &until) - date * SLT_DAY;

	for (int reach = m->reach; days != 0; reach--)
	{
		if (reach == 0)
			return false;
		date += sign;
		if (has_working_time(m, date))
			days -= sign;
	}
	r = sign > 0 ? first_showing(m, date * SLT_DAY + x) : last_leaving(m, date * SLT_DAY + x);
	work = model_worked(m, at, r, NULL);
	*result = at;
	return work * sign <= 0 || model_add_hours(m, at, work, NULL, result);
}

/* Adds days, and moves the deadline by the pauses as rule 6 says; false if a walk gives up. */
bool
model_add_days(const Model *m, SltInstant at, int64_t days, const SltPauses *pauses, SltInstant *result)
{
	*result = at;
	if (days == 0)
		return true;
	if (!step_days(m, at, days, result))
		return false;
	for (int k = 0; pauses != NULL && k < pauses->count; k++)
	{
		SltPeriod	p = pauses->periods[days > 0 ? k : pauses->count - 1 - k];

		if (days > 0 ? p.from >= *result : p.to <= *result)
			continue;
		if (days > 0 && p.from < at)
			p.from = at;
		if (days < 0 && p.to > at)
			p.to = at;
		if (p.from >= p.to)
			continue;
		if (slt_is_infinite(p.from) || slt_is_infinite(p.to))
		{
			*result = days > 0 ? SLT_INFINITY : SLT_MINUS_INFINITY;
			return true;
		}
		if (!model_add_hours(m, *result, (days > 0 ? 1 : -1) * model_worked(m, p.from, p.to, NULL), NULL, result))
			return false;
	}
	return true;
}

/* ---------- properties ---------- */

/* Adds with the timeline. */
static SltStatus
add(SltTimeline *tl, SltInstant at, int64_t days, int64_t micros, const SltPauses *pauses, SltInstant *result)
{
	SltAmount	amount = {days, micros};

	return slt_add(tl, at, &amount, pauses, result);
}

/* Measures with the timeline; what cannot be measured is 0. */
static int64_t
worked(SltTimeline *tl, SltInstant from, SltInstant to)
{
	int64_t		micros;

	return slt_worked(tl, from, to, NULL, &micros) == SLT_OK ? micros : 0;
}

#define HOLDS(id, condition) \
	do { \
		if (!(condition)) \
			broken |= UINT32_C(1) << HOLDS_##id; \
	} while (0)

/* Checks what adding must hold, with and without the walk. */
static uint32_t
broken_adding(SltTimeline *tl, const Model *m, const Question *q)
{
	uint32_t	broken = 0;
	SltInstant	sum = 0,
				back,
				expected,
				later;
	SltStatus	status = add(tl, q->at, 0, q->micros, NULL, &sum);

	if (model_add_hours(m, q->at, q->micros, NULL, &expected))
	{
		HOLDS(STATUS, status == SLT_OK);
		HOLDS(HOURS, sum == expected);
	}
	if (status == SLT_OK)
	{
		HOLDS(INVERSE, worked(tl, q->at, sum) == q->micros);
		if (q->micros > 0 && add(tl, sum, 0, -q->micros, NULL, &back) == SLT_OK)
			HOLDS(MIRROR, slt_next_working(tl, q->at, &expected) == SLT_OK && back == expected);
		if (add(tl, q->to, 0, q->micros, NULL, &later) == SLT_OK)
			HOLDS(MONOTONE_START, later >= sum);
		if (add(tl, q->at, 0, q->micros + SLT_HOUR + 1, NULL, &later) == SLT_OK)
			HOLDS(MONOTONE_HOURS, later >= sum);
	}
	status = add(tl, q->at, q->days, 0, NULL, &sum);
	if (model_add_days(m, q->at, q->days, NULL, &expected))
	{
		HOLDS(STATUS, status == SLT_OK);
		HOLDS(DAYS, sum == expected);
	}
	if (status == SLT_OK && add(tl, q->at, q->days + 1, 0, NULL, &later) == SLT_OK)
		HOLDS(MONOTONE_DAYS, later >= sum);
	if (model_add_days(m, q->at, q->days, &q->pauses, &expected) &&
		(slt_is_infinite(expected) || model_add_hours(m, expected, q->micros, &q->pauses, &expected)))
	{
		status = add(tl, q->at, q->days, q->micros, &q->pauses, &sum);

		/*
		 * a search past all working time is an error even where a pause never
		 * ends
		 */
		if (status == SLT_NO_WORKING_TIME && slt_is_infinite(expected))
			return broken;
		HOLDS(STATUS, status == SLT_OK);
		HOLDS(MIXED_PAUSED, sum == expected);
	}
	return broken;
}

/* Checks what measuring must hold. */
static uint32_t
broken_measuring(SltTimeline *tl, const Model *m, const Question *q)
{
	uint32_t	broken = 0;
	SltInstant	middle = q->at + (q->to - q->at) / 3;
	SltPeriod	p = {q->at, q->at};
	int64_t		micros,
				all = worked(tl, q->at, q->to),
				sum = 0;
	bool		small = q->to - q->at <= m->reach * SLT_DAY;

	HOLDS(MEMBERSHIP, slt_is_working(tl, q->at) == model_working(m, q->at));
	HOLDS(NEGATIVE, worked(tl, q->to, q->at) == -all);
	HOLDS(ADDITIVE, worked(tl, q->at, middle) + worked(tl, middle, q->to) == all);
	if (!small)
		return broken;
	HOLDS(WORKED, all == model_worked(m, q->at, q->to, NULL));
	HOLDS(STATUS, slt_worked(tl, q->at, q->to, &q->pauses, &micros) == SLT_OK);
	HOLDS(WORKED_PAUSED, micros == model_worked(m, q->at, q->to, &q->pauses));
	while (p.to < q->to && slt_next_period(tl, p.to, q->to, &p) == SLT_OK)
	{
		HOLDS(PERIODS, p.from >= q->to || (p.from < p.to && slt_is_working(tl, p.from)));
		HOLDS(PERIODS, p.to >= q->to || !slt_is_working(tl, p.to));
		HOLDS(PERIODS, p.from == q->at || !slt_is_working(tl, p.from - 1));
		if (p.from < q->to)
			sum += (p.to < q->to ? p.to : q->to) - p.from;
		if (p.to <= p.from)
			break;
	}
	HOLDS(PERIODS, sum == all);
	return broken;
}

/* Checks what the segments of an explanation must hold. */
static uint32_t
broken_segments(SltTimeline *tl, const Model *m, const Question *q)
{
	uint32_t	broken = 0;
	SltSegment	s;
	int64_t		sum = 0;

	if (q->to - q->at > m->reach * SLT_DAY)
		return broken;
	for (SltInstant at = q->at; at < q->to; at = s.to)
	{
		if (slt_next_segment(tl, at, q->to, &s) != SLT_OK || s.from != at || s.to <= at || s.to > q->to)
			return broken | UINT32_C(1) << HOLDS_SEGMENTS;
		HOLDS(SEGMENTS, (s.kind == SLT_WORKING) == model_working(m, at));
		HOLDS(SEGMENTS, worked(tl, at, s.to) == (s.kind == SLT_WORKING ? s.to - at : 0));
		sum += s.kind == SLT_WORKING ? s.to - at : 0;
	}
	HOLDS(SEGMENTS, sum == worked(tl, q->at, q->to));
	return broken;
}

/* Checks what is told of the zone alone. */
static uint32_t
broken_clock(const Model *m, const Question *q)
{
	uint32_t	broken = 0;
	SltInstant	until,
				later;
	int64_t		offset = offset_at(m, q->at, &until);
	SltWallClock clock = slt_wall_clock(m->zone, q->at);

	while (until != SLT_INFINITY && offset_at(m, until, &later) == offset)
		until = later;
	HOLDS(CLOCK, clock.offset * SLT_SECOND == offset && clock.changes_at == until);
	HOLDS(CLOCK, clock.date == slt_floor_div(q->at + offset, SLT_DAY));
	HOLDS(CLOCK, slt_midnight(m->zone, clock.date) == first_showing(m, clock.date * SLT_DAY));
	return broken;
}

/* Checks what searching must hold. */
static uint32_t
broken_searching(SltTimeline *tl, const Model *m, const Question *q)
{
	uint32_t	broken = 0;
	SltInstant	found,
				expected;
	SltDate		date = (SltDate) slt_floor_div(q->at, SLT_DAY),
				next;
	int64_t		count = 0,
				days;
	int			n = 0;

	if (model_working(m, q->at) || model_add_hours(m, q->at, 1, NULL, &expected))
		HOLDS(NEXT, slt_next_working(tl, q->at, &found) == SLT_OK &&
			  found == (model_working(m, q->at) ? q->at : expected - 1));
	if (model_working(m, q->at) || model_add_hours(m, q->at, -1, NULL, &expected))
		HOLDS(PREVIOUS, slt_previous_working(tl, q->at, &found) == SLT_OK &&
			  found == (model_working(m, q->at) ? q->at : expected + 1));
	while (n < m->reach && !has_working_time(m, date + n))
		n++;
	if (n < m->reach)
		HOLDS(NEXT_DAY, slt_next_working_day(tl, date, &next) == SLT_OK && next == date + n);
	for (SltDate d = date; d < date + 50; d++)
		count += has_working_time(m, d);
	HOLDS(COUNT_DAYS, slt_working_days_between(tl, date, date + 50, &days) == SLT_OK && days == count);
	HOLDS(COUNT_DAYS, slt_working_days_between(tl, date + 50, date, &days) == SLT_OK && days == -count);
	return broken;
}

/* Returns the properties that a question breaks, as bits. */
uint32_t
broken_properties(SltTimeline *tl, const Model *m, const Question *q)
{
	return broken_measuring(tl, m, q) | broken_adding(tl, m, q) | broken_searching(tl, m, q) |
		broken_segments(tl, m, q) | broken_clock(m, q);
}
