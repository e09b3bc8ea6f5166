# Makes random calendars and random questions about them, close to where mistakes hide, with the judge's answers.
package Judge::Cases;

use v5.36;
use Exporter 'import';
use Judge::Clock;
use Judge::Zone;
use Judge::Calendar;
use Judge::Worktime;

our @EXPORT = qw(random_cases);

use constant CASES_PER_CALENDAR => 100;

# Zones, with the years in which their clocks did something worth asking about.
my @zones = (
	[ 'Africa/Cairo',         2008, 2036 ],    # midnight gap in April, fold at midnight in October, Ramadan breaks
	[ 'America/New_York',     2004, 2040 ],
	[ 'Europe/Berlin',        1995, 2040 ],
	[ 'Europe/London',        1990, 2040 ],
	[ 'Europe/Dublin',        1990, 2040 ],    # winter time is the "summer" time
	[ 'Europe/Istanbul',      2005, 2018 ],
	[ 'Australia/Lord_Howe',  1990, 2040 ],    # changes by half an hour
	[ 'Australia/Sydney',     2000, 2040 ],
	[ 'Asia/Kathmandu',       1985, 2030 ],    # +05:45
	[ 'Asia/Kolkata',         2000, 2030 ],
	[ 'America/Sao_Paulo',    2000, 2020 ],    # no midnight on the first day of summer time
	[ 'America/Santiago',     2012, 2038 ],
	[ 'America/Asuncion',     2008, 2026 ],
	[ 'Pacific/Apia',         2010, 2024 ],    # no 2011-12-30
	[ 'Pacific/Kiritimati',   1993, 1996 ],    # no 1994-12-31
	[ 'Pacific/Kwajalein',    1992, 1995 ],    # no 1993-08-21
	[ 'Pacific/Chatham',      2000, 2040 ],    # changes at 02:45
	[ 'Pacific/Norfolk',      2013, 2030 ],
	[ 'Asia/Beirut',          2000, 2036 ],    # changes at midnight
	[ 'Asia/Amman',           2005, 2024 ],
	[ 'Asia/Gaza',            2008, 2035 ],    # up to four changes a year
	[ 'Asia/Tehran',          2000, 2024 ],
	[ 'Asia/Pyongyang',       2013, 2020 ],    # half an hour, at midnight and at 23:30
	[ 'Antarctica/Troll',     2005, 2040 ],    # changes by two hours
	[ 'Antarctica/Casey',     2009, 2024 ],    # changes by three hours
	[ 'America/Caracas',      2006, 2018 ],    # half an hour
	[ 'Africa/Casablanca',    2008, 2040 ],    # up to four changes a year
	[ 'America/St_Johns',     2000, 2040 ],    # changed at 00:01
	[ 'America/Havana',       2000, 2040 ],    # the first hour of the day is skipped, or comes twice
	[ 'America/Scoresbysund', 2015, 2030 ],
	[ 'UTC',                  1970, 2100 ],
);

# Picks one of its arguments.
sub pick (@from)
{
	return $from[ int rand @from ];
}

# Picks a whole number from 0 up to, not including, a limit.
sub below ($limit)
{
	return int rand $limit;
}

# Is true with the given probability, in percent.
sub chance ($percent)
{
	return rand(100) < $percent;
}

# Returns a function that returns the next case, as [sql, expected], each time it is called.
sub random_cases ($seed)
{
	my ($scene, $left) = (undef, 0);

	srand $seed;
	return sub {
		for (;;)
		{
			($scene, $left) = (_new_scene(), CASES_PER_CALENDAR) if !$left;
			$left--;
			my $case = eval { _random_case($scene) };
			return $case if $case;
			die $@ if !ref $@;
		}
	};
}

