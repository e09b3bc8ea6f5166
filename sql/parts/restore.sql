SET LOCAL search_path = zz_slt_internal, pg_temp;

-- a restore, and an update -----------------------------------------------------------------------------------------
--
-- The config tables are restored in any order, see src/policy/restore.c.  A script that updates the extension brings what
-- its release ships with ship().

CREATE FUNCTION check_restored(config oid)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	referring record;
	missing text;
BEGIN
	FOR referring IN SELECT * FROM zz_slt_internal.config_references x WHERE x.is_ours AND x.config = check_restored.config LOOP
		EXECUTE format('SELECT %s FROM %s r WHERE %s AND NOT EXISTS (SELECT FROM %s c WHERE %s) AND %1$s IS NOT NULL LIMIT 1', referring.key, referring.rel,
					   referring.is_own, referring.config, referring.matches) INTO missing;
		IF missing IS NOT NULL THEN
			RAISE foreign_key_violation USING MESSAGE = format('what is restored into table %s leaves out what is in use', zz_slt_internal.quoted_table(config::regclass)),
				DETAIL = format('Rows of table %s use "%s".', zz_slt_internal.quoted_table(referring.rel), left(missing, 100)),
				HINT = 'Restore into a database where nobody has added rows to the policy.';
		END IF;
	END LOOP;
END $$;
COMMENT ON FUNCTION check_restored(oid) IS 'Error 23503 if rows that are not shipped refer to rows of a table that a restore has not brought.';

CREATE FUNCTION restore_rows()
RETURNS trigger
AS 'MODULE_PATHNAME', 'slt_restore_rows'
LANGUAGE c;
REVOKE ALL ON FUNCTION restore_rows() FROM PUBLIC;
COMMENT ON FUNCTION restore_rows() IS
'Trigger of the config tables that refer to one another: makes room for the rows of a dump, which come in any order. What is restored is not held against other tables.';

CREATE FUNCTION check_order()
RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	too_early boolean;
BEGIN
	-- as INSERTs, a dump has no statement by which its beginning is known but the one for slt_shipped: what CREATE EXTENSION wrote is still there
	EXECUTE format('SELECT EXISTS (SELECT FROM %s c JOIN pg_extension e ON e.xmin = c.xmin WHERE e.extname = ''slt'' AND c.shipped IS NOT NULL AND e.xmin <> pg_current_xact_id()::xid)',
				   TG_RELID::regclass) INTO too_early;
	IF too_early THEN
		RAISE object_not_in_prerequisite_state USING MESSAGE = format('rows of table "%s" come before those of "slt_shipped"', TG_TABLE_NAME),
			HINT = 'Restore what was dumped with --inserts into a new database, whole and by one job: pg_restore without -j. Or dump it without --inserts.';
	END IF;
	RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION check_order() FROM PUBLIC;
COMMENT ON FUNCTION check_order() IS 'Trigger of the config tables: error 55000 where the INSERTs of a dump come in an order in which nothing makes room for them. It does not fire for a COPY.';

DO $$
DECLARE
	config regclass;
BEGIN
	-- by slt_attachments nothing is looked up, and its check of who owns a ticket table always holds
	FOR config IN SELECT c FROM pg_extension e, unnest(e.extconfig) c WHERE e.extname = 'slt' AND c <> '@extschema@.slt_attachments'::regclass
		AND EXISTS (SELECT FROM pg_constraint k WHERE k.contype = 'f' AND c IN (k.conrelid, k.confrelid)) LOOP
		EXECUTE format('CREATE TRIGGER slt_before_restore BEFORE INSERT ON %s FOR EACH STATEMENT EXECUTE FUNCTION restore_rows()', config);
		EXECUTE format('CREATE TRIGGER zz_slt_after_restore AFTER INSERT ON %s FOR EACH STATEMENT EXECUTE FUNCTION restore_rows()', config);
		IF config NOT IN ('@extschema@.slt_shipped'::regclass, '@extschema@.slt_policy_log'::regclass) AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = config AND a.attname = 'shipped') THEN
			EXECUTE format('CREATE TRIGGER slt_check_order BEFORE INSERT ON %s FOR EACH ROW WHEN (NEW.shipped IS NOT NULL) EXECUTE FUNCTION check_order()', config);
		END IF;
		EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER slt_before_restore, ENABLE ALWAYS TRIGGER zz_slt_after_restore', config);
	END LOOP;
END $$;

CREATE FUNCTION ship(release text, config text, before jsonb, after jsonb)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	t regclass := (SELECT c.oid FROM pg_extension e, unnest(e.extconfig) x JOIN pg_class c ON c.oid = x WHERE e.extname = 'slt' AND c.relname = config);
	shipped jsonb := after || jsonb_build_object('shipped', release);
	columns text := (SELECT string_agg(quote_ident(k), ', ') FROM jsonb_object_keys(shipped) k);
	is_it text := (SELECT string_agg(format('c.%1$I = b.%1$I', a.attname), ' AND ') FROM pg_index i JOIN pg_attribute a ON a.attrelid = t AND a.attnum = ANY (i.indkey)
				   WHERE i.indrelid = t AND i.indisprimary)
		|| ' AND to_jsonb(c) @> (SELECT jsonb_object_agg(k, to_jsonb(b)->k) FROM jsonb_object_keys($2) k)';
	command text := CASE
		WHEN before IS NULL THEN format('INSERT INTO %1$s (%2$s) SELECT %2$s FROM jsonb_populate_record(NULL::%1$s, $1) ON CONFLICT DO NOTHING', t, columns)
		WHEN after IS NULL THEN format('DELETE FROM %1$s c USING jsonb_populate_record(NULL::%1$s, $2) b WHERE %2$s', t, is_it)
		ELSE format('UPDATE %1$s c SET (%2$s) = (SELECT %2$s FROM jsonb_populate_record(NULL::%1$s, $1)) FROM jsonb_populate_record(NULL::%1$s, $2) b WHERE %3$s', t, columns, is_it)
		END;
BEGIN
	IF t IS NULL THEN
		RAISE undefined_table USING MESSAGE = format('table "%s" of extension "slt" does not exist', config);
	END IF;
	EXECUTE command USING shipped, before;
EXCEPTION WHEN integrity_constraint_violation THEN
	NULL;  -- such as a holiday of a list that somebody removed, or a target beside his own
END $$;
REVOKE ALL ON FUNCTION ship(text, text, jsonb, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION ship(text, text, jsonb, jsonb) IS
'For scripts that update the extension: brings a row that a release ships, changes one that is still as the release before shipped it, or removes it. What somebody has edited, deleted or added himself stays.';
