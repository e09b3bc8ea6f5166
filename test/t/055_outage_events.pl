# Outages and updates of incidents are announced as deadlines are: what is news, once, whatever late checks change; by the
# worker at once, or by whoever sweeps; and nothing that is recorded is lost when nobody can be told.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;

my ($version) = `pg_config --version` =~ /(\d+)/;
my $node = new_server('outage_events', conf => "timezone = 'UTC'\nshared_preload_libraries = 'slt'\nslt.sweep_interval = '1h'\nmax_prepared_transactions = 5\n"
	. ($version >= 17 ? "max_notify_queue_pages = 64\n" : ''));

# Asks in a database where nobody sweeps but this test.
$node->safe_psql('postgres', q{CREATE DATABASE quiet});
$node->safe_psql('postgres', q{ALTER DATABASE quiet SET slt.worker = off});
$node->safe_psql('quiet', q{CREATE EXTENSION slt});
sub told { return $node->safe_psql('quiet', $_[0]) }

# What a sweep announces: kind, experience and outage of each event.
my $last = 0;
sub swept
{
	told('SELECT slt_sweep()');
	my $events = told(qq{SELECT string_agg(CASE kind WHEN 'incident updated' THEN 'update ' || text ELSE kind || ' ' || coalesce(note, 'gone') END, ', ' ORDER BY e.id)
		FROM slt_events e LEFT JOIN slt_outages o ON o.id = e.outage WHERE e.id > $last});
	$last = told('SELECT coalesce(max(id), 0) FROM slt_events');
	return $events;
}

# Adds an outage by hand, from and to so long ago (or in so long).
sub outage
{
	my ($note, $from, $to, $more) = @_;

	return told(sprintf q{INSERT INTO slt_outages (service, experience, during, note%s) VALUES ('Platform', 'Site', tstzrange(now() - interval '%s', %s), '%s'%s)},
		$more ? ", $more->[0]" : '', $from, defined $to ? "now() - interval '$to'" : 'NULL', $note, $more ? ", $more->[1]" : '');
}

# ---------- what is news ----------

is(swept(), '', 'at first there is nothing');
outage('old', '3 days', '2 days');
is(swept(), '', 'history is no news');
outage('long', '3 days');
is(swept(), 'outage opened long', 'what goes on is, however long');
is(swept(), '', 'once');
outage('short', '30 minutes', '20 minutes');
is(swept(), 'outage opened short, outage closed short', 'what began less than an hour ago is, though it is over');
told(q{UPDATE slt_outages SET note = 'long', during = tstzrange(lower(during), now()) WHERE note = 'long'});
is(swept(), 'outage closed long', 'an end is');
told(q{UPDATE slt_outages SET during = tstzrange(lower(during), NULL) WHERE note = 'long'});
is(swept(), 'outage opened long', 'what is open again is');
told(q{UPDATE slt_outages SET during = tstzrange(lower(during) - interval '1 hour', NULL), weight = 0.5 WHERE note = 'long'});
is(swept(), '', 'another beginning or weight is not');
told(q{DELETE FROM slt_outages WHERE note = 'long'});
is(swept(), 'outage closed gone', 'what is deleted has closed');
told(q{BEGIN; INSERT INTO slt_outages (service, during, note) VALUES ('Platform', tstzrange(now(), NULL), 'x'); DELETE FROM slt_outages WHERE note = 'x'; COMMIT});
is(swept(), '', 'what comes and goes between two sweeps is none');
outage('planned', '5 minutes', undef, [ planned => 'true' ]);
outage('partial', '5 minutes', undef, [ weight => '0.3' ]);
swept();
is(told(q{SELECT string_agg(status, ',' ORDER BY id) FROM slt_events WHERE kind = 'outage opened' AND outage IN (SELECT id FROM slt_outages WHERE note IN ('planned', 'partial'))}), 'maintenance,degraded', 'events say how bad it is');
outage('later', '-2 seconds', '-4 seconds');
is(swept(), '', 'what has not begun is not announced');
told(q{SELECT pg_sleep(2.1)});
is(swept(), 'outage opened later', 'but when it begins');
told(q{SELECT pg_sleep(2.1)});
is(swept(), 'outage closed later', 'and when it ends');
told(q{DELETE FROM slt_outages WHERE note IN ('planned', 'partial')});
swept();

# ---------- incidents ----------

