# slt_attach() and slt_detach(): what they accept and refuse, what they add and take away, and what a person will regret.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;

my $node = new_server('attach', bare => 1);
my $ten = q{'2026-02-02 10:00+02'};  # a Monday; S1 of Standard is due on Wednesday at 10:00, in Cairo
my $ends = q{done_at => '{"resolution": "resolved"}'};
my $good = qq{severity_value => 'S1', contract_value => 'Standard', $ends};

# ---------- what is refused ----------

new_database($node, 'refusals');
$node->safe_psql('refusals', <<'SQL');
CREATE TYPE mood AS ENUM ('open', 'waiting');
CREATE TABLE t (id int PRIMARY KEY, opened timestamptz, local timestamp, day date, epoch int, big bigint, small smallint, severity text, contract text, blob bytea, status text, mood mood, resolved timestamptz,
	"Quoted" text, kind regclass, made text GENERATED ALWAYS AS (upper(severity)) STORED, made_at timestamp GENERATED ALWAYS AS (opened AT TIME ZONE 'UTC') STORED);
CREATE TABLE taken (id int PRIMARY KEY, opened timestamptz, resolved timestamptz, slt_resolution_due text);
CREATE TABLE whole (id int PRIMARY KEY, opened timestamptz) PARTITION BY RANGE (id);
CREATE TABLE part PARTITION OF whole DEFAULT;
CREATE VIEW v AS SELECT * FROM t;
CREATE MATERIALIZED VIEW m AS SELECT * FROM t;
CREATE TEMPORARY TABLE temporary (opened timestamptz);
CREATE SEQUENCE s;
CREATE INDEX i ON t (opened);
CREATE TYPE c AS (opened timestamptz);
CREATE EXTENSION postgres_fdw;
CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw;
CREATE FOREIGN TABLE f (id int, opened timestamptz) SERVER far;
CREATE ROLE someone LOGIN;
INSERT INTO slt_metrics (name, when_reopened) SELECT 'm' || n, 'continue' FROM generate_series(1, 17) n;
SQL
my $seventeen = '{' . join(', ', map { qq{"m$_": "resolved"} } 1 .. 17) . '}';
for my $case (
	# what the call is => SQLSTATE, and words of the message, its detail or its hint
	[ qq{'v', 'opened', $good}, '42809', 'view' ], [ qq{'m', 'opened', $good}, '42809', 'view' ], [ qq{'f', 'opened', $good}, '42809', 'foreign' ],
	[ qq{'s', 'opened', $good}, '42809', 'not a table' ], [ qq{'i', 'opened', $good}, '42809', 'not a table' ], [ qq{'c', 'opened', $good}, '42809|42P01', 'c' ],
	[ qq{'pg_class', 'relname', $good}, '42809', 'system' ], [ qq{'information_schema.sql_features', 'feature_id', $good}, '42809', 'system' ],
	[ qq{'slt_targets', 'during', $good}, '42809', 'slt_targets' ], [ qq{'zz_slt_internal.put_off', 'until', $good}, '42809', 'put_off' ], [ qq{'nowhere', 'opened', $good}, '42P01', 'nowhere' ],
	[ qq{999999, 'opened', $good}, '42P01', '999999' ], [ qq{NULL, 'opened', $good}, '22023', 'ticket_table' ], [ qq{'t', NULL, $good}, '22023', 'opened_at' ],
	[ qq{'part', 'opened', $good}, '42809', 'partition.*HINT:.*whole' ],
	# columns
	[ qq{'t', 'nope', $good}, '42703', 'nope.*opened_at.*HINT:.*"resolved"' ], [ qq{'t', 'quoted', $good}, '42703', 'quoted' ], [ qq{'t', 'opened', severity => 'nope', contract_value => 'Standard', $ends}, '42703', 'nope' ],
	[ qq{'t', 'opened', severity => 'severity,nope', contract_value => 'Standard', $ends}, '42703', '"nope"' ], [ qq{'t', 'opened', severity => 'severity,', contract_value => 'Standard', $ends}, '42703', '""' ],
	[ qq{'t', 'opened', severity_value => 'S1', contract => 'nope', $ends}, '42703', 'nope' ], [ qq{'t', 'opened', $good, request_kind => 'nope'}, '42703', 'nope' ], [ qq{'t', 'opened', $good, calendar => 'nope'}, '42703', 'nope' ],
	[ qq{'t', 'opened', $good, status => 'nope', paused_when => '{x}'}, '42703', 'nope' ], [ qq{'t', 'opened', $good, status => 'status,nope', paused_when => '{x}'}, '42703', '"nope"' ], [ qq{'t', 'opened', $good, changed_at => 'nope'}, '42703', 'nope' ], [ qq{'t', 'opened', $good, started_at => '{"response": "nope"}'}, '42703', 'nope' ],
	[ q{'t', 'opened', severity_value => 'S1', contract_value => 'Standard', done_at => '{"resolution": "nope"}'}, '42703', 'nope' ], [ qq{'t', 'opened', $good, key => 'nope'}, '42703', 'nope' ], [ qq{'t', 'ctid', $good}, '42703', 'ctid' ],
	# types
	[ qq{'t', 'severity', $good}, '42804', 'severity' ], [ qq{'t', 'day', $good}, '42804', 'day' ], [ qq{'t', 'blob', $good}, '42804', 'blob' ], [ qq{'t', 'small', $good}, '42804', 'small' ],
	[ qq{'t', 'opened', $good, changed_at => 'status'}, '42804', 'status' ], [ q{'t', 'opened', severity_value => 'S1', contract_value => 'Standard', done_at => '{"resolution": "blob"}'}, '42804', 'blob' ],
	[ qq{'t', 'opened', severity => 'blob', contract_value => 'Standard', $ends}, '42804', 'blob' ], [ qq{'t', 'opened', severity => 'kind', contract_value => 'Standard', $ends}, '42804', 'regclass' ],
	[ qq{'t', 'opened', $good, status => 'opened'}, '42804', 'opened' ],
	# generated columns have no value yet
	[ qq{'t', 'opened', severity => 'made', contract_value => 'Standard', $ends}, '42809', '"made" is generated.*HINT:.*made from.*BEFORE trigger' ], [ qq{'t', 'made_at', $good}, '42809', 'made_at.*generated' ],
	[ q{'t', 'opened', severity_value => 'S1', contract_value => 'Standard', done_at => '{"resolution": "made_at"}'}, '42809', 'made_at.*generated' ], [ qq{'t', 'opened', $good, status => 'made'}, '42809', 'generated' ],
	# time zones and units
	[ qq{'t', 'local', $good, time_zone => 'Nowhere/At_All'}, '22023', 'Nowhere/At_All' ], [ qq{'t', 'local', $good, time_zone => 'localtime'}, '22023', 'localtime' ],
	[ qq{'t', 'opened', $good, unset => 'never'}, '22023', 'unset' ], [ qq{'t', 'big', $good, time_unit => 'days'}, '22023', 'days.*milliseconds' ],
	# severity, contract and kind
	[ qq{'t', 'opened', contract_value => 'Standard', $ends}, '22023', 'severity' ], [ qq{'t', 'opened', severity_value => 'S1', $ends}, '22023', 'contract' ],
	[ qq{'t', 'opened', severity => 'severity', severity_value => 'S1', contract_value => 'Standard', $ends}, '22023', 'severity_value' ],
	[ qq{'t', 'opened', severity_value => 'S1', contract => 'contract', contract_value => 'Standard', $ends}, '22023', 'contract_value' ],
	[ qq{'t', 'opened', severity_value => 'S9', contract_value => 'Standard', $ends}, '42704', '"S9".*HINT:.*S1' ], [ qq{'t', 'opened', severity_value => 'S1', contract_value => 'Gold', $ends}, '42704', '"Gold".*HINT:.*Priority' ],
	[ qq{'t', 'opened', severity => 'severity', contract_value => 'Standard', severity_map => '{"90": "S9"}', $ends}, '42704', '"S9".*HINT:.*S1' ],
	[ qq{'t', 'opened', severity => 'severity', contract_value => 'Standard', severity_map => '{"*": "S9"}', $ends}, '42704', '"S9"' ],
	[ qq{'t', 'opened', severity_value => 'S1', contract => 'contract', contract_map => '{"gold": "Gold"}', $ends}, '42704', '"Gold".*HINT:.*Priority' ],
	[ qq{'t', 'opened', $good, request_kind => 'status', request_kind_map => '{"x": "Party"}'}, '42704', '"Party".*HINT:.*Diagnosis' ],
	[ qq{'t', 'opened', $good, calendar => 'status', calendar_map => '{"x": "Mars"}'}, '42704', '"Mars".*HINT:.*Egypt' ],
	[ qq{'t', 'opened', severity => 'severity', contract_value => 'Standard', severity_map => '["S1"]', $ends}, '22023', 'severity_map' ],
	[ qq{'t', 'opened', severity => 'severity', contract_value => 'Standard', severity_map => '{"x": 1}', $ends}, '22023', 'severity_map' ],
	[ qq{'t', 'opened', severity => 'severity', contract_value => 'Standard', severity_map => '{">=high": "S1"}', $ends}, '22023', '>=high' ],
	[ qq{'t', 'opened', severity => 'severity', contract_value => 'Standard', severity_map => '{">=\\u20035": "S1", "*": "S3"}', $ends}, '22023', 'threshold' ],
	[ qq{'t', 'opened', $good, calendar_map => '{"x": "Egypt"}'}, '22023', 'calendar_map' ], [ qq{'t', 'opened', $good, request_kind_map => '{"x": "Diagnosis"}'}, '22023', 'request_kind_map' ],
	# metrics
	[ q{'t', 'opened', severity_value => 'S1', contract_value => 'Standard', done_at => '{"resolutoin": "resolved"}'}, '42704', '"resolutoin".*HINT:.*resolution' ],
	[ q{'t', 'opened', severity_value => 'S1', contract_value => 'Standard', done_at => '["resolved"]'}, '22023', 'done_at' ], [ q{'t', 'opened', severity_value => 'S1', contract_value => 'Standard', done_at => '{"resolution": 1}'}, '22023', 'done_at' ],
	[ qq{'t', 'opened', $good, started_at => '{"opening": "opened"}'}, '42704', '"opening"' ], [ qq{'t', 'opened', $good, metrics => '{resolution,nope}'}, '42704', '"nope"' ], [ qq{'t', 'opened', $good, metrics => '{NULL}'}, '22023', 'metrics' ],
	[ q{'t', 'opened', severity_value => 'S1', contract_value => 'Standard'}, '22023', 'nothing ends any metric' ], [ qq{'t', 'opened', $good, metrics => '{}'}, '22023', 'nothing ends any metric' ],
	[ qq{'t', 'opened', severity_value => 'S1', contract_value => 'Standard', done_at => '$seventeen'}, '54000', '16' ],
	[ qq{'t', 'opened', $good, status => 'status', done_when => '{"resolution": ["closed"]}'}, '22023', 'more than one way' ],
	# statuses
	[ qq{'t', 'opened', $good, paused_when => '{stalled}'}, '22023', 'status' ], [ qq{'t', 'opened', $good, cancelled_when => '{spam}'}, '22023', 'status' ],
	[ q{'t', 'opened', severity_value => 'S1', contract_value => 'Standard', done_when => '{"resolution": ["closed"]}'}, '22023', 'status' ],
	[ qq{'t', 'opened', $good, status => 'status', paused_when => '{"resolution": 5}'}, '22023', 'paused_when' ], [ qq{'t', 'opened', $good, status => 'status', paused_when => '{"resolutoin": ["x"]}'}, '42704', 'resolutoin' ],
	[ qq{'t', 'opened', $good, status => 'status', paused_when => 'stalled'}, '22023', 'paused_when' ], [ qq{'t', 'opened', $good, status => 'status', paused_when => '7'}, '22023', 'paused_when' ],
	[ qq{'t', 'opened', $good, status => 'status', cancelled_when => '{NULL}'}, '22023', 'cancelled_when' ],
	# the rest
	[ qq{'t', 'opened', $good, on_unknown => 'panic'}, '22023', 'panic' ], [ qq{'t', 'opened', $good, on_unknown => NULL}, '22023', 'on_unknown' ], [ qq{'t', 'opened', $good, prefix => ''}, '22023', 'prefix' ],
	[ qq{'t', 'opened', $good, prefix => NULL}, '22023', 'prefix' ], [ qq{'t', 'opened', $good, prefix => repeat('x', 60)}, '42622', 'prefix' ], [ qq{'t', 'opened', $good, name => ''}, '22023', 'name' ], [ qq{'t', 'opened', $good, name => repeat('x', 3000)}, '22023', 'name' ],
	[ qq{'taken', 'opened', $good}, '42701', 'slt_resolution_due' ])
{
	my ($call, $state, $words) = @$case;
	my (undef, $messages) = run_sql($node, 'refusals', "SET client_min_messages = error; BEGIN; SELECT slt_attach($call)");

	like($messages, qr/^ERROR:  (?:$state): .*(?:$words)/s, "slt_attach($call) is refused");
	unlike($messages, qr/QUERY:|at EXECUTE|XX000|^ERROR:.*\bnull value\b/m, '... in words of its own');
}
for my $call (qq{'v', 'opened', $good}, qq{'f', 'opened', $good}, qq{'t', 'nope', $good}, qq{'t', 'day', $good})
{
	like(run_sql($node, 'refusals', "SELECT slt_attach($call)") . '', qr/^(?:HINT|DETAIL):  \w/m, "there is help: $call");
}
is((run_sql($node, 'refusals', "SET client_min_messages = error; BEGIN; CREATE TABLE twice (opened timestamptz, resolved timestamptz); SELECT slt_attach('twice', 'opened', $good); SELECT slt_attach('twice', 'nope', $good)"))[1] =~ /^(HINT:.*)/m && $1,
	'HINT:  The columns are "opened", "resolved".', "columns of slt's own are none to choose from");
