SET LOCAL search_path = zz_slt_internal, pg_temp;

-- availability: what was promised, and what happened -------------------------------------------------------------
--
-- Functions read these tables for everyone, as the query's snapshot shows them.

CREATE TABLE @extschema@.slt_services (
	name text PRIMARY KEY CONSTRAINT slt_services_name_is_a_name CHECK (is_name(name, 1000)),
	plan text,
	target numeric NOT NULL DEFAULT 99 CONSTRAINT slt_services_target_is_a_percentage CHECK (
		target > numeric '0' AND target <= numeric '100'),
	time_zone text NOT NULL DEFAULT 'UTC' CONSTRAINT slt_services_time_zone_is_known CHECK (
		time_zone ~ '^\S+$' AND
		CAST(time_zone || text ' 24/7' AS @extschema@.working_calendar) IS NOT NULL),
	maintenance_window @extschema@.working_calendar,
	weekly_downtime_aim interval NOT NULL DEFAULT '30 minutes' CONSTRAINT slt_services_weekly_downtime_aim_is_not_negative CHECK (
		weekly_downtime_aim >= interval '0'),
	excuse_announced boolean NOT NULL DEFAULT false,
	service_hours @extschema@.working_calendar,
	since timestamptz,
	note text,
	shipped text REFERENCES @extschema@.slt_shipped
);
CREATE UNIQUE INDEX slt_services_name_without_case ON @extschema@.slt_services (fold_name(name));
COMMENT ON TABLE @extschema@.slt_services IS 'Services, and the availability that they promise.';
COMMENT ON COLUMN @extschema@.slt_services.name IS 'What functions call it; case does not matter there.';
COMMENT ON COLUMN @extschema@.slt_services.plan IS 'The plan that the promise belongs to.';
COMMENT ON COLUMN @extschema@.slt_services.target IS 'The availability promised, in percent.';
COMMENT ON COLUMN @extschema@.slt_services.time_zone IS 'The zone of the site, an IANA name: its days, weeks and months are those of reports.';
COMMENT ON COLUMN @extschema@.slt_services.maintenance_window IS 'When regular maintenance may be; planned downtime then does not count. Null for never.';
COMMENT ON COLUMN @extschema@.slt_services.weekly_downtime_aim IS 'All downtime of a week is to stay under this.';
COMMENT ON COLUMN @extschema@.slt_services.excuse_announced IS 'Whether planned downtime does not count, either, in maintenance that was announced before it began.';
COMMENT ON COLUMN @extschema@.slt_services.service_hours IS 'When the service is promised; nothing counts outside. Null for around the clock.';
COMMENT ON COLUMN @extschema@.slt_services.since IS 'When the service began; nothing is promised before. Null for ever. Of a service without experiences, it is known from then on whether it was up: someone records by hand.';
COMMENT ON COLUMN @extschema@.slt_services.note IS 'For people.';
COMMENT ON COLUMN @extschema@.slt_services.shipped IS 'The release of slt that shipped the row; null for your own.';
SELECT pg_extension_config_dump('@extschema@.slt_services', '');

