/*
 * worker.c
 *		Sweeps each database when its next deadline falls due.
 *
 * The launcher is always there and connected to no database.  It sleeps until
 * some database has to be looked at, and then starts a worker there.  The worker
 * calls slt_sweep(), leaves word when to look again, and goes.  So between two
 * looks no connection is held that would stand in the way of DROP DATABASE or
 * CREATE DATABASE ... TEMPLATE, no transaction is open, and what goes wrong in a
 * database ends one look at it and nothing else.
 *
 * Shared memory has a slot for each database where slt is, with the instant of
 * the next look.  Three may set it: the worker, to the earliest that is left;
 * a session that stamped a ticket, at commit, if that is earlier; and the
 * launcher, which sets it to infinity when it starts a worker.  That is before
 * the worker takes a snapshot, and a session speaks after others can see its
 * rows; so a ticket is seen by the worker, or its instant outlasts the worker.
 *
 * Besides, each such database is looked at every slt.sweep_interval, for the
 * events that nobody told of: a trigger was disabled, a dump was restored.  A
 * database without slt is looked at once, and again after CREATE EXTENSION.
 */
#include "worker.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/pg_database.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "commands/extension.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"

#include "../policy/config.h"

/* Databases with slt that the launcher can look after. */
#define SLOTS 1024

/* Tickets that one transaction looks at, so that none is long after the server was down for a weekend. */
#define SWEEP_TICKETS 10000

/* Times between two looks at a database: after events, while one is overdue that could not be announced, after errors. */
#define SHORTEST_PAUSE INT64CONST(250000)
#define LONGEST_PAUSE_OVERDUE (5 * USECS_PER_SEC)
#define SHORTEST_PAUSE_FAILED (5 * USECS_PER_SEC)
#define LONGEST_PAUSE_FAILED (300 * USECS_PER_SEC)

/* What goes wrong again and again is logged again after an hour; so many different things are told apart. */
#define COMPLAINT_LASTS ((TimestampTz) SECS_PER_HOUR * USECS_PER_SEC)
#define COMPLAINTS 8

/* An expectation that does not even wait for the pause after an error to end. */
#define AT_ONCE DT_NOBEGIN

/* What the launcher thinks of a database. */
typedef enum SlotState
{
	SLOT_NEW,					/* a session asked for a look; nothing is known yet */
	SLOT_WANTED,
	SLOT_UNWANTED				/* slt.databases leaves it out, or no one can connect */
} SlotState;

/* How a look went. */
typedef enum Outcome
{
	LOOK_FAILED,				/* also, if the worker could not say */
	LOOK_DONE,
	LOOK_BUSY,					/* the extension is being altered or dropped */
	LOOK_NO_EXTENSION
} Outcome;

/* What was logged of a database, as hashes. */
typedef struct Complaints
{
	int			n;
	uint32		text[COMPLAINTS];
	TimestampTz logged_at;
} Complaints;

typedef struct Slot
{
	Oid			database;		/* InvalidOid: free */
	SlotState	state;
	bool		prepares;		/* transactions that stamp tickets are prepared here */
	TimestampTz look_at;
	/* what the last worker left */
	Outcome		outcome;
	int64		events;
	Complaints	complaints;
	/* the launcher's own */
	TimestampTz not_before;
	int			setbacks;		/* looks in a row that came to nothing */
} Slot;

typedef struct Shared
{
	LWLock	   *lock;			/* of all that follows */
	Latch	   *launcher;		/* NULL while there is none */
	Slot		slots[SLOTS];
} Shared;

PGDLLEXPORT void slt_launcher_main(Datum arg);
PGDLLEXPORT void slt_worker_main(Datum arg);

static bool worker_setting;
static char *databases_setting;
static int	sweep_interval_setting;
static int	max_workers_setting;

static Shared *shared = NULL;

/*
 * The earliest instant that the transaction at hand expects.  Where there is no
 * launcher it is -infinity, and nothing is earlier.
 */
static TimestampTz expected = DT_NOBEGIN;

