/*
 * availability.h
 *		Services, and what is recorded of them, as C sees it.
 */
#ifndef SLT_AVAILABILITY_H
#define SLT_AVAILABILITY_H

#include "postgres.h"

#include "access/relscan.h"
#include "executor/tuptable.h"
#include "utils/numeric.h"

#include "../core/periods.h"
#include "../policy/config.h"
#include "../types/calendar_periods.h"
#include "../types/numbers.h"
#include "../types/types.h"

/* A row of slt_services. */
typedef struct SltService
{
	char	   *name;
	Numeric		target;
	char	   *zone_name;
	const SltZone *zone;
	struct varlena *window;		/* NULL for none */
	struct varlena *hours;		/* NULL for around the clock */
	bool		excuse_announced;
} SltService;

/* An experience of a service, and what is recorded of it. */
typedef struct SltExperience
{
	text	   *name;
	bool		covered;
	bool		monitored;		/* was ever checked */
	int64		within;			/* how long a check vouches for, in microseconds */
	SltPeriods	coverage;		/* in the time asked for */
	SltOutages	unplanned;
	SltOutages	planned;
} SltExperience;

/* For whom outages are read: an experience's number, or one of these. */
#define SLT_WHOLE_SERVICE	(-1)
#define SLT_EACH			(-2)

/* What is recorded of a service for some time. */
typedef struct SltRecord
{
	Oid			schema;
	SltService *service;
	int			wanted;
	int			nexperiences;
	SltExperience *experiences;
	SltOutages	unplanned;		/* of all of the service, or of all that is wanted */
	SltOutages	planned;
	SltPeriods	excused;
	bool		anything;		/* is recorded of the service at any time */
	SltInstant	from;			/* the time asked for; from the first record on if without a start */
	SltInstant	to;
} SltRecord;

/* rows.c: the tables, as the query's snapshot shows them */
extern Oid	slt_schema_of_call(FunctionCallInfo fcinfo);
extern Relation slt_open_ordered(Oid schema, const char *name, LOCKMODE lock, Relation *index);
extern AttrNumber slt_column_number(Relation rel, const char *name, Oid type);
extern int64 slt_interval_micros(const Interval *i);
extern void slt_close_ordered(Relation rel, Relation index);
extern SltConfigScan slt_begin_data_scan(Oid table, bool by_primary_key, int nkeys, ScanKey keys);
extern void slt_text_key(ScanKey key, Oid table, const char *column, const text *value);
extern SltService *slt_find_service(Oid schema, const text *name);
extern int	slt_read_experiences(SltRecord *r);
extern int	slt_find_experience(const SltRecord *r, const text *name);

#define SLT_KEPT_CHECKS 4000	/* of each experience, at least */

/* record.c */
extern SltRecord *slt_read_record(Oid schema, const text *service, const text *experience, bool each, SltInstant from, SltInstant to);
extern SltRecord *slt_read_record_with_now(Oid schema, const text *service, SltInstant from);
extern Relation slt_open_outage_index(Relation outages, Oid schema);
extern void slt_history_of(SltRecord *r, int which, SltHistory *history, SltPeriods *known);
extern void slt_list_hours(SltPeriods *periods, struct varlena *calendar, SltInstant from, SltInstant to);

/* report.c */
#define SLT_FIGURES 11			/* that slt_fill_figures() gives, from the period on */

extern const SltPeriods *slt_hours_of(const SltRecord *r, struct varlena *argument, SltInstant from, SltInstant to, SltPeriods *hours);
extern void slt_measure_record(const SltRecord *r, const SltHistory *h, SltPeriod period, SltMeasure *m);
extern int64 slt_promised_time(const SltRecord *r, struct varlena *hours, SltPeriod period);
extern void slt_fill_figures(const SltRecord *r, SltPeriod period, int64 promised, const SltMeasure *m, Datum *values, bool *nulls);

/* outage_class.c */
extern int	slt_length_class(SltInstant from, SltInstant to);
extern int64 slt_class_length(int length_class);

#define SLT_LAST_CLASS 30		/* of outages without end */

#endif							/* SLT_AVAILABILITY_H */