my (undef, $temporary) = run_sql($node, 'refusals', "CREATE TEMPORARY TABLE temporary (opened timestamptz, resolved timestamptz); SELECT slt_attach('temporary', 'opened', $good)");
like($temporary, qr/^ERROR:  0A000: .*temporary/, 'a temporary table');
$node->safe_psql('refusals', 'GRANT ALL ON t TO someone; GRANT ALL ON SCHEMA public TO someone');
like(run_sql($node, 'refusals', "SELECT slt_attach('t', 'opened', $good)", role => 'someone') . '', qr/^ERROR:  42501: .*\bt\b/, 'a table of another owner is refused');
is(value_in($node, 'refusals', q{SELECT count(*) FROM slt_attached(); SELECT count(*) FROM pg_attribute WHERE attname ~ '^slt_' AND attrelid = 't'::regclass}), "0\n0", 'nothing was left behind');
for my $function ('slt_tickets', 'slt_report', 'slt_unmatched', 'slt_restamp')
{
	like(run_sql($node, 'refusals', "SELECT count(*) FROM $function('t')") . '', qr/^ERROR:  (?:42704|55000): .*"t" is not attached.*HINT:.*slt_attach/s, "a table that is not attached has no answers of $function()");
}
like(run_sql($node, 'refusals', q{SELECT slt_detach('t')}) . '', qr/^ERROR:  42704: table "t" is not attached/, 'nor can it be detached');
like(run_sql($node, 'refusals', q{CALL slt_backfill('t')}) . '', qr/^ERROR:  (?:42704|55000): .*"t" is not attached/, 'nor backfilled');

