SET LOCAL search_path = zz_slt_internal, pg_temp;

-- the policy: config tables --------------------------------------------------------------------------------------
--
-- All of it is plain data.  pg_dump keeps the whole of each table, shipped rows
-- included.  When a table's rows arrive in a new database, those that CREATE
-- EXTENSION has just put there are removed (restore.sql), so that what is there
-- afterwards is exactly what was dumped.  A dump of INSERTs starts with
-- slt_shipped, to which every table refers, and its row removes all of them.

-- names: one rule for the tables and for whoever looks one up

CREATE FUNCTION fold_name(name text)
RETURNS text
AS 'MODULE_PATHNAME', 'slt_fold'
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION fold_name(text) IS 'A name as it is compared: ASCII letters in lower case whatever the locale, others as lower() has them.';

CREATE FUNCTION is_name(name text, most int DEFAULT 250)
RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT $1 ~ '^\S(.*\S)?$' AND octet_length($1) <= $2;
END;
COMMENT ON FUNCTION is_name(text, int) IS 'Whether a text can be a name: not blank, without spaces at its ends, of at most so many bytes.';

CREATE FUNCTION are_steps(steps numeric[])
RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT coalesce(array_ndims($1), 1) = 1 AND cardinality($1) <= 20 AND count(DISTINCT s.step) = cardinality($1) AND
		   coalesce(bool_and(s.step > 0 AND s.step <= 10000 AND s.step = round(s.step, 4)), true)
	FROM unnest($1) s (step);
END;
COMMENT ON FUNCTION are_steps(numeric[]) IS 'Whether numbers can be the steps of a target: 20 at most, all different, each more than 0 and at most 10000, with 4 decimals at most.';

CREATE TABLE @extschema@.slt_shipped (
	version text PRIMARY KEY
);
COMMENT ON TABLE @extschema@.slt_shipped IS
'The releases whose rows CREATE EXTENSION or ALTER EXTENSION put into the config tables. Not for editing: inserting a version that is there already, as a dump of INSERTs does, removes all shipped rows.';
COMMENT ON COLUMN @extschema@.slt_shipped.version IS 'A release of slt.';
SELECT pg_extension_config_dump('@extschema@.slt_shipped', '');

CREATE TABLE @extschema@.slt_calendars (
	name text PRIMARY KEY CONSTRAINT slt_calendars_name_is_a_name CHECK (is_name(name)),
	calendar @extschema@.working_calendar NOT NULL,
	note text,
	shipped text REFERENCES @extschema@.slt_shipped
);
CREATE UNIQUE INDEX slt_calendars_name_without_case ON @extschema@.slt_calendars (fold_name(name));
COMMENT ON TABLE @extschema@.slt_calendars IS 'Working calendars by name. Their holidays are in the lists that slt_calendar_lists names.';
COMMENT ON COLUMN @extschema@.slt_calendars.name IS 'What functions, contracts and targets call it; case does not matter there.';
COMMENT ON COLUMN @extschema@.slt_calendars.calendar IS 'Its time zone and rules, without the holidays.';
COMMENT ON COLUMN @extschema@.slt_calendars.note IS 'For people.';
COMMENT ON COLUMN @extschema@.slt_calendars.shipped IS 'The release of slt that shipped the row; null for your own.';
SELECT pg_extension_config_dump('@extschema@.slt_calendars', '');

CREATE TABLE @extschema@.slt_holiday_lists (
	name text PRIMARY KEY CONSTRAINT slt_holiday_lists_name_is_a_name CHECK (is_name(name)),
	note text,
	shipped text REFERENCES @extschema@.slt_shipped
);
CREATE UNIQUE INDEX slt_holiday_lists_name_without_case ON @extschema@.slt_holiday_lists (fold_name(name));
COMMENT ON TABLE @extschema@.slt_holiday_lists IS 'Lists of holidays, which calendars share.';
COMMENT ON COLUMN @extschema@.slt_holiday_lists.name IS 'What it is called, such as the country and region that keep these days.';
COMMENT ON COLUMN @extschema@.slt_holiday_lists.note IS 'For people.';
COMMENT ON COLUMN @extschema@.slt_holiday_lists.shipped IS 'The release of slt that shipped the row; null for your own.';
SELECT pg_extension_config_dump('@extschema@.slt_holiday_lists', '');

