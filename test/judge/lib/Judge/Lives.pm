# Random lives of tickets: tables with clocks of all kinds, their policy, and writes that a helpdesk could make.
#
# A life stays where the definition of Judge::Clocks is clear; what is left out is said beside each guard.
package Judge::Lives;

use v5.36;
use Exporter 'import';
use List::Util qw(first max min shuffle);
use Judge::Clock;
use Judge::Clocks;

our @EXPORT = qw(new_policy new_table table_sql attach_sql policy_sql next_write insert_of random_edit chance pick);

my @kinds = qw(continue_at resume_at once_at restart_at restart_bare continue_when resume_when once_when restart_when continue_with bare_with);
my %calendars = (
	always => 'UTC 24/7', cairo => 'Africa/Cairo Su-Fr 09:00-17:00', berlin => 'Europe/Berlin Mo-Th 08:00-13:00,14:00-18:00; Fr 08:00-13:00',
	manila => 'Asia/Manila Mo-Fr 22:00-06:00');
my @open = qw(open wip hold wait);

# Says yes with a probability.
sub chance ($p) { return rand() < $p }

# Picks one of some.
sub pick (@some) { return $some[ rand @some ] }

# A whole number of minutes in microseconds, at least one, at most so many.
sub minutes ($most) { return (1 + int rand $most) * MINUTE }

# ---------- policy and tables ----------

# A policy with calendars and severities alone; tables add their own contracts, metrics and targets.
sub new_policy ()
{
	return { calendars => {%calendars}, contracts => {}, out_of_scope => { 'Customization' => 1 }, severities => { map { $_ => 1 } qw(S1 S2 S3) }, metrics => {}, targets => [] };
}

# A random amount: hours, days, or both.
sub random_amount ()
{
	my $way = int rand 4;

	return (0, (1 + int rand 80) * 30 * MINUTE) if $way < 2;
	return (1 + int rand 4, 0) if $way == 2;
	return (1 + int rand 2, (1 + int rand 8) * 30 * MINUTE);
}

