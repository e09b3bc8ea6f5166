-- Working time by itself: the policy, tickets and their deadlines, an explanation, a late holiday, and how fast it is.

SET temp_buffers = '64MB';  -- for the last section, whose table shall stay in memory

CREATE FUNCTION pg_temp.clock(at timestamptz) RETURNS text
LANGUAGE sql STABLE RETURN to_char(at, 'Dy DD Mon HH24:MI');

CREATE FUNCTION pg_temp.hours(amount working_interval) RETURNS text
LANGUAGE sql STABLE RETURN lpad(to_char(amount::interval, 'FMHH24:MI'), 5);

-- 5. The policy

\echo
\echo :bold'5. The policy it comes with':plain
\echo
SELECT c.calendar, count(*) AS holidays, extract(year FROM min(day)) AS first, extract(year FROM max(day)) AS last
FROM slt_calendars c JOIN slt_calendar_lists l ON l.calendar = c.name JOIN slt_holidays h ON h.list = l.list
WHERE c.name = 'Egypt' GROUP BY c.name \gset
\echo 'Working hours are' :calendar', less' :holidays 'Egyptian public'
\echo 'holidays from' :first 'to' :last'. Within them, a contract promises by severity:'
\echo
SELECT t.contract, t.severity || ' ' || s.label AS severity,
	min(t.amount::text) FILTER (WHERE t.metric = 'response') AS response,
	min(t.amount::text) FILTER (WHERE t.metric = 'resolution') AS resolution
FROM slt_targets t JOIN slt_severities s ON s.code = t.severity
WHERE t.shipped IS NOT NULL
GROUP BY t.contract, t.severity, s.label
ORDER BY t.contract DESC, t.severity;
\echo 'All of it is rows of tables: change it with INSERT, UPDATE and DELETE.'

-- 6. Deadlines

\echo
\echo :bold'6. Tickets, and when they fall due':plain
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
	(4, 'on Saturday', 'Priority', 'S2', '2026-02-14 11:20'),
	(5, 'before Eid', 'Standard', 'S3', '2026-03-18 15:00'),
	(6, 'before Eid', 'Priority', 'S1', '2026-03-18 16:30'),
	(7, 'before clock change', 'Standard', 'S1', '2026-04-23 15:00'),
	(8, 'before clock change', 'Priority', 'S3', '2026-04-23 15:00');
\set ECHO queries
CREATE TEMP VIEW due AS
  SELECT *, slt_deadline(opened_at, severity, contract, 'response') AS response_due,
            slt_deadline(opened_at, severity, contract, 'resolution') AS resolution_due
  FROM tickets;
\set ECHO none
\echo
SELECT id AS "#", moment AS "when", contract || ' ' || severity AS contract, pg_temp.clock(opened_at) AS opened,
	pg_temp.clock(response_due) AS "response due", pg_temp.clock(resolution_due) AS "resolution due"
FROM due
ORDER BY id;
\echo 'All in 2026, in Cairo time.'
\echo '- Ticket 2: the 8 working hours are used up at closing, so that is when it is due, and not the'
\echo '  next morning.'
\echo '- Tickets 3 and 4: Friday is a working day, and Saturday is off.'
\echo '- Tickets 5 and 6: Eid al-Fitr was from Thursday 19 to Monday 23 March.'
\echo '- Tickets 7 and 8: on Friday 24 April the clock went from 00:00 to 01:00. By the clock, ticket 7'
\echo '  has 20 hours until a response is due; 19 really pass, of which 4 are working hours.'

-- 7. An explanation

\echo
\echo :bold'7. A deadline explained':plain
\echo
\echo 'A critical ticket of a Standard contract, opened the afternoon before Eid, to be resolved in'
\echo '2 working days. On the Tuesday after Eid, support waited 2 1/2 hours for the customer to answer.'
\echo
\set ECHO queries
CREATE TEMP VIEW explained AS
  SELECT * FROM slt_explain('2026-03-18 15:00', 'S1', 'Standard', 'resolution',
                            paused => '{[2026-03-24 10:00, 2026-03-24 12:30)}');
\set ECHO none
\echo
SELECT pg_temp.clock("from") AS "from", pg_temp.clock("to") AS "to", concat_ws(': ', what, name) AS "what it is",
	CASE WHEN worked > '0 hours' THEN pg_temp.hours(worked) END AS worked, pg_temp.hours(owed) AS "still owed"
FROM explained
ORDER BY explained."from";
SELECT trim(pg_temp.hours(sum(worked))) AS worked, pg_temp.clock(max("to")) AS due FROM explained \gset
\echo 'The working time adds up to' :worked 'hours, which is 2 working days. Due' :due'.'

-- 8. A late holiday

\echo
\echo :bold'8. A holiday decreed late':plain
\echo
\echo 'Suppose Tuesday 24 March is declared a day off as well, after the tickets were opened:'
\echo
CREATE TEMP TABLE promised AS SELECT * FROM due;
\set ECHO queries
INSERT INTO slt_holidays (list, day, name, source)
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
\echo 'These move, and the other' :unmoved 'tickets stay. No session needs to reconnect to see the holiday.'

-- 9. How fast

\echo
\echo :bold'9. How fast':plain
\echo
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE many AS
SELECT timestamptz '2024-01-01' + n * interval '331 seconds' AS opened_at,
	(ARRAY['S1', 'S2', 'S3'])[1 + n % 3] AS severity, (ARRAY['Standard', 'Priority'])[1 + n % 2] AS contract
FROM generate_series(1, 200000) n;
ANALYZE many;

-- The best time of each of two queries, in milliseconds, when they take turns.
CREATE FUNCTION pg_temp.race(query text, base_query text, OUT slt text, OUT base text)
LANGUAGE plpgsql AS $$
DECLARE
	queries text[] := ARRAY[query, base_query];
	best numeric[] := ARRAY['infinity', 'infinity'];
	start timestamptz;
BEGIN
	FOR run IN 1..10 LOOP
		FOR i IN 1..2 LOOP
			start := clock_timestamp();
			EXECUTE queries[i];
			best[i] := least(best[i], 1000 * extract(epoch FROM clock_timestamp() - start));
		END LOOP;
	END LOOP;
	slt := lpad(round(best[1])::text, 4);
	base := lpad(round(best[2])::text, 4);
END $$;

SELECT *
FROM pg_temp.race('SELECT max(slt_deadline(opened_at, severity, contract)) FROM many',
				  $$SELECT max(opened_at + interval '2 days') FROM many$$) \gset
\echo '200,000 resolution deadlines, contract and severity from columns:' :slt 'ms'
\echo 'the same rows, PostgreSQL''s own opened_at + interval ''2 days'':   ' :base 'ms'
\echo
\echo 'Each is the best of 10 runs, in one process, taking turns. "make bench" measures more.'
