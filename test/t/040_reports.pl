# What people see of tickets: slt_clocks(), slt_explain(), slt_tickets(), slt_unmatched(), slt_ticket_counts(), slt_report().
#
# Where the answer depends on the present, tickets are under a contract that is open day and night, and are opened and
# paused some hours ago; an hour is long enough for any test.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;

my $node = new_server('reports', bare => 1);
my $always = <<'SQL';
INSERT INTO slt_calendars (name, calendar) VALUES ('always', 'UTC 24/7');
INSERT INTO slt_contracts (name, calendar) VALUES ('Always', 'always');
INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ('Always', 'S1', 'response', '1000 hours'), ('Always', 'S1', 'resolution', '10 hours'),
	('Always', 'S2', 'resolution', '1 working day'), ('Always', 'S3', 'resolution', '10 hours');
UPDATE slt_targets SET steps = '{50,100}' WHERE contract = 'Always' AND severity = 'S3';
SQL
my $columns = q{(id int PRIMARY KEY, opened timestamptz, severity text, contract text, status text DEFAULT 'open', responded timestamptz, resolved timestamptz, changed timestamptz, kind text)};
my $attach = q{'opened', severity => 'severity', contract => 'contract', done_at => '{"response": "responded", "resolution": "resolved"}', status => 'status', paused_when => '{stalled}', cancelled_when => '{spam}', changed_at => 'changed', request_kind => 'kind'};

# ---------- states ----------

new_database($node, 'see');
my $in = sub { return value_in($node, 'see', $_[0]) };
$node->safe_psql('see', $always . "CREATE TABLE tickets $columns; SELECT slt_attach('tickets', $attach);");
$node->safe_psql('see', <<'SQL');
SET client_min_messages = error;
INSERT INTO tickets (id, opened, severity, contract, status, resolved, changed, kind) VALUES
	(1, now() - interval '5 hours', 'S1', 'Always', 'open', NULL, NULL, NULL),
	(2, now() - interval '9 hours', 'S1', 'Always', 'open', NULL, NULL, NULL),
	(3, now() - interval '12 hours', 'S1', 'Always', 'open', NULL, NULL, NULL),
	(4, now() - interval '5 hours', 'S1', 'Always', 'stalled', NULL, now() - interval '2 hours', NULL),
	(5, now() - interval '20 hours', 'S1', 'Always', 'resolved', now() - interval '16 hours', NULL, NULL),
	(6, now() - interval '20 hours', 'S1', 'Always', 'resolved', now() - interval '8 hours', NULL, NULL),
	(7, now() - interval '6 hours', 'S3', 'Always', 'open', NULL, NULL, NULL),
	(8, now() - interval '12 hours', 'S2', 'Always', 'open', NULL, NULL, NULL),
	(9, now() - interval '19 hours', 'S2', 'Always', 'open', NULL, NULL, NULL),
	(10, now() - interval '5 hours', 'S1', 'Always', 'open', now() - interval '8 hours', NULL, NULL),
	(11, now() - interval '20 hours', 'S1', 'Always', 'stalled', NULL, now() - interval '2 hours', NULL),
	(20, NULL, 'S1', 'Always', 'open', NULL, NULL, NULL),
	(21, now() - interval '5 hours', 'S9', 'Always', 'open', NULL, NULL, NULL),
	(22, now() - interval '5 hours', 'S1', NULL, 'open', NULL, NULL, NULL),
	(23, now() - interval '5 hours', 'S1', 'Always', 'spam', NULL, NULL, NULL),
	(24, now() - interval '5 hours', 'S1', 'Always', 'open', NULL, NULL, 'Customization');
