/*
 * attachment.c
 *		How ticket tables are attached, as each backend remembers it.
 *
 * The settings are rows of slt_attachments, read past privileges with a fresh
 * snapshot, as the policy is.  Columns are found by their names; where a name
 * is gone, by the number that the column had when it was attached, if this is
 * still the same table and not one restored from a dump.  So a renamed column
 * goes on to work.
 *
 * Whatever is wrong with an attachment is kept with it as a problem, and is no
 * error: the application must be able to write its tickets.
 */
#include "attachment.h"

#include <ctype.h>

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_func.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

#include "../policy/config.h"
#include "guard.h"

/* What is remembered of a table. */
typedef struct KnownTable
{
	Oid			relid;			/* the key */
	SltAttachment *attachment;
	uint64		epoch;
} KnownTable;

uint64		slt_attachments_epoch = 1;

static HTAB *known_tables = NULL;
static Oid	attachments_table = InvalidOid;

/* ---------- invalidation ---------- */

/* Counts changes of slt_attachments and of the tables attached; InvalidOid means any table. */
static void
relation_changed(Datum arg, Oid relid)
{
	if (!OidIsValid(relid) || relid == attachments_table ||
		(known_tables != NULL && hash_search(known_tables, &relid, HASH_FIND, NULL) != NULL))
		slt_attachments_epoch++;
}

/* Counts changes of functions, one of which may be a function of a row. */
static void
function_changed(Datum arg, int cache, uint32 hash)
{
	slt_attachments_epoch++;
}

/* Registers the callbacks, once for each backend. */
void
slt_attachments_init(void)
{
	CacheRegisterSyscacheCallback(PROCOID, function_changed, (Datum) 0);
	CacheRegisterRelcacheCallback(relation_changed, (Datum) 0);
}

/* ---------- reading slt_attachments ---------- */

/* An attachment being read. */
typedef struct Loading
{
	Relation	rel;
	SltAttachment *attachment;
	SltConfigScan scan;			/* at the row of slt_attachments */
	Relation	root;
	Jsonb	   *numbers;		/* of the columns when they were attached; NULL if that was another table */
} Loading;

/* Moves the scan to the row of a table, or says that there is none. */
static bool
find_row(Loading *l, Oid schema, Oid relid)
{
	Oid			table = slt_config_table(schema, "slt_attachments");

	attachments_table = table;
	l->scan = slt_begin_scan(table, InvalidOid, 0, NULL);
	while (slt_next_row(&l->scan))
		if (DatumGetObjectId(slt_column(&l->scan, "ticket_table", REGCLASSOID)) == relid)
			return true;
	slt_end_scan(&l->scan);
	return false;
}

/* Finds the row of a table, or of the table that it is a partition or a child of; returns which one. */
static Oid
find_root(Loading *l, Oid schema, Oid relid)
{
	Relation	inherits;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	Oid			root = InvalidOid;

	if (find_row(l, schema, relid))
		return relid;
	inherits = table_open(InheritsRelationId, AccessShareLock);
	ScanKeyInit(&key, Anum_pg_inherits_inhrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relid));
	scan = systable_beginscan(inherits, InheritsRelidSeqnoIndexId, true, NULL, 1, &key);
	while (!OidIsValid(root) && HeapTupleIsValid(tuple = systable_getnext(scan)))
		root = find_root(l, schema, ((Form_pg_inherits) GETSTRUCT(tuple))->inhparent);
	systable_endscan(scan);
	table_close(inherits, AccessShareLock);
	return root;
}

