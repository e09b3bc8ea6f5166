SET LOCAL search_path = @extschema@, pg_temp;

-- tickets: SLA columns on tables that exist ----------------------------------------------------------------------

CREATE TABLE slt_attachments (
	ticket_table regclass PRIMARY KEY,
	key text,
	opened_at text NOT NULL,
	severity text,
	severity_value text,
	severity_of text,
	severity_map jsonb,
	contract text,
	contract_value text,
	contract_of text,
	contract_map jsonb,
	request_kind text,
	request_kind_of text,
	request_kind_map jsonb,
	done_at jsonb NOT NULL,
	status text,
	status_of text,
	paused_when text[] NOT NULL,
	changed_at text,
	time_zone text NOT NULL,
	unset timestamptz,
	prefix text NOT NULL,
	on_unknown text NOT NULL CONSTRAINT slt_attachments_on_unknown_is_warn_or_error CHECK (on_unknown OPERATOR(pg_catalog.~) '^(warn|error)$'),
	metrics text[] NOT NULL,
	own_columns jsonb NOT NULL,
	column_numbers jsonb,
	numbers_of oid NOT NULL,
	search_path text NOT NULL,
	name text,
	announce_from timestamptz
);
COMMENT ON TABLE slt_attachments IS 'The ticket tables that slt_attach() has given SLA columns, and where in them the facts are. Written by slt_attach() and slt_detach().';
COMMENT ON COLUMN slt_attachments.ticket_table IS 'The table.';
COMMENT ON COLUMN slt_attachments.key IS 'The column that tells tickets apart; null for the primary key.';
COMMENT ON COLUMN slt_attachments.opened_at IS 'The column that says when a ticket was opened.';
COMMENT ON COLUMN slt_attachments.severity IS 'The column with the severity, if it is a column.';
COMMENT ON COLUMN slt_attachments.severity_value IS 'The severity of all tickets, if it is a constant.';
COMMENT ON COLUMN slt_attachments.severity_of IS 'The function of the row that returns the severity, if it is a function.';
COMMENT ON COLUMN slt_attachments.severity_map IS 'What the application''s codes mean: a JSON object from codes, thresholds such as ">=80", or "*" for the rest, to severities; null there means that no deadline is owed.';
COMMENT ON COLUMN slt_attachments.contract IS 'The column with the contract, if it is a column.';
COMMENT ON COLUMN slt_attachments.contract_value IS 'The contract of all tickets, if it is a constant.';
COMMENT ON COLUMN slt_attachments.contract_of IS 'The function of the row that returns the contract, if it is a function.';
COMMENT ON COLUMN slt_attachments.contract_map IS 'What the application''s codes mean: a JSON object like severity_map, to contracts.';
COMMENT ON COLUMN slt_attachments.request_kind IS 'The column with the kind of request, if scope matters and it is a column.';
COMMENT ON COLUMN slt_attachments.request_kind_of IS 'The function of the row that returns the kind of request, if it is a function.';
COMMENT ON COLUMN slt_attachments.request_kind_map IS 'What the application''s codes mean: a JSON object like severity_map, to kinds of slt_request_kinds.';
COMMENT ON COLUMN slt_attachments.done_at IS 'For each metric the column that says when it was done, or a function of the row, written with (): a JSON object.';
COMMENT ON COLUMN slt_attachments.status IS 'The column with the status, if it is a column.';
COMMENT ON COLUMN slt_attachments.status_of IS 'The function of the row that returns the status, if it is a function.';
COMMENT ON COLUMN slt_attachments.paused_when IS 'The statuses in which the clock stands still.';
COMMENT ON COLUMN slt_attachments.changed_at IS 'The column that says when the row was last changed; null if the transaction''s time does.';
COMMENT ON COLUMN slt_attachments.time_zone IS 'The zone of columns that have none.';
COMMENT ON COLUMN slt_attachments.unset IS 'The instant that means "not yet" in the application; null if that is null.';
COMMENT ON COLUMN slt_attachments.prefix IS 'What the names of the added columns begin with.';
COMMENT ON COLUMN slt_attachments.on_unknown IS 'What happens to a row whose severity, contract or kind the policy does not know: warn, and it is written without deadlines; or error.';
COMMENT ON COLUMN slt_attachments.metrics IS 'The metrics that have columns.';
COMMENT ON COLUMN slt_attachments.own_columns IS 'What the added columns are called: a JSON object from their names without prefix.';
COMMENT ON COLUMN slt_attachments.column_numbers IS 'The attribute numbers of all these columns, by which they are found when they were renamed.';
COMMENT ON COLUMN slt_attachments.numbers_of IS 'The OID of the table that the numbers are of; a restored table has another one, and goes by names.';
COMMENT ON COLUMN slt_attachments.search_path IS 'The search path by which functions of the row find what they use: that of whoever attached the table.';
SELECT pg_catalog.pg_extension_config_dump('slt_attachments', '');

CREATE TABLE slt_related (
	related_table regclass,
	ticket_table regclass,
	ticket text NOT NULL,
	key text NOT NULL,
	only_when jsonb,
	PRIMARY KEY (related_table, ticket_table)
);
COMMENT ON TABLE slt_related IS 'Tables that say something about the tickets of another, such as a severity in a custom field. Written by slt_attach_related() and slt_detach_related().';
COMMENT ON COLUMN slt_related.related_table IS 'The table that says something.';
COMMENT ON COLUMN slt_related.ticket_table IS 'The ticket table, which is attached itself.';
COMMENT ON COLUMN slt_related.ticket IS 'The column of the related table that says which ticket a row is about.';
COMMENT ON COLUMN slt_related.key IS 'The column of the ticket table that this refers to.';
COMMENT ON COLUMN slt_related.only_when IS 'The values that rows about tickets have: a JSON object of columns and texts; null if every row is about one.';
SELECT pg_catalog.pg_extension_config_dump('slt_related', '');

CREATE FUNCTION slt_check_owner()
RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	tables oid[] := '{}';
	rel oid;
BEGIN
	IF TG_OP <> 'INSERT' THEN
		tables := tables || OLD.ticket_table::oid;
		IF TG_TABLE_NAME = 'slt_related' THEN
			tables := tables || OLD.related_table::oid;
		END IF;
	END IF;
	IF TG_OP <> 'DELETE' THEN
		tables := tables || NEW.ticket_table::oid;
		IF TG_TABLE_NAME = 'slt_related' THEN
			tables := tables || NEW.related_table::oid;
		END IF;
	END IF;
	FOREACH rel IN ARRAY tables LOOP
		-- a table that is gone may be taken out by anyone, and put in by a superuser, who restores a dump: its OID may become that of another
		IF NOT coalesce((SELECT pg_has_role(c.relowner, 'USAGE') FROM pg_class c WHERE c.oid = rel),
						TG_OP = 'DELETE' OR (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user)) THEN
			RAISE insufficient_privilege USING MESSAGE = format('must be owner of table %s', coalesce((SELECT c.relname::text FROM pg_class c WHERE c.oid = rel), rel::text)),
				DETAIL = format('A row of %s decides what is written into that table, and what runs when it is.', TG_TABLE_NAME);
		END IF;
	END LOOP;
	RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
COMMENT ON FUNCTION slt_check_owner() IS 'Trigger of slt_attachments and slt_related: error 42501 for a row about a table that the current user does not own.';

CREATE FUNCTION slt_stamp()
RETURNS trigger
AS 'MODULE_PATHNAME', 'slt_stamp'
LANGUAGE c;
COMMENT ON FUNCTION slt_stamp() IS 'Trigger of ticket tables, made by slt_attach(): writes the deadlines into each row, and follows its pauses. A row that cannot be stamped is written all the same, with a warning.';