static shmem_request_hook_type earlier_shmem_request = NULL;
static shmem_startup_hook_type earlier_shmem_startup = NULL;
static ProcessUtility_hook_type earlier_utility = NULL;
static emit_log_hook_type earlier_log = NULL;

/* ---------- slots; the caller holds the lock ---------- */

/* Finds the slot of a database, at the place where it was last, or by a search. */
static Slot *
find_slot(Oid database)
{
	static int	last = 0;

	if (shared->slots[last].database == database)
		return &shared->slots[last];
	for (int i = 0; i < SLOTS; i++)
		if (shared->slots[i].database == database)
			return &shared->slots[last = i];
	return NULL;
}

/* Makes a slot for a database; NULL if all are taken. */
static Slot *
new_slot(Oid database, SlotState state, TimestampTz look_at)
{
	Slot	   *slot = find_slot(InvalidOid);

	if (slot)
		*slot = (Slot) {.database = database, .state = state, .look_at = look_at};
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

/* Tells the launcher of an instant, if it would otherwise look later. */
static void
tell_launcher(TimestampTz at, bool prepared)
{
	Latch	   *launcher = NULL;
	Slot	   *slot;
	bool		known;

	LWLockAcquire(shared->lock, LW_SHARED);
	slot = find_slot(MyDatabaseId);
	known = slot && at >= slot->look_at && slot->prepares >= prepared;
	LWLockRelease(shared->lock);
	if (known)
		return;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	slot = find_slot(MyDatabaseId);
	if (!slot)
		slot = new_slot(MyDatabaseId, SLOT_NEW, DT_NOEND);
	if (slot)
	{
		slot->prepares |= prepared;
		if (at < slot->look_at)
		{
			slot->look_at = at;
			if (slot->state != SLOT_UNWANTED)
				launcher = shared->launcher;
		}
	}
	LWLockRelease(shared->lock);
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
	Slot	   *slot;
	bool		prepares;

	LWLockAcquire(shared->lock, LW_SHARED);
	slot = find_slot(MyDatabaseId);
	prepares = slot && slot->prepares;
	LWLockRelease(shared->lock);
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
		slt_expect_sweep(AT_ONCE);
	else if (commits && stamps_are_prepared())
		slt_expect_sweep(GetCurrentTimestamp());
}

/* ---------- the worker ---------- */

static NameData database_name;

/*
 * Makes the session safe and polite: names that the database's owner made are
 * not found; a lock that cannot be had is waited for only so long, since the
 * transaction holds back VACUUM meanwhile; and of a deadlock we are the victim,
 * as who checks first is.
 */
static void
prepare_session(void)
{
	SetConfigOption("search_path", "pg_catalog, pg_temp", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("default_transaction_isolation", "read committed", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("lock_timeout", "30s", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("deadlock_timeout", "100ms", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("role", "none", PGC_SUSET, PGC_S_OVERRIDE);

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	namestrcpy(&database_name, get_database_name(MyDatabaseId));
	CommitTransactionCommand();
}

/*
 * Finds the extension, and keeps it from being dropped until the end of the
 * transaction.  While someone else drops it we do not wait: he may need locks
 * that we have, and DROP DATABASE may be waiting for us.
 */
static Outcome
lock_extension(Oid *extension)
{
	*extension = get_extension_oid("slt", true);
	if (!OidIsValid(*extension))
		return LOOK_NO_EXTENSION;
	if (!ConditionalLockDatabaseObject(ExtensionRelationId, *extension, 0, AccessShareLock) ||
		get_extension_oid("slt", true) != *extension)
		return LOOK_BUSY;
	return LOOK_DONE;
}

/*
 * Finds a function of the extension by its name.  We run it as superuser, in a
 * schema that may be anyone's, so it must be the one of the install script.
 */
static Oid
extension_function(Oid extension, const char *name, const oidvector *types)
{
	Oid			function = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(name),
										   PointerGetDatum(types), ObjectIdGetDatum(slt_config_schema()));
	HeapTuple	row = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	bool		ours = HeapTupleIsValid(row) &&
		superuser_arg(((Form_pg_proc) GETSTRUCT(row))->proowner) &&
		getExtensionOfObject(ProcedureRelationId, function) == extension;

	if (HeapTupleIsValid(row))
		ReleaseSysCache(row);
	if (!ours)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("function %s() of extension \"slt\" does not exist, or is not a superuser's", name),
				 errhint("Drop and create the extension again.")));
	return function;
}

/*
 * Calls a function of the extension that returns an integer or an instant, in a
 * transaction of its own; with a limit if that is not 0.
 */
static Outcome
call_extension(const char *name, int64 limit, int64 *result, bool *isnull)
{
	LOCAL_FCINFO(call, 1);
	Oid			bigint = INT8OID;
	int			nargs = limit ? 1 : 0;
	FmgrInfo	function;
	Oid			extension;
	Outcome		outcome;

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	pgstat_report_activity(STATE_RUNNING, name);
	outcome = lock_extension(&extension);
	if (outcome == LOOK_DONE)
	{
		fmgr_info(extension_function(extension, name, buildoidvector(&bigint, nargs)), &function);
		InitFunctionCallInfoData(*call, &function, nargs, InvalidOid, NULL, NULL);
		call->args[0].value = Int64GetDatum(limit);
		call->args[0].isnull = false;
		*result = DatumGetInt64(FunctionCallInvoke(call));
		*isnull = call->isnull;
	}
	PopActiveSnapshot();
	CommitTransactionCommand();
	pgstat_report_activity(STATE_IDLE, NULL);
	return outcome;
}

/* Sweeps; tells how many events there were, and when the next falls due. */
static Outcome
look(int64 *events, TimestampTz *next)
{
	bool		isnull = true;
	Outcome		outcome = call_extension("slt_sweep", SWEEP_TICKETS, events, &isnull);

	if (outcome == LOOK_DONE)
		outcome = call_extension("slt_next_sweep", 0, next, &isnull);
	if (isnull)
		*next = DT_NOEND;
	return outcome;
}

/* ---------- what the worker logs ---------- */

/* What earlier looks logged, and what this one has to say. */
static Complaints old_complaints;
static Complaints complaints;

/* Remembers a complaint; returns whether it was logged before, not long ago. */
static bool
is_repeated(const char *message, const char *detail)
{
	uint32		hash = hash_combine(hash_bytes((const unsigned char *) message, strlen(message)),
									hash_bytes((const unsigned char *) detail, strlen(detail)));

	if (complaints.n < COMPLAINTS)
		complaints.text[complaints.n++] = hash;
	if (GetCurrentTimestamp() - old_complaints.logged_at < COMPLAINT_LASTS)
		for (int i = 0; i < old_complaints.n; i++)
			if (old_complaints.text[i] == hash)
				return true;
	complaints.logged_at = GetCurrentTimestamp();
	return false;
}

/* Keeps warnings out of the log that every look would repeat, such as of one table that cannot be swept. */
static void
filter_log(ErrorData *error)
{
	if (earlier_log)
		earlier_log(error);
	if (error->elevel == WARNING && error->message && is_repeated(error->message, error->detail ? error->detail : ""))
		error->output_to_server = false;
}

/* Says in the log which database a message is about. */
static void
add_database(void *arg)
{
	errcontext("sweep of database \"%s\"", NameStr(database_name));
}

/* Reports an error as what it is, a look that failed, and goes on. */
static void
log_failure(MemoryContext context)
{
	ErrorData  *error;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	AbortCurrentTransaction();
	if (is_repeated(error->message, ""))	/* details may name a row, and differ each time */
		return;
	ereport(LOG,
			(errcode(error->sqlerrcode),
			 errmsg("slt could not sweep database \"%s\": %s", NameStr(database_name), error->message),
			 error->detail ? errdetail_internal("%s", error->detail) : 0,
			 errhint("slt tries again by itself, later each time. After a reload of the configuration it tries at once."),
			 error->context ? errcontext("%s", error->context) : 0));
}

/* Leaves word of how a look went. */
static void
report_look(Outcome outcome, int64 events, TimestampTz next)
{
	Slot	   *slot;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	slot = find_slot(MyDatabaseId);
	if (slot)
	{
		slot->outcome = outcome;
		slot->events = outcome == LOOK_DONE ? events : 0;
		slot->look_at = Min(slot->look_at, outcome == LOOK_DONE ? next : DT_NOEND);
		slot->complaints = complaints;
	}
	LWLockRelease(shared->lock);
}

/* Learns what earlier looks logged. */
static void
recall_complaints(void)
{
	Slot	   *slot;

	LWLockAcquire(shared->lock, LW_SHARED);
	slot = find_slot(MyDatabaseId);
	if (slot)
		old_complaints = slot->complaints;
	LWLockRelease(shared->lock);
	complaints.logged_at = old_complaints.logged_at;
	earlier_log = emit_log_hook;
	emit_log_hook = filter_log;
}

/* Looks at a database once. */
void
slt_worker_main(Datum database)
{
	MemoryContext context = CurrentMemoryContext;
	volatile Outcome outcome = LOOK_FAILED;
	int64		events = 0;
	TimestampTz next = DT_NOEND;

	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(database), InvalidOid, 0);
	pgstat_report_appname(MyBgworkerEntry->bgw_name);
	prepare_session();
	recall_complaints();

	PG_TRY();
	{
		ErrorContextCallback callback = {.callback = add_database, .previous = error_context_stack};

		error_context_stack = &callback;
		outcome = look(&events, &next);
		error_context_stack = callback.previous;
	}
	PG_CATCH();
	{
		log_failure(context);
	}
	PG_END_TRY();
	report_look(outcome, events, next);
}

/* ---------- the launcher: which databases ---------- */

/* The workers that were started, by slot. */
static BackgroundWorkerHandle *workers[SLOTS];
static int	nworkers = 0;

/* Databases that were found to be without slt. */
static List *without_slt = NIL;

/* Returns the time between two looks at a database where nothing is due. */
static TimestampTz
sweep_interval(void)
{
	return sweep_interval_setting * USECS_PER_SEC;
}

/* Says whether slt.databases has a name. */
static bool
database_is_listed(const char *name)
{
	List	   *names;
	ListCell   *cell;

	if (!SplitIdentifierString(pstrdup(databases_setting), ',', &names))
		return false;			/* the check let nothing of that kind pass */
	foreach(cell, names)
	{
		const char *listed = lfirst(cell);

		if (strcmp(listed, "*") == 0 || strcmp(listed, name) == 0)
			return true;
	}
	return false;
}

/* Lists all databases, and those to look after: no templates, none that is being dropped or takes no connections. */
static void
list_databases(List **all, List **wanted)
{
	Relation	rel = table_open(DatabaseRelationId, AccessShareLock);
	TableScanDesc scan = table_beginscan_catalog(rel, 0, NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = heap_getnext(scan, ForwardScanDirection)))
	{
		Form_pg_database row = (Form_pg_database) GETSTRUCT(tuple);

		*all = lappend_oid(*all, row->oid);
		if (row->datallowconn && !row->datistemplate && row->datconnlimit >= -1 &&
			database_is_listed(NameStr(row->datname)))
			*wanted = lappend_oid(*wanted, row->oid);
	}
	table_endscan(scan);
	table_close(rel, AccessShareLock);
}

