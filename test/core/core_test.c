/*
 * core_test.c
 *		Unit tests of the core, as TAP.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amount.h"
#include "calendar.h"
#include "checks.h"
#include "core_test.h"
#include "date.h"
#include "host.h"
#include "model.h"
#include "segment.h"

static int	tests;
static int	failures;

/* Reports a test. */
bool
__attribute__((format(printf, 2, 3)))
ok(bool holds, const char *format,...)
{
	va_list		args;

	printf("%sok %d - ", holds ? "" : "not ", ++tests);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	failures += !holds;
	return holds;
}

/* Reports a test of two texts. */
void
is(const char *got, const char *expected, const char *name)
{
	if (!ok(strcmp(got, expected) == 0, "%s", name))
		printf("#      got: %s\n# expected: %s\n", got, expected);
}

/* ---------- dates ---------- */

/* Tests that day numbers and dates are each other's inverse, day by day. */
static void
test_dates(void)
{
	static const struct
	{
		int			year,
					month,
					day;
		SltDate		date;
		int			weekday;
	}			known[] = {
		{2000, 1, 1, 0, 5}, {1999, 12, 31, -1, 4}, {2000, 2, 29, 59, 1}, {1970, 1, 1, -10957, 3},
		{2026, 2, 18, 9545, 2}, {1900, 3, 1, -36465, 3}, {1, 1, 1, -730119, 0}, {0, 2, 29, -730426, 1},
		{-4713, 11, 24, -2451545, 0}, {9999, 12, 31, 2921939, 4}, {294276, 12, 31, 106751982, 6},
	};
	int			y = -400,
				m = 1,
				d = 1,
				wrong = 0;

	for (int i = 0; i < LENGTH(known); i++)
	{
		slt_date_to_civil(known[i].date, &y, &m, &d);
		ok(slt_date_from_civil(known[i].year, known[i].month, known[i].day) == known[i].date &&
		   y == known[i].year && m == known[i].month && d == known[i].day &&
		   slt_weekday(known[i].date) == known[i].weekday,
		   "date %d-%02d-%02d", known[i].year, known[i].month, known[i].day);
	}
	y = -400, m = 1, d = 1;
	for (SltDate date = slt_date_from_civil(y, m, d); date < 400 * 366; date++)
	{
		int			y2,
					m2,
					d2;

		slt_date_to_civil(date, &y2, &m2, &d2);
		wrong += y != y2 || m != m2 || d != d2 || slt_date_from_civil(y, m, d) != date ||
			slt_weekday(date + 1) != (slt_weekday(date) + 1) % 7;
		if (++d > slt_days_in_month(y, m))
			d = 1, m++;
		if (m > 12)
			m = 1, y++;
	}
	ok(wrong == 0, "eight hundred years of dates, day by day");
}

/* ---------- amounts ---------- */

/* Tests the text of amounts, good and bad. */
static void
test_amount_text(void)
{
	static const char *const good[][2] = {
		{"2 working days", "2 working days"}, {"4 working hours", "4 working hours"},
		{"1 working day 30 working minutes", "1 working day 30 working minutes"},
		{"2d", "2 working days"}, {"2 wd 3 wh", "2 working days 3 working hours"},
		{"1.5 working hours", "1 working hour 30 working minutes"}, {"0.1h", "6 working minutes"},
		{"0.5 days", "4 working hours"}, {"1.25 days", "1 working day 2 working hours"},
		{"P2DT4H", "2 working days 4 working hours"}, {"pt1.5h30m", "2 working hours"}, {"-P2DT4H", "-2 working days -4 working hours"},
		{"P-2DT4H", "-2 working days 4 working hours"}, {"-P-2D", "2 working days"},
		{"-1 day 2 hours", "-1 working day 2 working hours"}, {"  +3 HOURS\t", "3 working hours"},
		{"4:30", "4 working hours 30 working minutes"}, {"-0:00:01.5", "-1.5 working seconds"},
		{"2 days, 3 hours", "2 working days 3 working hours"}, {"90 mins", "1 working hour 30 working minutes"},
		{"0.000001 s", "0.000001 working seconds"}, {".5s", "0.5 working seconds"}, {"1. h", "1 working hour"},
		{"0 days", "0 working hours"}, {"-0.25 sec", "-0.25 working seconds"}, {"1.9999999 s", "2 working seconds"},
		{"1 hour -1 minute", "59 working minutes"}, {"infinity", "infinity"}, {" -Infinity ", "-infinity"},
		{"2147483647 days", "2147483647 working days"}, {"-2147483647 d", "-2147483647 working days"},
		{"2562047788 hours 54.775807 s", "2562047788 working hours 54.775807 working seconds"},
		{"-2562047788 hours -54.775808 s", "-2562047788 working hours -54.775808 working seconds"},
	};
	static const char *const bad[][2] = {
		{"", "The text is empty."}, {"  ", "The text is empty."},
		{"4", "\"4\" has no unit: say days, hours, minutes or seconds."},
		{"4 working", "\"4 working\" has no unit: say days, hours, minutes or seconds."},
		{"4 weeks", "Unit \"weeks\" is not one of days, hours, minutes, seconds."},
		{"2 working days foo", "\"foo\" is not a number."}, {"working 2 days", "\"working\" is not a number."},
		{"- 2 days", "\"-\" is not a number."}, {"--2 days", "\"--2\" is not a number."},
		{". hours", "\".\" is not a number."}, {"-. hours", "\"-.\" is not a number."},
		{"P", "\"P\" has no amount after its P."}, {"P2H", "\"2H\" is not a number with D, or after T with H, M or S."},
		{"P2DT4", "\"4\" is not a number with D, or after T with H, M or S."}, {"PT1D", "\"1D\" is not a number with D, or after T with H, M or S."},
		{"4:60", "\"4:60\" is not a time of hours and minutes."}, {"4:00:99", "\"4:00:99\" is not a time of hours, minutes and seconds."},
		{"4:5", "\"4:5\" is not a time of hours and minutes."},
		{"2147483648 days", "\"2147483648 days\" is out of range."}, {"2562047789 hours", "\"2562047789 hours\" is out of range."},
		{"2147483647 days 1 day", "\"1 day\" is out of range."},
		{"9999999999999999999 h", "Number \"9999999999999999999\" is too large."},
		{"1 abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
		"Unit \"abcdefghijklmnopqrstuvwxyzabcdefghijklmn...\" is not one of days, hours, minutes, seconds."},
	};
	SltAmount	a,
				b;
	SltTextError error;
	char		text[SLT_AMOUNT_TEXT],
				name[200];

	for (int i = 0; i < LENGTH(good); i++)
	{
		snprintf(name, sizeof(name), "amount \"%s\"", good[i][0]);
		if (!slt_amount_read(good[i][0], strlen(good[i][0]), &a, &error))
		{
			is(error.detail, "", name);
			continue;
		}
		slt_amount_write(&a, text);
		is(text, good[i][1], name);
		if (!slt_amount_read(text, strlen(text), &b, &error) || a.days != b.days || a.micros != b.micros)
			ok(false, "amount \"%s\" reads back", text);
	}
	for (int i = 0; i < LENGTH(bad); i++)
	{
		snprintf(name, sizeof(name), "bad amount \"%.100s\"", bad[i][0]);
		is(slt_amount_read(bad[i][0], strlen(bad[i][0]), &a, &error) ? "(accepted)" : error.detail, bad[i][1], name);
	}
}

/* Tests arithmetic and order of amounts. */
static void
test_amount_arithmetic(void)
{
	SltAmount	two_days = {2, 0},
				sixteen_hours = {0, 16 * SLT_HOUR},
				most = {SLT_MAX_DAYS, INT64_MAX},
				least = {-SLT_MAX_DAYS, INT64_MIN},
				zero = {0, 0},
				mixed = {-1, 12 * SLT_HOUR},
				up,
				down,
				a;

	slt_amount_infinite(1, &up);
	slt_amount_infinite(-1, &down);
	ok(slt_amount_compare(&two_days, &sixteen_hours) == 0, "a working day is ordered as 8 hours");
	slt_amount_normalize(&mixed, &a);
	ok(a.days == 0 && a.micros == 4 * SLT_HOUR, "-1 day 12 hours is 4 hours in order and hash");
	ok(slt_amount_compare(&up, &most) > 0 && slt_amount_compare(&down, &least) < 0 &&
	   slt_amount_compare(&most, &least) > 0 && slt_amount_compare(&up, &up) == 0, "infinities are at the ends of the order");
	ok(slt_amount_add(&two_days, &sixteen_hours, &a) && a.days == 2 && a.micros == 16 * SLT_HOUR, "a sum keeps days and hours apart");
	ok(!slt_amount_add(&most, &(SltAmount) {1, 0}, &a) && !slt_amount_add(&most, &(SltAmount) {0, 1}, &a) &&
	   !slt_amount_add(&least, &(SltAmount) {0, -1}, &a), "a sum out of range is refused");
	ok(slt_amount_add(&up, &most, &a) && slt_amount_infinity(&a) == 1 && slt_amount_add(&least, &down, &a) &&
	   slt_amount_infinity(&a) == -1 && !slt_amount_add(&up, &down, &a), "infinities add, but not of both signs");
	ok(slt_amount_negate(&mixed, &a) && a.days == 1 && a.micros == -12 * SLT_HOUR && !slt_amount_negate(&least, &a) &&
	   slt_amount_negate(&up, &a) && slt_amount_infinity(&a) == -1, "negation");
	ok(slt_amount_multiply(&two_days, 0.75, &a) && a.days == 1 && a.micros == 4 * SLT_HOUR, "a part of a day becomes hours");
	ok(slt_amount_multiply(&two_days, -1.25, &a) && a.days == -2 && a.micros == -4 * SLT_HOUR, "the same below zero");
	ok(!slt_amount_multiply(&most, 2, &a) && !slt_amount_multiply(&two_days, 1e300, &a) && !slt_amount_multiply(&two_days, 0.0 / 0.0, &a) &&
	   !slt_amount_multiply(&up, 0, &a) && !slt_amount_multiply(&zero, 1.0 / 0.0, &a), "a product out of range is refused");
	ok(slt_amount_multiply(&up, -2, &a) && slt_amount_infinity(&a) == -1 && slt_amount_multiply(&two_days, -1.0 / 0.0, &a) &&
	   slt_amount_infinity(&a) == -1, "products with infinities");
	ok(slt_amount_divide(&two_days, 4, &a) && a.days == 0 && a.micros == 4 * SLT_HOUR &&
	   slt_amount_divide(&(SltAmount) {7, 0}, 7, &a) && a.days == 1 && a.micros == 0 &&
	   slt_amount_divide(&(SltAmount) {-3, SLT_HOUR}, 3, &a) && a.days == -1 && a.micros == 20 * SLT_MINUTE &&
	   slt_amount_divide(&up, -2, &a) && slt_amount_infinity(&a) == -1 && !slt_amount_divide(&two_days, 0.0 / 0.0, &a), "quotients");
}

