/*
 * attachment.h
 *		How a ticket table is attached: which of its columns say what.
 */
#ifndef SLT_ATTACHMENT_H
#define SLT_ATTACHMENT_H

#include "postgres.h"

#include "access/tupconvert.h"
#include "fmgr.h"
#include "nodes/bitmapset.h"
#include "pgtime.h"
#include "utils/numeric.h"
#include "utils/rel.h"

#include "../policy/policy.h"

#define SLT_MAX_METRICS 16

/* Where a fact about a ticket comes from. */
typedef enum SltSource
{
	SLT_NOWHERE,
	SLT_COLUMN,
	SLT_FUNCTION,				/* a function of the row */
	SLT_CONSTANT
} SltSource;

/* A fact about a ticket. */
typedef struct SltField
{
	SltSource	source;
	AttrNumber	attnum;			/* of the column */
	Oid			type;			/* of the column, or what the function returns; domains are seen through */
	Oid			function_oid;
	FmgrInfo	function;		/* of the row */
	FmgrInfo	output;			/* of a type that is neither text nor an integer nor an instant */
	char	   *constant;
} SltField;

/* What the policy decides by, in the order of its words. */
typedef enum SltCode
{
	SLT_SEVERITY,
	SLT_CONTRACT,
	SLT_REQUEST_KIND,
	SLT_CODES
} SltCode;

/* A rule that translates the application's code. */
typedef struct SltMapRule
{
	enum
	{
		SLT_EXACTLY,
		SLT_AT_LEAST,
		SLT_MORE,
		SLT_AT_MOST,
		SLT_LESS,
		SLT_THE_REST
	}			kind;
	char	   *code;			/* of SLT_EXACTLY */
	Numeric		bound;			/* of a threshold */
	char	   *name;			/* what the policy calls it; NULL if it is owed no deadline */
} SltMapRule;

/* A map in the order in which its rules are tried. */
typedef struct SltMap
{
	int			nrules;
	SltMapRule *rules;
} SltMap;

typedef struct SltMetric
{
	char	   *name;
	AttrNumber	due;
	AttrNumber	met;
	SltField	done;
} SltMetric;

struct terms_hash;

/* How a table is attached; for a partition, with the columns where the partition has them. */
typedef struct SltAttachment
{
	Oid			relid;
	MemoryContext context;
	char	   *problem;		/* why its rows cannot be stamped, or NULL */
	char	   *advice;
	bool		complained;		/* of the problem, in this session */

	Oid			root;			/* the table that was attached */
	TupleConversionMap *to_root;	/* if its rows look different */
	TupleDesc	root_desc;
	char	   *key;			/* its column, NULL for the primary key */

	SltField	opened;
	SltField	codes[SLT_CODES];
	SltMap		maps[SLT_CODES];
	SltField	status;
	SltField	changed;
	int			npaused_when;
	char	  **paused_when;
	pg_tz	   *zone;			/* of columns without time zone; NULL for UTC */
	bool		has_unset;
	TimestampTz unset;			/* what means "not yet" */
	bool		strict;			/* an unknown code is an error */
	bool		functions;		/* some fact comes from a function */
	char	   *search_path;	/* by which functions find what they use */

	AttrNumber	paused;
	AttrNumber	announce_at;
	int			nmetrics;
	SltMetric	metrics[SLT_MAX_METRICS];

	int			nreads;			/* the columns that stamps depend on */
	AttrNumber	reads[SLT_MAX_METRICS + 8];
	AttrNumber	last_read;
	Bitmapset  *read_set;		/* the same, as the executor counts */
	AttrNumber	last_fact;		/* of these, and of when they changed */

	struct terms_hash *terms;	/* what codes mean (terms.c) */
	MemoryContext terms_context;
	uint64		terms_epoch;
} SltAttachment;

extern Numeric slt_read_number(const char *text);

/* Changes whenever attachments found earlier may be different. */
extern uint64 slt_attachments_epoch;

extern void slt_attachments_init(void);
extern SltAttachment *slt_attachment_of(Relation rel);
extern SltAttachment *slt_usable_attachment(Relation rel);
extern void slt_complain_about_attachment(SltAttachment *a);

#endif							/* SLT_ATTACHMENT_H */
