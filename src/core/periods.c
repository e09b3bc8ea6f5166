/*
 * periods.c
 *		Sets of periods, and how long a service was up, by its history.
 *
 * A list is collected in any order, and sorted and merged once.  Outages are
 * flattened: cut so that no two overlap, with the greatest weight of those that
 * were going on.  Then one sweep over all lists side by side measures a period.
 * No instant can count twice, since the sweep goes through each once.
 */
#include "periods.h"

#include <stdlib.h>
#include <string.h>

#define DIGIT_BITS		11
#define DIGITS			(1 << DIGIT_BITS)
#define TOP_BITS		(2 * DIGIT_BITS)
#define FEW				512		/* up to here, counting digits costs more than
								 * comparing */

/* ---------- lists ---------- */

/* Makes an empty list. */
void
slt_periods_init(SltPeriods *p, void *arena)
{
	*p = (SltPeriods) {.arena = arena};
}

/* Makes an empty list. */
void
slt_outages_init(SltOutages *o, void *arena)
{
	*o = (SltOutages) {.arena = arena};
}

/* Returns a copy of items with more room; the count is one more than they are at most. */
static void *
grow(void *arena, void *items, int64_t count, int64_t *room, size_t size)
{
	void	   *more;

	*room = *room ? 2 * *room : 16;
	more = slt_alloc(arena, *room * size);
	if (count)
		memcpy(more, items, count * size);
	slt_free(items);
	return more;
}

/* Makes room for one more. */
void
slt_periods_grow(SltPeriods *p)
{
	p->items = grow(p->arena, p->items, p->count, &p->room, sizeof(SltPeriod));
}

/* Makes room for one more. */
void
slt_outages_grow(SltOutages *o)
{
	o->items = grow(o->arena, o->items, o->count, &o->room, sizeof(SltOutage));
}

/* ---------- sorting ---------- */

/* Compares by the start, which stands first in periods and in outages. */
static int
compare_starts(const void *a, const void *b)
{
	SltInstant	x = *(const SltInstant *) a,
				y = *(const SltInstant *) b;

	return (x > y) - (x < y);
}

static inline SltInstant
start_of(const char *items, size_t size, int64_t i)
{
	SltInstant	from;

	memcpy(&from, items + i * size, sizeof(from));
	return from;
}

/*
 * Sorts by one digit of the start, counted from `least`: outages of a decade are sorted in time that grows with
 * their number alone.
 */
static inline __attribute__((always_inline))
void
sort_by_digit(const char *items, char *sorted, int64_t count, size_t size, SltInstant least, int shift)
{
	int64_t		place[DIGITS] = {0};
	int64_t		sum = 0;

	for (int64_t i = 0; i < count; i++)
		place[((uint64_t) start_of(items, size, i) - (uint64_t) least) >> shift & (DIGITS - 1)]++;
	for (int d = 0; d < DIGITS; d++)
	{
		int64_t		n = place[d];

		place[d] = sum;
		sum += n;
	}
	for (int64_t i = 0; i < count; i++)
	{
		int64_t    *to = &place[((uint64_t) start_of(items, size, i) - (uint64_t) least) >> shift & (DIGITS - 1)];

		memcpy(sorted + (*to)++ * size, items + i * size, size);
	}
}

/* Sorts what is nearly sorted; gives up, with all items still there, if it is not. */
static inline __attribute__((always_inline))
bool
finish_sorting(char *items, int64_t count, size_t size)
{
	int64_t		moves = 4 * count;
	char		item[sizeof(SltOutage)];

	for (int64_t i = 1; i < count && moves > 0; i++)
	{
		int64_t		k = i;

		if (start_of(items, size, i) >= start_of(items, size, i - 1))
			continue;
		memcpy(item, items + i * size, size);
		for (; k > 0 && moves > 0 && start_of(items, size, k - 1) > start_of(item, size, 0); k--, moves--)
			memcpy(items + k * size, items + (k - 1) * size, size);
		memcpy(items + k * size, item, size);
	}
	return moves > 0;
}

/* Returns how many bits a number has. */
static inline int
bits_of(uint64_t n)
{
	int			bits = 0;

	while (bits < 64 && n >> bits)
		bits++;
	return bits;
}

/* Merges two sorted runs, the second from some item on. */
static inline __attribute__((always_inline))
void
merge_runs(const char *items, char *sorted, int64_t second, int64_t count, size_t size)
{
	int64_t		i = 0,
				k = second;

	for (int64_t n = 0; n < count; n++)
	{
		int64_t    *from = k == count || (i < second && start_of(items, size, i) <= start_of(items, size, k)) ? &i : &k;

		memcpy(sorted + n * size, items + (*from)++ * size, size);
	}
}

/*
 * Sorts by start: two sorted runs by merging them, few items by comparing, many
 * digit by digit, the first two of them if that leaves little to do; returns the
 * items, which may have moved.
 */
