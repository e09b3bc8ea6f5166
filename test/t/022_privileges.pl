# Who may do what; and that nobody can make slt, or those who use it, do anything else.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;

my $node = new_server('privileges');
my $due = q{SELECT slt_deadline('2025-11-10 10:00+02', 'S1', 'Standard')::timestamp};
my $on_time = '2025-11-12 10:00:00';
my $day_later = '2025-11-13 10:00:00';
my @tables = split /\n/, value($node, q{SELECT c.oid::regclass FROM pg_extension e, unnest(e.extconfig) AS x (oid) JOIN pg_class c USING (oid) WHERE e.extname = 'slt' AND c.relkind = 'r'});

# Runs statements as a role, in a session of its own; returns their output, or the error if there is any.
sub as_role
{
	my ($role, $statements, $database) = @_;
	my ($status, $output, $error) = $node->psql($database // 'postgres', $statements, extra_params => [ '-U', $role ], on_error_stop => 1);

	return $status == 0 ? $output : $error;
}

$node->safe_psql('postgres', 'CREATE ROLE app LOGIN; CREATE ROLE editor LOGIN; CREATE ROLE tenant LOGIN');

# ---------- a role without any grant ----------

is(as_role('app', $due), $on_time, 'a role without privileges asks for a deadline');
is(as_role('app', q{SELECT count(*) FROM slt_explain('2025-11-10 10:00+02', 'critical', 'standard')}), '5', 'for an explanation');
is(as_role('app', q{SELECT working_add('2025-11-10 10:00+02', '2 days', 'Egypt')::timestamp}), $on_time, 'for working time by a calendar\'s name');
is(as_role('app', q{SELECT (timestamptz '2025-11-10 10:00+02' + working_interval '2 days')::timestamp}), $on_time, 'by the default calendar');
is(as_role('app', q{SELECT slt_calendar('egypt')::text LIKE 'Africa/Cairo Su-Fr 09:00-17:00; %2026 Jan 07 off%'}), 't', 'for a calendar');
like(as_role('app', q{SELECT slt_deadline(now(), 'S1', 'Gold')}), qr/contract "Gold" does not exist(?!.*HINT)/s, 'and is not told what there is, which it may not read');
cmp_ok(scalar @tables, '>=', 15, 'there are many tables');
for my $table (@tables)
{
	my $column = value($node, "SELECT attname FROM pg_attribute WHERE attrelid = '$table'::regclass AND attnum > 0 AND attidentity = '' ORDER BY attnum LIMIT 1");

	like(as_role('app', $_), qr/permission denied for table $table/, "but not: $_")
	  for "SELECT FROM $table", "INSERT INTO $table DEFAULT VALUES", "DELETE FROM $table", "UPDATE $table SET $column = NULL", "TRUNCATE $table", "COPY $table TO STDOUT";
}
like(as_role('app', 'SELECT zz_slt_internal.config_changed()'), qr/permission denied for function config_changed/, 'nor call a trigger');

# ---------- what a DBA grants ----------

$node->safe_psql('postgres', 'GRANT SELECT, INSERT, UPDATE, DELETE ON slt_holidays TO editor');
is(as_role('editor', q{INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', '2025-11-11', 'Test')}), '', 'a role adds a holiday if it was granted that');
is(as_role('app', $due), $day_later, 'everybody has it');
is(as_role('editor', q{UPDATE slt_holidays SET hours = '09:00-12:00' WHERE name = 'Test'; DELETE FROM slt_holidays WHERE name = 'Test'}), '', 'changes and removes it');
is(as_role('app', $due), $on_time, 'everybody is without it');
like(as_role('editor', 'DELETE FROM slt_targets'), qr/permission denied for table slt_targets/, 'and has no more than that');
$node->safe_psql('postgres', 'GRANT SELECT, INSERT ON slt_targets TO editor');
$node->safe_psql('postgres', q{INSERT INTO slt_metrics (name) VALUES ('callback')});
is(as_role('editor', q{INSERT INTO slt_targets VALUES ('Standard', 'S1', 'callback', '1 hour', '[2025-01-01,)')}), '', 'a role adds a target if it was granted that');
$node->safe_psql('postgres', q{GRANT SELECT, INSERT ON slt_metrics TO editor});
is(as_role('editor', q{INSERT INTO slt_metrics (name, ends_with) VALUES ('visit', 'response')}), '', 'a metric');
like(as_role('editor', q{INSERT INTO slt_metrics (name, ends_with) VALUES ('call', 'nothing')}), qr/ends with "nothing", which is no metric/, 'which ends with one that is there');
like(as_role('editor', q{INSERT INTO slt_targets VALUES ('Standard', 'S1', 'callback', '2 hours')}), qr/overlaps another one in time/, 'which may not overlap another');

# ---------- objects of the same names, ahead in search_path ----------

$node->safe_psql('postgres', <<'SQL');
CREATE SCHEMA evil;
CREATE TABLE evil.slt_shipped (version text);
CREATE TABLE evil.slt_calendars (LIKE slt_calendars);
CREATE TABLE evil.slt_holidays (LIKE slt_holidays);
CREATE TABLE evil.slt_contracts (LIKE slt_contracts);
CREATE TABLE evil.slt_severities (LIKE slt_severities);
CREATE TABLE evil.slt_targets (LIKE slt_targets INCLUDING DEFAULTS);
INSERT INTO evil.slt_calendars VALUES ('Evil', 'UTC 24/7');
INSERT INTO evil.slt_contracts VALUES ('Standard', 'Evil');
INSERT INTO evil.slt_severities VALUES ('S1', 'Critical');
INSERT INTO evil.slt_targets VALUES ('Standard', 'S1', 'resolution', '666 days', '(,)');
DO $$
DECLARE
	f record;
BEGIN
	-- every function that a name or an operator in slt's own code might be taken for
	FOR f IN VALUES ('lower', 'text', 'text'), ('hashtext', 'text', 'int'), ('texteq', 'text, text', 'boolean'), ('textregexeq', 'text, text', 'boolean'),
		('textcat', 'text, text', 'text'), ('isempty', 'tstzrange', 'boolean'), ('range_overlaps', 'tstzrange, tstzrange', 'boolean'),
		('range_ne', 'tstzrange, tstzrange', 'boolean'), ('pg_advisory_xact_lock', 'int, int', 'void'), ('format', 'text, text', 'text'),
		('format', 'text, name, name', 'text'), ('format', 'text, name, text', 'text'), ('format', 'text, tstzrange, tstzrange', 'text'), ('unnest', 'text[]', 'text'),
		('timestamptz_le', 'timestamptz, timestamptz', 'boolean'), ('date_ge', 'date, date', 'boolean'), ('numeric_div', 'numeric, int', 'numeric'),
		('trim_scale', 'numeric', 'numeric'), ('timezone', 'text, timestamptz', 'timestamp'), ('working_interval_gt', 'public.working_interval, public.working_interval', 'boolean') LOOP
		EXECUTE format('CREATE FUNCTION evil.%I(%s) RETURNS %s LANGUAGE plpgsql AS $f$BEGIN RAISE ''hijacked %s''; END$f$', f.column1, f.column2, f.column3, f.column1);
	END LOOP;
	FOR f IN VALUES ('=', 'texteq', 'text', 'text'), ('~', 'textregexeq', 'text', 'text'), ('!~', 'textregexeq', 'text', 'text'), ('||', 'textcat', 'text', 'text'),
		('&&', 'range_overlaps', 'tstzrange', 'tstzrange'), ('<>', 'range_ne', 'tstzrange', 'tstzrange'), ('<=', 'timestamptz_le', 'timestamptz', 'timestamptz'),
		('>=', 'date_ge', 'date', 'date'), ('/', 'numeric_div', 'numeric', 'int'), ('>', 'working_interval_gt', 'public.working_interval', 'public.working_interval') LOOP
		EXECUTE format('CREATE OPERATOR evil.%s (FUNCTION = evil.%s, LEFTARG = %s, RIGHTARG = %s)', f.column1, f.column2, f.column3, f.column4);
	END LOOP;
END $$;
CREATE DOMAIN evil.working_calendar AS text CHECK (VALUE IS NULL);
CREATE DOMAIN evil.text AS int;
GRANT ALL ON ALL TABLES IN SCHEMA evil TO PUBLIC;
GRANT USAGE ON SCHEMA evil TO PUBLIC;
SQL
my $evil_first = 'SET search_path = evil, pg_catalog, public;';
like(as_role('app', qq{$evil_first SELECT 'a'::pg_catalog.text = 'b'::pg_catalog.text}), qr/hijacked texteq/, 'a session whose first schema is evil');
my $qualified_due = q{SELECT public.slt_deadline('2025-11-10 10:00+02', 'S1', 'standard')::timestamp};
is(as_role('app', "$evil_first $qualified_due"), $on_time, 'evil tables, operators and functions do not touch a deadline');
is(as_role('app', "$evil_first SELECT public.working_add('2025-11-10 10:00+02', '2 days', 'EGYPT')::timestamp"), $on_time, 'nor working time by name');
is(as_role('app', "$evil_first SELECT count(*) FROM public.slt_explain('2025-11-10 10:00+02', 'S1', 'Standard')"), '5', 'nor an explanation');
is($node->safe_psql('postgres', "$evil_first SELECT * FROM public.slt_check_time_zones('{Africa/Cairo}')"), '', 'nor the check of time zones');
for my $edit (
	q{INSERT INTO public.slt_calendars VALUES ('Edit', 'UTC Mo-Fr 09:00-17:00')},
	q{INSERT INTO public.slt_holiday_lists VALUES ('Edit')}, q{INSERT INTO public.slt_calendar_lists VALUES ('Edit', 'Edit')},
	q{INSERT INTO public.slt_metrics (name, ends_with) VALUES ('edit', 'response')},
	q{INSERT INTO public.slt_holidays VALUES ('Edit', '2030-01-01', 'Edit', '09:00-12:00')},
	q{INSERT INTO public.slt_contracts VALUES ('Edit', 'Edit')},
	q{INSERT INTO public.slt_severities VALUES ('Edit', 'Edit label')},
	q{INSERT INTO public.slt_targets VALUES ('Edit', 'Edit', 'edit', '1 hour', '(,2030-01-01)'), ('Edit', 'Edit', 'edit', '1 hour', '[2030-01-01,)')},
	q{UPDATE public.slt_contracts SET name = 'Edited' WHERE name OPERATOR(pg_catalog.=) 'Edit'},
	q{UPDATE public.slt_severities SET code = 'Edited' WHERE code OPERATOR(pg_catalog.=) 'Edit'},
	q{UPDATE public.slt_calendars SET name = 'Edited' WHERE name OPERATOR(pg_catalog.=) 'Edit'},
	q{INSERT INTO public.slt_request_kinds VALUES ('Edit', true)},
	q{INSERT INTO public.slt_channels VALUES ('Edit', true)},
	q{BEGIN; DELETE FROM public.slt_targets WHERE shipped IS NULL; DELETE FROM public.slt_metrics WHERE shipped IS NULL; INSERT INTO public.slt_shipped VALUES ('1.0'); ROLLBACK},
	q{DELETE FROM public.slt_targets WHERE metric OPERATOR(pg_catalog.=) 'edit'},
	q{DELETE FROM public.slt_severities WHERE code OPERATOR(pg_catalog.=) 'Edited'},
	q{DELETE FROM public.slt_contracts WHERE name OPERATOR(pg_catalog.=) 'Edited'},
	q{DELETE FROM public.slt_calendars WHERE name OPERATOR(pg_catalog.=) 'Edited'})
{
	my ($status, undef, $error) = $node->psql('postgres', "$evil_first $edit", on_error_stop => 1);

	is($error, '', "nor a DBA's edit: $edit");
}
like(($node->psql('postgres', $evil_first . q{INSERT INTO public.slt_targets VALUES ('Standard', 'S1', 'response', '1 hour', '[2030-01-01,)')}))[2],
	qr/overlaps another one in time/, 'nor what an edit is checked for');
is(value($node, 'SELECT count(*) FROM evil.slt_targets'), '1', 'evil tables stay as they are');

my $temporary = q{CREATE TEMP TABLE slt_targets (LIKE public.slt_targets INCLUDING DEFAULTS); CREATE TEMP TABLE slt_holidays (LIKE public.slt_holidays INCLUDING DEFAULTS); CREATE TEMP TABLE slt_calendars (LIKE public.slt_calendars);
	INSERT INTO pg_temp.slt_holidays (list, day, name) VALUES ('Egypt', '2025-11-11', 'Test'); INSERT INTO pg_temp.slt_targets VALUES ('Standard', 'S1', 'response', '1 hour', '[2030-01-01,2031-01-01)');};
is($node->safe_psql('postgres', "$temporary $due"), $on_time, 'temporary tables do not touch a deadline');
like(($node->psql('postgres', $temporary . q{DELETE FROM slt_targets; INSERT INTO public.slt_targets VALUES ('Standard', 'S1', 'response', '1 hour', '[2030-01-01,2031-01-01)')}))[2],
	qr/overlaps another one in time/, 'nor what an edit is checked for');
is($node->safe_psql('postgres', "$temporary BEGIN; DELETE FROM public.slt_targets WHERE shipped IS NULL; DELETE FROM public.slt_metrics WHERE shipped IS NULL; INSERT INTO public.slt_shipped VALUES ('1.0'); SELECT count(*) FROM public.slt_targets WHERE shipped IS NOT NULL; ROLLBACK; SELECT count(*) FROM pg_temp.slt_targets"),
	"0\n1", 'nor what a restore removes');

# ---------- how functions are made ----------

my $functions = q{FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
	JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'slt'};
is(value($node, "SELECT string_agg(p.oid::regprocedure::text, ', ') $functions WHERE p.prosecdef"), 'zz_slt_internal.family(regclass), zz_slt_internal.known_metrics(), zz_slt_internal.follow_policy(), zz_slt_internal.follow_metric(), zz_slt_internal.forget_announced(), zz_slt_internal.expect_news(), zz_slt_internal.fingerprint()',
	'SECURITY DEFINER are three functions that tell what is no secret, and triggers by which the policy reaches attachments, they what was announced, and outages the sweep');
is(value($node, "SELECT string_agg(p.oid::regprocedure::text, ', ') $functions WHERE l.lanname NOT IN ('c', 'internal') AND p.prosqlbody IS NULL"
	. q{ AND p.prokind <> 'p' AND NOT coalesce(p.proconfig, '{}') && '{"search_path=pg_catalog, pg_temp","search_path=pg_catalog, zz_slt_internal, pg_temp"}'}), '', 'each function that is no C has its search_path or its body fixed');
is(value($node, "SELECT string_agg(p.oid::regprocedure::text, ', ') $functions WHERE p.prokind = 'p'"), 'slt_backfill(regclass,integer), slt_sweep_all(), slt_prune_all(interval,integer)', 'there are three procedures, which cannot since they commit, and are C');
isnt(value($node, "SELECT count(*) $functions WHERE l.lanname = 'plpgsql'"), '0', 'and there are some');

# ---------- CREATE EXTENSION by a role that is no superuser ----------

$node->safe_psql('postgres', 'CREATE DATABASE shared');
$node->safe_psql('postgres', 'GRANT CREATE ON DATABASE shared TO tenant');
is(as_role('tenant', 'CREATE SCHEMA own; CREATE EXTENSION slt SCHEMA own; GRANT USAGE ON SCHEMA own TO PUBLIC', 'shared'), '', 'a role with CREATE on the database creates slt');
my %without_path = (
	deadline => q{SELECT own.slt_deadline('2025-11-10 10:00+02', 's1', 'STANDARD')::timestamp},
	explain => q{SELECT max("to")::timestamp FROM own.slt_explain('2025-11-10 10:00+02', 'S1', 'Standard')},
	name => q{SELECT own.working_add('2025-11-10 10:00+02', '2 days', 'Egypt')::timestamp},
	setting => q{SELECT (timestamptz '2025-11-10 10:00+02' OPERATOR(own.+) own.working_interval '2 days')::timestamp},
	value => q{SELECT own.working_add('2025-11-10 10:00+02', '2 days', own.slt_calendar('egypt'))::timestamp});
for my $role ('tenant', 'app')
{
	is(as_role($role, "SET search_path = ''; $without_path{$_}", 'shared'), $on_time, "$role, with slt in no search_path: $_") for sort keys %without_path;
}
is(as_role('tenant', q{SET search_path = ''; SELECT count(*) FROM own.slt_check_time_zones('{Atlantis/Capital}')}, 'shared'), '1', 'tenant, with slt in no search_path: time zones');
is(as_role('tenant', q{SET search_path = ''; SELECT count(DISTINCT a), own.max(a) FROM (VALUES (own.working_interval '1 day'), ('8 hours')) x (a)}, 'shared'),
	'1|1 working day', 'tenant, with slt in no search_path: comparison');
is(as_role('tenant', q{SET search_path = ''; INSERT INTO own.slt_metrics (name) VALUES ('callback'); INSERT INTO own.slt_targets VALUES ('Standard', 'S1', 'callback', '1 hour', '(,)'); UPDATE own.slt_contracts SET name = 'Basic' WHERE name = 'Standard'}, 'shared'),
	'', 'who creates the extension edits its tables, with slt in no search_path');
is(as_role('tenant', q{GRANT SELECT, INSERT ON own.slt_holidays TO editor}, 'shared'), '', 'and lets others');
like(as_role('app', 'SELECT FROM own.slt_holidays', 'shared'), qr/permission denied for table slt_holidays/, 'whom nobody has let has no access');
is($node->safe_psql('shared', q{SET search_path = ''; INSERT INTO own.slt_holidays (list, day, name) VALUES ('Egypt', '2025-11-11', 'Test'); } . $without_path{name}), $day_later,
	'a superuser edits them, with slt in no search_path');
is(as_role('tenant', 'DROP EXTENSION slt', 'shared'), '', 'who created it drops it');

# the install script runs as a superuser: it must not call what the creating role put into the schema
my $traps = join "\n", map { "CREATE FUNCTION trap.$_ LANGUAGE plpgsql AS 'BEGIN RAISE ''trap for %'', current_user; END';" }
	'format(text, text) RETURNS text', 'format(text, text, text) RETURNS text', 'format(text, text, numeric, date, numeric) RETURNS text',
	'isempty(tstzrange) RETURNS boolean', 'unnest(text[]) RETURNS SETOF text', 'lower(text) RETURNS text', 'hashtext(text) RETURNS int',
	'divide(numeric, int) RETURNS numeric', 'textcat(text, text) RETURNS text', 'matches(text, text) RETURNS boolean';
$traps .= 'CREATE OPERATOR trap./ (FUNCTION = trap.divide, LEFTARG = numeric, RIGHTARG = int);'
  . 'CREATE OPERATOR trap.|| (FUNCTION = trap.textcat, LEFTARG = text, RIGHTARG = text);'
  . 'CREATE OPERATOR trap.~ (FUNCTION = trap.matches, LEFTARG = text, RIGHTARG = text);';
is(as_role('tenant', "CREATE SCHEMA trap; $traps", 'shared'), '', 'a role fills a schema with functions that it would like a superuser to call');
is(as_role('tenant', 'CREATE EXTENSION slt SCHEMA trap', 'shared'), '', 'creating slt there calls none of them');
is($node->safe_psql('shared', q{
	SELECT DISTINCT pg_describe_object(classid, objid, 0), 'uses', pg_describe_object(refclassid, refobjid, 0)
	FROM pg_depend d
	WHERE (classid, objid) IN (SELECT classid, objid FROM pg_depend WHERE deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'slt')
							   UNION ALL SELECT 'pg_constraint'::regclass, oid FROM pg_constraint WHERE connamespace = 'trap'::regnamespace)
	  AND (refobjid IN (SELECT oid FROM pg_proc WHERE pronamespace = 'trap'::regnamespace AND prosrc ~ 'trap for')
		   OR refobjid IN (SELECT o.oid FROM pg_operator o JOIN pg_proc p ON p.oid = o.oprcode WHERE p.prosrc ~ 'trap for'))}),
	'', 'and nothing in it uses one');

done_testing();
