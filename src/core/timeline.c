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
#include "timeline.h"

#include <string.h>

#define BLOCK_WEEKS		128
#define BLOCK_DAYS		(7 * BLOCK_WEEKS)
#define BLOCK_LENGTH	(BLOCK_DAYS * SLT_DAY)
#define BLOCK_SECONDS	(BLOCK_DAYS * SLT_DAY_SECONDS)
#define MAX_LOOK_BACK	64		/* to share what is alike, this many are looked at: more would take long */
#define CYCLE_LENGTH	(SLT_GREGORIAN_CYCLE * SLT_DAY)
#define WEEK_LENGTH		(7 * SLT_DAY)

/* The dates whose spans can show inside a block: offsets and nights reach over its ends. */
#define MARGIN_DAYS		3
#define REACHED_DAYS	(BLOCK_DAYS + 2 * MARGIN_DAYS)

#define FIRST_REGULAR_YEAR	2100	/* zone data names no single change from here on */
#define LAST_REGULAR_YEAR	1800	/* nor before */

#define MAX_SIZE		((size_t) 32 << 20)	/* bytes that a timeline may take */
#define SEARCH_LENGTH	(3653 * SLT_DAY)	/* a search goes no further behind the last date that is named */

/* A stretch of constant offset: from its start to the start of the next one. */
typedef struct Stretch
{
	int64_t		start;			/* seconds since 2000-01-01 UTC */
	int32_t		offset;
} Stretch;

/* An open piece of a UTC day, in microseconds since its midnight. */
typedef struct Piece
{
	int64_t		start;
	int64_t		end;
	int64_t		worked;			/* in the day, before the piece */
	int32_t		offset;			/* of the wall clock */
	int32_t		owner;			/* the date it belongs to: this many days after the UTC day */
} Piece;

/* The pieces of a day, shared by all days that are alike; a single one is kept at hand. */
typedef struct Pattern
{
	int			npieces;
	bool		plain;			/* closed, or one piece that is all the work of the same date, no clock change near */
	Piece	   *several;
	Piece		single;
} Pattern;

static inline const Piece *
pieces_of(const Pattern *pattern)
{
	return pattern->npieces <= 1 ? &pattern->single : pattern->several;
}

/* Seven days, shared by all weeks that are alike.  A block starts with a Saturday, like the year 2000. */
typedef struct WeekKind
{
	uint32_t	worked[8];		/* seconds of working time before each day, and in all */
	uint32_t	patterns[7];
	uint8_t		rank[8];		/* working days before each date, and in all */
} WeekKind;

/* A week of UTC days. */
typedef struct Week
{
	uint32_t	worked;			/* seconds of working time before it, in the block */
	uint32_t	kind:22;
	uint32_t	rank:10;		/* working days before it, in the block */
} Week;

#define MAX_KINDS (1 << 22)		/* and patterns */
#define STEP 4					/* weeks that a search looks at at once; as many sentinels end the weeks */

/* A working day of a block: its number, from the block's date on, and the pattern of the UTC day of that number. */
typedef struct WorkingDay
{
	uint32_t	day:10;
	uint32_t	pattern:22;
} WorkingDay;

typedef struct Block
{
	SltInstant	start;
	int64_t		total;			/* microseconds of working time */
	SltDate		date;			/* the date of its start, in UTC */
	uint16_t	ndays;			/* working days */
	uint16_t	nstretches;
	int			work_shift;		/* microseconds of work >> shift = place in by_work */
	uint8_t    *by_work;		/* a week that starts with less work than the place's least */
	WorkingDay *working_days;
	Stretch    *stretches;		/* from before the block to behind it, margins included */
	size_t		size;
	Week		weeks[BLOCK_WEEKS + STEP];
} Block;

/* A block with what came before it: counts that differ between blocks, but mean nothing alone. */
typedef struct Entry
{
	Block	   *block;
	int64_t		worked;			/* microseconds */
	int64_t		days;
} Entry;

/* What the directory counts. */
typedef enum Count
{
	WORKED,						/* microseconds of working time */
	DAYS						/* working days */
} Count;