CREATE TABLE @extschema@.slt_calendar_lists (
	calendar text NOT NULL REFERENCES @extschema@.slt_calendars ON UPDATE CASCADE ON DELETE CASCADE,
	list text NOT NULL REFERENCES @extschema@.slt_holiday_lists ON UPDATE CASCADE,
	shipped text REFERENCES @extschema@.slt_shipped,
	PRIMARY KEY (calendar, list)
);
COMMENT ON TABLE @extschema@.slt_calendar_lists IS 'Which lists of holidays a calendar goes by.';
COMMENT ON COLUMN @extschema@.slt_calendar_lists.calendar IS 'The calendar, a row of slt_calendars.';
COMMENT ON COLUMN @extschema@.slt_calendar_lists.list IS 'The list, a row of slt_holiday_lists. It cannot be deleted while a calendar goes by it.';
COMMENT ON COLUMN @extschema@.slt_calendar_lists.shipped IS 'The release of slt that shipped the row; null for your own.';
SELECT pg_extension_config_dump('@extschema@.slt_calendar_lists', '');

CREATE TABLE @extschema@.slt_holidays (
	list text NOT NULL REFERENCES @extschema@.slt_holiday_lists ON UPDATE CASCADE ON DELETE CASCADE,
	day date NOT NULL CONSTRAINT slt_holidays_day_is_a_date_of_four_digits CHECK (day BETWEEN '0001-01-01' AND '9999-12-31'),
	name text NOT NULL CONSTRAINT slt_holidays_name_is_not_long CHECK (octet_length(name) <= 250),
	hours text,
	confirmed boolean NOT NULL DEFAULT true,
	source text,
	shipped text REFERENCES @extschema@.slt_shipped,
	PRIMARY KEY (list, day)
);
COMMENT ON TABLE @extschema@.slt_holidays IS 'Dates on which the calendars that go by a list are closed, or open at other hours; they replace whatever their rules say for the date. Where two lists name a date, what both leave open is open.';
COMMENT ON COLUMN @extschema@.slt_holidays.list IS 'The list, a row of slt_holiday_lists.';
COMMENT ON COLUMN @extschema@.slt_holidays.day IS 'The date, in the time zone of each calendar.';
COMMENT ON COLUMN @extschema@.slt_holidays.name IS 'What the holiday is called; explanations show it.';
COMMENT ON COLUMN @extschema@.slt_holidays.hours IS 'Null if closed, or as the calendar has its PH; else the hours that are open, such as 09:00-12:00 or 09:00-12:00,13:00-15:00, or those that are not, such as 14:00-16:00 off.';
COMMENT ON COLUMN @extschema@.slt_holidays.confirmed IS 'False while the date is tentative; it counts all the same.';
COMMENT ON COLUMN @extschema@.slt_holidays.source IS 'Where the date is from.';
COMMENT ON COLUMN @extschema@.slt_holidays.shipped IS 'The release of slt that shipped the row; null for your own.';
SELECT pg_extension_config_dump('@extschema@.slt_holidays', '');

CREATE TABLE @extschema@.slt_contracts (
	name text PRIMARY KEY CONSTRAINT slt_contracts_name_is_a_name CHECK (is_name(name)),
	calendar text NOT NULL REFERENCES @extschema@.slt_calendars ON UPDATE CASCADE,
	note text,
	shipped text REFERENCES @extschema@.slt_shipped
);
CREATE UNIQUE INDEX slt_contracts_name_without_case ON @extschema@.slt_contracts (fold_name(name));
COMMENT ON TABLE @extschema@.slt_contracts IS 'Contracts, and the calendar that their working time is counted by. One that targets use cannot be deleted.';
COMMENT ON COLUMN @extschema@.slt_contracts.name IS 'What tickets call it; case does not matter there.';
COMMENT ON COLUMN @extschema@.slt_contracts.calendar IS 'The calendar, a row of slt_calendars, unless a target has its own.';
COMMENT ON COLUMN @extschema@.slt_contracts.note IS 'For people.';
COMMENT ON COLUMN @extschema@.slt_contracts.shipped IS 'The release of slt that shipped the row; null for your own.';
SELECT pg_extension_config_dump('@extschema@.slt_contracts', '');

