#!/usr/bin/perl
# An independent judge of working time: makes random cases with their answers, or checks the answers of a case file.
#
#     judge.pl --seed N --cases M [--zoneinfo DIRECTORY]     prints id,sql,expected
#     judge.pl --eval FILE [--zoneinfo DIRECTORY]            reports where the judge disagrees with a file
use v5.36;
use FindBin;
use lib "$FindBin::Bin/lib";
use Getopt::Long;
use Judge::Clock;
use Judge::Zone;
use Judge::Expression;
use Judge::Cases;

# Reads the command line and runs one of the two modes.
sub main ()
{
	my %option = (seed => 1);

	GetOptions(\%option, 'seed=i', 'cases=i', 'eval=s', 'zoneinfo=s', 'verbose')
		&& !@ARGV && (defined $option{cases} xor defined $option{eval})
		or die "usage: judge.pl --seed N --cases M | --eval FILE [--verbose]   [--zoneinfo DIRECTORY]\n";
	$Judge::Zone::directory = $option{zoneinfo} if defined $option{zoneinfo};
	return print_cases(@option{qw(seed cases)}) if defined $option{cases};
	return check_file($option{eval}, $option{verbose});
}

# Prints random cases as CSV; the same seed gives the same cases.
sub print_cases ($seed, $count)
{
	my $number = 0;
	my $next = random_cases($seed);

	say 'id,sql,expected';
	while ($number < $count)
	{
		my ($sql, $expected) = @{ $next->() };
		say join ',', 'R' . $seed . '-' . ++$number, map { csv_field($_) } $sql, $expected;
	}
	return 0;
}

# Quotes a CSV field where it needs quotes.
sub csv_field ($text)
{
	return $text =~ /[",\n]/ ? '"' . $text =~ s/"/""/gr . '"' : $text;
}

# Splits a line of CSV into its fields.
sub csv_split ($line)
{
	my @fields;

	while ($line =~ /\G(?:"((?:[^"]|"")*)"|([^,]*))(?:,|$)/g)
	{
		push @fields, defined $1 ? $1 =~ s/""/"/gr : $2;
		last if $+[0] == length $line;
	}
	return @fields;
}

# Computes every expression of a case file and reports the ones with another answer than the file's.
sub check_file ($name, $verbose)
{
	my %count = (agree => 0, disagree => 0, 'not judged' => 0);
	open my $file, '<', $name or die "cannot read $name: $!\n";
	chomp(my @lines = readline $file);
	close $file;
	my @header = csv_split(shift @lines);

	for my $line (@lines)
	{
		my %row;
		@row{@header} = csv_split($line);
		my $answer = eval { $row{expected} eq 'ERROR 22P02' ? not_judged('bad text') : evaluate($row{sql}) };
		my $why = defined $answer ? '' : ref $@ ? $@->{not_judged} : die "$row{id}: $@";
		my $verdict = !defined $answer ? 'not judged' : $answer eq $row{expected} ? 'agree' : 'disagree';
		$count{$verdict}++;
		say "$row{id}: expected $row{expected}, the judge says $answer\n    $row{sql}" if $verdict eq 'disagree';
		say "$row{id}: not judged: $why" if $verbose && $verdict eq 'not judged';
	}
	say join ', ', map { "$count{$_} $_" } 'agree', 'disagree', 'not judged';
	return $count{disagree} ? 1 : 0;
}

exit main();
