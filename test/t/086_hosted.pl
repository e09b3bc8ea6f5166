# doc/hosted.md on two servers, of which one knows nothing of slt: its commands in their order, and what they print;
# then what else replication brings.
use strict;
use warnings;
use IPC::Run;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;

my $hosted = PostgreSQL::Test::Cluster->new('hosted');
my $own = PostgreSQL::Test::Cluster->new('own');

$hosted->init(allows_streaming => 'logical');
$hosted->start;
$own->init;
$own->append_conf('postgresql.conf', "shared_preload_libraries = 'slt'\nwal_retrieve_retry_interval = 100ms\nslt.sweep_interval = 3600s\n");
$own->start;

# Waits until the subscriber has all that was committed.
sub catch_up
{
	$own->wait_for_subscription_sync($hosted, 'slt') if $own->can('wait_for_subscription_sync');
	$hosted->wait_for_catchup('slt');
	wait_until($own, 'postgres', q{SELECT count(*) = 0 FROM pg_subscription_rel WHERE srsubstate <> 'r'});
	$hosted->wait_for_catchup('slt');
	return;
}

# ---------- the page ----------

my $page = slurp_file(source_file('doc/hosted.md'));
my $number = 0;
while ($page =~ /^<!-- on (?<where>the hosted server|your server)(?<later>, when it has come)? -->\n```sql\n(?<sql>.*?)^```\n(?:```text\n(?<output>.*?)^```\n)?/gms)
{
	my ($where, $later, $sql, $output) = @+{qw(where later sql output)};
	my $node = $where eq 'your server' ? $own : $hosted;
	my ($got, $error) = ('', '');

	$sql =~ s{host=hosted\.example\.com dbname=helpdesk user=subscriber password=change%20me sslmode=require}{$hosted->connstr . ' dbname=postgres user=subscriber'}e;
	catch_up() if $later;
	IPC::Run::run([ 'psql', '-Xq', '-v', 'SHOW_CONTEXT=never', '-h', $node->host, '-p', $node->port, '-d', 'postgres' ], '<', \"SET timezone = 'Africa/Cairo';\n$sql", '>', \$got, '2>', \$error);
	$error =~ s/^NOTICE:  created replication slot.*\n//m;
	is(("$got$error" =~ s/[ \t]+$//gmr) =~ s/\s+\z//r, (($output // '') =~ s/[ \t]+$//gmr) =~ s/\s+\z//r, 'block ' . ++$number . " of the page, on $where");
}
cmp_ok($number, '>', 9, 'the page has examples');

# ---------- what else comes ----------

$hosted->safe_psql('postgres', "UPDATE tickets SET subject = 'Another', updated = '2026-02-03 12:00+02' WHERE id = 3");
catch_up();
is(value($own, q{SELECT subject, slt_resolution_due AT TIME ZONE 'Africa/Cairo' FROM tickets WHERE id = 3}), 'Another|2026-02-06 09:30:00', 'a change of another column leaves deadlines alone');

# a subscription that stood still
$own->safe_psql('postgres', 'ALTER SUBSCRIPTION slt DISABLE');
$hosted->safe_psql('postgres', q{
INSERT INTO tickets (id, created, priority, state, updated) VALUES (4, '2026-02-09 09:00+02', 1, 'new', '2026-02-09 09:00+02');
UPDATE tickets SET state = 'on hold', updated = '2026-02-09 11:00+02' WHERE id = 4;
UPDATE tickets SET state = 'open', updated = '2026-02-09 15:00+02' WHERE id = 4;
UPDATE tickets SET state = 'closed', solved = '2026-02-11 10:00+02', updated = '2026-02-11 10:00+02' WHERE id = 4;
DELETE FROM tickets WHERE id = 3});
$own->safe_psql('postgres', 'ALTER SUBSCRIPTION slt ENABLE');
catch_up();
is(value($own, q{SELECT slt_resolution_due AT TIME ZONE 'Africa/Cairo', slt_resolution_met, cardinality(slt_status_at) FROM tickets WHERE id = 4}), '2026-02-11 13:00:00|t|4', 'what comes late counts from when it was')
	or diag(value($own, 'SELECT t FROM tickets t WHERE id = 4'));
is(value($own, 'SELECT count(*) FROM tickets WHERE id = 3'), '0', 'a ticket that is deleted there is deleted here');

# events, by the worker, which nobody else tells of a row
is(value($own, "SELECT count(*) FROM slt_events"), '0', 'what was late before the table was attached is no news');
$hosted->safe_psql('postgres', q{INSERT INTO tickets (id, created, priority, state, updated) VALUES (5, now() - interval '30 days', 1, 'new', now())});
$own->safe_psql('postgres', q{INSERT INTO slt_calendars (name, calendar) VALUES ('always', 'UTC 24/7'); UPDATE slt_contracts SET calendar = 'always' WHERE name = 'Standard'});
$hosted->safe_psql('postgres', q{INSERT INTO tickets (id, created, priority, state, updated) VALUES (6, now() - interval '4 hours' + interval '3 seconds', 1, 'new', now())});
catch_up();
ok(wait_until($own, 'postgres', q{SELECT EXISTS (SELECT FROM slt_events WHERE key = '6' AND metric = 'response' AND kind = 'breached')}), 'the worker announces a ticket that came by replication')
	or diag(value($own, 'SELECT e FROM slt_events e'));
is(value($own, q{SELECT count(*) FROM slt_take_events('me') WHERE key = '6'}) > 0, 1, 'a consumer takes it');
is(value($own, q{SELECT sum(opened) > 3 FROM slt_report('tickets')}), 't', 'a report counts them');
is(value($own, q{SELECT count(*) FROM slt_restamp('tickets')}) > 0, 1, 'a restamp after an edit of the policy moves deadlines here');
$hosted->safe_psql('postgres', q{UPDATE tickets SET state = 'on hold', updated = now() WHERE id = 6});
catch_up();
is(value($own, q{SELECT slt_resolution_due FROM tickets WHERE id = 6}), 'infinity', 'and replication goes on over what was written here');

# ---------- the trigger ----------

is(value($own, q{SELECT tgenabled FROM pg_trigger WHERE tgrelid = 'tickets'::regclass AND tgname = 'zz_slt_stamp'}), 'A', 'the trigger is enabled always');
is(value($own, q{SELECT problem, settings->'replicated' FROM slt_attached() WHERE name = 'public.tickets'}), '|true', 'which the attachment says');
$own->safe_psql('postgres', 'ALTER TABLE tickets ENABLE TRIGGER zz_slt_stamp');
like(value($own, q{SELECT problem FROM slt_attached() WHERE name = 'public.tickets'}), qr/does not fire for what replication writes; ALTER TABLE public\.tickets ENABLE ALWAYS TRIGGER zz_slt_stamp\./, 'it says so where that was undone');
my $again = q{SELECT slt_attach('tickets', opened_at => 'created', severity => 'priority', severity_map => '{"1": "S1", "2": "S2", "*": "S3"}', contract_value => 'Standard',
	done_at => '{"response": "answered", "resolution": "solved"}', status => 'state', paused_when => '{"on hold"}', changed_at => 'updated'};
$own->safe_psql('postgres', "$again, replicated => true)");
is(value($own, q{SELECT tgenabled FROM pg_trigger WHERE tgrelid = 'tickets'::regclass AND tgname = 'zz_slt_stamp'}), 'A', 'to attach it again mends that');
$own->safe_psql('postgres', "$again)");
is(value($own, q{SELECT tgenabled FROM pg_trigger WHERE tgrelid = 'tickets'::regclass AND tgname = 'zz_slt_stamp'}), 'O', 'or takes it back, if it is not said');
$hosted->safe_psql('postgres', q{INSERT INTO tickets (id, created, priority, state, updated) VALUES (7, now(), 1, 'new', now())});
catch_up();
is(value($own, q{SELECT slt_resolution_due FROM tickets WHERE id = 7}), '', 'then what replication writes is not stamped');
is(value($own, q{SELECT unstamped FROM slt_attached() WHERE name = 'public.tickets'}), '1', 'and is counted as unstamped');
$own->safe_psql('postgres', "$again, replicated => true)");
$own->safe_psql('postgres', q{CALL slt_backfill('tickets')});
is(value($own, q{SELECT slt_resolution_due IS NOT NULL FROM tickets WHERE id = 7}), 't', 'a table that is replicated already is backfilled');
$own->safe_psql('postgres', 'ALTER TABLE tickets DISABLE TRIGGER zz_slt_stamp');
$own->safe_psql('postgres', "$again, replicated => true)");
like(value($own, q{SELECT problem FROM slt_attached() WHERE name = 'public.tickets'}), qr/ENABLE/, 'one that somebody disabled is left so, and told');
$own->safe_psql('postgres', 'ALTER TABLE tickets ENABLE ALWAYS TRIGGER zz_slt_stamp');

# ---------- other shapes: no key there, a filter, a partitioned table here ----------

$hosted->safe_psql('postgres', q{
CREATE TABLE plain (id int, created timestamptz, solved timestamptz, state text, changed timestamptz); ALTER TABLE plain REPLICA IDENTITY FULL;
CREATE TABLE parts (id int PRIMARY KEY, created timestamptz, solved timestamptz, state text, changed timestamptz);
INSERT INTO plain SELECT i, '2026-02-02 10:00+02', NULL, 'open', '2026-02-02 10:00+02' FROM generate_series(1, 100) i; INSERT INTO parts SELECT * FROM plain;
ALTER PUBLICATION slt ADD TABLE plain WHERE (state <> 'secret'); ALTER PUBLICATION slt ADD TABLE parts;
GRANT SELECT ON plain, parts TO subscriber});
$own->safe_psql('postgres', q{
CREATE TABLE plain (state text, id int PRIMARY KEY, note text DEFAULT 'ours', created timestamptz, solved timestamptz, changed timestamptz);
CREATE TABLE parts (id int, created timestamptz, solved timestamptz, state text, changed timestamptz, PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (50); CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (50) TO (1000);
SELECT slt_attach(t, opened_at => 'created', severity_value => 'S1', contract_value => 'Priority', done_at => '{"resolution": "solved"}', metrics => '{resolution}', status => 'state', changed_at => 'changed', key => 'id',
	paused_when => '{hold}', replicated => true) FROM unnest('{plain,parts}'::regclass[]) t;
ALTER SUBSCRIPTION slt REFRESH PUBLICATION});
catch_up();
is(value($own, 'SELECT count(*), count(slt_resolution_due) FROM plain'), '100|100', 'the copy of a table that has no key there is stamped');
is(value($own, 'SELECT count(*), count(slt_resolution_due) FROM parts'), '100|100', 'and one into partitions');
is(value($own, q{SELECT DISTINCT tgenabled FROM pg_trigger WHERE tgrelid IN (SELECT relid FROM pg_partition_tree('parts')) AND tgname = 'zz_slt_stamp'}), 'A', 'whose triggers are enabled always');
$hosted->safe_psql('postgres', q{UPDATE plain SET state = 'hold', changed = '2026-02-02 11:00+02' WHERE id <= 10; UPDATE plain SET state = 'secret', changed = '2026-02-02 12:00+02' WHERE id > 90; UPDATE parts SET state = 'hold', changed = '2026-02-02 11:00+02' WHERE id IN (10, 60)});
$own->safe_psql('postgres', q{CREATE TABLE parts_3 PARTITION OF parts FOR VALUES FROM (1000) TO (2000)});
$hosted->safe_psql('postgres', q{INSERT INTO parts VALUES (1500, '2026-02-02 10:00+02', NULL, 'open', '2026-02-02 10:00+02')});
catch_up();
is(value($own, q{SELECT count(*), count(*) FILTER (WHERE slt_resolution_due = 'infinity'), min(note) FROM plain}), '90|10|ours', 'updates by the whole row, and rows that a filter takes away');
is(value($own, q{SELECT string_agg(id::text, ',' ORDER BY id) FROM parts WHERE slt_resolution_due = 'infinity'}), '10,60', 'updates in partitions');
is(value($own, q{SELECT slt_resolution_due IS NOT NULL FROM parts WHERE id = 1500}), 't', 'and a row in a partition that is new');
is(value($own, q{SELECT count(*) FROM slt_attached() WHERE problem IS NOT NULL}), '0', 'nothing is wrong with them');
my $keyless = run_sql($own, 'postgres', q{CREATE TABLE keyless (LIKE plain); SELECT slt_attach('keyless', opened_at => 'created', severity_value => 'S1', contract_value => 'Priority', done_at => '{"resolution": "solved"}',
	metrics => '{resolution}', changed_at => 'changed', replicated => true); SELECT slt_detach('keyless')});
like($keyless, qr/WARNING:  01000: table "keyless" is replicated, and has no primary key\nDETAIL:.*HINT:/s, 'a table without a primary key is warned of');
unlike($keyless, qr/no column says when/, 'and of nothing else');
unlike(slurp_file($own->logfile), qr/ ERROR: | WARNING: (?!.*is replicated)/, 'the log has no error and no warning');
$own->safe_psql('postgres', 'DROP SUBSCRIPTION slt');
done_testing();
