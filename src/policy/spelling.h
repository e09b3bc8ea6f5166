/*
 * spelling.h
 *		Names as they were spelled, four together, as the key of a hash table.
 *
 * Comparing bytes is much cheaper than folding case, so what a spelling means
 * is worked out once and then found by the spelling itself.
 */
#ifndef SLT_SPELLING_H
#define SLT_SPELLING_H

#include "postgres.h"

#define SLT_WORDS 4

/* A word as it was spelled.  Up to 16 bytes, its ends say all of it. */
typedef struct Word
{
	uint64		first;
	uint64		last;
	Size		len;
	const char *bytes;
} Word;

/* Four words: severity, contract, metric and calendar of a promise; the codes of a ticket. */
typedef struct Spelling
{
	Word		words[SLT_WORDS];
} Spelling;

/* Takes the first and the last bytes of a word. */
static inline void
take_word(Word *w, const char *bytes, Size len)
{
	w->len = len;
	w->bytes = bytes;
	w->first = w->last = 0;
	if (w->len >= 8)
	{
		memcpy(&w->first, w->bytes, 8);
		memcpy(&w->last, w->bytes + w->len - 8, 8);
	}
	else if (w->len >= 4)
	{
		uint32		first,
					last;

		memcpy(&first, w->bytes, 4);
		memcpy(&last, w->bytes + w->len - 4, 4);
		w->first = first;
		w->last = last;
	}
	else if (w->len > 0)
	{
		w->first = (unsigned char) w->bytes[0] | (unsigned char) w->bytes[w->len / 2] << 8;
		w->last = (unsigned char) w->bytes[w->len - 1];
	}
}

static inline uint32
hash_spelling(const Spelling *s)
{
	const Word *w = s->words;
	uint64		hash;

	/* the products do not wait for each other */
	hash = (w[0].first + 3 * (w[0].last ^ w[0].len << 56)) * UINT64CONST(0x9E3779B97F4A7C15) +
		(w[1].first + 3 * (w[1].last ^ w[1].len << 56)) * UINT64CONST(0xD6E8FEB86659FD93) +
		(w[2].first + 3 * (w[2].last ^ w[2].len << 56)) * UINT64CONST(0xC2B2AE3D27D4EB4F) +
		(w[3].first + 3 * (w[3].last ^ w[3].len << 56)) * UINT64CONST(0xA24BAED4963EE407);
	return (uint32) (hash >> 32) ^ (uint32) (hash >> 15);
}

static inline bool
same_word(const Word *a, const Word *b)
{
	return a->first == b->first && a->last == b->last && a->len == b->len &&
		(a->len <= 16 || memcmp(a->bytes, b->bytes, a->len) == 0);
}

static inline bool
same_spelling(const Spelling *a, const Spelling *b)
{
	return same_word(&a->words[0], &b->words[0]) && same_word(&a->words[1], &b->words[1]) &&
		same_word(&a->words[2], &b->words[2]) && same_word(&a->words[3], &b->words[3]);
}

/* Copies a spelling into a memory context. */
static inline Spelling *
copy_spelling(MemoryContext context, const Spelling *s)
{
	Spelling   *copy = MemoryContextAlloc(context, sizeof(Spelling));

	*copy = *s;
	for (int i = 0; i < SLT_WORDS; i++)
	{
		Word	   *w = &copy->words[i];
		char	   *bytes = MemoryContextAlloc(context, Max(w->len, 1));

		memcpy(bytes, w->bytes, w->len);
		w->bytes = bytes;
	}
	return copy;
}

#endif							/* SLT_SPELLING_H */
