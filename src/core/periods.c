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
static inline void
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

/* Sorts by start: few by comparing, many digit by digit; returns the items, which may have moved. */
static inline __attribute__((always_inline))
char *
sort_by_start(void *arena, char *items, int64_t count, int64_t *room, size_t size)
{
	SltInstant	least = count ? start_of(items, size, 0) : 0,
				most = least;
	bool		sorted = true;
	char	   *other;

	for (int64_t i = 1; i < count; i++)
	{
		SltInstant	from = start_of(items, size, i);

		sorted &= from >= start_of(items, size, i - 1);
		least = from < least ? from : least;
		most = from > most ? from : most;
	}
	if (sorted)
		return items;
	if (count <= FEW)
	{
		qsort(items, count, size, compare_starts);
		return items;
	}
	other = slt_alloc(arena, count * size);
	for (int shift = 0; shift < 64 && ((uint64_t) most - (uint64_t) least) >> shift; shift += DIGIT_BITS)
	{
		char	   *swap = items;

		slt_check_interrupts();
		sort_by_digit(items, other, count, size, least, shift);
		items = other;
		other = swap;
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
	slt_outages_init(&flat, o->arena);
	for (int64_t i = 0; i < o->count; i++)
	{
		if ((i & 0xffff) == 0)
			slt_check_interrupts();
		if (i > 0)
			run_down(&heap, &flat, o->items[i - 1].from, o->items[i].from);
		push(&heap, o->items[i]);
	}
	if (o->count > 0)
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

/* Adds other outages to a list, which is no longer flat then; of two sorted lists it makes a sorted one. */
void
slt_outages_join(SltOutages *o, const SltOutages *other)
{
	int64_t		i = o->count,
				k = other->count;

	while (o->room < i + k)
		slt_outages_grow(o);
	o->count = i + k;
	while (k > 0)
	{
		if (i > 0 && o->items[i - 1].from > other->items[k - 1].from)
		{
			o->items[i + k - 1] = o->items[i - 1];
			i--;
		}
		else
		{
			o->items[i + k - 1] = other->items[k - 1];
			k--;
		}
	}
}

/* ---------- measuring ---------- */

/* Adds a length times a weight, exactly. */
static inline void
add_weighted(SltWeighted *sum, int64_t micros, int64_t weight)
{
	int64_t		rest = micros % SLT_FULL_WEIGHT * weight;

	sum->micros += micros / SLT_FULL_WEIGHT * weight + rest / SLT_FULL_WEIGHT;
	sum->millionths += rest % SLT_FULL_WEIGHT;
	if (sum->millionths >= SLT_FULL_WEIGHT)
	{
		sum->micros++;
		sum->millionths -= SLT_FULL_WEIGHT;
	}
}

/* Returns the weight of the outage at an instant, 0 if there is none. */
static inline int64_t
weight_at(SltCursor *c, SltInstant at, SltInstant *next)
{
	return slt_is_in(c, at, next) ? ((const SltOutage *) c->at)->weight : 0;
}

/* Measures a period in one pass over all that can be going on in it, whatever overlaps. */
void
slt_measure(const SltHistory *h, SltPeriod period, SltMeasure *result)
{
	SltPeriods	always = {.count = 1,.items = &(SltPeriod) {SLT_MINUS_INFINITY, SLT_INFINITY}};
	SltInstant	at = period.from,
				next;
	SltCursor	outages[SLT_KINDS],
				hours = slt_cursor_on_set(h->hours ? h->hours : &always, at),
				known = slt_cursor_on_set(h->known ? h->known : &always, at);

	for (int k = 0; k < SLT_KINDS; k++)
		outages[k] = slt_cursor_on(h->outages[k].items, h->outages[k].count, sizeof(SltOutage), at);
	*result = (SltMeasure) {0};
	for (; at < period.to; at = next)
	{
		int64_t		weights[SLT_KINDS],
					counted,
					heaviest,
					length;
		bool		in_hours,
					is_known;

		next = period.to;
		in_hours = slt_is_in(&hours, at, &next);
		is_known = slt_is_in(&known, at, &next);
		for (int k = 0; k < SLT_KINDS; k++)
			weights[k] = weight_at(&outages[k], at, &next);
		if (!in_hours)
			continue;
		length = next - at;
		counted = weights[SLT_PLANNED] > weights[SLT_UNPLANNED] ? weights[SLT_PLANNED] : weights[SLT_UNPLANNED];
		heaviest = weights[SLT_EXCUSED_PLAN] > weights[SLT_EXCUSED] ? weights[SLT_EXCUSED_PLAN] : weights[SLT_EXCUSED];
		heaviest = counted > heaviest ? counted : heaviest;
		result->elapsed += length;
		if (weights[SLT_PLANNED] || weights[SLT_EXCUSED_PLAN])
			result->planned += length;
		if (heaviest)
			add_weighted(&result->any_down, length, heaviest);
		if (counted)
			add_weighted(&result->down, length, counted);
		else if (heaviest)
			result->excluded += length;
		else if (!is_known)
			result->unknown += length;
	}
}