/* Makes a slot for each database that was not looked at yet. */
static void
add_databases(const List *wanted)
{
	static bool warned = false;
	ListCell   *cell;

	foreach(cell, wanted)
	{
		Oid			database = lfirst_oid(cell);
		bool		full;

		if (list_member_oid(without_slt, database))
			continue;
		LWLockAcquire(shared->lock, LW_EXCLUSIVE);
		full = !find_slot(database) && !new_slot(database, SLOT_WANTED, GetCurrentTimestamp());
		LWLockRelease(shared->lock);
		if (!full)
			continue;
		if (!warned)
			ereport(LOG,
					(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
					 errmsg("slt looks after %d databases, and there are more", SLOTS),
					 errhint("Call slt_sweep() in the others by other means, or name the databases in \"slt.databases\".")));
		warned = true;
		break;					/* those without slt leave their slots; the next round goes on */
	}
}

/* Brings the slots in line with the databases that there are and that are wanted. */
static void
find_databases(void)
{
	List	   *all = NIL,
			   *wanted = NIL,
			   *without;
	MemoryContext context;

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	list_databases(&all, &wanted);

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < SLOTS; i++)
	{
		Slot	   *slot = &shared->slots[i];

		if (!OidIsValid(slot->database) || workers[i])
			continue;
		if (list_member_oid(all, slot->database))
			slot->state = list_member_oid(wanted, slot->database) ? SLOT_WANTED : SLOT_UNWANTED;
		else
			slot->database = InvalidOid;
	}
	LWLockRelease(shared->lock);
	add_databases(wanted);

	context = MemoryContextSwitchTo(TopMemoryContext);
	without = list_difference_oid(without_slt, list_difference_oid(without_slt, wanted));	/* those that are wanted */
	list_free(without_slt);
	without_slt = without;
	MemoryContextSwitchTo(context);
	CommitTransactionCommand();
}

