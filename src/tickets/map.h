/*
 * map.h
 *		Maps: what the application's codes mean to the policy.
 */
#ifndef SLT_MAP_H
#define SLT_MAP_H

#include "postgres.h"

#include "utils/jsonb.h"
#include "utils/numeric.h"

/* A rule that translates the application's code. */
typedef struct SltMapRule
{
	enum
	{
		SLT_EXACTLY,
		SLT_AT_LEAST,
		SLT_MORE,
		SLT_AT_MOST,
		SLT_LESS,
		SLT_THE_REST
	}			kind;
	char	   *code;			/* as it is written */
	Numeric		bound;			/* of a threshold */
	char	   *name;			/* what the policy calls it; NULL for null */
} SltMapRule;

/* A map in the order in which its rules are tried. */
typedef struct SltMap
{
	int			nrules;
	SltMapRule *rules;
} SltMap;

extern SltMap slt_read_map(Jsonb *object, const char *setting);
extern const char *slt_translate(const SltMap *map, const char *code);

#endif							/* SLT_MAP_H */
