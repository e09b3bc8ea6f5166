
-- triggers and grants --------------------------------------------------------------------------------------------
--
-- The triggers come last, so that the rows above do not fire them.  Those that
-- keep sessions up to date are always enabled: a replica needs them as well.

CREATE TRIGGER slt_restore_shipped BEFORE INSERT ON slt_shipped
FOR EACH ROW EXECUTE FUNCTION slt_restore_shipped();

DO LANGUAGE plpgsql $$
DECLARE
	config text;
BEGIN
	FOREACH config IN ARRAY ARRAY['slt_calendars', 'slt_holidays', 'slt_contracts', 'slt_severities', 'slt_targets'] LOOP
		EXECUTE format('CREATE TRIGGER slt_config_changed AFTER INSERT OR UPDATE OR DELETE ON @extschema@.%I '
					   'FOR EACH ROW EXECUTE FUNCTION @extschema@.slt_config_changed()', config);
		EXECUTE format('CREATE TRIGGER slt_config_truncated AFTER TRUNCATE ON @extschema@.%I '
					   'FOR EACH STATEMENT EXECUTE FUNCTION @extschema@.slt_config_changed()', config);
		EXECUTE format('ALTER TABLE @extschema@.%I ENABLE ALWAYS TRIGGER slt_config_changed, '
					   'ENABLE ALWAYS TRIGGER slt_config_truncated', config);
	END LOOP;
END $$;

-- Functions read the policy for everyone; the tables themselves are for those whom the DBA lets.
REVOKE ALL ON slt_shipped, slt_calendars, slt_holidays, slt_contracts, slt_severities, slt_targets,
	slt_request_kinds, slt_channels FROM PUBLIC;
