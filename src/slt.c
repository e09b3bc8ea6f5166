/*
 * slt.c
 *		The module: its magic, its settings, its callbacks, and nothing else.
 */
#include "postgres.h"

#include "fmgr.h"
#include "policy/policy.h"
#include "tickets/attachment.h"
#include "tickets/stamp.h"
#include "tickets/worker.h"

PG_MODULE_MAGIC;

void		_PG_init(void);

/* Runs once when a backend loads the library. */
void
_PG_init(void)
{
	slt_worker_init();			/* settings come before the policy reserves
								 * their prefix, which forgets those that were
								 * set before */
	slt_stamp_init();
	slt_policy_init();
	slt_attachments_init();
}
