# The programs of tools/: holidays from .ics files and lists of holidays, and .ics files of what slt knows, which the library reads again.
use strict;
use warnings;
use IPC::Run;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;

plan skip_all => 'no icalendar, dateutil or psycopg2 for Python (Debian: python3-icalendar, python3-dateutil, python3-psycopg2): tools/ is not run'
  if system('python3 -c "import icalendar, dateutil, psycopg2" 2>/dev/null') != 0;

my $node = new_server('calendar_tools');
my @years = ('--years', '2026-2030');
$node->safe_psql('postgres', <<'SQL');
INSERT INTO slt_calendars (name, calendar) VALUES ('Berlin', 'Europe/Berlin Mo-Fr 09:00-17:00');
INSERT INTO slt_holiday_lists (name) VALUES ('office'), ('empty');
INSERT INTO slt_calendar_lists (calendar, list) VALUES ('Berlin', 'office');
SQL

# Runs a program of tools/ on what it is given; returns its status, output and errors.
sub tool
{
	my ($program, $input, @options) = @_;
	my ($output, $errors) = ('', '');
	local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port, PGDATABASE => 'postgres', PGUSER => value($node, 'SELECT current_user'), LC_ALL => 'C.UTF-8');

	# from a file, as a pipe breaks when a program does not read all of it
	my $file = "$ENV{SLT_WORK}/tmp/calendar_tools_input";
	open my $handle, '>:raw', $file or die;
	print $handle $input;
	close $handle or die;
	IPC::Run::run([ 'python3', source_file("tools/$program"), @options ], '<', $file, '>', \$output, '2>', \$errors, IPC::Run::timeout(240));
	return ($? >> 8, $output, $errors);
}

# Returns a file of test/ics.
sub fixture
{
	my ($name) = @_;

	return slurp_file(source_file("test/ics/$name"));
}

# Writes an .ics file of some events.
sub ics
{
	return join "\r\n", 'BEGIN:VCALENDAR', 'VERSION:2.0', (map { ('BEGIN:VEVENT', @$_, 'END:VEVENT') } @_), "END:VCALENDAR\r\n";
}

# Checks that a program refuses what it is given with one line that says why, in time.
sub refuses
{
	my ($program, $input, $pattern, $name, @options) = @_;
	my ($status, $output, $errors) = tool($program, $input, 'empty', @years, '--write', @options);

	return ok($status == 1 && $errors =~ $pattern && $errors !~ /Traceback/, "refused: $name") || diag("$status $output $errors");
}

# ---------- .ics ----------

my ($status, $output, $errors) = tool('slt-import-ics', fixture('office.ics'), 'office', @years, '--source', 'the office');
is($errors, '', 'a dry run');
like($output, qr/26 added, 0 changed, 0 removed, 0 unchanged\.  Nothing was written/, 'shows what would change');
is(value($node, "SELECT count(*) FROM slt_holidays WHERE list = 'office'"), '0', 'and writes nothing');

