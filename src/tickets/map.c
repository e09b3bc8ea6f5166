/*
 * map.c
 *		Maps: what the application's codes mean to the policy.
 *
 * A JSON object of codes and names.  A code may be a threshold, such as ">=80",
 * or "*" for the rest.
 */
#include "map.h"

#include <ctype.h>

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

/* Skips digits; returns how many there were. */
static int
skip_digits(const char **p)
{
	const char *start = *p;

	while (isdigit((unsigned char) **p))
		(*p)++;
	return *p - start;
}

/* Tells whether a text is a number within reason, which numeric_in() takes. */
static bool
is_number(const char *p)
{
	int			digits;

	while (*p == ' ')
		p++;
	p += *p == '-' || *p == '+';
	if (pg_strcasecmp(p, "infinity") == 0)
		return true;
	digits = skip_digits(&p);
	if (*p == '.')
	{
		p++;
		digits += skip_digits(&p);
	}
	if (digits == 0 || digits > 1000)
		return false;
	if (*p == 'e' || *p == 'E')
	{
		p++;
		p += *p == '-' || *p == '+';
		digits = skip_digits(&p);
		if (digits == 0 || digits > 3)
			return false;
	}
	while (*p == ' ')
		p++;
	return *p == '\0';
}

/* Reads a text as a number; NULL if it is none. */
static Numeric
read_number(const char *text)
{
	return is_number(text) ?
		DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1))) : NULL;
}

/* Compares as numeric, since codes may be larger or finer than any type of C. */
static int
compare_numbers(Numeric a, Numeric b)
{
	return DatumGetInt32(DirectFunctionCall2(numeric_cmp, NumericGetDatum(a), NumericGetDatum(b)));
}

/* Reads a rule of a map: a code, a threshold such as ">=80", or "*" for the rest. */
static void
read_rule(SltMapRule *r, const char *setting, char *key, char *name)
{
	static const struct
	{
		const char *sign;
		int			kind;
	}			thresholds[] = {{">=", SLT_AT_LEAST}, {"<=", SLT_AT_MOST}, {">", SLT_MORE}, {"<", SLT_LESS}};

	r->name = name;
	r->code = key;
	r->kind = strcmp(key, "*") == 0 ? SLT_THE_REST : SLT_EXACTLY;
	for (size_t i = 0; i < lengthof(thresholds); i++)
	{
		size_t		len = strlen(thresholds[i].sign);

		if (strncmp(key, thresholds[i].sign, len) != 0)
			continue;
		r->kind = thresholds[i].kind;
		r->bound = read_number(key + len);
		if (r->bound == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("argument \"%s\" has an invalid threshold \"%s\"", setting, key),
					 errhint("Write thresholds as \">=80\", \">80\", \"<=20\" or \"<20\".")));
		return;
	}
}

/* Orders rules as they are tried: codes, then thresholds from the most demanding one, then the rest. */
static int
compare_rules(const void *x, const void *y)
{
	const SltMapRule *a = x,
			   *b = y;
	static const int order[] = {[SLT_EXACTLY] = 0,[SLT_MORE] = 1,[SLT_AT_LEAST] = 1,[SLT_LESS] = 2,[SLT_AT_MOST] = 2,[SLT_THE_REST] = 3};
	int			difference = order[a->kind] - order[b->kind];

	if (difference == 0 && a->bound != NULL && b->bound != NULL)
	{
		difference = compare_numbers(a->bound, b->bound);
		if (order[a->kind] == 1)
			difference = -difference;
		if (difference == 0)
			difference = (b->kind == SLT_MORE || b->kind == SLT_LESS) - (a->kind == SLT_MORE || a->kind == SLT_LESS);
	}
	return difference;
}

/* Reads a map; NULL is one without rules. */
SltMap
slt_read_map(Jsonb *object, const char *setting)
{
	SltMap		map = {0};
	JsonbIterator *it;
	JsonbValue	v;
	JsonbIteratorToken token;
	char	   *key = NULL;

	if (object == NULL)
		return map;
	if (!JB_ROOT_IS_OBJECT(object))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" is not a JSON object", setting),
				 errhint("Write it as {\"a code of the application\": \"a name of the policy\"}.")));
	map.rules = palloc0(sizeof(SltMapRule) * Max(JB_ROOT_COUNT(object), 1));
	it = JsonbIteratorInit(&object->root);
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			key = pnstrdup(v.val.string.val, v.val.string.len);
		else if (token == WJB_VALUE && key != NULL)
		{
			if (v.type != jbvString && v.type != jbvNull)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("argument \"%s\" maps \"%s\" to something that is no name", setting, key),
						 errhint("Map it to a name of the policy as a JSON string, or to null.")));
			read_rule(&map.rules[map.nrules++], setting, key, v.type == jbvString ? pnstrdup(v.val.string.val, v.val.string.len) : NULL);
		}
	}
	qsort(map.rules, map.nrules, sizeof(SltMapRule), compare_rules);
	return map;
}

/* Tells whether a rule of a map is for a code, which may be a number. */
static bool
rule_applies(const SltMapRule *r, const char *code, Numeric number)
{
	int			difference;

	if (r->kind == SLT_THE_REST)
		return true;
	if (r->kind == SLT_EXACTLY)
		return strcmp(r->code, code) == 0;
	if (number == NULL)
		return false;
	difference = compare_numbers(number, r->bound);
	return r->kind == SLT_AT_LEAST ? difference >= 0 :
		r->kind == SLT_MORE ? difference > 0 :
		r->kind == SLT_AT_MOST ? difference <= 0 : difference < 0;
}

/* Translates a code: to a name, to NULL if it is mapped to null, or to itself. */
const char *
slt_translate(const SltMap *map, const char *code)
{
	Numeric		number = map->nrules > 0 ? read_number(code) : NULL;

	for (int i = 0; i < map->nrules; i++)
		if (rule_applies(&map->rules[i], code, number))
			return map->rules[i].name;
	return code;
}
