/*
 * load.c
 *		Reading the settings of an attachment: a row of slt_attachments.
 *
 * What loads a setting is what checks it: slt_attach() writes its row and has it
 * read here before there are columns and a trigger.  Columns are found by their
 * numbers that they had when they were attached, if this is still the same table
 * and not one restored from a dump; else by their names.  So a renamed column
 * goes on to work.
 */
#include "load.h"

#include "access/detoast.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/sysattr.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/comment.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#define MAX_SETTING (1024 * 1024)	/* bytes: each session that writes tickets
									 * keeps them */
#define MAX_STATUSES 1000		/* that mean something */

/* Returns a value of the row, or says that it is null. */
static Datum
value_of(const SltLoading *l, const char *name, Oid type, bool *isnull)
{
	Datum		value = slt_tuple_column(l->scan.rel, l->scan.row, name, type, isnull);

	if (!*isnull && get_typlen(type) == -1 && toast_raw_datum_size(value) > MAX_SETTING)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("argument \"%s\" is too long", name),
				 errdetail("A setting has at most %d bytes.", MAX_SETTING)));
	return value;
}

/* Returns a text of the row, NULL for null. */
static char *
setting(const SltLoading *l, const char *name)
{
	bool		isnull;
	Datum		value = value_of(l, name, TEXTOID, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

/* Returns a JSON value of the row, NULL for null. */
static Jsonb *
json_setting(const SltLoading *l, const char *name)
{
	bool		isnull;
	Datum		value = value_of(l, name, JSONBOID, &isnull);

	return isnull ? NULL : DatumGetJsonbPCopy(value);
}

/* Returns the texts of an array of the row. */
static char **
texts_setting(const SltLoading *l, const char *name, int *n)
{
	Datum	   *elements;
	char	  **texts;
	bool	   *nulls,
				isnull;
	Datum		value = value_of(l, name, TEXTARRAYOID, &isnull);

	*n = 0;
	if (isnull)
		return NULL;
	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, n);
	texts = palloc(sizeof(char *) * Max(*n, 1));
	for (int i = 0; i < *n; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("argument \"%s\" must not contain nulls", name)));
		texts[i] = TextDatumGetCString(elements[i]);
	}
	return texts;
}

/* Returns a value of a JSON object; NULL if it is not there, as settings may leave out any metric. */
static JsonbValue *
json_value(Jsonb *object, const char *key)
{
	JsonbValue	k;

	if (object == NULL || !JB_ROOT_IS_OBJECT(object))
		return NULL;
	k.type = jbvString;
	k.val.string.val = unconstify(char *, key);
	k.val.string.len = strlen(key);
	return findJsonbValueFromContainer(&object->root, JB_FOBJECT, &k);
}

/* Returns the text of a JSON string; an error for anything else. */
static char *
json_text(const JsonbValue *v, const char *setting)
{
	if (v->type != jbvString)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" has something else where a name is expected", setting),
				 errhint("Write names as JSON strings.")));
	return pnstrdup(v->val.string.val, v->val.string.len);
}

/* ---------- columns ---------- */

/* Lists the columns of a table that are not slt's for a hint, as far as they are worth reading. */
static char *
list_columns(Relation rel)
{
	StringInfoData names;
	TupleDesc	desc = RelationGetDescr(rel);

	initStringInfo(&names);
	for (int i = 0; i < desc->natts && names.len < 1000; i++)
	{
		char	   *comment = GetComment(RelationGetRelid(rel), RelationRelationId, i + 1);

		if (!TupleDescAttr(desc, i)->attisdropped && (comment == NULL || strstr(comment, "Written by slt.") == NULL))
			appendStringInfo(&names, "%s\"%s\"", names.len ? ", " : "", NameStr(TupleDescAttr(desc, i)->attname));
	}
	return names.data;
}

