/*
 * calendar_read.c
 *		Reading a calendar from text.
 *
 * The grammar is that of OpenStreetMap's opening_hours, behind a time zone:
 *
 *		text     = calendar | operand op operand { op operand }		(all of one op: "|", "&" or "-")
 *		operand  = "(" text ")"
 *		calendar = zone rule { ( ";" | "," ) rule }					(a comma adds to what the rules before say)
 *		rule     = ( "24/7" | { selector [":"] } [spans] ) [state] [comment]
 *		selector = years | dates | "week" weeks | weekdays | "PH" [offset]
 *		years    = YYYY [ "-" YYYY | "+" ] [ "/" n ], ...
 *		dates    = month [ "-" month ] | edge [ "-" ( edge | day ) ] [ "/" n ] | day, ...
 *		edge     = [YYYY] ( month day | month weekday "[" n "]" [offset] | "easter" [offset] )
 *		weekdays = ( day [ "-" day ] | day "[" nth, ... "]" [offset] | "PH" ), ...
 *		spans    = time "-" time, ...
 *		state    = "open" | "off" | "closed"
 *		offset   = ( "+" | "-" ) n ( "day" | "days" )
 *
 * Beside it, dates in ISO form: YYYY-MM-DD, YYYY-MM-DD..YYYY-MM-DD, *-MM-DD.
 */
#include "calendar.h"

#include <string.h>

#include "text.h"
#include "words.h"

#define MAX_GUESS 400			/* bytes of a text in which mistakes are
								 * looked for */

/* Sets of dates, side by side. */
typedef struct List
{
	int			count;
	int			room;
	SltDays    *items;
} List;

/* What is known of a calendar while its text is read. */
typedef struct Reader
{
	SltCursor	c;
	void	   *arena;
	SltCalendar *calendar;
	const char *rule;			/* where the rule at hand starts */
	bool		extends;		/* it stands behind a comma */
	List		years;
	List		dates;
	List		weekdays;
	List		holidays;
	uint64_t	weeks;
	int			parts;			/* calendars read */
} Reader;

/* ---------- what readers share ---------- */

/* Refuses the text for a part of it. */
static bool
fail(Reader *r, const char *format, const char *part)
{
	return slt_text_fail(r->c.error, format, part, (size_t) (r->c.at - part));
}

/* Refuses the text for the word at the cursor, or for the rule that ends too early there. */
static bool
fail_here(Reader *r, const char *format)
{
	if (r->c.at == r->c.end || slt_is_space(*r->c.at) || *r->c.at == ';')
		return fail(r, "Rule \"%s\" ends too early.", r->rule);
	return slt_text_fail(r->c.error, format, r->c.at, slt_word_length(&r->c));
}

/* Passes over a sign with white space around it. */
static bool
skip_sign(Reader *r, char sign)
{
	const char *start = r->c.at;

	slt_skip_space(&r->c);
	if (slt_skip(&r->c, sign))
	{
		slt_skip_space(&r->c);
		return true;
	}
	r->c.at = start;
	return false;
}

/* Passes over a word, if it is the wanted one. */
static bool
skip_word(Reader *r, const char *wanted)
{
	size_t		len = slt_letters(&r->c);

	if (!slt_word_is(r->c.at, len, wanted))
		return false;
	r->c.at += len;
	return true;
}

/* Counts the digits that come next. */
static int
digits(const SltCursor *c)
{
	int			n = 0;

	while (c->at + n < c->end && slt_is_digit(c->at[n]))
		n++;
	return n;
}

/* Reads a number that is no more than a limit, if there is one. */
static bool
skip_number(Reader *r, int64_t least, int64_t most, int *number)
{
	SltCursor	start = r->c;
	int64_t		value;

	if (slt_read_digits(&r->c, 1, 4, &value) && value >= least && value <= most)
	{
		*number = (int) value;
		return true;
	}
	r->c = start;
	return false;
}

/* Makes room for one more set; how many a selector has is known only when it ends. */
static SltDays *
add_item(Reader *r, List *list)
{
	if (list->count == list->room)
	{
		SltDays    *more;

		list->room = list->room ? 2 * list->room : 8;
		more = slt_alloc(r->arena, (size_t) list->room * sizeof(*more));
		if (list->count > 0)
			memcpy(more, list->items, (size_t) list->count * sizeof(*more));
		list->items = more;
	}
	slt_days_init(&list->items[list->count]);
	return &list->items[list->count++];
}

/* Reads "+1 day" or "-2 days", if it is there. */
static bool
skip_offset(Reader *r, int most, int *offset)
{
	const char *start = r->c.at;
	bool		back;

	slt_skip_space(&r->c);
	back = slt_at(&r->c, '-');
	if ((slt_skip(&r->c, '-') || slt_skip(&r->c, '+')))
	{
		slt_skip_space(&r->c);
		if (skip_number(r, 0, most, offset))
		{
			slt_skip_space(&r->c);
			if (skip_word(r, "days") || skip_word(r, "day"))
			{
				*offset = back ? -*offset : *offset;
				return true;
			}
		}
	}
	r->c.at = start;
	*offset = 0;
	return false;
}

/* ---------- years ---------- */

/* Reads a year of four digits. */
static bool
read_year(Reader *r, int *year)
{
	int64_t		value;

	if (digits(&r->c) != 4 || !slt_read_digits(&r->c, 4, 4, &value) || value < 1)
		return fail_here(r, "\"%s\" is not a year of four digits from 0001 on.");
	*year = (int) value;
	return true;
}

/* Adds a year that stands alone, as in 2026,2028. */
static void
add_year(Reader *r, int year)
{
	SltDays    *item = add_item(r, &r->years);

	item->first_year = item->last_year = (int16_t) year;
	item->year_step = 1;
}