/* ---------- the text of calendars ---------- */

/* Tests the text of calendars, good and bad. */
static void
test_calendar_text(void)
{
	static const char *const good[][2] = {
		{"utc Su-Fr 09:00-17:00", "UTC Su-Fr 09:00-17:00"}, {"UTC 24/7", "UTC 24/7"}, {"UTC 00:00-24:00", "UTC 24/7"},
		{" UTC  Mo,Tu,We,Th,Fr 9:00-17:00 ; ", "UTC Mo-Fr 09:00-17:00"},
		{"UTC monday-FRI 09:00:00-17:00:30", "UTC Mo-Fr 09:00-17:00:30"},
		{"UTC Mo 14:00-18:00,08:00-13:00", "UTC Mo 08:00-13:00,14:00-18:00"},
		{"UTC Mo 08:00-13:00,13:00-18:00,17:00-19:00", "UTC Mo 08:00-19:00"},
		{"UTC Mo 22:00-06:00", "UTC Mo 22:00-06:00"}, {"UTC Mo 22:00-30:00", "UTC Mo 22:00-06:00"},
		{"UTC Mo 09:00-09:00", "UTC Mo 09:00-33:00"}, {"UTC Mo 00:00-00:00", "UTC Mo 00:00-24:00"}, {"UTC Mo 22:00-48:00", "UTC Mo 22:00-48:00"},
		{"UTC Mo - Fr : 9am - 5:30 pm", "UTC Mo-Fr 09:00-17:30"}, {"UTC Mo 12am-12pm", "UTC Mo 00:00-12:00"},

		/*
		 * the week: later rules replace, a comma adds, closed clock times are
		 * taken out
		 */
		{"UTC Mo-Fr 09:00-17:00; We off", "UTC Mo-Tu,Th-Fr 09:00-17:00"},
		{"UTC Mo-Fr 09:00-17:00; We off \"closed\"", "UTC Mo-Tu,Th-Fr 09:00-17:00; We off \"closed\""},
		{"UTC Mo-Su 09:00-17:00 \"\"", "UTC Mo-Su 09:00-17:00"}, {"UTC off", "UTC off"}, {"UTC 24/7 \"x\"", "UTC Mo-Su 00:00-24:00 open \"x\""},
		{"UTC Mo-Fr 09:00-12:00, We-Sa 13:00-14:00", "UTC Mo-Tu 09:00-12:00; We-Fr 09:00-12:00,13:00-14:00; Sa 13:00-14:00"},
		{"UTC Mo-Fr 09:00-17:00; 12:00-13:00 off", "UTC Mo-Fr 09:00-12:00,13:00-17:00"},
		{"UTC Mo 22:00-06:00; Tu 02:00-03:00 off", "UTC Mo 22:00-06:00; Tu 02:00-03:00 off"},
		{"UTC Mo-Fr 22:00-06:00, Sa 10:00-12:00", "UTC Mo-Fr 22:00-06:00, Sa 10:00-12:00"},
		{"UTC Mo-Fr 22:00-06:00; Sa 10:00-12:00", "UTC Mo-Fr 22:00-06:00, Sa 10:00-12:00"},
		{"UTC Mo-Fr open; Sa \"by phone\"", "UTC Mo-Fr 00:00-24:00; Sa 00:00-24:00 open \"by phone\""},
		{"UTC Mo 09:00-17:00, Mo 18:00-19:00 \"phone\"", "UTC Mo 09:00-17:00, Mo 18:00-19:00 open \"phone\""},
		{"UTC Mo-Fr 10:00-12:00; 14:00-16:00", "UTC Mo-Su 14:00-16:00"},
		/* dates */
		{"UTC 24/7; 2026-12-26 off; 2026-12-25 off \"a;b\"", "UTC Mo-Su 00:00-24:00; 2026 Dec 25 off \"a;b\"; 2026 Dec 26 off"},
		{"UTC 24/7; 2026-12-25 off; *-01-07 closed", "UTC Mo-Su 00:00-24:00; Jan 07 off; 2026 Dec 25 off"},
		{"UTC 24/7; 2026-01-07 10:00-11:00; *-01-07 off", "UTC Mo-Su 00:00-24:00; Jan 07 off"},
		{"UTC 24/7; Jan 07 off; 2026 Jan 07 10:00-11:00", "UTC Mo-Su 00:00-24:00; Jan 07 off; 2026 Jan 07 10:00-11:00"},
		{"UTC 24/7; 2026-01-01..2026-01-31 off; *-01-07 10:00-11:00", "UTC Mo-Su 00:00-24:00; 2026 Jan 01-31 off; Jan 07 10:00-11:00"},
		{"UTC 24/7; 2026-01-05 off; 2026 Jan 01-31 off", "UTC Mo-Su 00:00-24:00; 2026 Jan 01-31 off"},
		{"UTC 24/7; 2026 Jan 01-2026 Feb 03 off; 2026-01-01 10:00-11:00", "UTC Mo-Su 00:00-24:00; 2026 Jan 01-2026 Feb 03 off; 2026 Jan 01 10:00-11:00"},
		{"UTC 24/7; 2026-01-05 Mo off", "UTC Mo-Su 00:00-24:00; 2026 Jan 05 off"}, {"UTC 24/7; 2026-01-05 Tu off", "UTC 24/7"},
		{"UTC 24/7; *-02-29 off", "UTC Mo-Su 00:00-24:00; Feb 29 off"}, {"UTC 2026-01-07 off; 24/7", "UTC 24/7"},
		{"UTC 24/7; Dec 24-Jan 02,May 01 off", "UTC Mo-Su 00:00-24:00; May 01 off; Dec 24-Jan 02 off"},
		{"UTC 24/7; Dec 25,26,31 off", "UTC Mo-Su 00:00-24:00; Dec 25 off; Dec 26 off; Dec 31 off"},
		{"UTC Nov-Feb,Jun 09:00-12:00", "UTC Jun,Nov-Feb 09:00-12:00"}, {"UTC Jan-Dec Mo 09:00-12:00", "UTC Mo 09:00-12:00"},
		{"UTC 24/7; easter -2 days-easter +1 day off", "UTC Mo-Su 00:00-24:00; easter -2 days-easter +1 day off"},
		{"UTC 24/7; 2026 easter +1 day off", "UTC Mo-Su 00:00-24:00; 2026 Apr 06 off"},
		{"UTC Mar Su[-1] - Oct Su[-1] +1 day Mo 09:00-12:00", "UTC Mar Su[-1]-Oct Su[-1] +1 day Mo 09:00-12:00"},
		{"UTC week 1-53/2 Mo 09:00-12:00", "UTC week 01-53/2 Mo 09:00-12:00"}, {"UTC week 9,7,8,20 Mo 09:00-12:00", "UTC week 07-09,20 Mo 09:00-12:00"},
		{"UTC Mo[1,3],Fr[-1] 09:00-12:00", "UTC Mo[1,3],Fr[-1] 09:00-12:00"}, {"UTC Mo[1-5] 09:00-12:00", "UTC Mo 09:00-12:00"},
		{"UTC Mo[1] +1 day,Tu 09:00-12:00", "UTC Tu 09:00-12:00; Mo[1] +1 day 09:00-12:00"},
		{"UTC 2026-2030/2 Mo 09:00-12:00", "UTC 2026-2030/2 Mo 09:00-12:00"}, {"UTC 2026+ Mo 09:00-12:00", "UTC 2026+ Mo 09:00-12:00"},
		{"UTC 2026,2028 Dec 25-Jan 05 09:00-12:00", "UTC 2026 Jan 01-05 09:00-12:00; 2026 Dec 25-31 09:00-12:00; 2028 Jan 01-05 09:00-12:00; 2028 Dec 25-31 09:00-12:00"},
		{"UTC 2027 Feb 27-29,2025 Feb 29 09:00-12:00", "UTC 2027 Feb 27-28 09:00-12:00"}, {"UTC \"by phone\": Jan 05: 09:00-12:00", "UTC Jan 05 09:00-12:00 open \"by phone\""},
		{"UTC 2026 Apr 09:00-12:00", "UTC 2026 Apr Mo-Su 09:00-12:00"}, {"UTC Jan 01-31/7 09:00-12:00", "UTC Jan 01-31/7 09:00-12:00"},
		/* public holidays */
		{"UTC Mo-Fr,PH 09:00-17:00; PH -1 day off", "UTC Mo-Fr 09:00-17:00; PH 09:00-17:00; PH -1 day off"},
		{"UTC PH off; Mo-Su 09:00-17:00", "UTC PH off; Mo-Su 09:00-17:00"}, {"UTC PH Mo-Fr 09:00-17:00", "UTC PH Mo-Fr 09:00-17:00"},
		/* combinations */
		{"((UTC 24/7)|(utc Mo 9:00-17:00)) | (UTC Tu 09:00-10:00)", "(UTC 24/7) | (UTC Mo 09:00-17:00) | (UTC Tu 09:00-10:00)"},
		{"(UTC 24/7) - ((UTC Mo off \")\") & (UTC 24/7))", "(UTC 24/7) - ((UTC Mo off \")\") & (UTC 24/7))"}, {"(UTC Mo 9:00-10:00)", "UTC Mo 09:00-10:00"},
	};
	static const char *const bad[][2] = {
		{"", "The text is empty: a calendar starts with a time zone, such as Africa/Cairo."},
		{"Mars/Olympus Mo 09:00-17:00", "A calendar starts with a time zone, and \"Mars/Olympus\" is not one that this server knows."},
		{"Mo-Fr 09:00-17:00", "A calendar starts with a time zone, and \"Mo-Fr\" is not one that this server knows."},
		{"UTC", "There is no rule behind the time zone \"UTC\"."}, {"UTC Mo", "Rule \"Mo\" has neither a time span nor \"off\"."},
		{"UTC 2026-12-25", "Rule \"2026-12-25\" has neither a time span nor \"off\"."},
		{"UTC ; Mo off", "There is no rule before the separator behind \"UTC \"."},
		{"UTC Xy 09:00-17:00", "\"Xy\" is not a day of the week (Mo, Tu, We, Th, Fr, Sa, Su), a month, a time span, \"off\" or \"24/7\"."},
		{"UTC Mo-Fx off", "\"Fx\" is not a day of the week (Mo, Tu, We, Th, Fr, Sa, Su), a month, a time span, \"off\" or \"24/7\"."},
		{"UTC Mo 24/7", "Time span \"24/7\" is not of the form HH:MM-HH:MM."}, {"UTC Mo 9-17", "Time span \"9-17\" is not of the form HH:MM-HH:MM."},
		{"UTC Mo 09:00", "\"09:00\" is a point in time, which has no meaning here: say until when, as in HH:MM-HH:MM."},
		{"UTC Mo 09:00-17:0", "Time span \"09:00-17:0\" is not of the form HH:MM-HH:MM."},
		{"UTC Mo 24:00-25:00", "Time span \"24:00-25:00\" has a start that is not a time before 24:00."},
		{"UTC Mo 09:60-10:00", "Time span \"09:60-10:00\" has a start that is not a time before 24:00."},
		{"UTC Mo 09:00-48:01", "Time span \"09:00-48:01\" has an end that is not a time up to 48:00."},
		{"UTC Mo 09:00-17:00 Tu off", "\"Tu\" does not belong behind the hours of a rule; rules are separated by semicolons."},
		{"UTC Mo off off", "\"off\" does not belong behind the hours of a rule; rules are separated by semicolons."},
		{"UTC Mo off \"x", "Comment \"x has no closing quote."}, {"UTC Mo off \"x\" \"y\"", "Comment \"y\" is one too many: a rule has one."},
		{"UTC 2026-13-01 off", "Date \"2026-13-01\" does not exist."}, {"UTC 2025-02-29 off", "Date \"2025-02-29\" does not exist."},
		{"UTC Feb 30 off", "Date \"Feb 30\" does not exist."},
		{"UTC 0000-01-01 off", "Date \"0000-01-01\" does not exist."}, {"UTC *-02-30 off", "Date \"*-02-30\" does not exist."},
		{"UTC 2026-1-1 off", "Date \"2026-1-1\" is not of the form YYYY-MM-DD, YYYY-MM-DD..YYYY-MM-DD or *-MM-DD."},
		{"UTC 12345-01-01 off", "Date \"12345-01-01\" is not of the form YYYY-MM-DD, YYYY-MM-DD..YYYY-MM-DD or *-MM-DD."},
		{"UTC * off", "Date \"*\" is not of the form *-MM-DD."},
		{"UTC 2026-12-26..2026-12-25 off", "Date range \"2026-12-26..2026-12-25\" ends before it starts."},
		{"UTC 2026-12-26.2026-12-27 off", "Date range \"2026-12-26.\" needs two dots and a second date."},
		{"UTC 2026-12-26..12-27 off", "Date \"12-27\" is not of the form YYYY-MM-DD, YYYY-MM-DD..YYYY-MM-DD or *-MM-DD."},
		{"UTC Dec 26-25 off", "Range of dates \"Dec 26-25\" ends before it starts."}, {"UTC Dec 26-Jan off", "Range of dates \"Dec 26-Jan\" has no day behind its dash."},
		{"UTC Jan- off", "Range of months \"Jan- \" has no month behind its dash."}, {"UTC 2026-2025 off", "Range of years \"2026-2025\" ends before it starts."},
		{"UTC week 54 off", "\"54\" is not a week from 01 to 53."}, {"UTC week 9-7 off", "Range of weeks \"week 9-7\" needs a second week behind the first, up to 53."},
		{"UTC Mo[6] off", "\"6]\" is not a number from 1 to 5 or -1 to -5."}, {"UTC Mo Fr 09:00-17:00", "\"Fr\" is a second list of days of the week: separate days by commas, rules by semicolons."},
		{"UTC Jan Feb 05 off", "\"Feb\" starts a second list of dates: separate dates by commas, rules by semicolons."},
		/* what has no meaning here */
		{"UTC Mo 09:00+", "\"09:00+\" has an open end, which has no meaning here: say until when."},
		{"UTC Mo 09:00-17:00+", "\"09:00-17:00+\" has an open end, which has no meaning here: say until when."},
		{"UTC Mo sunrise-17:00", "\"sunrise\" has no meaning here: the sun has no part in working time."},
		{"UTC Mo (sunset-01:00)-24:00", "\"(sunset-01:00)-24:00\" has no meaning here: the sun has no part in working time."},
		{"UTC SH off", "\"SH\" has no meaning here: there are no school holidays."}, {"UTC Mo 09:00-17:00 unknown", "\"unknown\" has no meaning here: time is working time or not."},
		{"UTC Mo 09:00-17:00 || Tu off", "\"||\" has no meaning here: what the rules before leave open is closed."},
		{"UTC Mo 09:00-17:00/30", "\"09:00-17:00/\" starts points in time, which have no meaning here."},
		/* combinations */
		{"(UTC 24/7", "\"(UTC 24/7\" has no closing parenthesis."}, {"(UTC 24/7) UTC", "\"UTC\" does not combine calendars: \"|\", \"&\" and \"-\" do."},
		{"(UTC 24/7) | UTC 24/7", "A part of a combination stands in parentheses, and not as in \"UTC 24/7\"."},
		{"(UTC 24/7) | (UTC 24/7) - (UTC 24/7)", "Operator \"-\" is another one than before: put one of the two in parentheses with its parts."},
	};

	/* what was clearly meant */
	static const char *const meant[][2] = {
		{"UTC Mo 9-5", "Write \"UTC Mo 09:00-17:00\"."}, {"UTC Mon to Fri 9-17", "Write \"UTC Mo-Fr 09:00-17:00\"."},
		{"UTC Monday \342\200\223 Friday 09:00\342\200\22317:00", "Write \"UTC Mo-Fr 09:00-17:00\"."},
		{"UTC Mo-Fr \331\240\331\251:\331\240\331\240-\331\241\331\247:\331\240\331\240", "Write \"UTC Mo-Fr 09:00-17:00\"."},
		{"UTC weekdays 9.00-17.30", "Write \"UTC Mo-Fr 09:00-17:30\"."}, {"UTC Mo 0900-1700", "Write \"UTC Mo 09:00-17:00\"."},
		{"UTC Jan 1-5 off; Mo 9h-17h", "Write \"UTC Jan 01-05 off; Mo 09:00-17:00\"."}, {"UTC Mo garbage", ""}, {"UTC Mo 99-100", ""},
	};
	SltTextError error;
	char		name[200];

	for (int i = 0; i < LENGTH(good); i++)
	{
		HostArena  *arena = host_arena_create();
		SltCalendar *cal;
		char	   *text;

		snprintf(name, sizeof(name), "calendar %.150s", good[i][0]);
		if ((cal = slt_calendar_read(arena, good[i][0], strlen(good[i][0]), &error)) == NULL)
			is(error.detail, "", name);
		else
		{
			text = slt_calendar_write(arena, cal);
			is(text, good[i][1], name);
			cal = slt_calendar_read(arena, text, strlen(text), &error);
			if (cal == NULL || strcmp(slt_calendar_write(arena, cal), text) != 0)
				ok(false, "calendar %s reads back", text);
		}
		host_arena_drop(arena);
	}
	for (int i = 0; i < LENGTH(bad); i++)
	{
		HostArena  *arena = host_arena_create();

		snprintf(name, sizeof(name), "bad calendar %.150s", bad[i][0]);
		is(slt_calendar_read(arena, bad[i][0], strlen(bad[i][0]), &error) ? "(accepted)" : error.detail, bad[i][1], name);
		host_arena_drop(arena);
	}
	for (int i = 0; i < LENGTH(meant); i++)
	{
		HostArena  *arena = host_arena_create();

		snprintf(name, sizeof(name), "what is meant by %.150s", meant[i][0]);
		if (slt_calendar_read(arena, meant[i][0], strlen(meant[i][0]), &error) == NULL)
			slt_calendar_guess(arena, meant[i][0], strlen(meant[i][0]), &error);
		is(error.hint, meant[i][1], name);
		host_arena_drop(arena);
	}
}

