-- Tables of GitLab, as far as the recipe reads them, with its column types, and an issue of before.
CREATE TABLE issues (id bigserial PRIMARY KEY, title varchar, author_id bigint, project_id bigint, created_at timestamp, updated_at timestamp, closed_at timestamptz,
	state_id smallint NOT NULL DEFAULT 1);
CREATE TABLE labels (id bigserial PRIMARY KEY, title varchar, project_id bigint);
INSERT INTO labels (title) VALUES ('severity::1'), ('severity::2'), ('status::waiting'), ('bug');
CREATE TABLE label_links (id bigserial PRIMARY KEY, label_id bigint, target_id bigint, target_type varchar, created_at timestamp, updated_at timestamp);
CREATE TABLE notes (id bigserial PRIMARY KEY, note text, noteable_type varchar, author_id bigint, created_at timestamp, system boolean NOT NULL DEFAULT false,
	noteable_id bigint, internal boolean NOT NULL DEFAULT false);
INSERT INTO issues (title, author_id, created_at, updated_at) VALUES ('before', 20, '2026-02-02 08:00', '2026-02-02 08:30');
INSERT INTO label_links (label_id, target_id, target_type) VALUES (1, 1, 'Issue'), (3, 1, 'MergeRequest'), (4, 1, 'Issue');
INSERT INTO notes (note, noteable_type, author_id, created_at, noteable_id) VALUES ('answer', 'Issue', 10, '2026-02-02 08:30', 1);
