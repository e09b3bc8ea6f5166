-- What the catalogs say of the extension: comments, marks of functions, operator
-- classes, dumping, triggers; and that it ships the published policy.

BEGIN;
SELECT no_plan();

-- what belongs to the extension
CREATE TEMP VIEW member AS
SELECT d.classid, d.objid
FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
WHERE e.extname = 'slt' AND d.deptype = 'e';

CREATE TEMP VIEW func AS
SELECT p.*, p.oid::regprocedure::text AS signature, l.lanname AS language
FROM member m JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid JOIN pg_language l ON l.oid = p.prolang;

-- comments -------------------------------------------------------------------------------------------------------

SELECT isnt_empty($$ SELECT FROM member WHERE classid = 'pg_proc'::regclass $$, 'the extension has members');
SELECT is_empty($$
	SELECT pg_describe_object(classid, objid, 0) FROM member
	WHERE classid IN ('pg_proc'::regclass, 'pg_type'::regclass, 'pg_operator'::regclass, 'pg_cast'::regclass, 'pg_opclass'::regclass, 'pg_class'::regclass)
	  -- row types and arrays are not for people, nor are sequences and indexes
	  AND NOT EXISTS (SELECT FROM pg_type t WHERE classid = 'pg_type'::regclass AND t.oid = objid AND (t.typelem <> 0 AND t.typsubscript = 'array_subscript_handler'::regproc OR t.typtype = 'c' AND (SELECT relkind FROM pg_class WHERE oid = t.typrelid) <> 'c'))
	  AND NOT EXISTS (SELECT FROM pg_class c WHERE classid = 'pg_class'::regclass AND c.oid = objid AND c.relkind NOT IN ('r', 'p', 'v', 'm', 'f'))
	  AND coalesce(obj_description(objid, classid::regclass::name), '') = ''
$$, 'every function, aggregate, type, operator, cast, operator class, table and view has a comment');
SELECT is_empty($$
	SELECT c.oid::regclass, a.attname
	FROM member m JOIN pg_class c ON m.classid = 'pg_class'::regclass AND m.objid = c.oid AND c.relkind IN ('r', 'p', 'v', 'm')
	JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	WHERE coalesce(col_description(c.oid, a.attnum), '') = '' AND c.relnamespace <> 'zz_slt_internal'::regnamespace
$$, 'every column of a table or view has a comment');
SELECT ok(obj_description((SELECT oid FROM pg_extension WHERE extname = 'slt'), 'pg_extension') <> '', 'the extension has a comment');

-- marks of functions ---------------------------------------------------------------------------------------------

CREATE TEMP TABLE has_calendar AS
SELECT *, CASE WHEN 'working_calendar'::regtype = ANY (proargtypes::regtype[]) THEN 'value'
			   WHEN proname ~ '^slt_' THEN 'policy'
			   WHEN 'text'::regtype = ANY (proargtypes::regtype[]) THEN 'name'
			   ELSE 'setting' END AS by
FROM func
WHERE prorettype <> 'trigger'::regtype AND prokind = 'f'
  AND (proname IN ('working_add', 'working_between', 'is_working', 'is_due', 'next_working', 'previous_working', 'working_periods', 'working_periods_on', 'working_today',
				   'working_days', 'working_days_between', 'working_days_in_month', 'timestamptz_pl_working_interval',
				   'working_interval_pl_timestamptz', 'timestamptz_mi_working_interval') OR proname ~ '^slt_');

-- those of availability go by tables as well
DELETE FROM has_calendar WHERE proname ~ '^slt_availability';
SELECT is((SELECT string_agg(DISTINCT proname, ' ' ORDER BY proname) FROM has_calendar WHERE by = 'value'),
	'is_due is_working next_working previous_working working_add working_between working_days working_days_between working_days_in_month working_periods working_periods_on working_today',
	'these functions take a calendar');
