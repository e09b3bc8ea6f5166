# Random lives of tickets, held against an independent model of their clocks (test/judge/lib/Judge/Clocks.pm).
#
# SLT_CLOCKS_WRITES says how many writes (4000), SLT_CLOCKS_SEED which (1), SLT_CLOCKS_NOW the instant (seconds since 1970)
# up to which the lives go, for a replay; SLT_CLOCKS_LIVE how many rounds of the part that goes by the real clock (25, 0: none).
# Each table has clocks of another kind, so the names of the tests say which kind fails. A life that fails is printed as SQL.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../judge/lib";
use JSON::PP;
use Judge::Clock;
use Judge::Clocks;
use Judge::Lives;
use List::Util qw(max shuffle sum);
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;

my $writes = $ENV{SLT_CLOCKS_WRITES} // 4000;
my $seed = $ENV{SLT_CLOCKS_SEED} // 1;
my $today = $ENV{SLT_CLOCKS_NOW} // time;
my $live_rounds = $ENV{SLT_CLOCKS_LIVE} // 25;
my $now = (int($today / 60) * 60 - 946_684_800) * SECOND;
my $table_count = 16;
my $lives_shown = $ENV{SLT_CLOCKS_SHOWN} // 3;
my $session = "SET timezone = 'UTC'; SET datestyle = 'ISO, MDY'; SET synchronous_commit = off;";
my $json = JSON::PP->new->allow_nonref;

diag("SLT_CLOCKS_SEED=$seed SLT_CLOCKS_WRITES=$writes SLT_CLOCKS_NOW=$today");
srand $seed;

# ---------- the script, and what is expected of its lines ----------

my @script = ($session);         # one statement a line, so that a message of psql's names its statement
my @expected;                    # number of a probe => what its line should say
my (%line_of, %written);

# Adds a statement to the script, and to the story of a table or of one of its tickets.
sub add
{
	my ($sql, $story) = @_;

	push @script, "$sql;";
	push @{ $story->{story} }, [ scalar @script, $sql ] if $story;
	return;
}

# Remembers what a probe should give; returns its number.
sub expects
{
	push @expected, { at => scalar @script, @_ };
	return $#expected;
}

# The stamps of a row as one text: for each metric due, met and runs; then the status history.
sub stamps_sql
{
	my ($table) = @_;
	my @part = map { ("t.slt_${_}_due::text", "left(t.slt_${_}_met::text, 1)", "t.slt_${_}_runs::text") } @{ $table->{metrics} };

	return join " || '|' || ", map { "coalesce($_, 'NULL')" } @part, 't.slt_status_at::text', 't.slt_status_became::text';
}

# What the model says of them.
sub stamps_expected
{
	my ($ticket) = @_;

	return { history => history_of($ticket), map { my $m = $_; ($m => { stamps => [ stamps_of($ticket, $m) ], runs => runs_of($ticket, $m) }) } @{ $ticket->{table}{metrics} } };
}

