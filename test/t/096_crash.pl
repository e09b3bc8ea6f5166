# kill -9 under load of tickets, edits of the policy, sweeps and checks, again and again: after each recovery every
# committed ticket is there; after a restamp its open clocks are stamped as the policy says; each breach has one event, and
# none is lost; checks and outages agree.  SLT_CRASHES says how often: 4 here, one of each kind; 20 is a whole run.
use strict;
use warnings;
use IPC::Run;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;
use Time::HiRes qw(usleep);

my $crashes = $ENV{SLT_CRASHES} // 4;
my $seed = $ENV{SLT_SEED} // time;
srand $seed;
diag("seed $seed, $crashes crashes");

# durable, as this is what is tested
my $node = new_server('crash', bare => 1, conf => <<'CONF');
shared_preload_libraries = 'slt'
slt.worker = on
slt.sweep_interval = '1s'
restart_after_crash = on
fsync = on
full_page_writes = on
max_connections = 60
max_wal_size = 100MB
CONF
new_database($node, 'desk');
my $in = sub { return value_in($node, 'desk', $_[0]) };
my $attach = q{'opened', severity => 'severity', contract_value => 'Always', status => 'status', paused_when => '{hold}', changed_at => 'changed', done_at => '{"resolution": "resolved"}', announce_from => NULL};
$node->safe_psql('desk', <<"SQL");
INSERT INTO slt_calendars (name, calendar) VALUES ('Always', 'UTC 24/7');
INSERT INTO slt_contracts (name, calendar) VALUES ('Always', 'Always');
INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ('Always', 'S1', 'resolution', '1 working hour'), ('Always', 'S2', 'resolution', '2 working hours');
INSERT INTO slt_services (name) VALUES ('S');
INSERT INTO slt_experiences (service, name) VALUES ('S', 'x'), ('S', 'y');
CREATE TABLE t (id bigint PRIMARY KEY, opened timestamptz, severity text, status text DEFAULT 'open', changed timestamptz, resolved timestamptz);
SELECT slt_attach('t', $attach);
CREATE INDEX ON t (slt_announce_at) WHERE slt_announce_at IS NOT NULL;
CREATE SEQUENCE ids;
CREATE TABLE checked (service text, experience text, at timestamptz, ok boolean);
SQL

# a ticket falls due within a second, or long ago, or later
my %scripts = (
	tickets => q{\set ago random(0, 12000)
\set s random(1, 2)
INSERT INTO t (id, opened, severity, changed) VALUES (nextval('ids'), now() - :ago * interval '1 s', 'S' || :s, now());
\set id random(1, 2000)
UPDATE t SET status = CASE status WHEN 'open' THEN 'hold' ELSE 'open' END, changed = now() WHERE id = :id;
\set id random(1, 2000)
UPDATE t SET resolved = CASE WHEN resolved IS NULL THEN now() END, changed = now() WHERE id = :id AND id % 3 = 0;
},
	edits => q{\set minutes random(30, 90)
BEGIN;
UPDATE slt_targets SET amount = make_working_interval(mins => :minutes) WHERE contract = 'Always' AND severity = 'S1';
UPDATE slt_targets SET amount = make_working_interval(mins => :minutes * 2) WHERE contract = 'Always' AND severity = 'S2';
COMMIT;
SELECT pg_sleep(0.05);
},
	sweeps => "CALL slt_sweep_all();\nSELECT slt_sweep(20);\nSELECT count(*) FROM slt_take_events('mail', 50);\nSELECT slt_prune('1 hour');\nCALL slt_backfill('t', 100);\n",
	checks => q{\set bad random(1, 4)
\set late random(0, 30)
BEGIN;
WITH c AS (SELECT clock_timestamp() - :late * interval '1 s' AS at, CASE WHEN :bad = 2 THEN 'y' ELSE 'x' END AS e) INSERT INTO checked SELECT 'S', e, at, :bad > 1 FROM c WHERE slt_record('S', e, :bad > 1, NULL, at);
COMMIT;
});
my %clients = (tickets => 4, edits => 1, sweeps => 2, checks => 2);
for my $name (keys %scripts)
{
	my $file = "$ENV{SLT_WORK}/tmp/crash_$name.sql";
	unlink $file;
	append_to_file($file, $scripts{$name});
}

