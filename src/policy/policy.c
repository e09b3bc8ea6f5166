/*
 * policy.c
 *		The per-backend copy of the config tables.
 *
 * It behaves as the system catalogs do.  Tables are read past the privileges of
 * whoever asks, with a fresh catalog snapshot, so that the copy is never older
 * than the invalidations that were already seen; that also works in parallel
 * workers and on a standby.  A trigger on each table sends a relcache
 * invalidation, which takes effect in this transaction at once, elsewhere at
 * commit, and not at all after a rollback.  The callback counts; whoever needs
 * the policy compares the count, and reads everything again if it moved,
 * the tables' OIDs included.
 *
 * What contracts promise, and the holidays of a calendar, are read when they
 * are first needed, so that a short session pays only for what it uses.
 */
#include "policy.h"

#include "access/stratnum.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgroids.h"
#include "utils/formatting.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#include "config.h"
#include "spelling.h"

/* The config tables whose contents are kept. */
typedef enum ConfigTable
{
	CALENDARS,
	HOLIDAYS,
	CONTRACTS,
	SEVERITIES,
	TARGETS,
	REQUEST_KINDS,
	CONFIG_TABLES
} ConfigTable;

static const char *const table_names[CONFIG_TABLES] = {
	"slt_calendars", "slt_holidays", "slt_contracts", "slt_severities", "slt_targets", "slt_request_kinds"
};

/* A name as the table spells it, and as it is compared. */
typedef struct ConfigName
{
	char	   *spelled;
	char	   *folded;
} ConfigName;

typedef struct Calendar
{
	ConfigName		name;
	struct varlena *rules;		/* of the row */
	struct varlena *whole;		/* with the holidays; NULL until needed */
	SltTimeline *timeline;
	uint64		epoch;			/* of the timeline */
} Calendar;

typedef struct Contract
{
	ConfigName		name;
	ConfigName		calendar;
} Contract;

typedef struct Severity
{
	ConfigName		code;
	ConfigName		label;
} Severity;

/* A row of slt_targets. */
typedef struct TargetRow
{
	ConfigName		contract;
	ConfigName		severity;
	ConfigName		metric;
	SltTarget	target;
} TargetRow;

typedef struct RequestKind
{
	ConfigName		name;
	bool		in_scope;
} RequestKind;

typedef struct KnownPromise
{
	const Spelling *spelling;
	SltPromise	promise;
	char		status;
} KnownPromise;

#define SH_PREFIX promises
#define SH_ELEMENT_TYPE KnownPromise
#define SH_KEY_TYPE const Spelling *
#define SH_KEY spelling
#define SH_HASH_KEY(tb, key) hash_spelling(key)
#define SH_EQUAL(tb, a, b) same_spelling(a, b)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

#define MAX_SPELLINGS 4096		/* promises are looked up the slow way beyond */

typedef struct Policy
{
	MemoryContext context;
	uint64		generation;		/* invalidations seen when it was read */
	uint64		calendars_generation;	/* of them, those of calendars and holidays */
	Oid			tables[CONFIG_TABLES];
	int			ncalendars;
	Calendar   *calendars;
	int			ncontracts;
	Contract   *contracts;
	int			nseverities;
	Severity   *severities;
	int			ntargets;
	TargetRow  *targets;
	int			nrequest_kinds;
	RequestKind *request_kinds;
	promises_hash *promises;	/* NULL while contracts, severities, targets and request kinds are not read */
} Policy;

static Policy *current = NULL;
static uint64 invalidations = 1;
static uint64 changes[CONFIG_TABLES];	/* the same for each table */
static uint64 setting_changes = 1;
static char *calendar_setting = NULL;

/* The tables that an invalidation is compared with: those of the last policy read, or being read. */
static Oid	watched[CONFIG_TABLES];

/* ---------- invalidation ---------- */