struct SltTimeline
{
	/* what every question needs, side by side; block number = days since origin / BLOCK_DAYS */
	SltInstant	origin;
	SltInstant	regular_until;	/* everything before repeats */
	SltInstant	regular_from;	/* everything from here on repeats */
	int64_t		first;			/* number of the first block there is */
	int64_t		count;
	Entry	   *entries;		/* entries[0] is block `first` */
	WeekKind   *kinds;
	Pattern    *patterns;

	double		blocks_per[2];	/* blocks to an amount of work, and to a day, in the mean */
	bool		repeats;		/* if not, all working time is in dated rules */
	int64_t		first_useful;	/* numbers of the blocks where working time can be */
	int64_t		last_useful;
	void	   *arena;
	const SltCalendar *calendar;
	size_t		size;
	int64_t		room;			/* entries allocated, those before `entries` included */
	Entry	   *allocated;
	int			nkinds;
	int			room_kinds;
	int			npatterns;
	int			room_patterns;

	SltInstant	reach_from;		/* no question is answered before this, nor from the next on: where Easter is not known */
	SltInstant	reach_to;
	SltInstant	first_named;	/* the dates that rules name; +/- infinity if there are none */
	SltInstant	last_named;
	bool		is_sparse;		/* no week is sure to have working time */
	SltTimeline *whole;			/* the combination that this is a part of */
	SltTimeline *left;			/* of a combination: its parts */
	SltTimeline *right;
};

/* Where an instant is: its block, its distance from the block's start, and the cycles folded away. */
typedef struct Place
{
	int64_t		cycles;
	Entry	   *entry;
	int64_t		rest;
} Place;

/* ---------- building a block ---------- */

/* What is collected while a block is built. */
typedef struct Builder
{
	SltTimeline *tl;
	SltDate		date;			/* the block's */
	int64_t		start;			/* the block's, in seconds */
	SltHours	hours[REACHED_DAYS];	/* of the dates from date - MARGIN_DAYS on */
	int			owned[REACHED_DAYS];	/* of a combination: pieces of these dates */
	int			nstretches;
	int			room_stretches;
	Stretch    *stretches;
	int			day;			/* the day whose pieces are being collected */
	uint32_t	patterns[BLOCK_DAYS];
	uint32_t	worked[BLOCK_DAYS + 1];	/* seconds before each day */
	uint16_t	rank[BLOCK_DAYS + 1];	/* working days before each date */
	WorkingDay	working_days[BLOCK_DAYS];
	Week		weeks[BLOCK_WEEKS];
	int			npieces;
	int			room_pieces;
	Piece	   *pieces;
} Builder;

/* Makes room for one more item in an array that doubles. */
static void *
grow(void *arena, void *items, int count, int *room, size_t item_size)
{
	int			more_room = *room ? 2 * *room : 4;
	void	   *more;

	if (count < *room)
		return items;
	more = slt_alloc(arena, (size_t) more_room * item_size);
	*room = more_room;			/* only now, as slt_alloc() need not return */
	if (count > 0)
		memcpy(more, items, (size_t) count * item_size);
	slt_free(items);
	return more;
}

/* Counts the bytes of a timeline, and of the combination it is a part of; does not return if they are too many. */
static void
add_size(SltTimeline *tl, size_t size)
{
	for (; tl != NULL; tl = tl->whole)
	{
		tl->size += size;
		if (tl->whole == NULL && tl->size > MAX_SIZE)
			slt_too_large();
	}
}

/* Lists the stretches of constant offset from before the block to behind it. */
static void
collect_stretches(Builder *b)
{
	int64_t		at = b->start - MARGIN_DAYS * SLT_DAY_SECONDS;
	int64_t		end = b->start + BLOCK_SECONDS + MARGIN_DAYS * SLT_DAY_SECONDS;

	while (at < end)
	{
		int64_t		next;
		int32_t		offset = slt_zone_offset(b->tl->calendar->zone, at, &next);

		if (b->nstretches == 0 || b->stretches[b->nstretches - 1].offset != offset)
		{
			b->stretches = grow(b->tl->arena, b->stretches, b->nstretches, &b->room_stretches, sizeof(Stretch));
			b->stretches[b->nstretches++] = (Stretch) {at, offset};
		}
		at = next;
	}
}

/* Returns where a stretch ends. */
static int64_t
stretch_end(const Stretch *stretches, int n, int i)
{
	return i + 1 < n ? stretches[i + 1].start : INT64_MAX / 2;
}