/* Returns the number of a column in the table at hand, by the number that it had when it was attached, else by its name; 0 if it is gone. */
static AttrNumber
column_number(const SltLoading *l, const char *name)
{
	JsonbValue *number = json_value(l->numbers, name);
	AttrNumber	attnum = InvalidAttrNumber;

	if (number != NULL && number->type == jbvNumeric)
	{
		char	   *now = get_attname(l->attachment->root, DatumGetInt16(DirectFunctionCall1(numeric_int2, NumericGetDatum(number->val.numeric))), true);

		attnum = now ? get_attnum(RelationGetRelid(l->rel), now) : InvalidAttrNumber;
	}
	if (attnum == InvalidAttrNumber)
		attnum = get_attnum(RelationGetRelid(l->rel), name);
	return Max(attnum, InvalidAttrNumber);
}

/* Finds a column that a setting names, and says what could have been meant. */
static AttrNumber
find_column(const SltLoading *l, const char *setting, const char *name)
{
	AttrNumber	attnum = column_number(l, name);

	if (attnum == InvalidAttrNumber)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of table \"%s\" does not exist", name, RelationGetRelationName(l->rel)),
				 errdetail("It was given as argument \"%s\".", setting),
				 l->attaching ? errhint("The columns are %s.", list_columns(l->rel)) : 0));
	if (TupleDescAttr(RelationGetDescr(l->rel), attnum - 1)->attgenerated)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("column \"%s\" is generated", name),
				 errdetail("It was given as argument \"%s\". A generated column has no value yet when the row is stamped.", setting),
				 errhint("Give the columns that it is made from, joined by commas if it is a code; or make it an ordinary column that a BEFORE trigger of yours fills, whose name comes before zz_slt_stamp.")));
	return attnum;
}

/* Finds a column that we have added, which must still have its type. */
static AttrNumber
find_own_column(const SltLoading *l, Jsonb *names, const char *what, Oid type)
{
	JsonbValue *value = json_value(names, what);
	char	   *name = value != NULL ? json_text(value, "own_columns") : pstrdup(what);
	AttrNumber	attnum;

	if (l->attaching)
		return InvalidAttrNumber;
	attnum = column_number(l, name);
	if (attnum == InvalidAttrNumber || TupleDescAttr(RelationGetDescr(l->rel), attnum - 1)->atttypid != type)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("table \"%s\" has no column \"%s\" of type %s any more", RelationGetRelationName(l->rel), name, format_type_be(type)),
				 errhint("Something removed a column that slt_attach() had added; slt_attach() with the same arguments adds it again.")));
	return attnum;
}

/* Says that stamps depend on a column. */
static void
add_read(SltAttachment *a, AttrNumber attnum)
{
	if (attnum == InvalidAttrNumber || bms_is_member(attnum - FirstLowInvalidHeapAttributeNumber, a->read_set))
		return;
	a->reads = a->reads ? repalloc(a->reads, sizeof(AttrNumber) * (a->nreads + 1)) : palloc(sizeof(AttrNumber));
	a->reads[a->nreads++] = attnum;
	a->last_read = Max(a->last_read, attnum);
	a->read_set = bms_add_member(a->read_set, attnum - FirstLowInvalidHeapAttributeNumber);
}

/* Prepares a column for being read. */
static SltFact
make_column(const SltLoading *l, AttrNumber attnum)
{
	SltFact		c = {.attnum = attnum};
	Oid			function;
	bool		is_varlena;

	c.type = getBaseType(TupleDescAttr(RelationGetDescr(l->rel), attnum - 1)->atttypid);
	getTypeOutputInfo(c.type, &function, &is_varlena);
	fmgr_info_cxt(function, &c.output, l->attachment->context);
	return c;
}

/* Finds the column of a time; nothing for NULL. */
static SltFact
time_column(SltLoading *l, const char *setting, const char *name)
{
	SltFact		c = {0};

	if (name == NULL)
		return c;
	c = make_column(l, find_column(l, setting, name));
	if (c.type != TIMESTAMPTZOID && c.type != TIMESTAMPOID && c.type != INT4OID && c.type != INT8OID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" is of type %s", name, format_type_be(c.type)),
				 errdetail("It was given as argument \"%s\".", setting),
				 errhint("It must be of type timestamptz, timestamp, integer or bigint, or a domain over one.")));
	return c;
}

