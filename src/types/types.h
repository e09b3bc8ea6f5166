/*
 * types.h
 *		The SQL types over the core: what their values look like, and how C gets
 *		from a value to the core and back.
 */
#ifndef SLT_TYPES_H
#define SLT_TYPES_H

#include "postgres.h"

#include "fmgr.h"
#include "utils/multirangetypes.h"
#include "utils/timestamp.h"

#include "../core/timeline.h"
#include "../slt_compat.h"

/*
 * working_interval: an SltAmount, 16 bytes, by reference.
 */
#define DatumGetAmount(d) ((SltAmount *) DatumGetPointer(d))
#define PG_GETARG_AMOUNT(n) DatumGetAmount(PG_GETARG_DATUM(n))

extern SltAmount *slt_make_amount(int64 days, int64 micros);

/* Returns a varlena that may have a short header, without a call for the many that are that already. */
static inline struct varlena *
slt_packed(Datum value)
{
	struct varlena *v = (struct varlena *) DatumGetPointer(value);

	return unlikely(VARATT_IS_COMPRESSED(v) || VARATT_IS_EXTERNAL(v)) ? pg_detoast_datum_packed(v) : v;
}

/*
 * working_calendar: a varlena of
 *
 *		uint32	format, 1 so far
 *		uint64	hash of the text
 *		char[]	the canonical text
 *
 * The text is what output shows.  Canonical text makes two values equal exactly
 * if their bytes are, and it cannot be misread by a later release.  The hash
 * finds the compiled calendar without reading the text.  A value in a row may
 * have a short header, so its parts are copied out, not pointed at.
 */
#define SLT_CALENDAR_FORMAT 1
#define SLT_CALENDAR_HEADER (sizeof(uint32) + sizeof(uint64))

#define PG_GETARG_CALENDAR(n) slt_packed(PG_GETARG_DATUM(n))
#define slt_calendar_text(c) (VARDATA_ANY(c) + SLT_CALENDAR_HEADER)
#define slt_calendar_text_length(c) (VARSIZE_ANY_EXHDR(c) - SLT_CALENDAR_HEADER)

static inline uint64
slt_calendar_hash(const struct varlena *calendar)
{
	uint64		hash;

	memcpy(&hash, VARDATA_ANY(calendar) + sizeof(uint32), sizeof(hash));
	return hash;
}

extern Datum slt_working_time_zone(PG_FUNCTION_ARGS);
extern struct varlena *slt_make_calendar(const char *text, int len, struct Node *escontext);

/* calendar_cache.c: the compiled calendars of this backend */
extern SltTimeline *slt_timeline_of(const struct varlena *calendar);
extern uint64 slt_timelines_epoch;

/* What a call site remembers of its calendar, good while the epoch is the same if it is constant. */
typedef struct SltTimelineMemo
{
	bool		constant;
	uint64		epoch;
	SltTimeline *timeline;
} SltTimelineMemo;

extern SltTimelineMemo *slt_timeline_memo(FunctionCallInfo fcinfo, int arg);

/* working_time.c: what the functions of every form of calendar argument share */
extern void slt_check(SltStatus status, SltTimeline *tl);
extern SltPauses *slt_get_pauses(MultirangeType *paused);
extern MultirangeType *slt_make_pauses(const SltPauses *pauses);

/*
 * The functions that take a calendar exist in three forms: with its value, its
 * name, and the default one.  Each is written once, over a timeline; `next` is
 * the number of the argument behind the calendar.
 */
#define SLT_CALENDAR_FUNCTIONS(F) \
	F(working_add, 2) \
	F(working_between, 2) \
	F(is_working, 1) \
	F(is_due, 2) \
	F(next_working, 1) \
	F(previous_working, 1) \
	F(working_periods, 1) \
	F(working_periods_on, 1) \
	F(working_today, 0) \
	F(working_days, 1) \
	F(working_days_between, 2) \
	F(working_days_in_month, 1)

#define SLT_DECLARE_OVER(name, calendar_arg) \
	extern Datum slt_##name##_over(FunctionCallInfo fcinfo, SltTimeline *tl, int next);
SLT_CALENDAR_FUNCTIONS(SLT_DECLARE_OVER)

/* Tells whether one of the first n arguments is null. */
static inline bool
slt_any_null(FunctionCallInfo fcinfo, int n)
{
	for (int i = 0; i < n; i++)
		if (PG_ARGISNULL(i))
			return true;
	return false;
}

#endif							/* SLT_TYPES_H */