/* Tells whether the clock changes less than 26 hours before a day, in it, or after it. */
static bool
clock_changes_near(const Builder *b, int day)
{
	int64_t		from = b->start + (int64_t) day * SLT_DAY_SECONDS - 26 * 3600;
	int64_t		to = from + SLT_DAY_SECONDS + 2 * 26 * 3600;

	for (int i = 1; i < b->nstretches; i++)
		if (b->stretches[i].start > from && b->stretches[i].start < to)
			return true;
	return false;
}

/* Tells whether the day at hand is plain: it and the date of its number have the same work, one piece or none. */
static bool
is_plain_day(const Builder *b)
{
	const SltHours *hours = &b->hours[b->day + MARGIN_DAYS];

	if (b->tl->left != NULL)
		return b->npieces <= 1 && b->npieces == b->owned[b->day + MARGIN_DAYS] &&
			(b->npieces == 0 || b->pieces[0].owner == 0) && !clock_changes_near(b, b->day);
	if (b->npieces > 1 || b->npieces != hours->nspans || clock_changes_near(b, b->day))
		return false;
	return b->npieces == 0 || (b->pieces[0].owner == 0 &&
							   b->pieces[0].end - b->pieces[0].start == (hours->spans[0].end - hours->spans[0].start) * SLT_SECOND);
}

/* Tells whether a pattern is that of the day at hand. */
static bool
is_pattern_of(const Pattern *pattern, const Builder *b, bool plain)
{
	return pattern->npieces == b->npieces && pattern->plain == plain &&
		(b->npieces == 0 || memcmp(pieces_of(pattern), b->pieces, (size_t) b->npieces * sizeof(Piece)) == 0);
}

/* Returns the number of the day's pattern, which is new or that of an earlier day: most likely a week ago. */
static uint32_t
intern_pattern(Builder *b, bool plain)
{
	SltTimeline *tl = b->tl;
	Pattern    *pattern;
	size_t		size = (size_t) b->npieces * sizeof(Piece);
	uint32_t	likely = b->day >= 7 ? b->patterns[b->day - 7] : 0;

	if (tl->npatterns > 0 && is_pattern_of(&tl->patterns[likely], b, plain))
		return likely;
	for (int i = tl->npatterns - 1; i >= 0 && i >= tl->npatterns - MAX_LOOK_BACK; i--)
		if (is_pattern_of(&tl->patterns[i], b, plain))
			return (uint32_t) i;
	tl->patterns = grow(tl->arena, tl->patterns, tl->npatterns, &tl->room_patterns, sizeof(Pattern));
	pattern = &tl->patterns[tl->npatterns];
	memset(pattern, 0, sizeof(*pattern));
	pattern->npieces = b->npieces;
	pattern->plain = plain;
	if (b->npieces == 1)
		pattern->single = b->pieces[0];
	else if (b->npieces > 1)
	{
		pattern->several = slt_alloc(tl->arena, size);
		memcpy(pattern->several, b->pieces, size);
	}
	tl->npatterns++;
	add_size(tl, sizeof(Pattern) + size);
	return (uint32_t) tl->npatterns - 1;
}

/* Closes the day at hand, and goes on to the next one. */
static void
finish_day(Builder *b)
{
	const Piece *last = b->npieces > 0 ? &b->pieces[b->npieces - 1] : NULL;
	int64_t		worked = last ? last->worked + last->end - last->start : 0;

	b->patterns[b->day] = intern_pattern(b, is_plain_day(b));
	b->worked[b->day + 1] = b->worked[b->day] + (uint32_t) (worked / SLT_SECOND);
	b->day++;
	b->npieces = 0;
}

/* Adds a piece to the day at hand, or to the last piece if it goes on. */
static void
put_piece(Builder *b, int64_t start, int64_t end, int32_t offset, int32_t owner)
{
	Piece	   *last = b->npieces > 0 ? &b->pieces[b->npieces - 1] : NULL;

	if (start >= end)
		return;
	if (last != NULL && last->end == start && last->offset == offset && last->owner == owner)
	{
		last->end = end;
		return;
	}
	b->pieces = grow(b->tl->arena, b->pieces, b->npieces, &b->room_pieces, sizeof(Piece));
	last = &b->pieces[b->npieces];
	*last = (Piece) {start, end, b->npieces > 0 ? last[-1].worked + last[-1].end - last[-1].start : 0, offset, owner};
	b->npieces++;
}