/* Counts invalidations that concern the config tables; InvalidOid means any table. */
static void
relation_changed(Datum arg, Oid relid)
{
	for (int i = 0; i < CONFIG_TABLES; i++)
		if (!OidIsValid(relid) || relid == watched[i])
		{
			changes[i]++;
			invalidations++;
		}
}

/* Counts changes of slt.calendar. */
static void
calendar_setting_changed(const char *value, void *extra)
{
	setting_changes++;
}

/* Defines the settings and registers the callback, once for each backend. */
void
slt_policy_init(void)
{
	DefineCustomStringVariable("slt.calendar",
							   "The calendar of functions that are called without one.",
							   "The name of a row of slt_calendars.",
							   &calendar_setting, "Egypt", PGC_USERSET, 0,
							   NULL, calendar_setting_changed, NULL);
	MarkGUCPrefixReserved("slt");
	CacheRegisterRelcacheCallback(relation_changed, (Datum) 0);
}

/*
 * Hears of changes once a statement.  Most statements take a lock and so hear
 * of them anyway; this is for those that take none.
 */
static inline void
listen(void)
{
	static TimestampTz listened_at = 0;
	TimestampTz statement = GetCurrentStatementStartTimestamp();

	if (unlikely(listened_at != statement))
	{
		listened_at = statement;
		AcceptInvalidationMessages();
	}
}

/* Returns a number that changes whenever a name may mean something else than before. */
uint64
slt_names_epoch(void)
{
	listen();
	return invalidations + setting_changes + slt_timelines_epoch;
}

/*
 * The trigger of the config tables, before each row and before TRUNCATE, always
 * enabled: tells every backend, this one included, that its copy is stale.
 * Whoever reads the change before it is committed, and so too early, will have
 * been told before; a rollback tells him again.
 */
PG_FUNCTION_INFO_V1(slt_config_changed);
Datum
slt_config_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager", "slt_config_changed")));
	CacheInvalidateRelcache(trigger->tg_relation);
	if (!TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		return PointerGetDatum(NULL);
	return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple);
}

/* ---------- reading the tables ---------- */

/* Finds the config tables. */
static void
find_tables(Oid schema, Oid *tables)
{
	for (int i = 0; i < CONFIG_TABLES; i++)
		tables[i] = slt_config_table(schema, table_names[i]);
}

/* Folds a name for comparison without regard to case. */
static char *
fold(const char *name, int len)
{
	return str_tolower(name, len, DEFAULT_COLLATION_OID);
}

/* Returns a text column of the row as a name. */
static ConfigName
name_column(const SltConfigScan *s, const char *column_name)
{
	ConfigName	name;

	name.spelled = slt_text_column(s, column_name);
	name.folded = fold(name.spelled, strlen(name.spelled));
	return name;
}

/* Makes room for one more row. */
static void *
one_more(void *rows, int count, Size size)
{
	if (count == 0)
		return palloc(8 * size);
	return count >= 8 && (count & (count - 1)) == 0 ? repalloc(rows, 2 * count * size) : rows;
}

/* Reads slt_calendars. */
static void
read_calendars(Policy *p, Oid schema)
{
	Oid			type = slt_config_type(schema, "working_calendar");
	SltConfigScan s = slt_begin_scan(p->tables[CALENDARS], InvalidOid, 0, NULL);

	while (slt_next_row(&s))
	{
		Calendar   *c;

		p->calendars = one_more(p->calendars, p->ncalendars, sizeof(Calendar));
		c = &p->calendars[p->ncalendars++];
		memset(c, 0, sizeof(*c));
		c->name = name_column(&s, "name");
		c->rules = PG_DETOAST_DATUM_COPY(slt_column(&s, "calendar", type));
	}
	slt_end_scan(&s);
}

