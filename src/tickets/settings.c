/*
 * settings.c
 *		Being someone else, and independent of what a session has set.
 */
#include "settings.h"

#include "miscadmin.h"
#include "utils/guc.h"

/* Sets a variable until one is who one was before. */
void
slt_set_until_restored(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

/* Sets all that the text of a value depends on.  Returns the level of settings to go back to, with AtEOXact_GUC(). */
int
slt_set_for_texts(void)
{
	int			level = NewGUCNestLevel();

	slt_set_until_restored("timezone", "UTC");
	slt_set_until_restored("datestyle", "ISO, YMD");
	slt_set_until_restored("intervalstyle", "postgres");
	slt_set_until_restored("bytea_output", "hex");
	slt_set_until_restored("extra_float_digits", "1");
	return level;
}

/*
 * Becomes a user, restricted: nothing that his code leaves behind can run later
 * as somebody else.  Sets the search path and all that the text of a value
 * depends on.  Returns who one was; after an error the end of the
 * (sub)transaction sees to that.
 */
SltIdentity
slt_act_as(Oid user)
{
	SltIdentity before;

	GetUserIdAndSecContext(&before.user, &before.security);
	SetUserIdAndSecContext(user, before.security | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION | SECURITY_NOFORCE_RLS);
	before.settings = slt_set_for_texts();
	slt_set_until_restored("search_path", "pg_catalog, pg_temp");
	return before;
}

/* Is again who one was, with all that was set. */
void
slt_act_as_before(const SltIdentity *before)
{
	AtEOXact_GUC(false, before->settings);
	SetUserIdAndSecContext(before->user, before->security);
}
