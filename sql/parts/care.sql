SET LOCAL search_path = zz_slt_internal, pg_temp;

-- care: what may be deleted, and what slt costs ------------------------------------------------------------------
--
-- Of what grows with use: slt_checks, slt_failing and slt_deliveries shrink by themselves, but for what nobody asks
-- for any more; slt_outages, slt_coverage and slt_policy_log are what answers about the past are made of, and stay.

CREATE FUNCTION missing_tickets(ticket_table regclass, keys text[])
RETURNS text[]
AS 'MODULE_PATHNAME', 'slt_missing_tickets'
LANGUAGE c STABLE STRICT;
COMMENT ON FUNCTION missing_tickets(regclass, text[]) IS 'Those of some keys that no ticket of an attached table has. Reads it as its owner, for whoever may read all of it; none where that cannot be told.';

-- What somebody else has locked is left to the next time, so that no two wait for each other.
--
-- An announcement matters as long as its clock may announce something again that was due before it.  It does not if its
-- ticket is gone, its attachment is, or the next run of its clock was announced; nor before announce_from, as what was
-- due then is no news.  A ticket that is done may be opened again, so that being done is not enough.
CREATE FUNCTION forget_missing(before timestamptz)
RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	WITH old AS MATERIALIZED (
		SELECT a.attachment, t.ticket_table, array_agg(DISTINCT a.key) AS keys
		FROM @extschema@.slt_announced a JOIN @extschema@.slt_attachments t ON t.name = a.attachment
		WHERE a.announced_at < before GROUP BY 1, 2
	), missing AS MATERIALIZED (
		SELECT o.attachment, m.key FROM old o CROSS JOIN LATERAL unnest(missing_tickets(o.ticket_table, o.keys)) m (key)
	), forgotten AS (
		DELETE FROM @extschema@.slt_announced d WHERE d.ctid = ANY (ARRAY(
			SELECT a.ctid FROM @extschema@.slt_announced a JOIN missing m ON a.attachment = m.attachment AND a.key = m.key
			WHERE a.announced_at < before FOR UPDATE OF a SKIP LOCKED))
		RETURNING 1
	)
	SELECT count(*) FROM forgotten;
END;
COMMENT ON FUNCTION forget_missing(timestamptz) IS 'For slt_prune(): forgets what was announced before an instant of tickets that are gone; returns how much.';

CREATE FUNCTION prune_some(before timestamptz, most bigint, OUT events bigint, OUT others bigint)
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	WITH announced AS (
		DELETE FROM @extschema@.slt_announced d WHERE d.ctid = ANY (ARRAY(
			SELECT a.ctid FROM @extschema@.slt_announced a
			WHERE a.announced_at < before
				AND (NOT EXISTS (SELECT FROM @extschema@.slt_attachments t JOIN pg_class c ON c.oid = t.ticket_table
								 WHERE t.name = a.attachment AND (t.announce_from IS NULL OR t.announce_from < a.announced_at))
					 OR EXISTS (SELECT FROM @extschema@.slt_announced n
								WHERE n.attachment = a.attachment AND n.key = a.key AND n.metric = a.metric AND n.run > a.run))
			LIMIT most FOR UPDATE OF a SKIP LOCKED))
		RETURNING 1
	), latencies AS (
		DELETE FROM @extschema@.slt_latencies d WHERE d.ctid = ANY (ARRAY(
			SELECT l.ctid FROM @extschema@.slt_latencies l WHERE l.day < CAST(before AT TIME ZONE 'UTC' AS date) - 1 LIMIT most FOR UPDATE SKIP LOCKED))
		RETURNING 1
	), events AS (
		DELETE FROM @extschema@.slt_events d WHERE d.id = ANY (ARRAY(
			SELECT e.id FROM @extschema@.slt_events e
			WHERE e.announced_at < before
				AND NOT EXISTS (SELECT FROM @extschema@.slt_consumers c WHERE e.id >= c.delivered_below
								AND NOT EXISTS (SELECT FROM @extschema@.slt_deliveries v WHERE v.consumer = c.name AND v.event = e.id))
			ORDER BY e.id LIMIT most FOR UPDATE OF e SKIP LOCKED))
		RETURNING d.id
	), deliveries AS (
		DELETE FROM @extschema@.slt_deliveries d WHERE d.ctid = ANY (ARRAY(
			SELECT v.ctid FROM @extschema@.slt_deliveries v
			WHERE v.event IN (SELECT e.id FROM events e) OR NOT EXISTS (SELECT FROM @extschema@.slt_events e WHERE e.id = v.event)
			LIMIT most FOR UPDATE OF v SKIP LOCKED))
		RETURNING 1
	)
	SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM announced) + (SELECT count(*) FROM latencies) + (SELECT count(*) FROM deliveries);
END;
COMMENT ON FUNCTION prune_some(timestamptz, bigint) IS 'For slt_prune(): deletes at most so many rows of each kind that are older than an instant and matter no more, all if it is null; returns how many events, and how much else.';

CREATE FUNCTION @extschema@.slt_prune(older_than interval)
RETURNS bigint
LANGUAGE sql VOLATILE STRICT SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT forget_missing(clock_timestamp() - greatest(older_than, interval '0'));
	SELECT p.events FROM prune_some(clock_timestamp() - greatest(older_than, interval '0'), NULL) p;
END;
COMMENT ON FUNCTION @extschema@.slt_prune(interval) IS
'Deletes what is older and matters no more, and returns how many events: events that every consumer has had, and that they were delivered; what was announced of tickets, runs and attachments that are gone, or before announce_from; how long checks took. In one transaction; slt_prune_all() commits now and then.';