/* ---------- the launcher: when ---------- */

/* Returns a time that doubles with each setback. */
static TimestampTz
pause_after(int setbacks, TimestampTz shortest, TimestampTz longest)
{
	return Min(shortest << Min(setbacks, 20), longest);
}

/* Settles when to look again at a database whose worker has ended; the caller holds the lock. */
static void
schedule(Slot *slot)
{
	TimestampTz now = GetCurrentTimestamp();
	bool		overdue = slot->events == 0 && slot->look_at <= now;

	if (slot->outcome == LOOK_FAILED)
		slot->not_before = now + pause_after(slot->setbacks++, SHORTEST_PAUSE_FAILED, LONGEST_PAUSE_FAILED);
	else if (overdue || slot->outcome == LOOK_BUSY)
		slot->not_before = now + pause_after(slot->setbacks++, SHORTEST_PAUSE, LONGEST_PAUSE_OVERDUE);
	else
	{
		slot->setbacks = 0;
		slot->not_before = now + SHORTEST_PAUSE;
	}
	slot->look_at = Min(slot->look_at, slot->outcome == LOOK_DONE ? now + sweep_interval() : slot->not_before);
}

/* Takes note of the workers that have ended; returns whether one of them could not tell how it went. */
static bool
reap_workers(void)
{
	bool		failed = false;

	for (int i = 0; i < SLOTS; i++)
	{
		Slot	   *slot = &shared->slots[i];
		pid_t		pid;

		if (!workers[i] || GetBackgroundWorkerPid(workers[i], &pid) != BGWH_STOPPED)
			continue;
		pfree(workers[i]);
		workers[i] = NULL;
		nworkers--;

		LWLockAcquire(shared->lock, LW_EXCLUSIVE);
		failed |= slot->outcome == LOOK_FAILED;
		if (slot->outcome == LOOK_NO_EXTENSION && slot->look_at == DT_NOEND)
		{
			MemoryContext context = MemoryContextSwitchTo(TopMemoryContext);

			without_slt = lappend_oid(without_slt, slot->database);
			MemoryContextSwitchTo(context);
			slot->database = InvalidOid;
		}
		else
			schedule(slot);
		LWLockRelease(shared->lock);
	}
	return failed;
}

