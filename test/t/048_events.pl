# Events: what is news, and that each consumer gets each event once, whatever commits when.  There is no sweep here:
# events are written as it writes them.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;

my $node = new_server('events', conf => "max_prepared_transactions = 5\n");

# Steps of one clock after another: [key, step in percent, instant in seconds from noon], as they stand so many seconds after noon.
sub write_steps
{
	my ($now, @steps) = @_;
	my $array = sub { my ($type, $part) = @_; 'ARRAY[' . join(', ', map { "'" . $part->($_) . "'" } @steps) . "]::${type}[]" };
	my $at = sub { sprintf q{timestamptz '2026-01-05 12:00Z' + interval '%s s'}, $_[0] };

	return 'SELECT zz_slt_internal.write_events(' . join(', ', $array->(text => sub { 'desk' }), $array->(regclass => sub { 'tickets' }), $array->(text => sub { $_->[0] }),
		$array->(text => sub { $_->[3] // 'resolution' }), $array->(integer => sub { $_->[4] // 1 }), $array->(bigint => sub { $_->[1] * 1_000_000 }), $array->(timestamptz => sub { '2026-01-05 18:00Z' }),
		'ARRAY[' . join(', ', map { $at->($_->[2]) } @steps) . ']', $at->($now)) . ')';
}

# Writes an event for each key.
sub write_keys
{
	return write_steps(0, map { [ $_, 100, 0 ] } @_);
}

# The statement by which a consumer takes events, and shows their keys.
sub take
{
	my ($consumer, $max) = @_;

	return "SELECT coalesce(string_agg(key, ' ' ORDER BY id), 'none') FROM slt_take_events('$consumer'" . (defined $max ? ", $max" : '') . ')';
}

# Asks in a session of its own.
sub told
{
	return $node->safe_psql('postgres', $_[0]);
}

# Starts a session that stays.
sub session
{
	return $node->background_psql('postgres', on_error_stop => 0);
}

# Asks a session, of whose answers the last line counts.
sub last_line
{
	return (split /\n/, ask(@_))[-1] // '';
}


# Waits for what start_psql() has started; returns its output.
sub finish
{
	my ($run) = @_;

	IPC::Run::finish($run->{process});
	return $run->{output} =~ s/\s+$//r;
}

told('CREATE TABLE tickets (id text)');

# ---------- what is news ----------

my $shown = q{SELECT coalesce(string_agg(kind || ' ' || percent, ', ' ORDER BY id), 'none') FROM slt_events WHERE key = '%s'};
my $news = sub { my ($now, @steps) = @_; return told(write_steps($now, @steps)) };

is($news->(10, [ 'a', 75, 5 ]), '1', 'a step that was passed is news');
is($news->(20, [ 'a', 75, 5 ]), '0', 'and no more the next time');
is($news->(20, [ 'a', 75, 3 ]), '0', 'nor if a restamp moves it back: late before is no news');
is($news->(30, [ 'a', 75, 10 ]), '0', 'the instant of the announcement itself is not later');
is($news->(30, [ 'a', 75, 25 ]), '1', 'a step that moved into the future, and passed again, is news');
is($news->(40, [ 'a', 75, 25 ], [ 'a', 90, 31 ], [ 'a', 100, 39 ]), '1', 'several at once are one event');
is(told(sprintf $shown, 'a'), 'at risk 75, at risk 75, breached 100', 'the highest');
is($news->(50, [ 'a', 75, 38 ], [ 'a', 90, 39 ]), '0', 'an announced step counts for those below it');
is($news->(50, [ 'a', 75, 45 ]), '1', 'unless they passed after it');
is($news->(60, [ 'a', 100, 39 ]), '0', 'which does not make the higher one news again');
is($news->(60, [ 'a', 150, 55 ]), '1', 'a step over 100 percent');
is($news->(60, [ 'a', 100, 39, 'response' ], [ 'a', 100, 39, 'resolution', 2 ], [ 'b', 99.999999, 39 ], [ 'b', 12.5, 39, 'response' ]), '4', 'each metric, run and ticket has a clock of its own');
is(told(q{SELECT string_agg(kind || ' ' || percent, ', ' ORDER BY percent) FROM slt_events WHERE key = 'b'}), 'at risk 12.5, at risk 99.999999', 'breached begins at 100 percent');
is(told(q{SELECT string_agg(percent || ' ' || extract(minute FROM announced_at) * 60 + extract(second FROM announced_at)::int, ', ' ORDER BY percent) FROM slt_announced WHERE key = 'a' AND metric = 'resolution' AND run = 1}),
	'150 60', 'what an announcement makes needless is forgotten');
is(told(q{SELECT DISTINCT attachment, ticket_table, table_name, due AT TIME ZONE 'UTC', announced_at > now() - interval '1 minute' FROM slt_events}),
	'desk|tickets|public.tickets|2026-01-05 18:00:00|t', 'an event says which attachment, table and deadline');
told('DELETE FROM slt_events; ALTER SEQUENCE slt_events_id_seq RESTART');
is($news->(70, [ 'a', 150, 55 ]), '0', 'old events may be deleted: nothing is announced again');
told('TRUNCATE slt_announced');
is(told(q{SET timezone = 'UTC'; SET search_path = pg_temp; } . (write_steps(1, [ 'a', 75, 0 ]) =~ s/regclass/text/r =~ s/'tickets'\]::text\[\]/'public.tickets'::regclass]/r)), '1', 'whatever the search path');
told('TRUNCATE slt_events, slt_announced RESTART IDENTITY');

