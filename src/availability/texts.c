/*
 * texts.c
 *		The words of pages: a text with its places filled in, and lengths of time.
 *
 * The texts of a language come as one jsonb object, made for HTML already, so
 * that a page of thousands of days looks them up without another query.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "datatype/timestamp.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

/* Finds a text by its name; one that is not there is its name. */
static text *
find_text(Jsonb *texts, const char *name, int length)
{
	JsonbValue	found;

	if (JB_ROOT_IS_OBJECT(texts) && getKeyJsonValueFromContainer(&texts->root, name, length, &found) != NULL && found.type == jbvString)
		return cstring_to_text_with_len(found.val.string.val, found.val.string.len);
	return cstring_to_text_with_len(name, length);
}

/* What stands in the places of a text: names and values by turns. */
typedef struct Values
{
	Datum	   *items;
	int			count;
} Values;

/* Finds what stands in a place; NULL if nothing is given for it. */
static text *
find_value(const Values *values, const char *name, int length)
{
	for (int i = 0; i + 1 < values->count; i += 2)
	{
		text	   *given = DatumGetTextPP(values->items[i]);

		if (VARSIZE_ANY_EXHDR(given) == length && memcmp(VARDATA_ANY(given), name, length) == 0)
			return DatumGetTextPP(values->items[i + 1]);
	}
	return NULL;
}

/* Appends a text with its places filled in; a place that nothing is given for stays as it is written. */
static void
fill_in(StringInfo out, const text *said, const Values *values)
{
	const char *at = VARDATA_ANY(said),
			   *end = at + VARSIZE_ANY_EXHDR(said);

	while (at < end)
	{
		const char *open = memchr(at, '{', end - at),
				   *close = open ? memchr(open, '}', end - open) : NULL;
		text	   *value = close ? find_value(values, open + 1, close - open - 1) : NULL;

		if (close == NULL)
			break;
		if (value != NULL)
		{
			appendBinaryStringInfo(out, at, open - at);
			appendBinaryStringInfo(out, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
		}
		else
			appendBinaryStringInfo(out, at, close + 1 - at);
		at = close + 1;
	}
	appendBinaryStringInfo(out, at, end - at);
}

/* Says a text: names and values of its places come by turns.  It is null if any of them is. */
PG_FUNCTION_INFO_V1(slt_say);
Datum
slt_say(PG_FUNCTION_ARGS)
{
	Jsonb	   *texts = PG_GETARG_JSONB_P(0);
	text	   *name = PG_GETARG_TEXT_PP(1);
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(2);
	Values		values;
	StringInfoData out;

	if (array_contains_nulls(array))
		PG_RETURN_NULL();
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &values.items, NULL, &values.count);
	initStringInfo(&out);
	fill_in(&out, find_text(texts, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)), &values);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}

/* Appends a number in the digits of a language: ten characters, of any length, in order. */
static void
append_digits(StringInfo out, Jsonb *texts, const char *number, int length)
{
	text	   *digits = find_text(texts, "digits", strlen("digits")),
			   *mark = find_text(texts, "decimal mark", strlen("decimal mark"));
	int			width = VARSIZE_ANY_EXHDR(digits) / 10;

	for (int i = 0; i < length; i++)
	{
		if (number[i] >= '0' && number[i] <= '9')
			appendBinaryStringInfo(out, (char *) VARDATA_ANY(digits) + (number[i] - '0') * width, width);
		else if (number[i] == '.')
			appendBinaryStringInfo(out, VARDATA_ANY(mark), VARSIZE_ANY_EXHDR(mark));
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
	StringInfoData out;

	initStringInfo(&out);
	append_digits(&out, PG_GETARG_JSONB_P(1), VARDATA_ANY(number), VARSIZE_ANY_EXHDR(number));
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}

/* Appends so many of a unit, kept together in a line. */
static void
append_unit(StringInfo out, Jsonb *texts, const char *unit, int64 n)
{
	StringInfoData number;
	char	   *plain = psprintf(INT64_FORMAT, n);
	Values		values = {(Datum[]) {CStringGetTextDatum("n"), 0}, 2};
	int			start;

	initStringInfo(&number);
	append_digits(&number, texts, plain, strlen(plain));
	values.items[1] = CStringGetTextDatum(number.data);
	if (out->len > 0 && out->data[out->len - 1] != '-')
		appendStringInfoChar(out, ' ');
	start = out->len;
	fill_in(out, find_text(texts, unit, strlen(unit)), &values);
	for (int i = start; i < out->len; i++)
		if (out->data[i] == ' ')
		{
			char	   *rest = pstrdup(out->data + i + 1);

			out->len = i;
			appendStringInfo(out, "&nbsp;%s", rest);
			i += strlen("&nbsp;") - 1;
		}
}

/* Writes a length of time for an HTML page: days of 24 hours, hours, minutes and whole seconds. */
PG_FUNCTION_INFO_V1(slt_html_duration);
Datum
slt_html_duration(PG_FUNCTION_ARGS)
{
	static const struct
	{
		int64		seconds;
		const char *name;
	}			units[] = {{SECS_PER_DAY, "duration.days"}, {SECS_PER_HOUR, "duration.hours"}, {SECS_PER_MINUTE, "duration.minutes"}, {1, "duration.seconds"}};
	Interval   *i = PG_GETARG_INTERVAL_P(0);
	Jsonb	   *texts = PG_GETARG_JSONB_P(1);
	int64		rest = ((int64) i->month * DAYS_PER_MONTH + i->day) * SECS_PER_DAY + i->time / USECS_PER_SEC,
				part = i->time % USECS_PER_SEC;
	StringInfoData out;

	initStringInfo(&out);
	if (rest == 0 && part != 0)
		append_unit(&out, texts, "duration.less", 1);
	else if (rest == 0)
		append_unit(&out, texts, "duration.minutes", 0);
	if (rest < 0)
		appendStringInfoChar(&out, '-');
	rest = rest < 0 ? -rest : rest;
	for (int u = 0; u < lengthof(units); u++)
	{
		if (rest >= units[u].seconds)
			append_unit(&out, texts, units[u].name, rest / units[u].seconds);
		rest %= units[u].seconds;
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}
