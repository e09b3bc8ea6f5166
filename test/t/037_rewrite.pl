# Rows that were there before, and deadlines that are worked out anew: slt_backfill() and slt_restamp().
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;

my $node = new_server('rewrite', bare => 1);
my $columns = q{(id int PRIMARY KEY, opened timestamptz, severity text, contract text, status text DEFAULT 'open', responded timestamptz, resolved timestamptz, changed timestamptz,
	updated_at timestamptz, note text)};
my $attach = q{'opened', severity => 'severity', contract => 'contract', done_at => '{"response": "responded", "resolution": "resolved"}', status => 'status', paused_when => '{stalled}', changed_at => 'changed'};
my $triggers = <<'SQL';
CREATE TABLE fired (what text);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at := clock_timestamp(); INSERT INTO public.fired VALUES (TG_TABLE_NAME || ' before'); RETURN NEW; END $$;
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.fired VALUES (TG_TABLE_NAME || ' after'); RETURN NULL; END $$;
SQL
my $good = q{severity_value => 'S1', contract_value => 'Standard', done_at => '{"resolution": "resolved"}'};
my $in = sub { my ($database, $statements) = @_; return value_in($node, $database, $statements) };

# Adds triggers of an application to a table: one that says when a row changed, one after each row, one after each statement.
sub add_triggers
{
	my ($database, $table) = @_;

	$node->safe_psql($database, <<"SQL");
CREATE TRIGGER touch BEFORE UPDATE ON $table FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER tell AFTER UPDATE ON $table FOR EACH ROW EXECUTE FUNCTION tell();
CREATE TRIGGER tell_statement AFTER UPDATE ON $table FOR EACH STATEMENT EXECUTE FUNCTION tell();
ALTER TABLE $table ENABLE ALWAYS TRIGGER tell;
CREATE RULE also AS ON UPDATE TO $table WHERE NEW.note = 'rule' DO ALSO INSERT INTO fired VALUES ('rule');
TRUNCATE fired;
SQL
	return;
}

# ---------- backfill ----------

new_database($node, 'backfill');
$node->safe_psql('backfill', $triggers . "CREATE TABLE tickets $columns");
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
# what each row must get: paused since it changed, or since its opening, up to its end; a response ends with its resolution and does not pause
my $expected_stamps = <<'SQL';
SELECT id, response_due, least(responded, resolved) <= response_due AS response_met, resolution_due, resolved <= resolution_due AS resolution_met
FROM (SELECT *, CASE WHEN status = 'stalled' AND (resolved IS NULL OR resolved > greatest(opened, changed)) THEN tstzmultirange(tstzrange(greatest(opened, changed), resolved)) END AS paused,
		CASE WHEN severity <> 'S9' THEN severity END AS known FROM tickets) t,
	slt_deadline(opened, known, contract, 'response') AS response_due, slt_deadline(opened, known, contract, 'resolution', paused) AS resolution_due
SQL
my $wrong_stamps = "SELECT count(*) FROM tickets t JOIN ($expected_stamps) e USING (id) WHERE (t.slt_response_due, t.slt_response_met, t.slt_resolution_due, t.slt_resolution_met)
	IS DISTINCT FROM (e.response_due, e.response_met, e.resolution_due, e.resolution_met)";
my $others = q{SELECT md5(string_agg((id, opened, severity, contract, status, responded, resolved, changed, updated_at, note)::text, ',' ORDER BY id)) FROM tickets};
my $before = $in->('backfill', $others);
add_triggers('backfill', 'tickets');
$node->safe_psql('backfill', "SELECT slt_attach('tickets', $attach)");
is($in->('backfill', 'SELECT count(*), count(slt_resolution_due) FROM tickets; SELECT unstamped FROM slt_attached()'), "20000|0\n19880", 'slt_attach() stamps no row that is there; those that are owed a deadline are counted');

