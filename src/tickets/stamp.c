/*
 * stamp.c
 *		The trigger of ticket tables.
 *
 * BEFORE INSERT OR UPDATE FOR EACH ROW, with the name of the attachment as its
 * argument.  It writes the deadlines into the row, and what is remembered of it.
 * It is arithmetic over one row and the policy: nothing that a user wrote is
 * called.  Of an UPDATE that changes nothing they depend on it costs a comparison
 * of those columns.
 *
 * A ticket is written whatever happens: a row that cannot be stamped passes
 * with a warning.  What cannot fail is done at once; reading settings and policy
 * can, and is done in a subtransaction.
 */
#include "rewrite.h"

#include "access/htup_details.h"
#include "access/tupmacs.h"
#include "access/xact.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "utils/datum.h"
#include "utils/guc.h"

#include "expect.h"
#include "guard.h"
#include "settings.h"
#include "stamp.h"

static bool stamping_setting;

/* A row being stamped. */
typedef struct Stamping
{
	TriggerData *trigger;
	SltAttachment *attachment;
	HeapTuple	tuple;			/* the row as it is to be written */
	TupleTableSlot *row;		/* the same */
	TupleTableSlot *before;		/* as it was, NULL for a new row */
	bool		may_fail;
	SltTerms   *terms;
	HeapTuple	result;
} Stamping;

/* Defines the setting by which a session lets rows pass, once for each backend. */
void
slt_stamp_init(void)
{
	DefineCustomBoolVariable("slt.stamping",
							 "Whether rows of ticket tables are stamped as they are written.",
							 "Off lets a bulk load pass; slt_backfill() stamps its rows afterwards.",
							 &stamping_setting, true, PGC_USERSET, 0, NULL, NULL, NULL);
}

/* ---------- what changed ---------- */

/* Tells whether an UPDATE leaves all columns alone that stamps depend on. */
static bool
reads_are_equal(SltAttachment *a, TupleTableSlot *before, TupleTableSlot *row)
{
	TupleDesc	desc = row->tts_tupleDescriptor;

	slot_getsomeattrs(before, a->last_read);
	slot_getsomeattrs(row, a->last_read);
	for (int i = 0; i < a->nreads; i++)
	{
		int			c = a->reads[i] - 1;
		Form_pg_attribute attribute = TupleDescAttr(desc, c);

		if (before->tts_isnull[c] != row->tts_isnull[c])
			return false;
		if (!row->tts_isnull[c] && !datumIsEqual(before->tts_values[c], row->tts_values[c], attribute->attbyval, attribute->attlen))
			return false;
	}
	return true;
}

/* Tells whether no other trigger changes a row of a table before it is written. */
static bool
is_only_trigger(Relation rel)
{
	int			n = 0;

	for (int i = 0; i < rel->trigdesc->numtriggers; i++)
		n += TRIGGER_FOR_ROW(rel->trigdesc->triggers[i].tgtype) && TRIGGER_FOR_BEFORE(rel->trigdesc->triggers[i].tgtype) &&
			TRIGGER_FOR_UPDATE(rel->trigdesc->triggers[i].tgtype);
	return n == 1;
}

/* ---------- stamping ---------- */

/* Tells whether a row has nothing where the stamps go, nor behind, and these are of fixed length and in order. */
static bool
can_append(HeapTuple row, TupleDesc desc, const SltStamps *stamps)
{
	if (!HeapTupleHasNulls(row) || HeapTupleHeaderGetNatts(row->t_data) != desc->natts || stamps->n == 0)
		return false;
	for (int i = 0; i < stamps->n; i++)
		if ((i > 0 && stamps->attnums[i] <= stamps->attnums[i - 1]) ||
			!TupleDescAttr(desc, stamps->attnums[i] - 1)->attbyval)
			return false;
	for (int i = stamps->attnums[0] - 1; i < desc->natts; i++)
		if (!att_isnull(i, row->t_data->t_bits))
			return false;
	return true;
}

