/*
 * ticket.h
 *		A ticket as its row tells it.
 */
#ifndef SLT_TICKET_H
#define SLT_TICKET_H

#include "postgres.h"

#include "executor/tuptable.h"

#include "terms.h"

/* The statuses that a ticket had, in order of time; each holds to the next. */
typedef struct SltStatusHistory
{
	int			n;
	SltInstant *at;
	Word	   *became;
	bool		mended;			/* not as it was read: it was out of order, or
								 * more than is kept */
} SltStatusHistory;

/* What was stamped of a metric. */
typedef struct SltStamped
{
	SltMoment	due;
	bool		has_met;
	bool		met;
} SltStamped;

/* The facts of a row, and what we wrote into it. */
typedef struct SltTicket
{
	SltAttachment *attachment;
	Spelling	codes;
	char		numbers[SLT_CODES][24]; /* what codes that are integers look
										 * like */
	SltMoment	opened;
	SltMoment	changed;
	Word		status;
	char		status_number[24];
	SltStatusHistory history;	/* none: the status has not changed */
	SltStatusSince status_now;	/* what stands for it then */
	SltFacts	facts;
	SltStamped	stamped[SLT_MAX_METRICS];
	SltMoment	announce_at;
} SltTicket;

/* A row, by attribute numbers. */
typedef struct SltRow
{
	const Datum *values;
	const bool *nulls;
} SltRow;

extern SltMoment slt_read_moment(const SltAttachment *a, const SltFact *fact, const SltRow *row);
extern void slt_read_ticket(SltAttachment *a, const SltRow *row, SltTicket *t);
extern void slt_read_slot(SltAttachment *a, TupleTableSlot *slot, SltTicket *t);

/* history.c: what is remembered of a ticket, from one version of its row to the next */
extern SltStatusHistory slt_read_history(Datum at, Datum became);
extern void slt_read_runs(Datum array, SltMetricFacts *m);
extern void slt_apply_history(SltTicket *t);

/* Which of the columns that remember something are to be written. */
typedef struct SltMemory
{
	bool		history;
	uint32		runs;			/* a bit for each metric */
} SltMemory;

extern SltMemory slt_take_arrived(SltTicket *t);
extern SltMemory slt_take_change(SltTicket *t, const SltTicket *before);
extern void slt_fill_runs(SltTicket *t, const SltTicket *before, const SltTerms *terms, SltMemory *memory);
extern Datum slt_make_history_at(const SltStatusHistory *h);
extern Datum slt_make_history_became(const SltStatusHistory *h);
extern Datum slt_make_runs(const SltMetricFacts *m);

#endif							/* SLT_TICKET_H */
