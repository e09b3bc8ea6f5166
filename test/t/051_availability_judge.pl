# Availability of random histories against a judge that knows the definition only: it asks of each ten minutes
# whether they were up, down, excluded or unknown, with nothing but the wall clock and EXISTS.  And of ranges in any
# table against multiranges.
# SLT_HISTORIES says how many histories (3000), SLT_HISTORY_SEED which (1).
use strict;
use warnings;
use SltTest;
use Test::More;

my $histories = $ENV{SLT_HISTORIES} // 3000;
my $seed = $ENV{SLT_HISTORY_SEED} // 1;
my $node = new_server('availability_judge', conf => "timezone = 'UTC'\n");

note("seed $seed, $histories histories");
$node->safe_psql('postgres', 'SELECT setseed(' . (($seed % 1000) / 1000) . ');' . <<"SQL" . <<'SQL');
CREATE TABLE cases AS SELECT n, 'service ' || n AS service FROM generate_series(1, $histories) n;
SQL
CREATE FUNCTION pick(text[]) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT $1[1 + floor(random() * cardinality($1))::int] $$;
CREATE FUNCTION up_to(int) RETURNS int LANGUAGE sql VOLATILE AS $$ SELECT floor(random() * ($1 + 1))::int $$;
-- starts around a clock change of one of the zones, or anywhere
ALTER TABLE cases ADD zone text, ADD start timestamptz, ADD ticks int, ADD window_days int[], ADD window_from time, ADD window_to time,
	ADD hour_days int[], ADD hour_from time, ADD hour_to time, ADD excuse boolean, ADD asked text, ADD own_hours boolean;
UPDATE cases SET zone = pick('{UTC,Africa/Cairo,Europe/Berlin,America/New_York,Australia/Lord_Howe,Asia/Kolkata,America/Havana,America/St_Johns}'),
	ticks = 1 + up_to(300), excuse = random() < 0.5, asked = CASE WHEN random() < 0.4 THEN pick('{a,b,c,API}') END, own_hours = random() < 0.5;
UPDATE cases SET start = (CASE WHEN random() < 0.5 THEN pick('{2026-03-08,2026-03-28,2026-04-04,2026-04-23,2026-10-24,2026-10-29,2026-11-01,2026-10-03}')::timestamptz
	ELSE timestamptz '2025-01-01' + up_to(600) * interval '1 day' END) + up_to(200) * interval '10 minutes' - interval '12 hours';
UPDATE cases SET window_days = ARRAY(SELECT d FROM generate_series(0, 6) d WHERE random() < 0.5 AND n > 0), window_from = time '00:00' + up_to(60) * interval '10 minutes',
	hour_days = ARRAY(SELECT d FROM generate_series(0, 6) d WHERE random() < 0.7 AND n > 0), hour_from = time '00:00' + up_to(50) * interval '10 minutes';
UPDATE cases SET window_to = window_from + (1 + up_to(80)) * interval '10 minutes', hour_to = hour_from + (1 + up_to(90)) * interval '10 minutes';
UPDATE cases SET window_days = NULL WHERE window_days = '{}' OR random() < 0.2;
UPDATE cases SET hour_days = NULL WHERE hour_days = '{}' OR random() < 0.6;
CREATE FUNCTION calendar(zone text, days int[], a time, z time) RETURNS working_calendar LANGUAGE sql STRICT AS $$
	SELECT format('%s %s %s-%s', zone, (SELECT string_agg(('{Su,Mo,Tu,We,Th,Fr,Sa}'::text[])[d + 1], ',') FROM unnest(days) d), to_char(a, 'HH24:MI'), to_char(z, 'HH24:MI'))::working_calendar
