# The pgTAP tests of test/pgtap.
use strict;
use warnings;
use SltTest;
use TAP::Parser;
use Test::More;

my $node = new_server('pgtap');
$node->safe_psql('postgres', 'CREATE EXTENSION pgtap');

foreach my $file (glob source_file('test/pgtap/*.sql'))
{
	my ($name) = $file =~ m{([^/]+)\.sql$};
	my $tap = qx(psql -XqAt -v ON_ERROR_STOP=1 -h "@{[$node->host]}" -p @{[$node->port]} -d postgres -f "$file" 2>&1);
	my $parser = TAP::Parser->new({ tap => $tap });

	is($?, 0, "pgtap/$name runs") or diag($tap);
	while (my $result = $parser->next)
	{
		ok($result->is_ok, "pgtap/$name: " . $result->description =~ s/^- //r) if $result->is_test;
		diag($result->as_string) if $result->is_comment;
	}
	ok($parser->is_good_plan, "pgtap/$name came to its end");
}
done_testing();