/* Ends the pauses, as whoever reloads the configuration may have mended what was wrong. */
static void
forget_setbacks(void)
{
	TimestampTz now = GetCurrentTimestamp();

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < SLOTS; i++)
	{
		Slot	   *slot = &shared->slots[i];

		if (slot->setbacks > 0)
			slot->look_at = Min(slot->look_at, now);
		slot->setbacks = 0;
		slot->not_before = 0;
		slot->complaints.n = 0;
	}
	LWLockRelease(shared->lock);
}

/* Says whether a session made a slot for a database that the launcher has not seen yet. */
static bool
any_new_slot(void)
{
	bool		found = false;

	LWLockAcquire(shared->lock, LW_SHARED);
	for (int i = 0; i < SLOTS && !found; i++)
		found = OidIsValid(shared->slots[i].database) && shared->slots[i].state == SLOT_NEW && !workers[i];
	LWLockRelease(shared->lock);
	return found;
}

/* Finds the next slot to be looked at, and when; returns -1 if there is none. */
static int
next_slot(TimestampTz *when)
{
	TimestampTz now = GetCurrentTimestamp();
	int			next = -1;

	*when = DT_NOEND;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < SLOTS; i++)
	{
		Slot	   *slot = &shared->slots[i];
		TimestampTz at;

		if (!OidIsValid(slot->database) || slot->state != SLOT_WANTED || workers[i])
			continue;
		/* the clock may have been set back, or the interval made shorter */
		slot->look_at = Min(slot->look_at, now + sweep_interval());
		slot->not_before = Min(slot->not_before, now + LONGEST_PAUSE_FAILED);
		at = slot->look_at == AT_ONCE ? AT_ONCE : Max(slot->look_at, slot->not_before);
		if (at < *when)
		{
			*when = at;
			next = i;
		}
	}
	LWLockRelease(shared->lock);
	return next;
}

