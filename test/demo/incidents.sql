-- A report on an incident log of the form ServiceNow exports: a row for each
-- change of an incident, read from standard input.  The columns are those of the
-- UCI data set "Incident management process enriched event log"; instants are
-- DD-MM-YYYY HH:MM, and ? is null.

SET datestyle = 'ISO, DMY';

CREATE FUNCTION pg_temp.clock(at timestamptz) RETURNS text
LANGUAGE sql STABLE RETURN to_char(at, 'Dy DD Mon HH24:MI');

CREATE TEMP TABLE events (
	number text, incident_state text, active text, reassignment_count int, reopen_count int, sys_mod_count int,
	made_sla text, caller_id text, opened_by text, opened_at timestamptz, sys_created_by text, sys_created_at timestamptz,
	sys_updated_by text, sys_updated_at timestamptz, contact_type text, location text, category text, subcategory text,
	u_symptom text, cmdb_ci text, impact text, urgency text, priority text, assignment_group text, assigned_to text,
	knowledge text, u_priority_confirmation text, notify text, problem_id text, rfc text, vendor text, caused_by text,
	closed_code text, resolved_by text, resolved_at timestamptz, closed_at timestamptz
);
\copy events FROM pstdin WITH (FORMAT csv, HEADER match, NULL '?')

-- One row for each incident, with what became of it last.  A pause is from the
-- event that enters an awaiting state to the next one that leaves it; events
-- before the opening are errors of the log.
CREATE TEMP TABLE incidents AS
WITH history AS (
	SELECT *, lead(sys_updated_at) OVER (PARTITION BY number ORDER BY sys_updated_at, sys_mod_count) AS next_at
	FROM events
	WHERE sys_updated_at >= opened_at
)
SELECT number, min(opened_at) AS opened_at,
	(array_agg(priority ORDER BY sys_updated_at DESC, sys_mod_count DESC))[1] AS priority,
	coalesce(min(sys_updated_at) FILTER (WHERE incident_state <> 'New'), min(resolved_at)) AS responded_at,
	coalesce(max(resolved_at), min(sys_updated_at) FILTER (WHERE incident_state = 'Resolved')) AS resolved_at,
	max(resolved_at) IS NULL AS resolution_not_noted,
	range_agg(tstzrange(sys_updated_at, next_at)) FILTER (WHERE incident_state LIKE 'Awaiting%') AS paused
FROM history
GROUP BY number;

-- What each contract would have promised.
CREATE TEMP VIEW judged AS
SELECT i.*, c.name AS contract,
	slt_deadline(opened_at, severity, c.name, 'response') AS response_due,
	slt_deadline(opened_at, severity, c.name, 'resolution', paused) AS resolution_due,
	slt_deadline(opened_at, severity, c.name, 'resolution') AS resolution_due_without_pauses,
	working_between(opened_at, resolved_at, 'Egypt', paused) AS worked
FROM (SELECT *, CASE left(priority, 1) WHEN '1' THEN 'S1' WHEN '2' THEN 'S1' WHEN '3' THEN 'S2' ELSE 'S3' END AS severity
	  FROM incidents) i
CROSS JOIN slt_contracts c
WHERE c.name IN ('Standard', 'Priority');

CREATE TEMP TABLE results AS SELECT * FROM judged;

\echo
\echo :bold'6. A real incident log':plain
\echo
SELECT (SELECT count(*) FROM events) AS events, count(*) AS incidents,
	to_char(min(opened_at), 'FMDD Mon YYYY') AS first, to_char(max(opened_at), 'FMDD Mon YYYY') AS last,
	count(paused) AS with_pauses, count(*) FILTER (WHERE resolution_not_noted) AS not_noted
FROM incidents \gset
\echo :events 'events of' :incidents 'incidents, opened from' :first 'to' :last':'
\echo 'UCI "Incident management process enriched event log", CC BY 4.0.'
\echo
\echo '- The log is from elsewhere. It is judged by the shipped policy, with the Egyptian calendar,'
\echo '  and its times are taken as Cairo time.'
\echo '- Priority 1 and 2 count as S1, 3 as S2 and 4 as S3: the priority that an incident had at last.'
\echo '- First response: the first event that is not New.'
\echo '- Resolved at: as the log notes it; for' :not_noted 'incidents it does not, and their first event'
\echo '  Resolved stands in.'
\echo '- The clock stops while an incident is Awaiting User Info, or awaiting anything else: from the'
\echo '  event that enters such a state to the next that leaves it.' :with_pauses 'incidents have such pauses.'
