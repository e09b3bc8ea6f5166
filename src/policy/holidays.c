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
#include "../types/types.h"

/* Makes room for one more date. */
static SltListedDay *
add_day(SltHolidays *all)
{
	if (all->n == all->allocated)
	{
		all->allocated = all->n ? 2 * all->n : 512;
		all->items = all->n ? repalloc_huge(all->items, all->allocated * sizeof(SltListedDay)) : palloc(all->allocated * sizeof(SltListedDay));
	}
	return &all->items[all->n++];
}

/* Takes a row of slt_holidays as it is; which dates count is decided when all lists of a calendar are there. */
void
slt_take_holiday(SltHolidays *all, const SltConfigScan *s)
{
	SltListedDay *d = add_day(all);
	char	   *hours = slt_text_column(s, "hours");

	d->list = slt_text_column(s, "list");
	d->day = (SltHoliday) {DatumGetDateADT(slt_column(s, "day", DATEOID)), hours[0] ? hours : NULL, slt_text_column(s, "name")};
}

/*
 * Reads the dates of the lists asked for and no others, by the primary key: a policy may have thousands that nobody
 * needs now.
 */
void
slt_read_holidays(SltHolidays *all, Oid table, List *lists, Snapshot snapshot)
{
	Relation	rel = table_open(table, AccessShareLock);
	Oid			index = slt_primary_key_index(rel); /* it is by list and day */
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
			*add_day(some) = all->items[i];
}

/* Orders dates, those of one day as their lists are ordered. */
static int
compare_days(const void *a, const void *b)
{
	const SltListedDay *x = a,
			   *y = b;

	if (x->day.date != y->day.date)
		return x->day.date < y->day.date ? -1 : 1;
	return strcmp(x->list, y->list);
}

/*
 * Writes a calendar's text with dates of its lists; what a date that several
 * lists name means, the core knows.  NULL, with a detail, for what no calendar
 * can hold.
 */
char *
slt_write_out_holidays(const struct varlena *rules, SltHolidays *all, SltTextError *error)
{
	SltCalendar *calendar = slt_calendar_read(NULL, slt_calendar_text(rules), slt_calendar_text_length(rules), error);
	SltHoliday *days = palloc(sizeof(SltHoliday) * Max(all->n, 1));

	if (all->n > 0)
		qsort(all->items, all->n, sizeof(SltListedDay), compare_days);
	for (int i = 0; i < all->n; i++)
		days[i] = all->items[i].day;
	if (calendar != NULL)
		calendar = slt_calendar_with_holidays(NULL, calendar, days, all->n, error);
	return calendar != NULL ? slt_calendar_write(NULL, calendar) : NULL;
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
	SltRule		rule;
	char	   *guess;

	if (strlen(hours) <= 1000 && strpbrk(hours, ";\"") == NULL && slt_hours_read(NULL, hours, strlen(hours), &rule, &error))
		return;
	guess = guess_hours(hours);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid hours of a holiday: \"%.*s\"", pg_mbcliplen(hours, strlen(hours), 100), hours),
			 errdetail_internal("%s", error.detail),
			 guess ? errhint("Write %s.", guess) :
			 errhint("Write time spans such as 09:00-12:00 or 09:00-12:00,13:00-15:00, or 14:00-16:00 off; null means closed.")));
}