CREATE FUNCTION slt_stamp_related()
RETURNS trigger
AS 'MODULE_PATHNAME', 'slt_stamp_related'
LANGUAGE c;
COMMENT ON FUNCTION slt_stamp_related() IS 'Trigger of tables that say something about tickets, made by slt_attach_related(): stamps the ticket that a changed row is about, in the same transaction.';

CREATE FUNCTION slt_metrics()
RETURNS text[]
AS 'MODULE_PATHNAME', 'slt_metrics'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION slt_metrics() IS 'The metrics that have a target in slt_targets.';

CREATE FUNCTION slt_check_name(what text, name text)
RETURNS void
AS 'MODULE_PATHNAME', 'slt_check_name'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION slt_check_name(text, text) IS 'Error 42704, with a hint that lists what there is, if the policy knows no such severity, contract or request kind; what says which of them the name is of.';

-- attach ---------------------------------------------------------------------------------------------------------

CREATE FUNCTION slt_check_ticket_table(ticket_table regclass)
RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	rel record;
BEGIN
	IF ticket_table IS NULL THEN
		RAISE null_value_not_allowed USING MESSAGE = 'ticket_table is null', HINT = 'Name the table that your application keeps its tickets in.';
	END IF;
	SELECT c.relname, c.relkind, c.relispartition, c.relpersistence, pg_has_role(c.relowner, 'USAGE') AS is_owner, pg_get_userbyid(c.relowner) AS owner,
		   c.relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) OR c.relnamespace = 'pg_toast'::regnamespace AS is_system,
		   EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
				   AND d.refobjid = (SELECT e.oid FROM pg_extension e WHERE e.extname = 'slt')) AS is_ours
	INTO rel FROM pg_class c WHERE c.oid = ticket_table;
	IF NOT FOUND THEN
		RAISE undefined_table USING MESSAGE = format('table with OID %s does not exist', ticket_table::oid);
	ELSIF rel.is_system THEN
		RAISE wrong_object_type USING MESSAGE = format('"%s" is a system table', rel.relname), HINT = 'Attach the table that your application keeps its tickets in.';
	ELSIF rel.is_ours THEN
		RAISE wrong_object_type USING MESSAGE = format('"%s" belongs to slt itself', rel.relname), HINT = 'Attach the table that your application keeps its tickets in.';
	ELSIF rel.relkind = 'v' OR rel.relkind = 'm' THEN
		RAISE wrong_object_type USING MESSAGE = format('"%s" is a view', rel.relname), HINT = 'Attach the table behind it.';
	ELSIF rel.relkind = 'f' THEN
		RAISE wrong_object_type USING MESSAGE = format('"%s" is a foreign table', rel.relname), HINT = 'Install slt where the table is, and attach it there.';
	ELSIF rel.relkind NOT IN ('r', 'p') THEN
		RAISE wrong_object_type USING MESSAGE = format('"%s" is not a table', rel.relname);
	ELSIF rel.relpersistence = 't' THEN
		RAISE feature_not_supported USING MESSAGE = format('"%s" is a temporary table', rel.relname), HINT = 'slt works for all sessions; attach a table that they see.';
	ELSIF NOT rel.is_owner THEN
		RAISE insufficient_privilege USING MESSAGE = format('must be owner of table %s', rel.relname), HINT = format('Do it as role "%s".', rel.owner);
	ELSIF rel.relispartition THEN
		RAISE wrong_object_type USING MESSAGE = format('"%s" is a partition', rel.relname),
			HINT = format('Attach the whole of it: %s.', (SELECT max(i.inhparent::regclass::text) FROM pg_inherits i WHERE i.inhrelid = ticket_table));
	END IF;
END $$;
COMMENT ON FUNCTION slt_check_ticket_table(regclass) IS 'Error 42809 or 42501 if a table is none that slt can be attached to by the current user.';

CREATE FUNCTION slt_check_column(ticket_table regclass, setting text, column_name text, types regtype[])
RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	att record;
	base regtype;
BEGIN
	SELECT a.attnum, a.atttypid, a.attgenerated INTO att
	FROM pg_attribute a WHERE a.attrelid = ticket_table AND a.attname = column_name AND a.attnum > 0 AND NOT a.attisdropped;
	IF NOT FOUND THEN
		RAISE undefined_column USING MESSAGE = format('column "%s" of table "%s" does not exist', column_name, (SELECT c.relname FROM pg_class c WHERE c.oid = ticket_table)),
			DETAIL = format('It was given as %s.', setting),
			HINT = format('The columns are %s.', (SELECT string_agg(format('"%s"', a.attname), ', ' ORDER BY a.attnum)
												  FROM pg_attribute a WHERE a.attrelid = ticket_table AND a.attnum > 0 AND NOT a.attisdropped));
	END IF;
	IF att.attgenerated <> '' THEN
		RAISE wrong_object_type USING MESSAGE = format('column "%s" is generated', column_name), DETAIL = format('It was given as %s. A generated column has no value yet when the row is stamped.', setting),
			HINT = 'Give a function of the row instead.';
	END IF;
	WITH RECURSIVE d (typ) AS (
		SELECT att.atttypid UNION ALL SELECT t.typbasetype FROM pg_type t JOIN d ON d.typ = t.oid WHERE t.typtype = 'd'
	)
	SELECT d.typ INTO base FROM d JOIN pg_type t ON t.oid = d.typ WHERE t.typtype <> 'd';
	IF types IS NULL AND (SELECT t.typcategory <> ALL ('{S,N,B,E}') AND t.oid <> 'uuid'::regtype OR t.oid = 'money'::regtype FROM pg_type t WHERE t.oid = base) THEN
		RAISE datatype_mismatch USING MESSAGE = format('column "%s" is of type %s', column_name, format_type(att.atttypid, NULL)), DETAIL = format('It was given as %s.', setting),
			HINT = 'It must be a text, a number, a boolean, an enum or a uuid; or give a function of the row.';
	ELSIF base <> ALL (types) THEN
		RAISE datatype_mismatch USING MESSAGE = format('column "%s" is of type %s', column_name, format_type(att.atttypid, NULL)), DETAIL = format('It was given as %s.', setting),
			HINT = format('It must be of type %s, or a domain over one.', array_to_string(types::text[], ', '));
	END IF;
END $$;
COMMENT ON FUNCTION slt_check_column(regclass, text, text, regtype[]) IS 'Error 42703, 42809 or 42804 if a table has no such column, or none that a setting can be read from. types: what it may be; null for what codes may be: a text, a number, a boolean, an enum, a uuid.';

