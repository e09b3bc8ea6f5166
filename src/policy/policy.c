/*
 * policy.c
 *		The per-backend copy of the config tables.
 *
 * It behaves as the system catalogs do.  Tables are read past the privileges of
 * whoever asks, all with one fresh catalog snapshot, so that the copy is never
 * older than the invalidations that were already seen; that also works in
 * parallel workers and on a standby.  Changes are counted (news.c); whoever
 * needs the policy compares the count, and reads everything again if it moved,
 * the tables' OIDs included.
 *
 * The holidays of a calendar are read when they are first needed, and again
 * when any holiday changed; a calendar whose holidays did not stays as it was.
 * If anything else has changed meanwhile, all is read again as of one instant.
 */
#include "policy.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/typcache.h"

#include "config.h"
#include "history.h"
#include "holidays.h"
#include "spelling.h"

/* The config tables whose contents are kept; of the last, only what is used. */
typedef enum ConfigTable
{
	CALENDARS,
	CALENDAR_LISTS,
	CONTRACTS,
	SEVERITIES,
	METRICS,
	TARGETS,
	REQUEST_KINDS,
	HOLIDAYS,
	CONFIG_TABLES
} ConfigTable;

/* What they are called, and what a row of them is. */
static const struct
{
	const char *table;
	const char *one;
	const char *unknown;		/* the messages, whole, as other languages put
								 * them together differently */
	const char *none;
	const char *known;
}			kinds[CONFIG_TABLES] = {
	[CALENDARS] = {"slt_calendars", "calendar", "calendar \"%s\" does not exist", "There are no calendars; add a row to slt_calendars.", "Known calendars are %s."},
	[CALENDAR_LISTS] = {"slt_calendar_lists"},
	[CONTRACTS] = {"slt_contracts", "contract", "contract \"%s\" does not exist", "There are no contracts; add a row to slt_contracts.", "Known contracts are %s."},
	[SEVERITIES] = {"slt_severities", "severity", "severity \"%s\" does not exist", "There are no severities; add a row to slt_severities.", "Known severities are %s."},
	[METRICS] = {"slt_metrics", "metric", "metric \"%s\" does not exist", "There are no metrics; add a row to slt_metrics.", "Known metrics are %s."},
	[TARGETS] = {"slt_targets"},
	[REQUEST_KINDS] = {"slt_request_kinds", "request kind", "request kind \"%s\" does not exist", "There are no request kinds; add a row to slt_request_kinds.",
	"Known request kinds are %s."},
	[HOLIDAYS] = {"slt_holidays"}
};

/* A name as the table spells it, and as it is compared.  Rows that have one begin with it. */
typedef struct ConfigName
{
	char	   *spelled;
	char	   *folded;
} ConfigName;

typedef struct Calendar
{
	ConfigName	name;
	struct varlena *rules;		/* of the row */
	List	   *lists;			/* names of its holiday lists */
	struct varlena *whole;		/* with the holidays; NULL until needed */
	uint64		whole_hash;		/* of the text it was made of */
	uint64		holidays;		/* changes of holidays that were known then */
	SltTimeline *timeline;
	uint64		epoch;			/* of the timeline */
} Calendar;

typedef struct Contract
{
	ConfigName	name;
	int			calendar;		/* number of a row, as everywhere */
} Contract;

typedef struct Severity
{
	ConfigName	code;
	ConfigName	label;			/* empty for none */
} Severity;

typedef struct Metric
{
	ConfigName	name;
	SltMetricRule rule;
} Metric;

typedef struct TargetRow
{
	int			contract;
	int			severity;
	int			metric;
	SltTarget	target;
} TargetRow;

typedef struct RequestKind
{
	ConfigName	name;
	bool		in_scope;
} RequestKind;

static const Size row_sizes[CONFIG_TABLES] = {
	[CALENDARS] = sizeof(Calendar),
	[CONTRACTS] = sizeof(Contract),
	[SEVERITIES] = sizeof(Severity),
	[METRICS] = sizeof(Metric),
	[TARGETS] = sizeof(TargetRow),
	[REQUEST_KINDS] = sizeof(RequestKind)
};

