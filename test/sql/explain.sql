-- slt_explain(): how a deadline comes about.
SET TimeZone = 'Africa/Cairo';
SET DateStyle = 'ISO, YMD';
SET IntervalStyle = 'postgres';
\pset null ''
CREATE ROLE regress_slt_user;
SET ROLE regress_slt_user;

-- ---------- errors, and what has no explanation ----------

SELECT * FROM slt_explain('2026-01-05 10:00', 'S4', 'Standard');
SELECT * FROM slt_explain('2026-01-05 10:00', 'S1', 'Gold');
SELECT count(*) FROM slt_explain('infinity', 'S1', 'Standard');
SELECT count(*) FROM slt_explain('-infinity', 'S1', 'Standard');
SELECT count(*) FROM slt_explain(NULL, 'S1', 'Standard');
SELECT count(*) FROM slt_explain('2026-01-05 10:00', NULL, 'Standard');
SELECT count(*) FROM slt_explain('2026-01-05 10:00', 'S1', NULL);
SELECT count(*) FROM slt_explain('2026-01-05 10:00', 'S1', 'Standard', NULL);
SELECT count(*) FROM slt_explain('294276-12-31 00:00Z', 'S1', 'Standard');

-- ---------- hours ----------

-- within a day: one row
SELECT * FROM slt_explain('2026-01-05 10:00', 'S1', 'Standard', 'response');
-- up to closing exactly: one row
SELECT * FROM slt_explain('2026-01-05 13:00', 'S1', 'Standard', 'response');
-- over night: 2 hours, and 6
SELECT * FROM slt_explain('2026-01-05 15:00', 'S1', 'Priority');
-- opened in the evening, and at closing
SELECT * FROM slt_explain('2026-01-05 20:00', 'S1', 'Standard', 'response');
SELECT * FROM slt_explain('2026-01-05 17:00', 'S1', 'Priority', 'response');
-- opened on a holiday: it lasts until midnight
SELECT * FROM slt_explain('2026-01-07 12:00', 'S2', 'Priority', 'response');
-- over the weekend
SELECT * FROM slt_explain('2026-01-09 15:00', 'S1', 'Priority');
-- opened on Saturday
SELECT * FROM slt_explain('2026-01-10 12:00', 'S1', 'Priority', 'response');
-- to the microsecond
SELECT * FROM slt_explain('2026-01-05 16:59:59.999999', 'S1', 'Priority', 'response');

-- ---------- days: what is owed is the working time that they come to ----------

-- Thursday 16:00 to Sunday 16:00: 1, 8 and 7 hours
SELECT * FROM slt_explain('2026-01-08 16:00', 'S1', 'Standard');
-- over five days of holidays and a Saturday: Wednesday 2026-03-18 12:00 to the 24th
SELECT * FROM slt_explain('2026-03-18 12:00', 's3', 'PRIORITY', 'Response');

-- ---------- where the clock changes ----------

-- forward in the night to Friday 2026-04-24, from 00:00 to 01:00
SELECT * FROM slt_explain('2026-04-23 15:00', 'S1', 'Priority');
-- back in the night to Friday 2026-10-30, from 24:00 to 23:00
SELECT * FROM slt_explain('2026-10-29 15:00', 'S1', 'Priority');
-- opened in the hour that is shown twice, the second time; a change that is past is not noted
SELECT * FROM slt_explain('2026-10-29 21:30Z', 'S1', 'Priority', 'response');
-- opened at the change itself
SELECT * FROM slt_explain('2026-10-29 21:00Z', 'S1', 'Priority', 'response');

-- ---------- pauses ----------

