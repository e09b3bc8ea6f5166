# The clocks of a ticket: a slow second opinion, written from doc/design.md and from nothing else.
#
# A policy and a table of tickets are plain hashes (see below); a life is a list of writes, and after each of them the
# model says what the ticket remembers (status history, runs), what is stamped (due, met), which clocks it has, in which
# state each is at an instant, and what a sweep has to announce.
#
#     policy:  calendars  { name => text },  contracts { name => calendar },  out_of_scope { kind => 1 },
#              metrics    { name => { pausable, when_reopened, ends_with } },
#              targets    [ { contract, severity, metric, days, micros, calendar, pausable, steps, from, to } ]
#     table:   metrics [ names ],  started_at / done_at { metric => column },  done_when { metric => [ statuses ] },
#              paused_when [ statuses ] or { metric => [ statuses ] },  cancelled_when [ statuses ],  announce_from
#     row:     opened, changed, status, severity, contract, calendar, kind and the columns that the table names
#
# Instants are the judge's: microseconds since 2000, in UTC. undef is null.
package Judge::Clocks;

use v5.36;
use Exporter 'import';
use List::Util qw(first max min);
use Judge::Clock;
use Judge::Calendar;
use Judge::Worktime;

our @EXPORT = qw(new_ticket write_ticket restamp_ticket stamps_of history_of runs_of clocks_of state_of steps_of news_of remember pg_text status_at normalised);

