SET LOCAL search_path = @extschema@, pg_temp;

-- triggers and grants --------------------------------------------------------------------------------------------
--
-- The triggers come last, so that the rows above do not fire them.  Those that
-- keep sessions up to date fire before a row changes, so that a change that is
-- rolled back is known, too; they are always enabled, as a replica needs them.

CREATE TRIGGER slt_restore_shipped BEFORE INSERT ON slt_shipped
FOR EACH ROW EXECUTE FUNCTION slt_restore_shipped();
ALTER TABLE slt_shipped ENABLE ALWAYS TRIGGER slt_restore_shipped;

CREATE CONSTRAINT TRIGGER slt_check_target AFTER INSERT OR UPDATE ON slt_targets DEFERRABLE INITIALLY IMMEDIATE
FOR EACH ROW EXECUTE FUNCTION slt_check_target();

CREATE TRIGGER slt_config_changed BEFORE INSERT OR UPDATE OR DELETE ON slt_calendars
FOR EACH ROW EXECUTE FUNCTION slt_config_changed();
CREATE TRIGGER slt_config_truncated BEFORE TRUNCATE ON slt_calendars
FOR EACH STATEMENT EXECUTE FUNCTION slt_config_changed();
ALTER TABLE slt_calendars ENABLE ALWAYS TRIGGER slt_config_changed, ENABLE ALWAYS TRIGGER slt_config_truncated;

CREATE TRIGGER slt_config_changed BEFORE INSERT OR UPDATE OR DELETE ON slt_holidays
FOR EACH ROW EXECUTE FUNCTION slt_config_changed();
CREATE TRIGGER slt_config_truncated BEFORE TRUNCATE ON slt_holidays
FOR EACH STATEMENT EXECUTE FUNCTION slt_config_changed();
ALTER TABLE slt_holidays ENABLE ALWAYS TRIGGER slt_config_changed, ENABLE ALWAYS TRIGGER slt_config_truncated;

CREATE TRIGGER slt_config_changed BEFORE INSERT OR UPDATE OR DELETE ON slt_contracts
FOR EACH ROW EXECUTE FUNCTION slt_config_changed();
CREATE TRIGGER slt_config_truncated BEFORE TRUNCATE ON slt_contracts
FOR EACH STATEMENT EXECUTE FUNCTION slt_config_changed();
ALTER TABLE slt_contracts ENABLE ALWAYS TRIGGER slt_config_changed, ENABLE ALWAYS TRIGGER slt_config_truncated;

CREATE TRIGGER slt_config_changed BEFORE INSERT OR UPDATE OR DELETE ON slt_severities
FOR EACH ROW EXECUTE FUNCTION slt_config_changed();
CREATE TRIGGER slt_config_truncated BEFORE TRUNCATE ON slt_severities
FOR EACH STATEMENT EXECUTE FUNCTION slt_config_changed();
ALTER TABLE slt_severities ENABLE ALWAYS TRIGGER slt_config_changed, ENABLE ALWAYS TRIGGER slt_config_truncated;

CREATE TRIGGER slt_config_changed BEFORE INSERT OR UPDATE OR DELETE ON slt_targets
FOR EACH ROW EXECUTE FUNCTION slt_config_changed();
CREATE TRIGGER slt_config_truncated BEFORE TRUNCATE ON slt_targets
FOR EACH STATEMENT EXECUTE FUNCTION slt_config_changed();
ALTER TABLE slt_targets ENABLE ALWAYS TRIGGER slt_config_changed, ENABLE ALWAYS TRIGGER slt_config_truncated;

CREATE TRIGGER slt_config_changed BEFORE INSERT OR UPDATE OR DELETE ON slt_request_kinds
FOR EACH ROW EXECUTE FUNCTION slt_config_changed();
CREATE TRIGGER slt_config_truncated BEFORE TRUNCATE ON slt_request_kinds
FOR EACH STATEMENT EXECUTE FUNCTION slt_config_changed();
ALTER TABLE slt_request_kinds ENABLE ALWAYS TRIGGER slt_config_changed, ENABLE ALWAYS TRIGGER slt_config_truncated;

CREATE TRIGGER slt_config_changed BEFORE INSERT OR UPDATE OR DELETE ON slt_attachments
FOR EACH ROW EXECUTE FUNCTION slt_config_changed();
CREATE TRIGGER slt_config_truncated BEFORE TRUNCATE ON slt_attachments
FOR EACH STATEMENT EXECUTE FUNCTION slt_config_changed();
ALTER TABLE slt_attachments ENABLE ALWAYS TRIGGER slt_config_changed, ENABLE ALWAYS TRIGGER slt_config_truncated;

CREATE TRIGGER slt_check_owner BEFORE INSERT OR UPDATE OR DELETE ON slt_attachments
FOR EACH ROW EXECUTE FUNCTION slt_check_owner();
CREATE TRIGGER slt_check_owner BEFORE INSERT OR UPDATE OR DELETE ON slt_related
FOR EACH ROW EXECUTE FUNCTION slt_check_owner();
ALTER TABLE slt_attachments ENABLE ALWAYS TRIGGER slt_check_owner;
ALTER TABLE slt_related ENABLE ALWAYS TRIGGER slt_check_owner;

-- Functions read the policy for everyone.  The tables are for whoever created the extension, who need not be a
-- superuser, and for those whom he lets.  He gets no right to add triggers: they would run as whoever edits.
REVOKE ALL ON slt_shipped, slt_calendars, slt_holidays, slt_contracts, slt_severities, slt_targets,
	slt_request_kinds, slt_channels, slt_attachments, slt_related FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON slt_shipped, slt_calendars, slt_holidays, slt_contracts, slt_severities, slt_targets,
	slt_request_kinds, slt_channels, slt_attachments, slt_related TO @extowner@ WITH GRANT OPTION;

-- Sweeping writes into every attached table, as its owner, so not everyone may have it done.
REVOKE ALL ON FUNCTION slt_sweep(bigint), slt_next_sweep() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION slt_sweep(bigint), slt_next_sweep() TO @extowner@ WITH GRANT OPTION;
