SET LOCAL search_path = zz_slt_internal, pg_temp;

-- availability: checks -------------------------------------------------------------------------------------------
--
-- What slt_record() keeps is decided by the set of checks alone, not by the order in which they arrive: src/core/checks.h
-- says how.  So a check is put in its place among the latest ones.  Older ones are settled.  While checks come in order
-- and are good, only slt_checks grows.

CREATE FUNCTION bucket_of(latency interval)
RETURNS int
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ceil(ln(greatest(extract(epoch FROM latency) * 1000, 1)) / ln(1.05));
COMMENT ON FUNCTION bucket_of(interval) IS 'The bucket of slt_latencies that a length of time belongs to.';

CREATE FUNCTION settle(service text, experience text, line timestamptz, within interval)
RETURNS void
LANGUAGE sql
BEGIN ATOMIC
	-- a monitor that has been silent up to here starts afresh
	UPDATE @extschema@.slt_monitors u
	SET failures = CASE WHEN n.newest + within < line THEN 0 WHEN n.good IS NULL THEN u.failures + n.failed ELSE n.failed END,
		failing_since = CASE WHEN n.newest + within < line THEN NULL WHEN n.good IS NULL AND u.failures > 0 THEN u.failing_since ELSE n.first END
	FROM (SELECT m.monitor, x.newest, g.good, f.failed, f.first
		  FROM @extschema@.slt_monitors m JOIN @extschema@.slt_settled s ON s.service = m.service AND s.experience = m.experience,
			   LATERAL (SELECT max(c.at) AS newest FROM @extschema@.slt_checks c WHERE c.service = m.service AND c.experience = m.experience AND c.monitor = m.monitor) x,
			   LATERAL (SELECT max(c.at) AS good FROM @extschema@.slt_checks c WHERE c.service = m.service AND c.experience = m.experience AND c.monitor = m.monitor
						AND c.ok AND c.at >= s.at AND c.at < line) g,
			   LATERAL (SELECT count(*) AS failed, min(c.at) AS first FROM @extschema@.slt_checks c WHERE c.service = m.service AND c.experience = m.experience AND c.monitor = m.monitor
						AND NOT c.ok AND c.at >= s.at AND c.at < line AND c.at > coalesce(g.good, '-infinity')) f
		  WHERE m.service = settle.service AND m.experience = settle.experience) n
	WHERE u.service = settle.service AND u.experience = settle.experience AND u.monitor = n.monitor;
	DELETE FROM @extschema@.slt_failing f
	WHERE f.service = settle.service AND f.experience = settle.experience
	  AND (f.until <= line - within OR f.until IS NULL AND (
		SELECT max(c.at) FROM @extschema@.slt_checks c WHERE c.service = f.service AND c.experience = f.experience AND c.monitor = f.monitor) + within < line);
	-- one that others have outlived by a month is forgotten, but for when it vouched
	UPDATE @extschema@.slt_coverage v SET until = n.newest + within
	FROM (SELECT c.monitor, max(c.at) AS newest FROM @extschema@.slt_checks c WHERE c.service = settle.service AND c.experience = settle.experience GROUP BY 1) n
	WHERE v.service = settle.service AND v.experience = settle.experience AND v.monitor = n.monitor AND v.until IS NULL AND n.newest < line - interval '31 days';
	-- the newest check of each of the others says until when it vouches
	WITH newest AS MATERIALIZED (
		-- once, whatever the planner thinks of how many checks there are
		SELECT c.monitor, max(c.at) AS newest FROM @extschema@.slt_checks c WHERE c.service = settle.service AND c.experience = settle.experience GROUP BY 1
	), gone AS (
		DELETE FROM @extschema@.slt_checks c USING newest n
		WHERE c.service = settle.service AND c.experience = settle.experience AND c.monitor = n.monitor AND c.at < CASE WHEN n.newest < line - interval '31 days' THEN line ELSE least(line, n.newest) END
		RETURNING c.at, c.latency
	)
	INSERT INTO @extschema@.slt_latencies AS l (service, experience, day, bucket, checks)
	SELECT s.name, experience, CAST(g.at AT TIME ZONE s.time_zone AS date), bucket_of(g.latency), count(*)
	FROM gone g JOIN @extschema@.slt_services s ON s.name = settle.service
	WHERE g.latency IS NOT NULL
	GROUP BY 1, 3, 4
	ON CONFLICT ON CONSTRAINT slt_latencies_pkey DO UPDATE SET checks = l.checks + excluded.checks;
	DELETE FROM @extschema@.slt_monitors m
	WHERE m.service = settle.service AND m.experience = settle.experience AND coalesce(m.refused_at, '-infinity') < now() - interval '31 days'
	  AND NOT EXISTS (SELECT FROM @extschema@.slt_checks c WHERE c.service = m.service AND c.experience = m.experience AND c.monitor = m.monitor);
	UPDATE @extschema@.slt_settled s SET at = line WHERE s.service = settle.service AND s.experience = settle.experience;
