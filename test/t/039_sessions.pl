# Sessions at once: no session of an application waits for slt_attach() or slt_detach() longer than 50 ms; edits of one
# ticket by two sessions; edits of the policy and of settings, seen at commit and never after a rollback; isolation levels.
use strict;
use warnings;
use IPC::Run;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;
use Time::HiRes qw(time usleep);

my $node = new_server('sessions', bare => 1);
my $ten = q{'2026-02-02 10:00+02'};
my $good = q{'opened', severity => 'severity', contract_value => 'Standard', done_at => '{"resolution": "resolved"}', status => 'status', paused_when => '{stalled}', changed_at => 'changed'};
new_database($node, 'desk');
my $in = sub { return value_in($node, 'desk', $_[0]) };
my $columns = q{id int, opened timestamptz DEFAULT '2026-02-02 10:00+02', severity text DEFAULT 'S1', status text DEFAULT 'open', changed timestamptz, resolved timestamptz, note text};
$node->safe_psql('desk', <<"SQL");
CREATE TABLE t ($columns, PRIMARY KEY (id));
INSERT INTO t (id) SELECT n FROM generate_series(1, 100) n;
CREATE TABLE p ($columns) PARTITION BY LIST (id);
CREATE TABLE p_1 PARTITION OF p FOR VALUES IN (1);
CREATE TABLE p_2 PARTITION OF p FOR VALUES IN (2);
INSERT INTO p (id) VALUES (1), (2);
SQL

# ---------- 50 ms ----------

my $holder = $node->background_psql('desk', on_error_stop => 0);

# Runs statements that need a table for themselves while the holder has a lock; how long the longest of an application's
# statements on other rows took meanwhile, and what came of the statements.
sub while_held
{
	my ($hold, $ddl, $statement) = @_;
	my $longest = 0;

	ask($holder, "BEGIN; $hold");
	my $run = start_psql($node, 'desk', 'slt_ddl', $ddl);
	my $application = $node->background_psql('desk', on_error_stop => 0);
	while ($run->{process}->pumpable)
	{
		my $begun = time;
		ask($application, $statement);
		$longest = time - $begun if time - $begun > $longest;
		$run->{process}->pump_nb;
		usleep(2000);
	}
	$run->{process}->finish;
	$application->quit;
	ask($holder, 'COMMIT');
	return ($longest, "$run->{output}$run->{messages}");
}
for my $case ([ 't', 'UPDATE t SET note = $$x$$ WHERE id = 1', 'UPDATE t SET note = $$y$$ WHERE id = 2' ], [ 't', 'SELECT count(*) FROM t', 'UPDATE t SET note = $$y$$ WHERE id = 2' ],
	[ 'p', 'UPDATE p SET note = $$x$$ WHERE id = 1', 'UPDATE p SET note = $$y$$ WHERE id = 2' ], [ 'p', 'SELECT count(*) FROM p_1', 'UPDATE p_2 SET note = $$y$$' ])
{
	my ($table, $hold, $statement) = @$case;
	my $attach = "SELECT slt_attach('$table', $good, key => 'id') IS NULL";

	for my $ddl ($attach, "SELECT slt_detach('$table', false)")
	{
		my ($longest, $said) = while_held($hold, $ddl, $statement);

		like($said, qr/ERROR:  could not lock table "$table\w*" within 5 seconds.*HINT:/s, "$hold holds $table: " . substr($ddl, 7, 12) . ' gives up');
		cmp_ok($longest, '<', 0.3, sprintf('... and nobody else waited long: %.0f ms', $longest * 1000));
		is($in->(q{SELECT count(*) FROM slt_attached() WHERE problem IS NOT NULL}), '0', '... nothing is left half done');
		$in->($ddl);  # as it should be, for the next
	}
}
is($in->("SELECT slt_attach('t', $good) IS NULL; SELECT slt_attach('p', $good, key => 'id') IS NULL; SELECT count(*) FROM slt_attached() WHERE problem IS NULL"), "f\nf\n2", 'when nobody uses them both are attached');
$holder->quit;
$holder = $node->background_psql('desk', on_error_stop => 0);
ask($holder, 'BEGIN; UPDATE t SET note = $$z$$ WHERE id = 3');
my $short = start_psql($node, 'desk', 'slt_ddl', "SELECT slt_detach('t')");
usleep(700_000);
ask($holder, 'COMMIT');
$short->{process}->finish;
is($short->{messages}, '', 'a lock that is let go within five seconds is waited for');
like($node->safe_psql('desk', "SET deadlock_timeout = '10ms'; SELECT slt_attach('t', $good) IS NULL"), qr/^f$/m, 'and attached again');