/* Returns a text of the row, NULL for null. */
static char *
setting(const Loading *l, const char *name)
{
	bool		isnull;
	Datum		value = slt_tuple_column(l->scan.rel, l->scan.row, name, TEXTOID, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

/* Returns an array of texts of the row. */
static char **
texts_setting(const Loading *l, const char *name, int *n)
{
	Datum	   *elements;
	char	  **texts;
	bool	   *nulls;

	deconstruct_array(DatumGetArrayTypeP(slt_column(&l->scan, name, TEXTARRAYOID)), TEXTOID, -1, false, TYPALIGN_INT,
					  &elements, &nulls, n);
	texts = palloc(sizeof(char *) * Max(*n, 1));
	for (int i = 0; i < *n; i++)
		texts[i] = nulls[i] ? pstrdup("") : TextDatumGetCString(elements[i]);
	return texts;
}

/* Returns a value of a JSON object; NULL if it is not there. */
static JsonbValue *
json_value(Jsonb *object, const char *key)
{
	JsonbValue	k;

	k.type = jbvString;
	k.val.string.val = unconstify(char *, key);
	k.val.string.len = strlen(key);
	return findJsonbValueFromContainer(&object->root, JB_FOBJECT, &k);
}

/* ---------- fields ---------- */

/* Returns the number of a column in the table that was attached, also if it was renamed; 0 if it is gone, or less if it is none of the table's own. */
static AttrNumber
find_root_column(const Loading *l, const char *name)
{
	TupleDesc	desc = RelationGetDescr(l->root);
	AttrNumber	in_root = get_attnum(RelationGetRelid(l->root), name);

	if (in_root == InvalidAttrNumber && l->numbers != NULL)
	{
		JsonbValue *number = json_value(l->numbers, name);

		if (number != NULL && number->type == jbvNumeric)
			in_root = DatumGetInt16(DirectFunctionCall1(numeric_int2, NumericGetDatum(number->val.numeric)));
		if (in_root > desc->natts || (in_root > 0 && TupleDescAttr(desc, in_root - 1)->attisdropped))
			in_root = InvalidAttrNumber;
	}
	return in_root;
}

/* Returns the number of a column in the table at hand. */
static AttrNumber
find_column(const Loading *l, const char *name)
{
	AttrNumber	in_root = find_root_column(l, name),
				in_rel;

	if (in_root <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of table \"%s\" does not exist any more", name, RelationGetRelationName(l->root))));
	in_rel = get_attnum(RelationGetRelid(l->rel), NameStr(TupleDescAttr(RelationGetDescr(l->root), in_root - 1)->attname));
	Assert(in_rel != InvalidAttrNumber);
	return in_rel;
}

/* Returns what the column is called now that tells tickets apart; NULL for the primary key, as well if that column is gone. */
static char *
find_key(const Loading *l)
{
	char	   *name = setting(l, "key");
	AttrNumber	attnum = name != NULL ? find_root_column(l, name) : InvalidAttrNumber;

	return attnum > 0 ? pstrdup(NameStr(TupleDescAttr(RelationGetDescr(l->root), attnum - 1)->attname)) : NULL;
}

/* Finds a column that slt has added, which must still have its type. */
static AttrNumber
find_own_column(const Loading *l, Jsonb *names, const char *what, Oid type)
{
	JsonbValue *value = json_value(names, what);
	char	   *name = value != NULL && value->type == jbvString ? pnstrdup(value->val.string.val, value->val.string.len) : pstrdup(what);
	AttrNumber	attnum = find_column(l, name);

	if (TupleDescAttr(RelationGetDescr(l->rel), attnum - 1)->atttypid != type)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of table \"%s\" is not of type %s any more", name, RelationGetRelationName(l->root), format_type_be(type))));
	return attnum;
}

/* Says that stamps depend on a column. */
static void
add_read(SltAttachment *a, AttrNumber attnum)
{
	for (int i = 0; i < a->nreads; i++)
		if (a->reads[i] == attnum)
			return;
	Assert(a->nreads < lengthof(a->reads));
	a->reads[a->nreads++] = attnum;
	a->last_read = Max(a->last_read, attnum);
	a->read_set = bms_add_member(a->read_set, attnum - FirstLowInvalidHeapAttributeNumber);
}

/* Prepares a field for values of a type. */
static void
set_field_type(SltAttachment *a, SltField *f, Oid type)
{
	Oid			function;
	bool		is_varlena;

	f->type = getBaseType(type);
	getTypeOutputInfo(f->type, &function, &is_varlena);
	fmgr_info_cxt(function, &f->output, a->context);
}

/* Makes a field of a column. */
static void
set_column(Loading *l, SltField *f, const char *name)
{
	f->source = SLT_COLUMN;
	f->attnum = find_column(l, name);
	set_field_type(l->attachment, f, TupleDescAttr(RelationGetDescr(l->rel), f->attnum - 1)->atttypid);
}

