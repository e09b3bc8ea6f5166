/*
 * events.h
 *		Writing announcements.
 */
#ifndef SLT_EVENTS_H
#define SLT_EVENTS_H

#include "postgres.h"

#include "fmgr.h"
#include "nodes/pg_list.h"

#include "rewrite.h"

/* A step that a clock has passed: news, unless it was announced. */
typedef struct SltEvent
{
	const char *attachment;
	Oid			table;			/* of the ticket */
	const char *key;			/* as it is shown, fit for an index */
	const char *metric;
	int			run;			/* from 1 */
	int64		step;			/* in millionths of a percent */
	TimestampTz due;
	TimestampTz instant;		/* when the step was passed, as worked out
								 * now; not before announce_from */
} SltEvent;

extern SltEvent slt_event_of(const SltRowAtHand *row, Oid table, int metric, const SltPassed *passed);
extern bool slt_is_news(const SltEvent *e, FmgrInfo *function);
extern int64 slt_write_events(const List *events, TimestampTz swept_at);

#endif							/* SLT_EVENTS_H */
