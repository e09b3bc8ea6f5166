-- Tables of django-helpdesk 1, as far as the recipe reads them, with its column types, and a ticket of before.
CREATE TABLE auth_user (id serial PRIMARY KEY, username varchar(150) NOT NULL, is_staff boolean NOT NULL);
INSERT INTO auth_user (username, is_staff) VALUES ('agent', true), ('customer', false);
CREATE TABLE helpdesk_ticket (id serial PRIMARY KEY, title varchar(200) NOT NULL, created timestamptz NOT NULL, modified timestamptz NOT NULL, status int NOT NULL,
	on_hold boolean NOT NULL, priority int NOT NULL, queue_id int NOT NULL);
CREATE TABLE helpdesk_followup (id serial PRIMARY KEY, ticket_id int NOT NULL REFERENCES helpdesk_ticket, date timestamptz NOT NULL, title varchar(200), comment text,
	public boolean NOT NULL, user_id int REFERENCES auth_user, new_status int);
INSERT INTO helpdesk_ticket (title, created, modified, status, on_hold, priority, queue_id) VALUES ('before', '2026-02-02 08:00Z', '2026-02-02 12:00Z', 4, false, 2, 1);
INSERT INTO helpdesk_followup (ticket_id, date, title, comment, public, user_id) VALUES (1, '2026-02-02 08:00Z', 'Ticket Opened', 'x', true, 1),
	(1, '2026-02-02 08:30Z', 'Comment', 'answer', true, 1);
