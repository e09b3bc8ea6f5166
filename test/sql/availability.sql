-- Availability, computed by hand beside each figure.
SET timezone = 'UTC';
SET intervalstyle = 'postgres';
SET datestyle = 'ISO';
\set SHOW_CONTEXT never

-- Nothing is recorded: nothing is known.
SELECT slt_availability('[2026-01-01,2026-02-01)') AS nothing_recorded;

-- Nor is it if nobody watches: a single outage says nothing of the rest, least of all one in the future.
BEGIN;
INSERT INTO slt_outages (service, during) VALUES ('Platform', '[2999-01-10 10:00Z,2999-01-10 12:00Z)');
SELECT slt_availability('[2026-01-01,2026-02-01)') AS nothing_recorded;
INSERT INTO slt_outages (service, during) VALUES ('Platform', '[2026-01-10 10:00Z,2026-01-10 12:00Z)');
SELECT availability, downtime, unknown, coverage FROM slt_availability_periods('{"[2026-01-10,2026-01-11)"}', 'Platform');
ROLLBACK;

-- From here on, all is recorded by hand.
UPDATE slt_experiences SET recorded = 'by hand';
ALTER TABLE slt_experiences ALTER recorded SET DEFAULT 'by hand';
ALTER TABLE slt_services ALTER since SET DEFAULT '2020-01-01';

-- 31 days are 744 hours.  Down 2 hours: 100 x 742/744 = 99.731182...
INSERT INTO slt_outages (service, experience, during) VALUES ('Platform', 'Site', '[2026-01-10 10:00Z,2026-01-10 12:00Z)');
SELECT round(slt_availability('[2026-01-01,2026-02-01)'), 6) AS two_hours;

-- Overlaps count once: 11:00 to 13:00 and 11:30 to 11:45 add one hour, 12:00 to 13:00.  100 x 741/744 = 99.596774...
INSERT INTO slt_outages (service, experience, during) VALUES
	('Platform', 'Tickets', '[2026-01-10 11:00Z,2026-01-10 13:00Z)'), ('Platform', NULL, '[2026-01-10 11:30Z,2026-01-10 11:45Z)');
SELECT round(slt_availability('[2026-01-01,2026-02-01)'), 6) AS three_hours,
	-- each experience has its own and those of the whole service: Tickets 2 hours (the 15 minutes are inside), the chatbot 15 minutes
	round(slt_availability('[2026-01-01,2026-02-01)', 'Platform', 'Tickets'), 6) AS tickets_742_of_744,
	round(slt_availability('[2026-01-01,2026-02-01)', 'platform', 'CHATBOT'), 6) AS chatbot_743_75_of_744;

-- What is not covered is recorded and never counts: the API was down all January.
INSERT INTO slt_outages (service, experience, during) VALUES ('Platform', 'API', '[2026-01-01,2026-02-01)');
SELECT round(slt_availability('[2026-01-01,2026-02-01)'), 6) AS three_hours, slt_availability('[2026-01-01,2026-02-01)', 'Platform', 'API') AS api;

-- Without a service: the only one.  With several, or an unknown name, an error that lists them.
INSERT INTO slt_services (name, time_zone, maintenance_window) VALUES ('Mail', 'Africa/Cairo', 'Africa/Cairo Su 18:00-24:00');
INSERT INTO slt_experiences (service, name, covered) VALUES ('Mail', 'Send', true), ('Mail', 'Receive', true), ('Mail', 'Search', false);
SELECT slt_availability('[2026-01-01,2026-02-01)');
SELECT slt_availability('[2026-01-01,2026-02-01)', 'Post');
SELECT slt_availability('[2026-01-01,2026-02-01)', 'Mail', 'Read');
SELECT slt_availability('empty', 'Mail') AS empty, slt_availability(NULL, 'Mail') AS "null", slt_availability('[2999-01-01,)', 'Mail') AS future;

-- maintenance -----------------------------------------------------------------------------------------------------