# ---------- each consumer gets each event, once ----------

told(write_keys(1 .. 5));
is(told(take('mail', 2)), '1 2', 'a consumer takes events in order');
is(told(take('mail')), '3 4 5', 'and the rest');
is(told(take('mail')), 'none', 'and no event again');
is(told(take('hook', 3)), '1 2 3', 'a new consumer starts with all there are');
is(told("SELECT slt_skip_events('hook')"), '2', 'or leaves them out');
is(told("SELECT slt_skip_events('late')"), '5', 'a new one does, too');
told(write_keys(6, 7));
is(join('; ', map { told(take($_)) } qw(mail hook late)), '6 7; 6 7; 6 7', 'each gets what comes then');
told(write_keys(8));
is(told('BEGIN; ' . take('mail') . '; ROLLBACK; ' . take('mail')), "8\n8", 'a consumer that rolls back gets them again');
is(told(write_keys(9) . '; BEGIN; SAVEPOINT s; ' . take('mail') . '; ROLLBACK TO s; ' . take('mail') . '; COMMIT; ' . take('mail')), "1\n9\n9\nnone", 'and one that does so in part');
is(told('BEGIN; ' . write_keys(10) . '; ' . take('mail') . '; COMMIT; ' . take('mail')), "1\n10\nnone", 'events of one\'s own transaction');
is(told("SELECT string_agg(id::text, ' ') FROM slt_take_events('mail', 0)") . told(take('fresh', 0)), 'none', 'none are taken if one asks for none');

# ---------- whatever commits when ----------

my ($writer, $other) = (session(), session());
ask($writer, 'BEGIN; ' . write_keys('early'));
told(write_keys('late'));
is(told(take('mail')), 'late', 'a later event that was committed earlier is had at once');
is(told(take('mail')), 'none', 'once');
ask($writer, 'COMMIT');
is(told(take('mail')), 'early', 'and the earlier one is not skipped');
ask($writer, 'BEGIN; ' . write_keys('undone'));
told(write_keys('11'));
is(told(take('mail')), '11', 'an event beside one');
ask($writer, 'ROLLBACK');
is(told(take('mail')), 'none', 'that is rolled back');
told(take('mail'));
is(told(q{SELECT count(*) FROM slt_deliveries WHERE consumer = 'mail'}), '0', 'after which nothing needs to be remembered');

ask($writer, 'BEGIN; CREATE TABLE unrelated (); SELECT pg_current_xact_id()');
told(write_keys('12'));
is(told('SET statement_timeout = 5000; ' . take('mail')), '12', 'a transaction that has nothing to do with it is not waited for');
is(told(take('mail') . q{; SELECT count(*) FROM slt_deliveries WHERE consumer = 'mail'}), "none\n0", 'nor does it make anything be remembered');
ask($writer, 'ROLLBACK');

told('BEGIN; ' . write_keys('prepared') . q{; PREPARE TRANSACTION 'p'});
told(write_keys('13'));
is(told(take('mail')), '13', 'a prepared transaction is not waited for');
is(told(take('mail')), 'none', 'however often');
$node->restart;
is(told(take('mail')), 'none', 'also after a restart');
told("COMMIT PREPARED 'p'");
is(told(take('mail')), 'prepared', 'and when it commits its events come');
($writer, $other) = (session(), session());

