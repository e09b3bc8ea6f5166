/*
 * date.h
 *		Gregorian dates as day numbers.
 */
#ifndef SLT_DATE_H
#define SLT_DATE_H

#include "core.h"

#define SLT_GREGORIAN_CYCLE 146097	/* days in 400 years; whole weeks, too */

extern SltDate slt_date_from_civil(int year, int month, int day);
extern void slt_date_to_civil(SltDate date, int *year, int *month, int *day);
extern int	slt_days_in_month(int year, int month);
extern int	slt_weekday(SltDate date);

#endif							/* SLT_DATE_H */
