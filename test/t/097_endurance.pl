# What takes its time, or comes at a bad moment: cancels at random points, many statements with edits of the policy in one
# session, thousands of calendars, attaching and detaching again and again, an extension that is dropped and created under
# live sessions, and edits against readers that must never see half of one.  SLT_ENDURANCE multiplies how much of each:
# 1 here; 20 is 2,000 cancels, 100,000 statements, 5,000 calendars, 500 rounds and 10,000 edits.
use strict;
use warnings;
use HostileTest;
use IPC::Run;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;
use Time::HiRes qw(time usleep);

my $times = $ENV{SLT_ENDURANCE} // 1;
my $seed = $ENV{SLT_SEED} // time;
srand $seed;
diag("seed $seed");

my $node = hostile_server('endurance', "max_connections = 60\nmax_locks_per_transaction = 200\nautovacuum = on");
$node->safe_psql('postgres', 'CREATE ROLE postgres SUPERUSER LOGIN') if getpwuid($<) ne 'postgres';
my $version18 = $node->safe_psql('postgres', q{SELECT current_setting('server_version_num')::int >= 180000}) eq 't';
my $attach = q{opened_at => 'opened', severity => 'severity', contract => 'contract', calendar => 'calendar', status => 'status', paused_when => '{hold}', changed_at => 'changed', done_at => '{"resolution": "resolved"}', announce_from => NULL};

# Makes a database with a ticket table that is attached.
sub new_desk
{
	my ($name) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql($name, <<"SQL");
CREATE EXTENSION slt;
CREATE TABLE t (id bigserial PRIMARY KEY, opened timestamptz DEFAULT now(), severity text DEFAULT 'S1', contract text DEFAULT 'Standard', calendar text, status text DEFAULT 'open', changed timestamptz DEFAULT now(), resolved timestamptz, note text);
SELECT slt_attach('t', $attach);
CREATE INDEX ON t (slt_announce_at) WHERE slt_announce_at IS NOT NULL;
SQL
	return sub { return value_in($node, $name, $_[0]) };
}

# Writes a file of the test's own.
sub write_file
{
	my ($name, $text) = @_;
	my $file = "$ENV{SLT_WORK}/tmp/endurance_$name.sql";

	unlink $file;
	append_to_file($file, $text);
	return $file;
}

# Starts pgbench on a database.
sub start_bench
{
	my ($database, $file, @options) = @_;
	my $run = { output => '' };

	$run->{process} = IPC::Run::start([ 'pgbench', '-n', @options, '-f', $file, '-h', $node->host, '-p', $node->port, $database ], '<', \undef, '>&', \$run->{output});
	return $run;
}

# ---------- cancels ----------

my $in = new_desk('cancels');
my $mark = log_mark($node);
$node->safe_psql('cancels', q{INSERT INTO t (opened) SELECT now() - n * interval '1 hour' FROM generate_series(1, 500) n; CREATE TABLE victim (pid int); INSERT INTO slt_services (name) VALUES ('S'); INSERT INTO slt_experiences (service, name) VALUES ('S', 'x');
	CREATE TABLE u (id int PRIMARY KEY, opened timestamptz, resolved timestamptz); INSERT INTO u SELECT n, now() - interval '1 day' FROM generate_series(1, 500) n;
	CREATE TABLE policy AS SELECT slt_export() AS d; CREATE TABLE incidents AS SELECT jsonb_build_object('incidents', jsonb_agg(jsonb_build_object('id', n, 'name', 'Disk ' || n, 'impact', 'major', 'status', 'resolved', 'created_at', now() - n * interval '1 day', 'resolved_at', now() - n * interval '23 hours',
		'components', '[{"name": "C"}]'::jsonb, 'incident_updates', jsonb_build_array(jsonb_build_object('id', n, 'status', 'resolved', 'body', 'x', 'created_at', now() - n * interval '23 hours'))))) AS d FROM generate_series(1, 100) n});
