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
use Judge::Rules;
use Judge::Zone;

use constant PIECE => 7 * 1440;                  # characters in a piece of the tape
use constant PIECES_KEPT => 6000;                # in memory at a time
use constant PIECES_AT_MOST => 50_000;           # a thousand years: more is not judged
use constant SEARCH_LIMIT => 3653 * DAY;         # ten years: a search without working time goes no further

# Reads a calendar: a zone and rules, or a combination of calendars in parentheses.
sub parse ($class, $text)
{
	my $trimmed = $text =~ s/^\s+|\s+$//gr;
	return $class->_parse_combination($trimmed) if $trimmed =~ /^\(/;
	my ($zone_name, $rest) = $trimmed =~ /^(\S+)\s+(.*)$/s or not_judged("calendar '$text'");
	my $calendar = bless { text => $text, zone => Judge::Zone->named($zone_name), rules => [ parse_rules($rest) ] }, $class;
	my @spans = map { @{ $_->{spans} } } @{ $calendar->{rules} };
	my @dates = sort { $a <=> $b } map { map { @$_ } @{ $_->{named} } } @{ $calendar->{rules} };

	$calendar->{unit} = (grep { $_->[0] % MINUTE || $_->[1] % MINUTE } @spans) ? SECOND : MINUTE;
	@$calendar{qw(first_date last_date)} = @dates[ 0, -1 ];
	return $calendar;
}

# Reads a combination: parts in parentheses, all with one operator, from the left.
sub _parse_combination ($class, $text)
{
	my ($combined, $first_op);
	my $part = qr/\((?<part>(?:[^()"]|"[^"]*"|\((?&inner)\))*)\)(?(DEFINE)(?<inner>(?:[^()"]|"[^"]*"|\((?&inner)\))*))/;

	while ($text =~ /\G\s*([|&-]?)\s*$part\s*/gc)
	{
		my ($op, $right) = ($1, $class->parse($+{part}));
		$first_op //= $op if $op;
		not_judged("operators in '$text'") if ($combined xor $op) || $op && $op ne $first_op;
		$combined = $combined ? $class->_combine($op, $combined, $right) : $right;
	}
	not_judged("calendar '$text'") if !$combined || (pos $text // 0) < length $text;
	return $combined;
}

# Combines two calendars; the clock of the first is that of the whole.
sub _combine ($class, $op, $left, $right)
{
	my @dates = sort { $a <=> $b } grep { defined } map { @$_{qw(first_date last_date)} } $left, $right;
	my $calendar = bless { text => "($left->{text}) $op ($right->{text})", zone => $left->{zone}, op => $op, left => $left, right => $right }, $class;

	not_judged('seconds in a combination') if $left->{unit} != $right->{unit};
	@$calendar{qw(unit first_date last_date)} = ($left->{unit}, @dates[ 0, -1 ]);
	return $calendar;
}

# Lists the spans that start on a date: what the last rule that gives it hours and those that add to it say, each with
# the number of its rule, less what a later rule closes of the clock times they are at.
sub spans_on ($calendar, $date)
{
	return $calendar->{spans_on}{$date} //= do
	{
		my @open;
		my @rules = @{ $calendar->{rules} };
		for my $i (0 .. $#rules)
		{
			next if $rules[$i]{does} eq 'close' || !$calendar->_names($i, $date);
			@open = () if $rules[$i]{does} eq 'give';
			push @open, map { [ @$_, $i ] } @{ $rules[$i]{spans} };
		}
		for my $i (grep { $rules[$_]{does} eq 'close' } 0 .. $#rules)
		{
			for my $beside (grep { $calendar->_names($i, $date + $_) } -1 .. 1)
			{
				@open = map { $_->[2] < $i ? _without($_, map { [ $_->[0] + $beside * DAY, $_->[1] + $beside * DAY ] } @{ $rules[$i]{spans} }) : $_ } @open;
			}
		}
		\@open;
	};
}

# Tells whether a rule is for a date.
sub _names ($calendar, $i, $date)
{
	return $calendar->{names}{$i}{$date} //= (grep { !$_->($date) } @{ $calendar->{rules}[$i]{tests} }) ? 0 : 1;
}

# Takes closed times out of a span, and returns what is left of it.
sub _without ($span, @closed)
{
	my @left = ($span);

	for my $off (@closed)
	{
		@left = map {
			my ($from, $to, $i) = @$_;
			grep { $_->[0] < $_->[1] } $off->[1] <= $from || $off->[0] >= $to ? ($_)
				: ([ $from, $off->[0], $i ], [ $off->[1], $to, $i ])
		} @left;
	}
	return @left;
}

# Tells whether any minute of a combination belongs to a date: one that shows it, or the end of its night on the next.
sub _owns_any ($calendar, $date)
{
	my ($zone, $unit) = @$calendar{qw(zone unit)};
	my ($start, $end) = (($date - 2) * DAY, ($date + 4) * DAY);
	my @edges = ($start, (grep { $_ > $start } $zone->transitions($start, $end)), $end);

	for my $i (0 .. $#edges - 1)
	{
		my $offset = $zone->wall($edges[$i]) - $edges[$i];
		for my $night (0, 1)
		{
			my ($from, $to) = map { ($date + $night + $_) * DAY - $offset } 0, 1;
			$from = $edges[$i] if $from < $edges[$i];
			$to = $edges[ $i + 1 ] if $to > $edges[ $i + 1 ];
			return 1 if $from < $to && index($calendar->_tape_between($from, $to), $night + 1) >= 0;
		}
	}
	return 0;
}

# Copies a part of the tape out.
sub _tape_between ($calendar, $from, $to)
{
	my ($first, $last) = map { floor_div($_, $calendar->{unit}) } $from, $to;
	my $part = '';

	while ($first < $last)
	{
		my ($number, $at) = $calendar->place($first);
		my $more = substr $calendar->piece($number)->[0], $at, $last - $first;
		$part .= $more;
		$first += length $more;
	}
	return $part;
}

# Tells whether a date has working time: whether any instant shows a wall clock inside one of its own spans.
sub has_working_time ($calendar, $date)
{
	return $calendar->{has_working_time}{$date} //= $calendar->{op} ? $calendar->_owns_any($date) :
		(grep { $calendar->{zone}->shows($date * DAY + $_->[0], $date * DAY + $_->[1]) } @{ $calendar->spans_on($date) })
		? 1 : 0;
}

# The definition itself, for one instant: 0, 1 or 2 as on the tape, from nothing but the wall clock and the spans.
sub state_at ($calendar, $instant)
{
	if ($calendar->{op})
	{
		my ($left, $right) = map { $calendar->{$_}->state_at($instant) } qw(left right);
		return $left || ($right ? 1 : 0) if $calendar->{op} eq '|';
		return ($calendar->{op} eq '&' ? $right : !$right) ? $left : 0;
	}
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
	$calendar->{$_}->begin_question for grep { $calendar->{$_} } qw(left right);
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
	return $calendar->_combine_pieces($number) if $calendar->{op};
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

# Writes one piece of a combination's tape: bytes of 0 where it is closed, so that strings can be combined as bits.
sub _combine_pieces ($calendar, $number)
{
	my ($left, $right) = map { $calendar->{$_}->piece($number)->[0] } qw(left right);
	my $bits = $left =~ tr/012/\x00\x01\x02/r;
	my $combined = $calendar->{op} eq '|' ? $bits |. (($left =~ tr/012/\x01\x00\x00/r) &. ($right =~ tr/012/\x00\x01\x01/r))
		: $calendar->{op} eq '&' ? $bits &. ($right =~ tr/012/\x00\x03\x03/r)
		: $bits &. ($right =~ tr/012/\x03\x00\x00/r);

	return $combined =~ tr/\x00\x01\x02/012/r;
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
