# The demo runs without an error, and what it shows is right.  The deadlines are
# worked out by hand, and the report on an incident log (INCIDENTS=FILE) by other
# means than those of the demo.
use strict;
use warnings;
use Encode;
use IPC::Run;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;

my $node = new_server('demo', bare => 1, conf => "shared_preload_libraries = 'slt'\n");

my $pages = PostgreSQL::Test::Utils::tempdir_short();

# Runs the demo in a new database; returns its exit status, output and errors.
sub run_demo
{
	my ($database, %environment) = @_;
	local %ENV = (
		%ENV, PGHOST => $node->host, PGPORT => $node->port, PGDATABASE => $database,
		PGUSER => value($node, 'SELECT current_user'), DEMO_PAGES => "$pages", %environment);
	my ($output, $errors) = ('', '');

	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'");
	IPC::Run::run([ 'bash', source_file('test/demo/demo.sh') ], '<', \undef, '>', \$output, '2>', \$errors);
	return ($? >> 8, $output, $errors);
}

# Checks that a table of the output has a row with these cells, side by side.
sub has_row
{
	my ($output, $cells, $name) = @_;
	my $row = join '\s*\|\s*', map { quotemeta } @$cells;

	like($output, qr/^\|\s*(?:\S.*\|\s*)?$row\s*\|/m, $name);
	return;
}

my ($status, $output, $errors) = run_demo('plain_demo', LC_ALL => 'C', INCIDENTS => '');

# ---------- that it runs ----------

is($status, 0, 'the demo succeeds');
is($errors, '', 'without a message');
unlike($output, qr/ERROR|NOTICE|WARNING/, 'nor one in its output');
like($output, qr/^\Q$_\E$/m, "heading: $_")
  for 'slt: working time and deadlines in PostgreSQL', '1. A ticket becomes late while you watch', '2. The life of a ticket', '3. The monthly report',
  '4. Two pages: the report for a customer, the status for everyone', '5. The policy it comes with', '6. Tickets, and when they fall due', '7. A deadline explained',
  '8. A holiday decreed late', '9. How fast';
unlike($output, qr/A real incident log$/m, 'no report without an incident log');
like($output, qr/INCIDENTS=FILE make demo/, 'but how to have one');
like($output, qr/^Read on in README\.md\.\n\z/m, 'and where to read on');
my $page = PostgreSQL::Test::Utils::slurp_file("$pages/status.html");
like($page, qr{^<!doctype html>.*A certificate had run out\..*</html>\s*\z}msi, 'the status page is a file');
like(PostgreSQL::Test::Utils::slurp_file("$pages/report.html"), qr{^<!doctype html>.*Standard.*</html>\s*\z}msi, 'the report page as well');
like($output, qr/^  \Q$pages\E$/m, 'and it says where');
like($output, qr/^Nothing is left but the pages in \Q$pages\E\n.*\n\z/m, 'also at the end');
like($output, qr/: +\d+ ms\n.*: +\d+ ms$/m, 'two times are taken');
unlike($output, qr/[^\n]{100}/, 'no line is wider than 99 columns');
unlike($output, qr/[^\n -~]/, 'in a locale without UTF-8 it is plain ASCII');

# ---------- that its figures are right ----------
#
# Open Sunday to Friday 09:00-17:00, 8 hours a day; closed Saturdays and, in 2026,
# for Eid from Thursday 19 to Monday 23 March.  10 February 2026 is a Tuesday.

has_row($output, [ 'Standard', 'S1 Critical', '4 working hours', '2 working days' ], 'the policy: Standard, S1');
has_row($output, [ 'Standard', 'S3 Low', '2 working days', '5 working days' ], 'the policy: Standard, S3');
has_row($output, [ 'Priority', 'S1 Critical', '2 working hours', '8 working hours' ], 'the policy: Priority, S1');
has_row($output, [ 'Priority', 'S3 Low', '1 working day', '3 working days' ], 'the policy: Priority, S3');

# 4 hours after 10:00 is 14:00; 2 working days after Tuesday is Thursday, at the same time of day
has_row($output, [ 1, 'in working hours', 'Standard S1', 'Tue 10 Feb 10:00', 'Tue 10 Feb 14:00', 'Thu 12 Feb 10:00' ], 'ticket 1');

