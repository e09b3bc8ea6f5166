/*
 * text.h
 *		Reading text by hand: a cursor, and the sentence that says what is wrong.
 */
#ifndef SLT_TEXT_H
#define SLT_TEXT_H

#include "core.h"

/* What is left to read. */
typedef struct SltCursor
{
	const char *at;
	const char *end;
	SltTextError *error;
	const char *text;			/* where it all starts */
} SltCursor;

extern void slt_text_quote(char *sentence, size_t size, const char *format, const char *part);
extern bool slt_text_fail(SltTextError *error, const char *format, const char *part, size_t len);
extern void slt_skip_space(SltCursor *c);
extern bool slt_skip(SltCursor *c, char wanted);
extern size_t slt_word_length(const SltCursor *c);
extern bool slt_read_digits(SltCursor *c, int min, int max, int64_t *value);
extern bool slt_word_is(const char *word, size_t len, const char *wanted);

static inline bool
slt_at(const SltCursor *c, char wanted)
{
	return c->at < c->end && *c->at == wanted;
}

static inline bool
slt_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
slt_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool
slt_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

#endif							/* SLT_TEXT_H */
