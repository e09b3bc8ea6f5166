/*
 * report.c
 *		The figures of availability, for SQL.
 */
#include "availability.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
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

/* Puts the hours together that count: those of the argument, of the service, or all. */
const SltPeriods *
slt_hours_of(const SltRecord *r, struct varlena *argument, SltInstant from, SltInstant to, SltPeriods *hours)
{
	struct varlena *calendar = argument ? argument : r->service->hours;

	if (calendar == NULL)
		return NULL;
	slt_periods_init(hours, NULL);
	slt_list_hours(hours, calendar, from, to);
	return hours;
}

/* Measures a period, as far as it is in the record's time. */
void
slt_measure_record(const SltRecord *r, const SltHistory *h, SltPeriod period, SltMeasure *m)
{
	period.from = Max(period.from, r->from);
	period.to = Min(period.to, r->to);
	slt_measure(h, period, m);
}

/* Returns an argument that may be null. */
static text *
text_argument(FunctionCallInfo fcinfo, int arg)
{
	return PG_ARGISNULL(arg) ? NULL : PG_GETARG_TEXT_PP(arg);
}

static struct varlena *
calendar_argument(FunctionCallInfo fcinfo, int arg)
{
	return PG_ARGISNULL(arg) ? NULL : PG_GETARG_CALENDAR(arg);
}

/* Tells how much of a time a service was up. */
PG_FUNCTION_INFO_V1(slt_availability);
Datum
slt_availability(PG_FUNCTION_ARGS)
{
	SltRecord  *r;
	SltInstant	from,
				to;
	SltHistory	history;
	SltPeriods	known,
				hours;
	SltMeasure	m;
	bool		isnull;
	Datum		result;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (!slt_read_range(PG_GETARG_DATUM(0), &from, &to))
		to = from;				/* so that names are checked all the same */
	r = slt_read_record(slt_schema_of_call(fcinfo), text_argument(fcinfo, 1), text_argument(fcinfo, 2), false, from, to);
	if (r->from >= r->to)
		PG_RETURN_NULL();
	slt_history_of(r, r->wanted, &history, &known);
	history.hours = slt_hours_of(r, calendar_argument(fcinfo, 3), r->from, r->to, &hours);
	slt_measure_record(r, &history, (SltPeriod) {r->from, r->to}, &m);
	result = availability_of(&m, &isnull);
	if (isnull)
		PG_RETURN_NULL();
	return result;
}

/* ---------- rows of figures ---------- */

/* Returns how long the promise is for a period, to its end. */
int64
slt_promised_time(const SltRecord *r, struct varlena *hours, SltPeriod period)
{
	struct varlena *calendar = hours ? hours : r->service->hours;
	SltInstant	from = Max(period.from, r->from),
				to = period.to == SLT_INFINITY ? r->to : period.to;
	int64		micros = 0;

	if (from >= to)
		return 0;
	if (calendar == NULL)
		return to - from;
	slt_check(slt_worked(slt_timeline_of(calendar), from, to, NULL, &micros), slt_timeline_of(calendar));
	return micros;
}

/* Fills in the figures of a period. */
void
slt_fill_figures(const SltRecord *r, SltPeriod period, int64 promised, const SltMeasure *m, Datum *values, bool *nulls)
{
	int64		allowed = allowed_of(r->service->target, promised - m->excluded - m->unknown);

	values[0] = RangeTypePGetDatum(slt_make_period(period));
	values[1] = availability_of(m, &nulls[1]);
	values[2] = slt_interval_of(whole_micros(m->down));
	values[3] = slt_interval_of(m->planned);
	values[4] = slt_interval_of(m->excluded);
	values[5] = slt_interval_of(m->unknown);
	values[6] = coverage_of(m, &nulls[6]);
	values[7] = NumericGetDatum(r->service->target);
	nulls[8] = nulls[1];
	values[8] = nulls[8] ? (Datum) 0 : slt_compute(numeric_ge, values[1], values[7]);
	values[9] = slt_interval_of(allowed);
	values[10] = slt_interval_of(allowed - whole_micros(m->down));
}

/* Measures periods of a history and returns a row for each; `name` is null for a report. */
static void
return_figures(FunctionCallInfo fcinfo, const SltRecord *r, SltHistory *h, const SltPeriods *periods, struct varlena *hours,
			   bool named, const text *name)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "slt figures", ALLOCSET_DEFAULT_SIZES),
				caller = MemoryContextSwitchTo(scratch);

	for (int64 i = 0; i < periods->count; i++)
	{
		Datum		values[SLT_FIGURES + 2];
		bool		nulls[SLT_FIGURES + 2] = {0};
		SltMeasure	m;

		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(scratch);
		slt_measure_record(r, h, periods->items[i], &m);
		slt_fill_figures(r, periods->items[i], slt_promised_time(r, hours, periods->items[i]), &m, values + named, nulls + named);
		if (named)
		{
			values[0] = PointerGetDatum(name);
			nulls[0] = name == NULL;
			values[SLT_FIGURES + 1] = slt_interval_of(whole_micros(m.any_down));
		}
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
	SltRecord  *r;
	SltInstant	from,
				to;
	SltHistory	history;
	SltPeriods	known,
				hours,
				periods;
	SltEvery	every;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return (Datum) 0;
	every = slt_read_every(PG_GETARG_TEXT_PP(1));
	if (!slt_read_range(PG_GETARG_DATUM(0), &from, &to))
		to = from;
	r = slt_read_record(slt_schema_of_call(fcinfo), text_argument(fcinfo, 2), text_argument(fcinfo, 3), false, from, to);
	if (r->from >= r->to)
		return (Datum) 0;
	slt_history_of(r, r->wanted, &history, &known);
	history.hours = slt_hours_of(r, calendar_argument(fcinfo, 4), r->from, r->to, &hours);
	slt_periods_init(&periods, NULL);
	slt_list_calendar_periods(&periods, every, r->service->zone, r->from, to, r->to);
	return_figures(fcinfo, r, &history, &periods, calendar_argument(fcinfo, 4), false, NULL);
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
	bool		each = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3) && PG_ARGISNULL(2);
	struct varlena *calendar = calendar_argument(fcinfo, 4);
	SltRecord  *r;
	SltPeriods	periods,
				hours_list;
	const SltPeriods *hours = NULL;
	SltPeriod	all;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	slt_periods_init(&periods, NULL);
	all = read_periods(PG_GETARG_ARRAYTYPE_P(0), &periods);
	r = slt_read_record(slt_schema_of_call(fcinfo), text_argument(fcinfo, 1), text_argument(fcinfo, 2), each, all.from, all.to);
	if (r->from < r->to)
		hours = slt_hours_of(r, calendar, r->from, r->to, &hours_list);
	for (int which = each ? SLT_WHOLE_SERVICE : r->wanted; which < r->nexperiences; which++)
	{
		SltHistory	history;
		SltPeriods	known;

		slt_history_of(r, which, &history, &known);
		history.hours = hours;
		return_figures(fcinfo, r, &history, &periods, calendar, true, which < 0 ? NULL : r->experiences[which].name);
		if (!each)
			break;
	}
	return (Datum) 0;
}
