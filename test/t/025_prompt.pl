# What people see at the prompt: what reports print fits 100 columns, dates and periods are taken as people write them or
# refused with a hint, and what slt calls itself is not in the way.
use strict;
use warnings;
use IPC::Run;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;

my $node = new_server('prompt');
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE issues (id int PRIMARY KEY, created timestamptz, answered timestamptz, solved timestamptz, priority text, plan text, status text);
SELECT slt_attach('issues', opened_at => 'created', severity => 'priority', contract => 'plan', done_at => '{"response": "answered", "resolution": "solved"}',
	status => 'status', paused_when => '{waiting}', announce_from => '2020-01-01');
INSERT INTO issues
SELECT n, t, t + interval '7 hours 30 minutes', CASE WHEN n % 7 > 0 THEN t + n % 90 * interval '1 hour' END, 'S' || 1 + n % 3, CASE WHEN n % 50 = 3 THEN 'Iron' WHEN n % 2 = 0 THEN 'Priority' ELSE 'Standard' END,
	CASE WHEN n % 11 = 0 THEN 'waiting' ELSE 'open' END
FROM generate_series(1, 300) n, LATERAL (SELECT date_trunc('hour', now()) - n * interval '70 minutes') x (t);
SELECT slt_sweep();
UPDATE slt_experiences SET recorded = 'by hand', recorded_since = now() - interval '400 days';
INSERT INTO slt_outages (service, experience, during, weight, note) VALUES
	('Platform', NULL, tstzrange(now() - interval '20 days', now() - interval '20 days -25 minutes'), 1, 'Disks'),
	('Platform', 'Customer messages', tstzrange(now() - interval '2 days', NULL), 0.5, 'Slow messages after an upgrade of the broker');
INSERT INTO slt_maintenance (service, experience, during, reason) VALUES
	('Platform', NULL, tstzrange(now() + interval '5 days', now() + interval '5 days 2 hours'), 'Disks are replaced'),
	('Platform', 'Customer messages', tstzrange(now() + interval '6 days', NULL), 'The broker moves');
INSERT INTO slt_incidents (service, title, impact) VALUES ('Platform', 'Messages of customers arrive late, and some of them twice', 'maintenance');
INSERT INTO slt_incident_updates (incident, status, text) SELECT id, 'investigating', 'We look at it.' FROM slt_incidents;
SELECT slt_sweep();
SELECT slt_record('Platform', 'Site', true, '120 ms'), slt_record('Platform', 'Site', true, '120 ms', now() - interval '1 day');
SQL

