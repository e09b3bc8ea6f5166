/*
 * working_interval.c
 *		The type working_interval: input and output, operators, aggregates, casts.
 */
#include "types.h"

#include <math.h>

#include "common/hashfn.h"
#include "common/int.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "numbers.h"

#define PG_RETURN_AMOUNT(a) return PointerGetDatum(copy_amount(a))

/* Copies an amount into memory of the caller. */
static SltAmount *
copy_amount(const SltAmount *a)
{
	SltAmount  *copy = palloc(sizeof(SltAmount));

	*copy = *a;
	return copy;
}

/* Complains about an amount that cannot be. */
static void
amount_out_of_range(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("working_interval out of range")));
}

/* Makes an amount in memory of the caller, or complains. */
SltAmount *
slt_make_amount(int64 days, int64 micros)
{
	SltAmount  *a = palloc(sizeof(SltAmount));

	if (!slt_amount_make(days, micros, a))
		amount_out_of_range();
	return a;
}

/* Reads an amount from text. */
PG_FUNCTION_INFO_V1(slt_working_interval_in);
Datum
slt_working_interval_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);
	SltAmount	a;
	SltTextError error;

	if (!slt_amount_read(text, strlen(text), &a, &error))
		ereturn(fcinfo->context, (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%s\"", "working_interval", text),
				 errdetail_internal("%s", error.detail),
				 errhint("Write \"2 working days\", \"4 working hours 30 working minutes\" or \"P2DT4H\".")));
	PG_RETURN_AMOUNT(&a);
}

/* Writes an amount as text. */
PG_FUNCTION_INFO_V1(slt_working_interval_out);
Datum
slt_working_interval_out(PG_FUNCTION_ARGS)
{
	char	   *text = palloc(SLT_AMOUNT_TEXT);

	slt_amount_write(PG_GETARG_AMOUNT(0), text);
	PG_RETURN_CSTRING(text);
}

/* Reads an amount from its binary form: days and microseconds, eight bytes each. */
PG_FUNCTION_INFO_V1(slt_working_interval_recv);
Datum
slt_working_interval_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	SltAmount	a;
	int			infinity;

	a.days = pq_getmsgint64(buf);
	a.micros = pq_getmsgint64(buf);
	infinity = slt_amount_infinity(&a);
	if (infinity != 0 && (a.days != a.micros || (a.days != PG_INT64_MAX && a.days != PG_INT64_MIN)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary representation of type %s", "working_interval"),
				 errdetail("The number of days, " INT64_FORMAT ", is out of range.", (int64) a.days)));
	PG_RETURN_AMOUNT(&a);
}

/* Writes the binary form of an amount. */
PG_FUNCTION_INFO_V1(slt_working_interval_send);
Datum
slt_working_interval_send(PG_FUNCTION_ARGS)
{
	SltAmount  *a = PG_GETARG_AMOUNT(0);
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint64(&buf, a->days);
	pq_sendint64(&buf, a->micros);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/* Makes an amount of parts, as make_interval() does. */
PG_FUNCTION_INFO_V1(slt_make_working_interval);
Datum
slt_make_working_interval(PG_FUNCTION_ARGS)
{
	double		secs = PG_GETARG_FLOAT8(3);
	int64		micros = PG_GETARG_INT32(1) * SLT_HOUR;

	secs = rint(secs * USECS_PER_SEC);
	if (!(secs >= (double) PG_INT64_MIN && secs < -(double) PG_INT64_MIN) ||
		pg_add_s64_overflow(micros, PG_GETARG_INT32(2) * SLT_MINUTE, &micros) ||
		pg_add_s64_overflow(micros, (int64) secs, &micros))
		amount_out_of_range();
	return PointerGetDatum(slt_make_amount(PG_GETARG_INT32(0), micros));
}

/* ---------- comparison ---------- */

/* Compares the first two arguments. */
static inline int
compare_arguments(FunctionCallInfo fcinfo)
{
	return slt_amount_compare(PG_GETARG_AMOUNT(0), PG_GETARG_AMOUNT(1));
}

/* The six operators are all that one comparison. */
#define COMPARISON(name, op) \
PG_FUNCTION_INFO_V1(slt_working_interval_##name); \
Datum \
slt_working_interval_##name(PG_FUNCTION_ARGS) \
{ \
	PG_RETURN_BOOL(compare_arguments(fcinfo) op 0); \
}

COMPARISON(eq, ==)
COMPARISON(ne, !=)
COMPARISON(lt, <)
COMPARISON(le, <=)
COMPARISON(gt, >)
COMPARISON(ge, >=)

/* Orders two amounts, for btree. */
PG_FUNCTION_INFO_V1(slt_working_interval_cmp);
Datum
slt_working_interval_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare_arguments(fcinfo));
}