$$;
INSERT INTO slt_services (name, time_zone, maintenance_window, excuse_announced, service_hours)
SELECT service, zone, calendar(zone, window_days, window_from, window_to), excuse, CASE WHEN own_hours THEN calendar(zone, hour_days, hour_from, hour_to) END FROM cases;
-- how each is recorded: by hand, for some of the time; by nobody; or, further down, by checks
INSERT INTO slt_experiences (service, name, covered, weight, recorded, recorded_since, recorded_until)
SELECT service, x, x <> 'API', CASE WHEN n % 2 = 0 OR up_to(1) = 0 THEN 1 ELSE (1 + up_to(9)) / 10.0 END, CASE WHEN by_hand THEN 'by hand' END, CASE WHEN by_hand AND up_to(2) = 0 THEN start + up_to(ticks) * interval '10 minutes' END,
	   CASE WHEN by_hand AND up_to(2) = 0 THEN start + (ticks + 1 + up_to(ticks)) * interval '10 minutes' END
FROM (SELECT *, random() < 0.7 AS by_hand FROM cases, unnest('{a,b,c,API}'::text[]) x OFFSET 0) y;
ALTER TABLE cases ADD since timestamptz;
UPDATE cases SET since = start + up_to(ticks / 2) * interval '10 minutes' WHERE random() < 0.2;
UPDATE slt_services s SET since = c.since FROM cases c WHERE c.service = s.name;

-- whole tens of minutes, so that the judge sees all there is
INSERT INTO slt_outages (service, experience, during, planned, weight, monitored, excused)
SELECT service, CASE WHEN random() < 0.8 THEN pick('{a,b,c,API}') END,
	   tstzrange(at, CASE WHEN random() < 0.95 THEN at + (1 + up_to(CASE WHEN random() < 0.8 THEN 12 ELSE 200 END)) * interval '10 minutes' END, pick('{[),[],(],()}')),
	   random() < 0.4, CASE WHEN random() < 0.6 THEN 1 ELSE (1 + up_to(9)) / 10.0 END, random() < 0.3, CASE WHEN random() < 0.25 THEN 'reviewed' END
FROM (SELECT c.service, c.start + (up_to(ticks + 60) - 60) * interval '10 minutes' AS at
	  FROM cases c, generate_series(1, 12) i WHERE i <= n % 13) x;
INSERT INTO slt_maintenance (service, experience, during, announced_at)
SELECT service, CASE WHEN random() < 0.6 THEN pick('{a,b,c,API}') END, tstzrange(at, at + (1 + up_to(40)) * interval '10 minutes'), CASE WHEN random() < 0.8 THEN at + (up_to(3) - 2) * interval '10 minutes' END
FROM (SELECT c.service, c.start + up_to(ticks) * interval '10 minutes' AS at FROM cases c, generate_series(1, 3) WHERE random() < 0.5) x;
-- stretches that do not overlap, the last of them open in some
INSERT INTO slt_coverage (service, experience, since, until)
SELECT c.service, x, c.start + (40 * i - 30 + up_to(9)) * interval '10 minutes', c.start + (40 * i - 15 + up_to(20)) * interval '10 minutes'
FROM cases c, unnest('{a,b,API}'::text[]) x, generate_series(0, 6) i WHERE (n + ascii(x)) % 3 = 0 AND (i = 0 OR random() < 0.7)
  AND EXISTS (SELECT FROM slt_experiences e WHERE e.service = c.service AND e.name = x AND e.recorded IS NULL);
UPDATE slt_coverage v SET until = NULL WHERE random() < 0.3 AND NOT EXISTS (SELECT FROM slt_coverage w WHERE w.service = v.service AND w.experience = v.experience AND w.since > v.since);
INSERT INTO slt_checks SELECT service, experience, random() < 0.5, since + up_to(10) * interval '10 minutes' FROM slt_coverage WHERE until IS NULL;
SQL

# The judge.  Nothing of slt but the tables.
$node->safe_psql('postgres', <<'SQL');
CREATE VIEW vouched AS
SELECT service, experience, since,
	   coalesce(until, (SELECT max(at) + interval '10 minutes' FROM slt_checks k WHERE k.service = v.service AND k.experience = v.experience)) AS until
