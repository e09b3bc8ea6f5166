/*
 * words.c
 *		The words of calendars, and what people write in their place.
 */
#include "words.h"

#include <stdio.h>
#include <string.h>

#define LENGTH(array) ((int) (sizeof(array) / sizeof((array)[0])))

const char *const slt_month_names[12] = {
	"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"
};

const char *const slt_weekday_names[7] = {
	"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"
};

/* Counts the letters that come next. */
size_t
slt_letters(const SltCursor *c)
{
	size_t		len = 0;

	while (c->at + len < c->end && slt_is_letter(c->at[len]))
		len++;
	return len;
}

/* Tells whether a word is the first letters of a name, or all of it. */
static bool
is_short_for(const char *word, size_t len, size_t least, const char *name)
{
	char		lower[16] = "";

	if (len < least || (len > 3 && len != strlen(name)) || len >= sizeof(lower))
		return false;
	for (size_t i = 0; i < len; i++)
		lower[i] = (char) (name[i] | 0x20);
	return slt_word_is(word, len, lower);
}

/* Finds the name that a word is short for, or -1. */
static int
find_name(const SltCursor *c, const char *const *names, int n, size_t least)
{
	for (int i = 0; i < n; i++)
		if (is_short_for(c->at, slt_letters(c), least, names[i]))
			return i;
	return -1;
}

/* Passes over the name of a month, of three letters or whole, and returns its number, or 0. */
int
slt_skip_month(SltCursor *c)
{
	int			month = find_name(c, slt_month_names, 12, 3) + 1;

	c->at += month > 0 ? slt_letters(c) : 0;
	return month;
}

/* Passes over the name of a day of the week, of two or three letters or whole, and returns its number, or -1. */
int
slt_skip_weekday(SltCursor *c)
{
	int			weekday = find_name(c, slt_weekday_names, 7, 2);

	c->at += weekday >= 0 ? slt_letters(c) : 0;
	return weekday;
}

/* Tells whether a day of the week or a holiday comes next. */
bool
slt_day_name_follows(const SltCursor *c)
{
	return find_name(c, slt_weekday_names, 7, 2) >= 0 || slt_word_is(c->at, slt_letters(c), "ph") || slt_word_is(c->at, slt_letters(c), "sh");
}

/* Tells whether a month or Easter comes next, behind some characters and white space. */
bool
slt_month_follows(const SltCursor *c, int skip)
{
	SltCursor	rest = *c;

	rest.at += skip;
	slt_skip_space(&rest);
	return slt_word_is(rest.at, slt_letters(&rest), "easter") || find_name(&rest, slt_month_names, 12, 3) >= 0;
}

/* Tells whether a date in ISO form, or something that is meant to be one, comes next: a year, a dash, and two digits or fewer. */
bool
slt_iso_date_follows(const SltCursor *c)
{
	const char *p = c->at;

	while (p < c->end && slt_is_digit(*p))
		p++;
	if (p - c->at < 3 || p == c->end || (*p != '-' && *p != '.'))
		return false;
	for (int i = 1; i <= 4; i++)
		if (p + i >= c->end || !slt_is_digit(p[i]))
			return i < 4 && p + i > c->at && !(i == 1 && p + 1 < c->end && slt_is_space(p[1]));
	return false;
}

/* Tells whether a word comes next that says whether a rule opens or closes. */
bool
slt_is_state(const SltCursor *c)
{
	static const char *const words[] = {"open", "off", "closed", "unknown"};

	for (int i = 0; i < LENGTH(words); i++)
		if (slt_word_is(c->at, slt_letters(c), words[i]))
			return true;
	return false;
}

/* Tells whether a time comes next that the sun sets. */
bool
slt_is_sun_time(const SltCursor *c)
{
	static const char *const words[] = {"sunrise", "sunset", "dawn", "dusk"};

	for (int i = 0; i < LENGTH(words); i++)
		if (slt_word_is(c->at, slt_letters(c), words[i]))
			return true;
	return false;
}