-- The window of Sunday 1 February is 18:00 to 24:00 in Cairo (+02), 16:00 to 22:00 UTC.
-- Planned 15:00 to 17:00 UTC: one hour before it counts, one hour in it does not, and leaves the time measured.
-- Of the 24 hours from 1 February 00:00 UTC: 1 excluded, 1 down: 100 x 22/23 = 95.652173...
INSERT INTO slt_outages (service, during, planned) VALUES ('Mail', '[2026-02-01 15:00Z,2026-02-01 17:00Z)', true);
SELECT round(availability, 6) AS availability, downtime, planned, excluded, all_downtime FROM slt_availability_periods('{"[2026-02-01,2026-02-02)"}', 'Mail');

-- Unplanned downtime counts in the window, too: 16:30 to 17:30, half of it while there was planned downtime as well.
-- Excluded is then 16:00 to 16:30; down 15:00 to 16:00 and 16:30 to 17:30: 100 x (23.5 - 2)/23.5 = 91.489361...
INSERT INTO slt_outages (service, experience, during) VALUES ('Mail', 'Send', '[2026-02-01 16:30Z,2026-02-01 17:30Z)');
SELECT round(availability, 6) AS availability, downtime, planned, excluded, all_downtime FROM slt_availability_periods('{"[2026-02-01,2026-02-02)"}', 'Mail');
-- What is not covered does not turn excluded time into downtime.
UPDATE slt_outages SET experience = 'Search' WHERE experience = 'Send';
SELECT round(availability, 6) AS availability, downtime, excluded FROM slt_availability_periods('{"[2026-02-01,2026-02-02)"}', 'Mail');

-- Planned 03:00 to 05:00 UTC on Tuesday, announced the day before: counts, unless the service excuses what was announced.
-- 4 hours of 24: 100 x 22/24 = 91.666666...; excused, nothing is down in the 22 hours that are left.
INSERT INTO slt_outages (service, during, planned) VALUES ('Mail', '[2026-02-03 03:00Z,2026-02-03 05:00Z)', true);
INSERT INTO slt_maintenance (service, during, announced_at, reason) VALUES ('Mail', '[2026-02-03 03:00Z,2026-02-03 05:00Z)', '2026-02-02 12:00Z', 'Disks');
SELECT round(slt_availability('[2026-02-03,2026-02-04)', 'Mail'), 6) AS not_excused;
UPDATE slt_services SET excuse_announced = true WHERE name = 'Mail';
SELECT slt_availability('[2026-02-03,2026-02-04)', 'Mail') AS excused;
-- Announced as it began is too late; and what was not announced is not excused.
UPDATE slt_maintenance SET announced_at = '2026-02-03 03:00Z';
SELECT round(slt_availability('[2026-02-03,2026-02-04)', 'Mail'), 6) AS too_late;
UPDATE slt_maintenance SET announced_at = NULL;
SELECT round(slt_availability('[2026-02-03,2026-02-04)', 'Mail'), 6) AS not_announced;

-- The window is that of the wall clock.  In Cairo clocks go forward on Friday 24 April 2026 at 00:00 and back on Thursday
-- 29 October at 24:00, so take Berlin, where it is Sunday: 29 March 02:00 to 03:00 is skipped, 25 October 02:00 to 03:00
-- comes twice.  The window Sunday 01:00 to 05:00 is 3 and 5 hours long: 00:00 to 03:00 UTC, 23:00 to 04:00 UTC.
-- Planned downtime from 22:00 to 06:00 UTC, 8 hours, is excluded for that long.
INSERT INTO slt_services (name, time_zone, maintenance_window) VALUES ('Berlin', 'Europe/Berlin', 'Europe/Berlin Su 01:00-05:00');
INSERT INTO slt_outages (service, during, planned) VALUES ('Berlin', '[2026-03-28 22:00Z,2026-03-29 06:00Z)', true), ('Berlin', '[2026-10-24 22:00Z,2026-10-25 06:00Z)', true);
SELECT period, excluded, downtime FROM slt_availability_periods('{"[2026-03-28 12:00Z,2026-03-29 12:00Z)","[2026-10-24 12:00Z,2026-10-25 12:00Z)"}', 'Berlin');

-- partial outages -------------------------------------------------------------------------------------------------

