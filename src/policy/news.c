/*
 * news.c
 *		How a session hears that the policy has changed.
 *
 * A trigger on each config table sends a relcache invalidation, which takes
 * effect in this transaction at once, elsewhere at commit, and not at all after
 * a rollback.  The callback counts; whoever keeps a copy compares the counts.
 */
#include "news.h"

#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_extension.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "storage/procarray.h"
#include "storage/sinvaladt.h"
#include "utils/rel.h"

#include "../slt_compat.h"
#include "config.h"

uint64		slt_policy_changes = 1;
uint64		slt_holiday_changes = 1;

/* The tables that an invalidation is compared with: those of the last copy made, or being made. */
static const Oid *watched = NULL;
static int	nwatched = 0;
static Oid	watched_holidays = InvalidOid;

static SubTransactionId changed_here = InvalidSubTransactionId; /* the outermost that
																 * changed the policy */

/* Counts invalidations that concern the config tables; InvalidOid means any table. */
static void
relation_changed(Datum arg, Oid relid)
{
	if (!OidIsValid(relid) || relid == watched_holidays)
		slt_holiday_changes++;
	for (int i = 0; i < nwatched; i++)
		if (relid == watched[i])
			slt_policy_changes++;
	if (!OidIsValid(relid))
		slt_policy_changes++;
}

/* Forgets at the end of a transaction that it changed the policy. */
static void
transaction_ended(XactEvent event, void *arg)
{
	changed_here = InvalidSubTransactionId;
}

/* Hands to the outer transaction that the inner one changed the policy, or forgets it with the change. */
static void
subtransaction_ended(SubXactEvent event, SubTransactionId id, SubTransactionId parent, void *arg)
{
	if (changed_here != id)
		return;
	if (event == SUBXACT_EVENT_COMMIT_SUB)
		changed_here = parent;
	else if (event == SUBXACT_EVENT_ABORT_SUB)
		changed_here = InvalidSubTransactionId;
}

/* Registers the callbacks, once for each backend. */
void
slt_news_init(void)
{
	CacheRegisterRelcacheCallback(relation_changed, (Datum) 0);
	RegisterXactCallback(transaction_ended, NULL);
	RegisterSubXactCallback(subtransaction_ended, NULL);
}

/* Says of which tables the changes are counted, those of holidays apart. */
void
slt_watch(const Oid *tables, int n, Oid holidays)
{
	static Oid	kept[SLT_MAX_WATCHED];

	Assert(n <= SLT_MAX_WATCHED);
	memcpy(kept, tables, sizeof(Oid) * n);
	watched = kept;
	nwatched = n;
	watched_holidays = holidays;
}

/* Tells whether this transaction has changed the policy. */
bool
slt_policy_changed_here(void)
{
	return changed_here != InvalidSubTransactionId;
}

/* The lock that whoever changes the policy holds until he has told of it; it keeps nobody from anything. */
static LOCKTAG
changers_lock(void)
{
	LOCKTAG		tag;

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, ExtensionRelationId, ExtensionRelationId, 1);
	return tag;
}

/* Tells whether somebody has committed a change of the policy and not told of it yet. */
static bool
change_is_untold(void)
{
	LOCKTAG		tag = changers_lock();
	VirtualTransactionId *holders = GetLockConflicts(&tag, ShareLock, NULL);
	bool		untold = false;

	for (; VirtualTransactionIdIsValid(*holders); holders++)
	{
		TransactionId xid;

		if (slt_is_prepared(*holders))
			untold = untold || !TransactionIdIsInProgress(holders->localTransactionId);
		else
		{
			slt_transaction_of(*holders, &xid);
			untold = untold || !TransactionIdIsValid(xid);
		}
	}
	return untold;
}

/*
 * Hears of each change that a snapshot taken before this can see.  A change
 * is visible some microseconds before it is told; what is put together of
 * different snapshots must not fall into that gap.
 */
void
slt_listen_well(void)
{
	for (int i = 0; i < 1000 && change_is_untold(); i++)
		pg_usleep(50);
	slt_listen();
}

/*
 * The trigger of the config tables, before each row and before TRUNCATE, always
 * enabled: tells every backend, this one included, that its copy is stale.
 * Whoever reads the change before it is committed, and so too early, will have
 * been told before; a rollback tells him again.
 */
PG_FUNCTION_INFO_V1(slt_config_changed);
Datum
slt_config_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	LOCKTAG		tag;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigger->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be fired before a change", "config_changed")));
	CacheInvalidateRelcache(trigger->tg_relation);
	(void) GetTopTransactionId();
	tag = changers_lock();
	(void) LockAcquire(&tag, RowExclusiveLock, false, false);
	if (strcmp(RelationGetRelationName(trigger->tg_relation), "slt_metrics") == 0)
		slt_one_at_a_time(trigger->tg_relation);	/* for check_metric(),
													 * which sees what others
													 * did before */
	if (changed_here == InvalidSubTransactionId && strcmp(RelationGetRelationName(trigger->tg_relation), "slt_attachments") != 0)
		changed_here = GetCurrentSubTransactionId();
	if (!TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		return PointerGetDatum(NULL);
	return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple);
}
