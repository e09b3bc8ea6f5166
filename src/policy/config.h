/*
 * config.h
 *		Reading the config tables from C, past privileges and with a fresh snapshot.
 */
#ifndef SLT_CONFIG_H
#define SLT_CONFIG_H

#include "postgres.h"

#include "access/genam.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/rel.h"

/* A column that a trigger function needs its table to have. */
typedef struct SltColumn
{
	const char *name;
	Oid			type;
} SltColumn;

/* A scan of a config table, and the row at hand. */
typedef struct SltConfigScan
{
	Relation	rel;
	SysScanDesc scan;
	HeapTuple	row;
} SltConfigScan;

extern Oid	slt_config_schema(void);
extern Oid	slt_config_table(Oid schema, const char *name);
extern bool slt_is_config_table(Oid table);
extern Oid	slt_owner_of(Oid table);
extern const char *slt_quoted_table(Oid table);
extern const char *slt_quoted_column(Relation rel, AttrNumber attnum);
extern Oid	slt_config_type(Oid schema, const char *name);
extern TriggerData *slt_called_as_trigger(FunctionCallInfo fcinfo, const char *name, bool for_each_row, int ncolumns, const SltColumn *columns);
extern void slt_one_at_a_time(Relation rel);
extern SltConfigScan slt_begin_snapshot_scan(Oid table, Oid index, int nkeys, ScanKey keys, Snapshot snapshot);
extern SltConfigScan slt_begin_scan(Oid table, Oid index, int nkeys, ScanKey keys);
extern bool slt_next_row(SltConfigScan *s);
extern void slt_end_scan(SltConfigScan *s);
extern Datum slt_tuple_column(Relation rel, HeapTuple row, const char *name, Oid type, bool *isnull);
extern Datum slt_column(const SltConfigScan *s, const char *name, Oid type);
extern char *slt_text_column(const SltConfigScan *s, const char *name);

/* names.c: names are compared without regard to case */
extern char *slt_fold_name(const char *name, int len);

/* data: as the query's snapshot shows it */
extern Oid	slt_schema_of_call(FunctionCallInfo fcinfo);
extern void slt_text_key(ScanKey key, Oid table, const char *column, const text *value);
extern SltConfigScan slt_begin_data_scan(Oid table, bool by_primary_key, int nkeys, ScanKey keys);
extern Relation slt_open_ordered(Oid schema, const char *name, LOCKMODE lock, Relation *index);
extern void slt_close_ordered(Relation rel, Relation index);
extern AttrNumber slt_column_number(Relation rel, const char *name, Oid type);

/* names.c: names are compared without regard to case */
extern char *slt_fold_name(const char *name, int len);

#endif							/* SLT_CONFIG_H */
