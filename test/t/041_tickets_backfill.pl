# Ticket tables: rows that were there before, deadlines that are worked out anew, what people see of tickets, and the
# sweep that announces each event once.
#
# Where the answer depends on the present, tickets are under a contract that is open day and night, and are opened and
# paused some hours ago; an hour is long enough for any test.
use strict;
use warnings;
use IPC::Run;
use JSON::PP;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;

my $node = new_server('tickets_backfill', bare => 1);
my $always = <<'SQL';
INSERT INTO slt_calendars VALUES ('always', 'UTC 24/7');
INSERT INTO slt_contracts VALUES ('Always', 'always');
INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ('Always', 'S1', 'response', '1000 hours'), ('Always', 'S1', 'resolution', '10 hours'),
	('Always', 'S2', 'resolution', '1 working day'), ('Always', 'S3', 'resolution', '10 hours');
UPDATE slt_targets SET steps = '{50,100}' WHERE contract = 'Always' AND severity = 'S3';
SQL
my $columns = q{(id int PRIMARY KEY, opened timestamptz, severity text, contract text, status text DEFAULT 'open', responded timestamptz, resolved timestamptz, changed timestamptz,
	updated_at timestamptz, note text)};
my $attach = q{'opened', severity => 'severity', contract => 'contract', done_at => '{"response": "responded", "resolution": "resolved"}', status => 'status', paused_when => '{stalled}', changed_at => 'changed'};
my $triggers = <<'SQL';
CREATE TABLE fired (what text);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at := clock_timestamp(); INSERT INTO public.fired VALUES (TG_TABLE_NAME || ' before'); RETURN NEW; END $$;
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.fired VALUES (TG_TABLE_NAME || ' after'); RETURN NULL; END $$;
SQL

# Returns what statements give in a session of its own, in a database.
sub value_in
{
	my ($database, $statements) = @_;
	my ($output, $messages) = run_sql($node, $database, $statements);

	return $output . join '', map { "\n$_" } $messages =~ /^((?:ERROR|FATAL|PANIC):.*)/mg;
}

# Adds triggers of an application to a table: one that says when a row changed, one after each row, one after each statement.
sub add_triggers
{
	my ($database, $table) = @_;

	$node->safe_psql($database, <<"SQL");
CREATE TRIGGER touch BEFORE UPDATE ON $table FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER tell AFTER UPDATE ON $table FOR EACH ROW EXECUTE FUNCTION tell();
CREATE TRIGGER tell_statement AFTER UPDATE ON $table FOR EACH STATEMENT EXECUTE FUNCTION tell();
TRUNCATE fired;
SQL
	return;
}

# ---------- backfill ----------

new_database($node, 'backfill');
$node->safe_psql('backfill', $always . $triggers . "CREATE TABLE tickets $columns");
$node->safe_psql('backfill', <<'SQL');
INSERT INTO tickets
SELECT n, opened, severity, contract, status, responded, resolved, CASE WHEN n % 5 = 0 THEN changed END, '2026-01-01', 'note ' || n
FROM (SELECT n, timestamptz '2025-11-02 08:00+02' + n * interval '7 minutes 13 seconds' AS opened, 'S' || 1 + n % 3 AS severity, (ARRAY['Standard', 'Priority'])[1 + n % 2] AS contract,
		CASE n % 10 WHEN 5 THEN 'stalled' WHEN 0 THEN 'stalled' ELSE 'open' END AS status FROM generate_series(1, 20000) n) x,
	LATERAL (SELECT CASE WHEN n % 3 > 0 THEN opened + interval '5 hours' END AS responded, CASE WHEN n % 4 > 0 THEN opened + n % 12 * interval '12 hours' END AS resolved,
		opened + (n % 7 - 1) * interval '6 hours' AS changed) y;
UPDATE tickets SET severity = 'S9' WHERE id BETWEEN 500 AND 599;
UPDATE tickets SET opened = NULL WHERE id BETWEEN 600 AND 609;
UPDATE tickets SET contract = NULL WHERE id BETWEEN 610 AND 619;
SQL
# what each row must get: paused since it changed, or since its opening; response does not pause
my $expected_stamps = <<'SQL';
SELECT id, response_due AS slt_response_due, responded <= response_due AS slt_response_met, resolution_due AS slt_resolution_due, resolved <= resolution_due AS slt_resolution_met,
	CASE WHEN opened IS NOT NULL THEN paused END AS slt_paused
FROM (SELECT *, CASE WHEN status = 'stalled' THEN tstzmultirange(tstzrange(greatest(opened, changed), NULL)) END AS paused, CASE WHEN severity <> 'S9' THEN severity END AS known FROM tickets) t,
	slt_deadline(opened, known, contract, 'response') AS response_due, slt_deadline(opened, known, contract, 'resolution', paused) AS resolution_due
SQL
my $wrong_stamps = "SELECT count(*) FROM tickets t JOIN ($expected_stamps) e USING (id) WHERE (t.slt_response_due, t.slt_response_met, t.slt_resolution_due, t.slt_resolution_met)
	IS DISTINCT FROM (e.slt_response_due, e.slt_response_met, e.slt_resolution_due, e.slt_resolution_met) OR t.opened IS NOT NULL AND coalesce(t.slt_paused, '{}') <> coalesce(e.slt_paused, '{}')";
my $others = q{SELECT md5(string_agg((id, opened, severity, contract, status, responded, resolved, changed, updated_at, note)::text, ',' ORDER BY id)) FROM tickets};
my $before = value_in('backfill', $others);
add_triggers('backfill', 'tickets');
$node->safe_psql('backfill', "SELECT slt_attach('tickets', $attach)");
is(value_in('backfill', 'SELECT count(*), count(slt_resolution_due) FROM tickets'), '20000|0', 'slt_attach() stamps no row that is there');