# seventeen metrics in the policy are no hindrance where fewer end, nor where one names those that are wanted
$node->safe_psql('refusals', 'CREATE TABLE few (id int PRIMARY KEY, opened timestamptz, resolved timestamptz)');
is((run_sql($node, 'refusals', "SET client_min_messages = error; BEGIN; SELECT count(slt_attach('few', 'opened', $good)); SELECT metrics FROM slt_attached(); ROLLBACK"))[0], "1\n{resolution,response}", 'of nineteen metrics two end');
my $sixteen = join ',', map { "m$_" } 1 .. 16;
is(value_in($node, 'refusals', "BEGIN; SELECT count(slt_attach('few', 'opened', severity_value => 'S1', contract_value => 'Standard', done_at => '$seventeen', metrics => '{$sixteen}')); SELECT cardinality(metrics) FROM slt_attached(); INSERT INTO few VALUES (1, $ten); ROLLBACK"), "1\n16", 'sixteen are chosen');
$node->safe_psql('refusals', q{DELETE FROM slt_metrics WHERE name LIKE 'm%'});

# ---------- what a person will regret ----------

for my $case (
	[ 'one that nothing ends', q{'t', 'opened', severity_value => 'S1', contract_value => 'Standard', done_at => '{"response": "resolved"}'}, 'nothing ends metric "resolution", so it is not stamped' ],
	[ 'a status that the enum does not have', qq{'t', 'opened', $good, status => 'mood', paused_when => '{waiting,wating}'}, 'has no value "wating"' ],
	[ 'the same, of cancelled_when', qq{'t', 'opened', $good, status => 'mood', cancelled_when => '{spam}'}, 'has no value "spam"' ],
	[ 'the same, of done_when', q{'t', 'opened', severity_value => 'S1', contract_value => 'Standard', status => 'mood', done_when => '{"resolution": ["shut"]}'}, 'has no value "shut"' ],
	[ 'a wall clock without a zone', qq{'t', 'local', $good}, 'taken as UTC' ],
	[ 'times of another unit', qq{'t', 'big', $good}, 'before 1990 or after 2100' ],
	[ 'times that were never', qq{'t', 'epoch', $good}, 'before 1990 or after 2100' ])
{
	my ($name, $call, $words) = @$case;
	my $rows = q{INSERT INTO t (id, opened, local, big, epoch) VALUES (1, '2026-02-02', '2026-02-02', 1777273200000, 0);};
	my (undef, $messages) = run_sql($node, 'refusals', "BEGIN; $rows SELECT count(slt_attach($call)); ROLLBACK");

	like($messages, qr/^WARNING:  01000: .*\Q$words\E/m, "slt_attach() warns of $name");
	is(scalar(() = $messages =~ /^WARNING/mg), 1, '... and of nothing else') or diag($messages);
}
for my $call (qq{'t', 'opened', $good, status => 'mood', paused_when => '{waiting}'}, qq{'t', 'local', $good, time_zone => 'UTC'}, qq{'t', 'big', $good, time_unit => 'milliseconds'}, qq{'t', 'epoch', $good, unset => '0'})
{
	is((run_sql($node, 'refusals', "BEGIN; INSERT INTO t (id, opened, local, big, epoch) VALUES (1, '2026-02-02', '2026-02-02', 1777273200000, 0); SELECT count(slt_attach($call)); ROLLBACK"))[1], '', "not here: $call");
}

