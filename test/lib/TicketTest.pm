package TicketTest;

# What the tests of ticket tables share: running statements with the whole of their messages, and instants as people
# write them.
use strict;
use warnings;

use Exporter 'import';
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

our @EXPORT = qw(run_sql ask wait_until start_psql waits_or_ended new_database install_show time_sql value_in);

# Runs statements in a session of its own, with SQLSTATEs in its messages; returns output and messages.
sub run_sql
{
	my ($node, $database, $statements, %options) = @_;
	my ($status, $output, $messages) = $node->psql($database, "\\set VERBOSITY verbose\nSET timezone = 'Africa/Cairo';\n$statements",
		on_error_stop => $options{go_on} ? 0 : 1, extra_params => [ $options{role} ? ('-U', $options{role}) : () ]);

	$messages =~ s/^psql:<stdin>:\d+: //mg;
	$messages =~ s/^LOCATION: .*\n?//mg;
	return wantarray ? ($output, $messages) : "$output$messages";
}

# Runs statements in a session that stays; returns their output or, if there are any, the messages.
sub ask
{
	my ($session, $query) = @_;
	my $output = $session->query($query);
	my $error = $session->{stderr};

	$session->{stderr} = '';
	return $error eq '' ? $output : $error;
}

# Waits until a query gives true; says whether it did within half a minute.
sub wait_until
{
	my ($node, $database, $query) = @_;

	for (1 .. 300)
	{
		return 1 if $node->safe_psql($database, $query) eq 't';
		usleep(100_000);
	}
	return 0;
}

# Starts psql with statements, and does not wait for it; it names itself so that others find it in pg_stat_activity.
sub start_psql
{
	my ($node, $database, $name, $statements) = @_;
	my $run = { output => '', messages => '', name => $name };

	local $ENV{PGAPPNAME} = $name;
	$run->{process} = IPC::Run::start([ 'psql', '-XAtq', '-h', $node->host, '-p', $node->port, '-d', $database, '-c', $statements ],
		'<', \undef, '>', \$run->{output}, '2>', \$run->{messages});
	return $run;
}

# Waits until what start_psql() has started waits for a lock, or is over; says which.
sub waits_or_ended
{
	my ($node, $run) = @_;

	for (1 .. 300)
	{
		$run->{process}->pump_nb if $run->{process}->pumpable;
		return 'ended' unless $run->{process}->pumpable;
		return 'waits' if $node->safe_psql('postgres', "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = '$run->{name}' AND wait_event_type = 'Lock')") eq 't';
		usleep(50_000);
	}
	return 'neither';
}

# Makes a database with slt and the functions of install_show() in it.
sub new_database
{
	my ($node, $name) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql($name, "CREATE EXTENSION slt; ALTER DATABASE $name SET timezone = 'Africa/Cairo'");
	install_show($node, $name);
	return;
}

# Makes functions that show stamps as the case tables write them: Mon 02-02 10:00, Cairo time of 2026 unless a year is said.
sub install_show
{
	my ($node, $database) = @_;

	$node->safe_psql($database, <<'SQL');
CREATE SCHEMA shown;
CREATE FUNCTION shown.at(at timestamptz) RETURNS text LANGUAGE sql STABLE SET timezone = 'Africa/Cairo' AS $$
	SELECT CASE WHEN at IS NULL THEN '-' WHEN NOT isfinite(at) THEN at::text
		ELSE to_char(at, 'Dy ') || CASE WHEN extract(year FROM at) <> 2026 THEN to_char(at, 'YYYY-') ELSE '' END || to_char(at, 'MM-DD HH24:MI')
			|| CASE WHEN extract(second FROM at) = 0 THEN '' ELSE rtrim(rtrim(to_char(at, ':SS.US'), '0'), '.') END END $$;
CREATE FUNCTION shown.stamp(due timestamptz, met boolean) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT shown.at(due) || CASE met WHEN true THEN ' yes' WHEN false THEN ' no' ELSE '' END $$;
CREATE FUNCTION shown.pauses(paused tstzmultirange) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT coalesce(string_agg(shown.at(lower(r)) || ' ..' || CASE WHEN upper_inf(r) OR upper(r) = 'infinity' THEN '' ELSE ' ' || shown.at(upper(r)) END, ', ' ORDER BY r), '-')
	FROM unnest(paused) r $$;
GRANT USAGE ON SCHEMA shown TO PUBLIC;
SQL
	return;
}

# Turns "Mon 02-02 10:00" into a literal of SQL, after a look at the weekday.
sub time_sql
{
	my ($text) = @_;
	my ($weekday, $year, $date, $time) = $text =~ /^(\w{3}) (?:(\d{4})-)?(\d\d-\d\d) (\d\d:\d\d(?::\d\d(?:\.\d+)?)?)$/
		or die "no instant: $text";
	$year //= 2026;
	my ($month, $day) = split /-/, $date;
	my @month_offset = (0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4);
	my $y = $year - ($month < 3);
	my $n = ($y + int($y / 4) - int($y / 100) + int($y / 400) + $month_offset[ $month - 1 ] + $day) % 7;

	die "$text is a " . (qw(Sun Mon Tue Wed Thu Fri Sat))[$n] if (qw(Sun Mon Tue Wed Thu Fri Sat))[$n] ne $weekday;
	return "timestamptz '$year-$date $time Africa/Cairo'";
}

# Returns what statements give in a session of its own, with errors, and without other messages.
sub value_in
{
	my ($node, $database, $statements, %options) = @_;
	my ($output, $messages) = run_sql($node, $database, $statements, %options);

	return $output . join '', map { "\n$_" } $messages =~ /^((?:ERROR|FATAL|PANIC):.*)/mg;
}

1;
