/*
 * attachment.h
 *		How a ticket table is attached: which of its columns say what.
 */
#ifndef SLT_ATTACHMENT_H
#define SLT_ATTACHMENT_H

#include "postgres.h"

#include "fmgr.h"
#include "nodes/bitmapset.h"
#include "utils/rel.h"

#include "../core/clock.h"
#include "../policy/policy.h"
#include "map.h"

/* A column that says something. */
typedef struct SltFact
{
	AttrNumber	attnum;			/* 0: nothing says it */
	Oid			type;			/* domains are seen through */
	FmgrInfo	output;
} SltFact;

/* What the policy decides by, in the order of its words. */
typedef enum SltCode
{
	SLT_SEVERITY,
	SLT_CONTRACT,
	SLT_REQUEST_KIND,
	SLT_CALENDAR,
	SLT_CODES
} SltCode;

/* Where a code comes from: columns, whose texts are joined by commas, or a constant. */
typedef struct SltCodeSource
{
	int			ncolumns;
	SltFact    *columns;
	char	   *constant;		/* NULL for none */
	SltMap		map;
} SltCodeSource;

/* A metric, and the columns that say when it starts and ends, and those that we write. */
typedef struct SltMetric
{
	char	   *name;
	SltWhenReopened when_reopened;
	SltEndsBy	ends_by;
	int			ends_with;		/* another one; -1 for none */
	SltFact		started;
	SltFact		done;
	AttrNumber	due;
	AttrNumber	met;
	AttrNumber	runs;
} SltMetric;

/* What a status means. */
typedef struct SltStatusRule
{
	const char *name;
	size_t		len;
	uint32		paused;			/* a bit for each metric */
	uint32		done;
	bool		cancelled;
} SltStatusRule;

struct terms_hash;

/* How a table is attached; for a partition, with the columns where the partition has them. */
typedef struct SltAttachment
{
	Oid			relid;
	MemoryContext context;
	char	   *problem;		/* why its rows cannot be stamped, or NULL */
	char	   *advice;
	int			passing;		/* the code of a problem that is one of the
								 * moment only, else 0 */
	bool		complained;		/* of the problem, in this session */

	char	   *name;
	Oid			root;			/* the table of the attachment's row; that may
								 * be gone */
	int			nkeys;
	SltFact    *keys;			/* what tells tickets apart; none: the place
								 * of the row */
	bool		key_depends;	/* its text depends on a session's settings */

	SltFact		opened;
	SltFact		changed;
	SltCodeSource status;
	SltCodeSource codes[SLT_CODES];
	int			nstatuses;
	SltStatusRule *statuses;	/* those that mean something */
	const SltZone *zone;		/* of columns without time zone; NULL for UTC */
	bool		zone_is_given;
	int64		unit;			/* microseconds in a unit of integers */
	SltMoment	unset;			/* what means "not yet" */
	SltInstant	announce_from;
	bool		strict;			/* an unknown code is an error */

	AttrNumber	status_at;		/* 0 without a status */
	AttrNumber	status_became;
	AttrNumber	announce_at;
	int			nmetrics;
	SltMetric	metrics[SLT_MAX_METRICS];

	AttrNumber	last_read;		/* of the columns that stamps depend on */
	Bitmapset  *read_set;		/* these, as the executor counts */
	int			nreads;
	AttrNumber *reads;
	AttrNumber	last_fact;		/* of these, and of when they changed */

	struct terms_hash *terms;	/* what codes mean (terms.c) */
	MemoryContext terms_context;
	uint64		terms_epoch;
} SltAttachment;

/* Changes whenever attachments found earlier may be different. */
extern uint64 slt_attachments_epoch;

extern void slt_attachments_init(void);
extern SltAttachment *slt_attachment_of(Relation rel);
extern SltAttachment *slt_usable_attachment(Relation rel);
extern void slt_complain_about_attachment(SltAttachment *a);

#endif							/* SLT_ATTACHMENT_H */
