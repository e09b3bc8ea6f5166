# slt_record(): the same checks give the same outages and coverage in whatever order they come, twice, from two
# monitors, from several sessions at once; and these are what the definition says.
# SLT_RECORD_SEED says which random checks (1).
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;

my $seed = $ENV{SLT_RECORD_SEED} // 1;
my $node = new_server('record', conf => "timezone = 'UTC'\n");

note("seed $seed");
$node->safe_psql('postgres', 'SELECT setseed(' . (($seed % 1000) / 1000) . ');' . <<'SQL');
DELETE FROM slt_services;
INSERT INTO slt_services (name) SELECT 'S' || i FROM generate_series(1, 4) i;
-- in each service the same 60 experiences: how many failures in a row make an outage, and how long a check vouches
INSERT INTO slt_experiences (service, name, max_latency, failures_to_open, report_within)
SELECT 'S' || s, 'e' || e, CASE WHEN e % 4 = 0 THEN interval '1 second' END, 1 + e % 5, (3 + e % 7) * interval '1 minute'
FROM generate_series(1, 4) s, generate_series(1, 60) e;
-- every minute or so, some together, some twice, some of both kinds at once, and gaps
CREATE TABLE checks AS
SELECT 'e' || e AS experience, ok, CASE WHEN ok AND random() < 0.5 THEN random() * interval '1.5 seconds' END AS latency,
	   timestamptz '2026-03-01' + floor(random() * 300) * interval '1 minute' + CASE WHEN e % 2 = 0 THEN random() * interval '1 minute' ELSE '0' END AS at
FROM (SELECT e, random() < CASE e % 3 WHEN 0 THEN 0.2 WHEN 1 THEN 0.5 ELSE 0.9 END AS ok FROM generate_series(1, 60) e, generate_series(1, 160) i WHERE i <= e * 3) x;
INSERT INTO checks SELECT * FROM checks WHERE random() < 0.1;

-- the definition, by window functions
CREATE VIEW known_checks AS
SELECT x.service, c.experience, x.failures_to_open, x.report_within, c.at, bool_and(c.ok AND coalesce(c.latency <= x.max_latency, true)) AS ok
FROM checks c JOIN slt_experiences x ON x.name = c.experience GROUP BY 1, 2, 3, 4, 5;
CREATE TABLE outages_by_definition AS
SELECT service, experience, tstzrange(min(at), (SELECT min(g.at) FROM known_checks g WHERE g.service = r.service AND g.experience = r.experience AND g.ok AND g.at > max(r.at))) AS during
FROM (SELECT *, count(*) FILTER (WHERE ok) OVER (PARTITION BY service, experience ORDER BY at) AS goods FROM known_checks) r
WHERE NOT ok GROUP BY service, experience, failures_to_open, goods HAVING count(*) >= failures_to_open;
CREATE TABLE coverage_by_definition AS
SELECT service, experience, min(at) AS since, max(at) + report_within AS until
FROM (SELECT *, count(*) FILTER (WHERE gap) OVER (PARTITION BY service, experience ORDER BY at) AS stretch
	  FROM (SELECT *, at - lag(at) OVER (PARTITION BY service, experience ORDER BY at) > report_within AS gap FROM known_checks) x) y
GROUP BY service, experience, report_within, stretch;

CREATE VIEW outage_differences AS
SELECT service, experience, during, count(*) FROM (
	(SELECT service, experience, during FROM slt_outages EXCEPT ALL SELECT * FROM outages_by_definition)
	UNION ALL (SELECT * FROM outages_by_definition EXCEPT ALL SELECT service, experience, during FROM slt_outages)) x GROUP BY 1, 2, 3;
CREATE VIEW known_coverage AS
SELECT service, experience, since, coalesce(until, (SELECT max(at) FROM slt_checks k WHERE k.service = c.service AND k.experience = c.experience)
	+ (SELECT report_within FROM slt_experiences x WHERE x.service = c.service AND x.name = c.experience)) AS until FROM slt_coverage c;
CREATE VIEW coverage_differences AS
(SELECT * FROM known_coverage EXCEPT SELECT * FROM coverage_by_definition) UNION ALL (SELECT * FROM coverage_by_definition EXCEPT SELECT * FROM known_coverage);
SQL
cmp_ok(value($node, q{SELECT count(*) FROM outages_by_definition WHERE service = 'S1'}), '>', 200, 'the checks make many outages');
cmp_ok(value($node, q{SELECT count(*) FROM coverage_by_definition WHERE service = 'S1'}), '>', 200, 'and leave many gaps');

# Says what differs from the definition for a service.
sub as_defined
{
	my ($service, $how) = @_;

	is(value($node, "SELECT * FROM outage_differences WHERE service = '$service' LIMIT 3"), '', "$how: outages");
	is(value($node, "SELECT * FROM coverage_differences WHERE service = '$service' LIMIT 3"), '', "$how: coverage");
	is(value($node, "SELECT count(*) FROM slt_coverage c WHERE service = '$service' AND (until IS NULL) <> (since = (SELECT max(since) FROM slt_coverage d WHERE (d.service, d.experience) = (c.service, c.experience)))"),
		'0', "$how: only the last stretch is open");
	return;
}

