/*
 * report.c
 *		The figures of availability, for SQL.
 */
#include "availability.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/int.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"
#include "utils/typcache.h"

/* ---------- figures ---------- */

/* Returns weighted time in microseconds, exactly. */
static Datum
exact_micros(SltWeighted w)
{
	if (w.millionths == 0)
		return slt_number(w.micros);
	return slt_compute(numeric_add, slt_number(w.micros), slt_compute(numeric_div, slt_number(w.millionths), slt_number(SLT_FULL_WEIGHT)));
}

/* Returns weighted time, rounded to a microsecond. */
static int64
whole_micros(SltWeighted w)
{
	return w.micros + (w.millionths >= SLT_FULL_WEIGHT / 2);
}

/* Returns the time of which it is known whether the service was up, and that counts. */
static int64
known_time(const SltMeasure *m)
{
	return m->elapsed - m->excluded - m->unknown;
}

/* Returns the availability in percent, null if nothing is known. */
static Datum
availability_of(const SltMeasure *m, bool *isnull)
{
	int64		known = known_time(m);

	*isnull = known == 0;
	if (*isnull)
		return (Datum) 0;
	return slt_percent(slt_compute(numeric_sub, slt_number(known), exact_micros(m->down)), known);
}

/* Returns the share of the time that counts of which something is known, in percent. */
static Datum
coverage_of(const SltMeasure *m, bool *isnull)
{
	int64		whole = m->elapsed - m->excluded;

	*isnull = whole == 0;
	return *isnull ? (Datum) 0 : slt_percent(slt_number(whole - m->unknown), whole);
}

/* Returns what a target leaves of a time, in microseconds, half up. */
static int64
allowed_of(Numeric target, int64 micros)
{
	Datum		share = slt_compute(numeric_sub, slt_number(100), NumericGetDatum(target)),
				allowed = slt_compute(numeric_div, slt_compute(numeric_mul, share, slt_number(micros)), slt_number(100));

	return DatumGetInt64(DirectFunctionCall1(numeric_int8, allowed));
}

/* ---------- measuring ---------- */

/* Measures a period, as far as it is in the facts' time. */
void
slt_measure_facts(const SltFacts *r, const SltHistory *h, SltPeriod period, SltMeasure *m)
{
	period.from = Max(period.from, r->from);
	period.to = Min(period.to, r->to);
	slt_measure(h, period, m);
}

/* Reads the arguments from `during` on that all functions have; of an empty range so much that names are checked all the same. */
static SltQuestion
read_question(FunctionCallInfo fcinfo, SltPeriod during, int first)
{
	return (SltQuestion)
	{
		.service = PG_ARGISNULL(first) ? NULL : PG_GETARG_TEXT_PP(first),
			.experience = PG_ARGISNULL(first + 1) ? NULL : PG_GETARG_TEXT_PP(first + 1),
			.hours = PG_ARGISNULL(PG_NARGS() - 1) ? NULL : PG_GETARG_CALENDAR(PG_NARGS() - 1),
			.from = during.from,.to = during.to
	};
}

/* Reads the time asked about. */
static SltPeriod
read_during(FunctionCallInfo fcinfo, int arg)
{
	SltPeriod	during;

	if (!slt_read_range(PG_GETARG_DATUM(arg), &during.from, &during.to))
		during.to = during.from;
	return during;
}

/* Tells how much of a time a service was up. */
PG_FUNCTION_INFO_V1(slt_availability);
Datum
slt_availability(PG_FUNCTION_ARGS)
{
	SltQuestion question;
	SltFacts   *r;
	SltHistory	history;
	SltPeriods	known;
	SltMeasure	m;
	bool		isnull;
	Datum		result;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	question = read_question(fcinfo, read_during(fcinfo, 0), 1);
	r = slt_read_facts(slt_schema_of_call(fcinfo), &question);
	if (r->from >= r->to)
		PG_RETURN_NULL();
	slt_history_of(r, r->wanted, &history, &known);
	slt_measure_facts(r, &history, (SltPeriod) {r->from, r->to}, &m);
	result = availability_of(&m, &isnull);
	if (isnull)
		PG_RETURN_NULL();
	return result;
}

/* ---------- rows of figures ---------- */

/* Returns the length of a period; all of time has none. */
int64
slt_length(SltPeriod period)
{
	int64		length;

	if (pg_sub_s64_overflow(period.to, period.from, &length))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("range is too long to be measured")));
	return length;
}

/* Returns how long the promise is for a period, to its end. */
static int64
promised_time(const SltFacts *r, SltPeriod period)
{
	SltInstant	from = Max(period.from, r->from),
				to = period.to == SLT_INFINITY ? r->to : period.to;
	int64		micros = 0;

	if (from >= to)
		return 0;
	if (r->calendar == NULL)
		return slt_length((SltPeriod) {from, to});
	slt_check(slt_worked(slt_timeline_of(r->calendar), from, to, NULL, &micros), slt_timeline_of(r->calendar));
	return micros;
}

