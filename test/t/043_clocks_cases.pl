# A table of cases for people to review: what doc/design.md says of facts, clocks and announcements, sentence by sentence.
#
# There are two kinds of cases, each with the sentence that it is about:
# - A life is a list of writes of one ticket, each with what is expected after it. It is held against the slow model of
#   test/judge as well, without a server, so that table and model cannot drift apart.
# - A case is SQL, with queries and what they give: text, 'ERROR 42601' for an error with that SQLSTATE, or a pattern.
# "(reading)" behind a sentence says that the sentence leaves room, and which reading the case takes; SLT_CASES=WORD runs
# the cases whose sentence has the word.
#
# All is in UTC. Contract N is open 24/7; with S1 it owes response 2 h, resolution 10 h, next_reply 4 h, owed_update 4 h,
# first_resolution 10 h; with S2 twice as much; with S3 nothing.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../judge/lib";
use Judge::Clock;
use Judge::Clocks;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;
use TicketTest;

my $only = $ENV{SLT_CASES} // '';
my (@cases, $node);
my %hours = (response => 2, resolution => 10, next_reply => 4, owed_update => 4, first_resolution => 10);
my %metrics = (
	response => { pausable => 0, when_reopened => 'continue', ends_with => 'resolution' }, resolution => { pausable => 1, when_reopened => 'resume' },
	next_reply => { pausable => 0, when_reopened => 'restart' }, owed_update => { pausable => 0, when_reopened => 'restart' }, first_resolution => { pausable => 1, when_reopened => 'once' });
my $columns = 'id int PRIMARY KEY, opened timestamptz, changed timestamptz, status text DEFAULT \'open\', severity text DEFAULT \'S1\', contract text DEFAULT \'N\', kind text, calendar text, '
	. 'responded timestamptz, solved timestamptz, customer timestamptz, agent timestamptz, waiting timestamptz, assigned timestamptz, note text';
my $usual = q{opened_at => 'opened', changed_at => 'changed', severity => 'severity', contract => 'contract', status => 'status'};

# The policy that all cases start with, and functions that show stamps in few characters.
my $template = <<"SQL";
CREATE EXTENSION slt;
INSERT INTO slt_calendars (name, calendar) VALUES ('N', 'UTC 24/7'), ('office', 'UTC Mo-Fr 09:00-17:00');
INSERT INTO slt_contracts (name, calendar) VALUES ('N', 'N');
INSERT INTO slt_metrics (name, pausable, when_reopened, ends_with) VALUES ('next_reply', false, 'restart', NULL), ('owed_update', false, 'restart', NULL), ('first_resolution', true, 'once', NULL);
INSERT INTO slt_targets (contract, severity, metric, amount)
	SELECT 'N', s.code, m.name, make_working_interval(hours => m.hours * s.times) FROM (VALUES ('S1', 1), ('S2', 2)) s (code, times),
		(VALUES ('response', 2), ('resolution', 10), ('next_reply', 4), ('owed_update', 4), ('first_resolution', 10)) m (name, hours);
CREATE FUNCTION sh(at timestamptz) RETURNS text LANGUAGE sql STABLE SET timezone = 'UTC' AS \$\$
	SELECT CASE WHEN at IS NULL THEN '-' WHEN NOT isfinite(at) THEN at::text ELSE to_char(at, 'MM-DD HH24:MI') END \$\$;
CREATE FUNCTION st(due timestamptz, met boolean) RETURNS text LANGUAGE sql STABLE AS \$\$ SELECT sh(due) || CASE met WHEN true THEN ' yes' WHEN false THEN ' no' ELSE '' END \$\$;
CREATE FUNCTION rn(runs timestamptz[]) RETURNS text LANGUAGE sql STABLE AS \$\$
	SELECT coalesce(string_agg('{' || sh(runs[i][1]) || ', ' || sh(runs[i][2]) || CASE WHEN runs[i][2] IS NULL THEN '' ELSE ', ' || sh(runs[i][3]) END || '}', ' ' ORDER BY i), '-') FROM generate_subscripts(runs, 1) i \$\$;
CREATE FUNCTION hi(at timestamptz[], became text[]) RETURNS text LANGUAGE sql STABLE AS \$\$
	SELECT coalesce(string_agg(sh(a) || ' ' || coalesce(b, 'null'), ', ' ORDER BY i), '-') FROM unnest(at, became) WITH ORDINALITY x (a, b, i) \$\$;
SQL

# ---------- the two kinds of cases ----------

# A life: the sentence, how the table is attached (as a hash, in words of slt_attach), then writes: what is set, what is expected.
# Set: "opened 02-02 10:00, status hold"; "-" is null. Expected, by metric: "due[ yes| no][ runs]"; by history: "instant status, ...".
sub life
{
	my ($sentence, $attach, @steps) = @_;

	push @cases, { sentence => $sentence, table => 't' . @cases, attach => $attach, steps => [ map { [ @steps[ 2 * $_, 2 * $_ + 1 ] ] } 0 .. @steps / 2 - 1 ] };
	return;
}

# A case of SQL: the sentence, statements that must succeed, then queries with what they give.
sub case
{
	my ($sentence, $setup, @queries) = @_;

	push @cases, { sentence => $sentence, setup => $setup, queries => [ map { [ @queries[ 2 * $_, 2 * $_ + 1 ] ] } 0 .. @queries / 2 - 1 ] };
	return;
}

# A case of SQL with a table t, attached with the usual columns and whatever else is said.
sub table_case
{
	my ($sentence, $attach, $setup, @queries) = @_;

	return case($sentence, "CREATE TABLE t ($columns); SELECT slt_attach('t', $usual" . ($attach ? ", $attach" : '') . ") IS NULL;\n$setup", @queries);
}

# What a step sets, as pairs of column and value.
sub settings
{
	my ($text) = @_;

	return map { my ($column, $value) = /^(\w+) (.*)$/ or die "no setting: $_"; ($column => $value eq '-' ? undef : $value) } split /, */, $text;
}

# An instant of 2026 for the model.
sub instant
{
	my ($text) = @_;

	return parse_instant('2026-' . ($text =~ s/ /T/r) . ':00Z');
}

# An instant of the model as the cases write it.
sub short
{
	my ($at) = @_;

	return '-' unless defined $at;
	return $at unless is_finite($at);
	return format_instant($at) =~ s/^\d+-(\d\d-\d\d)T(\d\d:\d\d).*/$1 $2/r;
}

# ---------- lives ----------

# Writes the argument of slt_attach that a hash means.
sub attach_sql
{
	my ($table, $attach) = @_;
	my $text = $usual;

	for my $name (sort keys %$attach)
	{
		my $value = $attach->{$name};
		if (ref $value eq 'HASH') { $value = "'{" . join(', ', map { qq("$_": ) . (ref $value->{$_} ? '[' . join(', ', map { qq("$_") } @{ $value->{$_} }) . ']' : qq("$value->{$_}")) } sort keys %$value) . "}'" }
		else                      { $value = "'{" . join(',', @$value) . "}'" }
		$text .= ", $name => $value";
	}
	return "SELECT slt_attach('$table', $text) IS NULL;";
}

