/*
 * lists.c
 *		Rows of services and of maintenance, for functions in SQL.
 */
#include "availability.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

/* Returns the rows of a table. */
static void
return_rows(FunctionCallInfo fcinfo, const char *table)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	SltConfigScan s;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	s = slt_begin_data_scan(slt_config_table(slt_schema_of_call(fcinfo), table), false, 0, NULL);
	while (slt_next_row(&s))
		tuplestore_puttuple(rsinfo->setResult, s.row);
	slt_end_scan(&s);
}

/* Lists the services. */
PG_FUNCTION_INFO_V1(slt_list_services);
Datum
slt_list_services(PG_FUNCTION_ARGS)
{
	return_rows(fcinfo, "slt_services");
	return (Datum) 0;
}

/* Lists the maintenance. */
PG_FUNCTION_INFO_V1(slt_list_maintenance);
Datum
slt_list_maintenance(PG_FUNCTION_ARGS)
{
	return_rows(fcinfo, "slt_maintenance");
	return (Datum) 0;
}

/* Returns the row of a service. */
PG_FUNCTION_INFO_V1(slt_service);
Datum
slt_service(PG_FUNCTION_ARGS)
{
	Oid			schema = slt_schema_of_call(fcinfo),
				table = slt_config_table(schema, "slt_services");
	SltService *service = slt_find_service(schema, PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0));
	ScanKeyData key;
	SltConfigScan s;
	Datum		result;
	bool		found;

	slt_text_key(&key, table, "name", cstring_to_text(service->name));
	s = slt_begin_data_scan(table, true, 1, &key);
	found = slt_next_row(&s);
	result = found ? heap_copy_tuple_as_datum(s.row, RelationGetDescr(s.rel)) : (Datum) 0;
	slt_end_scan(&s);
	if (!found)
		PG_RETURN_NULL();
	return result;
}
