# Request Tracker 5 with slt attached to its tickets: they are stamped as they should be, and RT notices nothing.  Two
# databases that RT made get the same history, to the second, by RT's own API; one of them has slt, by the recipes of
# doc/apps.md, attached while RT is running.
use strict;
use warnings;
use lib "$ENV{SLT_SOURCE}/test/apps/lib";
use AppTest;
use RequestTracker;
use SltTest;
use Test::More;

plan skip_all => 'Request Tracker cannot be had here' unless $ENV{SLT_RT};

# settings that would show if slt depended on them; RT's role cannot even see the schema of slt
my $node = new_server('rt', bare => 1, conf => "timezone = 'America/Lima'\ndatestyle = 'German'\nintervalstyle = 'iso_8601'\n");
my $folder = "$ENV{SLT_WORK}/tmp";
my $find_slt = 'SET search_path = public, slt;';
my (@rts, @metrics);

# ---------- helpers ----------

# Makes alike what RT makes different in each process.
sub alike
{
	my ($text) = @_;

	return $text =~ s/rt-5[\w.+~-]+\@example\.com/message/gr =~ s/\[\d+\] \[[^]]*\]//gr =~ s/-+=_[\d-]+/boundary/gr;
}

# Has all RTs do something at a time of Cairo, tests that they answer alike, and returns the answer.
sub both
{
	my ($at, $do, %args) = @_;
	my @answers = map { $_->ask(at($at), $do, %args) } @rts;

	is(alike(explain($answers[1])), alike(explain($answers[0])), "$at: $do: RT answers as without slt");
	return $answers[0];
}

# Has both do something that shall work.
sub done
{
	my ($at, $do, %args) = @_;
	my $answer = both($at, $do, %args);

	ok($answer->[0], "$at: $do: it works") or diag(explain($answer));
	return $answer;
}

# Makes a ticket; returns its number.
sub create
{
	my ($at, %values) = @_;
	my $fields = delete $values{fields} // {};

	return done($at, 'create', values => \%values, fields => $fields)->[0];
}

# Tests the stamps of a ticket: response due and met, resolution due and met, and so on, in the wall clock of Cairo.
sub stamps_are
{
	my ($ticket, $expected, $name) = @_;

	is(stamps($node, 'rt_with', 'tickets', "id = $ticket", @metrics), $expected, "ticket $ticket: $name");
	return;
}

# Tests the columns that the triggers write: first message of an agent, of the customer that waits, of the agent that answers.
sub facts_are
{
	my ($ticket, $expected, $name) = @_;
	my $columns = join q{ || ' ' || }, map { "coalesce(to_char(sla_$_ AT TIME ZONE 'UTC' AT TIME ZONE 'Africa/Cairo', 'DD HH24:MI'), '-')" } qw(responded asked answered);

	return is($node->safe_psql('rt_with', "SELECT $columns || ' ' || coalesce(sla_severity, '-') FROM tickets WHERE id = $ticket"), $expected, "ticket $ticket: $name");
}

# Tests what is remembered of the status of a ticket, in the wall clock of Cairo.
sub statuses_are
{
	my ($ticket, $expected, $name) = @_;

	is($node->safe_psql('rt_with', <<"SQL"), $expected, "ticket $ticket: $name");
SELECT string_agg(to_char(at AT TIME ZONE 'Africa/Cairo', 'DD HH24:MI') || ' ' || became, ', ' ORDER BY n)
FROM tickets, unnest(slt_status_at, slt_status_became) WITH ORDINALITY AS h (at, became, n) WHERE id = $ticket
SQL
	return;
}

# Tests what a query of slt prints in the database that has it.
sub slt_is
{
	my ($query, $expected, $name) = @_;

	is(slt($query), $expected, $name);
	return;
}

# Returns what a query of slt prints in the database that has it, in the wall clock of Cairo.
sub slt
{
	my ($query) = @_;

	return $node->safe_psql('rt_with', "SET timezone = 'Africa/Cairo'; SET datestyle = 'ISO'; $find_slt $query");
}

