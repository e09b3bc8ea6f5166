-- The policy: its tables, what they refuse, and slt_deadline().
SET TimeZone = 'Africa/Cairo';
SET DateStyle = 'ISO, YMD';
SET IntervalStyle = 'postgres';
\pset null '(null)'
CREATE ROLE regress_slt_user;

-- Runs a statement; 'done', or the error.  A detail that repeats the whole row is left out.
CREATE FUNCTION attempt(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	state text;
	message text;
	detail text;
	hint text;
BEGIN
	EXECUTE statement;
	RETURN 'done';
EXCEPTION WHEN others THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', state, message, CASE WHEN detail NOT LIKE 'Failing row contains%' THEN nullif(detail, '') END, nullif(hint, ''));
END $$;

-- ---------- names that nobody knows: 42704, and the hint lists those there are ----------

SET ROLE regress_slt_user;
SELECT e AS expression, attempt('SELECT ' || e) AS outcome
FROM unnest(ARRAY[
	$$slt_deadline('2026-01-05 10:00', 'S4', 'Standard')$$,
	$$slt_deadline('2026-01-05 10:00', 'S1 Critical', 'Standard')$$,
	$$slt_deadline('2026-01-05 10:00', 'S1', 'Gold')$$,
	$$slt_deadline('2026-01-05 10:00', 'S1', 'Standard', 'repair')$$,
	$$slt_deadline('2026-01-05 10:00', '', 'Standard')$$,
	$$slt_deadline('2026-01-05 10:00', 'S1', '')$$,
	$$slt_deadline('2026-01-05 10:00', 'S1', 'Standard', '')$$,
	$$slt_deadline('2026-01-05 10:00', ' S1', 'Standard')$$,
	$$slt_deadline('2026-01-05 10:00', 'Standard', 'S1')$$,
	$$slt_deadline('infinity', 'S4', 'Standard')$$
]) AS e;
SELECT slt_deadline('2026-01-05 10:00', 'S4', 'Standard');
SELECT * FROM slt_explain('2026-01-05 10:00', 'S1', 'Gold');
-- whoever may read the tables is told what there is
RESET ROLE;
SELECT slt_deadline('2026-01-05 10:00', 'S4', 'Standard');
SELECT * FROM slt_explain('2026-01-05 10:00', 'S1', 'Gold');
SELECT attempt($$SELECT slt_deadline('2026-01-05 10:00', 'S1', 'Standard', 'repair')$$), attempt($$SELECT working_add('2026-01-05', '1 hour', 'Mars')$$);
SET ROLE regress_slt_user;
SELECT left(attempt(format('SELECT slt_deadline(''2026-01-05 10:00'', %L, ''Standard'')', repeat('é', 100000))), 40);

-- ---------- this role can read and write none of the tables ----------

SELECT t AS table, attempt('SELECT FROM ' || t) AS read, attempt('DELETE FROM ' || t) AS write
FROM unnest(ARRAY['slt_calendars', 'slt_holidays', 'slt_contracts', 'slt_severities', 'slt_targets', 'slt_request_kinds', 'slt_channels', 'slt_shipped', 'slt_holiday_lists', 'slt_calendar_lists', 'slt_metrics', 'slt_policy_log']) AS t;
RESET ROLE;

-- ---------- what the tables refuse ----------

INSERT INTO slt_metrics (name) VALUES ('repair');
SELECT e AS statement, attempt(e) AS outcome
FROM unnest(ARRAY[
	-- calendars
	$$INSERT INTO slt_calendars VALUES ('', 'UTC 24/7')$$,
	$$INSERT INTO slt_calendars VALUES ('  ', 'UTC 24/7')$$,
	$$INSERT INTO slt_calendars VALUES (' Night', 'UTC 24/7')$$,
	$$INSERT INTO slt_calendars VALUES ('Night ', 'UTC 24/7')$$,
	$$INSERT INTO slt_calendars VALUES (NULL, 'UTC 24/7')$$,
	$$INSERT INTO slt_calendars VALUES ('Night', NULL)$$,
	$$INSERT INTO slt_calendars VALUES ('Egypt', 'UTC 24/7')$$,
	$$INSERT INTO slt_calendars VALUES ('EGYPT', 'UTC 24/7')$$,
	$$INSERT INTO slt_calendars VALUES ('Night', 'UTC Mo-Fr 25:00-26:00')$$,
	$$DELETE FROM slt_calendars WHERE name = 'Egypt'$$,
	-- lists
	$$INSERT INTO slt_holiday_lists VALUES ('EGYPT')$$,
	$$INSERT INTO slt_holiday_lists VALUES ('')$$,
	$$INSERT INTO slt_calendar_lists VALUES ('Egypt', 'Egipt')$$,
	$$INSERT INTO slt_calendar_lists VALUES ('Egypt', 'Egypt')$$,
	$$DELETE FROM slt_holiday_lists WHERE name = 'Egypt'$$,
	-- holidays
	$$INSERT INTO slt_holidays (list, day, name) VALUES ('Egipt', '2026-01-14', 'A day')$$,
	$$INSERT INTO slt_holidays (list, day, name) VALUES ('egypt', '2026-01-14', 'A day')$$,
	$$INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', '2026-01-07', 'Again')$$,
	$$INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', NULL, 'A day')$$,
	$$INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', '2026-01-14', NULL)$$,
	$$INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', '2026-02-29', 'A day')$$,
	$$INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', 'infinity', 'A day')$$,
	$$INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', '0001-01-01 BC', 'A day')$$,
	$$INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', '10000-01-01', 'A day')$$,
	$$INSERT INTO slt_holidays (list, day, name, hours) VALUES ('Egypt', '2026-01-14', 'A day', '25:00-26:00')$$,
	$$INSERT INTO slt_holidays (list, day, name, hours) VALUES ('Egypt', '2026-01-14', 'A day', 'foo')$$,
	$$INSERT INTO slt_holidays (list, day, name, hours) VALUES ('Egypt', '2026-01-14', 'A day', '')$$,
	$$INSERT INTO slt_holidays (list, day, name, hours) VALUES ('Egypt', '2026-01-14', 'A day', '09:00')$$,
	$$INSERT INTO slt_holidays (list, day, name, hours) VALUES ('Egypt', '2026-01-14', 'A day', '09:00-12:00; 24/7')$$,
	$$INSERT INTO slt_holidays (list, day, name, hours) VALUES ('Egypt', '2026-01-14', 'A day', '09:00-12:00 "half"')$$,
	$$INSERT INTO slt_holidays (list, day, name, hours) VALUES ('Egypt', '2026-01-14', 'A day', 'We 09:00-12:00')$$,
	$$INSERT INTO slt_holidays (list, day, name, hours) VALUES ('Egypt', '2026-01-14', 'A day', '9-12')$$,
	$$INSERT INTO slt_holidays (list, day, name, hours) VALUES ('Egypt', '2026-01-14', 'A day', '9:30 - 12, 13.00-15')$$,
	$$UPDATE slt_holidays SET hours = '9am' WHERE list = 'Egypt' AND day = '2026-01-07'$$,
	$$INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', '2026-01-14', repeat('x', 1000000))$$,
	$$INSERT INTO slt_holidays (list, day, name) SELECT 'Egypt', date '1980-01-01' + n, 'A day' FROM generate_series(1, 5000) n$$,
	$$INSERT INTO slt_holidays (list, day, name, confirmed) VALUES ('Egypt', '2026-01-14', 'A day', NULL)$$,
	-- contracts
	$$INSERT INTO slt_contracts VALUES ('', 'Egypt')$$,
	$$INSERT INTO slt_contracts VALUES (E'\t', 'Egypt')$$,
	$$INSERT INTO slt_contracts VALUES ('STANDARD', 'Egypt')$$,
	$$INSERT INTO slt_contracts VALUES ('Gold', 'Egipt')$$,
	$$INSERT INTO slt_contracts VALUES ('Gold', NULL)$$,
	$$UPDATE slt_contracts SET calendar = 'Mars' WHERE name = 'Standard'$$,
	-- severities
	$$INSERT INTO slt_severities (code) VALUES ('')$$,
	$$INSERT INTO slt_severities (code, label) VALUES ('S4', ' ')$$,
	$$INSERT INTO slt_severities (code) VALUES ('s1')$$,
	$$INSERT INTO slt_severities (code, label) VALUES ('S4', 'CRITICAL')$$,
	$$DELETE FROM slt_severities WHERE code = 'S3'$$,
	$$DELETE FROM slt_contracts WHERE name = 'Priority'$$,
	-- metrics
	$$INSERT INTO slt_metrics (name) VALUES ('Response')$$,
	$$INSERT INTO slt_metrics (name) VALUES ('two words')$$,
	$$INSERT INTO slt_metrics (name) VALUES ('')$$,
	$$INSERT INTO slt_metrics (name, when_reopened) VALUES ('next_reply', 'again')$$,
	$$INSERT INTO slt_metrics (name, ends_with) VALUES ('next_reply', 'reply')$$,
	$$INSERT INTO slt_metrics (name, ends_with) VALUES ('next_reply', 'next_reply')$$,
	$$INSERT INTO slt_metrics (name, ends_with) VALUES ('a', 'b'), ('b', 'c'), ('c', 'a')$$,
	$$UPDATE slt_metrics SET ends_with = 'response' WHERE name = 'resolution'$$,
	$$DELETE FROM slt_metrics WHERE name = 'resolution'$$,
	-- targets
	$$INSERT INTO slt_targets VALUES ('Standard', 'S1', 'reply', '4 hours')$$,
	$$INSERT INTO slt_targets (contract, severity, metric, amount, calendar) VALUES ('Standard', 'S1', 'repair', '4 hours', 'Mars')$$,
	$$INSERT INTO slt_targets (contract, severity, metric, amount, attain) VALUES ('Standard', 'S1', 'repair', '4 hours', 0)$$,
	$$INSERT INTO slt_targets (contract, severity, metric, amount, attain) VALUES ('Standard', 'S1', 'repair', '4 hours', 100.5)$$,
	$$INSERT INTO slt_targets VALUES ('Gold', 'S1', 'response', '4 hours')$$,
	$$INSERT INTO slt_targets VALUES ('Standard', 'S4', 'response', '4 hours')$$,
	$$INSERT INTO slt_targets VALUES ('Standard', 'S1', 'repair', '-4 hours')$$,
	$$INSERT INTO slt_targets VALUES ('Standard', 'S1', 'repair', '0 hours')$$,
	$$INSERT INTO slt_targets VALUES ('Standard', 'S1', 'repair', '-1 day 8 hours')$$,
	$$INSERT INTO slt_targets VALUES ('Standard', 'S1', 'repair', 'infinity')$$,
	$$INSERT INTO slt_targets VALUES ('Standard', 'S1', 'repair', NULL)$$,
	$$INSERT INTO slt_targets VALUES ('Standard', 'S1', 'repair', '4 fortnights')$$,
	$$INSERT INTO slt_targets VALUES ('Standard', 'S1', '', '4 hours')$$,
	$$INSERT INTO slt_targets VALUES ('Standard', 'S1', 'Repair', '4 hours')$$,
	$$INSERT INTO slt_targets VALUES ('Standard', 'S1', 'repair', '4 hours', 'empty')$$,
	$$INSERT INTO slt_targets VALUES ('Standard', 'S1', 'repair', '4 hours', NULL)$$,
	$$INSERT INTO slt_targets VALUES ('Standard', 'S1', 'response', '4 hours')$$,
	$$INSERT INTO slt_targets VALUES ('Standard', 'S1', 'response', '3 hours', '[2026-06-01,)')$$,
	$$INSERT INTO slt_targets VALUES ('Standard', 'S1', 'repair', '3 hours', '[2026-01-01,2026-06-01]'), ('Standard', 'S1', 'repair', '4 hours', '[2026-06-01,)')$$,
	-- scope and channels
	$$INSERT INTO slt_request_kinds VALUES ('CUSTOMIZATION', true)$$,
	$$INSERT INTO slt_request_kinds VALUES ('Training', NULL)$$,
	$$INSERT INTO slt_channels VALUES ('support E-MAIL', true)$$,
	$$INSERT INTO slt_channels VALUES (' ', true)$$
]) AS e;
SELECT n, attempt(format($$INSERT INTO slt_calendars VALUES (%L, 'UTC 24/7')$$, repeat('n', n))) FROM unnest(ARRAY[250, 251]) n;
DELETE FROM slt_calendars WHERE name ~ '^n';
-- steps are percents: 20 at most, positive, different, with four decimals at most, in any order
BEGIN;
SELECT steps, split_part(attempt(format('INSERT INTO slt_targets (contract, severity, metric, amount, steps) VALUES (''Standard'', ''S1'', ''repair'', ''4 hours'', %L)', steps)), ' | ', 2) AS refused,
	attempt($$DELETE FROM slt_targets WHERE metric = 'repair'$$)
FROM unnest(ARRAY['{}', '{100}', '{150,50,75.1234,100}', '{0}', '{-1}', '{50,50}', '{50,50.0}', '{50,NULL}', '{NaN}', '{Infinity}', '{10001}', '{33.33333}', '{{50},{100}}', (SELECT array_agg(n)::text FROM generate_series(1, 21) n), NULL]) AS steps;
ROLLBACK;
-- hours are time spans, open or off, and nothing else, whatever day of the week that names
BEGIN;
SELECT hours, left(attempt(format('INSERT INTO slt_holidays (list, day, name, hours) VALUES (''Egypt'', ''2026-01-14'', ''A day'', %L) ON CONFLICT (list, day) DO UPDATE SET hours = excluded.hours', hours)), 5) AS outcome,
	working_periods_on('2026-01-14', 'Egypt')
FROM unnest(ARRAY['Sa 09:00-12:00', 'Mo-Su 09:00-12:00', '24/7', '2026-01-14 09:00-12:00', '..2000-01-05 09:00-12:00', 'UTC 09:00-12:00', '09:00-12:00 off', 'off', '09:00-12:00 open']) AS hours;
ROLLBACK;
-- a target's amount in sum is what must be positive, so this one is taken
BEGIN;
SELECT attempt($$INSERT INTO slt_targets VALUES ('Standard', 'S1', 'repair', '1 day -4 hours')$$);
ROLLBACK;
DELETE FROM slt_metrics WHERE name = 'repair';
-- as psql shows it
\set SHOW_CONTEXT never
INSERT INTO slt_targets VALUES ('Standard', 'S1', 'response', '3 hours', '[2026-06-01,)');
\set SHOW_CONTEXT errors

-- ---------- the shipped policy ----------

SELECT name, calendar FROM slt_calendars;
SELECT calendar, list FROM slt_calendar_lists;
SELECT name, calendar FROM slt_contracts ORDER BY name DESC;
SELECT name, pausable, when_reopened, ends_with FROM slt_metrics ORDER BY name;
SELECT DISTINCT steps, attain, calendar, pausable FROM slt_targets;
SELECT code, label, definition FROM slt_severities ORDER BY code;
SELECT contract, severity, max(amount) FILTER (WHERE metric = 'response') AS response, max(amount) FILTER (WHERE metric = 'resolution') AS resolution, count(*), bool_and(during = '(,)') AS always
FROM slt_targets GROUP BY 1, 2 ORDER BY contract DESC, severity;
SELECT in_scope, string_agg(name, ', ' ORDER BY name) FROM slt_request_kinds GROUP BY 1 ORDER BY 1 DESC;
SELECT name, opens_tickets FROM slt_channels ORDER BY name;
-- holidays of each year 2015 to 2035, each with its source, none with hours of its own
SELECT count(DISTINCT extract(year FROM day)) AS years, min(extract(year FROM day)), max(extract(year FROM day)), count(*) FILTER (WHERE source IS NULL OR hours IS NOT NULL OR shipped IS NULL) AS incomplete FROM slt_holidays;
SELECT day, name, confirmed FROM slt_holidays WHERE day BETWEEN '2026-01-01' AND '2026-04-30' ORDER BY day;

-- ---------- the twelve deadlines of a ticket opened on Monday 2026-01-05 at 10:00 ----------

-- the 7th is a holiday, the 10th a Saturday: the days that count are 6, 8, 9, 11, 12
SET ROLE regress_slt_user;
SELECT contract, severity, slt_deadline('2026-01-05 10:00', severity, contract, 'response') AS response, slt_deadline('2026-01-05 10:00', severity, contract) AS resolution
FROM unnest(ARRAY['Standard', 'Priority']) WITH ORDINALITY AS c (contract, n), unnest(ARRAY['S1', 'S2', 'S3']) AS severity ORDER BY n, severity;
-- opened at weekends and outside hours
SELECT opened_at, slt_deadline(opened_at, 'S1', 'Priority', 'response') AS response, slt_deadline(opened_at, 'S1', 'Priority', 'resolution') AS resolution, slt_deadline(opened_at, 'S1', 'Standard') AS "2 days"
FROM unnest(ARRAY['2026-01-05 08:00', '2026-01-05 17:00', '2026-01-05 16:59:59.999999', '2026-01-10 12:00', '2026-01-07 12:00', '2026-01-09 16:00', 'infinity', '-infinity', NULL]::timestamptz[]) AS opened_at;

-- by code or label, in any case, from columns
SELECT severity, contract, metric, slt_deadline('2026-01-05 10:00', severity, contract, metric)
FROM (VALUES ('S1', 'Standard', 'response'), ('s1', 'STANDARD', 'RESPONSE'), ('Critical', 'standard', 'Response'), ('CRITICAL', 'StAnDaRd', 'response'), ('medium', 'Priority', 'resolution'), ('LOW', 'priority', 'resolution'), (NULL, 'Standard', 'response'), ('S1', NULL, 'response'), ('S1', 'Standard', NULL)) v (severity, contract, metric);
SELECT slt_deadline(opened_at => '2026-01-05 10:00', severity => 'S1', contract => 'Standard', metric => 'response', paused => '{[2026-01-05 11:00,2026-01-05 12:00)}') AS paused, slt_deadline(opened_at => '2026-01-05 10:00', contract => 'Standard', severity => 'S1', paused => '{[2026-01-05 11:00,2026-01-05 12:00)}') AS days_paused,
	slt_deadline('2026-01-05 10:00', 'S1', 'Standard', paused => '{[2026-01-05 11:00,)}') AS for_ever, slt_deadline('2026-01-05 10:00', 'S1', 'Standard', paused => NULL) AS not_paused;
RESET ROLE;

-- ---------- a changed contract does not rewrite last year ----------

BEGIN;
UPDATE slt_targets SET during = '(,2026-03-01)' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'response';
INSERT INTO slt_targets VALUES ('Standard', 'S1', 'response', '3 hours', '[2026-03-01,2026-06-01)'), ('Standard', 'S1', 'response', '2 hours', '[2026-07-01,)');
SET LOCAL ROLE regress_slt_user;
-- 4 hours, 4, 3, 3, none in June, 2
SELECT opened_at, slt_deadline(opened_at, 'S1', 'Standard', 'response'), slt_deadline(opened_at, 'S1', 'Priority', 'response') AS other
FROM unnest(ARRAY['2025-12-01 10:00', '2026-02-28 23:59:59.999999', '2026-03-01', '2026-05-31 10:00', '2026-06-01', '2026-06-30 12:00', '2026-07-01 10:00']::timestamptz[]) AS opened_at;
SELECT count(*) FROM slt_explain('2026-06-15 10:00', 'S1', 'Standard', 'response');
RESET ROLE;
-- a metric of one's own
INSERT INTO slt_metrics (name) VALUES ('first-update');
INSERT INTO slt_targets VALUES ('Standard', 'S1', 'first-update', '30 minutes');
SELECT slt_deadline('2026-01-05 10:00', 'S1', 'Standard', 'First-Update') AS "10:30", slt_deadline('2026-01-05 10:00', 'S2', 'Standard', 'first-update') AS no_target;
-- moving a bound past its neighbour in two statements, checked at the end
SET CONSTRAINTS slt_check_target DEFERRED;
UPDATE slt_targets SET during = '[2026-03-01,2026-08-01)' WHERE amount = '3 hours';
UPDATE slt_targets SET during = '[2026-08-01,)' WHERE amount = '2 hours' AND contract = 'Standard';
SET CONSTRAINTS slt_check_target IMMEDIATE;
SELECT slt_deadline('2026-07-15 10:00', 'S1', 'Standard', 'response') AS "13:00";
SELECT attempt($$UPDATE slt_targets SET during = '[2026-07-01,)' WHERE amount = '2 hours' AND contract = 'Standard'$$);
ROLLBACK;
SELECT slt_deadline('2026-07-15 10:00', 'S1', 'Standard', 'response') AS "14:00";

-- ---------- holidays ----------

BEGIN;
-- Wednesday 2026-01-14 becomes a short day: 09:00-12:00; Thursday a tentative holiday
SELECT slt_deadline('2026-01-13 15:00', 'S1', 'Priority') AS "14th 15:00";
INSERT INTO slt_holidays (list, day, name, hours) VALUES ('Egypt', '2026-01-14', 'Half day', '09:00-12:00');
SELECT working_periods_on('2026-01-14', 'Egypt'), slt_deadline('2026-01-13 15:00', 'S1', 'Priority') AS "15th 12:00";
INSERT INTO slt_holidays (list, day, name, confirmed) VALUES ('Egypt', '2026-01-15', 'Perhaps', false);
SELECT slt_deadline('2026-01-13 15:00', 'S1', 'Priority') AS "16th 12:00", working_days_between('2026-01-13', '2026-01-17', 'Egypt') AS "13, 14, 16";
SELECT regexp_match(slt_calendar('Egypt')::text, '2026 Jan 14.*2026 Jan 15[^;]*');
UPDATE slt_holidays SET hours = '09:00-10:00,22:00-02:00', name = 'Night of "1001"; a fair' WHERE day = '2026-01-14';
-- a night that begins on the 14th goes on into the holiday
SELECT working_periods('[2026-01-14,2026-01-17)', 'Egypt');
SELECT slt_calendar('Egypt')::text ~ '2026 Jan 14' AS holiday_is_in_the_value, working_periods('[2026-01-14,2026-01-17)', slt_calendar('Egypt')) = working_periods('[2026-01-14,2026-01-17)', 'Egypt') AS same;
DELETE FROM slt_holidays WHERE day BETWEEN '2026-01-14' AND '2026-01-15';
SELECT slt_deadline('2026-01-13 15:00', 'S1', 'Priority') AS "14th 15:00";
-- Saturdays can be opened, too; and a rule of the calendar gives way to a holiday
INSERT INTO slt_holidays (list, day, name, hours) VALUES ('Egypt', '2026-01-17', 'Open Saturday', '10:00-14:00');
UPDATE slt_calendars SET calendar = 'Africa/Cairo Su-Fr 09:00-17:00; 2026-01-01..2026-01-31 Su-Fr 10:00-15:00 "Winter"; *-01-07 09:00-10:00' WHERE name = 'Egypt';
SELECT d::date, working_periods_on(d::date, 'Egypt') FROM generate_series(timestamp '2026-01-06', '2026-01-08', '1 day') d UNION ALL SELECT '2026-01-17', working_periods_on('2026-01-17', 'Egypt') ORDER BY 1;
-- holidays that leave nothing are refused
INSERT INTO slt_calendars VALUES ('One day', 'UTC 2026-01-05 09:00-17:00');
INSERT INTO slt_holiday_lists VALUES ('Closed'), ('Open');
INSERT INTO slt_calendar_lists VALUES ('One day', 'Open');
SELECT next_working('2026-01-01', 'One day');
SELECT attempt($$INSERT INTO slt_holidays (list, day, name) VALUES ('Open', '2026-01-05', 'Closed after all')$$) ~ '^22.*The rules leave no working time: the calendar never opens' AS refused;
INSERT INTO slt_holidays (list, day, name) VALUES ('Closed', '2026-01-05', 'Closed after all');
SELECT attempt($$INSERT INTO slt_calendar_lists VALUES ('One day', 'Closed')$$) ~ '^22.*The rules leave no working time: the calendar never opens' AS refused;
SELECT next_working('2026-01-01', 'One day');
-- lists are shared; where two name a date, what both leave open is open, and both names are shown
INSERT INTO slt_calendars VALUES ('Shift', 'UTC Mo-Su 22:00-06:00'), ('Office', 'UTC Mo-Fr 09:00-17:00');
INSERT INTO slt_holiday_lists VALUES ('A'), ('B');
INSERT INTO slt_calendar_lists VALUES ('Shift', 'A'), ('Shift', 'B'), ('Office', 'B');
INSERT INTO slt_holidays (list, day, name, hours) VALUES
	('A', '2026-03-02', 'Half', '09:00-12:00,20:00-02:00'), ('B', '2026-03-02', 'Other half', '11:00-21:30'),
	('A', '2026-03-03', 'Closed', NULL), ('B', '2026-03-03', 'Open', '09:00-12:00'),
	('A', '2026-03-04', 'Same', '09:00-12:00'), ('B', '2026-03-04', 'Same', '09:00-12:00'),
	('B', '2026-03-05', 'Only "here"', '22:00-04:00');
SELECT d::date, working_periods_on(d::date, 'Shift') AS shift, working_periods_on(d::date, 'Office') AS office FROM generate_series(timestamp '2026-03-02', '2026-03-05', '1 day') d;
SELECT slt_calendar('Shift'), slt_calendar('Office');
SELECT list, problem FROM slt_check_holidays() WHERE list IN ('A', 'Closed', 'Empty') ORDER BY 1;
INSERT INTO slt_holidays (list, day, name) VALUES ('A', CURRENT_DATE + 3, 'x'), ('B', CURRENT_DATE + 3, 'y');
INSERT INTO slt_holidays (list, day, name, confirmed) VALUES ('A', CURRENT_DATE + 30, 'New moon', false), ('A', CURRENT_DATE + 31, 'Full moon', false), ('A', CURRENT_DATE + 200, 'Last', true);
SELECT list, day - CURRENT_DATE AS days, problem FROM slt_check_holidays() WHERE list = 'A' ORDER BY 2;
SELECT next_working('2026-01-01', 'Egypt'), slt_deadline('2026-01-12 10:00', 'S1', 'Priority');
ROLLBACK;
-- the shipped tentative ones count, too: Tuesday 2026-05-26
SELECT day, confirmed, is_working('2026-05-26 10:00', 'Egypt') FROM slt_holidays WHERE day = '2026-05-26';

-- ---------- renaming and deleting ----------

BEGIN;
UPDATE slt_calendars SET name = 'Misr' WHERE name = 'Egypt';
SELECT DISTINCT calendar FROM slt_contracts UNION ALL SELECT DISTINCT calendar FROM slt_calendar_lists;
SELECT slt_deadline('2026-01-05 10:00', 'S1', 'Standard') AS "8th 10:00", is_working('2026-01-07 10:00', 'misr') AS f;
SELECT attempt($$SELECT is_working('2026-01-07 10:00', 'Egypt')$$);
-- slt.calendar names none now
SELECT left(attempt($$SELECT is_working('2026-01-07 10:00')$$), 39);
UPDATE slt_contracts SET name = 'Basic' WHERE name = 'Standard';
UPDATE slt_severities SET code = 'P1', label = 'Urgent' WHERE code = 'S1';
SELECT slt_deadline('2026-01-05 10:00', 'p1', 'basic') AS code, slt_deadline('2026-01-05 10:00', 'urgent', 'BASIC') AS label;
SELECT attempt($$SELECT slt_deadline('2026-01-05 10:00', 'S1', 'Basic')$$), attempt($$SELECT slt_deadline('2026-01-05 10:00', 'P1', 'Standard')$$);
ROLLBACK;
BEGIN;
DELETE FROM slt_targets WHERE contract = 'Priority';
DELETE FROM slt_contracts WHERE name = 'Priority';
SELECT attempt($$SELECT slt_deadline('2026-01-05 10:00', 'S1', 'Priority')$$);
DELETE FROM slt_targets WHERE severity = 'S3' OR metric = 'response';
DELETE FROM slt_severities WHERE code = 'S3';
SELECT attempt($$SELECT slt_deadline('2026-01-05 10:00', 'S3', 'Standard')$$);
-- the metric is there, only nothing is promised
SELECT attempt($$SELECT slt_deadline('2026-01-05 10:00', 'S1', 'Standard', 'response')$$);
DELETE FROM slt_metrics WHERE name = 'response';
SELECT attempt($$SELECT slt_deadline('2026-01-05 10:00', 'S1', 'Standard', 'response')$$);
DELETE FROM slt_targets;
DELETE FROM slt_contracts;
SELECT attempt($$SELECT slt_deadline('2026-01-05 10:00', 'S1', 'Standard')$$);
DELETE FROM slt_severities;
SELECT left(attempt($$SELECT slt_deadline('2026-01-05 10:00', 'S1', 'Standard')$$), 5);
DELETE FROM slt_calendars;
SELECT count(*) > 0 AS list_stays FROM slt_holidays;
SELECT attempt($$SELECT is_working('2026-01-07 10:00')$$);
SET LOCAL slt.calendar = '';
SELECT attempt($$SELECT is_working('2026-01-07 10:00')$$);
ROLLBACK;
BEGIN;
TRUNCATE slt_targets;
SELECT attempt($$SELECT slt_deadline('2026-01-05 10:00', 'S1', 'Standard')$$);
ROLLBACK;
SELECT slt_deadline('2026-01-05 10:00', 'S1', 'Standard') AS "8th 10:00";

-- ---------- contracts with calendars of their own ----------

BEGIN;
INSERT INTO slt_calendars VALUES ('Always', 'UTC 24/7');
INSERT INTO slt_contracts VALUES ('Platinum', 'Always');
INSERT INTO slt_targets VALUES ('Platinum', 'S1', 'response', '15 minutes'), ('Platinum', 'S1', 'resolution', '1 day 2 hours');
-- Saturday at three; a day of this calendar has 24 hours
SELECT slt_deadline('2026-01-10 03:00', 'S1', 'Platinum', 'response') AS "03:15", slt_deadline('2026-01-10 03:00', 'S1', 'platinum') AS "11th 05:00";
UPDATE slt_contracts SET calendar = 'Egypt' WHERE name = 'Platinum';
SELECT slt_deadline('2026-01-10 03:00', 'S1', 'Platinum', 'response') AS "11th 09:15", slt_deadline('2026-01-10 03:00', 'S1', 'platinum') AS "12th 11:00";
-- a target's own calendar goes before the contract's
UPDATE slt_targets SET calendar = 'Always' WHERE contract = 'Platinum' AND metric = 'response';
SELECT slt_deadline('2026-01-10 03:00', 'S1', 'Platinum', 'response') AS "03:15", slt_deadline('2026-01-10 03:00', 'S1', 'platinum') AS "12th 11:00";
UPDATE slt_calendars SET name = 'Ever' WHERE name = 'Always';
SELECT slt_deadline('2026-01-10 03:00', 'S1', 'Platinum', 'response') AS "03:15";
ROLLBACK;

-- ---------- a policy of one's own: one call, then five statements to a first deadline ----------

BEGIN;
SELECT slt_remove_shipped_policy();
INSERT INTO slt_calendars VALUES ('Berlin', 'Europe/Berlin Mo-Fr 09:00-17:00');
INSERT INTO slt_contracts VALUES ('Vertrag', 'Berlin');
INSERT INTO slt_severities VALUES ('hoch');
INSERT INTO slt_targets VALUES ('Vertrag', 'hoch', 'resolution', '1 working day');
SELECT slt_deadline('2026-01-07 10:00+01', 'HOCH', 'vertrag') AT TIME ZONE 'Europe/Berlin' AS "8th 10:00";
SELECT name FROM slt_calendars UNION ALL SELECT name FROM slt_contracts UNION ALL SELECT code FROM slt_severities UNION ALL SELECT name FROM slt_holiday_lists UNION ALL SELECT name FROM slt_channels UNION ALL SELECT name FROM slt_request_kinds UNION ALL SELECT name FROM slt_services;
SELECT name FROM slt_metrics ORDER BY 1;
ROLLBACK;
-- what somebody uses is not taken from under him
BEGIN;
INSERT INTO slt_contracts VALUES ('Gold', 'Egypt');
INSERT INTO slt_calendars VALUES ('Berlin', 'Europe/Berlin Mo-Fr 09:00-17:00');
INSERT INTO slt_holiday_lists VALUES ('Ours');
SELECT attempt('SELECT slt_remove_shipped_policy()');
SELECT attempt($$SELECT slt_deadline('2026-01-05 10:00', 'S1', 'Standard')$$);
UPDATE slt_contracts SET calendar = 'Berlin' WHERE name = 'Gold';
SELECT attempt(own) AS own, attempt('SELECT slt_remove_shipped_policy()'), attempt(undo) AS undone
FROM (VALUES
	($$INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', '2026-01-14', 'Our day')$$, $$DELETE FROM slt_holidays WHERE name = 'Our day'$$),
	($$INSERT INTO slt_calendar_lists VALUES ('Egypt', 'Ours')$$, $$DELETE FROM slt_calendar_lists WHERE list = 'Ours'$$),
	($$INSERT INTO slt_outages (service, experience, during) VALUES ('Platform', 'Site', '[2026-01-10,2026-01-11)')$$, $$DELETE FROM slt_outages$$),
	($$INSERT INTO slt_coverage VALUES ('Platform', 'Site', '2026-01-10')$$, $$DELETE FROM slt_coverage$$),
	($$INSERT INTO slt_experiences (service, name) VALUES ('Platform', 'Ours')$$, $$UPDATE slt_services SET shipped = NULL$$)) v (own, undo);
-- made one's own, it stays
SELECT attempt('SELECT slt_remove_shipped_policy()');
SELECT s.name, e.name FROM slt_services s JOIN slt_experiences e ON e.service = s.name;
ROLLBACK;

-- ---------- slt_check_time_zones ----------

SELECT * FROM slt_check_time_zones(ARRAY['Mars/Olympus', 'Africa/Cairo', 'africa/cairo', 'UTC']);
SELECT * FROM slt_check_time_zones();

DROP FUNCTION attempt(text);
DROP ROLE regress_slt_user;
