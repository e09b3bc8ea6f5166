/*
 * ticket.h
 *		A ticket as its row tells it, and what slt writes into the row.
 */
#ifndef SLT_TICKET_H
#define SLT_TICKET_H

#include "postgres.h"

#include "executor/tuptable.h"

#include "terms.h"

/* An instant that may not be there. */
typedef struct SltMoment
{
	bool		known;
	SltInstant	at;
} SltMoment;

/* The facts of a row. */
typedef struct SltTicket
{
	SltAttachment *attachment;
	Spelling	codes;
	char		numbers[SLT_CODES][24];	/* what codes that are integers look like */
	SltMoment	opened;
	SltMoment	changed;
	bool		is_paused;		/* by its status */
	SltMoment	done[SLT_MAX_METRICS];
	MultirangeType *paused;		/* NULL for none */
} SltTicket;

/* What slt writes into a row. */
#define SLT_MAX_STAMPS (2 * SLT_MAX_METRICS + 2)

typedef struct SltStamps
{
	int			n;
	AttrNumber	attnums[SLT_MAX_STAMPS];
	Datum		values[SLT_MAX_STAMPS];
	bool		nulls[SLT_MAX_STAMPS];
	SltInstant	announce_at;	/* infinity for never */
	SltTimeline *failed;		/* the calendar that a failure is about */
} SltStamps;

/* How a metric of a ticket stands. */
typedef struct SltStanding
{
	const SltTarget *target;	/* NULL if there was none when the ticket was opened; then nothing else is set */
	SltTimeline *timeline;
	const SltPauses *pauses;	/* those that count */
	SltInstant	due;
	int64		work;			/* microseconds of working time allowed (slt_find_risk) */
	SltInstant	at_risk;		/* when it becomes at risk, if it is not done (slt_find_risk) */
} SltStanding;

/* A row, by attribute numbers; the tuple is needed for functions of the row. */
typedef struct SltRow
{
	const Datum *values;
	const bool *nulls;
	HeapTuple	tuple;
} SltRow;

/* Tells whether a ticket is owed deadlines. */
static inline bool
slt_is_owed(const SltTicket *t, const SltTerms *terms)
{
	return t->opened.known && terms->unknown == NULL && !terms->out_of_scope;
}

extern void slt_read_slot(SltAttachment *a, TupleTableSlot *slot, SltTicket *t);
extern void slt_read_ticket(SltAttachment *a, const SltRow *row, SltTicket *t);
extern SltPauses *slt_ticket_pauses(const SltTicket *t);
extern SltPauses *slt_follow_pauses(const SltTicket *t, const SltTicket *before, bool *changed);
extern SltStatus slt_find_due(const SltTicket *t, const SltTerms *terms, int metric, const SltPauses *pauses, SltStanding *s);
extern SltStatus slt_find_risk(const SltTicket *t, SltStanding *s);
extern void slt_add_stamp(SltStamps *stamps, AttrNumber attnum, Datum value, bool isnull);
extern SltStatus slt_make_stamps(const SltTicket *t, const SltTerms *terms, const SltPauses *pauses, SltInstant announced_until, SltStamps *stamps);

#endif							/* SLT_TICKET_H */
