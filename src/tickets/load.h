/*
 * load.h
 *		Reading the settings of an attachment.
 */
#ifndef SLT_LOAD_H
#define SLT_LOAD_H

#include "attachment.h"

#include "../policy/config.h"

/* An attachment being read. */
typedef struct SltLoading
{
	Relation	rel;
	SltAttachment *attachment;
	SltConfigScan scan;			/* at the row of slt_attachments */
	Jsonb	   *numbers;		/* of the root's columns when they were
								 * attached; NULL if that was another table */
	bool		attaching;		/* our own columns are not there yet */
	List	   *endless;		/* names of metrics that nothing ends */
} SltLoading;

extern void slt_load_row(SltLoading *l);

#endif							/* SLT_LOAD_H */