/* Refuses a time whose type is none of those that times have. */
static void
check_moment(const SltField *f, const char *name)
{
	if (f->source == SLT_NOWHERE || f->type == TIMESTAMPTZOID || f->type == TIMESTAMPOID || f->type == INT4OID || f->type == INT8OID)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("\"%s\" is of type %s now, and a time of a ticket cannot be", name, format_type_be(f->type)),
			 errhint("Make it a timestamptz, a timestamp, or an integer with seconds since 1970, or call slt_attach() again.")));
}

/* Makes a field of a function of the row; whoever owns it must be someone whom the table's owner trusts. */
static void
set_function(Loading *l, SltField *f, const char *name)
{
	Oid			row_type = l->root->rd_rel->reltype,
				owner = InvalidOid;
	HeapTuple	tuple;

	f->source = SLT_FUNCTION;
	f->function_oid = LookupFuncName(textToQualifiedNameList(cstring_to_text(name)), 1, &row_type, false);
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(f->function_oid));
	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
		ReleaseSysCache(tuple);
	}
	if (!superuser_arg(owner) && !has_privs_of_role(l->root->rd_rel->relowner, owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("function %s belongs neither to the owner of table \"%s\" nor to a superuser", name, RelationGetRelationName(l->root)),
				 errhint("ALTER FUNCTION ... OWNER TO the owner of the table.")));
	fmgr_info_cxt(f->function_oid, &f->function, l->attachment->context);
	set_field_type(l->attachment, f, get_func_rettype(f->function_oid));
	l->attachment->functions = true;
}

/* Sets a field that is given in one of three ways, or not at all. */
static void
set_field(Loading *l, SltField *f, const char *column, const char *function, const char *constant)
{
	if (column != NULL)
		set_column(l, f, column);
	else if (function != NULL)
		set_function(l, f, function);
	else if (constant != NULL)
	{
		f->source = SLT_CONSTANT;
		f->constant = pstrdup(constant);
	}
}

/* ---------- maps ---------- */

/* Skips digits; returns how many there were. */
static int
skip_digits(const char **p)
{
	const char *start = *p;

	while (isdigit((unsigned char) **p))
		(*p)++;
	return *p - start;
}

/* Tells whether a text is a number within reason, which numeric_in() takes. */
static bool
is_number(const char *p)
{
	int			digits;

	while (isspace((unsigned char) *p))
		p++;
	p += *p == '-' || *p == '+';
	if (pg_strcasecmp(p, "infinity") == 0)
		return true;
	digits = skip_digits(&p);
	if (*p == '.')
	{
		p++;
		digits += skip_digits(&p);
	}
	if (digits == 0 || digits > 1000)
		return false;
	if (*p == 'e' || *p == 'E')
	{
		p++;
		p += *p == '-' || *p == '+';
		digits = skip_digits(&p);
		if (digits == 0 || digits > 3)
			return false;
	}
	while (isspace((unsigned char) *p))
		p++;
	return *p == '\0';
}

/* Reads a text as a number; NULL if it is none. */
Numeric
slt_read_number(const char *text)
{
	return is_number(text) ?
		DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1))) : NULL;
}

/* Compares numbers. */
static int
compare_numbers(Numeric a, Numeric b)
{
	return DatumGetInt32(DirectFunctionCall2(numeric_cmp, NumericGetDatum(a), NumericGetDatum(b)));
}

/* Reads a rule of a map. */
static void
read_rule(SltMapRule *r, const char *key, char *name)
{
	static const struct
	{
		const char *sign;
		int			kind;
	}			thresholds[] = {{">=", SLT_AT_LEAST}, {"<=", SLT_AT_MOST}, {">", SLT_MORE}, {"<", SLT_LESS}};

	r->name = name;
	r->kind = strcmp(key, "*") == 0 ? SLT_THE_REST : SLT_EXACTLY;
	r->code = pstrdup(key);
	for (size_t i = 0; i < lengthof(thresholds); i++)
	{
		size_t		len = strlen(thresholds[i].sign);

		if (strncmp(key, thresholds[i].sign, len) != 0)
			continue;
		r->bound = slt_read_number(key + len);
		if (r->bound == NULL)
			continue;
		r->kind = thresholds[i].kind;
		return;
	}
}

