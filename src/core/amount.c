/*
 * amount.c
 *		Amounts of working time: working days and microseconds of working time.
 *
 * An amount says nothing about any calendar.  Only where two amounts must be
 * compared, or a part of a day be written as time, is a day taken as eight
 * hours, as interval takes a month as thirty days.
 */
#include "amount.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

/* Makes a finite amount; false if it is out of range. */
bool
slt_amount_make(int64_t days, int64_t micros, SltAmount *result)
{
	if (days > SLT_MAX_DAYS || days < -SLT_MAX_DAYS)
		return false;
	result->days = days;
	result->micros = micros;
	return true;
}

/* Makes the infinity of a sign: both parts at their ends, which no sum of finite amounts reaches. */
void
slt_amount_infinite(int sign, SltAmount *result)
{
	result->days = result->micros = sign > 0 ? INT64_MAX : INT64_MIN;
}

/* Returns the sign of an infinite amount, 0 for a finite one. */
int
slt_amount_infinity(const SltAmount *a)
{
	return a->days > SLT_MAX_DAYS ? 1 : a->days < -SLT_MAX_DAYS ? -1 : 0;
}

/*
 * Gives the amount in the one form that all equal amounts share: whole nominal
 * days, and the rest of a day from 0 up.  Order and hash both rest on it.
 */
void
slt_amount_normalize(const SltAmount *a, SltAmount *result)
{
	*result = *a;
	if (slt_amount_infinity(a) == 0)
	{
		int64_t		rest = a->micros % SLT_NOMINAL_DAY;

		result->days += slt_floor_div(a->micros, SLT_NOMINAL_DAY);
		result->micros = rest < 0 ? rest + SLT_NOMINAL_DAY : rest;
	}
}

/* Orders amounts by their nominal length. */
int
slt_amount_compare(const SltAmount *a, const SltAmount *b)
{
	SltAmount	x,
				y;

	slt_amount_normalize(a, &x);
	slt_amount_normalize(b, &y);
	if (x.days != y.days)
		return x.days < y.days ? -1 : 1;
	return (x.micros > y.micros) - (x.micros < y.micros);
}

/* Turns the sign; false if the result is out of range. */
bool
slt_amount_negate(const SltAmount *a, SltAmount *result)
{
	int			infinity = slt_amount_infinity(a);

	if (infinity != 0)
	{
		slt_amount_infinite(-infinity, result);
		return true;
	}
	if (a->micros == INT64_MIN)
		return false;
	return slt_amount_make(-a->days, -a->micros, result);
}

/* Adds; false if the result is out of range, or infinities of both signs meet. */
bool
slt_amount_add(const SltAmount *a, const SltAmount *b, SltAmount *result)
{
	int			x = slt_amount_infinity(a),
				y = slt_amount_infinity(b);
	int64_t		micros;

	if (x != 0 || y != 0)
	{
		if (x == -y)
			return false;
		slt_amount_infinite(x != 0 ? x : y, result);
		return true;
	}
	if (__builtin_add_overflow(a->micros, b->micros, &micros))
		return false;
	return slt_amount_make(a->days + b->days, micros, result);
}

/*
 * Makes an amount of fractional days and microseconds; a fraction of a day
 * becomes nominal hours, as a fraction of a month becomes days in interval.
 */
static bool
make_of_fractions(double days, double micros, SltAmount *result)
{
	double		whole = trunc(days);

	micros = rint(micros + (days - whole) * (double) SLT_NOMINAL_DAY);
	if (!(fabs(whole) <= (double) SLT_MAX_DAYS && fabs(micros) < 9223372036854775808.0))
		return false;
	return slt_amount_make((int64_t) whole, (int64_t) micros, result);
}