/* Fills in a row of slt_figures; `name` is null for all of the service. */
void
slt_fill_figures(const SltFacts *r, const text *name, SltPeriod period, const SltMeasure *m, Datum *values, bool *nulls)
{
	int64		allowed = allowed_of(r->service->target, promised_time(r, period) - m->excluded - m->unknown);

	memset(nulls, false, SLT_FIGURES * sizeof(bool));
	nulls[0] = name == NULL;
	values[0] = PointerGetDatum(name);
	values[1] = RangeTypePGetDatum(slt_make_period(period));
	values[2] = availability_of(m, &nulls[2]);
	values[3] = slt_interval_of(whole_micros(m->down));
	values[4] = slt_interval_of(m->planned);
	values[5] = slt_interval_of(m->excluded);
	values[6] = slt_interval_of(m->unknown);
	values[7] = coverage_of(m, &nulls[7]);
	values[8] = NumericGetDatum(r->service->target);
	nulls[9] = nulls[2];
	values[9] = nulls[9] ? (Datum) 0 : slt_compute(numeric_ge, values[2], values[8]);
	values[10] = slt_interval_of(allowed);
	values[11] = slt_interval_of(allowed - whole_micros(m->down));
	values[12] = slt_interval_of(whole_micros(m->any_down));
}

/* Measures periods of all that is wanted, or of an experience, and returns a row for each. */
static void
return_figures(FunctionCallInfo fcinfo, SltFacts *r, int which, const SltPeriods *periods)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "slt figures", ALLOCSET_DEFAULT_SIZES),
				caller;
	SltHistory	history;
	SltPeriods	known;

	slt_history_of(r, which, &history, &known);
	caller = MemoryContextSwitchTo(scratch);
	for (int64 i = 0; i < periods->count; i++)
	{
		Datum		values[SLT_FIGURES];
		bool		nulls[SLT_FIGURES];
		SltMeasure	m;

		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(scratch);
		slt_measure_facts(r, &history, periods->items[i], &m);
		slt_fill_figures(r, which < 0 ? NULL : r->experiences[which].name, periods->items[i], &m, values, nulls);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(scratch);
}

/* Reports availability for each day, week, month, quarter or year of a time. */
PG_FUNCTION_INFO_V1(slt_availability_report);
Datum
slt_availability_report(PG_FUNCTION_ARGS)
{
	SltQuestion question;
	SltPeriod	during;
	SltFacts   *r;
	SltPeriods	periods;
	SltEvery	every;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return (Datum) 0;
	every = slt_read_every(PG_GETARG_TEXT_PP(1));
	during = read_during(fcinfo, 0);
	question = read_question(fcinfo, during, 2);
	r = slt_read_facts(slt_schema_of_call(fcinfo), &question);
	if (r->from >= r->to)
		return (Datum) 0;
	slt_periods_init(&periods, NULL);
	slt_list_calendar_periods(&periods, every, r->service->zone, r->from, during.to, r->to);
	return_figures(fcinfo, r, r->wanted, &periods);
	return (Datum) 0;
}

/* Reads the periods of an argument, and the time that they are all in. */
static SltPeriod
read_periods(ArrayType *array, SltPeriods *periods)
{
	Datum	   *elements;
	bool	   *nulls;
	int			count;
	SltPeriod	all = {SLT_INFINITY, SLT_MINUS_INFINITY};

	deconstruct_array(array, TSTZRANGEOID, -1, false, TYPALIGN_DOUBLE, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		SltPeriod	p;

		if (nulls[i] || !slt_read_range(elements[i], &p.from, &p.to))
			continue;
		slt_periods_add(periods, p.from, p.to);
		all.from = Min(all.from, p.from);
		all.to = Max(all.to, p.to);
	}
	return all;
}

/* Reports availability for any periods, of the service and of each experience if wanted. */
PG_FUNCTION_INFO_V1(slt_availability_periods);
Datum
slt_availability_periods(PG_FUNCTION_ARGS)
{
	SltQuestion question;
	SltFacts   *r;
	SltPeriods	periods;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	slt_periods_init(&periods, NULL);
	question = read_question(fcinfo, read_periods(PG_GETARG_ARRAYTYPE_P(0), &periods), 1);
	question.each = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3) && question.experience == NULL;
	r = slt_read_facts(slt_schema_of_call(fcinfo), &question);
	return_figures(fcinfo, r, question.each ? SLT_WHOLE_SERVICE : r->wanted, &periods);
	for (int which = 0; question.each && which < r->nexperiences; which++)
		return_figures(fcinfo, r, which, &periods);
	return (Datum) 0;
}
