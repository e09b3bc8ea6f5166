# What a role can make large, wrong or wait for, and what the policy's copy does
# then; whom its triggers serve; and that a renamed schema breaks nothing.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use Time::HiRes qw(time);

my $node = new_server('limits');
my $due = q{SELECT slt_deadline('2025-11-10 10:00+02', 'S1', 'Standard')::timestamp};
my $on_time = '2025-11-12 10:00:00';
my $day_later = '2025-11-13 10:00:00';

# Runs statements as a role; returns their output, or the error with its state if there is any.
sub outcome
{
	my ($statements, $role, $database) = @_;
	my ($status, $output, $error) = $node->psql($database // 'postgres', $statements, on_error_stop => 1,
		extra_params => [ '-U', $role // $node->{_user} // 'postgres', '-v', 'VERBOSITY=verbose' ]);

	return $status == 0 ? $output : $error;
}

# ---------- memory ----------

my $memory = q{SELECT coalesce(sum(total_bytes), 0) / 1024 FROM pg_backend_memory_contexts WHERE name LIKE 'slt%'};
$node->safe_psql('postgres', q{CREATE ROLE app LOGIN; CREATE DATABASE large TEMPLATE postgres});
$node->safe_psql('large', <<'SQL');
INSERT INTO slt_contracts (name, calendar) SELECT 'C' || i, 'Egypt' FROM generate_series(1, 700) i;
INSERT INTO slt_targets (contract, severity, metric, amount)
SELECT 'C' || i, s, m, '8 working hours' FROM generate_series(1, 700) i, unnest('{S1,S2,S3}'::text[]) s, unnest('{response,resolution}'::text[]) m;
SQL
my ($answered, $kilobytes) = split /\n/, $node->safe_psql('large', q{SELECT count(slt_deadline(now(), s, 'C' || i, m))
	FROM generate_series(1, 700) i, unnest('{S1,S2,S3}'::text[]) s, unnest('{response,resolution}'::text[]) m;} . $memory);
is($answered, '4200', '700 contracts, each asked for');
cmp_ok($kilobytes, '<', 20 * 1024, 'do not take much memory') or diag("$kilobytes kB");
($answered, $kilobytes) = split /\n/, $node->safe_psql('postgres', q{
INSERT INTO slt_contracts VALUES ('an-unusually-long-name', 'Egypt');
INSERT INTO slt_severities VALUES ('an-unusually-long-name');
INSERT INTO slt_targets VALUES ('an-unusually-long-name', 'an-unusually-long-name', 'resolution', '1 hour');
SELECT count(slt_deadline(now(), spelled, spelled, 'resolution')) FROM (
	SELECT (SELECT string_agg(CASE WHEN n >> b & 1 = 1 THEN upper(substr(w, b + 1, 1)) ELSE substr(w, b + 1, 1) END, '' ORDER BY b) FROM generate_series(0, length(w) - 1) b) AS spelled
	FROM (VALUES ('an-unusually-long-name')) v (w), generate_series(0, 50000) n) s;} . $memory);
is($answered, '50001', 'fifty thousand spellings of a name are all known');
cmp_ok($kilobytes, '<', 4 * 1024, 'and do not take much memory') or diag("$kilobytes kB");
($answered, $kilobytes) = split /\n/, $node->safe_psql('postgres', q{
DO $$ BEGIN
	FOR i IN 1 .. 1000 LOOP
		BEGIN
			PERFORM slt_deadline(now(), repeat('x', 200000) || i, 'Standard');
		EXCEPTION WHEN undefined_object THEN
			IF octet_length(SQLERRM) > 200 THEN RAISE 'long message: %', octet_length(SQLERRM); END IF;
		END;
	END LOOP;
END $$; SELECT 'done';} . $memory);
cmp_ok($kilobytes, '<', 1024, 'nor do long names that nothing has') or diag("$kilobytes kB");
like(outcome(q{SELECT slt_deadline(now(), repeat('ö', 100000), 'Standard')}), qr/ERROR:  42704: severity "(?:ö){50}\.\.\." does not exist/, 'whose message is cut between letters');

# calendars that one promise needs, and that cannot be kept at one time: the ticket is written all the same
{
	my ($output, $messages) = ('', '');

	$node->safe_psql('large', <<'SQL');
INSERT INTO slt_calendars (name, calendar) SELECT 'L' || k, ('UTC Mo-Fr 09:00-17:00; ' || (SELECT string_agg(to_char(date '2000-01-01' + 2 * i, 'YYYY-MM-DD') || format(' 0%s:00-1%1$s:0%s', k % 10, k / 10), '; ') FROM generate_series(1, 4500) i))::working_calendar FROM generate_series(1, 50) k;
INSERT INTO slt_severities (code) VALUES ('L');
INSERT INTO slt_targets (contract, severity, metric, amount, during, calendar)
SELECT 'Standard', 'L', 'resolution', '1 day', tstzrange(d, d + interval '30 days'), 'L' || k FROM generate_series(1, 50) k, LATERAL (SELECT timestamptz '2020-01-01 00:00Z' + k * interval '30 days') x (d);
CREATE TABLE slow (id int PRIMARY KEY, opened timestamptz, solved timestamptz);
SELECT slt_attach('slow', 'opened', severity_value => 'L', contract_value => 'Standard', done_at => '{"resolution": "solved"}', metrics => '{resolution}');
SQL
	$node->psql('large', q{SET statement_timeout = '120s'; INSERT INTO slow VALUES (1, '2021-01-05 10:00Z'); SELECT count(*) FROM slow}, stdout => \$output, stderr => \$messages);
	is($output, '1', 'a ticket whose targets have more calendars than can be kept is written');
	like($messages, qr/WARNING:  a row of table "slow" is written without new deadlines\nDETAIL:  The calendars of a ticket's targets are too large/, 'with a warning');
	is($node->safe_psql('large', q{SELECT slt_deadline('2021-01-05 10:00Z', 'L', 'Standard') IS NOT NULL}), 't', 'each of them by itself will do');
}

# ---------- a database in Turkish, where I and i are no pair ----------

SKIP:
{
	my $options = q{TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR' LOCALE 'C.UTF-8' ENCODING utf8};

	skip 'this server has no ICU', 11 if $node->psql('postgres', "CREATE DATABASE tr $options") != 0;
	$node->safe_psql('tr', 'CREATE EXTENSION slt');
	is($node->safe_psql('tr', q{SELECT lower('CRITICAL') = 'critical'}), 'f', 'in Turkish CRITICAL is not critical');
	is($node->safe_psql('tr', $due =~ s/'S1', 'Standard'/'CRITICAL', 'STANDARD', 'RESOLUTION'/r), $on_time, 'but to slt it is');
	like(outcome(q{INSERT INTO slt_severities VALUES ('S9', 'CRITICAL')}, undef, 'tr'), qr/23505.*slt_severities_label_without_case/s, 'the index thinks so, too');
	$node->safe_psql('tr', q{INSERT INTO slt_severities VALUES ('S8', 'ÇİZGİ'); INSERT INTO slt_metrics (name) VALUES ('inceleme')});
	is(outcome(q{SELECT slt_deadline(now(), 'çizgi', 'Standard')}, undef, 'tr'), '', 'letters beyond ASCII fold as the server folds them');
	like(outcome(q{INSERT INTO slt_severities VALUES ('S7', 'çizgi')}, undef, 'tr'), qr/23505/, 'in the index as well');
	is(outcome(q{SELECT slt_deadline(now(), 'S1', 'Standard', 'INCELEME')}, undef, 'tr'), '', 'a metric with an i is lower case');
	$node->safe_psql('tr', q{INSERT INTO slt_services (name) VALUES ('Billing'); INSERT INTO slt_experiences (service, name) VALUES ('Billing', 'Invoices')});
	is(outcome(q{SELECT slt_availability('2026-01', 'BILLING', 'INVOICES'), slt_record('billing', 'iNVOICES', true)}, undef, 'tr'), '|t', 'services and experiences are found like other names');
	like(outcome(q{INSERT INTO slt_services (name) VALUES ('BILLING')}, undef, 'tr'), qr/23505.*slt_services_name_without_case/s, '... and are there once');
	unlike(outcome(q{CREATE TABLE units (id int PRIMARY KEY, o bigint, r bigint); SELECT slt_attach('units', 'o', severity_value => 'S1', contract_value => 'Standard', done_at => '{"resolution": "r"}', time_unit => 'MILLISECONDS')}, undef, 'tr'), qr/ERROR/, 'a unit of time is what it is elsewhere');
	is($node->safe_psql('tr', q{SELECT count(*) FROM slt_check_time_zones('{AFRICA/CAIRO}')}), '0', 'and so is a time zone');
	$node->safe_psql('tr', q{INSERT INTO slt_incidents (service, title) VALUES ('Billing', 'x'); INSERT INTO slt_incident_updates (incident, status, text) SELECT id, 'investigating', 'x' FROM slt_incidents});
	like($node->safe_psql('tr', q{SELECT slt_incidents_atom('Billing', 'https://example.org/')}), qr/Investigating/, 'a feed is written in English');
}

# ---------- trigger functions where they do not belong ----------

{
	my $started = $node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()');
	my @functions = split /\n/, $node->safe_psql('postgres', q{SELECT p.oid::regproc FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
		WHERE p.pronamespace = 'zz_slt_internal'::regnamespace AND prorettype = 'trigger'::regtype AND l.lanname = 'c' ORDER BY 1});
	my %columns = (
		strange => 'x int',
		like_targets => 'contract text, severity text, metric text, during tstzrange',
		wrong_types => 'contract int, severity int, metric int, during int, name int, list int, hours int',
		nulls => 'list text, name text, hours text, day date, calendar text');

	cmp_ok(scalar @functions, '>=', 4, 'there are trigger functions in C');
	for my $function (@functions)
	{
		like(outcome("SELECT $function()", 'app'), qr/42501/, "$function: not for everyone");
		like(outcome("SELECT $function()"), qr/39P01|0A000/, "$function: no trigger at all");
		for my $table (sort keys %columns)
		{
			my $answers = '';

			for my $schema ('public', 'pg_temp')
			{
				for my $timing ('AFTER INSERT OR UPDATE OR DELETE', 'BEFORE INSERT OR UPDATE OR DELETE')
				{
					for my $level ('ROW', 'STATEMENT')
					{
						for my $arguments ('', "'list'", "'no such column'")
						{
							my $transition = $timing =~ /AFTER/ && $level eq 'STATEMENT';

							for my $trigger ("$timing ON $schema.t", $transition ? ("AFTER INSERT ON $schema.t REFERENCING NEW TABLE AS n") : ())
							{
								$answers .= outcome("BEGIN; CREATE TABLE $schema.t ($columns{$table}); CREATE TRIGGER t $trigger FOR EACH $level EXECUTE FUNCTION $function($arguments);
									INSERT INTO $schema.t DEFAULT VALUES; ROLLBACK") . "\n";
								$answers .= outcome("BEGIN; CREATE TABLE $schema.t ($columns{$table}); INSERT INTO $schema.t DEFAULT VALUES; CREATE TRIGGER t $trigger FOR EACH $level EXECUTE FUNCTION $function($arguments);
									DELETE FROM $schema.t; ROLLBACK") . "\n" if $trigger !~ /REFERENCING/ && $arguments eq '';
							}
						}
					}
				}
			}
			unlike($answers, qr/XX000|server closed|terminated|57P0/, "$function on a table $table");
			unlike($answers, qr/ERROR:  (?!39P01|42809|23502|42703|23514)/, "$function on a table $table: an error that says why");
		}
	}
	is($node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()'), $started, 'and the server never went down');
}

# ---------- long statements ----------

{
	my $session = $node->background_psql('postgres', on_error_stop => 0);

	$session->query_until(qr/started/, q{\echo started
SELECT string_agg(DISTINCT d::text, ',' ORDER BY d::text) FROM (
	SELECT slt_deadline('2025-11-10 10:00+02', 'S1', left('Standard', 8 + n % 2))::timestamp AS d, pg_sleep(0.02) FROM generate_series(1, 150) n OFFSET 0) x;
});
	$node->poll_query_until('postgres', q{SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep'});
	$node->safe_psql('postgres', q{INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', '2025-11-11', 'Test')});
	is($session->query('SELECT 1') =~ s/\n1$//r, "$on_time,$day_later", 'a long statement goes by a change from the row after it on');
	$session->quit;
	$node->safe_psql('postgres', q{DELETE FROM slt_holidays WHERE name = 'Test'});
}

# ---------- never an answer from a policy that never was ----------

{
	my $either = q{'UTC Mo-Fr 09:00-17:00', 'UTC Mo-Fr 12:00-20:00; 2026 Jan 05 off "x"'};
	my %scripts = (
		changes => q{BEGIN;
UPDATE slt_calendars SET calendar = CASE WHEN calendar::text ~ '09:00' THEN working_calendar 'UTC Mo-Fr 12:00-20:00' ELSE 'UTC Mo-Fr 09:00-17:00' END WHERE name = 'M';
UPDATE slt_targets SET amount = CASE WHEN amount = '1 hour' THEN '2 hours' ELSE '1 hour' END::working_interval WHERE contract = 'M';
WITH d AS (DELETE FROM slt_holidays WHERE list = 'M' RETURNING 1) INSERT INTO slt_holidays (list, day, name) SELECT 'M', '2026-01-05', 'x' WHERE NOT EXISTS (SELECT FROM d);
COMMIT;},
		questions => qq{SELECT 1 / (slt_calendar('M')::text IN ($either))::int;
SELECT 1 / (slt_deadline('2026-01-05 08:00Z', 'S1', 'M') IN ('2026-01-05 10:00Z', '2026-01-06 14:00Z'))::int;});
	my @clients;

	$node->safe_psql('postgres', q{INSERT INTO slt_calendars VALUES ('M', 'UTC Mo-Fr 09:00-17:00'); INSERT INTO slt_holiday_lists VALUES ('M'); INSERT INTO slt_calendar_lists VALUES ('M', 'M');
		INSERT INTO slt_contracts VALUES ('M', 'M'); INSERT INTO slt_targets VALUES ('M', 'S1', 'resolution', '1 hour')});
	for my $name (sort keys %scripts)
	{
		my $file = "$ENV{SLT_WORK}/tmp/whole_$name.sql";

		unlink $file;
		PostgreSQL::Test::Utils::append_to_file($file, $scripts{$name});
		push @clients, { name => $name, output => '', command => [ 'pgbench', '-n', '-f', $file, '-c', $name eq 'changes' ? 1 : 3, '-T', 5, '-h', $node->host, '-p', $node->port, 'postgres' ] };
	}
	$_->{run} = IPC::Run::start($_->{command}, '>&', \$_->{output}) for @clients;
	ok($_->{run}->finish, "changes in one transaction are seen together: $_->{name}") or diag($_->{output}) for @clients;
}

# ---------- edits of holidays ----------

{
	# processor time, which does not depend on what else the machine does
	my $spent = sub {
		my ($ask) = @_;
		my (undef, undef, $log) = $node->psql('postgres', "SET client_min_messages = log; SET log_statement_stats = on; CALL edits(200, $ask)");
		my ($user, $system) = $log =~ /([\d.]+) s user, ([\d.]+) s system/;

		return $user + $system;
	};

	$node->safe_psql('postgres', q{CREATE PROCEDURE edits(n int, ask boolean) LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. n LOOP
		UPDATE slt_holidays SET name = 'x' || i WHERE list = 'Egypt' AND day = '2026-01-07';
		IF ask THEN PERFORM slt_deadline('2025-11-10 10:00+02', 'S1', 'Standard'); END IF;
	END LOOP;
END $$});
	my $cost = ($spent->('true') - $spent->('false')) / 200;
	cmp_ok($cost, '<', 0.002, 'a hundred edits a second of a calendar\'s holidays cost a session that asks for it less than a fifth') or diag("$cost s each");

	my $bulk = IPC::Run::start([ 'psql', '-XAtq', '-h', $node->host, '-p', $node->port, '-d', 'postgres',
		'-c', q{DO $$ BEGIN FOR i IN 1 .. 1000000 LOOP UPDATE slt_holidays SET name = 'x' || i WHERE list = 'M'; COMMIT; EXIT WHEN clock_timestamp() > statement_timestamp() + interval '6 s'; END LOOP; END $$} ], '>', \my $output, '2>', \my $error);
	my $longest = 0;
	for (1 .. 20)
	{
		my $milliseconds = $node->safe_psql('postgres', q{DO $$ BEGIN PERFORM set_config('slt.calendar', 'Egypt', false); END $$;
			SELECT clock_timestamp() AS t0 \gset
			SELECT slt_deadline('2025-11-10 10:00+02', 'S1', 'Standard') AS d \gset
			SELECT extract(epoch FROM clock_timestamp() - :'t0') * 1000});

		$longest = $milliseconds if $milliseconds > $longest;
	}
	$bulk->finish;
	is($error, '', 'a bulk edit of holidays');
	cmp_ok($longest, '<', 500, 'does not make new sessions wait for their first deadline') or diag("$longest ms");
}

# ---------- who owns the extension ----------

{
	my $policy = q{SELECT string_agg(DISTINCT privilege_type, ' ' ORDER BY privilege_type) FROM pg_extension e, unnest(e.extconfig) x (oid), pg_class c, aclexplode(c.relacl) a
		WHERE e.extname = 'slt' AND c.oid = x.oid AND c.relkind = 'r' AND a.grantee = 'heir'::regrole AND a.is_grantable};

	$node->safe_psql('postgres', 'CREATE ROLE founder LOGIN; CREATE ROLE heir LOGIN; CREATE DATABASE owned');
	$node->safe_psql('postgres', 'GRANT CREATE ON DATABASE owned TO founder, heir');
	is(outcome('CREATE SCHEMA own; CREATE EXTENSION slt SCHEMA own', 'founder', 'owned'), '', 'a role creates slt');
	is(outcome(q{INSERT INTO own.slt_metrics (name) VALUES ('x'); UPDATE own.slt_targets SET steps = '{100}'}, 'founder', 'owned'), '', 'and edits the policy');
	$node->safe_psql('owned', 'REASSIGN OWNED BY founder TO heir');
	like(outcome('DELETE FROM own.slt_targets', 'heir', 'owned'), qr/42501/, 'REASSIGN OWNED does not give the heir that');
	like(outcome(q{SELECT own.slt_grant_policy('heir')}, 'app', 'owned'), qr/42501/, 'nor can anybody');
	is($node->safe_psql('owned', q{SET search_path = ''; SELECT own.slt_grant_policy('heir')}), '', 'slt_grant_policy does');
	is($node->safe_psql('owned', $policy), 'DELETE INSERT SELECT TRUNCATE UPDATE', 'with all rights but the one to add triggers, to be passed on');
	is(outcome(q{UPDATE own.slt_targets SET steps = '{50,100}'; DELETE FROM own.slt_metrics WHERE name = 'x'; GRANT SELECT ON own.slt_targets TO app}, 'heir', 'owned'), '', 'the heir edits the policy');
	is(outcome('SELECT count(*) > 0 FROM own.slt_policy_changes()', 'heir', 'owned'), 't', 'and reads its log');
}

# ---------- overloads beside slt, and a schema that is renamed ----------

{
	my $names = q{SELECT format('CREATE FUNCTION own.%I(%s) RETURNS %s LANGUAGE plpgsql AS $f$BEGIN RAISE ''captured %s''; END$f$', name, arguments, result, name)
		FROM (SELECT DISTINCT p.proname AS name, a.arguments, 'int' AS result FROM pg_proc p,
				unnest(ARRAY['', 'text', 'text, text', 'timestamptz, timestamptz', 'anyelement', 'name', 'VARIADIC text[]', 'VARIADIC "any"']) a (arguments)
			  WHERE p.pronamespace IN ('own'::regnamespace, 'zz_slt_internal'::regnamespace) AND p.prokind = 'f'
				AND p.proname ~ '^(slt_(remove|policy|check|grant|calendar)|fold|is_name|are_|metric|delete|time_zones)') f
		WHERE NOT (arguments ~ 'any' AND name ~ 'slt_calendar')};
	my @calls = (
		q{SELECT %s.slt_deadline('2025-11-10 10:00+02', 'S1', 'Standard'::pg_catalog.text, 'resolution'::pg_catalog.text, NULL::pg_catalog.tstzmultirange)},
		q{SELECT pg_catalog.count(*) FROM %s.slt_check_holidays()},
		q{SELECT pg_catalog.count(*) FROM %s.slt_policy_changes('-infinity'::pg_catalog.timestamptz, 'infinity'::pg_catalog.timestamptz)},
		q{SELECT pg_catalog.count(*) FROM %s.slt_check_time_zones('{UTC}'::pg_catalog.text[])},
		q{BEGIN; INSERT INTO %1$s.slt_metrics (name, ends_with) VALUES ('x', 'response'); UPDATE %1$s.slt_metrics SET name = 'y' WHERE name = 'resolution'; ROLLBACK},
		q{BEGIN; INSERT INTO %s.slt_holidays (list, day, name, hours) VALUES ('Egypt', '2030-01-01', 'x', '09:00-12:00'); ROLLBACK},
		q{BEGIN; INSERT INTO %s.slt_shipped VALUES ('1.0'); ROLLBACK},
		q{BEGIN; SELECT %s.slt_remove_shipped_policy(); ROLLBACK},
		q{SET slt.as_of = 'now'; SELECT %s.slt_deadline('2025-11-10 10:00+02', 'S1', 'Standard'::pg_catalog.text, 'resolution'::pg_catalog.text, NULL::pg_catalog.tstzmultirange)},
		q{SELECT %s.slt_grant_policy('heir'::pg_catalog.regrole)});
	my @before = map { $node->safe_psql('owned', sprintf $_, 'own') } @calls;

	is(outcome('CREATE FUNCTION zz_slt_internal.fold_name(name) RETURNS text LANGUAGE sql RETURN 1', 'heir', 'owned') =~ /42501/ ? 'refused' : 'taken', 'refused', 'nobody puts anything into zz_slt_internal');
	my @overloads = grep { $node->psql('owned', $_, extra_params => [ '-U', 'heir' ]) == 0 } split /\n/, $node->safe_psql('owned', $names);
	cmp_ok(scalar @overloads, '>=', 50, 'overloads of what slt calls, in its own schema');
	is($node->safe_psql('owned', 'SET search_path = own, pg_catalog; ' . sprintf $calls[$_], 'own'), $before[$_], "are not called: $calls[$_]") for 0 .. $#calls;
	$node->safe_psql('owned', 'ALTER SCHEMA own RENAME TO "ot her"');
	is($node->safe_psql('owned', sprintf $calls[$_], '"ot her"'), $before[$_], "nor does a renamed schema matter: $calls[$_]") for 0 .. $#calls;
	is($node->safe_psql('owned', q{SELECT string_agg(p.oid::regprocedure::text, ', ') FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
		WHERE p.pronamespace = 'zz_slt_internal'::regnamespace AND l.lanname IN ('sql', 'plpgsql')
		  AND (p.prosqlbody IS NULL AND p.prosrc ~ '"ot her"|\mown\.|extschema' OR l.lanname = 'plpgsql' AND NOT EXISTS (SELECT FROM unnest(p.proconfig) c WHERE c ~ '^search_path=.*pg_temp$'))}),
		'', 'no internal function names the schema, and each path ends with pg_temp');
}

done_testing();
