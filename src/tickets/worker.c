/*
 * worker.c
 *		Sweeps each database when its next deadline falls due.
 *
 * The launcher is always there and connected to no database.  It sleeps until
 * some database has to be looked at, and then starts a worker there.  The worker
 * sweeps, leaves word when to look again, and goes.  So between two looks no
 * connection is held that would stand in the way of DROP DATABASE or CREATE
 * DATABASE ... TEMPLATE, no transaction is open, and what goes wrong in a
 * database ends one look at it and nothing else.
 *
 * When to look is said in shared memory; see expect.c.  Besides, each database
 * with slt is looked at every slt.sweep_interval, for the events that nobody
 * told of: a trigger was disabled, a dump was restored.  A database without slt
 * is looked at once, and again after CREATE EXTENSION.
 *
 * No database keeps the others waiting.  A look ends itself after three seconds
 * and the rest has its turn after what is due elsewhere; one that does not end
 * itself is ended; looks that failed are farther and farther apart; and
 * databases whose looks take long may have all workers but one.
 */
#include "worker.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "catalog/pg_extension.h"
#include "commands/dbcommands.h"
#include "commands/extension.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/lmgr.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"

#include "expect.h"
#include "sweep.h"

/*
 * How long a look may last by its own clock, when it is ended by force, and from
 * when on a database is slow.  DROP DATABASE waits for five seconds.
 */
#define LOOK_LASTS (3 * USECS_PER_SEC)
#define LOOK_IS_ENDED (15 * USECS_PER_SEC)
#define LOOK_IS_SLOW (2 * USECS_PER_SEC)

/* Times between two looks at a database: after events, while one is overdue that could not be announced, after errors. */
#define SHORTEST_PAUSE INT64CONST(250000)
#define LONGEST_PAUSE_OVERDUE (5 * USECS_PER_SEC)
#define SHORTEST_PAUSE_FAILED (5 * USECS_PER_SEC)
#define LONGEST_PAUSE_FAILED (5 * USECS_PER_MINUTE)

/*
 * Time from a crash of the server to the first look.  It may have been a look
 * that crashed it, and the next would again; meanwhile sessions get in, and
 * somebody can turn the worker off.
 */
#define SHORTEST_PAUSE_CRASHED (10 * USECS_PER_SEC)
#define LONGEST_PAUSE_CRASHED (5 * USECS_PER_MINUTE)

/* The launcher looks up so often, whatever it waits for: nothing tells it that somebody has set the clock. */
#define LONGEST_SLEEP USECS_PER_MINUTE

/* What goes wrong again and again is logged again after an hour. */
#define COMPLAINT_LASTS ((TimestampTz) SECS_PER_HOUR * USECS_PER_SEC)

PGDLLEXPORT void slt_launcher_main(Datum arg);
PGDLLEXPORT void slt_worker_main(Datum arg);

static bool worker_setting;
static char *databases_setting;
static int	sweep_interval_setting;
static int	max_workers_setting;

static emit_log_hook_type earlier_log = NULL;

/* ---------- the worker ---------- */

static NameData database_name;

/*
 * What a worker's session has whatever ALTER DATABASE and ALTER ROLE say.  Names
 * that the database's owner made are not found.  While a lock is waited for, others
 * may wait for locks that we have, so that is short; and of a deadlock we are
 * the victim, as who checks first is.  No application waits for what we commit,
 * and an event that is lost with the primary is announced again by its successor.
 */
static const char *const session_settings[][2] = {
	{"search_path", "pg_catalog, pg_temp"},
	{"role", "none"},
	{"default_transaction_isolation", "read committed"},
	{"default_transaction_read_only", "off"},
	{"default_transaction_deferrable", "off"},
	{"session_replication_role", "origin"},
	{"row_security", "on"},
	{"synchronous_commit", "local"},
	{"statement_timeout", "0"},
	{"transaction_timeout", "0"},	/* 17 */
	{"idle_in_transaction_session_timeout", "0"},
	{"idle_session_timeout", "0"},
	{"lock_timeout", "50ms"},
	{"deadlock_timeout", "100ms"},
	{"jit", "off"}
};

/* Makes the session safe and polite. */
static void
prepare_session(void)
{
	for (int i = 0; i < lengthof(session_settings); i++)
		if (GetConfigOption(session_settings[i][0], true, false) != NULL)
			SetConfigOption(session_settings[i][0], session_settings[i][1], PGC_SUSET, PGC_S_OVERRIDE);
}

