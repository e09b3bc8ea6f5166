/*
 * timeline.c
 *		A compiled calendar: answers in constant time.
 *
 * The timeline of a calendar is cut into blocks of 128 weeks of UTC days.  A
 * block has for each of its weeks the working time before it, and its kind: the
 * patterns of seven days, which are their open pieces.  There are few different
 * patterns and not many kinds of weeks, so that a week takes eight bytes, and
 * even a hundred calendars at once stay in the processor's cache.  An instant
 * is found by division; an amount of work, by a table that leads to a week
 * one or two off at most.  Blocks are built when first asked for, always
 * adjoining those there are, and kept; a directory carries the running totals
 * over from block to block.
 *
 * An instant is working when the wall clock shows a time inside a span in
 * force.  So pieces are made by laying the spans of the wall clock over each
 * stretch of constant offset, and cutting them where the stretch ends: a
 * skipped hour is gone and a repeated one counts twice, with no further rule.
 *
 * A combination of two calendars has their two timelines below it, and makes
 * its days of the pieces of theirs, one UTC day at a time; questions are asked
 * of what is made, so that they take no longer.
 *
 * Nothing is irregular before year 1800 or the first date that the rules name,
 * nor from year 2100 or behind the last date on: there, calendar and zone
 * repeat every 400 years.  An instant far away is folded into the 400 years
 * next to the irregular part, so no question costs more than their blocks.
 *
 * Invariants: the pieces of a pattern are sorted, disjoint and not empty; they
 * are cut at the ends of UTC days, at clock changes, and where the date they
 * belong to changes.  The days of a block end with sentinels.
 */
#include "block.h"

#include <string.h>

#define CYCLE_LENGTH	(SLT_GREGORIAN_CYCLE * SLT_DAY)

#define FIRST_REGULAR_YEAR	2100	/* zone data names no single change from
									 * here on */
#define LAST_REGULAR_YEAR	1800	/* nor before */

#define SEARCH_LENGTH	(3653 * SLT_DAY)	/* a search goes no further behind
											 * the last date that is named */

/* Where an instant is: its block, its distance from the block's start, and the cycles folded away. */
typedef struct Place
{
	int64_t		cycles;
	Entry	   *entry;
	int64_t		rest;
} Place;

/* ---------- the directory of blocks ---------- */

/* Makes the timelines of the two parts of a combination. */
static void
create_parts(SltTimeline *tl)
{
	tl->left = slt_timeline_create(tl->arena, tl->calendar->left);
	tl->right = slt_timeline_create(tl->arena, tl->calendar->right);
	tl->left->whole = tl->right->whole = tl;
}

/* Sets the years outside which nothing is irregular, and those in which there is an answer. */
static void
set_bounds(SltTimeline *tl)
{
	SltDate		first,
				last,
				regular_until = slt_date_from_civil(LAST_REGULAR_YEAR, 1, 1),
				regular_from = slt_date_from_civil(FIRST_REGULAR_YEAR, 1, 1);
	bool		named = slt_calendar_named_dates(tl->calendar, &first, &last),
				easter = slt_calendar_has_easter(tl->calendar);

	if (easter)
	{
		regular_until = slt_date_from_civil(SLT_EASTER_FROM, 1, 1);
		regular_from = slt_date_from_civil(SLT_EASTER_TO + 1, 1, 1);
	}
	tl->reach_from = easter ? regular_until * SLT_DAY : INT64_MIN;
	tl->reach_to = easter ? regular_from * SLT_DAY : INT64_MAX;
	tl->first_named = named ? first * SLT_DAY : SLT_INFINITY;
	tl->last_named = named ? (last + 1) * SLT_DAY : SLT_MINUS_INFINITY;
	if (named && first - MARGIN_DAYS < regular_until)
		regular_until = first - MARGIN_DAYS;
	if (named && last + MARGIN_DAYS > regular_from)
		regular_from = last + MARGIN_DAYS;
	tl->origin = slt_floor_div(regular_until - SLT_GREGORIAN_CYCLE - BLOCK_DAYS, 7) * WEEK_LENGTH;
	tl->regular_until = regular_until * SLT_DAY;
	tl->regular_from = regular_from * SLT_DAY;
	tl->last_useful = (regular_from + SLT_GREGORIAN_CYCLE - tl->origin / SLT_DAY) / BLOCK_DAYS + 1;
	tl->repeats = !easter && slt_calendar_repeats(tl->calendar);
	if (!tl->repeats && (named || easter))
	{
		bool		ends = !slt_calendar_repeats(tl->calendar);

		first = ends && named ? first : regular_until;
		last = ends && named ? last : regular_from;
		tl->first_useful = (first - MARGIN_DAYS - tl->origin / SLT_DAY) / BLOCK_DAYS;
		tl->last_useful = (last + MARGIN_DAYS - tl->origin / SLT_DAY) / BLOCK_DAYS;
	}
}

/* Makes the timeline of a calendar; the calendar must live as long. */
SltTimeline *
slt_timeline_create(void *arena, const SltCalendar *calendar)
{
	SltTimeline *tl = slt_alloc(arena, sizeof(*tl));

	memset(tl, 0, sizeof(*tl));
	tl->arena = arena;
	tl->calendar = calendar;
	tl->size = sizeof(*tl);
	tl->is_sparse = calendar->combine != 0 || !slt_calendar_opens_weekly(calendar);
	set_bounds(tl);
	if (calendar->combine != 0)
		create_parts(tl);
	return tl;
}

/* Returns the calendar, for messages that show its text. */
const SltCalendar *
slt_timeline_calendar(const SltTimeline *tl)
{
	return tl->calendar;
}

/* Returns where a timeline has its memory. */
void *
slt_timeline_arena(const SltTimeline *tl)
{
	return tl->arena;
}

/* Returns one side of a combination, which an explanation names. */
SltTimeline *
slt_timeline_part(const SltTimeline *tl, bool right)
{
	return right ? tl->right : tl->left;
}

