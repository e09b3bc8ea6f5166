/*
 * days.c
 *		A set of dates: what it contains, and how two of them stand to each other.
 *
 * slt_days_meet() may say yes for sets that share no date, and slt_days_cover()
 * no for one that has all of another: then two texts of one meaning stay two
 * values, and nothing worse.
 */
#include "days.h"

#include <string.h>

#define FEW_DATES	7			/* so many are looked at one by one */

/* Makes the set of all dates, which selectors then narrow. */
void
slt_days_init(SltDays *days)
{
	memset(days, 0, sizeof(*days));
	for (int i = 0; i < 7; i++)
		days->weekdays[i] = SLT_EVERY_OF_MONTH;
}

/* ---------- the days of a year ---------- */

/* Returns Easter Sunday of a year: the Gregorian computus. */
static SltDate
easter(int year)
{
	int			a = year % 19,
				b = year / 100,
				c = year % 100,
				h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30,
				l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7,
				m = (a + 11 * h + 22 * l) / 451;

	return slt_date_from_civil(year, (h + l - 7 * m + 114) / 31, (h + l - 7 * m + 114) % 31 + 1);
}

/* Returns the n-th of a day of the week in a month, which may lie in the next month. */
static SltDate
nth_weekday(int year, int month, int weekday, int nth)
{
	SltDate		first = slt_date_from_civil(year, month, 1);

	if (nth < 0)
		first += slt_days_in_month(year, month);
	return first + (weekday - slt_weekday(first) + 7) % 7 + 7 * (nth > 0 ? nth - 1 : nth);
}

/* Returns the date of an edge in a year; a Feb 29 that is not there starts on Mar 1 and ends on Feb 28. */
SltDate
slt_edge_date(const SltEdge *edge, int year, bool is_end)
{
	SltDate		date;

	if (edge->kind == SLT_EASTER)
		date = easter(year < 1 ? 1 : year);
	else if (edge->kind == SLT_NTH_WEEKDAY)
		date = nth_weekday(year, edge->month, edge->day, edge->nth);
	else
		date = slt_date_from_civil(year, edge->month, edge->day) - (is_end && edge->day > slt_days_in_month(year, edge->month));
	return date + edge->offset;
}

/* Orders edges for the canonical text, and tells which are equal; the order has no meaning in itself. */
static int
compare_edges(const SltEdge *a, const SltEdge *b)
{
	int			order[] = {a->month - b->month, a->kind - b->kind, a->day - b->day, a->nth - b->nth, a->offset - b->offset};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (order[i] != 0)
			return order[i];
	return 0;
}

/*
 * Finds the dates of a yearly set in a year: from the first to the last, or, if
 * the first is behind the last, the rest of the year.  A day that the year does
 * not have is such a rest, too, of nothing.
 */
void
slt_days_in_year(const SltDays *days, int year, SltDate *first, SltDate *last)
{
	*first = slt_edge_date(&days->from, year, false);
	*last = slt_edge_date(&days->to, year, true);
	if (*first > *last && compare_edges(&days->from, &days->to) == 0)
	{
		*first = INT32_MAX;
		*last = INT32_MIN;
	}
}

/* ---------- contains ---------- */

/* Returns the week of a date as ISO 8601 counts, which the grammar means by "week". */
static int
week_of(SltDate date)
{
	int			year,
				month,
				day;

	date += 3 - slt_weekday(date);	/* a week belongs to the year of its
									 * Thursday */
	slt_date_to_civil(date, &year, &month, &day);
	return (date - slt_date_from_civil(year, 1, 1)) / 7 + 1;
}

/* Tells whether a date is one of the days of the week of a set, and whichever of its month it names. */
static bool
on_weekday(const SltDays *days, SltDate date)
{
	uint16_t	wanted;
	int			year,
				month,
				day;

	date -= days->weekday_offset;
	wanted = days->weekdays[slt_weekday(date)];
	if (wanted == 0 || wanted == SLT_EVERY_OF_MONTH)
		return wanted != 0;
	slt_date_to_civil(date, &year, &month, &day);
	return (wanted & (1 << (day - 1) / 7)) || (wanted & (32 << (slt_days_in_month(year, month) - day) / 7));
}

/*
 * Tells whether a year is in a set; one that is open to its end goes on behind the last year that can be written, as
 * the calendar repeats after 400.
 */
