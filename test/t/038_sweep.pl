# The sweep: what it announces of tickets and when, once for each step; who does not wait for it; and what cannot be
# written, read or locked, which keeps nobody else from being announced.  (What is news among events, and consumers: 048.)
#
# Tickets are under a contract that is open day and night, and are opened and paused some hours ago; an hour is long
# enough for any test.
use strict;
use warnings;
use IPC::Run;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;
use Time::HiRes qw(time usleep);

my $node = new_server('sweep', bare => 1);
my $always = <<'SQL';
INSERT INTO slt_calendars (name, calendar) VALUES ('always', 'UTC 24/7');
INSERT INTO slt_contracts (name, calendar) VALUES ('Always', 'always');
INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ('Always', 'S1', 'response', '1000 hours'), ('Always', 'S1', 'resolution', '10 hours'),
	('Always', 'S2', 'resolution', '1 working day'), ('Always', 'S3', 'resolution', '10 hours');
UPDATE slt_targets SET steps = '{50,100,150}' WHERE contract = 'Always' AND severity = 'S3';
SQL
my $columns = q{(id int PRIMARY KEY, opened timestamptz, severity text DEFAULT 'S1', contract text DEFAULT 'Always', status text DEFAULT 'open', responded timestamptz, resolved timestamptz, changed timestamptz,
	updated_at timestamptz, note text)};
my $attach = q{'opened', severity => 'severity', contract => 'contract', done_at => '{"response": "responded", "resolution": "resolved"}', status => 'status', paused_when => '{stalled}', cancelled_when => '{spam}',
	changed_at => 'changed', announce_from => NULL};
my $constant = q{'opened', severity_value => 'S1', contract_value => 'Always', done_at => '{"resolution": "resolved"}', announce_from => NULL};

# Makes a database with the policy of above and a table of tickets.
sub new_desk
{
	my ($name) = @_;

	new_database($node, $name);
	$node->safe_psql($name, $always . "CREATE TABLE tickets $columns; SELECT slt_attach('tickets', $attach)");
	return sub { return value_in($node, $name, $_[0]) };
}

# What is in slt_events, in order of keys.
my $events = q{SELECT key || ' ' || metric || ' ' || kind || ' ' || percent FROM slt_events ORDER BY key::int, metric, percent};

# ---------- what is announced ----------

my $in = new_desk('announced');
$node->safe_psql('announced', <<'SQL');
CREATE TABLE fired (what text);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at := clock_timestamp(); INSERT INTO public.fired VALUES (TG_TABLE_NAME); RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON tickets FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE tickets ENABLE ALWAYS TRIGGER touch;
SQL
is($in->('SELECT slt_sweep(); SELECT count(*) FROM slt_events'), "0\n0", 'with no ticket there is nothing to announce');
$node->safe_psql('announced', <<'SQL');
INSERT INTO tickets (id, opened, severity, status, resolved, changed) VALUES
	(1, now() - interval '5 hours', 'S1', 'open', NULL, NULL),
	(2, now() - interval '9 hours', 'S1', 'open', NULL, NULL),
	(3, now() - interval '12 hours', 'S1', 'open', NULL, NULL),
	(4, now() - interval '9 hours', 'S1', 'stalled', NULL, now() - interval '2 hours'),
	(5, now() - interval '20 hours', 'S1', 'resolved', now() - interval '16 hours', NULL),
	(6, now() - interval '20 hours', 'S1', 'spam', NULL, NULL),
	(7, now() - interval '6 hours', 'S3', 'open', NULL, NULL),
	(8, now() - interval '12 hours', 'S2', 'open', NULL, NULL),
	(9, now() - interval '19 hours', 'S2', 'open', NULL, NULL),
	(10, now() - interval '16 hours', 'S3', 'open', NULL, NULL),
	(11, now() - interval '20 hours', 'S1', 'resolved', now() - interval '2 hours', NULL);