/* Adds a piece, in seconds of UTC, to the days that it lies in. */
static void
add_piece(Builder *b, int64_t from, int64_t to, int32_t offset, SltDate owner)
{
	while (from < to)
	{
		int64_t		midnight = b->start + (int64_t) b->day * SLT_DAY_SECONDS,
					day_end = midnight + SLT_DAY_SECONDS;

		if (from >= day_end)
		{
			finish_day(b);
			continue;
		}
		put_piece(b, (from - midnight) * SLT_SECOND, ((to < day_end ? to : day_end) - midnight) * SLT_SECOND, offset, owner - (b->date + b->day));
		from = day_end;
	}
}

/* A date whose clock is being laid out: what of it lies in the stretch at hand. */
typedef struct WallDay
{
	SltDate		date;
	int32_t		from;			/* seconds of its clock */
	int32_t		to;
	int64_t		utc;			/* what its midnight would be by the stretch's offset */
	int32_t		offset;
} WallDay;

/* Adds the part of a date's own spans that lies between two times. */
static void
lay_own_spans(Builder *b, const WallDay *day, int32_t from, int32_t to, int *i)
{
	const SltHours *own = &b->hours[day->date - b->date + MARGIN_DAYS];

	while (*i < own->nspans && own->spans[*i].end <= from)
		(*i)++;
	for (int k = *i; k < own->nspans && own->spans[k].start < to; k++)
	{
		int32_t		start = own->spans[k].start > from ? own->spans[k].start : from,
					end = own->spans[k].end < to ? own->spans[k].end : to;

		add_piece(b, day->utc + start, day->utc + end, day->offset, day->date);
	}
}

/*
 * Lays the spans of a date out, and the ends of the night before.  What both
 * cover belongs to the night, which began first.
 */
static void
lay_day(Builder *b, const WallDay *day)
{
	const SltHours *night = &b->hours[day->date - 1 - b->date + MARGIN_DAYS];
	int32_t		done = day->from;
	int			at = 0;

	for (int i = 0; i < night->nspans; i++)
	{
		int32_t		start = night->spans[i].start - SLT_DAY_SECONDS,
					end = night->spans[i].end - SLT_DAY_SECONDS;

		start = start > done ? start : done;
		end = end < day->to ? end : day->to;
		if (start >= end)
			continue;
		lay_own_spans(b, day, done, start, &at);
		add_piece(b, day->utc + start, day->utc + end, day->offset, day->date - 1);
		done = end;
	}
	lay_own_spans(b, day, done, day->to, &at);
}

/* Lays the spans of the wall clock over one stretch of constant offset. */
static void
lay_spans(Builder *b, int64_t from, int64_t to, int32_t offset)
{
	while (from < to)
	{
		SltDate		date = (SltDate) slt_floor_div(from + offset, SLT_DAY_SECONDS);
		int64_t		midnight = (int64_t) date * SLT_DAY_SECONDS - offset,
					end = to < midnight + SLT_DAY_SECONDS ? to : midnight + SLT_DAY_SECONDS;
		WallDay		day = {date, (int32_t) (from - midnight), (int32_t) (end - midnight), midnight, offset};

		lay_day(b, &day);
		from = end;
	}
}

/* ---------- the days of a combination ---------- */

static const Pattern *pattern_on(SltTimeline *tl, SltDate date);

/* Adds what is open by another clock: it has the dates that the combination's own clock shows. */
static void
put_by_clock(Builder *b, int64_t start, int64_t end)
{
	int64_t		midnight = b->start + (int64_t) b->day * SLT_DAY_SECONDS;

	for (int i = 0; i < b->nstretches; i++)
	{
		int64_t		from = (b->stretches[i].start - midnight) * SLT_SECOND,
					to = stretch_end(b->stretches, b->nstretches, i) > midnight + SLT_DAY_SECONDS ? SLT_DAY
			: (b->stretches[i + 1].start - midnight) * SLT_SECOND;
		int64_t		offset = b->stretches[i].offset * SLT_SECOND;

		from = from > start ? from : start;
		to = to < end ? to : end;
		while (from < to)
		{
			int64_t		owner = slt_floor_div(from + offset, SLT_DAY),
						next = (owner + 1) * SLT_DAY - offset;

			put_piece(b, from, next < to ? next : to, b->stretches[i].offset, (int32_t) owner);
			from = next;
		}
	}
}

