# A real event log, replayed on tables of tickets event by event, and every final stamp held against the independent
# judge (test/judge), which is given the same history.  INCIDENTS=FILE names the log, which test/demo/incidents.pl reads.
#
# The log has a row for each change of an incident.  Two tables are fed with it, one as Cairo time under the Standard
# contract, the other as UTC under Priority, where 1970-01-01 stands for "not yet"; and each twice:
# - as it happened: resolved_at is there while an incident is Resolved or Closed, and goes when it is reopened.  Where the
#   log says no time, or one that is yet to come, it is that of the event that resolved it.
# - as it is exported: each row says when its incident was resolved in the end, the first one included.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;
use Time::Local 'timegm';

# A log for when none is given: a week of incidents that wait, are reopened, late, or never resolved.
sub own_log
{
	my $file = "$ENV{SLT_WORK}/tmp/own_log.csv";
	my @states = ([ 'New', 0 ], [ 'In Progress', 1 ], [ 'Waiting for customer', 3 ], [ 'In Progress', 9 ], [ 'Done', 20 ], [ 'Reopened', 30 ], [ 'Done', 41 ]);
	my $clock = sub { my ($hours) = @_; my @at = gmtime(1_493_600_000 + 3600 * $hours); sprintf '%02d.%02d.%d %02d:%02d', $at[3], $at[4] + 1, $at[5] + 1900, $at[2], $at[1] };
	my $text = "\xef\xbb\xbfKey;Status;Priority;Created;Updated;Resolved\r\n";

	for my $n (1 .. 40)
	{
		my $length = $n % 8;  # so many of the states
		my $done = $length > 4 ? $clock->(11 * $n + $states[ $length == 7 ? 6 : 4 ][1] * ($n % 5 + 1)) : '';
		$text .= join(';', "\"T-$n\"", $states[$_][0], ('High', 'Medium', 'Low')[ $n % 3 ], $clock->(11 * $n), $clock->(11 * $n + $states[$_][1] * ($n % 5 + 1)),
			$length == 6 ? '' : $done) . "\r\n" for 0 .. ($length || 1) - 1;
	}
	open my $out, '>', $file or die "$file: $!";
	print $out $text;
	close $out or die "$file: $!";
	return $file;
}
if (!$ENV{INCIDENTS})
{
	delete @ENV{qw(INCIDENT_COLUMNS INCIDENT_DATES)};
	$ENV{INCIDENTS} = own_log();
}

my %amount = (
	Standard => { response => { S1 => '4 working hours', S2 => '8 working hours', S3 => '2 working days' }, resolution => { S1 => '2 working days', S2 => '3 working days', S3 => '5 working days' } },
	Priority => { response => { S1 => '2 working hours', S2 => '4 working hours', S3 => '1 working day' }, resolution => { S1 => '8 working hours', S2 => '2 working days', S3 => '3 working days' } });
my %kinds = (
	cairo => { zone => 'Africa/Cairo', offset => 2 * 3600, contract => 'Standard', unset => undef },  # Egypt had no summer time from 2015 to 2022
	utc => { zone => 'UTC', offset => 0, contract => 'Priority', unset => '1970-01-01 00:00:00' });

# ---------- the log ----------

# Splits a line of CSV.
sub fields
{
	my ($line) = @_;
	my @fields;

	while ($line =~ /\G(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/g)
	{
		my ($quoted, $plain, $end) = ($1, $2, $3);

		push @fields, defined $quoted ? $quoted =~ s/""/"/gr : $plain;
		last if $end eq '';
	}
	return @fields;
}

# Reads an instant of the log as seconds of its wall clock; undef if there is none.
sub wall_clock
{
	my ($text) = @_;

	return undef if $text eq '';
	my ($year, $month, $day, $hour, $minute, $second) = $text =~ /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)$/ or die "no instant: $text";
	return timegm($second, $minute, $hour, $day, $month - 1, $year);
}

