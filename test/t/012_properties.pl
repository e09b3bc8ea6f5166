# Properties that hold of every calendar, on random ones.
# SLT_PROPERTY_CASES says how many cases (4000), SLT_PROPERTY_SEED which (1).
use strict;
use warnings;
use RandomTime;
use SltTest;
use Test::More;

my $count = $ENV{SLT_PROPERTY_CASES} // 4000;
my $seed = $ENV{SLT_PROPERTY_SEED} // 1;

note("seed $seed, $count cases");
srand($seed);

my $node = new_server('properties');

# No row may be found that breaks a property.
sub holds
{
	my ($property, $query) = @_;

	is(value($node, "SELECT x::text FROM ($query) x LIMIT 3"), '', $property);
	return;
}

# ---------- the cases ----------

my @calendars = map { random_calendar($_ % 4 == 0) } 0 .. 159;
$node->safe_psql('postgres', 'CREATE TABLE calendars (n int, spelled text, c working_calendar, plain bool); INSERT INTO calendars VALUES '
	  . join(', ', map { "($_, " . literal($calendars[$_]) . ', ' . literal($calendars[$_]) . ', ' . ($_ % 4 == 0 ? 'true' : 'false') . ')' } 0 .. $#calendars));
$node->safe_psql('postgres', 'CREATE TABLE instants (n int, calendar int, a timestamptz, b timestamptz, h working_interval, i working_interval, d int); INSERT INTO instants VALUES '
	  . join(', ', map { "($_, " . between(0, $#calendars) . ', ' . join(', ', map { literal($_) } random_instant(), random_instant(), random_hours(), random_hours()) . ', ' . between(1, 30) . ')' } 1 .. $count));
# two pauses around a, of which one may be without end
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE cases AS
SELECT i.*, c.c, c.plain,
	tstzmultirange(tstzrange(a - d * interval '1 hour', a + d * interval '97 minutes'), tstzrange(least(a + d * interval '7 hours', a + interval '4 days'), CASE WHEN i.n % 10 > 0 THEN a + interval '5 days' + d * interval '3 hours' END)) AS p
FROM instants i JOIN calendars c ON c.n = i.calendar;
ALTER TABLE cases SET (parallel_workers = 2);
ANALYZE cases;
SQL
is(value($node, 'SELECT count(*) FROM cases'), $count, 'all cases are there');

# ---------- adding ----------

holds('what has passed after adding hours is the hours', 'SELECT n, a, h, c FROM cases WHERE working_between(a, working_add(a, h, c), c) <> h');
holds('and backwards', 'SELECT n, a, h, c FROM cases WHERE working_between(a, working_add(a, -h, c), c) <> -h');
holds('the deadline is the earliest that has it', "SELECT n, a, h, c FROM cases WHERE working_between(a, working_add(a, h, c) - interval '1 microsecond', c) >= h");
holds('the start is the latest that has it', "SELECT n, a, h, c FROM cases WHERE working_between(working_add(a, -h, c) + interval '1 microsecond', a, c) >= h");
holds('adding in two steps is adding at once', 'SELECT n, a, h, i, c FROM cases WHERE working_add(working_add(a, h, c), i, c) <> working_add(a, h + i, c)');
holds('nothing added is nothing moved', "SELECT n, a, c FROM cases WHERE working_add(a, '0 h', c) <> a");
holds('adding hours is monotone in the instant', 'SELECT n, a, b, h, c FROM cases WHERE working_add(least(a, b), h, c) > working_add(greatest(a, b), h, c) OR working_add(least(a, b), -h, c) > working_add(greatest(a, b), -h, c)');
holds('closely monotone', "SELECT n, a, h, c FROM cases, unnest(ARRAY[interval '1 microsecond', '1 minute', '59 minutes', '13 hours']) k WHERE working_add(a, h, c) > working_add(a + k, h, c)");
holds('adding is monotone in the hours', 'SELECT n, a, h, i, c FROM cases WHERE working_add(a, least(h, i), c) > working_add(a, greatest(h, i), c) OR working_add(a, least(-h, -i), c) > working_add(a, greatest(-h, -i), c) OR working_add(a, -h, c) > a OR working_add(a, h, c) < a');
holds('adding is monotone in the days', "SELECT n, a, d, c FROM cases WHERE working_add(a, make_working_interval(d), c) > working_add(a, make_working_interval(d + 1), c) OR working_add(a, make_working_interval(-d), c) < working_add(a, make_working_interval(-d - 1), c) OR working_add(a, '1 day', c) < a OR working_add(a, '-1 day', c) > a");
holds('adding days is monotone in the instant, where no night and no clock change is',
	'SELECT n, a, b, d, c FROM cases WHERE plain AND (working_add(least(a, b), make_working_interval(d), c) > working_add(greatest(a, b), make_working_interval(d), c) OR working_add(least(a, b), make_working_interval(-d), c) > working_add(greatest(a, b), make_working_interval(-d), c))');
holds('days come first, then hours', 'SELECT n, a, d, h, c FROM cases WHERE working_add(a, make_working_interval(d) + h, c) <> working_add(working_add(a, make_working_interval(d), c), h, c)');
holds('adding ends in working time, or where it ends', "SELECT n, a, h, c FROM cases WHERE NOT is_working(working_add(a, h, c) - interval '1 microsecond', c) OR NOT is_working(working_add(a, -h, c), c)");

# ---------- between ----------

holds('between backwards is negative', 'SELECT n, a, b, c FROM cases WHERE working_between(a, b, c) <> -working_between(b, a, c)');
holds('between adds up', "SELECT n, a, b, c FROM cases WHERE working_between(a, b, c) + working_between(b, b + interval '40 days', c) <> working_between(a, b + interval '40 days', c)");
holds('working time is no more than time', "SELECT n, a, b, c FROM cases WHERE working_between(least(a, b), greatest(a, b), c)::interval NOT BETWEEN '0' AND greatest(a, b) - least(a, b)");

# ---------- pauses ----------

holds('what has passed after adding hours with pauses is the hours, or they never pass', "SELECT n, a, h, p, c FROM cases WHERE CASE WHEN isfinite(working_add(a, h, c, p)) THEN working_between(a, working_add(a, h, c, p), c, p) <> h ELSE NOT upper_inf(p) OR working_between(a, a + interval '40 days', c, p) >= h END");
holds('a pause takes its own working time', "SELECT n, a, p, c FROM cases WHERE working_between(a, a + interval '9 days', c, p) + (SELECT sum(working_between(lower(r), upper(r), c)) FROM unnest(p * tstzmultirange(tstzrange(a, a + interval '9 days'))) r) <> working_between(a, a + interval '9 days', c)");
holds('no pauses are no pauses', "SELECT n, a, h, c FROM cases WHERE working_add(a, h, c, '{}') <> working_add(a, h, c) OR working_add(a, h, c, NULL) <> working_add(a, h, c) OR working_add(a, make_working_interval(d), c, '{}') <> working_add(a, make_working_interval(d), c)");
holds('pauses make nothing due earlier', 'SELECT n, a, h, d, p, c FROM cases WHERE working_add(a, h, c, p) < working_add(a, h, c) OR working_add(a, make_working_interval(d), c, p) < working_add(a, make_working_interval(d), c)');

# ---------- periods and days ----------

$node->safe_psql('postgres', "CREATE TABLE periods AS SELECT n, a, c, a + interval '40 days' AS until, working_periods(tstzrange(a, a + interval '40 days'), c) AS p FROM cases WHERE n % 3 = 0");
holds('periods measured are the working time', "SELECT n, a, until, c FROM periods WHERE coalesce((SELECT sum(upper(r) - lower(r)) FROM unnest(p) r), '0') <> working_between(a, until, c)::interval");
holds('periods are where it is working', "SELECT n, a, r, c FROM periods, unnest(p) r WHERE NOT is_working(lower(r), c) OR NOT is_working(upper(r) - interval '1 microsecond', c) OR (upper(r) < until AND is_working(upper(r), c)) OR (lower(r) > a AND is_working(lower(r) - interval '1 microsecond', c)) OR NOT lower_inc(r) OR upper_inc(r)");
holds('periods tell whether an instant is working', "SELECT n, at, c FROM periods, LATERAL (SELECT a + k * interval '8 hours 13 minutes 0.000001 seconds' AS at FROM generate_series(0, 110) k) x WHERE is_working(at, c) <> (p @> at)");
holds('next and previous are the ends of what lies between', "SELECT n, a, c FROM cases WHERE (next_working(a, c) = a) <> is_working(a, c) OR NOT is_working(next_working(a, c), c) OR working_between(a, next_working(a, c), c) <> '0 h' OR working_between(previous_working(a, c), a, c) <> '0 h' OR previous_working(a, c) > a OR NOT is_working(previous_working(a, c) - interval '1 microsecond', c) AND previous_working(a, c) < a");
holds('the periods of dates are the periods of the time', "SELECT n, a, c FROM periods, LATERAL (SELECT (a AT TIME ZONE working_time_zone(c))::date AS d) x, LATERAL (SELECT range_agg(r) AS dates FROM generate_series(0, 9) k, unnest(working_periods_on(d + k, c)) r) y WHERE CASE WHEN dates IS NOT NULL THEN dates <> working_periods(tstzrange(lower(dates), upper(dates)), c) END");
holds('working days listed and counted agree', "SELECT n, a, c FROM cases, LATERAL (SELECT a::date AS day) x WHERE n % 3 = 0 AND ((SELECT count(*) FROM working_days(daterange(day, day + 100), c)) <> working_days_between(day, day + 100, c) OR working_days_between(day + 100, day, c) <> -working_days_between(day, day + 100, c) OR working_days_in_month(day, c) <> working_days_between(date_trunc('month', day)::date, (date_trunc('month', day) + interval '1 month')::date, c))");

# ---------- round trips ----------

holds('calendars as text', 'SELECT spelled FROM calendars WHERE c::text::working_calendar <> c OR c::text::working_calendar::text <> c::text OR spelled::working_calendar <> c');
holds('amounts as text', 'SELECT a FROM (SELECT make_working_interval(d) + h AS a FROM cases UNION ALL SELECT make_working_interval(d) - i FROM cases UNION ALL SELECT -h FROM cases) x WHERE zz_slt_internal.working_interval_send(a::text::working_interval) <> zz_slt_internal.working_interval_send(a)');
my $file = "$ENV{SLT_WORK}/tmp/properties.binary";
$node->safe_psql('postgres', <<"SQL");
CREATE TABLE sent AS SELECT row_number() OVER () AS n, c, a FROM (SELECT c, make_working_interval(d) - h AS a FROM cases UNION ALL VALUES (NULL::working_calendar, 'infinity'::working_interval), (NULL, '-infinity'), ('UTC 24/7', NULL)) x;
CREATE TABLE received (LIKE sent);
COPY sent TO '$file' WITH (FORMAT binary);
COPY received FROM '$file' WITH (FORMAT binary);
SQL
holds('both in binary', 'SELECT s.n FROM sent s FULL JOIN received r USING (n) WHERE s.c IS DISTINCT FROM r.c OR s.c::text IS DISTINCT FROM r.c::text OR zz_slt_internal.working_interval_send(s.a) IS DISTINCT FROM zz_slt_internal.working_interval_send(r.a)');
is(value($node, 'SELECT count(*) FROM received'), $count + 3, 'all of them');

# what is not the binary form is refused
$node->safe_psql('postgres', 'CREATE TABLE one_calendar (c working_calendar); CREATE TABLE one_amount (a working_interval)');
foreach my $bad (
	[ 'one_calendar', '', 'no data left in message' ],
	[ 'one_calendar', "\x01", 'invalid input syntax for type working_calendar: ""' ],
	[ 'one_calendar', "\x02UTC 24/7", 'unsupported working_calendar format number 2' ],
	[ 'one_calendar', "\x01UTC 25/7", 'invalid input syntax for type working_calendar: "UTC 25/7"' ],
	[ 'one_calendar', "\x01UTC off", 'the calendar never opens' ],
	[ 'one_calendar', "\x01UTC 24/7 \"\xc3\"", 'invalid byte sequence for encoding "UTF8"' ],
	[ 'one_calendar', "\x01UTC 24/7 \"\0\"", 'invalid byte sequence for encoding "UTF8"' ],
	[ 'one_amount', '', 'insufficient data left in message' ],
	[ 'one_amount', pack('q>', 1), 'insufficient data left in message' ],
	[ 'one_amount', pack('q>q>C', 1, 1, 1), 'incorrect binary data format' ],
	[ 'one_amount', pack('q>q>', 2**31, 0), 'invalid binary representation of type working_interval' ],
	[ 'one_amount', pack('q>q>', -(2**31), 0), 'invalid binary representation of type working_interval' ],
	[ 'one_amount', pack('q>q>', 9223372036854775807, 0), 'invalid binary representation of type working_interval' ],
	[ 'one_amount', pack('q>q>', -9223372036854775807 - 1, 9223372036854775807), 'invalid binary representation of type working_interval' ],
  )
{
	my ($table, $data, $message) = @$bad;

	open my $out, '>:raw', $file or die "$file: $!";
	print $out "PGCOPY\n\xff\r\n\0", pack('NNnN', 0, 0, 1, length $data), $data, pack('n', 0xffff);
	close $out;
	my ($status, undef, $stderr) = $node->psql('postgres', "COPY $table FROM '$file' WITH (FORMAT binary)");
	like($stderr, qr/\Q$message/, "$table refuses " . unpack('H*', $data));
}

# ---------- parallel and serial ----------

my $answers = 'SELECT n, working_add(a, h, c) AS v, working_add(a, make_working_interval(d), c, p) AS w, working_between(a, b, c) AS x, is_working(a, c) AS y, working_add(a, h, $$Egypt$$) AS z, a + h AS o FROM cases';
my $force = value($node, "SELECT name FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query')");
$node->safe_psql('postgres', "SET max_parallel_workers_per_gather = 0; CREATE TABLE serial AS $answers");
my $parallel = 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;';
like(value($node, "$parallel EXPLAIN $answers"), qr/Parallel Seq Scan/, 'a plan is parallel');
is( value($node, "$parallel SELECT count(*) FROM ($answers EXCEPT SELECT * FROM serial) x"), '0', 'in parallel the answers are the same');
is( value($node, "$parallel SET $force = on; SELECT count(*) FROM ($answers EXCEPT SELECT * FROM serial) x"), '0', "with $force, too");
my $sums = 'SELECT sum(working_between(a, b, c)), avg(working_between(a, b, c)), min(h), max(h), max(working_add(a, h, c)) FROM cases';
is(value($node, "$parallel $sums"), value($node, "SET max_parallel_workers_per_gather = 0; $sums"), 'aggregates in parallel are the same');

# ---------- by name and by value ----------

# the first calendars with up to 20 holidays each, some of them with hours; what they must come to, spelled out by hand
my (@named, @holidays);
foreach my $n (0 .. 39)
{
	my %days = map { random_date() => rand() < 0.3 ? random_spans(0) : undef } 0 .. between(0, 20);

	push @named, "($n, 'calendar $n', " . literal($calendars[$n]) . ', '
	  . literal(join '; ', $calendars[$n], map { "$_ " . ($days{$_} // 'off') . qq( "Holiday of $_") } sort keys %days) . ')';
	push @holidays, map { "('calendar $n', '$_', 'Holiday of $_', " . (defined $days{$_} ? literal($days{$_}) : 'NULL') . ')' } sort keys %days;
}
$node->safe_psql('postgres', "CREATE TABLE named (calendar int, name text, base working_calendar, spelled_out working_calendar); INSERT INTO named VALUES @{[join ', ', @named]};
INSERT INTO slt_calendars (name, calendar) SELECT name, base FROM named;
INSERT INTO slt_holiday_lists (name) SELECT name FROM named; INSERT INTO slt_calendar_lists (calendar, list) SELECT name, name FROM named;
INSERT INTO slt_holidays (list, day, name, hours) VALUES @{[join ', ', @holidays]}");
holds('slt_calendar() is rules and holidays spelled out', 'SELECT name, slt_calendar(name), spelled_out FROM named WHERE slt_calendar(name) <> spelled_out');
foreach my $form ('spelled_out', 'slt_calendar(name)')
{
	holds("the name form is the form of the value $form",
		"SELECT n, a, h, d, p, name FROM cases JOIN named USING (calendar) WHERE working_add(a, h, name) <> working_add(a, h, $form) OR working_add(a, make_working_interval(d), name) <> working_add(a, make_working_interval(d), $form)
			OR working_add(a, -h, upper(name), p) <> working_add(a, -h, $form, p) OR working_between(a, b, name) <> working_between(a, b, $form) OR is_working(a, name) <> is_working(a, $form)
			OR next_working(a, name) <> next_working(a, $form) OR previous_working(a, name) <> previous_working(a, $form) OR working_periods_on(a::date, name) <> working_periods_on(a::date, $form)
			OR working_days_in_month(a::date, name) <> working_days_in_month(a::date, $form)");
}
is( value($node, q(SET slt.calendar = 'CALENDAR 7'; SELECT count(*) FROM cases WHERE working_add(a, h) <> working_add(a, h, 'calendar 7') OR a + h <> working_add(a, h, 'calendar 7') OR a - h <> working_add(a, -h, 'calendar 7') OR working_between(a, b) <> working_between(a, b, 'calendar 7') OR is_working(a) <> is_working(a, 'calendar 7'))),
	'0', 'the default form is the form of the name');

done_testing();
