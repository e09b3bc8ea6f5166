# Availability in bad company: texts that are markup, times at the ends of time, roles without privileges, databases
# of other encodings, and many sessions that record while the tables change.
use strict;
use warnings;
use IPC::Run;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;

my $node = new_server('availability_hostile', conf => "timezone = 'UTC'\ndeadlock_timeout = '100ms'\n");

# ---------- texts that are markup ----------

my $name = q{</title><script>alert(1)</script>"'&};
my $mark = q{x" onmouseover="alert(2)" <img src=x onerror=alert(3)>};
$node->safe_psql('postgres', <<"SQL");
\\set name '${\ ($name =~ s/'/''/gr)}'
\\set mark '$mark'
INSERT INTO slt_services (name, plan, time_zone, note) VALUES (:'name', :'mark', 'UTC', :'mark');
INSERT INTO slt_experiences (service, name, description) VALUES (:'name', :'mark', :'mark'), (:'name', U&'\\202Ereverse\\2066', '');
INSERT INTO slt_outages (service, experience, during, note) VALUES (:'name', :'mark', tstzrange(now() - interval '1 day', now() - interval '1 hour'), :'mark'), (:'name', NULL, tstzrange(now(), NULL), U&'<blink>\\0001\\FFFF' || repeat('<', 100000));
INSERT INTO slt_maintenance (service, during, reason) VALUES (:'name', tstzrange(now() + interval '1 hour', 'infinity'), :'mark'), (:'name', tstzrange('294276-01-01', NULL), '&lt;');
SQL
my $page = $node->safe_psql('postgres', "\\set name '${\ ($name =~ s/'/''/gr)}'\nSELECT slt_status_page(:'name')");
unlike($page, qr/<script|<img|<b>(?![A-Z])|onerror=alert\(3\)>|onmouseover="|\x{202e}|\x01/, 'nothing of a text becomes markup');
like($page, qr/&lt;script&gt;alert\(1\)&lt;\/script&gt;&quot;&#39;&amp;/, 'the name is there, escaped');
is(() = $page =~ /<title>/g, 1, 'one title');
is(() = $page =~ m{</title>}g, 1, 'that ends once');
cmp_ok(length $page, '<', 150_000, 'a long text is cut');

# ---------- the ends of time ----------

for my $case ([ q{SELECT slt_record('Platform', 'Site', true, NULL, 'infinity')}, '22008' ], [ q{SELECT slt_record('Platform', 'Site', true, NULL, '-infinity')}, '22008' ],
	[ q{SELECT slt_record('Platform', 'Site', true, NULL, '294276-12-31 23:59:59')}, '22008' ], [ q{SELECT slt_record('Platform', 'Site', false, NULL, '294276-12-31 23:59:59.999999', repeat('x', 201))}, '22008' ],
	[ q{SELECT slt_record('Platform', 'Site', false, NULL, now(), repeat('x', 201))}, '42622' ],
	[ q{SELECT slt_record('Platform', 'Site', true, NULL, '4713-01-01 BC')}, 't' ], [ q{SELECT at::text LIKE '%BC' FROM slt_settled}, 't' ], [ q{SELECT slt_record('Platform', 'Chatbot', true, '178000000 years', now())}, 't' ],
	[ q{SELECT slt_availability(NULL, 'Platform') IS NULL, slt_availability('empty', 'Platform') IS NULL, slt_availability('[infinity,)', 'Platform') IS NULL}, 't|t|t' ],
	[ q{SELECT slt_availability('(,)', 'Platform') BETWEEN 0 AND 100, slt_availability('[-infinity,infinity]', 'Platform') BETWEEN 0 AND 100}, 't|t' ],
	[ q{SELECT count(*) > 0 FROM slt_availability_report('[-infinity,infinity]', 'year', 'Platform')}, 't' ], [ q{SELECT length(slt_status_page('Platform')) > 1000}, 't' ],
	[ q{SELECT count(*) FROM slt_status_history('Platform', 2000000000)}, '22023' ], [ q{SELECT slt_downtime_allowance('month', 'NaN')}, '22023' ],
	[ q{INSERT INTO slt_services (name, target) VALUES ('nan', 'NaN')}, '23514' ], [ q{INSERT INTO slt_outages (service, during, weight) VALUES ('Platform', '[2026-01-01,2026-01-02)', 'NaN')}, '23514' ])
{
	like(scalar run_sql($node, 'postgres', $case->[0]), $case->[1] =~ /^\d/ ? qr/^ERROR:  $case->[1]:/ : qr/^\Q$case->[1]\E$/, $case->[0]);
}

# ---------- what is large ----------

my $long = q{repeat('x', 300000)};
for my $case (q{INSERT INTO slt_incidents (service, title) VALUES ('Platform', %s)}, q{INSERT INTO slt_incidents (service, title, post_mortem) VALUES ('Platform', 'x', %s)}, q{INSERT INTO slt_incidents (service, title, link) VALUES ('Platform', 'x', 'https://' || %s)},
	q{INSERT INTO slt_outages (service, during, note) VALUES ('Platform', '[2026-01-01,2026-01-02)', %s)}, q{INSERT INTO slt_outages (service, during, excused) VALUES ('Platform', '[2026-01-01,2026-01-02)', %s)},
	q{INSERT INTO slt_maintenance (service, during, reason) VALUES ('Platform', '[2026-01-01,2026-01-02)', %s)}, q{INSERT INTO slt_incident_updates (incident, text) VALUES (1, %s)},
	q{INSERT INTO slt_services (name) VALUES (%s)}, q{INSERT INTO slt_experiences (service, name) VALUES ('Platform', %s)}, q{UPDATE slt_experiences SET group_name = %s})
{
	like(scalar run_sql($node, 'postgres', sprintf($case, $long)), qr/^ERROR:  23514:/, 'too long: ' . substr($case, 0, 60));
}
# names that nothing has, longer than a text of wide letters can be, and what is typed for a period
for my $case (q{slt_status(%s)}, q{slt_record('Platform', %s, true)}, q{slt_availability(%s)}, q{slt_clocks(%s)}, q{slt_status_page(language => %s)},
	q{slt_downtime_allowance(%s, 99)}, q{slt_format_allowance(%s, 99)}, q{slt_badge_svg(%s)}, q{slt_incidents_atom(url => %s)})
{
	my $message = run_sql($node, 'postgres', sprintf "SELECT $case", q{repeat('x', 300000000)});

	like($message, qr/^ERROR:  (?:42|22)/, "a text of 300 MB: $case");
	cmp_ok(length $message, '<', 3000, 'whose message is cut');
}
is($node->safe_psql('postgres', <<'SQL'), "t\nt\nt|1000|1000\nt", 'an incident without outages is shown, and what one has much of is bounded');
BEGIN;
INSERT INTO slt_incidents (service, title, impact) VALUES ('Platform', 'endless', 'major');
INSERT INTO slt_incident_updates (incident, at, status, text) VALUES (currval('slt_incidents_id_seq'), now() - interval '2 days', 'monitoring', 'the first');
SELECT slt_status_page('Platform') LIKE '%the first%';
INSERT INTO slt_incident_updates (incident, at, status, text) SELECT currval('slt_incidents_id_seq'), now() - n * interval '1 second', 'monitoring', repeat('x', 1000) FROM generate_series(1, 5000) n;
INSERT INTO slt_outages (service, experience, during, incident) SELECT 'Platform', 'API', tstzrange(now() - n * interval '1 minute', now() - n * interval '1 minute' + interval '1 s'), currval('slt_incidents_id_seq') FROM generate_series(1, 2000) n;
SELECT length(slt_status_page('Platform')) BETWEEN 100000 AND 400000;
SELECT i.during @> now(), jsonb_array_length(i.updates), jsonb_array_length(i.outages) FROM slt_status_incidents('Platform') i WHERE i.title = 'endless';
SELECT length(slt_summary_json('Platform')::text) < 500000;
ROLLBACK;
SQL
$node->safe_psql('postgres', 'SELECT slt_sweep()');
is($node->safe_psql('postgres', q{BEGIN; INSERT INTO slt_incidents (service, title) VALUES ('Platform', 'endless');
	INSERT INTO slt_incident_updates (incident, at, text) SELECT currval('slt_incidents_id_seq'), now() - n * interval '1 ms', 'x' FROM generate_series(1, 12000) n;
	SELECT slt_sweep(); SELECT slt_sweep(); SELECT slt_sweep(); SELECT slt_sweep(); ROLLBACK}), "5000\n5000\n2000\n0", 'so many updates that one look would take too long are announced by several');
my $started = time;
like(scalar run_sql($node, 'postgres', q{SET statement_timeout = '1s'; SELECT length(zz_slt_internal.say(jsonb_build_object('x', repeat('{a}', 40000)), 'x', array_fill('b'::text, ARRAY[800000])))}), qr/ERROR:  57014:/, 'a text of many places can be cancelled');
cmp_ok(time - $started, '<', 30, '... at once');
is($node->safe_psql('postgres', q{BEGIN; INSERT INTO slt_page_settings (service, logo) VALUES ('Platform', 'data:image/png;base64,' || repeat('A', 100000)); SELECT strpos(slt_status_page('Platform'), repeat('A', 100000) || '" alt="">') > 0, strpos(slt_policy_page(), repeat('A', 100000)) > 0; ROLLBACK}), 't|t', 'a logo is there whole');

# ---------- who may record ----------

$node->safe_psql('postgres', 'CREATE ROLE nobody LOGIN; CREATE ROLE half LOGIN; GRANT INSERT, SELECT ON slt_checks TO half');
for my $role ('nobody', 'half')
{
	for my $call (q{slt_record('Platform', 'Site', false)}, q{zz_slt_internal.settle('Platform', 'Site', now(), '1 day')})
	{
		like(scalar run_sql($node, 'postgres', "SELECT $call", role => $role), qr/ERROR:  42501: permission denied for (?:table|function)/, "$role does not call $call");
	}
}

# ---------- other encodings ----------

for my $encoding ('LATIN1', 'SQL_ASCII')
{
	$node->safe_psql('postgres', qq{CREATE DATABASE "in_$encoding" ENCODING '$encoding' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'});
	is($node->safe_psql("in_$encoding", <<'SQL'), "t\n3\nt", "$encoding: a page, and tickets, of texts with all bytes");
CREATE EXTENSION slt;
UPDATE slt_experiences SET description = chr(228), name = name || chr(228) || chr(130) || chr(1);
INSERT INTO slt_outages (service, during, note) SELECT 'Platform', tstzrange(now() - interval '1 hour', now()), string_agg(chr(n), '') FROM generate_series(1, 255) n;
SELECT slt_status_page('Platform') LIKE '%&lt;=&gt;%';
CREATE TABLE t (id text PRIMARY KEY, opened timestamptz, severity text, status text, closed timestamptz);
DO $$ BEGIN PERFORM slt_attach('t', opened_at => 'opened', severity => 'severity', contract_value => 'Standard', done_at => '{"resolution": "closed"}', status => 'status', paused_when => format('{%s}', chr(228)), severity_map => jsonb_build_object(chr(228), 'S1'), announce_from => NULL); END $$;
INSERT INTO t VALUES (repeat(chr(228), 1500), '2026-01-04 10:00Z', chr(228), chr(228)), ('open', '2026-01-04 10:00Z', chr(228), '');
SELECT slt_sweep();
SELECT count(*) = 1 FROM slt_tickets('t') WHERE state = 'paused';
SQL
}

# ---------- many sessions ----------

my $script = "$ENV{SLT_WORK}/tmp/record_load.sql";
append_to_file($script, <<'SQL');
\set s random(0, 100000)
\set ok random(0, 3)
SELECT slt_record('Platform', CASE :s % 3 WHEN 0 THEN 'Site' WHEN 1 THEN 'Tickets' ELSE 'API' END, :ok > 0, NULL, '2026-02-01 00:00Z'::timestamptz + make_interval(secs => :s));
SQL
my ($bench, $messages) = ('', '');
my $load = IPC::Run::start([ 'pgbench', '-n', '-c', '8', '-j', '2', '-T', '3', '-f', $script, '-h', $node->host, '-p', $node->port, 'postgres' ], '<', \undef, '>', \$bench, '2>', \$messages);
while ($load->pumpable)
{
	$load->pump_nb;
	$messages .= (run_sql($node, 'postgres', <<'SQL', go_on => 1))[1];
UPDATE slt_experiences SET failures_to_open = 3 - failures_to_open % 2, report_within = '5 minutes' WHERE name = 'Site';
UPDATE slt_services SET target = 98.5 WHERE name = 'Platform';
SELECT count(*) FROM slt_status('Platform');
SELECT slt_availability('[2026-02-01,2026-02-03)', 'Platform');
SQL
}
$load->finish;
is($messages =~ s/^pgbench \(.*\n//r, '', 'eight sessions record while the tables change: no error');
is($node->safe_psql('postgres', q{SELECT count(*) FROM slt_coverage a JOIN slt_coverage b USING (service, experience, monitor) WHERE a.since < b.since AND a.until > b.since}), '0', 'no coverage overlaps');
unlike(slurp_file($node->logfile), qr/was terminated by signal|TRAP:/, 'nothing crashed');

done_testing();
