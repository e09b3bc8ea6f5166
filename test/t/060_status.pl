# The status page, as a real browser shows it: what it says, that it asks for nothing, that hostile texts stay texts,
# and that it can be read in light and dark, on a phone, with the keyboard, and by a screen reader.
use strict;
use warnings;

use Chromium;
use Encode ();
use IO::Socket::INET;
use SltTest;
use Test::More;

my $node = new_server('status');
my $pages = "$ENV{SLT_WORK}/tmp/pages";
mkdir $pages;
unlink "$pages/requests";

# Runs statements as a transaction, in which now() stands still; returns what they print.
sub in_one_go
{
	my (@statements) = @_;

	return Encode::decode('UTF-8', $node->safe_psql('postgres', join ";\n", 'BEGIN ISOLATION LEVEL REPEATABLE READ', @statements, 'COMMIT'));
}

# Makes a literal of a text.
sub literal { return "'" . $_[0] =~ s/'/''/gr . "'" }

# Writes the page of a service into a file together with what queries give at the same instant; returns the file and the rows.
sub make_page
{
	my ($name, $service, @queries) = @_;
	my $file = "$pages/$name.html";
	my $argument = defined $service ? Encode::encode('UTF-8', literal($service)) : '';

	my @answers = split /^--next--$/m, in_one_go("\\o $file\nSELECT slt_status_page($argument)", "\\o\n" . join ";\n\\echo --next--\n", @queries, ''), -1;
	return ($file, map { [ map { [ split /\|/, $_, -1 ] } grep { $_ ne '' } split /\n/ ] } @answers);
}

# ---------- the page as a text ----------

my ($file) = make_page('empty');
my $html = PostgreSQL::Test::Utils::slurp_file($file);
like($html, qr{\A<!DOCTYPE html>\n<html lang="en" dir="ltr">\n<head>\n<meta charset="utf-8">\n}, 'the page begins as HTML does');
like($html, qr{</html>\n\z}, 'and is whole');
is(value($node, q{SELECT pg_typeof(slt_status_page())::text, slt_status_page()::text = slt_status_page('platform'), length(slt_status_page() || '') > 1000}),
	'"text/html"|t|t', 'its type is named after what it is, and works as text; no service named and only one there: that one');
unlike($html, qr{<(?:script|link|img|iframe|object|embed|video|audio|base|form)\b(?! rel="icon" href="data:)}i, 'nothing in it loads or runs');
unlike($html, qr{\b(?:src|on\w+)\s*=|url\(|\@import|https?://}i, 'nor does any style or address');
like($html, qr{The current state is not known}, 'nothing recorded is neither up nor down');
unlike($html =~ s{<style>.*</style>}{}sr, qr{100%|>0?%|\bmet\b}, 'nor is it 100 %, 0 %, or a target that is met');
is(scalar(() = $html =~ m{<p class="figure">unknown</p>}g), 2, 'month and year are unknown');

# ---------- texts ----------

# how each text must come out: bytes of markup escaped, controls replaced, turns of direction gone, right-to-left kept
my @texts = (
	[ 'plain', 'plain' ], [ q{<script>alert("1")</script>}, '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;' ], [ q{a & b &amp; 'c'}, 'a &amp; b &amp;amp; &#39;c&#39;' ],
	[ "tab\there\r\nnew\rline", "tab\there\nnew\nline" ], [ "bell\x07 escape\x1b[31m", "bell\x{FFFD} escape\x{FFFD}[31m" ], [ "c1 \x{85}\x{9b}", "c1 \x{FFFD}\x{FFFD}" ],
	[ "\x{202E}evil\x{202C} \x{2066}x\x{2069}", 'evil x' ], [ "\x{627}\x{644}\x{200F}", "\x{627}\x{644}\x{200F}" ], [ "\x{FFFF}\x{1F600}", "\x{FFFD}\x{1F600}" ], [ '', '' ]);
for my $text (@texts)
{
	my ($in, $out) = map { Encode::encode('UTF-8', $_) } @$text;
	my $got = $node->safe_psql('postgres', 'SELECT zz_slt_internal.html(' . literal($in) =~ s/\r/\x27 || chr(13) || \x27/gr . ')');

	is($got, $out, 'escaped: ' . ($in =~ s/[^ -~]/sprintf '\\x%02x', ord $&/ger));
}
is(value($node, q{SELECT length(zz_slt_internal.html(repeat('x', 5000))), zz_slt_internal.html(NULL) IS NULL}), '4004|t', 'a long text is cut');

# ---------- a history to show ----------

my $service = qq{Cloud "A" & 'B' </title><script>document.title = "hacked"</script> \x{202E}};
my $hostile = qq{Chat <img src=http://127.0.0.1:9/x onerror="document.title = 'hacked'"> "x" 'y' &amp; \x{627}\x{644}};
my $note = qq{</p></li></ol><script src="http://127.0.0.1:9/evil.js"></script><svg onload=document.title='hacked'> "quotes" 'single' &lt; --> ]]>\x{202E}txt\x{2069}\n\x07 \x{627}\x{644}\x{62E}\x{62F}\x{645}\x{629} \x{645}\x{62A}\x{648}\x{642}\x{641}\x{629}};
my ($s, $x, $n) = map { Encode::encode('UTF-8', literal($_)) } $service, $hostile, $note;
$node->safe_psql('postgres', <<"SQL");
DELETE FROM slt_services;
INSERT INTO slt_services (name, plan, target, time_zone, maintenance_window) VALUES ($s, 'Enterprise', 99, 'Africa/Cairo', 'Africa/Cairo Su 18:00-24:00');
INSERT INTO slt_experiences (service, name, covered) VALUES ($s, 'Site', true), ($s, $x, true), ($s, 'Tickets', true), ($s, 'Updates', true), ($s, 'Mobile', false);
UPDATE slt_experiences SET recorded = 'by hand' WHERE name <> 'Tickets';
CREATE VIEW today AS SELECT (now() AT TIME ZONE 'Africa/Cairo')::date AS today;
-- n days ago, at a time of the day
CREATE FUNCTION ago(n int, t time) RETURNS timestamptz LANGUAGE sql AS 'SELECT (today - n + t) AT TIME ZONE ''Africa/Cairo'' FROM today';
INSERT INTO slt_outages (service, experience, during, planned, weight, note) VALUES
	($s, 'Site', tstzrange(ago(3, '10:00'), ago(3, '10:30')), false, 1, 'Down for half an hour'),
	($s, 'Site', tstzrange(ago(3, '10:15'), ago(3, '11:00:00.5')), false, 1, 'which overlaps the one before'),
	($s, 'Site', tstzrange(ago(8, '23:30'), ago(7, '00:10')), false, 0.25, 'Partly, over midnight'),
	($s, $x, tstzrange(ago(40, '02:00'), ago(40, '02:20')), true, 1, 'Planned, but not in the window'),
	($s, $x, tstzrange(now() - interval '3 minutes', NULL), false, 0.5, $n),
	($s, NULL, tstzrange(ago(60, '12:00'), ago(60, '12:45')), false, 1, NULL),
	($s, 'Mobile', tstzrange(ago(2, '12:00'), NULL), false, 1, 'Mobile is down');
INSERT INTO slt_coverage (service, experience, since, until) VALUES ($s, 'Tickets', ago(20, '06:00'), now() - interval '1 hour');
INSERT INTO slt_maintenance (service, during, announced_at, reason) VALUES
	($s, tstzrange(now() + interval '2 days', now() + interval '2 days 3 hours'), now(), $n);
SQL

my $history = 'SELECT experience, day, availability, extract(epoch FROM downtime), extract(epoch FROM planned), extract(epoch FROM unknown), state FROM slt_status_history()';
($file, my $rows, my $states, my $summary, my $by_month) = make_page('full', undef, $history, 'SELECT experience, covered, status, since FROM slt_status()',
	q{SELECT y.kind, f.availability, f.met FROM (VALUES ('month'), ('year')) y (kind), slt_service() s, slt_availability_report(tstzrange(date_trunc(y.kind, now(), s.time_zone), now()), y.kind) f}, <<'SQL');
SELECT e.name, string_agg(coalesce(slt_availability(tstzrange(m AT TIME ZONE 'Africa/Cairo', (m + interval '1 month') AT TIME ZONE 'Africa/Cairo'), e.service, e.name)::text, ''), ',' ORDER BY m)
FROM slt_experiences e, generate_series(date_trunc('month', (now() AT TIME ZONE 'Africa/Cairo') - interval '89 days'), now() AT TIME ZONE 'Africa/Cairo', interval '1 month') m GROUP BY 1
SQL
$html = Encode::decode('UTF-8', PostgreSQL::Test::Utils::slurp_file($file));
is(scalar @$rows, 5 * 90, '90 days of five experiences');
is(scalar @$states, 5, 'five states');
my %state_of = map { $_->[0] => $_->[2] } @$states;
is($state_of{Site}, 'operational', 'the site is up');
is($state_of{$hostile}, 'degraded', 'a partial outage makes it degraded');
is($state_of{Tickets}, 'unknown', 'no check for an hour makes it unknown');
is($state_of{Mobile}, 'down', 'mobile is down');

SKIP:
{
	skip 'no Chromium is installed (package chromium-headless-shell or chromium): the page is not tested in a browser', 1 unless Chromium::program();

	my $folder = "$ENV{SLT_WORK}/tmp/chromium";
	mkdir $folder;
	my $browser = Chromium->start($folder);

	# ---------- what it asks for and says ----------

	my @events = $browser->open_page("file://$file");
	is_deeply([ map { $_->{params}{request}{url} } grep { $_->{method} eq 'Network.requestWillBeSent' } @events ], ["file://$file"], 'the page asks for nothing but itself');
	is_deeply([ grep { $_->{method} =~ /^(?:Log\.entryAdded|Runtime\.consoleAPICalled|Runtime\.exceptionThrown)$/ } @events ], [], 'and nothing is written to the console');
	is($browser->evaluate('document.compatMode + document.characterSet + document.documentElement.lang'), 'CSS1CompatUTF-8en', 'it is HTML in standards mode, UTF-8 and English');

	# the same over HTTP, where a browser would look for an icon
	my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1:0', Listen => 10) or die "listen: $!";
	my $port = $server->sockport;
	my $pid = fork // die "fork: $!";
	if ($pid == 0)
	{
		my $body = PostgreSQL::Test::Utils::slurp_file($file);

		while (my $client = $server->accept)
		{
			my $request = <$client>;

			while ((<$client> // '') =~ /\S/) { }
			PostgreSQL::Test::Utils::append_to_file("$pages/requests", $request);
			print {$client} "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n$body";
			close $client;
		}
		POSIX::_exit(0);
	}
	@events = $browser->open_page("http://127.0.0.1:$port/");
	$browser->evaluate('new Promise(done => setTimeout(done, 300))');
	kill 'KILL', $pid;
	waitpid $pid, 0;
	is(PostgreSQL::Test::Utils::slurp_file("$pages/requests"), "GET / HTTP/1.1\r\n", 'nor over HTTP, not even for an icon');
	is(scalar(grep { $_->{method} =~ /^(?:Log\.entryAdded|Runtime\.exceptionThrown)$/ } @events), 0, 'without an error there, too');

	# ---------- hostile texts ----------

	$browser->open_page("file://$file");
	my $shown_service = $service =~ s/\x{202E}//r;
	my $shown_note = $note =~ s/[\x{202E}\x{2069}]//gr =~ s/\x07/\x{FFFD}/r;
	is($browser->evaluate('document.querySelector("#now").textContent'), "Mobile is down. $hostile is degraded", 'so is a name in the headline, the worst first');
	is($browser->evaluate('document.querySelector("h1").textContent'), $shown_service, 'the name of the service is text');
	is($browser->evaluate('document.title'), "$shown_service: Mobile is down. $hostile is degraded", 'and in the title, with what is down');
	is($browser->evaluate(q{[...document.querySelectorAll('.text')].filter(e => e.textContent.includes('evil.js')).map(e => e.textContent).join('|')}), "$shown_note|$shown_note", 'so is a note, and a reason of maintenance');
	is($browser->evaluate('document.querySelectorAll("script, img, iframe, object, embed, base, form, svg[onload]").length'), 0, 'no element came out of a text');
	is($browser->evaluate(q{[...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => /^on/.test(a.name))).length}), 0, 'nor did a handler');
	is($browser->evaluate(q{[...document.querySelectorAll('bdi')].filter(e => getComputedStyle(e).unicodeBidi !== 'isolate').length}), 0, 'names are isolated from the text around them');
	is($browser->evaluate(q{[...document.querySelectorAll('.text')].filter(e => e.dir !== 'auto').length}), 0, 'notes go in their own direction');
	my $places = $browser->evaluate(q{document.evaluate('count(//text()[contains(., "evil.js")][not(ancestor::bdi or ancestor::p[@class="text"])])', document, null, 1).numberValue});
	is($places, 0, 'nothing of them is anywhere else');

	# ---------- figures ----------

	# the text of each bar, made from the figures of SQL again
	my @months = qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec);
	my @weekdays = qw(Mon Tue Wed Thu Fri Sat Sun);
	my $date = sub {
		my ($y, $m, $d) = split /-/, $_[0];
		my @t = gmtime Time::Local::timegm(0, 0, 12, $d, $m - 1, $y);

		return sprintf '%s %d %s', $weekdays[ ($t[6] + 6) % 7 ], $d, $months[ $m - 1 ];
	};
	require Time::Local;
	my $length = sub {
		my $seconds = int $_[0];
		my @parts;

		return 'under 1 s' if $seconds == 0;
		for my $unit ([ 86400, 'd' ], [ 3600, 'h' ], [ 60, 'min' ], [ 1, 's' ])
		{
			push @parts, int($seconds / $unit->[0]) . " $unit->[1]" if $seconds >= $unit->[0];
			$seconds %= $unit->[0];
		}
		return join ' ', @parts;
	};
	my @expected = map {
		my ($experience, $day, $percent, $down, $planned, $unknown, $state) = @$_;
		my $cut = $percent =~ s/(\.\d{3}).*/$1/r =~ s/(\.\d*?)0+$/$1/r =~ s/\.$//r;

		join '', $date->($day), ': ', ($state =~ /operational|unknown/ ? '' : "$state, "), ($percent eq '' ? 'unknown' : "$cut%"), ($down > 0 ? ', downtime ' . $length->($down) : ''),
		  ($planned > 0 && $state eq 'maintenance' ? ', planned work ' . $length->($planned) : ''), ($unknown > 0 && $percent ne '' ? ', unknown for ' . $length->($unknown) : '');
	} @$rows;
	my %by_experience;
	my %class = (operational => '', degraded => 'g', down => 'x', maintenance => 'm', unknown => 'u', closed => 'c');
	push @{ $by_experience{ $rows->[$_][0] } }, [ $expected[$_], $class{ $rows->[$_][6] } ] for 0 .. $#expected;
	my $charts = $browser->evaluate(q{[...document.querySelectorAll('.row')].map(r => ({name: r.querySelector('h4').textContent, state: r.querySelector('.state').textContent.toLowerCase(),
		bars: [...r.querySelectorAll('.bars li')].map(l => [l.textContent, l.className])}))});
	is(scalar @$charts, 5, 'a chart for each experience');
	for my $chart (@$charts)
	{
		is(scalar @{ $chart->{bars} }, 90, Encode::encode('UTF-8', $chart->{name}) . ': 90 bars');
		is_deeply($chart->{bars}, $by_experience{ $chart->{name} }, 'each says date, availability and downtime, exactly, and has the shape of its state');
		is($chart->{state}, $state_of{ $chart->{name} }, 'its state now is in words');
	}
	# by hand: 3 days ago from 10:00 to 11:00:00.5, two outages as one; of 86400 s (or 82800, 90000 when clocks change) 3600.5 were lost
	my ($three_days_ago) = grep { /downtime/ } map { $_->[0] } @{ $by_experience{Site} }[ 86, 86 ];
	like($three_days_ago, qr/: down, 95\.(?:832|651|999)%, downtime 1 h$/, 'an hour and half a second, overlaps once, in whole seconds');
	# 8 days ago 30 min and 7 days ago 10 min, each a quarter down: 450 s and 150 s
	like($by_experience{Site}[81][0], qr/: degraded, 99\.\d+%, downtime 7 min 30 s$/, 'a partial outage counts by its weight, and on its own day');
	like($by_experience{Site}[82][0], qr/: degraded, 99\.\d+%, downtime 2 min 30 s$/, 'the rest of it on the next');
	like($by_experience{Tickets}[68][0], qr/: unknown$/, 'before the first check, nothing is known');
	like($by_experience{Tickets}[69][0], qr/: 100%, unknown for 6 h$/, 'on its day, part is');
	# the table of months says what slt_availability() does of each whole month
	my $months = $browser->evaluate(q{[...document.querySelectorAll('table tbody tr')].map(r => [r.querySelector('th').textContent, ...[...r.querySelectorAll('td')].map(d => d.textContent)])});
	is_deeply([ sort { $a->[0] cmp $b->[0] } @$months ], [ sort { $a->[0] cmp $b->[0] } map { [ $_->[0], map { $_ eq '' ? 'unknown' : (s/(\.\d{3}).*/$1/r =~ s/(\.\d*?)0+$/$1/r =~ s/\.$//r) . '%' } split /,/, $_->[1], -1 ] } @$by_month ],
		'the table of months has the availability of each, cut');
	for my $period (@$summary)
	{
		my ($kind, $availability, $met) = @$period;
		my $i = $kind eq 'month' ? 0 : 1;

		is($browser->evaluate("document.querySelectorAll('.two data')[$i].value"), $availability, "the availability of the $kind is there to the last digit");
		is($browser->evaluate("document.querySelectorAll('.two data')[$i].textContent"), ($availability =~ s/(\.\d{3}).*/$1/r =~ s/(\.\d*?)0+$/$1/r =~ s/\.$//r) . '%', 'and for people, cut');
		my $words = $browser->evaluate("document.querySelectorAll('.two .state')[$i].textContent");
		is($words =~ /met/ ? 't' : 'f', $met, Encode::encode('UTF-8', "the target is said to be met or not: $words"));
	}
	like($browser->evaluate('document.querySelector("#going-on").parentNode.innerText'), qr/Degraded\s+since \w+ \d+ \w+ \d+, \d\d:\d\d/, 'what goes on now, and since when');
	like($browser->evaluate('document.querySelector("#past").parentNode.innerText'), qr/Outage: Whole service\s+Down\s+\w+ \d+ \w+ \d{4}, 12:00(?: \(UTC\+0\d:00\))? to 12:45, 45 min/, 'what went on, and how long');
	like($browser->evaluate('document.querySelector("#maintenance").parentNode.innerText'), qr/Regular maintenance window.* 18:00 to .* 00:00.*6 h/s, 'when the next window is');
	is($browser->evaluate(q{[...document.querySelectorAll('time')].filter(t => !/^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d[+-]\d\d:\d\d)?$/.test(t.dateTime)).length}), 0, 'times are there for machines, with their difference to UTC');
	like($browser->evaluate('document.querySelector("main section").innerText'), qr{time zone Africa/Cairo}, 'the zone is said at the top');
	like($browser->evaluate('document.querySelector("footer").innerText'), qr{Africa/Cairo}, 'and at the end');

	# ---------- a screen reader ----------

	my @nodes = grep { !$_->{ignored} } @{ $browser->call('Accessibility.getFullAXTree')->{nodes} };
	my %roles;
	push @{ $roles{ $_->{role}{value} } }, $_->{name}{value} // '' for @nodes;
	is(scalar @{ $roles{$_} // [] }, 1, "there is one landmark $_") for qw(banner main contentinfo);
	is(scalar(grep { $_ eq '' } @{ $roles{heading} }, @{ $roles{region} }, @{ $roles{columnheader} }, @{ $roles{checkbox} }), 0, 'all headings, regions and columns have names');
	is_deeply([ sort grep { /^Days of / } @{ $roles{list} } ], [ sort map { "Days of $_->{name}" } @$charts ], 'bars are lists that say of what they are');
	my %said = map { $_ => 1 } @{ $roles{StaticText} };
	is(scalar(grep { !$said{ $_->[0] } } map { @$_ } values %by_experience), 0, 'and each is read out as it is shown');
	my $levels = $browser->evaluate(q{[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => +h.tagName[1])});
	is($levels->[0], 1, 'the first heading is the first');
	is(scalar(grep { $_ == 1 } @$levels), 1, 'and the only one of its level');
	ok(!(grep { $levels->[$_] > $levels->[ $_ - 1 ] + 1 } 1 .. $#$levels), 'no level of heading is left out');
	is($browser->evaluate(q{(ids => ids.length === new Set(ids).size)([...document.querySelectorAll('[id]')].map(e => e.id))}), JSON::PP::true, 'no id is there twice');
	is($browser->evaluate(q{[...document.querySelectorAll('svg')].filter(s => s.getAttribute('aria-hidden') !== 'true').length}), 0, 'signs are left to the words beside them');
	is($browser->evaluate(q{[...document.querySelectorAll('.state')].filter(s => !/\S/.test(s.textContent) || !s.querySelector('svg')).length}), 0, 'a state is a sign and a word, not a colour alone');
	is($browser->evaluate(q{(shapes => new Set(shapes).size)([...document.querySelectorAll('.legend i')].map(i => { const s = getComputedStyle(i, '::before'); return s.height + s.backgroundImage.replace(/rgba?\([^)]*\)/g, '') + (s.backgroundColor === 'rgba(0, 0, 0, 0)') + s.borderStyle }))}), 5,
		'bars of the five states differ in shape');

	# ---------- the keyboard ----------

	$browser->evaluate('document.activeElement.blur()');
	my @stops;
	for (1 .. 20)
	{
		$browser->press('Tab', 9);
		my $stop = $browser->evaluate(q{(e => e === document.body ? '' : e.name || e.tagName + '.' + e.className)(document.activeElement)});

		last if $stop eq '' || @stops && $stop eq $stops[0];
		push @stops, $stop;
	}
	is_deeply(\@stops, [ 'INPUT.', 'DIV.scroll' ], 'the tabulator stops at the switch to words and at the table, not at each bar');
	my $in_words = q{[...document.querySelectorAll('.bars li i')].filter(b => getComputedStyle(b).clipPath === 'none' && b.getBoundingClientRect().height > 10).length};
	is($browser->evaluate($in_words), 0, 'bars stand for days');
	$browser->evaluate('document.activeElement.blur()');
	$browser->press('Tab', 9);
	$browser->call('Input.dispatchKeyEvent', type => 'keyDown', key => ' ', code => 'Space', windowsVirtualKeyCode => 32, text => ' ');
	$browser->call('Input.dispatchKeyEvent', type => 'keyUp', key => ' ', code => 'Space', windowsVirtualKeyCode => 32);
	is($browser->evaluate($in_words), 5 * 90, 'the switch shows all of them in words');
	$browser->evaluate('document.querySelector("#words").click()');

	# the mouse: the bar under it is what is shown
	my $place = $browser->evaluate(q{(r => [r.x + r.width / 2, r.y + r.height - 3])((document.querySelector('.bars').scrollIntoView({block: 'center'}), document.querySelectorAll('.bars li')[10].getBoundingClientRect()))});
	$browser->call('Input.dispatchMouseEvent', type => 'mouseMoved', x => $place->[0], y => $place->[1]);
	is($browser->evaluate(q{[...document.querySelectorAll('.bars i')].filter(b => getComputedStyle(b).clipPath === 'none').map(b => b.textContent).join('|')}), $charts->[0]{bars}[10][0], 'the bar under the mouse is shown, and no other');
	$browser->call('Input.dispatchMouseEvent', type => 'mouseMoved', x => 1, y => 1);

	# ---------- contrast, in light and dark ----------

	# every text against what is behind it: 4.5, or 3 if it is large; every bar, border of a meter and sign: 3
	my $contrast = <<'JS';
(() => {
	const channels = c => { const m = c.match(/[\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
	const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3]));
	const light = c => [0.2126, 0.7152, 0.0722].reduce((sum, w, i) => sum + w * (c[i] / 255 <= 0.04045 ? c[i] / 255 / 12.92 : ((c[i] / 255 + 0.055) / 1.055) ** 2.4), 0);
	const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
	const behind = e => {
		const layers = [];
		for (; e; e = e.parentElement) layers.push(channels(getComputedStyle(e).backgroundColor));
		return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255]);
	};
	const result = {least: 99, texts: 0, shapes: 0, bad: []};
	const judge = (kind, what, colour, ground, need) => {
		const r = ratio(over(channels(colour), ground), ground);
		result[kind]++;
		result.least = Math.min(result.least, r);
		if (r < need) result.bad.push(what + ' ' + colour + ' on ' + ground + ' is ' + r.toFixed(2) + ', not ' + need);
	};
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const e = walk.currentNode.parentElement, s = getComputedStyle(e), size = parseFloat(s.fontSize);
		if (!/\S/.test(walk.currentNode.data)) continue;
		judge('texts', e.tagName + '.' + e.className, s.color, behind(e), size >= 24 || size >= 18.66 && s.fontWeight >= 700 ? 3 : 4.5);
	}
	for (const i of document.querySelectorAll('.bars li, .legend li')) {
		const probe = i.appendChild(document.createElement('b'));
		probe.style.color = 'var(--c)';
		judge('shapes', 'bar ' + i.className, getComputedStyle(probe).color, behind(i), 3);
		probe.remove();
	}
	for (const m of document.querySelectorAll('.meter rect')) judge('shapes', 'meter', getComputedStyle(m).fill, behind(m.parentElement.parentElement), 3);
	for (const v of document.querySelectorAll('.state svg, .now svg')) judge('shapes', 'sign', getComputedStyle(v).stroke, behind(v), 3);
	return result;
})()
JS
	my %page_colour;
	for my $scheme ('light', 'dark')
	{
		$browser->call('Emulation.setEmulatedMedia', features => [ { name => 'prefers-color-scheme', value => $scheme } ]);
		$page_colour{$scheme} = $browser->evaluate('getComputedStyle(document.documentElement).backgroundColor + getComputedStyle(document.documentElement).colorScheme');
		my $result = $browser->evaluate($contrast);

		is_deeply($result->{bad}, [], sprintf '%s: each of %d texts and %d shapes stands out (at least %.1f to 1)', $scheme, @{$result}{qw(texts shapes least)});
		cmp_ok($result->{texts}, '>', 500, 'all of them');
		# each state, also those that this page happens not to show, for a large and a small text
		my $others = $browser->evaluate(<<"JS");
(() => { const box = document.querySelector('main').appendChild(document.createElement('div'));
	for (const ground of ['card', 'now']) for (const state of ['operational', 'degraded', 'down', 'maintenance', 'unknown'])
		box.insertAdjacentHTML('beforeend', `<section class="\${ground} \${state}"><svg></svg><p>text <span class="state \${state}">state</span></p><svg class="meter \${state}"><rect/></svg></section>`);
	const all = $contrast; box.remove(); return all; })()
JS
		# a state's word stands on cards and on the page, never on the tint of the banner
		is_deeply([ grep { !/^SPAN\.state/ } @{ $others->{bad} } ], [], "$scheme: so do the other states");
	}
	isnt($page_colour{light}, $page_colour{dark}, 'light and dark differ');
	$browser->call('Emulation.setEmulatedMedia', features => []);

	# ---------- on a phone, and enlarged ----------

	# of a day that has everything, all of it odd
	in_one_go(q{UPDATE slt_coverage SET since = ago(20, '06:10:11')}, "INSERT INTO slt_outages (service, experience, during, weight, planned) VALUES
		($s, 'Tickets', tstzrange(ago(20, '06:10:12'), ago(20, '23:58:49')), 0.999, true)",
		"\\o $pages/longest.html\nSELECT slt_status_page()", "\\o $pages/longest_ar.html\nSELECT slt_status_page(language => 'ar')", "\\o\nROLLBACK; BEGIN");
	my ($longest) = sort { $b <=> $a } map { length } PostgreSQL::Test::Utils::slurp_file("$pages/longest.html") =~ m{<i>([^<]*)</i>}g;
	cmp_ok($longest, '>', 108, 'a day can have so much to say');
	for my $where (map { my $page = $_; map { [ $page, $_ ] } 320, 375, 768, 1280 } 'longest', 'longest_ar', 'full')
	{
		my ($page, $width) = @$where;

		$browser->open_page("file://$pages/$page.html");
		$browser->call('Emulation.setDeviceMetricsOverride', width => $width, height => 800, deviceScaleFactor => 2, mobile => $width < 500 ? JSON::PP::true : JSON::PP::false);
		is($browser->evaluate('document.documentElement.scrollWidth'), $width, "nothing of page $page is wider than a screen of $width");
		my $outside = $browser->evaluate(q{[...document.querySelectorAll('main *, header *, footer *')].filter(e => !e.closest('.scroll') && !e.closest('.vh') && !e.closest('svg') && e.tagName !== 'I').filter(e => { const r = e.getBoundingClientRect(); return r.width > 0 && (r.left < -0.5 || r.right > innerWidth + 0.5) }).map(e => e.outerHTML.slice(0, 80))});
		is_deeply($outside, [], 'nor outside it');
		# each tip, when the mouse is over its bar, stays within the card, and touches no bar and no next row
		my $clash = $browser->evaluate(q{[...document.querySelectorAll('.row')].flatMap(r => { const bars = r.querySelector('.bars').getBoundingClientRect(), next = r.nextElementSibling?.querySelector('h4').getBoundingClientRect();
			const style = document.head.appendChild(document.createElement('style')), rule = [...document.styleSheets[0].cssRules].find(x => x.selectorText === '.bars li:hover i').style.cssText;
			style.textContent = '.bars li.probe i {' + rule + '}';
			const bad = [...r.querySelectorAll('.bars li')].filter(l => { l.classList.add('probe'); const b = l.querySelector('i').getBoundingClientRect(), wide = l.querySelector('i').scrollWidth; l.classList.remove('probe');
				return b.height < 10 || b.top < bars.bottom - 0.5 || next && b.bottom > next.top || b.left < 0 || b.right > innerWidth || wide > b.width + 1 }).map(l => l.textContent);
			style.remove(); return bad; })});
		is_deeply($clash, [], "and no tip covers anything or is cut at $width");
	}
	$browser->call('Emulation.clearDeviceMetricsOverride');
	$browser->evaluate('document.documentElement.style.fontSize = "200%"');
	is($browser->evaluate('document.documentElement.scrollWidth <= innerWidth'), JSON::PP::true, 'nor when text is twice as large');

	# ---------- other pages ----------

	@events = $browser->open_page("file://$pages/empty.html");
	is(scalar(grep { $_->{method} =~ /^(?:Log\.entryAdded|Runtime\.exceptionThrown)$/ } @events), 0, 'the page of a service with nothing recorded has no error');
	is($browser->evaluate('document.querySelector("h2").textContent'), 'The current state is not known', 'and says so');
	is($browser->evaluate('document.querySelectorAll(".bars .u").length'), 8 * 90, 'all days are unknown');
	$browser->stop;
}

# ---------- what it says of the whole ----------

$node->safe_psql('postgres', q{CREATE TABLE headlines (now text[], covered boolean[], says text)});
my @headlines = (
	[ 'operational operational', 'tt', 'Everything is operational' ], [ 'down operational', 'tt', 'E0 is down' ], [ 'degraded down down', 'ttt', 'E1 and E2 are down. E0 is degraded' ],
	[ 'down down', 'tt', 'S is down' ], [ 'degraded', 't', 'E0 is degraded' ], [ 'maintenance maintenance', 'tt', 'S is in maintenance' ], [ 'maintenance operational', 'tt', 'E0 is in maintenance' ],
	[ 'maintenance degraded operational down', 'tttt', 'E3 is down. E1 is degraded. E0 is in maintenance' ], [ 'unknown operational', 'tt', 'The state of E0 is not known' ], [ 'unknown down', 'tt', 'E1 is down' ],
	[ 'unknown', 't', 'The current state is not known' ], [ 'operational down', 'tf', 'E1 is down' ], [ 'down down operational', 'ftt', 'E1 and E0 are down' ], [ 'operational unknown', 'tf', 'Everything is operational' ],
	[ 'down', 'f', 'E0 is down' ], [ '', '', 'The current state is not known' ],
	[ 'operational' . ' down' x 6, 't' x 7, 'E1, E2, E3, E4, E5 and E6 are down' ], [ 'operational' . ' down' x 8, 't' x 9, 'E1, E2, E3, E4, E5 and 3 more are down' ]);
for my $case (@headlines)
{
	my ($now, $covered, $says) = @$case;
	my @states = split / /, $now;
	my $setup = "DELETE FROM slt_outages; DELETE FROM slt_maintenance; DELETE FROM slt_services; INSERT INTO slt_services (name) VALUES ('S');";
	for my $i (0 .. $#states)
	{
		my $c = substr $covered, $i, 1;

		$setup .= "INSERT INTO slt_experiences (service, name, covered) VALUES ('S', 'E$i', '$c');";
		$setup .= "INSERT INTO slt_outages (service, experience, during, weight) VALUES ('S', 'E$i', tstzrange(now() - interval '1 hour', NULL), " . ($states[$i] eq 'down' ? 1 : 0.5) . ');' if $states[$i] =~ /d(?:own|egraded)$/;
		$setup .= "INSERT INTO slt_outages (service, experience, during, planned) VALUES ('S', 'E$i', tstzrange(now() - interval '1 hour', NULL), true);" if $states[$i] eq 'maintenance';
		$setup .= "INSERT INTO slt_coverage (service, experience, since, until) VALUES ('S', 'E$i', now() - interval '2 hours', now() - interval '1 hour');" if $states[$i] eq 'unknown';
		$setup .= "INSERT INTO slt_coverage (service, experience, since, until) VALUES ('S', 'E$i', now() - interval '2 hours', now() + interval '1 hour');" if $states[$i] eq 'operational';
	}
	my ($title) = $node->safe_psql('postgres', "BEGIN; $setup SELECT slt_status_page(); ROLLBACK") =~ m{<h2 id="now">(.*?)</h2>};
	is($title =~ s{</?bdi>}{}gr, $says, "experiences that are $now: $says");
}

# a monitor that saw an outage and then stopped reporting
like($node->safe_psql('postgres', q{BEGIN; DELETE FROM slt_outages; DELETE FROM slt_maintenance; DELETE FROM slt_services; INSERT INTO slt_services (name) VALUES ('S'); INSERT INTO slt_experiences (service, name) VALUES ('S', 'E');
	INSERT INTO slt_coverage (service, experience, since, until) VALUES ('S', 'E', now() - interval '3 hours', now() - interval '1 hour');
	INSERT INTO slt_outages (service, experience, during, monitored) VALUES ('S', 'E', tstzrange(now() - interval '2 hours', NULL), true);
	SELECT slt_status_page(); ROLLBACK}), qr{<h2 id="now">The current state is not known</h2>.*<h2 id="going-on">.*<h3>Outage: <bdi>E</bdi></h3><span class="state unknown">}s, 'an outage that no monitor looks at any more is unknown');

# ---------- who may see it ----------

$node->safe_psql('postgres', 'CREATE ROLE visitor LOGIN');
my ($status, $page, $error) = $node->psql('postgres', "SET search_path = ''; SELECT public.slt_status_page(); SELECT count(*) > 0 FROM public.slt_status_incidents(); SELECT 1 FROM public.slt_outages", extra_params => [ '-U', 'visitor' ]);
like($page, qr{^<!DOCTYPE html>.*</html>\nt$}s, 'a role without any privilege gets the page');
like($error, qr/permission denied for table slt_outages/, 'though not the tables');

# ---------- settings of the session ----------

my $settings = q{SET datestyle = 'German, DMY'; SET intervalstyle = 'sql_standard'; SET timezone = 'Asia/Kathmandu'; SET extra_float_digits = -10; SET standard_conforming_strings = off;
	SET search_path = evil, public; SET check_function_bodies = off; SET bytea_output = 'escape'; SET jit = off; SET enable_hashagg = off;};
is($node->safe_psql('postgres', qq{
	BEGIN ISOLATION LEVEL REPEATABLE READ;
	CREATE TEMP TABLE page AS SELECT slt_status_page() AS html;
	CREATE SCHEMA evil;
	CREATE FUNCTION evil.format(text, text) RETURNS text LANGUAGE sql AS 'SELECT NULL::text';
	CREATE FUNCTION evil.html(text) RETURNS text LANGUAGE sql AS 'SELECT \$1';
	CREATE TEMP TABLE slt_services (name text);
	$settings
	SELECT public.slt_status_page() = html FROM page;
	ROLLBACK}), 't', 'no setting of the session, no other object changes the page');

# ---------- a database of another encoding ----------

$node->safe_psql('postgres', q{CREATE DATABASE latin1 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0});
$node->safe_psql('latin1', q{CREATE EXTENSION slt; UPDATE slt_services SET name = 'Caf' || chr(233) || chr(7) || '<'});
my $latin = $node->safe_psql('latin1', q{SET client_encoding = 'UTF8'; SELECT slt_status_page()});
like($latin, qr{<h1><bdi>Caf\xC3\xA9\?&lt;</bdi></h1>}, 'in a database of LATIN1 the page is the same');
done_testing();
