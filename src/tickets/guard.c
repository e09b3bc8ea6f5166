/*
 * guard.c
 *		Doing what may fail without failing: a ticket is written whatever happens
 *		to us, and what one table's owner has put there keeps no other table
 *		waiting.
 */
#include "guard.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "storage/latch.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/timeout.h"

#define GRACE_MILLISECONDS 3000 /* from when something is cancelled to when
								 * the session is ended */

/* Whether this session is being ended, as something did not let itself be cancelled. */
bool		slt_gives_up = false;

static bool time_is_up = false;
static TimeoutId timeout = MAX_TIMEOUTS;

/*
 * Tells whether an error is not for us to swallow: whoever sent it wants the
 * statement, or the session, to end.  An error code says little, since anyone
 * can raise any; the place does.  Who has asked for an isolation level at which
 * transactions fail and are repeated is told of that.
 */
static bool
must_pass(const ErrorData *error)
{
	if (error->funcname != NULL && strcmp(error->funcname, "ProcessInterrupts") == 0)
		return !time_is_up && error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE;
	if (IsolationUsesXactSnapshot() && error->sqlerrcode == ERRCODE_T_R_SERIALIZATION_FAILURE)
		return true;
	return error->funcname != NULL && strcmp(error->funcname, "DeadLockReport") == 0;
}

/* Takes the error that was caught, in the caller's memory. */
static ErrorData *
take_error(MemoryContext caller)
{
	ErrorData  *error;

	MemoryContextSwitchTo(caller);
	error = CopyErrorData();
	FlushErrorState();
	return error;
}

/* Notes why something failed. */
static void
note_failure(SltFailure *failure, const ErrorData *error)
{
	*failure = (SltFailure) {error->sqlerrcode, error->message ? error->message : pstrdup("unknown error"), error->detail, error->hint, error->context};
}

/*
 * Does something in a parallel query, which has no subtransactions.  Only that a
 * name does not exist is a failure to go on from: it is told when all has been
 * read, so there is nothing to undo.
 */
static bool
guarded_in_parallel(void (*action) (void *argument), void *argument, SltFailure *failure)
{
	MemoryContext caller = CurrentMemoryContext;
	volatile bool done = false;

	PG_TRY();
	{
		action(argument);
		done = true;
	}
	PG_CATCH();
	{
		ErrorData  *error;

		if (geterrcode() != ERRCODE_UNDEFINED_OBJECT)
			PG_RE_THROW();
		error = take_error(caller);
		note_failure(failure, error);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	return done;
}

/*
 * Does something in a subtransaction.  If it fails, all of it is undone, and
 * the failure is returned in the caller's memory.
 */
bool
slt_guarded(void (*action) (void *argument), void *argument, SltFailure *failure)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool done = false;

	if (IsInParallelMode())
		return guarded_in_parallel(action, argument, failure);
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		action(argument);
		ReleaseCurrentSubTransaction();
		done = true;
	}
	PG_CATCH();
	{
		ErrorData  *error = take_error(caller);

		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(caller);
		CurrentResourceOwner = owner;
		if (must_pass(error))
			ReThrowError(error);
		note_failure(failure, error);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	return done;
}

/*
 * Cancels what is being done, as a statement timeout would.  Code of a table's
 * owner can catch that and go on for ever; then the session ends.
 */
static void
end_time(void)
{
	if (time_is_up)
	{
		slt_gives_up = true;
		ProcDiePending = true;
	}
	time_is_up = true;
	InterruptPending = true;
	QueryCancelPending = true;
	enable_timeout_after(timeout, GRACE_MILLISECONDS);
	SetLatch(MyLatch);
}

/*
 * Does the same, and cancels it when it takes longer than so many milliseconds.
 * Inside of another such thing, which the owner's code may begin, the time of
 * that one counts.
 */
