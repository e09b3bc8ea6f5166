SET LOCAL search_path = @extschema@, pg_temp;

-- availability: what was promised, and what happened -------------------------------------------------------------
--
-- Functions read these tables for everyone, as the query's snapshot shows them.

CREATE TABLE slt_services (
	name text PRIMARY KEY CONSTRAINT slt_services_name_is_not_blank CHECK (name OPERATOR(pg_catalog.~) '^\S(.*\S)?$'),
	plan text,
	target numeric NOT NULL DEFAULT 99 CONSTRAINT slt_services_target_is_a_percentage CHECK (
		target OPERATOR(pg_catalog.>) numeric '0' AND target OPERATOR(pg_catalog.<=) numeric '100'),
	time_zone text NOT NULL DEFAULT 'UTC' CONSTRAINT slt_services_time_zone_is_known CHECK (
		time_zone OPERATOR(pg_catalog.~) '^\S+$' AND
		CAST(time_zone OPERATOR(pg_catalog.||) text ' 24/7' AS @extschema@.working_calendar) IS NOT NULL),
	maintenance_window working_calendar,
	weekly_downtime_aim interval NOT NULL DEFAULT '30 minutes' CONSTRAINT slt_services_weekly_downtime_aim_is_not_negative CHECK (
		weekly_downtime_aim OPERATOR(pg_catalog.>=) interval '0'),
	excuse_announced boolean NOT NULL DEFAULT false,
	service_hours working_calendar,
	note text,
	shipped text REFERENCES slt_shipped
);
CREATE UNIQUE INDEX slt_services_name_without_case ON slt_services (pg_catalog.lower(name));
COMMENT ON TABLE slt_services IS 'Services, and the availability that they promise.';
COMMENT ON COLUMN slt_services.name IS 'What functions call it; case does not matter there.';
COMMENT ON COLUMN slt_services.plan IS 'The plan that the promise belongs to.';
COMMENT ON COLUMN slt_services.target IS 'The availability promised, in percent.';
COMMENT ON COLUMN slt_services.time_zone IS 'The zone of the site, an IANA name: its days, weeks and months are those of reports.';
COMMENT ON COLUMN slt_services.maintenance_window IS 'When regular maintenance may be; planned downtime then does not count. Null for never.';
COMMENT ON COLUMN slt_services.weekly_downtime_aim IS 'All downtime of a week is to stay under this.';
COMMENT ON COLUMN slt_services.excuse_announced IS 'Whether planned downtime does not count, either, in maintenance that was announced before it began.';
COMMENT ON COLUMN slt_services.service_hours IS 'When the service is promised; nothing counts outside. Null for around the clock.';
COMMENT ON COLUMN slt_services.note IS 'For people.';
COMMENT ON COLUMN slt_services.shipped IS 'The release of slt that shipped the row; null for your own.';
SELECT pg_catalog.pg_extension_config_dump('slt_services', '');

