# What grows with use, and who deletes it: slt_prune() and slt_prune_all() take what nobody can miss, and leave what some
# answer is made of; they wait for nobody.  And slt_costs, which says what all of it takes.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;
use Time::HiRes qw(time);

my $node = new_server('care', bare => 1);
new_database($node, 'desk');
my $in = sub { return value_in($node, 'desk', $_[0]) };
my $constant = q{'opened', severity_value => 'S1', contract_value => 'Always', announce_from => NULL};
$node->safe_psql('desk', <<"SQL");
INSERT INTO slt_calendars (name, calendar) VALUES ('Always', 'UTC 24/7');
INSERT INTO slt_contracts (name, calendar) VALUES ('Always', 'Always');
INSERT INTO slt_metrics (name, when_reopened) VALUES ('next_reply', 'restart');
INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ('Always', 'S1', 'resolution', '1 working hour'), ('Always', 'S1', 'next_reply', '1 working hour');
CREATE TABLE t (id int PRIMARY KEY, opened timestamptz, resolved timestamptz, asked timestamptz, answered timestamptz, note text);
SELECT slt_attach('t', $constant, done_at => '{"resolution": "resolved", "next_reply": "answered"}', started_at => '{"next_reply": "asked"}');
SQL
my $announced = q{SELECT string_agg(key || ' ' || metric || run, ', ' ORDER BY length(key), key, metric, run) FROM slt_announced};
my $age = q{UPDATE slt_announced SET announced_at = announced_at - interval '100 days'; UPDATE slt_events SET announced_at = announced_at - interval '100 days'};

# ---------- what was announced ----------

$node->safe_psql('desk', q{INSERT INTO t (id, opened) SELECT n, now() - interval '101 days' FROM generate_series(1, 6) n; SELECT slt_sweep()});
$node->safe_psql('desk', "$age; DELETE FROM t WHERE id IN (1, 2); UPDATE t SET resolved = now() - interval '50 days' WHERE id = 3; INSERT INTO t (id, opened) VALUES (7, now() - interval '101 days'); SELECT slt_sweep(); DELETE FROM t WHERE id = 7");
is($in->("SELECT slt_prune('90 days'); $announced"), "6\n3 resolution1, 4 resolution1, 5 resolution1, 6 resolution1, 7 resolution1", 'tickets that are gone are forgotten, if it is long ago; of all others it is remembered what was announced');
is($in->(q{UPDATE t SET resolved = NULL WHERE id = 3; UPDATE t SET note = 'x'; UPDATE t SET slt_announce_at = now() - interval '1 h'; SELECT slt_sweep()}), '0', 'so that nothing is announced again: not of a ticket that was done and is opened again either');
is($in->("SELECT slt_prune('0'); $announced"), "1\n3 resolution1, 4 resolution1, 5 resolution1, 6 resolution1", 'nor later');
$node->safe_psql('desk', q{INSERT INTO t (id, opened, resolved, asked) VALUES (10, now() - interval '102 days', now(), now() - interval '102 days'); SELECT slt_sweep();
	UPDATE t SET answered = now() - interval '101.5 days' WHERE id = 10; UPDATE t SET asked = now() - interval '101 days' WHERE id = 10; SELECT slt_sweep()});
is($in->("$age; SELECT slt_prune('90 days'); $announced"), "2\n3 resolution1, 4 resolution1, 5 resolution1, 6 resolution1, 10 next_reply2", 'of a clock that restarts the run at hand is remembered, and those before it no more');
is($in->('UPDATE t SET slt_announce_at = opened WHERE id = 10; SELECT slt_sweep()'), '0', '... and nothing is announced again');