# ---------- who may ----------

like(run_sql($node, 'refusals', qq{CREATE TABLE own (id int PRIMARY KEY, opened timestamptz, resolved timestamptz); SELECT slt_attach('own', 'opened', $good)}, role => 'someone') . '',
	qr/^ERROR:  42501: .*\nHINT:  .*slt_grant_policy\('someone'\)/m, 'an owner who is no superuser is told what right he lacks');
is(value_in($node, 'refusals', q{GRANT SELECT, INSERT, UPDATE, DELETE ON slt_attachments TO someone; SELECT count(*) FROM pg_attribute WHERE attrelid = 'own'::regclass AND attname LIKE 'slt%'}), '0', 'and nothing of it is done');
like(run_sql($node, 'refusals', qq{SELECT slt_attach('own', 'opened', $good); INSERT INTO own VALUES (1, $ten); SELECT shown.at(slt_resolution_due) FROM own}, role => 'someone') . '', qr/^Wed 02-04 10:00$/m,
	'an owner who is no superuser attaches his own table');
$node->safe_psql('refusals', qq{CREATE TABLE not_his (id int PRIMARY KEY, opened timestamptz, resolved timestamptz); SELECT slt_attach('not_his', 'opened', $good)});
like(run_sql($node, 'refusals', q{SELECT slt_detach('not_his')}, role => 'someone') . '', qr/^ERROR:  42501/, 'he detaches no other');
is(run_sql($node, 'refusals', q{SELECT slt_detach('own')}, role => 'someone') . '', '', 'but his own');

