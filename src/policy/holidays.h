/*
 * holidays.h
 *		From rows of slt_holidays to rules of a calendar.
 */
#ifndef SLT_HOLIDAYS_H
#define SLT_HOLIDAYS_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

#include "../core/core.h"
#include "config.h"

/* A date of a list. */
typedef struct SltHoliday
{
	char	   *list;
	SltDate		day;
	char	   *hours;			/* NULL if closed */
	char	   *name;
} SltHoliday;

typedef struct SltHolidays
{
	int			n;
	int			allocated;
	SltHoliday *items;
} SltHolidays;

extern void slt_take_holiday(SltHolidays *all, const SltConfigScan *s);
extern void slt_read_holidays(SltHolidays *all, Oid table, List *lists, Snapshot snapshot);
extern void slt_select_holidays(SltHolidays *some, const SltHolidays *all, List *lists);
extern void slt_append_holidays(StringInfo text, SltHolidays *all);
extern void slt_check_hours(const char *hours);

#endif							/* SLT_HOLIDAYS_H */
