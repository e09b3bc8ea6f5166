/*
 * terms.c
 *		What a ticket's codes mean: the terms it is owed.
 *
 * Maps, names and promises are worked out once for each combination of codes
 * and kept with the attachment for as long as the policy stays what it is.
 * That they mean nothing is kept as well.
 */
#include "terms.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#include "guard.h"

#define SH_PREFIX terms
#define SH_ELEMENT_TYPE SltTerms
#define SH_KEY_TYPE const Spelling *
#define SH_KEY codes
#define SH_HASH_KEY(tb, key) hash_spelling(key)
#define SH_EQUAL(tb, a, b) same_spelling(a, b)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

#define MAX_TERMS 4096			/* combinations of codes that are kept */

static const char *const code_names[SLT_CODES] = {"severity", "contract", "request kind"};

/* Tells whether a rule of a map is for a code. */
static bool
rule_applies(const SltMapRule *r, const char *code)
{
	Numeric		number;
	int			difference;

	if (r->kind == SLT_THE_REST)
		return true;
	if (r->kind == SLT_EXACTLY)
		return strcmp(r->code, code) == 0;
	number = slt_read_number(code);
	if (number == NULL)
		return false;
	difference = DatumGetInt32(DirectFunctionCall2(numeric_cmp, NumericGetDatum(number), NumericGetDatum(r->bound)));
	return r->kind == SLT_AT_LEAST ? difference >= 0 :
		r->kind == SLT_MORE ? difference > 0 :
		r->kind == SLT_AT_MOST ? difference <= 0 : difference < 0;
}

/* Translates a code: to a name, to NULL if nothing is owed, or to itself. */
static const char *
translate_code(const SltMap *map, const char *code)
{
	for (int i = 0; i < map->nrules; i++)
		if (rule_applies(&map->rules[i], code))
			return map->rules[i].name;
	return code;
}

/* Codes whose meaning is being worked out. */
typedef struct Learning
{
	SltAttachment *attachment;
	const char *names[SLT_CODES];
	SltTerms   *terms;
} Learning;

/* Finds what the policy promises; fails for a name that it does not know. */
static void
find_promises(void *argument)
{
	Learning   *l = argument;
	SltAttachment *a = l->attachment;
	const char *severity,
			   *contract;

	for (int i = 0; i < SLT_REQUEST_KIND; i++)
		if (l->names[i][0] == '\0')
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("a ticket has no %s", code_names[i]),
					 errhint("Fill the column, or map \"*\" to a %s.", code_names[i])));
	if (l->names[SLT_REQUEST_KIND][0] != '\0' && !slt_is_in_scope(l->names[SLT_REQUEST_KIND]))
	{
		l->terms->out_of_scope = true;
		return;
	}
	slt_spell_names(l->names[SLT_SEVERITY], l->names[SLT_CONTRACT], &severity, &contract);
	l->terms->severity = MemoryContextStrdup(a->terms_context, severity);
	l->terms->contract = MemoryContextStrdup(a->terms_context, contract);
	for (int i = 0; i < a->nmetrics; i++)
	{
		/* a metric whose targets are gone is owed no more */
		if (!slt_has_metric(a->metrics[i].name))
			continue;
		l->terms->promises[i] = *slt_copy_promise(a->terms_context, severity, contract, a->metrics[i].name, NULL);
	}
}

/* Works out what codes mean; fails only if the policy cannot be read. */
static void
work_out(SltAttachment *a, SltTerms *t)
{
	Learning	l = {.attachment = a,.terms = t};
	SltFailure	failure;

	for (int i = 0; i < SLT_CODES; i++)
	{
		l.names[i] = translate_code(&a->maps[i], pnstrdup(t->codes->words[i].bytes, t->codes->words[i].len));
		if (l.names[i] == NULL)
		{
			t->out_of_scope = true;
			return;
		}
	}
	if (slt_guarded(find_promises, &l, &failure))
		return;
	if (failure.sqlstate != ERRCODE_UNDEFINED_OBJECT)
		ereport(ERROR,
				(errcode(failure.sqlstate),
				 errmsg_internal("%s", failure.message),
				 failure.hint ? errhint("%s", failure.hint) : 0));
	t->unknown = MemoryContextStrdup(a->terms_context, failure.message);
	t->advice = failure.hint ? MemoryContextStrdup(a->terms_context, failure.hint) : NULL;
}

/* Returns what codes mean if that is known and still true, else NULL. */
SltTerms *
slt_known_terms(SltAttachment *a, const Spelling *codes)
{
	if (a->terms == NULL || a->terms_epoch != slt_names_epoch())
		return NULL;
	return terms_lookup(a->terms, codes);
}

/* Forgets what codes mean. */
static void
reset_terms(SltAttachment *a)
{
	if (a->terms_context == NULL)
		a->terms_context = AllocSetContextCreate(a->context, "slt terms", ALLOCSET_SMALL_SIZES);
	else
		MemoryContextReset(a->terms_context);
	a->terms = terms_create(a->terms_context, 16, NULL);
	a->terms_epoch = slt_names_epoch();
}

/* Works out what codes mean, and keeps it. */
SltTerms *
slt_learn_terms(SltAttachment *a, const Spelling *codes)
{
	for (;;)
	{
		SltTerms	t = {0};
		SltTerms   *known;
		bool		found;

		if (a->terms == NULL || a->terms_epoch != slt_names_epoch() || a->terms->members >= MAX_TERMS)
			reset_terms(a);
		t.codes = copy_spelling(a->terms_context, codes);
		t.promises = MemoryContextAllocZero(a->terms_context, sizeof(SltPromise) * Max(a->nmetrics, 1));
		work_out(a, &t);
		if (a->terms_epoch != slt_names_epoch())
			continue;			/* the policy, or what calendars are compiled, changed in the meantime */
		known = terms_insert(a->terms, t.codes, &found);
		t.status = known->status;
		*known = t;
		return known;
	}
}