/* Reads slt_contracts. */
static void
read_contracts(Policy *p)
{
	SltConfigScan s = slt_begin_scan(p->tables[CONTRACTS], InvalidOid, 0, NULL);

	while (slt_next_row(&s))
	{
		p->contracts = one_more(p->contracts, p->ncontracts, sizeof(Contract));
		p->contracts[p->ncontracts].name = name_column(&s, "name");
		p->contracts[p->ncontracts++].calendar = name_column(&s, "calendar");
	}
	slt_end_scan(&s);
}

/* Reads slt_severities. */
static void
read_severities(Policy *p)
{
	SltConfigScan s = slt_begin_scan(p->tables[SEVERITIES], InvalidOid, 0, NULL);

	while (slt_next_row(&s))
	{
		p->severities = one_more(p->severities, p->nseverities, sizeof(Severity));
		p->severities[p->nseverities].code = name_column(&s, "code");
		p->severities[p->nseverities++].label = name_column(&s, "label");
	}
	slt_end_scan(&s);
}

/* Reads slt_request_kinds. */
static void
read_request_kinds(Policy *p)
{
	SltConfigScan s = slt_begin_scan(p->tables[REQUEST_KINDS], InvalidOid, 0, NULL);

	while (slt_next_row(&s))
	{
		p->request_kinds = one_more(p->request_kinds, p->nrequest_kinds, sizeof(RequestKind));
		p->request_kinds[p->nrequest_kinds].name = name_column(&s, "name");
		p->request_kinds[p->nrequest_kinds++].in_scope = DatumGetBool(slt_column(&s, "in_scope", BOOLOID));
	}
	slt_end_scan(&s);
}

/* Returns an instant, or the one behind it; there is none behind infinity. */
static TimestampTz
just_behind(Datum instant, bool behind)
{
	TimestampTz t = DatumGetTimestampTz(instant);

	return behind && !TIMESTAMP_NOT_FINITE(t) ? t + 1 : t;
}

/* Reads slt_targets; rows without any validity promise nothing. */
static void
read_targets(Policy *p, Oid schema)
{
	Oid			type = slt_config_type(schema, "working_interval");
	SltConfigScan s = slt_begin_scan(p->tables[TARGETS], InvalidOid, 0, NULL);
	TypeCacheEntry *cache = lookup_type_cache(TSTZRANGEOID, TYPECACHE_RANGE_INFO);

	while (slt_next_row(&s))
	{
		TargetRow  *t;
		RangeBound	lower,
					upper;
		Datum		pausable;
		bool		empty,
					by_metric;

		p->targets = one_more(p->targets, p->ntargets, sizeof(TargetRow));
		t = &p->targets[p->ntargets];
		t->contract = name_column(&s, "contract");
		t->severity = name_column(&s, "severity");
		t->metric = name_column(&s, "metric");
		t->target.amount = *DatumGetAmount(slt_column(&s, "amount", type));
		pausable = slt_tuple_column(s.rel, s.row, "pausable", BOOLOID, &by_metric);
		t->target.pausable = by_metric ? strcmp(t->metric.folded, "response") != 0 : DatumGetBool(pausable);
		t->target.at_risk = DatumGetFloat8(DirectFunctionCall1(numeric_float8, slt_column(&s, "at_risk", NUMERICOID)));
		range_deserialize(cache, DatumGetRangeTypeP(slt_column(&s, "during", TSTZRANGEOID)), &lower, &upper, &empty);
		if (empty)
			continue;
		t->target.from = lower.infinite ? DT_NOBEGIN : just_behind(lower.val, !lower.inclusive);
		t->target.to = upper.infinite ? DT_NOEND : just_behind(upper.val, upper.inclusive);
		p->ntargets++;
	}
	slt_end_scan(&s);
}

/* Reads the policy into a memory context of its own: calendars, and what contracts promise if that is asked for. */
static Policy *
read_policy(bool promises)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "slt policy", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	Policy	   *p = palloc0(sizeof(Policy));
	Oid			schema;

	p->context = context;
	p->generation = invalidations;
	p->calendars_generation = changes[CALENDARS] + changes[HOLIDAYS];
	schema = slt_config_schema();
	find_tables(schema, p->tables);
	memcpy(watched, p->tables, sizeof(watched));
	read_calendars(p, schema);
	if (promises)
	{
		read_contracts(p);
		read_severities(p);
		read_targets(p, schema);
		read_request_kinds(p);
		p->promises = promises_create(context, 32, NULL);
	}
	MemoryContextSwitchTo(caller);
	return p;
}