/* Multiplies; false if the result is out of range or undefined. */
bool
slt_amount_multiply(const SltAmount *a, double factor, SltAmount *result)
{
	static const SltAmount zero = {0, 0};
	int			sign = slt_amount_compare(a, &zero);

	if (slt_amount_infinity(a) == 0 && !isinf(factor))
		return make_of_fractions((double) a->days * factor, (double) a->micros * factor, result);
	if (isnan(factor) || factor == 0 || sign == 0)
		return false;
	slt_amount_infinite(factor > 0 ? sign : -sign, result);
	return true;
}

/* Divides by a number that is not 0; false if the result is out of range or undefined. */
bool
slt_amount_divide(const SltAmount *a, double divisor, SltAmount *result)
{
	int			infinity = slt_amount_infinity(a);

	if (infinity == 0)
		return make_of_fractions((double) a->days / divisor, (double) a->micros / divisor, result);
	if (isnan(divisor) || isinf(divisor))
		return false;
	slt_amount_infinite(divisor > 0 ? infinity : -infinity, result);
	return true;
}

/* The units that text may name, and what one of each is. */
typedef struct Unit
{
	const char *name;			/* with or without a final s */
	int64_t		micros;			/* 0: a working day */
} Unit;

static const Unit units[] = {
	{"day", 0}, {"d", 0}, {"wd", 0},
	{"hour", SLT_HOUR}, {"hr", SLT_HOUR}, {"h", SLT_HOUR}, {"wh", SLT_HOUR},
	{"minute", SLT_MINUTE}, {"min", SLT_MINUTE}, {"m", SLT_MINUTE},
	{"second", SLT_SECOND}, {"sec", SLT_SECOND}, {"s", SLT_SECOND},
};

/* Finds a unit by its name, singular or plural. */
static const Unit *
find_unit(const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (slt_word_is(word, len, units[i].name) ||
			(len > 1 && (word[len - 1] == 's' || word[len - 1] == 'S') &&
			 slt_word_is(word, len - 1, units[i].name)))
			return &units[i];
	return NULL;
}

/*
 * A decimal number as text gives it: whole part and up to ten digits of
 * fraction, read without passing through a float so that 0.1 is exact.
 */
#define FRACTION_UNIT INT64_C(10000000000)

typedef struct Number
{
	bool		negative;
	int64_t		whole;
	int64_t		fraction;		/* of FRACTION_UNIT */
} Number;

/* Reads an optionally signed decimal number. */
static bool
read_number(SltCursor *c, Number *n)
{
	SltCursor	start = *c;
	int64_t		weight = FRACTION_UNIT / 10;
	bool		digits;

	n->negative = slt_at(c, '-');
	n->whole = n->fraction = 0;
	if (slt_at(c, '-') || slt_at(c, '+'))
		c->at++;
	digits = c->at < c->end && slt_is_digit(*c->at);
	if (digits && !slt_read_digits(c, 1, 18, &n->whole))
		return slt_text_fail(c->error, "Number \"%s\" is too large.", start.at, slt_word_length(&start));
	if (slt_skip(c, '.'))
		for (; c->at < c->end && slt_is_digit(*c->at); c->at++, weight /= 10)
		{
			n->fraction += weight * (*c->at - '0');
			digits = true;
		}
	if (!digits && (start.at == start.end || slt_is_space(*start.at)))
		return slt_text_fail(c->error, "\"%s\" is not followed by a number.", c->text, (size_t) (start.at - c->text));
	return digits || slt_text_fail(c->error, "\"%s\" is not a number.", start.at, slt_word_length(&start));
}

/*
 * Adds a number of units; what is left of a fraction of a day becomes hours, 8 to the day, as amounts have whole
 * days only.
 */
