-- working_calendar: comparison, indexes, its time zone.
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';
SET IntervalStyle = 'postgres';
\pset null '(null)'
CREATE ROLE regress_slt_user;
SET ROLE regress_slt_user;

-- Tells whether the plan of a query has a node.
CREATE FUNCTION pg_temp.plan_has(query text, node text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		IF line LIKE '%' || node || '%' THEN
			RETURN true;
		END IF;
	END LOOP;
	RETURN false;
END $$;

-- ---------- what has no operator ----------

\set VERBOSITY sqlstate
SELECT working_calendar 'UTC 24/7' + working_calendar 'UTC Mo 09:00-17:00';
SELECT min(c) FROM (VALUES (working_calendar 'UTC 24/7')) v (c);
CREATE TEMP TABLE strict_type (c working_calendar);
INSERT INTO strict_type VALUES ('UTC 24/7'::text);
DROP TABLE strict_type;
\set VERBOSITY default

-- ---------- equality: of what the rules say, however they are spelled ----------

-- calendars of one number are equal, others differ; all operators and the hashes must agree with that
CREATE TEMP TABLE spelled (n int, c working_calendar);
INSERT INTO spelled VALUES
	(1, 'UTC 24/7'), (1, 'utc 24/7'), (1, 'UTC 00:00-24:00'), (1, 'UTC Mo-Su 00:00-12:00,12:00-24:00'), (1, 'UTC Mo off; 24/7'),
	(2, 'Etc/UTC 24/7'),
	(3, 'UTC Mo-Fr 09:00-17:00'), (3, 'UTC Mo,Tu,We,Th,Fr 9:00-17:00'), (3, 'UTC monday-FRIDAY 09:00-12:00,12:00-17:00'), (3, 'UTC 09:00-17:00; Sa-Su off'),
	(4, 'UTC Mo-Fr 09:00-17:00; 2026-01-07 off'), (3, 'UTC 2026-01-07 off; Mo-Fr 09:00-17:00'), (4, 'UTC 2026 Jan 07 off; Mo,Tu,Th,Fr 09:00-17:00; We 09:00-17:00; Jan 07 09:00-12:00; 2026-01-07 off; Jan 07 off; Mo-Fr 09:00-17:00; 2026 Jan 07 off'), (4, 'UTC Mo-Fr 09:00-17:00; 2026-01-07..2026-01-07 off'), (4, 'UTC Mo-Fr 09:00-17:00; 2026-01-07 09:00-12:00; 2026-01-07 off'),
	(5, 'UTC Mo-Fr 09:00-17:00; 2026-01-07 off "Christmas"'),
	(6, 'UTC Mo-Fr 09:00-17:00; *-01-07 off'),
	(7, 'UTC Mo-Fr 09:00-17:00; *-01-07 off; 2026-12-25 off; 2026-12-26 off'), (7, 'UTC Mo-Fr 09:00-17:00; 2026-12-26 off; 2026-12-25 off; *-01-07 off'),
	(8, 'UTC Mo-Fr 09:00-17:00; 2026-01-01..2026-12-31 off; 2026-05-04 09:00-12:00'),
	(9, 'UTC Mo-Fr 09:00-17:00; 2026-05-04 09:00-12:00; 2026-01-01..2026-12-31 off'), (9, 'UTC Mo-Fr 09:00-17:00; 2026-01-01..2026-12-31 off'),
	(10, 'Africa/Cairo Su-Fr 09:00-17:00'), (10, 'africa/cairo Fr-Fr,Su-Th 09:00-17:00'),
	(11, 'UTC Mo 22:00-06:00'), (11, 'UTC Mo 22:00-30:00'),
	(12, 'UTC Mo 09:00-09:00'), (12, 'UTC Mo 09:00-33:00');
SELECT x.c, y.c
FROM spelled x, spelled y
WHERE (x.c = y.c) <> (x.n = y.n) OR (x.c <> y.c) <> (x.n <> y.n)
	OR (x.c < y.c) <> (zz_slt_internal.working_calendar_cmp(x.c, y.c) < 0) OR (x.c <= y.c) <> (zz_slt_internal.working_calendar_cmp(x.c, y.c) <= 0)
	OR (x.c > y.c) <> (zz_slt_internal.working_calendar_cmp(x.c, y.c) > 0) OR (x.c >= y.c) <> (zz_slt_internal.working_calendar_cmp(x.c, y.c) >= 0)
	OR (zz_slt_internal.working_calendar_cmp(x.c, y.c) = 0) <> (x.n = y.n)
	OR zz_slt_internal.working_calendar_cmp(x.c, y.c) <> - zz_slt_internal.working_calendar_cmp(y.c, x.c)
	OR (zz_slt_internal.working_calendar_hash(x.c) = zz_slt_internal.working_calendar_hash(y.c)) <> (x.n = y.n)
	OR (zz_slt_internal.working_calendar_hash_extended(x.c, 7) = zz_slt_internal.working_calendar_hash_extended(y.c, 7)) <> (x.n = y.n);
-- the order is total, and a seed of 0 gives the same low 32 bits as the hash without seed
SELECT x.c, y.c, z.c FROM spelled x, spelled y, spelled z WHERE x.c < y.c AND y.c < z.c AND NOT x.c < z.c;
SELECT count(*) FROM spelled WHERE zz_slt_internal.working_calendar_hash_extended(c, 0)::bit(32) <> zz_slt_internal.working_calendar_hash(c)::bit(32);
SELECT NULL = working_calendar 'UTC 24/7' AS unknown, working_calendar 'UTC 24/7' IS DISTINCT FROM NULL AS is_distinct;

-- ---------- DISTINCT, GROUP BY, joins ----------

SELECT count(DISTINCT c), count(*) FROM spelled;
SELECT count(*) FROM (SELECT DISTINCT c FROM spelled) x;
SELECT array_agg(DISTINCT n) AS n, c, count(*) FROM spelled GROUP BY c HAVING count(*) > 1 ORDER BY 1;
SET enable_sort = off;
SELECT pg_temp.plan_has('SELECT c FROM spelled GROUP BY c', 'HashAggregate');
SELECT count(*) FROM (SELECT c FROM spelled GROUP BY c) x;
RESET enable_sort;
SET enable_hashagg = off;
SELECT count(*) FROM (SELECT c FROM spelled GROUP BY c) x;
RESET enable_hashagg;
SELECT count(*) AS pairs FROM spelled x JOIN spelled y ON x.n = y.n;
SET enable_nestloop = off;
SET enable_mergejoin = off;
SELECT pg_temp.plan_has('SELECT FROM spelled x JOIN spelled y ON x.c = y.c', 'Hash Join');
SELECT count(*) AS pairs FROM spelled x JOIN spelled y ON x.c = y.c;
RESET enable_mergejoin;
SET enable_hashjoin = off;
SELECT pg_temp.plan_has('SELECT FROM spelled x JOIN spelled y ON x.c = y.c', 'Merge Join');
SELECT count(*) AS pairs FROM spelled x JOIN spelled y ON x.c = y.c;
RESET enable_hashjoin;
RESET enable_nestloop;

-- ---------- indexes ----------

CREATE TEMP TABLE once (c working_calendar UNIQUE, n int);
INSERT INTO once SELECT DISTINCT c FROM spelled;
INSERT INTO once VALUES ('UTC Mo off; 24/7');
INSERT INTO once VALUES ('UTC Mo off; 24/7', 1) ON CONFLICT (c) DO UPDATE SET n = excluded.n;
ANALYZE once;
SELECT count(*), count(n) FROM once;
SET enable_seqscan = off;
SELECT pg_temp.plan_has($$SELECT FROM once WHERE c = 'utc 24/7'$$, 'once_c_key');
SELECT * FROM once WHERE c = 'utc 00:00-24:00';
SELECT c FROM once WHERE c < 'UTC 24/7' ORDER BY c;
ALTER TABLE once DROP CONSTRAINT once_c_key;
CREATE INDEX once_hash ON once USING hash (c);
SELECT pg_temp.plan_has($$SELECT FROM once WHERE c = 'utc 24/7'$$, 'once_hash');
SELECT * FROM once WHERE c = 'utc 00:00-24:00';
RESET enable_seqscan;
CREATE TEMP TABLE parts (c working_calendar) PARTITION BY HASH (c);
CREATE TEMP TABLE part_0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TEMP TABLE part_1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO parts SELECT c FROM spelled;
SELECT count(*) FROM parts WHERE c = 'UTC 24/7';

-- ---------- combinations ----------

SELECT a | b, a & b, a - b, (a | b) | a, a | (b | a), (a | b) - a
FROM (VALUES ('Africa/Cairo Su-Fr 09:00-17:00'::working_calendar, 'Asia/Manila Mo-Fr 22:00-06:00'::working_calendar)) v (a, b);
SELECT working_time_zone((a | b) & a), is_working('2026-03-02 15:00+00', a) AS a, is_working('2026-03-02 15:00+00', b) AS b, is_working('2026-03-02 15:00+00', a | b) AS either, is_working('2026-03-02 15:00+00', a & b) AS both_of_them,
	working_between('2026-03-02', '2026-03-09', a) + working_between('2026-03-02', '2026-03-09', b) - working_between('2026-03-02', '2026-03-09', a & b) = working_between('2026-03-02', '2026-03-09', a | b) AS adds_up,
	working_between('2026-03-02', '2026-03-09', a) - working_between('2026-03-02', '2026-03-09', a & b) = working_between('2026-03-02', '2026-03-09', a - b) AS goes_off
FROM (VALUES ('Africa/Cairo Su-Fr 09:00-17:00'::working_calendar, 'Asia/Manila Mo-Fr 22:00-06:00'::working_calendar)) v (a, b);
-- days are those of the first clock
SELECT working_add('2026-03-02 20:00+00', '1 working day', working_calendar '(UTC Mo-Fr 09:00-17:00) | (America/New_York Mo-Fr 09:00-17:00)'), working_days_in_month('2026-03-01', working_calendar '(UTC Mo-Fr 09:00-17:00) - (UTC We 00:00-24:00)');
-- never open, and a value; as what opens on holidays only
SELECT next_working('2026-03-02 20:00+00', working_calendar 'UTC Mo 09:00-17:00' & 'UTC Tu 09:00-17:00');
SELECT next_working('2026-03-02 20:00+00', working_calendar 'UTC PH 09:00-17:00');
-- no more than 32 parts
SELECT length(('(UTC 24/7)' || repeat(' | (UTC 24/7)', 31))::working_calendar::text);
SELECT length(('(UTC 24/7)' || repeat(' | (UTC 24/7)', 32))::working_calendar::text);
SELECT length((repeat('(', 1000) || 'UTC 24/7' || repeat(')', 1000))::working_calendar::text);

-- ---------- Easter, and how far a search goes ----------

SELECT next_working('2026-01-01', working_calendar 'UTC easter -2 days 09:00-17:00'), next_working('2499-01-01', working_calendar 'UTC easter 09:00-17:00');
SELECT is_working('2500-01-01', working_calendar 'UTC Mo-Fr 09:00-17:00; easter +1 day off');
SELECT working_add('2499-12-31 16:00', '10 days', working_calendar 'UTC Mo-Fr 09:00-17:00; easter +1 day off');
SELECT working_add('2500-12-31 16:00', '1 day', working_calendar 'UTC Mo-Fr 09:00-17:00; 2026 easter off, 2030-2040 easter +1 day off');
SELECT next_working('2026-01-01', working_calendar 'UTC Feb 29 Mo 09:00-17:00');
SELECT next_working('2040-01-01', working_calendar 'UTC Feb 29 Mo 09:00-17:00');

-- ---------- working_time_zone ----------

SELECT c, working_time_zone(c::working_calendar)
FROM unnest(ARRAY['utc 24/7', 'africa/CAIRO Su-Fr 09:00-17:00', 'america/argentina/buenos_aires 24/7', NULL]) AS c;
SELECT working_time_zone('Africa/Kairo 24/7');

DISCARD TEMP;
RESET ROLE;
DROP ROLE regress_slt_user;
