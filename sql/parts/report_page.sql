SET LOCAL search_path = zz_slt_internal, pg_temp;

-- the monthly report ---------------------------------------------------------------------------------------------
--
-- One reading of the tickets gives its rows; whatever of them is text goes through html().

INSERT INTO known_texts (name, says) VALUES
	('report.eyebrow', 'Service level report'), ('report.title', '{title}: {period}'), ('report.months', '{first} to {last}'), ('report.of', 'Tickets opened {period}, time zone {zone}'),
	('report.of_customer', 'Tickets of {customer} opened {period}, time zone {zone}'), ('report.between', '{from} to {to}'), ('report.made', 'As of {time}'), ('report.as_of', 'By the policy as of {time}'),
	('report.summary', 'Kept and missed'), ('report.terms', 'By contract and severity'), ('report.history', 'Twelve months'), ('report.late', 'What was late'), ('report.customers', 'By customer'),
	('report.services', 'Availability of services'), ('report.targets', 'What is promised'), ('report.nothing', 'No ticket was opened in this time.'),
	('metric.response', 'Response'), ('metric.resolution', 'Resolution'), ('metric.next_reply', 'Next reply'), ('metric.first_resolution', 'First resolution'),
	('report.kept', 'Promise of {percent} kept'), ('report.missed', 'Promise of {percent} missed'), ('report.not_promised', 'No percentage is promised'), ('report.several', '{kept} of {n} promised percentages kept'), ('report.undecided', 'Nothing is decided yet'),
	('report.counts', '{met} of {decided} in time, {late} late, {open} open with time left'), ('report.took', 'Half took up to {median}, nine in ten up to {most} of working time'),
	('report.paused', '{n} paused, for {length} of working time in all'), ('report.without', '{n} without a target'),
	('report.contract', 'Contract'), ('report.severity', 'Severity'), ('report.metric', 'Promise'), ('report.target', 'Target'), ('report.opened', 'Counted'), ('report.met', 'In time'),
	('report.late_count', 'Late'), ('report.open', 'Open'), ('report.percent', 'In time'), ('report.promised', 'Promised'), ('report.median', 'Median'), ('report.p90', '90th percentile'),
	('report.customer', 'Customer'), ('report.no_customer', 'none'), ('report.month', 'Month'), ('report.last_month', 'The last month is counted up to {time}.'), ('report.more_customers', 'Customers with fewer tickets: {n} more.'),
	('report.table_of_months', 'Months as a table'), ('report.chart', '{metric}, percent in time and number counted, by month'),
	('report.chart.alt', '{metric} by month: in time from {least} in {least_month} to {most} in {most_month}; a table of all months follows.'), ('report.chart.empty', '{metric} by month: nothing is decided yet.'),
	('report.line', 'promised: {percent}'), ('report.bars', 'bars: counted, of them in time, late, open'),
	('report.late_by', 'Late by {length} of working time'), ('report.late_ticket', '{key}: {metric}'), ('report.terms_of', '{contract}, {severity}'), ('report.done', 'Started {started}; due {due}; done {done}'),
	('report.not_done', 'Started {started}; due {due}; not done yet'), ('report.why', 'Up to the deadline: {parts}.'), ('report.steps', 'Step by step'),
	('report.late_most', 'Late by most working time: {n}.'), ('report.none_late', 'Nothing was late.'),
	('why.working', '{length} of working time'), ('why.outside hours', '{length} outside hours'), ('why.weekend', '{length} weekend'), ('why.holiday', '{name} ({length})'), ('why.paused', '{length} paused'),
	('step.working', 'working'), ('step.outside hours', 'outside hours'), ('step.weekend', 'weekend'), ('step.holiday', 'holiday'), ('step.paused', 'paused'),
	('step.from', 'From'), ('step.to', 'To'), ('step.what', 'What'), ('step.worked', 'Counted'), ('step.owed', 'Left'), ('step.note', 'Note'),
	('report.service', 'Service'), ('report.availability', 'Availability'), ('report.downtime', 'Downtime'), ('report.allowed', 'Allowed'), ('report.left', 'Left'), ('report.over', '{length} over'), ('report.not_known', '{service}: nothing is known of {length} of this time, which counts neither way.'),
	('report.result', 'Result'), ('report.yes', 'kept'), ('report.no', 'missed'), ('report.unknown', 'unknown'),
	('amount.day.one', '{n} working day'), ('amount.day.two', '{n} working days'), ('amount.day.few', '{n} working days'), ('amount.day', '{n} working days'),
	('amount.hour.one', '{n} working hour'), ('amount.hour.two', '{n} working hours'), ('amount.hour.few', '{n} working hours'), ('amount.hour', '{n} working hours'),
	('amount.minute.one', '{n} working minute'), ('amount.minute.two', '{n} working minutes'), ('amount.minute.few', '{n} working minutes'), ('amount.minute', '{n} working minutes'),
	('amount.second.one', '{n} working second'), ('amount.second.two', '{n} working seconds'), ('amount.second.few', '{n} working seconds'), ('amount.second', '{n} working seconds'),
	('report.footer', 'Counted is each answer or solution that was owed and whose time began to run in this period. In time is what was done by its deadline, of all that is done or whose deadline has passed. Percentages are cut, not rounded up. All times, days and months are those of the time zone {zone}.');

