-- working_interval: reading and writing.
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';
SET IntervalStyle = 'postgres';
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
		value := input::working_interval::text;
	EXCEPTION WHEN others THEN
		GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	END;
	IF current_setting('server_version_num')::int >= 160000 THEN
		EXECUTE $q$SELECT ARRAY[message, detail, hint, sql_error_code] FROM pg_input_error_info($1, 'working_interval')$q$ INTO soft USING input;
		hard := ARRAY[message, detail, hint, state];
		IF soft IS DISTINCT FROM hard THEN
			RAISE EXCEPTION 'soft error % is not the hard error %', soft, hard;
		END IF;
	END IF;
END $$;

-- ---------- refused ----------

-- 22P02, the message quotes the input, the hint shows how to write it, the detail names the part
SELECT input, state, detail, message = format('invalid input syntax for type working_interval: "%s"', input) AS message_quotes
FROM unnest(ARRAY[
	'', '   ', 'foo', 'working', 'working hours', 'hours 4',
	'2', '2 working', '2.5', '2 days 3', '1,5 hours',
	'2 fortnights', '1 working week', '1 month', '1 year', '2 dayss', '2 jours', '2 workingdays', '2 working working days', '4 working working',
	'1e3 hours', '0x10 hours', '1_000 hours', '1..5 hours', '1.5.2 hours', '. hours', '- hours', '--2 hours', '+-2 hours', '@ 2 hours', '2 hours ago', '2 hours!', '(2 hours)',
	'4:60', '4:5', '4:30:60', '4:30:', '4:', ':30', '1.5:30', '4:30:15:20', '4:30 hours pm', '25:00 o''clock',
	'P', '-P', 'P2', 'P2H', 'P2DT4', 'PT2D', 'P1Y', 'P1M', 'P1W', 'P2 D', 'T4H', '2DT4H', 'PT4HT3M', 'P2D-T4H', 'P2DT4H30',
	'nan', 'inf', 'infinity days', 'infinity 2 days', '2 days infinity', '--infinity', '- infinity', 'infinit',
	'2147483648 days', '-2147483648 days', '2147483647 days 1 day', '2562047789 hours', '9223372036854.775808 seconds', '999999999999999999 hours',
	'99999999999999999999 days', '153722867281 minutes', 'P2147483648D', 'PT2562047789H',
	U&'\0662 hours', U&'2\00A0hours', U&'2 \0633\0627\0639\0627\062A'
]) AS input, pg_temp.read(input);
SELECT message, detail, hint FROM pg_temp.read('2 fortnights');
-- a long text is cut where the detail quotes it
SELECT state, length(message) < 2200, detail FROM pg_temp.read(repeat('9', 2000) || ' hours');
SELECT state, detail FROM pg_temp.read('2 ' || repeat('x', 2000));
SELECT state, detail ~ U&'\0633' AS detail_names_the_part FROM pg_temp.read('2 hours ' || repeat(U&'\0633', 1000));
-- the detail names the part when it is at the very end, too
SELECT input, state, detail ~ '"\S+' AND detail !~ '""' AS detail_names_the_part
FROM unnest(ARRAY['PT', 'P2DT', 'P2DT4H nonsense', '2 days -', '2 days +']) AS input, pg_temp.read(input);
SELECT working_interval '2 fortnights';

-- ---------- read, and written in canonical form ----------

-- each reads back to the very same days and microseconds
SELECT input, value, zz_slt_internal.working_interval_send(value::working_interval) = zz_slt_internal.working_interval_send(input::working_interval) AS reads_back
FROM unnest(ARRAY[
	'2 working days', '1 working day', '4 working hours', '1 working hour', '1 working day 30 working minutes', '1 working minute', '1 working second',
	'2 days', '2 day', '2d', '2wd', '3 WD', '4wh', '4 h', '4hr', '4 hrs', '4 Working HOURS', '15min', '15 mins', '15m', '10s', '10 sec', '10 secs', '10 seconds', '2 working d', '2days4hours',
	'1 day, 4 hours', '4 hours 1 day', '  2   working	days ', E'1 day\n4 hours', '+2 hours', '1 day +2 hours',
	'1.5 working hours', '.5 hours', '2. hours', '0.25 days', '1.5 working days', '0.1 seconds', '1.000001 seconds', '0.000001 seconds', '0.0000004 seconds', '0.0000006 seconds', '0.1 hours', '0.3333333333 days',
	'90 minutes', '3600 seconds', '8 hours', '25 hours', '100 days', '0 days', '0 working hours', '-0 hours',
	'-2 working days', '-1.5 hours', '-1 day 2 hours', '1 day -2 hours', '1 hour -1 minute', '-0.5 seconds', '-1 day -2 hours -3 minutes -4.5 seconds',
	'4:30', '04:30', '4:30:15', '04:30:15.5', '-4:30', '-0:30:00.25', '2 days 4:30', '2 days -4:30', '100:00',
	'P2DT4H', 'P2D', 'PT4H', 'PT90M', 'PT4H30M', 'PT1.5S', 'PT0.5H', 'P1.5D', 'pt90m', '-P2DT4H', 'P-2DT4H', '-P-2DT4H', '+P2D', 'P1DT2H3M4.5S',
	'infinity', '-infinity', '+infinity', ' Infinity ', '-INFINITY',
	'2147483647 days', '-2147483647 days', '2562047788 hours', '9223372036854.775807 seconds', '2147483647 days 9223372036854.775807 seconds', '-2147483647 days -9223372036854.775807 seconds'
]) AS input, pg_temp.read(input);
-- a number alone has no unit, not even 0
SELECT state, detail FROM pg_temp.read('0');

-- the two signs may differ, and the least number of microseconds reads back
SELECT x, x::text::working_interval = x AS reads_back
FROM (SELECT working_interval '-9223372036854.775807 seconds' - working_interval '0.000001 seconds' AS x) y;

-- ---------- size and binary form: days and microseconds, eight bytes each ----------

SELECT typlen, typbyval, typalign, typcategory FROM pg_type WHERE oid = 'working_interval'::regtype;
SELECT x, pg_column_size(x::working_interval) AS bytes, zz_slt_internal.working_interval_send(x::working_interval) AS binary
FROM unnest(ARRAY['0 hours', '1 day', '-1 day', '1 second', '-0.000001 seconds', '2147483647 days', 'infinity', '-infinity']) AS x;

-- ---------- where else text is read ----------

SELECT '{2 days,"1 day 4 hours",NULL}'::working_interval[];
SELECT ARRAY[working_interval '90 min', 'P2D'] AS a, ROW(working_interval '1 day 4 hours') AS r;
CREATE TEMP TABLE amounts (n int, a working_interval);
COPY amounts FROM stdin;
1	2 working days
2	\N
3	P1DT30M
\.
SELECT * FROM amounts ORDER BY n;
COPY amounts TO stdout;
SELECT to_json(a) FROM amounts ORDER BY n;
SELECT (json_populate_record(NULL::amounts, '{"n": 4, "a": "2 wd"}')).*;
COPY amounts FROM stdin;
4	2 fortnights
\.
SELECT NULL::working_interval;

RESET ROLE;
DROP TABLE amounts;
DROP FUNCTION pg_temp.read(text);
DROP ROLE regress_slt_user;