/* Returns the lesser of two amounts. */
PG_FUNCTION_INFO_V1(slt_working_interval_smaller);
Datum
slt_working_interval_smaller(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(compare_arguments(fcinfo) <= 0 ? PG_GETARG_DATUM(0) : PG_GETARG_DATUM(1));
}

/* Returns the greater of two amounts. */
PG_FUNCTION_INFO_V1(slt_working_interval_larger);
Datum
slt_working_interval_larger(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(compare_arguments(fcinfo) >= 0 ? PG_GETARG_DATUM(0) : PG_GETARG_DATUM(1));
}

/* Hashes what equal amounts share. */
PG_FUNCTION_INFO_V1(slt_working_interval_hash);
Datum
slt_working_interval_hash(PG_FUNCTION_ARGS)
{
	SltAmount	normal;

	slt_amount_normalize(PG_GETARG_AMOUNT(0), &normal);
	return hash_any((unsigned char *) &normal, sizeof(normal));
}

/* The same with a seed. */
PG_FUNCTION_INFO_V1(slt_working_interval_hash_extended);
Datum
slt_working_interval_hash_extended(PG_FUNCTION_ARGS)
{
	SltAmount	normal;

	slt_amount_normalize(PG_GETARG_AMOUNT(0), &normal);
	return hash_any_extended((unsigned char *) &normal, sizeof(normal), PG_GETARG_INT64(1));
}

/* ---------- arithmetic ---------- */

/* Returns -a. */
PG_FUNCTION_INFO_V1(slt_working_interval_um);
Datum
slt_working_interval_um(PG_FUNCTION_ARGS)
{
	SltAmount	result;

	if (!slt_amount_negate(PG_GETARG_AMOUNT(0), &result))
		amount_out_of_range();
	PG_RETURN_AMOUNT(&result);
}

/* Returns a + b. */
PG_FUNCTION_INFO_V1(slt_working_interval_pl);
Datum
slt_working_interval_pl(PG_FUNCTION_ARGS)
{
	SltAmount	result;

	if (!slt_amount_add(PG_GETARG_AMOUNT(0), PG_GETARG_AMOUNT(1), &result))
		amount_out_of_range();
	PG_RETURN_AMOUNT(&result);
}

/* Returns a - b. */
PG_FUNCTION_INFO_V1(slt_working_interval_mi);
Datum
slt_working_interval_mi(PG_FUNCTION_ARGS)
{
	SltAmount	result;

	if (!slt_amount_negate(PG_GETARG_AMOUNT(1), &result) ||
		!slt_amount_add(PG_GETARG_AMOUNT(0), &result, &result))
		amount_out_of_range();
	PG_RETURN_AMOUNT(&result);
}

/* Multiplies an amount into memory of the caller. */
static SltAmount *
multiply(const SltAmount *a, double factor)
{
	SltAmount	result;

	if (!slt_amount_multiply(a, factor, &result))
		amount_out_of_range();
	return copy_amount(&result);
}

/* Returns a * factor. */
PG_FUNCTION_INFO_V1(slt_working_interval_mul);
Datum
slt_working_interval_mul(PG_FUNCTION_ARGS)
{
	return PointerGetDatum(multiply(PG_GETARG_AMOUNT(0), PG_GETARG_FLOAT8(1)));
}

/* Returns factor * a. */
PG_FUNCTION_INFO_V1(slt_mul_d_working_interval);
Datum
slt_mul_d_working_interval(PG_FUNCTION_ARGS)
{
	return PointerGetDatum(multiply(PG_GETARG_AMOUNT(1), PG_GETARG_FLOAT8(0)));
}

/* Divides an amount into memory of the caller. */
static SltAmount *
divide(const SltAmount *a, double divisor)
{
	SltAmount	result;

	if (divisor == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DIVISION_BY_ZERO),
				 errmsg("division by zero")));
	if (!slt_amount_divide(a, divisor, &result))
		amount_out_of_range();
	return copy_amount(&result);
}

/* Returns a / divisor. */
PG_FUNCTION_INFO_V1(slt_working_interval_div);
Datum
slt_working_interval_div(PG_FUNCTION_ARGS)
{
	return PointerGetDatum(divide(PG_GETARG_AMOUNT(0), PG_GETARG_FLOAT8(1)));
}