/* Reads "/2": every so many; false after a failure. */
static bool
read_step(Reader *r, int most, int *step)
{
	const char *part = r->c.at;

	*step = 0;
	if (!skip_sign(r, '/') || skip_number(r, 1, most, step))
		return true;
	r->c.at = part;
	return fail_here(r, "\"%s\" is not a slash and a number of 1 or more.");
}

/* Reads a list of years and ranges of them. */
static bool
read_years(Reader *r)
{
	do
	{
		const char *part = r->c.at;
		SltDays    *item = add_item(r, &r->years);
		bool		endless = true;
		int			first,
					last = SLT_LAST_YEAR,
					step;

		if (!read_year(r, &first))
			return false;
		if (skip_sign(r, '-'))
		{
			if (!read_year(r, &last))
				return false;
			endless = false;
			if (last < first)
				return fail(r, "Range of years \"%s\" ends before it starts.", part);
		}
		else if (!slt_skip(&r->c, '+'))
			endless = false;
		if (!read_step(r, SLT_LAST_YEAR, &step))
			return false;
		if (last == SLT_LAST_YEAR && step == 0 && !endless && r->c.at - part < 9)
			last = first;
		item->first_year = (int16_t) first;
		item->last_year = (int16_t) last;
		item->year_step = (int16_t) (step > 0 && first != last ? step : 1);
	} while (skip_sign(r, ','));
	return true;
}

/* ---------- dates ---------- */

#define DATE_FORMS "Date \"%s\" is not of the form YYYY-MM-DD, YYYY-MM-DD..YYYY-MM-DD or *-MM-DD."

/* Reads "MM-DD"; a year of 0 stands for every year. */
static bool
read_month_day(Reader *r, const char *part, int year, SltEdge *edge)
{
	int64_t		month,
				day;

	if (!slt_read_digits(&r->c, 2, 2, &month) || !slt_skip(&r->c, '-') || !slt_read_digits(&r->c, 2, 2, &day))
	{
		r->c.at = part;
		return fail_here(r, DATE_FORMS);
	}
	if (month < 1 || month > 12 || day < 1 || day > slt_days_in_month(year ? year : 2000, (int) month))
		return fail(r, "Date \"%s\" does not exist.", part);
	*edge = (SltEdge) {SLT_MONTH_DAY, (uint8_t) month, (uint8_t) day, 0, 0};
	return true;
}

/* Reads "YYYY-MM-DD". */
static bool
read_full_date(Reader *r, SltDate *date)
{
	const char *part = r->c.at;
	SltEdge		edge;
	int64_t		year;

	if (!slt_read_digits(&r->c, 4, 4, &year) || !slt_skip(&r->c, '-'))
	{
		r->c.at = part;
		return fail_here(r, DATE_FORMS);
	}
	if (year == 0)
		return slt_text_fail(r->c.error, "Date \"%s\" does not exist.", part, slt_word_length(&(SltCursor) {part, r->c.end, NULL, part}));
	if (!read_month_day(r, part, (int) year, &edge))
		return false;
	*date = slt_edge_date(&edge, (int) year, false);
	return true;
}

/* Reads a date or range of dates in ISO form. */
static bool
read_iso_dates(Reader *r, SltDays *item)
{
	const char *part = r->c.at;

	if (slt_skip(&r->c, '*'))
	{
		item->dates = SLT_EVERY_YEAR;
		if (!slt_skip(&r->c, '-'))
		{
			r->c.at = part;
			return fail_here(r, "Date \"%s\" is not of the form *-MM-DD.");
		}
		if (!read_month_day(r, part, 0, &item->from))
			return false;
		item->to = item->from;
		return true;
	}
	item->dates = SLT_ONCE;
	if (!read_full_date(r, &item->first))
		return false;
	item->last = item->first;
	if (slt_skip(&r->c, '.'))
	{
		if (!slt_skip(&r->c, '.'))
			return fail(r, "Date range \"%s\" needs two dots and a second date.", part);
		if (!read_full_date(r, &item->last))
			return false;
		if (item->last < item->first)
			return fail(r, "Date range \"%s\" ends before it starts.", part);
	}
	if (r->c.at < r->c.end && !slt_is_space(*r->c.at) && !strchr(",;:\"", *r->c.at))
	{
		r->c.at = part;
		return fail_here(r, DATE_FORMS);
	}
	return true;
}

/* Tells whether a number of one or two digits is the day of a month, and not a time. */
static bool
day_follows(const SltCursor *c)
{
	SltCursor	rest = *c;
	int			n = digits(c);

	rest.at += n;
	if (n < 1 || n > 2 || (slt_at(&rest, ':') && rest.at + 1 < rest.end && slt_is_digit(rest.at[1])))
		return false;
	slt_skip_space(&rest);
	return !slt_word_is(rest.at, slt_letters(&rest), "am") && !slt_word_is(rest.at, slt_letters(&rest), "pm");
}

/* Reads the day of a month; Feb 29 is one in every year, though it is not always there. */
static bool
read_day(Reader *r, const char *part, int month, SltEdge *edge)
{
	int			day;

	if (!skip_number(r, 1, slt_days_in_month(2000, month), &day))
	{
		r->c.at += digits(&r->c);
		return fail(r, "Date \"%s\" does not exist.", part);
	}
	*edge = (SltEdge) {SLT_MONTH_DAY, (uint8_t) month, (uint8_t) day, 0, 0};
	return true;
}

/* Reads the "[n]" of a day of the week in a month that ends a range, with its offset; false if it is anything else. */
static bool
skip_nth_edge(Reader *r, int month, int weekday, SltEdge *edge)
{
	int			nth,
				offset;
	bool		back = slt_skip(&r->c, '[') && slt_skip(&r->c, '-');

	if (!skip_number(r, 1, 5, &nth) || !slt_skip(&r->c, ']'))
		return false;
	skip_offset(r, SLT_MAX_EDGE_OFFSET, &offset);
	*edge = (SltEdge) {SLT_NTH_WEEKDAY, (uint8_t) month, (uint8_t) weekday, (int8_t) (back ? -nth : nth), (int16_t) offset};
	return true;
}

