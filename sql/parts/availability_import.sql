SET LOCAL search_path = zz_slt_internal, pg_temp;

-- availability: incidents of elsewhere ---------------------------------------------------------------------------
--
-- What a page of Statuspage publishes, and the issues that Upptime keeps its history in, are brought into one form, and
-- that into the tables; what Upptime says of its sites goes into slt_experiences.  It has source, title, impact, link, post_mortem; updates (source, at, status, text); outages
-- (component, from, to, how) and maintenance (component, from, to, announced_at), where `how` is major, partial,
-- degraded or maintenance.

CREATE FUNCTION statuspage_spans(i jsonb, over timestamptz)
RETURNS SETOF jsonb
LANGUAGE sql STABLE
BEGIN ATOMIC
	-- how each component was said to be, from one update to the next that names it; without that, as bad as the incident was
	WITH said AS (
		SELECT c ->> 'name' AS component, CAST(coalesce(u ->> 'display_at', u ->> 'created_at') AS timestamptz) AS at, c ->> 'new_status' AS status
		FROM jsonb_array_elements(CASE jsonb_typeof(i -> 'incident_updates') WHEN 'array' THEN i -> 'incident_updates' ELSE '[]' END) u,
			 jsonb_array_elements(CASE jsonb_typeof(u -> 'affected_components') WHEN 'array' THEN u -> 'affected_components' ELSE '[]' END) c
	), spans AS (
		SELECT s.component, s.at AS "from", least(lead(s.at) OVER (PARTITION BY s.component ORDER BY s.at), over) AS "to", s.status FROM said s
		UNION ALL
		SELECT c ->> 'name', CAST(coalesce(i ->> 'started_at', i ->> 'created_at') AS timestamptz), over,
			   CASE i ->> 'impact' WHEN 'critical' THEN 'major_outage' WHEN 'major' THEN 'partial_outage' WHEN 'minor' THEN 'degraded_performance' WHEN 'maintenance' THEN 'under_maintenance' END
		FROM jsonb_array_elements(CASE jsonb_typeof(i -> 'components') WHEN 'array' THEN i -> 'components' ELSE '[]' END) c
		WHERE NOT EXISTS (SELECT FROM said) AND i ->> 'scheduled_for' IS NULL
	), hows AS (
		SELECT s.component, s."from", s."to", CASE s.status WHEN 'major_outage' THEN 'major' WHEN 'partial_outage' THEN 'partial' WHEN 'degraded_performance' THEN 'degraded' WHEN 'under_maintenance' THEN 'maintenance' END AS how
		FROM spans s
	), joined AS (
		-- what is said again is one
		SELECT h.component, h.how, unnest(range_agg(tstzrange(h."from", h."to"))) AS during FROM hows h WHERE h.how IS NOT NULL AND coalesce(h."from" < h."to", true) GROUP BY 1, 2
	)
	SELECT jsonb_build_object('component', j.component, 'from', lower(j.during), 'to', upper(j.during), 'how', j.how) FROM joined j ORDER BY lower(j.during), j.component;
END;
COMMENT ON FUNCTION statuspage_spans(jsonb, timestamptz) IS 'The outages of an incident of Statuspage.';

