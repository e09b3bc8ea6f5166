# Attached tables after pg_dump and restore into an empty database, at once or schema and data apart, after pg_upgrade, and
# on the subscriber of a logical replication: the settings are there, and everything goes on as before.
use strict;
use warnings;
use Cwd;
use File::Path 'remove_tree';
use File::Spec;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;

my $node = new_server('tickets_dump', bare => 1, init => { allows_streaming => 'logical' });
my $dumps = "$ENV{SLT_WORK}/tmp/ticket_dumps";
remove_tree($dumps);
mkdir $dumps;

# Returns what statements give in a session of its own, in a database, with their messages.
sub told
{
	my ($server, $database, $statements) = @_;

	return run_sql($server, $database, $statements) . '';
}

# ---------- what is dumped ----------

# tables of every sort that slt_attach() takes; a column that is gone shifts the numbers of the others on restore
my $tables = <<'SQL';
CREATE SCHEMA "Help Desk";
CREATE SCHEMA zz_app;
CREATE TABLE tickets (gone int, id int PRIMARY KEY, created timestamp, priority int, sla text, started timestamp, finished timestamp, status text, lastupdated timestamp);
ALTER TABLE tickets DROP COLUMN gone;
CREATE TABLE "Help Desk"."Ticket's" ("Id" text PRIMARY KEY, "createdAt" timestamptz, "Priority" text, "updated At" timestamptz, "isOn""Hold" text, "done" timestamptz);
CREATE TABLE zz_app.talks (id int PRIMARY KEY, opened timestamptz, customer timestamptz, agent timestamptz, changed timestamptz, solved timestamptz);
CREATE TABLE renamed (id int PRIMARY KEY, opened timestamptz, severity text, impact int, status text, changed timestamptz, resolved timestamptz);
CREATE TABLE parted (id int, opened int, status text, done int, PRIMARY KEY (id, status)) PARTITION BY LIST (status);
CREATE TABLE parted_open PARTITION OF parted FOR VALUES IN ('open');
CREATE TABLE parted_rest PARTITION OF parted DEFAULT;
CREATE TABLE dropped (id int PRIMARY KEY, opened timestamptz, resolved timestamptz);
SQL
my $attach = <<'SQL';
INSERT INTO slt_metrics (name, pausable, when_reopened) VALUES ('next_reply', false, 'restart');
INSERT INTO slt_contracts (name, calendar) VALUES ('Gold', 'Egypt');
INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ('Standard', 'S1', 'next_reply', '2 working hours'), ('Gold', 'S1', 'resolution', '1 working day');
SELECT slt_attach('tickets', 'created', severity => 'priority', severity_map => '{">=80": "S1", "*": "S2"}', contract => 'sla', contract_map => '{"gold": "Priority"}',
	done_at => '{"response": "started", "resolution": "finished"}', status => 'status', paused_when => '{stalled,"on \"hold\""}', changed_at => 'lastupdated', time_zone => 'UTC', unset => '1970-01-01', on_unknown => 'error', announce_from => NULL);
SELECT slt_attach('"Help Desk"."Ticket''s"', 'createdAt', severity => 'Priority', contract_value => 'Standard', status => 'isOn"Hold', paused_when => '{yes}', changed_at => 'updated At', done_at => '{"resolution": "done"}', prefix => 'SLA_', name => 'the "desk"');
SELECT slt_attach('zz_app.talks', 'opened', severity_value => 'S1', contract_value => 'Standard', started_at => '{"next_reply": "customer"}', done_at => '{"next_reply": "agent", "resolution": "solved"}', changed_at => 'changed');
SELECT slt_attach('renamed', 'opened', severity => 'severity,impact', severity_map => '{"high,1": "S1", "*": "S3"}', contract_value => 'Standard', done_at => '{"resolution": "resolved"}', status => 'status', paused_when => '{stalled}', changed_at => 'changed');
ALTER TABLE renamed RENAME severity TO urgency;
ALTER TABLE renamed RENAME resolved TO closed_on;
ALTER TABLE renamed RENAME slt_resolution_due TO due;
-- names in the settings follow with the next sweep
SELECT slt_sweep();
SELECT slt_attach('parted', 'opened', severity_value => 'S1', contract_value => 'Gold', status => 'status', paused_when => '{stalled}', done_at => '{"resolution": "done"}', key => 'id');
SELECT slt_attach('dropped', 'opened', severity_value => 'S1', contract_value => 'Standard', done_at => '{"resolution": "resolved"}', announce_from => NULL);
UPDATE slt_targets SET steps = '{25,100}', pausable = true WHERE contract = 'Standard' AND severity = 'S3' AND metric = 'response';
SQL
my $rows = <<'SQL';
SET client_min_messages = error;
INSERT INTO dropped VALUES (1, '2025-02-02 10:00+02');
SELECT slt_sweep();
DROP TABLE dropped;
INSERT INTO tickets (id, created, priority, sla, status, started, finished) VALUES (1, '2026-02-02 08:00', 90, 'gold', 'new', '1970-01-01', '1970-01-01'), (2, '2026-02-02 08:00', 10, 'Standard', 'stalled', '2026-02-02 09:00', '1970-01-01'),
	(3, '2026-02-02 08:00', 10, 'gold', 'new', '2026-02-02 09:00', '2026-03-02 09:00');