/* Tells whether the text of a type is the same in every session, so that it can be a code. */
static bool
can_be_code(Oid type)
{
	char		category;
	bool		preferred;

	switch (type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
		case FLOAT4OID:
		case FLOAT8OID:
		case BOOLOID:
		case UUIDOID:
			return true;
	}
	get_type_category_preferred(type, &category, &preferred);
	return category == TYPCATEGORY_STRING || category == TYPCATEGORY_ENUM;
}

/* Finds the column of a code; its type must have a text that does not depend on the session. */
static SltFact
code_column(SltLoading *l, const char *setting, const char *name)
{
	SltFact		c = make_column(l, find_column(l, setting, name));

	if (!can_be_code(c.type))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" is of type %s", name, format_type_be(c.type)),
				 errdetail("It was given as argument \"%s\".", setting),
				 errhint("It must be a text, a number, a boolean, an enum or a uuid.")));
	add_read(l->attachment, c.attnum);
	return c;
}

/* ---------- codes ---------- */

/* Finds the columns of a code: one, or several that are joined by commas. */
static void
find_code_columns(SltLoading *l, SltCodeSource *code, const char *setting, char *names)
{
	code->columns = palloc(sizeof(SltFact) * MaxHeapAttributeNumber);
	if (column_number(l, names) == InvalidAttrNumber && strchr(names, ',') != NULL)
	{
		char	   *rest = names,
				   *name;

		while ((name = strsep(&rest, ",")) != NULL && code->ncolumns < MaxHeapAttributeNumber)
		{
			name += strspn(name, " ");
			for (int end = strlen(name); end > 0 && name[end - 1] == ' '; end--)
				name[end - 1] = '\0';
			code->columns[code->ncolumns++] = code_column(l, setting, name);
		}
	}
	else
		code->columns[code->ncolumns++] = code_column(l, setting, names);
	code->columns = repalloc(code->columns, sizeof(SltFact) * code->ncolumns);
}

/* Reads where a code comes from: a column, several, or a constant, and what its values mean. */
static void
read_code(SltLoading *l, SltCode which, const char *name, bool has_constant, bool required)
{
	SltCodeSource *code = &l->attachment->codes[which];
	char	   *columns = setting(l, name),
			   *map = psprintf("%s_map", name);

	code->constant = has_constant ? setting(l, psprintf("%s_value", name)) : NULL;
	if (columns != NULL && code->constant != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("arguments \"%s\" and \"%s_value\" are both given", name, name),
				 errhint("Give a column as \"%s\", or a constant as \"%s_value\".", name, name)));
	if (columns == NULL && code->constant == NULL && required)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" is not given", name),
				 errhint("Give a column as \"%s\", or a constant as \"%s_value\".", name, name)));
	code->map = slt_read_map(json_setting(l, map), map);
	if (code->map.nrules > 0 && columns == NULL && code->constant == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" is given, but \"%s\" is not", map, name),
				 errhint("Name the column whose codes it translates as \"%s\".", name)));
	if (columns != NULL)
		find_code_columns(l, code, name, columns);
}

/* ---------- times ---------- */

/* Reads what the integers of a table count. */
static void
read_unit(SltLoading *l)
{
	static const struct
	{
		const char *name;
		int64		micros;
	}			units[] = {{"seconds", USECS_PER_SEC}, {"milliseconds", 1000}, {"microseconds", 1}};
	char	   *name = setting(l, "time_unit");

	for (size_t i = 0; i < lengthof(units); i++)
		if (name != NULL && pg_strcasecmp(name, units[i].name) == 0)
		{
			l->attachment->unit = units[i].micros;
			return;
		}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for argument \"%s\": \"%s\"", "time_unit", name ? name : ""),
			 errhint("It is \"seconds\", \"milliseconds\" or \"microseconds\".")));
}

