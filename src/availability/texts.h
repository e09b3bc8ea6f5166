/*
 * texts.h
 *		The words of pages.
 */
#ifndef SLT_TEXTS_H
#define SLT_TEXTS_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/jsonb.h"

/* A text where it stands. */
typedef struct SltSaid
{
	const char *name;
	const char *text;
	int			length;
} SltSaid;

/* The texts of a language, and some that were said of late, by the places of their names. */
typedef struct SltTexts
{
	Jsonb	   *all;
	SltSaid		recent[64];
} SltTexts;

/* What stands in a place of a text. */
typedef struct SltPlace
{
	const char *name;
	int			name_length;
	const char *value;
	int			value_length;
} SltPlace;

/* A place of a name that is written out. */
#define SLT_PLACE(name, value, length) {name, sizeof(name) - 1, value, length}

extern void slt_say_to(StringInfo out, SltTexts *texts, const char *name, const SltPlace *places, int count);
extern void slt_write_digits(StringInfo out, SltTexts *texts, const char *number, int length);
extern void slt_write_duration(StringInfo out, SltTexts *texts, int64 seconds, bool and_less);

#endif							/* SLT_TEXTS_H */