CREATE TABLE @extschema@.slt_severities (
	code text PRIMARY KEY CONSTRAINT slt_severities_code_is_a_name CHECK (is_name(code)),
	label text CONSTRAINT slt_severities_label_is_a_name CHECK (is_name(label)),
	definition text,
	shipped text REFERENCES @extschema@.slt_shipped
);
CREATE UNIQUE INDEX slt_severities_code_without_case ON @extschema@.slt_severities (fold_name(code));
CREATE UNIQUE INDEX slt_severities_label_without_case ON @extschema@.slt_severities (fold_name(label));
COMMENT ON TABLE @extschema@.slt_severities IS 'How bad an incident is. One that targets use cannot be deleted.';
COMMENT ON COLUMN @extschema@.slt_severities.code IS 'Its short name, such as S1; case does not matter in tickets.';
COMMENT ON COLUMN @extschema@.slt_severities.label IS 'A name in words that tickets may use as well, such as Critical.';
COMMENT ON COLUMN @extschema@.slt_severities.definition IS 'What makes an incident one of this severity.';
COMMENT ON COLUMN @extschema@.slt_severities.shipped IS 'The release of slt that shipped the row; null for your own.';
SELECT pg_extension_config_dump('@extschema@.slt_severities', '');

-- ends_with is no foreign key: pg_dump warns of tables that refer to themselves
CREATE TABLE @extschema@.slt_metrics (
	name text PRIMARY KEY CONSTRAINT slt_metrics_name_is_a_lower_case_word CHECK (
		name ~ '^\S+$' AND name = fold_name(name) AND octet_length(name) <= 250),
	pausable boolean NOT NULL DEFAULT true,
	when_reopened text NOT NULL DEFAULT 'resume' CONSTRAINT slt_metrics_when_reopened_is_known CHECK (
		when_reopened IN ('resume', 'restart', 'continue', 'once')),
	ends_with text,
	description text,
	shipped text REFERENCES @extschema@.slt_shipped
);
COMMENT ON TABLE @extschema@.slt_metrics IS 'What can be promised of a ticket: a clock for each.';
COMMENT ON COLUMN @extschema@.slt_metrics.name IS 'What targets and tickets call it, in lower case.';
COMMENT ON COLUMN @extschema@.slt_metrics.pausable IS 'Whether its clock stands still while a ticket is paused; a target may say otherwise.';
COMMENT ON COLUMN @extschema@.slt_metrics.when_reopened IS 'What it means that its end is taken back: resume (the clock goes on), restart (a new one starts), continue (as if it had never ended), once (the first end counts).';
COMMENT ON COLUMN @extschema@.slt_metrics.ends_with IS 'Another metric, a row of this table, whose end ends this one as well; null for none.';
COMMENT ON COLUMN @extschema@.slt_metrics.description IS 'For people.';
COMMENT ON COLUMN @extschema@.slt_metrics.shipped IS 'The release of slt that shipped the row; null for your own.';
-- one INSERT after another must find what it names, see below
SELECT pg_extension_config_dump('@extschema@.slt_metrics', 'ORDER BY zz_slt_internal.metric_depth(name), name');

