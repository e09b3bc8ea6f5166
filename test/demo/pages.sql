-- What the two pages show: the tickets of tickets.sql, and a service that was down a few times in the last months.

INSERT INTO slt_outages (service, experience, during, planned, weight, note)
SELECT 'Platform', experience, tstzrange(now() - age, now() - age + lasted), planned, weight, note
FROM (VALUES ('Site', interval '71 days', interval '25 minutes', false, 1, 'A certificate had run out.'),
			 ('Customer messages', '40 days', '2 hours 10 minutes', false, 0.5, 'Every other message was late.'),
			 (NULL, '19 days', '4 minutes', false, 1, 'The database failed over to its standby.'),
			 ('Chatbot', '3 hours', '3 days', false, 0.2, 'Slow answers, as a provider is slow.')) AS v (experience, age, lasted, planned, weight, note);
UPDATE slt_outages SET during = tstzrange(lower(during), NULL) WHERE experience = 'Chatbot';
INSERT INTO slt_maintenance (service, during, announced_at, reason)
VALUES ('Platform', tstzrange(date_trunc('hour', now()) + interval '6 days', date_trunc('hour', now()) + interval '6 days 2 hours'), now(), 'Disks are replaced');
UPDATE slt_experiences SET recorded = 'by hand', recorded_since = now() - interval '400 days' WHERE covered;

\echo
\echo :bold'4. Two pages: the report for a customer, the status for everyone':plain
\echo
