/*
 * worker.h
 *		The background worker that sweeps when a deadline falls due.
 */
#ifndef SLT_WORKER_H
#define SLT_WORKER_H

#include "postgres.h"

#include "datatype/timestamp.h"

extern void slt_worker_init(void);

/* Says that a ticket of this transaction has to be looked at then; takes effect at commit. */
extern void slt_expect_sweep(TimestampTz at);

#endif							/* SLT_WORKER_H */
