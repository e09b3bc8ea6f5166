/*
 * numbers.c
 *		Percentages and times, as SQL gets them.
 */
#include "numbers.h"

#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

/* Returns a part of a whole in percent, without zeros at its end. */
Datum
slt_percent(Datum part, int64 whole)
{
	return DirectFunctionCall1(numeric_trim_scale, slt_compute(numeric_div, slt_compute(numeric_mul, slt_number(100), part), slt_number(whole)));
}

/* Makes an interval of hours, without days: a day of an interval is not always 24 hours. */
Datum
slt_interval_of(int64 micros)
{
	Interval   *result = palloc0(sizeof(Interval));

	result->time = micros;
	return IntervalPGetDatum(result);
}

/* Refuses a time that has more of something than memory should be filled with; the message says of what. */
void
slt_too_many(const char *message)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg_internal("%s", message),
			 errhint("Ask for shorter ranges.")));
}