/* Returns the amount without its sign: the same length of time, but not less than nothing. */
PG_FUNCTION_INFO_V1(slt_working_interval_abs);
Datum
slt_working_interval_abs(PG_FUNCTION_ARGS)
{
	const SltAmount *a = PG_GETARG_AMOUNT(0);
	static const SltAmount none = {0, 0};
	SltAmount	result = *a;

	if (slt_amount_compare(a, &none) < 0 && !slt_amount_negate(a, &result))
		amount_out_of_range();
	PG_RETURN_AMOUNT(&result);
}

/* Returns how long an amount is in microseconds, as a number, which has more digits than an integer. */
static Datum
length_of(const SltAmount *a)
{
	int			sign = slt_amount_infinity(a);

	if (sign != 0)
		return DirectFunctionCall3(numeric_in, CStringGetDatum(sign < 0 ? "-Infinity" : "Infinity"), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	return slt_compute(numeric_add, slt_compute(numeric_mul, slt_number(a->days), slt_number(SLT_NOMINAL_DAY)), slt_number(a->micros));
}

/* Returns a quotient without zeros at its end. */
static Datum
quotient(Datum part, Datum whole)
{
	return DirectFunctionCall1(numeric_trim_scale, slt_compute(numeric_div, part, whole));
}

/* Returns an amount as a number of hours. */
PG_FUNCTION_INFO_V1(slt_working_hours);
Datum
slt_working_hours(PG_FUNCTION_ARGS)
{
	return quotient(length_of(PG_GETARG_AMOUNT(0)), slt_number(SLT_HOUR));
}

/* Returns one part of an amount, as date_part() of an interval does; the parts add up to it. */
PG_FUNCTION_INFO_V1(slt_working_interval_part);
Datum
slt_working_interval_part(PG_FUNCTION_ARGS)
{
	char	   *unit = text_to_cstring(PG_GETARG_TEXT_PP(0));
	SltAmount  *a = PG_GETARG_AMOUNT(1);
	static const struct
	{
		const char *name;
		int64		micros;
		int64		of;			/* the next larger part */
	}			parts[] = {{"hour", SLT_HOUR, 0}, {"minute", SLT_MINUTE, SLT_HOUR}, {"second", SLT_SECOND, SLT_MINUTE}};

	if (pg_strcasecmp(unit, "day") == 0 || pg_strcasecmp(unit, "days") == 0)
		PG_RETURN_DATUM(slt_amount_infinity(a) ? length_of(a) : slt_number(a->days));
	for (size_t i = 0; i < lengthof(parts); i++)
		if (pg_strncasecmp(unit, parts[i].name, strlen(parts[i].name)) == 0 && strlen(unit) <= strlen(parts[i].name) + 1)
		{
			int64		micros = parts[i].of ? a->micros % parts[i].of : a->micros;

			if (slt_amount_infinity(a))
				PG_RETURN_NULL();
			return parts[i].micros == SLT_SECOND ? quotient(slt_number(micros), slt_number(SLT_SECOND)) : slt_number(micros / parts[i].micros);
		}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unit \"%.*s\" not recognized for type %s", pg_mbcliplen(unit, strlen(unit), 100), unit, "working_interval"),
			 errhint("Say day, hour, minute or second; working_hours() is all of it as a number.")));
}

/* Returns how many times as long one amount is as another. */
PG_FUNCTION_INFO_V1(slt_working_interval_ratio);
Datum
slt_working_interval_ratio(PG_FUNCTION_ARGS)
{
	return quotient(length_of(PG_GETARG_AMOUNT(0)), length_of(PG_GETARG_AMOUNT(1)));
}

/* ---------- avg ---------- */

/* What avg collects. */
typedef struct Average
{
	int64		count;
	SltAmount	sum;
} Average;

/* Adds an amount to the average of a group. */
PG_FUNCTION_INFO_V1(slt_working_interval_avg_accum);
Datum
slt_working_interval_avg_accum(PG_FUNCTION_ARGS)
{
	Average    *state = PG_ARGISNULL(0) ? NULL : (Average *) PG_GETARG_POINTER(0);
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "aggregate function called in non-aggregate context");
	if (state == NULL)
		state = MemoryContextAllocZero(context, sizeof(Average));
	if (!PG_ARGISNULL(1))
	{
		if (!slt_amount_add(&state->sum, PG_GETARG_AMOUNT(1), &state->sum))
			amount_out_of_range();
		state->count++;
	}
	PG_RETURN_POINTER(state);
}

