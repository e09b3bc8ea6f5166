SET LOCAL search_path = zz_slt_internal, pg_temp;

-- tickets: SLA columns on tables that exist ----------------------------------------------------------------------

CREATE TABLE @extschema@.slt_attachments (
	name text PRIMARY KEY,
	ticket_table regclass NOT NULL UNIQUE,
	key text,
	opened_at text NOT NULL,
	severity text,
	severity_value text,
	severity_map jsonb,
	contract text,
	contract_value text,
	contract_map jsonb,
	calendar text,
	calendar_map jsonb,
	request_kind text,
	request_kind_map jsonb,
	started_at jsonb NOT NULL DEFAULT '{}',
	done_at jsonb NOT NULL DEFAULT '{}',
	done_when jsonb NOT NULL DEFAULT '{}',
	status text,
	paused_when jsonb NOT NULL DEFAULT '[]',
	cancelled_when text[] NOT NULL DEFAULT '{}',
	changed_at text,
	time_zone text,
	time_unit text NOT NULL DEFAULT 'seconds',
	unset timestamptz,
	metrics text[] NOT NULL,
	prefix text NOT NULL DEFAULT 'slt_',
	on_unknown text NOT NULL DEFAULT 'warn',
	announce_from timestamptz,
	replicated boolean NOT NULL DEFAULT false,
	fingerprint text,
	own_columns jsonb NOT NULL,
	column_numbers jsonb,
	numbers_of oid NOT NULL,
	shipped text REFERENCES @extschema@.slt_shipped
);
COMMENT ON TABLE @extschema@.slt_attachments IS 'The ticket tables that slt_attach() has given SLA columns, and where in them the facts are. Written by slt_attach() and slt_detach().';
COMMENT ON COLUMN @extschema@.slt_attachments.name IS 'The name of the attachment, which is the argument of the trigger: at first the table''s with its schema; a rename of the table does not change it.';
COMMENT ON COLUMN @extschema@.slt_attachments.ticket_table IS 'The table.';
COMMENT ON COLUMN @extschema@.slt_attachments.key IS 'The column that tells tickets apart; null for the primary key.';
COMMENT ON COLUMN @extschema@.slt_attachments.opened_at IS 'The column that says when a ticket was opened.';
COMMENT ON COLUMN @extschema@.slt_attachments.severity IS 'The column with the severity, or several whose texts are joined by commas.';
COMMENT ON COLUMN @extschema@.slt_attachments.severity_value IS 'The severity of all tickets, if it is a constant.';
COMMENT ON COLUMN @extschema@.slt_attachments.severity_map IS 'What the application''s codes mean: a JSON object from codes, thresholds such as ">=80", or "*" for the rest, to severities; null there means that no deadline is owed.';
COMMENT ON COLUMN @extschema@.slt_attachments.contract IS 'The column with the contract, or several whose texts are joined by commas.';
COMMENT ON COLUMN @extschema@.slt_attachments.contract_value IS 'The contract of all tickets, if it is a constant.';
COMMENT ON COLUMN @extschema@.slt_attachments.contract_map IS 'What the application''s codes mean: a JSON object like severity_map, to contracts.';
COMMENT ON COLUMN @extschema@.slt_attachments.calendar IS 'The column with the ticket''s own calendar, or several whose texts are joined by commas.';
COMMENT ON COLUMN @extschema@.slt_attachments.calendar_map IS 'What the application''s codes mean: a JSON object like severity_map, to calendars; null leaves the target''s calendar.';
COMMENT ON COLUMN @extschema@.slt_attachments.request_kind IS 'The column with the kind of request, if scope matters, or several whose texts are joined by commas.';
COMMENT ON COLUMN @extschema@.slt_attachments.request_kind_map IS 'What the application''s codes mean: a JSON object like severity_map, to kinds of slt_request_kinds.';
COMMENT ON COLUMN @extschema@.slt_attachments.started_at IS 'For each metric that does not start with the opening the column that says when it starts: a JSON object.';
COMMENT ON COLUMN @extschema@.slt_attachments.done_at IS 'For each metric the column that says when it was done: a JSON object.';
COMMENT ON COLUMN @extschema@.slt_attachments.done_when IS 'For each metric the statuses that end it, if no column says when: a JSON object.';
COMMENT ON COLUMN @extschema@.slt_attachments.status IS 'The column with the status, or several whose texts are joined by commas.';
COMMENT ON COLUMN @extschema@.slt_attachments.paused_when IS 'The statuses in which clocks stand still: a JSON array, or an object of metrics and arrays.';
COMMENT ON COLUMN @extschema@.slt_attachments.cancelled_when IS 'The statuses in which a ticket is owed nothing.';
COMMENT ON COLUMN @extschema@.slt_attachments.changed_at IS 'The column that says when the row was last changed; null if the transaction''s time does.';
COMMENT ON COLUMN @extschema@.slt_attachments.time_zone IS 'The zone of columns that have none; null for UTC.';
COMMENT ON COLUMN @extschema@.slt_attachments.time_unit IS 'What integer columns count since 1970: seconds, milliseconds or microseconds.';
COMMENT ON COLUMN @extschema@.slt_attachments.unset IS 'The instant that means "not yet" in the application; null if that is null.';
COMMENT ON COLUMN @extschema@.slt_attachments.metrics IS 'The metrics that have columns.';
COMMENT ON COLUMN @extschema@.slt_attachments.prefix IS 'What the names of the added columns begin with.';
COMMENT ON COLUMN @extschema@.slt_attachments.on_unknown IS 'What happens to a row whose severity, contract, calendar or kind the policy does not know: warn, and it is written without deadlines; or error.';
COMMENT ON COLUMN @extschema@.slt_attachments.announce_from IS 'What fell due before is no news; null if there is no such limit.';
COMMENT ON COLUMN @extschema@.slt_attachments.replicated IS 'Whether logical replication writes the table, for which its trigger fires as well.';
COMMENT ON COLUMN @extschema@.slt_attachments.fingerprint IS 'Of the policy that slt_import() brought the attachment with, as slt_policy_fingerprint() has it; null if it was attached by hand.';
COMMENT ON COLUMN @extschema@.slt_attachments.own_columns IS 'What the added columns are called: a JSON object from their names without prefix.';
COMMENT ON COLUMN @extschema@.slt_attachments.column_numbers IS 'The attribute numbers of all columns of the table, by which they are found when they were renamed.';
COMMENT ON COLUMN @extschema@.slt_attachments.numbers_of IS 'The OID of the table that the numbers are of; a restored table has another one, and goes by names.';
COMMENT ON COLUMN @extschema@.slt_attachments.shipped IS 'Always null. By it a dump has these rows behind those of slt_shipped, which make room for the policy: what attachments use is not deleted under them.';
-- a table that was dropped has a number that the next one may get where the dump is restored
SELECT pg_extension_config_dump('@extschema@.slt_attachments', 'WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = ticket_table)');

CREATE VIEW attachments WITH (security_invoker) AS SELECT * FROM @extschema@.slt_attachments;
COMMENT ON VIEW attachments IS 'The table slt_attachments.';
GRANT SELECT, INSERT, UPDATE, DELETE ON attachments TO PUBLIC;
REVOKE ALL ON @extschema@.slt_attachments FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON @extschema@.slt_attachments TO @extowner@ WITH GRANT OPTION;

CREATE FUNCTION check_owner()
RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	rel oid;
BEGIN
	FOREACH rel IN ARRAY ARRAY[CASE WHEN TG_OP <> 'INSERT' THEN OLD.ticket_table::oid END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.ticket_table::oid END] LOOP
		-- a table that is gone may be taken out by anyone, and put in by a superuser, who restores a dump: its OID may become that of another
		IF rel IS NOT NULL AND NOT coalesce((SELECT pg_has_role(c.relowner, 'USAGE') FROM pg_class c WHERE c.oid = rel),
											TG_OP = 'DELETE' OR (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user)) THEN
			RAISE insufficient_privilege USING MESSAGE = format('must be owner of table "%s"', coalesce((SELECT c.relname::text FROM pg_class c WHERE c.oid = rel), rel::text)),
				DETAIL = 'A row of slt_attachments decides what is written into that table.';
		END IF;
	END LOOP;
	RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
COMMENT ON FUNCTION check_owner() IS 'Trigger of slt_attachments: error 42501 for a row about a table that the current user does not own.';

CREATE TRIGGER slt_check_owner BEFORE INSERT OR UPDATE OR DELETE ON @extschema@.slt_attachments FOR EACH ROW EXECUTE FUNCTION check_owner();
ALTER TABLE @extschema@.slt_attachments ENABLE ALWAYS TRIGGER slt_check_owner;

CREATE FUNCTION @extschema@.slt_stamp()
RETURNS trigger
AS 'MODULE_PATHNAME', 'slt_stamp'
LANGUAGE c;
COMMENT ON FUNCTION @extschema@.slt_stamp() IS 'Trigger of ticket tables, made by slt_attach(), with the attachment''s name as its argument: writes the deadlines into each row, and what is remembered of it. A row that cannot be stamped is written all the same, with a warning.';

-- tables and columns ---------------------------------------------------------------------------------------------

CREATE FUNCTION table_name(ticket_table regclass)
RETURNS text
LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ticket_table;
END;
COMMENT ON FUNCTION table_name(regclass) IS 'A table''s name with its schema; null if it is gone.';

CREATE FUNCTION quoted_table(ticket_table regclass)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT coalesce((SELECT format('"%s"', c.relname) FROM pg_class c WHERE c.oid = ticket_table), format('with OID %s', ticket_table::oid));
END;
COMMENT ON FUNCTION quoted_table(regclass) IS 'What messages call a table.';

