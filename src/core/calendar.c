/*
 * calendar.c
 *		The rules of a working calendar: their canonical order, and which hours
 *		a date has.
 *
 * Rules are instructions, carried out from the first to the last on an empty
 * calendar.  What a date has is the spans that start on it.  A rule that
 * replaces takes those away and leaves the end of the night before; a rule
 * that closes takes clock times away, whichever date they belong to.
 */
#include "calendar.h"

#include <stdlib.h>
#include <string.h>

#define MAX_SCRATCH (32 << 20)	/* bytes of spans that are put together at a
								 * time */

/* ---------- memory that is given back together ---------- */

typedef struct SltScratchPiece
{
	struct SltScratchPiece *next;
} SltScratchPiece;

/* Allocates what lives until slt_scratch_free(). */
static void *
scratch_alloc(SltScratch *scratch, size_t size)
{
	SltScratchPiece *piece;

	scratch->size += size;
	if (scratch->size > MAX_SCRATCH)
	{
		slt_scratch_free(scratch);
		slt_too_large();
	}
	piece = slt_alloc(scratch->arena, sizeof(*piece) + size);
	piece->next = scratch->pieces;
	scratch->pieces = piece;
	return piece + 1;
}

/* Gives back at once what was needed for a while, as an arena is kept as long as its calendar. */
void
slt_scratch_free(SltScratch *scratch)
{
	while (scratch->pieces != NULL)
	{
		SltScratchPiece *piece = scratch->pieces;

		scratch->pieces = piece->next;
		slt_free(piece);
	}
	scratch->size = 0;
}

/* ---------- hours ---------- */