CREATE TABLE @extschema@.slt_experiences (
	service text NOT NULL REFERENCES @extschema@.slt_services ON UPDATE CASCADE ON DELETE CASCADE,
	name text NOT NULL CONSTRAINT slt_experiences_name_is_a_name CHECK (is_name(name, 1000)),
	covered boolean NOT NULL DEFAULT true,
	max_latency interval CONSTRAINT slt_experiences_max_latency_is_positive CHECK (max_latency > interval '0'),
	description text,
	failures_to_open int NOT NULL DEFAULT 1 CONSTRAINT slt_experiences_failures_to_open_are_few CHECK (
		failures_to_open >= 1 AND failures_to_open <= 100),
	report_within interval NOT NULL DEFAULT '10 minutes' CONSTRAINT slt_experiences_report_within_is_a_time CHECK (
		report_within > interval '0' AND report_within <= interval '7 days'),
	quorum int NOT NULL DEFAULT 1 CONSTRAINT slt_experiences_quorum_is_of_few CHECK (quorum >= 1 AND quorum <= 1000),
	late_by interval NOT NULL DEFAULT '6 hours' CONSTRAINT slt_experiences_late_by_is_a_time CHECK (
		late_by >= interval '1 minute' AND late_by <= interval '31 days'),
	recorded text CONSTRAINT slt_experiences_recorded_in_a_way CHECK (recorded IN ('by hand', 'by checks')),
	recorded_since timestamptz,
	recorded_until timestamptz CONSTRAINT slt_experiences_recorded_for_a_time CHECK (recorded_until > recorded_since),
	group_name text CONSTRAINT slt_experiences_group_name_is_a_name CHECK (is_name(group_name, 1000)),
	weight numeric NOT NULL DEFAULT 1 CONSTRAINT slt_experiences_weight_is_a_share CHECK (
		weight > numeric '0' AND weight <= numeric '1'),
	shipped text REFERENCES @extschema@.slt_shipped,
	PRIMARY KEY (service, name)
);
CREATE UNIQUE INDEX slt_experiences_name_without_case ON @extschema@.slt_experiences (service, fold_name(name));
COMMENT ON TABLE @extschema@.slt_experiences IS 'What people do with a service, each watched on its own.';
COMMENT ON COLUMN @extschema@.slt_experiences.service IS 'The service, a row of slt_services.';
COMMENT ON COLUMN @extschema@.slt_experiences.name IS 'What functions call it; case does not matter there.';
COMMENT ON COLUMN @extschema@.slt_experiences.covered IS 'Whether it counts for the availability of the service; else it is only recorded.';
COMMENT ON COLUMN @extschema@.slt_experiences.max_latency IS 'A check that took longer has failed. Null for no limit.';
COMMENT ON COLUMN @extschema@.slt_experiences.description IS 'What it is, in words.';
COMMENT ON COLUMN @extschema@.slt_experiences.failures_to_open IS 'How many checks must fail in a row to make an outage, which began with the first of them.';
COMMENT ON COLUMN @extschema@.slt_experiences.report_within IS 'How long a check vouches for what follows; without another one it is unknown from then on.';
COMMENT ON COLUMN @extschema@.slt_experiences.quorum IS 'How many monitors must be failing to make an outage; all of those that report, if they are fewer.';
COMMENT ON COLUMN @extschema@.slt_experiences.late_by IS 'How much older than the newest a check may be when it comes; slt_record() refuses it if it is older, sooner or later.';
COMMENT ON COLUMN @extschema@.slt_experiences.recorded IS 'How outages come to be recorded: by hand (then there is none while nobody records one) or by checks (then it is known only while checks vouch for it). Null: nobody has said so; the first check says by checks.';
COMMENT ON COLUMN @extschema@.slt_experiences.recorded_since IS 'Since when; before, nothing is known but outages. Null for ever.';
COMMENT ON COLUMN @extschema@.slt_experiences.recorded_until IS 'Until when; null for no end.';
COMMENT ON COLUMN @extschema@.slt_experiences.group_name IS 'The group that the status page shows it in, which opens and closes; null for none.';
COMMENT ON COLUMN @extschema@.slt_experiences.weight IS 'How much of the service is down when it alone is: 1 for all. An outage of it takes its own weight times this from the service; of those that go on at one time, the greatest counts.';
COMMENT ON COLUMN @extschema@.slt_experiences.shipped IS 'The release of slt that shipped the row; null for your own.';
SELECT pg_extension_config_dump('@extschema@.slt_experiences', '');

CREATE FUNCTION outage_class(during tstzrange)
RETURNS int
AS 'MODULE_PATHNAME', 'slt_outage_class'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION outage_class(tstzrange) IS
'How long a range is, roughly: the least n such that it is at most 4 to the n minutes, 30 if it has no end. For the index that finds the outages of a time.';