# two that attach one table, and one that attaches while another sweeps
my @both = map { start_psql($node, 'desk', "slt_$_", "SELECT slt_attach('t', $good, metrics => '{response,resolution}') IS NULL") } 1 .. 2;
$_->{process}->finish for @both;
is(join('', map { $_->{messages} =~ /ERROR: (?!.*could not (?:lock|serialize))(.*)/ ? $1 : '' } @both), '', 'two sessions attach one table');
is($in->(q{SELECT count(*), count(problem) FROM slt_attached() WHERE name = 'public.t'; SELECT count(*) FROM pg_trigger WHERE tgname = 'zz_slt_stamp' AND tgrelid = 't'::regclass}), "1|0\n1", 'it is attached once');

# ---------- two sessions and one ticket ----------

$node->safe_psql('desk', "DELETE FROM t; INSERT INTO t (id, changed) VALUES (1, $ten)");
my $two = $node->background_psql('desk', on_error_stop => 0);
my $look = q{SET timezone = 'Africa/Cairo'; SELECT severity, status, shown.stamp(slt_response_due, slt_response_met), shown.stamp(slt_resolution_due, slt_resolution_met), slt_status_became FROM t WHERE id = 1};
my $reset = "BEGIN; DELETE FROM t; INSERT INTO t (id, changed) VALUES (1, $ten); COMMIT;";
for my $case (
	# what the first does, what the second does meanwhile, how the first ends, and what is there then
	[ 'pause', 'another severity', q{UPDATE t SET status = 'stalled', changed = '2026-02-02 11:00+02'}, q{UPDATE t SET severity = 'S2'}, 'COMMIT', 'S2|stalled|Tue 02-03 10:00|infinity|{open,stalled}' ],
	[ 'pause that is rolled back', 'another severity', q{UPDATE t SET status = 'stalled', changed = '2026-02-02 11:00+02'}, q{UPDATE t SET severity = 'S2'}, 'ROLLBACK', 'S2|open|Tue 02-03 10:00|Thu 02-05 10:00|' ],
	[ 'pause', 'its end', q{UPDATE t SET status = 'stalled', changed = '2026-02-02 11:00+02'}, q{UPDATE t SET status = 'open', changed = '2026-02-02 12:00+02'}, 'COMMIT', 'S1|open|Mon 02-02 14:00|Wed 02-04 11:00|{open,stalled,open}' ],
	[ 'resolution', 'its end', q{UPDATE t SET resolved = '2026-02-02 11:30+02', changed = '2026-02-02 11:30+02'}, q{UPDATE t SET resolved = NULL, changed = '2026-02-02 12:30+02'}, 'COMMIT', 'S1|open|Mon 02-02 14:00|Wed 02-04 11:00|' ],
	[ 'pause', 'INSERT ... ON CONFLICT', q{UPDATE t SET status = 'stalled', changed = '2026-02-02 11:00+02'}, q{INSERT INTO t (id, severity) VALUES (1, 'S2') ON CONFLICT (id) DO UPDATE SET severity = excluded.severity}, 'COMMIT', 'S2|stalled|Tue 02-03 10:00|infinity|{open,stalled}' ],
	[ 'pause', 'MERGE', q{UPDATE t SET status = 'stalled', changed = '2026-02-02 11:00+02'}, q{MERGE INTO t USING (VALUES (1, 'S2')) v (id, s) ON t.id = v.id WHEN MATCHED THEN UPDATE SET severity = v.s}, 'COMMIT', 'S2|stalled|Tue 02-03 10:00|infinity|{open,stalled}' ],
	[ 'DELETE', 'another severity', 'DELETE FROM t', q{UPDATE t SET severity = 'S2'}, 'COMMIT', '' ])
{
	my ($first, $second, $one, $other, $end, $expected) = @$case;
	$node->safe_psql('desk', $reset);
	ask($holder, "BEGIN; $one");
	my $waiting = start_psql($node, 'desk', 'slt_other', "SET timezone = 'Africa/Cairo'; $other");
	is(waits_or_ended($node, $waiting), 'waits', "$first, and meanwhile $second: the second waits");
	ask($holder, $end);
	$waiting->{process}->finish;
	is($in->($look), $expected, '... and its stamps are those of the row as the first left it');
}
$node->safe_psql('desk', $reset);
ask($holder, q{BEGIN; UPDATE t SET status = 'stalled', changed = '2026-02-02 11:00+02'});
my $repeatable = start_psql($node, 'desk', 'slt_other', q{BEGIN ISOLATION LEVEL REPEATABLE READ; UPDATE t SET severity = 'S2'; COMMIT});
is(waits_or_ended($node, $repeatable), 'waits', 'at REPEATABLE READ');
ask($holder, 'COMMIT');
$repeatable->{process}->finish;
like($repeatable->{messages}, qr/could not serialize access due to concurrent update/, 'the second fails, as it should');
for my $level ('READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE')
{
	is($in->("$reset BEGIN ISOLATION LEVEL $level; UPDATE t SET status = 'stalled', changed = '2026-02-02 11:00+02'; UPDATE t SET status = 'open', changed = '2026-02-02 12:00+02'; COMMIT; $look"), 'S1|open|Mon 02-02 14:00|Wed 02-04 11:00|{open,stalled,open}', "stamps at $level");
}

