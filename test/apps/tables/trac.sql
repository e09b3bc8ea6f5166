-- Tables of Trac, as far as the recipe reads them, with its column types, and a ticket of before.
CREATE TABLE ticket (id serial PRIMARY KEY, type text, "time" bigint, changetime bigint, component text, priority text, owner text, reporter text, status text, summary text);
CREATE TABLE ticket_change (ticket int, "time" bigint, author text, field text, oldvalue text, newvalue text, PRIMARY KEY (ticket, "time", field));
-- 1770019200 is 2026-02-02 08:00 UTC
INSERT INTO ticket ("time", changetime, priority, reporter, status) VALUES (1770019200000000, 1770105600000000, 'blocker', 'customer', 'closed');
INSERT INTO ticket_change VALUES (1, 1770021000000000, 'agent', 'comment', '1', 'answer'), (1, 1770021000000000, 'agent', 'status', 'new', 'needinfo'),
	(1, 1770022800000000, 'customer', 'status', 'needinfo', 'assigned'), (1, 1770105600000000, 'agent', 'status', 'assigned', 'closed'),
	(1, 1770105600000000, 'agent', 'comment', '2', '');