# Starts the load.
sub start_load
{
	my @runs;

	for my $name (sort keys %scripts)
	{
		my $run = { name => $name, output => '' };
		$run->{process} = IPC::Run::start([ 'pgbench', '-n', '-c', $clients{$name}, '-j', '1', '-T', '60', '-f', "$ENV{SLT_WORK}/tmp/crash_$name.sql", '-h', $node->host, '-p', $node->port, 'desk' ],
			'<', \undef, '>&', \$run->{output});
		push @runs, $run;
	}
	return @runs;
}

# Kills the postmaster, and waits until its children have noticed: before that no other can be started.
sub kill_postmaster
{
	my @children = split /\n/, $node->safe_psql('postgres', 'SELECT pid FROM pg_stat_activity');

	$node->kill9;
	for (1 .. 300)
	{
		last unless grep { kill 0, $_ } @children;
		usleep(100_000);
	}
	return 'the postmaster';
}

# Kills one process of the server: the postmaster and all with it, a session that writes tickets, one that sweeps, the worker or its launcher.
sub kill_something
{
	my ($round) = @_;
	return kill_postmaster() if $round % 4 == 0;
	my $kind = (q{backend_type = 'client backend' AND query ~ 'INSERT INTO t|UPDATE t'}, q{backend_type = 'client backend' AND query ~ 'slt_sweep|slt_backfill'}, q{backend_type LIKE 'slt%'})[ $round % 4 - 1 ];
	for (1 .. 50)
	{
		my $pid = $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE $kind AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1");
		next if $pid eq '';
		kill 'KILL', $pid;
		return $kind;
	}
	return kill_postmaster();
}

# Waits until the server can be asked, after it was started again if it is gone.
sub recover
{
	my ($what) = @_;

	$node->start if $what eq 'the postmaster';
	for (1 .. 300)
	{
		# nothing is written to it, as it may be gone before it reads
		my ($output, $messages) = ('', '');
		return 1 if IPC::Run::run([ 'psql', '-XAtq', '-h', $node->host, '-p', $node->port, '-d', 'desk', '-c', 'SELECT 1' ], '<', \undef, '>', \$output, '2>', \$messages);
		usleep(100_000);
	}
	return 0;
}

