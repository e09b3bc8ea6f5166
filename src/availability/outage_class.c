/*
 * outage_class.c
 *		How long outages are, roughly, so that an index finds those of a time.
 *
 * An outage is in a time if it starts before its end and ends after its start.
 * No index on starts alone can find the long ones among many.  But of the
 * outages of one class, all that reach into a time start at most the class's
 * length before it.  There are few classes, and no more is read of each than
 * four times what is in the time or close to it.
 */
#include "availability.h"

#define FIRST_CLASS_LENGTH SLT_MINUTE
#define LAST_FINITE_CLASS 19	/* its length would be more than all time */

/* Returns the longest that an outage of a class can be: so far back a search of the class has to begin. */
int64
slt_class_length(int length_class)
{
	if (length_class >= LAST_FINITE_CLASS)
		return PG_INT64_MAX;
	return FIRST_CLASS_LENGTH << (2 * length_class);
}

/* Returns the class of a length, four times that of the one before, so that few classes have all of them. */
int
slt_length_class(SltInstant from, SltInstant to)
{
	uint64		length = (uint64) to - (uint64) from;
	int			length_class = 0;

	if (slt_is_infinite(from) || slt_is_infinite(to))
		return SLT_LAST_CLASS;
	while (length_class < LAST_FINITE_CLASS && length > (uint64) slt_class_length(length_class))
		length_class++;
	return length_class;
}

/* Tells how long a range is, roughly. */
PG_FUNCTION_INFO_V1(slt_outage_class);
Datum
slt_outage_class(PG_FUNCTION_ARGS)
{
	SltInstant	from,
				to;

	if (!slt_read_range(PG_GETARG_DATUM(0), &from, &to))
		PG_RETURN_INT32(0);
	PG_RETURN_INT32(slt_length_class(from, to));
}