# one session holds a row, in the middle of the table; the backfill waits for it, and is cancelled there
my $holder = $node->background_psql('backfill', on_error_stop => 0);
ask($holder, 'BEGIN; SELECT id FROM tickets WHERE id = 10000 FOR UPDATE');
my $backfill = start_psql($node, 'backfill', 'slt_backfill', q{CALL slt_backfill('tickets', batch_size => 1000)});
is(waits_or_ended($node, $backfill), 'waits', 'the backfill waits for a row that is locked');
my $done_rows = $in->('backfill', 'SELECT count(*) FROM tickets WHERE slt_response_due IS NOT NULL');
cmp_ok($done_rows, '>', 0, "what it has done by then is committed: $done_rows rows");
cmp_ok($done_rows, '<', 20000 - 120, 'and it is not all');
is($in->('backfill', "SELECT count(*) > 1000 FROM (SELECT FROM tickets WHERE slt_response_due IS NULL AND id <> 10000 FOR UPDATE SKIP LOCKED) x"), 't', 'it holds no more rows than a batch');
is($in->('backfill', 'UPDATE tickets SET note = note WHERE id = (SELECT min(id) FROM tickets WHERE slt_response_due IS NOT NULL) RETURNING 1'), '1', 'rows that are done can be written');
$node->safe_psql('backfill', 'CREATE TABLE done AS SELECT id, xmin::text AS was, ctid AS at FROM tickets WHERE slt_response_due IS NOT NULL');
$node->safe_psql('backfill', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'slt_backfill'});
$backfill->{process}->finish;
like($backfill->{messages}, qr/ERROR:  canceling statement/, 'it is cancelled');
ask($holder, q{UPDATE tickets SET severity = 'S2', note = 'held' WHERE id = 10000; COMMIT});
my (undef, $messages) = run_sql($node, 'backfill', q{CALL slt_backfill('tickets', batch_size => 1000)});
unlike($messages, qr/ERROR|WARNING/, 'the next call goes on');
is($in->('backfill', 'SELECT count(*) FROM done d JOIN tickets t USING (id) WHERE t.xmin::text <> d.was OR t.ctid <> d.at'), '0', 'where the first one stopped: it writes no row again');
is($in->('backfill', $wrong_stamps), '0', 'every row has its stamps, the one that was held those of what it is now');
like($messages, qr/^NOTICE: .*rows seen: \d+, written: \d+, .*%/m, 'it says how far it is: rows and percent');
(undef, $messages) = run_sql($node, 'backfill', q{CREATE TABLE all_done AS SELECT id, xmin::text AS was FROM tickets; CALL slt_backfill('tickets')});
like($messages, qr/ written: 0,/, 'once more');
is($in->('backfill', 'SELECT count(*) FROM all_done d JOIN tickets t USING (id) WHERE t.xmin::text <> d.was'), '0', 'nothing is written again');
is($in->('backfill', q{SELECT count(*) FILTER (WHERE what LIKE '% before'), count(*) FROM fired WHERE what LIKE 'tickets%'}), '2|6', 'triggers of the application fired for its own two updates alone');
$node->safe_psql('backfill', q{SET session_replication_role = replica; UPDATE tickets SET severity = 'S2', note = 'note 10000' WHERE id = 10000; UPDATE tickets SET updated_at = '2026-01-01' WHERE updated_at <> '2026-01-01'});
is($in->('backfill', $others =~ s/severity/CASE id WHEN 10000 THEN 'S2' ELSE severity END/r), $in->('backfill', $others), 'other columns stayed');
is($in->('backfill', q{SELECT state, count(DISTINCT key) FROM slt_unmatched('tickets') GROUP BY state ORDER BY state}), "codes unknown|110\nno start|10", 'slt_unmatched() finds those without severity, contract or opening, and says which');
like($in->('backfill', q{BEGIN; CALL slt_backfill('tickets')}), qr/ERROR:  25001/, 'it is refused in a transaction, which it could not commit');
like($in->('backfill', q{CALL slt_backfill('fired')}), qr/ERROR:  \w{5}: .*fired.*not attached/, 'and for a table that is not attached');
like($in->('backfill', qq{CALL slt_backfill('tickets', batch_size => $_)}), qr/ERROR:  22023/, "and in batches of $_ rows") for 0, -1, 'NULL';
like($in->('backfill', q{CALL slt_backfill(NULL)}), qr/ERROR:  22023: argument "ticket_table" is not given/, 'and for no table');
$node->safe_psql('backfill', 'CREATE ROLE reader LOGIN; GRANT ALL ON tickets TO reader');
like(run_sql($node, 'backfill', q{CALL slt_backfill('tickets')}, role => 'reader') . '', qr/^ERROR:  42501: must be owner/m, 'and for whoever does not own the table');
like($in->('backfill', q{SET default_transaction_read_only = on; CALL slt_backfill('tickets')}), qr/ERROR:  25006/, 'and where nothing may be written');

