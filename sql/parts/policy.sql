SET LOCAL search_path = @extschema@, pg_temp;

-- the policy: config tables --------------------------------------------------------------------------------------
--
-- All of it is plain data.  pg_dump keeps the whole of each table, shipped rows
-- included.  A dump starts with slt_shipped, to which every table refers; when
-- its row arrives in a new database, the rows that CREATE EXTENSION has just
-- put there are removed, so that what follows is exactly what was dumped.
--
-- The script may run as superuser for a user who owns the schema that it runs
-- in, and may have put functions there.  So whatever runs while it does names
-- the schema of each function and operator.

CREATE TABLE slt_shipped (
	version text PRIMARY KEY
);
COMMENT ON TABLE slt_shipped IS
'The releases whose rows CREATE EXTENSION or ALTER EXTENSION put into the config tables. Not for editing: inserting a version that is there already, as a restored dump does, removes all shipped rows.';
COMMENT ON COLUMN slt_shipped.version IS 'A release of slt.';
SELECT pg_catalog.pg_extension_config_dump('slt_shipped', '');

CREATE TABLE slt_calendars (
	name text PRIMARY KEY CONSTRAINT slt_calendars_name_is_not_blank CHECK (name OPERATOR(pg_catalog.~) '^\S(.*\S)?$'),
	calendar working_calendar NOT NULL,
	note text,
	shipped text REFERENCES slt_shipped
);
CREATE UNIQUE INDEX slt_calendars_name_without_case ON slt_calendars (pg_catalog.lower(name));
COMMENT ON TABLE slt_calendars IS 'Working calendars by name. The holidays of a calendar are in slt_holidays.';
COMMENT ON COLUMN slt_calendars.name IS 'What functions and contracts call it; case does not matter there.';
COMMENT ON COLUMN slt_calendars.calendar IS 'Its time zone and rules, without the holidays.';
COMMENT ON COLUMN slt_calendars.note IS 'For people.';
COMMENT ON COLUMN slt_calendars.shipped IS 'The release of slt that shipped the row; null for your own.';
SELECT pg_catalog.pg_extension_config_dump('slt_calendars', '');

CREATE TABLE slt_holidays (
	calendar text NOT NULL REFERENCES slt_calendars ON UPDATE CASCADE ON DELETE CASCADE,
	day date NOT NULL CONSTRAINT slt_holidays_day_is_a_date_of_four_digits CHECK (
		day OPERATOR(pg_catalog.>=) date '0001-01-01' AND day OPERATOR(pg_catalog.<=) date '9999-12-31'),
	name text NOT NULL,
	hours text CONSTRAINT slt_holidays_hours_are_time_spans CHECK (
		hours IS NULL OR
		hours OPERATOR(pg_catalog.~) '^[0-9]' AND hours OPERATOR(pg_catalog.!~) '[;"]' AND
		CAST(text 'UTC 2000-01-01 ' OPERATOR(pg_catalog.||) hours AS @extschema@.working_calendar) IS NOT NULL),
	confirmed boolean NOT NULL DEFAULT true,
	source text,
	shipped text REFERENCES slt_shipped,
	PRIMARY KEY (calendar, day)
);
COMMENT ON TABLE slt_holidays IS 'Dates on which a calendar is closed, or open at other hours; they replace whatever its rules say for the date.';
COMMENT ON COLUMN slt_holidays.calendar IS 'The calendar, a row of slt_calendars.';
COMMENT ON COLUMN slt_holidays.day IS 'The date, in the calendar''s time zone.';
COMMENT ON COLUMN slt_holidays.name IS 'What the holiday is called; explanations show it.';
COMMENT ON COLUMN slt_holidays.hours IS 'Null if closed, else the hours that are open, such as 09:00-12:00 or 09:00-12:00,13:00-15:00.';
COMMENT ON COLUMN slt_holidays.confirmed IS 'False while the date is tentative; it counts all the same.';
COMMENT ON COLUMN slt_holidays.source IS 'Where the date is from.';
COMMENT ON COLUMN slt_holidays.shipped IS 'The release of slt that shipped the row; null for your own.';
SELECT pg_catalog.pg_extension_config_dump('slt_holidays', '');