/* ---------- public holidays ---------- */

/* Tests calendars with their holidays written out. */
static void
test_holidays(void)
{
#define DAY(date, hours, name) {date, hours, name}
	static const struct
	{
		const char *text;
		SltHoliday	days[3];	/* dates are days of 2026 */
		const char *expected;
	}			cases[] = {
		{"UTC Mo-Fr 09:00-17:00", {DAY(7, NULL, "Christmas"), DAY(8, "", NULL)}, "UTC Mo-Fr 09:00-17:00; 2026 Jan 07 off \"Christmas\"; 2026 Jan 08 off"},
		{"UTC Mo-Fr 09:00-17:00; PH 10:00-12:00 \"rule\"", {DAY(7, NULL, "A \"B\""), DAY(8, NULL, NULL)},
		"UTC Mo-Fr 09:00-17:00; 2026 Jan 07 10:00-12:00 open \"A 'B'\"; 2026 Jan 08 10:00-12:00 open \"rule\""},
		{"UTC Mo-Fr 09:00-17:00; PH off", {DAY(7, "9am-12pm", "half"), DAY(8, "14:00-16:00 off", "funeral")},
		"UTC Mo-Fr 09:00-17:00; 2026 Jan 07 09:00-12:00 open \"half\"; 2026 Jan 08 14:00-16:00 off \"funeral\""},
		/* what all of one date leave open, and all their names */
		{"UTC Mo-Fr 09:00-17:00", {DAY(7, "09:00-12:00", "A"), DAY(7, "11:00-15:00", "B"), DAY(8, NULL, "C")},
		"UTC Mo-Fr 09:00-17:00; 2026 Jan 07 11:00-12:00 open \"A, B\"; 2026 Jan 08 off \"C\""},
		{"UTC Mo-Fr 09:00-17:00", {DAY(7, "09:00-12:00", "A"), DAY(7, NULL, "B")}, "UTC Mo-Fr 09:00-17:00; 2026 Jan 07 off \"A, B\""},
		{"UTC Mo-Fr 09:00-17:00; PH 10:00-13:00", {DAY(7, "09:00-12:00", "A"), DAY(7, NULL, "B")}, "UTC Mo-Fr 09:00-17:00; 2026 Jan 07 10:00-12:00 open \"A, B\""},
		{"UTC Mo-Fr 09:00-17:00", {DAY(7, "09:00-12:00", "A"), DAY(7, "10:00-11:00 off", "B")},
		"UTC Mo-Fr 09:00-17:00; 2026 Jan 07 09:00-12:00 open \"A, B\"; 2026 Jan 07 10:00-11:00 off \"A, B\""},
		/* order decides, and the day of the week */
		{"UTC Mo-Fr 09:00-17:00; PH off; Jan 07 10:00-11:00", {DAY(7, NULL, "A")}, "UTC Mo-Fr 09:00-17:00; Jan 07 10:00-11:00"},
		{"UTC PH off; Mo-Su 09:00-17:00", {DAY(7, NULL, "A")}, "UTC Mo-Su 09:00-17:00"},
		{"UTC Mo-Fr 09:00-17:00; PH Th off", {DAY(7, NULL, "A"), DAY(8, NULL, "B")}, "UTC Mo-Fr 09:00-17:00; 2026 Jan 08 off \"B\""},
		{"UTC Mo-Fr 09:00-17:00; PH -1 day off", {DAY(7, NULL, "A")}, "UTC Mo-Fr 09:00-17:00; 2026 Jan 06 off \"A\""},
		{"UTC Mo-Tu,PH 09:00-17:00", {DAY(7, NULL, "A")}, "UTC Mo-Tu 09:00-17:00; 2026 Jan 07 09:00-17:00 open \"A\""},
		{"(UTC Mo-Fr 09:00-17:00) | (Test/Apia PH 10:00-11:00)", {DAY(7, NULL, "A")},
		"(UTC Mo-Fr 09:00-17:00; 2026 Jan 07 off \"A\") | (Test/Apia 2026 Jan 07 10:00-11:00 open \"A\")"},
		{"UTC 24/7", {DAY(7, "9-12", "A")}, "Time span \"9-12\" is not of the form HH:MM-HH:MM."},
	};

	for (int i = 0; i < LENGTH(cases); i++)
	{
		HostArena  *arena = host_arena_create();
		SltHoliday	days[3];
		SltTextError error;
		SltCalendar *cal = slt_calendar_read(arena, cases[i].text, strlen(cases[i].text), &error);
		int			n = 0;

		for (; n < 3 && cases[i].days[n].date != 0; n++)
		{
			days[n] = cases[i].days[n];
			days[n].date += slt_date_from_civil(2026, 1, 1) - 1;
		}
		cal = slt_calendar_with_holidays(arena, cal, days, n, &error);
		is(cal ? slt_calendar_write(arena, cal) : error.detail, cases[i].expected, cases[i].text);
		host_arena_drop(arena);
	}
}

