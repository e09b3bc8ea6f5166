# The policy as a document: what slt_export() gives, slt_import() makes of it, and slt_policy_fingerprint() says of two
# servers; and what is no document, is too much of one, or would take away what is in use.
use strict;
use warnings;
use IPC::Run;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;

my $node = new_server('document');
my $schema = source_file('doc/slt-policy.schema.json');

$node->safe_psql('postgres', "CREATE DATABASE $_") for qw(staging production);
$node->safe_psql($_, 'CREATE EXTENSION slt') for qw(staging production);

# Returns what a query gives in a database.
sub in_database
{
	my ($database, $query) = @_;

	return $node->safe_psql($database, $query);
}

# Returns a document as SQL writes a constant.
sub export_of
{
	my ($database) = @_;

	return q{$doc$} . in_database($database, 'SELECT slt_export()') . q{$doc$};
}

# Returns the report of an import, or the error.
sub import_into
{
	my ($database, $document, $dry_run) = @_;

	return run_sql($node, $database, 'SELECT section, name, change, before, after FROM slt_import(' . $document . ($dry_run ? ', true' : '') . ')') =~ s/^SET\n?//r;
}

# ---------- from staging to production ----------

$node->safe_psql('staging', <<'SQL');
INSERT INTO slt_holiday_lists (name) VALUES ('Bayern');
INSERT INTO slt_holidays (list, day, name, hours, confirmed, source) VALUES ('Bayern', '2026-01-06', 'Heilige Drei Könige', NULL, true, 'law'), ('Bayern', '2026-12-24', 'Heiligabend', '09:00-12:00', false, NULL);
INSERT INTO slt_calendars (name, calendar, note) VALUES ('München', 'Europe/Berlin Mo-Fr 08:00-17:00', 'office');
INSERT INTO slt_calendar_lists (calendar, list) VALUES ('München', 'Bayern');
INSERT INTO slt_contracts (name, calendar) VALUES ('Gold', 'München');
INSERT INTO slt_metrics (name, when_reopened) VALUES ('next_reply', 'restart');
UPDATE slt_targets SET during = '(,2026-06-01)' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'response';
INSERT INTO slt_targets (contract, severity, metric, amount, during, calendar, pausable, steps, attain) VALUES
	('Standard', 'S1', 'response', '1 working hour', '[2026-06-01,)', 'München', false, '{50,100,150}', 95), ('Gold', 'S1', 'next_reply', '30 working minutes', '(,)', NULL, NULL, '{}', NULL);
DELETE FROM slt_targets WHERE contract = 'Priority' AND severity = 'S3';
UPDATE slt_severities SET label = 'Niedrig' WHERE code = 'S3';
INSERT INTO slt_services (name, target, time_zone, maintenance_window, weekly_downtime_aim) VALUES ('Portal', 99.90, 'Europe/Berlin', 'Europe/Berlin Sa 22:00-24:00', '20 minutes');
INSERT INTO slt_experiences (service, name, max_latency) VALUES ('Portal', 'Login', '3 seconds');
DELETE FROM slt_channels WHERE name = 'Support e-mail';
SQL
for my $database (qw(staging production))
{
	$node->safe_psql($database, <<'SQL');
CREATE TABLE issues (id int PRIMARY KEY, opened timestamp, closed timestamp, prio int, state text, changed timestamp);
INSERT INTO issues VALUES (1, '2026-02-02 08:00', NULL, 1, 'new', '2026-02-02 08:00');
SQL
}
$node->safe_psql('staging', <<'SQL');
SELECT slt_attach('issues', 'opened', severity => 'prio', severity_map => '{"1": "S1", "2": null, "*": "S3"}', contract_value => 'Gold', done_at => '{"resolution": "closed", "next_reply": "closed"}',
	metrics => '{resolution,next_reply}', status => 'state', paused_when => '{"resolution": ["hold"]}', cancelled_when => '{spam,"a b"}', changed_at => 'changed', time_zone => 'Europe/Berlin',
	unset => '1970-01-01', on_unknown => 'error', prefix => 'sla_');
SQL
my $document = export_of('staging');
my $before = in_database('production', 'SELECT slt_export()');
my ($report, $messages) = run_sql($node, 'production', "SELECT section, name, change FROM slt_import($document, true)");
my $expected = <<'END';
calendars|München|added
holiday_lists|Bayern|added
calendar_lists|München, Bayern|added
holidays|Bayern, 2026-01-06|added
holidays|Bayern, 2026-12-24|added
contracts|Gold|added
severities|S3|changed
metrics|next_reply|added
targets|Gold, S1, next_reply|added
targets|Standard, S1, response, ["2026-06-01 00:00:00+00",)|added
END
like($report, qr/^\Q$_\E$/m, "the report has: $_") for map { s/2026-06-01 00:00:00/2026-05-31 21:00:00/r } split /\n/, $expected;
like($report, qr/^targets\|Priority, S3, response\|removed$/m, 'and targets that go');
like($report, qr/^channels\|Support e-mail\|removed$/m, 'and a channel');
like($report, qr/^services\|Portal\|added\nexperiences\|Portal, Login\|added\nattachments\|public\.issues\|added$/m, 'and a service, its experience, and the attachment');
is($messages, '', 'without a word of what would be else');
is(in_database('production', 'SELECT slt_export()'), $before, 'a dry run changes nothing');
is(in_database('production', "SELECT count(*) FROM information_schema.columns WHERE table_name = 'issues' AND column_name LIKE 'sla%'"), '0', 'not the ticket table, either');

