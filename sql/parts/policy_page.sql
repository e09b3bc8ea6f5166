SET LOCAL search_path = zz_slt_internal, pg_temp;

-- the service level document -------------------------------------------------------------------------------------
--
-- It is put together once, as blocks of text that is HTML already, and written as HTML or as Markdown.  What is a fact
-- comes from the tables; what is a sentence is a text of slt_page_texts.

INSERT INTO known_texts (name, says) VALUES
	('policy.title', 'Service level targets'), ('policy.eyebrow', 'Service level document'), ('policy.at', 'In force on {time}.'),
	('policy.purpose', 'Purpose and scope'), ('policy.purpose.text', 'This document says how quickly support answers and solves requests, by contract and severity, and when support works.'),
	('policy.purpose.availability', 'It says which availability is promised.'),
	('policy.in_scope', 'Covered, with a deadline'), ('policy.out_of_scope', 'Not covered: no deadline is owed'),
	('policy.contact', 'Points of contact'), ('policy.contact.text', 'A ticket is opened through'), ('policy.contact.other', 'These channels open no ticket'), ('policy.contact.at', '{name}: {address}'),
	('policy.targets', 'Response and resolution times'), ('policy.targets.text', 'Deadlines count working time from when a ticket is opened, by the working hours below. A request is in time at the instant of its deadline.'),
	('policy.attain', '{amount}, in {percent} of cases'), ('policy.by_calendar', '{amount} (by {calendar})'), ('policy.from', '{amount} from {time} on'), ('policy.until', '{amount} until {to}'), ('policy.between', '{amount} from {time} to {to}'),
	('policy.definitions', 'Definitions'), ('policy.severity', '{code}: {definition}'), ('policy.metric', '{metric}: {description}'), ('policy.metric.pausable', 'Its clock stands still while the ticket is paused.'),
	('policy.metric.not_pausable', 'Its clock does not stand still.'), ('policy.day', 'A working day is a day of the calendar, and lasts as long as that is open.'),
	('policy.hours', 'Working hours'), ('policy.hours.of', '{calendar}: {hours}, time zone {zone}'), ('policy.hours.for', '{hours}. Counts for {contracts}.'), ('policy.hours.less', '{hours}, excluding public holidays of {lists}'),
	('policy.hours.rule', 'As a rule of the calendar: {rule}'), ('policy.hours.week', 'Hours are those of the week from {date}.'), ('hours.span', '{from}-{to}'), ('hours.day', '{day} {hours}'), ('hours.days', '{first} to {last} {hours}'), ('hours.none', 'closed'),
	('weekday.long.1', 'Monday'), ('weekday.long.2', 'Tuesday'), ('weekday.long.3', 'Wednesday'), ('weekday.long.4', 'Thursday'), ('weekday.long.5', 'Friday'), ('weekday.long.6', 'Saturday'), ('weekday.long.7', 'Sunday'),
	('policy.holidays', 'Public holidays of {year}'), ('policy.holiday.day', 'Date'), ('policy.holiday.name', 'Holiday'), ('policy.holiday.list', 'List'), ('policy.holiday.hours', 'Hours'), ('policy.holiday.closed', 'closed'), ('policy.holiday.tentative', '{name} (not confirmed yet)'),
	('policy.availability', 'Availability'), ('policy.plan', 'Plan'), ('policy.service.note', '{service}: {note}'), ('policy.per_year', 'Allowed downtime a year'), ('policy.per_month', 'a month'), ('policy.per_week', 'a week'), ('policy.per_day', 'a day'),
	('unit.days', '{n} days'), ('unit.hours', '{n} hours'), ('unit.minutes', '{n} minutes'), ('unit.seconds', '{n} seconds'), ('unit.milliseconds', '{n} milliseconds'),
	('policy.experiences', 'Covered experiences'), ('policy.experiences.counted', 'These experiences of {service} count'), ('policy.experiences.recorded', 'These experiences of {service} are recorded, and never count'), ('policy.experience', '{name}: {description}'),
	('policy.experience.within', '{experience} Limit: {length}.'),
	('policy.maintenance', 'Maintenance'), ('policy.window', '{service}: regular maintenance every week, {hours}.'), ('policy.window.rule', '{service}: regular maintenance by the rule {hours}.'), ('policy.no_window', '{service}: no regular maintenance.'),
	('policy.hours.zone', '{hours}, time zone {zone}'), ('policy.hours.site', '{hours} in the time zone of the site''s server ({zone})'), ('policy.aim', 'All downtime of a week in total is to stay under {aim}.'),
	('policy.announced', 'Planned downtime in maintenance that was announced before it began does not count against availability, either.'), ('policy.notice.always', 'The administrators are given notice of maintenance.'),
	('policy.service.hours', '{service}: promised {hours}. Of these hours {percent} may be downtime.'),
	('policy.window.counts', 'Planned downtime in the window does not count against availability.'), ('policy.notice', 'No notice is sent for a regular window; for anything outside it the administrators are given notice.'),
	('policy.status', 'Status page'), ('policy.status.text', 'A status page shows the real-time and the historical status.'), ('policy.status.of', '{service}: {address}'),
	('policy.changes', 'What changed since {time}'), ('policy.changes.all', 'What changed from the beginning'), ('policy.changes.none', 'Nothing changed.'), ('policy.changes.more', 'And {n} more before these.'), ('policy.change.at', 'When'), ('policy.change.what', 'What'), ('policy.change.row', 'Change'),
	('table.slt_calendars', 'Calendar'), ('table.slt_holiday_lists', 'List of holidays'), ('table.slt_calendar_lists', 'Holidays of a calendar'), ('table.slt_holidays', 'Holiday'), ('table.slt_contracts', 'Contract'),
	('table.slt_severities', 'Severity'), ('table.slt_metrics', 'Metric'), ('table.slt_targets', 'Target'), ('table.slt_request_kinds', 'Kind of request'), ('table.slt_channels', 'Channel'),
	('table.slt_services', 'Service'), ('table.slt_experiences', 'Experience'),
	('change.added', '{table}: added'), ('change.removed', '{table}: removed'), ('change.changed', '{table}: changed'), ('change.value', '{column}: {after}'), ('change.values', '{column}: {before} became {after}'),
	('change.yes', 'yes'), ('change.no', 'no'), ('change.until', 'until {to}'), ('change.between', '{from} to {to}'), ('change.days', '{list}: {n} days, the first {first}, the last {last}'),
	('column.name', 'name'), ('column.code', 'code'), ('column.label', 'label'), ('column.definition', 'definition'), ('column.contract', 'contract'), ('column.severity', 'severity'), ('column.metric', 'promise'),
	('column.amount', 'target'), ('column.attain', 'in time'), ('column.during', 'in force'), ('column.calendar', 'calendar'), ('column.pausable', 'stands still while paused'), ('column.steps', 'steps of warning, in percent'),
	('column.when_reopened', 'when reopened'), ('column.ends_with', 'ends with'), ('column.description', 'description'), ('column.list', 'list'), ('column.day', 'date'), ('column.hours', 'hours'), ('column.confirmed', 'confirmed'),
	('column.in_scope', 'covered'), ('column.opens_tickets', 'opens tickets'), ('column.address', 'address'), ('column.note', 'note'), ('column.service', 'service'), ('column.plan', 'plan'), ('column.target', 'availability'),
	('column.time_zone', 'time zone'), ('column.maintenance_window', 'maintenance window'), ('column.weekly_downtime_aim', 'downtime of a week under'), ('column.service_hours', 'service hours'),
	('column.excuse_announced', 'announced maintenance does not count'), ('column.covered', 'counts'), ('column.max_latency', 'limit');

