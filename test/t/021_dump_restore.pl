# pg_dump and restore bring back exactly the policy that was there: edits,
# additions and removals of shipped rows, and columns of slt's types.
use strict;
use warnings;
use File::Path 'remove_tree';
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;

my $node = new_server('dump', bare => 1);
my $dumps = "$ENV{SLT_WORK}/tmp/dumps";
my @connection = ('-h', $node->host, '-p', $node->port);
my @psql = ('psql', @connection, '-Xq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null');
remove_tree($dumps);
mkdir $dumps;

# Makes a database.
sub create_database
{
	my ($name, $owner) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $name" . ($owner ? " OWNER $owner" : ''));
	return;
}

# Returns all rows of all config tables, by table.
sub policy_of
{
	my ($database) = @_;
	my @tables = split /\n/, $node->safe_psql($database,
		q{SELECT c.oid::regclass FROM pg_extension e, unnest(e.extconfig) AS x (oid) JOIN pg_class c USING (oid) WHERE e.extname = 'slt' AND c.relkind = 'r' ORDER BY 1});
	my @sequences = split /\n/, $node->safe_psql($database,
		q{SELECT c.oid::regclass FROM pg_extension e, unnest(e.extconfig) AS x (oid) JOIN pg_class c USING (oid) WHERE e.extname = 'slt' AND c.relkind = 'S' ORDER BY 1});

	return { (map { $_ => $node->safe_psql($database, "SELECT t FROM $_ t ORDER BY t::text COLLATE \"C\"") } @tables),
		(map { $_ => $node->safe_psql($database, "SELECT last_value, is_called FROM $_") } @sequences) };
}

# Returns deadlines and explanations for every contract and severity at many times, and those a table has; or the error.
sub answers_of
{
	my ($database) = @_;

	my (undef, $answers, $error) = $node->psql($database, <<'SQL');
SET timezone = UTC;
SELECT c.name, s.code, opened_at, slt_deadline(opened_at, s.code, c.name, metric),
	   (SELECT md5(string_agg(x::text, ',' ORDER BY "from")) FROM slt_explain(opened_at, s.code, c.name, metric) x)
FROM slt_contracts c, slt_severities s, (SELECT DISTINCT metric FROM slt_targets) m,
	 generate_series(timestamptz '2025-12-01 07:12:34Z', '2026-04-30', '9 days 5 hours') opened_at
ORDER BY 1, 2, 3, metric;
SELECT s.name, r.* FROM slt_services s, slt_availability_report('[2026-01-01,2026-03-01)', 'week', s.name) r ORDER BY 1, 2;
SELECT * FROM tickets ORDER BY id;
SELECT * FROM due ORDER BY id;
SELECT * FROM helpdesk ORDER BY id;
SQL
	return "$answers$error";
}

# Returns the lines of a dump in a fixed order, without the keys that differ from dump to dump.
sub sorted_dump
{
	my ($database) = @_;
	my ($dump) = run_command([ 'pg_dump', @connection, $database ]);

	return join "\n", sort grep { !/^\\(un)?restrict/ } split /\n/, $dump;
}

my %of;  # what was found out about the databases that are dumped, once

# Holds a restored database against the one that was dumped.
sub same_database
{
	my ($restored, $original, $how) = @_;
	my $known = $of{$original} //= { policy => policy_of($original), answers => answers_of($original), dump => sorted_dump($original) };

	is_deeply(policy_of($restored), $known->{policy}, "$how: every row of every config table");
	is(answers_of($restored), $known->{answers}, "$how: deadlines");
	return;
}

# ---------- what is dumped ----------

