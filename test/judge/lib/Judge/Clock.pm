# Instants, dates and their text: plain 64-bit integers, no time zones.
#
# An instant is the number of microseconds since 2000-01-01 00:00 UTC, as PostgreSQL counts it, so that the
# whole timestamptz range fits. A date is the number of days since 2000-01-01. A wall clock reading is counted
# like an instant, as if the wall clock stood in UTC.
package Judge::Clock;

use v5.36;
use Exporter 'import';

our @EXPORT = qw(SECOND MINUTE HOUR DAY FIRST_INSTANT END_INSTANT INFINITY MINUS_INFINITY
    floor_div day_number civil_date weekday is_finite parse_instant format_instant format_date
    format_seconds out_of_range not_judged check_range);

use constant {
	SECOND         => 1_000_000,
	MINUTE         => 60_000_000,
	HOUR           => 3_600_000_000,
	DAY            => 86_400_000_000,
	FIRST_INSTANT  => -211_813_488_000_000_000,      # 4714-11-24 BC, the first timestamptz
	END_INSTANT    => 9_223_371_331_200_000_000,     # 294277-01-01, the first one that is too late
	INFINITY       => 'infinity',
	MINUS_INFINITY => '-infinity',
};

# Divides rounding down, exactly: what is divided is a multiple of the divisor, so Perl stays in integers.
sub floor_div ($value, $by)
{
	return ($value - $value % $by) / $by;
}

# Counts the days from 2000-01-01 to a date of the proleptic Gregorian calendar (year 0 is 1 BC).
sub day_number ($year, $month, $day)
{
	my $y = $month <= 2 ? $year - 1 : $year;
	my $era = floor_div($y, 400);
	my $year_of_era = $y - $era * 400;
	my $day_of_year = int((153 * ($month + ($month > 2 ? -3 : 9)) + 2) / 5) + $day - 1;
	my $day_of_era = $year_of_era * 365 + int($year_of_era / 4) - int($year_of_era / 100) + $day_of_year;

	return $era * 146_097 + $day_of_era - 730_425;
}

# Names the date with that day number, as year, month, day.
sub civil_date ($number)
{
	my $shifted = $number + 730_425;
	my $era = floor_div($shifted, 146_097);
	my $doe = $shifted - $era * 146_097;
	my $yoe = int(($doe - int($doe / 1460) + int($doe / 36_524) - int($doe / 146_096)) / 365);
	my $doy = $doe - (365 * $yoe + int($yoe / 4) - int($yoe / 100));
	my $mp = int((5 * $doy + 2) / 153);
	my $month = $mp < 10 ? $mp + 3 : $mp - 9;

	return ($yoe + $era * 400 + ($month <= 2 ? 1 : 0), $month, $doy - int((153 * $mp + 2) / 5) + 1);
}

# Gives the weekday of a date, Monday being 0; 2000-01-01 was a Saturday.
sub weekday ($number)
{
	return ($number + 5) % 7;
}

# Tells whether an instant is a number, not one of the two infinities.
sub is_finite ($instant)
{
	return $instant ne INFINITY && $instant ne MINUS_INFINITY;
}

# Reads a timestamptz literal that carries its own offset from UTC.
sub parse_instant ($text)
{
	return $text if !is_finite($text);
	$text =~ m{^(\d{4,6})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?)?\ ?
		(?:Z|([+-])(\d\d)(?::?(\d\d))?)(\ BC)?$}x
		or not_judged("timestamp '$text'");
	my ($year, $month, $day, $hour, $minute, $second, $fraction) = ($1, $2, $3, $4 // 0, $5 // 0, $6 // 0, $7 // '');
	my $offset = ($9 // 0) * HOUR + ($10 // 0) * MINUTE;
	my $sign = ($8 // '+') eq '-' ? -1 : 1;

	$year = 1 - $year if $11;
	$fraction .= '0' while length $fraction < 6;
	return day_number($year, $month, $day) * DAY + $hour * HOUR + $minute * MINUTE
		+ $second * SECOND + $fraction - $sign * $offset;
}

# Writes an instant in UTC; the fraction appears, with six digits, only when there is one.
sub format_instant ($instant)
{
	return $instant if !is_finite($instant);
	my $date = floor_div($instant, DAY);
	my $time = $instant - $date * DAY;
	my ($year, $month, $day) = civil_date($date);
	my $text = sprintf '%04d-%02d-%02dT%02d:%02d:%02d', $year > 0 ? $year : 1 - $year, $month, $day,
		int($time / HOUR), int($time / MINUTE) % 60, int($time / SECOND) % 60;

	$text .= sprintf '.%06d', $time % SECOND if $time % SECOND;
	return $text . 'Z' . ($year > 0 ? '' : ' BC');
}

# Writes a date as YYYY-MM-DD.
sub format_date ($number)
{
	return sprintf '%04d-%02d-%02d', civil_date($number);
}

# Writes a number of microseconds as seconds with six decimals.
sub format_seconds ($micros)
{
	my $size = abs $micros;

	return sprintf '%s%d.%06d', $micros < 0 ? '-' : '', floor_div($size, SECOND), $size % SECOND;
}

# Gives up because the answer is an error by definition: a result out of range.
sub out_of_range ()
{
	die { expected => 'ERROR 22008' };
}

# Gives up because the judge cannot tell: the case is counted as not judged.
sub not_judged ($why)
{
	die { not_judged => $why };
}

# Returns an instant that is inside the timestamptz range, and refuses any other.
sub check_range ($instant)
{
	return $instant if !is_finite($instant);
	out_of_range() if $instant < FIRST_INSTANT || $instant >= END_INSTANT;
	return $instant;
}

1;
