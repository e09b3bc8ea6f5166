# What a status page says of incidents, groups and months, in which language and colours; and what its tables refuse.
use strict;
use warnings;

use Encode ();
use SltTest;
use Test::More;

my $node = new_server('status_pages');

# Returns what a query gives, as a transaction that is rolled back, after statements.
sub ask
{
	my ($query, @setup) = @_;

	return Encode::decode('UTF-8', $node->safe_psql('postgres', join ";\n", 'BEGIN ISOLATION LEVEL REPEATABLE READ', @setup, "SELECT $query", 'ROLLBACK'));
}

# Returns the error of statements, as a code and what is said.
sub refused
{
	my (@statements) = @_;
	my ($status, $out, $error) = $node->psql('postgres', "\\set VERBOSITY verbose\n" . join ";\n", 'BEGIN', @statements, '');

	return $error =~ /ERROR:  (\w+): (.*)/ ? "$1 $2" : 'nothing';
}

# Returns the parts of a page that follow a section's heading, without tags.
sub section
{
	my ($page, $id) = @_;
	my ($found) = $page =~ m{<h2 id="$id">(.*?)</section>}s or return '';

	return $found =~ s{</(?:li|p|h\d|summary)>}{\n}gr =~ s/<[^>]*>//gr =~ s/\n+/\n/gr;
}

# ---------- texts ----------

is(value($node, q{SELECT string_agg(language || ' ' || n, ', ' ORDER BY language) FROM (SELECT language, count(*) = (SELECT count(*) FROM zz_slt_internal.known_texts) AS n FROM slt_page_texts GROUP BY 1) x}),
	'ar true, en true', 'all texts are there in Arabic and in English');
is(value($node, q{SELECT count(*) FROM slt_page_texts t JOIN slt_page_texts e ON e.language = 'en' AND e.name = t.name
	WHERE (SELECT array_agg(m ORDER BY m) FROM regexp_matches(t.text, '\{\w+\}', 'g') m) IS DISTINCT FROM (SELECT array_agg(m ORDER BY m) FROM regexp_matches(e.text, '\{\w+\}', 'g') m)
	AND t.name !~ '[.](one|two)$'}), '0', 'with the same places, but that one and two need no number');
for my $case (
	[ q{'en', 'nothing', 'x'}, '42704 text "nothing" of pages does not exist' ], [ q{'en', 'headline.down', '{name} is down'}, '22023 text "headline.down" of language "en" cannot be said' ],
	[ q{'de', 'days.today', ' '}, '22023 text "days.today" of language "de" cannot be said' ], [ q{'de', 'days.today', E'x\\x07'}, '22023 text "days.today" of language "de" cannot be said' ],
	[ q{'de', 'days.today', repeat('x', 1001)}, '22023 text "days.today" of language "de" cannot be said' ], [ q{'de', 'direction', 'up'}, '22023 text "direction" of language "de" cannot be said' ],
	[ q{'de', 'digits', '123'}, '22023 text "digits" of language "de" cannot be said' ], [ q{'de', 'digits', '012345678<'}, '22023 text "digits" of language "de" cannot be said' ],
	[ q{'"><script>', 'days.today', 'x'}, '23514 new row for relation "slt_page_texts" violates check constraint "slt_page_texts_language_is_a_tag"' ],
	[ q{'de', 'days.today', 'Heute'}, 'nothing' ], [ q{'de', 'headline.down', 'Ausgefallen: {names}'}, 'nothing' ], [ q{'de', '', 'x'}, '42704 text "" of pages does not exist' ])
{
	is(refused("INSERT INTO slt_page_texts (language, name, text) VALUES ($case->[0]) ON CONFLICT (language, name) DO UPDATE SET text = excluded.text"), $case->[1], "a text ($case->[0]): " . $case->[1]);
}
my @german = (q{INSERT INTO slt_page_texts (language, name, text) VALUES ('pt', 'section.past', 'Incidentes'), ('pt', 'days.today', 'Hoje'), ('pt-BR', 'days.today', 'Hoje mesmo')});
my $mixed = ask(q{slt_status_page(language => 'pt-BR')}, @german);
like($mixed, qr{<html lang="pt-BR" dir="ltr">.*Hoje mesmo.*<h2 id="maintenance">Maintenance</h2>.*<h2 id="past">Incidentes</h2>}s, 'what a language lacks is that of the language without its region, or English');
like(ask('slt_status_page()', q{DELETE FROM slt_page_texts WHERE name = 'days.today'}, q{UPDATE slt_page_texts SET text = 'What <was>' WHERE name = 'section.past' AND language = 'en'}),
	qr{<span>Today</span>.*<h2 id="past">What &lt;was&gt;</h2>}s, 'a text can be changed, and without any it is what is known');
