/*
 * settings.h
 *		Being independent of what a session has set.
 */
#ifndef SLT_SETTINGS_H
#define SLT_SETTINGS_H

#include "postgres.h"

extern int	slt_fix_search_path(const char *search_path);
extern int	slt_fix_settings(const char *search_path);
extern void slt_restore_settings(int level);

#endif							/* SLT_SETTINGS_H */