# Lives a life in the model; says where it differs from what is expected.
sub model_differs
{
	my ($case) = @_;
	my $attach = $case->{attach};
	my $policy = { calendars => { N => 'UTC 24/7' }, contracts => { N => 'N' }, severities => { S1 => 1, S2 => 1, S3 => 1 }, out_of_scope => {}, metrics => \%metrics,
		targets => [ map { my $m = $_; map { { contract => 'N', severity => "S$_", metric => $m, days => 0, micros => $_ * $hours{$m} * HOUR } } 1, 2 } keys %hours ] };
	my $ticket = new_ticket({ started_at => {}, done_at => {}, done_when => {}, metrics => [ sort keys %hours ], %$attach });
	my @differs;

	for my $i (0 .. $#{ $case->{steps} })
	{
		my ($set, $expected) = @{ $case->{steps}[$i] };
		my %set = ($i ? () : (status => 'open', severity => 'S1', contract => 'N'), settings($set));
		for my $column (keys %set) { $set{$column} = instant($set{$column}) if defined $set{$column} && $set{$column} =~ /^\d\d-\d\d / }
		write_ticket($ticket, $policy, \%set, undef);
		for my $what (sort keys %$expected)
		{
			my $is = $what eq 'history' ? join(', ', map { short($_->[0]) . ' ' . $_->[1] } @{ $ticket->{history} }) || '-' : stamp_text($ticket, $what, $expected->{$what});
			push @differs, 'write ' . ($i + 1) . " ($set): $what is [$is], expected [$expected->{$what}]" if $is ne $expected->{$what};
		}
	}
	return join "\n", @differs;
}

# The stamps of a metric in the model, with runs where they are expected.
sub stamp_text
{
	my ($ticket, $metric, $expected) = @_;
	my (undef, $met) = stamps_of($ticket, $metric);
	my $due = (stamps_of($ticket, $metric))[0] eq 'NULL' ? undef : $ticket->{clock}{$metric}{run}{due};
	my $text = short($due) . { t => ' yes', f => ' no', NULL => '' }->{$met};

	return $text if $expected !~ / runs /;
	my $clock = $ticket->{clock}{$metric};
	my @rows = map { '{' . join(', ', map { short($_) } @$_{qw(start end due)}) . '}' } @{ $clock->{over} };
	push @rows, '{' . short($clock->{loose}) . ', -}' if defined $clock->{loose};
	return "$text runs " . (@rows ? "@rows" : '-');
}

# The statements of a life, with a query after each write.
sub life_sql
{
	my ($case) = @_;
	my $table = $case->{table};
	my $sql = "CREATE TABLE $table ($columns);\n" . attach_sql($table, $case->{attach}) . "\n";

	for my $i (0 .. $#{ $case->{steps} })
	{
		my ($set, $expected) = @{ $case->{steps}[$i] };
		my %set = settings($set);
		my %sql = map { ($_ => !defined $set{$_} ? 'NULL' : $set{$_} =~ /^\d\d-\d\d / ? "'2026-$set{$_}+00'" : "'$set{$_}'") } keys %set;
		my @names = sort keys %sql;
		$sql .= $i ? "UPDATE $table SET " . join(', ', map { "$_ = $sql{$_}" } @names) . " WHERE id = 1;\n"
			: "INSERT INTO $table (id, " . join(', ', @names) . ') VALUES (1, ' . join(', ', @sql{@names}) . ");\n";
		for my $what (sort keys %$expected)
		{
			my $query = $what eq 'history' ? 'hi(slt_status_at, slt_status_became)'
				: "st(slt_${what}_due, slt_${what}_met)" . ($expected->{$what} =~ / runs / ? " || ' runs ' || rn(slt_${what}_runs)" : '');
			$sql .= "\\echo \@$i $what\nSELECT $query FROM $table WHERE id = 1;\n";
		}
	}
	return $sql;
}

# Lives a life on the server; says where it differs.
sub server_differs
{
	my ($case, $database) = @_;
	my $output = run_all($database, life_sql($case));
	my %got = $output =~ /^@(\d+ \w+)\n((?:(?!@).*\n?)*)/mg;
	my @differs = $output =~ /^((?:(?!@).)*ERROR:.*)/m && $output !~ /^@/ ? $1 : ();

	for my $i (0 .. $#{ $case->{steps} })
	{
		my ($set, $expected) = @{ $case->{steps}[$i] };
		for my $what (sort keys %$expected)
		{
			my $is = $got{"$i $what"} // '(nothing)';
			$is =~ s/\s+$//;
			push @differs, 'write ' . ($i + 1) . " ($set): $what is [" . first_line($is) . "], expected [$expected->{$what}]" if $is ne $expected->{$what};
		}
	}
	push @differs, life_sql($case) if @differs;
	return join "\n", @differs;
}

# The first line of what psql said, which is enough.
sub first_line { return (split /\n/, $_[0])[0] // '' }

# ---------- cases of SQL ----------

# Runs a script with all messages in their places.
sub run_all
{
	my ($database, $sql) = @_;
	my $file = "$ENV{SLT_WORK}/tmp/clocks_case.sql";

	open my $handle, '>', $file or die "$file: $!";
	print {$handle} "\\set VERBOSITY verbose\nSET timezone = 'UTC'; SET datestyle = 'ISO, MDY'; SET client_min_messages = warning;\n$sql";
	close $handle;
	return scalar qx(timeout 60 psql -XAtq -h @{[ $node->host ]} -p @{[ $node->port ]} -d $database -f "$file" 2>&1);
}

# Runs a case; says where it differs.
sub case_differs
{
	my ($case, $database) = @_;
	my $i = 0;
	my $sql = "$case->{setup};\n" . join '', map { my $n = $i++; "\\echo \@$n\n$_->[0];\n" } @{ $case->{queries} };
	my ($setup, @answers) = split /^@\d+\n/m, run_all($database, $sql);
	my @differs = map { "the setup fails: $_" } $setup =~ /((?:ERROR|FATAL): .*)/g;

	for my $n (0 .. $#{ $case->{queries} })
	{
		my ($query, $expected) = @{ $case->{queries}[$n] };
		my $is = ($answers[$n] // '(nothing)') =~ s/\s+$//r;
		$is =~ s/^psql:[^ ]*: //mg;
		$is =~ s/^LOCATION:.*\n?//mg;
		my $fits = ref $expected ? $is =~ $expected : $expected =~ /^ERROR (\w{5})$/ ? $is =~ /ERROR:\s+$1/ : $is eq $expected;
		push @differs, "$query\n    gives    [$is]\n    expected [$expected]" unless $fits;
	}
	push @differs, $sql if @differs;
	return join "\n", @differs;
}

my %two = (done_at => { response => 'responded', resolution => 'solved' }, metrics => [ 'response', 'resolution' ]);
my %hold = (%two, paused_when => ['hold']);
my %by_status = (done_when => { resolution => ['closed'] }, metrics => ['resolution']);
my %reply = (started_at => { next_reply => 'customer' }, done_at => { next_reply => 'agent' }, metrics => ['next_reply']);
my %update = (started_at => { owed_update => 'waiting' }, metrics => ['owed_update']);
my %first = (done_at => { first_resolution => 'solved' }, metrics => ['first_resolution']);

# ==================== Facts are columns ====================

case('slt_attach names columns of the ticket table, and nothing else: no functions of the row (faults tickets 1, 9, 20, 24, 25, 29)',
	"CREATE TABLE t ($columns); CREATE FUNCTION nr(t) RETURNS timestamptz LANGUAGE sql STABLE RETURN \$1.agent;",
	qq{SELECT slt_attach('t', $usual, done_at => '{"resolution": "solved", "next_reply": "nr(t)"}')} => 'ERROR 42703',
	q{SELECT count(*) FROM pg_proc WHERE proname IN ('slt_attach_related', 'slt_detach_related', 'slt_explain_ticket')} => '0', q{SELECT to_regprocedure('slt_explain(regclass,text)') IS NULL} => 't',
	q{SELECT count(*) FROM pg_proc, unnest(proargnames) a WHERE proname = 'slt_attach' AND a ~ '_of$'} => '0');
case('Codes come from several columns whose texts are joined by commas, a null is an empty text',
	q{CREATE TABLE t (id int PRIMARY KEY, opened timestamptz, impact int, urgency int, solved timestamptz);
	SELECT slt_attach('t', 'opened', severity => 'impact,urgency', severity_map => '{"1,1": "S1", "2,": "S2", ",": "S2", "*": null}', contract_value => 'N', done_at => '{"resolution": "solved"}', metrics => '{resolution}') IS NULL;
	INSERT INTO t VALUES (1, '2026-02-02 10:00+00', 1, 1), (2, '2026-02-02 10:00+00', 2, NULL), (3, '2026-02-02 10:00+00', NULL, NULL), (4, '2026-02-02 10:00+00', 3, 1)},
	q{SELECT string_agg(sh(slt_resolution_due), ' | ' ORDER BY id) FROM t} => '02-02 20:00 | 02-03 06:00 | 02-03 06:00 | -');
case('... from a column or from a constant',
	q{CREATE TABLE t (id int PRIMARY KEY, opened timestamptz, solved timestamptz);
	SELECT slt_attach('t', 'opened', severity_value => 'S2', contract_value => 'N', done_at => '{"resolution": "solved"}', metrics => '{resolution}') IS NULL; INSERT INTO t VALUES (1, '2026-02-02 10:00+00')},
	'SELECT sh(slt_resolution_due) FROM t' => '02-03 06:00');
table_case('A calendar code that is null or mapped to null leaves the target\'s calendar; a ticket\'s own calendar goes before the target\'s, and this before the contract\'s',
	q{calendar => 'calendar', calendar_map => '{"none": null}', done_at => '{"resolution": "solved"}', metrics => '{resolution}'},
	q{UPDATE slt_targets SET calendar = 'office' WHERE contract = 'N' AND severity = 'S2' AND metric = 'resolution';
	INSERT INTO t (id, opened, severity, calendar) VALUES (1, '2026-02-02 10:00+00', 'S1', NULL), (2, '2026-02-02 10:00+00', 'S1', 'office'), (3, '2026-02-02 10:00+00', 'S2', NULL), (4, '2026-02-02 10:00+00', 'S2', 'none'), (5, '2026-02-02 10:00+00', 'S2', 'N')},
	q{SELECT string_agg(sh(slt_resolution_due), ' | ' ORDER BY id) FROM t} => '02-02 20:00 | 02-03 12:00 | 02-04 14:00 | 02-04 14:00 | 02-03 06:00');
for my $unit ([ seconds => 1, 'int' ], [ milliseconds => 1000, 'bigint' ], [ microseconds => 1_000_000, 'bigint' ])
{
	case("Times are timestamptz, timestamp, or integers in a time_unit: $unit->[0] (fault tickets 18)",
		"CREATE TABLE t (id int PRIMARY KEY, opened $unit->[2], solved $unit->[2]);
		SELECT slt_attach('t', 'opened', severity_value => 'S1', contract_value => 'N', done_at => '{\"resolution\": \"solved\"}', metrics => '{resolution}', time_unit => '$unit->[0]') IS NULL;
		INSERT INTO t VALUES (1, extract(epoch FROM timestamptz '2026-02-02 10:00+00') * $unit->[1], extract(epoch FROM timestamptz '2026-02-02 19:59+00') * $unit->[1])",
		'SELECT st(slt_resolution_due, slt_resolution_met) FROM t' => '02-02 20:00 yes');
}
case('Times are timestamp, in the time_zone of the attachment',
	q{CREATE TABLE t (id int PRIMARY KEY, opened timestamp, solved timestamp);
	SELECT slt_attach('t', 'opened', severity_value => 'S1', contract_value => 'N', done_at => '{"resolution": "solved"}', metrics => '{resolution}', time_zone => 'Asia/Tokyo') IS NULL; INSERT INTO t VALUES (1, '2026-02-02 19:00')},
	'SELECT sh(slt_resolution_due) FROM t' => '02-02 20:00');
case('A generated column is refused, since it has no value yet when the row is stamped; the hint names the way out (fault tickets 19)',
	q{CREATE TABLE t (id int PRIMARY KEY, raw timestamptz, opened timestamptz GENERATED ALWAYS AS (raw) STORED, solved timestamptz)},
	q{SELECT slt_attach('t', 'opened', severity_value => 'S1', contract_value => 'N', done_at => '{"resolution": "solved"}')} => qr/ERROR:.*generated.*HINT:/s);
life('An end may be a column (done_at) ...', { done_at => { resolution => 'solved' }, metrics => ['resolution'] },
	'opened 02-02 10:00' => { resolution => '02-02 20:00' }, 'solved 02-02 20:00, changed 02-02 20:00' => { resolution => '02-02 20:00 yes' });
life('... or a status (done_when), which ends the clock when it is reached', {%by_status},
	'opened 02-02 10:00' => { resolution => '02-02 20:00' }, 'status closed, changed 02-02 20:01' => { resolution => '02-02 20:00 no' });
life('slt_status_at, slt_status_became: the i-th status holds from the i-th instant to the next; null until the first change', {%hold},
	'opened 02-02 10:00, changed 02-02 10:00' => { history => '-' },
	'note x, changed 02-02 11:00' => { history => '-' },
	'status hold, changed 02-02 12:00' => { history => '02-02 10:00 open, 02-02 12:00 hold', resolution => 'infinity' },
	'status open, changed 02-02 13:00' => { history => '02-02 10:00 open, 02-02 12:00 hold, 02-02 13:00 open', resolution => '02-02 21:00', response => '02-02 12:00' });
life('a row that arrives with a changed_at behind its start has had its status since then', {%hold},
	'opened 02-02 10:00, changed 02-02 12:00, status hold' => { history => '02-02 12:00 hold', resolution => 'infinity' },
	'status open, changed 02-02 13:00' => { history => '02-02 12:00 hold, 02-02 13:00 open', resolution => '02-02 21:00' });
life('(a row that arrives without a changed_at, or one that is not behind the start, has had its status since its start)', {%hold},
	'opened 02-02 10:00, status hold' => { history => '-', resolution => 'infinity' },
	'status open, changed 02-02 13:00' => { history => '02-02 10:00 hold, 02-02 13:00 open', resolution => '02-02 23:00' });
life('The first entry is the status that the ticket had at its start, when its first change comes behind the start (reading: a change at the start itself is the first entry)', {%hold},
	'opened 02-02 10:00, changed 02-02 10:00' => { history => '-' }, 'status hold, changed 02-02 10:00' => { history => '02-02 10:00 hold', resolution => 'infinity' });
life('in order of time, whatever the order in which news comes (fault tickets 8)', {%hold},
	'opened 02-02 02:00, changed 02-02 02:00' => {},
	'status hold, changed 02-02 06:00' => {},
	'status open, changed 02-02 07:00' => { resolution => '02-02 13:00' },
	'status hold, changed 02-02 03:00' => { history => '02-02 02:00 open, 02-02 03:00 hold, 02-02 06:00 hold, 02-02 07:00 open', resolution => '02-02 16:00' },
	'status open, changed 02-02 04:00' => { history => '02-02 02:00 open, 02-02 03:00 hold, 02-02 04:00 open, 02-02 06:00 hold, 02-02 07:00 open', resolution => '02-02 14:00' });
life('the last in time holds now, whatever the column says', {%hold},
	'opened 02-02 02:00, changed 02-02 02:00' => {}, 'status open2, changed 02-02 07:00' => {},
	'status hold, changed 02-02 03:00' => { history => '02-02 02:00 open, 02-02 03:00 hold, 02-02 07:00 open2', resolution => '02-02 16:00' });
life('(reading: of two news of one instant, the one that was told later holds)', {%hold},
	'opened 02-02 02:00, changed 02-02 02:00' => {}, 'status hold, changed 02-02 07:00' => { resolution => 'infinity' }, 'status open' => { resolution => '02-02 12:00' });
table_case('a change of paused_when reaches the past by a restamp', q{paused_when => '{hold}', done_at => '{"resolution": "solved"}', metrics => '{resolution}'},
	qq{INSERT INTO t (id, opened, changed) VALUES (1, '2026-02-02 10:00+00', '2026-02-02 10:00+00'); UPDATE t SET status = 'wait', changed = '2026-02-02 11:00+00'; UPDATE t SET status = 'open', changed = '2026-02-02 13:00+00';
	SELECT slt_attach('t', $usual, paused_when => '{hold,wait}', done_at => '{"resolution": "solved"}', metrics => '{resolution}') IS NULL},
	'SELECT sh(slt_resolution_due) FROM t' => '02-02 20:00', q{SELECT count(*) FROM slt_restamp('t')} => '1', 'SELECT sh(slt_resolution_due) FROM t' => '02-02 22:00');
table_case('the application\'s own history is filled in with two array_aggs; both may be corrected by an UPDATE', q{paused_when => '{hold}', done_at => '{"resolution": "solved"}', metrics => '{resolution}'},
	q{INSERT INTO t (id, opened) VALUES (1, '2026-02-02 10:00+00'); CREATE TABLE h (ticket int, at timestamptz, status text); INSERT INTO h VALUES (1, '2026-02-02 10:00+00', 'open'), (1, '2026-02-02 11:00+00', 'hold'), (1, '2026-02-02 14:00+00', 'open')},
	q{UPDATE t SET slt_status_at = x.at, slt_status_became = x.became FROM (SELECT ticket, array_agg(at ORDER BY at) AS at, array_agg(status ORDER BY at) AS became FROM h GROUP BY ticket) x WHERE x.ticket = t.id RETURNING sh(slt_resolution_due)} => '02-02 23:00',
	q{UPDATE t SET slt_status_at[2] = '2026-02-02 12:00+00' RETURNING sh(slt_resolution_due)} => '02-02 22:00');
table_case('what is appended out of order is sorted', q{paused_when => '{hold}', done_at => '{"resolution": "solved"}', metrics => '{resolution}'},
	q{INSERT INTO t (id, opened) VALUES (1, '2026-02-02 10:00+00'); UPDATE t SET slt_status_at = '{2026-02-02 10:00+00,2026-02-02 14:00+00}', slt_status_became = '{open,wip}'},
	q{UPDATE t SET slt_status_at = slt_status_at || timestamptz '2026-02-02 13:00+00' || timestamptz '2026-02-02 11:00+00', slt_status_became = slt_status_became || '{open,hold}'::text[] RETURNING hi(slt_status_at, slt_status_became), sh(slt_resolution_due)}
		=> '02-02 10:00 open, 02-02 11:00 hold, 02-02 13:00 open, 02-02 14:00 wip|02-02 22:00');
table_case('slt_clocks and slt_explain show the pauses (reading: slt_explain has a row from the hold to its end in which nothing is worked)', q{paused_when => '{hold}', done_at => '{"resolution": "solved"}', metrics => '{resolution}'},
	q{INSERT INTO t (id, opened, changed) VALUES (1, '2026-02-02 10:00+00', '2026-02-02 10:00+00'); UPDATE t SET status = 'hold', changed = '2026-02-02 11:00+00'; UPDATE t SET status = 'open', changed = '2026-02-02 13:00+00'},
	q{SELECT sh(e."from"), sh(e."to"), e.what ~* 'paus' FROM t, slt_explain(t, 'resolution') e WHERE coalesce(e.worked, '0 h') = '0 h' AND e."from" < e."to"} => '02-02 11:00|02-02 13:00|t',
	q{SELECT to_jsonb(c)::text ~ '2026-02-02.11:00' FROM t, slt_clocks(t) c} => 't');
table_case('An attachment has a name, the table\'s with its schema at first; a rename does not change it', q{done_at => '{"resolution": "solved"}'}, q{ALTER TABLE t RENAME TO tickets; INSERT INTO tickets (id, opened) VALUES (1, '2026-02-02 10:00+00')},
	'SELECT name FROM slt_attachments' => 'public.t', 'SELECT sh(slt_resolution_due) FROM tickets' => '02-02 20:00',
	q{SELECT pg_get_triggerdef(oid) ~ $$slt_stamp\('public\.t'\)$$ FROM pg_trigger WHERE tgname = 'zz_slt_stamp'} => 't');
case('A table goes by that of the table whose partition it is; columns are matched by name (fault tickets 25)',
	qq{CREATE TABLE t (id int, opened timestamptz, solved timestamptz, severity text, contract text) PARTITION BY RANGE (id); CREATE TABLE p1 (contract text, severity text, solved timestamptz, id int, opened timestamptz);
	ALTER TABLE t ATTACH PARTITION p1 FOR VALUES FROM (0) TO (10); SELECT slt_attach('t', 'opened', severity => 'severity', contract => 'contract', done_at => '{"resolution": "solved"}', key => 'id', metrics => '{resolution}') IS NULL;
	CREATE TABLE p2 PARTITION OF t FOR VALUES FROM (10) TO (20); INSERT INTO t VALUES (1, '2026-02-02 10:00+00', '2026-02-02 11:00+00', 'S1', 'N'), (11, '2026-02-02 10:00+00', NULL, 'S2', 'N'); INSERT INTO p2 VALUES (12, '2026-02-02 10:00+00', NULL, 'S1', 'N')},
	q{SELECT string_agg(st(slt_resolution_due, slt_resolution_met), ' | ' ORDER BY id) FROM t} => '02-02 20:00 yes | 02-03 06:00 | 02-02 20:00');
table_case('tables made by LIKE that were given the trigger are one case with it', q{done_at => '{"resolution": "solved"}'},
	q{CREATE TABLE l (LIKE t INCLUDING ALL); CREATE TRIGGER zz_slt_stamp BEFORE INSERT OR UPDATE ON l FOR EACH ROW EXECUTE FUNCTION slt_stamp('public.t'); INSERT INTO l (id, opened) VALUES (1, '2026-02-02 10:00+00')},
	'SELECT sh(slt_resolution_due) FROM l' => '02-02 20:00');
table_case('Rows that arrive with stamps: due and met are kept where the clock has ended, met is not null and due is not before the start; everything else is worked out', q{done_at => '{"resolution": "solved"}', metrics => '{resolution}'},
	q{INSERT INTO t (id, opened, solved, slt_resolution_due, slt_resolution_met) VALUES (1, '2026-02-02 10:00+00', '2026-02-02 11:00+00', '2026-02-02 10:30+00', false), (2, '2026-02-02 10:00+00', NULL, '2026-02-02 10:30+00', NULL),
		(3, '2026-02-02 10:00+00', '2026-02-02 11:00+00', '2026-02-02 10:30+00', NULL), (4, '2026-02-02 10:00+00', '2026-02-02 11:00+00', '2026-02-02 09:30+00', false), (5, '2026-02-02 10:00+00', NULL, '2026-02-02 10:30+00', false)},
	q{SELECT string_agg(st(slt_resolution_due, slt_resolution_met), ' | ' ORDER BY id) FROM t} => '02-02 10:30 no | 02-02 20:00 | 02-02 20:00 yes | 02-02 20:00 yes | 02-02 20:00');
table_case('Rows that arrive with stamps: history and runs are kept from the start of the ticket on, with the status that held at the start (reading: that entry is moved to the start)', q{paused_when => '{hold}', done_at => '{"resolution": "solved"}', metrics => '{resolution}'},
	q{INSERT INTO t (id, opened, slt_status_at, slt_status_became) VALUES (1, '2026-02-02 10:00+00', '{2026-02-02 08:00+00,2026-02-02 09:00+00,2026-02-02 12:00+00}', '{open,hold,open}')},
	'SELECT hi(slt_status_at, slt_status_became), sh(slt_resolution_due) FROM t' => '02-02 10:00 hold, 02-02 12:00 open|02-02 22:00');
table_case('... runs are kept', q{paused_when => '{hold}', done_at => '{"resolution": "solved"}', metrics => '{resolution}'},
	q{INSERT INTO t (id, opened, slt_resolution_runs) VALUES (1, '2026-02-02 10:00+00', '{{2026-02-02 10:00+00,2026-02-02 12:00+00,2026-02-02 20:00+00},{2026-02-02 15:00+00,NULL,NULL}}')},
	'SELECT rn(slt_resolution_runs), sh(slt_resolution_due) FROM t' => '{02-02 10:00, 02-02 12:00, 02-02 20:00} {02-02 15:00, -}|02-02 23:00');

case('Of a table with a status each ticket remembers when it changed (one without has no such columns)', q{CREATE TABLE t (id int PRIMARY KEY, opened timestamptz, solved timestamptz);
	SELECT slt_attach('t', 'opened', severity_value => 'S1', contract_value => 'N', done_at => '{"resolution": "solved"}', metrics => '{resolution}') IS NULL},
	q{SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname LIKE 'slt_status%'} => '0');
table_case('(a change whose changed_at is null, or that has no such column, happens at the start of the transaction)', q{paused_when => '{hold}', done_at => '{"resolution": "solved"}', metrics => '{resolution}'}, q{INSERT INTO t (id, opened) VALUES (1, now() - interval '1 h')},
	q{BEGIN; UPDATE t SET status = 'hold' RETURNING slt_status_at = ARRAY[opened, now()], slt_status_became; COMMIT} => 't|{open,hold}');
case('A table goes by that of the table whose child it is', q{CREATE TABLE t (id int, opened timestamptz, solved timestamptz); CREATE TABLE c () INHERITS (t);
	SELECT slt_attach('t', 'opened', severity_value => 'S1', contract_value => 'N', done_at => '{"resolution": "solved"}', metrics => '{resolution}', key => 'id') IS NULL},
	q{INSERT INTO c VALUES (1, '2026-02-02 10:00+00') RETURNING sh(slt_resolution_due)} => '02-02 20:00');
table_case('else by the one that its trigger names if both tables have one owner', q{done_at => '{"resolution": "solved"}'},
	q{CREATE ROLE clocks_other; CREATE TABLE l (LIKE t INCLUDING ALL); ALTER TABLE l OWNER TO clocks_other; CREATE TRIGGER zz_slt_stamp BEFORE INSERT OR UPDATE ON l FOR EACH ROW EXECUTE FUNCTION slt_stamp('public.t')},
	q{INSERT INTO l (id, opened) VALUES (1, '2026-02-02 10:00+00') RETURNING coalesce(sh(slt_resolution_due), '-')} => qr/(^|\n)-$|ERROR/, 'DROP TABLE l; DROP ROLE clocks_other; SELECT 1' => '1');
case('(LIKE copies no trigger; drop it before ATTACH PARTITION.)', qq{CREATE TABLE t (id int, opened timestamptz, solved timestamptz) PARTITION BY RANGE (id); SELECT slt_attach('t', 'opened', severity_value => 'S1', contract_value => 'N', done_at => '{"resolution": "solved"}', metrics => '{resolution}', key => 'id') IS NULL;
	CREATE TABLE p (LIKE t); CREATE TRIGGER zz_slt_stamp BEFORE INSERT OR UPDATE ON p FOR EACH ROW EXECUTE FUNCTION slt_stamp('public.t'); INSERT INTO p VALUES (1, '2026-02-02 10:00+00')},
	'SELECT sh(slt_resolution_due) FROM p' => '02-02 20:00', 'ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM (0) TO (10)' => qr/ERROR/,
	'DROP TRIGGER zz_slt_stamp ON p; ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM (0) TO (10); SELECT 1' => '1', q{INSERT INTO t VALUES (2, '2026-02-02 11:00+00') RETURNING sh(slt_resolution_due)} => '02-02 21:00');

# ==================== Clocks ====================

# ---------- start ----------
life('A clock starts at the metric\'s started_at, which is opened_at where it is left out', { started_at => { next_reply => 'customer' }, done_at => { next_reply => 'agent', resolution => 'solved' }, metrics => [ 'next_reply', 'resolution' ] },
	'opened 02-02 10:00, customer 02-02 12:00' => { next_reply => '02-02 16:00', resolution => '02-02 20:00' });
life('Null: it does not run, and nothing is due', {%reply}, 'opened 02-02 10:00' => { next_reply => '-' }, 'customer 02-02 11:00, changed 02-02 11:00' => { next_reply => '02-02 15:00' });
life('an internal target starts when the team was assigned', { started_at => { resolution => 'assigned' }, done_at => { resolution => 'solved' }, metrics => ['resolution'] },
	'opened 02-02 10:00' => { resolution => '-' }, 'assigned 02-02 11:00, changed 02-02 11:30' => { resolution => '02-02 21:00' }, 'assigned -, changed 02-02 12:00' => { resolution => '-' });
table_case('The target whose during has the start decides', q{started_at => '{"resolution": "assigned"}', done_at => '{"resolution": "solved"}', metrics => '{resolution}'},
	q{UPDATE slt_targets SET during = '(,2026-02-02 12:00+00)' WHERE contract = 'N' AND severity = 'S1' AND metric = 'resolution'; INSERT INTO slt_targets (contract, severity, metric, amount, during) VALUES ('N', 'S1', 'resolution', '3 h', '[2026-02-02 12:00+00,)');
	INSERT INTO t (id, opened, assigned) VALUES (1, '2026-02-02 10:00+00', '2026-02-02 11:59+00'), (2, '2026-02-02 10:00+00', '2026-02-02 12:00+00')},
	q{SELECT string_agg(sh(slt_resolution_due), ' | ' ORDER BY id) FROM t} => '02-02 21:59 | 02-02 15:00');

# ---------- end ----------
life('if ends_with names another metric, it ends when that one ends, if this is earlier (fault tickets 7)', {%two},
	'opened 02-02 10:00' => { response => '02-02 12:00' }, 'solved 02-02 11:30, changed 02-02 11:30' => { response => '02-02 12:00 yes', resolution => '02-02 20:00 yes' });
life('a ticket that is closed without an answer is met or late by its closing: late', {%two}, 'opened 02-02 10:00' => {}, 'solved 02-02 13:00, changed 02-02 13:00' => { response => '02-02 12:00 no' });
life('ends_with: the earlier of the two counts', {%two}, 'opened 02-02 10:00' => {}, 'responded 02-02 11:00, solved 02-02 13:00, changed 02-02 13:00' => { response => '02-02 12:00 yes' },
	'responded 02-02 14:00, solved 02-02 11:30, changed 02-02 14:00' => { response => '02-02 12:00 yes' });
life('ends_with: when the other is taken back, continue is as if it had never ended', {%two}, 'opened 02-02 10:00' => {}, 'solved 02-02 11:00, changed 02-02 11:00' => { response => '02-02 12:00 yes' },
	'solved -, changed 02-02 11:30' => { response => '02-02 12:00', resolution => '02-02 20:30' }, 'responded 02-02 12:30, changed 02-02 12:30' => { response => '02-02 12:00 no' });
life('ends_with an end by status', { done_when => { resolution => ['closed'] }, done_at => { response => 'responded' }, metrics => [ 'response', 'resolution' ] },
	'opened 02-02 10:00' => {}, 'status closed, changed 02-02 11:00' => { response => '02-02 12:00 yes', resolution => '02-02 20:00 yes' });
case('A metric of which nothing can tell the end is not stamped, and slt_attach says so (fault tickets 6)', 'CREATE TABLE t (id int PRIMARY KEY, created timestamptz, closed timestamptz)',
	q{SET client_min_messages = notice; SELECT slt_attach('t', opened_at => 'created', severity_value => 'S1', contract_value => 'N', done_at => '{"resolution": "closed"}', announce_from => NULL)} => qr/next_reply/,
	q{SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'slt_next_reply_due'} => '0',
	q{INSERT INTO t VALUES (1, '2026-01-05 09:00+00', '2026-01-05 10:00+00'); SELECT slt_sweep()} => '0');
life('While the status is in cancelled_when the ticket is owed nothing, clocks that ended included', { %hold, cancelled_when => ['spam'] },
	'opened 02-02 10:00, responded 02-02 11:00' => { response => '02-02 12:00 yes' }, 'status spam, changed 02-02 12:00' => { response => '-', resolution => '-' });
life('undone, it is as if it had never been: the status before it holds on', { %hold, cancelled_when => ['spam'] },
	'opened 02-02 10:00, responded 02-02 11:00' => {}, 'status hold, changed 02-02 11:00' => { resolution => 'infinity' }, 'status spam, changed 02-02 12:00' => { resolution => '-' },
	'status open, changed 02-02 13:00' => { response => '02-02 12:00 yes', resolution => '02-02 22:00', history => '02-02 10:00 open, 02-02 11:00 hold, 02-02 12:00 spam, 02-02 13:00 open' });
life('undone: an end by status holds on until the status after the cancellation', { %by_status, cancelled_when => ['spam'] },
	'opened 02-02 10:00' => {}, 'status closed, changed 02-02 11:00' => { resolution => '02-02 20:00 yes' }, 'status spam, changed 02-02 12:00' => { resolution => '-' },
	'status closed, changed 02-02 13:00' => { resolution => '02-02 20:00 yes' }, 'status open, changed 02-02 14:00' => { resolution => '02-02 23:00' });
life('cancelled in between: what is taken back in that time is taken back (reading: facts go on, only what is owed is nothing)', { %two, cancelled_when => ['spam'] },
	'opened 02-02 10:00, solved 02-02 11:00' => {}, 'status spam, changed 02-02 12:00' => {}, 'solved -, changed 02-02 13:00' => { resolution => '- runs {02-02 10:00, 02-02 11:00, 02-02 20:00} {02-02 13:00, -}' },
	'status open, changed 02-02 14:00' => { resolution => '02-02 22:00 runs {02-02 10:00, 02-02 11:00, 02-02 20:00} {02-02 13:00, -}' });

# ---------- pauses ----------
life('paused_when is a list: it holds for every clock whose metric or target is pausable, and for no other', {%hold},
	'opened 02-02 10:00' => {}, 'status hold, changed 02-02 11:00' => { response => '02-02 12:00', resolution => 'infinity' });
life('or a JSON object of metric to list', { done_at => { resolution => 'solved', first_resolution => 'solved' }, metrics => [ 'resolution', 'first_resolution' ], paused_when => { resolution => ['hold'], first_resolution => [ 'hold', 'wait' ] } },
	'opened 02-02 10:00' => {}, 'status wait, changed 02-02 11:00' => { resolution => '02-02 20:00', first_resolution => 'infinity' },
	'status hold, changed 02-02 12:00' => { resolution => 'infinity', first_resolution => 'infinity' }, 'status open, changed 02-02 14:00' => { resolution => '02-02 22:00', first_resolution => '02-02 23:00' });
table_case('every clock whose metric or target is pausable', q{paused_when => '{hold}', done_at => '{"response": "responded", "resolution": "solved"}'},
	q{UPDATE slt_targets SET pausable = true WHERE contract = 'N' AND severity = 'S1' AND metric = 'response'; UPDATE slt_targets SET pausable = false WHERE contract = 'N' AND severity = 'S1' AND metric = 'resolution';
	INSERT INTO t (id, opened, changed) VALUES (1, '2026-02-02 10:00+00', '2026-02-02 10:00+00'); UPDATE t SET status = 'hold', changed = '2026-02-02 11:00+00'},
	'SELECT sh(slt_response_due), sh(slt_resolution_due) FROM t' => 'infinity|02-02 20:00');
life('What happens after a clock\'s end does not concern it', {%hold}, 'opened 02-02 10:00' => {}, 'solved 02-02 11:00, changed 02-02 11:00' => { resolution => '02-02 20:00 yes' },
	'status hold, changed 02-02 12:00' => { resolution => '02-02 20:00 yes' }, 'status open, changed 02-02 13:00' => { resolution => '02-02 20:00 yes' });
life('a pause that goes on at the end counts up to it', {%hold}, 'opened 02-02 10:00' => {}, 'status hold, changed 02-02 11:00' => {}, 'solved 02-02 13:00, changed 02-02 13:00' => { resolution => '02-02 22:00 yes' },
	'status open, changed 02-02 18:00' => { resolution => '02-02 22:00 yes' });
life('a pause does not undo a breach (section 3, rule 6: a pause that starts before the deadline so far)', {%hold}, 'opened 02-02 10:00' => {}, 'status hold, changed 02-02 20:00' => { resolution => '02-02 20:00' });

# ---------- resume ----------
life('resume: the same clock goes on from that change, and the time in between does not count', {%two},
	'opened 02-02 10:00' => { resolution => '02-02 20:00 runs -' }, 'solved 02-02 12:00, changed 02-02 12:00' => { resolution => '02-02 20:00 yes runs -' },
	'solved -, changed 02-02 15:00' => { resolution => '02-02 23:00 runs {02-02 10:00, 02-02 12:00, 02-02 20:00} {02-02 15:00, -}' },
	'solved 02-02 16:00, changed 02-02 16:00' => { resolution => '02-02 23:00 yes runs {02-02 10:00, 02-02 12:00, 02-02 20:00} {02-02 15:00, -}' },
	'solved -, changed 02-02 17:00' => { resolution => '02-03 00:00 runs {02-02 10:00, 02-02 12:00, 02-02 20:00} {02-02 15:00, 02-02 16:00, 02-02 23:00} {02-02 17:00, -}' });
life('resume: a pause within the time that does not count is counted once', {%hold},
	'opened 02-02 10:00' => {}, 'solved 02-02 12:00, changed 02-02 12:00' => {}, 'status hold, changed 02-02 13:00' => {}, 'solved -, changed 02-02 15:00' => { resolution => 'infinity' }, 'status open, changed 02-02 16:00' => { resolution => '02-03 00:00' });
life('resume: a reopening after a breach does not undo it', {%two}, 'opened 02-02 10:00' => {}, 'solved 02-02 21:00, changed 02-02 21:00' => { resolution => '02-02 20:00 no' }, 'solved -, changed 02-02 22:00' => { resolution => '02-02 20:00' });
life('resume by status: worked out from the history, nothing else is remembered (reading)', {%by_status},
	'opened 02-02 10:00' => {}, 'status closed, changed 02-02 12:00' => { resolution => '02-02 20:00 yes' }, 'status open, changed 02-02 15:00' => { resolution => '02-02 23:00' }, 'status closed, changed 02-02 16:00' => { resolution => '02-02 23:00 yes' });
life('resume by status, late news', {%by_status}, 'opened 02-02 10:00' => {}, 'status closed, changed 02-02 14:00' => { resolution => '02-02 20:00 yes' },
	'status closed2, changed 02-02 11:00' => { resolution => '02-02 20:00 yes' }, 'status closed, changed 02-02 11:30' => { resolution => '02-02 20:00 yes' }, 'status open, changed 02-02 12:00' => { resolution => '02-02 20:30 yes' });
life('an end that is corrected is not taken back', {%two}, 'opened 02-02 10:00, solved 02-02 12:00' => { resolution => '02-02 20:00 yes runs -' }, 'solved 02-02 20:30, changed 02-02 20:30' => { resolution => '02-02 20:00 no runs -' });
life('the start moves behind the end, resume (reading: the same clock, with the start that it had, goes on from the change)', { started_at => { resolution => 'assigned' }, done_at => { resolution => 'solved' }, metrics => ['resolution'] },
	'opened 02-02 10:00, assigned 02-02 10:00, solved 02-02 12:00' => { resolution => '02-02 20:00 yes' }, 'assigned 02-02 13:00, changed 02-02 14:00' => { resolution => '02-02 22:00 runs {02-02 10:00, 02-02 12:00, 02-02 20:00} {02-02 14:00, -}' });
life('any other start may be corrected', {%two}, 'opened 02-02 10:00' => {}, 'opened 02-02 09:00' => { response => '02-02 11:00', resolution => '02-02 19:00 runs -' });

# ---------- restart ----------
life('restart: a new clock starts at the start\'s new value, and the old one stays as it ended (fault tickets 1)', {%reply},
	'opened 02-02 10:00, customer 02-02 10:00' => { next_reply => '02-02 14:00 runs -' }, 'agent 02-02 11:00, changed 02-02 11:00' => { next_reply => '02-02 14:00 yes runs -' },
	'customer 02-03 10:00, changed 02-03 10:00' => { next_reply => '02-03 14:00 runs {02-02 10:00, 02-02 11:00, 02-02 14:00}' },
	'agent 02-03 15:00, changed 02-03 15:00' => { next_reply => '02-03 14:00 no runs {02-02 10:00, 02-02 11:00, 02-02 14:00}' });
life('restart: or, if the start has not moved, at the change', {%reply},
	'opened 02-02 10:00, customer 02-02 10:00, agent 02-02 11:00' => { next_reply => '02-02 14:00 yes' }, 'agent -, changed 02-02 13:00' => { next_reply => '02-02 17:00 runs {02-02 10:00, 02-02 11:00, 02-02 14:00} {02-02 13:00, -}' });
life('While a clock of a restarting metric with an end of its own runs, a start that moves on does not move it: the first unanswered message counts', {%reply},
	'opened 02-02 10:00, customer 02-02 10:00' => {}, 'customer 02-02 12:00, changed 02-02 12:00' => { next_reply => '02-02 14:00 runs {02-02 10:00, -}' },
	'agent 02-02 13:00, changed 02-02 13:00' => { next_reply => '02-02 14:00 yes runs {02-02 10:00, -}' },
	'customer 02-02 18:00, changed 02-02 18:00' => { next_reply => '02-02 22:00 runs {02-02 10:00, 02-02 13:00, 02-02 14:00}' });
life('(any other start may be corrected: one that moves back)', {%reply}, 'opened 02-02 09:00, customer 02-02 10:00' => {}, 'customer 02-02 09:30, changed 02-02 12:00' => { next_reply => '02-02 13:30 runs -' });
life('restart: a message behind the last answer runs, also as a row arrives (reading: an end before the start is no end of a restarting metric)', {%reply}, 'opened 02-02 10:00, customer 02-02 12:00, agent 02-02 11:00' => { next_reply => '02-02 16:00 runs -' });
life('restart: a second answer (reading: the first counts, as the first unanswered message does; the clock is over)', {%reply},
	'opened 02-02 10:00, customer 02-02 10:00' => {}, 'agent 02-02 11:00, changed 02-02 11:00' => {}, 'agent 02-02 15:00, changed 02-02 15:00' => { next_reply => '02-02 14:00 yes' });
life('restart: an answer that is taken back to one before the message never was', {%reply},
	'opened 02-02 10:00, customer 02-02 10:00, agent 02-02 11:00' => {}, 'customer 02-02 12:00, changed 02-02 12:00' => {},
	'agent 02-02 13:00, changed 02-02 13:00' => { next_reply => '02-02 16:00 yes runs {02-02 10:00, 02-02 11:00, 02-02 14:00}' },
	'agent 02-02 11:00, changed 02-02 14:00' => { next_reply => '02-02 16:00 runs {02-02 10:00, 02-02 11:00, 02-02 14:00}' },
	'agent -, changed 02-02 14:30' => { next_reply => '02-02 16:00 runs {02-02 10:00, 02-02 11:00, 02-02 14:00}' },
	'agent 02-02 11:00, changed 02-02 15:00' => { next_reply => '02-02 16:00 runs {02-02 10:00, 02-02 11:00, 02-02 14:00}' });
life('restart by status', { done_when => { next_reply => ['answered'] }, metrics => ['next_reply'] },
	'opened 02-02 10:00' => {}, 'status answered, changed 02-02 11:00' => { next_reply => '02-02 14:00 yes' }, 'status open, changed 02-02 13:00' => { next_reply => '02-02 17:00' }, 'status answered, changed 02-02 18:00' => { next_reply => '02-02 17:00 no' });
life('A restarting metric may have no end of its own: a start that is cleared ends its clock at the change (reading: the stamps of the run that ended stay)', {%update},
	'opened 02-02 10:00, waiting 02-02 10:00' => { owed_update => '02-02 14:00 runs -' }, 'waiting -, changed 02-02 12:00' => { owed_update => '02-02 14:00 yes runs {02-02 10:00, 02-02 12:00, 02-02 14:00}' },
	'waiting 02-02 15:00, changed 02-02 15:00' => { owed_update => '02-02 19:00 runs {02-02 10:00, 02-02 12:00, 02-02 14:00}' });
life('and a start that moves on ends it at the new start', {%update}, 'opened 02-02 10:00, waiting 02-02 10:00' => {},
	'waiting 02-02 13:00, changed 02-02 13:00' => { owed_update => '02-02 17:00 runs {02-02 10:00, 02-02 13:00, 02-02 14:00}' },
	'waiting 02-02 18:00, changed 02-02 18:00' => { owed_update => '02-02 22:00 runs {02-02 10:00, 02-02 13:00, 02-02 14:00} {02-02 13:00, 02-02 18:00, 02-02 17:00}' });
life('(no end of its own: a start that moves back is corrected)', {%update}, 'opened 02-02 09:00, waiting 02-02 10:00' => {}, 'waiting 02-02 09:30, changed 02-02 12:00' => { owed_update => '02-02 13:30 runs -' });

# ---------- continue, once ----------
life('continue: as if it had never ended', {%two}, 'opened 02-02 10:00, responded 02-02 11:00' => { response => '02-02 12:00 yes runs -' }, 'responded -, changed 02-02 13:00' => { response => '02-02 12:00 runs -' }, 'responded 02-02 14:00, changed 02-02 14:00' => { response => '02-02 12:00 no runs -' });
life('continue: the start moves behind the end', { started_at => { response => 'assigned' }, done_at => { response => 'responded' }, metrics => ['response'] },
	'opened 02-02 10:00, assigned 02-02 10:00, responded 02-02 11:00' => { response => '02-02 12:00 yes' }, 'assigned 02-02 12:00, changed 02-02 12:30' => { response => '02-02 14:00' });
life('once: the first end counts, and stays, with its deadline', {%first}, 'opened 02-02 10:00, solved 02-02 11:00' => { first_resolution => '02-02 20:00 yes runs -' },
	'solved -, changed 02-02 12:00' => { first_resolution => '02-02 20:00 yes runs {02-02 10:00, 02-02 11:00, 02-02 20:00}' }, 'solved 02-02 22:00, changed 02-02 22:00' => { first_resolution => '02-02 20:00 yes runs {02-02 10:00, 02-02 11:00, 02-02 20:00}' });
life('once by status', { done_when => { first_resolution => ['closed'] }, metrics => ['first_resolution'] }, 'opened 02-02 10:00' => {}, 'status closed, changed 02-02 21:00' => { first_resolution => '02-02 20:00 no' }, 'status open, changed 02-02 22:00' => { first_resolution => '02-02 20:00 no' });
life('No touch of one metric moves the deadline of another (fault tickets 1)', { started_at => { next_reply => 'customer' }, done_at => { next_reply => 'agent', resolution => 'solved', response => 'responded' }, metrics => [ 'response', 'resolution', 'next_reply' ], paused_when => ['hold'] },
	'opened 02-02 10:00, customer 02-02 10:00' => { resolution => '02-02 20:00', response => '02-02 12:00' }, 'agent 02-02 11:00, responded 02-02 11:00, changed 02-02 11:00' => { resolution => '02-02 20:00', response => '02-02 12:00 yes' },
	'customer 02-02 19:00, changed 02-02 19:00' => { resolution => '02-02 20:00 runs -', response => '02-02 12:00 yes', next_reply => '02-02 23:00 runs {02-02 10:00, 02-02 11:00, 02-02 14:00}' });
case('At most 16 metrics a table, counting those that it is attached with (fault tickets 11)', q{INSERT INTO slt_metrics (name, pausable, when_reopened) SELECT 'm' || i, false, 'continue' FROM generate_series(1, 17) i;
	INSERT INTO slt_targets (contract, severity, metric, amount) SELECT 'N', 'S1', 'm' || i, '1 h' FROM generate_series(1, 17) i; CREATE TABLE t (id int PRIMARY KEY, opened timestamptz, done timestamptz)},
	q{SELECT slt_attach('t', 'opened', severity_value => 'S1', contract_value => 'N', done_at => (SELECT jsonb_object_agg('m' || i, 'done') FROM generate_series(1, 17) i)) IS NULL} => qr/ERROR:/,
	q{SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname LIKE 'slt%'} => '0',
	q{SELECT slt_attach('t', 'opened', severity_value => 'S1', contract_value => 'N', done_at => (SELECT jsonb_object_agg('m' || i, 'done') FROM generate_series(1, 16) i)) IS NULL} => qr/^(?!.*ERROR)/s,
	q{INSERT INTO t VALUES (1, '2026-02-02 10:00+00') RETURNING sh(slt_m16_due)} => '02-02 11:00');
table_case('All columns in a ticket table are of built-in types', q{done_at => '{"resolution": "solved"}', metrics => '{resolution}'}, '',
	q{SELECT string_agg(attname || ' ' || format_type(atttypid, NULL), ', ' ORDER BY attname) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname LIKE 'slt%'}
		=> 'slt_announce_at timestamp with time zone, slt_resolution_due timestamp with time zone, slt_resolution_met boolean, slt_resolution_runs timestamp with time zone[], slt_status_at timestamp with time zone[], slt_status_became text[]');

# ---------- what is done stays done ----------
my $late_holiday = q{INSERT INTO t (id, opened, solved, contract) VALUES (1, '2026-02-10 07:00+00', '2026-02-11 13:00+00', 'Priority'); INSERT INTO slt_calendars (name, calendar) VALUES ('Cairo', 'Africa/Cairo Su-Fr 09:00-17:00');
	UPDATE slt_contracts SET calendar = 'Cairo' WHERE name = 'Priority'; UPDATE slt_calendars SET calendar = 'Africa/Cairo Su-Fr 09:00-17:00; 2026-02-10 off' WHERE name = 'Cairo';};
table_case('A clock that has ended keeps its stamps until one of its own facts changes: not because another column of the row did, and not because the policy did since (fault tickets 2)', q{done_at => '{"resolution": "solved"}', metrics => '{resolution}'}, $late_holiday,
	'SELECT st(slt_resolution_due, slt_resolution_met) FROM t' => '02-10 15:00 no',
	q{UPDATE t SET status = 'archived' RETURNING st(slt_resolution_due, slt_resolution_met)} => '02-10 15:00 no',
	q{UPDATE t SET note = 'x' RETURNING st(slt_resolution_due, slt_resolution_met)} => '02-10 15:00 no',
	q{SELECT count(*) FROM slt_restamp('t')} => '0',
	q{SELECT state, sh(due), sh(due_now), remaining < '0 h' FROM t, slt_clocks(t)} => 'met late|02-10 15:00|02-11 15:00|t',
	q{SELECT sh(max(e."to")) FROM t, slt_explain(t, 'resolution') e} => '02-10 15:00',
	q{UPDATE t SET solved = '2026-02-11 12:00+00' RETURNING st(slt_resolution_due, slt_resolution_met)} => '02-11 15:00 yes');
table_case('slt_explain explains the stamped one, by the policy as it was when the clock ended as far as the log reaches', q{done_at => '{"resolution": "solved"}', metrics => '{resolution}'},
	q{INSERT INTO t (id, opened, solved) VALUES (1, now() - interval '20 h', now());}, q{UPDATE slt_targets SET amount = '12 h' WHERE contract = 'N' AND severity = 'S1' AND metric = 'resolution'; SELECT 1} => '1',
	q{SELECT extract(epoch FROM max(e."to") - min(e."from")) FROM t, slt_explain(t, 'resolution') e} => qr/^36000(\.0+)?$/);
table_case('... own facts: codes', q{done_at => '{"resolution": "solved"}', metrics => '{resolution}'}, q{INSERT INTO t (id, opened, solved) VALUES (1, '2026-02-02 10:00+00', '2026-02-02 21:00+00')},
	'SELECT st(slt_resolution_due, slt_resolution_met) FROM t' => '02-02 20:00 no', q{UPDATE t SET severity = 'S2' RETURNING st(slt_resolution_due, slt_resolution_met)} => '02-03 06:00 yes');
life('... own facts: pauses before the end', {%hold}, 'opened 02-02 10:00' => {}, 'solved 02-02 21:00, changed 02-02 21:00' => { resolution => '02-02 20:00 no' }, 'status hold, changed 02-02 11:00' => {}, 'status open, changed 02-02 13:00' => { resolution => '02-02 22:00 yes' });

# ---------- no silent nothing ----------
table_case('A ticket that is owed nothing says why: out of scope, cancelled, codes unknown, no target for the pair, no start (fault tickets 3)',
	q{request_kind => 'kind', cancelled_when => '{spam}', started_at => '{"resolution": "assigned"}', done_at => '{"resolution": "solved"}', metrics => '{resolution}'},
	q{INSERT INTO t (id, opened, assigned, severity, status, kind) VALUES (1, '2026-02-02 10:00+00', '2026-02-02 10:00+00', 'S3', 'open', NULL), (2, '2026-02-02 10:00+00', NULL, 'S1', 'open', NULL),
		(3, '2026-02-02 10:00+00', '2026-02-02 10:00+00', 'S9', 'open', NULL), (4, '2026-02-02 10:00+00', '2026-02-02 10:00+00', 'S1', 'spam', NULL), (5, '2026-02-02 10:00+00', '2026-02-02 10:00+00', 'S1', 'open', (SELECT name FROM slt_request_kinds WHERE NOT in_scope ORDER BY 1 LIMIT 1))},
	q{SELECT state FROM t, slt_clocks(t) WHERE id = 1} => qr/target/, q{SELECT state FROM t, slt_clocks(t) WHERE id = 2} => qr/start/, q{SELECT state FROM t, slt_clocks(t) WHERE id = 3} => qr/unknown/,
	q{SELECT state FROM t, slt_clocks(t) WHERE id = 4} => qr/cancel/, q{SELECT state FROM t, slt_clocks(t) WHERE id = 5} => qr/scope/,
	q{SELECT string_agg(DISTINCT key, ',' ORDER BY key) FROM slt_unmatched('t')} => qr/1.*3/, 'SELECT count(*) FROM t WHERE slt_resolution_due IS NOT NULL' => '0');
table_case('a contract or severity that targets or attachments use cannot be deleted under them, and a rename reaches them (fault tickets 4)', q{done_at => '{"resolution": "solved"}', metrics => '{resolution}'},
	qq{CREATE TABLE c (id int PRIMARY KEY, opened timestamptz, solved timestamptz, plan text); SELECT slt_attach('c', 'opened', severity_value => 'S1', contract => 'plan', contract_map => '{"gold": "N"}', done_at => '{"resolution": "solved"}', metrics => '{resolution}') IS NULL},
	q{DELETE FROM slt_contracts WHERE name = 'N'} => 'ERROR 23503', q{DELETE FROM slt_severities WHERE code = 'S1'} => 'ERROR 23503',
	q{UPDATE slt_contracts SET name = 'Gold' WHERE name = 'N'; INSERT INTO c VALUES (1, '2026-02-02 10:00+00', NULL, 'gold') RETURNING sh(slt_resolution_due)} => '02-02 20:00');

# ---------- a row has its clocks ----------
table_case('slt_clocks(tickets) has one row for each run of a restarting metric (current: the last)', q{started_at => '{"next_reply": "customer"}', done_at => '{"next_reply": "agent", "resolution": "solved"}', metrics => '{next_reply,resolution}'},
	q{INSERT INTO t (id, opened, customer, agent) VALUES (1, '2026-02-02 10:00+00', '2026-02-02 10:00+00', '2026-02-02 15:00+00'); UPDATE t SET customer = '2026-02-03 10:00+00', changed = '2026-02-03 10:00+00'; UPDATE t SET agent = '2026-02-03 11:00+00', changed = '2026-02-03 11:00+00'},
	q{SELECT metric, current, c.severity, c.contract, sh(started), sh(due), sh(done), state, round(extract(epoch FROM elapsed::interval) / 3600), round(extract(epoch FROM remaining::interval) / 3600), round(used) FROM t, slt_clocks(t) c WHERE metric = 'next_reply' ORDER BY started}
		=> "next_reply|f|S1|N|02-02 10:00|02-02 14:00|02-02 15:00|met late|5|-1|125\nnext_reply|t|S1|N|02-03 10:00|02-03 14:00|02-03 11:00|met|1|3|25",
	q{SELECT count(*) FROM t, slt_clocks(t) WHERE metric = 'resolution'} => '1');
table_case('slt_clocks: anything but a row of an attached table is 42809 with a hint', q{done_at => '{"resolution": "solved"}'}, q{INSERT INTO t (id, opened) VALUES (1, '2026-02-02 10:00+00'); CREATE VIEW v AS SELECT * FROM t; CREATE TABLE other (id int); INSERT INTO other VALUES (1)},
	q{SELECT count(*) FROM (SELECT id, opened FROM t) x, slt_clocks(x)} => qr/ERROR:\s+42809.*HINT:/s, 'SELECT count(*) FROM v, slt_clocks(v)' => qr/ERROR:\s+42809.*HINT:/s, 'SELECT count(*) FROM other, slt_clocks(other)' => qr/ERROR:\s+42809/);
table_case('It needs SELECT on the whole table', q{done_at => '{"resolution": "solved"}'}, q{INSERT INTO t (id, opened) VALUES (1, '2026-02-02 10:00+00'); CREATE ROLE clocks_reader; GRANT SELECT (id) ON t TO clocks_reader; SET ROLE clocks_reader},
	'SELECT count(*) FROM t, slt_clocks(t)' => 'ERROR 42501', 'RESET ROLE; DROP OWNED BY clocks_reader; DROP ROLE clocks_reader; SELECT 1' => '1');
table_case('One rule for late, everywhere: at the instant of the deadline it is still in time (fault tickets 14)', q{done_at => '{"resolution": "solved"}', announce_from => NULL, metrics => '{resolution}'}, '',
	q{BEGIN; INSERT INTO t (id, opened) VALUES (1, now() - interval '10 h'); SELECT state FROM t, slt_clocks(t); SELECT state FROM slt_tickets('t'); SELECT slt_sweep() IS NOT NULL; SELECT coalesce(to_jsonb(e)->>'percent', to_jsonb(e)->>'step') FROM slt_events e; UPDATE t SET solved = now() RETURNING slt_resolution_met; COMMIT} => qr/^at risk\nat risk\nt\n75(\.0*)?\nt$/);
table_case('Solved before opened: no negative times (fault tickets 17)', q{done_at => '{"resolution": "solved"}', metrics => '{resolution}'}, q{INSERT INTO t (id, opened, solved) VALUES (1, '2026-02-02 10:00+00', '2026-02-02 07:00+00')},
	'SELECT st(slt_resolution_due, slt_resolution_met) FROM t' => '02-02 20:00 yes', q{SELECT state, elapsed >= '0 h' FROM t, slt_clocks(t)} => 'met|t', q{SELECT median >= '0 h' FROM slt_report('t')} => qr/^t?$/);
table_case('a keep: a key of several columns is rendered in one way (fault tickets 13)', q{done_at => '{"resolution": "solved"}'}, q{CREATE TABLE k (site text, no text, opened timestamptz, solved timestamptz, PRIMARY KEY (site, no));
	SELECT slt_attach('k', 'opened', severity_value => 'S1', contract_value => 'N', done_at => '{"resolution": "solved"}', announce_from => NULL, metrics => '{resolution}') IS NULL; INSERT INTO k VALUES ('', '7', now() - interval '11 h'); SELECT slt_sweep()},
	q{SELECT (SELECT key FROM slt_events WHERE ticket_table = 'k'::regclass) = (SELECT key FROM slt_tickets('k'))} => 't');
table_case('bounds of during as they are written (fault tickets 15)', q{done_at => '{"resolution": "solved"}', metrics => '{resolution}'}, q{INSERT INTO t (id, opened) VALUES (1, '2026-01-05 09:00+00')},
	q{SELECT sum(opened) FROM slt_report('t', during => '[2026-01-01 00:00+00,2026-01-05 09:00+00]')} => '1', q{SELECT coalesce(sum(opened), 0) FROM slt_report('t', during => '(2026-01-05 09:00+00,2026-02-01 00:00+00)')} => '0');
table_case('Reports count clocks: each run of a restarting metric is a promise of its own', q{started_at => '{"next_reply": "customer"}', done_at => '{"next_reply": "agent"}', metrics => '{next_reply}'},
	q{INSERT INTO t (id, opened, customer, agent) VALUES (1, '2026-02-02 10:00+00', '2026-02-02 10:00+00', '2026-02-02 15:00+00'); UPDATE t SET customer = '2026-02-03 10:00+00', changed = '2026-02-03 10:00+00'; UPDATE t SET agent = '2026-02-03 11:00+00', changed = '2026-02-03 11:00+00'},
	q{SELECT sum(opened), sum(met) FROM slt_report('t')} => '2|1');
table_case('attain of a target is the percentage that was promised to be met, and the report says whether it was', q{done_at => '{"resolution": "solved"}', metrics => '{resolution}'},
	q{UPDATE slt_targets SET attain = 60 WHERE contract = 'N' AND metric = 'resolution'; INSERT INTO t (id, opened, solved) VALUES (1, '2026-02-02 10:00+00', '2026-02-02 11:00+00'), (2, '2026-02-02 10:00+00', '2026-02-02 21:00+00')},
	q{SELECT percent_met::int, (to_jsonb(r)->>'attain')::int, (SELECT bool_and(value = 'false') FROM jsonb_each(to_jsonb(r)) WHERE jsonb_typeof(value) = 'boolean') FROM slt_report('t') r} => '50|60|t');
case('opening times outside 1990-2100, statuses that the enum does not have: attach warns (faults tickets 18, 28)', q{CREATE TYPE st_enum AS ENUM ('open', 'closed'); CREATE TABLE t (id int PRIMARY KEY, opened bigint, status st_enum, solved bigint); INSERT INTO t VALUES (1, 1777273200000000, 'open', NULL)},
	q{SELECT slt_attach('t', 'opened', severity_value => 'S1', contract_value => 'N', status => 'status', paused_when => '{hold}', done_at => '{"resolution": "solved"}') IS NULL} => qr/WARNING.*hold/s,
	q{SELECT slt_attach('t', 'opened', severity_value => 'S1', contract_value => 'N', status => 'status', paused_when => '{closed}', done_at => '{"resolution": "solved"}') IS NULL} => qr/WARNING.*(1990|2100|time_unit)/s);
table_case('attach warns of columns of an earlier prefix (fault tickets 16)', q{done_at => '{"resolution": "solved"}'}, '', qq{SELECT slt_attach('t', $usual, done_at => '{"resolution": "solved"}', prefix => 'sla_') IS NULL} => qr/WARNING.*slt_/s);
case('a threshold with a wide space maps to nothing: what checks a map is what loads it (fault tickets 12)', 'CREATE TABLE t (id int PRIMARY KEY, opened timestamptz, prio text, solved timestamptz)',
	qq{SELECT slt_attach('t', 'opened', severity => 'prio', severity_map => '{">=\x{2003}5": "S1", "*": "S3"}', contract_value => 'N', done_at => '{"resolution": "solved"}')} =~ s/\x{2003}/\xe2\x80\x83/r => qr/ERROR:/);

# ==================== Announcements ====================

my $late = q{announce_from => NULL, done_at => '{"resolution": "solved"}', paused_when => '{hold}', cancelled_when => '{spam}', metrics => '{resolution}'};
my $events = q{SELECT coalesce(string_agg(metric || ' ' || round(coalesce(to_jsonb(e)->>'percent', to_jsonb(e)->>'step')::numeric), ', ' ORDER BY metric, e.announced_at), 'none') FROM slt_events e};
table_case('A target has steps, {75,100} by default', $late, q{INSERT INTO t (id, opened) VALUES (1, now() - interval '8 h'); SELECT slt_sweep()}, $events => 'resolution 75', q{SELECT state FROM t, slt_clocks(t)} => 'at risk');
table_case('any number, also over 100; Each step is an event, with its percent', $late, q{UPDATE slt_targets SET steps = '{50,75,90,100,150}' WHERE contract = 'N'; INSERT INTO t (id, opened) VALUES (1, now() - interval '16 h'), (2, now() - interval '5 h 1 min'); SELECT slt_sweep()},
	q{SELECT string_agg(key || ' ' || round(coalesce(to_jsonb(e)->>'percent', to_jsonb(e)->>'step')::numeric), ', ' ORDER BY key) FROM slt_events e} => '1 150, 2 50', q{SELECT string_agg(state, ', ' ORDER BY id) FROM t, slt_clocks(t)} => 'breached, at risk');
table_case('at risk from the first step below 100 on, breached from 100 on: without such a step nothing is at risk', $late, q{UPDATE slt_targets SET steps = '{100,150}' WHERE contract = 'N'; INSERT INTO t (id, opened) VALUES (1, now() - interval '9 h'), (2, now() - interval '11 h')},
	q{SELECT string_agg(state, ', ' ORDER BY id) FROM t, slt_clocks(t)} => 'on track, breached', 'SELECT slt_sweep()' => '1');
table_case('A paused clock announces nothing, whatever it used up before (fault announcements 1)', $late, q{INSERT INTO t (id, opened, changed) VALUES (1, now() - interval '8 h', now() - interval '8 h'); UPDATE t SET status = 'hold', changed = now()},
	'SELECT slt_sweep()' => '0', $events => 'none', q{SELECT state FROM t, slt_clocks(t)} => 'paused');
table_case('(one that was late before the pause announces nothing either; reading: its state is breached)', $late, q{INSERT INTO t (id, opened, changed) VALUES (1, now() - interval '11 h', now() - interval '11 h'); UPDATE t SET status = 'hold', changed = now() - interval '30 min'}, 'SELECT slt_sweep()' => '0', q{SELECT state FROM t, slt_clocks(t)} => 'breached');
table_case('one that is done, or cancelled, announces nothing', $late, q{INSERT INTO t (id, opened, solved, status) VALUES (1, now() - interval '11 h', now(), 'open'), (2, now() - interval '11 h', NULL, 'spam')}, 'SELECT slt_sweep()' => '0');
table_case('An event is written once for a clock and a step; neither hold and resume announces anything again (fault announcements 2)', $late, q{INSERT INTO t (id, opened, changed) VALUES (1, now() - interval '8 h', now() - interval '8 h')},
	'SELECT slt_sweep()' => '1', q{UPDATE t SET status = 'hold', changed = now() - interval '10 min'; SELECT slt_sweep()} => '0', q{UPDATE t SET status = 'open', changed = now() - interval '9 min'; SELECT slt_sweep()} => '0',
	q{UPDATE t SET status = 'hold', changed = now() - interval '2 min'; UPDATE t SET status = 'open', changed = now() - interval '1 min'; SELECT slt_sweep()} => '0', 'SELECT count(*) FROM slt_events' => '1');
table_case('nor a restamp of what was late before (fault announcements 3)', $late, q{INSERT INTO t (id, opened) SELECT i, now() - interval '20 h' FROM generate_series(1, 1000) i}, 'SELECT slt_sweep()' => '1000',
	q{UPDATE slt_targets SET amount = '11 h' WHERE contract = 'N' AND metric = 'resolution' AND severity = 'S1'; SELECT count(*) FROM slt_restamp('t')} => '1000', 'SELECT slt_sweep()' => '0');
table_case('and a deadline that moved into the future and passes again does', $late, q{INSERT INTO slt_severities (code, label) VALUES ('X', 'In seconds'); INSERT INTO slt_targets (contract, severity, metric, amount, steps) VALUES ('N', 'X', 'resolution', make_working_interval(hours => 11, secs => 2), '{100}');
	UPDATE slt_targets SET steps = '{100}' WHERE contract = 'N'; INSERT INTO t (id, opened) VALUES (1, now() - interval '11 h')},
	'SELECT slt_sweep()' => '1', q{UPDATE t SET severity = 'X'; SELECT slt_sweep()} => '0', q{SELECT pg_sleep(2.5); SELECT slt_sweep()} => qr/^\s*1$/, 'SELECT slt_sweep()' => '0', 'SELECT count(*) FROM slt_events' => '2');
table_case('Several steps passed at once are one event, the highest, and an announced step counts for those below it', $late, q{INSERT INTO t (id, opened) VALUES (1, now() - interval '11 h'); SELECT slt_sweep()}, $events => 'resolution 100',
	q{UPDATE slt_targets SET amount = '13 h' WHERE contract = 'N' AND metric = 'resolution' AND severity = 'S1'; SELECT count(*) FROM slt_restamp('t')} => '1', 'SELECT slt_sweep()' => '0');
table_case('What fell due before announce_from of the attachment is no news; default: when it was attached (fault announcements 5)', q{done_at => '{"resolution": "solved"}', metrics => '{resolution}'}, q{INSERT INTO t (id, opened) SELECT i, '2024-01-01'::timestamptz FROM generate_series(1, 100) i}, 'SELECT slt_sweep()' => '0');
table_case('... announce_from, an instant (reading: the deadline\'s; a ticket that is at risk already and has time left is news)', q{announce_from => now() - interval '30 min', done_at => '{"resolution": "solved"}', metrics => '{resolution}'},
	q{INSERT INTO t (id, opened) VALUES (1, now() - interval '8 h 10 min'), (2, now() - interval '7 h 40 min'), (3, now() - interval '10 h 10 min'), (4, now() - interval '11 h'); SELECT slt_sweep()}, q{SELECT string_agg(key || ' ' || round(coalesce(to_jsonb(e)->>'percent', to_jsonb(e)->>'step')::numeric), ', ' ORDER BY key) FROM slt_events e} => '1 75, 2 75, 3 100');
table_case('null: there is no such limit', $late, q{INSERT INTO t (id, opened) VALUES (1, '2024-01-01')}, 'SELECT slt_sweep()' => '1');
table_case('What was announced is remembered apart from the events, so that old events may be deleted', $late, q{INSERT INTO t (id, opened) VALUES (1, now() - interval '11 h'); SELECT slt_sweep(); DELETE FROM slt_events; UPDATE t SET note = 'x', changed = now()}, 'SELECT slt_sweep()' => '0',
	q{UPDATE t SET severity = 'S2'; UPDATE t SET severity = 'S1'; SELECT slt_sweep()} => '0', 'SELECT count(*) > 0 FROM slt_announced' => 't');
table_case('slt_prune(older_than) keeps what a consumer has not had', $late, q{INSERT INTO t (id, opened) VALUES (1, now() - interval '11 h'), (2, now() - interval '11 h'); SELECT count(*) FROM slt_take_events('mail', 10); SELECT slt_sweep(); SELECT count(*) FROM slt_take_events('mail', 1)},
	q{SELECT slt_prune('0 seconds') IS NULL} => qr/./, 'SELECT count(*) FROM slt_events' => '1', q{SELECT count(*) FROM slt_take_events('mail', 10)} => '1');
table_case('each consumer gets each event, a new one starts with all there are, and slt_skip_events(consumer) leaves them out', $late, q{INSERT INTO t (id, opened) VALUES (1, now() - interval '11 h'), (2, now() - interval '11 h'); SELECT slt_sweep()},
	q{SELECT count(*) FROM slt_take_events('a', 10)} => '2', q{SELECT count(*) FROM slt_take_events('a', 10)} => '0', q{SELECT count(*) FROM slt_take_events('b', 1)} => '1', q{SELECT count(*) FROM slt_take_events('b', 10)} => '1',
	q{SELECT slt_skip_events('c') IS NULL} => qr/./, q{SELECT count(*) FROM slt_take_events('c', 10)} => '0', q{BEGIN; SELECT count(*) FROM slt_take_events('d', 10); ROLLBACK; SELECT count(*) FROM slt_take_events('d', 10)} => "2\n2");
table_case('SELECT slt_sweep() runs in its caller\'s transaction and notifies nobody; CALL slt_sweep_all() commits each batch, and notifies afterwards', $late, q{INSERT INTO t (id, opened) VALUES (1, now() - interval '11 h'), (2, now() - interval '11 h')},
	q{BEGIN; SELECT slt_sweep(); ROLLBACK; SELECT count(*) FROM slt_events} => "2\n0", q{LISTEN slt; SELECT slt_sweep()} => '2', q{INSERT INTO t (id, opened) VALUES (3, now() - interval '11 h'); CALL slt_sweep_all(); SELECT 1} => qr/Asynchronous notification "slt"/,
	'BEGIN; CALL slt_sweep_all()' => qr/ERROR:\s+(2D000|25001)/);
table_case('each run of a restarting metric is a clock of its own (reading: what was announced of a run says nothing of the next)', q{announce_from => NULL, started_at => '{"next_reply": "customer"}', done_at => '{"next_reply": "agent"}', metrics => '{next_reply}'},
	q{INSERT INTO t (id, opened, customer) VALUES (1, now() - interval '30 h', now() - interval '30 h')}, 'SELECT slt_sweep()' => '1', q{UPDATE t SET agent = now() - interval '20 h', changed = now() - interval '20 h'; SELECT slt_sweep()} => '0',
	q{UPDATE t SET customer = now() - interval '5 h', changed = now() - interval '5 h'; SELECT slt_sweep()} => '1', $events => 'next_reply 100, next_reply 100');
table_case('none is skipped because another transaction committed later, none waits for a transaction that has nothing to do with it (fault announcements 4)', $late, q{INSERT INTO t (id, opened) VALUES (1, now() - interval '11 h');
	\! psql -XAtq -h $PGHOST_OF_CASE -p $PGPORT_OF_CASE -d $PGDATABASE_OF_CASE -c "BEGIN; SELECT slt_sweep(); SELECT pg_sleep(3); COMMIT" >/dev/null 2>&1 &
	SELECT pg_sleep(1); INSERT INTO t (id, opened) VALUES (2, now() - interval '11 h')}, 'SELECT slt_sweep()' => '1', q{SELECT string_agg(e.key, ',') FROM slt_take_events('mail', 10) e} => '2', q{SELECT pg_sleep(3); SELECT string_agg(e.key, ',') FROM slt_take_events('mail', 10) e} => qr/^\s*1$/);
table_case('a locked ticket is skipped, and the others are announced (fault tickets 10; announcements 6)', $late, q{INSERT INTO t (id, opened) VALUES (1, now() - interval '11 h'), (2, now() - interval '11 h');
	\! PGOPTIONS= psql -XAtq -h $PGHOST_OF_CASE -p $PGPORT_OF_CASE -d $PGDATABASE_OF_CASE -c "BEGIN; UPDATE t SET note = 'x' WHERE id = 1; SELECT pg_sleep(3)" >/dev/null 2>&1 &
	SELECT pg_sleep(1)}, 'SELECT slt_sweep()' => '1', 'SELECT key FROM slt_events' => '2', 'SELECT pg_sleep(3); SELECT slt_sweep()' => qr/^\s*1$/);

# ==================== the rest of the faults ====================

case('Another calendar for the same hours of another contract has the holidays of its lists (fault tickets 5)', q{INSERT INTO slt_holiday_lists (name) VALUES ('shared'); INSERT INTO slt_holidays (list, day, name) VALUES ('shared', '2026-02-03', 'one')},
	q{SELECT count(*) FROM slt_holidays WHERE list = 'shared'} => '1');
table_case('LIKE, copy, rename twice: slt_attached finds a table that was swapped (fault tickets 22)', q{done_at => '{"resolution": "solved"}'}, 'CREATE TABLE n (LIKE t INCLUDING ALL); INSERT INTO n SELECT * FROM t; ALTER TABLE t RENAME TO t_old; ALTER TABLE n RENAME TO t',
	'SELECT count(*) > 0 FROM slt_attached() WHERE problem IS NOT NULL' => 't');
table_case('... columns that a schema-syncing ORM dropped (fault tickets 23)', q{done_at => '{"resolution": "solved"}'}, 'ALTER TABLE t DROP COLUMN slt_resolution_due', 'SELECT count(*) FROM slt_attached() WHERE problem IS NOT NULL' => '1', q{INSERT INTO t (id, opened) VALUES (1, '2026-02-02 10:00+00') RETURNING id} => qr/^1$/m);
table_case('no column of the application is kept from ALTER COLUMN TYPE (fault tickets 24)', q{done_at => '{"resolution": "solved"}'}, '', 'ALTER TABLE t ALTER COLUMN note TYPE varchar(100); ALTER TABLE t ALTER COLUMN severity TYPE varchar(100); SELECT 1' => '1',
	q{INSERT INTO t (id, opened) VALUES (1, '2026-02-02 10:00+00') RETURNING sh(slt_resolution_due)} => '02-02 20:00');
table_case('slt_detach keeps what cannot be worked out again, unless told to drop it (fault tickets 27)', q{paused_when => '{hold}', done_at => '{"resolution": "solved"}', metrics => '{resolution}'},
	qq{INSERT INTO t (id, opened, changed) VALUES (1, '2026-02-02 10:00+00', '2026-02-02 10:00+00'); UPDATE t SET status = 'hold', changed = '2026-02-02 11:00+00'; UPDATE t SET status = 'open', changed = '2026-02-02 13:00+00'; SELECT slt_detach('t') IS NULL;
	SELECT slt_attach('t', $usual, paused_when => '{hold}', done_at => '{"resolution": "solved"}', metrics => '{resolution}') IS NULL; CALL slt_backfill('t')},
	'SELECT sh(slt_resolution_due), hi(slt_status_at, slt_status_became) FROM t' => '02-02 22:00|02-02 10:00 open, 02-02 11:00 hold, 02-02 13:00 open');
table_case('slt.stamping = off lets a bulk load pass unstamped', q{done_at => '{"resolution": "solved"}'}, q{SET slt.stamping = off; INSERT INTO t (id, opened) VALUES (1, '2026-02-02 10:00+00'); RESET slt.stamping}, 'SELECT sh(slt_resolution_due) FROM t' => '-',
	q{CALL slt_backfill('t'); SELECT sh(slt_resolution_due) FROM t} => qr/^02-02 20:00$/m);
table_case('a restamp is refused in a transaction that changed the policy, unless it is a dry run', q{done_at => '{"resolution": "solved"}', metrics => '{resolution}'}, q{INSERT INTO t (id, opened) VALUES (1, '2026-02-02 10:00+00')},
	q{BEGIN; UPDATE slt_targets SET amount = '11 h' WHERE contract = 'N' AND metric = 'resolution'; SELECT count(*) FROM slt_restamp('t', dry_run => true)} => '1', q{SELECT count(*) FROM slt_restamp('t')} => qr/ERROR:\s+25001.*HINT:/s, 'ROLLBACK; SELECT 1' => '1');

# ---------- run ----------

@cases = grep { index(lc $_->{sentence}, lc $only) >= 0 } @cases;
for my $case (grep { $_->{steps} } @cases) { my $differs = model_differs($case); is($differs, '', "the model: $case->{sentence}") }
unless ($ENV{SLT_CASES_MODEL_ONLY})
{
	$node = new_server('clocks_cases', bare => 1, conf => "fsync = off\n");
	$node->safe_psql('postgres', 'CREATE DATABASE cases_template');
	my ($status, $output, $messages) = $node->psql('cases_template', $template, on_error_stop => 1);
	is($messages, '', 'the policy of the cases can be made');
	my %made;
	for my $i (0 .. $#cases)
	{
		my $case = $cases[$i];                                                   # lives leave the policy alone, so that they can share a database
		my $database = $case->{steps} ? 'cases_lives' : "case_$i";
		$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE cases_template") unless $case->{steps} && $made{$database}++;
		local @ENV{qw(PGHOST_OF_CASE PGPORT_OF_CASE PGDATABASE_OF_CASE)} = ($node->host, $node->port, $database);
		my $differs = $case->{steps} ? server_differs($case, $database) : case_differs($case, $database);
		ok($differs eq '', $case->{sentence}) or diag($differs);
	}
}
done_testing();