/* Orders rules as they are tried: codes, then thresholds from the most demanding one, then the rest. */
static int
compare_rules(const void *x, const void *y)
{
	const SltMapRule *a = x,
			   *b = y;
	static const int order[] = {[SLT_EXACTLY] = 0, [SLT_MORE] = 1, [SLT_AT_LEAST] = 1, [SLT_LESS] = 2, [SLT_AT_MOST] = 2, [SLT_THE_REST] = 3};
	int			difference = order[a->kind] - order[b->kind];

	if (difference == 0 && a->bound != NULL && b->bound != NULL)
	{
		difference = compare_numbers(a->bound, b->bound);
		if (order[a->kind] == 1)
			difference = -difference;
		if (difference == 0)
			difference = (b->kind == SLT_MORE || b->kind == SLT_LESS) - (a->kind == SLT_MORE || a->kind == SLT_LESS);
	}
	return difference;
}

/* Reads a map of the row. */
static SltMap
read_map(const Loading *l, const char *name)
{
	SltMap		map = {0};
	bool		isnull;
	Datum		value = slt_tuple_column(l->scan.rel, l->scan.row, name, JSONBOID, &isnull);
	JsonbIterator *it;
	JsonbValue	v;
	JsonbIteratorToken token;
	char	   *key = NULL;

	if (isnull || !JB_ROOT_IS_OBJECT(DatumGetJsonbP(value)))
		return map;
	map.rules = palloc0(sizeof(SltMapRule) * Max(JB_ROOT_COUNT(DatumGetJsonbP(value)), 1));
	it = JsonbIteratorInit(&DatumGetJsonbP(value)->root);
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			key = pnstrdup(v.val.string.val, v.val.string.len);
		else if (token == WJB_VALUE && key != NULL)
			read_rule(&map.rules[map.nrules++], key, v.type == jbvString ? pnstrdup(v.val.string.val, v.val.string.len) : NULL);
	}
	qsort(map.rules, map.nrules, sizeof(SltMapRule), compare_rules);
	return map;
}

/* ---------- an attachment as a whole ---------- */

/* Reads what the times of a table mean. */
static void
read_times(Loading *l)
{
	SltAttachment *a = l->attachment;
	char	   *zone = setting(l, "time_zone");
	bool		isnull;
	Datum		unset = slt_tuple_column(l->scan.rel, l->scan.row, "unset", TIMESTAMPTZOID, &isnull);

	a->has_unset = !isnull;
	a->unset = isnull ? 0 : DatumGetTimestampTz(unset);
	if (pg_strcasecmp(zone, "UTC") == 0)
		return;
	a->zone = pg_tzset(zone);
	if (a->zone == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" of the attachment is not known to this server", zone)));
}

