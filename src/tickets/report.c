/*
 * report.c
 *		How tickets stand, and how a team has kept its promises.
 */
#include "../types/calendar_periods.h"
#include "../types/numbers.h"
#include "reader.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* ---------- how a metric stands ---------- */

typedef enum State
{
	ON_TRACK,
	AT_RISK,
	BREACHED,
	PAUSED,
	MET,
	MET_LATE
} State;

static const char *const state_names[] = {
	[ON_TRACK] = "on track",
	[AT_RISK] = "at risk",
	[BREACHED] = "breached",
	[PAUSED] = "paused",
	[MET] = "met",
	[MET_LATE] = "met late"
};

/* Works out how a metric of a ticket that was read stands; false if nothing is owed. */
static bool
judge(const SltReading *r, int metric, TimestampTz now, SltStanding *s, State *state)
{
	const SltMoment *done = &r->ticket.done[metric];

	if (!slt_is_owed(&r->ticket, r->terms))
		return false;
	/* what is out of range is not owed, as in the row */
	if (slt_find_due(&r->ticket, r->terms, metric, r->pauses, s) != SLT_OK || s->target == NULL ||
		slt_find_risk(&r->ticket, s) != SLT_OK)
		return false;
	/* what was stamped is what was promised */
	if (r->due[metric].known)
		s->due = r->due[metric].at;
	if (done->known)
		*state = done->at <= s->due ? MET : MET_LATE;
	else if (s->due < now)
		*state = BREACHED;
	else if (r->ticket.is_paused && s->target->pausable)
		*state = PAUSED;
	else
		*state = s->at_risk <= now ? AT_RISK : ON_TRACK;
	return true;
}

/* Measures the working time from opening to done, or to now. */
static int64
elapsed_work(const SltReading *r, int metric, TimestampTz now, const SltStanding *s)
{
	const SltMoment *done = &r->ticket.done[metric];
	int64		work = 0;

	if (done->known || now > r->ticket.opened.at)
		slt_check(slt_worked(s->timeline, r->ticket.opened.at, done->known ? done->at : now, s->pauses, &work), s->timeline);
	return work;
}

/* ---------- slt_tickets ---------- */

/* Puts out how a metric of a ticket stands. */
static void
put_standing(ReturnSetInfo *rsinfo, const SltReading *r, const char *metric, int m, TimestampTz now, const SltStanding *s, State state)
{
	Datum		values[11];
	bool		nulls[11] = {false};
	int64		elapsed = elapsed_work(r, m, now, s);

	values[0] = r->key;
	nulls[0] = !r->has_key;
	values[1] = CStringGetTextDatum(metric);
	values[2] = CStringGetTextDatum(r->terms->severity);
	values[3] = CStringGetTextDatum(r->terms->contract);
	values[4] = TimestampTzGetDatum(r->ticket.opened.at);
	values[5] = TimestampTzGetDatum(s->due);
	values[6] = TimestampTzGetDatum(r->ticket.done[m].at);
	nulls[6] = !r->ticket.done[m].known;
	values[7] = CStringGetTextDatum(state_names[state]);
	values[8] = PointerGetDatum(slt_make_amount(0, elapsed));
	values[9] = PointerGetDatum(slt_make_amount(0, s->work - elapsed));
	nulls[10] = s->work == 0;
	values[10] = nulls[10] ? (Datum) 0 : slt_percent(slt_number(elapsed), s->work);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* Reads the argument that asks for one state; -1 for all. */
static int
wanted_state(FunctionCallInfo fcinfo, int arg)
{
	char	   *name;

	if (PG_ARGISNULL(arg))
		return -1;
	name = text_to_cstring(PG_GETARG_TEXT_PP(arg));
	for (int i = 0; i < lengthof(state_names); i++)
		if (pg_strcasecmp(name, state_names[i]) == 0)
			return i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("state \"%s\" does not exist", name),
			 errhint("States are \"on track\", \"at risk\", \"breached\", \"paused\", \"met\" and \"met late\".")));
}

/* Lists the tickets of a table: a row for each metric that is owed. */
PG_FUNCTION_INFO_V1(slt_tickets);
Datum
slt_tickets(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TimestampTz now = GetCurrentTransactionStartTimestamp();
	MemoryContext caller = CurrentMemoryContext;
	SltReader  *reader;
	SltReading	r;
	int			wanted;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	wanted = wanted_state(fcinfo, 1);
	reader = slt_begin_read(PG_GETARG_OID(0), wanted < 0 || wanted >= MET ? SLT_EVERY_TICKET : SLT_OPEN_TICKETS, 0, 0);
	MemoryContextSwitchTo(slt_reader_memory(reader));
	while (slt_read_next(reader, &r))
	{
		for (int m = 0; m < slt_reader_attachment(reader)->nmetrics; m++)
		{
			SltStanding s;
			State		state;

			if (judge(&r, m, now, &s, &state) && (wanted < 0 || state == wanted))
				put_standing(rsinfo, &r, slt_reader_attachment(reader)->metrics[m].name, m, now, &s, state);
		}
	}
	MemoryContextSwitchTo(caller);
	slt_end_read(reader);
	return (Datum) 0;
}