my $tables = <<'SQL';
CREATE TABLE tickets (
	id int PRIMARY KEY,
	opened_at timestamptz NOT NULL,
	amount working_interval DEFAULT '2 working days' CHECK (amount > '0 hours'),
	calendar working_calendar DEFAULT 'Africa/Cairo Su-Fr 09:00-17:00',
	due timestamptz GENERATED ALWAYS AS (working_add(opened_at, amount, calendar)) STORED,
	due_in_berlin timestamptz GENERATED ALWAYS AS (working_add(opened_at, amount, working_calendar 'Europe/Berlin Mo-Fr 08:00-16:00')) STORED
);
CREATE INDEX tickets_amount_btree ON tickets (amount);
CREATE INDEX tickets_amount_hash ON tickets USING hash (amount);
CREATE INDEX tickets_calendar_btree ON tickets (calendar);
CREATE INDEX tickets_calendar_hash ON tickets USING hash (calendar);
CREATE INDEX tickets_due ON tickets (due);
CREATE INDEX tickets_expression ON tickets (working_between(opened_at, due, calendar));
CREATE MATERIALIZED VIEW due AS SELECT id, slt_deadline(opened_at, severity, contract, metric) AS due, opened_at + working_interval '1 day' AS next
FROM tickets, (SELECT DISTINCT ON (contract) contract, severity, metric FROM slt_targets ORDER BY contract, severity) t;
SQL
my $rows = <<'SQL';
INSERT INTO tickets (id, opened_at, amount, calendar) VALUES
	(1, '2026-02-03 10:00Z', '1 day 30 minutes', 'Asia/Manila Mo-Fr 22:00-06:00; *-12-25 off "Tree''s day"'),
	(2, '2026-02-04 10:00Z', 'infinity', 'UTC 24/7'), (3, '2026-02-05 10:00Z', NULL, NULL);
INSERT INTO tickets (id, opened_at) SELECT n, timestamptz '2026-03-01 05:00Z' + n * interval '1 hour 1 second' FROM generate_series(4, 200) n;
REFRESH MATERIALIZED VIEW due;
SQL

# an attachment names a contract and a severity, which restoring makes room for
my $attached = <<'SQL';
CREATE TABLE helpdesk (id int PRIMARY KEY, opened timestamptz, resolved timestamptz, status text);
SELECT slt_attach('helpdesk', 'opened', severity_value => 'S1', contract_value => (SELECT min(contract) FROM slt_targets), done_at => '{"resolution": "resolved"}',
	status => 'status', paused_when => '{hold}', metrics => '{resolution}');
INSERT INTO helpdesk VALUES (1, '2026-02-02 08:00Z', NULL, 'open'), (2, '2026-02-02 08:00Z', '2026-02-05 08:00Z', 'done');
UPDATE helpdesk SET status = 'hold' WHERE id = 1;
SQL