/*
 * Finds the extension, and keeps it from being dropped until the end of the
 * transaction.  While someone else drops it we do not wait: he may need locks
 * that we have, and DROP DATABASE may be waiting for us.
 */
static SltOutcome
lock_extension(void)
{
	Oid			extension = get_extension_oid("slt", true);

	if (!OidIsValid(extension))
		return SLT_LOOK_NO_EXTENSION;
	if (!ConditionalLockDatabaseObject(ExtensionRelationId, extension, 0, AccessShareLock) ||
		get_extension_oid("slt", true) != extension)
		return SLT_LOOK_BUSY;
	return SLT_LOOK_DONE;
}

/* Begins a transaction in which the extension stays. */
static SltOutcome
begin(void)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	namestrcpy(&database_name, get_database_name(MyDatabaseId));
	return lock_extension();
}

/* Commits what was swept so far, and begins the next transaction, also if that failed; as SPI_commit() does. */
static void
commit_batch(void)
{
	ErrorData  *volatile error = NULL;
	SltOutcome	outcome;

	PG_TRY();
	{
		CommitTransactionCommand();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(TopMemoryContext);
		error = CopyErrorData();
		FlushErrorState();
		AbortCurrentTransaction();
	}
	PG_END_TRY();
	outcome = begin();
	if (error)
		ReThrowError(error);
	if (outcome != SLT_LOOK_DONE)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("extension \"slt\" is being altered or dropped")));
}

/* Sweeps; tells how many events there were, and when the next falls due. */
static SltOutcome
look(SltSweepResult *result)
{
	SltOutcome	outcome;

	if (!worker_setting)
		return SLT_LOOK_OFF;	/* ALTER DATABASE ... SET slt.worker = off */
	pgstat_report_activity(STATE_RUNNING, "slt sweep");
	outcome = begin();
	if (outcome == SLT_LOOK_DONE)
		slt_sweep_database(commit_batch, GetCurrentTimestamp() + LOOK_LASTS, result);
	CommitTransactionCommand();
	return outcome;
}

/* ---------- what the worker logs ---------- */

/* What earlier looks logged, and what this one has to say. */
static SltComplaints old_complaints;
static SltComplaints complaints;

/* Remembers a complaint; returns whether it was logged before, not long ago, or so many others were that it does not matter.  Details differ each time. */
static bool
is_repeated(const char *message)
{
	uint32		hash = hash_bytes((const unsigned char *) message, strlen(message));

	for (int i = 0; i < complaints.n; i++)
		if (complaints.text[i] == hash)
			return true;
	if (complaints.n == SLT_COMPLAINTS)
		return true;
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
	if (error->elevel == WARNING && error->message && is_repeated(error->message))
		error->output_to_server = false;
}

/* Says in the log which database a message is about. */
static void
add_database(void *arg)
{
	errcontext("sweep of database \"%s\"", NameStr(database_name));
}

/* Reports an error as what it is, a look that failed, and goes on; returns how the look went. */
static SltOutcome
log_failure(MemoryContext context)
{
	ErrorData  *error;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	AbortCurrentTransaction();
	if (error->sqlerrcode == ERRCODE_OBJECT_IN_USE)
		return SLT_LOOK_BUSY;	/* or the database is being dropped */
	if (is_repeated(error->message))
		return SLT_LOOK_FAILED;
	error_context_stack = NULL; /* the error has it */
	ereport(LOG,
			(errcode(error->sqlerrcode),
			 errmsg("slt could not sweep database \"%s\": %s", NameStr(database_name), error->message),
			 error->detail ? errdetail_internal("%s", error->detail) : 0,
			 errhint("slt tries again by itself, later each time. After a reload of the configuration it tries at once."),
			 error->context ? errcontext("%s", error->context) : 0));
	return SLT_LOOK_FAILED;
}

/* Leaves word of how a look went. */
static void
report_look(SltOutcome outcome, const SltSweepResult *result)
{
	SltSlot    *slot;

	LWLockAcquire(slt_shared->lock, LW_EXCLUSIVE);
	slot = slt_find_slot(MyDatabaseId);
	if (slot)
	{
		slot->outcome = outcome;
		slot->events = outcome == SLT_LOOK_DONE ? result->announced : 0;
		slot->look_at = Min(slot->look_at, outcome == SLT_LOOK_DONE ? result->next : DT_NOEND);
		if (complaints.n > 0 || !result->put_off)	/* what was put off may
													 * fail as before */
			slot->complaints = complaints;
	}
	LWLockRelease(slt_shared->lock);
}