static bool
add_units(SltCursor *c, SltAmount *sum, const Number *n, const Unit *unit, const char *part)
{
	int64_t		size = unit->micros ? unit->micros : SLT_NOMINAL_DAY;
	int64_t		rest = (int64_t) llrint((double) n->fraction * (double) size / (double) FRACTION_UNIT);
	int64_t		days = 0,
				micros = 0;
	SltAmount	term;
	bool		fits;

	if (unit->micros)
		fits = !__builtin_mul_overflow(n->whole, size, &micros) &&
			!__builtin_add_overflow(micros, rest, &micros);
	else
	{
		days = n->whole;
		micros = rest;
		fits = true;
	}
	if (n->negative)
	{
		days = -days;
		micros = -micros;
	}
	if (!fits || !slt_amount_make(days, micros, &term) || !slt_amount_add(sum, &term, sum))
		return slt_text_fail(c->error, "\"%s\" is out of range.", part, (size_t) (c->at - part));
	return true;
}

/* Reads the rest of "4:30" or "4:30:15.5" after the hours, as interval has it. */
static bool
read_clock(SltCursor *c, SltAmount *sum, const Number *hours, const char *part)
{
	static const Unit hour = {"hour", SLT_HOUR},
				minute = {"minute", SLT_MINUTE},
				second = {"second", SLT_SECOND};
	Number		m = {hours->negative, 0, 0},
				s = {hours->negative, 0, 0};

	if (hours->fraction != 0 || !slt_read_digits(c, 2, 2, &m.whole) || m.whole > 59)
		return slt_text_fail(c->error, "\"%s\" is not a time of hours and minutes.", part, (size_t) (c->end - part));
	if (slt_skip(c, ':'))
	{
		if (c->at >= c->end || !slt_is_digit(*c->at) || !read_number(c, &s) || s.whole > 59)
			return slt_text_fail(c->error, "\"%s\" is not a time of hours, minutes and seconds.", part, (size_t) (c->end - part));
		s.negative = hours->negative;
	}
	return add_units(c, sum, hours, &hour, part) && add_units(c, sum, &m, &minute, part) &&
		add_units(c, sum, &s, &second, part);
}

/* Reads one "4 working hours" of the plain form. */
static bool
read_term(SltCursor *c, SltAmount *sum)
{
	const char *part = c->at;
	const char *word;
	const Unit *unit;
	Number		n;

	if (!read_number(c, &n))
		return false;
	if (slt_skip(c, ':'))
		return read_clock(c, sum, &n, part);
	slt_skip_space(c);
	for (word = c->at; c->at < c->end && slt_is_letter(*c->at); c->at++)
		;
	if (slt_word_is(word, (size_t) (c->at - word), "working"))
	{
		slt_skip_space(c);
		for (word = c->at; c->at < c->end && slt_is_letter(*c->at); c->at++)
			;
	}
	if (word == c->at)
		return slt_text_fail(c->error, "\"%s\" has no unit: say days, hours, minutes or seconds.", part, (size_t) (c->end - part));
	unit = find_unit(word, (size_t) (c->at - word));
	if (unit == NULL)
		return slt_text_fail(c->error, "Unit \"%s\" is not one of days, hours, minutes, seconds.", word, (size_t) (c->at - word));
	return add_units(c, sum, &n, unit, part);
}

/* Reads the ISO 8601 form after its P: "2DT4H30M". */
static bool
read_iso(SltCursor *c, SltAmount *sum, bool negative)
{
	static const Unit day = {"day", 0};
	static const char letters[] = "HMS";
	static const Unit times[] = {{"hour", SLT_HOUR}, {"minute", SLT_MINUTE}, {"second", SLT_SECOND}};
	bool		in_time = false;
	const char *part = c->at;

	if (c->at >= c->end)
		return slt_text_fail(c->error, "\"%s\" has no amount after its P.", part - 1, 1);
	while (c->at < c->end)
	{
		Number		n;
		const Unit *unit = NULL;
		const char *found;
		char		letter;

		if (!in_time && (slt_skip(c, 'T') || slt_skip(c, 't')))
			in_time = true;
		part = c->at;
		if (!read_number(c, &n))
			return false;
		letter = c->at < c->end ? *c->at++ : ' ';
		if (letter >= 'a' && letter <= 'z')
			letter = (char) (letter - 'a' + 'A');
		if (!in_time && letter == 'D')
			unit = &day;
		else if (in_time && letter != '\0' && (found = strchr(letters, letter)) != NULL)
			unit = &times[found - letters];
		if (unit == NULL)
			return slt_text_fail(c->error, "\"%s\" is not a number with D, or after T with H, M or S.", part, (size_t) (c->at - part));
		n.negative ^= negative;
		if (!add_units(c, sum, &n, unit, part))
			return false;
	}
	return true;
}