create_database('edited');
$node->safe_psql('postgres', 'CREATE ROLE editor; CREATE ROLE owner LOGIN');
$node->safe_psql('edited', 'CREATE EXTENSION slt');
$node->safe_psql('edited', <<'SQL');
UPDATE slt_calendars SET calendar = 'Africa/Cairo Su-Th 09:00-17:00; 2026-02-18..2026-03-19 Su-Th 09:00-15:00 "Ramadan"', note = E'Tab\t, line\nand \\.';
INSERT INTO slt_calendars VALUES ('Berlin "Mitte"', 'Europe/Berlin Mo-Fr 08:00-16:00', NULL), ('always', 'UTC 24/7', '');
UPDATE slt_holidays SET name = 'Coptic "Christmas"', hours = '09:00-12:00,13:00-14:00', confirmed = false, source = NULL WHERE day = '2026-01-07';
INSERT INTO slt_holiday_lists VALUES ('Berlin "Mitte"', 'own'), ('Shared', NULL);
INSERT INTO slt_calendar_lists VALUES ('Berlin "Mitte"', 'Berlin "Mitte"'), ('Berlin "Mitte"', 'Shared'), ('Egypt', 'Shared');
INSERT INTO slt_holidays VALUES ('Shared', '2026-03-09', 'Both', NULL, true, NULL), ('Egypt', '2026-01-08', 'Extra', NULL, true, NULL), ('Berlin "Mitte"', '2026-01-07', 'Own', '10:00-11:00', false, 'me');
DELETE FROM slt_holidays WHERE day = '2026-01-25' OR day < '2020-01-01';
INSERT INTO slt_holidays VALUES ('Egypt', '2026-01-25', 'In place of a shipped one');
UPDATE slt_holidays SET shipped = NULL WHERE day = '2026-04-25';
UPDATE slt_contracts SET name = 'Basic', calendar = 'Berlin "Mitte"', note = 'renamed' WHERE name = 'Standard';
DELETE FROM slt_targets WHERE contract = 'Priority' OR severity = 'S3';
DELETE FROM slt_contracts WHERE name = 'Priority';
INSERT INTO slt_contracts VALUES ('Gold', 'always', NULL), ('PRIORITY', 'Egypt', 'in place of a shipped one');
INSERT INTO slt_metrics (name, ends_with) VALUES ('zz', 'response'), ('callback', NULL), ('aa', 'zz');
UPDATE slt_severities SET code = 'P1', label = 'Grave', definition = NULL WHERE code = 'S1';
DELETE FROM slt_severities WHERE code = 'S3';
INSERT INTO slt_severities VALUES ('S4', NULL, NULL), ('S3', 'Niedrig', 'in place of a shipped one');
UPDATE slt_targets SET amount = '1 day 30 minutes' WHERE severity = 'S2' AND metric = 'response';
UPDATE slt_targets SET during = '(,2026-01-01 00:00+02)' WHERE severity = 'P1' AND metric = 'resolution';
INSERT INTO slt_targets VALUES ('Basic', 'P1', 'resolution', '5 hours', '[2026-01-01 00:00+02,2026-02-01 00:00+02]'),
	('Basic', 'P1', 'resolution', '6 hours', '(2026-02-01 00:00+02,)');
UPDATE slt_metrics SET description = NULL, when_reopened = 'once', ends_with = 'callback' WHERE name = 'response';
UPDATE slt_targets SET steps = '{150,50.25}', attain = 99.5, calendar = 'always' WHERE severity = 'S2' AND metric = 'resolution';
INSERT INTO slt_targets VALUES ('Gold', 'S4', 'callback', '0.5 hours', '(,)');
DELETE FROM slt_targets WHERE severity = 'P1' AND metric = 'response';
UPDATE slt_request_kinds SET in_scope = true, note = 'since May' WHERE name = 'Customization';
DELETE FROM slt_request_kinds WHERE name = 'Diagnosis';
INSERT INTO slt_request_kinds VALUES ('Training', false);
UPDATE slt_channels SET address = 'help@example.com', shipped = NULL WHERE name = 'Support e-mail';
DELETE FROM slt_channels WHERE name = 'Self-service support centre';
INSERT INTO slt_channels VALUES ('Telephone', false);
UPDATE slt_services SET target = 99.95, maintenance_window = 'Europe/Berlin Sa 22:00-30:00', service_hours = 'Europe/Berlin Mo-Fr 08:00-20:00', shipped = NULL;
UPDATE slt_services SET name = 'Cloud';
INSERT INTO slt_services (name, weekly_downtime_aim, excuse_announced) VALUES ('Own', '1 hour', true);
UPDATE slt_experiences SET name = 'Bot', max_latency = '90 seconds', failures_to_open = 3, report_within = '1 minute' WHERE name = 'Chatbot';
DELETE FROM slt_experiences WHERE name = 'Mobile';
INSERT INTO slt_experiences (service, name) VALUES ('Own', 'Mobile');
INSERT INTO slt_outages VALUES ('Cloud', NULL, '[2026-01-10 10:00Z,2026-01-10 11:00Z]', true, 1, NULL), ('Cloud', 'Bot', '(2026-01-11 10:00Z,)', false, 0.25, E'Line\n"quoted"');
SELECT slt_record('Cloud', 'Bot', i % 9 > 3, NULL, timestamptz '2026-02-01' + i * interval '30 seconds') FROM generate_series(1, 100) i WHERE i NOT BETWEEN 50 AND 60;
INSERT INTO slt_maintenance (service, during, announced_at, reason) VALUES ('Own', '[2026-02-01,2026-02-02)', '2026-01-01', 'Disks'), ('Own', '[2026-03-01,)', NULL, NULL);
GRANT SELECT, INSERT ON slt_holidays TO editor;
SQL
$node->safe_psql('edited', $tables . $rows);