/* Learns what earlier looks logged. */
static void
recall_complaints(void)
{
	SltSlot    *slot;

	LWLockAcquire(slt_shared->lock, LW_SHARED);
	slot = slt_find_slot(MyDatabaseId);
	if (slot)
		old_complaints = slot->complaints;
	LWLockRelease(slt_shared->lock);
	complaints.logged_at = old_complaints.logged_at;
	earlier_log = emit_log_hook;
	emit_log_hook = filter_log;
}

/* Looks at a database once. */
void
slt_worker_main(Datum database)
{
	MemoryContext context = CurrentMemoryContext;
	volatile SltOutcome outcome = SLT_LOOK_FAILED;
	SltSweepResult result = {0, DT_NOEND};

	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(database), InvalidOid, 0);
	pgstat_report_appname(MyBgworkerEntry->bgw_name);
	prepare_session();
	recall_complaints();

	PG_TRY();
	{
		ErrorContextCallback callback = {.callback = add_database,.previous = error_context_stack};

		error_context_stack = &callback;
		outcome = look(&result);
		error_context_stack = callback.previous;
	}
	PG_CATCH();
	{
		outcome = log_failure(context);
	}
	PG_END_TRY();
	report_look(outcome, &result);
}

/* ---------- the launcher: which databases ---------- */

/* A look that is going on, by slot. */
typedef struct Look
{
	BackgroundWorkerHandle *worker; /* NULL: none */
	TimestampTz began_at;
} Look;

static Look looks[SLT_SLOTS];

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
		LWLockAcquire(slt_shared->lock, LW_EXCLUSIVE);
		full = !slt_find_slot(database) && !slt_new_slot(database, SLT_SLOT_WANTED, GetCurrentTimestamp());
		LWLockRelease(slt_shared->lock);
		if (!full)
			continue;
		if (!warned)
			ereport(LOG,
					(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
					 errmsg("slt looks after %d databases, and there are more", SLT_SLOTS),
					 errhint("Call slt_sweep() in the others by other means, or name the databases in \"slt.databases\".")));
		warned = true;
		break;					/* those without slt leave their slots; the
								 * next round goes on */
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

	LWLockAcquire(slt_shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < SLT_SLOTS; i++)
	{
		SltSlot    *slot = &slt_shared->slots[i];

		if (!OidIsValid(slot->database) || looks[i].worker)
			continue;
		if (list_member_oid(all, slot->database))
			slot->state = list_member_oid(wanted, slot->database) ? SLT_SLOT_WANTED : SLT_SLOT_UNWANTED;
		else
			slot->database = InvalidOid;
	}
	LWLockRelease(slt_shared->lock);
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
schedule(SltSlot *slot, TimestampTz began_at)
{
	TimestampTz now = GetCurrentTimestamp();
	bool		overdue = slot->events == 0 && slot->look_at <= now;

	slot->slow = now - began_at > LOOK_IS_SLOW;
	if (slot->outcome == SLT_LOOK_FAILED)
		slot->not_before = now + pause_after(slot->setbacks++, SHORTEST_PAUSE_FAILED, LONGEST_PAUSE_FAILED);
	else if (overdue || slot->outcome == SLT_LOOK_BUSY)
		slot->not_before = now + pause_after(slot->setbacks++, SHORTEST_PAUSE, LONGEST_PAUSE_OVERDUE);
	else
	{
		slot->setbacks = 0;
		slot->not_before = now + SHORTEST_PAUSE;
	}
	slot->look_at = Min(slot->look_at, slot->outcome == SLT_LOOK_DONE ? now + sweep_interval() : slot->not_before);
}

/* Takes note that a worker has ended; returns whether it could not tell how it went. */
static bool
reap_worker(int i)
{
	SltSlot    *slot = &slt_shared->slots[i];
	bool		failed;

	pfree(looks[i].worker);
	looks[i].worker = NULL;
	LWLockAcquire(slt_shared->lock, LW_EXCLUSIVE);
	failed = slot->outcome == SLT_LOOK_FAILED;
	if (slot->outcome == SLT_LOOK_NO_EXTENSION && slot->look_at == DT_NOEND)
	{
		MemoryContext context = MemoryContextSwitchTo(TopMemoryContext);

		without_slt = lappend_oid(without_slt, slot->database);
		MemoryContextSwitchTo(context);
		slot->database = InvalidOid;
	}
	else
		schedule(slot, looks[i].began_at);
	if (slot->outcome == SLT_LOOK_OFF)
		slot->state = SLT_SLOT_UNWANTED;	/* until databases are listed
											 * again */
	LWLockRelease(slt_shared->lock);
	return failed;
}

