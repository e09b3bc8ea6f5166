#!/usr/bin/perl
# Makes of slt_queries.yaml the same for two programs that are both called sql_exporter:
#
#   perl slt_sql_exporter.pl jobs      > slt_sql_exporter.yml    that of justwatchcom, which Debian has as prometheus-sql-exporter
#   perl slt_sql_exporter.pl collector > slt.collector.yml       that of burningalchemist
use strict;
use warnings;
use FindBin;

my %head = (jobs => <<'END', collector => <<'END');
# Made by slt_sql_exporter.pl of slt_queries.yaml: for sql_exporter (github.com/justwatchcom/sql_exporter; in Debian,
# prometheus-sql-exporter), as /etc/prometheus-sql-exporter.yml.  The connection is yours; prometheus.yml gives its
# metrics the names that they have elsewhere.

jobs:
  - name: slt
    interval: 30s
    connections: ['postgres://exporter@/helpdesk?host=/var/run/postgresql&sslmode=disable']
    startup_sql: ['SET statement_timeout = 20000']
    queries:
END
# Made by slt_sql_exporter.pl of slt_queries.yaml: a collector for sql_exporter (github.com/burningalchemist/sql_exporter).
# doc/serving.md has the configuration around it, and what the role needs.

collector_name: slt
END
my $format = shift // '';
die "usage: perl $0 jobs|collector\n" unless exists $head{$format};

# each query has a name, its text, its labels, and its values with what they are
my @queries;
open my $in, '<', "$FindBin::Bin/slt_queries.yaml" or die "slt_queries.yaml: $!";
while (<$in>)
{
	if (/^(\w+):$/) { push @queries, { name => $1, text => '', labels => [], values => [] } }
	elsif (/^    - (\w+): \{usage: "LABEL"/) { push @{ $queries[-1]{labels} }, $1 }
	elsif (/^    - (\w+): \{usage: "(GAUGE|COUNTER)", description: (".*")\}$/) { push @{ $queries[-1]{values} }, [ $1, $3, lc $2 ] }
	elsif (/^    (.*\n)/) { $queries[-1]{text} .= $1 }
}

# Returns a list as YAML has it.
sub list { return '[' . join(', ', @_) . ']' }

# Returns a query, indented.
sub text { my ($q, $blanks) = @_; return $q->{text} =~ s/^/' ' x $blanks/megr }

print $head{$format};
if ($format eq 'jobs')
{
	for my $q (@queries)
	{
		printf "      - name: %s\n        help: \"%s\"\n        allow_zero_rows: true\n        labels: %s\n        values: %s\n        query: |\n%s", $q->{name},
		  join('; ', map { "$_->[0]: " . $_->[1] =~ tr/"//dr } @{ $q->{values} }), list(@{ $q->{labels} }), list(map { $_->[0] } @{ $q->{values} }), text($q, 10);
	}
}
else
{
	print "\nmetrics:\n", join "\n", map {
		my $q = $_;
		map { "  - metric_name: $q->{name}_$_->[0]\n    type: $_->[2]\n    help: $_->[1]\n    key_labels: " . list(@{ $q->{labels} }) . "\n    values: [$_->[0]]\n    query_ref: $q->{name}\n" } @{ $q->{values} }
	} @queries;
	print "\nqueries:\n", join "\n", map { "  - query_name: $_->{name}\n    query: |\n" . text($_, 6) } @queries;
}