# it waits for transactions that write the table, as their rows cannot be seen
ask($holder, q{BEGIN; INSERT INTO tickets (id, opened, severity, contract) VALUES (30000, '2026-02-02 10:00+02', 'S1', 'Standard')});
$node->safe_psql('backfill', q{SET slt.stamping = off; INSERT INTO tickets (id, opened, severity, contract) VALUES (30001, '2026-02-02 10:00+02', 'S1', 'Standard')});
$backfill = start_psql($node, 'backfill', 'slt_backfill', q{CALL slt_backfill('tickets')});
is(waits_or_ended($node, $backfill), 'waits', 'the backfill waits for a transaction that writes the table');
is($in->('backfill', q{SET lock_timeout = '2s'; INSERT INTO tickets (id) VALUES (30002); SELECT slt_resolution_due IS NULL FROM tickets WHERE id = 30001}), 't', 'nobody waits for it');
ask($holder, 'SET LOCAL slt.stamping = off; UPDATE tickets SET slt_response_due = NULL WHERE id = 30000; COMMIT');
$backfill->{process}->finish;
is($in->('backfill', q{SELECT count(slt_response_due) FROM tickets WHERE id IN (30000, 30001)}), '2', 'and then it has its rows');
$holder->quit;

# other tables
$node->safe_psql('backfill', <<"SQL");
SET client_min_messages = error;
CREATE TABLE "Parted" ("Id" text, "createdAt" timestamp, status text, resolved timestamp) PARTITION BY LIST (status);
CREATE TABLE parted_open PARTITION OF "Parted" FOR VALUES IN ('open');
CREATE TABLE parted_rest (status text, resolved timestamp, "createdAt" timestamp, "Id" text);
ALTER TABLE "Parted" ATTACH PARTITION parted_rest DEFAULT;
INSERT INTO "Parted" SELECT 'K''' || n, timestamp '2026-02-02 08:00', CASE n % 2 WHEN 0 THEN 'open' ELSE 'closed' END FROM generate_series(1, 100) n;
SELECT slt_attach('"Parted"', 'createdAt', $good, time_zone => 'UTC', key => 'Id');
CREATE TABLE empty (id int PRIMARY KEY, opened timestamptz, resolved timestamptz);
SELECT slt_attach('empty', 'opened', $good);
CREATE UNLOGGED TABLE no_key (id int, opened timestamptz, resolved timestamptz);
INSERT INTO no_key SELECT n % 10, '2026-02-02 10:00+02' FROM generate_series(1, 100) n;
SELECT slt_attach('no_key', 'opened', $good);
SQL
is($in->('backfill', q{CALL slt_backfill('"Parted"', 7); SELECT count(*) FROM "Parted" WHERE slt_resolution_due = '2026-02-04 08:00Z'}), '100', 'partitions are filled');
is($in->('backfill', q{CALL slt_backfill('empty'); SELECT count(*) FROM empty}), '0', 'an empty table is');
is($in->('backfill', q{CALL slt_backfill('no_key', 9); SELECT count(*) FROM no_key WHERE slt_resolution_due = '2026-02-04 08:00Z'}), '100', 'one without a key is');
is($in->('backfill', q{SET datestyle = 'SQL, DMY'; SET timezone = 'Asia/Tokyo'; SET search_path = pg_catalog; INSERT INTO public.empty (id) VALUES (1); CALL public.slt_backfill('public.empty')}), '', 'whatever the session has set');
$node->safe_psql('backfill', <<"SQL");
CREATE TABLE slow (id int PRIMARY KEY, opened timestamptz, resolved timestamptz);
INSERT INTO slow SELECT n, '2026-02-02 10:00+02' FROM generate_series(1, 45) n;
SELECT slt_attach('slow', 'opened', $good);
ALTER TABLE slow ADD CHECK (pg_sleep(CASE WHEN slt_resolution_due IS NULL THEN 0 ELSE 0.06 END) IS NOT NULL);
SQL
(undef, $messages) = run_sql($node, 'backfill', q{CALL slt_backfill('slow', batch_size => 5)});
my @progress = $messages =~ /^NOTICE: .*\brows\b.*%.*\ba second\b.*\bleft\b/mg;
cmp_ok(scalar @progress, '>', 1, 'as it goes it tells rows, percent, rate and time left');