/* Reads the zone of times without one. */
static void
read_zone(SltLoading *l)
{
	char	   *name = setting(l, "time_zone");
	const char *canonical;

	l->attachment->zone_is_given = name != NULL;
	if (name == NULL || pg_strcasecmp(name, "UTC") == 0)
		return;
	l->attachment->zone = slt_zone_find(name, &canonical);
	if (l->attachment->zone == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" not recognized", name),
				 errhint("Name a zone of pg_timezone_names, such as Africa/Cairo.")));
}

/* Reads where times come from, and how those without a zone, numbers and "not yet" are meant. */
static void
read_times(SltLoading *l)
{
	SltAttachment *a = l->attachment;
	bool		isnull;
	Datum		value;

	a->opened = time_column(l, "opened_at", setting(l, "opened_at"));
	a->changed = time_column(l, "changed_at", setting(l, "changed_at"));
	add_read(a, a->opened.attnum);
	read_unit(l);
	read_zone(l);
	value = value_of(l, "unset", TIMESTAMPTZOID, &isnull);
	a->unset = (SltMoment) {!isnull, isnull ? 0 : DatumGetTimestampTz(value)};
	value = value_of(l, "announce_from", TIMESTAMPTZOID, &isnull);
	a->announce_from = isnull ? SLT_MINUS_INFINITY : DatumGetTimestampTz(value);
}

/* ---------- statuses ---------- */

/* Returns what a status means, so that more can be added. */
static SltStatusRule *
status_rule(SltAttachment *a, char *name)
{
	for (int i = 0; i < a->nstatuses; i++)
		if (strcmp(a->statuses[i].name, name) == 0)
			return &a->statuses[i];
	if (a->nstatuses == MAX_STATUSES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("at most %d statuses can mean something", MAX_STATUSES)));
	a->statuses = a->statuses ? repalloc(a->statuses, sizeof(SltStatusRule) * (a->nstatuses + 1)) : palloc(sizeof(SltStatusRule));
	a->statuses[a->nstatuses] = (SltStatusRule) {.name = name,.len = strlen(name)};
	return &a->statuses[a->nstatuses++];
}

/* Warns of a status that its type does not have. */
static void
check_status(const SltLoading *l, const char *setting, const char *name)
{
	Oid			type = l->attachment->status.columns[0].type;

	if (l->attaching && l->attachment->status.ncolumns == 1 && get_typtype(type) == TYPTYPE_ENUM && !SearchSysCacheExists2(ENUMTYPOIDNAME, ObjectIdGetDatum(type), CStringGetDatum(name)))
		ereport(WARNING,
				(errmsg("type %s has no value \"%s\"", format_type_be(type), name),
				 errdetail("It was given in argument \"%s\".", setting)));
}

/* Reads a list of statuses, a JSON array or a single name, for some metrics. */
static void
read_statuses(SltLoading *l, const char *setting, JsonbContainer *list, uint32 paused, uint32 done)
{
	JsonbIterator *it = JsonbIteratorInit(list);
	JsonbValue	v;
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		char	   *name;
		SltStatusRule *rule;

		if (token != WJB_ELEM)
			continue;
		name = json_text(&v, setting);
		if (l->attachment->status.ncolumns == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("argument \"%s\" is given, but \"%s\" is not", setting, "status"),
					 errhint("Name the column that has the status of a ticket as \"status\".")));
		check_status(l, setting, name);
		rule = status_rule(l->attachment, name);
		rule->paused |= paused;
		rule->done |= done;
	}
}

/* Finds a metric of the attachment; -1 for none. */
static int
find_metric(const SltAttachment *a, const char *name)
{
	for (int i = 0; i < a->nmetrics; i++)
		if (strcmp(a->metrics[i].name, name) == 0)
			return i;
	return -1;
}

/* Refuses a metric that the policy does not have. */
static void
check_metric(const SltLoading *l, const char *setting, const char *name, List *rules)
{
	ListCell   *cell;
	StringInfoData known;

	initStringInfo(&known);
	foreach(cell, rules)
	{
		const SltMetricRule *rule = lfirst(cell);

		if (strcmp(rule->name, name) == 0)
			return;
		appendStringInfo(&known, "%s\"%s\"", known.len ? ", " : "", rule->name);
	}
	if (l->attaching)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("metric \"%s\" does not exist", name),
				 errdetail("It was given in argument \"%s\".", setting),
				 pg_class_aclcheck(slt_config_table(slt_config_schema(), "slt_metrics"), GetUserId(), ACL_SELECT) == ACLCHECK_OK ?
				 errhint("Known metrics are %s. Metrics are rows of slt_metrics.", known.data) : errhint("Metrics are rows of slt_metrics.")));
}

