/*
 * news.h
 *		How a session hears that the policy has changed.
 */
#ifndef SLT_NEWS_H
#define SLT_NEWS_H

#include "postgres.h"

#include "utils/inval.h"

#define SLT_MAX_WATCHED 16

/* Changes that were heard of: of the policy but for holidays, and of holidays. */
extern uint64 slt_policy_changes;
extern uint64 slt_holiday_changes;

extern void slt_news_init(void);
extern void slt_watch(const Oid *tables, int n, Oid holidays);
extern void slt_listen_well(void);

/* Whether this transaction has changed a policy table. */
extern bool slt_policy_changed_here(void);

/*
 * Hears of changes.  Where there is none this costs a look at a flag of the
 * backend's own, a few nanoseconds, so it is done at each call: a long
 * statement goes by a change from the row after it on.
 */
static inline void
slt_listen(void)
{
	AcceptInvalidationMessages();
}

#endif							/* SLT_NEWS_H */
