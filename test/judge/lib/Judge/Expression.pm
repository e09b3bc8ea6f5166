# Reads the SQL expressions that case files are made of, and computes their values with the judge's own rules.
package Judge::Expression;

use v5.36;
use Exporter 'import';
use Judge::Clock;
use Judge::Calendar;
use Judge::Worktime;

our @EXPORT = qw(evaluate);

my %calendars;

# Computes an expression: the text it should print as, or 'ERROR 22008'; dies with { not_judged } beyond its means.
sub evaluate ($sql)
{
	my $answer = eval { _expression($sql) };
	return $answer if defined $answer;
	die $@ if !ref $@ || !exists $@->{expected};
	return $@->{expected};
}

# Takes an expression apart at its outermost layer.
sub _expression ($sql)
{
	my $periods = qr/unnest\(working_periods\((.*)\)\)/;
	my $length = qr/coalesce\(extract\(epoch from sum\(upper\(p\) - lower\(p\)\)\), 0\)::numeric\(20,6\)/;

	return scalar _periods($1) if $sql =~ /^\(select count\(\*\) from $periods\)$/;
	return _total(_periods($1)) if $sql =~ /^\(select $length from $periods p\)$/;
	return _function($1) eq format_instant(parse_instant($2)) ? 't' : 'f' if $sql =~ /^(.*\)) = timestamptz '([^']*)'$/;
	return format_seconds(_function($1)) if $sql =~ /^extract\(epoch from (.*)::interval\)::numeric\(20,6\)$/;
	return _amount_text(_function($1)) if $sql =~ /^(working_between\(.*\))::text$/;
	return _function($1) if $sql =~ /^((?!working_between)\w+\(.*\))$/;
	not_judged('this form of expression');
}

# Calls one of the functions slt offers; an instant comes back as text, a working time as microseconds.
sub _function ($sql)
{
	my ($name, $inside) = $sql =~ /^(\w+)\((.*)\)$/ or not_judged('this form of expression');
	my @arguments = _arguments($inside);
	my $paused = $name =~ /^working_(add|between)$/ && @arguments == 4 ? _pauses(pop @arguments) : [];

	not_judged("$name without a calendar") if @arguments < 2;
	my $calendar = _calendar(pop @arguments);
	my $at = parse_instant(_literal(shift @arguments, 'timestamptz'));
	return format_instant(add_amount($calendar, $at, _amount(@arguments), $paused)) if $name eq 'working_add';
	not_judged("$name at infinity") if !is_finite($at) && $name !~ /^(next|previous)_working$/;
	if ($name eq 'working_between')
	{
		my $to = parse_instant(_literal(@arguments, 'timestamptz'));
		not_judged('working_between up to infinity') if !is_finite($to);
		return between($calendar, $at, $to, $paused);
	}
	not_judged("$name with $sql") if @arguments;
	return is_working($calendar, $at) if $name eq 'is_working';
	return $at if !is_finite($at);
	return format_instant(next_working($calendar, $at)) if $name eq 'next_working';
	return format_instant(previous_working($calendar, $at)) if $name eq 'previous_working';
	not_judged("function $name");
}

# Splits a list of arguments at its outermost commas.
sub _arguments ($text)
{
	my @arguments = ('');
	my $depth = 0;

	for my $token ($text =~ /('(?:[^']|'')*'|[^'])/g)
	{
		$depth++ if $token eq '(';
		$depth-- if $token eq ')';
		if ($token eq ',' && !$depth) { push @arguments, '' }
		else                          { $arguments[-1] .= $token }
	}
	return map { s/^\s+|\s+$//gr } @arguments;
}

# Reads a literal of a type, written TYPE '...', '...'::TYPE or just '...'.
sub _literal ($text, $type)
{
	my ($inside) = $text =~ /^(?:\Q$type\E )?'((?:[^']|'')*)'(?:::\Q$type\E)?$/ or not_judged("argument $text");

	return $inside =~ s/''/'/gr;
}

# Returns the calendar of a literal; the last few stay in memory with their tapes.
sub _calendar ($text)
{
	my $inside = _literal($text, 'working_calendar');

	%calendars = () if keys %calendars > 20 && !$calendars{$inside};
	$calendars{$inside} //= Judge::Calendar->parse($inside);
	return $calendars{$inside}->begin_question;
}