# rows that cannot be written are left, with a warning; the others are not
$node->safe_psql('backfill', <<"SQL");
CREATE TABLE odd (id int PRIMARY KEY, opened timestamptz, resolved timestamptz, note text DEFAULT 'good');
INSERT INTO odd SELECT n, '2026-02-02 10:00+02', NULL, CASE WHEN n IN (7, 1500) THEN 'bad' ELSE 'good' END FROM generate_series(1, 2000) n;
ALTER TABLE odd ADD CONSTRAINT note_ok CHECK (note <> 'bad') NOT VALID;
SELECT slt_attach('odd', 'opened', $good);
SQL
(undef, $messages) = run_sql($node, 'backfill', q{CALL slt_backfill('odd', 100)});
is(join(',', $messages =~ /^WARNING:  23514: ticket (\d+) of table "odd" is left without new deadlines$/mg), '7,1500', 'rows that cannot be written are named');
like($messages, qr/^DETAIL:  .*note_ok/m, '... with the reason');
is($in->('backfill', 'SELECT count(slt_resolution_due) FROM odd'), '1998', '... and the others have their deadlines');
$node->safe_psql('backfill', q{UPDATE slt_targets SET amount = '1 working day' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'resolution'});
$node->safe_psql('backfill', q{ALTER TABLE odd DROP CONSTRAINT note_ok; CALL slt_backfill('odd'); ALTER TABLE odd ADD CONSTRAINT note_ok CHECK (note <> 'bad') NOT VALID});
$node->safe_psql('backfill', q{UPDATE slt_targets SET amount = '2 working days' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'resolution'});
my ($output, $warnings) = run_sql($node, 'backfill', q{SELECT count(*), bool_and(key NOT IN ('7', '1500')) FROM slt_restamp('odd')});
is($output, '1998|t', 'a restamp returns the rows that have moved, and not those that it could not write');
is(join(',', $warnings =~ /^WARNING:  23514: ticket (\d+)/mg), '7,1500', '... which it names');

# ---------- restamp ----------