CREATE DOMAIN @extschema@."text/markdown" AS text;
COMMENT ON DOMAIN @extschema@."text/markdown" IS 'Text that is Markdown; a type of this name makes web servers such as PostgREST serve what a function returns as Markdown.';

CREATE TYPE block AS (kind text, text text, cells text[]);
COMMENT ON TYPE block IS 'A part of a document: a heading (h, with its id as the first cell; h3 below it), a paragraph (p), an item of a list (li), a table (with the heads of its columns) or a row of it.';

-- the policy, as it is or was

CREATE FUNCTION policy_rows(of anyelement, at timestamptz)
RETURNS SETOF anyelement
AS 'MODULE_PATHNAME', 'slt_policy_rows'
LANGUAGE c STABLE ROWS 20;
COMMENT ON FUNCTION policy_rows(anyelement, timestamptz) IS 'The rows of the policy table that the first argument is a row of, as they were at an instant by slt_policy_log, or, if that is null, as they are. Error 42501 without SELECT on the table, 22023 for an instant before the log, 42809 for another type.';

CREATE FUNCTION as_of()
RETURNS timestamptz
LANGUAGE sql STABLE
RETURN CAST(nullif(current_setting('slt.as_of', true), '') AS timestamptz);
COMMENT ON FUNCTION as_of() IS 'SET slt.as_of, as an instant; null if it is not set.';

CREATE FUNCTION policy_services()
RETURNS SETOF @extschema@.slt_services
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT s FROM list_services() s WHERE as_of() IS NULL
	UNION ALL SELECT s FROM policy_rows(CAST(NULL AS @extschema@.slt_services), as_of()) s WHERE as_of() IS NOT NULL;
END;
COMMENT ON FUNCTION policy_services() IS 'The services, by slt.as_of: as they are for everyone, as they were for whoever may read slt_services.';

CREATE FUNCTION policy_experiences()
RETURNS SETOF @extschema@.slt_experiences
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT e FROM list_experiences() e WHERE as_of() IS NULL
	UNION ALL SELECT e FROM policy_rows(CAST(NULL AS @extschema@.slt_experiences), as_of()) e WHERE as_of() IS NOT NULL;
END;
COMMENT ON FUNCTION policy_experiences() IS 'The experiences of services, by slt.as_of: as they are for everyone, as they were for whoever may read slt_experiences.';

CREATE TYPE policy_target AS (contract text, severity text, metric text, amount @extschema@.working_interval, attain numeric, calendar text, starts timestamptz, ends timestamptz);
COMMENT ON TYPE policy_target IS 'A target for people: the severity with its label, the calendar only if it is the target''s own, the start only if that is within the time that is asked about, the end if it is and nothing follows.';

CREATE FUNCTION policy_targets(during tstzrange)
RETURNS SETOF policy_target
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT t.contract, concat_ws(' ', s.code, s.label), t.metric, t.amount, t.attain, t.calendar, CASE WHEN lower(t.during) > lower(policy_targets.during) THEN lower(t.during) END,
		   CASE WHEN (upper_inf(policy_targets.during) OR upper(t.during) < upper(policy_targets.during)) AND lower(lead(t.during) OVER (PARTITION BY t.contract, s.code, t.metric ORDER BY t.during)) IS DISTINCT FROM upper(t.during)
				THEN upper(t.during) END
	FROM policy_rows(CAST(NULL AS @extschema@.slt_targets), as_of()) t JOIN policy_rows(CAST(NULL AS @extschema@.slt_severities), as_of()) s ON s.code = t.severity
	WHERE t.during && policy_targets.during ORDER BY t.contract, s.code, t.metric, t.during;
END;
COMMENT ON FUNCTION policy_targets(tstzrange) IS 'The targets that are in force in a time, by slt.as_of.';

CREATE FUNCTION may_read_targets()
RETURNS boolean
LANGUAGE sql STABLE
RETURN has_table_privilege(CAST('@extschema@.slt_targets' AS regclass), 'SELECT') AND has_table_privilege(CAST('@extschema@.slt_severities' AS regclass), 'SELECT');
COMMENT ON FUNCTION may_read_targets() IS 'Whether the current user may read what policy_targets() reads.';

-- words

CREATE FUNCTION html_metric(metric text, texts jsonb)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN texts ? ('metric.' || metric) THEN say(texts, 'metric.' || metric) ELSE html_name(metric) END;
COMMENT ON FUNCTION html_metric(text, jsonb) IS 'What a metric is called on a page: a text that pages know, or its name.';

CREATE FUNCTION html_hours(hours numeric, texts jsonb)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT concat_ws(' ', CASE WHEN m.n >= 60 THEN say(texts, 'duration.hours', ARRAY['n', html_number(div(m.n, 60), texts)]) END,
							 CASE WHEN m.n % 60 > 0 OR m.n < 60 THEN say(texts, 'duration.minutes', ARRAY['n', html_number(m.n % 60, texts)]) END)
	FROM (SELECT trunc(round(hours * 60, 6)) AS n) m;
END;
COMMENT ON FUNCTION html_hours(numeric, jsonb) IS 'A number of hours for an HTML page: hours and minutes, cut; they do not become days.';

CREATE FUNCTION html_work(amount @extschema@.working_interval, texts jsonb)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN html_hours(@extschema@.working_hours(amount), texts);
COMMENT ON FUNCTION html_work(@extschema@.working_interval, jsonb) IS 'Working time that was measured for an HTML page.';