CREATE TABLE slt_contracts (
	name text PRIMARY KEY CONSTRAINT slt_contracts_name_is_not_blank CHECK (name OPERATOR(pg_catalog.~) '^\S(.*\S)?$'),
	calendar text NOT NULL REFERENCES slt_calendars ON UPDATE CASCADE,
	note text,
	shipped text REFERENCES slt_shipped
);
CREATE UNIQUE INDEX slt_contracts_name_without_case ON slt_contracts (pg_catalog.lower(name));
COMMENT ON TABLE slt_contracts IS 'Contracts, and the calendar that their working time is counted by.';
COMMENT ON COLUMN slt_contracts.name IS 'What tickets call it; case does not matter there.';
COMMENT ON COLUMN slt_contracts.calendar IS 'The calendar, a row of slt_calendars.';
COMMENT ON COLUMN slt_contracts.note IS 'For people.';
COMMENT ON COLUMN slt_contracts.shipped IS 'The release of slt that shipped the row; null for your own.';
SELECT pg_catalog.pg_extension_config_dump('slt_contracts', '');

CREATE TABLE slt_severities (
	code text PRIMARY KEY CONSTRAINT slt_severities_code_is_not_blank CHECK (code OPERATOR(pg_catalog.~) '^\S(.*\S)?$'),
	label text CONSTRAINT slt_severities_label_is_not_blank CHECK (label OPERATOR(pg_catalog.~) '^\S(.*\S)?$'),
	definition text,
	shipped text REFERENCES slt_shipped
);
CREATE UNIQUE INDEX slt_severities_code_without_case ON slt_severities (pg_catalog.lower(code));
CREATE UNIQUE INDEX slt_severities_label_without_case ON slt_severities (pg_catalog.lower(label));
COMMENT ON TABLE slt_severities IS 'How bad an incident is.';
COMMENT ON COLUMN slt_severities.code IS 'Its short name, such as S1; case does not matter in tickets.';
COMMENT ON COLUMN slt_severities.label IS 'A name in words that tickets may use as well, such as Critical.';
COMMENT ON COLUMN slt_severities.definition IS 'What makes an incident one of this severity.';
COMMENT ON COLUMN slt_severities.shipped IS 'The release of slt that shipped the row; null for your own.';
SELECT pg_catalog.pg_extension_config_dump('slt_severities', '');

CREATE TABLE slt_targets (
	contract text NOT NULL REFERENCES slt_contracts ON UPDATE CASCADE ON DELETE CASCADE,
	severity text NOT NULL REFERENCES slt_severities ON UPDATE CASCADE ON DELETE CASCADE,
	metric text NOT NULL CONSTRAINT slt_targets_metric_is_a_lower_case_name CHECK (
		metric OPERATOR(pg_catalog.~) '^\S+$' AND metric OPERATOR(pg_catalog.=) pg_catalog.lower(metric)),
	amount working_interval NOT NULL CONSTRAINT slt_targets_amount_is_positive CHECK (
		amount OPERATOR(@extschema@.>) '0 hours' AND amount OPERATOR(@extschema@.<) 'infinity'),
	during tstzrange NOT NULL DEFAULT '(,)' CONSTRAINT slt_targets_during_is_not_empty CHECK (NOT pg_catalog.isempty(during)),
	pausable boolean,
	at_risk numeric NOT NULL DEFAULT 0.75 CONSTRAINT slt_targets_at_risk_is_a_fraction CHECK (
		at_risk OPERATOR(pg_catalog.>) 0 AND at_risk OPERATOR(pg_catalog.<=) 1),
	shipped text REFERENCES slt_shipped,
	PRIMARY KEY (contract, severity, metric, during)
);
COMMENT ON TABLE slt_targets IS
'How much working time a contract allows for a severity and a metric, and for tickets opened when. To change a target, end the row that is in force and add another: tickets opened before keep what they were promised.';
COMMENT ON COLUMN slt_targets.contract IS 'The contract, a row of slt_contracts.';
COMMENT ON COLUMN slt_targets.severity IS 'The severity, a row of slt_severities.';
COMMENT ON COLUMN slt_targets.metric IS 'What must happen in time: response, resolution, or a name of your own.';
COMMENT ON COLUMN slt_targets.amount IS 'The working time allowed.';
COMMENT ON COLUMN slt_targets.during IS 'For tickets opened in this range; ranges of one contract, severity and metric do not overlap.';
COMMENT ON COLUMN slt_targets.pausable IS 'Whether the clock stands still while a ticket is paused; null: unless the metric is response.';
COMMENT ON COLUMN slt_targets.at_risk IS 'The part of the working time after which a ticket counts as at risk.';
COMMENT ON COLUMN slt_targets.shipped IS 'The release of slt that shipped the row; null for your own.';
SELECT pg_catalog.pg_extension_config_dump('slt_targets', '');

