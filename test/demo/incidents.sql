-- A report on an incident log, a row for each change of an incident, as incidents.pl has written it: the file "log".
-- "notes" says which columns count, and whose log it is.

SET datestyle = 'ISO, YMD';

CREATE FUNCTION pg_temp.clock(at timestamptz) RETURNS text
LANGUAGE sql STABLE RETURN to_char(at, 'Dy DD Mon HH24:MI');

\echo
\echo :bold'10. A real incident log':plain
\echo
\if :some
\else
\echo :notes
\q
\endif

CREATE TEMP TABLE events (
	number text, incident_state text, priority text, opened_at timestamptz, sys_updated_at timestamptz, resolved_at timestamptz, sys_mod_count int
);
\copy events FROM pstdin WITH (FORMAT csv, HEADER, FORCE_NULL (resolved_at))

-- One row for each incident.  A pause is from the event that enters an awaiting
-- state to the next one that leaves it.  The log has a few events from before
-- their incident was opened; they are no response.
CREATE TEMP TABLE incidents AS
WITH history AS (
	SELECT *, lead(sys_updated_at) OVER (PARTITION BY number ORDER BY sys_updated_at, sys_mod_count) AS next_at
	FROM events
)
SELECT number, min(opened_at) AS opened_at,
	(array_agg(priority ORDER BY sys_updated_at DESC, sys_mod_count DESC))[1] AS priority,
	coalesce(min(sys_updated_at) FILTER (WHERE incident_state <> 'New' AND sys_updated_at >= opened_at), min(resolved_at)) AS responded_at,
	coalesce(max(resolved_at), min(sys_updated_at) FILTER (WHERE incident_state IN ('Resolved', 'Closed'))) AS resolved_at,
	max(resolved_at) IS NULL AS resolution_not_noted,
	range_agg(tstzrange(sys_updated_at, next_at)) FILTER (WHERE incident_state LIKE 'Awaiting%') AS paused
FROM history
GROUP BY number;

-- What each contract would have promised.
CREATE TEMP TABLE results AS
SELECT i.*, c.name AS contract,
	slt_deadline(opened_at, severity, c.name, 'response') AS response_due,
	slt_deadline(opened_at, severity, c.name, 'resolution', paused) AS resolution_due,
	slt_deadline(opened_at, severity, c.name, 'resolution') AS resolution_due_without_pauses,
	working_between(opened_at, resolved_at, 'Egypt', paused) AS worked
FROM (SELECT *, CASE WHEN priority ~* '^\W*((p|prio|priority|sev|severity)?[ _-]*[12]\y|critical|urgent|highest|high|blocker)' THEN 'S1' WHEN priority ~* '^\W*((p|prio|priority|sev|severity)?[ _-]*3\y|moderate|medium|normal)' THEN 'S2' ELSE 'S3' END AS severity
	  FROM incidents) i
CROSS JOIN slt_contracts c
WHERE c.name IN ('Standard', 'Priority');

SELECT to_char((SELECT count(*) FROM events), 'FM999,999,999') AS events, to_char(count(*), 'FM999,999,999') AS incidents,
	to_char(min(opened_at), 'FMDD Mon YYYY') AS first, to_char(max(opened_at), 'FMDD Mon YYYY') AS last,
	count(paused) AS with_pauses, count(*) FILTER (WHERE resolution_not_noted) AS not_noted