CREATE TABLE slt_experiences (
	service text NOT NULL REFERENCES slt_services ON UPDATE CASCADE ON DELETE CASCADE,
	name text NOT NULL CONSTRAINT slt_experiences_name_is_not_blank CHECK (name OPERATOR(pg_catalog.~) '^\S(.*\S)?$'),
	covered boolean NOT NULL DEFAULT true,
	max_latency interval CONSTRAINT slt_experiences_max_latency_is_positive CHECK (max_latency OPERATOR(pg_catalog.>) interval '0'),
	description text,
	failures_to_open int NOT NULL DEFAULT 1 CONSTRAINT slt_experiences_failures_to_open_are_few CHECK (
		failures_to_open OPERATOR(pg_catalog.>=) 1 AND failures_to_open OPERATOR(pg_catalog.<=) 100),
	report_within interval NOT NULL DEFAULT '10 minutes' CONSTRAINT slt_experiences_report_within_is_a_time CHECK (
		report_within OPERATOR(pg_catalog.>) interval '0' AND report_within OPERATOR(pg_catalog.<=) interval '7 days'),
	shipped text REFERENCES slt_shipped,
	PRIMARY KEY (service, name)
);
CREATE UNIQUE INDEX slt_experiences_name_without_case ON slt_experiences (pg_catalog.lower(service), pg_catalog.lower(name));
COMMENT ON TABLE slt_experiences IS 'What people do with a service, each watched on its own.';
COMMENT ON COLUMN slt_experiences.service IS 'The service, a row of slt_services.';
COMMENT ON COLUMN slt_experiences.name IS 'What functions call it; case does not matter there.';
COMMENT ON COLUMN slt_experiences.covered IS 'Whether it counts for the availability of the service; else it is only recorded.';
COMMENT ON COLUMN slt_experiences.max_latency IS 'A check that took longer has failed. Null for no limit.';
COMMENT ON COLUMN slt_experiences.description IS 'What it is, in words.';
COMMENT ON COLUMN slt_experiences.failures_to_open IS 'How many checks must fail in a row to make an outage, which began with the first of them.';
COMMENT ON COLUMN slt_experiences.report_within IS 'How long a check vouches for what follows; without another one it is unknown from then on.';
COMMENT ON COLUMN slt_experiences.shipped IS 'The release of slt that shipped the row; null for your own.';
SELECT pg_catalog.pg_extension_config_dump('slt_experiences', '');

CREATE FUNCTION slt_outage_class(during tstzrange)
RETURNS int
AS 'MODULE_PATHNAME', 'slt_outage_class'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION slt_outage_class(tstzrange) IS
'How long a range is, roughly: the least n such that it is at most 4 to the n minutes, 30 if it has no end. For the index that finds the outages of a time.';

CREATE TABLE slt_outages (
	service text NOT NULL REFERENCES slt_services ON UPDATE CASCADE,
	experience text,
	during tstzrange NOT NULL CONSTRAINT slt_outages_during_has_a_start CHECK (
		NOT pg_catalog.isempty(during) AND pg_catalog.isfinite(pg_catalog.lower(during)) IS TRUE),
	planned boolean NOT NULL DEFAULT false,
	weight numeric NOT NULL DEFAULT 1 CONSTRAINT slt_outages_weight_is_a_share CHECK (
		weight OPERATOR(pg_catalog.>) numeric '0' AND weight OPERATOR(pg_catalog.<=) numeric '1'),
	note text,
	monitored boolean NOT NULL DEFAULT false,
	id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	CONSTRAINT slt_outages_experience_fkey FOREIGN KEY (service, experience) REFERENCES slt_experiences ON UPDATE CASCADE
);
CREATE INDEX slt_outages_by_time ON slt_outages (service, @extschema@.slt_outage_class(during), pg_catalog.lower(during));
CREATE INDEX slt_outages_monitored ON slt_outages (service, experience, pg_catalog.lower(during)) WHERE monitored;
COMMENT ON TABLE slt_outages IS 'When a service, or one experience of it, was down.';
COMMENT ON COLUMN slt_outages.service IS 'The service, a row of slt_services.';
COMMENT ON COLUMN slt_outages.experience IS 'The experience, a row of slt_experiences; null if all of the service was down.';
COMMENT ON COLUMN slt_outages.during IS 'From when to when; without an end it is still going on.';
COMMENT ON COLUMN slt_outages.planned IS 'Whether it was planned, as for maintenance.';
COMMENT ON COLUMN slt_outages.weight IS 'How much of the service was down: 1 for all, less for a partial outage. Millionths count.';
COMMENT ON COLUMN slt_outages.note IS 'What happened, in words.';
COMMENT ON COLUMN slt_outages.monitored IS 'Whether slt_record() made the row; it may change it as checks come in, and it says nothing of times that no check vouches for.';
COMMENT ON COLUMN slt_outages.id IS 'A number.';
SELECT pg_catalog.pg_extension_config_dump('slt_outages', '');
SELECT pg_catalog.pg_extension_config_dump('slt_outages_id_seq', '');

