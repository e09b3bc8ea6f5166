/*
 * zones.c
 *		What the server's time zone data says, for the fingerprint of a policy.
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "../core/core.h"

/* from 1900 to 2200, in seconds since 2000 */
#define FIRST_SECOND (-(int64) 36524 * SECS_PER_DAY)
#define LAST_SECOND ((int64) 73049 * SECS_PER_DAY)

/*
 * Returns a zone's offset from UTC in 1900, and each change of it since: servers
 * whose data differ there answer differently.  Null for a zone that is not known.
 */
PG_FUNCTION_INFO_V1(slt_zone_changes);
Datum
slt_zone_changes(PG_FUNCTION_ARGS)
{
	const char *canonical;
	const SltZone *zone = slt_zone_find(text_to_cstring(PG_GETARG_TEXT_PP(0)), &canonical);
	StringInfoData changes;
	int64		at = FIRST_SECOND;

	if (zone == NULL)
		PG_RETURN_NULL();
	initStringInfo(&changes);
	while (at < LAST_SECOND)
	{
		int64		next;
		int32		offset = slt_zone_offset(zone, at, &next);

		appendStringInfo(&changes, INT64_FORMAT ":%d ", at, offset);
		at = next;
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(changes.data, changes.len));
}
