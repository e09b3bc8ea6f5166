SET LOCAL search_path = zz_slt_internal, pg_temp;

-- the status page ------------------------------------------------------------------------------------------------
--
-- It is put together from rows that the status functions give to everyone.

INSERT INTO known_texts (name, says) VALUES
	('status.title', '{service}: {headline}'), ('status.eyebrow', 'Service status'), ('status.plan', '{plan} plan, availability target {target}'), ('status.target', 'Availability target {target}'),
	('status.as_of', 'As of {time}, time zone {zone}'), ('status.of_month', 'Availability in {month}'),
	('headline.operational', 'Everything is operational'), ('headline.unknown', 'The current state is not known'), ('headline.unknown.some', 'The state of {names} is not known'),
	('headline.down', '{names} is down'), ('headline.down.several', '{names} are down'), ('headline.degraded', '{names} is degraded'), ('headline.degraded.several', '{names} are degraded'),
	('headline.maintenance', '{names} is in maintenance'), ('headline.maintenance.several', '{names} are in maintenance'), ('headline.next', '{first}. {next}'),
	('section.now', 'Going on now'), ('section.availability', 'Availability'), ('section.days', 'The last {n} days'), ('section.days.one', 'Today'), ('section.days_of_month', 'Days of {month}'), ('section.months', 'Month by month'),
	('section.maintenance', 'Maintenance'), ('section.past', 'Past incidents'), ('section.incidents', 'Incidents in {month}'),
	('target.so_far', 'Target of {target} met so far'), ('target.met', 'Target of {target} met'), ('target.below', 'Below the target of {target} so far'), ('target.missed', 'Target of {target} missed'),
	('target.nothing', 'Target {target}. Nothing is recorded yet.'), ('target.left', 'Downtime {downtime}. {left} of {allowed} allowed are left.'),
	('target.more', 'Downtime {downtime}. That is {more} more than the {allowed} allowed.'), ('figure.unknown', 'unknown'),
	('day', '{date}: {figures}'), ('day.state', '{state}, {figures}'), ('day.down', 'down'), ('day.degraded', 'degraded'), ('day.maintenance', 'maintenance'), ('day.closed', 'no service hours'), ('day.not_counted', 'not counted'), ('day.unknown', 'unknown'),
	('day.downtime', '{figures}, downtime {length}'), ('day.planned', '{figures}, planned work {length}'), ('day.unknown_for', '{figures}, unknown for {length}'), ('day.date', '{weekday} {day} {month}'),
	('days.legend', 'What the bars mean'), ('days.words', 'Days in words'), ('days.of', 'Days of {name}'), ('days.today', 'Today'), ('days.covered', 'Covered by the target'), ('days.recorded', 'Recorded, but not counted'),
	('days.since', 'since {time}'), ('days.longer', 'for more than {n} days'), ('days.longer.one', 'for more than a day'), ('days.availability', '{percent} in {n} days'), ('days.availability.one', '{percent} today'), ('days.whole_service', 'Whole service'),
	('months.caption', 'Availability by calendar month, in percent of the time that counts. A percentage is cut, not rounded up.'), ('months.experience', 'Experience'), ('months.unknown', 'unknown'),
	('months.previous', 'Previous month: {month}'), ('months.next', 'Next month: {month}'), ('months.now', 'Current status'),
	('incident.outage', 'Outage: {names}'), ('incident.planned', 'Planned work: {names}'), ('incident.since', 'since {time}'), ('incident.until', 'since {time}, expected until {until}'), ('incident.affects', 'Affects {names}'),
	('incident.outage_of', '{name}: {period}'), ('incident.more', 'More about it'), ('incident.post_mortem', 'Post-mortem'), ('incident.excused', 'Excused, so that it does not count: {reason}'),
	('incident.none', 'None in the last {n} days.'), ('incident.none.one', 'None in the last day.'), ('incident.none_in_month', 'None in this month.'), ('incident.there_were_more', 'There were more; these are the latest.'),
	('update.investigating', 'Investigating'), ('update.identified', 'Identified'), ('update.monitoring', 'Monitoring'), ('update.resolved', 'Resolved'), ('update.postmortem', 'Post-mortem'),
	('update.scheduled', 'Scheduled'), ('update.in progress', 'In progress'), ('update.verifying', 'Verifying'), ('update.completed', 'Completed'), ('update', 'Update'),
	('maintenance.window', 'Regular maintenance window'), ('maintenance.none', 'None is planned.'),
	('status.footer', 'All times are those of the time zone {zone}. Downtime counts as the service promises it: planned work in its window does not. Percentages are cut, not rounded up.');

