# slt_policy_log, SET slt.as_of, slt_policy_changes(): the policy as it was.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;

my $node = new_server('history');
my $due = q{SELECT slt_deadline('2025-11-10 10:00+02', 'S1', 'Standard')::timestamp};
my $on_time = '2025-11-12 10:00:00';

# Returns the time now.
sub moment
{
	return value($node, 'SELECT clock_timestamp()');
}

# Returns what a query gives as of a time; or the error.
sub as_of
{
	my ($time, $query, @options) = @_;
	my ($status, $output, $error) = $node->psql('postgres', "SET slt.as_of = '$time'; $query", on_error_stop => 1, @options);

	return $status == 0 ? $output : $error;
}

my $shipped = moment();
is(value($node, 'SELECT count(*) FROM slt_policy_changes()'), value($node, q{SELECT count(*) FROM slt_policy_log}), 'the log begins with what is shipped');
is(value($node, 'SELECT bool_and(shipped IS NOT NULL) FROM slt_policy_log'), 't', 'and says so');

# ---------- each table: an edit changes an answer, and as of the time before it does not ----------

my @edits = (
	[ 'a target', q{UPDATE slt_targets SET amount = '3 days' WHERE contract = 'Standard' AND severity = 'S1'}, '2025-11-13 10:00:00' ],
	[ 'a holiday', q{INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', '2025-11-11', 'Test')}, '2025-11-14 10:00:00' ],
	[ 'hours of a holiday', q{UPDATE slt_holidays SET hours = '09:00-17:00' WHERE name = 'Test'}, '2025-11-13 10:00:00' ],
	[ 'a calendar', q{UPDATE slt_calendars SET calendar = 'Africa/Cairo Mo,Th,Fr 09:00-17:00'}, '2025-11-14 10:00:00' ],
	[ 'another list', q{INSERT INTO slt_holiday_lists VALUES ('More'); INSERT INTO slt_holidays VALUES ('More', '2025-11-13', 'x', NULL); INSERT INTO slt_calendar_lists VALUES ('Egypt', 'More')}, '2025-11-17 10:00:00' ],
	[ 'a contract', q{INSERT INTO slt_calendars VALUES ('Always', 'UTC 24/7'); UPDATE slt_contracts SET calendar = 'Always' WHERE name = 'Standard'}, '2025-11-13 10:00:00' ],
	[ 'a target of its own calendar', q{UPDATE slt_targets SET calendar = 'Egypt' WHERE severity = 'S1'}, '2025-11-17 10:00:00' ],
	[ 'a contract renamed', q{UPDATE slt_contracts SET name = 'Basic' WHERE name = 'Standard'}, qr/contract "Standard" does not exist/ ],
	[ 'and the name given to another', q{INSERT INTO slt_contracts VALUES ('Standard', 'Always'); INSERT INTO slt_targets VALUES ('Standard', 'S1', 'resolution', '1 hour')}, '2025-11-10 11:00:00' ],
	[ 'TRUNCATE', 'TRUNCATE slt_targets', '' ],
	[ 'a severity', q{UPDATE slt_severities SET code = 'P1', label = NULL WHERE code = 'S1'}, qr/severity "S1" does not exist/ ],
	[ 'a metric', q{UPDATE slt_metrics SET name = 'solution' WHERE name = 'resolution'}, qr/severity "S1" does not exist/ ]);
my @times = ([ $shipped, $on_time ]);
for my $edit (@edits)
{
	my ($what, $statements, $answer) = @$edit;

	$node->safe_psql('postgres', "BEGIN; $statements; COMMIT");
	push @times, [ moment(), $answer ];
}
for my $i (0 .. $#times)
{
	my $got = as_of($times[$i][0], $due);
	my $what = $i ? "after the edit of $edits[$i - 1][0]" : 'as shipped';

	ref $times[$i][1] ? like($got, $times[$i][1], $what) : is($got, $times[$i][1], $what);
}
like(as_of($times[-1][0], q{SELECT slt_deadline(now(), 'P1', 'Standard', 'resolution')}), qr/metric "resolution" does not exist/, 'a metric that was renamed');
is(as_of($times[-2][0], q{SELECT slt_deadline(now(), 'P1', 'Standard', 'resolution')}), '', 'and before that');
like(as_of($shipped, q{SELECT slt_calendar('Egypt')}), qr/Su-Fr 09:00-17:00;.*2026 Jan 07/, 'a calendar as it was, with its holidays');
is(as_of($shipped, q{SELECT count(*) FROM slt_explain('2025-11-10 10:00+02', 'S1', 'Standard')}), '5', 'an explanation as it was');
is(as_of($shipped, q{SELECT working_add('2025-11-10 10:00+02', '2 days')::timestamp}), $on_time, 'working time by the default calendar as it was');

# ---------- who may, and what it costs ----------

$node->safe_psql('postgres', 'CREATE ROLE app LOGIN');
is(as_of($shipped, $due, extra_params => [ '-U', 'app' ]), $on_time, 'a role that may read no table asks for the past as for the present');
like(as_of($shipped, 'SELECT count(*) FROM slt_policy_log', extra_params => [ '-U', 'app' ]), qr/permission denied/, 'but not for the log');
like(as_of('2001-01-01', $due), qr/the policy as of 2001-01-01 .* is not known\nDETAIL:  The log of changes begins at \d{4}-/, 'before the log began is an error that says since when');
like(as_of('yesterweek', $due), qr/invalid input syntax for type timestamp with time zone: "yesterweek"/, 'what is no time is an error');
is(as_of($shipped, "SELECT count(*) FROM generate_series(1, 200000) n WHERE slt_deadline('2025-11-10 10:00+02', 'S1', left('Standard', 8 + n % 2)) IS NOT NULL", timeout => 20), '200000', 'it costs one load');
my $parallel = $node->pg_version < 16 ? 'force_parallel_mode' : 'debug_parallel_query';
is(as_of($shipped, "SET $parallel = on; $due"), $on_time, 'a parallel worker knows the past');
is(as_of($shipped, "BEGIN READ ONLY; $due"), $on_time, 'so does a transaction that only reads');
is(as_of($shipped, "$due; RESET slt.as_of; SELECT slt_deadline('2025-11-10 10:00+02', 'P1', 'Basic', 'solution') IS NULL; SET slt.as_of = '$times[1][0]'; $due"), "$on_time\nt\n$times[1][1]", 'past and present in turn');
is(as_of($shipped, "BEGIN; SET LOCAL slt.as_of = '$times[1][0]'; $due; ROLLBACK; $due"), "$times[1][1]\n$on_time", 'the setting follows transactions');

# ---------- what is logged ----------

my $before = moment();
my $changes = qq{SELECT by, in_table, change, before->>'amount', after->>'amount' FROM slt_policy_changes('$before') ORDER BY at};
$node->safe_psql('postgres', q{INSERT INTO slt_contracts VALUES ('C', 'Egypt'); BEGIN; INSERT INTO slt_contracts VALUES ('D', 'Egypt'); ROLLBACK; UPDATE slt_contracts SET note = note;
	BEGIN; SAVEPOINT s; DELETE FROM slt_contracts WHERE name = 'C'; ROLLBACK TO s; COMMIT});
my $superuser = value($node, 'SELECT session_user');
is(value($node, $changes), "$superuser|slt_contracts|added||", 'a change that was rolled back is none, nor one that changes nothing');
$node->safe_psql('postgres', q{GRANT SELECT, INSERT, UPDATE ON slt_targets TO app});
$node->safe_psql('postgres', q{INSERT INTO slt_targets VALUES ('C', 'P1', 'solution', '1 hour', '[2026-01-01 00:00+02,)')}, extra_params => [ '-U', 'app' ]);
$node->safe_psql('postgres', q{SET timezone = 'Asia/Tokyo'; SET datestyle = 'German'; UPDATE slt_targets SET amount = '2 hours' WHERE contract = 'C'}, extra_params => [ '-U', 'app' ]);
$node->safe_psql('postgres', q{SET session_replication_role = replica; UPDATE slt_targets SET amount = '3 hours' WHERE contract = 'C'});
is(value($node, $changes), join("\n", "$superuser|slt_contracts|added||", 'app|slt_targets|added||1 working hour', 'app|slt_targets|changed|1 working hour|2 working hours', "$superuser|slt_targets|changed|2 working hours|3 working hours"),
	'when, by whom, and the row before and after; whoever edits needs no right on the log');
is(value($node, q{SELECT DISTINCT after->>'during' FROM slt_policy_log WHERE after->>'contract' = 'C'}), '["2025-12-31 22:00:00+00",)', 'whatever the settings of whoever edits');
is(as_of('infinity', q{SELECT slt_deadline('2026-01-05 10:00Z', 'P1', 'C', 'solution') - '2026-01-05 10:00Z'}), '03:00:00', 'and that is what stands in the end');

# told twice, out of order, it says nothing
my $count = value($node, 'SELECT count(*) FROM slt_policy_changes()');
$node->safe_psql('postgres', 'INSERT INTO slt_policy_log SELECT * FROM slt_policy_log ORDER BY random()');
is(value($node, 'SELECT count(*) FROM slt_policy_changes()'), $count, 'a row that is repeated says nothing');
is(as_of($times[$_][0], $due), $times[$_][1], "and changes no answer: $_") for 1 .. 6;

# what somebody forges harms only the answers
for my $forged ([ slt_calendars => '{"name": null, "calendar": "UTC 24/7"}' ], [ slt_contracts => '{"name": null}' ], [ slt_severities => '{}' ], [ slt_metrics => '{"name": "x"}' ],
	[ slt_targets => '{"contract": "Standard", "severity": "S1", "metric": "resolution", "amount": "1 hour", "during": "(,)", "steps": ["NaN", null, -1, "Infinity"]}' ],
	[ slt_targets => '{"contract": "Standard", "severity": "S1", "metric": "resolution", "during": "empty"}' ], [ slt_holidays => '{"list": "Egypt", "day": "infinity", "name": null}' ],
	[ slt_calendars => '[1, 2]' ], [ slt_calendars => '{"name": "Egypt", "calendar": "nonsense"}' ], [ slt_request_kinds => '{"name": ""}' ], [ 'no_table' => '{}' ])
{
	my ($table, $row) = @$forged;
	my $answer = $node->safe_psql('postgres', qq{BEGIN; INSERT INTO slt_policy_log VALUES ('$times[0][0]', 'me', '$table', NULL, '$row');
DO \$\$ BEGIN
	SET LOCAL slt.as_of = '$times[0][0]';
	PERFORM slt_deadline('2025-11-10 10:00+02', s, c) FROM unnest('{S1,"",nothing}'::text[]) s, unnest('{Standard,"",nothing}'::text[]) c;
EXCEPTION WHEN OTHERS THEN
	IF SQLSTATE = 'XX000' THEN RAISE; END IF;
END \$\$; ROLLBACK; SELECT 'alive'});

	is($answer, 'alive', "forged: $table $row");
}

done_testing();
