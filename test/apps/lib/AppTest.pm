package AppTest;

# What the tests of applications share: the recipes of doc/apps.md, times, and looking at tables.
use strict;
use warnings;

use Exporter 'import';
use POSIX ();
use PostgreSQL::Test::Utils;
use SltTest;

our @EXPORT = qw(at columns recipe has_recipe recipes_left stamps contents write_file);

# Returns seconds since 1970 for a wall clock of Cairo, such as "2026-04-27 10:00" or "2026-04-27 10:00:30".
sub at
{
	my ($clock) = @_;
	my ($year, $month, $day, $hour, $minute, $second) = $clock =~ /^(\d+)-(\d+)-(\d+) (\d+):(\d+)(?::(\d+))?$/ or die "no time: $clock";
	local $ENV{TZ} = 'Africa/Cairo';

	POSIX::tzset();
	my $at = POSIX::mktime($second // 0, $minute, $hour, $day, $month - 1, $year - 1900, 0, 0, -1);
	delete $ENV{TZ};
	POSIX::tzset();
	return $at;
}

my %used;  # the headings whose SQL was asked for

# Returns what doc/apps.md has under a heading, or undef.
sub _section
{
	my ($heading) = @_;
	my ($section) = slurp_file(source_file('doc/apps.md')) =~ /^\#+ \Q$heading\E\n(.*?)(?=^\#+ |\z)/ms;

	return $section;
}

# Returns the SQL under a heading of doc/apps.md.
sub recipe
{
	my ($heading) = @_;
	my $section = _section($heading) // die "doc/apps.md has no heading $heading";

	$used{$heading} = 1;
	return join "\n", $section =~ /^```sql\n(.*?)^```$/gms;
}

# Lists the headings of doc/apps.md with SQL that nobody has asked for.
sub recipes_left
{
	my @headings = slurp_file(source_file('doc/apps.md')) =~ /^\#+ (.*)$/gm;

	return grep { !$used{$_} && _section($_) =~ /^```sql$/m } @headings;
}

# Says whether doc/apps.md has a heading.
sub has_recipe
{
	my ($heading) = @_;

	return defined _section($heading);
}

# Lists the columns of a table, in order.
sub columns
{
	my ($node, $database, $table) = @_;

	return split /\n/, $node->safe_psql($database, <<"SQL");
SELECT attname || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = '$table'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
SQL
}

# Returns the stamps of a ticket in the wall clock of Cairo: due and "met", "late" or "-", of metrics (response and resolution).
sub stamps
{
	my ($node, $database, $table, $which, @metrics) = @_;
	my @columns = map {
		my $due = "slt_${_}_due";
		my $met = "slt_${_}_met";
		"coalesce(CASE WHEN isfinite($due) THEN to_char($due AT TIME ZONE 'Africa/Cairo', 'YYYY-MM-DD HH24:MI')
			|| CASE WHEN extract(second FROM $due) <> 0 THEN to_char($due, ':SS') ELSE '' END ELSE $due\::text END, 'none')
		|| ' ' || CASE WHEN $met THEN 'met' WHEN NOT $met THEN 'late' ELSE '-' END"
	} @metrics ? @metrics : qw(response resolution);

	return $node->safe_psql($database, 'SELECT ' . join(" || ' | ' || ", @columns) . " FROM $table WHERE $which");
}

# Returns all that the tables of a schema contain, but for slt's columns and those of the recipes, with what differs from run to run made alike.
sub contents
{
	my ($node, $database, $alike) = @_;
	my $rows = $node->safe_psql($database, <<'SQL');
SET timezone = 'UTC';
SELECT format('SELECT %L || ''.'' || (SELECT string_agg(k || ''='' || v, '' '' ORDER BY k)
		FROM jsonb_each(to_jsonb(t)) AS e (k, v) WHERE k NOT LIKE ''slt\_%%'' AND k NOT LIKE ''sla\_%%'') AS r FROM %s t', c.relname, c.oid::regclass)
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname NOT LIKE 'slt\_%' ORDER BY c.relname \gexec
SELECT format('SELECT %L || '' '' || last_value || '' '' || is_called FROM %s', c.relname, c.oid::regclass)
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'S' AND c.relname NOT LIKE 'slt\_%' ORDER BY c.relname \gexec
SQL

	$rows = $alike->($rows) if $alike;
	return [ sort split /\n/, $rows ];
}

# Writes a file.
sub write_file
{
	my ($file, $text) = @_;

	open my $handle, '>', $file or die "$file: $!";
	print $handle $text;
	close $handle or die "$file: $!";
	return;
}

1;
