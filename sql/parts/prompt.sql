
-- at the prompt -------------------------------------------------------------------------------------------------
--
-- Periods as people type them, rows where a name is given, and narrow forms of what is looked at in a terminal.

SET LOCAL search_path = zz_slt_internal, pg_temp;

CREATE FUNCTION period_of(during text, next text DEFAULT NULL)
RETURNS tstzrange
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	typed CONSTANT text := left(during, 100);
	unit text := CASE WHEN typed ~ '^(?!0000)\d{4}$' THEN 'year' WHEN typed ~ '^(?!0000)\d{4}-(0[1-9]|1[0-2])$' THEN 'month'
		WHEN typed ~ '^(?!0000)\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$' THEN 'day' END;
	start timestamptz;
	month CONSTANT date := CASE WHEN unit IN ('month', 'day') THEN CAST(substr(during, 1, 7) || '-01' AS date) END;
BEGIN
	IF during IS NULL THEN
		RETURN NULL;
	ELSIF left(next, 100) ~ '^\s*\d' THEN
		RAISE EXCEPTION '"%" and "%" are two instants, and a period is one argument', typed, left(next, 100) USING ERRCODE = 'invalid_text_representation',
			HINT = format('Write ''[%s, %s)''.', typed, left(next, 100));
	ELSIF unit IN ('year', 'month') OR substr(during, 9) <= to_char(month + interval '1 month -1 day', 'DD') THEN
		start := rpad(during, 10, substr('0000-01-01', length(during) + 1));
		RETURN tstzrange(start, start + CAST('1 ' || unit AS interval));
	ELSIF typed !~ '^\s*([[(]|empty)' THEN
		RAISE EXCEPTION '"%" is not a period', typed USING ERRCODE = 'invalid_text_representation',
			HINT = 'Write ''2026'', ''2026-04'', ''2026-04-23'', or both ends in brackets: ''[2026-04-01, 2026-05-01)''.';
	END IF;
	RETURN during;
END $$;
COMMENT ON FUNCTION period_of(text, text) IS
'A period that was typed: a range, a year, month or day of the session''s time zone. Error 22P02 for anything else, also where the next argument is another instant.';

CREATE FUNCTION dates_of(during text, next text DEFAULT NULL)
RETURNS daterange
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN during ~ '^\s*([[(]|empty)' AND period_of(during, next) IS NOT NULL THEN CAST(during AS daterange)
	ELSE (SELECT daterange(CAST(lower(p) AS date), CAST(upper(p) AS date)) FROM period_of(during, next) p) END;
COMMENT ON FUNCTION dates_of(text, text) IS 'period_of() as dates.';

CREATE FUNCTION @extschema@.working_periods(during text)
RETURNS tstzmultirange
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN @extschema@.working_periods(period_of(during));
COMMENT ON FUNCTION @extschema@.working_periods(text) IS 'working_periods() of a period that is typed: a range, or ''2026'', ''2026-04'', ''2026-04-23''.';

CREATE FUNCTION @extschema@.working_periods(during text, calendar text)
RETURNS tstzmultirange
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN @extschema@.working_periods(period_of(during, calendar), calendar);
COMMENT ON FUNCTION @extschema@.working_periods(text, text) IS 'working_periods() of a period that is typed: a range, or ''2026'', ''2026-04'', ''2026-04-23''.';

CREATE FUNCTION @extschema@.working_days(during text)
RETURNS SETOF date
LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 250
BEGIN ATOMIC
	SELECT @extschema@.working_days(dates_of(during));
END;
COMMENT ON FUNCTION @extschema@.working_days(text) IS 'working_days() of a period that is typed: a range, or ''2026'', ''2026-04'', ''2026-04-23''.';

CREATE FUNCTION @extschema@.working_days(during text, calendar text)
RETURNS SETOF date
LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 250
BEGIN ATOMIC
	SELECT @extschema@.working_days(dates_of(during, calendar), calendar);
END;
COMMENT ON FUNCTION @extschema@.working_days(text, text) IS 'working_days() of a period that is typed: a range, or ''2026'', ''2026-04'', ''2026-04-23''.';

CREATE FUNCTION month_of(month text)
RETURNS date
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN CAST(month || CASE WHEN month ~ '^\d{4}-\d\d$' THEN '-01' ELSE '' END AS date);
COMMENT ON FUNCTION month_of(text) IS 'A month that was typed, or any date of it.';

