# The SQL tests of test/sql, by pg_regress.
use strict;
use warnings;
use SltTest;
use Test::More;

run_pg_regress(new_server('regress', bare => 1), $ENV{PG_REGRESS}, 'sql');
done_testing();
