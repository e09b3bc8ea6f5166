SET LOCAL search_path = zz_slt_internal, pg_temp;

-- deadlines ------------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.slt_deadline(opened_at timestamptz, severity text, contract text,
							 metric text DEFAULT 'resolution', paused tstzmultirange DEFAULT NULL)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'slt_deadline'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.slt_deadline(timestamptz, text, text, text, tstzmultirange) IS
'When a ticket falls due, by the target in force when it was opened. Severity by code or label, contract and metric by name, case does not matter. Null if the contract has no such target then; error 42704 for an unknown name.';

CREATE FUNCTION @extschema@.slt_explain(opened_at timestamptz, severity text, contract text,
							metric text DEFAULT 'resolution', paused tstzmultirange DEFAULT NULL,
							OUT "from" timestamptz, OUT "to" timestamptz, OUT what text, OUT name text,
							OUT worked @extschema@.working_interval, OUT owed @extschema@.working_interval, OUT note text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'slt_explain'
LANGUAGE c STABLE PARALLEL SAFE ROWS 20;
COMMENT ON FUNCTION @extschema@.slt_explain(timestamptz, text, text, text, tstzmultirange) IS
'How slt_deadline() comes about: a row for each stretch of time from opening to deadline, in order. What it is (working, outside hours, weekend, holiday, paused) and is called; the working time in it and still owed after it, in hours; a note where the clock changes. Worked adds up to the target. Errors as in slt_deadline().';

CREATE FUNCTION time_zones()
RETURNS text[]
AS 'MODULE_PATHNAME', 'slt_time_zones'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION time_zones() IS 'The time zone of each calendar of slt_calendars, by its IANA name.';

CREATE FUNCTION @extschema@.slt_check_time_zones(zones text[] DEFAULT NULL,
									 OUT time_zone text, OUT problem text, OUT fix text)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH used AS (
		SELECT DISTINCT z FROM unnest(coalesce(zones, time_zones())) z
	), known AS (
		SELECT DISTINCT fold_name(name) AS name FROM pg_timezone_names
	), facts (zone, at, hours_east, release, what) AS (VALUES
		-- what governments decided of late, an instant that tells, and the tz database release that knows
		('Africa/Cairo', timestamptz '2023-07-01 12:00+00', 3.0, '2023a', 'Egypt has summer time again since 2023'),
		('Africa/Juba', '2021-07-01 12:00+00', 2.0, '2021a', 'South Sudan moved to +02 in 2021'),
		('America/Asuncion', '2025-07-01 12:00+00', -3.0, '2025a', 'Paraguay stays on summer time since 2024'),
		('America/Mexico_City', '2023-07-01 12:00+00', -6.0, '2022f', 'Mexico has no summer time since 2022'),
		('Asia/Almaty', '2024-07-01 12:00+00', 5.0, '2024a', 'Kazakhstan moved to +05 in 2024'),
		('Asia/Amman', '2023-01-15 12:00+00', 3.0, '2022e', 'Jordan stays on +03 since 2022'),
		('Asia/Damascus', '2023-01-15 12:00+00', 3.0, '2022e', 'Syria stays on +03 since 2022'),
		('Asia/Tehran', '2023-07-01 12:00+00', 3.5, '2022b', 'Iran has no summer time since 2022'),
		('Europe/Volgograd', '2021-07-01 12:00+00', 3.0, '2020e', 'Volgograd moved to +03 in 2020'),
		('Pacific/Apia', '2022-01-01 12:00+00', 13.0, '2021b', 'Samoa has no summer time since 2021')
	)
	SELECT z, wrap(format('The server does not know the time zone "%s".', z), 36), wrap('Update the time zone data of the operating system or of PostgreSQL, or change the calendar.', 36)
	FROM used WHERE fold_name(z) NOT IN (SELECT k.name FROM known k)
	UNION ALL
	SELECT f.zone, wrap(format('%s, but this server has it at %s hours from UTC on %s instead of %s.', f.what,
							   trim_scale(o.hours), (f.at AT TIME ZONE 'UTC')::date, trim_scale(f.hours_east)), 36),
		   wrap(format('Update the time zone data to release %s or later and restart the server.', f.release), 36)
	FROM facts f
	JOIN used u ON fold_name(u.z) = fold_name(f.zone)
	JOIN known k ON k.name = fold_name(f.zone),
		 LATERAL (SELECT extract(epoch FROM (f.at AT TIME ZONE f.zone) - (f.at AT TIME ZONE 'UTC')) / 3600 AS hours) o
	WHERE o.hours <> f.hours_east
	ORDER BY 1;
END;
COMMENT ON FUNCTION @extschema@.slt_check_time_zones(text[]) IS
'What is wrong with the server''s time zone data for the calendars of slt_calendars, or for the zones given: a row for each problem, with what to do. No row means that nothing wrong is known.';