static bool
in_years(const SltDays *days, int year)
{
	if (days->first_year == 0)
		return true;
	return year >= days->first_year && (year - days->first_year) % days->year_step == 0 &&
		(year <= days->last_year || (days->last_year == SLT_LAST_YEAR && 400 % days->year_step == 0));
}

/* Tells whether a date is in a range of every year, which may run over its end. */
static bool
on_yearly_date(const SltDays *days, SltDate date, int year)
{
	SltDate		first,
				last;

	if (compare_edges(&days->from, &days->to) == 0 && days->from.offset != 0)
	{
		int			month,
					day;

		/* one day, which may have left its year */
		slt_date_to_civil(date - days->from.offset, &year, &month, &day);
	}
	slt_days_in_year(days, year, &first, &last);
	if (first > last)
		return date >= first || date <= last;
	return date >= first && date <= last && (days->day_step == 0 || (date - first) % days->day_step == 0);
}

/* Tells whether a date is in a set, public holidays left aside. */
bool
slt_days_contain(const SltDays *days, SltDate date)
{
	int			year,
				month,
				day;

	if (days->dates == SLT_ONCE && (date < days->first || date > days->last ||
									(days->day_step != 0 && (date - days->first) % days->day_step != 0)))
		return false;
	if (!on_weekday(days, date))
		return false;
	if (days->first_year == 0 && days->months == 0 && days->dates != SLT_EVERY_YEAR && days->weeks == 0)
		return true;
	slt_date_to_civil(date, &year, &month, &day);
	return in_years(days, year) && (days->months == 0 || (days->months & (1 << (month - 1)))) &&
		(days->dates != SLT_EVERY_YEAR || on_yearly_date(days, date, year)) &&
		(days->weeks == 0 || (days->weeks & (UINT64_C(1) << week_of(date))));
}

/* ---------- what a set has ---------- */

/* Tells whether a set has a day of the week, in some month. */
bool
slt_days_have_weekday(const SltDays *days, int weekday)
{
	return days->weekdays[((weekday - days->weekday_offset) % 7 + 7) % 7] != 0;
}

/* Tells whether a set says nothing about days of the week. */
bool
slt_days_have_every_weekday(const SltDays *days)
{
	for (int i = 0; i < 7; i++)
		if (days->weekdays[i] != SLT_EVERY_OF_MONTH)
			return false;
	return true;
}

/* Tells whether a set has a day of the week at all. */
bool
slt_days_have_any_weekday(const SltDays *days)
{
	for (int i = 0; i < 7; i++)
		if (days->weekdays[i] != 0)
			return true;
	return false;
}

/* Tells whether a set is days of the week and nothing else. */
bool
slt_days_are_weekly(const SltDays *days)
{
	for (int i = 0; i < 7; i++)
		if (days->weekdays[i] != 0 && days->weekdays[i] != SLT_EVERY_OF_MONTH)
			return false;
	return days->first_year == 0 && days->months == 0 && days->dates == SLT_ANY_DATE && days->weeks == 0 &&
		days->weekday_offset == 0 && !days->holidays;
}

/*
 * Finds the first and the last date at which a set is anything but regular:
 * what lies behind it comes again every 400 years.  `end` tells whether nothing
 * lies behind it.  Returns false if the set names no year.
 */
bool
slt_days_have_years(const SltDays *days, SltDate *first, SltDate *last, bool *end)
{
	*end = true;
	if (days->dates == SLT_ONCE)
	{
		*first = days->first;
		*last = days->last;
		return true;
	}
	*end = false;
	if (days->first_year == 0)
		return false;
	*first = *last = slt_date_from_civil(days->first_year, 1, 1);
	*end = days->last_year < SLT_LAST_YEAR || 400 % days->year_step != 0;
	if (*end)
		*last = slt_date_from_civil(days->last_year, 12, 31);
	return true;
}

/* Tells whether a set has Easter in years without end. */
bool
slt_days_have_easter(const SltDays *days)
{
	return days->dates == SLT_EVERY_YEAR && (days->from.kind == SLT_EASTER || days->to.kind == SLT_EASTER) &&
		(days->first_year == 0 || days->last_year == SLT_LAST_YEAR);
}

/* ---------- two sets ---------- */