($status, $output, $errors) = tool('slt-import-ics', fixture('office.ics'), 'office', @years, '--source', 'the office', '--write');
is($status, 0, 'it writes');
is(value($node, "SELECT day, name, hours, confirmed FROM slt_holidays WHERE list = 'office' ORDER BY day"), <<'ROWS' =~ s/\n\z//r, 'the dates of a file');
2026-01-01|New Year||t
2026-12-28|Shutdown||t
2026-12-29|Shutdown||t
2026-12-30|Shutdown||t
2026-12-31|Shutdown||t
2027-01-01|New Year||t
2027-05-05|A name that is folded and has a comma, a semicolon; and a word||t
2027-05-10|First of two, Second of two||t
2027-05-12|Half a day|13:00-18:00 off|t
2027-05-13|In UTC|13:00-14:30 off|t
2027-05-17|Eid||f
2027-05-21|Newer||t
2027-06-01|Every other month||t
2027-07-02|Every other month||t
2027-07-03|Every other month||t
2027-08-02|Moved||t
2027-09-17|From Friday noon to Monday|12:00-24:00 off|t
2027-09-18|From Friday noon to Monday||t
2027-09-19|From Friday noon to Monday||t
2027-09-20|From Friday noon to Monday|00:00-08:30 off|t
2027-10-01|Every other month||t
2027-10-18|Weekly, by the clock|16:00-17:00 off|t
2027-11-01|Weekly, by the clock|16:00-17:00 off|t
2027-11-08|Weekly, by the clock|16:00-17:00 off|t
2028-01-01|New Year||t
2030-01-01|New Year||t
ROWS
is(value($node, "SET timezone = 'Europe/Berlin'; SELECT working_periods('[2027-05-12, 2027-05-13)', 'Berlin')"),
	'{["2027-05-12 09:00:00+02","2027-05-12 13:00:00+02")}', 'a half day is one');
($status, $output) = tool('slt-import-ics', fixture('office.ics'), 'office', @years, '--source', 'the office', '--write');
is($output, "List \"office\": 0 added, 0 changed, 0 removed, 26 unchanged.\n", 'again: nothing changes');

# a later file: one is gone, one is new, one has another name; and one that somebody else has entered stays as it is
value($node, "INSERT INTO slt_holidays (list, day, name) VALUES ('office', '2027-12-24', 'by hand')");
my $later = fixture('office.ics') =~ s/SUMMARY:Half a day/SUMMARY:Half the day/r =~ s/DTSTART;VALUE=DATE:20270521/DTSTART;VALUE=DATE:20270522/r
  =~ s/DTSTART;VALUE=DATE:20270505/DTSTART;VALUE=DATE:20271224/r;
($status, $output) = tool('slt-import-ics', $later, 'office', @years, '--source', 'the office', '--write');
is($output, <<'OUTPUT', 'what changed');
removed   2027-05-05 A name that is folded and has a comma, a semicolon; and a word
changed   2027-05-12 Half a day (13:00-18:00 off) -> Half the day (13:00-18:00 off)
removed   2027-05-21 Newer
added     2027-05-22 Newer
kept      2027-12-24 by hand, from elsewhere; the file has A name that is folded and has a comma, a semicolon; and a word
List "office": 1 added, 1 changed, 2 removed, 23 unchanged, 1 kept.
OUTPUT
tool('slt-import-ics', $later, 'office', @years, '--source', 'the office', '--write', '--replace');
is(value($node, "SELECT name, source FROM slt_holidays WHERE list = 'office' AND day = '2027-12-24'"),
	'A name that is folded and has a comma, a semicolon; and a word|the office', '--replace takes it');
is(value($node, "SELECT count(*) FROM slt_holidays WHERE list = 'Egypt' AND shipped IS NULL"), '0', 'no other list is touched');


# a file that begins later says nothing of what was before; one date of a series may be cancelled, and one without a UID repeated
my @week = ('UID:a', 'SUMMARY:series', 'DTSTART;VALUE=DATE:20280103', 'RRULE:FREQ=DAILY;COUNT=3');
($status, $output) = tool('slt-import-ics', ics([ @week ], [ 'UID:a', 'STATUS:CANCELLED', 'RECURRENCE-ID;VALUE=DATE:20280104', 'DTSTART;VALUE=DATE:20280104' ]),
	'office', @years, '--source', 'the office');
like($output, qr/^removed   2030-01-01 New Year\nList/m, 'what is behind the first date is removed');
unlike($output, qr/2027/, 'and what is before it stays');
like($output, qr/^added     2028-01-03 series\nadded     2028-01-05 series\n/m, 'a date of a series that is cancelled');

# ---------- times and zones ----------

my $timed = ics([ 'SUMMARY:Party', 'DTSTART:20270512T110000Z', 'DTEND:20270512T120000Z' ]);
refuses('slt-import-ics', $timed, qr/--zone says it/, 'times of no clock');
like((tool('slt-import-ics', $timed, 'empty', @years, '--zone', 'Asia/Tokyo'))[1], qr/added     2027-05-12 Party \(20:00-21:00 off\)/, 'the clock of --zone');
like((tool('slt-import-ics', $timed =~ s/VERSION:2.0/X-WR-TIMEZONE:Africa\/Cairo/r, 'empty', @years))[1], qr/\(14:00-15:00 off\)/, 'the clock of the file');
refuses('slt-import-ics', $timed, qr/no time zone "Mars\/Base"/, 'another planet', '--zone', 'Mars/Base');
like((tool('slt-import-ics', ics([ 'SUMMARY:A', 'DTSTART:20270512T090000', 'DTEND:20270512T100000' ], [ 'SUMMARY:B', 'DTSTART:20270512T150000', 'DTEND:20270512T160000' ]),
	'empty', @years))[1], qr/2027-05-12 A, B \(09:00-10:00,15:00-16:00 off\)/, 'two of a day, without a zone');
like((tool('slt-import-ics', ics([ 'SUMMARY:A', 'DTSTART:20270512T090000', 'DTEND:20270512T100000' ], [ 'SUMMARY:B', 'DTSTART;VALUE=DATE:20270512' ]),
	'empty', @years))[1], qr/2027-05-12 A, B$/m, 'a whole day and a part are a whole day');

# ---------- files that mean no good, or are in a state ----------

my @day = ('DTSTART;VALUE=DATE:20270512');
refuses('slt-import-ics', ics([ 'SUMMARY:' . 'x' x 5_000_000, @day ]), qr/larger than 4 MB/, 'a large file');
refuses('slt-import-ics', "BEGIN:VCALENDAR\n" . "BEGIN:X\n" x 100_000, qr/no calendar|cannot be read|nested/, 'nesting without an end');
refuses('slt-import-ics', ics([ 'SUMMARY:x', 'DTSTART:20270512T000000', 'RRULE:FREQ=SECONDLY' ]), qr/happens too often/, 'each second');
refuses('slt-import-ics', ics([ 'SUMMARY:x', 'DTSTART;VALUE=DATE:20260101', 'RRULE:FREQ=DAILY' ]), qr/more than 5000 dates/, 'each day', '--years', '2026-2060');
($status, $output, $errors) = tool('slt-import-ics', join("\n", 'BEGIN:VCALENDAR', 'BEGIN:VTIMEZONE', 'TZID:Mine', 'BEGIN:STANDARD', 'DTSTART:19000101T000000', 'TZOFFSETFROM:+0100', 'TZOFFSETTO:+0100',
	'RRULE:FREQ=SECONDLY', 'END:STANDARD', 'END:VTIMEZONE', 'END:VCALENDAR'), 'empty', @years, '--max-size', 1);
# later releases of the library look at a zone when an event has it
ok($status == 1 && $errors =~ qr/seconds to read|too much memory/ || $status == 0 && $output =~ /0 added/, 'a zone that changes each second is refused, or not looked at') or diag("$status $output $errors");
like((tool('slt-import-ics', ics([ 'SUMMARY:x', 'DTSTART:20270512T000000', 'RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30' ]), 'empty', @years))[1], qr/0 added/, 'a date that there is not');
refuses('slt-import-ics', '', qr/is no calendar/, 'nothing');
refuses('slt-import-ics', 'hello', qr/not a calendar that can be read/, 'no calendar');
refuses('slt-import-ics', "END:VCALENDAR\n", qr/not a calendar that can be read/, 'an end without a beginning');
refuses('slt-import-ics', ics([ "SUMMARY:F\xeate", @day ]), qr/--encoding says/, 'another encoding');
refuses('slt-import-ics', ics([ 'SUMMARY:x', 'DTSTART;VALUE=DATE:20271332' ]), qr/1 events cannot be read/, 'a date of month 13');
refuses('slt-import-ics', ics([ 'SUMMARY:x', @day, 'RRULE:FREQ=NEVER' ]), qr/1 events cannot be read/, 'an unknown rule');
refuses('slt-import-ics', ics([ 'SUMMARY:x', @day, 'X-SLT-HOURS:whenever' ]), qr/hours|whenever/, 'hours that are none');
($status, $output, $errors) = tool('slt-import-ics', ics([ 'SUMMARY:y', @day ], [ 'SUMMARY:x', 'DTSTART;VALUE=DATE:20270511', 'X-SLT-HOURS:whenever' ]), 'office', @years);
ok($status == 1 && $errors =~ /whenever/, 'a dry run finds what the database refuses, too');
is(value($node, "SELECT count(*) FROM slt_holidays WHERE list = 'empty'"), '0', 'none of them wrote anything');
like((tool('slt-import-ics', ics([ "SUMMARY:F\xeate", @day ]), 'empty', @years, '--encoding', 'windows-1252'))[1], qr/2027-05-12 Fête/, 'which it reads when told');
{
	my $wide = ics([ 'SUMMARY:wide', @day ]);
	like((tool('slt-import-ics', "\xff\xfe" . join('', map { "$_\0" } split //, $wide), 'empty', @years))[1], qr/2027-05-12 wide/, 'UTF-16');
	like((tool('slt-import-ics', "\xef\xbb\xbf$wide", 'empty', @years))[1], qr/2027-05-12 wide/, 'a byte order mark');
}
my $name = q{'); DROP TABLE slt_holidays; --};
($status, $output, $errors) = tool('slt-import-ics', ics([ "SUMMARY:$name\\n\x01" . 'é' x 300, @day ], [ 'SUMMARY:broken', 'DTSTART:x' ]), 'empty', @years, '--write', '--skip-broken', '--source', $name);
like($output, qr/1 added, .* 1 not read\.$/, 'a name that is code, and one event that is broken');
is(value($node, "SELECT source = \$\$$name\$\$ AND starts_with(name, \$\$$name\$\$) AND octet_length(name) BETWEEN 240 AND 250 FROM slt_holidays WHERE list = 'empty'"), 't', 'is a name');
($status, $output, $errors) = tool('slt-import-ics', ics([ 'SUMMARY:x', @day ]), 'nowhere', @years);
like($errors, qr/There is no list "nowhere".  --create makes it/, 'an unknown list');
tool('slt-import-ics', ics([ 'SUMMARY:x', @day ], [ 'SUMMARY:no', 'DESCRIPTION:Observance', 'DTSTART;VALUE=DATE:20270513' ]), 'nowhere', @years, '--create', '--write', '--without', 'observance');
is(value($node, "SELECT string_agg(name, ',') FROM slt_holidays WHERE list = 'nowhere'"), 'x', '--create, --without');
like((tool('slt-import-ics', ics([ 'SUMMARY:x', @day ]), 'office', @years, '--only', 'y'))[1], qr/0 added, 0 changed, 0 removed/, 'a file without dates removes nothing');

# ---------- lists of holidays ----------

($status, $output, $errors) = tool('slt-import-holidays', fixture('python-holidays.json'), 'EG', @years, '--create', '--write', '--source', 'holidays');
is($errors, '', 'python3-holidays');
is(value($node, "SELECT day, name, hours, confirmed FROM slt_holidays WHERE list = 'EG' ORDER BY day"), <<'ROWS' =~ s/\n\z//r, 'its dates');
2027-01-01|New Year's Day||t
2027-03-09|Eid al-Fitr||f
2027-03-10|Eid al-Fitr||f
2027-05-03|Sham El Nessim, Constitution Day||t
ROWS
($status, $output) = tool('slt-import-holidays', fixture('python-holidays.json') =~ s/ \(estimated\)//r, 'EG', @years, '--source', 'holidays', '--write');
is($output, <<'OUTPUT', 'a date that is sure now');
changed   2027-03-09 Eid al-Fitr (not confirmed) -> Eid al-Fitr
List "EG": 0 added, 1 changed, 0 removed, 3 unchanged.
OUTPUT
($status, $output, $errors) = tool('slt-import-holidays', fixture('date-holidays.json'), 'DE', @years, '--create', '--write', '--types', 'public,bank');
is($errors, '', 'date-holidays');
is(value($node, "SELECT day, name, hours, confirmed FROM slt_holidays WHERE list = 'DE' ORDER BY day"), <<'ROWS' =~ s/\n\z//r, 'its dates');
2027-01-01|Neujahr||t
2027-03-09|عيد الفطر||f
2027-03-10|عيد الفطر||f
2027-03-11|عيد الفطر||f
2027-03-28|Ostersonntag||t
2027-10-31|Reformationstag||t
2027-12-24|Heiliger Abend|14:00-24:00 off|t
ROWS
like((tool('slt-import-holidays', fixture('date-holidays.json'), 'DE', @years))[1], qr/^removed   2027-12-24 .*\n.*0 added, 0 changed, 1 removed, 6 unchanged/, 'public ones only');
refuses('slt-import-holidays', $_, qr/no JSON of/, "no holidays: $_") for '', '3', '[1]', '{"a": "b"}', '{"2027-01-01": 3}', '[{"type": "public"}]';
refuses('slt-import-holidays', '[' x 100_000, qr/nested too deep|no JSON/, 'nesting without an end');

# ---------- out ----------

# Has the library read what a program wrote: a line of each event.
sub read_back
{
	my ($written) = @_;
	my ($output, $errors) = ('', '');

	IPC::Run::run([ 'python3', '-c', <<'PYTHON' ], '<', \$written, '>', \$output, '2>', \$errors, IPC::Run::timeout(60));
import icalendar, sys
for event in icalendar.Calendar.from_ical(sys.stdin.buffer.read()).walk("VEVENT"):
    assert event["DTSTAMP"].dt.tzinfo and len(event["UID"]) > 20 and not event.errors
    print(*(getattr(event.get(name), "dt", event.get(name)) for name in ("DTSTART", "DTEND", "SUMMARY", "STATUS", "X-SLT-HOURS")), sep="|")
PYTHON
	is($errors, '', 'the library reads it');
	unlike($written, qr/TZID=UTC/, 'UTC is no TZID');
	return $output;
}

my $written = (tool('slt-export-ics', '', 'holidays', 'office', '--from', '2026-01-01', '--to', '2031-01-01'))[1];
is((tool('slt-import-ics', $written, 'office', @years))[1], "List \"office\": 0 added, 0 changed, 0 removed, 26 unchanged.  Nothing was written; --write writes it.\n",
	'holidays that go out and come in again are the same');
like(read_back($written), qr/^2027-05-12\|2027-05-13\|Half the day\|CONFIRMED\|13:00-18:00 off\n.*^2027-05-17\|2027-05-18\|Eid\|TENTATIVE\|None$/ms, 'as the library has them');
is_deeply([ (tool('slt-export-ics', '', 'holidays', 'office', '--from', '2026-01-01', '--to', '2031-01-01'))[1] =~ /^UID:.*$/mg ], [ $written =~ /^UID:.*$/mg ], 'UIDs stay');
my %uids = map { $_ => 1 } $written =~ /^UID:.*$/mg;
is(scalar keys %uids, 26, 'and are not the same');

is(read_back((tool('slt-export-ics', '', 'hours', 'Berlin', '--from', '2027-05-12', '--to', '2027-05-15'))[1]), <<'EVENTS', 'open hours');
2027-05-12 07:00:00+00:00|2027-05-12 11:00:00+00:00|Berlin|CONFIRMED|None
2027-05-13 07:00:00+00:00|2027-05-13 11:00:00+00:00|Berlin|CONFIRMED|None
2027-05-13 12:30:00+00:00|2027-05-13 15:00:00+00:00|Berlin|CONFIRMED|None
2027-05-14 07:00:00+00:00|2027-05-14 15:00:00+00:00|Berlin|CONFIRMED|None
EVENTS

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE tickets (id int PRIMARY KEY, opened timestamptz, closed timestamptz);
SELECT slt_attach('tickets', opened_at => 'opened', done_at => '{"resolution": "closed"}', metrics => '{resolution}', severity_value => 'S1', contract_value => 'Standard');
INSERT INTO tickets VALUES (1, '2027-02-08 10:00 Africa/Cairo', NULL), (2, '2027-02-08 11:00 Africa/Cairo', '2027-02-08 12:00 Africa/Cairo');
INSERT INTO slt_maintenance (service, during, reason, announced_at) SELECT name, '[2027-02-06 22:00+00, 2027-02-06 23:00+00)', 'new disks; fans', '2027-01-01' FROM slt_services;
INSERT INTO slt_maintenance (service, during) SELECT name, '[2027-03-06 22:00+00,)' FROM slt_services;
SQL
is(read_back((tool('slt-export-ics', '', 'deadlines', 'tickets', '--to', '2028-01-01'))[1]), "2027-02-10 08:00:00+00:00|None|1: resolution|CONFIRMED|None\n", 'deadlines of what is open');
my $service = value($node, 'SELECT name FROM slt_services');
is(read_back((tool('slt-export-ics', '', 'maintenance', '--to', '2028-01-01'))[1]), <<"EVENTS", 'maintenance');
2027-02-06 22:00:00+00:00|2027-02-06 23:00:00+00:00|$service: new disks; fans|CONFIRMED|None
2027-03-06 22:00:00+00:00|None|$service|TENTATIVE|None
EVENTS
for ([ 'hours', 'nowhere', qr/calendar "nowhere" does not exist/ ], [ 'deadlines', 'nowhere', qr/relation "nowhere" does not exist/ ], [ 'holidays', 'no list', qr/no list "no list"/ ])
{
	my ($kind, $of, $message) = @$_;

	($status, $output, $errors) = tool('slt-export-ics', '', $kind, $of);
	ok($status == 1 && $errors =~ $message && $output eq '', "$kind of nothing") or diag("$status $output $errors");
}
done_testing();
