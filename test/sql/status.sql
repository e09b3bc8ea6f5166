-- How a service is and was.  Everything is placed relative to now(), which stands still in a transaction.

\set SHOW_CONTEXT never
SET timezone = 'UTC';
SET intervalstyle = 'postgres';
CREATE SCHEMA status_test;
SET search_path = status_test, public;

-- texts for HTML -------------------------------------------------------------------------------------------------

SELECT d, zz_slt_internal.html_duration(d::interval, zz_slt_internal.texts('en'))
FROM unnest('{0,1 s,59.5 s,1 min,90 min,1 day -1 s,24:00,25:00:00.000001,100 days 01:00,1 mon,-90 s,-1 day 1 s,1 day -25:00,00:00:00.1}'::text[]) d;
\set en 'zz_slt_internal.texts(\'en\')'
SELECT zz_slt_internal.html_time('2026-11-22 18:00:00+02', 'Asia/Kolkata', NULL, :en), zz_slt_internal.html_time('2026-11-22 16:00:07.5+00', 'UTC', NULL, :en), zz_slt_internal.html_time('2026-11-22 16:00', 'America/Caracas', NULL, :en);
SELECT zz_slt_internal.html_time('2026-11-22 18:00+00', 'UTC', '2026-11-22 01:00+00', :en), zz_slt_internal.html_time('2026-11-23 01:00+00', 'UTC', '2026-11-22 23:00+00', :en);
SELECT zz_slt_internal.html_time('infinity', 'UTC', NULL, :en), zz_slt_internal.html_time('-infinity', 'UTC', NULL, :en), zz_slt_internal.html_time(NULL, 'UTC', NULL, :en);
SELECT zz_slt_internal.html_period('[2026-11-22 18:00+00, 2026-11-23 00:00+00)', 'UTC', :en);
SELECT zz_slt_internal.html_period('[2026-11-22 18:00+00, 2026-11-22 18:20:30.7+00)', 'UTC', :en);
SELECT zz_slt_internal.html_period('[2026-11-22 18:00+00,)', 'UTC', :en), zz_slt_internal.html_period('[2026-11-22 18:00+00,infinity)', 'UTC', :en);
SELECT zz_slt_internal.say(:en, 'period.open', ARRAY['from', '{from}', 'x']), zz_slt_internal.say(:en, 'period.open', '{to,1}'), zz_slt_internal.say(:en, '<b>'), zz_slt_internal.say(:en, 'period.open', '{from,NULL}') IS NULL, zz_slt_internal.say('[]', 'digits');
SELECT zz_slt_internal.html_duration('90 min', '{}'), zz_slt_internal.html_digits('-12.5', '{"digits": "x"}'), zz_slt_internal.html_digits('-12.5', zz_slt_internal.texts('ar')) = unistr('-\0661\0662\066B\0665') AS arabic;
SELECT n, zz_slt_internal.html_list((ARRAY['a', 'b', 'c', 'd', 'e', 'f'])[:n], 3, :en) FROM generate_series(0, 6) n;
SELECT zz_slt_internal.html_percent(99.99999, 3, :en), zz_slt_internal.html_percent(100, 3, :en), zz_slt_internal.html_number(-1234.50, :en);
SELECT zz_slt_internal.html('<a href="x" onclick=''y''>&amp;</a>'), zz_slt_internal.html(E'a\tb\r\nc\rd\x01e'), length(zz_slt_internal.html(repeat('&', 4001)));

-- a service of which nothing is recorded is neither up nor down
SELECT * FROM slt_status();
SELECT experience, count(*), count(availability), min(state) FROM slt_status_history(days => 3) GROUP BY experience ORDER BY 1;
SELECT period, availability, downtime, met FROM slt_status_summary();
SELECT * FROM slt_status_incidents();