/* What an edge that was looked for turned out to be. */
typedef enum Found
{
	NOTHING,					/* none */
	MONTH,						/* a month, and no day behind it */
	EDGE,
	FAILURE
} Found;

/* Reads an edge of a range, its first or second one, or a month alone; sets the year if it has one of its own. */
static Found
read_edge(Reader *r, bool is_second, int *year, SltEdge *edge)
{
	const char *part = r->c.at,
			   *behind;
	int			month,
				weekday,
				offset;

	if (digits(&r->c) == 4)
	{
		if (!read_year(r, year))
			return FAILURE;
		slt_skip_space(&r->c);
	}
	if (skip_word(r, "easter"))
	{
		skip_offset(r, SLT_MAX_EDGE_OFFSET, &offset);
		*edge = (SltEdge) {SLT_EASTER, 0, 0, 0, (int16_t) offset};
		return EDGE;
	}
	month = slt_skip_month(&r->c);
	if (month == 0)
	{
		r->c.at = part;
		return NOTHING;
	}
	edge->month = (uint8_t) month;
	behind = r->c.at;
	slt_skip_space(&r->c);
	if (day_follows(&r->c))
		return read_day(r, part, month, edge) ? EDGE : FAILURE;
	weekday = slt_skip_weekday(&r->c);
	/* alone, it is a month and a day of the week */
	if (weekday >= 0 && slt_at(&r->c, '[') && skip_nth_edge(r, month, weekday, edge) && (is_second || skip_sign(r, '-')))
		return EDGE;
	edge->month = (uint8_t) month;
	r->c.at = behind;
	return MONTH;
}

/* Makes an item of two edges. */
static bool
set_range(Reader *r, const char *part, SltDays *item, int first_year, int last_year)
{
	bool		is_one_day = last_year == 0 && memcmp(&item->from, &item->to, sizeof(SltEdge)) == 0;	/* Feb 29, which may not
																										 * be there */

	if (first_year == 0)
	{
		item->dates = SLT_EVERY_YEAR;
		return last_year == 0 || fail(r, "Range of dates \"%s\" has a year at its end only.", part);
	}
	item->dates = SLT_ONCE;
	item->first = slt_edge_date(&item->from, first_year, false);
	item->last = slt_edge_date(&item->to, last_year ? last_year : first_year, true);
	memset(&item->from, 0, sizeof(item->from));
	memset(&item->to, 0, sizeof(item->to));
	return item->first <= item->last || is_one_day || fail(r, "Range of dates \"%s\" ends before it starts.", part);
}

/* Reads the second edge of a range behind the dash: an edge, or the day of the same month. */
static bool
read_second_edge(Reader *r, const char *part, SltDays *item, int first_year, bool is_month)
{
	int			last_year = 0;
	Found		found;

	if (is_month && day_follows(&r->c))
	{
		if (!read_day(r, part, item->from.month, &item->to))
			return false;
		if (item->to.day < item->from.day)
			return fail(r, "Range of dates \"%s\" ends before it starts.", part);
		return set_range(r, part, item, first_year, 0);
	}
	found = read_edge(r, true, &last_year, &item->to);
	if (found == FAILURE)
		return false;
	if (found != EDGE)
		return fail(r, "Range of dates \"%s\" has no day behind its dash.", part);
	if (item->from.kind == SLT_NTH_WEEKDAY && first_year != 0 && last_year == 0)
	{
		add_year(r, first_year);	/* the grammar has this for the range's
									 * part of the year */
		first_year = 0;
	}
	return set_range(r, part, item, first_year, last_year);
}

/* Reads what stands behind the first edge of dates: "Dec 25", "Dec 25-26", "Dec 25-Jan 06". */
static bool
read_edge_range(Reader *r, const char *part, int year, const SltEdge *edge)
{
	SltDays    *item = add_item(r, &r->dates);
	int			step;

	item->from = item->to = *edge;
	/* the dash behind "Oct Su[-1]" is passed over already */
	if (edge->kind != SLT_NTH_WEEKDAY && !skip_sign(r, '-'))
		return set_range(r, part, item, year, 0);
	if (!read_second_edge(r, part, item, year, edge->kind == SLT_MONTH_DAY) || !read_step(r, 255, &step))
		return false;
	item->day_step = (uint8_t) (step > 1 ? step : 0);
	return true;
}

/* Reads dates that start with an edge, and the days of the same month that are listed behind it. */
static bool
read_edge_ranges(Reader *r, const char *part, int year, SltEdge edge)
{
	for (;;)
	{
		const char *comma;

		if (!read_edge_range(r, part, year, &edge))
			return false;
		comma = r->c.at;
		if (edge.kind != SLT_MONTH_DAY || !skip_sign(r, ',') || !day_follows(&r->c))
		{
			r->c.at = comma;
			return true;
		}
		if (!read_day(r, part, edge.month, &edge))
			return false;
	}
}

/* Reads a list of months and dates. */
static bool
read_dates(Reader *r)
{
	int			month_item = -1;

	do
	{
		const char *part = r->c.at;
		SltEdge		edge;
		int			year = 0,
					last;
		Found		found;

		if (slt_at(&r->c, '*') || slt_iso_date_follows(&r->c))
		{
			if (!read_iso_dates(r, add_item(r, &r->dates)))
				return false;
			continue;
		}
		found = read_edge(r, false, &year, &edge);
		if (found == FAILURE || (found == EDGE && !read_edge_ranges(r, part, year, edge)))
			return false;
		if (found == EDGE)
			continue;
		if (found == NOTHING)
			return fail_here(r, "\"%s\" is not a month or a date.");
		if (year != 0)
		{
			add_year(r, year);
			if (r->dates.count > 0 || r->years.count > 1)
				return fail(r, "\"%s\" is a month with a year in a list: give it a rule of its own.", part);
		}
		if (month_item < 0)
		{
			add_item(r, &r->dates);
			month_item = r->dates.count - 1;
		}
		last = edge.month;
		if (skip_sign(r, '-') && (last = slt_skip_month(&r->c)) == 0)
			return fail(r, "Range of months \"%s\" has no month behind its dash.", part);
		for (int m = edge.month;; m = m % 12 + 1)
		{
			r->dates.items[month_item].months |= (uint16_t) (1 << (m - 1));
			if (m == last)
				break;
		}
		if (r->dates.items[month_item].months == 0xfff)
			r->dates.items[month_item].months = 0;
	} while (skip_sign(r, ','));
	return true;
}