create_database('replaced');
$node->safe_psql('replaced', 'CREATE EXTENSION slt');
$node->safe_psql('replaced', <<'SQL');
SELECT slt_remove_shipped_policy();
INSERT INTO slt_services (name, plan) VALUES ('PLATFORM', 'Own');
INSERT INTO slt_experiences (service, name) VALUES ('PLATFORM', 'SITE');
INSERT INTO slt_calendars VALUES ('EGYPT', 'Africa/Cairo 24/7');
INSERT INTO slt_contracts VALUES ('standard', 'EGYPT');
INSERT INTO slt_severities VALUES ('s1', 'CRITICAL');
INSERT INTO slt_targets VALUES ('standard', 's1', 'resolution', '1 day');
SQL
$node->safe_psql('replaced', $tables . $rows . $attached);

create_database('in_a_schema');
$node->safe_psql('in_a_schema', 'CREATE SCHEMA "S L T"; CREATE EXTENSION slt SCHEMA "S L T"; ALTER DATABASE in_a_schema SET search_path = "S L T", public');
$node->safe_psql('in_a_schema', q{UPDATE slt_contracts SET name = 'Basic' WHERE name = 'Standard'; DELETE FROM slt_holidays WHERE day > '2026-02-01'});
$node->safe_psql('in_a_schema', $tables . $rows . $attached);

# ---------- restore ----------

for my $original ('edited', 'replaced', 'in_a_schema')
{
	my $settings = $original eq 'in_a_schema' ? 'SET search_path = "S L T", public' : '';
	my %restore = (
		plain => [ @psql, '-f', "$dumps/$original.sql" ],
		inserts => [ @psql, '-1', '-f', "$dumps/$original.inserts" ],
		custom => [ 'pg_restore', @connection, '--exit-on-error', "$dumps/$original.dump" ],
		parallel => [ 'pg_restore', @connection, '--exit-on-error', '-j', '4', "$dumps/$original.dump" ],
		directory => [ 'pg_restore', @connection, '--exit-on-error', '-j', '3', "$dumps/$original.dir" ]);

	command_ok([ 'pg_dump', @connection, '-f', "$dumps/$original.sql", $original ], "$original: pg_dump");
	command_ok([ 'pg_dump', @connection, '-Fc', '-f', "$dumps/$original.dump", $original ], "$original: pg_dump -Fc");
	command_ok([ 'pg_dump', @connection, '-Fd', '-j', '2', '-f', "$dumps/$original.dir", $original ], "$original: pg_dump -Fd -j");
	command_ok([ 'pg_dump', @connection, '--inserts', '-f', "$dumps/$original.inserts", $original ], "$original: pg_dump --inserts");
	for my $how (sort keys %restore)
	{
		my $database = "${original}_$how";

		create_database($database);
		$node->safe_psql('postgres', "ALTER DATABASE $database $settings") if $settings;
		command_ok([ @{ $restore{$how} }, '-d', $database ], "$original, $how: restore");
		same_database($database, $original, "$original, $how");
		is(sorted_dump($database), $of{$original}{dump}, "$original, $how: the same dump again");
	}
}