/* Makes room in the directory for one more entry at either end. */
static void
grow_directory(SltTimeline *tl)
{
	int64_t		room = 2 * tl->room + 6;
	Entry	   *more = slt_alloc(tl->arena, (size_t) room * sizeof(Entry));
	Entry	   *entries = more + (room - tl->count) / 2;

	if (tl->count > 0)
	{
		memcpy(entries, tl->entries, (size_t) tl->count * sizeof(Entry));
		slt_free(tl->allocated);
	}
	tl->allocated = more;
	tl->entries = entries;
	tl->room = room;
}

/* Keeps the means that a search through the directory starts from. */
static void
update_means(SltTimeline *tl)
{
	const Entry *last = &tl->entries[tl->count - 1];

	tl->blocks_per[WORKED] = (double) tl->count / (double) (last->worked + last->block->total - tl->entries[0].worked + 1);
	tl->blocks_per[DAYS] = (double) tl->count / (double) (last->days + last->block->ndays - tl->entries[0].days + 1);
}

/* Builds the block behind the last one, or the first one at all. */
static void
append_block(SltTimeline *tl)
{
	Entry		e = {slt_build_block(tl, tl->first + tl->count), 0, 0};

	if (tl->entries == NULL || tl->entries + tl->count == tl->allocated + tl->room)
		grow_directory(tl);

	/*
	 * what the first block counts from is any number: this one keeps all
	 * totals in range
	 */
	e.worked = e.block->start - tl->regular_from;
	if (tl->count > 0)
	{
		Entry	   *last = &tl->entries[tl->count - 1];

		e.worked = last->worked + last->block->total;
		e.days = last->days + last->block->ndays;
	}
	tl->entries[tl->count++] = e;
	update_means(tl);
}

/* Builds the block before the first one. */
static void
prepend_block(SltTimeline *tl)
{
	Entry		e = {slt_build_block(tl, tl->first - 1), 0, 0};

	if (tl->entries == tl->allocated)
		grow_directory(tl);
	e.worked = tl->entries[0].worked - e.block->total;
	e.days = tl->entries[0].days - e.block->ndays;
	*--tl->entries = e;
	tl->first--;
	tl->count++;
	update_means(tl);
}

/* Builds the blocks up to a number. */
static __attribute__((noinline))
Entry *
extend_to(SltTimeline *tl, int64_t number)
{
	if (tl->count == 0)
	{
		tl->first = number;
		append_block(tl);
	}
	while (number >= tl->first + tl->count)
		append_block(tl);
	while (number < tl->first)
		prepend_block(tl);
	return &tl->entries[number - tl->first];
}

/* Returns the entry of a block by its number alone: this is what answers in constant time. */
static inline Entry *
entry_of(SltTimeline *tl, int64_t number)
{
	uint64_t	i = (uint64_t) (number - tl->first);

	return i < (uint64_t) tl->count ? &tl->entries[i] : extend_to(tl, number);
}

/* Returns how many cycles an instant is away from the part of the timeline that is built. */
static inline int64_t
cycles_away(const SltTimeline *tl, SltInstant at)
{
	if (at >= tl->regular_from)
		return (at - tl->regular_from) / CYCLE_LENGTH;
	if (at < tl->regular_until)
		return -((tl->regular_until - 1 - at) / CYCLE_LENGTH);
	return 0;
}

/* Finds where an instant is by division, not by walking days; years beyond those kept are taken 400 back or forth. */
static inline Place
place_of(SltTimeline *tl, SltInstant at)
{
	Place		p;
	uint64_t	away;

	p.cycles = cycles_away(tl, at);
	away = (uint64_t) (at - p.cycles * CYCLE_LENGTH - tl->origin);
	p.rest = (int64_t) (away % (uint64_t) BLOCK_LENGTH);
	p.entry = entry_of(tl, (int64_t) (away / (uint64_t) BLOCK_LENGTH));
	return p;
}

/* Turns a place, at a distance from its block's start, back into an instant. */
static inline SltStatus
instant_of(const Entry *entry, int64_t rest, int64_t cycles, SltInstant *result)
{
	*result = entry->block->start + rest;
	if (cycles != 0 &&
		(__builtin_mul_overflow(cycles, CYCLE_LENGTH, &cycles) ||
		 __builtin_add_overflow(*result, cycles, result)))
		return SLT_OUT_OF_RANGE;
	return *result >= SLT_MIN_INSTANT && *result < SLT_END_INSTANT ? SLT_OK : SLT_OUT_OF_RANGE;
}

/* ---------- working time before an instant, and its inverse ---------- */

/* Returns what a week looks like; a calendar has few that differ, so each is kept once. */
static inline const WeekKind *
kind_of(const SltTimeline *tl, const Week *week)
{
	return &tl->kinds[week->kind];
}

/* Returns what a day looks like, by way of its week's kind. */
static inline const Pattern *
pattern_of(const SltTimeline *tl, const Block *block, int day)
{
	return &tl->patterns[kind_of(tl, &block->weeks[day / 7])->patterns[day % 7]];
}

/* Returns the pattern of a UTC day, good until a block of the timeline is built. */
const Pattern *
slt_pattern_on(SltTimeline *tl, SltDate date)
{
	Place		p = place_of(tl, date * SLT_DAY);

	return pattern_of(tl, p.entry->block, (int) (p.rest / SLT_DAY));
}

/* Returns how many working days of a block are before one of its dates. */
static inline int
rank_of(const SltTimeline *tl, const Block *block, int day)
{
	const Week *week = &block->weeks[day / 7];

	return week->rank + kind_of(tl, week)->rank[day % 7];
}

/*
 * Returns the working time before a time of a day: the few pieces of one day are added up, whole days before it have
 * running totals.
 */
static inline int64_t
worked_in_day(const Pattern *pattern, int64_t time)
{
	const Piece *pieces = pieces_of(pattern);
	int64_t		worked = 0;
	int			i = 0;

	do							/* a closed day's single piece is empty */
	{
		int64_t		in_piece = time - pieces[i].start;
		int64_t		length = pieces[i].end - pieces[i].start;

		in_piece = in_piece < length ? in_piece : length;
		worked += in_piece > 0 ? in_piece : 0;
	} while (++i < pattern->npieces);
	return worked;
}

