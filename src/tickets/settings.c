/*
 * settings.c
 *		Being independent of what a session has set, and of who it is.
 */
#include "settings.h"

#include "miscadmin.h"
#include "utils/guc.h"

/* Sets a variable until the settings are restored. */
static void
fix(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

/* Sets the search path, that of slt's own code if none is given; returns what restores it. */
int
slt_fix_search_path(const char *search_path)
{
	int			level = NewGUCNestLevel();

	fix("search_path", search_path ? search_path : "pg_catalog, pg_temp");
	return level;
}

/*
 * Becomes a user, with more restrictions of a security context, and sets the
 * search path and all that the text of a value depends on; returns who one was.
 * After an error the end of the (sub)transaction sees to that.
 */
SltIdentity
slt_act_as(Oid user, int security, const char *search_path)
{
	SltIdentity before;

	GetUserIdAndSecContext(&before.user, &before.security);
	SetUserIdAndSecContext(user, before.security | security);
	before.settings = slt_fix_search_path(search_path);
	fix("timezone", "UTC");
	fix("datestyle", "ISO, YMD");
	fix("intervalstyle", "postgres");
	fix("bytea_output", "hex");
	fix("extra_float_digits", "1");
	return before;
}

/* Is again who one was, with all that was set. */
void
slt_act_as_before(const SltIdentity *before)
{
	slt_restore_settings(before->settings);
	SetUserIdAndSecContext(before->user, before->security);
}

/* Restores what was set. */
void
slt_restore_settings(int level)
{
	AtEOXact_GUC(false, level);
}