/* ---------- known answers ---------- */

/* Reads "2026-03-08 02:30:00", in UTC. */
static SltInstant
instant(const char *text)
{
	int			y,
				mo,
				d,
				h = 0,
				mi = 0,
				s = 0;

	if (sscanf(text, "%d-%d-%d %d:%d:%d", &y, &mo, &d, &h, &mi, &s) < 3)
		abort();
	return slt_date_from_civil(y, mo, d) * SLT_DAY + h * SLT_HOUR + mi * SLT_MINUTE + s * SLT_SECOND;
}

/* Tests answers that anybody can verify by hand; instants are UTC. */
static void
test_known_answers(void)
{
	static const char *const sums[][4] = {
		{"UTC Mo-Fr 09:00-17:00", "2026-03-02 09:00", "8 hours", "2026-03-02 17:00"},
		{"UTC Mo-Fr 09:00-17:00", "2026-03-02 09:00", "1 day", "2026-03-02 17:00"},
		{"UTC Mo-Fr 09:00-17:00", "2026-03-02 10:00", "1 day", "2026-03-03 10:00"},
		{"UTC Mo-Fr 09:00-17:00", "2026-02-28 12:00", "1 hour", "2026-03-02 10:00"},
		{"UTC Mo-Fr 09:00-17:00", "2026-03-02 17:00", "-8 hours", "2026-03-02 09:00"},
		{"UTC Mo-Fr 09:00-17:00", "2026-03-02 17:00", "-1 day", "2026-03-02 09:00"},
		{"UTC Mo-Fr 09:00-17:00", "2026-03-02 09:00", "-1 hour", "2026-02-27 16:00"},
		{"UTC Mo-Fr 09:00-17:00", "2026-02-28 12:00", "0 hours", "2026-02-28 12:00"},
		{"UTC Mo-Fr 09:00-17:00; 2026-03-03 09:00-12:00", "2026-03-02 15:00", "1 day", "2026-03-03 12:00"},
		{"UTC Mo-Fr 09:00-17:00; 2026-03-03 off", "2026-03-02 15:00", "1 day 1 hour", "2026-03-04 16:00"},
		{"UTC Mo-Fr 22:00-06:00; 2026-03-03 off", "2026-03-03 05:00", "2 hours", "2026-03-04 23:00"},
		{"UTC Mo-Fr 22:00-06:00", "2026-03-03 05:00", "1 day", "2026-03-04 05:00"},
		{"Test/New_York 24/7", "2026-03-08 06:30", "1 day", "2026-03-09 05:30"},
		{"Test/New_York Su 02:30-04:00", "2026-03-08 00:00", "1 hour", "2026-03-08 08:00"},
		{"Test/New_York Su 01:00-02:00", "2026-11-01 00:00", "2 hours", "2026-11-01 07:00"},
		{"Test/Apia 24/7", "2011-12-30 00:00", "1 day", "2011-12-31 00:00"},
		/* two clocks: the second one's hours have the dates of the first */
		{"(UTC Mo-Fr 09:00-17:00) | (Test/Far_East Mo-Fr 09:00-17:00)", "2026-03-02 16:00", "4 hours", "2026-03-02 22:00"},
		{"(UTC Mo-Fr 09:00-17:00) | (Test/Far_East Mo-Fr 09:00-17:00)", "2026-03-02 20:00", "1 day", "2026-03-03 20:00"},
		{"(UTC Mo-Fr 09:00-17:00) & (Test/Far_West Mo-Fr 00:00-24:00)", "2026-03-02 09:00", "1 hour", "2026-03-02 13:00"},
		{"(UTC Mo-Fr 09:00-17:00) - (UTC We 00:00-24:00)", "2026-03-03 12:00", "1 day", "2026-03-05 12:00"},
		{"(UTC Mo-Fr 09:00-17:00) - (UTC Mo-Fr 12:00-13:00)", "2026-03-02 11:00", "7 hours", "2026-03-03 11:00"},
		{"UTC Mo-Fr 22:00-06:00; Tu 02:00-03:00 off", "2026-03-03 01:00", "2 hours", "2026-03-03 04:00"},
		{"UTC easter 09:00-17:00", "2026-01-01 00:00", "8 hours", "2026-04-05 17:00"},
	};
	static const char *const spans[][4] = {
		{"Test/Lord_Howe Su 02:15-06:00", "2026-10-03 00:00", "2026-10-05 00:00", "3.5 hours"},
		{"Test/Lord_Howe Su 01:00-03:00", "2026-04-04 00:00", "2026-04-06 00:00", "2.5 hours"},
		{"Test/New_York Su 00:00-04:00", "2026-11-01 00:00", "2026-11-02 00:00", "5 hours"},
		{"Test/Apia 24/7; 2011-12-30 off", "2011-12-29 00:00", "2012-01-01 00:00", "72 hours"},
		{"Test/Twice 2011-12-31 10:00-11:00", "2011-12-01 00:00", "2012-02-01 00:00", "1 hour"},
		{"Test/Gap_Midnight Su 00:00-02:00", "2026-10-17 00:00", "2026-10-20 00:00", "1 hour"},
		{"UTC 24/7", "2026-01-01", "2026-01-01 00:00:01", "1 s"}, {"UTC 24/7", "2026-01-02", "2026-01-01", "-24 hours"},
	};
	SltTextError error;

	for (int i = 0; i < LENGTH(sums) + LENGTH(spans); i++)
	{
		const char *const *row = i < LENGTH(sums) ? sums[i] : spans[i - LENGTH(sums)];
		HostArena  *arena = host_arena_create();
		SltTimeline *tl = slt_timeline_create(arena, slt_calendar_read(arena, row[0], strlen(row[0]), &error));
		SltAmount	amount = {0, 0},
					got = {0, 0};
		SltInstant	at = instant(row[1]),
					result = 0;

		slt_amount_read(row[i < LENGTH(sums) ? 2 : 3], strlen(row[i < LENGTH(sums) ? 2 : 3]), &amount, &error);
		if (i < LENGTH(sums))
			ok(slt_add(tl, at, &amount, NULL, &result) == SLT_OK && result == instant(row[3]),
			   "%s: %s + %s = %s", row[0], row[1], row[2], row[3]);
		else
			ok(slt_worked(tl, at, instant(row[2]), NULL, &got.micros) == SLT_OK && got.micros == amount.micros,
			   "%s: %s to %s is %s", row[0], row[1], row[2], row[3]);
		host_arena_drop(arena);
	}
}