SELECT set_eq($$ SELECT proname FROM has_calendar WHERE by = 'name' $$, $$ SELECT proname FROM has_calendar WHERE by = 'value' $$, 'each of them takes its name as well');
SELECT set_eq($$ SELECT proname FROM has_calendar WHERE by = 'setting' AND proname !~ 'timestamptz' $$, $$ SELECT proname FROM has_calendar WHERE by = 'value' $$, 'and can do without');
SELECT is_empty($$ SELECT signature, provolatile FROM has_calendar WHERE by = 'value' AND provolatile <> CASE proname WHEN 'working_today' THEN 's' ELSE 'i' END $$,
	'functions of a calendar as a value are immutable, except working_today');
SELECT is_empty($$ SELECT signature, provolatile FROM has_calendar WHERE by IN ('name', 'setting') AND provolatile <> 's' $$,
	'functions of a calendar''s name, and those that go by the setting, are stable');
SELECT is_empty($$ SELECT signature, provolatile FROM has_calendar WHERE by = 'policy' AND proname IN ('slt_deadline', 'slt_explain', 'slt_calendar') AND provolatile <> 's' $$,
	'functions of the policy are stable');
SELECT is_empty($$
	SELECT signature, provolatile FROM func
	WHERE prokind = 'f' AND prorettype <> 'trigger'::regtype AND proname !~ '^slt_' AND pronamespace <> 'zz_slt_internal'::regnamespace AND oid NOT IN (SELECT oid FROM has_calendar)
	  AND provolatile <> CASE WHEN proname IN ('working_calendar_in', 'working_calendar_recv') THEN 's' ELSE 'i' END
$$, 'all else is immutable, except to read a calendar, which asks the server for zones');
SELECT is_empty($$
	SELECT o.oprcode, o.oprname FROM pg_operator o JOIN member m ON m.classid = 'pg_operator'::regclass AND m.objid = o.oid JOIN pg_proc p ON p.oid = o.oprcode
	WHERE p.provolatile <> 'i' AND NOT 'timestamptz'::regtype IN (o.oprleft, o.oprright)
$$, 'so are operators, except those that go by the setting');
SELECT is_empty($$ SELECT signature, proparallel FROM func WHERE prorettype <> 'trigger'::regtype AND proparallel <> 's' AND proname ~ '^(working|make_working|is_|next_|previous_|slt_(deadline|explain|calendar|check_time_zones)$)' AND NOT proargtypes::regtype[] && '{regclass,record}' $$,
	'what computes without a table is parallel safe');
SELECT is_empty($$
	SELECT signature FROM func f
	WHERE language = 'c' AND NOT proisstrict AND prokind = 'f' AND prorettype <> 'trigger'::regtype AND NOT 'paused' = ANY (coalesce(proargnames, '{}'))
	  AND proname NOT IN ('slt_tickets', 'slt_report', 'report_rows', 'policy_rows', 'slt_sweep', 'slt_next_sweep') AND NOT 'service' = ANY (coalesce(proargnames, '{}')) AND pronargs > 0
	  AND NOT EXISTS (SELECT FROM pg_aggregate a WHERE f.oid IN (a.aggtransfn, a.aggcombinefn, a.aggfinalfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn))
$$, 'C functions are strict, but for those with pauses, with arguments that may be left out, and of aggregates');
SELECT is_empty($$ SELECT signature FROM func WHERE 'paused' = ANY (proargnames[:pronargs]) AND proisstrict $$, 'no function with pauses is strict, for no pause is null');
-- Reading the policy needs no rights, nor does a table's owner need any on slt_attachments; and whoever edits the policy need not be one who attaches.
SELECT set_eq($$ SELECT signature FROM func WHERE prosecdef $$,
	$$ VALUES ('zz_slt_internal.family(regclass)'), ('zz_slt_internal.known_metrics()'), ('zz_slt_internal.follow_policy()'), ('zz_slt_internal.follow_metric()'), ('zz_slt_internal.forget_announced()'), ('zz_slt_internal.fingerprint()'), ('zz_slt_internal.expect_news()') $$,
	'no function is SECURITY DEFINER but those that read or correct what their callers have no rights on');
