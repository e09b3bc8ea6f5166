# Which lock each function takes, as doc/reference.md says; and that no statement of an application waits for one.
# 039 has slt_attach() and slt_detach() on tables that are in use.  SLT_WAIT is how many milliseconds a statement may wait
# where rows are at stake: what is promised is 50, and a machine that is busy with other tests may need more.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;
use Time::HiRes qw(time usleep);

my $wait = $ENV{SLT_WAIT} // 300;
my $node = new_server('locks', bare => 1, conf => "deadlock_timeout = '1s'\n");
new_database($node, 'desk');
my $in = sub { return value_in($node, 'desk', $_[0]) };
my $attach = q{'opened', severity => 'severity', contract_value => 'Always', status => 'status', paused_when => '{hold}', changed_at => 'changed', done_at => '{"resolution": "resolved"}', announce_from => NULL};
$node->safe_psql('desk', <<"SQL");
INSERT INTO slt_calendars (name, calendar) VALUES ('Always', 'UTC 24/7');
INSERT INTO slt_contracts (name, calendar) VALUES ('Always', 'Always');
INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ('Always', 'S1', 'resolution', '1 working hour');
INSERT INTO slt_services (name) VALUES ('S');
INSERT INTO slt_experiences (service, name) VALUES ('S', 'x');
CREATE TABLE t (id int PRIMARY KEY, opened timestamptz DEFAULT now(), severity text DEFAULT 'S1', status text DEFAULT 'open', changed timestamptz DEFAULT now(), resolved timestamptz, note text);
CREATE TABLE u (LIKE t INCLUDING ALL);
SELECT slt_attach('t', $attach);
CREATE INDEX ON t (slt_announce_at) WHERE slt_announce_at IS NOT NULL;
INSERT INTO t (id, opened) SELECT n, now() - interval '2 hours' FROM generate_series(1, 100) n;
INSERT INTO t (id) SELECT n FROM generate_series(1001, 1100) n;
SQL

# ---------- what each function locks ----------

