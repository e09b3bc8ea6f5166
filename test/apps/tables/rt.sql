-- Tables of Request Tracker 5, as far as the recipe reads them, with its column types, and a ticket of before.
CREATE TABLE tickets (id serial PRIMARY KEY, type varchar(16), ismerged smallint, priority integer NOT NULL DEFAULT 0, status varchar(64), sla varchar(64),
	started timestamp, resolved timestamp, lastupdated timestamp, created timestamp);
CREATE TABLE transactions (id bigserial PRIMARY KEY, objecttype varchar(255) NOT NULL, objectid integer NOT NULL DEFAULT 0, type varchar(20), field varchar(255),
	oldvalue varchar(255), newvalue varchar(255), creator integer NOT NULL DEFAULT 0, created timestamp);
CREATE INDEX ON transactions (objecttype, objectid);
CREATE TABLE customfields (id serial PRIMARY KEY, name varchar(200));
CREATE TABLE objectcustomfieldvalues (id serial PRIMARY KEY, customfield int NOT NULL, objecttype varchar(255), objectid bigint NOT NULL, content varchar(255),
	disabled integer NOT NULL DEFAULT 0);
CREATE TABLE groups (id serial PRIMARY KEY, name varchar(200), domain varchar(64), instance integer, creator integer NOT NULL DEFAULT 0);
CREATE TABLE cachedgroupmembers (id serial PRIMARY KEY, groupid int, memberid int, disabled integer NOT NULL DEFAULT 0);
INSERT INTO customfields (name) VALUES ('Colour'), ('Severity');
INSERT INTO groups (name, domain, instance) SELECT 'Requestor', 'RT::Ticket-Role', n FROM generate_series(1, 3) n;
INSERT INTO cachedgroupmembers (groupid, memberid) SELECT n, 20 FROM generate_series(1, 3) n;
-- 20 is the customer, 10 the agent; 10:00 in Cairo is 8:00 UTC in February
INSERT INTO tickets (type, status, sla, started, lastupdated, created) VALUES ('ticket', 'resolved', 'gold', '2026-02-02 08:30', '2026-02-06 08:00', '2026-02-02 08:00');
INSERT INTO objectcustomfieldvalues (customfield, objecttype, objectid, content) VALUES (2, 'RT::Ticket', 1, 'S1'), (1, 'RT::Ticket', 1, 'S3');
INSERT INTO transactions (objecttype, objectid, type, field, oldvalue, newvalue, creator, created) VALUES
	('RT::Ticket', 1, 'Create', NULL, NULL, NULL, 20, '2026-02-02 08:00'),
	('RT::Ticket', 1, 'Correspond', NULL, NULL, NULL, 10, '2026-02-02 08:30'),
	('RT::Ticket', 1, 'Status', 'Status', 'new', 'open', 10, '2026-02-02 08:30'),
	('RT::Ticket', 1, 'Correspond', NULL, NULL, NULL, 20, '2026-02-02 09:00'),
	('RT::Ticket', 1, 'Correspond', NULL, NULL, NULL, 20, '2026-02-02 09:30'),
	('RT::Ticket', 1, 'Correspond', NULL, NULL, NULL, 10, '2026-02-02 12:00'),
	('RT::Ticket', 1, 'Status', 'Status', 'open', 'stalled', 10, '2026-02-02 12:00'),
	('RT::Ticket', 1, 'Comment', NULL, NULL, NULL, 10, '2026-02-02 12:30'),
	('RT::Ticket', 1, 'Correspond', NULL, NULL, NULL, 20, '2026-02-03 08:00'),
	('RT::Ticket', 1, 'Status', 'Status', 'stalled', 'open', 20, '2026-02-03 08:00'),
	('RT::Ticket', 1, 'Correspond', NULL, NULL, NULL, 10, '2026-02-03 09:00'),
	('RT::Ticket', 1, 'Status', 'Status', 'open', 'resolved', 10, '2026-02-03 10:00'),
	('RT::Ticket', 1, 'Set', 'Subject', 'x', 'y', 10, '2026-02-06 08:00');