CREATE VIEW attachment_triggers AS
	SELECT g.tgrelid, g.tgname, g.tgenabled, convert_from(substring(g.tgargs FROM 1 FOR octet_length(g.tgargs) - 1), getdatabaseencoding()) AS name
	FROM pg_depend d JOIN pg_trigger g ON g.oid = d.objid
	WHERE d.classid = 'pg_trigger'::regclass AND d.refclassid = 'pg_proc'::regclass AND d.refobjid = '@extschema@.slt_stamp()'::regprocedure AND g.tgnargs = 1;
COMMENT ON VIEW attachment_triggers IS 'The tables that have the trigger slt_stamp(), and the attachments that it names there.';
GRANT SELECT ON attachment_triggers TO PUBLIC;

CREATE FUNCTION family(ticket_table regclass)
RETURNS TABLE (member regclass, relkind "char")
LANGUAGE sql STABLE STRICT SECURITY DEFINER ROWS 2 SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	WITH RECURSIVE roots (oid) AS (
		SELECT ticket_table::oid
		UNION
		SELECT g.tgrelid
		FROM attachment_triggers g
		JOIN @extschema@.slt_attachments a ON a.ticket_table = family.ticket_table AND g.name = a.name
		JOIN pg_class c ON c.oid = g.tgrelid
		JOIN pg_class r ON r.oid = a.ticket_table AND r.relowner = c.relowner
		WHERE NOT EXISTS (SELECT FROM @extschema@.slt_attachments own WHERE own.ticket_table = g.tgrelid)
	), members (oid) AS (
		SELECT r.oid FROM roots r
		UNION
		SELECT i.inhrelid FROM members m JOIN pg_inherits i ON i.inhparent = m.oid
	)
	-- what is temporary is for one session only
	SELECT m.oid::regclass, c.relkind FROM members m JOIN pg_class c ON c.oid = m.oid WHERE c.relpersistence <> 't' ORDER BY m.oid;
END;
COMMENT ON FUNCTION family(regclass) IS 'A table, its partitions and children, and the tables whose trigger names its attachment: all that one attachment is for.';

CREATE FUNCTION leaves(ticket_table regclass)
RETURNS TABLE (leaf regclass)
LANGUAGE sql STABLE STRICT ROWS 2 SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT f.member FROM family(ticket_table) f WHERE f.relkind = 'r' ORDER BY f.member::oid;
END;
COMMENT ON FUNCTION leaves(regclass) IS 'Of the tables that one attachment is for, those that hold rows.';

CREATE VIEW locked AS
	SELECT DISTINCT coalesce(i.indrelid, l.relation) AS relation FROM pg_locks l LEFT JOIN pg_index i ON i.indexrelid = l.relation
	WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()) AND l.pid IS DISTINCT FROM pg_backend_pid();
COMMENT ON VIEW locked IS 'The tables that another session has for itself, or wants so: whoever looks into one, or asks for its size or that of an index, waits for that.';
GRANT SELECT ON locked TO PUBLIC;

CREATE FUNCTION check_ticket_table(ticket_table regclass)
RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	rel record;
BEGIN
	SELECT c.relname, c.relkind, c.relispartition, c.relpersistence, pg_has_role(c.relowner, 'USAGE') AS is_owner, pg_get_userbyid(c.relowner) AS owner,
		   c.relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace) AS is_system,
		   EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
				   AND d.refobjid = (SELECT e.oid FROM pg_extension e WHERE e.extname = 'slt')) AS is_ours
	INTO rel FROM pg_class c WHERE c.oid = ticket_table;
	IF ticket_table IS NULL THEN
		RAISE invalid_parameter_value USING MESSAGE = format('argument "%s" is not given', 'ticket_table'), HINT = 'Name the table that your application keeps its tickets in.';
	ELSIF NOT FOUND THEN
		RAISE undefined_table USING MESSAGE = format('table with OID %s does not exist', ticket_table::oid), HINT = 'Name the table that your application keeps its tickets in.';
	ELSIF rel.is_system THEN
		RAISE wrong_object_type USING MESSAGE = format('"%s" is a system table', rel.relname), HINT = 'Attach the table that your application keeps its tickets in.';
	ELSIF rel.is_ours THEN
		RAISE wrong_object_type USING MESSAGE = format('"%s" belongs to slt itself', rel.relname), HINT = 'Attach the table that your application keeps its tickets in.';
	ELSIF rel.relkind IN ('v', 'm') THEN
		RAISE wrong_object_type USING MESSAGE = format('"%s" is a view', rel.relname), HINT = 'Attach the table behind it.';
	ELSIF rel.relkind = 'f' THEN
		RAISE wrong_object_type USING MESSAGE = format('"%s" is a foreign table', rel.relname), HINT = 'Install slt where the table is, and attach it there.';
	ELSIF rel.relkind NOT IN ('r', 'p') THEN
		RAISE wrong_object_type USING MESSAGE = format('"%s" is not a table', rel.relname);
	ELSIF rel.relpersistence = 't' THEN
		RAISE feature_not_supported USING MESSAGE = format('"%s" is a temporary table', rel.relname), HINT = 'slt works for all sessions; attach a table that they see.';
	ELSIF NOT rel.is_owner THEN
		RAISE insufficient_privilege USING MESSAGE = format('must be owner of table "%s"', rel.relname), HINT = format('Do it as role "%s".', rel.owner);
	ELSIF rel.relispartition THEN
		RAISE wrong_object_type USING MESSAGE = format('"%s" is a partition', rel.relname),
			HINT = format('Attach the whole of it: %s.', (SELECT max(i.inhparent::regclass::text) FROM pg_inherits i WHERE i.inhrelid = ticket_table));
	END IF;
END $$;
COMMENT ON FUNCTION check_ticket_table(regclass) IS 'Error 42P01, 42809 or 42501 if a table is none that the current user can attach.';

CREATE FUNCTION check_attachment(ticket_table regclass)
RETURNS text[]
AS 'MODULE_PATHNAME', 'slt_check_attachment'
LANGUAGE c STRICT;
COMMENT ON FUNCTION check_attachment(regclass) IS 'Has the loader read the row of slt_attachments of a table whose columns are not there yet, and raises what is wrong with it. Returns the metrics that something can end, and warns of the others.';

CREATE FUNCTION attachment_problem(ticket_table regclass)
RETURNS text
AS 'MODULE_PATHNAME', 'slt_attachment_problem'
LANGUAGE c STABLE STRICT;
COMMENT ON FUNCTION attachment_problem(regclass) IS 'Why the rows of a table cannot be stamped, or which name of the policy its settings use that is not there any more; null if nothing is wrong.';

CREATE FUNCTION column_numbers(ticket_table regclass)
RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT jsonb_object_agg(a.attname, a.attnum) FROM pg_attribute a WHERE a.attrelid = ticket_table AND a.attnum > 0 AND NOT a.attisdropped;
END;
COMMENT ON FUNCTION column_numbers(regclass) IS 'The attribute numbers of a table''s columns by their names.';

CREATE FUNCTION own_columns(prefix text, metrics text[], with_status boolean, OUT what text, OUT name text, OUT type regtype, OUT comment text)
RETURNS SETOF record
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT c.what, prefix || c.what, c.type, c.comment
	FROM (SELECT m.metric || k.suffix, k.type, format(k.comment, m.metric), m.n, k.n
		  FROM unnest(metrics) WITH ORDINALITY m (metric, n),
			   (VALUES (1, '_due', regtype 'timestamptz', 'When the %s of the ticket is due; infinity while the clock stands still, null if none is owed. Written by slt.'),
					   (2, '_met', 'boolean', 'Whether the %s of the ticket was in time; null while it is not done. Written by slt.'),
					   (3, '_runs', 'timestamptz[]', 'Runs of the clock for %s that the row does not tell any more: rows of start, end and deadline. May be corrected. Written by slt.')) k (n, suffix, type, comment)
		  UNION ALL
		  SELECT s.what, s.type, s.comment, 2147483647, s.n
		  FROM (VALUES (1, 'status_at', regtype 'timestamptz[]', 'When the status of the ticket changed. May be corrected. Written by slt.'),
					   (2, 'status_became', 'text[]', 'What the status of the ticket changed to, each holding to the next. May be corrected. Written by slt.'),
					   (3, 'announce_at', 'timestamptz', 'When the sweep has to look at the ticket next; null for never. Written by slt.')) s (n, what, type, comment)
		  WHERE with_status OR s.n = 3) c (what, type, comment, m, n)
	ORDER BY c.m, c.n;
END;
COMMENT ON FUNCTION own_columns(text, text[], boolean) IS 'The columns that slt_attach() adds to a ticket table: their names, types and comments.';

-- For a partitioned table PostgreSQL makes no index without keeping writers waiting while it builds.  It takes those that its
-- partitions have already, so these come first; then it needs a lock for an instant, which is not waited for in their way.
CREATE FUNCTION index_command(ticket_table regclass, metric text)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT string_agg(format(CASE f.relkind WHEN 'r' THEN 'CREATE INDEX CONCURRENTLY %s;' ELSE 'SET lock_timeout = ''50ms''; CREATE INDEX %s; RESET lock_timeout;' END,
							 format('ON %s (%I) WHERE %I IS %s', table_name(f.member), i.col, a.own_columns->>coalesce(metric || '_met', 'announce_at'), CASE WHEN metric IS NULL THEN 'NOT NULL' ELSE 'NULL' END)),
					  E'\n' ORDER BY f.relkind = 'p', f.member::oid)
	FROM @extschema@.slt_attachments a
	CROSS JOIN LATERAL (SELECT a.own_columns->>coalesce(metric || '_due', 'announce_at')) i (col)
	CROSS JOIN LATERAL family(a.ticket_table) f
	WHERE a.ticket_table = index_command.ticket_table AND (f.relkind = 'r' OR f.relkind = 'p' AND f.member = a.ticket_table) AND NOT EXISTS (
		SELECT FROM pg_index x JOIN pg_attribute k ON k.attrelid = x.indrelid AND k.attnum = x.indkey[0] WHERE x.indrelid = f.member AND k.attname = i.col);