/* Reads an amount: "2 working days", "1.5 hours", "P2DT4H", "-infinity". */
bool
slt_amount_read(const char *text, size_t len, SltAmount *result, SltTextError *error)
{
	SltCursor	c = {text, text + len, error, text};
	SltAmount	sum = {0, 0};
	bool		negative;

	slt_skip_space(&c);
	while (c.end > c.at && slt_is_space(c.end[-1]))
		c.end--;
	if (c.at == c.end)
		return slt_text_fail(error, "The text is empty.", "", 0);

	negative = slt_at(&c, '-');
	if (negative || slt_at(&c, '+'))
		c.at++;
	if (slt_word_is(c.at, (size_t) (c.end - c.at), "infinity"))
	{
		slt_amount_infinite(negative ? -1 : 1, result);
		return true;
	}
	if (slt_skip(&c, 'P') || slt_skip(&c, 'p'))
	{
		if (!read_iso(&c, &sum, negative))
			return false;
		*result = sum;
		return true;
	}
	if (c.at > text && (c.at[-1] == '-' || c.at[-1] == '+'))
		c.at--;					/* the sign belongs to the first number */
	while (c.at < c.end)
	{
		if (!read_term(&c, &sum))
			return false;
		slt_skip_space(&c);
		if (slt_skip(&c, ','))
			slt_skip_space(&c);
	}
	*result = sum;
	return true;
}

/* Appends "4 working hours" to a text, if there are any. */
static void
write_units(char *text, int64_t n, const char *unit)
{
	size_t		len = strlen(text);

	if (n != 0)
		snprintf(text + len, SLT_AMOUNT_TEXT - len, "%s%lld working %s%s", len ? " " : "",
				 (long long) n, unit, n == 1 || n == -1 ? "" : "s");
}

/* Appends seconds with their fraction, without trailing zeros. */
static void
write_seconds(char *text, int64_t micros)
{
	size_t		len = strlen(text);
	char		fraction[16];
	int			n;
	int64_t		size = micros < 0 ? -micros : micros;

	if (micros % SLT_SECOND == 0)
	{
		write_units(text, micros / SLT_SECOND, "second");
		return;
	}
	n = snprintf(fraction, sizeof(fraction), "%06d", (int) (size % SLT_SECOND));
	while (fraction[n - 1] == '0')
		fraction[--n] = '\0';
	snprintf(text + len, SLT_AMOUNT_TEXT - len, "%s%s%lld.%s working seconds", len ? " " : "",
			 micros < 0 ? "-" : "", (long long) (size / SLT_SECOND), fraction);
}

/* Writes the canonical text, which reads back to the same amount. */
void
slt_amount_write(const SltAmount *a, char *text)
{
	int			infinity = slt_amount_infinity(a);

	text[0] = '\0';
	if (infinity != 0)
	{
		strcpy(text, infinity > 0 ? "infinity" : "-infinity");
		return;
	}
	write_units(text, a->days, "day");
	write_units(text, a->micros / SLT_HOUR, "hour");
	write_units(text, a->micros % SLT_HOUR / SLT_MINUTE, "minute");
	write_seconds(text, a->micros % SLT_MINUTE);
	if (text[0] == '\0')
		strcpy(text, "0 working hours");
}