/* ---------- weeks ---------- */

/* Reads a list of weeks and ranges of them. */
static bool
read_weeks(Reader *r)
{
	do
	{
		const char *part = r->c.at;
		int			first,
					last,
					step = 0;

		if (skip_word(r, "week"))
			slt_skip_space(&r->c);
		if (!skip_number(r, 1, 53, &first))
			return fail_here(r, "\"%s\" is not a week from 01 to 53.");
		last = first;
		if (skip_sign(r, '-') && (!skip_number(r, 1, 53, &last) || last < first))
			return fail(r, "Range of weeks \"%s\" needs a second week behind the first, up to 53.", part);
		if (!read_step(r, 26, &step))
			return false;
		for (int w = first; w <= last; w += step > 0 ? step : 1)
			r->weeks |= UINT64_C(1) << w;
	} while (skip_sign(r, ','));
	return true;
}

/* ---------- days of the week ---------- */

#define NOT_A_WEEKDAY "\"%s\" is not a day of the week (Mo, Tu, We, Th, Fr, Sa, Su), a month, a time span, \"off\" or \"24/7\"."

/* Reads one day of the week. */
static bool
read_weekday(Reader *r, int *weekday)
{
	*weekday = slt_skip_weekday(&r->c);
	return *weekday >= 0 || fail_here(r, NOT_A_WEEKDAY);
}

/* Reads the "[1,3,-1]" behind a day of the week. */
static bool
read_nth(Reader *r, const char *part, uint16_t *wanted)
{
	do
	{
		int			first,
					last;
		bool		back;

		slt_skip_space(&r->c);
		back = slt_skip(&r->c, '-');
		if (!skip_number(r, 1, 5, &first))
			return fail_here(r, "\"%s\" is not a number from 1 to 5 or -1 to -5.");
		last = first;
		if (!back && skip_sign(r, '-') && (!skip_number(r, 1, 5, &last) || last < first))
			return fail(r, "\"%s\" needs a second number behind the first, up to 5.", part);
		for (; first <= last; first++)
			*wanted |= (uint16_t) ((back ? 16 : 1) << (back ? first : first - 1));
	} while (skip_sign(r, ','));
	if (!skip_sign(r, ']'))
	{
		slt_skip_space(&r->c);
		return fail(r, "\"%s\" has no closing bracket.", part);
	}
	if ((*wanted & 31) == 31 || (*wanted >> 5) == 31)
		*wanted = SLT_EVERY_OF_MONTH;
	return true;
}

/* Reads a day of the week, a range of them, or one with numbers, into a set, or into one of its own if it has an offset. */
static bool
read_weekday_item(Reader *r, List *list, int together)
{
	const char *part = r->c.at;
	uint16_t	wanted = 0;
	int			from,
				to,
				offset;
	SltDays    *item = &list->items[together];

	if (!read_weekday(r, &from))
		return false;
	to = from;
	if (slt_skip(&r->c, '['))
	{
		if (!read_nth(r, part, &wanted))
			return false;
		skip_offset(r, 31, &offset);
		if (offset != 0)
		{
			item = add_item(r, list);
			memset(item->weekdays, 0, sizeof(item->weekdays));
			item->weekday_offset = (int8_t) offset;
		}
	}
	else
	{
		wanted = SLT_EVERY_OF_MONTH;
		if (skip_sign(r, '-') && !read_weekday(r, &to))
			return false;
	}
	for (; from != to; from = (from + 1) % 7)
		item->weekdays[from] = SLT_EVERY_OF_MONTH;
	item->weekdays[to] |= wanted;
	if ((item->weekdays[to] & 31) == 31 || (item->weekdays[to] >> 5) == 31)
		item->weekdays[to] = SLT_EVERY_OF_MONTH;
	return true;
}

/* Reads a list of days of the week and public holidays. */
static bool
read_weekdays(Reader *r)
{
	List		list = {0, 0, NULL};
	int			together = -1,
				nholidays = 0,
				offset;
	const char *part = r->c.at;

	do
	{
		if (skip_word(r, "sh"))
			return fail(r, "\"%s\" has no meaning here: there are no school holidays.", r->c.at - 2);
		if (skip_word(r, "ph"))
		{
			skip_offset(r, 1, &offset);
			add_item(r, &list)->holidays = true;
			list.items[list.count - 1].holiday_offset = (int8_t) offset;
			nholidays++;
			continue;
		}
		if (together < 0)
		{
			memset(add_item(r, &list)->weekdays, 0, sizeof(list.items->weekdays));
			together = list.count - 1;
		}
		if (!read_weekday_item(r, &list, together))
			return false;
	} while (skip_sign(r, ','));
	if (nholidays > 0)
		r->calendar->has_holidays = true;
	if (nholidays == list.count && r->holidays.count == 0)
		r->holidays = list;
	else if (r->weekdays.count == 0)
	{
		if (together >= 0 && !slt_days_have_any_weekday(&list.items[together]))
			list.items[together] = list.items[--list.count];	/* all had offsets */
		r->weekdays = list;
	}
	else
		return fail(r, "\"%s\" is a second list of days of the week: separate days by commas, rules by semicolons.", part);
	return true;
}

