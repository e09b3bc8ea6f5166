/*
 * working_calendar.c
 *		The type working_calendar: input and output, comparison, its zone.
 */
#include "types.h"

#include "common/hashfn.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"


#define GRAMMAR_HINT \
	"Write a time zone and rules, such as \"Africa/Cairo Su-Fr 09:00-17:00; 2026 Jan 07 off\"."

/* Tells whether a calendar has only rules that name their years, behind its week. */
static bool
is_open_some_week(const SltCalendar *calendar)
{
	SltDate		first,
				last;
	bool		end;

	for (int i = 0; i < calendar->nrules; i++)
		if (!slt_days_have_years(&calendar->rules[i].days, &first, &last, &end) || !end)
			return false;
	return slt_calendar_opens_weekly(calendar);
}

/*
 * Tells whether a calendar ever opens.  One that opens on a day of the week
 * does, unless rules for every year close it.  For others, working time is
 * looked for from the first date on that they name; one that names no year
 * repeats, so any date will do.  What holidays or other calendars do to it is
 * not known here.
 */
static bool
ever_opens(const SltCalendar *calendar)
{
	SltDate		first = 0,
				last;

	if (calendar->combine != 0 || is_open_some_week(calendar) || slt_calendar_opens_on_holidays(calendar))
		return true;
	slt_calendar_named_dates(calendar, &first, &last);
	if (slt_calendar_has_easter(calendar))
		first = Max(first, slt_date_from_civil(SLT_EASTER_FROM, 1, 3));
	return slt_ever_opens(slt_timeline_create(NULL, calendar), (first - 2) * SLT_DAY);
}

/* Reads a text and writes it in canonical form; NULL with an error if it is none. */
static char *
make_canonical(const char *text, int len, SltTextError *error)
{
	SltCalendar *calendar = slt_calendar_read(NULL, text, len, error);
	char	   *canonical;

	if (calendar == NULL)
	{
		slt_calendar_guess(NULL, text, len, error);
		return NULL;
	}
	if (!ever_opens(calendar))
	{
		snprintf(error->detail, sizeof(error->detail), "The rules leave no working time: the calendar never opens.");
		return NULL;
	}
	canonical = slt_calendar_write(NULL, calendar);
	if (strlen(canonical) <= SLT_MAX_CALENDAR_TEXT)
		return canonical;
	snprintf(error->detail, sizeof(error->detail), "Written out, the text is longer than a megabyte.");
	return NULL;
}

/* Makes a value of text: reads, checks, and keeps the canonical form.  NULL after a soft error. */
struct varlena *
slt_make_calendar(const char *text, int len, struct Node *escontext)
{
	SltTextError error;
	char	   *canonical = make_canonical(text, len, &error);
	struct varlena *value;
	uint32		format = SLT_CALENDAR_FORMAT;
	uint64		hash;
	Size		size;

	if (canonical == NULL)
		ereturn(escontext, NULL,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%.*s%s\"", "working_calendar",
						pg_mbcliplen(text, len, 200), text, len > 200 ? "..." : ""),
				 errdetail_internal("%s", error.detail),
				 errhint("%s", error.hint[0] ? error.hint : GRAMMAR_HINT)));

	size = strlen(canonical);
	hash = hash_bytes_extended((const unsigned char *) canonical, size, 0);
	value = palloc(VARHDRSZ + SLT_CALENDAR_HEADER + size);
	SET_VARSIZE(value, VARHDRSZ + SLT_CALENDAR_HEADER + size);
	memcpy(VARDATA(value), &format, sizeof(format));
	memcpy(VARDATA(value) + sizeof(format), &hash, sizeof(hash));
	memcpy(slt_calendar_text(value), canonical, size);
	return value;
}

/* Reads a calendar from text. */
PG_FUNCTION_INFO_V1(slt_working_calendar_in);
Datum
slt_working_calendar_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);

	PG_RETURN_POINTER(slt_make_calendar(text, strlen(text), fcinfo->context));
}

/* Writes the canonical text. */
PG_FUNCTION_INFO_V1(slt_working_calendar_out);
Datum
slt_working_calendar_out(PG_FUNCTION_ARGS)
{
	struct varlena *calendar = PG_GETARG_CALENDAR(0);

	PG_RETURN_CSTRING(pnstrdup(slt_calendar_text(calendar), slt_calendar_text_length(calendar)));
}

/* Reads a calendar from its binary form: the format's number, and text. */
PG_FUNCTION_INFO_V1(slt_working_calendar_recv);
Datum
slt_working_calendar_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			format = pq_getmsgbyte(buf);
	char	   *text;
	int			len;

	if (format != SLT_CALENDAR_FORMAT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("unsupported working_calendar format number %d", format)));
	text = pq_getmsgtext(buf, buf->len - buf->cursor, &len);
	PG_RETURN_POINTER(slt_make_calendar(text, len, NULL));
}