-- inside
SELECT * FROM slt_explain('2026-01-05 10:00', 'S1', 'Priority', paused => '{[2026-01-05 11:00,2026-01-05 12:00)}');
-- over night: it comes before what the calendar says of that time
SELECT * FROM slt_explain('2026-01-05 10:00', 'S1', 'Priority', paused => '{[2026-01-05 16:00,2026-01-06 10:00)}');
-- wholly outside hours
SELECT * FROM slt_explain('2026-01-05 10:00', 'S1', 'Priority', paused => '{[2026-01-05 18:00,2026-01-05 20:00)}');
-- without end: infinity
SELECT * FROM slt_explain('2026-01-05 10:00', 'S1', 'Priority', paused => '{[2026-01-05 11:00,)}');
-- before opening, and into it
SELECT * FROM slt_explain('2026-01-05 10:00', 'S1', 'Standard', 'response', '{[2026-01-04 11:00,2026-01-05 09:00)}');
SELECT * FROM slt_explain('2026-01-05 10:00', 'S1', 'Standard', 'response', '{(,2026-01-05 11:00)}');
-- from the deadline on: it does not matter
SELECT * FROM slt_explain('2026-01-05 10:00', 'S1', 'Standard', 'response', '{[2026-01-05 14:00,)}');
-- days: two hours in the first pause; the second starts before the deadline that makes
SELECT * FROM slt_explain('2026-01-05 10:00', 'S1', 'Standard', paused => '{[2026-01-05 11:00,2026-01-05 13:00),[2026-01-08 11:00,2026-01-08 11:30)}');
-- over a clock change
SELECT * FROM slt_explain('2026-04-23 15:00', 'S1', 'Priority', paused => '{[2026-04-23 16:00,2026-04-24 10:00)}');

-- ---------- holidays with hours, and comments of the calendar ----------

RESET ROLE;
BEGIN;
INSERT INTO slt_holidays (list, day, name, hours, confirmed) VALUES ('Egypt', '2026-01-14', 'Half day', '09:00-12:00', true), ('Egypt', '2026-01-15', 'Late decree', NULL, true);
-- 8 hours from Tuesday 15:00: 2, 3 on the half day, 3 on Friday
SELECT * FROM slt_explain('2026-01-13 15:00', 'S1', 'Priority');
UPDATE slt_calendars SET calendar = 'Africa/Cairo Su-Th 22:00-06:00; Fr-Sa off "weekend of the night shift"' WHERE name = 'Egypt';
-- the shift of Thursday the 8th ends on Friday; the next begins on Sunday.  From 05:00: 1 hour, and 1
SELECT * FROM slt_explain('2026-01-09 05:00', 'S1', 'Priority', 'response');
-- a holiday on the 7th takes the shift that begins on it, and leaves the last hours of the one before
SELECT * FROM slt_explain('2026-01-07 03:00', 'S1', 'Priority', 'resolution');
ROLLBACK;
SET ROLE regress_slt_user;

-- ---------- what must hold of each explanation: rows that it does not hold of, none ----------

CREATE TEMP TABLE openings AS
SELECT row_number() OVER (ORDER BY opened_at, contract, severity, metric, p) AS n, opened_at, contract, severity, metric,
	-- without pauses, with one of up to four days that starts in the first three, or with three
	CASE p WHEN 1 THEN tstzmultirange(tstzrange(opened_at + i * interval '97 minutes', opened_at + i * interval '97 minutes' + (i % 7 + 1) * interval '13 hours 11 minutes'))
		WHEN 2 THEN tstzmultirange(tstzrange(opened_at - interval '3 hours', opened_at + interval '61 minutes'), tstzrange(opened_at + interval '5 hours', opened_at + interval '9 hours'), tstzrange(opened_at + interval '30 hours', opened_at + interval '60 hours')) END AS paused
FROM (SELECT opened_at, row_number() OVER (ORDER BY opened_at) % 45 AS i FROM generate_series(timestamptz '2026-01-01 00:00', '2026-12-31 00:00', '37 hours 13 minutes 17.5 seconds') opened_at) x,
	unnest(ARRAY['Standard', 'Priority']) contract, unnest(ARRAY['S1', 'S2', 'S3']) severity, unnest(ARRAY['response', 'resolution']) metric, generate_series(0, 2) p;
SELECT count(*) > 8000 AS many FROM openings;
CREATE TEMP TABLE explained AS
SELECT o.n, o.opened_at, o.paused, e.i, e."from", e."to", e.what, e.name, e.worked, e.owed, e.note, slt_deadline(o.opened_at, o.severity, o.contract, o.metric, o.paused) AS due,
	working_between(o.opened_at, slt_deadline(o.opened_at, o.severity, o.contract, o.metric), 'Egypt') AS total
