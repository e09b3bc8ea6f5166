-- working_interval: arithmetic, comparison, indexes, aggregates, casts.
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';
SET IntervalStyle = 'postgres';
\pset null '(null)'
CREATE ROLE regress_slt_user;
SET ROLE regress_slt_user;

-- The value of an expression, or its error.
CREATE FUNCTION pg_temp.outcome(expression text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
	state text;
	message text;
	detail text;
	hint text;
BEGIN
	EXECUTE 'SELECT (' || expression || ')::text' INTO result;
	RETURN coalesce(result, '(null)');
EXCEPTION WHEN others THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', state, message, nullif(detail, ''), nullif(hint, ''));
END $$;

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

-- ---------- out of range and undefined ----------

SELECT e AS expression, pg_temp.outcome(e)
FROM unnest(ARRAY[
	$$working_interval '2147483647 days' + '1 day'$$,
	$$working_interval '-2147483647 days' - '1 day'$$,
	$$working_interval '2562047788 hours' + '1 hour'$$,
	$$- (working_interval '-9223372036854.775807 seconds' - '0.000001 seconds')$$,
	$$working_interval '1 day' * 2147483648$$,
	$$working_interval '2562047788 hours' * -2$$,
	$$working_interval '1 day' * 'NaN'::float8$$,
	$$working_interval '0 days' * 'infinity'::float8$$,
	$$working_interval 'infinity' * 0$$,
	$$working_interval 'infinity' * 'NaN'::float8$$,
	$$working_interval 'infinity' - 'infinity'$$,
	$$working_interval 'infinity' + '-infinity'$$,
	$$working_interval '1 day' / 0$$,
	$$working_interval 'infinity' / 0$$,
	$$working_interval '1 day' / 'NaN'::float8$$,
	$$working_interval 'infinity' / 'infinity'::float8$$,
	$$working_interval '2147483647 days' / 0.5$$,
	$$working_interval '1 day' / 1e-300$$,
	$$make_working_interval(secs => 'NaN')$$,
	$$make_working_interval(secs => 'infinity')$$,
	$$make_working_interval(secs => 1e13)$$,
	$$make_working_interval(secs => 1e300)$$,
	$$make_working_interval(days => -2147483648)$$,
	$$make_working_interval(hours => 2147483647, mins => 2147483647, secs => 9e12)$$,
	$$interval '1 month'::working_interval$$,
	$$interval '1 year 2 days'::working_interval$$,
	$$(working_interval '2147483647 days' + '2562047788 hours')::interval$$
]) AS e;

-- what has no meaning has no operator
SELECT e AS expression, left(pg_temp.outcome(e), 5) AS state
FROM unnest(ARRAY[
	$$working_interval '1 day' * working_interval '1 day'$$,
	$$working_interval '1 day' = interval '1 day'$$,
	$$working_interval '1 day' + interval '1 day'$$,
	$$working_interval '1 day' + 1$$,
	$$2 / working_interval '1 day'$$,
	$$date '2026-01-05' - date '2026-01-04' = working_interval '1 day'$$
]) AS e;

-- ---------- arithmetic: days and hours apart ----------

SELECT e AS expression, pg_temp.outcome(e)
FROM unnest(ARRAY[
	$$working_interval '1 day' + '4 hours'$$,
	$$working_interval '1 day 4 hours' + '2 days 30 minutes'$$,
	$$working_interval '1 day' - '4 hours'$$,
	$$working_interval '4 hours' - '1 day'$$,
	$$working_interval '4 hours' - '4 hours'$$,
	$$- working_interval '1 day -2 hours'$$,
	$$- working_interval '0 hours'$$,
	$$- working_interval 'infinity'$$,
	$$working_interval '2 days' * 2$$,
	$$2 * working_interval '2 days'$$,
	$$working_interval '2 days' * 1.5$$,
	$$working_interval '1 day' * 0.5$$,
	$$working_interval '1 day 2 hours' * 2.5$$,
	$$working_interval '1 day 2 hours' * -1$$,
	$$working_interval '1 day 2 hours' * 0$$,
	$$working_interval '1 hour' * 0.0000000001$$,
	$$working_interval '3 days' / 2$$,
	$$working_interval '1 hour' / 3$$,
	$$working_interval '10 seconds' / 3$$,
	$$working_interval '1 day' / 3$$,
	$$working_interval '1 day 1 hour' / -2$$,
	$$working_interval '1 day' / 'infinity'::float8$$,
	$$working_interval 'infinity' + '1 day'$$,
	$$working_interval '1 day' - 'infinity'$$,
	$$working_interval 'infinity' - '-infinity'$$,
	$$working_interval 'infinity' * -2$$,
	$$working_interval '-infinity' / -2$$,
	$$working_interval '1 hour' * 'infinity'::float8$$,
	$$working_interval '-1 hour' * 'infinity'::float8$$,
	$$working_interval '2147483647 days' + '2562047788 hours'$$,
	$$working_interval '2147483647 days' - '2147483647 days'$$,
	$$NULL + working_interval '1 day'$$,
	$$working_interval '1 day' * NULL$$,
	$$- NULL::working_interval$$
]) AS e;

-- ---------- make_working_interval ----------

SELECT e AS expression, pg_temp.outcome(e)
FROM unnest(ARRAY[
	$$make_working_interval()$$,
	$$make_working_interval(2)$$,
	$$make_working_interval(2, 4)$$,
	$$make_working_interval(1, 2, 3, 4.5)$$,
	$$make_working_interval(days => 2)$$,
	$$make_working_interval(hours => 4)$$,
	$$make_working_interval(mins => 90)$$,
	$$make_working_interval(secs => 1.5)$$,
	$$make_working_interval(secs => 0.0000004)$$,
	$$make_working_interval(hours => -1, days => 1)$$,
	$$make_working_interval(days => -2147483647)$$,
	$$make_working_interval(2147483647, 2147483647, 2147483647, 0)$$,
	$$make_working_interval(days => NULL)$$,
	$$make_working_interval(1, 2, 3, NULL)$$
]) AS e;

-- ---------- casts: explicit only; a day is 8 hours in an interval ----------

SELECT e AS expression, pg_temp.outcome(e)
FROM unnest(ARRAY[
	$$working_interval '1 day 2 hours'::interval$$,
	$$working_interval '5 days'::interval$$,
	$$working_interval '-1 day 2 hours'::interval$$,
	$$working_interval '0.000001 seconds'::interval$$,
	$$CAST(working_interval '90 minutes' AS interval)$$,
	$$extract(epoch FROM working_interval '2 working days'::interval)$$,
	$$interval '2 days 4 hours'::working_interval$$,
	$$interval '-1 day 2 hours'::working_interval$$,
	$$interval '40 hours'::working_interval$$,
	$$interval '1 week'::working_interval$$,
	$$interval '0.000001 seconds'::working_interval$$,
	$$NULL::working_interval::interval$$,
	$$NULL::interval::working_interval$$,
	$$working_interval '1 day' = interval '8 hours'::working_interval$$
]) AS e;
SELECT castcontext FROM pg_cast WHERE castsource = 'working_interval'::regtype OR casttarget = 'working_interval'::regtype;
CREATE TEMP TABLE strict_types (w working_interval, i interval);
INSERT INTO strict_types (w) VALUES (interval '1 day');
INSERT INTO strict_types (i) VALUES (working_interval '1 day');
DROP TABLE strict_types;
-- infinity: an error where intervals are finite (before 17), else infinity
SELECT sign, CASE WHEN current_setting('server_version_num')::int < 170000
	THEN result = '22008 | cannot cast infinite working_interval to interval | Intervals are finite before PostgreSQL 17.'
	ELSE result = sign END AS as_the_server_has_it
FROM unnest(ARRAY['infinity', '-infinity']) AS sign, pg_temp.outcome(format('working_interval %L::interval', sign)) AS result;
SELECT sign, CASE WHEN current_setting('server_version_num')::int < 170000
	THEN left(result, 5) IN ('22007', '22P02', '0A000') ELSE result = sign END AS as_the_server_has_it
FROM unnest(ARRAY['infinity', '-infinity']) AS sign, pg_temp.outcome(format('%L::interval::working_interval', sign)) AS result;

-- ---------- comparison: a working day is 8 working hours ----------

-- ranks in order of length; every operator and the comparison function must agree with the rank
CREATE TEMP TABLE ranked (rank int, a working_interval);
INSERT INTO ranked VALUES
	(1, '-infinity'), (2, '-2147483647 days -2562047788 hours'), (3, '-2147483647 days'), (4, '-2 days'), (5, '-8 hours'), (5, '-1 day'), (5, '-2 days 8 hours'),
	(6, '-0.000001 seconds'), (7, '0 hours'), (7, '1 day -8 hours'), (7, '-1 day 8 hours'), (8, '0.000001 seconds'), (9, '7:59:59.999999'),
	(10, '1 day'), (10, '8 hours'), (10, '480 minutes'), (10, '2 days -8 hours'), (11, '8 hours 0.000001 seconds'), (12, '1 day 1 hour'), (12, '9 hours'),
	(13, '2 days'), (13, '16 hours'), (14, '17 hours'), (15, '2147483647 days'), (16, '2147483647 days 2562047788 hours'), (17, 'infinity');
SELECT x.a, y.a
FROM ranked x, ranked y
WHERE (x.a < y.a) IS DISTINCT FROM (x.rank < y.rank) OR (x.a <= y.a) IS DISTINCT FROM (x.rank <= y.rank)
	OR (x.a = y.a) IS DISTINCT FROM (x.rank = y.rank) OR (x.a <> y.a) IS DISTINCT FROM (x.rank <> y.rank)
	OR (x.a > y.a) IS DISTINCT FROM (x.rank > y.rank) OR (x.a >= y.a) IS DISTINCT FROM (x.rank >= y.rank)
	OR zz_slt_internal.working_interval_cmp(x.a, y.a) <> sign(x.rank - y.rank)
	OR (zz_slt_internal.working_interval_hash(x.a) = zz_slt_internal.working_interval_hash(y.a)) <> (x.rank = y.rank)
	OR (zz_slt_internal.working_interval_hash_extended(x.a, 7) = zz_slt_internal.working_interval_hash_extended(y.a, 7)) <> (x.rank = y.rank)
	OR zz_slt_internal.working_interval_smaller(x.a, y.a) <> CASE WHEN x.rank < y.rank THEN x.a ELSE y.a END
	OR zz_slt_internal.working_interval_larger(x.a, y.a) <> CASE WHEN x.rank > y.rank THEN x.a ELSE y.a END;
-- a seed of 0 gives the same low 32 bits as the hash without seed, as hash partitioning needs it
SELECT count(*) FROM ranked WHERE zz_slt_internal.working_interval_hash_extended(a, 0)::bit(32) <> zz_slt_internal.working_interval_hash(a)::bit(32);
SELECT working_interval '1 working day' = '8 working hours' AS eq, working_interval '1 day' < '9 hours' AS lt, NULL = working_interval '1 day' AS unknown;
SELECT array_agg(rank ORDER BY a, rank) = array_agg(rank ORDER BY rank) AS sorts FROM ranked;
SELECT array_agg(rank ORDER BY a DESC, rank DESC) = array_agg(rank ORDER BY rank DESC) AS sorts_backward FROM ranked;
SELECT count(DISTINCT a), count(*) FROM ranked;

-- equality by sort, by hash, and in each kind of join: 17 ranks, and as many pairs as ranks have in common
SET enable_hashagg = off;
SELECT count(*) FROM (SELECT a FROM ranked GROUP BY a) x;
RESET enable_hashagg;
SET enable_sort = off;
SELECT pg_temp.plan_has('SELECT a FROM ranked GROUP BY a', 'HashAggregate');
SELECT count(*) FROM (SELECT a FROM ranked GROUP BY a) x;
RESET enable_sort;
SELECT count(*) AS pairs FROM ranked x JOIN ranked y ON x.rank = y.rank;
SET enable_nestloop = off;
SET enable_mergejoin = off;
SELECT pg_temp.plan_has('SELECT FROM ranked x JOIN ranked y ON x.a = y.a', 'Hash Join');
SELECT count(*) AS pairs FROM ranked x JOIN ranked y ON x.a = y.a;
RESET enable_mergejoin;
SET enable_hashjoin = off;
SELECT pg_temp.plan_has('SELECT FROM ranked x JOIN ranked y ON x.a = y.a', 'Merge Join');
SELECT count(*) AS pairs FROM ranked x JOIN ranked y ON x.a = y.a;
RESET enable_hashjoin;
RESET enable_nestloop;

-- ---------- numbers ----------

SELECT e AS expression, pg_temp.outcome(e)
FROM unnest(ARRAY[
	$$working_hours('2 hours 30 minutes')$$,
	$$working_hours('1 day')$$,
	$$working_hours('-1 day 4 hours')$$,
	$$working_hours('0.000001 seconds')$$,
	$$working_hours('2147483647 days 2562047788 hours')$$,
	$$working_hours('-infinity')$$,
	$$working_hours(NULL)$$,
	$$working_interval '3 hours' / working_interval '1 day'$$,
	$$working_interval '1 day' / working_interval '-3 hours'$$,
	$$working_interval '1 day' / working_interval '1 day -8 hours'$$,
	$$working_interval '1 day' / working_interval 'infinity'$$,
	$$working_interval 'infinity' / working_interval 'infinity'$$,
	$$abs(working_interval '-3 hours')$$,
	$$abs(working_interval '-1 day 9 hours')$$,
	$$abs(working_interval '1 day -9 hours')$$,
	$$@ working_interval '-2 days'$$,
	$$abs(working_interval '-infinity')$$,
	$$abs(working_interval '-2147483647 days -2562047788 hours')$$
]) AS e;

-- ---------- indexes ----------

CREATE TEMP TABLE amounts AS SELECT n, make_working_interval(days => n % 50, hours => n % 7) AS a FROM generate_series(0, 4999) n;
SELECT count(*) FILTER (WHERE a = '8 hours') AS eq, count(*) FILTER (WHERE a < '2 days') AS lt, count(*) FILTER (WHERE a BETWEEN '2 days' AND '20 hours') AS between_them FROM amounts;
CREATE INDEX amounts_btree ON amounts (a);
ANALYZE amounts;
SET enable_seqscan = off;
SELECT pg_temp.plan_has($$SELECT FROM amounts WHERE a < '2 days'$$, 'amounts_btree');
SELECT count(*) FROM amounts WHERE a = '8 hours';
SELECT count(*) FROM amounts WHERE a < '2 days';
SELECT count(*) FROM amounts WHERE a BETWEEN '2 days' AND '20 hours';
SELECT pg_temp.plan_has('SELECT max(a) FROM amounts', 'amounts_btree') AS max_by_index, min(a), max(a) FROM amounts;
DROP INDEX amounts_btree;
CREATE INDEX amounts_hash ON amounts USING hash (a);
SELECT pg_temp.plan_has($$SELECT FROM amounts WHERE a = '8 hours'$$, 'amounts_hash');
SELECT count(*) FROM amounts WHERE a = '8 hours';
SELECT count(*) FROM amounts WHERE a = '1 day';
RESET enable_seqscan;
CREATE TEMP TABLE once (a working_interval PRIMARY KEY);
INSERT INTO once VALUES ('1 day'), ('9 hours');
INSERT INTO once VALUES ('8 hours');
INSERT INTO once VALUES ('8 hours') ON CONFLICT DO NOTHING;
CREATE TEMP TABLE parts (a working_interval) PARTITION BY HASH (a);
CREATE TEMP TABLE part_0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TEMP TABLE part_1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO parts SELECT a FROM ranked;
SELECT count(*) FROM ranked r WHERE NOT EXISTS (SELECT FROM parts p WHERE p.a = r.a);
SELECT count(DISTINCT tableoid) FROM parts WHERE a = '1 day';
CREATE TEMP TABLE by_length (a working_interval) PARTITION BY RANGE (a);
CREATE TEMP TABLE short PARTITION OF by_length FOR VALUES FROM (MINVALUE) TO ('1 day');
CREATE TEMP TABLE long PARTITION OF by_length FOR VALUES FROM ('8 hours') TO (MAXVALUE);
INSERT INTO by_length VALUES ('7 hours'), ('8 hours'), ('1 day'), ('2 days');
SELECT tableoid::regclass, a FROM by_length ORDER BY a, a::text;

-- ---------- aggregates ----------

SELECT e AS expression, pg_temp.outcome(format('SELECT (%s)::text FROM (VALUES %s) v (a)', split_part(e, ' of ', 1), split_part(e, ' of ', 2))) AS outcome
FROM unnest(ARRAY[
	$$sum(a) of ('1 day'::working_interval), ('4 hours'), (NULL), ('2 days 30 minutes')$$,
	$$avg(a) of ('1 day'::working_interval), ('2 days')$$,
	$$avg(a) of ('1 day'::working_interval), ('0 hours'), (NULL)$$,
	$$avg(a) of ('10 seconds'::working_interval), ('0 hours'), ('0 hours')$$,
	$$avg(a) of ('1 day 4 hours'::working_interval), ('-1 day')$$,
	$$avg(a) of ('2147483647 days'::working_interval), ('2147483647 days')$$,
	$$avg(a) of ('2562047788 hours'::working_interval), ('2562047788 hours')$$,
	$$avg(a) of ('infinity'::working_interval), ('1 day')$$,
	$$avg(a) of ('infinity'::working_interval), ('-infinity')$$,
	$$sum(a) of ('infinity'::working_interval), ('1 day')$$,
	$$sum(a) of ('infinity'::working_interval), ('-infinity')$$,
	$$sum(a) of ('2147483647 days'::working_interval), ('1 day')$$,
	$$min(a) of ('1 day'::working_interval), ('9 hours'), (NULL), ('-infinity')$$,
	$$max(a) of ('1 day'::working_interval), ('9 hours'), (NULL), ('7 hours')$$,
	$$sum(a) of (NULL::working_interval)$$,
	$$avg(a) of (NULL::working_interval)$$,
	$$min(a) of (NULL::working_interval)$$,
	$$avg(DISTINCT a) of ('1 day'::working_interval), ('8 hours'), ('2 days')$$
]) AS e;
SELECT sum(a), avg(a), min(a), max(a) FROM amounts WHERE false;
SELECT n, sum(a) OVER w, avg(a) OVER w, max(a) OVER w
FROM (VALUES (1, '1 day'::working_interval), (2, '4 hours'), (3, '2 days'), (4, NULL), (5, '1 hour')) v (n, a)
WINDOW w AS (ORDER BY n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW);

-- parallel aggregation gives what serial aggregation gives
RESET ROLE;
CREATE TABLE regress_slt_amounts AS
SELECT n % 3 AS g, CASE WHEN n % 11 > 0 THEN make_working_interval(days => n % 50 - 10, hours => n % 7, secs => n % 10 / 4.0) END AS a FROM generate_series(1, 20000) n;
ALTER TABLE regress_slt_amounts SET (parallel_workers = 2);
ANALYZE regress_slt_amounts;
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE serial AS SELECT g, count(a), sum(a)::text, avg(a)::text, min(a)::text, max(a)::text FROM regress_slt_amounts GROUP BY g;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT pg_temp.plan_has('SELECT sum(a), avg(a), min(a), max(a) FROM regress_slt_amounts', 'Partial Aggregate');
SELECT g, count(a), sum(a)::text, avg(a)::text, min(a)::text, max(a)::text FROM regress_slt_amounts GROUP BY g EXCEPT ALL SELECT * FROM serial;
SELECT * FROM serial ORDER BY g;
-- by hand: the average is the sum divided by the number
SELECT g, avg(a) = sum(a) / count(a) AS avg_is_sum_by_count FROM regress_slt_amounts GROUP BY g ORDER BY g;
DROP TABLE regress_slt_amounts;

DISCARD TEMP;
DROP ROLE regress_slt_user;
