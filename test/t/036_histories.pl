# Histories of tickets, for people to review: what happened when, and what is stamped then.  Each is replayed on tables that
# keep their times in different ways, and on a partitioned one.
#
# Expected stamps are worked out by hand: support is open Sunday to Friday 09:00-17:00 in Cairo.  The time that does not
# count is asked of slt_clocks().  Clocks of other kinds (restart, once), late news and cancellations: 043 and 044.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;

my $node = new_server('histories', bare => 1);
my $stamps = q{shown.stamp(slt_response_due, slt_response_met) || ' | ' || shown.stamp(slt_resolution_due, slt_resolution_met)};

# ---------- histories ----------

# Reads the histories: a name for each, and steps of what was written when and what is there then.
sub histories
{
	my (@histories, @columns);

	while (my $line = readline(DATA))
	{
		chomp $line;
		next if $line =~ /^\s*(#|$)/;
		if ($line !~ /\|/) { push @histories, { name => $line, steps => [] }; @columns = ('-', '-', '-'); next; }
		my ($at, $set, @expected) = map { s/^\s+|\s+$//gr } split /\|/, $line, -1;
		for my $i (0 .. 2) { $columns[$i] = $expected[$i] if defined $expected[$i] && $expected[$i] ne ''; }
		push @{ $histories[-1]{steps} }, { at => $at, set => $set, expected => join ' | ', @columns };
	}
	return @histories;
}

# Writes a value of a step as SQL for a table; instants in the form that its columns have.
sub value_sql
{
	my ($kind, $column, $value) = @_;

	if ($column =~ /^(opened|responded|resolved|changed)$/)
	{
		return $kind->{unset} if $value eq '-';
		return sprintf $kind->{instant}, time_sql($value);
	}
	return 'NULL' if $value eq '-';
	return "ARRAY[" . join(', ', map { time_sql($_) } split / *, */, $value) . ']' if $column eq 'slt_status_at';
	return "ARRAY[" . join(', ', map { "'$_'" } split / *, */, $value) . ']' if $column eq 'slt_status_became';
	return "'$value'";
}

# Writes a step as a statement.
sub statement
{
	my ($table, $kind, $step, $is_first) = @_;
	my %value = (changed => $step->{at}, $is_first ? (opened => $step->{at}) : ());

	while ($step->{set} =~ /(\w+)=(.*?)(?=\s+\w+=|$)/g) { $value{$1} = $2 eq '@' ? $step->{at} : $2; }
	if ($is_first && $kind->{unset} ne 'NULL')
	{
		$value{$_} //= '-' for qw(responded resolved);
	}
	my @columns = sort keys %value;
	my @values = map { value_sql($kind, $_, $value{$_}) } @columns;

	return "INSERT INTO $table (" . join(', ', @columns) . ') VALUES (' . join(', ', @values) . ');' if $is_first;
	return "UPDATE $table SET " . join(', ', map { "$columns[$_] = $values[$_]" } 0 .. $#columns) . ' WHERE id = (SELECT max(id) FROM ' . "$table);";
}

# Replays histories on a table in one session, each in a transaction that is rolled back, and compares each step.
sub replay
{
	my ($table, $kind, @histories) = @_;
	my $script = '';

	for my $history (@histories)
	{
		my @steps = @{ $history->{steps} };

		$script .= "\\echo ==\n\\warn ==\nBEGIN;\n";
		for my $i (0 .. $#steps)
		{
			$script .= statement($table, $kind, $steps[$i], $i == 0) . "\n";
			$script .= "SELECT '$steps[$i]{at}: ' || $stamps || ' | ' || (SELECT shown.pauses(paused) FROM slt_clocks(t) WHERE metric = 'resolution') FROM $table t;\n";
		}
		$script .= "ROLLBACK;\n";
	}
	my ($got, $messages) = run_sql($node, 'histories', $script, go_on => 1);
	my (undef, @got) = split /^==\n/m, "$got\n";
	my (undef, @messages) = split /^==\n/m, "$messages\n";

	for my $history (@histories)
	{
		my $said = shift(@messages) // '';

		is(shift @got, join('', map { "$_->{at}: $_->{expected}\n" } @{ $history->{steps} }), "$kind->{name}: $history->{name}") or note($said);
		unlike($said, qr/ERROR|FATAL/, "$kind->{name}: $history->{name}: no error");
	}
	return;
}

my @kinds = (
	{ name => 'timestamptz', instant => '%s', unset => 'NULL' },
	{ name => 'timestamp in UTC', instant => q{(%s AT TIME ZONE 'UTC')}, unset => q{'1970-01-01'}, type => 'timestamp',
	  attach => q{, time_zone => 'UTC', unset => '1970-01-01'} },
	{ name => 'timestamp in Cairo', instant => q{(%s AT TIME ZONE 'Africa/Cairo')}, unset => 'NULL', type => 'timestamp(0)', attach => q{, time_zone => 'Africa/Cairo'} },
	{ name => 'epoch', instant => 'extract(epoch FROM %s)::bigint', unset => '0', type => 'bigint', attach => q{, unset => '0'} },
	{ name => 'milliseconds', instant => '(extract(epoch FROM %s) * 1000)::bigint', unset => '-1', type => 'bigint', attach => q{, unset => '-1', time_unit => 'milliseconds'} },
	{ name => 'microseconds', instant => '(extract(epoch FROM %s) * 1000000)::bigint', unset => 'NULL', type => 'bigint', attach => q{, time_unit => 'microseconds'} },
	{ name => 'partitioned by status', instant => '%s', unset => 'NULL', partitioned => 1 });

new_database($node, 'histories');
for my $kind (@kinds)
{
	my $table = "t_$kind->{name}" =~ s/\W/_/gr;

	if ($kind->{partitioned})
	{
		$node->safe_psql('histories', <<"SQL");
CREATE TABLE $table (id int NOT NULL DEFAULT 1, opened timestamptz, severity text, contract text, status text DEFAULT 'open',
	responded timestamptz, resolved timestamptz, changed timestamptz, note text) PARTITION BY LIST (status);
CREATE TABLE ${table}_paused (note text, changed timestamptz, gone int, status text DEFAULT 'open', resolved timestamptz, responded timestamptz, contract text,
	severity text, opened timestamptz, id int NOT NULL);
ALTER TABLE ${table}_paused DROP COLUMN gone;
ALTER TABLE $table ATTACH PARTITION ${table}_paused FOR VALUES IN ('stalled', 'waiting');
SELECT slt_attach('$table', 'opened', severity => 'severity', contract => 'contract', key => 'id', changed_at => 'changed',
	done_at => '{"response": "responded", "resolution": "resolved"}', status => 'status', paused_when => '{stalled,waiting}');
CREATE TABLE ${table}_other PARTITION OF $table DEFAULT;
SQL
	}
	else { make_tickets($node, 'histories', $table, type => $kind->{type}, attach => q{, changed_at => 'changed'} . ($kind->{attach} // '')); }
	$kind->{table} = $table;
}
my @histories = histories();
replay($_->{table}, $_, @histories) for @kinds;
done_testing();

__DATA__
# Each history has a name and then steps: when (the value of changed, and of opened in the first step) | what is written |
# response due and met | resolution due and met | pauses.  A first step is an INSERT, the others are UPDATEs.
# "@" is the step's instant, "-" is null or unset, and an empty cell says "as in the line above".
#
# Standard: S1 response 4 hours, resolution 2 days; S2 8 hours, 3 days; S3 2 days, 5 days
# Priority: S1 2 hours, 8 hours; S2 4 hours, 2 days; S3 1 day, 3 days
# February 2026 begins on a Sunday; Saturdays are closed.  Holidays: Thu 01-29, Thu 03-19 to Mon 03-23, Sat 04-25.

# ---------- stamping

stamped on insert
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -

labels and names in any case
Mon 02-02 10:00 | severity=CRITICAL contract=standard | Mon 02-02 14:00 | Wed 02-04 10:00

opened when closed: both count from Sunday 09:00, and 16 hours are used up at Monday's closing
Fri 02-06 18:00 | severity=S1 contract=Standard | Sun 02-08 13:00 | Mon 02-09 17:00

opened on the morning before a holiday: Thursday is closed
Wed 01-28 10:00 | severity=S1 contract=Standard | Wed 01-28 14:00 | Sun 02-01 10:00

an update of what is not read
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Mon 02-02 11:00 | note=hello |
Mon 02-02 12:00 | status=new |

opening is corrected: from 09:00, 16 hours are used up at Tuesday's closing
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00
Mon 02-02 11:00 | opened=Mon 02-02 09:00 | Mon 02-02 13:00 | Tue 02-03 17:00

opening is not known at first
Mon 02-02 10:00 | severity=S1 contract=Standard opened=- | - | -
Mon 02-02 11:00 | opened=Mon 02-02 10:00 | Mon 02-02 14:00 | Wed 02-04 10:00

across the clock change in Cairo on Friday 04-24 at 00:00
Thu 04-23 10:00 | severity=S1 contract=Standard | Thu 04-23 14:00 | Sun 04-26 10:00

# ---------- met

a response in time
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00
Mon 02-02 11:00 | responded=@ | Mon 02-02 14:00 yes

exactly at the deadline is in time
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00
Mon 02-02 14:00 | responded=@ | Mon 02-02 14:00 yes
Wed 02-04 10:00 | resolved=@ | | Wed 02-04 10:00 yes

a second later is not
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00
Mon 02-02 14:00:01 | responded=@ | Mon 02-02 14:00 no
Wed 02-04 10:00:01 | resolved=@ | | Wed 02-04 10:00 no

done from the start
Mon 02-02 10:00 | severity=S1 contract=Standard responded=@ resolved=Wed 02-04 11:00 | Mon 02-02 14:00 yes | Wed 02-04 10:00 no

done before it was opened
Mon 02-02 10:00 | severity=S1 contract=Standard resolved=Mon 02-02 09:30 | Mon 02-02 14:00 yes | Wed 02-04 10:00 yes | -

the time of resolution is corrected: no reopening, no pause
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Wed 02-04 12:00 | resolved=@ | Mon 02-02 14:00 no | Wed 02-04 10:00 no
Wed 02-04 13:00 | resolved=Wed 02-04 09:00 |  | Wed 02-04 10:00 yes
Wed 02-04 14:00 | resolved=Wed 02-04 11:00 |  | Wed 02-04 10:00 no

# ---------- reopening

reopened: three hours between resolution and reopening do not count
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Tue 02-03 12:00 | resolved=@ status=resolved | Mon 02-02 14:00 no | Wed 02-04 10:00 yes
Tue 02-03 15:00 | resolved=- status=open | Mon 02-02 14:00 | Wed 02-04 13:00 | Tue 02-03 12:00 .. Tue 02-03 15:00
Wed 02-04 13:00 | resolved=@ status=resolved | Mon 02-02 14:00 no | Wed 02-04 13:00 yes

reopened after a weekend: six hours were left, from Sunday 10:00
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Tue 02-03 12:00 | resolved=@ status=resolved | Mon 02-02 14:00 no | Wed 02-04 10:00 yes
Sun 02-08 10:00 | resolved=- status=open | Mon 02-02 14:00 | Sun 02-08 16:00 | Tue 02-03 12:00 .. Sun 02-08 10:00

reopened twice: 1 hour and half an hour
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Mon 02-02 12:00 | resolved=@ status=resolved | Mon 02-02 14:00 yes | Wed 02-04 10:00 yes
Mon 02-02 13:00 | resolved=- status=open | Mon 02-02 14:00 | Wed 02-04 11:00 | Mon 02-02 12:00 .. Mon 02-02 13:00
Mon 02-02 14:00 | resolved=@ status=resolved | Mon 02-02 14:00 yes | Wed 02-04 11:00 yes
Mon 02-02 14:30 | resolved=- status=open | Mon 02-02 14:00 | Wed 02-04 11:30 | Mon 02-02 12:00 .. Mon 02-02 13:00, Mon 02-02 14:00 .. Mon 02-02 14:30
Wed 02-04 11:31 | resolved=@ status=resolved | Mon 02-02 14:00 no | Wed 02-04 11:30 no

reopened after a late resolution: the deadline was over before
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Wed 02-04 12:00 | resolved=@ status=resolved | Mon 02-02 14:00 no | Wed 02-04 10:00 no
Wed 02-04 14:00 | resolved=- status=open | Mon 02-02 14:00 | Wed 02-04 10:00 | Wed 02-04 12:00 .. Wed 02-04 14:00

reopened into a pause: the time since it was resolved does not count either
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Tue 02-03 12:00 | resolved=@ status=resolved | Mon 02-02 14:00 no | Wed 02-04 10:00 yes
Tue 02-03 13:00 | resolved=- status=stalled | Mon 02-02 14:00 | infinity | Tue 02-03 12:00 ..
Tue 02-03 14:00 | status=open |  | Wed 02-04 12:00 | Tue 02-03 12:00 .. Tue 02-03 14:00

a first response that is taken back: response does not pause, so nothing moves
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Mon 02-02 11:00 | responded=@ | Mon 02-02 14:00 yes
Mon 02-02 12:00 | responded=- | Mon 02-02 14:00 | Wed 02-04 10:00 | -

# ---------- pauses

paused for two hours: resolution moves, response does not
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Mon 02-02 11:00 | status=stalled | | infinity | Mon 02-02 11:00 ..
Mon 02-02 13:00 | status=open | | Wed 02-04 12:00 | Mon 02-02 11:00 .. Mon 02-02 13:00

an update of what is not read, while paused
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Mon 02-02 11:00 | status=stalled | | infinity | Mon 02-02 11:00 ..
Mon 02-02 12:00 | note=hello |
Mon 02-02 13:00 | status=open note=there | | Wed 02-04 12:00 | Mon 02-02 11:00 .. Mon 02-02 13:00

over a night: ten minutes before closing and half an hour after opening
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Mon 02-02 16:50 | status=stalled | | infinity | Mon 02-02 16:50 ..
Tue 02-03 09:30 | status=open | | Wed 02-04 10:40 | Mon 02-02 16:50 .. Tue 02-03 09:30

outside hours only: nothing moves
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Mon 02-02 17:30 | status=stalled | | infinity | Mon 02-02 17:30 ..
Tue 02-03 08:30 | status=open | | Wed 02-04 10:00 | Mon 02-02 17:30 .. Tue 02-03 08:30

across a weekend: an hour on Friday, an hour on Sunday
Thu 02-05 10:00 | severity=S1 contract=Standard | Thu 02-05 14:00 | Sun 02-08 10:00 | -
Fri 02-06 16:00 | status=stalled | | infinity | Fri 02-06 16:00 ..
Sun 02-08 10:00 | status=open | | Sun 02-08 12:00 | Fri 02-06 16:00 .. Sun 02-08 10:00

across a holiday: two hours on Wednesday, half an hour on Friday
Tue 01-27 10:00 | severity=S1 contract=Standard | Tue 01-27 14:00 | Fri 01-30 10:00 | -
Wed 01-28 15:00 | status=stalled | | infinity | Wed 01-28 15:00 ..
Fri 01-30 09:30 | status=open | | Fri 01-30 12:30 | Wed 01-28 15:00 .. Fri 01-30 09:30

across five days of holidays and a weekend: five hours before, three after
Wed 03-18 10:00 | severity=S1 contract=Standard | Wed 03-18 14:00 | Wed 03-25 10:00 | -
Wed 03-18 12:00 | status=stalled | | infinity | Wed 03-18 12:00 ..
Tue 03-24 12:00 | status=open | | Thu 03-26 10:00 | Wed 03-18 12:00 .. Tue 03-24 12:00

across the clock change: an hour on Thursday, an hour on Friday
Thu 04-23 10:00 | severity=S1 contract=Standard | Thu 04-23 14:00 | Sun 04-26 10:00 | -
Thu 04-23 16:00 | status=stalled | | infinity | Thu 04-23 16:00 ..
Fri 04-24 10:00 | status=open | | Sun 04-26 12:00 | Thu 04-23 16:00 .. Fri 04-24 10:00

a target in hours: 7 on Monday, 1 on Tuesday, and an hour's pause
Mon 02-02 10:00 | severity=S1 contract=Priority | Mon 02-02 12:00 | Tue 02-03 10:00 | -
Mon 02-02 11:00 | status=stalled | | infinity | Mon 02-02 11:00 ..
Mon 02-02 12:00 | status=open | | Tue 02-03 11:00 | Mon 02-02 11:00 .. Mon 02-02 12:00

opened paused: paused since opening
Mon 02-02 10:00 | severity=S1 contract=Standard status=stalled | Mon 02-02 14:00 | infinity | Mon 02-02 10:00 ..
Mon 02-02 12:00 | status=open | | Wed 02-04 12:00 | Mon 02-02 10:00 .. Mon 02-02 12:00

arrives paused, an hour after its opening
Mon 02-02 11:00 | severity=S1 contract=Standard status=stalled opened=Mon 02-02 10:00 | Mon 02-02 14:00 | infinity | Mon 02-02 11:00 ..
Mon 02-02 12:00 | status=open | | Wed 02-04 11:00 | Mon 02-02 11:00 .. Mon 02-02 12:00

arrives paused, said to have changed before it was opened: paused since opening
Mon 02-02 09:30 | severity=S1 contract=Standard status=stalled opened=Mon 02-02 10:00 | Mon 02-02 14:00 | infinity | Mon 02-02 10:00 ..

paused and resolved in one update
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Mon 02-02 15:00 | status=stalled resolved=@ | Mon 02-02 14:00 no | Wed 02-04 10:00 yes
Mon 02-02 16:00 | status=resolved |

paused and resolved in one update, too late
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Wed 02-04 10:01 | status=stalled resolved=@ | Mon 02-02 14:00 no | Wed 02-04 10:00 no

resolved while paused: 15 hours were left, 5 on Thursday, 8 on Friday, 2 on Sunday
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Mon 02-02 11:00 | status=stalled |  | infinity | Mon 02-02 11:00 ..
Thu 02-05 12:00 | status=resolved resolved=@ | Mon 02-02 14:00 no | Sun 02-08 11:00 yes | Mon 02-02 11:00 .. Thu 02-05 12:00

resolved while paused, and the status changes later
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Mon 02-02 11:00 | status=stalled |  | infinity | Mon 02-02 11:00 ..
Mon 02-02 12:00 | resolved=@ | Mon 02-02 14:00 yes | Wed 02-04 11:00 yes | Mon 02-02 11:00 .. Mon 02-02 12:00
Mon 02-02 13:00 | status=resolved |

two pauses within a minute
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Mon 02-02 11:00:00 | status=stalled | | infinity | Mon 02-02 11:00 ..
Mon 02-02 11:00:20 | status=open | | Wed 02-04 10:00:20 | Mon 02-02 11:00 .. Mon 02-02 11:00:20
Mon 02-02 11:00:30 | status=stalled | | infinity | Mon 02-02 11:00 .. Mon 02-02 11:00:20, Mon 02-02 11:00:30 ..
Mon 02-02 11:00:50 | status=open | | Wed 02-04 10:00:40 | Mon 02-02 11:00 .. Mon 02-02 11:00:20, Mon 02-02 11:00:30 .. Mon 02-02 11:00:50

two pauses that begin at one instant
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Mon 02-02 11:00 | status=stalled | | infinity | Mon 02-02 11:00 ..
Mon 02-02 11:00 | status=open | | Wed 02-04 10:00 | -
Mon 02-02 11:00 | status=stalled | | infinity | Mon 02-02 11:00 ..
Mon 02-02 11:30 | status=open | | Wed 02-04 10:30 | Mon 02-02 11:00 .. Mon 02-02 11:30

from one paused status to another: one pause
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Mon 02-02 11:00 | status=stalled | | infinity | Mon 02-02 11:00 ..
Mon 02-02 12:00 | status=waiting | | infinity | Mon 02-02 11:00 ..
Mon 02-02 13:00 | status=open | | Wed 02-04 12:00 | Mon 02-02 11:00 .. Mon 02-02 13:00

a pause after the deadline does not undo a breach
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Wed 02-04 12:00 | status=stalled |  |  | Wed 02-04 12:00 ..
Wed 02-04 15:00 | status=open |  |  | Wed 02-04 12:00 .. Wed 02-04 15:00
Wed 02-04 16:00 | resolved=@ | Mon 02-02 14:00 no | Wed 02-04 10:00 no

a pause from the deadline on
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Wed 02-04 10:00 | status=stalled | | Wed 02-04 10:00 | Wed 02-04 10:00 ..

a pause from a second before the deadline on
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Wed 02-04 09:59:59 | status=stalled | | infinity | Wed 02-04 09:59:59 ..
Wed 02-04 10:59:59 | status=open | | Wed 02-04 11:00 | Wed 02-04 09:59:59 .. Wed 02-04 10:59:59

the second of two pauses begins after the first deadline, before the one that the first has moved
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Wed 02-04 09:00 | status=stalled | | infinity | Wed 02-04 09:00 ..
Wed 02-04 11:00 | status=open | | Wed 02-04 12:00 | Wed 02-04 09:00 .. Wed 02-04 11:00
Wed 02-04 11:30 | status=stalled | | infinity | Wed 02-04 09:00 .. Wed 02-04 11:00, Wed 02-04 11:30 ..
Wed 02-04 12:30 | status=open | | Wed 02-04 13:00 | Wed 02-04 09:00 .. Wed 02-04 11:00, Wed 02-04 11:30 .. Wed 02-04 12:30

statuses that do not pause
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Mon 02-02 11:00 | status=new |
Mon 02-02 12:00 | status=zzz |

the clock of changed goes backwards: the pause is the last in time, and holds, whatever the column says
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Mon 02-02 12:00 | status=stalled |  | infinity | Mon 02-02 12:00 ..
Mon 02-02 11:00 | status=open |

changed goes back into an earlier pause, whose end is later and holds
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Mon 02-02 11:00 | status=stalled |  | infinity | Mon 02-02 11:00 ..
Mon 02-02 13:00 | status=open |  | Wed 02-04 12:00 | Mon 02-02 11:00 .. Mon 02-02 13:00
Mon 02-02 12:00 | status=stalled |
Mon 02-02 14:00 | status=open |

the history of the status is corrected by hand, and forgotten
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Mon 02-02 11:00 | status=stalled | | infinity | Mon 02-02 11:00 ..
Mon 02-02 13:00 | status=open | | Wed 02-04 12:00 | Mon 02-02 11:00 .. Mon 02-02 13:00
Mon 02-02 14:00 | slt_status_at=Mon 02-02 10:00, Mon 02-02 11:00, Mon 02-02 11:30 slt_status_became=open, stalled, open | | Wed 02-04 10:30 | Mon 02-02 11:00 .. Mon 02-02 11:30
Mon 02-02 15:00 | slt_status_at=- slt_status_became=- | | Wed 02-04 10:00 | -

a pause is added by hand, which makes a late resolution one in time
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Wed 02-04 11:00 | resolved=@ | Mon 02-02 14:00 no | Wed 02-04 10:00 no
Wed 02-04 12:00 | slt_status_at=Mon 02-02 10:00, Mon 02-02 15:00, Mon 02-02 16:00 slt_status_became=open, stalled, open |  | Wed 02-04 11:00 yes | Mon 02-02 15:00 .. Mon 02-02 16:00

# ---------- another severity or contract

severity and contract change after a pause: the pause stays
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Mon 02-02 11:00 | status=stalled | | infinity | Mon 02-02 11:00 ..
Mon 02-02 12:00 | status=open | | Wed 02-04 11:00 | Mon 02-02 11:00 .. Mon 02-02 12:00
Mon 02-02 13:00 | severity=S2 | Tue 02-03 10:00 | Thu 02-05 11:00 | Mon 02-02 11:00 .. Mon 02-02 12:00
Mon 02-02 14:00 | contract=Priority | Mon 02-02 14:00 | Wed 02-04 11:00 | Mon 02-02 11:00 .. Mon 02-02 12:00

severity changes in a pause
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Mon 02-02 11:00 | status=stalled | | infinity | Mon 02-02 11:00 ..
Mon 02-02 12:00 | severity=S2 | Tue 02-03 10:00 | infinity | Mon 02-02 11:00 ..
Mon 02-02 13:00 | status=open | Tue 02-03 10:00 | Thu 02-05 12:00 | Mon 02-02 11:00 .. Mon 02-02 13:00

severity and status change in one update
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00 | -
Mon 02-02 11:00 | status=stalled severity=S2 | Tue 02-03 10:00 | infinity | Mon 02-02 11:00 ..
Mon 02-02 12:00 | status=open severity=S1 | Mon 02-02 14:00 | Wed 02-04 11:00 | Mon 02-02 11:00 .. Mon 02-02 12:00

a pause that came after the shorter deadline moves the longer one
Mon 02-02 10:00 | severity=S1 contract=Priority | Mon 02-02 12:00 | Tue 02-03 10:00 | -
Tue 02-03 11:00 | status=stalled | | Tue 02-03 10:00 | Tue 02-03 11:00 ..
Tue 02-03 12:00 | status=open | | Tue 02-03 10:00 | Tue 02-03 11:00 .. Tue 02-03 12:00
Tue 02-03 13:00 | contract=Standard | Mon 02-02 14:00 | Wed 02-04 11:00 | Tue 02-03 11:00 .. Tue 02-03 12:00

a stricter contract makes a response late that was in time
Mon 02-02 10:00 | severity=S1 contract=Standard | Mon 02-02 14:00 | Wed 02-04 10:00
Mon 02-02 13:00 | responded=@ | Mon 02-02 14:00 yes
Mon 02-02 15:00 | contract=Priority | Mon 02-02 12:00 no | Tue 02-03 10:00
Mon 02-02 16:00 | severity=S3 | Tue 02-03 10:00 yes | Thu 02-05 10:00

an unknown severity leaves no deadline, and keeps the pauses for the right one
Mon 02-02 10:00 | severity=S9 contract=Standard | - | - | -
Mon 02-02 11:00 | status=stalled |
Mon 02-02 12:00 | status=open responded=@ |
Mon 02-02 13:00 | severity=S1 | Mon 02-02 14:00 yes | Wed 02-04 11:00 | Mon 02-02 11:00 .. Mon 02-02 12:00
Mon 02-02 14:00 | contract=Gold | - | - | -
Mon 02-02 15:00 | contract=- |
Mon 02-02 16:00 | contract=Standard | Mon 02-02 14:00 yes | Wed 02-04 11:00 | Mon 02-02 11:00 .. Mon 02-02 12:00

no severity at first
Mon 02-02 10:00 | contract=Standard | - | - | -
Mon 02-02 10:01 | severity=S1 | Mon 02-02 14:00 | Wed 02-04 10:00 | -
