/*
 * facts.c
 *		Reads what is recorded of a service: outages, checks, maintenance.
 *
 * Outages can be millions.  Where those of a time are is found in
 * slt_outages_by_time, class of length by class of length, and they are read in
 * the order in which they lie in the table.  When it turns out that there are so
 * many that the table is read faster from end to end, that is what is done
 * instead; until then no row was read.
 */
#include "availability.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "nodes/primnodes.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#define OUTAGE_INDEX "slt_outages_by_time"
#define MOST_A_PAGE 16			/* rows that an index may find; to read them
								 * one by one then costs what reading all of
								 * the table does */
#define FEW_A_PAGE 2			/* that are few */
#define MOST_PLACES INT64CONST(10000000)

#define RECENT 256				/* names or weights */

/* The columns of slt_outages that count, by their numbers; the last two are how far a row must be taken apart, at first and if its time is asked about. */
typedef struct OutageColumns
{
	AttrNumber	service;
	AttrNumber	experience;
	AttrNumber	during;
	AttrNumber	planned;
	AttrNumber	weight;
	AttrNumber	monitored;
	AttrNumber	excused;
	AttrNumber	time;
	AttrNumber	last;
} OutageColumns;

/* A weight, and what it is in millionths. */
typedef struct Weight
{
	struct varlena *weight;
	int64		millionths;
} Weight;

/* A pass over slt_outages. */
typedef struct OutageReader
{
	SltFacts   *facts;
	Relation	rel;
	OutageColumns columns;
	TupleTableSlot *slot;
	text	   *service;
	int			recent[RECENT]; /* experiences that rows were of, by a hash of
								 * their names */
	Weight		weights[RECENT];	/* likewise */
	struct varlena *full;		/* the number 1 */
	uint64	   *places;			/* of rows that the index finds: page, then
								 * line */
	int64		nplaces;
	int64		most;
} OutageReader;

/* ---------- rows of outages ---------- */

/* Finds the columns of slt_outages. */
static OutageColumns
find_columns(Relation rel)
{
	OutageColumns c;

	c.service = slt_column_number(rel, "service", TEXTOID);
	c.experience = slt_column_number(rel, "experience", TEXTOID);
	c.during = slt_column_number(rel, "during", TSTZRANGEOID);
	c.planned = slt_column_number(rel, "planned", BOOLOID);
	c.weight = slt_column_number(rel, "weight", NUMERICOID);
	c.monitored = slt_column_number(rel, "monitored", BOOLOID);
	c.excused = slt_column_number(rel, "excused", TEXTOID);
	c.time = Max(c.service, c.during);
	c.last = Max(Max(c.experience, c.planned), Max(c.weight, c.time));
	return c;
}

/* Returns a place for something by a hash of its bytes. */
static inline int
recent_place(const struct varlena *v)
{
	return hash_bytes((const unsigned char *) VARDATA_ANY(v), VARSIZE_ANY_EXHDR(v)) % RECENT;
}

/* Turns a weight into millionths; nearly every weight is 1, and the others are few. */
static int64
weight_of(OutageReader *reader, Datum weight)
{
	struct varlena *given = slt_packed(weight);
	Weight	   *recent;

	if (likely(slt_same_text(given, reader->full)))
		return SLT_FULL_WEIGHT;
	recent = &reader->weights[recent_place(given)];
	if (recent->weight == NULL || !slt_same_text(given, recent->weight))
	{
		if (recent->weight != NULL)
			pfree(recent->weight);
		recent->weight = (struct varlena *) DatumGetPointer(datumCopy(PointerGetDatum(given), false, -1));
		recent->millionths = slt_read_weight(weight);
	}
	return recent->millionths;
}

/* Returns how much of an experience's service is down by an outage of it. */
static inline int64
weight_in_service(const SltExperience *e, int64 weight)
{
	return Max((weight * e->weight + SLT_FULL_WEIGHT / 2) / SLT_FULL_WEIGHT, 1);
}

/* Returns how heavy an outage of an experience is for what is asked about. */
static inline int64
weight_asked(const SltFacts *r, const SltExperience *e, int64 weight)
{
	return r->wanted == SLT_WHOLE_SERVICE ? weight_in_service(e, weight) : weight;
}