CREATE FUNCTION @extschema@.working_days_in_month(month text)
RETURNS integer
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN @extschema@.working_days_in_month(month_of(month));
COMMENT ON FUNCTION @extschema@.working_days_in_month(text) IS 'working_days_in_month() of a month that is typed: ''2026-04'', or a date.';

CREATE FUNCTION @extschema@.working_days_in_month(month text, calendar text)
RETURNS integer
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN @extschema@.working_days_in_month(month_of(month), calendar);
COMMENT ON FUNCTION @extschema@.working_days_in_month(text, text) IS 'working_days_in_month() of a month that is typed: ''2026-04'', or a date.';

CREATE FUNCTION @extschema@.slt_report(ticket_table regclass, during text, every text DEFAULT 'month',
									   OUT period tstzrange, OUT contract text, OUT severity text, OUT metric text, OUT opened bigint, OUT met bigint, OUT met_late bigint,
									   OUT breached bigint, OUT open bigint, OUT without_target bigint, OUT percent_met numeric, OUT attain numeric, OUT attained boolean,
									   OUT median @extschema@.working_interval, OUT percentile_90 @extschema@.working_interval)
RETURNS SETOF record
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT * FROM @extschema@.slt_report(ticket_table, period_of(during, every), every);
END;
COMMENT ON FUNCTION @extschema@.slt_report(regclass, text, text) IS 'slt_report() of a period that is typed: a range, or ''2026'', ''2026-04'', ''2026-04-23''.';

CREATE FUNCTION @extschema@.slt_availability(during text, service text DEFAULT NULL, experience text DEFAULT NULL, hours @extschema@.working_calendar DEFAULT NULL)
RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE
RETURN @extschema@.slt_availability(period_of(during, service), service, experience, hours);
COMMENT ON FUNCTION @extschema@.slt_availability(text, text, text, @extschema@.working_calendar) IS
'slt_availability() of a period that is typed: a range, or ''2026'', ''2026-04'', ''2026-04-23''.';

CREATE FUNCTION @extschema@.slt_availability_report(during text, every text DEFAULT 'month', service text DEFAULT NULL, experience text DEFAULT NULL,
													hours @extschema@.working_calendar DEFAULT NULL)
RETURNS SETOF @extschema@.slt_figures
LANGUAGE sql STABLE PARALLEL SAFE ROWS 12
BEGIN ATOMIC
	SELECT * FROM @extschema@.slt_availability_report(period_of(during, every), every, service, experience, hours);
END;
COMMENT ON FUNCTION @extschema@.slt_availability_report(text, text, text, text, @extschema@.working_calendar) IS
'slt_availability_report() of a period that is typed: a range, or ''2026'', ''2026-04'', ''2026-04-23''.';