CREATE TABLE @extschema@.slt_incidents (
	id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	service text NOT NULL REFERENCES @extschema@.slt_services ON UPDATE CASCADE,
	title text NOT NULL CONSTRAINT slt_incidents_title_is_not_blank CHECK (title ~ '\S') CONSTRAINT slt_incidents_title_is_not_long CHECK (octet_length(title) <= 2000),
	impact text NOT NULL DEFAULT 'minor' CONSTRAINT slt_incidents_impact_is_known CHECK (impact IN ('none', 'minor', 'major', 'critical', 'maintenance')),
	post_mortem text CONSTRAINT slt_incidents_post_mortem_is_not_long CHECK (octet_length(post_mortem) <= 250000),
	link text CONSTRAINT slt_incidents_link_is_of_the_web CHECK (link ~ '^https?://\S+$' AND octet_length(link) <= 2000),
	source text,
	CONSTRAINT slt_incidents_source_is_one UNIQUE (service, source),
	CONSTRAINT slt_incidents_are_of_a_service UNIQUE (service, id)
);
COMMENT ON TABLE @extschema@.slt_incidents IS 'What happened, as people are told of it: one or several outages or times of maintenance, and updates.';
COMMENT ON COLUMN @extschema@.slt_incidents.id IS 'A number.';
COMMENT ON COLUMN @extschema@.slt_incidents.service IS 'The service, a row of slt_services.';
COMMENT ON COLUMN @extschema@.slt_incidents.title IS 'What it is called.';
COMMENT ON COLUMN @extschema@.slt_incidents.impact IS 'How bad it is: none, minor, major, critical; or maintenance, for work that is planned.';
COMMENT ON COLUMN @extschema@.slt_incidents.post_mortem IS 'What was learned of it, in words.';
COMMENT ON COLUMN @extschema@.slt_incidents.link IS 'Where more is to be read: an address of the web.';
COMMENT ON COLUMN @extschema@.slt_incidents.source IS 'What it is called where it was imported from; null for what was made here.';
SELECT pg_extension_config_dump('@extschema@.slt_incidents', '');
SELECT pg_extension_config_dump('@extschema@.slt_incidents_id_seq', '');

CREATE TABLE @extschema@.slt_incident_updates (
	id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	incident bigint NOT NULL REFERENCES @extschema@.slt_incidents ON DELETE CASCADE,
	at timestamptz NOT NULL DEFAULT now() CONSTRAINT slt_incident_updates_at_is_finite CHECK (isfinite(at)),
	status text CONSTRAINT slt_incident_updates_status_is_known CHECK (status IN (
		'investigating', 'identified', 'monitoring', 'resolved', 'postmortem', 'scheduled', 'in progress', 'verifying', 'completed')),
	text text NOT NULL CONSTRAINT slt_incident_updates_text_is_not_long CHECK (octet_length(text) <= 250000),
	source text,
	CONSTRAINT slt_incident_updates_source_is_one UNIQUE (incident, source)
);
CREATE INDEX slt_incident_updates_at ON @extschema@.slt_incident_updates (at);
COMMENT ON TABLE @extschema@.slt_incident_updates IS 'What people were told of an incident, and when.';
COMMENT ON COLUMN @extschema@.slt_incident_updates.id IS 'A number.';
COMMENT ON COLUMN @extschema@.slt_incident_updates.incident IS 'The incident, a row of slt_incidents.';
COMMENT ON COLUMN @extschema@.slt_incident_updates.at IS 'When.';
COMMENT ON COLUMN @extschema@.slt_incident_updates.status IS 'How it stands since: investigating, identified, monitoring, resolved, postmortem; of planned work scheduled, in progress, verifying, completed. Null: as before.';
COMMENT ON COLUMN @extschema@.slt_incident_updates.text IS 'What they were told.';
COMMENT ON COLUMN @extschema@.slt_incident_updates.source IS 'What it is called where it was imported from; null for what was made here.';
SELECT pg_extension_config_dump('@extschema@.slt_incident_updates', '');
SELECT pg_extension_config_dump('@extschema@.slt_incident_updates_id_seq', '');

