/*
 * config.c
 *		Reading the config tables from C, past privileges and with a fresh snapshot.
 */
#include "config.h"

#include "../slt_compat.h"

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/* Returns a column of the extension's row in the catalog, copied; 0 for null. */
static Datum
extension_column(AttrNumber column, bool byval, int length)
{
	Oid			extension = get_extension_oid("slt", false);
	Relation	rel = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		isnull = true;
	Datum		value = (Datum) 0;

	ScanKeyInit(&key, Anum_pg_extension_oid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(extension));
	scan = systable_beginscan(rel, ExtensionOidIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		value = heap_getattr(tuple, column, RelationGetDescr(rel), &isnull);
	value = isnull ? (Datum) 0 : datumCopy(value, byval, length);
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return value;
}

/* Returns the schema that the extension is in now; it can be renamed and moved, so no name is built in. */
Oid
slt_config_schema(void)
{
	return DatumGetObjectId(extension_column(Anum_pg_extension_extnamespace, true, sizeof(Oid)));
}

/*
 * Tells whether a table is one that the extension's script made for data.  Other
 * tables can be in its schema, or added to it, whose owner is whoever made it.
 */
bool
slt_is_config_table(Oid table)
{
	Datum		tables = extension_column(Anum_pg_extension_extconfig, false, -1);
	ArrayType  *array = tables ? DatumGetArrayTypeP(tables) : NULL;

	for (int i = 0; array && ARR_NDIM(array) == 1 && i < ARR_DIMS(array)[0]; i++)
		if (((Oid *) ARR_DATA_PTR(array))[i] == table)
			return true;
	return false;
}

/* Finds a table of slt in its schema alone, so that no search path puts another in its place. */
Oid
slt_config_table(Oid schema, const char *name)
{
	Oid			table = get_relname_relid(name, schema);

	if (!OidIsValid(table))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table \"%s\" of extension \"slt\" does not exist", name),
				 errhint("Somebody renamed it or moved it to another schema; undo that.")));
	return table;
}

/* Returns who owns a table; InvalidOid if it is gone. */
Oid
slt_owner_of(Oid table)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	Oid			owner = HeapTupleIsValid(tuple) ? ((Form_pg_class) GETSTRUCT(tuple))->relowner : InvalidOid;

	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return owner;
}

/* Returns the name of a table as SQL has it, with its schema, so that no search path counts. */
const char *
slt_quoted_table(Oid table)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(table)), get_rel_name(table));
}

/* Returns the name of a column as SQL has it. */
const char *
slt_quoted_column(Relation rel, AttrNumber attnum)
{
	return quote_identifier(NameStr(TupleDescAttr(RelationGetDescr(rel), attnum - 1)->attname));
}

/* Finds a type of slt in its schema alone, as tables are found. */
Oid
slt_config_type(Oid schema, const char *name)
{
	return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(name), ObjectIdGetDatum(schema));
}

/*
 * Returns the trigger that a function was called as.  A trigger function can be
 * named by a trigger of any table, so it checks what it is on: a table in slt's
 * schema that has the columns that are read, and for each row or not.
 */
TriggerData *
slt_called_as_trigger(FunctionCallInfo fcinfo, const char *name, bool for_each_row, int ncolumns, const SltColumn *columns)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager", name)));
	if (for_each_row != (TRIGGER_FIRED_FOR_ROW(trigger->tg_event) != 0) ||
		(for_each_row && TRIGGER_FIRED_BY_DELETE(trigger->tg_event)))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 for_each_row ? errmsg("function \"%s\" must be fired for each row that is inserted or updated", name) :
				 errmsg("function \"%s\" must be fired for each statement", name)));
	if (RelationGetNamespace(trigger->tg_relation) != slt_config_schema())
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("function \"%s\" is not for table \"%s\"", name, RelationGetRelationName(trigger->tg_relation))));
	for (int i = 0; i < ncolumns; i++)
	{
		AttrNumber	n = SPI_fnumber(RelationGetDescr(trigger->tg_relation), columns[i].name);

		if (n <= 0 || TupleDescAttr(RelationGetDescr(trigger->tg_relation), n - 1)->atttypid != columns[i].type)
			ereport(ERROR,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("function \"%s\" is not for table \"%s\"", name, RelationGetRelationName(trigger->tg_relation)),
					 errdetail("The table has no column \"%s\" of type %s.", columns[i].name, format_type_be(columns[i].type))));
	}
	return trigger;
}

