-- names and calendars that are stored out of line or compressed are read like others
SET timezone = 'Africa/Cairo';
SET datestyle = 'ISO';
BEGIN;
INSERT INTO slt_contracts (name, calendar) VALUES (repeat('long contract ', 17) || '.', 'Egypt');
INSERT INTO slt_targets (contract, severity, metric, amount) VALUES (repeat('long contract ', 17) || '.', 'S1', 'resolution', '8 hours');
-- a row that is too long for a page's share is made as short as it can be
CREATE TABLE stored (contract text, calendar working_calendar) WITH (toast_tuple_target = 128);
ALTER TABLE stored ALTER contract SET STORAGE EXTERNAL, ALTER calendar SET STORAGE EXTERNAL;
INSERT INTO stored SELECT name || '', ('UTC 24/7 "' || repeat('long comment ', 500) || '"')::working_calendar FROM slt_contracts WHERE name LIKE 'long%';
CREATE TABLE compressed (contract text, calendar working_calendar) WITH (toast_tuple_target = 128);
ALTER TABLE compressed ALTER contract SET STORAGE MAIN, ALTER calendar SET STORAGE MAIN;
INSERT INTO compressed SELECT contract || '', calendar::text::working_calendar FROM stored;
SELECT reltoastrelid::regclass AS toast FROM pg_class WHERE oid = 'stored'::regclass \gset
SELECT count(DISTINCT chunk_id) AS out_of_line FROM :toast;
SELECT slt_deadline('2025-11-10 10:00', 'S1', contract) AS deadline, is_working('2025-11-10 03:00', calendar) AS working FROM stored;
SELECT pg_column_size(contract) < octet_length(contract) AS name_is_compressed, pg_column_size(calendar) < length(calendar::text) AS calendar_is_compressed,
	slt_deadline('2025-11-10 10:00', 'S1', contract) AS deadline, is_working('2025-11-10 03:00', calendar) AS working FROM compressed;
ROLLBACK;