# at night the clock starts at 09:00: 2 hours are over at 11:00, and 8 at closing, which is the
# earliest instant with 8 hours worked (definition 3: not the next opening)
has_row($output, [ 2, 'late at night', 'Priority S1', 'Tue 10 Feb 22:30', 'Wed 11 Feb 11:00', 'Wed 11 Feb 17:00' ], 'ticket 2');

# 1 of the 8 hours on Friday, Saturday is off, the other 7 on Sunday until 16:00;
# the 3 working days are Sunday, Monday, Tuesday
has_row($output, [ 3, 'Friday afternoon', 'Standard S2', 'Fri 13 Feb 16:00', 'Sun 15 Feb 16:00', 'Tue 17 Feb 16:00' ], 'ticket 3');

# from Sunday 09:00: 4 hours to 13:00; 2 working days lead to Tuesday 09:00, and the earliest
# instant with as much working time is the closing of Monday (definition 4)
has_row($output, [ 4, 'on Saturday', 'Priority S2', 'Sat 14 Feb 11:20', 'Sun 15 Feb 13:00', 'Mon 16 Feb 17:00' ], 'ticket 4');

# the working days after Wednesday 18 March are 24, 25, 26, 27 (Friday) and 29 (Sunday)
has_row($output, [ 5, 'before Eid', 'Standard S3', 'Wed 18 Mar 15:00', 'Wed 25 Mar 15:00', 'Sun 29 Mar 15:00' ], 'ticket 5');

# half an hour is left on the 18th: 1:30 of 2 and 7:30 of 8 hours remain for the 24th
has_row($output, [ 6, 'before Eid', 'Priority S1', 'Wed 18 Mar 16:30', 'Tue 24 Mar 10:30', 'Tue 24 Mar 16:30' ], 'ticket 6');

# 2 hours on Thursday and 2 on Friday 24 April, whose missing hour is at night; the working days are
# Friday and Sunday (Saturday is off, and Sinai Liberation Day), and Monday for ticket 8
has_row($output, [ 7, 'before clock change', 'Standard S1', 'Thu 23 Apr 15:00', 'Fri 24 Apr 11:00', 'Sun 26 Apr 15:00' ], 'ticket 7');
has_row($output, [ 8, 'before clock change', 'Priority S3', 'Thu 23 Apr 15:00', 'Fri 24 Apr 15:00', 'Mon 27 Apr 15:00' ], 'ticket 8');
is(value($node, q{SELECT timestamptz '2026-04-24 11:00' - timestamptz '2026-04-23 15:00'}), '19:00:00', 'and between the two 19 hours pass');

# 2 working days from Wednesday 15:00 are up on Wednesday 25 March at 15:00 without the pause; its 2:30 are
# all working time, of which 2 hours fit in before closing: 09:30 on Thursday
has_row($output, [ 'Wed 18 Mar 15:00', 'Wed 18 Mar 17:00', 'working', '2:00', '14:00' ], 'explained: the first afternoon');
has_row($output, [ 'Thu 19 Mar 00:00', 'Tue 24 Mar 00:00', 'holiday: Eid al-Fitr', '', '14:00' ], 'explained: the holiday');
has_row($output, [ 'Tue 24 Mar 10:00', 'Tue 24 Mar 12:30', 'paused', '', '13:00' ], 'explained: the pause');
has_row($output, [ 'Thu 26 Mar 09:00', 'Thu 26 Mar 09:30', 'working', '0:30', '0:00' ], 'explained: the last half hour');
like($output, qr/adds up to 16:00 hours, which is 2 working days\. Due Thu 26 Mar 09:30\./, 'explained: the sum');

