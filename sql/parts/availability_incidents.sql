SET LOCAL search_path = zz_slt_internal, pg_temp;

-- availability: incidents -----------------------------------------------------------------------------------------
--
-- An incident is a row of slt_incidents with its outages, maintenance and updates; an outage that belongs to none is
-- one of its own.  Over views of zz_slt_internal, read as their owner.

CREATE FUNCTION sign_excuse()
RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
BEGIN
	-- a row that is restored, or written by slt_record(), brings its signature with it; whoever else writes one signs it
	IF NEW.excused IS NULL THEN
		NEW.excused_by := NULL;
		NEW.excused_at := NULL;
	ELSIF TG_OP = 'INSERT' AND pg_has_role((SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
		NEW.excused_by := coalesce(NEW.excused_by, session_user);
		NEW.excused_at := coalesce(NEW.excused_at, now());
	ELSIF TG_OP = 'INSERT' OR NEW.excused IS DISTINCT FROM OLD.excused THEN
		NEW.excused_by := session_user;
		NEW.excused_at := now();
	ELSE
		NEW.excused_by := OLD.excused_by;
		NEW.excused_at := OLD.excused_at;
	END IF;
	RETURN NEW;
END $$;
COMMENT ON FUNCTION sign_excuse() IS 'Trigger of slt_outages: who excused an outage, and when.';
CREATE TRIGGER slt_sign_excuse BEFORE UPDATE OF excused, excused_by, excused_at ON @extschema@.slt_outages FOR EACH ROW EXECUTE FUNCTION sign_excuse();
CREATE TRIGGER slt_sign_excused BEFORE INSERT ON @extschema@.slt_outages FOR EACH ROW WHEN (NEW.excused IS NOT NULL) EXECUTE FUNCTION sign_excuse();

CREATE FUNCTION @extschema@.slt_excuse(outage bigint, reason text)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
BEGIN
	UPDATE outages o SET excused = reason WHERE o.id = outage;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'outage % does not exist', coalesce(outage::text, 'null')
			USING ERRCODE = 'undefined_object', HINT = 'The id of an outage is in slt_outages.';
	END IF;
END $$;
COMMENT ON FUNCTION @extschema@.slt_excuse(bigint, text) IS
'Excuses an outage, as a review found: it does not count any more, and stays to be seen, with the reason, who said so and when; a null reason takes it back. The same as an UPDATE of excused, which whoever calls must be allowed. Error 42704 for an outage that there is not.';

-- The latest outages: of each class of length, since the index has those in order, and those of a class that reach into
-- the time begin at most its length before.  Of those of one incident, the last in the time stands for it; as it may have
-- begun before others, some more are listed.
CREATE FUNCTION latest_outages(service text, since timestamptz, until timestamptz, most int, OUT id bigint, OUT incident bigint)
RETURNS SETOF record
LANGUAGE sql STABLE ROWS 100
BEGIN ATOMIC
	SELECT o.id, o.incident
	FROM generate_series(0, 30) c (class),
		 LATERAL (SELECT CASE WHEN c.class < 14 THEN since - power(4, c.class) * interval '1 minute' ELSE '-infinity' END AS first) f,
		 LATERAL (SELECT x.id, x.incident, x.during FROM outages x
				  WHERE x.service = latest_outages.service AND outage_class(x.during) = c.class
					AND lower(x.during) >= f.first AND lower(x.during) <= least(until, now()) AND (upper_inf(x.during) OR upper(x.during) > since)
					AND (x.incident IS NULL OR NOT EXISTS (SELECT FROM outages y WHERE y.incident = x.incident AND (upper_inf(y.during) OR upper(y.during) > since)
						AND (lower(y.during), y.id) > (lower(x.during), x.id) AND lower(y.during) <= least(until, now())))
				  ORDER BY lower(x.during) DESC LIMIT most + 100) o
	ORDER BY o.during @> now() DESC, lower(o.during) DESC, o.id DESC;
END;
COMMENT ON FUNCTION latest_outages(text, timestamptz, timestamptz, int) IS 'For slt_status_incidents(): outages that had begun by an instant, and not ended before an instant, one of each incident.';

CREATE TYPE incident AS (id bigint, title text, impact text, status text, during tstzrange, experiences text[], planned boolean, excused boolean, note text,
	post_mortem text, link text, updates jsonb, outages jsonb);
COMMENT ON TYPE incident IS 'A row of slt_status_incidents().';

CREATE FUNCTION outage_json(o outages)
RETURNS jsonb
LANGUAGE sql STABLE
RETURN jsonb_build_object('id', o.id, 'experience', o.experience, 'during', o.during, 'planned', o.planned, 'weight', o.weight, 'excused', o.excused, 'note', o.note);
COMMENT ON FUNCTION outage_json(outages) IS 'An outage as slt_status_incidents() shows it.';

CREATE FUNCTION incident_of_outage(o outages)
RETURNS incident
LANGUAGE sql STABLE
RETURN ROW(NULL, NULL, CASE WHEN o.planned THEN 'maintenance' WHEN o.weight < 1 THEN 'minor' ELSE 'major' END,
	CASE WHEN upper_inf(o.during) OR upper(o.during) > now() THEN CASE WHEN o.planned THEN 'in progress' ELSE 'investigating' END
		 WHEN o.planned THEN 'completed' ELSE 'resolved' END,
	o.during, ARRAY[o.experience], o.planned, o.excused IS NOT NULL, o.note, NULL, NULL, '[]', jsonb_build_array(outage_json(o)))::incident;
COMMENT ON FUNCTION incident_of_outage(outages) IS 'An outage that belongs to no incident, as one.';

-- It began with its first outage, else its first update; and it goes on while an outage does, or its last status says so:
-- until the end that is known, if that is to come.
CREATE FUNCTION incident_times(i incidents, OUT during tstzrange, OUT status text)
RETURNS SETOF record
LANGUAGE sql STABLE ROWS 1
BEGIN ATOMIC
	SELECT tstzrange(s.first, CASE WHEN NOT coalesce(s.goes_on, false) THEN greatest(s.last, s.first) END, CASE WHEN s.first = greatest(s.last, s.first) THEN '[]' ELSE '[)' END), s.status
	FROM (SELECT min(lower(x.during)) AS first, max(CASE WHEN upper_inf(x.during) THEN 'infinity' ELSE upper(x.during) END) AS last
		  FROM (SELECT o.during FROM outages o WHERE o.incident = (i).id UNION ALL SELECT m.during FROM maintenance m WHERE m.incident = (i).id) x) t,
		 (SELECT min(x.at) AS first, (array_agg(x.status ORDER BY x.at DESC, x.id DESC) FILTER (WHERE x.status IS NOT NULL))[1] AS status,
				 max(x.at) FILTER (WHERE x.status NOT IN ('resolved', 'completed', 'postmortem')) AS unresolved
		  FROM incident_updates x WHERE x.incident = (i).id) u,
		 LATERAL (SELECT min(x.at) AS at FROM incident_updates x
				  WHERE x.incident = (i).id AND x.status IN ('resolved', 'completed', 'postmortem') AND x.at >= coalesce(u.unresolved, '-infinity')) r,
		 LATERAL (SELECT coalesce(t.first, u.first) AS first, greatest(t.last, r.at) AS last,
						 coalesce(u.status, CASE WHEN t.last > now() THEN CASE (i).impact WHEN 'maintenance' THEN 'in progress' ELSE 'investigating' END
												 WHEN (i).impact = 'maintenance' THEN 'completed' ELSE 'resolved' END) AS status,
						 t.last = 'infinity' OR u.status IN ('investigating', 'identified', 'monitoring', 'in progress', 'verifying') AND NOT coalesce(t.last > now(), false) OR t.last IS NULL AND u.status = 'scheduled' AS goes_on) s;
END;
COMMENT ON FUNCTION incident_times(incidents) IS 'When an incident was, and how it stands.';

-- Of outages and updates the latest thousand are told, which is what a value of jsonb can always hold.
CREATE FUNCTION incident_of_row(i incidents)
RETURNS SETOF incident
LANGUAGE sql STABLE ROWS 1
BEGIN ATOMIC
	SELECT i.id, i.title, i.impact, w.status, w.during,
		t.experiences, i.impact = 'maintenance', coalesce(t.excused, false), NULL, i.post_mortem, i.link, coalesce(u.updates, '[]'), coalesce(t.outages, '[]')
	FROM incident_times(i) w,
		 (SELECT bool_and(x.excused IS NOT NULL) FILTER (WHERE x.is_outage) AS excused, array_agg(DISTINCT x.experience) AS experiences,
				 jsonb_agg(x.outage ORDER BY lower(x.during), x.experience) FILTER (WHERE x.outage IS NOT NULL) AS outages
		  FROM (SELECT o.during, o.experience, o.excused, true AS is_outage, CASE WHEN row_number() OVER (ORDER BY lower(o.during) DESC, o.id DESC) <= 1000 THEN outage_json(o) END AS outage
				FROM outages o WHERE o.incident = (i).id
				UNION ALL SELECT m.during, m.experience, NULL, false, NULL FROM maintenance m WHERE m.incident = (i).id) x) t,
		 (SELECT jsonb_agg(jsonb_build_object('id', x.id, 'at', x.at, 'status', x.status, 'text', x.text) ORDER BY x.at, x.id) FILTER (WHERE x.n <= 1000) AS updates
		  FROM (SELECT y.*, row_number() OVER (ORDER BY y.at DESC, y.id DESC) AS n FROM incident_updates y WHERE y.incident = (i).id) x) u;
END;
COMMENT ON FUNCTION incident_of_row(incidents) IS 'A row of slt_incidents with its outages, maintenance and updates.';

CREATE FUNCTION list_incidents(service text, since timestamptz, until timestamptz, most int)
RETURNS SETOF incident
LANGUAGE sql STABLE ROWS 50
BEGIN ATOMIC
	WITH latest AS MATERIALIZED (
		SELECT l.id, l.incident FROM latest_outages(service, since, until, most) l
	), named AS (
		SELECT l.incident FROM latest l WHERE l.incident IS NOT NULL
		-- those told of in the time, and those told of next behind it, which may have gone on in it
		UNION (SELECT u.incident FROM incident_updates u JOIN incidents i ON i.id = u.incident
			   WHERE i.service = list_incidents.service AND u.at >= since AND u.at <= until ORDER BY u.at DESC LIMIT 5 * most + 100)
		UNION (SELECT u.incident FROM incident_updates u JOIN incidents i ON i.id = u.incident
			   WHERE i.service = list_incidents.service AND u.at > until ORDER BY u.at LIMIT most)
		UNION SELECT m.incident FROM maintenance m WHERE m.incident IS NOT NULL AND (upper_inf(m.during) OR upper(m.during) > since)
	), timed AS MATERIALIZED (
		SELECT i.id, 0 AS outage, w.during FROM named n JOIN incidents i ON i.id = n.incident AND i.service = list_incidents.service, LATERAL incident_times(i) w
		UNION ALL
		SELECT NULL, o.id, o.during FROM (SELECT l.id FROM latest l WHERE l.incident IS NULL LIMIT most) l JOIN outages o ON o.id = l.id
	), chosen AS MATERIALIZED (
		-- when they were is known of all, what is told of them is put together for those that are shown
		SELECT t.id, t.outage, row_number() OVER (ORDER BY t.during @> now() DESC, lower(t.during) DESC, t.id DESC, t.outage DESC) AS n
		FROM timed t
		WHERE lower(t.during) <= least(until, now()) AND (upper_inf(t.during) OR upper(t.during) > since)
		ORDER BY n LIMIT most
	), listed AS (
		SELECT c.n, r.* FROM chosen c JOIN incidents i ON i.id = c.id, LATERAL incident_of_row(i) r
		UNION ALL
		SELECT c.n, r.* FROM chosen c JOIN outages o ON o.id = c.outage, LATERAL incident_of_outage(o) r WHERE c.id IS NULL
	)
	SELECT l.id, l.title, l.impact, l.status, l.during, l.experiences, l.planned, l.excused, l.note, l.post_mortem, l.link, l.updates, l.outages
	FROM listed l
	ORDER BY l.n;
END;
COMMENT ON FUNCTION list_incidents(text, timestamptz, timestamptz, int) IS 'For slt_status_incidents(): the incidents that had begun by an instant, and not ended before an instant.';

CREATE FUNCTION incidents(service text, since timestamptz, until timestamptz, most int)
RETURNS SETOF incident
AS 'MODULE_PATHNAME', 'slt_list_incidents'
LANGUAGE c STABLE PARALLEL SAFE ROWS 50 SET search_path = pg_catalog, zz_slt_internal, pg_temp SET jit = off;
COMMENT ON FUNCTION incidents(text, timestamptz, timestamptz, int) IS 'list_incidents(), for everyone.';

CREATE FUNCTION list_planned(service text, most int)
RETURNS SETOF incident
LANGUAGE sql STABLE ROWS 50
BEGIN ATOMIC
	SELECT p.*
	FROM (SELECT r.*
		  FROM (SELECT i FROM incidents i, LATERAL incident_times(i) w
				WHERE i.service = list_planned.service AND i.impact = 'maintenance' AND (upper_inf(w.during) OR upper(w.during) > now())
				  -- what is over, as most is, need not be read to be known as such
				  AND (i.id IN (SELECT m.incident FROM maintenance m WHERE upper_inf(m.during) OR upper(m.during) > now())
					   OR EXISTS (SELECT FROM outages o WHERE o.incident = i.id AND (upper_inf(o.during) OR upper(o.during) > now()))
					   OR (SELECT u.status FROM incident_updates u WHERE u.incident = i.id AND u.status IS NOT NULL ORDER BY u.at DESC, u.id DESC LIMIT 1) NOT IN ('resolved', 'completed', 'postmortem'))
				ORDER BY lower(w.during), i.id LIMIT most) x, LATERAL incident_of_row(x.i) r
		  UNION ALL
		  SELECT NULL, NULL, 'maintenance', CASE WHEN lower(m.during) > now() THEN 'scheduled' ELSE 'in progress' END, m.during, ARRAY[m.experience], true, false, m.reason, NULL, NULL,
				 CASE WHEN m.announced_at IS NULL THEN '[]' ELSE jsonb_build_array(jsonb_build_object('at', m.announced_at, 'status', 'scheduled', 'text', coalesce(m.reason, ''))) END,
				 jsonb_build_array(jsonb_build_object('maintenance', m.id))
		  FROM maintenance m
		  WHERE m.service = list_planned.service AND m.incident IS NULL AND (upper_inf(m.during) OR upper(m.during) > now())
		  UNION ALL
		  -- of each class of length, those that can reach beyond now
		  SELECT r.*
		  FROM generate_series(0, 30) c (class),
			   LATERAL (SELECT CASE WHEN c.class < 14 THEN now() - power(4, c.class) * interval '1 minute' ELSE '-infinity' END AS first) f,
			   LATERAL (SELECT x FROM outages x
						WHERE x.service = list_planned.service AND outage_class(x.during) = c.class AND lower(x.during) >= f.first AND (upper_inf(x.during) OR upper(x.during) > now())
						  AND x.planned AND x.incident IS NULL ORDER BY lower(x.during) LIMIT most) o,
			   LATERAL incident_of_outage(o.x) r) p
	ORDER BY lower(p.during), p.id, CAST(p.outages AS text)
	LIMIT most;
END;
COMMENT ON FUNCTION list_planned(text, int) IS 'Planned work of a service that is not over, as incidents, the next first.';

CREATE FUNCTION planned(service text, most int)
RETURNS SETOF incident
AS 'MODULE_PATHNAME', 'slt_list_planned'
LANGUAGE c STABLE PARALLEL SAFE ROWS 50 SET search_path = pg_catalog, zz_slt_internal, pg_temp SET jit = off;
COMMENT ON FUNCTION planned(text, int) IS 'list_planned(), for everyone.';

CREATE FUNCTION @extschema@.slt_status_incidents(service text DEFAULT NULL, days int DEFAULT 90, most int DEFAULT 50,
									 OUT id bigint, OUT title text, OUT impact text, OUT status text, OUT during tstzrange, OUT experiences text[], OUT planned boolean,
									 OUT excused boolean, OUT note text, OUT post_mortem text, OUT link text, OUT updates jsonb, OUT outages jsonb)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 50 SET search_path = pg_catalog, zz_slt_internal, pg_temp SET datestyle = 'ISO'
AS $$
#variable_conflict use_column
DECLARE
	s record;
BEGIN
	SELECT * INTO s FROM service(slt_status_incidents.service);
	IF NOT coalesce(days, 0) BETWEEN 0 AND 3660 THEN
		RAISE EXCEPTION 'a history of % days is not possible', days USING ERRCODE = 'invalid_parameter_value', HINT = 'Ask for 1 to 3660 days.';
	END IF;
	RETURN QUERY
	SELECT i.* FROM incidents(s.name, CAST(CAST(now() AT TIME ZONE s.time_zone AS date) - coalesce(days, 0) + 1 AS timestamp) AT TIME ZONE s.time_zone,
							  now(), least(greatest(coalesce(most, 10000), 0), 10000)) i;
END $$;
COMMENT ON FUNCTION @extschema@.slt_status_incidents(text, int, int) IS
'Incidents of a service that went on in the last days, in its zone, up to so many: first those that go on, then the latest. An outage that belongs to no incident is one without id and title. A null among the experiences is the whole service. Errors as in slt_status_history().';
