-- working_calendar: reading and writing.
SET TimeZone = 'America/New_York';
SET DateStyle = 'SQL, DMY';
SET IntervalStyle = 'sql_standard';
\pset null '(null)'
CREATE ROLE regress_slt_user;
SET ROLE regress_slt_user;

-- Reads a text; the error if it is refused.  Where the server has soft errors,
-- these must say the same.
CREATE FUNCTION pg_temp.read(input text, OUT value text, OUT state text, OUT detail text, OUT message text, OUT hint text)
LANGUAGE plpgsql AS $$
DECLARE
	soft text[];
	hard text[];
BEGIN
	BEGIN
		value := input::working_calendar::text;
	EXCEPTION WHEN others THEN
		GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	END;
	IF current_setting('server_version_num')::int >= 160000 THEN
		EXECUTE $q$SELECT ARRAY[message, detail, hint, sql_error_code] FROM pg_input_error_info($1, 'working_calendar')$q$ INTO soft USING input;
		hard := ARRAY[message, detail, hint, state];
		IF soft IS DISTINCT FROM hard THEN
			RAISE EXCEPTION 'soft error % is not the hard error %', soft, hard;
		END IF;
	END IF;
END $$;

-- ---------- refused ----------

-- 22P02, the message quotes the input, the hint shows how to write it, the detail names the part
SELECT input, state, detail, message = format('invalid input syntax for type working_calendar: "%s"', input) AS message_quotes
FROM unnest(ARRAY[
	-- nothing, or not a zone
	'', '   ', 'foo', '24/7', 'Su-Fr 09:00-17:00', 'Cairo Su-Fr 09:00-17:00', 'Africa/Kairo Su-Fr 09:00-17:00', 'Mars/Olympus 24/7',
	'EST5 24/7', 'EST5EDT,M3.2.0,M11.1.0 24/7', 'UTC+3 24/7', '+02 24/7', '+02:00 24/7', '<+02>-2 24/7', '2 24/7', 'posixrules_ 24/7', '/etc/passwd 24/7', '../Africa/Cairo 24/7', 'Africa 24/7', 'Africa/ 24/7', 
	'Africa/Cairo, Su-Fr 09:00-17:00', 'CEST 24/7', 'Europe/Bérlin 24/7', 'القاهرة 24/7',
	-- no rule
	'UTC', 'UTC Mo', 'UTC Mo-Fr', 'UTC Mo-Fr;', 'UTC 2026-01-07', 'UTC 24/7; 2026-01-07', 'UTC 24/7; 2026-01-07; Mo off',
	-- days of the week
	'UTC Xy 09:00-17:00', 'UTC Mo-Xy 09:00-17:00', 'UTC Mo,,Tu 09:00-17:00', 'UTC Mo-Tu-We 09:00-17:00', 'UTC Mon-Frid 09:00-17:00', 'UTC M-F 09:00-17:00', 'UTC -Fr 09:00-17:00', 'UTC Mo Fr 09:00-17:00', 'UTC MoFr 09:00-17:00', 'UTC Mondays 09:00-17:00', 'UTC weekdays 09:00-17:00', 'UTC PH off', 'UTC 1-5 09:00-17:00',
	-- hours
	'UTC Mo 9-17', 'UTC Mo 0900-1700', 'UTC Mo 09.00-17.00', 'UTC Mo 09:00', 'UTC Mo 09:00-', 'UTC Mo -17:00', 'UTC Mo 09:00-17', 'UTC Mo 09:00-17:0', 'UTC Mo 09:00-17:000', 'UTC Mo 09:00–17:00', 'UTC Mo 09:00 to 17:00', 'UTC Mo 09:00-17:00pm',
	'UTC Mo 25:00-26:00', 'UTC Mo 24:00-25:00', 'UTC Mo 09:60-17:00', 'UTC Mo 09:00-17:60', 'UTC Mo 09:00:60-17:00', 'UTC Mo 09:00-17:00:61', 'UTC Mo 09:00-48:01', 'UTC Mo 09:00-48:00:01', 'UTC Mo 09:00-99:00', 'UTC Mo 009:00-17:00', 'UTC Mo 09:00:0-17:00', 'UTC Mo 09:00-17:00.5',
	'UTC Mo ,09:00-12:00', 'UTC Mo 09:00-12:00,,13:00-17:00', 'UTC Mo 09:00-12:00 13:00-17:00', 'UTC Mo 09:00-12:00,off', 'UTC Mo 09:00+', 'UTC Mo sunrise-sunset', 'UTC Mo offf',
	-- dates
	'UTC 24/7; 2026-02-29 off', 'UTC 24/7; 2026-13-01 off', 'UTC 24/7; 2026-00-10 off', 'UTC 24/7; 2026-01-00 off', 'UTC 24/7; 2026-01-32 off', 'UTC 24/7; 2026-04-31 off', 'UTC 24/7; 1900-02-29 off', 'UTC 24/7; 0000-01-01 off',
	'UTC 24/7; *-02-30 off', 'UTC 24/7; *-00-01 off', 'UTC 24/7; *-13-01 off', 'UTC 24/7; *-04-31 off', 'UTC 24/7; *-1-7 off', 'UTC 24/7; *-01 off', 'UTC 24/7; * off', 'UTC 24/7; *01-07 off', 'UTC 24/7; *-01-07..*-01-09 off', 'UTC 24/7; 2026-*-01 off', 'UTC 24/7; **-01-07 off',
	'UTC 24/7; 2026-01 off', 'UTC 24/7; 2026- off', 'UTC 24/7; 2026-1-7 off', 'UTC 24/7; 26-01-07 off', 'UTC 24/7; 02026-01-07 off', 'UTC 24/7; 12026-01-07 off', 'UTC 24/7; 2026-01-077 off', 'UTC 24/7; 07.01.2026 off', 'UTC 24/7; 07/01/2026 off', 'UTC 24/7; 2026/01/07 off', 'UTC 24/7; 20260107 off', 'UTC 24/7; -2026-01-07 off', 'UTC 24/7; 2026-01-07x off', 'UTC 24/7; 2026-01-07T09:00 off',
	'UTC 24/7; 2026-12-26..2026-12-25 off', 'UTC 24/7; 2026-12-25.2026-12-26 off', 'UTC 24/7; 2026-12-25...2026-12-26 off', 'UTC 24/7; 2026-12-25..26 off', 'UTC 24/7; 2026-12-25..12-26 off', 'UTC 24/7; ..2026-12-25 off', 'UTC 24/7; 2026-12-25-2026-12-26 off', 'UTC 24/7; 2026-02-28..2026-02-29 off', 'UTC 24/7; 2026-12-25..2026-12-26..2026-12-27 off',
	-- comments, and what stands where nothing may
	'UTC 24/7 "open', 'UTC 24/7; 2026-01-07 off "Christmas', 'UTC 24/7; 2026-01-07 off "', 'UTC 24/7 "a"b', 'UTC 24/7 garbage', 'UTC Mo 09:00-17:00 garbage', 'UTC Mo off garbage', 'UTC 24/7; 2026-01-07 off Christmas', 'UTC 24/7 off', 'UTC Mo 24/7', 'UTC 24/77', 'UTC 24/7,Mo', 'UTC 24/7 || Mo off', E'UTC 24/7 \u0661',
	-- what OpenStreetMap has, and has no meaning here
	'UTC SH off', 'UTC Mo,SH 09:00-17:00', 'UTC Mo (sunrise+01:00)-17:00', 'UTC Mo 09:00-sunset', 'UTC Mo 09:00-17:00+', 'UTC Mo 09:00-17:00/30', 'UTC Mo 09:00-17:00 unknown', 'UTC Mo-Fr 09:00-17:00 || "by appointment"',
	-- months, weeks, years, days of the month
	'UTC Feb 30 off', 'UTC Dec 26-25 off', 'UTC Jan- off', 'UTC Jan Feb 05 off', 'UTC week 0 off', 'UTC week 54 off', 'UTC week 10-9 off', 'UTC week 1-53/27 off', 'UTC 2026-2025 off', 'UTC 2026/0 off', 'UTC 26 Jan 05 off', 'UTC Mo[0] off', 'UTC Mo[1 off', 'UTC Mo[-6] off', 'UTC PH +2 days off', 'UTC 2026 Dec 31-Jan 01 off', 'UTC Jan 01-2026 Feb 01 off',
	-- combinations
	'(UTC 24/7', '()', '(UTC 24/7) |', '(UTC 24/7) | UTC 24/7', '(UTC 24/7) + (UTC 24/7)', '(UTC 24/7) | (UTC 24/7) & (UTC 24/7)', '(UTC 24/7) | (Mars 24/7)', '(UTC 24/7)(UTC 24/7)',
	-- never open
	'UTC off', 'UTC Mo-Su off', 'UTC Mo off; Tu off', 'UTC 24/7; Mo-Su off', 'UTC 2026-01-07 off', 'UTC *-01-07 off', 'UTC 2026-01-05 Tu 09:00-17:00', 'UTC 2026-01-05 09:00-17:00; 2026-01-05 off', 'UTC *-02-29 10:00-11:00; *-02-29 off', 'UTC 2026-01-05..2026-01-09 Sa-Su 09:00-17:00',
	'Europe/Berlin 2026-03-29 02:00-03:00', 'Europe/Berlin 2026-03-29 02:15-02:45', 'Pacific/Apia 2011-12-30 00:00-24:00'
]) AS input, pg_temp.read(input);
-- the detail names a part here too, and says what is true of it
SELECT left(input, 40) AS input, state, detail !~ '""|" +"|" *[.][.][.]"' AND detail !~ 'text is empty|"2026-01-07" is not of the form' AS detail_names_the_part
FROM unnest(ARRAY[
	';', '"Africa/Cairo" 24/7', 'UTC;', 'UTC ;24/7', 'UTC 24/7;;', 'UTC 24/7; ; Mo off', 'UTC "closed for good"', 'UTC Mo- 09:00-17:00', 'UTC Mo 09:00-12:00,',
	'UTC 24/7; 2026-12-25.. off', 'UTC 24/7; 2026-12-25..', 'UTC 24/7 "a" "b"', repeat('é', 500) || ' 24/7'
]) AS input, pg_temp.read(input);
SELECT message, detail, hint FROM pg_temp.read('UTC Mo 25:00-26:00');
-- what was clearly meant is in the hint
SELECT input, hint FROM unnest(ARRAY[
	'UTC Mo 9-5', 'UTC Mon to Fri 9-17', 'UTC Monday – Friday 09:00–17:00', 'UTC Mo-Fr ٠٩:٠٠-١٧:٠٠', 'UTC weekdays 9.00-17.30', 'UTC daily 8-20', 'UTC Mo 0900-1700', 'UTC Mo-Fr 9h-12h,13h30-17h', 'UTC Sundays 10-12; Jan 1-5 off', 'UTC Mo 09:00-17:00 "open – always" 5'
]) AS input, pg_temp.read(input);
SELECT working_calendar 'Africa/Cairo Su-Fr 09:00-17:00; 2026-12-26..2026-12-25 off';