/* ---------- random calendars ---------- */

static uint64_t state;

/* Returns a random number below n. */
static int64_t
below(int64_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (int64_t) (state >> 1) % n;
}

/* A rule as it was made, before any reading and ordering. */
typedef struct SpecRule
{
	bool		dated;
	SltDate		first,
				last;
	int			month,
				day,
				weekdays,
				nspans;
	SltSpan		spans[3];
} SpecRule;

typedef struct Spec
{
	const char *zone;
	int			nrules;
	SpecRule	rules[12];
	char		text[4096];
} Spec;

/* Tells the hours of a date: those of the last rule that names it. */
static int
spec_hours(const void *rules, SltDate date, const SltSpan **spans)
{
	const Spec *spec = rules;
	const SpecRule *found = NULL;
	int			y,
				m,
				d;

	slt_date_to_civil(date, &y, &m, &d);
	for (int i = 0; i < spec->nrules; i++)
	{
		const SpecRule *r = &spec->rules[i];

		if (!(r->weekdays & (1 << slt_weekday(date))))
			continue;
		if (!r->dated || (r->month ? r->month == m && r->day == d : r->first <= date && date <= r->last))
			found = r;
	}
	*spans = found ? found->spans : NULL;
	return found ? found->nspans : 0;
}

/* Appends to the text of a calendar. */
static void
__attribute__((format(printf, 2, 3)))
spec_append(Spec *spec, const char *format,...)
{
	size_t		len = strlen(spec->text);
	va_list		args;

	va_start(args, format);
	vsnprintf(spec->text + len, sizeof(spec->text) - len, format, args);
	va_end(args);
}

/* Makes a rule, and writes it. */
static void
random_rule(Spec *spec, SpecRule *r, bool dated)
{
	static const char *const names[] = {"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"};
	int			y,
				m,
				d;

	memset(r, 0, sizeof(*r));
	r->dated = dated;
	r->weekdays = below(2) ? 0x7f : 1 + (int) below(0x7f);
	if (dated && below(3) == 0)
	{
		r->month = 1 + (int) below(12);
		r->day = 1 + (int) below(slt_days_in_month(2000, r->month));
		spec_append(spec, "*-%02d-%02d ", r->month, r->day);
	}
	else if (dated)
	{
		r->first = (SltDate) (below(6) ? 4200 + below(900) : below(2) ? -730119 + below(99999) : 36500 + below(900));
		r->last = r->first + (SltDate) (below(2) ? 0 : below(40));
		slt_date_to_civil(r->first, &y, &m, &d);
		spec_append(spec, "%04d-%02d-%02d", y, m, d);
		slt_date_to_civil(r->last, &y, &m, &d);
		spec_append(spec, "..%04d-%02d-%02d ", y, m, d);
	}
	for (int i = 0, n = 0; i < 7; i++)
		if (r->weekdays & (1 << i))
			spec_append(spec, "%s%s", n++ ? "," : "", names[i]);
	r->nspans = (int) below(4);
	for (int i = 0; i < r->nspans; i++)
	{
		SltSpan		s;
		int64_t		unit = below(8) ? 900 : 1;

		s.start = (int32_t) (below(SLT_DAY_SECONDS / unit) * unit);
		s.end = (int32_t) (below(3) ? s.start + 900 + below(8 * 3600) / unit * unit : below(192) * 900);
		if (s.end > SLT_LAST_SPAN_END)
			s.end = SLT_LAST_SPAN_END;
		spec_append(spec, "%s%02d:%02d:%02d-%02d:%02d:%02d", i ? "," : " ", s.start / 3600, s.start / 60 % 60, s.start % 60,
					s.end / 3600, s.end / 60 % 60, s.end % 60);
		if (s.end <= s.start)
			s.end += SLT_DAY_SECONDS;
		r->spans[i] = s;
	}
	spec_append(spec, "%s%s; ", r->nspans ? "" : " off", below(4) ? "" : " \"why\"");
}

/* Makes a calendar; one in ten has dated rules only. */
static void
random_spec(Spec *spec, const char *zone)
{
	int			undated = below(10) ? 1 + (int) below(3) : 0;

	spec->zone = zone;
	spec->nrules = undated + 1 + (int) below(8);
	snprintf(spec->text, sizeof(spec->text), "%s ", zone);
	for (int i = 0; i < spec->nrules; i++)
		random_rule(spec, &spec->rules[i], i >= undated);
}

/* Makes a question around the dates that calendars and zones are busy with, or now and then far away. */
static void
random_question(Question *q, SltPeriod *pauses, const SltCalendar *cal)
{
	SltDate		first,
				last;
	int64_t		next,
				grain = below(3) ? 15 * SLT_MINUTE : below(2) ? SLT_SECOND : 1;

	q->at = (4150 + below(1000)) * SLT_DAY;
	if (below(12) == 0)
		q->at = (SLT_MIN_INSTANT / SLT_DAY + 1000 + below(SLT_END_INSTANT / SLT_DAY - SLT_MIN_INSTANT / SLT_DAY - 100000)) * SLT_DAY;
	else if (below(12) == 0)
		q->at = (-36300 + below(400)) * SLT_DAY;
	if (below(5) == 0 && slt_calendar_named_dates(cal, &first, &last))	/* where the 400 years
																		 * begin to repeat */
		q->at = (below(2) ? last + below(4) + below(3) * SLT_GREGORIAN_CYCLE : first - 3 - below(3) * SLT_GREGORIAN_CYCLE) * SLT_DAY;
	slt_zone_offset(cal->zone, q->at / SLT_SECOND, &next);
	if (next > 7000 * SLT_DAY_SECONDS)
		next = q->at / SLT_SECOND;
	else if (below(3) == 0)		/* next to a clock change */
		q->at = (next - 2 * SLT_DAY_SECONDS) * SLT_SECOND;
	q->at += below(4 * SLT_DAY / grain) * grain;
	q->days = below(3) ? below(9) - 4 : below(60) - 30;
	q->micros = (below(3) ? below(20 * SLT_HOUR / grain) - 8 * SLT_HOUR / grain : below(200 * SLT_HOUR / grain) - 100 * SLT_HOUR / grain) * grain;
	if (below(4) == 0)			/* so that the days end on a clock change */
		q->at = next * SLT_SECOND - q->days % 7 * SLT_DAY;
	q->to = q->at + below((below(3) ? 3 : 60) * SLT_DAY / grain) * grain;
	q->pauses.count = (int) below(5);
	q->pauses.periods = pauses;
	for (int i = 0; i < q->pauses.count; i++)
	{
		pauses[i].from = (i ? pauses[i - 1].to : q->at - 2 * SLT_DAY) + (1 + below(3 * SLT_DAY / grain)) * grain;
		pauses[i].to = pauses[i].from + (1 + below(2 * SLT_DAY / grain)) * grain;
	}
	if (q->pauses.count > 0 && below(8) == 0)
		pauses[q->pauses.count - 1].to = SLT_INFINITY;
	if (q->pauses.count > 0 && below(8) == 0)
		pauses[0].from = SLT_MINUS_INFINITY;
}

/* What other timelines of the same calendar are asked first, so that they build their blocks in another order. */
static const SltInstant warm_ups[] = {
	6000 * SLT_DAY, -73000 * SLT_DAY, 40000 * SLT_DAY, SLT_MIN_INSTANT + SLT_DAY, 70000000 * SLT_DAY,
};

/* Compares the answers of timelines whose blocks were built in different order. */
static bool
answers_agree(SltTimeline *const *tl, const Question *q)
{
	SltAmount	amount = {q->days, q->micros};
	SltInstant	first_sum = 0,
				sum = 0;
	int64_t		first_work = 0,
				work = 0;
	SltStatus	first_add = SLT_OK,
				first_worked = SLT_OK;

	for (int i = 0; i < LENGTH(warm_ups); i++)
	{
		SltStatus	added = slt_add(tl[i], q->at, &amount, &q->pauses, &sum),
					worked = slt_worked(tl[i], -36500 * SLT_DAY, q->to, NULL, &work);

		if (i == 0)
			first_sum = sum, first_work = work, first_add = added, first_worked = worked;
		if (added != first_add || worked != first_worked || (added == SLT_OK && sum != first_sum) ||
			(worked == SLT_OK && work != first_work))
			return false;
	}
	return true;
}

