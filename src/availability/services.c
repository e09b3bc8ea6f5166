/*
 * services.c
 *		Services and experiences: the rows of their tables, and finding them by name.
 *
 * Tables are read past the privileges of whoever asks, as the policy is, but
 * with the query's snapshot, since they are data: two figures of one query
 * belong together, and a report in an old snapshot can be repeated.
 */
#include "availability.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

#define LONGEST_NAME 1000		/* bytes, in slt_services and slt_experiences */

/* ---------- names ---------- */

/* Folds a name as the tables' indexes do; of one that is longer than any of theirs the beginning, which is none, either. */
static char *
fold(const text *name)
{
	return slt_fold_name(VARDATA_ANY(name), pg_mbcliplen(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), LONGEST_NAME + MAX_MULTIBYTE_CHAR_LEN));
}

/* Adds a name to the list of what is known, for whoever may read the table; a long list is cut. */
static void
list_name(StringInfo list, Oid table, const text *name)
{
	if (list->len == 0 && pg_class_aclcheck(table, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		return;
	if (list->len > 1000)
	{
		if (list->data[list->len - 1] != '.')
			appendStringInfoString(list, ", ...");
		return;
	}
	appendStringInfo(list, "%s\"%s\"", list->len ? ", " : "", text_to_cstring(name));
}

/* ---------- services ---------- */

/* Returns a column of a row that may be null, copied; NULL for null. */
static struct varlena *
column_or_null(const SltConfigScan *s, const char *name, Oid type)
{
	bool		isnull;
	Datum		value = slt_tuple_column(s->rel, s->row, name, type, &isnull);

	return isnull ? NULL : PG_DETOAST_DATUM_COPY(value);
}

/* Returns a column that is an instant, or what stands for null. */
static SltInstant
instant_or(const SltConfigScan *s, const char *name, SltInstant null)
{
	bool		isnull;
	Datum		value = slt_tuple_column(s->rel, s->row, name, TIMESTAMPTZOID, &isnull);

	return isnull ? null : DatumGetTimestampTz(value);
}

/* Takes what is needed of the row at hand. */
static SltService *
take_service(const SltConfigScan *s, Oid schema)
{
	Oid			calendar = slt_config_type(schema, "working_calendar");
	SltService *service = palloc0(sizeof(SltService));
	const char *canonical;

	service->name = TextDatumGetCString(slt_column(s, "name", TEXTOID));
	service->target = (Numeric) PG_DETOAST_DATUM_COPY(slt_column(s, "target", NUMERICOID));
	service->zone_name = TextDatumGetCString(slt_column(s, "time_zone", TEXTOID));
	service->zone = slt_zone_find(service->zone_name, &canonical);
	if (service->zone == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("this server does not know the time zone \"%s\" of service \"%s\"", service->zone_name, service->name),
				 errhint("Update the time zone data, or change the service.")));
	service->window = column_or_null(s, "maintenance_window", calendar);
	service->hours = column_or_null(s, "service_hours", calendar);
	service->excuse_announced = DatumGetBool(slt_column(s, "excuse_announced", BOOLOID));
	service->since = instant_or(s, "since", SLT_MINUS_INFINITY);
	return service;
}

/* Finds a service by its exact name, which nearly everyone gives, by the primary key. */
static SltService *
find_spelled_service(Oid table, Oid schema, const text *name)
{
	SltService *service = NULL;
	ScanKeyData key;
	SltConfigScan s;

	slt_text_key(&key, table, "name", name);
	s = slt_begin_data_scan(table, true, 1, &key);
	if (slt_next_row(&s))
		service = take_service(&s, schema);
	slt_end_scan(&s);
	return service;
}

/* Finds the service of a name in any case, or the only one there is. */
static SltService *
search_services(Oid table, Oid schema, const text *name, int *count, StringInfo known)
{
	SltService *service = NULL;
	char	   *folded = name ? fold(name) : NULL;
	SltConfigScan s = slt_begin_data_scan(table, false, 0, NULL);

	*count = 0;
	while (slt_next_row(&s))
	{
		text	   *other = DatumGetTextPP(slt_column(&s, "name", TEXTOID));

		(*count)++;
		list_name(known, table, other);
		if (folded == NULL ? *count == 1 : service == NULL && strcmp(fold(other), folded) == 0)
			service = take_service(&s, schema);
	}
	slt_end_scan(&s);
	return service;
}

/* Finds a service in any spelling, or the only one; who asks for another is told which there are, if he may know. */
SltService *
slt_find_service(Oid schema, const text *name)
{
	Oid			table = slt_config_table(schema, "slt_services");
	SltService *service = name ? find_spelled_service(table, schema, name) : NULL;
	StringInfoData known;
	int			count;

	if (service != NULL)
		return service;
	initStringInfo(&known);
	service = search_services(table, schema, name, &count, &known);
	if (name == NULL && count > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there are several services"),
				 known.len > 0 ? errhint("Name one of %s.", known.data) : errhint("Name one.")));
	if (service == NULL && name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("there is no service"),
				 errhint("Add a row to slt_services.")));
	if (service == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("service \"%.*s\" does not exist", pg_mbcliplen(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), 200), VARDATA_ANY(name)),
				 known.len > 0 ? errhint("Known services are %s.", known.data) : count == 0 ? errhint("There are no services; add a row to slt_services.") : 0));
	return service;
}