-- what is asked for, and what it is said in

CREATE TYPE page AS (service @extschema@.slt_services, settings @extschema@.slt_page_settings, texts jsonb, days int, most int, month date);
COMMENT ON TYPE page IS 'A status page: of what, how it looks, what it says it in, of how many days or of which month.';

CREATE FUNCTION list_experiences()
RETURNS SETOF @extschema@.slt_experiences
AS 'MODULE_PATHNAME', 'slt_list_rows'
LANGUAGE c STABLE PARALLEL SAFE ROWS 20;
COMMENT ON FUNCTION list_experiences() IS 'The rows of slt_experiences, for everyone.';

CREATE FUNCTION say_days(p page, name text, filled_in text[] DEFAULT '{}')
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN say((p).texts, name || CASE (p).days WHEN 1 THEN '.one' ELSE '' END, filled_in || ARRAY['n', html_number((p).days, (p).texts)]);
COMMENT ON FUNCTION say_days(page, text, text[]) IS 'A text about the days that the page has, which is another one if that is a single day.';

-- the headline

CREATE FUNCTION page_state(p page, rows status_row[], untold jsonb, OUT state text, OUT headline text)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	t CONSTANT jsonb := p.texts;
	anything_counts CONSTANT boolean := EXISTS (SELECT FROM unnest(rows) r WHERE r.kind = 'experience' AND r.covered IS NOT FALSE);
	g record;
	said text;
BEGIN
	-- what is down, degraded or in maintenance is named, whether it counts or not; of what is not known, and of what is all right, what counts
	FOR g IN
		SELECT s.state AS is, count(x) AS n, x.among, untold -> s.state AS titles,
			   array_agg(coalesce(html_name(x.name), html_name((p.service).name)) ORDER BY x.covered IS NOT FALSE DESC, x.weight DESC, x.since, x.name) AS names
		FROM unnest('{down,degraded,maintenance,unknown,operational}'::text[]) WITH ORDINALITY s (state, n)
			 LEFT JOIN (SELECT r.state, (r.figures).experience_name AS name, r.covered, r.weight, r.since, count(*) OVER () AS among
						FROM unnest(rows) r
						WHERE r.kind = 'experience' AND (r.state IN ('down', 'degraded', 'maintenance') OR r.covered IS NOT FALSE OR NOT anything_counts)) x USING (state)
		GROUP BY s.state, s.n, x.among HAVING count(x) > 0 OR untold ? s.state ORDER BY s.n
	LOOP
		EXIT WHEN state IS NOT NULL AND g.is IN ('unknown', 'operational');
		state := coalesce(state, g.is);
		said := CASE
			WHEN g.n = 0 THEN NULL
			WHEN g.is = 'operational' THEN say(t, 'headline.operational')
			WHEN g.is = 'unknown' THEN CASE WHEN g.n = g.among THEN say(t, 'headline.unknown') ELSE say(t, 'headline.unknown.some', ARRAY['names', html_list(g.names, 3, t)]) END
			ELSE say(t, 'headline.' || g.is || CASE WHEN g.n = 1 OR g.n = g.among THEN '' ELSE '.several' END,
					 ARRAY['names', CASE WHEN g.n = g.among AND g.n > 1 THEN html_name((p.service).name) ELSE html_list(g.names, 5, t) END]) END;
		FOREACH said IN ARRAY said || ARRAY(SELECT i FROM jsonb_array_elements_text(g.titles) i LIMIT 3) LOOP
			headline := coalesce(say(t, 'headline.next', ARRAY['first', headline, 'next', said]), said, headline);
		END LOOP;
	END LOOP;
END $$;
COMMENT ON FUNCTION page_state(page, status_row[], jsonb) IS
'The worst state on the status page, and its headline: what is down, the most severe first, by name; and incidents that go on of which no experience tells, by state.';

-- month and year

CREATE FUNCTION html_target(p page, r status_row)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	f CONSTANT record := r.figures;
	t CONSTANT jsonb := p.texts;
	missed CONSTANT boolean := f.downtime > f.allowed;
	tone CONSTANT text := CASE WHEN missed THEN 'down' WHEN f.met THEN 'operational' ELSE 'degraded' END;
	used CONSTANT numeric := CASE WHEN f.downtime = '0' THEN 0 WHEN missed THEN 100 ELSE round(100 * extract(epoch FROM f.downtime) / extract(epoch FROM f.allowed), 1) END;
	starts CONSTANT date := lower(f.period) AT TIME ZONE (p.service).time_zone;
	target CONSTANT text := html_percent(f.target, 10, t);
	title CONSTANT text := CASE r.kind WHEN 'month' THEN html_day(starts, 'date.month', t) ELSE html_digits(to_char(starts, 'YYYY'), t) END;
