/*
 * calendar.c
 *		The rules of a working calendar: reading, canonical form, writing, and
 *		which hours a date has.
 *
 * The grammar is that of OpenStreetMap's opening_hours, as far as it makes
 * sense for working time:
 *
 *		calendar = zone rule { ";" rule }
 *		rule     = ( [dates] [weekdays] ( span { "," span } | "off" ) | "24/7" ) [comment]
 *		dates    = YYYY-MM-DD | YYYY-MM-DD ".." YYYY-MM-DD | "*-"MM-DD
 *		weekdays = day [ "-" day ] { "," day [ "-" day ] }
 *		span     = HH:MM[:SS] "-" HH:MM[:SS]
 *		comment  = '"' any but '"' '"'
 */
#include "calendar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static const char *const day_names[7] = {
	"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
};

/*
 * What is known of a calendar while its text is read.
 */
typedef struct Reader
{
	SltCursor	c;
	void	   *arena;
	SltCalendar *calendar;
	int			room;			/* dated rules that fit before the array must grow */
	const char *rule;			/* where the rule at hand starts */
} Reader;

/* One rule as it stands in the text. */
typedef struct Rule
{
	bool		dated;			/* if not, only its weekdays and hours count */
	SltDatedRule d;
} Rule;

/* Refuses the text for the word at the cursor, or for the rule that ends too early there. */
static bool
fail_here(Reader *r, const char *format)
{
	if (r->c.at == r->c.end || slt_is_space(*r->c.at) || *r->c.at == ';')
		return slt_text_fail(r->c.error, "Rule \"%s\" ends too early.", r->rule, (size_t) (r->c.at - r->rule));
	return slt_text_fail(r->c.error, format, r->c.at, slt_word_length(&r->c));
}

/* ---------- reading dates ---------- */

/* Reads "MM-DD" into a rule; a year of 0 stands for every year. */
static bool
read_month_day(Reader *r, const char *part, int year, SltDatedRule *d)
{
	int64_t		month,
				day;

	if (!slt_read_digits(&r->c, 2, 2, &month) || !slt_skip(&r->c, '-') ||
		!slt_read_digits(&r->c, 2, 2, &day))
	{
		r->c.at = part;
		return fail_here(r, "Date \"%s\" is not of the form YYYY-MM-DD, YYYY-MM-DD..YYYY-MM-DD or *-MM-DD.");
	}
	if (month < 1 || month > 12 || day < 1 || day > slt_days_in_month(year ? year : 2000, (int) month))
		return slt_text_fail(r->c.error, "Date \"%s\" does not exist.", part, (size_t) (r->c.at - part));
	d->month = (uint8_t) month;
	d->day = (uint8_t) day;
	return true;
}

/* Reads "YYYY-MM-DD". */
static bool
read_full_date(Reader *r, SltDate *date)
{
	const char *part = r->c.at;
	SltDatedRule d;
	int64_t		year;

	if (!slt_read_digits(&r->c, 4, 4, &year) || !slt_skip(&r->c, '-'))
	{
		r->c.at = part;
		return fail_here(r, "Date \"%s\" is not of the form YYYY-MM-DD, YYYY-MM-DD..YYYY-MM-DD or *-MM-DD.");
	}
	if (year == 0)
		return slt_text_fail(r->c.error, "Date \"%s\" does not exist.", part, slt_word_length(&(SltCursor) {part, r->c.end, NULL, part}));
	if (!read_month_day(r, part, (int) year, &d))
		return false;
	*date = slt_date_from_civil((int) year, d.month, d.day);
	return true;
}

/* Tells whether a date comes next, rather than a time or a day of the week. */
static bool
date_follows(const SltCursor *c)
{
	const char *p = c->at;

	if (p < c->end && *p == '*')
		return true;
	while (p < c->end && slt_is_digit(*p))
		p++;
	return p > c->at && p < c->end && (*p == '-' || *p == '.') && p - c->at > 2;
}