new_database($node, 'restamp');
$node->safe_psql('restamp', $triggers . <<"SQL");
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
is($in->('restamp', $all_due), $old_due, 'a decreed holiday moves no deadline by itself');
is($in->('restamp', "$moves('tickets', dry_run => true) ORDER BY key, metric"), $open_moves, 'slt_restamp(dry_run): which open tickets would move, from when to when, and by how much working time');
is($in->('restamp', $all_due), $old_due, 'and moves none');
is($in->('restamp', "BEGIN; SET TRANSACTION READ ONLY; SELECT count(*) FROM slt_restamp('tickets', dry_run => true)"), '2', 'a dry run writes nothing at all');
is($in->('restamp', "$moves('tickets') ORDER BY key, metric"), $open_moves, 'slt_restamp(): the same, for real');
is($in->('restamp', $all_due), "1|Mon 02-02 14:00|Thu 02-05 10:00\n2|Mon 02-02 12:00|Wed 02-04 10:00\n3|Sun 02-08 14:00|Tue 02-10 10:00\n4|Mon 02-02 14:00 yes|Wed 02-04 10:00 no", 'open tickets have moved');
is($in->('restamp', "SELECT count(*) FROM slt_restamp('tickets')"), '0', 'a second time there is nothing to move');
is($in->('restamp', q{SELECT shown.at(due), shown.at(due_now), state FROM tickets t, slt_clocks(t) WHERE id = 4 AND metric = 'resolution'}), 'Wed 02-04 10:00|Thu 02-05 10:00|met late', 'what is done stays, and slt_clocks() says what it would be now');
is($in->('restamp', q{UPDATE tickets SET status = 'archived' WHERE id = 4 RETURNING shown.stamp(slt_resolution_due, slt_resolution_met)}), 'Wed 02-04 10:00 no', 'also when another column changes');
is($in->('restamp', "$moves('tickets', open_only => false)"), '4|resolution|Wed 02-04 10:00|Thu 02-05 10:00|8 working hours', 'those that are done when told so');
is($in->('restamp', $all_due . ' OFFSET 3'), '4|Mon 02-02 14:00 yes|Thu 02-05 10:00 yes', 'which makes one in time that was late');
$node->safe_psql('restamp', q{UPDATE slt_targets SET amount = '1 hour' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'response'});
is($in->('restamp', "$moves('tickets') ORDER BY key"), "1|response|Mon 02-02 14:00|Mon 02-02 11:00|-3 working hours\n3|response|Sun 02-08 14:00|Sun 02-08 11:00|-3 working hours", 'an edited target moves deadlines back');
$node->safe_psql('restamp', q{DELETE FROM slt_targets WHERE contract = 'Priority' AND severity = 'S1'});
is($in->('restamp', "$moves('tickets') ORDER BY key, metric"), "2|resolution|Wed 02-04 10:00|-|\n2|response|Mon 02-02 12:00|-|", 'a target that is gone leaves none');
is($in->('restamp', q{SELECT count(*) FROM fired WHERE what <> 'tickets after' AND what <> 'tickets before'; SELECT count(*) FROM tickets WHERE updated_at <> '2026-01-01' AND id <> 4}), "0\n0", 'no trigger of the application has fired');

# when it is refused
my $edit = q{UPDATE slt_targets SET amount = '2 hours' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'response';};
for my $case (
	[ "BEGIN; $edit SELECT * FROM slt_restamp('tickets')", '25001', 'in a transaction that changed the policy', 'Commit.*dry_run' ],
	[ "BEGIN; SAVEPOINT s; $edit RELEASE s; SELECT * FROM slt_restamp('tickets')", '25001', 'also in a savepoint', 'dry_run' ],
	[ q{BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM slt_restamp('tickets')}, '25001', 'above READ COMMITTED', 'HINT:  BEGIN ISOLATION LEVEL READ COMMITTED.*dry_run' ],
	[ q{BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT * FROM slt_restamp('tickets')}, '25001', 'above READ COMMITTED', 'HINT:  BEGIN ISOLATION LEVEL READ COMMITTED.*dry_run' ],
	[ q{BEGIN READ ONLY; SELECT * FROM slt_restamp('tickets')}, '25006', 'in a read only transaction', '' ])
{
	my ($statements, $state, $name, $hint) = @$case;
	like(run_sql($node, 'restamp', $statements) . '', qr/ERROR:  $state: .*$hint/s, "refused $name");
	is((run_sql($node, 'restamp', $statements =~ s/\('tickets'\)/('tickets', dry_run => true)/r))[1], '', '... but for a dry run');
}
is($in->('restamp', "BEGIN; SAVEPOINT s; $edit ROLLBACK TO s; SELECT count(*) FROM slt_restamp('tickets'); COMMIT"), '0', 'an edit that was rolled back is none');

