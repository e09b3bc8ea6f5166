SET LOCAL search_path = zz_slt_internal, pg_temp;

-- availability: announcements ------------------------------------------------------------------------------------
--
-- What changes outages or updates of incidents leaves word that there may be news, which the next sweep looks for: it
-- compares what there is with what was announced.  So a check pays nothing for it, what late checks change and change back
-- is no news, and what was restored or imported is none unless it is going on or is of the last hour.

CREATE TABLE looks (at timestamptz NOT NULL);
COMMENT ON TABLE looks IS 'When a sweep has to look for news of outages and incidents.';
CREATE INDEX looks_at ON looks (at);

CREATE FUNCTION expect_sweep()
RETURNS void
AS 'MODULE_PATHNAME', 'slt_expect_look'
LANGUAGE c;
REVOKE ALL ON FUNCTION expect_sweep() FROM PUBLIC;
COMMENT ON FUNCTION expect_sweep() IS 'Lets the worker look when the transaction at hand has committed.';

CREATE FUNCTION expect_news()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
BEGIN
	INSERT INTO looks VALUES (now());
	PERFORM expect_sweep();
	RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION expect_news() FROM PUBLIC;
COMMENT ON FUNCTION expect_news() IS 'Trigger of slt_outages and slt_incident_updates: leaves word that there may be news.';
CREATE TRIGGER slt_expect_news AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON @extschema@.slt_outages FOR EACH STATEMENT EXECUTE FUNCTION expect_news();
CREATE TRIGGER slt_expect_news AFTER INSERT ON @extschema@.slt_incident_updates FOR EACH STATEMENT EXECUTE FUNCTION expect_news();

CREATE VIEW events WITH (security_invoker) AS SELECT * FROM @extschema@.slt_events;
COMMENT ON VIEW events IS 'slt_events.';
CREATE VIEW announced_news WITH (security_invoker) AS SELECT * FROM @extschema@.slt_announced_news;
COMMENT ON VIEW announced_news IS 'slt_announced_news.';
CREATE VIEW services WITH (security_invoker) AS SELECT * FROM @extschema@.slt_services;
COMMENT ON VIEW services IS 'slt_services.';

-- By slt_outages_by_time: those of a class of length that go on began at most its length ago.  Of what checks found the
-- clocks may be a little ahead.
CREATE FUNCTION outages_of_late(at timestamptz)
RETURNS TABLE (id bigint, service text, experience text, incident bigint, starts timestamptz, ends timestamptz, goes_on boolean, status text, note text)
LANGUAGE sql STABLE ROWS 10
BEGIN ATOMIC
	SELECT o.id, o.service, o.experience, o.incident, lower(o.during), upper(o.during), coalesce(NOT o.monitored AND upper(o.during) > at OR upper(o.during) = 'infinity', true),
		   CASE WHEN o.planned THEN 'maintenance' WHEN o.weight < 1 THEN 'degraded' ELSE 'down' END, o.note
	FROM services s, generate_series(0, 30) c (class),
		 LATERAL (SELECT CASE WHEN c.class < 14 THEN at - greatest(power(4, c.class) * interval '1 minute', interval '1 hour') ELSE '-infinity' END AS first) f,
		 LATERAL (SELECT x.* FROM outages x
				  WHERE x.service = s.name AND outage_class(x.during) = c.class AND lower(x.during) >= f.first AND lower(x.during) <= at + interval '5 minutes'
					AND (x.monitored OR lower(x.during) <= at)
					AND (lower(x.during) > at - interval '1 hour' OR upper_inf(x.during) OR upper(x.during) > at)) o;
END;
COMMENT ON FUNCTION outages_of_late(timestamptz) IS 'The outages that can be news at an instant: those that go on, and those that began in the hour before.';

-- An outage is announced when it opens and when it closes, once, and again when it is open again after that; one that is
-- deleted has closed.  Two sweeps at once wait for each other here, and the second finds what the first has announced.
CREATE FUNCTION announce_outages(at timestamptz)
RETURNS bigint
LANGUAGE sql
BEGIN ATOMIC
	WITH late AS MATERIALIZED (
		SELECT l.* FROM outages_of_late(at) l
	), opened AS (
		INSERT INTO announced_news AS n (kind, id, service, experience, status, goes_on, announced_at)
		SELECT 'outage', l.id, l.service, l.experience, l.status, l.goes_on, at FROM late l
		WHERE NOT EXISTS (SELECT FROM announced_news a WHERE a.kind = 'outage' AND a.id = l.id AND (a.goes_on OR NOT l.goes_on)) ORDER BY l.starts, l.id LIMIT 5000
		ON CONFLICT (kind, id) DO UPDATE SET goes_on = true, status = excluded.status, announced_at = excluded.announced_at
			WHERE NOT n.goes_on AND excluded.goes_on
		RETURNING n.id
	), written AS (
		INSERT INTO events (kind, service, experience, outage, incident, at, status, title, text)
		SELECT w.kind, l.service, l.experience, l.id, l.incident, w.at, l.status, i.title, l.note
		FROM opened o JOIN late l ON l.id = o.id LEFT JOIN incidents i ON i.id = l.incident,
			 LATERAL (SELECT 'outage opened' AS kind, l.starts AS at UNION ALL SELECT 'outage closed', l.ends WHERE NOT l.goes_on) w
		ORDER BY w.at, l.id
		RETURNING 1
	)
	SELECT count(*) FROM written;