CREATE PROCEDURE @extschema@.slt_prune_all(older_than interval, batch_size integer DEFAULT 10000)
AS 'MODULE_PATHNAME', 'slt_prune_all'
LANGUAGE c;
COMMENT ON PROCEDURE @extschema@.slt_prune_all(interval, integer) IS 'The same as slt_prune(), in batches of so many rows of each kind that commit. Not inside a transaction block (25001).';

-- what it costs --------------------------------------------------------------------------------------------------

CREATE FUNCTION sweep_lag(ticket_table regclass)
RETURNS interval
AS 'MODULE_PATHNAME', 'slt_sweep_lag'
LANGUAGE c VOLATILE STRICT;
COMMENT ON FUNCTION sweep_lag(regclass) IS 'How long ago the sweep should have looked at the ticket of a table that it is most behind with; zero if it is behind with none. For whoever may read the table, or slt_attachments; null for others, where there is no index to find it by, and while the table is locked.';

CREATE VIEW @extschema@.slt_costs AS
	WITH relations (name, kind, relation, leaf, columns) AS (
		SELECT a.name, 'tickets', a.ticket_table, l.leaf, ARRAY(SELECT c.value FROM jsonb_each_text(CASE jsonb_typeof(a.own_columns) WHEN 'object' THEN a.own_columns END) c)
		FROM @extschema@.slt_attachments a CROSS JOIN LATERAL leaves(a.ticket_table) l
		UNION ALL
		SELECT c.relname, 'slt', c.oid::regclass, c.oid::regclass, NULL
		FROM pg_extension e JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e'
		JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'r'
		WHERE e.extname = 'slt'
	), busy AS MATERIALIZED (
		SELECT l.relation FROM locked l
	), sizes AS (
		SELECT r.name, r.kind, r.relation, sum(n.rows) AS rows, sum(w.bytes) AS bytes, sum(CASE WHEN r.columns IS NULL OR w.bytes IS NULL THEN w.bytes ELSE coalesce(x.bytes, 0) + coalesce(s.width * n.rows, 0) END) AS own_bytes
		FROM relations r
		CROSS JOIN LATERAL (SELECT CASE WHEN r.leaf NOT IN (SELECT b.relation FROM busy b) THEN pg_total_relation_size(r.leaf) END AS bytes) w
		CROSS JOIN LATERAL (SELECT CASE WHEN c.reltuples >= 0 THEN c.reltuples ELSE pg_stat_get_live_tuples(c.oid) END AS rows FROM pg_class c WHERE c.oid = r.leaf) n
		CROSS JOIN LATERAL (SELECT sum(pg_relation_size(i.indexrelid)) AS bytes FROM pg_index i JOIN pg_attribute k ON k.attrelid = i.indrelid AND k.attnum = i.indkey[0]
							WHERE w.bytes IS NOT NULL AND i.indrelid = r.leaf AND k.attname = ANY (r.columns)) x
		CROSS JOIN LATERAL (SELECT sum((1 - s.stanullfrac) * s.stawidth) AS width FROM pg_statistic s JOIN pg_attribute k ON k.attrelid = s.starelid AND k.attnum = s.staattnum
							WHERE s.starelid = r.leaf AND NOT s.stainherit AND k.attname = ANY (r.columns)) s
		GROUP BY 1, 2, 3
	)
	SELECT s.name, s.kind, s.rows::bigint AS rows, s.bytes::bigint AS bytes, s.own_bytes::bigint AS own_bytes,
		   CASE s.kind WHEN 'tickets' THEN date_trunc('second', sweep_lag(s.relation)) END AS sweep_lag, to_char(p.since, 'YYYY-MM-DD HH24:MI ') || p.problem AS last_error
	FROM sizes s
	LEFT JOIN LATERAL (SELECT f.problem, f.since FROM leaves(s.relation) l JOIN put_off f ON f.leaf = l.leaf WHERE s.kind = 'tickets' ORDER BY f.since DESC LIMIT 1) p ON true
	ORDER BY s.kind DESC, s.name;
COMMENT ON VIEW @extschema@.slt_costs IS 'What slt takes: each attached table, and each table of slt''s own. It reads statistics, and counts nothing.';
COMMENT ON COLUMN @extschema@.slt_costs.name IS 'The attachment, or the table of slt.';
COMMENT ON COLUMN @extschema@.slt_costs.kind IS 'tickets, or slt.';
COMMENT ON COLUMN @extschema@.slt_costs.rows IS 'About how many rows it has, with its partitions and children, as the last ANALYZE or VACUUM knows.';
COMMENT ON COLUMN @extschema@.slt_costs.bytes IS 'What it takes on disk, with indexes; null while somebody has the table for himself, and without partitions that somebody has so.';
COMMENT ON COLUMN @extschema@.slt_costs.own_bytes IS 'What of that is slt''s: of a ticket table the columns that slt writes, as ANALYZE has measured them, and indexes that begin with one.';
COMMENT ON COLUMN @extschema@.slt_costs.sweep_lag IS 'How far the sweep is behind, of a ticket table; zero if it is not; null for whoever may not read the table, or slt_attachments, where there is no index to find it by, and while the table is locked.';
COMMENT ON COLUMN @extschema@.slt_costs.last_error IS 'When and why the sweep put off the table, or a row of it, last; null if nothing was for a day.';
REVOKE ALL ON @extschema@.slt_costs FROM PUBLIC;
GRANT SELECT ON @extschema@.slt_costs TO @extowner@ WITH GRANT OPTION;