FROM slt_coverage v;
CREATE VIEW ticks AS
SELECT c.n, c.service, c.asked, t, t AT TIME ZONE c.zone AS wall, c.start
FROM cases c, generate_series(c.start, c.start + (c.ticks - 1) * interval '10 minutes', '10 minutes') t;
CREATE TABLE judged AS
SELECT k.n, k.t,
	coalesce(c.hour_days IS NULL OR extract(dow FROM wall) = ANY (c.hour_days) AND wall::time >= c.hour_from AND wall::time < c.hour_to, true) AS in_hours,
	coalesce(max(o.share) FILTER (WHERE o.counts), 0) AS down, coalesce(max(o.share), 0) AS any_down, bool_or(o.planned) IS TRUE AS planned,
	EXISTS (SELECT FROM slt_experiences x WHERE x.service = c.service AND CASE WHEN c.asked IS NULL THEN x.covered ELSE x.name = c.asked END
			AND (x.recorded = 'by hand' AND k.t >= coalesce(x.recorded_since, '-infinity') AND k.t < coalesce(x.recorded_until, 'infinity')
				 OR EXISTS (SELECT FROM vouched v WHERE v.service = x.service AND v.experience = x.name AND k.t >= v.since AND k.t < v.until))) AS known
FROM ticks k JOIN cases c USING (n)
-- each outage that goes on: how much of what is asked about it takes, and whether that counts
LEFT JOIN LATERAL (
	SELECT o.planned, CASE WHEN c.asked IS NULL THEN o.weight * coalesce(x.weight, 1) ELSE o.weight END AS share,
		   o.excused IS NULL AND NOT (o.planned AND (
			c.window_days IS NOT NULL AND extract(dow FROM wall) = ANY (c.window_days) AND wall::time >= c.window_from AND wall::time < c.window_to
			OR c.excuse AND EXISTS (SELECT FROM slt_maintenance m WHERE m.service = c.service AND m.during @> k.t AND m.announced_at < lower(m.during)
									AND (m.experience IS NULL OR m.experience = o.experience)))) AS counts
	FROM slt_outages o LEFT JOIN slt_experiences x ON x.service = o.service AND x.name = o.experience
	WHERE o.service = c.service AND k.t >= lower(o.during) AND (upper_inf(o.during) OR k.t < upper(o.during))
	  AND (o.experience IS NULL OR CASE WHEN c.asked IS NULL THEN x.covered ELSE o.experience = c.asked END)
	  AND (NOT o.monitored OR o.experience IS NULL OR NOT EXISTS (SELECT FROM vouched v WHERE v.service = o.service AND v.experience = o.experience)
		   OR EXISTS (SELECT FROM vouched v WHERE v.service = o.service AND v.experience = o.experience AND k.t >= v.since AND k.t < v.until))) o ON true
WHERE k.t >= coalesce(c.since, '-infinity')
GROUP BY k.n, k.t, wall, c.n, c.service, c.asked, c.hour_days, c.hour_from, c.hour_to;

CREATE TABLE counted AS
SELECT *, down = 0 AND any_down > 0 AS excluded, NOT known AND any_down = 0 AS unknown
FROM judged WHERE in_hours;
CREATE TABLE verdict AS
SELECT c.n, 100 * (1 - sum(down) FILTER (WHERE NOT excluded AND NOT unknown) / count(*) FILTER (WHERE NOT excluded AND NOT unknown)) AS availability,
	   coalesce(sum(down), 0) * interval '10 minutes' AS downtime, count(*) FILTER (WHERE planned) * interval '10 minutes' AS planned,
	   coalesce(sum(any_down), 0) * interval '10 minutes' AS all_downtime, count(*) FILTER (WHERE excluded) * interval '10 minutes' AS excluded, count(*) FILTER (WHERE unknown) * interval '10 minutes' AS unknown
