# Random cases with the answers of an independent, slow judge (test/judge).
# SLT_JUDGE_CASES says how many (8000; 100000 in make test-random), SLT_JUDGE_SEED which (1).
use strict;
use warnings;
use SltTest;
use Test::More;

my $count = $ENV{SLT_JUDGE_CASES} // 8000;
my $seed = $ENV{SLT_JUDGE_SEED} // 1;
my $cases = "$ENV{SLT_WORK}/tmp/judge.csv";
my $node = new_server('judge');

note("judge.pl --seed $seed --cases $count");
my $judge = source_file('test/judge/judge.pl');
is(system(qq($^X "$judge" --seed $seed --cases $count > "$cases")), 0, 'the judge has judged');
SltTest::install_case_runner($node);
is(SltTest::run_cases($node, $cases), $count, "all $count cases were there");
done_testing();
