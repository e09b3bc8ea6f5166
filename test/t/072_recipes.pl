# The recipes of doc/apps.md for applications that are not run here.  Their tables are stand-ins with the columns and the
# codes that the application has, as far as a recipe reads them; each gets the statements of a short history.
use strict;
use warnings;
use lib "$ENV{SLT_SOURCE}/test/apps/lib";
use AppTest;
use SltTest;
use Test::More;

my $node = new_server('recipes', bare => 1);
my $database;

# Makes a database with stand-ins and attaches slt by a recipe.
sub application
{
	my ($name, $tables) = @_;

	$database = lc $name;
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, "CREATE SCHEMA slt; CREATE EXTENSION slt SCHEMA slt; $tables");
	$node->safe_psql($database, 'SET search_path = public, slt;' . recipe("Attach it to $name"));
	is($node->safe_psql($database, q{SELECT string_agg(problem, ' ') FROM slt.slt_attached()}), '', "$name: the attachment has no problem");
	return;
}

# Runs statements as the application does: in UTC, with no slt in its search_path.
sub run
{
	my ($statements) = @_;

	return $node->safe_psql($database, "SET timezone = 'UTC'; SET search_path = public; BEGIN; $statements; COMMIT");
}

# Tests the stamps of ticket 1: response due and met, resolution due and met, in the wall clock of Cairo, three hours ahead.
sub stamps_are
{
	my ($table, $expected, $name) = @_;

	return is(stamps($node, $database, $table, 'id = 1'), $expected, "$database: $name");
}

# ---------- Zammad ----------

application('Zammad', <<'SQL');
CREATE TABLE ticket_state_types (id serial PRIMARY KEY, name varchar(250) NOT NULL);
INSERT INTO ticket_state_types (name) VALUES ('new'), ('open'), ('pending reminder'), ('pending action'), ('closed'), ('merged'), ('removed');
CREATE TABLE ticket_states (id serial PRIMARY KEY, state_type_id int NOT NULL, name varchar(250) NOT NULL);
INSERT INTO ticket_states (state_type_id, name) VALUES (1, 'new'), (2, 'open'), (3, 'pending reminder'), (5, 'closed'), (6, 'merged'), (4, 'pending close');
CREATE TABLE ticket_priorities (id serial PRIMARY KEY, name varchar(250) NOT NULL);
INSERT INTO ticket_priorities (name) VALUES ('1 low'), ('2 normal'), ('3 high');
CREATE TABLE organizations (id serial PRIMARY KEY, name varchar(100), support_contract varchar(255));
INSERT INTO organizations (name, support_contract) VALUES ('Acme', 'gold'), ('Other', NULL);
CREATE TABLE tickets (id serial PRIMARY KEY, priority_id int NOT NULL, state_id int NOT NULL, organization_id int, number varchar(60) NOT NULL,
	title varchar(250) NOT NULL, first_response_at timestamp(3), close_at timestamp(3), last_close_at timestamp(3),
	created_at timestamp(3) NOT NULL, updated_at timestamp(3) NOT NULL);
SQL
# Priority, S1: a response in 2 working hours, a resolution in 8; 10:00 in Cairo is 7:00 UTC
run(q{INSERT INTO tickets (priority_id, state_id, organization_id, number, title, created_at, updated_at)
	VALUES (3, 1, 1, '27001', 'x', '2026-04-27 07:00', '2026-04-27 07:00')});
stamps_are('tickets', '2026-04-27 12:00 - | 2026-04-28 10:00 -', 'opened');
run(q{UPDATE tickets SET first_response_at = '2026-04-27 08:00', state_id = 2, updated_at = '2026-04-27 08:00'});
run(q{UPDATE tickets SET state_id = 3, updated_at = '2026-04-27 09:00'});
stamps_are('tickets', '2026-04-27 12:00 met | infinity -', 'answered, and pending');
run(q{UPDATE tickets SET state_id = 4, close_at = '2026-04-27 12:00', last_close_at = '2026-04-27 12:00', updated_at = '2026-04-27 12:00'});
stamps_are('tickets', '2026-04-27 12:00 met | 2026-04-28 13:00 met', 'closed after three hours pending');
run(q{UPDATE tickets SET state_id = 2, updated_at = '2026-04-28 06:00'});
# 2 of 8 working hours were used before it was pending; from closing to reopening none, so 6 are left at 9:00
stamps_are('tickets', '2026-04-27 12:00 met | 2026-04-28 15:00 -', 'opened again, which close_at does not tell');
run(q{UPDATE tickets SET organization_id = 2, priority_id = 1});
stamps_are('tickets', '2026-04-29 10:00 met | 2026-05-04 15:00 -', 'another organisation and priority');
run(q{UPDATE tickets SET state_id = 5, updated_at = '2026-04-28 07:00'});
stamps_are('tickets', 'none - | none -', 'merged it owes nothing');

