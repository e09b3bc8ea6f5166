/*
 * guard.c
 *		Doing what may fail without failing: a ticket is written whatever happens
 *		to us.
 */
#include "guard.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

/* Tells whether an error is not for us to swallow: whoever sent it wants the statement, or the session, to end. */
static bool
must_pass(int sqlstate)
{
	int			category = ERRCODE_TO_CATEGORY(sqlstate);

	return category == ERRCODE_TO_CATEGORY(ERRCODE_OPERATOR_INTERVENTION) ||
		category == ERRCODE_TO_CATEGORY(ERRCODE_TRANSACTION_ROLLBACK) ||
		category == ERRCODE_TO_CATEGORY(ERRCODE_INSUFFICIENT_RESOURCES);
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
		ErrorData  *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(caller);
		CurrentResourceOwner = owner;
		if (must_pass(error->sqlerrcode))
			ReThrowError(error);
		failure->sqlstate = error->sqlerrcode;
		failure->message = error->message ? error->message : pstrdup("unknown error");
		failure->hint = error->hint;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	return done;
}