END;
COMMENT ON FUNCTION settle(text, text, timestamptz, interval) IS
'For slt_record(): settles the checks of an experience that were made before an instant. They leave slt_checks, and none can be put before it any more.';
REVOKE ALL ON FUNCTION settle(text, text, timestamptz, interval) FROM PUBLIC;

CREATE FUNCTION join_outage(service text, experience text, since timestamptz, gone bigint)
RETURNS void
LANGUAGE sql
BEGIN ATOMIC
	-- an excuse is of what was looked at, so it goes unless both have one; then its reason becomes a note
	UPDATE outages o
	SET incident = coalesce(o.incident, g.incident), excused = CASE WHEN g.excused IS NOT NULL THEN o.excused END,
		note = nullif(substr(concat_ws(E'\n', o.note, CASE WHEN g.note <> o.note OR o.note IS NULL THEN g.note END, CASE WHEN o.excused IS NULL OR g.excused IS NULL THEN coalesce(o.excused, g.excused) END), 1, 60000), '')
	FROM outages g
	WHERE g.id = gone AND o.monitored AND o.service = join_outage.service AND o.experience = join_outage.experience AND lower(o.during) = since
	  AND (g.note, g.incident, g.excused) IS DISTINCT FROM (o.note, o.incident, o.excused);
END;
COMMENT ON FUNCTION join_outage(text, text, timestamptz, bigint) IS 'For slt_record(): has what people say of an outage be said of the one that it became part of.';
REVOKE ALL ON FUNCTION join_outage(text, text, timestamptz, bigint) FROM PUBLIC;

CREATE FUNCTION @extschema@.slt_record(service text, experience text, ok boolean, latency interval DEFAULT NULL, at timestamptz DEFAULT now(), monitor text DEFAULT NULL)
RETURNS boolean
AS 'MODULE_PATHNAME', 'slt_record'
LANGUAGE c SET search_path = pg_catalog, zz_slt_internal, pg_temp SET enable_seqscan = off;
COMMENT ON FUNCTION @extschema@.slt_record(text, text, boolean, interval, timestamptz, text) IS
'Takes the result of a check: one that failed, or took longer than the experience''s max_latency, opens an outage, and a good one closes it; for each monitor on its own, and as the experience''s quorum says. The order in which checks come does not matter. Returns false if the check is too late: older than the newest by more than late_by. Error 42704 for an unknown name, 22004 for a null, 22008 for a time in the future.';

CREATE FUNCTION watchers(service text, OUT experience text, OUT monitor text, OUT checked_at timestamptz, OUT failing boolean, OUT refused bigint, OUT refused_at timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'slt_list_watchers'
LANGUAGE c STABLE ROWS 20 SET search_path = pg_catalog, zz_slt_internal, pg_temp;
COMMENT ON FUNCTION watchers(text) IS 'slt_watchers(), for everyone.';

CREATE FUNCTION latencies(service text, zone text, since date, OUT experience text, OUT day date, OUT bucket int, OUT checks numeric)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'slt_list_latencies'
LANGUAGE c STABLE ROWS 1000 SET search_path = pg_catalog, zz_slt_internal, pg_temp;
COMMENT ON FUNCTION latencies(text, text, date) IS 'For slt_latency(): how many checks of each experience and day are in each bucket, for everyone.';
