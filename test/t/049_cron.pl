# The recipe for pg_cron in doc/worker.md, as it stands there.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;

chomp(my $share = `pg_config --sharedir`);
plan skip_all => 'no pg_cron (Debian: postgresql-NN-cron): its recipe is not run' unless -e "$share/extension/pg_cron.control";

my ($recipe) = slurp_file(source_file('doc/worker.md')) =~ /^    (SELECT cron\.schedule_in_database\(.*\);)$/m;
my ($undo) = slurp_file(source_file('doc/worker.md')) =~ /^    (SELECT cron\.unschedule\(.*\);)$/m;
my $node = new_server('cron', bare => 1, conf => "shared_preload_libraries = 'pg_cron'\ncron.database_name = 'postgres'\n");

$node->append_conf('postgresql.conf', "cron.host = '" . $node->host . "'\n");
$node->restart;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_cron; CREATE DATABASE helpdesk');
$node->safe_psql('helpdesk', <<'SQL');
CREATE EXTENSION slt;
CREATE TABLE tickets (id int PRIMARY KEY, created timestamptz, resolved timestamptz);
INSERT INTO slt_calendars (name, calendar) VALUES ('Always', 'UTC 24/7');
INSERT INTO slt_contracts (name, calendar) VALUES ('Always', 'Always');
INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ('Always', 'S1', 'resolution', '1 working hour');
SELECT slt_attach('tickets', opened_at => 'created', severity_value => 'S1', contract_value => 'Always', done_at => '{"resolution": "resolved"}');
INSERT INTO tickets VALUES (1, now() - interval '1 hour' + interval '1 s');
SQL
ok($node->safe_psql('postgres', $recipe) > 0, $recipe);
ok($node->poll_query_until('helpdesk', q{SELECT count(*) > 0 FROM slt_events WHERE key = '1' AND kind = 'breached'}), 'a ticket is announced within a minute');
is($node->safe_psql('postgres', q{SELECT DISTINCT status FROM cron.job_run_details WHERE status IN ('succeeded', 'failed')}), 'succeeded', 'and the job succeeds');
is($node->safe_psql('postgres', $undo), 't', $undo);

done_testing();
