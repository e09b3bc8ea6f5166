-- A service of which a page has everything to show: what goes on, incidents with updates, groups, months, a logo.
DELETE FROM slt_services;
INSERT INTO slt_services (name, plan, target, time_zone, maintenance_window) VALUES ('Helpdesk Cloud', 'Enterprise', 99, 'Africa/Cairo', 'Africa/Cairo Su 18:00-24:00');
INSERT INTO slt_experiences (service, name, covered, group_name, recorded) VALUES
	('Helpdesk Cloud', 'Site', true, NULL, 'by hand'), ('Helpdesk Cloud', 'Tickets', true, NULL, 'by hand'),
	('Helpdesk Cloud', 'Agent messages', true, 'Messages', 'by hand'), ('Helpdesk Cloud', 'Customer messages', true, 'Messages', 'by hand'), ('Helpdesk Cloud', 'Chatbot', true, 'Messages', 'by hand'),
	('Helpdesk Cloud', 'Search', true, 'Reading', 'by hand'), ('Helpdesk Cloud', 'Reports', true, 'Reading', 'by hand'),
	('Helpdesk Cloud', 'API', false, 'Integrations', 'by hand'), ('Helpdesk Cloud', 'Webhooks', false, 'Integrations', 'by hand'), ('Helpdesk Cloud', 'Mobile', false, NULL, NULL);
-- so many outages a month, each at another time of another day, up to three months back
INSERT INTO slt_outages (service, experience, during, planned, weight, note)
	SELECT 'Helpdesk Cloud', (ARRAY['Site', 'Customer messages', 'Agent messages', 'Chatbot', 'Tickets', 'API', 'Webhooks', 'Search'])[1 + n % 8],
		   tstzrange(at, at + (7 + n * 37 % 61) * interval '1 minute' + n * interval '11 s'), n % 5 = 0, CASE WHEN n % 3 = 0 THEN 0.4 ELSE 1 END, CASE WHEN n % 4 = 0 THEN 'A disk was full.' END
	FROM (SELECT n, date_trunc('day', now()) - interval '2 days' - (n * 47 % 86) * interval '1 day' + (n * 7 % 20) * interval '1 hour' AS at FROM generate_series(1, 24) n) x;
-- what goes on: an incident of two experiences, and maintenance of a third
INSERT INTO slt_incidents (id, service, title, impact) VALUES (1, 'Helpdesk Cloud', 'Messages are delivered late', 'major');
INSERT INTO slt_outages (service, experience, during, weight, incident) VALUES
	('Helpdesk Cloud', 'Chatbot', tstzrange(date_trunc('minute', now()) - interval '47 min', NULL), 1, 1),
	('Helpdesk Cloud', 'Customer messages', tstzrange(date_trunc('minute', now()) - interval '40 min', NULL), 0.5, 1);
INSERT INTO slt_incident_updates (incident, at, status, text) VALUES
	(1, date_trunc('minute', now()) - interval '45 min', 'investigating', 'The chatbot answers nobody, and messages from customers arrive minutes late. We are looking into it.'),
	(1, date_trunc('minute', now()) - interval '22 min', 'identified', 'A queue is stuck behind one very large attachment. We are moving it aside.'),
	(1, date_trunc('minute', now()) - interval '5 min', 'monitoring', 'The queue moves again. Messages catch up.');
INSERT INTO slt_incidents (id, service, title, impact) VALUES (3, 'Helpdesk Cloud', 'Moving to a larger database server', 'maintenance');
INSERT INTO slt_incident_updates (incident, at, status, text) VALUES (3, date_trunc('hour', now()) - interval '1 day', 'scheduled', 'Pages can be slow for some minutes.');
INSERT INTO slt_maintenance (service, experience, during, announced_at, reason, incident) VALUES
	('Helpdesk Cloud', 'Webhooks', tstzrange(date_trunc('hour', now()), date_trunc('hour', now()) + interval '2 hours'), now() - interval '1 day', 'Webhooks get a new address.', NULL),
	('Helpdesk Cloud', NULL, tstzrange(date_trunc('hour', now()) + interval '3 days', date_trunc('hour', now()) + interval '3 days 2 hours'), now(), NULL, 3);
-- what is over, with a post-mortem, and a part of it excused
INSERT INTO slt_incidents (id, service, title, impact, post_mortem, link) VALUES
	(2, 'Helpdesk Cloud', 'Signing in failed for everyone', 'critical', 'A certificate ran out at noon. It is now renewed thirty days before, and a check says so.', 'https://status.example.com/postmortems/7');
INSERT INTO slt_outages (service, experience, during, weight, incident, excused) VALUES
	('Helpdesk Cloud', 'Site', tstzrange(date_trunc('day', now()) - interval '9 days', date_trunc('day', now()) - interval '9 days' + interval '2 hours'), 1, 2, NULL),
	('Helpdesk Cloud', 'Tickets', tstzrange(date_trunc('day', now()) - interval '9 days', date_trunc('day', now()) - interval '9 days' + interval '100 min'), 1, 2, NULL),
	('Helpdesk Cloud', 'API', tstzrange(date_trunc('day', now()) - interval '9 days', date_trunc('day', now()) - interval '9 days' + interval '90 min'), 0.5, 2, 'The customer had turned it off');
INSERT INTO slt_incident_updates (incident, at, status, text) VALUES
	(2, date_trunc('day', now()) - interval '9 days' + interval '10 min', 'investigating', 'Nobody can sign in.'),
	(2, date_trunc('day', now()) - interval '9 days' + interval '1 hour', 'identified', 'The certificate of the sign-in service ran out.'),
	(2, date_trunc('day', now()) - interval '9 days' + interval '2 hours', 'resolved', 'A new certificate is in place.');
INSERT INTO slt_page_settings (service, page_address, month_address, header, accent, logo) VALUES
	('Helpdesk Cloud', 'status.html', 'status-{month}.html', '#4b3a66', '#e46e78', 'data:image/svg+xml;base64,' || translate(encode(convert_to(
		'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="14" fill="#fff"/><path d="M18 40c0-14 28-14 28 0" fill="none" stroke="#4b3a66" stroke-width="7" stroke-linecap="round"/><circle cx="32" cy="44" r="5" fill="#e46e78"/></svg>',
		'UTF8'), 'base64'), E'\n', ''));