# keys of other kinds: of several columns, of types whose text depends on a session, too long to be kept whole
$node->safe_psql('desk', <<"SQL");
CREATE TABLE pairs (site text, at timestamptz, opened timestamptz, resolved timestamptz, PRIMARY KEY (site, at)) PARTITION BY HASH (site);
CREATE TABLE pairs_0 PARTITION OF pairs FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE pairs_1 PARTITION OF pairs FOR VALUES WITH (MODULUS 2, REMAINDER 1);
SELECT slt_attach('pairs', $constant, done_at => '{"resolution": "resolved"}');
INSERT INTO pairs SELECT s, '2026-01-01 00:00Z', now() - interval '101 days' FROM unnest(ARRAY['', 'a,b', E'é"', 'gone', 'gone too', repeat('k', 3000)]) s;
CREATE TABLE placed (opened timestamptz, resolved timestamptz);
SELECT slt_attach('placed', $constant, done_at => '{"resolution": "resolved"}');
INSERT INTO placed VALUES (now() - interval '101 days');
SELECT slt_sweep();
DELETE FROM pairs WHERE site LIKE 'gone%' OR site LIKE 'k%';
DELETE FROM placed;
$age
SQL
my $keys = q{SELECT string_agg(left(key, 5), '|' ORDER BY key COLLATE "C") FROM slt_announced WHERE attachment = 'public.pairs'};
is($in->(q{SET timezone = 'Asia/Tokyo'; SET datestyle = 'SQL, DMY'; SELECT slt_prune('90 days');} . $keys), "7\n,2026|a,b,2|kkkkk|é\",20", 'keys are told apart by the text that sweeps make of them; one that was cut stays');
is($in->(q{SELECT count(*) FROM slt_announced WHERE attachment = 'public.placed'}), '1', 'and so do those of a table without a key, where a place says nothing');
$node->safe_psql('desk', q{DROP TABLE placed; SELECT slt_prune('90 days')});
is($in->(q{SELECT count(*) FROM slt_announced WHERE attachment = 'public.placed'}), '0', 'until their table is dropped');
is($in->(q{SELECT cardinality(zz_slt_internal.missing_tickets('pairs', '{x,y}')), cardinality(zz_slt_internal.missing_tickets('slt_events', '{x,y}'))}), '2|0', 'of a table that is not attached nothing is missing');

# whoever may not read the tickets is told nothing of them
$node->safe_psql('desk', q{CREATE ROLE pruner LOGIN; CREATE ROLE reader LOGIN; GRANT SELECT, UPDATE, DELETE ON slt_events, slt_announced, slt_deliveries, slt_latencies TO pruner; GRANT SELECT ON slt_attachments, slt_consumers TO pruner;
	GRANT SELECT ON t TO reader; DELETE FROM t WHERE id = 6});
is(value_in($node, 'desk', q{SELECT slt_prune('90 days'), cardinality(zz_slt_internal.missing_tickets('t', '{x,y}'))}, role => 'pruner'), '0|0', 'a role without rights on the tickets prunes, and is told nothing of them');
is($in->($announced =~ s/FROM slt_announced/$& WHERE attachment = 'public.t'/r), '3 resolution1, 4 resolution1, 5 resolution1, 6 resolution1, 10 next_reply2', '... and what was announced of them stays');
is(value_in($node, 'desk', q{SELECT cardinality(zz_slt_internal.missing_tickets('t', '{x,y}'))}, role => 'reader'), '2', 'one that may read them is');
$node->safe_psql('desk', 'ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY none ON t USING (false)');
is(value_in($node, 'desk', q{SELECT cardinality(zz_slt_internal.missing_tickets('t', '{x,y}'))}, role => 'reader'), '0', 'but not under row security');
$node->safe_psql('desk', 'ALTER TABLE t DISABLE ROW LEVEL SECURITY');

# ---------- events and deliveries ----------

$node->safe_psql('desk', q{TRUNCATE slt_events, slt_announced; DELETE FROM t; INSERT INTO t (id, opened) SELECT n, now() - interval '2 hours' FROM generate_series(1, 1000) n; SELECT slt_sweep();
	SELECT count(*) FROM slt_take_events('all'); SELECT count(*) FROM slt_take_events('some', 400)});
$node->safe_psql('desk', $age);
is($in->(q{SELECT count(*) FROM slt_deliveries}), '1400', 'two consumers took events, and none since');
is($in->(q{CALL slt_prune_all('90 days', 70); SELECT count(*) FROM slt_events; SELECT count(*) FROM slt_deliveries}), "600\n600", 'slt_prune_all() takes the events that both have had, and that they had them');
is($in->(q{SELECT count(*) FROM slt_take_events('some', 500); SELECT count(*) FROM slt_take_events('all')}), "500\n0", 'each gets what it has not had, and nothing again');
is($in->(q{SELECT slt_skip_events('new'); SELECT slt_prune('0'); SELECT count(*) FROM slt_take_events('some'); SELECT slt_prune('0'); SELECT count(*) FROM slt_events; SELECT count(*) FROM slt_deliveries}), "600\n500\n100\n100\n0\n0", 'in the end nothing is left');
$node->safe_psql('desk', q{INSERT INTO t (id, opened) VALUES (2000, now() - interval '2 hours'); SELECT slt_sweep()});
is($in->(q{SELECT count(*) FROM slt_take_events('all'); SELECT count(*) FROM slt_take_events('some'); SELECT count(*) FROM slt_take_events('new')}), "1\n1\n1", 'and what comes next comes to all');