# a superuser attaches the table of an application whose role sees nothing of slt
$node->safe_psql('postgres', 'CREATE DATABASE apart; CREATE ROLE application LOGIN');
$node->safe_psql('apart', 'CREATE SCHEMA apart; CREATE EXTENSION slt SCHEMA apart; CREATE TABLE t (id int PRIMARY KEY, opened timestamptz, resolved timestamptz); CREATE TABLE u () INHERITS (t);
	ALTER TABLE t OWNER TO application; ALTER TABLE u OWNER TO application');
is(run_sql($node, 'apart', qq{SET client_min_messages = warning; SET search_path = apart, public; SELECT count(slt_attach('t', 'opened', $good))}) . '', '1', 'a table is attached whose owner cannot see slt');
is(run_sql($node, 'apart', "INSERT INTO t VALUES (1, $ten); INSERT INTO u VALUES (2, $ten); SELECT count(slt_resolution_due) FROM t", role => 'application') . '', '2', '... who writes tickets');
is(run_sql($node, 'apart', qq{SET client_min_messages = warning; SET search_path = apart, public; CALL slt_backfill('t'); SELECT count(*) FROM slt_restamp('t'); SELECT slt_detach('t', keep_columns => false)}) . '' =~ s/\s+\z//r, "0\n", '... and detached');

# ---------- attach, once more, by another name and not at all ----------

new_database($node, 'again');
$node->safe_psql('again', 'CREATE TABLE tickets (id int PRIMARY KEY, created timestamptz, priority text, sla text, started timestamptz, resolved timestamptz, status text, lastupdated timestamptz);
	INSERT INTO tickets (id, created) SELECT n, now() FROM generate_series(1, 1000) n');
my $attach = q{SELECT slt_attach('tickets', opened_at => 'created', severity => 'priority', contract => 'sla', done_at => '{"response": "started", "resolution": "resolved"}',
	status => 'status', paused_when => '{stalled}', changed_at => 'lastupdated', severity_map => '{"90": "S1", "50": "S2"}', contract_map => '{"gold": "Priority"}')};
my $filenode = value_in($node, 'again', q{SELECT pg_relation_filenode('tickets')});
my $advice = value_in($node, 'again', $attach);
like($advice, qr/^CALL public\.slt_backfill\('public\.tickets'\);$/m, 'slt_attach() says that there are rows to backfill');
is(value_in($node, 'again', q{SELECT pg_relation_filenode('tickets')}), $filenode, 'it has rewritten nothing');
my $own_columns = q{SELECT attname, atttypid::regtype FROM pg_attribute WHERE attrelid = 'tickets'::regclass AND attname LIKE 'slt%' ORDER BY 1};
my @own = ('slt_announce_at|timestamp with time zone', map({ ("slt_${_}_due|timestamp with time zone", "slt_${_}_met|boolean", "slt_${_}_runs|timestamp with time zone[]") } 'resolution', 'response'),
	'slt_status_at|timestamp with time zone[]', 'slt_status_became|text[]');
is(value_in($node, 'again', $own_columns), join("\n", @own), 'it has added the columns, all of built-in types');
is(value_in($node, 'again', q{SELECT count(*) FROM pg_attribute a WHERE attrelid = 'tickets'::regclass AND attname LIKE 'slt%' AND col_description(attrelid, attnum) IS NULL}), '0', 'each with a comment');
is(value_in($node, 'again', q{SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = 'tickets'::regclass}),
	q{zz_slt_stamp|CREATE TRIGGER zz_slt_stamp BEFORE INSERT OR UPDATE ON public.tickets FOR EACH ROW EXECUTE FUNCTION slt_stamp('public.tickets')}, 'and the trigger, which names the attachment');
my @index_commands = $advice =~ /(CREATE INDEX CONCURRENTLY [^;]*);/g;
is(scalar @index_commands, 3, 'it offers indexes');
$node->safe_psql('again', $_) for @index_commands;
is(value_in($node, 'again', $attach), q{CALL public.slt_backfill('public.tickets');}, 'which can be made as it says, and are not offered again');
$node->safe_psql('again', q{INSERT INTO tickets (id, created, priority, sla, status) VALUES (2001, '2026-02-02 10:00+02', '90', 'gold', 'open')});
$node->safe_psql('again', $attach =~ s/"90": "S1"/"90": "S2"/r);
is(value_in($node, 'again', q{SELECT count(*) FROM slt_attached() WHERE problem IS NULL; SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = 'tickets'::regclass; SELECT shown.at(slt_resolution_due) FROM tickets WHERE id = 2001;
	SET client_min_messages = error; UPDATE tickets SET priority = '91' WHERE id = 2001; UPDATE tickets SET priority = '90' WHERE id = 2001; SELECT shown.at(slt_resolution_due) FROM tickets WHERE id = 2001}), "1\n1\nTue 02-03 10:00\nWed 02-04 10:00",
	'attached again: the settings are replaced, and what was stamped stays until it changes');
is(value_in($node, 'again', q{SELECT name, ticket_table, metrics, settings->>'opened_at', settings->'severity_map' FROM slt_attached()}), 'public.tickets|tickets|{resolution,response}|created|{"50": "S2", "90": "S2"}', 'slt_attached() says how');
$node->safe_psql('again', q{CREATE TABLE parted (id int, opened timestamptz, resolved timestamptz) PARTITION BY RANGE (opened); CREATE TABLE parted_1 PARTITION OF parted DEFAULT});
my ($status) = $node->psql('again', value_in($node, 'again', qq{SELECT slt_attach('parted', 'opened', $good, key => 'id')}));
is($status, 0, 'the commands for a partitioned table can be run as they are');

# announce_from: when it was attached first
is(value_in($node, 'again', q{SELECT (a.settings->>'announce_from')::timestamptz < now() - interval '1 millisecond' FROM slt_attached() a WHERE name = 'public.tickets'}), 't', 'announce_from is when the table was attached first');
my $before = value_in($node, 'again', q{SELECT settings->'announce_from' FROM slt_attached() WHERE name = 'public.tickets'});
$node->safe_psql('again', $attach);
is(value_in($node, 'again', q{SELECT settings->'announce_from' FROM slt_attached() WHERE name = 'public.tickets'}), $before, 'and stays when it is attached again');

# the name
$node->safe_psql('again', $attach =~ s/\)$/, name => 'help desk')/r);
is(value_in($node, 'again', q{SELECT name FROM slt_attached() WHERE ticket_table = 'tickets'::regclass; SELECT convert_from(tgargs, 'utf8') = E'help desk' FROM pg_trigger WHERE tgrelid = 'tickets'::regclass AND false;
	SELECT pg_get_triggerdef(oid) ~ '''help desk''' FROM pg_trigger WHERE tgrelid = 'tickets'::regclass AND NOT tgisinternal}), "help desk\nt", 'an attachment is given another name, and the trigger names it');
$node->safe_psql('again', $attach);
is(value_in($node, 'again', q{SELECT name FROM slt_attached() WHERE ticket_table = 'tickets'::regclass}), 'help desk', 'which stays when it is attached again');
like(value_in($node, 'again', qq{SELECT slt_attach('parted', 'opened', $good, name => 'help desk')}), qr/ERROR:  42710: .*help desk/, 'and is nobody else\'s');
is(value_in($node, 'again', qq{ALTER TABLE tickets RENAME TO renamed; INSERT INTO renamed (id, created, priority, sla) VALUES (3001, $ten, '90', 'Standard') RETURNING shown.at(slt_resolution_due); ALTER TABLE renamed RENAME TO tickets;
	SELECT problem FROM slt_attached() WHERE ticket_table = 'tickets'::regclass}), "Wed 02-04 10:00\n", 'a rename does not concern it');

# another prefix, fewer metrics
my (undef, $left) = run_sql($node, 'again', $attach =~ s/\)$/, prefix => 'sla_')/r);
like($left, qr/DETAIL:  They are "slt_announce_at".*"slt_resolution_due".*\nHINT:  What reads them reads old values\./, 'columns of an earlier prefix are named');
(undef, $left) = run_sql($node, 'again', $attach);
like($left, qr/DETAIL:  They are "sla_announce_at/, 'and those of this one, back again');
$node->safe_psql('again', q{SET client_min_messages = error; DO $$ DECLARE c name; BEGIN FOR c IN SELECT attname FROM pg_attribute WHERE attrelid = 'tickets'::regclass AND attname LIKE 'sla\_%' LOOP EXECUTE format('ALTER TABLE tickets DROP %I', c); END LOOP; END $$});
(undef, $left) = run_sql($node, 'again', $attach =~ s/\)$/, metrics => '{resolution}')/r);
like($left, qr/WARNING:  01000: columns of an earlier .*\nDETAIL:  They are "slt_response_due", "slt_response_met", "slt_response_runs"\.\n/, 'columns of a metric that is attached no more are named');
is(value_in($node, 'again', q{INSERT INTO tickets (id, created, priority, sla) VALUES (3002, '2026-02-02 10:00+02', '90', 'Standard') RETURNING shown.at(slt_resolution_due), slt_response_due}), 'Wed 02-04 10:00|', 'and not written');
$node->safe_psql('again', $attach);