/* Reads a JSON object from metrics to something, and does something with each that the attachment has. */
static void
for_each_metric(SltLoading *l, const char *setting, Jsonb *object, List *rules,
				void (*action) (SltLoading *l, const char *setting, int metric, JsonbValue *value))
{
	JsonbIterator *it;
	JsonbValue	v;
	JsonbIteratorToken token;
	int			metric = -1;

	if (object == NULL)
		return;
	if (!JB_ROOT_IS_OBJECT(object))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" is not a JSON object", setting),
				 errhint("Write it as an object from metrics, such as {\"resolution\": ...}.")));
	it = JsonbIteratorInit(&object->root);
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
		{
			char	   *name = pnstrdup(v.val.string.val, v.val.string.len);

			check_metric(l, setting, name, rules);
			metric = find_metric(l->attachment, name);
		}
		else if (token == WJB_VALUE && metric >= 0 && v.type != jbvNull)
			action(l, setting, metric, &v);
	}
}

/* Takes the column at which a metric starts. */
static void
take_start(SltLoading *l, const char *setting, int metric, JsonbValue *value)
{
	l->attachment->metrics[metric].started = time_column(l, setting, json_text(value, setting));
}

/* Takes the column at which a metric is done. */
static void
take_done(SltLoading *l, const char *setting, int metric, JsonbValue *value)
{
	SltMetric  *m = &l->attachment->metrics[metric];

	m->done = time_column(l, setting, json_text(value, setting));
	m->ends_by = SLT_ENDS_BY_COLUMN;
}

/* Returns the list that a value is; a single name stands for a list of one. */
static JsonbContainer *
list_of(JsonbValue *value, const char *setting)
{
	if (value->type == jbvString)
		return &JsonbValueToJsonb(value)->root;
	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" has something else where a list of statuses is expected", setting),
				 errhint("Write it as [\"a status\", \"another\"].")));
	return value->val.binary.data;
}

/* Takes the statuses that end a metric. */
static void
take_done_statuses(SltLoading *l, const char *setting, int metric, JsonbValue *value)
{
	SltMetric  *m = &l->attachment->metrics[metric];

	if (m->ends_by == SLT_ENDS_BY_COLUMN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the end of metric \"%s\" is given in more than one way", m->name),
				 errhint("Give a column in \"done_at\", or statuses in \"done_when\".")));
	read_statuses(l, setting, list_of(value, setting), 0, 1u << metric);
	m->ends_by = SLT_ENDS_BY_STATUS;
}

/* Takes the statuses that pause a metric. */
static void
take_paused_statuses(SltLoading *l, const char *setting, int metric, JsonbValue *value)
{
	read_statuses(l, setting, list_of(value, setting), 1u << metric, 0);
}

/* Reads what statuses mean: each is a bit for each metric that it pauses, ends or cancels. */
static void
read_status(SltLoading *l, List *rules)
{
	SltAttachment *a = l->attachment;
	Jsonb	   *paused_when = json_setting(l, "paused_when");
	char	  **cancelled;
	int			n;

	for_each_metric(l, "done_when", json_setting(l, "done_when"), rules, take_done_statuses);
	if (paused_when != NULL && JB_ROOT_IS_ARRAY(paused_when))
		read_statuses(l, "paused_when", &paused_when->root, ~(uint32) 0, 0);
	else
		for_each_metric(l, "paused_when", paused_when, rules, take_paused_statuses);
	cancelled = texts_setting(l, "cancelled_when", &n);
	if (n > 0 && a->status.ncolumns == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" is given, but \"%s\" is not", "cancelled_when", "status"),
				 errhint("Name the column that has the status of a ticket as \"status\".")));
	for (int i = 0; i < n; i++)
	{
		check_status(l, "cancelled_when", cancelled[i]);
		status_rule(a, cancelled[i])->cancelled = true;
	}
}

