# What OpenStreetMap's texts mean: random ones are compared with npm's opening_hours, minute by minute around every edge
# of two years, as they are written and in the canonical form that slt writes.
# SLT_ORACLE_TEXTS says how many (400; 5000 in make test-random), SLT_ORACLE_SEED which (1).
#
# The package is installed into the directory of the test, so that it needs node, npm and npm's registry.
use strict;
use warnings;
use SltTest;
use Test::More;
use Time::Local qw(timegm);

my $count = $ENV{SLT_ORACLE_TEXTS} // 400;
my $seed = $ENV{SLT_ORACLE_SEED} // 1;
my $dir = "$ENV{SLT_WORK}/tmp/opening_hours";
my $oracle = source_file('test/oracle/opening_hours.js');
my ($from, $to) = map { timegm(0, 0, 0, 1, 0, $_) / 60 } 2027, 2029;

# Installs the package; returns why it cannot be had.
sub install
{
	return 'node and npm are not installed' if system('node --version > /dev/null 2>&1 && npm --version > /dev/null 2>&1') != 0;
	return '' if -d "$dir/node_modules/opening_hours";
	mkdir $dir;
	return "npm's registry cannot be reached"
	  if system("cd '$dir' && HOME='$dir' timeout 120 npm install --no-audit --no-fund --silent opening_hours\@3.15.0 > npm.log 2>&1") != 0;
	return '';
}

# Runs the oracle on a file in two processes and returns what they print.
sub ask
{
	my ($mode, $file) = @_;
	my @parts = map { "$file.$_" } 0, 1;

	foreach my $n (0, 1)
	{
		system("awk 'NR % 2 == $n' '$file' > '$parts[$n]'");
	}
	system(join(' & ', map { "node '$oracle' $mode < '$_' > '$_.out' 2>&1" } @parts) . ' & wait');
	return join '', map { PostgreSQL::Test::Utils::slurp_file("$_.out") } @parts;
}

my $missing = install();
plan skip_all => "npm's opening_hours is not there: $missing" if $missing;
$ENV{NODE_PATH} = "$dir/node_modules";
diag("SLT_ORACLE_SEED=$seed, $count texts");
is(system("node '$oracle' generate $seed $count > '$dir/texts'"), 0, 'random texts are there');

my $node = new_server('opening_hours');
$node->safe_psql('postgres', <<"SQL");
CREATE TABLE texts (n serial, t text, problem text, c working_calendar);
\\copy texts (t) FROM '$dir/texts' WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')
DO \$\$
DECLARE
	r record;
	why text;
BEGIN
	FOR r IN SELECT n, t FROM texts LOOP
		BEGIN
			UPDATE texts SET c = ('UTC ' || r.t)::working_calendar WHERE n = r.n;
		EXCEPTION WHEN invalid_text_representation THEN
			GET STACKED DIAGNOSTICS why = PG_EXCEPTION_DETAIL;
			UPDATE texts SET problem = r.t || ': ' || why WHERE n = r.n AND why !~ 'never opens';
		END;
	END LOOP;
END \$\$;
SQL
is(value($node, 'SELECT count(*) FROM texts'), $count, "all $count texts are loaded");
is(value($node, 'SELECT problem FROM texts WHERE problem IS NOT NULL LIMIT 5'), '', 'what the package reads is read here');
cmp_ok(value($node, 'SELECT count(*) FROM texts WHERE c IS NOT NULL'), '>', 0.9 * $count, 'most of them open some time');
is(value($node, 'SELECT c FROM texts WHERE c::text::working_calendar::text <> c::text LIMIT 5'), '', 'what is written is read, and written again');

foreach my $form ('t', 'substr(c::text, 5)')
{
	my $file = "$dir/" . ($form eq 't' ? 'given' : 'written');

	$node->safe_psql('postgres', <<"SQL");
SET timezone = 'UTC';
CREATE TABLE answers AS SELECT $form || E'\\t' || coalesce((SELECT string_agg((extract(epoch FROM lower(r)) / 60)::bigint || '-' || (extract(epoch FROM upper(r)) / 60)::bigint, ',' ORDER BY lower(r))
	FROM unnest(working_periods('[2027-01-01,2029-01-01)', c)) r), '') AS line FROM texts WHERE c IS NOT NULL;
\\copy answers TO '$file' WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')
DROP TABLE answers;
SQL
	is(ask("check $from $to", $file), '', $form eq 't' ? 'texts mean what the package takes them for' : 'so does what is written of them');
}
$node->safe_psql('postgres', "\\copy (SELECT substr(c::text, 5) FROM texts WHERE c IS NOT NULL) TO '$dir/canonical' WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')");
is(ask('warnings', "$dir/canonical"), '', 'what is written is read there without a warning');

# ---------- the differences ----------

# each is read by both, and differs at this minute: what slt says, and what the package does
foreach my $case (
	[ 'Mo-Fr 22:00-06:00; Tu off', '2027-06-08T02:00:00Z', 1, 'the night before a day off has its end' ],
	[ 'Mo-Fr 22:00-06:00; Tu off', '2027-06-09T02:00:00Z', 0, 'and the night of a day off does not' ],
	[ 'Mo-Fr 22:00-06:00; Tu 10:00-12:00', '2027-06-08T02:00:00Z', 1, 'hours that replace leave the night before' ],
	[ 'Mo-Fr 09:00-17:00 "phone"', '2027-06-08T10:00:00Z', 1, 'a comment is open, not unknown' ],
	[ 'Mar 01-easter 09:00-17:00', '2027-03-28T10:00:00Z', 1, 'a range that ends in easter has Easter' ],
	[ 'Feb 27-29 09:00-17:00', '2027-02-27T10:00:00Z', 1, 'Feb 27-29 has two days in a year without a third' ],
	[ 'Su[5] +1 day 09:00-17:00', '2023-01-02T10:00:00Z', 0, 'there was no fifth Sunday in December' ],
  )
{
	my ($text, $at, $ours, $name) = @$case;
	my $minute = value($node, "SELECT (extract(epoch FROM timestamptz '$at') / 60)::bigint");

	is(value($node, "SELECT is_working('$at', \$\$UTC $text\$\$::working_calendar)::int"), $ours, $name);
	open my $file, '>', "$dir/case" or die;
	print $file "$text\t" . ($ours ? "$minute-" . ($minute + 1) : '') . "\n";
	close $file;
	my $said = `node '$oracle' check $minute @{[$minute + 1]} < '$dir/case'`;
	$name =~ /comment/ ? is($said, '', 'the package takes it for unknown') : like($said, qr/working/, 'the package says otherwise');
}
done_testing();
