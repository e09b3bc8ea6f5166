/*
 * config.h
 *		Reading the config tables from C, past privileges and with a fresh snapshot.
 */
#ifndef SLT_CONFIG_H
#define SLT_CONFIG_H

#include "postgres.h"

#include "access/genam.h"
#include "utils/rel.h"

/* A scan of a config table, and the row at hand. */
typedef struct SltConfigScan
{
	Relation	rel;
	SysScanDesc scan;
	HeapTuple	row;
} SltConfigScan;

extern Oid	slt_config_schema(void);
extern Oid	slt_config_table(Oid schema, const char *name);
extern Oid	slt_config_type(Oid schema, const char *name);
extern SltConfigScan slt_begin_scan(Oid table, Oid index, int nkeys, ScanKey keys);
extern bool slt_next_row(SltConfigScan *s);
extern void slt_end_scan(SltConfigScan *s);
extern Datum slt_tuple_column(Relation rel, HeapTuple row, const char *name, Oid type, bool *isnull);
extern Datum slt_column(const SltConfigScan *s, const char *name, Oid type);
extern char *slt_text_column(const SltConfigScan *s, const char *name);

#endif							/* SLT_CONFIG_H */