/* Makes the row with its stamps by writing them behind what is there: most new rows are made so. */
static HeapTuple
append_stamps(HeapTuple row, TupleDesc desc, const SltStamps *stamps)
{
	Size		offset = row->t_len - row->t_data->t_hoff;
	HeapTuple	result = palloc(HEAPTUPLESIZE + MAXALIGN(row->t_len) + stamps->n * sizeof(Datum));
	char	   *data;

	*result = *row;
	result->t_data = (HeapTupleHeader) ((char *) result + HEAPTUPLESIZE);
	memcpy(result->t_data, row->t_data, row->t_len);
	data = (char *) result->t_data + row->t_data->t_hoff;
	for (int i = 0; i < stamps->n; i++)
	{
		int			c = stamps->attnums[i] - 1;
		Form_pg_attribute attribute = TupleDescAttr(desc, c);
		Size		aligned = att_align_nominal(offset, attribute->attalign);

		if (stamps->nulls[i])
			continue;
		memset(data + offset, 0, aligned - offset);
		store_att_byval(data + aligned, stamps->values[i], attribute->attlen);
		offset = aligned + attribute->attlen;
		result->t_data->t_bits[c >> 3] |= 1 << (c & 7);
	}
	result->t_len = row->t_data->t_hoff + offset;
	return result;
}

/* Makes the row with its stamps; where they all come last they are appended, which spares taking it apart. */
static HeapTuple
make_row(HeapTuple row, TupleTableSlot *slot, const SltStamps *stamps)
{
	TupleDesc	desc = slot->tts_tupleDescriptor;
	Datum	   *values;
	bool	   *nulls;

	if (can_append(row, desc, stamps))
		return append_stamps(row, desc, stamps);
	values = palloc(sizeof(Datum) * desc->natts);
	nulls = palloc(sizeof(bool) * desc->natts);
	slt_lay_stamps(slot, stamps, values, nulls);
	return heap_form_tuple(desc, values, nulls);
}

/*
 * Stamps a row.  Returns false, and has done nothing, if that needs what can
 * fail and nothing may.
 */
static bool
stamp_row(Stamping *s)
{
	SltAttachment *a = s->attachment;
	SltTicket	t,
				before;
	SltMemory	memory;
	SltStamps	stamps;
	SltStatus	status;

	slt_read_slot(a, s->row, &t);
	s->terms = slt_known_terms(a, &t.codes);
	if (s->terms == NULL)
	{
		if (!s->may_fail)
			return false;
		s->terms = slt_learn_terms(a, &t.codes);
	}
	if (s->before != NULL)
	{
		slt_read_slot(a, s->before, &before);
		memory = slt_take_change(&t, &before);
	}
	else
		memory = slt_take_arrived(&t);
	slt_fill_runs(&t, s->before ? &before : NULL, s->terms, &memory);
	status = slt_make_stamps(&t, s->before ? &before : NULL, s->terms, &memory, SLT_KEEP_DONE, &stamps);
	if (status != SLT_OK)
	{
		if (!s->may_fail)
			return false;
		slt_check(status, stamps.failed);
	}
	if (stamps.announce_at != SLT_INFINITY)
		slt_expect_sweep(stamps.announce_at);
	if (t.facts.cancelled)
		s->terms = NULL;		/* its codes are of no interest */
	if (s->before != NULL)
		slt_drop_equal_stamps(s->row, &stamps);
	s->result = stamps.n > 0 ? make_row(s->tuple, s->row, &stamps) : s->tuple;
	return true;
}

/* Stamps a row, and fails if it has to; a ticket does not wait for whoever has the policy locked. */
static void
stamp_or_fail(void *argument)
{
	Stamping   *s = argument;
	int			settings = NewGUCNestLevel();

	slt_set_until_restored("lock_timeout", "50ms");
	s->may_fail = true;
	stamp_row(s);
	AtEOXact_GUC(false, settings);
}