# whatever the order: backwards, no table finds what it refers to
create_database('backwards');
my @list = `pg_restore -l $dumps/edited.dump`;
my @data = grep { / TABLE DATA / } @list;
append_to_file("$dumps/backwards", join '', reverse @data);
append_to_file("$dumps/rest", join '', grep { !/ TABLE DATA / } @list);
command_ok([ 'pg_restore', @connection, '--exit-on-error', '-d', 'backwards', @$_, "$dumps/edited.dump" ], "backwards: @$_")
  for [ '--section=pre-data' ], [ '-L', "$dumps/backwards" ], [ '-L', "$dumps/rest", '--section=data', '--section=post-data' ];
like(join('', @data), qr/slt_calendars.*slt_targets/s, 'backwards, targets come before their calendars');
same_database('backwards', 'edited', 'backwards');

# ---------- what is no restore, and what must not be one ----------

create_database('guarded');
$node->safe_psql('guarded', 'CREATE EXTENSION slt; CREATE ROLE writer LOGIN; GRANT INSERT ON slt_contracts, slt_targets TO writer');
my $as_a_dump = q{SELECT pg_catalog.set_config('search_path', '', false) \gset
SET check_function_bodies = off; };
my $dangling = "public.slt_contracts (name, calendar) FROM stdin%s;\nNone\tnowhere\n\\.\n";
for my $case (
	[ 'a COPY with a search path of its own', 'SET check_function_bodies = off; COPY ' . sprintf($dangling, ''), qr/violates foreign key constraint/ ],
	[ 'a COPY that checks bodies', q{SELECT pg_catalog.set_config('search_path', '', false); COPY } . sprintf($dangling, ''), qr/violates foreign key constraint/ ],
	[ 'a COPY with a condition', $as_a_dump . 'COPY ' . sprintf($dangling, " WHERE name <> 'x'"), qr/violates foreign key constraint/ ],
	[ 'an INSERT', "$as_a_dump INSERT INTO public.slt_contracts VALUES ('None', 'nowhere')", qr/violates foreign key constraint/ ],
	[ 'a COPY of whoever may not write the log', "SET ROLE writer; $as_a_dump COPY " . sprintf($dangling, ''), qr/violates foreign key constraint/ ],
	[ 'rows of one\'s own are in the way', "INSERT INTO slt_contracts VALUES ('Own', 'Egypt'); $as_a_dump COPY public.slt_calendars FROM stdin;\n\\.\n",
		qr/ERROR:  what is restored into table "slt_calendars" leaves out what is in use\nDETAIL:  Rows of table "slt_contracts" use "Egypt"\.\nHINT:  \S/ ])
{
	my ($status, $output, $errors) = $node->psql('guarded', "$case->[1]", on_error_stop => 1);
	like($errors, $case->[2], "$case->[0] is refused");
	$node->safe_psql('guarded', q{DELETE FROM slt_contracts WHERE name = 'Own'});
}
is($node->safe_psql('guarded', q{SELECT count(*) FROM slt_contracts; SELECT count(*) FROM slt_calendars}), "2\n1", 'and nothing has changed');
is($node->safe_psql('guarded', $as_a_dump . q{BEGIN; COPY public.slt_request_kinds FROM stdin;
\.
SHOW session_replication_role; SELECT count(*) FROM public.slt_request_kinds; ROLLBACK; SHOW session_replication_role; SELECT count(*) FROM public.slt_request_kinds}),
	"origin\n0\norigin\n7", 'the COPY of a dump replaces what was shipped, and leaves no setting behind');
is($node->safe_psql('guarded', $as_a_dump . qq{SET session_replication_role = local; BEGIN; COPY public.slt_request_kinds FROM stdin;\n\\.\nSHOW session_replication_role; ROLLBACK}), 'local', 'whatever it was');