CREATE FUNCTION slt_check_row_function(ticket_table regclass, setting text, function regprocedure, types regtype[])
RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	f record;
BEGIN
	SELECT p.proname, n.nspname, p.pronargs, p.proargtypes[0] AS arg, p.prorettype, p.prokind, p.proretset, p.proowner INTO f
	FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.oid = function;
	IF f.prokind <> 'f' OR f.proretset OR f.pronargs <> 1 OR f.arg <> (SELECT c.reltype FROM pg_class c WHERE c.oid = ticket_table) THEN
		RAISE wrong_object_type USING MESSAGE = format('%s is not a function of a row of the table', function), DETAIL = format('It was given as %s.', setting),
			HINT = format('CREATE FUNCTION %I.%I(ticket %s) RETURNS ...', f.nspname, f.proname, ticket_table::text);
	END IF;
	IF types IS NULL AND (SELECT t.typcategory <> ALL ('{S,N,B,E}') AND t.oid <> 'uuid'::regtype OR t.oid = 'money'::regtype FROM pg_type t WHERE t.oid = f.prorettype) THEN
		RAISE datatype_mismatch USING MESSAGE = format('function %s returns %s', function, format_type(f.prorettype, NULL)), DETAIL = format('It was given as %s.', setting),
			HINT = 'It must return a text, a number, a boolean, an enum or a uuid.';
	ELSIF f.prorettype <> ALL (types) THEN
		RAISE datatype_mismatch USING MESSAGE = format('function %s returns %s', function, format_type(f.prorettype, NULL)), DETAIL = format('It was given as %s.', setting),
			HINT = format('It must return %s.', array_to_string(types::text[], ', '));
	END IF;
	IF NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.oid = f.proowner) AND
	   NOT pg_has_role((SELECT c.relowner FROM pg_class c WHERE c.oid = ticket_table), f.proowner, 'USAGE') THEN
		RAISE insufficient_privilege USING MESSAGE = format('function %s belongs neither to the owner of the table nor to a superuser', function),
			HINT = 'It will run for everyone who writes a ticket. ALTER FUNCTION ... OWNER TO the owner of the table.';
	END IF;
	RETURN format('%I.%I', f.nspname, f.proname);
END $$;
COMMENT ON FUNCTION slt_check_row_function(regclass, text, regprocedure, regtype[]) IS 'The name of a function with its schema; error 42809, 42804 or 42501 if it is no function of a row of the table that slt_attach() can use. types: what it may return; null: anything.';

CREATE FUNCTION slt_find_function(function text, search_path text)
RETURNS regprocedure
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM set_config('search_path', search_path, true);
	RETURN pg_catalog.regprocedurein(function::pg_catalog.cstring);
END $$;
COMMENT ON FUNCTION slt_find_function(text, text) IS 'Finds a function, written with the types of its arguments, by a search path. Errors as of a cast to regprocedure.';

