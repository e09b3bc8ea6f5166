# A hot standby answers all that reads, as the primary does, also in sessions that are open while the policy changes
# there; refuses what writes; and has a worker once it is promoted.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;

my $primary = new_server('primary', init => { allows_streaming => 1 }, conf => "shared_preload_libraries = 'slt'\nslt.worker = off\nhot_standby = on\n");

$primary->safe_psql('postgres', <<'SQL');
CREATE TABLE tickets (id int PRIMARY KEY, opened timestamptz, closed timestamptz, state text, sev text, changed timestamptz);
SELECT slt_attach('tickets', 'opened', severity => 'sev', contract_value => 'Standard', done_at => '{"resolution": "closed", "response": "closed"}', status => 'state', paused_when => '{hold}', changed_at => 'changed', announce_from => NULL);
INSERT INTO tickets SELECT i, timestamptz '2026-02-02 10:00+02' + i * interval '1 hour', CASE WHEN i % 3 = 0 THEN timestamptz '2026-02-20 10:00+02' END, CASE WHEN i % 5 = 0 THEN 'hold' ELSE 'open' END, 'S' || i % 4, '2026-02-10 10:00+02' FROM generate_series(1, 50) i;
INSERT INTO slt_outages (service, experience, during, note) VALUES ('Platform', 'Site', '[2026-02-03 10:00+02,2026-02-03 11:00+02)', 'x');
UPDATE slt_experiences SET recorded = 'by hand', recorded_since = '2026-01-01';
SQL
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->append_conf('postgresql.conf', "slt.worker = on\nslt.sweep_interval = 1s\n");
$standby->start;

# Lets the standby catch up.
sub catch_up
{
	$primary->wait_for_catchup('standby', 'replay', $primary->lsn('insert'));
	return;
}

# ---------- every function that reads ----------

# what arguments are given, by name or else by type
my %argument = (
	'service' => q{'Platform'}, 'experience' => q{'Site'}, 'service_name' => q{'Platform'}, 'contract' => q{'Standard'}, 'severity' => q{'S1'}, 'metric' => q{'resolution'}, 'every' => q{'month'}, 'name' => q{'Egypt'}, 'calendar' => q{'Egypt'},
	'time_zone' => q{'Africa/Cairo'}, 'only_state' => 'NULL', 'consumer' => q{'me'}, 'timestamp with time zone' => q{'2026-02-02 10:00+02'}, 'tstzrange' => q{'[2026-02-01,2026-03-01)'}, 'tstzrange[]' => q{'{"[2026-02-01,2026-03-01)"}'},
	'tstzmultirange' => 'NULL', 'date' => q{'2026-02-02'}, 'daterange' => q{'[2026-02-01,2026-02-10)'}, 'integer' => '30', 'bigint' => '30', 'boolean' => 'true', 'text' => 'NULL', 'text[]' => 'NULL', 'numeric' => '99',
	'working_interval' => q{'2 working days'}, 'working_calendar' => q{'UTC Mo-Fr 09:00-17:00'}, 'regclass' => q{'tickets'}, 'record' => 't', 'jsonb' => 'NULL', 'interval' => q{'1 day'});
my @functions = map { [ split /\|/, $_, -1 ] } split /\n/, value($primary, <<'SQL');
SELECT p.oid::regprocedure, p.proname, array_to_string(p.proargnames[:p.pronargs], ','), (SELECT string_agg(format_type(t, NULL), ',' ORDER BY n) FROM unnest(p.proargtypes) WITH ORDINALITY a (t, n))
FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e' AND d.classid = 'pg_proc'::regclass JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'slt'
WHERE p.pronamespace = 'public'::regnamespace AND p.provolatile <> 'v' AND p.prokind = 'f' AND NOT p.proargtypes::regtype[] && '{internal,cstring}' AND p.prorettype <> 'trigger'::regtype AND p.proname LIKE 'slt%' OR p.proname IN ('working_add', 'is_due', 'working_days', 'next_working')
ORDER BY 1
SQL
cmp_ok(scalar @functions, '>', 30, 'there are functions that read');

