/*
 * slt_compat.h
 *		Every difference between PostgreSQL releases that slt has to know.
 */
#ifndef SLT_COMPAT_H
#define SLT_COMPAT_H

#include "utils/rangetypes.h"

#if PG_VERSION_NUM < 150000 || PG_VERSION_NUM >= 190000
#error "slt is for PostgreSQL 15 to 18"
#endif

/* 16: input functions report bad text softly; before, they can only throw. */
#if PG_VERSION_NUM < 160000
#define ereturn(context, dummy_value, ...) \
	do { \
		(void) (context); \
		ereport(ERROR, __VA_ARGS__); \
		return dummy_value; \
	} while (0)
#define slt_make_range(typcache, lower, upper) make_range(typcache, lower, upper, false)
#else
#include "nodes/miscnodes.h"
#include "varatt.h"				/* was in postgres.h */
#define slt_make_range(typcache, lower, upper) make_range(typcache, lower, upper, false, NULL)
#endif

/* 18: what does not return says so in front, as in C11. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

/* 18: whether a deferrable primary key will do must be said. */
#if PG_VERSION_NUM < 180000
#define slt_primary_key_index(rel) RelationGetPrimaryKeyIndex(rel)
#else
#define slt_primary_key_index(rel) RelationGetPrimaryKeyIndex(rel, false)
#endif

/* 18: an index scan can be counted. */
#if PG_VERSION_NUM < 180000
#define slt_index_beginscan(rel, index, snapshot, nkeys) index_beginscan(rel, index, snapshot, nkeys, 0)
#else
#define slt_index_beginscan(rel, index, snapshot, nkeys) index_beginscan(rel, index, snapshot, NULL, nkeys, 0)
#endif

/* 17: interval has infinities. */
#if PG_VERSION_NUM < 170000
#define SLT_INTERVAL_IS_INFINITE(i) 0
#define SLT_INTERVAL_IS_NOEND(i) false
#else
#define SLT_INTERVAL_IS_INFINITE(i) INTERVAL_NOT_FINITE(i)
#define SLT_INTERVAL_IS_NOEND(i) INTERVAL_IS_NOEND(i)
#define SLT_INTERVAL_HAS_INFINITY
#endif

/*
 * 16: which columns are updated is said apart from the range table; 18: which
 * of its relations are not pruned must be said.
 */
#if PG_VERSION_NUM < 160000
#define slt_set_updated_columns(rte, permissions, columns) ((void) (permissions), (rte)->updatedCols = (columns))
#define slt_init_range_table(estate, rte, permissions) ExecInitRangeTable(estate, list_make1(rte))
#else
#define slt_set_updated_columns(rte, permissions, columns) (addRTEPermissionInfo(permissions, rte)->updatedCols = (columns))
#if PG_VERSION_NUM < 180000
#define slt_init_range_table(estate, rte, permissions) ExecInitRangeTable(estate, list_make1(rte), *(permissions))
#else
#define slt_init_range_table(estate, rte, permissions) ExecInitRangeTable(estate, list_make1(rte), *(permissions), bms_make_singleton(1))
#endif
#endif

/* 16: one function asks for the owner of any object. */
#if PG_VERSION_NUM < 160000
#define slt_owns_table(table, role) pg_class_ownercheck(table, role)
#else
#define slt_owns_table(table, role) object_ownercheck(RelationRelationId, table, role)
#endif

/* 16: who has the rights of a role need not be able to become it. */
#if PG_VERSION_NUM < 160000
#define slt_can_become(member, role) is_member_of_role(member, role)
#else
#define slt_can_become(member, role) member_can_set_role(member, role)
#endif

/* 16: a backend's transaction comes with its subtransactions; 17: backends go by the number of their process. */
#if PG_VERSION_NUM < 160000
#define slt_transaction_of(vxid, xid) \
	do { TransactionId xmin_; BackendIdGetTransactionIds((vxid).backendId, xid, &xmin_); } while (0)
#define slt_is_prepared(vxid) ((vxid).backendId == InvalidBackendId)
#elif PG_VERSION_NUM < 170000
#define slt_transaction_of(vxid, xid) \
	do { TransactionId xmin_; int n_; bool over_; BackendIdGetTransactionIds((vxid).backendId, xid, &xmin_, &n_, &over_); } while (0)
#define slt_is_prepared(vxid) ((vxid).backendId == InvalidBackendId)
#else
#define slt_transaction_of(vxid, xid) \
	do { TransactionId xmin_; int n_; bool over_; ProcNumberGetTransactionIds((vxid).procNumber, xid, &xmin_, &n_, &over_); } while (0)
#define slt_is_prepared(vxid) ((vxid).procNumber == INVALID_PROC_NUMBER)
#endif

#endif							/* SLT_COMPAT_H */
