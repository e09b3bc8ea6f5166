
REVOKE ALL ON slt_services, slt_experiences, slt_outages, slt_maintenance, slt_coverage FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON slt_services, slt_experiences, slt_outages, slt_maintenance, slt_coverage
	TO @extowner@ WITH GRANT OPTION;
