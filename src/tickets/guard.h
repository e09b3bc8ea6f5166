/*
 * guard.h
 *		Doing what may fail without failing.
 */
#ifndef SLT_GUARD_H
#define SLT_GUARD_H

#include "postgres.h"

/* Why something failed. */
typedef struct SltFailure
{
	int			sqlstate;
	char	   *message;
	char	   *hint;			/* or NULL */
} SltFailure;

extern bool slt_guarded(void (*action) (void *argument), void *argument, SltFailure *failure);

#endif							/* SLT_GUARD_H */
