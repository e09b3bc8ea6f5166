/*
 * terms.h
 *		What a ticket's codes mean: the terms it is owed.
 */
#ifndef SLT_TERMS_H
#define SLT_TERMS_H

#include "attachment.h"

#include "../policy/spelling.h"

/* What the policy promises a ticket with certain codes. */
typedef struct SltTerms
{
	const Spelling *codes;		/* as the application spells them, in the
								 * order of SltCode */
	char	   *unknown;		/* what is wrong with the codes, or NULL */
	char	   *advice;			/* what to do about it, or NULL */
	bool		out_of_scope;	/* no deadline is owed */
	char	   *severity;		/* as the policy spells them; NULL if unknown
								 * or out of scope */
	char	   *contract;
	SltPromise **promises;		/* for each metric of the attachment */
	int			group;			/* for a reader's own use; 0 at first */
	char		status;
} SltTerms;

extern SltTerms *slt_known_terms(SltAttachment *a, const Spelling *codes);
extern SltTerms *slt_learn_terms(SltAttachment *a, const Spelling *codes);

/* Returns what codes mean, good until the next call. */
static inline SltTerms *
slt_terms_of(SltAttachment *a, const Spelling *codes)
{
	SltTerms   *terms = slt_known_terms(a, codes);

	return likely(terms != NULL) ? terms : slt_learn_terms(a, codes);
}

#endif							/* SLT_TERMS_H */
