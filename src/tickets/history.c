/*
 * history.c
 *		What is remembered of a ticket, from one version of its row to the next:
 *		the statuses that it had, and the runs of its clocks.
 *
 * Both are arrays in the row, so that they commit, move between partitions,
 * replicate and are dumped with it.  People may correct them, so what is read is
 * put in order first: too short an array, nulls, a wrong order are no errors,
 * for a ticket must be written.
 */
#include "ticket.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "standing.h"

/* What one ticket may have of each; the oldest are dropped beyond. */
#define MAX_REMEMBERED 5000

/* ---------- arrays ---------- */

/* Takes an array apart; one of another type, as somebody may have made of the column, is as good as none. */
static int
take_apart(Datum array, Oid type, Datum **elements, bool **nulls)
{
	ArrayType  *a = DatumGetArrayTypeP(array);
	int			n;
	int16		len;
	bool		byval;
	char		align;

	if (ARR_ELEMTYPE(a) != type)
		return 0;
	get_typlenbyvalalign(type, &len, &byval, &align);
	deconstruct_array(a, type, len, byval, align, elements, nulls, &n);
	return n;
}

/* Orders the entries of a history by time; those of one instant stay in the order in which they came. */
static void
sort_history(SltStatusHistory *h)
{
	for (int i = 1; i < h->n; i++)
	{
		SltInstant	at = h->at[i];
		Word		became = h->became[i];
		int			k = i;

		for (; k > 0 && h->at[k - 1] > at; k--)
		{
			h->at[k] = h->at[k - 1];
			h->became[k] = h->became[k - 1];
		}
		h->at[k] = at;
		h->became[k] = became;
		h->mended |= k < i;
	}
}

/* Reads the statuses that a ticket had, in order of time. */
SltStatusHistory
slt_read_history(Datum at, Datum became)
{
	Datum	   *ats,
			   *statuses;
	bool	   *at_nulls,
			   *status_nulls;
	int			nat = take_apart(at, TIMESTAMPTZOID, &ats, &at_nulls),
				nbecame = take_apart(became, TEXTOID, &statuses, &status_nulls),
				n = Min(nat, nbecame);
	SltStatusHistory h = {0, palloc(sizeof(SltInstant) * (n + 2)), palloc(sizeof(Word) * (n + 2))};

	for (int i = Max(n - MAX_REMEMBERED, 0); i < n; i++)
		if (!at_nulls[i] && !status_nulls[i])
		{
			struct varlena *text = slt_packed(statuses[i]);

			h.at[h.n] = DatumGetTimestampTz(ats[i]);
			take_word(&h.became[h.n++], VARDATA_ANY(text), VARSIZE_ANY_EXHDR(text));
		}
	sort_history(&h);
	h.mended |= h.n < Max(nat, nbecame);
	return h;
}

/* Reads the runs that are remembered of a metric, in order of their starts. */
void
slt_read_runs(Datum array, SltMetricFacts *m)
{
	Datum	   *values;
	bool	   *nulls;
	int			n = take_apart(array, TIMESTAMPTZOID, &values, &nulls) / 3;
	SltRun	   *runs = palloc(sizeof(SltRun) * (n + 2));

	m->nruns = 0;
	m->runs = runs;
	for (int i = Max(n - MAX_REMEMBERED, 0); i < n; i++)
	{
		SltRun		run = {
			DatumGetTimestampTz(values[3 * i]),
			{!nulls[3 * i + 1], nulls[3 * i + 1] ? 0 : DatumGetTimestampTz(values[3 * i + 1])},
			{!nulls[3 * i + 2], nulls[3 * i + 2] ? 0 : DatumGetTimestampTz(values[3 * i + 2])}
		};
		int			k = m->nruns;

		if (nulls[3 * i] || (run.end.known && run.end.at < run.start))
			continue;
		for (; k > 0 && runs[k - 1].start > run.start; k--)
			runs[k] = runs[k - 1];
		runs[k] = run;
		m->nruns++;
	}
	/* only the last can be going on */
	for (int i = 0, last = m->nruns, kept = 0; i < last; i++)
	{
		if (runs[i].end.known || i == last - 1)
			runs[kept++] = runs[i];
		m->nruns = kept;
	}
}