CREATE TABLE @extschema@.slt_outages (
	service text NOT NULL REFERENCES @extschema@.slt_services ON UPDATE CASCADE,
	experience text,
	during tstzrange NOT NULL CONSTRAINT slt_outages_during_has_a_start CHECK (
		NOT isempty(during) AND isfinite(lower(during)) IS TRUE) CONSTRAINT slt_outages_during_takes_time CHECK (upper(during) > lower(during)),
	planned boolean NOT NULL DEFAULT false,
	weight numeric NOT NULL DEFAULT 1 CONSTRAINT slt_outages_weight_is_a_share CHECK (
		weight > numeric '0' AND weight <= numeric '1'),
	note text CONSTRAINT slt_outages_note_is_not_long CHECK (octet_length(note) <= 250000),
	monitored boolean NOT NULL DEFAULT false,
	id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	incident bigint,
	excused text CONSTRAINT slt_outages_excused_for_a_reason CHECK (excused ~ '\S' AND octet_length(excused) <= 10000),
	excused_by text,
	excused_at timestamptz,
	CONSTRAINT slt_outages_experience_fkey FOREIGN KEY (service, experience) REFERENCES @extschema@.slt_experiences ON UPDATE CASCADE,
	CONSTRAINT slt_outages_incident_fkey FOREIGN KEY (service, incident) REFERENCES @extschema@.slt_incidents (service, id) ON UPDATE CASCADE ON DELETE SET NULL (incident)
);
CREATE INDEX slt_outages_incident ON @extschema@.slt_outages (incident, lower(during), id) WHERE incident IS NOT NULL;
CREATE INDEX slt_outages_by_time ON @extschema@.slt_outages (service, outage_class(during), lower(during));
CREATE INDEX slt_outages_monitored ON @extschema@.slt_outages (service, experience, lower(during)) WHERE monitored;
COMMENT ON TABLE @extschema@.slt_outages IS 'When a service, or one experience of it, was down.';
COMMENT ON COLUMN @extschema@.slt_outages.service IS 'The service, a row of slt_services.';
COMMENT ON COLUMN @extschema@.slt_outages.experience IS 'The experience, a row of slt_experiences; null if all of the service was down.';
COMMENT ON COLUMN @extschema@.slt_outages.during IS 'From when to when; without an end it is still going on.';
COMMENT ON COLUMN @extschema@.slt_outages.planned IS 'Whether it was planned, as for maintenance.';
COMMENT ON COLUMN @extschema@.slt_outages.weight IS 'How much of the service was down: 1 for all, less for a partial outage. Millionths count.';
COMMENT ON COLUMN @extschema@.slt_outages.note IS 'What happened, in words.';
COMMENT ON COLUMN @extschema@.slt_outages.monitored IS 'Whether slt_record() made the row; it may change it as checks come in, and it says nothing of times that no check vouches for.';
COMMENT ON COLUMN @extschema@.slt_outages.id IS 'A number.';
COMMENT ON COLUMN @extschema@.slt_outages.incident IS 'The incident that it belongs to, a row of slt_incidents; null for none.';
COMMENT ON COLUMN @extschema@.slt_outages.excused IS 'Why it does not count, as a review found; null if it does.';
COMMENT ON COLUMN @extschema@.slt_outages.excused_by IS 'Who said so.';
COMMENT ON COLUMN @extschema@.slt_outages.excused_at IS 'When.';
SELECT pg_extension_config_dump('@extschema@.slt_outages', '');
SELECT pg_extension_config_dump('@extschema@.slt_outages_id_seq', '');

