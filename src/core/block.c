/*
 * block.c
 *		Building the blocks of a timeline.
 *
 * A block is built day by day: the spans that are in force are laid over the
 * stretches of constant offset, or the pieces of two calendars over each other.
 * Days that are alike share a pattern, and weeks a kind.
 */
#include "block.h"

#include <string.h>

#define MAX_LOOK_BACK	64		/* to share what is alike, this many are
								 * looked at: more would take long */
#define MAX_SIZE		((size_t) 32 << 20) /* bytes that a timeline may take */
#define REACHED_DAYS	(BLOCK_DAYS + 2 * MARGIN_DAYS)

/* ---------- building a block ---------- */

/* What is collected while a block is built. */
typedef struct Builder
{
	SltTimeline *tl;
	SltDate		date;			/* the block's */
	int64_t		start;			/* the block's, in seconds */
	SltHours	hours[REACHED_DAYS];	/* of the dates from date -
										 * MARGIN_DAYS on */
	int			owned[REACHED_DAYS];	/* of a combination: pieces of these
										 * dates */
	int			nstretches;
	int			room_stretches;
	Stretch    *stretches;
	int			day;			/* the day whose pieces are being collected */
	uint32_t	patterns[BLOCK_DAYS];
	uint32_t	worked[BLOCK_DAYS + 1]; /* seconds before each day */
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
	int64_t		utc;			/* what its midnight would be by the stretch's
								 * offset */
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
	const Pattern *left = slt_pattern_on(b->tl->left, b->date + b->day),
			   *right = slt_pattern_on(b->tl->right, b->date + b->day);
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

		memset(&kind, 0, sizeof(kind)); /* padding is compared, too */
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

/* Builds a block when it is first asked for: most of the dates that a calendar covers never are. */
Block *
slt_build_block(SltTimeline *tl, int64_t number)
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