($report, $messages) = run_sql($node, 'production', "SELECT section, name, change FROM slt_import($document)");
like($messages, qr/NOTICE:.*table "issues" was attached\nHINT:  Run next:\nCREATE INDEX .*sla_announce_at.*CALL public\.slt_backfill\('public\.issues'\);/s, 'it says what is to be done for the table');
is(in_database('production', 'SELECT slt_export()'), in_database('staging', 'SELECT slt_export()'), 'then production exports what staging does');
is(in_database('production', 'SELECT slt_policy_fingerprint()'), in_database('staging', 'SELECT slt_policy_fingerprint()'), 'and has its fingerprint');
is(import_into('production', $document), '', 'again, nothing changes');
is(import_into('production', 'slt_export()'), '', 'nor by its own');
is(import_into('production', "$document", 1), '', 'nor in a dry run');
$node->safe_psql($_, q{CALL slt_backfill('issues')}) for qw(staging production);
is(in_database('production', 'SELECT i FROM issues i'), in_database('staging', 'SELECT i FROM issues i'), 'tickets get the same stamps');
is(in_database('production', "SELECT count(*) FROM slt_policy_changes(now() - interval '1 hour') WHERE in_table = 'slt_targets' AND change = 'removed'"), '3', 'the log has what changed');

# ---------- what an edit says ----------

# Returns the report of a change of the document of production, as a dry run.
sub report_of
{
	my ($change) = @_;

	return import_into('production', "slt_export() - 'fingerprint' $change", 1);
}

$node->safe_psql('production', q{CREATE FUNCTION put(d jsonb, path text[], v jsonb) RETURNS jsonb LANGUAGE sql AS 'SELECT jsonb_set(d - ''fingerprint'', path, v)'});
is(import_into('production', q{put(slt_export(), '{contracts,0,calendar}', '"Egypt"')}, 1), 'contracts|Gold|changed|{"calendar": "München"}|{"calendar": "Egypt"}', 'of a row that changes, what does');
is(report_of(q{|| '{"channels": [{"name": "Self-service support centre", "opens_tickets": true, "address": "https://x"}]}'}),
	'channels|Self-service support centre|changed|{"address": null}|{"address": "https://x"}', 'of a section, what is new');
