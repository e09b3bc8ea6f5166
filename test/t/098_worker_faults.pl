# The worker where much is wrong at once: twenty databases with few workers, no slot free for a while, a cluster whose
# transactions are read only and serializable, workers and launcher ended at work.  045 has it one by one, and a clock that
# jumps, by a library of its own: libfaketime does not reach workers on 15.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;
use Time::HiRes qw(time usleep);

my $node = new_server('many', bare => 1, conf => <<'CONF');
shared_preload_libraries = 'slt'
slt.worker = on
slt.sweep_interval = '1h'
slt.max_workers = 3
max_worker_processes = 6
max_connections = 60
restart_after_crash = on
CONF
my $again = 'SELECT count(*) - count(DISTINCT (key, metric, run, percent)) FROM slt_events';
my @databases = map { "desk$_" } 1 .. 20;
my $setup = <<'SQL';
CREATE EXTENSION slt;
INSERT INTO slt_calendars (name, calendar) VALUES ('Always', 'UTC 24/7');
INSERT INTO slt_contracts (name, calendar) VALUES ('Always', 'Always');
INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ('Always', 'S1', 'resolution', '1 working hour');
CREATE TABLE t (id bigserial PRIMARY KEY, opened timestamptz, resolved timestamptz);
SELECT slt_attach('t', opened_at => 'opened', severity_value => 'S1', contract_value => 'Always', done_at => '{"resolution": "resolved"}', announce_from => NULL);
CREATE INDEX ON t (slt_announce_at) WHERE slt_announce_at IS NOT NULL;
SQL

