#!/usr/bin/perl
# Reads an incident log of anyone's, and writes what the report needs in one form: a row for each change of an incident,
# with the columns of @wanted and times as people wrote them, YYYY-MM-DD HH:MM:SS.  Says on its output which columns it took.
#
# usage: incidents.pl LOG RESULT
#   INCIDENT_COLUMNS  columns by other names: number=Key, opened_at=Created
#   INCIDENT_DATES    DMY, MDY or YMD, where the log itself does not tell which
use strict;
use warnings;
use Encode;
use POSIX 'strftime';
use Time::Local 'timegm';

my ($log, $result) = @ARGV;
my @wanted = (
	[ number => qw(number id key ticket ticket_id ticket_number issue issue_key issue_id incident incident_id case_number reference) ],
	[ incident_state => qw(incident_state state status issue_status) ],
	[ priority => qw(priority prio severity urgency) ],
	[ opened_at => qw(opened_at opened created_at created created_on created_date open_time opened_on opened_date date_opened reported_at start_time started_at) ],
	[ sys_updated_at => qw(sys_updated_at updated_at updated updated_on changed_at changed last_modified) ],
	[ resolved_at => qw(resolved_at resolved solved_at solved resolution_date resolutiondate resolved_on resolved_date date_resolved closed_at closed closed_on closed_date date_closed close_time
	  completed_at end_time ended_at) ],
	[ sys_mod_count => qw(sys_mod_count sequence version) ]);
my %is_needed = map { $_ => 1 } qw(number priority opened_at);

sub fail { die "$log: ", @_, "\n"; }

# Splits a text into records of fields; a quoted field may have delimiters, quotes and line ends in it.
sub records
{
	my ($text, $delimiter) = @_;
	my (@records, @fields);

	while ($text =~ /\G(?:"((?:[^"]|"")*)"|([^"\n\Q$delimiter\E][^\n\Q$delimiter\E]*|))(\Q$delimiter\E|\n|\z)/gc)
	{
		my ($quoted, $plain, $end) = ($1, $2, $3);  # which a substitution would forget

		push @fields, defined $quoted ? $quoted =~ s/""/"/gr : $plain;
		next if $end eq $delimiter;
		push @records, [@fields] if grep { $_ ne '' } @fields;
		@fields = ();
		last if pos $text == length $text;
	}
	fail('a quoted field does not end in the record behind number ', scalar @records) if (pos($text) // 0) < length $text;
	return @records;
}

