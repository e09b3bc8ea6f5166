/*
 * ticket.c
 *		A ticket as its row tells it.
 */
#include "ticket.h"

#include "access/sysattr.h"
#include "catalog/pg_type.h"
#include "common/int.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/float.h"

/* Converts a wall clock of the attachment's zone to an instant. */
static SltInstant
instant_of_wall_clock(const SltAttachment *a, Timestamp local)
{
	struct pg_tm tm;
	fsec_t		fsec;

	if (a->zone == NULL || TIMESTAMP_NOT_FINITE(local) || timestamp2tm(local, NULL, &tm, &fsec, NULL, NULL) != 0)
		return local;
	return local + DetermineTimeZoneOffset(&tm, (pg_tz *) unconstify(SltZone *, a->zone)) * SLT_SECOND;
}

/* Converts a number of the attachment's units since 1970 to an instant, if it is a timestamp. */
static SltMoment
instant_of_number(const SltAttachment *a, int64 number)
{
	const int64 epoch = (int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SLT_DAY;
	int64		micros;

	if (pg_mul_s64_overflow(number, a->unit, &micros) || pg_sub_s64_overflow(micros, epoch, &micros) ||
		micros < SLT_MIN_INSTANT || micros >= SLT_END_INSTANT)
		return (SltMoment) {false, 0};
	return (SltMoment) {true, micros};
}

/* Reads an instant; what means "not yet" is none. */
SltMoment
slt_read_moment(const SltAttachment *a, const SltFact *c, const SltRow *row)
{
	SltMoment	m = {false, 0};
	Datum		value;

	if (c->attnum == InvalidAttrNumber || row->nulls[c->attnum - 1])
		return m;
	value = row->values[c->attnum - 1];
	switch (c->type)
	{
		case TIMESTAMPTZOID:
			m = (SltMoment) {true, DatumGetTimestampTz(value)};
			break;
		case TIMESTAMPOID:
			m = (SltMoment) {true, instant_of_wall_clock(a, DatumGetTimestamp(value))};
			break;
		case INT4OID:
			m = instant_of_number(a, DatumGetInt32(value));
			break;
		default:
			m = instant_of_number(a, DatumGetInt64(value));
	}
	if (slt_is_infinite(m.at) || (a->unset.known && m.at == a->unset.at))
		m.known = false;
	return m;
}

/* Reads a column as text, without a copy for text and integers; null is ''. */
static void
read_word(const SltFact *c, const SltRow *row, char *number, Word *word)
{
	struct varlena *text;
	const char *string;
	int			digits;
	Datum		value = row->values[c->attnum - 1];

	if (row->nulls[c->attnum - 1])
	{
		take_word(word, "", 0);
		return;
	}
	switch (c->type)
	{
		case TEXTOID:
		case VARCHAROID:
			text = slt_packed(value);

			take_word(word, VARDATA_ANY(text), VARSIZE_ANY_EXHDR(text));
			return;
		case INT2OID:
			take_word(word, number, pg_ltoa(DatumGetInt16(value), number));
			return;
		case INT4OID:
			take_word(word, number, pg_ltoa(DatumGetInt32(value), number));
			return;
		case INT8OID:
			take_word(word, number, pg_lltoa(DatumGetInt64(value), number));
			return;
		case BPCHAROID:
			text = slt_packed(value);

			take_word(word, VARDATA_ANY(text), bpchartruelen(VARDATA_ANY(text), VARSIZE_ANY_EXHDR(text)));
			return;
		case BOOLOID:
			string = DatumGetBool(value) ? "true" : "false";
			break;
		default:

			/*
			 * of a fraction the shortest text that is exact, whatever the
			 * session has set
			 */
			digits = extra_float_digits;
			extra_float_digits = 1;
			string = OutputFunctionCall(unconstify(FmgrInfo *, &c->output), value);
			extra_float_digits = digits;
	}
	take_word(word, string, strlen(string));
}

/* Reads a code: a constant, a column, or several that are joined by commas. */
static void
read_code(const SltCodeSource *code, const SltRow *row, char *number, Word *word)
{
	StringInfoData joined;

	if (code->constant != NULL || code->ncolumns == 0)
	{
		take_word(word, code->constant ? code->constant : "", code->constant ? strlen(code->constant) : 0);
		return;
	}
	if (code->ncolumns == 1)
	{
		read_word(&code->columns[0], row, number, word);
		return;
	}
	initStringInfo(&joined);
	for (int i = 0; i < code->ncolumns; i++)
	{
		Word		part;

		read_word(&code->columns[i], row, number, &part);
		if (i > 0)
			appendStringInfoChar(&joined, ',');
		appendBinaryStringInfo(&joined, part.bytes, part.len);
	}
	take_word(word, joined.data, joined.len);
}

/* Reads the status and its history, of which the last change in time counts, whatever the column says. */
static void
read_status(SltAttachment *a, const SltRow *row, SltTicket *t)
{
	bool		remembered = a->status.ncolumns > 0 && !row->nulls[a->status_at - 1] && !row->nulls[a->status_became - 1];

	read_code(&a->status, row, t->status_number, &t->status);
	t->history = remembered ? slt_read_history(row->values[a->status_at - 1], row->values[a->status_became - 1]) : (SltStatusHistory) {0};
	slt_apply_history(t);
}

/* Reads the deadline that a metric was given before, and whether it was met: either may be null by itself. */
static SltStamped
read_stamped(const SltMetric *m, const SltRow *row)
{
	bool		is_due = !row->nulls[m->due - 1],
				has_met = !row->nulls[m->met - 1];

	return (SltStamped)
	{
		(SltMoment) {is_due, is_due ? DatumGetTimestampTz(row->values[m->due - 1]) : 0}, has_met, has_met && DatumGetBool(row->values[m->met - 1])
	};
}

/* Reads the facts of a row: this is all that a clock depends on. */
void
slt_read_ticket(SltAttachment *a, const SltRow *row, SltTicket *t)
{
	t->attachment = a;
	for (int i = 0; i < SLT_CODES; i++)
		read_code(&a->codes[i], row, t->numbers[i], &t->codes.words[i]);
	t->opened = slt_read_moment(a, &a->opened, row);
	t->changed = slt_read_moment(a, &a->changed, row);
	t->facts.nmetrics = a->nmetrics;
	for (int i = 0; i < a->nmetrics; i++)
	{
		const SltMetric *m = &a->metrics[i];
		SltMetricFacts *f = &t->facts.metrics[i];

		f->when_reopened = m->when_reopened;
		f->ends_by = m->ends_by;
		f->ends_with = m->ends_with;
		f->start = m->started.attnum == a->opened.attnum ? t->opened : slt_read_moment(a, &m->started, row);
		f->done = slt_read_moment(a, &m->done, row);
		f->nruns = 0;
		if (!row->nulls[m->runs - 1])
			slt_read_runs(row->values[m->runs - 1], f);
		t->stamped[i] = read_stamped(m, row);
	}
	t->announce_at.known = !row->nulls[a->announce_at - 1];
	t->announce_at.at = t->announce_at.known ? DatumGetTimestampTz(row->values[a->announce_at - 1]) : 0;
	read_status(a, row, t);
}

/* Reads the facts of a row in a slot. */
void
slt_read_slot(SltAttachment *a, TupleTableSlot *slot, SltTicket *t)
{
	SltRow		row;

	slot_getallattrs(slot);
	row.values = slot->tts_values;
	row.nulls = slot->tts_isnull;
	slt_read_ticket(a, &row, t);
}
