-- The functions of working time: the calendar as a value, by name, or left to slt.calendar.
SET TimeZone = 'Africa/Cairo';
SET DateStyle = 'ISO, YMD';
SET IntervalStyle = 'postgres';
\pset null '(null)'
CREATE ROLE regress_slt_user;
GRANT CREATE ON SCHEMA public TO regress_slt_user;
INSERT INTO slt_calendars (name, calendar) VALUES ('Regress night', 'UTC Mo-Fr 22:00-06:00'), ('Regress once', 'UTC 2026-01-05 09:00-17:00');
-- this role can read none of the config tables, and needs not
SET ROLE regress_slt_user;
SELECT has_table_privilege('slt_calendars', 'SELECT') OR has_table_privilege('slt_holidays', 'SELECT') AS reads_tables;

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

-- ---------- errors ----------

-- a calendar that nobody knows: 42704; this role may not read the tables, so it is not told which there are
SELECT e AS expression, left(outcome, 5) AS state, outcome ~ 'calendar "Egipt" does not exist \| To give a calendar itself' AS hint_says_how
FROM unnest(ARRAY[
	$$working_add('2026-01-06 15:00', '4 hours', 'Egipt')$$,
	$$working_between('2026-01-06 15:00', '2026-01-08 11:00', 'Egipt')$$,
	$$is_working('2026-01-06 15:00', 'Egipt')$$,
	$$next_working('2026-01-06 15:00', 'Egipt')$$,
	$$previous_working('2026-01-06 15:00', 'Egipt')$$,
	$$working_periods(tstzrange('2026-01-06', '2026-01-07'), 'Egipt')$$,
	$$working_periods_on('2026-01-06', 'Egipt')$$,
	$$working_today('Egipt')$$,
	$$(SELECT count(*) FROM working_days(daterange('2026-01-06', '2026-01-07'), 'Egipt'))$$,
	$$working_days_between('2026-01-06', '2026-01-07', 'Egipt')$$,
	$$working_days_in_month('2026-01-06', 'Egipt')$$,
	$$slt_calendar('Egipt')$$
]) AS e, pg_temp.outcome(e) AS outcome;
SELECT is_working('2026-01-06 15:00', 'Egipt');
SELECT is_working('2026-01-06 15:00', '');
SELECT left(pg_temp.outcome(format('is_working(''2026-01-06 15:00'', %L::text)', repeat('x', 100000))), 100);
SET slt.calendar = 'Egipt';
SELECT left(pg_temp.outcome(e), 38) AS outcome
FROM unnest(ARRAY[
	$$working_add('2026-01-06 15:00', '4 hours')$$, $$working_between('2026-01-06 15:00', '2026-01-08 11:00')$$, $$is_working('2026-01-06 15:00')$$, $$next_working('2026-01-06 15:00')$$,
	$$previous_working('2026-01-06 15:00')$$, $$working_periods(tstzrange('2026-01-06', '2026-01-07'))$$, $$working_periods_on('2026-01-06')$$, $$working_today()$$,
	$$(SELECT count(*) FROM working_days(daterange('2026-01-06', '2026-01-07')))$$, $$working_days_between('2026-01-06', '2026-01-07')$$, $$working_days_in_month('2026-01-06')$$,
	$$timestamptz '2026-01-06 15:00' + working_interval '4 hours'$$, $$working_interval '4 hours' + timestamptz '2026-01-06 15:00'$$, $$timestamptz '2026-01-06 15:00' - working_interval '4 hours'$$
]) AS e;
SET slt.calendar = '';
SELECT left(pg_temp.outcome($$is_working('2026-01-06 15:00')$$), 28);
RESET slt.calendar;

