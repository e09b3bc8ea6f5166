SET LOCAL search_path = zz_slt_internal, pg_temp;

-- status ---------------------------------------------------------------------------------------------------------
--
-- What people want to see of a service.  As slt_availability(), these functions
-- read the tables for everyone.

CREATE TYPE status_row AS (kind text, covered boolean, state text, since timestamptz, day date, figures @extschema@.slt_figures, weight bigint, bars text, longest int);
COMMENT ON TYPE status_row IS 'A row of what the status page shows.';

CREATE FUNCTION status_figures(service text, days int, month date DEFAULT NULL, texts jsonb DEFAULT NULL, dates text[] DEFAULT NULL)
RETURNS SETOF status_row
AS 'MODULE_PATHNAME', 'slt_status_figures'
LANGUAGE c STABLE PARALLEL SAFE ROWS 800;
COMMENT ON FUNCTION status_figures(text, int, date, jsonb, text[]) IS
'All that the status page shows of a service, outages read once: a row of the kind experience for each (for the service, if it has none), with its state now, and how much of it is down in millionths, followed by a row of the kind day for each day up to today, and a row of the kind days of month for each month that they are in; then, of the whole service, the month and the year. Of a month, if one is given: its days, and the state that it was in on the whole. With texts, and the dates of the days in them, days are no rows: those of the kind experience have them as bars for an HTML page, and how many characters the longest of what they say has. With 0 days, only the states, and since when each is in it however long ago; otherwise null if that was before the time read.';

CREATE FUNCTION @extschema@.slt_status(service text DEFAULT NULL,
						   OUT experience text, OUT covered boolean, OUT status text, OUT since timestamptz)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
	SELECT (f.figures).experience_name, f.covered, f.state, f.since FROM status_figures(service, 0) f WHERE f.kind = 'experience';
END;
COMMENT ON FUNCTION @extschema@.slt_status(text) IS
'How each experience of a service is now, or the service, if it has none: operational, degraded (a partial outage), down, maintenance (a planned outage, or maintenance that is planned for now), or unknown (nobody watches it, or no check vouches for it); and since when it has been so, null if nothing was ever recorded. Without a name, the only service there is. Error 42704 for an unknown name, 22023 if the service must be named.';

CREATE FUNCTION @extschema@.slt_status_history(service text DEFAULT NULL, days int DEFAULT 90,
								   OUT experience text, OUT day date, OUT availability numeric, OUT downtime interval, OUT planned interval, OUT unknown interval, OUT state text)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 700
BEGIN ATOMIC
	SELECT (f.figures).experience_name, f.day, trim_scale(trunc((f.figures).availability, 6)), date_trunc('second', (f.figures).downtime), date_trunc('second', (f.figures).planned),
		   date_trunc('second', (f.figures).unknown), f.state
	FROM status_figures(service, days) f WHERE f.kind = 'day';
END;
COMMENT ON FUNCTION @extschema@.slt_status_history(text, int) IS
'Each experience of a service day by day, the last of them today as far as it has passed, in the zone of the service: availability in percent, with six decimals, null if nothing is known; downtime that counts, time of planned outages, unknown time, by the second; and the worst state there was: down, degraded, maintenance, unknown (if all of it was), closed (a day without service hours) or operational. Error 22023 for less than 0 or more than 3660 days, otherwise as in slt_status().';

CREATE FUNCTION @extschema@.slt_status_summary(service text DEFAULT NULL,
								   OUT period text, OUT starts date, OUT availability numeric, OUT downtime interval,
								   OUT target numeric, OUT met boolean, OUT allowed interval, OUT budget_left interval)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 2
BEGIN ATOMIC
	SELECT f.kind, CAST(lower((f.figures).period) AT TIME ZONE s.time_zone AS date), trim_scale(trunc((f.figures).availability, 6)), x.downtime, (f.figures).target, (f.figures).met, x.allowed, x.allowed - x.downtime
	FROM service(service) s, LATERAL status_figures(s.name, 1) f,
		 LATERAL (SELECT date_trunc('milliseconds', (f.figures).downtime) AS downtime, date_trunc('milliseconds', (f.figures).allowed) AS allowed) x
	WHERE f.kind IN ('month', 'year');
END;
COMMENT ON FUNCTION @extschema@.slt_status_summary(text) IS
'The availability of a service in the current month and the current year, in its zone: what slt_availability_report() says of them, to the millisecond, with the downtime that the target allows until their ends. Errors as in slt_status().';
