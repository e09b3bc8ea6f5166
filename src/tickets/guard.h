/*
 * guard.h
 *		Doing what may fail without failing.
 */
#ifndef SLT_GUARD_H
#define SLT_GUARD_H

#include "postgres.h"

#include "fmgr.h"

#include "../slt_compat.h"

/* Why something failed. */
typedef struct SltFailure
{
	int			sqlstate;
	char	   *message;
	char	   *detail;			/* or NULL, as those that follow */
	char	   *hint;
	char	   *context;
} SltFailure;

extern bool slt_gives_up;

extern bool slt_guarded(void (*action) (void *argument), void *argument, SltFailure *failure);
extern bool slt_guarded_for(int milliseconds, void (*action) (void *argument), void *argument, SltFailure *failure);
extern char *slt_sentence(const char *message);
extern void slt_warn(const SltFailure *failure, const char *message);
pg_noreturn extern void slt_rethrow(const SltFailure *failure);

extern void slt_check_commits(FunctionCallInfo fcinfo, const char *procedure);

#endif							/* SLT_GUARD_H */