my @statements = (
	q{INSERT INTO t (opened, severity) SELECT now() - n * interval '1 hour', 'S' || n % 3 + 1 FROM generate_series(1, 200) n}, q{UPDATE t SET status = CASE status WHEN 'open' THEN 'hold' ELSE 'open' END, changed = now() WHERE id % 5 = 0}, q{UPDATE t SET resolved = now(), changed = now() WHERE id % 7 = 0 AND resolved IS NULL},
	q{BEGIN; INSERT INTO slt_holidays (list, day, name) SELECT 'Egypt', date '2041-01-01' + n, 'x' FROM generate_series(1, 20) n; SELECT count(slt_deadline(now(), 'S1', 'Standard')) FROM generate_series(1, 50); ROLLBACK}, q{UPDATE slt_targets SET amount = amount + working_interval '1 minute' WHERE metric = 'resolution'},
	q{UPDATE slt_calendars SET note = random()::text}, q{SELECT count(*) FROM slt_restamp('t')}, q{CALL slt_backfill('t', 50)}, q{SELECT slt_sweep()}, q{CALL slt_sweep_all()}, q{SELECT count(*) FROM slt_take_events('a', 20)}, q{SELECT slt_prune('0')}, q{CALL slt_prune_all('0', 7)},
	q{SELECT count(*) FROM slt_report('t')}, q{SELECT count(*) FROM t, slt_clocks(t)}, q{SELECT count(*) FROM slt_tickets('t')}, q{SELECT count(*) FROM slt_unmatched('t')}, q{SELECT count(*) FROM slt_explain(now() - interval '1 year', 'S1', 'Standard')}, q{SELECT length(slt_status_page('S'))},
	q{SELECT count(slt_record('S', 'x', n % 3 > 0, '1 s', now() - interval '1 hour' + n * interval '1 minute')) FROM generate_series(1, 50) n}, q{SELECT count(*) FROM slt_availability_report('[2026-01-01,2026-12-31)', 'day', 'S')}, q{SELECT count(*) FROM slt_costs}, q{SELECT count(*) FROM slt_attached()},
	q{SELECT slt_attach('u', 'opened', severity_value => 'S1', contract_value => 'Standard', done_at => '{"resolution": "resolved"}') IS NULL}, q{CALL slt_backfill('u')}, q{UPDATE u SET resolved = now() WHERE id < 100}, q{SELECT slt_detach('u', false)}, q{SELECT slt_detach('u')},
	q{SELECT count(working_add(now(), n * working_interval '1 hour', 'Egypt')) FROM generate_series(1, 2000) n}, q{SELECT length(working_periods('[2000-01-01,2040-01-01)', 'Egypt')::text)}, q{BEGIN; SET LOCAL slt.as_of = '2126-01-01'; SELECT count(slt_deadline(now(), 'S1', 'Standard')); COMMIT},
	q{SELECT count(*) FROM slt_import(slt_export())}, q{SELECT count(*) FROM slt_import(jsonb_set(slt_export(), '{holidays}', '[]') - 'fingerprint'); SELECT count(*) > 0 FROM slt_import((SELECT d FROM policy))}, q{BEGIN; SELECT count(*) FROM slt_import('{"policy_version": 1, "attachments": []}'); SELECT slt_deadline(now(), 'S1', 'Standard'); ROLLBACK},
	q{SELECT count(*) FROM slt_import_incidents('S', (SELECT d FROM incidents), '{"C": "x"}')}, q{DELETE FROM slt_incidents WHERE service = 'S'; DELETE FROM slt_outages WHERE service = 'S'}, q{SELECT length(slt_policy_page()), length(slt_report_page('t')), slt_incidents_json('S') IS NULL, length(slt_maintenance_ics('S'))},
	q{BEGIN; SET LOCAL client_min_messages = error; DROP EXTENSION slt CASCADE; CREATE EXTENSION slt; SELECT slt_deadline(now(), 'S1', 'Standard'); ROLLBACK}, q{ALTER EXTENSION slt UPDATE},
	q{BEGIN; SET LOCAL statement_timeout = '2ms'; SELECT count(*) FROM slt_restamp('t'); COMMIT}, q{BEGIN; SAVEPOINT s; SELECT slt_sweep(); ROLLBACK TO s; UPDATE slt_targets SET amount = amount; RELEASE s; COMMIT},
	q{DELETE FROM t WHERE id < (SELECT max(id) - 600 FROM t)});
