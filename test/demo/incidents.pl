#!/usr/bin/perl
# Reads an incident log of anyone's, and writes what the report needs in one form: a row for each change of an incident,
# with the columns of @wanted and times as people wrote them, YYYY-MM-DD HH:MM:SS.  Says on its output which columns it took.
#
# usage: incidents.pl LOG RESULT
#   INCIDENT_COLUMNS  columns by other names: number=Key, opened_at=Created
#   INCIDENT_DATES    DMY or MDY, where the log itself does not tell which
use strict;
use warnings;
use Time::Local 'timegm';

my ($log, $result) = @ARGV;
my @wanted = (
	[ number => qw(number id key ticket ticket_id issue issue_key incident incident_id) ],
	[ incident_state => qw(incident_state state status) ],
	[ priority => qw(priority severity) ],
	[ opened_at => qw(opened_at opened created_at created created_date open_time) ],
	[ sys_updated_at => qw(sys_updated_at updated_at updated changed_at changed last_modified) ],
	[ resolved_at => qw(resolved_at resolved solved_at solved resolution_date closed_at closed close_time) ],
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
		push @fields, defined $1 ? $1 =~ s/""/"/gr : $2;
		next if $3 eq $delimiter;
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
	fail('neither a column for the state of an incident nor one for when it was resolved') unless defined $places{incident_state} || defined $places{resolved_at};
	return %places;
}

# Takes a value; what means "none" is empty.
sub value_of
{
	my ($record, $place) = @_;
	my $value = defined $place ? $record->[$place] // '' : '';

	return $value =~ /^\s*(?:\?|null|none|n\/a|-)?\s*$/i ? '' : $value =~ s/^\s+|\s+$//gr;
}

# Finds out whether the day or the month comes first, from all the dates that could be either.
sub date_order
{
	my (@dates) = @_;
	my ($first, $second) = (0, 0);

	for (grep { $_ ne '' } @dates)
	{
		my ($a, $b) = /^(\d\d?)[-\/.](\d\d?)[-\/.]\d{4}\b/ or next;
		$first = $a if $a > $first;
		$second = $b if $b > $second;
	}
	return '' if !$first;
	my $order = uc($ENV{INCIDENT_DATES} || ($first > 12 ? 'DMY' : $second > 12 ? 'MDY' : ''));
	fail('every date could be day first or month first; say INCIDENT_DATES=DMY or INCIDENT_DATES=MDY') if $order eq '';
	fail("INCIDENT_DATES is $order, but some dates are not in that order") if $order eq 'DMY' ? $second > 12 : $first > 12;
	return $order;
}

# Writes a time in one form; one with an offset becomes UTC.
sub clock
{
	my ($text, $order, $line) = @_;

	return '' if $text eq '';
	my ($a, $b, $c, $hour, $minute, $second, $half, $zone) =
	  $text =~ /^(\d{1,4})[-\/.](\d\d?)[-\/.](\d{1,4})[T ]+(\d\d?):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*([AaPp][Mm])?\s*(Z|[-+]\d\d:?\d\d)?$/
	  or fail("record $line has \"$text\", which is not read as a time; write 2026-04-23 16:00, 23/04/2026 16:00 or 04/23/2026 4:00 PM");
	my ($year, $month, $day) = length $a == 4 ? ($a, $b, $c) : $order eq 'MDY' ? ($c, $a, $b) : ($c, $b, $a);
	$hour = $hour % 12 + (lc $half eq 'pm' ? 12 : 0) if defined $half;
	my $at = eval { timegm($second // 0, $minute, $hour, $day, $month - 1, $year) } // fail("record $line has \"$text\", which is no time");
	$at -= "${1}1" * ($2 * 3600 + $3 * 60) if ($zone // '') =~ /^([-+])(\d\d):?(\d\d)$/;
	my @at = gmtime $at;
	return sprintf '%04d-%02d-%02d %02d:%02d:%02d', $at[5] + 1900, $at[4] + 1, @at[ 3, 2, 1, 0 ];
}

open my $in, '<:raw', $log or fail($!);
my $text = do { local $/; <$in> } // '';
$text =~ s/^\xef\xbb\xbf//;
$text =~ s/\r\n?/\n/g;
fail('it is UTF-16; save it as UTF-8') if $text =~ /^(?:\xff\xfe|\xfe\xff)/;
my ($first_line) = $text =~ /^([^\n]*)/;
my ($delimiter) = sort { (() = $first_line =~ /\Q$b\E/g) <=> (() = $first_line =~ /\Q$a\E/g) } ',', ';', "\t", '|';
my ($header, @records) = records($text, $delimiter);
fail('there is a header at most, and no incident') unless @records;
my %places = places(@$header);
my @times = qw(opened_at sys_updated_at resolved_at);
my $order = date_order(map { my $r = $_; map { value_of($r, $places{$_}) } @times } @records);

open my $out, '>', $result or die "$result: $!\n";
print $out join(',', map { $_->[0] } @wanted), "\n";
my $rows = 0;
for my $i (0 .. $#records)
{
	my %row = map { $_->[0] => value_of($records[$i], $places{ $_->[0] }) } @wanted;

	$row{$_} = clock($row{$_}, $order, $i + 1) for @times;
	next if $row{number} eq '' || $row{opened_at} eq '';
	$rows++;
	# a log with one row for each incident has no changes
	$row{sys_updated_at} = $row{resolved_at} || $row{opened_at} if $row{sys_updated_at} eq '';
	$row{incident_state} = $row{resolved_at} eq '' ? 'New' : 'Resolved' if $row{incident_state} eq '';
	$row{sys_mod_count} = $i unless $row{sys_mod_count} =~ /^\d{1,9}$/;
	print $out join(',', map { '"' . $row{ $_->[0] } =~ s/"/""/gr . '"' } @wanted), "\n";
}
close $out or die "$result: $!\n";
fail('no row has the number of an incident and when it was opened') unless $rows;
print 'Columns that count: ', join(', ', map { defined $places{ $_->[0] } ? $header->[ $places{ $_->[0] } ] : () } @wanted), ".\n";
print 'Dates are read ', $order eq 'DMY' ? 'day first' : 'month first', ".\n" if $order;
