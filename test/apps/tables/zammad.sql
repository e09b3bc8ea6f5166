-- Tables of Zammad, as far as the recipe reads them, with its column types, and a ticket of before.  The foreign key to
-- organizations is left out: its check would hide whether the recipe's own lock is there.
CREATE TABLE ticket_state_types (id serial PRIMARY KEY, name varchar(250) NOT NULL);
INSERT INTO ticket_state_types (name) VALUES ('new'), ('open'), ('pending reminder'), ('pending action'), ('closed'), ('merged'), ('removed');
CREATE TABLE ticket_states (id serial PRIMARY KEY, state_type_id bigint NOT NULL, name varchar(250) NOT NULL, default_create boolean NOT NULL DEFAULT false);
INSERT INTO ticket_states (state_type_id, name, default_create) VALUES (1, 'new', true), (2, 'open', false), (3, 'pending reminder', false), (5, 'closed', false),
	(6, 'merged', false), (4, 'pending close', false);
CREATE TABLE ticket_priorities (id serial PRIMARY KEY, name varchar(250) NOT NULL);
INSERT INTO ticket_priorities (name) VALUES ('1 low'), ('2 normal'), ('3 high');
CREATE TABLE organizations (id serial PRIMARY KEY, name varchar(100) NOT NULL, support_contract varchar(255), updated_at timestamp(3));
INSERT INTO organizations (name, support_contract) VALUES ('Acme', 'gold'), ('Other', NULL);
CREATE TABLE tickets (id serial PRIMARY KEY, priority_id int NOT NULL, state_id int NOT NULL REFERENCES ticket_states, organization_id int,
	number varchar(60) NOT NULL UNIQUE, title varchar(250) NOT NULL, first_response_at timestamp(3), close_at timestamp(3), last_close_at timestamp(3),
	last_contact_at timestamp(3), last_contact_agent_at timestamp(3), last_contact_customer_at timestamp(3), created_at timestamp(3) NOT NULL, updated_at timestamp(3) NOT NULL);
INSERT INTO tickets (priority_id, state_id, organization_id, number, title, first_response_at, close_at, last_close_at, last_contact_agent_at, last_contact_customer_at,
	created_at, updated_at) VALUES (3, 4, 1, '26001', 'before', '2026-02-02 08:30', '2026-02-02 10:00', '2026-02-03 07:30', '2026-02-02 08:30', '2026-02-02 08:00',
	'2026-02-02 08:00', '2026-02-06 08:00');
