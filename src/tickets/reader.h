/*
 * reader.h
 *		Reading the tickets of an attached table as whoever asks.
 */
#ifndef SLT_READER_H
#define SLT_READER_H

#include "postgres.h"

#include "ticket.h"

struct SltReader;
typedef struct SltReader SltReader;

/* A ticket that was read; its parts are good until the next one. */
typedef struct SltReading
{
	Datum		key;			/* text */
	bool		has_key;
	SltTicket	ticket;
	SltTerms   *terms;
	SltPauses  *pauses;
	SltMoment	due[SLT_MAX_METRICS];	/* as stamped; not known for null */
} SltReading;

/* Which tickets to read. */
typedef enum SltWhich
{
	SLT_EVERY_TICKET,
	SLT_OPEN_TICKETS,			/* some metric is not decided */
	SLT_OPENED_DURING			/* arguments: from, to */
} SltWhich;

extern SltReader *slt_begin_read(Oid table, SltWhich which, TimestampTz from, TimestampTz to);
extern SltReader *slt_begin_read_key(Oid table, text *key);
extern SltAttachment *slt_reader_attachment(SltReader *r);
extern MemoryContext slt_reader_memory(SltReader *r);
extern bool slt_read_next(SltReader *r, SltReading *reading);
extern void slt_end_read(SltReader *r);

#endif							/* SLT_READER_H */