-- names and numbers that are none
SELECT * FROM slt_status('Nothing');
SELECT * FROM slt_status_history(days => -1);
SELECT * FROM slt_status_history(days => 3661);
SELECT * FROM slt_status_incidents(days => 3661);
SELECT count(*) FROM slt_status_history(days => 0);
INSERT INTO slt_services (name) VALUES ('Second');
SELECT * FROM slt_status();
SELECT slt_status_page();
SELECT slt_status_page('second') ~ 'The current state is not known';
-- one without experiences has a state all the same
SELECT * FROM slt_status('SECOND');
BEGIN;
INSERT INTO slt_outages (service, during, note) VALUES ('Second', tstzrange(now() - interval '1 hour', NULL), 'all down');
SELECT experience, covered, status, now() - since AS "for" FROM slt_status('SECOND');
SELECT substring(slt_status_page('second') FROM '<h2 id="now">(.*?)</h2>');
SELECT experience, count(*), min(availability), max(availability), bool_or(state = 'down') AS down FROM slt_status_history('second', 2) GROUP BY 1;
ROLLBACK;
-- which is that of its figures: known since it began, if anyone has said when, and not before
BEGIN;
UPDATE slt_services SET since = now() - interval '10 days' WHERE name = 'Second';
SELECT status, now() - since AS "for" FROM slt_status('second');
INSERT INTO slt_outages (service, during) VALUES ('Second', tstzrange(now() - interval '1 hour', now()));
SELECT status, now() - since AS "for" FROM slt_status('second');
UPDATE slt_services SET since = now() + interval '1 day' WHERE name = 'Second';
SELECT status, since FROM slt_status('second');
ROLLBACK;

-- states, and since when -----------------------------------------------------------------------------------------

INSERT INTO slt_services (name) VALUES ('S');
INSERT INTO slt_experiences (service, name, recorded) SELECT 'S', unnest('{a,b}'::text[]), 'by hand';
CREATE FUNCTION ago(t interval) RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT now() - t $$;
-- an outage from so long ago to so long ago
CREATE PROCEDURE outage(experience text, started interval, ended interval, weight numeric DEFAULT 1, planned boolean DEFAULT false) LANGUAGE sql AS
$$ INSERT INTO slt_outages (service, experience, during, weight, planned) VALUES ('S', experience, tstzrange(now() - started, now() - ended), weight, planned) $$;
CREATE VIEW state AS SELECT experience, status, now() - since AS "for" FROM slt_status('S');

BEGIN;
CALL outage('a', '3 h', '2 h');
SELECT * FROM state;  -- b was recorded since the service was
CALL outage('a', '1 h', '0');
SELECT * FROM state;  -- it ended at this instant
CALL outage('a', '0', NULL);
SELECT * FROM state;  -- and began again at it
ROLLBACK;

BEGIN;
CALL outage('a', '3 h', '2 h');
CALL outage('a', '2 h', '1 h');
CALL outage('a', '90 min', NULL);
SELECT * FROM state;  -- one after the other, without a break
CALL outage('a', '30 min', NULL, 0.5);
SELECT * FROM state;  -- the worse counts
ROLLBACK;

BEGIN;
CALL outage('a', '3 h', NULL, 0.5);
CALL outage('a', '2 h', NULL);
CALL outage(NULL, '1 h', NULL, 0.1);
SELECT * FROM state;  -- degraded, then down; all of the service degraded
ROLLBACK;

BEGIN;
CALL outage('a', '3 h', NULL, planned => true);
CALL outage('b', '3 h', NULL, planned => true);
CALL outage('b', '1 h', '-1 h', 0.5);
SELECT * FROM state;  -- planned; and not planned as well
ROLLBACK;

BEGIN;
CALL outage('b', '20 h', '10 h');
INSERT INTO slt_maintenance (service, during) VALUES ('S', tstzrange(ago('2 h'), ago('-1 h'))), ('Second', tstzrange(ago('3 h'), NULL));
SELECT * FROM state;  -- maintenance that is planned for now, whether anything is down or not
CALL outage('b', '1 h', NULL);
SELECT * FROM state;
ROLLBACK;