/* Reads the metrics: their columns, and when they are done. */
static void
read_metrics(Loading *l)
{
	SltAttachment *a = l->attachment;
	Jsonb	   *own = DatumGetJsonbP(slt_column(&l->scan, "own_columns", JSONBOID));
	char	  **names = texts_setting(l, "metrics", &a->nmetrics);
	Jsonb	   *done_at = DatumGetJsonbP(slt_column(&l->scan, "done_at", JSONBOID));

	if (a->nmetrics > SLT_MAX_METRICS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a table can have at most %d metrics", SLT_MAX_METRICS)));
	for (int i = 0; i < a->nmetrics; i++)
	{
		SltMetric  *m = &a->metrics[i];
		JsonbValue *done = json_value(done_at, names[i]);

		m->name = names[i];
		m->due = find_own_column(l, own, psprintf("%s_due", names[i]), TIMESTAMPTZOID);
		m->met = find_own_column(l, own, psprintf("%s_met", names[i]), BOOLOID);
		if (done != NULL && done->type == jbvString)
		{
			char	   *source = pnstrdup(done->val.string.val, done->val.string.len);
			size_t		len = strlen(source);

			/* a function is written with its parentheses */
			if (len > 2 && strcmp(source + len - 2, "()") == 0)
				set_field(l, &m->done, NULL, pnstrdup(source, len - 2), NULL);
			else
				set_field(l, &m->done, source, NULL, NULL);
			check_moment(&m->done, source);
		}
	}
	a->paused = find_own_column(l, own, "paused", TSTZMULTIRANGEOID);
	a->announce_at = find_own_column(l, own, "announce_at", TIMESTAMPTZOID);
}

/* Notes which columns stamps depend on; when a change happened is not one of them, for by itself it changes nothing. */
static void
note_reads(SltAttachment *a)
{
	SltField   *fields[SLT_MAX_METRICS + SLT_CODES + 2];
	int			n = 0;

	fields[n++] = &a->opened;
	fields[n++] = &a->status;
	for (int i = 0; i < SLT_CODES; i++)
		fields[n++] = &a->codes[i];
	for (int i = 0; i < a->nmetrics; i++)
		fields[n++] = &a->metrics[i].done;
	for (int i = 0; i < n; i++)
		if (fields[i]->source == SLT_COLUMN)
			add_read(a, fields[i]->attnum);
	add_read(a, a->paused);
	a->last_fact = a->changed.source == SLT_COLUMN ? Max(a->last_read, a->changed.attnum) : a->last_read;
}

/* Finds the columns' numbers of when they were attached, if they are those of this table. */
static Jsonb *
read_numbers(const Loading *l)
{
	bool		isnull;
	Datum		numbers = slt_tuple_column(l->scan.rel, l->scan.row, "column_numbers", JSONBOID, &isnull);
	Oid			of = DatumGetObjectId(slt_column(&l->scan, "numbers_of", OIDOID));

	return isnull || of != RelationGetRelid(l->root) ? NULL : DatumGetJsonbPCopy(numbers);
}

/* Reads an attachment; fails if anything is wrong with it. */
static void
load(void *argument)
{
	Loading    *l = argument;
	SltAttachment *a = l->attachment;
	MemoryContext caller = MemoryContextSwitchTo(a->context);
	char	   *on_unknown;

	a->root = find_root(l, slt_config_schema(), RelationGetRelid(l->rel));
	if (!OidIsValid(a->root))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("table \"%s\" is not attached to slt", RelationGetRelationName(l->rel))));
	l->root = table_open(a->root, AccessShareLock);
	l->numbers = read_numbers(l);
	if (a->root != RelationGetRelid(l->rel))
	{
		a->root_desc = CreateTupleDescCopy(RelationGetDescr(l->root));
		a->to_root = convert_tuples_by_name(CreateTupleDescCopy(RelationGetDescr(l->rel)), a->root_desc);
	}
	else
		a->root_desc = CreateTupleDescCopy(RelationGetDescr(l->rel));
	a->key = find_key(l);
	set_field(l, &a->opened, setting(l, "opened_at"), NULL, NULL);
	check_moment(&a->opened, setting(l, "opened_at"));
	set_field(l, &a->codes[SLT_SEVERITY], setting(l, "severity"), setting(l, "severity_of"), setting(l, "severity_value"));
	set_field(l, &a->codes[SLT_CONTRACT], setting(l, "contract"), setting(l, "contract_of"), setting(l, "contract_value"));
	set_field(l, &a->codes[SLT_REQUEST_KIND], setting(l, "request_kind"), setting(l, "request_kind_of"), NULL);
	a->maps[SLT_SEVERITY] = read_map(l, "severity_map");
	a->maps[SLT_CONTRACT] = read_map(l, "contract_map");
	a->maps[SLT_REQUEST_KIND] = read_map(l, "request_kind_map");
	set_field(l, &a->status, setting(l, "status"), setting(l, "status_of"), NULL);
	set_field(l, &a->changed, setting(l, "changed_at"), NULL, NULL);
	check_moment(&a->changed, setting(l, "changed_at"));
	a->search_path = setting(l, "search_path");
	a->paused_when = texts_setting(l, "paused_when", &a->npaused_when);
	read_times(l);
	read_metrics(l);
	note_reads(a);
	on_unknown = setting(l, "on_unknown");
	a->strict = strcmp(on_unknown, "error") == 0;
	table_close(l->root, NoLock);
	slt_end_scan(&l->scan);
	MemoryContextSwitchTo(caller);
}

