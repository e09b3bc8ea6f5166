SET LOCAL search_path = zz_slt_internal, pg_temp;

-- availability: ranges in any table ------------------------------------------------------------------------------

CREATE FUNCTION ranges_add(internal, tstzrange, tstzrange) RETURNS internal
AS 'MODULE_PATHNAME', 'slt_ranges_add' LANGUAGE c IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION ranges_combine(internal, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'slt_ranges_combine' LANGUAGE c IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION ranges_serialize(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'slt_ranges_serialize' LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION ranges_deserialize(bytea, internal) RETURNS internal
AS 'MODULE_PATHNAME', 'slt_ranges_deserialize' LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION ranges_availability(internal) RETURNS numeric
AS 'MODULE_PATHNAME', 'slt_ranges_availability' LANGUAGE c IMMUTABLE PARALLEL SAFE;
CREATE FUNCTION ranges_downtime(internal) RETURNS interval
AS 'MODULE_PATHNAME', 'slt_ranges_downtime' LANGUAGE c IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION ranges_add(internal, tstzrange, tstzrange) IS 'For the aggregates slt_availability and slt_downtime.';
COMMENT ON FUNCTION ranges_combine(internal, internal) IS 'For the aggregates slt_availability and slt_downtime.';
COMMENT ON FUNCTION ranges_serialize(internal) IS 'For the aggregates slt_availability and slt_downtime.';
COMMENT ON FUNCTION ranges_deserialize(bytea, internal) IS 'For the aggregates slt_availability and slt_downtime.';
COMMENT ON FUNCTION ranges_availability(internal) IS 'For the aggregate slt_availability.';
COMMENT ON FUNCTION ranges_downtime(internal) IS 'For the aggregate slt_downtime.';

CREATE AGGREGATE @extschema@.slt_availability(down tstzrange, over tstzrange) (
	SFUNC = ranges_add, STYPE = internal, FINALFUNC = ranges_availability, FINALFUNC_MODIFY = SHAREABLE,
	COMBINEFUNC = ranges_combine, SERIALFUNC = ranges_serialize, DESERIALFUNC = ranges_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.slt_availability(tstzrange, tstzrange) IS
'How much of a time was in none of the ranges, in percent. What overlaps counts once, what lies outside not at all; nulls are left out. Null without any range. Error 22023 if the time differs between rows or has no finite bounds.';
CREATE AGGREGATE @extschema@.slt_downtime(down tstzrange, over tstzrange) (
	SFUNC = ranges_add, STYPE = internal, FINALFUNC = ranges_downtime, FINALFUNC_MODIFY = SHAREABLE,
	COMBINEFUNC = ranges_combine, SERIALFUNC = ranges_serialize, DESERIALFUNC = ranges_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.slt_downtime(tstzrange, tstzrange) IS
'How much of a time was in any of the ranges, in hours, minutes and seconds. Otherwise as the aggregate slt_availability.';

-- availability: what a target allows -----------------------------------------------------------------------------

CREATE FUNCTION list_services()
RETURNS SETOF @extschema@.slt_services
AS 'MODULE_PATHNAME', 'slt_list_rows'
LANGUAGE c STABLE PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION list_services() IS 'The rows of slt_services, for everyone.';

CREATE FUNCTION list_maintenance()
RETURNS SETOF @extschema@.slt_maintenance
AS 'MODULE_PATHNAME', 'slt_list_rows'
LANGUAGE c STABLE PARALLEL SAFE ROWS 100;
COMMENT ON FUNCTION list_maintenance() IS 'The rows of slt_maintenance, for everyone.';

CREATE FUNCTION service_name(service text)
RETURNS text
AS 'MODULE_PATHNAME', 'slt_service_name'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION service_name(text) IS 'The name of a service as it is spelled; without one, that of the only service.';

CREATE FUNCTION service(service text)
RETURNS @extschema@.slt_services
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT s FROM list_services() s WHERE s.name = service_name(service));
COMMENT ON FUNCTION service(text) IS 'slt_service().';

CREATE FUNCTION @extschema@.slt_list_services(OUT name text, OUT plan text, OUT target numeric, OUT time_zone text, OUT maintenance_window @extschema@.working_calendar)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
	SELECT s.name, s.plan, s.target, s.time_zone, s.maintenance_window FROM list_services() s ORDER BY s.name;
END;
COMMENT ON FUNCTION @extschema@.slt_list_services() IS 'The services, for everyone: what most want to know of them. slt_service() has all of one.';

CREATE FUNCTION @extschema@.slt_service(service text DEFAULT NULL)
RETURNS @extschema@.slt_services
LANGUAGE sql STABLE PARALLEL SAFE
RETURN service(service);
COMMENT ON FUNCTION @extschema@.slt_service(text) IS
'The row of slt_services of a name, in any case; without a name, that of the only service. Error 42704 for an unknown name, 22023 if the service must be named.';

CREATE FUNCTION @extschema@.slt_downtime_allowance(period text, percent numeric)
RETURNS interval
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	-- a year is 365.25 days, a month a twelfth of it
	seconds numeric := CASE fold_name(left(period, 20)) WHEN 'year' THEN 31557600 WHEN 'quarter' THEN 7889400 WHEN 'month' THEN 2629800
					   WHEN 'week' THEN 604800 WHEN 'day' THEN 86400 WHEN 'hour' THEN 3600 END;
BEGIN
	IF seconds IS NULL THEN
		RAISE EXCEPTION 'no period is called "%"', left(period, 100)
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Say year, quarter, month, week, day or hour.';
	ELSIF NOT percent BETWEEN 0 AND 100 THEN
		RAISE EXCEPTION 'target % is no percentage', percent
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a number from 0 to 100.';
	END IF;
	RETURN round(seconds * 10000 * (100 - percent))::float8 * interval '1 microsecond';
END $$;
COMMENT ON FUNCTION @extschema@.slt_downtime_allowance(text, numeric) IS
'The downtime that an availability target in percent allows in a year (of 365.25 days), quarter, month (a twelfth of a year), week, day or hour, to the microsecond, half up. Error 22023 for another period or a target that is no percentage.';

CREATE FUNCTION @extschema@.slt_format_allowance(period text, percent numeric)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	-- in the unit that the period is published in, or, where two decimals say nothing in that, in the largest in which they do
	SELECT format('%s %s', round(a.seconds / u.length, 2), u.unit)
	FROM (SELECT extract(epoch FROM @extschema@.slt_downtime_allowance(period, percent)) AS seconds) a
	LEFT JOIN (VALUES (1, 'days', 86400, '{year}'::text[]), (2, 'hours', 3600, '{year,quarter,month,week}'), (3, 'minutes', 60, '{year,quarter,month,week,day}'),
				 (4, 'seconds', 1, '{year,quarter,month,week,day,hour}'), (5, 'milliseconds', 0.001, '{year,quarter,month,week,day,hour}')) u (n, unit, length, periods) ON fold_name(left(period, 20)) = ANY (u.periods)
	ORDER BY a.seconds >= u.length OR a.seconds = 0 DESC, CASE WHEN a.seconds >= u.length OR a.seconds = 0 THEN u.n ELSE -u.n END
	LIMIT 1;
END;
COMMENT ON FUNCTION @extschema@.slt_format_allowance(text, numeric) IS
'slt_downtime_allowance() as it is published, with two decimals, half up: of a year in days, of a quarter, month or week in hours, of a day in minutes, of an hour in seconds; what is less than one of them is in a smaller unit. Errors as there.';

CREATE VIEW @extschema@.slt_downtime_allowances AS
SELECT t.target, @extschema@.slt_format_allowance(text 'year', t.target) AS per_year, @extschema@.slt_format_allowance(text 'month', t.target) AS per_month,
	   @extschema@.slt_format_allowance(text 'week', t.target) AS per_week, @extschema@.slt_format_allowance(text 'day', t.target) AS per_day
FROM (SELECT trim_scale(s.target) AS target FROM list_services() s
	  UNION SELECT * FROM (VALUES (numeric '90'), ('95'), ('98'), ('99'), ('99.5'), ('99.9'), ('99.95'), ('99.99'), ('99.999')) v) t
ORDER BY t.target;
COMMENT ON VIEW @extschema@.slt_downtime_allowances IS 'The downtime that the targets of the services, and some others that are common, allow.';
COMMENT ON COLUMN @extschema@.slt_downtime_allowances.target IS 'The availability, in percent.';
COMMENT ON COLUMN @extschema@.slt_downtime_allowances.per_year IS 'The downtime in a year of 365.25 days.';
COMMENT ON COLUMN @extschema@.slt_downtime_allowances.per_month IS 'The downtime in a month, a twelfth of a year.';
COMMENT ON COLUMN @extschema@.slt_downtime_allowances.per_week IS 'The downtime in a week.';
COMMENT ON COLUMN @extschema@.slt_downtime_allowances.per_day IS 'The downtime in a day.';

-- availability: budget, week -------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.slt_error_budget(during tstzrange, service text DEFAULT NULL, OUT allowed interval, OUT used interval, OUT budget_left interval,
								 OUT used_percent numeric, OUT burn_rate numeric, OUT exhausted_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT b.allowed, b.used, b.allowed - b.used, trim_scale(round(b.used_percent, 4)), trim_scale(round(b.burn_rate, 4)),
		   date_trunc('second', CASE WHEN b.budget_left <= interval '0' THEN CASE WHEN b.used > interval '0' THEN b.at END
									 WHEN b.runs_out < upper(during) OR b.runs_out IS NOT NULL AND upper_inf(during) THEN b.runs_out END)
	FROM (
		SELECT f.at, date_trunc('milliseconds', f.allowed) AS allowed, date_trunc('milliseconds', f.downtime) AS used, f.budget_left,
			   100 * extract(epoch FROM f.downtime) / nullif(extract(epoch FROM f.allowed), 0) AS used_percent,
			   (100 - f.now) / nullif(100 - f.target, 0) AS burn_rate,
			   -- at this rate; what is years away is as good as never
			   CASE WHEN extract(epoch FROM f.budget_left) < (100 - f.now) * 10000000
					THEN f.at + make_interval(secs => (extract(epoch FROM f.budget_left) * 100 / (100 - f.now))::float8) END AS runs_out
		FROM (
			SELECT a.at, p.allowed, p.downtime, p.budget_left, p.target, h.availability AS now
			FROM (SELECT least(now(), upper(during)) AS at) a,
				 figures(ARRAY[during], service, NULL, false, NULL) p,
				 figures(ARRAY[tstzrange(a.at - interval '1 hour', a.at)], service, NULL, false, NULL) h
		) f
	) b;
END;
COMMENT ON FUNCTION @extschema@.slt_error_budget(tstzrange, text) IS
'The error budget of a time: the downtime that the target allows for all of it, what is used and left of that, and how fast it was used in the last hour: a burn rate of 1 uses it up exactly at the end. exhausted_at is when at that rate nothing will be left, null if that is not before the end; now, or the end, if nothing is left already. Errors as in slt_availability().';

CREATE FUNCTION @extschema@.slt_burn_alerts(service text DEFAULT NULL, at timestamptz DEFAULT now(),
								OUT severity text, OUT burn_limit numeric, OUT long_window interval, OUT short_window interval,
								OUT long_burn numeric, OUT short_burn numeric, OUT firing boolean)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 4
BEGIN ATOMIC
	WITH burns AS (
		-- a target of 100 leaves nothing to burn: any downtime is more than it allows
		SELECT upper(f.period) - lower(f.period) AS length, coalesce(f.coverage, 0) AS coverage,
			   CASE WHEN f.target < 100 THEN (100 - f.availability) / (100 - f.target) WHEN f.availability < 100 THEN 'Infinity' ELSE f.availability - 100 END AS burn
		FROM figures(ARRAY(
				SELECT tstzrange(at - x.length, at)
				FROM unnest('{1 hour,6 hours,24 hours,72 hours,5 minutes,30 minutes,2 hours}'::interval[]) x (length)), service, NULL, false, NULL) f
	)
	SELECT w.severity, w.burn_limit, w.long_window, w.short_window, trim_scale(round(long.burn, 4)), trim_scale(round(short.burn, 4)),
		   coalesce(long.burn > w.burn_limit AND short.burn > w.burn_limit AND long.coverage >= 50 AND short.coverage >= 50, false)
	FROM (VALUES (1, 'page', 14.4, interval '1 hour', interval '5 minutes'), (2, 'page', 6, '6 hours', '30 minutes'),
				 (3, 'ticket', 3, '24 hours', '2 hours'), (4, 'ticket', 1, '72 hours', '6 hours')) w (n, severity, burn_limit, long_window, short_window)
	JOIN burns long ON long.length = w.long_window
	JOIN burns short ON short.length = w.short_window
	ORDER BY w.n;
END;
COMMENT ON FUNCTION @extschema@.slt_burn_alerts(text, timestamptz) IS
'Whether the error budget burns too fast at an instant, by the multi-window rules of the SRE workbook, made for a budget of 30 days: an alert fires while in both windows the burn rate is over the limit, and half of each is known. A burn rate is null where nothing is known, and infinite for any downtime of a target of 100. Errors as in slt_availability().';

CREATE FUNCTION @extschema@.slt_weekly_downtime(service text DEFAULT NULL, week date DEFAULT NULL, OUT starts date, OUT downtime interval,
									OUT counted interval, OUT planned interval, OUT aim interval, OUT met boolean, OUT aim_left interval)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CAST(lower(w.period) AT TIME ZONE s.time_zone AS date), date_trunc('milliseconds', f.all_downtime), date_trunc('milliseconds', f.downtime),
		   date_trunc('milliseconds', f.planned), s.weekly_downtime_aim,
		   CASE WHEN f.availability IS NOT NULL OR f.all_downtime > interval '0' THEN f.all_downtime < s.weekly_downtime_aim END,
		   greatest(s.weekly_downtime_aim - date_trunc('milliseconds', f.all_downtime), interval '0')
	FROM service(service) s,
		 LATERAL (SELECT coalesce((week + time '12:00') AT TIME ZONE s.time_zone, now()) AS noon) n,
		 LATERAL unnest(@extschema@.slt_calendar_periods(tstzrange(n.noon - interval '200 hours', n.noon + interval '200 hours'), text 'week', s.time_zone)) w (period),
		 LATERAL figures(ARRAY[w.period], s.name, NULL, false, NULL) f
	WHERE w.period @> n.noon;
END;
COMMENT ON FUNCTION @extschema@.slt_weekly_downtime(text, date) IS
'All downtime of the week (from Monday, in the service''s zone) that a date is in, that in the maintenance window included, next to the service''s aim: of it what counts for availability, and the time of planned outages; whether it is under the aim (null if nothing is known), and how much is left. Without a date, this week. Errors as in slt_availability().';

-- availability: maintenance --------------------------------------------------------------------------------------

CREATE FUNCTION periods_of(during tstzrange, calendar @extschema@.working_calendar)
RETURNS tstzmultirange
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN @extschema@.working_periods(during, calendar);
COMMENT ON FUNCTION periods_of(tstzrange, @extschema@.working_calendar) IS 'working_periods().';

CREATE FUNCTION elapsed(during tstzrange)
RETURNS interval
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT CASE WHEN x.seconds < 1e11 THEN make_interval(secs => x.seconds::float8) END FROM (SELECT extract(epoch FROM upper(during)) - extract(epoch FROM lower(during))) x (seconds));
COMMENT ON FUNCTION elapsed(tstzrange) IS 'How long a time is in hours, also where a clock changes; null without an end, or if that is thousands of years away.';

CREATE FUNCTION @extschema@.slt_next_maintenance(service text DEFAULT NULL, n int DEFAULT 1, at timestamptz DEFAULT now(),
									 OUT starts timestamptz, OUT lasts interval, OUT regular boolean, OUT experience text, OUT reason text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 5 SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	s record;
	reach interval := interval '720 hours';
	windows tstzmultirange := '{}';
BEGIN
	SELECT * INTO s FROM service(service);
	IF NOT isfinite(at) THEN
		RAISE EXCEPTION 'maintenance can be listed from a finite instant on only' USING ERRCODE = 'datetime_field_overflow';
	END IF;
	-- far enough for n windows, or for the 11 years in which a calendar has them if at all; a week back for the one going on
	WHILE s.maintenance_window IS NOT NULL LOOP
		windows := periods_of(tstzrange(at - interval '168 hours', at + reach), s.maintenance_window);
		EXIT WHEN reach > interval '100000 hours' OR (SELECT count(*) FROM unnest(windows) w WHERE upper(w) > at) > n;
		reach := reach * 4;
	END LOOP;
	RETURN QUERY
		SELECT date_trunc('second', lower(m.during)), elapsed(m.during), m.regular, m.experience, m.reason
		FROM (SELECT w AS during, true AS regular, NULL::text AS reason, NULL::text AS experience FROM unnest(windows) w
			  UNION ALL
			  SELECT x.during, false, x.reason, x.experience FROM list_maintenance() x WHERE x.service = s.name) m
		WHERE coalesce(upper(m.during) > at, true)
		ORDER BY lower(m.during), m.regular DESC, m.experience
		LIMIT greatest(n, 0);
END $$;
COMMENT ON FUNCTION @extschema@.slt_next_maintenance(text, int, timestamptz) IS
'The next n times of maintenance that are not over at an instant: those of the regular window, and those of slt_maintenance; when they start and how many hours they last (null without an end), why, and of which experience (null for all of the service). Errors as in slt_availability().';

CREATE FUNCTION @extschema@.slt_maintenance_notices(OUT id bigint, OUT service text, OUT starts timestamptz, OUT lasts interval, OUT experience text, OUT reason text)
RETURNS SETOF record
LANGUAGE plpgsql ROWS 10 SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	payload text;
	ends timestamptz;
BEGIN
	FOR id, service, starts, ends, lasts, experience, reason IN
		SELECT m.id, m.service, date_trunc('second', lower(m.during)), upper(m.during), elapsed(m.during), m.experience, m.reason
		FROM list_maintenance() m
		JOIN list_services() s ON s.name = m.service,
			 LATERAL (SELECT CASE WHEN s.maintenance_window IS NULL THEN tstzmultirange(m.during)
							 -- what lies years ahead can hardly be in a window
							 ELSE tstzmultirange(m.during) - periods_of(
								m.during * tstzrange(lower(m.during), lower(m.during) + interval '9000 hours'), s.maintenance_window) END AS outside) o
		WHERE m.announced_at IS NULL AND coalesce(upper(m.during) > now(), true) AND NOT isempty(o.outside)
		ORDER BY lower(m.during), m.id
	LOOP
		payload := json_build_object('kind', 'maintenance', 'id', id, 'service', service, 'experience', experience, 'from', starts, 'to', ends, 'reason', reason);
		IF octet_length(payload) > 7900 THEN
			payload := json_build_object('kind', 'maintenance', 'id', id, 'service', left(service, 200), 'experience', left(experience, 200), 'from', starts, 'to', ends);
		END IF;
		PERFORM pg_notify('slt', payload);
		RETURN NEXT;
	END LOOP;
END $$;
COMMENT ON FUNCTION @extschema@.slt_maintenance_notices() IS
'The planned work of slt_maintenance that is not over, lies outside the regular window at least in part, and of which administrators have not been told: announced_at is null. For each, channel slt gets a notification: JSON with kind (maintenance), id, service, experience, from, to and, unless it is too long, reason. Set announced_at when they have been told.';

-- availability: response times ------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.slt_latency(service text DEFAULT NULL, days int DEFAULT 90,
										OUT experience text, OUT day date, OUT checks bigint, OUT median interval, OUT p95 interval)
RETURNS SETOF record
LANGUAGE sql STABLE ROWS 700
BEGIN ATOMIC
	SELECT c.experience, c.day, CAST(max(c.sum) AS bigint),
		   make_interval(secs => CAST(power(1.05, min(c.bucket) FILTER (WHERE c.sum >= c.of * 0.5)) / 1000 AS double precision)),
		   make_interval(secs => CAST(power(1.05, min(c.bucket) FILTER (WHERE c.sum >= c.of * 0.95)) / 1000 AS double precision))
	FROM service(service) s,
		 LATERAL (SELECT l.*, sum(l.checks) OVER (PARTITION BY l.experience, l.day ORDER BY l.bucket) AS sum, sum(l.checks) OVER (PARTITION BY l.experience, l.day) AS of
				  FROM latencies(s.name, s.time_zone, CAST(now() AT TIME ZONE s.time_zone AS date) - days + 1) l) c
	GROUP BY 1, 2 ORDER BY 1, 2;
END;
COMMENT ON FUNCTION @extschema@.slt_latency(text, int) IS
'How long checks took, for each experience of a service and each of the last days, in its zone: how many said so, and what half of them and 95 of 100 took at most, to five percent. Errors as in slt_status().';

CREATE FUNCTION @extschema@.slt_watchers(service text DEFAULT NULL,
										 OUT experience text, OUT monitor text, OUT checked_at timestamptz, OUT failing boolean, OUT refused bigint, OUT refused_at timestamptz)
RETURNS SETOF record
LANGUAGE sql STABLE ROWS 20
BEGIN ATOMIC
	SELECT w.experience, w.monitor, date_trunc('second', w.checked_at), w.failing, w.refused, date_trunc('second', w.refused_at) FROM service(service) s, LATERAL watchers(s.name) w ORDER BY 1, 2;
END;
COMMENT ON FUNCTION @extschema@.slt_watchers(text) IS
'The monitors of a service: when the newest check of each was made, whether it is failing, and how many of its checks came too late and were not taken, and when the last of these came. Errors as in slt_status().';
