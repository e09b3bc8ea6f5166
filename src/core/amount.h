/*
 * amount.h
 *		Amounts of working time: working days and microseconds of working time.
 */
#ifndef SLT_AMOUNT_H
#define SLT_AMOUNT_H

#include "core.h"

/*
 * Stored as is, 16 bytes.  |days| <= INT32_MAX in a finite amount; both fields
 * at the same end of int64 are that infinity.  The two signs may differ.
 */
typedef struct SltAmount
{
	int64_t		days;
	int64_t		micros;
} SltAmount;

#define SLT_MAX_DAYS INT64_C(2147483647)
#define SLT_AMOUNT_TEXT 160		/* bytes that any amount fits in as text */

/* How long a working day is where no calendar says: for order, and in casts. */
#define SLT_NOMINAL_DAY (8 * SLT_HOUR)

extern bool slt_amount_make(int64_t days, int64_t micros, SltAmount *result);
extern void slt_amount_infinite(int sign, SltAmount *result);
extern int	slt_amount_infinity(const SltAmount *a);
extern void slt_amount_normalize(const SltAmount *a, SltAmount *result);
extern int	slt_amount_compare(const SltAmount *a, const SltAmount *b);
extern bool slt_amount_negate(const SltAmount *a, SltAmount *result);
extern bool slt_amount_add(const SltAmount *a, const SltAmount *b, SltAmount *result);
extern bool slt_amount_multiply(const SltAmount *a, double factor, SltAmount *result);
extern bool slt_amount_divide(const SltAmount *a, double divisor, SltAmount *result);
extern bool slt_amount_read(const char *text, size_t len, SltAmount *result, SltTextError *error);
extern void slt_amount_write(const SltAmount *a, char *text);

#endif							/* SLT_AMOUNT_H */