END;
REVOKE ALL ON FUNCTION announce_outages(timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION announce_outages(timestamptz) IS 'Announces the outages that have opened, and the end of those that are over already; returns how many events that is.';

CREATE FUNCTION announce_ends(at timestamptz)
RETURNS bigint
LANGUAGE sql
BEGIN ATOMIC
	WITH closed AS (
		UPDATE announced_news n SET goes_on = false, announced_at = at
		WHERE n.kind = 'outage' AND n.goes_on
		  AND NOT EXISTS (SELECT FROM outages o WHERE o.id = n.id AND coalesce(NOT o.monitored AND upper(o.during) > at OR upper(o.during) = 'infinity', true))
		RETURNING n.id, n.service, n.experience, n.status
	), written AS (
		INSERT INTO events (kind, service, experience, outage, incident, at, status, title, text)
		SELECT 'outage closed', c.service, c.experience, c.id, o.incident, coalesce(upper(o.during), at), c.status, i.title, o.note
		FROM closed c LEFT JOIN outages o ON o.id = c.id LEFT JOIN incidents i ON i.id = o.incident ORDER BY 6, c.id
		RETURNING 1
	)
	SELECT count(*) FROM written;
END;
REVOKE ALL ON FUNCTION announce_ends(timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION announce_ends(timestamptz) IS 'Announces the outages that have closed; returns how many.';

CREATE FUNCTION announce_updates(at timestamptz)
RETURNS bigint
LANGUAGE sql
BEGIN ATOMIC
	WITH told AS (
		INSERT INTO announced_news (kind, id, service, goes_on, announced_at)
		SELECT 'incident update', u.id, i.service, false, at FROM incident_updates u JOIN incidents i ON i.id = u.incident
		WHERE u.at > announce_updates.at - interval '1 hour' AND u.at <= announce_updates.at
		  AND NOT EXISTS (SELECT FROM announced_news a WHERE a.kind = 'incident update' AND a.id = u.id) ORDER BY u.at, u.id LIMIT 5000
		ON CONFLICT (kind, id) DO NOTHING
		RETURNING id
	), written AS (
		INSERT INTO events (kind, service, incident, at, status, title, text)
		SELECT 'incident updated', i.service, i.id, u.at, u.status, i.title, u.text
		FROM told t JOIN incident_updates u ON u.id = t.id JOIN incidents i ON i.id = u.incident ORDER BY u.at, u.id
		RETURNING 1
	)
	SELECT count(*) FROM written;
END;
REVOKE ALL ON FUNCTION announce_updates(timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION announce_updates(timestamptz) IS 'Announces the updates of incidents that are new; returns how many.';

-- What is foreseen is looked at when it comes: outages by hand that begin or end later.  A look has a few seconds, so it
-- announces some thousands, and what is more is for the next.
CREATE FUNCTION announce_news(OUT announced bigint, OUT next timestamptz)
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	swept_at CONSTANT timestamptz := clock_timestamp();
BEGIN
	announced := 0;
	DELETE FROM looks l WHERE l.at <= swept_at;
	IF FOUND THEN
		announced := announce_outages(swept_at) + announce_ends(swept_at) + announce_updates(swept_at);
		IF announced >= 5000 THEN
			INSERT INTO looks VALUES (swept_at);
		END IF;
		DELETE FROM announced_news n WHERE NOT n.goes_on AND n.announced_at < swept_at - interval '2 hours';
		INSERT INTO looks SELECT x.at FROM (
			SELECT min(f.at) AS at
			FROM (SELECT lower(o.during) AS at FROM services s, generate_series(0, 30) c (class), outages o
				  WHERE o.service = s.name AND outage_class(o.during) = c.class AND lower(o.during) > swept_at
				  UNION ALL SELECT upper(o.during) FROM announced_news n JOIN outages o ON o.id = n.id WHERE n.kind = 'outage' AND n.goes_on AND NOT o.monitored AND isfinite(upper(o.during))
				  UNION ALL SELECT u.at FROM incident_updates u WHERE u.at > swept_at) f
			WHERE f.at > swept_at) x
		WHERE x.at IS NOT NULL AND NOT EXISTS (SELECT FROM looks l WHERE l.at = x.at);
	END IF;
	next := (SELECT min(l.at) FROM looks l);
END $$;
REVOKE ALL ON FUNCTION announce_news() FROM PUBLIC;
COMMENT ON FUNCTION announce_news() IS 'Announces what is new of outages and incidents, if there may be anything; returns how much, and when to look next.';
