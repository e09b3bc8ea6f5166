# The web server that serves the status page from SQL.
use strict;
use warnings;

use IO::Socket::INET;
use SltTest;
use Test::More;

my $node = new_server('status_server');
my $name = q{Cloud "A" & 'B'; \x :'y' $(id)};
$node->safe_psql('postgres', q{
	DELETE FROM slt_services;
	CREATE ROLE status LOGIN;
	CREATE TABLE names (name text)});
my $quoted = $name =~ s/'/''/gr;
$node->safe_psql('postgres', "INSERT INTO slt_services (name, plan, target, time_zone) VALUES ('$quoted', 'Enterprise', 99, 'Africa/Cairo')");

# Starts the server with some arguments on a free port; returns the process and the port.
sub start_server
{
	my (@arguments) = @_;

	local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port, PGDATABASE => 'postgres', PGUSER => 'status');
	my $pid = open my $output, '-|', $^X, source_file('examples/status_server.pl'), '--listen', '127.0.0.1:0', @arguments or die "server: $!";
	my ($port) = (<$output> // '') =~ m{^listening on http://127\.0\.0\.1:(\d+)/$} or die 'the server does not start';
	return ($pid, $port, $output);
}

# Sends bytes to a port and returns all that comes back.
sub ask
{
	my ($port, $text) = @_;
	my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port", Timeout => 60) or die "connect: $!";

	print {$socket} $text;
	local $/;
	return <$socket> // '';
}

my ($pid, $port, $output) = start_server('--keep', 0);
my $answer = ask($port, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
my ($head, $body) = split /\r\n\r\n/, $answer, 2;
like($head, qr{\AHTTP/1\.1 200 OK\r\n}, 'GET / is answered');
like($head, qr{^Content-Type: text/html; charset=utf-8\r?$}m, 'with HTML');
like($head, qr{^Content-Security-Policy: default-src 'none'}m, 'that may not load or run anything');
is(($head =~ /^Content-Length: (\d+)/m)[0], length $body, 'of the length it says');
like($body, qr{\A<!DOCTYPE html>.*</html>\n\z}s, 'a whole page');
like($body, qr{Cloud &quot;A&quot; &amp; &#39;B&#39;; \\x :&#39;y&#39; \$\(id\)}, 'of the only service there is');
like(ask($port, "HEAD /?x=1 HTTP/1.0\r\n\r\n"), qr{\AHTTP/1\.1 200 OK\r\n.*\r\n\r\n\z}s, 'HEAD gives the head');
like(ask($port, "GET /etc/passwd HTTP/1.1\r\n\r\n"), qr{\AHTTP/1\.1 404 }, 'there is no other path');
like(ask($port, "POST / HTTP/1.1\r\n\r\n"), qr{\AHTTP/1\.1 405 .*^Allow: GET, HEAD\r$}ms, 'nor method');
like(ask($port, "nonsense\r\n\r\n"), qr{\AHTTP/1\.1 400 }, 'nonsense is refused');
like(ask($port, 'GET /' . ('x' x 20000)), qr{\AHTTP/1\.1 400 |\A\z}, 'and so is a head without end');
{
	my $hangs_up = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port");

	print {$hangs_up} "GET / HTTP/1.1\r\n\r\n";
	close $hangs_up;
}
like(ask($port, "GET / HTTP/1.1\r\n\r\n"), qr{\AHTTP/1\.1 200 }, 'who hangs up does not stop it');
$node->stop;
like(ask($port, "GET / HTTP/1.1\r\n\r\n"), qr{\AHTTP/1\.1 503 .*^Retry-After: }ms, 'without the database, it says to come back');
$node->start;
like(ask($port, "GET / HTTP/1.1\r\n\r\n"), qr{\AHTTP/1\.1 200 }, 'and finds it again');
kill 'TERM', $pid;
close $output;

$node->safe_psql('postgres', "INSERT INTO slt_services (name, plan, target, time_zone) VALUES ('Other', 'Enterprise', 99, 'UTC')");
($pid, $port, $output) = start_server('--keep', 0);
like(ask($port, "GET / HTTP/1.1\r\n\r\n"), qr{\AHTTP/1\.1 503 }, 'of two services, neither is shown');
kill 'TERM', $pid;
close $output;
($pid, $port, $output) = start_server($name);
like(ask($port, "GET / HTTP/1.1\r\n\r\n"), qr{<h1><bdi>Cloud &quot;A&quot; }, 'but the one that is named, whatever is in its name');
$node->stop;
like(ask($port, "GET / HTTP/1.1\r\n\r\n"), qr{\AHTTP/1\.1 (?:200|503) }, 'a page is kept for a few seconds');
kill 'TERM', $pid;
close $output;
done_testing();