-- 10:00 to 12:00 at a quarter, 11:00 to 14:00 at a half: the heavier counts.  1 x 0.25 + 3 x 0.5 = 1.75 hours of 24 down:
-- 100 x 22.25/24 = 92.708333...
INSERT INTO slt_services (name) VALUES ('Partial');
INSERT INTO slt_outages (service, during, weight) VALUES ('Partial', '[2026-02-01 10:00Z,2026-02-01 12:00Z)', 0.25), ('Partial', '[2026-02-01 11:00Z,2026-02-01 14:00Z)', 0.5);
SELECT round(availability, 6) AS availability, downtime FROM slt_availability_periods('{"[2026-02-01,2026-02-02)"}', 'Partial');
-- with a whole outage 11:30 to 12:30: 1 x 0.25 + 0.5 x 0.5 + 1 x 1 + 1.5 x 0.5 = 2.25 hours
INSERT INTO slt_outages (service, during) VALUES ('Partial', '[2026-02-01 11:30Z,2026-02-01 12:30Z)');
SELECT downtime FROM slt_availability_periods('{"[2026-02-01,2026-02-02)"}', 'Partial');

-- open ends -------------------------------------------------------------------------------------------------------

BEGIN;
INSERT INTO slt_services (name, since) VALUES ('Open', NULL);
INSERT INTO slt_experiences (service, name) VALUES ('Open', 'x');
INSERT INTO slt_outages (service, during) VALUES ('Open', tstzrange(now() - interval '1 hour', NULL)), ('Open', tstzrange(now() - interval '10 hours', now() - interval '9 hours'));
-- An outage without end goes on until now; so do ranges without end and those that end in the future.  A range without
-- start begins with the first record.  2 hours of 10 are down.
SELECT slt_availability('(,)', 'Open'), slt_availability(tstzrange(now() - interval '10 hours', 'infinity'), 'Open'),
	slt_availability(tstzrange(now() - interval '10 hours', now() + interval '1 year'), 'Open'), slt_availability(tstzrange(now() - interval '30 minutes', NULL), 'Open') AS still_down;
COMMIT;

-- service hours ---------------------------------------------------------------------------------------------------

-- Working hours of Monday 2 February: 8.  Down 16:00 to 18:00, one of them in hours: 100 x 7/8.
INSERT INTO slt_services (name, service_hours) VALUES ('Office', 'UTC Mo-Fr 09:00-17:00');
INSERT INTO slt_outages (service, during) VALUES ('Office', '[2026-02-02 16:00Z,2026-02-02 18:00Z)');
SELECT slt_availability('[2026-02-02,2026-02-03)', 'Office') AS of_the_service, slt_availability('[2026-02-02,2026-02-03)', 'Office', hours => 'UTC Mo 12:00-20:00') AS of_the_call,
	slt_availability('[2026-02-07,2026-02-09)', 'Office') AS weekend;

-- reports ---------------------------------------------------------------------------------------------------------

-- Days of Berlin: 28 March has 24 hours, 29 March 23, 30 March 24.  Planned on the 29th, until 06:00 UTC, were 7 hours, 3 of them
-- excluded; down are the other 4 and 20 minutes: 100 x (20 - 4.333333)/20 = 78.333333, where 99 % of 20 hours allow 12 minutes.
INSERT INTO slt_outages (service, during) VALUES ('Berlin', '[2026-03-29 12:00Z,2026-03-29 12:20Z)');
SELECT period, upper(period) - lower(period) AS length, round(availability, 6) AS availability, downtime, planned, excluded, unknown, coverage, target, met, allowed, budget_left
FROM slt_availability_report('[2026-03-27 23:00Z,2026-03-30 22:00Z)', 'day', 'Berlin');
SELECT period, upper(period) - lower(period) AS length FROM slt_availability_report('[2026-10-24 22:00Z,2026-10-26 23:00Z)', 'day', 'Berlin');
-- Months have their own lengths, and the first and the last are cut.
SELECT period, upper(period) - lower(period) AS length, met, allowed FROM slt_availability_report('[2026-01-15,2026-04-02)', service => 'Partial');
SELECT every, (SELECT string_agg(p::text, ' ') FROM unnest(slt_calendar_periods('[2025-12-15,2026-02-02)', every, 'UTC')) p) FROM unnest('{year,quarter,month,week,Day}'::text[]) every WHERE every <> 'Day';
SELECT cardinality(slt_calendar_periods('[2025-12-15,2026-02-02)', 'Day', 'UTC'));
SELECT * FROM slt_availability_report('[2026-01-01,2026-02-01)', 'fortnight', 'Mail');
SELECT slt_calendar_periods('[2026-01-01,)', 'day', 'UTC');
SELECT slt_calendar_periods('[2026-01-01,2026-01-02)', 'day', 'Atlantis/Capital');