/* Passes over the pieces that end before a time, and returns where the next one of them begins, or the end of the day. */
static int64_t
next_piece(const Pattern *pattern, int *i, int64_t time)
{
	while (*i < pattern->npieces && pieces_of(pattern)[*i].end <= time)
		(*i)++;
	return *i < pattern->npieces ? pieces_of(pattern)[*i].start : SLT_DAY;
}

/* Adds what two calendars share of a stretch, or what only the first one has of it. */
static void
put_part(Builder *b, const Piece *piece, const Pattern *other, int *i, bool shared)
{
	int64_t		at = piece->start;

	while (at < piece->end)
	{
		int64_t		from = next_piece(other, i, at),
					to = *i < other->npieces ? pieces_of(other)[*i].end : SLT_DAY;

		from = from < at ? at : from < piece->end ? from : piece->end;
		to = from == piece->end || to > piece->end ? piece->end : to;
		if (shared)
			put_piece(b, from, to, piece->offset, piece->owner);
		else
			put_piece(b, at, from, piece->offset, piece->owner);
		at = to;
	}
}

/* Adds what only the second of two calendars has of a stretch of the day. */
static void
put_others(Builder *b, int64_t from, int64_t to, const Pattern *other, int *i)
{
	while (from < to)
	{
		int64_t		start = next_piece(other, i, from),
					end;

		if (start >= to)
			return;
		end = pieces_of(other)[*i].end;
		put_by_clock(b, start > from ? start : from, end < to ? end : to);
		from = end;
	}
}

/* Makes the pieces of the day at hand of those of the two parts. */
static void
combine_day(Builder *b)
{
	const Pattern *left = pattern_on(b->tl->left, b->date + b->day),
			   *right = pattern_on(b->tl->right, b->date + b->day);
	char		op = b->tl->calendar->combine;
	int			at = 0;
	int64_t		done = 0;

	b->npieces = 0;
	for (int i = 0; i < left->npieces; i++)
	{
		Piece		piece = pieces_of(left)[i];

		if (op == '|')
		{
			put_others(b, done, piece.start, right, &at);
			put_piece(b, piece.start, piece.end, piece.offset, piece.owner);
			done = piece.end;
		}
		else
			put_part(b, &piece, right, &at, op == '&');
	}
	if (op == '|')
		put_others(b, done, SLT_DAY, right, &at);
}

/* Makes the patterns of all days of a combination: first what each date owns, also of the days beside the block. */
static void
combine_days(Builder *b)
{
	for (b->day = -MARGIN_DAYS; b->day < BLOCK_DAYS + MARGIN_DAYS; b->day++)
	{
		combine_day(b);
		for (int i = 0; i < b->npieces; i++)
		{
			int			date = b->day + b->pieces[i].owner + MARGIN_DAYS;

			if (date >= 0 && date < REACHED_DAYS)
				b->owned[date]++;
		}
	}
	b->day = 0;
	while (b->day < BLOCK_DAYS)
	{
		combine_day(b);
		finish_day(b);
	}
	slt_free(b->pieces);
}

/* Makes the patterns of all days of the block. */
static void
collect_days(Builder *b)
{
	int64_t		end = b->start + BLOCK_SECONDS;

	for (int i = 0; i < b->nstretches; i++)
	{
		int64_t		from = b->stretches[i].start,
					to = stretch_end(b->stretches, b->nstretches, i);

		if (from < b->start)
			from = b->start;
		if (to > end)
			to = end;
		if (from < to)
			lay_spans(b, from, to, b->stretches[i].offset);
	}
	while (b->day < BLOCK_DAYS)
		finish_day(b);
	slt_free(b->pieces);
}

