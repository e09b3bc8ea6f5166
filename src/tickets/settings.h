/*
 * settings.h
 *		Being independent of what a session has set, and of who it is.
 */
#ifndef SLT_SETTINGS_H
#define SLT_SETTINGS_H

#include "postgres.h"

/* Who one is, and what is set. */
typedef struct SltIdentity
{
	Oid			user;
	int			security;
	int			settings;
} SltIdentity;

extern int	slt_fix_search_path(const char *search_path);
extern void slt_restore_settings(int level);
extern SltIdentity slt_act_as(Oid user, int security, const char *search_path);
extern void slt_act_as_before(const SltIdentity *before);

#endif							/* SLT_SETTINGS_H */