CREATE FUNCTION @extschema@.slt_error_budget(during text, service text DEFAULT NULL, OUT allowed interval, OUT used interval, OUT budget_left interval,
											 OUT used_percent numeric, OUT burn_rate numeric, OUT exhausted_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT * FROM @extschema@.slt_error_budget(period_of(during, service), service);
END;
COMMENT ON FUNCTION @extschema@.slt_error_budget(text, text) IS 'slt_error_budget() of a period that is typed: a range, or ''2026'', ''2026-04'', ''2026-04-23''.';

CREATE FUNCTION @extschema@.slt_report_page(ticket_table regclass, during text, customer_column text DEFAULT NULL, customer text DEFAULT NULL, services text[] DEFAULT NULL,
	title text DEFAULT NULL, time_zone text DEFAULT NULL, language text DEFAULT NULL, most_late int DEFAULT 10)
RETURNS @extschema@."text/html"
LANGUAGE sql STABLE
RETURN @extschema@.slt_report_page(ticket_table, period_of(during, customer_column), customer_column, customer, services, title, time_zone, language, most_late);
COMMENT ON FUNCTION @extschema@.slt_report_page(regclass, text, text, text, text[], text, text, text, int) IS
'slt_report_page() of a period that is typed: a range, or ''2026'', ''2026-04'', ''2026-04-23''.';

CREATE FUNCTION refuse_name(called text, ticket text, more text, instead text)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
BEGIN
	RAISE EXCEPTION '%() takes a row of an attached table, not a name', called USING ERRCODE = 'wrong_object_type',
		HINT = format('Write FROM %s t, %s(t%s)%s.', left(ticket, 200), called, ', ' || quote_literal(left(more, 200)), ', or ' || instead || ' for all of it');
END $$;
COMMENT ON FUNCTION refuse_name(text, text, text, text) IS 'Refuses the name of a table where a row is wanted, with what to write: error 42809.';

CREATE FUNCTION @extschema@.slt_clocks(ticket text)
RETURNS void
LANGUAGE sql STABLE PARALLEL SAFE
RETURN refuse_name('slt_clocks', ticket, NULL, format('slt_tickets(%L)', left(ticket, 200)));
COMMENT ON FUNCTION @extschema@.slt_clocks(text) IS 'Refuses the name of a table, with what to write: error 42809.';

CREATE FUNCTION @extschema@.slt_show_clocks(ticket text)
RETURNS void
LANGUAGE sql STABLE PARALLEL SAFE
RETURN refuse_name('slt_show_clocks', ticket, NULL, format('slt_show_tickets(%L)', left(ticket, 200)));
COMMENT ON FUNCTION @extschema@.slt_show_clocks(text) IS 'Refuses the name of a table, with what to write: error 42809.';

CREATE FUNCTION @extschema@.slt_explain(ticket text, metric text)
RETURNS void
LANGUAGE sql STABLE PARALLEL SAFE
RETURN refuse_name('slt_explain', ticket, metric, NULL);
COMMENT ON FUNCTION @extschema@.slt_explain(text, text) IS 'Refuses the name of a table, with what to write: error 42809.';

CREATE FUNCTION @extschema@.slt_show_explain(ticket text, metric text)
RETURNS void
LANGUAGE sql STABLE PARALLEL SAFE
RETURN refuse_name('slt_show_explain', ticket, metric, NULL);
COMMENT ON FUNCTION @extschema@.slt_show_explain(text, text) IS 'Refuses the name of a table, with what to write: error 42809.';

CREATE FUNCTION opened_instant(opened_at text, severity text, contract text)
RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
BEGIN
	IF opened_at ~ '^("[^"]+"|[[:alpha:]_][\w$]*)(\.("[^"]+"|[[:alpha:]_][\w$]*))?$' AND opened_at !~* '^(now|today|tomorrow|yesterday|infinity|epoch|j\d+)$' THEN
		RAISE EXCEPTION 'slt_explain() takes when a ticket was opened, its severity and its contract, and "%" is no time', left(opened_at, 100) USING ERRCODE = 'invalid_datetime_format',
			HINT = format('Of a ticket that is stored, write FROM %s t, slt_explain(t, %L) WHERE t.id = %L, or what its key is called.', left(opened_at, 100), left(contract, 100), left(severity, 100));
	END IF;
	RETURN opened_at;
END $$;
COMMENT ON FUNCTION opened_instant(text, text, text) IS 'The instant that a ticket was opened, typed as text; error 22007 for the name of a table, with what to write.';

CREATE FUNCTION @extschema@.slt_explain(opened_at text, severity text, contract text, metric text DEFAULT 'resolution', paused tstzmultirange DEFAULT NULL,
										OUT "from" timestamptz, OUT "to" timestamptz, OUT what text, OUT name text, OUT worked @extschema@.working_interval,
										OUT owed @extschema@.working_interval, OUT note text)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 20
BEGIN ATOMIC
	SELECT * FROM @extschema@.slt_explain(opened_instant(opened_at, severity, contract), severity, contract, metric, paused);
END;
COMMENT ON FUNCTION @extschema@.slt_explain(text, text, text, text, tstzmultirange) IS 'slt_explain() of an instant that is typed. Error 22007 for the name of a table, with what to write.';

CREATE FUNCTION hours_minutes(amount @extschema@.working_interval)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT CASE WHEN h IN ('infinity', '-infinity') THEN CAST(h AS text)
			   ELSE CASE WHEN m < 0 THEN '-' ELSE '' END || div(abs(m), 60) || ':' || lpad(CAST(mod(abs(m), 60) AS text), 2, '0') END
		FROM @extschema@.working_hours(amount) h, LATERAL (SELECT CASE WHEN h NOT IN ('infinity', '-infinity') THEN trunc(60 * h) END) x (m));
COMMENT ON FUNCTION hours_minutes(@extschema@.working_interval) IS 'An amount as hours and minutes, such as 15:30.';

CREATE FUNCTION minute(at timestamptz)
RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN CASE WHEN isfinite(at) THEN to_char(at, 'YYYY-MM-DD HH24:MI') ELSE CAST(at AS text) END;
COMMENT ON FUNCTION minute(timestamptz) IS 'An instant to the minute, by the clock of the session''s time zone.';

