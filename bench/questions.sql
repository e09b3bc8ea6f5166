-- How long the questions of doc/questions.md take on a million tickets of a year with two clocks each, of which 10,000 are
-- open.  For a server of its own, in a database that has nothing else:
--
--     createdb questions && psql -X -d questions -f bench/questions.sql
--
-- Each statement runs three times; the best is shown, in milliseconds.

\set ON_ERROR_STOP on
\set QUIET on
\pset pager off
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE EXTENSION IF NOT EXISTS slt;
CREATE TABLE issues (id int PRIMARY KEY, created timestamptz, changed timestamptz, answered timestamptz, solved timestamptz, priority text, customer text, team text, status text);
SELECT slt_attach('issues', opened_at => 'created', changed_at => 'changed', done_at => '{"response": "answered", "resolution": "solved"}', severity => 'priority',
	contract_value => 'Standard', status => 'status', paused_when => '{waiting}', announce_from => now() - interval '7 days') \g /dev/null
-- one in a hundred is open, and these are the latest ones for the most part
INSERT INTO issues
SELECT n, t, t, t + n % 50 * interval '20 minutes', CASE WHEN n % 1000 >= 8 AND n <= 998000 THEN t + n % 97 * interval '45 minutes' END, (ARRAY['S1', 'S2', 'S3', 'S3'])[1 + n % 4], 'customer ' || n % 200,
	   'team ' || n % 12, CASE WHEN n % 11 = 0 THEN 'waiting' ELSE 'open' END
FROM generate_series(1, 1000000) n, LATERAL (SELECT now() - interval '365 days' + n * interval '31.5 seconds') x (t);
CREATE INDEX ON issues (slt_announce_at) WHERE slt_announce_at IS NOT NULL;
CREATE INDEX ON issues (slt_resolution_due) WHERE slt_resolution_met IS NULL;
CREATE INDEX ON issues (slt_response_due) WHERE slt_response_met IS NULL;
CREATE INDEX ON issues (created);
VACUUM ANALYZE issues;
SELECT slt_sweep() \g /dev/null
SELECT count(*) AS had FROM slt_take_events('mail') \g /dev/null
SELECT count(*) AS tickets, count(*) FILTER (WHERE slt_resolution_met IS NULL) AS open, count(*) FILTER (WHERE slt_resolution_due < now() AND slt_resolution_met IS NULL) AS late FROM issues;

CREATE TEMP TABLE questions (n int GENERATED ALWAYS AS IDENTITY, question text, statement text, best numeric, rows bigint);
INSERT INTO questions (question, statement) VALUES
	('what is late', $q$SELECT id, customer, team FROM issues WHERE slt_resolution_due < now() AND slt_resolution_met IS NULL ORDER BY slt_resolution_due$q$),
	('what is due next, 20 tickets', $q$SELECT id, customer FROM issues WHERE slt_resolution_due BETWEEN now() AND now() + interval '4 hours' AND slt_resolution_met IS NULL ORDER BY slt_resolution_due LIMIT 20$q$),
	('what is due today', $q$SELECT id, customer FROM issues WHERE slt_resolution_due BETWEEN now() AND CURRENT_DATE + 1 AND slt_resolution_met IS NULL ORDER BY slt_resolution_due$q$),
	('one ticket: its clocks', $q$SELECT c.* FROM issues t, slt_clocks(t) c WHERE t.id = 999999$q$),
	('one ticket: its explanation', $q$SELECT e.* FROM issues t, slt_explain(t, 'resolution') e WHERE t.id = 999999$q$),
	('how much time is left, of all open', $q$SELECT t.id, c.state, round(extract(epoch FROM c.remaining::interval) / 3600, 1), round(c.used) FROM issues t, slt_clocks(t) c WHERE t.slt_resolution_met IS NULL AND c.due IS NOT NULL ORDER BY c.used DESC$q$),
	('who is in trouble, by customer', $q$SELECT t.customer, c.state, count(*) FROM issues t, slt_clocks(t) c WHERE t.slt_resolution_met IS NULL AND t.slt_resolution_due IS NOT NULL GROUP BY t.customer, c.state$q$),
	('late by team', $q$SELECT team, count(*) FROM issues WHERE slt_resolution_due < now() AND slt_resolution_met IS NULL GROUP BY team$q$),
	('was the promise kept: the year, by month', $q$SELECT contract, severity, sum(met) FROM slt_report('issues', every => 'month') WHERE opened > 0 GROUP BY contract, severity$q$),
	('was the promise kept: a month', $q$SELECT contract, severity, sum(met) FROM slt_report('issues', during => tstzrange(now() - interval '30 days', now())) WHERE opened > 0 GROUP BY contract, severity$q$),
	('percent met of a month, by team, from the stamps', $q$SELECT team, round(100.0 * count(*) FILTER (WHERE slt_resolution_met) / count(*), 1) FROM issues WHERE created >= now() - interval '30 days' AND slt_resolution_met IS NOT NULL GROUP BY team$q$),
	('the same, by clocks, with percentiles', $q$SELECT t.team, round(slt_attainment(c.state)), percentile_disc(0.9) WITHIN GROUP (ORDER BY c.elapsed) FROM issues t, slt_clocks(t) c WHERE t.created >= now() - interval '30 days' AND t.slt_resolution_met IS NOT NULL GROUP BY t.team$q$),
	('by how much was it late, a month', $q$SELECT t.id, -c.remaining FROM issues t, slt_clocks(t) c WHERE t.created >= now() - interval '30 days' AND NOT t.slt_resolution_met AND c.metric = 'resolution'$q$),
	('how long did we wait for the customer, a month', $q$SELECT t.id, c.paused FROM issues t, slt_clocks(t) c WHERE t.created >= now() - interval '30 days' AND c.paused IS NOT NULL$q$),
	('why has it no deadline, all tickets', $q$SELECT key, severity, contract, state, problem FROM slt_unmatched('issues')$q$),
	('who was told of a ticket', $q$SELECT d.consumer, e.key, e.kind, e.percent FROM slt_events e LEFT JOIN slt_deliveries d ON d.event = e.id WHERE e.attachment = 'public.issues' AND e.key = '999900'$q$),
	('who was told today', $q$SELECT d.consumer, e.key, e.kind, e.percent FROM slt_events e LEFT JOIN slt_deliveries d ON d.event = e.id WHERE e.announced_at >= CURRENT_DATE ORDER BY e.id$q$),
	('what would move, open tickets', $q$SELECT key, metric, moved FROM slt_restamp('issues', dry_run => true)$q$),
	('what has changed in the policy', $q$SELECT in_table, change FROM slt_policy_changes(now() - interval '1 day')$q$);
DO $$
DECLARE
	q record;
	start timestamptz;
	took numeric;
	found bigint;
BEGIN
	FOR q IN SELECT * FROM questions ORDER BY n LOOP
		FOR i IN 1..3 LOOP
			start := clock_timestamp();
			EXECUTE format('SELECT count(x.*) FROM (%s OFFSET 0) x', q.statement) INTO found;
			took := 1000 * extract(epoch FROM clock_timestamp() - start);
			UPDATE questions SET best = least(best, took), rows = found WHERE n = q.n;
		END LOOP;
	END LOOP;
END $$;
SELECT question, rows, round(best, 1) AS ms FROM questions ORDER BY n;
