/*
 * host.c
 *		A host for the core without a server: memory, and synthetic time zones.
 *
 * Zones are a few changes of offset, and a pair of rules that repeat every
 * year from some year on, for ever.  All are regular before 1900 and from 2100.
 */
#include "host.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "date.h"

/* ---------- memory ---------- */

/* Stands before each piece of memory; all of an arena form a ring through the arena's own. */
typedef struct Header
{
	struct Header *next;
	struct Header *previous;
} Header;

struct HostArena
{
	Header		ring;
};

/* Makes an arena. */
HostArena *
host_arena_create(void)
{
	HostArena  *arena = malloc(sizeof(*arena));

	if (arena == NULL)
		abort();
	arena->ring.next = arena->ring.previous = &arena->ring;
	return arena;
}

/* Frees an arena and all that is left in it. */
void
host_arena_drop(HostArena *arena)
{
	while (arena->ring.next != &arena->ring)
		slt_free(arena->ring.next + 1);
	free(arena);
}

/* Counts the pieces of memory in an arena. */
size_t
host_arena_count(const HostArena *arena)
{
	size_t		n = 0;

	for (const Header *h = arena->ring.next; h != &arena->ring; h = h->next)
		n++;
	return n;
}

/* Takes memory from an arena. */
void *
slt_alloc(void *arena, size_t size)
{
	Header	   *ring = &((HostArena *) arena)->ring;
	Header	   *h = malloc(sizeof(*h) + size);

	if (h == NULL)
		abort();
	memset(h + 1, 0xa5, size);
	h->next = ring->next;
	h->previous = ring;
	ring->next->previous = h;
	ring->next = h;
	return h + 1;
}

/* Gives one piece of memory back. */
void
slt_free(void *memory)
{
	Header	   *h;

	if (memory == NULL)
		return;
	h = (Header *) memory - 1;
	h->next->previous = h->previous;
	h->previous->next = h->next;
	free(h);
}

/* Nothing interrupts a test. */
void
slt_check_interrupts(void)
{
}

jmp_buf		host_too_large;

/* Leaves a test whose calendar takes too much memory. */
void
slt_too_large(void)
{
	longjmp(host_too_large, 1);
}

/* ---------- zones ---------- */

/* A yearly change: the n-th weekday of a month (5: the last) at a wall time of the offset before. */
typedef struct YearlyRule
{
	int			month;
	int			nth;
	int			weekday;		/* 0 is Monday */
	int32_t		time;
	int32_t		offset;			/* from then on */
} YearlyRule;

struct SltZone
{
	const char *name;
	int32_t		base;			/* before all changes */
	int			from_year;		/* of the rules; 0: no rules */
	YearlyRule	rules[2];		/* in the order of the year */
	int			nchanges;		/* all before from_year */
	HostChange	changes[HOST_MAX_CHANGES];
};

#define H 3600
#define AT(days, hour) ((int64_t) (days) * SLT_DAY_SECONDS + (hour) * H)

static SltZone zones[] = {
	{"UTC", 0, 0, {{0}}, 0, {{0, 0}}},
	{"Test/New_York", -17762, 2007, {{3, 2, 6, 2 * H, -4 * H}, {11, 1, 6, 2 * H, -5 * H}},
	1, {{AT(-36159, 5), -5 * H}}},
	{"Test/Lord_Howe", 10 * H, 2008, {{4, 1, 6, 2 * H, 10 * H + 1800}, {10, 1, 6, 2 * H, 11 * H}},
	1, {{AT(-6880, 14), 11 * H}}},
	/* 2011-12-30 never was */
	{"Test/Apia", -10 * H, 0, {{0}}, 1, {{AT(4381, 10), 14 * H}}},
	/* 2011-12-30 was twice */
	{"Test/Twice", 12 * H, 0, {{0}}, 1, {{AT(4381, 12), -12 * H}}},
	/* 00:00 becomes 01:00 on a Sunday in October, and 23:00 again in February */
	{"Test/Gap_Midnight", -3 * H, 2009, {{2, 3, 6, 0, -3 * H}, {10, 3, 6, 0, -2 * H}}, 0, {{0, 0}}},
	/* 00:30 becomes 23:30 again on a Friday in October */
	{"Test/Fold_Midnight", 2 * H, 2010, {{4, 5, 4, 0, 3 * H}, {10, 5, 4, 1800, 2 * H}}, 0, {{0, 0}}},
	{"Test/Far_East", 14 * H, 0, {{0}}, 0, {{0, 0}}},
	{"Test/Far_West", -12 * H, 0, {{0}}, 0, {{0, 0}}},
	{"Test/Fuzz", 0, 0, {{0}}, 0, {{0, 0}}},
};

#define NZONES ((int) (sizeof(zones) / sizeof(zones[0])))

/* Returns how many zones there are, without the fuzzer's. */
int
host_zone_count(void)
{
	return NZONES - 1;
}

/* Returns the name of a zone. */
const char *
host_zone_name(int i)
{
	return zones[i].name;
}

/* Gives the zone Test/Fuzz its changes, which must be sorted. */
void
host_set_fuzz_zone(int32_t base, int n, const HostChange *changes)
{
	SltZone    *zone = &zones[NZONES - 1];

	zone->base = base;
	zone->nchanges = n;
	memcpy(zone->changes, changes, (size_t) n * sizeof(*changes));
}

/* Finds a zone. */
const SltZone *
slt_zone_find(const char *name, const char **canonical_name)
{
	for (int i = 0; i < NZONES; i++)
		if (strcasecmp(name, zones[i].name) == 0)
		{
			*canonical_name = zones[i].name;
			return &zones[i];
		}
	return NULL;
}

/* Returns when a rule changes the offset in a year. */
static int64_t
rule_second(const SltZone *zone, int year, int i)
{
	const YearlyRule *rule = &zone->rules[i];
	SltDate		first = slt_date_from_civil(year, rule->month, 1);
	int			day = (rule->weekday - slt_weekday(first) + 7) % 7 + 7 * (rule->nth - 1);

	if (day >= slt_days_in_month(year, rule->month))
		day -= 7;
	return (int64_t) (first + day) * SLT_DAY_SECONDS + rule->time - zone->rules[1 - i].offset;
}

/* Returns a zone's offset at a second, and when it changes next. */
int32_t
slt_zone_offset(const SltZone *zone, int64_t second, int64_t *next_change)
{
	int32_t		offset = zone->base;
	int			year,
				month,
				day;

	*next_change = INT64_MAX;
	for (int i = 0; i < zone->nchanges; i++)
	{
		if (zone->changes[i].at > second)
		{
			*next_change = zone->changes[i].at;
			return offset;
		}
		offset = zone->changes[i].offset;
	}
	if (zone->from_year == 0)
		return offset;
	slt_date_to_civil((SltDate) slt_floor_div(second, SLT_DAY_SECONDS), &year, &month, &day);
	year = year - 1 < zone->from_year ? zone->from_year : year - 1;
	for (;; year++)
		for (int i = 0; i < 2; i++)
		{
			int64_t		at = rule_second(zone, year, i);

			if (at > second)
			{
				*next_change = at;
				return offset;
			}
			offset = zone->rules[i].offset;
		}
}