CREATE FUNCTION html_amount(amount text, texts jsonb)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT string_agg(say(texts, 'amount.' || m.m[2] || CASE WHEN CAST(m.m[1] AS numeric) = 1 THEN '.one' WHEN CAST(m.m[1] AS numeric) = 2 THEN '.two' WHEN CAST(m.m[1] AS numeric) BETWEEN 3 AND 10 THEN '.few' ELSE '' END,
						  ARRAY['n', html_digits(m.m[1], texts)]), ' ' ORDER BY m.n)
	FROM regexp_matches(amount, '(-?[0-9.]+) working (day|hour|minute|second)s?', 'g') WITH ORDINALITY m (m, n);
END;
COMMENT ON FUNCTION html_amount(text, jsonb) IS 'Working time that is promised, as working_interval writes it, for an HTML page: 2 working days 4 working hours.';

CREATE FUNCTION calendar_zone()
RETURNS text
LANGUAGE sql STABLE
RETURN @extschema@.working_time_zone(@extschema@.slt_calendar(current_setting('slt.calendar')));
COMMENT ON FUNCTION calendar_zone() IS 'The zone of the calendar that slt.calendar names; error 42704 if there is none.';

CREATE FUNCTION report_zone()
RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
BEGIN
	RETURN calendar_zone();
EXCEPTION WHEN undefined_object THEN
	RETURN current_setting('TimeZone');
END $$;
COMMENT ON FUNCTION report_zone() IS 'The zone of the calendar that slt.calendar names, or of the session, if there is no such calendar.';

-- blocks of it

CREATE FUNCTION target_blocks(targets policy_target[], caption text, texts jsonb)
RETURNS SETOF block
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	metrics CONSTANT text[] := ARRAY(SELECT t.metric FROM unnest(targets) t GROUP BY 1 ORDER BY t.metric <> 'response', 1);
BEGIN
	IF cardinality(targets) > 0 THEN
		RETURN NEXT ROW('table', caption, ARRAY[say(texts, 'report.contract'), say(texts, 'report.severity')] || ARRAY(SELECT html_metric(m.m, texts) FROM unnest(metrics) m (m)))::block;
	END IF;
	RETURN QUERY
	SELECT 'row'::text, NULL::text, ARRAY[html_name(g.contract), html_name(g.severity)] || ARRAY(
		SELECT coalesce((SELECT string_agg(CASE WHEN x.starts IS NULL AND x.ends IS NULL THEN c.said
					ELSE say(texts, CASE WHEN x.ends IS NULL THEN 'policy.from' WHEN x.starts IS NULL THEN 'policy.until' ELSE 'policy.between' END, ARRAY['amount', c.said,
						'time', coalesce(html_time(x.starts, report_zone(), NULL, texts), ''), 'to', coalesce(html_time(x.ends, report_zone(), NULL, texts), '')]) END, '; ' ORDER BY x.starts NULLS FIRST)
			FROM (SELECT t.calendar, t.starts, t.ends, coalesce(say(texts, 'policy.attain', ARRAY['amount', html_amount(CAST(t.amount AS text), texts), 'percent', html_percent(t.attain, 4, texts)]), html_amount(CAST(t.amount AS text), texts)) AS said
				  FROM unnest(targets) t WHERE t.contract = g.contract AND t.severity = g.severity AND t.metric = m.m) x,
				 LATERAL (SELECT coalesce(say(texts, 'policy.by_calendar', ARRAY['amount', x.said, 'calendar', html_name(x.calendar)]), x.said) AS said) c), '')
		FROM unnest(metrics) WITH ORDINALITY m (m, n) ORDER BY m.n)
	FROM (SELECT DISTINCT t.contract, t.severity FROM unnest(targets) t) g ORDER BY g.contract, g.severity;
END $$;
COMMENT ON FUNCTION target_blocks(policy_target[], text, jsonb) IS 'Targets as a table: a row for each contract and severity, a column for each metric.';

CREATE FUNCTION html_week(calendar @extschema@.working_calendar, monday date, texts jsonb)
RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	WITH days AS (
		SELECT d.n, (SELECT string_agg(say(texts, 'hours.span', ARRAY['from', html_digits(to_char(lower(p) AT TIME ZONE z.zone, 'HH24:MI'), texts),
							'to', html_digits(CASE WHEN CAST(upper(p) AT TIME ZONE z.zone AS date) > monday + d.n THEN '24:00' ELSE to_char(upper(p) AT TIME ZONE z.zone, 'HH24:MI') END, texts)]), ', ' ORDER BY p)
					 FROM unnest(@extschema@.working_periods_on(monday + d.n, calendar)) p, (SELECT @extschema@.working_time_zone(calendar) AS zone) z) AS hours
		FROM generate_series(0, 6) d (n)
	), turned AS (
		-- the week begins with a day that opens after one that is closed, so that no run of days is cut in two
		SELECT d.n, d.hours, (d.n - f.first + 7) % 7 AS k
		FROM days d, (SELECT coalesce(min(a.n) FILTER (WHERE a.hours IS NOT NULL AND b.hours IS NULL), min(a.n) FILTER (WHERE a.hours IS DISTINCT FROM b.hours), 0) AS first
					  FROM days a JOIN days b ON b.n = (a.n + 6) % 7) f
	), runs AS (
		SELECT t.hours, min(t.k) AS k, (array_agg(t.n ORDER BY t.k))[1] AS first, (array_agg(t.n ORDER BY t.k DESC))[1] AS last
		FROM (SELECT x.*, x.k - row_number() OVER (PARTITION BY x.hours ORDER BY x.k) AS run FROM turned x WHERE x.hours IS NOT NULL) t GROUP BY t.hours, t.run
	)
	SELECT coalesce(string_agg(CASE WHEN r.first = r.last THEN say(texts, 'hours.day', ARRAY['day', say(texts, 'weekday.long.' || r.first + 1), 'hours', r.hours])
			ELSE say(texts, 'hours.days', ARRAY['first', say(texts, 'weekday.long.' || r.first + 1), 'last', say(texts, 'weekday.long.' || r.last + 1), 'hours', r.hours]) END, '; ' ORDER BY r.k), say(texts, 'hours.none'))
	FROM runs r;
END;
COMMENT ON FUNCTION html_week(@extschema@.working_calendar, date, jsonb) IS 'The hours of a calendar in a week in words, without holidays of lists: Sunday to Friday 09:00-17:00.';

CREATE FUNCTION is_weekly(calendar @extschema@.working_calendar)
RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CAST(calendar AS text) ~ '^\S+( (24/7|((Mo|Tu|We|Th|Fr|Sa|Su)([-,](Mo|Tu|We|Th|Fr|Sa|Su))* )?\d\d:\d\d-\d\d:\d\d(,\d\d:\d\d-\d\d:\d\d)*);?)+$';
COMMENT ON FUNCTION is_weekly(@extschema@.working_calendar) IS 'Whether a calendar is written by days of the week alone, so that each week is like the other.';