# also after it was detached, which keeps them
$node->safe_psql('again', q{CREATE TABLE twice (id int PRIMARY KEY, opened timestamptz, resolved timestamptz)} . qq{; SELECT slt_attach('twice', 'opened', $good); SELECT slt_detach('twice')});
(undef, $left) = run_sql($node, 'again', qq{SELECT slt_attach('twice', 'opened', $good, prefix => 'sla_'); SELECT slt_detach('twice')});
like($left, qr/WARNING:  01000: columns of an earlier attachment .*\nDETAIL:  They are "?slt_announce_at"?, "?slt_resolution_due"?/, 'columns that a detached attachment left are named as well');

# detach
$node->safe_psql('again', q{UPDATE tickets SET status = 'stalled', lastupdated = '2026-02-02 11:00+02' WHERE id = 2001; UPDATE tickets SET status = 'open', lastupdated = '2026-02-02 13:00+02' WHERE id = 2001; SELECT slt_detach('tickets')});
is(value_in($node, 'again', q{SELECT count(*) FROM slt_attached() WHERE ticket_table = 'tickets'::regclass; SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = 'tickets'::regclass;
	UPDATE tickets SET priority = '50' WHERE id = 2001; SELECT shown.at(slt_resolution_due) FROM tickets WHERE id = 2001}), "0\n0\nTue 02-03 12:00", 'detached: columns stay by default, and what was stamped, whatever happens');