# ---------- Znuny ----------

application('Znuny', <<'SQL');
CREATE TABLE ticket_state_type (id serial PRIMARY KEY, name varchar(200) NOT NULL);
INSERT INTO ticket_state_type (name) VALUES ('new'), ('open'), ('closed'), ('pending reminder'), ('pending auto'), ('removed'), ('merged');
CREATE TABLE ticket_state (id serial PRIMARY KEY, name varchar(200) NOT NULL, type_id smallint NOT NULL);
INSERT INTO ticket_state (name, type_id) VALUES ('new', 1), ('closed successful', 3), ('closed unsuccessful', 3), ('open', 2), ('removed', 6), ('pending reminder', 4);
CREATE TABLE sla (id serial PRIMARY KEY, name varchar(200) NOT NULL);
INSERT INTO sla (name) VALUES ('Silver'), ('Gold');
CREATE TABLE ticket (id bigserial PRIMARY KEY, tn varchar(50) NOT NULL, sla_id int, ticket_priority_id smallint NOT NULL, ticket_state_id smallint NOT NULL,
	until_time int NOT NULL, create_time timestamp(0) NOT NULL, change_time timestamp(0) NOT NULL);
CREATE TABLE article_sender_type (id serial PRIMARY KEY, name varchar(200) NOT NULL);
INSERT INTO article_sender_type (name) VALUES ('agent'), ('system'), ('customer');
CREATE TABLE article (id bigserial PRIMARY KEY, ticket_id bigint NOT NULL, article_sender_type_id smallint NOT NULL,
	is_visible_for_customer smallint NOT NULL, create_time timestamp(0) NOT NULL);
CREATE TABLE ticket_history (id bigserial PRIMARY KEY, ticket_id bigint NOT NULL, state_id smallint NOT NULL, create_time timestamp(0) NOT NULL);
SQL
run(q{INSERT INTO ticket (tn, sla_id, ticket_priority_id, ticket_state_id, until_time, create_time, change_time)
	VALUES ('1', 2, 5, 1, 0, '2026-04-27 07:00', '2026-04-27 07:00');
	INSERT INTO ticket_history (ticket_id, state_id, create_time) VALUES (1, 1, '2026-04-27 07:00');
	INSERT INTO article (ticket_id, article_sender_type_id, is_visible_for_customer, create_time) VALUES (1, 3, 1, '2026-04-27 07:00')});
stamps_are('ticket', '2026-04-27 12:00 - | 2026-04-28 10:00 -', 'opened');
run(q{INSERT INTO article (ticket_id, article_sender_type_id, is_visible_for_customer, create_time) VALUES (1, 1, 0, '2026-04-27 07:30')});
stamps_are('ticket', '2026-04-27 12:00 - | 2026-04-28 10:00 -', 'an internal note is no response');
run(q{INSERT INTO article (ticket_id, article_sender_type_id, is_visible_for_customer, create_time) VALUES (1, 1, 1, '2026-04-27 08:00')});
stamps_are('ticket', '2026-04-27 12:00 met | 2026-04-28 10:00 -', 'answered');
run(q{UPDATE ticket SET ticket_state_id = 6, until_time = 1777300000, change_time = '2026-04-27 09:00';
	INSERT INTO ticket_history (ticket_id, state_id, create_time) VALUES (1, 6, '2026-04-27 09:00')});
stamps_are('ticket', '2026-04-27 12:00 met | infinity -', 'pending');
run(q{UPDATE ticket SET ticket_state_id = 2, until_time = 0, change_time = '2026-04-27 12:00'});
run(q{INSERT INTO ticket_history (ticket_id, state_id, create_time) VALUES (1, 2, '2026-04-27 12:00'), (1, 2, '2026-04-27 12:30')});
stamps_are('ticket', '2026-04-27 12:00 met | 2026-04-28 13:00 met', 'closed after three hours pending');
run(q{UPDATE ticket SET ticket_state_id = 4, change_time = '2026-04-28 06:00'; INSERT INTO ticket_history (ticket_id, state_id, create_time) VALUES (1, 4, '2026-04-28 06:00')});
stamps_are('ticket', '2026-04-27 12:00 met | 2026-04-28 15:00 -', 'opened again');
run(q{UPDATE ticket SET ticket_state_id = 3, change_time = '2026-04-28 13:00'; INSERT INTO ticket_history (ticket_id, state_id, create_time) VALUES (1, 3, '2026-04-28 13:00')});
stamps_are('ticket', '2026-04-27 12:00 met | 2026-04-28 15:00 late', 'and closed late');

# ---------- Chatwoot ----------

application('Chatwoot', <<'SQL');
CREATE TABLE sla_policies (id bigserial PRIMARY KEY, name varchar NOT NULL);
INSERT INTO sla_policies (name) VALUES ('Gold');
CREATE TABLE conversations (id serial PRIMARY KEY, status int NOT NULL DEFAULT 0, priority int, sla_policy_id bigint, first_reply_created_at timestamp,
	created_at timestamp NOT NULL, updated_at timestamp NOT NULL);
