/*
 * date.c
 *		Gregorian dates as day numbers.
 *
 * Years are counted from March, so that the leap day ends the year; a month is
 * then found by the line through the month lengths 31,30,31,30,31 that repeat.
 */
#include "date.h"

#define DAYS_BEFORE_2000 730425 /* from 0000-03-01 to 2000-01-01 */

/* Returns the day number of a date of the proleptic Gregorian calendar. */
SltDate
slt_date_from_civil(int year, int month, int day)
{
	int64_t		y = month > 2 ? year : year - 1;
	int64_t		m = month > 2 ? month - 3 : month + 9;

	return (SltDate) (365 * y + slt_floor_div(y, 4) - slt_floor_div(y, 100) +
					  slt_floor_div(y, 400) + (153 * m + 2) / 5 + day - 1 - DAYS_BEFORE_2000);
}

/*
 * Returns the year, month and day of a day number, by whole eras of 400 years, so that no date takes longer than
 * another.
 */
void
slt_date_to_civil(SltDate date, int *year, int *month, int *day)
{
	int64_t		days = (int64_t) date + DAYS_BEFORE_2000;
	int64_t		cycle = slt_floor_div(days, SLT_GREGORIAN_CYCLE);
	int64_t		rest = days - cycle * SLT_GREGORIAN_CYCLE;
	int64_t		y = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
	int64_t		yday = rest - (365 * y + y / 4 - y / 100);
	int64_t		m = (5 * yday + 2) / 153;

	*day = (int) (yday - (153 * m + 2) / 5 + 1);
	*month = (int) (m < 10 ? m + 3 : m - 9);
	*year = (int) (cycle * 400 + y + (*month <= 2));
}

/* Returns the length of a month; February's depends on the year. */
int
slt_days_in_month(int year, int month)
{
	static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool		leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return length[month - 1] + (month == 2 && leap);
}

/* Returns the day of the week, 0 for Monday to 6 for Sunday. */
int
slt_weekday(SltDate date)
{
	int			weekday = (int) (((int64_t) date + 5) % 7); /* 2000-01-01 was a
															 * Saturday */

	return weekday < 0 ? weekday + 7 : weekday;
}