/* Reads the dates of a rule, if it has any. */
static bool
read_dates(Reader *r, Rule *rule)
{
	const char *part = r->c.at;

	if (!date_follows(&r->c))
		return true;
	rule->dated = true;
	if (slt_skip(&r->c, '*'))
	{
		if (!slt_skip(&r->c, '-'))
		{
			r->c.at = part;
			return fail_here(r, "Date \"%s\" is not of the form *-MM-DD.");
		}
		return read_month_day(r, part, 0, &rule->d);
	}
	if (!read_full_date(r, &rule->d.first))
		return false;
	rule->d.last = rule->d.first;
	if (slt_skip(&r->c, '.'))
	{
		if (!slt_skip(&r->c, '.') || !read_full_date(r, &rule->d.last))
		{
			if (r->c.error->detail[0] == '\0')
				return slt_text_fail(r->c.error, "Date range \"%s\" needs two dots and a second date.", part, (size_t) (r->c.at - part));
			return false;
		}
		if (rule->d.last < rule->d.first)
			return slt_text_fail(r->c.error, "Date range \"%s\" ends before it starts.", part, (size_t) (r->c.at - part));
	}
	if (slt_at(&r->c, ','))
		return slt_text_fail(r->c.error, "Date \"%s\" is followed by a comma: each date or range of dates needs a rule of its own.", part, (size_t) (r->c.at - part));
	if (r->c.at < r->c.end && !slt_is_space(*r->c.at) && *r->c.at != ';' && *r->c.at != '"')
	{
		r->c.at = part;
		return fail_here(r, "Date \"%s\" is not of the form YYYY-MM-DD, YYYY-MM-DD..YYYY-MM-DD or *-MM-DD.");
	}
	return true;
}

/* ---------- reading days of the week ---------- */

/* Finds a day by its name of two letters, three letters, or whole; -1 if it is none. */
static int
weekday_by_name(const char *word, size_t len)
{
	for (int i = 0; i < 7; i++)
	{
		char		name[16] = "";

		if (len != 2 && len != 3 && len != strlen(day_names[i]))
			continue;
		memcpy(name, day_names[i], len);
		if (slt_word_is(word, len, name))
			return i;
	}
	return -1;
}

/* Reads one day of the week. */
static bool
read_weekday(Reader *r, int *weekday)
{
	const char *word = r->c.at;
	size_t		len = 0;

	while (word + len < r->c.end && slt_is_letter(word[len]))
		len++;
	*weekday = weekday_by_name(word, len);
	if (*weekday < 0)
		return fail_here(r, "\"%s\" is not a day of the week (Mo, Tu, We, Th, Fr, Sa, Su), a time span, \"off\" or \"24/7\".");
	r->c.at += len;
	return true;
}

/* Reads the days of the week of a rule, if it has any. */
static bool
read_weekdays(Reader *r, uint8_t *weekdays)
{
	if (r->c.at >= r->c.end || !slt_is_letter(*r->c.at))
		return true;
	*weekdays = 0;
	do
	{
		int			from,
					to;

		slt_skip_space(&r->c);
		if (!read_weekday(r, &from))
			return false;
		to = from;
		if (slt_skip(&r->c, '-') && !read_weekday(r, &to))
			return false;
		for (; from != to; from = (from + 1) % 7)
			*weekdays |= (uint8_t) (1 << from);
		*weekdays |= (uint8_t) (1 << to);
	} while (slt_skip(&r->c, ','));
	return true;
}

/* ---------- reading hours ---------- */

