SET LOCAL search_path = zz_slt_internal, pg_temp;

REVOKE ALL ON @extschema@.slt_services, @extschema@.slt_experiences, @extschema@.slt_incidents, @extschema@.slt_incident_updates,
	@extschema@.slt_outages, @extschema@.slt_maintenance, @extschema@.slt_coverage,
	@extschema@.slt_checks, @extschema@.slt_failing, @extschema@.slt_monitors, @extschema@.slt_settled, @extschema@.slt_latencies FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON @extschema@.slt_services, @extschema@.slt_experiences, @extschema@.slt_incidents, @extschema@.slt_incident_updates,
	@extschema@.slt_outages, @extschema@.slt_maintenance,
	@extschema@.slt_coverage, @extschema@.slt_checks, @extschema@.slt_failing, @extschema@.slt_monitors, @extschema@.slt_settled, @extschema@.slt_latencies TO @extowner@ WITH GRANT OPTION;
GRANT SELECT, USAGE, UPDATE ON @extschema@.slt_incidents_id_seq, @extschema@.slt_incident_updates_id_seq, @extschema@.slt_outages_id_seq, @extschema@.slt_maintenance_id_seq TO @extowner@ WITH GRANT OPTION;
GRANT SELECT ON @extschema@.slt_downtime_allowances TO PUBLIC;
REVOKE ALL ON @extschema@.slt_page_texts, @extschema@.slt_page_settings FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON @extschema@.slt_page_texts, @extschema@.slt_page_settings TO @extowner@ WITH GRANT OPTION;

-- the rights on the tables decide
GRANT SELECT, INSERT, UPDATE, DELETE ON outages, incidents, incident_updates, maintenance TO PUBLIC;
GRANT SELECT, INSERT, UPDATE ON experiences TO PUBLIC;