/* Tells whether the wall clock ever shows a time inside the spans of a date. */
static bool
is_working_day(const Builder *b, SltDate date)
{
	const SltHours *hours = &b->hours[date - b->date + MARGIN_DAYS];
	int64_t		midnight = (int64_t) date * SLT_DAY_SECONDS;

	if (b->tl->left != NULL)
		return b->owned[date - b->date + MARGIN_DAYS] > 0;
	for (int i = 0; i < hours->nspans; i++)
		for (int k = 0; k < b->nstretches; k++)
		{
			const Stretch *s = &b->stretches[k];
			int64_t		wall_from = s->start + s->offset,
						wall_to = stretch_end(b->stretches, b->nstretches, k) + s->offset;

			if (midnight + hours->spans[i].start < wall_to &&
				midnight + hours->spans[i].end > wall_from)
				return true;
		}
	return false;
}

/* Returns how many bits it takes to write a number. */
static int
bit_length(int64_t n)
{
	return n > 0 ? 64 - __builtin_clzll((unsigned long long) n) : 0;
}

/* Lists the working days of the block, and how many are before each date. */
static void
collect_working_days(Builder *b)
{
	int			n = 0;

	for (int i = 0; i < BLOCK_DAYS; i++)
	{
		b->rank[i] = (uint16_t) n;
		if (is_working_day(b, b->date + i))
			b->working_days[n++] = (WorkingDay) {(uint32_t) i & 1023, b->patterns[i] & (MAX_KINDS - 1)};
	}
	b->rank[BLOCK_DAYS] = (uint16_t) n;
}

/* Returns the number of a kind of weeks, which is new or that of an earlier week: most likely the last one. */
static uint32_t
intern_kind(Builder *b, const WeekKind *kind, int week)
{
	SltTimeline *tl = b->tl;
	uint32_t	likely = week > 0 ? b->weeks[week - 1].kind : 0;

	if (tl->nkinds > 0 && memcmp(&tl->kinds[likely], kind, sizeof(*kind)) == 0)
		return likely;
	for (int i = tl->nkinds - 1; i >= 0 && i >= tl->nkinds - MAX_LOOK_BACK; i--)
		if (memcmp(&tl->kinds[i], kind, sizeof(*kind)) == 0)
			return (uint32_t) i;
	tl->kinds = grow(tl->arena, tl->kinds, tl->nkinds, &tl->room_kinds, sizeof(WeekKind));
	tl->kinds[tl->nkinds++] = *kind;
	add_size(tl, sizeof(WeekKind));
	return (uint32_t) tl->nkinds - 1;
}

/* Puts the days of the block together to weeks. */
static void
collect_weeks(Builder *b)
{
	for (int week = 0; week < BLOCK_WEEKS; week++)
	{
		WeekKind	kind;
		int			day = 7 * week;

		memset(&kind, 0, sizeof(kind));	/* padding is compared, too */
		for (int i = 0; i <= 7; i++)
		{
			kind.worked[i] = b->worked[day + i] - b->worked[day];
			kind.rank[i] = (uint8_t) (b->rank[day + i] - b->rank[day]);
			if (i < 7)
				kind.patterns[i] = b->patterns[day + i];
		}
		b->weeks[week].worked = b->worked[day];
		b->weeks[week].rank = b->rank[day] & 1023;
		b->weeks[week].kind = intern_kind(b, &kind, week) & (MAX_KINDS - 1);
	}
}

/* Fills the weeks of a block, ending them with sentinels: no amount of work is behind them. */
static void
fill_weeks(Block *block, const Builder *b)
{
	memcpy(block->weeks, b->weeks, sizeof(b->weeks));
	for (int i = BLOCK_WEEKS; i < BLOCK_WEEKS + STEP; i++)
		block->weeks[i] = (Week) {UINT32_MAX, 0, b->rank[BLOCK_DAYS] & 1023};
}

/* Makes the table that leads from an amount of work to a week, a place for about a week's work. */
static void
fill_by_work(Block *block, int nplaces)
{
	int			week = 0;

	for (int i = 0; i < nplaces; i++)
	{
		while (block->weeks[week + 1].worked * SLT_SECOND < (int64_t) i << block->work_shift)
			week++;
		block->by_work[i] = (uint8_t) week;
	}
}

/* Returns the next array of a block, and moves on to where the one behind it starts. */
static void *
take(char **memory, size_t size)
{
	void	   *taken = *memory;

	*memory += (size + 7) & ~(size_t) 7;
	return taken;
}

