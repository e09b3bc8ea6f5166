# The metrics, by two packaged exporters, and through Prometheus; the alert rules, by the packaged promtool; the dashboard.
use strict;
use warnings;

use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP ();
use POSIX ();
use SltTest;
use Test::More;

# Returns the path of a program, or undef.
sub program
{
	my ($name) = @_;

	return (grep { -x } map { "$_/$name" } split(/:/, $ENV{PATH}), '/usr/bin')[0];
}

my @processes;
END { local $?; kill 'TERM', @processes; waitpid $_, 0 for @processes }

# Returns a port that is free, or was a moment ago.
sub free_port { return IO::Socket::INET->new(LocalAddr => '127.0.0.1:0', Listen => 1)->sockport }

# Runs a program until the test ends; what it prints goes to a file.
sub start
{
	my ($log, @command) = @_;
	my $pid = fork // die "fork: $!";

	if ($pid == 0)
	{
		open STDOUT, '>', $log;
		open STDERR, '>&', \*STDOUT;
		exec @command or POSIX::_exit(127);
	}
	push @processes, $pid;
	return $pid;
}

# Gets an address until what is there looks as it should, or two minutes are over; returns what was there last.
sub get_until
{
	my ($url, $looks) = @_;
	my ($http, $text) = (HTTP::Tiny->new(timeout => 10));

	for (1 .. 600)
	{
		$text = $http->get($url)->{content};
		last if $text =~ $looks;
		select undef, undef, undef, 0.2;
	}
	return $text;
}

# Writes a file of the tree with some lines changed, and returns its name.
sub write_changed
{
	my ($name, %changes) = @_;
	my $text = PostgreSQL::Test::Utils::slurp_file(source_file("monitoring/$name"));

	for my $from (sort keys %changes)
	{
		$text =~ s/\Q$from\E/$changes{$from}/g or die "$name has no $from";
	}
	my $file = "$ENV{SLT_WORK}/tmp/$name";
	unlink $file;
	PostgreSQL::Test::Utils::append_to_file($file, $text);
	return $file;
}

# ---------- the alert rules ----------

