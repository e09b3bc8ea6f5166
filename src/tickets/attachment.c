/*
 * attachment.c
 *		How ticket tables are attached, as each backend remembers it.
 *
 * The settings are rows of slt_attachments, read past privileges with a fresh
 * snapshot, as the policy is.  A table goes by its own row, else by that of the
 * table whose partition or child it is, else by the one that its trigger names,
 * if both tables have one owner.  Whatever is wrong with it is kept with it as a
 * problem, and is no error: the application must be able to write its tickets.
 * What is wrong for the moment only is not kept longer than the statement.
 */
#include "load.h"

#include "access/genam.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/pg_inherits.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "guard.h"
#include "settings.h"
#include "ticket.h"

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

/* Registers the callback, once for each backend. */
void
slt_attachments_init(void)
{
	CacheRegisterRelcacheCallback(relation_changed, (Datum) 0);
}

/* ---------- reading slt_attachments ---------- */

/* Moves the scan to the row of a table, or, if that is given, of a name; or says that there is none. */
static bool
find_row(SltLoading *l, Oid relid, const char *name)
{
	attachments_table = slt_config_table(slt_config_schema(), "slt_attachments");
	l->scan = slt_begin_scan(attachments_table, InvalidOid, 0, NULL);
	while (slt_next_row(&l->scan))
		if (name ? strcmp(slt_text_column(&l->scan, "name"), name) == 0 :
			DatumGetObjectId(slt_column(&l->scan, "ticket_table", REGCLASSOID)) == relid)
			return true;
	slt_end_scan(&l->scan);
	return false;
}

/* Adds the tables that a table is a partition or a child of, unless they are there. */
static List *
add_parents(List *family, Oid relid)
{
	Relation	inherits = table_open(InheritsRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_inherits_inhrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relid));
	scan = systable_beginscan(inherits, InheritsRelidSeqnoIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		family = list_append_unique_oid(family, ((Form_pg_inherits) GETSTRUCT(tuple))->inhparent);
	systable_endscan(scan);
	table_close(inherits, AccessShareLock);
	return family;
}

/* Finds the row of a table, or of the nearest that it is a partition or a child of: children of many look at each of these once. */
static bool
find_row_of_family(SltLoading *l, Oid relid)
{
	List	   *family = list_make1_oid(relid);

	for (int i = 0; i < list_length(family); i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (find_row(l, list_nth_oid(family, i), NULL))
			return true;
		family = add_parents(family, list_nth_oid(family, i));
	}
	return false;
}

/*
 * Returns the attachment that a table's trigger names, NULL for none.  What the
 * trigger is called does not matter: that of a shard has the shard's number.
 */
static const char *
named_by_trigger(Relation rel)
{
	Oid			schema = slt_config_schema();

	for (int i = 0; rel->trigdesc != NULL && i < rel->trigdesc->numtriggers; i++)
	{
		Trigger    *t = &rel->trigdesc->triggers[i];
		char	   *function = t->tgnargs == 1 && get_func_namespace(t->tgfoid) == schema ? get_func_name(t->tgfoid) : NULL;

		if (function != NULL && strcmp(function, "slt_stamp") == 0)
			return t->tgargs[0];
	}
	return NULL;
}

/* Finds the row of the attachment that a table's trigger names, if it is of a table of the same owner. */
static bool
find_row_of_trigger(SltLoading *l)
{
	const char *name = named_by_trigger(l->rel);

	if (name == NULL || !find_row(l, InvalidOid, name))
		return false;
	if (slt_owner_of(DatumGetObjectId(slt_column(&l->scan, "ticket_table", REGCLASSOID))) == l->rel->rd_rel->relowner)
		return true;
	slt_end_scan(&l->scan);
	return false;
}

/* Finds and reads the row of a table. */
static void
load(void *argument)
{
	SltLoading *l = argument;
	MemoryContext caller = MemoryContextSwitchTo(l->attachment->context);

	if (!find_row_of_family(l, RelationGetRelid(l->rel)) && !find_row_of_trigger(l))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("table \"%s\" is not attached to slt", RelationGetRelationName(l->rel)),
				 errhint("slt_attach() attaches a table; slt_attached() lists those that are.")));
	slt_load_row(l);
	slt_end_scan(&l->scan);
	MemoryContextSwitchTo(caller);
}

