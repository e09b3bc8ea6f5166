SET LOCAL search_path = zz_slt_internal, pg_temp;

-- the policy as a document ---------------------------------------------------------------------------------------
--
-- A document has a section for each table of the policy, and one for attachments; a section has the table's rows, and
-- a row its columns.  Nothing here knows a rule of the policy: rows are read as the columns' types read them, written
-- by INSERT, UPDATE, DELETE and as slt_attach() does it, and what these refuse is told with the place in the document.

CREATE VIEW document_columns AS
	SELECT s.n, s.section, c.oid::regclass AS rel, a.attname::text AS name, a.atttypid::regtype AS type, a.attnum, pg_get_expr(d.adbin, d.adrelid) AS fallback,
		   array_position(x.indkey::int2[], a.attnum) AS key
	FROM pg_extension e
	CROSS JOIN unnest('{calendars,holiday_lists,calendar_lists,holidays,contracts,severities,metrics,targets,request_kinds,channels,services,experiences,attachments}'::text[])
		WITH ORDINALITY s (section, n)
	JOIN pg_class c ON c.oid = ANY (e.extconfig) AND c.relname = 'slt_' || s.section
	JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
	LEFT JOIN pg_index x ON x.indrelid = c.oid AND x.indisprimary
	-- the others are what this server has to do with the row, or has recorded
	WHERE e.extname = 'slt' AND a.attname <> ALL ('{shipped,fingerprint,own_columns,column_numbers,numbers_of,recorded,recorded_since,recorded_until}');
COMMENT ON VIEW document_columns IS 'What the document of a policy has: sections, in an order in which a row comes behind those that it names, and the columns of their tables, with defaults and the places that they have in the key.';
GRANT SELECT ON document_columns TO PUBLIC;

CREATE FUNCTION shape(section text, OUT rel regclass, OUT columns text, OUT keys text[], OUT fallbacks jsonb)
RETURNS record
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	pairs text;
BEGIN
	SELECT c.rel, string_agg(quote_ident(c.name), ', ' ORDER BY c.attnum), array_agg(c.name ORDER BY c.key) FILTER (WHERE c.key IS NOT NULL),
		   string_agg(format('%L, %s', c.name, c.fallback), ', ') FILTER (WHERE c.fallback IS NOT NULL)
	INTO rel, columns, keys, pairs FROM document_columns c WHERE c.section = shape.section GROUP BY c.rel;
	EXECUTE format('SELECT jsonb_build_object(%s)', pairs) INTO fallbacks;
END $$;
COMMENT ON FUNCTION shape(text) IS 'The table of a section, its columns as SQL lists them, those of its key, and its defaults.';

CREATE FUNCTION section_rows(section text)
RETURNS SETOF jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	s record := shape(section);
BEGIN
	RETURN QUERY EXECUTE format('SELECT to_jsonb(r) FROM (SELECT %s FROM %s) r', s.columns, s.rel)
		|| CASE section WHEN 'attachments' THEN ' WHERE table_name(r.ticket_table) IS NOT NULL' ELSE '' END;
END $$;
COMMENT ON FUNCTION section_rows(text) IS 'The rows that a section has here; attachments of tables that are gone are none.';

CREATE FUNCTION key_of(given jsonb, keys text[])
RETURNS text
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
	SELECT jsonb_agg(fold_name(given->>k.name) ORDER BY k.n)::text FROM unnest(keys) WITH ORDINALITY k (name, n);
END;
COMMENT ON FUNCTION key_of(jsonb, text[]) IS 'What tells a row from others, letters'' case apart.';

CREATE FUNCTION name_of(given jsonb, keys text[])
RETURNS text
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
	SELECT left(string_agg(given->>k.name, ', ' ORDER BY k.n) FILTER (WHERE given->>k.name <> '(,)'), 1000) FROM unnest(keys) WITH ORDINALITY k (name, n);
END;
COMMENT ON FUNCTION name_of(jsonb, text[]) IS 'What a report calls a row.';

CREATE FUNCTION without_nulls(given jsonb, kept text)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
	SELECT coalesce(jsonb_object_agg(f.key, f.value) FILTER (WHERE f.value <> 'null' OR f.key = kept), '{}') FROM jsonb_each(given) f;
END;
COMMENT ON FUNCTION without_nulls(jsonb, text) IS 'A row without the columns that are null, but for one.';

CREATE FUNCTION @extschema@.slt_export()
RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET quote_all_identifiers = off
AS $$
DECLARE
	document jsonb := jsonb_build_object('policy_version', 1, 'fingerprint', fingerprint());
	part record;
	found jsonb;