CREATE FUNCTION slt_check_map(setting text, what text, map jsonb)
RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	rule record;
BEGIN
	IF map IS NULL THEN
		RETURN;
	END IF;
	IF jsonb_typeof(map) <> 'object' THEN
		RAISE invalid_parameter_value USING MESSAGE = format('%s is not a JSON object', setting), HINT = format('Write it as {"the application''s code": "the policy''s %s"}.', what);
	END IF;
	FOR rule IN SELECT m.key, m.value FROM jsonb_each(map) m LOOP
		IF jsonb_typeof(rule.value) NOT IN ('string', 'null') THEN
			RAISE invalid_parameter_value USING MESSAGE = format('%s maps "%s" to %s, which is no name', setting, rule.key, rule.value),
				HINT = format('Map it to a %s, or to null if no deadline is owed.', what);
		END IF;
		IF rule.key ~ '^[<>]' AND rule.key !~ '^[<>]=?\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?\s*$' THEN
			RAISE invalid_parameter_value USING MESSAGE = format('%s has an invalid threshold "%s"', setting, rule.key), HINT = 'Write thresholds as ">=80", ">80", "<=20" or "<20".';
		END IF;
		BEGIN
			PERFORM @extschema@.slt_check_name(what, rule.value #>> '{}');
		EXCEPTION WHEN undefined_object THEN
			DECLARE
				message text;
				hint text;
			BEGIN
				GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
				RAISE undefined_object USING MESSAGE = message, DETAIL = format('%s maps "%s" to it.', setting, rule.key), HINT = hint;
			END;
		END;
	END LOOP;
END $$;
COMMENT ON FUNCTION slt_check_map(text, text, jsonb) IS 'Error 22023 or 42704 if a map of slt_attach() is not one, or leads to a name that the policy does not know.';

CREATE FUNCTION slt_check_one_way(setting text, required boolean, VARIADIC ways text[])
RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF num_nonnulls(VARIADIC ways) > 1 THEN
		RAISE invalid_parameter_value USING MESSAGE = format('%s is given in more than one way', setting), HINT = 'Give a column, a constant, or a function of the row.';
	ELSIF required AND num_nonnulls(VARIADIC ways) = 0 THEN
		RAISE invalid_parameter_value USING MESSAGE = format('%s is not given', setting),
			HINT = format('Give a column (%1$s), a constant (%1$s_value), or a function of the row (%1$s_of).', setting);
	END IF;
END $$;
COMMENT ON FUNCTION slt_check_one_way(text, boolean, text[]) IS 'Error 22023 if a setting of slt_attach() is given in more ways than one, or in none though it is required.';

CREATE FUNCTION slt_column_numbers(ticket_table regclass)
RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT jsonb_object_agg(a.attname, a.attnum) FROM pg_attribute a WHERE a.attrelid = ticket_table AND a.attnum > 0 AND NOT a.attisdropped $$;
COMMENT ON FUNCTION slt_column_numbers(regclass) IS 'The attribute numbers of a table''s columns by their names.';

CREATE FUNCTION slt_ticket_columns(prefix text, metrics text[], OUT name text, OUT type regtype, OUT comment text)
RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT prefix || m.metric || c.suffix, c.type, format(c.comment, m.metric)
	FROM unnest(metrics) WITH ORDINALITY m (metric, n),
		 (VALUES ('_due', regtype 'timestamptz', 'When the %s of the ticket is due; infinity while the clock stands still, null if none is owed. Written by slt.'),
				 ('_met', 'boolean', 'Whether the %s of the ticket was in time; null while it is not done. Written by slt.')) c (suffix, type, comment)
	UNION ALL
	VALUES (prefix || 'paused', regtype 'tstzmultirange', 'When the clock stood still; a range without end while it does. May be corrected by hand. Written by slt.'),
		   (prefix || 'announce_at', 'timestamptz', 'When slt_sweep() has to look at the ticket next; null for never. Written by slt.')
$$;
COMMENT ON FUNCTION slt_ticket_columns(text, text[]) IS 'The columns that slt_attach() adds to a ticket table: their names, types and comments.';

CREATE FUNCTION slt_follow_renames()
RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
	UPDATE @extschema@.slt_attachments a
	SET key = n.names->>a.key, opened_at = n.names->>a.opened_at, severity = n.names->>a.severity, contract = n.names->>a.contract,
		request_kind = n.names->>a.request_kind, status = n.names->>a.status, changed_at = n.names->>a.changed_at,
		own_columns = (SELECT jsonb_object_agg(w.key, coalesce(n.names->>w.value, w.value)) FROM jsonb_each_text(a.own_columns) w),
		done_at = (SELECT coalesce(jsonb_object_agg(d.key, coalesce(n.names->>d.value, d.value)), '{}') FROM jsonb_each_text(a.done_at) d),
		column_numbers = @extschema@.slt_column_numbers(a.ticket_table)
	FROM (SELECT o.ticket_table, jsonb_object_agg(c.key, coalesce(CASE WHEN o.now ? c.key THEN c.key END, r.attname::text, c.key)) AS names
		  FROM (SELECT x.ticket_table, x.column_numbers, @extschema@.slt_column_numbers(x.ticket_table) AS now
				FROM @extschema@.slt_attachments x WHERE x.numbers_of = x.ticket_table) o
		  CROSS JOIN LATERAL jsonb_each_text(o.column_numbers) c
		  LEFT JOIN pg_attribute r ON r.attrelid = o.ticket_table AND r.attnum = c.value::int AND NOT r.attisdropped
		  WHERE o.now <> o.column_numbers
		  GROUP BY o.ticket_table) n
	WHERE n.ticket_table = a.ticket_table
$$;
COMMENT ON FUNCTION slt_follow_renames() IS 'Has slt_attachments name the columns as they are called now, so that a dump can be restored; slt_sweep() does it, too.';

CREATE FUNCTION slt_index_command(ticket_table regclass, metric text DEFAULT NULL)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('CREATE INDEX %sON %I.%I (%I) WHERE %I IS %s', CASE c.relkind WHEN 'r' THEN 'CONCURRENTLY ' ELSE '' END, n.nspname, c.relname,
				  a.own_columns->>coalesce(metric || '_due', 'announce_at'), a.own_columns->>coalesce(metric || '_met', 'announce_at'),
				  CASE WHEN metric IS NULL THEN 'NOT NULL' ELSE 'NULL' END)
	FROM @extschema@.slt_attachments a JOIN pg_class c ON c.oid = a.ticket_table JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE a.ticket_table = $1 AND (metric IS NULL OR metric = ANY (a.metrics))
$$;
COMMENT ON FUNCTION slt_index_command(regclass, text) IS 'The command that makes the index by which slt_sweep() finds what is due next; with a metric, an index for queries that ask what of that is due next, in the order of deadlines. Null if the table is not attached or the metric has no columns.';

CREATE FUNCTION slt_lock_tables(tables regclass[])
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s'
AS $$
DECLARE
	give_up CONSTANT timestamptz := clock_timestamp() + interval '5 seconds';
BEGIN
	-- an application locks a related table before the ticket table, or after it: so with one of them locked the others are
	-- waited for so shortly that the server finds no deadlock, and then all are let go for a moment
	LOOP
		BEGIN
			PERFORM set_config('lock_timeout', '5s', true);
			FOR i IN 1 .. cardinality(tables) LOOP
				EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', tables[i]);
				PERFORM set_config('lock_timeout', '50ms', true);
			END LOOP;
			RETURN;
		EXCEPTION WHEN lock_not_available THEN
			IF clock_timestamp() > give_up THEN
				RAISE lock_not_available USING MESSAGE = format('could not lock %s within 5 seconds', array_to_string(tables, ', ')),
					HINT = 'Another transaction uses it. It is needed for an instant, but for oneself; try again when it is quieter.';
			END IF;
		END;
		PERFORM pg_sleep(0.05);
	END LOOP;
END $$;
COMMENT ON FUNCTION slt_lock_tables(regclass[]) IS 'Locks tables, with their partitions and children, for slt_attach() and slt_detach(), without being part of a deadlock. Error 55P03 after five seconds.';

CREATE FUNCTION slt_attach(ticket_table regclass, opened_at text,
	severity text DEFAULT NULL, severity_value text DEFAULT NULL, severity_of regprocedure DEFAULT NULL, severity_map jsonb DEFAULT NULL,
	contract text DEFAULT NULL, contract_value text DEFAULT NULL, contract_of regprocedure DEFAULT NULL, contract_map jsonb DEFAULT NULL,
	request_kind text DEFAULT NULL, request_kind_of regprocedure DEFAULT NULL, request_kind_map jsonb DEFAULT NULL,
	done_at jsonb DEFAULT '{}', status text DEFAULT NULL, status_of regprocedure DEFAULT NULL, paused_when text[] DEFAULT '{}',
	changed_at text DEFAULT NULL, time_zone text DEFAULT NULL, unset text DEFAULT NULL, prefix text DEFAULT 'slt_',
	on_unknown text DEFAULT 'warn', key text DEFAULT NULL, create_index boolean DEFAULT false,
	search_path text DEFAULT pg_catalog.current_setting('search_path'))
RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s'
AS $$
DECLARE
	times CONSTANT regtype[] := '{timestamptz,timestamp,integer,bigint}';
	metric_names text[] := @extschema@.slt_metrics();
	zone text := coalesce(time_zone, 'UTC');
	unset_at timestamptz;
	done_by jsonb := '{}';
	done record;
	child record;
	wanted record;
	additions text[] := '{}';
	severity_function text;
	contract_function text;
	kind_function text;
	status_function text;
	is_there regtype;
	command text;
	advice text := '';
BEGIN
	PERFORM @extschema@.slt_check_ticket_table(ticket_table);

	-- what was given, one by one
	IF opened_at IS NULL THEN
		RAISE invalid_parameter_value USING MESSAGE = 'opened_at is not given', HINT = 'Name the column that says when a ticket was opened.';
	END IF;
	PERFORM @extschema@.slt_check_column(ticket_table, 'opened_at', opened_at, times);
	PERFORM @extschema@.slt_check_one_way('severity', true, severity, severity_value, severity_of::text);
	PERFORM @extschema@.slt_check_one_way('contract', true, contract, contract_value, contract_of::text);
	PERFORM @extschema@.slt_check_one_way('request_kind', false, request_kind, request_kind_of::text);
	PERFORM @extschema@.slt_check_one_way('status', paused_when <> '{}', status, status_of::text);
	PERFORM @extschema@.slt_check_column(ticket_table, c.setting, c.name, NULL)
	FROM (VALUES ('severity', severity), ('contract', contract), ('request_kind', request_kind), ('status', status)) c (setting, name)
	WHERE c.name IS NOT NULL;
	IF key IS NOT NULL THEN
		PERFORM @extschema@.slt_check_column(ticket_table, 'key', key, ARRAY(SELECT a.atttypid::regtype FROM pg_attribute a WHERE a.attrelid = ticket_table AND a.attname = key));
	ELSIF NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = ticket_table AND i.indisprimary) THEN
		RAISE WARNING USING MESSAGE = format('table %s has no primary key', ticket_table), DETAIL = 'Its tickets are known by the place of their rows (ctid), which changes.',
			HINT = 'Call slt_attach() again with key, the column that tells tickets apart.';
	END IF;
	IF changed_at IS NOT NULL THEN
		PERFORM @extschema@.slt_check_column(ticket_table, 'changed_at', changed_at, times);
	END IF;
	severity_function := @extschema@.slt_check_row_function(ticket_table, 'severity_of', severity_of, NULL) WHERE severity_of IS NOT NULL;
	contract_function := @extschema@.slt_check_row_function(ticket_table, 'contract_of', contract_of, NULL) WHERE contract_of IS NOT NULL;
	kind_function := @extschema@.slt_check_row_function(ticket_table, 'request_kind_of', request_kind_of, NULL) WHERE request_kind_of IS NOT NULL;
	status_function := @extschema@.slt_check_row_function(ticket_table, 'status_of', status_of, NULL) WHERE status_of IS NOT NULL;
	PERFORM @extschema@.slt_check_map('severity_map', 'severity', severity_map);
	PERFORM @extschema@.slt_check_map('contract_map', 'contract', contract_map);
	PERFORM @extschema@.slt_check_map('request_kind_map', 'request kind', request_kind_map);
	IF severity_map IS NULL THEN
		PERFORM @extschema@.slt_check_name('severity', severity_value);
	END IF;
	IF contract_map IS NULL THEN
		PERFORM @extschema@.slt_check_name('contract', contract_value);
	END IF;
	IF array_position(paused_when, NULL) IS NOT NULL THEN
		RAISE invalid_parameter_value USING MESSAGE = 'paused_when contains a null', HINT = 'List statuses by their names.';
	END IF;
	IF on_unknown IS NULL OR on_unknown NOT IN ('warn', 'error') THEN
		RAISE invalid_parameter_value USING MESSAGE = format('on_unknown cannot be %s', coalesce(quote_literal(on_unknown), 'null')), HINT = 'It is "warn" or "error".';
	END IF;
	IF prefix IS NULL OR prefix !~ '^[[:alpha:]_]\w*$' THEN
		RAISE invalid_parameter_value USING MESSAGE = format('prefix %s cannot begin the name of a column', coalesce(quote_literal(prefix), 'null')), HINT = 'Use letters, digits and underscores.';
	END IF;

	-- when each metric is done
	IF done_at IS NULL OR jsonb_typeof(done_at) <> 'object' THEN
		RAISE invalid_parameter_value USING MESSAGE = 'done_at is not a JSON object', HINT = 'Write it as {"response": "column", "resolution": "column"}.';
	END IF;
	FOR done IN SELECT d.key AS metric, d.value AS source FROM jsonb_each(done_at) d LOOP
		IF done.metric <> ALL (metric_names) THEN
			RAISE undefined_object USING MESSAGE = format('metric "%s" does not exist', done.metric), DETAIL = 'It was given in done_at.',
				HINT = format('Known metrics are %s. Metrics are those of slt_targets.', array_to_string(metric_names, ', '));
		ELSIF jsonb_typeof(done.source) = 'null' THEN
			CONTINUE;
		ELSIF jsonb_typeof(done.source) <> 'string' THEN
			RAISE invalid_parameter_value USING MESSAGE = format('done_at gives %s for metric "%s"', done.source, done.metric), HINT = 'Name a column, or a function of the row as function(table).';
		ELSIF done.source #>> '{}' ~ '\)$' THEN
			done_by := done_by || jsonb_build_object(done.metric, @extschema@.slt_check_row_function(ticket_table, 'done_at',
				@extschema@.slt_find_function(done.source #>> '{}', slt_attach.search_path), times) || '()');
		ELSE
			PERFORM @extschema@.slt_check_column(ticket_table, 'done_at', done.source #>> '{}', times);
			done_by := done_by || jsonb_build_object(done.metric, done.source);
		END IF;
	END LOOP;

	-- what the clock shows
	BEGIN
		PERFORM now() AT TIME ZONE zone;
	EXCEPTION WHEN invalid_parameter_value THEN
		RAISE invalid_parameter_value USING MESSAGE = format('time zone "%s" not recognized', zone), HINT = 'Name a zone of pg_timezone_names, such as Africa/Cairo.';
	END;
	IF NOT EXISTS (SELECT FROM pg_timezone_names z WHERE lower(z.name) = lower(zone)) THEN
		RAISE invalid_parameter_value USING MESSAGE = format('time zone "%s" not recognized', zone), HINT = 'Name a zone of pg_timezone_names, such as Africa/Cairo.';
	END IF;
	BEGIN
		unset_at := CASE WHEN unset ~ '^-?[0-9]{1,12}$' AND unset !~ '^[0-9]{4}$' OR unset = '0' THEN to_timestamp(unset::double precision) ELSE unset::timestamp AT TIME ZONE zone END;
	EXCEPTION WHEN data_exception THEN
		RAISE invalid_parameter_value USING MESSAGE = format('unset cannot be "%s"', unset), HINT = 'Give the time that means "not yet", such as 1970-01-01, or a number of seconds since 1970.';
	END;

	-- the columns: none is rewritten, since all are null at first
	FOR wanted IN SELECT c.* FROM @extschema@.slt_ticket_columns(prefix, metric_names) c
	LOOP
		IF octet_length(wanted.name) > 63 THEN
			RAISE name_too_long USING MESSAGE = format('the name of column "%s" would be too long', wanted.name), HINT = 'Choose a shorter prefix.';
		END IF;
		SELECT a.atttypid INTO is_there FROM pg_attribute a WHERE a.attrelid = ticket_table AND a.attname = wanted.name AND a.attnum > 0 AND NOT a.attisdropped;
		IF NOT FOUND THEN
			additions := additions || format('ADD COLUMN %I %s', wanted.name, wanted.type);
		ELSIF is_there <> wanted.type THEN
			RAISE duplicate_column USING MESSAGE = format('column "%s" is there already, of type %s', wanted.name, is_there), HINT = 'Choose another prefix.';
		END IF;
	END LOOP;
	BEGIN
		-- the whole before its parts, in the order in which everyone locks them; but only if there is something to add
		IF additions <> '{}' OR NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = ticket_table AND g.tgname = 'zz_slt_stamp') THEN
			PERFORM @extschema@.slt_lock_tables(ARRAY[ticket_table]);
		END IF;
		IF additions <> '{}' THEN
			EXECUTE format('ALTER TABLE %s %s', ticket_table, array_to_string(additions, ', '));
		END IF;
		-- a partitioned table hands its trigger down; children of an inherited one need their own
		FOR child IN
			WITH RECURSIVE t (oid, relkind) AS (
				SELECT c.oid, c.relkind FROM pg_class c WHERE c.oid = ticket_table
				UNION SELECT c.oid, c.relkind FROM t JOIN pg_inherits i ON i.inhparent = t.oid JOIN pg_class c ON c.oid = i.inhrelid WHERE t.relkind = 'r'
			)
			SELECT t.oid::regclass AS rel FROM t
			WHERE NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t.oid AND g.tgname = 'zz_slt_stamp')
		LOOP
			EXECUTE format('CREATE TRIGGER zz_slt_stamp BEFORE INSERT OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION %s.slt_stamp()', child.rel, '@extschema@');
		END LOOP;
	EXCEPTION WHEN lock_not_available THEN
		RAISE lock_not_available USING MESSAGE = format('could not lock table %s within 5 seconds', ticket_table),
			HINT = 'Another transaction uses it. Attaching takes an instant, but needs the table for itself; try again when it is quieter.';
	END;
	FOR wanted IN SELECT c.* FROM @extschema@.slt_ticket_columns(prefix, metric_names) c
	LOOP
		EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', ticket_table, wanted.name, wanted.comment);
	END LOOP;

	BEGIN
		DELETE FROM @extschema@.slt_attachments a WHERE a.ticket_table = slt_attach.ticket_table;
		INSERT INTO @extschema@.slt_attachments
		VALUES (ticket_table, key, opened_at, severity, severity_value, severity_function, severity_map, contract, contract_value, contract_function, contract_map,
				request_kind, kind_function, request_kind_map, done_by, status, status_function, paused_when, changed_at, zone, unset_at, prefix, on_unknown,
				metric_names, (SELECT jsonb_object_agg(substr(c.name, length(prefix) + 1), c.name) FROM @extschema@.slt_ticket_columns(prefix, metric_names) c),
				@extschema@.slt_column_numbers(ticket_table), ticket_table, slt_attach.search_path);
	EXCEPTION WHEN insufficient_privilege THEN
		RAISE insufficient_privilege USING MESSAGE = 'permission denied for table slt_attachments',
			HINT = format('Whoever created the extension can let you: GRANT SELECT, INSERT, UPDATE, DELETE ON %s.slt_attachments TO %I.', '@extschema@', current_user);
	END;
	FOR command IN
		SELECT @extschema@.slt_index_command(a.ticket_table, i.metric)
		FROM unnest(NULL::text || metric_names) i (metric), @extschema@.slt_attachments a
		WHERE a.ticket_table = slt_attach.ticket_table AND NOT EXISTS (
			SELECT FROM pg_index x JOIN pg_attribute c ON c.attrelid = x.indrelid AND c.attnum = x.indkey[0]
			WHERE x.indrelid = a.ticket_table AND c.attname = a.own_columns->>coalesce(i.metric || '_due', 'announce_at'))
	LOOP
		IF create_index THEN
			EXECUTE replace(command, 'CREATE INDEX CONCURRENTLY', 'CREATE INDEX');
		ELSE
			advice := concat(advice, command, E';\n');
		END IF;
	END LOOP;
	RETURN advice || format('CALL %s.slt_backfill(%L);', '@extschema@', ticket_table);
END $$;
COMMENT ON FUNCTION slt_attach(regclass, text, text, text, regprocedure, jsonb, text, text, regprocedure, jsonb, text, regprocedure, jsonb, jsonb, text, regprocedure, text[], text, text, text, text, text, text, boolean, text) IS
'Gives a ticket table deadlines: for each metric a column for when it is due and one for whether it was met, one for pauses, one for when to look next, and the trigger that writes them. Returns the commands to run next: indexes that are not there yet, and the backfill. Called again, it replaces the settings. Errors: 42809 and 42501 for a table that cannot be attached, 42703 and 42804 for columns, 42704 for unknown names, 22023 for other settings.';

CREATE FUNCTION slt_detach(ticket_table regclass, keep_columns boolean DEFAULT false)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s'
AS $$
DECLARE
	attached record;
	child record;
	drops text;
BEGIN
	SELECT a.* INTO attached FROM @extschema@.slt_attachments a WHERE a.ticket_table = slt_detach.ticket_table;
	IF NOT FOUND THEN
		RAISE undefined_object USING MESSAGE = format('table %s is not attached', ticket_table), HINT = 'slt_attached() lists the tables that are.';
	END IF;
	DELETE FROM @extschema@.slt_attachments a WHERE a.ticket_table = slt_detach.ticket_table;
	IF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = ticket_table) THEN
		RETURN;
	END IF;
	PERFORM @extschema@.slt_check_ticket_table(ticket_table);
	PERFORM @extschema@.slt_lock_tables(ARRAY(SELECT r.related_table FROM @extschema@.slt_related r JOIN pg_class c ON c.oid = r.related_table
											  WHERE r.ticket_table = slt_detach.ticket_table ORDER BY r.related_table) || ticket_table);
	PERFORM @extschema@.slt_detach_related(r.related_table, r.ticket_table) FROM @extschema@.slt_related r WHERE r.ticket_table = slt_detach.ticket_table;
	FOR child IN
		SELECT g.tgrelid::regclass AS rel FROM pg_trigger g
		WHERE g.tgname = 'zz_slt_stamp' AND g.tgparentid = 0 AND g.tgrelid IN (
			WITH RECURSIVE t (oid) AS (SELECT slt_detach.ticket_table::oid UNION SELECT i.inhrelid FROM t JOIN pg_inherits i ON i.inhparent = t.oid)
			SELECT t.oid FROM t)
	LOOP
		EXECUTE format('DROP TRIGGER zz_slt_stamp ON %s', child.rel);
	END LOOP;
	IF NOT keep_columns THEN
		SELECT string_agg(format('DROP COLUMN %I', a.attname), ', ') INTO drops
		FROM pg_attribute a JOIN jsonb_each_text(attached.own_columns) c ON c.value = a.attname
		WHERE a.attrelid = ticket_table AND a.attnum > 0 AND NOT a.attisdropped;
		IF drops IS NOT NULL THEN
			EXECUTE format('ALTER TABLE %s %s', ticket_table, drops);
		END IF;
	END IF;
END $$;
COMMENT ON FUNCTION slt_detach(regclass, boolean) IS 'Undoes slt_attach(): removes the trigger, the settings, and, unless they are to be kept, the columns. What was announced stays in slt_events. Error 42704 if the table is not attached.';

CREATE FUNCTION slt_attached(OUT ticket_table regclass, OUT key text, OUT opened_at text, OUT severity text, OUT contract text, OUT request_kind text,
							 OUT done_at jsonb, OUT status text, OUT paused_when text[], OUT changed_at text, OUT time_zone text, OUT unset timestamptz,
							 OUT prefix text, OUT on_unknown text, OUT metrics text[], OUT problem text)
RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT a.ticket_table, a.key, a.opened_at,
		   concat_ws(' ', a.severity, quote_literal(a.severity_value), a.severity_of || '()', a.severity_map::text),
		   concat_ws(' ', a.contract, quote_literal(a.contract_value), a.contract_of || '()', a.contract_map::text),
		   nullif(concat_ws(' ', a.request_kind, a.request_kind_of || '()', a.request_kind_map::text), ''),
		   a.done_at, coalesce(a.status, a.status_of || '()'), a.paused_when, a.changed_at, a.time_zone, a.unset, a.prefix, a.on_unknown, a.metrics,
		   CASE WHEN c.oid IS NULL THEN 'The table does not exist any more; call slt_detach().'
				WHEN g.oid IS NULL THEN 'The trigger zz_slt_stamp is gone; call slt_attach() again.'
				WHEN g.tgenabled = 'D' THEN 'The trigger zz_slt_stamp is disabled.'
				ELSE @extschema@.slt_attachment_problem(a.ticket_table)
		   END
	FROM @extschema@.slt_attachments a
	LEFT JOIN pg_class c ON c.oid = a.ticket_table
	LEFT JOIN pg_trigger g ON g.tgrelid = a.ticket_table AND g.tgname = 'zz_slt_stamp'
	ORDER BY a.ticket_table::text
$$;
COMMENT ON FUNCTION slt_attached() IS 'The tables that are attached, how, and what is wrong with each; problem is null if nothing is. Needs SELECT on slt_attachments.';

CREATE FUNCTION slt_attachment_problem(ticket_table regclass)
RETURNS text
AS 'MODULE_PATHNAME', 'slt_attachment_problem'
LANGUAGE c STABLE STRICT;
COMMENT ON FUNCTION slt_attachment_problem(regclass) IS 'Why the rows of a table cannot be stamped; null if they can.';

CREATE FUNCTION slt_attach_related(related_table regclass, ticket_table regclass, ticket text, only_when jsonb DEFAULT NULL, key text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s'
AS $$
DECLARE
	key_columns text[];
	k text;
BEGIN
	PERFORM @extschema@.slt_check_ticket_table(related_table);
	PERFORM @extschema@.slt_check_ticket_table(ticket_table);
	IF NOT EXISTS (SELECT FROM @extschema@.slt_attachments a WHERE a.ticket_table = slt_attach_related.ticket_table) THEN
		RAISE undefined_object USING MESSAGE = format('table %s is not attached', ticket_table), HINT = 'Call slt_attach() for it first.';
	END IF;
	PERFORM @extschema@.slt_check_column(related_table, 'ticket', ticket, NULL);
	SELECT coalesce(array_agg(a.attname::text), '{}') INTO key_columns
	FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::int2[])
	WHERE i.indrelid = ticket_table AND i.indisprimary;
	key := coalesce(key, (SELECT a.key FROM @extschema@.slt_attachments a WHERE a.ticket_table = slt_attach_related.ticket_table),
					CASE WHEN cardinality(key_columns) = 1 THEN key_columns[1] END);
	IF key IS NULL THEN
		RAISE invalid_parameter_value USING MESSAGE = format('table %s has no primary key of one column', ticket_table), HINT = 'Name the column that tickets are referred to by as key.';
	END IF;
	PERFORM @extschema@.slt_check_column(ticket_table, 'key', key, NULL);
	IF jsonb_typeof(only_when) <> 'object' THEN
		RAISE invalid_parameter_value USING MESSAGE = 'only_when is not a JSON object', HINT = 'Write it as {"column": "value"}.';
	END IF;
	FOR k IN SELECT jsonb_object_keys(only_when) LOOP
		PERFORM @extschema@.slt_check_column(related_table, 'only_when', k, NULL);
	END LOOP;
	IF NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = related_table AND g.tgname = 'zz_slt_stamp_related') THEN
		EXECUTE format('CREATE TRIGGER zz_slt_stamp_related AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION %s.slt_stamp_related()', related_table, '@extschema@');
	END IF;
	DELETE FROM @extschema@.slt_related r WHERE r.related_table = slt_attach_related.related_table AND r.ticket_table = slt_attach_related.ticket_table;
	INSERT INTO @extschema@.slt_related
	VALUES (related_table, ticket_table, ticket, key, (SELECT jsonb_object_agg(o.key, o.value) FROM jsonb_each_text(only_when) o));