/* Returns the piece of a pattern that a time of its day lies in, NULL if there is none. */
static inline const Piece *
piece_at(const Pattern *pattern, int64_t time)
{
	const Piece *pieces = pieces_of(pattern);

	for (int i = 0; i < pattern->npieces; i++)
		if (time < pieces[i].end)
			return time >= pieces[i].start ? &pieces[i] : NULL;
	return NULL;
}

/* Returns the working time in a block before an instant. */
static inline int64_t
worked_in_block(const SltTimeline *tl, const Block *block, int64_t rest)
{
	int			day = (int) (rest / SLT_DAY);
	const Week *week = &block->weeks[day / 7];
	const WeekKind *kind = kind_of(tl, week);

	return (week->worked + kind->worked[day % 7]) * SLT_SECOND +
		worked_in_day(&tl->patterns[kind->patterns[day % 7]], rest % SLT_DAY);
}

/* A day of a block. */
typedef struct FoundDay
{
	int			day;
	uint32_t	before;			/* seconds of work before it, in the block */
	const Pattern *pattern;
} FoundDay;

/*
 * Finds the last day that starts with no more than some seconds of work, from
 * an earlier week on, by way of the table if it is far.  Weeks and days are
 * counted, not stepped through, since no one can guess how many there are.
 */
static inline FoundDay
find_day(const SltTimeline *tl, const Block *block, int week, int64_t work, uint32_t seconds)
{
	const WeekKind *kind;
	int			ahead,
				day = 0;

	if (block->weeks[week + STEP < BLOCK_WEEKS ? week + STEP : BLOCK_WEEKS].worked <= seconds)
		week = block->by_work[work >> block->work_shift];
	do
	{
		ahead = 0;
		for (int i = 1; i <= STEP; i++)
			ahead += week + i < BLOCK_WEEKS && block->weeks[week + i].worked <= seconds;
		week += ahead;
	} while (ahead == STEP);
	kind = kind_of(tl, &block->weeks[week]);
	seconds -= block->weeks[week].worked;
	for (int i = 1; i < 7; i++)
		day += kind->worked[i] <= seconds;
	return (FoundDay) {7 * week + day, block->weeks[week].worked + kind->worked[day], &tl->patterns[kind->patterns[day]]};
}

/* Returns where in a block its working time reaches an amount above 0 and up to its total. */
static inline int64_t
reached_in_block(const SltTimeline *tl, const Block *block, int week, int64_t work)
{
	FoundDay	found = find_day(tl, block, week, work, (uint32_t) ((work - 1) / SLT_SECOND));
	const Piece *pieces = pieces_of(found.pattern);
	int			i = 0;

	work -= found.before * SLT_SECOND;
	while (i + 1 < found.pattern->npieces && pieces[i + 1].worked < work)
		i++;
	return found.day * SLT_DAY + pieces[i].start + work - pieces[i].worked;
}

/* Returns the last place in a block where its working time is an amount below its total. */
static inline int64_t
left_in_block(const SltTimeline *tl, const Block *block, int64_t work)
{
	FoundDay	found = find_day(tl, block, 0, work, (uint32_t) (work / SLT_SECOND));
	const Piece *pieces = pieces_of(found.pattern);
	int			i = 0;

	work -= found.before * SLT_SECOND;
	while (i + 1 < found.pattern->npieces && pieces[i + 1].worked <= work)
		i++;
	return found.day * SLT_DAY + pieces[i].start + work - pieces[i].worked;
}

/* Returns a count at the start of a block. */
static inline int64_t
count_before(const Entry *entry, Count count)
{
	return count == WORKED ? entry->worked : entry->days;
}

/* Returns a count at the end of a block. */
static inline int64_t
count_after(const Entry *entry, Count count)
{
	return count_before(entry, count) + (count == WORKED ? entry->block->total : entry->block->ndays);
}

/* Returns a count at the start of the first block there is. */
static inline int64_t
first_count(const SltTimeline *tl, Count count)
{
	return count_before(&tl->entries[0], count);
}

/* Returns a count at a place; for days, at the start of the UTC day it is in. */
static inline int64_t
count_at(const SltTimeline *tl, const Place *p, Count count)
{
	const Block *block = p->entry->block;

	return count_before(p->entry, count) +
		(count == WORKED ? worked_in_block(tl, block, p->rest) : rank_of(tl, block, (int) (p->rest / SLT_DAY)));
}

/* Measures what one of the cycles holds that start at an instant, and what is counted before it. */
static int64_t
measure_cycle(SltTimeline *tl, SltInstant start, Count count, int64_t *before)
{
	int64_t		away = start + CYCLE_LENGTH - tl->origin;
	Place		end = {0, entry_of(tl, away / BLOCK_LENGTH), away % BLOCK_LENGTH};
	int64_t		after = count_at(tl, &end, count);
	Place		begin = place_of(tl, start);

	/*
	 * finding this place may have built blocks and moved entries, but counts
	 * stay
	 */
	*before = count_at(tl, &begin, count);
	return after - *before;
}

/* Returns a count at an instant that is cycles away. */
static __attribute__((noinline))
SltStatus
total_in_cycles(SltTimeline *tl, SltInstant at, Count count, int64_t *total)
{
	int64_t		cycles = cycles_away(tl, at),
				before,
				cycle;
	Place		p;

	cycle = measure_cycle(tl, cycles > 0 ? tl->regular_from : tl->regular_until - CYCLE_LENGTH, count, &before);
	p = place_of(tl, at);
	*total = count_at(tl, &p, count);
	if (__builtin_mul_overflow(cycles, cycle, &cycles) || __builtin_add_overflow(*total, cycles, total))
		return SLT_OUT_OF_RANGE;
	return SLT_OK;
}

/* Returns a count at an instant, over all cycles. */
static inline SltStatus
total_at(SltTimeline *tl, SltInstant at, Count count, int64_t *total)
{
	Place		p = place_of(tl, at);

	if (p.cycles != 0 && tl->repeats)
		return total_in_cycles(tl, at, count, total);
	*total = count_at(tl, &p, count);
	return SLT_OK;
}