CREATE FUNCTION statuspage_incident(i jsonb)
RETURNS jsonb
LANGUAGE sql STABLE
BEGIN ATOMIC
	WITH updates AS (
		SELECT coalesce(u ->> 'id', 'update ' || k) AS source, CAST(coalesce(u ->> 'display_at', u ->> 'created_at') AS timestamptz) AS at,
			   CASE WHEN u ->> 'status' IN ('investigating', 'identified', 'monitoring', 'resolved', 'postmortem', 'scheduled', 'in_progress', 'verifying', 'completed') THEN replace(u ->> 'status', '_', ' ') END AS status,
			   coalesce(u ->> 'body', '') AS text
		FROM jsonb_array_elements(CASE jsonb_typeof(i -> 'incident_updates') WHEN 'array' THEN i -> 'incident_updates' ELSE '[]' END) WITH ORDINALITY x (u, k)
	), over AS (
		SELECT CASE WHEN i ->> 'status' IN ('resolved', 'postmortem', 'completed')
			THEN coalesce(CAST(i ->> 'resolved_at' AS timestamptz), (SELECT min(u.at) FROM updates u WHERE u.status IN ('resolved', 'completed')), CAST(i ->> 'updated_at' AS timestamptz)) END AS at
	)
	SELECT jsonb_build_object('source', 'statuspage:' || (i ->> 'id'), 'title', i ->> 'name', 'link', i ->> 'shortlink',
		'impact', CASE WHEN i ->> 'scheduled_for' IS NOT NULL THEN 'maintenance' WHEN i ->> 'impact' IN ('minor', 'major', 'critical', 'maintenance') THEN i ->> 'impact' ELSE 'none' END,
		'post_mortem', coalesce(i ->> 'postmortem_body', (SELECT u.text FROM updates u WHERE u.status = 'postmortem' ORDER BY u.at DESC LIMIT 1)),
		'updates', (SELECT jsonb_agg(to_jsonb(u) ORDER BY u.at) FROM updates u),
		'outages', (SELECT jsonb_agg(s) FROM over o, statuspage_spans(i, o.at) s),
		'maintenance', CASE WHEN i ->> 'scheduled_for' IS NOT NULL THEN (
			SELECT jsonb_agg(jsonb_build_object('component', c.name, 'from', i ->> 'scheduled_for', 'to', i ->> 'scheduled_until', 'announced_at', i ->> 'created_at'))
			FROM (SELECT x ->> 'name' AS name FROM jsonb_array_elements(CASE jsonb_typeof(i -> 'components') WHEN 'array' THEN i -> 'components' ELSE '[]' END) x
				  UNION ALL SELECT NULL WHERE coalesce(jsonb_array_length(CASE jsonb_typeof(i -> 'components') WHEN 'array' THEN i -> 'components' END), 0) = 0) c) END);
END;
COMMENT ON FUNCTION statuspage_incident(jsonb) IS 'An incident of incidents.json or scheduled-maintenances.json of Statuspage in the form of an import.';

CREATE FUNCTION upptime_components(i jsonb, body text)
RETURNS TABLE (component text, how text)
LANGUAGE sql STABLE
BEGIN ATOMIC
	-- an issue has the label of its site; work says in a comment that is not shown which sites it is about
	SELECT l ->> 'name', CASE WHEN i ->> 'title' ~ 'degraded performance' THEN 'degraded' ELSE 'major' END
	FROM jsonb_array_elements(i -> 'labels') l
	WHERE NOT i -> 'labels' @> '[{"name": "maintenance"}]' AND l ->> 'name' NOT IN ('status', 'maintenance', 'bug', 'false-alarm', 'duplicate', 'wontfix')
	UNION ALL
	SELECT trim(slug), 'maintenance'
	FROM regexp_matches(body, '^\s*expected(?:Down|Degraded):[ \t]*(.*?)\s*$', 'ng') m, regexp_split_to_table(m[1], ',') slug
	WHERE i -> 'labels' @> '[{"name": "maintenance"}]' AND trim(slug) <> '';
END;
COMMENT ON FUNCTION upptime_components(jsonb, text) IS 'The sites of an issue of Upptime.';

