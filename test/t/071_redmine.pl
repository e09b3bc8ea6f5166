# Redmine 5 with slt attached to its issues: severity by a row of another table, the contract in a custom value and the
# messages in journals, both written after the issue, times in the clock of the application's server.  Two databases get
# the same history by Redmine's own models; one of them has slt, by the recipes of doc/apps.md, attached while Redmine runs.
use strict;
use warnings;
use lib "$ENV{SLT_SOURCE}/test/apps/lib";
use AppTest;
use Redmine;
use SltTest;
use Test::More;

plan skip_all => 'Redmine cannot be had here' unless $ENV{SLT_REDMINE};

my $node = new_server('redmine', bare => 1, conf => "timezone = 'America/Lima'\ndatestyle = 'German'\n");
my $find_slt = 'SET search_path = public, slt;';
my @databases = qw(redmine_without redmine_with);
my @metrics = qw(response resolution next_reply);
my ($redmine, @drivers);

# ---------- helpers ----------

# Has both Redmines do something at a time of Cairo, tests that they answer alike, and returns the answer.
sub both
{
	my ($at, $do, %args) = @_;
	my @answers = map { $_->ask(at($at), $do, %args) } @drivers;

	is_deeply($answers[1], $answers[0], "$at: $do: Redmine answers as without slt");
	return $answers[0];
}

# Returns what a query of slt prints in the database that has it.
sub slt
{
	my ($query) = @_;

	return $node->safe_psql('redmine_with', "$find_slt $query");
}

# Tests the stamps of an issue: response, resolution, next reply, each due and met, in the wall clock of Cairo.
sub stamps_are
{
	my ($issue, $expected, $name) = @_;

	is(stamps($node, 'redmine_with', 'issues', "id = $issue", @metrics), $expected, "issue $issue: $name");
	return;
}

# Tests the columns that the triggers write, in the wall clock of Cairo.
sub facts_are
{
	my ($issue, $expected, $name) = @_;
	my $columns = join q{ || ' ' || }, map { "coalesce(to_char(sla_$_ AT TIME ZONE 'Europe/Berlin' AT TIME ZONE 'Africa/Cairo', 'DD HH24:MI'), '-')" } qw(responded asked answered);

	return is($node->safe_psql('redmine_with', "SELECT $columns || ' ' || coalesce(sla_contract, '-') FROM issues WHERE id = $issue"), $expected, "issue $issue: $name");
}

# Starts both Redmines again; what they logged must be the same.
sub restart
{
	my @logs = map { $_->stop } @drivers;

	is($logs[1], $logs[0], 'Redmine logs the same');
	@drivers = map { $redmine->start($_) } @databases;
	return;
}

# Tests that both databases have the same in all of Redmine's tables.
sub same
{
	my ($name) = @_;

	return is_deeply(contents($node, 'redmine_with'), contents($node, 'redmine_without'), $name);
}

# ---------- two databases of Redmine's making ----------

$redmine = Redmine->new($node, "$ENV{SLT_WORK}/tmp/redmine", 'Europe/Berlin');
$node->safe_psql('postgres', 'CREATE ROLE redmine LOGIN; CREATE DATABASE redmine_without OWNER redmine');
my ($worked, $output) = $redmine->create_tables('redmine_without');
ok($worked, 'Redmine makes its tables') or BAIL_OUT($output);
my $setup = $redmine->start('redmine_without');
$setup->ask(at('2026-04-01 09:00'), 'setup');
$setup->stop;
$node->safe_psql('postgres', 'CREATE DATABASE redmine_with TEMPLATE redmine_without OWNER redmine');
@drivers = map { $redmine->start($_) } @databases;

# ---------- an issue of before, then slt arrives ----------