my $alerts = PostgreSQL::Test::Utils::slurp_file(source_file('monitoring/slt_alerts.yaml'));
my $this_file = PostgreSQL::Test::Utils::slurp_file(source_file('test/t/062_metrics.pl'));
my %severity = $alerts =~ /^      - alert: (\w+)\n(?:(?!      - alert:).*\n)*?        labels: \{severity: (\w+)\}$/mg;
is(join(' ', sort grep { !/^(?:page|ticket)$/ } values %severity), '', 'there are two severities, those of slt_burn_alerts()');
my @rules = $alerts =~ /^      - alert: (\w+)$/mg;
is(join(' ', grep { !$severity{$_} } @rules), 'SltBudgetBurns', 'which each rule has, but the one whose metric has it');
is(join(' ', grep { $this_file !~ /alertname: $_\n\s+exp_alerts: \[\{/ || $this_file !~ /alertname: $_\}/ } @rules), '', 'and each is tested below, raised and not');

SKIP:
{
	skip 'promtool is not installed (package prometheus): the alert rules are not tested', 1 unless program('promtool');
	my $rules = source_file('monitoring/slt_alerts.yaml');
	my $output = `promtool check rules $rules 2>&1`;

	is($?, 0, 'promtool accepts the alert rules') or diag($output);

	# series that shall raise each of the alerts, and what they say
	my $cases = "$ENV{SLT_WORK}/tmp/alerts_test.yaml";
	unlink $cases;
	PostgreSQL::Test::Utils::append_to_file($cases, <<"YAML");
rule_files: [$rules]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {series: 'slt_experience_status{service="Cloud",experience="Site",covered="true",state="down"}', values: '0x9 1x30'}
      - {series: 'slt_experience_status{service="Cloud",experience="Site",covered="true",state="degraded"}', values: '1x9 0x30'}
      - {series: 'slt_experience_status{service="Cloud",experience="Chat",covered="true",state="degraded"}', values: '1x40'}
      - {series: 'slt_experience_status{service="Cloud",experience="Chat",covered="true",state="unknown"}', values: '0x40'}
      - {series: 'slt_experience_status{service="Cloud",experience="Tickets",covered="true",state="unknown"}', values: '1x40'}
      - {series: 'slt_experience_status{service="Cloud",experience="Mobile",covered="false",state="down"}', values: '1x40'}
      - {series: 'slt_monitor_refused_total{service="Cloud",experience="Site",monitor="east"}', values: '3x15 9x30'}
      - {series: 'slt_monitor_refused_total{service="Cloud",experience="Site",monitor="west"}', values: '70x40'}
      - {series: 'slt_monitor_refused_total{service="Cloud",experience="Chat",monitor=""}', values: '0x15 2x30'}
      - {series: 'slt_burn_firing{service="Cloud",severity="page",long_window="1h"}', values: '0x9 1x30'}
      - {series: 'slt_burn_firing{service="Cloud",severity="page",long_window="6h"}', values: '0x9 1x30'}
      - {series: 'slt_burn_firing{service="Cloud",severity="ticket",long_window="24h"}', values: '0x40'}
      - {series: 'slt_service_target_ratio{service="Cloud",period="month"}', values: '0.99x40'}
      - {series: 'slt_service_allowed_seconds{service="Cloud",period="month"}', values: '25920x40'}
      - {series: 'slt_service_budget_left_seconds{service="Cloud",period="month"}', values: '25920x9 600x30'}
      - {series: 'slt_service_allowed_seconds{service="Cloud",period="year"}', values: '315360x40'}
      - {series: 'slt_service_budget_left_seconds{service="Cloud",period="year"}', values: '315360x9 -1x30'}
      - {series: 'slt_tickets{ticket_table="tickets",metric="response",state="at risk"}', values: '0x9 2x30'}
      - {series: 'slt_tickets{ticket_table="tickets",metric="response",state="breached"}', values: '0x40'}
      - {series: 'slt_tickets{ticket_table="tickets",metric="resolution",state="at risk"}', values: '0x40'}
      - {series: 'slt_tickets{ticket_table="tickets",metric="resolution",state="breached"}', values: '0x9 3x30'}
    alert_rule_test:
      - {eval_time: 9m, alertname: SltExperienceDown}
      - {eval_time: 9m, alertname: SltExperienceDegraded}
      - {eval_time: 9m, alertname: SltExperienceUnknown}
      - {eval_time: 9m, alertname: SltChecksRefused}
      - {eval_time: 9m, alertname: SltBudgetBurns}
      - {eval_time: 9m, alertname: SltBudgetLow}
      - {eval_time: 9m, alertname: SltTargetMissed}
      - {eval_time: 9m, alertname: SltTicketsAtRisk}
      - {eval_time: 9m, alertname: SltTicketsBreached}
      - eval_time: 20m
        alertname: SltExperienceDown
        exp_alerts: [{exp_labels: {service: Cloud, experience: Site, covered: "true", state: down, severity: page}, exp_annotations: {summary: Site of Cloud is down}}]
      - eval_time: 20m
        alertname: SltExperienceDegraded
        exp_alerts: [{exp_labels: {service: Cloud, experience: Chat, covered: "true", state: degraded, severity: ticket}, exp_annotations: {summary: Chat of Cloud is degraded}}]
      - eval_time: 20m
        alertname: SltExperienceUnknown
        exp_alerts: [{exp_labels: {service: Cloud, experience: Tickets, covered: "true", state: unknown, severity: ticket}, exp_annotations: {summary: 'nothing is known of Tickets of Cloud: its monitor does not report'}}]
      - eval_time: 20m
        alertname: SltChecksRefused
        exp_alerts: [{exp_labels: {service: Cloud, experience: Site, monitor: east, severity: ticket}, exp_annotations: {summary: 'checks of Site of Cloud by east come too late and are not taken: look at its clock and time zone'}}, {exp_labels: {service: Cloud, experience: Chat, severity: ticket}, exp_annotations: {summary: 'checks of Chat of Cloud by its monitor come too late and are not taken: look at its clock and time zone'}}]
      - eval_time: 20m
        alertname: SltBudgetBurns
        exp_alerts: [{exp_labels: {service: Cloud, severity: page}, exp_annotations: {summary: Cloud uses up its downtime too fast}}]
      - eval_time: 20m
        alertname: SltBudgetLow
        exp_alerts: [{exp_labels: {service: Cloud, period: month, severity: ticket}, exp_annotations: {summary: 'Cloud has 10m 0s of downtime left for this month'}}]
      - eval_time: 20m
        alertname: SltTargetMissed
        exp_alerts: [{exp_labels: {service: Cloud, period: year, severity: ticket}, exp_annotations: {summary: 'Cloud was down for longer than this year allows'}}]
      - eval_time: 20m
        alertname: SltTicketsAtRisk
        exp_alerts: [{exp_labels: {ticket_table: tickets, metric: response, state: at risk, severity: ticket}, exp_annotations: {summary: '2 tickets of tickets are at risk of missing the response target'}}]
      - eval_time: 20m
        alertname: SltTicketsBreached
        exp_alerts: [{exp_labels: {ticket_table: tickets, metric: resolution, state: breached, severity: ticket}, exp_annotations: {summary: '3 tickets of tickets missed the resolution target and are not done'}}]
      - {eval_time: 20m, alertname: SltMetricsMissing}
  - interval: 1m
    input_series: [{series: 'up', values: '1x40'}]
    alert_rule_test:
      - eval_time: 20m
        alertname: SltMetricsMissing
        exp_alerts: [{exp_labels: {severity: ticket}, exp_annotations: {summary: the exporter gives no metrics of slt}}]
  - interval: 1m
    input_series:
      - {series: 'slt_service_target_ratio{service="Cloud",period="month"}', values: '0.99x40'}
      - {series: 'sql_exporter_last_scrape_failed{sql_job="slt",query="slt_burn"}', values: '0x9 1x30'}
      - {series: 'sql_exporter_last_scrape_failed{sql_job="other",query="x"}', values: '1x40'}
    alert_rule_test:
      - {eval_time: 9m, alertname: SltMetricsMissing}
      - eval_time: 30m
        alertname: SltMetricsMissing
        exp_alerts: [{exp_labels: {severity: ticket, sql_job: slt, query: slt_burn}, exp_annotations: {summary: the exporter gives no metrics of slt}}]
YAML
	$output = `promtool test rules $cases 2>&1`;
	is($?, 0, 'each alert is raised when it should be, and only then') or diag($output);
}

# ---------- a server ----------

my $node = new_server('metrics');
my $name = q{Cloud "A" \ 'B'};
my $quoted = $name =~ s/'/''/gr;
$node->safe_psql('postgres', <<"SQL");
DELETE FROM slt_services;
INSERT INTO slt_services (name, target, time_zone) VALUES ('$quoted', 99.5, 'Africa/Cairo'), ('Silent', 99, 'UTC');
INSERT INTO slt_experiences (service, name, covered) VALUES ('$quoted', 'Site', true), ('$quoted', 'Chat', true), ('$quoted', 'Mobile', false), ('Silent', 'Site', true);
UPDATE slt_experiences SET recorded = 'by hand' WHERE service <> 'Silent';
INSERT INTO slt_outages (service, experience, during, weight) VALUES
	('$quoted', 'Site', tstzrange(now() - interval '20 minutes', now() - interval '10 minutes'), 1),
	('$quoted', 'Chat', tstzrange(now() - interval '1 minute', NULL), 0.5), ('$quoted', 'Mobile', tstzrange(now() - interval '1 minute', NULL), 1);
INSERT INTO slt_calendars (name, calendar) VALUES ('Always', 'UTC 24/7');
INSERT INTO slt_contracts (name, calendar) VALUES ('Always', 'Always');
INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ('Always', 'S1', 'response', '1 hour'), ('Always', 'S1', 'resolution', '10 hours');
CREATE TABLE tickets (id int PRIMARY KEY, opened timestamptz, responded timestamptz, resolved timestamptz);
SELECT slt_attach('tickets', 'opened', severity_value => 'S1', contract_value => 'Always', done_at => '{"response": "responded", "resolution": "resolved"}');
-- one at risk of missing the response, two that missed the resolution, one that did and is done
INSERT INTO tickets VALUES (1, now() - interval '50 minutes', NULL, NULL), (2, now() - interval '11 hours', now() - interval '11 hours', NULL),
	(3, now() - interval '1 day', now() - interval '1 day', NULL), (4, now() - interval '1 day', now() - interval '1 day', now() - interval '1 hour');
UPDATE slt_experiences SET recorded = 'by checks', report_within = '1 day' WHERE service = 'Silent';
INSERT INTO slt_services (name, target, time_zone) VALUES ('Watched', 99, 'UTC'), ('Plain', 99, 'UTC');
INSERT INTO slt_outages (service, during) VALUES ('Plain', tstzrange(now() - interval '1 minute', NULL));
INSERT INTO slt_experiences (service, name) VALUES ('Watched', 'Login');
SELECT slt_record('Watched', 'Login', n % 10 <> 0, '0.3 seconds', now() - n * interval '1 minute', monitor) FROM generate_series(20, 1, -1) n, unnest('{east,west}'::text[]) monitor;
SELECT slt_record('Watched', 'Login', true, NULL, now() - interval '1 day', 'east');
-- what the documentation says that the role needs
CREATE ROLE exporter LOGIN;
GRANT USAGE ON SCHEMA public TO exporter;
ALTER ROLE exporter SET search_path = public;
GRANT SELECT ON slt_attachments, tickets TO exporter;
SQL

my (%metric, %port);

# Returns what a query gives to a role, as JSON.
sub query_as
{
	my ($role, $query) = @_;

	return $node->safe_psql('postgres', "SET ROLE $role; SET search_path = public; SELECT coalesce(json_agg(q), '[]') FROM ($query) q");
}

# Does what the data source of Grafana does with a query.
sub fill_in
{
	my ($query, $service) = @_;
	my $literal = "'" . $service =~ s/'/''/gr . "'";
	my ($from, $to) = map { POSIX::strftime("'%Y-%m-%dT%H:%M:%SZ'", gmtime $_) } time - 365 * 86400, time;

	return $query =~ s/\$\{service:sqlstring\}/$literal/gr =~ s/\$__timeFrom\(\)/$from/gr =~ s/\$__timeTo\(\)/$to/gr;
}

# ---------- the exporter ----------

SKIP:
{
	my $exporter = program('prometheus-postgres-exporter') // program('postgres_exporter');
	skip 'prometheus-postgres-exporter is not installed: the metrics are not tested', 1 unless $exporter;

	local $ENV{DATA_SOURCE_NAME} = sprintf 'host=%s port=%d user=exporter dbname=postgres sslmode=disable', $node->host, $node->port;
	my $log = "$ENV{SLT_WORK}/tmp/exporter.log";
	$port{postgres_exporter} = free_port();
	start($log, $exporter, '--extend.query-path=' . source_file('monitoring/slt_queries.yaml'), "--web.listen-address=127.0.0.1:$port{postgres_exporter}", '--disable-default-metrics', '--disable-settings-metrics');
	my $text = get_until("http://127.0.0.1:$port{postgres_exporter}/metrics", qr/^slt_experience_status/m);
	my $now = value($node, q{SELECT extract(epoch FROM now())});
	%metric = map { /^(slt\S*\{.*\}) (\S+)$/ ? ($1 => $2) : () } split /\r?\n/, $text;
	my $label = $name =~ s/([\\"])/\\$1/gr;
	my $of = sub {
		my ($what, @labels) = @_;
		my ($key) = grep { my $k = $_; $k =~ /^\Q$what\E\{/ && !grep { index($k, $_) < 0 } @labels } sort keys %metric;

		return $metric{ $key // '' };
	};
	my $me = qq{service="$label"};

	is(scalar(grep { /^slt_experience_status\{/ } keys %metric), 5 * 6, 'five states of five experiences, and of a service without any') or diag($text, PostgreSQL::Test::Utils::slurp_file($log));
	is($of->('slt_experience_status', $me, 'experience="Chat"', 'covered="true"', 'state="degraded"'), 1, 'one is degraded');
	is($of->('slt_experience_status', $me, 'experience="Chat"', 'covered="true"', 'state="operational"'), 0, 'and so not operational');
	is($of->('slt_experience_status', $me, 'experience="Mobile"', 'covered="false"', 'state="down"'), 1, 'one is down, and not covered');
	is($of->('slt_experience_status', $me, 'experience="Site"', 'state="operational"'), 1, 'one is up again');
	is($of->('slt_experience_status', 'service="Silent"', 'state="unknown"'), 1, 'of one nothing is known');
	is($of->('slt_experience_status', 'service="Plain"', 'experience="Whole service"', 'covered="true"', 'state="down"'), 1, 'one without experiences is down, and counts');
	is($of->('slt_monitor_refused_total', 'service="Watched"', 'experience="Login"', 'monitor="east"'), 1, 'a check that came too late');
	is($of->('slt_monitor_refused_total', 'service="Watched"', 'experience="Login"', 'monitor="west"'), 0, 'and none');
	is($of->('slt_service_target_ratio', $me, 'period="month"'), 0.995, 'the target is a ratio');
	is($of->('slt_service_availability_ratio', 'service="Silent"', 'period="year"'), 'NaN', 'what is not known is not a number');

	# of the last hour 10 minutes and half a minute were lost, 17.5 %: 35 times the half a percent that is allowed, and 14.4 times is the limit;
	# of the last 5 minutes half a minute, 10 %
	is($of->('slt_burn_firing', $me, 'long_window="1h"', 'severity="page"'), 1, 'the budget burns');
	my $burn = $of->('slt_burn_rate', $me, 'long_window="1h"');
	cmp_ok($burn, '>', 34.9, 'at 35 times the rate');
	cmp_ok($burn, '<', 40, 'and a little, as time went on');
	is($of->('slt_burn_firing', 'service="Silent"', 'long_window="1h"'), 0, 'of what is not known, nothing burns');

	# the outages may have been in the month before, just after midnight of the first; then the year before, too
	my ($from, $to, $year) = split /\|/, value($node, q{SELECT extract(epoch FROM starts::timestamp AT TIME ZONE s.time_zone), extract(epoch FROM (starts + interval '1 month') AT TIME ZONE s.time_zone),
			(SELECT extract(epoch FROM starts::timestamp AT TIME ZONE s.time_zone) FROM slt_status_summary('} . $quoted . q{') WHERE period = 'year')
		FROM slt_service('} . $quoted . q{') s, slt_status_summary('} . $quoted . q{') WHERE period = 'month'});
	my $down = $of->('slt_service_downtime_seconds', $me, 'period="month"');
	cmp_ok($down, '<=', 600 + 0.5 * ($now - $from), 'downtime so far');
	cmp_ok($down, '>=', $now - $from > 1800 ? 630 : 0, 'of ten minutes, and half of the rest');
	my $allowed = $of->('slt_service_allowed_seconds', $me, 'period="month"');
	cmp_ok(abs($allowed - 0.005 * ($to - $from)), '<', 0.001, 'allowed is half a percent of all the month');
	cmp_ok(abs($of->('slt_service_budget_left_seconds', $me, 'period="month"') - ($allowed - $down)), '<', 0.001, 'and the rest is left');
	is($of->('slt_tickets', 'ticket_table="public.tickets"', 'metric="response"', 'state="at risk"'), 1, 'tickets at risk');
	is($of->('slt_tickets', 'ticket_table="public.tickets"', 'metric="resolution"', 'state="breached"'), 2, 'tickets that missed the target');
	# it has queries of its own, which may want more rights; ours run in its namespaces, and name what they miss
	unlike(PostgreSQL::Test::Utils::slurp_file($log), qr/rror running query|queryNamespaceMappings|(?:table|function|schema) (?:"?slt_|tickets)/, 'the exporter has nothing to complain of');
}

# ---------- the same for two programs called sql_exporter ----------

for my $made ([ 'jobs', 'slt_sql_exporter.yml' ], [ 'collector', 'slt.collector.yml' ])
{
	my ($format, $file) = @$made;
	my $script = source_file('monitoring/slt_sql_exporter.pl');

	is(`$^X $script $format`, PostgreSQL::Test::Utils::slurp_file(source_file("monitoring/$file")), "$file is what slt_sql_exporter.pl makes of slt_queries.yaml");
}

# That of justwatchcom, and Prometheus, which gives its metrics the names of the other.
SKIP:
{
	my ($exporter, $prometheus) = (program('prometheus-sql-exporter'), program('prometheus'));
	skip 'prometheus-sql-exporter is not installed: it is not tested', 1 unless $exporter;
	my $connection = sprintf 'postgres://exporter@/postgres?host=%s&port=%d&sslmode=disable', $node->host, $node->port;
	my $config = write_changed('slt_sql_exporter.yml', 'postgres://exporter@/helpdesk?host=/var/run/postgresql&sslmode=disable' => $connection, '30s' => '2s');
	my $log = "$ENV{SLT_WORK}/tmp/sql_exporter.log";
	$port{sql_exporter} = free_port();
	start($log, $exporter, '-config.file', $config, '-web.listen-address', "127.0.0.1:$port{sql_exporter}");
	my $text = get_until("http://127.0.0.1:$port{sql_exporter}/metrics", qr/^sql_slt\{/m);
	like($text, qr/^sql_slt_experience\{col="status",covered="true",database="postgres"/m, 'sql_exporter gives metrics') or diag(PostgreSQL::Test::Utils::slurp_file($log));
	is(join("\n", $text =~ /^(sql_exporter_last_scrape_failed\{.* [^0].*)$/mg), '', 'no query failed');
	unlike(PostgreSQL::Test::Utils::slurp_file($log), qr/rror|Failed/, 'nor anything else');
	my $queries = () = PostgreSQL::Test::Utils::slurp_file($config) =~ /^      - name: /mg;
	my $failed = sub { my ($is) = @_; return scalar(() = get_until("http://127.0.0.1:$port{sql_exporter}/metrics", qr/(?:^sql_exporter_last_scrape_failed\{.*sql_job="slt",.*\} $is\n){$queries}/m) =~ /^sql_exporter_last_scrape_failed\{.* $is$/mg) };
	$node->stop;
	is($failed->(1), $queries, 'while the database is away, it says so of each query');
	$node->start;
	is($failed->(0), $queries, 'and goes on when it is back');

	skip 'prometheus or prometheus-postgres-exporter is not installed: nothing is scraped', 1 unless $prometheus && $port{postgres_exporter};
	my $rules = source_file('monitoring/slt_alerts.yaml');
	$config = write_changed('prometheus.yml', '30s' => '1s', 'slt_alerts.yaml' => $rules, 'localhost:9187' => "127.0.0.1:$port{postgres_exporter}", 'localhost:9237' => "127.0.0.1:$port{sql_exporter}");
	my $server = '127.0.0.1:' . free_port();
	start("$ENV{SLT_WORK}/tmp/prometheus.log", $prometheus, "--config.file=$config", "--storage.tsdb.path=$ENV{SLT_WORK}/tmp/prometheus", "--web.listen-address=$server");
	my $query = sub { return JSON::PP::decode_json(get_until("http://$server/api/v1/$_[0]", $_[1])) };
	$query->("query?query=count(slt_tickets)by(job)", qr/postgres_exporter.*sql_exporter|sql_exporter.*postgres_exporter/s);
	my %by;
	for my $series (@{ $query->('query?query=%7B__name__%3D~%22slt_.%2A%22%7D', qr/slt_/)->{data}{result} })
	{
		my %labels = %{ $series->{metric} };
		my $job = delete $labels{job};
		delete @labels{qw(instance server driver host database user sql_job)};
		$by{$job}{ JSON::PP->new->canonical->encode(\%labels) } = $series->{value}[1];
	}
	cmp_ok(scalar keys %{ $by{sql_exporter} // {} }, '>', 60, 'Prometheus has many series of it') or diag(PostgreSQL::Test::Utils::slurp_file("$ENV{SLT_WORK}/tmp/prometheus.log"));
	is(join("\n", sort keys %{ $by{sql_exporter} }), join("\n", sort keys %{ $by{postgres_exporter} }), 'with the names and labels of the other exporter');
	my @steady = grep { /_(?:status|ratio|firing)"|slt_tickets/ && !/availability/ } sort keys %{ $by{postgres_exporter} };
	is(join(' ', map { $by{sql_exporter}{$_} } @steady), join(' ', map { $by{postgres_exporter}{$_} } @steady), 'and its values');
	is(join(' ', map { "$_->{name} $_->{health}" } grep { $_->{health} ne 'ok' } map { @{ $_->{rules} } } @{ $query->('rules', qr/"health":"ok"/)->{data}{groups} }), '', 'the alert rules are evaluated');
	my %raised = map { join(' ', $_->{labels}{alertname}, $_->{labels}{experience} // $_->{labels}{metric} // '', $_->{labels}{severity}) => 1 } grep { $_->{state} eq 'firing' }
	  @{ $query->('alerts', qr/SltTicketsBreached.*SltBudgetBurns|SltBudgetBurns.*SltTicketsBreached/s)->{data}{alerts} };
	is(join(', ', grep { !/Target|Low/ } sort keys %raised), 'SltBudgetBurns  page, SltExperienceDown Whole service page, SltTicketsAtRisk response ticket, SltTicketsBreached resolution ticket', 'and raise what is wrong');
}

# That of burningalchemist cannot be had: its queries are run.  This reads what its parser would (config/*_config.go of
# sql_exporter 0.24: unknown keys are errors), as our file has it.
my ($what, %of, %query, @series);
my @lines = grep { !/^\s*(?:#|$)/ } split /\n/, PostgreSQL::Test::Utils::slurp_file(source_file('monitoring/slt.collector.yml'));
is(shift @lines, 'collector_name: slt', 'the collector has a name');
my @unread = grep {
	if (/^(metrics|queries):$/) { $what = $1; 0 }
	elsif (/^  - (metric|query)_name: (\w+)$/) { %of = (name => $2); push @series, {%of} if $1 eq 'metric'; 0 }
	elsif ($what eq 'metrics' && /^    (type|help|query_ref): "?(.*?)"?$/ || $what eq 'metrics' && /^    (key_labels|values): \[(\w+(?:, \w+)*)\]$/) { $series[-1]{$1} = $2; 0 }
	elsif ($what eq 'queries' && /^    query: \|$/) { 0 }
	elsif ($what eq 'queries' && /^      (.*)$/) { $query{ $of{name} } .= "$1\n"; 0 }
	else { 1 }
} @lines;
is(join("\n", @unread), '', 'and nothing that sql_exporter does not know');
is(join(' ', grep { $_->{type} ne ($_->{name} =~ /_total$/ ? 'counter' : 'gauge') || !$_->{help} || !exists $query{ $_->{query_ref} } } @series), '', 'each metric has what it must have');

my %ours;
for my $metric (@series)
{
	my @keys = split /, /, $metric->{key_labels};

	for my $row (@{ JSON::PP::decode_json(query_as('exporter', $query{ $metric->{query_ref} })) })
	{
		my $labels = join ',', map { sprintf '%s="%s"', $_, $row->{$_} =~ s/([\\"])/\\$1/gr } sort @keys;

		$ours{"$metric->{name}\{$labels\}"} = $row->{ $metric->{values} };
	}
}
cmp_ok(scalar keys %ours, '>', 40, 'they give metrics');
SKIP:
{
	skip 'there is nothing to compare them with', 1 unless %metric;
	my %without_server = map { s/(?<=[{,])server="[^"]*",?//r =~ s/,\}/}/r => 1 } keys %metric;
	is(join("\n", sort grep { !/^slt_tickets/ } keys %ours), join("\n", sort grep { !/^slt_tickets/ } keys %without_server), 'the same as the other exporter');
}

# ---------- the dashboard ----------

my $dashboard = JSON::PP::decode_json(PostgreSQL::Test::Utils::slurp_file(source_file('monitoring/slt_dashboard.json')));
my @panels = grep { $_->{type} ne 'row' } @{ $dashboard->{panels} };
my %rows;
for my $service ($name, 'Silent', 'Watched', 'Plain')
{
	for my $panel (@panels)
	{
		for my $target (@{ $panel->{targets} })
		{
			my $rows = JSON::PP::decode_json(query_as('exporter', fill_in($target->{rawSql}, $service)));

			$rows{$service}{ $panel->{title} } = $rows;
			next unless $target->{format} eq 'time_series';
			is(join(' ', grep { join(',', sort keys %$_) ne 'metric,time,value' } @$rows), '', "$panel->{title} of $service is a series");
		}
	}
}
is(scalar(grep { @{ $_->{targets} } == 1 } @panels), 9, 'each of nine panels has a query, which runs');
is(join(' ', sort map { $_->{title} } grep { !@{ $rows{$name}{ $_->{title} } } } @panels), 'Monitors Response times', 'and gives something of a service that is recorded by hand');
is(join(' ', sort map { $_->{title} } grep { !@{ $rows{Watched}{ $_->{title} } } } @panels), '', 'and of one that is watched');
is_deeply([ map { @$_{qw(target breached), 'at risk'} } @{ $rows{$name}{'Tickets by state'} } ], [ 'public.tickets: resolution', 2, 0, 'public.tickets: response', 0, 1 ], 'tickets by state');
my %attained = map { $_->{value} => 1 } grep { $_->{metric} eq 'public.tickets: resolution' } @{ $rows{$name}{'Attainment by month'} };
is(join(' ', keys %attained), '0', 'attainment: none of three was in time');
is_deeply([ map { [ @$_{qw(experience status)} ] } @{ $rows{$name}{Now} } ], [ [ 'Chat', 'degraded' ], [ 'Mobile', 'down' ], [ 'Site', 'operational' ] ], 'states');
is($rows{$name}{'Downtime left'}[0]{year} =~ /^-?[\d.]+$/ ? 1 : 0, 1, 'seconds of downtime left');
is(scalar(grep { ($_->{alert} // '') eq 'page' } @{ $rows{$name}{Burn} }) >= 1, 1, 'what burns is worth a page');
is(scalar @{ $rows{$name}{Outages} }, 3, 'outages');
is_deeply(JSON::PP::decode_json(query_as('exporter', $dashboard->{templating}{list}[1]{query}))->[0], { name => $name }, 'the service is chosen of all there are');
is(join(' ', map { $_->{id} } grep { my $p = $_; grep({ $_->{id} == $p->{id} } @{ $dashboard->{panels} }) > 1 } @panels), '', 'each panel has an id of its own');

SKIP:
{
	my $modules = $ENV{SLT_NODE_MODULES} // '';
	skip 'the npm package @grafana/grafana-foundation-sdk is not there (SLT_NODE_MODULES): the dashboard is not made again', 1 unless -d "$modules/\@grafana/grafana-foundation-sdk";
	my $folder = "$ENV{SLT_WORK}/tmp/dashboard";
	mkdir $folder;
	unlink "$folder/node_modules";
	symlink $modules, "$folder/node_modules";
	PostgreSQL::Test::Utils::system_log('cp', source_file('monitoring/slt_dashboard.mjs'), $folder);
	my $made = `cd '$folder' && node slt_dashboard.mjs`;
	is($made, PostgreSQL::Test::Utils::slurp_file(source_file('monitoring/slt_dashboard.json')), 'the dashboard is what the SDK of Grafana makes of its source');
}
done_testing();
