# is_due() means working_add(...) <@ during, and an index of its first argument
# finds the same rows as a look at every one.
# SLT_DUE_CASES says how many cases (6000), SLT_PROPERTY_SEED which (1).
use strict;
use warnings;
use RandomTime;
use SltTest;
use Test::More;

my $count = $ENV{SLT_DUE_CASES} // 6000;
my $seed = $ENV{SLT_PROPERTY_SEED} // 1;

note("seed $seed, $count cases");
srand($seed);
my $node = new_server('is_due');

# No row may be found that breaks a property.
sub holds
{
	my ($property, $query) = @_;

	is(value($node, "SELECT x::text FROM ($query) x LIMIT 3"), '', $property);
	return;
}

# Returns a random amount: hours, days, both; one in five back in time, some of nothing or without end.
sub random_amount
{
	my $sign = rand() < 0.2 ? '-' : '';
	my $days = $sign . between(1, rand() < 0.8 ? 6 : 60) . ' days';

	return ('0 h', 'infinity', '-infinity')[ between(0, 2) ] if rand() < 0.03;
	return rand() < 0.4 ? $days : rand() < 0.7 ? $sign . random_hours() =~ s/ (?=\d)/ $sign/gr : "$days " . (rand() < 0.3 ? '-' : '') . between(1, 30) . ' h';
}

# ---------- the cases ----------

my @calendars = map { random_calendar($_ % 4 == 0) } 0 .. 119;
# two clocks, nights over two midnights that begin before the day's other spans, dates only, an easter rule that ends in 2499
push @calendars, map { my $op = ('|', '&', '-')[ $_ % 3 ]; '(' . random_calendar(0) . ") $op (" . random_calendar(0) . ')' } 1 .. 30;
push @calendars, 'Pacific/Apia Mo-Su 09:00-17:00,23:59-47:00; Fr 00:30-00:45', 'Asia/Gaza Mo-Su 00:00-01:00,23:00-24:00', 'America/Havana Mo-Su 22:00-26:00',
  'America/Sao_Paulo 24/7', 'UTC 2025-03-03..2025-09-30 09:00-17:00; 2026-01-05 10:00-11:00', 'Europe/Berlin Mo-Fr 09:00-17:00; easter +1 day off', 'UTC 2026-01-05 09:00-17:00';
