/*
 * numbers.h
 *		Numbers and lengths of time as SQL has them.
 */
#ifndef SLT_NUMBERS_H
#define SLT_NUMBERS_H

#include "postgres.h"

#include "fmgr.h"
#include "utils/numeric.h"

#define slt_number(i) NumericGetDatum(int64_to_numeric(i))
#define slt_compute(function, a, b) DirectFunctionCall2(function, a, b)

extern Datum slt_percent(Datum part, int64 whole);
extern Datum slt_interval_of(int64 micros);
extern void slt_too_many(const char *message) __attribute__((noreturn));

#endif							/* SLT_NUMBERS_H */
