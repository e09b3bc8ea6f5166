/*
 * model.h
 *		Working time by the letter of its definition, slowly; and the properties
 *		that the timeline must have, checked against it.
 */
#ifndef MODEL_H
#define MODEL_H

#include "timeline.h"

/* Tells the hours of a date: spans in any order, which may overlap. */
typedef int (*ModelHours) (const void *rules, SltDate date, const SltSpan **spans);

typedef struct Model
{
	const SltZone *zone;
	const void *rules;
	ModelHours	hours;
	int			reach;			/* days that a walk goes on for before it
								 * gives up */
} Model;

/* A question to a timeline. */
typedef struct Question
{
	SltInstant	at;
	SltInstant	to;				/* not before at */
	int64_t		days;			/* both of either sign, and small */
	int64_t		micros;
	SltPauses	pauses;
} Question;

#define PROPERTIES \
	PROPERTY(MEMBERSHIP, "is_working() is what the wall clock shows") \
	PROPERTY(WORKED, "worked() is the sum of a walk") \
	PROPERTY(WORKED_PAUSED, "worked() leaves pauses out, as a walk does") \
	PROPERTY(ADDITIVE, "worked(a, c) = worked(a, b) + worked(b, c)") \
	PROPERTY(NEGATIVE, "worked(b, a) = -worked(a, b)") \
	PROPERTY(INVERSE, "worked(a, add(a, h)) = h") \
	PROPERTY(MIRROR, "add(add(a, h), -h) is a, moved to working time") \
	PROPERTY(HOURS, "hours added are where a walk arrives") \
	PROPERTY(DAYS, "days added are where the definition by the letter arrives") \
	PROPERTY(MIXED_PAUSED, "days and hours with pauses are where a walk arrives") \
	PROPERTY(MONOTONE_START, "add() is monotone in its start") \
	PROPERTY(MONOTONE_HOURS, "add() is monotone in hours") \
	PROPERTY(MONOTONE_DAYS, "add() is monotone in days") \
	PROPERTY(NEXT, "next_working() is where a walk arrives") \
	PROPERTY(PREVIOUS, "previous_working() is where a walk back arrives") \
	PROPERTY(PERIODS, "periods are maximal and sum up to worked()") \
	PROPERTY(NEXT_DAY, "next_working_day() is the next date with working time") \
	PROPERTY(COUNT_DAYS, "working_days_between() counts dates with working time") \
	PROPERTY(SEGMENTS, "segments adjoin, and the working ones are the periods") \
	PROPERTY(CLOCK, "the wall clock's date, next change and midnight are the zone's") \
	PROPERTY(STATUS, "what a walk finds is no error")

typedef enum Property
{
#define PROPERTY(id, name) HOLDS_##id,
	PROPERTIES
#undef PROPERTY
	NPROPERTIES
} Property;

extern const char *const property_names[NPROPERTIES];

extern bool model_working(const Model *m, SltInstant at);
extern int64_t model_worked(const Model *m, SltInstant from, SltInstant to, const SltPauses *pauses);
extern bool model_add_hours(const Model *m, SltInstant at, int64_t micros, const SltPauses *pauses, SltInstant *result);
extern bool model_add_days(const Model *m, SltInstant at, int64_t days, const SltPauses *pauses, SltInstant *result);
extern uint32_t broken_properties(SltTimeline *tl, const Model *m, const Question *q);

#endif							/* MODEL_H */
