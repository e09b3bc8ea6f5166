/*
 * restore.h
 *		What a dump brings takes the place of what CREATE EXTENSION put there.
 */
#ifndef SLT_RESTORE_H
#define SLT_RESTORE_H

#include "postgres.h"

extern bool slt_making_room;	/* rows are removed that the log need not know
								 * of */

#endif							/* SLT_RESTORE_H */