END $$;
COMMENT ON FUNCTION slt_attach_related(regclass, regclass, text, jsonb, text) IS
'Has the tickets of an attached table stamped again when a row of another table changes that is about them: ticket is the column there that refers to the ticket, by the ticket table''s column key (its primary key if not given); only_when gives the values that such rows have. Errors as in slt_attach().';

CREATE FUNCTION slt_detach_related(related_table regclass, ticket_table regclass)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s'
AS $$
BEGIN
	DELETE FROM @extschema@.slt_related r WHERE r.related_table = slt_detach_related.related_table AND r.ticket_table = slt_detach_related.ticket_table;
	IF NOT FOUND THEN
		RAISE undefined_object USING MESSAGE = format('table %s is not attached as related to %s', related_table, ticket_table);
	END IF;
	IF NOT EXISTS (SELECT FROM @extschema@.slt_related r WHERE r.related_table = slt_detach_related.related_table) AND
	   EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = related_table AND g.tgname = 'zz_slt_stamp_related') THEN
		EXECUTE format('DROP TRIGGER zz_slt_stamp_related ON %s', related_table);
	END IF;
END $$;
COMMENT ON FUNCTION slt_detach_related(regclass, regclass) IS 'Undoes slt_attach_related(). Error 42704 if there is nothing to undo.';

