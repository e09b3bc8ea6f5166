# The metrics, by the packaged exporter, and the alert rules, by the packaged promtool.
use strict;
use warnings;

use IO::Socket::INET;
use SltTest;
use Test::More;

# Returns the path of a program, or undef.
sub program
{
	my ($name) = @_;

	return (grep { -x } map { "$_/$name" } split(/:/, $ENV{PATH}), '/usr/bin')[0];
}

# ---------- the alert rules ----------

SKIP:
{
	skip 'promtool is not installed (package prometheus): the alert rules are not tested', 1 unless program('promtool');
	my $rules = source_file('monitoring/slt_alerts.yaml');
	my $output = `promtool check rules $rules 2>&1`;

	is($?, 0, 'promtool accepts the alert rules') or diag($output);

	# series that shall raise each of the alerts, and what they say
	my $cases = "$ENV{SLT_WORK}/tmp/alerts_test.yaml";
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
      - {series: 'slt_burn_firing{service="Cloud",severity="page",long_window="1h"}', values: '0x9 1x30'}
      - {series: 'slt_burn_firing{service="Cloud",severity="page",long_window="6h"}', values: '0x9 1x30'}
      - {series: 'slt_burn_firing{service="Cloud",severity="ticket",long_window="24h"}', values: '0x40'}
      - {series: 'slt_service_availability_ratio{service="Cloud",period="month"}', values: '1x40'}
      - {series: 'slt_service_allowed_seconds{service="Cloud",period="month"}', values: '25920x40'}
      - {series: 'slt_service_budget_left_seconds{service="Cloud",period="month"}', values: '25920x9 600x30'}
      - {series: 'slt_service_allowed_seconds{service="Cloud",period="year"}', values: '315360x40'}
      - {series: 'slt_service_budget_left_seconds{service="Cloud",period="year"}', values: '-1x40'}
      - {series: 'slt_tickets{ticket_table="tickets",metric="response",state="at risk"}', values: '2x40'}
      - {series: 'slt_tickets{ticket_table="tickets",metric="response",state="breached"}', values: '0x40'}
      - {series: 'slt_tickets{ticket_table="tickets",metric="resolution",state="at risk"}', values: '0x40'}
      - {series: 'slt_tickets{ticket_table="tickets",metric="resolution",state="breached"}', values: '3x40'}
    alert_rule_test:
      - {eval_time: 9m, alertname: SltExperienceDown}
      - {eval_time: 9m, alertname: SltExperienceDegraded}
      - {eval_time: 9m, alertname: SltExperienceUnknown}
      - {eval_time: 9m, alertname: SltBudgetBurns}
      - {eval_time: 9m, alertname: SltBudgetLow}
      - eval_time: 20m
        alertname: SltExperienceDown
        exp_alerts: [{exp_labels: {service: Cloud, experience: Site, covered: "true", state: down, severity: critical}, exp_annotations: {summary: Site of Cloud is down}}]
      - eval_time: 20m
        alertname: SltExperienceDegraded
        exp_alerts: [{exp_labels: {service: Cloud, experience: Chat, covered: "true", state: degraded, severity: warning}, exp_annotations: {summary: Chat of Cloud is degraded}}]
      - eval_time: 20m
        alertname: SltExperienceUnknown
        exp_alerts: [{exp_labels: {service: Cloud, experience: Tickets, covered: "true", state: unknown, severity: warning}, exp_annotations: {summary: 'nothing is known of Tickets of Cloud: its monitor does not report'}}]
      - eval_time: 20m
        alertname: SltBudgetBurns
        exp_alerts: [{exp_labels: {service: Cloud, severity: page}, exp_annotations: {summary: Cloud uses up its downtime too fast}}]
      - eval_time: 20m
        alertname: SltBudgetLow
        exp_alerts: [{exp_labels: {service: Cloud, period: month, severity: warning}, exp_annotations: {summary: 'Cloud has 10m 0s of downtime left for this month'}}]
      - eval_time: 20m
        alertname: SltTargetMissed
        exp_alerts: [{exp_labels: {service: Cloud, period: year, severity: critical}, exp_annotations: {summary: 'Cloud was down for longer than this year allows'}}]
      - eval_time: 20m
        alertname: SltTicketsAtRisk
        exp_alerts: [{exp_labels: {ticket_table: tickets, metric: response, state: at risk, severity: warning}, exp_annotations: {summary: '2 tickets of tickets are at risk of missing the response target'}}]
      - eval_time: 20m
        alertname: SltTicketsBreached
        exp_alerts: [{exp_labels: {ticket_table: tickets, metric: resolution, state: breached, severity: critical}, exp_annotations: {summary: '3 tickets of tickets missed the resolution target and are not done'}}]
      - {eval_time: 20m, alertname: SltMetricsMissing}
  - interval: 1m
    input_series: [{series: 'up', values: '1x40'}]
    alert_rule_test:
      - eval_time: 20m
        alertname: SltMetricsMissing
        exp_alerts: [{exp_labels: {severity: warning}, exp_annotations: {summary: the exporter gives no metrics of slt}}]
YAML
	$output = `promtool test rules $cases 2>&1`;
	is($?, 0, 'each alert is raised when it should be, and only then') or diag($output);
}

