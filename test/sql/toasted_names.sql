-- names and calendars that are stored out of line or compressed are read like others
SET timezone = 'Africa/Cairo';
SET datestyle = 'ISO';
BEGIN;
INSERT INTO slt_contracts (name, calendar) VALUES (repeat('long contract ', 170) || '.', 'Egypt');
INSERT INTO slt_targets (contract, severity, metric, amount) VALUES (repeat('long contract ', 170) || '.', 'S1', 'resolution', '8 hours');
CREATE TEMP TABLE stored (contract text, calendar working_calendar);
ALTER TABLE stored ALTER contract SET STORAGE EXTERNAL, ALTER calendar SET STORAGE EXTERNAL;
INSERT INTO stored SELECT name || '', ('UTC 24/7 "' || repeat('long comment ', 500) || '"')::working_calendar FROM slt_contracts WHERE name LIKE 'long%';
CREATE TEMP TABLE compressed (contract text, calendar working_calendar);
INSERT INTO compressed SELECT contract || '', calendar::text::working_calendar FROM stored;
SELECT pg_column_size(contract) > 2000 AS out_of_line, slt_deadline('2025-11-10 10:00', 'S1', contract) AS deadline,
	is_working('2025-11-10 03:00', calendar) AS working FROM stored;
SELECT pg_column_size(contract) < 2000 AS compressed, slt_deadline('2025-11-10 10:00', 'S1', contract) AS deadline,
	is_working('2025-11-10 03:00', calendar) AS working FROM compressed;
ROLLBACK;