SELECT is_empty($$
	SELECT signature FROM func f
	WHERE prosecdef AND prosqlbody IS NULL AND (prorettype <> 'trigger'::regtype OR EXISTS (SELECT FROM aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a WHERE a.grantee = 0))
$$, 'what these look up by name, nobody else runs');
SELECT is_empty($$ SELECT signature FROM func WHERE prosecdef AND proconfig IS NULL OR EXISTS (SELECT FROM unnest(proconfig) c WHERE c ~ '^search_path' AND c !~ 'pg_temp$') $$,
	'each search path that is set ends with pg_temp');

-- operator classes, casts ----------------------------------------------------------------------------------------

SELECT set_eq($$
	SELECT opcintype::regtype::text, amname::text, opcdefault, amvalidate(c.oid)
	FROM pg_opclass c JOIN pg_am a ON a.oid = c.opcmethod JOIN member m ON m.classid = 'pg_opclass'::regclass AND m.objid = c.oid
$$, $$ VALUES ('working_interval', 'btree', true, true), ('working_interval', 'hash', true, true), ('working_calendar', 'btree', true, true), ('working_calendar', 'hash', true, true) $$,
	'each type has a btree and a hash operator class, which are valid');
SELECT set_eq($$
	SELECT castsource::regtype::text, casttarget::regtype::text FROM pg_cast
	WHERE castcontext = 'e' AND 'working_interval'::regtype IN (castsource, casttarget)
$$, $$ VALUES ('working_interval', 'interval'), ('interval', 'working_interval') $$, 'casts from and to interval are explicit');
SELECT is((SELECT typlen FROM pg_type WHERE oid = 'working_interval'::regtype), 16::int2, 'a working_interval is 16 bytes');

-- config tables --------------------------------------------------------------------------------------------------

SELECT set_eq($$ SELECT c.relname::text FROM pg_extension e, unnest(e.extconfig) x (oid) JOIN pg_class c USING (oid) WHERE e.extname = 'slt' $$,
	$$ SELECT c.relname::text FROM member m JOIN pg_class c ON m.classid = 'pg_class'::regclass AND m.objid = c.oid AND c.relkind IN ('r', 'p', 'S') AND c.oid <> ALL ('{zz_slt_internal.put_off,zz_slt_internal.looks,zz_slt_internal.known_texts}'::regclass[]) $$,
	'every table and sequence is dumped, but for what the sweep puts off: places of rows, which are others after a restore; and what pages can say, which comes with the release');
SELECT is_empty($$
	SELECT c::regclass FROM pg_extension e, unnest(e.extconfig) c
	WHERE e.extname = 'slt' AND c <> 'slt_attachments'::regclass AND EXISTS (SELECT FROM pg_constraint k WHERE k.contype = 'f' AND c IN (k.conrelid, k.confrelid))
	  AND (SELECT count(*) FROM pg_trigger t WHERE t.tgrelid = c AND t.tgfoid = 'zz_slt_internal.restore_rows'::regproc AND t.tgenabled = 'A') <> 2
$$, 'each that refers to another, or that another refers to, is restored in any order');
SELECT set_eq($$ SELECT c.relname::text, x.condition FROM pg_extension e, unnest(e.extconfig, e.extcondition) x (oid, condition) JOIN pg_class c USING (oid) WHERE e.extname = 'slt' AND x.condition ~ 'WHERE' $$,
	$$ VALUES ('slt_attachments', 'WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = ticket_table)'), ('slt_events', 'WHERE ticket_table IS NULL OR EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = ticket_table)') $$,
	'as a whole, but for what is about a table that is gone, whose number another may get');
-- tgtype: 1 each row, 2 BEFORE, 4 INSERT, 8 DELETE, 16 UPDATE, 32 TRUNCATE
SELECT set_eq($$ SELECT tgrelid::regclass::text, tgenabled::text FROM pg_trigger WHERE tgfoid = 'zz_slt_internal.config_changed'::regproc AND tgtype = 1 + 2 + 4 + 8 + 16 $$,
	$$ SELECT t, 'A' FROM unnest('{slt_calendars,slt_calendar_lists,slt_holidays,slt_contracts,slt_severities,slt_metrics,slt_targets,slt_request_kinds,slt_attachments}'::text[]) t $$,
	'a change of any row of what deadlines are worked out from is told to sessions, always');