static inline __attribute__((always_inline))
char *
sort_by_start(void *arena, char *items, int64_t count, int64_t *room, size_t size)
{
	SltInstant	least = count ? start_of(items, size, 0) : 0,
				most = least;
	int64_t		runs = 1,
				last_run = 0;
	char	   *other,
			   *swap;

	for (int64_t i = 1; i < count; i++)
	{
		SltInstant	from = start_of(items, size, i);

		if (from < start_of(items, size, i - 1))
		{
			runs++;
			last_run = i;
		}
		least = from < least ? from : least;
		most = from > most ? from : most;
	}
	if (runs == 1)
		return items;
	if (runs > 2 && count <= FEW)
	{
		qsort(items, count, size, compare_starts);
		return items;
	}
	other = slt_alloc(arena, count * size);
	if (runs == 2)
	{
		merge_runs(items, other, last_run, count, size);
		slt_free(items);
		*room = count;
		return other;
	}
	for (int bits = bits_of((uint64_t) most - (uint64_t) least), low = bits > TOP_BITS ? bits - TOP_BITS : 0;; low = 0)
	{
		for (int shift = low; shift < bits; shift += DIGIT_BITS)
		{
			slt_check_interrupts();
			sort_by_digit(items, other, count, size, least, shift);
			swap = items;
			items = other;
			other = swap;
		}
		if (low == 0 || finish_sorting(items, count, size))
			break;
	}
	slt_free(other);
	*room = count;
	return items;
}

/* ---------- sets ---------- */

/* Makes a set of a list: sorted, and what overlaps or touches is one. */
void
slt_merge(SltPeriods *p)
{
	int64_t		n = 0;

	p->items = (SltPeriod *) sort_by_start(p->arena, (char *) p->items, p->count, &p->room, sizeof(SltPeriod));
	for (int64_t i = 0; i < p->count; i++)
	{
		SltPeriod	next = p->items[i];

		if (n > 0 && next.from <= p->items[n - 1].to)
			p->items[n - 1].to = next.to > p->items[n - 1].to ? next.to : p->items[n - 1].to;
		else
			p->items[n++] = next;
	}
	p->count = n;
}

/* Adds up the lengths of a set. */
int64_t
slt_total(const SltPeriods *merged)
{
	int64_t		total = 0;

	for (int64_t i = 0; i < merged->count; i++)
		total += merged->items[i].to - merged->items[i].from;
	return total;
}

