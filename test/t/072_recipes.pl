# All recipes of doc/apps.md, on tables that have the columns and types of the application, as far as a recipe reads them, and
# in them a ticket of before.  Each gets a short history; then what the triggers promise is tried: no lock where nothing
# changes, 40001 where isolation demands it, and columns that change their type under an open session.
use strict;
use warnings;
use lib "$ENV{SLT_SOURCE}/test/apps/lib", "$ENV{SLT_SOURCE}/test/lib";
use AppTest;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;

my $node = new_server('recipes', bare => 1);
my ($database, $table, @metrics);

# ---------- helpers ----------

# Makes a database with an application's tables and brings slt to it, as the page says.
sub application
{
	my ($name, %args) = @_;
	my $file = lc $name;

	$database = $file =~ tr/-/_/r;
	$table = $args{table};
	@metrics = (qw(response resolution), $args{next_reply} ? 'next_reply' : ());
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, slurp_file(source_file("test/apps/tables/$file.sql")));
	$node->safe_psql($database, 'CREATE SCHEMA slt; CREATE EXTENSION slt SCHEMA slt');
	dba(recipe('Next reply')) if $args{next_reply};
	dba(recipe("Columns and triggers for $name")) if has_recipe("Columns and triggers for $name");
	dba(recipe("Attach it to $name"));
	dba(recipe("Attach it to $name with next reply")) if has_recipe("Attach it to $name with next reply");
	is(dba(q{SELECT string_agg(problem, ' ') FROM slt.slt_attached()}), '', "$database: the attachment has no problem");
	return;
}

# Runs statements as the DBA does who reads the page.
sub dba
{
	my ($statements) = @_;

	return $node->safe_psql($database, "SET search_path = public, slt;\n$statements");
}

# Runs statements as the application does: in UTC, in a transaction, with no slt in its search_path.
sub app
{
	my ($statements) = @_;

	return $node->safe_psql($database, "SET timezone = 'UTC'; SET search_path = public; BEGIN; $statements; COMMIT");
}