FROM cases c LEFT JOIN counted k ON k.n = c.n GROUP BY c.n;
UPDATE verdict v SET (planned, excluded, unknown) = (SELECT interval '0', interval '0', interval '0') WHERE NOT EXISTS (SELECT FROM counted k WHERE k.n = v.n);
CREATE VIEW asked AS
SELECT *, tstzrange(start, start + ticks * interval '10 minutes') AS during, tstzrange(greatest(start, since), start + ticks * interval '10 minutes') AS promised, CASE WHEN NOT own_hours THEN calendar(zone, hour_days, hour_from, hour_to) END AS hours FROM cases;
SQL

# ---------- the function against the judge ----------

cmp_ok(value($node, q{SELECT count(*) * 100 / (SELECT count(*) FROM cases) FROM verdict WHERE availability BETWEEN 1 AND 99}), '>', 40, 'many histories are neither all up nor all down');
for my $kind ('excluded > interval \'0\'', 'unknown > interval \'0\'', 'availability IS NULL')
{
	isnt(value($node, "SELECT count(*) / 20 FROM verdict WHERE $kind"), '0', "there are many with $kind");
}
my $differences = q{
	SELECT count(*), min(n) FROM (
		SELECT n FROM asked a JOIN verdict v USING (n)
		WHERE round(slt_availability(during, service, asked, hours), 9) IS DISTINCT FROM round(v.availability, 9)) x};
is(value($node, $differences), '0|', "slt_availability agrees on $histories histories");
is(value($node, "SET enable_indexscan = off; UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'slt_outages_by_time'::regclass; $differences"),
	'0|', 'also without its index');
$node->safe_psql('postgres', q{UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'slt_outages_by_time'::regclass});
is(value($node, q{
	SELECT count(*), min(n) FROM asked a JOIN verdict v USING (n), slt_availability_periods(ARRAY[during], service, asked, hours => hours) f
	WHERE (f.downtime, f.planned, f.excluded, f.unknown, f.all_downtime) IS DISTINCT FROM (v.downtime, v.planned, v.excluded, v.unknown, v.all_downtime)}),
	'0|', 'downtime, planned, excluded and unknown time, too');
is(value($node, q{
	SELECT count(*), min(n) FROM asked a, slt_availability_periods(ARRAY[during], service, each_experience => true, hours => hours) f
	WHERE f.availability IS DISTINCT FROM slt_availability(during, service, f.experience_name, hours)}),
	'0|', 'each experience in one call as each on its own');
isnt(value($node, "SELECT count(*) / 20 FROM slt_$_"), '0', "there are many of $_") for "outages o WHERE excused IS NOT NULL", "experiences WHERE weight < 1", "maintenance WHERE experience IS NOT NULL";

# ---------- periods ----------

is(value($node, q{
	SELECT count(*), min(n) FROM asked a JOIN verdict v USING (n), unnest('{day,week,month}'::text[]) every,
		LATERAL (SELECT sum(f.downtime) AS downtime, sum(f.planned) AS planned, sum(f.excluded) AS excluded, sum(f.unknown) AS unknown,
						range_agg(f.period) AS periods, sum(upper(f.period) - lower(f.period)) AS length
				 FROM slt_availability_report(during, every, service, asked, hours) f) r
	WHERE abs(extract(epoch FROM r.downtime - v.downtime)) > 0.001 OR r.planned <> v.planned OR r.excluded <> v.excluded OR r.unknown <> v.unknown
	   OR r.periods <> tstzmultirange(promised) OR extract(epoch FROM r.length) <> extract(epoch FROM upper(promised) - lower(promised))}),
	'0|', 'the periods of a report cover its time once, and add up');
