-- The data: a million tickets opened over five years, each with a calendar of
-- its own out of 100; and what a careful user would write instead of slt: a
-- table of open slots with running totals, two btree look-ups to an answer.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION slt;
CREATE EXTENSION pg_prewarm;
SELECT setseed(0.42);
CREATE TABLE tickets AS
SELECT i AS id, opened_at, opened_at + floor(random() * 14400) * interval '1 minute' AS closed_at,
	   'S' || 1 + i % 3 AS severity, (ARRAY['Standard', 'Priority'])[1 + i % 2] AS contract,
	   format('Africa/Cairo Su-Fr 09:%s-17:%s', lpad((i % 50)::text, 2, '0'), lpad((i % 100 / 50)::text, 2, '0'))::working_calendar AS calendar
FROM (SELECT i, timestamptz '2021-01-01' + floor(random() * 1826 * 1440) * interval '1 minute' AS opened_at
	  FROM generate_series(1, 1000000) i OFFSET 0) t;

CREATE TABLE slot AS
SELECT lower(p) AS starts, upper(p) AS ends, sum(upper(p) - lower(p)) OVER (ORDER BY p) - (upper(p) - lower(p)) AS before
FROM unnest(working_periods('[2020-01-01, 2040-01-01)', 'Egypt')) p;
-- a backward scan reads the whole leaf that it lands on: thin leaves are the faster ones
CREATE UNIQUE INDEX ON slot (starts) INCLUDE (ends, before) WITH (fillfactor = 10);
CREATE UNIQUE INDEX ON slot (before) INCLUDE (starts) WITH (fillfactor = 10);
VACUUM (FREEZE, ANALYZE);