/* ---------- experiences ---------- */

/* Returns the length of an interval, a day of 24 hours. */
int64
slt_interval_micros(const Interval *i)
{
	return i->time + (i->day + (int64) DAYS_PER_MONTH * i->month) * USECS_PER_DAY;
}

/* Turns a weight into millionths. */
int64
slt_read_weight(Datum weight)
{
	Datum		full = NumericGetDatum(int64_to_numeric(SLT_FULL_WEIGHT)),
				millionths = DirectFunctionCall2(numeric_mul, weight, full);
	int64		result = DatumGetInt64(DirectFunctionCall1(numeric_int8, millionths));

	pfree(DatumGetPointer(full));
	pfree(DatumGetPointer(millionths));
	return Min(Max(result, 1), SLT_FULL_WEIGHT);
}

/* Reads the experiences of the facts' service, by their names; returns how many. */
int
slt_read_experiences(SltFacts *r)
{
	Oid			table = slt_config_table(r->schema, "slt_experiences");
	int			room = 8;
	ScanKeyData key;
	SltConfigScan s;

	slt_text_key(&key, table, "service", cstring_to_text(r->service->name));
	r->experiences = palloc0(room * sizeof(SltExperience));
	s = slt_begin_data_scan(table, true, 1, &key);
	while (slt_next_row(&s))
	{
		SltExperience *e;
		const char *recorded;

		if (r->nexperiences == room)
			r->experiences = repalloc(r->experiences, (room *= 2) * sizeof(SltExperience));
		e = &r->experiences[r->nexperiences++];
		memset(e, 0, sizeof(*e));
		e->name = (text *) PG_DETOAST_DATUM_COPY(slt_column(&s, "name", TEXTOID));
		e->covered = DatumGetBool(slt_column(&s, "covered", BOOLOID));
		e->weight = slt_read_weight(slt_column(&s, "weight", NUMERICOID));
		e->quorum = DatumGetInt32(slt_column(&s, "quorum", INT4OID));
		e->told_until = SLT_INFINITY;
		recorded = slt_text_column(&s, "recorded"); /* "by hand", "by checks" */
		e->recorded = strlen(recorded) > 3 ? recorded[3] : 0;
		e->watched = (SltPeriod) {instant_or(&s, "recorded_since", SLT_MINUS_INFINITY), instant_or(&s, "recorded_until", SLT_INFINITY)};
		e->within = slt_interval_micros(DatumGetIntervalP(slt_column(&s, "report_within", INTERVALOID)));
	}
	slt_end_scan(&s);
	return r->nexperiences;
}

/* Finds an experience of the facts' service by its name, in any case. */
int
slt_find_experience(const SltFacts *r, const text *name)
{
	char	   *folded = fold(name);
	StringInfoData known;

	for (int i = 0; i < r->nexperiences; i++)
		if (strcmp(fold(r->experiences[i].name), folded) == 0)
			return i;
	initStringInfo(&known);
	for (int i = 0; i < r->nexperiences; i++)
		list_name(&known, slt_config_table(r->schema, "slt_experiences"), r->experiences[i].name);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("experience \"%.*s\" of service \"%s\" does not exist",
					pg_mbcliplen(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), 200), VARDATA_ANY(name), r->service->name),
			 known.len > 0 ? errhint("Known experiences are %s.", known.data)
			 : r->nexperiences == 0 ? errhint("The service has no experiences; add rows to slt_experiences.") : 0));
}

