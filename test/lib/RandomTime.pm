package RandomTime;

# Random calendars, instants and amounts, for tests that say what holds of them all.
use strict;
use warnings;

use Exporter 'import';

our @EXPORT = qw(between random_time random_spans random_date random_calendar random_instant random_hours literal);

my @weekdays = qw(Mo Tu We Th Fr Sa Su);
my @zones = qw(UTC Africa/Cairo Europe/Berlin America/New_York Australia/Lord_Howe Asia/Kathmandu Pacific/Apia
  America/Sao_Paulo Antarctica/Troll America/Havana Asia/Gaza America/St_Johns);

# Returns a whole number from one to another.
sub between
{
	my ($from, $to) = @_;

	return $from + int rand($to - $from + 1);
}

# Returns a random time of day before a last hour.
sub random_time
{
	my ($hours) = @_;

	return sprintf('%02d:%02d', between(0, $hours - 1), (0, 15, 30, 45, between(0, 59))[ between(0, 4) ])
	  . (rand() < 0.1 ? sprintf(':%02d', between(0, 59)) : '');
}

# Returns random spans; those of a plain day end on the date they start on.
sub random_spans
{
	my ($plain) = @_;

	return join ',', map {
		my ($from, $to) = sort(random_time(24), random_time(24));
		$from eq $to ? "$from-24:00" : $plain || rand() < 0.7 ? "$from-$to" : rand() < 0.5 ? "$to-$from" : "$from-" . (24 + between(1, 23)) . ':00';
	} 1 .. between(1, 3);
}

# Returns a random date of 2024 to 2027.
sub random_date
{
	return sprintf('%04d-%02d-%02d', between(2024, 2027), between(1, 12), between(1, 28));
}

# Returns a random calendar that opens every week.  A plain one has no clock changes and no nights.
sub random_calendar
{
	my ($plain) = @_;
	my @rules = join(',', map { $weekdays[ between(0, 6) ] } 1 .. between(1, 5)) . ' ' . random_spans($plain);

	push @rules, $weekdays[ between(0, 6) ] . '-' . $weekdays[ between(0, 6) ] . ' ' . random_spans($plain) if rand() < 0.5;
	@rules = ('24/7') if !$plain && rand() < 0.05;
	for (1 .. between(0, 8))
	{
		my ($from, $to) = sort(random_date(), random_date());

		push @rules,
		  (rand() < 0.4 ? $from : rand() < 0.5 ? $from =~ s/^\d{4}/*/r : substr($from, 0, 8) . '01..' . substr($from, 0, 8) . '28')
		  . (rand() < 0.3 ? ' ' . $weekdays[ between(0, 6) ] . '-' . $weekdays[ between(0, 6) ] : '') . ' '
		  . (rand() < 0.6 ? 'off' : random_spans($plain))
		  . (rand() < 0.3 ? ' "' . ('Christmas', "Prophet's birthday", "\x{d8}\x{b9}\x{d9}\x{8a}\x{d8}\x{af}", 'a; b, c \\')[ between(0, 3) ] . '"' : '');
	}
	return ($plain ? 'UTC' : $zones[ between(0, $#zones) ]) . ' ' . join('; ', @rules);
}

# Returns a random instant of 2024 to 2027: whole minutes or microseconds, or close to a clock change.
sub random_instant
{
	return rand() < 0.1
	  ? sprintf('2026-%s %02d:%02d:00Z', (qw(03-08 03-28 03-29 04-04 04-23 10-03 10-24 10-25 10-29 11-01))[ between(0, 9) ], between(0, 23), between(0, 59))
	  : random_date() . sprintf(' %02d:%02d:%s+00', between(0, 23), between(0, 59), rand() < 0.5 ? '00' : sprintf('%02d.%06d', between(0, 59), between(0, 999999)));
}

# Returns a random number of hours: few or many, whole or not.
sub random_hours
{
	return (between(1, 16), between(1, 400))[ between(0, 1) ] . ' h ' . (rand() < 0.5 ? '' : between(0, 59) . ' min ' . between(0, 59) . '.' . between(0, 999999) . ' s');
}

# Quotes an SQL literal.
sub literal
{
	my ($text) = @_;

	return "'" . $text =~ s/'/''/gr . "'";
}

1;