BEGIN;
UPDATE slt_experiences SET recorded = CASE name WHEN 'a' THEN 'by checks' END WHERE service = 'S';
INSERT INTO slt_coverage (service, experience, since, until) VALUES ('S', 'a', ago('10 h'), ago('8 h')), ('S', 'a', ago('6 h'), ago('1 h'));
SELECT * FROM state;  -- no check vouches for a since an hour, and nobody watches b
UPDATE slt_coverage SET until = ago('-5 min') WHERE since = ago('6 h');
SELECT * FROM state;  -- six hours ago, it was heard of again
CALL outage('a', '9 h', '7 h');
CALL outage('a', '2 h', '1 h');
SELECT * FROM state;
ROLLBACK;

-- however long ago
BEGIN;
CALL outage('b', '31 days', '30 days');
SELECT * FROM state;
CALL outage('a', '301 days', '300 days');
SELECT * FROM state;
UPDATE slt_outages SET during = tstzrange(ago('4000 days'), CASE experience WHEN 'a' THEN ago('3999 days 23 h') END);
SELECT * FROM state;
ROLLBACK;

-- an outage that has not begun
BEGIN;
CALL outage('a', '-1 h', '-2 h');
SELECT * FROM state;
SELECT count(*) FROM slt_status_incidents('S');
ROLLBACK;

-- days -----------------------------------------------------------------------------------------------------------

-- the service is in UTC: a day has 24 hours
CREATE FUNCTION day(n int, t interval DEFAULT '0') RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT date_trunc('day', now()) - make_interval(days => n) + t $$;
BEGIN;
UPDATE slt_experiences SET covered = false WHERE service = 'S' AND name = 'b';
UPDATE slt_services SET maintenance_window = 'UTC 10:00-11:00' WHERE name = 'S';
INSERT INTO slt_outages (service, experience, during, weight, planned) VALUES
	('S', 'a', tstzrange(day(1, '06:00'), day(1, '12:00')), 1, false),     -- 6 of 24 hours: 75 %
	('S', 'a', tstzrange(day(2, '06:00'), day(2, '12:00')), 0.25, false),  -- a quarter of 6 hours is 1.5 of 24: 93.75 %
	('S', 'a', tstzrange(day(3, '10:00'), day(3, '10:30')), 1, true),      -- in the window
	('S', 'a', tstzrange(day(4, '09:00'), day(4, '11:00')), 1, true),      -- half of it in the window: 1 of 23 hours
	('S', NULL, tstzrange(day(6, '23:00'), day(5, '01:00')), 1, false),    -- over midnight: an hour each, 95.8333...%
	('S', 'b', tstzrange(day(8), day(7)), 1, false);                       -- a day: 0 %
SELECT experience, current_date - day AS ago, availability, downtime, planned, unknown, state
FROM slt_status_history('S', 9) WHERE day < current_date;
SELECT count(*), min(current_date - day), max(current_date - day) FROM slt_status_history('S');
-- checks from 12:00 on, 2 days ago
UPDATE slt_experiences SET recorded = NULL WHERE service = 'S' AND name = 'b';
INSERT INTO slt_coverage (service, experience, since, until) VALUES ('S', 'b', day(2, '12:00'), day(1));
SELECT current_date - day AS ago, availability, downtime, unknown, state
FROM slt_status_history('S', 9) WHERE experience = 'b' AND day < current_date;
-- service hours: the outage of the day before yesterday lasts from 06:00 to 12:00, of which 2 are in 8; at a quarter, 0.5 of 8: 93.75 %
UPDATE slt_services SET service_hours = 'UTC 10:00-18:00' WHERE name = 'S';
SELECT current_date - day AS ago, availability, downtime, planned, unknown, state FROM slt_status_history('S', 3) WHERE experience = 'a' AND day < current_date;
-- days without service hours are no unknown
UPDATE slt_services SET service_hours = 'UTC Mo-Fr 10:00-18:00' WHERE name = 'S';
SELECT CASE WHEN extract(isodow FROM day) < 6 THEN 'weekday' ELSE 'weekend' END, bool_and(state = 'closed'), bool_or(state = 'closed'), max(unknown) FROM slt_status_history('S', 30) WHERE experience = 'a' AND day < current_date GROUP BY 1 ORDER BY 1;
SELECT slt_status_page('S') ~ 'no service hours' AS said;
ROLLBACK;