SELECT set_eq($$ SELECT tgrelid::regclass::text, tgenabled::text FROM pg_trigger WHERE tgfoid = 'zz_slt_internal.config_changed'::regproc AND tgtype = 2 + 32 $$,
	$$ SELECT t, 'A' FROM unnest('{slt_calendars,slt_calendar_lists,slt_holidays,slt_contracts,slt_severities,slt_metrics,slt_targets,slt_request_kinds,slt_attachments}'::text[]) t $$, 'and so is TRUNCATE');
SELECT set_eq($$ SELECT tgrelid::regclass::text, tgenabled::text, tgtype::int FROM pg_trigger WHERE tgfoid = 'zz_slt_internal.log_change'::regproc $$,
	$$ SELECT t, 'A', y FROM unnest('{slt_calendars,slt_holiday_lists,slt_calendar_lists,slt_holidays,slt_contracts,slt_severities,slt_metrics,slt_targets,slt_request_kinds,slt_channels,slt_services,slt_experiences}'::text[]) t,
	   unnest(ARRAY[1 + 4 + 8 + 16, 2 + 32]) y $$, 'each change of the policy is logged, always');
SELECT is_empty($$
	SELECT c.oid::regclass, a.grantee::regrole, a.privilege_type
	FROM member m JOIN pg_class c ON m.classid = 'pg_class'::regclass AND m.objid = c.oid AND c.relkind IN ('r', 'p'), aclexplode(c.relacl) a
	WHERE a.grantee = 0 AND c.oid <> 'zz_slt_internal.known_texts'::regclass
$$, 'nobody may touch them to whom it was not granted');

-- the published policy -------------------------------------------------------------------------------------------

SELECT set_eq($$
	SELECT contract, s.code, s.label, t.amount::text AS response, r.amount::text AS resolution
	FROM slt_targets t JOIN slt_targets r USING (contract, severity) JOIN slt_severities s ON s.code = severity
	WHERE t.metric = 'response' AND r.metric = 'resolution' AND t.during = '(,)' AND r.during = '(,)'
$$, $$ VALUES
	('Standard', 'S1', 'Critical', '4 working hours', '2 working days'),
	('Standard', 'S2', 'Medium', '8 working hours', '3 working days'),
	('Standard', 'S3', 'Low', '2 working days', '5 working days'),
	('Priority', 'S1', 'Critical', '2 working hours', '8 working hours'),
	('Priority', 'S2', 'Medium', '4 working hours', '2 working days'),
	('Priority', 'S3', 'Low', '1 working day', '3 working days')
$$, 'the targets');
SELECT is((SELECT count(*)::int FROM slt_targets), 12, 'and no other');
SELECT set_eq($$ SELECT name, calendar FROM slt_contracts $$, $$ VALUES ('Standard', 'Egypt'), ('Priority', 'Egypt') $$, 'the contracts');
SELECT set_eq($$ SELECT code, label, definition FROM slt_severities $$, $$ VALUES
	('S1', 'Critical', 'An error in a production environment that makes the product severely degraded, or significant aspects of it do not perform, with significant business impact.'),
	('S2', 'Medium', 'An error in a production environment where most business functions remain operational, or a system error with no specific impact on service.'),
	('S3', 'Low', 'Requests for information, billing, documentation.')
$$, 'the severities');
SELECT set_eq($$ SELECT name, calendar::text FROM slt_calendars $$, $$ VALUES ('Egypt', 'Africa/Cairo Su-Fr 09:00-17:00') $$, 'the calendar');
SELECT is(current_setting('slt.calendar'), 'Egypt', 'which is the default');
SELECT isnt_empty($$ SELECT FROM slt_holidays WHERE list = 'Egypt' AND day = '2026-01-07' AND hours IS NULL $$, 'with Egyptian public holidays');
SELECT is_empty($$ SELECT y FROM generate_series(2020, 2030) y WHERE (SELECT count(*) FROM slt_holidays WHERE extract(year FROM day) = y) NOT BETWEEN 12 AND 25 $$,
	'some for each year from 2020 to 2030');