-- Periods are those of a calendar's zone, and the session may have another: 21:00 UTC of September 30 is where October begins in Cairo.
CREATE FUNCTION first_day(period tstzrange)
RETURNS timestamp
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN lower(period) = date_trunc('day', lower(period)) THEN CAST(lower(period) AS timestamp)
	ELSE date_trunc('day', lower(period) AT TIME ZONE 'UTC' + interval '13 hours') END;
COMMENT ON FUNCTION first_day(tstzrange) IS
'The date on which a period begins that is one of the session''s zone, or else of any zone: where it is between 00:00 and 24:00 of a date in zones from UTC-10 to UTC+13, at midnight of that zone.';

CREATE FUNCTION @extschema@.slt_show_report(ticket_table regclass, during text DEFAULT NULL, every text DEFAULT 'month', OUT period text, OUT contract text, OUT metric text,
											OUT opened bigint, OUT met bigint, OUT late bigint, OUT open bigint, OUT percent numeric, OUT attain numeric, OUT median text)
RETURNS SETOF record
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT to_char(first_day(r.period), CASE every WHEN 'year' THEN 'YYYY' WHEN 'quarter' THEN 'YYYY "Q"Q' WHEN 'month' THEN 'YYYY-MM' ELSE 'YYYY-MM-DD' END),
		   concat_ws(' ', r.contract, r.severity), r.metric, r.opened, r.met, r.met_late + r.breached, r.open, round(r.percent_met, 1), r.attain, hours_minutes(r.median)
	FROM @extschema@.slt_report(ticket_table, period_of(during, every), every) r;
END;
COMMENT ON FUNCTION @extschema@.slt_show_report(regclass, text, text) IS
'slt_report() for a terminal: contract with severity, late clocks done or not, percent met and what was promised, the median as hours and minutes.';