/* Compares an answer with the same question some times 400 years later or earlier. */
static bool
cycles_agree(SltTimeline *tl, const Question *q, int64_t base, int64_t cycles)
{
	int64_t		cycle = SLT_GREGORIAN_CYCLE * SLT_DAY,
				near_work = 0,
				far_work = 0;
	SltInstant	at = base * SLT_DAY + slt_floor_div(q->at, SLT_DAY) % 1000 * SLT_DAY + (q->at & INT64_C(0xfffffffff)),
				near = 0,
				far = 0;
	SltAmount	amount = {q->days, q->micros};
	SltStatus	status = slt_add(tl, at, &amount, NULL, &near);

	if (slt_add(tl, at + cycles * cycle, &amount, NULL, &far) != status)
		return false;
	if (status == SLT_OK && far != near + cycles * cycle)
		return false;
	return slt_worked(tl, at, at + (q->to - q->at), NULL, &near_work) == SLT_OK &&
		slt_worked(tl, at + cycles * cycle, at + cycles * cycle + (q->to - q->at), NULL, &far_work) == SLT_OK &&
		near_work == far_work;
}

/* Counts a broken property, and shows the first case. */
static void
show_broken(int *count, const char *name, const Spec *spec, const Question *q)
{
	if ((*count)++ > 0)
		return;
	printf("# broken: %s\n#   calendar %s\n#   at %lld to %lld, %lld days %lld us\n", name, spec->text,
		   (long long) q->at, (long long) q->to, (long long) q->days, (long long) q->micros);
	for (int i = 0; i < q->pauses.count; i++)
		printf("#   pause %lld to %lld\n", (long long) q->pauses.periods[i].from, (long long) q->pauses.periods[i].to);
}

/* Tests the properties of timelines on random calendars. */
static void
test_properties(int ncalendars, int nquestions)
{
	int			count[NPROPERTIES] = {0},
				unread = 0,
				order = 0,
				future = 0,
				past = 0;

	for (int c = 0; c < ncalendars; c++)
	{
		HostArena  *arena = host_arena_create();
		Spec		spec;
		SltCalendar *cal;
		SltTextError error;
		SltTimeline *tl[LENGTH(warm_ups)];
		Model		m = {NULL, &spec, spec_hours, 200};
		bool		far = c % 5 == 0;	/* these build many blocks */

		random_spec(&spec, host_zone_name(c % host_zone_count()));
		cal = slt_calendar_read(arena, spec.text, strlen(spec.text), &error);
		if (cal == NULL)
		{
			printf("# %s\n# %s\n", spec.text, error.detail);
			unread++;
			host_arena_drop(arena);
			continue;
		}
		m.zone = cal->zone;
		for (int i = 0; i < LENGTH(warm_ups); i++)
		{
			tl[i] = slt_timeline_create(arena, cal);
			if (far)
				slt_is_working(tl[i], warm_ups[i]);
		}
		for (int i = 0; i < nquestions; i++)
		{
			SltPeriod	pauses[8];
			Question	q;
			uint32_t	broken;
			SltDate		first,
						last;

			random_question(&q, pauses, cal);
			if (!far && (q.at > 20000 * SLT_DAY || q.at < -40000 * SLT_DAY))
				continue;
			broken = broken_properties(tl[i % LENGTH(warm_ups)], &m, &q);
			for (int p = 0; p < NPROPERTIES; p++)
				if (broken & (UINT32_C(1) << p))
					show_broken(&count[p], property_names[p], &spec, &q);
			if (far && !answers_agree(tl, &q))
				show_broken(&order, "order", &spec, &q);
			if (far && slt_calendar_named_dates(cal, &first, &last) && last < 37500 && cal->week[0].nspans > 0)
			{
				if (!cycles_agree(tl[0], &q, 39000, 1 + below(400)))
					show_broken(&future, "future", &spec, &q);
				if (!cycles_agree(tl[0], &q, -770000, -3))
					show_broken(&past, "past", &spec, &q);
			}
		}
		host_arena_drop(arena);
	}
	ok(unread == 0, "random calendars are read");
	for (int p = 0; p < NPROPERTIES; p++)
		ok(count[p] == 0, "%s (%d times broken)", property_names[p], count[p]);
	ok(order == 0, "no answer depends on the order in which blocks are built (%d times broken)", order);
	ok(future == 0, "answers in years up to 160000 are those of 400 years before (%d times broken)", future);
	ok(past == 0, "answers in years before Christ are those of 400 years later (%d times broken)", past);
}

/* ---------- edges ---------- */

/* Returns the timeline of a calendar. */
static SltTimeline *
timeline_of(HostArena *arena, const char *text)
{
	SltTextError error;

	return slt_timeline_create(arena, slt_calendar_read(arena, text, strlen(text), &error));
}

/* Tests that the timeline of a calendar of which every day is another one ends, and goes on refusing. */
static bool
takes_too_much(HostArena *arena)
{
	static const char *const days[] = {"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"};
	static char text[1 << 20];
	volatile int refused = 0;
	size_t		len = (size_t) snprintf(text, sizeof(text), "UTC 24/7");
	SltTimeline *tl;

	for (int i = 0; i < 53 * 7; i++)
	{
		len += (size_t) snprintf(text + len, sizeof(text) - len, "; week %02d %s ", i / 7 + 1, days[i % 7]);
		for (int k = 0; k < 40; k++)
			len += (size_t) snprintf(text + len, sizeof(text) - len, "%s%02d:%02d-%02d:%02d", k ? "," : "", k / 2, k % 2 * 30 + i % 14,
									 k / 2, k % 2 * 30 + i % 14 + 1 + i / 14 % 15);
	}
	tl = timeline_of(arena, text);
	for (int i = 0; i < 2; i++)
	{
		int64_t		work;

		if (setjmp(host_too_large) != 0)
			refused++;
		else
			slt_worked(tl, instant("0001-01-01"), instant("9999-01-01"), NULL, &work);
	}
	return refused == 2;
}

/* Tests what time is called: by the rule that closes it, and in a combination by the part that is open. */
static void
test_segments(void)
{
	static const struct
	{
		const char *text,
				   *at,
				   *to;
		SltSegmentKind kind;
		const char *name;
	}			cases[] = {
		{"UTC Mo-Fr 09:00-17:00; Jan 07 off \"Christmas\"", "2026-01-07 10:00", "2026-01-08 00:00", SLT_HOLIDAY, "Christmas"},
		{"UTC Mo-Fr 09:00-17:00; Jan 07 off \"Christmas\"", "2026-01-10 10:00", "2026-01-11 00:00", SLT_WEEKEND, ""},
		{"UTC Mo-Fr 09:00-17:00; Fr[1] 12:00-13:00 off \"prayer\"", "2026-01-02 12:30", "2026-01-02 13:00", SLT_OUTSIDE_HOURS, "prayer"},
		{"UTC Mo-Fr 09:00-17:00; Fr[1] 12:00-13:00 off \"prayer\"", "2026-01-02 18:00", "2026-01-03 00:00", SLT_OUTSIDE_HOURS, ""},
		{"(UTC Mo-Fr 09:00-17:00) | (UTC Mo-Fr 16:00-20:00)", "2026-01-02 16:30", "2026-01-02 17:00", SLT_WORKING, "UTC Mo-Fr 09:00-17:00"},
		{"(UTC Mo-Fr 09:00-17:00) | (UTC Mo-Fr 16:00-20:00)", "2026-01-02 17:00", "2026-01-02 20:00", SLT_WORKING, "UTC Mo-Fr 16:00-20:00"},
		{"(UTC Mo-Fr 09:00-17:00) & (UTC Mo-Fr 08:00-18:00; Jan 07 off \"theirs\")", "2026-01-07 10:00", "2026-01-07 17:00", SLT_HOLIDAY, "theirs"},
		{"(UTC Mo-Fr 09:00-17:00) - (UTC Mo-Fr 12:00-13:00)", "2026-01-07 12:00", "2026-01-07 13:00", SLT_OUTSIDE_HOURS, ""},
	};

	for (int i = 0; i < LENGTH(cases); i++)
	{
		HostArena  *arena = host_arena_create();
		SltSegment	s;
		char		name[100] = "";

		if (slt_next_segment(timeline_of(arena, cases[i].text), instant(cases[i].at), instant("2026-02-01"), &s) == SLT_OK && s.name)
			snprintf(name, sizeof(name), "%.*s", s.name_length, s.name);
		ok(s.kind == cases[i].kind && s.to == instant(cases[i].to) && strcmp(name, cases[i].name) == 0, "%s at %s is kind %d, %s", cases[i].text, cases[i].at, s.kind, name);
		host_arena_drop(arena);
	}
}

