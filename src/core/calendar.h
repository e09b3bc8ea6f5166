/*
 * calendar.h
 *		The rules of a working calendar: what its zone's wall clock must show.
 */
#ifndef SLT_CALENDAR_H
#define SLT_CALENDAR_H

#include "core.h"
#include "days.h"

/* What one calendar may hold; beyond it, text is refused. */
#define SLT_MAX_CALENDAR_TEXT	(1 << 20)
#define SLT_MAX_RULES			5000	/* behind those that make the week */
#define SLT_MAX_SPANS			64
#define SLT_MAX_PARTS			32	/* calendars in a combination */

#define SLT_LAST_SPAN_END		(2 * SLT_DAY_SECONDS)

/* Open from start to before end, in seconds of the wall clock after midnight of its date. */
typedef struct SltSpan
{
	int32_t		start;			/* 0 to before 24:00 */
	int32_t		end;			/* after start, 48:00 at most */
} SltSpan;

/* The opening hours of a date: sorted spans that neither overlap nor touch; none when closed. */
typedef struct SltHours
{
	int			nspans;
	const SltSpan *spans;
	int			comment_length;
	const char *comment;		/* NULL if there is none */
} SltHours;

/* What a rule does to the dates that it is for. */
typedef enum SltRuleKind
{
	SLT_REPLACE,				/* they have these hours and no others */
	SLT_EXTEND,					/* they have these hours, too */
	SLT_CLOSE					/* their wall clock shows no working time in
								 * these hours, whichever date it belongs to */
} SltRuleKind;

typedef struct SltRule
{
	SltRuleKind kind;
	SltDays		days;
	SltHours	hours;
} SltRule;

/*
 * A calendar in canonical form.  It is a week and rules, each of which changes
 * what those before it say; or a combination of two calendars.
 *
 * The first rules that are for days of the week only are merged into the week.
 * The others stand in the order of their dates as far as they share none with
 * an earlier one, and a rule whose every date a later one replaces is gone.
 */
typedef struct SltCalendar
{
	const SltZone *zone;		/* of a combination: of its first part */
	const char *zone_name;
	const char *text;			/* as it was read */
	size_t		length;
	SltHours	week[7];
	int			nrules;
	SltRule    *rules;
	bool		has_holidays;	/* the text says something about PH */
	char		combine;		/* 0, or '|', '&', '-' */
	const struct SltCalendar *left;
	const struct SltCalendar *right;
} SltCalendar;

/* What was allocated on the way, to be freed together. */
typedef struct SltScratch
{
	void	   *arena;
	size_t		size;
	struct SltScratchPiece *pieces;
} SltScratch;

/* Where a stretch of closed time comes from. */
typedef struct SltReason
{
	bool		any_hours;		/* the date has some */
	bool		dated;			/* it is closed by more than a day of the week */
	int			name_length;
	const char *name;			/* NULL if there is none */
} SltReason;

/* calendar_read.c, calendar_write.c */
extern SltCalendar *slt_calendar_read(void *arena, const char *text, size_t len, SltTextError *error);
extern void slt_calendar_guess(void *arena, const char *text, size_t len, SltTextError *error);
extern char *slt_calendar_write(void *arena, const SltCalendar *calendar);
extern bool slt_hours_read(void *arena, const char *text, size_t len, SltRule *rule, SltTextError *error);

/* calendar.c */
extern bool slt_calendar_add_rule(void *arena, SltCalendar *calendar, const SltRule *rule);
extern void slt_calendar_order(void *arena, SltCalendar *calendar);
extern void slt_calendar_hours(const SltCalendar *calendar, SltDate from, int ndates, SltHours *hours, SltScratch *scratch);
extern void slt_scratch_free(SltScratch *scratch);
extern void slt_calendar_reason(void *arena, const SltCalendar *calendar, SltDate date, int32_t second, SltReason *reason);
extern bool slt_calendar_opens_weekly(const SltCalendar *calendar);
extern bool slt_calendar_repeats(const SltCalendar *calendar);
extern bool slt_calendar_opens_on_holidays(const SltCalendar *calendar);
extern bool slt_calendar_has_easter(const SltCalendar *calendar);
extern bool slt_calendar_named_dates(const SltCalendar *calendar, SltDate *first, SltDate *last);

/* what calendar.c lends to its neighbours */
extern int	slt_spans_merge(SltSpan *spans, int n);
extern bool slt_hours_equal(const SltHours *a, const SltHours *b);

/*
 * holidays.c: a calendar with its public holidays written out as dates.
 *
 * `holidays` are sorted by date; a date may come several times, and then what
 * all of them leave open is open.  `hours` is NULL (or empty) where the text's
 * own PH rules decide, else what slt_hours_read() reads: "09:00-12:00", "off",
 * or "14:00-16:00 off".  A text that says nothing about PH is closed on them.
 * In a combination they hold for each part.  Returns NULL with an error for
 * hours that cannot be read, and for too many rules.  Texts must live as long
 * as the result.
 */
typedef struct SltHoliday
{
	SltDate		date;
	const char *hours;
	const char *name;			/* NULL or empty: none */
} SltHoliday;

extern SltCalendar *slt_calendar_with_holidays(void *arena, const SltCalendar *calendar, const SltHoliday *holidays, int n, SltTextError *error);

#endif							/* SLT_CALENDAR_H */