# Reads an amount as days and microseconds, from a literal or a call of make_working_interval.
sub _amount ($text)
{
	return _parse_amount(_literal($text, 'working_interval')) if $text !~ /^make_working_interval\((.*)\)$/;
	my @names = qw(days hours mins secs);
	my %field = map { $_ => 0 } @names;
	my @arguments = _arguments($1);

	for my $i (0 .. $#arguments)
	{
		my ($name, $value) = $arguments[$i] =~ /^(?:(\w+)\s*=>\s*)?(-?[\d.]+)$/ or not_judged("amount $text");
		$field{ $name // $names[$i] } = $value;
	}
	return ($field{days}, _scaled($field{hours}, HOUR) + _scaled($field{mins}, MINUTE) + _scaled($field{secs}, SECOND));
}

# Multiplies a decimal number with a whole one, exactly.
sub _scaled ($decimal, $by)
{
	my ($sign, $whole, $fraction) = $decimal =~ /^([+-]?)(\d*)\.?(\d*)$/ or not_judged("number $decimal");
	$fraction = substr "${fraction}000000", 0, 6;
	my $size = ($whole || 0) * $by + $fraction * ($by / SECOND);

	return $sign eq '-' ? -$size : $size;
}

# Reads the text of an amount: numbers with units, or ISO 8601.
sub _parse_amount ($text)
{
	my %length = (h => HOUR, m => MINUTE, s => SECOND);
	my ($days, $micros) = (0, 0);
	my $number = qr/[+-]?\d*\.?\d+/;

	$text = join ' ', map { lc } $text =~ /($number[DHMS])/g if $text =~ /^-?P[\dDTHMS.+-]+$/;
	while ($text =~ /\G\s*($number)\s*(?:working\s+|w)?(d|h|m|s)(?:ays?|ours?|in(?:ute)?s?|ec(?:ond)?s?)?\b/gc)
	{
		if ($2 eq 'd') { $days += $1 =~ /\./ ? not_judged("amount '$text'") : $1 }
		else           { $micros += _scaled($1, $length{$2}) }
	}
	not_judged("amount '$text'") if $text !~ /\G\s*$/;
	return ($days, $micros);
}

# Writes working hours and minutes the canonical way.
sub _amount_text ($micros)
{
	my ($hours, $minutes) = (int($micros / HOUR), $micros / MINUTE % 60);

	not_judged('text of such an amount') if $micros <= 0 || $micros % MINUTE;
	return join ' ', map { $_->[0] ? "$_->[0] working $_->[1]" . ($_->[0] == 1 ? '' : 's') : () }
		[ $hours, 'hour' ], [ $minutes, 'minute' ];
}

# Reads a tstzmultirange literal of half-open ranges; a missing bound is an infinity.
sub _pauses ($text)
{
	return [] if lc $text eq 'null';
	my $inside = _literal($text, 'tstzmultirange') =~ s/^\{(.*)\}$/$1/r;
	my @pauses;

	while ($inside =~ /\G,?\s*([\[(])([^,]*),([^,]*)\)/gc)
	{
		not_judged("range bounds in $text") if $1 eq '(' && $2 ne '';
		push @pauses, [ $2 eq '' ? MINUS_INFINITY : parse_instant($2), $3 eq '' ? INFINITY : parse_instant($3) ];
	}
	not_judged("pauses $text") if $inside !~ /\G\s*$/;
	return merge_pauses(@pauses);
}

# Lists the working periods during a range.
sub _periods ($inside)
{
	my ($range, $calendar) = _arguments($inside);
	my ($from, $to) = $range =~ /^tstzrange\((.*)\)$/ ? _arguments($1) : not_judged("range $range");

	return working_periods(_calendar($calendar), map { parse_instant(_literal($_, 'timestamptz')) } $from, $to);
}

# Adds up working periods, as seconds.
sub _total (@periods)
{
	my $total = 0;

	$total += $_->[1] - $_->[0] for @periods;
	return format_seconds($total);
}

1;
