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

# ---------- what a translator, and whoever follows a hint, would trip over ----------

# Returns the calls that make messages, each with its arguments, of a source in C.
sub calls
{
	my ($source) = @_;
	my $nested;
	$nested = qr/\((?:[^()"]|$string|(??{ $nested }))*\)/;
	my @calls;

	push @calls, [ $1, $2 ] while $source =~ /\b(errmsg|errdetail|errhint)(?:_plural|_internal)?\s*($nested)/g;
	return @calls;
}

# Notes what is wrong with the text of a message: "what" is its kind, "text" has all its literals, "rest" what else it is made from.
my @odd;
sub look_closely
{
	my ($where, $what, $text, $rest) = @_;

	push @odd, "$where: a sentence is put together from parts: $text" if $rest =~ /[?:]\s*'|\|\|/ || $rest =~ /\?\s*"(?!\.\.\.|%?s?"|, |")[a-z]/;
	push @odd, "$where: begins with what a translator cannot see: $text" if $text =~ /^%s ["a-z]|\b(?:no|an?|many|few|each|every|Known|other) %s/ && $text !~ /^%s cannot run inside a transaction block/;
	push @odd, "$where: a name without quotes: $text" if $text =~ /\b(?:column|calendar|contract|severity|metric|service|experience|function|argument|setting|zone|state|type|trigger|(?:[Rr]ows|restored) (?:of|in|into|from)) %[sI]|\btrigger zz_|is not in %[sI]/ && $text !~ /\btype %s/;
	push @odd, "$where: a number without its plural: $text" if $text =~ /%(?:d|lld|s) (?:rows?|tables?|seconds?|tickets?|events?)\b/ && $rest !~ /_plural|[A-Z]{3}/;
	push @odd, "$where: a hint that destroys: $text" if $what =~ /hint/i && $text =~ /\b(?:DROP|DELETE|TRUNCATE|CASCADE|delete|drop|truncate)\b|slt_remove_shipped|slt_detach\(%/i;
	push @odd, "$where: PostgreSQL says already exists: $text" if $text =~ /is there already/;
	push @odd, "$where: PostgreSQL says does not exist: $text" if $what =~ /msg|MESSAGE/i && $text =~ /^(?:there is no|there are no|no|slt has no|pages have no) (?!service$|column is named|ticket table|period is|calendar is given|texts of language)/;
	push @odd, "$where: a list at the end of a message: $text" if $what =~ /msg|MESSAGE/i && $text =~ /: %[sI]$/ && $text !~ /could not sweep|cannot be removed/;
	push @odd, "$where: PostgreSQL says not recognized: $text" if $text =~ /time zone .* (?:is not known|unknown)/;
	return;
}

for my $file (map { glob source_file($_) } 'src/*.c', 'src/*/*.[ch]')
{
	my $source = slurp_file($file);

	for my $call (calls($source))
	{
		my ($kind, $arguments) = @$call;
		my @texts = $arguments =~ /"((?:[^"\\]|\\.)*)"/g;
		look_closely($file =~ s{.*/src/}{}r, $kind, join('', @texts) =~ s/\\"/"/gr, ($source =~ /\Q${kind}_plural$arguments\E/ ? '_plural' : '') . $arguments =~ s/^\((?:\s*$string)+//r);
	}
}
for my $file (glob source_file('sql/parts/*.sql'))
{
	my $source = slurp_file($file);

	while ($source =~ /\bRAISE\b(.*?);[ \t]*\n/gs)
	{
		my $raise = $1;
		look_closely(basename($file), 'MESSAGE', $1, '') if $raise =~ /^ (?:EXCEPTION|WARNING|NOTICE) '((?:[^']|'')*)'/;
		while ($raise =~ /\b(MESSAGE|DETAIL|HINT) = (format\(|CASE what )?((?:[^',]|'(?:[^']|'')*')+)/g)
		{
			my ($kind, $how, $text) = ($1, $2 // '', $3);
			look_closely(basename($file), $kind, join('', $text =~ /'((?:[^']|'')*)'/g), $how =~ /CASE/ ? '' : $text =~ s/^\s*'(?:[^']|'')*'//r) if $text =~ /^\s*'/;
		}
	}
}
is(join("\n", @odd), '', 'messages are whole, quote names, count as people do, and hint at nothing that destroys');

# what is said in C and in SQL alike is one thing
my %by_words;
push @{ $by_words{ lc s/%[.\w*]*|"|\\|\W+/ /gr =~ s/\s+/ /gr } }, $_ for @messages;
is(join("\n", map { join ' / ', @$_ } grep { my %spelled = map { s/\\?"//gr =~ s/%(?:\.\*s%s|\.\*s|lld|d|s|u|I|L)?/%/gr => 1 } @$_; keys %spelled > 1 } @by_words{ grep { /[a-z]{3}/ } keys %by_words }), '', 'the same words are always written alike');

# ---------- a comment says more than the name does ----------

my %says_nothing = map { $_ => 1 } qw(a an the of to is are it its in for and or that this which with by as on at from be has have into if all each any no not one
  returns return tells tell says say gives give makes make sets set gets get reads read finds find writes write puts put lists list works out whether);
my @empty;
my $commented = 0;
for my $file (map { glob source_file($_) } 'src/*.c', 'src/*/*.c')
{
	my $source = slurp_file($file);

	while ($source =~ m{^/\*((?:(?!\*/).)*)\*/\n(?:PG_FUNCTION_INFO_V1\(\w+\);\n)?[\w *]+\n(\w+)\(}msg)
	{
		my ($comment, $name) = ($1, $2);
		my %in_name = map { s/(?:ing|es|ed|s)$//r => 1 } split /_/, lc $name;

		$commented++;
		push @empty, basename($file) . ": $name:" . $comment unless $comment =~ /[-+*\/] ?\w/ || grep { !$says_nothing{$_} && !$in_name{s/(?:ing|es|ed|s)$//r} } map { lc } $comment =~ /[A-Za-z']+/g;
	}
}
cmp_ok($commented, '>', 900, 'functions have comments');
is(join("\n", @empty), '', 'which say more than their names');

# ---------- the types that the formatter has to know ----------

is(scalar `$^X @{[ source_file('tools/format') ]} --typedefs`, slurp_file(source_file('typedefs.list')), 'typedefs.list has each type of the sources; tools/format --typedefs writes it');

done_testing();