# Opens tickets whose time is up so many seconds from now.
sub open_tickets
{
	my ($database, $seconds, $many) = @_;

	return $node->safe_psql($database, "INSERT INTO t (opened) SELECT clock_timestamp() - interval '1 hour' + interval '$seconds s' FROM generate_series(1, " . ($many // 1) . ')');
}

# Waits until all tickets are announced as breached, each once; says how late the last was, or -1.
sub lateness
{
	my ($database) = @_;

	return -1 unless wait_until($node, $database, q{SELECT count(*) = (SELECT count(*) FROM t) FROM slt_events WHERE kind = 'breached'});
	return $node->safe_psql($database, q{SELECT round(max(extract(epoch FROM announced_at - due)), 3) FROM slt_events WHERE kind = 'breached'});
}

# ---------- twenty databases ----------

$node->safe_psql('postgres', 'CREATE DATABASE pattern');
$node->safe_psql('pattern', $setup);
$node->poll_query_until('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE datname = 'pattern'}, '0');
for my $database (@databases)
{
	# the worker may be in the pattern
	for (1 .. 50)
	{
		last if ($node->psql('postgres', "CREATE DATABASE $database TEMPLATE pattern"))[0] == 0;
		usleep(100_000);
	}
}
open_tickets($_, 4, 20) for @databases;
my @late = map { lateness($_) } @databases;
is(scalar(grep { $_ < 0 } @late), 0, 'tickets of twenty databases fall due at once, and all are announced');
cmp_ok((sort { $a <=> $b } @late)[-1], '<', 20, sprintf('... the last after %.1f s, by three workers at a time', (sort { $a <=> $b } @late)[-1]));
is(scalar(grep { $node->safe_psql($_, $again) ne '0' } @databases), 0, '... each once');

# ---------- dropped, renamed and closed while it is swept ----------

# a backlog that takes longer to sweep than DROP DATABASE waits
sub make_backlog
{
	my ($database) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE pattern");
	open_tickets($database, -86400, 150000);
	return wait_until($node, 'postgres', "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = '$database' AND backend_type = 'slt worker'");
}

my $mark = -s $node->logfile;
ok(make_backlog('doomed'), 'a database with a long backlog is swept');
is(($node->psql('postgres', 'DROP DATABASE doomed'))[2], '', '... and can be dropped, without force');
ok(make_backlog('moved'), 'another one is');
is(($node->psql('postgres', 'ALTER DATABASE moved RENAME TO removed'))[2], '', '... and can be renamed');
ok(wait_until($node, 'removed', 'SELECT count(*) > 500 FROM slt_events'), '... and is swept by its new name');
$node->safe_psql('postgres', 'ALTER DATABASE removed ALLOW_CONNECTIONS false');
ok(wait_until($node, 'postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = 'removed'}), 'one that allows no connections is left alone');
open_tickets('desk1', 0.1);
ok(lateness('desk1') < 20, '... and others are swept');
usleep(3_000_000);
my @complaints = substr(slurp_file($node->logfile), $mark) =~ /FATAL:.*|slt could not.*/g;
cmp_ok(scalar @complaints, '<=', 4, 'the log has no more than a line for each of that') or diag(join "\n", @complaints);
$node->safe_psql('postgres', 'DROP DATABASE removed');

# ---------- a template with slt ----------

$node->safe_psql('postgres', 'ALTER DATABASE pattern IS_TEMPLATE true; SELECT pg_reload_conf()');
open_tickets('pattern', -1);
usleep(1_000_000);
is($node->safe_psql('pattern', 'SELECT count(*) FROM slt_events'), '0', 'a template is not swept');
is(($node->psql('postgres', 'CREATE DATABASE grown TEMPLATE pattern'))[2], '', '... nor is it in use when it is copied');
open_tickets('grown', 0.1);
ok(lateness('grown') >= 0, '... and what was copied from it is swept, with what fell due in it');

# ---------- no slot for a while ----------

# all slots but the launcher's are taken by parallel queries
my $log = -s $node->logfile;
$node->safe_psql('postgres', 'CREATE TABLE big AS SELECT n, (SELECT string_agg(md5(i::text || n::text), $$$$) FROM generate_series(1, 60) i) AS padding FROM generate_series(1, 200) n; ANALYZE big; ALTER TABLE big SET (parallel_workers = 8);
	CREATE FUNCTION dawdle(int) RETURNS int LANGUAGE plpgsql PARALLEL SAFE COST 100000 AS $$ BEGIN PERFORM pg_sleep(10000); RETURN 1; END $$');
my $busy = start_psql($node, 'postgres', 'slt_busy', 'SET max_parallel_workers_per_gather = 8; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SELECT sum(dawdle(n)) FROM big');
my $taken = q{SELECT count(*) >= 5 FROM pg_stat_activity WHERE backend_type IN ('parallel worker', 'slt launcher')};
my $full = wait_until($node, 'postgres', $taken);
SKIP:
{
	skip 'parallel queries do not take all slots here', 2 unless $full;
	# one slot is for logical replication's launcher, which has one
	my $breaches = q{SELECT count(*) FROM slt_events WHERE kind = 'breached'};
	my $before = $node->safe_psql('desk1', $breaches);
	open_tickets('desk1', 0.1);
	usleep(1_500_000);
	my $said = $node->safe_psql('desk1', $breaches);
	$node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'slt_busy'});
	my $late = lateness('desk1');
	ok($late >= 0, 'all slots are taken for a while' . ($said eq $before ? '' : ' (not so that it mattered)') . ': the tickets are announced afterwards') or diag($said);
	cmp_ok($late, '<', 20, "... soon: $late s");
}
$node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'slt_busy'});
$busy->{process}->finish;

# ---------- a cluster that is read only and serializable by default ----------

$node->safe_psql('postgres', "ALTER SYSTEM SET $_; SELECT pg_reload_conf()") for q{default_transaction_isolation = 'serializable'}, q{default_transaction_deferrable = on}, q{default_transaction_read_only = on}, q{statement_timeout = '200ms'}, q{lock_timeout = '1ms'}, q{idle_in_transaction_session_timeout = '1ms'};
{
	local $ENV{PGOPTIONS} = '-c default_transaction_read_only=off -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0';
	open_tickets($_, 1, 700) for 'desk2', 'desk3';
	for my $database ('desk2', 'desk3')
	{
		my $late = lateness($database);

		ok($late >= 0 && $late < 20, "read only, serializable and with timeouts by default: $database after $late s");
		is($node->safe_psql($database, $again), '0', '... each once');
	}
}
{
	local $ENV{PGOPTIONS} = '-c default_transaction_read_only=off -c statement_timeout=0';
	$node->safe_psql('postgres', 'ALTER SYSTEM RESET ALL; SELECT pg_reload_conf()');
}

# ---------- killed, terminated and cancelled at work ----------

$log = -s $node->logfile;
my $script = "$ENV{SLT_WORK}/tmp/worker_faults.sql";
unlink $script;
append_to_file($script, "INSERT INTO t (opened) SELECT clock_timestamp() - interval '1 hour' + random() * interval '1 s' FROM generate_series(1, 5);\n");
my @benches = map { my $out = ''; { out => \$out, run => IPC::Run::start([ 'pgbench', '-n', '-c', 1, '-R', 40, '-T', 6, '-f', $script, '-h', $node->host, '-p', $node->port, $_ ], '<', \undef, '>&', \$out) } } map { "desk$_" } 4 .. 7;
my $done = $node->safe_psql('postgres', q{
CREATE FUNCTION disturb() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	total int := 0;
	now_done int;
BEGIN
	FOR i IN 1 .. 1500 LOOP
		PERFORM pg_stat_clear_snapshot();
		SELECT count(*) FILTER (WHERE CASE WHEN random() < 0.5 THEN pg_cancel_backend(pid) ELSE pg_terminate_backend(pid) END) INTO now_done
		FROM pg_stat_activity WHERE backend_type = 'slt worker' AND random() < 0.8 OR backend_type = 'slt launcher' AND random() < 0.002;
		total := total + now_done;
		PERFORM pg_sleep(0.002);
	END LOOP;
	RETURN total;
END $$;
SELECT disturb()});
$_->{run}->finish for @benches;
cmp_ok($done, '>', 0, "workers and launcher were cancelled and terminated at work, $done times");
for my $database (map { "desk$_" } 4 .. 7)
{
	ok(lateness($database) >= 0, "$database: all is announced");
	is($node->safe_psql($database, $again), '0', '... each once');
}
unlike(substr(slurp_file($node->logfile), $log), qr/TRAP:|PANIC|was terminated by signal (?:6|9|11)|(?:ERROR|FATAL):  XX/, 'nothing crashed');
$node->stop('fast');
done_testing();