# tickets of transactions that are open are waited for; tickets that are locked are left, and that is said
my $writer = $node->background_psql('restamp', on_error_stop => 0);
ask($writer, q{BEGIN; INSERT INTO tickets (id, opened, severity, contract) VALUES (50, '2026-02-02 10:00+02', 'S1', 'Standard')});
$node->safe_psql('restamp', $edit);
my $restamp = start_psql($node, 'restamp', 'slt_restamp', q{SELECT count(*) FROM slt_restamp('tickets')});
is(waits_or_ended($node, $restamp), 'waits', 'a restamp waits for a transaction that writes the table');
is($in->('restamp', q{SET lock_timeout = '2s'; UPDATE tickets SET note = 'x' WHERE id = 1 RETURNING 1}), '1', 'nobody waits for it');
ask($writer, 'COMMIT');
$restamp->{process}->finish;
is($restamp->{output}, "3\n", 'and has its tickets');
is($in->('restamp', q{SELECT count(DISTINCT slt_response_due) FROM tickets WHERE id IN (1, 50)}), '1', 'none is left as it was');
$node->safe_psql('restamp', q{UPDATE slt_targets SET amount = '3 hours' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'response'});
ask($writer, 'BEGIN; SELECT id FROM tickets WHERE id = 1 FOR UPDATE');
$restamp = start_psql($node, 'restamp', 'slt_restamp', q{SELECT string_agg(key, ',' ORDER BY key) FROM slt_restamp('tickets')});
is(waits_or_ended($node, $restamp), 'ended', 'a restamp does not wait for a row that is locked') or ask($writer, 'ROLLBACK');
$restamp->{process}->finish;
is($restamp->{output}, "3,50\n", '... others are restamped');
like($restamp->{messages}, qr/WARNING:  1 row of table "tickets" was locked/, '... and that one is told');
ask($writer, 'COMMIT');
is($in->('restamp', q{SELECT string_agg(key, ',') FROM slt_restamp('tickets')}), '1', '... and has its turn later');
$writer->quit;

# what is paused by another rule, and what was filled in from the application's own history
is($in->('restamp', qq{UPDATE tickets SET status = 'waiting', changed = '2026-02-08 11:00+02' WHERE id = 3; UPDATE tickets SET status = 'open', changed = '2026-02-08 13:00+02' WHERE id = 3; SELECT shown.at(slt_resolution_due) FROM tickets WHERE id = 3}),
	'Tue 02-10 10:00', 'a status that does not pause');
$node->safe_psql('restamp', "SELECT slt_attach('tickets', " . $attach =~ s/\{stalled\}/{stalled,waiting}/r . ')');
is($in->('restamp', "$moves('tickets')"), '3|resolution|Tue 02-10 10:00|Tue 02-10 12:00|2 working hours', 'a change of paused_when reaches the past by a restamp');

# ---------- constraints that are checked late ----------

$node->safe_psql('restamp', <<"SQL");
CREATE TABLE queue (id int PRIMARY KEY);
INSERT INTO queue VALUES (1);
CREATE TABLE late (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, opened timestamptz, queue int REFERENCES queue DEFERRABLE INITIALLY DEFERRED, severity text, resolved timestamptz);
SELECT slt_attach('late', 'opened', severity => 'severity', contract_value => 'Standard', done_at => '{"resolution": "resolved"}', announce_from => NULL);
INSERT INTO late VALUES (1, '2026-01-04 10:00Z', 1, 'S1'), (2, '2026-01-04 10:00Z', 1, 'S1');
SQL
is($in->('restamp', q{UPDATE slt_targets SET amount = '3 working days' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'resolution'; SELECT count(*) FROM slt_restamp('late'); SELECT slt_sweep() > 0; UPDATE late SET slt_response_due = NULL; CALL slt_backfill('late'); SELECT count(slt_response_due) FROM late}),
	"2\nt\n2", 'a table with such constraints: restamp, sweep and backfill');
my ($deferred, $refused) = run_sql($node, 'restamp', q{BEGIN; UPDATE late SET queue = 777 WHERE id = 1; SET LOCAL slt.stamping = off; UPDATE late SET slt_response_due = NULL WHERE id = 1; SELECT count(*) FROM slt_restamp('late'); COMMIT; SELECT 1});
like("$deferred$refused", qr/ERROR:  23503: .* violates foreign key constraint "late_queue_fkey"/, 'a check that waits for the end of a transaction is not lost');
done_testing();