/* Finds the days of a leap year that an edge can fall on, as days behind Jan 1 of 2000; false if it may leave the year. */
static bool
edge_window(const SltEdge *edge, SltDate *earliest, SltDate *latest)
{
	if (edge->kind == SLT_MONTH_DAY)
		*earliest = *latest = slt_date_from_civil(2000, edge->month, edge->day);
	else if (edge->kind == SLT_EASTER)
	{
		*earliest = slt_date_from_civil(2000, 3, 22);
		*latest = slt_date_from_civil(2000, 4, 25) + 1;
	}
	else
	{
		*earliest = slt_date_from_civil(2000, edge->month, 1) - 1;
		*latest = *earliest + 37;
	}
	*earliest += edge->offset;
	*latest += edge->offset;
	return *earliest >= 0 && *latest < 366;
}

/* Tells whether two yearly sets can share a day of the year. */
static bool
yearly_meet(const SltDays *a, const SltDays *b)
{
	SltDate		from[2],
				to[2],
				ignored;
	bool		wraps[2];
	const SltDays *sets[2] = {a, b};

	for (int i = 0; i < 2; i++)
	{
		SltDate		latest;

		if (!edge_window(&sets[i]->from, &from[i], &latest) || !edge_window(&sets[i]->to, &ignored, &to[i]))
			return true;
		if (compare_edges(&sets[i]->from, &sets[i]->to) != 0 && latest > ignored && from[i] <= to[i])
			return true;		/* it may wrap the year, or not */
		wraps[i] = from[i] > to[i];
	}
	if (wraps[0] && wraps[1])
		return true;
	if (wraps[0] || wraps[1])
		return from[0] <= to[1] || from[1] <= to[0];
	return from[0] <= to[1] && from[1] <= to[0];
}

/* Returns the years that a set can have dates in, so that others are not looked at. */
static void
years_of(const SltDays *days, int *first, int *last)
{
	int			month,
				day;

	*first = INT32_MIN;
	*last = INT32_MAX;
	if (days->dates == SLT_ONCE)
	{
		slt_date_to_civil(days->first, first, &month, &day);
		slt_date_to_civil(days->last, last, &month, &day);
	}
	else if (days->first_year != 0)
	{
		*first = days->first_year;
		*last = days->last_year < SLT_LAST_YEAR ? days->last_year : INT32_MAX;
	}
}

/* Returns the months that a set can be in, as bits. */
static uint16_t
months_of(const SltDays *days)
{
	int			year,
				first,
				last,
				day;
	uint16_t	months = 0;

	if (days->months != 0 || days->dates == SLT_ANY_DATE)
		return days->months ? days->months : 0xfff;
	if (days->dates == SLT_ONCE && days->last - days->first < 300)
	{
		slt_date_to_civil(days->first, &year, &first, &day);
		slt_date_to_civil(days->last, &year, &last, &day);
	}
	else if (days->dates == SLT_EVERY_YEAR && days->from.kind == SLT_MONTH_DAY && days->to.kind == SLT_MONTH_DAY &&
			 (days->from.month != days->to.month || days->from.day <= days->to.day))
	{
		first = days->from.month;
		last = days->to.month;
	}
	else
		return 0xfff;
	for (int m = first - 1;; m = (m + 1) % 12)
	{
		months |= (uint16_t) (1 << m);
		if (m == last - 1)
			return months;
	}
}

/* Tells whether two sets may share a date, so that the order of their rules matters. */
bool
slt_days_meet(const SltDays *a, const SltDays *b)
{
	bool		share_weekday = false;
	int			first_a,
				last_a,
				first_b,
				last_b;

	if (a->dates == SLT_ONCE && b->dates == SLT_ONCE && (a->first > b->last || b->first > a->last))
		return false;
	for (int i = 0; i < 7; i++)
		share_weekday |= slt_days_have_weekday(a, i) && slt_days_have_weekday(b, i);
	if (!share_weekday || (a->weeks && b->weeks && !(a->weeks & b->weeks)) || !(months_of(a) & months_of(b)))
		return false;
	years_of(a, &first_a, &last_a);
	years_of(b, &first_b, &last_b);
	if (first_a > last_b || first_b > last_a)
		return false;
	if (a->dates == SLT_EVERY_YEAR && b->dates == SLT_EVERY_YEAR && !yearly_meet(a, b))
		return false;
	if (a->dates == SLT_ONCE || b->dates == SLT_ONCE)
	{
		SltDate		first = a->dates != SLT_ONCE || (b->dates == SLT_ONCE && b->first > a->first) ? b->first : a->first,
					last = a->dates != SLT_ONCE || (b->dates == SLT_ONCE && b->last < a->last) ? b->last : a->last;

		if (last - first >= 366)
			return true;
		if (last - first >= FEW_DATES && (a->dates == SLT_ONCE) == (b->dates == SLT_ONCE))
			return true;
		for (SltDate date = first; date <= last; date++)
			if (slt_days_contain(a, date) && slt_days_contain(b, date))
				return true;
		return false;
	}
	return true;
}