/* ---------- hours ---------- */

#define SPAN_FORM "Time span \"%s\" is not of the form HH:MM-HH:MM."

/* Reads "am" or "pm" behind the hour of a 12-hour clock; false after a failure. */
static bool
read_half_of_day(Reader *r, const char *part, bool has_minutes, int64_t *hour)
{
	const char *start = r->c.at;
	bool		pm;

	slt_skip_space(&r->c);
	pm = skip_word(r, "pm");
	if (!pm && !skip_word(r, "am"))
	{
		r->c.at = start;
		if (has_minutes)
			return true;
		r->c.at = part;
		return fail_here(r, SPAN_FORM);
	}
	if (*hour < 1 || *hour > 12)
		return fail(r, "Time \"%s\" is not one of a 12-hour clock.", part);
	*hour = *hour % 12 + (pm ? 12 : 0);
	return true;
}

/* Reads "HH:MM", "HH:MM:SS" or "9am" up to a last time. */
static bool
read_time(Reader *r, const char *part, int32_t last, int32_t *seconds)
{
	const char *start = r->c.at;
	int64_t		h,
				m = 0,
				s = 0;
	bool		has_minutes;

	if (!slt_read_digits(&r->c, 1, 2, &h) ||
		((has_minutes = slt_skip(&r->c, ':')) && !slt_read_digits(&r->c, 2, 2, &m)) ||
		(has_minutes && slt_skip(&r->c, ':') && !slt_read_digits(&r->c, 2, 2, &s)))
	{
		r->c.at = part;
		return fail_here(r, SPAN_FORM);
	}
	if (!read_half_of_day(r, start == part ? start : part, has_minutes, &h))
		return false;
	*seconds = (int32_t) (h * 3600 + m * 60 + s);
	if (m > 59 || s > 59 || *seconds > last)
	{
		r->c.at = part;
		return fail_here(r, last == SLT_LAST_SPAN_END
						 ? "Time span \"%s\" has an end that is not a time up to 48:00."
						 : "Time span \"%s\" has a start that is not a time before 24:00.");
	}
	return true;
}

/* Refuses what the grammar has for other things than working time, by its name. */
static bool
refuse_meaningless(Reader *r, const char *part)
{
	if (slt_at(&r->c, '+'))
	{
		r->c.at++;
		return fail(r, "\"%s\" has an open end, which has no meaning here: say until when.", part);
	}
	if (slt_at(&r->c, '/'))
	{
		r->c.at++;
		return fail(r, "\"%s\" starts points in time, which have no meaning here.", part);
	}
	return true;
}

/* Reads one "09:00-17:00", and says of what looks like one why it has no meaning here. */
static bool
read_span(Reader *r, SltSpan *span)
{
	const char *part = r->c.at;

	if (slt_at(&r->c, '(') || slt_is_sun_time(&r->c))
	{
		r->c.at += slt_letters(&r->c) > 0 ? slt_letters(&r->c) : slt_word_length(&r->c);
		return fail(r, "\"%s\" has no meaning here: the sun has no part in working time.", part);
	}
	if (!read_time(r, part, SLT_DAY_SECONDS - 1, &span->start))
		return false;
	if (!skip_sign(r, '-'))
	{
		if (slt_at(&r->c, '+') || slt_at(&r->c, '/'))
			return refuse_meaningless(r, part);
		if (r->c.at == r->c.end || strchr(",;\"", *r->c.at))
			return fail(r, "\"%s\" is a point in time, which has no meaning here: say until when, as in HH:MM-HH:MM.", part);
		r->c.at = part;
		return fail_here(r, SPAN_FORM);
	}
	if (slt_is_sun_time(&r->c) || slt_at(&r->c, '('))
		return read_span(r, span);
	if (!read_time(r, part, SLT_LAST_SPAN_END, &span->end))
		return false;
	if (span->end <= span->start)
		span->end += SLT_DAY_SECONDS;
	return refuse_meaningless(r, part);
}

/* Tells whether a time comes next, behind white space. */
static bool
time_follows(const SltCursor *c)
{
	SltCursor	rest = *c;

	slt_skip_space(&rest);
	return digits(&rest) > 0 && digits(&rest) < 3 && !(rest.end - rest.at >= 4 && memcmp(rest.at, "24/7", 4) == 0);
}

/* Reads the spans of a rule, merged: a time that two of them have counts once. */
static bool
read_spans(Reader *r, SltHours *hours)
{
	SltSpan		spans[SLT_MAX_SPANS];
	SltSpan    *kept;
	int			n = 0;

	for (;;)
	{
		const char *comma;

		if (n == SLT_MAX_SPANS)
			return fail_here(r, "Time span \"%s\" is one too many: a rule has 64 at most.");
		if (!read_span(r, &spans[n++]))
			return false;
		comma = r->c.at;
		if (!skip_sign(r, ','))
			break;
		if (time_follows(&r->c) || slt_is_sun_time(&r->c) || slt_at(&r->c, '('))
			continue;
		r->c.at = comma;		/* it begins the next rule */
		break;
	}
	kept = slt_alloc(r->arena, (size_t) n * sizeof(*kept));
	memcpy(kept, spans, (size_t) n * sizeof(*kept));
	hours->spans = kept;
	hours->nspans = slt_spans_merge(kept, n);
	return true;
}

/* Reads the comment of a rule, if it has one. */
static bool
read_comment(Reader *r, SltHours *hours)
{
	const char *start;

	slt_skip_space(&r->c);
	start = r->c.at;
	if (!slt_skip(&r->c, '"'))
		return true;
	while (r->c.at < r->c.end && *r->c.at != '"')
		r->c.at++;
	if (r->c.at >= r->c.end)
		return fail(r, "Comment %s has no closing quote.", start);
	if (hours->comment != NULL)
	{
		r->c.at++;
		return fail(r, "Comment %s is one too many: a rule has one.", start);
	}
	hours->comment_length = (int) (r->c.at - start - 1);
	if (hours->comment_length > 0)
		hours->comment = start + 1;
	r->c.at++;
	return true;
}