/* Starts to read a config table, all of it or by an index; with a snapshot of its own unless one is given. */
SltConfigScan
slt_begin_snapshot_scan(Oid table, Oid index, int nkeys, ScanKey keys, Snapshot snapshot)
{
	SltConfigScan s = {table_open(table, AccessShareLock), NULL, NULL};

	/*
	 * no snapshot given: systable scans take a fresh one for a table that is
	 * no catalog
	 */
	s.scan = systable_beginscan(s.rel, index, OidIsValid(index), snapshot, nkeys, keys);
	return s;
}

/* The same as of now. */
SltConfigScan
slt_begin_scan(Oid table, Oid index, int nkeys, ScanKey keys)
{
	return slt_begin_snapshot_scan(table, index, nkeys, keys, NULL);
}

/* Goes on to the next row; a table can be made so long that reading it must heed a cancel. */
bool
slt_next_row(SltConfigScan *s)
{
	CHECK_FOR_INTERRUPTS();
	s->row = systable_getnext(s->scan);
	return HeapTupleIsValid(s->row);
}

/* Ends the scan; the lock goes with it, as the policy may change from here on. */
void
slt_end_scan(SltConfigScan *s)
{
	systable_endscan(s->scan);
	table_close(s->rel, AccessShareLock);
}

/* Returns a column of a row by its name, which no order of columns can confuse. */
Datum
slt_tuple_column(Relation rel, HeapTuple row, const char *name, Oid type, bool *isnull)
{
	return heap_getattr(row, slt_column_number(rel, name, type), RelationGetDescr(rel), isnull);
}

/* Returns a column of the row at hand that must not be null. */
Datum
slt_column(const SltConfigScan *s, const char *name, Oid type)
{
	bool		isnull;
	Datum		value = slt_tuple_column(s->rel, s->row, name, type, &isnull);

	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("column \"%s\" of table \"%s\" is null in a row", name, RelationGetRelationName(s->rel)),
				 errhint("Fill it, and make the column NOT NULL again.")));
	return value;
}

/* Returns a text column of the row at hand; "" for null. */
char *
slt_text_column(const SltConfigScan *s, const char *name)
{
	bool		isnull;
	Datum		value = slt_tuple_column(s->rel, s->row, name, TEXTOID, &isnull);

	return isnull ? pstrdup("") : TextDatumGetCString(value);
}

/*
 * Lets one transaction at a time change a table, so that two cannot add rows
 * side by side that do not go together.  The lock is one that SQL has no name for.
 */
void
slt_one_at_a_time(Relation rel)
{
	LOCKTAG		tag;

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, RelationRelationId, RelationGetRelid(rel), 1);
	(void) LockAcquire(&tag, ExclusiveLock, false, false);
}

/* ---------- data: as the query's snapshot shows it ---------- */

/* Returns the schema of the extension, which is that of the function that was called if that is public. */
Oid
slt_schema_of_call(FunctionCallInfo fcinfo)
{
	Oid			schema = get_func_namespace(fcinfo->flinfo->fn_oid);

	return schema == get_namespace_oid("zz_slt_internal", true) ? slt_config_schema() : schema;
}

/* Makes a key for rows whose column is a text. */
void
slt_text_key(ScanKey key, Oid table, const char *column, const text *value)
{
	ScanKeyInit(key, get_attnum(table, column), BTEqualStrategyNumber, F_TEXTEQ, PointerGetDatum(value));
	key->sk_collation = DEFAULT_COLLATION_OID;
}

/* Starts to read a table as the query's snapshot has it: data is seen as in any query, the policy as catalogs are. */
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

/* Closes both; the table's lock stays, as what was read is still in use. */
void
slt_close_ordered(Relation rel, Relation index)
{
	index_close(index, AccessShareLock);
	table_close(rel, NoLock);
}

/* Finds a column by name and type: a restored table may have others before it, and somebody may have changed it. */
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