# Returns how wide the widest line is that a command of psql prints.
sub width
{
	my ($command) = @_;
	my ($output, $errors) = ('', '');

	# the longest offset there is
	IPC::Run::run([ 'psql', '-Xq', '-h', $node->host, '-p', $node->port, '-d', 'postgres' ], '<', \"SET timezone = 'Asia/Kolkata';\n$command\n", '>', \$output, '2>', \$errors);
	is($errors, '', "runs: $command");
	my ($widest) = sort { $b <=> $a } map { length s/\s+$//r } split /\n/, $output;
	return $widest // 0;
}

# ---------- 100 columns ----------

# each function that returns rows or columns, as people call it
my %call = (
	slt_attached => '()', slt_availability_periods => q{('{"[2026-01-01, 2026-02-01)"}')}, slt_availability_report => q{(to_char(now(), 'YYYY'))}, slt_burn_alerts => '()',
	slt_check_holidays => '()', slt_check_time_zones => q{(ARRAY['America/Argentina/Nowhere'])}, slt_clocks => '((SELECT i FROM issues i WHERE id = 1))', slt_error_budget => q{(to_char(now(), 'YYYY-MM'))},
	slt_explain => q{('2026-04-23 16:00', 'S1', 'Standard')}, slt_import => q{(jsonb_set(slt_export() - 'fingerprint', '{targets,0,amount}', '"5 working hours"') #- '{holidays,0}', true)},
	slt_import_incidents => q{('Platform', '[]')}, slt_latency => '()', slt_list_services => '()', slt_maintenance_notices => '()', slt_next_maintenance => '(n => 3)', slt_policy_changes => '()',
	slt_report => q{('issues')}, slt_restamp => q{('issues', dry_run => true)}, slt_service => '()', slt_status => '()', slt_status_history => '()', slt_status_incidents => '()',
	slt_status_summary => '()', slt_take_events => q{('screen')}, slt_watchers => '()', slt_ticket_counts => '()', slt_tickets => q{('issues')}, slt_unmatched => q{('issues') WHERE problem IS NOT NULL}, slt_weekly_downtime => '()',
	slt_show_attached => '()', slt_show_availability => q{(to_char(now(), 'YYYY'), 'day')}, slt_show_clocks => '((SELECT i FROM issues i WHERE id = 1))', slt_show_events => '(1000)',
	slt_show_explain => q{((SELECT i FROM issues i WHERE id = 1), 'resolution')}, slt_show_import => q{(jsonb_set(slt_export() - 'fingerprint', '{targets,0,amount}', '"5 working hours"') #- '{holidays,0}')},
	slt_show_incidents => '()', slt_show_policy_changes => '()', slt_show_report => q{('issues')}, slt_show_restamp => q{('issues')}, slt_show_tickets => q{('issues')}, slt_show_unmatched => q{('issues')},
	slt_watchers => '()', working_days => q{('2026')}, slt_costs => '', slt_downtime_allowances => '');
# what programs need more columns of has a form for people
my %narrow = (
	map({ $_ => "slt_show_$_" =~ s/show_slt/show/r } qw(slt_attached slt_clocks slt_explain slt_import slt_policy_changes slt_report slt_restamp slt_tickets slt_unmatched)),
	slt_availability_report => 'slt_show_availability', slt_availability_periods => 'slt_show_availability', slt_status_incidents => 'slt_show_incidents', slt_take_events => 'slt_show_events',
	slt_service => 'slt_list_services');
$node->safe_psql('postgres', q{UPDATE slt_targets SET amount = '11 working hours 25 minutes' WHERE contract = 'Priority' AND severity = 'S2' AND metric = 'resolution'; UPDATE slt_holidays SET confirmed = false WHERE day BETWEEN CURRENT_DATE AND CURRENT_DATE + 40});
is(join(' ', grep { !exists $call{$_} } split /\n/, $node->safe_psql('postgres', <<'SQL')), '', 'each view and each function that returns rows is looked at');
SELECT DISTINCT coalesce(p.proname, c.relname) FROM pg_depend d JOIN pg_extension e ON e.extname = 'slt' AND d.refobjid = e.oid
LEFT JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid AND (p.proretset OR p.prorettype = 'record'::regtype OR EXISTS (SELECT FROM pg_class r WHERE r.reltype = p.prorettype)) AND p.pronamespace <> 'zz_slt_internal'::regnamespace
LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relkind = 'v' AND c.relnamespace <> 'zz_slt_internal'::regnamespace
WHERE coalesce(p.oid, c.oid) IS NOT NULL
SQL
my $reference = slurp_file(source_file('doc/reference.md'));
for my $name (sort keys %call)
{
	my $wide = width("SELECT * FROM $name$call{$name};");

	cmp_ok($wide, '>', 20, "$name has something to show") unless $name =~ /^slt_(?:latency|import_incidents)$|^working_days$/;
	if ($wide > 100) { isnt($narrow{$name}, undef, "$name is wide ($wide), and has a narrow form"); }
	else { cmp_ok($wide, '<=', 100, "$name fits"); }
	ok($wide > 100, "$name needs the narrow form that it has") if exists $narrow{$name};
	like($reference, qr/^\*\*Narrow forms\*\*.*?`\Q$narrow{$name}\E\(/ms, 'which the reference names') if exists $narrow{$name} && $narrow{$name} =~ /show/;
}

# ---------- periods are called what they are, in whatever zone the session is ----------

for my $every (qw(day week month quarter year))
{
	my $asked = "SELECT (SELECT string_agg(DISTINCT period, ' ' ORDER BY period) FROM slt_show_report('issues', NULL, '$every') WHERE contract <> ''),
		(SELECT string_agg(period, ' ') FROM slt_show_availability('[2026-01-01 00:00+02, 2026-03-01 00:00+02)', '$every', 'platform'))";
	my $said = $node->safe_psql('postgres', "SET timezone = 'Africa/Cairo'; $asked");

	like($said, qr/^\d{4}/, "periods of a $every");
	is($node->safe_psql('postgres', "SET timezone = '$_'; $asked"), $said, "a $every is called the same in $_") for qw(UTC America/Los_Angeles Asia/Tokyo Pacific/Auckland);
}
is($node->safe_psql('postgres', q{SET timezone = 'UTC'; SELECT string_agg(period, ' ') FROM slt_show_availability('2026-01', 'month')}), '2026-01-01 2026-02-01', 'a month of UTC lies in two months of Cairo');

# ---------- dates, timestamps and periods ----------

# Returns what a statement says: its result, or the message and the hint.
sub says
{
	my ($statement) = @_;
	my ($output, $errors) = ('', '');

	IPC::Run::run([ 'psql', '-XqAt', '-h', $node->host, '-p', $node->port, '-d', 'postgres' ], '<', \"SET timezone = 'Africa/Cairo';\n$statement;\n", '>', \$output, '2>', \$errors);
	return join "\n", $output =~ s/\s+\z//r, map { /(?:ERROR|HINT): +(.*)/ ? $1 : () } split /\n/, $errors if $errors eq '' || $output ne '';
	return join "\n", map { /(ERROR|HINT): +(.*)/ ? $2 : () } split /\n/, $errors;
}

# 23 April 2026 is a Thursday, 25 April Saturday and a holiday: 16 hours on two days
is(says("SELECT working_between($_->[0] '2026-04-23', $_->[0] '2026-04-26')"), '16 working hours', "working_between takes $_->[1]") for [ '', 'texts' ], [ 'date', 'dates' ], [ 'timestamp', 'timestamps' ];
is(says("SELECT working_add($_ '2026-04-23', '1 working day')"), '2026-04-23 17:00:00+02', "working_add: $_") for '', 'date', 'timestamp';
is(says("SELECT slt_deadline($_ '2026-04-23', 'S1', 'Standard', 'response')"), '2026-04-23 13:00:00+02', "slt_deadline: $_") for '', 'date', 'timestamp';
is(says("SELECT is_due($_ '2026-04-23', '1 working day', '[2026-04-23, 2026-04-24)')"), 't', "is_due: $_") for '', 'date', 'timestamp';
is(says("SELECT next_working($_ '2026-04-25'), previous_working($_ '2026-04-25'), is_working($_ '2026-04-25')"), '2026-04-26 09:00:00+03|2026-04-24 17:00:00+03|f', "next_working and its kin: $_") for '', 'date', 'timestamp';
is(says("SET timezone = 'UTC'; SELECT working_between(date '2026-04-23', timestamp '2026-04-23 12:00')"), '5 working hours', 'in the zone of the session');

my $two = '"2026-04-23" and "2026-04-28" are two instants, and a period is one argument' . "\nWrite '[2026-04-23, 2026-04-28)'.";
my %period = (
	working_periods => q{SELECT range_agg(r) FROM (SELECT unnest(working_periods(%s)) r) x}, working_days => 'SELECT count(*) FROM working_days(%s)', slt_report => q{SELECT count(*) > 0 FROM slt_report('issues', %s)},
	slt_availability => 'SELECT slt_availability(%s)', slt_availability_report => 'SELECT count(*) FROM slt_availability_report(%s)', slt_error_budget => 'SELECT allowed IS NOT NULL FROM slt_error_budget(%s)',
	slt_report_page => q{SELECT md5(regexp_replace(slt_report_page('issues', %s), 'As of <time[^<]*</time>', '', 'g'))});
for my $function (sort keys %period)
{
	is(says(sprintf $period{$function}, q{'2026-04-23', '2026-04-28'}), $two, "$function: two dates are refused, with what to write");
	like(says(sprintf $period{$function}, qq{'$_'}), qr/^"\Q$_\E" is not a period\nWrite '2026'/, "$function: $_ is not a period") for '2026-13', '2026-00', '2026-02-30', '2025-02-29', '2026-04-00', '0000';
	like(says(sprintf $period{$function}, q{'april'}), qr/^"april" is not a period\nWrite '2026', .* in brackets: '\[2026-04-01, 2026-05-01\)'\.$/, "$function: and what is no period");
	my $long = says(sprintf $period{$function}, q{'[2026-04-01, 2026-05-01)'});
	is(says(sprintf $period{$function}, q{'2026-04'}), $long, "$function: a month is one, in the session's zone");
	unlike($long, qr/not|error/i, "$function: a range as well");
}
is(says(q{SELECT count(*) FROM working_days('2026-04-23', 'Egypt')}), 1, 'with the name of a calendar behind it');
is(says(q{SELECT working_days('2026', 'Nowhere')}), qq{calendar "Nowhere" does not exist\nKnown calendars are "Egypt". To give a calendar itself instead of a name, write working_calendar '...'.}, 'which is not a date');
is(says(q{SELECT working_periods('2026', NULL) IS NULL, working_periods(NULL::text) IS NULL}), 't|t', 'null is null');
is(says(q{SELECT count(*) > 0 FROM slt_report('issues', NULL)}), 't', 'a report of null is of all');

is(says(q{SELECT slt_clocks('issues')}), "slt_clocks() takes a row of an attached table, not a name\nWrite FROM issues t, slt_clocks(t), or slt_tickets('issues') for all of it.", 'a name where a row is wanted');
is(says(q{SELECT slt_explain('issues', 'resolution')}), "slt_explain() takes a row of an attached table, not a name\nWrite FROM issues t, slt_explain(t, 'resolution').", 'also for an explanation');

is(says(q{SELECT slt_show_clocks('issues')}), "slt_show_clocks() takes a row of an attached table, not a name\nWrite FROM issues t, slt_show_clocks(t), or slt_show_tickets('issues') for all of it.", 'nor in a form for the terminal');
is(says(q{SELECT slt_show_explain('issues', 'resolution')}), "slt_show_explain() takes a row of an attached table, not a name\nWrite FROM issues t, slt_show_explain(t, 'resolution').", 'of either kind');
is(says(qq{SELECT $_('issues', '1', 'response')}), qq{slt_explain() takes when a ticket was opened, its severity and its contract, and "issues" is no time\nOf a ticket that is stored, write FROM issues t, slt_explain(t, 'response') WHERE t.id = '1', or what its key is called.},
	"$_: a table, a key and a metric are told what to write") for qw(slt_explain slt_show_explain);
for my $function (qw(slt_explain slt_show_explain))
{
	my $long = says("SELECT count(*) FROM $function(timestamptz '2026-04-23 16:00+02', 'S1', 'Standard', 'response', NULL)");
	is(says("SELECT count(*) FROM $function($_)"), $long, "$function($_)") for "'2026-04-23 16:00', 'S1', 'Standard', 'response'", "timestamp '2026-04-23 16:00', 'S1', 'Standard', 'response'", "opened_at => '2026-04-23 16:00', metric => 'response', contract => 'Standard', severity => 'S1'",
		"'2026-04-23 16:00', 'S1', 'Standard', 'response', '{}'", "timestamptz '2026-04-23 16:00', severity => 'S1', contract => 'Standard', metric => 'response'";
	is(says("DO 'BEGIN PERFORM set_config(name, ''on'', false) FROM pg_settings WHERE name IN (''force_parallel_mode'', ''debug_parallel_query''); END'; SELECT count(*) FROM $function('2026-04-23 16:00', 'S1', 'Standard', 'response')"), $long, "$function: also where every query is made parallel");
	like(says("SELECT count(*) FROM $function('$_', 'S1', 'Standard')"), qr/^[1-9]\d*$/, "$function: $_ is a time") for 'now', 'Today', 'J2461154', 'Apr 23 2026 16:00', '20260423T160000';
	like(says("SELECT count(*) FROM $function('$_', '1', 'response')"), qr/and "\Q$_\E" is no time\nOf a ticket/, "$function: $_ is a name") for 'public.issues', '"Ticket"', 'tickets2', 'glpi_tickets';
	like(says("SELECT count(*) FROM $function('2026-02-30', 'S1', 'Standard')"), qr/^date\/time field value out of range: "2026-02-30"/, "$function: a date that there is not");
}
is(says("SELECT working_days_in_month($_), working_days_in_month($_, 'Egypt')"), '25|25', "a month as $_") for "'2026-04'", "'2026-04-23'", "date '2026-04-01'";

# ---------- nothing where something is wanted ----------

# of all that people call, none says what only those understand who wrote it
is($node->safe_psql('postgres', <<'SQL'), '', 'nulls for all arguments are null, or an error that says what is missing');
CREATE TABLE said (call text, state text, message text);
DO $$
DECLARE
	f record;
	what text;
BEGIN
	FOR f IN SELECT p.oid::regprocedure AS call, p.prokind, p.proname,
				array_to_string(ARRAY(SELECT CASE a WHEN 'record'::regtype THEN 'ROW(NULL)' ELSE format('NULL::%s', a::regtype) END FROM unnest(p.proargtypes) WITH ORDINALITY x (a, n) ORDER BY n), ', ') AS arguments
		FROM pg_depend d JOIN pg_extension e ON e.extname = 'slt' AND d.refobjid = e.oid JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
		WHERE p.prokind IN ('f', 'p') AND p.pronamespace = e.extnamespace AND p.prorettype <> 'trigger'::regtype AND p.proname NOT IN ('slt_remove_shipped_policy', 'slt_prune_all', 'slt_sweep_all') ORDER BY 1
	LOOP
		BEGIN
			EXECUTE format(CASE f.prokind WHEN 'p' THEN 'CALL %I(%s)' ELSE 'SELECT * FROM %I(%s)' END, f.proname, f.arguments);
			RAISE SQLSTATE 'SLT99';
		EXCEPTION WHEN SQLSTATE 'SLT99' THEN NULL;
		WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS what = MESSAGE_TEXT;
			INSERT INTO said VALUES (f.call, SQLSTATE, what);
		END;
	END LOOP;
END $$;
SELECT concat_ws(' ', call, state, message) FROM said WHERE state NOT IN ('22023', '22004', '42704', '42809', '25001', '42P01') OR message ~* 'null value|with oid|relation';
SQL
is(says(q{SELECT slt_take_events('')}), qq{argument "consumer" is not given\nGive the program that takes events a name.}, 'nor has a consumer an empty name');

# ---------- numbers ----------

is(says(q{SELECT working_hours('2 working days 30 minutes'), abs(working_interval '-3 hours'), working_interval '3 hours' / working_interval '2 hours'}), '16.5|3 working hours|1.5',
	'an amount is a number of hours, and a ratio');

is(says(q{SELECT date_part('day', x), date_part('HOURS', x), date_part('minute', x), date_part('second', x) FROM (SELECT working_interval '2 working days -1:30:15.25') v (x)}), '2|-1|-30|-15.25', 'and has parts');
is(says(q{SELECT date_part('day', working_interval '-infinity'), date_part('hour', working_interval 'infinity') IS NULL}), '-Infinity|t', 'also where it is infinite');
is(says(q{SELECT date_part('week', working_interval '1 day')}), qq{unit "week" not recognized for type working_interval\nSay day, hour, minute or second; working_hours() is all of it as a number.}, 'of which there are four');
is(says(q{SELECT date_part('hour', interval '90 minutes'), date_part('day', date '2026-04-23')}), '1|23', 'PostgreSQL\'s own is as it was');

# ---------- what is not for people is elsewhere ----------

is($node->safe_psql('postgres', <<'SQL'), '', 'only people\'s functions are in the extension\'s schema');
SELECT p.oid::regprocedure FROM pg_depend d JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
WHERE d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'slt') AND p.pronamespace <> 'zz_slt_internal'::regnamespace AND p.proname <> 'slt_stamp'
  AND ('internal'::regtype = ANY (p.proargtypes) OR 'cstring'::regtype = ANY (p.proargtypes) OR p.prorettype IN ('internal'::regtype, 'cstring'::regtype, 'trigger'::regtype)
	   OR EXISTS (SELECT FROM pg_operator o WHERE o.oprcode = p.oid AND p.proname <> 'abs') OR EXISTS (SELECT FROM pg_amproc a WHERE a.amproc = p.oid) OR EXISTS (SELECT FROM pg_cast c WHERE c.castfunc = p.oid)
	   OR EXISTS (SELECT FROM pg_aggregate a WHERE p.oid IN (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn)))
ORDER BY 1
SQL

# psql lists what an extension has by name, and completes names from all schemas that begin so
for my $kind (qw(function table type view))
{
	my @listed = grep { /^\Q$kind\E / } split /\n/, $node->safe_psql('postgres', '\dx+ slt');

	like(join('', map { /^\w+ zz_slt_internal\./ ? 'i' : 'p' } @listed), qr/^p+i+$/, "\\dx+ shows each $kind of people's before those that are slt's own");
}
done_testing();
