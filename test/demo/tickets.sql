-- A ticket table that an application has: attached, a ticket that becomes late while one watches, its explanation; the
-- life of another ticket; the monthly report.

\echo
\echo :bold'slt: working time and deadlines in PostgreSQL':plain
\echo
\set ECHO queries
CREATE EXTENSION slt;
\set ECHO none

CREATE FUNCTION pg_temp.clock(at timestamptz) RETURNS text
LANGUAGE sql STABLE RETURN to_char(at, 'Dy DD Mon HH24:MI');

-- The tickets of half a year: 3,000, all of them resolved.
CREATE TABLE issues (
	id int PRIMARY KEY,
	created timestamp,
	changed timestamp,
	answered timestamp DEFAULT '1970-01-01',
	resolved timestamp DEFAULT '1970-01-01',
	priority int,
	plan text,
	status text DEFAULT 'new'
);
INSERT INTO issues
SELECT n, created, resolved, least(created + n * 37 % 500 * interval '1 minute', resolved), resolved,
	(ARRAY[95, 60, 20])[1 + n % 3], (ARRAY['gold', 'silver'])[1 + n % 2], 'resolved'
FROM generate_series(1, 3000) n,
	LATERAL (SELECT timestamp '2026-01-01 06:00' + n * interval '87 minutes') c (created),
	LATERAL (SELECT created + (30 + n::bigint * 7919 % (1800 + n % 2 * 2200)) * interval '1 minute') r (resolved);

-- A hotline that never closes, where four seconds are a long time.
INSERT INTO slt_calendars (name, calendar) VALUES ('Always', 'UTC 24/7');
INSERT INTO slt_contracts (name, calendar) VALUES ('Hotline', 'Always');
INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ('Hotline', 'S1', 'resolution', '4 working seconds');

\echo
\echo :bold'1. A ticket becomes late while you watch':plain
\echo
\echo 'A helpdesk keeps tickets in a table of its own, with its own priorities and names of plans, and'
\echo 'times in UTC where 1970 means "not yet":'
\echo
SELECT id, created, changed, priority, plan, status FROM issues WHERE id <= 2 ORDER BY id;
\echo 'One call tells slt where the facts are, and another stamps the' 3,000 'rows that are there:'
\echo
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SELECT slt_attach('issues', opened_at => 'created', changed_at => 'changed',
  severity => 'priority', severity_map => '{">=80": "S1", ">=50": "S2", "*": "S3"}',
  contract => 'plan', contract_map => '{"gold": "Priority", "silver": "Standard"}',
  done_at => '{"response": "answered", "resolution": "resolved"}',
  status => 'status', paused_when => '{stalled}',
  time_zone => 'UTC', unset => '1970-01-01');
\set ECHO none
\pset tuples_only off
\pset format aligned
\echo
\echo 'It answers with what to do next: an index for slt, if wanted indexes for queries, and the backfill.'
\echo
\set ECHO queries
CREATE INDEX ON issues (slt_announce_at) WHERE slt_announce_at IS NOT NULL;
CALL slt_backfill('issues');
\set ECHO none
SELECT string_agg(attname, ', ' ORDER BY attnum) FILTER (WHERE attname ~ '_(due|met)$') AS stamps,
	string_agg(attname, ', ' ORDER BY attnum) FILTER (WHERE attname !~ '_(due|met)$') AS others
FROM pg_attribute WHERE attrelid = 'issues'::regclass AND attname ~ '^slt_' \gset
\echo
\echo 'The table has gained columns, and a trigger that fills them:'
\echo '  ' :stamps','
\echo '  ' :others


-- a ticket that becomes late

-- Waits until an event of the ticket is announced; sweeps itself if no one else does.
CREATE PROCEDURE pg_temp.wait_for(wanted text, in_background boolean) LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1..1200 LOOP
		IF NOT in_background THEN
			CALL slt_sweep_all();
		END IF;
		EXIT WHEN EXISTS (SELECT FROM slt_events WHERE ticket_table = 'issues'::regclass AND key = '4711' AND kind = wanted);
		PERFORM pg_sleep(0.05);
	END LOOP;
END $$;
SELECT count(*) > 0 AND coalesce(current_setting('slt.worker', true) = 'on', false) AS in_background
FROM pg_stat_activity WHERE backend_type = 'slt launcher' \gset
\echo
\echo 'A hotline promises to resolve critical tickets within 4 seconds, around the clock. No one does.'
\if :in_background
\echo 'The background worker of slt sleeps until the next deadline, and then tells who listens:'
\else
\echo 'slt_sweep_all() finds what is late, and tells who listens:'
\endif
\echo
\set ECHO queries
LISTEN slt;
INSERT INTO issues (id, created, priority, plan)
  VALUES (4711, clock_timestamp() AT TIME ZONE 'UTC', 99, 'Hotline');
