package HostileTest;

# What the hostile tests share: a server that comes back after a crash, code that tells in the server's log as whom it
# was run, and a look at the log for crashes and internal errors.
use strict;
use warnings;

use Exporter 'import';
use IPC::Run;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;
use Time::HiRes qw(usleep);

our @EXPORT = qw(hostile_server as_role has_function has_argument log_mark log_since springs lay_springs is_alive unharmed);

# Starts a server with slt preloaded, whose worker is off until a test wants it.
sub hostile_server
{
	my ($name, $conf) = @_;

	return new_server($name, bare => 1, conf => <<"CONF");
shared_preload_libraries = 'slt'
slt.worker = off
slt.sweep_interval = '1h'
timezone = 'UTC'
restart_after_crash = on
log_min_messages = warning
log_min_error_statement = panic
log_error_verbosity = verbose
log_statement = none
deadlock_timeout = '100ms'
@{[ $conf // '' ]}
CONF
}

# Runs statements as a role, each for itself; returns output and messages.  They are in a file, as psql may not live to read them all.
sub as_role
{
	my ($node, $role, $database, $statements, %options) = @_;
	my $file = "$ENV{SLT_WORK}/tmp/hostile_statements.sql";
	my ($output, $messages) = ('', '');

	unlink $file;
	append_to_file($file, join "\n", '\\set VERBOSITY verbose', "SET timezone = 'UTC';", (map { "SET $_ = '$options{$_}';" } sort keys %options), $statements, '');
	eval {
		IPC::Run::run([ 'psql', '-XAtq', '-h', $node->host, '-p', $node->port, '-U', $role, '-d', $database, '-f', $file ],
			'<', \undef, '>', \$output, '2>', \$messages, IPC::Run::timeout(300));
	};
	$messages .= "gave up: $@" if $@;
	$messages =~ s/^psql:\S+:\d+: //mg;
	$messages =~ s/^LOCATION: .*\n?//mg;
	chomp($output, $messages);
	return wantarray ? ($output, $messages) : "$output$messages";
}

# Tells whether the extension has a function of a name, in this edition.
sub has_function
{
	my ($node, $database, $name) = @_;

	return $node->safe_psql($database, "SELECT count(*) > 0 FROM pg_proc WHERE proname = '$name'") eq 't';
}

# Tells whether a function has an argument of a name.
sub has_argument
{
	my ($node, $database, $function, $argument) = @_;

	return $node->safe_psql($database, "SELECT count(*) > 0 FROM pg_proc WHERE proname = '$function' AND '$argument' = ANY (proargnames)") eq 't';
}

# Where the log ends now.
sub log_mark
{
	my ($node) = @_;

	return -s $node->logfile;
}

# What was logged since.
sub log_since
{
	my ($node, $mark) = @_;

	return PostgreSQL::Test::Utils::slurp_file($node->logfile, $mark);
}

# What code of the owner's said since: a hash of the place, what was being done, who it was, whose session, and whether restricted.
sub springs
{
	my ($node, $mark) = @_;
	my $log = log_since($node, $mark);
	my @found;

	push @found, { place => $1, doing => $2, user => $3, session => $4, restricted => $5 }
	  while $log =~ /slt-spring <([^>]*)> <([^>]*)> <([^>]*)> <([^>]*)> <([^>]*)>/g;
	return @found;
}

# Makes the code that tells, in a schema of the role's, and tries to make the role a superuser.  In a session of the role's own it does nothing.
sub lay_springs
{
	my ($node, $role, $database, $schema) = @_;

	return as_role($node, $role, $database, <<"SQL");
CREATE FUNCTION $schema.spring(place text) RETURNS void LANGUAGE plpgsql VOLATILE AS \$\$
DECLARE
	restricted text := 'no';
	who text := current_user;
BEGIN
	IF session_user = '$role' THEN
		RETURN;
	END IF;
	-- undone at once: to be again who has the session, and what a restricted operation may not do
	BEGIN
		PERFORM pg_catalog.set_config('role', 'none', true);
		who := who || ' and ' || current_user;
		RAISE EXCEPTION 'as free as the session';
	EXCEPTION WHEN OTHERS THEN
		NULL;
	END;
	BEGIN
		LISTEN slt_spring;
		RAISE EXCEPTION 'not kept from that';
	EXCEPTION WHEN OTHERS THEN
		restricted := CASE WHEN SQLERRM LIKE '%restricted%' THEN 'yes' ELSE 'no' END;
	END;
	BEGIN
		ALTER ROLE $role SUPERUSER;
	EXCEPTION WHEN OTHERS THEN
		NULL;
	END;
	RAISE LOG 'slt-spring <%> <%> <%> <%> <%>', place, pg_catalog.current_setting('application_name'), who, session_user, restricted;
END \$\$;
CREATE FUNCTION $schema.trap_int(place text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS \$\$ BEGIN PERFORM $schema.spring(place); RETURN 1; END \$\$;
CREATE FUNCTION $schema.trap_bool(place text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS \$\$ BEGIN PERFORM $schema.spring(place); RETURN true; END \$\$;
CREATE FUNCTION $schema.trap_text(place text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS \$\$ BEGIN PERFORM $schema.spring(place); RETURN 'open'; END \$\$;
CREATE FUNCTION $schema.trap_key(place text, int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS \$\$ BEGIN PERFORM $schema.spring(place); RETURN \$2; END \$\$;
CREATE FUNCTION $schema.trap_time(place text, timestamptz) RETURNS int LANGUAGE plpgsql IMMUTABLE AS \$\$ BEGIN PERFORM $schema.spring(place); RETURN 1; END \$\$;
CREATE FUNCTION $schema.trap_row() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN PERFORM $schema.spring(TG_ARGV[0]); RETURN NEW; END \$\$;
SQL
}

# Waits for the server after what may have crashed it; says whether it can be asked.
sub is_alive
{
	my ($node) = @_;

	for (1 .. 100)
	{
		my ($status, $output) = $node->psql('postgres', 'SELECT 1', on_error_die => 0);

		return 1 if $status == 0 && $output eq '1';
		usleep(200_000);
	}
	return 0;
}

# One test: since a mark nothing crashed and nothing was an internal error.
sub unharmed
{
	my ($node, $mark, $name) = @_;
	my $alive = is_alive($node);
	my @bad;

	# line by line: some are very long
	open my $log, '<', $node->logfile or die "no log: $!";
	seek $log, $mark, 0;
	while (my $line = <$log>)
	{
		push @bad, substr($line, 0, 300) if substr($line, 0, 400) =~ /was terminated by signal (?!15)\d|TRAP:|(?:ERROR|WARNING|FATAL|PANIC):  XX\d\d\d|runtime error:|AddressSanitizer|buffer refcount leak/;
	}
	close $log;
	return is(join("\n", $alive ? () : 'the server is gone', splice(@bad, 0, 5)), '', $name);
}

1;
