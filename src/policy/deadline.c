/*
 * deadline.c
 *		slt_deadline() and slt_explain(): when a promise falls due, and why.
 */
#include "policy.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "../core/segment.h"

/*
 * Finds what the arguments severity, contract and metric promise a ticket that
 * was opened at an instant; false if nothing, as for an infinite one.
 */
static inline bool
find_target_of_arguments(FunctionCallInfo fcinfo, TimestampTz opened_at, SltTarget *target)
{
	return slt_find_target(slt_packed(PG_GETARG_DATUM(1)), slt_packed(PG_GETARG_DATUM(2)), slt_packed(PG_GETARG_DATUM(3)), opened_at, target) &&
		!TIMESTAMP_NOT_FINITE(opened_at);
}

/* Computes when a ticket's target falls due, by the policy in force when it was opened. */
PG_FUNCTION_INFO_V1(slt_deadline);
Datum
slt_deadline(PG_FUNCTION_ARGS)
{
	TimestampTz opened_at = PG_GETARG_TIMESTAMPTZ(0);
	SltTarget	target;
	SltInstant	due;

	if (slt_any_null(fcinfo, 4))
		PG_RETURN_NULL();
	if (!find_target_of_arguments(fcinfo, opened_at, &target))
	{
		if (TIMESTAMP_NOT_FINITE(opened_at))
			PG_RETURN_TIMESTAMPTZ(opened_at);
		PG_RETURN_NULL();
	}
	slt_check(slt_add(slt_target_timeline(&target), opened_at, &target.amount, PG_ARGISNULL(4) ? NULL : slt_get_pauses(PG_GETARG_MULTIRANGE_P(4)), &due), target.timeline);
	PG_RETURN_TIMESTAMPTZ(due);
}

/* ---------- explain ---------- */

/* What a row of the explanation says its time is; a pause comes before all the calendar says. */
typedef enum Kind
{
	WORKING = SLT_WORKING,
	OUTSIDE_HOURS = SLT_OUTSIDE_HOURS,
	WEEKEND = SLT_WEEKEND,
	HOLIDAY = SLT_HOLIDAY,
	PAUSED
} Kind;

static const char *const kind_names[] = {
	[WORKING] = "working",
	[OUTSIDE_HOURS] = "outside hours",
	[WEEKEND] = "weekend",
	[HOLIDAY] = "holiday",
	[PAUSED] = "paused"
};

/* The row that is being put together. */
typedef struct Row
{
	bool		any;
	SltInstant	from;
	SltInstant	to;
	Kind		kind;
	int			name_length;
	const char *name;
	StringInfoData note;
} Row;

/* An explanation in the making. */
typedef struct Explanation
{
	ReturnSetInfo *rsinfo;
	SltTimeline *tl;
	int64		owed;			/* microseconds of working time */
	Row			row;
} Explanation;

/* Writes a wall clock's time of day. */
static void
append_clock(StringInfo s, SltInstant at, int32 offset)
{
	int64		second = slt_floor_div(at, SLT_SECOND) + offset;
	int			of_day = (int) (second - slt_floor_div(second, SLT_DAY_SECONDS) * SLT_DAY_SECONDS);

	appendStringInfo(s, "%02d:%02d", of_day / 3600, of_day / 60 % 60);
	if (of_day % 60)
		appendStringInfo(s, ":%02d", of_day % 60);
}

/* Notes where the clock changed between two instants. */
static void
note_clock_changes(StringInfo note, const SltZone *zone, SltInstant from, SltInstant to)
{
	SltWallClock before = slt_wall_clock(zone, from);

	while (before.changes_at < to)
	{
		SltInstant	at = before.changes_at;
		SltWallClock after = slt_wall_clock(zone, at);
		int			year,
					month,
					day;

		slt_date_to_civil((SltDate) slt_floor_div(slt_floor_div(at, SLT_SECOND) + before.offset, SLT_DAY_SECONDS), &year, &month, &day);
		appendStringInfo(note, "%sclock goes %s on %04d-%02d-%02d from ", note->len ? "; " : "",
						 after.offset > before.offset ? "forward" : "back", year, month, day);
		append_clock(note, at, before.offset);
		appendStringInfoString(note, " to ");
		append_clock(note, at, after.offset);
		before = after;
		CHECK_FOR_INTERRUPTS();
	}
}