# with the 24th closed, all that was due on it or later in March moves by a working day: tickets 5 and 6
my ($late) = $output =~ /^8\. (.*?)^9\. /ms;
has_row($late, [ 5, 'Standard S3', 'response', 'Wed 25 Mar 15:00', 'Thu 26 Mar 15:00' ], 'late holiday: response to ticket 5');
has_row($late, [ 5, 'Standard S3', 'resolution', 'Sun 29 Mar 15:00', 'Mon 30 Mar 15:00' ], 'late holiday: resolution of ticket 5');
has_row($late, [ 6, 'Priority S1', 'response', 'Tue 24 Mar 10:30', 'Wed 25 Mar 10:30' ], 'late holiday: response to ticket 6');
has_row($late, [ 6, 'Priority S1', 'resolution', 'Tue 24 Mar 16:30', 'Wed 25 Mar 16:30' ], 'late holiday: resolution of ticket 6');
is(scalar(() = $late =~ /^\| \d /mg), 4, 'late holiday: nothing else moves');
like($late, qr/the other 6 tickets stay/, 'late holiday: and it says so');

# ---------- the ticket table of an application ----------

# 8 June 2026 is a Monday.  Priority promises 8 hours for S1: to Tuesday at 10:00; waiting from 11:00 to 16:30 takes
# 5 1/2 hours of it: to 15:30.  2 working days for S2 lead to Wednesday at 10:00, and the pause to 15:30.
my ($tickets) = $output =~ /^1\. (.*?)^4\. /ms;
has_row($tickets, [ 'Mon 10:00  opened, priority 85, plan gold', 'Tue 09 Jun 10:00', '' ], 'a ticket: opened');
has_row($tickets, [ 'Mon 11:00  answered, and waiting for the customer', 'infinity', '' ], 'a ticket: paused');
has_row($tickets, [ 'Mon 16:30  the customer has answered', 'Tue 09 Jun 15:30', '' ], 'a ticket: goes on');
has_row($tickets, [ 'Tue 10:00  priority 55', 'Wed 10 Jun 15:30', '' ], 'a ticket: of another severity');
has_row($tickets, [ 'Wed 15:00  resolved', 'Wed 10 Jun 15:30', 'yes' ], 'a ticket: resolved in time');
like($tickets, qr/slt_resolution_due, slt_resolution_met, slt_response_due, slt_response_met,\s+slt_resolution_runs, slt_response_runs, slt_status_at, slt_status_became, slt_announce_at/, 'the columns that were added');

# what the explanation shows: ticket 1 came on Thursday 1 January 2026 at 09:27, with 3 working days of 8 hours for S2; of these, 7:33 on Thursday
has_row($tickets, [ '2026-01-01 09:27', '2026-01-01 17:00', 'working', '7:33', '16:27' ], 'a ticket of the table is explained');
has_row($tickets, [ '2026-01-05 09:00', '2026-01-05 09:27', 'working', '0:27', '0:00' ], 'to its deadline');
has_row($tickets, [ 4711, 'resolution', 'breached' ], 'the hotline\'s ticket is late');

# Counts the notifications, which say that there is news, and come from another process.
sub notified
{
	my ($text) = @_;

	return scalar(() = $text =~ /^Asynchronous\s+notification\s+"slt"\s+received\s+from\s+server\s+process/msg);
}
like($tickets, qr/working\s*\|\s*4 working seconds\s*\|\s*0 working hours/, 'and is explained');
is(notified($tickets), 2, 'news of the hotline\'s ticket is heard of twice');
has_row($tickets, [ 4711, 'resolution', $_ ], "and was taken: $_") for 'at risk', 'breached';
is($node->safe_psql('plain_demo', q{SELECT string_agg(kind, ', ' ORDER BY announced_at) FROM slt_events WHERE key = '4711'}), 'at risk, breached', 'the hotline\'s ticket is announced twice');
is($node->safe_psql('plain_demo', q{SELECT bool_and(announced_at >= due) FROM slt_events WHERE kind = 'breached'}), 't', 'a breach when it has happened');
like($tickets, qr/^The background worker of slt sleeps/m, 'by the background worker');

# The report again, from the deadlines that the tickets were given without a trigger, and working_between().
my $report = $node->safe_psql('plain_demo', <<'SQL');
-- the tickets were stamped before the holiday was decreed
BEGIN;
DELETE FROM slt_holidays WHERE source = 'a decree, for the demo';
SELECT to_char(opened, 'Mon YYYY'), contract, 'S1', count(*), count(*) FILTER (WHERE met), count(*) FILTER (WHERE NOT met), round(100.0 * count(*) FILTER (WHERE met) / count(*), 1),
	to_char(percentile_disc(0.5) WITHIN GROUP (ORDER BY took), 'FMHH24:MI'), to_char(percentile_disc(0.9) WITHIN GROUP (ORDER BY took), 'FMHH24:MI')