# one session holds a row, in the middle of the table; the backfill waits for it, and is cancelled there
my $holder = $node->background_psql('backfill', on_error_stop => 0);
ask($holder, 'BEGIN; SELECT id FROM tickets WHERE id = 10000 FOR UPDATE');
my $backfill = start_psql($node, 'backfill', 'slt_backfill', q{CALL slt_backfill('tickets', batch_size => 1000)});
is(waits_or_ended($node, $backfill), 'waits', 'the backfill waits for a row that is locked');
my $done_rows = value_in('backfill', 'SELECT count(*) FROM tickets WHERE slt_response_due IS NOT NULL');
cmp_ok($done_rows, '>', 0, "what it has done by then is committed: $done_rows rows");
cmp_ok($done_rows, '<', 20000 - 120, 'and it is not all');
is(value_in('backfill', "SELECT count(*) > 1000 FROM (SELECT FROM tickets WHERE slt_response_due IS NULL AND id <> 10000 FOR UPDATE SKIP LOCKED) x"), 't', 'it holds no more rows than a batch');
is(value_in('backfill', 'UPDATE tickets SET note = note WHERE id = (SELECT min(id) FROM tickets WHERE slt_response_due IS NOT NULL) RETURNING 1'), '1', 'rows that are done can be written');
$node->safe_psql('backfill', 'CREATE TABLE done AS SELECT id, xmin::text AS was, ctid AS at FROM tickets WHERE slt_response_due IS NOT NULL');
$node->safe_psql('backfill', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'slt_backfill'});
$backfill->{process}->finish;
like($backfill->{messages}, qr/ERROR:  canceling statement/, 'it is cancelled');
ask($holder, q{UPDATE tickets SET severity = 'S2', note = 'held' WHERE id = 10000; COMMIT});
$holder->quit;
my (undef, $messages) = run_sql($node, 'backfill', q{CALL slt_backfill('tickets', batch_size => 1000)});
unlike($messages, qr/ERROR/, 'the next call goes on');
is(value_in('backfill', 'SELECT count(*) FROM done d JOIN tickets t USING (id) WHERE t.xmin::text <> d.was OR t.ctid <> d.at'), '0', 'where the first one stopped: it writes no row again');
is(value_in('backfill', $wrong_stamps), '0', 'every row has its stamps, the one that was held those of what it is now');
my $notices = () = $messages =~ /^(?:NOTICE|INFO):/mg;
cmp_ok($notices, '>', 0, 'it says how far it is');
like($messages, qr/^(?:NOTICE|INFO): .*\d+.*rows.*%/m, 'rows and percent');
(undef, $messages) = run_sql($node, 'backfill', q{CREATE TABLE all_done AS SELECT id, xmin::text AS was FROM tickets; CALL slt_backfill('tickets')});
unlike($messages, qr/ERROR/, 'once more');
is(value_in('backfill', 'SELECT count(*) FROM all_done d JOIN tickets t USING (id) WHERE t.xmin::text <> d.was AND severity <> \'S9\' AND opened IS NOT NULL AND contract IS NOT NULL'), '0', 'nothing is written again');
is(value_in('backfill', q{SELECT count(*) FILTER (WHERE what LIKE '% before'), count(*) FROM fired WHERE what LIKE 'tickets%'}), '2|6', 'triggers of the application fired for its own two updates alone');
$node->safe_psql('backfill', q{SET session_replication_role = replica; UPDATE tickets SET severity = 'S2', note = 'note 10000' WHERE id = 10000; UPDATE tickets SET updated_at = '2026-01-01' WHERE updated_at <> '2026-01-01'});
is(value_in('backfill', q{SELECT count(*) FROM tickets WHERE updated_at <> '2026-01-01'}), '0', 'and two rows were touched by it');
is(value_in('backfill', $others =~ s/severity/CASE id WHEN 10000 THEN 'S2' ELSE severity END/r), value_in('backfill', $others), 'other columns stayed');
is(value_in('backfill', q{SELECT count(*) FROM slt_unmatched('tickets')}), '110', 'slt_unmatched() finds those without severity or contract');
like(value_in('backfill', q{BEGIN; CALL slt_backfill('tickets')}), qr/ERROR:  (2D000|25001)/, 'it is refused in a transaction, which it could not commit');
like(value_in('backfill', q{CALL slt_backfill('fired')}), qr/ERROR:  \w{5}: .*fired.*not.*attach/, 'and for a table that is not attached');
like(value_in('backfill', q{CALL slt_backfill('tickets', batch_size => 0)}), qr/ERROR:  22023/, 'and in batches of no rows');
$node->safe_psql('backfill', 'CREATE ROLE reader LOGIN; GRANT SELECT ON tickets TO reader');
like(run_sql($node, 'backfill', q{CALL slt_backfill('tickets')}, role => 'reader') . '', qr/^ERROR:  42501/m, 'and for whoever may not write the table');

# other tables
$node->safe_psql('backfill', <<'SQL');
CREATE TABLE "Parted" ("Id" text, "createdAt" timestamp, status text) PARTITION BY LIST (status);
CREATE TABLE parted_open PARTITION OF "Parted" FOR VALUES IN ('open');
CREATE TABLE parted_rest (status text, "createdAt" timestamp, "Id" text);
ALTER TABLE "Parted" ATTACH PARTITION parted_rest DEFAULT;
INSERT INTO "Parted" SELECT 'K''' || n, timestamp '2026-02-02 08:00', CASE n % 2 WHEN 0 THEN 'open' ELSE 'closed' END FROM generate_series(1, 100) n;
SELECT slt_attach('"Parted"', 'createdAt', severity_value => 'S1', contract_value => 'Standard', time_zone => 'UTC', key => 'Id');
CREATE TABLE empty (id int PRIMARY KEY, opened timestamptz);
SELECT slt_attach('empty', 'opened', severity_value => 'S1', contract_value => 'Standard');
CREATE UNLOGGED TABLE no_key (id int, opened timestamptz);
INSERT INTO no_key SELECT n % 10, '2026-02-02 10:00+02' FROM generate_series(1, 100) n;
SELECT slt_attach('no_key', 'opened', severity_value => 'S1', contract_value => 'Standard', key => 'id');
SQL
is(value_in('backfill', q{CALL slt_backfill('"Parted"', 7); SELECT count(*) FROM "Parted" WHERE slt_resolution_due = '2026-02-04 08:00Z'}), '100', 'partitions are filled');
is(value_in('backfill', q{CALL slt_backfill('empty'); SELECT count(*) FROM empty}), '0', 'an empty table is');
is(value_in('backfill', q{CALL slt_backfill('no_key', 9); SELECT count(*) FROM no_key WHERE slt_resolution_due = '2026-02-04 08:00Z'}), '100', 'one whose key is not unique is');
is(value_in('backfill', q{SET datestyle = 'SQL, DMY'; SET timezone = 'Asia/Tokyo'; SET search_path = pg_catalog; UPDATE public.empty SET id = id; INSERT INTO public.empty (id) VALUES (1); CALL public.slt_backfill('public.empty')}), '', 'whatever the session has set');

