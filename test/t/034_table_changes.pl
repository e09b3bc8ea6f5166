# Attached tables, and the policy, as they change later: partitions and children, copies and swaps, columns that are
# renamed, dropped or of another type, names of the policy that are renamed or deleted.  Whatever keeps a ticket from
# its deadline is said once to whoever writes, and by slt_attached(), with what to type.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;

my $node = new_server('table_changes', bare => 1);
my $ten = q{'2026-02-02 10:00+02'};
my $due = 'Wed 02-04 10:00';
my $good = q{severity_value => 'S1', contract_value => 'Standard', done_at => '{"resolution": "resolved"}'};
my $problem = sub { my ($database, $name) = @_; return value_in($node, $database, "SELECT coalesce(problem, '-') || ' ' || coalesce(unstamped::text, '-') FROM slt_attached() WHERE name = '$name'") };

# ---------- partitions ----------

new_database($node, 'trees');
$node->safe_psql('trees', <<"SQL");
CREATE TABLE p (gone int, id int, opened timestamptz, resolved timestamptz, status text) PARTITION BY LIST (status);
ALTER TABLE p DROP gone;
CREATE TABLE p_a PARTITION OF p FOR VALUES IN ('a') PARTITION BY RANGE (id);
CREATE TABLE p_a1 PARTITION OF p_a FOR VALUES FROM (0) TO (100);
CREATE TABLE p_b (status text, resolved timestamptz, opened timestamptz, id int);
ALTER TABLE p ATTACH PARTITION p_b FOR VALUES IN ('b');
INSERT INTO p (id, opened, status) VALUES (10, $ten, 'a'), (20, $ten, 'b');
SELECT slt_attach('p', 'opened', $good, key => 'id', status => 'status', paused_when => '{b}');
SQL
my $stamped = sub { my ($what) = @_; return value_in($node, 'trees', "WITH x AS ($what RETURNING tableoid::regclass AS t, id, slt_resolution_due AS due) SELECT t, id, shown.at(due) FROM x ORDER BY id") };
is($problem->('trees', 'public.p'), '- 2', 'two rows in partitions of partitions are unstamped');
is(value_in($node, 'trees', q{CALL slt_backfill('p'); SELECT id, tableoid::regclass, shown.at(slt_resolution_due) FROM p ORDER BY id}), "10|p_a1|$due\n20|p_b|infinity", 'the backfill goes to the leaves, whatever the order of their columns');
is($stamped->("INSERT INTO p (id, opened, status) VALUES (1, $ten, 'a'), (2, $ten, 'b')"), "p_a1|1|$due\np_b|2|infinity", 'rows are stamped in each of them');
is($stamped->("INSERT INTO p_b (id, opened, status) VALUES (3, $ten, 'b')"), 'p_b|3|infinity', 'and when they are written there directly');
is(value_in($node, 'trees', q{BEGIN; UPDATE p SET status = 'b' WHERE id = 1; SELECT tableoid::regclass, slt_status_became, shown.at(slt_resolution_due) FROM p WHERE id = 1; UPDATE p SET status = 'a' WHERE id = 1;
	SELECT tableoid::regclass, slt_status_became, shown.at(slt_resolution_due) FROM p WHERE id = 1; ROLLBACK}), "p_b|{a,b}|$due\np_a1|{a,b,a}|$due", 'a row that moves to another partition takes its history with it');
like(value_in($node, 'trees', "SELECT slt_attach('p_b', 'opened', $good)"), qr/ERROR:  42809/, 'a partition is not attached by itself');
is(value_in($node, 'trees', "CREATE TABLE p_c PARTITION OF p FOR VALUES IN ('c')") . $stamped->("INSERT INTO p (id, opened, status) VALUES (4, $ten, 'c')"), "p_c|4|$due", 'a new partition has it all');
$node->safe_psql('trees', "CREATE TABLE p_d (LIKE p INCLUDING ALL); INSERT INTO p_d (id, opened, status) VALUES (5, $ten, 'd'); ALTER TABLE p ATTACH PARTITION p_d FOR VALUES IN ('d')");
is($problem->('trees', 'public.p'), '- 1', 'a row of a partition that was attached later is unstamped, and slt_attached() counts it');
is(value_in($node, 'trees', q{CALL slt_backfill('p'); SELECT shown.at(slt_resolution_due) FROM p WHERE id = 5}) . "\n" . $problem->('trees', 'public.p'), "$due\n- 0", 'the backfill stamps it');
$node->safe_psql('trees', "ALTER TABLE p DETACH PARTITION p_b");
is($problem->('trees', 'public.p'), '- 0', 'a partition is detached: nothing is wrong');
is(value_in($node, 'trees', "INSERT INTO p_b (id, opened, status) VALUES (6, $ten, 'b') RETURNING slt_resolution_due IS NULL"), 't', 'and it is a table like others');
is(value_in($node, 'trees', q{SELECT slt_detach('p'); SELECT count(*) FROM pg_trigger WHERE tgname = 'zz_slt_stamp'; SELECT count(*) FROM pg_attribute WHERE attrelid = 'p_a1'::regclass AND attname = 'slt_resolution_due'}) =~ s/^\s+//r, "0\n1",
	'a tree is detached');