bool
slt_guarded_for(int milliseconds, void (*action) (void *argument), void *argument, SltFailure *failure)
{
	volatile bool done = false;

	if (timeout == MAX_TIMEOUTS)
		timeout = RegisterTimeout(USER_TIMEOUT, end_time);
	if (get_timeout_active(timeout))
		return slt_guarded(action, argument, failure);
	time_is_up = false;
	enable_timeout_after(timeout, milliseconds);
	PG_TRY();
	{
		done = slt_guarded(action, argument, failure);
	}
	PG_FINALLY();
	{
		disable_timeout(timeout, false);
		if (time_is_up)
			QueryCancelPending = false; /* if it came when all was done */
	}
	PG_END_TRY();
	if (!done && time_is_up)
	{
		failure->message = psprintf("it took longer than %d milliseconds", milliseconds);
		failure->detail = failure->hint = NULL;
	}
	time_is_up = false;
	return done;
}

/* Raises a failure as it was. */
void
slt_rethrow(const SltFailure *failure)
{
	ereport(ERROR,
			(errcode(failure->sqlstate),
			 errmsg_internal("%s", failure->message),
			 failure->detail ? errdetail_internal("%s", failure->detail) : 0,
			 failure->hint ? errhint("%s", failure->hint) : 0));
}

/* Raises an error that a function of ours has caught, without the lines that say by which functions it came about. */
PG_FUNCTION_INFO_V1(slt_fail);
Datum
slt_fail(PG_FUNCTION_ARGS)
{
	char	   *parts[4];
	SltFailure	failure;

	for (int i = 0; i < lengthof(parts); i++)
		parts[i] = text_to_cstring(PG_GETARG_TEXT_PP(i));
	if (strlen(parts[0]) != 5 || strspn(parts[0], "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 5 ||
		strncmp(parts[0], "00", 2) == 0 || strncmp(parts[0], "XX", 2) == 0)
		parts[0] = "P0001";
	failure = (SltFailure)
	{
		.sqlstate = MAKE_SQLSTATE(parts[0][0], parts[0][1], parts[0][2], parts[0][3], parts[0][4]),.message = parts[1],
			.detail = parts[2][0] ? parts[2] : NULL,.hint = parts[3][0] ? parts[3] : NULL
	};
	error_context_stack = NULL;
	slt_rethrow(&failure);
}

/* Makes a sentence of a message, which has neither a capital nor a period; a name in front, such as that of a setting, stays as it is. */
char *
slt_sentence(const char *message)
{
	char		last = message[0] ? message[strlen(message) - 1] : '.';
	char	   *sentence = psprintf("%s%s", message, strchr(".!?", last) ? "" : ".");

	if (sentence[strspn(sentence, "abcdefghijklmnopqrstuvwxyz")] == ' ')
		sentence[0] = pg_toupper((unsigned char) sentence[0]);
	return sentence;
}

/* Makes a warning of a failure: what it came to, and why, with the error's own words, code and place, which is where we are as well. */
void
slt_warn(const SltFailure *failure, const char *message)
{
	ErrorContextCallback *place = error_context_stack;

	error_context_stack = NULL;
	ereport(WARNING,
			(errcode(failure->sqlstate),
			 errmsg_internal("%s", message),
			 errdetail_internal("%s%s%s", slt_sentence(failure->message), failure->detail ? " " : "", failure->detail ? failure->detail : ""),
			 failure->hint ? errhint("%s", failure->hint) : 0,
			 failure->context ? errcontext("%s", failure->context) : 0));
	error_context_stack = place;
}

/* Refuses a procedure that commits where it cannot. */
void
slt_check_commits(FunctionCallInfo fcinfo, const char *procedure)
{
	if (fcinfo->context == NULL || !IsA(fcinfo->context, CallContext) || ((CallContext *) fcinfo->context)->atomic)
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("%s cannot run inside a transaction block", procedure),
				 errdetail("It commits each batch."),
				 errhint("CALL it by itself.")));
}