INSERT INTO "Help Desk"."Ticket's" VALUES ('a''b', '2026-02-02 10:00+02', 'S1', '2026-02-02 10:00+02', 'no');
UPDATE "Help Desk"."Ticket's" SET "isOn""Hold" = 'yes', "updated At" = '2026-02-02 11:00+02';
INSERT INTO zz_app.talks VALUES (1, '2026-02-02 10:00+02', '2026-02-02 10:00+02', NULL, '2026-02-02 10:00+02'), (2, '2026-02-02 10:00+02', NULL, NULL, '2026-02-02 10:00+02');
UPDATE zz_app.talks SET agent = '2026-02-02 11:00+02', changed = '2026-02-02 11:00+02' WHERE id = 1;
UPDATE zz_app.talks SET customer = '2026-02-03 10:00+02', changed = '2026-02-03 10:00+02' WHERE id = 1;
UPDATE zz_app.talks SET solved = '2026-02-04 12:00+02', changed = '2026-02-04 12:00+02' WHERE id = 2;
-- what was promised then, and is another thing now
UPDATE slt_targets SET amount = '3 working days' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'resolution';
INSERT INTO parted VALUES (1, 1770019200, 'open'), (2, 1770019200, 'stalled');
SELECT slt_sweep();
SELECT count(*) FROM slt_take_events('mail', 1);
SQL

# What is written to the tables, and what is there then; worked out by hand in the test below.
my $use = <<'SQL';
BEGIN;
INSERT INTO tickets (id, created, priority, sla, status, started, finished, lastupdated) VALUES (11, '2026-02-02 08:00', 85, 'gold', 'new', '1970-01-01', '1970-01-01', '1970-01-01');
UPDATE tickets SET status = 'on "hold"', lastupdated = '2026-02-02 09:00' WHERE id = 11;
UPDATE tickets SET status = 'new', lastupdated = '2026-02-02 10:00', started = '2026-02-02 10:00:01' WHERE id = 11;
SELECT 'tickets', shown.stamp(slt_response_due, slt_response_met), shown.stamp(slt_resolution_due, slt_resolution_met), slt_status_became FROM tickets WHERE id = 11;
UPDATE "Help Desk"."Ticket's" SET "isOn""Hold" = 'no', "updated At" = '2026-02-02 13:00+02';
SELECT 'Ticket''s', shown.at("SLA_response_due"), shown.at("SLA_resolution_due"), "SLA_status_became" FROM "Help Desk"."Ticket's";
UPDATE zz_app.talks SET agent = '2026-02-03 13:00+02', changed = '2026-02-03 13:00+02' WHERE id = 1;
SELECT 'talks', id, run, state FROM zz_app.talks t, slt_clocks(t) WHERE metric = 'next_reply' ORDER BY id, run;
SELECT 'solved', shown.stamp(slt_resolution_due, slt_resolution_met) FROM zz_app.talks WHERE id = 2;
UPDATE parted SET status = 'closed' WHERE id = 1;
INSERT INTO parted VALUES (3, 1770019200, 'open');
SELECT 'parted', id, tableoid::regclass, shown.at(slt_resolution_due) FROM parted WHERE id <> 2 ORDER BY id;
INSERT INTO renamed (id, opened, urgency, impact, closed_on) VALUES (1, '2026-02-02 10:00+02', 'high', 1, '2026-02-05 10:00+02');
SELECT 'renamed', shown.stamp(due, slt_resolution_met) FROM renamed;
SELECT 'explained', sum(worked) FROM tickets t, slt_explain(t, 'resolution') WHERE id = 11;
SELECT 'listed', (SELECT count(*) FROM slt_tickets('tickets')), (SELECT count(*) FROM slt_tickets('zz_app.talks')), (SELECT count(*) FROM slt_tickets('parted'));
SELECT 'taken', count(*) FROM slt_take_events('mail');
SAVEPOINT s;
INSERT INTO tickets (id, created, priority, sla) VALUES (12, '2026-02-02 08:00', 85, 'tin');
ROLLBACK TO s;
SQL
# tickets: S1 Priority, opened Mon 10:00 in Cairo, paused 11:00 to 12:00.  Ticket's: paused 11:00 to 13:00, and three days now.
my $used = <<'TEXT';
tickets|Mon 02-02 12:00 no|Tue 02-03 11:00|{new,"on \"hold\"",new}
Ticket's|Mon 02-02 14:00|Thu 02-05 12:00|{no,yes,no}
talks|1|1|met
talks|1|2|met late
talks|2|1|no start
solved|Wed 02-04 10:00 no
parted|1|parted_rest|Tue 02-03 10:00
parted|3|parted_open|Tue 02-03 10:00
renamed|Thu 02-05 10:00 yes
explained|8 working hours
listed|8|7|6
TEXT

