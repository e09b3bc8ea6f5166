/*
 * checks.c
 *		What the results of checks say: when a monitor was failing, and when what
 *		it watches was down.
 *
 * All of it depends on the set of checks and not on the order in which they
 * came.  So one that comes late is put in its place, and what it can have changed
 * is found again.
 */
#include "checks.h"

/* Ends a run of failures; it is a failing period if they were enough. */
static void
end_run(SltPeriods *failing, SltRun *run, SltInstant to, int enough)
{
	if (run->failures >= enough)
		slt_periods_add(failing, run->since, to);
	run->failures = 0;
}

/*
 * Lists when a monitor was failing by its checks in order of time, behind a run
 * that began before them.  What has not ended with them has no end.
 */
void
slt_find_failing(SltPeriods *failing, SltRun run, const SltCheck *checks, int64_t count, int enough)
{
	for (int64_t i = 0; i < count; i++)
	{
		if (checks[i].good)
			end_run(failing, &run, checks[i].at, enough);
		else if (run.failures++ == 0)
			run.since = checks[i].at;
	}
	end_run(failing, &run, SLT_INFINITY, enough);
}

/* Adds the time that a check vouches for. */
void
slt_vouch(SltPeriods *reporting, SltInstant at, int64_t within)
{
	slt_periods_add(reporting, at, at < SLT_END_INSTANT - within ? at + within : SLT_INFINITY);
	slt_merge(reporting);
}

/* Returns the first instant from one on at which a monitor reports. */
SltInstant
slt_next_report(const SltWatch *watches, int count, SltInstant at)
{
	SltInstant	first = SLT_INFINITY;

	for (int i = 0; i < count; i++)
	{
		SltCursor	c = slt_cursor_on_set(&watches[i].reporting, at);
		SltInstant	from = c.at < c.end ? slt_period_at(c.at).from : SLT_INFINITY;

		from = from > at ? from : at;
		first = c.at < c.end && from < first ? from : first;
	}
	return first;
}

/*
 * Makes the set of when all of it was down right in a time: what it says of
 * before that is taken as it is, and what it says of later stays.
 */
void
slt_find_down(SltPeriods *down, const SltWatch *watches, int count, int quorum, SltPeriod during)
{
	SltPeriods	found;
	SltCursor  *reporting = slt_alloc(down->arena, count * 2 * sizeof(SltCursor)),
			   *failing = reporting + count,
				was = slt_cursor_on_set(down, during.from - 1);
	SltInstant	next = SLT_INFINITY;
	bool		is_down = slt_is_in(&was, during.from - 1, &next);

	slt_periods_init(&found, down->arena);
	for (int i = 0; i < count; i++)
	{
		reporting[i] = slt_cursor_on_set(&watches[i].reporting, during.from);
		failing[i] = slt_cursor_on_set(&watches[i].failing, during.from);
	}
	for (SltInstant at = during.from; at < during.to; at = next)
	{
		int			reports = 0,
					failures = 0;

		next = during.to;
		for (int i = 0; i < count; i++)
		{
			bool		fails = slt_is_in(&failing[i], at, &next),
						says_so = slt_is_in(&reporting[i], at, &next);

			reports += says_so;
			failures += says_so && fails;
		}
		if (reports > 0)
			is_down = failures > 0 && failures >= (quorum < reports ? quorum : reports);
		if (is_down)
			slt_periods_add(&found, at, next);
	}
	for (int64_t i = 0; i < down->count; i++)
	{
		SltPeriod	p = down->items[i];

		slt_periods_add(&found, p.from, p.to < during.from ? p.to : during.from);
		slt_periods_add(&found, p.from > during.to ? p.from : during.to, p.to);
	}
	slt_merge(&found);
	slt_free(reporting);
	slt_free(down->items);
	*down = found;
}