# Finds which column of the log is which.
sub places
{
	my @header = map { lc =~ s/^\s+|\s+$//gr =~ s/\W+/_/gr } @_;
	my %given = map { /^\s*(\w+)\s*=\s*(.*?)\s*$/ ? ($1 => lc $2 =~ s/\W+/_/gr) : fail("INCIDENT_COLUMNS has \"$_\", which is not of the form number=Key") }
	  split /,/, $ENV{INCIDENT_COLUMNS} // '';
	my %places;

	for my $w (@wanted)
	{
		my ($name, @aliases) = @$w;

		for my $alias (exists $given{$name} ? $given{$name} : @aliases)
		{
			($places{$name}) = grep { $header[$_] eq $alias } 0 .. $#header;
			last if defined $places{$name};
		}
		fail("no column is called \"$given{$name}\"") if exists $given{$name} && !defined $places{$name};
		fail("no column is the $name of an incident; say INCIDENT_COLUMNS='$name=...'. The columns are: ", join(', ', @_)) if $is_needed{$name} && !defined $places{$name};
	}
	fail("no column says when an incident was resolved, nor do two say its state and when that changed; say INCIDENT_COLUMNS='resolved_at=...'. The columns are: ", join(', ', @_))
	  unless defined $places{resolved_at} || defined $places{incident_state} && defined $places{sys_updated_at};
	return %places;
}

# Takes a value; what means "none" is empty.
sub value_of
{
	my ($record, $place) = @_;
	my $value = defined $place ? $record->[$place] // '' : '';

	return $value =~ /^\s*(?:\?|null|none|n\/a|-)?\s*$/i ? '' : $value =~ s/^\s+|\s+$//gr;
}

# Names a state as the report does: one that waits, is over, or has not been looked at begins with Awaiting, is Resolved or Closed, or New.
sub state_of
{
	my ($state) = @_;

	return $state if $state =~ /^(?:Awaiting .*|Resolved|Closed|New)$/;
	return "Awaiting ($state)" if $state =~ /^\W*(?:a?waiting|pending|on[ _-]?hold|stalled|hold|suspended|blocked)\b/i;
	return 'Closed' if $state =~ /^\W*(?:closed|completed?|cancell?ed|rejected|archived)\b/i;
	return 'Resolved' if $state =~ /^\W*(?:resolved|solved|done|fixed)\b/i;
	return $state =~ /^\W*(?:new|open|opened|created|to[ _-]?do|unassigned|registered)\b/i && $state !~ /reopen/i ? 'New' : $state;
}

# Finds out whether the day, the month or a year of two digits comes first: the order that all the dates can be in.
sub date_order
{
	my (@dates) = @_;
	my %can_be = map { $_ => 1 } qw(DMY MDY YMD);
	my $seen;

	for (@dates)
	{
		my ($a, $b, $c) = /^(\d\d?)[-\/.](\d\d?)[-\/.](\d{4}|\d\d)\b/ or next;
		$seen = 1;
		delete $can_be{DMY} if $a > 31 || $b > 12;
		delete $can_be{MDY} if $a > 12 || $b > 31;
		delete $can_be{YMD} if length $c == 4 || length $a == 1 || $b > 12 || $c > 31;
	}
	return '' if !$seen;
	my @orders = sort keys %can_be;
	my $order = uc($ENV{INCIDENT_DATES} || (@orders == 1 ? $orders[0] : ''));
	fail('its dates are in no order that all of them can have') if !@orders;
	fail('every date could be read in more than one order; say ', join(' or ', map { "INCIDENT_DATES=$_" } @orders)) if $order eq '';
	fail("INCIDENT_DATES is $order, but some dates are not in that order") if !$can_be{$order};
	return $order;
}

# Writes a time in one form; one with an offset becomes UTC.  A date alone is its midnight.
sub clock
{
	my ($text, $order, $line) = @_;
	my %month = (jan => 1, feb => 2, mar => 3, apr => 4, may => 5, jun => 6, jul => 7, aug => 8, sep => 9, oct => 10, nov => 11, dec => 12);

	return '' if $text eq '';
	$text = strftime('%Y-%m-%d %H:%M:%S', gmtime substr $text, 0, 10) if $text =~ /^1\d{9}(?:\d{3})?(?:\.\d+)?$/;  # seconds or milliseconds since 1970
	$text =~ s/^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? +)?([A-Z][a-z]{2})[a-z]* +(\d\d?),? +(\d{4})/$2 $1 $3/;    # Apr 23, 2026
	my ($a, $b, $c, $time) = $text =~ /^(\d{1,4})[-\/. ]+(\d\d?|[A-Za-z]{3})[a-z]*[-\/., ]+(\d{1,4})(.*)$/
	  or fail("record $line has \"$text\", which is not read as a time; write 2026-04-23 16:00, 23/04/2026 16:00 or 04/23/2026 4:00 PM");
	my ($hour, $minute, $second, $half, $zone) = (0, 0, 0);
	$time =~ /^(?:[T, ]+(\d\d?):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*([AaPp][Mm])?\s*(Z|UTC|[-+]\d\d(?::?\d\d)?)?)?\s*$/
	  or fail("record $line has \"$text\", of which \"$time\" is not read as a time of day; write 16:00 or 4:00 PM");
	($hour, $minute, $second, $half, $zone) = ($1, $2, $3 // 0, $4, $5) if defined $1;
	my ($year, $month, $day) = length $a == 4 || $b =~ /^\d/ && $order eq 'YMD' ? ($a, $b, $c) : $b =~ /^\d/ && $order eq 'MDY' ? ($c, $a, $b) : ($c, $b, $a);
	$month = $month{ lc $month } // 0 if $month !~ /^\d/;
	$year += 2000 if length $year == 2;
	$hour = $hour % 12 + (lc $half eq 'pm' ? 12 : 0) if defined $half;
	my $at = eval { timegm($second, $minute, $hour, $day, $month - 1, $year) } // fail("record $line has \"$text\", which is no time");
	$at -= "${1}1" * ($2 * 3600 + ($3 // 0) * 60) if ($zone // '') =~ /^([-+])(\d\d):?(\d\d)?$/;
	my @at = gmtime $at;
	return sprintf '%04d-%02d-%02d %02d:%02d:%02d', $at[5] + 1900, $at[4] + 1, @at[ 3, 2, 1, 0 ];
}

open my $in, '<:raw', $log or fail($!);
my $text = do { local $/; <$in> } // '';
# UTF-16 says so itself, what is not UTF-8 is Windows' own
$text = encode('UTF-8', decode('UTF-16', $text)) if $text =~ /^(?:\xff\xfe|\xfe\xff)/;
$text =~ s/^\xef\xbb\xbf//;
$text = encode('UTF-8', decode('cp1252', $text)) unless eval { decode('UTF-8', my $copy = $text, Encode::FB_CROAK); 1 };
$text =~ s/\r\n?/\n/g;
$text =~ s/\A(?:sep=.*)?\n+//;  # as Excel writes it
fail('it is empty; its first line should name its columns') if $text !~ /\S/;
my $first_line = (split /\n/, $text, 2)[0] =~ s/"(?:[^"]|"")*"//gr;
my ($delimiter) = sort { (() = $first_line =~ /\Q$b\E/g) <=> (() = $first_line =~ /\Q$a\E/g) } ',', ';', "\t", '|';
my ($header, @records) = records($text, $delimiter);
my %places = places(@$header);
my @times = qw(opened_at sys_updated_at resolved_at);
my $order = date_order(map { my $r = $_; map { value_of($r, $places{$_}) } @times } @records);

open my $out, '>', $result or die "$result: $!\n";
print $out join(',', map { $_->[0] } @wanted), "\n";
my ($rows, $backwards) = (0, 0);
for my $i (0 .. $#records)
{
	my %row = map { $_->[0] => value_of($records[$i], $places{ $_->[0] }) } @wanted;

	$row{$_} = clock($row{$_}, $order, $i + 1) for @times;
	next if $row{number} eq '' || $row{opened_at} eq '';
	$rows++;
	$backwards++ if $row{resolved_at} ne '' && $row{resolved_at} lt $row{opened_at};
	# a log with one row for each incident has no changes
	if ($row{sys_updated_at} eq '')
	{
		$row{sys_updated_at} = $row{resolved_at} || $row{opened_at};
		$row{incident_state} = '';
	}
	$row{incident_state} = $row{incident_state} eq '' ? $row{resolved_at} eq '' ? 'New' : 'Resolved' : state_of($row{incident_state});
	$row{sys_mod_count} = $i unless $row{sys_mod_count} =~ /^\d{1,9}$/;
	print $out join(',', map { '"' . $row{ $_->[0] } =~ s/"/""/gr . '"' } @wanted), "\n";
}
close $out or die "$result: $!\n";
fail('no row has the number of an incident and when it was opened') if @records && !$rows;
print 'Columns that count: ', join(', ', map { defined $places{ $_->[0] } ? $header->[ $places{ $_->[0] } ] : () } @wanted), ".\n";
print "It has a header, and no incident.\n" unless $rows;
print scalar(@records) - $rows, " rows do not count, as they have no number or no opening.\n" if $rows < @records;
print "It does not say when an incident was answered first, so its resolution counts as that.\n" unless defined $places{sys_updated_at};
print "Resolved before they were opened: $backwards.\n" if $backwards;
print 'Dates are read ', { DMY => 'day', MDY => 'month', YMD => 'year' }->{$order}, " first.\n" if $order;
