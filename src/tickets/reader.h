/*
 * reader.h
 *		Reading the tickets of an attached table as whoever asks.
 */
#ifndef SLT_READER_H
#define SLT_READER_H

#include "postgres.h"

#include "access/htup.h"

#include "state.h"

struct SltReader;
typedef struct SltReader SltReader;

/* A ticket that was read; its parts are good until the next one. */
typedef struct SltReading
{
	SltRow		row;
	SltTicket	ticket;
	SltTerms   *terms;
} SltReading;

/* Which tickets to read. */
typedef enum SltWhich
{
	SLT_EVERY_TICKET,
	SLT_OPEN_TICKETS,			/* some metric is not decided */
	SLT_STARTED_DURING			/* some metric may have started then */
} SltWhich;

extern bool slt_may_read(Oid table);
extern void slt_take_reading(SltAttachment *a, const SltRow *row, SltReading *reading);
extern SltReader *slt_begin_read(Oid table, SltWhich which, TimestampTz from, TimestampTz to, const char *also);
extern SltAttachment *slt_reader_attachment(SltReader *r);
extern bool slt_read_next(SltReader *r, SltReading *reading);
extern char *slt_read_also(SltReader *r);
extern HeapTuple slt_keep_row(SltReader *r, MemoryContext context);
extern void slt_read_kept(SltReader *r, HeapTuple row, SltReading *reading);
extern void slt_end_read(SltReader *r);

#endif							/* SLT_READER_H */