/* Starts a worker for a slot, or puts it off if the server has no room for one. */
static void
start_worker(int i)
{
	static bool warned = false;
	Slot	   *slot = &shared->slots[i];
	BackgroundWorker worker = {
		.bgw_name = "slt worker",
		.bgw_type = "slt worker",
		.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_RecoveryFinished,
		.bgw_restart_time = BGW_NEVER_RESTART,
		.bgw_library_name = "slt",
		.bgw_function_name = "slt_worker_main",
		.bgw_main_arg = ObjectIdGetDatum(slot->database),
		.bgw_notify_pid = MyProcPid
	};
	MemoryContext context = MemoryContextSwitchTo(TopMemoryContext);
	bool		started;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	slot->look_at = DT_NOEND;
	slot->outcome = LOOK_FAILED;
	LWLockRelease(shared->lock);

	started = RegisterDynamicBackgroundWorker(&worker, &workers[i]);
	MemoryContextSwitchTo(context);
	if (started)
	{
		nworkers++;
		warned = false;
		return;
	}

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	slot->not_before = GetCurrentTimestamp() + SHORTEST_PAUSE_FAILED;
	slot->look_at = slot->not_before;
	LWLockRelease(shared->lock);
	if (!warned)
		ereport(LOG,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("slt cannot start a worker: no slot for a background worker is free"),
				 errhint("You might need to increase \"max_worker_processes\". slt tries again every few seconds.")));
	warned = true;
}

/* Starts workers where one is due; returns when the next will be, as far as that is up to the clock. */
static TimestampTz
start_workers(void)
{
	TimestampTz when;
	int			next;

	if (!worker_setting)
		return DT_NOEND;
	while (nworkers < max_workers_setting)
	{
		next = next_slot(&when);
		if (next < 0 || when > GetCurrentTimestamp())
			return when;
		start_worker(next);
	}
	return DT_NOEND;
}

/* Sleeps until some instant, or until a worker ends, a session has word, or a signal comes. */
static void
sleep_until(TimestampTz when)
{
	long		timeout = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), when);

	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, timeout, PG_WAIT_EXTENSION);
}

/* Says in pg_stat_activity what the launcher waits for. */
static void
report_sleep(TimestampTz when)
{
	char		text[100];

	snprintf(text, sizeof(text), "next look at %s", timestamptz_to_str(when));
	pgstat_report_activity(STATE_IDLE, worker_setting ? text : "slt.worker is off");
}

/* Makes the launcher's latch known to sessions, or unknown. */
static void
set_launcher(Latch *latch)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	shared->launcher = latch;
	if (latch)
		memset(shared->slots, 0, sizeof(shared->slots));	/* left by an earlier launcher, whose workers we do not know */
	LWLockRelease(shared->lock);
}

/* Leaves when the launcher exits. */
static void
launcher_exits(int code, Datum arg)
{
	set_launcher(NULL);
}