/* Puts the row out, if there is one. */
static void
finish_row(Explanation *e)
{
	Row		   *row = &e->row;
	Datum		values[7];
	bool		nulls[7] = {false};
	int64		worked = row->kind == WORKING ? row->to - row->from : 0;

	if (!row->any)
		return;
	e->owed -= worked;
	if (!slt_is_infinite(row->to))
		note_clock_changes(&row->note, slt_timeline_calendar(e->tl)->zone, row->from - 1, row->to);
	values[0] = TimestampTzGetDatum(row->from);
	values[1] = TimestampTzGetDatum(row->to);
	values[2] = CStringGetTextDatum(kind_names[row->kind]);
	nulls[3] = row->name == NULL;
	values[3] = nulls[3] ? (Datum) 0 : PointerGetDatum(cstring_to_text_with_len(row->name, row->name_length));
	values[4] = PointerGetDatum(slt_make_amount(0, worked));
	values[5] = PointerGetDatum(slt_make_amount(0, e->owed));
	nulls[6] = row->note.len == 0;
	values[6] = nulls[6] ? (Datum) 0 : CStringGetTextDatum(row->note.data);
	tuplestore_putvalues(e->rsinfo->setResult, e->rsinfo->setDesc, values, nulls);
	row->any = false;
}

/* Adds time of one kind; it prolongs the row at hand if that is of the same kind and name. */
static void
add_time(Explanation *e, SltInstant from, SltInstant to, Kind kind, const char *name, int name_length)
{
	Row		   *row = &e->row;

	if (row->any && row->kind == kind && row->name_length == name_length &&
		(name_length == 0 || memcmp(row->name, name, name_length) == 0))
	{
		row->to = to;
		return;
	}
	finish_row(e);
	row->any = true;
	row->from = from;
	row->to = to;
	row->kind = kind;
	row->name = name;
	row->name_length = name_length;
	resetStringInfo(&row->note);
}

/* Explains the time from an instant to a limit that no pause touches. */
static void
explain_unpaused(Explanation *e, SltInstant from, SltInstant to)
{
	while (from < to)
	{
		SltSegment	segment;

		CHECK_FOR_INTERRUPTS();
		slt_check(slt_next_segment(e->tl, from, to, &segment), e->tl);
		add_time(e, segment.from, segment.to, (Kind) segment.kind, segment.name, segment.name_length);
		from = segment.to;
	}
}

/* Puts out how a deadline comes about: a row for each stretch from the start to the deadline. */
void
slt_put_explanation(ReturnSetInfo *rsinfo, const SltTarget *target, SltInstant start, const SltPauses *pauses, const char *remark)
{
	Explanation e;
	SltInstant	due,
				at = start;

	memset(&e, 0, sizeof(e));
	e.rsinfo = rsinfo;
	e.tl = slt_target_timeline(target);
	initStringInfo(&e.row.note);

	/*
	 * what is owed is the working time up to the deadline as it would be
	 * without pauses
	 */
	slt_check(slt_amount_work(e.tl, start, &target->amount, &e.owed), e.tl);
	slt_check(slt_add(e.tl, start, &target->amount, pauses->count ? pauses : NULL, &due), e.tl);
	for (int i = 0; i < pauses->count && pauses->periods[i].from < due; i++)
	{
		SltInstant	to = Min(pauses->periods[i].to, due);

		if (to <= at)
			continue;
		explain_unpaused(&e, at, Max(at, pauses->periods[i].from));
		add_time(&e, Max(at, pauses->periods[i].from), to, PAUSED, NULL, 0);
		at = to;
	}
	explain_unpaused(&e, at, due);
	if (remark != NULL)
		appendStringInfo(&e.row.note, "%s%s", e.row.note.len ? "; " : "", remark);
	finish_row(&e);
}

/* Explains how a deadline comes about. */
PG_FUNCTION_INFO_V1(slt_explain);
Datum
slt_explain(PG_FUNCTION_ARGS)
{
	SltPauses	none = {0};
	SltTarget	target;

	InitMaterializedSRF(fcinfo, 0);
	if (!slt_any_null(fcinfo, 4) && find_target_of_arguments(fcinfo, PG_GETARG_TIMESTAMPTZ(0), &target))
		slt_put_explanation((ReturnSetInfo *) fcinfo->resultinfo, &target, PG_GETARG_TIMESTAMPTZ(0),
							PG_ARGISNULL(4) ? &none : slt_get_pauses(PG_GETARG_MULTIRANGE_P(4)), NULL);
	return (Datum) 0;
}