my $wanted = int(100 * $times);
my $file = write_file('cancels', "SET client_min_messages = error;\nINSERT INTO victim VALUES (pg_backend_pid());\n" . join('', map { $statements[ rand @statements ] . ";\nROLLBACK;\n" } 1 .. 40 * $wanted));
my $victim = { output => '', messages => '' };
$victim->{process} = IPC::Run::start([ 'psql', '-XAtq', '-h', $node->host, '-p', $node->port, '-d', 'cancels', '-f', $file ], '<', \undef, '>', \$victim->{output}, '2>', \$victim->{messages});
ok(wait_until($node, 'cancels', 'SELECT count(*) = 1 FROM victim'), 'a session does all that one can do');
my $killer = start_psql($node, 'cancels', 'slt_killer', q{DO $$ DECLARE p int := (SELECT pid FROM victim); BEGIN LOOP PERFORM pg_sleep(random() * random() * 0.06); EXIT WHEN NOT pg_cancel_backend(p); END LOOP; END $$});
my $until = time + 12 * $times;
my $cancelled = 0;
while (time < $until && $cancelled < $wanted && $victim->{process}->pumpable)
{
	usleep(100_000);
	$_->{process}->pump_nb for $victim, $killer;
	$cancelled = () = $victim->{messages} =~ /canceling statement due to user request/g;
}
$node->safe_psql('cancels', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'slt_killer'});
$killer->{process}->finish;
is($in->('SELECT count(*) FROM victim v JOIN pg_stat_activity a USING (pid)'), '1', 'the session is alive');
$node->safe_psql('cancels', q{SELECT pg_terminate_backend(pid) FROM victim});
$victim->{process}->finish;
cmp_ok($cancelled, '>', $wanted / 5, "it was cancelled $cancelled times");
is(join("\n", (grep { !/canceling statement due to (?:user request|statement timeout)|no transaction in progress|terminating connection|server closed|connection to server was lost|This probably means|before or while|not attached|in a failed|current transaction is aborted|SSL/ } $victim->{messages} =~ /^.*(?:ERROR|FATAL|PANIC):.*$/mg)[ 0 .. 2 ]) =~ s/\s+$//r, '', 'and met no other error');
unharmed($node, $mark, 'nothing was harmed');
like(scalar run_sql($node, 'cancels', "SELECT slt_attach('t', $attach) IS NULL; CALL slt_backfill('t'); SELECT count(*) FROM t, slt_clocks(t) c WHERE c.done IS NULL AND c.due_now IS NOT NULL; SELECT count(*) FROM slt_attached() WHERE problem IS NOT NULL; SELECT slt_sweep() >= 0"),
	qr/^f\n0\n0\nt/, 'afterwards all is as it should be, once the policy was gone through');

# ---------- many statements ----------

my $statements = int(5000 * $times);
$in = new_desk('statements');
my $used = q{WITH contexts AS MATERIALIZED (TABLE pg_backend_memory_contexts) SELECT 'bytes ' || sum(total_bytes) FILTER (WHERE name <> 'slt calendar') || ' ' || sum(total_bytes) FROM contexts};
my $edit_every = 50;
$file = write_file('statements', join '', "SET client_min_messages = error;\n", map {
	my $n = $_;
	($n == int($statements / 5) || $n == $statements ? "$used;\n" : '')
	. ($n % $edit_every == 0 ? (q{UPDATE slt_targets SET amount = '3 hours'}, q{INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', date '2031-01-01' + (random() * 3000)::int, 'x') ON CONFLICT DO NOTHING}, q{UPDATE slt_calendars SET note = random()::text},
		"SELECT slt_attach('t', $attach) IS NULL", q{BEGIN; SAVEPOINT s; DELETE FROM slt_holidays; SELECT slt_deadline(now(), 'S1', 'Standard'); ROLLBACK TO s; COMMIT})[ $n / $edit_every % 5 ] . ";\n" : '')
	. (q{INSERT INTO t (opened) VALUES (now() - random() * interval '30 days')}, q{UPDATE t SET status = 'hold', changed = now() WHERE id = (SELECT max(id) FROM t)}, q{SELECT slt_deadline(now(), 'S2', 'Priority')}, q{SELECT c.* FROM t, slt_clocks(t) c WHERE id = (SELECT max(id) FROM t)},
		q{SELECT count(*) FROM slt_explain(now(), 'S1', 'Standard')}, q{SELECT working_add(now(), '3 days', 'Egypt')}, q{SELECT slt_availability('[2026-01-01,2026-02-01)', 'Platform')}, q{DELETE FROM t WHERE id < (SELECT max(id) - 20 FROM t)}, q{SELECT slt_sweep(5)}, q{SELECT slt_nothing()})[ $n % 10 ] . ";\n"
} 1 .. $statements);
my $run = { output => '', messages => '' };
IPC::Run::run([ 'psql', '-XAtq', '-h', $node->host, '-p', $node->port, '-d', 'statements', '-f', $file ], '<', \undef, '>', \$run->{output}, '2>', \$run->{messages}, IPC::Run::timeout(120 + 60 * $times));
my @bytes = $run->{output} =~ /^bytes (\d+) (\d+)$/mg;
is(scalar @bytes, 4, "$statements statements with edits in one session");
# calendars that were compiled are kept, up to a bound of their own
cmp_ok($bytes[2] - $bytes[0], '<', 1_500_000, sprintf('its memory grows by %d bytes in the last four fifths, but for calendars', $bytes[2] - $bytes[0]));
cmp_ok($bytes[3], '<', 66 * 2**20, sprintf('and is %d bytes with these', $bytes[3]));
is(join("\n", (grep { !/slt_nothing/ } $run->{messages} =~ /^.*ERROR:.*$/mg)[ 0 .. 2 ]) =~ s/\s+$//r, '', 'without an error');

# ---------- many calendars ----------

my $calendars = int(250 * $times);
$in = new_desk('calendars');
my $begun = time;
$node->safe_psql('calendars', qq{INSERT INTO slt_calendars (name, calendar) SELECT 'Site ' || n, ('Africa/Cairo Mo-Fr ' || lpad((n % 12)::text, 2, '0') || ':00-' || lpad((n % 12 + 8)::text, 2, '0') || ':00; ' || (date '2026-02-01' + n % 300) || ' off')::working_calendar FROM generate_series(1, $calendars) n;
	INSERT INTO slt_calendar_lists (calendar, list) SELECT 'Site ' || n, 'Egypt' FROM generate_series(1, $calendars) n});
cmp_ok(time - $begun, '<', 20 + 10 * $times, "$calendars calendars with a list of holidays each are made in time");
is($in->(qq{INSERT INTO t (opened, calendar) SELECT '2026-03-02 03:00Z', 'Site ' || n FROM generate_series(1, $calendars) n; SELECT count(*) FROM t WHERE slt_resolution_due IS DISTINCT FROM slt_deadline(opened, severity, contract) AND slt_resolution_due IS DISTINCT FROM working_add(opened, '2 working days', calendar); SELECT count(DISTINCT slt_resolution_due) > 8 FROM t}), "0\nt", 'a ticket goes by each of them');
$begun = time;
is($in->(q{SELECT count(*) FROM slt_restamp('t'); INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', '2026-03-03', 'x'); SELECT count(*) > 0 FROM slt_restamp('t')}), "0\nt", 'an edit of the list moves them');
cmp_ok(time - $begun, '<', 20 + 10 * $times, '... in time');

# ---------- attaching again and again ----------

my $rounds = int(25 * $times);
$in = new_desk('rounds');
my ($status, $output, $messages) = $node->psql('rounds', "SET client_min_messages = error;\n" . join('', map { "SELECT slt_detach('t'" . ($_ % 10 == 0 && $_ <= 1000 ? ', false' : '') . ") \\g /dev/null\nSELECT slt_attach('t', $attach) \\g /dev/null\n"
	. ($_ % 5 == 0 ? "INSERT INTO t (opened) VALUES (now()) \\g /dev/null\n" : '') } 1 .. $rounds) . 'SELECT count(*) FROM pg_attribute WHERE attrelid = $$t$$::regclass AND NOT attisdropped AND attnum > 0; SELECT count(*), count(slt_resolution_due) FROM t; SELECT count(*), count(problem) FROM slt_attached(); SELECT count(*) FROM pg_trigger WHERE tgrelid = $$t$$::regclass AND NOT tgisinternal;' . $used);
is($messages, '', "$rounds times detached and attached");
like($output, qr/^18\n@{[int($rounds \/ 5)]}\|\d+\n1\|0\n1\nbytes \d+ \d+$/, 'it has its columns, its trigger and its attachment once');
cmp_ok(($output =~ /bytes (\d+)/)[0] // 1e12, '<', 12_000_000, 'and the session is small');

# ---------- edits and readers ----------

# A deadline is (8 + k) hours and 7 k minutes, for the calendar opens k hours after 8 and 7 k minutes are promised: any other has half an edit.
my $edits = int(500 * $times);
$in = new_desk('edits');
$node->safe_psql('edits', q{INSERT INTO slt_calendars (name, calendar) VALUES ('C', 'UTC Mo-Fr 09:00-20:00'); INSERT INTO slt_contracts (name, calendar) VALUES ('C', 'C'); INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ('C', 'S1', 'resolution', '7 minutes');
	CREATE FUNCTION whole(due timestamptz) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN RETURN 7 * (extract(hour FROM due AT TIME ZONE 'UTC') - 8) = extract(minute FROM due AT TIME ZONE 'UTC'); END $$;	-- not inlined, which would ask for the deadline twice
	CREATE FUNCTION in_plpgsql() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN whole(slt_deadline('2026-03-02 08:00Z', 'S1', 'C')); END $$;
	CREATE TABLE many AS SELECT n, timestamptz '2026-03-02 08:00Z' AS opened FROM generate_series(1, 300) n; ANALYZE many});
my $editor = write_file('editor', <<'SQL');
\set k random(1, 8)
\set other random(1, 8)
BEGIN;
UPDATE slt_targets SET amount = make_working_interval(mins => 7 * :k) WHERE contract = 'C';
SAVEPOINT s;
UPDATE slt_calendars SET calendar = ('UTC Mo-Fr ' || lpad((8 + :other)::text, 2, '0') || ':00-20:00')::working_calendar WHERE name = 'C';
ROLLBACK TO s;
UPDATE slt_calendars SET calendar = ('UTC Mo-Fr ' || lpad((8 + :k)::text, 2, '0') || ':00-20:00')::working_calendar WHERE name = 'C';
COMMIT;
SQL
my $reader = write_file('reader', <<'SQL');
SELECT 1 / whole(slt_deadline('2026-03-02 08:00Z', 'S1', 'C'))::int;
SELECT 1 / in_plpgsql()::int;
SELECT 1 / bool_and(whole(slt_deadline(opened, 'S1', 'C')))::int FROM many;
SQL
my $parallel = write_file('parallel', <<'SQL');
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
SELECT 1 / bool_and(whole(slt_deadline(opened, 'S1', 'C')))::int FROM many;
SELECT 1 / bool_and(whole(slt_deadline(opened, 'S1', 'C')))::int FROM many;
SQL
my $stamper = write_file('stamper', <<'SQL');
INSERT INTO t (opened, contract) VALUES ('2026-03-02 08:00Z', 'C') RETURNING 1 / whole(slt_resolution_due)::int;
SQL
my @all = (start_bench('edits', $editor, '-c', 1, '-t', $edits), start_bench('edits', $reader, '-c', 2, '-T', 60 + 60 * $times), start_bench('edits', $reader, '-c', 3, '-T', 60 + 60 * $times, '-M', 'prepared'), start_bench('edits', $parallel, '-c', 2, '-T', 60 + 60 * $times), start_bench('edits', $stamper, '-c', 1, '-T', 60 + 60 * $times));
my $ended = $all[0]{process}->finish;
ok($ended, "$edits edits") or diag($all[0]{output});
$node->safe_psql('edits', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'edits' AND pid <> pg_backend_pid()});
for my $bench (@all[ 1 .. 4 ])
{
	$bench->{process}->finish;
	unlike($bench->{output}, qr/division by zero|ERROR:  (?!terminating)/, 'eight readers, plain, with cached plans, in parallel workers and in the trigger: none sees half an edit') or diag(substr($bench->{output}, 0, 500));
}
is($in->(q{SELECT count(*) > 0 AND bool_and(whole(slt_resolution_due)) FROM t}), 't', 'nor is any ticket stamped by one');

# ---------- DROP and CREATE EXTENSION ----------

$in = new_desk('dropped');
$mark = log_mark($node);
my $application = write_file('application', <<'SQL');
INSERT INTO t (opened) VALUES (now());
UPDATE t SET status = 'hold', changed = now() WHERE id = (SELECT max(id) FROM t);
SELECT slt_deadline(now(), 'S1', 'Standard');
SELECT working_add(now(), '1 day', 'Egypt');
SELECT count(*) FROM t, slt_clocks(t) WHERE id = (SELECT max(id) FROM t);
SQL
# sessions that stay, whatever error they meet
my @live = map { { output => '', messages => '' } } 1 .. 4;
my $lines = slurp_file($application) x (400 * $times);
for my $live (@live)
{
	$live->{process} = IPC::Run::start([ 'psql', '-XAtq', '-h', $node->host, '-p', $node->port, '-d', 'dropped', '-f', write_file('live', $lines) ], '<', \undef, '>', \$live->{output}, '2>', \$live->{messages});
}
my $drops = int(5 * $times) || 1;
for my $round (1 .. $drops)
{
	my ($output, $messages) = run_sql($node, 'dropped', "SET client_min_messages = error; SET deadlock_timeout = '5s'; DROP EXTENSION slt CASCADE; CREATE EXTENSION slt; SELECT slt_attach('t', $attach) IS NULL", go_on => 1);

	# what meets a deadlock leaves the extension where it was
	$run->{dropped} .= join "\n", $messages =~ /deadlock detected/ ? () : grep { !/could not lock/ } $messages =~ /^ERROR:.*$/mg;
	usleep(100_000);
}
is($run->{dropped} // '', '', "DROP and CREATE EXTENSION $drops times");
$_->{process}->finish for @live;
my %known = map { $_ => 1 } map { ($_->{messages} =~ /ERROR:  (.*)/g) } @live;
is(join("\n", grep { !/does not exist|deadlock detected|could not open relation|cache lookup failed for (?:function|relation|type)|is not attached|must be|no such|not found/ } sort keys %known), '', 'live sessions meet no error but that something is not there');
unlike(log_since($node, $mark), qr/was terminated by signal (?!15)\d|TRAP:/, 'none crashed');
like(scalar run_sql($node, 'dropped', "SET client_min_messages = error; DROP EXTENSION IF EXISTS slt CASCADE; CREATE EXTENSION slt; SELECT slt_attach('t', $attach) IS NULL; INSERT INTO t (opened) VALUES (now()) RETURNING slt_resolution_due IS NULL"), qr/^f\nf$/m, 'in the end it works as at first');

$node->stop('immediate');
done_testing();
