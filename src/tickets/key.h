/*
 * key.h
 *		What people call a ticket: the text of its key.
 */
#ifndef SLT_KEY_H
#define SLT_KEY_H

#include "postgres.h"

#include "executor/tuptable.h"

#include "attachment.h"

extern text *slt_row_key(Relation rel, const SltAttachment *a, TupleTableSlot *slot);
extern char *slt_key_column(const SltAttachment *a);
extern char *slt_key_expression(const SltAttachment *a, const char *alias);

#endif							/* SLT_KEY_H */
