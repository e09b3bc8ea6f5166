/*
 * due.c
 *		What the planner knows of is_due(): a range of its first argument.
 *
 * An index of that argument is looked at between two bounds, which functions
 * of the other arguments give when the query runs, so that these may be
 * parameters, or made from now().  The bounds leave out nothing that is due,
 * and what they let in is checked by is_due() itself; so they need be neither
 * exact nor complain.
 */
#include "policy.h"

#include "../types/calendar_periods.h"

#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "parser/parse_func.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"

/* the operators of timestamptz, as the catalogs number them */
#define TIMESTAMPTZ_LE 1323
#define TIMESTAMPTZ_GE 1325

/* Finds the timeline of a calendar of some type, or the default one if it has none; NULL if it is not known. */
static SltTimeline *
timeline_of_any(Oid type, Datum calendar)
{
	text	   *name;

	if (!OidIsValid(type))
		return slt_has_calendar(NULL, 0) ? slt_default_timeline() : NULL;
	if (type != TEXTOID)
		return slt_timeline_of(slt_packed(calendar));
	name = DatumGetTextPP(calendar);
	return slt_has_calendar(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name))
		? slt_timeline_by_name(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)) : NULL;
}

/* ---------- the bounds ---------- */

/* Returns the bound of what can be due in a range; `first` or the last. */
static Datum
bound(FunctionCallInfo fcinfo, bool first)
{
	bool		has_calendar = PG_NARGS() == 3;
	SltTimeline *tl = timeline_of_any(has_calendar ? get_fn_expr_argtype(fcinfo->flinfo, 1) : InvalidOid,
									  has_calendar ? PG_GETARG_DATUM(1) : (Datum) 0);
	SltInstant	from,
				to;

	if (!slt_read_instants(PG_GETARG_DATUM(PG_NARGS() - 1), &from, &to))
		PG_RETURN_TIMESTAMPTZ(first ? SLT_INFINITY : SLT_MINUS_INFINITY);
	if (tl == NULL)
		PG_RETURN_TIMESTAMPTZ(first ? SLT_MINUS_INFINITY : SLT_INFINITY);
	PG_RETURN_TIMESTAMPTZ(first ? slt_due_from(tl, PG_GETARG_AMOUNT(0), from) : slt_due_to(tl, PG_GETARG_AMOUNT(0), to));
}

/* Returns an instant that nothing starts before that is due in a range. */
PG_FUNCTION_INFO_V1(slt_due_first);
Datum
slt_due_first(PG_FUNCTION_ARGS)
{
	return bound(fcinfo, true);
}

/* Returns an instant that nothing starts after that is due in a range. */
PG_FUNCTION_INFO_V1(slt_due_last);
Datum
slt_due_last(PG_FUNCTION_ARGS)
{
	return bound(fcinfo, false);
}

/* ---------- the planner's questions ---------- */

/* Makes a comparison of an instant with another expression. */
static Expr *
compare(Node *at, Oid operator, Expr *with)
{
	return make_opclause(operator, BOOLOID, false, (Expr *) at, with, InvalidOid, InvalidOid);
}

/* Makes the comparison of an instant with the bound that a function of is_due()'s other arguments gives; NULL if it is not there. */
static Expr *
compare_with_bound(PlannerInfo *root, FuncExpr *call, Oid operator, char *function)
{
	Oid		   *types,
				found;
	int			ntypes;
	List	   *args = list_copy_tail(call->args, 1);

	get_func_signature(call->funcid, &types, &ntypes);
	found = LookupFuncName(list_make2(makeString("zz_slt_internal"), makeString(function)), ntypes - 1, types + 1, true);
	if (!OidIsValid(found) || list_length(args) != ntypes - 1)
		return NULL;
	return compare(linitial(call->args), operator,
				   (Expr *) eval_const_expressions(root, (Node *) makeFuncExpr(found, TIMESTAMPTZOID, copyObject(args), InvalidOid,
																			   call->inputcollid, COERCE_EXPLICIT_CALL)));
}

/* Turns a call into two conditions on an index of its first argument, if the others are known when the index is looked at. */
static List *
index_conditions(SupportRequestIndexCondition *request)
{
	FuncExpr   *call = (FuncExpr *) request->node;
	Expr	   *from,
			   *to;

	if (!IsA(call, FuncExpr) || request->indexarg != 0 ||
		!op_in_opfamily(TIMESTAMPTZ_GE, request->opfamily) || !op_in_opfamily(TIMESTAMPTZ_LE, request->opfamily))
		return NIL;
	for (int i = 1; i < list_length(call->args); i++)
		if (!is_pseudo_constant_for_index(request->root, list_nth(call->args, i), request->index))
			return NIL;
	from = compare_with_bound(request->root, call, TIMESTAMPTZ_GE, "due_first");
	to = compare_with_bound(request->root, call, TIMESTAMPTZ_LE, "due_last");
	return from != NULL && to != NULL ? list_make2(from, to) : NIL;
}

/* Returns the instant from which an amount is likely to be over at an instant: that much working time before it. */
static Expr *
likely_start(SltTimeline *tl, const SltAmount *amount, SltInstant due, SltInstant otherwise)
{
	SltAmount	back;
	SltInstant	at;

	if (!slt_amount_negate(amount, &back) || slt_add(tl, due, &back, NULL, &at) != SLT_OK)
		at = otherwise;
	return (Expr *) makeConst(TIMESTAMPTZOID, -1, InvalidOid, sizeof(at), TimestampTzGetDatum(at), false, FLOAT8PASSBYVAL);
}

/* Estimates how many rows are due: those that start in the range, that much working time earlier. */
static double
estimate(SupportRequestSelectivity *request)
{
	Const	   *args[4];
	int			n = list_length(request->args);
	SltTimeline *tl;
	SltInstant	from,
				to;

	if (n < 3 || n > 4)
		return DEFAULT_RANGE_INEQ_SEL;
	for (int i = 1; i < n; i++)
	{
		args[i] = (Const *) estimate_expression_value(request->root, list_nth(request->args, i));
		if (!IsA(args[i], Const))
			return DEFAULT_RANGE_INEQ_SEL;
		if (args[i]->constisnull)
			return 0;
	}
	if (!slt_read_instants(args[n - 1]->constvalue, &from, &to))
		return 0;
	tl = timeline_of_any(n == 4 ? args[2]->consttype : InvalidOid, n == 4 ? args[2]->constvalue : (Datum) 0);
	if (tl == NULL)
		return DEFAULT_RANGE_INEQ_SEL;
	return clauselist_selectivity(request->root,
								  list_make2(compare(linitial(request->args), TIMESTAMPTZ_GE,
													 likely_start(tl, DatumGetAmount(args[1]->constvalue), from, SLT_MINUS_INFINITY)),
											 compare(linitial(request->args), TIMESTAMPTZ_LE,
													 likely_start(tl, DatumGetAmount(args[1]->constvalue), to, SLT_INFINITY))),
								  request->varRelid, request->jointype, request->sjinfo);
}

/* Answers the planner's questions about a call of is_due(). */
PG_FUNCTION_INFO_V1(slt_is_due_support);
Datum
slt_is_due_support(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);

	if (IsA(request, SupportRequestIndexCondition))
		PG_RETURN_POINTER(index_conditions((SupportRequestIndexCondition *) request));
	if (!IsA(request, SupportRequestSelectivity))
		PG_RETURN_POINTER(NULL);
	((SupportRequestSelectivity *) request)->selectivity = estimate((SupportRequestSelectivity *) request);
	PG_RETURN_POINTER(request);
}