-- backfill -------------------------------------------------------------------------------------------------------

CREATE FUNCTION slt_backfill_batch(leaf regclass, after tid, max_rows integer, OUT done tid, OUT seen bigint, OUT written bigint)
RETURNS record
AS 'MODULE_PATHNAME', 'slt_backfill_batch'
LANGUAGE c STRICT;
COMMENT ON FUNCTION slt_backfill_batch(regclass, tid, integer) IS 'Stamps rows of a table behind a row, for slt_backfill(): returns the last row it is done with, null at the end of the table, how many rows it saw and how many it wrote.';

CREATE FUNCTION slt_leaves(ticket_table regclass)
RETURNS TABLE (leaf regclass)
LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
	WITH RECURSIVE t (oid) AS (
		SELECT ticket_table::oid UNION SELECT i.inhrelid FROM t JOIN pg_inherits i ON i.inhparent = t.oid
	)
	SELECT t.oid::regclass FROM t JOIN pg_class c ON c.oid = t.oid WHERE c.relkind = 'r' ORDER BY t.oid
$$;
COMMENT ON FUNCTION slt_leaves(regclass) IS 'The tables that hold the rows of a table: itself, its partitions, or its children.';

CREATE FUNCTION slt_backfill_step(ticket_table regclass, batch_size integer, state jsonb)
RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	batch record;
	leaves regclass[];
	page numeric;
	seconds numeric;
	share numeric;