told(q{INSERT INTO slt_incidents (service, title, impact) VALUES ('Platform', 'Mail is slow', 'major');
	INSERT INTO slt_incident_updates (incident, at, status, text) SELECT id, now() - interval '2 days', 'investigating', 'long ago' FROM slt_incidents;
	INSERT INTO slt_incident_updates (incident, status, text) SELECT id, 'identified', 'now' FROM slt_incidents});
is(swept(), 'update now', 'an update is announced, an old one is not');
told(q{UPDATE slt_incident_updates SET text = 'corrected'; UPDATE slt_incidents SET impact = 'minor'});
is(swept(), '', 'a correction is not');
is(told(q{SELECT service, incident = (SELECT id FROM slt_incidents), status, title, text, ticket_table IS NULL FROM slt_events WHERE kind = 'incident updated'}), 'Platform|t|identified|Mail is slow|now|t', 'the event says what there is to be said');
outage('of incident', '1 minute', undef, [ incident => '(SELECT id FROM slt_incidents)' ]);
swept();
is(told(q{SELECT title, incident IS NOT NULL FROM slt_events ORDER BY id DESC LIMIT 1}), 'Mail is slow|t', 'an outage that belongs to an incident says so');
for my $wrong (q{('outage opened')}, q{('breached')}, q{('incident updated')})
{
	like(($node->psql('quiet', "INSERT INTO slt_events (kind) VALUES $wrong"))[2], qr/slt_events_are_about_something/, "$wrong needs what it is about");
}

# ---------- consumers, pruning, dumps ----------

is(told(q{SELECT count(*) = (SELECT count(*) FROM slt_events) FROM slt_take_events('hook')}), 't', 'consumers take them');
told(q{UPDATE slt_events SET announced_at = now() - interval '2 days'});
is(told(q{SELECT slt_prune('1 day') > 5; SELECT count(*) FROM slt_events}), "t\n0", 'they are pruned, all of them');
told(q{UPDATE slt_outages SET note = note});
is(swept(), '', 'what was announced is not announced again without its events');
my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump.sql';
outage('before the dump', '1 minute');
swept();
$node->command_ok([ 'pg_dump', '-f', $dump, '-d', $node->connstr('quiet') ], 'dumped');
$node->safe_psql('postgres', 'CREATE DATABASE again');
$node->safe_psql('postgres', 'ALTER DATABASE again SET slt.worker = off');
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-f', $dump, '-d', $node->connstr('again') ], 'and restored');
is($node->safe_psql('again', 'SELECT slt_sweep(), (SELECT count(*) FROM slt_events), (SELECT count(*) FROM slt_incidents)'), '0|1|1', 'a restore announces nothing');

# ---------- checks ----------

told(q{TRUNCATE slt_outages, slt_events; INSERT INTO slt_services (name) VALUES ('S'); INSERT INTO slt_experiences (service, name) VALUES ('S', 'x')});
swept();
told('TRUNCATE slt_events');
my $of_checks = q{SELECT string_agg(kind || ' ' || to_char(now() - at, 'FMMI'), ', ' ORDER BY id) FROM slt_events WHERE service = 'S'};
my $check = sub { told(sprintf q{SELECT slt_record('S', 'x', %s, NULL, now() - interval '%s minutes'); SELECT slt_sweep()}, @_) };
$check->('true', 30);
$check->('false', 25);
is(told($of_checks), 'outage opened 25', 'a check that fails opens an outage, which is announced');
$check->('false', 27);
is(told('SELECT count(*) FROM slt_events'), '1', 'a late check that moves its beginning is no news');
$check->('true', 20);
is(told($of_checks), 'outage opened 25, outage closed 20', 'a good one closes it');
$check->('true', 22);
$check->('false', 21);
is(told(q{SELECT count(*) FROM slt_outages}), '2', 'late checks make two of it');
is(told(q{SELECT count(*) FROM slt_events}), '4', 'so the second one is news, and nothing of the first');
$check->('false', 10);
is(told(q{SELECT kind FROM slt_events ORDER BY id DESC LIMIT 1}), 'outage opened', 'down again');
$check->('true', 11);
is(told(q{SELECT count(*) FROM slt_events}), '5', 'a late good check changes nothing');
told(q{SELECT slt_record('S', 'x', false, NULL, now() + interval '2 minutes', 'fast clock'), slt_record('S', 'x', true, NULL, now() - interval '1 minute'), slt_record('S', 'x', true, NULL, now() - interval '1 minute', 'fast clock')});
told('SELECT slt_sweep()');
is(told(q{SELECT kind || ' ' || (at > now()) FROM slt_events WHERE kind = 'outage opened' ORDER BY id DESC LIMIT 1}), 'outage opened true', 'a monitor whose clock is a little ahead is heard at once');