-- absurdly long: what is quoted is cut, between characters
SELECT what, state, length(message) < 300 AS short_message, length(detail) < 150 AS short_detail, detail
FROM (VALUES
	('zone', repeat('x', 1000000)),
	('zone of two-byte letters', 'x' || repeat('é', 500)),
	('day', 'UTC ' || repeat('x', 100000)),
	('hours', 'UTC Mo ' || repeat('9', 100000)),
	('date', 'UTC 24/7; 2026-' || repeat('1', 100000)),
	('comment', 'UTC 24/7 "' || repeat('x', 100000)),
	('spans', 'UTC Mo ' || repeat('09:00-17:00,', 64) || '18:00-19:00'),
	('dated rules', 'UTC 24/7' || (SELECT string_agg('; ' || (date '2000-01-01' + n)::text || ' off', '') FROM generate_series(0, 5000) n)),
	('more than a megabyte', 'UTC 24/7' || repeat('; Mo off', 200000))
) v (what, input), pg_temp.read(CASE WHEN what = 'dated rules' THEN regexp_replace(input, '(\d\d)/(\d\d)/(\d{4})', '\3-\2-\1', 'g') ELSE input END);
-- as much as is allowed
SELECT length(pg_temp.read('UTC Mo ' || string_agg(format('%s:%s-%s:%s', h, m, h, m + 5), ','))::text) > 64 * 12
FROM generate_series(0, 15) h, unnest(ARRAY[10, 20, 30, 40]) m;
SELECT length((pg_temp.read('UTC 24/7' || string_agg('; ' || to_char(date '2000-01-01' + n, 'YYYY-MM-DD') || ' off', ''))).value) AS bytes FROM generate_series(0, 4999) n;
SELECT (pg_temp.read('UTC' || repeat(' ', 100000) || '24/7')).value;