SQL
my $expected = join "\n", '2 resolution at risk 75', '3 resolution breached 100', '7 resolution at risk 50', '9 resolution at risk 75', '10 resolution breached 150';
is($in->('BEGIN; SELECT slt_sweep(); SELECT count(*) FROM slt_events; ROLLBACK; SELECT count(*) FROM slt_events'), "5\n5\n0", 'a sweep that is rolled back has announced nothing');
is($in->("SELECT slt_sweep(); $events"), "5\n$expected", 'at risk, or breached: the highest step that was passed, of clocks that run; none of what is paused, done, late but done, or cancelled');
is($in->('SELECT slt_sweep(), slt_sweep()'), '0|0', 'and never again');
is($in->(q{SELECT count(*) FROM fired; SELECT count(*) FROM tickets WHERE updated_at IS NOT NULL}), "0\n0", 'no trigger of the application has fired');
is($in->(q{SELECT DISTINCT attachment, ticket_table, table_name, run FROM slt_events}), 'public.tickets|tickets|public.tickets|1', 'the event names the table, by text as well') or note($in->('SELECT * FROM slt_events'));
is($in->(q{SELECT bool_and(e.due = t.slt_resolution_due) FROM slt_events e JOIN tickets t ON t.id::text = e.key}), 't', 'and the deadline');
is($in->(q{SELECT slt_announce_at = opened + interval '7.5 hours' FROM tickets WHERE id = 1; SELECT slt_announce_at = slt_resolution_due FROM tickets WHERE id IN (2, 7, 9) ORDER BY id; SELECT slt_announce_at = opened + interval '750 hours' FROM tickets WHERE id = 3;
	SELECT slt_announce_at = opened + interval '18 hours' FROM tickets WHERE id = 8; SELECT slt_announce_at IS NULL FROM tickets WHERE id IN (5, 6, 10, 11) ORDER BY id}), join("\n", ('t') x 10),
	'slt_announce_at: the next step that is left, of the resolution or else of the response; none of what is done, cancelled or behind its last step');

# what was at risk is breached later; and deadlines that move
$node->safe_psql('announced', q{UPDATE tickets SET opened = opened - interval '3 hours' WHERE id = 2});
is($in->(q{SELECT slt_sweep(); SELECT string_agg(kind || percent, ' ' ORDER BY percent) FROM slt_events WHERE key = '2'}), "1\nat risk75 breached100", 'it is breached when its time has come');
$node->safe_psql('announced', q{UPDATE tickets SET resolved = now(), status = 'resolved' WHERE id = 7});
is($in->(q{SELECT slt_sweep()}), '0', 'a ticket that was resolved: nothing');
$node->safe_psql('announced', q{UPDATE tickets SET status = 'open', changed = now() WHERE id = 4});
is($in->(q{SELECT slt_sweep()}), '0', 'out of a pause with seven of ten hours gone: nothing');
$node->safe_psql('announced', q{UPDATE tickets SET status = 'open', changed = now() WHERE id = 6});
is($in->(q{SELECT slt_sweep(); SELECT kind || percent FROM slt_events WHERE key = '6'}), "1\nbreached100", 'a cancellation that is undone is as if it had never been');
for my $round (1 .. 4)
{
	$node->safe_psql('announced', q{UPDATE tickets SET status = 'stalled', changed = now() WHERE id = 9});
	$node->safe_psql('announced', q{UPDATE tickets SET status = 'open', changed = now() WHERE id = 9});
}
is($in->(q{SELECT slt_sweep()}), '0', 'hold and resume, again and again, announce nothing again');
$node->safe_psql('announced', q{UPDATE slt_targets SET amount = '11 hours' WHERE contract = 'Always' AND severity = 'S1' AND metric = 'resolution'});
is($in->(q{SELECT count(*) > 0 FROM slt_restamp('tickets'); SELECT slt_sweep()}), "t\n0", 'nor does a restamp of what was late before');
$node->safe_psql('announced', q{UPDATE slt_targets SET amount = '100 hours' WHERE contract = 'Always' AND severity = 'S1' AND metric = 'resolution'});
is($in->(q{SELECT count(*) > 0 FROM slt_restamp('tickets'); SELECT slt_sweep(); UPDATE tickets SET opened = now() - interval '99 hours 59 minutes 59.9 seconds' WHERE id = 3; SELECT slt_sweep(); SELECT pg_sleep(0.2); SELECT slt_sweep();
	SELECT string_agg(kind || percent, ' ' ORDER BY id) FROM slt_events WHERE key = '3'}) =~ s/\n\n/\n/r, "t\n0\n0\n1\nbreached100 breached100", 'a deadline that moved into the future, and passes again, is news; the step below, which had passed before, is none');