# three hundred partitions: locked, stamped, reported, swept and detached as one
is(value_in($node, 'trees', <<"SQL"), "300\n300|1\n600\n600\n0\n0", 'three hundred partitions');
SET client_min_messages = error;
CREATE TABLE many (id int, opened timestamptz, resolved timestamptz) PARTITION BY LIST (id);
DO \$\$ BEGIN FOR i IN 1 .. 300 LOOP EXECUTE format('CREATE TABLE many_%s PARTITION OF many FOR VALUES IN (%s)', i, i); END LOOP; END \$\$;
INSERT INTO many SELECT n, '2025-02-02 10:00+02' FROM generate_series(1, 300) n;
DO \$\$ BEGIN PERFORM slt_attach('many', 'opened', $good, key => 'id', announce_from => NULL); END \$\$;
SELECT unstamped FROM slt_attached() WHERE name = 'public.many';
CALL slt_backfill('many');
SELECT count(slt_resolution_due), count(DISTINCT slt_resolution_due) FROM many;
SELECT sum(opened) FROM slt_report('many');
SELECT slt_sweep();
SELECT count(*) FROM slt_restamp('many');
DO \$\$ BEGIN PERFORM slt_detach('many', false); END \$\$;
SELECT count(*) FROM pg_trigger WHERE tgname = 'zz_slt_stamp';
DROP TABLE many;
SQL

# ---------- children, and tables that were given the trigger ----------

