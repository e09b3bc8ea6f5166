/*
 * rows.c
 *		Services and experiences: the rows of their tables, and finding them by name.
 *
 * Tables are read past the privileges of whoever asks, as the policy is, but
 * with the query's snapshot, since they are data: two figures of one query
 * belong together, and a report in an old snapshot can be repeated.
 */
#include "availability.h"

#include "access/genam.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/formatting.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

/* Returns the schema of the extension, which is that of the function that was called. */
Oid
slt_schema_of_call(FunctionCallInfo fcinfo)
{
	return get_func_namespace(fcinfo->flinfo->fn_oid);
}

/* Makes a key for rows whose column is a text. */
void
slt_text_key(ScanKey key, Oid table, const char *column, const text *value)
{
	ScanKeyInit(key, get_attnum(table, column), BTEqualStrategyNumber, F_TEXTEQ, PointerGetDatum(value));
	key->sk_collation = DEFAULT_COLLATION_OID;
}

/* Starts to read a table, all of it or by its primary key. */
SltConfigScan
slt_begin_data_scan(Oid table, bool by_primary_key, int nkeys, ScanKey keys)
{
	SltConfigScan s = {table_open(table, AccessShareLock), NULL, NULL};
	Oid			index = by_primary_key ? slt_primary_key_index(s.rel) : InvalidOid;

	s.scan = systable_beginscan(s.rel, index, OidIsValid(index), GetActiveSnapshot(), nkeys, keys);
	return s;
}

/* Opens a table that is read in the order of its primary key. */
Relation
slt_open_ordered(Oid schema, const char *name, LOCKMODE lock, Relation *index)
{
	Relation	rel = table_open(slt_config_table(schema, name), lock);
	Oid			primary_key = slt_primary_key_index(rel);

	if (!OidIsValid(primary_key))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("table \"%s\" has no primary key", name),
				 errhint("Give it back, as the extension made it.")));
	*index = index_open(primary_key, AccessShareLock);
	return rel;
}

/* Closes it. */
void
slt_close_ordered(Relation rel, Relation index)
{
	index_close(index, AccessShareLock);
	table_close(rel, NoLock);
}

/* Finds a column of a table by name and type. */
AttrNumber
slt_column_number(Relation rel, const char *name, Oid type)
{
	TupleDesc	desc = RelationGetDescr(rel);

	for (int i = 0; i < desc->natts; i++)
		if (namestrcmp(&TupleDescAttr(desc, i)->attname, name) == 0 &&
			!TupleDescAttr(desc, i)->attisdropped && TupleDescAttr(desc, i)->atttypid == type)
			return i + 1;
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("table \"%s\" has no usable column \"%s\"", RelationGetRelationName(rel), name),
			 errhint("Give the column its name and type back.")));
}

/* ---------- names ---------- */

/* Folds a name for comparison without regard to case. */
static char *
fold(const text *name)
{
	return str_tolower(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), DEFAULT_COLLATION_OID);
}

/* Adds a name to the list of what is known; a long list is cut. */
static void
list_name(StringInfo list, const text *name)
{
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
	return service;
}

/* Finds a service by its name as it is spelled. */
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
		list_name(known, other);
		if (folded == NULL ? *count == 1 : service == NULL && strcmp(fold(other), folded) == 0)
			service = take_service(&s, schema);
	}
	slt_end_scan(&s);
	return service;
}

/* Finds a service by its name, or the only one if there is no name. */
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
				 errhint("Name one of %s.", known.data)));
	if (service == NULL && name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("there is no service"),
				 errhint("Add a row to slt_services.")));
	if (service == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("service \"%.*s\" does not exist", pg_mbcliplen(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), 200), VARDATA_ANY(name)),
				 count > 0 ? errhint("Known services are %s.", known.data) : errhint("There are no services; add a row to slt_services.")));
	return service;
}

/* ---------- experiences ---------- */

/* Returns the length of an interval, a day of 24 hours. */
int64
slt_interval_micros(const Interval *i)
{
	return i->time + (i->day + (int64) DAYS_PER_MONTH * i->month) * USECS_PER_DAY;
}

/* Reads the experiences of the record's service, by their names; returns how many. */
int
slt_read_experiences(SltRecord *r)
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

		if (r->nexperiences == room)
			r->experiences = repalloc(r->experiences, (room *= 2) * sizeof(SltExperience));
		e = &r->experiences[r->nexperiences++];
		memset(e, 0, sizeof(*e));
		e->name = (text *) PG_DETOAST_DATUM_COPY(slt_column(&s, "name", TEXTOID));
		e->covered = DatumGetBool(slt_column(&s, "covered", BOOLOID));
		e->within = slt_interval_micros(DatumGetIntervalP(slt_column(&s, "report_within", INTERVALOID)));
	}
	slt_end_scan(&s);
	return r->nexperiences;
}

/* Finds an experience of the record's service by its name, in any case. */
int
slt_find_experience(const SltRecord *r, const text *name)
{
	char	   *folded = fold(name);
	StringInfoData known;

	for (int i = 0; i < r->nexperiences; i++)
		if (strcmp(fold(r->experiences[i].name), folded) == 0)
			return i;
	initStringInfo(&known);
	for (int i = 0; i < r->nexperiences; i++)
		list_name(&known, r->experiences[i].name);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("experience \"%.*s\" of service \"%s\" does not exist",
					pg_mbcliplen(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), 200), VARDATA_ANY(name), r->service->name),
			 known.len > 0 ? errhint("Known experiences are %s.", known.data)
			 : errhint("The service has no experiences; add rows to slt_experiences.")));
}