# Returns everything that is stamped, set or written down in a database.
sub contents
{
	my ($server, $database) = @_;

	return told($server, $database, <<'SQL');
SELECT t FROM tickets t ORDER BY id;
SELECT t FROM "Help Desk"."Ticket's" t;
SELECT t FROM zz_app.talks t ORDER BY id;
SELECT tableoid::regclass, t FROM parted t ORDER BY id;
SELECT table_name, e.id, key, metric, run, kind, step, due, announced_at FROM slt_events e WHERE table_name !~ 'dropped' ORDER BY id;
SELECT t FROM slt_announced t WHERE attachment !~ 'dropped' ORDER BY t::text;
SELECT a FROM slt_attached() a WHERE name !~ 'dropped' ORDER BY ticket_table::text;
SELECT t FROM slt_targets t ORDER BY t::text;
SELECT tgrelid::regclass, tgname, tgfoid::regprocedure, tgenabled, tgtype, tgargs FROM pg_trigger WHERE tgname LIKE 'zz_slt%' ORDER BY tgrelid::regclass::text COLLATE "C", 2;
SQL
}

# Holds what a database has and does against what it should.
sub goes_on
{
	my ($server, $database, $contents, $how) = @_;

	is_deeply([ split /\n/, contents($server, $database) ], [ split /\n/, $contents ], "$how: every stamp, setting and event is there");
	my ($output, $messages) = run_sql($server, $database, $use, go_on => 1);
	$output =~ s/\ntaken\|(\d+)//;
	cmp_ok($1, '>=', 2, "$how: a consumer gets the events that it has not had");
	is("$output\n", $used, "$how: tickets are stamped, listed and explained");
	like($messages, qr/\AERROR:  42704: [^\n]*"tin"[^\n]*\nDETAIL:[^\n]*\nHINT:[^\n]*\n*\z/, "$how: the only error is for a contract that there is not");
	is(told($server, $database, q{SET client_min_messages = error; SELECT slt_sweep()}), '0', "$how: nothing is announced again");
	is(told($server, $database, q{SELECT count(*) FROM slt_attached() WHERE problem IS NOT NULL AND name !~ 'dropped'}), '0', "$how: slt_attached() sees no problem");
	return;
}

new_database($node, 'original');
$node->safe_psql('original', $_) for $tables, $attach, $rows;
my $contents = contents($node, 'original');
goes_on($node, 'original', $contents, 'before');
is(told($node, 'original', q{SELECT count(*) FROM slt_attached() WHERE problem LIKE '%does not exist any more%'}), '1', 'the settings of a table that was dropped are still there');