$node->safe_psql('trees', <<"SQL");
CREATE TABLE base (id int PRIMARY KEY, opened timestamptz, resolved timestamptz, severity text);
CREATE TABLE child (more text) INHERITS (base);
SELECT slt_attach('base', 'opened', severity => 'severity', contract_value => 'Standard', done_at => '{"resolution": "resolved"}');
SQL
is($stamped->("INSERT INTO base (id, opened, severity) VALUES (1, $ten, 'S1')") . "\n" . $stamped->("INSERT INTO child (id, opened, severity) VALUES (2, $ten, 'S2')"), "base|1|$due\nchild|2|Thu 02-05 10:00", 'children are attached with their parent');
$node->safe_psql('trees', 'CREATE TABLE late_child () INHERITS (child)');
is($stamped->("INSERT INTO late_child (id, opened, severity) VALUES (3, $ten, 'S1')"), 'late_child|3|-', 'a child that came later has no trigger yet');
like($problem->('trees', 'public.base'), qr/^The trigger "zz_slt_stamp" of table "late_child" is gone.*slt_attach\(\) again/, 'slt_attached() says so');
$node->safe_psql('trees', q{SELECT slt_attach('base', 'opened', severity => 'severity', contract_value => 'Standard', done_at => '{"resolution": "resolved"}')});
is($problem->('trees', 'public.base'), '- 1', 'slt_attach() again mends it');
is(value_in($node, 'trees', q{CALL slt_backfill('base'); SELECT shown.at(slt_resolution_due) FROM base WHERE id = 3}), $due, 'and the backfill stamps what was there');
# of many parents each is looked at once, however many ways lead there
$node->safe_psql('trees', join '; ', 'CREATE TABLE far0a (id int); CREATE TABLE far0b (id int)', map { my $n = $_; map { "CREATE TABLE far$n$_ () INHERITS (far@{[ $n - 1 ]}a, far@{[ $n - 1 ]}b)" } 'a', 'b' } 1 .. 24);
like((run_sql($node, 'trees', q{SET statement_timeout = '60s'; CREATE TRIGGER s BEFORE INSERT ON far24a FOR EACH ROW EXECUTE FUNCTION slt_stamp('none'); INSERT INTO far24a VALUES (1)}))[1], qr/WARNING: .*table "far24a" is not attached to slt/, 'a child of a child in sixteen million ways');
$node->safe_psql('trees', 'DROP TABLE far0a, far0b CASCADE');
my $like = "CREATE TABLE alike (LIKE base INCLUDING ALL); INSERT INTO alike (id, opened, severity) VALUES (1, $ten, 'S1'); ";
is(value_in($node, 'trees', $like . q{SELECT slt_resolution_due IS NULL FROM alike}), 't', 'LIKE copies no trigger');
$node->safe_psql('trees', q{CREATE TRIGGER zz_slt_stamp BEFORE INSERT OR UPDATE ON alike FOR EACH ROW EXECUTE FUNCTION slt_stamp('public.base')});
is($stamped->("INSERT INTO alike (id, opened, severity) VALUES (2, $ten, 'S2')"), 'alike|2|Thu 02-05 10:00', 'a table made by LIKE that is given the trigger goes by the attachment that it names');
is($problem->('trees', 'public.base'), '- 0', 'the counting is of the attached table') or note($problem->('trees', 'public.base'));
is(value_in($node, 'trees', q{CALL slt_backfill('base'); SELECT shown.at(slt_resolution_due) FROM alike WHERE id = 1}), $due, 'the backfill goes there as well');
is(value_in($node, 'trees', q{SELECT string_agg(key || state, ',' ORDER BY key) FROM slt_tickets('alike') WHERE metric = 'resolution'}), '1breached,2breached', 'slt_tickets() has its tickets');
is(value_in($node, 'trees', q{SELECT count(*) FROM alike t, slt_clocks(t)}), '4', 'and slt_clocks()');
is(value_in($node, 'trees', q{UPDATE slt_attachments SET announce_from = NULL; SELECT slt_restamp('base') IS NULL; UPDATE base SET slt_announce_at = opened; UPDATE alike SET slt_announce_at = opened; SELECT slt_sweep() > 0;
	SELECT count(DISTINCT table_name) FROM slt_events WHERE table_name IN ('base', 'child', 'alike', 'public.alike', 'public.base')}) =~ /^t\n(\d)/m ? 1 : 0, 1, 'and the sweep');
