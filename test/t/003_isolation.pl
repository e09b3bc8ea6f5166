# The tests of two and more sessions at once, in test/specs.
use strict;
use warnings;
use SltTest;
use Test::More;

run_pg_regress(new_server('isolation', bare => 1), $ENV{PG_REGRESS} =~ s{regress/pg_regress}{isolation/pg_isolation_regress}r, 'specs');
done_testing();