CREATE TABLE @extschema@.slt_maintenance (
	service text NOT NULL REFERENCES @extschema@.slt_services ON UPDATE CASCADE,
	during tstzrange NOT NULL CONSTRAINT slt_maintenance_during_has_a_start CHECK (
		NOT isempty(during) AND isfinite(lower(during)) IS TRUE) CONSTRAINT slt_maintenance_during_takes_time CHECK (upper(during) > lower(during)),
	announced_at timestamptz,
	reason text CONSTRAINT slt_maintenance_reason_is_not_long CHECK (octet_length(reason) <= 250000),
	id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	experience text,
	incident bigint,
	CONSTRAINT slt_maintenance_experience_fkey FOREIGN KEY (service, experience) REFERENCES @extschema@.slt_experiences ON UPDATE CASCADE,
	CONSTRAINT slt_maintenance_incident_fkey FOREIGN KEY (service, incident) REFERENCES @extschema@.slt_incidents (service, id) ON UPDATE CASCADE ON DELETE SET NULL (incident)
);
CREATE INDEX slt_maintenance_by_service ON @extschema@.slt_maintenance (service);
CREATE INDEX slt_maintenance_incident ON @extschema@.slt_maintenance (incident) WHERE incident IS NOT NULL;
COMMENT ON TABLE @extschema@.slt_maintenance IS 'Planned work, and when the administrators were told of it.';
COMMENT ON COLUMN @extschema@.slt_maintenance.service IS 'The service, a row of slt_services.';
COMMENT ON COLUMN @extschema@.slt_maintenance.during IS 'From when to when.';
COMMENT ON COLUMN @extschema@.slt_maintenance.announced_at IS 'When the administrators were told; null if they have not been.';
COMMENT ON COLUMN @extschema@.slt_maintenance.reason IS 'What it is for, in words.';
COMMENT ON COLUMN @extschema@.slt_maintenance.id IS 'A number.';
COMMENT ON COLUMN @extschema@.slt_maintenance.experience IS 'The experience that it is of, a row of slt_experiences; null for all of the service.';
COMMENT ON COLUMN @extschema@.slt_maintenance.incident IS 'The planned work as people are told of it, a row of slt_incidents; null for none.';
SELECT pg_extension_config_dump('@extschema@.slt_maintenance', '');
SELECT pg_extension_config_dump('@extschema@.slt_maintenance_id_seq', '');

CREATE TABLE @extschema@.slt_coverage (
	service text NOT NULL,
	experience text NOT NULL,
	since timestamptz NOT NULL,
	until timestamptz CONSTRAINT slt_coverage_is_not_empty CHECK (until > since),
	monitor text NOT NULL DEFAULT '',
	PRIMARY KEY (service, experience, monitor, since),
	CONSTRAINT slt_coverage_experience_fkey FOREIGN KEY (service, experience) REFERENCES @extschema@.slt_experiences ON UPDATE CASCADE ON DELETE CASCADE
);
COMMENT ON TABLE @extschema@.slt_coverage IS 'When checks vouched for an experience. What is not in here is unknown, if it is recorded by checks.';
COMMENT ON COLUMN @extschema@.slt_coverage.service IS 'The service.';
COMMENT ON COLUMN @extschema@.slt_coverage.experience IS 'The experience, a row of slt_experiences.';
COMMENT ON COLUMN @extschema@.slt_coverage.since IS 'The first check of many, none of which came too late after the one before it.';
COMMENT ON COLUMN @extschema@.slt_coverage.until IS 'The last of them, and as long as it vouches for. Null if that is the newest check of the monitor in slt_checks.';
COMMENT ON COLUMN @extschema@.slt_coverage.monitor IS 'The monitor; empty for checks without one.';
SELECT pg_extension_config_dump('@extschema@.slt_coverage', '');

CREATE TABLE @extschema@.slt_checks (
	service text NOT NULL,
	experience text NOT NULL,
	ok boolean NOT NULL,
	at timestamptz NOT NULL CONSTRAINT slt_checks_at_is_finite CHECK (isfinite(at)),
	monitor text NOT NULL DEFAULT '',
	latency interval,
	PRIMARY KEY (service, experience, monitor, at),
	CONSTRAINT slt_checks_experience_fkey FOREIGN KEY (service, experience) REFERENCES @extschema@.slt_experiences ON UPDATE CASCADE ON DELETE CASCADE
);
COMMENT ON TABLE @extschema@.slt_checks IS 'The latest checks of each experience, so that slt_record() can put one that comes late in its place.';
COMMENT ON COLUMN @extschema@.slt_checks.service IS 'The service.';
COMMENT ON COLUMN @extschema@.slt_checks.experience IS 'The experience, a row of slt_experiences.';
COMMENT ON COLUMN @extschema@.slt_checks.ok IS 'Whether the check was good. One that failed replaces a good one of the same instant.';
COMMENT ON COLUMN @extschema@.slt_checks.at IS 'When it was made.';
COMMENT ON COLUMN @extschema@.slt_checks.monitor IS 'The monitor; empty for checks without one.';
COMMENT ON COLUMN @extschema@.slt_checks.latency IS 'How long it took, if the monitor says so.';
SELECT pg_extension_config_dump('@extschema@.slt_checks', '');