/* Tells whether a count passes `wanted` in the blocks there are. */
static inline bool
is_built(const SltTimeline *tl, Count count, int64_t wanted)
{
	return wanted > first_count(tl, count) && wanted <= count_after(&tl->entries[tl->count - 1], count);
}

/* Builds blocks until a count above `wanted - 1` is reached, or folds what is wanted into a cycle. */
static SltStatus
extend_to_count(SltTimeline *tl, Count count, int64_t *wanted, int64_t *cycles)
{
	SltInstant	start;
	int64_t		before,
				cycle;

	while (*wanted > count_after(&tl->entries[tl->count - 1], count) && tl->first + tl->count <= tl->last_useful)
		append_block(tl);
	while (*wanted <= first_count(tl, count) && tl->first > tl->first_useful)
		prepend_block(tl);
	if (is_built(tl, count, *wanted))
		return SLT_OK;

	start = *wanted > first_count(tl, count) ? tl->regular_from : tl->regular_until - CYCLE_LENGTH;
	cycle = tl->repeats ? measure_cycle(tl, start, count, &before) : 0;
	if (cycle == 0)
		return SLT_NO_WORKING_TIME;
	*cycles = slt_floor_div(*wanted - before - 1, cycle);
	*wanted -= *cycles * cycle;
	return SLT_OK;
}

/*
 * Finds the block in which a count passes from below `wanted` to `wanted` or
 * more, among those there are: a few steps on from `near`, or else from the
 * block where it would be if all were like the mean one.
 */
static inline Entry *
search_entries(const SltTimeline *tl, Count count, int64_t wanted, Entry *near)
{
	Entry	   *last = &tl->entries[tl->count - 1];
	double		guess;
	int64_t		i;

	if (count_before(near, count) < wanted)
		for (int steps = 0; steps < 8; steps++, near++)
			if (near == last || count_before(near + 1, count) >= wanted)
				return near;
	guess = (double) (wanted - count_before(near, count)) * tl->blocks_per[count];
	i = near - tl->entries + (int64_t) guess;
	i = i < 0 ? 0 : i >= tl->count ? tl->count - 1 : i;
	while (i > 0 && count_before(&tl->entries[i], count) >= wanted)
		i--;
	while (i + 1 < tl->count && count_before(&tl->entries[i + 1], count) < wanted)
		i++;
	return &tl->entries[i];
}

/*
 * The same, where need be after building blocks or folding cycles away.
 * `wanted` comes back less what those cycles hold.
 */
static SltStatus
find_entry(SltTimeline *tl, Count count, int64_t *wanted, int64_t *cycles, Entry **entry)
{
	*cycles = 0;
	if (!is_built(tl, count, *wanted))
	{
		SltStatus	status = extend_to_count(tl, count, wanted, cycles);

		if (status != SLT_OK)
			return status;
		*entry = tl->entries;
	}
	*entry = search_entries(tl, count, *wanted, *entry);
	return SLT_OK;
}

/* Finds the first instant by which an amount has been worked, counted as total_at() does. */
static SltStatus
reach(SltTimeline *tl, int64_t work, Entry *near, SltInstant *result)
{
	int64_t		cycles;
	SltStatus	status = find_entry(tl, WORKED, &work, &cycles, &near);

	if (status != SLT_OK)
		return status;
	return instant_of(near, reached_in_block(tl, near->block, 0, work - near->worked), cycles, result);
}

/* Finds the last instant before which no more than an amount has been worked. */
static SltStatus
leave(SltTimeline *tl, int64_t work, Entry *near, SltInstant *result)
{
	int64_t		cycles,
				wanted = work + 1;
	SltStatus	status = find_entry(tl, WORKED, &wanted, &cycles, &near);

	if (status != SLT_OK)
		return status;
	return instant_of(near, left_in_block(tl, near->block, wanted - 1 - near->worked), cycles, result);
}

/* ---------- hours ---------- */

/* Adds working time: rule 3. */
static SltStatus
add_hours(SltTimeline *tl, SltInstant at, int64_t micros, SltInstant *result)
{
	Place		p = place_of(tl, at);
	int64_t		work;
	SltStatus	status;

	*result = at;
	if (micros == 0)
		return SLT_OK;
	if (p.cycles == 0 && micros > 0)
	{
		int64_t		in_block = worked_in_block(tl, p.entry->block, p.rest);

		/* near, or at least built, nothing can fail */
		if (micros <= p.entry->block->total - in_block)
		{
			*result = p.entry->block->start + reached_in_block(tl, p.entry->block, (int) (p.rest / WEEK_LENGTH), in_block + micros);
			return SLT_OK;
		}
		work = p.entry->worked + in_block;
		if (micros <= CYCLE_LENGTH && is_built(tl, WORKED, work + micros))
		{
			p.entry = search_entries(tl, WORKED, work + micros, p.entry);
			*result = p.entry->block->start + reached_in_block(tl, p.entry->block, 0, work + micros - p.entry->worked);
			return SLT_OK;
		}
	}
	if ((status = total_at(tl, at, WORKED, &work)) != SLT_OK)
		return status;
	if (__builtin_add_overflow(work, micros, &work))
		return SLT_OUT_OF_RANGE;
	return micros > 0 ? reach(tl, work, tl->entries, result) : leave(tl, work, tl->entries, result);
}

/* ---------- days ---------- */

/* Finds the first instant whose wall clock shows a time or more. */
static SltInstant
wall_reaches(SltTimeline *tl, int64_t wall)
{
	Place		p = place_of(tl, wall);
	const Block *block = p.entry->block;
	int64_t		folded = wall - p.cycles * CYCLE_LENGTH,
				second = slt_floor_div(folded, SLT_SECOND),
				at;
	int			i = 0;

	while (stretch_end(block->stretches, block->nstretches, i) + block->stretches[i].offset <= second)
		i++;
	at = folded - block->stretches[i].offset * SLT_SECOND;
	if (at < block->stretches[i].start * SLT_SECOND)
		at = block->stretches[i].start * SLT_SECOND;
	return at + p.cycles * CYCLE_LENGTH;
}

