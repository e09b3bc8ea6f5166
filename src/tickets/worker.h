/*
 * worker.h
 *		The background worker that sweeps when a deadline falls due.
 */
#ifndef SLT_WORKER_H
#define SLT_WORKER_H

#include "postgres.h"

extern void slt_worker_init(void);

#endif							/* SLT_WORKER_H */