-- what there is to say

CREATE TYPE report_row AS (kind text, month date, customer text, contract text, severity text, metric text, opened bigint, met bigint, met_late bigint,
	breached bigint, open bigint, without_target bigint, percent_met numeric, attain numeric, attained boolean, median @extschema@.working_interval,
	percentile_90 @extschema@.working_interval, promised @extschema@.working_interval, paused bigint, paused_for @extschema@.working_interval,
	key text, run int, started timestamptz, due timestamptz, done timestamptz, late_by @extschema@.working_interval,
	"from" timestamptz, "to" timestamptz, what text, name text, worked @extschema@.working_interval, owed @extschema@.working_interval, note text);
COMMENT ON TYPE report_row IS 'A row of what the monthly report shows.';

CREATE FUNCTION report_rows(ticket_table regclass, during tstzrange, zone text, first_month date, customer_column text, customer text, most_late int)
RETURNS SETOF report_row
AS 'MODULE_PATHNAME', 'slt_report_rows'
LANGUAGE c STABLE ROWS 100;
COMMENT ON FUNCTION report_rows(regclass, tstzrange, text, date, text, text, int) IS
'All that the monthly report shows of a ticket table, which is read once as slt_report() reads it: of the clocks that started in a time groups by metric, by terms (contract and severity) and by customer; groups by month of a zone from a first one on; and the clocks that are late by most working time (late), each followed by the rows of slt_explain() (why). With a customer, only tickets of that one. Error 22023 without finite bounds or for an unknown zone, 42703 for an unknown column.';

CREATE TYPE report AS (during tstzrange, zone text, texts jsonb, first_month date, customer text, customer_column text, services text[], most_late int, settings @extschema@.slt_page_settings);
COMMENT ON TYPE report IS 'A monthly report: of what time and zone, what it says it in, the first of its twelve months, of which customer or by the column of customers, with which services, how many late ones, and how it looks.';

-- words

CREATE FUNCTION html_dates(during tstzrange, zone text, texts jsonb)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	first CONSTANT timestamp := lower(during) AT TIME ZONE zone;
	ends CONSTANT timestamp := upper(during) AT TIME ZONE zone;
	last CONSTANT date := ends - interval '1 us';
BEGIN
	IF first = date_trunc('month', first) AND ends = date_trunc('month', ends) THEN
		RETURN CASE WHEN date_trunc('month', last::timestamp) = first THEN html_day(first::date, 'date.month', texts)
					ELSE say(texts, 'report.months', ARRAY['first', html_day(first::date, 'date.month', texts), 'last', html_day(last, 'date.month', texts)]) END;
	END IF;
	RETURN CASE WHEN last = first::date THEN html_day(last, 'date', texts)
				ELSE say(texts, 'report.months', ARRAY['first', html_day(first::date, 'date', texts), 'last', html_day(last, 'date', texts)]) END;
END $$;
COMMENT ON FUNCTION html_dates(tstzrange, text, jsonb) IS 'What a time is called in a title: its month, months, date or dates.';

CREATE FUNCTION html_cells(r report_row, texts jsonb)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN concat('<td>', html_number(coalesce((r).opened, 0), texts), '</td><td>', html_number(coalesce((r).met, 0), texts), '</td><td>', html_number(coalesce((r).met_late + (r).breached, 0), texts), '</td><td>', html_number(coalesce((r).open, 0), texts),
	'</td><td', CASE (r).attained WHEN true THEN ' class="kept"' WHEN false THEN ' class="missed"' END, '>', html_percent((r).percent_met, 1, texts), '</td><td>', html_percent((r).attain, 4, texts),
	'</td><td>', html_work((r).median, texts), '</td><td>', html_work((r).percentile_90, texts), '</td>');
COMMENT ON FUNCTION html_cells(report_row, jsonb) IS 'The counts and figures of a group of clocks in a table of the monthly report.';

CREATE FUNCTION html_heads(texts jsonb)
RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY[say(texts, 'report.opened'), say(texts, 'report.met'), say(texts, 'report.late_count'), say(texts, 'report.open'), say(texts, 'report.percent') || ' ' || say(texts, 'percent', ARRAY['n', '']),
	say(texts, 'report.promised'), say(texts, 'report.median'), say(texts, 'report.p90')];
COMMENT ON FUNCTION html_heads(jsonb) IS 'The heads of the columns of html_cells().';

-- the parts

CREATE FUNCTION report_card(r report_row, rows report_row[], texts jsonb)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	late CONSTANT bigint := r.met_late + r.breached;
	tone text := CASE r.attained WHEN true THEN 'operational' WHEN false THEN 'down' ELSE 'unknown' END;
	promise text;
	kept int;
	decided int;