/* ---------- what people write ---------- */

/* What stands for something else: characters of other scripts, and words. */
static const struct
{
	const char *written;
	const char *meant;
}			substitutes[] = {
	{"\342\200\220", "-"}, {"\342\200\221", "-"}, {"\342\200\222", "-"}, {"\342\200\223", "-"}, {"\342\200\224", "-"},
	{"\342\200\225", "-"}, {"\342\210\222", "-"}, {"\357\274\215", "-"}, {"\357\274\232", ":"}, {"\302\240", " "},
	{"\330\214", ","}, {"\330\233", ";"}, {"\342\200\234", "\""}, {"\342\200\235", "\""}, {"\342\200\236", "\""},
	{"\342\200\217", ""}, {"\342\200\216", ""},
};

static const struct
{
	const char *written;
	const char *meant;
}			words[] = {
	{"to", "-"}, {"till", "-"}, {"til", "-"}, {"until", "-"}, {"through", "-"}, {"thru", "-"}, {"bis", "-"}, {"and", ","},
	{"weekday", "Mo-Fr"}, {"weekdays", "Mo-Fr"}, {"weekend", "Sa-Su"}, {"weekends", "Sa-Su"}, {"daily", "Mo-Su"}, {"everyday", "Mo-Su"},
	{"mondays", "Mo"}, {"tuesdays", "Tu"}, {"wednesdays", "We"}, {"thursdays", "Th"}, {"fridays", "Fr"}, {"saturdays", "Sa"}, {"sundays", "Su"},
	{"tues", "Tu"}, {"weds", "We"}, {"thur", "Th"}, {"thurs", "Th"}, {"sept", "Sep"}, {"holidays", "PH"}, {"holiday", "PH"},
	{"from", ""}, {"uhr", ""}, {"close", "off"},
};

/* A guess that grows, in room for all it can become. */
typedef struct Guess
{
	SltCursor	c;				/* what is left of the text */
	char	   *text;
	size_t		len;
	bool		days;			/* a number that comes next is a day or a
								 * week, not an hour */
} Guess;

/* Appends to a guess, whose room was measured for the longest that can come out. */
static void
put(Guess *g, const char *bytes, size_t len)
{
	memcpy(g->text + g->len, bytes, len);
	g->len += len;
}

/* Passes over a character of another script, and puts the one that is meant. */
static bool
put_substitute(Guess *g)
{
	const unsigned char *p = (const unsigned char *) g->c.at;
	size_t		left = (size_t) (g->c.end - g->c.at);

	for (int i = 0; i < LENGTH(substitutes); i++)
	{
		size_t		len = strlen(substitutes[i].written);

		if (left < len || memcmp(p, substitutes[i].written, len) != 0)
			continue;
		put(g, substitutes[i].meant, strlen(substitutes[i].meant));
		g->c.at += len;
		return true;
	}
	if (left >= 2 && ((p[0] == 0xd9 && p[1] >= 0xa0 && p[1] <= 0xa9) || (p[0] == 0xdb && p[1] >= 0xb0 && p[1] <= 0xb9)))
	{
		char		digit = (char) ('0' + (p[1] & 15));

		put(g, &digit, 1);
		g->c.at += 2;
		return true;
	}
	return false;
}

/* Passes over a word, and puts the one that is meant. */
static void
put_word(Guess *g)
{
	size_t		len = slt_letters(&g->c);
	const char *start = g->c.at;

	g->days = find_name(&g->c, slt_month_names, 12, 3) >= 0 || slt_word_is(start, len, "week");
	g->c.at += len;
	for (int i = 0; i < LENGTH(words); i++)
	{
		if (!slt_word_is(start, len, words[i].written))
			continue;
		put(g, words[i].meant, strlen(words[i].meant));
		return;
	}
	put(g, start, len);
}