CREATE FUNCTION html_hours_of(service @extschema@.slt_services, calendar @extschema@.working_calendar, at timestamptz, texts jsonb)
RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT CASE WHEN is_weekly(calendar) THEN say(texts, CASE z.zone WHEN service.time_zone THEN 'policy.hours.site' ELSE 'policy.hours.zone' END, ARRAY['zone', '<bdi>' || html(z.zone) || '</bdi>',
				'hours', html_week(calendar, CAST(date_trunc('week', at AT TIME ZONE z.zone) AS date), texts)])
			ELSE '<code dir="ltr">' || html(CAST(calendar AS text)) || '</code>' END
	FROM (SELECT @extschema@.working_time_zone(calendar) AS zone) z;
END;
COMMENT ON FUNCTION html_hours_of(@extschema@.slt_services, @extschema@.working_calendar, timestamptz, jsonb) IS 'The hours or the maintenance window of a service in words, or as the rule if weeks differ.';

CREATE FUNCTION html_allowance(period text, percent numeric, texts jsonb)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT say(texts, 'unit.' || split_part(a.said, ' ', 2), ARRAY['n', html_digits(split_part(a.said, ' ', 1), texts)]) FROM (SELECT @extschema@.slt_format_allowance(period, percent) AS said) a;
END;
COMMENT ON FUNCTION html_allowance(text, numeric, jsonb) IS 'slt_format_allowance() in a language.';

CREATE FUNCTION scope_blocks(texts jsonb)
RETURNS SETOF block
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT 'h', say(texts, 'policy.purpose'), CAST('{purpose}' AS text[])
	UNION ALL SELECT 'p', concat_ws(' ', say(texts, 'policy.purpose.text'), CASE WHEN EXISTS (SELECT FROM policy_services()) AND say(texts, 'policy.purpose.text') <> '-' THEN nullif(say(texts, 'policy.purpose.availability'), '-') END), CAST(NULL AS text[])
	UNION ALL
	(SELECT b.kind, b.said, NULL FROM (
		SELECT 'li' AS kind, concat_ws(': ', html_name(k.name), html_name(k.note)) AS said, k.in_scope, k.name FROM policy_rows(CAST(NULL AS @extschema@.slt_request_kinds), as_of()) k
		UNION ALL
		SELECT 'h3', say(texts, CASE WHEN k.in_scope THEN 'policy.in_scope' ELSE 'policy.out_of_scope' END), k.in_scope, NULL
		FROM policy_rows(CAST(NULL AS @extschema@.slt_request_kinds), as_of()) k GROUP BY k.in_scope) b
	 ORDER BY b.in_scope DESC, b.name NULLS FIRST)
	UNION ALL SELECT 'h', say(texts, 'policy.contact'), '{contact}' WHERE EXISTS (SELECT FROM policy_rows(CAST(NULL AS @extschema@.slt_channels), as_of()))
	UNION ALL
	(SELECT b.kind, b.said, NULL FROM (
		SELECT 'li' AS kind, coalesce(say(texts, 'policy.contact.at', ARRAY['name', html_name(c.name), 'address', html_name(c.address)]), html_name(c.name)) AS said, c.opens_tickets, c.name
		FROM policy_rows(CAST(NULL AS @extschema@.slt_channels), as_of()) c
		UNION ALL
		SELECT 'p', say(texts, CASE WHEN c.opens_tickets THEN 'policy.contact.text' ELSE 'policy.contact.other' END) || ':', c.opens_tickets, NULL
		FROM policy_rows(CAST(NULL AS @extschema@.slt_channels), as_of()) c GROUP BY c.opens_tickets) b
	 ORDER BY b.opens_tickets DESC, b.name NULLS FIRST);
END;
COMMENT ON FUNCTION scope_blocks(jsonb) IS 'Purpose, scope and points of contact in the service level document.';

CREATE FUNCTION definition_blocks(texts jsonb)
RETURNS SETOF block
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT 'h', say(texts, 'policy.definitions'), CAST('{definitions}' AS text[])
	UNION ALL
	(SELECT 'li', coalesce(say(texts, 'policy.severity', ARRAY['code', n.name, 'definition', html_name(s.definition)]), n.name), NULL
	 FROM policy_rows(CAST(NULL AS @extschema@.slt_severities), as_of()) s, LATERAL (SELECT '<strong>' || html_name(concat_ws(' ', s.code, s.label)) || '</strong>' AS name) n ORDER BY s.code)
	UNION ALL
	(SELECT 'li', say(texts, 'policy.metric', ARRAY['metric', '<strong>' || html_metric(m.name, texts) || '</strong>', 'description',
			concat_ws(' ', html_name(m.description), say(texts, CASE WHEN m.pausable THEN 'policy.metric.pausable' ELSE 'policy.metric.not_pausable' END))]), NULL
	 FROM policy_rows(CAST(NULL AS @extschema@.slt_metrics), as_of()) m ORDER BY m.name <> 'response', m.name)
	UNION ALL SELECT 'li', say(texts, 'policy.day'), NULL;
END;
COMMENT ON FUNCTION definition_blocks(jsonb) IS 'Definitions in the service level document.';

CREATE FUNCTION used_calendars(at timestamptz, OUT name text, OUT calendar @extschema@.working_calendar, OUT contracts text[], OUT lists text[])
RETURNS SETOF record
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT c.name, (array_agg(c.calendar))[1], array_agg(DISTINCT u.contract), (SELECT array_agg(l.list ORDER BY l.list) FROM policy_rows(CAST(NULL AS @extschema@.slt_calendar_lists), as_of()) l WHERE l.calendar = c.name)
	FROM policy_rows(CAST(NULL AS @extschema@.slt_calendars), as_of()) c
	JOIN (SELECT k.name AS contract, k.calendar FROM policy_rows(CAST(NULL AS @extschema@.slt_contracts), as_of()) k
		  UNION SELECT t.contract, t.calendar FROM policy_rows(CAST(NULL AS @extschema@.slt_targets), as_of()) t WHERE t.during && tstzrange(at, NULL)) u ON u.calendar = c.name
	GROUP BY c.name;  -- not by the calendar: pg_upgrade makes functions before operator classes
END;
COMMENT ON FUNCTION used_calendars(timestamptz) IS 'The calendars that contracts and targets in force count by, and their lists of holidays.';