# ---------- the exporter ----------

SKIP:
{
	my $exporter = program('prometheus-postgres-exporter') // program('postgres_exporter');
	skip 'prometheus-postgres-exporter is not installed: the metrics are not tested', 1 unless $exporter;

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
-- what the documentation says that the role needs
CREATE ROLE exporter LOGIN;
GRANT USAGE ON SCHEMA public TO exporter;
ALTER ROLE exporter SET search_path = public;
GRANT SELECT ON slt_attachments, tickets TO exporter;
SQL
	# a port that is free, or was a moment ago
	my $port = IO::Socket::INET->new(LocalAddr => '127.0.0.1:0', Listen => 1)->sockport;
	my $log = "$ENV{SLT_WORK}/tmp/exporter.log";
	my $pid = fork // die "fork: $!";
	if ($pid == 0)
	{
		$ENV{DATA_SOURCE_NAME} = sprintf 'host=%s port=%d user=exporter dbname=postgres sslmode=disable', $node->host, $node->port;
		open STDOUT, '>', $log;
		open STDERR, '>&', \*STDOUT;
		exec $exporter, '--extend.query-path=' . source_file('monitoring/slt_queries.yaml'), "--web.listen-address=127.0.0.1:$port", '--disable-default-metrics', '--disable-settings-metrics'
		  or POSIX::_exit(127);
	}
	my $text = '';
	for (1 .. 300)
	{
		if (my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port", Timeout => 5))
		{
			print {$socket} "GET /metrics HTTP/1.0\r\n\r\n";
			local $/;
			$text = <$socket> // '';
			last if $text =~ /^slt_experience_status/m;
		}
		last if waitpid($pid, POSIX::WNOHANG()) != 0;
		select undef, undef, undef, 0.1;
	}
	my $now = value($node, q{SELECT extract(epoch FROM now())});
	my %metric = map { /^(slt\S*\{.*\}) (\S+)$/ ? ($1 => $2) : () } split /\r?\n/, $text;
	my $label = $name =~ s/([\\"])/\\$1/gr;
	my $of = sub {
		my ($what, @labels) = @_;
		my ($key) = grep { my $k = $_; $k =~ /^\Q$what\E\{/ && !grep { index($k, $_) < 0 } @labels } sort keys %metric;

		return $metric{ $key // '' };
	};
	my $me = qq{service="$label"};

	is(scalar(grep { /^slt_experience_status\{/ } keys %metric), 4 * 5, 'five states of four experiences') or diag($text, PostgreSQL::Test::Utils::slurp_file($log));
	is($of->('slt_experience_status', $me, 'experience="Chat"', 'covered="true"', 'state="degraded"'), 1, 'one is degraded');
	is($of->('slt_experience_status', $me, 'experience="Chat"', 'covered="true"', 'state="operational"'), 0, 'and so not operational');
	is($of->('slt_experience_status', $me, 'experience="Mobile"', 'covered="false"', 'state="down"'), 1, 'one is down, and not covered');
	is($of->('slt_experience_status', $me, 'experience="Site"', 'state="operational"'), 1, 'one is up again');
	is($of->('slt_experience_status', 'service="Silent"', 'state="unknown"'), 1, 'of one nothing is known');
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
	my ($from, $to, $year) = split /\|/, value($node, q{SELECT extract(epoch FROM lower(during)), extract(epoch FROM upper(during)), (SELECT extract(epoch FROM lower(during)) FROM slt_status_summary('} . $quoted . q{') WHERE period = 'year')
		FROM slt_status_summary('} . $quoted . q{') WHERE period = 'month'});
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
	kill 'TERM', $pid;
	waitpid $pid, 0;
}
done_testing();
