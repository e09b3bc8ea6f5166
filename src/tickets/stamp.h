/*
 * stamp.h
 *		The trigger of ticket tables.
 */
#ifndef SLT_STAMP_H
#define SLT_STAMP_H

extern void slt_stamp_init(void);

#endif							/* SLT_STAMP_H */