/* Makes an array of the instants of a history; null for none. */
Datum
slt_make_history_at(const SltStatusHistory *h)
{
	Datum	   *elements = palloc(sizeof(Datum) * Max(h->n, 1));

	for (int i = 0; i < h->n; i++)
		elements[i] = TimestampTzGetDatum(h->at[i]);
	return PointerGetDatum(construct_array(elements, h->n, TIMESTAMPTZOID, 8, true, TYPALIGN_DOUBLE));
}

/* Makes an array of the statuses of a history. */
Datum
slt_make_history_became(const SltStatusHistory *h)
{
	Datum	   *elements = palloc(sizeof(Datum) * Max(h->n, 1));

	for (int i = 0; i < h->n; i++)
		elements[i] = PointerGetDatum(cstring_to_text_with_len(h->became[i].bytes, h->became[i].len));
	return PointerGetDatum(construct_array(elements, h->n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* Makes an array of runs: rows of start, end and deadline. */
Datum
slt_make_runs(const SltMetricFacts *m)
{
	int			first = Max(m->nruns - MAX_REMEMBERED, 0),
				n = m->nruns - first,
				dims[2] = {n, 3},
				bounds[2] = {1, 1};
	Datum	   *values = palloc(sizeof(Datum) * 3 * n);
	bool	   *nulls = palloc(sizeof(bool) * 3 * n);

	for (int i = 0; i < n; i++)
	{
		const SltRun *run = &m->runs[first + i];

		values[3 * i] = TimestampTzGetDatum(run->start);
		values[3 * i + 1] = TimestampTzGetDatum(run->end.at);
		values[3 * i + 2] = TimestampTzGetDatum(run->due.at);
		nulls[3 * i] = false;
		nulls[3 * i + 1] = !run->end.known;
		nulls[3 * i + 2] = !run->due.known;
	}
	return PointerGetDatum(construct_md_array(values, nulls, 2, dims, bounds, TIMESTAMPTZOID, 8, true, TYPALIGN_DOUBLE));
}

/* ---------- what statuses mean ---------- */

/* Returns what a status means from an instant on. */
static SltStatusSince
status_since(const SltAttachment *a, SltInstant at, const Word *status)
{
	SltStatusSince s = {.at = at};

	for (int i = 0; i < a->nstatuses; i++)
	{
		const SltStatusRule *rule = &a->statuses[i];

		if (rule->len == status->len && memcmp(rule->name, status->bytes, status->len) == 0)
		{
			s.paused = rule->paused;
			s.done = rule->done;
			s.cancelled = rule->cancelled;
			break;
		}
	}
	return s;
}

/* Works out what the history of a ticket's status means for its clocks. */
void
slt_apply_history(SltTicket *t)
{
	const SltAttachment *a = t->attachment;
	SltStatusSince *statuses = &t->status_now;
	int			n = 0;

	if (a->nstatuses > 0 && t->history.n == 0)
		statuses[n++] = status_since(a, SLT_MINUS_INFINITY, &t->status);
	else if (a->nstatuses > 0)
	{
		statuses = palloc(sizeof(SltStatusSince) * t->history.n);
		for (; n < t->history.n; n++)
			statuses[n] = status_since(a, t->history.at[n], &t->history.became[n]);
	}
	t->facts.cancelled = slt_drop_cancelled(statuses, &n);
	t->facts.statuses = statuses;
	t->facts.nstatuses = n;
}

/* ---------- following a row ---------- */

/* Returns when the change of a row happened: when it says so, or now. */
static SltInstant
change_of(const SltTicket *t)
{
	return t->changed.known ? t->changed.at : GetCurrentTransactionStartTimestamp();
}

/* Tells whether two histories are the same, for a row is not written that would not change. */
static bool
same_history(const SltStatusHistory *a, const SltStatusHistory *b)
{
	if (a->n != b->n)
		return false;
	for (int i = 0; i < a->n; i++)
		if (a->at[i] != b->at[i] || !same_word(&a->became[i], &b->became[i]))
			return false;
	return true;
}

/* Makes room for two more entries in a history. */
static void
make_room(SltStatusHistory *h)
{
	SltStatusHistory roomy = {h->n, palloc(sizeof(SltInstant) * (h->n + 2)), palloc(sizeof(Word) * (h->n + 2))};

	if (h->n > 0)
	{
		memcpy(roomy.at, h->at, sizeof(SltInstant) * h->n);
		memcpy(roomy.became, h->became, sizeof(Word) * h->n);
	}
	*h = roomy;
}

/* Adds an entry at its place in time, behind others of the same instant. */
static void
add_entry(SltStatusHistory *h, SltInstant at, const Word *became)
{
	h->at[h->n] = at;
	h->became[h->n++] = *became;
	sort_history(h);
}

/* Notes that the status changed; the first time also what it was since the start. */
static void
note_change(SltTicket *t, const SltTicket *before)
{
	SltInstant	at = change_of(t);
	SltInstant	since = before->opened.known ? before->opened.at : SLT_MINUS_INFINITY;

	make_room(&t->history);
	if (t->history.n == 0 && since < at)
		add_entry(&t->history, since, &before->status);
	add_entry(&t->history, at, &t->status);
}

/* Drops what happened before a ticket's start, but for the status that held then. */
static bool
cut_history(SltTicket *t)
{
	SltStatusHistory *h = &t->history;
	int			first = 0;

	while (t->opened.known && first + 1 < h->n && h->at[first + 1] <= t->opened.at)
		first++;
	if (!t->opened.known || h->n == 0 || (first == 0 && h->at[0] >= t->opened.at))
		return false;
	h->n -= first;
	h->at += first;
	h->became += first;
	h->at[0] = Max(h->at[0], t->opened.at);
	return true;
}

/* Drops the runs that started before a ticket did. */
static bool
cut_runs(const SltTicket *t, SltMetricFacts *m)
{
	int			first = 0;

	while (first < m->nruns && t->opened.known && m->runs[first].start < t->opened.at)
		first++;
	m->runs += first;
	m->nruns -= first;
	return first > 0;
}

/* Tells whether the runs of a metric follow from the history of the status. */
static bool
runs_follow_status(const SltMetricFacts *m)
{
	return m->when_reopened == SLT_RESTART && m->ends_by == SLT_ENDS_BY_STATUS;
}

/* Derives the runs of a metric from the history of the status. */
static void
derive_runs(SltTicket *t, int metric)
{
	int			room = t->facts.nstatuses + 2;
	SltRun	   *runs = palloc(sizeof(SltRun) * room);

	t->facts.metrics[metric].nruns = slt_derive_runs(&t->facts, metric, runs, room);
	t->facts.metrics[metric].runs = runs;
}

/* Tells whether nothing was ever stamped of a row. */
static bool
never_stamped(const SltTicket *t)
{
	for (int i = 0; i < t->facts.nmetrics; i++)
		if (t->stamped[i].due.known || t->stamped[i].has_met || t->facts.metrics[i].nruns > 0)
			return false;
	return !t->announce_at.known && t->history.n == 0;
}

/*
 * Takes a row as it arrives, with what it says that was remembered, or without;
 * or one that was there before us.  A row that never was stamped has had its
 * status since its last change, as far as it tells.
 */
SltMemory
slt_take_arrived(SltTicket *t)
{
	SltMemory	memory = {0};

	if (t->history.n > 0)
		memory.history = cut_history(t) || t->history.mended;
	else if (t->attachment->status.ncolumns > 0 && t->changed.known && t->opened.known && t->changed.at > t->opened.at && never_stamped(t))
	{
		make_room(&t->history);
		add_entry(&t->history, t->changed.at, &t->status);
		memory.history = true;
	}
	if (memory.history)
		slt_apply_history(t);
	for (int i = 0; i < t->facts.nmetrics; i++)
	{
		SltMetricFacts *m = &t->facts.metrics[i];

		if (m->nruns > 0 && cut_runs(t, m))
			memory.runs |= 1u << i;
		if (m->nruns == 0 && runs_follow_status(m) && t->history.n > 1)
		{
			derive_runs(t, i);
			if (m->nruns > 0)
				memory.runs |= 1u << i;
		}
	}
	return memory;
}

/* Tells whether two moments are the same; two that are missing are. */
static bool
same_moment(SltMoment a, SltMoment b)
{
	return a.known == b.known && (!a.known || a.at == b.at);
}

/* Tells whether two lists of runs are the same. */
static bool
same_runs(const SltMetricFacts *a, const SltMetricFacts *b)
{
	for (int i = 0; a->nruns == b->nruns && i < a->nruns; i++)
		if (a->runs[i].start != b->runs[i].start || !same_moment(a->runs[i].end, b->runs[i].end) || !same_moment(a->runs[i].due, b->runs[i].due))
			return false;
	return a->nruns == b->nruns;
}

/* Tells whether a history is another one with something behind it. */
static bool
is_appended(const SltStatusHistory *longer, const SltStatusHistory *shorter)
{
	SltStatusHistory beginning = {Min(shorter->n, longer->n), longer->at, longer->became};

	return shorter->n == 0 || same_history(&beginning, shorter);
}

/* Follows a row from one version to the next. */
SltMemory
slt_take_change(SltTicket *t, const SltTicket *before)
{
	SltMemory	memory = {.history = t->history.mended};
	bool		rewritten;

	if (t->attachment->status.ncolumns > 0 && !same_word(&t->status, &before->status) &&
		(t->history.n == 0 || same_history(&t->history, &before->history)))
	{
		note_change(t, before);
		memory.history = true;
		slt_apply_history(t);
	}
	rewritten = !is_appended(&t->history, &before->history);
	for (int i = 0; i < t->facts.nmetrics; i++)
	{
		SltMetricFacts *m = &t->facts.metrics[i];
		SltMetricFacts as_given = *m;

		if (rewritten && runs_follow_status(m))
			derive_runs(t, i);
		else if (same_runs(m, &before->facts.metrics[i]))	/* else whoever corrects
															 * them tells the whole */
		{
			SltRun	   *runs = palloc0(sizeof(SltRun) * (m->nruns + 3));

			m->nruns = slt_follow_runs(&before->facts, &t->facts, i, change_of(t), before->stamped[i].due, runs);
			m->runs = runs;
		}
		if (!same_runs(m, &as_given))
			memory.runs |= 1u << i;
	}
	return memory;
}

/* Tells whether a run was remembered before, so that it keeps the deadline that it had, or had none. */
static bool
was_remembered(const SltMetricFacts *before, const SltRun *run)
{
	for (int i = 0; i < before->nruns; i++)
		if (before->runs[i].start == run->start && same_moment(before->runs[i].end, run->end))
			return true;
	return false;
}

/*
 * Works out the deadlines of runs that are over and come without, also of a
 * ticket that is cancelled, which may be undone.  Those of a row that arrives
 * with stamps are kept as they are.
 */
void
slt_fill_runs(SltTicket *t, const SltTicket *before, const SltTerms *terms, SltMemory *memory)
{
	bool		has_stamps = false;

	for (int i = 0; i < t->facts.nmetrics; i++)
		has_stamps |= t->stamped[i].due.known || t->stamped[i].has_met;
	if (terms->unknown != NULL || terms->out_of_scope || (before == NULL && has_stamps))
		return;
	for (int i = 0; i < t->facts.nmetrics; i++)
	{
		SltMetricFacts *m = &t->facts.metrics[i];

		for (int k = 0; k < m->nruns; k++)
		{
			SltRun	   *run = unconstify(SltRun *, &m->runs[k]);
			SltClock	clock = {{true, m->when_reopened == SLT_RESUME ? m->runs[0].start : run->start}, run->end, false};
			SltStanding s;

			if (!run->end.known || run->due.known || (before != NULL && was_remembered(&before->facts.metrics[i], run)) ||
				slt_find_due(t, terms, i, clock, &s) != SLT_OK || s.target == NULL)
				continue;
			run->due = (SltMoment) {true, s.due};
			memory->runs |= 1u << i;
		}
	}
}