CREATE FUNCTION upptime_incident(i jsonb)
RETURNS jsonb
LANGUAGE sql STABLE
BEGIN ATOMIC
	WITH issue AS (
		SELECT coalesce(i ->> 'body', '') AS body, i -> 'labels' @> '[{"name": "maintenance"}]' AS is_work,
			   CAST(coalesce(i ->> 'created_at', i ->> 'createdAt') AS timestamptz) AS opened, CAST(coalesce(i ->> 'closed_at', i ->> 'closedAt') AS timestamptz) AS closed
	), work AS (
		SELECT CAST(substring(n.body FROM '(?n)^\s*start:\s*(\S+)') AS timestamptz) AS "from", CAST(substring(n.body FROM '(?n)^\s*end:\s*(\S+)') AS timestamptz) AS "to" FROM issue n WHERE n.is_work
	), updates AS (
		SELECT 'issue' AS source, n.opened AS at, CASE WHEN n.is_work THEN 'scheduled' ELSE 'investigating' END AS status, trim(regexp_replace(n.body, '<!--.*?-->', '', 'g'), E' \r\n\t') AS text FROM issue n
		UNION ALL
		SELECT coalesce(c ->> 'id', c ->> 'url', 'comment ' || k), CAST(coalesce(c ->> 'created_at', c ->> 'createdAt') AS timestamptz), CASE WHEN c ->> 'body' ~* '^\**resolved' THEN 'resolved' END, coalesce(c ->> 'body', '')
		FROM jsonb_array_elements(CASE jsonb_typeof(i -> 'comments') WHEN 'array' THEN i -> 'comments' ELSE '[]' END) WITH ORDINALITY x (c, k)
		UNION ALL
		SELECT 'closed', n.closed, CASE WHEN n.is_work THEN 'completed' ELSE 'resolved' END, 'The issue was closed.' FROM issue n WHERE n.closed IS NOT NULL
	)
	SELECT jsonb_build_object('source', 'upptime:' || coalesce(i ->> 'html_url', i ->> 'url', i ->> 'number'), 'title', regexp_replace(i ->> 'title', '^[^[:alnum:][:space:]]+\s+', ''), 'link', coalesce(i ->> 'html_url', i ->> 'url'),
		'impact', CASE WHEN n.is_work THEN 'maintenance' WHEN i ->> 'title' ~ 'degraded performance' THEN 'minor' ELSE 'major' END,
		'updates', (SELECT jsonb_agg(to_jsonb(u) ORDER BY u.at) FROM updates u),
		'outages', CASE WHEN NOT n.is_work THEN (SELECT jsonb_agg(jsonb_build_object('component', c.component, 'from', n.opened, 'to', n.closed, 'how', c.how)) FROM upptime_components(i, n.body) c) END,
		'maintenance', CASE WHEN n.is_work THEN (SELECT jsonb_agg(jsonb_build_object('component', c.component, 'from', w."from", 'to', w."to", 'announced_at', n.opened))
			FROM work w, (SELECT u.component FROM upptime_components(i, n.body) u UNION ALL SELECT NULL WHERE NOT EXISTS (SELECT FROM upptime_components(i, n.body))) c) END)
	FROM issue n;
END;
COMMENT ON FUNCTION upptime_incident(jsonb) IS 'An issue of GitHub that Upptime opened, or that plans work for it, in the form of an import.';

CREATE FUNCTION import_elements(document jsonb, OUT kind text, OUT element jsonb)
RETURNS SETOF record
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
BEGIN
	IF jsonb_typeof(document) = 'object' AND (jsonb_typeof(document -> 'incidents') = 'array' OR jsonb_typeof(document -> 'scheduled_maintenances') = 'array') THEN
		RETURN QUERY SELECT 'statuspage', i FROM unnest('{incidents,scheduled_maintenances}'::text[]) k, jsonb_array_elements(CASE jsonb_typeof(document -> k) WHEN 'array' THEN document -> k ELSE '[]' END) i;
	ELSIF jsonb_typeof(document) = 'array' AND NOT EXISTS (SELECT FROM jsonb_array_elements(document) i WHERE jsonb_typeof(i -> 'labels') IS DISTINCT FROM 'array') THEN
		RETURN QUERY SELECT 'issue', i FROM jsonb_array_elements(document) i;
	ELSIF jsonb_typeof(document) = 'array' AND NOT EXISTS (SELECT FROM jsonb_array_elements(document) i WHERE (jsonb_typeof(i -> 'slug'), jsonb_typeof(i -> 'status')) IS DISTINCT FROM ('string', 'string')) THEN
		RETURN QUERY SELECT 'site', i FROM jsonb_array_elements(document) i;
	ELSE
		RAISE EXCEPTION 'this is no list of incidents that can be read'
			USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It has neither "incidents" nor "scheduled_maintenances", as Statuspage publishes them, and is neither a list of issues with labels nor one of sites with slug and status, as there are of Upptime.',
				  HINT = 'Give what /api/v2/incidents.json of a page answers, or gh issue list --state all --json number,title,body,labels,comments,createdAt,closedAt,url.';
	END IF;
