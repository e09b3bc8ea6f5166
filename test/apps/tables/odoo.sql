-- Tables of Odoo 16 with helpdesk_mgmt, as far as the recipe reads them, with their column types, and a ticket of before.
CREATE TABLE helpdesk_ticket_stage (id serial PRIMARY KEY, name jsonb NOT NULL, closed boolean);
INSERT INTO helpdesk_ticket_stage (name, closed) VALUES ('{"en_US": "New"}', NULL), ('{"en_US": "In Progress"}', NULL), ('{"en_US": "Awaiting"}', NULL), ('{"en_US": "Done"}', true);
CREATE TABLE helpdesk_ticket (id serial PRIMARY KEY, stage_id int, priority varchar, closed_date timestamp, last_stage_update timestamp, create_date timestamp, write_date timestamp);
CREATE TABLE res_users (id serial PRIMARY KEY, partner_id int NOT NULL, share boolean);
INSERT INTO res_users (partner_id, share) VALUES (10, false), (20, true);
CREATE TABLE mail_message (id serial PRIMARY KEY, model varchar, res_id int, author_id int, message_type varchar NOT NULL, is_internal boolean, date timestamp);
INSERT INTO helpdesk_ticket (stage_id, priority, create_date, last_stage_update) VALUES (4, '2', '2026-02-02 08:00', '2026-02-03 08:00');
INSERT INTO mail_message (model, res_id, author_id, message_type, date) VALUES ('helpdesk.ticket', 1, 20, 'email', '2026-02-02 08:10'), ('helpdesk.ticket', 1, 10, 'comment', '2026-02-02 08:30');