BEGIN
	SELECT count(*) FILTER (WHERE x.attained), count(x.attained) INTO kept, decided FROM unnest(rows) x WHERE x.kind = 'terms' AND x.metric = r.metric;
	IF r.percent_met IS NULL THEN
		promise := say(texts, 'report.undecided');
	ELSIF r.attain IS NOT NULL THEN
		promise := say(texts, CASE WHEN r.attained THEN 'report.kept' ELSE 'report.missed' END, ARRAY['percent', html_percent(r.attain, 4, texts)]);
	ELSIF decided = 0 THEN
		promise := say(texts, 'report.not_promised');
	ELSE
		-- several were promised, which the table by contract and severity has
		promise := say(texts, 'report.several', ARRAY['kept', html_number(kept, texts), 'n', html_number(decided, texts)]);
		tone := CASE kept WHEN decided THEN 'operational' WHEN 0 THEN 'down' ELSE 'degraded' END;
	END IF;
	RETURN format('<div class="card"><h3>%s</h3>
<p class="figure">%s</p>
<p class="state %s">%s%s</p>
<p class="note">%s.</p>%s%s%s</div>
', html_metric(r.metric, texts), coalesce('<data value="' || trim_scale(r.percent_met) || '">' || html_percent(r.percent_met, 1, texts) || '</data>', say(texts, 'figure.unknown')), tone, html_icon(tone), promise,
		say(texts, 'report.counts', ARRAY['met', html_number(r.met, texts), 'decided', html_number(r.met + late, texts), 'late', html_number(late, texts), 'open', html_number(r.open, texts)]),
		coalesce('<p class="note">' || say(texts, 'report.took', ARRAY['median', html_work(r.median, texts), 'most', html_work(r.percentile_90, texts)]) || '.</p>', ''),
		CASE WHEN r.paused > 0 THEN '<p class="note">' || say(texts, 'report.paused', ARRAY['n', html_number(r.paused, texts), 'length', html_work(r.paused_for, texts)]) || '.</p>' ELSE '' END,
		CASE WHEN r.without_target > 0 THEN '<p class="note">' || say(texts, 'report.without', ARRAY['n', html_number(r.without_target, texts)]) || '.</p>' ELSE '' END);
END $$;
COMMENT ON FUNCTION report_card(report_row, report_row[], jsonb) IS 'How a promise was kept, at the top of the monthly report.';

CREATE FUNCTION report_terms(p report, rows report_row[])
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT html_table('terms-of', say((p).texts, 'report.terms'), ARRAY[say((p).texts, 'report.contract'), say((p).texts, 'report.severity'), say((p).texts, 'report.metric'), say((p).texts, 'report.target')] || html_heads((p).texts), 4,
		string_agg(concat('<tr><th scope="row">', coalesce(html_name(r.contract), say((p).texts, 'report.unknown')), '</th><td>', html_name(r.severity), '</td><td>', html_metric(r.metric, (p).texts), '</td><td>',
				   html_amount(CAST(r.promised AS text), (p).texts), '</td>', html_cells(CAST(r AS report_row), (p).texts), E'</tr>\n'), '' ORDER BY r.contract, r.severity, r.metric <> 'response', r.metric))
	FROM unnest(rows) r WHERE r.kind = 'terms' AND r.opened > 0;
END;
COMMENT ON FUNCTION report_terms(report, report_row[]) IS 'The table by contract and severity of the monthly report.';

CREATE FUNCTION report_customers(p report, rows report_row[])
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	-- as many as forty rows are for, so that they fit a page
	WITH ranked AS (
		SELECT r AS whole, r.customer, r.metric, dense_rank() OVER (ORDER BY x.opened DESC, r.customer) AS n, (SELECT 40 / greatest(count(*), 1) FROM unnest(rows) m WHERE m.kind = 'metric') AS most
		FROM unnest(rows) r
		JOIN (SELECT c.customer, sum(c.opened) AS opened FROM unnest(rows) c WHERE c.kind = 'customer' GROUP BY 1) x ON x.customer IS NOT DISTINCT FROM r.customer
		WHERE r.kind = 'customer' AND r.opened > 0
	)
	SELECT html_table('customers-of', say((p).texts, 'report.customers'), ARRAY[say((p).texts, 'report.customer'), say((p).texts, 'report.metric')] || html_heads((p).texts), 2,
		string_agg(concat('<tr><th scope="row">', coalesce(html_name(k.customer), say((p).texts, 'report.no_customer')), '</th><td>', html_metric(k.metric, (p).texts), '</td>', html_cells(CAST(k.whole AS report_row), (p).texts), E'</tr>\n'),
				   '' ORDER BY k.n, k.metric <> 'response', k.metric) FILTER (WHERE k.n <= k.most)) ||
		CASE WHEN max(k.n) > max(k.most) THEN '<p class="note">' || say((p).texts, 'report.more_customers', ARRAY['n', html_number(max(k.n) - max(k.most), (p).texts)]) || '</p>' ELSE '' END
	FROM ranked k;