# Priority, S1: a response in 2 working hours, a resolution in 8; Sunday to Friday, 9 to 17
my $old = both('2026-04-20 10:00', 'create', subject => 'before slt', priority => 'Urgent', contract => 'Gold');
both('2026-04-20 11:00', 'edit', issue => $old, note => 'an answer');
both('2026-04-20 11:30', 'show', issue => $old);
my @columns = columns($node, 'redmine_with', 'issues');
my $journals = q{SELECT string_agg(xmin::text, ',' ORDER BY id) FROM journals};
my $journals_before = $node->safe_psql('redmine_with', $journals);
$node->safe_psql('redmine_with', 'CREATE SCHEMA slt; CREATE EXTENSION slt SCHEMA slt');
slt(recipe('Columns and triggers for Redmine'));
facts_are($old, '- - - Gold', 'its contract is brought over');
slt(recipe('Next reply'));
slt(recipe('Attach it to Redmine'));
stamps_are($old, 'none - | none - | none -', 'it has no deadlines yet');
slt(recipe('Fill in what Redmine remembers'));
facts_are($old, '20 11:00 - 20 11:00 Gold', 'its messages are filled in');
slt(recipe('Stamp the issues that Redmine has'));
stamps_are($old, '2026-04-20 12:00 met | 2026-04-21 10:00 - | none -', 'it is stamped');
is($node->safe_psql('redmine_with', $journals), $journals_before, 'and touches nothing else');
same('all rows of all tables are the same after attaching');

# ---------- one issue's life ----------

my $one = both('2026-04-27 10:00', 'create', subject => 'one', priority => 'Immediate', contract => 'Gold');
facts_are($one, '- - - Gold', 'the contract came after the row');
stamps_are($one, '2026-04-27 12:00 - | 2026-04-28 10:00 - | none -', 'and counts');
both('2026-04-27 10:30', 'edit', issue => $one, note => 'more', as => 'customer');
both('2026-04-27 10:40', 'edit', issue => $one, note => 'and more', as => 'customer');
both('2026-04-27 10:45', 'edit', issue => $one, note => 'between us', private => 1);
facts_are($one, '- 27 10:30 - Gold', 'the author writes; a private note does not answer');
stamps_are($one, '2026-04-27 12:00 - | 2026-04-28 10:00 - | 2026-04-27 12:30 -', 'a message waits');
both('2026-04-27 11:00', 'edit', issue => $one, note => 'an answer');
facts_are($one, '27 11:00 27 10:30 27 11:00 Gold', 'a public note of another does');
both('2026-04-27 12:00', 'edit', issue => $one, status => 'Feedback', note => 'what do you mean?');
facts_are($one, '27 11:00 27 10:30 27 11:00 Gold', 'the first answer counts');
stamps_are($one, '2026-04-27 12:00 met | infinity - | 2026-04-27 12:30 met', 'waiting for feedback it does not fall due');
both('2026-04-27 15:00', 'edit', issue => $one, status => 'In Progress', as => 'customer');
stamps_are($one, '2026-04-27 12:00 met | 2026-04-28 13:00 - | 2026-04-27 12:30 met', 'three hours of waiting move the deadline by three hours');
# Standard, S1: 4 working hours and 2 working days
both('2026-04-27 15:30', 'edit', issue => $one, contract => 'Silver');
facts_are($one, '27 11:00 27 10:30 27 11:00 Silver', 'another contract');
stamps_are($one, '2026-04-27 14:00 met | 2026-04-29 13:00 - | 2026-04-27 14:30 met', 'counts from opening, with the pause');
both('2026-04-27 15:31', 'edit', issue => $one, contract => 'Gold', priority => 'Low');
stamps_are($one, '2026-04-28 10:00 met | 2026-04-30 13:00 - | 2026-04-28 10:30 met', 'contract and priority in one go: S3, 1 working day and 3');
both('2026-04-27 15:32', 'edit', issue => $one, priority => 'Immediate');
both('2026-04-28 12:00', 'edit', issue => $one, status => 'Closed', note => 'done');
stamps_are($one, '2026-04-27 12:00 met | 2026-04-28 13:00 met | 2026-04-27 12:30 met', 'closed in time');
both('2026-04-28 14:00', 'edit', issue => $one, status => 'In Progress', note => 'it is back', as => 'customer');
facts_are($one, '27 11:00 28 14:00 27 11:00 Gold', 'reopened with a note');
stamps_are($one, '2026-04-27 12:00 met | 2026-04-28 15:00 - | 2026-04-28 16:00 -', 'an hour was left, and the two hours in between do not count; the note waits');
both('2026-04-28 16:00', 'edit', issue => $one, status => 'Closed');
stamps_are($one, '2026-04-27 12:00 met | 2026-04-28 15:00 late | 2026-04-28 16:00 met', 'the second time it is late, and the note is answered just in time');
both('2026-04-28 16:01', 'show', issue => $one);