# ---------- sessions of one consumer ----------

told(write_keys(14 .. 17));
is(last_line($writer, 'BEGIN; ' . take('mail', 2)), '14 15', 'a session takes, and does not commit');
like(told('SET statement_timeout = 5000; ' . take('hook', 100)), qr/17$/, 'another consumer does not wait for it');
is(told('SET statement_timeout = 5000; ' . write_keys(18)), '1', 'nor does who writes');
my $second = start_psql($node, 'postgres', 'slt_second', take('mail'));
is(waits_or_ended($node, $second), 'waits', 'another session of the same consumer waits');
ask($writer, 'COMMIT');
is(finish($second), '16 17 18', 'and gets the rest');
is(last_line($writer, 'BEGIN; ' . write_keys(19, 20) . '; COMMIT; BEGIN; ' . take('mail')), '19 20', 'again');
$second = start_psql($node, 'postgres', 'slt_second', take('mail'));
waits_or_ended($node, $second);
ask($writer, 'ROLLBACK');
is(finish($second), '19 20', 'if the first rolls back, the other gets the same');

ask($writer, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM slt_events');
told(write_keys(21, 22));
is(told(take('mail')), '21 22', 'an old snapshot');
like(ask($writer, take('mail')), qr/could not serialize access/, 'does not make anything be had twice');
ask($writer, 'ROLLBACK');
told(write_keys(23));
is(told('BEGIN ISOLATION LEVEL SERIALIZABLE; ' . take('mail') . '; COMMIT; ' . take('mail')), "23\nnone", 'a serializable consumer');
ask($other, 'BEGIN; ' . write_keys('slow'));
told(write_keys(24));
ask($writer, 'BEGIN ISOLATION LEVEL REPEATABLE READ; ' . take('mail'));
ask($other, 'COMMIT');
is(last_line($writer, take('mail')), 'none', 'what commits meanwhile is not seen above READ COMMITTED');
ask($writer, 'COMMIT');
is(told(take('mail')), 'slow', 'and not lost');
$_->quit for $writer, $other;

# ---------- many at once ----------

told('CREATE TABLE had (consumer text, event bigint); CREATE TABLE beats (n int)');
told("SELECT slt_skip_events('$_')") for qw(mail hook);
my $first = told('SELECT max(id) FROM slt_events');
my %script = (
	writer => join("\n", '\set n random(1, 1000000)', '\set end random(1, 4)', 'BEGIN;', write_keys(':n') =~ s/':n'/:n || ''/r . ';', '\sleep 1 ms', '\if :end = 1', 'ROLLBACK;', '\else', 'COMMIT;', '\endif'),
	mail => join("\n", '\set end random(1, 4)', 'BEGIN;', q{INSERT INTO had SELECT 'mail', id FROM slt_take_events('mail', 3);}, '\if :end = 1', 'ROLLBACK;', '\else', 'COMMIT;', '\endif'),
	hook => q{INSERT INTO had SELECT 'hook', id FROM slt_take_events('hook');});
append_to_file("$ENV{SLT_WORK}/tmp/slt_$_.sql", "$script{$_}\n") for keys %script;
$node->command_ok([ 'pgbench', '-n', '-c', '8', '-j', '2', '-T', '8', (map { ('-f', "$ENV{SLT_WORK}/tmp/slt_$_.sql") } sort keys %script), 'postgres' ], 'writers and consumers at once');
unlink "$ENV{SLT_WORK}/tmp/slt_$_.sql" for keys %script;
told("INSERT INTO had SELECT '$_', id FROM slt_take_events('$_')") for qw(mail hook);
cmp_ok(told("SELECT count(*) FROM slt_events WHERE id > $first"), '>', 100, 'some hundred events');
is(told("SELECT count(*) FROM had WHERE consumer = '$_'"), told("SELECT count(*) FROM slt_events WHERE id > $first"), "$_ has had as many as there are") for qw(mail hook);
is(told('SELECT count(*) FROM (SELECT FROM had GROUP BY consumer, event HAVING count(*) > 1) x'), '0', 'none twice');

# ---------- what it costs ----------

# Pages that a consumer reads and writes to take one event, when the session has made its plans.
sub pages
{
	told('SELECT slt_skip_events(\'mail\'); ' . take('mail') . '; VACUUM ANALYZE slt_events; VACUUM ANALYZE slt_deliveries; VACUUM slt_consumers; ' . write_keys($_[0]));
	my $take = 'BEGIN; EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY OFF) ' . take('mail') . '; ROLLBACK; ';
	my @pages = told($take x 8) =~ /Aggregate.*\n +Buffers: shared hit=(\d+)/g;
	return (sort { $a <=> $b } @pages)[0] // die 'no plan';
}

my $pages = pages('few');
told(q{SELECT zz_slt_internal.write_events(array_agg('desk'::text), array_agg('tickets'::regclass), array_agg('c' || n), array_agg('resolution'::text), array_agg(1),
	array_agg(100000000::bigint), array_agg(now()), array_agg(now()), now()) FROM generate_series(1, 30000) n});
my $pages_now = pages('many');
cmp_ok($pages_now, '<', $pages + 150, "a take costs the same whatever was taken before: $pages and $pages_now pages");
is(told(q{SELECT count(*) FROM slt_deliveries WHERE consumer = 'mail' AND event < (SELECT max(id) FROM slt_events)}), '0', 'what was delivered is remembered by a number');

# ---------- pruning ----------

told(q{TRUNCATE slt_events, slt_announced, slt_deliveries, slt_consumers RESTART IDENTITY});
told(write_keys(1 .. 4) . q{; UPDATE slt_events SET announced_at = now() - interval '2 days' WHERE key <> '4'});
told(take('mail', 2) . '; ' . take('hook'));
is(told(q{SELECT slt_prune('1 day')}), '2', 'events are pruned that are old and that every consumer has had');
is(told(q{SELECT string_agg(key, ' ' ORDER BY id) FROM slt_events}), '3 4', 'and no others');
is(told(take('mail')), '3 4', 'those that one has not had it gets');
is(told(q{SELECT slt_prune('1 day'), slt_prune('-1 day'), slt_prune(NULL), count(*) FROM slt_events}), '1|1||2', 'then they are pruned, too; none is older than tomorrow');
told(write_keys(5) . q{; DELETE FROM slt_consumers});
is(told(q{SELECT slt_prune('0')} . '; SELECT count(*) FROM slt_deliveries'), "1\n0", 'without consumers all are');

told(q{CREATE TABLE attached (id text PRIMARY KEY, created timestamptz, done timestamptz);
	SELECT slt_attach('attached', opened_at => 'created', severity_value => 'S1', contract_value => 'Standard', done_at => '{"resolution": "done"}');
	INSERT INTO attached VALUES ('before'), ('at'), ('after');
	UPDATE slt_attachments SET name = 'desk', announce_from = '2026-01-05 12:00Z';
	INSERT INTO slt_announced SELECT a, k, 'resolution', 1, 100, t FROM (VALUES ('desk', 'before', timestamptz '2026-01-05 11:59Z'), ('desk', 'at', '2026-01-05 12:00Z'), ('desk', 'after', '2026-01-05 12:01Z'),
		('gone', 'old', '2026-01-05 12:01Z'), ('gone', 'new', now())) v (a, k, t)});
is(told(q{SELECT slt_prune('1 h'); SELECT string_agg(attachment || ' ' || key, ', ' ORDER BY key) FROM slt_announced}), "0\ndesk after, gone new",
	'what was announced is kept if it may matter: its attachment is there, and it is later than announce_from');
told(q{UPDATE slt_attachments SET announce_from = NULL});
is(told(q{SELECT slt_prune('0'); SELECT string_agg(key, ' ') FROM slt_announced}), "0\nafter", 'without announce_from all of it');
told(q{SELECT slt_detach('attached')});

# ---------- who may ----------

$node->safe_psql('postgres', q{CREATE ROLE mailer LOGIN; CREATE ROLE pruner LOGIN; CREATE ROLE mallory LOGIN;
	GRANT SELECT ON slt_events TO mailer; GRANT SELECT, INSERT, UPDATE ON slt_consumers TO mailer; GRANT SELECT, INSERT, DELETE ON slt_deliveries TO mailer;
	GRANT SELECT, UPDATE, DELETE ON slt_events, slt_announced, slt_deliveries, slt_latencies TO pruner; GRANT SELECT ON slt_attachments, slt_consumers TO pruner});
told(write_keys('mine'));
like(run_sql($node, 'postgres', take('mailer'), role => 'mailer'), qr/^mine$/m, 'a role with rights on the three tables is a consumer');
like(run_sql($node, 'postgres', q{SELECT slt_prune('0')}, role => 'pruner'), qr/^1$/m, 'and one may prune');
like(run_sql($node, 'postgres', $_, role => 'mallory'), qr/ERROR:  42501/, "without rights: $_") for take('x'), q{SELECT slt_skip_events('x')}, q{SELECT slt_prune('0')}, write_keys('x');
like(run_sql($node, 'postgres', write_keys('x'), role => 'mailer'), qr/ERROR:  42501: permission denied for function write_events/, 'nobody but the sweep writes events');
like(run_sql($node, 'postgres', "BEGIN READ ONLY; $_"), qr/ERROR:  25006/, "READ ONLY: $_") for take('mail'), q{SELECT slt_skip_events('x')}, q{SELECT slt_prune('0')};
like(run_sql($node, 'postgres', $_->[1]), qr/ERROR:  $_->[0]/, "$_->[0]: $_->[1]") for [ 22023, 'SELECT slt_take_events(NULL)' ], [ 22023, q{SELECT slt_take_events('')} ], [ '2201W', q{SELECT slt_take_events('x', -1)} ];

# ---------- whose news ----------

my $attach = q{SET client_min_messages = error; SELECT slt_attach('desk', 'opened', severity_value => 'S1', contract_value => 'Standard', done_at => '{"resolution": "solved"}', name => 'desk') IS NULL};
my $again = q{SELECT count(*) FROM slt_announced WHERE attachment = 'desk'};
told("TRUNCATE slt_announced; SELECT slt_detach(ticket_table) FROM slt_attached(); CREATE TABLE desk (id int PRIMARY KEY, opened timestamptz, solved timestamptz); $attach");
told(write_keys(1, 2));
is(told("SELECT slt_detach('desk'); $attach; $again") =~ s/^\n//r, "f\n2", 'what was announced of a table is, when it is attached again with its columns');
is(told("$attach; SELECT slt_detach('desk', keep_columns => false); $attach; $again") =~ s/\n\n/\n/r, "f\nf\n0", 'but not without them');
told(write_keys(1, 2));
is(told("DROP TABLE desk; CREATE TABLE desk (id int PRIMARY KEY, opened timestamptz, solved timestamptz); $attach; $again"), "f\n0", 'nor is it of another table of that name');
told(write_keys(1) . q{; DROP TABLE desk; SELECT slt_detach(ticket_table) FROM slt_attached(); CREATE TABLE desk (id int PRIMARY KEY, opened timestamptz, solved timestamptz)});
is(told("$attach; $again") , "f\n0", 'whether the old one was detached or not');
told(q{SELECT slt_detach('desk'); DROP TABLE desk});

# ---------- a backup ----------

told('TRUNCATE slt_events, slt_announced, slt_deliveries, slt_consumers; CREATE TABLE pilot (id text)');
told(write_keys(1 .. 6) . '; ' . (write_keys('pilot') =~ s/'tickets'/'pilot'/r));
told(take('mail', 3) . '; ' . take('mail', 1) . '; DROP TABLE pilot');
is(told(q{SELECT table_name FROM slt_events WHERE key = 'pilot'}), 'public.pilot', 'an event of a table that was dropped says which it was');
my $dump = "$ENV{SLT_WORK}/tmp/events.sql";
$node->command_ok([ 'pg_dump', '-f', $dump, 'postgres' ], 'a dump');
my $new = new_server('events_restored', bare => 1);
$new->safe_psql('postgres', 'CREATE ROLE mailer; CREATE ROLE pruner');
$new->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, 'postgres' ], 'is restored on another server, whose transactions have other numbers');
unlink $dump;
$new->safe_psql('postgres', write_keys(7));
is($new->safe_psql('postgres', take('mail') . '; ' . take('mail')), "5 6 7\nnone", 'a consumer goes on where it was');
is($new->safe_psql('postgres', take('hook')), '1 2 3 4 5 6 7', 'and a new one has all, but for events of the dropped table, which would be those of another');
is($new->safe_psql('postgres', write_keys(1 .. 7)), '0', 'and nothing is announced again');

done_testing();