DELETE FROM slt_targets WHERE contract = 'Standard' AND severity = 'S3' AND metric = 'resolution';
INSERT INTO tickets (id, opened, severity, contract) VALUES (25, now() - interval '5 hours', 'S3', 'Standard');
SQL
# of 10 hours: 5 are half, 9 nine tenths; a pause of 2 hours leaves 3; a working day is 24 hours of this calendar, of which
# 12 are half, and 19 more than three quarters; S3 is at risk from one half on; solved before it was opened took no time
my $states = join "\n", '1|on track|5|50', '2|at risk|9|90', '3|breached|12|120', '4|paused|3|30', '5|met|4|40', '6|met late|12|120', '7|at risk|6|60', '8|on track|12|50', '9|at risk|19|79', '10|met|0|0', '11|breached|18|180';
is($in->(q{SELECT key, state, extract(epoch FROM elapsed::interval)::int / 3600 AS hours, round(used) FROM slt_tickets('tickets') WHERE metric = 'resolution' AND due IS NOT NULL ORDER BY key::int}), $states, 'slt_tickets(): states, elapsed and used');
is($in->(q{SELECT id, state, extract(epoch FROM elapsed::interval)::int / 3600 AS hours, round(used) FROM tickets t, slt_clocks(t) WHERE metric = 'resolution' AND due IS NOT NULL ORDER BY id}), $states, 'slt_clocks(): the same');
is($in->(q{SELECT key, round(extract(epoch FROM remaining::interval) / 3600.0) FROM slt_tickets('tickets') WHERE metric = 'resolution' AND state IN ('on track', 'at risk', 'paused', 'breached') ORDER BY key::int}), "1|5\n2|1\n3|-2\n4|7\n7|4\n8|12\n9|5\n11|-8", 'what is left, or is overdrawn');
is($in->(q{SELECT count(*) FROM slt_tickets('tickets') s JOIN tickets t ON s.key = t.id::text WHERE s.started = t.opened AND s.severity = t.severity AND s.contract = t.contract
	AND s.due IS NOT DISTINCT FROM CASE metric WHEN 'response' THEN slt_response_due ELSE slt_resolution_due END AND s.done IS NOT DISTINCT FROM CASE metric WHEN 'response' THEN coalesce(responded, resolved) ELSE resolved END AND s.state NOT IN ('cancelled', 'out of scope', 'codes unknown')}),
	$in->(q{SELECT count(*) FROM slt_tickets('tickets') WHERE state NOT IN ('no start', 'cancelled', 'out of scope', 'codes unknown')}), 'the rest is the ticket\'s');
is($in->(q{SELECT state FROM slt_tickets('tickets') WHERE key = '4' AND metric = 'response'}), 'on track', 'response is not paused with the ticket');
for my $state ('on track', 'at risk', 'breached', 'paused', 'met', 'met late', 'no start', 'no target', 'out of scope', 'cancelled', 'codes unknown')
{
	my $keys = $in->(qq{SELECT string_agg(key || metric, ',' ORDER BY key, metric) FROM slt_tickets('tickets') WHERE state = '$state'});
	isnt($keys, '', "there is one that is $state");
	is($in->(qq{SELECT string_agg(key || metric, ',' ORDER BY key, metric) FROM slt_tickets('tickets', '$state')}), $keys, "slt_tickets() of a state: $state");
}
like($in->(q{SELECT count(*) FROM slt_tickets('tickets', 'lost')}), qr/ERROR:  22023: .*lost/, 'a state that there is not');
is($in->(q{SELECT key, severity, contract, request_kind, state, problem FROM slt_unmatched('tickets') WHERE metric = 'resolution' ORDER BY key::int}), join("\n", '20|S1|Always||no start|', '21|S9|Always||codes unknown|severity "S9" does not exist',
	'22|S1|||codes unknown|a ticket has no contract', '23|S1|Always||cancelled|', '24|S1|Always|Customization|out of scope|', '25|S3|Standard||no target|'), 'slt_unmatched(): what is owed nothing, and why');
is($in->(q{SELECT metric, state, tickets FROM slt_ticket_counts() WHERE tickets > 0 ORDER BY metric, state}), join("\n", 'resolution|at risk|3', 'resolution|breached|2', 'resolution|on track|2', 'resolution|paused|1', 'response|on track|6'), 'slt_ticket_counts() counts the open ones');

