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
#include "config.h"

/* A date of a list. */
typedef struct Holiday
{
	SltDate		day;
	char	   *hours;			/* NULL if closed */
	char	   *name;
} Holiday;

typedef struct Holidays
{
	int			n;
	int			allocated;
	Holiday    *items;
} Holidays;

/* Reads the hours of a date as the calendar does; NULL and a detail if they are none. */
static const SltHours *
read_hours(const char *text, SltTextError *error)
{
	char	   *rule = psprintf("UTC 2000-01-01 %s", text);
	SltCalendar *calendar = slt_calendar_read(NULL, rule, strlen(rule), error);

	return calendar != NULL && calendar->ndated == 1 ? &calendar->dated[0].hours : NULL;
}

/* Adds the dates of a list. */
static void
read_list(Holidays *all, Oid table, Oid index, char *list, Snapshot snapshot)
{
	ScanKeyData key;
	SltConfigScan s;

	ScanKeyInit(&key, get_attnum(table, "list"), BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(list));
	key.sk_collation = DEFAULT_COLLATION_OID;
	s = slt_begin_snapshot_scan(table, index, 1, &key, snapshot);
	while (slt_next_row(&s))
	{
		Holiday    *h;
		char	   *hours = slt_text_column(&s, "hours");

		if (all->n == all->allocated)
		{
			all->allocated = all->n ? 2 * all->n : 512;
			all->items = all->n ? repalloc_huge(all->items, all->allocated * sizeof(Holiday)) : palloc(all->allocated * sizeof(Holiday));
		}
		h = &all->items[all->n++];
		h->day = DatumGetDateADT(slt_column(&s, "day", DATEOID));
		h->hours = hours[0] ? hours : NULL;
		h->name = slt_text_column(&s, "name");
	}
	slt_end_scan(&s);
}

/* Orders dates, those of one day as their lists are ordered. */
static int
compare_holidays(const void *a, const void *b)
{
	const Holiday *x = a,
			   *y = b;

	if (x->day != y->day)
		return x->day < y->day ? -1 : 1;
	return strcmp(x->name, y->name);
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
append_holiday(StringInfo text, const Holiday *h)
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
 * Appends the dates of lists to a calendar's text.  A date that several lists
 * name is open when each leaves it open, and has the names of all.
 */
void
slt_append_holidays(StringInfo text, Oid table, List *lists, Snapshot snapshot)
{
	Holidays	all = {0};
	Relation	rel = table_open(table, AccessShareLock);
	Oid			index = slt_primary_key_index(rel);
	ListCell   *cell;

	table_close(rel, NoLock);
	foreach(cell, lists)
		read_list(&all, table, index, lfirst(cell), snapshot);
	if (list_length(lists) > 1)
		qsort(all.items, all.n, sizeof(Holiday), compare_holidays);
	for (int i = 0; i < all.n; i++)
	{
		Holiday		h = all.items[i];

		for (; i + 1 < all.n && all.items[i + 1].day == h.day; i++)
		{
			h.hours = both_open(h.hours, all.items[i + 1].hours);
			if (strcmp(all.items[i + 1].name, all.items[i].name) != 0)
				h.name = psprintf("%s, %s", h.name, all.items[i + 1].name);
		}
		append_holiday(text, &h);
	}
}