/* Finds the last instant before which the wall clock shows less than a time. */
static SltInstant
wall_leaves(SltTimeline *tl, int64_t wall)
{
	Place		p = place_of(tl, wall);
	const Block *block = p.entry->block;
	int64_t		folded = wall - p.cycles * CYCLE_LENGTH,
				second = slt_floor_div(folded - 1, SLT_SECOND),
				at;
	int			i = block->nstretches - 1;

	while (i > 0 && block->stretches[i].start + block->stretches[i].offset > second)
		i--;
	at = folded - block->stretches[i].offset * SLT_SECOND;
	if (i + 1 < block->nstretches && at > block->stretches[i + 1].start * SLT_SECOND)
		at = block->stretches[i + 1].start * SLT_SECOND;
	return at + p.cycles * CYCLE_LENGTH;
}

/*
 * Moves an instant of working time by working days on the wall clock.  What is
 * asked of it is asked of the instant itself going forward, and of the moment
 * just before it going back: `inside` is the one of these that is working.
 */
static SltStatus
move_by_days(SltTimeline *tl, SltInstant s, SltInstant inside, int64_t days, SltInstant *result)
{
	Place		p = place_of(tl, inside);
	int			day = (int) (p.rest / SLT_DAY);
	Piece		piece = *piece_at(pattern_of(tl, p.entry->block, day), p.rest % SLT_DAY);
	SltDate		owner = p.entry->block->date + day + piece.owner;
	int64_t		rank,
				cycles,
				moved;
	Entry	   *entry;
	SltStatus	status;

	owner += (SltDate) (p.cycles * SLT_GREGORIAN_CYCLE);
	if (__builtin_mul_overflow((int64_t) owner, SLT_DAY, &moved))
		return SLT_OUT_OF_RANGE;
	status = total_at(tl, moved, DAYS, &rank);
	if (status != SLT_OK)
		return status;
	rank += days + 1;
	entry = place_of(tl, inside).entry;
	status = find_entry(tl, DAYS, &rank, &cycles, &entry);
	if (status != SLT_OK)
		return status;
	moved = entry->block->date + entry->block->working_days[rank - 1 - entry->days].day + cycles * SLT_GREGORIAN_CYCLE - owner;
	if (__builtin_mul_overflow(moved, SLT_DAY, &moved) ||
		__builtin_add_overflow(moved, s + piece.offset * SLT_SECOND, &moved) ||
		moved < SLT_MIN_INSTANT || moved >= SLT_END_INSTANT)
		return SLT_OUT_OF_RANGE;
	*result = days > 0 ? wall_reaches(tl, moved) : wall_leaves(tl, moved);
	return SLT_OK;
}

/*
 * Adds working days where days are plain, and says whether they were.  Then the
 * wall clock reaches the time of day once, and all it takes is to count working
 * days.  What is chance, such as whether the instant is in or out of hours, is
 * computed, not branched on.
 */
static bool
add_plain_days(const SltTimeline *tl, const Place *p, int64_t days, SltInstant *result)
{
	const Block *block = p->entry->block;
	int			day = (int) (p->rest / SLT_DAY);
	const Pattern *pattern = pattern_of(tl, block, day);
	int64_t		time = p->rest % SLT_DAY,
				rank = rank_of(tl, block, day) + (pattern->npieces > 0 && time >= pattern->single.end);
	bool		out_of_hours;
	int32_t		offset;

	/* where work starts: in this piece, or with the next working day */
	if (!pattern->plain || rank >= block->ndays)
		return false;
	out_of_hours = (int) block->working_days[rank].day != day;
	pattern = &tl->patterns[block->working_days[rank].pattern];
	if (!pattern->plain || pattern->npieces == 0)
		return false;
	time = out_of_hours || time < pattern->single.start ? pattern->single.start : time;
	offset = pattern->single.offset;

	/* as many working days on, at the same time by the wall clock */
	rank += days;
	if (rank >= block->ndays)
	{
		Entry	   *entry;

		rank += p->entry->days;
		if (!is_built(tl, DAYS, rank + 1))
			return false;
		entry = search_entries(tl, DAYS, rank + 1, p->entry);
		rank -= entry->days;
		block = entry->block;
	}
	pattern = &tl->patterns[block->working_days[rank].pattern];
	if (!pattern->plain || pattern->npieces == 0)
		return false;
	time += (offset - pattern->single.offset) * SLT_SECOND;
	if (time < 0 || time >= SLT_DAY)
		return false;			/* the clock change has moved it to another
								 * UTC day */

	/* at opening or before, work was done when the day before closed */
	out_of_hours = time <= pattern->single.start;
	rank -= out_of_hours;
	if (rank < 0)
		return false;
	pattern = &tl->patterns[block->working_days[rank].pattern];
	if (!pattern->plain || pattern->npieces == 0)
		return false;
	time = out_of_hours || time > pattern->single.end ? pattern->single.end : time;
	*result = block->start + block->working_days[rank].day * SLT_DAY + time;
	return true;
}

/* Adds working days: rule 4. */
static SltStatus
add_days(SltTimeline *tl, SltInstant at, int64_t days, SltInstant *result)
{
	SltInstant	s = at,
				r;
	int64_t		worked_at,
				worked_r;
	SltStatus	status;

	Place		p = place_of(tl, at);

	*result = at;
	if (days == 0 || (days > 0 && p.cycles == 0 && add_plain_days(tl, &p, days, result)))
		return SLT_OK;
	status = total_at(tl, at, WORKED, &worked_at);
	if (status == SLT_OK && !slt_is_working(tl, days > 0 ? at : at - 1))
		status = days > 0 ? leave(tl, worked_at, place_of(tl, at).entry, &s)
			: reach(tl, worked_at, place_of(tl, at).entry, &s);
	if (status == SLT_OK)
		status = move_by_days(tl, s, days > 0 ? s : s - 1, days, &r);
	if (status == SLT_OK)
		status = total_at(tl, r, WORKED, &worked_r);
	if (status != SLT_OK || (days > 0 ? worked_r <= worked_at : worked_r >= worked_at))
		return status;
	return days > 0 ? reach(tl, worked_r, place_of(tl, r).entry, result)
		: leave(tl, worked_r, place_of(tl, r).entry, result);
}

/* ---------- pauses ---------- */

