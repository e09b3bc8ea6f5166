# The rules of a calendar, read as OpenStreetMap's specification of opening_hours says, with slt's own additions.
#
# A rule is what it does (give, add, close), its spans, and a test on dates: every selector that is there must hold, and
# of what a selector lists one item must. Dates are tested one by one; nothing is worked out beforehand.
package Judge::Rules;

use v5.36;
use Exporter 'import';
use List::Util qw(any all min max);
use Judge::Clock;

our @EXPORT = qw(parse_rules);

my @month_names = qw(jan feb mar apr may jun jul aug sep oct nov dec);
my @weekday_names = qw(mo tu we th fr sa su);
my $month = qr/(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*/i;
my $day_name = qr/(?:mo|tu|we|th|fr|sa|su)[a-z]*/i;
my $shift = qr/\s*[+-]\s*\d+\s*days?\b/i;
my $clock = qr/\d{1,2}(?::\d\d){0,2}\s*(?:[ap]m\b)?/i;
my $span = qr/$clock\s*-\s*$clock/;

# Reads all rules behind the zone; returns them in order.
sub parse_rules ($text)
{
	my @rules;
	my $adds = 0;

	for ($text)
	{
		s/\s+\z//;
		while ((pos // 0) < length)
		{
			push @rules, _rule(\$_, $adds);
			$adds = /\G\s*,\s*/gc;
			$adds or /\G\s*;\s*/gc or (pos // 0) == length or not_judged('rule ' . substr $_, pos // 0);
		}
	}
	return @rules;
}

# Reads one rule.
sub _rule ($text, $adds)
{
	my (@tests, @named, %rule);

	for ($$text)
	{
		until (/\G\s*(?=24\/7|$clock\s*-\s*\d|open\b|off\b|closed\b|")/gci)
		{
			my $before = pos // 0;
			push @tests, _years($text, \@named) || _weeks($text) || _dates($text, \@named) || _weekdays($text)
				|| not_judged('selector ' . substr $_, $before);
			/\G\s*:(?!\d)/gc;
			(pos // 0) == length and not_judged('a rule without hours');
		}
	}
	@rule{qw(tests named)} = (\@tests, \@named);
	_hours($text, \%rule, $adds);
	return \%rule;
}

# Reads what a rule does: its spans, its state, its comment.
sub _hours ($text, $rule, $adds)
{
	my ($state, $comment) = ('', 0);

	$rule->{spans} = [];
	for ($$text)
	{
		if (/\G\s*24\/7/gc) { $rule->{spans} = [ [ 0, DAY ] ] }
		elsif (/\G\s*($span(?:\s*,\s*$span)*)/gc) { $rule->{spans} = [ map { _span($_) } split /\s*,\s*/, $1 ] }
		for my $try (1 .. 3)
		{
			$state = lc $1 if /\G\s*(open|off|closed)\b/gci;
			$comment = 1 if /\G\s*"[^"]*"/gc;
		}
	}
	my $closes = $state =~ /off|closed/;
	$rule->{does} = @{ $rule->{spans} } && $closes ? 'close' : $adds && !$closes ? 'add' : 'give';
	$rule->{spans} = [ [ 0, DAY ] ] if !@{ $rule->{spans} } && !$closes;
	not_judged('a rule without hours') if !$closes && !@{ $rule->{spans} };
	return;
}

# Reads a span, as microseconds from the midnight its date begins with; an end at or before the start is a day later.
sub _span ($text)
{
	my ($start, $end) = map { _time($_) } split /\s*-\s*/, $text;

	return [ $start, $end > $start ? $end : $end + DAY ];
}

# Reads a time of the clock.
sub _time ($text)
{
	my ($hours, $minutes, $seconds, $half) = $text =~ /^(\d+)(?::(\d+))?(?::(\d+))?\s*([ap]m)?$/i;

	$hours = $hours % 12 + (lc $half eq 'pm' ? 12 : 0) if $half;
	return $hours * HOUR + ($minutes // 0) * MINUTE + ($seconds // 0) * SECOND;
}

# Finds the number of a month or a day of the week by its first letters.
sub _index ($name, @names)
{
	my ($found) = grep { index(lc $name, $names[$_]) == 0 } 0 .. $#names;

	return $found;
}

# Reads a shift by days as a number.
sub _shift ($text)
{
	return 0 if !defined $text || $text !~ /\d/;
	my ($sign, $days) = $text =~ /([+-])\s*(\d+)/;
	return $sign eq '-' ? -$days : $days;
}

# Years: a list of single ones, ranges, and every so many.
sub _years ($text, $named)
{
	my @items;

	for ($$text)
	{
		my $item = qr/(\d{4})(?!\d)(?:\s*-\s*(\d{4})(?!\d)|(\+))?(?:\s*\/\s*(\d+))?/;
		return undef if !/\G\s*(?=$item)(?!\d{4}\s*(?:$month|easter))(?!\d{4}-\d\d-)/gci;
		do
		{
			/\G\s*$item/gc or not_judged('years');
			my ($from, $to, $endless, $step) = ($1, $2, $3, $4 // 0);
			$to //= $endless || $step ? 9999 : $from;
			push @items, [ $from, $to, $step || 1 ];
			push @$named, [ day_number($from, 1, 1), $to == 9999 ? day_number($from, 1, 1) : day_number($to, 12, 31) ];
		} while (/\G\s*,/gc);
	}
	return sub ($date)
	{
		my ($year) = civil_date($date);
		return any { $year >= $_->[0] && $year <= $_->[1] && ($year - $_->[0]) % $_->[2] == 0 } @items;
	};
}

# Weeks of ISO 8601.
sub _weeks ($text)
{
	my %in;

	for ($$text)
	{
		return undef if !/\G\s*week\s*/gci;
		do
		{
			/\G\s*(?:week\s*)?(\d+)(?:\s*-\s*(\d+)(?:\s*\/\s*(\d+))?)?/gci or not_judged('weeks');
			my ($from, $to, $step) = ($1, $2 // $1, $3 // 1);
			for (my $week = $from; $week <= $to; $week += $step) { $in{ $week + 0 } = 1 }
		} while (/\G\s*,/gc);
	}
	return sub ($date)
	{
		my $monday = $date - weekday($date);
		my ($year) = civil_date($monday + 3);
		my $fourth = day_number($year, 1, 4);    # is always in week 1
		return $in{ 1 + ($monday - ($fourth - weekday($fourth))) / 7 };
	};
}

# Days of the week, the n-th of their month, and public holidays, of which there are none.
sub _weekdays ($text)
{
	my @items;

	for ($$text)
	{
		return undef if !/\G\s*(?=$day_name\b|$day_name\d|ph\b)/gci;
		do
		{
			if (/\G\s*ph\b(?:$shift)?/gci) { push @items, sub ($date) { 0 } }
			elsif (/\G\s*($day_name)\s*\[([^]]*)\]($shift)?/gc)
			{
				my ($weekday, $which, $days) = (_index($1, @weekday_names), $2, _shift($3));
				my @numbers = map { /^\s*(\d)\s*-\s*(\d)\s*$/ ? $1 .. $2 : $_ + 0 } split /,/, $which;
				push @items, sub ($date) { any { _is_nth($date - $days, $weekday, $_) } @numbers };
			}
			elsif (/\G\s*($day_name)(?:\s*-\s*($day_name))?/gc)
			{
				my ($from, $to) = map { _index($_, @weekday_names) } $1, $2 // $1;
				push @items, sub ($date) { (weekday($date) - $from) % 7 <= ($to - $from) % 7 };
			}
			else { not_judged('weekdays') }
		} while (/\G\s*,(?=\s*(?:$day_name|ph\b))/gci);
	}
	return sub ($date) { any { $_->($date) } @items };
}

# Tells whether a date is the n-th of a day of the week in its month, counted from the end if n is negative.
sub _is_nth ($date, $weekday, $n)
{
	return 0 if weekday($date) != $weekday;
	my @months = map { (civil_date($date + 7 * $_))[1] } -5 .. 5;
	my $same = $months[5];
	my $before = grep { $_ == $same } @months[ 0 .. 4 ];
	my $after = grep { $_ == $same } @months[ 6 .. 10 ];
	return $n > 0 ? $before == $n - 1 : $after == -$n - 1;
}

# Easter Sunday, by the method of Oudin.
sub _easter ($year)
{
	my $g = $year % 19;
	my $c = int($year / 100);
	my $h = ($c - int($c / 4) - int((8 * $c + 13) / 25) + 19 * $g + 15) % 30;
	my $i = $h - int($h / 28) * (1 - int(29 / ($h + 1)) * int((21 - $g) / 11));
	my $j = ($year + int($year / 4) + $i + 2 - $c + int($c / 4)) % 7;
	my $l = $i - $j;
	my $m = 3 + int(($l + 40) / 44);

	out_of_range() if $year > 2499;
	return day_number($year, $m, $l + 28 - 31 * int($m / 4));
}

# Reads one end of a range of dates: the day of a year, as a function from the year to the date.
sub _edge ($text)
{
	for ($$text)
	{
		if (/\G\s*(?:(\d{4})\s*)?easter($shift)?/gci)
		{
			my ($year, $days) = ($1, _shift($2));
			return { year => $year, days => $days, easter => 1, on => sub ($y) { _easter($y) + $days } };
		}
		if (/\G\s*(?:(\d{4})\s*)?($month)\s*($day_name)\s*\[\s*(-?\d)\s*\]($shift)?/gci)
		{
			my ($year, $m, $weekday, $n, $days) = ($1, _index($2, @month_names) + 1, _index($3, @weekday_names), $4, _shift($5));
			return { year => $year, days => $days, nth => 1, on => sub ($y) {
				my $first = day_number($y + ($n < 0 && $m == 12), $n < 0 ? $m % 12 + 1 : $m, 1);
				return $first + ($weekday - weekday($first)) % 7 + 7 * ($n - ($n > 0)) + $days;
			} };
		}
		if (/\G\s*(?:(\d{4})\s*)?($month)\s*(\d{1,2})(?![\d:]|\s*[ap]m\b)/gci)
		{
			my ($year, $m, $d) = ($1, _index($2, @month_names) + 1, $3);
			return { year => $year, days => 0, month => $m, day => $d };
		}
	}
	return undef;
}

# Tells whether a date is at or behind an edge, or at or before it, in its own year.
sub _compare ($edge, $date)
{
	my ($year, $m, $d) = civil_date($date);

	return 100 * $m + $d <=> 100 * $edge->{month} + $edge->{day} if $edge->{month};
	return $date <=> $edge->{on}->($year);
}

# Turns a range from an edge to another into a test. Without years it is one of each year, which may run over its end.
sub _range ($from, $to, $step, $named)
{
	if (defined $from->{year})
	{
		my ($first, $last) = map { $_->{month} ? day_number($_->{year}, $_->{month}, $_->{day}) : $_->{on}->($_->{year}) }
			$from, { %$to, year => $to->{year} // $from->{year} };
		$last-- if $to->{month} && (civil_date($last))[1] != $to->{month};    # a Feb 29 that is not there
		push @$named, [ $first, $last ];
		return sub ($date) { $date >= $first && $date <= $last && ($date - $first) % $step == 0 };
	}
	return sub ($date)
	{
		if ($from == $to && $from->{easter})
		{
			my ($year) = civil_date($date - $from->{days});
			return $date - $from->{days} == _easter($year);
		}
		my ($behind, $before) = (_compare($from, $date) >= 0, _compare($to, $date) <= 0);
		my ($year) = civil_date($date);
		my $wraps = $from->{month} && $to->{month} ? 100 * $from->{month} + $from->{day} > 100 * $to->{month} + $to->{day}
			: _on($from, $year) > _on($to, $year);
		return ($wraps ? $behind || $before : $behind && $before) && ($step == 1 || ($date - _on($from, $year)) % $step == 0);
	};
}

# Gives the date of an edge in a year.
sub _on ($edge, $year)
{
	return $edge->{month} ? day_number($year, $edge->{month}, $edge->{day}) : $edge->{on}->($year);
}

# Months and dates.
sub _dates ($text, $named)
{
	my (@items, $year);

	for ($$text)
	{
		# a year before months is a selector of its own
		$year = $1 if /\G\s*(\d{4})\s*(?=$month)(?!$month\s*\d{1,2}(?![\d:]))(?!$month\s*$day_name\s*\[[^]]*\](?:$shift)?\s*-)/gci;
		push @$named, [ day_number($year, 1, 1), day_number($year, 12, 31) ] if $year;
		return undef if !/\G\s*(?=(?:\d{4}\s*)?(?:$month|easter)|\d{4}-\d\d-\d\d|\*-\d\d-\d\d)/gci;
		do
		{
			push @items, _date_items($text, $named);
		} while (/\G\s*,(?=\s*(?:(?:\d{4}\s*)?(?:$month|easter)|\d{4}-\d\d-\d\d|\*-))/gci);
	}
	return sub ($date) { (!$year || (civil_date($date))[0] == $year) && any { $_->($date) } @items };
}

# Reads one item of a list of dates; days of one month may follow, separated by commas.
sub _date_items ($text, $named)
{
	my @items;

	for ($$text)
	{
		if (/\G\s*\*-(\d\d)-(\d\d)/gc) { my $edge = { month => $1, day => $2, days => 0 }; return _range($edge, $edge, 1, $named) }
		if (/\G\s*(\d{4})-(\d\d)-(\d\d)(?:\.\.(\d{4})-(\d\d)-(\d\d))?/gc)
		{
			my ($first, $last) = ({ year => $1, month => $2, day => $3 }, { year => $4 // $1, month => $5 // $2, day => $6 // $3 });
			return _range($first, $last, 1, $named);
		}
		my $start = pos;
		my $from = _edge($text);
		if ($from && $from->{nth} && !/\G(?=\s*-)/gc) { pos = $start; $from = undef }
		if (!$from)
		{
			/\G\s*($month)(?:\s*-\s*($month))?/gci or not_judged('dates');
			my ($first, $last) = map { _index($_, @month_names) } $1, $2 // $1;
			return sub ($date)
			{
				my (undef, $m) = civil_date($date);
				return ($m - 1 - $first) % 12 <= ($last - $first) % 12;
			};
		}
		for (;;)
		{
			my ($to, $step) = ($from, 1);
			if (/\G\s*-\s*(\d{1,2})(?![\d:]|\s*[ap]m)/gc) { $to = { %$from, day => $1 } }
			elsif (/\G\s*-/gc) { $to = _edge($text) // not_judged('the end of a range') }
			$step = $1 if /\G\s*\/\s*(\d+)/gc;
			push @items, _range($from, $to, $step, $named);
			last if !$from->{month} || !/\G\s*,\s*(\d{1,2})(?![\d:]|\s*[ap]m)/gc;
			$from = { %$from, day => $1 };
		}
	}
	return @items;
}

1;