# Adds the write of a ticket.
sub add_write
{
	my ($policy, $ticket, $set) = @_;
	my $table = $ticket->{table};
	my %sql = map { ($_ => ref $set->{$_} ? $set->{$_} : /^(opened|changed|.*_(?:from|done))$/ ? Judge::Lives::at_sql($set->{$_}) : Judge::Lives::quote($set->{$_})) } keys %$set;
	my @columns = sort keys %sql;
	my $sql = $ticket->{row} ? "UPDATE $table->{name} t SET " . join(', ', map { "$_ = $sql{$_}" } @columns) . " WHERE id = $ticket->{id}"
		: "INSERT INTO $table->{name} AS t (id, " . join(', ', @columns) . ") VALUES ($ticket->{id}, " . join(', ', @sql{@columns}) . ')';

	write_ticket($ticket, $policy, $set, $now);
	$ticket->{latest} = max($ticket->{latest} // 0, grep { defined } @$set{ grep { $_ eq 'changed' || /_(from|done)$/ } keys %$set });
	my $n = expects(kind => 'write', ticket => $ticket, want => stamps_expected($ticket));
	push @script, "$sql RETURNING '\@$n|' || " . stamps_sql($table) . ';';
	push @{ $ticket->{story} }, [ scalar @script, $sql ];
	return;
}

# Adds a look at all clocks of a ticket, and at the explanation of one that has a deadline.
sub add_look
{
	my ($policy, $ticket) = @_;
	my $table = $ticket->{table};
	my %want = map { ($_ => [ clocks_of($ticket, $policy, $_) ]) } @{ $table->{metrics} };
	my $n = expects(kind => 'clocks', ticket => $ticket, want => \%want);
	my $seconds = join ', ', map { "'${_}_s', extract(epoch FROM c.$_\::interval)" } 'elapsed', 'remaining';

	push @script, "SELECT '\@$n|' || extract(epoch FROM now()) || '|' || coalesce(jsonb_agg(to_jsonb(c) || jsonb_build_object($seconds)), '[]') FROM $table->{name} t, slt_clocks(t) c WHERE t.id = $ticket->{id};";
	for my $metric (@{ $table->{metrics} })
	{
		my $clock = $want{$metric}[-1];
		next if @{ $clock->{why} } || !defined $clock->{due} || !is_finite($clock->{due}) || !is_finite($clock->{due_now}) || $clock->{due} != $clock->{due_now};
		$n = expects(kind => 'explain', ticket => $ticket, metric => $metric, want => join '|', $clock->{owed} / SECOND, pg_text($clock->{started}), pg_text($clock->{due}));
		push @script, "SELECT '\@$n|' || coalesce(trim_scale(extract(epoch FROM sum(x.worked)::interval))::text, 'NULL') || '|' || coalesce(min(x.\"from\")::text, 'NULL') || '|' || coalesce(max(x.\"to\")::text, 'NULL') FROM $table->{name} t, slt_explain(t, '$metric') x WHERE t.id = $ticket->{id};";
	}
	return;
}

# Adds the statements of a sweep: when it began, when it was over, its events, and a dot at the end of them.
sub add_sweep_sql
{
	my ($n) = @_;

	push @script, 'BEGIN;', "SELECT '\@$n|' || extract(epoch FROM now());", 'SELECT slt_sweep() >= 0;', "SELECT '\@$n|' || extract(epoch FROM clock_timestamp());", 'COMMIT;',
		"DELETE FROM slt_events e RETURNING '\@$n|' || e.ticket_table::text || '|' || e.key || '|' || e.metric || '|' || coalesce(to_jsonb(e)->>'percent', to_jsonb(e)->>'step', '-1');", "SELECT '\@$n|.';";
	return;
}

# Adds a sweep, after which the events are taken away; what was announced is remembered apart from them.
sub add_sweep
{
	my ($policy, @tickets) = @_;
	add_sweep_sql(expects(kind => 'sweep', want => [ map { [ $_, steps_of($_, $policy) ] } @tickets ]));
	$_->{swept} = 1 for @tickets;
	return;
}

# Adds an edit of the policy, and the restamp that makes deadlines of clocks that run go by it.
sub add_edit
{
	my ($policy, $table) = @_;
	my @edits = random_edit($policy, $table, $now) or return;
	my $all = chance(0.2);
	my $restamp = "SELECT count(*) >= 0 FROM slt_restamp('$table->{name}'" . ($all ? ', open_only => false' : '') . ')';

	add($_, $table) for @edits, $restamp;
	for my $ticket (@{ $table->{tickets} })
	{
		restamp_ticket($ticket, $policy, $all);
		my $n = expects(kind => 'write', ticket => $ticket, want => stamps_expected($ticket), after => 'restamp');
		push @script, "SELECT '\@$n|' || " . stamps_sql($table) . " FROM $table->{name} t WHERE id = $ticket->{id};";
	}
	return;
}

# A copy of a table, stamps included: everything is there as it was, but for when the sweep has to look.
sub add_copy
{
	my ($table) = @_;
	my $copy = "$table->{name}_copy";

	my @columns = ('id', qw(opened changed status severity contract calendar kind note), @{ $table->{columns} }, (map { ("slt_${_}_due", "slt_${_}_met", "slt_${_}_runs") } @{ $table->{metrics} }), 'slt_status_at', 'slt_status_became');
	my $columns = join ', ', @columns;
	my @story = (Judge::Lives::table_sql($table, $copy), Judge::Lives::attach_sql($table, $copy), "INSERT INTO $copy ($columns) SELECT $columns FROM $table->{name}");
	add($_) for @story;
	for my $ticket (@{ $table->{tickets} })
	{
		my $n = expects(kind => 'write', ticket => $ticket, want => stamps_expected($ticket), after => 'copy', story => \@story);
		push @script, "SELECT '\@$n|' || " . stamps_sql($table) . " FROM $copy t WHERE id = $ticket->{id};";
	}
	return;
}

# An import: the facts and the history of the status alone, out of order. Clocks of which nothing had to be remembered
# have the deadlines that they have from their lives.
sub add_import
{
	my ($table) = @_;
	my $import = "$table->{name}_import";

	return if $table->{edits_policy};
	my @story = (Judge::Lives::table_sql($table, $import), Judge::Lives::attach_sql($table, $import));
	add($_) for @story;
	for my $ticket (@{ $table->{tickets} })
	{
		my $row = $ticket->{row};
		my @history = shuffle(normalised([ map { $_->[0] } @{ $ticket->{history} } ], [ map { $_->[1] } @{ $ticket->{history} } ]));
		next unless @history;
		# of two statuses at one instant the later told holds, which an import out of order does not say
		my %instants = map { ($_->[0] => 1) } @{ $ticket->{history} };
		next if keys %instants < @{ $ticket->{history} };
		my @columns = sort grep { defined $row->{$_} } keys %$row;
		my $want = stamps_expected($ticket);
		for my $metric (@{ $table->{metrics} })
		{
			my $clock = $ticket->{clock}{$metric};
			delete $want->{$metric} if @{ $clock->{over} } && !$clock->{derived} || defined $clock->{loose};
			$want->{$metric}{runs} = undef if $want->{$metric};
		}
		my $sql = "INSERT INTO $import AS t (id, " . join(', ', @columns, 'slt_status_at', 'slt_status_became') . ") VALUES ($ticket->{id}, "
			. join(', ', map { /^(opened|changed|.*_(?:from|done))$/ ? Judge::Lives::at_sql($row->{$_}) : Judge::Lives::quote($row->{$_}) } @columns)
			. ", '{" . join(',', map { '"' . pg_text($_->[0]) . '"' } @history) . "}', '{" . join(',', map { $_->[1] } @history) . "}')";
		my $n = expects(kind => 'write', ticket => $ticket, want => $want, after => 'import', story => [ @story, $sql ]);
		push @script, "$sql RETURNING '\@$n|' || " . stamps_sql($table) . ';';
	}
	return;
}

# ---------- judging ----------

my (%failures, %checked);

# Remembers the first failure of a ticket; after it the ticket is not judged any more.
sub fails
{
	my ($ticket, $probe, $what) = @_;

	return if $ticket->{failed}++;
	push @{ $failures{ $ticket->{table}{name} } }, { ticket => $ticket, probe => $probe, what => $what };
	return;
}

# Reads an array of instants or texts as PostgreSQL writes it.
sub array_of
{
	my ($text) = @_;

	return [] if $text eq 'NULL' || $text eq '{}';
	return [ map { s/^"|"$//gr } $text =~ /("[^"]*"|[^{},"]+)/g ];
}

# Compares the stamps of a row.
sub judge_write
{
	my ($probe, $text) = @_;
	my ($ticket, $want) = @$probe{qw(ticket want)};
	my @got = split /\|/, $text, -1;
	my @wrong;

	for my $metric (@{ $ticket->{table}{metrics} })
	{
		my ($due, $met, $runs) = splice @got, 0, 3;
		next unless $want->{$metric};
		my ($want_due, $want_met) = @{ $want->{$metric}{stamps} };
		push @wrong, "slt_${metric}_due is $due, should be $want_due" if $due ne $want_due;
		push @wrong, "slt_${metric}_met is $met, should be $want_met" if $met ne $want_met;
		next unless $want->{$metric}{runs};
		my @instants = @{ array_of($runs) };
		my @rows = map { [ @instants[ 3 * $_ .. 3 * $_ + 2 ] ] } 0 .. @instants / 3 - 1;
		my $show = sub { join ' ', map { "{$_->[0], $_->[1], $_->[2]}" } @_ };
		for my $i (0 .. $#{ $want->{$metric}{runs} }) { $rows[$i][2] = '*' if $rows[$i] && $want->{$metric}{runs}[$i][2] eq '*' }
		push @wrong, "slt_${metric}_runs is " . $show->(@rows) . ', should be ' . $show->(@{ $want->{$metric}{runs} }) if $show->(@rows) ne $show->(@{ $want->{$metric}{runs} });
	}
	my ($at, $became) = map { array_of($_) } @got;
	my $history = status_at([ map { parse_instant(s/ /T/r) } @$at ], [ map { $_ eq 'NULL' ? undef : $_ } @$became ]);
	push @wrong, "the status history is [$history], should be [$want->{history}]" if $history ne $want->{history};
	fails($ticket, $probe, join "\n", map { ($probe->{after} ? "after the $probe->{after}: " : '') . $_ } @wrong) if @wrong;
	return;
}

# Whether a state is one for which nothing is owed, as the definition names them.
sub is_reason
{
	my ($state, @why) = @_;
	my %word = ('no start' => qr/start/, 'no target' => qr/target/, 'unknown' => qr/unknown|unmatched/, 'out of scope' => qr/scope/, 'cancelled' => qr/cancel/);

	return scalar grep { $state =~ $word{$_} } @why;
}

# Compares a row of slt_clocks.
sub judge_clock
{
	my ($got, $want, $at) = @_;
	my $name = "slt_clocks, $want->{metric}, run " . ($want->{number} + 1);
	my $instant = sub { my ($text) = @_; defined $text ? pg_text(parse_instant($text)) : 'NULL' };
	my @wrong;

	push @wrong, "$name: current is " . ($got->{current} ? 'true' : 'false') if !$got->{current} != !$want->{current};
	my $state = $got->{state} // 'NULL';
	if (@{ $want->{why} })
	{
		push @wrong, "$name: state is $state, should say " . join(' or ', @{ $want->{why} }) if $want->{current} && !is_reason($state, @{ $want->{why} });
		push @wrong, "$name: due is $got->{due}, should be null" if $want->{current} && defined $got->{due};
		return @wrong;
	}
	return @wrong unless defined $want->{due};
	for my $column (qw(started due done))
	{
		my ($is, $should) = ($instant->($got->{$column}), pg_text($want->{$column}));
		push @wrong, "$name: $column is $is, should be $should" if $is ne $should;
	}
	my $should = state_of($want, $at);
	push @wrong, "$name: state is $state, should be $should" if $state ne $should;
	return @wrong if !$want->{current};
	my $differs = pg_text($want->{due}) ne pg_text($want->{due_now});
	my $due_now = $instant->($got->{due_now});
	push @wrong, "$name: due_now is $due_now, should be " . pg_text($want->{due_now}) if $differs ? $due_now ne pg_text($want->{due_now}) : $due_now ne 'NULL' && $due_now ne pg_text($want->{due});
	return @wrong if $differs || !defined $want->{done};
	my ($elapsed, $remaining) = map { $_ / SECOND } $want->{elapsed}, $want->{owed} - $want->{elapsed};
	push @wrong, "$name: elapsed is $got->{elapsed_s} s, should be $elapsed" if ($got->{elapsed_s} // -1) != $elapsed;
	push @wrong, "$name: remaining is $got->{remaining_s} s, should be $remaining" if ($got->{remaining_s} // -1) != $remaining;
	my $used = $want->{owed} ? 100 * $elapsed * SECOND / $want->{owed} : 0;
	push @wrong, "$name: used is " . ($got->{used} // 'NULL') . ", should be $used" if $want->{owed} && abs(($got->{used} // -1) - $used) > 0.51;
	return @wrong;
}

# Compares the clocks of a ticket.
sub judge_clocks
{
	my ($probe, $text) = @_;
	my ($seconds, $rows) = split /\|/, $text, 2;
	my $at = seconds_to_instant($seconds);
	my %got;
	my @wrong;

	push @{ $got{ $_->{metric} } }, $_ for @{ $json->decode($rows) };
	for my $metric (@{ $probe->{ticket}{table}{metrics} })
	{
		my @want = @{ $probe->{want}{$metric} };
		my @got = sort { ($a->{current} ? 1 : 0) <=> ($b->{current} ? 1 : 0) || ($a->{started} // '') cmp ($b->{started} // '') } @{ $got{$metric} // [] };
		if (@got != @want && !(@{ $want[-1]{why} } && @got)) { push @wrong, "slt_clocks has " . @got . " rows for $metric, should be " . @want; next }
		@want = $want[-1] if @got != @want;
		@got = $got[-1] if @want == 1;
		push @wrong, map { judge_clock($got[$_], $want[$_], $at) } 0 .. $#want;
	}
	fails($probe->{ticket}, $probe, join "\n", @wrong) if @wrong;
	return;
}

# Turns seconds since 1970 into an instant, exactly.
sub seconds_to_instant
{
	my ($text) = @_;
	my ($whole, $fraction) = $text =~ /^(\d+)(?:\.(\d+))?/ or die "no seconds: $text";

	return ($whole - 946_684_800) * SECOND + substr(($fraction // '') . '000000', 0, 6);
}

my %announced;                   # table and key => clock => step => instant

# Compares the events of a sweep. A step that passes while it sweeps makes its ticket unfit for judging.
sub judge_sweep
{
	my ($probe) = @_;
	my @line = @{ $probe->{lines} // [] };
	return if @line < 2;                                                         # it failed, which was counted
	my ($from, $to) = map { seconds_to_instant($_) } splice @line, 0, 2;
	my %got;

	for my $event (@line)
	{
		my ($table, $key, $metric, $percent) = split /\|/, $event;
		$got{"$table $key"}{$metric} .= (defined $got{"$table $key"}{$metric} ? ' and ' : '') . (0 + $percent);
	}
	for my $pair (@{ $probe->{want} })
	{
		my ($ticket, $steps) = @$pair;
		next if $ticket->{failed};
		my $name = "$ticket->{table}{name} $ticket->{id}";
		my $known = $announced{$name} //= {};
		my $news = news_of($known, $steps, $from);
		my $show = sub { my ($map) = @_; join(', ', map { "$_ $map->{$_}%" } sort keys %$map) || 'nothing' };
		if ($show->($news) ne $show->(news_of($known, $steps, $to))) { $ticket->{failed} = 1; next }
		Judge::Clocks::remember($known, $steps, $news, $from);
		$checked{ $ticket->{table}{name} }{events} += keys %$news;
		fails($ticket, $probe, 'the sweep announces ' . $show->($got{$name} // {}) . ', should be ' . $show->($news)) if $show->($got{$name} // {}) ne $show->($news);
	}
	return;
}

# Runs a script, and gives each line to whom it concerns, in order.
sub run_script
{
	my ($node, $judges) = @_;
	my $file = "$ENV{SLT_WORK}/tmp/clocks.sql";
	my $output = "$ENV{SLT_WORK}/tmp/clocks.out";
	my ($errors, @seen, @sweeps) = (0);

	open my $script, '>', $file or die "$file: $!";
	print {$script} map { "$_\n" } @script;
	close $script;
	system(sprintf 'timeout 1800 psql -XAtq -v VERBOSITY=terse -h %s -p %s -d postgres -f %s > %s 2>&1', $node->host, $node->port, $file, $output);
	open my $lines, '<', $output or die "$output: $!";
	while (my $line = readline $lines)
	{
		chomp $line;
		if ($line =~ /^psql:.*?:(\d+): (?:ERROR|FATAL|PANIC):\s+(.*)/ && $errors++ < 10) { diag("$2\n    $script[ $1 - 1 ]") }
		next unless $line =~ /^@(\d+)\|(.*)/;
		my ($n, $text) = ($1, $2);
		my $probe = $expected[$n];
		if ($probe->{kind} eq 'sweep')
		{
			if ($text ne '.') { push @{ $probe->{lines} }, $text; next }
		}
		$seen[$n] = 1;
		$checked{ $probe->{ticket} ? $probe->{ticket}{table}{name} : 'sweep' }{ $probe->{kind} }++;
		next if $probe->{ticket} && $probe->{ticket}{failed};
		$judges->{ $probe->{kind} }->($probe, $text);
	}
	for my $n (grep { !$seen[$_] } 0 .. $#expected)
	{
		fails($expected[$n]{ticket}, $expected[$n], "no answer to the $expected[$n]{kind}" . ($expected[$n]{metric} ? " of $expected[$n]{metric}" : '') . ($expected[$n]{after} ? " after the $expected[$n]{after}" : '')) if $expected[$n]{ticket};
	}
	is($errors, 0, 'no statement fails');
	return;
}

# Writes the life of a ticket that failed, with the policy and the edits around it, as SQL to be replayed.
sub replay
{
	my ($failure, @setup) = @_;
	my $ticket = $failure->{ticket};
	my @story = sort { $a->[0] <=> $b->[0] } grep { $_->[0] <= $failure->{probe}{at} + 1 } @{ $ticket->{table}{story} // [] }, @{ $ticket->{story} };
	push @story, map { [ 0, $_ ] } @{ $failure->{probe}{story} // [] };

	return join "\n", "-- $ticket->{table}{name}, ticket $ticket->{id}: " . ($failure->{what} =~ s/\n/\n--   /gr), $session, map { "$_;" } @setup, map { $_->[1] } @story;
}

# Makes a test of each table.
sub report
{
	my ($kinds, $setup) = @_;

	for my $name (sort { ($a =~ /(\d+)/)[0] <=> ($b =~ /(\d+)/)[0] } keys %$kinds)
	{
		my @failed = @{ $failures{$name} // [] };
		my $count = join ', ', map { "$_ $checked{$name}{$_}" } sort keys %{ $checked{$name} // {} };
		ok(!@failed, "$name: $kinds->{$name} ($count)");
		my @worst = sort { @{ $a->{ticket}{story} } <=> @{ $b->{ticket}{story} } } @failed;
		diag(@failed . ' tickets differ') if @failed;
		diag(replay($_, @$setup, @{ $_->{ticket}{table}{setup} }) . "\n") for grep { defined } @worst[ 0 .. $lives_shown - 1 ];
	}
	return;
}

# ---------- lives of the past ----------

my @calendar_setup = map { "INSERT INTO slt_calendars (name, calendar) VALUES ('$_->[0]', '$_->[1]')" } (
	[ always => 'UTC 24/7' ], [ cairo => 'Africa/Cairo Su-Fr 09:00-17:00' ], [ berlin => 'Europe/Berlin Mo-Th 08:00-13:00,14:00-18:00; Fr 08:00-13:00' ],
	[ manila => 'Asia/Manila Mo-Fr 22:00-06:00' ]);

# Makes the tables, each with clocks of another kind first.
sub make_tables
{
	my ($policy) = @_;
	my @kinds = qw(continue_at resume_at once_at restart_at restart_bare continue_when resume_when once_when restart_when continue_with bare_with);

	return map {
		my $table = new_table($policy, $_, $kinds[ ($_ - 1) % @kinds ], $now);
		$table->{setup} = [ policy_sql($policy, $table), Judge::Lives::table_sql($table), Judge::Lives::attach_sql($table) ];
		add($_) for @{ $table->{setup} };
		$table
	} 1 .. $table_count;
}

# Writes all lives, in rounds.
sub live_them
{
	my ($policy, @tables) = @_;
	my $length = 18;
	my $each = max(1, int($writes / $length / @tables) + 1);
	my $count = 0;

	for my $table (@tables) { push @{ $table->{tickets} }, map { my $t = new_ticket($table); $t->{id} = $_; $t } 1 .. $each }
	my @all = map { @{ $_->{tickets} } } @tables;
	for my $round (1 .. $length)
	{
		for my $ticket (@all)
		{
			next if $ticket->{is_over};
			my $set;
			if (!$ticket->{row}) { ($set, $ticket->{latest}) = insert_of($ticket->{table}, $now) }
			else                 { $set = next_write($policy, $ticket, $now) }
			if (!$set || !%$set) { $ticket->{is_over} = 1; next }
			add_write($policy, $ticket, $set);
			$count++;
			add_look($policy, $ticket) if chance(0.15);
		}
		for my $table (grep { $_->{edits_policy} } @tables) { add_edit($policy, $table) if chance(0.25) }
		add_sweep($policy, @all) if $round % 6 == 0 || $round == $length - 1;
	}
	add_look($policy, $_) for @all;
	for my $table (@tables) { add_copy($table); add_import($table) }
	return $count;
}

# What kinds of clocks a table has, and what happens to it.
sub kinds_of
{
	my ($table) = @_;

	return join ', ', (map { my $kind = $table->{kinds}{$_}; $kind . ($kind !~ /restart|bare/ && $table->{started_at}{$_} ? ' from its own start' : '') } @{ $table->{metrics} }),
		map { $table->{$_} && (!ref $table->{$_} || @{ $table->{$_} }) ? s/_/ /gr : () } qw(late_news edits_policy cancelled_when codes_vary unknown_codes has_calendar announce_from);
}

my $node = new_server('clocks_judge', conf => "fsync = off\n");
my $policy = new_policy();

add($_) for @calendar_setup;
my @tables = make_tables($policy);
my $count = live_them($policy, @tables);
note("$count writes in " . @tables . ' tables, ' . @script . ' statements');
run_script($node, { write => \&judge_write, clocks => \&judge_clocks, sweep => \&judge_sweep, explain => sub {
	my ($probe, $text) = @_;
	fails($probe->{ticket}, $probe, "slt_explain of $probe->{metric} adds up to (seconds|from|to) $text, should be $probe->{want}") if $text ne $probe->{want};
} });
report({ map { ($_->{name} => kinds_of($_)) } @tables }, \@calendar_setup);

# ---------- lives by the real clock ----------

# Here the change is now(), amounts are seconds, and sweeps look again and again: what is news, and what is not.
sub live_by_the_clock
{
	my (@seconds) = (4, 9);
	my $policy = { calendars => { always => 'UTC 24/7' }, contracts => { live => 'always' }, out_of_scope => {}, severities => { S1 => 1, S2 => 1 },
		metrics => { live_resume => { pausable => 1, when_reopened => 'resume' }, live_restart => { pausable => 0, when_reopened => 'restart' } }, targets => [] };
	my $table = { name => 't100', metrics => [ 'live_restart', 'live_resume' ], started_at => { live_restart => 'live_restart_from' }, done_at => { live_resume => 'live_resume_done' }, done_when => {},
		paused_when => ['hold'], cancelled_when => ['spam'], columns => [ 'live_restart_from', 'live_resume_done' ], tickets => [] };

	push @{ $policy->{targets} }, map { my $m = $_; map { { contract => 'live', severity => "S$_", metric => $m, days => 0, micros => $seconds[ $_ - 1 ] * SECOND, steps => [ 50, 100, 150 ] } } 1, 2 } @{ $table->{metrics} };
	(@script, @expected, %announced, %failures) = ();
	@script = ($session);
	$table->{setup} = [ "INSERT INTO slt_contracts (name, calendar) VALUES ('live', 'always')", (map { Judge::Lives::metric_sql($policy, $_) } @{ $table->{metrics} }),
		(map { Judge::Lives::target_sql($_) } @{ $policy->{targets} }), Judge::Lives::table_sql($table), Judge::Lives::attach_sql($table) ];
	add($_) for @{ $table->{setup} };
	for my $id (1 .. 30) { my $t = new_ticket($table); $t->{id} = $id; push @{ $table->{tickets} }, $t; }
	my %state;
	for my $round (1 .. $live_rounds)
	{
		for my $ticket (@{ $table->{tickets} })
		{
			next unless $round == 1 || chance(0.25);
			my $s = $state{ $ticket->{id} } //= { status => 'open', done => 0, from => 0 };
			my %set = (changed => 'now');
			if ($round == 1) { %set = (%set, opened => 'now', severity => pick('S1', 'S2'), contract => 'live', status => 'open', live_restart_from => chance(0.5) ? 'now' : undef) }
			else
			{
				my $way = rand;
				if    ($way < 0.5) { $set{status} = $s->{status} = pick(grep { $_ ne $s->{status} } qw(open hold hold wip spam)) }
				elsif ($way < 0.65) { $set{severity} = pick('S1', 'S2') }
				elsif ($way < 0.8) { $s->{done} = !$s->{done}; $set{live_resume_done} = $s->{done} ? 'now' : undef }
				else               { $set{live_restart_from} = chance(0.5) ? 'now' : undef }
			}
			my $n = expects(kind => 'live', ticket => $ticket, set => \%set);
			my %sql = map { ($_ => !defined $set{$_} ? 'NULL' : $set{$_} eq 'now' ? 'now()' : Judge::Lives::quote($set{$_})) } keys %set;
			my @columns = sort keys %sql;
			my $sql = $round > 1 ? 'UPDATE t100 t SET ' . join(', ', map { "$_ = $sql{$_}" } @columns) . " WHERE id = $ticket->{id}"
				: 'INSERT INTO t100 AS t (id, ' . join(', ', @columns) . ") VALUES ($ticket->{id}, " . join(', ', @sql{@columns}) . ')';
			push @script, "$sql RETURNING '\@$n|' || extract(epoch FROM now()) || '|' || " . stamps_sql($table) . ';';
			push @{ $ticket->{story} }, [ scalar @script, $sql ];
		}
		push @script, 'SELECT pg_sleep(' . (0.2 + int(rand 5) / 10) . ') IS NULL;';
		add_sweep_sql(expects(kind => 'sweep', want => []));
		push @{ $table->{story} }, [ scalar @script, 'SELECT pg_sleep(0.5); SELECT slt_sweep(); SELECT * FROM slt_events; -- by the real clock' ];
	}
	run_script($node, {
		live => sub {
			my ($probe, $text) = @_;
			my ($seconds, $stamps) = split /\|/, $text, 2;
			my $at = seconds_to_instant($seconds);
			my %set = map { my $v = $probe->{set}{$_}; ($_ => defined $v && $v eq 'now' ? $at : $v) } keys %{ $probe->{set} };
			write_ticket($probe->{ticket}, $policy, \%set, $at);
			judge_write({ %$probe, want => stamps_expected($probe->{ticket}) }, $stamps);
		},
		sweep => sub {
			my ($probe) = @_;
			judge_sweep({ %$probe, want => [ map { [ $_, steps_of($_, $policy) ] } grep { $_->{row} } @{ $table->{tickets} } ] });
		} });
	report({ t100 => 'announcements by the real clock' }, \@calendar_setup);
	return;
}

live_by_the_clock() if $live_rounds;
done_testing();