CREATE FUNCTION hours_blocks(at timestamptz, texts jsonb)
RETURNS SETOF block
LANGUAGE sql STABLE
BEGIN ATOMIC
	WITH holidays AS (
		SELECT x.day, x.name, x.list, x.hours, x.confirmed FROM policy_rows(CAST(NULL AS @extschema@.slt_holidays), as_of()) x
		WHERE x.list IN (SELECT unnest(c.lists) FROM used_calendars(at) c) AND date_trunc('year', CAST(x.day AS timestamp)) = date_trunc('year', at AT TIME ZONE report_zone())
	)
	SELECT 'h', say(texts, 'policy.hours'), CAST('{hours}' AS text[]) WHERE EXISTS (SELECT FROM used_calendars(at))
	UNION ALL
	(SELECT 'li', concat(say(texts, 'policy.hours.for', ARRAY['contracts', html_list(ARRAY(SELECT html_name(x) FROM unnest(c.contracts) x ORDER BY 1), 20, texts), 'hours',
			coalesce(say(texts, 'policy.hours.less', ARRAY['hours', h.said, 'lists', html_list(ARRAY(SELECT html_name(x) FROM unnest(c.lists) x), 20, texts)]), h.said)]),
			' ', say(texts, 'policy.hours.rule', ARRAY['rule', '<code dir="ltr">' || html(CAST(c.calendar AS text)) || '</code>']), '.'), NULL
	 FROM used_calendars(at) c, LATERAL (SELECT say(texts, 'policy.hours.of', ARRAY['calendar', html_name(c.name), 'zone', '<bdi>' || html(@extschema@.working_time_zone(c.calendar)) || '</bdi>',
			'hours', html_week(c.calendar, CAST(date_trunc('week', at AT TIME ZONE @extschema@.working_time_zone(c.calendar)) AS date), texts)]) AS said) h ORDER BY c.name)
	UNION ALL SELECT 'p', say(texts, 'policy.hours.week', ARRAY['date', html_day(CAST(date_trunc('week', at AT TIME ZONE report_zone()) AS date), 'date', texts)]), NULL WHERE EXISTS (SELECT FROM used_calendars(at))
	UNION ALL SELECT 'h3', say(texts, 'policy.holidays', ARRAY['year', html_digits(to_char(at AT TIME ZONE report_zone(), 'YYYY'), texts)]), NULL WHERE EXISTS (SELECT FROM holidays)
	UNION ALL
	(SELECT CASE WHEN h.day IS NULL THEN 'table' ELSE 'row' END, say(texts, 'policy.holidays', ARRAY['year', html_digits(to_char(at AT TIME ZONE report_zone(), 'YYYY'), texts)]),
		CASE WHEN h.day IS NULL THEN ARRAY(SELECT say(texts, 'policy.holiday.' || x) FROM unnest('{day,name,list,hours}'::text[]) x)
			 ELSE ARRAY[html_day(h.day, 'date', texts), CASE WHEN h.confirmed THEN html_name(h.name) ELSE say(texts, 'policy.holiday.tentative', ARRAY['name', html_name(h.name)]) END,
						html_name(h.list), coalesce(html(h.hours), say(texts, 'policy.holiday.closed'))] END
	 FROM (SELECT * FROM holidays UNION ALL SELECT NULL, NULL, NULL, NULL, NULL WHERE EXISTS (SELECT FROM holidays)) h
	 ORDER BY h.day NULLS FIRST, h.list);
END;
COMMENT ON FUNCTION hours_blocks(timestamptz, jsonb) IS 'Working hours and the holidays of a year in the service level document.';

CREATE FUNCTION availability_blocks(at timestamptz, texts jsonb)
RETURNS SETOF block
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT 'h', say(texts, 'policy.availability'), CAST('{availability}' AS text[]) WHERE EXISTS (SELECT FROM policy_services())
	UNION ALL SELECT 'table', say(texts, 'policy.availability'), ARRAY[say(texts, 'report.service'), say(texts, 'policy.plan'), say(texts, 'report.promised')] ||
		ARRAY(SELECT say(texts, 'policy.per_' || x) FROM unnest('{year,month,week,day}'::text[]) x) WHERE EXISTS (SELECT FROM policy_services())
	UNION ALL
	(SELECT 'row', NULL, ARRAY[html_name(s.name), coalesce(html_name(s.plan), ''), html_percent(s.target, 10, texts)] || ARRAY(SELECT CASE WHEN s.service_hours IS NULL THEN html_allowance(x, s.target, texts) ELSE '' END FROM unnest('{year,month,week,day}'::text[]) x)
	 FROM policy_services() s ORDER BY s.name)
	UNION ALL (SELECT 'p', say(texts, 'policy.service.hours', ARRAY['service', html_name(s.name), 'hours', html_hours_of(s, s.service_hours, at, texts), 'percent', html_percent(100 - s.target, 10, texts)]), NULL
			   FROM policy_services() s WHERE s.service_hours IS NOT NULL ORDER BY s.name)
	UNION ALL (SELECT 'p', say(texts, 'policy.service.note', ARRAY['service', html_name(s.name), 'note', html_name(s.note)]), NULL FROM policy_services() s WHERE s.note IS NOT NULL ORDER BY s.name)
	UNION ALL SELECT 'h', say(texts, 'policy.experiences'), '{experiences}' WHERE EXISTS (SELECT FROM policy_experiences())
	UNION ALL
	(SELECT b.kind, b.said, NULL FROM (
		SELECT 'li' AS kind, e.service, e.covered, e.name, coalesce(say(texts, 'policy.experience.within', ARRAY['experience', e.said, 'length', html_duration(e.max_latency, texts)]), e.said) AS said
		FROM (SELECT x.*, coalesce(say(texts, 'policy.experience', ARRAY['name', html_name(x.name), 'description', html_name(x.description)]), html_name(x.name)) AS said FROM policy_experiences() x) e
		UNION ALL
		SELECT 'p', e.service, e.covered, NULL, say(texts, CASE WHEN e.covered THEN 'policy.experiences.counted' ELSE 'policy.experiences.recorded' END, ARRAY['service', html_name(e.service)]) || ':'
		FROM policy_experiences() e GROUP BY e.service, e.covered) b
	 ORDER BY b.service, b.covered DESC, b.name NULLS FIRST);
END;
COMMENT ON FUNCTION availability_blocks(timestamptz, jsonb) IS 'Availability and experiences in the service level document.';

