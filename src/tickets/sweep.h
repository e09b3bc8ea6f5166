/*
 * sweep.h
 *		Announcing what became at risk or late.
 */
#ifndef SLT_SWEEP_H
#define SLT_SWEEP_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/rel.h"

/* How a sweep went. */
typedef struct SltSweepResult
{
	int64		announced;
	TimestampTz next;			/* the earliest look that is left; DT_NOEND
								 * for none */
	bool		put_off;		/* a table was left out that failed before */
} SltSweepResult;

extern void slt_sweep_database(void (*commit) (void), TimestampTz give_up_at, SltSweepResult *result);
extern bool slt_first_look(Relation rel, AttrNumber column, TimestampTz *at);

#endif							/* SLT_SWEEP_H */
