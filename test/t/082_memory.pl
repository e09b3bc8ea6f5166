# What a role can make large is bounded by bytes, while it grows: what sessions remember of names, codes, calendars, the
# policy and attached tables; what is too large to be used is refused when it is written, and what takes long can be
# cancelled.
use strict;
use warnings;
use HostileTest;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;
use Time::HiRes qw(time);

my $megabyte = 2**20;
my $node = hostile_server('memory', "max_locks_per_transaction = 1000\nlog_min_messages = error");
# 18 gives a context the path that leads to it instead of the name of its parent.
my $ours = $node->safe_psql('postgres', q{SELECT current_setting('server_version_num')::int >= 180000}) eq 't'
	? q{path && (SELECT array_agg(o.path[cardinality(o.path)]) FROM contexts o WHERE o.name ~ '^slt')} : q{parent ~ '^slt'};
my $used = qq{WITH contexts AS MATERIALIZED (TABLE pg_backend_memory_contexts)
	SELECT 'bytes ' || coalesce(sum(total_bytes) FILTER (WHERE name ~ '^slt' OR $ours), 0) || ' ' || sum(total_bytes) FROM contexts};
my $attach = q{opened_at => 'opened', done_at => '{"resolution": "closed"}'};

$node->safe_psql('postgres', 'CREATE ROLE postgres SUPERUSER LOGIN') if getpwuid($<) ne 'postgres';
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION slt;
INSERT INTO slt_calendars (name, calendar) VALUES ('Always', 'UTC 24/7'), ('ACalendarWithLongName', 'UTC Mo-Fr 09:00-17:00');
INSERT INTO slt_contracts (name, calendar) VALUES ('AContractWithLongName', 'Always');
INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ('AContractWithLongName', 'S1', 'resolution', '1 working hour');
INSERT INTO slt_services (name) VALUES ('AServiceWithALongName');
INSERT INTO slt_experiences (service, name) VALUES ('AServiceWithALongName', 'Site');
CREATE FUNCTION spelled(name text, n int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT string_agg(CASE WHEN (n >> (i % 24)::int) & 1 = 1 THEN upper(c) ELSE lower(c) END, '' ORDER BY i) FROM regexp_split_to_table(name, '') WITH ORDINALITY x (c, i) $$;
CREATE FUNCTION spellings(name text, many int) RETURNS SETOF text LANGUAGE sql IMMUTABLE ROWS 200000 AS $$
	SELECT f || b FROM (SELECT spelled(left(name, 9), n) FROM generate_series(0, 511) n) x (f), (SELECT spelled(substr(name, 10), n) FROM generate_series(0, 511) n) y (b) LIMIT many $$;
CREATE FUNCTION quietly(statement text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE statement; EXCEPTION WHEN OTHERS THEN NULL; END $$;
SQL

# Runs statements in a session, and has it say what it used; returns its messages, and the bytes of slt and of all.
sub session
{
	my ($statements, %options) = @_;
	my ($output, $messages) = as_role($node, 'postgres', 'postgres', "SET client_min_messages = error;\n$statements;\nRESET statement_timeout;\n$used;", statement_timeout => $options{timeout} // '120s');
	my ($slt, $all) = $output =~ /^bytes (\d+) (\d+)$/m;

	return ($messages, $slt, $all, $output);
}

# Tests that a session that has run statements keeps at most so many megabytes for slt, and that they ran.
sub keeps_at_most
{
	my ($name, $limit, $statements, %options) = @_;
	my $mark = log_mark($node);
	my $started = time;
	my ($messages, $slt, $all) = session($statements, %options);

	unlike($messages, $options{may_fail} // qr/ERROR|FATAL|server closed/, "$name: it is done") if $options{may_fail} // 1;
	cmp_ok(($slt // 1e12) / $megabyte, '<=', $limit, sprintf('... slt keeps at most %d MB (%.1f s)', $limit, time - $started));
	cmp_ok(($all // 1e12) / $megabyte, '<=', $limit + 64, "... and the session at most 64 MB more");
	unharmed($node, $mark, '... nothing was harmed');
	return;
}

# ---------- names and codes ----------

keeps_at_most('100,000 spellings of a contract', 16, q{SELECT count(slt_deadline(now(), 'S1', n)) FROM spellings('AContractWithLongName', 100000) n});
keeps_at_most('100,000 spellings of all that a deadline is asked by', 16, q{SELECT count(slt_deadline(now(), spelled('critical', length(n)), n, upper(n))) FROM spellings('AContractWithLongName', 100000) n}, may_fail => 0);
keeps_at_most('100,000 spellings of a calendar', 16, q{SELECT count(working_add(now(), '1 hour', n)) FROM spellings('ACalendarWithLongName', 100000) n});
keeps_at_most('20,000 spellings of the calendar of the session', 16, q{SELECT count(x) FROM (SELECT set_config('slt.calendar', n, false), next_working(now()) AS x FROM spellings('ACalendarWithLongName', 20000) n) y});
keeps_at_most('20,000 spellings of a service', 16, q{SELECT count(slt_availability('[2026-01-01,2026-01-02)', n)) FROM spellings('AServiceWithALongName', 20000) n});
keeps_at_most('20,000 unknown contracts of 10 kB', 16, q{SELECT count(quietly(format('SELECT slt_deadline(now(), ''S1'', %L)', n || repeat('x', 10000)))) FROM generate_series(1, 20000) n});
keeps_at_most('500 unknown calendars of 200 kB', 16, q{SELECT count(quietly(format('SELECT slt_calendar(%s || repeat(''x'', 200000))', n))) FROM generate_series(1, 500) n});
keeps_at_most('one name of 100 MB', 16, q{SELECT quietly('SELECT slt_deadline(now(), ''S1'', repeat(''x'', 100000000))'), quietly('SELECT slt_calendar(repeat(''x'', 100000000))')});

$node->safe_psql('postgres', "CREATE TABLE coded (id bigserial PRIMARY KEY, opened timestamptz DEFAULT now(), closed timestamptz, sev text, plan text, status text); SELECT slt_attach('coded', $attach, severity => 'sev', contract => 'plan', status => 'status', paused_when => '{hold}')");
keeps_at_most('1,000 tickets of unknown severities of 200 kB', 24, q{INSERT INTO coded (sev, plan) SELECT n || repeat('x', 200000), 'Standard' FROM generate_series(1, 1000) n});
keeps_at_most('100,000 tickets of unknown contracts', 24, q{INSERT INTO coded (sev, plan) SELECT 'S1', 'contract ' || n FROM generate_series(1, 100000) n});
keeps_at_most('100,000 tickets whose contract is spelled as one likes', 24, q{INSERT INTO coded (sev, plan) SELECT 'S1', n FROM spellings('AContractWithLongName', 100000) n});
keeps_at_most('20,000 tickets of statuses of 10 kB', 24, q{INSERT INTO coded (sev, plan, status) SELECT 'S1', 'Standard', n || repeat('x', 10000) FROM generate_series(1, 20000) n});
keeps_at_most('a list of all that are unmatched', 24, q{DELETE FROM coded WHERE id % 10 <> 1; SELECT count(*) FROM slt_unmatched('coded')});
$node->safe_psql('postgres', q{DROP TABLE coded; DELETE FROM slt_attachments});
$node->safe_psql('postgres', "CREATE TABLE mapped (id bigserial PRIMARY KEY, opened timestamptz DEFAULT now(), closed timestamptz, sev text)");
keeps_at_most('a map of 20,000 codes', 32, "SELECT slt_attach('mapped', $attach, severity => 'sev', contract_value => 'Standard', severity_map => (SELECT jsonb_object_agg('code ' || n, 'S1') FROM generate_series(1, 20000) n)); INSERT INTO mapped (sev) SELECT 'code ' || n FROM generate_series(1, 5000) n", may_fail => 0);
$node->safe_psql('postgres', q{DROP TABLE mapped; DELETE FROM slt_attachments});

# ---------- calendars ----------

my $dates = q{(SELECT 'UTC Mo-Fr 09:00-17:00; ' || string_agg(to_char(date '0001-01-01' + n * 121, 'YYYY-MM-DD') || ' 09:00-12:00', '; ') FROM generate_series(0, 30000) n)};
keeps_at_most('a calendar of 30,000 dates, asked about every year there is', 48, qq{SELECT quietly(\$q\$ INSERT INTO slt_calendars (name, calendar) SELECT 'Big', $dates \$q\$);
	SELECT count(quietly(format(\$q\$SELECT working_add('%s-06-01', '1 hour', 'Big')\$q\$, to_char(n, 'FM0000')))) FROM generate_series(1, 9999) n});
keeps_at_most('a small calendar, asked about every month of 9,999 years', 32, q{SELECT count(working_add(timestamptz '0001-02-01' + n * interval '1 month', '1 hour', 'Egypt')) FROM generate_series(0, 119970) n});
keeps_at_most('30,000 different calendars in one statement', 66, q{SELECT count(next_working(now(), ('UTC Mo 09:00-10:00; ' || date '0100-01-01' + n || ' off')::working_calendar)) FROM generate_series(1, 30000) n});
keeps_at_most('2,000 calendars of 50 kB in one statement', 66, q{SELECT count(next_working(now(), ('UTC Mo 09:00-10:00; 2026-01-' || lpad((1 + n % 28)::text, 2, '0') || ' off "' || n || repeat('x', 50000) || '"')::working_calendar)) FROM generate_series(1, 2000) n}, may_fail => 0);
keeps_at_most('1,000 named calendars, each asked about a hundred years', 64, q{INSERT INTO slt_calendars (name, calendar) SELECT 'Many ' || n, ('Africa/Cairo Mo-Fr 09:00-17:00; *-01-' || lpad((1 + n % 28)::text, 2, '0') || ' off')::working_calendar FROM generate_series(1, 1000) n;
	SELECT count(working_add(timestamptz '1950-01-01' + y * interval '1 year', '1 hour', 'Many ' || n)) FROM generate_series(1, 1000) n, generate_series(0, 100) y});
$node->safe_psql('postgres', q{DELETE FROM slt_calendars WHERE name ~ '^(Many|Big)'});

# ---------- the policy ----------

# the shipped calendar with all of its holidays, 700 times
$node->safe_psql('postgres', q{INSERT INTO slt_contracts (name, calendar) SELECT 'C' || i, 'Egypt' FROM generate_series(1, 700) i;
	INSERT INTO slt_targets (contract, severity, metric, amount) SELECT 'C' || i, s, m, '8 working hours' FROM generate_series(1, 700) i, unnest('{S1,S2,S3}'::text[]) s, unnest('{response,resolution}'::text[]) m});
keeps_at_most('700 contracts with six targets each', 24, q{SELECT count(slt_deadline(now(), s, 'C' || i, m)) FROM generate_series(1, 700) i, unnest('{S1,S2,S3}'::text[]) s, unnest('{response,resolution}'::text[]) m});
$node->safe_psql('postgres', q{INSERT INTO slt_contracts (name, calendar) SELECT 'C' || i, 'Egypt' FROM generate_series(701, 1400) i;
	INSERT INTO slt_targets (contract, severity, metric, amount) SELECT 'C' || i, s, m, '8 working hours' FROM generate_series(701, 1400) i, unnest('{S1,S2,S3}'::text[]) s, unnest('{response,resolution}'::text[]) m});
keeps_at_most('twice as many', 48, q{SELECT count(slt_deadline(now(), s, 'C' || i, m)) FROM generate_series(1, 1400) i, unnest('{S1,S2,S3}'::text[]) s, unnest('{response,resolution}'::text[]) m});
keeps_at_most('300 edits of the policy in one session, with a deadline after each', 48, q{DO $$ BEGIN FOR i IN 1 .. 300 LOOP UPDATE slt_calendars SET note = i WHERE name = 'Egypt'; PERFORM slt_deadline(now(), 'S1', 'Standard'); IF i % 10 = 0 THEN COMMIT; END IF; END LOOP; END $$});
$node->safe_psql('postgres', q{DELETE FROM slt_targets WHERE contract ~ '^C[0-9]+$'; DELETE FROM slt_contracts WHERE name ~ '^C[0-9]+$'});

# ---------- holidays that would break their calendar ----------

$node->safe_psql('postgres', q{INSERT INTO slt_holiday_lists (name) VALUES ('Full'); INSERT INTO slt_calendars (name, calendar) VALUES ('Full', 'UTC Mo-Fr 09:00-17:00'); INSERT INTO slt_calendar_lists (calendar, list) VALUES ('Full', 'Full')});
my $works = q{SELECT working_add('2026-01-05 10:00Z', '1 hour', 'Full') = '2026-01-05 11:00Z'};
for my $holiday ([ 'a name of 1.1 MB', qq{INSERT INTO slt_holidays (list, day, name) VALUES ('Full', '2030-01-01', repeat('x', 1100000))} ], [ 'hours of 1 MB', qq{INSERT INTO slt_holidays (list, day, name, hours) VALUES ('Full', '2030-01-02', 'x', (SELECT string_agg('09:00-10:00', ',') FROM generate_series(1, 90000)))} ],
	[ 'the 5,001st', qq{INSERT INTO slt_holidays (list, day, name) SELECT 'Full', date '2030-01-05' + n, 'x' FROM generate_series(1, 5001) n} ], [ '900 names of 2 kB', qq{INSERT INTO slt_holidays (list, day, name) SELECT 'Full', date '2130-01-05' + n, repeat('x', 2000) FROM generate_series(1, 900) n} ])
{
	my ($what, $insert) = @$holiday;
	my $said = scalar as_role($node, 'postgres', 'postgres', "$insert;");

	is(($node->psql('postgres', $works))[1], 't', "$what: its calendar answers still");
	unlike($said, qr/XX\d\d\d/, '... and it is no internal error') or diag(substr($said, 0, 300));
	$node->safe_psql('postgres', "DELETE FROM slt_holidays WHERE list = 'Full'");
}

# ---------- tables and histories ----------

keeps_at_most('100 attached tables', 32, qq{SELECT count(quietly(format('CREATE TABLE many_%s (id int PRIMARY KEY, opened timestamptz, closed timestamptz)', n))), count(quietly(format(\$q\$SELECT slt_attach('many_%s', $attach, severity_value => 'S1', contract_value => 'Standard')\$q\$, n))), count(quietly(format('INSERT INTO many_%s VALUES (1, now())', n))) FROM generate_series(1, 100) n});
is($node->safe_psql('postgres', q{SELECT count(*) FROM slt_attachments}), '100', 'they are attached');
keeps_at_most('a sweep of them', 32, 'SELECT slt_sweep()');
$node->safe_psql('postgres', q{SELECT slt_detach(a.ticket_table) FROM slt_attachments a});

$node->safe_psql('postgres', "CREATE TABLE told (id int PRIMARY KEY, opened timestamptz, closed timestamptz, changed timestamptz, status text); SELECT slt_attach('told', $attach, severity_value => 'S1', contract_value => 'Standard', status => 'status', changed_at => 'changed', paused_when => '{hold}')");
keeps_at_most('a ticket that is held and resumed 2,000 times', 32, q{INSERT INTO told VALUES (1, now() - interval '100 days', NULL, now() - interval '100 days', 'open');
	DO $$ BEGIN FOR i IN 1 .. 2000 LOOP UPDATE told SET status = CASE i % 2 WHEN 1 THEN 'hold' ELSE 'open' END, changed = now() - interval '99 days' + i * interval '1 minute' WHERE id = 1; END LOOP; END $$});
my $long = q{slt_status_at = (SELECT array_agg(now() - interval '90 days' + n * interval '10 s' ORDER BY random()) FROM generate_series(1, 200000) n), slt_status_became = (SELECT array_agg(CASE n % 2 WHEN 1 THEN 'hold' ELSE 'open' END) FROM generate_series(1, 200000) n)};
keeps_at_most('a history of 200,000 changes, filled in by hand', 32, "UPDATE told SET $long; UPDATE told SET closed = now(); UPDATE told SET closed = NULL", timeout => '20s');
keeps_at_most('... and what is asked about it', 32, q{SELECT count(*) FROM slt_tickets('told'); SELECT count(*) FROM slt_report('told')}, timeout => '20s', may_fail => 0);
keeps_at_most('histories that do not match', 32, q{UPDATE told SET slt_status_at = '{}'; UPDATE told SET slt_status_at = NULL, slt_status_became = '{a}'; UPDATE told SET slt_status_at = '{{2026-01-01,NULL},{infinity,-infinity}}', slt_status_became = '{{a,b},{NULL,d}}'; UPDATE told SET slt_status_at = '{2026-01-01}', slt_status_became = ARRAY[repeat('x', 50000000)]; UPDATE told SET slt_resolution_runs = '{2026-01-01}'; UPDATE told SET slt_resolution_runs = '{{infinity,-infinity,NULL}}'; UPDATE told SET slt_resolution_runs = '[5:6][2:4]={{2026-01-01,2026-01-02,2026-01-03},{NULL,NULL,NULL}}'});
keeps_at_most('200,000 pauses that a deadline is asked with', 32, q{SELECT slt_deadline(now() - interval '90 days', 'S1', 'Standard', 'resolution', (SELECT range_agg(tstzrange(now() - interval '90 days' + n * interval '10 s', now() - interval '90 days' + n * interval '10 s' + interval '5 s')) FROM generate_series(1, 200000) n))}, timeout => '20s');

# ---------- what takes long ends when it is cancelled ----------

my %long_ones = (
	'working_periods of all time' => q{SELECT length(working_periods(tstzrange('-infinity', 'infinity'), working_calendar 'UTC Mo-Su 00:00-00:01')::text)}, 'working_periods of 9,999 years' => q{SELECT count(*) FROM unnest(working_periods('[0001-01-01,9999-12-31]', 'Egypt'))},
	'working_periods of a dense calendar' => qq{SELECT length(working_periods('[0001-01-01,9999-12-31]', ('UTC ' || (SELECT string_agg(to_char(n / 30, 'FM00') || ':' || to_char(n % 30 * 2, 'FM00') || '-' || to_char(n / 30, 'FM00') || ':' || to_char(n % 30 * 2 + 1, 'FM00'), ',') FROM generate_series(0, 719) n))::working_calendar)::text)},
	'a text of 10 MB as a calendar' => q{SELECT length(('UTC ' || (SELECT string_agg(to_char(date '0001-01-01' + n, 'YYYY-MM-DD') || ' off', '; ') FROM generate_series(0, 600000) n))::working_calendar::text)}, 'a calendar of a hundred thousand parentheses' => q{SELECT ('(UTC Mo)' || repeat(' | (UTC Tu)', 100000))::working_calendar IS NULL},
	'working_days of all time' => q{SELECT working_days('(,)'::daterange, 'Egypt')}, 'working_days_between the ends of time' => q{SELECT working_days_between('0001-01-01', '9999-12-31', 'UTC Mo 09:00-10:00')}, 'a billion working days' => q{SELECT working_add(now(), '100000000 working days', 'Egypt')},
	'availability by the day since year 1' => q{SELECT count(*) FROM slt_availability_report('[0001-01-01,9999-12-31]', 'day', 'Platform')}, 'an aggregate of a million ranges' => q{SELECT slt_availability(tstzrange(now() - n * interval '1 s', now() - n * interval '1 s' + interval '10 s'), tstzrange('2000-01-01', '2030-01-01')) FROM generate_series(1, 1000000) n}, 'a report by the day' => q{SELECT count(*) FROM slt_report('told', '[0001-01-01,9999-12-31]', 'day')});
for my $name (sort keys %long_ones)
{
	my $mark = log_mark($node);
	my $started = time;
	my ($messages) = session($long_ones{$name}, timeout => '2s');
	my $took = time - $started;

	cmp_ok($took, '<', 4, sprintf('%s ends within its statement_timeout of 2 s, or is done (%.1f s)', $name, $took));
	unharmed($node, $mark, '... nothing was harmed');
}

$node->stop('immediate');
done_testing();
