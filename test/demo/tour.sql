-- The policy, tickets and their deadlines, an explanation, a late holiday, and how fast it is.

\echo
\echo :bold'slt: working time and deadlines in PostgreSQL':plain
\echo
\echo 'One statement, and a database knows when support is open and what it promises:'
\echo
\set ECHO queries
CREATE EXTENSION slt;
\set ECHO none

CREATE FUNCTION pg_temp.clock(at timestamptz) RETURNS text
LANGUAGE sql STABLE RETURN to_char(at, 'Dy DD Mon HH24:MI');

CREATE FUNCTION pg_temp.hours(amount working_interval) RETURNS text
LANGUAGE sql STABLE RETURN CASE WHEN amount <> '0 hours' THEN to_char(amount::interval, 'FMHH24:MI') END;

-- 1. The policy

\echo
\echo :bold'1. The policy it comes with':plain
\echo
SELECT calendar, count(*) AS holidays, extract(year FROM min(day)) AS first, extract(year FROM max(day)) AS last
FROM slt_calendars c JOIN slt_holidays h ON h.calendar = c.name
WHERE c.name = 'Egypt' GROUP BY c.name \gset
\echo 'Working hours are' :calendar', less' :holidays 'Egyptian public'
\echo 'holidays from' :first 'to' :last'. Within them, a contract promises by severity:'
\echo
SELECT t.contract, t.severity || ' ' || s.label AS severity,
	min(t.amount::text) FILTER (WHERE t.metric = 'response') AS response,
	min(t.amount::text) FILTER (WHERE t.metric = 'resolution') AS resolution
FROM slt_targets t JOIN slt_severities s ON s.code = t.severity
GROUP BY t.contract, t.severity, s.label
ORDER BY t.contract DESC, t.severity;
\echo 'All of it is rows of tables: change it with INSERT, UPDATE and DELETE.'

-- 2. Deadlines

\echo
\echo :bold'2. Tickets, and when they fall due':plain
\echo
CREATE TEMP TABLE tickets (
	id int PRIMARY KEY,
	moment text,
	contract text,
	severity text,
	opened_at timestamptz
);
INSERT INTO tickets VALUES
	(1, 'in working hours', 'Standard', 'S1', '2026-02-10 10:00'),
	(2, 'late at night', 'Priority', 'S1', '2026-02-10 22:30'),
	(3, 'Friday afternoon', 'Standard', 'S2', '2026-02-13 16:00'),
	(4, 'on the day off', 'Priority', 'S2', '2026-02-14 11:20'),
	(5, 'before Eid', 'Standard', 'S3', '2026-03-18 15:00'),
	(6, 'just before Eid', 'Priority', 'S1', '2026-03-18 16:30'),
	(7, 'clock change near', 'Standard', 'S1', '2026-04-23 15:00'),
	(8, 'clock change near', 'Priority', 'S3', '2026-04-23 15:00');
\set ECHO queries
CREATE TEMP VIEW due AS
  SELECT *, slt_deadline(opened_at, severity, contract, 'response') AS response_due,
            slt_deadline(opened_at, severity, contract, 'resolution') AS resolution_due
  FROM tickets;
\set ECHO none
\echo
SELECT id AS "#", moment AS "opened", contract || ' ' || severity AS contract, pg_temp.clock(opened_at) AS "opened at",
	pg_temp.clock(response_due) AS "response due", pg_temp.clock(resolution_due) AS "resolution due"
FROM due
ORDER BY id;
\echo 'Cairo time, 2026. Saturday is off, and Eid al-Fitr was from 19 to 23 March. On Friday 24 April'
\echo 'the clock went from 00:00 to 01:00: ticket 7 has its 4 working hours, in 20 hours of clock time'
\echo 'but 19 that passed. Time that is used up at closing is due at that closing, as for ticket 2.'

-- 3. An explanation

\echo
\echo :bold'3. A deadline explained':plain
\echo
\echo 'A critical ticket on a Standard contract, 2 working days to resolve it, opened the afternoon'
\echo 'before Eid; on the Tuesday after, support waited 2 1/2 hours for an answer of the customer.'
\echo
\set ECHO queries
CREATE TEMP VIEW explained AS
  SELECT * FROM slt_explain('2026-03-18 15:00', 'S1', 'Standard', 'resolution',
                            paused => '{[2026-03-24 10:00, 2026-03-24 12:30)}');
\set ECHO none
\echo
SELECT pg_temp.clock("from") AS "from", pg_temp.clock("to") AS "to", concat_ws(': ', what, name) AS "what it is",
	coalesce(pg_temp.hours(worked), '') AS worked, coalesce(pg_temp.hours(owed), '0:00') AS "still owed"
FROM explained
ORDER BY explained."from";
SELECT pg_temp.hours(sum(worked)) AS worked, pg_temp.clock(max("to")) AS due FROM explained \gset
\echo 'The hours worked add up to' :worked', which is 2 working days: due' :due'.'

-- 4. A late holiday

\echo
\echo :bold'4. A holiday decreed late':plain
\echo
\echo 'Suppose Tuesday 24 March is declared a day off as well, when the tickets are long open:'
\echo
CREATE TEMP TABLE promised AS SELECT * FROM due;
\set ECHO queries
INSERT INTO slt_holidays (calendar, day, name, source)
  VALUES ('Egypt', '2026-03-24', 'Eid al-Fitr, one day more', 'a decree, for the demo');
\set ECHO none
\echo
SELECT id AS "#", contract || ' ' || severity AS contract, metric, pg_temp.clock(was) AS "was due",
	pg_temp.clock(is_now) AS "is due now"
FROM promised p JOIN due d USING (id, contract, severity),
	LATERAL (VALUES ('response', p.response_due, d.response_due),
					('resolution', p.resolution_due, d.resolution_due)) AS m (metric, was, is_now)
WHERE was <> is_now
ORDER BY id, metric DESC;
SELECT count(*) AS unmoved
FROM promised p JOIN due d USING (id)
WHERE (p.response_due, p.resolution_due) = (d.response_due, d.resolution_due) \gset
\echo 'The other' :unmoved 'tickets stay as they were. Every session sees the holiday as soon as it is committed.'

-- 5. How fast

\echo
\echo :bold'5. How fast':plain
\echo
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE many AS
SELECT timestamptz '2024-01-01' + n * interval '331 seconds' AS opened_at,
	(ARRAY['S1', 'S2', 'S3'])[1 + n % 3] AS severity, (ARRAY['Standard', 'Priority'])[1 + n % 2] AS contract
FROM generate_series(1, 200000) n;
ANALYZE many;

CREATE FUNCTION pg_temp.milliseconds(query text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	start timestamptz;
	seconds double precision[];
BEGIN
	FOR i IN 0..5 LOOP
		start := clock_timestamp();
		EXECUTE query;
		IF i > 0 THEN  -- the first is for warming up
			seconds := seconds || extract(epoch FROM clock_timestamp() - start)::double precision;
		END IF;
	END LOOP;
	RETURN (SELECT round(1000 * percentile_cont(0.5) WITHIN GROUP (ORDER BY s)::numeric) FROM unnest(seconds) s);
END $$;

SELECT pg_temp.milliseconds('SELECT max(slt_deadline(opened_at, severity, contract)) FROM many') AS slt,
	pg_temp.milliseconds($$SELECT max(opened_at + interval '2 days') FROM many$$) AS base \gset
\echo '200,000 resolution deadlines from the columns of a table:' :slt 'ms.'
\echo 'The same rows with opened_at + interval ''2 days'':        ' :base 'ms.'
\echo '(median of 5 runs of one process each; "make bench" has the whole story)'