END;
COMMENT ON FUNCTION report_customers(report, report_row[]) IS 'The table by customer of the monthly report: those with the most tickets.';

-- months

CREATE TYPE report_month AS (n int, month date, opened bigint, met bigint, late bigint, open bigint, percent_met numeric, attain numeric, x numeric, y numeric, whole report_row);
COMMENT ON TYPE report_month IS 'A month of a metric in the monthly report, and where it is in the chart.';

CREATE FUNCTION report_months(p report, wanted text, rows report_row[])
RETURNS SETOF report_month
LANGUAGE sql STABLE PARALLEL SAFE ROWS 12
BEGIN ATOMIC
	WITH months AS (
		SELECT g.n, CAST((p).first_month + g.n * interval '1 month' AS date) AS month FROM generate_series(0, 11) g (n)
	), counted AS (
		SELECT m.n, m.month, r AS whole, coalesce(r.opened, 0) AS opened, coalesce(r.met, 0) AS met, coalesce(r.met_late + r.breached, 0) AS late, coalesce(r.open, 0) AS open, r.percent_met, r.attain,
			   -- the least that is shown: a multiple of ten below all that is
			   greatest(10 * floor((least(min(r.percent_met) OVER (), min(r.attain) OVER ()) - 1) / 10), 0) AS least
		FROM months m LEFT JOIN unnest(rows) r ON r.kind = 'month' AND r.metric = wanted AND r.month = m.month
	)
	SELECT c.n, c.month, c.opened, c.met, c.late, c.open, c.percent_met, c.attain, round(CASE (p).texts ->> 'direction' WHEN 'rtl' THEN 11 - c.n ELSE c.n END * 38 + 31, 1),
		   round(24 + (100 - c.percent_met) / (100 - c.least) * 60, 1), CAST(c.whole AS report_row)
	FROM counted c ORDER BY c.n;
END;
COMMENT ON FUNCTION report_months(report, text, report_row[]) IS 'The twelve months of a metric.';

CREATE FUNCTION report_svg(p report, alt text, promised numeric, months report_month[])
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT concat('<svg viewBox="0 0 480 176" role="img" aria-label="', alt, '">',
		'<path class="line" d="', 'M' || string_agg(m.x || ' ' || m.y, 'L' ORDER BY m.n) FILTER (WHERE m.y IS NOT NULL), '"/>',
		(SELECT format('<path class="promised" d="M12 %1$sH468"/>', round(24 + (100 - promised) / (100 - l.least) * 60, 1))
		 FROM (SELECT greatest(10 * floor((least(min(m.percent_met), min(m.attain)) - 1) / 10), 0) AS least) l WHERE promised IS NOT NULL),
		string_agg(concat(
			CASE WHEN m.y IS NOT NULL THEN format('<circle class="%1$s" cx="%2$s" cy="%3$s" r="3.5"/><text x="%2$s" y="%4$s">%5$s</text>', CASE WHEN m.percent_met < m.attain THEN 'missed' WHEN m.attain IS NULL THEN 'open' ELSE 'kept' END, m.x, m.y, CASE WHEN m.percent_met < m.attain THEN m.y + 16 ELSE m.y - 8 END,
				   html_digits(CAST(trim_scale(trunc(m.percent_met, CASE WHEN m.percent_met < 100 THEN 1 ELSE 0 END)) AS text), (p).texts)) END,
			(SELECT string_agg(format('<rect class="%s" x="%s" y="%s" width="22" height="%s"/>', b.class, m.x - 11, round(150 - b.upto * 34.0 / m.most, 1), round(b.n * 34.0 / m.most, 1)), '')
			 FROM (VALUES ('kept', m.met, m.met), ('missed', m.late, m.met + m.late), ('open', m.open, m.opened)) b (class, n, upto) WHERE b.n > 0),
			'<text x="', m.x, '" y="', round(146 - m.opened * 34.0 / m.most, 1), '">', CASE WHEN m.opened > 0 THEN html_number(m.opened, (p).texts) END, '</text>',
			'<text class="month" x="', m.x, '" y="166">', say((p).texts, 'month.short.' || to_char(m.month, 'FMMM')), '</text>'), E'\n' ORDER BY m.n), '</svg>')
	FROM (SELECT w.*, greatest(max(w.opened) OVER (), 1) AS most FROM unnest(months) w) m;
END;
COMMENT ON FUNCTION report_svg(report, text, numeric, report_month[]) IS 'The chart of a metric in the monthly report: a line of percent in time, a bar for what was counted, for each month, and a line of what was promised.';