/* ---------- for functions in SQL ---------- */

/* Returns the name of a service, as it is spelled. */
PG_FUNCTION_INFO_V1(slt_service_name);
Datum
slt_service_name(PG_FUNCTION_ARGS)
{
	SltService *service = slt_find_service(slt_schema_of_call(fcinfo), PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0));

	PG_RETURN_TEXT_P(cstring_to_text(service->name));
}

/* Returns the rows of the table that the function returns rows of, for everyone, as a status page is served by a role without rights on it. */
PG_FUNCTION_INFO_V1(slt_list_rows);
Datum
slt_list_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	SltConfigScan s;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	s = slt_begin_data_scan(get_typ_typrelid(get_func_rettype(fcinfo->flinfo->fn_oid)), false, 0, NULL);
	while (slt_next_row(&s))
		tuplestore_puttuple(rsinfo->setResult, s.row);
	slt_end_scan(&s);
	return (Datum) 0;
}

/*
 * Returns the rows of a query of a table of ours, for everyone: as the owner of the
 * table, restricted.  The query has the function's arguments, and the schema for
 * each %s; the function sets the search path.
 */
static Datum
return_query(FunctionCallInfo fcinfo, const char *table, const char *query)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Oid			schema = slt_schema_of_call(fcinfo);
	const char *name = quote_identifier(get_namespace_name(schema));
	Oid		   *types;
	int			nargs,
				context;
	Datum		values[FUNC_MAX_ARGS];
	char		nulls[FUNC_MAX_ARGS];
	Oid			user;

	InitMaterializedSRF(fcinfo, 0);
	(void) get_func_signature(fcinfo->flinfo->fn_oid, &types, &nargs);
	for (int i = 0; i < nargs; i++)
	{
		values[i] = PG_GETARG_DATUM(i);
		nulls[i] = PG_ARGISNULL(i) ? 'n' : ' ';
	}
	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(slt_owner_of(slt_config_table(schema, table)), context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
	SPI_connect();
	SPI_execute_with_args(psprintf(query, name, name), nargs, types, values, nulls, true, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		tuplestore_puttuple(rsinfo->setResult, SPI_tuptable->vals[i]);
	SPI_finish();
	SetUserIdAndSecContext(user, context);
	return (Datum) 0;
}

/* list_incidents(), as the owner of the outages: the status page is for whoever may not read them. */
PG_FUNCTION_INFO_V1(slt_list_incidents);
Datum
slt_list_incidents(PG_FUNCTION_ARGS)
{
	return return_query(fcinfo, "slt_outages", "SELECT * FROM list_incidents($1, $2, $3, $4)");
}

/* list_planned(), as the owner of the maintenance: a feed is for whoever may not read it. */
PG_FUNCTION_INFO_V1(slt_list_planned);
Datum
slt_list_planned(PG_FUNCTION_ARGS)
{
	return return_query(fcinfo, "slt_maintenance", "SELECT * FROM list_planned($1, $2)");
}

/* Lists who checks what, and how that goes. */
PG_FUNCTION_INFO_V1(slt_list_watchers);
Datum
slt_list_watchers(PG_FUNCTION_ARGS)
{
	return return_query(fcinfo, "slt_monitors",
						"SELECT m.experience, m.monitor, (SELECT max(c.at) FROM %s.slt_checks c WHERE (c.service, c.experience, c.monitor) = (m.service, m.experience, m.monitor)),"
						" EXISTS (SELECT FROM failing f WHERE (f.service, f.experience, f.monitor) = (m.service, m.experience, m.monitor) AND f.until IS NULL), m.refused, m.refused_at"
						" FROM %s.slt_monitors m WHERE m.service = $1");
}

/* Lists how many checks took how long, of what is settled and of what is not yet. */
PG_FUNCTION_INFO_V1(slt_list_latencies);
Datum
slt_list_latencies(PG_FUNCTION_ARGS)
{
	return return_query(fcinfo, "slt_latencies",
						"SELECT experience, day, bucket, sum(checks) FROM ("
						" SELECT experience, day, bucket, checks FROM %s.slt_latencies WHERE service = $1 AND day >= $3 UNION ALL"
						" SELECT experience, (at AT TIME ZONE $2)::date, bucket_of(latency), 1 FROM %s.slt_checks"
						" WHERE service = $1 AND latency IS NOT NULL AND (at AT TIME ZONE $2)::date >= $3) l GROUP BY 1, 2, 3");
}