# Sets up a random calendar, a moment to ask around, and the clock changes near it.
sub _new_scene ()
{
	my ($name, $first, $last) = @{ pick(@zones) };
	my $zone = Judge::Zone->named($name);
	my ($from, $to) = map { day_number($_, 1, 1) * DAY } $first, $last;
	my @changes = grep { $_ > $from } $zone->transitions($from, $to);
	my $centre = @changes && chance(75) ? pick(@changes) : $from + below(($to - $from) / SECOND) * SECOND;
	$centre += below(60 * 365) * DAY if chance(3);

	my $text = join ' ', $name, join '; ', _base_rules(), _dated_rules($zone, $centre);
	my $scene = {
		text     => $text,
		calendar => Judge::Calendar->parse($text),
		zone     => $zone,
		centre   => $centre,
		changes  => [ $zone->transitions($centre - 400 * DAY, $centre + 400 * DAY) ],
	};
	$scene->{calendar}->check_tape(map { _instant($scene) } 1 .. 30);
	return $scene;
}

# Makes the undated rules of a calendar: always some working time in a week.
sub _base_rules ()
{
	return '24/7' if chance(8);
	return join ' ', grep { length } _weekdays(), _spans() if chance(55);
	my @rules = (join ' ', pick('Mo-Fr', 'Su-Th', 'Su-Fr', 'Mo-Su', 'Mo-Sa'), _spans());

	push @rules, join ' ', _weekdays() || 'Fr', _spans() for 0 .. below(2);
	push @rules, pick(qw(Mo We Sa Su)) . ' off' if chance(15);
	push @rules, 'Tu ' . _spans();
	return @rules;
}

# Makes the weekdays of a rule, or none.
sub _weekdays ()
{
	return pick('', 'Mo-Fr', 'Mo-Fr', 'Su-Th', 'Su-Fr', 'Mo-Su', 'Mo-Sa', 'Sa-Su', 'Fr-Mo', 'Mo,We,Fr', 'Tu', 'Su',
		'Mo-We,Fr', 'Sa-Mo,We-Th');
}

# Makes the spans of a rule.
sub _spans ()
{
	return pick('09:00-17:00', '08:00-16:30', '00:00-24:00', '09:00-12:30,13:30-17:30', '10:00-10:00') if chance(30);
	return pick('22:00-06:00', '22:00-02:00', '18:00-24:00', '20:30-03:30', '23:30-00:30', '16:00-01:00,02:00-04:00')
		if chance(30);
	return pick('01:30-03:00', '02:15-06:00', '00:00-01:00', '00:00-00:30', '23:00-24:00', '00:30-02:30',
		'02:00-03:00', '23:45-00:15') if chance(30);
	return pick('08:00-33:00', '08:00-14:00,12:00-18:00', '22:00-30:00,05:00-09:00', '00:00-48:00', '20:00-44:00',
		'08:00-12:00,12:00-16:00', '12:00-36:00') if chance(35);
	return join ',', map { _random_span() } 0 .. below(4);
}

# Makes a span of one minute up to a day.
sub _random_span ()
{
	my $start = below(1440);

	return _time($start) . '-' . _time($start + 1 + below(pick(60, 300, 1440)));
}

# Writes a number of minutes as HH:MM.
sub _time ($minutes)
{
	return sprintf '%02d:%02d', int($minutes / 60), $minutes % 60;
}

