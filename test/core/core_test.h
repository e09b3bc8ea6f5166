/*
 * core_test.h
 *		What the unit tests of the core share.
 */
#ifndef CORE_TEST_H
#define CORE_TEST_H

#include <stdbool.h>

#define LENGTH(array) ((int) (sizeof(array) / sizeof((array)[0])))

extern bool ok(bool holds, const char *format,...) __attribute__((format(printf, 2, 3)));
extern void is(const char *got, const char *expected, const char *name);

extern void test_clocks(void);	/* clock_test.c */

#endif							/* CORE_TEST_H */
