SET LOCAL search_path = zz_slt_internal, pg_temp;

-- events: what was announced, and who has had it -----------------------------------------------------------------

CREATE TABLE @extschema@.slt_events (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	attachment text,
	ticket_table regclass,
	table_name text,
	key text,
	metric text,
	run integer,
	kind text NOT NULL CONSTRAINT slt_events_kind_is_known CHECK (kind IN ('at risk', 'breached', 'outage opened', 'outage closed', 'incident updated')),
	percent numeric,
	due timestamptz,
	announced_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	service text,
	experience text,
	outage bigint,
	incident bigint,
	at timestamptz,
	status text,
	title text,
	text text,
	CONSTRAINT slt_events_are_about_something CHECK (CASE
		WHEN kind IN ('at risk', 'breached') THEN num_nulls(attachment, ticket_table, table_name, key, metric, run, percent) = 0 AND num_nonnulls(service, experience, outage, incident, at, status, title, text) = 0
		WHEN kind = 'incident updated' THEN num_nulls(service, incident, at, title, text) = 0 AND num_nonnulls(attachment, ticket_table, table_name, key, metric, run, percent, due, experience, outage) = 0
		ELSE num_nulls(service, outage, at, status) = 0 AND num_nonnulls(attachment, ticket_table, table_name, key, metric, run, percent, due) = 0 END)
);
CREATE INDEX slt_events_ticket ON @extschema@.slt_events (attachment, key);
COMMENT ON TABLE @extschema@.slt_events IS 'The announcements: tickets that became at risk or were breached, outages that opened or closed, updates of incidents. Written by the sweep; old ones are deleted by slt_prune().';
COMMENT ON COLUMN @extschema@.slt_events.id IS 'Tells events apart. Not the order in which they were committed: consumers use slt_take_events().';
COMMENT ON COLUMN @extschema@.slt_events.attachment IS 'The attachment that the ticket goes by; null, as what follows up to due, for what is about no ticket.';
COMMENT ON COLUMN @extschema@.slt_events.ticket_table IS 'The table of the ticket. Events of a table that was dropped are not dumped, as its number may become that of another.';
COMMENT ON COLUMN @extschema@.slt_events.table_name IS 'What the table was called then, with its schema.';
COMMENT ON COLUMN @extschema@.slt_events.key IS 'The key of the ticket, as text; of one of more than 2000 bytes the beginning and a hash.';
COMMENT ON COLUMN @extschema@.slt_events.metric IS 'The metric, such as resolution.';
COMMENT ON COLUMN @extschema@.slt_events.run IS 'Which run of the metric''s clock, from 1; more than 1 for a metric that restarts.';
COMMENT ON COLUMN @extschema@.slt_events.kind IS 'at risk, or breached: from the step of 100 percent on; outage opened, outage closed, incident updated.';
COMMENT ON COLUMN @extschema@.slt_events.percent IS 'The step that was passed, in percent of the target.';
COMMENT ON COLUMN @extschema@.slt_events.due IS 'The deadline that it is about.';
COMMENT ON COLUMN @extschema@.slt_events.announced_at IS 'When it was announced.';
COMMENT ON COLUMN @extschema@.slt_events.service IS 'The service, of an outage or an incident; null, as what follows, for a ticket.';
COMMENT ON COLUMN @extschema@.slt_events.experience IS 'The experience that the outage is of; null for all of the service.';
COMMENT ON COLUMN @extschema@.slt_events.outage IS 'The id of the outage.';
COMMENT ON COLUMN @extschema@.slt_events.incident IS 'The id of the incident.';
COMMENT ON COLUMN @extschema@.slt_events.at IS 'When the outage began or ended, or the update was made; of an outage that was deleted, when that was found.';
COMMENT ON COLUMN @extschema@.slt_events.status IS 'Of an outage down, degraded or maintenance, as on the status page; of an update its status.';
COMMENT ON COLUMN @extschema@.slt_events.title IS 'The title of the incident.';
COMMENT ON COLUMN @extschema@.slt_events.text IS 'The note of the outage, or the text of the update.';

CREATE TABLE @extschema@.slt_announced (
	attachment text NOT NULL,
	key text NOT NULL,
	metric text NOT NULL,
	run integer NOT NULL,
	percent numeric NOT NULL,
	announced_at timestamptz NOT NULL
);
CREATE INDEX slt_announced_clock ON @extschema@.slt_announced (attachment, key, metric, run);
COMMENT ON TABLE @extschema@.slt_announced IS 'What was announced of each clock last, so that it is not announced again; apart from the events, which may be deleted. Written by the sweep.';
COMMENT ON COLUMN @extschema@.slt_announced.attachment IS 'The attachment that the ticket goes by.';
COMMENT ON COLUMN @extschema@.slt_announced.key IS 'The key of the ticket, as in slt_events.';
COMMENT ON COLUMN @extschema@.slt_announced.metric IS 'The metric.';
COMMENT ON COLUMN @extschema@.slt_announced.run IS 'Which run of its clock.';
COMMENT ON COLUMN @extschema@.slt_announced.percent IS 'The step, in percent of the target, which counts for those below it: they have no rows of their own unless they were announced later.';
COMMENT ON COLUMN @extschema@.slt_announced.announced_at IS 'The time by which it had passed.';

