/*
 * holidays.c
 *		A calendar with its public holidays written out as dates.
 *
 * Each rule for PH is written out where it stands, so that order decides as
 * before.  What a holiday has of its own stands where the last such rule does.
 */
#include "calendar.h"

#include <string.h>

#include "text.h"

/* A date, what its holidays are called, and what they have of their own. */
typedef struct Day
{
	SltDate		date;
	int			name_length;
	char	   *name;			/* NULL: none */
	bool		by_rule;		/* the rules of the text decide, for one of
								 * them at least */
	bool		has_hours;
	SltHours	hours;			/* what all that have hours leave open */
	int			nclosings;
	SltHours   *closings;		/* clock times that are closed */
} Day;

/* A calendar while it is written out. */
typedef struct Work
{
	void	   *arena;
	SltCalendar *out;
	int			ndays;
	const Day  *days;
} Work;

/* Returns what two lists of hours both have. */
static SltHours
intersect(void *arena, const SltHours *a, const SltHours *b)
{
	SltHours	both = *a;
	SltSpan    *spans = slt_alloc(arena, (size_t) (a->nspans + b->nspans + 1) * sizeof(SltSpan));

	both.spans = spans;
	both.nspans = 0;
	for (int i = 0; i < a->nspans; i++)
		for (int k = 0; k < b->nspans; k++)
		{
			SltSpan		x = a->spans[i],
						y = b->spans[k];
			SltSpan		s = {x.start > y.start ? x.start : y.start, x.end < y.end ? x.end : y.end};

			if (s.start < s.end)
				spans[both.nspans++] = s;
		}
	return both;
}

/* Adds the name of one more holiday to those of a date. */
static void
add_name(void *arena, Day *day, const char *name)
{
	size_t		len = name ? strlen(name) : 0;
	char	   *names;

	if (len == 0)
		return;
	names = slt_alloc(arena, (size_t) day->name_length + len + 3);
	if (day->name_length > 0)
	{
		memcpy(names, day->name, (size_t) day->name_length);
		memcpy(names + day->name_length, ", ", 2);
		day->name_length += 2;
	}
	memcpy(names + day->name_length, name, len);
	for (size_t i = 0; i < len; i++)	/* a comment cannot contain its own
										 * quote */
		if (names[(size_t) day->name_length + i] == '"')
			names[(size_t) day->name_length + i] = '\'';
	day->name_length += (int) len;
	day->name = names;
}

/* Adds one more holiday to a date; false if its hours cannot be read. */
static bool
add_holiday(void *arena, Day *day, const SltHoliday *holiday, SltTextError *error)
{
	SltRule		rule;

	day->date = holiday->date;
	if (holiday->hours == NULL || holiday->hours[0] == '\0')
	{
		day->by_rule = true;
		return true;
	}
	if (!slt_hours_read(arena, holiday->hours, strlen(holiday->hours), &rule, error))
		return false;
	if (rule.kind == SLT_CLOSE)
	{
		SltHours   *more = slt_alloc(arena, (size_t) (day->nclosings + 1) * sizeof(*more));

		if (day->nclosings > 0)
			memcpy(more, day->closings, (size_t) day->nclosings * sizeof(*more));
		more[day->nclosings++] = rule.hours;
		day->closings = more;
		return true;
	}
	day->hours = day->has_hours ? intersect(arena, &day->hours, &rule.hours) : rule.hours;
	day->has_hours = true;
	return true;
}

/* Tells whether another list has a date under the same name. */
static bool
is_named_before(const SltHoliday *holidays, int i)
{
	for (int k = i - 1; k >= 0 && holidays[k].date == holidays[i].date; k--)
		if (holidays[k].name && holidays[i].name && strcmp(holidays[k].name, holidays[i].name) == 0)
			return true;
	return false;
}

/* Puts holidays together by their dates; NULL if some hours cannot be read. */
static Day *
collect_days(void *arena, const SltHoliday *holidays, int n, int *ndays, SltTextError *error)
{
	Day		   *days = slt_alloc(arena, (size_t) (n + 1) * sizeof(Day));
	int64_t		bytes = 0;

	*ndays = 0;
	for (int i = 0; i < n; i++)
	{
		if (i == 0 || holidays[i].date != holidays[i - 1].date)
			memset(&days[(*ndays)++], 0, sizeof(Day));
		bytes += holidays[i].name ? (int64_t) strlen(holidays[i].name) : 0;
		if (bytes > SLT_MAX_CALENDAR_TEXT)
		{
			slt_text_fail(error, "The names of the holidays are longer than a megabyte.%s", "", 0);
			return NULL;
		}
		if (!is_named_before(holidays, i))
			add_name(arena, &days[*ndays - 1], holidays[i].name);
		if (!add_holiday(arena, &days[*ndays - 1], &holidays[i], error))
			return NULL;
	}
	return days;
}