/* A promise under a spelling: which rows of the targets it is, and by whose calendar it counts. */
typedef struct KnownPromise
{
	const Spelling *spelling;
	int			first;
	int			ntargets;
	int			calendar;		/* -1: each target's */
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

/* What a backend keeps of spellings; others are worked out each time. */
#define MAX_SPELLINGS 4096
#define MAX_SPELLING_LENGTH 512

/* No name is as long; tables allow 250 bytes, and letters of the other case can take more. */
#define MAX_NAME_LENGTH 1000

typedef struct Policy
{
	MemoryContext context;
	uint64		generation;		/* changes that were known when it was read */
	uint64		holidays;		/* the same of holidays */
	Oid			tables[CONFIG_TABLES];
	int			counts[CONFIG_TABLES];
	void	   *rows[CONFIG_TABLES];	/* in order of their names; targets in
										 * order of promises and time */
	MemoryContext spellings;
	promises_hash *promises;
	bool		is_past;		/* as of an instant; then it has its holidays */
	SltHolidays past_holidays;
} Policy;

#define row_of(p, table, type, i) (&((type *) (p)->rows[table])[i])

static Policy *current = NULL;
static Policy *past = NULL;		/* the policy as of slt.as_of, if that was
								 * asked for */
static uint64 setting_changes = 1;
static char *calendar_setting = NULL;
static char *as_of_setting = NULL;
static int	present_level = 0;	/* of the transaction that goes by the present
								 * policy, whatever slt.as_of says; 0: none */

/* ---------- settings ---------- */

/* Counts changes of slt.calendar and slt.as_of. */
static void
setting_changed(const char *value, void *extra)
{
	setting_changes++;
}

/* An error that ends a transaction, or a part of it, takes back that it goes by the present policy. */
static void
transaction_ended(XactEvent event, void *arg)
{
	present_level = 0;
}

/* What a subtransaction changed is undone with it, so a policy that was read inside it is read again. */
static void
subtransaction_ended(SubXactEvent event, SubTransactionId id, SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB && present_level >= GetCurrentTransactionNestLevel())
		present_level = 0;
}

/* Tells whether the session goes by the policy of the past, by which nothing may be written. */
bool
slt_as_of_is_set(void)
{
	return as_of_setting[0] != '\0';
}

/*
 * Goes by the present policy, or by slt.as_of again; returns which it was
 * before.  An error that ends a transaction takes back what began in it.
 */
bool
slt_go_by_present(bool present)
{
	bool		before = present_level > 0;

	if (present != before)
		present_level = present ? GetCurrentTransactionNestLevel() : 0;
	return before;
}

/* Tells whether answers are those of slt.as_of. */
static inline bool
goes_by_past(void)
{
	return unlikely(as_of_setting[0] != '\0') && present_level == 0;
}

/* Defines the settings and registers the callbacks, once for each backend. */
void
slt_policy_init(void)
{
	DefineCustomStringVariable("slt.calendar",
							   "The calendar of functions that are called without one.",
							   "The name of a row of slt_calendars.",
							   &calendar_setting, "Egypt", PGC_USERSET, 0,
							   NULL, setting_changed, NULL);
	DefineCustomStringVariable("slt.as_of",
							   "Deadlines, explanations and reports go by the policy as it stood then.",
							   "An instant that slt_policy_log reaches back to; empty for the policy as it is.",
							   &as_of_setting, "", PGC_USERSET, 0,
							   NULL, setting_changed, NULL);
	MarkGUCPrefixReserved("slt");
	slt_news_init();
	RegisterXactCallback(transaction_ended, NULL);
	RegisterSubXactCallback(subtransaction_ended, NULL);
}

/* Returns a number that changes whenever a name may mean something else than before. */
uint64
slt_names_epoch(void)
{
	slt_listen();
	return (slt_policy_changes + slt_holiday_changes + setting_changes + slt_timelines_epoch) * 2 + goes_by_past();
}

/* ---------- names ---------- */

/* Orders rows by the name they begin with. */
static int
compare_names(const void *a, const void *b)
{
	return strcmp(((const ConfigName *) a)->folded, ((const ConfigName *) b)->folded);
}

/* Finds a row by its folded name; NULL if there is none. */
static void *
find_folded(const Policy *p, ConfigTable table, const char *folded)
{
	ConfigName	key = {.folded = unconstify(char *, folded)};

	return p->counts[table] == 0 ? NULL : bsearch(&key, p->rows[table], p->counts[table], row_sizes[table], compare_names);
}

/* Lists the names that a table has, a long list cut. */
static char *
known_names(const Policy *p, ConfigTable table)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < p->counts[table] && list.len <= 1000; i++)
	{
		const ConfigName *name = (ConfigName *) ((char *) p->rows[table] + i * row_sizes[table]);

		appendStringInfo(&list, "%s\"%s\"", list.len ? ", " : "", name->spelled);
		if (table == SEVERITIES && name[1].spelled[0])
			appendStringInfo(&list, ", \"%s\"", name[1].spelled);
		if (list.len > 1000 && i + 1 < p->counts[table])
			appendStringInfoString(&list, ", ...");
	}
	return list.data;
}

#define GIVE_VALUE " To give a calendar itself instead of a name, write working_calendar '...'."

/* Complains about a name that nothing has; who may read the table is told what there is. */
static pg_noinline __attribute__((noreturn))
void
unknown_name(const Policy *p, ConfigTable table, const char *name, int len)
{
	bool		may_know = pg_class_aclcheck(p->tables[table], GetUserId(), ACL_SELECT) == ACLCHECK_OK;
	char	   *shown = psprintf("%.*s%s", pg_mbcliplen(name, len, 100), name, len > 100 ? "..." : "");

	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg(kinds[table].unknown, shown),
			 p->counts[table] == 0 ? errhint("%s", kinds[table].none) :
			 !may_know && table != CALENDARS ? 0 :
			 errhint("%s%s", may_know ? psprintf(kinds[table].known, known_names(p, table)) : "",
					 table == CALENDARS ? &GIVE_VALUE[may_know ? 0 : 1] : "")));
}

