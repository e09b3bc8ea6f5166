# Incidents and their times, downtime that a review excuses, weights and maintenance of experiences.
use strict;
use warnings;
use SltTest;
use Test::More;

my $node = new_server('incidents', conf => "timezone = 'UTC'\n");

# Runs statements whose results do not last.
sub tried { return $node->safe_psql('postgres', "BEGIN; $_[0]; ROLLBACK") }

# What goes wrong with a statement.
sub refused { return ($node->psql('postgres', $_[0], extra_params => [ '-U', $_[1] // getpwuid($<) ]))[2] }

# A service with two experiences, recorded by hand; the figures are of ten hours.
$node->safe_psql('postgres', <<'SQL');
INSERT INTO slt_services (name, excuse_announced) VALUES ('S', true), ('T', false);
INSERT INTO slt_experiences (service, name, recorded) VALUES ('S', 'a', 'by hand'), ('S', 'b', 'by hand'), ('T', 'a', 'by hand');
CREATE FUNCTION outage(experience text, f text, t text, planned boolean DEFAULT false, weight numeric DEFAULT 1) RETURNS bigint LANGUAGE sql AS $$
	INSERT INTO slt_outages (service, experience, during, planned, weight) VALUES ('S', experience, tstzrange(('2026-03-02 ' || f)::timestamptz, ('2026-03-02 ' || t)::timestamptz), planned, weight) RETURNING id $$;
CREATE FUNCTION figures(experience text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', round(availability, 2), downtime, excluded, all_downtime) FROM slt_availability_periods('{"[2026-03-02 00:00Z,2026-03-02 10:00Z)"}', 'S', experience) $$;
CREATE ROLE reviewer LOGIN; GRANT SELECT, UPDATE ON slt_outages TO reviewer;
CREATE ROLE nobody LOGIN;
SQL

# ---------- excuses ----------

# down 1:00 to 2:00, 2:00 to 4:00, and 3:00 to 5:00: four hours of ten
my $three = q{SELECT outage('a', '1:00', '2:00') = 0, outage('a', '2:00', '4:00') = 0, outage('b', '3:00', '5:00') = 0};
my $second = q{(SELECT id FROM slt_outages WHERE lower(during) = '2026-03-02 02:00Z')};
like(tried("$three; SELECT figures()"), qr/^60\.00 04:00:00 00:00:00 04:00:00$/m, 'without an excuse, all counts');
# 2:00 to 3:00 does not count, 3:00 to 4:00 does, because of b: three of nine hours are down
like(tried("$three; SELECT slt_excuse($second, 'flood'); SELECT figures()"), qr/^66\.67 03:00:00 01:00:00 04:00:00$/m, 'what is excused does not count, where nothing else is down');
like(tried("$three; SELECT slt_excuse($second, 'flood'); SELECT figures('a')"), qr/^87\.50 01:00:00 02:00:00 03:00:00$/m, 'nor for the experience');
like(tried("$three; UPDATE slt_outages SET excused = 'flood' WHERE id = $second; SELECT figures()"), qr/^66\.67/m, 'an UPDATE is the same');
like(tried("$three; SELECT slt_excuse($second, 'flood'); SELECT slt_excuse($second, NULL); SELECT figures(), count(excused_by), count(excused_at) FROM slt_outages WHERE service = 'S'"), qr/^60\.00.*\|0\|0$/m, 'it can be taken back');
like(tried("$three; SELECT slt_excuse($second, 'flood'); SELECT excused, excused_by = session_user, excused_at = now() FROM slt_outages WHERE id = $second"), qr/^flood\|t\|t$/m, 'who said so, and when, is written down');
like(tried("$three; SELECT slt_excuse($second, 'flood'); UPDATE slt_outages SET excused_by = 'somebody', excused_at = '2020-01-01' WHERE id = $second; SELECT excused_by = session_user, excused_at = now() FROM slt_outages WHERE id = $second"), qr/^t\|t$/m, 'which nobody can change');
like(tried("$three; SELECT slt_excuse($second, 'flood'); SET LOCAL SESSION AUTHORIZATION reviewer; UPDATE slt_outages SET excused = 'a flood' WHERE id = $second RETURNING excused_by"), qr/^reviewer$/m, 'another reason is of whoever gives it');
like(tried(q{INSERT INTO slt_outages (service, during, excused, excused_by, excused_at) VALUES ('S', '[2026-03-02 01:00Z,2026-03-02 02:00Z)', 'x', 'auditor', '2026-03-09') RETURNING excused_by, excused_at}), qr/^auditor\|2026-03-09/m, 'a row that is restored keeps its own');
$node->safe_psql('postgres', 'CREATE ROLE forger LOGIN; GRANT SELECT, INSERT ON slt_outages TO forger');
like(tried(q{SET LOCAL SESSION AUTHORIZATION forger; INSERT INTO slt_outages (service, during, excused, excused_by, excused_at) VALUES ('S', '[2026-03-02 01:00Z,2026-03-02 02:00Z)', 'x', 'auditor', '2026-03-09') RETURNING excused_by, excused_at = now()}), qr/^forger\|t$/m, 'but only the owner of the table brings one in another name');
like(tried(q{INSERT INTO slt_outages (service, during, excused) VALUES ('S', '[2026-03-02 01:00Z,2026-03-02 02:00Z)', 'x') RETURNING excused_by = session_user}), qr/^t$/m, 'one that is new is signed');
like(tried("$three; SELECT slt_excuse($second, 'flood'); SELECT excused, outages->0->>'excused' FROM slt_status_incidents('S', 3660) WHERE lower(during) = '2026-03-02 02:00Z'"), qr/^t\|flood$/m, 'it stays to be seen');
like(refused(q{SELECT slt_excuse(4711, 'x')}), qr/ERROR:  outage 4711 does not exist\n/, 'an outage that there is not');
like(refused(q{SELECT slt_excuse(NULL, 'x')}), qr/outage null does not exist/, 'nor null');
like(refused(q{SELECT slt_excuse(1, 'x')}, 'nobody'), qr/permission denied/, 'it takes the right to update outages');
like(refused(qq{BEGIN; $three; UPDATE slt_outages SET excused = ' '}), qr/slt_outages_excused_for_a_reason/, 'a reason is not blank');
# a monitor that goes on changing the row
is(tried(q{SELECT slt_record('T', 'a', false, NULL, now() - interval '9 minutes') \g /dev/null
	SELECT slt_excuse(id, 'drill') FROM slt_outages WHERE service = 'T' \g /dev/null
	SELECT slt_record('T', 'a', true, NULL, now() - interval '3 minutes'), slt_record('T', 'a', false, NULL, now() - interval '10 minutes') \g /dev/null
	SELECT excused, upper(during) - lower(during) FROM slt_outages WHERE service = 'T'}), 'drill|00:07:00', 'checks that move the outage leave the excuse');

# ---------- weights ----------

# a is worth 0.4 of the service, and half of it was down for two hours: 0.2 x 2 h; b, worth all, a tenth for an hour meanwhile
my $weighted = q{UPDATE slt_experiences SET weight = 0.4 WHERE service = 'S' AND name = 'a'; SELECT outage('a', '1:00', '3:00', false, 0.5) = 0, outage('b', '2:00', '3:00', false, 0.1) = 0};
like(tried("$weighted; SELECT figures(), figures('a'), figures('b')"), qr/^96\.00 00:24:00 00:00:00 00:24:00\|90\.00 01:00:00 00:00:00 01:00:00\|99\.00 /m, 'the weights of an outage and of its experience are multiplied for the service, and the greatest counts');
like(tried("$weighted; SELECT string_agg(concat_ws(' ', experience_name, downtime), ', ' ORDER BY experience_name NULLS FIRST) FROM slt_availability_periods('{\"[2026-03-02 00:00Z,2026-03-02 10:00Z)\"}', 'S', each_experience => true)"), qr/^00:24:00, a 01:00:00, b 00:06:00$/m, 'all in one call as well');
like(tried("UPDATE slt_experiences SET weight = 0.4 WHERE service = 'S' AND name = 'a'; SELECT outage(NULL, '1:00', '2:00') = 0; SELECT figures()"), qr/^90\.00/m, 'an outage of all of the service takes all of it');
like(refused(qq{UPDATE slt_experiences SET weight = $_}), qr/slt_experiences_weight_is_a_share/, "no weight: $_") for '0', '1.5', '-1', "'NaN'";

# ---------- maintenance of an experience ----------

my $work = q{INSERT INTO slt_maintenance (service, experience, during, announced_at) VALUES ('S', 'a', '[2026-03-02 01:00Z,2026-03-02 03:00Z)', '2026-03-01')};
like(tried("$work; SELECT outage('a', '2:00', '4:00', true) = 0; SELECT figures(), figures('a')"), qr/^88\.89 01:00:00 01:00:00 02:00:00\|88\.89 /m, 'planned downtime of the experience does not count in its maintenance');
like(tried("$work; SELECT outage('b', '2:00', '4:00', true) = 0; SELECT figures()"), qr/^80\.00 02:00:00 00:00:00/m, 'that of another one does');
like(tried("$work; SELECT outage(NULL, '2:00', '4:00', true) = 0; SELECT figures(), figures('a')"), qr/^80\.00 02:00:00 00:00:00 02:00:00\|80\.00/m, 'nor does it excuse that all of the service was down');
like(tried("$work; UPDATE slt_maintenance SET experience = NULL; SELECT outage('b', '2:00', '4:00', true) = 0; SELECT figures()"), qr/^88\.89 01:00:00 01:00:00/m, 'maintenance of all of it does');
like(tried("$work; UPDATE slt_maintenance SET announced_at = NULL; SELECT outage('a', '2:00', '4:00', true) = 0; SELECT figures()"), qr/^80\.00/m, 'only if it was announced');
my $now = q{INSERT INTO slt_maintenance (service, experience, during, reason) VALUES ('S', 'a', tstzrange(now() - interval '1 hour', now() + interval '1 hour'), 'disks')};
is(tried("$now; SELECT experience, status, now() - since FROM slt_status('S') ORDER BY 1"), "a|maintenance|01:00:00\nb|operational|01:00:00", 'the status says of which experience it is');
is(tried("$now; SELECT experience, reason FROM slt_next_maintenance('S'); SELECT experience, reason FROM slt_maintenance_notices()"), "a|disks\na|disks", 'so do what comes next, and the notices');

# ---------- incidents ----------

# Makes an incident with updates (status and hours ago) and outages (experience, from and to hours ago), and shows it.
sub incident
{
	my ($impact, $updates, $outages, $more) = @_;
	my $sql = "INSERT INTO slt_incidents (id, service, title, impact) VALUES (9000, 'S', 'I', '$impact');";

	$sql .= sprintf "INSERT INTO slt_incident_updates (incident, at, status, text) VALUES (9000, now() - interval '%s hours', %s, 'text');", $_->[1], defined $_->[0] ? "'$_->[0]'" : 'NULL' for @$updates;
	$sql .= sprintf "INSERT INTO slt_outages (service, experience, during, incident) VALUES ('S', '%s', tstzrange(now() - interval '%s hours', %s), 9000);", @$_[ 0, 1 ], defined $_->[2] ? "now() - interval '$_->[2] hours'" : 'NULL' for @$outages;
	return tried($sql . ($more // '') . ';' . q{SELECT status, extract(epoch FROM now() - lower(during))::int / 3600, coalesce((extract(epoch FROM now() - upper(during))::int / 3600)::text, 'open'), array_to_string(experiences, ','), planned, jsonb_array_length(updates), jsonb_array_length(outages)
		FROM slt_status_incidents('S', 3660) WHERE id = 9000});
}
is(incident('major', [], [ [ 'a', 5, 4 ], [ 'b', 4, 3 ] ]), 'resolved|5|3|a,b|f|0|2', 'outages without a word');
is(incident('major', [], [ [ 'a', 5, 4 ], [ 'b', 4 ] ]), 'investigating|5|open|a,b|f|0|2', 'one of which goes on');
is(incident('major', [ [ 'investigating', 6 ], [ 'resolved', 2 ] ], [ [ 'a', 5, 4 ] ]), 'resolved|5|2|a|f|2|1', 'it begins with its outage, and ends when it is said to be over');
is(incident('major', [ [ 'resolved', 2 ], [ 'postmortem', 1 ], [ undef, 1 ] ], [ [ 'a', 5, 4 ] ]), 'postmortem|5|2|a|f|3|1', 'what is said afterwards does not make it longer');
is(incident('major', [ [ 'resolved', 3 ], [ 'investigating', 2 ], [ 'resolved', 1 ] ], [ [ 'a', 5, 4 ] ]), 'resolved|5|1|a|f|3|1', 'it was over too early, and is over now');
is(incident('major', [ [ 'monitoring', 3 ] ], [ [ 'a', 5, 4 ] ]), 'monitoring|5|open|a|f|1|1', 'it goes on until someone says that it is over');
is(incident('major', [ [ 'resolved', 3 ] ], [ [ 'a', 5 ] ]), 'resolved|5|open|a|f|1|1', 'or while an outage does, whatever is said');
is(incident('none', [ [ 'investigating', 3 ] ], []), 'investigating|3|open||f|1|0', 'without outages, from its first update');
is(incident('none', [ [ 'investigating', 3 ], [ 'resolved', 1 ] ], []), 'resolved|3|1||f|2|0', 'to the one that says that it is over');
is(incident('none', [ [ 'resolved', 2 ] ], []), 'resolved|2|2||f|1|0', 'or of one instant');
is(incident('none', [], []), '', 'without anything it is nowhere');
my $window = q{INSERT INTO slt_maintenance (service, experience, during, incident) VALUES ('S', 'b', tstzrange(now() - interval '%s hours', now() - interval '%s hours'), 9000)};
is(incident('maintenance', [ [ 'scheduled', 30 ] ], [], sprintf $window, 3, 1), 'scheduled|3|1|b|t|1|0', 'planned work has the times of its maintenance');
is(incident('maintenance', [ [ 'scheduled', 30 ], [ 'in progress', 2 ] ], [], sprintf $window, 3, 1), 'in progress|3|open|b|t|2|0', 'and goes on if it is said to');
is(incident('maintenance', [ [ 'scheduled', 30 ] ], [], sprintf $window, -1, -3), '', 'what has not begun is listed with what comes next');

# what belongs together
like(refused(q{BEGIN; INSERT INTO slt_incidents (id, service, title) VALUES (9000, 'T', 'I'); INSERT INTO slt_outages (service, during, incident) VALUES ('S', tstzrange(now(), NULL), 9000)}), qr/slt_outages_incident_fkey/, 'outage and incident are of one service');
my $belongs = q{INSERT INTO slt_incidents (id, service, title) VALUES (9000, 'S', 'I'); INSERT INTO slt_incident_updates (incident, text) VALUES (9000, 'x'); INSERT INTO slt_outages (service, experience, during, incident) VALUES ('S', 'a', tstzrange(now() - interval '1 hour', NULL), 9000)};
is(tried("$belongs; DELETE FROM slt_incidents; SELECT service, incident IS NULL, (SELECT count(*) FROM slt_incident_updates) FROM slt_outages"), 'S|t|0', 'an incident that is deleted leaves its outages');
is(tried("$belongs; UPDATE slt_services SET name = 'R' WHERE name = 'S'; SELECT o.service, i.service, o.incident FROM slt_outages o, slt_incidents i"), 'R|R|9000', 'a service that is renamed keeps them together');
like(refused(q{INSERT INTO slt_incidents (service, title, link) VALUES ('S', 'x', 'javascript:alert(1)')}), qr/slt_incidents_link_is_of_the_web/, 'a link leads to the web');
like(refused(q{INSERT INTO slt_incidents (service, title) VALUES ('S', ' ')}), qr/slt_incidents_title_is_not_blank/, 'a title is not blank');
$node->safe_psql('postgres', $belongs);
is($node->safe_psql('postgres', q{SELECT title, status FROM slt_status_incidents('S')}, extra_params => [ '-U', 'nobody' ]), 'I|investigating', 'everyone may see incidents');
like(refused('SELECT * FROM slt_incidents', 'nobody'), qr/permission denied/, 'but not read their table');

# many incidents of many outages: the latest, each once, those that go on first
$node->safe_psql('postgres', q{INSERT INTO slt_incidents (id, service, title) SELECT i, 'T', 'i' || i FROM generate_series(1, 500) i;
	INSERT INTO slt_outages (service, experience, during, incident) SELECT 'T', 'a', tstzrange(now() - (i * 3 + k) * interval '1 hour', now() - (i * 3 + k) * interval '1 hour' + (1 + k * 40) * interval '1 minute'), i FROM generate_series(1, 500) i, generate_series(0, 2) k;
	INSERT INTO slt_outages (service, experience, during) SELECT 'T', 'a', tstzrange(now() - i * interval '5 hours' - interval '1 minute', now() - i * interval '5 hours' + interval '6 minutes') FROM generate_series(1, 300) i;
	UPDATE slt_outages SET during = tstzrange(lower(during), NULL) WHERE incident = 400 AND upper(during) - lower(during) < interval '2 minutes'});
is(value($node, q{SELECT string_agg(coalesce(title, 'outage') || ' ' || jsonb_array_length(outages), ', ') FROM slt_status_incidents('T', 3660, 6)}), 'i400 3, i1 3, outage 1, i2 3, outage 1, i3 3', 'the latest incidents, whole');
is(value($node, q{SELECT count(*), count(DISTINCT id) FROM slt_status_incidents('T', 3660, 10000)}), '800|500', 'all of them');

done_testing();