BEGIN
	IF state IS NULL THEN
		PERFORM @extschema@.slt_check_ticket_table(ticket_table);
		IF batch_size IS NULL OR batch_size < 1 THEN
			RAISE invalid_parameter_value USING MESSAGE = 'batch_size must be at least 1';
		END IF;
		state := jsonb_build_object('leaf', 1, 'at', '(0,0)', 'bytes', 0, 'seen', 0, 'written', 0, 'started', clock_timestamp(), 'reported', clock_timestamp(),
									'all_bytes', (SELECT sum(pg_relation_size(l.leaf)) FROM @extschema@.slt_leaves(ticket_table) l));
	END IF;
	leaves := ARRAY(SELECT l.leaf FROM @extschema@.slt_leaves(ticket_table) l);
	IF (state->>'leaf')::int > cardinality(leaves) THEN
		seconds := extract(epoch FROM clock_timestamp() - (state->>'started')::timestamptz);
		RAISE NOTICE '% rows seen, % written, 100.0 %%, % rows a second, 0 seconds left', state->>'seen', state->>'written',
			round((state->>'seen')::numeric / greatest(seconds, 0.000001));
		RETURN NULL;
	END IF;
	page := split_part(btrim(state->>'at', '()'), ',', 1)::numeric;
	IF state->>'at' = '(0,0)' THEN
		state := state || jsonb_build_object('pages', pg_relation_size(leaves[(state->>'leaf')::int]) / current_setting('block_size')::numeric);
	END IF;
	SELECT b.* INTO batch FROM @extschema@.slt_backfill_batch(leaves[(state->>'leaf')::int], (state->>'at')::tid, batch_size) b;
	-- rows that are written go to the end of the table, where they are met again, and are as they should be
	state := state || jsonb_build_object('written', (state->>'written')::bigint + batch.written,
										 'seen', (state->>'seen')::bigint + CASE WHEN page < (state->>'pages')::numeric THEN batch.seen ELSE 0 END);
	IF batch.done IS NULL THEN
		RETURN state || jsonb_build_object('leaf', (state->>'leaf')::int + 1, 'at', '(0,0)',
										   'bytes', (state->>'bytes')::numeric + (state->>'pages')::numeric * current_setting('block_size')::numeric);
	END IF;
	state := state || jsonb_build_object('at', batch.done);
	IF clock_timestamp() > (state->>'reported')::timestamptz + interval '2 seconds' THEN
		seconds := extract(epoch FROM clock_timestamp() - (state->>'started')::timestamptz);
		share := least(0.999, ((state->>'bytes')::numeric + page * current_setting('block_size')::numeric) / greatest(1, (state->>'all_bytes')::numeric));
		RAISE NOTICE '% rows seen, % written, % %%, % rows a second, about % seconds left', state->>'seen', state->>'written',
			round(100 * share, 1), round((state->>'seen')::numeric / seconds), round(seconds / greatest(share, 0.000001) - seconds);
		state := state || jsonb_build_object('reported', clock_timestamp());
	END IF;
	RETURN state;
END $$;
COMMENT ON FUNCTION slt_backfill_step(regclass, integer, jsonb) IS 'Does a batch of slt_backfill(): takes how far it has come, null at first, and returns how far it has come then, null at the end.';

CREATE PROCEDURE slt_backfill(ticket_table regclass, batch_size integer DEFAULT 5000)
LANGUAGE plpgsql
AS $$
DECLARE
	state pg_catalog.jsonb;
BEGIN
	-- a procedure that commits cannot set its search path, so all work is done by functions that do
	LOOP
		state := @extschema@.slt_backfill_step(ticket_table, batch_size, state);
		COMMIT;
		EXIT WHEN state IS NULL;
	END LOOP;
END $$;
COMMENT ON PROCEDURE slt_backfill(regclass, integer) IS
'Stamps the rows that were there before slt_attach(), in batches that commit, with a notice of progress every two seconds. It can be interrupted and called again: rows that have their stamps are passed over. It fires no trigger and changes no other column. For the owner of the table; not inside a transaction block.';

CREATE FUNCTION slt_restamp(ticket_table regclass, dry_run boolean DEFAULT false, open_only boolean DEFAULT true,
							OUT key text, OUT metric text, OUT due_before timestamptz, OUT due_after timestamptz, OUT moved working_interval)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'slt_restamp'
LANGUAGE c STRICT;
COMMENT ON FUNCTION slt_restamp(regclass, boolean, boolean) IS
'Works deadlines out again after the policy changed, and returns those that move: from when, to when, by how much working time (null where one is null or infinite). With dry_run it only tells. Metrics that are done keep theirs unless open_only is false. It fires no trigger, changes no other column, and leaves rows that are locked, with a warning. For the owner of the table.';