/* Finds the experience of a row; most were of some that came before. */
static int
experience_of(OutageReader *reader, Datum name)
{
	SltFacts   *r = reader->facts;
	struct varlena *wanted = slt_packed(name);
	int		   *recent = &reader->recent[recent_place(wanted)];

	if (*recent < r->nexperiences && slt_same_text(wanted, r->experiences[*recent].name))
		return *recent;
	for (int i = 0; i < r->nexperiences; i++)
		if (slt_same_text(wanted, r->experiences[i].name))
			return *recent = i;
	return SLT_EACH;			/* no such row, if the foreign key holds */
}

/* Tells whether an outage of an experience, or of the whole service, is wanted. */
static inline bool
is_wanted(const SltFacts *r, int experience)
{
	if (experience == SLT_EACH)
		return false;
	if (experience == SLT_WHOLE_SERVICE || r->wanted == SLT_EACH)
		return true;
	return r->wanted == SLT_WHOLE_SERVICE ? r->experiences[experience].covered : experience == r->wanted;
}

/* Tells whether the last outage of a list has all of another, as one that was left open has of many. */
static inline bool
last_covers(SltOutages *list, SltOutage outage)
{
	SltOutage  *last = list->count > 0 ? &list->items[list->count - 1] : NULL;

	if (last == NULL || last->to < outage.to || last->weight < outage.weight)
		return false;
	if (last->weight == outage.weight && last->to == outage.to)
		last->from = Min(last->from, outage.from);	/* or the other way round */
	return last->from <= outage.from;
}

/* Tells whether a column of a row is null, without taking apart what stands before it. */
static inline bool
is_null(TupleTableSlot *slot, AttrNumber column)
{
	if (TTS_IS_BUFFERTUPLE(slot))
		return heap_attisnull(((HeapTupleTableSlot *) slot)->tuple, column, slot->tts_tupleDescriptor);
	return slot_attisnull(slot, column);
}

/* Refuses a row without what it must have. */
static void
refuse_null(const OutageReader *reader)
{
	ereport(ERROR,
			(errcode(ERRCODE_NOT_NULL_VIOLATION),
			 errmsg("a row of table \"%s\" has a null that it must not have", RelationGetRelationName(reader->rel)),
			 errhint("Fill it, and make the column NOT NULL again.")));
}

/*
 * Adds the outage of a row.  What slt_record() wrote says nothing of the time
 * that no check vouches for.  Planned ones are kept for each experience, which
 * may have maintenance of its own.
 */
static inline void
take_outage(OutageReader *reader)
{
	SltFacts   *r = reader->facts;
	const OutageColumns *c = &reader->columns;
	TupleTableSlot *slot = reader->slot;
	Datum	   *values = slot->tts_values;
	bool	   *nulls = slot->tts_isnull;
	SltOutage	outage;
	SltOutages *list;
	SltExperience *e;
	int			experience;
	SltKind		kind;
	bool		no;

	slot_getsomeattrs(slot, c->time);
	if (nulls[c->service - 1] || nulls[c->during - 1])
		refuse_null(reader);
	if (!slt_same_text(slt_packed(values[c->service - 1]), reader->service))
		return;
	if (!slt_read_range(values[c->during - 1], &outage.from, &outage.to) || outage.from >= r->to || outage.to <= r->from)
		return;
	slot_getsomeattrs(slot, c->last);
	if (nulls[c->planned - 1] || nulls[c->weight - 1] || is_null(slot, c->monitored))
		refuse_null(reader);
	experience = nulls[c->experience - 1] ? SLT_WHOLE_SERVICE : experience_of(reader, values[c->experience - 1]);
	if (!is_wanted(r, experience))
		return;
	outage.weight = weight_of(reader, values[c->weight - 1]);
	outage.from = Max(outage.from, r->from);
	outage.to = Min(outage.to, r->to);
	kind = (DatumGetBool(values[c->planned - 1]) ? SLT_PLANNED : 0) | (is_null(slot, c->excused) ? 0 : SLT_EXCUSED);
	e = experience >= 0 ? &r->experiences[experience] : NULL;
	list = e && (r->wanted == SLT_EACH || kind == SLT_PLANNED) ? &e->outages[kind] : &r->outages[kind];
	if (e)
		outage.weight = weight_asked(r, e, outage.weight);
	if (e && e->recorded == 'c' && DatumGetBool(slot_getattr(slot, c->monitored, &no)))
	{
		outage.to = Min(outage.to, e->told_until);
		slt_outages_add_within(list, outage, &e->known);
	}
	else if (!last_covers(list, outage))
		slt_outages_add(list, outage);
}