like(ask('slt_status_page()', 'DELETE FROM slt_page_texts'), qr{<h2 id="now">The current state is not known</h2>}, 'even without all of them');
like(ask(q{slt_status_page(language => 'PT-br-x')}, @german), qr{<html lang="PT-br-x" dir="ltr">.*Hoje mesmo.*<h2 id="past">Incidentes</h2>}s, 'in capitals or not, of a region or of one of that');
is(refused(q{SELECT slt_status_page(language => 'tlh')}), '42704 there are no texts of language "tlh"', 'a language that nobody wrote is none');
like(ask(q{slt_status_page(language => 'ar')}), qr{<html lang="ar" dir="rtl">.*<h2 id="now">\x{627}\x{644}\x{62D}\x{627}\x{644}\x{629} \x{627}\x{644}\x{622}\x{646} \x{63A}\x{64A}\x{631} \x{645}\x{639}\x{631}\x{648}\x{641}\x{629}}s,
	'in Arabic it is from right to left');

my $hebrew = ask(q{slt_status_page(language => 'he')}, q{INSERT INTO slt_page_texts (language, name, text) VALUES ('he', 'direction', 'rtl'), ('he', 'section.past', 'Avar')});
like($hebrew, qr{<html lang="he" dir="rtl">.*<p class="eyebrow">&#8294;Service status&#8297;</p>.*<p class="note">&#8294;<bdi>Enterprise</bdi> plan, availability target &#8294;99%&#8297;&#8297;</p>.*<h2 id="past">Avar</h2>}s,
	'what such a language lacks is English that goes from left to right, with the names in it');
unlike(ask(q{slt_status_page(language => 'ar')}), qr/&#829/, 'Arabic lacks nothing');

# a dump keeps changes, additions and removals
$node->safe_psql('postgres', 'CREATE DATABASE edited');
$node->safe_psql('edited', q{CREATE EXTENSION slt; UPDATE slt_page_texts SET text = 'Hoy' WHERE name = 'days.today'; DELETE FROM slt_page_texts WHERE name = 'section.past';
	INSERT INTO slt_page_texts (language, name, text) VALUES ('de', 'days.today', 'Heute'); INSERT INTO slt_page_settings (service, language, accent) VALUES ('Platform', 'ar', '#123456')});
PostgreSQL::Test::Utils::system_or_bail('pg_dump', '-f', "$ENV{SLT_WORK}/tmp/edited.sql", $node->connstr('edited'));
$node->safe_psql('postgres', 'CREATE DATABASE restored');
PostgreSQL::Test::Utils::system_or_bail('psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', "$ENV{SLT_WORK}/tmp/edited.sql", $node->connstr('restored'));
my $all = q{SELECT md5(string_agg(t::text, E'\n' ORDER BY t.language, t.name)), count(*), (SELECT string_agg(s::text, '') FROM slt_page_settings s) FROM slt_page_texts t};
is($node->safe_psql('restored', $all), $node->safe_psql('edited', $all), 'a dump and restore keeps texts and settings as they are, edits, additions and removals');

# ---------- settings ----------

my $png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
my %refuses = (
	accent => [ 'red', '#fff', '#12345g', '#123456;}', "#123456\n", '' ], header => [ 'url(x)', 'rgb(1,2,3)', '#1234567' ], language => [ 'en"', 'x', 'en us' ],
	logo => [ 'javascript:alert(1)', 'http://example.com/x.png', 'data:text/html;base64,PHA+', 'data:image/svg+xml,<svg onload=alert(1)>', 'data:image/png;base64,a"b', '//x/y.png', 'https://example.com', "https://x/\"onerror=", 'https://x y/z', 'https://x;y/z', "https://x/a'b",
		'data:image/png;base64,' . 'A' x 200000 ],
	page_address => [ 'javascript:alert(1)', '//evil.example', 'data:text/html,x', "x\"y", 'a b', "\tjavascript:x", 'JaVaScRiPt:x', 'https://u@h/', '' ],
	month_address => [ 'status.html', 'javascript:{month}', '//evil/{month}', 'x{month}"', '{other}' ]);
my %takes = (
	accent => [ '#000000', '#FFffFF', '#e46e78' ], header => ['#714b67'], language => [ 'en', 'ar', 'pt-BR' ],
	logo => [ "data:image/png;base64,$png", 'data:image/svg+xml;base64,PHN2Zy8+', 'https://cdn.example.com:8443/a/logo.png?v=2' ],
	page_address => [ '/', 'status.html', 'https://status.example.com', 'https://status.example.com/x?y=z&a=b', '?page=now', '/status' ], month_address => [ 'status-{month}.html', '/status/{month}', '?month={month}', 'https://status.example.com/{month}/' ]);
for my $column (sort keys %refuses)
{
	like(refused("INSERT INTO slt_page_settings (service, $column) VALUES ('Platform', '" . ($_ =~ s/'/''/gr) . "')"), qr/^23514 .*slt_page_settings_${column}_is_/, "$column is not " . substr($_, 0, 40)) for @{ $refuses{$column} };
	is(refused("INSERT INTO slt_page_settings (service, $column) VALUES ('Platform', '$_')"), 'nothing', "$column can be " . substr $_, 0, 40) for @{ $takes{$column} };
}
is(value($node, q{SELECT count(*) FROM (SELECT setseed(0.5)) s, LATERAL (SELECT '#' || lpad(to_hex((random() * 16777215)::int), 6, '0') AS c FROM generate_series(1, 500)) x
	WHERE zz_slt_internal.contrast(zz_slt_internal.readable_colour(c, '#f5f6f8'), '#f5f6f8') < 4.5 OR zz_slt_internal.contrast(zz_slt_internal.readable_colour(c, '#181c20'), '#181c20') < 4.5
	OR greatest(zz_slt_internal.contrast(c, '#ffffff'), zz_slt_internal.contrast(c, '#000000')) < 4.5}), '0', 'links in any colour can be read on light and dark ground, and a name on a header of any');
is(value($node, q{SELECT round(zz_slt_internal.contrast('#ffffff', '#000000')::numeric, 3), round(zz_slt_internal.contrast('#777777', '#ffffff')::numeric, 2), zz_slt_internal.readable_colour('#1a56b8', '#f5f6f8')}),
	'21.000|4.48|#1a56b8', 'contrast is that of WCAG, and what can be read stays as it is');
my $with_logo = ask('slt_status_page()', q{INSERT INTO slt_page_settings (service, logo) VALUES ('Platform', 'https://cdn.example.com/logo.png?a=1&b=2')});
like($with_logo, qr{img-src data: https://cdn\.example\.com; .*<img src="https://cdn\.example\.com/logo\.png\?a=1&amp;b=2" alt="">}s, 'a logo from elsewhere is allowed by the policy of the page, and no other host is');
is(() = $with_logo =~ m{https?://}g, 2, 'nor named');
like(ask('slt_status_page()', q{INSERT INTO slt_page_settings (service, language) VALUES ('Platform', 'ar')}), qr{<html lang="ar" dir="rtl">}, 'the language is that of the settings');
like(ask(q{slt_status_page(language => 'en')}, q{INSERT INTO slt_page_settings (service, language) VALUES ('Platform', 'ar')}), qr{<html lang="en" dir="ltr">}, 'unless another one is asked for');

# ---------- incidents ----------

$node->safe_psql('postgres', PostgreSQL::Test::Utils::slurp_file(source_file('test/html/demo.sql')));
my $page = ask('slt_status_page()');
is(($page =~ m{<h2 id="now">(.*?)</h2>})[0] =~ s/<[^>]*>//gr, 'Chatbot is down. Customer messages is degraded. Webhooks is in maintenance', 'the headline names all that is not well, the most severe first');
my $now = section($page, 'going-on');
like($now, qr{^Going on now\nMessages are delivered late\nDown\n.*\nChatbot: from .*\nCustomer messages: from .*\nMonitoring .*\nThe queue moves again\. .*\nIdentified .*\n.*\nInvestigating .*\n.*\nPlanned work: Webhooks\nMaintenance\nsince .*, expected until .*\nWebhooks get a new address\.\n}s,
	'what goes on is at the top: the incident with its outages and updates, the latest first, then maintenance');
like($page, qr{id="now".*id="going-on".*id="availability"}s, 'before anything else');
is(() = $page =~ m{Messages are delivered late}g, 1, 'an incident of two experiences is there once');
my $past = section($page, 'past');
like($past, qr{Signing in failed for everyone\nDown\n.*\nAPI: .*Excused, so that it does not count: The customer had turned it off\nSite: .*\nTickets: .*\nResolved .*\nA new certificate is in place\.\n.*Post-mortem\nA certificate ran out at noon\..*\nMore about it}s,
	'one that is over has its outages, what is excused, updates, post-mortem and link');
like($page, qr{<a href="https://status\.example\.com/postmortems/7" rel="noopener noreferrer nofollow">More about it</a>}, 'which is one');
unlike(section($page, 'maintenance'), qr/new address/, 'maintenance that goes on is not announced once more');
like(section($page, 'maintenance'), qr/larger database server/, 'what is to come is');
my $headline = sub { (ask('slt_status_page()', @_) =~ m{<h2 id="now">(.*?)</h2>})[0] =~ s/<[^>]*>//gr };
my $restored = 'UPDATE slt_outages SET during = tstzrange(lower(during), now()) WHERE incident = 1';
is($headline->($restored), 'Messages are delivered late. Webhooks is in maintenance', 'an incident that goes on is in the headline, also when nothing of it is down any more');
is($headline->($restored, q{UPDATE slt_incidents SET impact = 'minor' WHERE id = 1}, q{INSERT INTO slt_outages (service, experience, during) VALUES ('Helpdesk Cloud', 'Site', tstzrange(now() - interval '1 day', NULL))},
	q{INSERT INTO slt_incidents (id, service, title, impact) VALUES (7, 'Helpdesk Cloud', 'Mail is lost <b>', 'critical'), (8, 'Helpdesk Cloud', 'A new disk', 'maintenance'), (9, 'Helpdesk Cloud', 'Nothing much', 'none')},
	q{INSERT INTO slt_incident_updates (incident, at, status, text) SELECT i, now() - interval '1 hour', CASE i WHEN 8 THEN 'in progress' ELSE 'identified' END, 'x' FROM generate_series(7, 9) i}),
	'Site is down. Mail is lost &lt;b&gt;. Messages are delivered late. Webhooks is in maintenance. A new disk', 'by its severity, and one without outages, too; not one without impact');
is($headline->(q{INSERT INTO slt_incidents (id, service, title, impact) SELECT i, 'Helpdesk Cloud', 'Trouble ' || i, 'critical' FROM generate_series(11, 20) i},
	q{INSERT INTO slt_incident_updates (incident, at, status, text) SELECT i, now() - interval '1 hour', 'identified', 'x' FROM generate_series(11, 20) i}) =~ tr/.//, 5, 'three of those of a severity at most');
my @worst_first = ask('slt_status_page()', q{INSERT INTO slt_outages (service, experience, during, weight) VALUES ('Helpdesk Cloud', 'Search', tstzrange(now() - interval '1 minute', NULL), 0.1), ('Helpdesk Cloud', 'Site', tstzrange(now() - interval '1 day', NULL), 1)})
	=~ m{<li class="card incident going (\w+)"}g;
is("@worst_first", 'down down degraded maintenance', 'what goes on is in order of severity');

# planned work is an incident, too
my @planned = (q{DELETE FROM slt_maintenance}, q{DELETE FROM slt_incidents WHERE id = 3}, q{INSERT INTO slt_incidents (id, service, title, impact) VALUES (7, 'Helpdesk Cloud', 'A new disk', 'maintenance'), (8, 'Helpdesk Cloud', 'Moving house', 'maintenance')},
	q{INSERT INTO slt_incident_updates (incident, at, status, text) VALUES (7, now() - interval '1 hour', 'scheduled', 'It gets a new disk.'), (8, now() - interval '1 hour', 'scheduled', 'Some day.')},
	q{INSERT INTO slt_maintenance (service, experience, during, reason, incident) SELECT 'Helpdesk Cloud', e, tstzrange(now() + interval '1 day', now() + interval '26 hours'), 'Disk', 7 FROM unnest('{Site,Search}'::text[]) e},
	q{INSERT INTO slt_outages (service, experience, during, planned, note) VALUES ('Helpdesk Cloud', 'API', tstzrange(now() + interval '2 days', now() + interval '50 hours'), true, 'A new cable.')});
my $to_come = ask('slt_status_page()', @planned);
like(section($to_come, 'maintenance'), qr{^Maintenance\nA new disk\n.*, 2 h\nAffects Search and Site\nScheduled .*\nIt gets a new disk\.\n.*Planned work: API\n.*, 2 h\nA new cable\.\n.*Moving house\nScheduled .*\nSome day\.\n\z}s,
	'it is announced once, with what it affects and its updates, as are planned outages; what has no time comes last, without one');
is(() = $to_come =~ m{A new disk</bdi>}g, 1, 'once');
is($headline->(@planned), 'Chatbot is down. Customer messages is degraded', 'and is nothing of now');
$to_come = ask('slt_status_page()', @planned, q{UPDATE slt_maintenance SET during = tstzrange(now() - interval '1 hour', now() + interval '1 hour')}, q{INSERT INTO slt_incident_updates (incident, status, text) VALUES (7, 'in progress', 'We begin.')});
like(section($to_come, 'going-on'), qr{\nA new disk\nMaintenance\nsince .*, expected until .*\nAffects Search and Site\nIn progress .*\nWe begin\.\nScheduled .*\nIt gets a new disk\.\n}s, 'when it has begun it goes on, with the end that is expected');
unlike(section($to_come, 'maintenance'), qr/A new disk/, 'and is not announced any more');
is(refused(q{UPDATE slt_incidents SET link = 'javascript:alert(1)'}), '23514 new row for relation "slt_incidents" violates check constraint "slt_incidents_link_is_of_the_web"', 'a link of a script is refused');
my $script = ask('slt_status_page()', 'ALTER TABLE slt_incidents DROP CONSTRAINT slt_incidents_link_is_of_the_web', q{UPDATE slt_incidents SET link = E'\tjavascript:alert(1)'});
unlike($script, qr/javascript|More about it/, 'and is none where somebody took the constraint away');
like(section(ask('slt_status_page()', q{UPDATE slt_incidents SET impact = 'none' WHERE id = 1}), 'going-on'), qr/late\nOperational\n/, 'an incident without impact is no outage');
is(() = (ask('slt_status_page(most => 3)') =~ m{<h2 id="past">(.*)}s)[0] =~ m{<li class="card incident"}g, 2, 'so many incidents, one of which goes on, and no more');
like(ask('slt_status_page(most => 3)'), qr/There were more; these are the latest\./, 'which is said');
unlike(ask('slt_status_page(most => 0)'), qr/Signing in failed/, 'none if none is asked for');
is(() = ask('slt_status_page(days => 7)') =~ m{<li[^>]*><i>[^<]}g, 7 * 10, 'so many days');
unlike(section(ask('slt_status_page(days => 7)'), 'past'), qr/Signing in/, 'and the incidents of these');
is(refused("SELECT slt_status_page($_->[0])"), "22023 a status page of $_->[1] is not possible", "not of $_->[1]")
  for [ 'days => 0', '0 days and 50 incidents' ], [ 'days => 3661', '3661 days and 50 incidents' ], [ 'most => -1', '90 days and -1 incidents' ];

# ---------- groups ----------

is_deeply([ map { s{</?bdi>}{}gr } $page =~ m{<details class="group"( open)?><summary><h4>(.*?)</h4><span class="state (\w+)">}g ], [ ' open', 'Messages', 'down', undef, 'Reading', 'operational', ' open', 'Integrations', 'maintenance' ],
	'groups open, those that have trouble are, and each says the worst of what is in it');
like($page, qr{<h3>Covered by the target</h3>.*<bdi>Site</bdi>.*<bdi>Messages</bdi></h4>.*<h5><bdi>Chatbot</bdi></h5>.*<h3>Recorded, but not counted</h3>.*<bdi>Integrations</bdi>.*<h5><bdi>API</bdi></h5>}s, 'a heading below that of the group for each experience');
is(refused(q{UPDATE slt_experiences SET group_name = ' '}), '23514 new row for relation "slt_experiences" violates check constraint "slt_experiences_group_name_is_a_name"', 'a group has a name');

# ---------- months ----------

my $month = value($node, q{SELECT to_char(date_trunc('month', now() AT TIME ZONE 'Africa/Cairo') - interval '1 month', 'YYYY-MM')});
my $days = value($node, "SELECT extract(day FROM date '$month-01' + interval '1 month' - interval '1 day')");
my $of_month = ask("slt_status_page(month => '$month-17')");
is(ask("slt_status_page(month => '$month-17') = slt_status_page(month => '$month-01')"), 't', 'the page of a month is that of any day of it');
is(() = $of_month =~ m{<li[^>]*><i>[^<]}g, $days * 10, 'it has the days of the month');
my ($name, $before, $after) = map { value($node, "SELECT to_char(date '$month-01' + interval '$_ month', 'FMMonth YYYY')") } 0, -1, 1;
like($of_month, qr{<title>Helpdesk Cloud: Availability in $name</title>.*<nav .*Previous month: <a href="status-\d{4}-\d\d\.html">$before</a>.*<a href="status\.html">Current status</a>.*Next month: <a href="status-\d{4}-\d\d\.html">$after</a>}s, 'says which it is, and leads to those beside it');
unlike($of_month, qr{id="now"|id="going-on"|Messages are delivered late}, 'and nothing of now');
unlike(ask('slt_status_page(month => now()::date)'), qr{Next month}, 'there is no month after this one');
is(value($node, qq{SELECT substring(slt_status_page(month => '$month-01') FROM '<data value="([0-9.]+)"')::numeric =
	slt_availability(tstzrange(date '$month-01' AT TIME ZONE 'Africa/Cairo', (date '$month-01' + interval '1 month') AT TIME ZONE 'Africa/Cairo'))}), 't', 'its figure is that of slt_availability()');
is(value($node, qq{SELECT count(*) FROM slt_status_incidents(days => 365, most => 10000) WHERE during && tstzrange(date '$month-01' AT TIME ZONE 'Africa/Cairo', (date '$month-01' + interval '1 month') AT TIME ZONE 'Africa/Cairo')}),
	scalar(() = $of_month =~ m{<li class="card incident"}g), 'its incidents are those that went on in it');
like($page, qr{<th scope="col"><a href="status-$month\.html">$name</a></th>}, 'the table of months on the status page leads there');
unlike(ask('slt_status_page()', 'DELETE FROM slt_page_settings'), qr{<a href="status}, 'unless nobody said where it is');
my $single = ask('slt_status_page(days => 1, most => 0)');
unlike($single, qr{\b1 days|\{n\}}, 'a single day is no "1 days"');
like($single, qr{<h2 id="days">Today</h2>}, 'but today');
is(value($node, q{SELECT count(DISTINCT slt_status_page(month => (date_trunc('month', now() AT TIME ZONE time_zone) + n * interval '1 month' - n * interval '1 day')::date)::text) FROM slt_services, generate_series(0, 1) n}),
	1, 'the last day of this month is a date of it as the first one is');
is(refused(q{SELECT slt_status_page(month => (now() + interval '32 days')::date)}), '22023 a history of this month is not possible', 'a month to come has no page');
is(refused("SELECT slt_status_page(month => '$_')"), '22023 a history of this month is not possible', "nor has $_") for '1969-12-31', 'infinity', '-infinity', '0044-03-15 BC';
like(ask(q{slt_status_page(month => '1970-01-31')}), qr{<h2 id="availability">Availability in January 1970</h2>.*unknown}s, 'nothing is known of long ago');

# ---------- size ----------

for my $case ([ 29, 250 ], [ 92, 700 ])
{
	my ($n, $most) = @$case;
	my @setup = ('DELETE FROM slt_outages; DELETE FROM slt_incidents; DELETE FROM slt_maintenance; DELETE FROM slt_services', q{INSERT INTO slt_services (name) VALUES ('Big')},
		"INSERT INTO slt_experiences (service, name, recorded) SELECT 'Big', 'Experience number ' || n, 'by hand' FROM generate_series(1, $n) n",
		"INSERT INTO slt_outages (service, experience, during, weight, note) SELECT 'Big', 'Experience number ' || n, tstzrange(now() - d * interval '1 day', now() - d * interval '1 day' + (3600 + n * 37) * interval '1 s'), CASE n % 3 WHEN 0 THEN 0.3 ELSE 1 END, 'A disk was full.'
			FROM generate_series(1, $n) n, generate_series(0, 90) d");
	my $size = ask('octet_length(slt_status_page())', @setup);

	cmp_ok($size, '<', $most * 1000, "$n experiences, each down on each of 90 days: $size bytes");
	$size = ask(q{octet_length(slt_status_page(language => 'ar'))}, @setup);
	cmp_ok($size, '<', $most * 1500, "in Arabic, whose letters and digits take two bytes: $size");
	$size = ask(q{octet_length(slt_status_page(language => 'ar'))}, @setup, q{DELETE FROM slt_outages WHERE CAST(extract(epoch FROM now() - lower(during)) AS int) / 86400 % 5 <> 0});
	cmp_ok($size, '<', $most * 1000, "each down on one day of five, in Arabic: $size");
	$size = ask('octet_length(slt_status_page())', @setup, q{UPDATE slt_experiences SET name = name || repeat(' and something more', 3), group_name = 'Group ' || length(name)});
	cmp_ok($size, '<', $most * 1000, "with long names, in groups: $size");
}

# ---------- who sees it ----------

$node->safe_psql('postgres', 'CREATE ROLE visitor LOGIN');
my ($status, $seen, $error) = $node->psql('postgres', q{SELECT length(slt_status_page(language => 'ar')) > 10000; SELECT length(slt_status_page(month => (now() - interval '1 month')::date)) > 10000; SELECT 1 FROM slt_page_texts},
	extra_params => [ '-U', 'visitor' ]);
is($seen, "t\nt", 'a role without any privilege gets the pages');
like($error, qr/permission denied for table slt_page_texts/, 'though not the tables');

done_testing();