-- reports --------------------------------------------------------------------------------------------------------

CREATE FUNCTION slt_tickets(ticket_table regclass, only_state text DEFAULT NULL,
							OUT key text, OUT metric text, OUT severity text, OUT contract text, OUT opened_at timestamptz, OUT due timestamptz, OUT done timestamptz,
							OUT state text, OUT elapsed working_interval, OUT remaining working_interval, OUT used numeric)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'slt_tickets'
LANGUAGE c STABLE;
COMMENT ON FUNCTION slt_tickets(regclass, text) IS
'How each ticket stands: a row for each metric that is owed. state: on track, at risk, breached, paused, met, or met late; only_state asks for one of them. elapsed: working time from opening to done, or to now, without pauses; remaining: what is left of the target, negative if it is overdrawn; used: percent of it. Needs SELECT on the table; error 22023 for another state.';

CREATE FUNCTION slt_report(ticket_table regclass, during tstzrange DEFAULT NULL, every text DEFAULT 'month',
						   OUT period tstzrange, OUT contract text, OUT severity text, OUT metric text, OUT opened bigint, OUT met bigint, OUT breached bigint,
						   OUT open bigint, OUT percent_met numeric, OUT median working_interval, OUT percentile_90 working_interval)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'slt_report'
LANGUAGE c STABLE;
COMMENT ON FUNCTION slt_report(regclass, tstzrange, text) IS
'How promises were kept, for tickets opened in a range (all if null): a row for each period (day, week from Monday, month, quarter or year, by the clock of the contract''s calendar), contract, severity and metric. opened = met + breached + open, where breached are those done late and those late and not done, and open those not done that still have time. percent_met: of met and breached. median, percentile_90: of the working time that it took, of those done. Needs SELECT on the table; error 22023 for another period.';

CREATE FUNCTION slt_unmatched(ticket_table regclass, OUT key text, OUT severity text, OUT contract text, OUT request_kind text, OUT problem text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'slt_unmatched'
LANGUAGE c STABLE STRICT;
COMMENT ON FUNCTION slt_unmatched(regclass) IS 'The tickets that have no deadlines since the policy does not know their severity, contract or kind: these as the row has them, and what is wrong. Needs SELECT on the table.';

CREATE FUNCTION slt_ticket_terms(ticket_table regclass, key text, metric text,
								 OUT opened_at timestamptz, OUT severity text, OUT contract text, OUT paused tstzmultirange)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'slt_ticket_terms'
LANGUAGE c STABLE STRICT ROWS 1;
COMMENT ON FUNCTION slt_ticket_terms(regclass, text, text) IS 'By what a ticket''s deadline for a metric is counted: its opening, severity, contract, and the pauses that count; no row if none is owed. Error P0002 if there is no such ticket, 42704 if its codes mean nothing.';

CREATE FUNCTION slt_explain_ticket(ticket_table regclass, key text, metric text DEFAULT 'resolution',
								   OUT "from" timestamptz, OUT "to" timestamptz, OUT what text, OUT name text,
								   OUT worked working_interval, OUT owed working_interval, OUT note text)
RETURNS SETOF record
LANGUAGE sql STABLE ROWS 20 SET search_path = pg_catalog, pg_temp
AS $$
	SELECT e.* FROM @extschema@.slt_ticket_terms($1, $2, $3) t, @extschema@.slt_explain(t.opened_at, t.severity, t.contract, $3, t.paused) e
$$;
COMMENT ON FUNCTION slt_explain_ticket(regclass, text, text) IS 'How the deadline of a ticket comes about, with its own pauses and policy: the rows of slt_explain(opened_at, ...). Errors as in slt_ticket_terms().';

-- with the metric as a third argument, these would make slt_explain(opened_at, severity, contract) ambiguous
CREATE FUNCTION slt_explain(ticket_table regclass, key text,
							OUT "from" timestamptz, OUT "to" timestamptz, OUT what text, OUT name text,
							OUT worked working_interval, OUT owed working_interval, OUT note text)
RETURNS SETOF record
LANGUAGE sql STABLE ROWS 20 SET search_path = pg_catalog, pg_temp
AS $$ SELECT e.* FROM @extschema@.slt_explain_ticket($1, $2) e $$;
COMMENT ON FUNCTION slt_explain(regclass, text) IS 'slt_explain_ticket() for the resolution.';

CREATE FUNCTION slt_explain(ticket_table regclass, key bigint,
							OUT "from" timestamptz, OUT "to" timestamptz, OUT what text, OUT name text,
							OUT worked working_interval, OUT owed working_interval, OUT note text)
RETURNS SETOF record
LANGUAGE sql STABLE ROWS 20 SET search_path = pg_catalog, pg_temp
AS $$ SELECT e.* FROM @extschema@.slt_explain_ticket($1, $2::text) e $$;
COMMENT ON FUNCTION slt_explain(regclass, bigint) IS 'slt_explain_ticket() for the resolution, by a number.';

CREATE FUNCTION slt_count_tickets(ticket_table regclass, OUT metric text, OUT state text, OUT tickets bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'slt_count_tickets'
LANGUAGE c STABLE STRICT;
COMMENT ON FUNCTION slt_count_tickets(regclass) IS 'How many tickets of a table are not done, by metric and state: on track, at risk, breached, paused. Needs SELECT on the table.';

CREATE FUNCTION slt_ticket_counts(OUT ticket_table text, OUT metric text, OUT state text, OUT tickets bigint)
RETURNS SETOF record
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	attached record;
	counted record;
BEGIN
	FOR attached IN
		SELECT a.ticket_table AS rel, format('%I.%I', n.nspname, c.relname) AS name
		FROM @extschema@.slt_attachments a JOIN pg_class c ON c.oid = a.ticket_table JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE @extschema@.slt_attachment_problem(a.ticket_table) IS NULL
		ORDER BY 2
	LOOP
		-- policies would run as whoever counts, without his naming the table
		IF row_security_active(attached.rel) THEN
			RAISE WARNING USING MESSAGE = format('tickets of table %s are not counted, as it has row security', attached.name),
				HINT = 'slt_count_tickets() counts those that you may see.';
			CONTINUE;
		END IF;
		-- one that cannot be counted does not keep the others from being
		BEGIN
			FOR counted IN SELECT t.* FROM @extschema@.slt_count_tickets(attached.rel) t LOOP
				ticket_table := attached.name;
				metric := counted.metric;
				state := counted.state;
				tickets := counted.tickets;
				RETURN NEXT;
			END LOOP;
		EXCEPTION WHEN OTHERS THEN
			RAISE WARNING USING MESSAGE = format('tickets of table %s could not be counted', attached.name), DETAIL = SQLERRM;
		END;
	END LOOP;
END $$;
COMMENT ON FUNCTION slt_ticket_counts() IS 'slt_count_tickets() of all attached tables; one that cannot be counted, or has row security for the current user, is left out with a warning. Needs SELECT on slt_attachments and on the tables.';

-- announcements --------------------------------------------------------------------------------------------------

CREATE FUNCTION slt_sweep(max_tickets bigint DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'slt_sweep'
LANGUAGE c;
COMMENT ON FUNCTION slt_sweep(bigint) IS
'Announces the metrics that became at risk or were breached since last time: writes each into slt_events, once for each deadline, and notifies channel slt with a JSON object of table, key, metric, kind and due. Returns how many. Tickets that are locked are left to the next sweep; so are those beyond max_tickets.';

CREATE FUNCTION slt_next_sweep()
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'slt_next_sweep'
LANGUAGE c;
COMMENT ON FUNCTION slt_next_sweep() IS 'When slt_sweep() has something to look at next; null for never.';
