# Ticket tables in bad company: owners whose tables run code, roles that write the settings of others, constraints that
# are checked late, keys that do not fit, rows that move while tables are attached and detached.
use strict;
use warnings;
use IPC::Run;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;

my $node = new_server('tickets_hostile', conf => "timezone = 'UTC'\ndeadlock_timeout = '100ms'\n", bare => 1);

# Runs statements as a role, each for itself; returns their output and messages.
sub as_role
{
	my ($role, $database, $statements) = @_;

	return scalar run_sql($node, $database, "SET timezone = 'UTC';\n$statements", role => $role, go_on => 1);
}

# Makes a database where two roles may attach tables.
sub new_tenants
{
	my ($name) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql($name, <<'SQL');
CREATE EXTENSION slt;
GRANT SELECT, INSERT, UPDATE, DELETE ON slt_attachments, slt_related TO mallory, victim;
GRANT SELECT ON slt_events TO mallory;
GRANT CREATE ON SCHEMA public TO mallory, victim;
CREATE TABLE ran (who text);
GRANT SELECT, INSERT ON ran TO PUBLIC;
CREATE FUNCTION told() RETURNS text LANGUAGE sql VOLATILE SET search_path = pg_catalog AS $$ WITH d AS (DELETE FROM public.ran RETURNING who) SELECT coalesce(string_agg(DISTINCT who, ' '), '') FROM d $$;
SQL
	return;
}

$node->safe_psql('postgres', 'CREATE ROLE mallory LOGIN; CREATE ROLE victim LOGIN');
new_tenants('tenants');
my $attach = q{opened_at => 'opened', severity_value => 'S1', contract_value => 'Standard'};

# ---------- what a table's owner has put there runs as him ----------

