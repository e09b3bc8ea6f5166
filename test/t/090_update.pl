# ALTER EXTENSION slt UPDATE, rehearsed.  The release before is made here from the present one: some objects, columns and
# shipped rows of it are others.  After the update every object is what a fresh install has, all data is there, and what
# users did to shipped rows stays.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use UpgradeTest;

chomp(my $folder = `pg_config --sharedir`);
$folder .= '/extension';
plan skip_all => "nobody may write into $folder but its owner" if !-w $folder;

my ($release) = slurp_file("$folder/slt.control") =~ /^default_version = '(.*)'/m;
my $before = '0.9';
my $script = slurp_file("$folder/slt--$release.sql");

my $node = new_server('update', bare => 1);
$node->safe_psql('postgres', 'CREATE ROLE owner LOGIN; CREATE DATABASE fresh OWNER owner');
$node->safe_psql('fresh', 'CREATE EXTENSION slt');

# A column that the release before did not have: one that only the view of its table shows, or a function would be in the way.
my ($table, $column, $comment) = split /\|/, $node->safe_psql('fresh', <<'SQL');
SELECT substr(a.attrelid::regclass::text, 5), a.attname, quote_literal(col_description(a.attrelid, a.attnum)) FROM pg_attribute a
WHERE a.attrelid IN ('slt_channels'::regclass, 'slt_request_kinds'::regclass, 'slt_calendars'::regclass, 'slt_holiday_lists'::regclass)
  AND a.attname IN ('address', 'note') AND NOT EXISTS (
	SELECT FROM pg_depend d LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
	WHERE d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype = 'n' AND coalesce(r.ev_class::regclass::text, '') <> 'zz_slt_internal.' || substr(a.attrelid::regclass::text, 5))
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_type'::regclass AND d.refobjid = (SELECT reltype FROM pg_class WHERE oid = a.attrelid))
ORDER BY 1, 2 LIMIT 1
SQL
isnt($column, undef, "a column to add: $table, $column");