is(value($node, q{
	SELECT count(*), min(n) FROM asked a, unnest('{day,week,month,quarter,year}'::text[]) every, slt_availability_report(during, every, service, asked, hours) r
	WHERE r.availability IS DISTINCT FROM slt_availability(r.period, service, asked, hours)
	   -- it begins at a midnight, and ends at the next one that is the first of such a period
	   OR lower(r.period) <> lower(promised) AND (date_trunc(every, lower(r.period) AT TIME ZONE zone) <> date_trunc('day', lower(r.period) AT TIME ZONE zone)
		  OR date_trunc('day', (lower(r.period) - interval '1 microsecond') AT TIME ZONE zone) = date_trunc('day', lower(r.period) AT TIME ZONE zone))
	   OR date_trunc(every, lower(r.period) AT TIME ZONE zone) <> date_trunc(every, (upper(r.period) - interval '1 microsecond') AT TIME ZONE zone)}),
	'0|', 'each is a day, week, month, quarter or year of the zone, and has the availability of it');

# ---------- to the microsecond, against multiranges ----------

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE loose AS
SELECT g, CASE WHEN random() < 0.02 THEN NULL WHEN random() < 0.02 THEN 'empty'
	ELSE tstzrange(CASE WHEN random() < 0.99 THEN at END, CASE WHEN random() < 0.99 THEN at - ln(1 - random()) * (g % 7 + 1) * interval '10 minutes' END) END AS down,
	tstzrange('2026-01-01', timestamptz '2026-01-01' + (1 + g % 50) * interval '1 day 1 microsecond') AS over
FROM (SELECT i % 200 AS g, timestamptz '2025-12-30' + random() * interval '60 days' AS at FROM generate_series(1, 60000) i OFFSET 0) x;
INSERT INTO loose VALUES (1000, NULL, '[2026-01-01,2026-01-02)'), (1001, 'empty', '[2026-01-01,2026-01-02)'), (1002, '(,)', '[2026-01-01,2026-01-02)'), (1003, '(,)', 'empty');
INSERT INTO slt_services (name, since) SELECT 'loose ' || g, '2025-01-01' FROM generate_series(0, 199) g;
INSERT INTO slt_outages (service, during) SELECT 'loose ' || g, down FROM loose WHERE NOT isempty(down) AND NOT lower_inf(down);
SQL
my $multirange = q{
	SELECT g, over, extract(epoch FROM coalesce((SELECT sum(upper(x) - lower(x)) FROM unnest(range_agg(down) * tstzmultirange(over)) x), '0')) * 1000000 AS down,
		   extract(epoch FROM upper(over) - lower(over)) * 1000000 AS whole FROM loose %s GROUP BY g, over};
for my $workers (0, 2)
{
	is(value($node, "SET max_parallel_workers_per_gather = $workers; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;"
		. sprintf(q{WITH a AS (SELECT g, over, slt_availability(down, over) AS availability, slt_downtime(down, over) AS downtime FROM loose GROUP BY g, over),
			m AS (%s)
		SELECT count(*), min(g) FROM m JOIN a USING (g, over)
		WHERE CASE WHEN g IN (1000) THEN a.availability IS NOT NULL OR a.downtime IS NOT NULL
				   WHEN g = 1003 THEN a.availability IS NOT NULL OR a.downtime <> '0'
				   ELSE round(a.availability, 9) IS DISTINCT FROM round(100 * (m.whole - m.down) / m.whole, 9) OR extract(epoch FROM a.downtime) * 1000000 IS DISTINCT FROM m.down END},
			sprintf($multirange, ''))), '0|', "the aggregates agree with multiranges, $workers workers");
}
is(value($node, sprintf(q{SELECT count(*), min(g) FROM (%s) m
	WHERE round(slt_availability(over, 'loose ' || g), 9) IS DISTINCT FROM round(100 * (whole - down) / whole, 9)},
	sprintf($multirange, 'WHERE g < 200 AND NOT isempty(down) AND NOT lower_inf(down)'))), '0|', 'and so does slt_availability');

done_testing();