/* Makes the attachment of a table, with its problem if there is one. */
static SltAttachment *
make_attachment(Relation rel)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "slt attachment", ALLOCSET_SMALL_SIZES),
				caller;
	SltAttachment *a = MemoryContextAllocZero(context, sizeof(SltAttachment));
	Loading		l = {.rel = rel, .attachment = a};
	SltFailure	failure;

	a->relid = RelationGetRelid(rel);
	a->context = context;
	if (slt_guarded(load, &l, &failure))
		return a;
	caller = MemoryContextSwitchTo(context);
	a->problem = pstrdup(failure.message);
	a->advice = failure.hint ? pstrdup(failure.hint) : "Call slt_attach() again with columns that are there, or slt_detach().";
	MemoryContextSwitchTo(caller);
	return a;
}

/* Makes an attachment anew, until nothing changed in the meantime. */
static pg_noinline SltAttachment *
refresh_attachment(Relation rel)
{
	Oid			relid = RelationGetRelid(rel);
	KnownTable *known;
	bool		found;

	if (known_tables == NULL)
	{
		HASHCTL		control = {.keysize = sizeof(Oid),.entrysize = sizeof(KnownTable),.hcxt = CacheMemoryContext};

		known_tables = hash_create("slt ticket tables", 16, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	/* the table is known first, so that changes in the meantime are counted */
	known = hash_search(known_tables, &relid, HASH_ENTER, &found);
	if (!found)
		known->attachment = NULL;
	for (;;)
	{
		uint64		epoch = slt_attachments_epoch;
		SltAttachment *fresh = make_attachment(rel);

		if (epoch != slt_attachments_epoch)
		{
			MemoryContextDelete(fresh->context);
			continue;
		}
		known = hash_search(known_tables, &relid, HASH_FIND, NULL);
		/* someone further up may be using the old one, so it stays until the transaction ends */
		if (known->attachment != NULL)
			MemoryContextSetParent(known->attachment->context, TopTransactionContext);
		MemoryContextSetParent(fresh->context, CacheMemoryContext);
		known->attachment = fresh;
		known->epoch = epoch;
		return fresh;
	}
}

/* Returns how a table is attached, valid to the end of the transaction. */
SltAttachment *
slt_attachment_of(Relation rel)
{
	Oid			relid = RelationGetRelid(rel);
	KnownTable *known = known_tables ? hash_search(known_tables, &relid, HASH_FIND, NULL) : NULL;

	if (likely(known != NULL && known->attachment != NULL && known->epoch == slt_attachments_epoch))
		return known->attachment;
	return refresh_attachment(rel);
}

/* Returns how a table is attached; an error if its rows cannot be stamped. */
SltAttachment *
slt_usable_attachment(Relation rel)
{
	SltAttachment *a = slt_attachment_of(rel);

	if (a->problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg_internal("%s", a->problem),
				 errhint("%s", a->advice)));
	return a;
}

/* Warns of an attachment that does not work, once a session. */
void
slt_complain_about_attachment(SltAttachment *a)
{
	if (a->complained)
		return;
	a->complained = true;
	ereport(WARNING,
			(errmsg_internal("%s", a->problem),
			 errdetail("Rows are written without deadlines until that is mended."),
			 errhint("%s", a->advice)));
}

/* Tells why the rows of a table cannot be stamped; null if they can. */
PG_FUNCTION_INFO_V1(slt_attachment_problem);
Datum
slt_attachment_problem(PG_FUNCTION_ARGS)
{
	Relation	rel = try_relation_open(PG_GETARG_OID(0), AccessShareLock);
	bool		is_table = rel != NULL && (rel->rd_rel->relkind == RELKIND_RELATION || rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE);
	SltAttachment *a = is_table ? slt_attachment_of(rel) : NULL;

	if (rel != NULL)
		relation_close(rel, AccessShareLock);
	if (a == NULL)				/* dropped just now, or written by hand */
		PG_RETURN_TEXT_P(cstring_to_text("The table does not exist any more; call slt_detach()."));
	if (a->problem == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(psprintf("%s. %s", a->problem, a->advice)));
}
