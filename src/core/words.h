/*
 * words.h
 *		The words of calendars, and what people write in their place.
 */
#ifndef SLT_WORDS_H
#define SLT_WORDS_H

#include "text.h"

extern const char *const slt_month_names[12];
extern const char *const slt_weekday_names[7];

extern size_t slt_letters(const SltCursor *c);
extern int	slt_skip_month(SltCursor *c);
extern int	slt_skip_weekday(SltCursor *c);
extern bool slt_day_name_follows(const SltCursor *c);
extern bool slt_month_follows(const SltCursor *c, int skip);
extern bool slt_iso_date_follows(const SltCursor *c);
extern bool slt_is_state(const SltCursor *c);
extern bool slt_is_sun_time(const SltCursor *c);
extern char *slt_guess_text(void *arena, const char *text, size_t len, size_t *guess_len);

#endif							/* SLT_WORDS_H */
