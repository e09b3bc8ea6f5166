# The status page over HTTP as examples/ has it: nginx, Starman, status.psgi and a role that may only call functions.
use strict;
use warnings;

use Compress::Zlib ();
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ();
use SltTest;
use Test::More;
use Time::HiRes 'time';

my ($nginx) = grep { -x } map { ("$_/nginx", "$_/../sbin/nginx") } split /:/, $ENV{PATH};
my ($starman) = grep { -x } map { "$_/starman" } split /:/, $ENV{PATH};
plan skip_all => 'nginx is not there (package nginx): serving is not tested' unless $nginx;
plan skip_all => 'Starman is not there (packages starman, libplack-perl): serving is not tested' unless $starman;
plan skip_all => 'DBD::Pg is not there (package libdbd-pg-perl): serving is not tested' unless eval { require DBD::Pg };

my $node = new_server('serving');
my $name = q{Cloud "A" & 'B'; \x :'y' $(id)} . " \xc3\xa9";
my $quoted = $name =~ s/'/''/gr;
$node->safe_psql('postgres', "DELETE FROM slt_services; CREATE ROLE status LOGIN PASSWORD 'pass''word';
	INSERT INTO slt_services (name, plan, target, time_zone) VALUES ('$quoted', 'Enterprise', 99, 'Africa/Cairo')");

my $hba = $node->data_dir . '/pg_hba.conf';
write_file($hba, "local postgres status scram-sha-256\n" . PostgreSQL::Test::Utils::slurp_file($hba));
$node->reload;

# ---------- how it is run ----------

my $folder = PostgreSQL::Test::Utils::tempdir_short();
my @processes;
END { local $?; kill 'TERM', @processes; waitpid $_, 0 for @processes }

# nginx listens on a port that is free, or was a moment ago
my $port = IO::Socket::INET->new(LocalAddr => '127.0.0.1:0', Listen => 1)->sockport;

# Connects to nginx or to what is behind it; returns nothing if nobody listens.
sub connect_to
{
	my ($whom) = @_;

	return $whom eq 'nginx' ? IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") : IO::Socket::UNIX->new(Peer => "$folder/http.sock");
}

# Writes a file.
sub write_file
{
	my ($file, $text) = @_;

	open my $out, '>', $file or die "$file: $!";
	print {$out} $text;
	close $out or die "$file: $!";
	return;
}

# Runs a program until the test ends, or stop() is called; what it prints goes to a file.
sub start
{
	my ($log, @command) = @_;
	my $pid = fork // die "fork: $!";

	if ($pid == 0)
	{
		@ENV{qw(PGHOST PGPORT PGDATABASE PGUSER)} = ($node->host, $node->port, 'postgres', 'status');
		open STDOUT, '>>', "$folder/$log.log";
		open STDERR, '>&', \*STDOUT;
		exec @command or POSIX::_exit(127);
	}
	push @processes, $pid;
	return $pid;
}

# Ends a process that start() began.
sub stop
{
	my ($pid) = @_;

	kill 'TERM', $pid;
	waitpid $pid, 0;
	@processes = grep { $_ != $pid } @processes;
	return;
}

# Waits until one of them listens.
sub wait_for
{
	my ($whom) = @_;

	for (1 .. 600)
	{
		return if connect_to($whom);
		select undef, undef, undef, 0.1;
	}
	die "$whom does not listen: " . join '', map { PostgreSQL::Test::Utils::slurp_file($_) } glob "$folder/*.log";
}

# Returns the value of a line of a head.
sub line
{
	my ($head, $name) = @_;

	return ($head =~ /^\Q$name\E: (.*?)\r?$/mi)[0];
}

# Sends bytes to one of them and returns the answer as soon as it is whole, or what there is of it after a minute.
sub ask
{
	my ($whom, $text) = @_;
	my $peer = connect_to($whom) or die "connect: $!";
	my ($answer, $until) = ('', time + 60);

	local $SIG{PIPE} = 'IGNORE';
	print {$peer} $text;
	$peer->flush;
	while (IO::Select->new($peer)->can_read($until - time > 0 ? $until - time : 0))
	{
		last unless sysread $peer, $answer, 65536, length $answer;
		my ($head, $body) = split /\r\n\r\n/, $answer, 2;
		last if defined $body && (line($head, 'Content-Length') // 1e9) == length $body || line($head, 'Transfer-Encoding') && $body =~ /\r\n0\r\n\r\n\z/;
	}
	return $answer;
}

# Gets an address; returns the head and the body of the answer.
sub get
{
	my ($path, %more) = @_;
	my $text = sprintf "%s %s HTTP/1.1\r\nHost: status.example.com\r\nConnection: close\r\n%s\r\n", $more{method} // 'GET', $path, $more{head} // '';

	my ($head, $body) = split /\r\n\r\n/, ask($more{from} // 'nginx', $text), 2;
	return ($head // '', $body // '');
}

# Starts the application; the rest of the arguments are settings.
sub start_application
{
	my (%settings) = @_;

	local $ENV{PGPASSWORD} = q{pass'word};
	local @ENV{ keys %settings } = values %settings;
	unlink "$folder/http.sock";
	my ($command) = PostgreSQL::Test::Utils::slurp_file(source_file('examples/slt-status.service')) =~ m{^ExecStart=/usr/bin/starman (.*)$}m;
	my @arguments = map { s{^/run/slt-status}{$folder}r =~ s{^/usr/local/lib/slt}{source_file('examples')}er } split / /, $command;
	my $pid = start('starman', $starman, @arguments);
	wait_for('starman');
	return $pid;
}

my $config = PostgreSQL::Test::Utils::slurp_file(source_file('examples/nginx.conf'));
$config =~ s{/run/slt-status|/var/lib/nginx}{$folder}g;
$config =~ s{listen 80;}{listen 127.0.0.1:$port;};
write_file("$folder/main.conf", join "\n", 'daemon off;', "pid $folder/nginx.pid;", "error_log $folder/nginx.log;", 'events { }', 'http {', 'access_log off;', 'sendfile on;', 'tcp_nopush on;',
	map({ "${_}_temp_path $folder/$_;" } qw(client_body proxy fastcgi uwsgi scgi)), $config, '}', '');
my $application = start_application(SLT_URL => 'https://status.example.com');
start('nginx', $nginx, '-e', "$folder/nginx.log", '-c', "$folder/main.conf");
wait_for('nginx');

# ---------- what is answered ----------

my ($head, $body) = get('/');
my $etag = line($head, 'ETag');
like($head, qr{\AHTTP/1\.1 200 OK\r\n}, 'GET / is answered') or diag(map { PostgreSQL::Test::Utils::slurp_file($_) } glob "$folder/*.log");
is(line($head, 'Content-Type'), 'text/html; charset=utf-8', 'with HTML');
like($head, qr{^Content-Security-Policy: default-src 'none'.*frame-ancestors 'none'}m, 'that may not load or run anything');
is(line($head, 'Content-Length'), length $body, 'of the length it says');
like($body, qr{\A<!DOCTYPE html>.*</html>\n?\z}s, 'a whole page');
like($body, qr{Cloud &quot;A&quot; &amp; &#39;B&#39;; \\x :&#39;y&#39; \$\(id\) \xc3\xa9}, 'of the only service there is');
is(line($head, 'X-Cache'), 'MISS', 'made for the first who asks');
my ($again, $same) = get('/');
is(join(' ', line($again, 'X-Cache'), line($again, 'ETag'), $same eq $body), "HIT $etag 1", 'and kept for the next');
like((get('/', head => "If-None-Match: $etag\r\n"))[0], qr{\AHTTP/1\.1 304 }, 'who has it already is told so');
my ($packed_head, $packed) = get('/', head => "Accept-Encoding: gzip\r\n");
is(line($packed_head, 'Content-Encoding'), 'gzip', 'it comes packed, if that is wanted');
my $unpacked = '';
$unpacked .= substr $packed, 0, hex $1, '' and $packed =~ s/\A\r\n// while $packed =~ s/\A([0-9a-f]+)\r\n//;  # chunk by chunk
cmp_ok(length $unpacked, '<', length($body) / 2, 'which is half at most');
is(Compress::Zlib::memGunzip($unpacked), $body, 'and the same');
is(line($packed_head, 'Vary'), 'Accept-Encoding', 'and says so to other caches');
like((get('/', head => "Accept-Encoding: gzip\r\nIf-None-Match: " . line($packed_head, 'ETag') . "\r\n"))[0], qr{\AHTTP/1\.1 304 }, 'packed or not, 304');
is(join(' ', map { $_ eq '' ? 'empty' : line($_, 'Content-Length') } get('/', method => 'HEAD')), length($body) . ' empty', 'HEAD gives the head');
for my $address ('/?x=1', '/?month=&language=', '/?x=<script>', "/?'", '/?%00', '//')
{
	is(line((get($address))[0], 'X-Cache'), 'HIT', "$address asks nobody");
}

for my $feed (
	[ '/summary.json', 'application/json', qr/\A\{.*"scheduled_maintenances".*\}\z/s ], [ '/api/v2/summary.json', 'application/json', qr/"indicator"/ ],
	[ '/incidents.json', 'application/json', qr/\A\{.*"incidents".*\}\z/s ], [ '/api/v2/incidents.json', 'application/json', qr{https://status\.example\.com} ],
	[ '/history.atom', 'application/atom+xml; charset=utf-8', qr{\A<\?xml .*\xc3\xa9.*href="https://status\.example\.com/".*</feed>\n\z}s ],
	[ '/maintenance.ics', 'text/calendar; charset=utf-8', qr{\ABEGIN:VCALENDAR\r\n.*END:VCALENDAR\r\n\z}s ],
	[ '/badge.svg', 'image/svg+xml; charset=utf-8', qr{\A<svg .*\xc3\xa9.*</svg>\n\z}s ])
{
	my ($path, $type, $looks) = @$feed;
	my ($first, $text) = get($path);

	is(join(' ', $first =~ m{\AHTTP/1\.1 (\d+)}, line($first, 'Content-Type')), "200 $type", "$path has its media type");
	like($text, $looks, 'and looks like it');
	is(line($first, 'Access-Control-Allow-Origin'), '*', 'any page may read it');
	like((get($path, head => 'If-None-Match: ' . line($first, 'ETag') . "\r\n"))[0], qr{\AHTTP/1\.1 304 }, 'who has it is told so');
}

# ---------- what is not ----------

for my $address ('/etc/passwd', '/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/status.psgi', '/..%5c..%5cx', '/%00', '/%', '/' . 'x' x 20000, "/';SELECT pg_sleep(9)--", '/<script>alert(1)</script>',
	"/\xff", '/index.html')
{
	my ($refusal, $text) = get($address);

	like($refusal, qr{\AHTTP/1\.1 (?:400|404|414) }, 'there is no ' . substr $address, 0, 40);
	unlike($text, qr/alert|root:|SQL|DBD|psgi/, 'and nothing is said of it');
}
for my $method (qw(POST PUT DELETE OPTIONS PATCH))
{
	like((get('/', method => $method))[0], qr{\AHTTP/1\.1 405 .*^Allow: GET, HEAD\r?$}ms, "$method is not a method");
}
like((get('/', method => 'POST', head => "Content-Length: 100000\r\n"))[0], qr{\AHTTP/1\.1 413 }, 'nor is a large one');
like(ask('nginx', "nonsense\r\n\r\n"), qr{\AHTTP/1\.1 400 |400 Bad Request}, 'nonsense is refused');
like((get('/' . $_))[0], qr{\AHTTP/1\.1 404 }, "$_ cannot be right") for '?month=2026-13-01', "?month=1'--", '?language=../../x';
SKIP:
{
	skip 'the page has no months', 7 if value($node, q{SELECT 'month' <> ALL (proargnames) FROM pg_proc WHERE proname = 'slt_status_page'}) eq 't';
	my ($month) = value($node, q{SELECT to_char(now() AT TIME ZONE 'Africa/Cairo', 'YYYY-MM')});
	my $of = sub { my ($head, $text) = get($_[0]); return line($head, 'X-Cache') . ' ' . join ' ', $text =~ /(January|February) 2025/ };
	is($of->('/?month=2025-01&MONTH=2025-02&month=2025-02'), 'MISS January', 'of two months, the first is asked for');
	is($of->('/?MONTH=2025-02&month=2025-01'), 'MISS February', 'in any case');
	is($of->('/?x&month=2025-01'), 'HIT January', 'and kept under that');
	is($of->('/?month=2025-02'), 'HIT February', 'as the other');
	unlike((get("/?month=$month&language=ar"))[1], qr/<html lang="en"/, 'in a language');
	like((get('/?month=9999-01'))[0], qr{\AHTTP/1\.1 404 }, 'a month to come is not there');
	like((get('/?language=xx'))[0], qr{\AHTTP/1\.1 404 }, 'nor a language that nobody has');
}

# every process that has refused something goes on to refuse other things whole
get('/nothing', from => 'starman') for 1 .. 40;
is(join(' ', map { my ($refusal, $text) = get('/', method => 'POST', from => 'starman'); line($refusal, 'Content-Length') - length $text } 1 .. 20), join(' ', (0) x 20), 'a refusal has the length that it says');

# ---------- many at once ----------

$node->append_conf('postgresql.conf', "log_statement = 'all'");
$node->reload;
sleep 72;  # nobody looks for longer than an old page is shown
my $log_until = -s $node->logfile;
my @readers = map { my $reader = connect_to('nginx') // die "connect: $!"; $reader->autoflush; print {$reader} "GET / HTTP/1.1\r\nHost: status.example.com\r\nConnection: close\r\n\r\n"; $reader } 1 .. 150;
is(scalar(grep { local $/; (readline($_) // '') =~ m{\AHTTP/1\.1 200 .*</html>}s } @readers), 150, 'many who look at once after nobody has are all answered');
my $asked = () = substr(PostgreSQL::Test::Utils::slurp_file($node->logfile), $log_until) =~ /slt_status_page/g;
cmp_ok($asked, '<=', 16, "and the database is asked by each process once, or twice if that takes longer than a second: $asked times");
cmp_ok($asked, '>=', 1, 'at all');

# ---------- idle and slow connections ----------

my @idle = map { connect_to('nginx') // die "connect: $!" } 1 .. 30;
syswrite $_, "GET /?slow HTTP/1.1\r\nHost:" for @idle[ 0 .. 14 ];
push @idle, map { connect_to('starman') // die "connect: $!" } 1 .. 5;
my $before = time;
like((get('/index', from => 'nginx'))[0], qr{\AHTTP/1\.1 404 }, '30 idle connections, and 5 behind them, keep nobody waiting');
like((get('/', from => 'starman'))[0], qr{\AHTTP/1\.1 200 }, 'nor without nginx');
cmp_ok(time - $before, '<', 4.5, 'in less time than it takes to give one up');
{
	my $hangs_up = connect_to('nginx');

	syswrite $hangs_up, "GET /index HTTP/1.1\r\nHost: x\r\n\r\n";
	close $hangs_up;
}
close $_ for @idle;

# ---------- the role, and its connections ----------

for my $table (split /\n/, value($node, q{SELECT relname FROM pg_class WHERE relkind = 'r' AND relname IN ('slt_services', 'slt_experiences', 'slt_outages', 'slt_maintenance', 'slt_checks', 'slt_incidents')}))
{
	my ($code, $out, $error) = $node->psql('postgres', "SET ROLE status; SELECT * FROM $table");
	like($error, qr/permission denied for table $table/, "the role may not read $table");
}
my $sessions = q{SELECT sessions FROM pg_stat_database WHERE datname = 'postgres'};
my $since = value($node, $sessions);
get('/', from => 'starman') for 1 .. 60;
cmp_ok(value($node, $sessions) - $since, '<=', 10, '60 requests make no more connections than there are workers');
cmp_ok(value($node, q{SELECT count(*) FROM pg_stat_activity WHERE usename = 'status'}), '<=', 8, 'and they stay');
$node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'status'});
sleep 3;
is(scalar(grep { (get('/', from => 'starman'))[0] =~ m{\AHTTP/1\.1 200 } } 1 .. 20), 20, 'who finds his connection closed makes another');

# ---------- when the database hangs, and when it is away ----------

sleep 11;  # then what was kept is old
my $holder = $node->background_psql('postgres', on_error_stop => 0);
$holder->query_safe('BEGIN; LOCK TABLE slt_services, slt_outages IN ACCESS EXCLUSIVE MODE');
$before = time;
($head, $body) = get('/');
like($head, qr{\AHTTP/1\.1 200 .*^X-Cache: STALE}ms, 'while the database hangs, the last page is shown');
like((get('/', head => "Accept-Encoding: gzip\r\n"))[0], qr{^X-Cache: (?:STALE|UPDATING)}m, 'packed, too');
cmp_ok(time - $before, '<', 4.5, 'at once');
like((get('/', from => 'starman'))[0], qr{\AHTTP/1\.1 503 }, 'who asks for a new one is refused when the time is up');
cmp_ok(time - $before, '<', 45, 'which is bounded');
$holder->query_safe('ROLLBACK');
$holder->quit;
my $fresh = 0;
for (1 .. 60)
{
	last if $fresh = (get('/'))[0] =~ /^X-Cache: (?:HIT|MISS|EXPIRED)/m;
	select undef, undef, undef, 0.5;
}
ok($fresh, 'and it is up to date again when that is over');

$node->stop;
sleep 3;
($head, $body) = get('/', from => 'starman');
like($head, qr{\AHTTP/1\.1 503 .*^Retry-After: }ms, 'without the database, it says to come back');
is($body, "the status cannot be read at the moment\n", 'and no more');
sleep 11;
for my $n (1 .. 3)
{
	($head, $body) = get('/');
	like($head, qr{\AHTTP/1\.1 200 .*^X-Cache: (?:STALE|UPDATING)}ms, "nginx shows the last page, time $n");
	like($body, qr{</html>}, 'the whole of it');
}
$node->start;
$fresh = 0;
for (1 .. 120)
{
	last if $fresh = (get('/'))[0] =~ /^X-Cache: HIT/m;
	select undef, undef, undef, 0.5;
}
ok($fresh, 'and the new one when the database is back');

# ---------- which service ----------

$node->safe_psql('postgres', "INSERT INTO slt_services (name, plan, target, time_zone) VALUES ('Other', 'Enterprise', 99, 'UTC')");
sleep 3;
like((get('/', from => 'starman'))[0], qr{\AHTTP/1\.1 503 }, 'of two services, neither is shown');
stop($application);
$application = start_application(SLT_SERVICE => $name);
like((get('/', from => 'starman'))[1], qr{<h1>.*Cloud &quot;A&quot; }, 'but the one that is named, whatever is in its name');
stop($application);
$application = start_application(SLT_SERVICE => 'nobody', SLT_SCHEMA => 'x"; DROP TABLE y');
like((get('/', from => 'starman'))[0], qr{\AHTTP/1\.1 503 }, 'a wrong setting is a 503, too');
like(PostgreSQL::Test::Utils::slurp_file("$folder/starman.log"), qr/schema "x"; DROP TABLE y" does not exist/, 'and the log has the reason');

# ---------- the unit ----------

SKIP:
{
	skip 'systemd-analyze is not there: the unit is not read', 1 if system('command -v systemd-analyze >/dev/null') != 0;
	write_file("$folder/slt-status.service", PostgreSQL::Test::Utils::slurp_file(source_file('examples/slt-status.service')) =~ s{^ExecStart=.*}{ExecStart=/bin/true}mr);
	my $output = `systemd-analyze verify $folder/slt-status.service 2>&1`;
	unlike($output, qr/slt-status.service:\d+: /, 'systemd reads the unit') or diag($output);
}
done_testing();