/* Makes an attachment in a context of its own, so that one that turns out to be wrong goes as a whole. */
static SltAttachment *
new_attachment(Relation rel)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "slt attachment", ALLOCSET_SMALL_SIZES);
	SltAttachment *a = MemoryContextAllocZero(context, sizeof(SltAttachment));

	a->relid = RelationGetRelid(rel);
	a->context = context;
	return a;
}

/* Tells whether something is wrong with the settings, and not with the moment: memory is short, a lock was not to be had in time. */
static bool
is_of_settings(int sqlstate)
{
	int			category = ERRCODE_TO_CATEGORY(sqlstate);

	return category == ERRCODE_DATA_EXCEPTION || category == ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION ||
		category == ERRCODE_PROGRAM_LIMIT_EXCEEDED || sqlstate == ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
}

/* Makes the attachment of a table, with its problem if there is one. */
static SltAttachment *
make_attachment(Relation rel)
{
	SltAttachment *a = new_attachment(rel);
	SltLoading	l = {.rel = rel,.attachment = a};
	SltFailure	failure;

	if (!slt_guarded(load, &l, &failure))
	{
		a->passing = is_of_settings(failure.sqlstate) ? 0 : failure.sqlstate;
		a->problem = MemoryContextStrdup(a->context, failure.message);
		a->advice = MemoryContextStrdup(a->context, failure.hint ? failure.hint : a->passing ? "The next statement tries again." :
										"Call slt_attach() again with columns that are there, or slt_detach().");
	}
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

		/*
		 * someone further up may be using the old one, so it stays until the
		 * transaction ends
		 */
		if (known->attachment != NULL)
			MemoryContextSetParent(known->attachment->context, TopTransactionContext);
		MemoryContextSetParent(fresh->context, CacheMemoryContext);
		known->attachment = fresh;
		known->epoch = fresh->passing ? 0 : epoch;
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
				(errcode(a->passing ? a->passing : ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
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

/* ---------- for slt_attach() and slt_attached() ---------- */

/* Opens a table that holds tickets, or is partitioned into such; NULL if it is gone. */
static Relation
open_ticket_table(Oid relid)
{
	Relation	rel = try_relation_open(relid, AccessShareLock);

	if (rel == NULL || rel->rd_rel->relkind == RELKIND_RELATION || rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
		return rel;
	relation_close(rel, AccessShareLock);
	return NULL;
}

/* Refuses codes that the policy does not know: a constant, or what a map leads to. */
static void
check_code_names(const SltCodeSource *code, const char *what, const char *setting)
{
	if (code->constant != NULL && code->map.nrules == 0)
		slt_check_policy_name(what, code->constant);
	for (int i = 0; i < code->map.nrules; i++)
		if (code->map.rules[i].name != NULL)
			slt_check_policy_name(what, code->map.rules[i].name);
}

/* Refuses an attachment that names what the policy does not have. */
static void
check_names(void *argument)
{
	const SltAttachment *a = argument;

	check_code_names(&a->codes[SLT_SEVERITY], "severity", "severity_map");
	check_code_names(&a->codes[SLT_CONTRACT], "contract", "contract_map");
	check_code_names(&a->codes[SLT_REQUEST_KIND], "request kind", "request_kind_map");
	check_code_names(&a->codes[SLT_CALENDAR], "calendar", "calendar_map");
}

/* Warns of times that are taken for something that they hardly are: those of the table's first rows, read as its owner. */
static void
check_times(const SltAttachment *a, Relation rel)
{
	SltFact		opened = a->opened;
	SltInstant	earliest = -10 * (SltInstant) 365 * SLT_DAY,	/* 1990 */
				latest = 100 * (SltInstant) 365 * SLT_DAY;
	SltIdentity before;
	int			odd = 0;

	if (a->opened.type == TIMESTAMPOID && a->zone == NULL && !a->zone_is_given)
		ereport(WARNING,
				(errmsg("times of table \"%s\" are taken as UTC", RelationGetRelationName(rel)),
				 errdetail("Column \"%s\" is a timestamp without time zone.", get_attname(a->relid, opened.attnum, false)),
				 errhint("Give \"time_zone\", the zone that the application writes them in; UTC, if that is meant.")));
	SPI_connect();
	before = slt_act_as(rel->rd_rel->relowner);
	SPI_execute(psprintf("SELECT %s FROM %s LIMIT 100", slt_quoted_column(rel, opened.attnum),
						 slt_quoted_table(a->relid)), false, 0);
	opened.attnum = 1;
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool		isnull;
		Datum		value = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull);
		SltRow		row = {&value, &isnull};
		SltMoment	m = slt_read_moment(a, &opened, &row);

		odd += !isnull && (!m.known || m.at < earliest || m.at > latest) && !(a->unset.known && !m.known);
	}
	slt_act_as_before(&before);
	SPI_finish();
	if (odd > 0)
		ereport(WARNING,
				(errmsg("some tickets of table \"%s\" were opened before 1990 or after 2100, as their times are read", RelationGetRelationName(rel)),
				 errhint("Check the arguments \"time_unit\", \"time_zone\" and \"unset\".")));
}

/*
 * Reads the row of slt_attachments that slt_attach() has just written, before
 * there are columns and a trigger, and raises what is wrong with it.  Returns
 * the metrics that something can end, and warns of the others.
 */
PG_FUNCTION_INFO_V1(slt_check_attachment);
Datum
slt_check_attachment(PG_FUNCTION_ARGS)
{
	Relation	rel = open_ticket_table(PG_GETARG_OID(0));
	SltLoading	l = {.rel = rel,.attaching = true};
	Datum	   *names;
	ListCell   *cell;

	if (rel == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("relation with OID %u is not a table", PG_GETARG_OID(0))));
	CommandCounterIncrement();
	l.attachment = new_attachment(rel);
	load(&l);
	check_names(l.attachment);
	foreach(cell, l.endless)
		ereport(WARNING,
				(errmsg("nothing ends metric \"%s\", so it is not stamped", (char *) lfirst(cell)),
				 errhint("Name the column that says when it was done in \"done_at\", or the statuses that end it in \"done_when\".")));
	check_times(l.attachment, rel);
	if (l.attachment->nmetrics == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("nothing ends any metric of the table"),
				 errhint("Name the columns that say when tickets were answered and solved in \"done_at\", or the statuses in \"done_when\".")));
	names = palloc(sizeof(Datum) * l.attachment->nmetrics);
	for (int i = 0; i < l.attachment->nmetrics; i++)
		names[i] = CStringGetTextDatum(l.attachment->metrics[i].name);
	relation_close(rel, NoLock);
	PG_RETURN_ARRAYTYPE_P(construct_array(names, l.attachment->nmetrics, TEXTOID, -1, false, TYPALIGN_INT));
}

/* Tells why the rows of a table cannot be stamped, or what its settings name that is not there; null if nothing is wrong. */
PG_FUNCTION_INFO_V1(slt_attachment_problem);
Datum
slt_attachment_problem(PG_FUNCTION_ARGS)
{
	Relation	rel = open_ticket_table(PG_GETARG_OID(0));
	SltAttachment *a;
	SltFailure	failure;

	if (rel == NULL)
		PG_RETURN_TEXT_P(cstring_to_text(psprintf("The table does not exist any more; SELECT slt_detach(%u).", PG_GETARG_OID(0))));
	a = slt_attachment_of(rel);
	relation_close(rel, AccessShareLock);
	if (a->problem != NULL)
		PG_RETURN_TEXT_P(cstring_to_text(psprintf("%s %s", slt_sentence(a->problem), a->advice)));
	if (!slt_guarded(check_names, a, &failure))
		PG_RETURN_TEXT_P(cstring_to_text(psprintf("%s Call slt_attach() again with names that the policy has.", slt_sentence(failure.message))));
	PG_RETURN_NULL();
}