/* Counts the open tickets of a table by metric and state. */
PG_FUNCTION_INFO_V1(slt_count_tickets);
Datum
slt_count_tickets(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TimestampTz now = GetCurrentTransactionStartTimestamp();
	int64		counts[SLT_MAX_METRICS][MET] = {{0}};
	SltReader  *reader;
	SltAttachment *a;
	SltReading	r;

	InitMaterializedSRF(fcinfo, 0);
	reader = slt_begin_read(PG_GETARG_OID(0), SLT_OPEN_TICKETS, 0, 0);
	a = slt_reader_attachment(reader);
	while (slt_read_next(reader, &r))
		for (int m = 0; m < a->nmetrics; m++)
		{
			SltStanding s;
			State		state;

			if (judge(&r, m, now, &s, &state) && state < MET)
				counts[m][state]++;
		}
	for (int m = 0; m < a->nmetrics; m++)
		for (int state = 0; state < MET; state++)
		{
			Datum		values[3] = {CStringGetTextDatum(a->metrics[m].name), CStringGetTextDatum(state_names[state]), Int64GetDatum(counts[m][state])};
			bool		nulls[3] = {false};

			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		}
	slt_end_read(reader);
	return (Datum) 0;
}

/* Lists the tickets whose codes mean nothing to the policy. */
PG_FUNCTION_INFO_V1(slt_unmatched);
Datum
slt_unmatched(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext caller = CurrentMemoryContext;
	SltReader  *reader;
	SltReading	r;

	InitMaterializedSRF(fcinfo, 0);
	reader = slt_begin_read(PG_GETARG_OID(0), SLT_EVERY_TICKET, 0, 0);
	MemoryContextSwitchTo(slt_reader_memory(reader));
	while (slt_read_next(reader, &r))
	{
		Datum		values[5];
		bool		nulls[5] = {false};

		if (r.terms->unknown == NULL)
			continue;
		values[0] = r.key;
		nulls[0] = !r.has_key;
		for (int i = 0; i < SLT_CODES; i++)
		{
			const Word *w = &r.ticket.codes.words[i];

			nulls[1 + i] = w->len == 0;
			values[1 + i] = PointerGetDatum(cstring_to_text_with_len(w->bytes, w->len));
		}
		values[4] = CStringGetTextDatum(r.terms->unknown);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	MemoryContextSwitchTo(caller);
	slt_end_read(reader);
	return (Datum) 0;
}

/* Returns what slt_explain() has to know of a ticket: when it was opened, its severity, contract, and the pauses that count for a metric. */
PG_FUNCTION_INFO_V1(slt_ticket_terms);
Datum
slt_ticket_terms(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	text	   *key = PG_GETARG_TEXT_PP(1);
	char	   *metric = text_to_cstring(PG_GETARG_TEXT_PP(2));
	SltReader  *reader;
	SltAttachment *a;
	SltReading	r;
	uint64		found = 0;
	int			m = 0;

	InitMaterializedSRF(fcinfo, 0);
	reader = slt_begin_read_key(PG_GETARG_OID(0), key);
	a = slt_reader_attachment(reader);
	while (m < a->nmetrics && pg_strcasecmp(a->metrics[m].name, metric) != 0)
		m++;
	if (m == a->nmetrics)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("table \"%s\" is not attached with a metric \"%s\"", get_rel_name(PG_GETARG_OID(0)), metric)));
	while (slt_read_next(reader, &r))
	{
		SltStanding s;
		State		state;
		Datum		values[4];
		bool		nulls[4] = {false};

		found++;
		if (r.terms->unknown != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg_internal("%s", r.terms->unknown),
					 r.terms->advice ? errhint("%s", r.terms->advice) : 0));
		if (!judge(&r, m, GetCurrentTransactionStartTimestamp(), &s, &state))
			continue;
		values[0] = TimestampTzGetDatum(r.ticket.opened.at);
		values[1] = CStringGetTextDatum(r.terms->severity);
		values[2] = CStringGetTextDatum(r.terms->contract);
		nulls[3] = s.pauses == NULL;
		values[3] = nulls[3] ? (Datum) 0 : PointerGetDatum(slt_make_pauses(s.pauses));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	slt_end_read(reader);
	if (found == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("table \"%s\" has no ticket \"%s\"", get_rel_name(PG_GETARG_OID(0)), text_to_cstring(key))));
	return (Datum) 0;
}