# Reads the log: its events in the order in which they happened, and their number of rows.
sub events
{
	my $read = "$ENV{SLT_WORK}/tmp/replayed.csv";
	my ($said, $complaint) = run_command([ $^X, source_file('test/demo/incidents.pl'), $ENV{INCIDENTS}, $read ]);
	die $complaint if $complaint;
	open my $log, '<', $read or die "$read: $!";
	my @header = fields(readline($log) =~ s/[\r\n]+//gr);
	my @events;

	while (my $line = readline $log)
	{
		my %row;
		@row{@header} = fields($line =~ s/[\r\n]+//gr);
		$row{$_} = wall_clock($row{$_}) for 'opened_at', 'sys_updated_at', 'resolved_at';
		push @events, { %row, n => scalar @events };
	}
	close $log;
	my %opened;
	$_->{opened_at} = $opened{ $_->{number} } //= $_->{opened_at} for @events;
	return sort { $a->{sys_updated_at} <=> $b->{sys_updated_at} || $a->{sys_mod_count} <=> $b->{sys_mod_count} || $a->{n} <=> $b->{n} } @events;
}

# Says which severity a priority is, as the demo does.
sub severity_of
{
	my ($priority) = @_;

	return $priority =~ /^\W*(?:(?:p|prio|priority|sev|severity)?[ _-]*[12]\b|critical|urgent|highest|high|blocker)/i ? 'S1' : $priority =~ /^\W*(?:(?:p|prio|priority|sev|severity)?[ _-]*3\b|moderate|medium|normal)/i ? 'S2' : 'S3';
}

# Writes a text as SQL, and one as part of an array or a JSON object.
sub text_sql { return "'" . $_[0] =~ s/'/''/gr . "'"; }
sub quoted { return '"' . $_[0] =~ s/(["\\])/\\$1/gr . '"'; }

# Says of each event when its incident was responded to and resolved, as far as is known by then, in both ways.
sub with_done
{
	my @events = @_;
	my (%responded, %resolved, %ended);

	for my $event (@events)
	{
		my $number = $event->{number};
		my $is_over = $event->{incident_state} =~ /^(Resolved|Closed)$/;

		$responded{$number} //= $event->{sys_updated_at} if $event->{incident_state} ne 'New' && $event->{sys_updated_at} >= $event->{opened_at};
		$resolved{$number} = !$is_over ? undef
			: defined $event->{resolved_at} && $event->{resolved_at} <= $event->{sys_updated_at} ? $event->{resolved_at}
			: $resolved{$number} // $event->{sys_updated_at};
		$event->{responded} = $responded{$number};
		$event->{done} = { happened => $resolved{$number}, exported => $event->{resolved_at} };
		$event->{paused} = $event->{incident_state} =~ /^Awaiting /;
	}
	return @events;
}

# ---------- the replay ----------

# Writes a wall clock as SQL.
sub clock_sql
{
	my ($seconds, $unset) = @_;

	return defined $unset ? "'$unset'" : 'NULL' unless defined $seconds;
	my ($second, $minute, $hour, $day, $month, $year) = gmtime $seconds;
	return sprintf "'%d-%02d-%02d %02d:%02d:%02d'", $year + 1900, $month + 1, $day, $hour, $minute, $second;
}

# Writes the statements of a table.
sub replay_sql
{
	my ($table, $kind, $way, @events) = @_;
	my (%seen, $sql);

	for my $event (@events)
	{
		my %value = (
			number => text_sql($event->{number}), opened_at => clock_sql($event->{opened_at}), state => text_sql($event->{incident_state}), priority => text_sql($event->{priority}),
			updated_at => clock_sql($event->{sys_updated_at}), responded_at => clock_sql($event->{responded}, $kind->{unset}),
			resolved_at => clock_sql($event->{done}{$way}, $kind->{unset}), changes => $event->{sys_mod_count});
		my @columns = sort keys %value;

		if (!$seen{ $event->{number} }++) { $sql .= "INSERT INTO $table (" . join(', ', @columns) . ') VALUES (' . join(', ', @value{@columns}) . ");\n"; }
		else
		{
			$sql .= "UPDATE $table SET " . join(', ', map { "$_ = $value{$_}" } grep { $_ ne 'number' } @columns) . " WHERE number = $value{number};\n";
		}
	}
	return $sql;
}

# ---------- what the judge is asked ----------

# Writes an instant of UTC as the judge does.
sub utc
{
	my ($seconds) = @_;
	my ($second, $minute, $hour, $day, $month, $year) = gmtime $seconds;

	return sprintf '%d-%02d-%02dT%02d:%02d:%02dZ', $year + 1900, $month + 1, $day, $hour, $minute, $second;
}

# Follows the resolution of an incident by its events: what is left of it are its end, and the time that does not count.
# A status holds from its change on; of the first one nothing is known before the row arrived.  An end that is taken back
# leaves a gap, up to the change that took it back, unless the same end is set again.
sub resolution
{
	my ($way, @events) = @_;
	my $opened = $events[0]{opened_at};
	my ($end, $before, @gaps, @statuses);

	for my $event (@events)
	{
		my ($at, $done) = ($event->{sys_updated_at}, $event->{done}{$way});

		if (!defined $before) { push @statuses, [ $at, $event->{paused} ] if $at > $opened; }
		elsif ($event->{incident_state} ne $before->{incident_state})
		{
			push @statuses, [ $opened, $before->{paused} ] if !@statuses && $opened < $at;
			push @statuses, [ $at, $event->{paused} ];
		}
		if (defined $done && @gaps && $gaps[-1][0] == $done) { pop @gaps; }
		elsif (!defined $done && defined $end) { push @gaps, [ $end, $at > $end ? $at : $end ]; }
		($end, $before) = ($done, $event);
	}
	push @statuses, [ $opened, $before->{paused} ] if !@statuses;
	my @pauses = map { $statuses[$_][1] ? [ $statuses[$_][0], $_ < $#statuses ? $statuses[ $_ + 1 ][0] : undef ] : () } 0 .. $#statuses;
	my @excluded = map {
		my ($from, $to) = @$_;
		$from = $opened if $from < $opened;
		$to = $end if defined $end && (!defined $to || $to > $end);
		!defined $to || $to > $from ? [ $from, $to ] : ();
	} @pauses, @gaps;
	return ($end, @excluded);
}

# Writes the question for a metric of an incident, whose events are given.
sub question
{
	my ($metric, $kind, $way, $calendar, @events) = @_;
	my $offset = $kind->{offset};
	my $last = $events[-1];
	my ($end, @pauses) = resolution($way, @events);
	@pauses = () if $metric eq 'response';
	my $paused = '{' . join(',', map { '[' . utc($_->[0] - $offset) . ',' . (defined $_->[1] ? utc($_->[1] - $offset) : '') . ')' } @pauses) . '}';

	return sprintf q{working_add(timestamptz '%s', working_interval '%s', working_calendar '%s'%s)}, utc($last->{opened_at} - $offset),
		$amount{ $kind->{contract} }{$metric}{ severity_of($last->{priority}) }, $calendar =~ s/'/''/gr, @pauses ? ", tstzmultirange '$paused'" : '';
}

# Leaves out of a calendar the rules for years before and long after those of the log, which take the judge time to read.
sub calendar_of
{
	my ($text, $first, $last) = @_;
	my ($week, @rules) = split /; (?=\d{4} )/, $text;

	return join '; ', $week, grep { my ($year) = /^(\d{4})/; $year >= $first - 1 && $year <= $last + 1 } @rules;
}

# Quotes a field of CSV.
sub csv { return map { '"' . s/"/""/gr . '"' } @_; }

my $node = new_server('incidents');
my @events = with_done(events());
if (!@events)
{
	pass('a log with a header alone has nothing to replay');
	done_testing();
	exit;
}
my %history;
push @{ $history{ $_->{number} } }, $_ for @events;
my $incidents = scalar keys %history;
my %priorities = map { $_->{priority} => 1 } @events;
my $severity_map = text_sql('{' . join(', ', map { quoted($_) . ': "' . severity_of($_) . '"' } sort keys %priorities) . '}');
my %waiting = map { $_->{paused} ? ($_->{incident_state} => 1) : () } @events;
my $paused_when = text_sql('{' . join(',', map { quoted($_) } sort keys %waiting) . '}');
my @years = map { (gmtime $_)[5] + 1900 } map { @$_{qw(opened_at sys_updated_at)} } @events;
delete $kinds{cairo} if grep { $_ < 2015 || $_ > 2022 } @years;
my $calendar = calendar_of(value($node, q{SELECT slt_calendar('Egypt')}), map { (gmtime $_)[5] + 1900 } $events[0]{opened_at}, $events[-1]{sys_updated_at});
my %judged;
note(scalar(@events) . " events of $incidents incidents");

for my $name (sort keys %kinds)
{
	for my $way ('happened', 'exported')
	{
		my $kind = $kinds{$name};
		my $table = "${name}_$way";
		my $unset = defined $kind->{unset} ? ", unset => '$kind->{unset}'" : '';

		$node->safe_psql('postgres', <<"SQL");
CREATE TABLE $table (number text PRIMARY KEY, opened_at timestamp, state text, priority text, updated_at timestamp, responded_at timestamp, resolved_at timestamp, changes int);
SELECT slt_attach('$table', 'opened_at', severity => 'priority', severity_map => $severity_map, contract_value => '$kind->{contract}',
	done_at => '{"response": "responded_at", "resolution": "resolved_at"}', status => 'state',
	paused_when => $paused_when, changed_at => 'updated_at', time_zone => '$kind->{zone}'$unset);
SQL
		my ($output, $messages) = run_sql($node, 'postgres', "SET timezone = 'Asia/Tokyo'; SET datestyle = 'ISO, DMY'; SET synchronous_commit = off;\n" . replay_sql($table, $kind, $way, @events));
		is($messages, '', "$table: the log is replayed without a message");
		my $clock = q{'YYYY-MM-DD"T"HH24:MI:SS"Z"'};
		my %stamps = map { my ($number, @stamps) = split /\|/, $_, -1; ($number => \@stamps) } split /\n/, value($node, <<"SQL");
SET timezone = 'UTC';
SELECT number, CASE WHEN isfinite(slt_response_due) THEN to_char(slt_response_due, $clock) ELSE slt_response_due::text END, slt_response_met,
	CASE WHEN isfinite(slt_resolution_due) THEN to_char(slt_resolution_due, $clock) ELSE slt_resolution_due::text END, slt_resolution_met FROM $table
SQL
		is(scalar keys %stamps, $incidents, "$table: a ticket for each incident");
		my (%wrong_met, %count);
		for my $number (sort keys %history)
		{
			my $last = $history{$number}[-1];

			my ($resolved) = resolution($way, @{ $history{$number} });
			my ($responded) = sort { $a <=> $b } grep { defined } $last->{responded}, $resolved;  # a response ends with the resolution

			for my $metric ([ 'response', $responded, 0 ], [ 'resolution', $resolved, 2 ])
			{
				my ($metric_name, $done, $column) = @$metric;
				my ($due, $met) = @{ $stamps{$number} }[ $column, $column + 1 ];
				my $expected = !defined $done ? '' : utc($done - $kind->{offset}) le $due ? 't' : 'f';

				my $question = question($metric_name, $kind, $way, $calendar, @{ $history{$number} });

				# most incidents ask the same in both ways
				$judged{"$question $due"} //= [ "$table $number $metric_name", $question, $due ];
				$wrong_met{"$number $metric_name"} = "$met, expected $expected" if $met ne $expected;
				$count{"$metric_name $expected"}++;
			}
		}
		is_deeply(\%wrong_met, {}, "$table: each metric is met or not as its deadline says");
		note("$table: ", join ', ', map { "$_: $count{$_}" } sort keys %count);
	}
}

# ---------- the judge ----------

my $cases = "$ENV{SLT_WORK}/tmp/incident_cases.csv";
open my $file, '>', $cases or die "$cases: $!";
print $file "id,sql,expected\n";
print $file join(',', csv(@{ $judged{$_} })), "\n" for sort keys %judged;
close $file;
my ($answer, $errors) = run_command([ $^X, source_file('test/judge/judge.pl'), '--eval', $cases, '--verbose' ]);
my $count = scalar keys %judged;
cmp_ok($count, '>=', $incidents, 'there are questions for each incident');
is($errors, '', 'the judge has nothing to complain of');
is((split /\n/, $answer)[-1], "$count agree, 0 disagree, 0 not judged", "all $count final deadlines are the judge's") or diag(substr $answer, 0, 3000);
done_testing();