CREATE TABLE slt_maintenance (
	service text NOT NULL REFERENCES slt_services ON UPDATE CASCADE,
	during tstzrange NOT NULL CONSTRAINT slt_maintenance_during_has_a_start CHECK (
		NOT pg_catalog.isempty(during) AND pg_catalog.isfinite(pg_catalog.lower(during)) IS TRUE),
	announced_at timestamptz,
	reason text,
	id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY
);
CREATE INDEX slt_maintenance_by_service ON slt_maintenance (service);
COMMENT ON TABLE slt_maintenance IS 'Planned work, and when the administrators were told of it.';
COMMENT ON COLUMN slt_maintenance.service IS 'The service, a row of slt_services.';
COMMENT ON COLUMN slt_maintenance.during IS 'From when to when.';
COMMENT ON COLUMN slt_maintenance.announced_at IS 'When the administrators were told; null if they have not been.';
COMMENT ON COLUMN slt_maintenance.reason IS 'What it is for, in words.';
COMMENT ON COLUMN slt_maintenance.id IS 'A number.';
SELECT pg_catalog.pg_extension_config_dump('slt_maintenance', '');
SELECT pg_catalog.pg_extension_config_dump('slt_maintenance_id_seq', '');

CREATE TABLE slt_coverage (
	service text NOT NULL,
	experience text NOT NULL,
	since timestamptz NOT NULL,
	until timestamptz CONSTRAINT slt_coverage_is_not_empty CHECK (until OPERATOR(pg_catalog.>) since),
	PRIMARY KEY (service, experience, since),
	CONSTRAINT slt_coverage_experience_fkey FOREIGN KEY (service, experience) REFERENCES slt_experiences ON UPDATE CASCADE ON DELETE CASCADE
);
COMMENT ON TABLE slt_coverage IS 'When checks vouched for an experience. What is not in here is unknown, once an experience has been checked at all.';
COMMENT ON COLUMN slt_coverage.service IS 'The service.';
COMMENT ON COLUMN slt_coverage.experience IS 'The experience, a row of slt_experiences.';
COMMENT ON COLUMN slt_coverage.since IS 'The first check of many, none of which came too late after the one before it.';
COMMENT ON COLUMN slt_coverage.until IS 'The last of them, and as long as it vouches for. Null if that is the newest check in slt_checks.';
SELECT pg_catalog.pg_extension_config_dump('slt_coverage', '');

CREATE TABLE slt_checks (
	service text NOT NULL,
	experience text NOT NULL,
	ok boolean NOT NULL,
	at timestamptz NOT NULL CONSTRAINT slt_checks_at_is_finite CHECK (pg_catalog.isfinite(at)),
	PRIMARY KEY (service, experience, ok, at),
	CONSTRAINT slt_checks_experience_fkey FOREIGN KEY (service, experience) REFERENCES slt_experiences ON UPDATE CASCADE ON DELETE CASCADE
);
COMMENT ON TABLE slt_checks IS 'The last few thousand checks of each experience, so that slt_record() can put one that comes late in its place.';
COMMENT ON COLUMN slt_checks.service IS 'The service.';
COMMENT ON COLUMN slt_checks.experience IS 'The experience, a row of slt_experiences.';
COMMENT ON COLUMN slt_checks.ok IS 'Whether the check was good. One that failed replaces a good one of the same instant.';
COMMENT ON COLUMN slt_checks.at IS 'When it was made.';
SELECT pg_catalog.pg_extension_config_dump('slt_checks', '');