/* Joins the averages of two parallel workers. */
PG_FUNCTION_INFO_V1(slt_working_interval_avg_combine);
Datum
slt_working_interval_avg_combine(PG_FUNCTION_ARGS)
{
	Average    *a = PG_ARGISNULL(0) ? NULL : (Average *) PG_GETARG_POINTER(0);
	Average    *b = PG_ARGISNULL(1) ? NULL : (Average *) PG_GETARG_POINTER(1);
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "aggregate function called in non-aggregate context");
	if (a == NULL)
		a = MemoryContextAllocZero(context, sizeof(Average));
	if (b != NULL)
	{
		if (!slt_amount_add(&a->sum, &b->sum, &a->sum))
			amount_out_of_range();
		a->count += b->count;
	}
	PG_RETURN_POINTER(a);
}

/* Packs the average of a worker. */
PG_FUNCTION_INFO_V1(slt_working_interval_avg_serialize);
Datum
slt_working_interval_avg_serialize(PG_FUNCTION_ARGS)
{
	bytea	   *packed = palloc(VARHDRSZ + sizeof(Average));

	if (!AggCheckCallContext(fcinfo, NULL))
		elog(ERROR, "aggregate function called in non-aggregate context");
	SET_VARSIZE(packed, VARHDRSZ + sizeof(Average));
	memcpy(VARDATA(packed), PG_GETARG_POINTER(0), sizeof(Average));
	PG_RETURN_BYTEA_P(packed);
}

/* Unpacks the average of a worker. */
PG_FUNCTION_INFO_V1(slt_working_interval_avg_deserialize);
Datum
slt_working_interval_avg_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *packed = PG_GETARG_BYTEA_PP(0);
	Average    *state;

	if (!AggCheckCallContext(fcinfo, NULL))
		elog(ERROR, "aggregate function called in non-aggregate context");
	if (VARSIZE_ANY_EXHDR(packed) != sizeof(Average))
		elog(ERROR, "invalid state of avg(working_interval)");
	state = palloc(sizeof(Average));
	memcpy(state, VARDATA_ANY(packed), sizeof(Average));
	PG_RETURN_POINTER(state);
}

/* Returns the average of a group, null if it has no amounts. */
PG_FUNCTION_INFO_V1(slt_working_interval_avg_final);
Datum
slt_working_interval_avg_final(PG_FUNCTION_ARGS)
{
	Average    *state = PG_ARGISNULL(0) ? NULL : (Average *) PG_GETARG_POINTER(0);

	if (state == NULL || state->count == 0)
		PG_RETURN_NULL();
	return PointerGetDatum(divide(&state->sum, (double) state->count));
}

/* ---------- casts ---------- */

/* Casts to interval; a working day is eight hours there. */
PG_FUNCTION_INFO_V1(slt_working_interval_to_interval);
Datum
slt_working_interval_to_interval(PG_FUNCTION_ARGS)
{
	SltAmount  *a = PG_GETARG_AMOUNT(0);
	Interval   *result = palloc0(sizeof(Interval));
	int			infinity = slt_amount_infinity(a);

	if (infinity != 0)
	{
#ifdef SLT_INTERVAL_HAS_INFINITY
		if (infinity > 0)
			INTERVAL_NOEND(result);
		else
			INTERVAL_NOBEGIN(result);
		PG_RETURN_INTERVAL_P(result);
#else
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("cannot cast infinite working_interval to interval"),
				 errdetail("Intervals are finite before PostgreSQL 17.")));
#endif
	}
	if (pg_mul_s64_overflow(a->days, SLT_NOMINAL_DAY, &result->time) ||
		pg_add_s64_overflow(result->time, a->micros, &result->time))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("interval out of range")));
	PG_RETURN_INTERVAL_P(result);
}

/* Casts from interval: days become working days, time working time. */
PG_FUNCTION_INFO_V1(slt_interval_to_working_interval);
Datum
slt_interval_to_working_interval(PG_FUNCTION_ARGS)
{
	Interval   *i = PG_GETARG_INTERVAL_P(0);

	if (SLT_INTERVAL_IS_INFINITE(i))
	{
		SltAmount	infinite;

		slt_amount_infinite(SLT_INTERVAL_IS_NOEND(i) ? 1 : -1, &infinite);
		PG_RETURN_AMOUNT(&infinite);
	}
	if (i->month != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot cast an interval with months to working_interval"),
				 errdetail("A month has no fixed number of working days."),
				 errhint("Use days and hours.")));
	return PointerGetDatum(slt_make_amount(i->day, i->time));
}