/* ---------- metrics ---------- */

/* Returns the rule of a metric; there are sixteen at most, so no table is needed. */
static const SltMetricRule *
rule_of(List *rules, const char *name)
{
	ListCell   *cell;

	foreach(cell, rules)
		if (strcmp(((SltMetricRule *) lfirst(cell))->name, name) == 0)
		return lfirst(cell);
	return NULL;
}

/* Tells whether a JSON object of metrics says something of one. */
static bool
is_given(Jsonb *object, const char *metric)
{
	JsonbValue *value = json_value(object, metric);

	return value != NULL && value->type != jbvNull;
}

/*
 * Tells whether the settings say what ends a metric: a column, statuses, another
 * of the table's metrics that ends, or, if it restarts, a start that is cleared or
 * moves on.
 */
static bool
can_end(const SltLoading *l, List *rules, char **names, int n, const SltMetricRule *rule)
{
	for (int steps = 0; rule != NULL && steps <= n; steps++)
	{
		const char *other = rule->ends_with;

		if (is_given(json_setting(l, "done_at"), rule->name) || is_given(json_setting(l, "done_when"), rule->name) ||
			(steps == 0 && rule->when_reopened == SLT_RESTART && is_given(json_setting(l, "started_at"), rule->name)))
			return true;
		rule = NULL;
		for (int i = 0; other != NULL && i < n; i++)
			if (strcmp(names[i], other) == 0)
				rule = rule_of(rules, other);
	}
	return false;
}

/* Reads which metrics there are; one that the policy does not have any more is passed over, and at first so is one that nothing ends. */
static void
read_metric_names(SltLoading *l, List *rules)
{
	SltAttachment *a = l->attachment;
	int			n;
	char	  **names = texts_setting(l, "metrics", &n);

	for (int i = 0; i < n; i++)
	{
		const SltMetricRule *rule = rule_of(rules, names[i]);

		check_metric(l, "metrics", names[i], rules);
		if (rule == NULL || find_metric(a, names[i]) >= 0)
			continue;
		if (l->attaching && !can_end(l, rules, names, n, rule))
		{
			l->endless = lappend(l->endless, names[i]);
			continue;
		}
		if (a->nmetrics == SLT_MAX_METRICS)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("a table can have at most %d metrics", SLT_MAX_METRICS),
					 errhint("Name those that it needs as \"metrics\".")));
		a->metrics[a->nmetrics++] = (SltMetric) {.name = names[i],.when_reopened = rule->when_reopened,.ends_by = SLT_ENDS_WITH_OTHERS,.ends_with = -1};
	}
}

/* Notes with which other metric each ends, where the table has that as well. */
static void
link_metrics(SltAttachment *a, List *rules)
{
	for (int i = 0; i < a->nmetrics; i++)
	{
		const SltMetricRule *rule = rule_of(rules, a->metrics[i].name);
		int			steps = 0;

		a->metrics[i].ends_with = rule->ends_with ? find_metric(a, rule->ends_with) : -1;
		for (int k = i; k >= 0; k = a->metrics[k].ends_with)
			if (steps++ > a->nmetrics)
			{
				a->metrics[i].ends_with = -1;	/* in a circle, which the
												 * policy refuses */
				break;
			}
	}
}

