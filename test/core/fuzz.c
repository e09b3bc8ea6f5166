/*
 * fuzz.c
 *		A libFuzzer target for the core: texts, and the properties of timelines.
 *
 * The first byte says what the rest is: 'a' the text of an amount, 'c' the
 * text of a calendar, 't' a timeline: 45 bytes of zone and question, then the
 * text of a calendar, in which the zone Test/Fuzz has the changes given.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amount.h"
#include "calendar.h"
#include "host.h"
#include "model.h"

#define QUESTION_BYTES 45

static SltScratch scratch;		/* of the hours that the model asks for */

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the run with a reason. */
static void
require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

/* Takes a little-endian number off the input; what is not there is 0. */
static int64_t
take(const uint8_t **data, size_t *size, size_t bytes)
{
	uint64_t	value = 0;

	for (size_t i = 0; i < bytes && *size > 0; i++, (*data)++, (*size)--)
		value |= (uint64_t) **data << (8 * i);
	if (bytes < 8 && value >> (8 * bytes - 1))
		value |= ~UINT64_C(0) << (8 * bytes);
	return (int64_t) value;
}

/* Checks that a detail is one, and valid. */
static void
check_detail(const SltTextError *error)
{
	size_t		len = strnlen(error->detail, sizeof(error->detail));

	require(len > 0 && len < sizeof(error->detail) && error->detail[len - 1] == '.', "a refusal has its sentence");
}

/* An amount is refused with a sentence, or its canonical text reads back to it. */
static void
fuzz_amount(const char *text, size_t len)
{
	SltAmount	a,
				b,
				c;
	SltTextError error = {""};
	char		canonical[SLT_AMOUNT_TEXT];

	if (!slt_amount_read(text, len, &a, &error))
	{
		check_detail(&error);
		return;
	}
	slt_amount_write(&a, canonical);
	require(slt_amount_read(canonical, strlen(canonical), &b, &error), "the canonical text of an amount is read");
	require(a.days == b.days && a.micros == b.micros, "the canonical text of an amount reads back to it");
	require(slt_amount_compare(&a, &b) == 0, "an amount equals itself");
	if (slt_amount_negate(&a, &b))
	{
		require(slt_amount_negate(&b, &c) && a.days == c.days && a.micros == c.micros, "negation undoes itself");
		if (slt_amount_infinity(&a) == 0)
			require(slt_amount_add(&a, &b, &c) && c.days == 0 && c.micros == 0, "an amount and its negative are nothing");
		c = (SltAmount) {0, 0};
		require(slt_amount_compare(&a, &c) == -slt_amount_compare(&b, &c), "negation turns the order");
	}
	slt_amount_multiply(&a, 1.5, &c);
	slt_amount_multiply(&a, -1e10, &c);
	slt_amount_divide(&a, 7, &c);
}

/* Tells whether two calendars have the same hours on some dates, all their parts. */
static bool
same_hours(HostArena *arena, const SltCalendar *a, const SltCalendar *b, SltDate from)
{
	SltHours	x[400],
				y[400];
	SltScratch	both = {arena, 0, NULL};
	bool		same = a->combine == b->combine;

	if (a->combine != 0)
		return same && same_hours(arena, a->left, b->left, from) && same_hours(arena, a->right, b->right, from);
	slt_calendar_hours(a, from, 400, x, &both);
	slt_calendar_hours(b, from, 400, y, &both);
	for (int i = 0; i < 400; i++)
	{
		for (int k = 0; k < x[i].nspans; k++)
			require(x[i].spans[k].start >= 0 && x[i].spans[k].start < x[i].spans[k].end && x[i].spans[k].end <= SLT_LAST_SPAN_END &&
					(k == 0 || x[i].spans[k].start > x[i].spans[k - 1].end), "spans are sorted and apart");
		same &= x[i].nspans == y[i].nspans && (x[i].nspans == 0 || memcmp(x[i].spans, y[i].spans, (size_t) x[i].nspans * sizeof(SltSpan)) == 0);
	}
	slt_scratch_free(&both);
	return same;
}

/* A calendar is refused with a sentence, or its canonical text reads back to an equal one. */
static SltCalendar *
fuzz_calendar(HostArena *arena, const char *text, size_t len)
{
	SltHoliday	holidays[] = {{9497, NULL, "A"}, {9497, "09:00-12:00", NULL}, {9498, "10:00-11:00 off", "B"}, {9500, "", "C"}};
	SltTextError error;
	SltCalendar *a = slt_calendar_read(arena, text, len, &error),
			   *b;
	SltDate		first = 0,
				last = 0;
	char	   *canonical;

	if (a == NULL)
	{
		check_detail(&error);
		slt_calendar_guess(arena, text, len, &error);
		return NULL;
	}
	canonical = slt_calendar_write(arena, a);
	b = slt_calendar_read(arena, canonical, strlen(canonical), &error);
	if (b == NULL || strcmp(slt_calendar_write(arena, b), canonical) != 0)
		fprintf(stderr, "%.*s\n=> %s\n=> %s\n", (int) len, text, canonical, b ? slt_calendar_write(arena, b) : error.detail);
	require(b != NULL, "the canonical text of a calendar is read");
	require(strcmp(slt_calendar_write(arena, b), canonical) == 0, "the canonical text of a calendar is written again");
	slt_calendar_named_dates(a, &first, &last);
	require(same_hours(arena, a, b, 9400), "equal calendars have equal hours");
	require(same_hours(arena, a, b, first - 2) && same_hours(arena, a, b, last - 390), "equal calendars have equal hours on named dates");
	b = slt_calendar_with_holidays(arena, a, holidays, 4, &error);
	if (b != NULL)
	{
		canonical = slt_calendar_write(arena, b);
		b = slt_calendar_read(arena, canonical, strlen(canonical), &error);
		require(b != NULL && strcmp(slt_calendar_write(arena, b), canonical) == 0, "with its holidays it is written again");
	}
	return a;
}