CREATE TABLE slt_settled (
	service text NOT NULL,
	experience text NOT NULL,
	at timestamptz NOT NULL,
	failing_since timestamptz,
	failures int NOT NULL,
	PRIMARY KEY (service, experience),
	CONSTRAINT slt_settled_experience_fkey FOREIGN KEY (service, experience) REFERENCES slt_experiences ON UPDATE CASCADE ON DELETE CASCADE
);
COMMENT ON TABLE slt_settled IS 'Up to when the checks of an experience are settled: those before are in slt_outages and slt_coverage, and in slt_checks no more.';
COMMENT ON COLUMN slt_settled.service IS 'The service.';
COMMENT ON COLUMN slt_settled.experience IS 'The experience, a row of slt_experiences.';
COMMENT ON COLUMN slt_settled.at IS 'Checks made before this are too late.';
COMMENT ON COLUMN slt_settled.failing_since IS 'Since when checks had failed in a row just before; null if the last one was good.';
COMMENT ON COLUMN slt_settled.failures IS 'How many they were.';
SELECT pg_catalog.pg_extension_config_dump('slt_settled', '');

-- availability: functions ----------------------------------------------------------------------------------------

CREATE FUNCTION slt_availability(during tstzrange, service text DEFAULT NULL, experience text DEFAULT NULL,
								 hours working_calendar DEFAULT NULL)
RETURNS numeric
AS 'MODULE_PATHNAME', 'slt_availability'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION slt_availability(tstzrange, text, text, working_calendar) IS
'How much of a time a service was up, or one experience of it, in percent. Null if nothing of it has passed or nothing is known. Without a service, the only one; hours replaces the service''s hours. Error 42704 for an unknown name, 22023 if the service must be named.';

CREATE FUNCTION slt_availability_report(during tstzrange, every text DEFAULT 'month', service text DEFAULT NULL,
										experience text DEFAULT NULL, hours working_calendar DEFAULT NULL,
										OUT period tstzrange, OUT availability numeric, OUT downtime interval,
										OUT planned interval, OUT excluded interval, OUT unknown interval, OUT coverage numeric,
										OUT target numeric, OUT met boolean, OUT allowed interval, OUT budget_left interval)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'slt_availability_report'
LANGUAGE c STABLE PARALLEL SAFE ROWS 12;
COMMENT ON FUNCTION slt_availability_report(tstzrange, text, text, text, working_calendar) IS
'slt_availability() for each day, week, month, quarter or year of a time, in the service''s time zone: availability in percent, downtime that counts, time of planned outages and what of it is excluded, unknown time and how much is known in percent; the target in percent, whether it was met, the downtime that it allows and what is left of that. Error 22023 for another period.';

CREATE FUNCTION slt_availability_periods(periods tstzrange[], service text DEFAULT NULL, experience text DEFAULT NULL,
										 each_experience boolean DEFAULT false, hours working_calendar DEFAULT NULL,
										 OUT experience_name text, OUT period tstzrange, OUT availability numeric, OUT downtime interval,
										 OUT planned interval, OUT excluded interval, OUT unknown interval, OUT coverage numeric,
										 OUT target numeric, OUT met boolean, OUT allowed interval, OUT budget_left interval,
										 OUT all_downtime interval)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'slt_availability_periods'
LANGUAGE c STABLE PARALLEL SAFE ROWS 100;
COMMENT ON FUNCTION slt_availability_periods(tstzrange[], text, text, boolean, working_calendar) IS
'The figures of slt_availability_report() for any periods, outages read once; with each_experience, for the service (experience_name is null) and then for each of its experiences. all_downtime is the downtime that counts and that which does not.';

CREATE FUNCTION slt_calendar_periods(during tstzrange, every text, time_zone text)
RETURNS tstzrange[]
AS 'MODULE_PATHNAME', 'slt_calendar_periods'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION slt_calendar_periods(tstzrange, text, text) IS
'The days, weeks (from Monday), months, quarters or years of a time in a time zone, with their true lengths; the first and the last are cut to it. Error 22023 for another period, an unknown zone, or a range without finite bounds.';
