/*
 * rows.c
 *		The rows of a policy table, as they are or as they were at an instant.
 */
#include "config.h"
#include "history.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

/* Hands a row on as it is read, so that a table is held once and not twice. */
static void
take_row(void *to, const SltConfigScan *s)
{
	tuplestore_puttuple(((ReturnSetInfo *) to)->setResult, s->row);
}

/* Finds the policy table that the first argument is a row of, which the caller must be allowed to read. */
static Oid
table_of_argument(FunctionCallInfo fcinfo)
{
	Oid			table = get_typ_typrelid(get_fn_expr_argtype(fcinfo->flinfo, 0));
	AclResult	allowed;

	if (!slt_is_config_table(table) || get_rel_relkind(table) != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("a row of a policy table is needed")));
	allowed = pg_class_aclcheck(table, GetUserId(), ACL_SELECT);
	if (allowed != ACLCHECK_OK)
		aclcheck_error(allowed, OBJECT_TABLE, get_rel_name(table));
	return table;
}

/* Lists the rows of a policy table: as they were at an instant by the log, or, if that is null, as the query sees them. */
PG_FUNCTION_INFO_V1(slt_policy_rows);
Datum
slt_policy_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Oid			table = table_of_argument(fcinfo);
	SltConfigScan s;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (!PG_ARGISNULL(1))
	{
		slt_log_must_reach(PG_GETARG_TIMESTAMPTZ(1));
		slt_past_rows(table, PG_GETARG_TIMESTAMPTZ(1), take_row, rsinfo);
		return (Datum) 0;
	}
	s = slt_begin_data_scan(table, false, 0, NULL);
	while (slt_next_row(&s))
		take_row(rsinfo, &s);
	slt_end_scan(&s);
	return (Datum) 0;
}