/* Finds a row by its name, a severity also by its label. */
static void *
find_row(const Policy *p, ConfigTable table, const char *name, int len)
{
	void	   *row = NULL;

	if (len <= MAX_NAME_LENGTH)
	{
		char	   *folded = slt_fold_name(name, len);

		row = find_folded(p, table, folded);
		for (int i = 0; row == NULL && table == SEVERITIES && i < p->counts[table]; i++)
		{
			Severity   *s = row_of(p, table, Severity, i);

			if (s->label.folded[0] && strcmp(s->label.folded, folded) == 0)
				row = s;
		}
		pfree(folded);
	}
	if (row == NULL)
		unknown_name(p, table, name, len);
	return row;
}

/* Returns the number of the row that a column of another table names, -1 for none. */
static int
referenced_row(const Policy *p, ConfigTable table, const SltConfigScan *s, const char *column)
{
	char	   *folded = slt_text_column(s, column);
	char	   *row;

	folded = slt_fold_name(folded, strlen(folded));
	row = find_folded(p, table, folded);
	return row == NULL ? -1 : (int) ((row - (char *) p->rows[table]) / row_sizes[table]);
}

/* ---------- reading the tables ---------- */

/* Returns a text column of the row as a name; an empty one for null. */
static ConfigName
name_column(const SltConfigScan *s, const char *column_name)
{
	ConfigName	name = {slt_text_column(s, column_name), NULL};

	name.folded = slt_fold_name(name.spelled, strlen(name.spelled));
	return name;
}

/* Makes room for one more row, all zeros. */
static void *
add_row(Policy *p, ConfigTable table)
{
	int			n = p->counts[table]++;
	Size		size = row_sizes[table];
	void	   *row;

	if (n == 0)
		p->rows[table] = palloc(8 * size);
	else if (n >= 8 && (n & (n - 1)) == 0)
		p->rows[table] = repalloc_huge(p->rows[table], 2 * n * size);
	row = (char *) p->rows[table] + n * size;
	memset(row, 0, size);
	return row;
}

/* Takes a row of slt_calendars. */
static void
take_calendar(void *to, const SltConfigScan *s)
{
	Policy	   *p = to;
	Calendar   *c = add_row(p, CALENDARS);

	c->name = name_column(s, "name");
	c->rules = PG_DETOAST_DATUM_COPY(slt_column(s, "calendar", slt_config_type(RelationGetNamespace(s->rel), "working_calendar")));
}

/* Takes a row of slt_calendar_lists. */
static void
take_calendar_list(void *to, const SltConfigScan *s)
{
	Policy	   *p = to;
	int			calendar = referenced_row(p, CALENDARS, s, "calendar");

	if (calendar >= 0)
	{
		Calendar   *c = row_of(p, CALENDARS, Calendar, calendar);

		c->lists = lappend(c->lists, slt_text_column(s, "list"));
	}
}

/* Takes a row of slt_contracts. */
static void
take_contract(void *to, const SltConfigScan *s)
{
	Policy	   *p = to;
	Contract   *c = add_row(p, CONTRACTS);

	c->name = name_column(s, "name");
	c->calendar = referenced_row(p, CALENDARS, s, "calendar");
}

/* Takes a row of slt_severities. */
static void
take_severity(void *to, const SltConfigScan *s)
{
	Policy	   *p = to;
	Severity   *v = add_row(p, SEVERITIES);

	v->code = name_column(s, "code");
	v->label = name_column(s, "label");
}

/* Takes a row of slt_metrics. */
static void
take_metric(void *to, const SltConfigScan *s)
{
	Policy	   *p = to;
	Metric	   *m = add_row(p, METRICS);
	const char *when = slt_text_column(s, "when_reopened");

	m->name = name_column(s, "name");
	m->rule.name = m->name.spelled;
	m->rule.pausable = DatumGetBool(slt_column(s, "pausable", BOOLOID));
	m->rule.when_reopened = strcmp(when, "restart") == 0 ? SLT_RESTART : strcmp(when, "continue") == 0 ? SLT_CONTINUE :
		strcmp(when, "once") == 0 ? SLT_ENDS_ONCE : SLT_RESUME;
	m->rule.ends_with = slt_text_column(s, "ends_with");
	if (m->rule.ends_with[0] == '\0')
		m->rule.ends_with = NULL;
}

/* Takes a row of slt_request_kinds. */
static void
take_request_kind(void *to, const SltConfigScan *s)
{
	Policy	   *p = to;
	RequestKind *k = add_row(p, REQUEST_KINDS);

	k->name = name_column(s, "name");
	k->in_scope = DatumGetBool(slt_column(s, "in_scope", BOOLOID));
}

/* Orders numbers. */
static int
compare_int64(const void *a, const void *b)
{
	int64		x = *(const int64 *) a,
				y = *(const int64 *) b;

	return (x > y) - (x < y);
}

