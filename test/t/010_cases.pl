# Case tables: an SQL expression, and what it must give.  The project's own
# (test/data/cases.csv), and those of the directory SLT_CASES, if it is given.
#
# What is expected is compared as text; an instant in UTC, as 2024-03-31T01:00:00Z
# or with a fraction, and an error as ERROR and its SQLSTATE.
use strict;
use warnings;
use SltTest;
use Test::More;

my $node = new_server('cases');
SltTest::install_case_runner($node);

SltTest::run_cases($node, source_file('test/data/cases.csv'));
SKIP:
{
	skip 'no directory of further case files given in SLT_CASES', 1 unless $ENV{SLT_CASES};
	my @files = glob "$ENV{SLT_CASES}/cases*.csv";
	ok(@files > 0, 'SLT_CASES has case files');
	SltTest::run_cases($node, $_) for @files;
}
done_testing();