# Returns a query that calls a function, with what it returns as text, without the digits, which depend on the clock.
sub call_of
{
	my ($function) = @_;
	my ($signature, $name, $names, $types) = @$function;
	my @names = split /,/, $names;
	my @types = split /,(?![^(]*\))/, $types;
	my @arguments = map { ($argument{ $names[$_] // '' } // '') ne '' && $types[$_] eq 'text' ? "$argument{$names[$_]}::text" : ($argument{ $types[$_] } // 'NULL') . ($types[$_] eq 'record' ? '' : "::$types[$_]") } 0 .. $#types;
	my $from = $types eq '' || $types !~ /record/ ? '' : 'tickets t, ';

	return "SELECT count(*), md5(string_agg(regexp_replace(f::text, '[0-9]+', '', 'g'), ' ')) FROM $from LATERAL $name(" . join(', ', @arguments) . ') f';
}

# Returns what a query gives on a server, or its error.
sub answer
{
	my ($node, $query) = @_;
	my ($output, $messages) = run_sql($node, 'postgres', $query);

	return "$output$messages";
}

# Compares what all functions answer on the two servers.
sub compare
{
	my ($when) = @_;
	my @different;

	catch_up();
	for my $function (@functions)
	{
		my $query = call_of($function);
		my ($here, $there);

		# some answers depend on the clock in more than digits ("1 day", "2 days"): what differs is asked again
		for (1 .. 3)
		{
			($here, $there) = map { answer($_, $query) } $primary, $standby;
			last if $here eq $there;
			catch_up();
		}
		push @different, "$function->[0]: $query\n  $here\n  $there" if $here ne $there || $here =~ /ERROR:  (?:25006|XX)/;
	}
	is(join("\n", @different), '', scalar(@functions) . " functions answer on the standby as on the primary, $when");
	return;
}
compare('at first');

# ---------- sessions that are open while the policy changes ----------

# Returns what a session answers, or its error without the number of the line.
sub said
{
	my ($session, $query) = @_;

	return ask($session, $query) =~ s/^psql:<stdin>:\d+: //mgr;
}

my @exact = (
	q{SELECT slt_deadline('2026-02-02 10:00+02', 'S1', 'Standard')}, q{SELECT slt_policy_fingerprint()}, q{SELECT md5(slt_export()::text)}, q{SELECT slt_calendar('Egypt')}, q{SELECT working_add('2026-02-02 10:00+02', '2 working days')},
	q{SELECT md5(string_agg(c.due::text || coalesce(c.due_now::text, '') || c.state, ' ' ORDER BY t.id, c.metric)) FROM tickets t, slt_clocks(t) c}, q{SELECT string_agg(e::text, ' ') FROM tickets t, slt_explain(t, 'resolution') e WHERE t.id = 3},
	q{SELECT md5(string_agg(r::text, ' ')) FROM slt_report('tickets') r}, q{SELECT count(*) FROM slt_policy_changes()}, q{SELECT slt_availability('[2026-02-01,2026-03-01)')}, q{SELECT count(*) FROM slt_unmatched('tickets')},
	q{SELECT string_agg(a.problem || a.unstamped, ' ') FROM slt_attached() a});
my ($here, $there) = map { $_->background_psql('postgres', on_error_stop => 0) } $primary, $standby;
ask($_, "SET timezone = 'Africa/Cairo'; SET jit = off") for $here, $there;
my %seen;
for my $change (
	q{SELECT 1}, q{UPDATE slt_targets SET amount = '3 working days' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'resolution'}, q{INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', '2026-02-03', 'A day')},
	q{UPDATE slt_calendars SET calendar = 'Africa/Cairo Su-Fr 10:00-18:00' WHERE name = 'Egypt'}, q{UPDATE slt_contracts SET name = 'Usual' WHERE name = 'Standard'; UPDATE slt_contracts SET name = 'Standard' WHERE name = 'Usual'},
	q{BEGIN; SAVEPOINT a; UPDATE slt_targets SET amount = '1 working hour'; ROLLBACK TO a; COMMIT}, q{UPDATE slt_severities SET label = 'Worst' WHERE code = 'S1'; DELETE FROM slt_targets WHERE severity = 'S3' AND metric = 'response'},
	q{SELECT count(*) FROM slt_import(jsonb_set(slt_export() - 'fingerprint', '{targets,0,amount}', '"5 working hours"'))}, q{ALTER TABLE tickets ADD COLUMN extra int; ALTER TABLE tickets RENAME COLUMN closed TO ended; UPDATE tickets SET extra = 1}, q{SELECT slt_restamp('tickets')},
	q{INSERT INTO slt_outages (service, during) VALUES ('Platform', '[2026-02-05 10:00+02,2026-02-05 12:00+02)')}, q{SELECT slt_detach('tickets')},
	q{SELECT slt_attach('tickets', 'opened', severity => 'sev', contract_value => 'Priority', done_at => '{"resolution": "ended"}', metrics => '{resolution}', announce_from => NULL); CALL slt_backfill('tickets')})
{
	$primary->safe_psql('postgres', $change);
	catch_up();
	my @different = grep { said($here, $_) ne said($there, $_) } @exact;
	is(join("\n", map { "$_\n  " . said($here, $_) . "\n  " . said($there, $_) } @different), '', 'a session of the standby sees: ' . substr($change, 0, 100));
	$seen{ ask($there, $exact[1]) } = 1;
}
cmp_ok(scalar keys %seen, '>', 5, 'which were changes');
is(ask($there, q{SET slt.as_of = '2100-01-01'; SELECT slt_deadline('2026-02-02 10:00+02', 'S1', 'Standard') IS NOT NULL; RESET slt.as_of}), 't', 'slt.as_of can be set there');
compare('in the end');

# ---------- what writes ----------

for my $write (
	q{SELECT slt_sweep()}, q{CALL slt_sweep_all()}, q{CALL slt_backfill('tickets')}, q{SELECT slt_restamp('tickets')}, q{SELECT slt_take_events('me')}, q{SELECT slt_import(slt_export())}, q{SELECT slt_prune('1 day')}, q{SELECT slt_detach('tickets')},
	q{SELECT slt_record('Platform', 'Site', true)}, q{SELECT slt_remove_shipped_policy()}, q{UPDATE slt_targets SET amount = '1 wd'})
{
	like(answer($standby, $write), qr/ERROR:  25006:/, "$write is refused with 25006");
}
is(value($standby, q{SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'slt%' AND datname IS NOT NULL}), '0', 'nothing is swept there');
is(value($standby, q{SELECT count(*) FROM slt_events}), '0', 'and there are no events');

# ---------- promotion ----------

$primary->stop('immediate');
$standby->promote;
ok(wait_until($standby, 'postgres', q{SELECT EXISTS (SELECT FROM slt_events WHERE kind = 'breached')}), 'once it is promoted, the worker sweeps');
is(ask($there, q{SELECT slt_deadline('2026-02-02 10:00+02', 'S1', 'Standard') IS NOT NULL}), 't', 'a session stays, and goes on');
$standby->safe_psql('postgres', q{UPDATE slt_targets SET amount = '1 working hour' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'resolution'});
is(ask($there, q{SELECT slt_deadline('2026-02-02 10:00+02', 'S1', 'Standard')}), '2026-02-02 11:00:00+02', 'by the policy as it is edited there now');
$_->quit for $here, $there;
unlike(slurp_file($standby->logfile), qr/PANIC|TRAP|terminated by signal/, 'and nothing broke');
done_testing();
