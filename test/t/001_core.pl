# The core's own tests, which need a compiler and no server.  They run with the
# address and undefined behaviour sanitizers where the compiler has them.
use strict;
use warnings;
use Test::More;
use TAP::Parser;

my $build = "$ENV{SLT_WORK}/tmp/core";

# the compiler's words, if any, go to the log that a failure shows
my $log = qx(make -s -C "$ENV{SLT_SOURCE}/test/core" BUILD="$build" "$build/core_test" 2>&1);
is($?, 0, 'core tests build') or BAIL_OUT($log);

my $parser = TAP::Parser->new({ exec => ["$build/core_test"] });
while (my $result = $parser->next)
{
	ok($result->is_ok, $result->description =~ s/^- //r) if $result->is_test;
	diag($result->as_string) if $result->is_comment || $result->is_unknown;
}
ok($parser->is_good_plan, 'core tests came to their end');
is($parser->exit, 0, 'core tests exit well');
done_testing();
