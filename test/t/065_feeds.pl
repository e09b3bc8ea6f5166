# The feeds, each read by a library of its own: JSON by a schema, Atom by feedparser and RELAX NG, iCalendar by icalendar,
# SVG by librsvg; with hostile texts in each field, in databases of several encodings, and with much to tell.
use strict;
use warnings;

use Encode ();
use JSON::PP ();
use SltTest;
use Test::More;
use Time::HiRes 'time';

my $node = new_server('feeds');
my $folder = "$ENV{SLT_WORK}/tmp/feeds";
mkdir $folder;
my $url = 'https://status.example.com/x?a=1&b="2"';

# Makes a literal of a text, of any characters.
sub literal
{
	my ($text) = @_;

	return "E'" . Encode::encode('utf8', $text) =~ s/([\\'])/\\$1/gr =~ s/([\x01-\x1f\x7f])/sprintf '\\x%02x', ord $1/ger . "'";
}

# Writes what a feed gives into a file; returns its name.
sub feed
{
	my ($call, %options) = @_;
	my $file = "$folder/" . ($options{file} // $call =~ s/\W+/_/gr =~ s/(.{60}).*/$1/r);
	my $text = $node->safe_psql($options{database} // 'postgres', "SET client_encoding = 'UTF8'; " . ($options{before} // '') . "SELECT $call");

	unlink $file;
	PostgreSQL::Test::Utils::append_to_file($file, $text =~ /END:VCALENDAR/ ? $text =~ s/\r*\n/\r\n/gr . "\r\n" : "$text\n");
	return $file;
}

# Runs a program; returns what it writes.
sub run_program
{
	my (@command) = @_;
	my ($out, $error) = ('', '');

	IPC::Run::run(\@command, '<', \undef, '>', \$out, '2>', \$error);
	return $out . $error;
}

# Runs lines of Python, if it has a module, over a file; what they print is JSON.
sub python
{
	my ($code, @arguments) = @_;

	return JSON::PP::decode_json(run_program('python3', '-c', "import sys, json\n$code", @arguments));
}

# Tells whether there is a module of Python.
sub has_module { return system("python3 -c 'import $_[0]' 2>/dev/null") == 0 }

my %has = map { $_ => has_module($_) } qw(jsonschema feedparser icalendar);
my ($xmllint, $rsvg) = map { my $name = $_; (grep { -x } map { "$_/$name" } split /:/, $ENV{PATH})[0] } qw(xmllint rsvg-convert);

# ---------- what reads each of them ----------

# Returns what is wrong with a file of JSON by the schema.
sub json_faults
{
	my ($file) = @_;

	return $has{jsonschema} ? join "\n", @{ python('import jsonschema
print(json.dumps([str(list(e.absolute_path)) + " " + e.message for e in jsonschema.Draft7Validator(json.load(open(sys.argv[2]))).iter_errors(json.load(open(sys.argv[1])))]))',
			$file, source_file('test/data/statuspage.json')) } : '';
}

# Returns what is wrong with a file of Atom.
sub atom_faults
{
	my ($file) = @_;

	return $xmllint ? run_program($xmllint, '--noout', '--nonet', '--relaxng', source_file('test/data/atom.rng'), $file) =~ s/^\Q$file\E validates\n//mr : '';
}

# Returns what is wrong with a file of iCalendar.
sub ics_faults
{
	my ($file) = @_;
	my $text = PostgreSQL::Test::Utils::slurp_file($file);
	my @faults = map { 'longer than 75 octets: ' . substr $_, 0, 30 } grep { length > 75 } split /\r\n/, $text;

	push @faults, 'a calendar with nothing in it' if $text !~ /^BEGIN:V(?:EVENT|TIMEZONE)\r$/m;
	push @faults, 'a line that does not end as lines do' if $text =~ /[^\r]\n|\r[^\n]/;
	push @faults, map { "not UTF-8: $_" } grep { !utf8::decode(my $copy = $_) } split /\r\n/, $text;
	return join "\n", @faults, $has{icalendar} ? @{ python('import icalendar
c = icalendar.Calendar.from_ical(open(sys.argv[1], "rb").read())
e = c.walk("VEVENT")
uids = [str(x["UID"]) for x in e]
print(json.dumps(["%s lacks %s" % (x["UID"], k) for x in e for k in ("UID", "DTSTAMP", "DTSTART", "SUMMARY") if k not in x] + (["a UID twice"] if len(set(uids)) < len(uids) else [])
	+ ["ends before it starts" for x in e if "DTEND" in x and x["DTEND"].dt <= x["DTSTART"].dt] + [str(x.errors) for x in c.walk() if x.errors]))', $file) } : ();
}

# Returns what is wrong with a file of SVG.
sub svg_faults
{
	my ($file) = @_;
	my $faults = $xmllint ? run_program($xmllint, '--noout', '--nonet', $file) : '';

	$faults .= run_program($rsvg, '-o', "$file.png", $file) if $rsvg;
	$faults .= 'no picture' if $rsvg && !-s "$file.png";
	return $faults;
}

my %faults = ('application/json' => \&json_faults, 'application/atom+xml' => \&atom_faults, 'text/calendar' => \&ics_faults, 'image/svg+xml' => \&svg_faults);
my %type = (slt_summary_json => 'application/json', slt_incidents_json => 'application/json', slt_incidents_atom => 'application/atom+xml', slt_maintenance_ics => 'text/calendar',
	slt_badge_svg => 'image/svg+xml');
my @feeds = sort keys %type;

# Checks that each feed of a service is as its reader wants it; returns the files by the functions' names.
sub check_feeds
{
	my ($what, $service, %options) = @_;
	my %file;

	for my $feed (@feeds)
	{
		my $arguments = join ', ', defined $service ? $service : 'NULL', $feed eq 'slt_badge_svg' ? () : $options{url} // ();

		$file{$feed} = feed("$feed($arguments)", %options, file => $what =~ s/\W+/_/gr . "_$feed");
		is($faults{ $type{$feed} }->($file{$feed}), '', "$feed of $what is valid");
	}
	return %file;
}

diag('not there: ' . join ', ', (map { "python3-$_" } grep { !$has{$_} } sort keys %has), $xmllint ? () : 'xmllint', $rsvg ? () : 'rsvg-convert') if grep { !$_ } values %has, $xmllint, $rsvg;

# ---------- types, rights, errors ----------

is(value($node, 'SELECT concat_ws(chr(32), ' . join(', ', map { "pg_typeof($_())" } @feeds) . ')'), join(' ', map { qq{"$type{$_}"} } @feeds), 'each has its media type');
check_feeds('what is shipped', undef);
for my $feed (@feeds)
{
	my (undef, undef, $error) = $node->psql('postgres', "\\set VERBOSITY verbose\nSELECT $feed('nobody')");
	like($error, qr/42704: service "nobody" does not exist/, "$feed of an unknown service");
	next if $feed eq 'slt_badge_svg';
	for my $wrong ('javascript:alert(1)', 'https://x y', "https://x\n", 'ftp://x', "https://\xc3\xa9", 'https://' . 'x' x 3000)
	{
		(undef, undef, $error) = $node->psql('postgres', "\\set VERBOSITY verbose\nSELECT $feed('platform', " . literal(Encode::decode('UTF-8', $wrong)) . ')');
		like($error, qr/22023: invalid address/, "$feed does not take " . substr $wrong =~ s/\n/\\n/r, 0, 20);
	}
}

# ---------- nothing to tell ----------

$node->safe_psql('postgres', q{DELETE FROM slt_services; INSERT INTO slt_services (name, target) VALUES ('Empty', 99); CREATE ROLE reader});
is(value($node, q{SELECT zz_slt_internal.ics_text(E'a\\\\n b\n;,')}), q{a\\\\n b\n\;\,}, 'text for iCalendar is escaped');  # icalendar reads this one wrong
my %empty = check_feeds('a service without experiences', "'empty'", before => 'SET ROLE reader; ');
my $summary = JSON::PP::decode_json(PostgreSQL::Test::Utils::slurp_file($empty{slt_summary_json}));
is_deeply([ map { [ @$_{qw(name status)} ] } @{ $summary->{components} } ], [ [ 'Empty', 'degraded_performance' ] ], 'it is a component, of which nothing is known, and nobody says that it is well');
is_deeply($summary->{status}, { indicator => 'minor', description => 'Current State Not Known' }, 'as the status says');
is_deeply([ $summary->{incidents}, $summary->{scheduled_maintenances} ], [ [], [] ], 'there are no incidents');
like(PostgreSQL::Test::Utils::slurp_file($empty{slt_badge_svg}), qr{<title id="t">Empty: unknown</title>}, 'the badge says unknown');
$node->safe_psql('postgres', q{INSERT INTO slt_experiences (service, name) VALUES ('Empty', 'Unwatched')});
is(JSON::PP::decode_json(value($node, 'SELECT slt_summary_json()'))->{components}[0]{status}, 'degraded_performance', 'nor of one that nobody watches');
$node->safe_psql('postgres', q{UPDATE slt_experiences SET recorded = 'by hand'});
is_deeply(JSON::PP::decode_json(value($node, 'SELECT slt_summary_json()'))->{status}, { indicator => 'none', description => 'All Systems Operational' }, 'if somebody does, all is well');

# ---------- hostile texts ----------

# what comes in, and what must come out
my @hostile = (
	[ qq{<script>alert("1")</script> & &amp; ]]> <![CDATA[ --> 'q'}, undef ],
	[ "tab\there; semi,comma \\ back\\slash", undef ],
	[ "line one\r\nline two\rline three", "line one\nline two\nline three" ],
	[ "bell\x07 escape\x1b[31m null\x01 vt\x0b ff\x0c del\x7f c1\x{85}\x{9b} nonchar\x{FFFE}\x{FFFF}", 'bell escape[31m null vt ff del c1 nonchar' ],
	[ "\x{202E}evil\x{202C} \x{2066}x\x{2069}", 'evil x' ],
	[ "\x{62E}\x{62F}\x{645}\x{629} \x{1F600} \x{4E2D}\x{6587} " . "\x{4E2D}\x{6587}\x{1F600}\x{E9}" x 60, undef ],
	[ 'x' x 400, undef ],
	[ "END:VEVENT\nEND:VCALENDAR\nBEGIN:VEVENT", undef ],
	[ '%s %1$s {{ x }} ${y} $(z) \\u0041', undef ]);
my $n = 0;
for my $case (@hostile)
{
	my ($in, $out) = @$case;
	my $literal = literal($in);
	my $name = literal($in =~ s/\n|\r/ /gr =~ s/^\s+|\s+$//gr);

	$out //= $in;
	$n++;
	$node->safe_psql('postgres', <<"SQL");
DELETE FROM slt_outages; DELETE FROM slt_maintenance; DELETE FROM slt_incidents; DELETE FROM slt_services;
INSERT INTO slt_services (name, plan, target, time_zone, maintenance_window, note) VALUES ($name, $literal, 99, 'Africa/Cairo', 'Africa/Cairo Su 18:00-24:00', $literal);
INSERT INTO slt_experiences (service, name, recorded, description) VALUES ($name, $name, 'by hand', $literal);
INSERT INTO slt_incidents (service, title, impact, post_mortem, link) VALUES ($name, $literal, 'major', $literal, 'https://example.com/?<"&'';,\\'), ($name, $literal, 'maintenance', NULL, NULL);
INSERT INTO slt_incident_updates (incident, at, status, text) SELECT id, now() - interval '2 hours', CASE impact WHEN 'maintenance' THEN 'scheduled' ELSE 'identified' END, $literal FROM slt_incidents;
INSERT INTO slt_outages (service, experience, during, incident, note) SELECT $name, $name, tstzrange(now() - interval '3 hours', NULL), id, $literal FROM slt_incidents WHERE impact = 'major';
INSERT INTO slt_outages (service, during, note) VALUES ($name, tstzrange(now() - interval '2 days', now() - interval '1 day'), $literal);
INSERT INTO slt_maintenance (service, during, reason, announced_at) VALUES ($name, tstzrange(now() + interval '1 day', now() + interval '2 days'), $literal, now());
INSERT INTO slt_maintenance (service, during, incident) SELECT $name, tstzrange(now() + interval '3 days', now() + interval '3 days 0.5 seconds'), id FROM slt_incidents WHERE impact = 'maintenance';
SQL
	my %file = check_feeds("hostile text $n", undef, url => literal($url));
	my $json = JSON::PP::decode_json(PostgreSQL::Test::Utils::slurp_file($file{slt_summary_json}));

	is_deeply([ $json->{incidents}[0]{name}, $json->{incidents}[0]{incident_updates}[0]{body}, $json->{incidents}[0]{postmortem_body} ], [ ($out) x 3 ], 'JSON has it as it is');
	is(scalar @{ $json->{scheduled_maintenances} }, 2, 'and planned work');
	if ($has{feedparser})
	{
		my $atom = python('import feedparser
d = feedparser.parse(sys.argv[1])
print(json.dumps([d.bozo, d.feed.title, [[e.title, e.link, e.content[0].value] for e in d.entries]]))', $file{slt_incidents_atom});
		is($atom->[0], 0, 'feedparser has nothing to complain of');
		my ($entry) = grep { $_->[1] =~ /example\.com\/\?</ } @{ $atom->[2] };
		is($entry->[0] =~ s/\s+/ /gr, $out =~ s/\s+/ /gr, 'the title is it') if $out !~ /[<&]/;
		unlike($entry->[2], qr/<script|<img|onerror/i, 'nothing in it runs');
	}
	if ($has{icalendar})
	{
		my $events = python('import icalendar
print(json.dumps([[str(e["SUMMARY"]), str(e.get("DESCRIPTION", "")), e["DTSTART"].dt.timestamp(), e["DTEND"].dt.timestamp()] for e in icalendar.Calendar.from_ical(open(sys.argv[1], "rb").read()).walk("VEVENT")]))',
			$file{slt_maintenance_ics});
		is(scalar(grep { $_->[0] eq $out } @$events), 1, 'iCalendar has the title as it is');
		is(scalar(grep { $_->[1] eq $out } @$events), 2, 'and what was told');
		cmp_ok(scalar @$events, '>=', 2 + 56, 'planned work, and the window for a year');
	}
}

# ---------- one history in all of them ----------

$node->safe_psql('postgres', <<'SQL');
DELETE FROM slt_outages; DELETE FROM slt_maintenance; DELETE FROM slt_incidents; DELETE FROM slt_services;
INSERT INTO slt_services (name, target, time_zone, since) VALUES ('Cloud', 99, 'Africa/Cairo', '2024-01-01Z');
INSERT INTO slt_experiences (service, name, covered, recorded) VALUES ('Cloud', 'Site', true, 'by hand'), ('Cloud', 'Chat', true, 'by hand'), ('Cloud', 'Mobile', false, 'by hand'), ('Cloud', 'Unwatched', false, NULL);
ALTER TABLE slt_incidents ALTER id RESTART; ALTER TABLE slt_outages ALTER id RESTART;
INSERT INTO slt_incidents (service, title, impact, link, post_mortem) VALUES ('Cloud', 'Over', 'critical', 'https://example.com/1', 'We learned'), ('Cloud', 'Goes on', 'minor', NULL, NULL),
	('Cloud', 'To come', 'maintenance', NULL, NULL), ('Cloud', 'Goes on, planned', 'maintenance', NULL, NULL), ('Cloud', 'Only told', 'none', NULL, NULL), ('Cloud', 'Was planned', 'maintenance', NULL, NULL);
INSERT INTO slt_incident_updates (incident, at, status, text) VALUES
	(1, '2025-05-01 10:05Z', 'investigating', 'We look'), (1, '2025-05-01 10:30Z', NULL, 'Still'), (1, '2025-05-01 11:00Z', 'monitoring', 'Better'), (1, '2025-05-01 12:00Z', 'resolved', 'Well'),
	(2, now() - interval '1 hour', 'identified', 'Found'), (3, now() - interval '1 day', 'scheduled', 'Shall be'), (4, now() - interval '5 minutes', 'in progress', 'Begun'),
	(5, now() - interval '3 hours', 'monitoring', 'Nobody noticed'), (5, now() - interval '2 hours', 'resolved', 'Nobody'), (6, '2025-04-01Z', 'completed', 'Done');
INSERT INTO slt_outages (service, experience, during, planned, weight, incident, note) VALUES
	('Cloud', 'Site', '[2025-05-01 10:00Z,2025-05-01 11:30Z)', false, 1, 1, NULL), ('Cloud', 'Chat', '[2025-05-01 10:10Z,2025-05-01 11:00Z)', false, 0.5, 1, NULL),
	('Cloud', 'Chat', tstzrange(now() - interval '70 minutes', NULL), false, 0.5, 2, NULL), ('Cloud', NULL, '[2025-03-01 10:00Z,2025-03-01 11:00Z)', false, 1, NULL, 'All of it'),
	('Cloud', 'Mobile', tstzrange(now() - interval '6 minutes', now() + interval '1 hour'), true, 1, 4, NULL);
INSERT INTO slt_maintenance (service, experience, during, incident, reason, announced_at) VALUES ('Cloud', 'Site', tstzrange(now() + interval '2 days', now() + interval '50 hours'), 3, NULL, NULL),
	('Cloud', NULL, tstzrange(now() + interval '9 days', NULL), NULL, 'Racks', now() - interval '1 hour'), ('Cloud', NULL, '[2025-06-01Z,2025-06-02Z)', NULL, 'Over', NULL);
SQL
my %file = check_feeds('a history', "'cloud'", before => 'SET ROLE reader; ', url => "'https://status.example.com/'");
$summary = JSON::PP::decode_json(PostgreSQL::Test::Utils::slurp_file($file{slt_summary_json}));
is_deeply({ map { $_->{name} => $_->{status} } @{ $summary->{components} } },
	{ Site => 'operational', Chat => 'partial_outage', Mobile => 'under_maintenance', Unwatched => 'degraded_performance' }, 'components have the words of Statuspage');
is($summary->{page}{url}, 'https://status.example.com', 'the page has its address');
is_deeply($summary->{status}, { indicator => 'minor', description => 'Minor Service Outage' }, 'what counts is as bad as its worst');
is_deeply([ map { [ $_->{name}, $_->{status}, $_->{impact}, [ map { $_->{name} } @{ $_->{components} } ] ] } @{ $summary->{incidents} } ], [ [ 'Goes on', 'identified', 'minor', ['Chat'] ] ], 'one incident goes on');
is_deeply([ map { [ $_->{name}, $_->{status}, scalar @{ $_->{components} } ] } @{ $summary->{scheduled_maintenances} } ],
	[ [ 'Goes on, planned', 'in_progress', 1 ], [ 'To come', 'scheduled', 1 ], [ 'Maintenance of Cloud', 'scheduled', 4 ] ], 'planned work, the next first');
my $incidents = JSON::PP::decode_json(PostgreSQL::Test::Utils::slurp_file($file{slt_incidents_json}))->{incidents};
is_deeply([ map { $_->{name} } @$incidents ], [ 'Goes on', 'Only told', 'Over', 'Outage of Cloud' ], 'incidents, without planned work');
my ($over) = grep { $_->{name} eq 'Over' } @$incidents;
is_deeply([ map { "$_->{status} $_->{body} $_->{display_at}" } @{ $over->{incident_updates} } ],
	[ 'resolved Well 2025-05-01T12:00:00.000Z', 'monitoring Better 2025-05-01T11:00:00.000Z', 'investigating Still 2025-05-01T10:30:00.000Z', 'investigating We look 2025-05-01T10:05:00.000Z' ],
	'updates, the latest first; one without a status leaves it as it was');
is_deeply([ @$over{qw(status impact started_at created_at monitoring_at resolved_at updated_at shortlink postmortem_body)} ],
	[ 'resolved', 'critical', '2025-05-01T10:00:00.000Z', '2025-05-01T10:00:00.000Z', '2025-05-01T11:00:00.000Z', '2025-05-01T12:00:00.000Z', '2025-05-01T12:00:00.000Z', 'https://example.com/1', 'We learned' ],
	'and what Statuspage says of an incident');
is_deeply([ map { "$_->{status} $_->{body}" } @{ (grep { $_->{name} eq 'Outage of Cloud' } @$incidents)[0]{incident_updates} } ], [ 'resolved ', 'investigating All of it' ],
	'an outage that nobody wrote of begins and ends');
SKIP:
{
	skip 'feedparser is not there (package python3-feedparser)', 3 unless $has{feedparser};
	my $atom = python('import feedparser
d = feedparser.parse(sys.argv[1])
print(json.dumps([d.bozo, d.feed.title, d.feed.link, d.feed.updated, [[e.title, e.published, e.updated, e.id] for e in d.entries]]))', $file{slt_incidents_atom});
	is_deeply([ 0 + $atom->[0], @$atom[ 1, 2 ] ], [ 0, 'Cloud: incidents', 'https://status.example.com/' ], 'feedparser reads the feed');
	is_deeply([ map { $_->[0] } @{ $atom->[4] } ], [ 'Goes on, planned', 'Goes on', 'Only told', 'Over', 'Was planned', 'Outage of Cloud' ], 'its entries, what changed last first');
	is_deeply([ map { "$_->[1] $_->[2]" } @{ $atom->[4] }[3, 5] ], [ '2025-05-01T10:00:00.000Z 2025-05-01T12:00:00.000Z', '2025-03-01T10:00:00.000Z 2025-03-01T11:00:00.000Z' ], 'with when they began and changed');
	is($atom->[3], $atom->[4][0][2], 'the feed changed when its latest entry did');
}
my %ids = map { $_ => [ PostgreSQL::Test::Utils::slurp_file($file{$_}) =~ /([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/g ] } @feeds;
is_deeply([ sort { $a cmp $b } grep { $_ ne $ids{slt_incidents_atom}[0] } keys %{ { map { $_ => 1 } grep { my $x = $_; grep { $_ eq $x } @{ $ids{slt_incidents_json} } } @{ $ids{slt_incidents_atom} } } } ],
	[ sort map { $_->{id} } @$incidents ], 'an incident has one id in all of them');
$node->safe_psql('postgres', q{UPDATE slt_services SET name = 'Clouds'; UPDATE slt_incidents SET title = 'Really over' WHERE id = 1;
	INSERT INTO slt_incident_updates (incident, at, status, text) VALUES (1, '2025-05-01 10:01Z', 'investigating', 'What was that?')});
my %later = check_feeds('the history, when it was renamed', "'clouds'", url => "'https://status.example.com'");
for my $feed (grep { $_ ne 'slt_badge_svg' } @feeds)
{
	my $text = PostgreSQL::Test::Utils::slurp_file($later{$feed});

	is(scalar(grep { index($text, $_) < 0 && $feed ne 'slt_summary_json' } @{ $ids{$feed} }), 0, "ids of $feed stay, whatever is renamed, or told later");
}
is(value($node, q{SELECT slt_maintenance_ics('clouds') = slt_maintenance_ics('clouds'), slt_incidents_atom('clouds') = slt_incidents_atom('clouds')}), 't|t', 'what did not change is the same');

my ($before, $after) = map { JSON::PP::decode_json($_)->{page}{updated_at} } value($node, q{BEGIN; SELECT slt_summary_json(); UPDATE slt_outages SET during = tstzrange(lower(during), now()) WHERE upper_inf(during);
	INSERT INTO slt_incident_updates (incident, status, text) VALUES (2, 'resolved', 'Over'); SELECT slt_summary_json(); ROLLBACK}) =~ /^(\{.*\})$/mg;
ok($after gt $before, 'the page changed when an incident was over');

like(value($node, q{BEGIN; UPDATE slt_outages SET excused = 'A test & <no more>' WHERE incident = 1; SELECT slt_incidents_atom(); ROLLBACK}),
	qr{We learned&lt;/p&gt;&lt;p&gt;Does not count: A test &amp;amp; &amp;lt;no more&amp;gt;&lt;/p&gt;}, 'downtime that is excused stays visible');

# what is worst says it
for my $case ([ q{('Clouds', 'Site', tstzrange(now() - interval '1 minute', NULL), 1)}, 'major', 'Partial System Outage', 'down' ], [ q{('Clouds', NULL, tstzrange(now() - interval '1 minute', NULL), 1)}, 'critical', 'Major Service Outage', 'down' ])
{
	my ($json, $svg) = map { JSON::PP::decode_json($_) } value($node, qq{BEGIN; INSERT INTO slt_outages (service, experience, during, weight) VALUES $case->[0]; SELECT slt_summary_json(); SELECT to_json(slt_badge_svg()::text); ROLLBACK}) =~ /^(\{.*\})\n(".*")$/m;

	is_deeply($json->{status}, { indicator => $case->[1], description => $case->[2] }, "the status is $case->[1]");
	like($svg, qr{<title id="t">Clouds: $case->[3]</title>}, 'and the badge says so');
}
is(value($node, q{SELECT slt_badge_svg('clouds', 'a label') ~ '<title id="t">a label: degraded</title>', slt_badge_svg('clouds', repeat('x', 5000)) ~ '>x{57}[.]{3}<', slt_badge_svg('clouds', '') ~ '<svg'}), 't|t|t', 'a badge has the label that it is given, if it is short');
is(svg_faults(feed("slt_badge_svg('clouds', '')")), '', 'or none');

# ---------- other encodings ----------

for my $encoding (qw(LATIN1 SQL_ASCII EUC_JP WIN1256))
{
	my $database = 'in_' . lc $encoding;
	my $text = { LATIN1 => "\xe9\xfc \x85<&>", SQL_ASCII => "\xe9\xff\xfe\xc3\xa9<&>", EUC_JP => "\xc6\xfc\xcb\xdc<&>", WIN1256 => "\xce\xcf\xe3\xc9<&>" }->{$encoding};
	my $literal = "E'" . ($text =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ger) . " ' || E'" . ($text =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ger) x 30 . q{'};

	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0 ENCODING '$encoding' LOCALE 'C'");
	$node->safe_psql($database, <<"SQL");
SET client_encoding = '$encoding';
CREATE EXTENSION slt;
DELETE FROM slt_services;
INSERT INTO slt_services (name, target) VALUES ($literal, 99);
INSERT INTO slt_incidents (service, title) SELECT name, $literal FROM slt_services;
INSERT INTO slt_incident_updates (incident, at, status, text) SELECT id, now(), 'identified', $literal FROM slt_incidents;
INSERT INTO slt_maintenance (service, during, reason) SELECT name, tstzrange(now() + interval '1 day', now() + interval '2 days'), $literal FROM slt_services;
SQL
	my %file = check_feeds("a database in $encoding", undef, database => $database);
	my $name = JSON::PP::decode_json(PostgreSQL::Test::Utils::slurp_file($file{slt_summary_json}))->{page}{name};
	like($name, $encoding eq 'SQL_ASCII' ? qr/^\?+<&> \?/ : qr/^\Q${\ substr Encode::decode({ LATIN1 => 'iso-8859-1', EUC_JP => 'euc-jp', WIN1256 => 'cp1256' }->{$encoding}, $text), 0, 2}\E/, "which has it in $encoding");
}

# ---------- another schema ----------

$node->safe_psql('postgres', 'CREATE DATABASE elsewhere');
$node->safe_psql('elsewhere', q{CREATE SCHEMA "my slt"; CREATE EXTENSION slt SCHEMA "my slt"; ALTER SCHEMA "my slt" RENAME TO "another 'slt'"; GRANT USAGE ON SCHEMA "another 'slt'" TO reader;
	INSERT INTO "another 'slt'".slt_maintenance (service, during) SELECT name, tstzrange(now() + interval '1 day', '20000-01-01') FROM "another 'slt'".slt_services});
for my $feed (@feeds)
{
	my $file = feed(qq{"another 'slt'".$feed()}, database => 'elsewhere', before => "SET ROLE reader; SET search_path = ''; ");

	is($faults{ $type{$feed} }->($file), '', "$feed works in a schema that was renamed, for a role that has nothing else");
}

# ---------- much to tell ----------

$node->safe_psql('postgres', <<'SQL');
INSERT INTO slt_outages (service, experience, during, note) SELECT 'Clouds', (ARRAY['Site', 'Chat', 'Mobile'])[1 + n % 3],
	tstzrange(now() - (100001 - n) * interval '20 minutes', now() - (100001 - n) * interval '20 minutes' + (1 + n % 60) * interval '1 minute'), repeat('note ', 20) FROM generate_series(1, 100000) n;
INSERT INTO slt_incidents (service, title) SELECT 'Clouds', 'Incident ' || n FROM generate_series(1, 500) n;
INSERT INTO slt_incident_updates (incident, at, status, text) SELECT i.id, now() - (600 - i.id) * interval '2 days' + u.n * interval '10 minutes', u.status, repeat('text ', 50)
FROM slt_incidents i, unnest('{investigating,identified,monitoring,resolved}'::text[]) WITH ORDINALITY u (status, n) WHERE i.title LIKE 'Incident %';
UPDATE slt_outages o SET incident = i.id FROM slt_incidents i WHERE i.title LIKE 'Incident %' AND o.id = 10 + i.id * 190;
INSERT INTO slt_maintenance (service, during, reason) SELECT 'Clouds', tstzrange(now() + n * interval '1 day', now() + n * interval '1 day 1 hour'), repeat('why, ', 50) FROM generate_series(1, 500) n;
VACUUM ANALYZE;
SQL
check_feeds('100,000 outages', "'clouds'");
for my $feed (@feeds)
{
	# time of the processor, as others may want it, too
	my (undef, $sizes, $statistics) = $node->psql('postgres', "SET log_statement_stats = on; SET client_min_messages = log;\n" . "SELECT length(($feed('clouds'))::text);\n" x 8);
	my ($best) = sort { $a <=> $b } grep { $_ > 0.2 } map { 1000 * $_ } map { /^!\s+([\d.]+) s user, ([\d.]+) s system/ ? $1 + $2 : () } split /\n/, $statistics;

	note("$feed with 100,000 outages: $best ms");
	cmp_ok($best, '<', 50, "$feed takes no time");
	cmp_ok(($sizes =~ /^(\d+)$/m)[0], '<', 500_000, 'and has a size');
}
done_testing();
