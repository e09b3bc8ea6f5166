# The consumers in examples/: what they send, that nothing is lost while nobody listens, and that nothing is sent again.
use strict;
use warnings;
use IPC::Run;
use JSON::PP;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use Time::HiRes qw(usleep);
use Digest::SHA qw(hmac_sha256_hex);

plan skip_all => 'no psycopg2 for Python (Debian: python3-psycopg2): the consumers are not run' if system('python3 -c "import psycopg2" 2>/dev/null') != 0;

my $node = new_server('consumers');
my %started;

# Starts a program, with variables of the environment; returns its first line if that is asked for.
sub start
{
	my ($name, $command, %options) = @_;
	my $run = { out => '', messages => '' };

	local %ENV = (%ENV, %{ $options{env} // {} });
	$run->{process} = IPC::Run::start($command, '<', \undef, '>', \$run->{out}, '2>', \$run->{messages}, IPC::Run::timeout(240));
	$started{$name} = $run;
	$run->{process}->pump while $options{first_line} && $run->{out} !~ /\n/;
	return $run->{out} =~ s/\s+$//r;
}

# Ends a program.
sub stop
{
	my ($name) = @_;

	delete($started{$name})->{process}->kill_kill(grace => 5);
	return;
}

# Waits until a program has said something.
sub said
{
	my ($name, $pattern, $what) = @_;
	my $run = $started{$name};

	for (1 .. 300)
	{
		last if $run->{messages} =~ $pattern;
		$run->{process}->pump_nb;
		usleep(100_000);
	}
	return like($run->{messages}, $pattern, $what);
}

# Returns what a sink has received, when it is so much; a minute at most.
sub received
{
	my ($file, $n) = @_;
	my @lines;

	for (1 .. 600)
	{
		@lines = -e $file ? split /\n/, slurp_file($file) : ();
		last if @lines >= $n;
		$_->{process}->pump_nb for values %started;
		usleep(100_000);
	}
	return map { decode_json($_) } @lines;
}

# Announces tickets as the sweep does.
sub announce
{
	my $keys = 'ARRAY[' . join(', ', map { "\$\$$_\$\$" } @_) . ']';

	$node->safe_psql('postgres', "SELECT zz_slt_internal.write_events(array_agg('desk'::text), array_agg('tickets'::regclass), array_agg(k), array_agg('resolution'::text), array_agg(1), array_agg(100000000::bigint),
		array_agg(timestamptz '2026-01-05 15:00Z'), array_agg(now()), now()) FROM unnest($keys) k; NOTIFY slt");
	return;
}

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE tickets (id text);
CREATE ROLE mailer LOGIN;
GRANT SELECT ON slt_events TO mailer;
GRANT SELECT, INSERT, UPDATE ON slt_consumers TO mailer;
GRANT SELECT, INSERT, DELETE ON slt_deliveries TO mailer;
SQL
my %dsn = (SLT_DSN => $node->connstr('postgres') . ' user=mailer');
my ($mails, $posts) = map { "$ENV{SLT_WORK}/tmp/slt_$_" } qw(mails posts);
unlink map { ($_, "$_.fail") } $mails, $posts;
my $sinks = source_file('test/lib/sinks.py');

# ---------- mail ----------

my %mail = (%dsn, MAIL_FROM => 'desk@example.org', MAIL_TO => 'a@example.org, b@example.org');
announce('41');
start('mail', [ 'python3', source_file('examples/slt_mail.py') ], env => { %mail, SMTP_PORT => 1 });
said('mail', qr/^slt_mail: .*refused.*; again in 1 s$/m, 'without a mail server it says so, and tries again');
stop('mail');
is($node->safe_psql('postgres', 'SELECT count(*) FROM slt_deliveries'), '0', 'and has had nothing');

my $port = start('smtp', [ 'python3', $sinks, 'smtp', $mails ], first_line => 1);
start('mail', [ 'python3', source_file('examples/slt_mail.py') ], env => { %mail, SMTP_PORT => $port });
my @mails = received($mails, 1);
like($mails[0]{text}, qr/^From: desk\@example.org\r?\n/m, 'a mail');
like($mails[0]{text}, qr/^Subject: public.tickets 41: resolution breached\r?\n/m, 'says which ticket');
like($mails[0]{text}, qr/resolution: breached, 100 % of its time are used\.\r?\nDue 2026-01-05T17:00:00\+02:00/, 'and when it was due');
is("@{ $mails[0]{to} }", '<a@example.org> <b@example.org>', 'to all');
announce('42', "Zwiebel \xc3\xbc\nBcc: evil");
@mails = received($mails, 3);
like($mails[1]{text}, qr/^Subject: .* 42:/m, 'what comes then is mailed at once');
unlike($mails[2]{text} =~ s/\r?\n\r?\n.*//sr, qr/^Bcc:/m, 'a key with a line break makes no header');
append_to_file("$mails.fail", '');
announce('43');
received($mails, 4);
unlink "$mails.fail";
@mails = received($mails, 5);
ok($mails[3]{refused} && !$mails[-1]{refused}, 'a mail that is refused is sent again');
is(($mails[3]{text} =~ /^Message-ID: (.*?)\r?\n/m)[0], ($mails[-1]{text} =~ /^Message-ID: (.*?)\r?\n/m)[0], 'with the same Message-ID');
stop('mail');
start('mail', [ 'python3', source_file('examples/slt_mail.py') ], env => { %mail, SMTP_PORT => $port, MAIL_KINDS => 'breached' });
announce('44');
@mails = grep { !$_->{refused} } received($mails, scalar(@mails) + 1);
is(join(' ', map { $_->{text} =~ /^Message-ID: <mail\.(\d+)\@example.org>/m } @mails), '1 2 3 4 5', 'started again, it goes on: each was mailed once');
stop($_) for qw(mail smtp);

# ---------- webhook ----------

$port = start('http', [ 'python3', $sinks, 'http', $posts ], first_line => 1);
my %hook = (%dsn, WEBHOOK_SECRET => 'geheim', SLT_CONSUMER => 'pager');
start('webhook', [ 'python3', source_file('examples/slt_webhook.py') ], env => { %hook, WEBHOOK_URL => "http://127.0.0.1:$port/moved" });
said('webhook', qr/^slt_webhook: HTTP Error 302: .*; again in 1 s$/m, 'a redirect is no delivery');
stop('webhook');
start('webhook', [ 'python3', source_file('examples/slt_webhook.py') ], env => { %hook, WEBHOOK_URL => "http://127.0.0.1:$port/hook" });
my @posts = received($posts, 5);
is(join(' ', map { decode_json($_->{body})->{id} } @posts), '1 2 3 4 5', 'all events there are are posted, in order');
my ($first) = @posts;
is_deeply({ %{ decode_json($first->{body}) }{qw(table_name key metric run kind percent)} },
	{ table_name => 'public.tickets', key => '41', metric => 'resolution', run => 1, kind => 'breached', percent => 100 }, 'as JSON');
is($first->{headers}{'X-Slt-Event'}, 'pager-1', 'with a name of the event');
is($first->{headers}{'X-Slt-Signature'}, 'sha256=' . hmac_sha256_hex("$first->{headers}{'X-Slt-Timestamp'}.$first->{body}", 'geheim'), 'and signed');
append_to_file("$posts.fail", '');
announce('45', '46');
received($posts, 7);
unlink "$posts.fail";
@posts = grep { !$_->{refused} } received($posts, 9);
for (1 .. 100)
{
	last if grep { $_->{headers}{'X-Slt-Event'} eq 'pager-7' } @posts;
	usleep(100_000);
	@posts = grep { !$_->{refused} } received($posts, 9);
}
is(join(' ', map { $_->{headers}{'X-Slt-Event'} =~ /(\d+)/ } @posts), '1 2 3 4 5 6 7', 'what is refused is posted again, and what comes later waits');
$node->restart;
announce('47');
@posts = received($posts, scalar(received($posts, 0)) + 1);
is(decode_json($posts[-1]{body})->{key}, '47', 'after a restart of the server it goes on');
said('webhook', qr/HTTP Error 503.*; again in 2 s/s, 'it says what went wrong');
stop($_) for qw(webhook http);

# ---------- outages and incidents ----------

$port = start('smtp', [ 'python3', $sinks, 'smtp', $mails ], first_line => 1);
$node->safe_psql('postgres', q{SELECT slt_skip_events('mail')});
start('mail', [ 'python3', source_file('examples/slt_mail.py') ], env => { %mail, SMTP_PORT => $port });
my $before = @{ [ received($mails, 1) ] };
$node->safe_psql('postgres', q{INSERT INTO slt_incidents (service, title) VALUES ('Platform', 'Mail is slow');
	INSERT INTO slt_incident_updates (incident, at, status, text) SELECT id, now() - interval '1 minute', 'investigating', 'We are looking.' FROM slt_incidents;
	INSERT INTO slt_outages (service, experience, during, note, incident) SELECT 'Platform', 'Site', tstzrange(now() - interval '3 minutes', now() - interval '2 minutes'), E'router\nof the provider', id FROM slt_incidents;
	SELECT slt_sweep(); NOTIFY slt});
@mails = (received($mails, $before + 3))[ $before .. $before + 2 ];
is(join(', ', map { $_->{text} =~ /^Subject: (.*?)\r?\n/m } @mails), 'Platform: Site: down, Platform: Site: not down any more, Platform: Mail is slow', 'outages and updates are mailed');
like($mails[0]{text}, qr/Platform: Site is down\r?\nMail is slow\r?\nrouter\r?\nof the provider\r?\nSince /, 'with their notes');
like($mails[2]{text}, qr/investigating: We are looking\./, 'or what was written');
stop($_) for qw(mail smtp);

# ---------- the examples themselves ----------

for my $name (qw(mail webhook))
{
	my $program = slurp_file(source_file("examples/slt_$name.py"));

	cmp_ok(($program =~ tr/\n//), '<', 100, "slt_$name.py is short");
	like(slurp_file(source_file("examples/slt-$name.service")), qr{^ExecStart=\S+/slt_$name.py$}m, 'and has a unit');
	next if system('command -v systemd-analyze >/dev/null') != 0;
	my $unit = slurp_file(source_file("examples/slt-$name.service")) =~ s{^ExecStart=.*}{ExecStart=/bin/true}mr;
	append_to_file("$ENV{SLT_WORK}/tmp/slt-$name.service", $unit);
	my $output = `systemd-analyze verify $ENV{SLT_WORK}/tmp/slt-$name.service 2>&1`;
	unlink "$ENV{SLT_WORK}/tmp/slt-$name.service";
	unlike($output, qr/slt-$name.service:\d+: /, "that systemd reads") or diag($output);
}
unlink $mails, $posts;

done_testing();