CREATE TABLE slt_request_kinds (
	name text PRIMARY KEY CONSTRAINT slt_request_kinds_name_is_not_blank CHECK (name OPERATOR(pg_catalog.~) '^\S(.*\S)?$'),
	in_scope boolean NOT NULL,
	note text,
	shipped text REFERENCES slt_shipped
);
CREATE UNIQUE INDEX slt_request_kinds_name_without_case ON slt_request_kinds (pg_catalog.lower(name));
COMMENT ON TABLE slt_request_kinds IS 'The scope of the policy: which requests are owed a deadline.';
COMMENT ON COLUMN slt_request_kinds.name IS 'A kind of request.';
COMMENT ON COLUMN slt_request_kinds.in_scope IS 'Whether requests of the kind are owed a deadline.';
COMMENT ON COLUMN slt_request_kinds.note IS 'For people.';
COMMENT ON COLUMN slt_request_kinds.shipped IS 'The release of slt that shipped the row; null for your own.';
SELECT pg_catalog.pg_extension_config_dump('slt_request_kinds', '');

CREATE TABLE slt_channels (
	name text PRIMARY KEY CONSTRAINT slt_channels_name_is_not_blank CHECK (name OPERATOR(pg_catalog.~) '^\S(.*\S)?$'),
	opens_tickets boolean NOT NULL,
	address text,
	shipped text REFERENCES slt_shipped
);
CREATE UNIQUE INDEX slt_channels_name_without_case ON slt_channels (pg_catalog.lower(name));
COMMENT ON TABLE slt_channels IS 'The ways by which customers reach support.';
COMMENT ON COLUMN slt_channels.name IS 'A channel.';
COMMENT ON COLUMN slt_channels.opens_tickets IS 'Whether what arrives there opens a ticket.';
COMMENT ON COLUMN slt_channels.address IS 'Where customers find it: a URL, an e-mail address.';
COMMENT ON COLUMN slt_channels.shipped IS 'The release of slt that shipped the row; null for your own.';
SELECT pg_catalog.pg_extension_config_dump('slt_channels', '');

CREATE FUNCTION slt_check_target()
RETURNS trigger
AS 'MODULE_PATHNAME', 'slt_check_target'
LANGUAGE c;
COMMENT ON FUNCTION slt_check_target() IS 'Trigger of slt_targets: refuses targets of one contract, severity and metric that overlap in time, with error 23P01.';

CREATE FUNCTION slt_restore_shipped()
RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	config name;
	is_there boolean;
BEGIN
	EXECUTE format('SELECT EXISTS (SELECT FROM %I.slt_shipped WHERE version = $1)', TG_TABLE_SCHEMA) INTO is_there USING NEW.version;
	IF NOT is_there THEN
		RETURN NEW;
	END IF;
	FOREACH config IN ARRAY ARRAY['slt_targets', 'slt_contracts', 'slt_severities', 'slt_holidays', 'slt_calendars',
								  'slt_request_kinds', 'slt_channels', 'slt_experiences', 'slt_services'] LOOP
		EXECUTE format('DELETE FROM %I.%I WHERE shipped IS NOT NULL', TG_TABLE_SCHEMA, config);
	END LOOP;
	RETURN NULL;
END $$;
COMMENT ON FUNCTION slt_restore_shipped() IS 'Trigger of slt_shipped: makes room for the rows of a dump by removing those that CREATE EXTENSION put there.';

CREATE FUNCTION slt_config_changed()
RETURNS trigger
AS 'MODULE_PATHNAME', 'slt_config_changed'
LANGUAGE c;
COMMENT ON FUNCTION slt_config_changed() IS 'Trigger of the config tables: tells every session that its copy of the policy is stale.';