my $record = q{SELECT count(*) FILTER (WHERE NOT slt_record('%s', experience, ok, latency, at)) FROM (SELECT * FROM checks ORDER BY %s) c};
is(value($node, sprintf($record, 's1', 'at, ok')), '0', 'in order, none is too late');
as_defined('S1', 'in order');
is(value($node, sprintf($record, 'S2', 'random()')), '0', 'in random order, none is too late');
as_defined('S2', 'in random order');
is(value($node, sprintf($record, 'S3', 'at DESC, ok DESC')), '0', 'backwards, none is too late');
as_defined('S3', 'backwards');
is(value($node, sprintf($record, 'S2', 'random()')), '0', 'and all again');
as_defined('S2', 'twice');

# Records the rows of a table in three sessions, each check a transaction of its own, each session with some of all experiences.
sub record_in_sessions
{
	my ($call, $table) = @_;
	my @sessions = map {
		my $sql = PostgreSQL::Test::Utils::tempdir() . "/session$_.sql";
		open my $file, '>', $sql or die;
		print $file q{SELECT setseed(0.} . ($_ + 1) . qq{) \\g /dev/null
SELECT $call FROM $table c WHERE hashtext(c::text) % 3 IN (0, $_, -$_) ORDER BY random() \\gexec
};
		close $file;
		my ($in, $out) = ('', '');
		IPC::Run::start([ 'psql', '-Xqt', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', $sql ], '<', \$in, '>', '/dev/null', '2>', \$out);
	} 0 .. 2;

	ok($_->finish, 'a session records checks while others do') for @sessions;
	return;
}
record_in_sessions(q{format('SELECT slt_record(%L, %L, %L, %L, %L)', 'S4', experience, ok, latency, at)}, 'checks');
as_defined('S4', 'from several sessions at once');

# ---------- one by one ----------

# Each step: a check, and what is in slt_outages afterwards.  The experience needs two failures in a row.
$node->safe_psql('postgres', q{INSERT INTO slt_services (name) VALUES ('Steps'); INSERT INTO slt_experiences (service, name, failures_to_open) VALUES ('Steps', 'x', 2)});
my $step = q{SELECT slt_record('Steps', 'X', %s, NULL, '2026-05-01 %sZ'); SELECT string_agg(coalesce(to_char(lower(during), 'HH24:MI'), '') || '-' || coalesce(to_char(upper(during), 'HH24:MI'), ''), ' ' ORDER BY lower(during)) FROM slt_outages WHERE service = 'Steps'};
for ([ 'true', '10:00', '', 'a good check opens nothing' ], [ 'false', '10:05', '', 'nor does one failure' ],
	[ 'false', '10:10', '10:05-', 'the second one does, from the first one on' ], [ 'false', '10:15', '10:05-', 'a third one changes nothing' ],
	[ 'true', '10:20', '10:05-10:20', 'a good one closes it' ], [ 'true', '10:25', '10:05-10:20', 'and another one does not matter' ],
	[ 'true', '10:12', '10:05-10:12', 'a late good one closes it earlier: one failure behind it is not enough' ],
	[ 'false', '10:13', '10:05-10:12 10:13-10:20', 'a late failure makes two in a row again' ],
	[ 'false', '10:12', '10:05-10:20', 'a failure at the instant of a good one counts, so all are in a row' ],
	[ 'true', '10:12', '10:05-10:20', 'and a good one at the instant of a failure does not' ],
	[ 'false', '10:02', '10:02-10:20', 'a late failure before begins it earlier' ],
	[ 'true', '10:03', '10:05-10:20', 'and a good one in between later again' ])
{
	is(value($node, sprintf($step, $_->[0], $_->[1])), "t\n$_->[2]", "$_->[1] $_->[0]: $_->[3]");
}
$node->safe_psql('postgres', q{UPDATE slt_outages SET note = 'router' WHERE service = 'Steps'});
$node->safe_psql('postgres', q{SELECT slt_record('Steps', 'x', false, NULL, '2026-05-01 10:20:30Z'), slt_record('Steps', 'x', true, NULL, '2026-05-01 10:19Z')});
is(value($node, q{SELECT to_char(upper(during), 'HH24:MI'), note FROM slt_outages WHERE service = 'Steps'}), '10:19|router', 'a note stays when the outage changes');

# ---------- a monitor that stops ----------

# Checks every 5 minutes from 00:00 to 06:00 vouch until 06:10 (report_within is 10 minutes), then again from 09:00 to
# 12:00, vouched for until 12:10.  The one of 01:00 failed: down from 01:00 to 01:05, 5 minutes.  In the 12 hours from
# 00:00 to 12:00, 06:10 to 09:00 is unknown, 170 minutes; 550 are known, 545 of them up: 100 x 545/550 = 99.0909...
$node->safe_psql('postgres', <<'SQL');
INSERT INTO slt_services (name) VALUES ('Stops');
INSERT INTO slt_experiences (service, name) VALUES ('Stops', 'x'), ('Stops', 'y');
SELECT slt_record('Stops', 'x', t <> '2026-05-01 01:00Z', NULL, t) FROM generate_series(timestamptz '2026-05-01 00:00Z', '2026-05-01 12:00Z', '5 minutes') t
WHERE t <= '2026-05-01 06:00Z' OR t >= '2026-05-01 09:00Z';
SQL
is(value($node, q{SELECT round(availability, 4), downtime, unknown, round(coverage, 4) FROM slt_availability_periods('{"[2026-05-01 00:00Z,2026-05-01 12:00Z)"}', 'Stops', 'x')}),
	'99.0909|00:05:00|02:50:00|76.3889', 'time without checks is neither up nor down');
is(value($node, q{SELECT slt_availability('[2026-05-01 06:10Z,2026-05-01 09:00Z)', 'Stops') IS NULL, slt_availability('[2026-05-01 12:10Z,)', 'Stops') IS NULL}), 't|t', 'nothing but unknown time is null');
is(value($node, q{SELECT slt_availability('[2026-05-01 06:10Z,2026-05-01 09:00Z)', 'Stops', 'y') IS NULL}), 't', 'an experience that nobody watches is unknown');
is(value($node, q{SELECT name, recorded FROM slt_experiences WHERE service = 'Stops' ORDER BY name}), "x|by checks\ny|", 'the first check says how it is recorded');
$node->safe_psql('postgres', q{UPDATE slt_experiences SET recorded = 'by hand', recorded_since = '2026-05-01 08:00Z' WHERE service = 'Stops' AND name = 'y'});
is(value($node, q{SELECT availability, unknown FROM slt_availability_periods('{"[2026-05-01 06:10Z,2026-05-01 09:00Z)"}', 'Stops', 'y')}), '100|01:50:00', 'unless someone says that it is recorded by hand, since when');
$node->safe_psql('postgres', q{UPDATE slt_experiences SET covered = false WHERE service = 'Stops' AND name = 'y'});
# an outage that a failing check opened goes no further than checks vouch: down 20:00 to 20:10, then unknown until 22:00
$node->safe_psql('postgres', q{SELECT slt_record('Stops', 'x', false, NULL, '2026-05-01 20:00Z')});
is(value($node, q{SELECT downtime, unknown FROM slt_availability_periods('{"[2026-05-01 20:00Z,2026-05-01 22:00Z)"}', 'Stops', 'x')}), '00:10:00|01:50:00', 'an outage whose monitor stopped is unknown, too');
$node->safe_psql('postgres', q{SELECT slt_record('Stops', 'x', true, NULL, '2026-05-01 21:00Z')});
is(value($node, q{SELECT during = '[2026-05-01 20:00Z,2026-05-01 21:00Z)' FROM slt_outages WHERE service = 'Stops' AND lower(during) > '2026-05-01 12:00Z'}), 't', 'a good check closes it at its instant all the same');
is(value($node, q{SELECT downtime, unknown FROM slt_availability_periods('{"[2026-05-01 20:00Z,2026-05-01 22:00Z)"}', 'Stops', 'x')}), '00:10:00|01:40:00', 'and vouches for what follows');
# someone who knows better writes it down: 20:30 to 20:50 was down
$node->safe_psql('postgres', q{INSERT INTO slt_outages (service, experience, during) VALUES ('Stops', 'x', '[2026-05-01 20:30Z,2026-05-01 20:50Z)')});
is(value($node, q{SELECT downtime, unknown FROM slt_availability_periods('{"[2026-05-01 20:00Z,2026-05-01 22:00Z)"}', 'Stops', 'x')}), '00:30:00|01:20:00', 'what is recorded by hand is known');

# ---------- many checks ----------

# 12,000 checks a minute apart, all good but the last 9,000 of "failing" and every tenth of "flapping"
$node->safe_psql('postgres', <<'SQL');
INSERT INTO slt_services (name) VALUES ('Long');
INSERT INTO slt_experiences (service, name, failures_to_open) VALUES ('Long', 'good', 1), ('Long', 'failing', 3), ('Long', 'flapping', 1);
SELECT slt_record('Long', x, CASE x WHEN 'good' THEN true WHEN 'failing' THEN i <= 3000 ELSE i % 10 <> 0 END, NULL, timestamptz '2026-01-01' + i * interval '1 minute')
FROM unnest('{good,failing,flapping}'::text[]) x, generate_series(1, 12000) i;
SQL
# six hours are kept, and at most a quarter of that more: 360 to 450
is(value($node, q{SELECT experience, count(*) BETWEEN 360 AND 451 FROM slt_checks WHERE service = 'Long' GROUP BY 1 ORDER BY 1}), "failing|t\nflapping|t\ngood|t", 'old checks are not kept');
is(value($node, q{SELECT experience, count(*), min(lower(during)) - timestamptz '2026-01-01', bool_or(upper_inf(during)) FROM slt_outages WHERE service = 'Long' GROUP BY 1 ORDER BY 1}),
	"failing|1|2 days 02:01:00|t\nflapping|1200|00:10:00|t", 'but what they found is');
is(value($node, q{SELECT count(*) FROM slt_coverage WHERE service = 'Long'}), '3', 'in few rows');
is(value($node, q{SELECT slt_record('Long', 'good', false, NULL, '2026-01-02')}), 'f', 'one of before is too late');
is(value($node, q{SELECT count(*) FROM slt_outages WHERE service = 'Long' AND experience = 'good'}), '0', 'and changes nothing');
is(value($node, q{SELECT refused, refused_at IS NOT NULL FROM slt_monitors WHERE service = 'Long' AND experience = 'good'}), '1|t', 'but is counted');
# minute 11950 is among those that are kept of "failing": the run before it began at minute 3001, long settled
is(value($node, q{SELECT slt_record('Long', 'failing', true, NULL, timestamptz '2026-01-01' + 11950 * interval '1 minute' + interval '1 second'); SELECT string_agg(lower(during) - timestamptz '2026-01-01' || ' to ' || coalesce((upper(during) - timestamptz '2026-01-01')::text, 'now'), ', ' ORDER BY lower(during)) FROM slt_outages WHERE service = 'Long' AND experience = 'failing'}),
	"t\n2 days 02:01:00 to 8 days 07:10:01, 8 days 07:11:00 to now", 'a late check ends an outage that began before all that is kept');
$node->safe_psql('postgres', q{SELECT slt_record('Long', 'good', true, NULL, timestamptz '2026-02-01' + i * interval '5 seconds') FROM generate_series(1, 20000) i});
cmp_ok(value($node, q{SELECT count(*) FROM slt_checks WHERE service = 'Long' AND experience = 'good'}), '<', 6000, 'settling goes on by itself');

# ---------- monitors ----------

# Random checks of up to five monitors, some of which fall silent, and how many must be failing.  The model asks of each
# instant at which anything can change how many monitors report and how many of them are failing.
$node->safe_psql('postgres', <<'SQL');
INSERT INTO slt_services (name) SELECT 'M' || i FROM generate_series(1, 4) i;
INSERT INTO slt_experiences (service, name, failures_to_open, report_within, quorum)
SELECT 'M' || s, 'e' || e, 1 + e % 3, (1 + e % 5) * interval '1 minute', 1 + e / 3 % 4 FROM generate_series(1, 4) s, generate_series(1, 60) e;
CREATE TABLE watched AS
SELECT DISTINCT ON (e, monitor, at) 'e' || e AS experience, nullif('m' || monitor, 'm0') AS monitor, ok, at
FROM (SELECT e, monitor, random() < 0.3 + monitor * 0.1 AS ok, timestamptz '2026-07-01' + floor(random() * 3600 + CASE WHEN monitor = 1 THEN -1800 ELSE 0 END) * interval '1 second' AS at
	  FROM generate_series(1, 60) e, generate_series(0, 4) monitor, generate_series(1, 40) i WHERE monitor <= e % 5 AND i <= 5 + e / 2) x
ORDER BY e, monitor, at, ok;
CREATE TABLE watch_rules AS SELECT name AS experience, failures_to_open, report_within, quorum FROM slt_experiences WHERE service = 'M1';
CREATE TABLE model_runs AS
SELECT experience, monitor, min(at) AS since,
	   coalesce((SELECT min(g.at) FROM watched g WHERE g.experience = r.experience AND g.monitor IS NOT DISTINCT FROM r.monitor AND g.ok AND g.at > max(r.at)), 'infinity') AS until
FROM (SELECT *, count(*) FILTER (WHERE ok) OVER (PARTITION BY experience, monitor ORDER BY at) AS goods FROM watched) r JOIN watch_rules USING (experience)
WHERE NOT ok GROUP BY experience, monitor, failures_to_open, goods HAVING count(*) >= failures_to_open;
CREATE INDEX ON model_runs (experience);
CREATE TABLE model_reports AS
SELECT w.experience, w.monitor, w.at AS since,
	   CASE WHEN w.at = max(w.at) OVER (PARTITION BY w.experience, w.monitor) AND w.at + report_within >= max(w.at) OVER (PARTITION BY w.experience)
			THEN 'infinity' ELSE w.at + report_within END AS until
FROM watched w JOIN watch_rules USING (experience);
CREATE INDEX ON model_reports (experience);
ANALYZE;
CREATE TABLE model_steps AS
SELECT i.experience, i.at, count(*) FILTER (WHERE reports) AS reports, count(*) FILTER (WHERE reports AND fails) AS fails
FROM (SELECT experience, since AS at FROM model_reports UNION SELECT experience, until FROM model_reports UNION SELECT experience, since FROM model_runs UNION SELECT experience, until FROM model_runs) i
JOIN (SELECT DISTINCT experience, monitor FROM watched) m USING (experience),
	 LATERAL (SELECT EXISTS (SELECT FROM model_reports r WHERE r.experience = m.experience AND r.monitor IS NOT DISTINCT FROM m.monitor AND i.at >= r.since AND i.at < r.until) AS reports,
					 EXISTS (SELECT FROM model_runs r WHERE r.experience = m.experience AND r.monitor IS NOT DISTINCT FROM m.monitor AND i.at >= r.since AND i.at < r.until) AS fails) f
WHERE i.at < 'infinity' GROUP BY 1, 2;
CREATE TABLE model_down AS
WITH told AS (
	SELECT *, CASE WHEN reports > 0 THEN fails > 0 AND fails >= least(quorum, reports) END AS down FROM model_steps JOIN watch_rules USING (experience)
), carried AS (
	-- while none reports, it is as before
	SELECT *, coalesce((SELECT b.down FROM told b WHERE b.experience = t.experience AND b.at <= t.at AND b.down IS NOT NULL ORDER BY b.at DESC LIMIT 1), false) AS is_down,
		   lead(at) OVER (PARTITION BY experience ORDER BY at) AS next
	FROM told t
)
SELECT experience, unnest(range_agg(tstzrange(at, next))) AS during FROM carried WHERE is_down GROUP BY experience;
SQL
# The figures: a monitor says nothing behind what its last check vouches for, and what none vouches for is unknown.
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE model_figures AS
WITH reports AS (
	SELECT w.experience, w.monitor, w.at AS since, w.at + report_within AS until FROM watched w JOIN watch_rules USING (experience)
), instants AS (
	SELECT experience, since AS at FROM reports UNION SELECT experience, until FROM reports UNION SELECT experience, since FROM model_runs UNION SELECT experience, until FROM model_runs WHERE until < 'infinity'
), steps AS (
	SELECT i.*, lead(i.at) OVER (PARTITION BY i.experience ORDER BY i.at) - i.at AS length, r.*
	FROM instants i, LATERAL (
		SELECT count(*) AS reports, count(*) FILTER (WHERE EXISTS (SELECT FROM model_runs x WHERE x.experience = i.experience AND x.monitor IS NOT DISTINCT FROM p.monitor AND i.at >= x.since AND i.at < x.until)) AS fails
		FROM (SELECT DISTINCT p.monitor FROM reports p WHERE p.experience = i.experience AND i.at >= p.since AND i.at < p.until) p) r
)
SELECT experience, coalesce(sum(length) FILTER (WHERE fails > 0 AND fails >= least(quorum, reports)), '0') AS downtime, sum(length) FILTER (WHERE reports > 0) AS known
FROM steps JOIN watch_rules USING (experience) GROUP BY experience;
SQL
cmp_ok(value($node, 'SELECT count(*) FROM model_down'), '>', 200, 'several monitors make many outages');
my $as_modelled = sub {
	my ($service, $how) = @_;

	is(value($node, qq{SELECT coalesce(a.experience, b.experience), a.during, b.during FROM (SELECT experience, during FROM slt_outages WHERE service = '$service') a
		FULL JOIN model_down b ON a.experience = b.experience AND a.during = b.during WHERE a.during IS NULL OR b.during IS NULL ORDER BY 1, 2, 3 LIMIT 3}), '', "monitors $how: outages as the model has them");
	is(value($node, qq{SELECT m.experience, m.downtime, f.downtime, m.known, interval '48 hours' - f.unknown FROM model_figures m, slt_availability_periods('{"[2026-06-30,2026-07-02)"}', '$service', m.experience) f
		WHERE (m.downtime, m.known) IS DISTINCT FROM (f.downtime, interval '48 hours' - f.unknown) ORDER BY 1 LIMIT 3}), '', "monitors $how: figures as the model has them");
};
for my $case ([ 'M1', 'at, monitor', 'in order' ], [ 'M2', 'random()', 'in random order' ], [ 'M3', 'monitor DESC, at DESC', 'backwards, a monitor after the other' ])
{
	my ($service, $order, $how) = @$case;

	for my $times ('once', 'twice')
	{
		is(value($node, "SELECT count(*) FILTER (WHERE NOT slt_record('$service', experience, ok, NULL, at, monitor)) FROM (SELECT * FROM watched ORDER BY $order) c"), '0', "monitors $how: none is too late");
		$as_modelled->($service, "$how, $times");
	}
}
record_in_sessions(q{format('SELECT slt_record(%L, %L, %L, NULL, %L, %L)', 'M4', experience, ok, at, monitor)}, 'watched');
$as_modelled->('M4', 'from several sessions at once');

# three of four monitors see ten minutes down; one that lost its own network is not enough; clocks half a minute apart make no difference
$node->safe_psql('postgres', <<'SQL');
INSERT INTO slt_services (name) VALUES ('Q');
INSERT INTO slt_experiences (service, name, quorum) VALUES ('Q', 'seen', 2), ('Q', 'alone', 2), ('Q', 'skewed', 2), ('Q', 'cut off', 1);
SELECT slt_record('Q', 'seen', NOT (m < 3 AND i BETWEEN 60 AND 119), NULL, timestamptz '2026-07-01' + i * interval '10 s' + m * interval '2.5 s', 'm' || m),
	slt_record('Q', 'alone', m > 0 OR i NOT BETWEEN 60 AND 119, NULL, timestamptz '2026-07-01' + i * interval '10 s' + m * interval '2.5 s', 'm' || m),
	slt_record('Q', 'skewed', i NOT BETWEEN 60 AND 119, NULL, timestamptz '2026-07-01' + i * interval '10 s' + m * interval '30 s', 'm' || m)
FROM generate_series(0, 240) i, generate_series(0, 3) m;
-- fails, and is never heard of again, while another goes on
SELECT slt_record('Q', 'cut off', m > 0, NULL, timestamptz '2026-07-01' + i * interval '1 minute', 'm' || m) FROM generate_series(0, 60) i, generate_series(0, 1) m WHERE m > 0 OR i < 5;
SQL
is(value($node, q{SELECT experience, lower(during) - timestamptz '2026-07-01', upper(during) - lower(during) FROM slt_outages WHERE service = 'Q' ORDER BY 1}),
	"cut off|00:00:00|00:14:00\nseen|00:10:02.5|00:10:00\nskewed|00:10:30|00:10:30", 'one incident of ten minutes; one monitor alone makes none; one that fell silent counts no longer than it vouches');

# What is read is as of now, also where the next check that would say so has not come yet.  A check vouches for ten minutes:
# "a" failed 10 minutes and a second ago, and "b" was good 2 seconds ago, so it is up since a second; with a quorum of two, if it
# was "b" that fell silent a second ago, it is down since.
$node->safe_psql('postgres', <<'SQL');
INSERT INTO slt_services (name) VALUES ('Silence');
INSERT INTO slt_experiences (service, name, quorum) VALUES ('Silence', 'up', 1), ('Silence', 'down', 2);
BEGIN;
SELECT slt_record('Silence', 'up', false, NULL, now() - interval '10 minutes 1 s', 'a'), slt_record('Silence', 'up', true, NULL, now() - interval '10 minutes 1 s', 'b'), slt_record('Silence', 'up', true, NULL, now() - interval '2 s', 'b'),
	slt_record('Silence', 'down', false, NULL, now() - interval '10 minutes 1 s', 'a'), slt_record('Silence', 'down', true, NULL, now() - interval '10 minutes 1 s', 'b'), slt_record('Silence', 'down', false, NULL, now() - interval '2 s', 'a');
CREATE TABLE silence AS SELECT s.experience, s.status, now() - s.since AS "for", (SELECT downtime FROM slt_availability_periods(ARRAY[tstzrange(now() - interval '1 minute', now())], 'Silence', s.experience)) FROM slt_status('Silence') s;
COMMIT;
SQL
is(value($node, q{SELECT * FROM silence ORDER BY 1}), "down|down|00:00:01|00:00:01\nup|operational|00:00:01|00:00:59", 'a monitor that fell silent is noticed without a check');

# what is found by a rule stays found when the rule is another
$node->safe_psql('postgres', <<'SQL');
INSERT INTO slt_services (name) VALUES ('Rules');
INSERT INTO slt_experiences (service, name) VALUES ('Rules', 'x');
SELECT slt_record('Rules', 'x', m <> 5, NULL, timestamptz '2026-07-01 10:00Z' + m * interval '1 minute') FROM generate_series(0, 10) m;
UPDATE slt_outages SET note = 'seen' WHERE service = 'Rules';
UPDATE slt_experiences SET failures_to_open = 3 WHERE service = 'Rules';
SELECT slt_record('Rules', 'x', true, NULL, '2026-07-01 10:05:30Z'), slt_record('Rules', 'x', false, NULL, '2026-07-01 10:04:30Z');
SQL
is(value($node, q{SELECT during, note FROM slt_outages WHERE service = 'Rules'}), '["2026-07-01 10:04:30+00","2026-07-01 10:05:30+00")|seen', 'an outage stays when more failures are asked for, with its note');

# what people say of an outage is said of its parts, and of what it becomes part of; an excuse only if all of it was excused
$node->safe_psql('postgres', <<'SQL');
INSERT INTO slt_services (name) VALUES ('Words');
INSERT INTO slt_experiences (service, name) VALUES ('Words', 'split'), ('Words', 'joined'), ('Words', 'one excused'), ('Words', 'both excused');
SELECT slt_record('Words', x, m NOT IN (3, 4, 6), NULL, timestamptz '2026-07-01 10:00Z' + m * interval '1 minute') FROM generate_series(0, 10) m, unnest('{split,joined,one excused,both excused}'::text[]) x;
INSERT INTO slt_incidents (id, service, title) VALUES (77, 'Words', 'Flood');
UPDATE slt_outages SET note = 'early', weight = 0.5, incident = 77, excused = 'a drill' WHERE experience = 'split' AND lower(during) = '2026-07-01 10:03Z';
UPDATE slt_outages SET note = 'late', incident = 77 WHERE experience = 'joined' AND lower(during) = '2026-07-01 10:06Z';
UPDATE slt_outages SET note = CASE WHEN lower(during) = '2026-07-01 10:03Z' THEN 'early' ELSE 'late' END, excused = CASE WHEN experience = 'both excused' OR lower(during) = '2026-07-01 10:03Z' THEN 'a drill' END WHERE experience ~ 'excused';
SELECT slt_record('Words', 'split', true, NULL, '2026-07-01 10:03:30Z');
SELECT slt_record('Words', x, false, NULL, '2026-07-01 10:05Z') FROM unnest('{joined,one excused,both excused}'::text[]) x;
SQL
is(value($node, q{SELECT experience, to_char(lower(during), 'MI:SS'), to_char(upper(during), 'MI:SS'), replace(note, chr(10), '; '), weight, incident, excused, excused_by IS NOT NULL FROM slt_outages WHERE service = 'Words' ORDER BY 1, 2}),
	join("\n", 'both excused|03:00|07:00|early; late|1||a drill|t', 'joined|03:00|07:00|late|1|77||f', 'one excused|03:00|07:00|early; late; a drill|1|||f',
		'split|03:00|03:30|early|0.5|77|a drill|t', 'split|04:00|05:00|early|0.5|77|a drill|t', 'split|06:00|07:00||1|||f'), 'an outage that falls apart or grows together keeps what was said of it');

# ---------- the future, constraints, transactions ----------

for my $late ('6 minutes', '1 day', '100 years')
{
	like(($node->psql('postgres', "\\set VERBOSITY verbose\nSELECT slt_record('Rules', 'x', true, NULL, now() + interval '$late')"))[2], qr/ERROR:  22008: a check of .* is in the future\nDETAIL:  It is .* now\.\nHINT:  Set the clock/, "a check of $late from now is refused");
}
is(value($node, q{SELECT slt_record('Rules', 'x', true, NULL, now() + interval '3 minutes'), slt_record('Rules', 'x', true)}), 't|t', 'clocks may be a few minutes apart');
like(($node->psql('postgres', "\\set VERBOSITY verbose\nBEGIN READ ONLY; SELECT slt_record('Rules', 'x', true)"))[2], qr/ERROR:  25006: /, 'nothing is recorded in a read-only transaction');

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE seen (at timestamptz);
CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.seen VALUES (new.at); RETURN new; END $$;
CREATE TRIGGER see AFTER INSERT ON slt_checks FOR EACH ROW EXECUTE FUNCTION see();
ALTER TABLE slt_checks ADD source text DEFAULT 'somewhere', ADD CONSTRAINT not_then CHECK (at <> '2026-07-02 00:00:01Z');
SELECT slt_record('Rules', 'x', true, NULL, clock_timestamp());
SQL
is(value($node, q{SELECT count(*), (SELECT count(*) FROM slt_checks WHERE source = 'somewhere' AND at IN (SELECT at FROM seen)) FROM seen}), '1|1', 'triggers and defaults of the table hold');
like(($node->psql('postgres', q{UPDATE slt_experiences SET late_by = '31 days' WHERE service = 'Rules'; ALTER TABLE slt_checks DROP CONSTRAINT not_then, ADD CONSTRAINT never CHECK (latency IS NULL) NOT VALID; SELECT slt_record('Rules', 'x', true, '1 s', clock_timestamp())}))[2], qr/violates check constraint "never"/, 'so do constraints');
$node->safe_psql('postgres', 'DROP TRIGGER see ON slt_checks; ALTER TABLE slt_checks DROP source, DROP CONSTRAINT never');

# an experience is not deleted under a check of another transaction
SKIP:
{
	skip 'this release has no background sessions', 2 unless $node->can('background_psql');
	my $first = $node->background_psql('postgres');

	$first->query_safe('BEGIN');
	$first->query_safe(q{SELECT slt_record('Rules', 'x', true, NULL, clock_timestamp())});
	like(($node->psql('postgres', q{SET lock_timeout = '300ms'; DELETE FROM slt_experiences WHERE service = 'Rules'}))[2], qr/lock timeout/, 'deleting an experience waits for whoever records a check of it');
	$first->query_safe('COMMIT');
	$first->quit;
	is(value($node, q{SELECT count(*) FROM slt_checks c WHERE NOT EXISTS (SELECT FROM slt_experiences x WHERE x.service = c.service AND x.name = c.experience)}), '0', 'no check is an orphan');
}

# ---------- what it costs ----------

# settling looks at an experience as a whole and not at each check, also where the planner was told of few checks
$node->safe_psql('postgres', <<'SQL');
INSERT INTO slt_services (name) VALUES ('Costs');
INSERT INTO slt_experiences (service, name) VALUES ('Costs', 'x');
ANALYZE slt_checks;
INSERT INTO slt_checks (service, experience, ok, at, monitor, latency) SELECT 'Costs', 'x', true, now() - i * interval '1 s', 'm' || i % 2, '1 ms' FROM generate_series(1, 2000) i;
INSERT INTO slt_monitors (service, experience, monitor) VALUES ('Costs', 'x', 'm0'), ('Costs', 'x', 'm1');
INSERT INTO slt_settled VALUES ('Costs', 'x', now() - interval '1 hour');
SQL
my $scans = q{SELECT idx_scan FROM pg_stat_xact_user_tables WHERE relname = 'slt_checks'};
cmp_ok(value($node, qq{BEGIN; SET LOCAL enable_seqscan = off; SELECT ($scans) AS "before", zz_slt_internal.settle('Costs', 'x', now() - interval '1000 s', '10 minutes') \\gset\nSELECT ($scans) - :before}), '<', 100, 'a thousand checks are settled without looking for each');

# ---------- who checks ----------

# "old" is heard of for a week, and "new" goes on: the one is forgotten after a month, and what it saw stays
$node->safe_psql('postgres', <<'SQL');
INSERT INTO slt_services (name) VALUES ('Monitors');
INSERT INTO slt_experiences (service, name, report_within) VALUES ('Monitors', 'x', '2 hours'), ('Monitors', 'y', '2 hours');
SELECT slt_record('Monitors', 'x', m <> 2, '20 ms', date_trunc('day', now()) - interval '60 days' + m * interval '1 hour', 'old') FROM generate_series(0, 168) m;
SELECT slt_record('Monitors', 'x', true, NULL, date_trunc('day', now()) - interval '53 days', 'failed'), slt_record('Monitors', 'x', false, NULL, date_trunc('day', now()) - interval '53 days' + interval '5 minutes', 'failed');
SELECT slt_record('Monitors', 'x', m <> 180, NULL, date_trunc('day', now()) - interval '60 days' + m * interval '1 hour', 'new') FROM generate_series(169, 200) m;
SELECT slt_record('Monitors', 'x', true, NULL, date_trunc('day', now()) - interval '60 days', 'late');
CREATE VIEW seen_by AS SELECT availability, downtime, unknown, (SELECT string_agg(monitor, ' ' ORDER BY monitor) FROM slt_monitors WHERE service = 'Monitors') AS known,
	(SELECT string_agg(monitor, ' ' ORDER BY monitor) FROM slt_coverage WHERE service = 'Monitors' AND until IS NULL) AS reporting, (SELECT sum(checks) FROM slt_latency('Monitors', 90))
FROM slt_availability_periods(ARRAY[tstzrange(date_trunc('day', now()) - interval '61 days', date_trunc('day', now()) - interval '52 days')], 'Monitors', 'x');
CREATE TABLE seen_before AS SELECT * FROM seen_by;
SELECT slt_record('Monitors', 'x', true, NULL, date_trunc('day', now()) - interval '60 days' + m * interval '1 hour', 'new') FROM generate_series(201, 950) m;
SQL
my $seen_before = value($node, 'TABLE seen_before');
is($seen_before =~ s/.*?\|failed/failed/r, 'failed late new old|failed new old|169', 'monitors are known');
is(value($node, 'TABLE seen_by'), $seen_before =~ s/failed late new old\|failed new old/late new|new/r, 'those that others outlived by a month are forgotten, and what they saw is not; one that comes too late is heard of');
is(value($node, q{SELECT monitor, checked_at = date_trunc('day', now()) - interval '60 days' + interval '950 hours', failing, refused, refused_at > now() - interval '1 day' FROM slt_watchers('monitors')}), "late||f|1|t\nnew|t|f|0|", 'who checks, and what came too late');
$node->safe_psql('postgres', q{SELECT slt_record('Monitors', 'x', false, NULL, now(), 'old'), slt_record('Monitors', 'x', true, NULL, now(), 'new')});
is(value($node, q{SELECT monitor, failing FROM slt_watchers('Monitors') WHERE monitor <> 'late'}), "new|f\nold|t", 'one that comes back is met again');
is(value($node, q{SELECT count(*) FROM slt_outages WHERE service = 'Monitors' AND upper_inf(during)}), '1', 'and heard');

# ---------- response times ----------

$node->safe_psql('postgres', q{CREATE ROLE monitor LOGIN; CREATE ROLE nobody LOGIN;
	GRANT SELECT, INSERT, UPDATE, DELETE ON slt_outages, slt_coverage, slt_checks TO monitor});
my $as = sub { my ($role, $sql) = @_; my (undef, $out, $err) = $node->psql('postgres', $sql, extra_params => [ '-U', $role ]); return $out . $err };
# yesterday 999 checks, of 1 to 999 ms, each a minute, and today one of 2 s: half took 500 ms at most, 95 of 100 950 ms
$node->safe_psql('postgres', q{INSERT INTO slt_services (name) VALUES ('Times'); INSERT INTO slt_experiences (service, name, late_by) VALUES ('Times', 'x', '1 day');
	SELECT slt_record('Times', 'x', true, (1 + i * 7 % 999) * interval '1 ms', date_trunc('day', now()) - interval '1 day' + i * interval '1 minute') FROM generate_series(0, 998) i;
	SELECT slt_record('Times', 'x', true, NULL, date_trunc('day', now()) - interval '1 minute')});
my $times = q{SELECT day - current_date, checks, extract(epoch FROM median) BETWEEN 0.5 AND 0.525, extract(epoch FROM p95) BETWEEN 0.95 AND 0.9975 FROM slt_latency('times', 3)};
is(value($node, $times), '-1|999|t|t', 'median and 95th percentile of a day');
$node->safe_psql('postgres', q{UPDATE slt_experiences SET late_by = '1 minute' WHERE service = 'Times'; SELECT slt_record('Times', 'x', true, '2 s', date_trunc('day', now()))});
is(value($node, q{SELECT count(*), (SELECT sum(checks) > 990 AND count(*) < 150 FROM slt_latencies WHERE service = 'Times') FROM slt_checks WHERE service = 'Times'}), '2|t', 'they are kept as a histogram');
is(value($node, $times), "-1|999|t|t\n0|1|f|f", 'which says the same');
is($as->('nobody', q{SELECT count(*) FROM slt_latency('Times', 1)}), '1', 'to everyone');
is($as->('nobody', q{SELECT count(*) FROM slt_watchers('Monitors')}), '3', 'as it is said who checks');

# ---------- who may, and what is refused ----------

is($as->('monitor', q{SELECT slt_record('Stops', 'x', i % 3 <> 0, NULL, timestamptz '2026-06-01' + i * interval '1 minute') FROM generate_series(1, 9) i}), join("\n", ('t') x 9), 'a role with these grants records checks');
like($as->('nobody', q{SELECT slt_record('Stops', 'x', true)}), qr/permission denied for table slt_/, 'one without does not');
is($as->('nobody', q{SELECT round(slt_availability('[2026-05-01 00:00Z,2026-05-01 12:00Z)', 'Stops', 'x'), 4)}), '99.0909', 'but reads availability');
for ([ q{'Nope', 'x', true}, qr/service "Nope" does not exist\nHINT:  Known services are .*"Stops"/ ], [ q{'Stops', 'nope', true}, qr/experience "nope" of service "Stops" does not exist\nHINT:  Known experiences are "x", "y"/ ],
	[ q{NULL, 'x', true}, qr/must not be null/ ], [ q{'Stops', 'x', NULL}, qr/must not be null/ ], [ q{'Stops', 'x', true, NULL, NULL}, qr/must not be null/ ],
	[ q{'Stops', 'x', true, NULL, 'infinity'}, qr/must be finite/ ])
{
	like(($node->psql('postgres', "SELECT slt_record($_->[0])"))[2], $_->[1], "slt_record($_->[0])");
}

done_testing();