# a function of the row that takes its time makes a backfill of some seconds, which tells how it goes
$node->safe_psql('backfill', <<'SQL');
CREATE TABLE slow (id int PRIMARY KEY, opened timestamptz);
INSERT INTO slow SELECT n, '2026-02-02 10:00+02' FROM generate_series(1, 45) n;
CREATE FUNCTION slow_severity(slow) RETURNS text LANGUAGE sql AS $$ SELECT 'S1' FROM pg_sleep(0.05) $$;
SELECT slt_attach('slow', 'opened', severity_of => 'slow_severity(slow)', contract_value => 'Standard');
SQL
(undef, $messages) = run_sql($node, 'backfill', q{CALL slt_backfill('slow', batch_size => 5)});
my @progress = $messages =~ /^NOTICE: .*\brows\b.*%.*\ba second\b.*\bleft\b/mg;
cmp_ok(scalar @progress, '>', 1, 'as it goes it tells rows, percent, rate and time left');
is(value_in('backfill', q{SELECT count(*) FROM slow WHERE slt_resolution_due = '2026-02-04 08:00Z'}), '45', 'and stamps each row');

# a function of the row that finds its tables by the search path, as people write them
$node->safe_psql('backfill', <<'SQL');
CREATE TABLE plans (customer int PRIMARY KEY, plan text);
INSERT INTO plans VALUES (1, 'Standard'), (2, 'Priority');
CREATE TABLE by_path (id int PRIMARY KEY, opened timestamptz, customer int);
CREATE FUNCTION plan_of(by_path) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT plan FROM plans WHERE customer = $1.customer); END $$;
INSERT INTO by_path VALUES (1, '2026-02-02 10:00+02', 1);
SELECT slt_attach('by_path', 'opened', severity_value => 'S1', contract_of => 'plan_of(by_path)');
INSERT INTO by_path VALUES (2, '2026-02-02 10:00+02', 2);
SQL
is(value_in('backfill', q{SELECT shown.at(slt_resolution_due) FROM by_path WHERE id = 2}), 'Tue 02-03 10:00', 'a function of the row that finds its tables by the search path: on insert');
is(value_in('backfill', q{CALL slt_backfill('by_path'); SELECT shown.at(slt_resolution_due) FROM by_path WHERE id = 1}), 'Wed 02-04 10:00', 'in a backfill');
is(value_in('backfill', q{SELECT count(*) FROM slt_restamp('by_path', dry_run => true); SELECT string_agg(contract, ',' ORDER BY key) FROM slt_tickets('by_path') WHERE metric = 'response'; SELECT slt_sweep() >= 4; SELECT count(*) FROM slt_events WHERE ticket_table = 'by_path'::regclass}),
	"0\nStandard,Priority\nt\n4", 'in a restamp, a list and a sweep');

# ---------- restamp ----------

new_database($node, 'restamp');
$node->safe_psql('restamp', $always . $triggers . <<"SQL");
CREATE TABLE tickets $columns;
SELECT slt_attach('tickets', $attach);
INSERT INTO tickets (id, opened, severity, contract, updated_at) VALUES (1, '2026-02-02 10:00+02', 'S1', 'Standard', '2026-01-01'), (2, '2026-02-02 10:00+02', 'S1', 'Priority', '2026-01-01'),
	(3, '2026-02-08 10:00+02', 'S1', 'Standard', '2026-01-01'), (4, '2026-02-02 10:00+02', 'S1', 'Standard', '2026-01-01');