/* Orders spans by their start. */
static int
compare_spans(const void *a, const void *b)
{
	const SltSpan *x = a,
			   *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/* Sorts spans and merges those that overlap or touch; returns how many are left. */
int
slt_spans_merge(SltSpan *spans, int n)
{
	int			kept = 0;

	if (n == 0)
		return 0;
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

/* Puts the hours of both together in room for all their spans; the comment is the first one's, if it has hours. */
static SltHours
extend_in(SltSpan *spans, const SltHours *a, const SltHours *b)
{
	SltHours	sum = a->nspans > 0 || a->comment ? *a : *b;

	if (a->nspans > 0)
		memcpy(spans, a->spans, (size_t) a->nspans * sizeof(SltSpan));
	memcpy(spans + a->nspans, b->spans, (size_t) b->nspans * sizeof(SltSpan));
	sum.nspans = slt_spans_merge(spans, a->nspans + b->nspans);
	sum.spans = spans;
	return sum;
}

/* Returns the hours of both together. */
static SltHours
extend_hours(void *arena, const SltHours *a, const SltHours *b)
{
	return extend_in(slt_alloc(arena, (size_t) (a->nspans + b->nspans) * sizeof(SltSpan)), a, b);
}

/* Tells whether hours, moved by a time, touch some spans. */
static bool
hours_meet(const SltHours *a, const SltHours *closed, int32_t shift)
{
	for (int i = 0; i < a->nspans; i++)
		for (int k = 0; k < closed->nspans; k++)
			if (closed->spans[k].start + shift < a->spans[i].end && closed->spans[k].end + shift > a->spans[i].start)
				return true;
	return false;
}

/* Takes hours, moved by a time, out of others, in room for all the spans of both. */
static SltHours
cut_in(SltSpan *spans, const SltHours *a, const SltHours *closed, int32_t shift)
{
	SltHours	rest = *a;

	rest.spans = spans;
	rest.nspans = 0;
	for (int i = 0; i < a->nspans; i++)
	{
		SltSpan		left = a->spans[i];

		for (int k = 0; k < closed->nspans && left.start < left.end; k++)
		{
			int32_t		start = closed->spans[k].start + shift,
						end = closed->spans[k].end + shift;

			if (end <= left.start || start >= left.end)
				continue;
			if (start > left.start)
				spans[rest.nspans++] = (SltSpan) {left.start, start};
			left.start = end;
		}
		if (left.start < left.end)
			spans[rest.nspans++] = left;
	}
	if (rest.nspans == 0)
	{
		rest.comment = NULL;
		rest.comment_length = 0;
	}
	return rest;
}

/* Returns hours without others, which are moved by a time. */
static SltHours
hours_cut(void *arena, const SltHours *a, const SltHours *closed, int32_t shift)
{
	if (!hours_meet(a, closed, shift))
		return *a;
	return cut_in(slt_alloc(arena, (size_t) (a->nspans + closed->nspans) * sizeof(SltSpan)), a, closed, shift);
}

/* Tells whether two dates have the same hours and comment. */
bool
slt_hours_equal(const SltHours *a, const SltHours *b)
{
	return a->nspans == b->nspans &&
		(a->nspans == 0 || memcmp(a->spans, b->spans, (size_t) a->nspans * sizeof(SltSpan)) == 0) &&
		a->comment_length == b->comment_length &&
		(a->comment_length == 0 || memcmp(a->comment, b->comment, (size_t) a->comment_length) == 0);
}

/* ---------- canonical order ---------- */

/* Tells whether hours go on after midnight. */
static bool
last_into_night(const SltHours *hours)
{
	return hours->nspans > 0 && hours->spans[hours->nspans - 1].end > SLT_DAY_SECONDS;
}

/* Tells whether a rule for days of the week can be made part of the week without losing a comment. */
static bool
fits_into_week(const SltCalendar *cal, const SltRule *rule)
{
	if (!slt_days_are_weekly(&rule->days))
		return false;
	if (rule->kind == SLT_REPLACE)
		return true;
	if (rule->kind == SLT_CLOSE)
	{
		/*
		 * hours may be cut away, and their comment with them; and what is
		 * left of a night starts behind midnight
		 */
		for (int i = 0; i < 7; i++)
			if (rule->hours.comment || cal->week[i].comment || last_into_night(&cal->week[i]))
				return false;
		return true;
	}
	for (int i = 0; i < 7; i++)
	{
		SltHours	same = rule->hours;

		same.nspans = cal->week[i].nspans;
		same.spans = cal->week[i].spans;
		if (rule->days.weekdays[i] && (cal->week[i].nspans > 0 || cal->week[i].comment) && !slt_hours_equal(&same, &cal->week[i]))
			return false;
	}
	return true;
}

/* Makes a rule for days of the week part of the week. */
static void
put_into_week(void *arena, SltCalendar *cal, const SltRule *rule)
{
	for (int i = 0; i < 7; i++)
	{
		if (rule->days.weekdays[i] == 0)
			continue;
		if (rule->kind == SLT_REPLACE)
			cal->week[i] = rule->hours;
		else if (rule->kind == SLT_EXTEND)
			cal->week[i] = extend_hours(arena, &cal->week[i], &rule->hours);
		else
			for (int d = -1; d <= 1; d++)
				cal->week[(i + d + 7) % 7] = hours_cut(arena, &cal->week[(i + d + 7) % 7], &rule->hours, -d * SLT_DAY_SECONDS);
	}
}

/* Adds a rule behind the others; false if there are too many. */
bool
slt_calendar_add_rule(void *arena, SltCalendar *cal, const SltRule *rule)
{
	if (cal->nrules == 0 && fits_into_week(cal, rule))
	{
		put_into_week(arena, cal, rule);
		return true;
	}
	if (cal->nrules == SLT_MAX_RULES)
		return false;
	if ((cal->nrules & (cal->nrules - 1)) == 0)
	{
		SltRule    *more = slt_alloc(arena, (size_t) (cal->nrules ? 2 * cal->nrules : 1) * sizeof(*more));

		if (cal->nrules > 0)
			memcpy(more, cal->rules, (size_t) cal->nrules * sizeof(*more));
		cal->rules = more;
	}
	cal->rules[cal->nrules++] = *rule;
	return true;
}

/* Tells whether the order of two rules matters. */
static bool
rules_meet(const SltRule *a, const SltRule *b)
{
	/* clock times are taken from the night before, too */
	return a->kind == SLT_CLOSE || b->kind == SLT_CLOSE || slt_days_meet(&a->days, &b->days);
}

/* Tells whether what a rule does is undone by a later one; that a text says something about holidays is not. */
static bool
is_undone_by(const SltRule *rule, const SltRule *later)
{
	return rule->kind != SLT_CLOSE && rule->days.holidays <= later->days.holidays && later->kind == SLT_REPLACE && slt_days_cover(&later->days, &rule->days);
}

/* Orders rules by their dates, which is how the canonical text has those whose order means nothing. */
static int
compare_rules(const SltRule *a, const SltRule *b)
{
	int			order = slt_days_compare(&a->days, &b->days);

	return order != 0 ? order : (int) a->kind - (int) b->kind;
}

/* Tells whether rules are in order already, none sharing a date with another. */
static bool
rules_are_in_order(const SltCalendar *cal)
{
	for (int i = 0; i < cal->nrules; i++)
	{
		const SltRule *rule = &cal->rules[i];

		if (rule->kind != SLT_REPLACE || rule->days.dates != SLT_ONCE || (i > 0 && rule->days.first <= rule[-1].days.last))
			return false;
	}
	return true;
}

/* Finds the rules that are undone, which wait for nothing any more, and returns how many are left. */
static int
drop_undone(const SltCalendar *cal, int *waits_for)
{
	int			left = cal->nrules;

	for (int i = 0; i < cal->nrules; i++)
	{
		slt_check_interrupts();
		waits_for[i] = 0;
		for (int k = i + 1; k < cal->nrules && waits_for[i] == 0; k++)
			if (is_undone_by(&cal->rules[i], &cal->rules[k]))
				waits_for[i] = -1;
		left -= waits_for[i] < 0;
	}
	return left;
}

/*
 * Puts the rules into canonical order: of all orders that keep each rule behind
 * the earlier ones that it shares a date with, the least.  Two ways to write
 * the same rules so come out as the same text, and are equal.
 */
static void
sort_rules(void *arena, SltCalendar *cal)
{
	int			n = cal->nrules;
	int		   *waits_for = slt_alloc(arena, (size_t) n * sizeof(int)); /* earlier rules to be
																		 * placed before this
																		 * one; -1: placed or
																		 * dropped */
	SltRule    *ordered = slt_alloc(arena, (size_t) n * sizeof(*ordered));
	int			left = drop_undone(cal, waits_for);

	for (int i = 0; i < n; i++)
	{
		slt_check_interrupts();
		for (int k = 0; k < i && waits_for[i] >= 0; k++)
			waits_for[i] += waits_for[k] >= 0 && rules_meet(&cal->rules[k], &cal->rules[i]);
	}
	for (int placed = 0; placed < left; placed++)
	{
		int			best = -1;

		slt_check_interrupts();
		for (int i = 0; i < n; i++)
			if (waits_for[i] == 0 && (best < 0 || compare_rules(&cal->rules[i], &cal->rules[best]) < 0))
				best = i;
		ordered[placed] = cal->rules[best];
		waits_for[best] = -1;
		for (int i = best + 1; i < n; i++)
			waits_for[i] -= waits_for[i] > 0 && rules_meet(&cal->rules[best], &cal->rules[i]);
	}
	slt_free(waits_for);
	slt_free(cal->rules);
	cal->rules = ordered;
	cal->nrules = left;
}

/* Tells whether nothing before a rule opens its dates, so that adding hours is giving them. */
static bool
is_first_to_open(const SltCalendar *cal, int n)
{
	for (int i = 0; i < 7; i++)
		if (slt_days_have_weekday(&cal->rules[n].days, i) && (cal->week[i].nspans > 0 || cal->week[i].comment))
			return false;
	for (int i = 0; i < n; i++)
		if (rules_meet(&cal->rules[i], &cal->rules[n]))
			return false;
	return true;
}

/* Makes the first rules that are for days of the week only part of the week. */
static int
fill_week(void *arena, SltCalendar *cal)
{
	int			n = 0;

	while (n < cal->nrules && fits_into_week(cal, &cal->rules[n]))
		put_into_week(arena, cal, &cal->rules[n++]);
	cal->nrules -= n;
	memmove(cal->rules, cal->rules + n, (size_t) cal->nrules * sizeof(SltRule));
	return n;
}

/*
 * Tells how to give hours to dates that nothing before opens.  It makes no
 * difference here; but where a night goes before, OpenStreetMap's readers take
 * the end of it for replaced, too.
 */
static SltRuleKind
kind_to_open(const SltCalendar *cal, int n)
{
	for (int i = 0; i < 7; i++)
		if (last_into_night(&cal->week[i]))
			return SLT_EXTEND;
	for (int i = 0; i < n; i++)
		if (last_into_night(&cal->rules[i].hours))
			return SLT_EXTEND;
	return SLT_REPLACE;
}

/* Drops a rule that closes what is closed anyway, and writes rules that open in one way; tells whether anything changed. */
static bool
simplify_first_rules(SltCalendar *cal)
{
	int			kept = 0;
	bool		changed = false;

	for (int i = 0; i < cal->nrules; i++)
	{
		cal->rules[kept] = cal->rules[i];
		if (kept == 0 && cal->rules[0].kind == SLT_CLOSE && cal->rules[0].hours.comment == NULL && !slt_calendar_opens_weekly(cal))
			continue;
		if (cal->rules[kept].hours.nspans > 0 && cal->rules[kept].kind != SLT_CLOSE && is_first_to_open(cal, kept))
		{
			SltRuleKind kind = kind_to_open(cal, kept);

			changed |= cal->rules[kept].kind != kind;
			cal->rules[kept].kind = kind;
		}
		kept++;
	}
	changed |= kept < cal->nrules;
	cal->nrules = kept;
	return changed;
}

/* Brings a calendar into canonical form. */
void
slt_calendar_order(void *arena, SltCalendar *cal)
{
	bool		changed = true;

	while (changed && !rules_are_in_order(cal))
	{
		sort_rules(arena, cal);
		changed = fill_week(arena, cal) > 0;
		changed |= simplify_first_rules(cal);
	}
}

/* ---------- which hours a date has ---------- */

/* Hours of dates in a row, while they are put together. */
typedef struct Dates
{
	SltDate		from;
	int			count;
	SltHours   *hours;
	SltScratch *scratch;
} Dates;

/* Takes clock times out of one of the dates, if it is there and has any. */
static void
close_on(Dates *dates, SltDate date, const SltHours *closed, int32_t shift)
{
	SltHours   *hours = &dates->hours[date - dates->from];

	if (date < dates->from || date >= dates->from + dates->count || !hours_meet(hours, closed, shift))
		return;
	*hours = cut_in(scratch_alloc(dates->scratch, (size_t) (hours->nspans + closed->nspans) * sizeof(SltSpan)), hours, closed, shift);
}

/* Carries out a rule on the dates that it is for, in a stretch of them. */
static void
apply_rule(Dates *dates, const SltRule *rule, SltDate first, SltDate last)
{
	SltDate		beside = rule->kind == SLT_CLOSE;	/* the end of a night is
													 * the next date's clock
													 * time */

	if (first < dates->from - beside)
		first = dates->from - beside;
	if (last > dates->from + dates->count - 1 + beside)
		last = dates->from + dates->count - 1 + beside;
	for (SltDate date = first; date <= last; date++)
	{
		SltHours   *hours = &dates->hours[date - dates->from];

		if (!slt_days_contain(&rule->days, date))
			continue;
		if (rule->kind == SLT_REPLACE)
			*hours = rule->hours;
		else if (rule->kind == SLT_EXTEND)
			*hours = extend_in(scratch_alloc(dates->scratch, (size_t) (hours->nspans + rule->hours.nspans) * sizeof(SltSpan)), hours, &rule->hours);
		else
			for (int d = -1; d <= 1; d++)
				close_on(dates, date + d, &rule->hours, -d * SLT_DAY_SECONDS);
	}
}

/* Carries out a rule for dates that come every year. */
static void
apply_yearly_rule(Dates *dates, const SltRule *rule)
{
	int			first_year,
				last_year,
				month,
				day;

	if (rule->days.from.offset != 0 || rule->days.to.offset != 0)
	{
		apply_rule(dates, rule, INT32_MIN / 2, INT32_MAX / 2);
		return;
	}
	slt_date_to_civil(dates->from - 1, &first_year, &month, &day);
	slt_date_to_civil(dates->from + dates->count, &last_year, &month, &day);
	for (int year = first_year; year <= last_year; year++)
	{
		SltDate		first,
					last;

		slt_days_in_year(&rule->days, year, &first, &last);
		if (first <= last)
			apply_rule(dates, rule, first, last);
		else if (first != INT32_MAX)
		{
			apply_rule(dates, rule, slt_date_from_civil(year, 1, 1), last);
			apply_rule(dates, rule, first, slt_date_from_civil(year, 12, 31));
		}
	}
}

/* Lists the hours of consecutive dates; they live until the scratch is freed. */
void
slt_calendar_hours(const SltCalendar *calendar, SltDate from, int ndates, SltHours *hours, SltScratch *scratch)
{
	Dates		dates = {from, ndates, hours, scratch};
	int			weekday = slt_weekday(from);

	for (int i = 0; i < ndates; i++)
	{
		hours[i] = calendar->week[weekday];
		weekday = weekday == 6 ? 0 : weekday + 1;
	}
	for (int i = 0; i < calendar->nrules; i++)
	{
		const SltRule *rule = &calendar->rules[i];

		if (rule->days.holidays)
			continue;			/* a value knows none */
		if (rule->days.dates == SLT_EVERY_YEAR)
			apply_yearly_rule(&dates, rule);
		else if (rule->days.dates == SLT_ONCE)
			apply_rule(&dates, rule, rule->days.first, rule->days.last);
		else
		{
			slt_check_interrupts();
			apply_rule(&dates, rule, INT32_MIN / 2, INT32_MAX / 2);
		}
	}
}

/* Tells whether hours have a second of their date. */
static bool
hours_have(const SltHours *hours, int32_t second)
{
	for (int i = 0; i < hours->nspans; i++)
		if (second >= hours->spans[i].start && second < hours->spans[i].end)
			return true;
	return false;
}

/*
 * Tells why the wall clock of a date shows closed time at a second: the last
 * rule that closes it or gives the date its hours, or else the week.
 */
void
slt_calendar_reason(void *arena, const SltCalendar *calendar, SltDate date, int32_t second, SltReason *reason)
{
	const SltHours *source = &calendar->week[slt_weekday(date)];
	SltScratch	scratch = {arena, 0, NULL};
	SltHours	hours;

	slt_calendar_hours(calendar, date, 1, &hours, &scratch);
	reason->any_hours = hours.nspans > 0;
	slt_scratch_free(&scratch);
	reason->dated = false;
	for (int i = calendar->nrules - 1; i >= 0; i--)
	{
		const SltRule *rule = &calendar->rules[i];

		if (rule->days.holidays || rule->kind == SLT_EXTEND || !slt_days_contain(&rule->days, date) ||
			(rule->kind == SLT_CLOSE && !hours_have(&rule->hours, second)))
			continue;
		source = &rule->hours;
		reason->dated = !slt_days_are_weekly(&rule->days);
		break;
	}
	reason->name = source->comment;
	reason->name_length = source->comment_length;
}

/* ---------- what a calendar has ---------- */

/* Tells whether the week has any open day. */
bool
slt_calendar_opens_weekly(const SltCalendar *calendar)
{
	for (int i = 0; i < 7; i++)
		if (calendar->week[i].nspans > 0)
			return true;
	return false;
}

/* Tells whether a rule opens dates, public holidays apart. */
static bool
rule_opens(const SltRule *rule)
{
	return rule->kind != SLT_CLOSE && rule->hours.nspans > 0 && !rule->days.holidays;
}

/* Tells whether working time may come again for ever. */
bool
slt_calendar_repeats(const SltCalendar *calendar)
{
	SltDate		first,
				last;
	bool		end;

	if (calendar->combine != 0)
		return slt_calendar_repeats(calendar->left) || slt_calendar_repeats(calendar->right);
	for (int i = 0; i < calendar->nrules; i++)
		if (rule_opens(&calendar->rules[i]) && (!slt_days_have_years(&calendar->rules[i].days, &first, &last, &end) || !end))
			return true;
	return slt_calendar_opens_weekly(calendar);
}

/* Tells whether a calendar gives public holidays any hours. */
bool
slt_calendar_opens_on_holidays(const SltCalendar *calendar)
{
	for (int i = 0; i < calendar->nrules; i++)
		if (calendar->rules[i].days.holidays && calendar->rules[i].kind != SLT_CLOSE && calendar->rules[i].hours.nspans > 0)
			return true;
	return false;
}

/* Tells whether a calendar names Easter in years without end. */
bool
slt_calendar_has_easter(const SltCalendar *calendar)
{
	if (calendar->combine != 0)
		return slt_calendar_has_easter(calendar->left) || slt_calendar_has_easter(calendar->right);
	for (int i = 0; i < calendar->nrules; i++)
		if (slt_days_have_easter(&calendar->rules[i].days))
			return true;
	return false;
}

/* Finds the first and the last date that the rules name with their year; false if none does. */
bool
slt_calendar_named_dates(const SltCalendar *calendar, SltDate *first, SltDate *last)
{
	bool		any = false;
	int			n = calendar->combine != 0 ? 2 : calendar->nrules;

	for (int i = 0; i < n; i++)
	{
		SltDate		from,
					to;
		bool		end;

		if (calendar->combine != 0
			? !slt_calendar_named_dates(i == 0 ? calendar->left : calendar->right, &from, &to)
			: !slt_days_have_years(&calendar->rules[i].days, &from, &to, &end))
			continue;
		if (!any || from < *first)
			*first = from;
		if (!any || to > *last)
			*last = to;
		any = true;
	}
	return any;
}