\set ECHO none
\echo
-- the notifications go where results go
\o |fold -s -w 95
CALL pg_temp.wait_for('at risk', :'in_background');
CALL pg_temp.wait_for('breached', :'in_background');
UNLISTEN slt;
\o
\echo
\echo 'There is news, and whoever has to tell people takes it, each event once:'
\echo
\set ECHO queries
SELECT key, metric, kind, due, announced_at FROM slt_take_events('pager');
\set ECHO none
\echo
\echo 'At risk is a ticket that has used up three quarters of its time.'
\echo
\echo 'How does it stand, and why was it due when it was? The row has its clocks, and explains them:'
\echo
\set ECHO queries
SELECT t.id, c.metric, c.state, c.due, c.remaining
FROM issues t, slt_clocks(t) c WHERE t.id = 4711 AND c.metric = 'resolution';
SELECT "to", what, worked, owed FROM issues t, slt_explain(t, 'resolution') WHERE t.id = 4711;
\set ECHO none
\echo 'Of ticket 1, which came before a weekend, there is more to tell, in a form for the terminal:'
\echo
\set ECHO queries
SELECT e.* FROM issues t, slt_show_explain(t, 'resolution') e WHERE t.id = 1;
\set ECHO none
UPDATE issues SET resolved = clock_timestamp() AT TIME ZONE 'UTC', status = 'resolved' WHERE id = 4711;

\echo
\echo :bold'2. The life of a ticket':plain

-- the life of a ticket

CREATE TEMP TABLE life (step int GENERATED ALWAYS AS IDENTITY, what text, due timestamptz, met boolean);
CREATE FUNCTION pg_temp.note(what text) RETURNS void LANGUAGE sql
AS $$ INSERT INTO life (what, due, met) SELECT $1, slt_resolution_due, slt_resolution_met FROM issues WHERE id = 4000 $$;
-- in one transaction, since the worker would find it late half-way: all of it is in the past
BEGIN;
INSERT INTO issues (id, created, changed, priority, plan) VALUES (4000, '2026-06-08 07:00', '2026-06-08 07:00', 85, 'gold');
SELECT pg_temp.note('Mon 10:00  opened, priority 85, plan gold') \g /dev/null
UPDATE issues SET status = 'stalled', answered = '2026-06-08 08:00', changed = '2026-06-08 08:00' WHERE id = 4000;
SELECT pg_temp.note('Mon 11:00  answered, and waiting for the customer') \g /dev/null
UPDATE issues SET status = 'open', changed = '2026-06-08 13:30' WHERE id = 4000;
SELECT pg_temp.note('Mon 16:30  the customer has answered') \g /dev/null
UPDATE issues SET priority = 55, changed = '2026-06-09 07:00' WHERE id = 4000;
SELECT pg_temp.note('Tue 10:00  priority 55') \g /dev/null
UPDATE issues SET status = 'resolved', resolved = '2026-06-10 12:00', changed = '2026-06-10 12:00' WHERE id = 4000;
SELECT pg_temp.note('Wed 15:00  resolved') \g /dev/null
COMMIT;
\echo
\echo 'What the application writes about a ticket, and what slt makes of it at once:'
\echo
SELECT what AS "8 to 10 June 2026", CASE WHEN isfinite(due) THEN pg_temp.clock(due) ELSE due::text END AS "resolution due",
	CASE met WHEN true THEN 'yes' WHEN false THEN 'no' END AS met
FROM life ORDER BY step;
\echo 'The pause moved the deadline by 5 1/2 working hours; the lower priority has 2 working days from'
\echo 'opening instead of 8 hours, and keeps the pause.'


-- the report

\echo
\echo :bold'3. The monthly report':plain
\echo
\set ECHO queries
CREATE TEMP VIEW report AS
  SELECT * FROM slt_report('issues', '[2026-01-01, 2026-07-01)', every => 'month')
  WHERE metric = 'resolution' AND severity = 'S1';
\set ECHO none
\echo
SELECT to_char(lower(period), 'Mon YYYY') AS month, contract, severity, opened, met, met_late AS late, round(percent_met, 1) AS "% met",
	to_char(median::interval, 'FMHH24:MI') AS median, to_char(percentile_90::interval, 'FMHH24:MI') AS "90 in 100"
FROM report
ORDER BY lower(period), contract;
\echo 'Median, and what 90 in 100 took no longer than: working hours from opening to resolution.'