UPDATE tickets SET responded = opened, resolved = '2026-02-04 12:00+02' WHERE id = 4;
SQL
add_triggers('restamp', 'tickets');
# Tuesday 02-03 becomes a holiday.  Ticket 1, S1 Standard: response Mon 14:00 stays, resolution Wed 10:00 -> Thu 10:00, 8 working hours on.
# Ticket 2, S1 Priority: response Mon 12:00 stays, 8 hours Tue 10:00 -> Wed 10:00: from a holiday on, an hour on Wednesday.
$node->safe_psql('restamp', q{INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', '2026-02-03', 'Decreed')});
my $moves = 'SELECT key, metric, shown.at(due_before), shown.at(due_after), moved FROM slt_restamp';
my $open_moves = "1|resolution|Wed 02-04 10:00|Thu 02-05 10:00|8 working hours\n2|resolution|Tue 02-03 10:00|Wed 02-04 10:00|1 working hour";
my $all_due = 'SELECT id, shown.stamp(slt_response_due, slt_response_met), shown.stamp(slt_resolution_due, slt_resolution_met) FROM tickets ORDER BY id';
my $old_due = "1|Mon 02-02 14:00|Wed 02-04 10:00\n2|Mon 02-02 12:00|Tue 02-03 10:00\n3|Sun 02-08 14:00|Tue 02-10 10:00\n4|Mon 02-02 14:00 yes|Wed 02-04 10:00 no";
is(value_in('restamp', $all_due), $old_due, 'a decreed holiday moves no deadline by itself');
is(value_in('restamp', "$moves('tickets', dry_run => true) ORDER BY key, metric"), $open_moves, 'slt_restamp(dry_run): which open tickets would move, from when to when, and by how much working time');
is(value_in('restamp', $all_due), $old_due, 'and moves none');
is(value_in('restamp', "BEGIN; SET TRANSACTION READ ONLY; SELECT count(*) FROM slt_restamp('tickets', dry_run => true)"), '2', 'a dry run writes nothing at all');
is(value_in('restamp', "$moves('tickets') ORDER BY key, metric"), $open_moves, 'slt_restamp(): the same, for real');
is(value_in('restamp', $all_due), "1|Mon 02-02 14:00|Thu 02-05 10:00\n2|Mon 02-02 12:00|Wed 02-04 10:00\n3|Sun 02-08 14:00|Tue 02-10 10:00\n4|Mon 02-02 14:00 yes|Wed 02-04 10:00 no", 'open tickets have moved');
is(value_in('restamp', "SELECT count(*) FROM slt_restamp('tickets')"), '0', 'a second time there is nothing to move');
is(value_in('restamp', "$moves('tickets', open_only => false)"), '4|resolution|Wed 02-04 10:00|Thu 02-05 10:00|8 working hours', 'those that are done when told so');
is(value_in('restamp', $all_due . ' OFFSET 3'), '4|Mon 02-02 14:00 yes|Thu 02-05 10:00 yes', 'which makes one in time that was late');
$node->safe_psql('restamp', q{UPDATE slt_targets SET amount = '1 hour' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'response'});
is(value_in('restamp', "$moves('tickets') ORDER BY key"), "1|response|Mon 02-02 14:00|Mon 02-02 11:00|-3 working hours\n3|response|Sun 02-08 14:00|Sun 02-08 11:00|-3 working hours", 'an edited target moves deadlines back');
$node->safe_psql('restamp', q{DELETE FROM slt_targets WHERE contract = 'Priority' AND severity = 'S1'});
is(value_in('restamp', "$moves('tickets') ORDER BY key, metric"), "2|resolution|Wed 02-04 10:00|-|\n2|response|Mon 02-02 12:00|-|", 'a target that is gone leaves none');
is(value_in('restamp', q{SELECT count(*) FROM fired; SELECT count(*) FROM tickets WHERE updated_at <> '2026-01-01'}), "0\n0", 'no trigger of the application has fired');
my $two = $node->background_psql('restamp', on_error_stop => 0);
ask($two, q{BEGIN; UPDATE slt_targets SET amount = '2 hours' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'response'; SELECT count(*) FROM slt_restamp('tickets'); ROLLBACK});
is(value_in('restamp', "SELECT count(*) FROM slt_restamp('tickets')"), '0', 'nothing is left of what was rolled back');
$two->quit;

# ---------- what people see ----------

new_database($node, 'see');
$node->safe_psql('see', $always . "CREATE TABLE tickets $columns; SELECT slt_attach('tickets', $attach);");
$node->safe_psql('see', <<'SQL');
INSERT INTO tickets (id, opened, severity, contract, status, resolved, changed) VALUES
	(1, now() - interval '5 hours', 'S1', 'Always', 'open', NULL, NULL),
	(2, now() - interval '9 hours', 'S1', 'Always', 'open', NULL, NULL),
	(3, now() - interval '12 hours', 'S1', 'Always', 'open', NULL, NULL),
	(4, now() - interval '5 hours', 'S1', 'Always', 'stalled', NULL, now() - interval '2 hours'),
	(5, now() - interval '20 hours', 'S1', 'Always', 'resolved', now() - interval '16 hours', NULL),
	(6, now() - interval '20 hours', 'S1', 'Always', 'resolved', now() - interval '8 hours', NULL),
	(7, now() - interval '6 hours', 'S3', 'Always', 'open', NULL, NULL),
	(8, now() - interval '12 hours', 'S2', 'Always', 'open', NULL, NULL),
	(9, now() - interval '19 hours', 'S2', 'Always', 'open', NULL, NULL);
SQL
# of 10 hours: 5 are half, 9 nine tenths; a pause of 2 hours leaves 3; a working day is 24 hours of this calendar, of which
# 12 are half, and 19 more than three quarters; S3 is at risk from one half on
is(value_in('see', q{SELECT key, state, extract(epoch FROM elapsed::interval)::int / 3600 AS hours, round(used) FROM slt_tickets('tickets') WHERE metric = 'resolution' ORDER BY key}), join("\n",
	'1|on track|5|50', '2|at risk|9|90', '3|breached|12|120', '4|paused|3|30', '5|met|4|40', '6|met late|12|120', '7|at risk|6|60', '8|on track|12|50', '9|at risk|19|79'), 'slt_tickets(): states, elapsed and used');
is(value_in('see', q{SELECT key, round(extract(epoch FROM remaining::interval) / 3600.0) FROM slt_tickets('tickets') WHERE metric = 'resolution' AND state IN ('on track', 'at risk', 'paused') ORDER BY key}),
	"1|5\n2|1\n4|7\n7|4\n8|12\n9|5", 'what is left');
is(value_in('see', q{SELECT count(*) FROM slt_tickets('tickets') s JOIN tickets t ON s.key = t.id::text WHERE s.opened_at = t.opened AND s.severity = t.severity AND s.contract = t.contract
	AND s.due IS NOT DISTINCT FROM CASE metric WHEN 'response' THEN slt_response_due ELSE slt_resolution_due END AND s.done IS NOT DISTINCT FROM CASE metric WHEN 'response' THEN responded ELSE resolved END}),
	value_in('see', q{SELECT count(*) FROM slt_tickets('tickets')}), 'the rest is the ticket\'s');
is(value_in('see', q{SELECT state FROM slt_tickets('tickets') WHERE key = '4' AND metric = 'response'}), 'on track', 'response is not paused with the ticket');
for my $state ('on track', 'at risk', 'breached', 'paused', 'met', 'met late')
{
	is(value_in('see', qq{SELECT string_agg(key || metric, ',' ORDER BY key, metric) FROM slt_tickets('tickets', '$state')}),
		value_in('see', qq{SELECT string_agg(key || metric, ',' ORDER BY key, metric) FROM slt_tickets('tickets') WHERE state = '$state'}), "slt_tickets() of a state: $state");
}
like(value_in('see', q{SELECT count(*) FROM slt_tickets('tickets', 'lost')}), qr/ERROR:  22023: .*lost/, 'a state that there is not');
is(value_in('see', q{SELECT ticket_table, metric, state, tickets FROM slt_ticket_counts() WHERE tickets > 0 ORDER BY metric, state}), join("\n",
	'public.tickets|resolution|at risk|3', 'public.tickets|resolution|breached|1', 'public.tickets|resolution|on track|2', 'public.tickets|resolution|paused|1', 'public.tickets|response|on track|6'), 'slt_ticket_counts() counts the open ones');

# explain by key: the ticket's own pauses, and rows that add up to the target; the holiday on Thursday is inside the pause
$node->safe_psql('see', <<'SQL');
CREATE TABLE explained (id text PRIMARY KEY, opened timestamptz, severity text, status text, changed timestamptz, resolved timestamptz);
SELECT slt_attach('explained', 'opened', severity => 'severity', contract_value => 'Standard', status => 'status', paused_when => '{stalled}', changed_at => 'changed', done_at => '{"resolution": "resolved"}');
INSERT INTO explained VALUES ('it''s', '2026-01-27 10:00+02', 'S1', 'open');
UPDATE explained SET status = 'stalled', changed = '2026-01-28 15:00+02';
UPDATE explained SET status = 'open', changed = '2026-01-30 09:30+02';
INSERT INTO explained VALUES ('open pause', '2026-02-02 10:00+02', 'S1', 'stalled', '2026-02-02 11:00+02'), ('unknown', '2026-02-02 10:00+02', 'S9', 'open', NULL);
SQL
is(value_in('see', q{SELECT what, name, sum(worked) FROM slt_explain('explained', 'it''s') GROUP BY what, name ORDER BY what, name}), join("\n",
	'outside hours||0 working hours', 'paused||0 working hours', 'working||16 working hours'), 'slt_explain() by key adds up to 2 days');
is(value_in('see', q{SELECT shown.at(max("to")) FROM slt_explain('explained', 'it''s')}), 'Fri 01-30 12:30', 'and ends at the deadline');
for my $metric ('response', 'resolution')
{
	is(value_in('see', qq{SELECT count(*), count(*) FILTER (WHERE a IS DISTINCT FROM b) FROM (SELECT a, row_number() OVER () n FROM slt_explain_ticket('explained', 'it''s', '$metric') a) x
		FULL JOIN (SELECT b, row_number() OVER () n FROM explained, slt_explain(opened, severity, 'Standard', '$metric', CASE '$metric' WHEN 'resolution' THEN slt_paused END) b WHERE id = 'it''s') y USING (n)}) =~ s/^[1-9]\d*\|/n|/r, 'n|0', "row by row as slt_explain() of its parts: $metric");
}
is(value_in('see', q{SELECT "to" FROM slt_explain('explained', 'open pause') ORDER BY "from" DESC LIMIT 1}), 'infinity', 'a pause that goes on');
is(value_in('see', q{SELECT count(*) FROM slt_explain('explained', 'unknown')}) =~ s/\n?ERROR:  42704: .*"S9".*/0/r =~ s/^00$/0/r, '0', 'an unknown severity has no rows, or is named');
like(value_in('see', q{SELECT count(*) FROM slt_explain('explained', 'no such key')}), qr/^0$|ERROR:  \w{5}: .*no such key/, 'nor has a key that is not there');
like(value_in('see', q{SELECT count(*) FROM slt_explain_ticket('explained', 'it''s', 'nope')}), qr/ERROR:  42704: .*"nope"/, 'an unknown metric is an error');

# ---------- the report ----------

new_database($node, 'report');
$node->safe_psql('report', $always . "CREATE TABLE tickets $columns; SELECT slt_attach('tickets', $attach);");
$node->safe_psql('report', <<'SQL');
SELECT setseed(0.25);
INSERT INTO tickets (id, opened, severity, contract, responded, resolved)
SELECT n, opened, 'S' || 1 + floor(random() * 3), (ARRAY['Standard', 'Priority'])[1 + floor(random() * 2)::int],
	CASE WHEN random() < 0.9 THEN opened + random() * interval '3 days' END, CASE WHEN random() < 0.8 THEN opened + random() * interval '9 days' END
FROM (SELECT n, date_trunc('second', timestamptz '2025-11-01 00:00+02' + random() * interval '119 days') AS opened FROM generate_series(1, 3000) n) x;
UPDATE tickets SET slt_paused = tstzmultirange(tstzrange(opened + interval '1 hour', opened + interval '1 hour' + random() * interval '30 hours')) WHERE id % 3 = 0;
INSERT INTO tickets (id, opened, severity, contract) SELECT 5000 + n, '2025-12-10 10:00+02', 'S9', 'Standard' FROM generate_series(1, 5) n;
SQL
# the same from the definitions: working time from the opening to the end, without the pauses where the metric pauses
my $independent = <<'SQL';
WITH ticket AS (
	SELECT date_trunc('UNIT', opened AT TIME ZONE 'Africa/Cairo') AT TIME ZONE 'Africa/Cairo' AS period, contract, severity, metric, opened, done, paused,
		slt_deadline(opened, severity, contract, metric, paused) AS due
	FROM tickets, LATERAL (VALUES ('response', responded, NULL::tstzmultirange), ('resolution', resolved, slt_paused)) m (metric, done, paused)
	WHERE severity <> 'S9' AND opened >= 'FROM' AND opened < 'TO'
), judged AS (
	SELECT *, done <= due AS met, CASE WHEN done IS NOT NULL THEN working_between(opened, done, 'Egypt', paused) END AS worked FROM ticket
)
SELECT period, contract, severity, metric, count(*) AS opened, count(*) FILTER (WHERE met) AS met, count(*) FILTER (WHERE NOT met OR done IS NULL AND due < now()) AS breached,
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

	is(value_in('report', qq{SELECT lower(period), contract, severity, metric, opened, met, breached, open, round(percent_met, 2), median, percentile_90 FROM slt_report('tickets', $during, every => '$unit') ORDER BY 1, 2, 3, 4}),
		value_in('report', $expected), "slt_report() every $unit, $during");
}
is(value_in('report', q{SET timezone = 'Asia/Tokyo'; SELECT DISTINCT lower(period) = timestamptz '2025-12-01 00:00+02', upper(period) = timestamptz '2026-01-01 00:00+02' FROM slt_report('tickets', '[2025-12-01 00:00+02,2026-01-01 00:00+02)')}),
	't|t', 'a month of the contract\'s calendar, wherever the session is');
$node->safe_psql('report', q{INSERT INTO slt_calendars VALUES ('New York', 'America/New_York Mo-Fr 09:00-17:00'); INSERT INTO slt_contracts VALUES ('New York', 'New York');
	INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ('New York', 'S1', 'resolution', '8 hours'); INSERT INTO tickets (id, opened, severity, contract) VALUES (9001, '2025-12-01 04:30Z', 'S1', 'New York')});
is(value_in('report', q{SET timezone = 'UTC'; SELECT period, opened FROM slt_report('tickets') WHERE contract = 'New York'}), '["2025-11-01 04:00:00+00","2025-12-01 05:00:00+00")|1', 'which is November yet in New York, and a month with a clock change');
for my $kind ([ 'timestamp', q{'%s'} ], [ 'bigint', q{extract(epoch FROM timestamp '%s' AT TIME ZONE 'Africa/Cairo')} ])
{
	my ($type, $value) = @$kind;
	my $values = join ', ', map { "($_->[0], " . sprintf($value, $_->[1]) . ')' }
		[ 1, '2025-11-30 23:59:59' ], [ 2, '2025-12-01 00:00' ], [ 3, '2025-12-31 23:59:59' ], [ 4, '2026-01-01 00:00' ];

	$node->safe_psql('report', "CREATE TABLE of_$type (id int PRIMARY KEY, opened $type);
		SELECT slt_attach('of_$type', 'opened', severity_value => 'S1', contract_value => 'Standard', time_zone => 'Africa/Cairo');
		INSERT INTO of_$type VALUES $values");
	is(value_in('report', "SELECT opened FROM slt_report('of_$type', '[2025-12-01 00:00+02,2026-01-01 00:00+02)') WHERE metric = 'resolution'"), '2', "the range of a report is exact where tickets are opened at a $type");
	is(value_in('report', "SELECT opened FROM slt_report('of_$type', '(,)', 'year') WHERE metric = 'resolution' ORDER BY period"), "3\n1", 'and may have no end');
}
like(value_in('report', q{SELECT count(*) FROM slt_report('tickets', every => 'fortnight')}), qr/ERROR:  22023: .*fortnight/, 'a period that there is not');

# ---------- the sweep ----------

new_database($node, 'sweep');
$node->safe_psql('sweep', $always . $triggers . "CREATE TABLE tickets $columns; SELECT slt_attach('tickets', $attach);");
add_triggers('sweep', 'tickets');
is(value_in('sweep', 'SELECT slt_sweep(), slt_next_sweep()'), '0|', 'with no ticket there is nothing to announce, now or later');
my $fill = <<'SQL';
INSERT INTO tickets (id, opened, severity, contract, status, resolved, changed, updated_at) VALUES
	(1, now() - interval '5 hours', 'S1', 'Always', 'open', NULL, NULL, '2026-01-01'),
	(2, now() - interval '9 hours', 'S1', 'Always', 'open', NULL, NULL, '2026-01-01'),
	(3, now() - interval '12 hours', 'S1', 'Always', 'open', NULL, NULL, '2026-01-01'),
	(4, now() - interval '9 hours', 'S1', 'Always', 'stalled', NULL, now() - interval '2 hours', '2026-01-01'),
	(5, now() - interval '20 hours', 'S1', 'Always', 'resolved', now() - interval '16 hours', NULL, '2026-01-01'),
	(7, now() - interval '6 hours', 'S3', 'Always', 'open', NULL, NULL, '2026-01-01'),
	(8, now() - interval '12 hours', 'S2', 'Always', 'open', NULL, NULL, '2026-01-01'),
	(9, now() - interval '19 hours', 'S2', 'Always', 'open', NULL, NULL, '2026-01-01');
SQL
$node->safe_psql('sweep', $fill);
my $events = q{SELECT ticket_table, key, metric, kind, due = (SELECT slt_resolution_due FROM tickets t WHERE t.id::text = key), announced_at <= clock_timestamp() FROM slt_events ORDER BY key, kind};
my $expected_events = join "\n", 'tickets|2|resolution|at risk|t|t', 'tickets|3|resolution|breached|t|t', 'tickets|7|resolution|at risk|t|t', 'tickets|9|resolution|at risk|t|t';
is(value_in('sweep', 'SELECT slt_next_sweep() <= now()'), 't', 'slt_next_sweep(): there is something to announce by now');

# Reads the notifications that a session has got: their payloads.
sub notifications
{
	my ($listener) = @_;
	my $output = ask($listener, 'SELECT 1') . "\n" . ask($listener, 'SELECT 1');

	return map { decode_json($_) } $output =~ /Asynchronous notification "slt" with payload "(\{.*?\})" received/g;
}
my $listener = $node->background_psql('sweep', on_error_stop => 0);
ask($listener, 'LISTEN slt');

is(value_in('sweep', 'BEGIN; SELECT slt_sweep(); SELECT count(*) FROM slt_events; ROLLBACK; SELECT count(*) FROM slt_events'), "4\n4\n0", 'a sweep that is rolled back has announced nothing');
is(scalar(notifications($listener)), 0, 'nor sent a notification');

# one session sweeps and has not committed; another one comes
my $first = $node->background_psql('sweep', on_error_stop => 0);
is(ask($first, 'BEGIN; SELECT slt_sweep()'), '4', 'a session sweeps, and does not commit');
my $second = start_psql($node, 'sweep', 'slt_second_sweep', 'SELECT slt_sweep()');
isnt(waits_or_ended($node, $second), 'neither', 'another one waits for it, or goes without');
ask($first, 'ROLLBACK');
$second->{process}->finish;
is($second->{messages}, '', 'without a message');
my $found = $second->{output} + 0;
$found += value_in('sweep', 'SELECT slt_sweep()');
is($found, 4, 'after its rollback another one, or the next, announces all of it');
is(value_in('sweep', $events), $expected_events, 'at risk, or breached: each once, and only breached what is breached');
is(value_in('sweep', 'SELECT slt_sweep(), slt_sweep()'), '0|0', 'and never again');
my @notified = sort { $a->{key} <=> $b->{key} } notifications($listener);
is(join("\n", map { "$_->{table}|$_->{key}|$_->{metric}|$_->{kind}" } @notified), $expected_events =~ s/^tickets/public.tickets/mgr =~ s/\|t\|t$//mgr, 'a notification for each, in JSON');
is(value_in('sweep', "SELECT bool_and(due = slt_resolution_due) FROM (VALUES " . join(', ', map { "($_->{key}, timestamptz '$_->{due}')" } @notified) . ') v (id, due) JOIN tickets USING (id)'), 't', 'with the deadline');
is(join(',', map { join '/', sort keys %$_ } $notified[0]), 'due/key/kind/metric/table', 'and no more than that');
is(value_in('sweep', q{SELECT count(*) FROM fired; SELECT count(*) FROM tickets WHERE updated_at <> '2026-01-01'}), "0\n0", 'no trigger of the application has fired');
is(value_in('sweep', q{SELECT slt_next_sweep() = opened + interval '10 hours' FROM tickets WHERE id = 2}), 't', 'the next sweep is when ticket 2 is breached, in an hour');
is(value_in('sweep', q{SELECT slt_announce_at = opened + interval '7.5 hours' FROM tickets WHERE id = 1; SELECT slt_announce_at = slt_resolution_due FROM tickets WHERE id IN (2, 7, 9); SELECT slt_announce_at = opened + interval '750 hours' FROM tickets WHERE id IN (3, 5) ORDER BY id;
	SELECT slt_announce_at = opened + interval '18 hours' FROM tickets WHERE id = 8}), join("\n", ('t') x 7), 'slt_announce_at: ticket 1 at 75% of ten hours, those at risk when they are due, those breached or done when their response is at risk, and a day at 75% of its 24 hours');

# what was at risk is breached later, once, for this due date and for another
$node->safe_psql('sweep', q{UPDATE tickets SET opened = opened - interval '3 hours' WHERE id = 2});
is(value_in('sweep', q{SELECT slt_sweep(); SELECT kind, due = slt_resolution_due FROM slt_events JOIN tickets ON key = id::text WHERE id = 2 ORDER BY kind}), "1\nat risk|f\nbreached|t", 'it is breached with its new due date');
$node->safe_psql('sweep', q{UPDATE tickets SET slt_paused = tstzmultirange(tstzrange(opened + interval '1 hour', opened + interval '2.5 hours')) WHERE id = 3});
is(value_in('sweep', q{SELECT slt_sweep()}), '1', 'a corrected pause gives another due date, and that is announced');
$node->safe_psql('sweep', q{UPDATE tickets SET slt_paused = NULL WHERE id = 3});
is(value_in('sweep', q{SELECT slt_sweep()}), '0', 'back to a due date that was announced: nothing');
$node->safe_psql('sweep', q{UPDATE tickets SET resolved = now(), status = 'resolved' WHERE id = 7});
is(value_in('sweep', q{SELECT slt_sweep()}), '0', 'a ticket that was resolved: nothing');
$node->safe_psql('sweep', q{UPDATE tickets SET status = 'open', changed = now() WHERE id = 4});
is(value_in('sweep', q{SELECT slt_sweep()}), '0', 'out of a pause with seven of ten hours gone: nothing');

# many sessions at once
$node->safe_psql('sweep', q{DELETE FROM slt_events; TRUNCATE tickets; INSERT INTO tickets (id, opened, severity, contract) SELECT n, now() - CASE n % 3 WHEN 0 THEN '5 hours' WHEN 1 THEN '9 hours' ELSE '12 hours' END::interval, 'S1', 'Always'
	FROM generate_series(1, 900) n});
notifications($listener);
my $script = "$ENV{SLT_WORK}/tmp/sweep.sql";
append_to_file($script, "SELECT slt_sweep();\n");
command_ok([ 'pgbench', '-n', '-h', $node->host, '-p', $node->port, '-c', 6, '-j', 2, '-t', 5, '-f', $script, 'sweep' ], 'six sessions sweep at once');
is(value_in('sweep', q{SELECT kind, count(*), count(DISTINCT key) FROM slt_events GROUP BY kind ORDER BY kind}), "at risk|300|300\nbreached|300|300", 'each event is there once');
is(scalar(notifications($listener)), 600, 'and was notified once');

# a crash before the commit
$node->safe_psql('sweep', q{DELETE FROM slt_events; TRUNCATE tickets;} . $fill);
is(ask($first, 'BEGIN; SELECT slt_sweep()'), '4', 'a session sweeps, and does not commit');
$node->stop('immediate');
$node->start;
is(value_in('sweep', 'SELECT count(*) FROM slt_events; SELECT slt_sweep(); SELECT slt_sweep()'), "0\n4\n0", 'the server crashes: the next sweep announces it, and no other');
$node->stop('immediate');
$node->start;
is(value_in('sweep', "SELECT slt_sweep(); $events"), "0\n$expected_events", 'it crashes after the commit: nothing is announced again');
eval { $_->quit } for $first, $listener;

# the key of a ticket is one and the same whoever sweeps, also where a primary key has times in it
$node->safe_psql('sweep', q{CREATE TABLE timed (id int, opened timestamptz, severity text, PRIMARY KEY (id, opened)); SELECT slt_attach('timed', 'opened', severity => 'severity', contract_value => 'Always');
	INSERT INTO timed VALUES (1, now() - interval '12 hours', 'S1')});
is(value_in('sweep', q{SET timezone = 'UTC'; SELECT slt_sweep()}), '1', 'a key with a time in it');
$node->safe_psql('sweep', q{UPDATE timed SET severity = 'S2'; UPDATE timed SET severity = 'S1'});
is(value_in('sweep', q{SET timezone = 'Asia/Tokyo'; SET datestyle = 'SQL, DMY'; SELECT slt_sweep(); SELECT count(*) FROM slt_events WHERE ticket_table = 'timed'::regclass}), "0\n1", 'is announced once, whatever the sessions have set');
$node->safe_psql('sweep', q{SELECT slt_detach('timed'); DELETE FROM slt_events WHERE ticket_table = 'timed'::regclass});

# a ticket whose function fails does not keep others from being announced
$node->safe_psql('sweep', <<'SQL');
SET client_min_messages = error;
CREATE TABLE failing (id int PRIMARY KEY, opened timestamptz, divisor int DEFAULT 1);
CREATE FUNCTION severity_of(failing) RETURNS text LANGUAGE sql AS $$ SELECT 'S' || 1 / $1.divisor $$;
SELECT slt_attach('failing', 'opened', severity_of => 'severity_of(failing)', contract_value => 'Always');
INSERT INTO failing (id, opened) SELECT n, now() - interval '12 hours' FROM generate_series(1, 3) n;
SET session_replication_role = replica;
UPDATE failing SET divisor = 0 WHERE id = 1;
SQL
is(value_in('sweep', q{SET client_min_messages = error; SELECT slt_sweep(); SELECT string_agg(key, ',' ORDER BY key) FILTER (WHERE key <> '1') FROM slt_events WHERE ticket_table = 'failing'::regclass}) =~ s/^\d+\n//r, '2,3',
	'a ticket whose function fails does not keep others from being announced');
$node->safe_psql('sweep', q{SELECT slt_detach('failing'); DELETE FROM slt_events WHERE ticket_table = 'failing'::regclass});

# other tables, whose names and keys need quotes; and what nobody can be told
$node->safe_psql('sweep', <<'SQL');
CREATE SCHEMA "Help ""Desk";
CREATE TABLE "Help ""Desk"."Ticket\s" ("Id" text PRIMARY KEY, "createdAt" timestamptz);
SELECT slt_attach('"Help ""Desk"."Ticket\s"', 'createdAt', severity_value => 'S1', contract_value => 'Always');
INSERT INTO "Help ""Desk"."Ticket\s" VALUES (E'a"b\\c''\té\u0001', now() - interval '12 hours');
CREATE TABLE parted (id int, opened timestamptz, PRIMARY KEY (id, opened)) PARTITION BY RANGE (opened);
CREATE TABLE parted_1 PARTITION OF parted DEFAULT;
SELECT slt_attach('parted', 'opened', severity_value => 'S1', contract_value => 'Always', key => 'id');
INSERT INTO parted VALUES (1, now() - interval '8 hours');
CREATE TABLE gone (id int PRIMARY KEY, opened timestamptz);
SELECT slt_attach('gone', 'opened', severity_value => 'S1', contract_value => 'Always');
INSERT INTO gone VALUES (1, now() - interval '8 hours');
DROP TABLE gone;
CREATE TABLE broken (id int PRIMARY KEY, opened timestamptz);
SELECT slt_attach('broken', 'opened', severity_value => 'S1', contract_value => 'Always');
INSERT INTO broken VALUES (1, now() - interval '12 hours');
ALTER TABLE broken DROP COLUMN slt_resolution_due;
SQL
$listener = $node->background_psql('sweep', on_error_stop => 0);
ask($listener, 'LISTEN slt');
is(value_in('sweep', q{SELECT slt_sweep(); SELECT ticket_table, key = E'a"b\\\\c''\té\u0001', kind FROM slt_events WHERE ticket_table <> 'tickets'::regclass ORDER BY kind}), qq{2\nparted|f|at risk\n"Help ""Desk"."Ticket\\s"|t|breached},
	'the sweep serves the others when one table is gone and one is broken');
my $seen = ask($listener, 'SELECT 1') . ask($listener, 'SELECT 1');
my ($payload) = grep { /Desk/ } $seen =~ /with payload "(\{.*?\})" received/gs;
my $json = eval { decode_json($payload // '') } // {};
is($json->{key}, qq{a"b\\c'\t\x{e9}\x{1}}, 'a key with quotes is JSON all the same');
is($json->{table}, qq{"Help ""Desk"."Ticket\\s"}, 'and so is the table, as SQL quotes it');
$node->safe_psql('sweep', q{INSERT INTO "Help ""Desk"."Ticket\s" VALUES (repeat('k', 9000), now() - interval '12 hours'); INSERT INTO parted VALUES (2, now() - interval '8 hours')});
is(value_in('sweep', 'SELECT slt_sweep(); SELECT slt_sweep(); SELECT count(*) FROM slt_events WHERE key = repeat(\'k\', 1960) || \'... \' || md5(repeat(\'k\', 9000))'), "2\n0\n1",
	'a key that is longer than an index and a notification take is its beginning and a hash');
eval { $listener->quit };
done_testing();