/* Runs the launcher; it ends with the server. */
void
slt_launcher_main(Datum arg)
{
	TimestampTz list_at = 0;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	pgstat_report_appname(MyBgworkerEntry->bgw_name);
	set_launcher(MyLatch);
	before_shmem_exit(launcher_exits, (Datum) 0);

	for (;;)
	{
		TimestampTz now,
					when;

		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		if (ShutdownRequestPending)
			proc_exit(1);		/* with 0 it would not be started again if it alone was terminated */
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
			forget_setbacks();
			list_at = 0;
		}
		if (reap_workers())
			list_at = 0;		/* perhaps the database was dropped */

		now = GetCurrentTimestamp();
		if (now >= list_at || list_at > now + sweep_interval() || any_new_slot())
		{
			find_databases();
			list_at = now + sweep_interval();
		}
		when = Min(start_workers(), list_at);
		report_sleep(when);
		sleep_until(when);
	}
}

/* ---------- when the library is loaded ---------- */

/* Refuses a slt.databases that is no list of names. */
static bool
check_databases(char **value, void **extra, GucSource source)
{
	List	   *names;

	if (SplitIdentifierString(pstrdup(*value), ',', &names))
		return true;
	GUC_check_errdetail("It must be \"*\" or a list of names of databases.");
	return false;
}

/* Asks for shared memory. */
static void
request_shared(void)
{
	if (earlier_shmem_request)
		earlier_shmem_request();
	RequestAddinShmemSpace(MAXALIGN(sizeof(Shared)));
	RequestNamedLWLockTranche("slt", 1);
}

/* Finds or makes the shared memory, and lets sessions expect something of it. */
static void
attach_shared(void)
{
	bool		found;

	if (earlier_shmem_startup)
		earlier_shmem_startup();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	shared = ShmemInitStruct("slt", sizeof(Shared), &found);
	if (!found)
	{
		memset(shared, 0, sizeof(Shared));
		shared->lock = &GetNamedLWLockTranche("slt")->lock;
	}
	LWLockRelease(AddinShmemInitLock);
	expected = DT_NOEND;
}

/* Defines the settings. */
static void
define_settings(void)
{
	DefineCustomBoolVariable("slt.worker",
							 "Whether tickets are swept in the background when their deadlines fall due.",
							 "It takes slt in shared_preload_libraries.",
							 &worker_setting, true, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("slt.databases",
							   "The databases that are swept in the background.",
							   "A list of names, or * for all.",
							   &databases_setting, "*", PGC_SIGHUP, GUC_LIST_INPUT, check_databases, NULL, NULL);
	DefineCustomIntVariable("slt.sweep_interval",
							"The longest time between two sweeps of a database.",
							NULL,
							&sweep_interval_setting, 60, 1, SECS_PER_DAY, PGC_SIGHUP, GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomIntVariable("slt.max_workers",
							"The most databases that are swept at a time.",
							"Each sweep takes one of max_worker_processes while it runs.",
							&max_workers_setting, 3, 1, 64, PGC_SIGHUP, 0, NULL, NULL, NULL);
}

/* Registers the launcher; it starts when the server accepts writes, so on a standby after promotion. */
static void
register_launcher(void)
{
	BackgroundWorker launcher = {
		.bgw_name = "slt launcher",
		.bgw_type = "slt launcher",
		.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_RecoveryFinished,
		.bgw_restart_time = 5,
		.bgw_library_name = "slt",
		.bgw_function_name = "slt_launcher_main"
	};

	RegisterBackgroundWorker(&launcher);
}

/* Defines the settings and, where the library is loaded with the server, gets the worker going. */
void
slt_worker_init(void)
{
	define_settings();
	if (!process_shared_preload_libraries_in_progress || IsBinaryUpgrade)
		return;
	earlier_shmem_request = shmem_request_hook;
	shmem_request_hook = request_shared;
	earlier_shmem_startup = shmem_startup_hook;
	shmem_startup_hook = attach_shared;
	earlier_utility = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
	RegisterXactCallback(transaction_ended, NULL);
	register_launcher();
}