# Makes dated rules around a moment: days off, special hours, ranges and yearly dates, overlapping at times.
sub _dated_rules ($zone, $centre)
{
	my $middle = floor_div($zone->wall($centre), DAY);
	my @rules;

	for (1 .. pick(0, 0, 1, 2, 3, 4, 6, 9))
	{
		my $date = $middle + (chance(40) ? below(5) - 2 : below(60) - 30);
		my $hours = chance(60) ? 'off' : _spans();
		my $dates = format_date($date);
		my $days = chance(50) ? '' : _weekdays();
		if    (chance(25)) { $dates = "$dates.." . format_date($date + 1 + below(pick(3, 12, 40))) }
		elsif (chance(25)) { $dates = $dates =~ s/^\d+/*/r }
		else               { $days = '' }
		push @rules, join ' ', grep { length } $dates, $days, $hours, chance(5) ? '"special day"' : '';
	}
	return @rules;
}

# Picks an instant near where mistakes hide: clock changes, edges of working time, midnights; or just any.
sub _instant ($scene)
{
	my $where = rand 100;
	my $near = $scene->{centre} + (below(2 * 86_400) - 86_400) * pick(2, 20, 200, 350) * SECOND;
	my $instant;

	if ($where < 25 && @{ $scene->{changes} })
	{
		$instant = chance(60) ? $scene->{centre} : pick(@{ $scene->{changes} });
	}
	elsif ($where < 55)
	{
		my ($period) = working_periods($scene->{calendar}, $near, $near + 4 * DAY);
		$instant = $period ? pick(@$period) : $near;
	}
	elsif ($where < 65)
	{
		$instant = $scene->{zone}->first_reaching(floor_div($near, DAY) * DAY);
	}
	else { return $near + (chance(30) ? below(SECOND) : 0) }
	return $instant + pick(0, 0, 0, 0, 0, 1, -1, SECOND, -SECOND(), MINUTE, -MINUTE(), 30 * MINUTE, HOUR, -HOUR());
}

# Picks a number of hours, in microseconds: round ones, odd ones, and ones that end just at an interesting instant.
sub _hours ($scene, $at)
{
	my $sign = chance(35) ? -1 : 1;

	if (chance(35))
	{
		my $to = _instant($scene);
		my $exact = between($scene->{calendar}, $at, $to, []);
		return $exact + pick(0, 0, 0, 1, -1) if abs $exact < 3000 * HOUR;
	}
	return $sign * pick(0, 1, SECOND, MINUTE, 30 * MINUTE, map { $_ * HOUR } 1, 2, 4, 8, 16, 24, 40, 100, 176)
		if chance(50);
	return $sign * below(pick(HOUR, 10 * HOUR, 100 * HOUR)) if chance(50);
	return $sign * below(pick(1, 10, 100, 400) * 3600) * SECOND;
}

# Picks a number of working days that is not zero.
sub _days ()
{
	return pick(1, -1, 1) * (chance(70) ? pick(1, 1, 2, 3) : chance(85) ? pick(5, 7, 10, 22) : pick(60, 250));
}

# Makes pauses around a question's two ends: the instant it starts from and the deadline it would have without them.
sub _pauses ($scene, $at, $deadline)
{
	my @pauses;

	for (0 .. below(4))
	{
		my $from = chance(30) ? $deadline + pick(0, 1, -1, -HOUR(), HOUR)
			: chance(30)      ? $at + pick(0, 1, -1, -HOUR(), HOUR)
			: chance(20)      ? _instant($scene)
			:   ($at < $deadline ? $at : $deadline) - DAY + below(abs($deadline - $at) / SECOND + 2 * 86_400) * SECOND;
		my $length = pick(1, MINUTE, 90 * MINUTE, 8 * HOUR, DAY, below(3 * DAY), below(10 * 86_400) * SECOND);
		$from = $pauses[-1][1] if @pauses && is_finite($pauses[-1][1]) && chance(15);
		push @pauses, [ $from, $from + $length ];
		$pauses[-1][0] = MINUS_INFINITY if chance(3);
		$pauses[-1][1] = INFINITY if chance(4);
	}
	return @pauses;
}

# Writes pauses as a multirange.
sub _pauses_sql (@pauses)
{
	my @ranges = map {
		(is_finite($_->[0]) ? '[' . format_instant($_->[0]) : '(') . ','
			. (is_finite($_->[1]) ? format_instant($_->[1]) : '') . ')'
	} @pauses;

	return "'{" . join(',', @ranges) . "}'::tstzmultirange";
}

# Writes an instant as SQL.
sub _instant_sql ($instant)
{
	return "timestamptz '" . format_instant($instant) . "'";
}

# Writes an amount as SQL.
sub _amount_sql ($days, $micros)
{
	return "'$days working " . ($days == 1 ? 'day' : 'days') . "'" if $days && !$micros;
	return 'make_working_interval(' . ($days ? "days => $days, " : '') . 'secs => ' . format_seconds($micros) . ')';
}

# Asks one random question about a scene's calendar; dies with a reference when it has no answer.
sub _random_case ($scene)
{
	my $kind = rand 100;
	my $question = $kind < 62 ? \&_add_case
		: $kind < 82          ? \&_between_case
		: $kind < 94          ? \&_instant_case
		:                       \&_periods_case;
	my $calendar_sql = "working_calendar '" . $scene->{text} =~ s/'/''/gr . "'";

	$scene->{calendar}->begin_question;
	return $question->($scene, $calendar_sql);
}

# Asks where an amount leads: hours, days or both, with or without pauses.
sub _add_case ($scene, $calendar_sql)
{
	my $calendar = $scene->{calendar};
	my $at = _instant($scene);
	my $kind = rand 100;
	my $days = $kind < 45 ? 0 : _days();
	my $micros = $kind < 45 || $kind > 85 ? _hours($scene, $at) : 0;
	my @pauses = chance(30) ? _pauses($scene, $at, add_amount($calendar, $at, $days, $micros, [])) : ();
	my $due = add_amount($calendar, $at, $days, $micros, merge_pauses(@pauses));
	my @arguments = (_instant_sql($at), _amount_sql($days, $micros), $calendar_sql, @pauses ? _pauses_sql(@pauses) : ());

	return [ 'working_add(' . join(', ', @arguments) . ')', format_instant($due) ];
}

# Asks how much was worked between two instants, with or without pauses.
sub _between_case ($scene, $calendar_sql)
{
	my ($from, $to) = map { _instant($scene) } 1, 2;
	($from, $to) = ($to, $from) if $to < $from && chance(80);
	my @pauses = chance(30) ? _pauses($scene, $from, $to) : ();
	my $worked = between($scene->{calendar}, $from, $to, merge_pauses(@pauses));
	my @arguments = (_instant_sql($from), _instant_sql($to), $calendar_sql, @pauses ? _pauses_sql(@pauses) : ());

	return [ 'extract(epoch from working_between(' . join(', ', @arguments) . ')::interval)::numeric(20,6)',
		format_seconds($worked) ];
}

# Asks whether an instant is working, or what comes next or came before.
sub _instant_case ($scene, $calendar_sql)
{
	my $at = _instant($scene);
	my $name = pick(qw(is_working next_working previous_working));
	my %answer = (
		is_working       => sub { is_working($scene->{calendar}, $at) },
		next_working     => sub { format_instant(next_working($scene->{calendar}, $at)) },
		previous_working => sub { format_instant(previous_working($scene->{calendar}, $at)) },
	);

	return [ "$name(" . _instant_sql($at) . ", $calendar_sql)", $answer{$name}->() ];
}

# Asks how many working periods a range of time has, or how long they are together.
sub _periods_case ($scene, $calendar_sql)
{
	my $from = _instant($scene);
	my $to = chance(50) ? _instant($scene) : $from + below(5 * 86_400) * SECOND;
	($from, $to) = ($to, $from) if $to < $from;
	my @periods = working_periods($scene->{calendar}, $from, $to);
	my $range = 'tstzrange(' . join(', ', map { _instant_sql($_) } $from, $to) . ')';
	my $set = "unnest(working_periods($range, $calendar_sql))";
	my $total = 0;

	return [ "(select count(*) from $set)", scalar @periods ] if chance(40);
	$total += $_->[1] - $_->[0] for @periods;
	return [ "(select coalesce(extract(epoch from sum(upper(p) - lower(p))), 0)::numeric(20,6) from $set p)",
		format_seconds($total) ];
}

1;
