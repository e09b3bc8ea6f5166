# What messages look like, as PostgreSQL's guide has it: a primary message has no period, details and hints are sentences.
# And where the source tests for a release of PostgreSQL.
use strict;
use warnings;
use File::Basename;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;

my $string = qr/"(?:[^"\\]|\\.)*"/;
my (@messages, @faults);

# Notes a message, and what is wrong with it; one that is put together at run time is not known here.
sub look
{
	my ($where, $kind, $text) = @_;
	my $ends = $text =~ /[.!?]$/;

	push @messages, $text;
	push @faults, "$where: $kind \"$text\"" if lc($kind) =~ /^(?:errmsg|message)$/ ? $ends : !$ends && $text !~ /^(?:%s)*$/;
	return;
}

for my $file (map { glob source_file($_) } 'src/*.c', 'src/*/*.[ch]')
{
	my $source = slurp_file($file);

	while ($source =~ /\b(errmsg|errdetail|errhint)(?:_plural|_internal)?\s*\(((?:\s*(?:$string|[A-Z]\w+))+)\s*[,)]/g)
	{
		my ($kind, $text) = ($1, $2);

		look($file =~ s{.*/src/}{}r, $kind, join '', $text =~ /"((?:[^"\\]|\\.)*)"(?=[^"]*$)/) if $text =~ /"\s*$/;
	}
}
for my $file (glob source_file('sql/parts/*.sql'))
{
	my $source = slurp_file($file);

	look(basename($file), $1, $2) while $source =~ /\b(MESSAGE|DETAIL|HINT) = (?:format\()?'((?:[^']|'')*)'/g;
}
cmp_ok(scalar @messages, '>', 300, 'messages are found');
is(join("\n", @faults), '', 'messages have no period; details and hints are sentences');

# a new PostgreSQL is one file
my @test_for_one = grep { !m{/slt_compat\.h$} && slurp_file($_) =~ /PG_VERSION_NUM|PG_MAJORVERSION/ } map { glob source_file($_) } 'src/*.[ch]', 'src/*/*.[ch]';
is_deeply(\@test_for_one, [], 'only slt_compat.h tests for a release of PostgreSQL');

done_testing();