# the deadline stays, and a step behind it moves into the past
$in = new_desk('moved_steps');
is($in->(q{INSERT INTO tickets (id, opened, severity) VALUES (1, now() - interval '20 hours', 'S3'), (2, now() - interval '16 hours', 'S3');
	UPDATE tickets SET status = 'stalled', changed = now() - interval '9 hours' WHERE id = 1; UPDATE tickets SET status = 'open', changed = now() - interval '1 hour' WHERE id = 1;
	SELECT slt_sweep(); SELECT slt_announce_at - now() BETWEEN '2 hours 59 minutes' AND '3 hours' FROM tickets WHERE id = 1; UPDATE slt_targets SET pausable = false WHERE contract = 'Always' AND severity = 'S3';
	SELECT id, slt_resolution_due = opened + interval '10 hours' FROM tickets ORDER BY id; SELECT key, metric FROM slt_restamp('tickets', dry_run => true);
	CREATE TABLE before AS SELECT id, ctid AS place FROM tickets; SELECT count(*) FROM slt_restamp('tickets', open_only => false); SELECT t.id, t.ctid = b.place FROM tickets t JOIN before b USING (id) ORDER BY t.id;
	SELECT slt_sweep(); SELECT string_agg(key || ' ' || percent, ', ' ORDER BY key, percent) FROM slt_events; SELECT slt_sweep()}) =~ s/\n+/\n/gr,
	"2\nt\n1|t\n2|t\n0\n1|f\n2|t\n1\n1 100, 1 150, 2 150\n0", 'it is announced after a restamp, and a row of which no step moved is not written');

# on hold and announced: none (a ticket that used up its time before the pause); and the instant of the deadline
$in = new_desk('instants');
is($in->(q{INSERT INTO tickets (id, opened, changed) VALUES (1, now() - interval '8 h', now() - interval '8 h'); UPDATE tickets SET status = 'stalled', changed = now(); SELECT slt_sweep()}), '0', 'a clock that stands still announces nothing, whatever it used up before');
is($in->(q{BEGIN; INSERT INTO tickets (id, opened) VALUES (2, now() - interval '10 hours'); SELECT state FROM tickets t, slt_clocks(t) WHERE id = 2 AND metric = 'resolution';
	UPDATE tickets SET resolved = slt_resolution_due WHERE id = 2; SELECT slt_resolution_met FROM tickets WHERE id = 2; ROLLBACK}), "at risk\nt", 'at the instant of the deadline it is in time, by state and by met');
is($in->(q{INSERT INTO tickets (id, opened) VALUES (3, now() - interval '10 hours' + interval '0.5 s'); SELECT slt_sweep(); SELECT string_agg(kind, ' ') FROM slt_events WHERE key = '3'; SELECT slt_announce_at = slt_resolution_due FROM tickets WHERE id = 3;
	SELECT pg_sleep(0.6); SELECT slt_sweep(); SELECT string_agg(kind, ' ' ORDER BY id) FROM slt_events WHERE key = '3'}) =~ s/\n\n/\n/r, "1\nat risk\nt\n1\nat risk breached", 'a sweep before and one after it');

