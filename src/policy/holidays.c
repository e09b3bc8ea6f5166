/*
 * holidays.c
 *		From rows of slt_holidays to rules of a calendar.
 */
#include "holidays.h"

#include "access/genam.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "../core/calendar.h"
#include "../slt_compat.h"

/* Reads the hours of a date as the calendar does; NULL and a detail if they are none. */
static const SltHours *
read_hours(const char *text, SltTextError *error)
{
	char	   *rule = psprintf("UTC 2000-01-01 %s", text);
	SltCalendar *calendar = slt_calendar_read(NULL, rule, strlen(rule), error);

	return calendar != NULL && calendar->ndated == 1 ? &calendar->dated[0].hours : NULL;
}

/* Makes room for one more date. */
static SltHoliday *
add_holiday(SltHolidays *all)
{
	if (all->n == all->allocated)
	{
		all->allocated = all->n ? 2 * all->n : 512;
		all->items = all->n ? repalloc_huge(all->items, all->allocated * sizeof(SltHoliday)) : palloc(all->allocated * sizeof(SltHoliday));
	}
	return &all->items[all->n++];
}

/* Adds a row of slt_holidays. */
void
slt_take_holiday(SltHolidays *all, const SltConfigScan *s)
{
	SltHoliday *h = add_holiday(all);
	char	   *hours = slt_text_column(s, "hours");

	h->list = slt_text_column(s, "list");
	h->day = DatumGetDateADT(slt_column(s, "day", DATEOID));
	h->hours = hours[0] ? hours : NULL;
	h->name = slt_text_column(s, "name");
}

/* Reads the dates of lists. */
void
slt_read_holidays(SltHolidays *all, Oid table, List *lists, Snapshot snapshot)
{
	Relation	rel = table_open(table, AccessShareLock);
	Oid			index = slt_primary_key_index(rel);	/* it is by list and day */
	ListCell   *cell;

	table_close(rel, NoLock);
	foreach(cell, lists)
	{
		ScanKeyData key;
		SltConfigScan s;

		ScanKeyInit(&key, get_attnum(table, "list"), BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(lfirst(cell)));
		key.sk_collation = DEFAULT_COLLATION_OID;
		s = slt_begin_snapshot_scan(table, index, 1, &key, snapshot);
		while (slt_next_row(&s))
			slt_take_holiday(all, &s);
		slt_end_scan(&s);
	}
}

/* Picks the dates of lists from those of all lists. */
void
slt_select_holidays(SltHolidays *some, const SltHolidays *all, List *lists)
{
	ListCell   *cell;

	for (int i = 0; i < all->n; i++)
		foreach(cell, lists)
			if (strcmp(lfirst(cell), all->items[i].list) == 0)
			{
				SltHoliday *h = add_holiday(some);

				*h = all->items[i];
				h->name = pstrdup(h->name);
			}
}

/* Orders dates, those of one day as their lists are ordered. */
static int
compare_holidays(const void *a, const void *b)
{
	const SltHoliday *x = a,
			   *y = b;

	if (x->day != y->day)
		return x->day < y->day ? -1 : 1;
	return strcmp(x->list, y->list);
}

/* Returns what two hours of one date both leave open; NULL if nothing. */
static char *
both_open(const char *a, const char *b)
{
	SltTextError error;
	const SltHours *x = a ? read_hours(a, &error) : NULL,
			   *y = b ? read_hours(b, &error) : NULL;
	StringInfoData both;

	initStringInfo(&both);
	for (int i = 0; x && y && i < x->nspans; i++)
		for (int k = 0; k < y->nspans; k++)
		{
			int			start = Max(x->spans[i].start, y->spans[k].start),
						end = Min(x->spans[i].end, y->spans[k].end);

			if (start >= end)
				continue;
			if (end > SLT_DAY_SECONDS && end - SLT_DAY_SECONDS < start)
				end -= SLT_DAY_SECONDS;
			appendStringInfo(&both, "%s%02d:%02d:%02d-%02d:%02d:%02d", both.len ? "," : "",
							 start / 3600, start / 60 % 60, start % 60, end / 3600, end / 60 % 60, end % 60);
		}
	return both.len ? both.data : NULL;
}