is(value_in($node, 'again', $own_columns), join("\n", @own), 'all of them');
$node->safe_psql('again', $attach);
is(value_in($node, 'again', q{UPDATE tickets SET priority = '90' WHERE id = 2001; SELECT shown.at(slt_resolution_due), slt_status_became FROM tickets WHERE id = 2001}), 'Tue 02-03 12:00|{open,stalled,open}', 'attached to columns that are there, the history of the status is known: two hours do not count');
$node->safe_psql('again', q{SELECT slt_detach('tickets', false)});
is(value_in($node, 'again', q{SELECT count(*) FROM pg_attribute WHERE attrelid = 'tickets'::regclass AND attname LIKE 'slt%'; INSERT INTO tickets (id) VALUES (3000); SELECT count(*) FROM tickets}), "0\n1004", 'detached without its columns: the table as it was');
$node->safe_psql('again', q{SELECT slt_detach('parted', keep_columns => false)});
is(value_in($node, 'again', q{SELECT count(*) FROM pg_attribute WHERE attrelid IN ('parted'::regclass, 'parted_1'::regclass) AND attname LIKE 'slt%'; SELECT count(*) FROM pg_trigger WHERE tgrelid = 'parted_1'::regclass}), "0\n0",
	'nor is anything left in partitions');