CREATE TABLE @extschema@.slt_targets (
	contract text NOT NULL REFERENCES @extschema@.slt_contracts ON UPDATE CASCADE,
	severity text NOT NULL REFERENCES @extschema@.slt_severities ON UPDATE CASCADE,
	metric text NOT NULL REFERENCES @extschema@.slt_metrics ON UPDATE CASCADE,
	amount @extschema@.working_interval NOT NULL CONSTRAINT slt_targets_amount_is_positive CHECK (
		amount OPERATOR(@extschema@.>) '0 hours' AND amount OPERATOR(@extschema@.<) 'infinity'),
	during tstzrange NOT NULL DEFAULT '(,)' CONSTRAINT slt_targets_during_is_not_empty CHECK (NOT isempty(during)),
	calendar text REFERENCES @extschema@.slt_calendars ON UPDATE CASCADE,
	pausable boolean,
	steps numeric[] NOT NULL DEFAULT '{75,100}' CONSTRAINT slt_targets_steps_are_percents CHECK (are_steps(steps)),
	attain numeric CONSTRAINT slt_targets_attain_is_a_percentage CHECK (attain > 0 AND attain <= 100),
	shipped text REFERENCES @extschema@.slt_shipped,
	PRIMARY KEY (contract, severity, metric, during)
);
COMMENT ON TABLE @extschema@.slt_targets IS
'How much working time a contract allows for a severity and a metric, and for tickets opened when. To change a target, end the row that is in force and add another: tickets opened before keep what they were promised.';
COMMENT ON COLUMN @extschema@.slt_targets.contract IS 'The contract, a row of slt_contracts.';
COMMENT ON COLUMN @extschema@.slt_targets.severity IS 'The severity, a row of slt_severities.';
COMMENT ON COLUMN @extschema@.slt_targets.metric IS 'What must happen in time, a row of slt_metrics.';
COMMENT ON COLUMN @extschema@.slt_targets.amount IS 'The working time allowed.';
COMMENT ON COLUMN @extschema@.slt_targets.during IS 'For clocks that start in this range; ranges of one contract, severity and metric do not overlap.';
COMMENT ON COLUMN @extschema@.slt_targets.calendar IS 'The calendar that its working time is counted by; null: the contract''s.';
COMMENT ON COLUMN @extschema@.slt_targets.pausable IS 'Whether the clock stands still while a ticket is paused; null: as the metric says.';
COMMENT ON COLUMN @extschema@.slt_targets.steps IS 'When tickets are announced, in percent of the working time: at risk from the first step below 100 on, breached from 100 on.';
COMMENT ON COLUMN @extschema@.slt_targets.attain IS 'How many percent of clocks were promised to be in time; null: nothing was.';
COMMENT ON COLUMN @extschema@.slt_targets.shipped IS 'The release of slt that shipped the row; null for your own.';
SELECT pg_extension_config_dump('@extschema@.slt_targets', '');

CREATE TABLE @extschema@.slt_request_kinds (
	name text PRIMARY KEY CONSTRAINT slt_request_kinds_name_is_a_name CHECK (is_name(name)),
	in_scope boolean NOT NULL,
	note text,
	shipped text REFERENCES @extschema@.slt_shipped
);
CREATE UNIQUE INDEX slt_request_kinds_name_without_case ON @extschema@.slt_request_kinds (fold_name(name));
COMMENT ON TABLE @extschema@.slt_request_kinds IS 'The scope of the policy: which requests are owed a deadline.';
COMMENT ON COLUMN @extschema@.slt_request_kinds.name IS 'A kind of request.';
COMMENT ON COLUMN @extschema@.slt_request_kinds.in_scope IS 'Whether requests of the kind are owed a deadline.';
COMMENT ON COLUMN @extschema@.slt_request_kinds.note IS 'For people.';
COMMENT ON COLUMN @extschema@.slt_request_kinds.shipped IS 'The release of slt that shipped the row; null for your own.';
SELECT pg_extension_config_dump('@extschema@.slt_request_kinds', '');

CREATE TABLE @extschema@.slt_channels (
	name text PRIMARY KEY CONSTRAINT slt_channels_name_is_a_name CHECK (is_name(name)),
	opens_tickets boolean NOT NULL,
	address text,
	shipped text REFERENCES @extschema@.slt_shipped
);
CREATE UNIQUE INDEX slt_channels_name_without_case ON @extschema@.slt_channels (fold_name(name));
COMMENT ON TABLE @extschema@.slt_channels IS 'The ways by which customers reach support.';
COMMENT ON COLUMN @extschema@.slt_channels.name IS 'A channel.';
COMMENT ON COLUMN @extschema@.slt_channels.opens_tickets IS 'Whether what arrives there opens a ticket.';
COMMENT ON COLUMN @extschema@.slt_channels.address IS 'Where customers find it: a URL, an e-mail address.';
COMMENT ON COLUMN @extschema@.slt_channels.shipped IS 'The release of slt that shipped the row; null for your own.';
SELECT pg_extension_config_dump('@extschema@.slt_channels', '');