/* Reads "HH:MM" or "HH:MM:SS" up to a last time. */
static bool
read_time(Reader *r, const char *part, int32_t last, int32_t *seconds)
{
	int64_t		h,
				m,
				s = 0;

	if (!slt_read_digits(&r->c, 1, 2, &h) || !slt_skip(&r->c, ':') ||
		!slt_read_digits(&r->c, 2, 2, &m) ||
		(slt_skip(&r->c, ':') && !slt_read_digits(&r->c, 2, 2, &s)))
	{
		r->c.at = part;
		return fail_here(r, "Time span \"%s\" is not of the form HH:MM-HH:MM.");
	}
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

/* Reads one "09:00-17:00". */
static bool
read_span(Reader *r, SltSpan *span)
{
	const char *part = r->c.at;

	if (!read_time(r, part, SLT_DAY_SECONDS - 1, &span->start))
		return false;
	if (!slt_skip(&r->c, '-'))
	{
		r->c.at = part;
		return fail_here(r, "Time span \"%s\" is not of the form HH:MM-HH:MM.");
	}
	if (!read_time(r, part, SLT_LAST_SPAN_END, &span->end))
		return false;
	if (span->end <= span->start)
		span->end += SLT_DAY_SECONDS;
	return true;
}

/* Orders spans by their start. */
static int
compare_spans(const void *a, const void *b)
{
	const SltSpan *x = a,
			   *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/* Sorts spans and merges those that overlap or touch; returns how many are left. */
static int
merge_spans(SltSpan *spans, int n)
{
	int			kept = 0;

	qsort(spans, (size_t) n, sizeof(*spans), compare_spans);
	for (int i = 1; i < n; i++)
	{
		if (spans[i].start > spans[kept].end)
			spans[++kept] = spans[i];
		else if (spans[i].end > spans[kept].end)
			spans[kept].end = spans[i].end;
	}
	return kept + 1;
}

/* Gives a rule its spans. */
static void
set_spans(Reader *r, const SltSpan *spans, int n, SltHours *hours)
{
	SltSpan    *kept = slt_alloc(r->arena, (size_t) n * sizeof(*kept));

	memcpy(kept, spans, (size_t) n * sizeof(*kept));
	hours->spans = kept;
	hours->nspans = merge_spans(kept, n);
}

/* Reads "off", or the spans of a rule. */
static bool
read_hours(Reader *r, SltHours *hours)
{
	SltSpan		spans[SLT_MAX_SPANS];
	int			n = 0;
	const char *p = r->c.at;

	while (p < r->c.end && slt_is_letter(*p))
		p++;
	if (slt_word_is(r->c.at, (size_t) (p - r->c.at), "off") || slt_word_is(r->c.at, (size_t) (p - r->c.at), "closed"))
	{
		r->c.at = p;
		return true;
	}
	if (r->c.at == r->rule && r->c.at < r->c.end && *r->c.at == ';')
		return slt_text_fail(r->c.error, "There is no rule before the semicolon behind \"%s\".", r->c.text, (size_t) (r->c.at - r->c.text));
	if (r->c.at == r->rule && slt_at(&r->c, '"'))
		return slt_text_fail(r->c.error, "There are no dates, days or times before the comment %s.", r->c.at, (size_t) (r->c.end - r->c.at));
	if (r->c.at >= r->c.end || *r->c.at == ';' || *r->c.at == '"')
		return slt_text_fail(r->c.error, "Rule \"%s\" has neither a time span nor \"off\".", r->rule, (size_t) (r->c.at - r->rule));
	do
	{
		slt_skip_space(&r->c);
		if (n == SLT_MAX_SPANS)
			return fail_here(r, "Time span \"%s\" is one too many: a rule has 64 at most.");
		if (!read_span(r, &spans[n++]))
			return false;
		slt_skip_space(&r->c);
	} while (slt_skip(&r->c, ','));
	set_spans(r, spans, n, hours);
	return true;
}

/* Reads the comment of a rule, if it has one. */
static bool
read_comment(Reader *r, SltHours *hours)
{
	const char *start = r->c.at;

	if (!slt_skip(&r->c, '"'))
		return true;
	while (r->c.at < r->c.end && *r->c.at != '"')
		r->c.at++;
	if (r->c.at >= r->c.end)
		return slt_text_fail(r->c.error, "Comment %s has no closing quote.", start, (size_t) (r->c.end - start));
	hours->comment_length = (int) (r->c.at - start - 1);
	if (hours->comment_length > 0)
		hours->comment = start + 1;
	r->c.at++;
	return true;
}

/* ---------- reading rules ---------- */

/* Reads one rule, up to its semicolon. */
static bool
read_rule(Reader *r, Rule *rule)
{
	static const SltSpan all_day = {0, SLT_DAY_SECONDS};

	memset(rule, 0, sizeof(*rule));
	rule->d.weekdays = SLT_EVERY_WEEKDAY;
	r->rule = r->c.at;
	if (r->c.end - r->c.at >= 4 && memcmp(r->c.at, "24/7", 4) == 0)
	{
		r->c.at += 4;
		set_spans(r, &all_day, 1, &rule->d.hours);
	}
	else
	{
		const char *p;

		if (!read_dates(r, rule))
			return false;
		slt_skip_space(&r->c);
		for (p = r->c.at; p < r->c.end && slt_is_letter(*p); p++)
			;
		if (!slt_word_is(r->c.at, (size_t) (p - r->c.at), "off") &&
			!slt_word_is(r->c.at, (size_t) (p - r->c.at), "closed") &&
			!read_weekdays(r, &rule->d.weekdays))
			return false;
		slt_skip_space(&r->c);
		if (!read_hours(r, &rule->d.hours))
			return false;
	}
	slt_skip_space(&r->c);
	if (!read_comment(r, &rule->d.hours))
		return false;
	slt_skip_space(&r->c);
	if (slt_at(&r->c, '"'))
		return slt_text_fail(r->c.error, "Comment %s is one too many: a rule has one.", r->c.at, (size_t) (r->c.end - r->c.at));
	if (r->c.at < r->c.end && *r->c.at != ';')
		return fail_here(r, "\"%s\" does not belong behind the hours of a rule; rules are separated by semicolons.");
	return true;
}

/* Limits a dated rule to the days of the week that its dates have; false if none is left. */
static bool
limit_weekdays(SltDatedRule *d)
{
	uint8_t		possible = 0;

	if (d->month != 0 || d->last - d->first >= 6)
		return d->weekdays != 0;
	for (SltDate date = d->first; date <= d->last; date++)
		possible |= (uint8_t) (1 << slt_weekday(date));
	d->weekdays &= possible;
	if (d->weekdays == 0)
		return false;
	if (d->weekdays == possible)
		d->weekdays = SLT_EVERY_WEEKDAY;
	return true;
}

/* Puts a rule into the calendar: an undated one over the week, a dated one behind the others. */
static bool
add_rule(Reader *r, Rule *rule)
{
	SltCalendar *cal = r->calendar;

	if (!rule->dated)
	{
		for (int i = 0; i < 7; i++)
			if (rule->d.weekdays & (1 << i))
				cal->week[i] = rule->d.hours;
		return true;
	}
	if (!limit_weekdays(&rule->d))
		return true;
	if (cal->ndated == SLT_MAX_DATED_RULES)
		return slt_text_fail(r->c.error, "Rule \"%s\" is one dated rule too many: a calendar has 5000 at most.", r->rule, (size_t) (r->c.at - r->rule));
	if (cal->ndated == r->room)
	{
		SltDatedRule *more;

		r->room = r->room ? 2 * r->room : 16;
		more = slt_alloc(r->arena, (size_t) r->room * sizeof(*more));
		if (cal->ndated > 0)
			memcpy(more, cal->dated, (size_t) cal->ndated * sizeof(*more));
		cal->dated = more;
	}
	cal->dated[cal->ndated++] = rule->d;
	return true;
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

/* ---------- canonical order ---------- */

/* Tells whether a date that comes every year lies between two dates. */
static bool
range_has_month_day(const SltDatedRule *range, const SltDatedRule *yearly)
{
	int			first_year,
				last_year,
				month,
				day;

	slt_date_to_civil(range->first, &first_year, &month, &day);
	slt_date_to_civil(range->last, &last_year, &month, &day);
	if (last_year - first_year > 8)
		return true;
	for (int year = first_year; year <= last_year; year++)
	{
		SltDate		date;

		if (yearly->day > slt_days_in_month(year, yearly->month))
			continue;
		date = slt_date_from_civil(year, yearly->month, yearly->day);
		if (date >= range->first && date <= range->last)
			return true;
	}
	return false;
}

/* Tells whether two dated rules may share a date, so that their order matters. */
static bool
rules_meet(const SltDatedRule *a, const SltDatedRule *b)
{
	if (!(a->weekdays & b->weekdays))
		return false;
	if (a->month && b->month)
		return a->month == b->month && a->day == b->day;
	if (a->month)
		return range_has_month_day(b, a);
	if (b->month)
		return range_has_month_day(a, b);
	return a->first <= b->last && b->first <= a->last;
}

/* Tells whether a rule names every date of another. */
static bool
rule_covers(const SltDatedRule *a, const SltDatedRule *b)
{
	if ((a->weekdays & b->weekdays) != b->weekdays)
		return false;
	if (a->month)
	{
		int			year,
					month,
					day;

		if (b->month)
			return a->month == b->month && a->day == b->day;
		slt_date_to_civil(b->first, &year, &month, &day);
		return b->first == b->last && month == a->month && day == a->day;
	}
	return !b->month && a->first <= b->first && b->last <= a->last;
}

/* Orders dated rules: every year's first, then by their dates. */
static int
compare_rules(const SltDatedRule *a, const SltDatedRule *b)
{
	if (!a->month != !b->month)
		return a->month ? -1 : 1;
	if (a->month != b->month)
		return a->month < b->month ? -1 : 1;
	if (a->month && a->day != b->day)
		return a->day < b->day ? -1 : 1;
	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	if (a->last != b->last)
		return a->last < b->last ? -1 : 1;
	return (a->weekdays > b->weekdays) - (a->weekdays < b->weekdays);
}

/* Tells whether rules are in order already, none sharing a date with another. */
static bool
rules_are_in_order(const SltCalendar *cal)
{
	for (int i = 1; i < cal->ndated; i++)
		if (cal->dated[i].month || cal->dated[i - 1].month ||
			cal->dated[i].first <= cal->dated[i - 1].last)
			return false;
	return true;
}

/*
 * Puts the dated rules into canonical order: of all orders that keep each rule
 * behind the earlier ones that it shares a date with, the least.  Two ways to
 * write the same rules so come out as the same text, and are equal.  A rule
 * whose every date a later rule replaces is dropped.
 */
static void
order_rules(void *arena, SltCalendar *cal)
{
	int			n = cal->ndated,
				left;
	SltDatedRule *ordered;
	int		   *waits_for;		/* earlier rules to be placed before this one; -1: placed or dropped */

	if (rules_are_in_order(cal))
		return;
	ordered = slt_alloc(arena, (size_t) n * sizeof(*ordered));
	waits_for = slt_alloc(arena, (size_t) n * sizeof(*waits_for));
	left = n;
	for (int i = 0; i < n; i++)
	{
		waits_for[i] = 0;
		for (int k = i + 1; k < n && waits_for[i] == 0; k++)
			if (rule_covers(&cal->dated[k], &cal->dated[i]))
				waits_for[i] = -1;
		left -= waits_for[i] < 0;
	}
	for (int i = 0; i < n; i++)
		for (int k = 0; k < i && waits_for[i] >= 0; k++)
			waits_for[i] += waits_for[k] >= 0 && rules_meet(&cal->dated[k], &cal->dated[i]);
	for (int placed = 0; placed < left; placed++)
	{
		int			best = -1;

		for (int i = 0; i < n; i++)
			if (waits_for[i] == 0 && (best < 0 || compare_rules(&cal->dated[i], &cal->dated[best]) < 0))
				best = i;
		ordered[placed] = cal->dated[best];
		waits_for[best] = -1;
		for (int i = best + 1; i < n; i++)
			waits_for[i] -= waits_for[i] > 0 && rules_meet(&cal->dated[best], &cal->dated[i]);
	}
	cal->dated = ordered;
	cal->ndated = left;
}

/*
 * Reads a calendar from text.  Comments stay where they are, so the text must
 * live as long as the calendar.  Whether it ever opens is not asked here.
 */
SltCalendar *
slt_calendar_read(void *arena, const char *text, size_t len, SltTextError *error)
{
	Reader		r = {{text, text + len, error, text}, arena, NULL, 0, NULL};

	error->detail[0] = '\0';
	if (len > SLT_MAX_CALENDAR_TEXT)
	{
		slt_text_fail(error, "The text is longer than a megabyte; it starts with \"%s\".", text, len);
		return NULL;
	}
	r.calendar = slt_alloc(arena, sizeof(SltCalendar));
	memset(r.calendar, 0, sizeof(SltCalendar));
	slt_skip_space(&r.c);
	if (!read_zone(&r))
		return NULL;
	if (r.c.at == r.c.end)
	{
		slt_text_fail(error, "There is no rule behind the time zone \"%s\".", text, len);
		return NULL;
	}
	while (r.c.at < r.c.end)
	{
		Rule		rule;

		if (!read_rule(&r, &rule) || !add_rule(&r, &rule))
			return NULL;
		if (slt_skip(&r.c, ';'))
			slt_skip_space(&r.c);
	}
	order_rules(arena, r.calendar);
	return r.calendar;
}

/* ---------- writing ---------- */

/* Text that grows. */
typedef struct Writer
{
	void	   *arena;
	char	   *text;
	size_t		len;
	size_t		room;
} Writer;

/* Appends bytes. */
static void
append(Writer *w, const char *bytes, size_t len)
{
	if (w->len + len + 1 > w->room)
	{
		char	   *more;

		w->room = 2 * (w->len + len + 1);
		more = slt_alloc(w->arena, w->room);
		memcpy(more, w->text, w->len);
		w->text = more;
	}
	memcpy(w->text + w->len, bytes, len);
	w->len += len;
	w->text[w->len] = '\0';
}

/* Appends a string. */
static void
append_string(Writer *w, const char *s)
{
	append(w, s, strlen(s));
}

/* Appends "HH:MM", or "HH:MM:SS" if there are seconds. */
static void
append_time(Writer *w, int32_t t)
{
	char		s[32];

	if (t % 60 != 0)
		snprintf(s, sizeof(s), "%02d:%02d:%02d", t / 3600, t / 60 % 60, t % 60);
	else
		snprintf(s, sizeof(s), "%02d:%02d", t / 3600, t / 60 % 60);
	append_string(w, s);
}

/* Appends hours and their comment. */
static void
append_hours(Writer *w, const SltHours *hours)
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
	if (hours->comment)
	{
		append_string(w, " \"");
		append(w, hours->comment, (size_t) hours->comment_length);
		append_string(w, "\"");
	}
}

/* Appends one day of the week: two letters. */
static void
append_weekday(Writer *w, int weekday)
{
	char		s[2] = {(char) (day_names[weekday][0] - 'a' + 'A'), day_names[weekday][1]};

	append(w, s, 2);
}

/* Appends days of the week as ranges, which may run over the end of the week. */
static void
append_weekdays(Writer *w, uint8_t weekdays)
{
	bool		first = true;

	if (weekdays == SLT_EVERY_WEEKDAY)
	{
		append_string(w, "Mo-Su ");
		return;
	}
	for (int i = 0; i < 7; i++)
	{
		int			last = i;

		if (!(weekdays & (1 << i)) || (weekdays & (1 << (i + 6) % 7)))
			continue;			/* not the start of a range */
		while (weekdays & (1 << (last + 1) % 7))
			last = (last + 1) % 7;
		if (!first)
			append_string(w, ",");
		first = false;
		append_weekday(w, i);
		if (last != i)
		{
			append_string(w, "-");
			append_weekday(w, last);
		}
	}
	append_string(w, " ");
}

/* Appends a date. */
static void
append_date(Writer *w, SltDate date)
{
	char		s[40];
	int			year,
				month,
				day;

	slt_date_to_civil(date, &year, &month, &day);
	snprintf(s, sizeof(s), "%04d-%02d-%02d", year, month, day);
	append_string(w, s);
}

/* Appends the dates and days of the week of a dated rule. */
static void
append_dates(Writer *w, const SltDatedRule *d)
{
	if (d->month)
	{
		char		s[16];

		snprintf(s, sizeof(s), "*-%02d-%02d", d->month, d->day);
		append_string(w, s);
	}
	else
	{
		append_date(w, d->first);
		if (d->last != d->first)
		{
			append_string(w, "..");
			append_date(w, d->last);
		}
	}
	append_string(w, " ");
	if (d->weekdays != SLT_EVERY_WEEKDAY)
		append_weekdays(w, d->weekdays);
}

/* Tells whether two dates have the same hours and comment. */
static bool
hours_equal(const SltHours *a, const SltHours *b)
{
	return a->nspans == b->nspans &&
		(a->nspans == 0 || memcmp(a->spans, b->spans, (size_t) a->nspans * sizeof(SltSpan)) == 0) &&
		a->comment_length == b->comment_length &&
		(a->comment_length == 0 || memcmp(a->comment, b->comment, (size_t) a->comment_length) == 0);
}

/* Appends what introduces a rule. */
static void
append_separator(Writer *w, bool *first)
{
	append_string(w, *first ? " " : "; ");
	*first = false;
}

/* Appends the week, days of equal hours as one rule. */
static void
append_week(Writer *w, const SltCalendar *cal, bool *first)
{
	uint8_t		done = 0;

	for (int i = 0; i < 7; i++)
	{
		const SltHours *hours = &cal->week[i];
		uint8_t		same = 0;

		if ((done & (1 << i)) || (hours->nspans == 0 && hours->comment == NULL))
			continue;
		for (int k = i; k < 7; k++)
			if (hours_equal(hours, &cal->week[k]))
				same |= (uint8_t) (1 << k);
		done |= same;
		append_separator(w, first);
		if (same == SLT_EVERY_WEEKDAY && hours->comment == NULL && hours->nspans == 1 &&
			hours->spans[0].start == 0 && hours->spans[0].end == SLT_DAY_SECONDS)
			append_string(w, "24/7");
		else
		{
			append_weekdays(w, same);
			append_hours(w, hours);
		}
	}
}

/* Writes the canonical text of a calendar, which reads back to an equal one. */
char *
slt_calendar_write(void *arena, const SltCalendar *calendar)
{
	Writer		w = {arena, slt_alloc(arena, 256), 0, 256};
	bool		first = true;

	append_string(&w, calendar->zone_name);
	append_week(&w, calendar, &first);
	for (int i = 0; i < calendar->ndated; i++)
	{
		append_separator(&w, &first);
		append_dates(&w, &calendar->dated[i]);
		append_hours(&w, &calendar->dated[i].hours);
	}
	if (first)
		append_string(&w, " off");	/* never opens: only to say so in a message */
	return w.text;
}

/* ---------- which hours a date has ---------- */

/* Gives a date of a list the hours of a rule, if the rule names it. */
static void
apply_rule(const SltDatedRule *rule, SltDate date, SltDate from, int ndates, const SltHours **hours)
{
	if (date >= from && date < from + ndates && (rule->weekdays & (1 << slt_weekday(date))))
		hours[date - from] = &rule->hours;
}

/* Lists the hours of consecutive dates. */
void
slt_calendar_hours(const SltCalendar *calendar, SltDate from, int ndates, const SltHours **hours)
{
	int			weekday = slt_weekday(from);

	for (int i = 0; i < ndates; i++)
	{
		hours[i] = &calendar->week[weekday];
		weekday = weekday == 6 ? 0 : weekday + 1;
	}
	for (int i = 0; i < calendar->ndated; i++)
	{
		const SltDatedRule *rule = &calendar->dated[i];

		if (rule->month)
		{
			int			first_year,
						last_year,
						month,
						day;

			slt_date_to_civil(from, &first_year, &month, &day);
			slt_date_to_civil(from + ndates - 1, &last_year, &month, &day);
			for (int year = first_year; year <= last_year; year++)
				if (rule->day <= slt_days_in_month(year, rule->month))
					apply_rule(rule, slt_date_from_civil(year, rule->month, rule->day), from, ndates, hours);
		}
		else
		{
			SltDate		first = rule->first > from ? rule->first : from;
			SltDate		last = rule->last < from + ndates - 1 ? rule->last : from + ndates - 1;

			for (SltDate date = first; date <= last; date++)
				apply_rule(rule, date, from, ndates, hours);
		}
	}
}

/* Returns the dated rule that a date's hours come from, NULL if they are the week's. */
const SltDatedRule *
slt_calendar_dated_rule(const SltCalendar *calendar, SltDate date)
{
	const SltHours *hours;

	slt_calendar_hours(calendar, date, 1, &hours);
	for (int i = 0; i < calendar->ndated; i++)
		if (hours == &calendar->dated[i].hours)
			return &calendar->dated[i];
	return NULL;
}

/* Tells whether the week has any open day. */
bool
slt_calendar_opens_weekly(const SltCalendar *calendar)
{
	for (int i = 0; i < 7; i++)
		if (calendar->week[i].nspans > 0)
			return true;
	return false;
}

/* Tells whether any day that comes every year is open. */
bool
slt_calendar_opens_yearly(const SltCalendar *calendar)
{
	for (int i = 0; i < calendar->ndated; i++)
		if (calendar->dated[i].month && calendar->dated[i].hours.nspans > 0)
			return true;
	return false;
}

/* Finds the first and the last date that the rules name with their year; false if none does. */
bool
slt_calendar_named_dates(const SltCalendar *calendar, SltDate *first, SltDate *last)
{
	bool		any = false;

	for (int i = 0; i < calendar->ndated; i++)
	{
		const SltDatedRule *rule = &calendar->dated[i];

		if (rule->month)
			continue;
		if (!any || rule->first < *first)
			*first = rule->first;
		if (!any || rule->last > *last)
			*last = rule->last;
		any = true;
	}
	return any;
}