# an event that is written and not committed when others are pruned is delivered all the same
my $writer = $node->background_psql('desk', on_error_stop => 0);
ask($writer, q{BEGIN; INSERT INTO t (id, opened) VALUES (2001, now() - interval '2 hours'); SELECT slt_sweep(10)});
$node->safe_psql('desk', q{INSERT INTO t (id, opened) VALUES (2002, now() - interval '2 hours'); SELECT slt_sweep(); SELECT count(*) FROM slt_take_events('all')});
is($in->(q{SELECT slt_prune('0') > 0; SELECT count(*) FROM slt_deliveries WHERE consumer = 'all'}), "t\n1", 'an event is pruned while an older one is not committed');
ask($writer, 'COMMIT');
is($in->(q{SELECT string_agg(key, ',') FROM slt_take_events('all')}), '2001', '... which is delivered then');

# ---------- nobody waits ----------

$node->safe_psql('desk', q{UPDATE t SET opened = opened - interval '1 minute' WHERE id <= 500; SELECT slt_sweep(); SELECT count(*) FROM slt_take_events('all', 3)});
my $holder = $node->background_psql('desk', on_error_stop => 0);
ask($holder, q{BEGIN; SELECT count(*) FROM slt_take_events('all', 1); SELECT count(*) FROM (SELECT FROM slt_announced FOR UPDATE) x; SELECT count(*) FROM (SELECT FROM slt_events FOR UPDATE) x; DELETE FROM slt_deliveries});
for my $prune (q{SELECT slt_prune('0') IS NULL}, q{CALL slt_prune_all('0')})
{
	my $begun = time;
	is($in->("SET lock_timeout = '1s'; DELETE FROM t WHERE id = 3; $prune") =~ s/^f$//r, '', "$prune waits for no consumer and no sweep");
	cmp_ok(time - $begun, '<', 3, '... at all');
}
ask($holder, 'ROLLBACK; BEGIN; SELECT slt_prune($$0$$)');
is($in->(q{SET lock_timeout = '200ms'; INSERT INTO t (id, opened) VALUES (3001, now() - interval '2 hours'); SELECT slt_sweep(); SELECT count(*) FROM slt_take_events('other', 1)}), "1\n1", 'nor does anyone wait for a prune that has not committed');
ask($holder, 'ROLLBACK');
$_->quit for $holder, $writer;

# ---------- checks ----------

$node->safe_psql('desk', q{INSERT INTO slt_services (name) VALUES ('S'); INSERT INTO slt_experiences (service, name) VALUES ('S', 'x');
	SELECT count(slt_record('S', 'X', n % 100 > 2, n % 7 * interval '100 ms', now() - interval '120 days' + n * interval '5 minutes')) FROM generate_series(0, 3000) n;
	SELECT count(slt_record('S', 'X', true, '100 ms', now() - interval '1 day' + n * interval '5 minutes')) FROM generate_series(0, 200) n});
my $figures = q{SELECT md5(string_agg(f::text, '|' ORDER BY f::text)) FROM slt_availability_report(tstzrange(now()::date - 130, now()::date), 'day', 'S') f; SELECT count(*) FROM slt_outages WHERE service = 'S'; SELECT checks, median FROM slt_latency('S', 10) WHERE day < current_date};
my $before = $in->($figures);
my $rows = q{SELECT count(DISTINCT day) FILTER (WHERE day < current_date - 95), count(DISTINCT day) FILTER (WHERE day >= current_date - 89) > 0 FROM slt_latencies};
like($in->($rows), qr/^1[01]\|t$/, 'there are response times of long ago and of late');
$node->safe_psql('desk', q{CALL slt_prune_all('90 days', 10)});
is($in->($rows), '0|t', 'the old ones are deleted');
is($in->($figures), $before, 'availability, outages and later response times are what they were');
is($in->(q{SELECT slt_record('S', 'X', false, NULL, now() - interval '10 hours'); SELECT count(*) > 0 FROM slt_outages WHERE lower(during) > now() - interval '11 hours'}), "t\nt", 'and a check that comes late finds its place');

# ---------- what is wrong with a call ----------

like($in->(q{CALL slt_prune_all('1 day', 0)}), qr/ERROR:  22023: argument "batch_size" must be at least 1/, 'a batch of nothing');
like($in->(q{BEGIN; CALL slt_prune_all('1 day')}), qr/ERROR:  25001/, 'in a transaction');
like($in->(q{SET default_transaction_read_only = on; CALL slt_prune_all('1 day')}), qr/ERROR:  25006/, 'read only');
is($in->(q{CALL slt_prune_all(NULL); CALL slt_prune_all('-1 day'); CALL slt_prune_all('100000 years')}) =~ s/^\s*ERROR:  22008.*//r, '', 'null, less than nothing, and longer than there are dates');
like(value_in($node, 'desk', q{CALL slt_prune_all('1 day')}, role => 'reader'), qr/ERROR:  42501/, 'without rights');

# ---------- slt_costs ----------

$node->safe_psql('desk', 'CREATE INDEX ON t (slt_announce_at) WHERE slt_announce_at IS NOT NULL; UPDATE t SET note = $$x$$; ANALYZE; SELECT slt_sweep()');
is($in->(q{SELECT name, rows = (SELECT count(*) FROM t), bytes = pg_total_relation_size('t'), own_bytes BETWEEN 10000 AND bytes / 2, sweep_lag, last_error FROM slt_costs WHERE kind = 'tickets' AND name = 'public.t'}),
	'public.t|t|t|t|00:00:00|', 'slt_costs has an attached table, and what of it is slt\'s');
is($in->(q{SELECT sweep_lag IS NULL, rows FROM slt_costs WHERE name = 'public.pairs'}), 't|3', 'a partitioned one as a whole; without the index nothing is said of the sweep');
is($in->(q{SELECT count(*), bool_and(bytes >= own_bytes), (SELECT count(*) FROM pg_depend d JOIN pg_class c ON c.oid = d.objid WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e' AND c.relkind = 'r' AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'slt')) = count(*)
	FROM slt_costs WHERE kind = 'slt'}) =~ s/^\d+\|//r, 't|t', 'and each table of slt');
$node->safe_psql('desk', q{ALTER TABLE slt_events ADD CONSTRAINT broken CHECK (false) NOT VALID; INSERT INTO t (id, opened) VALUES (4000, now() - interval '2 hours'); SET client_min_messages = error; CALL slt_sweep_all()});
like($in->(q{SELECT sweep_lag > '59 minutes', last_error FROM slt_costs WHERE name = 'public.t'}), qr/^t\|20\d\d-\d\d-\d\d \d\d:\d\d .*"broken"$/, 'a table that could not be swept: how far it is behind, when and why');
$node->safe_psql('desk', 'ALTER TABLE slt_events DROP CONSTRAINT broken');
like(value_in($node, 'desk', 'SELECT count(*) FROM slt_costs', role => 'reader'), qr/ERROR:  42501: permission denied for view slt_costs/, 'not everyone sees that');
$node->safe_psql('desk', 'GRANT SELECT ON slt_costs TO reader, pruner');
is(value_in($node, 'desk', q{SELECT name, sweep_lag IS NULL FROM slt_costs WHERE kind = 'tickets' ORDER BY 1}, role => 'reader'), "public.pairs|t\npublic.t|f", 'one who was let, and may read the tickets, does');
$node->safe_psql('desk', 'REVOKE SELECT ON t FROM reader');
is(value_in($node, 'desk', q{SELECT sweep_lag IS NULL FROM slt_costs WHERE name = 'public.t'}, role => $_->[0]), $_->[1], $_->[2]) for [ 'reader', 't', 'without that he sees nothing of the sweep' ], [ 'pruner', 'f', 'and with SELECT on slt_attachments he does' ];
my $locked = $node->background_psql('desk', on_error_stop => 0);
ask($locked, 'BEGIN; LOCK TABLE zz_slt_internal.put_off, slt_events IN EXCLUSIVE MODE');
is($in->(q{SET lock_timeout = '1s'; SELECT count(*) > 20 FROM slt_costs}), 't', 'it waits for no writer');
ask($locked, 'COMMIT; BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE');
is($in->(q{SET lock_timeout = '1s'; SELECT name, bytes IS NULL FROM slt_costs WHERE kind = 'tickets' ORDER BY 1}), "public.pairs|f\npublic.t|t", 'nor for who has a table for himself');
is($in->(q{SET lock_timeout = '1s'; SELECT name, problem, unstamped IS NULL FROM slt_attached() WHERE problem IS NULL OR problem !~ 'exist'}), "public.pairs||f\npublic.t|It is locked by another session; ask again when it is not.|t", 'and neither does slt_attached()');
ask($locked, 'COMMIT');
$locked->quit;
is($in->('BEGIN READ ONLY; SELECT count(*) > 20 FROM slt_costs'), 't', 'and works in a transaction that is read only');

done_testing();