FROM (SELECT opened AT TIME ZONE 'Africa/Cairo' AS opened, contract, done <= slt_deadline(opened, 'S1', contract) AS met, working_between(opened, done, 'Egypt')::interval AS took
	  FROM issues, LATERAL (SELECT created AT TIME ZONE 'UTC', resolved AT TIME ZONE 'UTC', CASE plan WHEN 'gold' THEN 'Priority' ELSE 'Standard' END) x (opened, done, contract)
	  WHERE priority >= 80 AND id <= 3000 AND opened < '2026-07-01 00:00 Africa/Cairo') t
GROUP BY date_trunc('month', opened), 1, contract ORDER BY date_trunc('month', opened), contract
SQL
my $months = join "\n", map { /^\| ((?:Jan|Feb|Mar|Apr|May|Jun) 2026 .*?) *\|$/ ? $1 =~ s/ *\| +/|/gr : () } split /\n/, $tickets;
is($months, $report, 'the monthly report');
is(scalar(() = $months =~ /^/mg), 12, 'of six months and two contracts');
like($months, qr/\|(?!0\|)\d+\|[\d.]+\|[\d:]+\|[\d:]+$/m, 'in which not all is well');

# without the worker the demo sweeps itself
$node->append_conf('postgresql.conf', 'slt.worker = off');
$node->reload;
($status, $output, $errors) = run_demo('no_worker', LC_ALL => 'C', INCIDENTS => '');
is($status, 0, 'without the background worker it succeeds as well');
is($errors, '', 'without a message');
like($output, qr/^slt_sweep_all\(\) finds what is late/m, 'and says what it does instead');
is(notified($output), 2, 'with the same notifications');
$node->append_conf('postgresql.conf', 'slt.worker = on');
$node->reload;

# ---------- that it stops at an error ----------

($status, $output, $errors) = run_demo('no_log', LC_ALL => 'C', INCIDENTS => "$ENV{SLT_WORK}/no/such/file");
isnt($status, 0, 'an incident log that is not there is an error');
like($errors, qr/cannot read INCIDENTS=/, 'which is said');

my $bad_log = "$ENV{SLT_WORK}/tmp/bad_log.csv";
PostgreSQL::Test::Utils::append_to_file($bad_log, "number,incident_state\nINC1,New\n");
($status, $output, $errors) = run_demo('bad_log', LC_ALL => 'C.UTF-8', INCIDENTS => $bad_log, INCIDENT_COLUMNS => '');
isnt($status, 0, 'an incident log of another form is an error');
like($errors, qr/no column is the priority of an incident; say INCIDENT_COLUMNS=/, 'which says what to give');
is($output, '', 'before anything is shown');
($status, $output, $errors) = run_demo('unicode', LC_ALL => 'C.UTF-8', INCIDENTS => '');
like($output, qr/^\xe2\x94\x8c/m, 'in a UTF-8 locale tables have lines');

# ---------- that it reads the log of anyone ----------

