/*
 * terms.c
 *		What a ticket's codes mean: the terms it is owed.
 *
 * Maps, names and promises are worked out once for each combination of codes
 * and kept with the attachment for as long as the policy stays what it is.
 * That they mean nothing is kept as well.  All together is bounded by bytes.
 */
#include "terms.h"

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

#define MAX_TERMS_SIZE ((Size) 2 * 1024 * 1024)


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
			   *contract,
			   *calendar = l->names[SLT_CALENDAR];

	for (int i = 0; i <= SLT_CONTRACT; i++)
		if (l->names[i][0] == '\0')
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 i == SLT_SEVERITY ? errmsg("a ticket has no severity") : errmsg("a ticket has no contract"),
					 i == SLT_SEVERITY ? errhint("Fill the column, or map \"*\" to a severity.") : errhint("Fill the column, or map \"*\" to a contract.")));
	if (l->names[SLT_REQUEST_KIND][0] != '\0' && !slt_is_in_scope(l->names[SLT_REQUEST_KIND]))
	{
		l->terms->out_of_scope = true;
		return;
	}
	slt_spell_names(l->names[SLT_SEVERITY], l->names[SLT_CONTRACT], &severity, &contract);
	l->terms->severity = MemoryContextStrdup(a->terms_context, severity);
	l->terms->contract = MemoryContextStrdup(a->terms_context, contract);
	for (int i = 0; i < a->nmetrics; i++)
		l->terms->promises[i] = slt_copy_promise(a->terms_context, l->terms->severity, l->terms->contract, a->metrics[i].name,
												 calendar[0] ? calendar : NULL);
}

/* Works out what codes mean; fails only if the policy cannot be read. */
static void
work_out(SltAttachment *a, SltTerms *t)
{
	Learning	l = {.attachment = a,.terms = t};
	SltFailure	failure;

	for (int i = 0; i < SLT_CODES; i++)
	{
		l.names[i] = slt_translate(&a->codes[i].map, pnstrdup(t->codes->words[i].bytes, t->codes->words[i].len));
		if (l.names[i] == NULL && i == SLT_CALENDAR)
			l.names[i] = "";	/* that of the target */
		if (l.names[i] == NULL)
		{
			t->out_of_scope = true;
			return;
		}
	}
	if (slt_guarded(find_promises, &l, &failure))
		return;
	if (failure.sqlstate != ERRCODE_UNDEFINED_OBJECT)
		slt_rethrow(&failure);
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
	a->terms = NULL;			/* memory may be short */
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
	uint64		timelines = slt_timelines_epoch;

	for (;;)
	{
		SltTerms	t = {0};
		SltTerms   *known;
		bool		found;

		/* what went the first time may have been others */
		if (slt_timelines_epoch > timelines + 2)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("the calendars of a ticket's targets are too large to be kept at one time"),
					 errhint("Give the targets fewer calendars, or shorter ones.")));
		if (a->terms == NULL || a->terms_epoch != slt_names_epoch() || MemoryContextMemAllocated(a->terms_context, true) > MAX_TERMS_SIZE)
			reset_terms(a);
		t.codes = copy_spelling(a->terms_context, codes);
		t.promises = MemoryContextAllocZero(a->terms_context, sizeof(SltPromise *) * Max(a->nmetrics, 1));
		work_out(a, &t);
		if (a->terms_epoch != slt_names_epoch())
			continue;			/* the policy, or what calendars are compiled,
								 * changed in the meantime */
		known = terms_insert(a->terms, t.codes, &found);
		t.status = known->status;
		*known = t;
		return known;
	}
}