/* Takes over calendars that were put together before, if neither their rules nor their holidays have changed since. */
static void
keep_calendars(Policy *p, const Policy *old)
{
	MemoryContext caller = MemoryContextSwitchTo(p->context);

	for (int i = 0; i < p->ncalendars && p->calendars_generation == old->calendars_generation; i++)
		for (int k = 0; k < old->ncalendars; k++)
			if (old->calendars[k].whole != NULL && strcmp(p->calendars[i].name.spelled, old->calendars[k].name.spelled) == 0)
			{
				p->calendars[i].whole = (struct varlena *) PG_DETOAST_DATUM_COPY(PointerGetDatum(old->calendars[k].whole));
				p->calendars[i].timeline = old->calendars[k].timeline;
				p->calendars[i].epoch = old->calendars[k].epoch;
			}
	MemoryContextSwitchTo(caller);
}

/* Reads the policy again, until no invalidation came in the meantime. */
static pg_noinline Policy *
refresh_policy(bool promises)
{
	for (;;)
	{
		Policy	   *p = read_policy(promises);

		if (p->generation == invalidations)
		{
			if (current != NULL)
			{
				keep_calendars(p, current);
				MemoryContextDelete(current->context);
			}
			MemoryContextSetParent(p->context, CacheMemoryContext);
			current = p;
			return p;
		}
		MemoryContextDelete(p->context);
	}
}

/* Returns the policy as it is now, valid until the next call. */
static inline Policy *
policy(bool promises)
{
	listen();
	if (likely(current != NULL && current->generation == invalidations && (current->promises != NULL || !promises)))
		return current;
	return refresh_policy(promises);
}

/* ---------- names ---------- */

/* Adds a name to the list of what is known; a long list is cut. */
static void
list_name(StringInfo list, const char *name)
{
	if (list->len > 1000)
	{
		if (list->data[list->len - 1] != '.')
			appendStringInfoString(list, ", ...");
		return;
	}
	appendStringInfo(list, "%s\"%s\"", list->len ? ", " : "", name);
}

/* Complains about a name that nothing has. */
static __attribute__((noreturn)) void
unknown_name(const char *what, const char *plural, const char *table, const char *name, int len, StringInfo known, const char *more)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("%s \"%.*s\" does not exist", what, pg_mbcliplen(name, len, 200), name),
			 known->len > 0 ? errhint("Known %s are %s.%s", plural, known->data, more)
			 : errhint("There are no %s; add a row to %s.", plural, table)));
}

/* Finds a calendar by its name. */
static Calendar *
find_calendar(Policy *p, const char *name, int len)
{
	StringInfoData known;
	char	   *folded;

	for (int i = 0; i < p->ncalendars; i++)
		if (strlen(p->calendars[i].name.spelled) == (size_t) len && memcmp(p->calendars[i].name.spelled, name, len) == 0)
			return &p->calendars[i];
	folded = fold(name, len);
	for (int i = 0; i < p->ncalendars; i++)
		if (strcmp(p->calendars[i].name.folded, folded) == 0)
			return &p->calendars[i];
	initStringInfo(&known);
	for (int i = 0; i < p->ncalendars; i++)
		list_name(&known, p->calendars[i].name.spelled);
	unknown_name("calendar", "calendars", "slt_calendars", name, len, &known,
				 " To give a calendar itself instead of a name, write working_calendar '...'.");
}