/* Reads a target's steps, in order. */
static void
read_steps(const SltConfigScan *s, SltTarget *t)
{
	Datum	   *steps;
	bool	   *nulls;
	int			n;

	deconstruct_array(DatumGetArrayTypeP(slt_column(s, "steps", NUMERICARRAYOID)), NUMERICOID, -1, false, TYPALIGN_INT, &steps, &nulls, &n);
	t->steps = palloc(sizeof(int64) * Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		double		step = nulls[i] ? 0 : DatumGetFloat8(DirectFunctionCall1(numeric_float8, steps[i]));

		if (step > 0 && step <= 10000)
			t->steps[t->nsteps++] = (int64) rint(step * 1e6);
	}
	qsort(t->steps, t->nsteps, sizeof(int64), compare_int64);
}

/* Returns an instant, or the one behind it; there is none behind infinity. */
static TimestampTz
just_behind(Datum instant, bool behind)
{
	TimestampTz t = DatumGetTimestampTz(instant);

	return behind && !TIMESTAMP_NOT_FINITE(t) ? t + 1 : t;
}

/* Reads when a target is in force; false if never. */
static bool
read_validity(const SltConfigScan *s, SltTarget *t)
{
	RangeBound	lower,
				upper;
	bool		empty;

	range_deserialize(lookup_type_cache(TSTZRANGEOID, TYPECACHE_RANGE_INFO),
					  DatumGetRangeTypeP(slt_column(s, "during", TSTZRANGEOID)), &lower, &upper, &empty);
	if (empty)
		return false;
	t->from = lower.infinite ? DT_NOBEGIN : just_behind(lower.val, !lower.inclusive);
	t->to = upper.infinite ? DT_NOEND : just_behind(upper.val, upper.inclusive);
	return true;
}

/* Takes a row of slt_targets; one that names nothing known, or is never in force, promises nothing. */
static void
take_target(void *to, const SltConfigScan *s)
{
	Policy	   *p = to;
	TargetRow  *t,
				row = {.contract = referenced_row(p, CONTRACTS, s, "contract"),.severity = referenced_row(p, SEVERITIES, s, "severity"),
	.metric = referenced_row(p, METRICS, s, "metric")};
	Datum		value;
	bool		isnull;

	if (row.contract < 0 || row.severity < 0 || row.metric < 0 || !read_validity(s, &row.target))
		return;
	row.target.calendar = referenced_row(p, CALENDARS, s, "calendar");
	if (row.target.calendar < 0)
		row.target.calendar = row_of(p, CONTRACTS, Contract, row.contract)->calendar;
	if (row.target.calendar < 0)
		return;
	row.target.amount = *DatumGetAmount(slt_column(s, "amount", slt_config_type(RelationGetNamespace(s->rel), "working_interval")));
	value = slt_tuple_column(s->rel, s->row, "pausable", BOOLOID, &isnull);
	row.target.pausable = isnull ? row_of(p, METRICS, Metric, row.metric)->rule.pausable : DatumGetBool(value);
	value = slt_tuple_column(s->rel, s->row, "attain", NUMERICOID, &isnull);
	row.target.attain = isnull ? -1 : DatumGetFloat8(DirectFunctionCall1(numeric_float8, value));
	read_steps(s, &row.target);
	t = add_row(p, TARGETS);
	*t = row;
}

/* Orders targets by promise, and by when they begin. */
static int
compare_targets(const void *a, const void *b)
{
	const TargetRow *x = a,
			   *y = b;

	if (x->contract != y->contract)
		return x->contract - y->contract;
	if (x->severity != y->severity)
		return x->severity - y->severity;
	if (x->metric != y->metric)
		return x->metric - y->metric;
	return (x->target.from > y->target.from) - (x->target.from < y->target.from);
}

/* Takes a row of slt_holidays; only of the past. */
static void
take_holiday(void *to, const SltConfigScan *s)
{
	slt_take_holiday(&((Policy *) to)->past_holidays, s);
}

/* Reads a table into the policy's memory: with a snapshot, or as it was at an instant. */
static void
read_table(Policy *p, ConfigTable table, Snapshot snapshot, TimestampTz as_of)
{
	static void (*const take_row[CONFIG_TABLES]) (void *p, const SltConfigScan *s) = {
		[CALENDARS] = take_calendar,
		[CALENDAR_LISTS] = take_calendar_list,
		[CONTRACTS] = take_contract,
		[SEVERITIES] = take_severity,
		[METRICS] = take_metric,
		[TARGETS] = take_target,
		[REQUEST_KINDS] = take_request_kind,
		[HOLIDAYS] = take_holiday
	};

	if (p->is_past)
		slt_past_rows(p->tables[table], as_of, take_row[table], p);
	else
	{
		SltConfigScan s = slt_begin_snapshot_scan(p->tables[table], InvalidOid, 0, NULL, snapshot);

		while (slt_next_row(&s))
			take_row[table] (p, &s);
		slt_end_scan(&s);
	}
	if (table == TARGETS)
		qsort(p->rows[table], p->counts[table], sizeof(TargetRow), compare_targets);
	else if (row_sizes[table] > 0 && p->counts[table] > 0)
		qsort(p->rows[table], p->counts[table], row_sizes[table], compare_names);
}

/* Makes room for spellings, the first time or again. */
static void
reset_spellings(Policy *p)
{
	if (p->spellings == NULL)
		p->spellings = AllocSetContextCreate(p->context, "slt spellings", ALLOCSET_DEFAULT_SIZES);
	else
		MemoryContextReset(p->spellings);
	p->promises = promises_create(p->spellings, 32, NULL);
}

