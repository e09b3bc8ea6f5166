/*
 * calendar_write.c
 *		Writing the canonical text of a calendar, which reads back to an equal one.
 */
#include "calendar.h"

#include <stdio.h>
#include <string.h>

#include "words.h"

/* Text that grows. */
typedef struct Writer
{
	void	   *arena;
	char	   *text;
	size_t		len;
	size_t		room;
} Writer;

/* Appends bytes; room doubles, so that a long text is not copied for each rule. */
static void
append(Writer *w, const char *bytes, size_t len)
{
	if (w->len + len + 1 > w->room)
	{
		char	   *more;

		w->room = 2 * (w->len + len + 1);
		more = slt_alloc(w->arena, w->room);
		memcpy(more, w->text, w->len);
		slt_free(w->text);
		w->text = more;
	}
	memcpy(w->text + w->len, bytes, len);
	w->len += len;
	w->text[w->len] = '\0';
}

/* Appends a constant, whose length need not be given. */
static void
append_string(Writer *w, const char *s)
{
	append(w, s, strlen(s));
}

/* Appends a number of at least so many digits. */
static void
append_number(Writer *w, int n, int least)
{
	char		s[16];

	snprintf(s, sizeof(s), "%0*d", least, n);
	append_string(w, s);
}

/* ---------- hours ---------- */

/* Appends "HH:MM", or "HH:MM:SS" if there are seconds. */
static void
append_time(Writer *w, int32_t t)
{
	append_number(w, t / 3600, 2);
	append_string(w, ":");
	append_number(w, t / 60 % 60, 2);
	if (t % 60 == 0)
		return;
	append_string(w, ":");
	append_number(w, t % 60, 2);
}

/* Appends hours, what a rule does with them, and the comment. */
static void
append_hours(Writer *w, const SltHours *hours, bool closes)
{
	for (int i = 0; i < hours->nspans; i++)
	{
		SltSpan		span = hours->spans[i];

		if (i > 0)
			append_string(w, ",");
		append_time(w, span.start);
		append_string(w, "-");
		append_time(w, span.end - SLT_DAY_SECONDS > 0 && span.end - SLT_DAY_SECONDS < span.start
					? span.end - SLT_DAY_SECONDS : span.end);
	}
	if (hours->nspans == 0)
		append_string(w, "off");
	else if (closes)
		append_string(w, " off");
	else if (hours->comment)
		append_string(w, " open");	/* OpenStreetMap's readers take it for
									 * unknown otherwise */
	if (hours->comment)
	{
		append_string(w, " \"");
		append(w, hours->comment, (size_t) hours->comment_length);
		append_string(w, "\"");
	}
}

/* ---------- dates ---------- */

/* Appends the first letters of a name. */
static void
append_name(Writer *w, const char *name, size_t len)
{
	append(w, name, len);
}

/* Appends "+1 day " or "-2 days", with a space before it, if there is an offset. */
static void
append_offset(Writer *w, int offset)
{
	if (offset == 0)
		return;
	append_string(w, offset > 0 ? " +" : " -");
	append_number(w, offset > 0 ? offset : -offset, 1);
	append_string(w, offset == 1 || offset == -1 ? " day" : " days");
}

/* Appends years as the grammar has them: 2026, 2026-2028, 2026+, with the step behind. */
static void
append_years(Writer *w, const SltDays *d)
{
	append_number(w, d->first_year, 4);
	if (d->last_year == SLT_LAST_YEAR && d->first_year < SLT_LAST_YEAR)
		append_string(w, d->year_step > 1 ? "" : "+");
	else if (d->last_year != d->first_year)
	{
		append_string(w, "-");
		append_number(w, d->last_year, 4);
	}
	if (d->year_step > 1)
	{
		append_string(w, "/");
		append_number(w, d->year_step, 1);
	}
	append_string(w, " ");
}

/* Appends the items of a set of bits as ranges, which may run over the end. */
static void
append_ranges(Writer *w, uint32_t bits, int n, const char *const *names, size_t letters)
{
	bool		first = true;

	for (int i = 0; i < n; i++)
	{
		int			last = i;

		if (!(bits & (1u << i)) || (bits & (1u << (i + n - 1) % n)))
			continue;			/* not the start of a range */
		while (bits & (1u << (last + 1) % n))
			last = (last + 1) % n;
		if (!first)
			append_string(w, ",");
		first = false;
		append_name(w, names[i], letters);
		if (last != i)
		{
			append_string(w, "-");
			append_name(w, names[last], letters);
		}
	}
}