/* ---------- slt_report ---------- */

/* A day, month or the like of a zone. */
typedef struct ZonePeriod
{
	const SltZone *zone;
	SltPeriod	period;
} ZonePeriod;

/* What the rows of a report are by. */
typedef struct GroupKey
{
	TimestampTz from;
	int32		who;			/* index into the report's list of contracts and severities, from 1 */
	int32		metric;
} GroupKey;

typedef struct ReportGroup
{
	GroupKey	key;
	TimestampTz to;
	int64		opened;
	int64		met;
	int64		breached;
	int64		open;
	int64		ndone;
	int64	   *work;			/* of those done */
} ReportGroup;

/* Whose promises. */
typedef struct Who
{
	char	   *contract;
	char	   *severity;
} Who;

typedef struct Report
{
	SltEvery	every;
	int			nperiods;
	ZonePeriod *periods;		/* sorted */
	int			nwho;
	Who		   *who;
	HTAB	   *groups;
	TimestampTz now;
} Report;

/* Tells where an instant of a zone is to be found: before a period, in it, or behind it. */
static int
compare_to_period(const SltZone *zone, SltInstant at, const ZonePeriod *p)
{
	if (p->zone != zone)
		return (uintptr_t) zone < (uintptr_t) p->zone ? -1 : 1;
	return at < p->period.from ? -1 : at >= p->period.to ? 1 : 0;
}

/* Finds the period of an instant by the clock of a calendar; makes it if it is new. */
static const SltPeriod *
find_period(Report *p, const SltZone *zone, SltInstant at)
{
	int			low = 0,
				high = p->nperiods;

	while (low < high)
	{
		int			middle = (low + high) / 2,
					order = compare_to_period(zone, at, &p->periods[middle]);

		if (order == 0)
			return &p->periods[middle].period;
		if (order > 0)
			low = middle + 1;
		else
			high = middle;
	}
	p->periods = p->periods ? repalloc(p->periods, sizeof(ZonePeriod) * (p->nperiods + 1)) : palloc(sizeof(ZonePeriod));
	memmove(p->periods + low + 1, p->periods + low, sizeof(ZonePeriod) * (p->nperiods - low));
	p->nperiods++;
	p->periods[low] = (ZonePeriod) {zone, slt_calendar_period_of(p->every, zone, at)};
	return &p->periods[low].period;
}

/* Numbers whose promises a ticket's are. */
static int
find_who(Report *p, SltTerms *t)
{
	if (t->group != 0)
		return t->group;
	for (int i = 0; i < p->nwho; i++)
		if (strcmp(p->who[i].contract, t->contract) == 0 && strcmp(p->who[i].severity, t->severity) == 0)
			return t->group = i + 1;
	p->who = p->who ? repalloc(p->who, sizeof(Who) * (p->nwho + 1)) : palloc(sizeof(Who));
	p->who[p->nwho].contract = pstrdup(t->contract);
	p->who[p->nwho].severity = pstrdup(t->severity);
	return t->group = ++p->nwho;
}

/* Counts a metric of a ticket. */
static void
count_metric(Report *p, const SltReading *r, int metric)
{
	const SltPeriod *period;
	GroupKey	key;
	ReportGroup	   *g;
	SltStanding s;
	State		state;
	bool		found;

	if (!judge(r, metric, p->now, &s, &state))
		return;
	period = find_period(p, slt_timeline_calendar(s.timeline)->zone, r->ticket.opened.at);
	memset(&key, 0, sizeof(key));
	key.from = period->from;
	key.who = find_who(p, r->terms);
	key.metric = metric;
	g = hash_search(p->groups, &key, HASH_ENTER, &found);
	if (!found)
		memset((char *) g + sizeof(GroupKey), 0, sizeof(ReportGroup) - sizeof(GroupKey));
	g->to = period->to;
	g->opened++;
	g->met += state == MET;
	g->breached += state == MET_LATE || state == BREACHED;
	g->open += state != MET && state != MET_LATE && state != BREACHED;
	if (state != MET && state != MET_LATE)
		return;
	if (g->ndone == 0)
		g->work = palloc(sizeof(int64) * 8);
	else if (g->ndone >= 8 && (g->ndone & (g->ndone - 1)) == 0)
		g->work = repalloc_huge(g->work, sizeof(int64) * g->ndone * 2);
	g->work[g->ndone++] = elapsed_work(r, metric, p->now, &s);
}

