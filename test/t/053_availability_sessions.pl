# Who reads availability and in what surroundings: roles without privileges, hostile schemas, parallel workers,
# snapshots, tables changed by hand, a schema of its own; and that notices arrive.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;

my $node = new_server('availability_sessions', conf => "timezone = 'UTC'\n");

# Runs statements as a role, in a session of its own; returns their output, or the error if there is any.
sub as_role
{
	my ($role, $statements, $database) = @_;
	my ($status, $output, $error) = $node->psql($database // 'postgres', $statements, extra_params => [ '-U', $role ], on_error_stop => 1);

	return $status == 0 ? $output : $error;
}

# Down one hour of the 24 of 10 January: 95.8333 %.
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE app LOGIN;
CREATE ROLE tenant LOGIN;
UPDATE slt_experiences SET recorded = 'by hand';
INSERT INTO slt_outages (service, experience, during) VALUES ('Platform', 'Site', '[2026-01-10 10:00Z,2026-01-10 11:00Z)');
INSERT INTO slt_maintenance (service, during, reason) VALUES ('Platform', '[2999-01-01,2999-01-02)', E'a "b"\\\n');
SQL
my $day = q{SELECT round(%sslt_availability('[2026-01-10,2026-01-11)'), 4)};
my %reads = (
	availability => [ sprintf($day, ''), '95.8333' ],
	report => [ q{SELECT count(*), min(availability) < 96 FROM slt_availability_report('[2026-01-01,2026-02-01)', 'day')}, '32|t' ],
	periods => [ q{SELECT count(*) FROM slt_availability_periods('{"[2026-01-10,2026-01-11)"}', each_experience => true)}, '9' ],
	budget => [ q{SELECT allowed, used FROM slt_error_budget('[2026-01-10,2026-01-11)')}, '00:14:24|01:00:00' ],
	alerts => [ q{SELECT count(*) FILTER (WHERE firing) FROM slt_burn_alerts(at => '2026-01-10 11:00Z')}, '4' ],
	week => [ q{SELECT downtime, met FROM slt_weekly_downtime(week => '2026-01-10')}, '01:00:00|f' ],
	next => [ q{SELECT starts, lasts FROM slt_next_maintenance(at => '2026-01-10')}, '2026-01-11 16:00:00+00|06:00:00' ],
	notices => [ q{SELECT count(*) FROM slt_maintenance_notices()}, '1' ],
	allowances => [ q{SELECT per_month FROM slt_downtime_allowances WHERE target = 99}, '7.31 hours' ],
	service => [ q{SELECT name, target FROM slt_service('PLATFORM')}, 'Platform|99' ],
	aggregate => [ q{SELECT slt_downtime(r, tstzrange('2026-01-01', '2026-01-02')) FROM (VALUES (tstzrange('2026-01-01', '2026-01-01 01:00'))) v (r)}, '01:00:00' ]);

# ---------- privileges, schemas ----------

is(as_role('app', $reads{$_}[0]), $reads{$_}[1], "a role without privileges reads: $_") for sort keys %reads;
like(as_role('app', q{SELECT slt_record('Platform', 'Site', true)}), qr/permission denied for table slt_checks/, 'it records nothing');
like(as_role('app', "SELECT FROM $_"), qr/permission denied for/, "nor does it read $_") for qw(slt_services slt_experiences slt_outages slt_maintenance slt_coverage slt_checks slt_failing slt_monitors slt_settled);

$node->safe_psql('postgres', <<'SQL');
CREATE SCHEMA evil;
GRANT ALL ON SCHEMA evil TO PUBLIC;
CREATE TABLE evil.slt_services (LIKE slt_services);
CREATE TABLE evil.slt_outages (LIKE slt_outages);
CREATE TABLE evil.slt_checks (LIKE slt_checks);
CREATE FUNCTION evil.hijack(anyelement, anyelement) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'hijacked'; END $$;
CREATE OPERATOR evil.= (FUNCTION = evil.hijack, LEFTARG = anyelement, RIGHTARG = anyelement);
CREATE FUNCTION evil.lower(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'hijacked lower'; END $$;
CREATE FUNCTION evil.lower(tstzrange) RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN RAISE 'hijacked lower'; END $$;
CREATE FUNCTION evil.isempty(tstzrange) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'hijacked isempty'; END $$;
CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN RAISE 'hijacked now'; END $$;
SQL
like(as_role('app', q{SET search_path = evil, pg_catalog, public; SELECT lower('x'::text)}), qr/hijacked lower/, 'a session whose first schema is evil');
my $qualify = sub { $_[0] =~ s/\b(slt_\w+\(|slt_downtime_allowances)/public.$1/gr };
for my $read (sort keys %reads)
{
	is(as_role('app', 'SET search_path = evil, pg_catalog, public; ' . $qualify->($reads{$read}[0])), $reads{$read}[1], "evil functions, operators and tables do not touch: $read");
}
is($node->safe_psql('postgres', q{SET search_path = evil, pg_catalog, public;
	INSERT INTO public.slt_services (name) VALUES ('Evil'); INSERT INTO public.slt_experiences (service, name, failures_to_open) VALUES ('Evil', 'x', 2);
	INSERT INTO public.slt_outages (service, during) VALUES ('Evil', '[2026-01-01,2026-01-02)');
	SELECT bool_and(public.slt_record('Evil', 'X', i % 5 < 3, NULL, timestamptz '2026-02-01' + i % 7 * interval '3 minutes' + i * interval '1 hour')) FROM generate_series(1, 50) i;
	DELETE FROM public.slt_outages WHERE service OPERATOR(pg_catalog.=) 'Evil'; UPDATE public.slt_services SET name = 'Good' WHERE name OPERATOR(pg_catalog.=) 'Evil';
	DELETE FROM public.slt_services WHERE name OPERATOR(pg_catalog.=) 'Good'}), "t", 'nor checks, nor edits');

$node->safe_psql('postgres', 'CREATE DATABASE shared');
$node->safe_psql('postgres', 'GRANT CREATE ON DATABASE shared TO tenant');
is(as_role('tenant', q{CREATE SCHEMA "O wn"; CREATE EXTENSION slt SCHEMA "O wn"; GRANT USAGE ON SCHEMA "O wn" TO PUBLIC; SET search_path = '';
	UPDATE "O wn".slt_experiences SET recorded = 'by hand' WHERE name <> 'Site';
	INSERT INTO "O wn".slt_outages (service, during) VALUES ('Platform', '[2026-01-10 10:00Z,2026-01-10 11:00Z)');
	SELECT "O wn".slt_record('Platform', 'Site', i > 3, NULL, timestamptz '2026-01-10' + i * interval '1 minute') FROM generate_series(1, 1440) i OFFSET 1439}, 'shared'),
	't', 'a role that is no superuser creates slt in its schema and uses it');
is(as_role('app', sprintf("SET search_path = ''; $day", '"O wn".'), 'shared'), '95.6250', 'others read, in no search_path');    # 63 of 1440 minutes down: 1 to 4 and 10:00 to 11:00

# ---------- overloads, a schema that is renamed ----------

# what users call, with every argument, so that nothing but what is called inside can be captured
my %calls = (
	'slt_availability' => q{'[2026-01-10,2026-01-11)'::tstzrange, 'Platform'::text, NULL::text, NULL::%s.working_calendar}, 'slt_error_budget' => q{'[2026-01-10,2026-01-11)'::tstzrange, 'Platform'::text},
	'slt_availability_report' => q{'[2026-01-10,2026-01-11)'::tstzrange, 'day'::text, 'Platform'::text, NULL::text, NULL::%s.working_calendar},
	'slt_availability_periods' => q{'{"[2026-01-10,2026-01-11)"}'::tstzrange[], 'Platform'::text, NULL::text, true, NULL::%s.working_calendar},
	'slt_burn_alerts' => q{'Platform'::text, '2026-01-10 11:00Z'::timestamptz}, 'slt_weekly_downtime' => q{'Platform'::text, '2026-01-10'::date},
	'slt_next_maintenance' => q{'Platform'::text, 3, '2026-01-10 11:00Z'::timestamptz}, 'slt_maintenance_notices' => '', 'slt_list_services' => '', 'slt_service' => q{'Platform'::text},
	'slt_downtime_allowance' => q{'year'::text, 99.9::numeric}, 'slt_format_allowance' => q{'year'::text, 99.9::numeric}, 'slt_status' => q{'Platform'::text}, 'slt_status_summary' => q{'Platform'::text},
	'slt_status_history' => q{'Platform'::text, 3}, 'slt_status_incidents' => q{'Platform'::text, 3660, 10}, 'slt_status_page' => q{'Platform'::text, 30, 10, '2026-01-01'::date, 'en'::text},
	'slt_excuse' => q{1::bigint, 'reason'::text}, 'slt_import_incidents' => q{'Platform'::text, '{"incidents": [{"id": "a", "name": "A", "components": [{"name": "Site"}], "created_at": "2026-01-01", "impact": "major"}]}'::jsonb, '{}'::jsonb},
	'slt_record' => q{'Platform'::text, 'Site'::text, false, '1 second'::interval, '2026-01-10 20:00Z'::timestamptz, 'm'::text});

# Calls all of them in a transaction that begins with something; returns status and output.
sub call_all
{
	my ($before, $schema) = @_;
	my $calls = join '', map { "SELECT * FROM $schema.$_(" . sprintf($calls{$_}, $schema) . ") \\g /dev/null\n" } sort keys %calls;
	my ($status, $output, $error) = $node->psql('postgres', "SET client_min_messages = error;\nBEGIN;\n$before\n$calls SELECT per_year FROM $schema.slt_downtime_allowances WHERE target = 99;\nROLLBACK", on_error_stop => 1);

	return "$status|$output|$error";
}
is(call_all('', 'public'), '0|3.65 days|', 'every function, with every argument');
is(call_all(<<'SQL', 'public'), '0|3.65 days|', 'nothing is captured by overloads in the schema, with fewer arguments or looser ones');
DO $$
DECLARE
	f record;
	body CONSTANT text := 'BEGIN RAISE ''captured''; END';
BEGIN
	FOR f IN
		SELECT p.proname, (SELECT string_agg(format_type(t, NULL), ', ' ORDER BY n) FROM unnest(p.proargtypes) WITH ORDINALITY x (t, n) WHERE n <= k) AS args
		FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e', generate_series(0, p.pronargs - 1) k
		WHERE p.prokind = 'f' AND NOT 'internal'::regtype = ANY (p.proargtypes) AND 'cstring'::regtype <> ALL (p.proargtypes)
		UNION SELECT p.proname, (SELECT string_agg('anyelement', ', ') FROM unnest(p.proargtypes))
		FROM pg_proc p WHERE p.prokind = 'f' AND (p.pronamespace = 'zz_slt_internal'::regnamespace OR p.proname ~ '^slt_' OR p.proname IN ('lower', 'upper', 'format', 'html', 'trim_scale', 'round'))
	LOOP
		BEGIN
			EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS text LANGUAGE plpgsql AS %L', f.proname, f.args, body);
		EXCEPTION WHEN duplicate_function THEN NULL;
		END;
	END LOOP;
	EXECUTE format('CREATE FUNCTION public.hijack(anyelement, anyelement) RETURNS boolean LANGUAGE plpgsql AS %L', body);
	CREATE OPERATOR public.= (FUNCTION = public.hijack, LEFTARG = anyelement, RIGHTARG = anyelement);
	CREATE OPERATOR public.< (FUNCTION = public.hijack, LEFTARG = anyelement, RIGHTARG = anyelement);
	ASSERT (SELECT count(*) > 50 FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosrc ~ 'captured');
END $$;
SQL
is(call_all('ALTER SCHEMA public RENAME TO renamed;', 'renamed'), '0|3.65 days|', 'all of it works in a schema that was renamed');
is(call_all(q{SELECT public.slt_record('Platform', 'Site', true, NULL, '2026-01-10 19:59Z') \g /dev/null
	ALTER SCHEMA public RENAME TO renamed;}, 'renamed'), '0|3.65 days|', 'also in a session that used it before');

# whoever may not read the tables is told no names
for my $case ([ q{slt_availability('[2026-01-10,2026-01-11)', 'Nope')}, 'service "Nope" does not exist' ], [ q{slt_availability('[2026-01-10,2026-01-11)', 'Platform', 'Nope')}, 'experience "Nope" of service "Platform" does not exist' ])
{
	is(as_role('app', "SELECT $case->[0]"), "psql:<stdin>:1: ERROR:  $case->[1]", "no hint for a role that may not read the names: $case->[1]");
	like(($node->psql('postgres', "SELECT $case->[0]"))[2], qr/HINT:  Known (?:services|experiences) are/, 'but for one that may');
}

# ---------- parallel workers, snapshots ----------

$node->safe_psql('postgres', q{CREATE TABLE days AS SELECT tstzrange(d, d + interval '1 day') AS day FROM generate_series(timestamptz '2020-01-01', '2026-02-01', '1 day') d});
my $parallel = q{SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = %d; };
my $sum = q{SELECT sum(slt_availability(day)), sum(budget_left) FROM days, slt_availability_report(day, 'day') r};
like(value($node, sprintf($parallel, 2) . "EXPLAIN (COSTS off) $sum"), qr/Gather/, 'a query over many days is planned in parallel');
is(value($node, sprintf($parallel, 2) . $sum), value($node, sprintf($parallel, 0) . $sum), 'workers find what one process does');
is(as_role('app', sprintf($parallel, 2) . q{SELECT max(slt_availability(tstzrange('2026-01-10', '2026-01-11')) + x) FROM generate_series(0, 0) x}), as_role('app', q{SELECT slt_availability('[2026-01-10,2026-01-11)')}), 'for a role without privileges, too');

my $reader = $node->background_psql('postgres') if $node->can('background_psql');
SKIP:
{
	skip 'this release has no background sessions', 2 unless defined $reader;
	$reader->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ');
	my $before = $reader->query_safe(sprintf $day, '');
	$node->safe_psql('postgres', q{INSERT INTO slt_outages (service, during) VALUES ('Platform', '[2026-01-10 20:00Z,2026-01-10 22:00Z)')});
	is($reader->query_safe(sprintf $day, ''), $before, 'an old snapshot shows what it showed');
	$reader->query_safe('COMMIT');
	is($reader->query_safe(sprintf $day, ''), '87.5000', 'a new one what is there now');
	$reader->quit;
	$node->safe_psql('postgres', q{DELETE FROM slt_outages WHERE lower(during) = '2026-01-10 20:00Z'});
}
is($node->safe_psql('postgres', "BEGIN; DELETE FROM slt_outages; INSERT INTO slt_outages (service, during) VALUES ('Platform', '[2026-01-10,2026-01-10 12:00Z)'); @{[sprintf $day, '']}; ROLLBACK; @{[sprintf $day, '']}"),
	"50.0000\n95.8333", 'a transaction sees its own changes, and nothing of them is left after a rollback');

# ---------- notices ----------

my ($stdout) = run_command([ 'psql', '-XAt', '-d', $node->connstr('postgres'), '-c', 'LISTEN slt', '-c', 'SELECT id FROM slt_maintenance_notices()', '-c', 'SELECT 1' ]);
like($stdout, qr/notification "slt" with payload "\{"kind" : "maintenance", "id" : 1, "service" : "Platform", "experience" : null, "from" : "2999-01-01T00:00:00\+00:00", "to" : "2999-01-02T00:00:00\+00:00", "reason" : "a \\"b\\"\\\\\\n"\}"/, 'a notice is sent, as JSON');
$node->safe_psql('postgres', q{UPDATE slt_maintenance SET reason = repeat(E'\x01', 3000)});
($stdout) = run_command([ 'psql', '-XAt', '-d', $node->connstr('postgres'), '-c', 'LISTEN slt', '-c', 'SELECT id FROM slt_maintenance_notices()', '-c', 'SELECT 1' ]);
like($stdout, qr/payload "\{"kind" : "maintenance", "id" : 1, "service" : "Platform", "experience" : null, "from" : "2999-01-01T00:00:00\+00:00", "to" : "2999-01-02T00:00:00\+00:00"\}"/, 'one that is too long goes without its reason');
$node->safe_psql('postgres', q{UPDATE slt_maintenance SET announced_at = now()});
is(value($node, 'SELECT count(*) FROM slt_maintenance_notices()'), '0', 'none when administrators have been told');

# ---------- how much is read ----------

$node->safe_psql('postgres', q{CREATE DATABASE many});
$node->safe_psql('many', q{
	CREATE EXTENSION slt;
	INSERT INTO slt_services (name) VALUES ('Busy');
	INSERT INTO slt_experiences (service, name, recorded) SELECT 'Busy', n, 'by hand' FROM generate_series(0, 4) n});
for my $case ([ 'long ago', '1000 days', '800 days', 0 ], [ 'within 90 days', '90 days', '1 minute', 1 ], [ 'within a day', '20 hours', '1 minute', 1 ], [ 'over five years', '1826 days', '1 minute', 1, 2 ])
{
	$node->safe_psql('many', qq{
		TRUNCATE slt_outages;
		INSERT INTO slt_outages (service, experience, during, planned) SELECT 'Busy', n % 4, tstzrange(at, at + (1 + n % 50) * interval '1 second'), n % 7 = 0
		FROM (SELECT n, now() - interval '$case->[2]' - n * 7919 % 20000 * (interval '$case->[1]' - interval '$case->[2]') / 20000 AS at FROM generate_series(1, 20000) n) x;
		VACUUM slt_outages});
	my $pages = $node->safe_psql('many', q{SELECT pg_relation_size('slt_outages') / 8192});
	for my $function ([ q{slt_status('Busy')}, $case->[4] // 1 ], [ q{slt_status_history('Busy')}, $case->[3] ], [ q{slt_status_summary('Busy')}, 1 ],
		[ q{slt_availability_report(tstzrange(now() - interval '90 days', now()), 'day', 'Busy')}, $case->[3] ])
	{
		# of the experience that never was down it takes all of the past, once the last month, if that is little, has not told
		my $read = $node->safe_psql('many', q{DELETE FROM slt_experiences WHERE service <> 'Busy'; DELETE FROM slt_services WHERE name <> 'Busy';
			BEGIN; SELECT count(*) FROM } . $function->[0] . q{ \g /dev/null
			SELECT pg_stat_get_xact_blocks_fetched('slt_outages'::regclass)});
		cmp_ok($read, '<', 1.1 * $function->[1] * $pages + 30, "$function->[0] of outages $case->[0] reads $read pages of $pages");
	}
}

# ---------- tables changed by hand ----------

for my $case (
	[ 'DROP INDEX %s', 'without the index' ],
	[ 'DROP INDEX %s; CREATE INDEX slt_outages_by_time ON slt_outages (id)', 'with another index of its name' ],
	[ 'DROP INDEX %s; CREATE INDEX slt_outages_by_time ON slt_outages (service, lower(during), zz_slt_internal.outage_class(during))', 'with its columns in another order' ],
	[ 'DROP INDEX %s; CREATE INDEX slt_outages_by_time ON slt_outages (service DESC, zz_slt_internal.outage_class(during), lower(during))', 'with another order' ],
	[ 'DROP INDEX %s; CREATE INDEX slt_outages_by_time ON slt_outages (service COLLATE "C", zz_slt_internal.outage_class(during), lower(during))', 'with another collation' ],
	[ q{DROP INDEX %s; CREATE INDEX slt_outages_by_time ON slt_outages (service, zz_slt_internal.outage_class(during), lower(during)) WHERE planned}, 'with a predicate' ],
	[ 'REINDEX INDEX %s', 'with the index made again' ],
	[ 'ALTER TABLE slt_coverage DROP CONSTRAINT slt_coverage_pkey', 'without the primary key of coverage' ],
	[ 'ALTER TABLE slt_outages ADD COLUMN other text, ADD COLUMN mine text; ALTER TABLE slt_outages DROP COLUMN other', 'with other columns' ],
	[ 'CLUSTER slt_outages USING slt_outages_pkey', 'after CLUSTER' ])
{
	is(value($node, sprintf("SET client_min_messages = error; BEGIN; $case->[0]; ", 'slt_outages_by_time') . sprintf($day, '') . '; ROLLBACK'), '95.8333', $case->[1]);
}
for my $case (
	[ 'ALTER TABLE slt_outages RENAME COLUMN weight TO mass', qr/has no usable column "weight"/ ],
	[ 'ALTER TABLE slt_outages ALTER planned DROP NOT NULL, ALTER planned DROP DEFAULT; UPDATE slt_outages SET planned = NULL', qr/has a null that it must not have/ ],
	[ 'ALTER TABLE slt_services ALTER target DROP NOT NULL; UPDATE slt_services SET target = NULL', qr/is null in a row/ ],
	[ q{ALTER TABLE slt_services DROP CONSTRAINT slt_services_time_zone_is_known; UPDATE slt_services SET time_zone = 'Atlantis/Capital'}, qr/does not know the time zone "Atlantis\/Capital"/ ],
	[ 'ALTER TABLE slt_outages RENAME TO outages', qr/table "slt_outages" of extension "slt" does not exist/ ])
{
	like(($node->psql('postgres', "BEGIN; $case->[0]; " . sprintf($day, '')))[2], $case->[1], "an error: $case->[0]");
}

# ---------- edges ----------

for my $case (
	[ q{slt_availability('[-infinity,infinity]') = slt_availability('[2026-01-10 10:00Z,)')}, qr/^t$/ ], [ q{slt_availability('[4713-01-01 BC,)')}, qr/^99\.9999/ ], [ q{slt_availability_periods('{"[4713-01-01 BC,294276-12-31 23:59:59)"}')}, qr/too long to be measured/ ],
	[ q{slt_downtime(r, r) FROM (VALUES (tstzrange('4713-01-01 BC', '294276-12-31 23:59:59'))) v (r)}, qr/too long to be measured/ ], [ q{slt_availability('[2026-01-10,2026-01-10]') IS NULL}, qr/^t$/ ],
	[ q{slt_availability('(,2026-01-01)') IS NULL}, qr/^t$/ ], [ q{slt_availability('[2026-01-10,2026-01-11)', hours => 'UTC 2027-01-01 09:00-17:00') IS NULL}, qr/^t$/ ],
	[ q{cardinality(slt_calendar_periods('[0001-01-01,2026-01-01)', 'year', 'UTC'))}, qr/^2025$/ ], [ q{slt_calendar_periods('[4713-01-01 BC,294276-12-31)', 'day', 'UTC') IS NULL}, qr/too many periods/ ],
	[ q{cardinality(slt_calendar_periods('[4713-01-01 BC,294276-12-31 23:59:59)', 'year', 'Africa/Cairo'))}, qr/^298988|^298989/ ],
	[ q{slt_record('Platform', 'Site', true, '1 year', '294276-12-31 23:59:59')}, qr/is in the future/ ], [ q{slt_record('Platform', 'Site', false, '-1 year', '4713-01-01 00:00:00 BC')}, qr/^t$/ ])
{
	my ($status, $output, $error) = $node->psql('postgres', "BEGIN; SELECT $case->[0]; ROLLBACK");

	like($status == 0 ? $output : $error, $case->[1], $case->[0]);
}

done_testing();
