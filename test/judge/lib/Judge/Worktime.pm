# The rules of working time, each computed on the tape of a calendar as its definition reads.
#
# Backward searches mirror forward ones: they ask about left limits. An instant is then working when the moment just
# before it is, and the time of day it shows is the one the wall clock showed just before it.
package Judge::Worktime;

use v5.36;
use Exporter 'import';
use Judge::Clock;

our @EXPORT = qw(worked add_hours add_amount between is_working next_working previous_working working_periods
    pauses_from merge_pauses);

use constant MANY_DAYS => 200_000;               # eight hundred years of weekdays: more is not judged

# Counts the working characters of the tape in [from, to).
sub _count ($calendar, $from, $to)
{
	my $total = 0;

	while ($from < $to)
	{
		my ($number, $at) = $calendar->place($from);
		my $piece = $calendar->piece($number);
		my $length = length($piece->[0]) - $at;
		$length = $to - $from if $length > $to - $from;
		$total += $length == length $piece->[0] ? $piece->[1] : substr($piece->[0], $at, $length) =~ tr/12//;
		$from += $length;
	}
	return $total;
}

# Rule 1: the elapsed time of [from, to) that is working; whole characters of the tape and the two partial ones.
sub worked ($calendar, $from, $to)
{
	my $unit = $calendar->{unit};
	my ($first, $last) = (floor_div($from, $unit), floor_div($to, $unit));
	my $total = 0;

	return 0 if $to <= $from;
	return $calendar->tape_at($from) ? $to - $from : 0 if $first == $last;
	$total += ($first + 1) * $unit - $from if $calendar->tape_at($from);
	$total += $to - $last * $unit if $to > $last * $unit && $calendar->tape_at($to);
	return $total + $unit * _count($calendar, $first + 1, $last);
}

# Finds the next stretch of working characters at or after an instant, as two instants; the first may be cut by it.
sub _stretch_from ($calendar, $from)
{
	my $unit = $calendar->{unit};
	my ($number, $at) = $calendar->place(floor_div($from, $unit));

	for (;; $number++, $at = 0)
	{
		my $piece = $calendar->piece($number);
		my $start = $number * length($piece->[0]) * $unit;
		if ($piece->[1])
		{
			pos($piece->[0]) = $at;
			if ($piece->[0] =~ /[12]+/g)
			{
				my ($open, $close) = ($start + $-[0] * $unit, $start + $+[0] * $unit);
				return ($open > $from ? $open : $from, $close);
			}
		}
		$calendar->check_search($start, $from);
	}
}

# Finds the last stretch of working characters before an instant, as two instants; the second may be cut by it.
sub _stretch_until ($calendar, $to)
{
	my $unit = $calendar->{unit};
	my ($number, $at) = $calendar->place(floor_div($to - 1, $unit));

	for (;; $number--, $at = undef)
	{
		my $piece = $calendar->piece($number);
		my $start = $number * length($piece->[0]) * $unit;
		my $seen = reverse defined $at ? substr $piece->[0], 0, $at + 1 : $piece->[0];
		if ($piece->[1] && $seen =~ /[12]+/)
		{
			my $length = length $seen;
			my ($open, $close) = map { $start + ($length - $_) * $unit } $+[0], $-[0];
			return ($open, $close < $to ? $close : $to);
		}
		$calendar->check_search($start, $to);
	}
}

# Rule 3: the earliest instant from which on h microseconds were worked since at; the mirror for h < 0.
sub add_hours ($calendar, $at, $h)
{
	my $need = abs $h;
	my $reached = $at;

	while ($need > 0)
	{
		my ($open, $close) = $h > 0 ? _stretch_from($calendar, $reached) : _stretch_until($calendar, $reached);
		my $length = $close - $open;
		if ($length >= $need)
		{
			$reached = $h > 0 ? $open + $need : $close - $need;
			$length = $need;
		}
		else { $reached = $h > 0 ? $close : $open }
		$need -= $length;
		check_range($reached);
	}
	return $reached;
}

# Tells whether an instant is working.
sub is_working ($calendar, $at)
{
	return $calendar->tape_at($at) ? 't' : 'f';
}

# Finds the first working instant from at on.
sub next_working ($calendar, $at)
{
	return check_range((_stretch_from($calendar, $at))[0]);
}

# Gives at itself when it is working, else the latest instant up to it that ends working time.
sub previous_working ($calendar, $at)
{
	return $calendar->tape_at($at) ? $at : check_range((_stretch_until($calendar, $at))[1]);
}

# Rule 4 without pauses: n working days after at, or before it.
sub _add_days ($calendar, $at, $n)
{
	my $zone = $calendar->{zone};
	my $forward = $n > 0;
	my $s = $forward ? next_working($calendar, $at) : (_stretch_until($calendar, $at))[1];
	my $wall = $forward ? $zone->wall($s) : $zone->wall_before($s);
	my $moment = $forward ? $s : $s - 1;
	my $date = floor_div($zone->wall($moment), DAY) - ($calendar->tape_at($moment) == 2 ? 1 : 0);
	my $x = $wall - $date * DAY;

	out_of_range() if abs $n > (END_INSTANT - FIRST_INSTANT) / DAY;
	not_judged('too many days') if abs $n > MANY_DAYS;
	for (1 .. abs $n)
	{
		my $last_seen = $date * DAY;
		do
		{
			$date += $forward ? 1 : -1;
			$calendar->check_search($date * DAY, $last_seen);
		} until $calendar->has_working_time($date);
	}
	my $r = $forward ? $zone->first_reaching($date * DAY + $x) : $zone->last_up_to($date * DAY + $x);
	check_range($r);
	return $forward ? add_hours($calendar, $at, worked($calendar, $at, $r))
		: add_hours($calendar, $at, -worked($calendar, $r, $at));
}