/* Appends an edge of yearly dates. */
static void
append_edge(Writer *w, const SltEdge *edge)
{
	if (edge->kind == SLT_EASTER)
		append_string(w, "easter");
	else
	{
		append_name(w, slt_month_names[edge->month - 1], 3);
		append_string(w, " ");
	}
	if (edge->kind == SLT_MONTH_DAY)
		append_number(w, edge->day, 2);
	else if (edge->kind == SLT_NTH_WEEKDAY)
	{
		append_name(w, slt_weekday_names[edge->day], 2);
		append_string(w, "[");
		append_number(w, edge->nth, 1);
		append_string(w, "]");
	}
	append_offset(w, edge->offset);
}

/* Appends the dates of every year. */
static void
append_yearly_dates(Writer *w, const SltDays *d)
{
	append_edge(w, &d->from);
	if (memcmp(&d->from, &d->to, sizeof(SltEdge)) == 0 && d->from.kind != SLT_NTH_WEEKDAY)
		return;
	append_string(w, "-");
	if (d->from.kind == SLT_MONTH_DAY && d->to.kind == SLT_MONTH_DAY && d->from.month == d->to.month && d->from.day < d->to.day)
		append_number(w, d->to.day, 2);
	else
		append_edge(w, &d->to);
}

/* Appends "2026 Jan 07", the form of a date that opening_hours.js reads as well. */
static void
append_date(Writer *w, int year, int month, int day)
{
	append_number(w, year, 4);
	append_string(w, " ");
	append_name(w, slt_month_names[month - 1], 3);
	append_string(w, " ");
	append_number(w, day, 2);
}

/* Appends dates that have a year. */
static void
append_dates_once(Writer *w, const SltDays *d)
{
	int			year[2],
				month[2],
				day[2];

	slt_date_to_civil(d->first, &year[0], &month[0], &day[0]);
	slt_date_to_civil(d->last, &year[1], &month[1], &day[1]);
	append_date(w, year[0], month[0], day[0]);
	if (d->first == d->last)
		return;
	append_string(w, "-");
	if (year[0] == year[1] && month[0] == month[1])
		append_number(w, day[1], 2);
	else
		append_date(w, year[1], month[1], day[1]);
}

/* Appends weeks: ranges, and what comes every so many weeks. */
static void
append_weeks(Writer *w, uint64_t weeks)
{
	append_string(w, "week ");
	for (int first = 1; first <= 53; first++)
	{
		int			step = 1,
					count = 1,
					last;

		if (!(weeks & (UINT64_C(1) << first)))
			continue;
		while (first + step <= 53 && !(weeks & (UINT64_C(1) << (first + step))))
			step++;
		while (first + (count + 0) * step <= 53)
		{
			uint64_t	between = ((UINT64_C(1) << step) - 1) << (first + (count - 1) * step + 1);

			if ((weeks & between) != UINT64_C(1) << (first + count * step))
				break;
			count++;
		}
		if (step > 26 || (step > 1 && count < 3))
			count = 1;
		last = first + (count - 1) * step;
		append_number(w, first, 2);
		if (count > 1)
		{
			append_string(w, "-");
			append_number(w, last, 2);
		}
		if (count > 1 && step > 1)
		{
			append_string(w, "/");
			append_number(w, step, 1);
		}
		weeks &= last >= 63 ? 0 : ~UINT64_C(0) << (last + 1);
		append_string(w, weeks ? "," : " ");
		first = last;
	}
}

/* Appends which days of the week of a month are meant. */
static void
append_nth(Writer *w, int weekday, uint16_t wanted)
{
	bool		first = true;

	append_name(w, slt_weekday_names[weekday], 2);
	for (int i = 0; i < 10; i++)
	{
		if (!(wanted & (1 << i)))
			continue;
		append_string(w, first ? "[" : ",");
		append_number(w, i < 5 ? i + 1 : 4 - i, 1);
		first = false;
	}
	append_string(w, "]");
}

/* Appends days of the week: whole ones as ranges, then those of some of a month's weeks. */
static void
append_weekdays(Writer *w, const SltDays *d)
{
	uint32_t	whole = 0;
	bool		first;

	for (int i = 0; i < 7; i++)
		whole |= (uint32_t) (d->weekdays[i] == SLT_EVERY_OF_MONTH) << i;
	if (whole == 0x7f)
		append_string(w, "Mo-Su");
	else
		append_ranges(w, whole, 7, slt_weekday_names, 2);
	first = whole == 0;
	for (int i = 0; i < 7; i++)
	{
		if (d->weekdays[i] == 0 || d->weekdays[i] == SLT_EVERY_OF_MONTH)
			continue;
		if (!first)
			append_string(w, ",");
		first = false;
		append_nth(w, i, d->weekdays[i]);
		append_offset(w, d->weekday_offset);
	}
	append_string(w, " ");
}