CREATE TABLE @extschema@.slt_failing (
	service text NOT NULL,
	experience text NOT NULL,
	monitor text NOT NULL,
	since timestamptz NOT NULL,
	until timestamptz,
	failures int NOT NULL,
	PRIMARY KEY (service, experience, monitor, since),
	CONSTRAINT slt_failing_experience_fkey FOREIGN KEY (service, experience) REFERENCES @extschema@.slt_experiences ON UPDATE CASCADE ON DELETE CASCADE
);
COMMENT ON TABLE @extschema@.slt_failing IS 'When monitors were failing of late: how many of them make an outage is up to the quorum.';
COMMENT ON COLUMN @extschema@.slt_failing.service IS 'The service.';
COMMENT ON COLUMN @extschema@.slt_failing.experience IS 'The experience, a row of slt_experiences.';
COMMENT ON COLUMN @extschema@.slt_failing.monitor IS 'The monitor; empty for checks without one.';
COMMENT ON COLUMN @extschema@.slt_failing.since IS 'The first of enough checks that failed in a row.';
COMMENT ON COLUMN @extschema@.slt_failing.until IS 'The good one after them; null if there is none yet.';
COMMENT ON COLUMN @extschema@.slt_failing.failures IS 'How many were enough when it was found.';
SELECT pg_extension_config_dump('@extschema@.slt_failing', '');
CREATE INDEX slt_failing_until ON @extschema@.slt_failing (service, experience, until);

CREATE TABLE @extschema@.slt_monitors (
	service text NOT NULL,
	experience text NOT NULL,
	monitor text NOT NULL,
	failing_since timestamptz,
	failures int NOT NULL DEFAULT 0,
	refused bigint NOT NULL DEFAULT 0,
	refused_at timestamptz,
	PRIMARY KEY (service, experience, monitor),
	CONSTRAINT slt_monitors_experience_fkey FOREIGN KEY (service, experience) REFERENCES @extschema@.slt_experiences ON UPDATE CASCADE ON DELETE CASCADE
);
COMMENT ON TABLE @extschema@.slt_monitors IS 'Who checks an experience, and how many checks came too late.';
COMMENT ON COLUMN @extschema@.slt_monitors.service IS 'The service.';
COMMENT ON COLUMN @extschema@.slt_monitors.experience IS 'The experience, a row of slt_experiences.';
COMMENT ON COLUMN @extschema@.slt_monitors.monitor IS 'The monitor; empty for checks without one.';
COMMENT ON COLUMN @extschema@.slt_monitors.failing_since IS 'Since when checks had failed in a row before what is settled; null if the last one was good.';
COMMENT ON COLUMN @extschema@.slt_monitors.failures IS 'How many they were.';
COMMENT ON COLUMN @extschema@.slt_monitors.refused IS 'How many checks came too late, and were not taken.';
COMMENT ON COLUMN @extschema@.slt_monitors.refused_at IS 'When the last of these came.';
SELECT pg_extension_config_dump('@extschema@.slt_monitors', '');

CREATE TABLE @extschema@.slt_settled (
	service text NOT NULL,
	experience text NOT NULL,
	at timestamptz NOT NULL,
	PRIMARY KEY (service, experience),
	CONSTRAINT slt_settled_experience_fkey FOREIGN KEY (service, experience) REFERENCES @extschema@.slt_experiences ON UPDATE CASCADE ON DELETE CASCADE
);
COMMENT ON TABLE @extschema@.slt_settled IS 'Up to when the checks of an experience are settled: those before are in slt_outages and slt_coverage, and in slt_checks no more.';
COMMENT ON COLUMN @extschema@.slt_settled.service IS 'The service.';
COMMENT ON COLUMN @extschema@.slt_settled.experience IS 'The experience, a row of slt_experiences.';
COMMENT ON COLUMN @extschema@.slt_settled.at IS 'Checks made before this are too late.';
SELECT pg_extension_config_dump('@extschema@.slt_settled', '');