# Returns the statements of the install script that make a function, and say what it is for.
sub statements_of
{
	my ($name) = @_;
	my ($create) = $script =~ /^(CREATE FUNCTION \@extschema\@\.\Q$name\E\(.*?\n(?:END;|END \$\$;)\n)/ms or die "no function $name";
	my ($comment) = $script =~ /^(COMMENT ON FUNCTION \@extschema\@\.\Q$name\E\(.*?';\n)/ms or die "no comment on $name";

	return $create . $comment;
}

# What the release before had otherwise.
my $differences = <<"SQL";
DROP FUNCTION \@extschema\@.slt_grant_policy(regrole);
CREATE FUNCTION \@extschema\@.slt_old(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE VIEW \@extschema\@.slt_old_view AS SELECT 1 AS a;
CREATE OR REPLACE FUNCTION \@extschema\@.slt_check_holidays(OUT list text, OUT day date, OUT problem text) RETURNS SETOF record LANGUAGE sql STABLE AS 'SELECT NULL::text, NULL::date, NULL::text WHERE false';
COMMENT ON FUNCTION \@extschema\@.slt_check_holidays() IS 'Older words.';
DROP VIEW $table;
ALTER TABLE \@extschema\@.slt_$table DROP COLUMN $column, ADD COLUMN old_note text;
CREATE VIEW $table WITH (security_invoker) AS SELECT * FROM \@extschema\@.slt_$table;
GRANT SELECT, INSERT, UPDATE, DELETE ON $table TO PUBLIC;
ALTER TABLE \@extschema\@.slt_request_kinds DROP CONSTRAINT slt_request_kinds_name_is_a_name;
DROP INDEX \@extschema\@.slt_contracts_name_without_case;
ALTER TABLE \@extschema\@.slt_outages DISABLE TRIGGER slt_before_restore;
GRANT EXECUTE ON FUNCTION zz_slt_internal.ship(text, text, jsonb, jsonb) TO PUBLIC;
DELETE FROM \@extschema\@.slt_holidays WHERE day >= '2035-01-01';
UPDATE \@extschema\@.slt_holidays SET name = 'Labor Day' WHERE name = 'Labour Day';
INSERT INTO \@extschema\@.slt_holidays (list, day, name, shipped) VALUES ('Egypt', '2027-12-31', 'No holiday', '$release'), ('Egypt', '2028-12-31', 'No holiday', '$release');
UPDATE \@extschema\@.slt_severities SET definition = 'Old words.' WHERE code IN ('S1', 'S2');
DELETE FROM \@extschema\@.slt_targets WHERE severity = 'S3' AND contract = 'Priority';
INSERT INTO \@extschema\@.slt_shipped VALUES ('$before');
SQL
my @logged = qw(calendars holiday_lists calendar_lists holidays contracts severities metrics targets request_kinds channels services experiences);
$differences .= <<"SQL";
DO \$\$
DECLARE
	t regclass;
BEGIN
	FOR t IN SELECT a.attrelid FROM pg_extension e, unnest(e.extconfig) c, pg_attribute a WHERE e.extname = 'slt' AND a.attrelid = c AND a.attname = 'shipped' LOOP
		EXECUTE format('UPDATE %s SET shipped = %L WHERE shipped IS NOT NULL', t, '$before');
	END LOOP;
END \$\$;
SQL
$differences .= "DELETE FROM \@extschema\@.slt_policy_log; DELETE FROM \@extschema\@.slt_shipped WHERE version <> '$before';\n";
$differences .= "INSERT INTO \@extschema\@.slt_policy_log SELECT clock_timestamp(), session_user, 'slt_$_', NULL, to_jsonb(t), t.shipped FROM \@extschema\@.slt_$_ t;\n" for @logged;

# How it is brought up to the present one: as CONTRIBUTING.md says.
my $update = <<"SQL" . statements_of('slt_grant_policy') . statements_of('slt_check_holidays') =~ s/CREATE FUNCTION/CREATE OR REPLACE FUNCTION/r;
\\echo Use "ALTER EXTENSION slt UPDATE" to load this file. \\quit
SET LOCAL search_path = zz_slt_internal, pg_temp;
DROP FUNCTION \@extschema\@.slt_old(int);
DROP VIEW \@extschema\@.slt_old_view;
DROP VIEW $table;
ALTER TABLE \@extschema\@.slt_$table DROP COLUMN old_note, ADD COLUMN $column text;
COMMENT ON COLUMN \@extschema\@.slt_$table.$column IS $comment;
UPDATE \@extschema\@.slt_policy_log SET before = before - 'old_note' || '{"$column": null}', after = after - 'old_note' || '{"$column": null}' WHERE in_table = 'slt_$table';
CREATE VIEW $table WITH (security_invoker) AS SELECT * FROM \@extschema\@.slt_$table;
COMMENT ON VIEW $table IS 'The table slt_$table.';
GRANT SELECT, INSERT, UPDATE, DELETE ON $table TO PUBLIC;
ALTER TABLE \@extschema\@.slt_request_kinds ADD CONSTRAINT slt_request_kinds_name_is_a_name CHECK (is_name(name));
CREATE UNIQUE INDEX slt_contracts_name_without_case ON \@extschema\@.slt_contracts (fold_name(name));
ALTER TABLE \@extschema\@.slt_outages ENABLE ALWAYS TRIGGER slt_before_restore;
REVOKE ALL ON FUNCTION ship(text, text, jsonb, jsonb) FROM PUBLIC;
INSERT INTO \@extschema\@.slt_shipped VALUES ('$release');
SQL
$update .= "REVOKE ALL ON FUNCTION \@extschema\@.slt_grant_policy(regrole) FROM PUBLIC;\n";
my $new_holidays = join ', ', map { "('$_->[0]', \$\$$_->[1]\$\$)" } (my @new_holidays = grep { $_->[0] ge '2035' } map { [ /^\t\('(\d{4}-\d\d-\d\d)', '((?:[^']|'')*)'/ ] } grep { /^\t\('20\d\d-\d\d-\d\d'/ } split /\n/, $script);
cmp_ok(scalar @new_holidays, '>=', 10, 'the present release ships holidays that the one before did not');
$update .= <<"SQL";
SELECT ship('$release', 'slt_holidays', NULL, jsonb_build_object('list', 'Egypt', 'day', n.day, 'name', replace(n.name, '''''', ''''))) FROM (VALUES $new_holidays) n (day, name);
SELECT ship('$release', 'slt_holidays', jsonb_build_object('list', 'Egypt', 'day', n.day, 'name', 'Labor Day'), jsonb_build_object('name', 'Labour Day'))
FROM (SELECT make_date(y, 5, 1) AS day FROM generate_series(2015, 2034) y) n;
SELECT ship('$release', 'slt_holidays', jsonb_build_object('list', 'Egypt', 'day', day, 'name', 'No holiday'), NULL) FROM (VALUES (date '2027-12-31'), ('2028-12-31')) n (day);
SELECT ship('$release', 'slt_severities', jsonb_build_object('code', code, 'definition', 'Old words.'), jsonb_build_object('definition', 'New words.')) FROM (VALUES ('S1'), ('S2')) n (code);
SELECT ship('$release', 'slt_targets', NULL, jsonb_build_object('contract', 'Priority', 'severity', 'S3', 'metric', metric, 'amount', amount))
FROM (VALUES ('response', '1 working day'), ('resolution', '3 working days')) n (metric, amount);
SQL

my %file = ("slt--$before.sql" => "$script\n$differences", "slt--$before--$release.sql" => $update);
append_to_file("$folder/$_", $file{$_}) for keys %file;
END { unlink "$folder/$_" for keys %file; }

# ---------- what an object is ----------

# Everything that the catalogs say of the extension's objects, by name: definition, owner, rights, comment.  A column that
# an update adds is the last one, so views are compared without the order of their columns.
my $objects = <<'SQL';
SET search_path = pg_catalog;
CREATE TEMP VIEW member AS
SELECT d.classid, d.objid, i.type, i.identity FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid,
	pg_identify_object(d.classid, d.objid, 0) i
WHERE e.extname = 'slt' AND d.deptype = 'e';
CREATE TEMP VIEW tables AS SELECT c.* FROM member m JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid;
SELECT type, identity, obj_description(objid, classid::regclass::name) FROM member
UNION ALL SELECT 'function', p.oid::regprocedure::text, concat_ws(E'\n', CASE WHEN prokind <> 'a' THEN pg_get_functiondef(p.oid) END, prosupport, provolatile, (SELECT string_agg(a::text, ',' ORDER BY a::text COLLATE "C") FROM unnest(proacl) a))
FROM member m JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
UNION ALL SELECT 'aggregate', a.aggfnoid::regprocedure::text, (to_jsonb(a) - '{aggtranstype,aggmtranstype,aggsortop}'::text[])::text FROM member m JOIN pg_aggregate a ON m.classid = 'pg_proc'::regclass AND a.aggfnoid = m.objid
UNION ALL SELECT 'table', oid::regclass::text, concat_ws(' ', relkind, relpersistence, reloptions, relrowsecurity, (SELECT string_agg(a::text, ',' ORDER BY a::text COLLATE "C") FROM unnest(relacl) a), CASE relkind WHEN 'v' THEN (SELECT string_agg(x, ' ' ORDER BY x COLLATE "C") FROM regexp_split_to_table(pg_get_viewdef(oid), '[[:space:],;]+') x) END) FROM tables
UNION ALL SELECT 'column', t.oid::regclass || '.' || a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, a.attacl, pg_get_expr(d.adbin, d.adrelid), col_description(t.oid, a.attnum))
FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
UNION ALL SELECT 'constraint', t.oid::regclass || ' ' || k.conname, pg_get_constraintdef(k.oid) || k.convalidated FROM tables t JOIN pg_constraint k ON k.conrelid = t.oid
UNION ALL SELECT 'index', i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) || i.indisvalid FROM tables t JOIN pg_index i ON i.indrelid = t.oid
UNION ALL SELECT 'trigger', t.oid::regclass || ' ' || g.tgname, concat(pg_get_triggerdef(g.oid), g.tgenabled) FROM tables t JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
UNION ALL SELECT 'dumped', c.oid::regclass::text, e.extcondition[n] FROM pg_extension e, unnest(e.extconfig) WITH ORDINALITY x (oid, n) JOIN pg_class c USING (oid) WHERE e.extname = 'slt'
UNION ALL SELECT 'extension', extname, extversion FROM pg_extension WHERE extname = 'slt'
UNION ALL SELECT 'schema', nspname, nspacl::text FROM pg_namespace WHERE nspname = 'zz_slt_internal'
ORDER BY 1, 2, 3
SQL

# What differs between two databases in the extension's objects.
sub differences
{
	my %is;

	for my $n (0, 1)
	{
		# an object is numbered, and its text may have several lines
		my $rows = $node->safe_psql($_[$n], "$objects;", extra_params => [ '-R', "\x01" ]);
		push @{ $is{ $_ } }, $n for grep { /\S/ } split /\x01/, $rows;
	}
	return [ sort grep { @{ $is{$_} } != 2 } keys %is ];
}

# ---------- the update ----------

for my $name ('updated', 'owned')
{
	$node->safe_psql('postgres', "CREATE DATABASE $name OWNER owner");
	$node->safe_psql($name, 'SET ROLE owner; CREATE SCHEMA "S L T"') if $name eq 'owned';
}
$node->safe_psql('updated', "CREATE EXTENSION slt VERSION '$before'");
is($node->safe_psql('updated', 'SELECT extversion FROM pg_extension WHERE extname = $$slt$$'), $before, 'the release before');
cmp_ok(scalar @{ differences('updated', 'fresh') }, '>=', 15, 'it differs from the present one');
$node->safe_psql('updated', in_use());
my $had = $node->safe_psql('updated', in_use_contents());
my ($status, undef, $messages) = $node->psql('updated', 'ALTER EXTENSION slt UPDATE');
is($status, 0, 'ALTER EXTENSION slt UPDATE') or diag($messages);
is_deeply(differences('updated', 'fresh'), [], 'each object is what a fresh install has');
is($node->safe_psql('updated', in_use_contents()), $had, 'tickets, events, outages, checks and the log are what they were');

# Checks what became of shipped rows.
sub shipped
{
	my ($query, $expected, $name) = @_;

	is($node->safe_psql('updated', $query), $expected, $name);
	return;
}
shipped(q{SELECT name, hours, shipped FROM slt_holidays WHERE day = '2026-05-01'}, "My own name|09:00-12:00|$before", 'an edited row stays');
shipped(q{SELECT count(*) FROM slt_holidays WHERE day IN ('2027-05-01', '2016-10-06')}, '0', 'a deleted row stays away');
shipped(q{SELECT name, shipped FROM slt_holidays WHERE day IN ('2025-05-01', '2030-02-02') ORDER BY day}, "Labour Day|$release\nOwn|", 'a row that nobody edited is changed; one of one\'s own is not');
shipped(q{SELECT name, shipped FROM slt_holidays WHERE day >= '2035-01-01' AND day < '2035-02-01' ORDER BY day},
	"Already known|\n25 January Revolution / Police Day|$release", 'new holidays arrive, but not over a row of one\'s own');
shipped(q{SELECT count(*) FROM slt_holidays WHERE day >= '2035-01-01'}, scalar @new_holidays, 'all of them');
shipped(q{SELECT day, name FROM slt_holidays WHERE day IN ('2027-12-31', '2028-12-31')}, '2028-12-31|A holiday of ours', 'what is not shipped any more goes, unless it was edited');
shipped(q{SELECT code, definition, shipped FROM slt_severities WHERE code < 'S3' ORDER BY 1}, "S1|New words.|$release\nS2|Ours.|$before", 'severities alike');
shipped(q{SELECT metric, amount, shipped FROM slt_targets WHERE contract = 'Priority' AND severity = 'S3' ORDER BY 1}, "resolution|3 working days|$release\nresponse|2 working hours|", 'targets alike');
shipped(q{SELECT note, shipped FROM slt_contracts WHERE name = 'Standard'}, "edited|$before", 'what has not changed keeps the release that brought it');
like($node->safe_psql('updated', q{SELECT change, after->>'name' FROM slt_policy_changes() WHERE after->>'day' = '2025-05-01' ORDER BY at}), qr/\Aadded\|Labor Day\nchanged\|Labour Day\z/, 'the log has what the update changed');
shipped(q{SELECT count(*) FROM slt_attached() WHERE problem IS NOT NULL}, '0', 'nothing is wrong with the ticket table');
shipped(q{INSERT INTO tickets VALUES (100, '2026-02-02 08:00Z', NULL, NULL, 'S1', 'open') RETURNING slt_resolution_due IS NOT NULL}, 't', 'a new ticket is stamped');
shipped(q{SET client_min_messages = error; SELECT slt_restamp('tickets', dry_run => true) IS NOT NULL LIMIT 1}, '', 'and the stamps are what the policy says');

# what an update cannot bring
$node->safe_psql('postgres', 'CREATE DATABASE removed');
$node->safe_psql('removed', "CREATE EXTENSION slt VERSION '$before'; SELECT slt_remove_shipped_policy()");
$node->safe_psql('removed', 'ALTER EXTENSION slt UPDATE');
is($node->safe_psql('removed', 'SELECT (SELECT count(*) FROM slt_holidays), (SELECT count(*) FROM slt_targets), (SELECT extversion FROM pg_extension WHERE extname = $$slt$$)'), "0|0|$release",
	'where the shipped policy was removed, the update brings none');

# by the owner of the database, in a schema of his own
$node->safe_psql('owned', "SET ROLE owner; CREATE EXTENSION slt VERSION '$before' SCHEMA \"S L T\"; ALTER EXTENSION slt UPDATE");
is($node->safe_psql('owned', q{SELECT count(*) FROM "S L T".slt_holidays WHERE day >= '2035-01-01'}), scalar @new_holidays, 'an owner who is no superuser updates');

# and from a dump
my $dump = "$ENV{SLT_WORK}/tmp/updated.sql";
my @psql = ('-h', $node->host, '-p', $node->port);
$node->safe_psql('postgres', 'CREATE DATABASE restored');
command_ok([ 'pg_dump', @psql, '-f', $dump, 'updated' ], 'what was updated is dumped');
command_ok([ 'psql', @psql, '-Xq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', $dump, 'restored' ], 'and restored');
my $all = q{SELECT t FROM slt_holidays t ORDER BY day; SELECT t FROM slt_targets t ORDER BY t::text; SELECT t FROM slt_severities t ORDER BY code; SELECT l FROM slt_policy_log l ORDER BY l::text; SELECT s FROM slt_shipped s ORDER BY 1};
is($node->safe_psql('restored', $all), $node->safe_psql('updated', $all), 'and is the same');

# ---------- releases that there were ----------

for my $old (glob source_file('test/releases/slt--*.sql'))
{
	my ($version) = $old =~ /slt--(.*)\.sql$/;

	next if -e "$folder/slt--$version.sql";
	$file{"slt--$version.sql"} = 1;
	append_to_file("$folder/slt--$version.sql", slurp_file($old));
	$node->safe_psql('postgres', "CREATE DATABASE \"$version\"");
	$node->safe_psql($version, "CREATE EXTENSION slt VERSION '$version'; ALTER EXTENSION slt UPDATE");
	is_deeply(differences($version, 'fresh'), [], "after an update from $version each object is what a fresh install has");
}
done_testing();