$node->safe_psql('postgres', 'CREATE TABLE calendars (n int, c working_calendar); INSERT INTO calendars VALUES ' . join(', ', map { "($_, " . literal($calendars[$_]) . ')' } 0 .. $#calendars));
$node->safe_psql('postgres', 'CREATE TABLE starts (n int, calendar int, a timestamptz, amount working_interval); INSERT INTO starts VALUES '
	  . join(', ', map { "($_, " . between(0, $#calendars) . ', ' . literal(rand() < 0.02 ? (rand() < 0.5 ? '-' : '') . 'infinity' : random_instant()) . ', ' . literal(random_amount()) . ')' } 1 .. $count));
$node->safe_psql('postgres', <<'SQL');
-- when something falls due, null if that is an error
CREATE FUNCTION due(at timestamptz, amount working_interval, c working_calendar) RETURNS timestamptz IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
	RETURN working_add(at, amount, c);
EXCEPTION WHEN datetime_field_overflow THEN
	RETURN NULL;
END $$;
-- a range about an instant: with it, next to it, off it; without an end, with infinite ones, empty
CREATE FUNCTION about(due timestamptz, n int) RETURNS tstzrange IMMUTABLE LANGUAGE sql AS $$
SELECT tstzrange(CASE n % 11 WHEN 0 THEN NULL WHEN 1 THEN '-infinity' WHEN 2 THEN due - interval '1 microsecond' WHEN 3 THEN due - n * interval '17 minutes' WHEN 4 THEN due + interval '1 microsecond' ELSE due END,
	CASE n % 13 WHEN 0 THEN NULL WHEN 1 THEN 'infinity' WHEN 2 THEN due + interval '1 microsecond' WHEN 3 THEN due + n * interval '13 minutes' ELSE greatest(due, due + (n % 11 = 4)::int * interval '3 hours') END,
	(ARRAY['[]', '[)', '(]', '()'])[1 + n % 4])
$$;
CREATE TABLE cases AS
SELECT s.n, s.a, s.amount, k.c, due(s.a, s.amount, k.c) AS due FROM starts s JOIN calendars k ON k.n = s.calendar;
CREATE TABLE ranges AS
SELECT n, a, amount, c, due, CASE WHEN n % 50 = 7 THEN 'empty' ELSE about(due, n) END AS during FROM cases WHERE due IS NOT NULL;
SQL
cmp_ok(value($node, 'SELECT count(*) FROM ranges'), '>', 0.8 * $count, 'most of them fall due');
cmp_ok(value($node, 'SELECT count(*) FROM ranges WHERE due <@ during'), '>', $count / 5, 'many in their range');
cmp_ok(value($node, 'SELECT count(*) FROM ranges WHERE NOT due <@ during'), '>', $count / 5, 'and many not');

# ---------- what it means ----------

holds('is_due() is what working_add() says', 'SELECT n, a, amount, c, during FROM ranges WHERE is_due(a, amount, c, during) IS DISTINCT FROM working_add(a, amount, c) <@ during');
is(value($node, q{SELECT is_due(NULL, '1 day', 'Egypt', '(,)') IS NULL AND is_due(now(), NULL, 'Egypt', '(,)') IS NULL AND is_due(now(), '1 day', NULL::text, '(,)') IS NULL AND is_due(now(), '1 day', 'Egypt', NULL) IS NULL AND is_due(now(), '1 day', NULL) IS NULL}),
	't', 'null for nulls');
holds('all three forms agree', q{SELECT n FROM ranges, about(a + interval '3 days', n) d, LATERAL (SELECT working_add(a, amount, 'Egypt') <@ d AS v) x
	WHERE n <= 500 AND isfinite(a) AND amount::text !~ 'inf' AND (is_due(a, amount, slt_calendar('Egypt'), d) <> v OR is_due(a, amount, 'EGYPT', d) <> v OR is_due(a, amount, d) <> v)});
for my $call (q{is_due('2040-01-01', '1 day', working_calendar 'UTC 2026-01-05 09:00-17:00', 'empty')}, q{is_due('infinity', '-infinity', '(,)')})
{
	my ($status, $out, $error) = $node->psql('postgres', "SELECT $call");
	like($error, qr/too little working time|timestamp out of range/, "$call is an error as in working_add()");
}

# ---------- the bounds ----------

my $bounds = q{zz_slt_internal.due_first(amount, c, %s) AS first, zz_slt_internal.due_last(amount, c, %s) AS last};
my $both = sub { my ($range) = @_; return $bounds =~ s/%s/$range/gr };

holds('what is due at an instant starts between the bounds',
	'SELECT n, a, amount, c, due, first, last FROM (SELECT *, ' . $both->("tstzrange(due, due, '[]')") . ' FROM ranges) x WHERE a NOT BETWEEN first AND last');
holds('what is due in a range starts between the bounds',
	'SELECT n, a, amount, c, during, first, last FROM (SELECT *, ' . $both->('during') . ' FROM ranges) x WHERE due <@ during AND a NOT BETWEEN first AND last');
holds('what starts just outside the bounds of hours is not due',
	'SELECT n, amount, c, due, first, last FROM (SELECT *, ' . $both->("tstzrange(due, due, '[]')") . q{ FROM ranges WHERE amount::text !~ 'day|inf') x
	WHERE CASE WHEN first BETWEEN '4000-01-01 BC' AND '200000-01-01' THEN due(first - interval '1 microsecond', amount, c) >= due END OR CASE WHEN last BETWEEN '4000-01-01 BC' AND '200000-01-01' THEN due(last + interval '1 microsecond', amount, c) <= due END});
holds('those of days are not far off',
	'SELECT n, amount, c, due, first, last FROM (SELECT *, ' . $both->("tstzrange(due, due, '[]')") . q{ FROM ranges WHERE c::text !~ '20\d\d|\*|Dec|Jan' AND amount::text !~ 'inf' AND isfinite(due)) x
	WHERE last - first > interval '28 days'});
holds('bounds never complain', q{SELECT 1 FROM calendars, unnest('{0 h,1 h,-1 h,3 days,-3 days,2147483647 days,-2147483647 days,2562047788 h,-2562047788 h,infinity,-infinity}'::working_interval[]) amount,
	unnest('{empty,"(,)","[-infinity,infinity]","(-infinity,infinity)","(,-infinity)","(,-infinity]","[infinity,)","(infinity,)","(,4713-11-24 BC)","[4713-11-24 BC,4713-11-24 BC]","[294276-12-31 23:59:59.999999Z,)","(294276-12-31 23:59:59.999999Z,)","(,294276-12-31 23:59:59.999999Z]","[2600-01-01,2600-01-02)","[1500-01-01,1500-01-02)","[-infinity,-infinity]","[100000-01-01,100000-01-02)"}'::tstzrange[]) during
	WHERE zz_slt_internal.due_first(amount, c, during) IS NULL OR zz_slt_internal.due_last(amount, c, during) IS NULL});

# ---------- an index finds the same rows ----------

my $shared = value($node, 'SELECT count(*) FROM calendars');
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE tickets AS
SELECT g AS id, CASE WHEN g % 1000 = 0 THEN 'infinity' WHEN g % 1000 = 1 THEN '-infinity' ELSE timestamptz '2024-06-01Z' + make_interval(mins => (hashint4(g)::bigint & 1048575)::int) END AS opened FROM generate_series(1, 20000) g;
CREATE INDEX tickets_opened ON tickets (opened);
VACUUM ANALYZE tickets;
-- the rows that are due, or that this is an error
CREATE FUNCTION found(query text, index boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text;
BEGIN
	PERFORM set_config('enable_seqscan', (NOT index)::text, true), set_config('enable_indexscan', index::text, true), set_config('enable_bitmapscan', index::text, true), set_config('enable_indexonlyscan', index::text, true);
	EXECUTE query INTO result;
	RETURN result;
EXCEPTION WHEN datetime_field_overflow THEN
	RETURN 'error';
END $$;
SQL
my @queries;
for (1 .. 200)
{
	my ($from, $to) = sort(random_instant(), random_instant());
	my $range = ("'[$from,$to)'", "'(,$to)'", "'[$from,)'", "tstzrange('$from', timestamptz '$from' + interval '" . between(0, 8 * 24) . " hours', '[]')", "'[$from,$from]'")[ between(0, 4) ];
	push @queries, 'is_due(opened, ' . literal(random_amount()) . ', ' . ('working_calendar ' . literal($calendars[ between(0, $#calendars) ]) . ', ', "'Egypt', ", '')[ between(0, 2) ] . "$range)";
}
my $different = value($node, 'SELECT string_agg(q, E\'\\n\') FROM unnest(ARRAY[' . join(', ', map { literal($_) } @queries) . "]) q, LATERAL (SELECT 'SELECT count(*) || '' '' || coalesce(sum(id), 0) FROM tickets WHERE ' || q) x (query),
	LATERAL (SELECT found(query, false) AS every, found(query, true) AS indexed) y WHERE every <> indexed AND every <> 'error'");
is($different, '', '200 queries find the same rows');
holds('nor does an index complain where a look at every row does not: a calendar that is not known, and no rows',
	q{SELECT 1 FROM (SELECT found('SELECT count(*) FROM tickets WHERE opened < ''2000-01-01'' AND isfinite(opened) AND is_due(opened, ''1 day'', ''Nowhere'', ''[2026-01-01,2026-01-02)'')', i) f FROM unnest('{t,f}'::bool[]) i) x WHERE f <> '0'});

# ---------- what the planner makes of it ----------

# Returns the plan of a query, after what is to be done before.
sub plan_of
{
	my ($query, $before) = @_;

	return value($node, 'SET enable_seqscan = off; ' . ($before // '') . "EXPLAIN (COSTS OFF) $query");
}

my $condition = qr/Index Cond: \(\(opened >= .*\) AND \(opened <= /;
for my $calendar ("working_calendar 'Europe/Berlin Mo-Fr 09:00-17:00', ", "'Egypt', ", '')
{
	for my $range ("'[2026-03-01,2026-03-08)'", "tstzrange(now(), now() + '7 days')", 'tstzrange(NULL, now())')
	{
		like(plan_of("SELECT * FROM tickets WHERE is_due(opened, '2 working days', $calendar$range)"), $condition, "a condition of the index for $calendar$range");
	}
}
like(plan_of("SELECT * FROM tickets WHERE is_due(opened, '8 working hours', working_calendar 'UTC Mo-Fr 09:00-17:00', '[2026-03-01,2026-03-08)')"),
	qr/Index Cond: \(\(opened >= '2026-02-27 11:00:00.000001\+02'::timestamp with time zone\) AND \(opened <= '2026-03-06 11:00:00\+02'::/, 'instants, if all is constant');
for my $mode ('force_custom_plan', 'force_generic_plan')
{
	like(plan_of("EXECUTE due('2 days', 'Egypt', '[2026-03-01,2026-03-08)')", "SET plan_cache_mode = $mode; PREPARE due(working_interval, text, tstzrange) AS SELECT * FROM tickets WHERE is_due(opened, \$1, \$2, \$3); "),
		$condition, "for parameters, $mode");
}
like(plan_of("SELECT * FROM slt_targets t JOIN tickets ON is_due(opened, t.amount, 'Egypt', '[2026-03-01,2026-03-08)')", 'SET enable_material = off; '),
	qr/Nested Loop.*$condition/s, 'for what another table has');
unlike(plan_of("SELECT * FROM tickets WHERE is_due(opened, make_working_interval(id), 'Egypt', '[2026-03-01,2026-03-08)')"), qr/Index Cond/, 'not for what the same row has');
unlike(plan_of("SELECT * FROM tickets WHERE is_due(opened, '1 day', 'Egypt', tstzrange(clock_timestamp(), NULL))"), qr/Index Cond/, 'nor for what changes while it runs');
like(plan_of("SELECT * FROM wide WHERE kind = 1 AND is_due(opened, '1 day', 'Egypt', tstzrange(now(), NULL))", 'CREATE TABLE wide AS SELECT id, id % 5 AS kind, opened FROM tickets; CREATE INDEX ON wide (kind, opened); '),
	qr/Index Cond: \(\(kind = 1\) AND \(opened >= .*opened <= /, 'for the second column of an index');
like(plan_of("SELECT * FROM wide WHERE is_due(opened - interval '1 hour', '1 day', 'Egypt', tstzrange(now(), NULL))", "CREATE INDEX ON wide ((timezone('UTC', timezone('UTC', opened) - interval '1 hour'))); ") , qr/Seq Scan/, 'not for an expression that no index has');
like(plan_of("SELECT * FROM wide WHERE is_due(timezone('UTC', timezone('UTC', opened) - interval '1 hour'), '1 day', 'Egypt', tstzrange(now(), NULL))"), qr/Index Cond: .* >= .* <= /, 'but for one that an index has');
like(plan_of("SELECT * FROM wide WHERE is_due(opened, '1 day', 'Egypt', tstzrange(now(), NULL))", 'CREATE INDEX ON wide USING brin (opened); DROP INDEX wide_kind_opened_idx; '), qr/Bitmap Index Scan on wide_opened_idx.*opened >= /s, 'for a BRIN index');
unlike(plan_of("SELECT * FROM wide WHERE is_due(opened, '1 day', 'Egypt', tstzrange(now(), NULL))", 'DROP INDEX wide_opened_idx; CREATE INDEX ON wide USING hash (opened); '), qr/Index Cond/, 'not for a hash index');

# ---------- estimates ----------

for my $amount ('2 working days', '8 working hours', '20 working days', '1 day 4 hours')
{
	for my $range ("'[2025-03-02,2025-03-09)'", "'[2025-03-04,2025-03-05)'", "'(,2025-06-01)'", "'[2025-11-01,)'", "tstzrange(now() - (now() - '2025-08-01'), now() - (now() - '2025-08-20'))")
	{
		my $where = "tickets WHERE is_due(opened, '$amount', 'Egypt', $range)";
		my ($estimate) = value($node, "EXPLAIN SELECT * FROM $where") =~ /rows=(\d+)/;
		my $real = value($node, "SELECT count(*) FROM $where");
		ok($estimate <= 2 * $real && $real <= 2 * $estimate, "about as many as there are: $amount, $range") or diag("$estimate estimated, $real there");
	}
}
done_testing();
