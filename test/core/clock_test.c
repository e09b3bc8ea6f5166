/*
 * clock_test.c
 *		Unit tests of the clocks of tickets: lives of a ticket with one clock.
 */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "core_test.h"
#include "host.h"

/* A write of a ticket: when, and what its row says then; 0 is null.  Statuses: o open, h on hold, d done, x cancelled. */
typedef struct ClockWrite
{
	int			change;
	int			start;
	int			done;
	char		status;
	const char *expected;		/* start-end of the clock, {start end} of runs
								 * remembered, [from to) that does not count */
} ClockWrite;

/* A ticket with one clock, and what was written of it. */
typedef struct ClockLife
{
	const char *name;
	SltWhenReopened when_reopened;
	SltEndsBy	ends_by;
	ClockWrite	writes[7];
} ClockLife;

/* What a row says, with the history of its status. */
typedef struct ClockRow
{
	SltFacts	facts;
	SltStatusSince history[8];
	SltStatusSince statuses[8];
	int			nhistory;
	SltRun		runs[16];
} ClockRow;

/* Returns an instant that may not be there. */
static SltMoment
clock_moment(int at)
{
	return (SltMoment) {at != 0, at};
}

/* Makes the next version of a row. */
static void
write_clock(ClockRow *row, const ClockLife *life, const ClockWrite *w, char before)
{
	SltMetricFacts *m = &row->facts.metrics[0];
	int			n;

	if (before != w->status)
		row->history[row->nhistory++] = (SltStatusSince) {before == 0 ? SLT_MINUS_INFINITY : w->change, w->status == 'h', w->status == 'd', w->status == 'x'};
	n = row->nhistory;
	memcpy(row->statuses, row->history, sizeof(row->history));
	row->facts.cancelled = slt_drop_cancelled(row->statuses, &n);
	row->facts.nmetrics = 1;
	row->facts.nstatuses = n;
	row->facts.statuses = row->statuses;
	m->when_reopened = life->when_reopened;
	m->ends_by = life->ends_by;
	m->ends_with = -1;
	m->start = clock_moment(w->start);
	m->done = clock_moment(w->done);
	m->runs = row->runs;
}

/* Writes what is to be said of the clock of a row. */
static void
describe_clock(const ClockRow *row, void *arena, char *text)
{
	SltClock	clock = slt_current_clock(&row->facts, 0);
	SltPeriods	excluded;

	*text = '\0';
	if (row->facts.cancelled)
		text += sprintf(text, "cancelled ");
	if (clock.start.known)
		text += sprintf(text, "%d", (int) clock.start.at);
	text += sprintf(text, "-");
	if (clock.end.known)
		text += sprintf(text, "%d", (int) clock.end.at);
	for (int i = 0; i < row->facts.metrics[0].nruns; i++)
	{
		text += sprintf(text, " {%d", (int) row->runs[i].start);
		text += row->runs[i].end.known ? sprintf(text, " %d}", (int) row->runs[i].end.at) : sprintf(text, "}");
	}
	if (!clock.start.known)
		return;
	slt_periods_init(&excluded, arena);
	slt_add_pauses(&row->facts, 0, clock.start.at, clock.end, &excluded);
	slt_add_gaps(&row->facts, 0, clock.start.at, clock.end, &excluded);
	slt_merge(&excluded);
	for (int i = 0; i < excluded.count; i++)
		text += excluded.items[i].to == SLT_INFINITY ? sprintf(text, " [%d ...", (int) excluded.items[i].from) :
			sprintf(text, " [%d %d)", (int) excluded.items[i].from, (int) excluded.items[i].to);
}