/* Finds a contract by its name. */
static Contract *
find_contract(Policy *p, const char *name, int len)
{
	char	   *folded = fold(name, len);
	StringInfoData known;

	for (int i = 0; i < p->ncontracts; i++)
		if (strcmp(p->contracts[i].name.folded, folded) == 0)
			return &p->contracts[i];
	initStringInfo(&known);
	for (int i = 0; i < p->ncontracts; i++)
		list_name(&known, p->contracts[i].name.spelled);
	unknown_name("contract", "contracts", "slt_contracts", name, len, &known, "");
}

/* Finds a severity by its code or, failing that, by its label. */
static Severity *
find_severity(Policy *p, const char *name, int len)
{
	char	   *folded = fold(name, len);
	StringInfoData known;

	for (int i = 0; i < p->nseverities; i++)
		if (strcmp(p->severities[i].code.folded, folded) == 0)
			return &p->severities[i];
	for (int i = 0; i < p->nseverities; i++)
		if (strcmp(p->severities[i].label.folded, folded) == 0 && folded[0] != '\0')
			return &p->severities[i];
	initStringInfo(&known);
	for (int i = 0; i < p->nseverities; i++)
	{
		list_name(&known, p->severities[i].code.spelled);
		if (p->severities[i].label.spelled[0] != '\0')
			list_name(&known, p->severities[i].label.spelled);
	}
	unknown_name("severity", "severities", "slt_severities", name, len, &known, "");
}

/* Finds a metric by its name, among those that have a target; returns it folded. */
static const char *
find_metric(Policy *p, const char *name, int len)
{
	char	   *folded = fold(name, len);
	StringInfoData known;

	for (int i = 0; i < p->ntargets; i++)
		if (strcmp(p->targets[i].metric.folded, folded) == 0)
			return folded;
	initStringInfo(&known);
	for (int i = 0; i < p->ntargets; i++)
	{
		int			k = 0;

		while (k < i && strcmp(p->targets[k].metric.folded, p->targets[i].metric.folded) != 0)
			k++;
		if (k == i)
			list_name(&known, p->targets[i].metric.spelled);
	}
	unknown_name("metric", "metrics", "slt_targets", name, len, &known, "");
}

/* Finds a kind of request by its name. */
static RequestKind *
find_request_kind(Policy *p, const char *name, int len)
{
	char	   *folded = fold(name, len);
	StringInfoData known;

	for (int i = 0; i < p->nrequest_kinds; i++)
		if (strcmp(p->request_kinds[i].name.folded, folded) == 0)
			return &p->request_kinds[i];
	initStringInfo(&known);
	for (int i = 0; i < p->nrequest_kinds; i++)
		list_name(&known, p->request_kinds[i].name.spelled);
	unknown_name("request kind", "request kinds", "slt_request_kinds", name, len, &known, "");
}

/* ---------- calendars with their holidays ---------- */

/* Appends a holiday to a calendar's text as a dated rule. */
static void
append_holiday(StringInfo text, const SltConfigScan *s)
{
	DateADT		day = DatumGetDateADT(slt_column(s, "day", DATEOID));
	char	   *name = slt_text_column(s, "name"),
			   *hours = slt_text_column(s, "hours");
	int			year,
				month,
				mday;

	slt_date_to_civil(day, &year, &month, &mday);
	appendStringInfo(text, "; %04d-%02d-%02d %s", year, month, mday, hours[0] ? hours : "off");
	for (char *c = name; *c; c++)
		if (*c == '"')
			*c = '\'';			/* a comment cannot contain its own quote */
	if (name[0])
		appendStringInfo(text, " \"%s\"", name);
}