/* Reads the metrics that something ends: when they start, end and pause, and their columns. */
static void
read_metrics(SltLoading *l, List *rules)
{
	SltAttachment *a = l->attachment;
	Jsonb	   *own = json_setting(l, "own_columns");

	for_each_metric(l, "started_at", json_setting(l, "started_at"), rules, take_start);
	for_each_metric(l, "done_at", json_setting(l, "done_at"), rules, take_done);
	read_status(l, rules);
	link_metrics(a, rules);
	for (int i = 0; i < a->nmetrics; i++)
	{
		SltMetric  *m = &a->metrics[i];

		if (m->started.attnum == InvalidAttrNumber)
			m->started = a->opened;
		m->due = find_own_column(l, own, psprintf("%s_due", m->name), TIMESTAMPTZOID);
		m->met = find_own_column(l, own, psprintf("%s_met", m->name), BOOLOID);
		m->runs = find_own_column(l, own, psprintf("%s_runs", m->name), TIMESTAMPTZARRAYOID);
		add_read(a, m->started.attnum);
		add_read(a, m->done.attnum);
		add_read(a, m->runs);
	}
	if (a->status.ncolumns > 0)
	{
		a->status_at = find_own_column(l, own, "status_at", TIMESTAMPTZARRAYOID);
		a->status_became = find_own_column(l, own, "status_became", TEXTARRAYOID);
		add_read(a, a->status_at);
		add_read(a, a->status_became);
	}
	a->announce_at = find_own_column(l, own, "announce_at", TIMESTAMPTZOID);
}

/* ---------- an attachment as a whole ---------- */

/* Adds a column to what tells tickets apart. */
static void
add_key(SltLoading *l, AttrNumber attnum)
{
	SltAttachment *a = l->attachment;
	SltFact    *key = &a->keys[a->nkeys++];

	*key = make_column(l, attnum);
	a->key_depends = a->key_depends || !can_be_code(key->type) || key->type == FLOAT4OID || key->type == FLOAT8OID;
}

/* Finds what tells tickets apart: the column that is named, or the primary key. */
static void
read_key(SltLoading *l)
{
	SltAttachment *a = l->attachment;
	char	   *name = setting(l, "key");
	Relation	root;
	ListCell   *cell;

	a->keys = palloc(sizeof(SltFact) * INDEX_MAX_KEYS);
	if (name != NULL)
	{
		add_key(l, find_column(l, "key", name));
		return;
	}
	root = RelationGetRelid(l->rel) == a->root ? l->rel : try_relation_open(a->root, AccessShareLock);
	foreach(cell, root ? RelationGetIndexList(root) : NIL)
	{
		HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(cell)));
		Form_pg_index index = HeapTupleIsValid(tuple) ? (Form_pg_index) GETSTRUCT(tuple) : NULL;

		for (int i = 0; index && index->indisprimary && i < index->indnkeyatts; i++)
		{
			char	   *column = NameStr(TupleDescAttr(RelationGetDescr(root), index->indkey.values[i] - 1)->attname);
			AttrNumber	attnum = get_attnum(RelationGetRelid(l->rel), column);

			if (attnum > 0)
				add_key(l, attnum);
		}
		if (index)
			ReleaseSysCache(tuple);
	}
	if (root != NULL && root != l->rel)
		relation_close(root, NoLock);
}

/* Reads the columns' numbers of when they were attached, if they are those of a table that is still there. */
static Jsonb *
read_numbers(const SltLoading *l)
{
	return DatumGetObjectId(slt_column(&l->scan, "numbers_of", OIDOID)) == l->attachment->root ? json_setting(l, "column_numbers") : NULL;
}

/* Reads the row at hand; fails if anything is wrong with it. */
void
slt_load_row(SltLoading *l)
{
	SltAttachment *a = l->attachment;
	List	   *rules = slt_metric_rules();
	char	   *status;

	a->root = DatumGetObjectId(slt_column(&l->scan, "ticket_table", REGCLASSOID));
	a->name = setting(l, "name");
	l->numbers = read_numbers(l);
	read_key(l);
	read_times(l);
	read_code(l, SLT_SEVERITY, "severity", true, true);
	read_code(l, SLT_CONTRACT, "contract", true, true);
	read_code(l, SLT_REQUEST_KIND, "request_kind", false, false);
	read_code(l, SLT_CALENDAR, "calendar", false, false);
	status = setting(l, "status");
	if (status != NULL)
		find_code_columns(l, &a->status, "status", status);
	read_metric_names(l, rules);
	read_metrics(l, rules);
	a->strict = strcmp(setting(l, "on_unknown"), "error") == 0;
	a->last_fact = Max(a->last_read, a->changed.attnum);
}