CREATE FUNCTION maintenance_blocks(at timestamptz, texts jsonb)
RETURNS SETOF block
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT 'h', say(texts, 'policy.maintenance'), CAST('{maintenance}' AS text[]) WHERE EXISTS (SELECT FROM policy_services())
	UNION ALL
	(SELECT 'li', concat_ws(' ', CASE WHEN s.maintenance_window IS NULL THEN say(texts, 'policy.no_window', ARRAY['service', html_name(s.name)])
			ELSE say(texts, CASE WHEN is_weekly(s.maintenance_window) THEN 'policy.window' ELSE 'policy.window.rule' END, ARRAY['service', html_name(s.name), 'hours', html_hours_of(s, s.maintenance_window, at, texts)]) END,
		say(texts, 'policy.aim', ARRAY['aim', html_duration(s.weekly_downtime_aim, texts)]), CASE WHEN s.excuse_announced THEN say(texts, 'policy.announced') END), NULL
	 FROM policy_services() s ORDER BY s.name)
	UNION ALL SELECT 'p', say(texts, x), NULL FROM (SELECT bool_or(s.maintenance_window IS NOT NULL) AS windows FROM policy_services() s) w,
		unnest(CASE WHEN w.windows THEN '{policy.window.counts,policy.notice}' WHEN NOT w.windows THEN '{policy.notice.always}' END::text[]) x
	UNION ALL SELECT 'h', say(texts, 'policy.status'), '{status}' WHERE EXISTS (SELECT FROM policy_services())
	UNION ALL SELECT 'p', say(texts, 'policy.status.text'), NULL WHERE EXISTS (SELECT FROM policy_services())
	UNION ALL (SELECT 'li', say(texts, 'policy.status.of', ARRAY['service', html_name(s.service), 'address', html_name(s.page_address)]), NULL FROM list_page_settings() s WHERE s.page_address IS NOT NULL ORDER BY s.service);
END;
COMMENT ON FUNCTION maintenance_blocks(timestamptz, jsonb) IS 'Maintenance and the status page in the service level document.';

CREATE FUNCTION html_column(key text, value text, texts jsonb)
RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	during CONSTANT tstzrange := CASE key WHEN 'during' THEN value::tstzrange END;
BEGIN
	IF during IS NOT NULL THEN
		RETURN CASE WHEN lower_inf(during) AND upper_inf(during) OR isempty(during) THEN '-'
			WHEN upper_inf(during) THEN say(texts, 'period.open', ARRAY['from', html_time(lower(during), report_zone(), NULL, texts)])
			WHEN lower_inf(during) THEN say(texts, 'change.until', ARRAY['to', html_time(upper(during), report_zone(), NULL, texts)])
			ELSE say(texts, 'change.between', ARRAY['from', html_time(lower(during), report_zone(), NULL, texts), 'to', html_time(upper(during), report_zone(), NULL, texts)]) END;
	END IF;
	RETURN CASE
		WHEN value IS NULL THEN '-'
		WHEN key = 'amount' THEN html_amount(value, texts)
		WHEN key = 'day' THEN html_day(value::date, 'date', texts)
		WHEN key IN ('attain', 'target') THEN html_percent(value::numeric, 10, texts)
		WHEN key IN ('max_latency', 'weekly_downtime_aim') THEN html_duration(value::interval, texts)
		WHEN key IN ('metric', 'ends_with') THEN html_metric(value, texts)
		WHEN key IN ('pausable', 'confirmed', 'in_scope', 'opens_tickets', 'covered', 'excuse_announced') THEN say(texts, CASE value WHEN 'true' THEN 'change.yes' ELSE 'change.no' END)
		ELSE html_name(value) END;
END $$;
COMMENT ON FUNCTION html_column(text, text, jsonb) IS 'What a row of the policy has in a column, as slt_policy_log has it, in words.';

CREATE FUNCTION html_change(before jsonb, after jsonb, keys boolean, texts jsonb)
RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
	-- what a row says, and of one that changed what is different; in the order in which it is called something; what has no words is for no customer
	SELECT string_agg(CASE WHEN c.is_changed THEN say(texts, 'change.values', ARRAY['column', say(texts, 'column.' || c.key), 'before', html_column(c.key, c.before, texts), 'after', html_column(c.key, c.after, texts)])
			ELSE say(texts, 'change.value', ARRAY['column', say(texts, 'column.' || c.key), 'after', html_column(c.key, coalesce(c.after, c.before), texts)]) END, '; ' ORDER BY c.is_key IS NULL, c.is_key, c.key)
	FROM (SELECT coalesce(a.key, b.key) AS key, b.value AS before, a.value AS after, array_position('{contract,severity,metric,service,list,day,name,code}', coalesce(a.key, b.key)) AS is_key,
				 html_change.before IS NOT NULL AND html_change.after IS NOT NULL AS is_edit,
				 html_change.before IS NOT NULL AND html_change.after IS NOT NULL AND a.value IS DISTINCT FROM b.value AS is_changed
		  FROM jsonb_each_text(after) a FULL JOIN jsonb_each_text(before) b ON b.key = a.key) c
	WHERE texts ? ('column.' || c.key) AND (c.is_changed OR keys AND CASE WHEN c.is_edit THEN c.is_key IS NOT NULL
		ELSE coalesce(c.after, c.before) <> '(,)' AND c.key NOT IN ('steps', 'when_reopened') END)
	HAVING bool_or(c.is_changed OR NOT c.is_edit);
END;
COMMENT ON FUNCTION html_change(jsonb, jsonb, boolean, jsonb) IS 'A change of a row of the policy in words; without keys, only what is different. Null if it is nothing that there are words for.';

CREATE FUNCTION told_changes(since timestamptz, at timestamptz, texts jsonb, OUT n bigint, OUT at timestamptz, OUT what text, OUT said text)
RETURNS SETOF record
LANGUAGE sql STABLE
BEGIN ATOMIC
	WITH changes AS (
		SELECT c.at, c.in_table, c.change, c.before, c.after, coalesce(c.after, c.before) AS its, row_number() OVER (ORDER BY c.at DESC) AS n FROM @extschema@.slt_policy_changes($1, $2) c
		WHERE html_change(c.before, c.after, true, texts) IS NOT NULL
	), runs AS (
		SELECT c.*, c.n - row_number() OVER (PARTITION BY c.in_table, c.change, c.its ->> 'list' ORDER BY c.n) AS run FROM changes c
	), counted AS (
		SELECT r.*, CASE WHEN r.in_table = 'slt_holidays' AND count(*) OVER w > 2 THEN min(r.n) OVER w ELSE r.n END AS first
		FROM runs r WINDOW w AS (PARTITION BY r.in_table, r.change, r.its ->> 'list', r.run)
	), told AS (
		-- a list of holidays that was brought is one thing that happened
		SELECT row_number() OVER (ORDER BY c.first) AS n, max(c.at) AS at, c.in_table, c.change,
			   CASE WHEN count(*) = 1 THEN min(html_change(c.before, c.after, true, texts))
			   ELSE concat_ws('; ', say(texts, 'change.days', ARRAY['list', html_name(min(c.its ->> 'list')), 'n', html_number(count(*), texts),
						'first', html_day(min(CAST(c.its ->> 'day' AS date)), 'date', texts), 'last', html_day(max(CAST(c.its ->> 'day' AS date)), 'date', texts)]),
					CASE WHEN c.change = 'changed' AND count(DISTINCT html_change(c.before, c.after, false, texts)) = 1 THEN min(html_change(c.before, c.after, false, texts)) END) END AS said
		FROM counted c GROUP BY c.first, c.in_table, c.change
	)
	SELECT t.n, t.at, say(texts, 'change.' || t.change, ARRAY['table', say(texts, 'table.' || t.in_table)]), t.said FROM told t;