-- no working time left: 22008.  The calendar opens on one day, 2026-01-05 from 09:00 to 17:00 UTC.
SELECT e AS expression, pg_temp.outcome(replace(e, 'once', $$working_calendar 'UTC 2026-01-05 09:00-17:00'$$)) AS outcome
FROM unnest(ARRAY[
	$$working_add('2026-01-05 10:00Z', '7:00:00.000001', once)$$,
	$$working_add('2026-01-05 10:00Z', '1 day', once)$$,
	$$working_add('2026-01-05 10:00Z', '-1:00:00.000001', once)$$,
	$$working_add('2026-01-05 10:00Z', '-1 day', once)$$,
	$$working_add('2026-01-05 17:00Z', '0.000001 seconds', once)$$,
	$$working_add('2040-01-01 00:00Z', '1 hour', once)$$,
	$$next_working('2026-01-05 17:00Z', once)$$,
	$$next_working('2040-01-01', once)$$,
	$$previous_working('2026-01-05 08:59:59.999999Z', once)$$,
	$$working_add('2026-01-05 10:00Z', '4 hours', once, '{[2026-01-05 11:00Z,2026-01-05 15:00Z)}')$$
]) AS e;
-- and what is left can be had
SELECT e AS expression, pg_temp.outcome(replace(e, 'once', $$working_calendar 'UTC 2026-01-05 09:00-17:00'$$)) AS outcome
FROM unnest(ARRAY[
	$$working_add('2026-01-05 10:00Z', '7 hours', once)$$,
	$$working_add('2020-01-01 00:00Z', '8 hours', once)$$,
	$$working_add('2040-01-01 00:00Z', '-8 hours', once)$$,
	$$working_add('2040-01-01 00:00Z', '0 hours', once)$$,
	$$working_between('-infinity', 'infinity', once)$$,
	$$working_between('2000-01-01', '2100-01-01', once)$$,
	$$working_between('2030-01-01', '2100-01-01', once)$$,
	$$next_working('2020-01-01', once)$$,
	$$previous_working('2040-01-01', once)$$,
	$$previous_working('2026-01-05 09:00Z', once)$$,
	$$is_working('2040-01-01', once)$$,
	$$working_periods(tstzrange('2000-01-01', '2100-01-01'), once)$$,
	$$working_days_between('2000-01-01', '2100-01-01', once)$$
]) AS e;
SELECT next_working('2026-01-05 17:00Z', 'Regress once');

-- out of range: 22008
SELECT e AS expression, pg_temp.outcome(e) AS outcome
FROM unnest(ARRAY[
	$$working_add('2026-01-05', '2147483647 days', working_calendar 'UTC 24/7')$$,
	$$working_add('2026-01-05', '2562047788 hours', working_calendar 'UTC Mo 09:00-17:00')$$,
	$$working_add('2026-01-05', '-2562047788 hours', working_calendar 'UTC Mo 09:00-17:00')$$,
	$$working_add('294276-12-31 12:00Z', '1 day', working_calendar 'UTC 24/7')$$,
	$$working_add('294276-12-31 12:00Z', '13 hours', working_calendar 'UTC 24/7')$$,
	$$working_add('4714-11-24 01:00Z BC', '-61 minutes', working_calendar 'UTC 24/7')$$,
	$$working_periods_on('infinity', working_calendar 'UTC 24/7')$$,
	$$working_days_between('-infinity', 'infinity', working_calendar 'UTC 24/7')$$,
	$$working_days_in_month('infinity', working_calendar 'UTC 24/7')$$,
	$$working_periods_on('5874897-12-31', working_calendar 'UTC 24/7')$$
]) AS e;

-- a list without end: 22023
SELECT e AS expression, pg_temp.outcome(e) AS outcome
FROM unnest(ARRAY[
	$$working_periods('[2026-01-06,)', 'Egypt')$$,
	$$working_periods('(,2026-01-06)', 'Egypt')$$,
	$$working_periods('(,)', working_calendar 'UTC 24/7')$$,
	$$working_periods(tstzrange('2026-01-06', 'infinity'))$$,
	$$working_periods(tstzrange('-infinity', '2026-01-06'))$$
]) AS e;
SELECT left(outcome, 5) IN ('22008', '22023') AS refused
FROM unnest(ARRAY['[2026-01-06,)', '(,2026-01-06)', '(,)', '[2026-01-06,infinity)', '[-infinity,2026-01-06)']) AS during,
	pg_temp.outcome(format('(SELECT count(*) FROM working_days(%L, working_calendar ''UTC 24/7''))', during)) AS outcome;

-- ---------- each function in its three forms ----------