CREATE TABLE @extschema@.slt_announced_news (
	kind text CONSTRAINT slt_announced_news_kind_is_known CHECK (kind IN ('outage', 'incident update')),
	id bigint,
	service text NOT NULL,
	experience text,
	status text,
	goes_on boolean NOT NULL,
	announced_at timestamptz NOT NULL,
	PRIMARY KEY (kind, id)
);
COMMENT ON TABLE @extschema@.slt_announced_news IS 'Of which outages and updates of incidents it was announced that they are; apart from the events, which may be deleted. Written by the sweep, which forgets them when they can be no news any more.';
COMMENT ON COLUMN @extschema@.slt_announced_news.kind IS 'outage, or incident update.';
COMMENT ON COLUMN @extschema@.slt_announced_news.id IS 'The id in slt_outages or slt_incident_updates.';
COMMENT ON COLUMN @extschema@.slt_announced_news.service IS 'The service.';
COMMENT ON COLUMN @extschema@.slt_announced_news.experience IS 'The experience, of an outage; null for all of the service.';
COMMENT ON COLUMN @extschema@.slt_announced_news.status IS 'What was announced of the outage: down, degraded or maintenance.';
COMMENT ON COLUMN @extschema@.slt_announced_news.goes_on IS 'Whether the last that was announced of the outage is that it opened.';
COMMENT ON COLUMN @extschema@.slt_announced_news.announced_at IS 'When that was.';

CREATE VIEW announced WITH (security_invoker) AS SELECT * FROM @extschema@.slt_announced;
COMMENT ON VIEW announced IS 'The table slt_announced.';