END $$;
COMMENT ON FUNCTION import_elements(jsonb) IS 'What a document is a list of, as it stands there, and of what kind: statuspage, issue or site.';

CREATE FUNCTION import_row(kind text, i jsonb)
RETURNS jsonb
LANGUAGE sql STABLE
RETURN CASE WHEN kind = 'statuspage' THEN statuspage_incident(i)
	WHEN i -> 'labels' @> '[{"name": "status"}]' OR i -> 'labels' @> '[{"name": "maintenance"}]' THEN upptime_incident(i)
	ELSE jsonb_build_object('source', 'upptime:' || coalesce(i ->> 'html_url', i ->> 'url', i ->> 'number'), 'title', i ->> 'title', 'problem', 'it has neither the label status nor maintenance') END;
COMMENT ON FUNCTION import_row(text, jsonb) IS 'An incident of a document, in the form of an import.';

CREATE FUNCTION slug(name text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN trim(regexp_replace(fold_name(name), '[^[:alnum:]]+', '-', 'g'), '-');
COMMENT ON FUNCTION slug(text) IS 'A name as it stands in addresses.';

CREATE FUNCTION experience_of_component(service text, component text, components jsonb, OUT known boolean, OUT experience text)
LANGUAGE sql STABLE
BEGIN ATOMIC
	-- as the caller says; else an experience of that name, or of what stands behind the name of its group
	SELECT EXISTS (SELECT FROM jsonb_each_text(components) m WHERE m.key = component AND m.value IS NULL) OR component IS NULL OR f.name IS NOT NULL, f.name
	FROM (SELECT) x LEFT JOIN (
		SELECT e.name FROM (SELECT coalesce((SELECT m.value FROM jsonb_each_text(components) m WHERE m.key = component), component) AS name) w
		JOIN experiences e ON e.service = experience_of_component.service
			AND (fold_name(e.name) = fold_name(w.name) OR slug(e.name) = nullif(slug(w.name), '') OR fold_name(e.name) = fold_name(regexp_replace(w.name, '^.* - ', '')))
		WHERE NOT EXISTS (SELECT FROM jsonb_each_text(components) m WHERE m.key = component AND m.value IS NULL)
		ORDER BY fold_name(e.name) = fold_name(w.name) DESC, slug(e.name) = slug(w.name) DESC, e.name LIMIT 1) f ON true;
END;
COMMENT ON FUNCTION experience_of_component(text, text, jsonb) IS 'The experience of a service that a component of elsewhere is; known and null for one that is left out.';

CREATE FUNCTION import_outages(of_incident incidents, n jsonb, components jsonb)
RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	o record;
	changed bigint := 0;
	found_id bigint;
	taken bigint[] := '{}';
BEGIN
	-- components that are one experience here are down together
	FOR o IN
		SELECT e.experience, x ->> 'how' AS how, x ->> 'how' = 'maintenance' AS planned, CASE x ->> 'how' WHEN 'partial' THEN 0.3 WHEN 'degraded' THEN 0.1 ELSE 1 END AS weight,
			   unnest(range_agg(tstzrange((x ->> 'from')::timestamptz, (x ->> 'to')::timestamptz))) AS during
		FROM jsonb_array_elements(coalesce(nullif(n -> 'outages', 'null'), '[]')) x, experience_of_component(of_incident.service, x ->> 'component', components) e
		WHERE e.experience IS NOT NULL GROUP BY 1, 2 ORDER BY during, 1, 2
	LOOP
		-- one that is there keeps what a review has found of it
		SELECT t.id INTO found_id FROM outages t
		WHERE t.incident = of_incident.id AND t.experience = o.experience AND t.planned = o.planned AND t.id <> ALL (taken) AND (lower(t.during) = lower(o.during) OR t.during && o.during AND NOT EXISTS (
			SELECT FROM jsonb_array_elements(n -> 'outages') y WHERE (y ->> 'from')::timestamptz = lower(t.during)))
		ORDER BY lower(t.during) = lower(o.during) DESC, abs(t.weight - o.weight), t.id LIMIT 1;
		IF FOUND THEN
			UPDATE outages t SET during = o.during WHERE t.id = found_id AND t.during <> o.during;
			changed := changed + FOUND::int;
		ELSE
			INSERT INTO outages (service, experience, during, planned, weight, incident, excused)
			VALUES (of_incident.service, o.experience, o.during, o.planned, o.weight, of_incident.id, CASE o.how WHEN 'degraded' THEN 'degraded performance counts as no downtime there' END)
			RETURNING id INTO found_id;
			changed := changed + 1;
		END IF;
		taken := taken || found_id;
	END LOOP;
	RETURN changed;
END $$;
COMMENT ON FUNCTION import_outages(incidents, jsonb, jsonb) IS 'For slt_import_incidents(): the outages of an incident; returns how many are new or changed.';

CREATE FUNCTION import_maintenance(of_incident incidents, n jsonb, components jsonb)
RETURNS bigint
LANGUAGE sql
BEGIN ATOMIC
	WITH new AS (
		SELECT DISTINCT e.experience, tstzrange(CAST(x ->> 'from' AS timestamptz), CAST(x ->> 'to' AS timestamptz)) AS during, CAST(x ->> 'announced_at' AS timestamptz) AS announced_at
		FROM jsonb_array_elements(coalesce(nullif(n -> 'maintenance', 'null'), '[]')) x, experience_of_component((of_incident).service, x ->> 'component', components) e
		WHERE e.experience IS NOT NULL OR x ->> 'component' IS NULL
	), moved AS (
		UPDATE maintenance m SET during = w.during FROM new w WHERE m.incident = (of_incident).id AND m.experience IS NOT DISTINCT FROM w.experience AND m.during <> w.during
		RETURNING 1
	), added AS (
		INSERT INTO maintenance (service, experience, during, announced_at, reason, incident)
		SELECT (of_incident).service, w.experience, w.during, w.announced_at, (of_incident).title, (of_incident).id FROM new w
		WHERE NOT EXISTS (SELECT FROM maintenance m WHERE m.incident = (of_incident).id AND m.experience IS NOT DISTINCT FROM w.experience)
		RETURNING 1
	)
	SELECT (SELECT count(*) FROM moved) + (SELECT count(*) FROM added);
END;
COMMENT ON FUNCTION import_maintenance(incidents, jsonb, jsonb) IS 'For slt_import_incidents(): the times of planned work; returns how many are new or changed.';

CREATE FUNCTION import_updates(incident bigint, n jsonb)
RETURNS bigint
LANGUAGE sql
BEGIN ATOMIC
	WITH written AS (
		INSERT INTO incident_updates AS u (incident, source, at, status, text)
		SELECT DISTINCT ON (x ->> 'source') incident, x ->> 'source', CAST(x ->> 'at' AS timestamptz), x ->> 'status', x ->> 'text'
		FROM jsonb_array_elements(coalesce(nullif(n -> 'updates', 'null'), '[]')) x ORDER BY x ->> 'source', x ->> 'at' DESC
		ON CONFLICT (incident, source) DO UPDATE SET at = excluded.at, status = excluded.status, text = excluded.text
			WHERE (u.at, u.status, u.text) IS DISTINCT FROM (excluded.at, excluded.status, excluded.text)
		RETURNING 1
	)
	SELECT count(*) FROM written;
END;
COMMENT ON FUNCTION import_updates(bigint, jsonb) IS 'For slt_import_incidents(): the updates of an incident; returns how many are new or changed.';

CREATE FUNCTION import_incident(of_service text, n jsonb, components jsonb)
RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	i incidents;
	changed bigint;
	is_new boolean;
BEGIN
	SELECT * INTO i FROM incidents t WHERE t.service = of_service AND t.source = n ->> 'source';
	is_new := i.id IS NULL;
	IF is_new THEN
		INSERT INTO incidents (service, title, impact, post_mortem, link, source)
		VALUES (of_service, n ->> 'title', n ->> 'impact', n ->> 'post_mortem', CASE WHEN n ->> 'link' ~ '^https?://\S+$' AND octet_length(n ->> 'link') <= 2000 THEN n ->> 'link' END, n ->> 'source') RETURNING * INTO i;
		changed := 1;
	ELSE
		-- a post-mortem or link of one's own stays where there is none
		UPDATE incidents t SET title = n ->> 'title', impact = n ->> 'impact', post_mortem = coalesce(n ->> 'post_mortem', t.post_mortem)
		WHERE t.id = i.id AND (t.title, t.impact, t.post_mortem) IS DISTINCT FROM (n ->> 'title', n ->> 'impact', coalesce(n ->> 'post_mortem', t.post_mortem));
		changed := FOUND::int;
	END IF;
	changed := changed + import_updates(i.id, n) + import_outages(i, n, components) + import_maintenance(i, n, components);
	RETURN CASE WHEN is_new THEN 'added' WHEN changed > 0 THEN 'changed' ELSE 'unchanged' END;
END $$;
COMMENT ON FUNCTION import_incident(text, jsonb, jsonb) IS 'For slt_import_incidents(): one of them; returns what it did.';

CREATE FUNCTION import_problem(n jsonb)
RETURNS text
LANGUAGE sql STABLE
RETURN coalesce(n ->> 'problem', CASE WHEN (n ->> 'title' ~ '\S' AND n ->> 'source' IS NOT NULL) IS NOT TRUE THEN 'it has no id or no title'
	WHEN EXISTS (SELECT FROM jsonb_array_elements(coalesce(nullif(n -> 'outages', 'null'), '[]') || coalesce(nullif(n -> 'maintenance', 'null'), '[]')) x
				 WHERE x ->> 'from' IS NULL OR CAST(x ->> 'to' AS timestamptz) <= CAST(x ->> 'from' AS timestamptz))
		OR EXISTS (SELECT FROM jsonb_array_elements(coalesce(nullif(n -> 'updates', 'null'), '[]')) x WHERE x ->> 'at' IS NULL) THEN 'a time is missing, or something ends before it begins' END);
COMMENT ON FUNCTION import_problem(jsonb) IS 'Why an incident cannot be imported; null if it can.';

CREATE FUNCTION import_site(of_service text, site jsonb, components jsonb, OUT result text, OUT title text, OUT detail text)
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	since timestamptz := (site ->> 'startTime')::timestamptz;
	until timestamptz := (site ->> 'lastUpdated')::timestamptz;
	is_down boolean := site ->> 'status' <> 'up';
	known boolean;
BEGIN
	-- as the label of its issues is, else by its name
	SELECT e.known, e.experience INTO known, title FROM unnest(ARRAY[site ->> 'slug', site ->> 'name']) WITH ORDINALITY x (name, n), experience_of_component(of_service, x.name, components) e
	WHERE x.name IS NOT NULL ORDER BY e.known DESC, n LIMIT 1;
	IF known AND title IS NULL THEN
		result := 'left out';
		RETURN;
	ELSIF NOT known THEN
		title := coalesce(site ->> 'name', site ->> 'slug');
		INSERT INTO experiences (service, name) VALUES (of_service, title);
	END IF;
	-- that nobody wrote down an outage says that there was none, while the site was watched; null stands for ever
	UPDATE experiences e SET recorded = 'by hand', recorded_since = CASE WHEN e.recorded IS NULL OR since < e.recorded_since THEN since ELSE e.recorded_since END,
		recorded_until = CASE WHEN e.recorded IS NULL OR until > e.recorded_until THEN until ELSE e.recorded_until END
	WHERE e.service = of_service AND e.name = title AND since IS NOT NULL AND (e.recorded IS NULL OR e.recorded = 'by hand' AND (since < e.recorded_since OR until > e.recorded_until));
	result := CASE WHEN NOT known THEN 'added' WHEN FOUND THEN 'changed' ELSE 'unchanged' END;
	IF is_down <> EXISTS (SELECT FROM outages o WHERE o.service = of_service AND (o.experience = title OR o.experience IS NULL) AND o.during @> coalesce(until, now())) THEN
		detail := format('it was %s on %s, and %s', site ->> 'status', coalesce(until, now()), CASE WHEN is_down THEN 'no outage says so' ELSE 'an outage went on' END);
	END IF;
END $$;
COMMENT ON FUNCTION import_site(text, jsonb, jsonb) IS 'For slt_import_incidents(): a site of Upptime is an experience that somebody records; since when, until when, and whether its state is that of the outages.';

CREATE FUNCTION @extschema@.slt_import_incidents(service text, document jsonb, components jsonb DEFAULT '{}',
												OUT result text, OUT source text, OUT title text, OUT detail text)
RETURNS SETOF record
LANGUAGE plpgsql ROWS 100 SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	of_service text := service_name(slt_import_incidents.service);
	names jsonb := coalesce(components, '{}');
	e record;
	n jsonb;
	unknown text[];
	missed jsonb := '{}';
BEGIN
	IF jsonb_typeof(names) <> 'object' OR EXISTS (SELECT FROM jsonb_each(names) m WHERE jsonb_typeof(m.value) NOT IN ('string', 'null')) THEN
		RAISE EXCEPTION 'components must be an object of names' USING ERRCODE = 'invalid_parameter_value', HINT = 'Write {"API v2": "API", "Docs": null}.';
	END IF;
	FOR e IN SELECT * FROM import_elements(document) LOOP
		source := 'upptime:' || (e.element ->> 'slug');
		title := coalesce(e.element ->> 'name', e.element ->> 'title', e.element ->> 'slug');
		-- what cannot be read, or the tables refuse, does not keep the others out
		BEGIN
			IF e.kind = 'site' THEN
				SELECT s.result, coalesce(s.title, slt_import_incidents.title), s.detail INTO result, title, detail FROM import_site(of_service, e.element, names) s;
			ELSE
				n := import_row(e.kind, e.element);
				source := n ->> 'source';
				title := n ->> 'title';
				detail := import_problem(n);
				result := 'left out';
				IF detail IS NULL THEN
					SELECT array_agg(DISTINCT x ->> 'component' ORDER BY x ->> 'component') INTO unknown
					FROM jsonb_array_elements(coalesce(nullif(n -> 'outages', 'null'), '[]') || coalesce(nullif(n -> 'maintenance', 'null'), '[]')) x,
						 experience_of_component(of_service, x ->> 'component', names) c
					WHERE NOT c.known;
					result := import_incident(of_service, n, names);
					detail := 'no experience for ' || array_to_string(unknown, ', ');
					missed := missed || coalesce((SELECT jsonb_object_agg(u, coalesce((missed ->> u)::int, 0) + 1) FROM unnest(unknown) u), '{}');
				END IF;
			END IF;
		EXCEPTION WHEN data_exception OR check_violation OR not_null_violation OR program_limit_exceeded THEN
			result := 'left out';
			detail := SQLERRM;
		END;
		RETURN NEXT;
	END LOOP;
	RETURN QUERY SELECT 'unknown component'::text, NULL::text, m.key, format('incidents that have no outage of it: %s; name its experience in components, or null to leave it out', m.value) FROM jsonb_each_text(missed) m ORDER BY 3;
END $$;
COMMENT ON FUNCTION @extschema@.slt_import_incidents(text, jsonb, jsonb) IS
'Brings incidents of elsewhere in, with their updates, outages and maintenance: incidents.json or scheduled-maintenances.json of Statuspage, or the issues of a repository of Upptime, or its sites, which become experiences that are recorded by hand. components says which experience a component is where the names differ, {"API v2": "API", "Docs": null}, null to leave it out. A row for each says whether it was added, changed, unchanged or left out, as what cannot be read is, and a row for each component that is none of the service''s experiences, of which outages are missing. Again it changes only what is different, and keeps what a review has found. Error 22023 for another document, otherwise as in slt_availability().';
