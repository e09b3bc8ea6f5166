# The background worker: it sweeps when a deadline falls due, in every database
# that has slt, and stands in no one's way.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use Time::HiRes qw(usleep);

# Events are found because their time has come, not because it was time to look again.
my $conf = <<'CONF';
shared_preload_libraries = 'slt'
slt.sweep_interval = '1h'
max_prepared_transactions = 5
max_wal_senders = 5
wal_level = replica
hot_standby = on
restart_after_crash = on
CONF
my ($version) = `pg_config --version` =~ /(\d+)/;
$conf .= "max_notify_queue_pages = 64\n" if $version >= 17;
my $node = new_server('worker', bare => 1, conf => $conf, init => { allows_streaming => 1 });
my @processes = ('SELECT count(*) FROM pg_stat_activity WHERE', q{backend_type LIKE 'slt%'});
my $launcher = q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'slt launcher'};

# Databases that are someone's who is no superuser.
my %owner;

# Makes tickets in a database: an hour around the clock to resolve each.
sub create_tickets
{
	my ($database) = @_;

	$node->safe_psql($database, <<'SQL', extra_params => [ '-U', $owner{$database} // getpwuid($<) ]);
CREATE EXTENSION slt;
CREATE TABLE IF NOT EXISTS tickets (id bigserial PRIMARY KEY, created timestamptz, severity text DEFAULT 'S1', resolved timestamptz);
INSERT INTO slt_calendars (name, calendar) VALUES ('Always', 'UTC 24/7');
INSERT INTO slt_contracts (name, calendar) VALUES ('Always', 'Always');
INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ('Always', 'S1', 'resolution', '1 working hour');
SELECT slt_attach('tickets', opened_at => 'created', severity => 'severity', contract_value => 'Always',
	done_at => '{"resolution": "resolved"}');
SQL
	return;
}

# The statement that opens a ticket whose time is up so many seconds from now.
sub ticket_due_in
{
	my ($seconds) = @_;

	return "INSERT INTO tickets (created) VALUES (clock_timestamp() - interval '1 hour' + interval '$seconds s') RETURNING id";
}

# Opens a ticket, and returns its key.
sub open_ticket
{
	my ($database, $seconds) = @_;

	return $node->safe_psql($database, ticket_due_in($seconds));
}

# The query for whether the breach of a ticket was announced.
sub announced
{
	my ($id) = @_;

	return "SELECT count(*) = 1 FROM slt_events WHERE ticket_table = 'tickets'::regclass AND key = '$id' AND kind = 'breached'";
}

# Waits until a ticket is announced, and returns how late that was; -1 if it never is.
sub lateness
{
	my ($database, $id, $server) = @_;

	$server //= $node;
	return -1 unless $server->poll_query_until($database, announced($id));
	return $server->safe_psql($database, "SELECT round(extract(epoch FROM announced_at - due), 3) FROM slt_events WHERE key = '$id' AND kind = 'breached'");
}

# Holds a ticket against what is promised, generously.
sub announced_in_time
{
	my ($database, $id, $what, $server) = @_;
	my $late = lateness($database, $id, $server);

	ok($late >= 0 && $late < 5, $what);
	diag("$what: $late s after it was due");
	return;
}

# Waits until no worker is at work.
sub wait_idle
{
	my ($server) = @_;

	return ($server // $node)->poll_query_until('postgres', "@processes AND backend_type = 'slt worker'", '0');
}

# Changes settings and has them read.
sub configure
{
	my (%settings) = @_;

	$node->safe_psql('postgres', "ALTER SYSTEM SET $_ = $settings{$_}") for keys %settings;
	$node->reload;
	return;
}

# Returns how often something is in the log.
sub count_in_log
{
	my ($pattern, $offset) = @_;
	my $log = substr(slurp_file($node->logfile), $offset // 0);

	return scalar(() = $log =~ /$pattern/g);
}

# ---------- what is there ----------

ok($node->poll_query_until('postgres', "@processes AND state = 'idle' AND query LIKE 'next look at %'", '1'), 'a launcher, and it says what it waits for');
wait_idle();
is($node->safe_psql('postgres', q{SELECT backend_type, application_name, datname IS NULL, backend_xmin IS NULL, xact_start IS NULL
	FROM pg_stat_activity WHERE backend_type LIKE 'slt%'}), 'slt launcher|slt launcher|t|t|t', 'connected to no database, in no transaction');
is($node->safe_psql('postgres', q{SELECT string_agg(name || '=' || boot_val || coalesce(unit, '') || ' ' || context, ', ' ORDER BY name)
	FROM pg_settings WHERE name IN ('slt.worker', 'slt.databases', 'slt.sweep_interval', 'slt.max_workers')}),
	'slt.databases=* sighup, slt.max_workers=3 sighup, slt.sweep_interval=60s sighup, slt.worker=on user', 'settings and their defaults');
my ($status, undef, $error) = $node->psql('postgres', q{ALTER SYSTEM SET slt.databases = 'a b'});
like($error, qr/invalid value for parameter "slt.databases"/, 'slt.databases is a list of names');

# ---------- when deadlines fall due ----------

create_tickets('postgres');
my $id = open_ticket('postgres', 2);
is($node->safe_psql('postgres', announced($id)), 'f', 'not announced before it is due');
announced_in_time('postgres', $id, 'a deadline is announced');

my $later = open_ticket('postgres', 1000);
wait_idle();
ok($node->poll_query_until('postgres', q{SELECT substring(query FROM 'next look at (.*)')::timestamptz > now() + interval '50 s'
	FROM pg_stat_activity WHERE backend_type = 'slt launcher'}), 'nothing is looked at until something is due');
announced_in_time('postgres', open_ticket('postgres', 1), 'an earlier one wakes the worker');
is($node->safe_psql('postgres', announced($later)), 'f', 'the later one still waits');

my $listener = $node->safe_psql('postgres', 'LISTEN slt; ' . ticket_due_in(0.3) . <<'SQL');
;
DO $$ BEGIN
	FOR i IN 1 .. 1000 LOOP
		EXIT WHEN EXISTS (SELECT FROM slt_events WHERE kind = 'breached' AND key = (SELECT max(id)::text FROM tickets));
		PERFORM pg_sleep(0.1);
	END LOOP;
END $$;
SELECT pg_sleep(0.5)
SQL
like($listener, qr/Asynchronous notification "slt" (?:with payload "[a-z ]*" )?received/, 'a listening session is notified that there is news, and not of whom');

$node->safe_psql('postgres', 'BEGIN; ' . ticket_due_in(0.5) . q{; PREPARE TRANSACTION 'ticket'});
usleep(1_200_000);
wait_idle();
$node->safe_psql('postgres', "COMMIT PREPARED 'ticket'");
$id = $node->safe_psql('postgres', 'SELECT max(id) FROM tickets');
announced_in_time('postgres', $id, 'a ticket that was due while its transaction was prepared');

$node->safe_psql('postgres', 'CREATE ROLE desk LOGIN');
$node->safe_psql('postgres', 'CREATE DATABASE other OWNER desk');
$node->safe_psql('other', 'CREATE SCHEMA "The Desk" AUTHORIZATION desk; ALTER DATABASE other SET search_path = "The Desk"');
$owner{other} = 'desk';
create_tickets('other');
my @ids = (open_ticket('postgres', 1), open_ticket('other', 1));
announced_in_time('postgres', $ids[0], 'two databases: the one');
announced_in_time('other', $ids[1], 'two databases: the other, whose owner made the extension in a schema of his own');

wait_idle();
is($node->safe_psql('postgres', "@processes AND (datname IS NOT NULL OR backend_xmin IS NOT NULL OR xact_start IS NOT NULL)"), '0',
	'no connection and no transaction between sweeps');

# ---------- settings ----------

configure('slt.worker' => 'off');
ok($node->poll_query_until('postgres', "@processes AND query = 'slt.worker is off'", '1'), 'slt.worker = off');
wait_idle();
@ids = (open_ticket('postgres', -2), open_ticket('other', -1));
usleep(500_000);
is($node->safe_psql('postgres', announced($ids[0])) . $node->safe_psql('other', announced($ids[1])), 'ff', 'nothing is announced');
configure('slt.databases' => 'other, missing', 'slt.worker' => 'on');
ok(lateness('other', $ids[1]) >= 0, 'slt.databases: a database that is named');
usleep(500_000);
is($node->safe_psql('postgres', announced($ids[0])), 'f', 'and not one that is not');
configure('slt.databases' => q{'*'});
ok(lateness('postgres', $ids[0]) >= 0, 'and all: what was missed is announced');

configure('slt.sweep_interval' => q{'1s'});
$id = $node->safe_psql('postgres', 'SET client_min_messages = error; ALTER TABLE tickets DISABLE TRIGGER zz_slt_stamp; ' . ticket_due_in(0.5) .
	q{; ALTER TABLE tickets ENABLE TRIGGER zz_slt_stamp; CALL slt_backfill('tickets')});
$id =~ s/\D.*//s;
announced_in_time('postgres', $id, 'slt.sweep_interval: what no trigger told of is found');
configure('slt.sweep_interval' => q{'1h'});

# ---------- errors ----------

my $log = -s $node->logfile;
my $pid = $node->safe_psql('postgres', $launcher);
$node->safe_psql('other', 'ALTER TABLE slt_events ADD CONSTRAINT broken CHECK (false) NOT VALID');
$id = open_ticket('other', 0.2);
$node->wait_for_log(qr/WARNING: .*table "tickets" could not be swept\n.*DETAIL: .*"broken".*\n(?:.*\n)*?.*sweep of database "other"/, $log);
announced_in_time('postgres', open_ticket('postgres', 0.5), 'an error in one database: the other is swept');
usleep(6_000_000);
is(count_in_log(qr/could not be swept/, $log), 1, 'the error is reported once, not at each look');
is(count_in_log(qr/exited with exit code 1/, $log), 0, 'no worker died of it');
is($node->safe_psql('postgres', $launcher), $pid, 'nor the launcher');
$node->safe_psql('other', 'ALTER TABLE slt_events DROP CONSTRAINT broken');
$node->reload;
ok(lateness('other', $id) >= 0, 'mended and reloaded, it is announced');

# ---------- what ALTER DATABASE and ALTER ROLE set ----------

my %set = (default_transaction_read_only => 'on', default_transaction_isolation => 'serializable', default_transaction_deferrable => 'on', session_replication_role => 'replica',
	row_security => 'off', statement_timeout => '1ms', lock_timeout => '1ms', idle_in_transaction_session_timeout => '1ms', search_path => 'nowhere');
$set{transaction_timeout} = '20ms' if $node->safe_psql('postgres', q{SELECT count(*) FROM pg_settings WHERE name = 'transaction_timeout'});
my $superuser = $node->safe_psql('postgres', 'SELECT quote_ident(rolname) FROM pg_roles WHERE oid = 10');
for my $whose ('DATABASE other', "ROLE $superuser IN DATABASE other")
{
	$id = $node->safe_psql('other', join '; ', ticket_due_in(1), map { "ALTER $whose SET $_ = '$set{$_}'" } sort keys %set);
	usleep(2_500_000);
	$node->safe_psql('postgres', "ALTER $whose RESET ALL" . ($whose =~ /ROLE/ ? '' : q{; ALTER DATABASE other SET search_path = "The Desk"}));
	is($node->safe_psql('other', announced($id)), 't', "$whose: what it sets is not in the way of the worker");
}
$node->safe_psql('postgres', 'ALTER DATABASE other SET slt.worker = off');
$id = open_ticket('other', 0.2);
usleep(1_500_000);
is($node->safe_psql('other', announced($id)), 'f', 'slt.worker = off in one database');
announced_in_time('postgres', open_ticket('postgres', 0.3), 'is for that one');
$node->safe_psql('postgres', 'ALTER DATABASE other RESET slt.worker');
$node->reload;
open_ticket('other', 0);
ok(lateness('other', $id) >= 0, 'and ends when it is reset');

configure(synchronous_standby_names => q{'nobody'});
$node->safe_psql('postgres', 'SET synchronous_commit = local; ' . ticket_due_in(0.5));
$id = $node->safe_psql('postgres', 'SELECT max(id) FROM tickets');
announced_in_time('postgres', $id, 'the worker does not wait for a synchronous standby');
configure(synchronous_standby_names => q{''});

# ---------- PostgreSQL 17: transactions that may not last, queues that are full ----------

SKIP:
{
	skip 'transaction_timeout is of PostgreSQL 17', 2 if $version < 17;
	local $ENV{PGOPTIONS} = '-c transaction_timeout=0';
	$log = -s $node->logfile;
	configure('slt.worker' => 'off');
	$node->safe_psql('postgres', ticket_due_in(0.5) =~ s/VALUES \((.*)\) RETURNING id/SELECT $1 FROM generate_series(1, 20000)/r);
	my $due = q{SELECT count(*) FROM tickets JOIN slt_events ON key = tickets.id::text AND kind = 'breached' WHERE tickets.id > (SELECT max(id) FROM tickets) - 20000};
	$node->safe_psql('postgres', q{ALTER DATABASE postgres SET transaction_timeout = '100ms'});
	usleep(500_000);
	configure('slt.worker' => 'on');
	ok($node->poll_query_until('postgres', $due, '20000'), 'transaction_timeout does not keep the worker from announcing 20,000 tickets');
	is(count_in_log(qr/due to transaction timeout/, $log), 0, 'nor ends a look');
	$node->safe_psql('postgres', 'ALTER DATABASE postgres RESET transaction_timeout; DELETE FROM tickets WHERE id > (SELECT max(id) FROM tickets) - 20000');
}

SKIP:
{
	skip 'the queue of notifications can be small from PostgreSQL 17 on', 7 if $version < 17;
	my $listener = $node->background_psql('postgres');
	$listener->query_safe('LISTEN slt');
	$listener->query_safe('BEGIN');	# and until it ends, the queue keeps whatever comes
	(undef, undef, $error) = $node->psql('postgres', q{DO $$ BEGIN LOOP PERFORM pg_notify('filler', repeat('x', 7900)); COMMIT; END LOOP; END $$});
	like($error, qr/too many notifications in the NOTIFY queue/, 'a queue of notifications that is full');
	$log = -s $node->logfile;
	announced_in_time('postgres', open_ticket('postgres', 0.5), 'costs no event');
	ok($node->wait_for_log(qr/WARNING: .*consumers could not be notified\n.*DETAIL: .*Too many notifications.*\n.*HINT: .*slt_events/, $log), 'is a warning in the log');
	is(count_in_log(qr/could not sweep|could not be swept|FATAL|exit code 1/, $log), 0, 'and nothing worse');
	configure('slt.worker' => 'off');
	$id = open_ticket('postgres', -1);
	(undef, undef, $error) = $node->psql('postgres', 'CALL slt_sweep_all()');
	is($error =~ s/^psql:\S+ |^(?:DETAIL|HINT).*\n?//mgr, "WARNING:  consumers could not be notified\n", 'nor does it keep slt_sweep_all() from announcing');
	is($node->safe_psql('postgres', announced($id)), 't', 'which announces');
	configure('slt.worker' => 'on');
	$listener->query_safe('COMMIT');
	$node->poll_query_until('postgres', 'SELECT pg_notification_queue_usage() = 0');	# which empties it, too
	announced_in_time('postgres', open_ticket('postgres', 0.2), 'when there is room again');
	wait_idle();
	like($listener->query('SELECT pg_sleep(0.5);'), qr/notification "slt"/, 'consumers are notified');
	$listener->quit;
}

# ---------- slow databases ----------

# Makes a database where writing a ticket takes an hour, if it is the worker who does.
sub create_slow_database
{
	my ($name) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $name");
	create_tickets($name);
	$node->safe_psql($name, <<'SQL');
CREATE FUNCTION slow(bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
	IF (SELECT a.backend_type FROM pg_catalog.pg_stat_activity a WHERE a.pid = pg_backend_pid()) LIKE 'slt%' THEN PERFORM pg_sleep(3600); END IF;
	RETURN $1; END $$;
CREATE INDEX ON tickets (slow(id));
CREATE INDEX ON tickets (slt_announce_at);
SQL
	return;
}

configure('slt.max_workers' => 1);
create_slow_database('slow');
open_ticket('slow', 0);
ok($node->poll_query_until('postgres', "@processes AND datname = 'slow'", '1'), 'a look that does not end');
$id = open_ticket('postgres', 0);
my $late = lateness('postgres', $id);
ok($late >= 0 && $late < 40, "is ended, and others have their turn, after $late s");
configure('slt.max_workers' => 2);
create_slow_database('slower');
$log = -s $node->logfile;
open_ticket($_, 0) for qw(slow slower);
$node->wait_for_log(qr/sweep of database "slower"/, $log);	# the first time it is not known
announced_in_time('postgres', open_ticket('postgres', 0.2), 'databases that are known to be slow leave a worker to the others');
configure('slt.max_workers' => 3);
$node->safe_psql('postgres', "DROP DATABASE $_ WITH (FORCE)") for qw(slow slower);

# ---------- DROP EXTENSION, DROP DATABASE ----------

$log = -s $node->logfile;
open_ticket('other', 0.3);
$node->safe_psql('other', 'DROP EXTENSION slt CASCADE');
usleep(500_000);
announced_in_time('postgres', open_ticket('postgres', 0.3), 'DROP EXTENSION in one database: the other is swept');
wait_idle();
# (a worker that was at a database above may be started once more, and ends at once)
is(count_in_log(qr/could not sweep|ERROR|FATAL(?!:  database \d+ does not exist)/, $log), 0, 'and nothing went wrong');

create_tickets('other');
announced_in_time('other', open_ticket('other', 0.5), 'CREATE EXTENSION again');

$log = -s $node->logfile;
$id = open_ticket('other', 1);
my $dropping = $node->background_psql('other');
$dropping->query_safe('SET client_min_messages = warning; BEGIN; DROP EXTENSION slt CASCADE');
usleep(2_000_000);
is($node->safe_psql('postgres', "@processes AND datname = 'other' AND wait_event_type = 'Lock'"), '0', 'DROP EXTENSION that is not committed yet: no worker waits');
$dropping->query_safe('ROLLBACK');
$dropping->quit;
ok(lateness('other', $id) >= 0, 'rolled back, what fell due is announced');
is(count_in_log(qr/could not sweep|ERROR|FATAL|exit code 1/, $log), 0, 'and nothing went wrong');

$node->safe_psql('other', ticket_due_in($_ / 20)) for 1 .. 5;
$node->safe_psql('postgres', 'DROP DATABASE other');
pass('DROP DATABASE is not in the way of a sweep, nor the other way round');

$node->safe_psql('postgres', 'CREATE DATABASE copy TEMPLATE postgres');
announced_in_time('copy', open_ticket('copy', 0.5), 'a copy of a database');

# ---------- restart, promotion ----------

$node->safe_psql('postgres', "SELECT pg_terminate_backend($pid)");
ok($node->poll_query_until('postgres', "SELECT ($launcher) <> $pid"), 'a launcher that was terminated is started again');
announced_in_time('postgres', open_ticket('postgres', 0.5), 'and goes on');

# Ends a session as a crash does; the server restarts.
sub crash
{
	my $session = $node->background_psql('postgres', on_error_stop => 0);

	kill 'KILL', $session->query_safe('SELECT pg_backend_pid()');
	$session->{run}->kill_kill;
	# while there is no server, psql may be gone before it has read what it is given
	for (1 .. 600)
	{
		return 1 if eval { $node->safe_psql('postgres', 'SELECT 1') };
		usleep(100_000);
	}
	return 0;
}

$log = -s $node->logfile;
crash();
$id = open_ticket('postgres', 0);
$node->wait_for_log(qr/slt waits for \d+ seconds after a crash of the server\n.*HINT: .*"slt.worker"/, $log);
usleep(3_000_000);
is($node->safe_psql('postgres', announced($id)), 'f', 'after a crash the launcher waits, as it may have been its worker');
$late = lateness('postgres', $id);
ok($late > 5 && $late < 20, "and then goes on, after $late s");
crash();
$node->wait_for_log(qr/slt waits for (?:19|20) seconds after a crash/, $log);
configure('slt.worker' => 'off');
ok($node->poll_query_until('postgres', "@processes AND query = 'slt.worker is off'", '1'), 'longer after the next; meanwhile it can be turned off');
configure('slt.worker' => 'on');
$node->restart;
announced_in_time('postgres', open_ticket('postgres', 0.5), 'a server that was restarted is not waited with');

$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
configure('slt.worker' => 'off');
$node->poll_query_until('postgres', "@processes AND query = 'slt.worker is off'", '1');
$id = open_ticket('postgres', -1);
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
usleep(500_000);
is($standby->safe_psql('postgres', "@processes"), '0', 'nothing runs on a standby');
is($standby->safe_psql('postgres', announced($id)), 'f', 'and nothing is announced there');
$node->stop('immediate');
$standby->promote;
ok(lateness('postgres', $id, $standby) >= 0, 'after promotion what fell due is announced');
is($standby->safe_psql('postgres', "@processes AND backend_type = 'slt launcher'"), '1', 'by a launcher');
$standby->stop('fast');

$node->append_conf('postgresql.auto.conf', 'slt.worker = on');
$node->start;
ok(lateness('postgres', $id) >= 0, 'after a crash what fell due is announced');
$log = -s $node->logfile;
ok($node->stop('fast'), 'fast shutdown');

# ---------- no room ----------

$node->append_conf('postgresql.conf', "max_worker_processes = 1\nmax_logical_replication_workers = 0\nmax_parallel_workers = 0\n");
$node->start;
$node->wait_for_log(qr/slt cannot start a worker: no slot for a background worker is free.*\n.*HINT: .*max_worker_processes/, $log);
$id = open_ticket('postgres', 0.1);
usleep(500_000);
is(count_in_log(qr/slt cannot start a worker/, $log), 1, 'that there is no room for a worker is said once');
$node->stop('smart');
ok(!-e $node->data_dir . '/postmaster.pid', 'smart shutdown');

# ---------- without the launcher ----------

$node->adjust_conf('postgresql.conf', 'shared_preload_libraries', q{''});
$node->start;
$id = open_ticket('postgres', -1);
is($node->safe_psql('postgres', "@processes"), '0', 'without shared_preload_libraries nothing runs');
ok($node->safe_psql('postgres', 'SELECT slt_sweep()') > 0, 'and slt_sweep() does it');
is($node->safe_psql('postgres', announced($id)), 't', 'the same way');

# ---------- the clock ----------

# A library that has gettimeofday() add the seconds that a file says (libfaketime does not reach workers on 15, which are
# forked in a signal handler).
my $clock_source = <<'C';
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
int gettimeofday(struct timeval *tv, void *zone)
{
	struct timespec now;
	char text[30] = "";
	int file = open(CLOCK, O_RDONLY);

	syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
	if (file >= 0 && read(file, text, sizeof(text) - 1) > 0)
		now.tv_sec += atol(text);
	if (file >= 0)
		close(file);
	tv->tv_sec = now.tv_sec;
	tv->tv_usec = now.tv_nsec / 1000;
	return 0;
}
C
my $clock = "$ENV{SLT_WORK}/tmp/slt_clock";
unlink glob "$clock*";
append_to_file("$clock.c", $clock_source);

# Sets the clock of the server so many seconds forward.
sub set_clock
{
	append_to_file("$clock.new", "$_[0]\n");
	rename "$clock.new", $clock;
	return;
}

SKIP:
{
	skip 'no C compiler: the clock is not set', 4 if system("cc -shared -fPIC -DCLOCK='\"$clock\"' -o $clock.so $clock.c 2>/dev/null") != 0;
	set_clock(0);
	$node->stop;
	$node->adjust_conf('postgresql.conf', 'shared_preload_libraries', q{'slt'});
	$node->adjust_conf('postgresql.conf', 'max_worker_processes', '8');
	{
		local $ENV{LD_PRELOAD} = "$clock.so";
		$node->start;
	}
	announced_in_time('postgres', open_ticket('postgres', 0.5), 'a clock of our own');
	$node->safe_psql('postgres', 'UPDATE slt_attachments SET announce_from = NULL');	# by the new time it would be in the future
	open_ticket('postgres', 2000);
	wait_idle();
	set_clock(-3600);
	$late = lateness('postgres', open_ticket('postgres', 2));
	ok($late >= 0 && $late < 61, 'after it was set back by an hour, an announcement is a minute late at most');

	# a database that waits for five minutes after errors, by a clock that is then an hour ahead
	$node->safe_psql('postgres', 'ALTER TABLE slt_events ADD CONSTRAINT broken CHECK (false) NOT VALID');
	$id = open_ticket('postgres', 0);
	usleep(3_000_000);
	set_clock(-7200);
	$node->safe_psql('postgres', 'ALTER TABLE slt_events DROP CONSTRAINT broken');
	my $next = open_ticket('postgres', 1);
	$late = lateness('postgres', $next);
	ok($late >= 0 && $late < 61, 'nor are the pauses after errors longer then');
	my $far = open_ticket('postgres', 3600);
	wait_idle();
	set_clock(-3600 + 5);
	$late = lateness('postgres', $far);
	ok($late >= 0 && $late < 70, 'set forward, neither') or diag("$late s");	# 5 and the time that this took, and a minute
	$node->stop;
}
unlink glob "$clock*";

done_testing();
