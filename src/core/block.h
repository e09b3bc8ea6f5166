/*
 * block.h
 *		The parts that a timeline is made of, for itself: blocks of 128 weeks, and how one is built.
 */
#ifndef SLT_BLOCK_H
#define SLT_BLOCK_H

#include "timeline.h"

#define BLOCK_WEEKS		128
#define BLOCK_DAYS		(7 * BLOCK_WEEKS)
#define BLOCK_LENGTH	(BLOCK_DAYS * SLT_DAY)
#define BLOCK_SECONDS	(BLOCK_DAYS * SLT_DAY_SECONDS)
#define WEEK_LENGTH		(7 * SLT_DAY)

/* The dates whose spans can show inside a block: offsets and nights reach over its ends. */
#define MARGIN_DAYS		3

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
	int32_t		owner;			/* the date it belongs to: this many days
								 * after the UTC day */
} Piece;

/* Returns where a stretch ends. */
static int64_t
stretch_end(const Stretch *stretches, int n, int i)
{
	return i + 1 < n ? stretches[i + 1].start : INT64_MAX / 2;
}

/* The pieces of a day, shared by all days that are alike; a single one is kept at hand. */
typedef struct Pattern
{
	int			npieces;
	bool		plain;			/* closed, or one piece that is all the work
								 * of the same date, no clock change near */
	Piece	   *several;
	Piece		single;
} Pattern;

/* Returns the pieces of a pattern. */
static inline const Piece *
pieces_of(const Pattern *pattern)
{
	return pattern->npieces <= 1 ? &pattern->single : pattern->several;
}

/* Seven days, shared by all weeks that are alike.  A block starts with a Saturday, like the year 2000. */
typedef struct WeekKind
{
	uint32_t	worked[8];		/* seconds of working time before each day,
								 * and in all */
	uint32_t	patterns[7];
	uint8_t		rank[8];		/* working days before each date, and in all */
} WeekKind;

/* A week of UTC days. */
typedef struct Week
{
	uint32_t	worked;			/* seconds of working time before it, in the
								 * block */
	uint32_t	kind:22;
	uint32_t	rank:10;		/* working days before it, in the block */
} Week;

#define MAX_KINDS (1 << 22)		/* and patterns */
#define STEP 4					/* weeks that a search looks at at once; as
								 * many sentinels end the weeks */

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
	int			work_shift;		/* microseconds of work >> shift = place in
								 * by_work */
	uint8_t    *by_work;		/* a week that starts with less work than the
								 * place's least */
	WorkingDay *working_days;
	Stretch    *stretches;		/* from before the block to behind it, margins
								 * included */
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
	/*
	 * what every question needs, side by side; block number = days since
	 * origin / BLOCK_DAYS
	 */
	SltInstant	origin;
	SltInstant	regular_until;	/* everything before repeats */
	SltInstant	regular_from;	/* everything from here on repeats */
	int64_t		first;			/* number of the first block there is */
	int64_t		count;
	Entry	   *entries;		/* entries[0] is block `first` */
	WeekKind   *kinds;
	Pattern    *patterns;

	double		blocks_per[2];	/* blocks to an amount of work, and to a day,
								 * in the mean */
	bool		repeats;		/* if not, all working time is in dated rules */
	int64_t		first_useful;	/* numbers of the blocks where working time
								 * can be */
	int64_t		last_useful;
	void	   *arena;
	const SltCalendar *calendar;
	size_t		size;
	int64_t		room;			/* entries allocated, those before `entries`
								 * included */
	Entry	   *allocated;
	int			nkinds;
	int			room_kinds;
	int			npatterns;
	int			room_patterns;

	SltInstant	reach_from;		/* no question is answered before this, nor
								 * from the next on: where Easter is not known */
	SltInstant	reach_to;
	SltInstant	first_named;	/* the dates that rules name; +/- infinity if
								 * there are none */
	SltInstant	last_named;
	bool		is_sparse;		/* no week is sure to have working time */
	SltTimeline *whole;			/* the combination that this is a part of */
	SltTimeline *left;			/* of a combination: its parts */
	SltTimeline *right;
};

/* Builds the block of a number; does not return if the timeline would be too large. */
extern Block *slt_build_block(SltTimeline *tl, int64_t number);

/* Of a combination's block, the days of its parts: these are asked of their own timelines (timeline.c). */
extern const Pattern *slt_pattern_on(SltTimeline *tl, SltDate date);

#endif							/* SLT_BLOCK_H */
