/*
 * key.h
 *		What people call a ticket: the text of its key.
 */
#ifndef SLT_KEY_H
#define SLT_KEY_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "storage/itemptr.h"

#include "ticket.h"

extern void slt_shorten(StringInfo s, int most);
extern char *slt_key_text(const SltAttachment *a, const SltRow *row, ItemPointer tid);

#endif							/* SLT_KEY_H */