FROM incidents \gset
\echo 'Events:' :events', incidents:' :incidents', opened from' :first 'to' :last'.'
\echo :notes
\echo
\echo '- The log is from elsewhere. Here it is judged by the shipped policy, with the Egyptian calendar,'
\echo '  and its times are taken as Cairo time: what if this had been your support?'
\echo '- Priorities 1, 2, critical, urgent and high count as S1, 3, medium and normal as S2, others as'
\echo '  S3: the priority that an incident had in the end.'
\echo '- A first response is the first event whose state is not New.'
\echo '- Resolved at is what the log says; where it says nothing (incidents:' :not_noted'), it is the'
\echo '  first event with the state Resolved or Closed.'
\echo '- The clock stops while an incident is Awaiting User Info, or awaiting anything else: from the'
\echo '  event that enters such a state to the next that leaves it. Incidents with such pauses:' :with_pauses'.'
\echo
\echo 'Some whose pauses decide: had the clock run on, they would be late under the Standard contract.'
\echo
WITH resolution AS (
	SELECT number, severity, opened_at, resolved_at, worked,
		max(resolution_due) FILTER (WHERE contract = 'Standard') AS standard_due,
		max(resolution_due) FILTER (WHERE contract = 'Priority') AS priority_due,
		max(resolution_due_without_pauses) FILTER (WHERE contract = 'Standard') AS standard_due_without_pauses
	FROM results
	GROUP BY number, severity, opened_at, resolved_at, worked
), example AS (
	SELECT DISTINCT ON (severity) * FROM resolution
	WHERE resolved_at > standard_due_without_pauses AND resolved_at <= standard_due
	ORDER BY severity, number
)
SELECT number, severity AS "sev.", pg_temp.clock(opened_at) AS opened, pg_temp.clock(standard_due) AS "Standard due",
	pg_temp.clock(priority_due) AS "Priority due", pg_temp.clock(resolved_at) AS resolved
FROM example
ORDER BY severity;

-- How many were in time, for each of the groups of a column.
CREATE FUNCTION pg_temp.in_time(column_name text, OUT what text, OUT incidents bigint, OUT standard bigint, OUT standard_share numeric,
								OUT priority bigint, OUT priority_share numeric, OUT median text)
RETURNS SETOF record LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN QUERY EXECUTE format($q$
		WITH judged AS (
			SELECT %1$s AS what, number, contract, resolved_at <= resolution_due AS in_time, worked FROM results
		)
		SELECT coalesce(what, 'all'), count(DISTINCT number),
			count(*) FILTER (WHERE in_time AND contract = 'Standard'),
			round(100.0 * count(*) FILTER (WHERE in_time AND contract = 'Standard') / count(DISTINCT number), 1),
			count(*) FILTER (WHERE in_time AND contract = 'Priority'),
			round(100.0 * count(*) FILTER (WHERE in_time AND contract = 'Priority') / count(DISTINCT number), 1),
			lpad(to_char((percentile_disc(0.5) WITHIN GROUP (ORDER BY worked))::interval, 'FMHH24 "h" MI "min"'), 11)
		FROM judged
		GROUP BY ROLLUP (what)
		ORDER BY judged.what$q$, column_name);
END $$;

\echo 'Resolved in time under each contract, and the median of the working time it took:'
\echo
SELECT what AS "priority", incidents, standard AS "Standard", standard_share AS "%", priority AS "Priority", priority_share AS "%",
	median AS "median time"
FROM pg_temp.in_time($$priority || ' (' || severity || ')'$$);
SELECT what AS "opened in", incidents, standard AS "Standard", standard_share AS "%", priority AS "Priority", priority_share AS "%",
	median AS "median time"
FROM pg_temp.in_time($$to_char(opened_at, 'YYYY-MM')$$);
\echo 'What the pauses change, in percent of all incidents:'
\echo
SELECT what AS "in time", round(100 * avg(in_time::int) FILTER (WHERE contract = 'Standard'), 1) AS "Standard %",
	round(100 * avg(in_time::int) FILTER (WHERE contract = 'Priority'), 1) AS "Priority %"
FROM results,
	LATERAL (VALUES (1, 'resolved, clock stopped in pauses', resolved_at <= resolution_due),
					(2, 'resolved, clock always running', resolved_at <= resolution_due_without_pauses),
					(3, 'first response', responded_at <= response_due)) AS m (n, what, in_time)
GROUP BY n, what
ORDER BY n;