# Has a log read; returns what it became, and what is said of it.
sub read_log
{
	my ($text, %environment) = @_;
	local %ENV = (%ENV, INCIDENT_COLUMNS => '', INCIDENT_DATES => '', %environment);
	my ($said, $complained) = ('', '');
	my $file = "$ENV{SLT_WORK}/tmp/log.csv";

	unlink $file;
	PostgreSQL::Test::Utils::append_to_file($file, $text);
	IPC::Run::run([ $^X, source_file('test/demo/incidents.pl'), $file, "$file.read" ], '<', \undef, '>', \$said, '2>', \$complained);
	return ((split /\n/, PostgreSQL::Test::Utils::slurp_file("$file.read"), 2)[1], $said) if $? == 0;
	return ('', $complained =~ s/^.*?: //r);
}
my ($read, $said) = read_log("\xef\xbb\xbfKey;Created;Resolved;Priority\r\nA-1;04/23/2026 4:00 PM;;\"a; \"\"b\"\"\"\r\nA-2;04/03/2026 12:05 AM;04/04/2026 9:00 AM;High\r\n",
	INCIDENT_COLUMNS => 'number=Key');
is($read, qq{"A-1","New","a; ""b""","2026-04-23 16:00:00","2026-04-23 16:00:00","","0"\n"A-2","Resolved","High","2026-04-03 00:05:00","2026-04-04 09:00:00","2026-04-04 09:00:00","1"\n},
	'with a byte order mark, semicolons, the month first, and no states');
is($said, "Columns that count: Key, Priority, Created, Resolved.\nIt does not say when an incident was answered first, so its resolution counts as that.\nDates are read month first.\n", 'and says how');
is((read_log("id,state,priority,opened_at,updated\n1,New,2,2026-04-23T16:00:00.5+02:00\n"))[0], qq{"1","New","2","2026-04-23 14:00:00","2026-04-23 14:00:00","","0"\n}, 'with offsets from UTC');
like((read_log("id,state,priority,opened_at,updated\n1,New,2,03/04/2026 10:00\n"))[1], qr/could be read in more than one order; say INCIDENT_DATES=DMY or INCIDENT_DATES=MDY/, 'and asks where dates can be either');
is((read_log("id,state,priority,opened_at,updated\n1,New,2,03/04/2026 10:00\n", INCIDENT_DATES => 'MDY'))[0], qq{"1","New","2","2026-03-04 10:00:00","2026-03-04 10:00:00","","0"\n}, 'as it is told');
like((read_log("id,state,priority,opened_at,updated\n1,New,2,13/04/2026 10:00\n", INCIDENT_DATES => 'MDY'))[1], qr/some dates are not in that order/, 'if that can be');
like((read_log("id,state,priority,opened_at,updated\n1,New,2,yesterday\n"))[1], qr/record 1 has "yesterday", which is not read as a time/, 'and refuses what is no time');
is_deeply([ read_log("id,state,priority,opened_at,updated_at\n") ], [ '', "Columns that count: id, state, priority, opened_at, updated_at.\nIt has a header, and no incident.\n" ], 'a header alone is a log');
like((read_log(''))[1], qr/it is empty; its first line/, 'and nothing at all is none');
my $ticket_log = "Issue key;Status;Priority;Created;Resolved\nA-1;Done;High;23/Apr/26 4:00 PM;24/Apr/26 9:30 AM\nA-2;In Progress;Low;2026-04-23;\n";
is_deeply([ read_log("sep=;\n$ticket_log") ], [ <<'LOG', <<'SAID' ], 'names of months, and dates alone; what is in progress was not answered at its opening');
"A-1","Resolved","High","2026-04-23 16:00:00","2026-04-24 09:30:00","2026-04-24 09:30:00","0"
"A-2","New","Low","2026-04-23 00:00:00","2026-04-23 00:00:00","","1"
LOG
Columns that count: Issue key, Status, Priority, Created, Resolved.
It does not say when an incident was answered first, so its resolution counts as that.
SAID
is((read_log(Encode::encode('UTF-16', $ticket_log)))[0], (read_log($ticket_log))[0], 'UTF-16 as well');
is((read_log("id,state,priority,opened_at,updated_at\n1,On hold,\xfcbel,2026-04-23 16:00,2026-04-23 16:00\n"))[0],
	qq{"1","Awaiting (On hold)","\xc3\xbcbel","2026-04-23 16:00:00","2026-04-23 16:00:00","","0"\n}, 'and what Windows writes; states of other names');
is((read_log(qq{id,summary,priority,created,resolved\n1,"two\nlines; ""q""",high,2026-04-23 16:00,2026-04-24 16:00\n}))[0],
	qq{"1","Resolved","high","2026-04-23 16:00:00","2026-04-24 16:00:00","2026-04-24 16:00:00","0"\n}, 'a field of several lines, with quotes in it, ends where it ends');
is_deeply([ (read_log("id,priority,created,resolved\n1,high,$_->[0]\n"))[0] =~ /"(2026[^"]*)","2026[^"]*","(2026[^"]*)"/ ], [ '2026-04-23 16:00:00', '2026-04-24 16:00:00' ], "times $_->[1]")
  for [ '1776960000,1777046400000', 'in seconds and milliseconds' ], [ '"Apr 23, 2026 4:00 PM","Friday, April 24, 2026 4:00 PM"', 'of America' ],
  [ '23/Apr/2026 16:00,24-April-2026 16:00:00', 'with names of months' ], [ '2026-04-23T16:00:00Z,2026-04-24T18:00:00+0200', 'of ISO 8601' ];
