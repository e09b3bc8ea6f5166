/*
 * expect.c
 *		What sessions tell the launcher: when a ticket has to be looked at.
 *
 * Shared memory has a slot for each database where slt is, with the instant of
 * the next look.  Three may set it: the worker, to the earliest that is left;
 * a session that stamped a ticket, at commit, if that is earlier; and the
 * launcher, which sets it to infinity when it starts a worker.  That is before
 * the worker takes a snapshot, and a session speaks after others can see its
 * rows; so a ticket is seen by the worker, or its instant outlasts the worker.
 */
#include "expect.h"

#include "access/xact.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/shmem.h"
#include "tcop/utility.h"
#include "utils/timestamp.h"

/* Crashes that are so far apart have nothing to do with each other. */
#define CRASHES_APART (15 * USECS_PER_MINUTE)

SltShared  *slt_shared = NULL;

/*
 * When the shared memory was made, and how many times in a row it was because
 * the server crashed.  A crash takes all that was in shared memory with it; but
 * the postmaster, which counts here, survives it, and its children inherit this.
 */
TimestampTz slt_shared_since = 0;
int			slt_crashes = 0;

/*
 * The earliest instant that the transaction at hand expects.  Where there is no
 * launcher it is -infinity, and nothing is earlier.
 */
static TimestampTz expected = DT_NOBEGIN;

static shmem_request_hook_type earlier_shmem_request = NULL;
static shmem_startup_hook_type earlier_shmem_startup = NULL;
static ProcessUtility_hook_type earlier_utility = NULL;

/* ---------- slots; the caller holds the lock ---------- */

/* Finds the slot of a database, at the place where it was last, or by a search. */
SltSlot *
slt_find_slot(Oid database)
{
	static int	last = 0;

	if (slt_shared->slots[last].database == database)
		return &slt_shared->slots[last];
	for (int i = 0; i < SLT_SLOTS; i++)
		if (slt_shared->slots[i].database == database)
			return &slt_shared->slots[last = i];
	return NULL;
}

/* Makes a slot for a database; NULL if all are taken. */
SltSlot *
slt_new_slot(Oid database, SltSlotState state, TimestampTz look_at)
{
	SltSlot    *slot = slt_find_slot(InvalidOid);

	if (slot)
		*slot = (SltSlot) {.database = database,.state = state,.look_at = look_at};
	return slot;
}

/* ---------- sessions ---------- */

/*
 * Notes an instant at which a ticket has to be looked at.  This is called for
 * each row that is stamped.  If a subtransaction is rolled back the instant
 * stays, and a look finds nothing.
 */
void
slt_expect_sweep(TimestampTz at)
{
	if (at < expected)
		expected = at;
}

/* Notes that there may be news now, for a trigger. */
PG_FUNCTION_INFO_V1(slt_expect_look);
Datum
slt_expect_look(PG_FUNCTION_ARGS)
{
	slt_expect_sweep(GetCurrentTimestamp());
	PG_RETURN_VOID();
}

/* Tells the launcher of an instant, if it would otherwise look later. */
static void
tell_launcher(TimestampTz at, bool prepared)
{
	Latch	   *launcher = NULL;
	SltSlot    *slot;
	bool		known;

	LWLockAcquire(slt_shared->lock, LW_SHARED);
	slot = slt_find_slot(MyDatabaseId);
	known = slot && at >= slot->look_at && slot->prepares >= prepared;
	LWLockRelease(slt_shared->lock);
	if (known)
		return;

	LWLockAcquire(slt_shared->lock, LW_EXCLUSIVE);
	slot = slt_find_slot(MyDatabaseId);
	if (!slot)
		slot = slt_new_slot(MyDatabaseId, SLT_SLOT_NEW, DT_NOEND);
	if (slot)
	{
		slot->prepares |= prepared;
		if (at < slot->look_at)
		{
			slot->look_at = at;
			if (slot->state != SLT_SLOT_UNWANTED)
				launcher = slt_shared->launcher;
		}
	}
	LWLockRelease(slt_shared->lock);
	if (launcher)
		SetLatch(launcher);
}

/* Passes on what a transaction expects when others can see it. */
static void
transaction_ended(XactEvent event, void *arg)
{
	TimestampTz at = expected;

	if (at == DT_NOEND)
		return;
	switch (event)
	{
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PREPARE:
			expected = DT_NOEND;
			tell_launcher(at, event == XACT_EVENT_PREPARE);
			break;
		case XACT_EVENT_ABORT:
			expected = DT_NOEND;
			break;
		default:
			break;
	}
}

/* Says whether transactions that stamp tickets are prepared in this database. */
static bool
stamps_are_prepared(void)
{
	SltSlot    *slot;
	bool		prepares;

	LWLockAcquire(slt_shared->lock, LW_SHARED);
	slot = slt_find_slot(MyDatabaseId);
	prepares = slot && slot->prepares;
	LWLockRelease(slt_shared->lock);
	return prepares;
}

/*
 * Watches for the two commands after which there may be tickets that no trigger
 * told of in this session: CREATE EXTENSION, and COMMIT PREPARED, whose
 * transaction told of them too early if they were due before it committed.
 */
static void
process_utility(PlannedStmt *statement, const char *source, bool read_only_tree,
				ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *environment,
				DestReceiver *dest, QueryCompletion *completion)
{
	Node	   *node = statement->utilityStmt;
	bool		creates = IsA(node, CreateExtensionStmt),
				commits = IsA(node, TransactionStmt) &&
		((TransactionStmt *) node)->kind == TRANS_STMT_COMMIT_PREPARED;

	(earlier_utility ? earlier_utility : standard_ProcessUtility)
		(statement, source, read_only_tree, context, params, environment, dest, completion);
	if (creates)
		slt_expect_sweep(SLT_AT_ONCE);
	else if (commits && stamps_are_prepared())
		slt_expect_sweep(GetCurrentTimestamp());
}

/* ---------- when the library is loaded ---------- */

/* Asks for shared memory. */
static void
request_shared(void)
{
	if (earlier_shmem_request)
		earlier_shmem_request();
	RequestAddinShmemSpace(MAXALIGN(sizeof(SltShared)));
	RequestNamedLWLockTranche("slt", 1);
}

/* Notes that shared memory is made: not for the first time, so after a crash. */
static void
count_crash(void)
{
	TimestampTz now = GetCurrentTimestamp();

	if (IsUnderPostmaster)
		return;
	if (slt_shared_since != 0)
		slt_crashes = now - slt_shared_since < CRASHES_APART ? slt_crashes + 1 : 1;
	slt_shared_since = now;
}

/* Finds or makes the shared memory, and lets sessions expect something of it. */
static void
attach_shared(void)
{
	bool		found;

	if (earlier_shmem_startup)
		earlier_shmem_startup();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	slt_shared = ShmemInitStruct("slt", sizeof(SltShared), &found);
	if (!found)
	{
		memset(slt_shared, 0, sizeof(SltShared));
		slt_shared->lock = &GetNamedLWLockTranche("slt")->lock;
	}
	LWLockRelease(AddinShmemInitLock);
	count_crash();
	expected = DT_NOEND;
}

/* Hooks in while the library is preloaded; a server that loads it later has no worker to tell. */
void
slt_expect_init(void)
{
	earlier_shmem_request = shmem_request_hook;
	shmem_request_hook = request_shared;
	earlier_shmem_startup = shmem_startup_hook;
	shmem_startup_hook = attach_shared;
	earlier_utility = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
	RegisterXactCallback(transaction_ended, NULL);
}
