# A role that nobody trusts, and everything it may do: mallory may CREATE in a database, and so has slt in a schema of
# her own; reader may SELECT and make temporary tables.  What mallory has put into her tables runs as mallory and
# restricted, whoever works on them; nothing that a role can write down crashes the server, writes where it must not, or
# keeps others waiting.
use strict;
use warnings;
use HostileTest;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;
use Time::HiRes qw(time usleep);

my $node = hostile_server('hostile', "max_locks_per_transaction = 256\nmax_worker_processes = 20");
my %prepared;

# Runs statements as a role in mallory's database.
sub as { my ($role, $statements) = @_; return scalar as_role($node, $role, 'lair', $statements, statement_timeout => '30s') }

# Runs statements as the superuser in mallory's database.
sub dba { my ($statements) = @_; return as('postgres', $statements) }

# Asks the superuser's way for one value in mallory's database.
sub answer { my ($query) = @_; return $node->safe_psql('lair', $query) }

# Has tickets due an hour later, so that a restamp finds something to write.
sub promise_more { return $node->safe_psql('lair', "UPDATE m.slt_targets SET amount = amount OPERATOR(m.+) '1 hour' WHERE contract = 'K'") }

# The superuser of these servers is called as the user who runs the tests; one called postgres is always there.
sub create_roles
{
	my $me = getpwuid($<);

	$node->safe_psql('postgres', 'CREATE ROLE postgres SUPERUSER LOGIN') if $me ne 'postgres';
	$node->safe_psql('postgres', "CREATE ROLE $_ LOGIN") for qw(mallory reader honest nobody2);
	return;
}

create_roles();
$node->safe_psql('postgres', 'CREATE DATABASE lair');
$node->safe_psql('lair', 'GRANT CREATE ON DATABASE lair TO mallory; CREATE SCHEMA safe; GRANT ALL ON SCHEMA safe TO honest; GRANT USAGE ON SCHEMA safe TO PUBLIC');
is(as('mallory', 'CREATE SCHEMA m; GRANT USAGE ON SCHEMA m TO PUBLIC; CREATE EXTENSION slt SCHEMA m'), '', 'mallory creates slt in a schema of hers');
lay_springs($node, 'mallory', 'lair', 'm');
dba(q{INSERT INTO m.slt_calendars (name, calendar) VALUES ('Always', 'UTC 24/7'); INSERT INTO m.slt_contracts (name, calendar) VALUES ('K', 'Always');
	INSERT INTO m.slt_targets (contract, severity, metric, amount) VALUES ('K', 'S1', 'resolution', '1 working hour');
	GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA m TO honest; GRANT USAGE ON ALL SEQUENCES IN SCHEMA m TO honest; GRANT SELECT ON ALL TABLES IN SCHEMA m TO reader});

my $no_limit = has_argument($node, 'lair', 'slt_attach', 'announce_from') ? ', announce_from => NULL' : '';
my $attach = q{opened_at => 'opened', severity_value => 'S1', contract_value => 'K', done_at => '{"resolution": "closed"}', status => 'status', paused_when => '{hold}'} . $no_limit;
my $columns = 'opened timestamptz, closed timestamptz, status text, note text';

# ---------- what an owner has put into a table ----------