/* What a rule says of its dates, or of its hours. */
typedef enum State
{
	UNSAID,
	OPEN,
	CLOSED
} State;

/* Reads the word that says whether a rule opens or closes, if there is one. */
static bool
read_state(Reader *r, State *state)
{
	const char *start;

	slt_skip_space(&r->c);
	start = r->c.at;
	if (skip_word(r, "open"))
		*state = OPEN;
	else if (skip_word(r, "off") || skip_word(r, "closed"))
		*state = CLOSED;
	else if (skip_word(r, "unknown"))
		return fail(r, "\"%s\" has no meaning here: time is working time or not.", start);
	return true;
}

/* Reads hours, state and comment. */
static bool
read_hours(Reader *r, bool has_dates, SltRule *rule)
{
	static const SltSpan all_day = {0, SLT_DAY_SECONDS};
	State		state = UNSAID;

	slt_skip_space(&r->c);
	if (r->c.end - r->c.at >= 4 && memcmp(r->c.at, "24/7", 4) == 0 && !has_dates)
	{
		r->c.at += 4;
		rule->hours.nspans = 1;
		rule->hours.spans = &all_day;
	}
	else if ((time_follows(&r->c) || slt_is_sun_time(&r->c) || slt_at(&r->c, '(')) && !read_spans(r, &rule->hours))
		return false;
	if (!read_state(r, &state) || !read_comment(r, &rule->hours) ||
		(state == UNSAID && !read_state(r, &state)) || !read_comment(r, &rule->hours))
		return false;
	if (rule->hours.nspans > 0)
		rule->kind = state == CLOSED ? SLT_CLOSE : r->extends ? SLT_EXTEND : SLT_REPLACE;
	else
	{
		rule->kind = r->extends && state != CLOSED ? SLT_EXTEND : SLT_REPLACE;
		if (state == OPEN || (state == UNSAID && has_dates && rule->hours.comment))
		{
			rule->hours.nspans = 1;
			rule->hours.spans = &all_day;
		}
		else if (state == UNSAID)
		{
			if (r->c.at < r->c.end && !strchr(";,\"", *r->c.at))
				return fail_here(r, has_dates ? SPAN_FORM : NOT_A_WEEKDAY);
			if (rule->hours.comment)
				return fail(r, "There are no dates, days or times before the comment %s.", r->rule);
			if (!has_dates)
				return fail(r, "There is no rule before the separator behind \"%s\".", r->c.text);
			return fail(r, "Rule \"%s\" has neither a time span nor \"off\".", r->rule);
		}
	}
	return true;
}

/* ---------- rules ---------- */

/* Reads the next selector of dates; `found` tells whether there was one. */
static bool
read_selector(Reader *r, bool *found)
{
	const char *part = r->c.at;
	int			n = digits(&r->c);

	*found = true;
	if (slt_at(&r->c, '*') || slt_iso_date_follows(&r->c) || slt_month_follows(&r->c, n == 4 ? 4 : 0))
		return r->dates.count == 0 ? read_dates(r) : fail_here(r, "\"%s\" starts a second list of dates: separate dates by commas, rules by semicolons.");
	if (n >= 3)
	{
		if (n > 4 || r->years.count > 0)
			return fail_here(r, DATE_FORMS);
		return read_years(r);
	}
	if (n == 0 && slt_word_is(r->c.at, slt_letters(&r->c), "week"))
		return r->weeks == 0 ? read_weeks(r) : fail_here(r, "\"%s\" starts a second list of weeks.");
	if (slt_day_name_follows(&r->c))
		return read_weekdays(r);
	*found = false;
	if (slt_letters(&r->c) > 0 && !slt_is_state(&r->c) && !slt_is_sun_time(&r->c))
		return fail_here(r, NOT_A_WEEKDAY);
	if (slt_at(&r->c, '|'))
		return slt_text_fail(r->c.error, "\"%s\" has no meaning here: what the first rules leave open is closed.", part, slt_word_length(&r->c));
	return true;
}

/* Gives a set of dates that names one year and days of every year the dates that these are; returns how many sets it becomes. */
static int
fix_year(const SltDays *days, SltDays *fixed)
{
	SltDate		first,
				last;

	fixed[0] = fixed[1] = *days;
	if (days->dates != SLT_EVERY_YEAR || days->first_year == 0 || days->first_year != days->last_year)
		return 1;
	slt_days_in_year(days, days->first_year, &first, &last);
	for (int i = 0; i < 2; i++)
	{
		fixed[i].first_year = fixed[i].last_year = fixed[i].year_step = 0;
		fixed[i].dates = SLT_ONCE;
		memset(&fixed[i].from, 0, sizeof(SltEdge));
		memset(&fixed[i].to, 0, sizeof(SltEdge));
		fixed[i].first = first;
		fixed[i].last = last;
	}
	if (first <= last)
		return 1;
	if (first == INT32_MAX)
		return 0;
	fixed[0].first = slt_date_from_civil(days->first_year, 1, 1);
	fixed[1].last = slt_date_from_civil(days->first_year, 12, 31);
	return 2;
}

/* Says less of a few dates where it comes to the same; false if none of them is in the set. */
static bool
limit_few_dates(SltDays *days)
{
	int			contained = 0;
	uint16_t	possible[7] = {0};

	if (days->dates != SLT_ONCE || days->last - days->first >= 6 || (days->holidays && days->first <= days->last))
		return true;
	for (SltDate date = days->first; date <= days->last; date++)
	{
		contained += slt_days_contain(days, date);
		possible[slt_weekday(date)] = SLT_EVERY_OF_MONTH;
	}
	if (contained == 0)
		return false;
	if (contained == days->last - days->first + 1)
	{
		SltDate		first = days->first,
					last = days->last;

		slt_days_init(days);
		days->dates = SLT_ONCE;
		days->first = first;
		days->last = last;
	}
	else if (days->weekday_offset == 0 && !slt_days_have_every_weekday(days))
		for (int i = 0; i < 7; i++)
			days->weekdays[i] &= possible[i];
	return true;
}