CREATE FUNCTION report_chart(p report, metric text, rows report_row[])
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	t CONSTANT jsonb := p.texts;
	months CONSTANT report_month[] := ARRAY(SELECT m FROM report_months(p, metric, rows) m);
	named CONSTANT text := html_metric(metric, t);
	id CONSTANT text := 'months-' || md5(metric);
	-- what was promised, if that is the same of all that was counted
	promised CONSTANT numeric := (SELECT CASE WHEN min(m.attain) = max(m.attain) AND bool_and(m.attain IS NOT NULL OR m.opened = 0) THEN max(m.attain) END FROM unnest(months) m);
	least record;
	most record;
BEGIN
	SELECT m.* INTO least FROM unnest(months) m WHERE m.percent_met IS NOT NULL ORDER BY m.percent_met, m.n LIMIT 1;
	SELECT m.* INTO most FROM unnest(months) m WHERE m.percent_met IS NOT NULL ORDER BY m.percent_met DESC, m.n LIMIT 1;
	RETURN format('<div class="card chart"><h3>%s</h3>
%s
<p class="note">%s</p>
<details><summary>%s</summary>%s</details></div>
', named, report_svg(p, regexp_replace(CASE WHEN least.month IS NULL THEN say(t, 'report.chart.empty', ARRAY['metric', named]) ELSE
			say(t, 'report.chart.alt', ARRAY['metric', named, 'least', html_percent(least.percent_met, 1, t), 'least_month', html_day(least.month, 'date.month', t),
				'most', html_percent(most.percent_met, 1, t), 'most_month', html_day(most.month, 'date.month', t)]) END, '</?bdi>', '', 'g'), promised, months),
		concat('<span class="key line"></span>', say(t, 'report.percent'), '; <span class="key promised"></span>' || say(t, 'report.line', ARRAY['percent', html_percent(promised, 4, t)]), '; ', say(t, 'report.bars')),
		say(t, 'report.table_of_months'),
		html_table(id, say(t, 'report.chart', ARRAY['metric', named]), ARRAY[say(t, 'report.month')] || html_heads(t), 1,
			(SELECT string_agg(concat('<tr><th scope="row">', html_day(m.month, 'date.month', t), '</th>', html_cells(m.whole, t), E'</tr>\n'), '' ORDER BY m.n) FROM unnest(months) m)));
END $$;
COMMENT ON FUNCTION report_chart(report, text, report_row[]) IS 'Twelve months of a metric: a chart, what it says in words, and the table behind it.';

-- what was late