CREATE TABLE @extschema@.slt_latencies (
	service text NOT NULL,
	experience text NOT NULL,
	day date NOT NULL,
	bucket int NOT NULL,
	checks bigint NOT NULL,
	PRIMARY KEY (service, experience, day, bucket),
	CONSTRAINT slt_latencies_experience_fkey FOREIGN KEY (service, experience) REFERENCES @extschema@.slt_experiences ON UPDATE CASCADE ON DELETE CASCADE
);
COMMENT ON TABLE @extschema@.slt_latencies IS 'How long the checks of a day took, of those that are settled: a histogram. slt_latency() has the figures.';
COMMENT ON COLUMN @extschema@.slt_latencies.service IS 'The service.';
COMMENT ON COLUMN @extschema@.slt_latencies.experience IS 'The experience, a row of slt_experiences.';
COMMENT ON COLUMN @extschema@.slt_latencies.day IS 'The day, in the zone of the service.';
COMMENT ON COLUMN @extschema@.slt_latencies.bucket IS 'Bucket n has what took up to 1.05 to the n milliseconds, and more than the one before it; bucket 0 also what took less.';
COMMENT ON COLUMN @extschema@.slt_latencies.checks IS 'How many they were.';
SELECT pg_extension_config_dump('@extschema@.slt_latencies', '');

-- what slt_record() reads and writes, and what incidents are read from, by names that a rename of the schema does not change
CREATE VIEW experiences WITH (security_invoker) AS SELECT service, name, recorded, recorded_since, recorded_until FROM @extschema@.slt_experiences;
COMMENT ON VIEW experiences IS 'slt_experiences.';
CREATE VIEW outages WITH (security_invoker) AS SELECT * FROM @extschema@.slt_outages;
COMMENT ON VIEW outages IS 'slt_outages.';
CREATE VIEW incidents WITH (security_invoker) AS SELECT * FROM @extschema@.slt_incidents;
COMMENT ON VIEW incidents IS 'slt_incidents.';
CREATE VIEW incident_updates WITH (security_invoker) AS SELECT * FROM @extschema@.slt_incident_updates;
COMMENT ON VIEW incident_updates IS 'slt_incident_updates.';
CREATE VIEW maintenance WITH (security_invoker) AS SELECT * FROM @extschema@.slt_maintenance;
COMMENT ON VIEW maintenance IS 'slt_maintenance.';
CREATE VIEW coverage WITH (security_invoker) AS SELECT * FROM @extschema@.slt_coverage;
COMMENT ON VIEW coverage IS 'slt_coverage.';
CREATE VIEW checks WITH (security_invoker) AS SELECT * FROM @extschema@.slt_checks;
COMMENT ON VIEW checks IS 'slt_checks.';
CREATE VIEW failing WITH (security_invoker) AS SELECT * FROM @extschema@.slt_failing;
COMMENT ON VIEW failing IS 'slt_failing.';
CREATE VIEW monitors WITH (security_invoker) AS SELECT * FROM @extschema@.slt_monitors;
COMMENT ON VIEW monitors IS 'slt_monitors.';
CREATE VIEW settled WITH (security_invoker) AS SELECT * FROM @extschema@.slt_settled;
COMMENT ON VIEW settled IS 'slt_settled.';

-- availability: functions ----------------------------------------------------------------------------------------

