SET LOCAL search_path = zz_slt_internal, pg_temp;

-- feeds -----------------------------------------------------------------------------------------------------------
--
-- What the status page shows, for programs.  Each function returns a domain that is named after its media type, as
-- "text/html" is.  Whatever comes from a table goes through feed_text(); how much there is of it is bounded.

CREATE DOMAIN @extschema@."application/json" AS json;
COMMENT ON DOMAIN @extschema@."application/json" IS 'JSON that is served as such.';
CREATE DOMAIN @extschema@."application/atom+xml" AS text;
COMMENT ON DOMAIN @extschema@."application/atom+xml" IS 'Text that is a feed in Atom, RFC 4287.';
CREATE DOMAIN @extschema@."text/calendar" AS text;
COMMENT ON DOMAIN @extschema@."text/calendar" IS 'Text that is a calendar in iCalendar, RFC 5545.';
CREATE DOMAIN @extschema@."image/svg+xml" AS text;
COMMENT ON DOMAIN @extschema@."image/svg+xml" IS 'Text that is a picture in SVG.';

-- texts

CREATE FUNCTION feed_text(t text)
RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN CASE WHEN getdatabaseencoding() = 'SQL_ASCII' THEN regexp_replace(clean_text(t, '?'), E'[^\\t\\n -~]', '?', 'g')  -- nobody knows what it is
	ELSE clean_text(t, '') END;
COMMENT ON FUNCTION feed_text(text) IS
'Text for a feed: without control characters, which XML forbids, and marks that turn the direction of writing; lines end with a line feed; after 4000 characters it is cut. What is not ASCII in a database of encoding SQL_ASCII is a question mark.';

