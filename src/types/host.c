/*
 * host.c
 *		What the core borrows from the server: memory, and its time zones.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "pgtime.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "../core/core.h"
#include "../core/text.h"

#define UNIX_SECONDS_AT_2000 ((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY)

/* Allocates in a memory context; NULL stands for the current one. */
void *
slt_alloc(void *arena, size_t size)
{
	return MemoryContextAllocExtended(arena ? (MemoryContext) arena : CurrentMemoryContext, size, MCXT_ALLOC_HUGE);
}

/* Frees what slt_alloc() gave. */
void
slt_free(void *memory)
{
	if (memory)
		pfree(memory);
}

/*
 * Tells whether a name can be an IANA zone's.  The server also takes POSIX rules
 * such as "EST5" for zones; they all have digits, and the IANA names that have
 * digits are these.  And beside the zones there are files that mean another
 * zone on each machine, or none.
 */
static bool
is_iana_name(const char *name)
{
	static const char *const with_digits[] = {
		"est5edt", "cst6cdt", "mst7mdt", "pst8pdt", "gmt0", "gmt+0", "gmt-0"
	};

	static const char *const no_zones[] = {"localtime", "posixrules", "factory"};

	for (size_t i = 0; i < lengthof(no_zones); i++)
		if (slt_word_is(name, strlen(name), no_zones[i]))
			return false;
	if (pg_strncasecmp(name, "posix/", 6) == 0 || pg_strncasecmp(name, "right/", 6) == 0)
		return false;
	if (strpbrk(name, "0123456789<") == NULL || pg_strncasecmp(name, "Etc/", 4) == 0)
		return true;
	for (size_t i = 0; i < lengthof(with_digits); i++)
		if (slt_word_is(name, strlen(name), with_digits[i]))
			return true;
	return false;
}

/* Finds one of the server's time zones. */
const SltZone *
slt_zone_find(const char *name, const char **canonical_name)
{
	pg_tz	   *tz = is_iana_name(name) ? pg_tzset(name) : NULL;

	if (tz == NULL || !pg_tz_acceptable(tz))
		return NULL;
	*canonical_name = pg_get_timezone_name(tz);
	return (const SltZone *) tz;
}

/* Lets a query be cancelled. */
void
slt_check_interrupts(void)
{
	CHECK_FOR_INTERRUPTS();
}

/* Refuses a calendar that takes too much memory. */
void
slt_too_large(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("working calendar is too large to be compiled"),
			 errdetail("Its days differ so much that they take more than 32 megabytes of memory."),
			 errhint("Write fewer rules and time spans, or ask for a shorter time.")));
}

/* Returns a zone's offset at a second and when it changes next. */
int32_t
slt_zone_offset(const SltZone *zone, int64_t second, int64_t *next_change)
{
	const pg_tz *tz = (const pg_tz *) zone;
	pg_time_t	at = second + UNIX_SECONDS_AT_2000,
				boundary;
	long int	before,
				after;
	int			before_isdst,
				after_isdst;

	switch (pg_next_dst_boundary(&at, &before, &before_isdst, &boundary, &after, &after_isdst, tz))
	{
		case 1:
			*next_change = boundary - UNIX_SECONDS_AT_2000;
			return (int32_t) before;
		case 0:
			*next_change = PG_INT64_MAX;
			return (int32_t) before;
		default:
			elog(ERROR, "could not read time zone \"%s\"", pg_get_timezone_name(unconstify(pg_tz *, tz)));
	}
}