-- ---------- read, and written in canonical form ----------

-- each reads back to an equal value, and is written the same again
SELECT input, value, value::working_calendar = input::working_calendar AND value::working_calendar::text = value AS reads_back
FROM unnest(ARRAY[
	-- those of the documentation
	'Africa/Cairo Su-Fr 09:00-17:00',
	'Europe/Berlin Mo-Th 08:00-13:00,14:00-18:00; Fr 08:00-13:00; 2026-12-25..2026-12-26 off "Christmas"',
	'Africa/Cairo Su-Fr 09:00-17:00; 2026-02-18..2026-03-19 Su-Fr 09:00-15:00 "Ramadan"; *-01-07 off',
	'UTC 24/7',
	'Asia/Manila Mo-Fr 22:00-06:00',
	-- zones, in any case
	'utc 24/7', 'africa/CAIRO 24/7', 'EUROPE/berlin 24/7', 'america/argentina/buenos_aires 24/7', 'etc/gmt+5 24/7',
	-- days of the week, as the shortest ranges, which may wrap
	'UTC mo-fr 09:00-17:00', 'UTC MO-FR 09:00-17:00', 'UTC Mon-Fri 09:00-17:00', 'UTC Monday-Friday 09:00-17:00', 'UTC monday,TUE,We 09:00-17:00', 'UTC Mo,Tu,We,Th,Fr 09:00-17:00', 'UTC Fr,Mo,We 09:00-17:00', 'UTC Mo, We, Fr 09:00-17:00',
	'UTC Su,Mo,Tu,We,Th,Fr 09:00-17:00', 'UTC Sa-Mo 09:00-17:00', 'UTC Su,Mo 09:00-17:00', 'UTC Sa,Su 09:00-17:00', 'UTC Mo-Su 09:00-17:00', 'UTC 09:00-17:00', 'UTC Su-Sa 09:00-17:00', 'UTC Mo-Mo 09:00-17:00', 'UTC We-Tu 09:00-17:00', 'UTC Sa-Su,Tu-We 09:00-17:00', 'UTC Th-Mo,Fr 09:00-17:00',
	-- hours: in order, merged where they overlap or touch
	'UTC Mo 9:00-17:00', 'UTC Mo 13:00-17:00,09:00-12:00', 'UTC Mo 09:00-12:00,12:00-17:00', 'UTC Mo 09:00-13:00,12:00-17:00', 'UTC Mo 09:00-17:00,10:00-11:00', 'UTC Mo 09:00-12:00 , 13:00-17:00', 'UTC Mo 09:00-12:00,09:00-12:00',
	'UTC Mo 09:00:00-17:00:00', 'UTC Mo 09:00:30-17:00', 'UTC Mo 08:59:59-17:00:01', 'UTC Mo 00:00-00:00:01',
	'UTC Mo 00:00-24:00', 'UTC 00:00-24:00', 'UTC Mo-Su 00:00-24:00', 'UTC Mo-Su 00:00-12:00,12:00-24:00', 'UTC Mo 23:59:59-24:00',
	-- past midnight
	'UTC Mo 22:00-06:00', 'UTC Mo 22:00-30:00', 'UTC Mo 22:00-24:00', 'UTC Mo 22:00-00:00', 'UTC Mo 22:00-46:00', 'UTC Mo 22:00-46:01', 'UTC Mo 22:00-48:00', 'UTC Mo 00:00-48:00', 'UTC Mo 00:00-47:59', 'UTC Mo 09:00-09:00', 'UTC Mo 09:00-33:00', 'UTC Mo 09:00-08:59', 'UTC Mo 00:00-00:00', 'UTC Mo 20:00-24:00,00:00-04:00', 'UTC Mo 20:00-02:00,22:00-06:00', 'UTC Mo 22:00-06:00,09:00-12:00',
	-- rules without dates: the later one counts, days of equal hours are one rule
	'UTC Mo-Fr 09:00-17:00; We off', 'UTC Mo-Fr 09:00-17:00; We 09:00-12:00', 'UTC Fr 08:00-13:00; Mo-Th 08:00-17:00', 'UTC Mo 09:00-17:00; Tu 09:00-17:00; Su 09:00-17:00', 'UTC Mo off; 24/7', 'UTC 24/7; Sa-Su off', 'UTC Sa-Su off; Mo-Fr 09:00-17:00', 'UTC Mo-Fr 09:00-17:00; We off "market day"', 'UTC 24/7; Mo closed', 'UTC 24/7; OFF; Mo 09:00-10:00', 'UTC 24/7;', 'UTC Mo 09:00-17:00 ; Tu 09:00-12:00 ; ', 'UTC Mo 09:00-17:00;Tu 09:00-12:00', ' UTC	24/7 ', E'UTC\n\tMo-Fr 09:00-17:00;\n\tSa 09:00-12:00\n',
	-- rules with dates: every year's first, then by date; the order matters where they share a date
	'UTC 24/7; 2026-12-26 off; *-01-07 off; 2026-12-25 off', 'UTC *-05-01 off; 24/7; *-01-07 off', 'UTC 24/7; 2026-12-25..2026-12-25 off', 'UTC 24/7; 2026-12-24 09:00-12:00 "Christmas Eve"', 'UTC 24/7; *-02-29 off', 'UTC 24/7; 2024-02-29 off', 'UTC 24/7; 0001-01-01..9999-12-31 Sa off', 'UTC 2026-01-05 09:00-17:00', 'UTC *-12-24 09:00-12:00', 'UTC *-02-29 10:00-11:00',
	'UTC 24/7; 2026-01-01..2026-12-31 off; 2026-05-01 09:00-12:00', 'UTC 24/7; 2026-05-01 09:00-12:00; 2026-01-01..2026-12-31 off', 'UTC 24/7; 2026-05-01 off; 2026-05-01 09:00-12:00', 'UTC 24/7; 2026-05-01 off; *-05-01 09:00-12:00', 'UTC 24/7; *-05-01 off; 2026-05-01 09:00-12:00', 'UTC 24/7; *-05-01 off; *-05-01 09:00-12:00',
	'UTC 24/7; 2026-01-05..2026-01-09 Mo-Fr off', 'UTC 24/7; 2026-01-05..2026-01-09 Mo,Sa off', 'UTC 24/7; 2026-01-05 Tu off', 'UTC 24/7; 2026-01-05 Mo off', 'UTC 24/7; 2026-02-18..2026-03-19 Su-Fr 09:00-15:00', 'UTC 24/7; *-01-07 Mo-Fr off', 'UTC 24/7; 2026-01-01..2026-01-31 Sa off; 2026-01-01..2026-01-31 Su off', 'UTC 24/7; 2026-01-01..2026-01-31 Su off; 2026-01-01..2026-01-31 Sa off', 'UTC 24/7; 2026-01-01..2026-01-31 Sa off; 2026-01-15..2026-02-15 off', 'UTC 24/7; 2026-01-01 00:00-24:00',
	-- OpenStreetMap's forms
	'Europe/Berlin Mo-Th 08:00-13:00,14:00-18:00; Fr 08:00-13:00; Dec 25-26 off "Christmas"; easter +1 day off',
	'Africa/Cairo Su-Fr 09:00-17:00; 2026 Feb 18-2026 Mar 19 Su-Fr 09:00-15:00 open "Ramadan"; Jan 07 off',
	'America/New_York Mo-Fr 09:00-17:00; Nov Th[4] off "Thanksgiving"; Jul-Aug Fr 09:00-13:00', 'Africa/Cairo Su-Fr 09:00-17:00; PH off',
	'UTC Mo-Fr "nine to five"', 'UTC Jan 09:00-17:00', 'UTC Mo 9am-5pm', 'UTC Mo off,09:00-12:00', 'UTC Mo open', 'UTC 24/7; 2026 off', 'UTC 24/7; Jan 7 off', 'UTC Mo-Fr 09:00-17:00, Sa 09:00-12:00', 'UTC 24/7; 2026-01-07,2026-01-08 off',
	'UTC Jan,Mar-May,Nov-Feb Mo 09:00-17:00', 'UTC 24/7; Dec 24-Jan 06 off', 'UTC 24/7; Dec 25,26 off', 'UTC Jan 01-31/2 09:00-17:00', 'UTC 2026 Apr 09:00-17:00', 'UTC 2026-2030/2 Mo 09:00-17:00', 'UTC 2026+ Mo 09:00-17:00', 'UTC 2026/3 Mo 09:00-17:00', 'UTC 2026,2028 Jan 05 09:00-17:00',
	'UTC week 1-53/2 Mo-Fr 09:00-17:00; week 2-52/2 Mo-We 09:00-17:00', 'UTC week 01,05,07-10 Mo 09:00-17:00', 'UTC Mo[1,3],Fr[-1] 09:00-17:00', 'UTC Mo[1] +1 day 09:00-17:00', 'UTC Mar Su[-1]-Oct Su[-1] Mo 09:00-17:00', 'UTC 24/7; easter -2 days-easter +1 day off', 'UTC 24/7; 2026 easter off',
	'UTC Mo-Fr,PH 09:00-17:00; PH -1 day off', 'UTC PH Mo-Fr 10:00-12:00', 'UTC Mo-Fr 09:00-17:00; 12:00-13:00 off', 'UTC Mo-Fr 22:00-06:00; Tu 02:00-03:00 off "lunch"', 'UTC Mo-Fr 22:00-06:00, Sa 09:00-12:00', 'UTC Jan: Mo-Fr: 09:00 - 17:00', 'UTC "a" Mo 09:00-17:00', 'UTC Mo 09:00-17:00; 2025 Feb 29 off', 'UTC Mo-Fr 10:00-12:00; 14:00-16:00', 'UTC 2026-01-07 off; Mo-Fr 09:00-17:00',
	-- combinations
	'(Africa/Cairo Su-Fr 9:00-17:00)|(Asia/Manila Mo-Fr 22:00-06:00)', '((UTC 24/7) - (UTC Mo off "(")) - (UTC Su 18:00-24:00)', '(UTC 24/7) & ((UTC Mo 09:00-17:00) | (UTC Tu 09:00-17:00))', '(UTC Mo 09:00-17:00)',
	-- comments
	'UTC 24/7 "always"', 'UTC Mo-Fr 09:00-17:00 "office hours"; Sa 09:00-17:00 "phone only"', 'UTC 24/7; 2026-01-07 off ""', 'UTC 24/7; 2026-01-07 off "Mawlid (Prophet''s Birthday); a; b, c"', 'UTC 24/7; 2026-01-07 off  "  spaces  "', 'UTC 24/7; 2026-03-20 off "عيد الفطر"', 'UTC 24/7; 2026-12-25 off "Noël 🎄"', 'UTC 24/7; 2026-01-07 off"tight"', 'UTC 24/7; 2026-01-07 off "\n"', E'UTC 24/7; 2026-01-07 off "two\nlines"'
]) AS input, pg_temp.read(input);