CREATE FUNCTION report_steps(p report, why report_row[], id text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT '<details><summary>' || say((p).texts, 'report.steps') || '</summary>' ||
		html_table(id, say((p).texts, 'report.steps'), ARRAY(SELECT say((p).texts, 'step.' || h) FROM unnest('{from,to,what,worked,owed,note}'::text[]) h), 6,
			string_agg(concat('<tr><th scope="row">', html_time(w."from", (p).zone, NULL, (p).texts), '</th><td>', html_time(w."to", (p).zone, NULL, (p).texts), '</td><td>', say((p).texts, 'step.' || w.what),
				' ' || html_name(w.name), '</td><td>', html_work(w.worked, (p).texts), '</td><td>', html_work(w.owed, (p).texts), '</td><td>', html(w.note), E'</td></tr>\n'), '' ORDER BY w."from", w."to")) || '</details>'
	FROM unnest(why) w;
END;
COMMENT ON FUNCTION report_steps(report, report_row[], text) IS 'How a deadline came about, step by step: the rows of slt_explain() as a table that opens.';

CREATE FUNCTION report_late(p report, r report_row, why report_row[], n bigint)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	t CONSTANT jsonb := p.texts;
	parts CONSTANT text[] := ARRAY(SELECT say(t, 'why.' || w.what, ARRAY['name', coalesce(html_name(w.name), ''), 'length', CASE w.what WHEN 'working' THEN html_hours(extract(epoch FROM sum(w."to" - w."from")) / 3600, t) ELSE html_duration(sum(w."to" - w."from"), t) END])
		FROM unnest(why) WITH ORDINALITY w WHERE isfinite(w."to") GROUP BY w.what, w.name ORDER BY min(w.ordinality));
BEGIN
	RETURN format('<li class="card"><div class="name"><h3>%s</h3><p class="state down">%s%s</p></div>
<p class="note">%s%s.</p>%s%s</li>
', say(t, 'report.late_ticket', ARRAY['key', html_name(r.key), 'metric', html_metric(r.metric, t)]), html_icon('down'), coalesce(say(t, 'report.late_by', ARRAY['length', html_work(r.late_by, t)]), say(t, 'report.late_count')),
		coalesce(html_name(nullif(btrim(r.customer), '')) || '. ', '') || coalesce(say(t, 'report.terms_of', ARRAY['contract', html_name(r.contract), 'severity', html_name(r.severity)]) || '. ', ''),
		say(t, CASE WHEN r.done IS NULL THEN 'report.not_done' ELSE 'report.done' END, ARRAY['started', html_time(r.started, p.zone, NULL, t), 'due', html_time(r.due, p.zone, NULL, t),
			'done', coalesce(html_time(r.done, p.zone, NULL, t), '')]),
		coalesce('<p class="note">' || say(t, 'report.why', ARRAY['parts', html_list(parts, 6, t)]) || '</p>', ''), coalesce(report_steps(p, why, 'steps-' || n), ''));
END $$;
COMMENT ON FUNCTION report_late(report, report_row, report_row[], bigint) IS 'A clock that was late, and how its deadline came about, in the monthly report.';

CREATE FUNCTION report_late_ones(p report, rows report_row[])
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	r report_row;
	late report_row;
	why report_row[] := '{}';
	n int := 0;
	said text := '';
BEGIN
	-- what explains one follows it
	FOREACH r IN ARRAY rows LOOP
		IF r.kind = 'late' THEN
			said := said || CASE WHEN n > 0 THEN report_late(p, late, why, n) ELSE '' END;
			late := r;
			why := '{}';
			n := n + 1;
		ELSIF r.kind = 'why' THEN
			why := why || r;
		END IF;
	END LOOP;
	RETURN CASE WHEN n = 0 THEN '<p class="note">' || say(p.texts, 'report.none_late') || '</p>'
		ELSE '<p class="note">' || say(p.texts, 'report.late_most', ARRAY['n', html_number(n, p.texts)]) || '</p><ol class="lates">' || said || report_late(p, late, why, n) || '</ol>' END;
END $$;
COMMENT ON FUNCTION report_late_ones(report, report_row[]) IS 'The clocks that were late by most, in the monthly report.';

-- services and targets

CREATE FUNCTION report_services(p report)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT html_table('services-of', say((p).texts, 'report.services'),
		ARRAY(SELECT say((p).texts, 'report.' || h) FROM unnest('{service,availability,promised,result,downtime,allowed,left}'::text[]) h), 1,
		string_agg(concat('<tr><th scope="row">', html_name(s.name), '</th><td>', coalesce(html_percent(f.availability, 3, (p).texts), say((p).texts, 'report.unknown')), '</td><td>', html_percent(f.target, 10, (p).texts),
			'</td><td', CASE f.met WHEN true THEN ' class="kept">' || say((p).texts, 'report.yes') WHEN false THEN ' class="missed">' || say((p).texts, 'report.no') ELSE '>' || say((p).texts, 'report.unknown') END,
			'</td><td>', CASE WHEN f.availability IS NOT NULL THEN html_duration(f.downtime, (p).texts) END, '</td><td>', CASE WHEN f.availability IS NOT NULL OR f.allowed > '0' THEN html_duration(f.allowed, (p).texts) END, '</td><td>',
			CASE WHEN f.availability IS NULL THEN NULL WHEN f.downtime > f.allowed THEN say((p).texts, 'report.over', ARRAY['length', html_duration(f.downtime - f.allowed, (p).texts)])
				 ELSE html_duration(f.allowed - f.downtime, (p).texts) END, E'</td></tr>\n'), '' ORDER BY s.name)) ||
		coalesce(string_agg('<p class="note">' || say((p).texts, 'report.not_known', ARRAY['service', html_name(s.name), 'length', html_duration(f.unknown, (p).texts)]) || '</p>', '' ORDER BY s.name)
				 FILTER (WHERE f.availability IS NOT NULL AND f.unknown > '0'), '')
	FROM list_services() s, LATERAL figures(ARRAY[(p).during], s.name, NULL, false, NULL) f
	WHERE (p).services IS NULL OR s.name = ANY ((p).services);
END;
COMMENT ON FUNCTION report_services(report) IS 'Availability and budget of the services in the time of the monthly report.';

CREATE FUNCTION report_targets(p report, rows report_row[])
RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	found policy_target[];
BEGIN
	-- whoever may read the policy sees all that is promised to these contracts, others what was promised to these tickets
	IF may_read_targets() THEN
		found := ARRAY(SELECT x FROM policy_targets(p.during) x WHERE x.contract IN (SELECT r.contract FROM unnest(rows) r WHERE r.kind = 'terms'));
	ELSE
		found := ARRAY(SELECT ROW(r.contract, r.severity, r.metric, r.promised, r.attain, NULL, NULL, NULL)::policy_target FROM unnest(rows) r WHERE r.kind = 'terms' AND r.promised IS NOT NULL);
	END IF;
	RETURN nullif(html_blocks(ARRAY(SELECT b FROM target_blocks(found, say(p.texts, 'report.targets'), p.texts) b), 'targets'), '');
END $$;
COMMENT ON FUNCTION report_targets(report, report_row[]) IS 'The table of targets of the monthly report.';

-- the page

CREATE FUNCTION report_style()
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT '
:root body{max-width:68rem}.state{white-space:normal}table{font-size:.85rem}th,td{padding:.4rem .55rem}tbody th{min-width:6rem}.w4 td:nth-child(4){white-space:nowrap!important}
.kept{color:var(--operational);font-weight:600}.missed{color:var(--down);font-weight:600}.card .note{margin-top:.15rem}
.two:has(.chart){grid-template-columns:repeat(auto-fit,minmax(min(25rem,100%),1fr))}[aria-labelledby=targets] td:nth-of-type(1){min-width:6.5rem}
.chart svg{width:100%;height:auto;stroke:none;margin:.25rem 0}.chart text{fill:var(--text);font-size:12.5px;text-anchor:middle}.chart .month{fill:var(--muted)}[dir=rtl] .chart .month{font-size:9.5px}
.chart .line{fill:none;stroke:var(--maintenance);stroke-width:1.75}.chart .promised{fill:none;stroke:var(--muted);stroke-width:1.25;stroke-dasharray:5 4}
.chart circle{stroke:var(--card);stroke-width:1.5}.chart .kept{fill:var(--operational)}.chart .missed{fill:var(--down)}.chart rect.kept{fill:var(--bar)}.chart .open{fill:var(--unknown)}
.key{display:inline-block;width:1.4rem;border-top:2px solid var(--maintenance);vertical-align:.25em;margin-inline-end:.35rem}.key.promised{border-top:2px dashed var(--muted)}
details{margin-top:.5rem;font-size:.9rem}summary{color:var(--link);width:fit-content}details .scroll{margin-top:.5rem}
.name{display:flex;flex-wrap:wrap;gap:0 1rem;justify-content:space-between;align-items:baseline}.lates{margin-top:.5rem}.lates .card{padding-block:.7rem}
@media print{.two:is(:has(.chart),:has(.card:nth-child(4):last-child)){grid-template-columns:repeat(2,1fr)}html{font-size:62.5%}details{display:none}.scroll{border-radius:.4rem}.card{padding:.6rem .8rem}.lates .card{padding-block:.35rem;margin-top:.35rem}
section:is([aria-labelledby=services],[aria-labelledby=targets]){break-inside:avoid}:is(.two,.scroll)+.note{margin-top:.4rem}footer{break-before:avoid}main>section:first-child h2{margin-top:.9rem}header{padding-bottom:0}:root body{max-width:none}th,td{padding:.28rem .5rem}.chart svg{max-height:none}}
';
END;
COMMENT ON FUNCTION report_style() IS 'The style sheet of the monthly report.';

CREATE FUNCTION report_body(p report, title text, rows report_row[])
RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	t CONSTANT jsonb := p.texts;
	zone CONSTANT text := '<bdi>' || html(p.zone) || '</bdi>';
	period CONSTANT text := say(t, 'report.between', ARRAY['from', html_time(lower(p.during), p.zone, NULL, t), 'to', html_time(upper(p.during), p.zone, NULL, t)]);
	ends CONSTANT timestamp := upper(p.during) AT TIME ZONE p.zone;
	anything CONSTANT boolean := EXISTS (SELECT FROM unnest(rows) r WHERE r.kind = 'metric');
BEGIN
	RETURN '<header>' || html_logo((p.settings).logo) || '<div>
<p class="eyebrow">' || title || '</p>
<h1>' || html_dates(p.during, p.zone, t) || '</h1>
<p class="note">' || coalesce(say(t, 'report.of_customer', ARRAY['customer', html_name(p.customer), 'period', period, 'zone', zone]), say(t, 'report.of', ARRAY['period', period, 'zone', zone])) || '. ' ||
		say(t, 'report.made', ARRAY['time', html_time(date_trunc('second', now()), p.zone, NULL, t)]) || '.' ||
		coalesce(' ' || say(t, 'report.as_of', ARRAY['time', html_time(as_of(), p.zone, NULL, t)]) || '.', '') || '</p>
</div></header>
<main>
' ||
		html_section('summary', say(t, 'report.summary'), coalesce('<div class="two">' || (SELECT string_agg(report_card(r, rows, t), '' ORDER BY r.metric <> 'response', r.metric) FROM unnest(rows) r WHERE r.kind = 'metric') || '</div>',
			'<p class="note">' || say(t, 'report.nothing') || '</p>')) ||
		html_section('terms', say(t, 'report.terms'), report_terms(p, rows)) ||
		html_section('history', say(t, 'report.history'), '<div class="two">' || (SELECT string_agg(report_chart(p, m.metric, rows), '' ORDER BY m.metric <> 'response', m.metric)
			FROM (SELECT DISTINCT r.metric FROM unnest(rows) r WHERE r.kind = 'month') m) || '</div>' ||
			CASE WHEN date_trunc('month', ends) = ends THEN '' ELSE '<p class="note">' || say(t, 'report.last_month', ARRAY['time', html_time(upper(p.during), p.zone, NULL, t)]) || '</p>' END) ||
		html_section('late', say(t, 'report.late'), CASE WHEN anything AND p.most_late > 0 THEN report_late_ones(p, rows) END) ||
		html_section('customers', say(t, 'report.customers'), CASE WHEN p.customer IS NULL THEN report_customers(p, rows) END) ||
		html_section('services', say(t, 'report.services'), report_services(p)) ||
		html_section('targets', say(t, 'report.targets'), report_targets(p, rows)) ||
		-- on paper, what is not in main is not kept together with what is
		'<footer><p>' || say(t, 'report.footer', ARRAY['zone', zone]) || E'</p></footer>\n</main>';
END $$;
COMMENT ON FUNCTION report_body(report, text, report_row[]) IS 'The monthly report without what is around it.';

CREATE FUNCTION begin_report(during tstzrange, customer_column text, customer text, services text[], time_zone text, language text, most_late int)
RETURNS report
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	p report;
BEGIN
	p.zone := coalesce(time_zone, report_zone());
	p.services := (SELECT array_agg(service_name(s)) FROM unnest(services) s);
	IF services = '{}' THEN
		p.services := services;
	END IF;
	-- the month before this one
	p.during := coalesce(during, tstzrange((date_trunc('month', now() AT TIME ZONE p.zone) - interval '1 month') AT TIME ZONE p.zone, date_trunc('month', now() AT TIME ZONE p.zone) AT TIME ZONE p.zone));
	IF isempty(p.during) OR NOT isfinite(lower(p.during)) IS TRUE OR NOT isfinite(upper(p.during)) IS TRUE THEN
		RAISE EXCEPTION 'cannot report about the time %', p.during USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a range that is not empty and has two finite bounds.';
	ELSIF customer IS NOT NULL AND customer_column IS NULL THEN
		RAISE EXCEPTION 'no column is named that says whose a ticket is' USING ERRCODE = 'invalid_parameter_value', HINT = 'Name it: customer_column => ''customer''.';
	END IF;
	p.first_month := date_trunc('month', (upper(p.during) - interval '1 us') AT TIME ZONE p.zone) - interval '11 months';
	p.settings := (SELECT s FROM list_page_settings() s WHERE services IS NULL OR s.service = ANY (p.services) ORDER BY s.service LIMIT 1);
	-- the zone is said once, so that times need not say their difference to UTC
	p.texts := texts(coalesce(language, (p.settings).language)) || '{"time.zone": "{time}"}';
	p.customer := customer;
	p.customer_column := customer_column;
	p.most_late := coalesce(most_late, 10);
	RETURN p;
END $$;
COMMENT ON FUNCTION begin_report(tstzrange, text, text, text[], text, text, int) IS 'What a monthly report is of, from the arguments of slt_report_page().';

CREATE FUNCTION report_page(ticket_table regclass, during tstzrange, customer_column text, customer text, services text[], title text, time_zone text, language text, most_late int)
RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	p report;
	rows report_row[];
	shown text;
BEGIN
	IF ticket_table IS NULL THEN
		RAISE invalid_parameter_value USING MESSAGE = format('argument "%s" is not given', 'ticket_table'), HINT = 'Name an attached table; slt_attached() lists them.';
	END IF;
	p := begin_report(during, customer_column, customer, services, time_zone, language, most_late);
	rows := ARRAY(SELECT r FROM report_rows(ticket_table, p.during, p.zone, p.first_month, p.customer_column, p.customer, p.most_late) r);
	shown := coalesce(html_name(nullif(btrim(title), '')), say(p.texts, 'report.eyebrow'));
	RETURN html_page(p.settings, p.texts, say(p.texts, 'report.title', ARRAY['title', shown, 'period', html_dates(p.during, p.zone, p.texts)]), document_style() || report_style(), report_body(p, shown, rows));
END $$;
COMMENT ON FUNCTION report_page(regclass, tstzrange, text, text, text[], text, text, text, int) IS 'slt_report_page().';

CREATE FUNCTION @extschema@.slt_report_page(ticket_table regclass, during tstzrange DEFAULT NULL, customer_column text DEFAULT NULL, customer text DEFAULT NULL, services text[] DEFAULT NULL,
	title text DEFAULT NULL, time_zone text DEFAULT NULL, language text DEFAULT NULL, most_late int DEFAULT 10)
RETURNS @extschema@."text/html"
LANGUAGE sql STABLE
RETURN CAST(report_page(ticket_table, during, customer_column, customer, services, title, time_zone, language, most_late) AS @extschema@."text/html");
COMMENT ON FUNCTION @extschema@.slt_report_page(regclass, tstzrange, text, text, text[], text, text, text, int) IS
'How a team has kept its promises as an HTML page that needs nothing else, to be sent or printed on two or three A4 pages: of the clocks that started in a time (null: the month before this one) by metric, contract and severity, against what was promised, with twelve months as charts and tables, the ones that were late by most and why their deadlines were what they were, the availability of services (null: all; ''{}'': none) and the targets. customer_column: a column of the table that says whose a ticket is, for a table by customer; with customer, only the tickets of that one. Needs SELECT on the table, which is read once, as slt_report() does; row security holds. Errors: 42501, 42703 for an unknown column, 42704 for an unknown service or language, 22023 for a time without finite bounds or an unknown time zone.';
