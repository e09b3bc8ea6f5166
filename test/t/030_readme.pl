# The examples of README.md and of the pages that go on from it: they run in the
# order of the page, in one session of a database of its own, and must print what
# the page shows.  A page can say that what follows is in another database.
#
# An example is a block marked sql; what it prints is the block marked text that
# follows, or nothing.  Errors come after what else an example prints.
use strict;
use warnings;
use IPC::Run;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;

my $mark = '---- end of example ----';
my $another_database = '<!-- in a new database -->';
my $node = new_server('readme', bare => 1);
my $databases = 0;

# Lists the examples of a page: the heading each stands under, its SQL, and what it shall print.
sub examples
{
	my ($page) = @_;
	my @examples;
	my ($heading, $number) = ('', 0);

	while ($page =~ /^\#+ (?<heading>[^\n]*)\n|^```sql\n(?<sql>.*?)^```\n(?:```text\n(?<output>.*?)^```\n)?/gms)
	{
		my %found = %+;
		if (defined $found{heading})
		{
			($heading, $number) = ($found{heading}, 0);
			next;
		}
		$number++;
		push @examples, { name => "$heading, example $number", sql => $found{sql}, output => $found{output} // '' };
	}
	return @examples;
}

# Takes away what cannot be seen: spaces at the ends of lines, empty lines at the ends of a text.
sub trim
{
	my ($text) = @_;

	return $text =~ s/[ \t]+$//gmr =~ s/\A\n+|\s+\z//gr;
}

# Runs the examples of a page, or of a part of it that has a database of its own, and compares what they print.
sub run_examples
{
	my ($page, $text) = @_;
	my @examples = examples($text);
	my $database = 'page_' . ++$databases;
	my $script = join '', map { "$_->{sql}\n\\echo $mark\n\\warn $mark\n" } @examples;
	my ($stdout, $stderr) = ('', '');

	# what is printed and what is complained about come apart, so that their order is certain
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	IPC::Run::run([ 'psql', '-Xq', '-v', 'SHOW_CONTEXT=never', '-h', $node->host, '-p', $node->port, '-d', $database ],
		'<', \$script, '>', \$stdout, '2>', \$stderr);
	my @printed = split /^\Q$mark\E\n/m, $stdout, -1;
	my @complained = split /^\Q$mark\E\n/m, $stderr, -1;

	ok(@examples > 0, "$page has examples");
	is(scalar @printed, @examples + 1, 'all of them ran') or diag($stderr);
	for my $i (0 .. $#examples)
	{
		my $example = $examples[$i];

		is(trim(($printed[$i] // '') . ($complained[$i] // '')), trim($example->{output}), "$page, $example->{name}");
	}
	return;
}

for my $page ('README.md', map { "doc/$_.md" } qw(tour concepts calendars tickets questions availability compare))
{
	run_examples($page, $_) for split /^\Q$another_database\E\n/m, slurp_file(source_file($page));
}
done_testing();
