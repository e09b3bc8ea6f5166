/*
 * core.h
 *		What every file of the pure core shares: the units of time, and the few
 *		things a host lends it (memory, time zones).
 *
 * The core knows how working time works and nothing else: it includes no
 * server header and can be compiled, tested and fuzzed on its own.
 *
 * Instants are what timestamptz stores, dates what date stores, so neither is
 * converted on the way in or out.
 */
#ifndef SLT_CORE_H
#define SLT_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t SltInstant;		/* microseconds since 2000-01-01 00:00 UTC */
typedef int32_t SltDate;		/* days since 2000-01-01 */

#define SLT_SECOND		INT64_C(1000000)
#define SLT_MINUTE		(60 * SLT_SECOND)
#define SLT_HOUR		(60 * SLT_MINUTE)
#define SLT_DAY			(24 * SLT_HOUR)
#define SLT_DAY_SECONDS 86400

/* The two infinities, and the range of the finite instants, of timestamptz. */
#define SLT_MINUS_INFINITY	INT64_MIN
#define SLT_INFINITY		INT64_MAX
#define SLT_MIN_INSTANT		INT64_C(-211813488000000000)
#define SLT_END_INSTANT		INT64_C(9223371331200000000)

#define slt_is_infinite(t) ((t) == SLT_INFINITY || (t) == SLT_MINUS_INFINITY)

/* How a computation ended. */
typedef enum SltStatus
{
	SLT_OK,
	SLT_OUT_OF_RANGE,			/* the answer is not a timestamp or an amount */
	SLT_NO_WORKING_TIME			/* the calendar has too little working time */
} SltStatus;

/* Why a text was refused: a sentence that names the part that is wrong; and how it was meant, if that is clear. */
typedef struct SltTextError
{
	char		detail[256];
	char		hint[256];
} SltTextError;

/*
 * Lent by the host.  Memory comes from an arena that the host can drop as a
 * whole; running out does not return.  Freeing NULL does nothing.
 */
extern void *slt_alloc(void *arena, size_t size);
extern void slt_free(void *memory);

/*
 * A time zone is a step function from instants to offsets.  slt_zone_find()
 * returns NULL where the host has no such zone, and otherwise also the name as
 * the zone itself spells it.  slt_zone_offset() returns the seconds to add to
 * UTC at a second since 2000-01-01 UTC, and the second of the next change
 * (INT64_MAX: none).  Offsets are less than a day, and so is every change.
 *
 * slt_check_interrupts() is called in what can take long, and need not return.
 * slt_too_large() does not: a calendar takes too much memory.
 */
typedef struct SltZone SltZone;

#define SLT_MAX_ZONE_NAME 64

extern const SltZone *slt_zone_find(const char *name, const char **canonical_name);
extern int32_t slt_zone_offset(const SltZone *zone, int64_t second, int64_t *next_change);
extern void slt_check_interrupts(void);
extern void slt_too_large(void) __attribute__((noreturn));

/* Rounds towards minus infinity, as days and cycles need. */
static inline int64_t
slt_floor_div(int64_t a, int64_t b)
{
	int64_t		q = a / b;

	return q - (a % b < 0);
}

#endif							/* SLT_CORE_H */