/* Takes a fresh snapshot, as for a catalog; parallel workers may do so, too. */
static Snapshot
fresh_snapshot(void)
{
	return RegisterSnapshot(GetNonHistoricCatalogSnapshot(InvalidOid));
}

/* Makes an empty policy in a memory context of its own, and counts the changes that are known. */
static Policy *
begin_policy(void)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "slt policy", ALLOCSET_DEFAULT_SIZES);
	Policy	   *p = MemoryContextAllocZero(context, sizeof(Policy));
	Oid			schema = slt_config_schema();

	p->context = context;
	for (int i = 0; i < CONFIG_TABLES; i++)
		p->tables[i] = slt_config_table(schema, kinds[i].table);
	slt_watch(p->tables, HOLIDAYS, p->tables[HOLIDAYS]);
	p->generation = slt_policy_changes;
	p->holidays = slt_holiday_changes;
	reset_spellings(p);
	return p;
}

/* Reads the policy, all of it with one snapshot, which is taken after the changes are counted, and returned. */
static Policy *
read_policy(Snapshot *snapshot)
{
	Policy	   *p = begin_policy();
	MemoryContext caller = MemoryContextSwitchTo(p->context);

	*snapshot = fresh_snapshot();
	for (int i = 0; i < HOLIDAYS; i++)
		read_table(p, i, *snapshot, 0);
	MemoryContextSwitchTo(caller);
	return p;
}

/* Returns the policy as of slt.as_of, which is read from the log once for each value of the setting. */
static pg_noinline Policy *
past_policy(void)
{
	static uint64 setting = 0;
	static uint64 seen = 0;
	TimestampTz as_of;
	Policy	   *p;
	MemoryContext caller;

	if (past != NULL && setting == setting_changes && seen == slt_policy_changes + slt_holiday_changes)
		return past;
	as_of = DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in, CStringGetDatum(as_of_setting), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	slt_log_must_reach(as_of);
	p = begin_policy();
	p->is_past = true;
	caller = MemoryContextSwitchTo(p->context);
	for (int i = 0; i < CONFIG_TABLES; i++)
		read_table(p, i, NULL, as_of);
	MemoryContextSwitchTo(caller);
	if (past != NULL)
		MemoryContextDelete(past->context);
	MemoryContextSetParent(p->context, CacheMemoryContext);
	setting = setting_changes;
	seen = p->generation + p->holidays;
	return past = p;
}

/* Tells whether two calendars have the same rules and holiday lists. */
static bool
same_rules(const Calendar *a, const Calendar *b)
{
	ListCell   *x,
			   *y;

	if (VARSIZE_ANY(a->rules) != VARSIZE_ANY(b->rules) || memcmp(a->rules, b->rules, VARSIZE_ANY(a->rules)) != 0 ||
		list_length(a->lists) != list_length(b->lists))
		return false;
	forboth(x, a->lists, y, b->lists)
		if (strcmp(lfirst(x), lfirst(y)) != 0)
		return false;
	return true;
}

/* Takes over calendars that were put together before and whose row is the same. */
static void
keep_calendars(Policy *p, const Policy *old)
{
	MemoryContext caller = MemoryContextSwitchTo(p->context);

	for (int i = 0; i < p->counts[CALENDARS]; i++)
	{
		Calendar   *c = row_of(p, CALENDARS, Calendar, i),
				   *before = find_folded(old, CALENDARS, c->name.folded);

		if (before == NULL || before->whole == NULL || !same_rules(c, before))
			continue;
		c->whole = (struct varlena *) PG_DETOAST_DATUM_COPY(PointerGetDatum(before->whole));
		c->whole_hash = before->whole_hash;
		c->holidays = before->holidays;
		c->timeline = before->timeline;
		c->epoch = before->epoch;
	}
	MemoryContextSwitchTo(caller);
}

/* Puts a policy that was read in the place of the one before. */
static Policy *
install(Policy *p)
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

/* Reads the policy anew, and listens to changes of holidays again, of which it may have missed some. */
static pg_noinline Policy *
refresh_policy(void)
{
	Snapshot	snapshot;
	Policy	   *p = read_policy(&snapshot);

	UnregisterSnapshot(snapshot);
	slt_listen_well();			/* the calendars that are kept were read
								 * before */
	return install(p);
}

/* Returns the policy as it is now, valid until the next call. */
static inline Policy *
policy(void)
{
	slt_listen();
	if (goes_by_past())
		return past_policy();
	return likely(current != NULL && current->generation == slt_policy_changes) ? current : refresh_policy();
}

/* ---------- calendars with their holidays ---------- */

/*
 * Puts a calendar and its holidays together, or finds that they are as they
 * were.  False if the policy changed before they were read, unless they are
 * read with the policy's own snapshot.
 */