/* Puts a calendar and its holidays together, once. */
static const struct varlena *
whole_calendar(Policy *p, Calendar *c)
{
	MemoryContext scratch,
				caller;
	StringInfoData text;
	struct varlena *whole;
	ScanKeyData key;
	Relation	rel;
	Oid			index;
	SltConfigScan		s;

	if (c->whole != NULL)
		return c->whole;
	scratch = AllocSetContextCreate(CurrentMemoryContext, "slt holidays", ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(scratch);
	initStringInfo(&text);
	appendBinaryStringInfo(&text, slt_calendar_text(c->rules), slt_calendar_text_length(c->rules));

	/* the primary key is by calendar and day */
	rel = table_open(p->tables[HOLIDAYS], AccessShareLock);
	index = slt_primary_key_index(rel);
	table_close(rel, NoLock);
	ScanKeyInit(&key, get_attnum(p->tables[HOLIDAYS], "calendar"), BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(c->name.spelled));
	key.sk_collation = DEFAULT_COLLATION_OID;
	s = slt_begin_scan(p->tables[HOLIDAYS], index, 1, &key);
	while (slt_next_row(&s))
		append_holiday(&text, &s);
	slt_end_scan(&s);

	whole = slt_make_calendar(text.data, text.len, NULL);
	MemoryContextSwitchTo(p->context);
	c->whole = (struct varlena *) PG_DETOAST_DATUM_COPY(PointerGetDatum(whole));
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(scratch);
	return c->whole;
}

/* Returns the timeline of a calendar of the policy. */
static SltTimeline *
calendar_timeline(Policy *p, Calendar *c)
{
	if (c->timeline == NULL || c->epoch != slt_timelines_epoch)
	{
		c->timeline = slt_timeline_of(whole_calendar(p, c));
		c->epoch = slt_timelines_epoch;
	}
	return c->timeline;
}

/* Returns a calendar, holidays included, by its name. */
const struct varlena *
slt_calendar_by_name(const char *name, int len)
{
	Policy	   *p = policy(false);

	return whole_calendar(p, find_calendar(p, name, len));
}

/* Returns the timeline of a calendar, holidays included, by its name. */
SltTimeline *
slt_timeline_by_name(const char *name, int len)
{
	Policy	   *p = policy(false);

	return calendar_timeline(p, find_calendar(p, name, len));
}

/* Lists the time zones of the calendars. */
PG_FUNCTION_INFO_V1(slt_time_zones);
Datum
slt_time_zones(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Policy	   *p = policy(false);
	bool		null = false;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	for (int i = 0; i < p->ncalendars; i++)
	{
		Datum		zone = DirectFunctionCall1(slt_working_time_zone, PointerGetDatum(p->calendars[i].rules));

		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, &zone, &null);
	}
	return (Datum) 0;
}

/* Returns the timeline of the calendar that slt.calendar names. */
SltTimeline *
slt_default_timeline(void)
{
	return slt_timeline_by_name(calendar_setting, strlen(calendar_setting));
}

/* ---------- promises ---------- */

/* Orders targets by when they begin. */
static int
compare_targets(const void *a, const void *b)
{
	TimestampTz x = ((const SltTarget *) a)->from,
				y = ((const SltTarget *) b)->from;

	return (x > y) - (x < y);
}

/* Resolves what was asked for, by names as they may be spelled, in the policy's memory. */
static SltPromise
resolve_promise(Policy *p, const Spelling *s)
{
	Severity   *severity = find_severity(p, s->words[0].bytes, s->words[0].len);
	Contract   *contract = find_contract(p, s->words[1].bytes, s->words[1].len);
	const char *metric = find_metric(p, s->words[2].bytes, s->words[2].len);
	SltPromise	promise = {0};

	promise.calendar = find_calendar(p, contract->calendar.spelled, strlen(contract->calendar.spelled)) - p->calendars;
	promise.targets = MemoryContextAlloc(p->context, sizeof(SltTarget) * Max(p->ntargets, 1));
	for (int i = 0; i < p->ntargets; i++)
		if (strcmp(p->targets[i].contract.folded, contract->name.folded) == 0 &&
			strcmp(p->targets[i].severity.folded, severity->code.folded) == 0 &&
			strcmp(p->targets[i].metric.folded, metric) == 0)
			promise.targets[promise.ntargets++] = p->targets[i].target;
	qsort(promise.targets, promise.ntargets, sizeof(SltTarget), compare_targets);
	return promise;
}