/* Tests the ends of time, and calendars that never open. */
static void
test_edges(void)
{
	static const char always[] = "UTC 24/7",
				once[] = "UTC 2026-03-02 09:00-17:00";
	HostArena  *arena = host_arena_create();
	SltTextError error;
	SltCalendar *cal = slt_calendar_read(arena, always, strlen(always), &error);
	SltTimeline *tl = slt_timeline_create(arena, cal);
	SltAmount	hour = {0, SLT_HOUR},
				back = {0, -SLT_HOUR},
				day = {1, 0},
				up;
	SltInstant	result,
				old = instant("1500-01-01");
	SltPeriod	pause = {instant("2026-03-02 10:00"), SLT_INFINITY};
	SltPauses	pauses = {1, &pause};
	int64_t		work;

	slt_amount_infinite(1, &up);
	ok(slt_add(tl, SLT_INFINITY, &hour, NULL, &result) == SLT_OK && result == SLT_INFINITY &&
	   slt_add(tl, 0, &up, NULL, &result) == SLT_OK && result == SLT_INFINITY &&
	   slt_add(tl, SLT_MINUS_INFINITY, &up, NULL, &result) == SLT_OUT_OF_RANGE, "infinity in, infinity out");
	ok(slt_add(tl, SLT_END_INSTANT - SLT_HOUR, &hour, NULL, &result) == SLT_OUT_OF_RANGE &&
	   slt_add(tl, SLT_END_INSTANT - SLT_HOUR, &day, NULL, &result) == SLT_OUT_OF_RANGE &&
	   slt_add(tl, SLT_MIN_INSTANT, &back, NULL, &result) == SLT_OUT_OF_RANGE, "beyond the last and the first instant is out of range");
	slt_is_working(tl, old);
	ok(slt_add(tl, SLT_END_INSTANT - 2 * SLT_HOUR, &hour, NULL, &result) == SLT_OK && result == SLT_END_INSTANT - SLT_HOUR,
	   "the last hour can be reached");
	tl = slt_timeline_create(arena, cal);
	slt_is_working(tl, old);
	ok(slt_worked(tl, SLT_END_INSTANT - SLT_HOUR, SLT_END_INSTANT - 1, NULL, &work) == SLT_OK && work == SLT_HOUR - 1 &&
	   slt_add(tl, SLT_END_INSTANT - 2 * SLT_HOUR, &hour, NULL, &result) == SLT_OK,
	   "the last hour can be reached after a question about 1500");
	tl = slt_timeline_create(arena, cal);
	ok(slt_worked(tl, SLT_MIN_INSTANT, SLT_END_INSTANT - 1, NULL, &work) == SLT_OUT_OF_RANGE, "all of time is too long to measure");
	tl = slt_timeline_create(arena, cal);
	ok(slt_worked(tl, 0, SLT_END_INSTANT - 1, NULL, &work) == SLT_OK && work == SLT_END_INSTANT - 1, "from 2000 to the end of time is not");

	tl = slt_timeline_create(arena, slt_calendar_read(arena, once, strlen(once), &error));
	ok(slt_add(tl, 0, &(SltAmount) {0, 8 * SLT_HOUR}, NULL, &result) == SLT_OK && result == instant("2026-03-02 17:00") &&
	   slt_add(tl, 0, &(SltAmount) {0, 9 * SLT_HOUR}, NULL, &result) == SLT_NO_WORKING_TIME &&
	   slt_next_working(tl, instant("2026-03-02 17:00"), &result) == SLT_NO_WORKING_TIME &&
	   slt_previous_working(tl, instant("2026-03-02 08:00"), &result) == SLT_NO_WORKING_TIME &&
	   slt_next_working(tl, instant("9000-01-01"), &result) == SLT_NO_WORKING_TIME &&
	   slt_add(tl, 0, &(SltAmount) {2, 0}, NULL, &result) == SLT_NO_WORKING_TIME, "past the only working day there is an error");
	ok(slt_previous_working(tl, instant("200000-01-01"), &result) == SLT_OK && result == instant("2026-03-02 17:00") &&
	   slt_next_working(tl, SLT_MIN_INSTANT, &result) == SLT_OK && result == instant("2026-03-02 09:00"), "it is found from afar");
	ok(slt_add(tl, 0, &hour, &pauses, &result) == SLT_OK && result == instant("2026-03-02 10:00") &&
	   slt_add(tl, 0, &(SltAmount) {0, SLT_HOUR + 1}, &pauses, &result) == SLT_OK && result == SLT_INFINITY,
	   "a pause without an end puts off what it interrupts for ever");
	tl = timeline_of(arena, "UTC Mo-Fr 09:00-17:00; easter off");
	ok(slt_next_working(tl, instant("2499-12-31 16:00"), &result) == SLT_OK && slt_next_working(tl, instant("2500-01-01"), &result) == SLT_OUT_OF_RANGE &&
	   slt_add(tl, instant("2499-12-31 16:00"), &day, NULL, &result) == SLT_OUT_OF_RANGE && slt_check_reach(tl, instant("1582-12-31")) == SLT_OUT_OF_RANGE,
	   "where no easter is known there is no answer");
	tl = timeline_of(arena, "UTC Feb 29 Mo 09:00-17:00");
	ok(slt_next_working(tl, instant("2037-01-01"), &result) == SLT_OK && slt_next_working(tl, instant("2026-01-01"), &result) == SLT_NO_WORKING_TIME &&
	   slt_add(tl, instant("2026-01-01"), &hour, NULL, &result) == SLT_NO_WORKING_TIME, "a search goes no further than ten years");
	tl = timeline_of(arena, "UTC 2060 Jan 01 off; Feb 29 Mo 09:00-17:00");
	ok(slt_next_working(tl, instant("2026-01-01"), &result) == SLT_OK && result == instant("2044-02-29 09:00"), "behind the last date that is named");
	tl = timeline_of(arena, "(UTC Mo 09:00-10:00) & (UTC Tu 09:00-10:00)");
	ok(slt_next_working(tl, instant("2026-01-01"), &result) == SLT_NO_WORKING_TIME && !slt_is_working(tl, instant("2026-03-02 09:00")), "a combination may never open");
	ok(takes_too_much(arena), "a calendar that takes too much memory is refused");
	tl = timeline_of(arena, once);
	ok(slt_add(tl, 0, &up, NULL, &result) == SLT_OK && host_arena_count(arena) > 0, "the arena holds it all");
	host_arena_drop(arena);
}

/* ---------- histories ---------- */

#define TICKS 400				/* a history is this long, and nothing in it
								 * is between two ticks */

static void *history_arena;

/* What a tick of a history is. */
typedef struct Tick
{
	int64_t		unplanned;
	int64_t		planned;
	int64_t		pardoned;
	bool		excused;
	bool		in_hours;
	bool		known;
} Tick;

/* Adds random outages, to a list and tick by tick. */
static void
random_outages(SltOutages *list, Tick *ticks, size_t field, int count, bool even)
{
	slt_outages_init(list, history_arena);
	for (int i = 0; i < count; i++)
	{
		int			from = below(TICKS),
					to = from + below(below(4) ? 20 : TICKS);
		int64_t		weight = even ? SLT_FULL_WEIGHT : (1 + below(10)) * SLT_FULL_WEIGHT / 10;

		to = to < TICKS ? to : TICKS;
		slt_outages_add(list, (SltOutage) {from, to, weight});
		for (int t = from; t < to; t++)
		{
			int64_t    *tick = (int64_t *) ((char *) &ticks[t] + field);

			*tick = *tick > weight ? *tick : weight;
		}
	}
	slt_flatten(list);
}

/* Adds random periods, to a set and tick by tick. */
static void
random_set(SltPeriods *set, Tick *ticks, size_t field, int count)
{
	slt_periods_init(set, history_arena);
	for (int i = 0; i < count; i++)
	{
		int			from = below(TICKS),
					to = from + below(60);

		to = to < TICKS ? to : TICKS;
		slt_periods_add(set, from, to);
		for (int t = from; t < to; t++)
			*(bool *) ((char *) &ticks[t] + field) = true;
	}
	slt_merge(set);
}

/* Tells whether a list is sorted and disjoint, and has no two neighbours that are one. */
static bool
is_flat(const SltOutages *o)
{
	for (int64_t i = 0; i < o->count; i++)
		if (o->items[i].from >= o->items[i].to ||
			(i > 0 && (o->items[i].from < o->items[i - 1].to ||
					   (o->items[i].from == o->items[i - 1].to && o->items[i].weight == o->items[i - 1].weight))))
			return false;
	return true;
}

/* Measures a period tick by tick. */
static SltMeasure
measure_ticks(const Tick *ticks, int from, int to)
{
	SltMeasure	m = {0};
	int64_t		down = 0,
				any_down = 0;

	for (int t = from; t < to; t++)
	{
		const Tick *k = &ticks[t];
		int64_t		heavier = k->planned > k->unplanned ? k->planned : k->unplanned,
					counted = k->excused ? k->unplanned : heavier,
					accident;

		heavier = k->pardoned > heavier ? k->pardoned : heavier;
		accident = k->pardoned > k->unplanned ? k->pardoned : k->unplanned;
		m.accident = accident > m.accident ? accident : m.accident;
		if (!k->in_hours)
			continue;
		m.elapsed++;
		m.planned += k->planned > 0;
		m.excluded += heavier > 0 && counted == 0;
		m.unknown += heavier == 0 && !k->known;
		down += counted;
		any_down += heavier;
	}
	m.down = (SltWeighted) {down / SLT_FULL_WEIGHT, down % SLT_FULL_WEIGHT};
	m.any_down = (SltWeighted) {any_down / SLT_FULL_WEIGHT, any_down % SLT_FULL_WEIGHT};
	return m;
}