CREATE FUNCTION feed_xml(t text)
RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN replace(replace(replace(replace(feed_text(t), '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;');
COMMENT ON FUNCTION feed_xml(text) IS 'Text for XML, between tags or in a quoted attribute.';

CREATE FUNCTION feed_time(at timestamptz)
RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN to_char(greatest(least(at, timestamptz '9999-12-31 23:59:59Z'), timestamptz '0001-01-01 00:00:00Z') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
COMMENT ON FUNCTION feed_time(timestamptz) IS 'An instant as RFC 3339 has it, in UTC.';

CREATE FUNCTION feed_url(url text)
RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
BEGIN
	IF url <> '' AND (length(url) > 2000 OR url !~ '^https?://[!-~]+$') THEN
		RAISE EXCEPTION 'invalid address of a status page' USING ERRCODE = 'invalid_parameter_value',
			DETAIL = 'It must begin with http:// or https:// and have no blanks, nor anything that is not ASCII.';
	END IF;
	RETURN rtrim(url, '/');
END $$;
COMMENT ON FUNCTION feed_url(text) IS 'The address of a status page, checked, without a slash at its end; empty or null for none.';

CREATE FUNCTION feed_id(service text, url text, part text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CAST(CAST(md5(coalesce(nullif(url, ''), service) || chr(10) || part) AS uuid) AS text);
COMMENT ON FUNCTION feed_id(text, text, text) IS 'What something is called in feeds, always the same: a UUID, made of the address of the page, or else of the name of the service.';

-- rows

CREATE FUNCTION feed_incidents(service text, days int, most int)
RETURNS SETOF incident
LANGUAGE sql STABLE PARALLEL SAFE ROWS 50
BEGIN ATOMIC
	SELECT i.id, i.title, i.impact, i.status, i.during, i.experiences, i.planned, i.excused, i.note, i.post_mortem, i.link, i.updates, i.outages
	FROM @extschema@.slt_status_incidents(service, days, most) i;
END;
COMMENT ON FUNCTION feed_incidents(text, int, int) IS 'slt_status_incidents(), as one type.';

CREATE FUNCTION feed_name(i incident, service text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN feed_text(coalesce(i.title, CASE WHEN i.planned THEN 'Maintenance of ' ELSE 'Outage of ' END ||
								   array_to_string(array_replace(coalesce(i.experiences, ARRAY[service]), CAST(NULL AS text), service), ', ')));
COMMENT ON FUNCTION feed_name(incident, text) IS 'What an incident is called.';

CREATE FUNCTION feed_key(i incident)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce('incident ' || i.id, 'maintenance ' || CAST(i.outages->0->>'maintenance' AS text), 'outage ' || CAST(i.outages->0->>'id' AS text), '');
COMMENT ON FUNCTION feed_key(incident) IS 'By what an incident is known: a row of slt_incidents, slt_outages or slt_maintenance.';

CREATE FUNCTION feed_updates(i incident, OUT n bigint, OUT key text, OUT at timestamptz, OUT status text, OUT body text)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 5
BEGIN ATOMIC
	-- an update without a status leaves it as it was; an outage that nobody wrote of has a beginning and an end
	SELECT u.n, u.key, u.at, replace(coalesce(u.status, max(u.status) OVER (PARTITION BY u.spell), i.status), ' ', '_'), feed_text(u.text)
	FROM (SELECT w.n, w.key, w.at, w.status, w.text, count(w.status) OVER (ORDER BY w.n) AS spell
		  FROM (SELECT e.n, coalesce(e.u->>'id', CAST(e.n AS text)) AS key, CAST(e.u->>'at' AS timestamptz) AS at, e.u->>'status' AS status, e.u->>'text' AS text FROM jsonb_array_elements(i.updates) WITH ORDINALITY e (u, n)
				UNION ALL
				SELECT 1, 'start', lower(i.during), CASE WHEN i.planned THEN 'in progress' ELSE 'investigating' END, coalesce(i.note, '') WHERE i.updates = '[]' AND lower(i.during) <= now()
				UNION ALL
				SELECT 2, 'end', upper(i.during), CASE WHEN i.planned THEN 'completed' ELSE 'resolved' END, coalesce(i.post_mortem, '') WHERE i.updates = '[]' AND upper(i.during) <= now()) w) u
	ORDER BY u.n DESC
	LIMIT 100;
END;
COMMENT ON FUNCTION feed_updates(incident) IS 'What was told of an incident, the latest first, with statuses as Statuspage spells them.';

CREATE FUNCTION feed_changed(i incident)
RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(greatest((SELECT max(CAST(u.u->>'at' AS timestamptz)) FROM jsonb_array_elements(i.updates) u (u) WHERE CAST(u.u->>'at' AS timestamptz) <= now()), CASE WHEN lower(i.during) <= now() THEN lower(i.during) END,
						 CASE WHEN upper(i.during) <= now() THEN upper(i.during) END), date_trunc('day', now(), 'UTC'));
COMMENT ON FUNCTION feed_changed(incident) IS 'When the last thing happened to an incident; today, if nothing has yet.';

-- Statuspage ------------------------------------------------------------------------------------------------------

CREATE TYPE feed_component AS (experience text, covered boolean, state text, since timestamptz, component jsonb);
COMMENT ON TYPE feed_component IS 'An experience, or a service without any, and what it is as a component of Statuspage.';

CREATE FUNCTION feed_components(s @extschema@.slt_services, url text)
RETURNS SETOF feed_component
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
	SELECT f.experience_name, f.covered, f.state, f.since, jsonb_build_object(
		'id', feed_id(s.name, url, 'component ' || coalesce(f.experience_name, '')), 'name', feed_text(coalesce(f.experience_name, s.name)),
		'status', CASE f.state WHEN 'operational' THEN 'operational' WHEN 'degraded' THEN 'partial_outage' WHEN 'down' THEN 'major_outage'
							   WHEN 'maintenance' THEN 'under_maintenance' ELSE 'degraded_performance' END,
		'created_at', feed_time(coalesce(s.since, 'epoch')), 'updated_at', feed_time(greatest(f.since, s.since)),
		'position', row_number() OVER (ORDER BY f.experience_name), 'description', NULL, 'showcase', true, 'start_date', CAST(s.since AT TIME ZONE s.time_zone AS date),
		'group_id', NULL, 'page_id', feed_id(s.name, url, ''), 'group', false, 'only_show_if_degraded', false)
	-- what has been so for longer than is read changed some time before
	FROM (SELECT (x.figures).experience_name, x.covered, x.state, coalesce(x.since, date_trunc('month', now() - interval '90 days', 'UTC')) AS since
		  FROM status_figures(s.name, 90) x WHERE x.kind = 'experience') f;
END;
COMMENT ON FUNCTION feed_components(@extschema@.slt_services, text) IS 'The experiences of a service as components of Statuspage.';

CREATE FUNCTION feed_state(components feed_component[])
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	-- the worst of what counts, or of all if nothing does
	SELECT c.state FROM unnest(components) c ORDER BY c.covered IS NOT FALSE DESC, array_position('{down,degraded,maintenance,unknown,operational}', c.state) LIMIT 1;
END;
COMMENT ON FUNCTION feed_state(feed_component[]) IS 'How a service is.';

CREATE FUNCTION feed_page(s @extschema@.slt_services, url text, components feed_component[], incidents incident[])
RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
RETURN jsonb_build_object('id', feed_id(s.name, url, ''), 'name', feed_text(s.name), 'url', coalesce(url, ''), 'time_zone', s.time_zone,
	'updated_at', feed_time(greatest((SELECT max(feed_changed(i)) FROM unnest(incidents) i), (SELECT max(c.since) FROM unnest(components) c), s.since)));
COMMENT ON FUNCTION feed_page(@extschema@.slt_services, text, feed_component[], incident[]) IS 'The page of Statuspage, which changed when one of its components or incidents did.';

CREATE FUNCTION feed_incident(i incident, s @extschema@.slt_services, url text, components feed_component[])
RETURNS SETOF jsonb
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
	SELECT jsonb_build_object('id', k.id, 'name', feed_name(i, s.name), 'status', replace(i.status, ' ', '_'), 'impact', CASE WHEN i.planned THEN 'maintenance' ELSE i.impact END,
		'created_at', feed_time(least(lower(i.during), k.told, k.changed)), 'updated_at', feed_time(k.changed), 'started_at', feed_time(lower(i.during)),
		'monitoring_at', feed_time(k.monitoring), 'resolved_at', feed_time(CASE WHEN upper(i.during) <= now() THEN upper(i.during) END),
		'shortlink', coalesce(feed_text(i.link), url, ''), 'page_id', feed_id(s.name, url, ''), 'postmortem_body', feed_text(i.post_mortem),
		'incident_updates', coalesce(k.updates, '[]'), 'reminder_intervals', NULL,
		'components', coalesce((SELECT jsonb_agg(c.component ORDER BY c.component->'position') FROM unnest(components) c
								WHERE c.experience = ANY (i.experiences) OR array_position(i.experiences, NULL) IS NOT NULL), '[]')) ||
		CASE WHEN i.planned THEN jsonb_build_object('scheduled_for', feed_time(lower(i.during)), 'scheduled_until', feed_time(upper(i.during))) ELSE '{}' END
	FROM (SELECT x.id, feed_changed(i) AS changed, min(u.at) AS told, max(u.at) FILTER (WHERE u.status = 'monitoring') AS monitoring,
				 jsonb_agg(jsonb_build_object('id', feed_id(s.name, url, x.id || ' ' || coalesce(u.key, '')), 'incident_id', x.id, 'status', u.status, 'body', u.body,
					'created_at', feed_time(u.at), 'updated_at', feed_time(u.at), 'display_at', feed_time(u.at), 'affected_components', NULL,
					'deliver_notifications', true, 'custom_tweet', NULL, 'tweet_id', NULL) ORDER BY u.n DESC) FILTER (WHERE u.n IS NOT NULL) AS updates
		  FROM (SELECT feed_id(s.name, url, feed_key(i)) AS id) x LEFT JOIN feed_updates(i) u ON true GROUP BY x.id) k;
END;
COMMENT ON FUNCTION feed_incident(incident, @extschema@.slt_services, text, feed_component[]) IS 'An incident, or planned work, of Statuspage.';

CREATE FUNCTION feed_list(incidents incident[], s @extschema@.slt_services, url text, components feed_component[])
RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT coalesce(jsonb_agg(i ORDER BY n), '[]') FROM generate_subscripts(incidents, 1) n, LATERAL feed_incident(incidents[n], s, url, components) i;
END;
COMMENT ON FUNCTION feed_list(incident[], @extschema@.slt_services, text, feed_component[]) IS 'Incidents of Statuspage.';

CREATE FUNCTION feed_indicator(components feed_component[], incidents incident[], OUT indicator text, OUT description text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT ('{none,minor,major,critical}'::text[])[w.rank + 1],
		   CASE WHEN w.rank > 0 AND NOT (w.rank = 1 AND w.state = 'unknown') THEN ('{Minor Service Outage,Partial System Outage,Major Service Outage}'::text[])[w.rank]
				WHEN w.state = 'maintenance' THEN 'Service Under Maintenance' WHEN w.state = 'unknown' THEN 'Current State Not Known' ELSE 'All Systems Operational' END
	FROM (SELECT c.state, greatest(CASE WHEN c.state = 'down' THEN CASE WHEN c.all_down THEN 3 ELSE 2 END WHEN c.state IN ('degraded', 'unknown') THEN 1 ELSE 0 END,
								   (SELECT max(array_position('{none,minor,major,critical}', i.impact)) - 1 FROM unnest(incidents) i)) AS rank
		  FROM (SELECT feed_state(components) AS state, bool_and(x.state = 'down') AS all_down FROM unnest(components) x
				WHERE x.covered IS NOT FALSE OR NOT EXISTS (SELECT FROM unnest(components) y WHERE y.covered IS NOT FALSE)) c) w;
END;
COMMENT ON FUNCTION feed_indicator(feed_component[], incident[]) IS 'How bad it is, in the words of Statuspage: the worse of what components and incidents say.';

CREATE FUNCTION feed_summary(service text, url text)
RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE SET jit = off  -- it takes longer than all else
BEGIN ATOMIC
	SELECT jsonb_build_object('page', feed_page(s, url, c.components, i.incidents),
		'components', (SELECT jsonb_agg(x.component ORDER BY x.component->'position') FROM unnest(c.components) x),
		'incidents', feed_list(i.incidents, s, url, c.components),
		'scheduled_maintenances', feed_list(p.planned, s, url, c.components),
		'status', jsonb_build_object('indicator', n.indicator, 'description', n.description))
	FROM service(service) s,
		 LATERAL (SELECT array_agg(x) AS components FROM feed_components(s, url) x) c,
		 LATERAL (SELECT coalesce(array_agg(x) FILTER (WHERE NOT x.planned AND (upper_inf(x.during) OR upper(x.during) > now())), '{}') AS incidents FROM feed_incidents(s.name, 1, 50) x) i,
		 LATERAL (SELECT coalesce(array_agg(x), '{}') AS planned FROM planned(s.name, 50) x) p,
		 LATERAL feed_indicator(c.components, i.incidents) n;
END;
COMMENT ON FUNCTION feed_summary(text, text) IS 'slt_summary_json().';

CREATE FUNCTION @extschema@.slt_summary_json(service text DEFAULT NULL, url text DEFAULT NULL)
RETURNS @extschema@."application/json"
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CAST(CAST(feed_summary(service, feed_url(url)) AS json) AS @extschema@."application/json");
COMMENT ON FUNCTION @extschema@.slt_summary_json(text, text) IS
'How a service is, as summary.json of the API of Statuspage, version 2: the page, whose address may be given, its components, incidents that go on, planned work that is not over, and a status. Statuspage has no word for what is not known: it is degraded_performance. Errors as in slt_status(); 22023 for what is not an address of the web.';

CREATE FUNCTION feed_history(service text, url text)
RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE SET jit = off  -- it takes longer than all else
BEGIN ATOMIC
	SELECT jsonb_build_object('page', feed_page(s, url, c.components, i.incidents),
		'incidents', feed_list(i.incidents, s, url, c.components))
	FROM service(service) s,
		 LATERAL (SELECT array_agg(x) AS components FROM feed_components(s, url) x) c,
		 LATERAL (SELECT array_agg(x.y) AS incidents FROM (SELECT y FROM feed_incidents(s.name, 3660, 75) y WHERE NOT y.planned LIMIT 50) x) i;
END;
COMMENT ON FUNCTION feed_history(text, text) IS 'slt_incidents_json().';

CREATE FUNCTION @extschema@.slt_incidents_json(service text DEFAULT NULL, url text DEFAULT NULL)
RETURNS @extschema@."application/json"
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CAST(CAST(feed_history(service, feed_url(url)) AS json) AS @extschema@."application/json");
COMMENT ON FUNCTION @extschema@.slt_incidents_json(text, text) IS
'The last 50 incidents of a service, without planned work, as incidents.json of the API of Statuspage, version 2. Errors as in slt_summary_json().';

-- Atom ------------------------------------------------------------------------------------------------------------

CREATE FUNCTION feed_html(i incident, zone text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT coalesce(string_agg('<p><strong>' || initcap(replace(u.status, '_', ' ') COLLATE "C") || '</strong> <time datetime="' || feed_time(u.at) || '">' ||
							   to_char(u.at AT TIME ZONE zone, 'Dy FMDD Mon YYYY, HH24:MI') || '</time><br>' || replace(feed_xml(u.body), chr(10), '<br>') || '</p>', chr(10) ORDER BY u.n DESC), '') ||
		   coalesce('<p><strong>Post-mortem</strong><br>' || replace(feed_xml(i.post_mortem), chr(10), '<br>') || '</p>', '') ||
		   coalesce('<p>Does not count: ' || feed_xml((SELECT string_agg(DISTINCT o.o->>'excused', '; ') FROM jsonb_array_elements(i.outages) o (o))) || '</p>', '') ||
		   '<p>From ' || to_char(lower(i.during) AT TIME ZONE zone, 'Dy FMDD Mon YYYY, HH24:MI') ||
		   CASE WHEN isfinite(upper(i.during)) THEN ' to ' || to_char(upper(i.during) AT TIME ZONE zone, 'Dy FMDD Mon YYYY, HH24:MI') ELSE ' on' END || ' (' || feed_xml(zone) || ')</p>'
	FROM feed_updates(i) u WHERE u.body <> '' OR u.n > 0;
END;
COMMENT ON FUNCTION feed_html(incident, text) IS 'What was told of an incident, in HTML.';

CREATE FUNCTION feed_entry(i incident, service text, zone text, url text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN '<entry>
<id>urn:uuid:' || feed_id(service, url, feed_key(i)) || '</id>
<title>' || feed_xml(feed_name(i, service)) || '</title>
<published>' || feed_time(least(lower(i.during), feed_changed(i))) || '</published>
<updated>' || feed_time(feed_changed(i)) || '</updated>
<category term="' || i.impact || '"/>
' || coalesce('<link rel="alternate" href="' || feed_xml(coalesce(i.link, nullif(url, ''))) || '"/>
', '') || '<content type="html">' || feed_xml(feed_html(i, zone)) || '</content>
</entry>
';
COMMENT ON FUNCTION feed_entry(incident, text, text, text) IS 'An incident as an entry of Atom.';

CREATE FUNCTION feed_atom(service text, url text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE SET jit = off  -- it takes longer than all else
BEGIN ATOMIC
	SELECT '<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<id>urn:uuid:' || feed_id(s.name, url, '') || '</id>
<title>' || feed_xml(s.name) || ': incidents</title>
<updated>' || feed_time(coalesce(max(feed_changed(i)) FILTER (WHERE i.during IS NOT NULL), s.since, 'epoch')) || '</updated>
<author><name>' || feed_xml(s.name) || '</name></author>
' || coalesce('<link rel="alternate" type="text/html" href="' || feed_xml(nullif(url, '')) || '/"/>
<link rel="self" type="application/atom+xml" href="' || feed_xml(nullif(url, '')) || '/history.atom"/>
', '') || coalesce(string_agg(feed_entry(i, s.name, s.time_zone, url), '' ORDER BY feed_changed(i) DESC, i.id DESC) FILTER (WHERE i.during IS NOT NULL), '') || '</feed>
'
	FROM service(service) s LEFT JOIN feed_incidents(s.name, 3660, 50) i ON true
	GROUP BY s.name, s.since, s.time_zone;
END;
COMMENT ON FUNCTION feed_atom(text, text) IS 'slt_incidents_atom().';

CREATE FUNCTION @extschema@.slt_incidents_atom(service text DEFAULT NULL, url text DEFAULT NULL)
RETURNS @extschema@."application/atom+xml"
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CAST(feed_atom(service, feed_url(url)) AS @extschema@."application/atom+xml");
COMMENT ON FUNCTION @extschema@.slt_incidents_atom(text, text) IS
'The last 50 incidents and planned outages of a service as a feed in Atom, for people who subscribe to it. The feed is named by the address of the page, or else by the service, so that it should always be given the same one. Errors as in slt_summary_json().';

-- iCalendar -------------------------------------------------------------------------------------------------------

CREATE FUNCTION ics_line(name text, value text)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	line text := name || ':' || value || chr(13) || chr(10);
	wide boolean := line ~ E'[^\\u0001-\\u007f]';
BEGIN
	IF length(line) <= 77 AND NOT wide OR line IS NULL THEN
		RETURN line;
	ELSIF NOT wide THEN
		RETURN regexp_replace(line, E'[^\r]{74}(?=[^\r])', E'\\&\r\n ', 'g');
	END IF;
	-- a character of four octets that begins at the 71st ends at the 74th, behind a blank
	RETURN (SELECT string_agg(p.part, E'\r\n ' ORDER BY p.n)
			FROM (SELECT (c.ends - c.size) / 71 AS n, string_agg(c.c, '' ORDER BY c.i) AS part
				  FROM (SELECT x.c, x.i, octet_length(convert_to(x.c, 'UTF8')) AS size, sum(octet_length(convert_to(x.c, 'UTF8'))) OVER (ORDER BY x.i) AS ends
						FROM string_to_table(left(line, -2), NULL) WITH ORDINALITY x (c, i)) c
				  GROUP BY 1) p) || E'\r\n';
END $$;
COMMENT ON FUNCTION ics_line(text, text) IS 'A line of iCalendar, folded so that none is longer than 75 octets in UTF-8; null without a value.';

CREATE FUNCTION ics_text(t text)
RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN replace(replace(replace(replace(feed_text(t), E'\\', E'\\\\'), ';', E'\\;'), ',', E'\\,'), chr(10), E'\\n');
COMMENT ON FUNCTION ics_text(text) IS 'Text for iCalendar.';

CREATE FUNCTION ics_time(at timestamptz)
RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN to_char(at AT TIME ZONE 'UTC', 'YYYYMMDD"T"HH24MISS"Z"');
COMMENT ON FUNCTION ics_time(timestamptz) IS 'An instant for iCalendar, in UTC.';

CREATE FUNCTION ics_event(id text, during tstzrange, changed timestamptz, summary text, description text, status text, link text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN concat(E'BEGIN:VEVENT\r\n', ics_line('UID', id), ics_line('DTSTAMP', ics_time(changed)), ics_line('DTSTART', ics_time(lower(during))),
	-- whole seconds, and never none
	ics_line('DTEND', ics_time(CASE WHEN upper(during) < timestamptz '9999-01-01 00:00:00Z' THEN date_trunc('second', upper(during) + CASE WHEN upper(during) = date_trunc('second', upper(during)) THEN '0' ELSE interval '1 second' END) END)),
	ics_line('SUMMARY', ics_text(summary)), ics_line('DESCRIPTION', ics_text(nullif(description, ''))), ics_line('STATUS', status), ics_line('URL', feed_text(link)),
	E'TRANSP:TRANSPARENT\r\nEND:VEVENT\r\n');
COMMENT ON FUNCTION ics_event(text, tstzrange, timestamptz, text, text, text, text) IS 'An event of iCalendar, which leaves the time free.';

CREATE FUNCTION feed_ics(service text, url text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE SET jit = off  -- it takes longer than all else
BEGIN ATOMIC
	SELECT concat(E'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//slt//maintenance//EN\r\nCALSCALE:GREGORIAN\r\n', ics_line('X-WR-CALNAME', ics_text(s.name) || ': maintenance'),
		ics_line('X-WR-TIMEZONE', s.time_zone), E'REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n',
		-- a calendar must have something in it: where no work is planned, the zone of its times
		coalesce(string_agg(e.event, '' ORDER BY e.starts, e.event),
			E'BEGIN:VTIMEZONE\r\nTZID:UTC\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n'), E'END:VCALENDAR\r\n')
	FROM service(service) s
	LEFT JOIN LATERAL (
		SELECT lower(w.during) AS starts, ics_event(feed_id(s.name, url, 'window ' || feed_time(lower(w.during))), w.during, date_trunc('day', now(), 'UTC'),
			'Regular maintenance of ' || s.name, NULL, 'CONFIRMED', nullif(url, '')) AS event
		FROM (SELECT w FROM unnest(periods_of(tstzrange(now() - interval '7 days', now() + interval '400 days'), s.maintenance_window)) w WHERE upper(w) > now() ORDER BY w LIMIT 60) w (during)
		UNION ALL
		SELECT lower(p.during), ics_event(feed_id(s.name, url, feed_key(p)), p.during, feed_changed(p), feed_name(p, s.name),
			coalesce((SELECT string_agg(u.body, chr(10) ORDER BY u.n DESC) FROM feed_updates(p) u WHERE u.body <> ''), p.note), 'CONFIRMED', coalesce(p.link, nullif(url, '')))
		FROM planned(s.name, 100) p WHERE extract(year FROM lower(p.during)) BETWEEN 1 AND 9998
	) e ON true
	GROUP BY s.name, s.time_zone;
END;
COMMENT ON FUNCTION feed_ics(text, text) IS 'slt_maintenance_ics().';

CREATE FUNCTION @extschema@.slt_maintenance_ics(service text DEFAULT NULL, url text DEFAULT NULL)
RETURNS @extschema@."text/calendar"
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CAST(feed_ics(service, feed_url(url)) AS @extschema@."text/calendar");
COMMENT ON FUNCTION @extschema@.slt_maintenance_ics(text, text) IS
'Maintenance of a service that is not over as a calendar to subscribe to: planned work, and the next times of the regular window. Errors as in slt_summary_json().';

-- the badge -------------------------------------------------------------------------------------------------------

CREATE FUNCTION svg_width(t text)
RETURNS int
LANGUAGE sql STABLE PARALLEL SAFE
RETURN 16 + ceil(0.1 * length(regexp_replace(t, '[^ -~]', '', 'g')) * 66 + 11 * length(regexp_replace(t, '[ -~]', '', 'g')));
COMMENT ON FUNCTION svg_width(text) IS 'About how wide a text is at 11 pixels, with a margin.';

CREATE FUNCTION feed_badge(label text, state text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT format('<svg xmlns="http://www.w3.org/2000/svg" width="%1$s" height="20" viewBox="0 0 %1$s 20" role="img" aria-labelledby="t">
<title id="t">%2$s: %3$s</title>
<clipPath id="c"><rect width="%1$s" height="20" rx="3"/></clipPath>
<g clip-path="url(#c)"><rect width="%4$s" height="20" fill="#3b4247"/><rect x="%4$s" width="%5$s" height="20" fill="%6$s"/></g>
<g aria-hidden="true" fill="#ffffff" text-anchor="middle" font-family="Verdana,''DejaVu Sans'',''Noto Sans'',sans-serif" font-size="11"><text x="%7$s" y="14" textLength="%8$s" lengthAdjust="spacingAndGlyphs">%2$s</text><text x="%9$s" y="14" textLength="%10$s" lengthAdjust="spacingAndGlyphs">%3$s</text></g>
</svg>
', b.l + b.r, feed_xml(b.label), state, b.l, b.r,
		CASE state WHEN 'operational' THEN '#1b7a4d' WHEN 'degraded' THEN '#a34f00' WHEN 'down' THEN '#bd2318' WHEN 'maintenance' THEN '#2459b5' ELSE '#626c74' END,
		b.l / 2.0, b.l - 14, b.l + b.r / 2.0, b.r - 14)
	FROM (SELECT t.label, svg_width(t.label) AS l, svg_width(state) AS r
		  FROM (SELECT CASE WHEN length(x.x) > 60 THEN left(x.x, 57) || '...' ELSE x.x END AS label FROM (SELECT regexp_replace(feed_text(label), '\s+', ' ', 'g') AS x) x) t) b;
END;
COMMENT ON FUNCTION feed_badge(text, text) IS 'A badge with a label and a state, in SVG.';

CREATE FUNCTION @extschema@.slt_badge_svg(service text DEFAULT NULL, label text DEFAULT NULL)
RETURNS @extschema@."image/svg+xml"
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CAST(feed_badge(coalesce(label, s.name), (SELECT feed_state(array_agg(c)) FROM feed_components(s, NULL) c)) AS @extschema@."image/svg+xml")
	FROM service(service) s;
END;
COMMENT ON FUNCTION @extschema@.slt_badge_svg(text, text) IS
'How a service is, as a small picture: a label, by default its name, and operational, degraded, down, maintenance or unknown, in a word and a colour. Errors as in slt_status().';
