/*
 * rewrite.h
 *		Writing stamps into rows that are there already.
 */
#ifndef SLT_REWRITE_H
#define SLT_REWRITE_H

#include "postgres.h"

#include "executor/tuptable.h"
#include "nodes/lockoptions.h"
#include "nodes/pg_list.h"

#include "../policy/config.h"
#include "standing.h"

/* How long rows are kept locked in one transaction, if there are more than one: what waits for them waits for its end, too. */
#define SLT_LOCKED_FOR (SLT_SECOND / 50)

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

/* A row at hand: its facts, what its codes mean, and what of its memory is to be written. */
typedef struct SltRowAtHand
{
	SltTicket	ticket;
	SltTerms   *terms;
	SltMemory	memory;
	TupleTableSlot *slot;
} SltRowAtHand;

/* Chooses the stamps to write into a row; false for none. */
typedef bool (*SltChoose) (SltRowAtHand *row, SltStamps *stamps, void *argument);

extern List *slt_leaves(Oid root);
extern void slt_lay_stamps(TupleTableSlot *slot, const SltStamps *stamps, Datum *values, bool *nulls);
extern void slt_drop_equal_stamps(TupleTableSlot *slot, SltStamps *stamps);
extern SltRewriter *slt_begin_rewrite(Oid leaf, bool may_wait);
extern SltAttachment *slt_rewriter_attachment(SltRewriter *w);
extern Relation slt_rewriter_relation(SltRewriter *w);
extern char *slt_row_key(const SltRowAtHand *row);
extern void slt_read_row(SltRewriter *w, TupleTableSlot *slot, SltRowAtHand *row);
extern SltRewritten slt_rewrite_row(SltRewriter *w, ItemPointer tid, LockWaitPolicy wait, SltChoose choose, void *argument);
extern bool slt_choose_all(SltRowAtHand *row, SltStamps *stamps, void *argument);
extern void slt_end_rewrite(SltRewriter *w);

#endif							/* SLT_REWRITE_H */