/* ---------- finding outages ---------- */

#define ST_SORT sort_places
#define ST_ELEMENT_TYPE uint64
#define ST_COMPARE(a, b) (*(a) < *(b) ? -1 : *(a) > *(b))
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/* Finds the function that the index of outages is on, to know that index from others. */
static Oid
class_function(void)
{
	Oid			range = TSTZRANGEOID;

	return GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum("outage_class"), PointerGetDatum(buildoidvector(&range, 1)),
						   ObjectIdGetDatum(get_namespace_oid("zz_slt_internal", false)));
}

/* Tells whether an index is on outage_class() of the column that we ask by. */
static bool
is_call(Node *expr, Oid function, AttrNumber column)
{
	FuncExpr   *call = (FuncExpr *) expr;
	Var		   *var;

	if (!IsA(expr, FuncExpr) || call->funcid != function || list_length(call->args) != 1)
		return false;
	var = linitial(call->args);
	return IsA(var, Var) && var->varattno == column;
}

/* Opens the index of outages by time, if it is there and is what it should be; NULL if not. */
static Relation
open_outage_index(Relation rel, const OutageColumns *c)
{
	Oid			oid = get_relname_relid(OUTAGE_INDEX, RelationGetNamespace(rel));
	Relation	index;
	List	   *exprs;
	bool		fits;

	if (!OidIsValid(oid) || get_rel_relkind(oid) != RELKIND_INDEX || !list_member_oid(RelationGetIndexList(rel), oid))
		return NULL;
	index = index_open(oid, AccessShareLock);
	exprs = RelationGetIndexExpressions(index);
	fits = index->rd_rel->relam == BTREE_AM_OID && index->rd_index->indisvalid &&
		!(index->rd_index->indcheckxmin) && RelationGetIndexPredicate(index) == NIL &&
		IndexRelationGetNumberOfKeyAttributes(index) == 3 && index->rd_index->indkey.values[0] == c->service &&
		index->rd_indcollation[0] == DEFAULT_COLLATION_OID && list_length(exprs) == 2 &&
		is_call(linitial(exprs), class_function(), c->during) &&
		is_call(lsecond(exprs), F_LOWER_ANYRANGE, c->during) && (index->rd_indoption[0] | index->rd_indoption[1] | index->rd_indoption[2]) == 0;
	if (fits)
		return index;
	index_close(index, AccessShareLock);
	return NULL;
}