# ---------- two databases of RT's making ----------

my $without = RequestTracker->new($node, 'rt_without', "$folder/rt_without");
my ($worked, $output) = $without->create_database;
ok($worked, 'RT makes its database') or BAIL_OUT($output);
my $setup = $without->start;
$setup->ask(at('2026-04-01 09:00'), 'setup');
is($setup->stop, '', 'and a queue, an agent and a custom field');
$node->safe_psql('postgres', 'CREATE DATABASE rt_with TEMPLATE rt_without');
@rts = ($without->start, RequestTracker->new($node, 'rt_with', "$folder/rt_with")->start);

# ---------- tickets of before, then slt arrives ----------

# Priority, S1: a response in 2 working hours, a resolution in 8; Sunday to Friday, 9 to 17
my $old = create('2026-04-20 10:00', Subject => 'before slt', Priority => 90, SLA => 'gold');
done('2026-04-20 13:00', 'reply', ticket => $old, as => 'agent');
done('2026-04-20 16:00', 'status', ticket => $old, to => 'resolved');
my $open = create('2026-04-20 11:00', Subject => 'open before slt', Priority => 90, SLA => 'gold');
both('2026-04-20 11:01', 'show', ticket => $open);

my @columns = columns($node, 'rt_with', 'tickets');
$node->safe_psql('rt_with', 'CREATE SCHEMA slt; CREATE EXTENSION slt SCHEMA slt');
my $advice = slt(recipe('Attach it to RT'));
is_deeply([ (columns($node, 'rt_with', 'tickets'))[ 0 .. $#columns ] ], \@columns, 'slt adds columns after those of RT');
is($node->safe_psql('rt_with', q{SELECT tableowner <> 'rt_user' FROM pg_tables WHERE tablename = 'tickets'}), 't', 'RT does not own its tables');
stamps_are($open, 'none - | none -', 'a ticket of before has no deadlines');
my ($index) = $advice =~ /(CREATE INDEX CONCURRENTLY [^;\n]*;?)/;
ok($index, 'slt_attach() says how to make the index') or diag($advice);
slt($index) if $index;
slt(recipe('Stamp the tickets that RT has'));
stamps_are($old, '2026-04-20 12:00 late | 2026-04-21 10:00 met', 'the backfill stamps what was done');
stamps_are($open, '2026-04-20 13:00 - | 2026-04-21 11:00 -', 'and what is open');
is_deeply(contents($node, 'rt_with', \&alike), contents($node, 'rt_without', \&alike), 'neither changes anything of RT');

# ---------- one ticket's life ----------

my $one = create('2026-04-27 10:00', Subject => 'one', Priority => 90, SLA => 'gold');
stamps_are($one, '2026-04-27 12:00 - | 2026-04-28 10:00 -', 'with a level of service it has deadlines');
done('2026-04-27 11:00', 'reply', ticket => $one, as => 'agent');
stamps_are($one, '2026-04-27 12:00 met | 2026-04-28 10:00 -', 'answered in time');
done('2026-04-27 12:00', 'status', ticket => $one, to => 'stalled');
stamps_are($one, '2026-04-27 12:00 met | infinity -', 'stalled it does not fall due');
done('2026-04-27 13:00', 'mail', from => 'customer@example.com', ticket => $one, text => 'that is how it is');
done('2026-04-27 13:30', 'comment', ticket => $one, as => 'agent');
stamps_are($one, '2026-04-27 12:00 met | infinity -', 'messages leave it stalled');
done('2026-04-27 15:00', 'status', ticket => $one, to => 'open');
stamps_are($one, '2026-04-27 12:00 met | 2026-04-28 13:00 -', 'a pause of three hours moves the deadline by three hours');
# Priority, S3: a response in 1 working day, a resolution in 3, which move by the working time paused
done('2026-04-27 16:00', 'set', ticket => $one, field => 'Priority', to => 40);
stamps_are($one, '2026-04-28 10:00 met | 2026-04-30 13:00 -', 'another priority counts from opening, with the pause');
done('2026-04-27 16:30', 'set', ticket => $one, field => 'Priority', to => 90);
stamps_are($one, '2026-04-27 12:00 met | 2026-04-28 13:00 -', 'and back');
done('2026-04-28 12:00', 'status', ticket => $one, to => 'resolved');
stamps_are($one, '2026-04-27 12:00 met | 2026-04-28 13:00 met', 'resolved in time');
done('2026-04-28 14:00', 'mail', from => 'customer@example.com', ticket => $one, text => 'it is back');
stamps_are($one, '2026-04-27 12:00 met | 2026-04-28 15:00 -', 'reopened by a mail: an hour was left, and the two hours in between do not count');
done('2026-04-28 16:00', 'status', ticket => $one, to => 'resolved');
stamps_are($one, '2026-04-27 12:00 met | 2026-04-28 15:00 late', 'the second time it is late');
statuses_are($one, '27 10:00 new, 27 11:00 open, 27 12:00 stalled, 27 15:00 open, 28 12:00 resolved, 28 14:00 open, 28 16:00 resolved', 'its statuses can be read');
both('2026-04-28 16:01', 'show', ticket => $one);

# ---------- other ways to begin and to end ----------

# Standard, S2: 8 working hours and 3 working days; on the 24th clocks go forward, the 25th is a weekend and a holiday
my $two = create('2026-04-23 16:00', Subject => 'two', Priority => 60);
stamps_are($two, '2026-04-24 16:00 - | 2026-04-27 16:00 -', 'with the default level, past a clock change and a weekend');
done('2026-04-26 10:00', 'status', ticket => $two, to => 'open');
stamps_are($two, '2026-04-24 16:00 late | 2026-04-27 16:00 -', 'a late response');
done('2026-04-26 11:00', 'status', ticket => $two, to => 'rejected');
stamps_are($two, 'none - | none -', 'rejected it is owed nothing');
done('2026-04-26 11:30', 'status', ticket => $two, to => 'open');
stamps_are($two, '2026-04-24 16:00 late | 2026-04-27 16:00 -', 'unless that is taken back');

# Standard, S3: 2 working days and 5
my $three = create('2026-04-20 10:00', Subject => 'three', Status => 'open');
stamps_are($three, '2026-04-22 10:00 met | 2026-04-26 10:00 -', 'made open, which RT takes for started');
done('2026-04-20 11:00', 'status', ticket => $three, to => 'stalled');
done('2026-04-20 13:00', 'status', ticket => $three, to => 'resolved');
stamps_are($three, '2026-04-22 10:00 met | 2026-04-26 12:00 met', 'resolved while stalled');
statuses_are($three, '20 10:00 open, 20 11:00 stalled, 20 13:00 resolved', 'it was paused until then');
my $noted = create('2026-04-20 10:00', Subject => 'noted', Status => 'resolved');
stamps_are($noted, '2026-04-22 10:00 met | 2026-04-26 10:00 met', 'made resolved');

# Priority and then Standard, S1: 2 and 8 working hours, then 4 working hours and 2 working days
my $four = create('2026-04-26 09:30', Subject => 'four', Priority => 80, SLA => 'gold');
stamps_are($four, '2026-04-26 11:30 - | 2026-04-27 09:30 -', 'a priority of 80');
done('2026-04-26 09:40', 'set', ticket => $four, field => 'SLA', to => 'standard');
stamps_are($four, '2026-04-26 13:30 - | 2026-04-28 09:30 -', 'another level of service is another contract');
done('2026-04-26 10:01:00', 'status', ticket => $four, to => 'stalled');
done('2026-04-26 10:01:10', 'status', ticket => $four, to => 'open');
done('2026-04-26 10:01:20', 'status', ticket => $four, to => 'stalled');
done('2026-04-26 10:01:50', 'status', ticket => $four, to => 'open');
stamps_are($four, '2026-04-26 13:30 met | 2026-04-28 09:30:40 -', 'two pauses within a minute, of 40 seconds');

# by mail, with neither priority nor level: Standard, S3
my $five = done('2026-04-26 10:00', 'mail', from => 'other@example.com', subject => 'five', text => 'help')->[2];
stamps_are($five, '2026-04-28 10:00 - | 2026-05-03 10:00 -', 'a ticket from the mail gateway; the 1st of May is a holiday');

# ---------- many at once ----------

my @many = map { create('2026-04-27 09:30', Subject => "bulk $_") } 1 .. 4;
done('2026-04-27 10:00', 'bulk', search => "Subject LIKE 'bulk'", set => { Priority => 95, SLA => 'gold' });
stamps_are($_, '2026-04-27 11:30 - | 2026-04-28 09:30 -', 'changed with others') for @many;
done('2026-04-27 11:00', 'bulk', search => "Subject LIKE 'bulk'", set => { Status => 'stalled' }, atomic => 1);
stamps_are($_, '2026-04-27 11:30 met | infinity -', 'stalled with others in one transaction') for @many;
done('2026-04-27 16:00', 'bulk', search => "Subject LIKE 'bulk'", set => { Status => 'open' }, atomic => 1, as => 'agent');
stamps_are($_, '2026-04-27 11:30 met | 2026-04-28 14:30 -', 'opened with others') for @many;
both('2026-04-27 16:00', 'search', search => "Status = 'open' AND Priority > 50 AND Due > 'today'");

# ---------- rows that are no requests ----------

my $six = create('2026-04-27 09:30', Subject => 'six', Priority => 95);
done('2026-04-27 10:00', 'merge', ticket => $six, into => $four);
stamps_are($six, 'none - | none -', 'merged into another it owes nothing');
done('2026-04-27 10:05', 'remind', ticket => $four);
slt_is(q{SELECT count(*) FROM tickets WHERE type = 'reminder' AND num_nonnulls(slt_response_due, slt_resolution_due) = 0}, '1', 'a reminder owes nothing');
both('2026-04-27 10:06', 'show', ticket => $four);

# ---------- what a DBA sees ----------

slt_is('SELECT ticket_table, problem FROM slt_attached()', 'tickets|', 'the attachment has no problem');
slt_is(qq{SELECT c.metric, c.due, c.state FROM tickets t, slt_clocks(t) c WHERE t.id = $one ORDER BY c.metric DESC},
	"response|2026-04-27 12:00:00+03|met\nresolution|2026-04-28 15:00:00+03|met late", 'a ticket and its clocks');
slt_is(qq{SELECT e."to", e.worked FROM tickets t, slt_explain(t, 'resolution') e WHERE t.id = $one AND e.what = 'working'},
	"2026-04-27 12:00:00+03|2 working hours\n2026-04-27 17:00:00+03|2 working hours\n2026-04-28 12:00:00+03|3 working hours\n2026-04-28 15:00:00+03|1 working hour",
	'why it fell due then');

# ---------- severity from a custom field, responses of agents only, next reply ----------

slt(recipe('Columns and triggers for RT'));
slt(recipe('Next reply'));
slt(recipe('Attach it to RT with next reply'));
slt(recipe('Fill in the messages that RT remembers'));
slt(recipe('Stamp again the tickets that RT has'));
@metrics = qw(response resolution next_reply);
# Priority, S3: a response in 1 working day, a resolution in 3
stamps_are($old, '2026-04-21 10:00 met | 2026-04-23 10:00 met | none -', 'without a value it is S3; its messages of before count');
stamps_are($open, '2026-04-21 11:00 - | 2026-04-23 11:00 - | none -', 'nobody wrote to the customer');
my $seven = create('2026-04-27 10:00', Subject => 'seven', SLA => 'gold', fields => { Severity => 'S1' });
facts_are($seven, '- - - S1', 'a value that comes with the ticket, but after its row');
stamps_are($seven, '2026-04-27 12:00 - | 2026-04-28 10:00 - | none -', 'counts');
done('2026-04-27 10:05', 'field', ticket => $seven, field => 'Severity', to => 'S3');
done('2026-04-27 10:10', 'mail', from => 'customer@example.com', ticket => $seven, text => 'more');
done('2026-04-27 10:15', 'comment', ticket => $seven, as => 'agent');
facts_are($seven, '- 27 10:10 - S3', 'another value; neither the customer nor a comment answers');
stamps_are($seven, '2026-04-28 10:00 - | 2026-04-30 10:00 - | 2026-04-28 10:10 -', 'a message of the customer waits');
done('2026-04-27 10:20', 'reply', ticket => $seven, as => 'agent');
facts_are($seven, '27 10:20 27 10:10 27 10:20 S3', 'an agent answers');
stamps_are($seven, '2026-04-28 10:00 met | 2026-04-30 10:00 - | 2026-04-28 10:10 met', 'in time');
done('2026-04-27 10:30', 'mail', from => 'customer@example.com', ticket => $seven, text => 'and more');
done('2026-04-27 10:40', 'mail', from => 'customer@example.com', ticket => $seven, text => 'and still more');
facts_are($seven, '27 10:20 27 10:30 27 10:20 S3', 'the first message that waits');
stamps_are($seven, '2026-04-28 10:00 met | 2026-04-30 10:00 - | 2026-04-28 10:30 -', 'is owed an answer of its own');
done('2026-04-27 11:00', 'status', ticket => $seven, to => 'stalled');
done('2026-04-27 12:00', 'field', ticket => $seven, field => 'Severity', to => 'S2');
stamps_are($seven, '2026-04-27 14:00 met | infinity - | 2026-04-27 14:30 -', 'S2, 4 working hours, while it is stalled');
done('2026-04-27 13:00', 'status', ticket => $seven, to => 'open');
stamps_are($seven, '2026-04-27 14:00 met | 2026-04-29 12:00 - | 2026-04-27 14:30 -', 'and opened: 2 working days and two hours');
done('2026-04-27 13:05', 'clear_field', ticket => $seven, field => 'Severity', value => 'S2');
facts_are($seven, '27 10:20 27 10:30 27 10:20 -', 'no value');
stamps_are($seven, '2026-04-28 10:00 met | 2026-04-30 12:00 - | 2026-04-28 10:30 -', 'which is S3');
done('2026-04-27 13:30', 'reply', ticket => $seven, as => 'agent');
done('2026-04-27 13:40', 'reply', ticket => $seven, as => 'agent');
facts_are($seven, '27 10:20 27 10:30 27 13:30 -', 'the first answer to it');
stamps_are($seven, '2026-04-28 10:00 met | 2026-04-30 12:00 - | 2026-04-28 10:30 met', 'the second message is answered');
done('2026-04-27 14:00', 'set', ticket => $seven, field => 'Priority', to => 90);
stamps_are($seven, '2026-04-28 10:00 met | 2026-04-30 12:00 - | 2026-04-28 10:30 met', 'its priority says nothing now');
both('2026-04-27 14:01', 'show', ticket => $seven);

# ---------- what RT remembers is what was lived ----------

# merging a ticket writes no transaction of its status; tickets of before slt have no history that was lived
my $lived = "SELECT id, slt_status_at, slt_status_became, slt_next_reply_runs[:][1:2] FROM tickets WHERE slt_status_at IS NOT NULL AND ismerged IS NULL AND id NOT IN ($old, $open) ORDER BY id";
my $stamps = 'SELECT id, slt_response_due, slt_response_met, slt_resolution_due, slt_resolution_met, slt_next_reply_due, slt_next_reply_met FROM tickets ORDER BY id';
my ($history, $before, $ids) = map { slt($_) } $lived, $stamps, "SELECT string_agg(id::text, ',') FROM ($lived) x";

slt(recipe('Fill in the statuses that RT remembers'));
slt(recipe('Fill in the messages that RT remembers'));
is(slt($lived =~ s/slt_status_at IS NOT NULL/id IN ($ids)/r), $history, 'status and runs filled in are those that were lived');
is(slt($stamps), $before, 'and nothing falls due at another time');
statuses_are($old, '20 10:00 new, 20 13:00 open, 20 16:00 resolved', 'a ticket of before gets its history');

# ---------- an upgrade of RT widens columns while it runs ----------

$node->safe_psql($_, 'ALTER TABLE tickets ALTER priority TYPE bigint, ALTER status TYPE text, ALTER created TYPE timestamp(3);
	ALTER TABLE transactions ALTER objectid TYPE bigint, ALTER type TYPE text, ALTER created TYPE timestamp(3)') for qw(rt_with rt_without);
done('2026-04-27 14:10', 'mail', from => 'customer@example.com', ticket => $seven, text => 'after the upgrade');
facts_are($seven, '27 10:20 27 14:10 27 13:30 -', 'the triggers go on in sessions that are open');
done('2026-04-27 14:20', 'reply', ticket => $seven, as => 'agent');
facts_are($seven, '27 10:20 27 14:10 27 14:20 -', 'in all of them');
stamps_are($seven, '2026-04-28 10:00 met | 2026-04-30 12:00 - | 2026-04-28 14:10 met', 'and so do the stamps');

# ---------- a backup, restored ----------

my $dump = "$folder/rt.sql";
my $stamped = "$find_slt SELECT id, (SELECT string_agg(key || ' ' || value, ' ' ORDER BY key) FROM jsonb_each_text(to_jsonb(t)) WHERE key LIKE 'sl%\\_%') FROM tickets t ORDER BY id";
$node->safe_psql('postgres', 'CREATE DATABASE rt_restored');
$node->command_ok([ 'pg_dump', '-f', $dump, $node->connstr('rt_with') ], 'the database is dumped');
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', $dump, $node->connstr('rt_restored') ], 'and restored');
is($node->safe_psql('rt_restored', $stamped), $node->safe_psql('rt_with', $stamped), 'stamps and facts are the same');
my $restored = RequestTracker->new($node, 'rt_restored', "$folder/rt_restored")->start;
$restored->ask(at('2026-04-27 15:00'), 'field', ticket => $seven, field => 'Severity', to => 'S1');
$restored->ask(at('2026-04-27 15:00'), 'mail', from => 'customer@example.com', ticket => $seven, text => 'restored');
$restored->ask(at('2026-04-27 15:00'), 'status', ticket => $seven, to => 'resolved');
is($node->safe_psql('rt_restored', "SELECT sla_severity || to_char(sla_asked, ' HH24:MI') FROM tickets WHERE id = $seven"), 'S1 12:00', 'the triggers are there again');
# Priority, S1: 8 working hours from 10:00, and two hours of a pause; the message is answered by the resolution
is(stamps($node, 'rt_restored', 'tickets', "id = $seven", @metrics), '2026-04-27 12:00 met | 2026-04-28 12:00 met | 2026-04-27 17:00 met', 'and RT goes on with stamped tickets');
is($restored->stop, '', 'and logs nothing');

# ---------- RT is as it was ----------

is_deeply(contents($node, 'rt_with', \&alike), contents($node, 'rt_without', \&alike), 'all rows of all tables of RT are the same');
slt(recipe('Remove it from RT'));
is_deeply([ columns($node, 'rt_with', 'tickets') ], [ columns($node, 'rt_without', 'tickets') ], 'without slt the table of tickets is as it was');
is(slt(q{SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal}), slt(q{SELECT count(*) FROM pg_trigger WHERE tgrelid::regclass::text LIKE 'slt_%' AND NOT tgisinternal}), 'and no trigger is left on it');
my $last = create('2026-04-28 09:00', Subject => 'after slt');
done('2026-04-28 10:00', 'status', ticket => $last, to => 'resolved');
is_deeply(contents($node, 'rt_with', \&alike), contents($node, 'rt_without', \&alike), 'RT goes on');
my @logs = map { alike($_->stop) } @rts;
is($logs[1], $logs[0], 'RT logs the same');
is($logs[0], '', 'which is nothing');

done_testing();
