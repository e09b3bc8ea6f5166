# More than one machine: doc/scale.md with two databases for servers, and tables made by LIKE for shards: what is attached
# by the name in its trigger, one policy on each, and who says that it is not.
use strict;
use warnings;
use Cwd;
use IPC::Run;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;

my $node = new_server('nodes', bare => 1, conf => "shared_preload_libraries = 'slt'\nslt.worker = off\n");
$node->safe_psql('postgres', "CREATE DATABASE $_") for qw(one two);

# Returns what a query gives in a database.
sub in_database
{
	my ($database, $query) = @_;

	return $node->safe_psql($database, $query);
}

# Takes away what cannot be seen, and how wide columns are.
sub trim
{
	my ($text) = @_;

	return $text =~ s/[ \t]+$//gmr =~ s/ {2,}/ /gr =~ s/-{3,}/---/gr =~ s/\A\n+|\s+\z//gr;
}

# ---------- the page ----------

my $page = slurp_file(source_file('doc/scale.md'));
my $folder = PostgreSQL::Test::Utils::tempdir();
my $has_fdw = in_database('postgres', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'postgres_fdw'});
my $number = 0;
while ($page =~ /^<!-- in database (?<database>\w+) -->\n```sql\n(?<sql>.*?)^```\n(?:```text\n(?<output>.*?)^```\n)?/gms)
{
	my ($database, $sql, $output) = @+{qw(database sql output)};
	my ($got, $error) = ('', '');

	$number++;
	if ($sql =~ /postgres_fdw/ && !$has_fdw)
	{
		$node->safe_psql($database, 'CREATE EXTENSION slt');
		next;
	}
	$sql =~ s/host 'helpdesk\.example\.com'/sprintf "host '%s', port '%s'", $node->host, $node->port/e;
	$sql =~ s{policy\.json}{$folder/policy.json}g;
	IPC::Run::run([ 'psql', '-Xq', '-v', 'SHOW_CONTEXT=never', '-h', $node->host, '-p', $node->port, '-d', $database ], '<', \"SET timezone = 'Africa/Cairo';\n$sql", '>', \$got, '2>', \$error);
	$error =~ s/^NOTICE:  .*? was attached\nHINT:  Run next:\n(?:(?:CREATE|CALL) .*\n)*//m;
	is(trim("$got$error"), trim($output // ''), "block $number of the page, in database $database");
}
cmp_ok($number, '>', 5, 'the page has examples');

# ---------- shards ----------

# Runs a statement on all nodes, as run_command_on_all_nodes() of Citus does.
sub on_all_nodes
{
	my ($statement) = @_;

	return join '|', map { in_database($_, $statement) } qw(coordinator worker_1 worker_2);
}

# Returns the policy of the coordinator as SQL writes a constant.
sub policy
{
	return q{$policy$} . in_database('coordinator', 'SELECT slt_export()') . q{$policy$::jsonb};
}

for my $database (qw(coordinator worker_1 worker_2))
{
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, q{CREATE EXTENSION slt; CREATE TABLE tickets (id int PRIMARY KEY, opened timestamptz, closed timestamptz, sev text, state text)});
}
my $attach = q{SELECT slt_attach('tickets', 'opened', severity => 'sev', contract_value => 'Standard', done_at => '{"resolution": "closed"}', metrics => '{resolution}', status => 'state', paused_when => '{hold}', announce_from => NULL)};
in_database('coordinator', q{INSERT INTO slt_calendars (name, calendar) VALUES ('always', 'UTC 24/7'); UPDATE slt_contracts SET calendar = 'always' WHERE name = 'Standard'; INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', '2040-01-01', 'x')});
in_database('coordinator', $attach);
# what a cluster does with the statements of slt_attach: columns and triggers come to each node's table, and to each shard, whose trigger has the number of the shard
for my $worker (1, 2)
{
	in_database("worker_$worker", q{ALTER TABLE tickets ADD slt_resolution_due timestamptz, ADD slt_resolution_met boolean, ADD slt_resolution_runs timestamptz[], ADD slt_status_at timestamptz[], ADD slt_status_became text[], ADD slt_announce_at timestamptz;
		CREATE TRIGGER zz_slt_stamp BEFORE INSERT OR UPDATE ON tickets FOR EACH ROW EXECUTE FUNCTION slt_stamp('public.tickets')});
	for my $shard (1, 2)
	{
		in_database("worker_$worker", qq{CREATE TABLE tickets_10200$worker$shard (LIKE tickets INCLUDING ALL);
			CREATE TRIGGER zz_slt_stamp_10200$worker$shard BEFORE INSERT OR UPDATE ON tickets_10200$worker$shard FOR EACH ROW EXECUTE FUNCTION slt_stamp('public.tickets')});
	}
}
my $insert = q{INSERT INTO %s (id, opened, sev, state) VALUES (%d, now() - interval '3 days', 'S1', 'new')};
like(run_sql($node, 'worker_1', sprintf $insert, 'tickets_1020011', 1) . '', qr/WARNING:  .*table "tickets_1020011" is not attached/, 'before the import, a shard warns that it is not attached');
my $document = policy();
# on a node, statements about the table itself are refused
in_database('worker_1', q{CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'operation is not allowed on this node: %', tg_tag; END $$;
	CREATE EVENT TRIGGER refuse ON ddl_command_start EXECUTE FUNCTION refuse()});
like(on_all_nodes("SELECT count(*) FROM slt_import($document)"), qr/^0\|\d+\|\d+$/, 'the policy is imported on each node, and makes nothing where the columns and the trigger are');
in_database('worker_1', 'DROP EVENT TRIGGER refuse');
is(on_all_nodes("SELECT count(*) FROM slt_import($document)"), '0|0|0', 'once');
my $fingerprints = on_all_nodes('SELECT slt_policy_fingerprint()');
like($fingerprints, qr/^(\w{64})\|\1\|\1$/, 'all have one fingerprint');
is(on_all_nodes('SELECT count(*), count(problem) FROM slt_attached()') =~ s/\|0(?=\||$)//gr, '1|1|1', 'and the table is attached on each, and nothing is wrong');

for my $worker (1, 2)
{
	in_database("worker_$worker", sprintf($insert, "tickets_10200$worker$_", 10 * $worker + $_)) for 1, 2;
}
my $due = q{SELECT slt_resolution_due - opened FROM %s WHERE id = %d};
is(in_database('worker_1', sprintf $due, 'tickets_1020011', 11), '2 days', 'a ticket of a shard has the deadline of the policy') or diag(in_database('worker_1', 'SELECT t FROM tickets_1020011 t'));
is(in_database('worker_2', sprintf $due, 'tickets_1020022', 22), '2 days', 'on each node');
is(in_database('worker_1', q{SELECT slt_resolution_due IS NULL FROM tickets_1020011 WHERE id = 1}), 't', 'what was written before is not stamped');
in_database('worker_1', q{CALL slt_backfill('tickets')});
is(in_database('worker_1', sprintf $due, 'tickets_1020011', 1), '2 days', 'until it is backfilled, on its node');

# ---------- sweeps, events, reports: each node's ----------

is(on_all_nodes('SELECT slt_sweep()'), '0|3|2', 'each node sweeps its own shards');
is(on_all_nodes(q{SELECT string_agg(key || ' ' || kind, ',' ORDER BY key::int) FROM slt_take_events('pager')}), '|1 breached,11 breached,12 breached|21 breached,22 breached', 'and events are taken from each');
my $shards = q{FROM (SELECT c.oid::regclass AS shard FROM pg_class c WHERE c.relname ~ '^tickets_' AND c.relkind = 'r' ORDER BY 1) s};
is(on_all_nodes("SELECT coalesce(sum(r.breached), 0) $shards, slt_report(s.shard) r"), '0|3|2', 'reports are of shards, and add up');
is(on_all_nodes("SELECT count(*) $shards, slt_tickets(s.shard, 'breached')"), '0|3|2', 'and lists');
is(in_database('worker_1', q{SELECT c.state FROM tickets_1020011 t, slt_clocks(t) c WHERE t.id = 11}), 'breached', 'a row of a shard has its clocks');
in_database('worker_1', q{UPDATE tickets_1020011 SET state = 'hold' WHERE id = 11});
is(in_database('worker_1', q{SELECT slt_status_became FROM tickets_1020011 WHERE id = 11}), '{new,hold}', 'and its history');

# ---------- a policy that is another somewhere ----------

in_database('coordinator', q{UPDATE slt_targets SET amount = '5 working days' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'resolution'});
like(on_all_nodes('SELECT problem FROM slt_attached()'), qr/^The policy here is another than the one that was imported[^|]*\|\|$/, 'where it was edited, the policy is another than that of the attachment, and it says so');
is(on_all_nodes(q{SELECT count(*) FROM slt_restamp('tickets')}), '0|0|0', 'the others go by theirs');
on_all_nodes('SELECT count(*) FROM slt_import(' . policy() . ')');
is(on_all_nodes('SELECT problem FROM slt_attached()'), '||', 'until it is imported on all');
is(on_all_nodes(q{SELECT count(*) FROM slt_restamp('tickets')}), '0|3|2', 'by which deadlines move on all');
in_database('worker_2', q{INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', '2041-01-01', 'only here')});
like(on_all_nodes('SELECT problem FROM slt_attached()'), qr/^\|\|The policy here is another/, 'a node that was edited by itself says so');
my ($output, $messages) = run_sql($node, 'worker_2', 'SELECT section, name, change FROM slt_import(' . policy() . q{ - 'holidays')});
like($messages, qr/WARNING:  01000: the policy is another than that of which the document is\nDETAIL:  Its fingerprint is \w+ here, and \w+ in the document\./, 'an import that leaves out what differs warns');
like(in_database('worker_2', 'SELECT problem FROM slt_attached()'), qr/^The policy here is another/, 'and the node still says so');
is(in_database('worker_2', 'SELECT name || change FROM slt_import(' . policy() . ')'), 'Egypt, 2041-01-01removed', 'the whole document mends it');
is(in_database('worker_2', 'SELECT problem FROM slt_attached()'), '', 'and then nothing is wrong');
in_database('worker_2', 'SELECT count(*) FROM slt_import(' . policy() . q{ - 'fingerprint')});
in_database('worker_2', q{INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', '2041-01-01', 'only here')});
is(in_database('worker_2', 'SELECT problem FROM slt_attached()'), '', 'without a fingerprint in the document nobody is held to it');

# ---------- shards of others, and what is put there ----------

in_database('worker_1', q{CREATE ROLE other; GRANT CREATE ON SCHEMA public TO other; GRANT SELECT ON tickets TO other; SET ROLE other; CREATE TABLE theirs (LIKE tickets INCLUDING ALL);
	CREATE TRIGGER zz_slt_stamp BEFORE INSERT OR UPDATE ON theirs FOR EACH ROW EXECUTE FUNCTION slt_stamp('public.tickets')});
like(run_sql($node, 'worker_1', sprintf $insert, 'theirs', 1) . '', qr/WARNING:  .*table "theirs" is not attached/, 'a table of another owner is no shard');
in_database('worker_1', q{ALTER TABLE tickets_1020012 DISABLE TRIGGER zz_slt_stamp_1020012});
like(in_database('worker_1', 'SELECT problem FROM slt_attached()'), qr/trigger "zz_slt_stamp_1020012" of table "tickets_1020012" is disabled; ALTER TABLE public\.tickets_1020012 ENABLE TRIGGER zz_slt_stamp_1020012\./, 'a shard whose trigger is disabled is told of by its names');
in_database('worker_1', q{ALTER TABLE tickets_1020012 ENABLE TRIGGER zz_slt_stamp_1020012});
in_database('worker_1', q{ALTER TABLE tickets_1020012 RENAME COLUMN opened TO began});
like(in_database('worker_1', 'SELECT problem FROM slt_attached()'), qr/^Column "opened" of table "tickets_1020012" does not exist\./, 'and so is one whose columns have other names');
in_database('worker_1', q{ALTER TABLE tickets_1020012 RENAME COLUMN began TO opened});
in_database('worker_1', q{DROP TABLE theirs; SELECT slt_detach('tickets')});
is(in_database('worker_1', q{SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'zz_slt_stamp%'}), '0', 'a detached table takes the triggers of its shards, whatever they are called');

# ---------- many tables, of which few have something to do ----------

$node->safe_psql('postgres', 'CREATE DATABASE indexed');
$node->safe_psql('indexed', q{CREATE EXTENSION slt; INSERT INTO slt_calendars (name, calendar) VALUES ('always', 'UTC 24/7'); UPDATE slt_contracts SET calendar = 'always'});
# by a good index the sweep knows that there is nothing to do; by another it must not
for my $index (
	'', '(slt_announce_at)', '(slt_announce_at) WHERE slt_announce_at IS NOT NULL', '(slt_announce_at, id)', '(slt_announce_at DESC)', '(slt_announce_at NULLS FIRST)', '(slt_announce_at) WHERE id < 0', '(slt_announce_at) WHERE slt_announce_at IS NULL',
	'(slt_announce_at) WHERE opened IS NOT NULL', '(id, slt_announce_at)', '(timezone(\'UTC\', slt_announce_at))', 'USING hash (slt_announce_at)', 'USING brin (slt_announce_at)')
{
	$node->safe_psql('indexed', qq{DELETE FROM slt_events; CREATE TABLE t (id int PRIMARY KEY, opened timestamptz, closed timestamptz);
		SELECT slt_attach('t', 'opened', severity_value => 'S1', contract_value => 'Standard', done_at => '{"resolution": "closed"}', metrics => '{resolution}', announce_from => NULL);} . ($index ? "CREATE INDEX ON t $index" : ''));
	$node->safe_psql('indexed', q{INSERT INTO t VALUES (1, now(), NULL), (2, now() - interval '10 days', NULL), (3, now() - interval '10 days', now()), (4, NULL, NULL)});
	is($node->safe_psql('indexed', q{SELECT slt_sweep(); SELECT slt_sweep(); UPDATE t SET opened = opened - interval '20 days' WHERE id = 1; SELECT slt_sweep(); SELECT slt_sweep()}), "1\n0\n1\n0", 'a sweep finds what is due ' . ($index ? "with an index $index" : 'without an index'));
	$node->safe_psql('indexed', q{SELECT slt_detach('t'); DROP TABLE t});
}

# ---------- arithmetic ----------

is(in_database('one', q{SELECT string_agg(DISTINCT provolatile::text, '') FROM pg_proc WHERE proname IN ('working_add', 'working_between', 'is_working', 'next_working', 'previous_working', 'working_periods', 'is_due') AND 'working_calendar'::regtype = ANY (proargtypes)}),
	'i', 'arithmetic over calendar values is immutable');
done_testing();
