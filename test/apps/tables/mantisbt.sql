-- Tables of MantisBT 2, as far as the recipe reads them, with its column types, and a bug of before.
CREATE TABLE mantis_bug_table (id serial PRIMARY KEY, project_id int NOT NULL DEFAULT 0, reporter_id int NOT NULL DEFAULT 0, priority smallint NOT NULL DEFAULT 30,
	severity smallint NOT NULL DEFAULT 50, status smallint NOT NULL DEFAULT 10, summary varchar(128) NOT NULL DEFAULT '', date_submitted int NOT NULL DEFAULT 1,
	due_date int NOT NULL DEFAULT 1, last_updated int NOT NULL DEFAULT 1);
CREATE TABLE mantis_bugnote_table (id serial PRIMARY KEY, bug_id int NOT NULL DEFAULT 0, reporter_id int NOT NULL DEFAULT 0, view_state smallint NOT NULL DEFAULT 10,
	last_modified int NOT NULL DEFAULT 1, date_submitted int NOT NULL DEFAULT 1);
CREATE TABLE mantis_bug_history_table (id serial PRIMARY KEY, user_id int NOT NULL DEFAULT 0, bug_id int NOT NULL DEFAULT 0, field_name varchar(64) NOT NULL,
	old_value varchar(255) NOT NULL DEFAULT '', new_value varchar(255) NOT NULL DEFAULT '', type smallint NOT NULL DEFAULT 0, date_modified int NOT NULL DEFAULT 1);
INSERT INTO mantis_bug_table (reporter_id, severity, status, date_submitted, last_updated) VALUES (20, 80, 90, 1770019200, 1770364800);
INSERT INTO mantis_bugnote_table (bug_id, reporter_id, view_state, date_submitted) VALUES (1, 20, 10, 1770019300), (1, 10, 50, 1770019400), (1, 10, 10, 1770021000);
INSERT INTO mantis_bug_history_table (bug_id, field_name, old_value, new_value, type, date_modified) VALUES (1, '', '', '', 1, 1770019200),
	(1, 'status', '10', '20', 0, 1770021000), (1, 'handler_id', '0', '10', 0, 1770021000), (1, 'status', '20', '50', 0, 1770022800), (1, 'status', '50', '80', 0, 1770105600),
	(1, 'status', '80', '90', 0, 1770364800);
