-- Tables of Chatwoot, as far as the recipe reads them, with its column types, and a conversation of before.
CREATE TABLE sla_policies (id bigserial PRIMARY KEY, name varchar NOT NULL);
INSERT INTO sla_policies (name) VALUES ('Gold');
CREATE TABLE conversations (id serial PRIMARY KEY, status int NOT NULL DEFAULT 0, priority int, sla_policy_id bigint, first_reply_created_at timestamp,
	waiting_since timestamp, created_at timestamp NOT NULL, updated_at timestamp NOT NULL);
CREATE TABLE reporting_events (id bigserial PRIMARY KEY, name varchar, conversation_id int, event_end_time timestamp, created_at timestamp(6) NOT NULL);
INSERT INTO conversations (status, priority, sla_policy_id, first_reply_created_at, created_at, updated_at) VALUES
	(1, 3, 1, '2026-02-02 08:30', '2026-02-02 08:00', '2026-02-06 08:00');
INSERT INTO reporting_events (name, conversation_id, event_end_time, created_at) VALUES
	('first_response', 1, '2026-02-02 08:30', '2026-02-02 08:30'), ('conversation_resolved', 1, '2026-02-02 10:00', '2026-02-02 10:00'),
	('conversation_resolved', 1, '2026-02-03 07:30', '2026-02-03 07:31');