/* Lists where the outages of a class are; returns false if there are too many for the index. */
static bool
list_class(OutageReader *reader, IndexScanDesc scan, int length_class)
{
	SltFacts   *r = reader->facts;
	int64		length = slt_class_length(length_class);
	SltInstant	earliest = r->from < SLT_MIN_INSTANT + length || length == PG_INT64_MAX ? SLT_MINUS_INFINITY : r->from - length;
	ScanKeyData keys[4];
	ItemPointer place;

	ScanKeyInit(&keys[0], 1, BTEqualStrategyNumber, F_TEXTEQ, PointerGetDatum(reader->service));
	keys[0].sk_collation = DEFAULT_COLLATION_OID;
	ScanKeyInit(&keys[1], 2, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(length_class));
	ScanKeyInit(&keys[2], 3, BTGreaterEqualStrategyNumber, F_TIMESTAMPTZ_GE, TimestampTzGetDatum(earliest));
	ScanKeyInit(&keys[3], 3, BTLessStrategyNumber, F_TIMESTAMPTZ_LT, TimestampTzGetDatum(r->to));
	index_rescan(scan, keys, lengthof(keys), NULL, 0);
	while ((place = index_getnext_tid(scan, ForwardScanDirection)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		if (reader->nplaces == reader->most)
			return false;
		reader->places[reader->nplaces++] = (uint64) ItemPointerGetBlockNumber(place) << 16 | ItemPointerGetOffsetNumber(place);
	}
	return true;
}

/* Lists where the outages are that an index finds, as they lie; returns false if they are too many. */
static bool
list_places(OutageReader *reader, Relation index)
{
	IndexScanDesc scan = slt_index_beginscan(reader->rel, index, GetActiveSnapshot(), 4);
	bool		all = true;

	for (int length_class = 0; all && length_class <= SLT_LAST_CLASS; length_class++)
		all = list_class(reader, scan, length_class);
	index_endscan(scan);
	if (all)
		sort_places(reader->places, reader->nplaces);
	return all;
}

/* Adds the outages of which it is known where they are. */
static void
take_places(OutageReader *reader)
{
	IndexFetchTableData *fetch = table_index_fetch_begin(reader->rel);

	for (int64 i = 0; i < reader->nplaces; i++)
	{
		ItemPointerData place;
		bool		again = false;

		CHECK_FOR_INTERRUPTS();
		ItemPointerSet(&place, reader->places[i] >> 16, reader->places[i] & 0xffff);
		if (table_index_fetch_tuple(fetch, &place, GetActiveSnapshot(), reader->slot, &again, NULL))
			take_outage(reader);
	}
	ExecClearTuple(reader->slot);
	table_index_fetch_end(fetch);
}

/* Adds the outages of the whole table that are wanted. */
static void
take_by_table(OutageReader *reader)
{
	TableScanDesc scan = table_beginscan(reader->rel, GetActiveSnapshot(), 0, NULL);

	while (table_scan_getnextslot(scan, ForwardScanDirection, reader->slot))
	{
		CHECK_FOR_INTERRUPTS();
		take_outage(reader);
	}
	table_endscan(scan);
}

/* Reads the outages of the facts' time; returns false, with none, if only few are wanted and there are more. */
static bool
read_outages(SltFacts *r, bool only_few)
{
	OutageReader reader = {.facts = r};
	Relation	index;
	bool		found;

	reader.rel = table_open(slt_config_table(r->schema, "slt_outages"), AccessShareLock);
	reader.columns = find_columns(reader.rel);
	reader.slot = table_slot_create(reader.rel, NULL);
	reader.service = cstring_to_text(r->service->name);
	reader.full = (struct varlena *) int64_to_numeric(1);
	reader.most = Min((only_few ? FEW_A_PAGE : MOST_A_PAGE) * ((int64) RelationGetNumberOfBlocks(reader.rel) + 10), MOST_PLACES);
	reader.places = palloc(reader.most * sizeof(uint64));
	index = open_outage_index(reader.rel, &reader.columns);
	found = index != NULL && list_places(&reader, index);
	if (found)
		take_places(&reader);
	else if (!only_few)
		take_by_table(&reader);
	if (index != NULL)
		index_close(index, AccessShareLock);
	pfree(reader.places);
	ExecDropSingleTupleTableSlot(reader.slot);
	table_close(reader.rel, AccessShareLock);
	return found || !only_few;
}

/* ---------- what is known ---------- */

/* Makes keys for the rows of an experience in slt_coverage or slt_checks. */
static void
set_keys(SltFacts *r, const SltExperience *e, Oid table, ScanKey keys)
{
	slt_text_key(&keys[0], table, "service", cstring_to_text(r->service->name));
	slt_text_key(&keys[1], table, "experience", e->name);
}

/* Returns until when the newest check of a monitor vouches for an experience. */
static TimestampTz
known_until(SltFacts *r, const SltExperience *e, const text *monitor, TimestampTz since)
{
	Relation	index,
				rel = slt_open_ordered(r->schema, "slt_checks", AccessShareLock, &index);
	SltConfigScan s = {rel, NULL, NULL};
	ScanKeyData keys[3];
	TimestampTz newest = since;

	set_keys(r, e, RelationGetRelid(rel), keys);
	slt_text_key(&keys[2], RelationGetRelid(rel), "monitor", monitor);
	s.scan = systable_beginscan_ordered(rel, index, GetActiveSnapshot(), 3, keys);
	if (HeapTupleIsValid(s.row = systable_getnext_ordered(s.scan, BackwardScanDirection)))
		newest = Max(newest, DatumGetTimestampTz(slt_column(&s, "at", TIMESTAMPTZOID)));
	systable_endscan_ordered(s.scan);
	slt_close_ordered(rel, index);
	return newest < SLT_END_INSTANT - e->within ? newest + e->within : newest;
}

/* The latest stretch in which a monitor reported, and since when it is failing. */
typedef struct Watcher
{
	text	   *name;
	SltWatch	watch;
} Watcher;

#define MOST_WATCHERS 1000		/* of an experience that are looked at */

/* Reads since when a monitor is failing, if it is. */
static void
read_failing(SltFacts *r, const SltExperience *e, Watcher *watcher)
{
	Oid			table = slt_config_table(r->schema, "slt_failing");
	ScanKeyData keys[3];
	SltConfigScan s;

	set_keys(r, e, table, keys);
	slt_text_key(&keys[2], table, "monitor", watcher->name);
	s = slt_begin_data_scan(table, true, 3, keys);
	while (slt_next_row(&s))
	{
		bool		goes_on;

		(void) slt_tuple_column(s.rel, s.row, "until", TIMESTAMPTZOID, &goes_on);
		if (goes_on)
			slt_periods_add(&watcher->watch.failing, DatumGetTimestampTz(slt_column(&s, "since", TIMESTAMPTZOID)), SLT_INFINITY);
	}
	slt_end_scan(&s);
}

/*
 * Finds out what is different since one of several monitors fell silent that
 * reported when the newest check came: what is written is as of that.
 */
static void
notice_silence(SltFacts *r, SltExperience *e, Watcher *watchers, int n)
{
	SltWatch   *watches = palloc(n * sizeof(SltWatch));
	SltInstant	last = SLT_MINUS_INFINITY,
				silent = SLT_INFINITY;

	for (int i = 0; i < n; i++)
		last = Max(last, watchers[i].watch.reporting.items[0].to);
	for (int i = 0; i < n; i++)
		if (watchers[i].watch.reporting.items[0].to >= last - e->within)
			silent = Min(silent, watchers[i].watch.reporting.items[0].to);
	if (n < 2 || silent >= r->to)
		return;
	for (int i = 0; i < n; i++)
	{
		read_failing(r, e, &watchers[i]);
		watches[i] = watchers[i].watch;
	}
	e->told_until = silent;
	slt_find_down(&e->down_since, watches, n, e->quorum, (SltPeriod) {silent - 1, r->to});
}

/* Adds the downtime of which nothing is written yet. */
static void
add_down_since(SltFacts *r)
{
	for (int i = 0; i < r->nexperiences; i++)
	{
		SltExperience *e = &r->experiences[i];

		for (int64 k = 0; k < e->down_since.count; k++)
		{
			SltInstant	from = Max(e->down_since.items[k].from, Max(e->told_until, r->from));

			slt_outages_add_within(r->wanted == SLT_EACH ? &e->outages[SLT_UNPLANNED] : &r->outages[SLT_UNPLANNED],
								   (SltOutage) {from, e->down_since.items[k].to, weight_asked(r, e, SLT_FULL_WEIGHT)}, &e->known);
		}
	}
}

/* Reads when checks vouched for an experience, in the facts' time. */
static void
read_coverage(SltFacts *r, SltExperience *e)
{
	Oid			table = slt_config_table(r->schema, "slt_coverage");
	Watcher    *watchers = palloc0(MOST_WATCHERS * sizeof(Watcher));
	int			nwatchers = 0;
	ScanKeyData keys[2];
	SltConfigScan s;

	set_keys(r, e, table, keys);
	s = slt_begin_data_scan(table, true, 2, keys);
	while (slt_next_row(&s))
	{
		TimestampTz since = DatumGetTimestampTz(slt_column(&s, "since", TIMESTAMPTZOID));
		bool		is_last;
		TimestampTz until = DatumGetTimestampTz(slt_tuple_column(s.rel, s.row, "until", TIMESTAMPTZOID, &is_last));

		e->recorded = 'c';
		if (since >= r->to)
			continue;
		if (is_last)
		{
			Watcher    *w = &watchers[nwatchers];

			w->name = DatumGetTextPCopy(slt_column(&s, "monitor", TEXTOID));
			until = known_until(r, e, w->name, since);
			slt_periods_add(&w->watch.reporting, since, until);
			nwatchers = Min(nwatchers + 1, MOST_WATCHERS - 1);
		}
		slt_periods_add(&e->known, Max(Max(since, r->from), e->watched.from), Min(Min(until, r->to), e->watched.to));
	}
	slt_end_scan(&s);
	slt_merge(&e->known);
	notice_silence(r, e, watchers, nwatchers);
	pfree(watchers);
}

/* Finds out what is known of the experiences that are wanted: those recorded by hand are while someone does, the others while checks vouch for them. */
static void
read_known(SltFacts *r)
{
	for (int i = 0; i < r->nexperiences; i++)
	{
		SltExperience *e = &r->experiences[i];

		if (e->recorded == 'h')
		{
			slt_periods_add(&e->known, Max(e->watched.from, r->from), Min(e->watched.to, r->to));
		}
		else if (is_wanted(r, i))
			read_coverage(r, e);
	}
}

/* ---------- maintenance ---------- */

#define MAX_HOURS 10000000		/* 160 megabytes */

/* Lists the working time of a calendar in a time, as a set. */
static void
list_hours(SltPeriods *periods, struct varlena *calendar, SltInstant from, SltInstant to)
{
	SltTimeline *tl = slt_timeline_of(calendar);
	SltPeriod	period = {from, from};

	while (period.to < to)
	{
		SltStatus	status = slt_next_period(tl, period.to, to, &period);

		CHECK_FOR_INTERRUPTS();
		if (status == SLT_NO_WORKING_TIME || (status == SLT_OK && period.from >= to))
			break;
		slt_check(status, tl);
		if (periods->count == MAX_HOURS)
			slt_too_many(gettext_noop("range has too many opening hours"));
		slt_periods_add(periods, period.from, Min(period.to, to));
	}
}

/*
 * Lists the maintenance of the service since an instant: that of all of it, and
 * of each experience; all, or what was announced before it began.
 */
void
slt_read_maintenance(const SltFacts *r, SltInstant since, bool announced_only, SltPeriods *whole, SltPeriods *each)
{
	Oid			table = slt_config_table(r->schema, "slt_maintenance");
	ScanKeyData key;
	SltConfigScan s;

	slt_text_key(&key, table, "service", cstring_to_text(r->service->name));
	s = slt_begin_data_scan(table, false, 1, &key);
	while (slt_next_row(&s))
	{
		bool		never,
					of_all;
		TimestampTz announced = DatumGetTimestampTz(slt_tuple_column(s.rel, s.row, "announced_at", TIMESTAMPTZOID, &never));
		Datum		experience = slt_tuple_column(s.rel, s.row, "experience", TEXTOID, &of_all);
		SltInstant	from,
					to;

		if (!slt_read_range(slt_column(&s, "during", TSTZRANGEOID), &from, &to) || (announced_only && (never || announced >= from)))
			continue;
		if (of_all)
			slt_periods_add(whole, Max(from, since), Min(to, r->to));
		for (int i = 0; !of_all && i < r->nexperiences; i++)
			if (slt_same_text(slt_packed(experience), r->experiences[i].name))
				slt_periods_add(&each[i], Max(from, since), Min(to, r->to));
	}
	slt_end_scan(&s);
}

/* Parts planned outages into those that count, and those in maintenance. */
static void
part_planned(SltOutages *outages, const SltPeriods *maintenance)
{
	SltOutages	counted = {0};

	slt_outages_split(&outages[SLT_PLANNED], maintenance, &outages[SLT_EXCUSED_PLAN], &counted);
	outages[SLT_PLANNED] = counted;
}

/* Finds out when planned downtime does not count: in maintenance of all of the service, or of the experience; only asked if there is any. */
static void
excuse_planned(SltFacts *r)
{
	SltPeriods *each = palloc0((r->nexperiences + 1) * sizeof(SltPeriods)),
				whole = {0};

	if (r->service->window != NULL)
		list_hours(&whole, r->service->window, r->from, r->to);
	if (r->service->excuse_announced)
		slt_read_maintenance(r, r->from, true, &whole, each);
	for (int i = 0; i < r->nexperiences; i++)
	{
		SltOutages *outages = r->experiences[i].outages;

		if (outages[SLT_PLANNED].count == 0)
			continue;
		slt_periods_add_all(&each[i], &whole);
		slt_merge(&each[i]);
		part_planned(outages, &each[i]);
	}
	slt_merge(&whole);
	part_planned(r->outages, &whole);
}

/* ---------- facts ---------- */

/* Brings an instant forward to the first outage of some lists. */
static void
find_first(const SltOutages *outages, SltInstant *first)
{
	for (SltKind k = 0; k < SLT_KINDS; k++)
		for (int64 i = 0; i < outages[k].count; i++)
			*first = Min(*first, outages[k].items[i].from);
}

/* Moves the start forward to the first record, if there is no start. */
static void
find_start(SltFacts *r)
{
	SltInstant	first = r->to;

	find_first(r->outages, &first);
	for (int e = 0; e < r->nexperiences; e++)
	{
		const SltExperience *x = &r->experiences[e];

		find_first(x->outages, &first);
		if (x->known.count > 0 && x->known.items[0].from > SLT_MINUS_INFINITY)
			first = Min(first, x->known.items[0].from);
	}
	r->from = first;
}

/* Tells whether any planned outage was read. */
static bool
has_planned(const SltFacts *r)
{
	bool		planned = r->outages[SLT_PLANNED].count > 0;

	for (int i = 0; i < r->nexperiences; i++)
		planned |= r->experiences[i].outages[SLT_PLANNED].count > 0;
	return planned;
}

/* Flattens all lists; as one, if there is going to be one history of them. */
static void
flatten_all(SltFacts *r, bool each)
{
	for (SltKind k = 0; k < SLT_KINDS; k++)
	{
		for (int i = 0; i < r->nexperiences; i++)
		{
			SltOutages *own = &r->experiences[i].outages[k];

			if (each)
				slt_flatten(own);
			else
			{
				slt_outages_add_all(&r->outages[k], own);
				own->count = 0;
			}
		}
		slt_flatten(&r->outages[k]);
	}
}

/* Reads what is recorded of what is asked about; NULL if only few outages are wanted and there are more. */
SltFacts *
slt_read_facts(Oid schema, const SltQuestion *question)
{
	SltFacts   *r = palloc0(sizeof(SltFacts));

	r->schema = schema;
	r->service = slt_find_service(schema, question->service);
	slt_read_experiences(r);
	r->wanted = question->experience ? slt_find_experience(r, question->experience) : question->each ? SLT_EACH : SLT_WHOLE_SERVICE;
	r->from = Max(question->from, r->service->since);
	r->to = Min(question->to, GetCurrentTransactionStartTimestamp() + question->with_now);
	r->calendar = question->hours ? question->hours : r->service->hours;
	if (r->from >= r->to)
		return r;
	read_known(r);
	if (!read_outages(r, question->only_few))
		return NULL;
	add_down_since(r);
	if (r->from == SLT_MINUS_INFINITY)
		find_start(r);
	if (r->calendar)
		list_hours(&r->hours, r->calendar, r->from, r->to);
	if (has_planned(r))
		excuse_planned(r);
	flatten_all(r, question->each);
	return r;
}

/* Adds the outages of an experience to those of a service, as heavy as they are for it. */
static void
add_to_service(SltOutages *list, const SltExperience *e, SltKind k)
{
	int64		i = list->count;

	slt_outages_add_all(list, &e->outages[k]);
	for (; e->weight < SLT_FULL_WEIGHT && i < list->count; i++)
		list->items[i].weight = weight_in_service(e, list->items[i].weight);
}

/* Puts the outages of one kind together, of the whole service or of an experience, which are flat already each. */
static SltOutages
outages_of(const SltFacts *r, int which, SltKind k)
{
	SltOutages	all = {0};

	if (r->wanted != SLT_EACH || (which >= 0 && r->experiences[which].outages[k].count == 0))
		return r->outages[k];
	if (which >= 0 && r->outages[k].count == 0)
		return r->experiences[which].outages[k];
	slt_outages_add_all(&all, &r->outages[k]);
	if (which >= 0)
		slt_outages_add_all(&all, &r->experiences[which].outages[k]);
	for (int i = 0; which < 0 && i < r->nexperiences; i++)
		if (r->experiences[i].covered)
			add_to_service(&all, &r->experiences[i], k);
	slt_flatten(&all);
	return all;
}

/*
 * Puts the history of the whole service or of an experience together.  The
 * service is known as long as any experience is that counts; one without
 * experiences since it began, if anyone has said when.
 */
void
slt_history_of(SltFacts *r, int which, SltHistory *h, SltPeriods *known)
{
	memset(h, 0, sizeof(*h));
	slt_periods_init(known, NULL);
	h->known = known;
	h->hours = r->calendar ? &r->hours : NULL;
	for (SltKind k = 0; k < SLT_KINDS; k++)
		h->outages[k] = outages_of(r, which, k);
	for (int i = 0; i < r->nexperiences; i++)
	{
		const SltExperience *e = &r->experiences[i];

		if (which == SLT_WHOLE_SERVICE ? !e->covered : i != which)
			continue;
		slt_periods_add_all(known, &e->known);
	}
	if (r->nexperiences == 0 && r->service->since > SLT_MINUS_INFINITY)
		slt_periods_add(known, r->from, SLT_INFINITY);	/* also just after now,
														 * where figures end and
														 * the status is asked
														 * for */
	slt_merge(known);
}