/* Tells whether a yearly set has all days of the year that another has. */
static bool
yearly_cover(const SltDays *a, const SltDays *b)
{
	SltDate		first,
				last;

	if (a->day_step == b->day_step && compare_edges(&a->from, &b->from) == 0 && compare_edges(&a->to, &b->to) == 0)
		return true;
	if (a->day_step != 0 || a->from.kind != SLT_MONTH_DAY || a->to.kind != SLT_MONTH_DAY ||
		b->from.kind != SLT_MONTH_DAY || b->to.kind != SLT_MONTH_DAY)
		return false;
	slt_days_in_year(b, 2000, &first, &last);
	for (SltDate date = 0; date < 366; date++)
		if ((first > last ? date >= first || date <= last : date >= first && date <= last) && !on_yearly_date(a, date, 2000))
			return false;
	return true;
}

/* Tells whether a set has every date of another. */
bool
slt_days_cover(const SltDays *a, const SltDays *b)
{
	int			first_a,
				last_a,
				first_b,
				last_b;

	if (a->holidays && !(b->holidays && a->holiday_offset == b->holiday_offset))
		return false;
	if (b->dates == SLT_ONCE && b->last - b->first < FEW_DATES)
	{
		for (SltDate date = b->first; date <= b->last; date++)
			if (slt_days_contain(b, date) && !slt_days_contain(a, date))
				return false;
		return true;
	}
	for (int i = 0; i < 7; i++)
		if (a->weekdays[i] != SLT_EVERY_OF_MONTH || a->weekday_offset != 0)
			if ((b->weekdays[i] & ~a->weekdays[i]) || a->weekday_offset != b->weekday_offset)
				return false;
	if ((a->weeks && (b->weeks == 0 || (b->weeks & ~a->weeks))) || (a->months && (months_of(b) & ~a->months)))
		return false;
	years_of(a, &first_a, &last_a);
	years_of(b, &first_b, &last_b);
	if (first_a > first_b || last_a < last_b)
		return false;
	if (a->first_year != 0 && a->year_step != 1 && (a->first_year != b->first_year || a->year_step != b->year_step))
		return false;
	if (a->dates == SLT_ANY_DATE)
		return true;
	if (a->dates == SLT_ONCE)
		return b->dates == SLT_ONCE && a->first <= b->first && b->last <= a->last && (a->day_step == 0 || (a->day_step == b->day_step && a->first == b->first));
	return b->dates == SLT_EVERY_YEAR && yearly_cover(a, b);
}

/* Orders sets: days of the week alone, then what comes every year, then what has a year, each by its dates. */
int
slt_days_compare(const SltDays *a, const SltDays *b)
{
	const SltDays *sets[2] = {a, b};
	int64_t		key[2][12];

	for (int i = 0; i < 2; i++)
	{
		const SltDays *d = sets[i];
		int64_t		all[] = {
			slt_days_are_weekly(d) ? 0 : d->dates == SLT_ONCE || d->first_year ? 2 : 1, d->dates,
			d->dates == SLT_ONCE ? d->first : 0, d->dates == SLT_ONCE ? d->last : 0, d->first_year, d->last_year, d->year_step,
			d->months, d->day_step, (int64_t) d->weeks, d->weekday_offset, d->holidays ? 2 + d->holiday_offset : 0
		};

		memcpy(key[i], all, sizeof(all));
	}
	for (int k = 0; k < 2; k++)
		if (key[0][k] != key[1][k])
			return key[0][k] < key[1][k] ? -1 : 1;
	if (a->dates == SLT_EVERY_YEAR)
	{
		int			order = compare_edges(&a->from, &b->from);

		if (order == 0)
			order = compare_edges(&a->to, &b->to);
		if (order != 0)
			return order;
	}
	for (int k = 2; k < 12; k++)
		if (key[0][k] != key[1][k])
			return key[0][k] < key[1][k] ? -1 : 1;
	for (int i = 0; i < 7; i++)
		if (a->weekdays[i] != b->weekdays[i])
			return a->weekdays[i] > b->weekdays[i] ? -1 : 1;
	return 0;
}