END;
COMMENT ON FUNCTION index_command(regclass, text) IS 'The commands that make the indexes by which the sweep finds what is due next; with a metric, indexes for queries that ask what of that is due next, in the order of deadlines: for each table that holds rows, and then for the partitioned one. Null if they are there.';

CREATE FUNCTION as_owner(ticket_table regclass, command text)
RETURNS void
AS 'MODULE_PATHNAME', 'slt_as_owner'
LANGUAGE c STRICT;
COMMENT ON FUNCTION as_owner(regclass, text) IS 'Runs a command about a table as its owner, restricted, for whoever owns it: altering a table runs what its owner has put there.';

CREATE FUNCTION lock_tables(tables regclass[])
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp SET lock_timeout = '50ms'
AS $$
DECLARE
	give_up CONSTANT timestamptz := clock_timestamp() + interval '5 seconds';
	rel regclass;
BEGIN
	-- whoever comes behind us waits as long as we do, so we wait but shortly, for one, while we have no other, and let all go
	LOOP
		BEGIN
			FOREACH rel IN ARRAY tables LOOP
				PERFORM as_owner(rel, format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE %s', rel, CASE WHEN rel <> tables[1] THEN 'NOWAIT' END));
				PERFORM as_owner(rel, format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE NOWAIT', rel));
			END LOOP;
			RETURN;
		EXCEPTION WHEN lock_not_available THEN
			IF clock_timestamp() > give_up THEN
				RAISE lock_not_available USING MESSAGE = format('could not lock table %s within 5 seconds', quoted_table(rel)),
					HINT = 'Another transaction uses it. It is needed for an instant, but for oneself; try again when it is quieter.';
			END IF;
		END;
		tables := rel || array_remove(tables, rel);
		PERFORM pg_sleep(0.05 + random() * 0.05);
	END LOOP;
END $$;
COMMENT ON FUNCTION lock_tables(regclass[]) IS 'Locks tables, with their partitions and children, for slt_attach() and slt_detach(); no one waits for that longer than 50 ms. Error 55P03 after five seconds.';

CREATE FUNCTION fail(state text, problem text, detail text, hint text)
RETURNS void
AS 'MODULE_PATHNAME', 'slt_fail'
LANGUAGE c STRICT;
COMMENT ON FUNCTION fail(text, text, text, text) IS 'Raises an error without the lines that say by which functions it came about; empty texts are left out.';

CREATE FUNCTION take_turns(ticket_table regclass)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp SET lock_timeout = '5s'
AS $$
BEGIN
	-- nobody who reads or writes rows waits behind this one
	EXECUTE format('LOCK TABLE ONLY %s IN SHARE UPDATE EXCLUSIVE MODE', ticket_table);
EXCEPTION WHEN lock_not_available THEN
	RAISE lock_not_available USING MESSAGE = format('could not lock table %s within 5 seconds', quoted_table(ticket_table)), HINT = 'Another session attaches, vacuums or indexes it; try again when that is done.';
END $$;
COMMENT ON FUNCTION take_turns(regclass) IS 'Has sessions that attach or detach one table do so one after the other. Error 55P03 after five seconds.';

-- attach ---------------------------------------------------------------------------------------------------------

CREATE FUNCTION paused_statuses(paused_when text)
RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
BEGIN
	RETURN paused_when::jsonb;
EXCEPTION WHEN invalid_text_representation THEN
	BEGIN
		RETURN to_jsonb(paused_when::text[]);
	EXCEPTION WHEN invalid_text_representation THEN
		RAISE invalid_parameter_value USING MESSAGE = 'argument "paused_when" is neither a list of statuses nor a JSON object', DETAIL = format('It is "%s".', left(paused_when, 100)),
			HINT = 'Write it as {waiting,"on hold"}, or by metric as {"resolution": ["waiting"]}.';
	END;
END $$;
COMMENT ON FUNCTION paused_statuses(text) IS 'Reads paused_when of slt_attach(): an array of statuses, or JSON. Error 22023 for anything else.';

CREATE FUNCTION unset_instant(unset text, time_zone text, time_unit text)
RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp SET datestyle = 'ISO, YMD'
AS $$
BEGIN
	IF length(unset) < 20 AND unset ~ '^-?[0-9]{1,18}$' AND unset !~ '^[0-9]{4}$' THEN
		RETURN timestamptz 'epoch' + unset::double precision * CASE time_unit WHEN 'milliseconds' THEN interval '1 ms' WHEN 'microseconds' THEN interval '1 us' ELSE interval '1 s' END;
	END IF;
	RETURN unset::timestamp AT TIME ZONE coalesce(time_zone, 'UTC');
EXCEPTION WHEN data_exception OR invalid_parameter_value THEN
	RAISE invalid_parameter_value USING MESSAGE = format('invalid value for argument "%s": "%s"', 'unset', left(unset, 100)), HINT = 'Give the time that means "not yet", such as 1970-01-01, or a number as the columns have it, such as 0.';
END $$;
COMMENT ON FUNCTION unset_instant(text, text, text) IS 'The instant that unset of slt_attach() means. Error 22023 if it is none.';

CREATE FUNCTION without_trigger(ticket_table regclass)
RETURNS regclass[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	-- a partitioned table hands its trigger down; children of an inherited one need their own
	SELECT coalesce(array_agg(f.member ORDER BY f.member::oid), '{}')
	FROM @extschema@.slt_attachments a CROSS JOIN LATERAL family(a.ticket_table) f JOIN pg_class c ON c.oid = f.member
	WHERE a.ticket_table = without_trigger.ticket_table AND NOT c.relispartition
		AND NOT EXISTS (SELECT FROM attachment_triggers g WHERE g.tgrelid = f.member AND g.name = a.name);
END;
COMMENT ON FUNCTION without_trigger(regclass) IS 'Of the tables that one attachment is for, those that need its trigger and have it not.';

CREATE FUNCTION add_columns(ticket_table regclass)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	a attachments;
	wanted record;
	additions text[] := '{}';
	is_there regtype;
BEGIN
	SELECT x.* INTO a FROM attachments x WHERE x.ticket_table = add_columns.ticket_table;
	FOR wanted IN SELECT c.* FROM own_columns(a.prefix, a.metrics, a.status IS NOT NULL) c LOOP
		IF octet_length(wanted.name) > 63 THEN
			RAISE name_too_long USING MESSAGE = format('the name of column "%s" would be too long', wanted.name), HINT = 'Choose a shorter "prefix".';
		END IF;
		SELECT t.atttypid INTO is_there FROM pg_attribute t WHERE t.attrelid = ticket_table AND t.attname = wanted.name AND t.attnum > 0 AND NOT t.attisdropped;
		IF NOT FOUND THEN
			additions := additions || format('ADD COLUMN %I %s', wanted.name, wanted.type);
		ELSIF is_there <> wanted.type THEN
			RAISE duplicate_column USING MESSAGE = format('column "%s" already exists with type %s', wanted.name, is_there), HINT = 'Choose another "prefix".';
		END IF;
	END LOOP;
	-- no row is rewritten, since all are null at first
	IF additions <> '{}' THEN
		PERFORM lock_tables(ticket_table || array_remove(without_trigger(ticket_table), ticket_table));
		PERFORM as_owner(ticket_table, format('ALTER TABLE %s %s', ticket_table, array_to_string(additions, ', ')));
		FOR wanted IN SELECT c.* FROM own_columns(a.prefix, a.metrics, a.status IS NOT NULL) c LOOP
			PERFORM as_owner(ticket_table, format('COMMENT ON COLUMN %s.%I IS %L', ticket_table, wanted.name, wanted.comment));
		END LOOP;
	END IF;
END $$;
COMMENT ON FUNCTION add_columns(regclass) IS 'Adds the columns of an attached table that are not there. Errors 42622 and 42701 for names that cannot be used.';

CREATE FUNCTION add_triggers(ticket_table regclass)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	attachment text;
	stamp regproc;
	tables CONSTANT regclass[] := without_trigger(ticket_table);
	member record;
BEGIN
	SELECT a.name INTO attachment FROM attachments a WHERE a.ticket_table = add_triggers.ticket_table;
	SELECT d.refobjid INTO stamp FROM pg_depend d WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_proc'::regclass
		AND d.objid = (SELECT r.oid FROM pg_rewrite r WHERE r.ev_class = 'attachment_triggers'::regclass) AND d.refobjid IN (SELECT p.oid FROM pg_proc p WHERE p.proname = 'slt_stamp');
	IF tables <> '{}' THEN
		PERFORM lock_tables(tables);
	END IF;
	FOR member IN SELECT t.rel, g.tgname FROM unnest(tables) t (rel) LEFT JOIN attachment_triggers g ON g.tgrelid = t.rel LOOP
		IF member.tgname IS NOT NULL THEN
			PERFORM as_owner(member.rel, format('DROP TRIGGER %I ON %s', member.tgname, member.rel));
		END IF;
		-- not as the owner, who need not see our schema; it runs nothing of theirs
		EXECUTE format('CREATE TRIGGER zz_slt_stamp BEFORE INSERT OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION %s(%L)', member.rel, stamp, attachment);
	END LOOP;
END $$;
COMMENT ON FUNCTION add_triggers(regclass) IS 'Makes the trigger on an attached table, and on its children, where it is not there.';

CREATE FUNCTION fire_triggers(ticket_table regclass)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	is_locked boolean := false;
	member record;
BEGIN
	-- one that somebody disabled stays so, and slt_attached() says it
	FOR member IN
		SELECT f.member AS rel, g.tgname, CASE WHEN a.replicated THEN 'ALWAYS ' ELSE '' END AS always FROM attachments a
		CROSS JOIN LATERAL family(a.ticket_table) f JOIN attachment_triggers g ON g.tgrelid = f.member AND g.name = a.name
		WHERE a.ticket_table = fire_triggers.ticket_table AND g.tgenabled IN ('A', 'O', 'R') AND (g.tgenabled = 'A') <> a.replicated
	LOOP
		IF NOT is_locked THEN
			PERFORM lock_tables(ARRAY(SELECT f.member FROM family(ticket_table) f JOIN pg_class c ON c.oid = f.member WHERE NOT c.relispartition));
			is_locked := true;
		END IF;
		PERFORM as_owner(member.rel, format('ALTER TABLE ONLY %s ENABLE %sTRIGGER %I', member.rel, member.always, member.tgname));
	END LOOP;
END $$;
COMMENT ON FUNCTION fire_triggers(regclass) IS 'Has the triggers of an attachment fire for what replication writes, or not, as its row says.';

CREATE FUNCTION attachment_name(ticket_table regclass, wanted text)
RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	chosen CONSTANT text := coalesce(wanted, (SELECT a.name FROM attachments a WHERE a.ticket_table = attachment_name.ticket_table), table_name(ticket_table));
	other regclass := (SELECT a.ticket_table FROM attachments a WHERE a.name = chosen AND a.ticket_table <> attachment_name.ticket_table);
BEGIN
	IF table_name(other) IS NOT NULL THEN
		RAISE duplicate_object USING MESSAGE = format('attachment "%s" already exists', chosen), DETAIL = format('It is of table %s.', quoted_table(other)),
			HINT = 'Give another "name".';
	END IF;
	RETURN chosen;
END $$;
COMMENT ON FUNCTION attachment_name(regclass, text) IS 'What an attachment is called: as wanted, as before, or as the table. Error 42710 if another table has it.';

CREATE FUNCTION warn_of_leftovers(ticket_table regclass)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	leftovers text;
BEGIN
	SELECT string_agg(format('"%s"', c.attname), ', ' ORDER BY c.attname) INTO leftovers
	FROM pg_attribute c
	WHERE c.attrelid = ticket_table AND c.attnum > 0 AND NOT c.attisdropped AND col_description(c.attrelid, c.attnum) LIKE '%Written by slt.'
		  AND c.attname NOT IN (SELECT n.value FROM attachments a, jsonb_each_text(a.own_columns) n WHERE a.ticket_table = warn_of_leftovers.ticket_table);
	IF leftovers IS NOT NULL THEN
		RAISE WARNING USING MESSAGE = 'columns of an earlier attachment are not written any more', DETAIL = format('They are %s.', leftovers),
			HINT = 'What reads them reads old values.';
	END IF;
END $$;
COMMENT ON FUNCTION warn_of_leftovers(regclass) IS 'Warns of columns that an earlier attachment of a table had, as their comments tell, and that the present one has not.';

CREATE FUNCTION warn_of_replication(a attachments)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
BEGIN
	IF a.replicated AND a.changed_at IS NULL THEN
		RAISE WARNING USING MESSAGE = format('table %s is replicated, and no column says when a row was changed', quoted_table(a.ticket_table)),
			DETAIL = 'What changes, such as the status, counts as changed when it arrives here, which may be later than it was.',
			HINT = 'Replicate a column that the application sets with each change, and name it in changed_at.';
	END IF;
	IF a.replicated AND NOT EXISTS (SELECT FROM pg_index x WHERE x.indrelid = a.ticket_table AND (x.indisprimary OR x.indisreplident)) THEN
		RAISE WARNING USING MESSAGE = format('table %s is replicated, and has no primary key', quoted_table(a.ticket_table)),
			DETAIL = 'PostgreSQL finds the row of an update by all columns then, those of slt included, which the other server does not have: updates would be lost.',
			HINT = 'Give it a primary key here, over columns that are unique.';
	END IF;
END $$;
COMMENT ON FUNCTION warn_of_replication(attachments) IS 'Warns of what goes wrong with a table that logical replication writes.';

CREATE FUNCTION known_metrics()
RETURNS TABLE (name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT m.name FROM @extschema@.slt_metrics m;
END;
COMMENT ON FUNCTION known_metrics() IS 'The names of all metrics.';

CREATE FUNCTION attach(a attachments)
RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	before attachments;
	stamped text[];
	next_commands text;
	problem text;
	detail text;
	hint text;
BEGIN
	PERFORM check_ticket_table(a.ticket_table);
	PERFORM check_settings(a.opened_at, a.prefix, a.on_unknown, a.name);
	PERFORM take_turns(a.ticket_table);
	SELECT x.* INTO before FROM attachments x WHERE x.ticket_table = a.ticket_table;
	a.name := attachment_name(a.ticket_table, a.name);
	a.announce_from := CASE WHEN a.announce_from = now() AND before.name IS NOT NULL THEN before.announce_from ELSE a.announce_from END;
	a.own_columns := '{}';
	a.column_numbers := column_numbers(a.ticket_table);
	a.numbers_of := a.ticket_table;

	-- what loads the row checks it
	DELETE FROM attachments x WHERE x.ticket_table = a.ticket_table OR x.name = a.name;
	INSERT INTO attachments SELECT a.*;
	stamped := check_attachment(a.ticket_table);
	UPDATE attachments x
	SET metrics = stamped, own_columns = (SELECT jsonb_object_agg(c.what, c.name) FROM own_columns(x.prefix, stamped, x.status IS NOT NULL) c)
	WHERE x.ticket_table = a.ticket_table;

	-- from the lock on others wait, so what can be done before it is
	PERFORM warn_of_leftovers(a.ticket_table);
	PERFORM warn_of_replication(a);
	next_commands := what_next(a.ticket_table);
	PERFORM add_columns(a.ticket_table);
	UPDATE attachments x SET column_numbers = column_numbers(x.ticket_table) WHERE x.ticket_table = a.ticket_table;
	PERFORM add_triggers(a.ticket_table);
	PERFORM fire_triggers(a.ticket_table);
	RETURN next_commands;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	-- that is ours to find, and where it was means something
	IF SQLSTATE LIKE 'XX%' THEN
		RAISE;
	ELSIF SQLSTATE = '42501' AND problem LIKE '%slt_attachments%' THEN
		problem := 'permission denied for table slt_attachments';
		hint := format('Whoever created the extension can let you: SELECT slt_grant_policy(%L).', current_user);
	END IF;
	PERFORM fail(SQLSTATE, problem, detail, hint);
END $$;
COMMENT ON FUNCTION attach(attachments) IS 'slt_attach(), with its arguments as a row of slt_attachments.';

CREATE FUNCTION @extschema@.slt_attach(ticket_table regclass, opened_at text,
	severity text DEFAULT NULL, severity_value text DEFAULT NULL, severity_map jsonb DEFAULT NULL,
	contract text DEFAULT NULL, contract_value text DEFAULT NULL, contract_map jsonb DEFAULT NULL,
	calendar text DEFAULT NULL, calendar_map jsonb DEFAULT NULL, request_kind text DEFAULT NULL, request_kind_map jsonb DEFAULT NULL,
	started_at jsonb DEFAULT '{}', done_at jsonb DEFAULT '{}', done_when jsonb DEFAULT '{}',
	status text DEFAULT NULL, paused_when text DEFAULT '{}', cancelled_when text[] DEFAULT '{}',
	changed_at text DEFAULT NULL, time_zone text DEFAULT NULL, time_unit text DEFAULT 'seconds', unset text DEFAULT NULL,
	metrics text[] DEFAULT NULL, key text DEFAULT NULL, name text DEFAULT NULL, prefix text DEFAULT 'slt_',
	on_unknown text DEFAULT 'warn', announce_from timestamptz DEFAULT now(), replicated boolean DEFAULT false)
RETURNS text
LANGUAGE sql
BEGIN ATOMIC
	SELECT attach(ROW(name, ticket_table, key, opened_at, severity, severity_value, severity_map, contract, contract_value, contract_map, calendar, calendar_map, request_kind,
		request_kind_map, coalesce(started_at, '{}'), coalesce(done_at, '{}'), coalesce(done_when, '{}'), status, paused_statuses(coalesce(paused_when, '{}')),
		coalesce(cancelled_when, '{}'), changed_at, time_zone, coalesce(fold_name(time_unit), 'seconds'), unset_instant(unset, time_zone, time_unit),
		coalesce(metrics, (SELECT array_agg(m.name ORDER BY m.name) FROM known_metrics() m)), prefix, on_unknown, announce_from, coalesce(replicated, false),
		NULL, NULL, NULL, NULL, NULL)::attachments);
END;
COMMENT ON FUNCTION @extschema@.slt_attach(regclass, text, text, text, jsonb, text, text, jsonb, text, jsonb, text, jsonb, jsonb, jsonb, jsonb, text, text, text[], text, text, text, text, text[], text, text, text, text, timestamptz, boolean) IS
'Gives a ticket table deadlines: for each metric that something ends a column for when it is due, one for whether it was met and one for earlier runs, with a status two for its history, one for when to look next, and the trigger that writes them. Returns the commands to run next: indexes that are not there yet, and the backfill. Called again, it replaces the settings. Errors: 42P01, 42809 and 42501 for a table that cannot be attached, 42703 and 42804 for columns, 42704 for unknown names, 42710 for a name that is taken, 22023 for other settings, 54000 for more than 16 metrics, 55P03 if the table cannot be locked.';

CREATE FUNCTION check_settings(opened_at text, prefix text, on_unknown text, name text)
RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
BEGIN
	IF opened_at IS NULL THEN
		RAISE invalid_parameter_value USING MESSAGE = 'argument "opened_at" is not given', HINT = 'Name the column that says when a ticket was opened.';
	ELSIF on_unknown IS NULL OR on_unknown NOT IN ('warn', 'error') THEN
		RAISE invalid_parameter_value USING MESSAGE = format('invalid value for argument "%s": "%s"', 'on_unknown', left(on_unknown, 100)), HINT = 'It is "warn" or "error".';
	ELSIF prefix IS NULL OR length(prefix) > 63 OR prefix !~ '^[[:alpha:]_]\w*$' THEN
		RAISE invalid_parameter_value USING MESSAGE = format('invalid value for argument "%s": "%s"', 'prefix', left(prefix, 100)), HINT = 'Names of columns begin with it: use letters, digits and underscores.';
	ELSIF name = '' OR octet_length(name) > 500 THEN
		RAISE invalid_parameter_value USING MESSAGE = format('invalid value for argument "%s": "%s"', 'name', left(name, 100)), HINT = 'Choose one of 1 to 500 bytes.';
	END IF;
END $$;
COMMENT ON FUNCTION check_settings(text, text, text, text) IS 'Error 22023 for what cannot be a row of slt_attachments.';

CREATE FUNCTION what_next(ticket_table regclass)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT concat((SELECT string_agg(i.command || E'\n', '' ORDER BY i.n)
				   FROM (SELECT m.n, index_command(a.ticket_table, m.metric) AS command
						 FROM @extschema@.slt_attachments a, unnest(NULL::text || a.metrics) WITH ORDINALITY m (metric, n) WHERE a.ticket_table = what_next.ticket_table) i),
				  format('CALL %I.slt_backfill(%L);', (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'slt'), table_name(ticket_table)));
END;
COMMENT ON FUNCTION what_next(regclass) IS 'The commands to run after slt_attach(): indexes that are not there yet, and the backfill.';

CREATE FUNCTION detach(ticket_table regclass, keep_columns boolean)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	attached attachments;
	tables regclass[];
	member record;
	drops text;
BEGIN
	IF ticket_table IS NULL OR table_name(ticket_table) IS NOT NULL AND EXISTS (SELECT FROM attachments a WHERE a.ticket_table = detach.ticket_table) THEN
		PERFORM check_ticket_table(ticket_table);
		PERFORM take_turns(ticket_table);
	END IF;
	SELECT a.* INTO attached FROM attachments a WHERE a.ticket_table = detach.ticket_table;
	IF NOT FOUND THEN
		RAISE undefined_object USING MESSAGE = format('table %s is not attached to slt', quoted_table(ticket_table)), HINT = 'slt_attached() lists the tables that are.';
	ELSIF table_name(ticket_table) IS NULL THEN
		DELETE FROM attachments a WHERE a.ticket_table = detach.ticket_table;
		RETURN;
	END IF;
	SELECT string_agg(format('DROP COLUMN %I', c.attname), ', ') INTO drops
	FROM pg_attribute c JOIN jsonb_each_text(attached.own_columns) o ON o.value = c.attname
	WHERE NOT keep_columns AND c.attrelid = ticket_table AND c.attnum > 0 AND NOT c.attisdropped;
	tables := ARRAY(SELECT f.member FROM family(ticket_table) f JOIN attachment_triggers g ON g.tgrelid = f.member JOIN pg_class c ON c.oid = f.member
					WHERE g.name = attached.name AND NOT c.relispartition);
	IF tables <> '{}' OR drops IS NOT NULL THEN
		PERFORM lock_tables(ticket_table || array_remove(tables, ticket_table));
	END IF;
	FOR member IN SELECT t.rel, g.tgname FROM unnest(tables) t (rel) JOIN attachment_triggers g ON g.tgrelid = t.rel LOOP
		PERFORM as_owner(member.rel, format('DROP TRIGGER %I ON %s', member.tgname, member.rel));
	END LOOP;
	IF drops IS NOT NULL THEN
		PERFORM as_owner(ticket_table, format('ALTER TABLE %s %s', ticket_table, drops));
	END IF;
	DELETE FROM attachments a WHERE a.ticket_table = detach.ticket_table;
END $$;
COMMENT ON FUNCTION detach(regclass, boolean) IS 'slt_detach().';

CREATE FUNCTION @extschema@.slt_detach(ticket_table regclass, keep_columns boolean DEFAULT true)
RETURNS void
LANGUAGE sql
BEGIN ATOMIC
	SELECT detach(ticket_table, keep_columns);
END;
COMMENT ON FUNCTION @extschema@.slt_detach(regclass, boolean) IS 'Undoes slt_attach(): removes the trigger and the settings. The columns stay, for the history of statuses and runs cannot be worked out again, unless keep_columns is false. What was announced stays in slt_events, and is not announced again if the table is attached again with its columns. Errors 42704 if the table is not attached, 42501 for whoever does not own it, 55P03 if it cannot be locked.';

CREATE FUNCTION trigger_problem(attachment text, ticket_table regclass)
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT CASE
		WHEN table_name(ticket_table) <> attachment AND EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE format('%I.%I', n.nspname, c.relname) = attachment AND c.oid NOT IN (SELECT g.tgrelid FROM attachment_triggers g WHERE g.name = attachment))
			THEN format('Table "%s" took the place of the attached one, which is called %s now, and has no trigger; SELECT slt_detach(%L), and slt_attach(%L, ...) with the settings that are here.',
						attachment, quoted_table(ticket_table), table_name(ticket_table), attachment)
		ELSE (SELECT format(p.problem, quoted_table(f.member), f.member, quote_ident(g.tgname), g.tgname) FROM family(ticket_table) f
			  LEFT JOIN attachment_triggers g ON g.tgrelid = f.member AND g.name = attachment
			  LEFT JOIN @extschema@.slt_attachments r ON r.name = attachment
			  CROSS JOIN LATERAL (SELECT CASE WHEN g.tgrelid IS NULL THEN 'The trigger "zz_slt_stamp" of table %s is gone, or is for something else; call slt_attach() again.'
											  WHEN r.replicated AND g.tgenabled NOT IN ('A', 'R') THEN 'The trigger "%4$s" of table %1$s does not fire for what replication writes; ALTER TABLE %2$s ENABLE ALWAYS TRIGGER %3$s.'
											  WHEN g.tgenabled = 'D' THEN 'The trigger "%4$s" of table %1$s is disabled; ALTER TABLE %2$s ENABLE TRIGGER %3$s.' END AS problem) p
			  WHERE p.problem IS NOT NULL ORDER BY f.member LIMIT 1)
	END;
END;
COMMENT ON FUNCTION trigger_problem(text, regclass) IS 'What is wrong with the tables or the triggers of an attachment; null if nothing is.';

CREATE FUNCTION count_unstamped(ticket_table regclass)
RETURNS bigint
AS 'MODULE_PATHNAME', 'slt_count_unstamped'
LANGUAGE c STABLE STRICT;
COMMENT ON FUNCTION count_unstamped(regclass) IS 'How many rows of a table, with its partitions and children, have no stamps and are owed some; null for whoever may not read all of it, and where they cannot be counted within a minute.';

CREATE FUNCTION policy_problem(pinned text)
RETURNS text
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
BEGIN
	RETURN CASE WHEN pinned <> fingerprint() THEN 'The policy here is another than the one that was imported with the attachment; slt_import() on each server what slt_export() gives on the one that is right.' END;
END $$;
COMMENT ON FUNCTION policy_problem(text) IS 'Whether the policy is another than the one that an attachment came with; null if it is not, or the attachment was made by hand.';

CREATE FUNCTION @extschema@.slt_attached(OUT name text, OUT ticket_table regclass, OUT metrics text[], OUT problem text, OUT unstamped bigint, OUT settings jsonb)
RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT a.name, a.ticket_table, a.metrics, p.problem, CASE WHEN p.problem IS NULL THEN count_unstamped(a.ticket_table) END,
		   jsonb_strip_nulls(to_jsonb(a) - '{name,ticket_table,metrics,own_columns,column_numbers,numbers_of,shipped,fingerprint}'::text[] - CASE WHEN a.replicated THEN '' ELSE 'replicated' END)
	FROM @extschema@.slt_attachments a
	CROSS JOIN LATERAL (SELECT CASE WHEN EXISTS (SELECT FROM family(a.ticket_table) f JOIN locked l ON l.relation = f.member) THEN 'It is locked by another session; ask again when it is not.'
								ELSE coalesce(trigger_problem(a.name, a.ticket_table), attachment_problem(a.ticket_table),
											  -- partitions have the columns of their table; shards and children need not
											  (SELECT min(attachment_problem(f.member)) FROM family(a.ticket_table) f JOIN pg_class c ON c.oid = f.member WHERE f.member <> a.ticket_table AND NOT c.relispartition),
											  policy_problem(a.fingerprint)) END AS problem) p
	ORDER BY a.name;
END;
COMMENT ON FUNCTION @extschema@.slt_attached() IS 'The tables that are attached: what is wrong with each, and what to do about it (problem is null if nothing is); how many of its rows have no stamps and are owed some, so that slt_backfill() has work (null for whoever may not read them all, and where they cannot be counted within a minute); and how it was attached. Needs SELECT on slt_attachments.';

CREATE FUNCTION names_now(names jsonb, columns text)
RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT CASE WHEN names ? columns THEN names->>columns
		ELSE (SELECT string_agg(coalesce(names->>btrim(p.part), btrim(p.part)), ',' ORDER BY p.n) FROM string_to_table(columns, ',') WITH ORDINALITY p (part, n)) END;
END;
COMMENT ON FUNCTION names_now(jsonb, text) IS 'A column, or several joined by commas, by the names of now; names is a JSON object from old names.';

CREATE FUNCTION names_now(names jsonb, columns jsonb)
RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT coalesce(jsonb_object_agg(d.key, coalesce(names->>d.value, d.value)), '{}') FROM jsonb_each_text(CASE jsonb_typeof(columns) WHEN 'object' THEN columns END) d;
END;
COMMENT ON FUNCTION names_now(jsonb, jsonb) IS 'The columns in a JSON object by the names of now.';

CREATE FUNCTION follow_renames()
RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	UPDATE @extschema@.slt_attachments a
	SET key = names_now(n.names, a.key), opened_at = names_now(n.names, a.opened_at), severity = names_now(n.names, a.severity), contract = names_now(n.names, a.contract),
		calendar = names_now(n.names, a.calendar), request_kind = names_now(n.names, a.request_kind), status = names_now(n.names, a.status),
		changed_at = names_now(n.names, a.changed_at), own_columns = names_now(n.names, a.own_columns), started_at = names_now(n.names, a.started_at),
		done_at = names_now(n.names, a.done_at), column_numbers = column_numbers(a.ticket_table)
	FROM (SELECT o.ticket_table, jsonb_object_agg(c.key, coalesce(r.attname::text, c.key)) AS names
		  FROM (SELECT x.ticket_table, x.column_numbers, column_numbers(x.ticket_table) AS now
				FROM @extschema@.slt_attachments x WHERE x.numbers_of = x.ticket_table) o
		  CROSS JOIN LATERAL jsonb_each_text(CASE jsonb_typeof(o.column_numbers) WHEN 'object' THEN o.column_numbers END) c
		  LEFT JOIN pg_attribute r ON r.attrelid = o.ticket_table AND r.attnum::text = c.value AND NOT r.attisdropped
		  WHERE o.now <> o.column_numbers
		  GROUP BY o.ticket_table) n
	WHERE n.ticket_table = a.ticket_table;
END;
REVOKE ALL ON FUNCTION follow_renames() FROM PUBLIC;
COMMENT ON FUNCTION follow_renames() IS 'Has slt_attachments name the columns as they are called now, so that a dump can be restored. The sweep does it.';

-- names of the policy that attachments use -----------------------------------------------------------------------

CREATE FUNCTION uses_name(value text, map jsonb, name text)
RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT coalesce(fold_name(value) = fold_name(name), false) OR
		   EXISTS (SELECT FROM jsonb_each_text(CASE jsonb_typeof(map) WHEN 'object' THEN map END) m WHERE fold_name(m.value) = fold_name(name));
END;
COMMENT ON FUNCTION uses_name(text, jsonb, text) IS 'Whether a constant or a map of slt_attach() leads to a name.';

CREATE FUNCTION uses_some_name(value text, map jsonb)
RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT value IS NOT NULL OR EXISTS (SELECT FROM jsonb_each_text(CASE jsonb_typeof(map) WHEN 'object' THEN map END) m WHERE m.value IS NOT NULL);
END;
COMMENT ON FUNCTION uses_some_name(text, jsonb) IS 'Whether a constant or a map of slt_attach() leads to any name.';

CREATE FUNCTION rename_in_map(map jsonb, old_name text, new_name text)
RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT jsonb_object_agg(m.key, CASE WHEN jsonb_typeof(m.value) = 'string' AND fold_name(m.value #>> '{}') = fold_name(old_name) THEN to_jsonb(new_name) ELSE m.value END)
	FROM jsonb_each(map) m;
END;
COMMENT ON FUNCTION rename_in_map(jsonb, text, text) IS 'A map of slt_attach() with another name in place of one.';

CREATE FUNCTION rename_in_attachments(what text, old_name text, new_name text)
RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	UPDATE @extschema@.slt_attachments SET severity_value = CASE WHEN fold_name(severity_value) = fold_name(old_name) THEN new_name ELSE severity_value END,
		severity_map = rename_in_map(severity_map, old_name, new_name)
	WHERE what = 'severity' AND uses_name(severity_value, severity_map, old_name);
	UPDATE @extschema@.slt_attachments SET contract_value = CASE WHEN fold_name(contract_value) = fold_name(old_name) THEN new_name ELSE contract_value END,
		contract_map = rename_in_map(contract_map, old_name, new_name)
	WHERE what = 'contract' AND uses_name(contract_value, contract_map, old_name);
	UPDATE @extschema@.slt_attachments SET calendar_map = rename_in_map(calendar_map, old_name, new_name)
	WHERE what = 'calendar' AND uses_name(NULL, calendar_map, old_name);
	UPDATE @extschema@.slt_attachments SET request_kind_map = rename_in_map(request_kind_map, old_name, new_name)
	WHERE what = 'request kind' AND uses_name(NULL, request_kind_map, old_name);
END;
REVOKE ALL ON FUNCTION rename_in_attachments(text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION rename_in_attachments(text, text, text) IS 'Has attachments use another name of a severity, contract, calendar or request kind.';

CREATE FUNCTION follow_policy()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	what CONSTANT text := TG_ARGV[0];
	old_name text;
	new_name text;
	user_table regclass;
	col text;
BEGIN
	IF TG_OP = 'TRUNCATE' THEN
		SELECT a.ticket_table INTO user_table FROM attachments a
		WHERE table_name(a.ticket_table) IS NOT NULL AND CASE what
			WHEN 'severity' THEN uses_some_name(a.severity_value, a.severity_map) WHEN 'contract' THEN uses_some_name(a.contract_value, a.contract_map)
			WHEN 'calendar' THEN uses_some_name(NULL, a.calendar_map) WHEN 'request kind' THEN uses_some_name(NULL, a.request_kind_map) ELSE true END
		LIMIT 1;
		IF FOUND THEN
			RAISE foreign_key_violation USING MESSAGE = format('table "%s" is in use', TG_TABLE_NAME),
				DETAIL = format('Tickets of table %s are attached with names that are in it.', quoted_table(user_table)), HINT = 'Only rows that no table is attached with can go.';
		END IF;
		RETURN NULL;
	END IF;
	FOREACH col IN ARRAY TG_ARGV[1:] LOOP
		old_name := to_jsonb(OLD)->>col;
		new_name := CASE WHEN TG_OP = 'UPDATE' THEN to_jsonb(NEW)->>col END;
		CONTINUE WHEN old_name IS NULL OR old_name = new_name;
		IF new_name IS NOT NULL THEN
			PERFORM rename_in_attachments(what, old_name, new_name);
			CONTINUE;
		END IF;
		SELECT a.ticket_table INTO user_table FROM attachments a
		WHERE table_name(a.ticket_table) IS NOT NULL AND CASE what
			WHEN 'severity' THEN uses_name(a.severity_value, a.severity_map, old_name) WHEN 'contract' THEN uses_name(a.contract_value, a.contract_map, old_name)
			WHEN 'calendar' THEN uses_name(NULL, a.calendar_map, old_name) ELSE uses_name(NULL, a.request_kind_map, old_name) END
		LIMIT 1;
		IF FOUND THEN
			RAISE foreign_key_violation USING MESSAGE = format(CASE what WHEN 'severity' THEN 'severity "%s" is in use' WHEN 'contract' THEN 'contract "%s" is in use'
				WHEN 'calendar' THEN 'calendar "%s" is in use' ELSE 'request kind "%s" is in use' END, left(old_name, 100)),
				DETAIL = format('Tickets of table %s are attached with it.', quoted_table(user_table)), HINT = 'Attach the table with another name first.';
		END IF;
	END LOOP;
	RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION follow_policy() FROM PUBLIC;
COMMENT ON FUNCTION follow_policy() IS 'Trigger of the policy tables: a name that an attachment uses is not deleted under it, nor is the table emptied (23503), and a rename reaches its constants and maps.';

CREATE TRIGGER slt_follow_policy AFTER UPDATE OR DELETE ON @extschema@.slt_contracts FOR EACH ROW EXECUTE FUNCTION follow_policy('contract', 'name');
CREATE TRIGGER slt_follow_policy AFTER UPDATE OR DELETE ON @extschema@.slt_severities FOR EACH ROW EXECUTE FUNCTION follow_policy('severity', 'code', 'label');
CREATE TRIGGER slt_follow_policy AFTER UPDATE OR DELETE ON @extschema@.slt_calendars FOR EACH ROW EXECUTE FUNCTION follow_policy('calendar', 'name');
CREATE TRIGGER slt_follow_policy AFTER UPDATE OR DELETE ON @extschema@.slt_request_kinds FOR EACH ROW EXECUTE FUNCTION follow_policy('request kind', 'name');
CREATE TRIGGER slt_follow_truncate AFTER TRUNCATE ON @extschema@.slt_contracts FOR EACH STATEMENT EXECUTE FUNCTION follow_policy('contract');
CREATE TRIGGER slt_follow_truncate AFTER TRUNCATE ON @extschema@.slt_severities FOR EACH STATEMENT EXECUTE FUNCTION follow_policy('severity');
CREATE TRIGGER slt_follow_truncate AFTER TRUNCATE ON @extschema@.slt_calendars FOR EACH STATEMENT EXECUTE FUNCTION follow_policy('calendar');
CREATE TRIGGER slt_follow_truncate AFTER TRUNCATE ON @extschema@.slt_request_kinds FOR EACH STATEMENT EXECUTE FUNCTION follow_policy('request kind');
CREATE TRIGGER slt_follow_truncate AFTER TRUNCATE ON @extschema@.slt_metrics FOR EACH STATEMENT EXECUTE FUNCTION follow_policy('metric');

CREATE FUNCTION follow_metric()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	user_table regclass := (SELECT a.ticket_table FROM attachments a WHERE OLD.name = ANY (a.metrics) AND table_name(a.ticket_table) IS NOT NULL LIMIT 1);
BEGIN
	IF user_table IS NOT NULL AND (TG_OP = 'DELETE' OR NEW.name <> OLD.name) THEN
		RAISE foreign_key_violation USING MESSAGE = format('metric "%s" is in use', OLD.name), DETAIL = format('Table %s has columns for it.', quoted_table(user_table)),
			HINT = 'Attach the table without it first, with "metrics".';
	END IF;
	RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION follow_metric() FROM PUBLIC;
COMMENT ON FUNCTION follow_metric() IS 'Trigger of slt_metrics: a metric that a table has columns for is neither deleted nor renamed (23503).';
CREATE TRIGGER slt_follow_metric AFTER UPDATE OR DELETE ON @extschema@.slt_metrics FOR EACH ROW EXECUTE FUNCTION follow_metric();

-- backfill -------------------------------------------------------------------------------------------------------

CREATE FUNCTION wait_for_writers(ticket_table regclass)
RETURNS void
AS 'MODULE_PATHNAME', 'slt_wait_for_writers'
LANGUAGE c STRICT;
COMMENT ON FUNCTION wait_for_writers(regclass) IS 'Waits for the transactions that write a table, as CREATE INDEX CONCURRENTLY does. For its owner.';

CREATE FUNCTION backfill_batch(leaf regclass, after tid, max_rows integer, OUT done tid, OUT seen bigint, OUT written bigint)
RETURNS record
AS 'MODULE_PATHNAME', 'slt_backfill_batch'
LANGUAGE c STRICT;
COMMENT ON FUNCTION backfill_batch(regclass, tid, integer) IS 'Stamps rows of a table behind a row: returns the last row it is done with, null at the end of the table, how many rows it saw and how many it wrote. -1 rows are all of them, gone through again, without warnings. For its owner.';

CREATE FUNCTION backfill_step(ticket_table regclass, batch_size integer, state jsonb)
RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	batch record;
	leaves regclass[];
	page numeric;
	again CONSTANT boolean := coalesce(state ? 'before', false);
	block CONSTANT numeric := current_setting('block_size')::numeric;
	seconds numeric;
	share numeric;
BEGIN
	IF state IS NULL THEN
		PERFORM check_ticket_table(ticket_table);
		IF batch_size IS NULL OR batch_size < 1 THEN
			RAISE invalid_parameter_value USING MESSAGE = format('argument "%s" must be at least 1', 'batch_size');
		END IF;
		PERFORM wait_for_writers(ticket_table);
		state := jsonb_build_object('leaf', 1, 'at', '(0,0)', 'bytes', 0, 'seen', 0, 'written', 0, 'wrote', 0, 'started', clock_timestamp(), 'reported', clock_timestamp(),
									'all_bytes', (SELECT sum(pg_relation_size(l.leaf)) FROM leaves(ticket_table) l));
	END IF;
	leaves := ARRAY(SELECT l.leaf FROM leaves(ticket_table) l);
	IF (state->>'leaf')::int > cardinality(leaves) THEN
		seconds := extract(epoch FROM clock_timestamp() - (state->>'started')::timestamptz);
		RAISE NOTICE 'rows seen: %, written: %, done: 100.0 %%, rows a second: %, seconds left: 0', state->>'seen', state->>'written',
			round((state->>'seen')::numeric / greatest(seconds, 0.000001));
		RETURN NULL;
	END IF;
	page := split_part(btrim(state->>'at', '()'), ',', 1)::numeric;
	IF state->>'at' = '(0,0)' AND NOT again THEN
		state := state || jsonb_build_object('pages', pg_relation_size(leaves[(state->>'leaf')::int]) / block);
	END IF;
	SELECT b.* INTO batch FROM backfill_batch(leaves[(state->>'leaf')::int], (state->>'at')::tid, CASE WHEN again THEN -1 ELSE batch_size END) b;
	-- rows that are written go to the end of the table, where they are met again, and are as they should be
	state := state || jsonb_build_object('written', (state->>'written')::bigint + batch.written, 'wrote', (state->>'wrote')::bigint + batch.written,
										 'seen', (state->>'seen')::bigint + CASE WHEN page < (state->>'pages')::numeric AND NOT again THEN batch.seen ELSE 0 END);
	IF batch.done IS NULL THEN
		-- a row that an application writes may come to stand where this has been: all is gone through again, until that writes nothing, and so was seen as it was at one time
		IF NOT again OR (state->>'wrote')::bigint BETWEEN 1 AND (state->>'before')::bigint - 1 THEN
			RETURN state || jsonb_build_object('at', '(0,0)', 'before', CASE WHEN again THEN state->'wrote' ELSE to_jsonb(9223372036854775807) END, 'wrote', 0);
		END IF;
		RETURN state - 'before' || jsonb_build_object('leaf', (state->>'leaf')::int + 1, 'at', '(0,0)', 'wrote', 0, 'bytes', (state->>'bytes')::numeric + (state->>'pages')::numeric * block);
	END IF;
	state := state || jsonb_build_object('at', batch.done);
	IF clock_timestamp() > (state->>'reported')::timestamptz + interval '2 seconds' AND NOT again THEN
		seconds := extract(epoch FROM clock_timestamp() - (state->>'started')::timestamptz);
		share := least(0.999, ((state->>'bytes')::numeric + page * block) / greatest(1, (state->>'all_bytes')::numeric));
		RAISE NOTICE 'rows seen: %, written: %, done: % %%, rows a second: %, seconds left: about %', state->>'seen', state->>'written',
			round(100 * share, 1), round((state->>'seen')::numeric / seconds), round(seconds / greatest(share, 0.000001) - seconds);
		state := state || jsonb_build_object('reported', clock_timestamp());
	END IF;
	RETURN state;
END $$;
COMMENT ON FUNCTION backfill_step(regclass, integer, jsonb) IS 'Does a batch of slt_backfill(): takes how far it has come, null at first, and returns how far it has come then, null at the end.';

CREATE PROCEDURE @extschema@.slt_backfill(ticket_table regclass, batch_size integer DEFAULT 5000)
AS 'MODULE_PATHNAME', 'slt_backfill'
LANGUAGE c;
COMMENT ON PROCEDURE @extschema@.slt_backfill(regclass, integer) IS
'Stamps the rows that were there before slt_attach(), in batches that commit, with a notice of progress every two seconds. It can be interrupted and called again: rows that have their stamps are passed over. At the end it goes through all once more, for rows that an application has moved meanwhile. It waits first for transactions that write the table. It fires no trigger and changes no other column; a row that cannot be written is left, with a warning. For the owner of the table; not inside a transaction block.';

CREATE FUNCTION @extschema@.slt_restamp(ticket_table regclass, dry_run boolean DEFAULT false, open_only boolean DEFAULT true,
										OUT key text, OUT metric text, OUT due_before timestamptz, OUT due_after timestamptz, OUT moved @extschema@.working_interval)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'slt_restamp'
LANGUAGE c STRICT;
COMMENT ON FUNCTION @extschema@.slt_restamp(regclass, boolean, boolean) IS
'Works deadlines out again after the policy changed, and returns those that move: from when, to when, by how much working time (null where one is null or infinite). With dry_run it only tells. Clocks that are done keep theirs unless open_only is false. It waits first for transactions that write the table, fires no trigger, changes no other column, and leaves rows that are locked or cannot be written, with a warning. For the owner of the table. Error 25001 in a transaction that changed the policy, or above READ COMMITTED, unless it is a dry run; 55000 under slt.as_of.';

-- reports --------------------------------------------------------------------------------------------------------

CREATE FUNCTION @extschema@.slt_clocks(ticket record, OUT metric text, OUT current boolean, OUT severity text, OUT contract text, OUT started timestamptz, OUT due timestamptz,
									   OUT done timestamptz, OUT state text, OUT elapsed @extschema@.working_interval, OUT remaining @extschema@.working_interval, OUT used numeric,
									   OUT due_now timestamptz, OUT paused tstzmultirange, OUT run integer, OUT problem text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'slt_clocks'
LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 2;
COMMENT ON FUNCTION @extschema@.slt_clocks(record) IS
'The clocks of a row of an attached table, as in FROM tickets t, slt_clocks(t): a row for each metric, and for each run of one that restarts (current: the last). state: on track, at risk, breached, paused, met, met late; or, where nothing is owed, no start, no target, out of scope, cancelled, codes unknown (problem says which). elapsed: working time from its start to done, or to now, without pauses; remaining: what is left of the target, negative if it is overdrawn; used: percent of it; due_now: where the present policy has another deadline than the one stamped; paused: the time that does not count. Error 42809 for anything but a row of an attached table.';

CREATE FUNCTION @extschema@.slt_explain(ticket record, metric text,
										OUT "from" timestamptz, OUT "to" timestamptz, OUT what text, OUT name text,
										OUT worked @extschema@.working_interval, OUT owed @extschema@.working_interval, OUT note text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'slt_explain_row'
LANGUAGE c STABLE STRICT PARALLEL UNSAFE ROWS 20;
COMMENT ON FUNCTION @extschema@.slt_explain(record, text) IS 'How the deadline of a row''s clock comes about, as in FROM tickets t, slt_explain(t, ''resolution''): the rows of slt_explain(opened_at, ...), of the clock''s last run, with the ticket''s own pauses, calendar and policy. Where the present policy would give another deadline than the one stamped, it goes by the policy as it was when the clock ended, as far as slt_policy_log reaches, else by the present one, with a note that says so. No row if nothing is owed. Errors 42809 as in slt_clocks(), 42704 for an unknown metric or codes.';

CREATE FUNCTION @extschema@.slt_tickets(ticket_table regclass, only_state text DEFAULT NULL,
										OUT key text, OUT metric text, OUT current boolean, OUT severity text, OUT contract text, OUT started timestamptz, OUT due timestamptz,
										OUT done timestamptz, OUT state text, OUT elapsed @extschema@.working_interval, OUT remaining @extschema@.working_interval, OUT used numeric,
										OUT due_now timestamptz, OUT paused tstzmultirange, OUT run integer, OUT problem text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'slt_tickets'
LANGUAGE c STABLE;
COMMENT ON FUNCTION @extschema@.slt_tickets(regclass, text) IS
'The clocks of all tickets of a table, as slt_clocks() has them, with the tickets'' keys; only_state asks for those in one state. Needs SELECT on the table; error 22023 for another state. For some of the tickets, or with their other columns, use slt_clocks().';

CREATE FUNCTION @extschema@.slt_report(ticket_table regclass, during tstzrange DEFAULT NULL, every text DEFAULT 'month',
									   OUT period tstzrange, OUT contract text, OUT severity text, OUT metric text, OUT opened bigint, OUT met bigint, OUT met_late bigint,
									   OUT breached bigint, OUT open bigint, OUT without_target bigint, OUT percent_met numeric, OUT attain numeric, OUT attained boolean,
									   OUT median @extschema@.working_interval, OUT percentile_90 @extschema@.working_interval)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'slt_report'
LANGUAGE c STABLE;
COMMENT ON FUNCTION @extschema@.slt_report(regclass, tstzrange, text) IS
'How promises were kept, for clocks that started in a range (all if null): a row for each period (day, week from Monday, month, quarter or year, by the clock of the calendar that counts), contract, severity and metric. opened = met + met_late + breached + open, where breached are those late and not done, and open those not done that still have time; without_target: clocks that are owed nothing as the policy has no target for them, or does not know their codes (contract and severity are null then). percent_met: of met, met_late and breached; attain: what was promised of it; attained: whether it was kept. median, percentile_90: of the working time that it took, of those done. Needs SELECT on the table; error 22023 for another period.';

CREATE FUNCTION attainment_add(counts bigint[], state text)
RETURNS bigint[]
AS 'MODULE_PATHNAME', 'slt_attainment_add'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION attainment_add(bigint[], text) IS
'Transition function of slt_attainment: counts are of clocks that are met, and of those that are met, met late or breached.';

CREATE FUNCTION attainment_combine(counts bigint[], others bigint[])
RETURNS bigint[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT ARRAY[counts[1] + others[1], counts[2] + others[2]];
END;
COMMENT ON FUNCTION attainment_combine(bigint[], bigint[]) IS
'Combine function of slt_attainment.';

CREATE FUNCTION attainment(counts bigint[])
RETURNS numeric
AS 'MODULE_PATHNAME', 'slt_attainment'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION attainment(bigint[]) IS
'Final function of slt_attainment.';

CREATE AGGREGATE @extschema@.slt_attainment(state text) (
	SFUNC = attainment_add, STYPE = bigint[], INITCOND = '{0,0}', FINALFUNC = attainment, COMBINEFUNC = attainment_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.slt_attainment(text) IS
'The percentage of clocks that were met, by their state as slt_clocks() has it: of those met, met late and breached, as percent_met of slt_report(); null if there are none. Error 22023 for a state that does not exist.';

CREATE FUNCTION @extschema@.slt_unmatched(ticket_table regclass, OUT key text, OUT metric text, OUT severity text, OUT contract text, OUT request_kind text, OUT state text, OUT problem text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'slt_unmatched'
LANGUAGE c STABLE STRICT;
COMMENT ON FUNCTION @extschema@.slt_unmatched(regclass) IS 'The clocks of tickets that are owed nothing, and why: codes as the row has them; state: no start (of the ticket: that nobody asked yet for what has a start of its own, such as a next reply, is as it should be, and not listed), no target, out of scope, cancelled, or codes unknown, and then what is wrong with them. Needs SELECT on the table.';

CREATE FUNCTION count_open(ticket_table regclass, OUT metric text, OUT state text, OUT tickets bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'slt_count_open'
LANGUAGE c STABLE STRICT;
COMMENT ON FUNCTION count_open(regclass) IS 'How many clocks of a table are not done, by metric and state: on track, at risk, breached, paused. Reads it as its owner, for whoever may read all of it.';

CREATE FUNCTION @extschema@.slt_ticket_counts(OUT ticket_table text, OUT metric text, OUT state text, OUT tickets bigint)
RETURNS SETOF record
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	attached record;
	counted record;
BEGIN
	FOR attached IN SELECT a.ticket_table AS rel, table_name(a.ticket_table) AS name FROM attachments a WHERE table_name(a.ticket_table) IS NOT NULL ORDER BY 2 LOOP
		-- one that cannot be counted does not keep the others from being
		BEGIN
			FOR counted IN SELECT t.* FROM count_open(attached.rel) t LOOP
				ticket_table := attached.name;
				metric := counted.metric;
				state := counted.state;
				tickets := counted.tickets;
				RETURN NEXT;
			END LOOP;
		EXCEPTION WHEN OTHERS THEN
			RAISE WARNING USING ERRCODE = SQLSTATE, MESSAGE = format('tickets of table %s could not be counted', quoted_table(attached.rel)),
				DETAIL = CASE WHEN SQLERRM ~ '^[a-z]+ ' THEN upper(left(SQLERRM, 1) COLLATE "C") || substr(SQLERRM, 2) ELSE SQLERRM END || CASE WHEN SQLERRM ~ '[.!?]$' THEN '' ELSE '.' END;
		END;
	END LOOP;
END $$;
COMMENT ON FUNCTION @extschema@.slt_ticket_counts() IS 'How many clocks of each attached table are not done, by metric and state: on track, at risk, breached, paused. A table that cannot be counted, as it is locked, takes longer than a minute or does not work, or has row security for the current user, is left out with a warning. Needs SELECT on slt_attachments and on the tables.';

-- sweep ----------------------------------------------------------------------------------------------------------

CREATE TABLE put_off (
	leaf oid,
	place tid,
	since timestamptz NOT NULL DEFAULT clock_timestamp(),
	until timestamptz NOT NULL,
	setbacks integer NOT NULL DEFAULT 0,
	problem text,
	PRIMARY KEY (leaf, place)
);
COMMENT ON TABLE put_off IS 'What the sweep could not do: tables, with the place (0,0), and rows, by their places; they are left alone for a while, so that others have their turn.';
COMMENT ON COLUMN put_off.leaf IS 'The table.';
COMMENT ON COLUMN put_off.place IS 'The row.';
COMMENT ON COLUMN put_off.since IS 'When that failed; what is in the future is forgotten, as the clock was set back.';
COMMENT ON COLUMN put_off.until IS 'When it is looked at again.';
COMMENT ON COLUMN put_off.setbacks IS 'How often in a row it failed.';
COMMENT ON COLUMN put_off.problem IS 'Why, the last time; null if its session had to be ended.';
REVOKE ALL ON put_off FROM PUBLIC;

CREATE FUNCTION put_off(leaf oid, place tid, first bigint, longest bigint, problem text)
RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	INSERT INTO put_off AS p (leaf, place, until, problem) VALUES (put_off.leaf, put_off.place, clock_timestamp() + first * interval '1 us', put_off.problem)
	ON CONFLICT ON CONSTRAINT put_off_pkey DO UPDATE
	SET setbacks = p.setbacks + 1, problem = excluded.problem, since = clock_timestamp(), until = clock_timestamp() + least(first * 2 ^ least(p.setbacks + 1, 30), longest) * interval '1 us';
END;
REVOKE ALL ON FUNCTION put_off(oid, tid, bigint, bigint, text) FROM PUBLIC;
COMMENT ON FUNCTION put_off(oid, tid, bigint, bigint, text) IS 'Has the sweep leave a table or a row alone: for so many microseconds at first, then twice as long each time, up to the longest.';

CREATE FUNCTION tables_to_sweep()
RETURNS TABLE (leaf oid, put_off_until timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT l.leaf::oid, p.until
	FROM @extschema@.slt_attachments a CROSS JOIN LATERAL leaves(a.ticket_table) l
	LEFT JOIN put_off p ON p.leaf = l.leaf AND p.place = '(0,0)'
	ORDER BY p.until NULLS FIRST, 1;
END;
REVOKE ALL ON FUNCTION tables_to_sweep() FROM PUBLIC;
COMMENT ON FUNCTION tables_to_sweep() IS 'The tables that hold tickets, those that failed last behind the others.';

CREATE FUNCTION @extschema@.slt_sweep(max_tickets bigint DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'slt_sweep'
LANGUAGE c;
COMMENT ON FUNCTION @extschema@.slt_sweep(bigint) IS
'Announces the steps that clocks have passed since last time: writes what is news into slt_events, and returns how much that was. It runs in the caller''s transaction and notifies nobody. Tickets and tables that are locked are left to the next sweep, and so are tickets beyond max_tickets; a ticket that cannot be written is announced, with a warning.';

CREATE PROCEDURE @extschema@.slt_sweep_all()
AS 'MODULE_PATHNAME', 'slt_sweep_all'
LANGUAGE c;
COMMENT ON PROCEDURE @extschema@.slt_sweep_all() IS 'The same as slt_sweep(), as the worker does it: each batch commits, and channel slt is notified afterwards that there is news. Not inside a transaction block (25001).';

-- Sweeping writes into every attached table, as its owner, so not everyone may have it done.
REVOKE ALL ON FUNCTION @extschema@.slt_sweep(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION @extschema@.slt_sweep(bigint) TO @extowner@ WITH GRANT OPTION;
REVOKE ALL ON PROCEDURE @extschema@.slt_sweep_all() FROM PUBLIC;
GRANT EXECUTE ON PROCEDURE @extschema@.slt_sweep_all() TO @extowner@ WITH GRANT OPTION;
