/*
 * settings.c
 *		Being independent of what a session has set.
 */
#include "settings.h"

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

/* Sets the search path and all that the text of a value depends on; returns what restores them. */
int
slt_fix_settings(const char *search_path)
{
	int			level = slt_fix_search_path(search_path);

	fix("timezone", "UTC");
	fix("datestyle", "ISO, YMD");
	fix("intervalstyle", "postgres");
	fix("bytea_output", "hex");
	fix("extra_float_digits", "1");
	return level;
}

/* Restores what was set. */
void
slt_restore_settings(int level)
{
	AtEOXact_GUC(false, level);
}