is(value_in($node, 'again', qq{SET client_min_messages = error; CREATE TABLE often (id int PRIMARY KEY, opened timestamptz, resolved timestamptz);
	DO \$\$ BEGIN FOR i IN 1 .. 500 LOOP PERFORM slt_attach('often', 'opened', $good); PERFORM slt_detach('often'); COMMIT; END LOOP; END \$\$; SELECT count(*) FROM pg_attribute WHERE attrelid = 'often'::regclass AND attnum > 0;
	SELECT count(slt_attach('often', 'opened', $good)); INSERT INTO often VALUES (1, $ten) RETURNING shown.at(slt_resolution_due)}) =~ s/\A\s+//r, "10\n1\nWed 02-04 10:00", 'attached and detached five hundred times, a table has no more columns');

# ---------- the extension's schema is renamed, and has overloads ----------

$node->safe_psql('postgres', "CREATE DATABASE moved");
$node->safe_psql('moved', "CREATE SCHEMA slt; CREATE EXTENSION slt SCHEMA slt");
install_show($node, 'moved');
my $everything = <<"SQL";
SET client_min_messages = error;
SET timezone = 'Africa/Cairo';
CREATE TABLE t (id int PRIMARY KEY, opened timestamptz, resolved timestamptz, status text);
SELECT SCHEMA.slt_attach('t', 'opened', $good, status => 'status', paused_when => '{hold}', announce_from => NULL) ~ 'CALL "?SCHEMA"?[.]slt_backfill';
INSERT INTO t (id, opened, status) VALUES (1, $ten, 'open'), (2, '2026-02-02 11:00+02', 'open') RETURNING shown.at(slt_resolution_due);
ALTER TABLE t RENAME opened TO since;
CALL SCHEMA.slt_backfill('t');
SELECT SCHEMA.slt_sweep();
CALL SCHEMA.slt_sweep_all();
UPDATE SCHEMA.slt_targets SET amount = '3 working days' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'resolution';
SELECT key, metric, shown.at(due_after) FROM SCHEMA.slt_restamp('t');
SELECT metric, state FROM t, SCHEMA.slt_clocks(t) WHERE id = 1;
SELECT count(*) FROM t, SCHEMA.slt_explain(t, 'resolution') WHERE id = 1;
SELECT count(*) FROM SCHEMA.slt_tickets('t');
SELECT sum(opened) FROM SCHEMA.slt_report('t');
SELECT count(*) FROM SCHEMA.slt_unmatched('t');
SELECT sum(tickets) FROM SCHEMA.slt_ticket_counts();
SELECT name, problem, unstamped, settings->>'opened_at' FROM SCHEMA.slt_attached();
UPDATE SCHEMA.slt_contracts SET name = 'Basic' WHERE name = 'Standard';
SELECT settings->>'contract_value' FROM SCHEMA.slt_attached();
UPDATE SCHEMA.slt_contracts SET name = 'Standard' WHERE name = 'Basic';
UPDATE SCHEMA.slt_targets SET amount = '2 working days' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'resolution';
SELECT SCHEMA.slt_detach('t', false);
DROP TABLE t;
TRUNCATE SCHEMA.slt_events, SCHEMA.slt_announced;
SQL
my $usual = value_in($node, 'moved', $everything =~ s/SCHEMA/slt/gr);
is($usual, join("\n", 't', 'Wed 02-04 10:00', 'Wed 02-04 11:00', '4', '1|resolution|Thu 02-05 10:00', '2|resolution|Thu 02-05 11:00', 'resolution|breached', 'response|breached', '7', '4', '4', '0', '4', 'public.t||0|since', 'Basic', ''), 'all that there is, in a schema of its own')
	or diag((run_sql($node, 'moved', 'SELECT 1'))[1]);
$node->safe_psql('moved', 'ALTER SCHEMA slt RENAME TO "Other"');
is(value_in($node, 'moved', $everything =~ s/SCHEMA(?=\.)/"Other"/gr =~ s/SCHEMA/Other/gr), $usual, 'and after ALTER SCHEMA ... RENAME');
# an overload of each function, with arguments of other types, that would be chosen for a call by name
$node->safe_psql('moved', <<'SQL');
CREATE TABLE called (what text);
GRANT INSERT ON called TO PUBLIC;
DO $$
DECLARE
	f record;
BEGIN
	FOR f IN SELECT DISTINCT p.proname, p.pronargs FROM pg_proc p WHERE p.pronamespace IN ('"Other"'::regnamespace, 'zz_slt_internal'::regnamespace) AND p.prokind = 'f' AND p.pronargs > 0 LOOP
		EXECUTE format('CREATE FUNCTION "Other".%I(VARIADIC "any") RETURNS text LANGUAGE internal AS ''text_concat''', f.proname);
		EXECUTE format('CREATE FUNCTION "Other".%I(%s) RETURNS text LANGUAGE plpgsql AS %L', f.proname, array_to_string(array_fill('text'::text, ARRAY[f.pronargs]), ', '),
			format('BEGIN INSERT INTO public.called VALUES (%L); RETURN NULL; END', f.proname));
	END LOOP;
EXCEPTION WHEN duplicate_function THEN NULL;
END $$;
SQL
my $quiet = $everything =~ s/SCHEMA(?=\.)/"Other"/gr =~ s/SCHEMA/Other/gr =~ s/(slt_(?:tickets|report|unmatched|restamp|detach|attach)\()'t'/$1'public.t'::regclass/gr;
value_in($node, 'moved', $quiet);
is(value_in($node, 'moved', 'SELECT string_agg(DISTINCT what, $$ $$) FROM called'), '', 'overloads in its schema are called by nobody');
unlike(scalar run_sql($node, 'refusals', $_) . '', qr/CONTEXT/, "an error says what is wrong, and not by which functions it came about: $_") for "SELECT slt_attach('t', 'nowhere', $good)", q{SELECT slt_attach('pg_class', 'x')}, q{SELECT slt_attach('t', NULL)};
done_testing();
