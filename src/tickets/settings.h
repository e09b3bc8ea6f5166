/*
 * settings.h
 *		Being someone else, and independent of what a session has set.
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

extern int	slt_set_for_texts(void);
extern SltIdentity slt_act_as(Oid user);
extern void slt_act_as_before(const SltIdentity *before);
extern void slt_set_until_restored(const char *name, const char *value);

#endif							/* SLT_SETTINGS_H */