-- what a target allows --------------------------------------------------------------------------------------------

-- The published table: 3.6525 days, 7.305 hours, half up, 1.68 hours, 14.4 minutes.
SELECT * FROM slt_downtime_allowances WHERE target = 99;
-- A year of 99.9 % allows 8.766 hours; 99 % of a month 7.305 hours = 7:18:18.
SELECT slt_downtime_allowance('year', 99.9), slt_downtime_allowance('Month', 99), slt_downtime_allowance('day', 100), slt_downtime_allowance('hour', 0), slt_format_allowance('hour', 99.9);
SELECT slt_downtime_allowance('decade', 99);
SELECT slt_downtime_allowance('day', 100.1);
SELECT slt_format_allowance('day', -1);
SELECT slt_format_allowance('decade', 99);

-- The unit is as large as two decimals can bear.
SELECT p, slt_format_allowance(p, 99.999), slt_format_allowance(p, 90), slt_format_allowance(p, 100) FROM unnest('{year,quarter,month,week,day,hour}'::text[]) p;

-- budget ----------------------------------------------------------------------------------------------------------

-- February at 99 % allows 1 % of 672 hours: 6:43:12.  Partial used 2:15:00 of it, 135/403.2 = 33.482142... %; none in the last hour.
SELECT allowed, used, budget_left, used_percent, burn_rate, exhausted_at FROM slt_error_budget('[2026-02-01,2026-03-01)', 'Partial');
BEGIN;
-- Of the last hour, 30 minutes down: an error rate of 50 %, 50 times what 99 % allows.  30 days allow 7:12:00, and 1:30:00 is
-- used, so that 5:42:00 is left, for 11:24:00 at this rate.
INSERT INTO slt_services (name) VALUES ('Burning');
INSERT INTO slt_outages (service, during) VALUES ('Burning', tstzrange(now() - interval '100 hours', now() - interval '99 hours')), ('Burning', tstzrange(now() - interval '30 minutes', NULL));
SELECT allowed, used, budget_left, used_percent, burn_rate, exhausted_at = date_trunc('second', now() + interval '11:24:00') AS lasts FROM slt_error_budget(tstzrange(now() - interval '240 hours', now() + interval '480 hours'), 'Burning');
-- The windows of 1 h: 50; 5 m: 100; 6 h: 0.5/6/0.01 = 8.333; 30 m: 100; 24 h: 2.083; 2 h: 25; 72 h: 0.694; 6 h: 8.333.
SELECT severity, burn_limit, long_window, short_window, round(long_burn, 3) AS long_burn, round(short_burn, 3) AS short_burn, firing FROM slt_burn_alerts('Burning');
COMMIT;
-- Down from 03:00 on, and for an hour of 1 February; another hour of that is excluded: 1/1, 1/6, 1/24, 2/71 of the time.
SELECT firing, long_burn FROM slt_burn_alerts('Mail', '2026-02-03 04:00Z');
-- Nothing is known of a service without records.
INSERT INTO slt_services (name, since) VALUES ('Silent', NULL);
SELECT * FROM slt_error_budget('[2026-02-01,2026-03-01)', 'Silent');
SELECT bool_or(firing), count(long_burn) FROM slt_burn_alerts('Silent');

-- A minute-old monitor says little: no alert, whatever it has seen.  A target of 100 leaves nothing to burn, so any downtime fires.
BEGIN;
INSERT INTO slt_services (name, target, since) VALUES ('Young', 99.9, NULL), ('Strict', 100, now() - interval '30 days');
INSERT INTO slt_experiences (service, name, recorded) VALUES ('Young', 'x', 'by checks');
INSERT INTO slt_coverage (service, experience, since, until) VALUES ('Young', 'x', now() - interval '1 minute', now() + interval '1 minute');
INSERT INTO slt_outages (service, experience, during) VALUES ('Young', 'x', tstzrange(now() - interval '50 seconds', NULL)), ('Strict', NULL, tstzrange(now() - interval '1 minute', now()));
SELECT round(long_burn, 3) AS long_burn, round(short_burn, 3) AS short_burn, firing FROM slt_burn_alerts('Young');
SELECT long_burn, short_burn, firing FROM slt_burn_alerts('Strict');
-- A promise begins when the service does: down since its first day, it was never up.
INSERT INTO slt_services (name, target, since) VALUES ('new', 99.9, now() - interval '1 day');
INSERT INTO slt_outages (service, during) VALUES ('new', tstzrange(now() - interval '1 day', now()));
SELECT period, availability, met FROM slt_status_summary('new');
ROLLBACK;