SELECT set_eq($$ SELECT name, in_scope FROM slt_request_kinds $$, $$ VALUES
	('Platform support', true), ('Diagnosis', true), ('Temporary workaround', true), ('Permanent solution', true),
	('Customization', false), ('Upgrade of services', false), ('Implementation services', false)
$$, 'the scope');
SELECT set_eq($$ SELECT name, opens_tickets FROM slt_channels $$, $$ VALUES ('Self-service support centre', true), ('Support e-mail', true) $$, 'the channels');
-- availability --------------------------------------------------------------------------------------------------

SELECT is_empty($$ SELECT signature, provolatile, proparallel FROM func
	WHERE proname ~ '^slt_(availability|calendar_periods|list_|service$|error_budget|burn_alerts|weekly_downtime|next_maintenance)' AND prokind = 'f' AND (provolatile, proparallel) <> ('s', 's') $$,
	'what reads availability is stable and parallel safe');
SELECT is_empty($$ SELECT signature FROM func WHERE proname ~ '^slt_(record|settle|check_outages|cover|maintenance_notices)$' AND (provolatile, proparallel) <> ('v', 'u') $$,
	'what writes or notifies is volatile and not parallel safe');
SELECT set_eq($$ SELECT aggfnoid::regprocedure::text, aggcombinefn <> 0 AND aggserialfn <> 0 AND aggdeserialfn <> 0 FROM pg_aggregate a JOIN member m ON m.classid = 'pg_proc'::regclass AND m.objid = a.aggfnoid WHERE aggtransfn = 'zz_slt_internal.ranges_add'::regproc $$,
	$$ VALUES ('slt_availability(tstzrange,tstzrange)', true), ('slt_downtime(tstzrange,tstzrange)', true) $$, 'aggregates of ranges go to other processes');
SELECT set_eq($$ SELECT name, plan, target, time_zone, maintenance_window::text, weekly_downtime_aim, excuse_announced, service_hours FROM slt_services $$,
	$$ VALUES ('Platform', 'Enterprise', 99::numeric, 'Africa/Cairo', 'Africa/Cairo Su 18:00-24:00', interval '30 minutes', false, NULL::working_calendar) $$,
	'the service: 99% for Enterprise, maintenance on Sunday evenings');
SELECT set_eq($$ SELECT name, covered, max_latency FROM slt_experiences WHERE service = 'Platform' $$, $$ VALUES
	('Site', true, NULL::interval), ('Customer messages', true, NULL), ('Agent messages', true, NULL), ('Chatbot', true, '1 minute'), ('Tickets', true, NULL),
	('Integrations', false, NULL), ('API', false, NULL), ('Mobile', false, NULL) $$, 'the experiences, covered and not');
SELECT is_empty($$ SELECT FROM slt_experiences WHERE description IS NULL $$, 'each described');
SELECT is_empty($$ SELECT FROM slt_outages UNION ALL SELECT FROM slt_maintenance UNION ALL SELECT FROM slt_coverage $$, 'nothing has happened yet');

SELECT is_empty($$
	SELECT shipped FROM slt_services UNION SELECT shipped FROM slt_experiences UNION
	SELECT shipped FROM slt_targets UNION SELECT shipped FROM slt_contracts UNION SELECT shipped FROM slt_severities UNION SELECT shipped FROM slt_holidays
	UNION SELECT shipped FROM slt_calendars UNION SELECT shipped FROM slt_request_kinds UNION SELECT shipped FROM slt_channels
	EXCEPT SELECT version FROM slt_shipped
$$, 'each row says which release shipped it');

SELECT * FROM finish();
ROLLBACK;