# of each open clock what the policy says now, worked out by the functions that know no tickets
my $wrong = q{SELECT count(*) FROM t WHERE resolved IS NULL AND slt_resolution_runs IS NULL AND slt_resolution_due IS DISTINCT FROM CASE WHEN status = 'hold' AND due > changed THEN 'infinity' ELSE due END};
$wrong =~ s/FROM t WHERE/FROM (SELECT t.*, slt_deadline(opened, severity, 'Always', 'resolution', (SELECT range_agg(tstzrange(s.at, s.next)) FROM (SELECT a.at, a.became, lead(a.at) OVER (ORDER BY a.n) AS next FROM unnest(slt_status_at, slt_status_became) WITH ORDINALITY a (at, became, n)) s WHERE s.became = 'hold' AND s.at IS DISTINCT FROM s.next)) AS due FROM t) t WHERE/;
my $tickets_before = 0;
for my $round (1 .. $crashes)
{
	my @runs = start_load();
	usleep(900_000 + int(rand(900_000)));
	my $tickets = $in->('SELECT count(*) FROM t');
	my $what = kill_something($round);
	$_->{process}->finish for @runs;
	ok(recover($what), "crash $round, of $what: the server comes back");
	cmp_ok($in->('SELECT count(*) FROM t'), '>=', $tickets, '... with every ticket that was committed');
	cmp_ok($tickets, '>', $tickets_before, '... and there was load') or diag(map { $_->{output} } @runs);
	$tickets_before = $tickets;

	# the policy stands still: what is stamped by older ones is brought up to date, and then all is as it says
	my $said;
	for (1 .. 50)
	{
		$said = scalar run_sql($node, 'desk', q{SELECT count(*) >= 0 FROM slt_restamp('t')}) . '';
		last unless $said =~ /were locked|was locked/;    # by the worker
		usleep(100_000);
	}
	is($said, 't', '... a restamp goes through');
	is($in->($wrong), '0', '... after which each open clock is stamped as the policy says');
	is($in->('SELECT count(*) FROM t, slt_clocks(t) c WHERE c.done IS NULL AND c.due_now IS NOT NULL'), '0', '... those that were opened again as well');
	is($in->(q{SELECT count(*) FROM slt_attached() WHERE problem IS NOT NULL OR unstamped > 0}), '0', '... and nothing is left without stamps');

	# one event for a breach; a second one only where its deadline is later than when the sweep that wrote the first began
	$in->('SELECT slt_sweep()');
	is($in->(q{SELECT count(*) FROM t LEFT JOIN slt_announced a ON a.attachment = 'public.t' AND a.key = t.id::text AND a.percent = 100 WHERE t.resolved IS NULL AND isfinite(t.slt_resolution_due) AND t.slt_resolution_due < now() - interval '1 s' AND t.status = 'open' AND a.key IS NULL}), '0', '... and each breach is announced');
	is($in->(q{SELECT count(*) FROM (SELECT e.*, lag(announced_at) OVER (PARTITION BY attachment, key, metric, run, percent ORDER BY announced_at) AS before FROM slt_events e) x WHERE before > due + interval '5 s' AND percent >= 100}), '0', '... once');
	is($in->(q{SELECT count(*) FROM (SELECT attachment, key, metric, run, percent FROM slt_announced GROUP BY 1, 2, 3, 4, 5 HAVING count(*) > 1) x}), '0', '... and remembered once');
	is($in->(q{SELECT count(*) FROM slt_events e WHERE attachment IS NOT NULL AND NOT EXISTS (SELECT FROM slt_announced a WHERE a.attachment = e.attachment AND a.key = e.key AND a.metric = e.metric AND a.percent >= e.percent)}), '0', '... and no event without that');

	# what was recorded
	is($in->(q{SELECT count(*) FROM (SELECT service, experience, max(at) AS last FROM checked GROUP BY 1, 2) c JOIN LATERAL (SELECT max(at) AS last FROM slt_checks k WHERE k.service = c.service AND k.experience = c.experience) k ON k.last IS DISTINCT FROM c.last}), '0', '... every check that was committed is there');
	is($in->(q{SELECT count(*) FROM slt_experiences e CROSS JOIN LATERAL (SELECT ok FROM checked c WHERE c.service = e.service AND c.experience = e.name ORDER BY at DESC LIMIT 1) c
		WHERE e.service = 'S' AND c.ok = EXISTS (SELECT FROM slt_outages o WHERE o.service = e.service AND o.experience = e.name AND upper_inf(o.during))}), '0', '... and the outages are those of the checks');
}

# a consumer has had each event once; the rest it gets now
$node->safe_psql('postgres', 'ALTER SYSTEM SET slt.worker = off; SELECT pg_reload_conf()');
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type LIKE 'slt%' AND query = 'slt.worker is off'});
$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'slt worker'});
is($in->(q{SELECT count(*) FROM slt_take_events('mail'); SELECT count(*) FROM slt_take_events('mail')}) =~ s/^\d+\n//r, '0', 'the consumer takes what is left, and then there is nothing');
unlike(slurp_file($node->logfile), qr/TRAP:|PANIC|was terminated by signal (?:6|11)|(?:ERROR|WARNING):  XX/, 'nothing crashed but what was killed');
$node->stop('immediate');
done_testing();
