/*
 * holidays.h
 *		From rows of slt_holidays to rules of a calendar.
 */
#ifndef SLT_HOLIDAYS_H
#define SLT_HOLIDAYS_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "utils/snapshot.h"

extern void slt_append_holidays(StringInfo text, Oid table, List *lists, Snapshot snapshot);

#endif							/* SLT_HOLIDAYS_H */