/* Orders amounts of work. */
static int
compare_work(const void *a, const void *b)
{
	int64		x = *(const int64 *) a,
				y = *(const int64 *) b;

	return (x > y) - (x < y);
}

/* Orders groups: by period, contract, severity, metric. */
static int
compare_groups(const void *a, const void *b, void *report)
{
	const ReportGroup *x = *(ReportGroup *const *) a,
			   *y = *(ReportGroup *const *) b;
	const Who  *who = ((Report *) report)->who;
	int			c = (x->key.from > y->key.from) - (x->key.from < y->key.from);

	if (c == 0)
		c = strcmp(who[x->key.who - 1].contract, who[y->key.who - 1].contract);
	if (c == 0)
		c = strcmp(who[x->key.who - 1].severity, who[y->key.who - 1].severity);
	return c ? c : x->key.metric - y->key.metric;
}

/* Puts out a group; percentiles are discrete: the least work that so many of them took no more than. */
static void
put_group(ReturnSetInfo *rsinfo, const Report *p, const ReportGroup *g, const char *metric)
{
	Datum		values[11];
	bool		nulls[11] = {false};

	values[0] = RangeTypePGetDatum(slt_make_period((SltPeriod) {g->key.from, g->to}));
	values[1] = CStringGetTextDatum(p->who[g->key.who - 1].contract);
	values[2] = CStringGetTextDatum(p->who[g->key.who - 1].severity);
	values[3] = CStringGetTextDatum(metric);
	values[4] = Int64GetDatum(g->opened);
	values[5] = Int64GetDatum(g->met);
	values[6] = Int64GetDatum(g->breached);
	values[7] = Int64GetDatum(g->open);
	nulls[8] = g->met + g->breached == 0;
	values[8] = nulls[8] ? (Datum) 0 : slt_percent(slt_number(g->met), g->met + g->breached);
	nulls[9] = nulls[10] = g->ndone == 0;
	if (g->ndone > 0)
	{
		qsort(g->work, g->ndone, sizeof(int64), compare_work);
		values[9] = PointerGetDatum(slt_make_amount(0, g->work[(g->ndone + 1) / 2 - 1]));
		values[10] = PointerGetDatum(slt_make_amount(0, g->work[(g->ndone * 9 + 9) / 10 - 1]));
	}
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* Puts out all groups in order. */
static void
put_groups(ReturnSetInfo *rsinfo, Report *p, const SltAttachment *a)
{
	int64		n = hash_get_num_entries(p->groups),
				i = 0;
	ReportGroup	  **groups = palloc(sizeof(ReportGroup *) * Max(n, 1));
	HASH_SEQ_STATUS seq;
	ReportGroup	   *g;

	hash_seq_init(&seq, p->groups);
	while ((g = hash_seq_search(&seq)) != NULL)
		groups[i++] = g;
	qsort_arg(groups, n, sizeof(ReportGroup *), compare_groups, p);
	for (i = 0; i < n; i++)
		put_group(rsinfo, p, groups[i], a->metrics[groups[i]->key.metric].name);
}

/* Reports how promises were kept: by period of opening, contract, severity and metric. */
PG_FUNCTION_INFO_V1(slt_report);
Datum
slt_report(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Report		p = {.now = GetCurrentTransactionStartTimestamp()};
	HASHCTL		control = {.keysize = sizeof(GroupKey),.entrysize = sizeof(ReportGroup)};
	SltInstant	from = SLT_MINUS_INFINITY,
				to = SLT_INFINITY;
	SltReader  *reader;
	SltReading	r;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(2))
		return (Datum) 0;
	p.every = slt_read_every(PG_GETARG_TEXT_PP(2));
	if (!PG_ARGISNULL(1) && !slt_read_range(PG_GETARG_DATUM(1), &from, &to))
		return (Datum) 0;
	control.hcxt = CurrentMemoryContext;
	p.groups = hash_create("slt report", 256, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	reader = slt_begin_read(PG_GETARG_OID(0), PG_ARGISNULL(1) ? SLT_EVERY_TICKET : SLT_OPENED_DURING, from, to);
	while (slt_read_next(reader, &r))
	{
		if (!r.ticket.opened.known || r.ticket.opened.at < from || r.ticket.opened.at >= to)
			continue;
		for (int m = 0; m < slt_reader_attachment(reader)->nmetrics; m++)
			count_metric(&p, &r, m);
	}
	put_groups(rsinfo, &p, slt_reader_attachment(reader));
	slt_end_read(reader);
	return (Datum) 0;
}