/* Puts what was collected into one piece of memory. */
static Block *
pack_block(const Builder *b)
{
	int64_t		total = b->worked[BLOCK_DAYS] * SLT_SECOND;
	size_t		ndays = b->rank[BLOCK_DAYS];
	int			shift = bit_length(total) - bit_length(BLOCK_WEEKS / 2);
	size_t		nplaces,
				size;
	char	   *memory;
	Block	   *block;

	shift = shift > 0 ? shift : 0;
	nplaces = (size_t) (total >> shift) + 1;
	size = sizeof(Block) + 3 * 8 + nplaces + ndays * sizeof(WorkingDay) + (size_t) b->nstretches * sizeof(Stretch);
	memory = slt_alloc(b->tl->arena, size);
	block = take(&memory, sizeof(Block));
	block->start = b->start * SLT_SECOND;
	block->total = total;
	block->date = b->date;
	block->ndays = (uint16_t) ndays;
	block->nstretches = (uint16_t) b->nstretches;
	block->work_shift = shift;
	block->size = size;
	fill_weeks(block, b);
	block->stretches = take(&memory, (size_t) b->nstretches * sizeof(Stretch));
	memcpy(block->stretches, b->stretches, (size_t) b->nstretches * sizeof(Stretch));
	block->working_days = take(&memory, ndays * sizeof(WorkingDay));
	memcpy(block->working_days, b->working_days, ndays * sizeof(WorkingDay));
	block->by_work = take(&memory, nplaces);
	fill_by_work(block, (int) nplaces);
	return block;
}

/* Builds the block of a number. */
static Block *
build_block(SltTimeline *tl, int64_t number)
{
	Builder		b;
	Block	   *block;
	SltScratch	scratch = {tl->arena, 0, NULL};

	slt_check_interrupts();
	add_size(tl, 0);			/* what was too large stays so */
	memset(&b, 0, sizeof(b));
	b.tl = tl;
	b.date = (SltDate) (tl->origin / SLT_DAY + number * BLOCK_DAYS);
	b.start = (int64_t) b.date * SLT_DAY_SECONDS;
	collect_stretches(&b);
	if (tl->left != NULL)
		combine_days(&b);
	else
	{
		slt_calendar_hours(tl->calendar, b.date - MARGIN_DAYS, REACHED_DAYS, b.hours, &scratch);
		collect_days(&b);
	}
	collect_working_days(&b);
	slt_scratch_free(&scratch);
	collect_weeks(&b);
	block = pack_block(&b);
	slt_free(b.stretches);
	add_size(tl, block->size);
	return block;
}

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

/* Returns the calendar of a timeline. */
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

/* Returns the timeline of one of the parts of a combination. */
SltTimeline *
slt_timeline_part(const SltTimeline *tl, bool right)
{
	return right ? tl->right : tl->left;
}

/* Returns the bytes that a timeline keeps. */
size_t
slt_timeline_size(const SltTimeline *tl)
{
	return tl->size + (size_t) tl->room * sizeof(Entry);
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
	Entry		e = {build_block(tl, tl->first + tl->count), 0, 0};

	if (tl->entries == NULL || tl->entries + tl->count == tl->allocated + tl->room)
		grow_directory(tl);
	/* what the first block counts from is any number: this one keeps all totals in range */
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
	Entry		e = {build_block(tl, tl->first - 1), 0, 0};

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
static __attribute__((noinline)) Entry *
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

/* Returns the entry of a block. */
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

/* Finds the place of an instant. */
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

/* Returns the kind of a week. */
static inline const WeekKind *
kind_of(const SltTimeline *tl, const Week *week)
{
	return &tl->kinds[week->kind];
}

/* Returns the pattern of a day of a block. */
static inline const Pattern *
pattern_of(const SltTimeline *tl, const Block *block, int day)
{
	return &tl->patterns[kind_of(tl, &block->weeks[day / 7])->patterns[day % 7]];
}

/* Returns the pattern of a UTC day, good until a block of the timeline is built. */
static const Pattern *
pattern_on(SltTimeline *tl, SltDate date)
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

/* Returns the working time of a pattern before a time of its day. */
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

/*
 * Finds the last day that starts with no more than some seconds of work, from
 * an earlier week on, by way of the table if it is far.  Weeks and days are
 * counted, not stepped through, since no one can guess how many there are.
 * Returns the day, and its pattern and the seconds of work before it.
 */
static inline int
find_day(const SltTimeline *tl, const Block *block, int week, int64_t work, uint32_t seconds,
		 const Pattern **pattern, uint32_t *before)
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
	*pattern = &tl->patterns[kind->patterns[day]];
	*before = block->weeks[week].worked + kind->worked[day];
	return 7 * week + day;
}

