# A time zone as a list of stretches with a constant offset, read from the system's TZif files.
#
# Stretch number i is [starts[i], starts[i + 1]) with offsets[i]; the first one has no beginning, the last one no
# end. This is all the judge knows about time zones: what the wall clock shows at an instant.
package Judge::Zone;

use v5.36;
use Judge::Clock;

our $directory = '/usr/share/zoneinfo';

use constant UNIX_EPOCH => -946_684_800;         # 1970-01-01 in seconds since 2000-01-01
use constant LAST_RULE_YEAR => 2436;             # the footer's yearly rule is written out up to here
use constant LONG_AGO => FIRST_INSTANT - 10 * DAY;

my %zones;

# Returns the zone with that IANA name, reading its file at the first call.
sub named ($class, $name)
{
	return $zones{$name} //= $class->_read($name);
}

# Reads one zone: the transitions in its file, then those of the yearly rule in the file's footer.
sub _read ($class, $name)
{
	-d $directory
		or die "no time zone data in $directory: install the package tzdata, or name its place with --zoneinfo\n";
	$name =~ m{^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$} && -f "$directory/$name"
		or die "time zone $name is not in $directory: install the package tzdata (and tzdata-legacy for old names)\n";
	open my $file, '<:raw', "$directory/$name" or die "cannot read $directory/$name: $!\n";
	my $data = do { local $/; readline $file };
	close $file;

	my $zone = bless { name => $name, starts => [LONG_AGO], offsets => [] }, $class;
	my $footer = $zone->_read_transitions($data);
	$zone->_append_rule($footer);
	return $zone;
}

# Takes the transitions from the 64-bit part of a TZif file and returns the footer's TZ string.
sub _read_transitions ($zone, $data)
{
	my $header = 44;
	my ($magic, $version, @old) = unpack 'a4 a1 x15 N6', $data;
	die "$zone->{name}: not a TZif file of version 2 or later\n" if $magic ne 'TZif' || $version lt '2';
	my $start = $header + $old[3] * 5 + $old[4] * 6 + $old[5] + $old[2] * 8 + $old[1] + $old[0];
	my (undef, undef, $isut, $isstd, $leaps, $times, $types, $chars) = unpack "x$start a4 a1 x15 N6", $data;

	my $at = $start + $header;
	my @times = unpack "x$at (q>)$times", $data;
	my @kinds = unpack 'x' . ($at + 8 * $times) . " C$times", $data;
	my @offsets = map { unpack 'x' . ($at + 9 * $times + 6 * $_) . ' l>', $data } 0 .. $types - 1;

	$zone->{offsets}[0] = $offsets[0] * SECOND;
	for my $i (0 .. $times - 1)
	{
		my $when = ($times[$i] + UNIX_EPOCH) * SECOND;
		$zone->_change($when, $offsets[ $kinds[$i] ] * SECOND) if $times[$i] > -210_000_000_000;
	}
	my $footer = substr $data, $at + 9 * $times + 6 * $types + $chars + 12 * $leaps + $isstd + $isut;
	return $footer =~ s/^\n([^\n]*)\n.*/$1/sr;
}

# Adds one change of the offset; what does not change the offset is not a transition to the judge.
sub _change ($zone, $when, $offset)
{
	return if $offset == $zone->{offsets}[-1];
	push @{ $zone->{starts} }, $when;
	push @{ $zone->{offsets} }, $offset;
	return;
}

# Writes out the yearly rule of a POSIX TZ string behind the last transition of the file.
sub _append_rule ($zone, $footer)
{
	my $name = qr/(?:<[^>]+>|[A-Za-z]+)/;
	my $time = qr/[+-]?\d+(?::\d+){0,2}/;
	return if $footer !~ /^$name($time)(?:$name($time)?,([^,]+),([^,]+))?$/;
	my ($standard, $start, $end) = (-_seconds($1), $3, $4);
	return if !defined $start;
	my $summer = defined $2 ? -_seconds($2) : $standard + 3600;

	my @changes;
	my ($first_year) = civil_date(floor_div($zone->{starts}[-1], DAY));
	$first_year = 1970 if $first_year < 1970;
	for my $year ($first_year .. LAST_RULE_YEAR)
	{
		push @changes, [ _rule_instant($year, $start) - $standard * SECOND, $summer * SECOND ],
			[ _rule_instant($year, $end) - $summer * SECOND, $standard * SECOND ];
	}
	my $known_until = $zone->{starts}[-1];
	$zone->_change(@$_) for grep { $_->[0] > $known_until } sort { $a->[0] <=> $b->[0] } @changes;
	$zone->{known_until} = day_number(LAST_RULE_YEAR, 12, 1) * DAY;
	return;
}

