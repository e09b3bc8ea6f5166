SET LOCAL search_path = zz_slt_internal, pg_temp;

-- triggers and grants --------------------------------------------------------------------------------------------
--
-- The triggers come last, so that the rows above do not fire them.  Those that
-- keep sessions up to date fire before a row changes, so that a change that is
-- rolled back is known, too; they are always enabled, as a replica needs them.

CREATE TRIGGER slt_restore_shipped BEFORE INSERT ON @extschema@.slt_shipped
FOR EACH ROW EXECUTE FUNCTION restore_shipped();
ALTER TABLE @extschema@.slt_shipped ENABLE ALWAYS TRIGGER slt_restore_shipped;

CREATE CONSTRAINT TRIGGER slt_check_target AFTER INSERT OR UPDATE ON @extschema@.slt_targets DEFERRABLE INITIALLY IMMEDIATE
FOR EACH ROW EXECUTE FUNCTION check_target();

CREATE CONSTRAINT TRIGGER slt_check_metric AFTER INSERT OR UPDATE OR DELETE ON @extschema@.slt_metrics DEFERRABLE INITIALLY IMMEDIATE
FOR EACH ROW EXECUTE FUNCTION check_metric();

DO $$
DECLARE
	t text;
BEGIN
	FOREACH t IN ARRAY '{calendars,calendar_lists,holidays,contracts,severities,metrics,targets,request_kinds,attachments}'::text[] LOOP
		EXECUTE format('CREATE TRIGGER slt_config_changed BEFORE INSERT OR UPDATE OR DELETE ON @extschema@.%I FOR EACH ROW EXECUTE FUNCTION config_changed()', 'slt_' || t);
		EXECUTE format('CREATE TRIGGER slt_config_truncated BEFORE TRUNCATE ON @extschema@.%I FOR EACH STATEMENT EXECUTE FUNCTION config_changed()', 'slt_' || t);
		EXECUTE format('ALTER TABLE @extschema@.%I ENABLE ALWAYS TRIGGER slt_config_changed, ENABLE ALWAYS TRIGGER slt_config_truncated', 'slt_' || t);
	END LOOP;
END $$;

DO $$
DECLARE
	t text;
	event text;
	style CONSTANT text := current_setting('IntervalStyle');
BEGIN
	-- the log begins with what is shipped, written as log_change() writes
	PERFORM set_config('IntervalStyle', 'postgres', true);
	FOREACH t IN ARRAY '{calendars,holiday_lists,calendar_lists,holidays,contracts,severities,metrics,targets,request_kinds,channels,services,experiences}'::text[] LOOP
		EXECUTE format('INSERT INTO @extschema@.slt_policy_log SELECT clock_timestamp(), session_user, %L, NULL, to_jsonb(t), t.shipped FROM @extschema@.%1$I t', 'slt_' || t);
		EXECUTE format('CREATE TRIGGER slt_log_change AFTER INSERT OR UPDATE OR DELETE ON @extschema@.%I FOR EACH ROW EXECUTE FUNCTION log_change()', 'slt_' || t);
		EXECUTE format('CREATE TRIGGER slt_log_truncated BEFORE TRUNCATE ON @extschema@.%I FOR EACH STATEMENT EXECUTE FUNCTION log_change()', 'slt_' || t);
		EXECUTE format('ALTER TABLE @extschema@.%I ENABLE ALWAYS TRIGGER slt_log_change, ENABLE ALWAYS TRIGGER slt_log_truncated', 'slt_' || t);
	END LOOP;
	PERFORM set_config('IntervalStyle', style, true);
	-- a trigger that is given the new rows can be for one kind of statement only
	FOREACH t IN ARRAY '{calendars,calendar_lists,holidays}'::text[] LOOP
		FOREACH event IN ARRAY '{insert,update}'::text[] LOOP
			EXECUTE format('CREATE TRIGGER slt_check_%s AFTER %1$s ON @extschema@.%I REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_calendars(%L)',
						   event, 'slt_' || t, CASE t WHEN 'calendars' THEN 'name' WHEN 'calendar_lists' THEN 'calendar' ELSE 'list' END);
		END LOOP;
	END LOOP;
END $$;

CREATE TRIGGER slt_log_was_restored AFTER INSERT ON @extschema@.slt_policy_log REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION log_was_restored();
ALTER TABLE @extschema@.slt_policy_log ENABLE ALWAYS TRIGGER slt_log_was_restored;

-- Functions read the policy for everyone.  The tables are for whoever created the extension, who need not be a
-- superuser, and for those whom he lets.  He gets no right to add triggers: they would run as whoever edits.
DO $$
DECLARE
	t text;
BEGIN
	FOREACH t IN ARRAY '{shipped,calendars,holiday_lists,calendar_lists,holidays,contracts,severities,metrics,targets,request_kinds,channels,policy_log}'::text[] LOOP
		EXECUTE format('REVOKE ALL ON @extschema@.%I FROM PUBLIC', 'slt_' || t);
		EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON @extschema@.%I TO @extowner@ WITH GRANT OPTION', 'slt_' || t);
	END LOOP;
END $$;
