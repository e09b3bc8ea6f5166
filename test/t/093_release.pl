# make release: what does not agree with the rest is said, and nothing is released.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;

plan skip_all => 'git is not installed' if system('git --version > /dev/null 2>&1') != 0;
plan skip_all => 'this is an archive of a release' if !-e source_file('.ci/release');

my $dir = "$ENV{SLT_WORK}/tmp/repository";
my ($version) = slurp_file(source_file('slt.control')) =~ /^default_version = '(.*)'/m;
$ENV{GIT_CONFIG_GLOBAL} = '/dev/null';
$ENV{HOME} = $dir;
system("rm -rf '$dir'; mkdir '$dir'; cd '" . source_file('.') . "' && cp -r .ci .gitignore Makefile META.json CHANGELOG.md slt.control debian doc sql '$dir' && cd '$dir' && rm -f sql/slt--*.sql && git init -q") == 0
  or die 'no repository can be made';

# Commits what there is, and returns what a release lacks.
sub lacking
{
	my ($output, $errors);

	system("cd '$dir' && git add -A && git -c user.name=x -c user.email=x\@example.org commit -q --allow-empty -m x");
	my $result = IPC::Run::run([ "$dir/.ci/release", 'check' ], '>', \$output, '2>', \$errors);
	return $result ? '' : $errors;
}

# Changes a file by a substitution.
sub change
{
	my ($file, $from, $to) = @_;
	my $text = slurp_file("$dir/$file");

	$text =~ s/$from/$to/ or die "$file has no $from";
	unlink "$dir/$file";
	append_to_file("$dir/$file", $text);
	return;
}

# as a release has it
change('META.json', qr/"release_status": "\w+"/, '"release_status": "stable"');
change('META.json', qr/slt\.example/, 'slt.test') for 1 .. 4;
change('debian/control.in', qr/slt\.example/, 'slt.test');
change('CHANGELOG.md', qr/^## \Q$version\E .*$/m, "## $version (2026-12-01)");
change('debian/changelog', qr/UNRELEASED/, 'unstable');
is(lacking(), '', 'a release lacks nothing');

for my $case (
	[ 'Makefile', qr/^SLT_VERSION = .*/m, 'SLT_VERSION = 9.9', qr/Makefile has another version/ ],
	[ 'META.json', qr/"version": "\Q$version\E\.0"/, '"version": "9.9.0"', qr/META\.json says/ ],
	[ 'META.json', qr/"stable"/, '"unstable"', qr/"release_status": "stable"/ ],
	[ 'META.json', qr{doc/reference\.md}, 'doc/none.md', qr{doc/none\.md, which META\.json names} ],
	[ 'CHANGELOG.md', qr/\(2026-12-01\)/, '(not released yet)', qr/CHANGELOG\.md begins/ ],
	[ 'debian/changelog', qr/unstable/, 'UNRELEASED', qr/debian\/changelog begins/ ],
	[ 'debian/control.in', qr/slt\.test/, 'slt.example', qr/where the project lives/ ],
	[ 'sql/parts/shipped.sql', qr/VALUES \('\Q$version\E'\)/, "VALUES ('9.9')", qr/ships rows of/ ])
{
	my ($file, $from, $to, $expected) = @$case;
	my $text = slurp_file("$dir/$file");

	change($file, $from, $to);
	like(lacking(), qr/\Alacking: [^\n]*$expected[^\n]*\n\z/, "$file: $to");
	unlink "$dir/$file";
	append_to_file("$dir/$file", $text);
}

# the way from an earlier release
system("cd '$dir' && git tag v0.8 && mkdir -p test/releases");
like(lacking(), qr{\Alacking: test/releases/slt--0\.8\.sql}, 'an earlier release: its install script is kept');
append_to_file("$dir/test/releases/slt--0.8.sql", "-- 0.8\n");
like(lacking(), qr/\Alacking: a script sql\/slt--0\.8--\Q$version\E\.sql/, 'and a way leads from it');
append_to_file("$dir/sql/slt--0.8--0.9.sql", "-- to 0.9\n");
like(lacking(), qr/\Alacking: a script/, 'all the way');
append_to_file("$dir/sql/slt--0.9--$version.sql", "-- to $version\n");
is(lacking(), '', 'by way of others');
append_to_file("$dir/CHANGELOG.md", "more\n");
my $errors;
IPC::Run::run([ "$dir/.ci/release", 'check' ], '>', '/dev/null', '2>', \$errors);
like($errors, qr/\Alacking: a commit/, 'and all of it is committed');
system("cd '$dir' && git add -A && git -c user.name=x -c user.email=x\@example.org commit -q -m x && git tag v$version");
like(lacking(), qr/\Alacking: a new version/, 'a release is made once');

is(system("cd '$dir' && .ci/release dist > /dev/null"), 0, 'make dist');
is(`tar -tzf '$dir/slt-$version.tar.gz' | grep -c -v '^slt-$version/'`, "0\n", 'the archive has one directory');
is(`tar -tzf '$dir/slt-$version.tar.gz' | grep -c 'slt-$version/sql/slt--0.8--0.9.sql'`, "1\n", 'with the scripts that update');
done_testing();
