/*
 * text.c
 *		Reading text by hand: a cursor, and the sentence that says what is wrong.
 */
#include "text.h"

#include <stdio.h>
#include <string.h>

#define MAX_QUOTED 40			/* bytes of the text that a message repeats */
#define MAX_LONG_QUOTED 200		/* and a hint */

/* Puts a text into a sentence with one "%s" at most; a long text is cut, and never inside a UTF-8 character. */
static void
quote(char *sentence, size_t size, size_t most, const char *format, const char *part, size_t len)
{
	char		quoted[MAX_LONG_QUOTED + sizeof("...")];
	size_t		n = len;

	if (n > most)
		for (n = most; n > 0 && ((unsigned char) part[n] & 0xc0) == 0x80; n--)
			;
	snprintf(quoted, sizeof(quoted), "%.*s%s", (int) n, part, n < len ? "..." : "");
	/* the formats are the core's own constants */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(sentence, size, format, quoted);
#pragma GCC diagnostic pop
}

/* The same for a hint, with room for a whole calendar. */
void
slt_text_quote(char *sentence, size_t size, const char *format, const char *part)
{
	quote(sentence, size, MAX_LONG_QUOTED, format, part, strlen(part));
}

/* Records why a text was refused, and returns false for the caller to return. */
bool
slt_text_fail(SltTextError *error, const char *format, const char *part, size_t len)
{
	quote(error->detail, sizeof(error->detail), MAX_QUOTED, format, part, len);
	error->hint[0] = '\0';
	return false;
}

/* Passes over white space. */
void
slt_skip_space(SltCursor *c)
{
	while (c->at < c->end && slt_is_space(*c->at))
		c->at++;
}

/* Passes over one character, if it is the wanted one. */
bool
slt_skip(SltCursor *c, char wanted)
{
	if (!slt_at(c, wanted))
		return false;
	c->at++;
	return true;
}

/* Returns how far it is to the next white space or separator: the part that a message names. */
size_t
slt_word_length(const SltCursor *c)
{
	const char *p = c->at;

	while (p < c->end && !slt_is_space(*p) && *p != ',' && *p != ';' && *p != '"')
		p++;
	if (p == c->at && p < c->end)
		p++;
	return (size_t) (p - c->at);
}

/* Reads an unsigned number of min to max digits. */
bool
slt_read_digits(SltCursor *c, int min, int max, int64_t *value)
{
	const char *p = c->at;
	int64_t		v = 0;

	while (p < c->end && slt_is_digit(*p) && p - c->at < max)
		v = v * 10 + (*p++ - '0');
	if (p - c->at < min || (p < c->end && slt_is_digit(*p)))
		return false;
	c->at = p;
	*value = v;
	return true;
}

/* Compares a word with a lower-case one, without regard to case. */
bool
slt_word_is(const char *word, size_t len, const char *wanted)
{
	for (size_t i = 0; i < len; i++)
	{
		char		ch = word[i];

		if (ch >= 'A' && ch <= 'Z')
			ch = (char) (ch - 'A' + 'a');
		if (wanted[i] == '\0' || ch != wanted[i])
			return false;
	}
	return wanted[len] == '\0';
}
