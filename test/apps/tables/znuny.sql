-- Tables of Znuny 6.5, as far as the recipe reads them, with its column types, and a ticket of before.
CREATE TABLE ticket_state_type (id serial PRIMARY KEY, name varchar(200) NOT NULL);
INSERT INTO ticket_state_type (name) VALUES ('new'), ('open'), ('closed'), ('pending reminder'), ('pending auto'), ('removed'), ('merged');
CREATE TABLE ticket_state (id serial PRIMARY KEY, name varchar(200) NOT NULL, type_id smallint NOT NULL);
INSERT INTO ticket_state (name, type_id) VALUES ('new', 1), ('closed successful', 3), ('closed unsuccessful', 3), ('open', 2), ('removed', 6), ('pending reminder', 4),
	('merged', 7);
CREATE TABLE sla (id serial PRIMARY KEY, name varchar(200) NOT NULL);
INSERT INTO sla (name) VALUES ('Silver'), ('Gold');
CREATE TABLE ticket (id bigserial PRIMARY KEY, tn varchar(50) NOT NULL, sla_id int, ticket_priority_id smallint NOT NULL, ticket_state_id smallint NOT NULL,
	until_time int NOT NULL, create_time timestamp(0) NOT NULL, change_time timestamp(0) NOT NULL);
CREATE TABLE article_sender_type (id serial PRIMARY KEY, name varchar(200) NOT NULL);
INSERT INTO article_sender_type (name) VALUES ('agent'), ('system'), ('customer');
CREATE TABLE article (id bigserial PRIMARY KEY, ticket_id bigint NOT NULL REFERENCES ticket, article_sender_type_id smallint NOT NULL,
	is_visible_for_customer smallint NOT NULL, create_time timestamp(0) NOT NULL);
CREATE TABLE ticket_history_type (id serial PRIMARY KEY, name varchar(200) NOT NULL);
INSERT INTO ticket_history_type (name) VALUES ('NewTicket'), ('StateUpdate'), ('AddNote'), ('SendAnswer');
CREATE TABLE ticket_history (id bigserial PRIMARY KEY, name varchar(200) NOT NULL, history_type_id smallint NOT NULL, ticket_id bigint NOT NULL, state_id smallint NOT NULL,
	create_time timestamp(0) NOT NULL);
INSERT INTO ticket (tn, sla_id, ticket_priority_id, ticket_state_id, until_time, create_time, change_time) VALUES ('0', 2, 5, 2, 0, '2026-02-02 08:00', '2026-02-06 08:00');
INSERT INTO article (ticket_id, article_sender_type_id, is_visible_for_customer, create_time) VALUES
	(1, 3, 1, '2026-02-02 08:00'), (1, 1, 1, '2026-02-02 08:30'), (1, 3, 1, '2026-02-02 09:00'), (1, 1, 0, '2026-02-02 09:10'), (1, 3, 1, '2026-02-02 09:30'),
	(1, 1, 1, '2026-02-02 12:00'), (1, 1, 1, '2026-02-02 12:30');
INSERT INTO ticket_history (name, history_type_id, ticket_id, state_id, create_time) VALUES
	('new', 1, 1, 1, '2026-02-02 08:00'), ('answer', 4, 1, 1, '2026-02-02 08:30'), ('open', 2, 1, 4, '2026-02-02 08:30'), ('pending', 2, 1, 6, '2026-02-02 12:00'),
	('note', 3, 1, 6, '2026-02-02 13:00'), ('open', 2, 1, 4, '2026-02-03 08:00'), ('closed', 2, 1, 2, '2026-02-03 10:00'), ('note', 3, 1, 2, '2026-02-06 08:00');