is(report_of(q{|| '{"channels": []}'}), 'channels|Self-service support centre|removed|{"name": "Self-service support centre", "opens_tickets": true}|', 'of a row that goes, all');
is(report_of(q{- 'targets' - 'holidays' - 'attachments'}), '', 'a section that is left out is left alone');
is(report_of(q{|| '{"policy_version": 1.0}'}), '', 'a number is a number');
like(import_into('production', q{put(slt_export(), '{calendars,0,name}', '"EGYPT"')}, 1), qr/^ERROR:  23503: calendar_lists\[0\]\.calendar: "Egypt" is not in "calendars"\nHINT/, 'a name is spelled as in its row');
is(import_into('production', q{replace((slt_export() - 'fingerprint')::text, '"Egypt"', '"EGYPT"')::jsonb}, 1) =~ s/\n.*//sr, 'calendars|EGYPT|changed|{"name": "Egypt"}|{"name": "EGYPT"}', 'a name that differs in case is the same row');
is(import_into('production', q{put(put(slt_export(), '{severities,0,label}', '"Medium"'), '{severities,1,label}', '"Critical"')}, 1),
	qq(severities|S1|changed|{"label": "Critical"}|{"label": "Medium"}\nseverities|S2|changed|{"label": "Medium"}|{"label": "Critical"}), 'labels may be exchanged');
my $renamed = q{(replace((slt_export() - 'fingerprint')::text, '"S2"', '"P2"'))::jsonb};
like(import_into('production', $renamed, 1), qr/^severities\|P2\|added.*\nseverities\|S2\|removed/m, 'a code is another, with the label of the one that goes');
like(import_into('production', q{(replace(slt_export()::text, '"2026-06-01 00:00:00', '"2026-07-01 00:00:00'))::jsonb - 'fingerprint'}, 1) . '', qr/^(?:targets.*\n?)*$/, 'targets move in time, one giving way to another');
like(import_into('production', q{put(slt_export(), '{targets,0,amount}', '"PT30M"')}, 1), qr/^\z/, 'another spelling of a value is no change');

# ---------- what is refused, and where ----------

my @refused = (
	[ 'a null', 'NULL', '22023', 'this is no document' ], [ 'an array', q{'[]'}, '22023', 'this is no document' ], [ 'a string', q{'"x"'}, '22023', 'this is no document' ],
	[ 'no version', q{'{"calendars": []}'}, '22023', 'this is no document' ], [ 'a later version', q{slt_export() || '{"policy_version": 2}'}, '0A000', 'policy_version: .*version 2' ],
	[ 'a much later version', q{slt_export() || '{"policy_version": 1e300}'}, '0A000', 'policy_version: .*version 10000' ],
	[ 'another version', q{slt_export() || '{"policy_version": "1"}'}, '22023', 'policy_version: must be 1' ], [ 'an unknown section', q{slt_export() || '{"target": []}'}, '22023', 'unknown key "target"\nHINT:  Sections are calendars,' ],
	[ 'a section that is an object', q{slt_export() || '{"targets": {}}'}, '22023', 'targets: must be of type array, not object' ],
	[ 'a section that is null', q{slt_export() || '{"targets": null}'}, '22023', 'targets: must be of type array, not null' ],
	[ 'a row that is none', q{put(slt_export(), '{targets,1}', '3')}, '22023', 'targets\[1\]: must be of type object, not number\nHINT:  Its keys are contract,' ],
	[ 'an unknown key', q{put(slt_export(), '{targets,1,amout}', '"1 wd"')}, '22023', 'targets\[1\]: unknown key "amout"\nHINT:  Keys are contract,' ],
	[ 'the mark of what is shipped', q{put(slt_export(), '{targets,1,shipped}', '"1.0"')}, '22023', 'targets\[1\]: unknown key "shipped"' ],
	[ 'a number for a text', q{put(slt_export(), '{targets,1,amount}', '4')}, '22023', 'targets\[1\]\.amount: must be of type string, not number' ],
	[ 'a text for a number', q{put(slt_export(), '{services,0,target}', '"99"')}, '22023', 'services\[0\]\.target: must be of type number, not string' ],
	[ 'a text for a boolean', q{put(slt_export(), '{holidays,7,confirmed}', '"yes"')}, '22023', 'holidays\[7\]\.confirmed: must be of type boolean, not string' ],
	[ 'an object for a text', q{put(slt_export(), '{calendars,0,note}', '{"a": 1}')}, '22023', 'calendars\[0\]\.note: must be of type string, not object' ],
	[ 'a text for a list', q{put(slt_export(), '{targets,1,steps}', '"{75}"')}, '22023', 'targets\[1\]\.steps: must be of type array, not string' ],
	[ 'a list of lists', q{put(slt_export(), '{targets,1,steps}', '[[75]]')}, '22023', 'targets\[1\]\.steps: has an element of another type' ],
	[ 'a fingerprint that is none', q{slt_export() || '{"fingerprint": 3}'}, '22023', 'fingerprint: must be a string' ],
	[ 'an amount that is none', q{put(slt_export(), '{targets,3,amount}', '"4 working hurs"')}, '22P02', 'targets\[3\]\.amount: invalid input syntax for type working_interval: "4 working hurs"\nDETAIL:  .*\nHINT' ],
	[ 'an amount of nothing', q{put(slt_export(), '{targets,3,amount}', '"0 working hours"')}, '23514', 'targets\[3\]\.amount: .*slt_targets_amount_is_positive' ],
	[ 'a calendar that is none', q{put(slt_export(), '{calendars,0,calendar}', '"Mars/Olympus 24/7"')}, '22P02', 'calendars\[0\]\.calendar: ' ],
	[ 'a calendar that never opens', q{put(slt_export(), '{calendars,0,calendar}', '"UTC off"')}, '22\w+', 'calendars\[0\]' ],
	[ 'a day that is none', q{put(slt_export(), '{holidays,399,day}', '"2026-02-30"')}, '22008', 'holidays\[399\]\.day: ' ],
	[ 'hours that are none', q{put(slt_export(), '{holidays,399,hours}', '"9-5"')}, '\w+', 'holidays\[399\]: ' ],
	[ 'a row twice', q{put(slt_export(), '{holidays,399}', slt_export()->'holidays'->3)}, '23505', 'holidays\[399\]: is the same row as holidays\[3\]\nDETAIL:  A row is known by its list, day\.' ],
	[ 'a row twice but for case', q{put(slt_export(), '{contracts,9}', '{"name": "GOLD", "calendar": "Egypt"}')}, '23505', 'contracts\[\d\]: is the same row as contracts\[0\]' ],
	[ 'targets that overlap', q{put(slt_export(), '{targets,99}', (slt_export()->'targets'->1) || '{"during": "[2027-01-01,2028-01-01)"}')}, '23P01', 'targets\[\d+\]: target for contract .* overlaps another one in time' ],
	[ 'a contract that is not there', q{put(slt_export(), '{targets,2,contract}', '"Silver"')}, '23503', 'targets\[2\]\.contract: "Silver" is not in "contracts"\nHINT' ],
	[ 'a contract that goes', q{put(slt_export(), '{contracts}', '[]')}, '23503', 'targets\[0\]\.contract: "Gold" is not in "contracts"' ],
	[ 'a contract that goes, by itself', q{'{"policy_version": 1, "contracts": []}'}, '23503', 'contracts: "Gold" cannot be removed: ' ],
	[ 'a calendar that goes, with its lists', q{'{"policy_version": 1, "calendars": [{"name": "Egypt", "calendar": "UTC 24/7"}]}'}, '23503', 'calendars: "München" cannot be removed: ' ],
	[ 'a name that is missing', q{put(slt_export(), '{contracts,0}', '{"calendar": "Egypt"}')}, '23503|23502', 'contracts\[0\]\.name|targets\[0\]\.contract' ],
	[ 'a null where there must be a value', q{put(slt_export(), '{holidays,3,name}', 'null')}, '23502', 'holidays\[3\]\.name: ' ],
	[ 'a metric that ends with none', q{put(slt_export(), '{metrics,2,ends_with}', '"nothing"')}, '23503', 'metrics\[2\]: metric "response" ends with "nothing"' ],
	[ 'a metric that is used goes', q{'{"policy_version": 1, "targets": [], "metrics": [{"name": "resolution"}]}'}, '23503', 'metrics: "next_reply" cannot be removed: metric "next_reply" is in use\nDETAIL:  Table "issues"' ],
	[ 'a severity that tickets use goes', q{'{"policy_version": 1, "targets": [], "severities": []}'}, '23503', 'severities: "S1" cannot be removed: severity "S1" is in use\nDETAIL:  Tickets of table "issues"' ],
	[ 'a reopening that is none', q{put(slt_export(), '{metrics,0,when_reopened}', '"never"')}, '23514', 'metrics\[0\]\.when_reopened: ' ],
	[ 'a service in a zone that is none', q{put(slt_export(), '{services,0,time_zone}', '"Nowhere"')}, '\w+', 'services\[0\]' ],
	[ 'a table that is not there', q{put(slt_export(), '{attachments,0,ticket_table}', '"public.nothing"')}, '42P01', 'attachments\[0\]\.ticket_table: relation "public\.nothing" does not exist' ],
	[ 'a column that is not there', q{put(slt_export(), '{attachments,0,opened_at}', '"nothing"')}, '42703', 'attachments\[0\]: ' ],
	[ 'a map to what is not there', q{put(slt_export(), '{attachments,0,severity_map}', '{"*": "S9"}')}, '42704', 'attachments\[0\]: .*"S9"' ],
	[ 'a map that is no map', q{put(slt_export(), '{attachments,0,severity_map}', '[1]')}, '22023', 'attachments\[0\]: ' ],
	[ 'a prefix that is none', q{put(slt_export(), '{attachments,0,prefix}', '"1"')}, '22023', 'attachments\[0\]: .*prefix' ],
	[ 'no metrics', q{put(slt_export(), '{attachments,0}', (slt_export()->'attachments'->0) - 'metrics')}, '23502', 'attachments\[0\]\.metrics: must be given' ],
	[ 'no name of an attachment', q{put(slt_export(), '{attachments,0}', (slt_export()->'attachments'->0) - 'name')}, '23502', 'attachments\[0\]\.name: must be given' ],
	[ 'a name of an attachment that is null', q{put(slt_export(), '{attachments,0,name}', 'null')}, '23502', 'attachments\[0\]\.name: must be given' ],
	[ 'no table', q{put(slt_export(), '{attachments,0,ticket_table}', 'null')}, '23502', 'attachments\[0\]\.ticket_table: must be given' ],
);
my $state = in_database('production', 'SELECT slt_export()');
for my $case (@refused)
{
	my ($what, $refused, $sqlstate, $message) = @$case;

	like(import_into('production', $refused), qr/^ERROR:  (?:$sqlstate): (?:$message)/, "$what is refused");
}
is(in_database('production', 'SELECT slt_export()'), $state, 'and nothing is changed by any of these');

# ---------- what belongs to it elsewhere ----------

$node->safe_psql('production', q{INSERT INTO slt_outages (service, during) VALUES ('Portal', '[2026-01-01,2026-01-02)'); INSERT INTO slt_checks (service, experience, ok, at) VALUES ('Platform', 'Site', true, now())});
like(import_into('production', q{'{"policy_version": 1, "services": [], "experiences": []}'}), qr/^ERROR:  23503: (?:experiences|services): "[^"]+" cannot be removed/, 'a service with outages stays');
like(import_into('production', q{'{"policy_version": 1, "experiences": []}'}), qr/^ERROR:  23503: experiences: "Platform, Site" cannot be removed, as it is in use\nDETAIL:  Rows of table "slt_checks"/, 'an experience with checks stays');
is(in_database('production', 'SELECT count(*) FROM slt_checks'), '1', 'with its checks');

is(in_database('production', q{SELECT count(*) FILTER (WHERE shipped IS NULL) > 0, count(*) FILTER (WHERE shipped = '1.0') > 0 FROM slt_targets}), 't|t', 'rows that were shipped keep their mark, others have none');
is(in_database('production', q{SELECT shipped FROM slt_severities WHERE code = 'S3'}), '1.0', 'also where they were changed');
is(in_database('production', q{SELECT DISTINCT announce_from > now() - interval '1 hour' FROM slt_attachments}), 't', 'a table that is attached by it announces from then on');
my $from = in_database('production', 'SELECT announce_from FROM slt_attachments');
like(import_into('production', q{put(slt_export(), '{attachments,0,on_unknown}', '"warn"')}), qr/^attachments\|public\.issues\|changed\|\{"on_unknown": "error"\}\|\{"on_unknown": "warn"\}/, 'settings are changed');
is(in_database('production', 'SELECT announce_from FROM slt_attachments'), $from, 'and it announces from when it did');
like(import_into('production', q{put(slt_export(), '{attachments,0,announce_from}', 'null')}), qr/^attachments\|public\.issues\|changed\|\{"announce_from": ".*"\}\|\{"announce_from": null\}/, 'unless it is said');
like(in_database('production', 'SELECT slt_export()'), qr/"announce_from": null/, 'that it has no limit is part of the policy');
like(import_into('production', q{slt_export() - 'fingerprint' || '{"attachments": []}'}), qr/^attachments\|public\.issues\|removed/, 'a table is detached');
is(in_database('production', 'SELECT count(*), (SELECT count(sla_next_reply_due) FROM issues) FROM slt_attached()'), '0|1', 'and keeps its columns');
is(import_into('production', $document) =~ s/\n?NOTICE.*//sr =~ s/\|\|.*//sr, 'attachments|public.issues|added', 'and is attached again');

# ---------- whether two answer alike ----------

# Returns the fingerprint of staging after statements that are taken back.
sub fingerprint_after
{
	my ($statements) = @_;

	my ($output, $error) = run_sql($node, 'staging', "BEGIN; $statements; SELECT slt_policy_fingerprint(); ROLLBACK");

	return $output =~ /^([0-9a-f]{64})$/m ? $1 : "$output$error";
}

my $fingerprint = in_database('staging', 'SELECT slt_policy_fingerprint()');
like($fingerprint, qr/^[0-9a-f]{64}$/, 'a fingerprint is a hash');
for my $same (
	q{UPDATE slt_calendars SET note = 'other'}, q{UPDATE slt_severities SET definition = 'other'}, q{UPDATE slt_metrics SET description = NULL}, q{UPDATE slt_holidays SET source = 'other', confirmed = NOT confirmed},
	q{UPDATE slt_channels SET address = 'other'}, q{UPDATE slt_services SET plan = 'other', note = 'other'}, q{UPDATE slt_experiences SET description = 'other', recorded = 'by hand'},
	q{UPDATE slt_targets SET shipped = NULL}, q{UPDATE slt_targets SET steps = '{100.0,75.00}' WHERE steps = '{75,100}'}, q{UPDATE slt_targets SET attain = 95.000 WHERE attain = 95},
	q{UPDATE slt_services SET target = 99.9 WHERE name = 'Portal'}, q{UPDATE slt_targets SET during = '[-infinity,infinity)' WHERE during = '(,)'},
	q{UPDATE slt_targets SET during = '(2026-05-31 20:59:59.999999+00,)' WHERE contract = 'Standard' AND lower(during) = '2026-05-31 21:00+00' AND false},
	q{UPDATE slt_targets SET calendar = 'München' WHERE contract = 'Gold'}, q{UPDATE slt_targets SET pausable = true WHERE metric = 'resolution'},
	q{UPDATE slt_calendars SET calendar = 'Europe/Berlin Mo,Tu,We,Th,Fr 8:00-17:00' WHERE name = 'München'}, q{UPDATE slt_targets SET amount = 'PT30M' WHERE contract = 'Gold'},
	q{UPDATE slt_holidays SET hours = '9:00-12:00' WHERE hours = '09:00-12:00'}, q{UPDATE slt_holiday_lists SET name = 'Bavaria' WHERE name = 'Bayern'},
	q{INSERT INTO slt_holiday_lists (name) VALUES ('nobody''s'); INSERT INTO slt_holidays (list, day, name) VALUES ('nobody''s', '2027-01-01', 'x')},
	q{CREATE TEMP TABLE x AS SELECT * FROM slt_targets; DELETE FROM slt_targets; INSERT INTO slt_targets SELECT * FROM x ORDER BY amount DESC},
	q{UPDATE slt_experiences SET late_by = '360 minutes'}, q{SELECT slt_detach('issues')}, q{SET LOCAL timezone = 'Asia/Kathmandu'; SET LOCAL datestyle = 'German'; SET LOCAL intervalstyle = 'iso_8601'; SET LOCAL search_path = ''; SET LOCAL search_path = public},
	q{SET LOCAL slt.as_of = '2026-11-20'; SET LOCAL slt.calendar = 'München'})
{
	is(fingerprint_after($same), $fingerprint, "alike: $same");
}
for my $other (
	q{UPDATE slt_targets SET amount = '31 working minutes' WHERE contract = 'Gold'}, q{UPDATE slt_targets SET amount = '8 working hours' WHERE amount = '1 working day' OR amount::text = '2 working days'},
	q{UPDATE slt_targets SET steps = '{76,100}' WHERE contract = 'Standard'}, q{UPDATE slt_targets SET attain = 96 WHERE attain = 95}, q{UPDATE slt_targets SET pausable = false WHERE contract = 'Gold'},
	q{DELETE FROM slt_targets WHERE contract = 'Gold'}, q{UPDATE slt_calendars SET calendar = 'Europe/Berlin Mo-Fr 08:00-17:01' WHERE name = 'München'},
	q{UPDATE slt_calendars SET calendar = 'Europe/Vienna Mo-Fr 08:00-17:00' WHERE name = 'München'}, q{INSERT INTO slt_holidays (list, day, name) VALUES ('Bayern', '2027-01-06', 'x')},
	q{UPDATE slt_holidays SET hours = '09:00-13:00' WHERE hours = '09:00-12:00'}, q{UPDATE slt_holidays SET name = 'x' WHERE hours = '09:00-12:00'}, q{DELETE FROM slt_calendar_lists WHERE calendar = 'München'},
	q{UPDATE slt_severities SET label = 'Hoch' WHERE code = 'S3'}, q{UPDATE slt_contracts SET name = 'Silver' WHERE name = 'Gold'}, q{UPDATE slt_request_kinds SET in_scope = NOT in_scope WHERE name = 'Diagnosis'},
	q{UPDATE slt_metrics SET when_reopened = 'once' WHERE name = 'response'}, q{UPDATE slt_metrics SET ends_with = NULL}, q{UPDATE slt_services SET target = 99.95 WHERE name = 'Portal'},
	q{UPDATE slt_services SET time_zone = 'Europe/Vienna' WHERE name = 'Portal'}, q{UPDATE slt_experiences SET max_latency = '4 seconds' WHERE name = 'Login'}, q{UPDATE slt_experiences SET covered = NOT covered WHERE name = 'Login'},
	q{INSERT INTO slt_contracts (name, calendar) VALUES ('New', 'Egypt')}, q{UPDATE slt_contracts SET name = 'GOLD' WHERE name = 'Gold'})
{
	isnt(fingerprint_after($other), $fingerprint, "not alike: $other");
}
is(in_database('staging', q{SELECT zz_slt_internal.zone_changes('Etc/UTC') = zz_slt_internal.zone_changes('UTC'), zz_slt_internal.zone_changes('Africa/Cairo') = zz_slt_internal.zone_changes('UTC'), zz_slt_internal.zone_changes('Nowhere')}), 't|f|',
	'what the server knows of zones is in it');
is(in_database('staging', q{SELECT string_agg(zone, ' ' ORDER BY zone) FROM zz_slt_internal.zones_used()}), 'Africa/Cairo Europe/Berlin', 'of those that are used');
$node->safe_psql('staging', q{INSERT INTO slt_calendars VALUES ('both', '(Asia/Manila Mo-Fr 22:00-06:00 open "(Mars/Base x)") | (America/New_York Mo-Fr 09:00-17:00)')});
is(in_database('staging', q{SELECT string_agg(zone, ' ' ORDER BY zone) FROM zz_slt_internal.zones_used()}), 'Africa/Cairo America/New_York Asia/Manila Europe/Berlin', 'also in calendars that are put together');

# ---------- rights ----------

$node->safe_psql('production', 'CREATE ROLE reader; CREATE ROLE editor; GRANT SELECT, INSERT, UPDATE, DELETE ON slt_channels TO editor');
like(run_sql($node, 'production', 'SET ROLE reader; SELECT slt_export()') . '', qr/ERROR:  42501: permission denied for table slt_calendars/, 'an export needs the right to read');
like(run_sql($node, 'production', 'SET ROLE reader; SELECT slt_policy_fingerprint()') . '', qr/[0-9a-f]{64}/, 'a fingerprint needs none');
like(run_sql($node, 'production', q{SET ROLE reader; SELECT slt_import('{"policy_version": 1, "channels": []}')}) . '', qr/ERROR:  42501: permission denied for table slt_channels/, 'an import needs the right to write');
like(run_sql($node, 'production', q{SET ROLE editor; SELECT change FROM slt_import('{"policy_version": 1, "channels": []}', true)}) . '', qr/removed/, 'whoever may edit a table may import its section');
like(run_sql($node, 'production', q{BEGIN READ ONLY; SELECT slt_import('{"policy_version": 1, "channels": []}', true)}) . '', qr/ERROR:  25006/, 'not in a transaction that is read only');
like(run_sql($node, 'production', q{BEGIN READ ONLY; SELECT count(slt_export())}) . '', qr/1/, 'where an export is');

# ---------- two at once ----------

my ($one, $two) = map { $node->background_psql('production', on_error_stop => 0) } 1 .. 2;
ask($one, q{BEGIN; SELECT count(*) FROM slt_import('{"policy_version": 1, "channels": [{"name": "one", "opens_tickets": true}]}')});
my $waiting = start_psql($node, 'production', 'other_import', q{SELECT change || ' ' || name FROM slt_import('{"policy_version": 1, "channels": [{"name": "two", "opens_tickets": true}]}')});
is(waits_or_ended($node, $waiting), 'waits', 'an import waits for another');
ask($one, 'COMMIT');
$waiting->{process}->finish;
is($waiting->{output}, "added two\nremoved one\n", 'and goes by what that has left');
ask($one, q{BEGIN; INSERT INTO slt_channels (name, opens_tickets) VALUES ('three', true)});
$waiting = start_psql($node, 'production', 'other_import', q{SELECT change || ' ' || name FROM slt_import('{"policy_version": 1, "channels": [{"name": "two", "opens_tickets": true}]}')});
is(waits_or_ended($node, $waiting), 'waits', 'and for an edit');
is(ask($two, q{SELECT slt_deadline('2026-02-02 10:00+02', 'S1', 'standard') IS NOT NULL}), 't', 'but nobody who asks for a deadline waits');
ask($one, 'COMMIT');
$waiting->{process}->finish;
is($waiting->{output}, "removed three\n", 'which it sees then');
$_->quit for $one, $two;

# ---------- much, and worse ----------

$node->safe_psql('production', <<'SQL');
CREATE TABLE many AS SELECT jsonb_build_object('policy_version', 1, 'holiday_lists', (d->'holiday_lists') || '[{"name": "many"}]',
	'holidays', (d->'holidays') || (SELECT jsonb_agg(jsonb_build_object('list', 'many', 'day', date '2000-01-01' + i, 'name', 'day ' || i)) FROM generate_series(1, 10000) i)) AS d
FROM slt_export() d;
SQL
my $many = '(SELECT d FROM many)';
is(in_database('production', "SELECT count(*) FROM slt_import($many)"), '10001', '10,000 holidays are imported');
is(in_database('production', "SELECT count(*) FROM slt_import($many)"), '0', 'once');
like(import_into('production', qq{put($many, '{holidays,9000,day}', '"never"')}), qr/^ERROR:  22007: holidays\[9000\]\.day: /, 'a mistake among them is found');
like(import_into('production', qq{put($many, '{holidays,9000,hours}', '"never"')}), qr/^ERROR:  \w+: holidays\[9000\]: /, 'also one that a trigger finds');

$node->safe_psql('production', q{DELETE FROM slt_holiday_lists WHERE name = 'many'});
my $deep = '[' x 5000 . ']' x 5000;
for my $hostile (
	[ 'a document of 5000 levels', qq{'{"policy_version": 1, "targets": $deep}'}, qr/^ERROR:  22023: targets/ ], [ 'a column of 5000 levels', qq{'{"policy_version": 1, "channels": [{"name": $deep}]}'}, qr/^ERROR:  22023: channels\[0\]\.name/ ],
	[ 'a map of 5000 levels', qq{put(slt_export(), '{attachments,0,severity_map}', '{"1": $deep}')}, qr/^ERROR:  \w+: attachments\[0\]/ ],
	[ 'a name of 3 MB', q{put(slt_export(), '{channels,0,name}', to_jsonb(repeat('x', 3000000)))}, qr/^ERROR:  23514: channels\[0\]\.name: / ],
	[ 'a key of 3 MB', q{put(slt_export(), ARRAY['channels', '0', repeat('k', 3000000)], '1')}, qr/^ERROR:  22023: channels\[0\]: unknown key "k{100}"\n/ ],
	[ 'a calendar of 3 MB', q{put(slt_export(), '{calendars,0,calendar}', to_jsonb('UTC ' || repeat('Mo 09:00-10:00; ', 180000)))}, qr/^ERROR:  \w+: calendars\[0\]\.calendar: / ],
	[ '50,000 rows', q{(SELECT put(slt_export(), '{channels}', jsonb_agg(i)) FROM generate_series(1, 50000) i)}, qr/^ERROR:  22023: channels\[0\]: / ],
	[ 'names that look like SQL', q{'{"policy_version": 1, "x''; DROP TABLE slt_targets; --": []}'}, qr/^ERROR:  22023: unknown key "x'; DROP/ ],
	[ 'percents in a name', q{put(slt_export(), '{targets,0,contract}', '"%s%n%1$s"')}, qr/^ERROR:  23503: targets\[0\]\.contract: "%s%n%1\$s" is not/ ],
	[ 'a number beyond all', q{put(slt_export(), '{services,0,target}', '1e500')}, qr/^ERROR:  23514: services\[0\]\.target: / ],
	[ 'steps beyond all', q{put(slt_export(), '{targets,0,steps}', (SELECT jsonb_agg(i) FROM generate_series(1, 10000) i))}, qr/^ERROR:  23514: targets\[0\]\.steps: / ])
{
	my ($what, $bad, $error) = @$hostile;
	my $got = import_into('production', $bad);

	like(substr($got, 0, 5000), $error, "$what is refused");
	cmp_ok(length $got, '<', 5000, 'in few words');
}
is(in_database('production', 'SELECT 1'), '1', 'the server stands');

# ---------- the schema ----------

# Runs a program in Python with texts on its standard input; returns what it prints.
sub python
{
	my ($program, $input) = @_;
	my ($output, $error) = ('', '');

	IPC::Run::run([ 'python3', '-c', $program, $schema ], '<', \$input, '>', \$output, '2>', \$error);
	return $output . $error;
}

my $described = in_database('staging', q{SELECT string_agg(section || '.' || name, E'\n' ORDER BY n, attnum) FROM zz_slt_internal.document_columns});
SKIP:
{
	skip 'python3-jsonschema is not installed', 13 if python('import jsonschema', '') ne '';
	my $validate = <<'END';
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
for line in sys.stdin:
    errors = sorted(jsonschema.Draft202012Validator(schema).iter_errors(json.loads(line)), key=lambda e: list(map(str, e.absolute_path)))
    print("good" if not errors else "/".join(map(str, errors[0].absolute_path)) + ": " + errors[0].message)
END
	is(python('import json, sys; [print(s + "." + c) for s, p in json.load(open(sys.argv[1]))["properties"].items() if "items" in p for c in p["items"]["properties"]]', ''), "$described\n", 'the schema has each section and column, and no other');
	is(python($validate, in_database($_, 'SELECT slt_export()')), "good\n", "what $_ exports is valid by it") for qw(staging production);
	for my $wrong (
		q{slt_export() || '{"policy_version": 2}'}, q{slt_export() || '{"target": []}'}, q{put(slt_export(), '{targets,1,amout}', '"1 wd"')}, q{put(slt_export(), '{targets,1,amount}', '4')}, q{put(slt_export(), '{holidays,7,confirmed}', '"yes"')},
		q{put(slt_export(), '{contracts,0}', '{"calendar": "Egypt"}')})
	{
		unlike(python($validate, in_database('production', "SELECT $wrong")), qr/^good/, "not valid: $wrong");
	}

	# each column of each section without a value, and with one of each type: what the schema refuses slt_import() does not take
	$node->safe_psql('production', <<'END');
CREATE FUNCTION taken(document jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM slt_import(document, true);
	RETURN 'good';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
CREATE TABLE documents AS WITH e AS MATERIALIZED (SELECT slt_export() AS policy)
SELECT row_number() OVER () AS n, jsonb_build_object('policy_version', 1, c.section, jsonb_build_array(CASE WHEN v.value IS NULL THEN r.row - c.name ELSE jsonb_set(r.row, ARRAY[c.name], v.value) END)) AS document
FROM zz_slt_internal.document_columns c CROSS JOIN e CROSS JOIN LATERAL (SELECT e.policy->c.section->0) r (row)
CROSS JOIN (VALUES ('null'::jsonb), ('"x"'), ('1.5'), ('true'), ('[]'), ('{}'), (NULL)) v (value)
WHERE r.row IS NOT NULL;
END
	my @documents = split /\n/, in_database('production', 'SELECT document FROM documents ORDER BY n');
	my @valid = map { $_ eq 'good' } split /\n/, python($validate, join("\n", @documents) . "\n");
	my @taken = split /\n/, in_database('production', 'SET client_min_messages = error; SELECT taken(document) FROM documents ORDER BY n');
	cmp_ok(scalar(grep { !$_ } @valid), '>', 300, 'most are not valid');
	is(scalar @taken, scalar @documents, 'and each is tried');
	is(join("\n", map { !$valid[$_] && $taken[$_] eq 'good' ? $documents[$_] : () } 0 .. $#documents), '', 'what is not valid by the schema is refused');
	is(join("\n", map { $valid[$_] && $taken[$_] eq '22023' && $documents[$_] !~ /attachments/ ? $documents[$_] : () } 0 .. $#documents), '', 'and what is refused for its shape is not valid');
}
done_testing();
