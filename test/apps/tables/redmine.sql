-- Tables of Redmine 5, as far as the recipe reads them, with its column types, and an issue of before.
CREATE TABLE enumerations (id serial PRIMARY KEY, name varchar(30) NOT NULL, type varchar);
INSERT INTO enumerations (name, type) VALUES ('Low', 'IssuePriority'), ('Normal', 'IssuePriority'), ('High', 'IssuePriority'), ('Urgent', 'IssuePriority');
CREATE TABLE issue_statuses (id serial PRIMARY KEY, name varchar(30) NOT NULL, is_closed boolean NOT NULL);
INSERT INTO issue_statuses (name, is_closed) VALUES ('New', false), ('In Progress', false), ('Resolved', false), ('Feedback', false), ('Closed', true), ('Rejected', true);
CREATE TABLE issues (id serial PRIMARY KEY, subject varchar NOT NULL, status_id int NOT NULL, priority_id int NOT NULL, author_id int NOT NULL,
	lock_version int NOT NULL DEFAULT 0, created_on timestamp, updated_on timestamp, closed_on timestamp);
CREATE TABLE journals (id serial PRIMARY KEY, journalized_id int NOT NULL, journalized_type varchar(30) NOT NULL, user_id int NOT NULL, notes text,
	created_on timestamp NOT NULL, private_notes boolean NOT NULL DEFAULT false);
CREATE TABLE journal_details (id serial PRIMARY KEY, journal_id int NOT NULL, property varchar(30) NOT NULL, prop_key varchar(30) NOT NULL, old_value text, value text);
CREATE TABLE custom_fields (id serial PRIMARY KEY, type varchar(30) NOT NULL, name varchar(30) NOT NULL);
INSERT INTO custom_fields (type, name) VALUES ('IssueCustomField', 'Colour'), ('IssueCustomField', 'Contract');
CREATE TABLE custom_values (id serial PRIMARY KEY, customized_type varchar(30) NOT NULL, customized_id int NOT NULL, custom_field_id int NOT NULL, value text);
-- 20 is the customer, 10 the agent; 10:00 in Cairo is 9:00 in Berlin in February
INSERT INTO issues (subject, status_id, priority_id, author_id, created_on, updated_on) VALUES ('before', 5, 4, 20, '2026-02-02 09:00', '2026-02-06 09:00');
INSERT INTO custom_values (customized_type, customized_id, custom_field_id, value) VALUES ('Issue', 1, 2, 'Gold'), ('Project', 1, 2, 'Silver'), ('Issue', 1, 1, 'Silver');
INSERT INTO journals (journalized_id, journalized_type, user_id, notes, created_on, private_notes) VALUES
	(1, 'Issue', 10, 'answer', '2026-02-02 09:30', false), (1, 'Issue', 20, 'more', '2026-02-02 10:00', false), (1, 'Issue', 20, 'and more', '2026-02-02 10:30', false),
	(1, 'Issue', 10, 'between us', '2026-02-02 11:00', true), (1, 'Issue', 10, 'what?', '2026-02-02 13:00', false), (1, 'Issue', 20, 'that', '2026-02-03 09:00', false),
	(1, 'Issue', 10, 'done', '2026-02-03 10:00', false), (1, 'Issue', 10, '', '2026-02-03 11:00', false);
INSERT INTO journal_details (journal_id, property, prop_key, old_value, value) VALUES
	(1, 'attr', 'status_id', '1', '2'), (1, 'attr', 'assigned_to_id', NULL, '10'), (5, 'attr', 'status_id', '2', '4'), (6, 'attr', 'status_id', '4', '2'),
	(6, 'cf', 'status_id', '1', '6'), (8, 'attr', 'status_id', '2', '5');