/* Adds a rule for each set of dates that the lists come to. */
static bool
add_rules(Reader *r, SltRule *rule)
{
	SltDays		all;
	List	   *lists[4] = {&r->years, &r->dates, &r->holidays, &r->weekdays};
	int			at[4] = {0};
	int64_t		product = 1;

	slt_days_init(&all);
	for (int i = 0; i < 4; i++)
		if (lists[i]->count == 0)
			*add_item(r, lists[i]) = all;
	for (int i = 0; i < 4; i++)
		if ((product *= lists[i]->count) > SLT_MAX_RULES)
			return fail(r, "Rule \"%s\" lists so many dates that it is more than 5000 rules.", r->rule);
	while (at[0] < lists[0]->count)
	{
		const SltDays *years = &lists[0]->items[at[0]],
				   *holidays = &lists[2]->items[at[2]],
				   *weekdays = &lists[3]->items[at[3]];
		SltDays		days = lists[1]->items[at[1]],
					fixed[2];
		int			k = 3;

		days.first_year = years->first_year;
		days.last_year = years->last_year;
		days.year_step = years->year_step;
		days.weeks = r->weeks;
		memcpy(days.weekdays, weekdays->weekdays, sizeof(days.weekdays));
		days.weekday_offset = weekdays->weekday_offset;
		days.holidays = holidays->holidays || weekdays->holidays;
		days.holiday_offset = (int8_t) (holidays->holiday_offset + weekdays->holiday_offset);
		for (int n = fix_year(&days, fixed), i = 0; i < n; i++)
		{
			rule->days = fixed[i];
			if (limit_few_dates(&rule->days) && !slt_calendar_add_rule(r->arena, r->calendar, rule))
				return fail(r, "Rule \"%s\" is one rule too many: a calendar has 5000 at most.", r->rule);
		}
		while (k > 0 && at[k] + 1 == lists[k]->count)
			at[k--] = 0;
		at[k]++;
	}
	return true;
}

/* Reads one rule, up to its separator. */
static bool
read_rule(Reader *r)
{
	SltRule		rule;
	bool		any = false,
				found = true;

	memset(&rule, 0, sizeof(rule));
	r->rule = r->c.at;
	r->years.count = r->dates.count = r->weekdays.count = r->holidays.count = 0;
	r->weeks = 0;
	if (!read_comment(r, &rule.hours))
		return false;
	slt_skip_space(&r->c);
	if (rule.hours.comment && slt_skip(&r->c, ':'))
		slt_skip_space(&r->c);
	while (found && r->c.at < r->c.end)
	{
		if (!read_selector(r, &found))
			return false;
		any |= found;
		slt_skip_space(&r->c);
		if (found && slt_skip(&r->c, ':'))	/* for readability */
			slt_skip_space(&r->c);
	}
	if (!read_hours(r, any, &rule))
		return false;
	slt_skip_space(&r->c);
	if (slt_at(&r->c, '|'))
		return fail_here(r, "\"%s\" has no meaning here: what the rules before leave open is closed.");
	if (r->c.at < r->c.end && *r->c.at != ';' && *r->c.at != ',')
		return fail_here(r, "\"%s\" does not belong behind the hours of a rule; rules are separated by semicolons.");
	return add_rules(r, &rule);
}

/* Reads hours, state and comment on their own, as a public holiday has them. */
bool
slt_hours_read(void *arena, const char *text, size_t len, SltRule *rule, SltTextError *error)
{
	Reader		r = {{text, text + len, error, text}, arena, NULL, text, false, {0}, {0}, {0}, {0}, 0, 0};

	memset(rule, 0, sizeof(*rule));
	error->detail[0] = error->hint[0] = '\0';
	slt_days_init(&rule->days);
	slt_skip_space(&r.c);
	if (r.c.at == r.c.end)
		return slt_text_fail(error, "There are no hours.", "", 0);
	if (!read_hours(&r, true, rule))
		return false;
	slt_skip_space(&r.c);
	return r.c.at == r.c.end || fail_here(&r, "\"%s\" does not belong behind hours.");
}

/* Reads the zone that a calendar starts with. */
static bool
read_zone(Reader *r)
{
	const char *start = r->c.at;
	char		name[SLT_MAX_ZONE_NAME];
	size_t		len;

	while (r->c.at < r->c.end && !slt_is_space(*r->c.at) && *r->c.at != ';' && *r->c.at != '"')
		r->c.at++;
	len = (size_t) (r->c.at - start);
	if (len == 0 && r->c.at < r->c.end)
		return slt_text_fail(r->c.error, "A calendar starts with a time zone, such as Africa/Cairo, and not with %s.", start, (size_t) (r->c.end - start));
	if (len == 0)
		return slt_text_fail(r->c.error, "The text is empty: a calendar starts with a time zone, such as Africa/Cairo.", "", 0);
	if (len < sizeof(name))
	{
		memcpy(name, start, len);
		name[len] = '\0';
		r->calendar->zone = slt_zone_find(name, &r->calendar->zone_name);
	}
	if (r->calendar->zone == NULL)
		return slt_text_fail(r->c.error, "A calendar starts with a time zone, and \"%s\" is not one that this server knows.", start, len);
	slt_skip_space(&r->c);
	return true;
}