static pg_noinline bool
put_together(Policy *p, Calendar *c, Snapshot given)
{
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "slt holidays", ALLOCSET_DEFAULT_SIZES),
				caller = MemoryContextSwitchTo(scratch);
	uint64		known = given ? p->holidays : slt_holiday_changes;	/* counted before the
																	 * snapshot is taken */
	Snapshot	snapshot = given || p->is_past ? given : fresh_snapshot();
	SltHolidays holidays = {0};
	SltTextError error;
	char	   *text;
	uint64		hash;

	Assert(p == current || p == past);
	if (p->is_past)
		slt_select_holidays(&holidays, &p->past_holidays, c->lists);
	else
		slt_read_holidays(&holidays, p->tables[HOLIDAYS], c->lists, snapshot);
	if (holidays.n > SLT_MAX_RULES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the lists of calendar \"%s\" have %d holidays", c->name.spelled, holidays.n),
				 errdetail("A calendar has %d dates at most.", SLT_MAX_RULES)));
	text = slt_write_out_holidays(c->rules, &holidays, &error);
	if (text == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("calendar \"%s\" cannot have its holidays", c->name.spelled),
				 errdetail_internal("%s", error.detail)));
	if (snapshot != given)
	{
		UnregisterSnapshot(snapshot);
		slt_listen_well();
		if (p->generation != slt_policy_changes)
		{
			MemoryContextSwitchTo(caller);
			MemoryContextDelete(scratch);
			return false;
		}
	}
	hash = hash_bytes_extended((unsigned char *) text, strlen(text), 0);
	if (c->whole == NULL || hash != c->whole_hash)
	{
		struct varlena *whole = slt_make_calendar(text, strlen(text), NULL);

		MemoryContextSwitchTo(p->context);
		if (c->whole)
			pfree(c->whole);
		c->whole = NULL;
		c->timeline = NULL;
		c->whole = (struct varlena *) PG_DETOAST_DATUM_COPY(PointerGetDatum(whole));
		c->whole_hash = hash;
	}
	c->holidays = known;
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(scratch);
	return true;
}

/* Sees to it that a calendar has its holidays; false as above. */
static inline bool
has_holidays(Policy *p, Calendar *c, Snapshot snapshot)
{
	return likely(c->whole != NULL && snapshot == NULL && (c->holidays == slt_holiday_changes || p->is_past)) || put_together(p, c, snapshot);
}

/* Sees to it that a calendar has its timeline; false as above. */
static inline bool
has_timeline(Policy *p, Calendar *c, Snapshot snapshot)
{
	if (!has_holidays(p, c, snapshot))
		return false;
	if (unlikely(c->timeline == NULL || c->epoch != slt_timelines_epoch))
	{
		c->timeline = slt_timeline_of(c->whole);
		c->epoch = slt_timelines_epoch;
	}
	return true;
}

/*
 * A question to the policy.  The answer is false if the policy changed before
 * all that is needed was read, which it cannot with a snapshot of its own.
 */
typedef bool (*Answer) (Policy *p, Snapshot snapshot, void *question);

/* Asks the policy as it is; if it changes meanwhile, as it was at one instant. */
static inline void
ask(Answer answer, void *question)
{
	Snapshot	snapshot;
	Policy	   *p;

	if (likely(answer(policy(), NULL, question)))
		return;
	p = install(read_policy(&snapshot));
	answer(p, snapshot, question);
	UnregisterSnapshot(snapshot);
}

/* A calendar that is asked for by its name. */
typedef struct CalendarQuestion
{
	const char *name;
	int			len;
	Calendar   *calendar;
} CalendarQuestion;

/* Answers slt_calendar_by_name(): false where the holidays have to be read first, which may change the policy meanwhile. */
static bool
answer_calendar(Policy *p, Snapshot snapshot, void *question)
{
	CalendarQuestion *q = question;

	q->calendar = find_row(p, CALENDARS, q->name, q->len);
	return has_holidays(p, q->calendar, snapshot);
}

/* Answers slt_timeline_by_name(), as above. */
static bool
answer_timeline(Policy *p, Snapshot snapshot, void *question)
{
	CalendarQuestion *q = question;

	q->calendar = find_row(p, CALENDARS, q->name, q->len);
	return has_timeline(p, q->calendar, snapshot);
}

/* Returns a calendar, holidays included, by its name; a copy. */
struct varlena *
slt_calendar_by_name(const char *name, int len)
{
	CalendarQuestion q = {name, len};

	ask(answer_calendar, &q);
	return (struct varlena *) PG_DETOAST_DATUM_COPY(PointerGetDatum(q.calendar->whole));
}

/* Returns the timeline of a calendar, holidays included, by its name. */
SltTimeline *
slt_timeline_by_name(const char *name, int len)
{
	CalendarQuestion q = {name, len};

	ask(answer_timeline, &q);
	return q.calendar->timeline;
}

/* Returns the timeline of the calendar that slt.calendar names. */
SltTimeline *
slt_default_timeline(void)
{
	if (calendar_setting[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("no calendar is given, and setting \"slt.calendar\" is empty"),
				 errhint("Set slt.calendar to the name of a row of slt_calendars, as with ALTER DATABASE ... SET slt.calendar = '...', or give the calendar.")));
	return slt_timeline_by_name(calendar_setting, strlen(calendar_setting));
}