/* Sees to the workers: takes note of those that have ended, and ends those that have been at work for too long. */
static bool
see_to_workers(TimestampTz *wake_at)
{
	bool		failed = false;

	*wake_at = DT_NOEND;
	for (int i = 0; i < SLT_SLOTS; i++)
	{
		TimestampTz end_at = looks[i].began_at + LOOK_IS_ENDED;
		pid_t		pid;

		if (!looks[i].worker)
			continue;
		if (GetBackgroundWorkerPid(looks[i].worker, &pid) == BGWH_STOPPED)
			failed |= reap_worker(i);
		else if (end_at <= GetCurrentTimestamp())
			TerminateBackgroundWorker(looks[i].worker);
		else
			*wake_at = Min(*wake_at, end_at);
	}
	return failed;
}

/* Ends the pauses, as whoever reloads the configuration may have mended what was wrong. */
static void
forget_setbacks(void)
{
	TimestampTz now = GetCurrentTimestamp();

	LWLockAcquire(slt_shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < SLT_SLOTS; i++)
	{
		SltSlot    *slot = &slt_shared->slots[i];

		if (slot->setbacks > 0)
			slot->look_at = Min(slot->look_at, now);
		slot->setbacks = 0;
		slot->not_before = 0;
		slot->complaints.n = 0;
	}
	LWLockRelease(slt_shared->lock);
}

/* Ends the pauses after the clock was set back, as they end by the clock; returns whether it was. */
static bool
clock_was_set_back(void)
{
	static TimestampTz last = 0;
	TimestampTz before = last;

	last = GetCurrentTimestamp();
	if (last >= before)
		return false;
	for (int i = 0; i < SLT_SLOTS; i++)
		looks[i].began_at = Min(looks[i].began_at, last);
	forget_setbacks();
	return true;
}

/* Says whether a session made a slot for a database that the launcher has not seen yet. */
static bool
any_new_slot(void)
{
	bool		found = false;

	LWLockAcquire(slt_shared->lock, LW_SHARED);
	for (int i = 0; i < SLT_SLOTS && !found; i++)
		found = OidIsValid(slt_shared->slots[i].database) && slt_shared->slots[i].state == SLT_SLOT_NEW && !looks[i].worker;
	LWLockRelease(slt_shared->lock);
	return found;
}

/*
 * Finds the next slot to be looked at, and when; -1 if there is none.  Those that
 * are slow have to leave a worker for the others, if there are two.
 */
static int
next_slot(TimestampTz *when, bool may_be_slow)
{
	TimestampTz now = GetCurrentTimestamp();
	int			next = -1;

	*when = DT_NOEND;
	LWLockAcquire(slt_shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < SLT_SLOTS; i++)
	{
		SltSlot    *slot = &slt_shared->slots[i];
		TimestampTz at;

		if (!OidIsValid(slot->database) || slot->state != SLT_SLOT_WANTED || looks[i].worker || (slot->slow && !may_be_slow))
			continue;
		slot->look_at = Min(slot->look_at, now + sweep_interval()); /* it may have been made
																	 * shorter */
		at = slot->look_at == SLT_AT_ONCE ? SLT_AT_ONCE : Max(slot->look_at, slot->not_before);
		if (at < *when)
		{
			*when = at;
			next = i;
		}
	}
	LWLockRelease(slt_shared->lock);
	return next;
}

/* Starts a worker for a slot, or puts it off if the server has no room for one. */
static void
start_worker(int i)
{
	static bool warned = false;
	SltSlot    *slot = &slt_shared->slots[i];
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

	looks[i].began_at = GetCurrentTimestamp();
	LWLockAcquire(slt_shared->lock, LW_EXCLUSIVE);
	slot->look_at = DT_NOEND;
	slot->outcome = SLT_LOOK_FAILED;
	LWLockRelease(slt_shared->lock);

	started = RegisterDynamicBackgroundWorker(&worker, &looks[i].worker);
	MemoryContextSwitchTo(context);
	if (started)
	{
		warned = false;
		return;
	}
	looks[i].worker = NULL;

	LWLockAcquire(slt_shared->lock, LW_EXCLUSIVE);
	slot->not_before = GetCurrentTimestamp() + SHORTEST_PAUSE_FAILED;
	slot->look_at = slot->not_before;
	LWLockRelease(slt_shared->lock);
	if (!warned)
		ereport(LOG,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("slt cannot start a worker: no slot for a background worker is free"),
				 errhint("You might need to increase \"max_worker_processes\". slt tries again every few seconds.")));
	warned = true;
}