CREATE TABLE @extschema@.slt_policy_log (
	at timestamptz NOT NULL,
	by text NOT NULL,
	in_table text NOT NULL,
	before jsonb,
	after jsonb,
	shipped text REFERENCES @extschema@.slt_shipped
);
CREATE INDEX slt_policy_log_before ON @extschema@.slt_policy_log USING hash (before);
CREATE INDEX slt_policy_log_after ON @extschema@.slt_policy_log USING hash (after);
COMMENT ON TABLE @extschema@.slt_policy_log IS
'Every change of the policy: of calendars, holidays and their lists, contracts, severities, metrics, targets, request kinds, channels, services and experiences. What SET slt.as_of and slt_policy_changes() go by, so nothing should be deleted here. A change that is told twice says nothing.';
COMMENT ON COLUMN @extschema@.slt_policy_log.at IS 'When the row was changed, by the clock; the change counts from when its transaction was committed.';
COMMENT ON COLUMN @extschema@.slt_policy_log.by IS 'The role that had logged in.';
COMMENT ON COLUMN @extschema@.slt_policy_log.in_table IS 'The table, such as slt_targets.';
COMMENT ON COLUMN @extschema@.slt_policy_log.before IS 'The row before; null if it was added.';
COMMENT ON COLUMN @extschema@.slt_policy_log.after IS 'The row afterwards; null if it was removed.';
COMMENT ON COLUMN @extschema@.slt_policy_log.shipped IS 'The release of slt that shipped the row with which the log begins; null for changes.';
SELECT pg_extension_config_dump('@extschema@.slt_policy_log', '');

-- by these views PL/pgSQL finds the tables whatever the extension's schema is called; the rights of whoever asks decide
DO $$
DECLARE
	t text;
BEGIN
	FOREACH t IN ARRAY '{shipped,calendars,holiday_lists,calendar_lists,holidays,contracts,severities,metrics,targets,request_kinds,channels,policy_log}'::text[] LOOP
		EXECUTE format('CREATE VIEW %I WITH (security_invoker) AS SELECT * FROM @extschema@.%I', t, 'slt_' || t);
		EXECUTE format('COMMENT ON VIEW %I IS %L', t, 'The table slt_' || t || '.');
		EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO PUBLIC', t);
	END LOOP;
END $$;

CREATE FUNCTION metric_depth(name text)
RETURNS bigint
LANGUAGE sql STABLE
BEGIN ATOMIC
	WITH RECURSIVE path (name) AS (
		SELECT m.ends_with FROM @extschema@.slt_metrics m WHERE m.name = $1
		UNION
		SELECT m.ends_with FROM path p JOIN @extschema@.slt_metrics m ON m.name = p.name
	)
	SELECT count(p.name) FROM path p;
END;
COMMENT ON FUNCTION metric_depth(text) IS 'How many metrics a metric ends with, one by way of another: the order in which pg_dump, which uses no views, writes them.';

CREATE FUNCTION check_target()
RETURNS trigger
AS 'MODULE_PATHNAME', 'slt_check_target'
LANGUAGE c;
COMMENT ON FUNCTION check_target() IS 'Trigger of slt_targets: refuses targets of one contract, severity and metric that overlap in time, with error 23P01.';

CREATE FUNCTION check_metric()
RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	problem record;
BEGIN
	IF TG_OP = 'UPDATE' AND NEW.name <> OLD.name THEN
		UPDATE metrics SET ends_with = NEW.name WHERE ends_with = OLD.name;
	END IF;
	SELECT m.name, m.ends_with INTO problem FROM metrics m
	WHERE m.ends_with IS NOT NULL AND NOT EXISTS (SELECT FROM metrics e WHERE e.name = m.ends_with);
	IF FOUND THEN
		RAISE foreign_key_violation USING MESSAGE = format('metric "%s" ends with "%s", which is no metric', problem.name, left(problem.ends_with, 100)),
			HINT = 'Name a row of slt_metrics, as it is spelled there.';
	END IF;
	WITH RECURSIVE path (first, name) AS (
		SELECT m.name, m.ends_with FROM metrics m WHERE m.ends_with IS NOT NULL
		UNION
		SELECT p.first, m.ends_with FROM path p JOIN metrics m ON m.name = p.name WHERE m.ends_with IS NOT NULL
	)
	SELECT p.name INTO problem FROM path p WHERE p.name = p.first;
	IF FOUND THEN
		RAISE check_violation USING MESSAGE = format('metric "%s" ends with itself', problem.name),
			DETAIL = 'It names another metric that in the end names it.';
	END IF;
	RETURN NULL;