# ---------- others ----------

# Standard, S3: 2 working days and 5; the 1st of May is a holiday
my $two = both('2026-04-27 10:00', 'create', subject => 'two');
stamps_are($two, '2026-04-29 10:00 - | 2026-05-04 10:00 - | none -', 'with no contract');
both('2026-04-27 11:00', 'edit', issue => $two, note => 'done', status => 'Rejected');
stamps_are($two, '2026-04-29 10:00 met | 2026-05-04 10:00 met | none -', 'answered and rejected in one go');
# Standard, S2: 8 working hours and 3 working days
my @many = map { both('2026-04-27 10:00', 'create', subject => "many $_") } 1 .. 3;
both('2026-04-27 10:30', 'bulk', issues => \@many, priority => 'High', note => 'all of you');
stamps_are($_, '2026-04-28 10:00 met | 2026-04-30 10:00 - | none -', 'changed with others in one transaction') for @many;
both('2026-04-27 11:00', 'bulk', issues => \@many, status => 'Feedback');
stamps_are($_, '2026-04-28 10:00 met | infinity - | none -', 'waiting with others') for @many;

# ---------- Redmine is started again and sees the columns ----------

restart();
my $copy = both('2026-04-27 12:00', 'copy', issue => $many[0]);
facts_are($copy, '- - - -', 'a copy has no messages of its own');
stamps_are($copy, '2026-04-28 12:00 - | 2026-04-30 12:00 - | none -', 'a copy of a waiting issue, with its columns, is an issue of its own');
both('2026-04-27 13:00', 'bulk', issues => \@many, status => 'In Progress');
stamps_are($_, '2026-04-28 10:00 met | 2026-04-30 12:00 - | none -', 'two hours later') for @many;
stamps_are($copy, '2026-04-28 12:00 - | 2026-04-30 12:00 - | none -', 'and not the copy');
both('2026-04-27 13:01', 'show', issue => $many[0]);
both('2026-04-27 13:01', 'show', issue => $copy);
both('2026-04-27 13:02', 'remove', issue => $many[2]);

is(slt('SELECT ticket_table, problem FROM slt_attached()'), 'issues|', 'the attachment has no problem');
is(slt(q{SELECT count(*) FROM slt_unmatched('issues') WHERE state = 'codes unknown'}), '0', 'the severity and contract of every issue are known');
my $lived = 'SELECT id, slt_status_at, slt_status_became, slt_next_reply_runs[:][1:2] FROM issues WHERE id IN (%s) ORDER BY id';
my $stamps = 'SELECT id, slt_response_due, slt_response_met, slt_resolution_due, slt_resolution_met, slt_next_reply_due, slt_next_reply_met FROM issues ORDER BY id';
my $ids = slt("SELECT string_agg(id::text, ',') FROM issues WHERE slt_status_at IS NOT NULL AND id <> $old");
my ($history, $before) = (slt(sprintf $lived, $ids), slt($stamps));
slt(recipe('Fill in what Redmine remembers'));
is(slt(sprintf $lived, $ids), $history, 'status and runs filled in are those that were lived');
is(slt($stamps), $before, 'and nothing falls due at another time');
same('all rows of all tables of Redmine are the same');

# ---------- slt leaves ----------

slt(recipe('Remove it from Redmine'));
is_deeply([ columns($node, 'redmine_with', 'issues') ], \@columns, 'without slt the table of issues is as it was');
restart();
both('2026-04-27 14:00', 'edit', issue => $many[0], status => 'Closed', note => 'the last');
same('Redmine goes on');
$_->stop for @drivers;

done_testing();
