/*
 * expect.h
 *		What sessions tell the launcher: when a ticket has to be looked at.
 */
#ifndef SLT_EXPECT_H
#define SLT_EXPECT_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "storage/latch.h"
#include "storage/lwlock.h"

/* Databases with slt that the launcher can look after. */
#define SLT_SLOTS 1024

/* What goes wrong again and again is not logged each time; so many different things are told apart. */
#define SLT_COMPLAINTS 8

/* An expectation that does not even wait for the pause after an error to end. */
#define SLT_AT_ONCE DT_NOBEGIN

/* What the launcher thinks of a database. */
typedef enum SltSlotState
{
	SLT_SLOT_NEW,				/* a session asked for a look; nothing is
								 * known yet */
	SLT_SLOT_WANTED,
	SLT_SLOT_UNWANTED			/* slt.databases leaves it out, it has
								 * slt.worker off, or no one can connect */
} SltSlotState;

/* How a look went. */
typedef enum SltOutcome
{
	SLT_LOOK_FAILED,			/* also, if the worker could not say */
	SLT_LOOK_DONE,
	SLT_LOOK_BUSY,				/* the extension is being altered or dropped */
	SLT_LOOK_OFF,				/* the database has slt.worker off */
	SLT_LOOK_NO_EXTENSION
} SltOutcome;

/* What was logged of a database, as hashes. */
typedef struct SltComplaints
{
	int			n;
	uint32 text[SLT_COMPLAINTS];
	TimestampTz logged_at;
} SltComplaints;

/* A database where slt is, and when to look at it next. */
typedef struct SltSlot
{
	Oid			database;		/* InvalidOid: free */
	SltSlotState state;
	bool		prepares;		/* transactions that stamp tickets are
								 * prepared here */
	TimestampTz look_at;
	/* what the last worker left */
	SltOutcome	outcome;
	int64		events;
	SltComplaints complaints;
	Oid			stuck;			/* the table in which a session had to be
								 * ended */
	/* the launcher's own */
	TimestampTz not_before;
	int			setbacks;		/* looks in a row that came to nothing */
	bool		slow;			/* the last look took long */
} SltSlot;

/* The shared memory. */
typedef struct SltShared
{
	LWLock	   *lock;			/* of all that follows */
	Latch	   *launcher;		/* NULL while there is none */
	SltSlot		slots[SLT_SLOTS];
} SltShared;

extern SltShared *slt_shared;
extern TimestampTz slt_shared_since;
extern int	slt_crashes;

extern void slt_expect_init(void);
extern void slt_expect_sweep(TimestampTz at);
extern SltSlot *slt_find_slot(Oid database);
extern SltSlot *slt_new_slot(Oid database, SltSlotState state, TimestampTz look_at);

#endif							/* SLT_EXPECT_H */
