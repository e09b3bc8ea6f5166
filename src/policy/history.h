/*
 * history.h
 *		The policy as it was: slt_policy_log.
 */
#ifndef SLT_HISTORY_H
#define SLT_HISTORY_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "config.h"

extern TimestampTz slt_log_since(void);
extern void slt_log_must_reach(TimestampTz at);
extern void slt_past_rows(Oid table, TimestampTz at, void (*take) (void *to, const SltConfigScan *row), void *to);

#endif							/* SLT_HISTORY_H */