/* Tests what is made of a ticket's life. */
void
test_clocks(void)
{
	static const ClockLife lives[] = {
		{"resume: what is between an end and the change that takes it back does not count", SLT_RESUME, SLT_ENDS_BY_COLUMN,
		{{10, 10, 0, 'o', "10-"}, {20, 10, 20, 'o', "10-20"}, {30, 10, 0, 'o', "10- {10 20} {30} [20 30)"}, {40, 10, 40, 'o', "10-40 {10 20} {30} [20 30)"}, {50, 10, 0, 'o', "10- {10 20} {30 40} {50} [20 30) [40 50)"}}},
		{"resume: an end that is corrected is no reopening", SLT_RESUME, SLT_ENDS_BY_COLUMN,
		{{10, 10, 0, 'o', "10-"}, {20, 10, 20, 'o', "10-20"}, {30, 10, 18, 'o', "10-18"}, {40, 10, 25, 'o', "10-25"}}},
		{"resume: a reopening that is taken back is as if it had not been", SLT_RESUME, SLT_ENDS_BY_COLUMN,
		{{10, 10, 0, 'o', "10-"}, {20, 10, 20, 'o', "10-20"}, {30, 10, 0, 'o', "10- {10 20} {30} [20 30)"}, {31, 10, 20, 'o', "10-20"}}},
		{"resume: a start behind the end is a reopening", SLT_RESUME, SLT_ENDS_BY_COLUMN,
		{{10, 10, 0, 'o', "10-"}, {20, 10, 20, 'o', "10-20"}, {30, 25, 20, 'o', "10- {10 20} {30} [20 30)"}}},
		{"resume: a start that is corrected", SLT_RESUME, SLT_ENDS_BY_COLUMN,
		{{10, 10, 0, 'o', "10-"}, {11, 8, 0, 'o', "8-"}, {20, 8, 20, 'o', "8-20"}, {21, 9, 20, 'o', "9-20"}}},
		{"resume: of an end by the status its history tells all", SLT_RESUME, SLT_ENDS_BY_STATUS,
		{{10, 10, 0, 'o', "10-"}, {20, 10, 0, 'd', "10-20"}, {30, 10, 0, 'o', "10- [20 30)"}, {40, 10, 0, 'd', "10-40 [20 30)"}}},
		{"pauses up to the end, and one that goes on", SLT_RESUME, SLT_ENDS_BY_COLUMN,
		{{10, 10, 0, 'o', "10-"}, {12, 10, 0, 'h', "10- [12 ..."}, {15, 10, 0, 'o', "10- [12 15)"}, {18, 10, 0, 'h', "10- [12 15) [18 ..."}, {20, 10, 20, 'h', "10-20 [12 15) [18 20)"}, {25, 10, 20, 'o', "10-20 [12 15) [18 20)"}}},
		{"a cancellation that is undone has never been", SLT_RESUME, SLT_ENDS_BY_COLUMN,
		{{10, 10, 0, 'h', "10- [10 ..."}, {12, 10, 0, 'x', "cancelled 10- [10 ..."}, {15, 10, 0, 'o', "10- [10 15)"}}},
		{"continue: as if it had never ended", SLT_CONTINUE, SLT_ENDS_BY_COLUMN,
		{{10, 10, 0, 'o', "10-"}, {20, 10, 20, 'o', "10-20"}, {30, 10, 0, 'o', "10-"}, {40, 10, 40, 'o', "10-40"}}},
		{"once: the first end stays", SLT_ENDS_ONCE, SLT_ENDS_BY_COLUMN,
		{{10, 10, 0, 'o', "10-"}, {20, 10, 20, 'o', "10-20"}, {30, 10, 0, 'o', "10-20 {10 20}"}, {40, 10, 40, 'o', "10-20 {10 20}"}}},
		{"once: by the status as well", SLT_ENDS_ONCE, SLT_ENDS_BY_STATUS,
		{{10, 10, 0, 'o', "10-"}, {20, 10, 0, 'd', "10-20"}, {30, 10, 0, 'o', "10-20"}, {40, 10, 0, 'd', "10-20"}}},
		{"restart: a new clock, and the first message counts", SLT_RESTART, SLT_ENDS_BY_COLUMN,
		{{10, 10, 0, 'o', "10-"}, {15, 15, 0, 'o', "10- {10}"}, {20, 15, 20, 'o', "10-20 {10}"}, {30, 30, 20, 'o', "30- {10 20}"}, {35, 35, 20, 'o', "30- {10 20} {30}"}, {40, 35, 40, 'o', "30-40 {10 20} {30}"}}},
		{"restart: an end that is taken back starts a clock at the change", SLT_RESTART, SLT_ENDS_BY_COLUMN,
		{{10, 10, 0, 'o', "10-"}, {20, 10, 20, 'o', "10-20"}, {30, 10, 0, 'o', "30- {10 20} {30}"}, {40, 10, 40, 'o', "30-40 {10 20} {30}"}}},
		{"restart without an end of its own: a start that is cleared, or moves on, ends it", SLT_RESTART, SLT_ENDS_WITH_OTHERS,
		{{10, 10, 0, 'o', "10-"}, {20, 0, 0, 'o', "10-20 {10 20}"}, {30, 30, 0, 'o', "30- {10 20}"}, {40, 40, 0, 'o', "40- {10 20} {30 40}"}}},
		{"restart by the status", SLT_RESTART, SLT_ENDS_BY_STATUS,
		{{10, 10, 0, 'o', "10-"}, {20, 10, 0, 'd', "10-20"}, {30, 10, 0, 'o', "30- {10 20} {30}"}, {40, 10, 0, 'd', "30-40 {10 20} {30}"}}},
		{"no start: no clock", SLT_RESUME, SLT_ENDS_BY_COLUMN,
		{{10, 0, 0, 'o', "-"}, {20, 0, 20, 'o', "-"}, {30, 10, 20, 'o', "10-20"}}},
	};
	HostArena  *arena = host_arena_create();
	char		text[500],
				name[300];

	for (int i = 0; i < LENGTH(lives); i++)
	{
		ClockRow	rows[2] = {{.nhistory = 0}};
		char		status = 0;

		for (int k = 0; k < LENGTH(lives[i].writes) && lives[i].writes[k].expected; k++)
		{
			const ClockWrite *w = &lives[i].writes[k];
			ClockRow   *before = &rows[k % 2],
					   *row = &rows[(k + 1) % 2];
			SltRun		runs[16];

			*row = *before;
			write_clock(row, &lives[i], w, status);
			before->facts.statuses = before->statuses;
			before->facts.metrics[0].runs = before->runs;
			if (k > 0)
			{
				int			n = slt_follow_runs(&before->facts, &row->facts, 0, w->change, clock_moment(0), runs);

				memcpy(row->runs, runs, sizeof(SltRun) * n);
				row->facts.metrics[0].nruns = n;
			}
			status = w->status;
			describe_clock(row, arena, text);
			snprintf(name, sizeof(name), "clock, %s: write %d", lives[i].name, k + 1);
			is(text, w->expected, name);
		}
	}
	host_arena_drop(arena);
}