/*
 * Moves a deadline on by what the pauses cover that start before it: rule 6.
 * A deadline that was moved lies where its work is done, so that from then on
 * it is enough to compare work.
 */
static SltStatus
walk_pauses(SltTimeline *tl, SltInstant at, const SltPauses *pauses, SltInstant *deadline)
{
	bool		moved = false;
	int64_t		due,
				from,
				to;
	SltStatus	status = total_at(tl, *deadline, WORKED, &due);

	for (int i = 0; i < pauses->count && status == SLT_OK; i++)
	{
		SltPeriod	p = pauses->periods[i];

		if (p.to <= at)
			continue;
		status = total_at(tl, p.from < at ? at : p.from, WORKED, &from);
		if (status != SLT_OK || (moved ? from >= due : p.from >= *deadline))
			break;
		if (p.to == SLT_INFINITY)
		{
			*deadline = SLT_INFINITY;
			return SLT_OK;
		}
		status = total_at(tl, p.to, WORKED, &to);
		if (status == SLT_OK && to > from)
		{
			if (__builtin_add_overflow(due, to - from, &due))
				return SLT_OUT_OF_RANGE;
			moved = true;
		}
	}
	return status == SLT_OK && moved ? reach(tl, due, tl->entries, deadline) : status;
}

/* The same back in time, for negative amounts. */
static SltStatus
walk_pauses_back(SltTimeline *tl, SltInstant at, const SltPauses *pauses, SltInstant *deadline)
{
	bool		moved = false;
	int64_t		due,
				from,
				to;
	SltStatus	status = total_at(tl, *deadline, WORKED, &due);

	for (int i = pauses->count - 1; i >= 0 && status == SLT_OK; i--)
	{
		SltPeriod	p = pauses->periods[i];

		if (p.from >= at)
			continue;
		status = total_at(tl, p.to > at ? at : p.to, WORKED, &to);
		if (status != SLT_OK || (moved ? to <= due : p.to <= *deadline))
			break;
		if (p.from == SLT_MINUS_INFINITY)
		{
			*deadline = SLT_MINUS_INFINITY;
			return SLT_OK;
		}
		status = total_at(tl, p.from, WORKED, &from);
		if (status == SLT_OK && to > from)
		{
			if (__builtin_sub_overflow(due, to - from, &due))
				return SLT_OUT_OF_RANGE;
			moved = true;
		}
	}
	return status == SLT_OK && moved ? leave(tl, due, tl->entries, deadline) : status;
}

/* Adds days or hours, and lets the pauses move the result. */
static SltStatus
add_step(SltTimeline *tl, SltInstant at, int64_t days, int64_t micros, const SltPauses *pauses, SltInstant *result)
{
	SltStatus	status = days != 0 ? add_days(tl, at, days, result) : add_hours(tl, at, micros, result);

	if (status != SLT_OK || pauses == NULL || (days == 0 && micros == 0))
		return status;
	return days > 0 || micros > 0 ? walk_pauses(tl, at, pauses, result)
		: walk_pauses_back(tl, at, pauses, result);
}

/* ---------- what others call ---------- */

/* Tells whether there is an answer at an instant: not where a rule needs an Easter that is not known. */
SltStatus
slt_check_reach(const SltTimeline *tl, SltInstant at)
{
	return slt_is_infinite(at) || (at >= tl->reach_from && at < tl->reach_to) ? SLT_OK : SLT_OUT_OF_RANGE;
}

/* Ends an addition that went far for want of working time, or out of reach. */
static SltStatus
check_sum(SltTimeline *tl, SltInstant at, SltInstant sum)
{
	SltInstant	near;

	if (slt_is_infinite(sum))
		return SLT_OK;
	if (sum - at > SEARCH_LENGTH || at - sum > SEARCH_LENGTH)
	{
		SltStatus	status = !tl->is_sparse ? SLT_OK : sum > at ? slt_next_working(tl, at, &near) : slt_previous_working(tl, at, &near);

		if (status != SLT_OK)
			return status;
	}
	return slt_check_reach(tl, sum);
}

/*
 * Adds an amount of working time to an instant: days first, then hours, pauses
 * taken out.  Infinity in, infinity out; infinities of both signs are out of range.
 */
SltStatus
slt_add(SltTimeline *tl, SltInstant at, const SltAmount *amount, const SltPauses *pauses, SltInstant *result)
{
	int			infinity = slt_amount_infinity(amount);
	SltStatus	status;

	*result = at;
	if (infinity != 0)
	{
		SltInstant	end = infinity > 0 ? SLT_INFINITY : SLT_MINUS_INFINITY;

		if (slt_is_infinite(at) && at != end)
			return SLT_OUT_OF_RANGE;
		*result = end;
		return SLT_OK;
	}
	if (slt_is_infinite(at))
		return SLT_OK;
	if ((status = slt_check_reach(tl, at)) != SLT_OK)
		return status;
	if (amount->days != 0)
	{
		status = add_step(tl, at, amount->days, 0, pauses, result);
		if (status != SLT_OK || amount->micros == 0 || slt_is_infinite(*result))
			return status == SLT_OK ? check_sum(tl, at, *result) : status;
	}
	status = add_step(tl, *result, 0, amount->micros, pauses, result);
	return status == SLT_OK ? check_sum(tl, at, *result) : status;
}

/* Measures the working time between two finite instants, pauses taken out; negative if to < from. */
SltStatus
slt_worked(SltTimeline *tl, SltInstant from, SltInstant to, const SltPauses *pauses, int64_t *micros)
{
	int64_t		before,
				after;
	SltStatus	status;

	if (to < from)
	{
		status = slt_worked(tl, to, from, pauses, micros);
		*micros = -*micros;
		return status;
	}
	if ((status = slt_check_reach(tl, from)) != SLT_OK || (status = slt_check_reach(tl, to)) != SLT_OK)
		return status;

	/*
	 * the second first: the running totals count from the first block ever
	 * built, for both the same
	 */
	if ((status = total_at(tl, to, WORKED, &after)) != SLT_OK ||
		(status = total_at(tl, from, WORKED, &before)) != SLT_OK)
		return status;
	if (__builtin_sub_overflow(after, before, micros))
		return SLT_OUT_OF_RANGE;
	for (int i = 0; pauses != NULL && i < pauses->count && pauses->periods[i].from < to; i++)
	{
		SltPeriod	p = pauses->periods[i];
		int64_t		covered;

		if (p.to <= from)
			continue;
		status = slt_worked(tl, p.from < from ? from : p.from, p.to > to ? to : p.to, NULL, &covered);
		if (status != SLT_OK)
			return status;
		*micros -= covered;
	}
	return SLT_OK;
}

