SET LOCAL search_path = zz_slt_internal, pg_temp;

-- what is shipped: the published policy --------------------------------------------------------------------------

INSERT INTO @extschema@.slt_shipped VALUES ('1.0');

INSERT INTO @extschema@.slt_calendars (name, calendar, note, shipped) VALUES
	('Egypt', 'Africa/Cairo Su-Fr 09:00-17:00', 'Support hours, without Egyptian public holidays (list Egypt of slt_holidays)', '1.0');

INSERT INTO @extschema@.slt_holiday_lists (name, note, shipped) VALUES
	('Egypt', 'Egyptian public holidays 2015-2035', '1.0');

INSERT INTO @extschema@.slt_calendar_lists (calendar, list, shipped) VALUES
	('Egypt', 'Egypt', '1.0');

INSERT INTO @extschema@.slt_contracts (name, calendar, shipped) VALUES
	('Standard', 'Egypt', '1.0'),
	('Priority', 'Egypt', '1.0');

INSERT INTO @extschema@.slt_severities (code, label, definition, shipped) VALUES
	('S1', 'Critical', 'An error in a production environment that makes the product severely degraded, or significant aspects of it do not perform, with significant business impact.', '1.0'),
	('S2', 'Medium', 'An error in a production environment where most business functions remain operational, or a system error with no specific impact on service.', '1.0'),
	('S3', 'Low', 'Requests for information, billing, documentation.', '1.0');

INSERT INTO @extschema@.slt_metrics (name, pausable, when_reopened, ends_with, description, shipped) VALUES
	('resolution', true, 'resume', NULL, 'Until the ticket is solved.', '1.0'),
	('response', false, 'continue', 'resolution', 'Until somebody answers.', '1.0');

INSERT INTO @extschema@.slt_targets (contract, severity, metric, amount, shipped) VALUES
	('Standard', 'S1', 'response', '4 working hours', '1.0'),
	('Standard', 'S1', 'resolution', '2 working days', '1.0'),
	('Standard', 'S2', 'response', '8 working hours', '1.0'),
	('Standard', 'S2', 'resolution', '3 working days', '1.0'),
	('Standard', 'S3', 'response', '2 working days', '1.0'),
	('Standard', 'S3', 'resolution', '5 working days', '1.0'),
	('Priority', 'S1', 'response', '2 working hours', '1.0'),
	('Priority', 'S1', 'resolution', '8 working hours', '1.0'),
	('Priority', 'S2', 'response', '4 working hours', '1.0'),
	('Priority', 'S2', 'resolution', '2 working days', '1.0'),
	('Priority', 'S3', 'response', '1 working day', '1.0'),
	('Priority', 'S3', 'resolution', '3 working days', '1.0');

INSERT INTO @extschema@.slt_request_kinds (name, in_scope, shipped) VALUES
	('Platform support', true, '1.0'),
	('Diagnosis', true, '1.0'),
	('Temporary workaround', true, '1.0'),
	('Permanent solution', true, '1.0'),
	('Customization', false, '1.0'),
	('Upgrade of services', false, '1.0'),
	('Implementation services', false, '1.0');

INSERT INTO @extschema@.slt_channels (name, opens_tickets, shipped) VALUES
	('Self-service support centre', true, '1.0'),
	('Support e-mail', true, '1.0');

INSERT INTO @extschema@.slt_services (name, plan, target, time_zone, maintenance_window, note, shipped) VALUES
	('Platform', 'Enterprise', 99, 'Africa/Cairo', 'Africa/Cairo Su 18:00-24:00', 'Managed cloud instances only.', '1.0');

INSERT INTO @extschema@.slt_experiences (service, name, covered, max_latency, description, shipped) VALUES
	('Platform', 'Site', true, NULL, 'The site and the platform can be reached, with a browser.', '1.0'),
	('Platform', 'Customer messages', true, NULL, 'Sending and receiving messages as a customer, with a browser.', '1.0'),
	('Platform', 'Agent messages', true, NULL, 'Sending and receiving messages as an agent, with a browser.', '1.0'),
	('Platform', 'Chatbot', true, '1 minute', 'The chatbot replies within a minute.', '1.0'),
	('Platform', 'Tickets', true, NULL, 'Viewing, creating and editing tickets, with a browser.', '1.0'),
	('Platform', 'Integrations', false, NULL, 'Integrations with other products. Recorded, and never counted.', '1.0'),
	('Platform', 'API', false, NULL, 'API calls. Recorded, and never counted.', '1.0'),
	('Platform', 'Mobile', false, NULL, 'Mobile applications. Recorded, and never counted.', '1.0');