END $$;
COMMENT ON FUNCTION check_metric() IS 'Trigger of slt_metrics: refuses an end with what is no metric (23503) or with itself (23514); a rename reaches ends_with.';

CREATE VIEW config_references AS
	SELECT k.conrelid::regclass AS rel, k.confrelid::regclass AS config, k.conrelid = ANY (e.extconfig) AS is_ours, k.confdeltype = 'c' AS cascades, string_agg(format('r.%I = c.%I', r.attname, c.attname), ' AND ') AS matches,
		   string_agg(format('r.%I', r.attname), ' || '', '' || ' ORDER BY c.attnum) AS key,
		   CASE WHEN EXISTS (SELECT FROM pg_attribute s WHERE s.attrelid = k.conrelid AND s.attname = 'shipped') THEN 'r.shipped IS NULL' ELSE 'true' END AS is_own
	FROM pg_extension e JOIN pg_constraint k ON k.contype = 'f' AND k.confrelid = ANY (e.extconfig), unnest(k.conkey, k.confkey) AS pair (r, c)
	JOIN pg_attribute r ON r.attnum = pair.r JOIN pg_attribute c ON c.attnum = pair.c
	WHERE e.extname = 'slt' AND r.attrelid = k.conrelid AND c.attrelid = k.confrelid
	GROUP BY k.oid, k.conrelid, k.confrelid, k.confdeltype, e.extconfig;
COMMENT ON VIEW config_references IS 'What refers to the config tables: a table r, which rows of a table c it names, by what key, and whether a row of a table of ours is the user''s own, as SQL has it.';
GRANT SELECT ON config_references TO PUBLIC;

CREATE FUNCTION check_shipped_is_unused(config regclass)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	referring record;
	used text;
BEGIN
	FOR referring IN SELECT * FROM zz_slt_internal.config_references x WHERE x.is_ours AND x.config = check_shipped_is_unused.config LOOP
		EXECUTE format('SELECT %s FROM %s r JOIN %s c ON %s WHERE c.shipped IS NOT NULL AND %s LIMIT 1',
					   referring.key, referring.rel, config, referring.matches, referring.is_own) INTO used;
		IF used IS NOT NULL THEN
			RAISE foreign_key_violation USING MESSAGE = format('shipped rows of table %s are in use', zz_slt_internal.quoted_table(config)),
				DETAIL = format('Rows of your own in table %s use "%s".', zz_slt_internal.quoted_table(referring.rel), left(used, 100)),
				HINT = 'To keep shipped rows as your own, set their column "shipped" to null first.';
		END IF;
	END LOOP;
END $$;
COMMENT ON FUNCTION check_shipped_is_unused(regclass) IS 'Error 23503 if rows of the user''s own refer to shipped rows of a table: they would be deleted with them, or be in the way.';

CREATE FUNCTION delete_shipped(schema text, metrics boolean)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	config name;
BEGIN
	FOREACH config IN ARRAY '{slt_targets,slt_contracts,slt_severities,slt_metrics,slt_calendar_lists,slt_holidays,slt_holiday_lists,slt_calendars,slt_request_kinds,slt_channels,slt_experiences,slt_services,slt_page_texts}'::name[] LOOP
		IF metrics OR config NOT IN ('slt_metrics', 'slt_page_texts') THEN
			PERFORM zz_slt_internal.check_shipped_is_unused(format('%I.%I', schema, config)::regclass);
			EXECUTE format('DELETE FROM %I.%I WHERE shipped IS NOT NULL', schema, config);
		END IF;
	END LOOP;
END $$;
COMMENT ON FUNCTION delete_shipped(text, boolean) IS 'Deletes the rows that slt shipped, metrics only if that is said. Error 23503 while rows of the user''s own use them.';