/* Appends a set of dates, in the order that OpenStreetMap's readers want. */
static void
append_days(Writer *w, const SltDays *d)
{
	size_t		start = w->len;

	if (d->first_year != 0)
		append_years(w, d);
	if (d->months != 0)
		append_ranges(w, d->months, 12, slt_month_names, 3);
	if (d->dates == SLT_EVERY_YEAR)
		append_yearly_dates(w, d);
	if (d->dates == SLT_ONCE)
		append_dates_once(w, d);
	if (d->day_step != 0)
	{
		append_string(w, "/");
		append_number(w, d->day_step, 1);
	}
	if (d->months != 0 || d->dates != SLT_ANY_DATE)
		append_string(w, " ");
	if (d->weeks != 0)
		append_weeks(w, d->weeks);
	if (d->holidays)
	{
		append_string(w, "PH");
		append_offset(w, d->holiday_offset);
		append_string(w, " ");
	}
	/* that grammar's reader takes the hour in "2026 Apr 17:00" for a day */
	if (w->len == start || !slt_days_have_every_weekday(d) ||
		(d->first_year != 0 && d->months != 0 && (d->months & (d->months - 1)) == 0 && d->weeks == 0 && !d->holidays))
		append_weekdays(w, d);
}

/* ---------- rules ---------- */

/* Appends the week, days of equal hours as one rule. */
static void
append_week(Writer *w, const SltCalendar *cal, bool *first)
{
	bool		done[7] = {false},
				night = false;	/* where one goes before, a comma leaves the
								 * end of it alone in every reader */

	for (int i = 0; i < 7; i++)
	{
		const SltHours *hours = &cal->week[i];
		SltDays		same;

		if (done[i] || (hours->nspans == 0 && hours->comment == NULL))
			continue;
		slt_days_init(&same);
		for (int k = 0; k < 7; k++)
		{
			bool		equal = k >= i && slt_hours_equal(hours, &cal->week[k]);

			same.weekdays[k] = equal ? SLT_EVERY_OF_MONTH : 0;
			done[k] |= equal;
		}
		append_string(w, *first ? " " : night && hours->nspans > 0 ? ", " : "; ");
		*first = false;
		night |= hours->nspans > 0 && hours->spans[hours->nspans - 1].end > SLT_DAY_SECONDS;
		/* with exceptions, OpenStreetMap's readers doubt that 24/7 is meant */
		if (cal->nrules == 0 && slt_days_have_every_weekday(&same) && hours->comment == NULL && hours->nspans == 1 &&
			hours->spans[0].start == 0 && hours->spans[0].end == SLT_DAY_SECONDS)
			append_string(w, "24/7");
		else
		{
			append_weekdays(w, &same);
			append_hours(w, hours, false);
		}
	}
}

/* Appends one operand of a combination, or all of a calendar that is none. */
static void
append_calendar(Writer *w, const SltCalendar *calendar)
{
	bool		first = true;

	append_string(w, calendar->zone_name);
	append_week(w, calendar, &first);
	for (int i = 0; i < calendar->nrules; i++)
	{
		const SltRule *rule = &calendar->rules[i];

		append_string(w, first ? " " : rule->kind == SLT_EXTEND ? ", " : "; ");
		first = false;
		append_days(w, &rule->days);
		append_hours(w, &rule->hours, rule->kind == SLT_CLOSE);
	}
	if (first)
		append_string(w, " off");
}

/* Appends a combination: equal operators go from the left, all else stands in parentheses. */
static void
append_combination(Writer *w, const SltCalendar *calendar)
{
	char		op[] = {' ', calendar->combine, ' ', '\0'};

	for (int i = 0; i < 2; i++)
	{
		const SltCalendar *part = i == 0 ? calendar->left : calendar->right;
		bool		bare = i == 0 && part->combine == calendar->combine;

		append_string(w, i == 0 ? "" : op);
		append_string(w, bare ? "" : "(");
		if (part->combine != 0)
			append_combination(w, part);
		else
			append_calendar(w, part);
		append_string(w, bare ? "" : ")");
	}
}

/* Writes the canonical text of a calendar, which reads back to an equal one. */
char *
slt_calendar_write(void *arena, const SltCalendar *calendar)
{
	Writer		w = {arena, slt_alloc(arena, 256), 0, 256};

	if (calendar->combine != 0)
		append_combination(&w, calendar);
	else
		append_calendar(&w, calendar);
	return w.text;
}