# announce_from: what was late before a table was attached is no news
$in = new_desk('late_before');
is($in->(q{SET client_min_messages = error; CREATE TABLE old (id int PRIMARY KEY, opened timestamptz, resolved timestamptz);
	INSERT INTO old SELECT n, '2024-01-01'::timestamptz + n * interval '1 hour' FROM generate_series(1, 1000) n; INSERT INTO old VALUES (2001, now() - interval '9 hours');
	SELECT slt_attach('old', } . $constant =~ s/, announce_from => NULL//r . q{) IS NULL; CALL slt_backfill('old'); SELECT slt_sweep(); SELECT string_agg(key, ',') FROM slt_events; SELECT count(*) FROM slt_tickets('old', 'breached') WHERE metric = 'resolution'}),
	"f\n1\n2001\n1000", 'tickets that were late before they were attached are no news; what is at risk now is');
is($in->(q{SELECT count(*) FROM old WHERE slt_announce_at IS NOT NULL}), '1', 'and nothing looks at them');

# ---------- a restarting metric: each run is announced ----------

$in = new_desk('runs');
$node->safe_psql('runs', <<'SQL');
INSERT INTO slt_metrics (name, pausable, when_reopened) VALUES ('next_reply', false, 'restart');
INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ('Always', 'S1', 'next_reply', '2 working hours');
CREATE TABLE talks (id int PRIMARY KEY, opened timestamptz, customer timestamptz, agent timestamptz, changed timestamptz, solved timestamptz);
SELECT slt_attach('talks', 'opened', severity_value => 'S1', contract_value => 'Always', started_at => '{"next_reply": "customer"}', done_at => '{"next_reply": "agent", "resolution": "solved"}', changed_at => 'changed', announce_from => NULL);
INSERT INTO talks VALUES (1, now() - interval '9 hours', now() - interval '9 hours', NULL, now() - interval '9 hours');
SQL
is($in->(q{SELECT slt_sweep(); UPDATE talks SET agent = now() - interval '5 hours', changed = now() - interval '5 hours'; UPDATE talks SET customer = now() - interval '4 hours', changed = now() - interval '4 hours'; SELECT slt_sweep(); SELECT slt_sweep();
	SELECT string_agg(run || ' ' || kind, ', ' ORDER BY run) FROM slt_events WHERE metric = 'next_reply'}), "2\n1\n0\n1 breached, 2 breached", 'the second run of a clock is a promise of its own');
is($in->(q{SELECT run, current, state FROM talks t, slt_clocks(t) WHERE metric = 'next_reply' ORDER BY run}), "1|f|met late\n2|t|breached", 'and slt_clocks() counts as the events do');

# ---------- sessions at once ----------

$in = new_desk('sessions');
$node->safe_psql('sessions', q{INSERT INTO tickets (id, opened) SELECT n, now() - CASE n % 3 WHEN 0 THEN '5 hours' WHEN 1 THEN '9 hours' ELSE '12 hours' END::interval FROM generate_series(1, 900) n});
my $first = $node->background_psql('sessions', on_error_stop => 0);
is(ask($first, 'BEGIN; SELECT slt_sweep()'), '600', 'a session sweeps, and does not commit');
my $begun = time;
is($in->('SELECT slt_sweep()'), '0', 'another one goes without what that has');
cmp_ok(time - $begun, '<', 2, '... at once');
is($in->(q{SET lock_timeout = '1s'; INSERT INTO tickets (id, opened) VALUES (1001, now() - interval '12 hours'); SELECT slt_sweep()}), '1', '... and announces others');
ask($first, 'ROLLBACK');
is($in->('SELECT slt_sweep()'), '600', 'after the rollback the next one announces it');
is($in->(q{SELECT kind, count(*), count(DISTINCT key) FROM slt_events GROUP BY kind ORDER BY kind}), "at risk|300|300\nbreached|301|301", 'each once');
$node->safe_psql('sessions', q{TRUNCATE slt_events, slt_announced, tickets; INSERT INTO tickets (id, opened) SELECT n, now() - interval '12 hours' FROM generate_series(1, 2000) n});
my $listener = $node->background_psql('sessions', on_error_stop => 0);
ask($listener, 'LISTEN slt');
my $script = "$ENV{SLT_WORK}/tmp/sweep.sql";
append_to_file($script, "SELECT slt_sweep(100);\nCALL slt_sweep_all();\n");
command_ok([ 'pgbench', '-n', '-h', $node->host, '-p', $node->port, '-c', 6, '-j', 2, '-t', 5, '-f', $script, 'sessions' ], 'six sessions sweep at once, by function and by procedure');
is($in->(q{SELECT kind, count(*), count(DISTINCT key) FROM slt_events GROUP BY kind}), 'breached|2000|2000', 'each event is there once');
my $notified = ask($listener, 'SELECT 1') . ask($listener, 'SELECT 1');
my $times = () = $notified =~ /Asynchronous notification "slt"(?: with payload "")? received/g;
cmp_ok($times, '>', 0, "slt_sweep_all() notifies: $times times");
cmp_ok($times, '<=', 30, '... once a batch, and not for each event');
is($in->(q{TRUNCATE slt_events, slt_announced; UPDATE tickets SET slt_announce_at = opened; SELECT slt_sweep(150)}), '150', 'max_tickets bounds a sweep');
is($in->('SELECT slt_sweep(0), slt_sweep(-1); SELECT slt_sweep()'), "0|0\n1850", '... and the next goes on');
is(ask($listener, 'SELECT 2') . ask($listener, 'SELECT 2'), '22', 'slt_sweep() notifies nobody');
like($in->('BEGIN; CALL slt_sweep_all()'), qr/ERROR:  25001/, 'slt_sweep_all() commits, and is refused in a transaction');
like($in->('BEGIN READ ONLY; SELECT slt_sweep()'), qr/ERROR:  25006/, 'a READ ONLY transaction does not sweep');
like($in->('SET default_transaction_read_only = on; CALL slt_sweep_all()'), qr/ERROR:  25006/, 'nor by the procedure');

# batches commit one by one: what comes later does not undo what was announced
$node->safe_psql('sessions', q{TRUNCATE slt_events, slt_announced; UPDATE tickets SET slt_announce_at = opened + id * interval '1 us'; ALTER TABLE tickets ADD CONSTRAINT slow CHECK (pg_sleep(CASE WHEN id > 500 AND slt_announce_at > opened + interval '1 h' THEN 0.003 ELSE 0 END) IS NOT NULL) NOT VALID});
my $all = start_psql($node, 'sessions', 'slt_all', 'CALL slt_sweep_all()');
ok(wait_until($node, 'sessions', 'SELECT count(*) >= 500 FROM slt_events'), 'the first batch is committed while the next is at work');
is($in->(q{SET lock_timeout = '1s'; UPDATE tickets SET note = 'x' WHERE id = 1 RETURNING 1}), '1', 'and its tickets can be written');
$node->safe_psql('sessions', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'slt_all'});
$all->{process}->finish;
cmp_ok($in->('SELECT count(*) FROM slt_events'), '>=', 500, 'its session is ended: the events are there');
eval { $_->quit } for $first, $listener;

# ---------- a crash ----------

$in = new_desk('crash');
$node->safe_psql('crash', q{INSERT INTO tickets (id, opened) SELECT n, now() - interval '12 hours' FROM generate_series(1, 5) n});
my $crashing = $node->background_psql('crash', on_error_stop => 0);
is(ask($crashing, 'BEGIN; SELECT slt_sweep()'), '5', 'a session sweeps, and does not commit');
$node->stop('immediate');
$node->start;
is($in->('SELECT count(*) FROM slt_events; SELECT slt_sweep(); SELECT slt_sweep()'), "0\n5\n0", 'the server crashes: the next sweep announces it, and no other');
$node->stop('immediate');
$node->start;
is($in->('SELECT slt_sweep(); SELECT count(*) FROM slt_events'), "0\n5", 'it crashes after the commit: nothing is announced again');
eval { $crashing->quit };

# ---------- what cannot be written or locked ----------

$in = new_desk('stubborn');
$node->safe_psql('stubborn', q{INSERT INTO tickets (id, opened, note) SELECT n, now() - interval '12 hours', CASE n WHEN 4 THEN 'bad' END FROM generate_series(1, 10) n; ALTER TABLE tickets ADD CONSTRAINT note_ok CHECK (note <> 'bad') NOT VALID});
my ($swept, $messages) = run_sql($node, 'stubborn', 'SELECT slt_sweep(); SELECT count(DISTINCT key) FROM slt_events');
is($swept, "10\n10", 'a ticket that cannot be written is announced, and so are the others');
like($messages, qr/^WARNING:  23514: ticket 4 of table "tickets" cannot be written\nDETAIL:  .*note_ok/m, 'with a warning that has its key and the reason');
is(scalar(() = $messages =~ /^WARNING/mg), 1, '... once');
($swept, $messages) = run_sql($node, 'stubborn', 'SELECT slt_sweep(); SELECT slt_sweep()');
is("$swept$messages", "0\n0", 'it is put off, and not announced again');
$node->safe_psql('stubborn', q{UPDATE zz_slt_internal.put_off SET until = now() - interval '1 s'});
($swept, $messages) = run_sql($node, 'stubborn', 'SELECT slt_sweep()');
is($swept, '0', 'nor later, when it is tried again');
like($messages, qr/ticket 4 of table/, '... with the warning');
$node->safe_psql('stubborn', q{ALTER TABLE tickets DROP CONSTRAINT note_ok; UPDATE zz_slt_internal.put_off SET until = now() - interval '1 s'});
is((run_sql($node, 'stubborn', q{SELECT slt_sweep(); SELECT count(*) FROM tickets WHERE slt_announce_at < now()}))[0], "0\n0", 'when it can be written it is');

# above READ COMMITTED a ticket that changed since is an error, as for any statement, and puts nothing off
my $repeatable = $node->background_psql('stubborn', on_error_stop => 0);
ask($repeatable, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM tickets');
$node->safe_psql('stubborn', q{DELETE FROM zz_slt_internal.put_off; UPDATE tickets SET slt_announce_at = opened, note = 'x' WHERE id = 1});
like(ask($repeatable, 'SELECT slt_sweep()'), qr/could not serialize access due to concurrent update|^0$/, 'a sweep at REPEATABLE READ of a ticket that has changed since');
ask($repeatable, 'ROLLBACK');
$node->safe_psql('stubborn', q{UPDATE tickets SET slt_announce_at = opened});
ask($repeatable, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM tickets');
$node->safe_psql('stubborn', q{UPDATE tickets SET note = 'y' WHERE id = 1});
like(ask($repeatable, 'SELECT slt_sweep()'), qr/could not serialize access due to concurrent update/, 'is to be repeated');
ask($repeatable, 'COMMIT');
is($in->('SELECT count(*) FROM zz_slt_internal.put_off; SELECT slt_sweep()'), "0\n0", 'and puts nothing off');
$repeatable->quit;

# locked tickets do not count against the limit, and wait for the next
$node->safe_psql('stubborn', q{TRUNCATE slt_events, slt_announced; DELETE FROM tickets; INSERT INTO tickets (id, opened) SELECT n, now() - interval '12 hours' FROM generate_series(1, 1500) n});
my $holder = $node->background_psql('stubborn', on_error_stop => 0);
ask($holder, 'BEGIN; SELECT count(*) FROM (SELECT FROM tickets WHERE id <= 1400 FOR UPDATE) x');
$begun = time;
is($in->('SELECT slt_sweep(100); SELECT bool_and(key::int > 1400), count(*) FROM slt_events'), "100\nt|100", 'tickets that are locked are skipped, and do not count against the limit');
cmp_ok(time - $begun, '<', 2, '... at once');
ask($holder, 'COMMIT');
is($in->('SELECT slt_sweep()'), '1400', 'the next sweep has them');

# a table that is locked keeps no other from being swept, and nobody waits for it
$node->safe_psql('stubborn', "CREATE TABLE t2 $columns; SELECT slt_attach('t2', $attach); INSERT INTO t2 (id, opened) VALUES (1, now() - interval '12 hours')");
ask($holder, 'BEGIN; LOCK TABLE t2 IN ACCESS EXCLUSIVE MODE');
$node->safe_psql('stubborn', q{INSERT INTO tickets (id, opened) VALUES (2001, now() - interval '12 hours')});
$begun = time;
is($in->('BEGIN; SELECT slt_sweep(); COMMIT; SELECT key FROM slt_events ORDER BY id DESC LIMIT 1'), "1\n2001", 'another table is locked: this one is swept');
cmp_ok(time - $begun, '<', 1, '... at once');
$begun = time;
$node->safe_psql('stubborn', 'CALL slt_sweep_all()');
cmp_ok(time - $begun, '<', 1, '... by the procedure as well');
ask($holder, 'COMMIT');
is($in->('SELECT slt_sweep()'), '1', 'and that one when it is free');
# the attachment's own settings are locked, as by slt_attach() in another session that has not committed
ask($holder, "BEGIN; SELECT count(slt_attach('t2', $attach))");
$node->safe_psql('stubborn', q{INSERT INTO tickets (id, opened) VALUES (2002, now() - interval '12 hours')});
$begun = time;
like($in->('SELECT slt_sweep()'), qr/^1$/, 'a table is being attached in a transaction that is open: the others are swept');
cmp_ok(time - $begun, '<', 1, '... at once');
ask($holder, 'ROLLBACK');

# a step that no timestamp can tell is none, however far away
$node->safe_psql('stubborn', <<"SQL");
INSERT INTO slt_severities (code) VALUES ('AGES');
INSERT INTO slt_targets (contract, severity, metric, amount, steps) VALUES ('Always', 'AGES', 'resolution', '58000000 hours', '{100,10000}');
CREATE TABLE ages (id int PRIMARY KEY, opened timestamptz, resolved timestamptz);
SELECT slt_attach('ages', 'opened', severity_value => 'AGES', contract_value => 'Always', done_at => '{"resolution": "resolved"}', announce_from => NULL);
INSERT INTO ages VALUES (1, '4700-01-01 00:00Z BC');
SQL
is($in->(q{SELECT slt_sweep(); SELECT percent FROM slt_events WHERE table_name LIKE '%ages'; SELECT slt_detach('ages') IS NULL}), "1\n100\nf", 'a hundred times six thousand years after its start a ticket announces nothing');

# a table whose rows take their time is swept in small batches
$node->safe_psql('stubborn', <<"SQL");
CREATE TABLE a_heavy (id int PRIMARY KEY, opened timestamptz, resolved timestamptz);
SELECT slt_attach('a_heavy', $constant);
INSERT INTO a_heavy SELECT n, now() - interval '12 hours' FROM generate_series(1, 60) n;
ALTER TABLE a_heavy ADD CONSTRAINT slow CHECK (pg_sleep(0.05) IS NOT NULL) NOT VALID;
SQL
is((run_sql($node, 'stubborn', q{CALL slt_sweep_all(); SELECT count(*) FROM slt_events WHERE table_name = 'public.a_heavy'}))[0], '60', 'a table whose rows take 50 ms each is swept all the same');
$node->safe_psql('stubborn', q{SELECT slt_detach('a_heavy'); DELETE FROM zz_slt_internal.put_off});

# so is one of which many rows cannot be written; and one that has many keeps no other waiting
$node->safe_psql('stubborn', <<"SQL");
CREATE TABLE a_bad (id int PRIMARY KEY, opened timestamptz, resolved timestamptz);
SELECT slt_attach('a_bad', $constant);
INSERT INTO a_bad SELECT n, now() - interval '12 hours' + n * interval '1 s' FROM generate_series(1, 2100) n;
ALTER TABLE a_bad ADD CONSTRAINT never CHECK (false) NOT VALID;
SQL
is((run_sql($node, 'stubborn', q{SET client_min_messages = error; SELECT slt_sweep() = 2100; SELECT count(DISTINCT key) FROM slt_events WHERE table_name = 'a_bad' OR table_name = 'public.a_bad'}))[0], "t\n2100", 'two thousand tickets that cannot be written are all announced');
$node->safe_psql('stubborn', <<"SQL");
SELECT slt_detach('a_bad');
DELETE FROM zz_slt_internal.put_off;
CREATE TABLE a_long (id int PRIMARY KEY, opened timestamptz, resolved timestamptz);
SELECT slt_attach('a_long', $constant);
INSERT INTO a_long SELECT n, now() - interval '12 hours' FROM generate_series(10001, 13000) n;
TRUNCATE slt_events;
INSERT INTO tickets (id, opened) VALUES (2005, now() - interval '12 hours');
CALL slt_sweep_all();
SQL
is($in->(q{SELECT count(*) FILTER (WHERE e.table_name LIKE '%a_long'), count(*) FILTER (WHERE e.table_name LIKE '%a_long' AND e.id > t.id) > 2000 FROM slt_events e, (SELECT id FROM slt_events WHERE key = '2005') t}), '3000|t',
	'the tables are swept in turn, so that a long one does not come before all others');
$node->safe_psql('stubborn', q{SELECT slt_detach('a_long')});

# a table that takes too long is put off, and the others have their turn
$node->safe_psql('stubborn', <<"SQL");
CREATE TABLE a_slow (id int PRIMARY KEY, opened timestamptz, resolved timestamptz);
SELECT slt_attach('a_slow', $constant);
INSERT INTO a_slow VALUES (1, now() - interval '12 hours');
ALTER TABLE a_slow ADD CONSTRAINT slow CHECK (pg_sleep(30) IS NOT NULL) NOT VALID;
INSERT INTO tickets (id, opened) VALUES (2003, now() - interval '12 hours');
SQL
$begun = time;
($swept, $messages) = run_sql($node, 'stubborn', 'CALL slt_sweep_all(); SELECT count(*) FROM slt_events WHERE key = $$2003$$');
cmp_ok(time - $begun, '<', 8, 'a table that takes half a minute a row is given up');
is($swept, '1', 'the others are swept');
like($messages, qr/^WARNING:  57014: table "a_slow" could not be swept\nDETAIL:  It took longer than 2000 milliseconds\.$/m, 'with a warning');
is((run_sql($node, 'stubborn', 'CALL slt_sweep_all()'))[1], '', 'and it is left alone for a while');
is($in->(q{SELECT l.leaf::regclass, setbacks FROM zz_slt_internal.put_off l WHERE place = '(0,0)'}), 'a_slow|0', 'longer each time');
like($in->(q{SET statement_timeout = '300ms'; UPDATE zz_slt_internal.put_off SET until = now(); CALL slt_sweep_all()}), qr/ERROR:  57014: canceling statement due to statement timeout/, 'a timeout of one\'s own is an error as always');

# ---------- names and keys ----------

$in = new_desk('names');
$node->safe_psql('names', <<"SQL");
CREATE TABLE timed (id int, opened timestamptz, severity text, resolved timestamptz, PRIMARY KEY (id, opened));
SELECT slt_attach('timed', 'opened', severity => 'severity', contract_value => 'Always', done_at => '{"resolution": "resolved"}', announce_from => NULL);
INSERT INTO timed VALUES (1, now() - interval '12 hours', 'S1');
SQL
is($in->(q{SET timezone = 'UTC'; SELECT slt_sweep()}), '1', 'a key with a time in it');
$node->safe_psql('names', q{UPDATE timed SET severity = 'S2'; UPDATE timed SET severity = 'S1'});
is($in->(q{SET timezone = 'Asia/Tokyo'; SET datestyle = 'SQL, DMY'; SELECT slt_sweep(); SELECT count(*) FROM slt_events WHERE ticket_table = 'timed'::regclass}), "0\n1", 'is the same whatever the sessions have set');
is($in->(q{SELECT count(DISTINCT k) FROM (SELECT key AS k FROM slt_events UNION SELECT key FROM slt_tickets('timed') UNION SELECT key FROM slt_restamp('timed', true, false)) x}), '1', 'in events and in reports') or note($in->(q{SELECT key FROM slt_events UNION ALL SELECT key FROM slt_tickets('timed')}));
$node->safe_psql('names', <<"SQL");
CREATE TABLE pairs (site text, no text, opened timestamptz, resolved timestamptz, PRIMARY KEY (site, no));
SELECT slt_attach('pairs', $constant);
INSERT INTO pairs VALUES ('', '7', now() - interval '12 hours');
CREATE SCHEMA "Help ""Desk";
CREATE TABLE "Help ""Desk"."Ticket\\s" ("Id" text PRIMARY KEY, "createdAt" timestamptz, resolved timestamptz);
SELECT slt_attach('"Help ""Desk"."Ticket\\s"', 'createdAt', severity_value => 'S1', contract_value => 'Always', done_at => '{"resolution": "resolved"}', announce_from => NULL);
INSERT INTO "Help ""Desk"."Ticket\\s" VALUES (E'a"b\\\\c''\\té\\u0001', now() - interval '12 hours'), (repeat('k', 9000), now() - interval '12 hours');
CREATE TABLE gone (id int PRIMARY KEY, opened timestamptz, resolved timestamptz);
SELECT slt_attach('gone', $constant);
INSERT INTO gone VALUES (1, now() - interval '8 hours');
DROP TABLE gone;
CREATE TABLE broken (id int PRIMARY KEY, opened timestamptz, resolved timestamptz);
SELECT slt_attach('broken', $constant);
INSERT INTO broken VALUES (1, now() - interval '12 hours');
ALTER TABLE broken DROP COLUMN slt_resolution_due;
SQL
is((run_sql($node, 'names', 'SELECT slt_sweep()'))[0], '3', 'the sweep serves the others when one table is gone and one is broken');
is($in->(q{SELECT key FROM slt_events WHERE table_name LIKE '%pairs'; SELECT DISTINCT key FROM slt_tickets('pairs')}), ",7\n,7", 'a key of two columns, of which one is empty, is the same everywhere');
is($in->(q{SELECT DISTINCT table_name, attachment FROM slt_events WHERE table_name LIKE '%Ticket%'; SELECT count(*) FROM slt_events WHERE key IN (E'a"b\\\\c''\té\u0001', repeat('k', 1960) || '... ' || md5(repeat('k', 9000)))}),
	qq{"Help ""Desk"."Ticket\\s"|"Help ""Desk"."Ticket\\s"\n2}, 'names that need quotes, keys that are odd or too long for an index');
done_testing();