CREATE FUNCTION restore_shipped()
RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
DECLARE
	started timestamptz := clock_timestamp();
BEGIN
	IF NOT EXISTS (SELECT FROM shipped s WHERE s.version = NEW.version) THEN
		RETURN NEW;
	END IF;
	PERFORM delete_shipped(TG_TABLE_SCHEMA::text, true);
	-- the log that is restored next begins elsewhere, and knows nothing of this
	DELETE FROM policy_log l WHERE l.shipped IS NOT NULL OR l.at >= started AND l.after IS NULL;
	RETURN NULL;
END $$;
COMMENT ON FUNCTION restore_shipped() IS 'Trigger of slt_shipped: makes room for the rows of a dump by removing those that CREATE EXTENSION put there.';

CREATE FUNCTION @extschema@.slt_remove_shipped_policy()
RETURNS void
LANGUAGE sql
BEGIN ATOMIC
	SELECT delete_shipped(n.nspname::text, false)
	FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'slt';
END;
COMMENT ON FUNCTION @extschema@.slt_remove_shipped_policy() IS
'Removes the shipped policy, but for its metrics, to make room for one of your own: targets, contracts, severities, calendars, holidays, scope, channels, service and experiences. Error 23503 while rows of your own use them.';

CREATE FUNCTION @extschema@.slt_policy_changes("from" timestamptz DEFAULT '-infinity', "to" timestamptz DEFAULT 'infinity',
											   OUT at timestamptz, OUT by text, OUT in_table text, OUT change text, OUT before jsonb, OUT after jsonb)
RETURNS SETOF record
LANGUAGE sql STABLE
BEGIN ATOMIC
	WITH changes AS (
		SELECT row_number() OVER () AS n, l.* FROM (SELECT DISTINCT d.at, d.by, d.in_table, d.before, d.after FROM policy_log d) l
	), mentioned AS (
		-- a change says something if it adds a row that was not there, or removes one that was
		SELECT m.n, m.left_it, lag(m.left_it, 1, false) OVER (PARTITION BY m.in_table, m.was ORDER BY m.at, m.left_it) AS was_there
		FROM (SELECT c.n, c.in_table, c.at, c.after AS was, true AS left_it FROM changes c WHERE c.after IS NOT NULL
			  UNION ALL SELECT c.n, c.in_table, c.at, c.before, false FROM changes c WHERE c.before IS NOT NULL) m
	)
	SELECT c.at, c.by, c.in_table, CASE WHEN c.before IS NULL THEN 'added' WHEN c.after IS NULL THEN 'removed' ELSE 'changed' END, c.before, c.after
	FROM changes c
	WHERE c.at >= $1 AND c.at < $2 AND EXISTS (SELECT FROM mentioned m WHERE m.n = c.n AND m.left_it <> m.was_there)
	ORDER BY c.at;
END;
COMMENT ON FUNCTION @extschema@.slt_policy_changes(timestamptz, timestamptz) IS
'The changes of the policy from an instant to before another: added, changed or removed, with the row before and after. Needs SELECT on slt_policy_log.';

CREATE FUNCTION wrap(words text, width int)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN rtrim(regexp_replace(regexp_replace(words, format('(\S{%s})(?=\S)', width), E'\\1\n', 'g'), format('([^\n]{1,%s})(?:\s+|$)', width), E'\\1\n', 'g'), E'\n');
COMMENT ON FUNCTION wrap(text, int) IS 'A text in lines that are no longer than a width.';

CREATE FUNCTION @extschema@.slt_check_holidays(OUT list text, OUT day date, OUT problem text)
RETURNS SETOF record
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT l.name, max(h.day), CASE WHEN max(h.day) IS NULL THEN 'The list is empty.' ELSE 'The list ends within 180 days.' END
	FROM holiday_lists l LEFT JOIN holidays h ON h.list = l.name GROUP BY l.name
	HAVING coalesce(max(h.day), '-infinity') < CURRENT_DATE + 180
	UNION ALL
	SELECT h.list, h.day, format('"%s" is not confirmed.', h.name)
	FROM holidays h WHERE NOT h.confirmed AND h.day BETWEEN CURRENT_DATE AND CURRENT_DATE + 30
	UNION ALL
	SELECT a.list, a.day, wrap(format('Calendar "%s": it is "%s" here and "%s" in list "%s".', x.calendar, a.name, b.name, b.list), 64)
	FROM calendar_lists x JOIN calendar_lists y ON y.calendar = x.calendar AND y.list > x.list
	JOIN holidays a ON a.list = x.list JOIN holidays b ON b.list = y.list AND b.day = a.day AND b.name <> a.name
	WHERE a.day >= CURRENT_DATE
	ORDER BY 2 NULLS FIRST, 1, 3;