# Reads a time of a POSIX TZ string, as seconds.
sub _seconds ($text)
{
	my ($sign, $hours, $minutes, $seconds) = $text =~ /^([+-]?)(\d+)(?::(\d+))?(?::(\d+))?$/;
	my $size = $hours * 3600 + ($minutes // 0) * 60 + ($seconds // 0);

	return $sign eq '-' ? -$size : $size;
}

# Finds the wall clock reading at which a rule such as M10.5.0/3 or J60 takes effect in a year.
sub _rule_instant ($year, $rule)
{
	my ($date, $time) = split m{/}, $rule;
	my $seconds = defined $time ? _seconds($time) : 7200;
	my $day;

	if ($date =~ /^M(\d+)\.(\d+)\.(\d+)$/)
	{
		my ($month, $week, $wanted) = ($1, $2, ($3 + 6) % 7);
		$day = day_number($year, $month, 1);
		$day++ while weekday($day) != $wanted;
		$day += 7 * ($week - 1);
		$day -= 7 while (civil_date($day))[1] != $month;
	}
	elsif ($date =~ /^J(\d+)$/)
	{
		my $leap = $year % 4 == 0 && ($year % 100 != 0 || $year % 400 == 0);
		$day = day_number($year, 1, 1) + $1 - 1 + ($leap && $1 >= 60 ? 1 : 0);
	}
	else
	{
		$day = day_number($year, 1, 1) + $date;
	}
	return $day * DAY + $seconds * SECOND;
}

# Finds the number of the stretch an instant lies in.
sub stretch_at ($zone, $instant)
{
	my $starts = $zone->{starts};
	my ($low, $high) = (0, $#$starts);

	not_judged("zone rules after year " . LAST_RULE_YEAR)
		if defined $zone->{known_until} && $instant > $zone->{known_until};
	while ($low < $high)
	{
		my $middle = ($low + $high + 1) >> 1;
		if ($starts->[$middle] <= $instant) { $low = $middle }
		else                                { $high = $middle - 1 }
	}
	return $low;
}

# Tells what the wall clock shows at an instant.
sub wall ($zone, $instant)
{
	return $instant + $zone->{offsets}[ $zone->stretch_at($instant) ];
}

# Tells what the wall clock showed until an instant: the left limit of wall.
sub wall_before ($zone, $instant)
{
	return $zone->wall($instant - 1) + 1;
}

# Finds the first instant whose wall clock reaches a reading: that reading, or what follows the gap it fell in.
sub first_reaching ($zone, $reading)
{
	my ($starts, $offsets) = @$zone{qw(starts offsets)};

	for (my $i = $zone->stretch_at($reading - 4 * DAY); ; $i++)
	{
		my $instant = $reading - $offsets->[$i];
		next if $i < $#$starts && $instant >= $starts->[ $i + 1 ];
		return $instant < $starts->[$i] ? $starts->[$i] : $instant;
	}
}

# Finds the last instant until which the wall clock showed at most a reading: the mirror of first_reaching.
sub last_up_to ($zone, $reading)
{
	my ($starts, $offsets) = @$zone{qw(starts offsets)};

	for (my $i = $zone->stretch_at($reading + 4 * DAY); ; $i--)
	{
		my $instant = $reading - $offsets->[$i];
		next if $i > 0 && $instant <= $starts->[$i];
		return $i < $#$starts && $instant > $starts->[ $i + 1 ] ? $starts->[ $i + 1 ] : $instant;
	}
}

# Tells whether any instant shows a wall clock in [from, to): false only inside a gap, such as a missing day.
sub shows ($zone, $from, $to)
{
	my ($starts, $offsets) = @$zone{qw(starts offsets)};

	for my $i ($zone->stretch_at($from - 4 * DAY) .. $zone->stretch_at($to + 4 * DAY))
	{
		my $first = $starts->[$i] + $offsets->[$i];
		my $end = $i < $#$starts ? $starts->[ $i + 1 ] + $offsets->[$i] : $to;
		return 1 if ($first > $from ? $first : $from) < ($end < $to ? $end : $to);
	}
	return 0;
}

# Lists the instants in [from, to) at which the offset changes.
sub transitions ($zone, $from, $to)
{
	return grep { $_ >= $from && $_ < $to } @{ $zone->{starts} };
}

1;