BEGIN
	FOR part IN SELECT c.section, s.keys FROM document_columns c CROSS JOIN LATERAL shape(c.section) s GROUP BY c.n, c.section, s.keys ORDER BY c.n LOOP
		-- since when tickets are announced is another matter on each server, but that they always are is not
		SELECT coalesce(jsonb_agg(without_nulls(CASE WHEN r->'announce_from' <> 'null' THEN r - 'announce_from' ELSE r END, 'announce_from')
								  ORDER BY key_of(r, part.keys) COLLATE "C"), '[]')
		INTO found FROM section_rows(part.section) r;
		document := document || jsonb_build_object(part.section, found);
	END LOOP;
	RETURN document;
END $$;
COMMENT ON FUNCTION @extschema@.slt_export() IS
'The policy as a document, for version control and for slt_import() elsewhere: calendars, holidays and their lists, contracts, severities, metrics, targets, request kinds, channels, services, experiences and attachments. Two servers with one policy export the same. Needs SELECT on these tables.';

-- what two servers must have alike -------------------------------------------------------------------------------

CREATE FUNCTION zone_changes(zone text)
RETURNS text
AS 'MODULE_PATHNAME', 'slt_zone_changes'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION zone_changes(text) IS 'The offsets from UTC that this server knows of a time zone, from 1900 to 2200; null for a zone that it does not know.';

CREATE FUNCTION essence(during tstzrange)
RETURNS tstzrange
LANGUAGE sql IMMUTABLE STRICT
BEGIN ATOMIC
	SELECT tstzrange(nullif(lower(during), '-infinity') + CASE WHEN lower_inc(during) THEN interval '0' ELSE '1 us' END,
					 nullif(upper(during), 'infinity') + CASE WHEN upper_inc(during) THEN interval '1 us' ELSE '0' END);
END;
COMMENT ON FUNCTION essence(tstzrange) IS 'A range of time as one writes it that has the same microseconds.';

CREATE FUNCTION essence(numbers numeric[])
RETURNS numeric[]
LANGUAGE sql IMMUTABLE STRICT
BEGIN ATOMIC
	SELECT array_agg(trim_scale(n) ORDER BY n) FROM unnest(numbers) n;
END;
COMMENT ON FUNCTION essence(numeric[]) IS 'Numbers in order, without zeros at their ends.';