/* Tells whether a name means a calendar, without the error that looking it up would be. */
bool
slt_has_calendar(const char *name, int len)
{
	if (name == NULL)
		len = strlen(name = calendar_setting);
	return len <= MAX_NAME_LENGTH && find_folded(policy(), CALENDARS, slt_fold_name(name, len)) != NULL;
}

/* Says which calendar an error is about. */
static void
name_calendar(void *name)
{
	errcontext("calendar \"%s\" with its holidays", (char *) name);
}

/* Puts the calendars of these names, or that go by these lists, together, so that what cannot be is refused. */
void
slt_try_calendars(List *names, bool of_lists)
{
	bool		before = slt_go_by_present(true);
	Policy	   *p;
	List	   *found = NIL;
	ListCell   *cell,
			   *list;

	CommandCounterIncrement();	/* to see what the statement wrote */
	p = policy();
	for (int i = 0; i < p->counts[CALENDARS]; i++)
	{
		Calendar   *c = row_of(p, CALENDARS, Calendar, i);
		bool		concerned = false;

		foreach(cell, names)
		{
			concerned = concerned || (!of_lists && strcmp(c->name.spelled, lfirst(cell)) == 0);
			foreach(list, of_lists ? c->lists : NIL)
				concerned = concerned || strcmp(lfirst(list), lfirst(cell)) == 0;
		}
		if (concerned)
			found = lappend(found, pstrdup(c->name.spelled));
	}
	foreach(cell, found)
	{
		CalendarQuestion q = {lfirst(cell), strlen(lfirst(cell))};
		ErrorContextCallback context = {error_context_stack, name_calendar, lfirst(cell)};

		CHECK_FOR_INTERRUPTS();
		error_context_stack = &context;
		ask(answer_calendar, &q);
		error_context_stack = context.previous;
	}
	(void) slt_go_by_present(before);
}