BEGIN
	IF f.availability IS NULL THEN
		RETURN format('<div class="card"><h3>%s</h3>
<p class="figure">%s</p>
<p class="note">%s</p></div>
', title, say(t, 'figure.unknown'), say(t, 'target.nothing', ARRAY['target', target]));
	END IF;
	RETURN format('<div class="card"><h3>%1$s</h3>
<p class="figure"><data value="%2$s">%3$s</data></p>
<p class="state %4$s">%5$s%6$s</p>
<svg class="meter %4$s" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"><rect width="%7$s" height="1"/></svg>
<p class="note">%8$s</p></div>
', title, trim_scale(f.availability), html_percent(f.availability, 3, t), tone, html_icon(tone),
		say(t, CASE WHEN missed THEN 'target.missed' WHEN NOT f.met THEN 'target.below' WHEN upper(f.period) <= now() THEN 'target.met' ELSE 'target.so_far' END, ARRAY['target', target]), used,
		CASE WHEN missed THEN say(t, 'target.more', ARRAY['downtime', html_duration(f.downtime, t), 'more', html_duration(f.downtime - f.allowed, t), 'allowed', html_duration(f.allowed, t)])
			 ELSE say(t, 'target.left', ARRAY['downtime', html_duration(f.downtime, t), 'left', html_duration(f.allowed - f.downtime, t), 'allowed', html_duration(f.allowed, t)]) END);
END $$;
COMMENT ON FUNCTION html_target(page, status_row) IS 'The availability of a month or a year against the target, for an HTML page.';

-- the days

CREATE FUNCTION page_days(p page)
RETURNS date[]
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT array_agg(d.first + n.n ORDER BY n.n)
	FROM (SELECT coalesce((p).month, t.today - (p).days + 1) AS first, coalesce(CAST((p).month + interval '1 month' AS date) - 1, t.today) AS last
		  FROM (SELECT CAST(now() AT TIME ZONE ((p).service).time_zone AS date) AS today) t) d, generate_series(0, least(d.last - d.first, 3660)) n (n);
END;
COMMENT ON FUNCTION page_days(page) IS 'The days of a status page.';

CREATE FUNCTION html_row(p page, r status_row)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN format('<div class="row">
<div class="name"><h4>%s</h4>%s</div>
%s<div class="plot%s"><ol class="bars" aria-label="%s">
%s</ol><p class="axis" aria-hidden="true"><span>%s</span><span>%s</span></p></div></div>
', coalesce(html_name((r.figures).experience_name), say((p).texts, 'days.whole_service')),
	CASE WHEN (p).month IS NULL THEN html_state(r.state, (p).texts) ELSE coalesce('<p class="note"><strong>' || html_percent((r.figures).availability, 3, (p).texts) || '</strong></p>', '') END,
	CASE WHEN (p).month IS NULL THEN format(E'<div class="name"><p class="note">%s</p><p class="note">%s</p></div>\n',
		CASE WHEN r.since IS NOT NULL THEN say((p).texts, 'days.since', ARRAY['time', html_time(r.since, ((p).service).time_zone, NULL, (p).texts)])
			 WHEN (r.figures).availability IS NOT NULL THEN say_days(p, 'days.longer') END,
		say_days(p, 'days.availability', ARRAY['percent', '<strong>' || html_percent((r.figures).availability, 3, (p).texts) || '</strong>'])) END,
	CASE WHEN r.longest > 72 THEN ' l2 l3' WHEN r.longest > 36 THEN ' l2' ELSE '' END,
	say((p).texts, 'days.of', ARRAY['name', coalesce(html((r.figures).experience_name), say((p).texts, 'days.whole_service'))]), r.bars,
	html_day(CAST(lower((r.figures).period) AT TIME ZONE ((p).service).time_zone AS date), 'date.day', (p).texts),
	CASE WHEN (p).month IS NULL THEN say((p).texts, 'days.today') ELSE html_day(CAST(upper((r.figures).period) AT TIME ZONE ((p).service).time_zone AS date) - 1, 'date.day', (p).texts) END);
COMMENT ON FUNCTION html_row(page, status_row) IS 'An experience on the status page: how it is, since when, and its days.';

CREATE FUNCTION html_charts(p page, rows status_row[])
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH experiences AS (
		SELECT coalesce(r.covered, true) AS counted, r.state, e.group_name AS grouped, (r.figures).experience_name AS name, html_row(p, r) AS html
		FROM unnest(rows) r LEFT JOIN list_experiences() e ON e.service = ((p).service).name AND e.name = (r.figures).experience_name
		WHERE r.kind = 'experience'
	), groups AS (
		-- a group that has trouble is open
		SELECT e.counted, e.grouped, CASE WHEN e.grouped IS NULL THEN string_agg(e.html, '' ORDER BY e.name) ELSE
			format('<details class="group"%s><summary><h4>%s</h4>%s</summary>
<div class="inside">
%s</div></details>
', CASE WHEN min(w.worst) <= 3 THEN ' open' ELSE '' END, html_name(e.grouped), CASE WHEN (p).month IS NULL THEN html_state(('{down,degraded,maintenance,unknown,operational,closed}'::text[])[min(w.worst)], (p).texts) END,
				string_agg(replace(replace(e.html, '<h4>', '<h5>'), '</h4>', '</h5>'), '' ORDER BY e.name)) END AS html
		FROM experiences e, LATERAL (SELECT array_position('{down,degraded,maintenance,unknown,operational,closed}', e.state) AS worst) w
		GROUP BY e.counted, e.grouped
	)
	SELECT string_agg(c.html, '' ORDER BY c.counted DESC)
	FROM (SELECT g.counted, format('<h3>%s</h3>
<div class="card">
%s</div>
', say((p).texts, CASE WHEN g.counted THEN 'days.covered' ELSE 'days.recorded' END), string_agg(g.html, '' ORDER BY g.grouped IS NOT NULL, g.grouped)) AS html
		  FROM groups g GROUP BY g.counted) c;
END;
COMMENT ON FUNCTION html_charts(page, status_row[]) IS 'The experiences on the status page: what counts, and what is only recorded, in groups that open.';

CREATE FUNCTION html_days(p page, rows status_row[])
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN format('<div class="days">
<div class="tools"><label class="words" for="words"><input type="checkbox" id="words"> %s</label><ul class="legend" aria-label="%s">%s</ul></div>
<div class="charts">
%s</div></div>', say((p).texts, 'days.words'), say((p).texts, 'days.legend'),
	(SELECT string_agg(format('<li%s><i></i>%s</li>', s.class, say((p).texts, 'state.' || s.state)), '' ORDER BY s.n)
	 FROM (VALUES (1, '', 'operational'), (2, ' class="g"', 'degraded'), (3, ' class="x"', 'down'), (4, ' class="m"', 'maintenance'), (5, ' class="u"', 'unknown')) s (n, class, state)),
	html_charts(p, rows));
COMMENT ON FUNCTION html_days(page, status_row[]) IS 'The days on the status page, with what their bars mean.';

CREATE FUNCTION html_month_link(p page, month date)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce('<a href="' || html(replace(((p).settings).month_address, '{month}', to_char(CAST(month AS timestamp), 'YYYY-MM'))) || '">' || html_day(month, 'date.month', (p).texts) || '</a>',
				html_day(month, 'date.month', (p).texts));
COMMENT ON FUNCTION html_month_link(page, date) IS 'A month on the status page, a link if its page has an address.';

CREATE FUNCTION html_months(p page, rows status_row[])
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT format('<p class="note">%s</p>
<div class="scroll" tabindex="0" role="group" aria-labelledby="months"><table>
<thead><tr><th scope="col">%s</th>%s</tr></thead>
<tbody>
%s</tbody></table></div>', say((p).texts, 'months.caption'), say((p).texts, 'months.experience'),
		(SELECT string_agg('<th scope="col">' || html_month_link(p, m.day) || '</th>', '' ORDER BY m.day) FROM (SELECT DISTINCT r.day FROM unnest(rows) r WHERE r.kind = 'days of month') m),
		(SELECT string_agg('<tr><th scope="row">' || coalesce(html_name(e.name), say((p).texts, 'days.whole_service')) || '</th>' || e.cells || E'</tr>\n', '' ORDER BY e.counted DESC, e.name)
		 FROM (SELECT (r.figures).experience_name AS name, coalesce(r.covered, true) AS counted,
					  string_agg('<td>' || coalesce(html_percent((r.figures).availability, 3, (p).texts), say((p).texts, 'months.unknown')) || '</td>', '' ORDER BY r.day) AS cells
			   FROM unnest(rows) r WHERE r.kind = 'days of month' GROUP BY 1, 2) e));
END;
COMMENT ON FUNCTION html_months(page, status_row[]) IS 'The availability of each experience by month on the status page, as a table.';

-- incidents

CREATE FUNCTION html_updates(p page, updates jsonb)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	-- the latest first
	SELECT '<ol class="updates">' || string_agg(format('<li><p class="note"><strong>%s</strong> %s</p>%s</li>
', say((p).texts, CASE WHEN (p).texts ? ('update.' || (u.value ->> 'status')) THEN 'update.' || (u.value ->> 'status') ELSE 'update' END), html_time(CAST(u.value ->> 'at' AS timestamptz), ((p).service).time_zone, NULL, (p).texts), html_text(u.value ->> 'text')),
		'' ORDER BY u.n DESC) || '</ol>'
	FROM jsonb_array_elements(updates) WITH ORDINALITY u (value, n) WHERE u.n > jsonb_array_length(updates) - 100;
END;
COMMENT ON FUNCTION html_updates(page, jsonb) IS 'What people were told of an incident, the last hundred times at most, for the status page.';

CREATE FUNCTION html_outages(p page, outages jsonb)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	-- the times of each, if there are several
	SELECT CASE WHEN count(*) > 1 THEN '<ul class="note">' || string_agg('<li>' || say((p).texts, 'incident.outage_of', ARRAY[
		'name', coalesce(html_name(o.value ->> 'experience'), say((p).texts, 'days.whole_service')), 'period', html_period(CAST(o.value ->> 'during' AS tstzrange), ((p).service).time_zone, (p).texts)]) ||
		coalesce('<br>' || say((p).texts, 'incident.excused', ARRAY['reason', html_name(o.value ->> 'excused')]), '') || '</li>', '' ORDER BY o.n) FILTER (WHERE o.n <= 20) || '</ul>'
		ELSE coalesce('<p class="note">' || say((p).texts, 'incident.excused', ARRAY['reason', html_name(min(o.value ->> 'excused'))]) || '</p>', '') END
	FROM jsonb_array_elements(outages) WITH ORDINALITY o (value, n);
END;
COMMENT ON FUNCTION html_outages(page, jsonb) IS 'The outages of an incident and why they are excused, for the status page.';

CREATE FUNCTION is_undated(i incident)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN i.planned AND i.status = 'scheduled' AND i.experiences IS NULL;
COMMENT ON FUNCTION is_undated(incident) IS 'Whether an incident is planned work that was announced, and of which it is not known when it begins.';

CREATE FUNCTION html_incident(p page, i incident, state text)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	t CONSTANT jsonb := p.texts;
	zone CONSTANT text := (p.service).time_zone;
	ongoing CONSTANT boolean := i.during @> now() AND state IS NOT NULL;
	names text := html_list((SELECT array_agg(coalesce(html_name(e.name), say(t, 'days.whole_service'))) FROM unnest(i.experiences) e (name)), 8, t);
	since text;
BEGIN
	since := CASE WHEN state IS NULL AND is_undated(i) THEN NULL
				  WHEN NOT ongoing THEN html_period(i.during, zone, t)
				  WHEN isfinite(upper(i.during)) THEN say(t, 'incident.until', ARRAY['time', html_time(lower(i.during), zone, NULL, t), 'until', html_time(upper(i.during), zone, NULL, t)])
				  ELSE say(t, 'incident.since', ARRAY['time', html_time(lower(i.during), zone, NULL, t)]) END;
	RETURN format('<li class="card incident%s"><div class="name"><h3>%s</h3>%s</div>
%s%s%s%s%s%s%s</li>
', CASE WHEN ongoing THEN ' going ' || state ELSE '' END,
		coalesce(html_name(i.title), say(t, CASE WHEN i.planned THEN 'incident.planned' ELSE 'incident.outage' END, ARRAY['names', names])),
		html_state(state, t), '<p class="note">' || since || '</p>',
		coalesce('<p class="note">' || say(t, 'incident.affects', ARRAY['names', CASE WHEN i.title IS NOT NULL AND jsonb_array_length(i.outages) < 2 THEN names END]) || '</p>', ''),
		html_outages(p, i.outages), html_text(i.note), CASE WHEN i.id IS NOT NULL THEN html_updates(p, i.updates) END,
		coalesce('<details><summary>' || say(t, 'incident.post_mortem') || '</summary>' || nullif(html_text(i.post_mortem), '') || '</details>', ''),
		coalesce('<p class="more">' || html_link(i.link, say(t, 'incident.more')) || '</p>', ''));
END $$;
COMMENT ON FUNCTION html_incident(page, incident, text) IS 'An incident for the status page, with all that people were told of it; without a state it is planned, and has not begun.';

CREATE FUNCTION page_incidents(p page, rows status_row[], OUT going_on text, OUT past text, OUT more boolean, OUT untold jsonb)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH listed AS (
		SELECT x AS i, row_number() OVER () AS n
		FROM incidents(((p).service).name, CAST(coalesce((p).month, CAST(now() AT TIME ZONE ((p).service).time_zone AS date) - (p).days + 1) AS timestamp) AT TIME ZONE ((p).service).time_zone,
					   coalesce(CAST((p).month + interval '1 month' AS timestamp) AT TIME ZONE ((p).service).time_zone, now()), (p).most + 1) x
		WHERE NOT is_undated(x)
	), judged AS (
		SELECT l.n, l.i, (l.i).during @> now() AND (p).month IS NULL AS ongoing, e.told,
			   -- a monitor that stopped reporting leaves the outage open that it saw
			   CASE WHEN (l.i).planned THEN 'maintenance' WHEN e.unknown THEN 'unknown' WHEN (l.i).impact = 'none' THEN 'operational' WHEN (l.i).impact = 'minor' THEN 'degraded' ELSE 'down' END AS state
		FROM listed l,
			 LATERAL (SELECT bool_and(r.state = 'unknown') AS unknown, bool_or(r.state IN ('down', 'degraded', 'maintenance')) AS told FROM unnest(rows) r
					  WHERE (l.i).during @> now() AND (p).month IS NULL AND r.kind = 'experience'
						AND ((r.figures).experience_name = ANY ((l.i).experiences) OR array_position((l.i).experiences, NULL) > 0)) e
		WHERE l.n <= (p).most
	)
	SELECT string_agg(h.html, '' ORDER BY array_position('{down,unknown,degraded,operational,maintenance}', j.state), j.n) FILTER (WHERE j.ongoing), string_agg(h.html, '' ORDER BY j.n) FILTER (WHERE NOT j.ongoing),
		   (SELECT count(*) > (p).most FROM listed),
		   (SELECT jsonb_object_agg(u.state, u.titles) FROM (SELECT x.state, jsonb_agg(html_name((x.i).title) ORDER BY x.n) AS titles FROM judged x
			WHERE x.ongoing AND (x.i).title IS NOT NULL AND x.state IN ('down', 'degraded', 'maintenance') AND x.told IS NOT TRUE GROUP BY x.state) u)
	FROM judged j, LATERAL html_incident(p, j.i, j.state) h (html);
END;
COMMENT ON FUNCTION page_incidents(page, status_row[]) IS
'Incidents on the status page: those that go on, the most severe first, those that went on, whether there were more, and by state the titles of those that go on and of which no experience tells.';

CREATE FUNCTION page_maintenance(p page, OUT going_on text, OUT to_come text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH listed AS (
		SELECT w.during, w.during @> now() AS begun, format('<li class="card incident%s"><div class="name"><h3>%s</h3>%s</div>
<p class="note">%s</p></li>
', CASE WHEN w.during @> now() THEN ' going maintenance' ELSE '' END, say((p).texts, 'maintenance.window'), CASE WHEN w.during @> now() THEN html_state('maintenance', (p).texts) END,
			html_period(w.during, ((p).service).time_zone, (p).texts)) AS html
		FROM (SELECT tstzrange(x.starts, x.starts + x.lasts) AS during FROM @extschema@.slt_next_maintenance(((p).service).name, 10, now()) x WHERE x.regular ORDER BY x.starts LIMIT 2) w
		UNION ALL
		-- what is an incident or an outage stands among those once it has begun
		(SELECT CASE WHEN NOT is_undated(i) THEN i.during END, b.begun, html_incident(p, i, CASE WHEN b.begun THEN 'maintenance' END)
		 FROM planned(((p).service).name, 40) i, LATERAL (SELECT lower(i.during) <= now() AND NOT is_undated(i) AS begun) b
		 WHERE NOT b.begun OR i.outages -> 0 ? 'maintenance' LIMIT 20)
	)
	SELECT string_agg(l.html, '' ORDER BY l.during) FILTER (WHERE l.begun), string_agg(l.html, '' ORDER BY l.during) FILTER (WHERE NOT l.begun) FROM listed l;
END;
COMMENT ON FUNCTION page_maintenance(page) IS 'Maintenance on the status page: what goes on and is no incident, and what is to come.';

-- the page

CREATE FUNCTION html_page(settings @extschema@.slt_page_settings, texts jsonb, title text, style text, body text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN '<!DOCTYPE html>
<html lang="' || (texts ->> 'language') || '" dir="' || (texts ->> 'direction') || '">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src ''none''; style-src ''unsafe-inline''; img-src data:' || coalesce(' ' || substring((settings).logo FROM '^https://[^/]+'), '') || '; base-uri ''none''; form-action ''none''">
<meta name="color-scheme" content="light dark">
<title>' || regexp_replace(title, '</?bdi>', '', 'g') || '</title>
<link rel="icon" href="data:,">
<style>' || page_style() || style || coalesce(page_colours((settings).accent, (settings).header), '') || '</style>
</head>
<body>
' || html_icons() || body || '
</body>
</html>';
COMMENT ON FUNCTION html_page(@extschema@.slt_page_settings, jsonb, text, text, text) IS 'An HTML page around a body, in the language of the texts and the colours of the settings.';

CREATE FUNCTION html_header(p page)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN '<header>' || html_logo(((p).settings).logo) || '<div>
<p class="eyebrow">' || say((p).texts, 'status.eyebrow') || '</p>
<h1>' || html_name(((p).service).name) || '</h1>
<p class="note">' || coalesce(say((p).texts, 'status.plan', ARRAY['plan', html_name(((p).service).plan), 'target', html_percent(((p).service).target, 10, (p).texts)]),
							  say((p).texts, 'status.target', ARRAY['target', html_percent(((p).service).target, 10, (p).texts)])) || '</p>
</div></header>
';
COMMENT ON FUNCTION html_header(page) IS 'The top of the status page: logo, name, promise.';

CREATE FUNCTION html_month_nav(p page)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce('<nav aria-label="' || say((p).texts, 'section.months') || '"><ul class="months">' || nullif(
	coalesce('<li>' || say((p).texts, 'months.previous', ARRAY['month', CASE WHEN ((p).settings).month_address IS NOT NULL AND (p).month > '1970-01-01' THEN html_month_link(p, CAST((p).month - interval '1 month' AS date)) END]) || '</li>', '') ||
	coalesce('<li><a href="' || html(((p).settings).page_address) || '">' || say((p).texts, 'months.now') || '</a></li>', '') ||
	coalesce('<li>' || say((p).texts, 'months.next', ARRAY['month', CASE WHEN ((p).settings).month_address IS NOT NULL AND (p).month + interval '1 month' <= now() AT TIME ZONE ((p).service).time_zone
		THEN html_month_link(p, CAST((p).month + interval '1 month' AS date)) END]) || '</li>', ''), '') || E'</ul></nav>\n', '');
COMMENT ON FUNCTION html_month_nav(page) IS 'Links from the page of a month to those beside it, and to the status page.';

CREATE FUNCTION html_now(p page, rows status_row[])
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	t CONSTANT jsonb := p.texts;
	zone CONSTANT text := '<bdi>' || html((p.service).time_zone) || '</bdi>';
	i CONSTANT record := page_incidents(p, rows);
	m CONSTANT record := page_maintenance(p);
	now_is CONSTANT record := page_state(p, rows, i.untold);
BEGIN
	RETURN html_page(p.settings, t, say(t, 'status.title', ARRAY['service', html((p.service).name), 'headline', now_is.headline]), status_style(p.days), html_header(p) || '<main>
<section class="now ' || now_is.state || '" aria-labelledby="now">
' || html_icon(now_is.state) || '
<div><h2 id="now">' || now_is.headline || '</h2>
<p>' || say(t, 'status.as_of', ARRAY['time', html_time(date_trunc('second', now()), (p.service).time_zone, NULL, t), 'zone', zone]) || '</p></div>
</section>
' ||
		html_section('going-on', say(t, 'section.now'), '<ul class="incidents">' || nullif(coalesce(i.going_on, '') || coalesce(m.going_on, ''), '') || '</ul>') ||
		html_section('availability', say(t, 'section.availability'), '<div class="two">' || (SELECT string_agg(html_target(p, r), '' ORDER BY r.kind) FROM unnest(rows) r WHERE r.kind IN ('month', 'year')) || '</div>') ||
		html_section('days', say_days(p, 'section.days'), html_days(p, rows)) ||
		html_section('months', say(t, 'section.months'), html_months(p, rows)) ||
		html_section('maintenance', say(t, 'section.maintenance'), coalesce('<ul class="incidents">' || m.to_come || '</ul>', '<p class="note">' || say(t, 'maintenance.none') || '</p>')) ||
		html_section('past', say(t, 'section.past'), coalesce('<ol class="incidents">' || i.past || '</ol>', '<p class="note">' || say_days(p, 'incident.none') || '</p>') ||
			CASE WHEN i.more THEN '<p class="more note">' || say(t, 'incident.there_were_more') || '</p>' ELSE '' END) ||
		'</main>
<footer><p>' || say(t, 'status.footer', ARRAY['zone', zone]) || '</p></footer>');
END $$;
COMMENT ON FUNCTION html_now(page, status_row[]) IS 'The status page.';

CREATE FUNCTION html_month(p page, rows status_row[])
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	t CONSTANT jsonb := p.texts;
	month CONSTANT text := html_day(p.month, 'date.month', t);
	title CONSTANT text := say(t, 'status.of_month', ARRAY['month', month]);
	i CONSTANT record := page_incidents(p, rows);
BEGIN
	RETURN html_page(p.settings, t, say(t, 'status.title', ARRAY['service', html((p.service).name), 'headline', title]), status_style(31), html_header(p) || '<main>
' || html_month_nav(p) ||
		html_section('availability', title, '<div class="two">' || (SELECT string_agg(html_target(p, r), '' ORDER BY r.kind) FROM unnest(rows) r WHERE r.kind IN ('month', 'year')) || '</div>') ||
		html_section('days', say(t, 'section.days_of_month', ARRAY['month', month]), html_days(p, rows)) ||
		html_section('past', say(t, 'section.incidents', ARRAY['month', month]), coalesce('<ol class="incidents">' || i.past || '</ol>', '<p class="note">' || say(t, 'incident.none_in_month') || '</p>') ||
			CASE WHEN i.more THEN '<p class="more note">' || say(t, 'incident.there_were_more') || '</p>' ELSE '' END) ||
		'</main>
<footer><p>' || say(t, 'status.footer', ARRAY['zone', '<bdi>' || html((p.service).time_zone) || '</bdi>']) || '</p></footer>');
END $$;
COMMENT ON FUNCTION html_month(page, status_row[]) IS 'The status page of a month.';

CREATE FUNCTION status_page(service text, days int, most int, month date, language text)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	p page;
	rows status_row[];
BEGIN
	p.service := service(status_page.service);
	p.settings := (SELECT s FROM list_page_settings() s WHERE s.service = (p.service).name);
	p.texts := texts(coalesce(language, (p.settings).language));
	p.days := coalesce(days, 90);
	p.most := coalesce(most, 50);
	IF month NOT BETWEEN '1970-01-01' AND CAST(date_trunc('month', now() AT TIME ZONE (p.service).time_zone) + interval '1 month -1 day' AS date) THEN
		RAISE EXCEPTION 'a history of this month is not possible' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It is in the future, or before 1970.';
	END IF;
	p.month := date_trunc('month', CAST(month AS timestamp));
	IF p.days NOT BETWEEN 1 AND 3660 OR p.most < 0 THEN
		RAISE EXCEPTION 'a status page of % days and % incidents is not possible', p.days, p.most USING ERRCODE = 'invalid_parameter_value', HINT = 'Ask for 1 to 3660 days, and for 0 incidents or more.';
	END IF;
	p.most := least(p.most, 10000);
	rows := ARRAY(SELECT f FROM status_figures((p.service).name, p.days, p.month, p.texts, (SELECT array_agg(html_day(d, 'day.date', p.texts) ORDER BY d) FROM unnest(page_days(p)) d)) f);
	RETURN CASE WHEN p.month IS NULL THEN html_now(p, rows) ELSE html_month(p, rows) END;
END $$;
COMMENT ON FUNCTION status_page(text, int, int, date, text) IS 'slt_status_page().';

CREATE FUNCTION @extschema@.slt_status_page(service text DEFAULT NULL, days int DEFAULT 90, most int DEFAULT 50, month date DEFAULT NULL, language text DEFAULT NULL)
RETURNS @extschema@."text/html"
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CAST(status_page(service, days, most, month, language) AS @extschema@."text/html");
COMMENT ON FUNCTION @extschema@.slt_status_page(text, int, int, date, text) IS
'The status of a service as an HTML page that needs nothing else: how it is now, the last days, availability of the month and the year, incidents (so many at most) and maintenance, with times in the zone of the service; with a month, of the month that this date is in. In the language of slt_page_settings, or another one that slt_page_texts has. Without a name, the only service there is. Error 42704 for an unknown name or language, 22023 if the service must be named, for other than 1 to 3660 days, or a month to come.';