/* Writes the binary form of a calendar. */
PG_FUNCTION_INFO_V1(slt_working_calendar_send);
Datum
slt_working_calendar_send(PG_FUNCTION_ARGS)
{
	struct varlena *calendar = PG_GETARG_CALENDAR(0);
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendbyte(&buf, SLT_CALENDAR_FORMAT);
	pq_sendtext(&buf, slt_calendar_text(calendar), slt_calendar_text_length(calendar));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/* Returns the time zone of a calendar. */
PG_FUNCTION_INFO_V1(slt_working_time_zone);
Datum
slt_working_time_zone(PG_FUNCTION_ARGS)
{
	struct varlena *calendar = PG_GETARG_CALENDAR(0);
	char	   *text = slt_calendar_text(calendar);
	int			len = slt_calendar_text_length(calendar);
	char	   *space;

	for (; len > 0 && *text == '('; len--)	/* of a combination, that of the
											 * first part */
		text++;
	space = memchr(text, ' ', len);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(text, space ? space - text : len));
}

/* Appends a calendar to a text as a part of a combination; one of the same operator goes on from the left. */
static void
append_part(StringInfo text, const struct varlena *calendar, char op, bool left)
{
	char	   *part = slt_calendar_text(calendar);
	int			len = slt_calendar_text_length(calendar);
	SltTextError error;
	SltCalendar *read = left && part[0] == '(' ? slt_calendar_read(NULL, part, len, &error) : NULL;
	bool		bare = read != NULL && read->combine == op;

	appendStringInfoString(text, bare ? "" : "(");
	appendBinaryStringInfo(text, part, len);
	appendStringInfoString(text, bare ? "" : ")");
}

/* Combines the first two arguments. */
static Datum
combine_arguments(FunctionCallInfo fcinfo, char op)
{
	StringInfoData text;

	initStringInfo(&text);
	append_part(&text, PG_GETARG_CALENDAR(0), op, true);
	appendStringInfo(&text, " %c ", op);
	append_part(&text, PG_GETARG_CALENDAR(1), op, false);
	PG_RETURN_POINTER(slt_make_calendar(text.data, text.len, NULL));
}

/* The operators that combine calendars. */
#define COMBINATION(name, op) \
PG_FUNCTION_INFO_V1(slt_working_calendar_##name); \
Datum \
slt_working_calendar_##name(PG_FUNCTION_ARGS) \
{ \
	return combine_arguments(fcinfo, op); \
}

COMBINATION(union, '|')
COMBINATION(intersection, '&')
COMBINATION(difference, '-')

/* Compares the first two arguments: by the bytes of their canonical text. */
static int
compare_arguments(FunctionCallInfo fcinfo)
{
	struct varlena *a = PG_GETARG_CALENDAR(0);
	struct varlena *b = PG_GETARG_CALENDAR(1);
	int			len_a = slt_calendar_text_length(a),
				len_b = slt_calendar_text_length(b);
	int			order = memcmp(slt_calendar_text(a), slt_calendar_text(b), Min(len_a, len_b));

	PG_FREE_IF_COPY(a, 0);
	PG_FREE_IF_COPY(b, 1);
	return order != 0 ? order : len_a - len_b;
}

/* The six operators are all that one comparison. */
#define COMPARISON(name, op) \
PG_FUNCTION_INFO_V1(slt_working_calendar_##name); \
Datum \
slt_working_calendar_##name(PG_FUNCTION_ARGS) \
{ \
	PG_RETURN_BOOL(compare_arguments(fcinfo) op 0); \
}

COMPARISON(eq, ==)
COMPARISON(ne, !=)
COMPARISON(lt, <)
COMPARISON(le, <=)
COMPARISON(gt, >)
COMPARISON(ge, >=)

/* Orders two calendars, for btree. */
PG_FUNCTION_INFO_V1(slt_working_calendar_cmp);
Datum
slt_working_calendar_cmp(PG_FUNCTION_ARGS)
{
	int			order = compare_arguments(fcinfo);

	PG_RETURN_INT32((order > 0) - (order < 0));
}

/* Hashes the text of a calendar, the value's own hash being enough. */
PG_FUNCTION_INFO_V1(slt_working_calendar_hash);
Datum
slt_working_calendar_hash(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32((int32) slt_calendar_hash(PG_GETARG_CALENDAR(0)));
}

/* The same with a seed. */
PG_FUNCTION_INFO_V1(slt_working_calendar_hash_extended);
Datum
slt_working_calendar_hash_extended(PG_FUNCTION_ARGS)
{
	uint64		hash = slt_calendar_hash(PG_GETARG_CALENDAR(0));
	uint64		seed = PG_GETARG_INT64(1);

	PG_RETURN_INT64((int64) (seed == 0 ? hash : hash_combine64(hash, seed)));
}