as_role('mallory', 'tenants', <<'SQL');
CREATE FUNCTION note() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$ BEGIN INSERT INTO public.ran VALUES (current_user || '/' || current_setting('session_replication_role')); RETURN true; END $$;
CREATE FUNCTION note_int(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM public.note(); RETURN $1; END $$;
CREATE FUNCTION note_time(timestamptz) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM public.note(); RETURN 1; END $$;
CREATE FUNCTION note_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM public.note(); RETURN NULL; END $$;
SQL
my %traps = (
	'a constraint' => 'ALTER TABLE trap ADD CHECK (note())',
	'a generated column' => 'ALTER TABLE trap ADD made int GENERATED ALWAYS AS (note_int(id)) STORED',
	'an index' => 'CREATE INDEX ON trap (note_time(slt_announce_at))',
	'a part of an index' => 'CREATE INDEX ON trap (slt_announce_at) WHERE note_time(slt_announce_at) = 1',
	'row security' => 'ALTER TABLE trap ENABLE ROW LEVEL SECURITY; ALTER TABLE trap FORCE ROW LEVEL SECURITY; CREATE POLICY p ON trap USING (note())',
	'a function of the row' => q{CREATE FUNCTION severity(trap) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM public.note(); RETURN 'S1'; END $$; SELECT slt_attach('trap', opened_at => 'opened', severity_of => 'severity(trap)', contract_value => 'Standard')});
for my $trap (sort keys %traps)
{
	as_role('mallory', 'tenants', "CREATE TABLE trap (id int PRIMARY KEY, opened timestamptz); SELECT slt_attach('trap', $attach); INSERT INTO trap VALUES (1, '2026-01-04 10:00Z'); $traps{$trap}");
	$node->safe_psql('tenants', 'SELECT told()');
	is($node->safe_psql('tenants', 'SELECT slt_sweep()'), '2', "$trap: a superuser sweeps the table");
	like($node->safe_psql('tenants', 'SELECT told()'), qr{^(mallory/origin)?$}, '... and what runs is the owner, and no replica');
	as_role('mallory', 'tenants', 'DROP TABLE trap CASCADE; DELETE FROM slt_attachments');
	$node->safe_psql('tenants', 'TRUNCATE slt_events');
}

# triggers and rules of the owner do not run at all
as_role('mallory', 'tenants', <<"SQL");
CREATE TABLE trap (id int PRIMARY KEY, opened timestamptz);
SELECT slt_attach('trap', $attach);
INSERT INTO trap VALUES (1, '2026-01-04 10:00Z');
CREATE TRIGGER always AFTER UPDATE ON trap FOR EACH ROW EXECUTE FUNCTION note_row();
CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON trap DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_row();
ALTER TABLE trap ENABLE ALWAYS TRIGGER always, ENABLE ALWAYS TRIGGER late;
CREATE RULE also AS ON UPDATE TO trap DO INSTEAD INSERT INTO ran VALUES ('rule');
SQL
is($node->safe_psql('tenants', 'SELECT slt_sweep(); SELECT told()'), "2\n", 'triggers that fire always, later ones and rules do not run');

# ---------- other people's settings ----------

as_role('victim', 'tenants', <<'SQL');
CREATE TABLE names (code text, severity text);
INSERT INTO names VALUES ('1', 'S1');
CREATE TABLE theirs (id int PRIMARY KEY, opened timestamptz, code text, title text);
CREATE FUNCTION looked_up(theirs) RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN (SELECT severity FROM names WHERE code = $1.code); END $$;
SELECT slt_attach('theirs', opened_at => 'opened', severity_of => 'looked_up(theirs)', contract_value => 'Standard');
CREATE TABLE about (id int, ticket int);
SELECT slt_attach_related('about', 'theirs', 'ticket');
SQL
my $not_owner = qr/ERROR:  42501: must be owner of table theirs/;
for my $edit (q{UPDATE slt_attachments SET search_path = 'evil' WHERE ticket_table = 'theirs'::regclass},
	q{UPDATE slt_attachments SET own_columns = own_columns || '{"announce_at": "opened", "x": "title"}' WHERE ticket_table = 'theirs'::regclass},
	q{UPDATE slt_attachments SET ticket_table = 'trap' WHERE ticket_table = 'theirs'::regclass},
	q{DELETE FROM slt_attachments WHERE ticket_table = 'theirs'::regclass},
	q{INSERT INTO slt_related VALUES ('trap', 'theirs', 'id', 'id')}, q{DELETE FROM slt_related})
{
	like(as_role('mallory', 'tenants', $edit), $not_owner, "who may write settings does not: $edit");
}
like(as_role('mallory', 'tenants', q{INSERT INTO slt_related VALUES (4000000000, 4000000001, 'id', 'id')}), qr/ERROR:  42501: must be owner of table 4000000001/, 'nor settings of tables that may come');
as_role('victim', 'tenants', q{CREATE TABLE gone (id int PRIMARY KEY, opened timestamptz); SELECT slt_attach('gone', } . "$attach); DROP TABLE gone");
is(as_role('victim', 'tenants', q{SELECT count(slt_detach(ticket_table)) FROM slt_attachments a WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = a.ticket_table)}), '1', 'the settings of a table that is gone are removed');
is($node->safe_psql('tenants', q{SELECT string_agg(ticket_table::text, ' ' ORDER BY ticket_table::text) FROM slt_attachments}), 'theirs trap', '... and no others');

# settings that make no sense, by a superuser's hand: nothing crashes, and the application writes
as_role('mallory', 'tenants', 'DROP TABLE trap CASCADE');
$node->safe_psql('tenants', 'DELETE FROM slt_attachments WHERE ticket_table NOT IN (SELECT oid FROM pg_class)');
my $tickets_do = q{INSERT INTO theirs VALUES (1, '2026-01-04 10:00Z', '1', 't') ON CONFLICT (id) DO UPDATE SET code = 1, opened = now(); SELECT slt_sweep() IS NOT NULL; SELECT count(*) FROM slt_attached(); SELECT count(*) >= 0 FROM slt_ticket_counts()};
for my $nonsense ("own_columns = '[1]'", "own_columns = '\"x\"'", "own_columns = '{\"paused\": {\"a\": [null]}}'", "own_columns = '{\"announce_at\": \"ctid\"}'", "own_columns = own_columns || '{\"response_due\": \"slt_announce_at\"}'",
	"metrics = '{}'", "metrics = '{NULL}'", "metrics = array_fill('resolution'::text, '{100}')", "metrics = '{resolution,resolution}'", "metrics = '{{resolution},{response}}'", "paused_when = '{NULL,a}'",
	"column_numbers = '7'", "column_numbers = '{\"opened\": 1e300, \"x\": -1}', opened_at = 'x'", "column_numbers = '{\"x\": 99}', opened_at = 'x'", "opened_at = 'tableoid'", "opened_at = 'title'",
	"severity_of = 'pg_catalog.pg_sleep'", "severity_of = '\"', severity = NULL", "severity_map = '[[[]]]'", "severity_map = '{\">=1e5\": {\"a\": 1}}'", "done_at = '[]'", "done_at = '{\"resolution\": \"()\"}'", "done_at = '{\"resolution\": 1}'",
	"time_zone = 'No/Where'", "search_path = 'a,,\"'", "prefix = '\"'';'", "key = 'nothing'", "key = 'ctid'", "numbers_of = 0", "unset = 'infinity'")
{
	my ($output, $messages) = run_sql($node, 'tenants', "BEGIN; UPDATE slt_attachments SET $nonsense; $tickets_do; ROLLBACK", go_on => 1);

	like($output, qr/^t\n\d+/, "nonsense: $nonsense");
	unlike($messages, qr/(?:ERROR|FATAL|PANIC):  XX|server closed/, '... is no internal error');
}

# ---------- constraints that are checked late ----------

$node->safe_psql('tenants', <<"SQL");
CREATE TABLE queue (id int PRIMARY KEY);
INSERT INTO queue VALUES (1);
CREATE TABLE late (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, opened timestamptz, queue int REFERENCES queue DEFERRABLE INITIALLY DEFERRED, severity text);
CREATE TABLE field (ticket int, value text);
CREATE FUNCTION of_field(late) RETURNS text LANGUAGE sql STABLE AS 'SELECT value FROM field WHERE ticket = \$1.id';
SELECT slt_attach('late', opened_at => 'opened', severity_of => 'of_field(late)', contract_value => 'Standard', severity_map => '{"": null}', create_index => true);
SELECT slt_attach_related('field', 'late', 'ticket', key => 'id');
SQL
like(scalar run_sql($node, 'tenants', q{BEGIN; INSERT INTO late VALUES (1, '2026-01-04 10:00Z', 777); INSERT INTO field VALUES (1, 'S1'); COMMIT}),
	qr/ERROR:  23503: .* violates foreign key constraint "late_queue_fkey"/, 'a foreign key of a ticket that is stamped again in its transaction is checked');
is(scalar run_sql($node, 'tenants', q{BEGIN; INSERT INTO late VALUES (1, '2026-01-04 10:00Z', 2); INSERT INTO field VALUES (1, 'S1'); INSERT INTO queue VALUES (2); COMMIT; SELECT slt_resolution_due > opened FROM late}),
	't', '... at the end of it');
like(scalar run_sql($node, 'tenants', q{BEGIN; INSERT INTO late VALUES (1, '2026-01-04 10:00Z', 1); UPDATE late SET slt_resolution_due = NULL WHERE queue = 1; SELECT count(*) FROM slt_restamp('late'); COMMIT}),
	qr/ERROR:  23505: duplicate key value violates unique constraint "late_pkey"/, 'a primary key that is checked late is checked');
is($node->safe_psql('tenants', q{SELECT DISTINCT key FROM slt_tickets('late')}), '1', 'it is the key');
is($node->safe_psql('tenants', q{INSERT INTO late SELECT n, '2026-01-04 10:00Z', 1 FROM generate_series(2, 4) n; INSERT INTO field SELECT n, 'S1' FROM generate_series(2, 4) n;
	SELECT slt_sweep(); UPDATE slt_targets SET amount = '3 hours' WHERE metric = 'response'; SELECT count(*) FROM slt_restamp('late'); UPDATE late SET slt_response_due = NULL; CALL slt_backfill('late'); SELECT count(slt_response_due) FROM late}),
	"8\n4\n4", 'functions of the row and foreign keys: sweep, restamp and backfill');

# ---------- keys that do not fit ----------

$node->safe_psql('tenants', "CREATE TABLE keyed (key text, opened timestamptz); SELECT slt_attach('keyed', $attach, key => 'key'); INSERT INTO keyed VALUES (repeat(chr(1), 1500), '2026-01-04 10:00Z'),
	((SELECT string_agg(md5(n::text), '') FROM generate_series(1, 400) n), '2026-01-04 10:00Z'), ((SELECT string_agg(md5(n::text), '') FROM generate_series(1, 401) n), '2026-01-04 10:00Z'), ('good', '2026-01-04 10:00Z')");
is($node->safe_psql('tenants', q{TRUNCATE slt_events; SELECT slt_sweep() >= 8; SELECT count(*), count(DISTINCT key), max(octet_length(key)) <= 2000 FROM slt_events WHERE ticket_table = 'keyed'::regclass}), "t\n8|4|t", 'long keys, and keys that are long when escaped, are announced');

# what is undone is not counted
$node->safe_psql('tenants', q{DELETE FROM slt_attachments WHERE ticket_table = 'keyed'::regclass; CREATE TABLE refused (id int PRIMARY KEY, opened timestamptz); SELECT slt_attach('refused', } . $attach . q{);
	INSERT INTO refused VALUES (1, '2026-01-04 10:00Z'); ALTER TABLE slt_events ADD CONSTRAINT none CHECK (key <> '1') NOT VALID});
is((run_sql($node, 'tenants', 'SELECT slt_sweep()'))[0], '0', 'events of a table whose sweep failed are not counted');

# ---------- whoever counts tickets ----------

new_tenants('counting');
$node->safe_psql('counting', 'CREATE ROLE monitor LOGIN; GRANT SELECT ON slt_attachments TO monitor');
as_role('victim', 'counting', "CREATE TABLE fine (id int PRIMARY KEY, opened timestamptz); SELECT slt_attach('fine', $attach); INSERT INTO fine VALUES (1, '2026-01-04 10:00Z'); GRANT SELECT ON fine TO monitor");
as_role('mallory', 'counting', <<"SQL");
CREATE FUNCTION note() RETURNS boolean LANGUAGE plpgsql VOLATILE AS \$\$ BEGIN INSERT INTO public.ran VALUES (current_user); RETURN true; END \$\$;
CREATE TABLE closed (id int PRIMARY KEY, opened timestamptz);
SELECT slt_attach('closed', $attach);
CREATE TABLE ruled (id int PRIMARY KEY, opened timestamptz);
SELECT slt_attach('ruled', $attach);
ALTER TABLE ruled ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON ruled USING (note());
CREATE TABLE calling (id int PRIMARY KEY, opened timestamptz);
CREATE FUNCTION call(calling) RETURNS text LANGUAGE plpgsql AS \$\$ BEGIN PERFORM public.note(); RETURN 'S1'; END \$\$;
SELECT slt_attach('calling', opened_at => 'opened', severity_of => 'call(calling)', contract_value => 'Standard');
CREATE TABLE failing (id int PRIMARY KEY, opened timestamptz);
CREATE FUNCTION fail(failing) RETURNS text LANGUAGE plpgsql AS \$\$ BEGIN RAISE 'no'; END \$\$;
SELECT slt_attach('failing', opened_at => 'opened', severity_of => 'fail(failing)', contract_value => 'Standard');
INSERT INTO ruled VALUES (1, '2026-01-04 10:00Z');
INSERT INTO calling VALUES (1, '2026-01-04 10:00Z');
SET client_min_messages = error;
INSERT INTO failing VALUES (1, '2026-01-04 10:00Z');
GRANT SELECT ON ruled, calling, failing TO PUBLIC;
SQL
for my $role ('monitor', 'postgres')
{
	$node->safe_psql('counting', 'SELECT told()');
	is((run_sql($node, 'counting', q{SELECT ticket_table, tickets FROM slt_ticket_counts() WHERE metric = 'response' AND state = 'breached' AND ticket_table !~ 'ruled|closed'}, role => $role))[0], "public.calling|1\npublic.fine|1",
		"$role counts tickets, though one table fails and one may not be read");
	is($node->safe_psql('counting', 'SELECT told()'), 'mallory', '... and what runs is the owner');
}

# ---------- tables that change while they are used ----------

$node->safe_psql('postgres', 'CREATE DATABASE load');
$node->safe_psql('load', <<'SQL');
CREATE EXTENSION slt;
CREATE TABLE ticket (id bigserial, opened timestamptz, changed timestamptz, severity text DEFAULT 'S2', status text, part int, done timestamptz) PARTITION BY LIST (part);
CREATE TABLE ticket_0 PARTITION OF ticket FOR VALUES IN (0);
CREATE TABLE ticket_1 (gone int, part int, done timestamptz, changed timestamptz, id bigint NOT NULL, opened timestamptz, status text, severity text DEFAULT 'S2');
ALTER TABLE ticket_1 DROP gone;
ALTER TABLE ticket ATTACH PARTITION ticket_1 FOR VALUES IN (1);
CREATE INDEX ON ticket (id);
CREATE TABLE field (ticket bigint, value text);
INSERT INTO ticket (opened, changed, severity, status, part) SELECT now() - interval '5 days', now(), 'S1', 'open', n % 2 FROM generate_series(1, 300) n;
SQL
my $script = "$ENV{SLT_WORK}/tmp/hostile_load.sql";
append_to_file($script, <<'SQL');
\set id random(1, 300)
\set what random(1, 6)
\if :what = 1
INSERT INTO ticket (opened, changed, status, part) VALUES (now() - interval '2 days', now(), 'open', :id % 2);
\elif :what = 2
UPDATE ticket SET status = 'stalled', changed = now() WHERE id = :id;
\elif :what = 3
UPDATE ticket SET status = 'open', changed = now() WHERE id = :id;
\elif :what = 4
UPDATE ticket SET done = CASE WHEN done IS NULL THEN now() END WHERE id = :id;
\else
INSERT INTO field VALUES (:id, 'S1');
\endif
SQL
my ($bench, $bench_messages) = ('', '');
my $load = IPC::Run::start([ 'pgbench', '-n', '-c', '8', '-j', '2', '-T', '6', '-f', $script, '-h', $node->host, '-p', $node->port, 'load' ], '<', \undef, '>', \$bench, '2>', \$bench_messages);
my ($errors, $rounds) = ('', 0);
while ($load->pumpable)
{
	$load->pump_nb;
	my ($output, $messages) = run_sql($node, 'load', <<'SQL', go_on => 1);
SELECT slt_attach('ticket', opened_at => 'opened', severity => 'severity', contract_value => 'Standard', status => 'status', paused_when => '{stalled}', done_at => '{"resolution": "done"}', changed_at => 'changed', key => 'id') <> '';
SELECT slt_attach_related('field', 'ticket', 'ticket');
CALL slt_backfill('ticket', 50);
SELECT count(*) >= 0 FROM slt_restamp('ticket');
SELECT slt_sweep() >= 0;
ALTER TABLE ticket RENAME severity TO weight;
SELECT slt_sweep() >= 0;
ALTER TABLE ticket RENAME weight TO severity;
BEGIN; UPDATE slt_targets SET amount = amount + working_interval '1 hour' WHERE metric = 'resolution'; SAVEPOINT s; TRUNCATE slt_holidays; ROLLBACK TO s; COMMIT;
SELECT count(*) >= 0 FROM slt_report('ticket');
SELECT slt_detach('ticket', false);
SQL
	$errors .= "$_\n" for grep { /ERROR|FATAL|PANIC/ && !/lock timeout|could not lock/ } split /\n/, $messages;
	$rounds++;
}
$load->finish;
is($errors, '', "a table is attached, swept, renamed and detached $rounds times under load: no error");
cmp_ok($rounds, '>', 1, 'it was more than once');
is($bench_messages =~ s/^pgbench \(.*\n//r, '', 'the application meets no error');
like($bench, qr/number of transactions actually processed: [1-9]/, 'it went on');
is($node->safe_psql('load', 'SELECT count(*) = count(DISTINCT id) FROM ticket'), 't', 'no row was lost or doubled');
unlike(slurp_file($node->logfile), qr/was terminated by signal|TRAP:|reference leak|refcount leak/, 'nothing crashed or leaked');

done_testing();