like((read_log("id,priority,created,resolved\n1,high,26/04/23 16:00,26/04/24 16:00\n"))[1], qr/say INCIDENT_DATES=DMY or INCIDENT_DATES=YMD$/m, 'a year of two digits may come first, so it asks');
like((read_log("id,priority,created,resolved\n1,high,26/04/23 16:00,26/04/24 16:00\n", INCIDENT_DATES => 'YMD'))[0], qr/"2026-04-23 16:00:00","2026-04-24 16:00:00"/, 'and reads it so when it is told');
like((read_log("id,priority,created,resolved\n1,high,13/04/2026,04/13/2026\n"))[1], qr/in no order that all of them can have/, 'dates of two orders are refused');
like((read_log("id,priority,created,resolved\n1,high,2026-04-24 16:00,2026-04-23 16:00\n"))[1], qr/^Resolved before they were opened: 1\.$/m, 'what was resolved before it was opened is told');
like((read_log("id,state,priority,opened_at\n1,New,2,2026-04-23 16:00\n"))[1], qr/no column says when an incident was resolved/, 'a log that tells no end is none');

# ---------- logs in which there is little ----------

for my $log ([ 'header', "number,incident_state,priority,opened_at,sys_updated_at\n", qr/^It has a header, and no incident\.$/m ],
	[ 'in_time', "Key;Created;Resolved;Priority\nA-1;2026-04-23 16:00;2026-04-23 16:30;High\n", qr/^\| all +\| +1 \| +1 \| +100\.0 \| +1 \| +100\.0 \|/m ],
	[ 'severity', "Key;Created;Resolved;Severity\nA-1;2026-04-23 16:00;2026-04-23 16:30;Sev 1\n", qr/^\| Sev 1 \(S1\) +\|/m ],
	[ 'open', "Key;Created;Resolved;Priority\nA-1;2026-04-23 16:00;;High\n", qr/^\| all +\| +1 \| +0 \| +0\.0 \| +0 \| +0\.0 \|/m ])
{
	my ($name, $text, $expected) = @$log;
	my $file = "$ENV{SLT_WORK}/tmp/little_$name.csv";
	unlink $file;
	PostgreSQL::Test::Utils::append_to_file($file, $text);
	($status, $output, $errors) = run_demo("little_$name", LC_ALL => 'C', INCIDENTS => $file, INCIDENT_COLUMNS => '', INCIDENT_DATES => '');
	is("$status $errors", '0 ', "a log of one kind succeeds: $name");
	like($output, $expected, 'with what there is to say');
	unlike($output, qr/[^\n]{100}/, 'in 99 columns');
}

# ---------- an incident log ----------