/* Finds the first item of a sorted list without overlaps that ends after an instant. */
int64_t
slt_first_ending_after(const void *items, int64_t count, size_t size, SltInstant at)
{
	int64_t		low = 0,
				high = count;

	while (low < high)
	{
		int64_t		middle = low + (high - low) / 2;

		if (slt_period_at((const char *) items + middle * size).to > at)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Widens a period by the time in which two sets differ. */
void
slt_widen_by_difference(SltPeriod *hull, const SltPeriods *a, const SltPeriods *b)
{
	SltCursor	in_a = slt_cursor_on_set(a, SLT_MINUS_INFINITY),
				in_b = slt_cursor_on_set(b, SLT_MINUS_INFINITY);
	SltInstant	next;

	for (SltInstant at = SLT_MINUS_INFINITY; at < SLT_INFINITY; at = next)
	{
		next = SLT_INFINITY;
		if (slt_is_in(&in_a, at, &next) == slt_is_in(&in_b, at, &next))
			continue;
		hull->from = at < hull->from ? at : hull->from;
		hull->to = next > hull->to ? next : hull->to;
	}
}

/* ---------- outages ---------- */

/* Adds the parts of an outage that lie within a set. */
void
slt_outages_add_within(SltOutages *o, SltOutage outage, const SltPeriods *merged)
{
	for (int64_t i = slt_first_ending_after(merged->items, merged->count, sizeof(SltPeriod), outage.from);
		 i < merged->count && merged->items[i].from < outage.to; i++)
	{
		SltPeriod	p = merged->items[i];

		slt_outages_add(o, (SltOutage) {p.from > outage.from ? p.from : outage.from, p.to < outage.to ? p.to : outage.to, outage.weight});
	}
}

/* Adds the parts of outages that lie within a set to one list, and the others to another. */
void
slt_outages_split(const SltOutages *o, const SltPeriods *merged, SltOutages *inside, SltOutages *outside)
{
	for (int64_t i = 0; i < o->count; i++)
	{
		SltOutage	rest = o->items[i];
		int64_t		k = slt_first_ending_after(merged->items, merged->count, sizeof(SltPeriod), rest.from);

		slt_outages_add_within(inside, rest, merged);
		for (; k < merged->count && merged->items[k].from < rest.to; k++)
		{
			slt_outages_add(outside, (SltOutage) {rest.from, merged->items[k].from, rest.weight});
			rest.from = merged->items[k].to;
		}
		slt_outages_add(outside, rest);
	}
}

/* Adds an outage behind the last one of a flat list. */
static inline void
append(SltOutages *flat, SltInstant from, SltInstant to, int64_t weight)
{
	SltOutage  *last = flat->count ? &flat->items[flat->count - 1] : NULL;

	if (last && last->to == from && last->weight == weight)
		last->to = to > from ? to : from;
	else
		slt_outages_add(flat, (SltOutage) {from, to, weight});
}

/* Merges sorted outages of one weight where they are. */
static void
flatten_even(SltOutages *o)
{
	int64_t		n = 0;

	for (int64_t i = 0; i < o->count; i++)
	{
		SltOutage	next = o->items[i];

		if (n > 0 && next.from <= o->items[n - 1].to)
			o->items[n - 1].to = next.to > o->items[n - 1].to ? next.to : o->items[n - 1].to;
		else
			o->items[n++] = next;
	}
	o->count = n;
}

/*
 * The outages going on, the heaviest on top of a heap.  Those that have ended
 * stay in it until they come to the top.
 */
static void
push(SltOutages *heap, SltOutage outage)
{
	int64_t		i = heap->count;

	if (i > 0 && heap->items[0].weight >= outage.weight && heap->items[0].to >= outage.to)
		return;					/* it will never be on top */
	slt_outages_add(heap, outage);
	for (; i > 0 && heap->items[(i - 1) / 2].weight < outage.weight; i = (i - 1) / 2)
		heap->items[i] = heap->items[(i - 1) / 2];
	heap->items[i] = outage;
}

/* Takes the top off the heap. */
static void
pop(SltOutages *heap)
{
	SltOutage	last = heap->items[--heap->count];
	int64_t		i = 0;

	for (;;)
	{
		int64_t		child = 2 * i + 1;

		if (child >= heap->count)
			break;
		if (child + 1 < heap->count && heap->items[child + 1].weight > heap->items[child].weight)
			child++;
		if (heap->items[child].weight <= last.weight)
			break;
		heap->items[i] = heap->items[child];
		i = child;
	}
	if (heap->count > 0)
		heap->items[i] = last;
}

/* Writes down the heaviest outage at each instant from `at` to before `until`. */
static void
run_down(SltOutages *heap, SltOutages *flat, SltInstant at, SltInstant until)
{
	while (heap->count > 0 && at < until)
	{
		SltOutage	top = heap->items[0];
		SltInstant	end = top.to < until ? top.to : until;

		if (end > at)
		{
			append(flat, at, end, top.weight);
			at = end;
		}
		if (top.to <= at)
			pop(heap);
	}
}

/* Flattens sorted outages of several weights. */
static void
flatten_uneven(SltOutages *o)
{
	SltOutages	heap,
				flat;

	slt_outages_init(&heap, o->arena);
	flat = (SltOutages) {.arena = o->arena,.room = o->count,.items = slt_alloc(o->arena, o->count * sizeof(SltOutage))};
	for (int64_t i = 0; i < o->count; i++)
	{
		SltOutage	next = o->items[i];

		if ((i & 0xffff) == 0)
			slt_check_interrupts();
		if (heap.count > 0)
			run_down(&heap, &flat, o->items[i - 1].from, next.from);
		if (heap.count == 0 && (i + 1 == o->count || o->items[i + 1].from >= next.to))
			append(&flat, next.from, next.to, next.weight); /* alone, as most are */
		else
			push(&heap, next);
	}
	if (heap.count > 0)
		run_down(&heap, &flat, o->items[o->count - 1].from, SLT_INFINITY);
	slt_free(heap.items);
	slt_free(o->items);
	*o = flat;
}

/* Flattens outages: sorted, disjoint, at each instant the greatest weight of those that were going on. */
void
slt_flatten(SltOutages *o)
{
	o->items = (SltOutage *) sort_by_start(o->arena, (char *) o->items, o->count, &o->room, sizeof(SltOutage));
	for (int64_t i = 1; i < o->count; i++)
		if (o->items[i].weight != o->items[0].weight)
		{
			flatten_uneven(o);
			return;
		}
	flatten_even(o);
}

/* Adds all outages of another list, which is no longer flat then. */
void
slt_outages_add_all(SltOutages *o, const SltOutages *other)
{
	while (o->room < o->count + other->count)
		slt_outages_grow(o);
	if (other->count > 0)
		memcpy(o->items + o->count, other->items, other->count * sizeof(SltOutage));
	o->count += other->count;
}

/* ---------- measuring ---------- */

/* Adds weighted time, exactly. */
static inline void
add_weighted(SltWeighted *sum, SltWeighted more)
{
	sum->micros += more.micros;
	sum->millionths += more.millionths;
	if (sum->millionths >= SLT_FULL_WEIGHT)
	{
		sum->micros++;
		sum->millionths -= SLT_FULL_WEIGHT;
	}
}

/* Returns a length times a weight, exactly. */
static inline SltWeighted
weigh(int64_t micros, int64_t weight)
{
	int64_t		rest = micros % SLT_FULL_WEIGHT * weight;

	if (weight == SLT_FULL_WEIGHT)
		return (SltWeighted) {micros, 0};
	return (SltWeighted) {micros / SLT_FULL_WEIGHT * weight + rest / SLT_FULL_WEIGHT, rest % SLT_FULL_WEIGHT};
}

/* What a sweep keeps track of: outages of each kind, then these. */
enum
{
	HOURS = SLT_KINDS,
	KNOWN,
	TRACKS
};

/* A list that a sweep goes along, and until when what it has found there holds. */
typedef struct Track
{
	SltCursor	cursor;
	int			which;
	SltInstant	until;
} Track;

/* Starts to go along a list; one that is empty needs no track, and no list stands for all time. */
static int
add_track(Track *tracks, int n, int which, const void *items, int64_t count, size_t size, SltInstant at)
{
	if (count == 0)
		return n;
	tracks[n] = (Track) {slt_cursor_on(items, count, size, at), which, SLT_MINUS_INFINITY};
	return n + 1;
}

/* Finds what a list has at an instant: the weight of an outage, or 1, or 0 for nothing. */
static inline int64_t
follow(Track *t, SltInstant at)
{
	t->until = SLT_INFINITY;
	if (!slt_is_in(&t->cursor, at, &t->until))
		return 0;
	return t->which < SLT_KINDS ? ((const SltOutage *) t->cursor.at)->weight : 1;
}

/* Adds what was going on for a time to a measure. */
static inline void
add_stretch(SltMeasure *m, int64_t length, const int64_t *weights, bool is_known)
{
	int64_t		counted = weights[SLT_PLANNED] > weights[SLT_UNPLANNED] ? weights[SLT_PLANNED] : weights[SLT_UNPLANNED],
				heaviest = weights[SLT_EXCUSED_PLAN] > weights[SLT_EXCUSED] ? weights[SLT_EXCUSED_PLAN] : weights[SLT_EXCUSED];
	SltWeighted down;

	heaviest = counted > heaviest ? counted : heaviest;
	m->elapsed += length;
	if (heaviest == 0)
	{
		m->unknown += is_known ? 0 : length;
		return;
	}
	if (weights[SLT_PLANNED] || weights[SLT_EXCUSED_PLAN])
		m->planned += length;
	down = weigh(length, heaviest);
	add_weighted(&m->any_down, down);
	if (counted)
		add_weighted(&m->down, counted == heaviest ? down : weigh(length, counted));
	else
		m->excluded += length;
}

/* Measures a period in one pass over all that can be going on in it, whatever overlaps. */
void
slt_measure(const SltHistory *h, SltPeriod period, SltMeasure *result)
{
	SltInstant	at = period.from,
				next;
	Track		tracks[TRACKS];
	int64_t		now[TRACKS] = {[HOURS] = h->hours == NULL,[KNOWN] = h->known == NULL};
	int			n = 0;

	*result = (SltMeasure) {0};
	for (int k = 0; k < SLT_KINDS; k++)
		n = add_track(tracks, n, k, h->outages[k].items, h->outages[k].count, sizeof(SltOutage), at);
	if (h->hours)
		n = add_track(tracks, n, HOURS, h->hours->items, h->hours->count, sizeof(SltPeriod), at);
	if (h->known)
		n = add_track(tracks, n, KNOWN, h->known->items, h->known->count, sizeof(SltPeriod), at);
	for (; at < period.to; at = next)
	{
		int64_t		accident;

		next = period.to;
		for (int k = 0; k < n; k++)
		{
			if (tracks[k].until <= at)
				now[tracks[k].which] = follow(&tracks[k], at);
			next = tracks[k].until < next ? tracks[k].until : next;
		}
		accident = now[SLT_EXCUSED] > now[SLT_UNPLANNED] ? now[SLT_EXCUSED] : now[SLT_UNPLANNED];
		result->accident = accident > result->accident ? accident : result->accident;
		if (now[HOURS])
			add_stretch(result, next - at, now, now[KNOWN]);
	}
}

/* Adds the measure of the period that follows: of both as one it would be the same. */
void
slt_add_measure(SltMeasure *sum, const SltMeasure *next)
{
	sum->elapsed += next->elapsed;
	sum->planned += next->planned;
	sum->excluded += next->excluded;
	sum->unknown += next->unknown;
	add_weighted(&sum->down, next->down);
	add_weighted(&sum->any_down, next->any_down);
	sum->accident = next->accident > sum->accident ? next->accident : sum->accident;
}