/* Tests one random history: lists in order, and periods measured as tick by tick. */
static bool
measures_right(void)
{
	Tick		ticks[TICKS] = {{0}};
	SltHistory	h = {0};
	SltOutages	planned;
	SltPeriods	excused,
				hours,
				known;
	bool		right,
				even = below(2),
				always = below(3) == 0,
				all_known = below(2);

	random_outages(&h.outages[SLT_UNPLANNED], ticks, offsetof(Tick, unplanned), below(below(10) ? 12 : 900), even);
	random_outages(&h.outages[SLT_EXCUSED], ticks, offsetof(Tick, pardoned), below(6), even);
	random_outages(&planned, ticks, offsetof(Tick, planned), below(6), even);
	random_set(&excused, ticks, offsetof(Tick, excused), below(4));
	slt_outages_init(&h.outages[SLT_EXCUSED_PLAN], history_arena);
	slt_outages_init(&h.outages[SLT_PLANNED], history_arena);
	slt_outages_split(&planned, &excused, &h.outages[SLT_EXCUSED_PLAN], &h.outages[SLT_PLANNED]);
	random_set(&hours, ticks, offsetof(Tick, in_hours), below(8));
	random_set(&known, ticks, offsetof(Tick, known), below(8));
	h.hours = always ? NULL : &hours;
	h.known = all_known ? NULL : &known;
	for (int t = 0; t < TICKS; t++)
	{
		ticks[t].in_hours |= always;
		ticks[t].known |= all_known;
	}
	right = is_flat(&h.outages[SLT_UNPLANNED]) && is_flat(&h.outages[SLT_PLANNED]) && is_flat(&h.outages[SLT_EXCUSED_PLAN]);
	for (int i = 0; i < 5; i++)
	{
		int			from = below(TICKS),
					to = from + below(TICKS - from + 1);
		SltMeasure	got,
					rest,
					expected = measure_ticks(ticks, from, to);

		slt_measure(&h, (SltPeriod) {from, to}, &got);
		right &= memcmp(&got, &expected, sizeof(got)) == 0;
		slt_measure(&h, (SltPeriod) {from, from + (to - from) / 3}, &got);
		slt_measure(&h, (SltPeriod) {from + (to - from) / 3, to}, &rest);
		slt_add_measure(&got, &rest);	/* in parts it is the same */
		right &= memcmp(&got, &expected, sizeof(got)) == 0;
	}
	for (int k = 0; k < SLT_KINDS; k++)
		slt_free(h.outages[k].items);
	slt_free(planned.items);
	slt_free(excused.items);
	slt_free(hours.items);
	slt_free(known.items);
	return right;
}

/*
 * Tests sets of many periods, which are sorted another way than few: so far
 * apart that every digit counts, or close together and one far from them, so
 * that the first digits say nothing.
 */
static void
test_many_periods(int64_t apart, int64_t first)
{
	static const int counts[] = {0, 1, 511, 512, 513, 5000};

	for (int c = 0; c < LENGTH(counts); c++)
	{
		SltPeriods	set;
		bool		merged = true;
		int64_t		total = 0;

		/* each place is visited once, in no order */
		slt_periods_init(&set, history_arena);
		for (int64_t i = 0; i < counts[c]; i++)
		{
			SltInstant	from = (i * 4999 % counts[c] - counts[c] / 2) * apart - (i == 0 ? first : 0);

			slt_periods_add(&set, from, from + 10);
			slt_periods_add(&set, from + 5, from + 15);
			slt_periods_add(&set, from + 15, from + 15);
		}
		slt_merge(&set);
		for (int64_t i = 1; i < set.count; i++)
			merged &= set.items[i].from > set.items[i - 1].to;
		for (int64_t i = 0; i < set.count; i++)
			total += set.items[i].to - set.items[i].from;
		ok(merged && set.count == counts[c] && total == 15 * INT64_C(1) * counts[c] && slt_total(&set) == total, "%d pairs of periods", counts[c]);
		slt_free(set.items);
	}
}

/* Tests histories. */
static void
test_histories(int count)
{
	int			wrong = 0;

	history_arena = host_arena_create();
	test_many_periods(INT64_C(100000000000000), 0);
	test_many_periods(20, INT64_C(1000000000000000000));
	for (int i = 0; i < count; i++)
		wrong += !measures_right();
	host_arena_drop(history_arena);
	ok(wrong == 0, "%d random histories, tick by tick", count);
}

/* ---------- checks ---------- */

#define MONITORS 5

/* A monitor, tick by tick. */
typedef struct MonitorTick
{
	bool		checked;
	bool		good;
	bool		reports;
	bool		fails;
} MonitorTick;

/* Adds a check at a tick; a failure counts before a good one. */
static void
add_check(MonitorTick *ticks, int at, bool good)
{
	ticks[at].good = good && (!ticks[at].checked || ticks[at].good);
	ticks[at].checked = true;
}

/* Works out from the definition, tick by tick, when a monitor reports and fails. */
static void
judge_monitor(MonitorTick *ticks, const SltCheckRule *rule)
{
	for (int t = 0; t < TICKS; t++)
	{
		int			in_row = 0,
					k = t;

		ticks[t].reports = ticks[t].fails = false;
		for (int back = t; back >= 0 && back > t - rule->within; back--)
			ticks[t].reports |= ticks[back].checked;
		while (k >= 0 && !(ticks[k].checked && ticks[k].good))
			in_row += ticks[k--].checked;
		if (in_row == 0)
			continue;			/* good, or not heard of yet */
		for (k = t + 1; k < TICKS && !(ticks[k].checked && ticks[k].good); k++)
			in_row += ticks[k].checked;
		ticks[t].fails = in_row >= rule->failures;
	}
}

/* Has the core work out the same from the checks in order. */
static void
watch_monitor(SltWatch *watch, const MonitorTick *ticks, const SltCheckRule *rule)
{
	SltCheck	checks[TICKS];
	int			n = 0;

	slt_periods_init(&watch->reporting, history_arena);
	slt_periods_init(&watch->failing, history_arena);
	for (int t = 0; t < TICKS; t++)
		if (ticks[t].checked)
		{
			checks[n++] = (SltCheck) {t, ticks[t].good};
			slt_vouch(&watch->reporting, t, rule->within);
		}
	slt_find_failing(&watch->failing, (SltFailingRun) {0}, checks, n, rule->failures);
}

/* Tells whether a set is what a field of ticks says. */
static bool
set_is(const SltPeriods *set, const void *field, size_t size)
{
	SltCursor	c = slt_cursor_on_set(set, 0);
	SltInstant	next = 0;
	bool		same = true;

	for (int t = 0; t < TICKS; t++)
		same &= slt_is_in(&c, t, &next) == *((const bool *) field + t * size);
	return same;
}

/* Works out from the definition when all of it was down. */
static void
judge_all(bool *down, MonitorTick (*ticks)[TICKS], const SltCheckRule *rule)
{
	bool		before = false;

	for (int t = 0; t < TICKS; t++)
	{
		int			reports = 0,
					fails = 0;

		for (int m = 0; m < MONITORS; m++)
		{
			reports += ticks[m][t].reports;
			fails += ticks[m][t].reports && ticks[m][t].fails;
		}
		if (reports > 0)
			before = fails > 0 && (fails >= rule->quorum || fails == reports);
		down[t] = before;
	}
}

/* Tests that random checks are judged as tick by tick; and that one more changes no more than where it makes a monitor another one. */
static bool
judges_right(void)
{
	static MonitorTick ticks[MONITORS][TICKS];
	bool		expected[TICKS],
				right = true;
	SltWatch	watches[MONITORS],
				more;
	SltPeriods	down;
	SltPeriod	changed = {SLT_INFINITY, SLT_MINUS_INFINITY};
	SltCheckRule rule = {1 + below(40), 1 + below(4), 1 + below(MONITORS)};

	memset(ticks, 0, sizeof(ticks));
	for (int m = 0; m < MONITORS; m++)
	{
		int			odds = below(4);

		for (int n = below(3) ? below(40) : below(4); n > 0; n--)
			add_check(ticks[m], below(TICKS - 1), below(4) < odds);
		judge_monitor(ticks[m], &rule);
		watch_monitor(&watches[m], ticks[m], &rule);
		right &= set_is(&watches[m].failing, &ticks[m][0].fails, sizeof(MonitorTick)) && set_is(&watches[m].reporting, &ticks[m][0].reports, sizeof(MonitorTick));
	}
	slt_periods_init(&down, history_arena);
	slt_find_down(&down, watches, MONITORS, rule.quorum, (SltPeriod) {-1, TICKS});
	judge_all(expected, ticks, &rule);
	right &= set_is(&down, expected, sizeof(bool));

	add_check(ticks[0], below(TICKS - 1), below(2));
	judge_monitor(ticks[0], &rule);
	watch_monitor(&more, ticks[0], &rule);
	slt_widen_by_difference(&changed, &watches[0].failing, &more.failing);
	slt_widen_by_difference(&changed, &watches[0].reporting, &more.reporting);
	watches[0] = more;
	changed.to = slt_next_report(watches, MONITORS, changed.to);
	if (changed.from < changed.to)
		slt_find_down(&down, watches, MONITORS, rule.quorum, changed);
	judge_all(expected, ticks, &rule);
	return right & set_is(&down, expected, sizeof(bool));
}

/* Tests checks. */
static void
test_checks(int count)
{
	int			wrong = 0;

	for (int i = 0; i < count; i++)
	{
		history_arena = host_arena_create();
		wrong += !judges_right();
		host_arena_drop(history_arena);
	}
	ok(wrong == 0, "%d random sets of checks of several monitors, tick by tick", count);
}

/* Runs all tests; arguments are a seed, and the number of random calendars. */
int
main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	state = argc > 1 ? strtoull(argv[1], NULL, 0) | 1 : UINT64_C(20260302);
	test_dates();
	test_amount_text();
	test_amount_arithmetic();
	test_calendar_text();
	test_holidays();
	test_known_answers();
	test_segments();
	test_edges();
	test_histories(5000);
	test_clocks();
	test_checks(5000);
	test_properties(argc > 2 ? atoi(argv[2]) : 200, 40);
	printf("1..%d\n", tests);
	return failures > 0;
}