/* Returns where in a block its working time reaches an amount above 0 and up to its total. */
static inline int64_t
reached_in_block(const SltTimeline *tl, const Block *block, int week, int64_t work)
{
	const Pattern *pattern;
	const Piece *pieces;
	uint32_t	before;
	int			day = find_day(tl, block, week, work, (uint32_t) ((work - 1) / SLT_SECOND), &pattern, &before),
				i = 0;

	work -= before * SLT_SECOND;
	pieces = pieces_of(pattern);
	while (i + 1 < pattern->npieces && pieces[i + 1].worked < work)
		i++;
	return day * SLT_DAY + pieces[i].start + work - pieces[i].worked;
}

/* Returns the last place in a block where its working time is an amount below its total. */
static inline int64_t
left_in_block(const SltTimeline *tl, const Block *block, int64_t work)
{
	const Pattern *pattern;
	const Piece *pieces;
	uint32_t	before;
	int			day = find_day(tl, block, 0, work, (uint32_t) (work / SLT_SECOND), &pattern, &before),
				i = 0;

	work -= before * SLT_SECOND;
	pieces = pieces_of(pattern);
	while (i + 1 < pattern->npieces && pieces[i + 1].worked <= work)
		i++;
	return day * SLT_DAY + pieces[i].start + work - pieces[i].worked;
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

	/* finding this place may have built blocks and moved entries, but counts stay */
	*before = count_at(tl, &begin, count);
	return after - *before;
}

/* Returns a count at an instant that is cycles away. */
static __attribute__((noinline)) SltStatus
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
		return false;			/* the clock change has moved it to another UTC day */

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
	/* the second first: the running totals count from the first block ever built, for both the same */
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

/* Tells what a zone's wall clock shows at an instant, and when its offset changes next. */
SltWallClock
slt_wall_clock(const SltZone *zone, SltInstant at)
{
	int64_t		second = slt_floor_div(at, SLT_SECOND),
				change = second;
	SltWallClock clock;

	clock.offset = slt_zone_offset(zone, second, &change);
	while (change < SLT_END_INSTANT / SLT_SECOND)
	{
		int64_t		later;

		if (slt_zone_offset(zone, change, &later) != clock.offset)
			break;
		change = later;
	}
	clock.changes_at = change < SLT_END_INSTANT / SLT_SECOND ? change * SLT_SECOND : SLT_INFINITY;
	clock.date = (SltDate) slt_floor_div(second + clock.offset, SLT_DAY_SECONDS);
	return clock;
}

/* Finds the first instant of a date on a zone's wall clock. */
SltInstant
slt_midnight(const SltZone *zone, SltDate date)
{
	int64_t		wall = (int64_t) date * SLT_DAY_SECONDS,
				at = wall - MARGIN_DAYS * SLT_DAY_SECONDS;

	for (;;)
	{
		int64_t		next;
		int32_t		offset = slt_zone_offset(zone, at, &next);

		if (next == INT64_MAX || next + offset > wall)
			return (at + offset > wall ? at : wall - offset) * SLT_SECOND;
		at = next;
	}
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
	if (!date_in_range(date) || total_at(tl, date * SLT_DAY, DAYS, &rank) != SLT_OK || find_working_day(tl, rank - days, tl->entries, &date) != SLT_OK)
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

	/* what is due when it closes may be so for a time up to when it opens next, if it does */
	if (total_at(tl, *at, WORKED, &work) != SLT_OK)
		return false;
	if (leave(tl, work, tl->entries, &end) == SLT_OK)
		*at = end;
	date = date_at(tl, *at) + 1;
	if (!date_in_range(date + 1))
		return false;
	date += slt_midnight(zone, (SltDate) date) <= *at;	/* the clock was set back over midnight */
	if (total_at(tl, date * SLT_DAY, DAYS, &rank) != SLT_OK ||
		find_working_day(tl, rank - 1 - days, tl->entries, &date) != SLT_OK || !date_in_range(date + MARGIN_DAYS))
		return false;

	/* a date's spans end by the end of the next one, which the clock may show again when it is set back */
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