CREATE FUNCTION zones_used()
RETURNS TABLE (zone text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	-- a zone stands where a calendar, or one that it is put together from, begins
	SELECT DISTINCT m.zone[1]
	FROM (SELECT c.calendar::text FROM @extschema@.slt_calendars c
		  UNION ALL SELECT s.maintenance_window::text FROM @extschema@.slt_services s UNION ALL SELECT s.service_hours::text FROM @extschema@.slt_services s
		  UNION ALL SELECT s.time_zone || ' ' FROM @extschema@.slt_services s) t (calendar)
	CROSS JOIN LATERAL regexp_matches(regexp_replace(t.calendar, '"[^"]*"', '', 'g'), '(?:^|\()([^ ()]+) ', 'g') m (zone);
END;
COMMENT ON FUNCTION zones_used() IS 'The time zones of the policy.';

CREATE FUNCTION policy_facts()
RETURNS TABLE (what text, fact jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	-- a calendar is as functions see it: it does not matter by which lists it has its holidays
	SELECT 'calendar', jsonb_build_object('name', c.name, 'calendar', @extschema@.slt_calendar(c.name)) FROM @extschema@.slt_calendars c
	UNION ALL SELECT 'zone', jsonb_build_object('name', z.zone, 'changes', zone_changes(z.zone)) FROM zones_used() z
	UNION ALL SELECT 'contract', to_jsonb(c) FROM @extschema@.slt_contracts c
	UNION ALL SELECT 'severity', to_jsonb(s) FROM @extschema@.slt_severities s
	UNION ALL SELECT 'metric', to_jsonb(m) FROM @extschema@.slt_metrics m
	UNION ALL SELECT 'target', to_jsonb(t) || jsonb_build_object('during', essence(t.during), 'steps', essence(t.steps), 'calendar', coalesce(t.calendar, c.calendar), 'pausable', coalesce(t.pausable, m.pausable))
	FROM @extschema@.slt_targets t JOIN @extschema@.slt_contracts c ON c.name = t.contract JOIN @extschema@.slt_metrics m ON m.name = t.metric
	UNION ALL SELECT 'kind', to_jsonb(k) FROM @extschema@.slt_request_kinds k
	UNION ALL SELECT 'service', to_jsonb(s) || jsonb_build_object('weekly_downtime_aim', justify_hours(s.weekly_downtime_aim)) FROM @extschema@.slt_services s
	UNION ALL SELECT 'experience', to_jsonb(e) || jsonb_build_object('max_latency', justify_hours(e.max_latency), 'report_within', justify_hours(e.report_within), 'late_by', justify_hours(e.late_by))
	FROM @extschema@.slt_experiences e;
END;
REVOKE ALL ON FUNCTION policy_facts() FROM PUBLIC;
COMMENT ON FUNCTION policy_facts() IS 'All that answers depend on, each value written in one way.';

CREATE FUNCTION fingerprint()
RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET slt.as_of = ''
BEGIN ATOMIC
	-- what only people read is left out
	SELECT encode(sha256(coalesce(string_agg(h.hash, '' ORDER BY h.hash), '')), 'hex')
	FROM (SELECT sha256(convert_to(jsonb_build_array(p.what, (
			SELECT jsonb_object_agg(f.key, CASE jsonb_typeof(f.value) WHEN 'number' THEN to_jsonb(trim_scale((f.value #>> '{}')::numeric)) ELSE f.value END)
			FROM jsonb_each(p.fact - '{note,definition,description,plan,group_name,shipped,recorded,recorded_since,recorded_until}'::text[]) f))::text, 'UTF8')) AS hash
		  FROM policy_facts() p) h;
END;
COMMENT ON FUNCTION fingerprint() IS 'slt_policy_fingerprint().';

CREATE FUNCTION @extschema@.slt_policy_fingerprint()
RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT fingerprint();
END;
COMMENT ON FUNCTION @extschema@.slt_policy_fingerprint() IS
'A hash of all in the policy that answers depend on, so that two servers have the same if they answer alike. The order of rows, other spellings of a value, notes and other words for people, and attachments are not in it; names, holidays and their names, and what the server''s time zone data says of the zones used, are.';

-- reading a document ---------------------------------------------------------------------------------------------

CREATE FUNCTION refuse(path text, state text, message text, detail text, hint text)
RETURNS void
LANGUAGE sql
BEGIN ATOMIC
	SELECT fail(state, concat_ws(': ', nullif(path, ''), message), coalesce(detail, ''), coalesce(hint, ''));
END;
COMMENT ON FUNCTION refuse(text, text, text, text, text) IS 'Raises what is wrong with a place in a document.';

CREATE FUNCTION json_type(type regtype)
RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT CASE WHEN t.typelem <> 0 AND t.typcategory = 'A' THEN 'array' WHEN t.typcategory = 'B' THEN 'boolean' WHEN t.typcategory = 'N' AND t.oid <> 'regclass'::regtype THEN 'number'
		WHEN t.oid = 'jsonb'::regtype THEN 'object' ELSE 'string' END
	FROM pg_type t WHERE t.oid = $1;
END;
COMMENT ON FUNCTION json_type(regtype) IS 'As what JSON has the values of a type; an array will do where an object does.';

CREATE FUNCTION shape_problem(document jsonb, OUT path text, OUT message text, OUT hint text)
RETURNS record
LANGUAGE sql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
BEGIN ATOMIC
	WITH sections AS (SELECT c.section, max(c.n) AS n FROM document_columns c GROUP BY c.section),
	known AS (SELECT c.section, string_agg(c.name, ', ' ORDER BY c.attnum) AS names FROM document_columns c GROUP BY c.section),
	parts AS (SELECT s.section, s.n, document->s.section AS rows FROM sections s WHERE document ? s.section),
	items AS (SELECT p.section, p.n, i.row, i.i FROM parts p CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(p.rows) WHEN 'array' THEN p.rows END) WITH ORDINALITY i (row, i)),
	fields AS (SELECT i.section, i.n, i.i, f.key, jsonb_typeof(f.value) AS is, json_type(c.type) AS should, c.name IS NOT NULL AS known,
					  jsonb_typeof(f.value) = 'array' AND json_type(c.type) = 'array' AND jsonb_path_exists(f.value, CASE c.type WHEN 'numeric[]'::regtype THEN 'strict $[*] ? (@.type() != "number")' ELSE 'strict $[*] ? (@.type() != "string")' END::jsonpath) AS mixed
			   FROM items i CROSS JOIN LATERAL jsonb_each(CASE jsonb_typeof(i.row) WHEN 'object' THEN i.row END) f (key, value) LEFT JOIN document_columns c ON c.section = i.section AND c.name = f.key)
	SELECT x.path, x.message, x.hint FROM (
		SELECT 0 AS n, 0 AS i, '' AS path, format('unknown key "%s"', left(k.key, 100)) AS message,
			   format('Sections are %s.', (SELECT string_agg(s.section, ', ' ORDER BY s.n) FROM sections s)) AS hint
		FROM jsonb_object_keys(document) k (key) WHERE k.key NOT IN (SELECT s.section FROM sections s) AND k.key NOT IN ('policy_version', 'fingerprint')
		UNION ALL
		SELECT p.n, 0, p.section, format('must be of type array, not %s', jsonb_typeof(p.rows)), 'A section is an array of rows.' FROM parts p WHERE jsonb_typeof(p.rows) <> 'array'
		UNION ALL
		SELECT i.n, i.i, format('%s[%s]', i.section, i.i - 1), format('must be of type object, not %s', jsonb_typeof(i.row)), format('Its keys are %s.', k.names)
		FROM items i JOIN known k ON k.section = i.section WHERE jsonb_typeof(i.row) <> 'object'
		UNION ALL
		SELECT f.n, f.i, format('%s[%s]', f.section, f.i - 1), format('unknown key "%s"', left(f.key, 100)), format('Keys are %s.', k.names)
		FROM fields f JOIN known k ON k.section = f.section WHERE NOT f.known
		UNION ALL
		SELECT f.n, f.i, format('%s[%s].%s', f.section, f.i - 1, f.key), CASE WHEN f.mixed THEN 'has an element of another type' ELSE format('must be of type %s, not %s', f.should, f.is) END, ''
		FROM fields f WHERE f.mixed OR f.is NOT IN (f.should, 'null') AND NOT (f.should = 'object' AND f.is = 'array')
		ORDER BY 1, 2, 3 LIMIT 1
	) x;
END;
COMMENT ON FUNCTION shape_problem(jsonb) IS 'The first thing that a document has and that no table has a place for; null if there is none.';

CREATE FUNCTION check_shape(document jsonb)
RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	version CONSTANT jsonb := document->'policy_version';
	problem record;
BEGIN
	IF document IS NULL OR jsonb_typeof(document) <> 'object' OR version IS NULL THEN
		PERFORM refuse('', '22023', 'this is no document of a policy', NULL, 'It is an object with the key "policy_version", as slt_export() returns it.');
	ELSIF jsonb_typeof(version) = 'number' AND version::numeric > 1 THEN
		PERFORM refuse('policy_version', '0A000', format('the document is of version %s, and version 1 is what this release of slt reads', left(version::text, 100)), NULL,
					   'Export it from the same release, or install the later one here.');
	ELSIF version <> '1' THEN
		PERFORM refuse('policy_version', '22023', 'must be 1', NULL, NULL);
	ELSIF coalesce(jsonb_typeof(document->'fingerprint'), 'null') NOT IN ('string', 'null') THEN
		PERFORM refuse('fingerprint', '22023', 'must be a string', NULL, NULL);
	END IF;
	SELECT p.* INTO problem FROM shape_problem(document) p;
	IF problem.path IS NOT NULL THEN
		PERFORM refuse(problem.path, '22023', problem.message, NULL, problem.hint);
	END IF;
END $$;
COMMENT ON FUNCTION check_shape(jsonb) IS 'Error 22023 for what is no document of a policy, 0A000 for one of a later release.';

CREATE FUNCTION first_refused(command text, given jsonb, OUT n int, OUT state text, OUT fact text, OUT more text, OUT advice text, OUT violated text, OUT col text)
RETURNS record
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET quote_all_identifiers = off
AS $$
DECLARE
	good int := 0;
	tried int := jsonb_array_length(given);
BEGIN
	LOOP
		BEGIN
			EXECUTE command USING (SELECT jsonb_agg(e.value ORDER BY e.n) FROM jsonb_array_elements(given) WITH ORDINALITY e (value, n) WHERE e.n <= tried);
			RAISE EXCEPTION USING ERRCODE = 'SLT00', MESSAGE = 'taken back';
		EXCEPTION
			WHEN SQLSTATE 'SLT00' THEN
				good := tried;
			WHEN OTHERS THEN
				n := tried - 1;
				GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, fact = MESSAGE_TEXT, more = PG_EXCEPTION_DETAIL, advice = PG_EXCEPTION_HINT, violated = CONSTRAINT_NAME, col = COLUMN_NAME;
		END;
		EXIT WHEN n IS NULL OR n = good;
		tried := (good + n + 1) / 2;
	END LOOP;
END $$;
COMMENT ON FUNCTION first_refused(text, jsonb) IS 'Which element, counted from 0, makes a command fail that takes an array, and how; null if none does. It is found by halves, and all is taken back.';

CREATE FUNCTION read_rows(section text, given jsonb)
RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	s record := shape(section);
	command CONSTANT text := format('SELECT jsonb_agg(to_jsonb(r) ORDER BY d.n) FROM jsonb_array_elements($1) WITH ORDINALITY d (row, n)
		CROSS JOIN LATERAL jsonb_populate_record(NULL::%s, %L || d.row) t CROSS JOIN LATERAL (SELECT %s) r', s.rel, s.fallbacks,
		(SELECT string_agg(format('t.%I', c.name), ', ' ORDER BY c.attnum) FROM document_columns c WHERE c.section = read_rows.section));
	typed jsonb;
	refused record;
	field record;
	col text;
BEGIN
	EXECUTE command INTO typed USING given;
	RETURN coalesce(typed, '[]');
EXCEPTION WHEN OTHERS THEN
	refused := first_refused(command, given);
	IF refused.n IS NULL THEN
		RAISE;
	END IF;
	FOR col IN SELECT jsonb_object_keys(given->refused.n) LOOP
		field := first_refused(command, jsonb_build_array(jsonb_build_object(col, given->refused.n->col)));
		IF field.n IS NOT NULL THEN
			PERFORM refuse(format('%s[%s].%s', section, refused.n, col), field.state, field.fact, field.more, field.advice);
		END IF;
	END LOOP;
	PERFORM refuse(format('%s[%s]', section, refused.n), refused.state, refused.fact, refused.more, refused.advice);
END $$;
COMMENT ON FUNCTION read_rows(text, jsonb) IS 'Rows of a section as their table has them, with its defaults; raises what a column cannot be, with its place.';

CREATE FUNCTION check_rows(wanted jsonb)
RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	part record;
	problem record;
BEGIN
	FOR part IN SELECT p.section, p.rows, s.keys FROM jsonb_each(wanted) p (section, rows) CROSS JOIN LATERAL shape(p.section) s LOOP
		SELECT min(e.n) AS first, max(e.n) AS last INTO problem FROM jsonb_array_elements(part.rows) WITH ORDINALITY e (row, n)
		GROUP BY key_of(e.row, part.keys) HAVING count(*) > 1 ORDER BY 2 LIMIT 1;
		IF FOUND THEN
			PERFORM refuse(format('%s[%s]', part.section, problem.last - 1), '23505', format('is the same row as %s[%s]', part.section, problem.first - 1),
						   format('A row is known by its %s.', array_to_string(part.keys, ', ')), NULL);
		END IF;
		SELECT e.n, c.name INTO problem FROM document_columns c JOIN pg_attribute a ON a.attrelid = c.rel AND a.attnum = c.attnum AND a.attnotnull
		CROSS JOIN LATERAL jsonb_array_elements(part.rows) WITH ORDINALITY e (row, n) WHERE c.section = part.section AND e.row->c.name = 'null' ORDER BY e.n, c.attnum LIMIT 1;
		IF FOUND THEN
			PERFORM refuse(format('%s[%s].%s', part.section, problem.n - 1, problem.name), '23502', 'must be given, and not null', NULL, NULL);
		END IF;
	END LOOP;
	-- what would go by ON DELETE CASCADE at the end must not be there at all
	FOR part IN
		SELECT c.section, c.name, p.section AS named, p.name AS named_by FROM pg_constraint k
		JOIN document_columns c ON c.rel = k.conrelid AND c.attnum = k.conkey[1] JOIN document_columns p ON p.rel = k.confrelid AND p.attnum = k.confkey[1]
		WHERE k.contype = 'f' AND cardinality(k.conkey) = 1 AND wanted ? c.section AND wanted ? p.section ORDER BY c.n, c.attnum
	LOOP
		SELECT e.n, e.row->>part.name AS name INTO problem FROM jsonb_array_elements(wanted->part.section) WITH ORDINALITY e (row, n)
		WHERE e.row->>part.name NOT IN (SELECT coalesce(p.row->>part.named_by, '') FROM jsonb_array_elements(wanted->part.named) p (row)) ORDER BY 1 LIMIT 1;
		IF FOUND THEN
			PERFORM refuse(format('%s[%s].%s', part.section, problem.n - 1, part.name), '23503', format('"%s" is not in "%s"', left(problem.name, 100), part.named),
						   NULL, 'Name a row of that section, as it is spelled there.');
		END IF;
	END LOOP;
END $$;
COMMENT ON FUNCTION check_rows(jsonb) IS 'Error 23505 for a row that a document has twice, 23502 for one without what it must have, 23503 for one that names a row which the document has not.';

CREATE FUNCTION told_change(change jsonb, OUT before jsonb, OUT after jsonb)
RETURNS record
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
	-- of a row that is changed, what is not the same
	SELECT jsonb_object_agg(k.key, b.value) FILTER (WHERE change->>'change' = 'changed' OR b.value <> 'null'),
		   jsonb_object_agg(k.key, a.value) FILTER (WHERE change->>'change' = 'changed' OR a.value <> 'null')
	FROM jsonb_object_keys(coalesce(nullif(change->'after', 'null'), change->'before')) k (key)
	CROSS JOIN LATERAL (SELECT change->'before'->k.key AS value) b CROSS JOIN LATERAL (SELECT change->'after'->k.key AS value) a
	WHERE b.value IS DISTINCT FROM a.value;
END;
COMMENT ON FUNCTION told_change(jsonb) IS 'What a report shows of a change.';

-- changing the policy --------------------------------------------------------------------------------------------

CREATE FUNCTION section_changes(section text, wanted jsonb)
RETURNS TABLE (n bigint, name text, change text, before jsonb, after jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	WITH s AS (SELECT x.keys FROM shape(section) x),
	old AS MATERIALIZED (SELECT key_of(r.row, s.keys) AS key, r.row, s.keys FROM s CROSS JOIN LATERAL section_rows(section) r (row)),
	new AS MATERIALIZED (SELECT key_of(w.row, s.keys) AS key, w.row, w.n, s.keys FROM s CROSS JOIN LATERAL jsonb_array_elements(wanted) WITH ORDINALITY w (row, n))
	SELECT w.n, name_of(coalesce(w.row, o.row), coalesce(w.keys, o.keys)), CASE WHEN o.row IS NULL THEN 'added' WHEN w.row IS NULL THEN 'removed' ELSE 'changed' END, o.row, w.row
	FROM old o FULL JOIN new w ON w.key = o.key
	WHERE o.row IS DISTINCT FROM w.row
	ORDER BY w.n, coalesce(w.key, o.key) COLLATE "C";
END;
COMMENT ON FUNCTION section_changes(text, jsonb) IS 'In what a section of a document differs from the table: rows before and after, and the number in the document.';

CREATE FUNCTION change_command(section text, change text)
RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	s record := shape(section);
	changes CONSTANT text := 'jsonb_array_elements($1) WITH ORDINALITY c (c, n)';
	matches CONSTANT text := (SELECT string_agg(format('t.%I = o.%1$I', k.k), ' AND ') FROM unnest(s.keys) k);
	befores CONSTANT text := format('%s CROSS JOIN LATERAL jsonb_populate_record(NULL::%s, c.c->''before'') o', changes, s.rel);
	afters CONSTANT text := format('CROSS JOIN LATERAL jsonb_populate_record(NULL::%s, c.c->''after'') w', s.rel);
BEGIN
	RETURN CASE
		WHEN section = 'attachments' AND change = 'removed' THEN format('SELECT detach(o.ticket_table, true) FROM %s', befores)
		WHEN section = 'attachments' THEN format('SELECT attach(w) FROM %s CROSS JOIN LATERAL jsonb_populate_record(NULL::attachments, c.c->''after'') w', changes)
		WHEN change = 'removed' THEN format('DELETE FROM %s t USING %s WHERE %s', s.rel, befores, matches)
		WHEN change = 'added' THEN format('INSERT INTO %s (%s) SELECT %2$s FROM %s %s ORDER BY c.n', s.rel, s.columns, changes, afters)
		ELSE format('UPDATE %s t SET (%s) = ROW(%s) FROM %s %s WHERE %s', s.rel, s.columns,
					(SELECT string_agg(format('w.%I', c.name), ', ' ORDER BY c.attnum) FROM document_columns c WHERE c.section = change_command.section), befores, afters, matches)
	END;
END $$;
COMMENT ON FUNCTION change_command(text, text) IS 'The command that adds, changes or removes rows of a section, which it takes as an array of objects with before and after.';

CREATE FUNCTION apply_changes(section text, change text, changes jsonb)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	command CONSTANT text := change_command(section, change);
	refused record;
	col text;
BEGIN
	IF changes IS NOT NULL THEN
		EXECUTE command USING changes;
	END IF;
EXCEPTION WHEN OTHERS THEN
	refused := first_refused(command, changes);
	IF refused.n IS NULL THEN
		RAISE;
	ELSIF change = 'removed' THEN
		PERFORM refuse(section, refused.state, format('"%s" cannot be removed: %s', left(changes->refused.n->>'name', 100), refused.fact), refused.more, refused.advice);
	END IF;
	SELECT max(c.name) INTO col FROM document_columns c LEFT JOIN pg_constraint k ON k.conrelid = c.rel AND k.conname = refused.violated
	WHERE c.section = apply_changes.section AND (c.name = refused.col OR k.conkey = ARRAY[c.attnum]);
	PERFORM refuse(format('%s[%s]', section, (changes->refused.n->>'n')::bigint - 1) || coalesce('.' || col, ''), refused.state, refused.fact, refused.more, refused.advice);
END $$;
COMMENT ON FUNCTION apply_changes(text, text, jsonb) IS 'Adds, changes or removes rows of a section; what is refused is raised with its place in the document.';

CREATE FUNCTION check_nothing_is_lost(section text, changes jsonb)
RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	s record := shape(section);
	referring record;
	name text;
BEGIN
	FOR referring IN SELECT * FROM config_references x WHERE x.cascades AND x.config = s.rel AND x.rel NOT IN (SELECT c.rel FROM document_columns c)
	LOOP
		EXECUTE format('SELECT e->>''name'' FROM jsonb_array_elements($1) e CROSS JOIN LATERAL jsonb_populate_record(NULL::%s, e->''before'') c WHERE EXISTS (SELECT FROM %s r WHERE %s) LIMIT 1',
					   s.rel, referring.rel, referring.matches) INTO name USING changes;
		IF name IS NOT NULL THEN
			PERFORM refuse(section, '23503', format('"%s" cannot be removed, as it is in use', left(name, 100)), format('Rows of table "%s" are of it, and would go with it.', (SELECT c.relname FROM pg_class c WHERE c.oid = referring.rel)), 'Keep it in the document.');
		END IF;
	END LOOP;
END $$;
COMMENT ON FUNCTION check_nothing_is_lost(text, jsonb) IS 'Error 23503 if rows that are no policy would be deleted with rows of a section.';

CREATE FUNCTION remove_rows(section text, wanted jsonb)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	changes jsonb := (SELECT jsonb_agg(to_jsonb(c)) FROM section_changes(section, wanted) c WHERE c.change = 'removed');
BEGIN
	PERFORM check_nothing_is_lost(section, changes);
	PERFORM apply_changes(section, 'removed', changes);
END $$;
COMMENT ON FUNCTION remove_rows(text, jsonb) IS 'Removes what a section of a document has not.';

CREATE FUNCTION write_rows(section text, wanted jsonb)
RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	changes jsonb := (SELECT jsonb_agg(to_jsonb(c)) FROM section_changes(section, wanted) c);
BEGIN
	-- another target may take the time of one that goes, and another severity its label
	IF section = 'targets' THEN
		PERFORM remove_rows(section, wanted);
	ELSIF section = 'severities' THEN
		UPDATE severities s SET label = NULL FROM jsonb_array_elements(wanted) w WHERE fold_name(s.label) = fold_name(w->>'label') AND fold_name(s.code) <> fold_name(w->>'code');
	END IF;
	PERFORM apply_changes(section, c.c->>'change', jsonb_agg(c.c ORDER BY c.n)) FROM jsonb_array_elements(changes) WITH ORDINALITY c (c, n)
	WHERE c.c->>'change' <> 'removed' GROUP BY c.c->>'change' ORDER BY c.c->>'change';
	RETURN changes;
END $$;
COMMENT ON FUNCTION write_rows(text, jsonb) IS 'Adds and changes the rows of a section, and returns all changes of it.';

CREATE FUNCTION keep_announcing(document jsonb)
RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT jsonb_agg(CASE WHEN d.row ? 'announce_from' THEN d.row ELSE d.row || jsonb_build_object('announce_from', coalesce(
		(SELECT r->'announce_from' FROM section_rows('attachments') r WHERE r->>'name' = d.row->>'name'), to_jsonb(now()))) END ORDER BY d.n)
	FROM jsonb_array_elements(document->'attachments') WITH ORDINALITY d (row, n);
END;
COMMENT ON FUNCTION keep_announcing(jsonb) IS 'The attachments of a document, which announce from when they do here, or from now on, where it does not say so.';

CREATE FUNCTION pin_attachments(document jsonb)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	there CONSTANT text := document->>'fingerprint';
	here CONSTANT text := CASE WHEN there IS NOT NULL THEN fingerprint() END;
BEGIN
	IF document ? 'attachments' THEN
		UPDATE attachments a SET fingerprint = there
		WHERE a.fingerprint IS DISTINCT FROM there AND a.name IN (SELECT r->>'name' FROM jsonb_array_elements(document->'attachments') r);
	END IF;
	IF here <> there THEN
		RAISE WARNING USING MESSAGE = 'the policy is another than that of which the document is', DETAIL = format('Its fingerprint is %s here, and %s in the document.', here, left(there, 100)),
			HINT = 'If the document was edited by hand, take "fingerprint" out of it. Else compare sections that it leaves out, and the time zone data of the two servers.';
	END IF;
END $$;
COMMENT ON FUNCTION pin_attachments(jsonb) IS 'Notes with attachments which policy they came with, and warns if that is not the one that is here now.';

CREATE FUNCTION import_policy(document jsonb)
RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	sections CONSTANT text[] := ARRAY(SELECT c.section FROM document_columns c WHERE document ? c.section GROUP BY c.section ORDER BY max(c.n));
	part text;
	wanted jsonb := '{}';
	report jsonb := '{}';
BEGIN
	FOREACH part IN ARRAY sections LOOP
		IF part <> 'attachments' THEN
			EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', (shape(part)).rel);
		END IF;
	END LOOP;
	FOREACH part IN ARRAY sections LOOP
		wanted := wanted || jsonb_build_object(part, read_rows(part, CASE part WHEN 'attachments' THEN coalesce(keep_announcing(document), '[]') ELSE document->part END));
	END LOOP;
	PERFORM check_rows(wanted);
	FOREACH part IN ARRAY sections LOOP
		report := report || jsonb_build_object(part, coalesce(write_rows(part, wanted->part), '[]'));
	END LOOP;
	FOR part IN SELECT x.s FROM unnest(sections) WITH ORDINALITY x (s, n) ORDER BY x.n DESC LOOP
		PERFORM remove_rows(part, wanted->part);
	END LOOP;
	PERFORM pin_attachments(document);
	RETURN report;
END $$;
COMMENT ON FUNCTION import_policy(jsonb) IS 'slt_import() of a document whose shape was checked; returns the changes by section.';

CREATE FUNCTION @extschema@.slt_import(document jsonb, dry_run boolean DEFAULT false, OUT section text, OUT name text, OUT change text, OUT before jsonb, OUT after jsonb)
RETURNS SETOF record
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET quote_all_identifiers = off
AS $$
DECLARE
	report jsonb;
	attached record;
BEGIN
	PERFORM check_shape(document);
	BEGIN
		report := import_policy(document);
		IF dry_run IS DISTINCT FROM false THEN
			RAISE EXCEPTION USING ERRCODE = 'SLT00', MESSAGE = 'taken back';
		END IF;
	EXCEPTION WHEN SQLSTATE 'SLT00' THEN
		NULL;
	END;
	FOR section, name, change, before, after IN
		SELECT s.section, c->>'name', c->>'change', r.before, r.after
		FROM (SELECT c.section, max(c.n) AS n FROM document_columns c GROUP BY c.section) s
		CROSS JOIN LATERAL jsonb_array_elements(report->s.section) WITH ORDINALITY x (c, i)
		CROSS JOIN LATERAL told_change(c) r
		ORDER BY s.n, x.i
	LOOP
		RETURN NEXT;
		IF section = 'attachments' AND change <> 'removed' AND dry_run IS NOT DISTINCT FROM false THEN
			SELECT a.ticket_table INTO attached FROM attachments a WHERE a.name = slt_import.name;
			RAISE NOTICE USING MESSAGE = format('table %s was attached', quoted_table(attached.ticket_table)), HINT = E'Run next:\n' || what_next(attached.ticket_table);
		END IF;
	END LOOP;
END $$;
COMMENT ON FUNCTION @extschema@.slt_import(jsonb, boolean) IS
'Makes the policy what a document of slt_export() says, whole or not at all: rows that it has not are removed, sections that it has not are left alone. Returns what changes, a row each: its section and name, whether it is added, changed or removed, and the columns before and after. With dry_run it only tells. What a table or slt_attach() refuses is raised with the place in the document, such as targets[3].amount; 22023 for what is no document, 0A000 for one of a later release. Needs the rights on the tables. Others wait who edit the policy meanwhile.';