/* Reads an hour as people write it: "9", "0900", "9.30", "9h", "9h30"; -1 if it is none. */
static int
read_loose_time(SltCursor *c)
{
	SltCursor	start = *c;
	int64_t		h,
				m = 0;
	int			n = 0;

	while (c->at + n < c->end && slt_is_digit(c->at[n]))
		n++;
	if (n == 4 && slt_read_digits(c, 4, 4, &h))
	{
		m = h % 100;
		h /= 100;
	}
	else if (!slt_read_digits(c, 1, 2, &h))
		return -1;
	else if (c->end - c->at >= 3 && (*c->at == '.' || *c->at == ':' || *c->at == 'h') && slt_is_digit(c->at[1]))
	{
		c->at++;
		if (!slt_read_digits(c, 2, 2, &m))
			h = 99;
	}
	else if (slt_at(c, 'h'))
		c->at++;
	if (h > 24 || m > 59)
	{
		*c = start;
		return -1;
	}
	return (int) (h * 60 + m);
}

/* Passes over hours without minutes, such as "9-5", and puts them in full; an end at or before the start is in the afternoon. */
static bool
put_loose_span(Guess *g)
{
	SltCursor	c = g->c;
	char		span[32];
	int			from = read_loose_time(&c),
				to;

	slt_skip_space(&c);
	if (g->days || from < 0 || !slt_skip(&c, '-'))
		return false;
	slt_skip_space(&c);
	to = read_loose_time(&c);
	if (to < 0 || slt_at(&c, '-') || slt_at(&c, ':') || slt_letters(&c) > 0)
		return false;
	if (to <= from && to <= 12 * 60)
		to += 12 * 60;
	snprintf(span, sizeof(span), "%02d:%02d-%02d:%02d", from / 60, from % 60, to / 60, to % 60);
	put(g, span, strlen(span));
	g->c = c;
	return true;
}

/* Copies a text, comments and zone as they are, the rest by what puts it. */
static void
rewrite(Guess *g, bool spans)
{
	bool		quoted = false,
				zone = true,
				number = false;

	while (g->c.at < g->c.end)
	{
		char		ch = *g->c.at;

		quoted ^= ch == '"';
		zone &= !slt_is_space(ch);
		if (!quoted && !zone && !spans && put_substitute(g))
			continue;
		if (!quoted && !zone && !spans && slt_letters(&g->c) > 0)
			put_word(g);
		else if (spans && !quoted && !zone && slt_letters(&g->c) > 0)
		{
			g->days = find_name(&g->c, slt_month_names, 12, 3) >= 0 || slt_word_is(g->c.at, slt_letters(&g->c), "week");
			put(g, g->c.at, slt_letters(&g->c));
			g->c.at += slt_letters(&g->c);
		}
		else if (spans && !quoted && !zone && !number && slt_is_digit(ch) && put_loose_span(g))
			;
		else
		{
			put(g, g->c.at++, 1);
			number = slt_is_digit(ch) || ch == '-' || ch == ':' || ch == '[';
			continue;
		}
		number = false;
	}
}

/* Writes a text as it may have been meant; NULL if that is what it says already. */
char *
slt_guess_text(void *arena, const char *text, size_t len, size_t *guess_len)
{
	size_t		room = 8 * len + 64;
	Guess		words_right = {{text, text + len, NULL, text}, slt_alloc(arena, room), 0, false},
				spans_right = {{NULL, NULL, NULL, NULL}, slt_alloc(arena, 2 * room), 0, false};

	rewrite(&words_right, false);
	spans_right.c = (SltCursor) {words_right.text, words_right.text + words_right.len, NULL, words_right.text};
	rewrite(&spans_right, true);
	*guess_len = spans_right.len;
	if (spans_right.len == len && memcmp(spans_right.text, text, len) == 0)
		return NULL;
	return spans_right.text;
}
