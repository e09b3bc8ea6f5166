# A calendar read from its text, and its tape: one character for every minute of absolute time.
#
# The tape is what makes the judge simple. Character number m says what the zone's wall clock shows in UTC minute m:
#     0  nothing is in force
#     1  a span of the date on the wall clock
#     2  a span of the date before, which ran past midnight (alone, or together with one of the date itself)
# Everything else is counting characters. Calendars with seconds in their spans get one character a second. The tape
# is written in pieces when first looked at, so it has no ends.
package Judge::Calendar;

use v5.36;
use Judge::Clock;
use Judge::Zone;

use constant PIECE => 7 * 1440;                  # characters in a piece of the tape
use constant PIECES_KEPT => 6000;                # in memory at a time
use constant PIECES_AT_MOST => 50_000;           # a thousand years: more is not judged
use constant SEARCH_LIMIT => 3653 * DAY;         # ten years: a search without working time goes no further

my @weekday_names = qw(monday tuesday wednesday thursday friday saturday sunday);

# Reads a calendar: the zone, then rules separated by semicolons.
sub parse ($class, $text)
{
	my ($zone_name, $rest) = $text =~ /^\s*(\S+)\s+(.*\S)\s*$/s or not_judged("calendar '$text'");
	my $calendar = bless { text => $text, zone => Judge::Zone->named($zone_name), rules => [] }, $class;

	while ($rest =~ /\G\s*((?:[^;"]|"[^"]*")+?)\s*(?:;|$)/gc)
	{
		push @{ $calendar->{rules} }, _parse_rule($1);
	}
	my @spans = map { @{ $_->{spans} } } @{ $calendar->{rules} };
	my @dates = map { defined $_->{from} ? @$_{qw(from to)} : () } @{ $calendar->{rules} };
	$calendar->{unit} = (grep { $_->[0] % MINUTE || $_->[1] % MINUTE } @spans) ? SECOND : MINUTE;
	@$calendar{qw(first_date last_date)} = (sort { $a <=> $b } @dates)[ 0, -1 ];
	return $calendar;
}

# Reads one rule: [dates] [weekdays] (spans | off) ["comment"], or 24/7.
sub _parse_rule ($text)
{
	my %rule = (text => $text, spans => []);
	my $date = qr/\d{4}-\d\d-\d\d/;
	my $time = qr/\d\d:\d\d(?::\d\d)?/;

	$text =~ s/\s*"[^"]*"\s*$//;
	if    ($text =~ s/^\*-(\d\d)-(\d\d)\b\s*//)        { @rule{qw(month day)} = ($1, $2) }
	elsif ($text =~ s/^($date)\s*\.\.\s*($date)\b\s*//) { @rule{qw(from to)} = map { _parse_date($_) } $1, $2 }
	elsif ($text =~ s/^($date)\b\s*//)                 { @rule{qw(from to)} = (_parse_date($1)) x 2 }
	$rule{dated} = defined $rule{from} || defined $rule{month};
	$rule{weekdays} = _parse_weekdays($1) if $text =~ s/^([A-Za-z]{2,}(?:\s*[-,]\s*[A-Za-z]{2,})*)(?=\s+(?:\d|off))\s*//;

	if ($text eq '24/7') { $rule{spans} = [ [ 0, DAY ] ] }
	elsif ($text =~ /^$time\s*-\s*$time(?:\s*,\s*$time\s*-\s*$time)*$/)
	{
		$rule{spans} = [ map { _parse_span($_) } split /\s*,\s*/, $text ];
	}
	elsif ($text ne 'off') { not_judged("rule '$rule{text}'") }
	return \%rule;
}

# Reads a date, as a day number.
sub _parse_date ($text)
{
	return day_number(split /-/, $text);
}

# Reads weekdays, ranges of them (which may wrap) and lists, as seven flags from Monday on.
sub _parse_weekdays ($text)
{
	my @flags = (0) x 7;

	for my $part (split /\s*,\s*/, $text)
	{
		my ($first, $last) = map { _weekday_number($_) } split /\s*-\s*/, $part;
		$last //= $first;
		$flags[ $_ % 7 ] = 1 for $first .. ($last < $first ? $last + 7 : $last);
	}
	return \@flags;
}

# Finds a weekday by its first two letters, its first three, or its whole English name.
sub _weekday_number ($name)
{
	for my $i (0 .. 6)
	{
		return $i if grep { lc $name eq $_ } map { $weekday_names[$i] =~ /^($_)/ } '..', '...', '.+';
	}
	not_judged("weekday '$name'");
}

# Reads a span, as microseconds from the midnight its date begins with; an end at or before the start is a day later.
sub _parse_span ($text)
{
	my ($start, $end) = map {
		my ($hours, $minutes, $seconds) = split /:/;
		$hours * HOUR + $minutes * MINUTE + ($seconds // 0) * SECOND
	} split /\s*-\s*/, $text;

	return [ $start, $end > $start ? $end : $end + DAY ];
}

# Lists the spans that start on a date: those of its last dated rule, else of its last undated one.
sub spans_on ($calendar, $date)
{
	return $calendar->{spans_on}{$date} //= do
	{
		my (undef, $month, $day) = civil_date($date);
		my $winner;
		for my $rule (@{ $calendar->{rules} })
		{
			next if defined $rule->{from} && ($date < $rule->{from} || $date > $rule->{to});
			next if defined $rule->{month} && ($month != $rule->{month} || $day != $rule->{day});
			next if $rule->{weekdays} && !$rule->{weekdays}[ weekday($date) ];
			$winner = $rule if !$winner || $rule->{dated} || !$winner->{dated};
		}
		$winner ? $winner->{spans} : [];
	};
}

# Tells whether a date has working time: whether any instant shows a wall clock inside one of its own spans.
sub has_working_time ($calendar, $date)
{
	return $calendar->{has_working_time}{$date} //=
		(grep { $calendar->{zone}->shows($date * DAY + $_->[0], $date * DAY + $_->[1]) } @{ $calendar->spans_on($date) })
		? 1 : 0;
}

# The definition itself, for one instant: 0, 1 or 2 as on the tape, from nothing but the wall clock and the spans.
sub state_at ($calendar, $instant)
{
	my $wall = $calendar->{zone}->wall($instant);
	my $date = floor_div($wall, DAY);

	for my $candidate ([ $date - 1, 2 ], [ $date, 1 ])
	{
		my $time = $wall - $candidate->[0] * DAY;
		return $candidate->[1]
			if grep { $_->[0] <= $time && $time < $_->[1] } @{ $calendar->spans_on($candidate->[0]) };
	}
	return 0;
}

# Writes the tape of one date as the wall clock runs through it from 00:00 to 24:00, minute by minute.
sub _wall_tape ($calendar, $date)
{
	my ($own, $before) = map { $calendar->spans_on($_) } $date, $date - 1;
	my $key = join ' ', map { "@$_" } @$own, [';'], @$before;

	return $calendar->{wall_tapes}{$key} //= do
	{
		my $tape = '';
		for (my $time = 0; $time < DAY; $time += $calendar->{unit})
		{
			my $late = $time + DAY;
			$tape .= (grep { $_->[0] <= $late && $late < $_->[1] } @$before) ? '2'
				: (grep { $_->[0] <= $time && $time < $_->[1] } @$own)       ? '1'
				:                                                              '0';
		}
		$tape;
	};
}

# Copies out what the wall clock runs through from one reading to another.
sub _wall_stretch ($calendar, $from, $to)
{
	my $first = floor_div($from, DAY);
	my $last = floor_div($to - 1, DAY);
	my $tape = join '', map { $calendar->_wall_tape($_) } $first .. $last;

	return substr $tape, ($from - $first * DAY) / $calendar->{unit}, ($to - $from) / $calendar->{unit};
}

# Starts a new question: the limit on how much of the tape is written holds for each.
sub begin_question ($calendar)
{
	$calendar->{written} = 0;
	return $calendar;
}

# Returns one piece of the tape with the number of its working characters; pieces are kept for a while.
sub piece ($calendar, $number)
{
	my $known = $calendar->{pieces}{$number};
	return $known if $known;

	not_judged('too long a time') if $calendar->{written}++ > PIECES_AT_MOST;
	$calendar->{pieces} = {} if keys %{ $calendar->{pieces} } >= PIECES_KEPT;
	my $tape = $calendar->_write_piece($number);
	return $calendar->{pieces}{$number} = [ $tape, $tape =~ tr/12// ];
}

# Writes one piece of the tape: for each stretch with a constant offset, what the wall clock runs through.
sub _write_piece ($calendar, $number)
{
	my ($zone, $unit) = @$calendar{qw(zone unit)};
	my $start = $number * PIECE * $unit;
	my $end = $start + PIECE * $unit;
	my @edges = ($start, (grep { $_ > $start } $zone->transitions($start, $end)), $end);
	my $tape = '';

	for my $i (0 .. $#edges - 1)
	{
		my $offset = $zone->wall($edges[$i]) - $edges[$i];
		not_judged('the clock changes inside a minute') if $offset % $unit || $edges[$i] % $unit;
		$tape .= $calendar->_wall_stretch($edges[$i] + $offset, $edges[ $i + 1 ] + $offset);
	}
	return $tape;
}

# Gives the number of the piece and the place in it for a character of the tape.
sub place ($calendar, $character)
{
	my $number = floor_div($character, PIECE);

	return ($number, $character - $number * PIECE);
}

# Reads the tape at an instant.
sub tape_at ($calendar, $instant)
{
	my ($number, $at) = $calendar->place(floor_div($instant, $calendar->{unit}));

	return substr $calendar->piece($number)->[0], $at, 1;
}

# Compares the tape with the definition at some instants: the judge judging itself.
sub check_tape ($calendar, @instants)
{
	for my $instant (@instants)
	{
		$calendar->tape_at($instant) == $calendar->state_at($instant)
			or die "the tape of $calendar->{text} is wrong at " . format_instant($instant) . "\n";
	}
	return;
}

# Ends a search that ran ten years past all working time and all dates named, or past the range of timestamps.
sub check_search ($calendar, $reached, $last_seen)
{
	out_of_range() if $reached >= END_INSTANT || $reached < FIRST_INSTANT - PIECE * $calendar->{unit};
	my $edge = $reached > $last_seen ? $calendar->{last_date} : $calendar->{first_date};

	out_of_range() if abs($reached - $last_seen) > SEARCH_LIMIT
		&& (!defined $edge
			|| abs($reached - $edge * DAY) > SEARCH_LIMIT && ($reached > $edge * DAY) == ($reached > $last_seen));
	return;
}

1;
