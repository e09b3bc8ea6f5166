/*
 * texts.c
 *		The words of pages: a text with its places filled in, and lengths of time.
 *
 * The texts of a language come as one jsonb object, made for HTML already, so
 * that a page of thousands of days looks them up without another query.
 */
#include "texts.h"

#include "catalog/pg_type.h"
#include "datatype/timestamp.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* Finds a text by its name.  One that is not there is a question mark, since its name need not be fit for a page. */
static SltSaid
find_text(Jsonb *texts, const char *name, int length)
{
	JsonbValue	found;

	if (JB_ROOT_IS_OBJECT(texts) && getKeyJsonValueFromContainer(&texts->root, name, length, &found) != NULL && found.type == jbvString)
		return (SltSaid) {name, found.val.string.val, found.val.string.len};
	return (SltSaid) {name, "?", 1};
}

/* Finds a text by a name that is written out in C, which most of the time was asked for before. */
static SltSaid
say_again(SltTexts *texts, const char *name)
{
	SltSaid    *said = &texts->recent[((uintptr_t) name ^ (uintptr_t) name >> 6) % lengthof(texts->recent)];

	if (said->name != name)
		*said = find_text(texts->all, name, strlen(name));
	return *said;
}

/* Finds what stands in a place; NULL if nothing is given for it. */
static const SltPlace *
find_place(const SltPlace *places, int count, const char *name, int length)
{
	for (int i = 0; i < count; i++)
		if (places[i].name_length == length && memcmp(places[i].name, name, length) == 0)
			return &places[i];
	return NULL;
}

/* Appends a text with its places filled in; one that nothing is given for stays as it is written. */
static void
fill_in(StringInfo out, SltSaid said, const SltPlace *places, int count)
{
	const char *at = said.text,
			   *end = at + said.length;

	while (at < end)
	{
		const char *open = memchr(at, '{', end - at),
				   *close = open ? memchr(open, '}', end - open) : NULL;
		const SltPlace *place = close ? find_place(places, count, open + 1, close - open - 1) : NULL;

		CHECK_FOR_INTERRUPTS();
		if (close == NULL)
			break;
		appendBinaryStringInfo(out, at, (place ? open : close + 1) - at);
		if (place != NULL)
			appendBinaryStringInfo(out, place->value, place->value_length);
		at = close + 1;
	}
	appendBinaryStringInfo(out, at, end - at);
}

/* Appends a text by its name, with its places filled in. */
void
slt_say_to(StringInfo out, SltTexts *texts, const char *name, const SltPlace *places, int count)
{
	fill_in(out, say_again(texts, name), places, count);
}

/* Says a text: names and values of its places come by turns.  It is null if any of them is. */
PG_FUNCTION_INFO_V1(slt_say);
Datum
slt_say(PG_FUNCTION_ARGS)
{
	text	   *name = PG_GETARG_TEXT_PP(1);
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(2);
	Datum	   *values;
	int			count;
	SltPlace   *places;
	StringInfoData out;

	if (array_contains_nulls(array))
		PG_RETURN_NULL();
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &values, NULL, &count);
	places = palloc(count * sizeof(SltPlace));
	for (int i = 0; i < count / 2; i++)
		places[i] = (SltPlace)
	{
		VARDATA_ANY(DatumGetPointer(values[2 * i])), VARSIZE_ANY_EXHDR(DatumGetPointer(values[2 * i])),
			VARDATA_ANY(DatumGetPointer(values[2 * i + 1])), VARSIZE_ANY_EXHDR(DatumGetPointer(values[2 * i + 1]))
	};
	initStringInfo(&out);
	fill_in(&out, find_text(PG_GETARG_JSONB_P(0), VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)), places, count / 2);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}

/* Appends a number of ASCII digits in those of a language: ten characters of the same length, in order. */
void
slt_write_digits(StringInfo out, SltTexts *texts, const char *number, int length)
{
	SltSaid		digits = say_again(texts, "digits"),
				mark = say_again(texts, "decimal mark");
	int			width = digits.length / 10;

	for (int i = 0; i < length; i++)
	{
		if (number[i] >= '0' && number[i] <= '9')
			appendBinaryStringInfo(out, digits.text +(number[i] - '0') * width, width);
		else if (number[i] == '.')
			appendBinaryStringInfo(out, mark.text, mark.length);
		else
			appendStringInfoChar(out, number[i]);
	}
}

/* Writes a number, such as 1234.5, in the digits of a language. */
PG_FUNCTION_INFO_V1(slt_html_digits);
Datum
slt_html_digits(PG_FUNCTION_ARGS)
{
	text	   *number = PG_GETARG_TEXT_PP(0);
	SltTexts	texts = {PG_GETARG_JSONB_P(1)};
	StringInfoData out;

	initStringInfo(&out);
	slt_write_digits(&out, &texts, VARDATA_ANY(number), VARSIZE_ANY_EXHDR(number));
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}

/* Appends so many of a unit. */
static void
write_unit(StringInfo out, SltTexts *texts, const char *unit, int64 n)
{
	StringInfoData number;
	char		plain[24];

	snprintf(plain, sizeof(plain), INT64_FORMAT, n);
	initStringInfo(&number);
	slt_write_digits(&number, texts, plain, strlen(plain));
	slt_say_to(out, texts, unit, &(SltPlace) {"n", 1, number.data, number.len}, 1);
	pfree(number.data);
}

/* Appends a length of time: days of 24 hours, hours, minutes and whole seconds. */
void
slt_write_duration(StringInfo out, SltTexts *texts, int64 seconds, bool and_less)
{
	static const struct
	{
		int64		seconds;
		const char *name;
	}			units[] = {{SECS_PER_DAY, "duration.days"}, {SECS_PER_HOUR, "duration.hours"}, {SECS_PER_MINUTE, "duration.minutes"}, {1, "duration.seconds"}};
	bool		first = true;

	if (seconds == 0)
		write_unit(out, texts, and_less ? "duration.less" : "duration.minutes", and_less);
	if (seconds < 0)
		appendStringInfoChar(out, '-');
	seconds = seconds < 0 ? -seconds : seconds;
	for (int u = 0; u < lengthof(units); u++)
	{
		if (seconds < units[u].seconds)
			continue;
		if (!first)
			appendStringInfoChar(out, ' ');
		first = false;
		write_unit(out, texts, units[u].name, seconds / units[u].seconds);
		seconds %= units[u].seconds;
	}
}

/* Writes a length of time for an HTML page. */
PG_FUNCTION_INFO_V1(slt_html_duration);
Datum
slt_html_duration(PG_FUNCTION_ARGS)
{
	Interval   *i = PG_GETARG_INTERVAL_P(0);
	SltTexts	texts = {PG_GETARG_JSONB_P(1)};
	StringInfoData out;

	initStringInfo(&out);
	slt_write_duration(&out, &texts, ((int64) i->month * DAYS_PER_MONTH + i->day) * SECS_PER_DAY + i->time / USECS_PER_SEC,
					   i->time % USECS_PER_SEC != 0);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}