/* Tells the hours of a date, for the model. */
static int
calendar_hours(const void *rules, SltDate date, const SltSpan **spans)
{
	SltHours	hours;

	slt_scratch_free(&scratch);
	slt_calendar_hours(rules, date, 1, &hours, &scratch);
	*spans = hours.spans;
	return hours.nspans;
}

/* Brings a number into a range. */
static int64_t
within(int64_t value, int64_t least, int64_t count)
{
	int64_t		rest = value % count;

	return least + (rest < 0 ? rest + count : rest);
}

/* Questions to a timeline, in a zone made of the input. */
static void
fuzz_timeline(HostArena *arena, const uint8_t *data, size_t size)
{
	HostChange	changes[4];
	int			nchanges = 0;
	int32_t		base = (int32_t) within(take(&data, &size, 2) * 15, -HOST_MAX_OFFSET, 2 * HOST_MAX_OFFSET - HOST_MAX_JUMP + 1);
	int64_t		near = within(take(&data, &size, 4), -2268000000, 5400000000);	/* from 1928 to 2099 */
	SltPeriod	pauses[3];
	Question	q;
	Model		m = {NULL, NULL, calendar_hours, 60};
	SltCalendar *cal;
	SltTimeline *tl;
	uint32_t	broken;

	for (int i = 0; i < 4; i++)
	{
		int64_t		at = (i ? changes[i - 1].at : near) + 1 + within(take(&data, &size, 2) * 60, 0, 2 * 86400 * 20);

		changes[nchanges++] = (HostChange) {at, base + (int32_t) within(take(&data, &size, 2) * 30, 0, HOST_MAX_JUMP + 1)};
	}
	host_set_fuzz_zone(base, nchanges, changes);
	q.at = near * SLT_SECOND + take(&data, &size, 2) * (SLT_DAY / 2048) + take(&data, &size, 1);
	q.to = q.at + within(take(&data, &size, 2), 0, 65536) * SLT_MINUTE + within(take(&data, &size, 1), 0, 256);
	q.days = within(take(&data, &size, 1), -20, 41);
	q.micros = take(&data, &size, 2) * (SLT_MINUTE / 4) + take(&data, &size, 1);
	q.pauses = (SltPauses) {(int) within(take(&data, &size, 1), 0, 4), pauses};
	for (int i = 0; i < 3; i++)
	{
		pauses[i].from = (i ? pauses[i - 1].to : q.at - SLT_DAY) + 1 + within(take(&data, &size, 2), 0, 65536) * SLT_MINUTE / 8;
		pauses[i].to = pauses[i].from + 1 + within(take(&data, &size, 2), 0, 65536) * SLT_MINUTE / 8;
	}
	cal = fuzz_calendar(arena, (const char *) data, size);
	if (cal == NULL || cal->nrules > 20 || cal->combine != 0)
		return;
	scratch = (SltScratch) {arena, 0, NULL};
	m.zone = cal->zone;
	m.rules = cal;
	tl = slt_timeline_create(arena, cal);
	if (!slt_calendar_opens_weekly(cal) || slt_calendar_has_easter(cal))
	{
		/*
		 * a search may build all blocks there are: ask what needs no search
		 * only
		 */
		require(slt_is_working(tl, q.at) == model_working(&m, q.at), property_names[HOLDS_MEMBERSHIP]);
		return;
	}
	broken = broken_properties(tl, &m, &q);
	if (broken == 0)
		return;
	for (int p = 0; p < NPROPERTIES; p++)
		if (broken & (UINT32_C(1) << p))
			fprintf(stderr, "broken: %s\n", property_names[p]);
	fprintf(stderr, "calendar %.*s\nzone %d", (int) size, (const char *) data, base);
	for (int i = 0; i < nchanges; i++)
		fprintf(stderr, ", %d from %" PRId64, changes[i].offset, changes[i].at);
	fprintf(stderr, "\nat %" PRId64 " to %" PRId64 ", %" PRId64 " days %" PRId64 " us\n", q.at, q.to, q.days, q.micros);
	for (int i = 0; i < q.pauses.count; i++)
		fprintf(stderr, "pause %" PRId64 " to %" PRId64 "\n", pauses[i].from, pauses[i].to);
	abort();
}

/* Runs one input. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	HostArena  *arena;
	char	   *copy;
	size_t		header = size > 0 && data[0] == 't' ? 1 + QUESTION_BYTES : 1;

	if (size < header || memchr(data + header, '\0', size - header) != NULL)
		return 0;				/* no text has a zero byte */
	arena = host_arena_create();
	if (setjmp(host_too_large) != 0)
	{
		host_arena_drop(arena);
		return 0;
	}
	copy = slt_alloc(arena, size);	/* without an end that a text could run
									 * over unseen */
	memcpy(copy, data, size);
	switch (data[0])
	{
		case 'a':
			fuzz_amount(copy + 1, size - 1);
			break;
		case 'c':
			fuzz_calendar(arena, copy + 1, size - 1);
			break;
		case 't':
			fuzz_timeline(arena, (const uint8_t *) copy + 1, size - 1);
			break;
	}
	host_arena_drop(arena);
	return 0;
}