CREATE TYPE @extschema@.slt_figures AS (
	experience_name text,
	period tstzrange,
	availability numeric,
	downtime interval,
	planned interval,
	excluded interval,
	unknown interval,
	coverage numeric,
	target numeric,
	met boolean,
	allowed interval,
	budget_left interval,
	all_downtime interval
);
COMMENT ON TYPE @extschema@.slt_figures IS 'What is measured of a service, or of an experience of it, in a period.';
COMMENT ON COLUMN @extschema@.slt_figures.experience_name IS 'The experience; null for all that counts of the service, or for what was asked about.';
COMMENT ON COLUMN @extschema@.slt_figures.period IS 'From when to when.';
COMMENT ON COLUMN @extschema@.slt_figures.availability IS 'How much of it the service was up, in percent; null if nothing is known.';
COMMENT ON COLUMN @extschema@.slt_figures.downtime IS 'Downtime that counts.';
COMMENT ON COLUMN @extschema@.slt_figures.planned IS 'Time of planned outages.';
COMMENT ON COLUMN @extschema@.slt_figures.excluded IS 'Downtime that does not count: planned, in maintenance, or excused.';
COMMENT ON COLUMN @extschema@.slt_figures.unknown IS 'Time of which nothing is known.';
COMMENT ON COLUMN @extschema@.slt_figures.coverage IS 'How much of the time that counts is known, in percent.';
COMMENT ON COLUMN @extschema@.slt_figures.target IS 'The availability promised, in percent.';
COMMENT ON COLUMN @extschema@.slt_figures.met IS 'Whether it is at least the target; null if nothing is known.';
COMMENT ON COLUMN @extschema@.slt_figures.allowed IS 'The downtime that the target allows until the end of the period.';
COMMENT ON COLUMN @extschema@.slt_figures.budget_left IS 'What is left of that.';
COMMENT ON COLUMN @extschema@.slt_figures.all_downtime IS 'Downtime that counts, and that which does not.';

CREATE FUNCTION @extschema@.slt_availability(during tstzrange, service text DEFAULT NULL, experience text DEFAULT NULL,
								 hours @extschema@.working_calendar DEFAULT NULL)
RETURNS numeric
AS 'MODULE_PATHNAME', 'slt_availability'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.slt_availability(tstzrange, text, text, @extschema@.working_calendar) IS
'How much of a time a service was up, or one experience of it, in percent. Null if nothing of it has passed or nothing is known. Without a service, the only one; hours replaces the service''s hours. Error 42704 for an unknown name, 22023 if the service must be named.';

CREATE FUNCTION @extschema@.slt_availability_report(during tstzrange, every text DEFAULT 'month', service text DEFAULT NULL,
										experience text DEFAULT NULL, hours @extschema@.working_calendar DEFAULT NULL)
RETURNS SETOF @extschema@.slt_figures
AS 'MODULE_PATHNAME', 'slt_availability_report'
LANGUAGE c STABLE PARALLEL SAFE ROWS 12;
COMMENT ON FUNCTION @extschema@.slt_availability_report(tstzrange, text, text, text, @extschema@.working_calendar) IS
'slt_availability() and other figures for each day, week, month, quarter or year of a time, in the service''s time zone. Error 22023 for another period.';

CREATE FUNCTION figures(periods tstzrange[], service text, experience text, each_experience boolean, hours @extschema@.working_calendar)
RETURNS SETOF @extschema@.slt_figures
AS 'MODULE_PATHNAME', 'slt_availability_periods'
LANGUAGE c STABLE PARALLEL SAFE ROWS 100;
COMMENT ON FUNCTION figures(tstzrange[], text, text, boolean, @extschema@.working_calendar) IS 'slt_availability_periods().';

CREATE FUNCTION @extschema@.slt_availability_periods(periods tstzrange[], service text DEFAULT NULL, experience text DEFAULT NULL,
										 each_experience boolean DEFAULT false, hours @extschema@.working_calendar DEFAULT NULL)
RETURNS SETOF @extschema@.slt_figures
AS 'MODULE_PATHNAME', 'slt_availability_periods'
LANGUAGE c STABLE PARALLEL SAFE ROWS 100;
COMMENT ON FUNCTION @extschema@.slt_availability_periods(tstzrange[], text, text, boolean, @extschema@.working_calendar) IS
'The figures of slt_availability_report() for any periods, outages read once; with each_experience, for the service (experience_name is null) and then for each of its experiences.';

CREATE FUNCTION @extschema@.slt_calendar_periods(during tstzrange, every text, time_zone text)
RETURNS tstzrange[]
AS 'MODULE_PATHNAME', 'slt_calendar_periods'
LANGUAGE c STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.slt_calendar_periods(tstzrange, text, text) IS
'The days, weeks (from Monday), months, quarters or years of a time in a time zone, with their true lengths; the first and the last are cut to it. Error 22023 for another period, an unknown zone, or a range without finite bounds.';