# what a dump that somebody has edited may bring
$node->safe_psql('guarded', $as_a_dump . qq{COPY public.slt_contracts (name, calendar) FROM stdin;\nNone\tnowhere\n\\.\nCOPY public.slt_targets (contract, severity, metric, amount) FROM stdin;\nNone\tS1\tresolution\t1 hour\nGone\tS1\tresolution\t1 hour\n\\.\n});
is($node->safe_psql('guarded', q{SELECT slt_deadline('2026-02-02 08:00Z', 'S1', 'None') IS NULL}), 't', 'a contract whose calendar is nowhere promises nothing');
my (undef, undef, $gone) = $node->psql('guarded', q{\set VERBOSITY verbose
SELECT slt_deadline('2026-02-02 08:00Z', 'S1', 'Gone')});
like($gone, qr/ERROR:  42704: contract "Gone" does not exist/, 'a target of no contract is none');

is($node->safe_psql('edited_plain', q{SELECT has_table_privilege('editor', 'slt_holidays', 'INSERT'), has_table_privilege('editor', 'slt_holidays', 'DELETE')}),
	't|f', 'what a DBA granted is granted after restore');
like($node->safe_psql('edited_plain', q{SET enable_seqscan = off; SET enable_bitmapscan = off; EXPLAIN (COSTS off) SELECT FROM tickets WHERE amount = '2 working days'}) =~ s/.*using (\S+) on.*/$1/sr,
	qr/^tickets_amount_(?:hash|btree)$/, 'an index on a working_interval is used');
is($node->safe_psql('edited_plain', q{SET enable_seqscan = off; SELECT count(*) FROM tickets WHERE amount = '16 hours' AND calendar >= 'Africa/Cairo Su-Fr 09:00-17:00'}),
	'197', 'and finds the rows');

# data only, into a database where slt is there
create_database('data');
$node->safe_psql('data', 'CREATE EXTENSION slt');
$node->safe_psql('data', $tables);
command_ok([ 'pg_dump', @connection, '--data-only', '-f', "$dumps/data.sql", 'edited' ], 'pg_dump --data-only');
command_ok([ @psql, '-d', 'data', '-f', "$dumps/data.sql" ], 'and restored');
is_deeply(policy_of('data'), policy_of('edited'), 'data only: every row of every config table');

# ---------- by the owner of a database who is no superuser ----------