/* Lists the time zones of the calendars. */
PG_FUNCTION_INFO_V1(slt_time_zones);
Datum
slt_time_zones(PG_FUNCTION_ARGS)
{
	Policy	   *p = policy();
	int			n = p->counts[CALENDARS];
	Datum	   *zones = palloc(sizeof(Datum) * Max(n, 1));

	for (int i = 0; i < n; i++)
		zones[i] = DirectFunctionCall1(slt_working_time_zone, PointerGetDatum(row_of(p, CALENDARS, Calendar, i)->rules));
	PG_RETURN_ARRAYTYPE_P(construct_array(zones, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* ---------- promises ---------- */

/* Works out which targets a spelling means; an empty calendar means each target's own. */
static KnownPromise
resolve_promise(const Policy *p, const Spelling *s)
{
	const Word *w = s->words;
	TargetRow	key = {
		.severity = (Severity *) find_row(p, SEVERITIES, w[0].bytes, w[0].len) - row_of(p, SEVERITIES, Severity, 0),
		.contract = (Contract *) find_row(p, CONTRACTS, w[1].bytes, w[1].len) - row_of(p, CONTRACTS, Contract, 0),
		.metric = (Metric *) find_row(p, METRICS, w[2].bytes, w[2].len) - row_of(p, METRICS, Metric, 0)
	};
	KnownPromise known = {.spelling = s,.calendar = -1};
	int			end = p->counts[TARGETS];

	if (w[3].len > 0)
		known.calendar = (Calendar *) find_row(p, CALENDARS, w[3].bytes, w[3].len) - row_of(p, CALENDARS, Calendar, 0);
	key.target.from = DT_NOBEGIN;
	while (known.first < end)
	{
		int			middle = (known.first + end) / 2;

		if (compare_targets(row_of(p, TARGETS, TargetRow, middle), &key) < 0)
			known.first = middle + 1;
		else
			end = middle;
	}
	for (key.target.from = DT_NOEND; known.first + known.ntargets < p->counts[TARGETS] &&
		 compare_targets(row_of(p, TARGETS, TargetRow, known.first + known.ntargets), &key) <= 0;)
		known.ntargets++;
	return known;
}

/* Finds what a spelling means, by heart unless it is long. */
static inline KnownPromise
find_promise(Policy *p, const Spelling *s)
{
	KnownPromise *known = promises_lookup(p->promises, s),
				promise;
	Size		length = 0;
	bool		found;

	if (likely(known != NULL))
		return *known;
	promise = resolve_promise(p, s);
	for (int i = 0; i < SLT_WORDS; i++)
		length += s->words[i].len;
	if (length > MAX_SPELLING_LENGTH)
		return promise;
	if (p->promises->members >= MAX_SPELLINGS)
		reset_spellings(p);
	known = promises_insert(p->promises, copy_spelling(p->spellings, s), &found);
	known->first = promise.first;
	known->ntargets = promise.ntargets;
	known->calendar = promise.calendar;
	return promise;
}

/* A promise that is asked for, at an instant or all of it. */
typedef struct PromiseQuestion
{
	Spelling	spelling;
	TimestampTz at;
	SltTarget  *target;			/* where it goes */
	MemoryContext context;
	SltPromise *promise;
	bool		found;
} PromiseQuestion;

/* Copies a target and fills in its timeline. */
static inline bool
copy_target(Policy *p, const KnownPromise *known, int i, Snapshot snapshot, SltTarget *target)
{
	Calendar   *c;

	*target = row_of(p, TARGETS, TargetRow, known->first + i)->target;
	if (known->calendar >= 0)
		target->calendar = known->calendar;
	c = row_of(p, CALENDARS, Calendar, target->calendar);
	if (!has_timeline(p, c, snapshot))
		return false;
	target->timeline = c->timeline;
	target->epoch = slt_timelines_epoch;
	return true;
}

/* Answers which target an instant is under: of those that follow each other in time there is one at most. */
static bool
answer_target(Policy *p, Snapshot snapshot, void *question)
{
	PromiseQuestion *q = question;
	KnownPromise known = find_promise(p, &q->spelling);

	q->found = false;
	for (int i = 0; i < known.ntargets; i++)
	{
		const SltTarget *t = &row_of(p, TARGETS, TargetRow, known.first + i)->target;

		if (q->at >= t->from && q->at < t->to)
		{
			q->found = true;
			return copy_target(p, &known, i, snapshot, q->target);
		}
	}
	return true;
}

/* Finds what is promised at an instant; false if nothing is.  Good while slt_names_epoch() stays what it is. */
bool
slt_find_target(text * severity, text * contract, text * metric, TimestampTz at, SltTarget *target)
{
	PromiseQuestion q = {.at = at,.target = target};

	take_word(&q.spelling.words[0], VARDATA_ANY(severity), VARSIZE_ANY_EXHDR(severity));
	take_word(&q.spelling.words[1], VARDATA_ANY(contract), VARSIZE_ANY_EXHDR(contract));
	take_word(&q.spelling.words[2], VARDATA_ANY(metric), VARSIZE_ANY_EXHDR(metric));
	take_word(&q.spelling.words[3], "", 0);
	ask(answer_target, &q);
	return q.found;
}

/* Copies all of a promise; false also if one timeline had to go for another. */
static bool
answer_promise(Policy *p, Snapshot snapshot, void *question)
{
	PromiseQuestion *q = question;
	KnownPromise known = find_promise(p, &q->spelling);
	SltPromise *promise = q->promise;

	promise->targets = MemoryContextAlloc(q->context, sizeof(SltTarget) * Max(known.ntargets, 1));
	promise->ntargets = known.ntargets;
	for (int i = 0; i < known.ntargets; i++)
	{
		SltTarget  *t = &promise->targets[i];
		int64	   *steps;

		if (!copy_target(p, &known, i, snapshot, t))
			return false;
		steps = MemoryContextAlloc(q->context, sizeof(int64) * Max(t->nsteps, 1));
		memcpy(steps, t->steps, sizeof(int64) * t->nsteps);
		t->steps = steps;
	}
	return true;
}

/* Returns all that a contract promises for a severity and a metric, over time; by a calendar, if one is named. */
SltPromise *
slt_copy_promise(MemoryContext context, const char *severity, const char *contract, const char *metric, const char *calendar)
{
	PromiseQuestion q = {.context = context,.promise = MemoryContextAlloc(context, sizeof(SltPromise))};

	take_word(&q.spelling.words[0], severity, strlen(severity));
	take_word(&q.spelling.words[1], contract, strlen(contract));
	take_word(&q.spelling.words[2], metric, strlen(metric));
	take_word(&q.spelling.words[3], calendar ? calendar : "", calendar ? strlen(calendar) : 0);
	ask(answer_promise, &q);
	return q.promise;
}

/* Returns the metrics, in order of their names. */
List *
slt_metric_rules(void)
{
	Policy	   *p = policy();
	List	   *rules = NIL;

	for (int i = 0; i < p->counts[METRICS]; i++)
	{
		SltMetricRule *rule = palloc(sizeof(SltMetricRule));

		*rule = row_of(p, METRICS, Metric, i)->rule;
		rule->name = pstrdup(rule->name);
		rule->ends_with = rule->ends_with ? pstrdup(rule->ends_with) : NULL;
		rules = lappend(rules, rule);
	}
	return rules;
}

/* Tells whether requests of a kind are owed a deadline. */
bool
slt_is_in_scope(const char *request_kind)
{
	return ((RequestKind *) find_row(policy(), REQUEST_KINDS, request_kind, strlen(request_kind)))->in_scope;
}

/* Returns a severity's code and a contract's name as the policy spells them, copied. */
void
slt_spell_names(const char *severity, const char *contract, const char **code, const char **name)
{
	Policy	   *p = policy();

	*code = pstrdup(((Severity *) find_row(p, SEVERITIES, severity, strlen(severity)))->code.spelled);
	*name = pstrdup(((Contract *) find_row(p, CONTRACTS, contract, strlen(contract)))->name.spelled);
}

/* Complains if the policy has no such severity, contract, metric, calendar or request kind. */
void
slt_check_policy_name(const char *what, const char *name)
{
	for (int i = 0; i < CONFIG_TABLES; i++)
		if (kinds[i].one && strcmp(what, kinds[i].one) == 0)
			find_row(policy(), i, name, strlen(name));
}
