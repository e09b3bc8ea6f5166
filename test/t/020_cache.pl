# The sessions' copies of the policy, where pg_isolation_regress does not reach:
# replicas, COPY, parallel workers, prepared transactions, functions with plans.
#
# Everything asks for one deadline: a ticket opened on Monday 2025-11-10 at 10:00
# falls due on Wednesday the 12th, and a day later if the 11th is a holiday.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;

my $due = q{SELECT slt_deadline('2025-11-10 10:00+02', 'S1', 'Standard')::timestamp};
my $on_time = '2025-11-12 10:00:00';
my $day_later = '2025-11-13 10:00:00';
my $add_holiday = q{INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', '2025-11-11', 'Test')};
my $remove_holiday = q{DELETE FROM slt_holidays WHERE name = 'Test'};

# Opens a session that stays, with the policy in its memory already.
sub filled_session
{
	my ($node, $database) = @_;
	my $session = $node->background_psql($database // 'postgres', on_error_stop => 0);

	ask($session, $due);
	return $session;
}

# Runs statements in a session; returns their output or, if there is any, the error.
sub ask
{
	my ($session, $query) = @_;
	my $output = $session->query($query);
	my $error = $session->{stderr};

	$session->{stderr} = '';
	return $error eq '' ? $output : $error;
}

my $node = new_server('cache', init => { allows_streaming => 'logical' }, conf => "max_prepared_transactions = 2\n");
my $reader = filled_session($node);
is(ask($reader, $due), $on_time, 'a ticket falls due by the shipped policy');

# ---------- ways to change a table ----------

# triggers that are not "always" do not fire here
$node->safe_psql('postgres', "SET session_replication_role = replica; $add_holiday");
is(ask($reader, $due), $day_later, 'an insertion as replica is seen');
$node->safe_psql('postgres', 'CREATE TABLE saved AS SELECT * FROM slt_holidays');
for my $change (q{UPDATE slt_holidays SET hours = '09:00-12:00' WHERE name = 'Test'}, $remove_holiday, 'TRUNCATE slt_holidays')
{
	$node->safe_psql('postgres', 'TRUNCATE slt_holidays; INSERT INTO slt_holidays SELECT * FROM saved');
	is(ask($reader, $due), $day_later, 'with a holiday');
	$node->safe_psql('postgres', "SET session_replication_role = replica; $change");
	is(ask($reader, $due), $on_time, "as replica: $change");
}

$node->safe_psql('postgres', "COPY slt_holidays (list, day, name) FROM STDIN;\nEgypt\t2025-11-11\tTest\n\\.\n");
is(ask($reader, $due), $day_later, 'COPY is seen');
$node->safe_psql('postgres', 'TRUNCATE slt_holidays');
is(ask($reader, $due), $on_time, 'TRUNCATE is seen');
is(ask($reader, "BEGIN; COPY slt_holidays (list, day, name) FROM STDIN;\nEgypt\t2025-11-11\tTest\n\\.\n$due"), $day_later, 'COPY is seen by its own transaction');
is(ask($reader, "ROLLBACK; $due"), $on_time, 'and not after it was rolled back');
is(ask($reader, "BEGIN; TRUNCATE slt_holidays; $add_holiday; $due; TRUNCATE slt_holidays; $due"), "$day_later\n$on_time", 'the second TRUNCATE of a transaction, which empties the same file, is seen');
ask($reader, 'ROLLBACK');
$node->safe_psql('postgres', 'INSERT INTO slt_holidays SELECT * FROM saved; ' . $remove_holiday);

$node->safe_psql('postgres', "WITH new AS ($add_holiday RETURNING day) SELECT day FROM new");
is(ask($reader, $due), $day_later, 'an insertion in WITH is seen');
$node->safe_psql('postgres', "MERGE INTO slt_holidays h USING (VALUES ('Test')) v(name) ON h.name = v.name WHEN MATCHED THEN DELETE");
is(ask($reader, $due), $on_time, 'MERGE is seen');

# a trigger of somebody's own that fires before the one that tells of the change
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM slt_deadline('2025-11-10 10:00+02', 'S1', 'Standard');
	RAISE 'refused';
END $$;
CREATE TRIGGER a_refuse AFTER INSERT ON slt_holidays FOR EACH ROW EXECUTE FUNCTION refuse();
SQL
{
	my $fresh = $node->background_psql('postgres', on_error_stop => 0);
	like(ask($fresh, $add_holiday), qr/refused/, 'a trigger asks for a deadline, first of all in its session, and refuses the change');
	is(ask($fresh, $due), $on_time, 'and the refused change is not seen in the session');
	$fresh->quit;
}
$node->safe_psql('postgres', 'DROP TRIGGER a_refuse ON slt_holidays; DROP FUNCTION refuse');

# ---------- prepared transactions ----------

for my $end ('COMMIT', 'ROLLBACK')
{
	my $other = filled_session($node);

	is(ask($other, "BEGIN; $add_holiday; $due"), $day_later, 'a change is seen by its transaction');
	is(ask($other, "PREPARE TRANSACTION 'slt'; $due"), $on_time, 'and by nobody once it is prepared: not by its session');
	is(ask($reader, $due), $on_time, 'and not by another');
	$node->safe_psql('postgres', "$end PREPARED 'slt'");
	my $expected = $end eq 'COMMIT' ? $day_later : $on_time;
	is(ask($reader, $due), $expected, "another session after $end PREPARED");
	is(ask($other, $due), $expected, "the session after $end PREPARED");
	$node->safe_psql('postgres', $remove_holiday);
	$other->quit;
}

# ---------- parallel workers ----------

my $parallel = $node->pg_version < 16 ? 'force_parallel_mode' : 'debug_parallel_query';
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE tickets AS
SELECT n, timestamptz '2025-11-10 00:00+02' + n * interval '10 min' AS opened_at, (ARRAY['S1', 'Medium', 's3'])[n % 3 + 1] AS severity,
	   (ARRAY['Standard', 'priority'])[n % 2 + 1] AS contract
FROM generate_series(1, 2000) n;
ANALYZE tickets;
INSERT INTO slt_calendars VALUES ('Berlin', 'Europe/Berlin Mo-Fr 08:00-16:00');
SQL
my $all = q{SELECT md5(string_agg(md5, '' ORDER BY md5)) FROM
	(SELECT md5(n || slt_deadline(opened_at, severity, contract)::text || (opened_at + working_interval '3 days')::text
		|| working_add(opened_at, '1 day', 'EGYPT')::text) FROM tickets OFFSET 0) x};
my $serial_plan = 'SET LOCAL max_parallel_workers_per_gather = 0';
my $parallel_plan = 'SET LOCAL max_parallel_workers_per_gather = 2; SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0;'
  . ' SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL parallel_leader_participation = off';

my $before = ask($reader, $all);
like(ask($reader, "BEGIN; $parallel_plan; EXPLAIN (ANALYZE, VERBOSE, COSTS off, TIMING off) $all"),
	qr/Workers Launched: 2\b.*Parallel Seq Scan[^\n]*\n\s*Output: [^\n]*slt_deadline/s, 'workers work out deadlines');
is(ask($reader, $all), $before, 'workers come to what one process comes to');
ask($reader, $add_holiday);
my $with_holiday = ask($reader, $all);
isnt($with_holiday, $before, 'workers see a change that their transaction has not committed');
is(ask($reader, "$serial_plan; $all"), $with_holiday, 'as one process does');
ask($reader, "SAVEPOINT s; $remove_holiday; UPDATE slt_targets SET amount = '1 hour' WHERE severity = 'S2'; SET LOCAL slt.calendar = 'Berlin'");
my $in_savepoint = ask($reader, "$parallel_plan; $all");
isnt($in_savepoint, $with_holiday, 'workers see changes made after a savepoint, and the calendar that was set there');
is(ask($reader, "$serial_plan; $all"), $in_savepoint, 'as one process does');
is(ask($reader, "ROLLBACK TO s; $parallel_plan; $all"), $with_holiday, 'and do not after they were rolled back');
is(ask($reader, "ROLLBACK; $all"), $before, 'nor after the transaction was');
is(ask($reader, "BEGIN; SET LOCAL $parallel = on; $add_holiday; $due"), $day_later, 'a worker alone sees its transaction\'s change');
ask($reader, 'ROLLBACK');

# ---------- the setting slt.calendar ----------

my $next = q{SELECT (timestamptz '2025-11-07 11:00+02' + working_interval '1 day')::timestamp};    # a Friday
my %by = (Egypt => '2025-11-09 11:00:00', Berlin => '2025-11-10 11:00:00');
is(ask($reader, $next), $by{Egypt}, 'slt.calendar is the shipped calendar');
is(ask($reader, "SET slt.calendar = 'Berlin'; $next"), $by{Berlin}, 'SET slt.calendar');
is(ask($reader, "RESET slt.calendar; BEGIN; SET slt.calendar = 'berlin'; $next"), $by{Berlin}, 'SET slt.calendar in a transaction, spelled otherwise');
is(ask($reader, "SAVEPOINT s; SET slt.calendar = 'Egypt'; $next"), $by{Egypt}, 'again after a savepoint');
is(ask($reader, "ROLLBACK TO s; $next"), $by{Berlin}, 'is undone with the savepoint');
is(ask($reader, "ROLLBACK; $next"), $by{Egypt}, 'and with the transaction');
is(ask($reader, "BEGIN; SET LOCAL slt.calendar = 'Berlin'; $next"), $by{Berlin}, 'SET LOCAL slt.calendar');
is(ask($reader, "COMMIT; $next"), $by{Egypt}, 'ends with the transaction');
like(
	ask($reader, "\\set VERBOSITY verbose\nSET slt.calendar = 'Atlantis'; $next"),
	qr/ERROR:  42704: calendar "Atlantis" does not exist\nHINT:  Known calendars are .*"Egypt"/,
	'an unknown calendar is an error that lists the known ones');
is(ask($reader, "\\set VERBOSITY default\nINSERT INTO slt_calendars VALUES ('Atlantis', 'Europe/Berlin Mo-Fr 08:00-16:00'); $next"),
	$by{Berlin}, 'until there is such a calendar');
ask($reader, "RESET slt.calendar; DELETE FROM slt_calendars WHERE name = 'Atlantis'");
$reader->quit;    # a template must have no sessions
$node->safe_psql('postgres', 'CREATE DATABASE set_for_database TEMPLATE postgres');
$node->safe_psql('postgres', q{ALTER DATABASE set_for_database SET slt.calendar = 'Berlin'});
is($node->safe_psql('set_for_database', $next), $by{Berlin}, 'ALTER DATABASE SET slt.calendar');
$reader = filled_session($node);

# ---------- functions and prepared statements that keep their plans ----------

$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION next_by(name text) RETURNS timestamp LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN working_add('2025-11-07 11:00+02', '1 day', name);
END $$;
CREATE FUNCTION next_by_setting() RETURNS timestamp LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN timestamptz '2025-11-07 11:00+02' + working_interval '1 day';
END $$;
CREATE FUNCTION due_in_egypt() RETURNS timestamp LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN working_add('2025-11-10 10:00+02', '2 days', 'Egypt');
END $$;
CREATE FUNCTION due_by_contract(severity text) RETURNS timestamp LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN slt_deadline('2025-11-10 10:00+02', severity, 'Standard');
END $$;
SQL
my $alternating = join ',', map { ($by{Egypt}, $by{Berlin}) } 1 .. 10;
is(ask($reader, q{SELECT string_agg(next_by(CASE WHEN n % 2 = 1 THEN 'Egypt' ELSE 'Berlin' END)::text, ',' ORDER BY n) FROM generate_series(1, 20) n}),
	$alternating, 'a function whose variable names another calendar at each call');
is(ask($reader, q{
DO $$
DECLARE
	answers text[] = '{}';
	calendar text;
BEGIN
	FOR n IN 1 .. 20 LOOP
		calendar = CASE WHEN n % 2 = 1 THEN 'Egypt' ELSE 'Berlin' END;
		answers = answers || working_add('2025-11-07 11:00+02', '1 day', calendar)::timestamp::text;
	END LOOP;
	PERFORM set_config('test.answers', array_to_string(answers, ','), false);
END $$; SHOW test.answers}), $alternating, 'a block whose variable does');
is(ask($reader, 'PREPARE by_name(text) AS SELECT working_add(timestamptz \'2025-11-07 11:00+02\', \'1 day\', $1)::timestamp;'
	. q{SET plan_cache_mode = force_generic_plan;} . q{EXECUTE by_name('Egypt'); EXECUTE by_name('Berlin');} x 10) =~ s/\n/,/gr,
	$alternating, 'a prepared statement whose parameter does');
is(ask($reader, q{RESET plan_cache_mode; BEGIN; SELECT next_by_setting(); SET LOCAL slt.calendar = 'Berlin'; SELECT next_by_setting(); ROLLBACK}),
	"$by{Egypt}\n$by{Berlin}", 'a function that leaves the calendar to the setting, changed between two calls in one transaction');

for my $call (q{due_in_egypt()}, q{due_by_contract('S1')})
{
	ask($reader, 'BEGIN');
	is(ask($reader, "SELECT $call"), $on_time, "$call in an open transaction");
	$node->safe_psql('postgres', $add_holiday);
	is(ask($reader, "SELECT $call"), $day_later, "$call again, after another session's change");
	$node->safe_psql('postgres', $remove_holiday);
	is(ask($reader, "SELECT $call"), $on_time, "$call again, after it was undone");
	is(ask($reader, "$add_holiday; SELECT $call"), $day_later, "$call again, after a change of its own");
	is(ask($reader, "ROLLBACK; SELECT $call"), $on_time, "$call after a rollback");
}
ask($reader, 'PREPARE due AS ' . $due);
ask($reader, 'EXECUTE due') for 1 .. 6;
$node->safe_psql('postgres', $add_holiday);
is(ask($reader, 'EXECUTE due'), $day_later, 'a prepared statement, after another session\'s change');
$node->safe_psql('postgres', $remove_holiday);
is(ask($reader, 'EXECUTE due'), $on_time, 'and after it was undone');
is(ask($reader, q{
CREATE PROCEDURE change_and_ask(INOUT answers text DEFAULT '') LANGUAGE plpgsql AS $$
BEGIN
	answers = due_in_egypt();
	INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', '2025-11-11', 'Test');
	answers = answers || ',' || due_in_egypt() || ',' || due_by_contract('S1');
	ROLLBACK;
	answers = answers || ',' || due_in_egypt() || ',' || due_by_contract('S1');
	BEGIN
		INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', '2025-11-11', 'Test');
		PERFORM due_in_egypt();
		RAISE 'undo';
	EXCEPTION WHEN raise_exception THEN NULL;
	END;
	answers = answers || ',' || due_in_egypt() || ',' || due_by_contract('S1');
END $$;
CALL change_and_ask()}), join(',', $on_time, $day_later, $day_later, ($on_time) x 4), 'a procedure that changes the policy and rolls back in the middle');

# ---------- DROP and CREATE EXTENSION ----------

{
	$node->safe_psql('postgres', 'CREATE DATABASE again');
	my $session = $node->background_psql('again', on_error_stop => 0);
	my $own = filled_session($node, 'again');

	$node->safe_psql('again', 'CREATE EXTENSION slt');
	is(ask($own, "$add_holiday; $due"), $day_later, 'a session with a holiday of its own');
	is(ask($own, "BEGIN; DROP EXTENSION slt; CREATE EXTENSION slt; $due"), $on_time, 'DROP and CREATE EXTENSION in a transaction: the shipped policy');
	is(ask($own, "ROLLBACK; $due"), $day_later, 'and after it was rolled back: the old one');
	ask($own, 'DROP EXTENSION slt');
	like(ask($own, $due), qr/function slt_deadline.* does not exist/, 'DROP EXTENSION in the same session');
	is(ask($own, "CREATE EXTENSION slt; $due"), $on_time, 'CREATE EXTENSION in the same session');
	is(ask($own, "$add_holiday; $due"), $day_later, 'the new tables are listened to');
	$node->safe_psql('again', $remove_holiday);
	is(ask($own, $due), $on_time, 'and when another session changes them');
	$node->safe_psql('again', 'DROP EXTENSION slt; CREATE SCHEMA elsewhere; CREATE EXTENSION slt SCHEMA elsewhere');
	is(ask($own, $due =~ s/slt_deadline/elsewhere.slt_deadline/r), $on_time, 'created by another session in another schema');
	$node->safe_psql('again', $add_holiday =~ s/slt_holidays/elsewhere.slt_holidays/r);
	is(ask($own, $due =~ s/slt_deadline/elsewhere.slt_deadline/r), $day_later, 'and changed there');
	$node->safe_psql('again', 'ALTER SCHEMA elsewhere RENAME TO "Some where"');
	is(ask($own, $due =~ s/slt_deadline/"Some where".slt_deadline/r), $day_later, 'and the schema renamed');
	$node->safe_psql('again', q{UPDATE "Some where".slt_targets SET amount = '3 days' WHERE (contract, severity, metric) = ('Standard', 'S1', 'resolution')});
	is(ask($own, $due =~ s/slt_deadline/"Some where".slt_deadline/r), '2025-11-14 10:00:00', 'and a target changed there');
	$_->quit for $session, $own;
}

# ---------- a storm of changes ----------

{
	my @clients = map {
		my $script = "$ENV{SLT_WORK}/tmp/storm$_.sql";
		PostgreSQL::Test::Utils::append_to_file($script, $_ == 1
			? "INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', '2025-11-11', 'Test');\n$remove_holiday;\n"
			: "BEGIN;\nSELECT 1 / (due IN ('$on_time', '$day_later'))::int FROM ($due AS due) x;\n"
			  . "SELECT 1 / (working_add('2025-11-10 10:00+02', '2 days', 'Egypt')::timestamp IN ('$on_time', '$day_later'))::int;\nCOMMIT;\n");
		{ name => $_ == 1 ? 'changes' : 'questions', command => [ 'pgbench', '-n', '-f', $script, '-c', $_ == 1 ? 1 : 4, '-t', $_ == 1 ? 500 : 2000,
			'-h', $node->host, '-p', $node->port, 'postgres' ], output => '' }
	} 1 .. 2;

	$_->{run} = IPC::Run::start($_->{command}, '>&', \$_->{output}) for @clients;
	ask($reader, $due) for 1 .. 20;
	for my $client (@clients)
	{
		ok($client->{run}->finish, "no error among $client->{name} at the same time") or diag($client->{output});
	}
	is(ask($reader, $due), $on_time, 'and in the end the answer is right');
	$node->safe_psql('postgres', $add_holiday);
	is(ask($reader, $due), $day_later, 'as it is after one more change');
	$node->safe_psql('postgres', $remove_holiday);
}

# ---------- a hot standby ----------

{
	$node->backup('backup');
	my $standby = PostgreSQL::Test::Cluster->new('standby');
	$standby->init_from_backup($node, 'backup', has_streaming => 1);
	$standby->start;
	my $session = filled_session($standby);

	is(ask($session, "$due WHERE pg_is_in_recovery()"), $on_time, 'a standby works out deadlines');
	$node->safe_psql('postgres', $add_holiday);
	$node->wait_for_catchup('standby');
	is(ask($session, $due), $day_later, 'a session of a standby sees a change on the primary');
	is(ask($session, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) > 0 FROM slt_holidays; $due"), "t\n$day_later", 'a session with an older snapshot');
	$node->safe_psql('postgres', $remove_holiday);
	$node->wait_for_catchup('standby');
	is(ask($session, $due), $on_time, 'sees one as well');
	ask($session, 'COMMIT');
	$node->safe_psql('postgres', "BEGIN; $add_holiday; SAVEPOINT s; UPDATE slt_holidays SET hours = '09:00-12:00' WHERE name = 'Test'; ROLLBACK TO s; COMMIT");
	$node->wait_for_catchup('standby');
	is(ask($session, $due), $day_later, 'a change with a savepoint rolled back');
	$standby->promote;
	is(ask($session, "$remove_holiday; $due"), $on_time, 'after promotion the session sees its own change');
	$session->quit;
	$standby->stop;
	$node->safe_psql('postgres', $remove_holiday);
}

# ---------- logical replication ----------

{
	my $subscriber = new_server('subscriber');
	my $publisher = $node->connstr . ' dbname=postgres';
	my $session = filled_session($subscriber);

	$node->safe_psql('postgres', 'CREATE PUBLICATION policy FOR TABLE slt_holidays, slt_targets');
	$subscriber->safe_psql('postgres', 'DELETE FROM slt_targets');
	$subscriber->safe_psql('postgres', 'DELETE FROM slt_holidays');
	is(ask($session, $due), '', 'a subscriber without targets');
	$subscriber->safe_psql('postgres', "CREATE SUBSCRIPTION policy CONNECTION '$publisher' PUBLICATION policy");
	$subscriber->wait_for_subscription_sync($node, 'policy');
	is(ask($session, $due), $on_time, 'sees the targets that were copied to it');
	$node->safe_psql('postgres', $add_holiday);
	$node->wait_for_catchup('policy');
	is(ask($session, $due), $day_later, 'sees a holiday added');
	$node->safe_psql('postgres', q{UPDATE slt_targets SET amount = '4 days' WHERE (contract, severity, metric) = ('Standard', 'S1', 'resolution')});
	$node->wait_for_catchup('policy');
	is(ask($session, $due), '2025-11-16 10:00:00', 'sees a target changed');
	$node->safe_psql('postgres', 'TRUNCATE slt_holidays');
	$node->wait_for_catchup('policy');
	is(ask($session, $due), '2025-11-14 10:00:00', 'sees TRUNCATE');
	$subscriber->safe_psql('postgres', 'DROP SUBSCRIPTION policy');
	$session->quit;
}

$reader->quit;
done_testing();
