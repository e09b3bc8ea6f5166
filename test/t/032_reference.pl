# doc/reference.md names all that the extension makes; and what it and the other
# pages name is there: objects, settings, files.
use strict;
use warnings;
use File::Basename;
use File::Spec;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;

my @pages = map { s{^\Q$ENV{SLT_SOURCE}\E/}{}r } glob join ' ', map { source_file($_) } '*.md', '*/*.md', '*/*/*.md';
my %text = map { $_ => slurp_file(source_file($_)) } @pages;
my $reference = $text{'doc/reference.md'};

my $node = new_server('reference', conf => "shared_preload_libraries = 'slt'\n");
$node->safe_psql('postgres', <<'SQL');
CREATE VIEW member AS
SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
WHERE e.extname = 'slt' AND d.deptype = 'e';
CREATE TABLE tickets (id int PRIMARY KEY, opened timestamptz, closed timestamptz, state text);
-- pages show a metric of one's own by this name
INSERT INTO slt_metrics (name, when_reopened) VALUES ('next_reply', 'restart');
SELECT slt_attach('tickets', 'opened', severity_value => 'S1', contract_value => 'Standard', status => 'state',
	done_at => '{"response": "closed", "resolution": "closed", "next_reply": "closed"}');
SQL

# Returns what a query gives, a list of its columns for each row.
sub rows
{
	my ($query) = @_;

	return map { [ split /\t/, $_, -1 ] } split /\n/, $node->safe_psql('postgres', $query, extra_params => [ '-F', "\t" ]);
}

# Tells whether a text has a name as a whole word.
sub names
{
	my ($text, $name) = @_;

	return $text =~ /(?<![\w.])\Q$name\E(?!\w)/;
}