/* Starts workers where one is due; returns when the next will be, as far as that is up to the clock. */
static TimestampTz
start_workers(TimestampTz first_look_at)
{
	if (!worker_setting)
		return DT_NOEND;
	if (GetCurrentTimestamp() < first_look_at)
		return first_look_at;
	for (;;)
	{
		TimestampTz now = GetCurrentTimestamp(),
					when;
		int			working = 0,
					slow = 0,
					next;

		for (int i = 0; i < SLT_SLOTS; i++)
		{
			working += looks[i].worker != NULL;
			slow += looks[i].worker != NULL && (slt_shared->slots[i].slow || now - looks[i].began_at > LOOK_IS_SLOW);
		}
		if (working >= max_workers_setting)
			return DT_NOEND;
		next = next_slot(&when, slow < Max(max_workers_setting - 1, 1));
		if (next < 0 || when > now)
			return when;
		start_worker(next);
	}
}

/* Returns when to look for the first time; after a crash of the server that is not at once. */
static TimestampTz
first_look(void)
{
	TimestampTz pause,
				left;

	if (slt_crashes == 0)
		return 0;
	pause = pause_after(slt_crashes - 1, SHORTEST_PAUSE_CRASHED, LONGEST_PAUSE_CRASHED);
	left = slt_shared_since + pause - GetCurrentTimestamp();
	if (left <= 0)
		return 0;
	ereport(LOG,
			(errmsg_plural("slt waits for %d second after a crash of the server", "slt waits for %d seconds after a crash of the server",
						   (int) (Min(left, pause) / USECS_PER_SEC) + 1, (int) (Min(left, pause) / USECS_PER_SEC) + 1),
			 errhint("If its worker crashes the server, set \"slt.worker\" to off and reload the configuration.")));
	return GetCurrentTimestamp() + Min(left, pause);
}

/* Sleeps until some instant, or until a worker ends, a session has word, or a signal comes. */
static void
sleep_until(TimestampTz when)
{
	TimestampTz now = GetCurrentTimestamp();
	long		timeout = TimestampDifferenceMilliseconds(now, Min(when, now + LONGEST_SLEEP));

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
	LWLockAcquire(slt_shared->lock, LW_EXCLUSIVE);
	slt_shared->launcher = latch;
	if (latch)
		memset(slt_shared->slots, 0, sizeof(slt_shared->slots));	/* left by an earlier
																	 * launcher, whose
																	 * workers we do not
																	 * know */
	LWLockRelease(slt_shared->lock);
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
	TimestampTz list_at = 0,
				first_look_at;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	pgstat_report_appname(MyBgworkerEntry->bgw_name);
	set_launcher(MyLatch);
	before_shmem_exit(launcher_exits, (Datum) 0);
	first_look_at = first_look();

	for (;;)
	{
		TimestampTz now,
					end_at,
					when;

		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		if (ShutdownRequestPending)
			proc_exit(1);		/* with 0 it would not be started again if it
								 * alone was terminated */
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
			forget_setbacks();
			list_at = 0;
		}
		if (clock_was_set_back())
			list_at = first_look_at = 0;
		if (see_to_workers(&end_at))
			list_at = 0;		/* perhaps the database was dropped */

		now = GetCurrentTimestamp();
		if (now >= list_at || list_at > now + sweep_interval() || any_new_slot())
		{
			find_databases();
			list_at = now + sweep_interval();
		}
		when = Min(start_workers(first_look_at), list_at);
		report_sleep(when);
		sleep_until(Min(when, end_at));
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

/* Defines the settings, also in servers that do not preload slt, where they can be set and mean nothing. */
static void
define_settings(void)
{
	DefineCustomBoolVariable("slt.worker",
							 "Whether tickets are swept in the background when their deadlines fall due.",
							 "It takes slt in shared_preload_libraries. ALTER DATABASE turns it off for a database; what a session sets for itself means nothing.",
							 &worker_setting, true, PGC_USERSET, 0, NULL, NULL, NULL);
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
	slt_expect_init();
	register_launcher();
}
