/*
 * holidays.h
 *		From rows of slt_holidays to rules of a calendar.
 */
#ifndef SLT_HOLIDAYS_H
#define SLT_HOLIDAYS_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "../core/calendar.h"
#include "config.h"

/* A date of a list. */
typedef struct SltListedDay
{
	char	   *list;
	SltHoliday	day;
} SltListedDay;

typedef struct SltHolidays
{
	int			n;
	int			allocated;
	SltListedDay *items;
} SltHolidays;

extern void slt_take_holiday(SltHolidays *all, const SltConfigScan *s);
extern void slt_read_holidays(SltHolidays *all, Oid table, List *lists, Snapshot snapshot);
extern void slt_select_holidays(SltHolidays *some, const SltHolidays *all, List *lists);
extern char *slt_write_out_holidays(const struct varlena *rules, SltHolidays *all, SltTextError *error);
extern void slt_check_hours(const char *hours);

#endif							/* SLT_HOLIDAYS_H */
