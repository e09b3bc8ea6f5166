/*
 * days.h
 *		A set of dates, as a rule of a calendar names it.
 *
 * A date is in a set if every part of the set that says something says yes:
 * its years, its months, its dates, its weeks, its days of the week, and
 * whether it is a public holiday.  What the text lists side by side
 * ("Jan 01,May 01") is several sets.
 */
#ifndef SLT_DAYS_H
#define SLT_DAYS_H

#include "date.h"

#define SLT_LAST_YEAR		9999	/* as the last year of a set: it has no
									 * end */
#define SLT_EVERY_OF_MONTH	0x3ff	/* of a day of the week: bits 0-4 are the
									 * first to the fifth, 5-9 the last to the
									 * fifth last */
#define SLT_EASTER_FROM		1583	/* years in which a set with Easter is
									 * known */
#define SLT_EASTER_TO		2499
#define SLT_MAX_EDGE_OFFSET 366

/* A day of any year. */
typedef enum SltEdgeKind
{
	SLT_MONTH_DAY,				/* Dec 25 */
	SLT_NTH_WEEKDAY,			/* Oct Su[-1] */
	SLT_EASTER
} SltEdgeKind;

typedef struct SltEdge
{
	uint8_t		kind;
	uint8_t		month;			/* 1 to 12 */
	uint8_t		day;			/* of the month, or of the week */
	int8_t		nth;
	int16_t		offset;			/* days behind it */
} SltEdge;

/* What the dates of a set are. */
typedef enum SltDatesKind
{
	SLT_ANY_DATE,
	SLT_EVERY_YEAR,				/* from an edge to another in every year, over
								 * its end if the second is the earlier one */
	SLT_ONCE					/* from a date to another */
} SltDatesKind;

typedef struct SltDays
{
	int16_t		first_year;		/* 0: any year */
	int16_t		last_year;
	int16_t		year_step;
	uint16_t	months;			/* bits, 0: any */
	uint8_t		dates;
	uint8_t		day_step;		/* every so many days from the first one on;
								 * 0: all */
	SltDate		first;
	SltDate		last;
	SltEdge		from;
	SltEdge		to;
	uint64_t	weeks;			/* bits of ISO weeks, 0: any */
	uint16_t	weekdays[7];	/* which of a month, from Monday on */
	int8_t		weekday_offset; /* days behind them */
	bool		holidays;		/* only public holidays ... */
	int8_t		holiday_offset; /* ... or the day before or after one */
} SltDays;

extern void slt_days_init(SltDays *days);
extern bool slt_days_contain(const SltDays *days, SltDate date);
extern void slt_days_in_year(const SltDays *days, int year, SltDate *first, SltDate *last);
extern bool slt_days_meet(const SltDays *a, const SltDays *b);
extern bool slt_days_cover(const SltDays *a, const SltDays *b);
extern int	slt_days_compare(const SltDays *a, const SltDays *b);
extern bool slt_days_are_weekly(const SltDays *days);
extern bool slt_days_have_weekday(const SltDays *days, int weekday);
extern bool slt_days_have_any_weekday(const SltDays *days);
extern bool slt_days_have_every_weekday(const SltDays *days);
extern bool slt_days_have_years(const SltDays *days, SltDate *first, SltDate *last, bool *end);
extern bool slt_days_have_easter(const SltDays *days);
extern SltDate slt_edge_date(const SltEdge *edge, int year, bool is_end);

#endif							/* SLT_DAYS_H */
