/*
 * ticket.c
 *		A ticket as its row tells it, and what slt writes into the row.
 *
 * Deadlines, whether they were met, and when to look next are worked out from
 * the row and the policy alone.  Only the pauses are remembered, in the row;
 * they follow the ticket's status from one version of the row to the next.  So
 * stamps can be worked out again at any time, and come out the same.
 */
#include "ticket.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/float.h"

#include "settings.h"

/* ---------- facts ---------- */

/* Calls a function of the row, which finds what it uses as when the table was attached. */
static Datum
call_function(SltAttachment *a, SltField *f, const SltRow *row, bool *isnull)
{
	HeapTuple	tuple = a->to_root ? execute_attr_map_tuple(row->tuple, a->to_root) : row->tuple;
	LOCAL_FCINFO(fcinfo, 1);
	Datum		result;
	int			settings = slt_fix_search_path(a->search_path);

	InitFunctionCallInfoData(*fcinfo, &f->function, 1, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = heap_copy_tuple_as_datum(tuple, a->root_desc);
	fcinfo->args[0].isnull = false;
	result = FunctionCallInvoke(fcinfo);
	*isnull = fcinfo->isnull;
	slt_restore_settings(settings);
	return result;
}

/* Returns the value of a field. */
static inline Datum
field_value(SltAttachment *a, SltField *f, const SltRow *row, bool *isnull)
{
	if (f->source == SLT_COLUMN)
	{
		*isnull = row->nulls[f->attnum - 1];
		return row->values[f->attnum - 1];
	}
	if (f->source == SLT_FUNCTION)
		return call_function(a, f, row, isnull);
	*isnull = true;
	return (Datum) 0;
}

/* Converts a wall clock of the attachment's zone to an instant. */
static SltInstant
instant_of_wall_clock(SltAttachment *a, Timestamp local)
{
	struct pg_tm tm;
	fsec_t		fsec;

	if (a->zone == NULL || TIMESTAMP_NOT_FINITE(local) || timestamp2tm(local, NULL, &tm, &fsec, NULL, NULL) != 0)
		return local;
	return local + DetermineTimeZoneOffset(&tm, a->zone) * SLT_SECOND;
}

/* Reads an instant; what means "not yet" is none. */
static SltMoment
read_moment(SltAttachment *a, SltField *f, const SltRow *row)
{
	SltMoment	m = {false, 0};
	bool		isnull;
	Datum		value = field_value(a, f, row, &isnull);

	if (isnull)
		return m;
	switch (f->type)
	{
		case TIMESTAMPTZOID:
			m.at = DatumGetTimestampTz(value);
			break;
		case TIMESTAMPOID:
			m.at = instant_of_wall_clock(a, DatumGetTimestamp(value));
			break;
		case INT4OID:
			m.at = time_t_to_timestamptz(DatumGetInt32(value));
			break;
		case INT8OID:
			if (DatumGetInt64(value) < -INT64CONST(200000000000) || DatumGetInt64(value) > INT64CONST(9000000000000))
				return m;		/* no timestamp */
			m.at = time_t_to_timestamptz(DatumGetInt64(value));
			break;
		default:				/* refused when the attachment is read */
			return m;
	}
	m.known = !slt_is_infinite(m.at) && !(a->has_unset && m.at == a->unset);
	return m;
}

/* Reads a code as text, without a copy for text and integers; null is no code, as '' is. */
static void
read_code(SltAttachment *a, SltField *f, const SltRow *row, char *number, Word *word)
{
	struct varlena *text;
	const char *string;
	bool		isnull;
	int			digits;
	Datum		value;

	if (f->source == SLT_CONSTANT)
	{
		take_word(word, f->constant, strlen(f->constant));
		return;
	}
	value = field_value(a, f, row, &isnull);
	if (isnull)
	{
		take_word(word, "", 0);
		return;
	}
	switch (f->type)
	{
		case TEXTOID:
		case VARCHAROID:
			text = slt_packed(value);
			take_word(word, VARDATA_ANY(text), VARSIZE_ANY_EXHDR(text));
			break;
		case INT2OID:
			take_word(word, number, pg_ltoa(DatumGetInt16(value), number));
			break;
		case INT4OID:
			take_word(word, number, pg_ltoa(DatumGetInt32(value), number));
			break;
		case INT8OID:
			take_word(word, number, pg_lltoa(DatumGetInt64(value), number));
			break;
		case BOOLOID:
			string = DatumGetBool(value) ? "true" : "false";
			take_word(word, string, strlen(string));
			break;
		case FLOAT4OID:
		case FLOAT8OID:
			/* the shortest text that is exact, whatever the session has set */
			digits = extra_float_digits;
			extra_float_digits = 1;
			string = OutputFunctionCall(&f->output, value);
			extra_float_digits = digits;
			take_word(word, string, strlen(string));
			break;
		case BPCHAROID:
			text = slt_packed(value);
			take_word(word, VARDATA_ANY(text), bpchartruelen(VARDATA_ANY(text), VARSIZE_ANY_EXHDR(text)));
			break;
		default:
			string = OutputFunctionCall(&f->output, value);
			take_word(word, string, strlen(string));
	}
}

/* Tells whether the status is one in which the clock stands still. */
static bool
read_paused(SltAttachment *a, const SltRow *row)
{
	char		number[24];
	Word		status;

	if (a->npaused_when == 0 || a->status.source == SLT_NOWHERE)
		return false;
	read_code(a, &a->status, row, number, &status);
	for (int i = 0; i < a->npaused_when; i++)
		if (strlen(a->paused_when[i]) == status.len && memcmp(a->paused_when[i], status.bytes, status.len) == 0)
			return true;
	return false;
}

/* Reads the facts of a row. */
void
slt_read_ticket(SltAttachment *a, const SltRow *row, SltTicket *t)
{
	t->attachment = a;
	for (int i = 0; i < SLT_CODES; i++)
		read_code(a, &a->codes[i], row, t->numbers[i], &t->codes.words[i]);
	take_word(&t->codes.words[SLT_CODES], "", 0);
	t->opened = read_moment(a, &a->opened, row);
	t->changed = read_moment(a, &a->changed, row);
	t->is_paused = read_paused(a, row);
	for (int i = 0; i < a->nmetrics; i++)
		t->done[i] = read_moment(a, &a->metrics[i].done, row);
	t->paused = row->nulls[a->paused - 1] ? NULL : DatumGetMultirangeTypeP(row->values[a->paused - 1]);
}

/* Reads the facts of a row in a slot. */
void
slt_read_slot(SltAttachment *a, TupleTableSlot *slot, SltTicket *t)
{
	SltRow		row;
	bool		must_free;

	slot_getsomeattrs(slot, a->last_fact);
	row.values = slot->tts_values;
	row.nulls = slot->tts_isnull;
	row.tuple = a->functions ? ExecFetchSlotHeapTuple(slot, false, &must_free) : NULL;
	slt_read_ticket(a, &row, t);
}

/* ---------- pauses ---------- */

/* Returns the pauses in the row; NULL for none. */
SltPauses *
slt_ticket_pauses(const SltTicket *t)
{
	return t->paused == NULL || t->paused->rangeCount == 0 ? NULL : slt_get_pauses(t->paused);
}

/* Returns since when a ticket has been paused that no pause is recorded of: its last change, or else its opening. */
static SltInstant
paused_since(const SltTicket *t, SltInstant otherwise)
{
	if (t->changed.known && (!t->opened.known || t->changed.at > t->opened.at))
		return t->changed.at;
	return t->opened.known ? t->opened.at : otherwise;
}

/*
 * Returns the pauses of a row that is being written; before is what was there,
 * NULL for a new row.  A pause lasts while the status says so; time between a
 * metric's being done and its reopening is a pause as well.  Whatever changed
 * did so at the time that the row says, or else at the transaction's.
 */
SltPauses *
slt_follow_pauses(const SltTicket *t, const SltTicket *before, bool *changed)
{
	SltInstant	change = t->changed.known ? t->changed.at : GetCurrentTransactionStartTimestamp();
	SltPauses  *recorded = slt_ticket_pauses(t);
	int			n = recorded ? recorded->count : 0;
	bool		is_open = n > 0 && recorded->periods[n - 1].to == SLT_INFINITY,
				was_paused = before != NULL && before->is_paused;
	SltPeriod  *periods;
	SltPauses	result;

	*changed = false;
	if (before == NULL && t->is_paused == is_open)
		return recorded;
	periods = palloc(sizeof(SltPeriod) * (n + 2 + SLT_MAX_METRICS));
	if (n > 0)
		memcpy(periods, recorded->periods, sizeof(SltPeriod) * n);
	if (t->is_paused && !is_open)
	{
		SltInstant	since = was_paused ? paused_since(before, change) : before == NULL ? paused_since(t, change) : change;

		periods[n++] = (SltPeriod) {since, SLT_INFINITY};
		*changed = true;
	}
	else if (!t->is_paused && is_open)
	{
		/* a change that is said to have come before the pause leaves none */
		if (change > periods[n - 1].from)
			periods[n - 1].to = change;
		else
			n--;
		*changed = true;
	}
	else if (!t->is_paused && was_paused && before->paused == NULL && t->paused == NULL)
	{
		/* it was paused when slt came */
		SltInstant	since = paused_since(before, change);

		if (change > since)
		{
			periods[n++] = (SltPeriod) {since, change};
			*changed = true;
		}
	}
	for (int i = 0; before != NULL && i < t->attachment->nmetrics; i++)
		if (before->done[i].known && !t->done[i].known && change > before->done[i].at &&
			strcmp(t->attachment->metrics[i].name, "response") != 0)
		{
			periods[n++] = (SltPeriod) {before->done[i].at, change};
			*changed = true;
		}
	if (!*changed)
		return recorded;
	result = (SltPauses) {n, periods};
	return slt_get_pauses(slt_make_pauses(&result));
}

/* ---------- deadlines ---------- */

/* Works out when a metric is due; the ticket has been opened, and its terms are known. */
SltStatus
slt_find_due(const SltTicket *t, const SltTerms *terms, int metric, const SltPauses *pauses, SltStanding *s)
{
	const SltPromise *promise = &terms->promises[metric];

	s->target = slt_target_at(promise, t->opened.at);
	s->timeline = promise->ntargets > 0 ? promise->targets[0].timeline : NULL;
	if (s->target == NULL)
		return SLT_OK;
	s->timeline = s->target->timeline;
	s->pauses = s->target->pausable ? pauses : NULL;
	return slt_add(s->timeline, t->opened.at, &s->target->amount, s->pauses, &s->due);
}

/* Returns the first step of a target below 100 percent, or that. */
static int64
slt_first_step(const SltTarget *target)
{
	return target->nsteps > 0 ? Min(target->steps[0], 100000000) : 100000000;
}

/* Works out how much working time a metric allows, and from when on it is at risk. */
SltStatus
slt_find_risk(const SltTicket *t, SltStanding *s)
{
	SltAmount	part = {0};
	SltStatus	status = slt_amount_work(s->timeline, t->opened.at, &s->target->amount, &s->work);

	if (status != SLT_OK)
		return status;
	part.micros = (int64) ceil(s->work * (slt_first_step(s->target) / 100e6));
	status = slt_add(s->timeline, t->opened.at, &part, s->pauses, &s->at_risk);
	s->at_risk = Min(s->at_risk, s->due);
	return status;
}

/*
 * Tells whether a metric becomes at risk no earlier than another does: it is due
 * no earlier, the same calendar counts, and nothing pauses either.
 */
static bool
is_at_risk_after(const SltStanding *s, const SltStanding *other)
{
	return s->due >= other->due && s->timeline == other->timeline && s->pauses == NULL && other->pauses == NULL &&
		slt_first_step(s->target) >= slt_first_step(other->target);
}

/*
 * Works out when a ticket is to be announced next, infinity for never: when a
 * metric that is not done becomes at risk, or is late.  What did so up to an
 * instant has been announced.
 */
static SltStatus
find_announcement(const SltTicket *t, SltStanding *standings, int n, SltInstant announced_until, SltInstant *announce_at)
{
	*announce_at = SLT_INFINITY;
	for (int i = 0; i < n; i++)
	{
		SltStanding *s = &standings[i];
		SltStatus	status;
		bool		is_needed = s->target != NULL && !t->done[i].known && s->due > announced_until;

		for (int k = 0; is_needed && announced_until == SLT_MINUS_INFINITY && k < n; k++)
			if (k != i && standings[k].target != NULL && !t->done[k].known && is_at_risk_after(s, &standings[k]) &&
				(k < i || !is_at_risk_after(&standings[k], s)))
				is_needed = false;
		if (!is_needed)
			continue;
		status = slt_find_risk(t, s);
		if (status != SLT_OK)
			return status;
		*announce_at = Min(*announce_at, s->at_risk > announced_until ? s->at_risk : s->due);
	}
	return SLT_OK;
}

/* Adds a stamp. */
void
slt_add_stamp(SltStamps *stamps, AttrNumber attnum, Datum value, bool isnull)
{
	stamps->attnums[stamps->n] = attnum;
	stamps->values[stamps->n] = value;
	stamps->nulls[stamps->n++] = isnull;
}

/*
 * Works out what is written into a row, but for the pauses.  What became at
 * risk, or late, up to an instant has been announced.
 */
SltStatus
slt_make_stamps(const SltTicket *t, const SltTerms *terms, const SltPauses *pauses, SltInstant announced_until, SltStamps *stamps)
{
	SltAttachment *a = t->attachment;
	SltStanding standings[SLT_MAX_METRICS];
	SltStatus	status = SLT_OK;

	stamps->n = 0;
	stamps->failed = NULL;
	for (int i = 0; i < a->nmetrics; i++)
	{
		SltStanding *s = &standings[i];

		s->target = NULL;
		if (slt_is_owed(t, terms))
			status = slt_find_due(t, terms, i, pauses, s);
		if (status != SLT_OK)
		{
			stamps->failed = s->timeline;
			return status;
		}
		slt_add_stamp(stamps, a->metrics[i].due, TimestampTzGetDatum(s->due), s->target == NULL);
		slt_add_stamp(stamps, a->metrics[i].met, BoolGetDatum(t->done[i].at <= s->due), s->target == NULL || !t->done[i].known);
	}
	status = find_announcement(t, standings, a->nmetrics, announced_until, &stamps->announce_at);
	if (status != SLT_OK)
		stamps->failed = standings[0].timeline;
	slt_add_stamp(stamps, a->announce_at, TimestampTzGetDatum(stamps->announce_at), stamps->announce_at == SLT_INFINITY);
	return status;
}