END;
COMMENT ON FUNCTION told_changes(timestamptz, timestamptz, jsonb) IS 'slt_policy_changes() in words, the latest first; holidays that were brought together are told together.';

CREATE FUNCTION change_blocks(since timestamptz, at timestamptz, texts jsonb)
RETURNS SETOF block
LANGUAGE sql STABLE
BEGIN ATOMIC
	WITH changes AS (
		SELECT c.n, c.at, c.what, c.said FROM told_changes(since, at, texts) c
	), head AS (
		SELECT CASE WHEN isfinite(since) THEN say(texts, 'policy.changes', ARRAY['time', html_time(since, report_zone(), NULL, texts)]) ELSE say(texts, 'policy.changes.all') END AS said
	)
	SELECT 'h', h.said, CAST('{changes}' AS text[]) FROM head h
	UNION ALL SELECT 'p', say(texts, 'policy.changes.none'), NULL WHERE NOT EXISTS (SELECT FROM changes)
	UNION ALL SELECT 'table', h.said, ARRAY(SELECT say(texts, 'policy.change.' || x) FROM unnest('{at,what,row}'::text[]) x) FROM head h WHERE EXISTS (SELECT FROM changes)
	UNION ALL (SELECT 'row', NULL, ARRAY[html_time(c.at, report_zone(), NULL, texts), c.what, c.said] FROM changes c WHERE c.n <= 100 ORDER BY c.n)
	UNION ALL SELECT 'p', say(texts, 'policy.changes.more', ARRAY['n', html_number(max(c.n) - 100, texts)]), NULL FROM changes c HAVING max(c.n) > 100;
END;
COMMENT ON FUNCTION change_blocks(timestamptz, timestamptz, jsonb) IS 'What changed in the policy since an instant, in the service level document: the latest hundred changes.';

CREATE FUNCTION policy_blocks(since timestamptz, texts jsonb)
RETURNS SETOF block
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	past CONSTANT timestamptz := as_of();
	at CONSTANT timestamptz := CASE WHEN isfinite(past) THEN past ELSE now() END;
	targets CONSTANT policy_target[] := ARRAY(SELECT t FROM policy_targets(tstzrange(at, NULL)) t);
BEGIN
	RETURN NEXT ROW('p', say(texts, 'policy.at', ARRAY['time', html_time(date_trunc('second', at), report_zone(), NULL, texts)]), NULL::text[])::block;
	RETURN QUERY SELECT * FROM scope_blocks(texts);
	IF targets <> '{}' THEN
		RETURN NEXT ROW('h', say(texts, 'policy.targets'), '{targets}'::text[])::block;
		RETURN NEXT ROW('p', say(texts, 'policy.targets.text'), NULL::text[])::block;
		RETURN QUERY SELECT * FROM target_blocks(targets, say(texts, 'policy.targets'), texts);
	END IF;
	RETURN QUERY SELECT * FROM definition_blocks(texts);
	RETURN QUERY SELECT * FROM hours_blocks(at, texts);
	RETURN QUERY SELECT * FROM availability_blocks(at, texts);
	RETURN QUERY SELECT * FROM maintenance_blocks(at, texts);
	IF since IS NOT NULL THEN
		-- with what this transaction changed, or what was changed at that very instant, as the rest of the document has it
		RETURN QUERY SELECT * FROM change_blocks(since, coalesce(past + interval '1 us', 'infinity'), texts);
	END IF;
END $$;
COMMENT ON FUNCTION policy_blocks(timestamptz, jsonb) IS 'The service level document. A text that is - is left out where it is written.';

-- written as HTML, and as Markdown