# Returns the part of the reference below a heading, up to the next one of the same level or a higher one.
sub section
{
	my ($heading) = @_;
	my ($level, $found) = $reference =~ /^(\#+) \Q$heading\E\n(.*?)(?=^\#\#? |\z)/ms;

	return '' unless defined $found;
	return $level eq '###' ? $found =~ s/^\#\#\# .*//msr : $found;
}

# Checks that nothing is missing.
sub is_complete
{
	my ($what, @missing) = @_;

	is(join("\n", @missing), '', $what);
	return;
}

# ---------- what there is, is named ----------

my @functions = rows("SELECT DISTINCT proname FROM member JOIN pg_proc p ON classid = 'pg_proc'::regclass AND objid = p.oid AND pronamespace <> 'zz_slt_internal'::regnamespace ORDER BY 1");
ok(@functions > 70, 'the extension has functions');
is_complete('every function, procedure and aggregate is named', grep { !names($reference, $_) } map { $_->[0] } @functions);

is_complete('every type is named',
	grep { !names($reference, $_) } map { $_->[0] } rows(<<'SQL'));
SELECT typname FROM member JOIN pg_type t ON classid = 'pg_type'::regclass AND objid = t.oid
WHERE t.typtype IN ('b', 'd', 'e', 'r') AND t.typsubscript <> 'array_subscript_handler'::regproc ORDER BY 1
SQL

# a table has a section of its own, or is a link of one for several
my @columns = rows(<<'SQL');
SELECT c.relname, c.relkind, a.attname FROM member JOIN pg_class c ON classid = 'pg_class'::regclass AND objid = c.oid
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE c.relkind IN ('r', 'p', 'v', 'm', 'c') AND c.relnamespace <> 'zz_slt_internal'::regnamespace ORDER BY 1, a.attnum
SQL
my %heading = map { my $heading = $_; map { $_ => $heading } /(slt_\w+)/g } $reference =~ /^### (slt_\w+(?:, slt_\w+)*)$/mg;
ok(@columns > 100, 'the extension has tables');
is_complete('every column of a table or view is named where the table is',
	map { "$_->[0].$_->[2]" } grep {
		my ($relation, $kind, $column) = @$_;
		my $where = exists $heading{$relation} && $kind eq 'r' ? section($heading{$relation})
			: join '', grep { names($_, $relation) } split /\n\n/, $reference;
		$where !~ /`\Q$column\E`/;
	} @columns);

my $operators = section('Operators') =~ s/`//gr;
is_complete('every operator is named',
	map { "@$_" } grep {
		my ($left, $operator, $right) = @$_;
		grep({ / \Q$operator\E[ ,]/ && (!$left || names($_, $left)) && names($_, $right) } split /\n/, $operators) == 0;
	} rows(<<'SQL'));
SELECT CASE o.oprleft WHEN 'timestamptz'::regtype THEN 'timestamptz' WHEN 0 THEN '' ELSE format_type(o.oprleft, NULL) END, o.oprname,
	   CASE o.oprright WHEN 'timestamptz'::regtype THEN 'timestamptz' ELSE format_type(o.oprright, NULL) END
FROM member JOIN pg_operator o ON classid = 'pg_operator'::regclass AND objid = o.oid
SQL

my @settings = map { $_->[0] } rows("SELECT name FROM pg_settings WHERE name LIKE 'slt.%' ORDER BY 1");
ok(@settings > 0, 'the extension has settings');
is_complete('every setting is named', grep { section('Settings') !~ /^\| `\Q$_\E` \|/m } @settings);

# ---------- what functions take and return ----------

# where a function is explained is the section of second level that names it
my @sections = grep { !/^## What is not for use\n/ } split /^(?=## )/m, $reference;
is_complete('every argument of a function, and every column that it returns, is named where the function is explained',
	grep { defined } map {
		my ($function, @arguments) = @$_;
		my $where = join '', grep { names($_, $function) } @sections;
		my @unnamed = $where eq '' ? () : grep { !names($where, $_) } map { split /,/ } @arguments;
		@unnamed ? "$function: @unnamed" : undef;
	} rows(<<'SQL'));
SELECT proname, array_to_string(proargnames, ',') FROM member JOIN pg_proc p ON classid = 'pg_proc'::regclass AND objid = p.oid
WHERE proargnames IS NOT NULL AND pronamespace <> 'zz_slt_internal'::regnamespace ORDER BY 1
SQL

# the call of slt_attach is written out
my ($call) = $reference =~ /^    slt_attach\((.*?)^\n/ms;
is(join(', ', map { /(\w+)/ } split /,\s*(?![^(]*\))/, $call =~ s/\) returns.*//sr),
	value($node, "SELECT array_to_string(proargnames, ', ') FROM pg_proc WHERE proname = 'slt_attach'"),
	'slt_attach has the arguments that the page says, in this order');

# ---------- what is named, is there ----------

my %there = map { $_->[0] => 1 } rows(<<'SQL');
SELECT proname FROM pg_proc UNION SELECT unnest(proargnames) FROM pg_proc
UNION SELECT relname FROM pg_class UNION SELECT attname FROM pg_attribute UNION SELECT typname FROM pg_type
UNION SELECT nspname FROM pg_namespace UNION SELECT tgname FROM pg_trigger UNION SELECT conname FROM pg_constraint UNION SELECT opcname FROM pg_opclass
SQL
$there{$_} = 1 for @settings;
# names of metrics for Prometheus are made of those of a query and of a column of it; names of C are in the sources
my $query = '';
for (split /\n/, slurp_file(source_file('monitoring/slt_queries.yaml')))
{
	$query = $1 if /^(\w+):/;
	$there{"${query}_$1"} = 1 if /^    - (\w+):/;
}
my $sources = join '', map { slurp_file($_) } glob source_file('src/*/*.[ch]');
for my $page (sort keys %text)
{
	my %named = map { $_ => 1 } $text{$page} =~ /(?<![\w.\/-])(slt_\w+|working_(?:interval|calendar|time)_\w+|slt\.(?!list\b|control\b)[a-z]\w+)(?!\w|\.\w*ya?ml|\.py|\.pl|\.m?js)/g;

	is_complete("what $page names is there",
		grep { !$there{$_} && !$there{s/^slt\.//r} && !($page eq 'doc/design.md' && $sources =~ /\b\Q$_\E\b/) } sort keys %named);
}

# ---------- links ----------

# Returns the anchors of a page's headings, as they are made of them by the sites that show such pages.
sub anchors
{
	my ($page) = @_;

	return map { lc =~ s/[^\w\- ]//gr =~ s/ /-/gr } $page =~ s/^```.*?^```//gmsr =~ /^\#+ (.*)$/mg;
}

for my $page (sort keys %text)
{
	my @broken;
	for my $link ($text{$page} =~ /\]\((?!https?:)([^)\s]+)\)/g)
	{
		my ($file, $anchor) = $link =~ /^([^#]*)(?:#(.*))?$/;
		my $target = $file eq '' ? $page : File::Spec->catfile(dirname($page), $file);
		1 while $target =~ s{(^|/)(?!\.\./)[^/]+/\.\./}{$1};
		$target =~ s{^\./}{};

		push @broken, $link if !-e source_file($target) || defined $anchor && !grep { $_ eq $anchor } anchors(slurp_file(source_file($target)));
	}
	is_complete("the links of $page lead somewhere", @broken);
	# files that are named are there, but for those that a release and a package make
	my %files = map { $_ => 1 } $text{$page} =~ /`((?:src|test|doc|sql\/parts|tools|bench|examples|monitoring|images|debian)\/[\w.\/-]*\w)`/g;
	is_complete("the files that $page names are there", grep { !m{^(?:test/releases|debian/control)$} && !-e source_file($_) } sort keys %files);
}
done_testing();