$node->safe_psql('see', q{CREATE TABLE asked (id int PRIMARY KEY, opened timestamptz, asked timestamptz, solved timestamptz); INSERT INTO slt_metrics (name, when_reopened) VALUES ('next_reply', 'restart')});
is($in->(q{SET client_min_messages = error; SELECT slt_attach('asked', 'opened', severity_value => 'S1', contract_value => 'Always', started_at => '{"next_reply": "asked"}', done_at => '{"resolution": "solved"}') IS NULL;
	INSERT INTO asked VALUES (1, now()), (2, NULL); SELECT key, metric, state FROM slt_unmatched('asked') ORDER BY 1, 2; SELECT state FROM slt_tickets('asked') WHERE key = '1' AND metric = 'next_reply'}), "f\n2|resolution|no start\n2|response|no start\nno start",
	'that nobody has asked for a next reply is as it should be, that a ticket was never opened is not');

# what one table's owner does keeps nobody from seeing the others
{
	my $holder = $node->background_psql('see', on_error_stop => 0);
	my $begun = time;

	ask($holder, 'BEGIN; LOCK TABLE asked');
	is((run_sql($node, 'see', q{SET client_min_messages = error; SELECT count(DISTINCT ticket_table) FROM slt_ticket_counts()}))[0], '1', 'a table that is locked is not counted');
	like((run_sql($node, 'see', q{SELECT count(*) FROM slt_ticket_counts()}))[1], qr/WARNING: .*tickets of table "asked" could not be counted\nDETAIL:  Canceling statement due to lock timeout\./, 'with a warning');
	like($in->(q{SELECT name, unstamped, problem FROM slt_attached() ORDER BY 1}), qr/^public\.asked\|\|It is locked by another session.*\npublic\.tickets\|\d+\|$/, 'slt_attached() says so');
	cmp_ok(time - $begun, '<', 10, 'and nothing waits for it');
	ask($holder, 'ROLLBACK');
	$holder->quit;
	$node->safe_psql('see', q{CREATE FUNCTION fails() RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'; CREATE INDEX ON asked (id) WHERE id = 5 AND 1 = fails();
		CREATE OR REPLACE FUNCTION fails() RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END'});
	like((run_sql($node, 'see', q{SELECT name, unstamped, problem FROM slt_attached() ORDER BY 1}))[0], qr/^public\.asked\|\|\npublic\.tickets\|\d+\|$/, 'nor does what an index of one says');
	$node->safe_psql('see', 'DROP FUNCTION fails() CASCADE');
}

# ---------- a row has its clocks ----------

is($in->(q{SELECT count(*) FROM tickets t JOIN (VALUES (1, 'red'), (2, 'blue')) v (id, team) USING (id), slt_clocks(t) c WHERE c.metric = 'resolution' AND t.slt_resolution_due < now() + '1 day'}), '2', 'with joins and a WHERE of one\'s own');
is($in->(q{SELECT count(*) FROM slt_clocks((SELECT t FROM tickets t WHERE id = 1))}), '2', 'of a row that a subquery gives whole');
is($in->(q{PREPARE q AS SELECT state FROM tickets t, slt_clocks(t) WHERE id = $1 AND metric = 'resolution'; EXECUTE q(1); EXECUTE q(2); EXECUTE q(3); EXECUTE q(3); EXECUTE q(3); EXECUTE q(3); EXECUTE q(3)}), join("\n", 'on track', 'at risk', ('breached') x 5), 'in a prepared statement');
is($in->(q{CREATE FUNCTION of_row(t tickets) RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM slt_clocks(t)'; SELECT sum(of_row(t)) FROM tickets t}), $in->(q{SELECT count(*) FROM slt_tickets('tickets')}), 'in a function of one\'s own');
$node->safe_psql('see', q{CREATE VIEW v AS SELECT * FROM tickets; CREATE TABLE plain (id int); INSERT INTO plain VALUES (1)});
for my $wrong (q{v, slt_clocks(v)}, q{plain, slt_clocks(plain)}, q{(SELECT * FROM tickets) s, slt_clocks(s)}, q{slt_clocks(ROW(1, 2))}, q{(SELECT id, opened FROM tickets) s, slt_explain(s, 'resolution')}, q{v, slt_explain(v, 'resolution')})
{
	like(run_sql($node, 'see', "SELECT count(*) FROM $wrong") . '', qr/^ERROR:  42809: a row of an attached table is needed.*HINT:  .*slt_clocks\(t\)/s, "not $wrong");
}
like(run_sql($node, 'see', q{SELECT slt_explain(t, 'foo') FROM tickets t}) . '', qr/^ERROR:  42704: table "tickets" is not attached with a metric "foo"\nHINT:  Its metrics are "resolution", "response"\./m, 'a metric that the table has not: those that it has');
like(run_sql($node, 'see', 'BEGIN; ALTER TABLE tickets DROP resolved CASCADE; SELECT slt_clocks(t) FROM tickets t') . '', qr/^DETAIL:  Column "resolved" of table "tickets" does not exist\.$/m, 'a table whose attachment is broken: the detail is a sentence');
is($in->(q{SELECT count(*) FROM slt_clocks(NULL::tickets)}), '0', 'no row has no clocks');
$node->safe_psql('see', q{CREATE ROLE agent LOGIN; GRANT SELECT (id, opened) ON tickets TO agent});
like(run_sql($node, 'see', 'SELECT count(*) FROM tickets t, slt_clocks(t)', role => 'agent') . '', qr/ERROR:  42501/, 'it needs SELECT on the whole table');
$node->safe_psql('see', q{GRANT SELECT ON tickets TO agent; ALTER TABLE tickets ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON tickets USING (id < 3)});
is((run_sql($node, 'see', q{SELECT count(*) FROM tickets t, slt_clocks(t); SELECT count(*) FROM slt_tickets('tickets'); SELECT sum(opened) FROM slt_report('tickets')}, role => 'agent'))[0], "4\n4\n4", 'row security holds as for any query');
like(run_sql($node, 'see', q{SELECT count(*) FROM slt_ticket_counts()}, role => 'agent') . '', qr/ERROR:  42501/, 'who may not read the settings does not count');
$node->safe_psql('see', 'ALTER TABLE tickets DISABLE ROW LEVEL SECURITY');

# by parallel workers, which have no subtransactions, in sessions that have asked nothing before
$node->safe_psql('see', <<"SQL");
SET client_min_messages = error;
CREATE TABLE wide $columns;
SELECT slt_attach('wide', $attach);
INSERT INTO wide (id, opened, severity, contract) SELECT n, '2026-02-02 10:00+02', CASE n % 4 WHEN 0 THEN 'S9' ELSE 'S1' END, 'Always' FROM generate_series(1, 20000) n;
ALTER TABLE wide SET (parallel_workers = 4);
ANALYZE wide;
SQL
my $parallel = q{SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 4; SET parallel_leader_participation = };
my $each = q{SELECT c.state, count(*) FROM wide t, slt_clocks(t) c GROUP BY c.state ORDER BY c.state};
like($in->("$parallel on; EXPLAIN $each"), qr/Workers Planned/, 'slt_clocks() is planned for parallel workers');
for my $leader ('on', 'off')
{
	is($in->("$parallel $leader; $each"), "breached|30000\ncodes unknown|10000", "... and runs there (leader: $leader)");
	is($in->("$parallel $leader; SELECT count(*) FROM wide t, slt_explain(t, 'resolution') e WHERE severity = 'S1'"), $in->(q{SELECT count(*) FROM wide t, slt_explain(t, 'resolution') e WHERE severity = 'S1'}), '... and so does slt_explain()');
}

# many tickets in little memory
my $frugal = $node->background_psql('see', on_error_stop => 0);
ask($frugal, q{INSERT INTO wide (id, opened, severity, contract, slt_status_at, slt_status_became) SELECT n, '2026-02-02 10:00+02', 'S1', 'Always', ARRAY['2026-02-02 10:00+02', '2026-02-02 11:00+02', '2026-02-02 12:00+02']::timestamptz[], '{open,stalled,open}' FROM generate_series(20001, 100000) n;
	CREATE FUNCTION used() RETURNS bigint LANGUAGE sql AS $$ SELECT (regexp_match(pg_read_file('/proc/' || pg_backend_pid() || '/status'), 'VmHWM:\s*(\d+)'))[1]::bigint $$});
SKIP:
{
	skip 'no /proc', 1 unless -r '/proc/self/status';
	for my $call (q{SELECT count(*) FROM slt_tickets('wide')}, q{SELECT count(*) FROM slt_unmatched('wide')}, q{SELECT count(*) FROM slt_report('wide')}, q{SELECT count(unstamped) FROM slt_attached()}, q{SELECT count(*) FROM slt_ticket_counts()},
		q{SELECT count(*) FROM slt_restamp('wide', true, false)}, q{SELECT count(*) FROM wide t, slt_clocks(t)})
	{
		ask($frugal, 'SELECT count(*) FROM wide');
		my $before = ask($frugal, 'SELECT used()');
		ask($frugal, $call);
		my $grown = ask($frugal, 'SELECT used()') - $before;
		cmp_ok($grown, '<', 30000, "$call of 100,000 tickets: $grown kB");
	}
}
$frugal->quit;

# ---------- explanations ----------

$node->safe_psql('see', <<'SQL');
SET client_min_messages = error;
CREATE TABLE explained (id text PRIMARY KEY, opened timestamptz, severity text, status text, changed timestamptz, resolved timestamptz, cal text);
SELECT slt_attach('explained', 'opened', severity => 'severity', contract_value => 'Standard', status => 'status', paused_when => '{stalled}', changed_at => 'changed', calendar => 'cal', done_at => '{"resolution": "resolved"}');
INSERT INTO explained VALUES ('it''s', '2026-01-27 10:00+02', 'S1', 'open');
UPDATE explained SET status = 'stalled', changed = '2026-01-28 15:00+02';
UPDATE explained SET status = 'open', changed = '2026-01-30 09:30+02';
INSERT INTO explained VALUES ('on hold', '2026-02-02 10:00+02', 'S1', 'stalled', '2026-02-02 10:00+02', NULL, NULL), ('unknown', '2026-02-02 10:00+02', 'S9', 'open', NULL, NULL, NULL), ('own', '2026-02-02 10:00+02', 'S1', 'open', NULL, NULL, 'always'), ('none', NULL, 'S1', 'open', NULL, NULL, NULL);
SQL
my $explain = sub { my ($id, $what, $metric) = @_; return $in->("SELECT $what FROM explained t, slt_explain(t, '" . ($metric // 'resolution') . "') e WHERE id = '$id'") };
# the holiday on Thursday is inside the pause
is($in->(q{SELECT e.what, sum(e.worked) FROM explained t, slt_explain(t, 'resolution') e WHERE id = 'it''s' GROUP BY e.what ORDER BY e.what}), "outside hours|0 working hours\npaused|0 working hours\nworking|16 working hours", 'slt_explain() adds up to two days, with the ticket\'s own pauses');
is($explain->("it''s", q{shown.at(max(e."to"))}), 'Fri 01-30 12:30', 'and ends at the deadline');
is($explain->("it''s", q{sum(e.worked)}, 'response'), '4 working hours', 'a metric that does not pause');
is($explain->('own', q{shown.at(max(e."to"))}), 'Wed 02-04 10:00', 'by the ticket\'s own calendar');
is($explain->('on hold', q{max(e."to")}), 'infinity', 'a pause that goes on');
is($explain->('none', 'count(*)'), '0', 'nothing is owed: no row');
like($explain->('unknown', 'count(*)'), qr/ERROR:  42704: severity "S9" does not exist/, 'an unknown severity is named');
like($explain->("it''s", 'count(*)', 'nope'), qr/ERROR:  42704: .*"nope"/, 'and an unknown metric');
$node->safe_psql('see', q{UPDATE explained SET resolved = '2026-01-30 11:00+02', changed = '2026-01-30 11:00+02' WHERE id = 'it''s'; INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', '2026-01-28', 'decreed later')});
is($in->(q{SELECT shown.at(due), shown.at(due_now), state, shown.pauses(paused) FROM explained t, slt_clocks(t) WHERE id = 'it''s' AND metric = 'resolution'}), 'Fri 01-30 12:30|Sun 02-01 10:30|met|Wed 01-28 15:00 .. Fri 01-30 09:30',
	'what is done stays: slt_clocks() has the deadline that was promised, what it would be now, and the pauses');
$node->safe_psql('see', q{DELETE FROM slt_holidays WHERE name = 'decreed later'});

# ---------- the report ----------

new_database($node, 'report');
my $rep = sub { return value_in($node, 'report', $_[0]) };
$node->safe_psql('report', $always . "CREATE TABLE tickets $columns; SELECT slt_attach('tickets', $attach);");
$node->safe_psql('report', <<'SQL');
SET client_min_messages = error;
SELECT setseed(0.25);
INSERT INTO tickets (id, opened, severity, contract, responded, resolved)
SELECT n, opened, 'S' || 1 + floor(random() * 3), (ARRAY['Standard', 'Priority'])[1 + floor(random() * 2)::int],
	CASE WHEN random() < 0.9 THEN opened + random() * interval '3 days' END, CASE WHEN random() < 0.8 THEN opened + random() * interval '9 days' END
FROM (SELECT n, date_trunc('second', timestamptz '2025-11-01 00:00+02' + random() * interval '119 days') AS opened FROM generate_series(1, 3000) n) x;
UPDATE tickets SET slt_status_at = ARRAY[opened, opened + interval '1 hour', opened + interval '1 hour' + random() * interval '30 hours'], slt_status_became = '{open,stalled,open}' WHERE id % 3 = 0;
INSERT INTO tickets (id, opened, severity, contract) SELECT 5000 + n, '2025-12-10 10:00+02', 'S9', 'Standard' FROM generate_series(1, 5) n;
INSERT INTO tickets (id, opened, severity, contract, status) SELECT 6000 + n, '2025-12-10 10:00+02', 'S1', 'Standard', 'spam' FROM generate_series(1, 5) n;
UPDATE slt_targets SET attain = 50 WHERE contract = 'Priority' AND metric = 'resolution';
SQL
# the same from the definitions: working time from the opening to the end, without the pauses where the metric pauses
my $independent = <<'SQL';
WITH ticket AS (
	SELECT date_trunc('UNIT', opened AT TIME ZONE 'Africa/Cairo') AT TIME ZONE 'Africa/Cairo' AS period, contract, severity, metric, opened, done, paused,
		slt_deadline(opened, severity, contract, metric, paused) AS due
	FROM tickets, LATERAL (VALUES ('response', least(responded, resolved), NULL::tstzmultirange),
		('resolution', resolved, CASE WHEN slt_status_at[2] < coalesce(resolved, 'infinity') THEN tstzmultirange(tstzrange(slt_status_at[2], least(slt_status_at[3], resolved))) END)) m (metric, done, paused)
	WHERE severity <> 'S9' AND status <> 'spam' AND opened >= 'FROM' AND opened < 'TO'
), judged AS (
	SELECT *, done <= due AS met, CASE WHEN done IS NOT NULL THEN working_between(opened, done, 'Egypt', paused) END AS worked FROM ticket
)
SELECT period, contract, severity, metric, count(*) AS opened, count(*) FILTER (WHERE met) AS met, count(*) FILTER (WHERE NOT met) AS met_late, count(*) FILTER (WHERE done IS NULL AND due < now()) AS breached,
	count(*) FILTER (WHERE done IS NULL AND due >= now()) AS open,
	round(100.0 * count(*) FILTER (WHERE met) / nullif(count(*) FILTER (WHERE met OR NOT met OR done IS NULL AND due < now()), 0), 2) AS percent_met,
	percentile_disc(0.5) WITHIN GROUP (ORDER BY worked) AS median, percentile_disc(0.9) WITHIN GROUP (ORDER BY worked) AS percentile_90
FROM judged GROUP BY period, contract, severity, metric ORDER BY 1, 2, 3, 4
SQL
for my $case ([ 'month', 'NULL', '2000-01-01', '2100-01-01' ], [ 'month', q{'[2025-12-01 00:00+02, 2026-02-01 00:00+02)'}, '2025-12-01 00:00+02', '2026-02-01 00:00+02' ],
	[ 'week', q{'[2025-12-01 00:00+02, 2026-01-05 00:00+02)'}, '2025-12-01 00:00+02', '2026-01-05 00:00+02' ], [ 'quarter', 'NULL', '2000-01-01', '2100-01-01' ],
	[ 'day', q{'[2025-12-10 00:00+02, 2025-12-20 00:00+02)'}, '2025-12-10 00:00+02', '2025-12-20 00:00+02' ], [ 'year', 'NULL', '2000-01-01', '2100-01-01' ])
{
	my ($unit, $during, $from, $to) = @$case;
	my $expected = $independent =~ s/UNIT/$unit/r =~ s/FROM'/$from'/r =~ s/TO'/$to'/r;

	is($rep->(qq{SELECT lower(period), contract, severity, metric, opened, met, met_late, breached, open, round(percent_met, 2), median, percentile_90 FROM slt_report('tickets', $during, every => '$unit') WHERE contract IS NOT NULL ORDER BY 1, 2, 3, 4}),
		$rep->($expected), "slt_report() every $unit, $during");
}
is($rep->(q{SELECT lower(period), contract, severity, metric, opened, without_target FROM slt_report('tickets', every => 'year') WHERE without_target > 0}), "2025-01-01 02:00:00+02|||resolution|0|5\n2025-01-01 02:00:00+02|||response|0|5", 'tickets whose codes are unknown are counted apart; cancelled ones are not');
is($rep->(q{SELECT count(*) > 0, bool_and(attained = (percent_met >= attain)), bool_and(attain = 50) FROM slt_report('tickets') WHERE contract = 'Priority' AND metric = 'resolution' AND percent_met IS NOT NULL; SELECT count(attain), count(attained) FROM slt_report('tickets') WHERE contract = 'Standard'}), "t|t|t\n0|0", 'attain: what was promised, and whether it was kept');
is($rep->(q{SELECT count(*) > 3, bool_and(r.percent_met IS NOT DISTINCT FROM a.percent) FROM slt_report('tickets', every => 'year') r JOIN (SELECT c.contract, c.severity, c.metric, date_trunc('year', c.started) AS year, slt_attainment(c.state) AS percent
	FROM tickets t, slt_clocks(t) c GROUP BY 1, 2, 3, 4) a ON (a.contract, a.severity, a.metric, a.year) = (r.contract, r.severity, r.metric, lower(r.period))}), 't|t', 'slt_attainment() says what a report does');
is($rep->(q{SELECT slt_attainment(s) FROM unnest('{met,met,met late,breached,on track,NULL,cancelled}'::text[]) s; SELECT slt_attainment(s) FROM unnest('{on track,no start}'::text[]) s; SELECT slt_attainment(s) OVER (ORDER BY n) FROM unnest('{met,breached,met}'::text[]) WITH ORDINALITY x (s, n)}), "50\n\n100\n50\n66.6666666666666667", '... of what is decided, null for nothing, and in windows');
is($rep->(q{SET timezone = 'Asia/Tokyo'; SELECT DISTINCT lower(period) = timestamptz '2025-12-01 00:00+02', upper(period) = timestamptz '2026-01-01 00:00+02' FROM slt_report('tickets', '[2025-12-01 00:00+02,2026-01-01 00:00+02)') WHERE contract IS NOT NULL}),
	't|t', 'a month of the contract\'s calendar, wherever the session is');
$node->safe_psql('report', q{INSERT INTO slt_calendars (name, calendar) VALUES ('New York', 'America/New_York Mo-Fr 09:00-17:00'); INSERT INTO slt_contracts (name, calendar) VALUES ('New York', 'New York');
	INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ('New York', 'S1', 'resolution', '8 hours'); INSERT INTO tickets (id, opened, severity, contract) VALUES (9001, '2025-12-01 04:30Z', 'S1', 'New York')});
is($rep->(q{SET timezone = 'UTC'; SELECT period, opened FROM slt_report('tickets') WHERE contract = 'New York' AND metric = 'resolution'}), '["2025-11-01 04:00:00+00","2025-12-01 05:00:00+00")|1', 'which is November yet in New York, and a month with a clock change');
for my $kind ([ 'timestamptz', q{'%s+02'} ], [ 'timestamp', q{'%s'} ], [ 'bigint', q{extract(epoch FROM timestamp '%s' AT TIME ZONE 'Africa/Cairo')} ])
{
	my ($type, $value) = @$kind;
	my $values = join ', ', map { "($_->[0], " . sprintf($value, $_->[1]) . ')' }
		[ 1, '2025-11-30 23:59:59' ], [ 2, '2025-12-01 00:00:00' ], [ 3, '2025-12-31 23:59:59' ], [ 4, '2026-01-01 00:00:00' ];

	$node->safe_psql('report', "CREATE TABLE of_$type (id int PRIMARY KEY, opened $type, resolved $type);
		SELECT slt_attach('of_$type', 'opened', severity_value => 'S1', contract_value => 'Standard', time_zone => 'Africa/Cairo', done_at => '{\"resolution\": \"resolved\"}');
		INSERT INTO of_$type VALUES $values");
	# bounds as they are written
	for my $range ([ '[2025-12-01 00:00+02,2026-01-01 00:00+02)', 2 ], [ '(2025-12-01 00:00+02,2026-01-01 00:00+02]', 2 ], [ '[2025-12-01 00:00+02,2026-01-01 00:00+02]', 3 ], [ '(2025-12-01 00:00+02,2026-01-01 00:00+02)', 1 ], [ '(,)', 4 ], [ 'empty', '' ])
	{
		is($rep->("SELECT sum(opened) FROM slt_report('of_$type', '$range->[0]') WHERE metric = 'resolution'"), $range->[1], "opened at a $type, during $range->[0]");
	}
}
like($rep->(q{SELECT count(*) FROM slt_report('tickets', every => 'fortnight')}), qr/ERROR:  22023: .*fortnight/, 'a period that there is not');
$node->safe_psql('report', q{CREATE TABLE early (id int PRIMARY KEY, opened timestamptz, resolved timestamptz); SELECT slt_attach('early', 'opened', severity_value => 'S1', contract_value => 'Standard', done_at => '{"resolution": "resolved"}'); INSERT INTO early VALUES (1, '2026-02-02 12:00+02', '2026-02-02 09:00+02')});
is($rep->(q{SELECT median, met FROM slt_report('early') WHERE metric = 'resolution'}), '0 working hours|1', 'a ticket that was solved before it was opened took no time, and not less');

# runs of a restarting metric are promises of their own
$node->safe_psql('report', <<'SQL');
INSERT INTO slt_metrics (name, pausable, when_reopened) VALUES ('next_reply', false, 'restart');
INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ('Always', 'S1', 'next_reply', '2 working hours');
CREATE TABLE talks (id int PRIMARY KEY, opened timestamptz, customer timestamptz, agent timestamptz, changed timestamptz, solved timestamptz);
SELECT slt_attach('talks', 'opened', severity_value => 'S1', contract_value => 'Always', started_at => '{"next_reply": "customer"}', done_at => '{"next_reply": "agent", "resolution": "solved"}', changed_at => 'changed');
INSERT INTO talks VALUES (1, '2026-01-05 10:00Z', '2026-01-05 10:00Z', NULL, '2026-01-05 10:00Z');
UPDATE talks SET agent = '2026-01-05 11:00Z', changed = '2026-01-05 11:00Z';
UPDATE talks SET customer = '2026-02-05 11:00Z', changed = '2026-02-05 11:00Z';
UPDATE talks SET agent = '2026-02-05 15:00Z', changed = '2026-02-05 15:00Z';
UPDATE talks SET customer = '2026-02-06 11:00Z', changed = '2026-02-06 11:00Z';
SQL
is($rep->(q{SET timezone = 'UTC'; SELECT lower(period)::date, opened, met, met_late, breached, median FROM slt_report('talks') WHERE metric = 'next_reply'}), "2026-01-01|1|1|0|0|1 working hour\n2026-02-01|2|0|1|1|4 working hours", 'slt_report() counts runs, in the periods that they started in');
is($rep->(q{SELECT run, current, state FROM talks t, slt_clocks(t) WHERE metric = 'next_reply'}), "1|f|met\n2|f|met late\n3|t|breached", 'slt_clocks() has a row for each');
done_testing();