CREATE TABLE reporting_events (id bigserial PRIMARY KEY, name varchar, conversation_id int, event_end_time timestamp, created_at timestamp(6) NOT NULL);
SQL
# Standard, S3: 2 working days and 5
run(q{INSERT INTO conversations (created_at, updated_at) VALUES ('2026-04-20 08:00', '2026-04-20 08:00')});
stamps_are('conversations', '2026-04-22 10:00 - | 2026-04-26 10:00 -', 'opened, with neither priority nor policy');
run(q{UPDATE conversations SET priority = 3, sla_policy_id = 1, updated_at = '2026-04-20 08:30'});
stamps_are('conversations', '2026-04-20 12:00 - | 2026-04-21 10:00 -', 'urgent, with a policy');
run(q{UPDATE conversations SET first_reply_created_at = '2026-04-20 09:00', status = 3, updated_at = '2026-04-20 09:00'});
stamps_are('conversations', '2026-04-20 12:00 met | infinity -', 'answered and snoozed');
run(q{UPDATE conversations SET status = 1, updated_at = '2026-04-20 11:00'});
stamps_are('conversations', '2026-04-20 12:00 met | 2026-04-21 12:00 -', 'resolved');
run(q{INSERT INTO reporting_events (name, conversation_id, event_end_time, created_at) VALUES ('conversation_resolved', 1, '2026-04-20 11:00', '2026-04-20 11:01')});
stamps_are('conversations', '2026-04-20 12:00 met | 2026-04-21 12:00 met', 'as its background job says later');
run(q{UPDATE conversations SET status = 0, updated_at = '2026-04-20 13:00'});
stamps_are('conversations', '2026-04-20 12:00 met | 2026-04-21 14:00 -', 'opened again');

# ---------- Odoo ----------

application('Odoo', <<'SQL');
CREATE TABLE helpdesk_ticket_stage (id serial PRIMARY KEY, name jsonb, closed boolean);
INSERT INTO helpdesk_ticket_stage (name, closed) VALUES ('{"en_US": "New"}', NULL), ('{"en_US": "In Progress"}', NULL), ('{"en_US": "Awaiting"}', NULL), ('{"en_US": "Done"}', true);
CREATE TABLE helpdesk_ticket (id serial PRIMARY KEY, stage_id int, priority varchar, closed_date timestamp, last_stage_update timestamp, create_date timestamp);
CREATE TABLE res_users (id serial PRIMARY KEY, partner_id int NOT NULL, share boolean);
INSERT INTO res_users (partner_id, share) VALUES (10, false), (20, true);
CREATE TABLE mail_message (id serial PRIMARY KEY, model varchar, res_id int, author_id int, message_type varchar NOT NULL, is_internal boolean, date timestamp);
SQL
# Standard, S2: 3 working days
run(q{INSERT INTO helpdesk_ticket (stage_id, priority, create_date, last_stage_update) VALUES (1, '2', '2026-04-27 07:00', '2026-04-27 07:00')});
stamps_are('helpdesk_ticket', '2026-04-28 10:00 - | 2026-04-30 10:00 -', 'opened');
run(q{INSERT INTO mail_message (model, res_id, author_id, message_type, date) VALUES ('helpdesk.ticket', 1, 20, 'email', '2026-04-27 07:10'), ('res.partner', 1, 10, 'comment', '2026-04-27 07:20')});
run(q{INSERT INTO mail_message (model, res_id, author_id, message_type, is_internal, date) VALUES ('helpdesk.ticket', 1, 10, 'comment', true, '2026-04-27 07:30')});
stamps_are('helpdesk_ticket', '2026-04-28 10:00 - | 2026-04-30 10:00 -', 'neither the customer nor an internal note answers');
run(q{INSERT INTO mail_message (model, res_id, author_id, message_type, date) VALUES ('helpdesk.ticket', 1, 10, 'comment', '2026-04-27 08:00')});
run(q{UPDATE helpdesk_ticket SET stage_id = 3, last_stage_update = '2026-04-27 09:00'});
stamps_are('helpdesk_ticket', '2026-04-28 10:00 met | infinity -', 'awaiting something');
run(q{UPDATE helpdesk_ticket SET stage_id = 4, last_stage_update = '2026-04-27 11:00', closed_date = '2026-04-27 11:00'});
stamps_are('helpdesk_ticket', '2026-04-28 10:00 met | 2026-04-30 12:00 met', 'done');
run(q{UPDATE helpdesk_ticket SET stage_id = 2, last_stage_update = '2026-04-27 12:00'});
stamps_are('helpdesk_ticket', '2026-04-28 10:00 met | 2026-04-30 13:00 -', 'opened again');

done_testing();