/* Says that a row has no deadline since its codes mean nothing. */
static void
complain_about_codes(const Stamping *s)
{
	ereport(s->attachment->strict ? ERROR : WARNING,
			(errcode(s->attachment->strict ? ERRCODE_UNDEFINED_OBJECT : ERRCODE_WARNING),
			 errmsg_internal("%s", s->terms->unknown),
			 s->attachment->strict ? errdetail("A row of table \"%s\" was refused.", RelationGetRelationName(s->trigger->tg_relation)) :
			 errdetail("A row of table \"%s\" is written without deadlines.", RelationGetRelationName(s->trigger->tg_relation)),
			 s->terms->advice ? errhint("%s", s->terms->advice) : 0));
}

/* What a trigger call remembers for the rows to come. */
typedef struct Remembered
{
	SltAttachment *attachment;
	uint64		epoch;
	bool		is_only_trigger;
} Remembered;

/* Finds how the table is attached. */
static Remembered *
remember(FunctionCallInfo fcinfo, Relation rel)
{
	Remembered *r = fcinfo->flinfo->fn_extra;

	(void) slt_names_epoch();	/* hears of changes */
	if (r == NULL)
		r = fcinfo->flinfo->fn_extra = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(Remembered));
	if (r->epoch != slt_attachments_epoch || r->attachment->relid != RelationGetRelid(rel))
	{
		r->attachment = slt_attachment_of(rel);
		r->epoch = slt_attachments_epoch;
		r->is_only_trigger = is_only_trigger(rel);
	}
	return r;
}

/* Refuses to run as anything but the trigger it is. */
static void
check_trigger(FunctionCallInfo fcinfo)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigger->tg_event) || !TRIGGER_FIRED_FOR_ROW(trigger->tg_event) ||
		!(TRIGGER_FIRED_BY_INSERT(trigger->tg_event) || TRIGGER_FIRED_BY_UPDATE(trigger->tg_event)))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called as a BEFORE INSERT OR UPDATE FOR EACH ROW trigger", "slt_stamp"),
				 errhint("slt_attach() makes the trigger.")));
}

/* The trigger of ticket tables: stamps the row that is about to be written. */
PG_FUNCTION_INFO_V1(slt_stamp);
Datum
slt_stamp(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	Stamping	s = {.trigger = trigger};
	Remembered *remembered;
	SltFailure	failure;
	bool		by_present,
				done;

	check_trigger(fcinfo);
	s.tuple = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple;
	s.row = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newslot : trigger->tg_trigslot;
	s.before = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_trigslot : NULL;
	if (!stamping_setting)
		return PointerGetDatum(s.tuple);
	remembered = remember(fcinfo, trigger->tg_relation);
	s.attachment = remembered->attachment;
	if (s.attachment->problem != NULL)
	{
		slt_complain_about_attachment(s.attachment);
		return PointerGetDatum(s.tuple);
	}
	if (s.before != NULL &&
		((remembered->is_only_trigger && !bms_overlap(s.attachment->read_set, trigger->tg_updatedcols)) ||
		 reads_are_equal(s.attachment, s.before, s.row)))
		return PointerGetDatum(s.tuple);
	/* tickets are stamped by the policy as it is, whatever slt.as_of says */
	by_present = slt_go_by_present(true);
	done = stamp_row(&s) || slt_guarded(stamp_or_fail, &s, &failure);
	slt_go_by_present(by_present);
	if (!done)
	{
		slt_warn(&failure, psprintf("a row of table \"%s\" is written without new deadlines", RelationGetRelationName(trigger->tg_relation)));
		return PointerGetDatum(s.tuple);
	}
	if (s.terms != NULL && s.terms->unknown != NULL)
		complain_about_codes(&s);
	return PointerGetDatum(s.result);
}
