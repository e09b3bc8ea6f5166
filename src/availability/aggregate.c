/*
 * aggregate.c
 *		Availability and downtime of ranges in any table.
 *
 * The state is the list of periods, cut to the time asked about.  It is sorted
 * and merged once, at the end, or before it is handed to another process, so
 * that in parallel as in one go no instant counts twice.
 */
#include "availability.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

/* What has been seen: down within `over`. */
typedef struct Ranges
{
	SltPeriod	over;			/* nothing in it: from = to */
	SltPeriods	down;
} Ranges;

/* Returns the state of an aggregate, made if there is none. */
static Ranges *
new_ranges(MemoryContext context, SltPeriod over)
{
	Ranges	   *ranges = MemoryContextAlloc(context, sizeof(Ranges));

	ranges->over = over;
	slt_periods_init(&ranges->down, context);
	return ranges;
}

/* Returns the memory that lives as long as the group; called by itself such a function has none. */
static MemoryContext
aggregate_context(FunctionCallInfo fcinfo, const char *name)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("function \"%s\" is for aggregates only", name)));
	return context;
}

/* Reads the time asked about. */
static SltPeriod
read_over(Datum range)
{
	SltPeriod	over;

	if (!slt_read_range(range, &over.from, &over.to))
		over.from = over.to = 0;
	else if (slt_is_infinite(over.from) || slt_is_infinite(over.to))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot measure a time without end"),
				 errhint("Give a range with two finite bounds to measure over.")));
	(void) slt_length(over);
	return over;
}

/* Complains unless two times asked about are the same. */
static inline void
require_same(SltPeriod a, SltPeriod b)
{
	if (unlikely(a.from != b.from || a.to != b.to))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the range to measure over is not the same in all rows of a group"),
				 errhint("Group by it, or give a constant.")));
}

/* Takes a range; nulls are left out. */
PG_FUNCTION_INFO_V1(slt_ranges_add);
Datum
slt_ranges_add(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo, "slt_ranges_add");
	Ranges	   *ranges = PG_ARGISNULL(0) ? NULL : (Ranges *) PG_GETARG_POINTER(0);
	SltPeriod	over,
				down;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
	{
		if (ranges == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(ranges);
	}
	over = read_over(PG_GETARG_DATUM(2));
	if (ranges == NULL)
		ranges = new_ranges(context, over);
	require_same(ranges->over, over);
	if (slt_read_range(PG_GETARG_DATUM(1), &down.from, &down.to))
		slt_periods_add(&ranges->down, Max(down.from, over.from), Min(down.to, over.to));
	PG_RETURN_POINTER(ranges);
}

/* Puts two states together. */
PG_FUNCTION_INFO_V1(slt_ranges_combine);
Datum
slt_ranges_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo, "slt_ranges_combine");
	Ranges	   *a = PG_ARGISNULL(0) ? NULL : (Ranges *) PG_GETARG_POINTER(0),
			   *b = PG_ARGISNULL(1) ? NULL : (Ranges *) PG_GETARG_POINTER(1);

	if (b == NULL && a == NULL)
		PG_RETURN_NULL();
	if (b == NULL)
		PG_RETURN_POINTER(a);
	if (a == NULL)
		a = new_ranges(context, b->over);
	require_same(a->over, b->over);
	slt_periods_add_all(&a->down, &b->down);
	PG_RETURN_POINTER(a);
}

/* Writes a state for another process, merged. */
PG_FUNCTION_INFO_V1(slt_ranges_serialize);
Datum
slt_ranges_serialize(PG_FUNCTION_ARGS)
{
	Ranges	   *ranges = (Ranges *) PG_GETARG_POINTER(0);
	StringInfoData out;

	(void) aggregate_context(fcinfo, "slt_ranges_serialize");
	slt_merge(&ranges->down);
	if (ranges->down.count > (int64) (MaxAllocSize / sizeof(SltPeriod)) - 8)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many ranges for a parallel aggregate"),
				 errhint("Set max_parallel_workers_per_gather to 0.")));
	pq_begintypsend(&out);
	pq_sendint64(&out, ranges->over.from);
	pq_sendint64(&out, ranges->over.to);
	pq_sendint64(&out, ranges->down.count);
	for (int64 i = 0; i < ranges->down.count; i++)
	{
		pq_sendint64(&out, ranges->down.items[i].from);
		pq_sendint64(&out, ranges->down.items[i].to);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&out));
}

/* Takes over what a parallel worker has gathered, as slt_ranges_serialize() wrote it. */
PG_FUNCTION_INFO_V1(slt_ranges_deserialize);
Datum
slt_ranges_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *bytes = PG_GETARG_BYTEA_PP(0);
	StringInfoData in;
	SltPeriod	over;
	Ranges	   *ranges;
	int64		count;

	(void) aggregate_context(fcinfo, "slt_ranges_deserialize");
	initStringInfo(&in);
	appendBinaryStringInfo(&in, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	over.from = pq_getmsgint64(&in);
	over.to = pq_getmsgint64(&in);
	ranges = new_ranges(CurrentMemoryContext, over);
	count = pq_getmsgint64(&in);
	for (int64 i = 0; i < count; i++)
	{
		SltInstant	from = pq_getmsgint64(&in);

		slt_periods_add(&ranges->down, from, pq_getmsgint64(&in));
	}
	pq_getmsgend(&in);
	pfree(in.data);
	PG_RETURN_POINTER(ranges);
}

/* Returns the downtime of a state in microseconds. */
static int64
downtime(Ranges *ranges)
{
	slt_merge(&ranges->down);
	return slt_total(&ranges->down);
}

/* Returns the availability in percent: null without any range, and for an empty time. */
PG_FUNCTION_INFO_V1(slt_ranges_availability);
Datum
slt_ranges_availability(PG_FUNCTION_ARGS)
{
	Ranges	   *ranges = PG_ARGISNULL(0) ? NULL : (Ranges *) PG_GETARG_POINTER(0);
	int64		whole = ranges ? ranges->over.to - ranges->over.from : 0;

	(void) aggregate_context(fcinfo, "slt_ranges_availability");
	if (whole == 0)
		PG_RETURN_NULL();
	return slt_percent(NumericGetDatum(int64_to_numeric(whole - downtime(ranges))), whole);
}

/* Returns the downtime: null without any range. */
PG_FUNCTION_INFO_V1(slt_ranges_downtime);
Datum
slt_ranges_downtime(PG_FUNCTION_ARGS)
{
	(void) aggregate_context(fcinfo, "slt_ranges_downtime");
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return slt_interval_of(downtime((Ranges *) PG_GETARG_POINTER(0)));
}