/* Adds a promise under the spelling it was asked for with. */
static pg_noinline SltPromise *
learn_promise(Policy *p, const Spelling *s)
{
	SltPromise	promise = resolve_promise(p, s);
	KnownPromise *known;
	bool		found;

	if (p->promises->members >= MAX_SPELLINGS)
		promises_reset(p->promises);
	known = promises_insert(p->promises, copy_spelling(p->context, s), &found);
	known->promise = promise;
	return &known->promise;
}

/* Finds what a contract promises for a severity and a metric; valid until the next call. */
SltPromise *
slt_find_promise(text *severity, text *contract, text *metric)
{
	Policy	   *p = policy(true);
	Spelling	s;
	KnownPromise *known;

	take_word(&s.words[0], VARDATA_ANY(severity), VARSIZE_ANY_EXHDR(severity));
	take_word(&s.words[1], VARDATA_ANY(contract), VARSIZE_ANY_EXHDR(contract));
	take_word(&s.words[2], VARDATA_ANY(metric), VARSIZE_ANY_EXHDR(metric));
	known = promises_lookup(p->promises, &s);
	return likely(known != NULL) ? &known->promise : learn_promise(p, &s);
}

/* Returns the timeline of the calendar that a promise counts by. */
SltTimeline *
slt_promise_timeline(SltPromise *promise)
{
	if (unlikely(promise->timeline == NULL || promise->epoch != slt_timelines_epoch))
	{
		promise->timeline = calendar_timeline(current, &current->calendars[promise->calendar]);
		promise->epoch = slt_timelines_epoch;
	}
	return promise->timeline;
}

/* Tells whether any contract has a target for a metric, by its name in lower case. */
bool
slt_has_metric(const char *metric)
{
	Policy	   *p = policy(true);

	for (int i = 0; i < p->ntargets; i++)
		if (strcmp(p->targets[i].metric.folded, metric) == 0)
			return true;
	return false;
}

/* Tells whether requests of a kind are owed a deadline. */
bool
slt_is_in_scope(const char *request_kind)
{
	return find_request_kind(policy(true), request_kind, strlen(request_kind))->in_scope;
}

/* Returns a severity's code and a contract's name as the policy spells them. */
void
slt_spell_names(const char *severity, const char *contract, const char **code, const char **name)
{
	Policy	   *p = policy(true);

	*code = find_severity(p, severity, strlen(severity))->code.spelled;
	*name = find_contract(p, contract, strlen(contract))->name.spelled;
}

/* Complains if the policy has no such severity, contract or request kind. */
PG_FUNCTION_INFO_V1(slt_check_name);
Datum
slt_check_name(PG_FUNCTION_ARGS)
{
	char	   *what = text_to_cstring(PG_GETARG_TEXT_PP(0)),
			   *name = text_to_cstring(PG_GETARG_TEXT_PP(1));
	Policy	   *p = policy(true);

	if (strcmp(what, "severity") == 0)
		find_severity(p, name, strlen(name));
	else if (strcmp(what, "contract") == 0)
		find_contract(p, name, strlen(name));
	else
		find_request_kind(p, name, strlen(name));
	PG_RETURN_VOID();
}

/* Lists the metrics that have a target, in order of their names. */
PG_FUNCTION_INFO_V1(slt_metrics);
Datum
slt_metrics(PG_FUNCTION_ARGS)
{
	Policy	   *p = policy(true);
	Datum	   *names = palloc(sizeof(Datum) * Max(p->ntargets, 1));
	int			n = 0;

	for (int i = 0; i < p->ntargets; i++)
	{
		int			k = 0;

		while (k < i && strcmp(p->targets[k].metric.folded, p->targets[i].metric.folded) != 0)
			k++;
		if (k == i)
			names[n++] = CStringGetTextDatum(p->targets[i].metric.folded);
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT));
}