FROM openings o, slt_explain(o.opened_at, o.severity, o.contract, o.metric, o.paused) WITH ORDINALITY AS e ("from", "to", what, name, worked, owed, note, i);
-- each has rows, the first starts at the opening, the last ends at the deadline with nothing owed, and what is worked adds up to the target
SELECT o.n, o.opened_at, o.contract, o.severity, o.metric, o.paused
FROM openings o LEFT JOIN explained e USING (n)
GROUP BY o.n, o.opened_at, o.contract, o.severity, o.metric, o.paused
HAVING count(e.i) = 0
	OR min(e."from") <> o.opened_at OR max(e."to") <> max(e.due)
	OR sum(e.worked) <> max(e.total)
	OR max(e.owed) FILTER (WHERE e."to" = e.due) <> '0 hours'
	OR (SELECT amount FROM slt_calendar('Egypt') c, (VALUES ('Standard', 'S1', working_interval '4 hours'), ('Standard', 'S2', '8 hours'), ('Priority', 'S1', '2 hours'), ('Priority', 'S2', '4 hours')) t (contract, severity, amount)
		WHERE t.contract = o.contract AND t.severity = o.severity AND o.metric = 'response') <> max(e.total)
LIMIT 5;
-- rows are in order, adjacent and not empty; neighbours differ; each row's owed is the one before less what is worked
SELECT * FROM (
	SELECT *, lag("to") OVER w AS to_before, lag(owed) OVER w AS owed_before, lag((what, name)) OVER w AS what_before FROM explained WINDOW w AS (PARTITION BY n ORDER BY i)) x
WHERE "from" >= "to" OR "from" <> to_before OR owed <> coalesce(owed_before, total) - worked OR (what, name) IS NOT DISTINCT FROM what_before
LIMIT 5;
-- each row is what the calendar says of its time: only working rows have working time, all of theirs
SELECT * FROM explained
WHERE what NOT IN ('working', 'outside hours', 'weekend', 'holiday', 'paused')
	OR worked <> CASE WHEN what = 'working' THEN ("to" - "from")::working_interval ELSE '0 hours' END
	OR (what = 'working' AND NOT tstzmultirange(tstzrange("from", "to")) <@ working_periods(tstzrange("from", "to"), 'Egypt'))
	OR (what NOT IN ('working', 'paused') AND NOT isempty(working_periods(tstzrange("from", "to"), 'Egypt')))
	OR (what = 'paused') IS DISTINCT FROM coalesce(tstzmultirange(tstzrange("from", "to")) <@ paused, false)
LIMIT 5;
-- a holiday has a name and lies in its date; a weekend is a Saturday
RESET ROLE;
SELECT e.* FROM explained e LEFT JOIN slt_holidays h ON h.list = 'Egypt' AND h.day = e."from"::date
WHERE (what = 'holiday') <> (e.name IS NOT NULL) OR (what = 'holiday' AND e.name IS DISTINCT FROM h.name) OR (what = 'weekend' AND (extract(dow FROM "from") <> 6 OR "to" > "from"::date + 1))
LIMIT 5;
-- a note where, and only where, the offset from UTC changes
SELECT * FROM explained
WHERE (note IS NOT NULL) <> ((("from" - interval '1 microsecond') AT TIME ZONE 'Africa/Cairo') - (("from" - interval '1 microsecond') AT TIME ZONE 'UTC') <> (("to" - interval '1 microsecond') AT TIME ZONE 'Africa/Cairo') - (("to" - interval '1 microsecond') AT TIME ZONE 'UTC'))
LIMIT 5;
SELECT what, count(*) > 100 AS many FROM explained GROUP BY what ORDER BY what;
SELECT DISTINCT note FROM explained ORDER BY note;

DROP TABLE explained;
SET ROLE regress_slt_user;
DROP TABLE openings;
RESET ROLE;
DROP ROLE regress_slt_user;
