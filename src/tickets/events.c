/*
 * events.c
 *		Writing announcements: what is news among the steps that were passed.
 *
 * The rule is in SQL, in zz_slt_internal.is_news(), which write_events() goes by;
 * here a batch is handed to that as arrays, in one call.
 *
 * Two sweeps must not announce one step twice.  Nothing here sees to that: the
 * caller has locked the tickets of the batch before it worked out their steps,
 * and holds them until its transaction ends, and the rule reads slt_announced
 * with a snapshot taken after that.
 */
#include "events.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "../policy/config.h"
#include "settings.h"
#include "state.h"

/* Returns the event of a step that a clock of a row has passed. */
SltEvent
slt_event_of(const SltRowAtHand *row, Oid table, int metric, const SltPassed *passed)
{
	const SltAttachment *a = row->ticket.attachment;

	return (SltEvent) {a->name, table, slt_row_key(row), a->metrics[metric].name, slt_count_runs(&row->ticket, metric), passed->step, passed->due, passed->at};
}

/* The arguments of write_events(): an array for each part of an event, and when the sweep began. */
#define PARTS 8
static const Oid part_types[PARTS] = {TEXTOID, REGCLASSOID, TEXTOID, TEXTOID, INT4OID, INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID};

/* Takes an event to pieces. */
static void
split(const SltEvent *e, Datum parts[PARTS])
{
	parts[0] = CStringGetTextDatum(e->attachment);
	parts[1] = ObjectIdGetDatum(e->table);
	parts[2] = CStringGetTextDatum(e->key);
	parts[3] = CStringGetTextDatum(e->metric);
	parts[4] = Int32GetDatum(e->run);
	parts[5] = Int64GetDatum(e->step);
	parts[6] = TimestampTzGetDatum(e->due);
	parts[7] = TimestampTzGetDatum(e->instant);
}

/* Makes an array of one part of all events, whose pieces lie event by event. */
static ArrayType *
gather(const Datum *pieces, int n, int part)
{
	Datum	   *values = palloc(n * sizeof(Datum));
	int16		len;
	bool		byval;
	char		align;

	for (int i = 0; i < n; i++)
		values[i] = pieces[i * PARTS + part];
	get_typlenbyvalalign(part_types[part], &len, &byval, &align);
	return construct_array(values, n, part_types[part], len, byval, align);
}

/* Finds the function that writes events among slt's own, so that no search path decides which it is. */
static Oid
writing_function(void)
{
	Oid			types[PARTS + 1];

	for (int i = 0; i < PARTS; i++)
		types[i] = get_array_type(part_types[i]);
	types[PARTS] = TIMESTAMPTZOID;
	return LookupFuncName(list_make2(makeString("zz_slt_internal"), makeString("write_events")), PARTS + 1, types, false);
}

/* Tells whether an event is news; who asks of many keeps the function, zeroed at first. */
bool
slt_is_news(const SltEvent *e, FmgrInfo *function)
{
	static const Oid types[] = {TEXTOID, TEXTOID, TEXTOID, INT4OID, INT8OID, TIMESTAMPTZOID};
	SltIdentity before = slt_act_as(slt_owner_of(slt_config_table(slt_config_schema(), "slt_events")));
	Datum		news;

	if (!OidIsValid(function->fn_oid))
		fmgr_info_cxt(LookupFuncName(list_make2(makeString("zz_slt_internal"), makeString("is_news")), lengthof(types), types, false), function, PortalContext);
	news = FunctionCall6(function, CStringGetTextDatum(e->attachment), CStringGetTextDatum(e->key), CStringGetTextDatum(e->metric),
						 Int32GetDatum(e->run), Int64GetDatum(e->step), TimestampTzGetDatum(e->instant));
	slt_act_as_before(&before);
	return DatumGetBool(news);
}

/*
 * Writes those of the events that are news, as the owner of the tables; returns
 * how many there were.  There is no need for the steps below one that was
 * passed, and no harm in them.
 */
int64
slt_write_events(const List *events, TimestampTz swept_at)
{
	int			n = list_length(events);
	Datum	   *pieces = palloc(Max(n, 1) * PARTS * sizeof(Datum));

	LOCAL_FCINFO(call, PARTS + 1);
	FmgrInfo	function;
	SltIdentity before;
	int64		news;

	if (n == 0)
		return 0;
	for (int i = 0; i < n; i++)
		split(list_nth(events, i), pieces + i * PARTS);
	before = slt_act_as(slt_owner_of(slt_config_table(slt_config_schema(), "slt_events")));
	fmgr_info(writing_function(), &function);
	InitFunctionCallInfoData(*call, &function, PARTS + 1, InvalidOid, NULL, NULL);
	for (int i = 0; i < PARTS; i++)
		call->args[i] = (NullableDatum) {PointerGetDatum(gather(pieces, n, i)), false};
	call->args[PARTS] = (NullableDatum) {TimestampTzGetDatum(swept_at), false};
	news = DatumGetInt64(FunctionCallInvoke(call));
	slt_act_as_before(&before);
	return news;
}