CREATE TABLE @extschema@.slt_consumers (
	name text PRIMARY KEY CONSTRAINT slt_consumers_name_is_not_empty CHECK (name <> ''),
	taken_at timestamptz,
	delivered_below bigint NOT NULL DEFAULT 0,
	settled_below bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE @extschema@.slt_consumers IS 'Who takes events, each of them once. The first slt_take_events() of a consumer makes its row; delete the row of one that is no more, or slt_prune() keeps events for it.';
COMMENT ON COLUMN @extschema@.slt_consumers.name IS 'The name that it gives to slt_take_events().';
COMMENT ON COLUMN @extschema@.slt_consumers.taken_at IS 'When it took last.';
COMMENT ON COLUMN @extschema@.slt_consumers.delivered_below IS 'It has had every event with a smaller id; of the others, those in slt_deliveries.';
COMMENT ON COLUMN @extschema@.slt_consumers.settled_below IS 'No transaction is left that could still commit an event with a smaller id.';

CREATE TABLE @extschema@.slt_deliveries (
	consumer text REFERENCES @extschema@.slt_consumers ON UPDATE CASCADE ON DELETE CASCADE,
	event bigint,
	PRIMARY KEY (consumer, event)
);
COMMENT ON TABLE @extschema@.slt_deliveries IS 'The events that a consumer has had, from delivered_below of its row on.';
COMMENT ON COLUMN @extschema@.slt_deliveries.consumer IS 'The consumer.';
COMMENT ON COLUMN @extschema@.slt_deliveries.event IS 'The id of the event.';

-- A table that was dropped has a number that the next one may get where the dump is restored.
SELECT pg_extension_config_dump('@extschema@.slt_events', 'WHERE ticket_table IS NULL OR EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = ticket_table)');
SELECT pg_extension_config_dump('@extschema@.slt_events_id_seq', '');
SELECT pg_extension_config_dump('@extschema@.slt_announced', '');
SELECT pg_extension_config_dump('@extschema@.slt_announced_news', '');
SELECT pg_extension_config_dump('@extschema@.slt_consumers', '');
SELECT pg_extension_config_dump('@extschema@.slt_deliveries', '');

-- ---------- writing ----------

CREATE FUNCTION is_news(attachment text, key text, metric text, run integer, millionths bigint, instant timestamptz)
RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT NOT EXISTS (SELECT FROM @extschema@.slt_announced a
		WHERE a.attachment = is_news.attachment AND a.key = is_news.key AND a.metric = is_news.metric AND a.run = is_news.run
		  AND a.percent >= is_news.millionths / 1000000.0 AND a.announced_at >= is_news.instant);
END;
REVOKE ALL ON FUNCTION is_news(text, text, text, integer, bigint, timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION is_news(text, text, text, integer, bigint, timestamptz) IS
'Whether a step that a clock passed at an instant is news: it was not announced since. In millionths of a percent.';

-- The highest step that a clock has passed stands for those below it, whose instants are earlier:
-- if it is no news they are none.  What an announcement makes needless is forgotten, so a clock seldom has two rows.
-- Who calls has the tickets locked that the candidates are of, until the transaction ends; so no two write about one clock at a time.
CREATE FUNCTION write_events(attachments text[], tables regclass[], keys text[], metrics text[], runs integer[], steps bigint[], dues timestamptz[],
	instants timestamptz[], swept_at timestamptz)
RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	WITH passed AS (
		SELECT DISTINCT ON (p.attachment, p.key, p.metric, p.run) p.attachment, p.ticket_table, p.key, p.metric, p.run, trim_scale(p.millionths / 1000000.0) AS percent, p.millionths, p.due, p.instant
		FROM unnest(attachments, tables, keys, metrics, runs, steps, dues, instants) AS p (attachment, ticket_table, key, metric, run, millionths, due, instant)
		ORDER BY p.attachment, p.key, p.metric, p.run, p.millionths DESC
	), news AS MATERIALIZED (
		SELECT p.* FROM passed p WHERE is_news(p.attachment, p.key, p.metric, p.run, p.millionths, p.instant)
	), forgotten AS (
		DELETE FROM @extschema@.slt_announced a USING news n
		WHERE a.attachment = n.attachment AND a.key = n.key AND a.metric = n.metric AND a.run = n.run AND a.percent <= n.percent
	), remembered AS (
		INSERT INTO @extschema@.slt_announced (attachment, key, metric, run, percent, announced_at)
		SELECT n.attachment, n.key, n.metric, n.run, n.percent, swept_at FROM news n
	), written AS (
		INSERT INTO @extschema@.slt_events (attachment, ticket_table, table_name, key, metric, run, kind, percent, due)
		SELECT n.attachment, n.ticket_table, n.ticket_table::text, n.key, n.metric, n.run, CASE WHEN n.percent < 100 THEN 'at risk' ELSE 'breached' END, n.percent, n.due
		FROM news n ORDER BY n.instant, n.key
		RETURNING 1
	)
	SELECT count(*) FROM written;
END;
REVOKE ALL ON FUNCTION write_events(text[], regclass[], text[], text[], integer[], bigint[], timestamptz[], timestamptz[], timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION write_events(text[], regclass[], text[], text[], integer[], bigint[], timestamptz[], timestamptz[], timestamptz) IS
'Writes those events that are news, and remembers what was announced; returns how many. The arrays have a place for each step that was passed: in millionths of a percent, and when it was passed.';

-- A table that was never attached has nothing announced, whatever one of that name had: no column of it is ours.
CREATE FUNCTION forget_announced()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
BEGIN
	DELETE FROM announced a
	WHERE a.attachment = NEW.name AND NEW.own_columns = '{}' AND NOT EXISTS (
		SELECT FROM pg_attribute c
		WHERE c.attrelid = NEW.ticket_table AND c.attnum > 0 AND NOT c.attisdropped AND col_description(c.attrelid, c.attnum) LIKE '%Written by slt.');
	RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION forget_announced() FROM PUBLIC;
COMMENT ON FUNCTION forget_announced() IS 'Trigger of slt_attachments: a new attachment of a table without columns of slt does not inherit what was announced for another of that name.';
CREATE TRIGGER slt_forget_announced AFTER INSERT ON @extschema@.slt_attachments FOR EACH ROW EXECUTE FUNCTION forget_announced();

-- ---------- taking ----------

CREATE FUNCTION events_are_written()
RETURNS boolean
LANGUAGE sql VOLATILE
BEGIN ATOMIC
	SELECT EXISTS (SELECT FROM pg_locks l
		WHERE l.relation = '@extschema@.slt_events'::regclass AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
			AND l.mode = 'RowExclusiveLock' AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid());
END;
COMMENT ON FUNCTION events_are_written() IS 'Whether another transaction, prepared ones included, may have written into slt_events and has not ended.';

-- Ids are drawn in one order and committed in another, so a consumer may not go by the last one that it had.  It has
-- had every event below some id, and some above.  That id moves on, past ids that will never come, when no other
-- transaction has slt_events locked for writing: then those that drew ids up to the last one we had have ended, and
-- what they committed is seen by the next statement.  Nothing waits for that; until then slt_deliveries is longer.
-- Above READ COMMITTED the next statement does not see more, so there the id stays.
CREATE FUNCTION zz_slt_internal.consumer_name(consumer text)
RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF consumer IS NULL OR consumer = '' THEN
		RAISE invalid_parameter_value USING MESSAGE = format('argument "%s" is not given', 'consumer'), HINT = 'Give the program that takes events a name.';
	END IF;
	RETURN consumer;
END $$;
COMMENT ON FUNCTION zz_slt_internal.consumer_name(text) IS 'The name of a consumer; error 22023 for none.';

CREATE FUNCTION @extschema@.slt_take_events(consumer text, max integer DEFAULT NULL)
RETURNS SETOF @extschema@.slt_events
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	-- locks the consumer's row: its other sessions wait
	INSERT INTO @extschema@.slt_consumers AS c (name, taken_at) VALUES (zz_slt_internal.consumer_name(slt_take_events.consumer), clock_timestamp())
	ON CONFLICT (name) DO UPDATE SET taken_at = excluded.taken_at,
		settled_below = CASE WHEN current_setting('transaction_isolation') IN ('read committed', 'read uncommitted') AND NOT zz_slt_internal.events_are_written()
			THEN greatest(c.settled_below, (SELECT max(d.event) + 1 FROM @extschema@.slt_deliveries d WHERE d.consumer = c.name AND d.event >= c.delivered_below))
			ELSE c.settled_below END;

	-- deliveries are asked for from a lower bound on, or scans would meet all that were deleted and not vacuumed yet
	WITH low AS MATERIALIZED (
		SELECT c.delivered_below AS before, coalesce(
			(SELECT e.id FROM @extschema@.slt_events e
				WHERE e.id >= c.delivered_below AND e.id < c.settled_below
					AND NOT EXISTS (SELECT FROM @extschema@.slt_deliveries d WHERE d.consumer = c.name AND d.event = e.id AND d.event >= c.delivered_below)
				ORDER BY e.id LIMIT 1), c.settled_below) AS now
		FROM @extschema@.slt_consumers c WHERE c.name = slt_take_events.consumer AND c.delivered_below < c.settled_below
	), moved AS (
		UPDATE @extschema@.slt_consumers c SET delivered_below = low.now FROM low WHERE c.name = slt_take_events.consumer
	)
	DELETE FROM @extschema@.slt_deliveries d
	WHERE d.consumer = slt_take_events.consumer AND d.event >= (SELECT low.before FROM low) AND d.event < (SELECT low.now FROM low);

	WITH low AS MATERIALIZED (
		SELECT c.delivered_below FROM @extschema@.slt_consumers c WHERE c.name = slt_take_events.consumer
	), taken AS MATERIALIZED (
		SELECT e.* FROM @extschema@.slt_events e
		WHERE e.id >= (SELECT low.delivered_below FROM low)
			AND NOT EXISTS (SELECT FROM @extschema@.slt_deliveries d
				WHERE d.consumer = slt_take_events.consumer AND d.event = e.id AND d.event >= (SELECT low.delivered_below FROM low))
		ORDER BY e.id LIMIT slt_take_events.max
	), delivered AS (
		INSERT INTO @extschema@.slt_deliveries (consumer, event) SELECT slt_take_events.consumer, t.id FROM taken t
	)
	SELECT t.* FROM taken t ORDER BY t.id;
END;
COMMENT ON FUNCTION @extschema@.slt_take_events(text, integer) IS
'The events that a consumer has not had yet, in order, at most so many. Each consumer gets each event, once, and a new one all there are; if the transaction rolls back it gets them again. Another session of the same consumer waits until the transaction ends; others do not.';

CREATE FUNCTION @extschema@.slt_skip_events(consumer text)
RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT count(*) FROM @extschema@.slt_take_events(consumer);
END;
COMMENT ON FUNCTION @extschema@.slt_skip_events(text) IS 'Leaves out the events that there are for a consumer, such as a new one; returns how many.';

-- No rights of their own: whoever calls them needs those on the tables.  Only whoever created the extension may let others.
REVOKE ALL ON @extschema@.slt_events, @extschema@.slt_announced, @extschema@.slt_announced_news, @extschema@.slt_consumers, @extschema@.slt_deliveries FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON @extschema@.slt_events, @extschema@.slt_announced, @extschema@.slt_announced_news, @extschema@.slt_consumers, @extschema@.slt_deliveries
	TO @extowner@ WITH GRANT OPTION;
GRANT SELECT, USAGE, UPDATE ON SEQUENCE @extschema@.slt_events_id_seq TO @extowner@ WITH GRANT OPTION;