# Statements that make the table %T with a spring %P in it: before it is attached, and after.
my %traps = (
	'index expression' => [ undef, 'CREATE INDEX ON %T (m.trap_key(%P, id))' ],
	'constant index expression' => [ undef, 'CREATE INDEX ON %T ((m.trap_int(%P)))' ],
	'unique index expression' => [ undef, 'CREATE UNIQUE INDEX ON %T ((id + m.trap_int(%P)))' ],
	'index predicate' => [ undef, 'CREATE INDEX ON %T (slt_announce_at) WHERE m.trap_time(%P, slt_announce_at) = 1' ],
	'constant index predicate' => [ undef, 'CREATE INDEX ON %T (id) WHERE m.trap_bool(%P)' ],
	'extended statistics' => [ undef, 'CREATE STATISTICS m.%N_s ON (id + m.trap_int(%P)), opened FROM %T' ],
	'statistics of one expression' => [ undef, 'CREATE STATISTICS m.%N_s ON (id + m.trap_int(%P)) FROM %T' ],
	'check' => [ undef, 'ALTER TABLE %T ADD CHECK (m.trap_bool(%P))' ],
	'check that is not valid' => [ undef, 'ALTER TABLE %T ADD CHECK (m.trap_key(%P, id) = id) NOT VALID' ],
	'generated column' => [ undef, 'ALTER TABLE %T ADD made int GENERATED ALWAYS AS (m.trap_key(%P, id)) STORED' ],
	'default' => [ undef, 'ALTER TABLE %T ALTER note SET DEFAULT m.trap_text(%P), ALTER slt_resolution_due SET DEFAULT now() + m.trap_int(%P) * interval \'1 day\'' ],
	'row security' => [ undef, 'ALTER TABLE %T ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY p ON %T USING (m.trap_bool(%P))' ],
	'trigger that fires always' => [ undef, 'CREATE TRIGGER a BEFORE UPDATE ON %T FOR EACH ROW EXECUTE FUNCTION m.trap_row(%P); CREATE TRIGGER s AFTER UPDATE ON %T EXECUTE FUNCTION m.trap_row(%P); ALTER TABLE %T ENABLE ALWAYS TRIGGER a, ENABLE ALWAYS TRIGGER s' ],
	'trigger condition' => [ undef, 'CREATE TRIGGER a BEFORE UPDATE ON %T FOR EACH ROW WHEN (m.trap_bool(%P)) EXECUTE FUNCTION m.trap_row(%P)' ],
	'deferred trigger' => [ undef, 'CREATE CONSTRAINT TRIGGER a AFTER UPDATE ON %T DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION m.trap_row(%P); ALTER TABLE %T ENABLE ALWAYS TRIGGER a' ],
	'rule' => [ undef, 'CREATE RULE r AS ON UPDATE TO %T DO ALSO SELECT m.trap_int(%P)' ],
	'rule instead' => [ undef, 'CREATE RULE r AS ON UPDATE TO %T WHERE m.trap_bool(%P) DO INSTEAD SELECT m.trap_int(%P)' ],
	'exclusion constraint' => [ undef, 'ALTER TABLE %T ADD EXCLUDE USING btree ((m.trap_key(%P, id)) WITH =)' ],
	'range of its own in an index' => [ undef, 'CREATE FUNCTION m.%N_diff(int, int) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM m.spring(%P); RETURN $1 - $2; END $$;
		CREATE TYPE m.%N_range AS RANGE (subtype = int, subtype_diff = m.%N_diff); ALTER TABLE %T ADD r m.%N_range; CREATE INDEX ON %T USING gist (r, slt_announce_at_range(slt_announce_at));
		CREATE INDEX ON %T USING gist (r); INSERT INTO %T (id, r) SELECT n, m.%N_range(n, n + 7) FROM generate_series(10000, 11000) n; UPDATE %T SET r = m.%N_range(id, id + 3)' ],
	'code that defers' => [ 'CREATE TABLE m.%N_other (id int); CREATE CONSTRAINT TRIGGER a AFTER INSERT ON m.%N_other DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION m.trap_row(%P);
		CREATE FUNCTION m.%N_later(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN IF session_user <> $q$mallory$q$ THEN INSERT INTO m.%N_other VALUES (1); END IF; RETURN $1; EXCEPTION WHEN insufficient_privilege OR feature_not_supported THEN RETURN $1; END $$; CREATE TABLE %T (id int PRIMARY KEY, %C)',
		'CREATE INDEX ON %T (m.%N_later(id))' ],
	'domain of the key' => [ 'CREATE DOMAIN m.%N_key AS int CHECK (m.trap_bool(%P)); CREATE TABLE %T (id m.%N_key PRIMARY KEY, %C)' ],
	'domain of a status' => [ 'CREATE DOMAIN m.%N_status AS text CHECK (m.trap_bool(%P)); CREATE TABLE %T (id int PRIMARY KEY, opened timestamptz, closed timestamptz, status m.%N_status, note text)' ],
	'domain of an instant' => [ 'CREATE DOMAIN m.%N_at AS timestamptz CHECK (m.trap_bool(%P)); CREATE TABLE %T (id int PRIMARY KEY, opened m.%N_at, closed m.%N_at, status text, note text)' ],
	'cast of a status' => [ 'CREATE TYPE m.%N_mood AS ENUM ($q$open$q$, $q$hold$q$); CREATE FUNCTION m.%N_cast(m.%N_mood) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM m.spring(%P); RETURN $q$open$q$; END $$;
		CREATE CAST (m.%N_mood AS text) WITH FUNCTION m.%N_cast(m.%N_mood) AS IMPLICIT; CREATE TABLE %T (id int PRIMARY KEY, opened timestamptz, closed timestamptz, status m.%N_mood, note text)' ],
	'cast of a key' => [ 'CREATE TYPE m.%N_mood AS ENUM ($q$1$q$, $q$2$q$, $q$3$q$, $q$4$q$, $q$5$q$, $q$6$q$, $q$7$q$, $q$8$q$); CREATE FUNCTION m.%N_cast(m.%N_mood) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM m.spring(%P); RETURN $q$1$q$; END $$;
		CREATE FUNCTION m.%N_back(text) RETURNS m.%N_mood LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM m.spring(%P); RETURN $q$1$q$; END $$;
		CREATE CAST (m.%N_mood AS text) WITH FUNCTION m.%N_cast(m.%N_mood) AS IMPLICIT; CREATE CAST (text AS m.%N_mood) WITH FUNCTION m.%N_back(text) AS IMPLICIT; CREATE TABLE %T (id m.%N_mood PRIMARY KEY, %C)' ],
	'partition key' => [ 'CREATE TABLE %T (id int, %C) PARTITION BY RANGE ((id + m.trap_int(%P))); CREATE TABLE %T_1 PARTITION OF %T DEFAULT' ],
	'list of partitions' => [ 'CREATE TABLE %T (id int, %C) PARTITION BY LIST ((m.trap_key(%P, id) % 2)); CREATE TABLE %T_1 PARTITION OF %T FOR VALUES IN (0); CREATE TABLE %T_2 PARTITION OF %T FOR VALUES IN (1)' ],
	'check of a partition' => [ 'CREATE TABLE %T (id int, %C) PARTITION BY LIST (id); CREATE TABLE %T_1 PARTITION OF %T (CHECK (m.trap_bool(%P))) DEFAULT' ],
	'index of a partition' => [ 'CREATE TABLE %T (id int, %C) PARTITION BY LIST (id); CREATE TABLE %T_1 PARTITION OF %T DEFAULT; CREATE INDEX ON %T_1 ((m.trap_int(%P)))' ],
	'index of the root' => [ 'CREATE TABLE %T (id int, %C) PARTITION BY LIST (id); CREATE TABLE %T_1 PARTITION OF %T DEFAULT', 'CREATE INDEX ON %T ((m.trap_int(%P)))' ],
	'check of a child' => [ 'CREATE TABLE %T (id int PRIMARY KEY, %C); CREATE TABLE %T_1 (CHECK (m.trap_bool(%P))) INHERITS (%T)' ],
	'statistics of a child' => [ 'CREATE TABLE %T (id int PRIMARY KEY, %C); CREATE TABLE %T_1 () INHERITS (%T); CREATE STATISTICS m.%N_s ON (id + m.trap_int(%P)) FROM %T_1; CREATE INDEX ON %T_1 ((m.trap_int(%P)))' ],
);
my @names = sort keys %traps;
my %table_of = map { my $t = "trap_$_"; $t =~ tr/ /_/; ($_ => $t) } @names;

# Fills in a statement of a trap.
sub fill
{
	my ($text, $name) = @_;
	my $table = $table_of{$name};

	return $text =~ s/%T/m.$table/gr =~ s/%N/$table/gr =~ s/%P/'$name'/gr =~ s/%C/$columns/gr =~ s/\$q\$/'/gr;
}

# Puts a ticket into each trap that is late, and one without stamps; as mallory.
sub open_tickets
{
	my ($id) = @_;

	return as('mallory', join "\n", map {
		my $t = "m.$table_of{$_}";
		my $key = $_ eq 'cast of a key' ? "'$id'" : $id;
		"INSERT INTO $t (id, opened, status) VALUES ($key, '2026-01-04 10:00Z', 'open');"
	} @names);
}

# Takes the stamps away, as if the rows had been there before slt.
sub strip_tickets
{
	return as('mallory', join "\n", map {
		my $t = "m.$table_of{$_}";
		"ALTER TABLE $t DISABLE TRIGGER USER; UPDATE $t SET slt_resolution_due = NULL; ALTER TABLE $t ENABLE TRIGGER USER;"
	} grep { !/rule/ } @names);
}

for my $name (@names)
{
	my ($before, $after) = @{ $traps{$name} };
	my $table = $table_of{$name};

	$after =~ s/, slt_announce_at_range\(slt_announce_at\)\)/)/ if defined $after;
	as('mallory', fill($before // 'CREATE TABLE %T (id int PRIMARY KEY, %C)', $name) . "; SELECT m.slt_attach('m.$table', $attach" . ($name =~ /partition|root/ ? ", key => 'id'" : '') . '); ' . fill($after // '', $name));
	as('mallory', "CREATE INDEX ON m.$table (slt_announce_at)");
}
as('mallory', 'GRANT SELECT ON ' . join(', ', map { "m.$table_of{$_}" } @names) . ' TO PUBLIC');
is(answer(q{SELECT count(*) FROM pg_trigger WHERE tgname = 'zz_slt_stamp' AND tgparentid = 0 AND tgrelid::regclass::text LIKE 'm.trap%'}) >= @names ? 1 : 0, 1, 'there are ' . @names . ' traps');

# What is done by others: for each, what is called, %T for each table; and what is made ready before it.
my @doings = (
	[ 'slt_sweep', 'SELECT m.slt_sweep()' ], [ 'slt_sweep_all', 'CALL m.slt_sweep_all()' ],
	[ 'slt_restamp', q{SELECT count(*) FROM m.slt_restamp('%T')}, 'amount' ], [ 'slt_restamp', q{SELECT count(*) FROM m.slt_restamp('%T', true)}, 'amount' ],
	[ 'slt_backfill', q{CALL m.slt_backfill('%T')}, 'strip' ], [ 'slt_attached', 'SELECT count(*) FROM m.slt_attached()' ], [ 'slt_ticket_counts', 'SELECT count(*) FROM m.slt_ticket_counts()' ],
	[ 'slt_report', q{SELECT count(*) FROM m.slt_report('%T')} ], [ 'slt_report_page', q{SELECT length(m.slt_report_page('%T', '2026-01', 'note'))} ], [ 'slt_costs', 'SELECT count(*) FROM m.slt_costs' ],
	[ 'slt_prune', q{UPDATE m.slt_announced SET announced_at = '2020-01-01'; SELECT m.slt_prune('1 day')} ], [ 'slt_import', q{SELECT count(*) FROM m.slt_import(m.slt_export())} ], [ 'slt_tickets', q{SELECT count(*) FROM m.slt_tickets('%T')} ],
	[ 'slt_unmatched', q{SELECT count(*) FROM m.slt_unmatched('%T')} ], [ 'count_open', q{SELECT count(*) FROM zz_slt_internal.count_open('%T')} ], [ 'count_unstamped', q{SELECT zz_slt_internal.count_unstamped('%T')} ],
	[ 'check_attachment', q{SELECT zz_slt_internal.check_attachment('%T')} ], [ 'attachment_problem', q{SELECT zz_slt_internal.attachment_problem('%T')} ], [ 'wait_for_writers', q{SELECT zz_slt_internal.wait_for_writers('%T')} ],
	[ 'as_owner', q{SELECT zz_slt_internal.as_owner('%T', 'ANALYZE %T')} ], [ 'add_columns', q{SELECT zz_slt_internal.add_columns('%T'), zz_slt_internal.add_triggers('%T')} ],
	[ 'slt_attach', qq{SELECT m.slt_attach('%T', $attach, key => 'id')} ], [ 'slt_detach', q{SELECT m.slt_detach('%T')} ]);

# What went wrong in springs: a line for each place and doing whose code was not its owner's, or free.
sub wrong_springs
{
	my ($owner, @found) = @_;
	my %lines = map { ("$_->{place}, $_->{doing}: as $_->{user}" . ($_->{restricted} eq 'yes' ? '' : ', not restricted') => 1) }
	  grep { $_->{user} ne $owner || $_->{restricted} ne 'yes' } @found;

	return join "\n", sort keys %lines;
}

# Nobody became a superuser; if so, says it, and takes it back for what follows.
sub nobody_rose
{
	my ($name) = @_;
	my $risen = $node->safe_psql('postgres', q{SELECT coalesce(string_agg(rolname, ' '), '') FROM pg_roles WHERE rolsuper AND rolname IN ('mallory', 'reader', 'honest', 'nobody2')});

	$node->safe_psql('postgres', "ALTER ROLE $_ NOSUPERUSER") for split ' ', $risen;
	return is($risen, '', $name);
}

subtest 'what an owner has put into a table runs as the owner, restricted, whoever works on it' => sub {
	my $id = 0;
	my @all;

	for my $doing (@doings)
	{
		my ($function, $call, $ready) = @$doing;

		next unless $function eq 'slt_costs' || has_function($node, 'lair', $function);
		open_tickets(++$id) if $function =~ /sweep|restamp/ && $id < 7;
		promise_more() if ($ready // '') eq 'amount';
		strip_tickets() if ($ready // '') eq 'strip';
		my $mark = log_mark($node);
		my $said = dba("SET application_name = '$function';\n" . ($call =~ /%T/ ? join('', map { $call =~ s/%T/m.$table_of{$_}/gr . ";\n" } @names) : "$call;"));
		my @found = springs($node, $mark);

		push @all, @found;
		is(wrong_springs('mallory', @found), '', "by hand: $function");
		nobody_rose("... and nobody is a superuser after $function");
		unharmed($node, $mark, "... nor was anything harmed by $function");
	}
	my %seen = map { ("$_->{place}" => 1) } @all;
	ok($seen{$_}, "the trap was sprung: $_") for 'index expression', 'constant index expression', 'index predicate', 'constant index predicate', 'check', 'generated column', 'exclusion constraint';
};

subtest 'the same by the background worker' => sub {
	as('mallory', join "\n", map { "SELECT m.slt_attach('m.$table_of{$_}', $attach" . (/partition|root/ ? ", key => 'id'" : '') . ");" } @names);
	my $mark = log_mark($node);

	open_tickets(8);
	$node->safe_psql('postgres', $_) for "ALTER SYSTEM SET slt.worker = on", 'SELECT pg_reload_conf()';
	my $swept = wait_until($node, 'lair', "SELECT count(DISTINCT ticket_table) > 5 FROM m.slt_events WHERE key = '8'");
	usleep(2_000_000);
	is(wrong_springs('mallory', springs($node, $mark)), '', 'what runs in the worker runs as the owner');
	ok($swept, 'the worker announced them');
	nobody_rose('nobody is a superuser');
	unharmed($node, $mark, 'nothing was harmed');
	$node->safe_psql('postgres', $_) for "ALTER SYSTEM SET slt.worker = off", 'SELECT pg_reload_conf()';
	usleep(500_000);
};
as('mallory', join "\n", map { "DROP TABLE m.$table_of{$_} CASCADE;" } @names);
dba('DELETE FROM m.slt_attachments');

# ---------- what code of the owner leaves behind ----------

subtest 'settings that an owner\'s code makes end with it' => sub {
	my %settings = (search_path => 'm', session_replication_role => 'replica', statement_timeout => '1ms', lock_timeout => '1ms', 'slt.calendar' => 'Nowhere', 'slt.stamping' => 'off',
		'slt.as_of' => '2020-01-01', timezone => 'Asia/Tokyo', datestyle => 'German', row_security => 'off', default_transaction_read_only => 'on', transaction_read_only => 'on',
		constraint_exclusion => 'off', check_function_bodies => 'off', lc_messages => 'C', standard_conforming_strings => 'off', bytea_output => 'escape', xmloption => 'document', client_min_messages => 'panic');
	my $sets = join "\n", map { "BEGIN PERFORM pg_catalog.set_config('$_', '$settings{$_}', false); EXCEPTION WHEN OTHERS THEN NULL; END;" } sort keys %settings;
	my $show = join ' || ', map { "'$_=' || coalesce(pg_catalog.current_setting('$_', true), '') || ' '" } sort keys %settings;

	as('mallory', <<"SQL");
CREATE TABLE m.sets (id int PRIMARY KEY, $columns);
SELECT m.slt_attach('m.sets', $attach);
CREATE INDEX ON m.sets (slt_announce_at);
CREATE FUNCTION m.set_all(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS \$\$ BEGIN PERFORM m.spring('settings'); IF session_user <> 'mallory' THEN $sets END IF; RETURN \$1; END \$\$;
CREATE INDEX ON m.sets (m.set_all(id));
INSERT INTO m.sets VALUES (1, '2026-01-04 10:00Z');
SQL
	my $mark = log_mark($node);
	as('honest', "CREATE TABLE safe.after (id int PRIMARY KEY, $columns); SELECT m.slt_attach('safe.after', $attach); INSERT INTO safe.after VALUES (1, '2026-01-04 10:00Z')");
	for my $call ('SELECT m.slt_sweep() > 0', 'CALL m.slt_sweep_all()', q{SELECT count(*) >= 0 FROM m.slt_restamp('m.sets')})
	{
		my $said = dba("SELECT $show;\n\\o /dev/null\n$call;\n\\o\nSELECT $show;");
		my @lines = grep { /search_path=/ } split /\n/, $said;

		is($lines[1], $lines[0], "settings are as before: $call");
		as('mallory', q{UPDATE m.sets SET opened = opened - interval '1 day', note = 'again'});
		promise_more();
	}
	cmp_ok(scalar springs($node, $mark), '>', 0, 'the code ran');
	is(answer(q{SELECT count(*) > 0 FROM m.slt_events WHERE ticket_table = 'safe.after'::regclass}), 't', 'and the next table has its turn');
	as('mallory', 'DROP TABLE m.sets');
	as('honest', 'DROP TABLE safe.after');
	dba('DELETE FROM m.slt_attachments');
};

# ---------- temporary objects of whoever asks ----------

subtest 'temporary objects of the caller are not taken for others' => sub {
	as('honest', "CREATE TABLE safe.t (id int PRIMARY KEY, $columns); SELECT m.slt_attach('safe.t', $attach); CREATE INDEX ON safe.t (slt_announce_at);
		CREATE FUNCTION safe.counts(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS \$\$ BEGIN PERFORM count(*) FROM pg_class WHERE oid = 1; RETURN \$1; END \$\$;
		CREATE INDEX ON safe.t (safe.counts(id)); INSERT INTO safe.t VALUES (1, '2026-01-04 10:00Z'), (2, now()); GRANT SELECT ON safe.t TO reader");
	dba(qq{GRANT EXECUTE ON FUNCTION m.$_ TO reader}) for split /\n/, answer(q{SELECT p.oid::regprocedure::text FROM pg_proc p WHERE proname = 'slt_sweep'}) =~ s/^m\.//mgr;
	my $shadows = <<'SQL';
CREATE FUNCTION pg_temp.spring(place text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$ BEGIN
	IF current_user <> 'reader' THEN RAISE LOG 'slt-spring <%> <%> <%> <%> <no>', place, pg_catalog.current_setting('application_name'), current_user, session_user; END IF; RETURN true; END $$;
DO $$
DECLARE
	r record;
BEGIN
	FOR r IN SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'v') AND (n.nspname IN ('m', 'zz_slt_internal', 'safe') OR n.nspname = 'pg_catalog' AND c.relname !~ 'authid|statistic|subscription|largeobject|user_mapping|file_settings|hba|ident|config|shadow|shmem') ORDER BY n.nspname DESC LOOP
		BEGIN
			EXECUTE pg_catalog.format('CREATE TEMP VIEW %I AS SELECT * FROM %I.%I WHERE pg_temp.spring(%L)', r.relname, r.nspname, r.relname, r.relname);
		EXCEPTION WHEN OTHERS THEN NULL;
		END;
	END LOOP;
	FOR r IN SELECT c.relname FROM pg_catalog.pg_class c WHERE c.relnamespace = pg_catalog.pg_my_temp_schema() LOOP
		EXECUTE pg_catalog.format('GRANT SELECT ON pg_temp.%I TO PUBLIC', r.relname);
	END LOOP;
END $$;
GRANT ALL ON SCHEMA pg_temp TO PUBLIC;
SET search_path = m;
SQL
	my @calls = (q{SELECT slt_deadline(now(), 'S1', 'K')}, q{SELECT count(*) FROM slt_explain(now(), 'S1', 'K')}, q{SELECT slt_calendar('Always')}, q{SELECT working_add(now(), '1 day', 'Always')},
		q{SELECT count(*) FROM slt_tickets('safe.t')}, q{SELECT count(*) FROM slt_report('safe.t')}, q{SELECT count(*) FROM slt_unmatched('safe.t')}, 'SELECT count(*) FROM slt_ticket_counts()', 'SELECT count(*) FROM slt_attached()',
		q{SELECT count(*) FROM safe.t t, slt_clocks(t) c}, q{SELECT count(*) FROM safe.t t, slt_explain(t, 'resolution') c}, q{SELECT zz_slt_internal.count_open('safe.t')}, q{SELECT zz_slt_internal.count_unstamped('safe.t')}, q{SELECT zz_slt_internal.family('safe.t')}, q{SELECT zz_slt_internal.attachment_problem('safe.t')}, q{SELECT slt_availability('[2026-01-01,2026-02-01)')}, 'SELECT count(*) FROM slt_status()', 'SELECT slt_status_page() IS NULL',
		'SELECT count(*) FROM slt_status_summary()', 'SELECT slt_sweep()', 'CALL slt_sweep_all()', q{SELECT count(*) FROM slt_restamp('safe.t')}, q{SELECT slt_record('Platform', 'Site', true)}, q{INSERT INTO safe.t VALUES (3, now())});
	my $mark = log_mark($node);
	my $said = as('reader', $shadows . join '', map { my ($f) = /(slt_\w+|INSERT)/; "SET application_name = '" . ($f // 'working') . "';\n$_;\n" } @calls);
	my %wrong = map { ("$_->{doing}: $_->{place} as $_->{user}" => 1) } springs($node, $mark);

	is(join("\n", sort keys %wrong), '', 'no code of the reader ran as another');
	nobody_rose('nobody is a superuser');
	unharmed($node, $mark, 'nothing was harmed');
	as('honest', 'DROP TABLE safe.t');
	dba('DELETE FROM m.slt_attachments');
};

# ---------- overloads beside what slt calls ----------

# Makes overloads of a function in schema m of a database: with fewer arguments, with other types, with arguments spread; each is a spring.
my $overloads = <<'SQL';
CREATE TABLE m.overloads (f text);
DO $do$
DECLARE
	f record;
	args text[];
	variants text[];
	v text;
	other text;
BEGIN
	FOR f IN SELECT * FROM m.wanted LOOP
		args := f.args;
		variants := '{}';
		FOR i IN 0 .. cardinality(args) LOOP
			variants := variants || array_to_string(args[:i], ', ');
			FOREACH other IN ARRAY '{text,unknown,bigint,int,oid,regclass,regtype,name,varchar,"text[]","regclass[]","regtype[]","name[]",boolean,jsonb,json,interval,numeric,timestamp,"timestamptz",date,tstzrange,tstzmultirange,m.working_interval,m.working_calendar,anyelement}'::text[] LOOP
				CONTINUE WHEN i = 0 OR other = 'unknown' OR cardinality(args) > 6 AND other NOT IN ('text', 'regclass', 'oid');
				variants := variants || array_to_string(args[:i - 1] || other || args[i + 1:], ', ');
			END LOOP;
		END LOOP;
		IF args[cardinality(args)] LIKE '%[]' THEN
			FOR i IN 0 .. 5 LOOP
				variants := variants || array_to_string(args[:cardinality(args) - 1] || array_fill(replace(args[cardinality(args)], '[]', ''), ARRAY[i]), ', ');
			END LOOP;
		END IF;
		variants := variants || (array_to_string(args[:1] || ARRAY['VARIADIC text[]'], ', ')) || array_to_string(args || 'text'::text, ', ') || array_to_string(args || 'boolean'::text, ', ');
		FOREACH v IN ARRAY variants LOOP
			BEGIN
				EXECUTE format('CREATE FUNCTION m.%I(%s) RETURNS %s LANGUAGE plpgsql AS $f$ BEGIN PERFORM m.spring(%L); RETURN%s; END $f$', f.name, v, CASE WHEN f.ret ~ '^(SETOF|TABLE)' THEN 'void' ELSE f.ret END,
					f.name || '(' || v || ')', CASE WHEN f.ret ~ '^(SETOF|TABLE|void)' THEN '' ELSE ' NULL' END);
				INSERT INTO m.overloads VALUES (f.name || '(' || v || ')');
			EXCEPTION WHEN OTHERS THEN NULL;
			END;
		END LOOP;
	END LOOP;
END $do$;
SQL

# Calls of everything that a DBA would call, with each argument's type said, so that his own calls go where he means.
sub dba_calls
{
	my @calls = (q{SELECT m.slt_deadline(now(), text 'S1', text 'K', text 'resolution', NULL::tstzmultirange)}, q{SELECT * FROM m.slt_explain(now(), text 'S1', text 'K', text 'resolution', NULL::tstzmultirange)}, q{SELECT m.slt_calendar(text 'Always')},
		q{SELECT * FROM m.slt_attached()}, q{SELECT m.slt_sweep(NULL::bigint)}, q{CALL m.slt_sweep_all()}, q{SELECT * FROM m.slt_tickets('m.t'::regclass, NULL::text)}, q{SELECT * FROM m.slt_report('m.t'::regclass, NULL::tstzrange, text 'month')},
		q{SELECT * FROM m.slt_unmatched('m.t'::regclass)}, 
		q{SELECT t.slt_resolution_due FROM m.t}, q{SELECT * FROM m.slt_restamp('m.t'::regclass, false, true)}, q{CALL m.slt_backfill('m.t'::regclass, 100)}, q{SELECT * FROM m.slt_ticket_counts()},
		q{SELECT m.slt_record(text 'Platform', text 'Site', true, interval '1 s', now(), text 'monitor')}, q{SELECT m.slt_availability('[2026-01-01,2026-02-01)'::tstzrange, NULL::text, NULL::text, NULL::m.working_calendar)},
		q{SELECT * FROM m.slt_availability_report('[2026-01-01,2026-02-01)'::tstzrange, text 'month', NULL::text, NULL::text, NULL::m.working_calendar)}, q{SELECT * FROM m.slt_list_services()}, q{SELECT * FROM m.slt_error_budget('[2026-01-01,2026-02-01)'::tstzrange, NULL::text)},
		q{SELECT * FROM m.slt_burn_alerts(NULL::text, now())}, q{SELECT * FROM m.slt_weekly_downtime(text 'Platform', date '2026-01-05')}, q{SELECT * FROM m.slt_next_maintenance(text 'Platform', 3, now())}, q{SELECT * FROM m.slt_maintenance_notices()}, q{SELECT * FROM m.slt_status(NULL::text)},
		q{SELECT * FROM m.slt_status_history(text 'Platform', 30)}, q{SELECT * FROM m.slt_status_summary(NULL::text)}, q{SELECT * FROM m.slt_status_incidents(NULL::text, 30, 10)}, q{SELECT m.slt_status_page(NULL::text, 90, 50, NULL::date, NULL::text)}, q{SELECT m.slt_summary_json(NULL::text, text 'https://x')}, q{SELECT m.slt_incidents_json(NULL::text, text 'https://x')},
		q{SELECT m.slt_incidents_atom(NULL::text, text 'https://x')}, q{SELECT m.slt_maintenance_ics(NULL::text, text 'https://x')}, q{SELECT m.slt_badge_svg(NULL::text, text 'x')}, q{SELECT * FROM m.slt_check_time_zones('{Africa/Cairo}'::text[])},
		q{SELECT * FROM m.slt_take_events(text 'c', 10)}, q{SELECT m.slt_skip_events(text 'c')}, q{SELECT m.slt_prune(interval '1 day')}, q{SELECT m.slt_grant_policy('honest'::regrole)}, q{UPDATE m.slt_targets SET amount = m.working_interval '3 hours'}, q{INSERT INTO m.slt_severities (code) VALUES ('New')},
		q{INSERT INTO m.slt_holidays SELECT * FROM m.slt_holidays LIMIT 0}, q{DELETE FROM m.slt_severities WHERE code = 'New'}, q{BEGIN; DELETE FROM m.slt_shipped; ROLLBACK}, q{BEGIN; INSERT INTO m.slt_shipped VALUES ('1.0'); ROLLBACK}, q{UPDATE m.t SET status = 'hold'}, q{UPDATE m.t SET status = 'open'},
		q{SELECT m.slt_attach(ticket_table => 'm.t'::regclass, opened_at => text 'opened', severity_value => text 'S1', contract_value => text 'K', done_at => jsonb '{"resolution": "closed"}', status => text 'status', key => text 'id')}, q{SELECT m.slt_detach('m.t'::regclass, true)});
	my %there = map { ($_ => 1) } split /\n/, $node->safe_psql('over', 'SELECT DISTINCT proname FROM pg_proc');

	return grep { !/(slt_\w+)\(/ || $there{$1} || /^(INSERT|UPDATE)/ } @calls;
}

subtest 'overloads in the schema of the extension are not called' => sub {
	$node->safe_psql('postgres', 'CREATE DATABASE over');
	$node->safe_psql('over', 'GRANT CREATE ON DATABASE over TO mallory');
	as_role($node, 'mallory', 'over', 'CREATE SCHEMA m; CREATE EXTENSION slt SCHEMA m');
	lay_springs($node, 'mallory', 'over', 'm');
	# those of slt, and of pg_catalog those that our SQL names
	as_role($node, 'mallory', 'over', <<'SQL');
CREATE TABLE m.wanted AS
SELECT p.proname::text AS name, ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY x (t, n) ORDER BY n) AS args, coalesce(pg_get_function_result(p.oid), 'void') AS ret
FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'slt')
WHERE p.prokind IN ('f', 'p') AND p.prorettype <> 'trigger'::regtype AND NOT p.proargtypes::oid[] && '{internal,cstring}'::regtype[]::oid[];
INSERT INTO m.wanted
SELECT DISTINCT p.proname, ARRAY(SELECT CASE WHEN t = '"any"'::regtype THEN 'text' WHEN t IN ('anyelement'::regtype, 'anycompatible'::regtype) THEN 'text' WHEN t IN ('anyarray'::regtype, 'anycompatiblearray'::regtype) THEN 'text[]' WHEN t = 'anyrange'::regtype THEN 'tstzrange' WHEN t = 'anymultirange'::regtype THEN 'tstzmultirange' ELSE format_type(t, NULL) END
		FROM unnest(p.proargtypes) WITH ORDINALITY x (t, n) ORDER BY n), 'text'
FROM pg_proc p
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND p.proname IN (
	SELECT DISTINCT r[1] FROM pg_proc o JOIN pg_language l ON l.oid = o.prolang AND l.lanname IN ('sql', 'plpgsql') JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = o.oid AND d.deptype = 'e', regexp_matches(coalesce(nullif(o.prosrc, ''), pg_get_functiondef(o.oid)), '([a-z_]+)\(', 'g') r WHERE o.prokind <> 'a')
	AND NOT p.proargtypes::oid[] && '{internal,cstring}'::regtype[]::oid[] AND cardinality(p.proargtypes::oid[]) BETWEEN 1 AND 3;
DELETE FROM m.wanted w USING m.wanted x WHERE w.ctid > x.ctid AND w.name = x.name AND w.args = x.args;
SQL
	my $mark = log_mark($node);
	my $said = as_role($node, 'mallory', 'over', $overloads);
	my $count = $node->safe_psql('over', 'SELECT count(*) FROM m.overloads');

	cmp_ok($count, '>', 1000, 'there are many overloads');
	diag($said) if $count < 1000;
	as_role($node, 'mallory', 'over', q{CREATE FUNCTION m.op(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM m.spring('operator'); RETURN true; END $$;
		CREATE FUNCTION m.cat(text, text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM m.spring('operator ||'); RETURN $1; END $$;
		CREATE OPERATOR m.= (FUNCTION = m.op, LEFTARG = text, RIGHTARG = text); CREATE OPERATOR m.~ (FUNCTION = m.op, LEFTARG = text, RIGHTARG = text); CREATE OPERATOR m.<> (FUNCTION = m.op, LEFTARG = text, RIGHTARG = text); CREATE OPERATOR m.|| (FUNCTION = m.cat, LEFTARG = text, RIGHTARG = text);
		CREATE TABLE m.t (id int PRIMARY KEY, opened timestamptz, closed timestamptz, status text, note text)});
	as_role($node, 'postgres', 'over', q{INSERT INTO m.slt_calendars (name, calendar) VALUES ('Always', 'UTC 24/7'); INSERT INTO m.slt_contracts (name, calendar) VALUES ('K', 'Always');
		INSERT INTO m.slt_targets (contract, severity, metric, amount) VALUES ('K', 'S1', 'resolution', m.working_interval '1 working hour')});
	my @calls = dba_calls();
	my @attach = grep { /slt_attach\(/ } @calls;
	my $calls = join '', map { my ($f) = /(slt_\w+)/; "SET application_name = '$f';\n$_;\n" } @attach, q{INSERT INTO m.t VALUES (1, '2026-01-04 10:00Z', NULL, 'open')}, @calls;
	my $heard = as_role($node, 'postgres', 'over', $calls);
	unlike($heard, qr/ERROR:  42725/, 'no call of slt\'s own becomes ambiguous') or diag(join "\n", $heard =~ /(ERROR:  42725.*(?:\n.*){0,4})/g);
	my %wrong = map { ("$_->{place} by $_->{doing}" => 1) } springs($node, $mark);
	is(join("\n", sort keys %wrong), '', 'none is called in ' . @calls . ' calls of a superuser');
	nobody_rose('nobody is a superuser');
	my $before = log_mark($node);
	as_role($node, 'mallory', 'over', 'DROP TABLE m.t');
	my $kept = as_role($node, 'mallory', 'over', 'ALTER TABLE m.wanted SET SCHEMA public; DROP EXTENSION slt; CREATE EXTENSION slt SCHEMA m');
	is(join("\n", map { $_->{place} } springs($node, $before)), '', 'nor by the script when it is created again beside them');
	nobody_rose('nobody is a superuser');
	unharmed($node, $mark, 'nothing was harmed');
	$node->safe_psql('postgres', 'DROP DATABASE over');
};

subtest 'a schema that is there before slt\'s own' => sub {
	$node->safe_psql('postgres', 'CREATE DATABASE early');
	$node->safe_psql('early', 'GRANT CREATE ON DATABASE early TO mallory');
	my $said = scalar as_role($node, 'mallory', 'early', 'CREATE SCHEMA zz_slt_internal; CREATE SCHEMA m; CREATE EXTENSION slt SCHEMA m');
	like($said, qr/ERROR:  42P06|ERROR:  55000/, 'mallory\'s zz_slt_internal is not taken for slt\'s');
	as_role($node, 'mallory', 'early', 'DROP SCHEMA zz_slt_internal; CREATE EXTENSION slt SCHEMA m');
	for my $try ('CREATE FUNCTION zz_slt_internal.f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$', 'CREATE TABLE zz_slt_internal.t (a int)', 'CREATE TYPE zz_slt_internal.ty AS ENUM ()', 'ALTER SCHEMA zz_slt_internal OWNER TO mallory', 'DROP SCHEMA zz_slt_internal CASCADE',
		'ALTER SCHEMA zz_slt_internal RENAME TO x', 'GRANT CREATE ON SCHEMA zz_slt_internal TO mallory', 'CREATE OPERATOR zz_slt_internal.= (FUNCTION = pg_catalog.texteq, LEFTARG = text, RIGHTARG = text)')
	{
		like(scalar as_role($node, 'mallory', 'early', $try), qr/ERROR:  (?:42501|2BP01)|WARNING:  01007/, "mallory does not: $try");
	}
	is($node->safe_psql('early', q{SELECT has_schema_privilege('mallory', 'zz_slt_internal', 'CREATE')}), 'f', 'and may put nothing there');
};

subtest 'on tables of ours mallory puts nothing that runs as who edits' => sub {
	for my $table (split /\n/, answer(q{SELECT c.oid::regclass FROM pg_extension e, unnest(e.extconfig) AS x (oid) JOIN pg_class c USING (oid) WHERE e.extname = 'slt' AND c.relkind = 'r'}))
	{
		my $said = as('mallory', join ";\n", "CREATE TRIGGER a BEFORE INSERT ON $table FOR EACH ROW EXECUTE FUNCTION m.trap_row('a')", "CREATE RULE a AS ON INSERT TO $table DO ALSO SELECT m.trap_int('a')", "CREATE INDEX ON $table ((m.trap_int('a')))",
			"CREATE STATISTICS m.st ON (m.trap_int('a')) FROM $table", "ALTER TABLE $table ADD CHECK (m.trap_bool('a'))", "CREATE POLICY p ON $table USING (m.trap_bool('a'))", "ALTER TABLE $table ADD x int DEFAULT m.trap_int('a')", "CREATE TABLE m.child () INHERITS ($table)",
			"CREATE TABLE m.fk (a text REFERENCES $table)", "ALTER TABLE $table OWNER TO mallory", "GRANT TRIGGER ON $table TO mallory", "ALTER EXTENSION slt DROP TABLE $table", "DROP TABLE $table CASCADE", "CREATE OR REPLACE VIEW $table AS SELECT 1");
		my @refused = $said =~ /(ERROR:  (?:42501|42809|42830|2BP01|42704: there is no primary key)|WARNING:  01007)/g;

		is(scalar @refused, 14, "each of 14 ways on $table is refused") or diag($said);
	}
};

# ---------- our trigger functions on anybody's table ----------

subtest 'trigger functions of ours on tables that they were not made for' => sub {
	my @functions = split /\n/, answer(q{SELECT p.oid::regproc FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' WHERE p.prorettype IN ('trigger'::regtype, 'event_trigger'::regtype)});
	my %shapes = (
		none => '', one => 'a int', ours => 'contract text, severity text, metric text, during tstzrange, name text, calendar text, ticket_table regclass, related_table regclass, version text, service text, code text, label text, opened timestamptz, closed timestamptz, status text, list text, day date, hours text',
		other => 'contract int, severity bytea, metric int[], during int, name point, calendar json, ticket_table text, related_table text, version float8, service box, code xid, label xml, day text, hours int, amount int', dropped => 'x int, contract text, severity text, metric text, during tstzrange, ticket_table regclass');
	my $mark = log_mark($node);
	my $n = 0;

	cmp_ok(scalar @functions, '>=', 3, 'there are trigger functions');
	for my $function (@functions)
	{
		my @script = ('SET client_min_messages = error');
		for my $shape (sort keys %shapes)
		{
			my $t = 'm.tr_' . $n++;

			push @script, "CREATE TABLE $t ($shapes{$shape})";
			push @script, "ALTER TABLE $t DROP x" if $shape eq 'dropped';
			my $column = ($shapes{$shape} =~ /^(?:x int, )?(\w+)/)[0];
			for my $timing ('BEFORE', 'AFTER')
			{
				for my $level ('ROW', 'STATEMENT')
				{
					for my $arguments ('', "'m.nothing'", "'', 'a', '" . 'x' x 3000 . "'")
					{
						push @script, "CREATE TRIGGER g $timing INSERT OR UPDATE OR DELETE" . ($level eq 'STATEMENT' ? ' OR TRUNCATE' : '') . " ON $t FOR EACH $level EXECUTE FUNCTION $function($arguments)",
						  "INSERT INTO $t DEFAULT VALUES", "INSERT INTO $t DEFAULT VALUES", ($column ? "UPDATE $t SET $column = NULL" : ()), "DELETE FROM $t", "TRUNCATE $t",
						  "ALTER TABLE $t DISABLE TRIGGER USER; INSERT INTO $t DEFAULT VALUES; ALTER TABLE $t ENABLE TRIGGER USER; " . ($column ? "UPDATE $t SET $column = $column" : "DELETE FROM $t"), "DELETE FROM $t", "DROP TRIGGER g ON $t", "TRUNCATE $t";
					}
				}
			}
			push @script, "CREATE CONSTRAINT TRIGGER g AFTER INSERT OR UPDATE OR DELETE ON $t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION $function()", "BEGIN; INSERT INTO $t DEFAULT VALUES; DELETE FROM $t; COMMIT", "DROP TRIGGER g ON $t";
			push @script, "CREATE TRIGGER g AFTER UPDATE ON $t REFERENCING OLD TABLE AS o NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION $function()", ($column ? "UPDATE $t SET $column = NULL" : ()), "DROP TRIGGER g ON $t";
			push @script, "CREATE VIEW ${t}_v AS SELECT * FROM $t; CREATE TRIGGER g INSTEAD OF INSERT OR UPDATE OR DELETE ON ${t}_v FOR EACH ROW EXECUTE FUNCTION $function(); INSERT INTO ${t}_v DEFAULT VALUES", "DELETE FROM ${t}_v", 'DROP VIEW ' . "${t}_v", "DROP TABLE $t";
		}
		push @script, "SELECT $function()";
		my $before = log_mark($node);
		my ($out, $messages) = as_role($node, 'mallory', 'lair', join(";\n", @script) . ";\nSELECT 'reached the end';", statement_timeout => '10s');
		like($out, qr/reached the end/, "$function: " . @script . ' statements') or diag(substr($messages, -500));
		unharmed($node, $before, "$function: nothing was harmed");
	}
	nobody_rose('nobody is a superuser');
};

# ---------- what is no table, where a table is expected ----------

subtest 'anything but a table, where a table is expected' => sub {
	dba(q{CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing; GRANT USAGE ON FOREIGN SERVER nowhere TO mallory});
	as('mallory', "CREATE TABLE m.plain (id int PRIMARY KEY, $columns); CREATE TABLE m.root (id int, $columns) PARTITION BY LIST (id); CREATE TABLE m.sub PARTITION OF m.root DEFAULT PARTITION BY LIST (id); CREATE TABLE m.leaf PARTITION OF m.sub DEFAULT;
		CREATE TABLE m.empty_root (id int, $columns) PARTITION BY HASH (id); CREATE VIEW m.view AS SELECT * FROM m.plain; CREATE MATERIALIZED VIEW m.matview AS SELECT * FROM m.plain; CREATE FOREIGN TABLE m.far (id int, $columns) SERVER nowhere; CREATE SEQUENCE m.seq;
		CREATE TYPE m.comp AS (id int, opened timestamptz); CREATE TABLE m.swept (id int PRIMARY KEY, $columns); CREATE TABLE m.mixed (id int, $columns) PARTITION BY LIST (id); CREATE FOREIGN TABLE m.mixed_far PARTITION OF m.mixed DEFAULT SERVER nowhere;
		SELECT m.slt_attach('m.root', $attach, key => 'id'); SELECT m.slt_attach('m.plain', $attach); SELECT m.slt_attach('m.mixed', $attach, key => 'id'); INSERT INTO m.root VALUES (1, '2026-01-04 10:00Z')");
	my @oids = map { "'m.$_'::regclass" } qw(plain root sub leaf empty_root view matview far seq comp swept mixed mixed_far plain_pkey);
	push @oids, '0::oid::regclass', '4294967295::oid::regclass', '999999::oid::regclass', "'pg_catalog.pg_class'::regclass", "'pg_catalog.pg_authid'::regclass", "'m.slt_events'::regclass", 'NULL::regclass', "(SELECT reltoastrelid::regclass FROM pg_class WHERE oid = 'm.plain'::regclass)";
	my @functions = split /\n/, answer(q{SELECT CASE p.prokind WHEN 'p' THEN 'CALL ' ELSE 'SELECT * FROM ' END || p.oid::regproc || '(' ||
		(SELECT string_agg(CASE t WHEN 'regclass'::regtype THEN '%T' WHEN 'text'::regtype THEN '''id''::text' WHEN 'tid'::regtype THEN '''(0,0)''::tid' WHEN 'bigint'::regtype THEN '1::bigint' WHEN 'integer'::regtype THEN '10'
			WHEN 'boolean'::regtype THEN 'true' WHEN 'jsonb'::regtype THEN '''{}''::jsonb' WHEN 'regclass[]'::regtype THEN 'ARRAY[%T]' ELSE 'NULL::' || format_type(t, NULL) END, ', ' ORDER BY n) FROM unnest(p.proargtypes) WITH ORDINALITY x (t, n)) || ')'
		FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' WHERE p.proargtypes::oid[] && '{regclass,regclass[]}'::regtype[]::oid[] AND p.proname <> 'slt_attach' ORDER BY p.proname});
	push @functions, "SELECT m.slt_attach(%T, $attach)";

	cmp_ok(scalar @functions, '>=', 8, 'functions take tables');
	for my $role ('mallory', 'postgres', 'nobody2')
	{
		for my $call (@functions)
		{
			my ($name) = $call =~ /([\w.]+)\(/;
			my $mark = log_mark($node);

			as($role, join '', map { $call =~ s/%T/$_/gr . ";\n" } @oids);
			unharmed($node, $mark, "$role: $name of " . @oids . ' things');
		}
	}
	nobody_rose('nobody is a superuser');
	as('mallory', "DROP TABLE IF EXISTS m.plain, m.root, m.empty_root, m.swept, m.mixed CASCADE");
	dba('DELETE FROM m.slt_attachments');
};

# ---------- a depth that nobody expects ----------

subtest 'thousands of levels of inheritance, on a small stack' => sub {
	# the stack is made small, so that fewer levels than the 75,000 of a usual one do
	plan skip_all => 'no prlimit' if system('prlimit --version >/dev/null 2>&1') != 0;
	my $depth = 5000;
	$node->stop;
	system("prlimit --pid $$ --stack=720000:unlimited");
	$node->append_conf('postgresql.conf', "max_stack_depth = '100kB'\nmax_locks_per_transaction = 2000");
	$node->start;
	as('mallory', "CREATE TABLE m.level_0 (id int, $columns); SELECT m.slt_attach('m.level_0', $attach, key => 'id')");
	# which takes a while under sanitizers
	as_role($node, 'mallory', 'lair', "DO \$\$ BEGIN FOR i IN 1 .. $depth LOOP EXECUTE format('CREATE TABLE m.level_%s () INHERITS (m.level_%s)', i, i - 1); IF i % 500 = 0 THEN COMMIT; END IF; END LOOP; END \$\$", statement_timeout => '280s');
	my $mark = log_mark($node);
	is(answer("SELECT to_regclass('m.level_$depth') IS NOT NULL"), 't', "there are $depth levels");
	as('mallory', "CREATE TRIGGER zz_slt_stamp BEFORE INSERT OR UPDATE ON m.level_$depth FOR EACH ROW EXECUTE FUNCTION m.slt_stamp(); INSERT INTO m.level_$depth VALUES (1, '2026-01-04 10:00Z')");
	unharmed($node, $mark, 'a ticket at the bottom');
	$mark = log_mark($node);
	as('mallory', "DROP TRIGGER zz_slt_stamp ON m.level_$depth; CREATE TRIGGER zz_slt_stamp BEFORE INSERT OR UPDATE ON m.level_$depth FOR EACH ROW EXECUTE FUNCTION m.slt_stamp('m.level_0'); INSERT INTO m.level_$depth VALUES (2, '2026-01-04 10:00Z')");
	unharmed($node, $mark, 'and one whose trigger names the attachment');
	$mark = log_mark($node);
	# deep texts: what parses by recursion
	for my $text ("'UTC ' || repeat('(', 60000) || 'Mo'", "repeat('(', 60000) || 'UTC Mo' || repeat(')', 60000)", "repeat('(UTC Mo) | (', 30000) || 'UTC Mo' || repeat(')', 30000)")
	{
		as('nobody2', "SELECT m.next_working(now(), ($text)::m.working_calendar)");
		unharmed($node, $mark, "the calendar $text");
		$mark = log_mark($node);
	}
	as('mallory', q{CREATE TABLE m.deep_map (id int, } . "$columns); SELECT m.slt_attach('m.deep_map', opened_at => 'opened', severity => 'status', severity_map => (repeat('[', 5000) || repeat(']', 5000))::jsonb, contract_value => 'K', key => 'id')");
	unharmed($node, $mark, 'a map of 5,000 levels');
	$mark = log_mark($node);
	# a function of the row that writes the row's table: recursion through the trigger
	as('mallory', "CREATE TABLE m.loop (id serial PRIMARY KEY, $columns); SELECT m.slt_attach('m.loop', $attach); CREATE FUNCTION m.again() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN INSERT INTO m.loop (opened) VALUES (NEW.opened); RETURN NEW; END \$\$;
		CREATE TRIGGER zzz AFTER INSERT ON m.loop FOR EACH ROW EXECUTE FUNCTION m.again(); INSERT INTO m.loop (opened) VALUES ('2026-01-04 10:00Z')");
	unharmed($node, $mark, 'a trigger that opens the next ticket for ever');
	$mark = log_mark($node);
	$node->stop('immediate');
	system("prlimit --pid $$ --stack=8388608:unlimited");
	$node->append_conf('postgresql.conf', "max_stack_depth = '2MB'");
	$node->start;
	dba('DELETE FROM m.slt_attachments');
	as_role($node, 'mallory', 'lair', "DO \$\$ BEGIN FOR i IN REVERSE $depth .. 0 LOOP EXECUTE format('DROP TABLE IF EXISTS m.level_%s', i); IF i % 500 = 0 THEN COMMIT; END IF; END LOOP; END \$\$; DROP TABLE m.loop;", statement_timeout => '280s');
};

# ---------- transactions that write nothing ----------

subtest 'READ ONLY transactions write nothing' => sub {
	as('mallory', "CREATE TABLE m.ro (id int PRIMARY KEY, $columns); SELECT m.slt_attach('m.ro', $attach); CREATE TABLE m.ro2 (id int PRIMARY KEY, $columns); INSERT INTO m.ro VALUES (1, now(), NULL, 'open'), (2, '2026-01-04 10:00Z', NULL, 'open')");
	promise_more();
	dba(q{INSERT INTO m.slt_services (name) VALUES ('Probe'); INSERT INTO m.slt_experiences (service, name) VALUES ('Probe', 'Site')});
	my @calls = (q{SELECT count(*) FROM m.slt_restamp('m.ro')}, q{SELECT m.slt_record('Probe', 'Site', true)}, 'SELECT m.slt_sweep()', 'CALL m.slt_sweep_all()', q{CALL m.slt_backfill('m.ro')}, "SELECT m.slt_attach('m.ro2', $attach)",
		q{SELECT m.slt_detach('m.ro')}, q{SELECT count(*) FROM m.slt_take_events('c', 10)}, q{SELECT m.slt_skip_events('c')}, q{SELECT m.slt_prune('1 day')}, q{SELECT m.slt_grant_policy('honest')}, q{SELECT zz_slt_internal.backfill_batch('m.ro', '(0,0)', 10)});
	my $state = q{SELECT md5(string_agg(x, ',' ORDER BY x)) FROM (SELECT t::text || xmin FROM m.ro t UNION ALL SELECT t::text FROM m.slt_attachments t UNION ALL SELECT t::text FROM m.slt_checks t UNION ALL SELECT t::text FROM m.slt_events t UNION ALL SELECT t::text FROM m.slt_coverage t) y (x)};

	for my $call (@calls)
	{
		my ($name) = $call =~ /(slt_\w+)\(/;
		next unless has_function($node, 'lair', $name);
		my $before = answer($state);
		# a superuser, who may do all of it; procedures that commit are called outside of a block
		my $said = dba($call =~ /^CALL/ ? "SET default_transaction_read_only = on; $call" : "BEGIN READ ONLY; $call; COMMIT");

		like($said, qr/ERROR:  25006/, "25006: $call") or diag($said);
		is(answer($state), $before, '... and nothing was written') or diag($said);
	}
	as('mallory', 'DROP TABLE m.ro, m.ro2');
	dba('DELETE FROM m.slt_attachments');
};

# ---------- names that are nobody's business ----------

subtest 'hints list names to whoever may read them' => sub {
	dba(q{INSERT INTO m.slt_contracts (name, calendar) VALUES ('HushContract', 'Always'); INSERT INTO m.slt_severities (code, label) VALUES ('HushCode', 'HushLabel'); INSERT INTO m.slt_calendars (name, calendar) VALUES ('HushCalendar', 'UTC 24/7');
		INSERT INTO m.slt_services (name) VALUES ('HushService'); INSERT INTO m.slt_experiences (service, name) VALUES ('HushService', 'HushExperience'); INSERT INTO m.slt_request_kinds VALUES ('HushKind', true); INSERT INTO m.slt_targets (contract, severity, metric, amount) VALUES ('HushContract', 'HushCode', 'hushmetric', '1 hour')});
	as('nobody2', 'SELECT 1');
	dba('GRANT CREATE ON SCHEMA safe TO nobody2; GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA m TO nobody2') if 0;
	my @calls = (q{SELECT m.slt_deadline(now(), 'x', 'K')}, q{SELECT m.slt_deadline(now(), 'S1', 'x')}, q{SELECT m.slt_deadline(now(), 'S1', 'K', 'x')}, q{SELECT m.slt_deadline(now(), 'S1', 'HushContract')}, q{SELECT * FROM m.slt_explain(now(), 'x', 'y')}, q{SELECT m.slt_calendar('x')},
		q{SELECT m.working_add(now(), '1 day', 'x')}, q{SELECT m.is_working(now(), 'x')}, q{SET slt.calendar = 'x'; SELECT m.next_working(now())}, q{SELECT m.slt_availability('[2026-01-01,2026-02-01)', 'x')}, q{SELECT m.slt_availability('[2026-01-01,2026-02-01)', 'Platform', 'x')},
		q{SELECT * FROM m.slt_availability_report('[2026-01-01,2026-02-01)', 'month', 'x')}, q{SELECT m.slt_record('x', 'y', true)}, q{SELECT m.slt_record('Platform', 'y', true)}, q{SELECT * FROM m.slt_service('x')}, q{SELECT * FROM m.slt_status('x')}, q{SELECT m.slt_status_page('x')},
		q{SELECT * FROM m.slt_weekly_downtime('x')}, q{SELECT * FROM m.slt_next_maintenance('x')}, q{SELECT * FROM m.slt_error_budget('[2026-01-01,2026-02-01)', 'x')}, q{SELECT zz_slt_internal.known_metrics()},
		q{CREATE TEMP TABLE x (a int); SELECT m.slt_attach('x', opened_at => 'a', severity_value => 'x', contract_value => 'y')}, q{SELECT * FROM m.slt_take_events('x', 1)});
	for my $call (@calls)
	{
		my (undef, $messages) = as_role($node, 'nobody2', 'lair', $call);

		unlike($messages, qr/hush/i, "a role that may not read the policy is not told its names: $call");
	}
	# the table of a role that may attach but not read the names
	dba(q{CREATE TABLE safe.mine (id int PRIMARY KEY, opened timestamptz, closed timestamptz, code text, plan text)});
	dba(qq{SELECT m.slt_attach('safe.mine', opened_at => 'opened', severity => 'code', contract => 'plan', done_at => '{"resolution": "closed"}'); GRANT SELECT, INSERT, UPDATE ON safe.mine TO nobody2; GRANT SELECT ON m.slt_attachments TO nobody2});
	my (undef, $messages) = as_role($node, 'nobody2', 'lair', q{INSERT INTO safe.mine VALUES (1, now(), NULL, 'x', 'y'); INSERT INTO safe.mine VALUES (2, now(), NULL, 'S1', 'y'); SELECT * FROM m.slt_unmatched('safe.mine'); SELECT * FROM m.slt_clocks((SELECT t FROM safe.mine t LIMIT 1))});
	unlike($messages, qr/hush/i, 'nor in the warning about a ticket that he writes');
	like((as_role($node, 'reader', 'lair', q{SELECT m.slt_deadline(now(), 'S1', 'x')}))[1], qr/HushContract/, 'who may read them is told');
	dba('DROP TABLE safe.mine; DELETE FROM m.slt_attachments');
};

# ---------- notifications ----------

subtest 'a notification says that there is news, and not of whom' => sub {
	as('mallory', "CREATE TABLE m.secret (id text PRIMARY KEY, $columns); SELECT m.slt_attach('m.secret', $attach); INSERT INTO m.secret VALUES ('hush-key-4711', '2026-01-04 10:00Z', NULL, 'open')");
	my $listener = $node->background_psql('lair', on_error_stop => 0, extra_params => [ '-U', 'nobody2' ]);
	$listener->query('LISTEN slt');
	my $call = 'CALL m.slt_sweep_all()';

	dba($call);
	my $heard = $listener->query('SELECT 1');
	for (1 .. 20) { last if $heard =~ /notification/; usleep(100_000); $heard .= $listener->query('SELECT 1') // '' }
	like($heard, qr/Asynchronous notification "slt"/, 'anybody hears that there is news');
	unlike($heard, qr/hush|secret|resolution/, '... but not of what');
	$listener->quit;
	as('mallory', 'DROP TABLE m.secret');
	dba('DELETE FROM m.slt_attachments');
};

# ---------- one tenant and all others ----------

subtest 'one tenant stops nobody else' => sub {
	my %stops = (
		'a function that sleeps for an hour' => "PERFORM pg_sleep(3600)", 'an endless loop' => 'LOOP NULL; END LOOP', 'a serialization failure' => "RAISE 'no' USING ERRCODE = '40001'", 'a deadlock' => "RAISE 'no' USING ERRCODE = '40P01'",
		'a query that is cancelled' => "RAISE 'no' USING ERRCODE = '57014'", 'a shutdown' => "RAISE 'no' USING ERRCODE = '57P01'", 'no memory' => "RAISE 'no' USING ERRCODE = '53200'", 'an internal error' => "RAISE 'no' USING ERRCODE = 'XX000'", 'a full disk' => "RAISE 'no' USING ERRCODE = '53100'",
		'an assertion' => "ASSERT false", 'a warning a time' => q{FOR i IN 1 .. 100000 LOOP RAISE DEBUG 'x'; END LOOP}, 'a lock that waits' => 'PERFORM pg_advisory_xact_lock(4711)', 'a cancel of the backend' => 'PERFORM pg_cancel_backend(pg_backend_pid())', 'an end of the backend' => 'PERFORM pg_terminate_backend(pg_backend_pid())',
		'a lot of memory' => q{PERFORM length(string_agg(repeat('x', 1000000), '')) FROM generate_series(1, 1200)});
	my $all = has_function($node, 'lair', 'slt_sweep_all');
	my $holder = $node->background_psql('lair', on_error_stop => 0, extra_params => [ '-U', 'mallory' ]);

	$holder->query('SELECT pg_advisory_lock(4711)');
	as('honest', "CREATE TABLE safe.honest (id serial PRIMARY KEY, $columns); SELECT m.slt_attach('safe.honest', $attach)");
	for my $stop (sort keys %stops)
	{
		# the tenant's table comes first and last in the order of OIDs and names
		for my $t ('m.aaa', 'safe_zzz')
		{
			my $table = $t eq 'm.aaa' ? 'm.aaa' : 'm.zzz';
			as('mallory', "DROP TABLE IF EXISTS $table; CREATE TABLE $table (id int PRIMARY KEY, $columns); SELECT m.slt_attach('$table', $attach); CREATE INDEX ON $table (slt_announce_at);
				CREATE OR REPLACE FUNCTION m.stop(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS \$\$ BEGIN IF session_user <> 'mallory' THEN $stops{$stop}; END IF; RETURN \$1; END \$\$; CREATE INDEX ON $table (m.stop(id)); INSERT INTO $table VALUES (1, '2026-01-04 10:00Z', NULL, 'open')");
		}
		my $id = as('honest', q{INSERT INTO safe.honest (opened, status) VALUES ('2026-01-04 10:00Z', 'open') RETURNING id});
		my $started = time;
		my $said = scalar as_role($node, 'postgres', 'lair', $all ? 'CALL m.slt_sweep_all()' : 'SELECT m.slt_sweep()', statement_timeout => '15s');
		my $took = time - $started;

		is(answer("SELECT count(*) > 0 FROM m.slt_events WHERE ticket_table = 'safe.honest'::regclass AND key = '$id'"), 't', "$stop: another table's tickets are announced") or diag($said);
		cmp_ok($took, '<', 14, '... soon');
	}
	as('mallory', 'DROP TABLE m.zzz; DROP INDEX m.aaa_stop_idx');

	# a lock on the table, by its owner; on the events, by who has the extension: other databases have their turn
	my $locker = $node->background_psql('lair', on_error_stop => 0, extra_params => [ '-U', 'mallory' ]);
	$locker->query('BEGIN; LOCK TABLE m.aaa IN ACCESS EXCLUSIVE MODE');
	my $id = as('honest', q{INSERT INTO safe.honest (opened, status) VALUES ('2026-01-04 10:00Z', 'open') RETURNING id});
	my $started = time;
	as_role($node, 'postgres', 'lair', $all ? 'CALL m.slt_sweep_all()' : 'SELECT m.slt_sweep()', statement_timeout => '15s');
	is(answer("SELECT count(*) > 0 FROM m.slt_events WHERE ticket_table = 'safe.honest'::regclass AND key = '$id'"), 't', 'LOCK TABLE: another table\'s tickets are announced');
	cmp_ok(time - $started, '<', 5, '... soon');
	$started = time;
	as('honest', "UPDATE safe.honest SET note = 'x' WHERE id = $id");
	cmp_ok(time - $started, '<', 2, '... and its owner writes');
	$locker->query('ROLLBACK; BEGIN; LOCK TABLE m.slt_events, m.slt_attachments IN ACCESS EXCLUSIVE MODE');
	$node->safe_psql('postgres', 'CREATE DATABASE next_door');
	$node->safe_psql('next_door', qq{CREATE EXTENSION slt; INSERT INTO slt_calendars (name, calendar) VALUES ('Always', 'UTC 24/7'); INSERT INTO slt_contracts (name, calendar) VALUES ('K', 'Always'); INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ('K', 'S1', 'resolution', '1 working hour');
		CREATE TABLE t (id int PRIMARY KEY, $columns); SELECT slt_attach('t', $attach); INSERT INTO t VALUES (1, '2026-01-04 10:00Z', NULL, 'open')});
	$node->safe_psql('postgres', $_) for 'ALTER SYSTEM SET slt.worker = on', 'ALTER SYSTEM SET slt.max_workers = 1', 'SELECT pg_reload_conf()';
	$started = time;
	ok(wait_until($node, 'next_door', 'SELECT count(*) > 0 FROM slt_events'), 'LOCK TABLE of the events in one database: the worker announces in another');
	cmp_ok(time - $started, '<', 15, '... soon');
	$node->safe_psql('postgres', $_) for 'ALTER SYSTEM RESET ALL', q{ALTER SYSTEM SET slt.worker = off}, 'SELECT pg_reload_conf()';
	$_->quit for $locker, $holder;
};

# ---------- what an owner's code can do against being cancelled ----------

subtest 'code that does not let itself be cancelled' => sub {
	my %stops = (
		'catches it, for ever' => 'LOOP BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP',
		'sweeps inside of the sweep, and then sleeps' => 'PERFORM m.slt_sweep(); PERFORM pg_sleep(3600)');

	as('mallory', "CREATE TABLE m.first (id int PRIMARY KEY, $columns); SELECT m.slt_attach('m.first', $attach); CREATE INDEX ON m.first (slt_announce_at)");
	as('honest', "CREATE TABLE safe.second (id serial PRIMARY KEY, $columns); SELECT m.slt_attach('safe.second', $attach)");
	for my $stop (sort keys %stops)
	{
		as('mallory', "CREATE OR REPLACE FUNCTION m.no_end(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS \$\$ BEGIN IF session_user <> 'mallory' THEN $stops{$stop}; END IF; RETURN \$1; END \$\$;
			CREATE INDEX IF NOT EXISTS no_end ON m.first (m.no_end(id)); DELETE FROM m.first; INSERT INTO m.first VALUES (1, '2026-01-04 10:00Z', NULL, 'open')");
		my $id = as('honest', q{INSERT INTO safe.second (opened, status) VALUES ('2026-01-04 10:00Z', 'open') RETURNING id});
		my $started = time;

		$node->safe_psql('postgres', $_) for 'ALTER SYSTEM SET slt.worker = on', 'SELECT pg_reload_conf()';
		ok(wait_until($node, 'lair', "SELECT count(*) > 0 FROM m.slt_events WHERE ticket_table = 'safe.second'::regclass AND key = '$id'"), "$stop: the worker announces another table's tickets");
		cmp_ok(time - $started, '<', 25, '... soon');
		$node->safe_psql('postgres', $_) for 'ALTER SYSTEM SET slt.worker = off', 'SELECT pg_reload_conf()';
		$started = time;
		as('mallory', q{UPDATE m.first SET opened = opened - interval '1 day'});
		as_role($node, 'postgres', 'lair', 'CALL m.slt_sweep_all()');
		cmp_ok(time - $started, '<', 20, '... and a sweep by hand ends');
	}
	as('mallory', 'DROP TABLE m.first');
	as('honest', 'DROP TABLE safe.second');
	dba('DELETE FROM m.slt_attachments');
};

# ---------- tables that are not one owner's alone ----------

subtest 'parts of a table that another session or another role has' => sub {
	as('mallory', "CREATE TABLE m.parent (id int PRIMARY KEY, $columns); SELECT m.slt_attach('m.parent', $attach); INSERT INTO m.parent VALUES (1, '2026-01-04 10:00Z', NULL, 'open')");
	my $other = $node->background_psql('lair', on_error_stop => 0, extra_params => [ '-U', 'mallory' ]);

	$other->query(q{CREATE TEMP TABLE passing () INHERITS (m.parent); INSERT INTO passing VALUES (2, '2026-01-04 10:00Z', NULL, 'open')});
	for my $call ('SELECT m.slt_sweep()', 'CALL m.slt_sweep_all()', 'SELECT problem FROM m.slt_attached()', q{SELECT * FROM m.slt_restamp('m.parent')}, q{CALL m.slt_backfill('m.parent')}, q{SELECT * FROM m.slt_tickets('m.parent')}, q{SELECT * FROM m.slt_report('m.parent')}, "SELECT m.slt_attach('m.parent', $attach)")
	{
		unlike(dba("SET client_min_messages = warning; $call"), qr/ERROR|WARNING|passing/, "a temporary child of another session does not matter: $call");
	}
	$other->quit;

	# a partition of another's: what its owner has put there runs as its owner, not as the root's, and not as who calls
	as('honest', "CREATE TABLE safe.root (id int, $columns) PARTITION BY LIST (id); GRANT ALL ON safe.root TO mallory; SELECT m.slt_attach('safe.root', $attach, key => 'id')");
	dba('GRANT CREATE ON SCHEMA safe TO mallory');
	as('honest', 'CREATE TABLE safe.leaf PARTITION OF safe.root DEFAULT');
	dba('ALTER TABLE safe.leaf OWNER TO mallory');
	as('mallory', q{CREATE INDEX ON safe.leaf (slt_announce_at); CREATE INDEX ON safe.leaf (m.trap_key('leaf', id)); CREATE INDEX ON safe.leaf ((m.trap_int('leaf'))); INSERT INTO safe.leaf VALUES (1, '2026-01-04 10:00Z', NULL, 'open')});
	my $mark = log_mark($node);
	for my $call ('SELECT m.slt_sweep()', 'CALL m.slt_sweep_all()', 'SELECT problem FROM m.slt_attached()', q{SELECT * FROM m.slt_restamp('safe.root')}, q{CALL m.slt_backfill('safe.root')})
	{
		dba("SET application_name = 'leaf'; $call");
		promise_more();
		as('mallory', q{UPDATE safe.leaf SET opened = opened - interval '1 day'});
	}
	my @found = springs($node, $mark);
	cmp_ok(scalar @found, '>', 0, 'a partition of another owner: its code ran');
	unlike(wrong_springs('mallory', grep { $_->{user} ne 'honest' } @found), qr/./, '... as its owner, restricted');
	is(join(', ', map { "$_->{user} $_->{restricted}" } grep { $_->{user} eq 'honest' && $_->{restricted} ne 'yes' } @found), '', '... or, where the root as a whole is read, as the root\'s, restricted');
	nobody_rose('nobody is a superuser');
	unharmed($node, $mark, 'nothing was harmed');
	dba('DROP TABLE safe.root; REVOKE CREATE ON SCHEMA safe FROM mallory; DELETE FROM m.slt_attachments');

	# a trigger that names the attachment of another's table
	as('honest', "CREATE TABLE safe.mine (id int PRIMARY KEY, $columns); SELECT m.slt_attach('safe.mine', $attach); GRANT SELECT ON safe.mine TO mallory");
	as('mallory', q{DROP TABLE m.parent; CREATE TABLE m.guest (LIKE safe.mine INCLUDING ALL); CREATE TRIGGER zz_slt_stamp BEFORE INSERT OR UPDATE ON m.guest FOR EACH ROW EXECUTE FUNCTION m.slt_stamp('safe.mine'); INSERT INTO m.guest VALUES (1, '2026-01-04 10:00Z', NULL, 'open')});
	is(answer('SELECT slt_resolution_due IS NULL FROM m.guest'), 't', 'a trigger that names another\'s attachment stamps nothing');
	is(answer(q{SELECT count(*) FROM zz_slt_internal.family('safe.mine')}), '1', '... and does not join its tables');
	dba('SELECT m.slt_sweep()');
	is(answer(q{SELECT count(*) FROM m.slt_events WHERE table_name = 'm.guest'}), '0', '... nor is it announced');
	as('mallory', 'DROP TABLE m.guest');
	dba('DROP TABLE safe.mine; DELETE FROM m.slt_attachments');
};

# ---------- attachments that are written by hand ----------

subtest 'rows of slt_attachments by hand' => sub {
	as('mallory', "CREATE TABLE m.hand (id int PRIMARY KEY, $columns); SELECT m.slt_attach('m.hand', $attach); INSERT INTO m.hand VALUES (1, '2026-01-04 10:00Z', NULL, 'open')");
	as('honest', "CREATE TABLE safe.theirs (id int PRIMARY KEY, $columns); SELECT m.slt_attach('safe.theirs', $attach, severity_map => '{\"*\": \"S1\"}')");
	my @odd = ("column_numbers = '{\"opened\": \"x\", \"id\": 1e30, \"closed\": \"NaN\", \"status\": -6, \"note\": 1600}'", "column_numbers = '[1]'", "column_numbers = '3'", "column_numbers = NULL", "numbers_of = 0", "own_columns = '[]'", "own_columns = '{\"resolution_due\": \"opened\", \"announce_at\": \"opened\", \"resolution_met\": 7}'",
		"own_columns = '{\"resolution_due\": \"slt_announce_at\", \"announce_at\": \"slt_resolution_due\", \"resolution_runs\": \"slt_response_runs\", \"status_at\": \"slt_response_runs\"}'", "own_columns = '{\"announce_at\": \"ctid\", \"resolution_due\": \"xmin\"}'", "severity_map = '[]'", "severity_map = '\"S1\"'", "severity_map = '{\"a\": {\"b\": 1}}'", "contract_map = '3'",
		"calendar_map = '[[]]'", "request_kind_map = 'null'", "done_at = '[]'", "done_at = '\"closed\"'", "done_at = '{\"resolution\": {\"a\": 1}}'", "started_at = '7'", "done_when = '[1]'", "paused_when = '{\"resolution\": {\"a\": []}}'", "paused_when = '[[[[]]]]'", "paused_when = 'null'", "cancelled_when = ARRAY[[NULL, 'a']]", "cancelled_when = '[5:6]={a,b}'",
		"metrics = '{}'", "metrics = '{NULL}'", "metrics = array_fill('resolution'::text, '{100000}')", "metrics = '{nothing}'", "prefix = ''", "prefix = repeat('x', 1000000)", "name = repeat('x', 100000)", "name = ''", "on_unknown = 'x'", "time_unit = ''", "time_zone = repeat('../', 100)", "time_zone = 'posixrules'", "time_zone = '<+99>-99'", "unset = 'infinity'", "unset = '4713-01-01 BC'",
		"announce_from = '-infinity'", "announce_from = '294276-01-01'", "key = ''", "key = 'tableoid'", "key = 'ctid'", "opened_at = 'xmin'", "opened_at = ''", "severity = ',,,', severity_value = NULL", "severity = repeat('status,', 20000), severity_value = NULL", "severity_value = repeat('x', 20000000)", "status = 'opened'", "status = 'tableoid'", "changed_at = 'slt_announce_at'",
		"cancelled_when = ARRAY(SELECT 's' || n FROM generate_series(1, 200000) n)", "paused_when = (SELECT jsonb_agg('s' || n) FROM generate_series(1, 200000) n)", "severity_map = (SELECT jsonb_object_agg('>=' || n, 'S1') FROM generate_series(1, 300000) n)",
		map { "ticket_table = $_" } "'m.hand_pkey'::regclass", '0', '4294967295', "'pg_class'::regclass", "'safe.theirs'::regclass", "(SELECT reltoastrelid FROM pg_class WHERE oid = 'm.hand'::regclass)");
	my $calls = join '', map { "$_;\n" } q{INSERT INTO m.hand SELECT coalesce(max(id), 0) + 1, '2026-01-04 10:00Z', NULL, 'open' FROM m.hand}, q{UPDATE m.hand SET status = 'hold'}, q{SELECT zz_slt_internal.attachment_problem('m.hand')}, q{SELECT zz_slt_internal.check_attachment('m.hand')},
	  q{SELECT count(*) FROM m.hand t, m.slt_clocks(t)}, q{SELECT count(*) FROM m.slt_tickets('m.hand')}, q{SELECT count(*) FROM m.slt_restamp('m.hand', true)}, 'SELECT count(*) FROM m.slt_attached()', q{SELECT m.slt_sweep()};

	for my $set (@odd)
	{
		my $mark = log_mark($node);
		my $started = time;

		as('mallory', 'CREATE TABLE IF NOT EXISTS m.kept AS SELECT * FROM m.slt_attachments WHERE false; TRUNCATE m.kept; INSERT INTO m.kept SELECT * FROM m.slt_attachments WHERE ticket_table = \'m.hand\'::regclass');
		as('mallory', "UPDATE m.slt_attachments SET $set WHERE name = 'm.hand';\n$calls");
		my $policy = dba(q{SET client_min_messages = warning; INSERT INTO m.slt_severities (code) VALUES ('Odd'); UPDATE m.slt_severities SET code = 'Odd2' WHERE code = 'Odd'; DELETE FROM m.slt_severities WHERE code = 'Odd2'; INSERT INTO m.slt_calendars (name, calendar) VALUES ('Odd', 'UTC 24/7'); DELETE FROM m.slt_calendars WHERE name = 'Odd'});
		my $name = substr $set, 0, 60;
		is($policy, '', "$name: the policy can be edited");
		as('honest', q{ALTER TABLE safe.theirs RENAME COLUMN note TO remark}) if $set eq $odd[0];
		unlike(scalar as_role($node, 'postgres', 'lair', 'SET client_min_messages = warning; CALL m.slt_sweep_all()'), qr/ERROR|could not be brought up to date/, '... and what is attached is swept');
		cmp_ok(time - $started, '<', 20, '... in time');
		unharmed($node, $mark, '... and nothing was harmed');
		as('mallory', "DELETE FROM m.slt_attachments WHERE name NOT LIKE 'safe.%'; INSERT INTO m.slt_attachments SELECT * FROM m.kept");
	}
	is(answer(q{SELECT ticket_table::text FROM m.slt_attachments WHERE name = 'm.hand'}), 'm.hand', 'the row is as it was');
	like(as('mallory', q{UPDATE m.slt_attachments SET opened_at = 'closed' WHERE name = 'safe.theirs'}), qr/ERROR:  42501/, 'nobody changes the row of another\'s table');
	like(as('mallory', q{DELETE FROM zz_slt_internal.attachments WHERE name = 'safe.theirs'}), qr/ERROR:  42501/, '... nor through the view');
	like(as('nobody2', q{UPDATE zz_slt_internal.attachments SET opened_at = 'closed'}), qr/ERROR:  42501/, '... nor through the view without rights');
	like(as('nobody2', "SELECT zz_slt_internal.$_"), qr/ERROR:  42501/, "not for everyone: $_") for q{put_off(1::oid, '(0,0)'::tid, 1::bigint, 1::bigint, 'x')}, q{rename_in_attachments('severity', 'S1', 'S2')}, 'follow_renames()', 'tables_to_sweep()', q{as_owner('safe.theirs', 'DROP TABLE safe.theirs')}, q{backfill_batch('safe.theirs', '(0,0)', 1)}, q{wait_for_writers('safe.theirs')}, q{lock_tables('{safe.theirs}')};
	as('mallory', 'DROP TABLE m.hand, m.kept');
	dba('DROP TABLE safe.theirs; DELETE FROM m.slt_attachments');
};

# ---------- histories and runs by hand ----------

subtest 'histories and runs that are nonsense' => sub {
	as('mallory', "CREATE TABLE m.past (id int PRIMARY KEY, $columns); SELECT m.slt_attach('m.past', $attach); INSERT INTO m.past VALUES (1, '2026-01-04 10:00Z', NULL, 'open')");
	my @odd = ("slt_resolution_runs = '{}'", "slt_resolution_runs = '{2026-01-01}'", "slt_resolution_runs = '{{2026-01-01,2026-01-02}}'", "slt_resolution_runs = '{{NULL,NULL,NULL}}'", "slt_resolution_runs = '{{infinity,-infinity,infinity}}'", "slt_resolution_runs = '{{2026-02-01,2026-01-01,2025-01-01},{2026-02-01,2026-01-01,2025-01-01}}'",
		"slt_resolution_runs = '{{{2026-02-01,2026-01-01,2025-01-01}}}'", "slt_resolution_runs = '[5:5][-1:1]={{2026-01-01,2026-01-02,NULL}}'", "slt_resolution_runs = '{{294276-12-31,4713-01-01 BC,294276-12-31}}'", "slt_resolution_runs = (SELECT array_agg(ARRAY[now() - n * interval '1 s', now(), NULL]) FROM generate_series(1, 300000) n)",
		"slt_status_at = '{}', slt_status_became = '{}'", "slt_status_at = NULL", "slt_status_became = NULL", "slt_status_at = '{NULL}', slt_status_became = '{NULL}'", "slt_status_at = '{2026-01-05,2026-01-05,2026-01-05}', slt_status_became = '{hold,open,hold}'", "slt_status_at = '{infinity,-infinity}', slt_status_became = '{hold,open}'",
		"slt_status_at = '[9:9]={2026-01-05}', slt_status_became = '[-3:-3]={hold}'", "slt_status_at = (SELECT array_agg(now() - n * interval '1 s') FROM generate_series(1, 1000000) n), slt_status_became = array_fill('hold'::text, '{1000000}')", "slt_status_at = (SELECT array_agg(timestamptz '2026-02-01') FROM generate_series(1, 1000000) n), slt_status_became = (SELECT array_agg(CASE n % 2 WHEN 0 THEN 'hold' ELSE 'open' END) FROM generate_series(1, 1000000) n)",
		"slt_resolution_due = '-infinity', slt_resolution_met = true", "slt_resolution_due = 'infinity', slt_resolution_met = false, closed = '-infinity'", "opened = 'infinity'", "opened = '-infinity', closed = 'infinity'", "opened = '294276-12-31', closed = '4713-01-01 BC'", "slt_announce_at = '-infinity'", "slt_announce_at = 'infinity'");
	for my $set (@odd)
	{
		my $mark = log_mark($node);
		my $started = time;

		as_role($node, 'mallory', 'lair', join('', map { "$_;\n" } "UPDATE m.past SET $set", q{UPDATE m.past SET status = 'hold'}, q{UPDATE m.past SET status = 'open', closed = now()}, q{UPDATE m.past SET closed = NULL}, "ALTER TABLE m.past DISABLE TRIGGER USER", "UPDATE m.past SET $set", "ALTER TABLE m.past ENABLE TRIGGER USER",
			'SELECT count(*) FROM m.past t, m.slt_clocks(t)', q{SELECT count(*) FROM m.past t, m.slt_explain(t, 'resolution')}, q{SELECT count(*) FROM m.slt_report('m.past')}, q{SELECT count(*) FROM m.slt_restamp('m.past', false, false)}, 'SELECT m.slt_sweep()', q{CALL m.slt_backfill('m.past')}, 'TRUNCATE m.past', q{INSERT INTO m.past VALUES (1, '2026-01-04 10:00Z', NULL, 'open')}), statement_timeout => '20s');
		cmp_ok(time - $started, '<', 30, substr($set, 0, 80) . ': in time');
		unharmed($node, $mark, '... and nothing was harmed');
	}
	as('mallory', 'DROP TABLE m.past');
	dba('DELETE FROM m.slt_attachments');
};

# ---------- rows of the policy ----------

# Statements by which mallory gives a table of hers a code that makes her a superuser, if it runs as one.
my $rise = q{CREATE FUNCTION m.rise() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN ALTER ROLE mallory SUPERUSER; END IF; RETURN true; END $$;
	CREATE DOMAIN m.rising AS text CHECK (m.rise()); CREATE TABLE m.rises (name m.rising, in_scope boolean)};

subtest 'what reads a table for everyone, or by the log, reads tables of slt only' => sub {
	as('mallory', "$rise; INSERT INTO m.slt_policy_log VALUES (now(), 'x', 'rises', NULL, '{\"name\": \"1\"}'); CREATE TABLE m.hidden (id int); INSERT INTO m.hidden VALUES (1);
		ALTER TABLE m.hidden ENABLE ROW LEVEL SECURITY; CREATE POLICY nobody ON m.hidden USING (false); GRANT SELECT ON m.hidden TO reader");
	my @polymorphic = split /\n/, answer(q{SELECT p.oid::regproc FROM pg_proc p WHERE p.pronamespace IN ('m'::regnamespace, 'zz_slt_internal'::regnamespace) AND p.proargtypes::oid[] && '{anyelement,anyarray,anycompatible,anynonarray,"\"any\""}'::regtype[]::oid[] AND p.prolang = (SELECT oid FROM pg_language WHERE lanname = 'c')});

	is("@polymorphic", 'zz_slt_internal.policy_rows', 'one function takes a row of any table');
	for my $added (0, 1)
	{
		as('mallory', 'ALTER EXTENSION slt ADD TABLE m.rises') if $added;
		like(as('mallory', "SELECT * FROM zz_slt_internal.policy_rows(NULL::m.rises, $_)"), qr/^ERROR:  42809: a row of a policy table is needed/, 'not of one that is in the schema' . ($added ? ', and was added to the extension' : '') . ": $_") for 'now()', 'NULL';
		nobody_rose('nobody is a superuser');
	}
	like(as('reader', 'SELECT * FROM zz_slt_internal.policy_rows(NULL::m.hidden, NULL)'), qr/^ERROR:  42809/, 'nor of one whose rows are hidden');
	as('mallory', q{ALTER EXTENSION slt DROP TABLE m.rises; DROP TABLE m.rises, m.hidden; DELETE FROM m.slt_policy_log WHERE in_table = 'rises'});
};

# ---------- a COPY that looks like that of a dump ----------

subtest 'a COPY as a dump has it, of whoever may write some tables' => sub {
	my @tables = split /\n/, answer(q{SELECT tgrelid::regclass FROM pg_trigger WHERE tgname = 'slt_before_restore' AND tgrelid <> 'm.slt_policy_log'::regclass});
	my $as_a_dump = "SET check_function_bodies = off; SET search_path = '';\n";
	my $mark = log_mark($node);

	dba('GRANT SELECT, INSERT, UPDATE, DELETE ON ' . join(', ', @tables) . ' TO nobody2');
	for my $table (@tables)
	{
		my $before = answer("SELECT count(*) FROM $table");

		is(as('nobody2', "$as_a_dump BEGIN; COPY $table FROM stdin;\n\\.\nSHOW session_replication_role; COMMIT"), 'origin', "$table: nothing is copied");
		is(answer("SELECT count(*) FROM $table"), $before, '... and nothing is gone that the log knows nothing of');
	}
	my $days = join '', map { "Egypt\t" . (3000 + int($_ / 28)) . '-01-' . (1 + $_ % 28) . "\tx\n" } 0 .. 5000;
	for my $case ([ "m.slt_targets (contract, severity, metric, amount) FROM stdin;\nNone\tS1\tresolution\t1 hour\n", '23503' ], [ "m.slt_targets (contract, severity, metric, amount, during) FROM stdin;\nK\tS1\tresolution\t1 hour\t[2026-01-01,)\n", '23P01' ],
		[ "m.slt_holidays (list, day, name) FROM stdin;\n$days", '54000' ], [ "m.slt_holidays (list, day, name, hours) FROM stdin;\nEgypt\t3000-01-01\tx\tnever\n", '22P02' ], [ "m.slt_page_texts (language, name, text) FROM stdin;\nxx\tdigits\t<<<<<<<<<<\n", '22023' ])
	{
		like(as('nobody2', "${as_a_dump}COPY $case->[0]\\."), qr/^ERROR:  $case->[1]:/, "what a table refuses is refused, $case->[1]: " . substr($case->[0], 0, 50) =~ s/\n.*//sr);
	}
	dba('REVOKE ALL ON ' . join(', ', @tables) . ' FROM nobody2');
	unharmed($node, $mark, 'nothing was harmed');
};

# ---------- what slt costs, while an owner does not want it to be known ----------

subtest 'slt_costs while an owner\'s code sleeps, or his table is locked' => sub {
	my $costs = q{SET statement_timeout = '60s'; SELECT count(*) FROM m.slt_costs WHERE kind = 'tickets'; SELECT sweep_lag IS NULL FROM m.slt_costs WHERE name = 'm.slow'};

	as('mallory', "CREATE TABLE m.slow (id int PRIMARY KEY, $columns); SELECT m.slt_attach('m.slow', $attach); CREATE INDEX ON m.slow (slt_announce_at); INSERT INTO m.slow VALUES (1, '2026-01-04 10:00Z', NULL, 'open')");
	my $locker = $node->background_psql('lair', extra_params => [ '-U', 'mallory' ]);
	$locker->query('BEGIN; LOCK TABLE m.slow');
	is(as('postgres', "SET lock_timeout = '30s'; $costs"), "1\nt", 'it does not wait for a lock');
	$locker->quit;
	as('mallory', q{CREATE FUNCTION m.sleeps() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN IF session_user <> 'mallory' THEN PERFORM pg_sleep(3600); END IF; RETURN 1; END $$; CREATE INDEX ON m.slow ((m.sleeps()))});
	is(as('postgres', $costs), "1\nf", 'and code of his is not run for it');
	as('mallory', 'DROP TABLE m.slow');
	dba('DELETE FROM m.slt_attachments');
};

$node->stop('immediate');
done_testing();