-- ---------- binary form, and where else text is read ----------

SELECT zz_slt_internal.working_calendar_send('utc 24/7');
SELECT convert_from(substr(zz_slt_internal.working_calendar_send('UTC 24/7; 2026-03-20 off "عيد"'), 2), 'UTF8');
SELECT ARRAY[working_calendar 'utc 24/7', 'UTC Mo,Tu 09:00-17:00'];
CREATE TEMP TABLE calendars (n int, c working_calendar);
COPY calendars FROM stdin;
1	Africa/Cairo su-fr 9:00-17:00
2	\N
\.
SELECT * FROM calendars ORDER BY n;
COPY calendars TO stdout;
COPY calendars FROM stdin;
3	Africa/Cairo su-fr 25:00-26:00
\.
-- a long value is compressed, and read whole
INSERT INTO calendars SELECT 4, ('UTC 24/7' || string_agg('; ' || to_char(date '2000-01-01' + n, 'YYYY-MM-DD') || ' off "holiday"', ''))::working_calendar FROM generate_series(0, 4999) n;
SELECT length(c::text), pg_column_size(c) < length(c::text) AS compressed, c = c::text::working_calendar AS whole, is_working('2010-01-01 12:00+00', c), is_working('2020-01-01 12:00+00', c) FROM calendars WHERE n = 4;
DROP TABLE calendars;
SELECT NULL::working_calendar;

RESET ROLE;
DROP FUNCTION pg_temp.read(text);
DROP ROLE regress_slt_user;
