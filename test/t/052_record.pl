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

# four sessions, each check a transaction of its own, each session with some checks of all experiences
my @sessions = map {
	my $sql = PostgreSQL::Test::Utils::tempdir() . "/session$_.sql";
	open my $file, '>', $sql or die;
	print $file q{SELECT setseed(0.} . ($_ + 1) . qq{) \\g /dev/null
SELECT format('SELECT slt_record(%L, %L, %L, %L, %L)', 'S4', experience, ok, latency, at) FROM checks WHERE hashtext(checks::text) % 3 IN (0, $_, -$_) ORDER BY random() \\gexec
};
	close $file;
	my ($in, $out) = ('', '');
	IPC::Run::start([ 'psql', '-Xqt', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', $sql ], '<', \$in, '>', '/dev/null', '2>', \$out);
} 0 .. 2;
ok($_->finish, 'a session records checks while others do') for @sessions;
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
is(value($node, q{SELECT slt_availability('[2026-05-01 06:10Z,2026-05-01 09:00Z)', 'Stops', 'y')}), '100', 'an experience that is not checked is taken to be recorded by hand');
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
SELECT slt_settle('Long', 'good', 2000), slt_settle('Long', 'failing', 100), slt_settle('Long', 'flapping', 0);
SQL
is(value($node, q{SELECT experience, count(*) FROM slt_checks WHERE service = 'Long' GROUP BY 1 ORDER BY 1}), "failing|100\nflapping|1\ngood|2000", 'old checks are not kept');
is(value($node, q{SELECT experience, count(*), min(lower(during)) - timestamptz '2026-01-01', bool_or(upper_inf(during)) FROM slt_outages WHERE service = 'Long' GROUP BY 1 ORDER BY 1}),
	"failing|1|2 days 02:01:00|t\nflapping|1200|00:10:00|t", 'but what they found is');
is(value($node, q{SELECT count(*) FROM slt_coverage WHERE service = 'Long'}), '3', 'in few rows');
is(value($node, q{SELECT slt_record('Long', 'good', false, NULL, '2026-01-02')}), 'f', 'one of before is too late');
is(value($node, q{SELECT count(*) FROM slt_outages WHERE service = 'Long' AND experience = 'good'}), '0', 'and changes nothing');
# minute 11950 is among the 100 that are kept of "failing": the run before it began at minute 3001, long settled
is(value($node, q{SELECT slt_record('Long', 'failing', true, NULL, timestamptz '2026-01-01' + 11950 * interval '1 minute' + interval '1 second'); SELECT string_agg(lower(during) - timestamptz '2026-01-01' || ' to ' || coalesce((upper(during) - timestamptz '2026-01-01')::text, 'now'), ', ' ORDER BY lower(during)) FROM slt_outages WHERE service = 'Long' AND experience = 'failing'}),
	"t\n2 days 02:01:00 to 8 days 07:10:01, 8 days 07:11:00 to now", 'a late check ends an outage that began before all that is kept');
$node->safe_psql('postgres', q{SELECT slt_record('Long', 'good', true, NULL, timestamptz '2026-02-01' + i * interval '1 second') FROM generate_series(1, 20000) i});
cmp_ok(value($node, q{SELECT count(*) FROM slt_checks WHERE service = 'Long' AND experience = 'good'}), '<', 15000, 'settling goes on by itself');

# ---------- who may, and what is refused ----------

$node->safe_psql('postgres', q{CREATE ROLE monitor LOGIN; CREATE ROLE nobody LOGIN;
	GRANT SELECT, INSERT, UPDATE, DELETE ON slt_outages, slt_coverage, slt_checks, slt_settled TO monitor});
my $as = sub { my ($role, $sql) = @_; my (undef, $out, $err) = $node->psql('postgres', $sql, extra_params => [ '-U', $role ]); return $out . $err };
is($as->('monitor', q{SELECT slt_record('Stops', 'x', i % 3 <> 0, NULL, timestamptz '2026-06-01' + i * interval '1 minute') FROM generate_series(1, 9) i; SELECT slt_settle('Stops', 'x', 5)}), ('t' . "\n") x 9, 'a role with these grants records checks');
like($as->('nobody', q{SELECT slt_record('Stops', 'x', true)}), qr/permission denied for table slt_/, 'one without does not');
is($as->('nobody', q{SELECT slt_availability('[2026-05-01 00:00Z,2026-05-01 12:00Z)', 'Stops', 'y')}), '100', 'but reads availability');
for ([ q{'Nope', 'x', true}, qr/service "Nope" does not exist\nHINT:  Known services are .*"Stops"/ ], [ q{'Stops', 'nope', true}, qr/experience "nope" of service "Stops" does not exist\nHINT:  Known experiences are "x", "y"/ ],
	[ q{NULL, 'x', true}, qr/must not be null/ ], [ q{'Stops', 'x', NULL}, qr/must not be null/ ], [ q{'Stops', 'x', true, NULL, NULL}, qr/must not be null/ ],
	[ q{'Stops', 'x', true, NULL, 'infinity'}, qr/must be finite/ ])
{
	like(($node->psql('postgres', "SELECT slt_record($_->[0])"))[2], $_->[1], "slt_record($_->[0])");
}

done_testing();
