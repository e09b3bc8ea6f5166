# pg_upgrade from an earlier PostgreSQL, whose programs are in SLT_OLD_BINDIR and which has slt: policy, log, attached tables
# with runs and status histories, events, outages and checks are what they were, and all goes on.
use strict;
use warnings;
use Cwd;
use File::Spec;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use UpgradeTest;

my $old_bindir = $ENV{SLT_OLD_BINDIR} // '';
plan skip_all => 'no earlier PostgreSQL: SLT_OLD_BINDIR names its programs' if $old_bindir eq '';
my ($old_major, $new_major) = map { `$_ --version` =~ /(\d+)/ } "$old_bindir/pg_config", 'pg_config';
plan skip_all => "PostgreSQL $old_major is not earlier than $new_major" if $old_major >= $new_major;

chomp(my $bindir = `pg_config --bindir`);
my $old = new_server('old', bare => 1, install_path => $old_bindir =~ s{/bin$}{}r);
my $folder = "$ENV{SLT_WORK}/tmp/upgrade";
mkdir $folder;
is($old->safe_psql('postgres', 'SHOW server_version_num') =~ s/\d{4}$//r, $old_major, "a server of PostgreSQL $old_major");
$old->safe_psql('postgres', 'CREATE DATABASE used');
$old->safe_psql('used', 'CREATE EXTENSION slt');
$old->safe_psql('used', in_use());
my $contents = $old->safe_psql('used', in_use_contents());
my @policy = map { "SELECT t FROM slt_$_ t ORDER BY t::text COLLATE \"C\"" }
  qw(calendars holiday_lists calendar_lists holidays contracts severities metrics targets request_kinds channels policy_log shipped services experiences attachments deliveries monitors coverage settled);
my $policy = join "\n", map { $old->safe_psql('used', "SET timezone = 'UTC'; $_") } @policy;
$old->stop;

# from 18 on a cluster has checksums unless one says otherwise
my $new = PostgreSQL::Test::Cluster->new('new');
$new->init($new_major >= 18 ? (extra => ['--no-data-checksums']) : ());
$new->append_conf('postgresql.conf', "timezone = 'Africa/Cairo'\nshared_preload_libraries = 'slt'\nslt.worker = off\n");
my ($old_data, $new_data) = map { File::Spec->rel2abs($_->data_dir) } $old, $new;
my $here = getcwd();
chdir $folder;  # where it leaves its scripts
my ($output, $errors) = run_command([ 'pg_upgrade', '--no-sync', '-d', $old_data, '-D', $new_data, '-b', $old_bindir, '-B', $bindir, '-s', $new->host, '-p', $old->port, '-P', $new->port ]);
chdir $here;
my $logs = join '', map { slurp_file($_) } glob("$new_data/pg_upgrade_output.d/*/*.txt"), glob("$new_data/pg_upgrade_output.d/*/log/*.log");
SKIP:
{
	# a minor release of the old server may have what those of the new one's days do not know
	skip "this PostgreSQL $new_major is older than that $old_major: $1", 1 if $logs =~ /ERROR:  (unrecognized parameter "pg_attver")/;
	like($output, qr/Upgrade Complete/, "pg_upgrade from $old_major to $new_major") or diag("$output\n$errors\n$logs");
}
if ($output =~ /Upgrade Complete/)
{
	$new->start;
	is($new->safe_psql('used', in_use_contents()), $contents, 'tickets, runs, histories, events, outages, checks and the log are what they were');
	is(join("\n", map { $new->safe_psql('used', "SET timezone = 'UTC'; $_") } @policy), $policy, 'and every row of the policy');
	is($new->safe_psql('used', q{SELECT count(*) FROM slt_attached() WHERE problem IS NOT NULL}), '0', 'the ticket table is attached');
	is($new->safe_psql('used', q{SET client_min_messages = error; SELECT slt_sweep()}), '0', 'nothing is announced again');
	is($new->safe_psql('used', q{SET timezone = 'UTC'; INSERT INTO tickets VALUES (100, '2026-02-02 08:00Z', NULL, NULL, 'S1', 'open'); UPDATE tickets SET status = 'hold' WHERE id = 100;
		SELECT slt_response_due, slt_status_became FROM tickets WHERE id = 100}), '2026-02-02 12:00:00+00|{open,hold}', 'a new ticket is stamped, and has a history');
	is($new->safe_psql('used', q{SELECT count(*) FROM (SELECT slt_restamp('tickets', dry_run => true)) r}), '0', 'every stamp is what the policy says');
	is($new->safe_psql('used', q{SELECT slt_record('Ours', 'Site', true, NULL, '2026-02-01 02:00Z') IS NOT NULL}), 't', 'checks are recorded');
	is($new->safe_psql('used', q{UPDATE slt_targets SET amount = '1 working hour' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'response';
		SELECT count(*) FROM slt_policy_changes(now() - interval '1 minute') WHERE change = 'changed' AND after->>'amount' ~ '1'}), '1', 'an edit is logged');
	$new->command_ok([ 'pg_dump', '-f', "$folder/dump.sql", '-h', $new->host, '-p', $new->port, 'used' ], 'and all of it can be dumped');
}
done_testing();
