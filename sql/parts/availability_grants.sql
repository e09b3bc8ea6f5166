SET LOCAL search_path = @extschema@, pg_temp;

REVOKE ALL ON slt_services, slt_experiences, slt_outages, slt_maintenance, slt_coverage, slt_checks, slt_settled FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON slt_services, slt_experiences, slt_outages, slt_maintenance, slt_coverage,
	slt_checks, slt_settled TO @extowner@ WITH GRANT OPTION;
GRANT SELECT, USAGE, UPDATE ON slt_outages_id_seq, slt_maintenance_id_seq TO @extowner@ WITH GRANT OPTION;
GRANT SELECT ON slt_downtime_allowances TO PUBLIC;