/* Tells how much working time an amount is from a finite instant on: what a promise made then allows. */
SltStatus
slt_amount_work(SltTimeline *tl, SltInstant at, const SltAmount *amount, int64_t *micros)
{
	SltInstant	due;
	SltStatus	status;

	*micros = amount->micros;
	if (amount->days == 0)
		return SLT_OK;
	status = slt_add(tl, at, amount, NULL, &due);
	return status == SLT_OK ? slt_worked(tl, at, due, NULL, micros) : status;
}

/* Returns the end of the piece that a finite instant lies in, or the instant itself if it is not working. */
static SltInstant
end_of_piece(SltTimeline *tl, SltInstant at)
{
	Place		p = place_of(tl, at);
	const Piece *piece = piece_at(pattern_of(tl, p.entry->block, (int) (p.rest / SLT_DAY)), p.rest % SLT_DAY);

	return piece ? at + piece->end - p.rest % SLT_DAY : at;
}

/* Tells whether an instant is working; an infinite one never is, nor one out of reach. */
bool
slt_is_working(SltTimeline *tl, SltInstant at)
{
	return !slt_is_infinite(at) && slt_check_reach(tl, at) == SLT_OK && end_of_piece(tl, at) > at;
}

/* Ends a search that went further than ten years behind what it started from and all dates that are named. */
static SltStatus
check_search(const SltTimeline *tl, SltInstant from, SltInstant to)
{
	SltInstant	known = to > from ? tl->last_named : tl->first_named;

	if (slt_check_reach(tl, to) != SLT_OK)
		return SLT_OUT_OF_RANGE;
	if (slt_is_infinite(known) || (known > from) != (to > from))
		known = from;
	return (to > from ? to - known : known - to) > SEARCH_LENGTH ? SLT_NO_WORKING_TIME : SLT_OK;
}

/* Finds an instant itself if it is working or infinite, else the nearest end of closed time on one side, however far. */
static SltStatus
find_working(SltTimeline *tl, SltInstant at, bool forward, SltInstant *result)
{
	int64_t		work;
	SltStatus	status;

	*result = at;
	if ((status = slt_check_reach(tl, at)) != SLT_OK || slt_is_infinite(at) || slt_is_working(tl, at))
		return status;
	status = total_at(tl, at, WORKED, &work);
	if (status != SLT_OK)
		return status;
	return forward ? leave(tl, work, place_of(tl, at).entry, result)
		: reach(tl, work, place_of(tl, at).entry, result);
}

/* The same, but no further than a search goes. */
static SltStatus
nearest_working(SltTimeline *tl, SltInstant at, bool forward, SltInstant *result)
{
	SltStatus	status = find_working(tl, at, forward, result);

	return status == SLT_OK && *result != at ? check_search(tl, at, *result) : status;
}

/* Tells whether a calendar opens at all, at an instant or later. */
bool
slt_ever_opens(SltTimeline *tl, SltInstant at)
{
	SltInstant	found;

	return find_working(tl, at, true, &found) == SLT_OK;
}

/* Finds the first working instant from an instant on. */
SltStatus
slt_next_working(SltTimeline *tl, SltInstant at, SltInstant *result)
{
	return nearest_working(tl, at, true, result);
}

/* Finds an instant itself if it is working, else the last end of working time before it. */
SltStatus
slt_previous_working(SltTimeline *tl, SltInstant at, SltInstant *result)
{
	return nearest_working(tl, at, false, result);
}

/*
 * Finds the next stretch of working time from an instant on: it starts no
 * earlier, and ends where working time does, or at `limit` or later.
 */
SltStatus
slt_next_period(SltTimeline *tl, SltInstant at, SltInstant limit, SltPeriod *period)
{
	SltStatus	status = slt_next_working(tl, at, &period->from);

	if (status != SLT_OK)
		return status;
	period->to = period->from;
	do
	{
		slt_check_interrupts();
		at = period->to;
		period->to = end_of_piece(tl, at);
	} while (period->to > at && period->to < limit);
	return SLT_OK;
}

/* Tells whether a date is one that timestamps reach. */
static bool
date_in_range(int64_t date)
{
	return date >= SLT_MIN_INSTANT / SLT_DAY && date < SLT_END_INSTANT / SLT_DAY;
}

/* Counts the dates with working time from a date to before another; negative if to < from. */
SltStatus
slt_working_days_between(SltTimeline *tl, SltDate from, SltDate to, int64_t *days)
{
	int64_t		before,
				after;
	SltStatus	status;

	if (!date_in_range(from) || !date_in_range(to))
		return SLT_OUT_OF_RANGE;
	if ((status = slt_check_reach(tl, from * SLT_DAY)) != SLT_OK || (status = slt_check_reach(tl, to * SLT_DAY)) != SLT_OK ||
		(status = total_at(tl, from * SLT_DAY, DAYS, &before)) != SLT_OK ||
		(status = total_at(tl, to * SLT_DAY, DAYS, &after)) != SLT_OK)
		return status;
	*days = after - before;
	return SLT_OK;
}

/* Finds the working day that so many others are before, counted as total_at() does; `near` is where to look first. */
static SltStatus
find_working_day(SltTimeline *tl, int64_t rank, Entry *near, int64_t *date)
{
	int64_t		cycles;
	SltStatus	status;

	rank++;
	if ((status = find_entry(tl, DAYS, &rank, &cycles, &near)) != SLT_OK)
		return status;
	*date = near->block->date + near->block->working_days[rank - 1 - near->days].day + cycles * SLT_GREGORIAN_CYCLE;
	return date_in_range(*date) ? SLT_OK : SLT_OUT_OF_RANGE;
}