/* Adds a rule for a date, with the names of its holidays. */
static bool
emit(Work *w, const Day *day, SltDate date, SltRuleKind kind, SltHours hours)
{
	SltRule		rule = {kind, {0}, hours};

	slt_days_init(&rule.days);
	rule.days.dates = SLT_ONCE;
	rule.days.first = rule.days.last = date;
	if (day->name != NULL)
	{
		rule.hours.comment = day->name;
		rule.hours.comment_length = day->name_length;
	}
	return slt_calendar_add_rule(w->arena, w->out, &rule);
}

/* Writes a rule for PH out, on the dates whose holidays leave it to the rules. */
static bool
emit_rule(Work *w, const SltRule *rule)
{
	SltDays		others = rule->days;

	others.holidays = false;
	for (int i = 0; i < w->ndays; i++)
	{
		const Day  *day = &w->days[i];
		SltDate		date = day->date + rule->days.holiday_offset;

		if (rule->days.holiday_offset == 0 && (day->has_hours || day->nclosings > 0))
			continue;
		if (slt_days_contain(&others, date) && !emit(w, day, date, rule->kind, rule->hours))
			return false;
	}
	return true;
}

/* Returns the hours that the rules of the text give a holiday; it is closed if they give it none. */
static SltHours
hours_by_rule(const SltCalendar *calendar, SltDate date)
{
	for (int i = calendar->nrules - 1; i >= 0; i--)
	{
		SltDays		others = calendar->rules[i].days;

		others.holidays = false;
		if (calendar->rules[i].days.holidays && others.holiday_offset == 0 && calendar->rules[i].kind != SLT_CLOSE &&
			slt_days_contain(&others, date))
			return calendar->rules[i].hours;
	}
	return (SltHours) {0, NULL, 0, NULL};
}

/* Writes what holidays have of their own out. */
static bool
emit_own_hours(Work *w, const SltCalendar *calendar)
{
	for (int i = 0; i < w->ndays; i++)
	{
		const Day  *day = &w->days[i];
		SltHours	hours = day->hours;

		if (!day->has_hours && day->nclosings == 0)
			continue;
		if (day->by_rule)
		{
			SltHours	given = hours_by_rule(calendar, day->date);

			hours = day->has_hours ? intersect(w->arena, &hours, &given) : given;
		}
		if ((day->by_rule || day->has_hours) && !emit(w, day, day->date, SLT_REPLACE, hours))
			return false;
		for (int k = 0; k < day->nclosings; k++)
			if (!emit(w, day, day->date, SLT_CLOSE, day->closings[k]))
				return false;
	}
	return true;
}

/* Writes the rules out with dates in place of PH: a value has no lists, so it must name them itself. */
static bool
write_out(Work *w, const SltCalendar *calendar)
{
	static const SltHours off = {0, NULL, 0, NULL};
	SltRule		closed = {SLT_REPLACE, {0}, off};
	int			last = -1;

	for (int i = 0; i < calendar->nrules; i++)
		if (calendar->rules[i].days.holidays && calendar->rules[i].days.holiday_offset == 0)
			last = i;
	slt_days_init(&closed.days);
	for (int i = 0; i < calendar->nrules; i++)
	{
		const SltRule *rule = &calendar->rules[i];

		if (rule->days.holidays ? !emit_rule(w, rule) : !slt_calendar_add_rule(w->arena, w->out, rule))
			return false;
		if (i == last && !emit_own_hours(w, calendar))
			return false;
	}
	if (!calendar->has_holidays && !emit_rule(w, &closed))
		return false;
	return last >= 0 || emit_own_hours(w, calendar);
}

/* Writes a calendar out, each part of a combination on its own. */
static SltCalendar *
with_days(void *arena, const SltCalendar *calendar, const Day *days, int ndays, SltTextError *error)
{
	SltCalendar *out = slt_alloc(arena, sizeof(*out));
	Work		w = {arena, out, ndays, days};

	*out = *calendar;
	if (calendar->combine != 0)
	{
		out->left = with_days(arena, calendar->left, days, ndays, error);
		out->right = out->left ? with_days(arena, calendar->right, days, ndays, error) : NULL;
		return out->right ? out : NULL;
	}
	out->nrules = 0;
	out->rules = NULL;
	out->has_holidays = false;
	if (!write_out(&w, calendar))
	{
		slt_text_fail(error, "With its holidays the calendar \"%s\" has more than 5000 rules.", calendar->text, calendar->length);
		return NULL;
	}
	slt_calendar_order(arena, out);
	return out;
}

/* Makes a value of a calendar and the dates of its lists, whose own hours go before the text's. */
SltCalendar *
slt_calendar_with_holidays(void *arena, const SltCalendar *calendar, const SltHoliday *holidays, int n, SltTextError *error)
{
	int			ndays;
	Day		   *days;

	error->detail[0] = error->hint[0] = '\0';
	days = collect_days(arena, holidays, n, &ndays, error);
	return days ? with_days(arena, calendar, days, ndays, error) : NULL;
}