SKIP:
{
	skip 'no incident log given in INCIDENTS', 1 unless $ENV{INCIDENTS};

	# the log as it is read, which is tested above
	my $read_log = "$ENV{SLT_WORK}/tmp/incidents.csv";
	run_command([ $^X, source_file('test/demo/incidents.pl'), $ENV{INCIDENTS}, $read_log ]);
	open my $log, '<', $read_log or die "$read_log: $!";
	chomp(my $header = <$log>);
	my (%numbers, $events);
	while (my $line = <$log>)
	{
		$numbers{ (split /,/, $line)[0] } = 1;
		$events++;
	}
	close $log;

	($status, $output, $errors) = run_demo('with_log', LC_ALL => 'C');
	is($status, 0, 'the demo with an incident log succeeds');
	is($errors, '', 'without a message');
	like($output, qr/^10\. A real incident log$/m, 'and reports');
	is($output =~ /^Source: (.*)$/m ? $1 : undef, $ENV{INCIDENT_SOURCE}, 'and credits whom it is told, if anyone');
	unlike($output, qr/[^\n]{100}/, 'no line is wider than 99 columns');
	skip 'there is a header alone', 1 unless $events;
	like($output, qr/^Events: [\d,]+, incidents: /m, 'it counts the events');
	is(($output =~ /^Events: ([\d,]+), /m)[0] =~ s/,//gr, $events, 'all of them');

	my ($report) = $output =~ /^10\. (.*)/ms;
	my %rows = map { /^\| +(\S.*?) +\| +(\d+) \| +(\d+) \| +([\d.]+) \| +(\d+) \| +([\d.]+) \|/ ? ($1 => [ $2, $3, $4, $5, $6 ]) : () } split /\n/, $report;
	my $all = $rows{all};
	my @priorities = grep { /\(S[123]\)$/ } keys %rows;
	my @months = grep { /^\d{4}-\d\d$/ } keys %rows;

	is($all->[0], scalar keys %numbers, 'all incidents are judged');
	for my $kind ([ priority => @priorities ], [ month => @months ])
	{
		my ($by, @groups) = @$kind;
		for my $column ([ 0, 'incidents' ], [ 1, 'in time under Standard' ], [ 3, 'in time under Priority' ])
		{
			my $sum = 0;
			$sum += $rows{$_}[ $column->[0] ] for @groups;
			is($sum, $all->[ $column->[0] ], "by $by, the $column->[1] add up");
		}
	}

	# Priority 3 again, without deadlines: an incident is late if the target was used up before it
	# was resolved, so count the open time until just before, that no pause covers.  A working day
	# is 8 hours; S2 has 3 of them under Standard and 2 under Priority.
	my $table = join ', ', map { "$_ text" } split /,/, $header;
	my $judged = $node->safe_psql('with_log', <<"SQL");
CREATE TABLE log ($table, line bigserial);
\\copy log (@{[ $header ]}) FROM '$read_log' WITH (FORMAT csv, HEADER, FORCE_NULL (resolved_at))
ALTER TABLE log ALTER opened_at TYPE timestamptz USING opened_at::timestamptz, ALTER resolved_at TYPE timestamptz USING resolved_at::timestamptz,
	ALTER sys_updated_at TYPE timestamptz USING sys_updated_at::timestamptz, ALTER sys_mod_count TYPE int USING sys_mod_count::int;
CREATE TABLE numbered AS SELECT *, row_number() OVER (PARTITION BY number ORDER BY sys_updated_at, sys_mod_count) AS n,
	incident_state ~ '^Awaiting ' AS waits FROM log;
CREATE INDEX ON numbered (number, n);
WITH moderate AS (
	SELECT number, opened_at, coalesce(resolved_at, (SELECT sys_updated_at FROM numbered r WHERE r.number = l.number
													 AND r.incident_state IN ('Resolved', 'Closed') ORDER BY n LIMIT 1)) AS resolved_at
	FROM numbered l
	WHERE priority ~ '^3' AND NOT EXISTS (SELECT FROM numbered later WHERE later.number = l.number AND later.n > l.n)
), pauses AS (
	SELECT number, range_agg(tstzrange(sys_updated_at, (SELECT sys_updated_at FROM numbered later WHERE later.number = e.number
														AND later.n > e.n AND NOT later.waits ORDER BY n LIMIT 1))) AS paused
	FROM numbered e WHERE waits GROUP BY number
), worked AS (
	SELECT number, resolved_at, coalesce((
		SELECT sum(upper(open) - lower(open))
		FROM unnest(working_periods(tstzrange(opened_at, greatest(opened_at, resolved_at - interval '1 microsecond')), 'Egypt')
					- coalesce(paused, '{}')) AS open), '0') AS hours
	FROM moderate LEFT JOIN pauses USING (number)
)
SELECT count(*), count(*) FILTER (WHERE hours < '24 hours' AND resolved_at IS NOT NULL),
	count(*) FILTER (WHERE hours < '16 hours' AND resolved_at IS NOT NULL)
FROM worked
SQL
	my @moderate = map { $rows{$_} } grep { /^3/ } @priorities;
	is($judged, @moderate ? join('|', @{ $moderate[0] }[ 0, 1, 3 ]) : '0|0|0', 'priority 3, judged by the open time without the pauses') if @moderate < 2;
}
done_testing();
