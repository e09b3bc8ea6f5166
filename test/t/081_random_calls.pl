# Random calls of everything that slt has: each function, operator, aggregate, cast and procedure that the catalog lists,
# with values that nobody means well by, as an ordinary role and as a superuser.  No call crashes the server, is an
# internal error, outlasts its statement_timeout, tells a name to whom it is not meant for, or leaves memory behind.
#
#   SLT_RANDOM_CALLS    how many calls (3000)
#   SLT_RANDOM_SECONDS  for how long instead, such as 3600
#   SLT_RANDOM_SEED     which (random; it is printed)
#   SLT_RANDOM_GRACE    how many seconds a call may go on after its statement_timeout (1)
use strict;
use warnings;
use HostileTest;
use IPC::Run;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;
use Time::HiRes qw(time usleep);

my $seed = $ENV{SLT_RANDOM_SEED} // int(rand(2**31));
my $seconds = $ENV{SLT_RANDOM_SECONDS} // 0;
my $calls_wanted = $ENV{SLT_RANDOM_CALLS} // 3000;
my $batch_size = 100;
my ($timeout, $grace) = (2, $ENV{SLT_RANDOM_GRACE} // 1);

srand($seed);
diag("SLT_RANDOM_SEED=$seed");

my $node = hostile_server('random_calls', "max_locks_per_transaction = 256");

# ---------- things to call with ----------

$node->safe_psql('postgres', 'CREATE ROLE postgres SUPERUSER LOGIN') if getpwuid($<) ne 'postgres';
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE caller LOGIN; CREATE ROLE granted;
CREATE EXTENSION slt;
CREATE SCHEMA things;
GRANT ALL ON SCHEMA things TO PUBLIC;
INSERT INTO slt_calendars (name, calendar) VALUES ('Always', 'UTC 24/7'), ('HushCalendar', 'Africa/Cairo Su-Th 09:00-17:00');
INSERT INTO slt_contracts (name, calendar) VALUES ('HushContract', 'HushCalendar');
INSERT INTO slt_severities (code, label) VALUES ('HushCode', 'HushLabel');
INSERT INTO slt_metrics (name) VALUES ('hushmetric');
INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ('HushContract', 'HushCode', 'hushmetric', '1 working hour');
INSERT INTO slt_services (name) VALUES ('HushService'), ('Shown');
INSERT INTO slt_experiences (service, name) VALUES ('HushService', 'HushExperience'), ('Shown', 'Site');
CREATE TABLE things.plain (id int PRIMARY KEY, opened timestamptz, closed timestamptz, status text, code text);
CREATE TABLE things.root (id int, opened timestamptz, closed timestamptz, status text, code text) PARTITION BY LIST (id);
CREATE TABLE things.leaf PARTITION OF things.root DEFAULT;
CREATE TABLE things.empty_root (id int, opened timestamptz) PARTITION BY HASH (id);
CREATE TABLE things.bare (id int);
CREATE TABLE things.nothing ();
CREATE TABLE things.wide (LIKE things.plain, x tstzmultirange, y jsonb);
CREATE UNLOGGED TABLE things.unlogged (id int PRIMARY KEY, opened timestamptz, closed timestamptz, status text, code text);
CREATE TABLE things."Odd ""name'; DROP" ("i d" int PRIMARY KEY, "o'p" timestamptz, closed timestamptz, status text, code text);
CREATE VIEW things.view AS SELECT * FROM things.plain;
CREATE MATERIALIZED VIEW things.matview AS SELECT * FROM things.plain;
CREATE SEQUENCE things.seq;
CREATE TYPE things.comp AS (id int, opened timestamptz);
CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing;
CREATE FOREIGN TABLE things.far (id int, opened timestamptz) SERVER nowhere;
CREATE TABLE things.dropped (x int, id int PRIMARY KEY, opened timestamptz, closed timestamptz, status text, code text); ALTER TABLE things.dropped DROP x;
CREATE FUNCTION things.some_function(things.plain) RETURNS text LANGUAGE sql AS 'SELECT $1.code';
GRANT ALL ON ALL TABLES IN SCHEMA things TO PUBLIC;
GRANT SELECT ON pg_backend_memory_contexts TO caller; GRANT EXECUTE ON FUNCTION pg_get_backend_memory_contexts() TO caller;
SQL
$node->psql('postgres', q{INSERT INTO slt_calendars (name, calendar) VALUES ('Never', '(UTC Mo) & (UTC Tu)')});
my $done = q{done_at => '{"resolution": "closed"}'};
my $attach = qq{opened_at => 'opened', severity => 'code', contract_value => 'Standard', $done, status => 'status', paused_when => '{hold}'};
$node->safe_psql('postgres', "SET client_min_messages = error; SELECT slt_attach('things.$_', $attach, key => 'id'); INSERT INTO things.$_ (id, opened, status, code) SELECT n, now() - n * interval '1 hour', 'open', (ARRAY['S1', 'S2', 'nothing', NULL])[n % 4 + 1] FROM generate_series(1, 30) n") for qw(plain root dropped);
$node->safe_psql('postgres', q{ALTER TABLE things.plain OWNER TO caller; ALTER TABLE things.bare OWNER TO caller; ALTER TABLE things.root OWNER TO caller; ALTER TABLE things.leaf OWNER TO caller; GRANT SELECT ON slt_attachments TO caller});

my @long = ("repeat('x', 1000)", "repeat('(', 10000)", "repeat('é', 100000)", "repeat('UTC Mo 09:00-17:00; ', 3000)", "chr(1)", "chr(1114111)", "E'\\n'", "' '", "chr(8233)", "'\"'");
my @instants = ("'infinity'", "'-infinity'", "'4713-01-01 BC'", "'4714-11-24 00:00:00+00 BC'", "'294276-12-31 23:59:59.999999+00'", "'2000-01-01'", "'2026-04-24 00:30:00+02'", "'2026-10-29 23:30:00+02'", "'1970-01-01 00:00:00+00'", "now()", "'0001-01-01'", "'9999-12-31 23:59:59.999999'", "'2499-12-31'", "'2500-01-01'", "'1582-10-15'");
my @calendars = ("'UTC 24/7'", "'Africa/Cairo Su-Fr 09:00-17:00; PH off'", "'(UTC Mo) & (UTC Tu)'", "'(Africa/Cairo Su-Fr 09:00-17:00) | (Asia/Manila Mo-Fr 22:00-06:00)'", "'(UTC 24/7) - (UTC Mo-Fr)'", "'America/New_York easter -2 days 10:00-48:00'", "'UTC week 01-53/2 Mo[1] +1 day 00:00-26:00'", "'UTC 9999 Dec 31 23:59-24:00'", "'UTC PH 10:00-12:00'",
	"'UTC 0001 Jan 01 00:00-00:01'", "'Asia/Kathmandu Fr[-1] 23:59:59-24:00:00'", "('UTC ' || (SELECT string_agg(format('%s-01-01 09:00-10:00', n), '; ') FROM generate_series(1900, 2900) n))", "'Pacific/Apia 2011 Dec 30 09:00-17:00'", "'UTC Feb 29 10:00-10:01'", "'UTC off'", "''", "'x'");
my @texts = ("''", "'S1'", "'s2'", "'Standard'", "'Priority'", "'Egypt'", "'Always'", "'Never'", "'resolution'", "'response'", "'Platform'", "'Shown'", "'Site'", "'month'", "'week'", "'day'", "'year'", "'open'", "'breached'", "'at risk'", "'opened'", "'closed'", "'code'", "'status'", "'id'", "'1'", "'*'",
	"'things.plain'", "'%s%n%I'", "'{\"a\": 1}'", "'Africa/Cairo'", "'Mo-Fr 09:00-17:00'", "'9-12'", "'NaN'", "'contract'", "'severity'", "'request kind'", "'\\'", @long, @calendars, @instants[0 .. 12]);
my @tables = map { "'things.$_'::regclass" } qw(plain root leaf empty_root bare nothing wide unlogged view matview seq comp far dropped plain_pkey);
push @tables, q{'things."Odd ""name''; DROP"'::regclass}, '0::oid::regclass', '4294967295::oid::regclass', "'pg_class'::regclass", "'pg_authid'::regclass", "'slt_events'::regclass", "'slt_targets'::regclass", "'pg_toast.pg_toast_1255'::regclass";
my @floats = qw('NaN' 'Infinity' '-Infinity' 0 -0.0 1e308 -1e308 1e-308 5e-324 1 -1 0.1 7 1e18 9223372036854775807);
my @json = ("'{}'", "'[]'", "'null'", "'1'", "'\"x\"'", "'true'", "'{\"resolution\": \"closed\"}'", "'{\"*\": \"S1\"}'", "'{\">=5\": \"S1\", \"<1e400\": null}'", "'{\"resolution\": [\"closed\", null, 1]}'", "'{\"a\": {\"b\": [[]]}}'", "'{\"\": \"\"}'", "'1e400'", "(SELECT jsonb_object_agg(n, 'S1') FROM generate_series(1, 5000) n)::jsonb", "(repeat('[', 3000) || repeat(']', 3000))", "'{\"resolution\": \"nothing\", \"x\": \"opened\"}'", "'{\"leaf\": 1, \"at\": \"(0,0)\", \"bytes\": 0, \"pages\": 1, \"seen\": 0, \"written\": 0, \"started\": \"now\", \"reported\": \"now\"}'", "'{\"leaf\": -1, \"at\": \"x\"}'");

# Picks one of many.
sub one { return $_[ int(rand(@_)) ] }

# An instant, a bit off where it can be.
sub instant { my $at = one(@instants); return rand() < 0.3 && $at !~ /infinity|now|4714|294276/ ? "($at" . "::timestamptz + interval '" . int(rand(1e6)) . " s')" : $at }

# A range of times, most of them odd.
sub range
{
	my ($of, $from, $to) = @_;
	my @bounds = ('[)', '[]', '()', '(]');
	my $either = sub { return rand() < 0.2 ? 'NULL' : $_[0] . "::$of" };

	return "'empty'" if rand() < 0.1;
	($from, $to) = ($either->($from), $either->($to));
	my $range = { timestamptz => 'tstzrange', date => 'daterange' }->{$of};
	return "$range(least($from, $to), greatest($from, $to), '" . one(@bounds) . "')";
}

my %values = (
	text => sub { one(@texts) },
	cstring => sub { my $v = one(@texts); return $v =~ /^'/ ? $v : "'x'" },
	name => sub { one("'a'", "''", "repeat('é', 40)") },
	'timestamp with time zone' => \&instant,
	'timestamp without time zone' => sub { one("'infinity'", "'2026-01-01'", "'4713-01-01 BC'") },
	date => sub { one("'infinity'", "'-infinity'", "'4713-01-01 BC'", "'5874897-12-31'", "'2026-04-24'", "'0001-01-01'", "'9999-12-31'", "'2000-02-29'", "'10000-01-01'", 'current_date') },
	interval => sub { one("'0'", "'1 s'", "'-1 day'", "'178000000 years'", "'-178000000 years'", "'2147483647 days'", "'30 days 1 month -1 hour'", "'1 microsecond'", "'9223372036 s'", "'7 days'", "'P1Y'", "'1 hour'") },
	working_interval => sub { one("'0'", "'1 working day'", "'-1 working day'", "'infinity'", "'-infinity'", "'2147483647 working days'", "'-2147483648 working days'", "'1 working hour'", "'2562047788 working hours'", "'-2562047788 working hours'", "'1 working day -3 working hours'", "'0.000001 s'", "'100000 working days'", "'P2DT4H'", "'1.5 wd'", "''", "'1000000 working hours'") },
	working_calendar => sub { one(@calendars) },
	tstzrange => sub { range('timestamptz', instant(), instant()) },
	daterange => sub { range('date', one("'2026-01-01'", "'0001-01-01'", "'infinity'", "'5874897-12-31'"), one("'2026-12-31'", "'9999-12-31'", "'-infinity'")) },
	tstzmultirange => sub { rand() < 0.1 ? "'{}'" : rand() < 0.1 ? "(SELECT range_agg(tstzrange(timestamptz '2026-01-01' + n * interval '1 hour', timestamptz '2026-01-01' + n * interval '1 hour' + interval '1 minute')) FROM generate_series(1, 20000) n)" : 'tstzmultirange(' . join(', ', map { range('timestamptz', instant(), instant()) . '::tstzrange' } 1 .. int(rand(5))) . ')' },
	boolean => sub { one('true', 'false') },
	smallint => sub { one(0, 1, -1, 32767, -32768) },
	integer => sub { one(0, 1, -1, 7, 100, 2147483647, -2147483648, 5000) },
	bigint => sub { one(0, 1, -1, 60, 9223372036854775807, "'-9223372036854775808'", 1000000) },
	numeric => sub { one("'NaN'", "'Infinity'", "'-Infinity'", 0, 99.9, 100, -1, 1e-20, '1e1000', "'-1e1000'", '0.000001', 50) },
	'double precision' => sub { one(@floats) }, real => sub { one("'NaN'", 0, 1, -1) },
	jsonb => sub { one(@json) }, json => sub { one(@json) },
	bytea => sub { one("''", "'\\x00'", "decode(repeat('ff', 100), 'hex')", "decode(repeat('00', 100000), 'hex')", "'\\x0000000000000001'") },
	attachments => sub { one('NULL', q{(SELECT a FROM zz_slt_internal.attachments a LIMIT 1)}, q{jsonb_populate_record(NULL::zz_slt_internal.attachments, '{"name": "x", "opened_at": "opened"}')}) },
	regclass => sub { one(@tables) }, oid => sub { one(0, 1, 1259, 4294967295) }, regtype => sub { one("'int'", '0', "'things.comp'") },
	regrole => sub { one("'granted'", '0', "'pg_monitor'") }, regprocedure => sub { one("'things.some_function(things.plain)'", '0', "'now()'") }, regproc => sub { one('0', "'now'") },
	tid => sub { one("'(0,0)'", "'(0,1)'", "'(4294967295,65535)'", "'(0,65535)'") }, uuid => sub { "gen_random_uuid()" },
	record => sub { one("ROW()", "ROW(1, now())", "ROW(NULL)", '(SELECT t FROM things.plain t LIMIT 1)', '(SELECT t FROM things.root t LIMIT 1)', '(SELECT t FROM things.leaf t LIMIT 1)', '(SELECT t FROM things.view t LIMIT 1)', '(SELECT t FROM things.bare t LIMIT 1)', '(SELECT t FROM things.dropped t LIMIT 1)', '(SELECT x FROM (SELECT 1, now()) x)', 'NULL::things.plain',
		'ROW(1, 2)::things.comp', 'NULL::things.comp', "(1, 'infinity', NULL, 'hold', 'S1', NULL)::record", '(SELECT t FROM slt_events t LIMIT 1)', '(SELECT t FROM slt_targets t LIMIT 1)', '(SELECT t FROM pg_class t LIMIT 1)', "jsonb_populate_record(NULL::things.plain, '{\"id\": 5, \"opened\": \"infinity\", \"closed\": \"-infinity\", \"code\": \"S1\"}')") },
	internal => sub { "NULL" }, '"any"' => sub { one("1", "'x'::text", "NULL::int", "now()") }, aclitem => sub { "NULL" },
);
$values{anyelement} = $values{anycompatible} = $values{record};
# rows of slt's own types, tables and views: a value for each column
for (split /\n/, $node->safe_psql('postgres', <<'SQL'))
SELECT c.relname || E'\t' || string_agg(format_type(a.atttypid, a.atttypmod), ';' ORDER BY a.attnum)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('c', 'r', 'v') AND (c.relnamespace = 'zz_slt_internal'::regnamespace OR c.relname LIKE 'slt\_%') GROUP BY c.relname
SQL
{
	my ($name, $types) = split /\t/;
	my @types = split /;/, $types;

	$values{$name} //= sub { rand() < 0.1 ? 'NULL' : 'ROW(' . join(', ', map { value_of($_, 1) } @types) . ')' };
}

my %returning;    # type => functions of ours that return it
my %missing;

# A value of a type, as SQL.
sub value_of
{
	my ($type, $depth) = @_;

	return "NULL::$type" if rand() < 0.08 && $type !~ /^(any|"any"|record|internal)/;
	return 'NULL' if rand() < 0.05 && $type eq 'record';
	if ($type =~ /^(.*)\[\]$/)
	{
		my $of = $1;
		return rand() < 0.1 ? "'{}'::$type" : 'ARRAY[' . join(', ', map { rand() < 0.2 ? "NULL::$of" : value_of($of, 1) } 1 .. 1 + int(rand(5))) . "]::$type";
	}
	if (!$depth && $returning{$type} && rand() < 0.1)
	{
		my $f = one(@{ $returning{$type} });
		return "(SELECT " . call_of($f, 1) . ')';
	}
	my $plain = $type =~ s/^(?:public|zz_slt_internal)\.//r;
	my $maker = $values{$plain} // do { $missing{$type} = 1; sub { 'NULL' } };
	my $value = $maker->();
	return $type =~ /^(record|any|"any")/ ? $value : "($value)::$type";
}

# A call of a function, without what is around it.
sub call_of
{
	my ($f, $depth) = @_;
	my @args = map { value_of($_, $depth // 0) } @{ $f->{args} };

	# now and then some are left out, or given by name
	splice @args, @args - int(rand($f->{defaults} + 1)) if $f->{defaults} && rand() < 0.4;
	return "$f->{name}(" . join(', ', @args) . ')';
}

# A statement with a function, operator, aggregate or cast.
sub statement_of
{
	my ($f) = @_;

	return 'CALL ' . call_of($f) if $f->{kind} eq 'p';
	return "SELECT left(($f->{left}" . "$f->{name} $f->{right})::text, 50)" =~ s/<L>/value_of($f->{args}[0])/er =~ s/<R>/value_of($f->{args}[-1])/er if $f->{kind} eq 'o';
	return 'SELECT left((' . value_of($f->{args}[0]) . "::$f->{name})::text, 50)" if $f->{kind} eq 'c';
	if ($f->{kind} eq 'a')
	{
		my $n = @{ $f->{args} };
		my $rows = join ', ', map { '(' . join(', ', map { value_of($_) } @{ $f->{args} }) . ')' } 1 .. 1 + int(rand(6));
		my $over = one('', '', ' FILTER (WHERE random() < 0.5)', ' OVER ()', ' OVER (ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)');
		return "SELECT left($f->{name}(" . (rand() < 0.2 && $n == 1 ? 'DISTINCT ' : '') . join(', ', map { "c$_" } 1 .. $n) . ")$over\::text, 50) FROM (VALUES $rows) v (" . join(', ', map { "c$_" } 1 .. $n) . ')'
		  =~ s/DISTINCT (.*OVER)/$1/r;
	}
	my $call = 'SELECT left(x::text, 50) FROM ' . call_of($f) . ' x LIMIT 20';
	return $f->{writes} && rand() < 0.5 ? "BEGIN; $call; ROLLBACK" : $call;
}

# ---------- what there is to call ----------

# Everything that a query of the catalog lists; kind, name, types of arguments, how many have defaults, whether it writes, what it returns.
sub listed
{
	my ($query) = @_;
	my @all;

	for (split /\n/, $node->safe_psql('postgres', $query))
	{
		my ($kind, $name, $args, $defaults, $writes, $returns) = split /\t/;
		my %f = (kind => $kind, name => $name, args => [ split /;/, $args ], defaults => $defaults, writes => $writes eq 'v', returns => $returns);

		if ($kind eq 'o')
		{
			$f{left} = @{ $f{args} } > 1 ? '<L> ' : '';
			$f{right} = '<R>';
		}
		push @all, \%f;
	}
	return @all;
}

my $ours = q{JOIN pg_depend d ON d.objid = %.oid AND d.classid = '%%'::regclass AND d.deptype = 'e' AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'slt')};
my $types = q{coalesce((SELECT string_agg(format_type(t, NULL), ';' ORDER BY n) FROM unnest(p.proargtypes) WITH ORDINALITY x (t, n)), '')};
my @things = listed(qq{SELECT concat_ws(E'\\t', p.prokind, p.oid::regproc::text, $types, p.pronargdefaults, p.provolatile, format_type(p.prorettype, NULL))
	FROM pg_proc p } . ($ours =~ s/%%/pg_proc/r =~ s/%\.oid/p.oid/r) . q{ WHERE NOT p.proargtypes::oid[] @> ARRAY['internal'::regtype::oid] AND p.prorettype <> 'internal'::regtype ORDER BY 1});
push @things, listed(q{SELECT concat_ws(E'\t', 'o', format('OPERATOR(%I.%s)', n.nspname, p.oprname), concat_ws(';', format_type(nullif(p.oprleft, 0), NULL), format_type(p.oprright, NULL)), 0, 'i', format_type(p.oprresult, NULL))
	FROM pg_operator p JOIN pg_namespace n ON n.oid = p.oprnamespace } . ($ours =~ s/%%/pg_operator/r =~ s/%\.oid/p.oid/r) . ' ORDER BY 1');
push @things, listed(q{SELECT concat_ws(E'\t', 'c', format_type(p.casttarget, NULL), format_type(p.castsource, NULL), 0, 'i', format_type(p.casttarget, NULL)) FROM pg_cast p } . ($ours =~ s/%%/pg_cast/r =~ s/%\.oid/p.oid/r) . ' ORDER BY 1');
# what text and its like are read as
push @things, { kind => 'c', name => $_, args => ['text'], defaults => 0, writes => 0 } for ('public.working_interval', 'public.working_calendar') x 3;
for my $f (@things) { push @{ $returning{ $f->{returns} } }, $f if $f->{kind} eq 'f' && !$f->{writes} && $f->{returns} !~ /record|void|trigger|cstring/ && $f->{name} !~ /metrics|list_/ }

my %called = map { ("$_->{kind} $_->{name}(@{ $_->{args} })" => 0) } @things;

cmp_ok(scalar @things, '>', 150, @things . ' things to call');

# ---------- calling ----------

my (%failures, %given_up, $n_calls, $longest);

# Notes a failure with the call that made it, as one can type it again.  What crashes or cannot be stopped is not called
# again and again, as there would be time for nothing else.
sub failed
{
	my ($what, $role, $statement) = @_;

	$given_up{$_}++ for $what =~ /outlasts|live/ ? $statement =~ /((?:working_|slt_|is_|next_|previous_)\w+)\(/g : ();

	push @{ $failures{$what} }, "-- $role: $what\n$statement;" if @{ $failures{$what} // [] } < 20;
	return;
}

# Runs statements in a session; returns for each its messages and how long it took, what the session used of memory, and whether it lived.
sub run_batch
{
	my ($role, @statements) = @_;
	my $file = "$ENV{SLT_WORK}/tmp/random_calls.sql";
	my $within = $node->pg_version >= 18 ? q{EXISTS (SELECT FROM pg_backend_memory_contexts o WHERE o.name ~ '^slt' AND o.path[cardinality(o.path)] = ANY (c.path))} : q{parent ~ '^slt'};
	my $memory = qq{SELECT 'memory', sum(total_bytes) FILTER (WHERE name ~ '^slt' OR $within), sum(total_bytes), (SELECT pg_backend_pid()) FROM pg_backend_memory_contexts c};
	my $rss = q{SELECT 1};
	my ($output, $messages, $i) = ('', '', 0);

	unlink $file;
	append_to_file($file, join "\n", '\set VERBOSITY verbose', '\timing on', "SET statement_timeout = '${timeout}s'; SET timezone = 'UTC';", (map { "\\echo === $i\n\\warn === " . $i++ . "\n$_;\nROLLBACK;" } @statements), '\echo === end', 'RESET ALL; ' . "$memory;", '');
	eval { IPC::Run::run([ 'psql', '-XAtq', '-h', $node->host, '-p', $node->port, '-U', $role, '-d', 'postgres', '-f', $file ], '<', \undef, '>', \$output, '2>', \$messages, IPC::Run::timeout(($timeout + $grace) * @statements + 60)) };
	my %batch = (lived => $output =~ /^=== end$/m ? 1 : 0);
	@batch{qw(slt total)} = ($1 || 0, $2) if $output =~ /^memory\|(\d*)\|(\d+)/m;
	for my $stream ($output, $messages)
	{
		my (undef, @parts) = split /^(?:psql:\S+: )?=== (\d+|end)$/m, $stream;

		while (@parts)
		{
			my ($at, $text) = splice @parts, 0, 2;

			$batch{said}[$at] .= $text // '' if $at ne 'end';
		}
	}
	for my $said (@{ $batch{said} })
	{
		my $took = 0;
		$took += $1 / 1000 while ($said // '') =~ /^Time: ([\d.]+) ms/mg;
		push @{ $batch{took} }, $took;
	}
	return \%batch;
}

# Judges what came of a call.
sub judge
{
	my ($role, $statement, $said, $took) = @_;

	$longest = $took if $took > ($longest // 0);
	failed("internal error $1", $role, $statement) if $said =~ /(?:ERROR|WARNING|FATAL|PANIC|LOG):  (XX\d\d\d: .{0,80})/;
	failed('a name that is not for it', $role, $statement) if $role eq 'caller' && $said =~ /^(?:psql:\S+ )?(?:ERROR|WARNING|NOTICE|DETAIL|HINT|CONTEXT):.*hush/mi;
	return if $took <= $timeout + $grace;
	# the machine may have been busy: once more, alone
	my $again = run_batch($role, $statement);
	failed('outlasts its statement_timeout', $role, $statement) if ($again->{took}[0] // 0) > $timeout + $grace;
	return;
}

# Calls so many things at random in a session, and judges them; a call that crashes is not called again.
sub call_batch
{
	my ($role) = @_;
	my @statements;

	for (1 .. $batch_size)
	{
		my $f = one(grep { ($given_up{ $_->{name} =~ s/.*\.//r } // 0) < 2 } @things);

		$called{"$f->{kind} $f->{name}(@{ $f->{args} })"}++;
		push @statements, statement_of($f);
	}
	return call_statements($role, @statements);
}

# Runs statements in sessions, and judges them; after a crash those that follow.
sub call_statements
{
	my ($role, @statements) = @_;

	$n_calls += @statements;
	while (@statements)
	{
		my $batch = run_batch($role, @statements);
		my $last = @{ $batch->{said} // [] } - 1;

		judge($role, $statements[$_], $batch->{said}[$_] // '', $batch->{took}[$_] // 0) for 0 .. ($last < 0 ? -1 : $last);
		if ($batch->{lived})
		{
			failed(sprintf('%d MB of slt left', $batch->{slt} / 2**20), $role, join ";\n", @statements) if $batch->{slt} && $batch->{slt} > 32 * 2**20;
			failed(sprintf('%d MB left', $batch->{total} / 2**20), $role, join ";\n", @statements) if $batch->{total} && $batch->{total} > 160 * 2**20;
			last;
		}
		failed('the session did not live', $role, $last < 0 ? 'connect' : $statements[$last]);
		is_alive($node) or last;
		splice @statements, 0, $last < 0 ? 1 : $last + 1;
	}
	return;
}

my $mark = log_mark($node);

# ---------- each argument null ----------

# with the others as they should be, since chance seldom has all of them so: what is not strict must look at each
my %sound = (text => q('Platform'), integer => 3, bigint => 3, date => 'current_date', jsonb => q('{"day": "{date}"}'), boolean => 'true', interval => q('1 hour'), 'timestamp with time zone' => 'now()', numeric => 1, tstzrange => "'[2026-01-01,2026-02-01)'",
	regclass => q('things.plain'), working_calendar => q('UTC 24/7'), working_interval => q('1 hour'), 'text[]' => 'array_fill(text $$x$$, ARRAY[400])', 'tstzrange[]' => "ARRAY['[2026-01-01,2026-02-01)'::tstzrange]");
my @with_null;
for my $f (grep { $_->{kind} eq 'f' && "@{ $_->{args} }" !~ /cstring|internal\b/ } @things)
{
	my @sound = map { my $type = s/^(?:public|zz_slt_internal)\.//r; $sound{$type} ? "$sound{$type}::$_" : value_of($_, 1) } @{ $f->{args} };

	for my $null (0 .. $#sound)
	{
		my $of = $f->{args}[$null] =~ /^any|^"any"/ ? 'text' : $f->{args}[$null];
		push @with_null, "BEGIN; SELECT left(x::text, 50) FROM $f->{name}(" . join(', ', map { $_ == $null ? "NULL::$of" : $sound[$_] } 0 .. $#sound) . ') x LIMIT 5; ROLLBACK';
	}
}
cmp_ok(scalar @with_null, '>', 500, @with_null . ' calls with a null');
call_statements('postgres', splice @with_null, 0, $batch_size) while @with_null;

# ---------- all at random ----------

$n_calls = 0;
my $started = time;
for (my $i = 0; $seconds ? time - $started < $seconds : ($n_calls // 0) < $calls_wanted; $i++)
{
	call_batch($i % 2 ? 'postgres' : 'caller');
}
my $never = grep { !$_ } values %called;
diag(sprintf('%d calls in %.0f s of %d things (%d of them never called); the longest took %.2f s', $n_calls, time - $started, scalar keys %called, $never, $longest // 0));
is(join(', ', sort keys %missing), '', 'there are values for each type');
for my $what (sort keys %failures)
{
	fail($what . ', ' . @{ $failures{$what} } . ' times');
	diag(join "\n", map { length > 3000 ? substr($_, 0, 3000) . ' ...' : $_ } splice @{ $failures{$what} }, 0, 3);
}
is(scalar(keys %failures), 0, 'no call failed as it must not');
unharmed($node, $mark, 'nothing was harmed');

# ---------- what stays after calls ----------

# the same calls again and again in one session: what they leave does not grow
for my $role ('caller', 'postgres')
{
	my @same = map { statement_of(one(grep { $_->{kind} ne 'p' && !$_->{writes} && !$given_up{ $_->{name} =~ s/.*\.//r } } @things)) } 1 .. 100;
	my $memory = q{SELECT 'grown ' || sum(total_bytes) FROM pg_backend_memory_contexts};
	my $twice = join ";\nROLLBACK;\n", @same;
	my ($output) = as_role($node, $role, 'postgres', "\\set QUIET on\nSET client_min_messages = fatal;\n" . join("\n", map { "$twice;\nROLLBACK;\n$memory;" } 1 .. 4), statement_timeout => '200ms');
	my @grown = $output =~ /^grown (\d+)/mg;

	is(scalar @grown, 4, "$role: 100 calls four times");
	# what leaks does each time; what is kept of a call that is in time only once, does not
	my ($less) = sort { $a <=> $b } map { ($grown[$_] // 0) - ($grown[ $_ - 1 ] // 0) } 2, 3;
	cmp_ok($less, '<', 2**19, '... leave nothing more the third and fourth time') or diag("@grown\n" . substr($twice, 0, 20000));
}

# ---------- bytes that are sent as values ----------

my @kinds = (working_interval => "'1 working day 2 working hours'", working_calendar => "'Africa/Cairo Su-Fr 09:00-17:00; 2026-01-07 off'");
while (my ($type, $value) = splice @kinds, 0, 2)
{
	my $file = "$ENV{SLT_WORK}/tmp/binary_$type";
	my $before = log_mark($node);

	$node->safe_psql('postgres', "CREATE TABLE binary_$type (v $type); COPY (SELECT $value\::$type) TO '$file' (FORMAT binary)");
	my $good = PostgreSQL::Test::Utils::slurp_file($file);
	my @copies;
	for my $n (1 .. 200)
	{
		my $head = substr($good, 0, 21);
		my $field = substr($good, 25, -2);
		substr($field, int(rand(length $field)), 1) = chr(int(rand(256))) for 1 .. 1 + int(rand(4));
		$field = substr($field, 0, int(rand(length $field))) if rand() < 0.2;
		$field .= join '', map { chr(int(rand(256))) } 1 .. int(rand(50)) if rand() < 0.2;
		$field = join '', map { chr(int(rand(256))) } 1 .. int(rand(40)) if rand() < 0.1;
		open my $out, '>:raw', "$file.$n" or die;
		print $out $head, pack('N', length $field), $field, pack('n', 65535);
		close $out;
		push @copies, "COPY binary_$type FROM '$file.$n' (FORMAT binary)";
	}
	as_role($node, 'postgres', 'postgres', join(";\n", @copies, "SELECT count(v::text), count(DISTINCT v), max(v::text) FROM binary_$type") . ';', statement_timeout => '5s');
	unharmed($node, $before, "200 odd values of $type, sent as bytes");
	unlink glob "$file*";
}

$node->stop('immediate');
done_testing();