# Where the definition is silent, the judge decides; each of these can be turned round in one place.
our %reading = (
	late_and_paused => 'breached',               # the state of a clock that stands still behind its deadline
	second_answer   => 'first counts',           # restart with an end of its own: the end column moves on while it has ended; or 'corrected'
	announced_by    => 'run',                    # what "its clock" is in "the last announcement of its clock and step"; or 'metric'
	cleared_start   => 'last run',               # restart, start cleared: the stamps of the run that ended stay; or 'null': nothing is due
	split('[=,]', $ENV{SLT_CLOCKS_READING} // ''),  # announced_by=metric,cleared_start=null
);

my %calendar_of_text;

# ---------- text ----------

# Writes an instant as PostgreSQL does in UTC.
sub pg_text ($at)
{
	return 'NULL' unless defined $at;
	return $at unless is_finite($at);
	my $text = format_instant($at);
	$text =~ s/T/ /;
	$text =~ s/(\.\d*?)0+Z/$1Z/;
	return $text =~ s/Z/+00/r;
}

# ---------- status ----------

# Makes a ticket of a table; nothing has been written yet.
sub new_ticket ($table)
{
	return { table => $table, row => undef, history => [], clock => {} };
}

# Adds news of a status. The last in time holds now; of two at one instant the one that was told later.
sub tell_status ($ticket, $at, $status)
{
	my $history = $ticket->{history};
	my $i = @$history;

	$i-- while $i > 0 && $history->[ $i - 1 ][0] > $at;
	splice @$history, $i, 0, [ $at, $status ];
	return;
}

# The spells of a ticket's status, [from, to, status], without those that were cancelled: they are as if never been.
sub spells ($ticket)
{
	my %cancelled = map { $_ => 1 } @{ $ticket->{table}{cancelled_when} // [] };
	my @entries = @{ $ticket->{history} } ? @{ $ticket->{history} } : [ MINUS_INFINITY, $ticket->{row}{status} ];
	my @spells;

	for my $entry (@entries)
	{
		my ($at, $status) = @$entry;
		next if !defined $status || $cancelled{$status};
		if (@spells && $spells[-1][2] eq $status) { next }
		$spells[-1][1] = $at if @spells;
		pop @spells if @spells && $spells[-1][0] eq $at;
		if (@spells && $spells[-1][2] eq $status) { $spells[-1][1] = INFINITY; next }
		push @spells, [ $at, INFINITY, $status ];
	}
	return @spells;
}

# The spells in which the status was one of some, those that touch joined.
sub spells_in ($ticket, @statuses)
{
	my %in = map { $_ => 1 } @statuses;
	my @joined;

	for my $spell (grep { $in{ $_->[2] } } spells($ticket))
	{
		if (@joined && $joined[-1][1] eq $spell->[0]) { $joined[-1][1] = $spell->[1] }
		else                                          { push @joined, [ @$spell[ 0, 1 ] ] }
	}
	return @joined;
}

# The status that a ticket has now: the last in time, whatever its column says.
sub status_now ($ticket)
{
	return @{ $ticket->{history} } ? $ticket->{history}[-1][1] : $ticket->{row}{status};
}

# Whether a ticket is cancelled now.
sub is_cancelled ($ticket)
{
	my $status = status_now($ticket);

	return defined $status && (grep { $_ eq $status } @{ $ticket->{table}{cancelled_when} // [] }) ? 1 : 0;
}

# A status history without what says nothing: spells of no length and repetitions.
sub normalised ($at, $became)
{
	my @kept;

	for my $i (0 .. $#$at)
	{
		pop @kept if @kept && $kept[-1][0] eq $at->[$i];
		next if @kept && ($kept[-1][1] // '') eq ($became->[$i] // '');
		push @kept, [ $at->[$i], $became->[$i] ];
	}
	return @kept;
}

# The same as text.
sub status_at ($at, $became)
{
	return join ', ', map { pg_text($_->[0]) . ' ' . ($_->[1] // 'null') } normalised($at, $became);
}

# The status history as it should be compared.
sub history_of ($ticket)
{
	my @history = @{ $ticket->{history} };

	return status_at([ map { $_->[0] } @history ], [ map { $_->[1] } @history ]);
}

# ---------- targets ----------

# Finds the target that a clock with this start has, or says why there is none.
sub target_of ($ticket, $policy, $metric, $start)
{
	my $row = $ticket->{row};

	return 'no start' unless defined $start;
	return 'out of scope' if defined $row->{kind} && $policy->{out_of_scope}{ $row->{kind} };
	return 'unknown' unless defined $row->{contract} && exists $policy->{contracts}{ $row->{contract} };
	return 'unknown' unless defined $row->{severity} && $policy->{severities}{ $row->{severity} };
	my $target = first
	{
		$_->{contract} eq $row->{contract} && $_->{severity} eq $row->{severity} && $_->{metric} eq $metric
			&& (!defined $_->{from} || $start >= $_->{from}) && (!defined $_->{to} || $start < $_->{to})
	} @{ $policy->{targets} };
	return $target // 'no target';
}

# The calendar that counts: the ticket's own, else the target's, else the contract's.
sub calendar_of ($ticket, $policy, $target)
{
	my $name = $ticket->{row}{calendar} // $target->{calendar} // $policy->{contracts}{ $target->{contract} };
	my $text = $policy->{calendars}{$name};

	return ($calendar_of_text{$text} //= Judge::Calendar->parse($text))->begin_question;
}

# The statuses that pause a metric in a table.
sub pausing ($table, $metric)
{
	my $paused_when = $table->{paused_when} // [];

	return ref $paused_when eq 'HASH' ? @{ $paused_when->{$metric} // [] } : @$paused_when;
}

# Cuts spells to what lies between two instants, either of which may be an infinity.
sub clipped ($from, $to, @spells)
{
	my @cut;

	for my $spell (@spells)
	{
		my $a = $spell->[0] eq MINUS_INFINITY || is_finite($from) && $spell->[0] ne INFINITY && $spell->[0] < $from ? $from : $spell->[0];
		my $b = $spell->[1] eq INFINITY || is_finite($to) && $spell->[1] > $to ? $to : $spell->[1];
		push @cut, [ $a, $b ] if $b eq INFINITY || $a < $b;
	}
	return @cut;
}

# When a run stood still: the pauses of its metric, if it is pausable, and the times between an end and what took it back.
sub still_of ($ticket, $policy, $metric, $target, $run)
{
	my $pausable = $target->{pausable} // $policy->{metrics}{$metric}{pausable};
	my $to = $run->{end} // INFINITY;
	my @pauses = $pausable ? spells_in($ticket, pausing($ticket->{table}, $metric)) : ();

	return clipped($run->{start}, $to, @pauses, @{ $run->{gaps} // [] });
}

# ---------- deadlines ----------

# Works out all that the present policy says of a run: why it has no deadline, or deadline, working time owed, pauses.
sub worked_out ($ticket, $policy, $metric, $run)
{
	my $target = target_of($ticket, $policy, $metric, $run->{start});
	return { why => $target } unless ref $target;
	my $calendar = calendar_of($ticket, $policy, $target);
	my $still = merge_pauses(still_of($ticket, $policy, $metric, $target, $run));
	my $due = add_amount($calendar, $run->{start}, $target->{days}, $target->{micros}, $still);
	my $plain = @$still ? add_amount($calendar, $run->{start}, $target->{days}, $target->{micros}, []) : $due;

	return { due => $due, owed => worked($calendar, $run->{start}, $plain), still => $still, calendar => $calendar, steps => $target->{steps} // [ 75, 100 ] };
}

# The instant of a step: a percentage of the working time that is owed.
sub step_instant ($run, $out, $step)
{
	return $out->{due} if $step == 100;
	$out->{calendar}->begin_question;
	return add_amount($out->{calendar}, $run->{start}, 0, $out->{owed} * $step / 100, $out->{still});
}

# The facts of a run that its deadline goes by: start, end, codes, the times that do not count; and its pauses apart, which
# are no facts of a clock that is not pausable.
sub facts_of ($ticket, $metric, $run)
{
	my @facts = map { $_ // '' } @$run{qw(start end)}, @{ $ticket->{row} }{qw(severity contract calendar kind)};

	return join '|', @facts, map { "@$_" } clipped($run->{start}, $run->{end} // INFINITY, @{ $run->{gaps} // [] });
}

# The pauses of a ticket that a run sees, pausable or not.
sub pauses_of ($ticket, $metric, $run)
{
	return join '|', map { "@$_" } clipped($run->{start}, $run->{end} // INFINITY, spells_in($ticket, pausing($ticket->{table}, $metric)));
}

# Whether a run is one that has ended before, with the same facts.
sub is_as_before ($ticket, $policy, $metric, $run, $before)
{
	return 0 unless defined $run->{end} && $before && defined $before->{end} && defined $before->{facts} && $before->{facts} eq $run->{facts};
	return 1 if $before->{pauses} eq $run->{pauses};
	my $target = target_of($ticket, $policy, $metric, $run->{start});
	return ref $target && !($target->{pausable} // $policy->{metrics}{$metric}{pausable});
}

# Stamps a run: one that has ended keeps its stamps while its facts stay, unless it is told to be worked out anew.
sub stamp ($ticket, $policy, $metric, $run, $before, $anew = 0)
{
	return $run unless defined $run->{start};
	$run->{facts} = facts_of($ticket, $metric, $run);
	$run->{pauses} = pauses_of($ticket, $metric, $run);
	$run->{due} = !$anew && is_as_before($ticket, $policy, $metric, $run, $before) ? $before->{due} : worked_out($ticket, $policy, $metric, $run)->{due};
	return $run;
}

# ---------- clocks ----------

# The column in which a metric's clock starts.
sub start_column ($table, $metric)
{
	return $table->{started_at}{$metric} // 'opened';
}

# Whether a metric has an end of its own.
sub has_own_end ($table, $metric)
{
	return defined $table->{done_at}{$metric} || defined $table->{done_when}{$metric};
}

# The end of a clock as the columns of a row say it, or the end of the metric that it ends with, if that is earlier.
sub column_end ($ticket, $policy, $metric)
{
	my $column = $ticket->{table}{done_at}{$metric};
	my $other = $policy->{metrics}{$metric}{ends_with};
	my @ends = grep { defined } defined $column ? $ticket->{row}{$column} : undef, defined $other && $ticket->{clock}{$other} ? $ticket->{clock}{$other}{run}{end} : undef;

	return min(@ends);
}

# One clock after a write. A clock is { run => the current run, over => [ runs that are remembered ], loose => whether the
# start of the current run cannot be read off the row }.
sub advance ($ticket, $policy, $metric, $old_row, $change)
{
	my $table = $ticket->{table};
	my $before = $ticket->{clock}{$metric};
	my $when = $policy->{metrics}{$metric}{when_reopened};
	my $start = $ticket->{row}{ start_column($table, $metric) };
	my $old_start = $old_row ? $old_row->{ start_column($table, $metric) } : undef;

	return by_status($ticket, $policy, $metric, $before, $when, $start) if $table->{done_when}{$metric};
	my $end = column_end($ticket, $policy, $metric);
	return continued($ticket, $policy, $metric, $before, $start, $end) if $when eq 'continue';
	return once($ticket, $policy, $metric, $before, $start, $end) if $when eq 'once';
	return resumed($ticket, $policy, $metric, $before, $start, $old_start, $end, $change) if $when eq 'resume';
	return restarted($ticket, $policy, $metric, $before, $start, $old_start, $end, $change) if has_own_end($table, $metric);
	return restarted_bare($ticket, $policy, $metric, $before, $start, $old_start, $end, $change);
}

# continue: as if it had never ended.
sub continued ($ticket, $policy, $metric, $before, $start, $end)
{
	undef $end if defined $end && defined $start && $end < $start && $before;  # the start moved behind the end
	return { run => stamp($ticket, $policy, $metric, { start => $start, end => defined $start ? $end : undef }, $before && $before->{run}), over => [] };
}

# once: the first end counts, and stays, with its deadline.
sub once ($ticket, $policy, $metric, $before, $start, $end)
{
	if ($before)
	{
		my $run = $before->{run};
		return $before if @{ $before->{over} };
		return { run => $run, over => [ {%$run} ] } if defined $run->{end} && (!defined $end || defined $start && $start > $run->{end});
	}
	return { run => stamp($ticket, $policy, $metric, { start => $start, end => defined $start ? $end : undef }, $before && $before->{run}), over => [] };
}

# resume: the same clock goes on from the change, and the time in between does not count.
sub resumed ($ticket, $policy, $metric, $before, $start, $old_start, $end, $change)
{
	my @over = $before ? @{ $before->{over} } : ();
	my $since = $before ? $before->{since} : undef;
	my $run = $before ? $before->{run} : {};

	# a start may be corrected, that of a clock that went on as well
	@over = ({ %{ $over[0] }, start => $start }, @over[ 1 .. $#over ])
		if @over && defined $start && defined $old_start && $start != $old_start && $old_start == $over[0]{start} && $start <= $over[0]{end};
	if (defined $run->{end} && (!defined $end || defined $start && $start > $run->{end}))
	{
		push @over, { start => $since // $run->{start}, end => $run->{end}, due => $run->{due} };
		$since = $change;
	}
	undef $end if defined $since && defined $end && $end < $since;  # an end of before the clock went on is not its end
	my @starts = ((map { $_->{start} } @over), $since);
	my @gaps = map { [ $over[$_]{end}, $starts[ $_ + 1 ] ] } 0 .. $#over;
	my $now = { start => @over ? $over[0]{start} : $start, gaps => [ grep { $_->[0] < $_->[1] } @gaps ] };

	$now->{end} = $end if defined $now->{start};
	return { run => stamp($ticket, $policy, $metric, $now, $run), over => \@over, since => $since, loose => defined $since ? $since : undef };
}

# restart, with an end of its own: a new clock starts, and the old one stays as it ended.
sub restarted ($ticket, $policy, $metric, $before, $start, $old_start, $end, $change)
{
	my @over = $before ? @{ $before->{over} } : ();
	my $run = $before ? $before->{run} : {};
	my $moved = defined $start && (!defined $old_start || $start != $old_start);
	my $begin = $run->{start};

	if (!defined $begin || !defined $start) { $begin = $start }
	elsif (defined $run->{end})
	{
		if (!defined $end || $start > $run->{end})
		{
			push @over, {%$run};
			$begin = $moved ? $start : $change;
		}
		elsif ($moved) { $begin = $start }
		elsif ($end > $run->{end} && $reading{second_answer} eq 'first counts') { $end = $run->{end} }
	}
	elsif ($moved && $start < $begin) { $begin = $start }
	undef $end if defined $end && (!defined $begin || $end < $begin);
	my $now = stamp($ticket, $policy, $metric, { start => $begin, end => $end }, $run);
	return { run => $now, over => \@over, loose => defined $begin && $begin != ($start // -1) ? $begin : undef };
}

# restart, without an end of its own: a start that is cleared ends its clock at the change, one that moves on at the new start.
sub restarted_bare ($ticket, $policy, $metric, $before, $start, $old_start, $end, $change)
{
	my @over = $before ? @{ $before->{over} } : ();
	my $run = $before ? $before->{run} : {};
	my $is_over = $before ? $before->{cleared} : 0;
	my $moved = defined $start && (!defined $old_start || $start != $old_start);
	my $loose = $before ? $before->{loose} : undef;

	if (defined $run->{start} && !$is_over)
	{
		my $ended_at = defined $run->{end}
			? (!defined $end || !defined $start || $start > $run->{end} ? $run->{end} : undef)
			: !defined $start ? $change : $moved && $start > $run->{start} ? $start : undef;
		if (defined $ended_at)
		{
			my $taken_back = defined $run->{end} && !defined $end;
			my $over = stamp($ticket, $policy, $metric, { start => $run->{start}, end => $ended_at }, $run);
			push @over, $over;
			return { run => $over, over => \@over, cleared => 1 } unless defined $start;
			my $begin = !$moved && $taken_back ? $change : $start;
			undef $end if defined $end && $end < $begin;
			return { run => stamp($ticket, $policy, $metric, { start => $begin, end => $end }, undef), over => \@over, loose => $begin != $start ? $begin : undef };
		}
	}
	return $before if $is_over && !defined $start;
	my $begin = defined $loose && !$moved ? $loose : $start;
	undef $end if defined $end && (!defined $begin || $end < $begin);
	return { run => stamp($ticket, $policy, $metric, { start => $begin, end => $end }, $is_over ? undef : $run), over => \@over, loose => defined $begin && $begin != $start ? $begin : undef };
}

# Ends by status are worked out from the history each time, so late news is in its place.
sub by_status ($ticket, $policy, $metric, $before, $when, $start)
{
	return { run => stamp($ticket, $policy, $metric, {}, undef), over => [], derived => 1 } unless defined $start;
	my @ended = map { [ $_->[0] eq MINUS_INFINITY || $_->[0] < $start ? $start : $_->[0], $_->[1] ] }
		grep { $_->[1] eq INFINITY || $_->[1] > $start } spells_in($ticket, @{ $ticket->{table}{done_when}{$metric} });
	my $is_ended = @ended && $ended[-1][1] eq INFINITY;
	my $run = { start => $start };
	my @over;

	if ($when eq 'once') { $run->{end} = @ended ? $ended[0][0] : undef }
	else                 { $run->{end} = $is_ended ? $ended[-1][0] : undef }
	my @back = $is_ended ? @ended[ 0 .. $#ended - 1 ] : @ended;
	$run->{gaps} = \@back if $when eq 'resume';
	if ($when eq 'restart')
	{
		my %known = map { ("$_->{start} $_->{end}" => $_) } $before ? @{ $before->{over} } : (), $before && defined $before->{run}{end} ? $before->{run} : ();
		for my $spell (@back)
		{
			my $over = { start => $run->{start}, end => $spell->[0] };
			push @over, $known{"$over->{start} $over->{end}"} // stamp($ticket, $policy, $metric, $over, undef);
			$run->{start} = $spell->[1];
		}
	}
	return { run => stamp($ticket, $policy, $metric, $run, $before && $before->{run}), over => \@over, derived => 1 };
}

# The metrics of a table, each behind the one that it ends with.
sub in_order ($table, $policy)
{
	my (@order, %seen);
	my $visit = sub ($visit, $metric)
	{
		return if $seen{$metric}++;
		my $other = $policy->{metrics}{$metric}{ends_with};
		$visit->($visit, $other) if defined $other && grep { $_ eq $other } @{ $table->{metrics} };
		push @order, $metric;
	};

	$visit->($visit, $_) for @{ $table->{metrics} };
	return @order;
}

# A write: the first is the INSERT. What is not set stays. Without a changed column the change is now.
sub write_ticket ($ticket, $policy, $set, $now)
{
	my $old = $ticket->{row};
	my $row = $ticket->{row} = { %{ $old // {} }, %$set };
	my $change = $row->{changed} // $now;

	if (!$old)
	{
		tell_status($ticket, $row->{changed}, $row->{status}) if defined $row->{status} && defined $row->{changed} && $row->{changed} > $row->{opened};
	}
	elsif (($old->{status} // '') ne ($row->{status} // ''))
	{
		tell_status($ticket, $row->{opened}, $old->{status}) if !@{ $ticket->{history} } && $change > $row->{opened};
		tell_status($ticket, $change, $row->{status});
	}
	$ticket->{clock}{$_} = advance($ticket, $policy, $_, $old, $change) for in_order($ticket->{table}, $policy);
	return;
}

# A restamp: clocks that run are worked out by the present policy, those that have ended only if all are asked for.
sub restamp_ticket ($ticket, $policy, $all)
{
	for my $metric (@{ $ticket->{table}{metrics} })
	{
		my $clock = $ticket->{clock}{$metric};
		my $run = $clock->{run};
		next if defined $run->{end} && (!$all || grep { $_ == $run || $_->{start} eq $run->{start} && $_->{end} eq $run->{end} } @{ $clock->{over} });
		stamp($ticket, $policy, $metric, $run, undef, 1);
	}
	return;
}

# ---------- what there is to see ----------

# What is stamped of a metric: due, met, as text.
sub stamps_of ($ticket, $metric)
{
	my $clock = $ticket->{clock}{$metric};
	my $run = $clock->{run};

	return ('NULL', 'NULL') if is_cancelled($ticket) || !defined $run->{due} || $clock->{cleared} && $reading{cleared_start} eq 'null';
	return (pg_text($run->{due}), !defined $run->{end} ? 'NULL' : $run->{end} <= $run->{due} ? 't' : 'f');
}

# What slt_<metric>_runs is: rows of start, end, due; '*' is what is not compared. undef: read the clocks instead.
sub runs_of ($ticket, $metric)
{
	my $clock = $ticket->{clock}{$metric};

	return undef if $clock->{derived};
	my @rows = map { [ pg_text($_->{start}), pg_text($_->{end}), pg_text($_->{due}) ] } @{ $clock->{over} };
	push @rows, [ pg_text($clock->{loose}), 'NULL', '*' ] if defined $clock->{loose};
	return \@rows;
}

# The clocks of a metric: the runs of a restarting one, else one. Each { metric, number, current, started, due, done, why,
# due_now, owed, still, is_still, at_risk, elapsed }, where why lists the reasons for which nothing is owed.
sub clocks_of ($ticket, $policy, $metric)
{
	my $clock = $ticket->{clock}{$metric};
	my @runs = $policy->{metrics}{$metric}{when_reopened} eq 'restart' ? (@{ $clock->{over} }, $clock->{cleared} ? () : $clock->{run}) : $clock->{run};
	my $number = 0;

	return map { clock_of($ticket, $policy, $metric, $_, $number++, $_ == $runs[-1]) } @runs;
}

# One of them.
sub clock_of ($ticket, $policy, $metric, $run, $number, $is_current)
{
	my $out = worked_out($ticket, $policy, $metric, $run);
	my @why = ($out->{why} // (), is_cancelled($ticket) ? 'cancelled' : ());
	my $clock = { metric => $metric, number => $number, current => $is_current ? 1 : 0, started => $run->{start}, done => $run->{end}, due => $run->{due}, why => \@why };

	return { %$clock, due => undef } if @why;
	my ($first) = grep { $_ < 100 } sort { $a <=> $b } @{ $out->{steps} };
	$clock->{due_now} = $out->{due};
	$clock->{owed} = $out->{owed};
	$clock->{is_still} = @{ $out->{still} } && $out->{still}[-1][1] eq INFINITY;
	$clock->{at_risk} = step_instant($run, $out, $first) if defined $first && !defined $run->{end};
	$clock->{elapsed} = defined $run->{end} && $run->{end} >= $run->{start} ? between($out->{calendar}->begin_question, $run->{start}, $run->{end}, $out->{still}) : 0;
	$clock->{steps} = { map { ($_ => step_instant($run, $out, $_)) } @{ $out->{steps} } } unless defined $run->{end} || $clock->{is_still};
	return $clock;
}

# The state of a clock at an instant.
sub state_of ($clock, $now)
{
	return $clock->{why}[0] if @{ $clock->{why} };
	return 'no target' unless defined $clock->{due};
	return $clock->{done} <= $clock->{due} ? 'met' : 'met late' if defined $clock->{done};
	my $is_late = is_finite($clock->{due}) && $now > $clock->{due};

	return $reading{late_and_paused} if $clock->{is_still} && $is_late;
	return 'paused' if $clock->{is_still};
	return 'breached' if $is_late;
	return defined $clock->{at_risk} && is_finite($clock->{at_risk}) && $now > $clock->{at_risk} ? 'at risk' : 'on track';
}

# The steps of a ticket's clocks that a sweep would look at: those of clocks that run, as they are worked out now.
sub steps_of ($ticket, $policy)
{
	my %steps;

	for my $metric (@{ $ticket->{table}{metrics} })
	{
		my ($clock) = grep { $_->{current} } clocks_of($ticket, $policy, $metric);
		next unless $clock->{steps};
		$steps{$metric} = { at => $clock->{steps}, clock => $reading{announced_by} eq 'run' ? "$metric $clock->{number}" : $metric, due => $clock->{due}, from => $ticket->{table}{announce_from} };
	}
	return \%steps;
}

# What a sweep at an instant announces, metric => step, after what was announced before: clock => { step => instant }.
# Several steps passed at once are one event, and an announced step counts for those below it.
sub news_of ($announced, $steps, $now)
{
	my %news;

	for my $metric (keys %$steps)
	{
		my ($at, $clock, $due, $from) = @{ $steps->{$metric} }{qw(at clock due from)};
		my ($step) = grep { is_finite($at->{$_}) && $at->{$_} < $now } sort { $b <=> $a } keys %$at;
		next if !defined $step || defined $from && $due < $from;
		my $last = max(map { $announced->{$clock}{$_} } grep { $_ >= $step } keys %{ $announced->{$clock} // {} });
		$news{$metric} = $step unless defined $last && $at->{$step} <= $last;
	}
	return \%news;
}

# Remembers what a sweep announced.
sub remember ($announced, $steps, $news, $now)
{
	$announced->{ $steps->{$_}{clock} }{ $news->{$_} } = $now for keys %$news;
	return;
}

1;