-- the week --------------------------------------------------------------------------------------------------------

-- Sunday 1 February is in the week from Monday 26 January, Cairo: 15:00 to 17:00 UTC was planned, all of it downtime of the week.
SELECT * FROM slt_weekly_downtime('Mail', '2026-02-01');
-- The week after has the two hours of Tuesday; the one after that nothing.
SELECT downtime, counted, met, aim_left FROM slt_weekly_downtime('Mail', '2026-02-02');
SELECT * FROM slt_weekly_downtime('Mail', '2026-02-09');
SELECT downtime, met FROM slt_weekly_downtime('Silent', '2026-02-09');
-- exactly the aim is not under it
UPDATE slt_services SET weekly_downtime_aim = '2 hours' WHERE name = 'Mail';
SELECT met, aim_left FROM slt_weekly_downtime('Mail', '2026-02-02');

-- next maintenance ------------------------------------------------------------------------------------------------

-- Sundays 18:00 to 24:00 in Cairo: 16:00 to 22:00 UTC, from 24 April on, in summer time, 15:00 to 21:00.  The one going on is the first.
TRUNCATE slt_maintenance;
INSERT INTO slt_maintenance (service, during, announced_at, reason) VALUES ('Mail', '[2026-04-21 03:00Z,2026-04-21 04:00Z)', '2026-04-01', 'Network'),
	('Mail', '[2026-04-01 03:00Z,2026-04-01 04:00Z)', NULL, 'Over'), ('Platform', '[2026-04-21 03:00Z,2026-04-21 04:00Z)', NULL, 'Not of Mail');
SELECT * FROM slt_next_maintenance('Mail', 3, '2026-04-19 17:00Z');
SELECT starts, lasts FROM slt_next_maintenance('mail', at => '2026-04-19 22:00Z');
SELECT count(*), max(starts) FROM slt_next_maintenance('Mail', 100, '2026-04-19 22:00Z');
SELECT count(*) FROM slt_next_maintenance('Silent', 5, '2026-04-19 22:00Z');
SELECT count(*) FROM slt_next_maintenance('Mail', 0, '2026-04-19 22:00Z');
SELECT * FROM slt_next_maintenance('Mail', 1, 'infinity');

-- notices ---------------------------------------------------------------------------------------------------------

-- Inside the window: none.  Half outside: one.  Announced, or over: none.
TRUNCATE slt_maintenance;
INSERT INTO slt_maintenance (service, during, announced_at, reason) VALUES
	('Mail', '[2999-01-06 16:00Z,2999-01-06 22:00Z)', NULL, 'In the window'), ('Mail', '[2999-01-06 15:00Z,2999-01-06 18:00Z)', NULL, 'Begins before it'),
	('Mail', '[2999-01-08 16:00Z,2999-01-08 18:00Z)', '2026-01-01', 'Announced'), ('Mail', '[2020-01-08 16:00Z,2020-01-08 18:00Z)', NULL, 'Over'),
	('Silent', '[2999-01-06 16:00Z,)', NULL, 'Never in a window');
SELECT service, starts, lasts, reason FROM slt_maintenance_notices();

-- any table -------------------------------------------------------------------------------------------------------

CREATE TEMP TABLE incidents (customer text, down tstzrange);
INSERT INTO incidents VALUES ('a', '[2026-01-01 10:00Z,2026-01-01 11:00Z)'), ('a', '[2026-01-01 10:30Z,2026-01-01 11:30Z)'), ('a', NULL), ('b', '[2025-12-31,2026-01-01 06:00Z]'),
	('b', '[2026-01-01 23:00Z,)'), ('b', 'empty'), ('c', NULL), ('d', 'empty'), ('e', '[2027-01-01,2028-01-01)');
