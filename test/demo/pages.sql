-- What the two pages show: the tickets of tickets.sql, and a service that was down a few times in the last months.

INSERT INTO slt_outages (service, experience, during, planned, weight, note)
SELECT 'Platform', experience, tstzrange(now() - age, now() - age + lasted), planned, weight, note
FROM (VALUES ('Site', interval '71 days', interval '25 minutes', false, 1, 'A certificate had run out.'),
			 ('Customer messages', '40 days', '2 hours 10 minutes', false, 0.5, NULL),
			 (NULL, '19 days', '4 minutes', false, 1, 'The database failed over to its standby.'),
			 ('Chatbot', '3 hours', '3 days', false, 0.2, 'Slow answers, as a provider is slow.')) AS v (experience, age, lasted, planned, weight, note);
UPDATE slt_outages SET during = tstzrange(lower(during), NULL) WHERE experience = 'Chatbot';
WITH i AS (
	INSERT INTO slt_incidents (service, title, impact, post_mortem)
	VALUES ('Platform', 'Messages arrive late', 'major', 'One process took messages from a queue that filled up; now there are four.') RETURNING id
), u AS (
	INSERT INTO slt_incident_updates (incident, at, status, text)
	SELECT i.id, now() - interval '40 days' + after, status, text
	FROM i, (VALUES (interval '5 minutes', 'investigating', 'Customers report that messages arrive late.'),
					('50 minutes', 'identified', 'A queue is full. We add processes that empty it.'),
					('2 hours 10 minutes', 'resolved', 'All messages have arrived.')) AS v (after, status, text)
)
UPDATE slt_outages SET incident = i.id FROM i WHERE experience = 'Customer messages';
INSERT INTO slt_maintenance (service, during, announced_at, reason)
VALUES ('Platform', tstzrange(date_trunc('hour', now()) + interval '6 days', date_trunc('hour', now()) + interval '6 days 2 hours'), now(), 'Disks are replaced');
UPDATE slt_targets SET attain = 90;
UPDATE slt_experiences SET recorded = 'by hand', recorded_since = now() - interval '400 days';

\echo
\echo :bold'4. Two pages: the report for a customer, the status for everyone':plain
\echo
