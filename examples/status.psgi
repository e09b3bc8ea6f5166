# The status page and its feeds over HTTP: a PSGI application, to be run by
# Starman, behind nginx.conf.  doc/serving.md has the rest.
#
#   starman --listen /run/slt-status/http.sock --workers 8 --disable-keepalive status.psgi
#
# Needs libplack-perl, starman and libdbd-pg-perl, and connects by PGHOST,
# PGDATABASE, PGUSER and so on.  SLT_SERVICE is the service (default: the only
# one there is), SLT_SCHEMA the schema that slt is in (default: public).
use strict;
use warnings;
use DBI;
use Digest::SHA 'sha256_base64';
use Plack::Builder;

# what each path gives: the function, its media type, arguments that it always has, and those that a query may have, with
# what they look like; Statuspage has its files at the second paths
my $url = [ url => $ENV{SLT_URL} ];
my %answers = (
	'/' => [ 'slt_status_page', 'text/html; charset=utf-8', [], { month => '\d{4}-(?:0[1-9]|1[0-2])', language => '[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}' } ],
	(map { $_ => [ 'slt_summary_json', 'application/json', $url ] } '/summary.json', '/api/v2/summary.json'),
	(map { $_ => [ 'slt_incidents_json', 'application/json', $url ] } '/incidents.json', '/api/v2/incidents.json'),
	'/history.atom' => [ 'slt_incidents_atom', 'application/atom+xml; charset=utf-8', $url ],
	'/maintenance.ics' => [ 'slt_maintenance_ics', 'text/calendar; charset=utf-8', $url ],
	'/badge.svg' => [ 'slt_badge_svg', 'image/svg+xml; charset=utf-8', [] ],
);
my ($dbh, %known);

# Connects to the database, for as long as this process lives; a query that hangs gives up.
sub connect_database
{
	local $ENV{PGOPTIONS} = join ' ', $ENV{PGOPTIONS} // (), '-c statement_timeout=5s -c default_transaction_read_only=on';
	return DBI->connect('dbi:Pg:connect_timeout=3;tcp_user_timeout=10000;client_encoding=UTF8', undef, undef,
		{ RaiseError => 1, PrintError => 0, AutoCommit => 1, pg_enable_utf8 => 0, AutoInactiveDestroy => 1 });
}

# Returns what a function gives for the service and the named arguments, or nothing, the error and its SQLSTATE.
sub ask_database
{
	my ($function, %arguments) = @_;
	my @names = sort keys %arguments;

	while (1)
	{
		my $was_connected = defined $dbh;
		my $text = eval {
			$dbh //= connect_database();
			my $call = sprintf 'SELECT %s(%s)', $dbh->quote_identifier($ENV{SLT_SCHEMA} // 'public', $function), join ', ', map { "$_ => ?" } 'service', @names;
			($dbh->selectrow_array($call, undef, $ENV{SLT_SERVICE}, @arguments{@names}))[0];
		};
		return $text if defined $text;
		my ($error, $state) = ($@, $DBI::state // '');
		undef $dbh if $dbh && !$dbh->ping;
		# a connection that was lost while nobody asked is worth another try
		return (undef, $error, $state) if defined $dbh || !$was_connected;
	}
}

# Returns the same, which may be a second old: when many come at once to what nginx has only an old answer to, the database is
# asked once by each process.
sub ask_once
{
	my ($function, %arguments) = @_;
	my $question = join "\0", $function, map { $_, $arguments{$_} // '' } sort keys %arguments;

	if (time - ($known{$question}[0] // 0) > 1)
	{
		my @answer = ask_database($function, %arguments);
		%known = () if keys %known >= 20;
		$known{$question} = [ time, @answer ];
	}
	return @{ $known{$question} }[ 1 .. 3 ];
}

# Returns a short answer in words.
sub refuse
{
	my ($code, $text, @headers) = @_;
	return [ $code, [ 'Content-Type' => 'text/plain; charset=utf-8', @headers ], ["$text\n"] ];
}

# Returns those arguments of a query that the function has, or nothing if one cannot be right.
sub read_arguments
{
	my ($query, $known) = @_;
	my %arguments;

	for my $pair (split /&/, $query // '')
	{
		my ($name, $value) = split /=/, $pair, 2;
		next unless exists $known->{$name} && length($value // '');
		return unless $value =~ /\A(?:$known->{$name})\z/;
		$arguments{$name} = $name eq 'month' ? "$value-01" : $value;
	}
	return \%arguments;
}

my $app = sub {
	my ($env) = @_;
	my $answer = $answers{ $env->{PATH_INFO} };

	return refuse(405, 'GET only', Allow => 'GET, HEAD') unless $env->{REQUEST_METHOD} =~ /\A(?:GET|HEAD)\z/;
	my $arguments = $answer && read_arguments($env->{QUERY_STRING}, $answer->[3] // {});
	return refuse(404, 'not found') unless $arguments;
	my ($text, $error, $state) = ask_once($answer->[0], @{ $answer->[2] }, %$arguments);
	if (!defined $text)
	{
		$env->{'psgi.errors'}->print("$answer->[0]: $error\n");
		return refuse(404, 'not found') if %$arguments && $state =~ /\A(?:22|42704)/;
		return refuse(503, 'the status cannot be read at the moment', 'Retry-After' => 10);
	}
	return [
		200,
		[
			'Content-Type' => $answer->[1],
			ETag => '"' . sha256_base64($text) . '"',
			# nginx goes on showing the last answer for a minute while it asks for the next one
			'Cache-Control' => 'public, max-age=10, stale-while-revalidate=60',
			'Access-Control-Allow-Origin' => '*',
			'X-Content-Type-Options' => 'nosniff',
			'Content-Security-Policy' => "default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
		],
		[$text]
	];
};

builder {
	enable 'Head';
	enable 'ConditionalGET';
	enable 'ContentLength';
	$app;
};