-- Of 24 hours: a 1.5 down, b 6 + 1, c is not known, d and e nothing.
SELECT customer, slt_availability(down, '[2026-01-01,2026-01-02)'::tstzrange), slt_downtime(down, '[2026-01-01,2026-01-02)'::tstzrange) FROM incidents GROUP BY customer ORDER BY customer;
SELECT slt_availability(down, '[2026-01-01,2026-01-02)'::tstzrange) FROM incidents WHERE false;
SELECT slt_availability(down, tstzrange('2026-01-01', NULL)) FROM incidents;
SELECT slt_availability(down, down) FROM incidents WHERE customer = 'a';
SELECT slt_downtime(down, 'empty'::tstzrange), slt_availability(down, 'empty'::tstzrange) FROM incidents;

ALTER TABLE slt_experiences ALTER recorded DROP DEFAULT;
UPDATE slt_experiences SET recorded = NULL;
ALTER TABLE slt_services ALTER since DROP DEFAULT;

-- what tables refuse ----------------------------------------------------------------------------------------------

INSERT INTO slt_services (name) VALUES (' x');
INSERT INTO slt_services (name) VALUES ('MAIL');
INSERT INTO slt_services (name, target) VALUES ('x', 0);
INSERT INTO slt_services (name, target) VALUES ('x', 100.01);
INSERT INTO slt_services (name, target) VALUES ('x', 'NaN');
INSERT INTO slt_services (name, time_zone) VALUES ('x', 'Cairo');
INSERT INTO slt_services (name, time_zone) VALUES ('x', 'UTC Mo 09:00-17:00;');
INSERT INTO slt_services (name, weekly_downtime_aim) VALUES ('x', '-1 minute');
INSERT INTO slt_experiences (service, name) VALUES ('Mail', 'SEND');
INSERT INTO slt_experiences (service, name) VALUES ('x', 'x');
INSERT INTO slt_experiences (service, name, max_latency) VALUES ('Mail', 'x', '0');
INSERT INTO slt_experiences (service, name, failures_to_open) VALUES ('Mail', 'x', 0);
INSERT INTO slt_experiences (service, name, report_within) VALUES ('Mail', 'x', '8 days');
INSERT INTO slt_experiences (service, name, quorum) VALUES ('Mail', 'x', 0);
INSERT INTO slt_experiences (service, name, late_by) VALUES ('Mail', 'x', '1 s');
INSERT INTO slt_experiences (service, name, recorded) VALUES ('Mail', 'x', 'somehow');
INSERT INTO slt_experiences (service, name, recorded_since, recorded_until) VALUES ('Mail', 'x', '2026-01-02', '2026-01-01');
INSERT INTO slt_outages (service, during) VALUES ('Mail', 'empty');
INSERT INTO slt_outages (service, during) VALUES ('Mail', '[2026-01-01,2026-01-01]');
INSERT INTO slt_outages (service, during) VALUES ('Mail', '(,2026-01-01)');
INSERT INTO slt_outages (service, during) VALUES ('Mail', '[-infinity,2026-01-01)');
INSERT INTO slt_outages (service, experience, during) VALUES ('Mail', 'Chatbot', '[2026-01-01,2026-01-02)');
INSERT INTO slt_outages (service, during, weight) VALUES ('Mail', '[2026-01-01,2026-01-02)', 0);
INSERT INTO slt_outages (service, during, weight) VALUES ('Mail', '[2026-01-01,2026-01-02)', 1.01);
INSERT INTO slt_maintenance (service, during) VALUES ('Mail', 'empty');
INSERT INTO slt_maintenance (service, during) VALUES ('Mail', '[2026-01-01,2026-01-01]');
DELETE FROM slt_services WHERE name = 'Mail';
-- a name changes everywhere
UPDATE slt_services SET name = 'Post' WHERE name = 'Mail';
UPDATE slt_experiences SET name = 'Find' WHERE name = 'Search';
SELECT service, experience, count(*) FROM slt_outages WHERE service = 'Post' GROUP BY 1, 2 ORDER BY 2;
-- the tests that follow find what is shipped
DELETE FROM slt_outages;
DELETE FROM slt_maintenance;
DELETE FROM slt_services WHERE name <> 'Platform';