CREATE FUNCTION html_table(id text, caption text, heads text[], words int, rows text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT format('<div class="scroll" tabindex="0" role="group" aria-labelledby="%1$s"><table class="w%2$s"><caption class="vh" id="%1$s">%3$s</caption><thead><tr>%4$s</tr></thead><tbody>
%5$s</tbody></table></div>
', id, words, caption, (SELECT string_agg('<th scope="col">' || h.h || '</th>', '' ORDER BY h.n) FROM unnest(heads) WITH ORDINALITY h (h, n)), rows);
END;
COMMENT ON FUNCTION html_table(text, text, text[], int, text) IS 'A table of an HTML page, which scrolls where it is too wide, so many columns of which are words; nothing without rows.';

CREATE FUNCTION html_blocks(blocks block[], name text)
RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	b block;
	said text := '';
	items text := '';
	head block;
	n int := 0;
	in_section boolean := false;
BEGIN
	FOREACH b IN ARRAY blocks || ROW('end', NULL, NULL)::block LOOP
		-- what a list or a table has is complete when something else follows
		IF b.kind <> 'li' AND head.kind = 'li' THEN
			said := said || E'<ul class="plain">\n' || items || E'</ul>\n';
		ELSIF b.kind <> 'row' AND head.kind = 'table' THEN
			n := n + 1;
			said := said || html_table(name || '-' || n, regexp_replace(head.text, '</?bdi>', '', 'g'), head.cells, cardinality(head.cells), items);
		END IF;
		CONTINUE WHEN b.text = '-';
		CASE b.kind
			WHEN 'h' THEN
				said := said || CASE WHEN in_section THEN E'</section>\n' ELSE '' END || format(E'<section aria-labelledby="%1$s"><h2 id="%1$s">%2$s</h2>\n', b.cells[1], b.text);
				in_section := true;
			WHEN 'h3', 'p' THEN said := said || '<' || b.kind || '>' || b.text || '</' || b.kind || E'>\n';
			WHEN 'li' THEN items := CASE WHEN head.kind = 'li' THEN items ELSE '' END || '<li>' || b.text || E'</li>\n';
			WHEN 'row' THEN items := items || '<tr><th scope="row">' || b.cells[1] || '</th>' || (SELECT string_agg('<td>' || c.c || '</td>', '' ORDER BY c.n) FROM unnest(b.cells) WITH ORDINALITY c (c, n) WHERE c.n > 1) || E'</tr>\n';
			WHEN 'table' THEN items := '';
			ELSE said := said || CASE WHEN in_section THEN E'</section>\n' ELSE '' END;
		END CASE;
		head := CASE WHEN b.kind = 'row' THEN head ELSE b END;
	END LOOP;
	RETURN said;
END $$;
COMMENT ON FUNCTION html_blocks(block[], text) IS 'Blocks as HTML; tables have ids that begin with a name.';

CREATE FUNCTION markdown(html text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN regexp_replace(replace(replace(replace(replace(replace(replace(replace(regexp_replace(html, '</?[a-z][^>]*>', '', 'g'), E'\n', ' '),
	'&nbsp;', ' '), '&lt;', '<'), '&gt;', '>'), '&quot;', '"'), '&#39;', ''''), '&amp;', '&'), '([\\`*_\[\]<>|#~&])', '\\\1', 'g');
COMMENT ON FUNCTION markdown(text) IS 'Text that is HTML as a line of Markdown: without tags, and what means something there with a backslash.';

CREATE FUNCTION markdown_line(html text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN regexp_replace(regexp_replace(ltrim(markdown(html)), '^[-+=]', '\\\&'), '^(\d{1,9})([.)])', '\1\\\2');
COMMENT ON FUNCTION markdown_line(text) IS 'markdown() of what begins a line, where a sign or a number with a dot would make a list.';

CREATE FUNCTION markdown_blocks(blocks block[])
RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	b block;
	said text := '';
	before text := '';
BEGIN
	FOREACH b IN ARRAY blocks LOOP
		CONTINUE WHEN b.text = '-';
		said := said || CASE WHEN b.kind = 'row' OR b.kind = 'li' AND before = 'li' THEN '' ELSE E'\n' END || CASE b.kind
			WHEN 'h' THEN '## ' || markdown(b.text)
			WHEN 'h3' THEN '### ' || markdown(b.text)
			WHEN 'p' THEN markdown_line(b.text)
			WHEN 'li' THEN '- ' || markdown_line(b.text)
			ELSE (SELECT '| ' || string_agg(markdown(c.c), ' | ' ORDER BY c.n) || ' |' || CASE WHEN b.kind = 'table' THEN E'\n|' || repeat(' --- |', cardinality(b.cells)) ELSE '' END
				  FROM unnest(b.cells) WITH ORDINALITY c (c, n)) END || E'\n';
		before := b.kind;
	END LOOP;
	RETURN said;
END $$;
COMMENT ON FUNCTION markdown_blocks(block[]) IS 'Blocks as Markdown.';

CREATE FUNCTION document_style()
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT '
.w2 :is(td,th):nth-child(-n+2),.w3 :is(td,th):nth-child(-n+3),.w4 :is(td,th):nth-child(-n+4),:is(.w5,.w6,.w7,.w8,.w9) :is(td,th){text-align:start!important;white-space:normal}thead th{white-space:normal;vertical-align:bottom}
main>section:first-child h2{margin-top:.5rem}
.plain{list-style:disc;padding-inline-start:1.25rem;margin:.35rem 0 .75rem}section>h3{margin-top:.75rem}main p+.scroll,main ul+.scroll,main .scroll+p{margin-top:.75rem}section>h3+.scroll{margin-top:.4rem}code{overflow-wrap:anywhere;font-size:.9em}
@page{size:A4;margin:14mm 13mm}
@media print{h2{margin:1.4rem 0 .4rem}th,td{padding:.28rem .5rem}thead{display:table-header-group;break-after:avoid}tbody tr:is(:first-child,:last-child){break-before:avoid}footer{margin-top:1.2rem;break-inside:avoid}}
';
END;
COMMENT ON FUNCTION document_style() IS 'The style sheet of the service level document and of the monthly report: tables with words, and paper.';

CREATE FUNCTION policy_page(since timestamptz, language text)
RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	p page;
	t jsonb;
BEGIN
	p.settings := (SELECT s FROM list_page_settings() s ORDER BY s.service LIMIT 1);
	t := texts(coalesce(language, (p.settings).language));
	RETURN html_page(p.settings, t, say(t, 'policy.title'), document_style(), '<header>' || html_logo((p.settings).logo) || '<div>
<p class="eyebrow">' || say(t, 'policy.eyebrow') || '</p>
<h1>' || say(t, 'policy.title') || E'</h1>\n</div></header>\n<main>\n' || html_blocks(ARRAY(SELECT b FROM policy_blocks(since, t) b), 'table') || '</main>');
END $$;
COMMENT ON FUNCTION policy_page(timestamptz, text) IS 'slt_policy_page().';

CREATE FUNCTION @extschema@.slt_policy_page(since timestamptz DEFAULT NULL, language text DEFAULT NULL)
RETURNS @extschema@."text/html"
LANGUAGE sql STABLE
RETURN CAST(policy_page(since, language) AS @extschema@."text/html");
COMMENT ON FUNCTION @extschema@.slt_policy_page(timestamptz, text) IS
'The service level document as an HTML page that needs nothing else, from the tables of the policy: purpose and scope, points of contact, targets, definitions, working hours and the holidays of the year, availability and the downtime that it allows, experiences, maintenance; and with since what changed from then on. SET slt.as_of has it as of an instant. Needs SELECT on the tables of the policy, with since on slt_policy_log. Error 42704 for a language without texts.';

CREATE FUNCTION policy_markdown(since timestamptz, language text)
RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	t CONSTANT jsonb := texts(language);
BEGIN
	RETURN '# ' || markdown(say(t, 'policy.title')) || E'\n' || markdown_blocks(ARRAY(SELECT b FROM policy_blocks(since, t) b));
END $$;
COMMENT ON FUNCTION policy_markdown(timestamptz, text) IS 'slt_policy_markdown().';

CREATE FUNCTION @extschema@.slt_policy_markdown(since timestamptz DEFAULT NULL, language text DEFAULT NULL)
RETURNS @extschema@."text/markdown"
LANGUAGE sql STABLE
RETURN CAST(policy_markdown(since, language) AS @extschema@."text/markdown");
COMMENT ON FUNCTION @extschema@.slt_policy_markdown(timestamptz, text) IS 'What slt_policy_page() has, as Markdown with tables, for a repository or a wiki. Rights and errors as there.';