# ---------- edits of the policy and of settings ----------

my $app = $node->background_psql('desk', on_error_stop => 0);
my $insert = q{INSERT INTO t (id) VALUES (7) ON CONFLICT (id) DO UPDATE SET note = 'x', severity = 'S1', opened = '2026-02-02 10:00+02' RETURNING shown.at(slt_resolution_due)};
my $fresh = sub { ask($_[0], 'DELETE FROM t WHERE id = 7'); return ask($_[0], $insert) };
ask($app, q{SET timezone = 'Africa/Cairo'});
ask($app, "PREPARE p AS $insert");
is($fresh->($app), 'Wed 02-04 10:00', 'a session stamps');
for my $case (
	[ 'a target', q{UPDATE slt_targets SET amount = '3 working days' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'resolution'}, q{UPDATE slt_targets SET amount = '2 working days' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'resolution'}, 'Thu 02-05 10:00' ],
	[ 'a holiday', q{INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', '2026-02-03', 'Decreed')}, q{DELETE FROM slt_holidays WHERE name = 'Decreed'}, 'Thu 02-05 10:00' ],
	[ 'a calendar', q{UPDATE slt_calendars SET calendar = 'Africa/Cairo Mo 09:00-17:00' WHERE name = 'Egypt'}, q{UPDATE slt_calendars SET calendar = 'Africa/Cairo Su-Fr 09:00-17:00' WHERE name = 'Egypt'}, 'Mon 02-16 10:00' ],
	[ 'a contract\'s name', q{UPDATE slt_contracts SET name = 'Basic' WHERE name = 'Standard'}, q{UPDATE slt_contracts SET name = 'Standard' WHERE name = 'Basic'}, 'Wed 02-04 10:00' ],
	[ 'how the table is attached', q{SELECT slt_attach('t', 'opened', severity_value => 'S2', contract_value => 'Standard', done_at => '{"resolution": "resolved"}') IS NULL}, "SELECT slt_attach('t', $good) IS NULL", 'Thu 02-05 10:00' ])
{
	my ($name, $edit, $back, $then) = @$case;
	my $is_attach = $name =~ /attached/;
	ask($holder, "SET timezone = 'Africa/Cairo'; SET client_min_messages = error; BEGIN; $edit");
	is($fresh->($app), 'Wed 02-04 10:00', "$name: not before the commit") unless $is_attach;
	ask($holder, 'DELETE FROM t WHERE id = 7') if $is_attach;
	is(ask($holder, $insert =~ s/\(7\)/(8)/r), $then, "$name: at once in the session that changes it");
	ask($holder, 'ROLLBACK');
	is($fresh->($app), 'Wed 02-04 10:00', "$name: nowhere after a rollback");
	is(ask($holder, 'BEGIN; DELETE FROM t WHERE id IN (7, 8); ROLLBACK; ' . $insert), 'Wed 02-04 10:00', "$name: nor in the session itself");
	$node->safe_psql('desk', "SET client_min_messages = error; $edit");
	is($fresh->($app), $then, "$name: everywhere at commit");
	is(ask($app, 'DELETE FROM t WHERE id = 7; EXECUTE p'), $then, "$name: in a prepared statement as well");
	$node->safe_psql('desk', "SET client_min_messages = error; $back");
	is($fresh->($app), 'Wed 02-04 10:00', "$name: and back");
}
# in one long statement, and above READ COMMITTED, from the row after the commit on
ask($app, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM t');
$node->safe_psql('desk', q{UPDATE slt_targets SET amount = '3 working days' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'resolution'});
is(ask($app, q{INSERT INTO t (id) VALUES (9) RETURNING shown.at(slt_resolution_due)}), 'Thu 02-05 10:00', 'an old snapshot goes by the policy as it is');
ask($app, 'ROLLBACK');
$node->safe_psql('desk', q{DELETE FROM t; UPDATE slt_targets SET amount = '2 working days' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'resolution'});
my $long = start_psql($node, 'desk', 'slt_long', q{INSERT INTO t (id, note) SELECT n, pg_sleep(0.02)::text FROM generate_series(1, 100) n});
usleep(900_000);
my $written_at = $in->(q{UPDATE slt_targets SET amount = '3 working days' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'resolution'; SELECT 1});
$long->{process}->finish;
is($in->(q{SELECT count(DISTINCT slt_resolution_due), min(id) FILTER (WHERE slt_resolution_due > '2026-02-05') > max(id) FILTER (WHERE slt_resolution_due < '2026-02-05') FROM t}), '2|t', 'a long statement goes by an edit from the row after it commits on');
$_->quit for $holder, $two, $app;

# ---------- a table that changes while it is used ----------

new_database($node, 'load');
$node->safe_psql('load', <<'SQL');
CREATE TABLE ticket (id bigserial, opened timestamptz, changed timestamptz, severity text DEFAULT 'S2', status text, part int, done timestamptz) PARTITION BY LIST (part);
CREATE TABLE ticket_0 PARTITION OF ticket FOR VALUES IN (0);
CREATE TABLE ticket_1 (gone int, part int, done timestamptz, changed timestamptz, id bigint NOT NULL, opened timestamptz, status text, severity text DEFAULT 'S2');
ALTER TABLE ticket_1 DROP gone;
ALTER TABLE ticket ATTACH PARTITION ticket_1 FOR VALUES IN (1);
CREATE INDEX ON ticket (id);
INSERT INTO ticket (opened, changed, severity, status, part) SELECT now() - interval '5 days', now(), 'S1', 'open', n % 2 FROM generate_series(1, 300) n;
SQL
my $script = "$ENV{SLT_WORK}/tmp/sessions_load.sql";
append_to_file($script, <<'SQL');
\set id random(1, 300)
\set what random(1, 4)
\if :what = 1
INSERT INTO ticket (opened, changed, status, part) VALUES (now() - interval '2 days', now(), 'open', :id % 2);
\elif :what = 2
UPDATE ticket SET status = 'stalled', changed = now() WHERE id = :id;
\elif :what = 3
UPDATE ticket SET status = 'open', changed = now() WHERE id = :id;
\else
UPDATE ticket SET done = CASE WHEN done IS NULL THEN now() END WHERE id = :id;
\endif
SQL
my ($bench, $bench_messages) = ('', '');
my $load = IPC::Run::start([ 'pgbench', '-n', '-c', '6', '-j', '2', '-T', '6', '-f', $script, '-h', $node->host, '-p', $node->port, 'load' ], '<', \undef, '>', \$bench, '2>', \$bench_messages);
my ($errors, $rounds) = ('', 0);
while ($load->pumpable)
{
	$load->pump_nb;
	my ($output, $messages) = run_sql($node, 'load', <<'SQL', go_on => 1);
SELECT slt_attach('ticket', 'opened', severity => 'severity', contract_value => 'Standard', status => 'status', paused_when => '{stalled}', done_at => '{"resolution": "done"}', changed_at => 'changed', key => 'id') <> '';
CALL slt_backfill('ticket', 50);
SELECT count(*) >= 0 FROM slt_restamp('ticket');
SELECT slt_sweep() >= 0;
ALTER TABLE ticket RENAME severity TO weight;
SELECT slt_sweep() >= 0;
ALTER TABLE ticket RENAME weight TO severity;
BEGIN; UPDATE slt_targets SET amount = amount + working_interval '1 hour' WHERE metric = 'resolution'; SAVEPOINT s; TRUNCATE slt_holidays; ROLLBACK TO s; COMMIT;
CALL slt_sweep_all();
SELECT count(*) >= 0 FROM slt_report('ticket');
SELECT slt_detach('ticket', false);
SQL
	$errors .= "$_\n" for grep { /ERROR|FATAL|PANIC/ && !/lock timeout|could not lock/ } split /\n/, $messages;
	$rounds++;
}
$load->finish;
is($errors, '', "a table is attached, swept, renamed and detached $rounds times under load: no error");
cmp_ok($rounds, '>', 1, 'it was more than once');
is($bench_messages =~ s/^pgbench \(.*\n//r, '', 'the application meets no error');
like($bench, qr/number of transactions actually processed: [1-9]/, 'it went on');
is($node->safe_psql('load', 'SELECT count(*) = count(DISTINCT id) FROM ticket'), 't', 'no row was lost or doubled');
unlike(slurp_file($node->logfile), qr/was terminated by signal|TRAP:|reference leak|refcount leak|deadlock detected/, 'nothing crashed or leaked, and there was no deadlock');
done_testing();