$node->safe_psql('trees', q{CREATE ROLE other LOGIN; GRANT ALL ON SCHEMA public TO other; GRANT SELECT ON base TO other; GRANT ALL ON SCHEMA shown TO other});
my ($given, $said) = run_sql($node, 'trees', "CREATE TABLE foreign_one (LIKE base INCLUDING ALL); CREATE TRIGGER zz_slt_stamp BEFORE INSERT OR UPDATE ON foreign_one FOR EACH ROW EXECUTE FUNCTION slt_stamp('public.base');
	INSERT INTO foreign_one (id, opened, severity) VALUES (1, $ten, 'S1') RETURNING slt_resolution_due IS NULL", role => 'other');
is($given, 't', 'a table of another owner does not go by it');
like($said, qr/^WARNING:  01000: table "foreign_one" is not attached/m, 'which is said');
is(value_in($node, 'trees', q{SELECT slt_detach('base', false); SELECT count(*) FROM pg_trigger WHERE tgname = 'zz_slt_stamp' AND tgrelid <> 'foreign_one'::regclass; SELECT count(*) FROM pg_attribute WHERE attrelid IN ('base'::regclass, 'late_child'::regclass) AND attname LIKE 'slt%'}) =~ s/^\s+//r,
	"0\n0", 'detached: the trigger is gone from all of them');

# ---------- columns ----------

new_database($node, 'later');

# Makes a table of tickets and attaches it.
sub ticket_table
{
	my ($name) = @_;

	$node->safe_psql('later', <<"SQL");
CREATE TABLE $name (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, opened timestamptz, severity text, contract text, status text DEFAULT 'open', responded timestamptz, resolved timestamptz, changed timestamptz, note text);
SELECT slt_attach('$name', 'opened', severity => 'severity', contract => 'contract', done_at => '{"response": "responded", "resolution": "resolved"}', status => 'status', paused_when => '{stalled}', changed_at => 'changed');
SQL
	return;
}
ticket_table('renamed');
$node->safe_psql('later', "INSERT INTO renamed (opened, severity, contract) VALUES ($ten, 'S1', 'Standard')");
$node->safe_psql('later', 'ALTER TABLE renamed RENAME severity TO urgency; ALTER TABLE renamed RENAME opened TO opened_on; ALTER TABLE renamed RENAME resolved TO done; ALTER TABLE renamed RENAME status TO state; ALTER TABLE renamed RENAME slt_resolution_due TO my_due');
my $insert = "INSERT INTO renamed (opened_on, urgency, contract, done) VALUES ($ten, 'S1', 'Standard', '2026-02-04 10:00+02') RETURNING shown.stamp(my_due, slt_resolution_met)";
is(run_sql($node, 'later', $insert) . '', "$due yes", 'columns are renamed, a stamp\'s among them: new rows are stamped');
is(value_in($node, 'later', q{UPDATE renamed SET urgency = 'S2' WHERE id = 1; SELECT shown.at(my_due) FROM renamed WHERE id = 1}), 'Thu 02-05 10:00', 'and old ones');
is(value_in($node, 'later', q{UPDATE renamed SET state = 'stalled', changed = '2026-02-02 11:00+02' WHERE id = 1; SELECT my_due FROM renamed WHERE id = 1; SELECT count(*) FROM slt_tickets('renamed')}), "infinity\n4", 'the status is found');
is($problem->('later', 'public.renamed'), '- 0', 'slt_attached() sees no problem');
is(value_in($node, 'later', q{SELECT slt_sweep() IS NULL; SELECT settings->>'severity', settings->>'opened_at', settings->'done_at'->>'resolution', settings->>'status' FROM slt_attached() WHERE name = 'public.renamed'}), "f\nurgency|opened_on|done|state",
	'after the next sweep the settings have the names of now');
is(value_in($node, 'later', q{ALTER TABLE renamed RENAME urgency TO u2; ALTER TABLE renamed RENAME state TO urgency; SELECT slt_sweep() IS NULL; SELECT settings->>'severity', settings->>'status' FROM slt_attached() WHERE name = 'public.renamed';
	INSERT INTO renamed (opened_on, u2, urgency, contract) VALUES (} . $ten . q{, 'S1', 'open', 'Standard') RETURNING shown.at(my_due)}), "f\nu2|urgency\n$due", 'also where another column takes the name of one');
$node->safe_psql('later', 'CREATE TABLE two_codes (id int PRIMARY KEY, opened timestamptz, impact int, urgency int, resolved timestamptz);'
	. q{SELECT slt_attach('two_codes', 'opened', severity => 'impact, urgency', severity_map => '{"1,1": "S1", "*": "S3"}', contract_value => 'Standard', done_at => '{"resolution": "resolved"}'); ALTER TABLE two_codes RENAME impact TO effect});
is(value_in($node, 'later', "INSERT INTO two_codes VALUES (1, $ten, 1, 1), (2, $ten, 1, NULL) RETURNING shown.at(slt_resolution_due)"), "$due\nSun 02-08 10:00", 'one of several columns of a code is renamed');
is(value_in($node, 'later', q{SELECT slt_sweep() IS NULL; SELECT settings->>'severity' FROM slt_attached() WHERE name = 'public.two_codes'}), "f\neffect,urgency", 'which the settings follow');

for my $column ('severity', 'resolved', 'status', 'changed', 'slt_resolution_due', 'slt_response_runs', 'slt_response_met', 'slt_status_at', 'slt_announce_at')
{
	ticket_table("drop_$column");
	$node->safe_psql('later', "INSERT INTO drop_$column (opened, contract, severity) VALUES ($ten, 'Standard', 'S1'); ALTER TABLE drop_$column DROP COLUMN $column");
	my $statement = "INSERT INTO drop_$column (opened, contract" . ($column eq 'severity' ? '' : ', severity') . ") VALUES ($ten, 'Standard'" . ($column eq 'severity' ? '' : ", 'S1'") . ');';
	my (undef, $messages) = run_sql($node, 'later', $statement . $statement);

	like($messages, qr/^WARNING:  \w{5}: .*\b$column\b.*\nHINT:  .*slt_attach/s, "column $column is dropped: the message says what to do");
	is(scalar(() = $messages =~ /^WARNING/mg), 1, '... once a session');
	is(value_in($node, 'later', "SELECT count(*) FROM drop_$column"), '3', '... and the tickets are written');
	like($problem->('later', "public.drop_$column"), qr/\b$column\b.*slt_attach/, '... slt_attached() says it as well');
	is(value_in($node, 'later', "SELECT slt_sweep() IS NULL"), 'f', '... and the sweep goes on');
	if ($column =~ /^slt_/)
	{
		my $again = "SET client_min_messages = error; SELECT slt_attach('drop_$column', 'opened', severity => 'severity', contract => 'contract', done_at => '{\"response\": \"responded\", \"resolution\": \"resolved\"}', status => 'status', changed_at => 'changed') IS NULL";
		is(value_in($node, 'later', "$again; CALL slt_backfill('drop_$column'); SELECT count(slt_resolution_due) FROM drop_$column") . "\n" . $problem->('later', "public.drop_$column"), "f\n3\n- 0", '... slt_attach() adds it again, and the backfill fills it');
	}
	$node->safe_psql('later', "DROP TABLE drop_$column; SELECT slt_detach(ticket_table) FROM slt_attached() WHERE problem LIKE '%not exist any more%'");
}
ticket_table('retyped');
$node->safe_psql('later', 'ALTER TABLE retyped ALTER resolved TYPE date');
like(run_sql($node, 'later', "INSERT INTO retyped (opened, severity, contract, resolved) VALUES ($ten, 'S1', 'Standard', '2026-02-04')") . '', qr/WARNING: .*resolved.*\nHINT:  .*timestamptz/s, 'a column has another type: the message says what it must be');
like($problem->('later', 'public.retyped'), qr/resolved/, 'and slt_attached() says so');
is(value_in($node, 'later', qq{ALTER TABLE retyped ALTER resolved TYPE timestamptz; INSERT INTO retyped (opened, severity, contract) VALUES ($ten, 'S1', 'Standard') RETURNING shown.at(slt_resolution_due)}), $due, 'it works when it is as it was');
is(value_in($node, 'later', qq{ALTER TABLE retyped ALTER opened TYPE timestamp USING opened AT TIME ZONE 'UTC', ALTER severity TYPE varchar(10), ALTER status TYPE char(10); INSERT INTO retyped (opened, severity, contract) VALUES ('2026-02-02 08:00', 'S1', 'Standard') RETURNING shown.at(slt_resolution_due)}), $due,
	'types that do change nothing that matters, as the application\'s next version makes them');
is(value_in($node, 'later', "ALTER TABLE retyped ADD extra int, DROP COLUMN note; INSERT INTO retyped (opened, severity, contract) VALUES ('2026-02-02 08:00', 'S2', 'Standard') RETURNING shown.at(slt_resolution_due)"), 'Thu 02-05 10:00', 'other columns come and go');
$node->safe_psql('later', 'ALTER TABLE retyped DISABLE TRIGGER zz_slt_stamp');
like($problem->('later', 'public.retyped'), qr/disabled; ALTER TABLE public.retyped ENABLE TRIGGER zz_slt_stamp/, 'a trigger that is disabled');
$node->safe_psql('later', 'ALTER TABLE retyped ENABLE TRIGGER zz_slt_stamp; DROP TRIGGER zz_slt_stamp ON retyped');
like($problem->('later', 'public.retyped'), qr/The trigger "zz_slt_stamp" of table "retyped" is gone.*slt_attach\(\) again/, 'or gone');

# ---------- tables that are moved, dropped, copied and swapped ----------

ticket_table('moved');
is(value_in($node, 'later', qq{INSERT INTO moved (opened, severity, contract) VALUES ($ten, 'S1', 'Standard'); ALTER TABLE moved RENAME TO "Moved Away"; CREATE SCHEMA far; ALTER TABLE "Moved Away" SET SCHEMA far;
	INSERT INTO far."Moved Away" (opened, severity, contract) VALUES ($ten, 'S2', 'Standard'); SELECT key, shown.at(due) FROM slt_tickets('far."Moved Away"') WHERE metric = 'resolution' ORDER BY key;
	SELECT name, ticket_table FROM slt_attached() WHERE problem IS NULL AND ticket_table::text ~ 'Away'}), qq{1|$due\n2|Thu 02-05 10:00\npublic.moved|far."Moved Away"}, 'a table is renamed and moved');
is(value_in($node, 'later', q{DROP TABLE far."Moved Away"; SELECT regexp_replace(problem, '\d+', 'OID') FROM slt_attached() WHERE name = 'public.moved'; SELECT slt_sweep() IS NULL}), "The table does not exist any more; SELECT slt_detach(OID).\nf", 'a table is dropped: slt_attached() says so, and the others are served');
is(value_in($node, 'later', qq{SELECT substring(problem FROM 'SELECT .*[)]') FROM slt_attached() WHERE name = 'public.moved' \\gexec\nSELECT count(*) FROM slt_attached() WHERE name = 'public.moved'}) =~ s/^\s+//r, '0', 'and what it says to type removes its settings');
for my $way ('LIKE', 'AS TABLE')
{
	my $name = 'swapped_' . lc $way =~ s/ /_/r;
	my $create = $way eq 'LIKE' ? "(LIKE $name INCLUDING ALL)" : "AS TABLE $name";
	ticket_table($name);
	$node->safe_psql('later', "CREATE TABLE ${name}_new $create; ALTER TABLE $name RENAME TO ${name}_old; ALTER TABLE ${name}_new RENAME TO $name");
	like($problem->('later', "public.$name"), qr/^Table "public.$name" took the place of the attached one, which is called "${name}_old" now, and has no trigger; SELECT slt_detach\('public.${name}_old'\), and slt_attach\('public.$name', \.\.\.\)/,
		"a table is swapped for a copy ($way): slt_attached() says what happened and what to type");
	$node->safe_psql('later', "CREATE TRIGGER zz_slt_stamp BEFORE INSERT OR UPDATE ON $name FOR EACH ROW EXECUTE FUNCTION slt_stamp('public.$name')");
	is($problem->('later', "public.$name"), '- 0', '... with the trigger it goes by the old one\'s settings');
	$node->safe_psql('later', "DROP TABLE ${name}_old CASCADE");
	like($problem->('later', "public.$name"), qr/^The table does not exist any more/, '... until that is dropped');
	is(value_in($node, 'later', "SELECT slt_detach(ticket_table) FROM slt_attached() WHERE name = 'public.$name'; ALTER TABLE $name " . ($way eq 'LIKE' ? 'ALTER id SET DEFAULT 5' : 'ADD PRIMARY KEY (id)') . "; SELECT slt_attach('$name', 'opened', severity => 'severity', contract => 'contract', done_at => '{\"resolution\": \"resolved\"}') IS NULL") =~ s/^\s+//r
		=~ s/\nERROR.*identity.*//r, 'f', '... and it is attached') if $way ne 'LIKE';
}
like(run_sql($node, 'later', "CREATE TABLE by_hand (id int, opened timestamptz); CREATE TRIGGER by_hand BEFORE INSERT ON by_hand FOR EACH ROW EXECUTE FUNCTION slt_stamp(); INSERT INTO by_hand VALUES (1); SELECT count(*) FROM by_hand") . '', qr/WARNING: .*"by_hand" is not attached.*^1|^1.*WARNING/sm,
	'a trigger that was put there by hand says so, and stops nobody');

# ---------- names of the policy ----------

new_database($node, 'names');
$node->safe_psql('names', <<'SQL');
CREATE TABLE t (id int PRIMARY KEY, opened timestamptz, severity text, plan text, cal text, kind text, resolved timestamptz);
SELECT slt_attach('t', 'opened', severity => 'severity', severity_map => '{"90": "critical", "50": "s2", "x": null, "*": "S3"}', contract_value => 'STANDARD', calendar => 'cal', calendar_map => '{"eg": "egypt"}',
	request_kind => 'kind', request_kind_map => '{"d": "diagnosis"}', done_at => '{"resolution": "resolved"}');
SQL
my $row = "INSERT INTO t VALUES (1, $ten, '90', NULL, 'eg', 'd') ON CONFLICT (id) DO UPDATE SET kind = 'd' RETURNING shown.at(slt_resolution_due)";
is(value_in($node, 'names', $row), $due, 'names of the policy in any case');
for my $rename ([ 'slt_contracts', 'name', 'Standard', 'Basic' ], [ 'slt_severities', 'label', 'Critical', 'Worst' ], [ 'slt_severities', 'code', 'S2', 'P2' ], [ 'slt_calendars', 'name', 'Egypt', 'Nile' ], [ 'slt_request_kinds', 'name', 'Diagnosis', 'Finding out' ])
{
	my ($table, $column, $old, $new) = @$rename;
	is(value_in($node, 'names', "UPDATE $table SET $column = '$new' WHERE $column = '$old'; DELETE FROM t; $row; SELECT problem IS NULL FROM slt_attached()"), "$due\nt", "$table: a rename reaches maps and constants");
}
is(value_in($node, 'names', q{SELECT settings->'severity_map', settings->'contract_value', settings->'calendar_map', settings->'request_kind_map' FROM slt_attached()}),
	'{"*": "S3", "50": "P2", "90": "Worst"}|"Basic"|{"eg": "Nile"}|{"d": "Finding out"}', 'as they are written now') or note(value_in($node, 'names', 'SELECT severity_map FROM slt_attachments'));
for my $delete ('slt_contracts WHERE name = $$Basic$$', 'slt_severities WHERE label = $$Worst$$', 'slt_calendars WHERE name = $$Nile$$', 'slt_request_kinds WHERE name = $$Finding out$$', 'slt_metrics WHERE name = $$response$$')
{
	like(value_in($node, 'names', "BEGIN; DELETE FROM slt_targets; DELETE FROM slt_contracts WHERE name <> 'Basic'; DELETE FROM slt_calendars WHERE false; DELETE FROM $delete"), qr/ERROR:  23503: .*(?:in use|violates)/, "DELETE FROM $delete is refused while tickets are attached with it");
}
like(value_in($node, 'names', q{UPDATE slt_metrics SET name = 'answer' WHERE name = 'response'}), qr/ERROR:  23503/, 'a metric that has columns is not renamed');
is(value_in($node, 'names', q{SELECT slt_detach('t'); BEGIN; DELETE FROM slt_targets; DELETE FROM slt_contracts WHERE name = 'Basic'; DELETE FROM slt_severities WHERE label = 'Worst'; ROLLBACK}) =~ s/^\s+//r, '', 'when none is, they can be deleted');
$node->safe_psql('names', q{SELECT slt_attach('t', 'opened', severity_value => 'S1', contract => 'plan', contract_map => '{"x": "Priority", "*": "Basic"}', done_at => '{"resolution": "resolved"}')});
like(value_in($node, 'names', "TRUNCATE $_ CASCADE"), qr/ERROR:  23503: table "\w+" is in use/, "TRUNCATE $_ is refused while a table is attached with names of it") for qw(slt_contracts slt_severities slt_metrics slt_calendars);
is(value_in($node, 'names', 'BEGIN; TRUNCATE slt_request_kinds; TRUNCATE slt_attachments, slt_contracts, slt_severities, slt_metrics CASCADE; ROLLBACK') =~ s/^\s+//r, '', 'but not if it is with none, or goes with them');
$node->safe_psql('names', q{SET session_replication_role = replica; TRUNCATE slt_contracts CASCADE});
like($problem->('names', 'public.t'), qr/^Contract "(?:Priority|Basic)" does not exist\. .*slt_attach\(\) again/, 'names that are gone by TRUNCATE are told by slt_attached()');
my ($output, $warning) = run_sql($node, 'names', "INSERT INTO t (id, opened) VALUES (7, $ten) RETURNING slt_resolution_due IS NULL");
is($output, 't', 'a ticket is written all the same');
like($warning, qr/^WARNING:  01000: contract "Basic" does not exist/, 'with a warning');
is(value_in($node, 'names', q{SELECT state, problem FROM slt_unmatched('t') WHERE key = '7' AND metric = 'resolution'}), 'codes unknown|contract "Basic" does not exist', 'and slt_unmatched() has it');

# ---------- settings that make no sense, by a superuser's hand ----------

# nothing crashes, the application writes, and others are served
new_database($node, 'nonsense');
$node->safe_psql('nonsense', <<'SQL');
CREATE TABLE t (id int PRIMARY KEY, opened timestamptz, code text, title text, status text, done timestamptz);
SELECT slt_attach('t', 'opened', severity => 'code', severity_map => '{"*": "S1"}', contract_value => 'Standard', status => 'status', paused_when => '{hold}', done_at => '{"resolution": "done"}');
SQL
my $use = q{INSERT INTO t VALUES (1, '2026-01-04 10:00Z', '1', 't') ON CONFLICT (id) DO UPDATE SET code = 1, opened = now(); SELECT slt_sweep() IS NOT NULL; SELECT count(*) FROM slt_attached(); SELECT count(*) >= 0 FROM slt_ticket_counts();
	SAVEPOINT s; SELECT count(*) FROM t, slt_clocks(t); ROLLBACK TO s; SELECT count(*) FROM slt_restamp('t', true); ROLLBACK TO s; SELECT slt_attach('t', 'opened', severity_value => 'S1', contract_value => 'Standard', done_at => '{"resolution": "done"}') IS NULL; SELECT 'reached'};
for my $nonsense (q{own_columns = '[1]'}, q{own_columns = '"x"'}, q{own_columns = '{"status_at": {"a": [null]}}'}, q{own_columns = '{"announce_at": "ctid"}'}, q{own_columns = own_columns || '{"response_due": "slt_announce_at"}'},
	q{own_columns = own_columns || '{"response_runs": "opened"}'}, q{metrics = '{}'}, q{metrics = '{NULL}'}, q{metrics = array_fill('resolution'::text, '{100}')}, q{metrics = '{resolution,resolution}'}, q{metrics = '{{resolution},{response}}'}, q{metrics = '{nope}'},
	q{paused_when = '[null]'}, q{paused_when = '7'}, q{paused_when = '{"resolution": {"a": 1}}'}, q{cancelled_when = '{NULL}'}, q{column_numbers = '7'}, q{column_numbers = '{"opened": 1e300, "x": -1}', opened_at = 'x'}, q{column_numbers = '{"x": 99}', opened_at = 'x'},
	q{column_numbers = '{"opened": "two"}'}, q{column_numbers = NULL}, q{opened_at = 'tableoid'}, q{opened_at = 'title'}, q{severity = ','}, q{severity = repeat('code,', 2000) || 'code'}, q{severity_map = '[[[]]]'}, q{severity_map = '{">=1e5": {"a": 1}}'},
	q{done_at = '[]'}, q{done_at = '{"resolution": "()"}'}, q{done_at = '{"resolution": 1}'}, q{started_at = '{"response": "slt_resolution_due"}'}, q{done_when = '{"resolution": 1}'}, q{time_zone = 'No/Where'}, q{time_unit = 'fortnights'}, q{prefix = '"'';'}, q{key = 'nothing'},
	q{key = 'ctid'}, q{numbers_of = 0}, q{unset = 'infinity'}, q{announce_from = 'infinity'}, q{on_unknown = 'x'}, q{contract_value = repeat('x', 100000)}, q{name = E'a"\\\\b'})
{
	my ($output, $messages) = run_sql($node, 'nonsense', "BEGIN; UPDATE slt_attachments SET $nonsense; $use; ROLLBACK", go_on => 1);

	like($output, qr/^t\n\d+.*^reached/ms, "nonsense: $nonsense") or note($messages);
	unlike($messages, qr/(?:ERROR|FATAL|PANIC|WARNING):  XX|server closed/, '... is no internal error');
}

# DROP and CREATE EXTENSION in a session that has stamped before
new_database($node, 'dropped');
my $session = $node->background_psql('dropped', on_error_stop => 0);
is(ask($session, "SET timezone = 'Africa/Cairo'; SET client_min_messages = error; CREATE TABLE s (id int PRIMARY KEY, opened timestamptz, resolved timestamptz); SELECT count(slt_attach('s', 'opened', $good)); INSERT INTO s VALUES (1, $ten) RETURNING shown.at(slt_resolution_due)"), "1\n$due", 'a session stamps');
is(ask($session, "DROP EXTENSION slt CASCADE; INSERT INTO s VALUES (2, $ten) RETURNING slt_resolution_due IS NULL"), 't', 'DROP EXTENSION leaves a table that works, without stamps');
is(ask($session, "CREATE EXTENSION slt; SELECT count(slt_attach('s', 'opened', $good)); INSERT INTO s VALUES (3, $ten) RETURNING shown.at(slt_resolution_due)"), "1\n$due", 'CREATE EXTENSION and slt_attach() stamp again');
$session->quit;
done_testing();
