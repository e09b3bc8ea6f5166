/*
 * rewrite.h
 *		Writing stamps into rows that are there already.
 */
#ifndef SLT_REWRITE_H
#define SLT_REWRITE_H

#include "postgres.h"

#include "executor/tuptable.h"
#include "nodes/lockoptions.h"

#include "ticket.h"

struct SltRewriter;
typedef struct SltRewriter SltRewriter;

/* How it went with a row. */
typedef enum SltRewritten
{
	SLT_AS_IT_WAS,
	SLT_WRITTEN,
	SLT_LOCKED,					/* by someone else, and we do not wait */
	SLT_GONE
} SltRewritten;

/* A row at hand, its codes' meaning, and its pauses. */
typedef struct SltRowAtHand
{
	SltTicket	ticket;
	SltTerms   *terms;
	SltPauses  *pauses;
	bool		pauses_changed;
	TupleTableSlot *slot;
} SltRowAtHand;

/* Chooses the stamps to write into a row; false for none. */
typedef bool (*SltChoose) (SltRowAtHand *row, SltStamps *stamps, void *argument);

extern List *slt_leaves(Oid root);
extern SltRewriter *slt_begin_rewrite(Oid leaf, bool in_application);
extern SltAttachment *slt_rewriter_attachment(SltRewriter *w);
extern Relation slt_rewriter_relation(SltRewriter *w);
extern void slt_read_row(SltRewriter *w, TupleTableSlot *slot, SltRowAtHand *row);
extern SltRewritten slt_rewrite_row(SltRewriter *w, ItemPointer tid, LockWaitPolicy wait, SltChoose choose, void *argument);
extern void slt_postpone_row(SltRewriter *w, ItemPointer tid, SltInstant until);
extern bool slt_choose_all(SltRowAtHand *row, SltStamps *stamps, void *argument);
extern void slt_drop_equal_stamps(TupleTableSlot *slot, SltStamps *stamps);
extern void slt_end_rewrite(SltRewriter *w);

#endif							/* SLT_REWRITE_H */
