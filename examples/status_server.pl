#!/usr/bin/perl
# A web server for the status page, which is made by the database for each
# request, or every few seconds if requests come faster.
#
#   usage: status_server.pl [--listen ADDRESS:PORT] [--keep SECONDS] [--schema SCHEMA] [SERVICE]
#
# It needs Perl and psql, and connects as psql does, by PGHOST, PGDATABASE,
# PGUSER, ~/.pgpass and so on. It answers one request at a time, so put a proxy
# with TLS and a cache in front of it if the page is for the whole world.
use strict;
use warnings;
use Getopt::Long;
use IO::Select;
use IO::Socket::INET;

my ($listen, $keep, $schema) = ('127.0.0.1:8080', 5, 'public');
GetOptions('listen=s' => \$listen, 'keep=f' => \$keep, 'schema=s' => \$schema) && @ARGV <= 1
  or die "usage: status_server.pl [--listen ADDRESS:PORT] [--keep SECONDS] [--schema SCHEMA] [SERVICE]\n";
my $service = shift @ARGV;
my ($page, $made_at) = (undef, 0);

# Returns the page, or undef if the database does not give one.
sub status_page
{
	return $page if defined $page && time - $made_at < $keep;
	# psql quotes the values itself; it does so in its input only, not in -c
	my @psql = (qw(psql -XAtqw -v ON_ERROR_STOP=1 -v), "schema=$schema");
	my $argument = '';
	if (defined $service)
	{
		push @psql, '-v', "service=$service";
		$argument = q{:'service'};
	}
	local $ENV{PGCLIENTENCODING} = 'UTF8';
	local $ENV{PGCONNECT_TIMEOUT} = 5;
	local $ENV{PGOPTIONS} = join ' ', $ENV{PGOPTIONS} // (), '-c statement_timeout=10s -c default_transaction_read_only=on';

	pipe my $query, my $writer or die "pipe: $!";
	my $pid = open my $output, '-|';
	die "fork: $!" unless defined $pid;
	if ($pid == 0)
	{
		close $writer;
		open STDIN, '<&', $query or die "stdin: $!";
		exec @psql or die "psql: $!";
	}
	close $query;
	local $SIG{PIPE} = 'IGNORE';
	print {$writer} qq{SELECT :"schema".slt_status_page($argument);\n};
	close $writer;
	my $html = do { local $/; <$output> };
	return unless close $output;
	($page, $made_at) = ($html, time);
	return $page;
}

# Reads the head of a request; gives its method and path, or nothing if it does not come within 5 seconds.
sub read_request
{
	my ($client) = @_;
	my ($head, $deadline) = ('', time + 5);

	while ($head !~ /\r?\n\r?\n/ && length $head < 16384)
	{
		return unless IO::Select->new($client)->can_read($deadline - time > 0 ? $deadline - time : 0);
		return unless sysread $client, $head, 4096, length $head;
	}
	return $head =~ m{\A([A-Z]+) (/\S*) HTTP/1\.[01]\r?\n} ? ($1, $2) : ();
}

# Sends an answer and closes the connection.
sub answer
{
	my ($client, $method, $status, $body, @headers) = @_;
	my $text = join "\r\n", "HTTP/1.1 $status", 'Content-Length: ' . length $body, 'Connection: close', 'X-Content-Type-Options: nosniff', @headers, '', '';

	$text .= $body unless $method eq 'HEAD';
	local $SIG{PIPE} = 'IGNORE';
	my $sent = 0;
	while ($sent < length $text)
	{
		last unless IO::Select->new($client)->can_write(10);
		$sent += syswrite($client, $text, length($text) - $sent, $sent) // last;
	}
	close $client;
	return;
}

my $server = IO::Socket::INET->new(LocalAddr => $listen, Listen => 64, ReuseAddr => 1, Proto => 'tcp') or die "cannot listen on $listen: $@\n";
$| = 1;
printf "listening on http://%s:%d/\n", $server->sockhost, $server->sockport;
while (1)
{
	my $client = $server->accept or next;
	$client->blocking(0);
	my ($method, $path) = read_request($client);
	my $plain = 'Content-Type: text/plain; charset=utf-8';

	if (!defined $method) { answer($client, 'GET', '400 Bad Request', "bad request\n", $plain) }
	elsif ($method ne 'GET' && $method ne 'HEAD') { answer($client, $method, '405 Method Not Allowed', "GET only\n", $plain, 'Allow: GET, HEAD') }
	elsif ($path !~ m{\A/(?:\?.*)?\z}) { answer($client, $method, '404 Not Found', "not found\n", $plain) }
	elsif (defined(my $html = status_page()))
	{
		answer($client, $method, '200 OK', $html, 'Content-Type: text/html; charset=utf-8', "Cache-Control: max-age=" . int $keep,
			"Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
	}
	else { answer($client, $method, '503 Service Unavailable', "the status cannot be read at the moment\n", $plain, 'Retry-After: 10') }
}
