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
