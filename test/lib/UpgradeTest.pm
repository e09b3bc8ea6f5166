package UpgradeTest;

# What the tests of upgrades share: a database in which slt is used.
use strict;
use warnings;

use Exporter 'import';

our @EXPORT = qw(in_use in_use_contents);

# Statements that edit the shipped policy, attach a ticket table, and record checks.
sub in_use
{
	return <<'SQL';
UPDATE slt_holidays SET name = 'My own name', hours = '09:00-12:00' WHERE day = '2026-05-01';
DELETE FROM slt_holidays WHERE day IN ('2027-05-01', '2016-10-06');
INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', '2035-01-07', 'Already known'), ('Egypt', '2030-02-02', 'Own') ON CONFLICT DO NOTHING;
UPDATE slt_holidays SET confirmed = false, name = 'A holiday of ours' WHERE day = '2028-12-31';
UPDATE slt_severities SET definition = 'Ours.' WHERE code = 'S2';
INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ('Priority', 'S3', 'response', '2 hours') ON CONFLICT DO NOTHING;
INSERT INTO slt_request_kinds VALUES ('Ours', true);
UPDATE slt_contracts SET note = 'edited' WHERE name = 'Standard';
CREATE TABLE tickets (id int PRIMARY KEY, opened timestamptz, answered timestamptz, resolved timestamptz, severity text, status text);
SELECT slt_attach('tickets', 'opened', severity => 'severity', contract_value => 'Standard', done_at => '{"resolution": "resolved", "response": "answered"}', status => 'status', paused_when => '{hold}');
INSERT INTO tickets SELECT n, timestamptz '2026-02-02 08:00Z' + n * interval '3 hours', NULL, CASE WHEN n % 3 = 0 THEN timestamptz '2026-02-20 08:00Z' END, 'S' || 1 + n % 3, 'open' FROM generate_series(1, 60) n;
UPDATE tickets SET status = 'hold' WHERE id % 5 = 0;
UPDATE tickets SET resolved = NULL WHERE id % 6 = 0;
SELECT slt_sweep(), slt_skip_events('mail');
INSERT INTO slt_services (name) VALUES ('Ours');
INSERT INTO slt_experiences (service, name) VALUES ('Ours', 'Site');
SELECT slt_record('Ours', 'Site', n % 9 > 3, NULL, timestamptz '2026-02-01' + n * interval '30 seconds') FROM generate_series(1, 100) n;
SELECT slt_sweep();
SQL
}

# A query for all that is stamped, recorded, announced and logged.
sub in_use_contents
{
	return <<'SQL';
SELECT t FROM tickets t ORDER BY id; SELECT e FROM slt_events e ORDER BY id; SELECT a FROM slt_announced a ORDER BY a::text;
SELECT a FROM slt_attached() a; SELECT o FROM slt_outages o ORDER BY o::text; SELECT c FROM slt_checks c ORDER BY c::text; SELECT c FROM slt_consumers c ORDER BY 1;
SELECT h FROM slt_holidays h WHERE day BETWEEN '2026-01-01' AND '2026-04-30' ORDER BY day; SELECT l.at, jsonb_strip_nulls(l.before), jsonb_strip_nulls(l.after) FROM slt_policy_log l WHERE at < (SELECT max(announced_at) FROM slt_events) ORDER BY l::text;
SQL
}

1;