-- 2026-01-06 is a Tuesday, and the 7th a holiday of the calendar Egypt.  The value has no holidays.
-- 15:00 to 17:00, and two hours of the next working day
SELECT working_add('2026-01-06 15:00', '4 working hours', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00') AS value, working_add('2026-01-06 15:00', '4 working hours', 'Egypt') AS name, working_add('2026-01-06 15:00', '4 working hours') AS default;
SELECT working_add('2026-01-08 11:00', '-4 working hours', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00') AS value, working_add('2026-01-08 11:00', '-4 working hours', 'Egypt') AS name, working_add('2026-01-08 11:00', '-4 working hours') AS default;
SELECT working_add('2026-01-06 15:00', '1 working day', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00') AS value, working_add('2026-01-06 15:00', '1 working day', 'Egypt') AS name, working_add('2026-01-06 15:00', '1 working day') AS default;
SELECT working_between('2026-01-06 15:00', '2026-01-08 11:00', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00') AS value, working_between('2026-01-06 15:00', '2026-01-08 11:00', 'Egypt') AS name, working_between('2026-01-06 15:00', '2026-01-08 11:00') AS default;
SELECT working_between('2026-01-08 11:00', '2026-01-06 15:00', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00') AS value, working_between('2026-01-08 11:00', '2026-01-06 15:00', 'Egypt') AS name, working_between('2026-01-08 11:00', '2026-01-06 15:00') AS default;
SELECT is_working('2026-01-07 10:00', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00') AS value, is_working('2026-01-07 10:00', 'Egypt') AS name, is_working('2026-01-07 10:00') AS default;
SELECT next_working('2026-01-06 17:00', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00') AS value, next_working('2026-01-06 17:00', 'Egypt') AS name, next_working('2026-01-06 17:00') AS default;
SELECT previous_working('2026-01-08 08:00', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00') AS value, previous_working('2026-01-08 08:00', 'Egypt') AS name, previous_working('2026-01-08 08:00') AS default;
SELECT working_periods('[2026-01-06 15:00,2026-01-08 11:00)', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00') AS value;
SELECT working_periods('[2026-01-06 15:00,2026-01-08 11:00)', 'Egypt') AS name, working_periods('[2026-01-06 15:00,2026-01-08 11:00)') AS default;
SELECT working_periods_on('2026-01-07', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00') AS value, working_periods_on('2026-01-07', 'Egypt') AS name, working_periods_on('2026-01-07') AS default;
-- today is the date that the calendar's zone has
SELECT working_today(working_calendar 'Asia/Tokyo Mo-Sa 09:00-17:00') = working_periods_on((CURRENT_TIMESTAMP AT TIME ZONE 'Asia/Tokyo')::date, working_calendar 'Asia/Tokyo Mo-Sa 09:00-17:00') AS value,
	working_today('Egypt') = working_periods_on((CURRENT_TIMESTAMP AT TIME ZONE 'Africa/Cairo')::date, 'Egypt') AS name, working_today() = working_today('Egypt') AS default;
-- Monday to Sunday, of which Saturday is off; then the 7th
SELECT array_agg(d ORDER BY n) FROM working_days('[2026-01-05,2026-01-12)', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00') WITH ORDINALITY AS t (d, n);
SELECT array_agg(d ORDER BY n) FROM working_days('[2026-01-05,2026-01-12)', 'Egypt') WITH ORDINALITY AS t (d, n);
SELECT array_agg(d ORDER BY n) FROM working_days('[2026-01-05,2026-01-11]') WITH ORDINALITY AS t (d, n);
SELECT working_days_between('2026-01-05', '2026-01-12', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00') AS value, working_days_between('2026-01-05', '2026-01-12', 'Egypt') AS name, working_days_between('2026-01-05', '2026-01-12') AS default;
SELECT working_days_between('2026-01-12', '2026-01-05', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00') AS value, working_days_between('2026-01-12', '2026-01-05', 'Egypt') AS name, working_days_between('2026-01-12', '2026-01-05') AS default;
-- January 2026 has 31 days, 5 of them Saturdays; the 7th and the 29th are holidays
SELECT working_days_in_month('2026-01-31', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00') AS value, working_days_in_month('2026-01-01', 'Egypt') AS name, working_days_in_month('2026-01-15') AS default;

-- by name in any case, and by a name that is no constant
SELECT working_add('2026-01-06 15:00', '4 working hours', 'egypt') AS lower, working_add('2026-01-06 15:00', '4 working hours', 'EGYPT') AS upper;
SELECT name, working_add('2026-01-06 15:00', '4 working hours', name), is_working('2026-01-06 23:00Z', name) FROM unnest(ARRAY['Egypt', 'Regress night', NULL, 'regress NIGHT', 'egypt']) AS name;

-- slt.calendar names another one
SHOW slt.calendar;
SET slt.calendar = 'regress night';
SELECT working_add('2026-01-06 21:00Z', '3 working hours') AS "2026-01-07 01:00 UTC", is_working('2026-01-06 23:00Z') AS t, timestamptz '2026-01-06 21:00Z' + working_interval '3 working hours' AS "2026-01-07 01:00 UTC";
BEGIN;
SET LOCAL slt.calendar = 'Egypt';
SELECT is_working('2026-01-06 23:00Z') AS f;
COMMIT;
SELECT is_working('2026-01-06 23:00Z') AS t;
RESET slt.calendar;
SELECT is_working('2026-01-06 23:00Z') AS f;

-- ---------- operators ----------

SELECT timestamptz '2026-01-06 15:00' + working_interval '4 working hours' AS plus, working_interval '4 working hours' + timestamptz '2026-01-06 15:00' AS commuted, timestamptz '2026-01-08 11:00' - working_interval '4 working hours' AS minus;
SELECT timestamptz '2026-01-06 15:00' + working_interval '2 working days' AS plus, timestamptz '2026-01-10 12:00' + working_interval '0 hours' AS zero, timestamptz '2026-01-08 15:00' - working_interval '1 working day' AS minus;
SELECT timestamptz '2026-01-06 15:00' + working_interval '-4 hours' = timestamptz '2026-01-06 15:00' - working_interval '4 hours' AS minus_is_plus_the_negative;
SELECT timestamptz 'infinity' + working_interval '1 day' AS a, timestamptz '2026-01-06' + working_interval 'infinity' AS b, timestamptz '2026-01-06' - working_interval 'infinity' AS c;
SELECT timestamptz '2026-01-06 15:00' + NULL::working_interval AS a, NULL::timestamptz + working_interval '1 day' AS b, NULL::working_interval + timestamptz '2026-01-06' AS c, timestamptz '2026-01-06' - NULL::working_interval AS d;
-- a bare literal is what it always was
SELECT timestamptz '2026-01-06 15:00' + '2 days' AS plus, '2 days' + timestamptz '2026-01-06 15:00' AS commuted, date '2026-01-06' + '2 days'::interval AS of_date, timestamptz '2026-01-06 15:00' - '2026-01-05 15:00' AS minus, interval '1 day' + '1 day' AS intervals;

-- ---------- named notation ----------

SELECT working_add(at => '2026-01-06 15:00', amount => '4 hours', calendar => 'Egypt') AS name, working_add(at => '2026-01-06 15:00', amount => '4 hours', calendar => working_calendar 'UTC 24/7') AS value, working_add(amount => '4 hours', at => '2026-01-06 15:00') AS default;
SELECT working_add(at => '2026-01-06 15:00', amount => '4 hours', calendar => 'Egypt', paused => '{[2026-01-06 16:00,2026-01-08 10:00)}') AS name, working_add(at => '2026-01-06 15:00', amount => '4 hours', paused => '{[2026-01-06 16:00,2026-01-08 10:00)}') AS default,
	working_add('2026-01-06 15:00', '4 hours', working_calendar 'UTC 24/7', paused => '{[2026-01-06 16:00,2026-01-08 10:00)}') AS value;
SELECT working_between("from" => '2026-01-06 15:00', "to" => '2026-01-08 11:00', calendar => 'Egypt', paused => '{[2026-01-06 16:00,2026-01-08 10:00)}') AS name, working_between("from" => '2026-01-06 15:00', "to" => '2026-01-08 11:00', paused => '{[2026-01-06 16:00,2026-01-08 10:00)}') AS default;
SELECT is_working(at => '2026-01-06 15:00', calendar => 'Egypt'), next_working(at => '2026-01-06 15:00'), previous_working(calendar => working_calendar 'UTC 24/7', at => '2026-01-06 15:00'), working_periods(during => '[2026-01-06,2026-01-07)'), working_periods_on(day => '2026-01-06');
SELECT working_days_between("from" => '2026-01-05', "to" => '2026-01-12'), working_days_in_month(month => '2026-01-05', calendar => 'Egypt'), (SELECT count(*) FROM working_days(during => '[2026-01-05,2026-01-12)'));

-- ---------- pauses ----------

-- Monday 10:00 under the value; hours stop while paused
SELECT what, amount, paused, working_add('2026-01-05 10:00', amount, working_calendar 'Africa/Cairo Su-Fr 09:00-17:00', paused)
FROM (VALUES
	('no pause', '4 hours'::working_interval, NULL::tstzmultirange),
	('no pause', '4 hours', '{}'),
	('inside', '4 hours', '{[2026-01-05 11:00,2026-01-05 12:00)}'),
	('over night', '8 hours', '{[2026-01-05 16:00,2026-01-06 10:00)}'),
	('while closed', '8 hours', '{[2026-01-05 17:00,2026-01-06 09:00)}'),
	('before', '4 hours', '{[2026-01-04 11:00,2026-01-05 10:00)}'),
	('before and into', '4 hours', '{[2026-01-04 11:00,2026-01-05 11:00)}'),
	('without start', '4 hours', '{(,2026-01-05 11:00)}'),
	('from the deadline on', '4 hours', '{[2026-01-05 14:00,2026-01-05 15:00)}'),
	('a microsecond before', '4 hours', '{[2026-01-05 13:59:59.999999,2026-01-05 15:00)}'),
	('several', '4 hours', '{[2026-01-05 11:00,2026-01-05 12:00),[2026-01-05 13:00,2026-01-05 13:30),[2026-01-05 16:30,2026-01-06 09:30)}'),
	('without end', '4 hours', '{[2026-01-05 11:00,)}'),
	('without end, too late to matter', '4 hours', '{[2026-01-05 14:00,)}'),
	('always', '4 hours', '{(,)}'),
	('until infinity', '4 hours', '{[2026-01-05 11:00,infinity)}'),
	('always, but nothing is owed', '0 hours', '{(,)}'),
	-- days: the deadline without pauses moves on by the working time of each pause that starts before it
	('days, no pause', '1 day', '{}'),
	('days, inside', '1 day', '{[2026-01-05 11:00,2026-01-05 13:00)}'),
	('days, the second starts before the deadline so far', '1 day', '{[2026-01-05 11:00,2026-01-05 13:00),[2026-01-06 11:00,2026-01-06 12:00)}'),
	('days, the second starts at the deadline so far', '1 day', '{[2026-01-05 11:00,2026-01-05 13:00),[2026-01-06 12:00,2026-01-06 13:00)}'),
	('days, over the weekend', '5 days', '{[2026-01-09 16:00,2026-01-11 10:00)}'),
	('days, before and into', '1 day', '{[2026-01-04 09:00,2026-01-05 12:00)}'),
	('days, without end', '1 day', '{[2026-01-05 11:00,)}'),
	-- backwards
	('back, no pause', '-4 hours', '{}'),
	('back, inside', '-4 hours', '{[2026-01-04 15:00,2026-01-04 16:00)}'),
	('back, later', '-4 hours', '{[2026-01-05 10:00,2026-01-05 12:00)}'),
	('back, without start', '-4 hours', '{(,2026-01-04 15:00)}')
) v (what, amount, paused);
SELECT paused, working_between('2026-01-05 10:00', '2026-01-06 12:00', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00', paused)
FROM unnest(ARRAY[NULL, '{}', '{[2026-01-05 11:00,2026-01-05 12:00)}', '{[2026-01-05 16:00,2026-01-06 10:00)}', '{[2026-01-05 17:00,2026-01-06 09:00)}', '{(,2026-01-05 11:00)}', '{[2026-01-06 11:00,)}', '{(,)}', '{(,2026-01-05 11:00),[2026-01-05 12:00,2026-01-05 13:00),[2026-01-06 11:00,)}']::tstzmultirange[]) AS paused;
SELECT working_between('2026-01-06 12:00', '2026-01-05 10:00', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00', '{[2026-01-05 11:00,2026-01-05 12:00)}') AS backwards;
-- exclusive and inclusive bounds differ by no working time that counts
SELECT working_add('2026-01-05 10:00', '4 hours', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00', '{(2026-01-05 11:00,2026-01-05 12:00]}');

-- ---------- NULL in each argument ----------

SELECT e AS expression, pg_temp.outcome(e)
FROM unnest(ARRAY[
	$$working_add(NULL, '4 hours', working_calendar 'UTC 24/7')$$, $$working_add('2026-01-06', NULL, working_calendar 'UTC 24/7')$$, $$working_add('2026-01-06', '4 hours', NULL::working_calendar)$$, $$working_add('2026-01-06', '4 hours', working_calendar 'UTC 24/7', NULL)$$,
	$$working_add(NULL, '4 hours', 'Egypt')$$, $$working_add('2026-01-06', NULL, 'Egypt')$$, $$working_add('2026-01-06', '4 hours', NULL::text)$$, $$working_add('2026-01-06 15:00', '4 hours', 'Egypt', NULL)$$, $$working_add(NULL, '4 hours', 'Egipt')$$,
	$$working_add(NULL, '4 hours')$$, $$working_add('2026-01-06', NULL)$$, $$working_add('2026-01-06 15:00', '4 hours', NULL::tstzmultirange)$$, $$working_add(NULL, NULL, NULL::text, NULL)$$,
	$$working_between(NULL, '2026-01-06', working_calendar 'UTC 24/7')$$, $$working_between('2026-01-06', NULL, working_calendar 'UTC 24/7')$$, $$working_between('2026-01-06', '2026-01-07', NULL::working_calendar)$$, $$working_between('2026-01-06', '2026-01-07', working_calendar 'UTC 24/7', NULL)$$,
	$$working_between(NULL, '2026-01-06', 'Egypt')$$, $$working_between('2026-01-06', NULL, 'Egypt')$$, $$working_between('2026-01-06', '2026-01-07', NULL::text)$$, $$working_between(NULL, '2026-01-06')$$, $$working_between('2026-01-06', NULL)$$,
	$$is_working(NULL, working_calendar 'UTC 24/7')$$, $$is_working('2026-01-06', NULL::working_calendar)$$, $$is_working(NULL, 'Egypt')$$, $$is_working('2026-01-06', NULL::text)$$, $$is_working(NULL)$$,
	$$next_working(NULL, working_calendar 'UTC 24/7')$$, $$next_working('2026-01-06', NULL::working_calendar)$$, $$next_working('2026-01-06', NULL::text)$$, $$next_working(NULL)$$,
	$$previous_working(NULL, working_calendar 'UTC 24/7')$$, $$previous_working('2026-01-06', NULL::working_calendar)$$, $$previous_working('2026-01-06', NULL::text)$$, $$previous_working(NULL)$$,
	$$working_periods(NULL, working_calendar 'UTC 24/7')$$, $$working_periods('[2026-01-06,2026-01-07)', NULL::working_calendar)$$, $$working_periods('[2026-01-06,2026-01-07)', NULL::text)$$, $$working_periods(NULL)$$,
	$$working_periods_on(NULL, 'Egypt')$$, $$working_periods_on('2026-01-06', NULL::text)$$, $$working_periods_on(NULL)$$, $$working_today(NULL::text)$$, $$working_today(NULL::working_calendar)$$,
	$$(SELECT count(*) FROM working_days(NULL, 'Egypt'))$$, $$(SELECT count(*) FROM working_days('[2026-01-06,2026-01-07)', NULL::text))$$, $$(SELECT count(*) FROM working_days(NULL))$$,
	$$working_days_between(NULL, '2026-01-06', 'Egypt')$$, $$working_days_between('2026-01-06', NULL, 'Egypt')$$, $$working_days_between('2026-01-06', '2026-01-07', NULL::text)$$, $$working_days_in_month(NULL, 'Egypt')$$, $$working_days_in_month('2026-01-06', NULL::text)$$,
	$$slt_calendar(NULL)$$
]) AS e;

-- ---------- infinity in, infinity out ----------

SELECT e AS expression, pg_temp.outcome(replace(e, 'hours', $$working_calendar 'UTC Mo-Fr 09:00-17:00'$$))
FROM unnest(ARRAY[
	$$working_add('infinity', '1 day', hours)$$, $$working_add('-infinity', '1 day', hours)$$, $$working_add('infinity', '-1 day', hours)$$, $$working_add('-infinity', '-1 h', hours)$$, $$working_add('infinity', '0 h', hours)$$,
	$$working_add('2026-01-06', 'infinity', hours)$$, $$working_add('2026-01-06', '-infinity', hours)$$, $$working_add('infinity', 'infinity', hours)$$, $$working_add('-infinity', '-infinity', hours)$$,
	$$working_add('infinity', '1 day', hours, '{[2026-01-06,)}')$$, $$working_add('2026-01-06', 'infinity', hours, '{[2026-01-06,2026-01-07)}')$$,
	$$working_between('-infinity', 'infinity', hours)$$, $$working_between('infinity', '-infinity', hours)$$, $$working_between('2026-01-06', 'infinity', hours)$$, $$working_between('infinity', '2026-01-06', hours)$$, $$working_between('-infinity', '2026-01-06', hours)$$,
	$$next_working('infinity', hours)$$, $$next_working('-infinity', hours)$$, $$previous_working('infinity', hours)$$, $$previous_working('-infinity', hours)$$,
	$$is_working('infinity', hours)$$, $$is_working('-infinity', hours)$$
]) AS e;

-- ---------- edges ----------

-- half-open: used up exactly at closing is due at that closing; at is itself when it is working
SELECT working_add('2026-01-05 09:00', '8 hours', c) AS "17:00", working_add('2026-01-05 17:00', '8 hours', c) AS "17:00 next day", working_add('2026-01-05 17:00', '-8 hours', c) AS "09:00", working_add('2026-01-05 09:00', '-8 hours', c) AS "09:00 the day before",
	next_working('2026-01-05 09:00', c) AS "09:00", next_working('2026-01-05 17:00', c) AS "09:00 next day", previous_working('2026-01-05 17:00', c) AS "17:00", previous_working('2026-01-05 16:59:59.999999', c) AS "16:59:59.999999", previous_working('2026-01-05 09:00', c) AS "09:00", previous_working('2026-01-05 08:59', c) AS "17:00 the day before",
	is_working('2026-01-05 09:00', c) AS t, is_working('2026-01-05 17:00', c) AS f
FROM (SELECT working_calendar 'Africa/Cairo Su-Fr 09:00-17:00' AS c) x \gx
-- days: Thursday 16:00 plus 1 and 2 days, where Friday is short; used up past closing is that closing
SELECT working_add('2026-01-08 16:00', '1 day', c) AS "Fr 13:00", working_add('2026-01-08 16:00', '2 days', c) AS "Mo 16:00", working_add('2026-01-09 12:00', '1 day', c) AS "Mo 12:00", working_add('2026-01-10 12:00', '1 day', c) AS "Mo 17:00", working_add('2026-01-08 16:00', '1 day 1 hour', c) AS "Mo 10:00"
FROM (SELECT working_calendar 'Africa/Cairo Mo-Th 09:00-17:00; Fr 09:00-13:00' AS c) x \gx
-- what belongs to a shift that began the day before
SELECT working_periods_on('2026-01-10', c) AS "Sa until 06:00", working_days_between('2026-01-10', '2026-01-12', c) AS "0 shifts start on Sa, Su", working_add('2026-01-10 03:00Z', '1 day', c) AS "Mo shift, Tu 03:00 UTC"
FROM (SELECT working_calendar 'UTC Mo-Fr 22:00-06:00' AS c) x \gx
SELECT working_periods('empty', 'Egypt') AS empty, working_periods('[2026-01-10,2026-01-11)', 'Egypt') AS closed, working_periods('[2026-01-06 12:00,2026-01-06 12:00]', 'Egypt') AS instant, (SELECT count(*) FROM working_days('empty', 'Egypt')) AS no_days, working_days_between('2026-01-06', '2026-01-06', 'Egypt') AS zero;
-- the date is one of the calendar's zone, whatever the session's is
SET TimeZone = 'Pacific/Kiritimati';
SELECT working_periods_on('2026-01-06', 'Egypt') = tstzmultirange(tstzrange('2026-01-06 09:00+02', '2026-01-06 17:00+02')) AS t, array_agg(d) FROM working_days('[2026-01-06,2026-01-07)', 'Egypt') d;
SET TimeZone = 'Africa/Cairo';

-- ---------- generated columns and indexes take the value form ----------

CREATE TABLE regress_slt_tickets (
	n int,
	opened_at timestamptz,
	closed_at timestamptz,
	due_at timestamptz GENERATED ALWAYS AS (working_add(opened_at, '16 working hours', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00; 2026-01-07 off')) STORED,
	took working_interval GENERATED ALWAYS AS (working_between(opened_at, closed_at, working_calendar 'Africa/Cairo Su-Fr 09:00-17:00; 2026-01-07 off')) STORED
);
INSERT INTO regress_slt_tickets (n, opened_at, closed_at) VALUES (1, '2026-01-05 10:00', '2026-01-06 10:00'), (2, '2026-01-06 16:00', '2026-01-11 12:00'), (3, '2026-01-10 12:00', NULL), (4, 'infinity', 'infinity');
UPDATE regress_slt_tickets SET closed_at = '2026-01-08 12:00' WHERE n = 2;
SELECT * FROM regress_slt_tickets ORDER BY n;
CREATE INDEX regress_slt_due ON regress_slt_tickets (working_add(opened_at, '2 working days', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00'));
CREATE INDEX regress_slt_open ON regress_slt_tickets (n) WHERE is_working(opened_at, working_calendar 'Africa/Cairo Su-Fr 09:00-17:00');
SET enable_seqscan = off;
SELECT n FROM regress_slt_tickets WHERE working_add(opened_at, '2 working days', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00') < '2026-01-08' ORDER BY n;
RESET enable_seqscan;
ALTER TABLE regress_slt_tickets ADD CHECK (working_between(opened_at, closed_at, working_calendar 'UTC 24/7') >= '0 hours');
INSERT INTO regress_slt_tickets (n, opened_at, closed_at) VALUES (5, '2026-01-06 10:00', '2026-01-05 10:00');
-- a name is not immutable, for the calendar may change; nor is the setting
ALTER TABLE regress_slt_tickets ADD bad timestamptz GENERATED ALWAYS AS (working_add(opened_at, '16 working hours', 'Egypt')) STORED;
ALTER TABLE regress_slt_tickets ADD bad timestamptz GENERATED ALWAYS AS (opened_at + working_interval '16 working hours') STORED;
CREATE INDEX ON regress_slt_tickets (working_add(opened_at, '16 working hours', 'Egypt'));
CREATE INDEX ON regress_slt_tickets (working_add(opened_at, '16 working hours'));
CREATE INDEX ON regress_slt_tickets (working_add(opened_at, '16 working hours', 'UTC 24/7'::text::working_calendar));
DROP TABLE regress_slt_tickets;
SELECT provolatile, proparallel, array_agg(DISTINCT proname ORDER BY proname) FILTER (WHERE proname !~ '^working_(calendar|interval)_') AS functions
FROM pg_proc WHERE prosrc ~ '^slt_(value|named|default)_' GROUP BY 1, 2, prosrc ~ '^slt_value' ORDER BY 1, 2;

-- ---------- many calendars in one query ----------

CREATE TEMP TABLE shops AS
SELECT n, format('%s Mo-Fr %s:00-%s:00; *-%s-05 off', (ARRAY['UTC', 'Africa/Cairo', 'Asia/Tokyo', 'America/New_York', 'Australia/Lord_Howe'])[n % 5 + 1], lpad((5 + n % 6)::text, 2, '0'), 13 + n % 7, lpad((n % 12 + 1)::text, 2, '0'))::working_calendar AS calendar
FROM generate_series(1, 150) n;
CREATE TEMP TABLE visits AS SELECT n, n % 150 + 1 AS shop, timestamptz '2026-01-01' + n * interval '7 hours 13 minutes' AS at FROM generate_series(1, 1500) n;
SELECT count(DISTINCT calendar) AS calendars, count(*) FROM shops;
CREATE TEMP TABLE answers AS
SELECT v.n, working_add(at, '20 hours', calendar) AS a, working_add(at, '2 days', calendar) AS b, working_between(at, at + interval '9 days', calendar) AS c, is_working(at, calendar) AS d
FROM visits v JOIN shops s ON s.n = v.shop ORDER BY v.n;
-- the same, a calendar at a time as a constant
CREATE TEMP TABLE constants (n int, a timestamptz, b timestamptz, c working_interval, d boolean);
DO $$
DECLARE
	s record;
BEGIN
	FOR s IN SELECT * FROM shops LOOP
		EXECUTE format('INSERT INTO constants SELECT n, working_add(at, ''20 hours'', %1$L::working_calendar), working_add(at, ''2 days'', %1$L::working_calendar), working_between(at, at + interval ''9 days'', %1$L::working_calendar), is_working(at, %1$L::working_calendar) FROM visits WHERE shop = %2$s', s.calendar, s.n);
	END LOOP;
END $$;
SELECT count(*) FROM (SELECT * FROM answers EXCEPT SELECT * FROM constants) x;
SELECT count(*), count(*) FILTER (WHERE d) > 0 AS some_working, count(*) FILTER (WHERE NOT d) > 0 AS some_not FROM answers;

-- ---------- the calendar as a parameter or a variable ----------

PREPARE due (timestamptz, working_interval, working_calendar) AS SELECT working_add($1, $2, $3);
SET plan_cache_mode = force_generic_plan;
EXECUTE due ('2026-01-06 15:00', '4 hours', 'Africa/Cairo Su-Fr 09:00-17:00');
EXECUTE due ('2026-01-06 15:00', '4 hours', 'Africa/Cairo Su-Fr 09:00-17:00; 2026-01-07 off');
EXECUTE due ('2026-01-06 15:00', '4 hours', 'Africa/Cairo 24/7');
EXECUTE due ('2026-01-06 15:00', '4 hours', NULL);
SET plan_cache_mode = force_custom_plan;
EXECUTE due ('2026-01-06 15:00', '4 hours', 'Africa/Cairo Su-Fr 09:00-17:00');
EXECUTE due ('2026-01-06 15:00', '4 hours', 'Africa/Cairo 24/7');
RESET plan_cache_mode;
PREPARE due_by_name (timestamptz, working_interval, text) AS SELECT working_add($1, $2, $3);
SET plan_cache_mode = force_generic_plan;
EXECUTE due_by_name ('2026-01-06 15:00', '4 hours', 'Egypt');
EXECUTE due_by_name ('2026-01-06 20:00Z', '4 hours', 'Regress night');
EXECUTE due_by_name ('2026-01-06 20:00Z', '4 hours', 'Egipt');
EXECUTE due_by_name ('2026-01-06 15:00', '4 hours', 'egypt');
RESET plan_cache_mode;
DEALLOCATE ALL;

CREATE FUNCTION pg_temp.loop() RETURNS TABLE (calendar text, due timestamptz, worked working_interval) LANGUAGE plpgsql AS $$
DECLARE
	c working_calendar;
	text text;
BEGIN
	FOREACH text IN ARRAY ARRAY['Africa/Cairo Su-Fr 09:00-17:00', 'Africa/Cairo 24/7', 'Africa/Cairo Su-Fr 09:00-17:00', NULL, 'Africa/Cairo Th 09:00-17:00'] LOOP
		c := text::working_calendar;
		due := working_add('2026-01-06 15:00', '4 hours', c);
		worked := working_between('2026-01-06 15:00', '2026-01-08 11:00', c);
		calendar := c;
		RETURN NEXT;
	END LOOP;
	FOREACH text IN ARRAY ARRAY['Egypt', 'Regress night', 'EGYPT'] LOOP
		due := working_add('2026-01-06 15:00', '4 hours', text);
		worked := working_between('2026-01-06 15:00', '2026-01-08 11:00', text);
		calendar := text;
		RETURN NEXT;
	END LOOP;
END $$;
SELECT * FROM pg_temp.loop();
SELECT * FROM pg_temp.loop();

-- ---------- slt_calendar ----------

SELECT slt_calendar('regress NIGHT');
SELECT left(slt_calendar('Egypt')::text, 113), is_working('2026-01-07 10:00', slt_calendar('Egypt')) AS holiday;
-- the value form of it is the name form
SELECT count(*) FROM generate_series(timestamptz '2025-12-20', '2026-02-10', '5 hours 7 minutes') at
WHERE working_add(at, '9 hours', slt_calendar('Egypt')) IS DISTINCT FROM working_add(at, '9 hours', 'Egypt') OR working_add(at, '9 hours', 'Egypt') IS DISTINCT FROM working_add(at, '9 hours');

DISCARD TEMP;
RESET ROLE;
DELETE FROM slt_calendars WHERE name LIKE 'Regress %';
REVOKE CREATE ON SCHEMA public FROM regress_slt_user;
DROP ROLE regress_slt_user;
