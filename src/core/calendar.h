/*
 * calendar.h
 *		The rules of a working calendar: what its zone's wall clock must show.
 */
#ifndef SLT_CALENDAR_H
#define SLT_CALENDAR_H

#include "core.h"
#include "date.h"

/* What one calendar may hold; beyond it, text is refused. */
#define SLT_MAX_CALENDAR_TEXT	(1 << 20)
#define SLT_MAX_DATED_RULES		5000
#define SLT_MAX_SPANS			64

#define SLT_LAST_SPAN_END		(2 * SLT_DAY_SECONDS)
#define SLT_EVERY_WEEKDAY		0x7f	/* bit 0 is Monday */

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

/* Hours for certain dates. */
typedef struct SltDatedRule
{
	SltDate		first;
	SltDate		last;
	uint8_t		month;			/* 0, or this day of every year */
	uint8_t		day;
	uint8_t		weekdays;		/* bits; only these days of the week */
	SltHours	hours;
} SltDatedRule;

/*
 * A calendar in canonical form: undated rules are merged into one week, dated
 * rules stand in the order of their dates as far as later ones do not replace
 * earlier ones, and a rule that never applies is gone.  A later dated rule
 * replaces an earlier one, and any dated rule the week.
 */
typedef struct SltCalendar
{
	const SltZone *zone;
	const char *zone_name;
	SltHours	week[7];
	int			ndated;
	SltDatedRule *dated;
} SltCalendar;

extern SltCalendar *slt_calendar_read(void *arena, const char *text, size_t len, SltTextError *error);
extern char *slt_calendar_write(void *arena, const SltCalendar *calendar);
extern void slt_calendar_hours(const SltCalendar *calendar, SltDate from, int ndates, const SltHours **hours);
extern const SltDatedRule *slt_calendar_dated_rule(const SltCalendar *calendar, SltDate date);
extern bool slt_calendar_opens_weekly(const SltCalendar *calendar);
extern bool slt_calendar_opens_yearly(const SltCalendar *calendar);
extern bool slt_calendar_named_dates(const SltCalendar *calendar, SltDate *first, SltDate *last);

#endif							/* SLT_CALENDAR_H */