# ---------- two at once ----------

told(q{TRUNCATE slt_outages, slt_events, slt_announced_news; INSERT INTO slt_outages (service, experience, during) SELECT 'Platform', 'Site', tstzrange(now() - i * interval '1 s', NULL) FROM generate_series(1, 200) i});
my @sweeps = map { my ($in, $out) = ('', ''); IPC::Run::start([ 'psql', '-Xqt', '-d', $node->connstr('quiet'), '-c', 'CALL slt_sweep_all()' ], '<', \$in, '>', \$out, '2>&1') } 1 .. 3;
$_->finish for @sweeps;
is(told(q{SELECT count(*), count(DISTINCT outage) FROM slt_events WHERE kind = 'outage opened'}), '200|200', 'three sweeps at once announce each outage once');

# ---------- the worker ----------

$node->safe_psql('postgres', q{INSERT INTO slt_services (name) VALUES ('S'); INSERT INTO slt_experiences (service, name) VALUES ('S', 'x'), ('S', 'y')});
my ($in, $heard) = ('', '');
my $listener = IPC::Run::start([ 'psql', '-XAqt', '-d', $node->connstr('postgres'), '-c', 'LISTEN slt', '-c', q{SELECT 'listening'}, '-c', 'SELECT pg_sleep(20)', '-c', 'SELECT 1' ], '<', \$in, '>', \$heard, '2>&1', IPC::Run::timeout(240));
$listener->pump until $heard =~ /listening/;
$node->safe_psql('postgres', q{SELECT slt_record('S', 'x', false)});
ok($node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM slt_events WHERE kind = 'outage opened' AND experience = 'x'}), 'the worker announces an outage that a check opens');
$listener->finish;
like($heard, qr/notification "slt"/, 'and notifies');
$node->safe_psql('postgres', q{BEGIN; INSERT INTO slt_outages (service, experience, during) VALUES ('S', 'y', tstzrange(now(), NULL)); PREPARE TRANSACTION 'outage'});
$node->safe_psql('postgres', q{COMMIT PREPARED 'outage'});
ok($node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM slt_events WHERE experience = 'y'}), 'also one of a transaction that was prepared');
$node->safe_psql('postgres', q{INSERT INTO slt_incidents (service, title) VALUES ('S', 'T'); INSERT INTO slt_incident_updates (incident, at, text) SELECT id, now() + interval '1 second', 'foreseen' FROM slt_incidents});
ok($node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM slt_events WHERE kind = 'incident updated'}), 'and an update that is written for later, when it is time');

SKIP:
{
	skip 'the queue of notifications can be small from PostgreSQL 17 on', 3 if $version < 17;
	my $asleep = $node->background_psql('postgres');
	$asleep->query_safe('LISTEN slt');
	$asleep->query_safe('BEGIN');
	$node->psql('postgres', q{SELECT pg_notify('other', repeat('x', 7000) || i) FROM generate_series(1, 70) i}) for 1 .. 2;
	is($node->safe_psql('postgres', q{SELECT slt_record('S', 'x', true)}), 't', 'with a queue that is full, a check is taken');
	ok($node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM slt_events WHERE kind = 'outage closed' AND experience = 'x'}), 'and what it changes announced');
	ok($node->log_contains(qr/consumers could not be notified/), 'but nobody is notified');
	$asleep->query_safe('COMMIT');
	$asleep->quit;
}

# ---------- who may ----------

told(q{CREATE ROLE watcher LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON slt_outages TO watcher; GRANT USAGE ON SEQUENCE slt_outages_id_seq TO watcher});
is($node->safe_psql('quiet', q{INSERT INTO slt_outages (service, during, note) VALUES ('S', tstzrange(now(), NULL), 'x') RETURNING note}, extra_params => [ '-U', 'watcher' ]), 'x', 'whoever may write outages needs no rights on events');
for my $function ('zz_slt_internal.expect_news()', 'zz_slt_internal.announce_news()', 'zz_slt_internal.expect_sweep()', 'zz_slt_internal.announce_outages(timestamptz)')
{
	is(told("SELECT has_function_privilege('watcher', '$function', 'EXECUTE')"), 'f', "$function is not for others");
}

done_testing();