/* Finds the first date from a date on that has working time. */
SltStatus
slt_next_working_day(SltTimeline *tl, SltDate date, SltDate *result)
{
	int64_t		rank,
				found;
	SltStatus	status;

	if (!date_in_range(date) || slt_check_reach(tl, date * SLT_DAY) != SLT_OK)
		return SLT_OUT_OF_RANGE;
	if ((status = total_at(tl, date * SLT_DAY, DAYS, &rank)) != SLT_OK ||
		(status = find_working_day(tl, rank, place_of(tl, date * SLT_DAY).entry, &found)) != SLT_OK)
		return status;
	*result = (SltDate) found;
	return check_search(tl, date * SLT_DAY, *result * SLT_DAY);
}

/* ---------- from when on something falls due in a period ---------- */

/*
 * Takes hours from what falls due: finds the first instant from which they end
 * at an instant or later, or the last from which they end at it or earlier.
 * False if there is none.  Adding hours keeps the order, so that this is exact.
 */
static bool
undo_hours(SltTimeline *tl, int64_t micros, bool first, SltInstant *at)
{
	/* what ends no earlier than an instant is what does not end before it */
	int64_t		aside = micros > 0 ? -first : !first,
				back;

	return micros == 0 ||
		(!__builtin_sub_overflow(0, micros, &back) && add_hours(tl, *at + aside, back, at) == SLT_OK && (*at -= aside, true));
}

/* Returns the date that the wall clock of a timeline shows. */
static int64_t
date_at(const SltTimeline *tl, SltInstant at)
{
	return slt_wall_clock(tl->calendar->zone, at).date;
}

/*
 * Takes days from what falls due at an instant or later: finds an instant that
 * nothing that does starts before.
 *
 * What starts on one date ends on another, at a time of at most 48:00; so it
 * is enough to count dates: what ends at an instant or later ends on the date
 * before the instant's or a later one, and one more where time goes back.
 */
static bool
undo_days_first(SltTimeline *tl, int64_t days, SltInstant *at)
{
	int64_t		work,
				rank,
				date;

	if (days < 0 && (total_at(tl, *at, WORKED, &work) != SLT_OK || reach(tl, work, tl->entries, at) != SLT_OK))
		return false;
	date = date_at(tl, *at - 1) - (days > 0 ? 1 : 2);
	if (!date_in_range(date) || total_at(tl, date * SLT_DAY, DAYS, &rank) != SLT_OK ||
		find_working_day(tl, rank - days, tl->entries, &date) != SLT_OK)
		return false;
	/* what starts in closed time starts with what opens next */
	return total_at(tl, slt_midnight(tl->calendar->zone, (SltDate) date), WORKED, &work) == SLT_OK &&
		reach(tl, work, tl->entries, at) == SLT_OK;
}

/* The same the other way round: finds an instant that nothing starts after that falls due at an instant or earlier. */
static bool
undo_days_last(SltTimeline *tl, int64_t days, SltInstant *at)
{
	const SltZone *zone = tl->calendar->zone;
	int64_t		work,
				rank,
				date;
	SltInstant	end;

	/*
	 * what is due when it closes may be so for a time up to when it opens
	 * next, if it does
	 */
	if (total_at(tl, *at, WORKED, &work) != SLT_OK)
		return false;
	if (leave(tl, work, tl->entries, &end) == SLT_OK)
		*at = end;
	date = date_at(tl, *at) + 1;
	if (!date_in_range(date + 1))
		return false;
	date += slt_midnight(zone, (SltDate) date) <= *at;	/* the clock was set
														 * back over midnight */
	if (total_at(tl, date * SLT_DAY, DAYS, &rank) != SLT_OK ||
		find_working_day(tl, rank - 1 - days, tl->entries, &date) != SLT_OK || !date_in_range(date + MARGIN_DAYS))
		return false;

	/*
	 * a date's spans end by the end of the next one, which the clock may show
	 * again when it is set back
	 */
	end = slt_midnight(zone, (SltDate) date + 2);
	if (slt_wall_clock(zone, end).changes_at < end + SLT_DAY)
		end += 2 * SLT_DAY;
	*at = end;
	return days > 0 || (total_at(tl, end, WORKED, &work) == SLT_OK && leave(tl, work, tl->entries, at) == SLT_OK);
}

/*
 * Finds an instant that nothing starts before that falls due at an instant or
 * later.  Exact for hours; for days, some days early.
 */
SltInstant
slt_due_from(SltTimeline *tl, const SltAmount *amount, SltInstant due)
{
	SltInstant	at = due,
				min = tl->reach_from > SLT_MIN_INSTANT ? tl->reach_from : SLT_MIN_INSTANT;

	if (slt_amount_infinity(amount) != 0)
		return SLT_MINUS_INFINITY;
	if (slt_is_infinite(due))
		return due;
	if (due >= SLT_END_INSTANT || slt_check_reach(tl, due) != SLT_OK)
		return due < min ? SLT_MIN_INSTANT : SLT_INFINITY;
	if (due == min || !undo_hours(tl, amount->micros, true, &at) || at <= min ||
		(amount->days != 0 && !undo_days_first(tl, amount->days, &at)))
		return SLT_MIN_INSTANT;
	return at;
}

/* The same the other way round: finds an instant that nothing starts after that falls due at an instant or earlier. */
SltInstant
slt_due_to(SltTimeline *tl, const SltAmount *amount, SltInstant due)
{
	SltInstant	at = due,
				end = tl->reach_to < SLT_END_INSTANT ? tl->reach_to : SLT_END_INSTANT;

	if (slt_amount_infinity(amount) != 0)
		return SLT_INFINITY;
	if (slt_is_infinite(due))
		return due;
	if (due < SLT_MIN_INSTANT || slt_check_reach(tl, due) != SLT_OK)
		return due >= end ? SLT_END_INSTANT - 1 : SLT_MINUS_INFINITY;
	if (due >= end - 1 || !undo_hours(tl, amount->micros, false, &at) || at >= end - 1 ||
		(amount->days != 0 && !undo_days_last(tl, amount->days, &at)))
		return SLT_END_INSTANT - 1;
	return at;
}