-- PL/pgSQL calls nothing of a schema that may be renamed
CREATE FUNCTION clocks(ticket record, OUT metric text, OUT current boolean, OUT severity text, OUT contract text, OUT started timestamptz, OUT due timestamptz,
					   OUT done timestamptz, OUT state text, OUT elapsed @extschema@.working_interval, OUT remaining @extschema@.working_interval, OUT used numeric,
					   OUT due_now timestamptz, OUT paused tstzmultirange, OUT run integer, OUT problem text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'slt_clocks'
LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 2;
COMMENT ON FUNCTION clocks(record) IS 'slt_clocks().';

CREATE FUNCTION explain_row(ticket record, metric text, OUT "from" timestamptz, OUT "to" timestamptz, OUT what text, OUT name text,
							OUT worked @extschema@.working_interval, OUT owed @extschema@.working_interval, OUT note text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'slt_explain_row'
LANGUAGE c STABLE STRICT PARALLEL UNSAFE ROWS 20;
COMMENT ON FUNCTION explain_row(record, text) IS 'slt_explain() of a row.';

CREATE FUNCTION @extschema@.slt_show_clocks(ticket record, OUT metric text, OUT run integer, OUT contract text, OUT state text, OUT due text, OUT done text, OUT "left" text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE ROWS 2 SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
BEGIN
	RETURN QUERY
	SELECT c.metric, c.run, concat_ws(' ', c.contract, c.severity), c.state, minute(c.due), minute(c.done), hours_minutes(c.remaining) FROM clocks(ticket) c;
END $$;
COMMENT ON FUNCTION @extschema@.slt_show_clocks(record) IS
'slt_clocks() for a terminal: contract with severity, instants by the minute, what is left as hours and minutes.';

CREATE FUNCTION @extschema@.slt_show_tickets(ticket_table regclass, only_state text DEFAULT NULL, OUT key text, OUT metric text, OUT contract text, OUT state text, OUT due text,
											 OUT "left" text, OUT used numeric)
RETURNS SETOF record
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT c.key, c.metric, concat_ws(' ', c.contract, c.severity), c.state, minute(c.due), hours_minutes(c.remaining), round(c.used)
	FROM @extschema@.slt_tickets(ticket_table, only_state) c WHERE c.current;
END;
COMMENT ON FUNCTION @extschema@.slt_show_tickets(regclass, text) IS 'slt_tickets() for a terminal: the last run of each clock, as slt_show_clocks() has it, with what is used in percent.';

CREATE FUNCTION @extschema@.slt_show_explain(ticket record, metric text, OUT "from" text, OUT "to" text, OUT what text, OUT worked text, OUT owed text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE STRICT ROWS 20 SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
BEGIN
	RETURN QUERY
	SELECT minute(e."from"), minute(e."to"), concat_ws(': ', e.what, e.name), hours_minutes(e.worked), hours_minutes(e.owed) FROM explain_row(ticket, metric) e;
END $$;
COMMENT ON FUNCTION @extschema@.slt_show_explain(record, text) IS 'slt_explain() of a row for a terminal: instants by the minute, amounts as hours and minutes.';

CREATE FUNCTION @extschema@.slt_show_explain(opened_at timestamptz, severity text, contract text, metric text DEFAULT 'resolution', paused tstzmultirange DEFAULT NULL,
											 OUT "from" text, OUT "to" text, OUT what text, OUT worked text, OUT owed text)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 20
BEGIN ATOMIC
	SELECT minute(e."from"), minute(e."to"), concat_ws(': ', e.what, e.name), hours_minutes(e.worked), hours_minutes(e.owed)
	FROM @extschema@.slt_explain(opened_at, severity, contract, metric, paused) e;
END;
COMMENT ON FUNCTION @extschema@.slt_show_explain(timestamptz, text, text, text, tstzmultirange) IS 'The same of an instant, a severity and a contract.';

CREATE FUNCTION @extschema@.slt_show_explain(opened_at text, severity text, contract text, metric text DEFAULT 'resolution', paused tstzmultirange DEFAULT NULL,
											 OUT "from" text, OUT "to" text, OUT what text, OUT worked text, OUT owed text)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 20
BEGIN ATOMIC
	SELECT * FROM @extschema@.slt_show_explain(opened_instant(opened_at, severity, contract), severity, contract, metric, paused);
END;
COMMENT ON FUNCTION @extschema@.slt_show_explain(text, text, text, text, tstzmultirange) IS 'The same of an instant that is typed. Error 22007 for the name of a table, with what to write.';

CREATE FUNCTION @extschema@.slt_show_restamp(ticket_table regclass, open_only boolean DEFAULT true, OUT key text, OUT metric text, OUT due_before text, OUT due_after text, OUT moved text)
RETURNS SETOF record
LANGUAGE sql VOLATILE
BEGIN ATOMIC
	SELECT r.key, r.metric, minute(r.due_before), minute(r.due_after), hours_minutes(r.moved) FROM @extschema@.slt_restamp(ticket_table, true, open_only) r;
END;
COMMENT ON FUNCTION @extschema@.slt_show_restamp(regclass, boolean) IS 'What slt_restamp() would move, for a terminal; it writes nothing.';

CREATE FUNCTION change_words(before jsonb, after jsonb)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	-- of a row that changed what is different; the first columns are what it is called
	SELECT string_agg(CASE WHEN c.place > 0 AND (change_words.before IS NULL OR change_words.after IS NULL OR c.was = c.becomes) THEN coalesce(c.becomes, c.was)
						   WHEN change_words.before IS NULL THEN c.key || ': ' || c.becomes
						   WHEN change_words.after IS NULL THEN c.key || ': ' || c.was ELSE c.key || ': ' || coalesce(c.was, 'none') || ' -> ' || coalesce(c.becomes, 'none') END, ', ' ORDER BY c.place, c.n)
	FROM (SELECT coalesce(a.key, b.key) AS key, coalesce(a.n, b.n) AS n, b.value AS was, a.value AS becomes, array_position('{contract,severity,metric,list,day,name,code}', coalesce(a.key, b.key)) AS place
		  FROM jsonb_each_text(after) WITH ORDINALITY a (key, value, n) FULL JOIN jsonb_each_text(before) WITH ORDINALITY b (key, value, n) ON b.key = a.key) c
	WHERE c.key <> 'shipped' AND (c.was IS NOT NULL OR c.becomes IS NOT NULL) AND (change_words.before IS NULL OR change_words.after IS NULL OR c.place > 0 OR c.was IS DISTINCT FROM c.becomes);
END;
COMMENT ON FUNCTION change_words(jsonb, jsonb) IS 'A change of a row in words: what it is called, and what is different.';

CREATE FUNCTION @extschema@.slt_show_policy_changes("from" timestamptz DEFAULT '-infinity', "to" timestamptz DEFAULT 'infinity', OUT at text, OUT by text, OUT in_table text, OUT change text, OUT what text)
RETURNS SETOF record
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT minute(c.at), wrap(c.by, 12), c.in_table, c.change, wrap(change_words(c.before, c.after), 32) FROM @extschema@.slt_policy_changes("from", "to") c;
END;
COMMENT ON FUNCTION @extschema@.slt_show_policy_changes(timestamptz, timestamptz) IS 'slt_policy_changes() for a terminal: what a row is called, and what of it is different.';

CREATE FUNCTION @extschema@.slt_show_import(document jsonb, OUT section text, OUT name text, OUT change text, OUT what text)
RETURNS SETOF record
LANGUAGE sql VOLATILE
BEGIN ATOMIC
	SELECT i.section, wrap(i.name, 30), i.change, wrap(change_words(i.before, i.after), 36) FROM @extschema@.slt_import(document, true) i;
END;
COMMENT ON FUNCTION @extschema@.slt_show_import(jsonb) IS 'What slt_import() would change, for a terminal; it changes nothing.';

CREATE FUNCTION @extschema@.slt_show_attached(OUT name text, OUT metrics text, OUT unstamped bigint, OUT problem text)
RETURNS SETOF record
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT a.name, array_to_string(a.metrics, E'\n'), a.unstamped, wrap(a.problem, 48) FROM @extschema@.slt_attached() a;
END;
COMMENT ON FUNCTION @extschema@.slt_show_attached() IS 'slt_attached() for a terminal.';

CREATE FUNCTION @extschema@.slt_show_unmatched(ticket_table regclass, OUT key text, OUT metric text, OUT codes text, OUT state text, OUT problem text)
RETURNS SETOF record
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT u.key, u.metric, concat_ws(' ', u.contract, u.severity, u.request_kind), u.state, wrap(u.problem, 36) FROM @extschema@.slt_unmatched(ticket_table) u;
END;
COMMENT ON FUNCTION @extschema@.slt_show_unmatched(regclass) IS 'slt_unmatched() for a terminal: contract, severity and kind of request in one.';

CREATE FUNCTION @extschema@.slt_show_events(most int DEFAULT 20, OUT announced text, OUT kind text, OUT about text, OUT metric text, OUT due text)
RETURNS SETOF record
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT minute(e.announced_at), concat_ws(' ', e.kind, trim_scale(e.percent) || '%'), wrap(concat_ws(' ', e.table_name, e.key, e.service, e.experience, e.title), 28), e.metric, minute(e.due)
	FROM @extschema@.slt_events e ORDER BY e.id DESC LIMIT most;
END;
COMMENT ON FUNCTION @extschema@.slt_show_events(int) IS 'The latest rows of slt_events for a terminal, the last first. Needs SELECT on the table.';

CREATE FUNCTION @extschema@.slt_show_incidents(service text DEFAULT NULL, days int DEFAULT 90, OUT id bigint, OUT title text, OUT impact text, OUT status text, OUT starts text, OUT lasts interval)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT i.id, wrap(coalesce(i.title, i.note, array_to_string(i.experiences, ', ', s.name)), 30), i.impact, i.status, minute(lower(i.during)), date_trunc('second', elapsed(i.during))
	FROM service(service) s, @extschema@.slt_status_incidents(s.name, days) i;
END;
COMMENT ON FUNCTION @extschema@.slt_show_incidents(text, int) IS 'slt_status_incidents() for a terminal: an outage alone is called by its note, or by what was down; what goes on has no end yet.';

CREATE FUNCTION @extschema@.slt_show_availability(during text, every text DEFAULT 'month', service text DEFAULT NULL, OUT period text, OUT availability numeric, OUT target numeric,
												  OUT met boolean, OUT downtime interval, OUT budget_left interval, OUT coverage numeric)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 12
BEGIN ATOMIC
	SELECT to_char(lower(f.period) AT TIME ZONE s.time_zone, 'YYYY-MM-DD'), trim_scale(trunc(f.availability, 4)), f.target, f.met, date_trunc('second', f.downtime),
		   date_trunc('second', f.budget_left), round(f.coverage, 1)
	FROM @extschema@.slt_service(service) s, @extschema@.slt_availability_report(period_of(during, every), every, service) f;
END;
COMMENT ON FUNCTION @extschema@.slt_show_availability(text, text, text) IS 'slt_availability_report() for a terminal: periods by their first day in the zone of the service, rounded.';
