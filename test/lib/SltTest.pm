package SltTest;

# What the TAP tests share: a server with slt in it, and running other tests on it.
use strict;
use warnings;

use Exporter 'import';
use File::Basename 'basename';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(new_server source_file value run_pg_regress);

# several files run at a time: each has a directory of its own
$ENV{SLT_WORK} .= '/' . basename($0, '.pl');
mkdir $_ for $ENV{SLT_WORK}, "$ENV{SLT_WORK}/tmp";

# Returns the path of a file of the source tree.
sub source_file
{
	my ($name) = @_;

	return "$ENV{SLT_SOURCE}/$name";
}

# Makes and starts a server; slt is created in its database postgres.
sub new_server
{
	my ($name, %options) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name, %options{ grep { exists $options{$_} } 'install_path' });

	$node->init(%{ $options{init} // {} });
	$node->append_conf('postgresql.conf', "timezone = 'Africa/Cairo'\n" . ($options{conf} // ''));
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION slt') unless $options{bare};
	return $node;
}

# Returns what a query gives in a session of its own.
sub value
{
	my ($node, $query) = @_;

	return $node->safe_psql('postgres', $query);
}

# Runs pg_regress or pg_isolation_regress, and makes a test of each line of its report.
sub run_pg_regress
{
	my ($node, $program, $kind) = @_;
	my @tests = sort map { s{.*/}{}r =~ s/\.\w+$//r } glob source_file($kind eq 'sql' ? 'test/sql/*.sql' : 'test/specs/*.spec');
	my $output = "$ENV{SLT_WORK}/tmp/output_$kind";

	chomp(my $bindir = `pg_config --bindir`);
	mkdir $output;
	my ($stdout, $stderr) = ('', '');
	IPC::Run::run(
		[
			$program, '--inputdir=' . source_file('test'), "--outputdir=$output",
			"--bindir=$bindir",
			'--host=' . $node->host, '--port=' . $node->port, '--dbname=slt_regress', '--load-extension=slt', @tests
		],
		'>', \$stdout, '2>', \$stderr);
	for my $test (@tests)
	{
		ok($stdout =~ /(?:^|\n)(?:test \Q$test\E\s+\.\.\. ok|ok \d+\s+- \Q$test\E)\b/, "$kind/$test");
	}
	return if $stdout =~ /All \d+ tests passed/;
	diag($stdout, $stderr);
	diag(PostgreSQL::Test::Utils::slurp_file("$output/regression.diffs")) if -s "$output/regression.diffs";
	return;
}

# Makes the function that evaluates a case, and the table that cases are loaded into.
sub install_case_runner
{
	my ($node) = @_;

	$node->safe_psql('postgres', <<'SQL');
CREATE TABLE case_rows (n bigserial, line text[]);
CREATE FUNCTION evaluate(expression text) RETURNS text LANGUAGE plpgsql
SET timezone = 'UTC' SET datestyle = 'ISO' SET intervalstyle = 'postgres' AS $$
DECLARE
	result text;
	state text;
BEGIN
	EXECUTE format('SELECT CASE pg_typeof(x)::text WHEN ''timestamp with time zone''
		THEN CASE WHEN isfinite(x::text::timestamptz) AND x::text NOT LIKE ''%%BC'' THEN regexp_replace(to_char(x::text::timestamptz, ''YYYY-MM-DD"T"HH24:MI:SS.US"Z"''), ''\.0+Z'', ''Z'') ELSE x::text END
		WHEN ''boolean'' THEN left(x::text, 1) ELSE x::text END FROM (SELECT %s AS x) y', expression) INTO result;
	RETURN coalesce(result, 'NULL');
EXCEPTION WHEN others THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
	RETURN 'ERROR ' || state;
END $$;
SQL
	return;
}

# Runs all cases of a CSV file with the columns id, sql and expected; returns how many there were.
sub run_cases
{
	my ($node, $file) = @_;
	my ($name) = $file =~ m{([^/]+)$};
	my $header = (split /\n/, PostgreSQL::Test::Utils::slurp_file($file), 2)[0] =~ s/\r//r;
	my $columns = join ', ', map { "$_ text" } split /,/, $header;

	$node->safe_psql('postgres', "DROP TABLE IF EXISTS cases; CREATE TABLE cases ($columns);
\\copy cases FROM '$file' WITH (FORMAT csv, HEADER)");
	my $count = value($node, 'SELECT count(*) FROM cases');
	my $wrong = value($node, <<'SQL');
SELECT string_agg(format('%s: %s' || E'\n    expected %s' || E'\n    got      %s', id, sql, expected, got), E'\n')
FROM (SELECT *, count(*) OVER () AS n, row_number() OVER () AS i
      FROM (SELECT id, sql, expected, evaluate(sql) AS got FROM cases OFFSET 0) x
      WHERE got IS DISTINCT FROM coalesce(expected, 'NULL')) y WHERE i <= 20
SQL
	ok($count > 0, "$name has cases");
	is($wrong, '', "all $count cases of $name");
	return $count;
}

1;