/* Reads a calendar that is no combination, up to the end of the cursor. */
static SltCalendar *
read_part(Reader *r)
{
	SltCalendar *calendar = slt_alloc(r->arena, sizeof(SltCalendar));

	memset(calendar, 0, sizeof(SltCalendar));
	slt_skip_space(&r->c);
	calendar->text = r->c.text = r->c.at;
	calendar->length = (size_t) (r->c.end - r->c.at);
	r->calendar = calendar;
	r->extends = false;
	if (r->parts++ == SLT_MAX_PARTS)
		slt_text_fail(r->c.error, "\"%s\" is one calendar too many: a combination has 32 at most.", r->c.at, calendar->length);
	else if (!read_zone(r))
		;
	else if (r->c.at == r->c.end)
		slt_text_fail(r->c.error, "There is no rule behind the time zone \"%s\".", calendar->text, calendar->length);
	while (r->c.error->detail[0] == '\0' && r->c.at < r->c.end)
	{
		if (!read_rule(r))
			break;
		r->extends = slt_at(&r->c, ',');
		r->c.at += r->c.at < r->c.end;
		slt_skip_space(&r->c);
		slt_check_interrupts();
		if (r->extends && r->c.at == r->c.end)
			fail(r, "There is no rule behind the comma that ends \"%s\".", r->rule);
	}
	if (r->c.error->detail[0] != '\0')
		return NULL;
	slt_calendar_order(r->arena, calendar);
	return calendar;
}

/* ---------- combinations ---------- */

/* Finds the parenthesis that closes the one at the cursor, NULL if there is none. */
static const char *
closing_parenthesis(const SltCursor *c)
{
	int			depth = 0;
	bool		quoted = false;

	for (const char *p = c->at; p < c->end; p++)
	{
		quoted ^= *p == '"';
		if (quoted)
			continue;
		depth += (*p == '(') - (*p == ')');
		if (depth == 0)
			return p;
	}
	return NULL;
}

static SltCalendar *read_text(Reader *r, int depth);

/* Reads a part in its parentheses. */
static SltCalendar *
read_operand(Reader *r, int depth)
{
	const char *end = r->c.end,
			   *closing = slt_at(&r->c, '(') ? closing_parenthesis(&r->c) : NULL;
	SltCalendar *calendar;

	if (r->c.at == r->c.end)
	{
		fail(r, "There is no calendar behind the operator that ends \"%s\".", r->rule);
		return NULL;
	}
	if (closing == NULL)
	{
		slt_text_fail(r->c.error, slt_at(&r->c, '(') ? "\"%s\" has no closing parenthesis." : "A part of a combination stands in parentheses, and not as in \"%s\".",
					  r->c.at, (size_t) (r->c.end - r->c.at));
		return NULL;
	}
	r->c.at++;
	r->c.end = closing;
	calendar = read_text(r, depth + 1);
	r->c.at = closing + 1;
	r->c.end = end;
	slt_skip_space(&r->c);
	return calendar;
}

/* Combines two calendars. */
static SltCalendar *
combine(Reader *r, char op, const SltCalendar *left, const SltCalendar *right)
{
	SltCalendar *calendar = slt_alloc(r->arena, sizeof(SltCalendar));

	memset(calendar, 0, sizeof(SltCalendar));
	calendar->zone = left->zone;
	calendar->zone_name = left->zone_name;
	calendar->combine = op;
	calendar->left = left;
	calendar->right = right;
	return calendar;
}

/* Reads a calendar or a combination, up to the end of the cursor. */
static SltCalendar *
read_text(Reader *r, int depth)
{
	SltCalendar *calendar;
	char		op = 0;

	slt_skip_space(&r->c);
	if (!slt_at(&r->c, '('))
		return read_part(r);
	if (depth == SLT_MAX_PARTS)
	{
		slt_text_fail(r->c.error, "\"%s\" is nested too deeply.", r->c.at, (size_t) (r->c.end - r->c.at));
		return NULL;
	}
	calendar = read_operand(r, depth);
	while (calendar != NULL && r->c.at < r->c.end)
	{
		const SltCalendar *right;

		if (!strchr("|&-", *r->c.at))
		{
			fail_here(r, "\"%s\" does not combine calendars: \"|\", \"&\" and \"-\" do.");
			return NULL;
		}
		if (op != 0 && *r->c.at != op)
		{
			slt_text_fail(r->c.error, "Operator \"%s\" is another one than before: put one of the two in parentheses with its parts.", r->c.at, 1);
			return NULL;
		}
		r->rule = r->c.at;
		op = *r->c.at++;
		slt_skip_space(&r->c);
		right = read_operand(r, depth);
		if (right == NULL)
			return NULL;
		calendar = combine(r, op, calendar, right);
	}
	return calendar;
}

/*
 * Reads a calendar from text.  Comments stay where they are, so the text must
 * live as long as the calendar.  Whether it ever opens is not asked here.
 */
SltCalendar *
slt_calendar_read(void *arena, const char *text, size_t len, SltTextError *error)
{
	Reader		r = {{text, text + len, error, text}, arena, NULL, text, false, {0}, {0}, {0}, {0}, 0, 0};

	error->detail[0] = error->hint[0] = '\0';
	if (len <= SLT_MAX_CALENDAR_TEXT)
		return read_text(&r, 0);
	slt_text_fail(error, "The text is longer than a megabyte; it starts with \"%s\".", text, len);
	return NULL;
}

/* Looks for what a person meant who wrote a text that was refused, and puts it into the hint. */
void
slt_calendar_guess(void *arena, const char *text, size_t len, SltTextError *error)
{
	SltTextError again;
	size_t		guess_len;
	char	   *guess = len <= MAX_GUESS ? slt_guess_text(arena, text, len, &guess_len) : NULL;
	SltCalendar *calendar = guess ? slt_calendar_read(arena, guess, guess_len, &again) : NULL;

	if (calendar != NULL)
		slt_text_quote(error->hint, sizeof(error->hint), "Write \"%s\".", slt_calendar_write(arena, calendar));
}