# A table with two to five clocks, the first of a given kind, and the policy that it goes by.
sub new_table ($policy, $n, $first_kind, $now)
{
	my $name = "t$n";
	my %table = (name => $name, metrics => [], kinds => {}, started_at => {}, done_at => {}, done_when => {}, columns => [], tickets => [], edits => []);
	my @mine = ($first_kind =~ /_with$/ ? pick(qw(resume_at resume_when continue_at)) : (), $first_kind, map { pick(@kinds) } 1 .. 1 + int rand 4);

	for my $i (0 .. $#mine) { add_metric($policy, \%table, "${name}_m" . ($i + 1), $mine[$i]) }
	my @all = values %{ $table{kinds} };
	my $has = sub (@some) { my %is = map { $_ => 1 } @some; return scalar grep { $is{$_} } @all };
	$table{edits_policy} = chance(0.4);                                         # a policy edit and a cancellation together: are the old stamps back when it is undone?
	$table{exact_ends} = $has->('bare_with');                                   # a clock that ends with another which ended before it began?
	$table{late_news} = !$has->('restart_when', 'bare_with') && chance(0.6);                 # which run of the past was it?
	$table{codes_vary} = !$has->('once_at', 'once_when') && chance(0.7);        # once: does the deadline stay when the code changes?
	$table{unknown_codes} = $table{codes_vary} && !$table{edits_policy} && !$has->('restart_at', 'restart_bare', 'restart_when', 'bare_with') && chance(0.5);
	$table{cancelled_when} = $table{edits_policy} || chance(0.4) ? [] : ['spam'];
	$table{paused_when} = chance(0.5) ? [ 'hold', chance(0.5) ? 'wait' : () ]
		: { map { ($_ => [ grep { chance(0.6) } qw(hold wait) ]) } grep { chance(0.8) } @{ $table{metrics} } };
	$table{has_calendar} = chance(0.5);
	$table{has_kind} = $table{unknown_codes};
	$table{announce_from} = chance(0.3) ? $now - (1 + int rand 15) * DAY : undef;
	add_targets($policy, \%table);
	return \%table;
}

# Adds a clock of a kind to a table.
sub add_metric ($policy, $table, $metric, $kind)
{
	my ($when) = $kind =~ /^(continue|resume|once|restart|bare)/;
	my ($ending) = grep { ($table->{kinds}{$_} // '') =~ /^(resume_at|resume_when|continue_at|continue_when)$/ } @{ $table->{metrics} };

	if (!$ending && $kind eq 'continue_with') { $kind = 'continue_at' }
	if (!$ending && $kind eq 'bare_with')     { $kind = 'restart_bare' }
	$when = 'restart' if $when eq 'bare';
	$table->{ends_with}{$metric} = $ending if $kind =~ /_with$/;
	$policy->{metrics}{$metric} = { pausable => chance(0.7), when_reopened => $when, ends_with => $kind =~ /_with$/ ? $ending : undef };
	push @{ $table->{metrics} }, $metric;
	$table->{kinds}{$metric} = $kind;
	if ($kind =~ /^(restart_at|restart_bare|bare_with)$/ || $kind =~ /^(continue|resume|once)_at$/ && chance(0.3))
	{
		$table->{started_at}{$metric} = "${metric}_from";
		push @{ $table->{columns} }, "${metric}_from";
	}
	if ($kind =~ /_at$/ || $kind eq 'continue_with' && chance(0.7))
	{
		$table->{done_at}{$metric} = "${metric}_done";
		push @{ $table->{columns} }, "${metric}_done";
	}
	$table->{done_when}{$metric} = [ 'closed', chance(0.5) ? 'solved' : () ] if $kind =~ /_when$/;
	return;
}

# Adds contracts and targets for a table: two contracts, two severities; contract B has nothing for S3, nor has A.
sub add_targets ($policy, $table)
{
	for my $contract (map { "$table->{name}_$_" } 'A', 'B')
	{
		$policy->{contracts}{$contract} = pick(sort keys %calendars);
		for my $metric (@{ $table->{metrics} })
		{
			for my $severity ('S1', 'S2')
			{
				my ($days, $micros) = random_amount();
				push @{ $policy->{targets} },
					{ contract => $contract, severity => $severity, metric => $metric, days => $days, micros => $micros,
						calendar => chance(0.2) ? pick(sort keys %calendars) : undef, pausable => chance(0.2) ? (chance(0.5) ? 1 : 0) : undef,
						steps => pick(undef, undef, [100], [ 50, 75, 90, 100, 150 ], [ 80, 120 ]) };
			}
		}
	}
	return;
}

# ---------- SQL ----------

# Quotes a text, or writes NULL.
sub quote ($text) { return defined $text ? "'" . $text =~ s/'/''/gr . "'" : 'NULL' }

# Writes an amount.
sub amount_sql ($days, $micros)
{
	return "make_working_interval(days => $days, secs => " . $micros / SECOND . ')';
}

# Writes an instant.
sub at_sql ($at) { return defined $at ? "'" . pg_text($at) . "'" : 'NULL' }

# Writes a boolean.
sub bool_sql ($value) { return defined $value ? $value ? 'true' : 'false' : 'NULL' }

# Writes a metric => value object.
sub json_sql ($map)
{
	return "'{" . join(', ', map { qq("$_": ) . (ref $map->{$_} ? '[' . join(', ', map { qq("$_") } @{ $map->{$_} }) . ']' : qq("$map->{$_}")) } sort keys %$map) . "}'";
}

# The statement that makes a metric.
sub metric_sql ($policy, $metric)
{
	my $row = $policy->{metrics}{$metric};

	return 'INSERT INTO slt_metrics (name, pausable, when_reopened, ends_with) VALUES (' . join(', ', quote($metric), bool_sql($row->{pausable}), quote($row->{when_reopened}), quote($row->{ends_with})) . ')';
}

# The statements that make a table's part of the policy.
sub policy_sql ($policy, $table)
{
	my @sql = map { metric_sql($policy, $_) } @{ $table->{metrics} };

	push @sql, map { 'INSERT INTO slt_contracts (name, calendar) VALUES (' . join(', ', quote($_), quote($policy->{contracts}{$_})) . ')' } "$table->{name}_A", "$table->{name}_B";
	push @sql, map { target_sql($_) } grep { $_->{contract} =~ /^\Q$table->{name}\E_/ } @{ $policy->{targets} };
	return @sql;
}

# The statement that makes a target.
sub target_sql ($target)
{
	my @column = qw(contract severity metric amount calendar pausable);
	my @value = ((map { quote($_) } @$target{qw(contract severity metric)}), amount_sql(@$target{qw(days micros)}), quote($target->{calendar}), bool_sql($target->{pausable}));

	if ($target->{steps}) { push @column, 'steps'; push @value, "'{" . join(',', @{ $target->{steps} }) . "}'" }
	if (defined $target->{from} || defined $target->{to})
	{
		push @column, 'during';
		push @value, 'tstzrange(' . at_sql($target->{from}) . ', ' . at_sql($target->{to}) . ')';
	}
	return 'INSERT INTO slt_targets (' . join(', ', @column) . ') VALUES (' . join(', ', @value) . ')';
}

# The statement that makes the table of tickets, under its own or another name.
sub table_sql ($table, $name = $table->{name})
{
	return "CREATE TABLE $name (id int PRIMARY KEY, opened timestamptz, changed timestamptz, status text, severity text, contract text, "
		. 'calendar text, kind text, note text' . join('', map { ", $_ timestamptz" } @{ $table->{columns} }) . ')';
}

# The statement that attaches it.
sub attach_sql ($table, $name = $table->{name})
{
	my $paused = $table->{paused_when};
	my @argument = (
		"'$name'", "opened_at => 'opened'", "severity => 'severity'", "contract => 'contract'", "status => 'status'", "changed_at => 'changed'",
		"metrics => '{" . join(',', @{ $table->{metrics} }) . "}'",
		'started_at => ' . json_sql($table->{started_at}), 'done_at => ' . json_sql($table->{done_at}), 'done_when => ' . json_sql($table->{done_when}),
		'paused_when => ' . (ref $paused eq 'HASH' ? json_sql($paused) : "'{" . join(',', @$paused) . "}'"),
		"cancelled_when => '{" . join(',', @{ $table->{cancelled_when} }) . "}'", 'announce_from => ' . at_sql($table->{announce_from}));

	push @argument, "calendar => 'calendar'" if $table->{has_calendar};
	push @argument, "request_kind => 'kind'" if $table->{has_kind};
	return 'SELECT slt_attach(' . join(', ', @argument) . ')';
}

# ---------- writes ----------

# Codes of a ticket.
sub random_codes ($table)
{
	my %codes = (contract => "$table->{name}_" . pick('A', 'B'), severity => pick('S1', 'S2'));

	if ($table->{unknown_codes})
	{
		$codes{severity} = pick('S3', 'S9') if chance(0.2);
		$codes{contract} = 'nobody' if chance(0.1);
		$codes{kind} = pick(undef, 'Customization') if chance(0.2);
	}
	$codes{calendar} = pick(undef, undef, 'always', 'berlin') if $table->{has_calendar};
	return %codes;
}

# The row as which a ticket arrives.
sub insert_of ($table, $now)
{
	my $opened = $now - (5 + int rand 30) * DAY - minutes(1440);
	my %set = (opened => $opened, random_codes($table), status => pick(@open));
	my $way = rand;

	$set{changed} = $way < 0.4 ? undef : $way < 0.7 ? $opened : $opened + minutes(600);
	$set{status} = pick('closed', @{ $table->{cancelled_when} }, 'solved') if defined $set{changed} && $set{changed} > $opened && chance(0.3);
	for my $metric (@{ $table->{metrics} })
	{
		my $column = $table->{started_at}{$metric};
		my $start = defined $column ? (chance(0.6) ? $opened + minutes(300) : undef) : $opened;
		$set{$column} = $start if defined $column;
		my $done = $table->{done_at}{$metric};
		$set{$done} = defined $start && !$table->{exact_ends} && chance(0.15) ? $start + minutes(900) : undef if defined $done;
		$set{$done} = $start - minutes(60) if defined $start && $table->{kinds}{$metric} eq 'restart_at' && chance(0.1);  # answered before: a clock that runs
	}
	my $latest = max grep { defined } @set{ 'changed', 'opened', @{ $table->{columns} } };
	$set{changed} = $latest if defined $set{changed} && $set{changed} > $opened && $set{status} =~ /closed|solved/;
	return (\%set, $latest);
}

# The next write of a life: what is set, or nothing when its time is over. A change is later than all before it, but for
# late news, which is of the status alone.
sub next_write ($policy, $ticket, $now)
{
	my ($table, $row) = @$ticket{qw(table row)};
	my $change = $ticket->{latest} + (chance(0.5) ? minutes(240) : minutes(3000));
	my %set = (changed => $change);

	return undef if $change >= $now - HOUR;
	if ($table->{late_news} && chance(0.15) && $ticket->{latest} - $row->{opened} > 3 * MINUTE)
	{
		my %taken = map { ($_->[0] => 1) } @{ $ticket->{history} };
		my $span = ($ticket->{latest} - $row->{opened}) / MINUTE;
		$set{changed} = $row->{opened} + (1 + int rand($span - 1)) * MINUTE;
		$set{status} = random_status($table, $row);
		return $taken{ $set{changed} } ? { note => 'n' . int rand 1000 } : \%set;
	}
	if ($table->{late_news} && defined $row->{changed} && $row->{changed} >= $row->{opened} && chance(0.05))
	{
		return { status => random_status($table, $row) };                       # the application forgot to say when
	}
	if (chance(0.1)) { %set = (note => 'n' . int rand 1000) }
	elsif ($table->{codes_vary} && chance(0.12)) { %set = (%set, random_codes($table)) }
	elsif (!@{ $ticket->{history} } && !exists $ticket->{opened_was_corrected} && chance(0.08)) { correct_opening($ticket, \%set) }
	else
	{
		$set{status} = random_status($table, $row) if chance(0.6);
		for my $metric (shuffle @{ $table->{metrics} })
		{
			set_clock($ticket, $metric, \%set, $change) if $table->{kinds}{$metric} !~ /_when$/ && chance(0.45);
		}
	}
	return \%set;
}

# Another status than the column has.
sub random_status ($table, $row)
{
	return pick(grep { $_ ne $row->{status} } @open, @open, 'closed', 'solved', @{ $table->{cancelled_when} });
}

# Corrects when a ticket was opened: only before anything else is known of it that the opening could stand behind.
sub correct_opening ($ticket, $set)
{
	my ($table, $row) = @$ticket{qw(table row)};
	my @kinds = values %{ $table->{kinds} };

	return if grep { defined $row->{$_} } @{ $table->{columns} };
	return if $row->{status} =~ /closed|solved|spam/;
	$ticket->{opened_was_corrected} = 1;
	$set->{opened} = $row->{opened} - minutes(600);
	return;
}

# Moves the start or the end of a clock, as its kind does.
sub set_clock ($ticket, $metric, $set, $change)
{
	my ($table, $row) = @$ticket{qw(table row)};
	my ($kind, $clock) = ($table->{kinds}{$metric}, $ticket->{clock}{$metric});
	my ($from, $done) = ($table->{started_at}{$metric}, $table->{done_at}{$metric});
	my $run = $clock->{run};

	return set_bare($ticket, $metric, $set, $change) if $kind =~ /^(restart_bare|bare_with)$/;
	return set_restarting($ticket, $metric, $set, $change) if $kind eq 'restart_at';
	if (!defined $row->{ $from // 'opened' })
	{
		$set->{$from} = max($row->{opened}, $change - minutes(120)) if defined $from;
		return;
	}
	if (defined $from && !@{ $clock->{over} } && !defined $run->{end} && chance(0.2))
	{
		$set->{$from} = chance(0.2) ? undef : $row->{opened} + int(rand(($change - $row->{opened}) / MINUTE)) * MINUTE;
		return;
	}
	return unless defined $done;
	return if $table->{exact_ends} && grep { /_from$/ } keys %$set;
	if (!defined $row->{$done})
	{
		my $least = max($run->{start}, $clock->{since} // 0, map { $_->{end} } @{ $clock->{over} });
		$set->{$done} = $table->{exact_ends} || chance(0.6) || $change - $least <= 2 * MINUTE ? $change : $least + MINUTE + int(rand(($change - $least) / MINUTE - 1)) * MINUTE;
	}
	elsif ($kind ne 'once_at' && chance(0.2) && $row->{$done} > $run->{start} + 2 * MINUTE && !@{ $clock->{over} }) { $set->{$done} = $row->{$done} + minutes(30) if $row->{$done} + 30 * MINUTE <= $change }
	elsif (chance(0.7) && $row->{$done} < $change) { $set->{$done} = undef }
	return;
}

# A restarting clock with an end of its own: a message, an answer, an answer taken back, another message.
sub set_restarting ($ticket, $metric, $set, $change)
{
	my ($table, $row) = @$ticket{qw(table row)};
	my ($from, $done) = ($table->{started_at}{$metric}, $table->{done_at}{$metric});
	my $run = $ticket->{clock}{$metric}{run};

	if (!defined $run->{start}) { $set->{$from} = $change }
	elsif (!defined $run->{end})
	{
		if    (chance(0.4)) { $set->{$from} = $change }                         # the first unanswered message counts
		elsif (chance(0.1) && !$ticket->{swept} && !@{ $ticket->{clock}{$metric}{over} } && $row->{$from} == $run->{start}) { $set->{$from} = max($row->{opened}, $run->{start} - minutes(30)) }
		else                { $set->{$done} = $change }
	}
	elsif (chance(0.7)) { $set->{$from} = $change if $change > $run->{end} }     # the customer writes again
	elsif ($change > $run->{end})
	{
		$set->{$done} = undef;                                                   # the answer was taken back
		$set->{$from} = $change if chance(0.3);
	}
	return;
}

# A restarting clock without an end of its own: cleared, set again, moved on.
sub set_bare ($ticket, $metric, $set, $change)
{
	my ($table, $row) = @$ticket{qw(table row)};
	my ($clock, $from) = ($ticket->{clock}{$metric}, $table->{started_at}{$metric});
	my $run = $clock->{run};

	return if defined $run->{end} && !$clock->{cleared};                        # ended with another metric: only that takes it back
	return if $table->{kinds}{$metric} eq 'bare_with' && (defined $set->{status} || defined $ticket->{clock}{ $table->{ends_with}{$metric} }{run}{end} || grep { /_done$/ } keys %$set);
	if (!defined $row->{$from}) { $set->{$from} = $change }
	elsif (chance(0.5)) { $set->{$from} = undef }
	else                { $set->{$from} = $change }
	return;
}

# ---------- edits ----------

# A random edit of a table's targets: changes the policy and returns the statements.
sub random_edit ($policy, $table, $now)
{
	my $target = pick(grep { $_->{contract} =~ /^\Q$table->{name}\E_/ } @{ $policy->{targets} });
	my $which = 'contract = ' . quote($target->{contract}) . ' AND severity = ' . quote($target->{severity}) . ' AND metric = ' . quote($target->{metric})
		. (defined $target->{from} ? ' AND lower(during) = ' . at_sql($target->{from}) : ' AND coalesce(lower_inf(during), true)');
	my ($days, $micros) = random_amount();

	if (chance(0.3) && !defined $target->{to})
	{
		my $at = $now - (1 + int rand 20) * DAY;
		return () if defined $target->{from} && $target->{from} >= $at;
		push @{ $policy->{targets} }, { %$target, days => $days, micros => $micros, from => $at };
		$target->{to} = $at;
		return ("UPDATE slt_targets SET during = tstzrange(" . at_sql($target->{from}) . ', ' . at_sql($at) . ") WHERE $which", target_sql($policy->{targets}[-1]));
	}
	if (chance(0.2))
	{
		$target->{pausable} = pick(undef, 1, 0);
		return ('UPDATE slt_targets SET pausable = ' . bool_sql($target->{pausable}) . " WHERE $which");
	}
	@$target{qw(days micros)} = ($days, $micros);
	return ('UPDATE slt_targets SET amount = ' . amount_sql($days, $micros) . " WHERE $which");
}

1;