# Of locks of a session that are of tables, the strongest on each of these: the ticket table, and slt's own.
my $held = q{SELECT coalesce(string_agg(what || ' ' || mode, ', ' ORDER BY what), 'nothing') FROM (
	SELECT DISTINCT ON (what) CASE WHEN relation IN ('t'::regclass, 'u'::regclass) THEN 'tickets' ELSE 'slt' END AS what, mode
	FROM pg_locks l JOIN (VALUES (1, 'AccessShareLock'), (2, 'RowShareLock'), (3, 'RowExclusiveLock'), (4, 'ShareUpdateExclusiveLock'), (5, 'ShareLock'), (6, 'ShareRowExclusiveLock'), (7, 'ExclusiveLock'), (8, 'AccessExclusiveLock')) m (strength, mode) USING (mode)
	WHERE pid = pg_backend_pid() AND locktype = 'relation' AND mode <> 'AccessShareLock'
		AND (relation IN ('t'::regclass, 'u'::regclass) OR relation IN (SELECT objid FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e' AND classid = 'pg_class'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'slt')))
	ORDER BY what, strength DESC) x};
my %mode = ('SHARE ROW EXCLUSIVE' => 'ShareRowExclusiveLock', 'SHARE UPDATE EXCLUSIVE' => 'ShareUpdateExclusiveLock', 'ACCESS EXCLUSIVE' => 'AccessExclusiveLock', 'ROW EXCLUSIVE' => 'RowExclusiveLock', 'nothing' => '');
my %calls = (
	'slt_attach' => "SELECT slt_attach('u', $attach)", 'slt_attach, without anything to add' => "SELECT slt_attach('t', $attach)", 'slt_detach' => q{SELECT slt_detach('t')}, 'a ticket that is written' => q{INSERT INTO t (id) VALUES (2000); UPDATE t SET status = 'hold', changed = now() WHERE id = 50},
	'slt_restamp' => q{SELECT count(*) FROM slt_restamp('t')}, 'slt_restamp, dry run' => q{SELECT count(*) FROM slt_restamp('t', true)}, 'slt_sweep' => 'SELECT slt_sweep()', 'slt_take_events' => q{SELECT count(*) FROM slt_take_events('c')}, 'slt_skip_events' => q{SELECT slt_skip_events('c')},
	'slt_import' => q{SELECT count(*) FROM slt_import(slt_export())}, 'slt_prune' => q{SELECT slt_prune('0')}, 'slt_record' => q{SELECT slt_record('S', 'x', true)}, 'an edit of the policy' => q{UPDATE slt_targets SET amount = amount WHERE contract = 'Always'},
	'slt_tickets, slt_report, slt_unmatched, slt_ticket_counts, slt_clocks, slt_explain' => q{SELECT count(*) FROM slt_tickets('t'); SELECT count(*) FROM slt_report('t'); SELECT count(*) FROM slt_unmatched('t'); SELECT count(*) FROM slt_ticket_counts(); SELECT count(*) FROM t, slt_clocks(t); SELECT count(*) FROM t, slt_explain(t, 'resolution') WHERE id = 1},
	'slt_attached, slt_costs' => q{SELECT count(*) FROM slt_attached(); SELECT count(*) FROM slt_costs},
	'slt_deadline, slt_explain, working_add and their kin' => q{SELECT slt_deadline(now(), 'S1', 'Always'); SELECT count(*) FROM slt_explain(now(), 'S1', 'Always'); SELECT working_add(now(), '1 day', 'Egypt'); SELECT now() + working_interval '1 day'},
	'slt_availability, slt_status_page and their kin' => q{SELECT slt_availability('[2026-01-01,2026-02-01)', 'S'); SELECT count(*) FROM slt_availability_report('[2026-01-01,2026-02-01)', 'day', 'S'); SELECT length(slt_status_page('S')); SELECT count(*) FROM slt_latency('S')});

# the table of the reference: a statement, the ticket table, slt's own
my ($section) = slurp_file(source_file('doc/reference.md')) =~ /^### What is locked\n(.*?)^### /ms;
my %documented = map { my ($statement, $tickets, $slt) = map { s/^\s+|\s+$|`//gr } (split /\|/)[ 1 .. 3 ]; ($statement => [ $tickets, $slt ]) } grep { /^\| (?!Statement|-)/ } split /\n/, $section // '';
cmp_ok(scalar keys %documented, '>', 15, 'the reference says what is locked');
my $session = $node->background_psql('desk', on_error_stop => 0);
my $application = $node->background_psql('desk', on_error_stop => 0);
ask($application, "SET lock_timeout = '50ms'");
my $n = 5000;
for my $name (sort keys %calls)
{
	ask($session, 'SET client_min_messages = error; BEGIN');
	ask($session, $calls{$name});
	my $got = (split /\n/, ask($session, $held))[-1];
	my ($tickets, $slt) = @{ $documented{$name} // [ 'not in the reference', '' ] };
	my $said = join(', ', map { my ($what, $mode) = @$_; my ($known) = grep { $mode =~ /^$_/ } keys %mode; $known && $mode{$known} ? "$what $mode{$known}" : $known ? () : "$what: $mode" } [ 'slt', $slt ], [ 'tickets', $tickets ]) || 'nothing';
	is($got, $said, "$name: locks on tables as in the reference");

	# nobody who writes other tickets, or reads any, waits while its transaction is open
	SKIP:
	{
		skip 'whoever attaches or detaches in a transaction keeps others waiting until he commits', 1 if $got =~ /tickets AccessExclusive/;
		$n++;
		is(ask($application, "INSERT INTO t (id) VALUES ($n); UPDATE t SET status = 'hold', changed = now() WHERE id = $n; SELECT count(*) > 0 FROM t; SELECT FROM t WHERE id = $n FOR UPDATE; DELETE FROM t WHERE id = $n; SELECT slt_deadline(now(), 'S1', 'Always') > now(); SELECT count(*) > 0 FROM t, slt_clocks(t)") =~ s/\s+/ /gr =~ s/^\s+|\s+$//gr,
			't t t', '... and an application waits for nothing');
	}
	ask($session, 'ROLLBACK');
}
like($section, qr/`\Q$_\E`/, "$_ is among them") for qw(slt_backfill slt_sweep_all slt_prune_all);
$_->quit for $session, $application;

# ---------- batches ----------

# Runs statements while an application writes the rows that they are at, and says what errors it met.
sub while_written
{
	my ($statements, $low, $high) = @_;
	my $file = "$ENV{SLT_WORK}/tmp/locks_application.sql";
	my $output = '';

	unlink $file;
	append_to_file($file, "\\set id random($low, $high)\nUPDATE t SET note = random()::text WHERE id = :id;\n");
	local $ENV{PGOPTIONS} = "-c lock_timeout=${wait}ms";
	my $run = IPC::Run::start([ 'pgbench', '-n', '-c', 2, '-T', 60, '-f', $file, '-h', $node->host, '-p', $node->port, 'desk' ], '<', \undef, '>&', \$output);
	delete $ENV{PGOPTIONS};
	usleep(300_000);
	my $said = $in->($statements);
	my $done = $in->(q{SELECT count(*) FROM t WHERE note IS NOT NULL});
	$node->safe_psql('desk', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'desk' AND pid <> pg_backend_pid()});
	$run->finish;
	return join '', $said =~ /ERROR.*/g, $output =~ /ERROR:.*/g, $done > 3 ? () : 'nothing was written';
}

# a row that an application moves to where a backfill has been, onto a page with room at the front
$node->safe_psql('desk', "CREATE TABLE moved (id int PRIMARY KEY, opened timestamptz DEFAULT now(), severity text DEFAULT 'S1', status text, changed timestamptz, resolved timestamptz, note text, padding text DEFAULT repeat('x', 500)) WITH (autovacuum_enabled = off);
	INSERT INTO moved (id) SELECT n FROM generate_series(1, 400) n; DELETE FROM moved WHERE id <= 200; VACUUM moved; SELECT slt_attach('moved', $attach)");
my $keeper = $node->background_psql('desk', on_error_stop => 0);
ask($keeper, 'BEGIN; SELECT FROM moved WHERE id = 250 FOR UPDATE');
my $backfill = start_psql($node, 'desk', 'slt_backfilling', q{CALL slt_backfill('moved', 50)});
is(waits_or_ended($node, $backfill), 'waits', 'a backfill waits in the midst of a table');
like($in->('UPDATE moved SET note = $$x$$ WHERE id = 390 RETURNING ctid'), qr/^\(1?\d,/, '... while an application moves a row to its beginning');
ask($keeper, 'ROLLBACK');
$backfill->{process}->finish;
is($in->('SELECT count(*) FROM moved WHERE slt_resolution_due IS NULL'), '0', '... and that has its stamps in the end, too');
$keeper->quit;
$node->safe_psql('desk', 'DROP TABLE moved');

# rows that take their time: a batch of them would be locked for seconds
$node->safe_psql('desk', q{TRUNCATE t, slt_events, slt_announced; SET slt.stamping = off; INSERT INTO t (id, opened) SELECT n, now() - interval '2 hours' FROM generate_series(1, 700) n; ALTER TABLE t ADD CONSTRAINT slow CHECK (pg_sleep(CASE WHEN note IS NULL THEN 0.004 ELSE 0 END) IS NOT NULL) NOT VALID});
is(while_written(q{CALL slt_backfill('t')}, 1, 700), '', "whoever writes a row that a backfill is at waits for less than $wait ms");
is($in->('SELECT count(*) FROM t WHERE slt_resolution_due IS NULL'), '0', 'every row has its stamps');
$node->safe_psql('desk', q{UPDATE t SET note = NULL});
is(while_written('CALL slt_sweep_all()', 1, 700), '', 'and whoever writes one that a sweep announces');
is($in->(q{SELECT count(*), count(DISTINCT key) FROM slt_events WHERE kind = 'breached'}), '700|700', 'every ticket is announced once');
$node->safe_psql('desk', q{ALTER TABLE t DROP CONSTRAINT slow; UPDATE slt_targets SET amount = '3 working hours' WHERE contract = 'Always'});
is(while_written(q{CALL slt_backfill('t')}, 1, 700), '', 'after an edit of the policy slt_backfill() does what slt_restamp() would, in batches');
is($in->(q{SELECT count(*) FROM slt_restamp('t', true)}), '0', '... and leaves it nothing to do');

# ---------- several tables, of which one is busy ----------

# shards, whose trigger names the attachment, and children: while one is waited for, none of the others is locked
$node->safe_psql('desk', <<"SQL");
CREATE TABLE s (LIKE u INCLUDING ALL);
SELECT slt_attach('s', $attach, name => 'shards');
CREATE TABLE s_1 (LIKE s INCLUDING ALL); CREATE TABLE s_2 (LIKE s INCLUDING ALL);
CREATE TRIGGER zz_slt_stamp BEFORE INSERT OR UPDATE ON s_1 FOR EACH ROW EXECUTE FUNCTION slt_stamp('shards');
CREATE TRIGGER zz_slt_stamp BEFORE INSERT OR UPDATE ON s_2 FOR EACH ROW EXECUTE FUNCTION slt_stamp('shards');
CREATE TABLE h (LIKE u INCLUDING ALL);
SELECT slt_attach('h', $attach);
CREATE TABLE h_1 () INHERITS (h); CREATE TABLE h_2 () INHERITS (h);
SQL
for my $case ([ q{SELECT slt_detach('s')}, 's_2', [ 's', 's_1' ] ], [ "SELECT slt_attach('h', $attach)", 'h_2', [ 'h', 'h_1' ] ])
{
	my ($statement, $busy, $others) = @$case;
	my ($holder, $app) = map { $node->background_psql('desk', on_error_stop => 0) } 1 .. 2;
	ask($holder, "BEGIN; INSERT INTO $busy (id) VALUES (1)");
	ask($app, "SET lock_timeout = '${wait}ms'");
	my $run = start_psql($node, 'desk', 'slt_ddl', $statement);
	my ($errors, $many) = ('', 0);
	while ($run->{process}->pumpable)
	{
		$errors .= ask($app, join ';', map { "INSERT INTO $_ (id) VALUES (2); DELETE FROM ONLY $_ WHERE id = 2" } @$others);
		$run->{process}->pump_nb;
		$many++;
		usleep(2000);
	}
	$run->{process}->finish;
	ask($holder, 'ROLLBACK');
	like($run->{messages}, qr/could not lock table "\w+" within 5 seconds/, "$statement gives up, as $busy is busy");
	is($errors, '', "... and meanwhile nobody waits for @$others, $many times");
	$in->("DELETE FROM $_") for @$others;
	is((run_sql($node, 'desk', "SET client_min_messages = error; $statement; SELECT 1"))[1], '', '... when it is quiet it is done');
	$_->quit for $holder, $app;
}

# ---------- what cannot be read for the moment ----------

# a partition is written while the table that it belongs to is locked, by a session that does not know it yet
$node->safe_psql('desk', "CREATE TABLE whole (id int, opened timestamptz DEFAULT now(), severity text DEFAULT 'S1', status text, changed timestamptz, resolved timestamptz, PRIMARY KEY (id)) PARTITION BY RANGE (id);
	CREATE TABLE part PARTITION OF whole FOR VALUES FROM (1) TO (1000); SELECT slt_attach('whole', $attach)");
my ($owner, $writer) = map { $node->background_psql('desk', on_error_stop => 0) } 1 .. 2;
ask($writer, 'SET slt.stamping = off; INSERT INTO part (id) VALUES (1); SET slt.stamping = on');
ask($owner, 'BEGIN; LOCK TABLE ONLY whole');
like(ask($writer, q{SET lock_timeout = '100ms'; INSERT INTO part (id) VALUES (2)}), qr/WARNING:  canceling statement due to lock timeout.*The next statement tries again/s, 'a ticket is written without deadlines, with a warning, if it cannot be told for the moment how its table is attached');
like(ask($writer, 'SELECT count(*) FROM part p, slt_clocks(p)'), qr/ERROR:  canceling statement due to lock timeout/, '... its clocks are refused for that reason and no other');
ask($owner, 'COMMIT');
is(ask($writer, 'INSERT INTO part (id) VALUES (3); SELECT id FROM part WHERE slt_resolution_due IS NOT NULL; SELECT count(*) > 0 FROM part p, slt_clocks(p)'), "3\nt", '... and as soon as it can, they have theirs again');
$_->quit for $owner, $writer;
$node->safe_psql('desk', 'DROP TABLE whole');

# ---------- index commands ----------

# of partitions, too: each by itself, and then the whole, which takes what is there
$node->safe_psql('desk', q{SELECT slt_detach('t'); DROP TABLE t; CREATE TABLE t (id int, opened timestamptz, severity text DEFAULT 'S1', status text, changed timestamptz, resolved timestamptz, note text) PARTITION BY RANGE (id);
	CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (1) TO (10000) PARTITION BY RANGE (id); CREATE TABLE t_1a PARTITION OF t_1 FOR VALUES FROM (1) TO (500); CREATE TABLE t_1b PARTITION OF t_1 FOR VALUES FROM (500) TO (10000);
	CREATE TABLE t_2 PARTITION OF t FOR VALUES FROM (10000) TO (20000); CREATE INDEX ON t (id); INSERT INTO t (id, opened) SELECT n, now() FROM generate_series(1, 19000) n});
my $next = $in->("SELECT slt_attach('t', $attach, key => 'id', metrics => '{resolution}')");
my @commands = split /\n/, $next;
is(join(' ', map { /^(?:SET \S+ = '50ms'; )?(CREATE INDEX (?:CONCURRENTLY )?ON public\.\w+ \(\w+\))/ ? $1 =~ s/CREATE INDEX|public\.| //gr : () } @commands),
	'CONCURRENTLYONt_1a(slt_announce_at) CONCURRENTLYONt_1b(slt_announce_at) CONCURRENTLYONt_2(slt_announce_at) ONt(slt_announce_at) CONCURRENTLYONt_1a(slt_resolution_due) CONCURRENTLYONt_1b(slt_resolution_due) CONCURRENTLYONt_2(slt_resolution_due) ONt(slt_resolution_due)',
	'slt_attach() names an index for each partition, and then one for the table');
is(while_written(join("\n", @commands), 1, 19000), '', 'nobody waits for them, nor for the backfill');
is($in->(q{SELECT count(*), bool_and(indisvalid) FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid WHERE c.relname ~ '^t(_|$)' AND pg_get_indexdef(x.indexrelid) ~ 'slt_'}), '10|t', 'they are one index of the whole');
is($in->("SELECT slt_attach('t', $attach, key => 'id', metrics => '{resolution}')"), q{CALL public.slt_backfill('public.t');}, 'and are not named again');

done_testing();