# ---------- dump and restore ----------

my @connection = ('-h', $node->host, '-p', $node->port);
my @psql = ('psql', @connection, '-Xq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null');
my %dump = (plain => [], inserts => [ '--inserts' ], custom => ['-Fc'], parallel => [ '-Fd', '-j', '2' ]);
my %restore = (plain => [ @psql, '-f', "$dumps/plain" ], inserts => [ @psql, '-1', '-f', "$dumps/inserts" ], custom => [ 'pg_restore', @connection, '--exit-on-error', "$dumps/custom" ],
	parallel => [ 'pg_restore', @connection, '--exit-on-error', '-j', '4', "$dumps/parallel" ]);
for my $how (sort keys %dump)
{
	$node->safe_psql('postgres', "CREATE DATABASE restored_$how TEMPLATE template0; ALTER DATABASE restored_$how SET timezone = 'Africa/Cairo'");
	command_ok([ 'pg_dump', @connection, @{ $dump{$how} }, '-f', "$dumps/$how", 'original' ], "$how: pg_dump");
	command_ok([ @{ $restore{$how} }, '-d', "restored_$how" ], "$how: restore");
	goes_on($node, "restored_$how", $contents, $how);
	is(told($node, "restored_$how", q{SELECT count(*) FROM slt_attached() WHERE name ~ $$dropped$$; SELECT count(*) FROM slt_events WHERE table_name ~ $$dropped$$}), "0\n0", "$how: of a table that was dropped there is nothing, whoever has its number now");
}
command_ok([ 'pg_dump', @connection, '-f', "$dumps/again", 'restored_plain' ], 'what was restored is dumped');
is(join("\n", sort grep { !/^\\(un)?restrict/ } split /\n/, slurp_file("$dumps/again")), join("\n", sort grep { !/^\\(un)?restrict/ } split /\n/, slurp_file("$dumps/plain")), 'and is the same dump again');
is(told($node, 'restored_plain', q{SELECT slt_detach(ticket_table, false) FROM slt_attached(); SELECT count(*) FROM pg_attribute WHERE attname ~ '^(slt_|SLA_)' AND attrelid IN ('tickets'::regclass, '"Help Desk"."Ticket''s"'::regclass, 'zz_app.talks'::regclass, 'parted'::regclass, 'parted_rest'::regclass)})
	=~ s/^\n*//r, '0', 'what was restored can be detached');

# schema first, then data: rows arrive with their stamps, and are not decided by today's policy
$node->safe_psql('postgres', "CREATE DATABASE in_two TEMPLATE template0; ALTER DATABASE in_two SET timezone = 'Africa/Cairo'");
command_ok([ 'pg_dump', @connection, '-s', '-f', "$dumps/schema", 'original' ], 'pg_dump -s');
command_ok([ 'pg_dump', @connection, '-a', '-f', "$dumps/data", 'original' ], 'pg_dump -a');
command_ok([ @psql, '-d', 'in_two', '-f', "$dumps/schema" ], 'the schema is restored');
command_ok([ @psql, '-d', 'in_two', '-f', "$dumps/data" ], 'then the data');
my $decided = q{SELECT shown.stamp(slt_resolution_due, slt_resolution_met) FROM zz_app.talks WHERE id = 2; SELECT slt_next_reply_runs IS NOT NULL FROM zz_app.talks WHERE id = 1; SELECT "SLA_status_became" FROM "Help Desk"."Ticket's";
	SELECT shown.stamp(slt_resolution_due, slt_resolution_met) FROM tickets WHERE id = 3};
is(told($node, 'in_two', $decided), told($node, 'original', $decided), 'what was decided, runs and history are what they were');
is(told($node, 'in_two', q{SELECT count(*) FROM slt_attached() WHERE problem IS NOT NULL OR unstamped > 0}), '0', 'nothing is wrong, and nothing unstamped');
is(told($node, 'in_two', q{SET client_min_messages = error; SELECT slt_sweep()}), '0', 'and nothing is announced again');

$node->safe_psql('postgres', "CREATE DATABASE unstamped TEMPLATE template0; ALTER DATABASE unstamped SET timezone = 'Africa/Cairo'");
command_ok([ @psql, '-d', 'unstamped', '-f', "$dumps/schema" ], 'the schema is restored again');
$node->safe_psql('unstamped', "UPDATE slt_targets SET amount = '1 working hour'");
{
	local $ENV{PGOPTIONS} = '-c slt.stamping=off';
	command_ok([ 'pg_restore', @connection, '-a', '-t', 'tickets', '-d', 'unstamped', "$dumps/custom" ], 'slt.stamping = off for pg_restore');
}
my $open = 'SELECT id, shown.stamp(slt_resolution_due, slt_resolution_met), slt_announce_at FROM public.tickets ORDER BY id';
is(told($node, 'unstamped', $open), told($node, 'original', $open), 'open tickets arrive as they were, whatever the policy there is');

# into a database of a role that is no superuser, and with the extension in a schema of its own
$node->safe_psql('postgres', 'CREATE ROLE owner LOGIN; CREATE DATABASE owned OWNER owner; CREATE DATABASE owned_again OWNER owner');
$node->safe_psql('owned', 'GRANT ALL ON SCHEMA public TO owner');
my $own = q{CREATE SCHEMA "S L T"; CREATE EXTENSION slt SCHEMA "S L T"; CREATE TABLE own (id int PRIMARY KEY, opened timestamptz, resolved timestamptz);
	SELECT "S L T".slt_attach('own', 'opened', severity_value => 'S1', contract_value => 'Standard', done_at => '{"resolution": "resolved"}')};
command_ok([ @psql, '-U', 'owner', '-d', 'owned', '-c', $own ], 'an owner of a database, who is no superuser, attaches a table');
command_ok([ 'pg_dump', @connection, '-U', 'owner', '-f', "$dumps/owned", 'owned' ], 'dumps it');
$node->safe_psql('owned_again', 'GRANT ALL ON SCHEMA public TO owner');
command_ok([ @psql, '-U', 'owner', '-d', 'owned_again', '-f', "$dumps/owned" ], 'and restores it');
is(told($node, 'owned_again', q{SET timezone = 'UTC'; INSERT INTO public.own VALUES (1, '2026-02-02 08:00Z', '2026-02-04 08:00Z') RETURNING slt_resolution_due, slt_resolution_met}), '2026-02-04 08:00:00+00|t', 'and it works, in a schema of its own');

# ---------- logical replication ----------

# the subscriber promises one day where the publisher promises two, which tells whose trigger has fired
my $replicated = q{CREATE TABLE sent (id int PRIMARY KEY, opened timestamp, severity text, resolved timestamp);
	CREATE TABLE stamped_there (id int PRIMARY KEY, opened timestamp, severity text, resolved timestamp);};
my $attach_both = q{SELECT slt_attach('sent', 'opened', severity => 'severity', contract_value => 'Standard', done_at => '{"resolution": "resolved"}', time_zone => 'UTC');};
new_database($node, $_) for 'publisher', 'subscriber';
$node->safe_psql('publisher', "$replicated $attach_both CREATE PUBLICATION p FOR TABLE sent, stamped_there");
$node->safe_psql('subscriber', "$replicated $attach_both " . $attach_both =~ s/sent/stamped_there/r .
	q{UPDATE slt_targets SET amount = '1 working day' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'resolution';});
$node->safe_psql('publisher', q{SELECT pg_create_logical_replication_slot('s', 'pgoutput')});
my $publisher = $node->connstr('publisher');
$node->safe_psql('subscriber', "CREATE SUBSCRIPTION s CONNECTION \$\$$publisher\$\$ PUBLICATION p WITH (create_slot = false, slot_name = 's', copy_data = false)");
my $there = 'SELECT id, shown.stamp(slt_resolution_due, slt_resolution_met) FROM';

# Waits until the subscriber has a number of rows of a table that satisfy a condition.
sub replicated
{
	my ($table, $condition, $count) = @_;

	return ok(wait_until($node, 'subscriber', "SELECT count(*) = $count FROM $table WHERE $condition"), "replicated: $table, $condition");
}
$node->safe_psql('publisher', q{INSERT INTO sent VALUES (1, '2026-02-02 08:00', 'S1')});
replicated('sent', 'id = 1', 1);
is(told($node, 'subscriber', "$there sent"), '1|Wed 02-04 10:00', 'by default the publisher\'s stamps are replicated, and the subscriber\'s trigger does not fire');
$node->safe_psql('publisher', q{UPDATE sent SET resolved = '2026-02-04 08:00'});
replicated('sent', 'resolved IS NOT NULL', 1);
is(told($node, 'subscriber', "$there sent"), '1|Wed 02-04 10:00 yes', 'nor on an update');
is(told($node, 'subscriber', q{UPDATE sent SET severity = 'S1', resolved = NULL; } . "$there sent"), '1|Tue 02-03 10:00', 'a change that the subscriber makes itself fires it');
for my $enable ('ALWAYS', 'REPLICA')
{
	my $id = $enable eq 'ALWAYS' ? 2 : 3;

	$node->safe_psql('subscriber', "ALTER TABLE sent ENABLE $enable TRIGGER zz_slt_stamp; ALTER TABLE stamped_there ENABLE $enable TRIGGER zz_slt_stamp");
	$node->safe_psql('publisher', "INSERT INTO sent VALUES ($id, '2026-02-02 08:00', 'S1'); INSERT INTO stamped_there VALUES ($id, '2026-02-02 08:00', 'S1')");
	replicated('stamped_there', "id = $id", 1);
	is(told($node, 'subscriber', "$there sent WHERE id = $id; $there stamped_there WHERE id = $id"), "$id|Tue 02-03 10:00\n$id|Tue 02-03 10:00", "ENABLE $enable TRIGGER: the subscriber stamps, by its own policy, also what the publisher does not stamp");
	$node->safe_psql('publisher', "UPDATE stamped_there SET resolved = '2026-02-03 08:00' WHERE id = $id");
	replicated('stamped_there', "id = $id AND resolved IS NOT NULL", 1);
	is(told($node, 'subscriber', "$there stamped_there WHERE id = $id"), "$id|Tue 02-03 10:00 yes", 'and on an update');
}
is(told($node, 'subscriber', q{INSERT INTO sent VALUES (9, '2026-02-02 08:00', 'S1') RETURNING slt_resolution_due IS NULL}), 't', 'ENABLE REPLICA TRIGGER: for nothing else');
is(told($node, 'subscriber', q{SELECT bool_and(problem IS NULL) IS NOT NULL FROM slt_attached()}), 't', 'slt_attached() can be asked');
$node->safe_psql('subscriber', 'ALTER SUBSCRIPTION s DISABLE; ALTER SUBSCRIPTION s SET (slot_name = NONE); DROP SUBSCRIPTION s');
ok(wait_until($node, 'publisher', q{SELECT NOT active FROM pg_replication_slots WHERE slot_name = 's'}), 'the replication is over');
$node->safe_psql('publisher', q{SELECT pg_drop_replication_slot('s')});

# ---------- pg_upgrade ----------

$node->safe_psql('postgres', "DROP DATABASE $_") for 'subscriber', 'publisher', 'in_two', 'unstamped', 'restored_plain', 'restored_inserts', 'restored_custom', 'restored_parallel', 'owned', 'owned_again';
$node->stop;
my $new = PostgreSQL::Test::Cluster->new('tickets_upgraded');
$new->init;
$new->append_conf('postgresql.conf', "timezone = 'Africa/Cairo'\n");
chomp(my $bindir = `pg_config --bindir`);
my $here = getcwd();
my ($old_data, $new_data) = map { File::Spec->rel2abs($_->data_dir) } $node, $new;
chdir $dumps;  # where it leaves its scripts
my ($output, $errors) = run_command([ 'pg_upgrade', '--no-sync', '-d', $old_data, '-D', $new_data, '-b', $bindir, '-B', $bindir, '-s', $new->host, '-p', $node->port, '-P', $new->port ]);
chdir $here;
like($output, qr/Upgrade Complete/, 'pg_upgrade') or diag("$output\n$errors\n", map { slurp_file($_) } glob("$new_data/pg_upgrade_output.d/*/*.txt"));
SKIP:
{
	skip 'the cluster was not upgraded', 1 if $output !~ /Upgrade Complete/;
	$new->start;
	goes_on($new, 'original', $contents, 'upgraded');
}
done_testing();