create_database($_, 'owner') for 'owned', 'owned_again', 'edited_by_owner';
command_ok([ @psql, '-U', 'owner', '-d', 'owned', '-c', 'CREATE EXTENSION slt' ], 'the owner of a database creates slt');
command_ok([ @psql, '-U', 'owner', '-d', 'owned',
	'-c', q{INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', '2026-03-03', 'Own')},
	'-c', q{DELETE FROM slt_targets WHERE contract = 'Priority'; DELETE FROM slt_contracts WHERE name = 'Priority'; UPDATE slt_targets SET amount = '7 hours'} ], 'and edits the policy');
command_ok([ 'pg_dump', @connection, '-U', 'owner', '-f', "$dumps/owned.sql", 'owned' ], 'and dumps it');
command_ok([ @psql, '-U', 'owner', '-d', 'owned_again', '-f', "$dumps/owned.sql" ], 'and restores it');
is_deeply(policy_of('owned_again'), policy_of('owned'), 'owner: every row of every config table');

create_database('owned_parallel', 'owner');
command_ok([ 'pg_dump', @connection, '-U', 'owner', '-Fd', '-j', '2', '-f', "$dumps/owned.dir", 'owned' ], 'and dumps it with several jobs');
command_ok([ 'pg_restore', @connection, '-U', 'owner', '--exit-on-error', '-j', '3', '-d', 'owned_parallel', "$dumps/owned.dir" ], 'and restores it with several');
is_deeply(policy_of('owned_parallel'), policy_of('owned'), 'owner, several jobs: every row of every config table');

command_ok([ 'pg_dump', @connection, '--no-owner', '--no-privileges', '-f', "$dumps/no_owner.sql", 'edited' ], 'pg_dump --no-owner --no-privileges');
command_ok([ @psql, '-U', 'owner', '-d', 'edited_by_owner', '-f', "$dumps/no_owner.sql" ], 'an owner restores a superuser\'s dump');
same_database('edited_by_owner', 'edited', 'a superuser\'s dump, by an owner');

# ---------- other forms ----------

# over what is there; as a tar file; with the extension alone
command_ok([ 'pg_dump', @connection, '-Ft', '-f', "$dumps/edited.tar", 'edited' ], 'pg_dump -Ft');
$node->safe_psql('edited_inserts', 'UPDATE slt_targets SET amount = $$1 hour$$; DELETE FROM slt_holidays');
command_ok([ 'pg_restore', @connection, '--exit-on-error', '--clean', '--if-exists', '-d', 'edited_inserts', "$dumps/edited.tar" ], 'pg_restore --clean over another policy');
is_deeply(policy_of('edited_inserts'), policy_of('edited'), '--clean: every row of every config table');
create_database('extension');
command_ok([ 'pg_dump', @connection, '-Fc', '-e', 'slt', '-f', "$dumps/extension.dump", 'edited' ], 'pg_dump -e slt');
command_ok([ 'pg_restore', @connection, '--exit-on-error', '--no-privileges', '-j', '4', '-d', 'extension', "$dumps/extension.dump" ], 'restored with several jobs');
is_deeply(policy_of('extension'), policy_of('edited'), '-e slt: every row of every config table');

# as INSERTs, and by several jobs, the order is nobody's: the restore itself says what to type
command_ok([ 'pg_dump', @connection, '-Fc', '--inserts', '-f', "$dumps/inserts.dump", 'edited' ], 'pg_dump -Fc --inserts');
create_database($_) for 'one_job', 'several_jobs';
command_ok([ 'pg_restore', @connection, '--exit-on-error', '-d', 'one_job', "$dumps/inserts.dump" ], 'restored with one job');
is_deeply(policy_of('one_job'), policy_of('edited'), '--inserts, one job: every row of every config table');
like((run_command([ 'pg_restore', @connection, '-j', '4', '-d', 'several_jobs', "$dumps/inserts.dump" ]))[1],
	qr/ERROR:  rows of table "slt_\w+" come before those of "slt_shipped"\nHINT:  .* by one job: pg_restore without -j\./, 'with several it is told to use one');

# one table alone: of tickets, where slt is not; of the policy, in place of what is shipped
create_database($_) for 'alone', 'holidays';
command_ok([ 'pg_dump', @connection, '-t', 'helpdesk', '-Fc', '-f', "$dumps/helpdesk.dump", 'replaced' ], 'one table of tickets');
my ($output, $errors) = run_command([ 'pg_restore', @connection, '-d', 'alone', "$dumps/helpdesk.dump" ]);
is(join('', $errors =~ /^.*ERROR.*$/mg), 'pg_restore: error: could not execute query: ERROR:  function public.slt_stamp() does not exist', 'where slt is not, only its trigger cannot be made');
is($node->safe_psql('alone', 'SELECT t FROM helpdesk t ORDER BY id'), $node->safe_psql('replaced', 'SELECT t FROM helpdesk t ORDER BY id'), 'and the rows are there, with their stamps');
$node->safe_psql('holidays', 'CREATE EXTENSION slt');
command_ok([ 'pg_dump', @connection, '-a', '-t', 'slt_holidays', '-f', "$dumps/holidays.sql", 'owned' ], 'one table of the policy');
command_ok([ @psql, '-d', 'holidays', '-f', "$dumps/holidays.sql" ], 'restored in place of what is shipped');
is($node->safe_psql('holidays', 'SELECT h FROM slt_holidays h ORDER BY h::text'), $node->safe_psql('owned', 'SELECT h FROM slt_holidays h ORDER BY h::text'), 'is what it was');

done_testing();