# Sorts pauses and joins those that touch, as a multirange does; a missing bound is an infinity.
sub merge_pauses (@pauses)
{
	my @merged;

	for my $pause (sort { _before($a->[0], $b->[0]) } @pauses)
	{
		my ($from, $to) = @$pause;
		if (@merged && _before($from, $merged[-1][1]) <= 0)
		{
			$merged[-1][1] = $to if _before($merged[-1][1], $to) < 0;
		}
		else { push @merged, [ $from, $to ] }
	}
	return \@merged;
}

# Compares two instants either of which may be an infinity.
sub _before ($left, $right)
{
	my ($l, $r) = map { $_ eq INFINITY ? 1 : $_ eq MINUS_INFINITY ? -1 : 0 } $left, $right;

	return $l <=> $r || ($l ? 0 : $left <=> $right);
}

# Picks the later of two instants.
sub _later ($left, $right)
{
	return _before($left, $right) >= 0 ? $left : $right;
}

# Picks the earlier of two instants.
sub _earlier ($left, $right)
{
	return _before($left, $right) <= 0 ? $left : $right;
}

# Lists the parts of [from, to) that are not paused; to may be infinity, from minus infinity.
sub _unpaused ($from, $to, $pauses)
{
	my @parts;

	for my $pause (@$pauses)
	{
		my $end = _earlier($pause->[0], $to);
		push @parts, [ $from, $end ] if _before($from, $end) < 0;
		$from = _later($from, $pause->[1]);
	}
	push @parts, [ $from, $to ] if _before($from, $to) < 0;
	return @parts;
}

# Rule 6 for hours: the paused instants are taken out of working time.
sub _add_hours_paused ($calendar, $at, $h, $pauses)
{
	my $need = abs $h;
	return $at if !$need;
	my @parts = $h > 0 ? _unpaused($at, INFINITY, $pauses) : reverse _unpaused(MINUS_INFINITY, $at, $pauses);

	for my $part (@parts)
	{
		my ($from, $to) = @$part;
		my $there = !is_finite($h > 0 ? $to : $from) ? $need : worked($calendar, $from, $to);
		return add_hours($calendar, $from, $need) if $there >= $need && $h > 0;
		return add_hours($calendar, $to, -$need) if $there >= $need;
		$need -= $there;
	}
	return $h > 0 ? INFINITY : MINUS_INFINITY;
}

# Rule 6 for days: each pause in order that begins before the deadline so far moves it on by the working time it
# covers from at on; backwards, each one that ends after the deadline so far, by what it covers up to at.
sub _add_days_paused ($calendar, $at, $n, $pauses)
{
	my $deadline = _add_days($calendar, $at, $n);

	for my $pause ($n > 0 ? @$pauses : reverse @$pauses)
	{
		my ($from, $to) = @$pause;
		if ($n > 0)
		{
			next if _before($from, $deadline) >= 0;
			return INFINITY if $to eq INFINITY;
			$from = _later($from, $at);
		}
		else
		{
			next if _before($to, $deadline) <= 0;
			return MINUS_INFINITY if $from eq MINUS_INFINITY;
			$to = _earlier($to, $at);
		}
		next if _before($from, $to) >= 0;
		my $covered = worked($calendar, $from, $to);
		$deadline = add_hours($calendar, $deadline, $n > 0 ? $covered : -$covered);
	}
	return $deadline;
}

# Rules 3 to 7: adds days first, then hours.
sub add_amount ($calendar, $at, $days, $micros, $pauses)
{
	my $reached = $at;

	$reached = _add_days_paused($calendar, $reached, $days, $pauses) if $days && is_finite($reached);
	$reached = _add_hours_paused($calendar, $reached, $micros, $pauses) if $micros && is_finite($reached);
	return check_range($reached);
}

# Rule 1 with rule 6: what was worked and not paused between two instants; negative if to is before from.
sub between ($calendar, $from, $to, $pauses)
{
	return -between($calendar, $to, $from, $pauses) if $to < $from;
	my $total = 0;

	$total += worked($calendar, @$_) for _unpaused($from, $to, $pauses);
	return $total;
}

# Lists the stretches of working time in [from, to).
sub working_periods ($calendar, $from, $to)
{
	my @periods;

	while ($from < $to)
	{
		my ($open, $close) = _stretch_from($calendar, $from);
		last if $open >= $to;
		if (@periods && $periods[-1][1] == $open) { $periods[-1][1] = $close }
		else                                      { push @periods, [ $open, $close ] }
		$from = $close;
	}
	$periods[-1][1] = $to if @periods && $periods[-1][1] > $to;
	return @periods;
}

1;