END;
COMMENT ON FUNCTION @extschema@.slt_check_holidays() IS
'What should be looked at in the lists of holidays: lists that are empty or end within 180 days, dates of the next 30 days that are not confirmed, and dates to come that two lists of a calendar name differently. Needs SELECT on the tables.';

CREATE FUNCTION @extschema@.slt_grant_policy(role regrole)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	command text;
BEGIN
	IF role IS NULL THEN
		RAISE invalid_parameter_value USING MESSAGE = format('argument "%s" is not given', 'role'), HINT = 'Name the role that shall edit the policy.';
	END IF;
	FOR command IN
		SELECT format('GRANT %s ON %s TO %s WITH GRANT OPTION',
					  CASE c.relkind WHEN 'S' THEN 'SELECT, USAGE, UPDATE' ELSE 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE' END, c.oid::regclass, role)
		FROM pg_extension e, unnest(e.extconfig) x (oid), pg_class c WHERE e.extname = 'slt' AND c.oid = x.oid
		UNION ALL
		SELECT format('GRANT EXECUTE ON ROUTINE %s TO %s WITH GRANT OPTION', p.oid::regprocedure, role)
		FROM pg_extension e JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.classid = 'pg_proc'::regclass
		JOIN pg_proc p ON p.oid = d.objid AND p.pronamespace = e.extnamespace
		WHERE e.extname = 'slt' AND NOT EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)
	LOOP
		EXECUTE command;
	END LOOP;
END $$;
COMMENT ON FUNCTION @extschema@.slt_grant_policy(regrole) IS
'Grants a role what the owner of the extension needs: all rights on the tables of the policy, tickets and availability, with grant option, and the functions that not everyone may call. For after REASSIGN OWNED. Needs these rights with grant option.';

CREATE FUNCTION log_was_restored()
RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, zz_slt_internal, pg_temp
AS $$
BEGIN
	DELETE FROM policy_log l USING new_rows n
	WHERE l.before IS NULL AND l.after = n.after AND l.in_table = n.in_table AND l.at > n.at
	  AND NOT EXISTS (SELECT FROM policy_log d WHERE d.before = l.after AND d.in_table = l.in_table AND d.at > n.at AND d.at < l.at);
	RETURN NULL;
END $$;
COMMENT ON FUNCTION log_was_restored() IS 'Trigger of slt_policy_log: when a dump brings the log, what was logged as added while its tables were restored is told twice, and goes.';

CREATE FUNCTION check_calendars()
RETURNS trigger
AS 'MODULE_PATHNAME', 'slt_check_calendars'
LANGUAGE c;
COMMENT ON FUNCTION check_calendars() IS 'Trigger of slt_calendars, slt_calendar_lists and slt_holidays: refuses what would break a calendar.';

CREATE FUNCTION log_change()
RETURNS trigger
AS 'MODULE_PATHNAME', 'slt_log_change'
LANGUAGE c;
COMMENT ON FUNCTION log_change() IS 'Trigger of the policy tables: writes slt_policy_log.';

CREATE FUNCTION config_changed()
RETURNS trigger
AS 'MODULE_PATHNAME', 'slt_config_changed'
LANGUAGE c;
COMMENT ON FUNCTION config_changed() IS 'Trigger of the config tables: tells every session that its copy of the policy is stale.';

REVOKE ALL ON FUNCTION check_target(), check_metric(), check_calendars(), restore_shipped(), log_was_restored(), config_changed(), log_change(), @extschema@.slt_grant_policy(regrole) FROM PUBLIC;
