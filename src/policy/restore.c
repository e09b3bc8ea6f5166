/*
 * restore.c
 *		What a dump brings takes the place of what CREATE EXTENSION put there.
 *
 * pg_dump writes each config table with one COPY; pg_restore -j runs these in
 * any order, and several at a time.  The keys between the tables belong to the
 * extension and are there from the beginning, where those of other tables are
 * made after the rows.  So while one COPY of a restore runs, its rows are not
 * held against other tables, as a replica's are not; shipped rows of the table
 * go before it; and after it, whatever already refers to the table must find
 * what it names.  What orders a restore otherwise, as with INSERTs, is
 * restore_shipped().
 */
#include "restore.h"

#include "catalog/namespace.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"
#include "storage/lmgr.h"
#include "tcop/pquery.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "config.h"

bool		slt_making_room = false;

/*
 * Tells whether the statement is the COPY of a dump, which its settings tell
 * from others; anyone can have these, so it is one only of whoever may delete
 * from the log, as a restore does.  A COPY without a condition runs nobody's
 * functions but ours.
 */
static bool
is_restored(Relation rel)
{
	PlannedStmt *statement;
	CopyStmt   *copy;

	if (check_function_bodies || namespace_search_path[0] != '\0' || ActivePortal == NULL || list_length(ActivePortal->stmts) != 1)
		return false;
	statement = linitial_node(PlannedStmt, ActivePortal->stmts);
	if (statement->utilityStmt == NULL || !IsA(statement->utilityStmt, CopyStmt))
		return false;
	copy = (CopyStmt *) statement->utilityStmt;
	return copy->is_from && copy->relation != NULL && copy->whereClause == NULL &&
		RangeVarGetRelid(copy->relation, NoLock, true) == RelationGetRelid(rel) &&
		pg_class_aclcheck(slt_config_table(slt_config_schema(), "slt_policy_log"), GetUserId(), ACL_DELETE) == ACLCHECK_OK;
}

/* Decides which triggers fire, and with them which rows are held against other tables; until the transaction ends, or it is said again. */
static void
set_role(const char *role)
{
	(void) set_config_option("session_replication_role", role, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
}

/* Runs a command as whoever restores. */
static void
run(const char *command)
{
	SPI_connect();
	if (SPI_execute(command, false, 0) < 0)
		elog(ERROR, "a restore cannot run: %s", command);
	SPI_finish();
}

/*
 * Removes the shipped rows of a table, which the log need not know.  Of such
 * tables one is restored at a time, or the log misses what is there.
 */
static void
make_room(Relation rel)
{
	bool		all = strcmp(RelationGetRelationName(rel), "slt_shipped") == 0;

	if (!all && SPI_fnumber(RelationGetDescr(rel), "shipped") <= 0)
		return;
	LockRelationOid(slt_config_table(slt_config_schema(), "slt_shipped"), ShareUpdateExclusiveLock);
	slt_making_room = true;
	PG_TRY();
	{
		run(psprintf("DELETE FROM %s %s", slt_quoted_table(RelationGetRelid(rel)),
					 all ? "" : "WHERE shipped IS NOT NULL"));
	}
	PG_FINALLY();
	{
		slt_making_room = false;
	}
	PG_END_TRY();
}

/*
 * The trigger of the config tables that makes a restore need no order: before
 * and after each INSERT, which a COPY is.
 */
PG_FUNCTION_INFO_V1(slt_restore_rows);
Datum
slt_restore_rows(PG_FUNCTION_ARGS)
{
	static char role[NAMEDATALEN] = "origin";	/* before the statement */
	TriggerData *trigger = slt_called_as_trigger(fcinfo, "restore_rows", false, 0, NULL);
	Relation	rel = trigger->tg_relation;

	if (!is_restored(rel))
		return PointerGetDatum(NULL);
	if (TRIGGER_FIRED_BEFORE(trigger->tg_event))
	{
		strlcpy(role, GetConfigOption("session_replication_role", false, false), sizeof(role));
		set_role("replica");
		make_room(rel);
	}
	else
	{
		set_role(role);
		run(psprintf("SELECT zz_slt_internal.check_restored(%u)", RelationGetRelid(rel)));
	}
	return PointerGetDatum(NULL);
}