# Tests the columns that a recipe's triggers write, of a ticket (2): their values, joined by blanks.
sub facts_are
{
	my ($expected, $name, $ticket) = @_;
	my $columns = $node->safe_psql($database, "SELECT string_agg(format('coalesce(%I::text, ''-'')', attname), ' || '' '' || ' ORDER BY attnum) FROM pg_attribute
		WHERE attrelid = '$table'::regclass AND attname LIKE 'sla\\_%' AND attname <> 'sla_id' AND NOT attisdropped");

	$ticket //= 2;
	return is($node->safe_psql($database, "SET timezone = 'UTC'; SELECT $columns FROM $table WHERE id = '$ticket'"), $expected, "$database: $name");
}

# Tests the stamps of a ticket (2), in the wall clock of Cairo: two hours ahead of UTC in February, three from 24 April on;
# and that all stamps and explanations follow from what is remembered.
sub stamps_are
{
	my ($expected, $name, $ticket) = @_;

	$ticket //= 2;
	is(stamps($node, $database, $table, "id = '$ticket'", @metrics), $expected, "$database: $name");
	return is(dba(<<"SQL"), '', '... which is what comes out anew, and the explanations add up');
SELECT r.* FROM slt_restamp('$table', dry_run => true, open_only => false) r;
SELECT t.id, c.metric, c.due, e.* FROM $table t, slt_clocks(t) c, LATERAL (SELECT sum(e.worked) AS worked, max(e."to") AS due FROM slt_explain(t, c.metric) e) e
WHERE c.current AND isfinite(c.due) AND (e.worked, e.due) IS DISTINCT FROM (c.elapsed + c.remaining, c.due)
SQL
}

# Takes slt away as the page says; tests that nothing is left of it.
sub removed
{
	my ($heading) = @_;

	dba(recipe($heading));
	is($node->safe_psql($database, "SELECT count(*) FROM pg_attribute WHERE attrelid = '$table'::regclass AND attname LIKE 'sl_\\_%' AND NOT attisdropped"), '0', "$database: no column is left");
	is($node->safe_psql($database, q{SELECT count(*) FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE NOT tgisinternal AND relnamespace = 'public'::regnamespace}), '0', "$database: and no trigger");
	return;
}

# Fills in the history and stamps the ticket of before; tests what that gives.
sub history_is
{
	my ($heading, $status, $runs, $stamps) = @_;

	dba(recipe($heading)) if $heading;
	dba("CALL slt_backfill('$table')");
	my $show = q{(SELECT string_agg(to_char(a AT TIME ZONE 'UTC', 'DD HH24:MI') || ' ' || b, ', ' ORDER BY n) FROM unnest(slt_status_at, slt_status_became) WITH ORDINALITY u (a, b, n))};
	is(dba("SELECT $show FROM $table WHERE id = '1'"), $status, "$database: the history of the status is filled in") if defined $status;
	$show = q{(SELECT string_agg(to_char(a AT TIME ZONE 'UTC', 'DD HH24:MI'), ' ' ORDER BY n) FROM unnest(slt_next_reply_runs[:][1:2]) WITH ORDINALITY u (a, n))};
	is(dba("SELECT $show FROM $table WHERE id = '1'"), $runs, "$database: the runs are filled in") if defined $runs;
	stamps_are($stamps, 'a ticket of before', 1);
	return;
}

# Tests that what was stamped outlives a detachment.
sub attached_again
{
	my ($name) = @_;
	my $all = "SET timezone = 'UTC'; SELECT id, (SELECT string_agg(key || ' ' || value, ' ' ORDER BY key) FROM jsonb_each_text(to_jsonb(t)) WHERE key LIKE 'slt\\_%') FROM $table t ORDER BY id";
	my $stamped = $node->safe_psql($database, $all);

	dba("SELECT slt_detach('$table')");
	is($node->safe_psql($database, $all), $stamped, "$database: detached it keeps what was stamped");
	dba(recipe(has_recipe("Attach it to $name with next reply") ? "Attach it to $name with next reply" : "Attach it to $name"));
	dba("CALL slt_backfill('$table')");
	is($node->safe_psql($database, $all), $stamped, "$database: and attached again as well");
	return;
}

# Tests what the triggers on messages promise.  $open writes a ticket of an id, $say a message of an agent or the customer.
sub triggers_keep_their_word
{
	my ($messages, $open, $say) = @_;
	my @sessions = map { $node->background_psql($database, on_error_stop => 0) } 1 .. 2;
	my $answered = "SELECT sla_responded IS NOT NULL FROM $table";

	app($open->($_)) for 51 .. 55;
	app($say->($_, 'agent', 0)) for 51, 52;
	ask($_, "SET timezone = 'UTC'; SET lock_timeout = '5s'; SET search_path = public; BEGIN") for @sessions;
	my @messages = map { ask($sessions[ $_->[0] ], $say->($_->[1], 'agent', $_->[2])) } [ 0, 51, 1 ], [ 1, 52, 2 ], [ 0, 52, 3 ], [ 1, 51, 4 ];
	is(join('', @messages), '', "$database: two sessions that write to two tickets do not wait for each other where nothing changes");
	is($node->safe_psql($database, "SELECT count(*) FROM (SELECT FROM $table WHERE id IN ('51', '52') FOR NO KEY UPDATE NOWAIT) x"), '2', "$database: and lock none");
	ask($_, 'COMMIT') for @sessions;

	ask($sessions[0], 'BEGIN ISOLATION LEVEL REPEATABLE READ');
	ask($sessions[0], "SELECT FROM $table");
	app("UPDATE $table SET id = id WHERE id = '53'");
	like(ask($sessions[0], $say->(53, 'agent', 0)), qr/could not serialize access/, "$database: a ticket that changed after the snapshot gives 40001, not silence");
	ask($sessions[0], 'ROLLBACK');

	ask($sessions[0], 'BEGIN');
	ask($sessions[0], $say->(54, 'agent', 0));
	my $other = start_psql($node, $database, 'other', "SET timezone = 'UTC'; " . $say->(54, 'agent', 1));
	is(waits_or_ended($node, $other), 'waits', "$database: the second of two first answers waits for the first");
	my $first = ask($sessions[0], "SELECT sla_responded FROM $table WHERE id = '54'");
	ask($sessions[0], 'COMMIT');
	$other->{process}->finish;
	is($other->{messages}, '', "$database: and goes on");
	is(ask($sessions[0], "SELECT sla_responded FROM $table WHERE id = '54'"), $first, "$database: and leaves it the first");

	ask($sessions[0], $_) for $open->(57), $say->(55, 'customer', 0);
	my @upgrade = map { upgrade($_) } $table, $messages;
	cmp_ok(scalar @upgrade, '>', 3, "$database: columns that an upgrade may change");
	is(join('', map { ask($sessions[0], $_) } @upgrade), '', "$database: all get another type");
	is(ask($sessions[0], $open->(56)), '', "$database: the session that changed them makes tickets");
	is(ask($sessions[0], $say->(55, 'agent', 1)), '', "$database: and goes on writing");
	is(ask($sessions[0], "$answered WHERE id = '55'"), 't', "$database: and the trigger with it");
	$_->quit for @sessions;
	return;
}

# Returns statements that give each column of a table of the application a wider type.
sub upgrade
{
	my ($of) = @_;

	return split /\n/, $node->safe_psql($database, <<"SQL");
SELECT format('ALTER TABLE %s ALTER %I TYPE %s', attrelid::regclass, attname, CASE atttypid::regtype::text WHEN 'character varying' THEN 'text'
	WHEN 'timestamp without time zone' THEN format('timestamptz USING %I AT TIME ZONE ''UTC''', attname) ELSE 'bigint' END)
FROM pg_attribute WHERE attrelid = '$of'::regclass AND attnum > 0 AND NOT attisdropped AND attname NOT LIKE 'sla\\_%' AND attname NOT LIKE 'slt\\_%'
AND atttypid IN ('int2'::regtype, 'int4'::regtype, 'varchar'::regtype, 'timestamp'::regtype) ORDER BY attnum
SQL
}

# ---------- what the page says of all triggers ----------

my $page = slurp_file(source_file('doc/apps.md'));
my $sql = join "\n", $page =~ /^```sql\n(.*?)^```$/gms;
my @functions = $sql =~ /^(CREATE FUNCTION .*?\$\$.*?\$\$;)$/gms;
cmp_ok(scalar @functions, '==', scalar(() = $sql =~ /CREATE FUNCTION/g), 'all functions have string bodies');
is(join(' ', grep { !/SET search_path = pg_catalog, pg_temp AS/ } @functions), '', 'and a search_path that ends with pg_temp');
is(join(' ', map { /(CREATE FUNCTION \S+)/ } grep { /\b(NEW|OLD)\.\w+(?! :=)\b/ } map { s/NEW\.\w+ :=//gr } @functions), '', 'and read no column of NEW or OLD');
is(join(' ', map { /(?:FROM|JOIN|UPDATE) ([a-z]\w*)\b(?!\.)/g } map { s/\bDISTINCT FROM\b//gr } grep { !/to_jsonb/ } @functions) =~ s/\b(added|removed)\b ?//gr, '', 'and name tables with their schema');
unlike($sql, qr/UPDATE OF|\bWHEN \(|CREATE (?:OR REPLACE )?VIEW|BEGIN ATOMIC|^RETURN /m, 'nothing forbids ALTER COLUMN TYPE');

# ---------- Request Tracker ----------

application('RT', table => 'tickets', next_reply => 1);
facts_are('- - - S1', 'the severity of before is brought over', 1);
dba(recipe('Fill in the messages that RT remembers'));
facts_are('2026-02-02 08:30:00 2026-02-03 08:00:00 2026-02-03 09:00:00 S1', 'and what the messages of before say', 1);
history_is('Fill in the statuses that RT remembers', '02 08:00 new, 02 08:30 open, 02 12:00 stalled, 03 08:00 open, 03 10:00 resolved', '02 09:00 02 12:00',
	'2026-02-02 12:00 met | 2026-02-03 14:00 met | 2026-02-03 12:00 met');
my $rt_open = sub { "INSERT INTO tickets (id, type, status, sla, created, lastupdated) VALUES ($_[0], 'ticket', 'new', 'gold', '2026-04-27 07:00', '2026-04-27 07:00');
	INSERT INTO groups (id, name, domain, instance) VALUES ($_[0] + 1000, 'Requestor', 'RT::Ticket-Role', $_[0]);
	INSERT INTO cachedgroupmembers (groupid, memberid) VALUES ($_[0] + 1000, 20)" };
my $rt_say = sub { my ($ticket, $who, $minute, $type) = @_; "INSERT INTO transactions (objecttype, objectid, type, creator, created) VALUES ('RT::Ticket', $ticket, '" . ($type // 'Correspond')
	. "', " . ($who eq 'agent' ? 10 : 20) . ", timestamp '2026-04-27 07:00' + interval '$minute minutes')" };
app('SELECT setval(\'tickets_id_seq\', 2); ' . $rt_open->(2));
app($rt_say->(2, 'customer', 0, 'Create') . '; ' . $rt_say->(2, 'agent', 5, 'Comment'));
facts_are('- - - -', 'neither the opening nor a comment counts');
app($rt_say->(2, 'customer', 10));
app($rt_say->(2, 'customer', 20));
facts_are('- 2026-04-27 07:10:00 - -', 'the first message that waits');
app($rt_say->(2, 'agent', 30));
app($rt_say->(2, 'agent', 40));
facts_are('2026-04-27 07:30:00 2026-04-27 07:10:00 2026-04-27 07:30:00 -', 'the first answer to it');
app($rt_say->(2, 'customer', 50));
facts_are('2026-04-27 07:30:00 2026-04-27 07:50:00 2026-04-27 07:30:00 -', 'another message');
app(q{INSERT INTO objectcustomfieldvalues (customfield, objecttype, objectid, content) VALUES (1, 'RT::Ticket', 2, 'S2'), (2, 'RT::Ticket', 2, 'S1')});
stamps_are('2026-04-27 12:00 met | 2026-04-28 10:00 - | 2026-04-27 12:50 -', 'with a severity, and a message that waits');
app(q{UPDATE objectcustomfieldvalues SET disabled = 1 WHERE objectid = 2 AND content = 'S1'; INSERT INTO objectcustomfieldvalues (customfield, objecttype, objectid, content) VALUES (2, 'RT::Ticket', 2, 'S2')});
facts_are('2026-04-27 07:30:00 2026-04-27 07:50:00 2026-04-27 07:30:00 S2', 'another value, the old one disabled first');
app(q{INSERT INTO objectcustomfieldvalues (customfield, objecttype, objectid, content) VALUES (2, 'RT::Ticket', 2, 'S3'); UPDATE objectcustomfieldvalues SET disabled = 1 WHERE objectid = 2 AND content = 'S2'});
facts_are('2026-04-27 07:30:00 2026-04-27 07:50:00 2026-04-27 07:30:00 S3', 'and disabled last');
app(q{UPDATE objectcustomfieldvalues SET disabled = 1 WHERE objectid = 2});
facts_are('2026-04-27 07:30:00 2026-04-27 07:50:00 2026-04-27 07:30:00 -', 'no value');
app($rt_say->(2, 'agent', 60));
facts_are('2026-04-27 07:30:00 2026-04-27 07:50:00 2026-04-27 08:00:00 -', 'and its answer');
# the answer of 8:00 to the message of 7:50 is deleted, and both of before
my $runs = 'SELECT (SELECT string_agg(to_char(a AT TIME ZONE \'UTC\', \'HH24:MI\'), \' \' ORDER BY n) FROM unnest(slt_next_reply_runs[:][1:2]) WITH ORDINALITY u (a, n)) FROM tickets WHERE id = 2';
is(dba($runs), '07:10 07:30', 'rt: one run is over');
dba(q{DELETE FROM transactions WHERE objectid = 2 AND type = 'Correspond' AND created >= '2026-04-27 08:00'; } . recipe('Fill in the messages that RT remembers'));
facts_are('2026-04-27 07:30:00 2026-04-27 07:50:00 2026-04-27 07:30:00 -', 'a deleted answer is put right');
stamps_are('2026-04-28 10:00 met | 2026-04-30 10:00 - | 2026-04-28 10:50 -', 'and the message waits again');
dba(q{DELETE FROM transactions WHERE objectid = 2 AND type = 'Correspond' AND created < '2026-04-27 07:50' AND created > '2026-04-27 07:10'; } . recipe('Fill in the messages that RT remembers'));
facts_are('- 2026-04-27 07:10:00 - -', 'the other answers as well: the first message waits');
stamps_are('2026-04-28 10:00 - | 2026-04-30 10:00 - | 2026-04-28 10:10 -', 'as if nobody had answered');
is(dba($runs), '', 'rt: and no run is over');
# messages that were written while the triggers were disabled
dba('ALTER TABLE transactions DISABLE TRIGGER sla_message; ' . join('; ', $rt_say->(2, 'agent', 20), $rt_say->(2, 'customer', 30), $rt_say->(2, 'agent', 35), $rt_say->(2, 'customer', 40))
	. '; ALTER TABLE transactions ENABLE TRIGGER sla_message; ' . recipe('Fill in the messages that RT remembers'));
is(dba($runs), '07:10 07:20 07:30 07:35', 'rt: the runs that were missed');
stamps_are('2026-04-28 10:00 met | 2026-04-30 10:00 - | 2026-04-28 10:40 -', 'and the message that waits');
app(q{UPDATE tickets SET ismerged = 1 WHERE id = 2});
stamps_are('none - | none - | none -', 'merged it owes nothing');
attached_again('RT');
triggers_keep_their_word('transactions', $rt_open, $rt_say);
dba(recipe('Stamp the tickets that RT has'));
dba(recipe('Stamp again the tickets that RT has'));
removed('Remove it from RT');

# ---------- Redmine ----------

application('Redmine', table => 'issues', next_reply => 1);
facts_are('- - - Gold', 'the contract of before is brought over', 1);
history_is('Fill in what Redmine remembers', '02 08:00 1, 02 08:30 2, 02 12:00 4, 03 08:00 2, 03 10:00 5', '02 09:00 02 12:00',
	'2026-02-02 12:00 met | 2026-02-03 14:00 met | 2026-02-03 12:00 met');
# in Berlin it is an hour before Cairo
my $redmine_open = sub { "INSERT INTO issues (id, subject, status_id, priority_id, author_id, created_on, updated_on) VALUES ($_[0], 'x', 1, 4, 20, '2026-04-27 09:00', '2026-04-27 09:00')" };
my $redmine_say = sub { my ($ticket, $who, $minute, $private) = @_; "INSERT INTO journals (journalized_id, journalized_type, user_id, notes, created_on, private_notes)
	VALUES ($ticket, 'Issue', " . ($who eq 'agent' ? 10 : 20) . ", 'x', timestamp '2026-04-27 09:00' + interval '$minute minutes', " . ($private // 'false') . ')' };
app($redmine_open->(2) . q{; INSERT INTO custom_values (customized_type, customized_id, custom_field_id, value) VALUES ('Issue', 2, 1, ''), ('Issue', 2, 2, '')});
app(q{UPDATE custom_values SET value = 'Gold' WHERE customized_id = 2 AND custom_field_id = 2; UPDATE custom_values SET value = 'blue' WHERE customized_id = 2 AND custom_field_id = 1});
facts_are('- - - Gold', 'the contract that comes after the issue');
app($redmine_say->(2, 'agent', 10, 'true') . '; ' . $redmine_say->(2, 'customer', 20) . q{; INSERT INTO journals (journalized_id, journalized_type, user_id, notes, created_on) VALUES (2, 'Issue', 10, '', '2026-04-27 09:25')});
facts_are('- 2026-04-27 09:20:00 - Gold', 'the author writes; a private and an empty note do not answer');
stamps_are('2026-04-27 12:00 - | 2026-04-28 10:00 - | 2026-04-27 12:20 -', 'and waits for an answer');
app($redmine_say->(2, 'agent', 30));
facts_are('2026-04-27 09:30:00 2026-04-27 09:20:00 2026-04-27 09:30:00 Gold', 'an answer');
app(q{UPDATE issues SET status_id = 4, updated_on = '2026-04-27 10:00' WHERE id = 2});
app(q{INSERT INTO issues SELECT (jsonb_populate_record(i, '{"id": 3, "status_id": 1, "created_on": "2026-04-28 09:00", "updated_on": "2026-04-28 09:00"}')).* FROM issues i WHERE id = 2});
facts_are('- - - Gold', 'a copy with all columns has no messages of its own', 3);
stamps_are('2026-04-28 12:00 - | 2026-04-29 10:00 - | none -', 'and does not wait as what it was copied from', 3);
attached_again('Redmine');
triggers_keep_their_word('journals', $redmine_open, $redmine_say);
dba(recipe('Stamp the issues that Redmine has'));
removed('Remove it from Redmine');

# ---------- Zammad ----------

application('Zammad', table => 'tickets', next_reply => 1);
facts_are('gold', 'the contract of before is brought over', 1);
history_is('Fill in what Zammad remembers', '02 08:00 1, 03 07:30 4', undef, '2026-02-02 12:00 met | 2026-02-03 10:00 met | 2026-02-02 12:00 met');
# Priority, S1: a response in 2 working hours, a resolution in 8; 10:00 in Cairo is 7:00 UTC
app(q{INSERT INTO tickets (priority_id, state_id, organization_id, number, title, last_contact_customer_at, created_at, updated_at)
	VALUES (3, 1, 1, '27001', 'x', '2026-04-27 07:00', '2026-04-27 07:00', '2026-04-27 07:00')});
stamps_are('2026-04-27 12:00 - | 2026-04-28 10:00 - | 2026-04-27 12:00 -', 'opened');
app(q{UPDATE tickets SET first_response_at = '2026-04-27 08:00', last_contact_agent_at = '2026-04-27 08:00', state_id = 2, updated_at = '2026-04-27 08:00' WHERE id = 2});
app(q{UPDATE tickets SET state_id = 3, updated_at = '2026-04-27 09:00' WHERE id = 2});
stamps_are('2026-04-27 12:00 met | infinity - | 2026-04-27 12:00 met', 'answered, and pending');
app(q{UPDATE tickets SET last_contact_agent_at = '2026-04-27 10:00', updated_at = '2026-04-27 10:00' WHERE id = 2});
stamps_are('2026-04-27 12:00 met | infinity - | 2026-04-27 12:00 met', 'the first answer counts, not the last message of an agent');
is(dba(q{SELECT to_char(c.done AT TIME ZONE 'UTC', 'DD HH24:MI') FROM tickets t, slt_clocks(t) c WHERE t.id = 2 AND c.metric = 'next_reply'}), '27 08:00', 'zammad: which was then');
app(q{UPDATE tickets SET last_contact_customer_at = '2026-04-27 11:00', updated_at = '2026-04-27 11:00' WHERE id = 2});
stamps_are('2026-04-27 12:00 met | infinity - | 2026-04-27 16:00 -', 'another message of the customer');
app(q{UPDATE tickets SET state_id = 4, close_at = '2026-04-27 12:00', last_close_at = '2026-04-27 12:00', updated_at = '2026-04-27 12:00' WHERE id = 2});
stamps_are('2026-04-27 12:00 met | 2026-04-28 13:00 met | 2026-04-27 16:00 met', 'closed after three hours pending');
app(q{UPDATE tickets SET state_id = 2, updated_at = '2026-04-28 06:00' WHERE id = 2});
# 2 of 8 working hours were used before it was pending; from closing to reopening none, so 6 are left at 9:00
stamps_are('2026-04-27 12:00 met | 2026-04-28 15:00 - | 2026-04-28 11:00 -', 'opened again, and the message waits again');
app(q{UPDATE tickets SET organization_id = 2, priority_id = 1 WHERE id = 2});
facts_are('-', 'another organisation');
stamps_are('2026-04-29 10:00 met | 2026-05-04 15:00 - | 2026-04-29 17:00 -', 'and priority: of two days from an opening on the second ends with a closing');
app(q{UPDATE organizations SET support_contract = 'gold' WHERE id = 2; UPDATE organizations SET support_contract = NULL WHERE id = 1; UPDATE organizations SET updated_at = now()});
facts_are('gold', 'a new contract of its organisation');
facts_are('gold', 'and one that ends leaves what is closed as it was', 1);
app(q{UPDATE tickets SET state_id = 5, updated_at = '2026-04-28 07:00' WHERE id = 2});
stamps_are('none - | none - | none -', 'merged it owes nothing');
attached_again('Zammad');
my $zammad = $node->background_psql($database, on_error_stop => 0);
ask($zammad, q{SET timezone = 'UTC'; BEGIN; INSERT INTO tickets (priority_id, state_id, organization_id, number, title, created_at, updated_at) VALUES (3, 1, 1, '27003', 'x', '2026-04-27 07:00', '2026-04-27 07:00')});
my $deal = start_psql($node, $database, 'deal', q{UPDATE organizations SET support_contract = 'gold' WHERE id = 1});
is(waits_or_ended($node, $deal), 'waits', 'zammad: a new contract waits for a ticket that is being made');
ask($zammad, 'COMMIT');
$deal->{process}->finish;
is($deal->{messages}, '', 'zammad: and goes on');
facts_are('gold', 'and reaches it', 3);
is(ask($zammad, $_), '', "zammad: $_") for map { upgrade($_) } 'tickets', 'organizations';
is(ask($zammad, q{UPDATE tickets SET last_contact_customer_at = '2026-04-27 09:00', last_contact_agent_at = '2026-04-27 10:00' WHERE id = 3; UPDATE organizations SET support_contract = 'silver' WHERE id = 1}), '', 'zammad: an upgrade');
facts_are('silver', 'after it the triggers go on in the same session', 3);
$zammad->quit;

# ---------- Znuny ----------

application('Znuny', table => 'ticket', next_reply => 1);
history_is('Fill in what Znuny remembers', '02 08:00 1, 02 08:30 4, 02 12:00 6, 03 08:00 4, 03 10:00 2', '02 08:00 02 08:30',
	'2026-02-02 12:00 met | 2026-02-03 14:00 met | 2026-02-02 13:00 late');
my $znuny_open = sub { "INSERT INTO ticket (id, tn, sla_id, ticket_priority_id, ticket_state_id, until_time, create_time, change_time) VALUES ($_[0], '$_[0]', 2, 5, 1, 0, '2026-04-27 07:00', '2026-04-27 07:00')" };
my $znuny_say = sub { my ($ticket, $who, $minute, $visible) = @_; "INSERT INTO article (ticket_id, article_sender_type_id, is_visible_for_customer, create_time)
	VALUES ($ticket, " . ($who eq 'agent' ? 1 : $who eq 'customer' ? 3 : 2) . ', ' . ($visible // 1) . ", timestamp '2026-04-27 07:00' + interval '$minute minutes')" };
app($znuny_open->(2) . '; ' . $znuny_say->(2, 'customer', 0));
app($znuny_say->(2, 'agent', 30, 0) . '; ' . $znuny_say->(2, 'system', 31));
facts_are('- 2026-04-27 07:00:00 -', 'an internal note is no response');
stamps_are('2026-04-27 12:00 - | 2026-04-28 10:00 - | 2026-04-27 12:00 -', 'opened');
app($znuny_say->(2, 'agent', 60));
facts_are('2026-04-27 08:00:00 2026-04-27 07:00:00 2026-04-27 08:00:00', 'answered');
app(q{UPDATE ticket SET ticket_state_id = 6, until_time = 1777300000, change_time = '2026-04-27 09:00' WHERE id = 2});
stamps_are('2026-04-27 12:00 met | infinity - | 2026-04-27 12:00 met', 'pending');
app($znuny_say->(2, 'customer', 150));
app($znuny_say->(2, 'customer', 160));
stamps_are('2026-04-27 12:00 met | infinity - | 2026-04-27 14:30 -', 'the first message that waits');
app($znuny_say->(2, 'agent', 240));
app(q{UPDATE ticket SET ticket_state_id = 2, until_time = 0, change_time = '2026-04-27 12:00' WHERE id = 2});
stamps_are('2026-04-27 12:00 met | 2026-04-28 13:00 met | 2026-04-27 14:30 met', 'closed after three hours pending');
app(q{UPDATE ticket SET ticket_state_id = 4, change_time = '2026-04-28 06:00' WHERE id = 2});
stamps_are('2026-04-27 12:00 met | 2026-04-28 15:00 - | 2026-04-27 14:30 met', 'opened again');
app(q{UPDATE ticket SET ticket_state_id = 3, change_time = '2026-04-28 13:00' WHERE id = 2});
stamps_are('2026-04-27 12:00 met | 2026-04-28 15:00 late | 2026-04-27 14:30 met', 'and closed late');
app(q{UPDATE ticket SET ticket_state_id = 7, change_time = '2026-04-28 13:30' WHERE id = 2});
stamps_are('none - | none - | none -', 'merged it owes nothing');
attached_again('Znuny');
triggers_keep_their_word('article', $znuny_open, $znuny_say);

# ---------- Chatwoot ----------

application('Chatwoot', table => 'conversations', next_reply => 1);
history_is('Fill in what Chatwoot remembers', '02 08:00 0, 03 07:30 1', undef, '2026-02-02 12:00 met | 2026-02-03 10:00 met | none -');
# Standard, S3: 2 working days and 5
app(q{INSERT INTO conversations (waiting_since, created_at, updated_at) VALUES ('2026-04-20 08:00', '2026-04-20 08:00', '2026-04-20 08:00')});
stamps_are('2026-04-22 10:00 - | 2026-04-26 10:00 - | 2026-04-22 10:00 -', 'opened, with neither priority nor policy');
app(q{UPDATE conversations SET priority = 3, sla_policy_id = 1, updated_at = '2026-04-20 08:30' WHERE id = 2});
stamps_are('2026-04-20 12:00 - | 2026-04-21 10:00 - | 2026-04-20 12:00 -', 'urgent, with a policy');
app(q{UPDATE conversations SET first_reply_created_at = '2026-04-20 09:00', waiting_since = NULL, status = 3, updated_at = '2026-04-20 09:00' WHERE id = 2});
stamps_are('2026-04-20 12:00 met | infinity - | 2026-04-20 12:00 met', 'answered and snoozed');
app(q{UPDATE conversations SET waiting_since = '2026-04-20 10:00', status = 0, updated_at = '2026-04-20 10:00' WHERE id = 2});
stamps_are('2026-04-20 12:00 met | 2026-04-21 11:00 - | 2026-04-20 14:00 -', 'the customer writes again');
app(q{UPDATE conversations SET status = 1, updated_at = '2026-04-20 11:00' WHERE id = 2; UPDATE conversations SET waiting_since = NULL WHERE id = 2});
stamps_are('2026-04-20 12:00 met | 2026-04-21 11:00 met | 2026-04-20 14:00 met', 'resolved');
app(q{UPDATE conversations SET status = 0, waiting_since = '2026-04-20 13:00', updated_at = '2026-04-20 13:00' WHERE id = 2});
stamps_are('2026-04-20 12:00 met | 2026-04-21 13:00 - | 2026-04-20 17:00 -', 'opened again by a message');
attached_again('Chatwoot');

# ---------- Odoo ----------

application('Odoo', table => 'helpdesk_ticket');
facts_are('2026-02-02 08:30:00', 'the answer of before is brought over', 1);
history_is(undef, undef, undef, '2026-02-03 10:00 met | 2026-02-05 10:00 met');
# Standard, S2: 8 working hours and 3 working days
my $odoo_open = sub { "INSERT INTO helpdesk_ticket (id, stage_id, priority, create_date, last_stage_update) VALUES ($_[0], 1, '2', '2026-04-27 07:00', '2026-04-27 07:00')" };
my $odoo_say = sub { my ($ticket, $who, $minute, $internal) = @_; "INSERT INTO mail_message (model, res_id, author_id, message_type, is_internal, date)
	VALUES ('helpdesk.ticket', $ticket, " . ($who eq 'agent' ? 10 : 20) . ", 'comment', " . ($internal // 'NULL') . ", timestamp '2026-04-27 07:00' + interval '$minute minutes')" };
app($odoo_open->(2));
stamps_are('2026-04-28 10:00 - | 2026-04-30 10:00 -', 'opened');
app($odoo_say->(2, 'customer', 10) . '; ' . $odoo_say->(2, 'agent', 30, 'true') . q{; INSERT INTO mail_message (model, res_id, author_id, message_type, date) VALUES ('res.partner', 2, 10, 'comment', '2026-04-27 07:20')});
facts_are('-', 'neither the customer nor an internal note answers');
app($odoo_say->(2, 'agent', 60));
facts_are('2026-04-27 08:00:00', 'an agent does');
app(q{UPDATE helpdesk_ticket SET stage_id = 3, last_stage_update = '2026-04-27 09:00' WHERE id = 2});
stamps_are('2026-04-28 10:00 met | infinity -', 'awaiting something');
app(q{UPDATE helpdesk_ticket SET stage_id = 4, last_stage_update = '2026-04-27 11:00', closed_date = '2026-04-27 11:00' WHERE id = 2});
stamps_are('2026-04-28 10:00 met | 2026-04-30 12:00 met', 'done');
app(q{UPDATE helpdesk_ticket SET stage_id = 2, last_stage_update = '2026-04-27 12:00' WHERE id = 2});
stamps_are('2026-04-28 10:00 met | 2026-04-30 13:00 -', 'opened again');
attached_again('Odoo');
triggers_keep_their_word('mail_message', $odoo_open, $odoo_say);

# ---------- django-helpdesk ----------

application('django-helpdesk', table => 'helpdesk_ticket');
facts_are('2026-02-02 08:30:00+00', 'the answer of before is brought over', 1);
# Standard, S2: 8 working hours and 3 working days
history_is(undef, '02 12:00 4,false', undef, '2026-02-03 10:00 met | 2026-02-05 10:00 met');
# Standard, S1: 4 working hours and 2 working days
my $django_open = sub { "INSERT INTO helpdesk_ticket (id, title, created, modified, status, on_hold, priority, queue_id) VALUES ($_[0], 'x', '2026-04-27 07:00Z', '2026-04-27 07:00Z', 1, false, 1, 1);
	INSERT INTO helpdesk_followup (ticket_id, date, title, comment, public, user_id) VALUES ($_[0], '2026-04-27 07:00Z', 'Ticket Opened', 'x', true, 1)" };
my $django_say = sub { my ($ticket, $who, $minute, $public) = @_; "INSERT INTO helpdesk_followup (ticket_id, date, title, comment, public, user_id)
	VALUES ($ticket, timestamptz '2026-04-27 07:00Z' + interval '$minute minutes', 'Comment', 'x', " . ($public // 'true') . ', ' . ($who eq 'agent' ? 1 : 2) . ')' };
app($django_open->(2));
facts_are('-', 'opened by an agent, which is no answer');
app($django_say->(2, 'customer', 10) . '; ' . $django_say->(2, 'agent', 20, 'false'));
facts_are('-', 'nor are the customer and a private follow-up');
stamps_are('2026-04-27 14:00 - | 2026-04-29 10:00 -', 'opened');
app($django_say->(2, 'agent', 60));
app(q{UPDATE helpdesk_ticket SET on_hold = true, modified = '2026-04-27 09:00Z' WHERE id = 2});
facts_are('2026-04-27 08:00:00+00', 'answered');
stamps_are('2026-04-27 14:00 met | infinity -', 'on hold, and so not due');
app(q{UPDATE helpdesk_ticket SET on_hold = false, modified = '2026-04-27 11:00Z' WHERE id = 2});
stamps_are('2026-04-27 14:00 met | 2026-04-29 12:00 -', 'two hours later');
app(q{UPDATE helpdesk_ticket SET status = 3, modified = '2026-04-27 12:00Z' WHERE id = 2});
stamps_are('2026-04-27 14:00 met | 2026-04-29 12:00 met', 'resolved');
app(q{UPDATE helpdesk_ticket SET status = 2, modified = '2026-04-27 13:00Z' WHERE id = 2});
stamps_are('2026-04-27 14:00 met | 2026-04-29 13:00 -', 'opened again');
app(q{UPDATE helpdesk_ticket SET status = 5, modified = '2026-04-27 13:30Z' WHERE id = 2});
stamps_are('none - | none -', 'a duplicate owes nothing');
attached_again('django-helpdesk');
triggers_keep_their_word('helpdesk_followup', $django_open, $django_say);
app(q{UPDATE helpdesk_ticket SET on_hold = true, modified = '2026-04-27 09:00Z' WHERE id = 55});
stamps_are('2026-04-27 14:00 met | infinity -', 'after an upgrade both columns still are its status', 55);

# ---------- GitLab ----------

application('GitLab', table => 'issues');
facts_are('2026-02-02 08:30:00 severity::1 open', 'answer and labels of before are brought over', 1);
history_is(undef, undef, undef, '2026-02-02 14:00 met | 2026-02-04 10:00 -');
# Standard, S2: 8 working hours and 3 working days
my $gitlab_open = sub { "INSERT INTO issues (id, title, author_id, created_at, updated_at) VALUES ($_[0], 'x', 20, '2026-04-27 07:00', '2026-04-27 07:00')" };
my $gitlab_say = sub { my ($ticket, $who, $minute, $kind) = @_; "INSERT INTO notes (note, noteable_type, author_id, created_at, noteable_id" . ($kind ? ", $kind" : '') . ")
	VALUES ('x', 'Issue', " . ($who eq 'agent' ? 10 : 20) . ", timestamp '2026-04-27 07:00' + interval '$minute minutes', $ticket" . ($kind ? ', true' : '') . ')' };
app($gitlab_open->(2));
app(q{INSERT INTO label_links (label_id, target_id, target_type) VALUES (2, 2, 'Issue'), (3, 2, 'MergeRequest'), (4, 2, 'Issue')});
app($gitlab_say->(2, 'customer', 10) . '; ' . $gitlab_say->(2, 'agent', 20, 'system') . '; ' . $gitlab_say->(2, 'agent', 30, 'internal'));
facts_are('- severity::2 open', 'a label; neither the author, nor GitLab, nor an internal note answers');
app($gitlab_say->(2, 'agent', 60));
stamps_are('2026-04-28 10:00 met | 2026-04-30 10:00 -', 'answered');
app(q{INSERT INTO label_links (label_id, target_id, target_type) VALUES (1, 2, 'Issue'); DELETE FROM label_links WHERE target_id = 2 AND label_id = 2});
facts_are('2026-04-27 08:00:00 severity::1 open', 'another severity, the old one taken away last');
app(q{DELETE FROM label_links WHERE target_id = 2 AND label_id = 1; INSERT INTO label_links (label_id, target_id, target_type) VALUES (2, 2, 'Issue')});
facts_are('2026-04-27 08:00:00 severity::2 open', 'and first');
app(q{INSERT INTO label_links (label_id, target_id, target_type) VALUES (3, 2, 'Issue')});
facts_are('2026-04-27 08:00:00 severity::2 status::waiting', 'waiting');
is(dba(q{SELECT slt_status_became[cardinality(slt_status_became)] || ' ' || (slt_status_at[cardinality(slt_status_at)] > now() - interval '5 minutes') FROM issues WHERE id = 2}),
	'status::waiting true', 'gitlab: it waits from now on, not from when it was opened');
app(q{UPDATE label_links SET label_id = 4 WHERE target_id = 2 AND target_type = 'Issue' AND label_id = 3});
facts_are('2026-04-27 08:00:00 severity::2 open', 'a label that becomes another');
app(q{INSERT INTO label_links (label_id, target_id, target_type) VALUES (3, 2, 'Issue')});
app(q{DELETE FROM label_links WHERE target_id = 2 AND target_type = 'Issue'});
facts_are('2026-04-27 08:00:00 - open', 'all labels taken away at once');
app(q{INSERT INTO label_links (label_id, target_id, target_type) VALUES (2, 2, 'Issue'); UPDATE issues SET state_id = 2, closed_at = '2026-04-27 11:00Z' WHERE id = 2});
stamps_are('2026-04-28 10:00 met | 2026-04-30 10:00 met', 'closed');
my @labels = map { $node->background_psql($database, on_error_stop => 0) } 1 .. 2;
ask($_, 'BEGIN') for @labels;
ask($labels[0], q{INSERT INTO label_links (label_id, target_id, target_type) VALUES (3, 2, 'Issue')});
my $late = start_psql($node, $database, 'late', q{DELETE FROM label_links WHERE target_id = 2 AND label_id = 2});
is(waits_or_ended($node, $late), 'waits', 'gitlab: two labels of one issue at once');
ask($_, 'COMMIT') for @labels;
$late->{process}->finish;
$_->quit for @labels;
facts_are('2026-04-27 08:00:00 - status::waiting', 'and neither is lost');
attached_again('GitLab');
triggers_keep_their_word('notes', $gitlab_open, $gitlab_say);

# ---------- GLPI ----------

application('GLPI', table => 'glpi_tickets');
# at the instant of the deadline it is still in time
history_is('Fill in what GLPI remembers', '02 08:00 1, 03 08:00 6', undef, '2026-02-02 12:00 met | 2026-02-03 10:00 met');
app(q{INSERT INTO glpi_tickets (date, date_mod, urgency, impact, slas_id_ttr) VALUES ('2026-04-27 09:00', '2026-04-27 09:00', 5, 4, 1)});
stamps_are('2026-04-27 12:00 - | 2026-04-28 10:00 -', 'opened, in the clock of Paris');
app(q{UPDATE glpi_tickets SET takeintoaccountdate = '2026-04-27 10:00', status = 4, date_mod = '2026-04-27 11:00' WHERE id = 2});
stamps_are('2026-04-27 12:00 met | infinity -', 'pending');
app(q{UPDATE glpi_tickets SET status = 2, date_mod = '2026-04-27 14:00' WHERE id = 2});
stamps_are('2026-04-27 12:00 met | 2026-04-28 13:00 -', 'three hours later');
app(q{UPDATE glpi_tickets SET status = 5, solvedate = '2026-04-28 11:00', date_mod = '2026-04-28 11:00' WHERE id = 2});
stamps_are('2026-04-27 12:00 met | 2026-04-28 13:00 met', 'solved');
app(q{UPDATE glpi_tickets SET status = 2, date_mod = '2026-04-28 13:00' WHERE id = 2});
stamps_are('2026-04-27 12:00 met | 2026-04-28 15:00 -', 'opened again');
app(q{UPDATE glpi_tickets SET impact = 1, slas_id_ttr = 0 WHERE id = 2});
# Standard, S3: 2 working days and 5, with the five hours; the 1st of May is a holiday
stamps_are('2026-04-29 10:00 met | 2026-05-04 15:00 -', 'another impact, and no SLA');
app(q{UPDATE glpi_tickets SET is_deleted = 1 WHERE id = 2});
stamps_are('none - | none -', 'in the waste bin it owes nothing');
attached_again('GLPI');

# ---------- Trac ----------

application('Trac', table => 'ticket');
facts_are('1770021000000000', 'the answer of before is brought over', 1);
history_is('Fill in what Trac remembers', '02 08:00 new, 02 08:30 needinfo, 02 09:00 assigned, 03 08:00 closed', undef, '2026-02-02 14:00 met | 2026-02-04 10:30 met');
# 1777273200 is 2026-04-27 07:00 UTC; Standard, S2: 8 working hours and 3 working days
my $trac_open = sub { qq{INSERT INTO ticket (id, "time", changetime, priority, reporter, status) VALUES ($_[0], 1777273200000000, 1777273200000000, 'major', 'customer', 'new')} };
my $trac_say = sub { my ($ticket, $who, $minute, $text) = @_; "INSERT INTO ticket_change VALUES ($ticket, 1777273200000000 + $minute * 60000000::bigint, '$who', 'comment', '1', '" . ($text // 'x') . "')" };
my $trac_status = sub { my ($minute, $status) = @_; "UPDATE ticket SET changetime = 1777273200000000 + $minute * 60000000::bigint WHERE id = 2; UPDATE ticket SET status = '$status' WHERE id = 2" };
app($trac_open->(2));
app($trac_say->(2, 'customer', 10) . '; ' . $trac_say->(2, 'agent', 20, ''));
facts_are('-', 'neither the reporter nor an empty comment answers');
stamps_are('2026-04-28 10:00 - | 2026-04-30 10:00 -', 'opened, in microseconds');
app($trac_say->(2, 'agent', 60));
facts_are('1777276800000000', 'an answer, in microseconds');
app($trac_status->(120, 'needinfo'));
stamps_are('2026-04-28 10:00 met | infinity -', 'waiting');
app($trac_status->(240, 'assigned'));
stamps_are('2026-04-28 10:00 met | 2026-04-30 12:00 -', 'two hours later');
app($trac_status->(300, 'closed'));
stamps_are('2026-04-28 10:00 met | 2026-04-30 12:00 met', 'closed');
app($trac_status->(360, 'reopened'));
stamps_are('2026-04-28 10:00 met | 2026-04-30 13:00 -', 'opened again');
# all columns of Trac are as wide as can be but for two numbers of tickets
$node->safe_psql($database, 'ALTER TABLE ticket ADD COLUMN a int, ADD COLUMN b int, ADD COLUMN c int');
attached_again('Trac');
triggers_keep_their_word('ticket_change', $trac_open, $trac_say);

# ---------- MantisBT ----------

application('MantisBT', table => 'mantis_bug_table');
facts_are('1770021000', 'the answer of before is brought over', 1);
history_is('Fill in what MantisBT remembers', '02 08:00 10, 02 08:30 20, 02 09:00 50, 03 08:00 80, 06 08:00 90', undef, '2026-02-02 14:00 met | 2026-02-04 10:30 met');
my $mantis_open = sub { "INSERT INTO mantis_bug_table (id, reporter_id, severity, date_submitted, last_updated) VALUES ($_[0], 20, 60, 1777273200, 1777273200)" };
my $mantis_say = sub { my ($ticket, $who, $minute, $view) = @_; "INSERT INTO mantis_bugnote_table (bug_id, reporter_id, view_state, date_submitted)
	VALUES ($ticket, " . ($who eq 'agent' ? 10 : 20) . ', ' . ($view // 10) . ", 1777273200 + $minute * 60)" };
my $mantis_status = sub { my ($minute, $status) = @_; "UPDATE mantis_bug_table SET status = $status, last_updated = 1777273200 + $minute * 60 WHERE id = 2" };
app($mantis_open->(2));
app($mantis_say->(2, 'customer', 10) . '; ' . $mantis_say->(2, 'agent', 20, 50));
facts_are('-', 'neither the reporter nor a private note answers');
stamps_are('2026-04-28 10:00 - | 2026-04-30 10:00 -', 'opened');
app($mantis_say->(2, 'agent', 60));
facts_are('1777276800', 'an answer');
app($mantis_status->(120, 20));
stamps_are('2026-04-28 10:00 met | infinity -', 'feedback');
app($mantis_status->(240, 50));
stamps_are('2026-04-28 10:00 met | 2026-04-30 12:00 -', 'two hours later');
app($mantis_status->(300, 80));
app($mantis_status->(6000, 90));
stamps_are('2026-04-28 10:00 met | 2026-04-30 12:00 met', 'resolved, and closed four days later');
attached_again('MantisBT');
triggers_keep_their_word('mantis_bugnote_table', $mantis_open, $mantis_say);

# ---------- Peppermint ----------

application('Peppermint', table => '"Ticket"');
facts_are('2026-02-02 08:30:00', 'the answer of before is brought over', 1);
history_is(undef, undef, undef, '2026-02-02 12:00 met | 2026-02-03 10:00 -');
my $peppermint_open = sub { qq{INSERT INTO "Ticket" (id, "createdAt", "updatedAt", title, "isComplete", priority, "clientId") VALUES ('$_[0]', '2026-04-27 07:00', '2026-04-27 07:00', 'x', false, 'high', 'c1')} };
my $peppermint_say = sub { my ($ticket, $who, $minute, $public) = @_; qq{INSERT INTO "Comment" ("createdAt", text, public, "userId", "ticketId")
	VALUES (timestamp '2026-04-27 07:00' + interval '$minute minutes', 'x', } . ($public // 'true') . qq{, '$who', '$ticket')} };
app($peppermint_open->(2));
app($peppermint_say->(2, 'customer', 10) . '; ' . $peppermint_say->(2, 'agent', 20, 'false'));
facts_are('-', 'neither the customer nor a private comment answers');
stamps_are('2026-04-27 12:00 - | 2026-04-28 10:00 -', 'opened');
app($peppermint_say->(2, 'agent', 60));
app(q{UPDATE "Ticket" SET status = 'hold' WHERE id = '2'});
facts_are('2026-04-27 08:00:00', 'answered');
is(dba(q{SELECT slt_status_became[cardinality(slt_status_became)] || ' ' || (slt_status_at[cardinality(slt_status_at)] > now() - interval '5 minutes') FROM "Ticket" WHERE id = '2'}),
	'false,hold true', 'peppermint: on hold from now on');
app(q{UPDATE "Ticket" SET "isComplete" = true WHERE id = '2'});
stamps_are('2026-04-27 12:00 met | 2026-04-28 10:00 late', 'complete, whatever its status: now, which is late');
app(q{UPDATE "Ticket" SET hidden = true WHERE id = '2'});
stamps_are('none - | none -', 'hidden it owes nothing');
$node->safe_psql($database, 'ALTER TABLE "Ticket" ADD COLUMN a int, ADD COLUMN b int');
attached_again('Peppermint');
triggers_keep_their_word('"Comment"', $peppermint_open, $peppermint_say);

is(join(', ', recipes_left()), '', 'every recipe of the page was run');
done_testing();