/* Appends a date as a rule of its own. */
static void
append_holiday(StringInfo text, const SltHoliday *h)
{
	int			year,
				month,
				day;

	slt_date_to_civil(h->day, &year, &month, &day);
	appendStringInfo(text, "; %04d-%02d-%02d %s", year, month, day, h->hours ? h->hours : "off");
	for (char *c = h->name; *c; c++)
		if (*c == '"')
			*c = '\'';			/* a comment cannot contain its own quote */
	if (h->name[0])
		appendStringInfo(text, " \"%s\"", h->name);
}

/*
 * Appends dates to a calendar's text.  A date that several lists name is open
 * when each leaves it open, and has the names of all.
 */
void
slt_append_holidays(StringInfo text, SltHolidays *all)
{
	if (all->n > 0)
		qsort(all->items, all->n, sizeof(SltHoliday), compare_holidays);
	for (int i = 0; i < all->n; i++)
	{
		SltHoliday	h = all->items[i];

		for (; i + 1 < all->n && all->items[i + 1].day == h.day; i++)
		{
			const SltHoliday *other = &all->items[i + 1];

			h.hours = both_open(h.hours, other->hours);
			if (strcmp(other->name, all->items[i].name) != 0)
				h.name = psprintf("%s, %s", h.name, other->name);
		}
		append_holiday(text, &h);
	}
}

/* Writes what somebody meant who wrote hours such as "9-12" or "9:00 - 12:00"; NULL if that cannot be told. */
static char *
guess_hours(const char *text)
{
	StringInfoData guess;
	int			hour,
				minute,
				end_hour,
				end_minute,
				length;

	initStringInfo(&guess);
	for (;;)
	{
		minute = end_minute = 0;
		if (sscanf(text, " %2d%n", &hour, &length) < 1)
			return NULL;
		text += length;
		if ((*text == ':' || *text == '.') && sscanf(text + 1, "%2d%n", &minute, &length) == 1)
			text += 1 + length;
		text += strspn(text, " ");
		if (*text++ != '-' || sscanf(text, " %2d%n", &end_hour, &length) < 1)
			return NULL;
		text += length;
		if ((*text == ':' || *text == '.') && sscanf(text + 1, "%2d%n", &end_minute, &length) == 1)
			text += 1 + length;
		if (hour < 0 || hour > 23 || end_hour < 0 || end_hour > 24 || minute < 0 || minute > 59 || end_minute < 0 || end_minute > 59)
			return NULL;
		appendStringInfo(&guess, "%s%02d:%02d-%02d:%02d", guess.len ? "," : "", hour, minute, end_hour, end_minute);
		text += strspn(text, " ");
		if (*text == '\0')
			return guess.data;
		if (*text++ != ',' || guess.len > 200)
			return NULL;
	}
}

/* Refuses hours that the calendar could not read. */
void
slt_check_hours(const char *hours)
{
	SltTextError error = {"Hours are time spans alone."};
	char	   *guess;

	if (hours[0] >= '0' && hours[0] <= '9' && strpbrk(hours, ";\"") == NULL && strlen(hours) <= 1000)
	{
		const SltHours *read = read_hours(hours, &error);

		if (read != NULL && read->nspans > 0 && read->comment == NULL && strspn(hours, "0123456789:,- ") == strlen(hours))
			return;
	}
	guess = guess_hours(hours);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid hours of a holiday: \"%.*s\"", pg_mbcliplen(hours, strlen(hours), 100), hours),
			 errdetail_internal("%s", error.detail),
			 guess ? errhint("Write %s.", guess) :
			 errhint("Write time spans such as 09:00-12:00 or 09:00-12:00,13:00-15:00; null means closed.")));
}