-- incidents: those that go on first, then the latest
BEGIN;
CALL outage('a', '30 days', NULL, 0.5);
CALL outage('a', '3 h', '2 h 50 min');
CALL outage(NULL, '5 h', '4 h', planned => true);
CALL outage('b', '100 days', '50 days');
CALL outage('b', '200 days', '100 days');
SELECT experiences, now() - lower(during) AS started, now() - upper(during) AS ended, planned, impact, status FROM slt_status_incidents('S');
SELECT experiences, now() - lower(during) AS started FROM slt_status_incidents('S', most => 2);
SELECT count(*) FROM slt_status_incidents('S', 150);
SELECT count(*) FROM slt_status_incidents('S', most => 0);
DROP INDEX slt_outages_by_time;
SELECT experiences, now() - lower(during) AS started FROM slt_status_incidents('S');
ROLLBACK;

-- every figure is that of slt_availability()
SELECT setseed(0.25);
BEGIN;
UPDATE slt_services SET time_zone = 'Africa/Cairo', maintenance_window = 'Africa/Cairo Su 18:00-24:00' WHERE name = 'S';
INSERT INTO slt_outages (service, experience, during, planned, weight)
	SELECT 'S', (ARRAY['a', 'b', NULL])[1 + floor(random() * 3)], tstzrange(at, at + random() * interval '10 hours'), random() < 0.3, (ARRAY[1, 0.5, 0.1])[1 + floor(random() * 3)]
	FROM (SELECT now() - random() * interval '420 days' AS at FROM generate_series(1, 1000)) x;
SELECT count(*) > 600 AS many, count(*) FILTER (WHERE h.availability IS DISTINCT FROM
	trunc(slt_availability(tstzrange(h.day::timestamp AT TIME ZONE 'Africa/Cairo', (h.day + 1)::timestamp AT TIME ZONE 'Africa/Cairo'), 'S', h.experience), 6)) AS wrong
FROM slt_status_history('S', 400) h;
SELECT period, availability IS NOT DISTINCT FROM trunc(slt_availability(tstzrange(starts::timestamp AT TIME ZONE 'Africa/Cairo', NULL), 'S'), 6) AS right, met = (availability >= target) AS met,
	starts = date_trunc(period, now() AT TIME ZONE 'Africa/Cairo') AS starts, allowed - downtime = budget_left AS left
FROM slt_status_summary('S');
-- and the state is that of what goes on, by its plain definition
CREATE VIEW expected AS
SELECT e.name, CASE WHEN bool_or(NOT o.planned AND o.weight = 1) THEN 'down' WHEN bool_or(NOT o.planned) THEN 'degraded' WHEN bool_or(o.planned) THEN 'maintenance' ELSE 'operational' END AS status
FROM slt_experiences e LEFT JOIN slt_outages o ON o.service = e.service AND (o.experience = e.name OR o.experience IS NULL) AND o.during @> now()
WHERE e.service = 'S' GROUP BY e.name;
SELECT count(*) FROM slt_status('S') s JOIN expected x ON x.name = s.experience AND x.status = s.status;
ROLLBACK;

-- whoever may not read the tables, sees the status
CREATE ROLE regress_slt_visitor;
GRANT USAGE ON SCHEMA status_test TO regress_slt_visitor;
SET ROLE regress_slt_visitor;
SELECT count(*) FROM slt_status('S'), slt_status_history('S', 2);
SELECT slt_status_page('S') ~ '^<!DOCTYPE html>' AS page;
SELECT count(*) FROM slt_outages;
RESET ROLE;
DROP OWNED BY regress_slt_visitor;
DROP ROLE regress_slt_visitor;

SET client_min_messages = warning;
DROP SCHEMA status_test CASCADE;
DELETE FROM slt_services WHERE name <> 'Platform';
