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
			if (!$left)
			{
				$scene = eval { _new_scene() };
				die $@ if !$scene && $@ && !ref $@;
				next if !$scene;
				$left = CASES_PER_CALENDAR;
			}
			$left--;
			my $case = eval { _random_case($scene) };
			return $case if $case;
			die $@ if !ref $@;
		}
	};
}

# Sets up a random calendar, a moment to ask around, and the clock changes near it; nothing if it hardly ever opens.
sub _new_scene ()
{
	my ($name, $first, $last) = @{ pick(@zones) };
	my $zone = Judge::Zone->named($name);
	my ($from, $to) = map { day_number($_, 1, 1) * DAY } $first, $last;
	my @changes = grep { $_ > $from } $zone->transitions($from, $to);
	my $centre = @changes && chance(75) ? pick(@changes) : $from + below(($to - $from) / SECOND) * SECOND;
	$centre += below(60 * 365) * DAY if chance(3);

	my $text = join ' ', $name, join('; ', _base_rules(), _dated_rules($zone, $centre)) =~ s/;(?= \w)/chance(15) ? ',' : ';'/ger;
	$text = _combined($zone, $centre, $text);
	my $scene = {
		text     => $text,
		calendar => Judge::Calendar->parse($text),
		zone     => $zone,
		centre   => $centre,
		changes  => [ $zone->transitions($centre - 400 * DAY, $centre + 400 * DAY) ],
	};
	return undef if !eval { _opens_often($scene) };
	$scene->{calendar}->check_tape(map { _instant($scene) } 1 .. 30);
	return $scene;
}

# Tells whether a calendar opens in each of some years around the moment.
sub _opens_often ($scene)
{
	for my $year (-3 .. 3)
	{
		my $from = $scene->{centre} + $year * 365 * DAY;
		return 0 if !(grep { $scene->{calendar}->tape_at($from + $_ * 13 * HOUR + 7 * MINUTE) } 0 .. 700);
	}
	return 1;
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
	push @rules, map { _free_rule($middle) } 1 .. pick(0, 1, 1, 2, 4);
	@rules = reverse @rules if chance(10);
	return @rules;
}

my @month_names = qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec);

# Makes a rule of any kind that the grammar has, for dates around a day.
sub _free_rule ($middle)
{
	my $hours = chance(25) ? 'off' : _spans() . (chance(30) ? ' off' : '');
	my $comment = chance(10) ? ($hours =~ /off/ ? ' "why"' : ' open "why"') : '';

	return join ' ', _selectors($middle), $hours . $comment;
}

# Makes what a rule is for: years, dates, weeks and days of the week, as they come.
sub _selectors ($middle)
{
	my ($year) = civil_date($middle);
	my @selectors;

	push @selectors, pick("$year:", $year - 1 . '-' . ($year + 1), "$year+", $year - 2 . '/2', $year - 3 . '-' . ($year + 3) . '/3') if chance(15);
	push @selectors, @selectors ? _yearly_dates($middle) : chance(30) ? _full_dates($middle) : _yearly_dates($middle) if chance(60);
	push @selectors, 'week ' . _weeks($middle) if chance(15);
	push @selectors, _some_weekdays() if !@selectors || chance(35);
	return @selectors;
}

# Writes a date near a day as month and day.
sub _near ($middle, $reach)
{
	my (undef, $month, $day) = civil_date($middle + below(2 * $reach) - $reach);

	return sprintf '%s %02d', $month_names[ $month - 1 ], $day == 29 && $month == 2 ? 28 : $day;
}

# Makes dates of every year, so that some of them lie near a day.
sub _yearly_dates ($middle)
{
	my ($year, $month) = civil_date($middle);
	my $name = $month_names[ $month - 1 ];
	my $shift = pick('', '', ' +1 day', ' -2 days', ' +13 days', ' -45 days');

	return pick(
		_near($middle, 3), _near($middle, 40), join(',', map { _near($middle, 10) } 1 .. 3),
		_near($middle, 20) . '-' . _near($middle, 20), $name, $name . '-' . pick(@month_names), "$name," . pick(@month_names),
		"easter$shift", "easter -" . pick(2, 30) . ' days-easter +' . pick(1, 8, 49) . ' days', 'Mar Su[-1]-Oct Su[-1]', "$name Mo[1]-" . _near($middle, 30),
		"$name 01-" . pick(9, 15, 26) . pick('', '/2', '/5'), "$name 03,07,14,21", 'Feb 27-29');
}

# Makes dates with their year.
sub _full_dates ($middle)
{
	my @dates = sort { $a <=> $b } map { $middle + below(60) - 30 } 1, 2;
	my ($first, $last) = map { my ($y, $m, $d) = civil_date($_); sprintf '%04d %s %02d', $y, $month_names[ $m - 1 ], $d } @dates;

	return pick($first, "$first-$last", "$first,$last", (split ' ', $first)[0] . ' easter');
}

# Makes weeks of the year.
sub _weeks ($middle)
{
	my $first = 1 + below(40);

	return pick('01-53/2', '02-52/2', '01-53', sprintf('%02d-%02d', $first, $first + below(13)), sprintf('%02d,%02d', $first, $first + 5), sprintf('%02d-53/%d', $first, pick(3, 4)));
}

# Makes days of the week, some of them only in some weeks of the month.
sub _some_weekdays ()
{
	my @names = qw(Mo Tu We Th Fr Sa Su);

	return join ',', map {
		pick(pick(@names), pick(@names) . '-' . pick(@names), pick(@names) . '[' . pick('1', '5', '-1', '2,4', '1-3', '-2,1') . ']' . pick('', '', ' +1 day', ' -3 days'), 'PH')
	} 1 .. pick(1, 1, 2);
}

# Puts calendars together to a combination, now and then.
sub _combined ($zone, $centre, $text)
{
	return $text if chance(85) || $text =~ /:\d\d:/;
	my $other = join ' ', pick($zone->{name}, 'UTC', 'Asia/Tokyo', 'America/Los_Angeles'), join '; ', _base_rules(), chance(50) ? _dated_rules($zone, $centre) : ();
	my $op = pick('|', '&', '-');
	return $text if $other =~ /:\d\d:/;
	return chance(80) ? "($text) $op ($other)" : "(($text) $op ($other)) " . pick('|', '&', '-') . ' (' . pick('UTC', 'Europe/Paris') . ' ' . _weekdays() . ' 06:00-20:00)';
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
