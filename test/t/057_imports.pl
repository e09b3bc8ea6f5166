# Incidents of elsewhere: what a page of Statuspage publishes, and the issues of Upptime.  The fixtures are made after the
# published formats.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use SltTest;
use Test::More;

my $node = new_server('imports', conf => "timezone = 'UTC'\n");
$node->safe_psql('postgres', q{INSERT INTO slt_services (name) VALUES ('Example'), ('Upptime');
	INSERT INTO slt_experiences (service, name) VALUES ('Example', 'Site'), ('Example', 'Chat'), ('Example', 'Tickets'), ('Upptime', 'Main site'), ('Upptime', 'Chat')});

# Imports a document, and says what came of it.
sub import
{
	my ($service, $document, $components) = @_;

	return value($node, sprintf q{SELECT result || coalesce(' ' || coalesce(title, source), '') || coalesce(' (' || detail || ')', '') FROM slt_import_incidents('%s', $json$%s$json$%s) ORDER BY result, title},
		$service, $document, $components ? ", '$components'" : '');
}

# The outages of a service: experience, from and to, weight, whether planned and excused, and of which incident.
sub outages
{
	return value($node, sprintf q{SELECT o.experience, to_char(lower(o.during), 'MM-DD HH24:MI'), to_char(upper(o.during), 'HH24:MI'), o.weight, o.planned, o.excused IS NOT NULL, i.title
		FROM slt_outages o LEFT JOIN slt_incidents i ON i.id = o.incident WHERE o.service = '%s' ORDER BY lower(o.during), 1}, $_[0]);
}

# ---------- Statuspage ----------

my $page = slurp_file(source_file('test/data/statuspage_incidents.json'));
is(import('example', $page), <<'EOT' =~ s/\n\z//r, 'Statuspage: each incident, and the component that there is no experience for');
added Database upgrade
added Elevated errors in chat and tickets (no experience for Knowledge base)
added Site down
added Something is odd
unknown component Knowledge base (incidents that have no outage of it: 1; name its experience in components, or null to leave it out)
EOT
# 10:00 to 10:50 a major outage of Chat, to 11:30 a partial one; Tickets slow meanwhile; the old incident has components, and says nothing of their times
my $outages = <<'EOT' =~ s/\n\z//r;
Chat|05-01 10:00|11:00|1|f|f|Site down
Site|05-01 10:00|11:00|1|f|f|Site down
Chat|03-01 10:00|10:50|1|f|f|Elevated errors in chat and tickets
Tickets|03-01 10:00|10:50|0.1|f|t|Elevated errors in chat and tickets
Chat|03-01 10:50|11:30|0.3|f|f|Elevated errors in chat and tickets
Tickets|03-02 22:05|23:00|1|t|f|Database upgrade
EOT
is(outages('Example'), $outages, 'the experiences of an incident have their own times, and are as bad as was said');
is(value($node, q{SELECT impact, status, post_mortem, link, jsonb_array_length(updates), array_to_string(experiences, ','), to_char(lower(during), 'DD HH24:MI'), to_char(upper(during), 'DD HH24:MI') FROM slt_status_incidents('Example', 3660) WHERE title ~ 'Elevated'}),
	'major|postmortem|A certificate had run out.|https://stspg.io/p31zjtct2jer|5|Chat,Tickets|01 10:00|01 11:30', 'an incident on several experiences is one, with its updates, post-mortem and link');
is(value($node, q{SELECT experience, during = '[2026-03-02 22:00Z,2026-03-02 23:30Z)', announced_at = '2026-02-20 10:00Z', reason FROM slt_maintenance}), 'Tickets|t|t|Database upgrade', 'planned work is planned, and was announced');
is(value($node, q{SELECT downtime, excluded FROM slt_availability_periods('{"[2026-03-01,2026-03-02)"}', 'Example', 'Tickets')}), '00:00:00|00:50:00', 'degraded performance is to be seen, and no downtime');
is(value($node, q{SELECT downtime FROM slt_availability_periods('{"[2026-03-01,2026-03-02)"}', 'Example', 'Chat')}), '01:02:00', 'a partial outage counts in part');    # 50 + 0.3 * 40 minutes
is(value($node, q{SELECT count(*) FROM slt_status_incidents('Example', 3660)}), '4', 'four incidents');
is(value($node, q{SET timezone = 'Asia/Kolkata'; SET datestyle = 'German'; SELECT count(*) FROM slt_status_incidents('Example', 3660) i, jsonb_array_elements(i.outages) o WHERE o->>'during' !~ '\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+05:30'}), '0', 'whose outages have their times in one form, whatever the session');
my $tables = q{SELECT md5(string_agg(x, ',' ORDER BY x)) FROM (SELECT t::text || t.xmin FROM slt_incidents t UNION ALL SELECT t::text || t.xmin FROM slt_incident_updates t UNION ALL SELECT t::text || t.xmin FROM slt_outages t UNION ALL SELECT t::text || t.xmin FROM slt_maintenance t) y (x)};
my $before = value($node, $tables);
like(import('Example', $page), qr/^unchanged Database upgrade\nunchanged Elevated.*\nunchanged Site down\nunchanged Something is odd\n/, 'again: nothing changes');
is(value($node, $tables), $before, 'not a row is touched');
# a review, and then the page says more
$node->safe_psql('postgres', q{SELECT slt_excuse(id, 'drill') FROM slt_outages WHERE experience = 'Chat' AND weight = 0.3; UPDATE slt_outages SET note = 'mine', weight = 0.5 WHERE experience = 'Site';
	INSERT INTO slt_incident_updates (incident, text) SELECT id, 'our own word' FROM slt_incidents WHERE title ~ 'odd'});
my $later = $page =~ s/"Site down"/"Site was down"/r =~ s/2019-05-01T11:00:00/2019-05-01T11:10:00/gr =~ s/"r3","name":"Something is odd","status":"investigating"/"r3","name":"Something is odd","status":"resolved"/r =~ s/Who knows\./Nobody knows./r;
like(import('Example', $later, '{"Knowledge base": null}'), qr/^changed Site was down\nchanged Something is odd\nunchanged Database upgrade\nunchanged Elevated errors in chat and tickets$/, 'what is different changes; a component can be left out on purpose');
is(value($node, q{SELECT to_char(upper(during), 'HH24:MI'), note, weight FROM slt_outages WHERE experience = 'Site'}), '11:10|mine|0.5', 'an outage keeps note and weight');
is(value($node, q{SELECT excused FROM slt_outages WHERE weight = 0.3}), 'drill', 'and its excuse');
is(value($node, q{SELECT string_agg(text, ', ' ORDER BY u.id) FROM slt_incident_updates u JOIN slt_incidents i ON i.id = u.incident WHERE title ~ 'odd'}), 'Nobody knows., our own word', 'an update is corrected, one of one\'s own stays');
import('Example', $page, '{"Knowledge base": "Site"}');
is(value($node, q{SELECT count(*) FROM slt_outages WHERE experience = 'Site' AND lower(during) > '2026-01-01'}), '1', 'when its experience is named, the outage comes');
is(value($node, q{SELECT count(*) FROM slt_events}), '0', 'history announces nothing');

# ---------- Upptime ----------

my $issues = slurp_file(source_file('test/data/upptime_issues.json'));
is(import('Upptime', $issues), <<'EOT' =~ s/\n\z//r, 'Upptime: issues that are incidents, work that is planned, and what is neither');
added Chat has degraded performance
added Main site is down
added Old shop is down (no experience for old-shop)
added Router exchange
left out Please add a logo (it has neither the label status nor maintenance)
unknown component old-shop (incidents that have no outage of it: 1; name its experience in components, or null to leave it out)
EOT
is(outages('Upptime'), "Main site|03-01 10:00|10:25|1|f|f|Main site is down\nChat|03-02 08:00|09:00|0.1|f|t|Chat has degraded performance", 'outages from the opening to the closing of the issue');
is(value($node, q{SELECT string_agg(coalesce(u.status, '-') || ' ' || to_char(u.at, 'HH24:MI'), ', ' ORDER BY u.at, u.id) FROM slt_incident_updates u JOIN slt_incidents i ON i.id = u.incident WHERE i.title ~ 'Main'}), 'investigating 10:00, - 10:05, resolved 10:25, resolved 10:25', 'comments are updates');
is(value($node, q{SELECT string_agg(experience || ' ' || (during = '[2026-03-05 01:00Z,2026-03-05 02:00Z)') || ' ' || (announced_at < lower(during)), ', ' ORDER BY experience) FROM slt_maintenance WHERE service = 'Upptime'}), 'Chat true true, Main site true true', 'work is planned for the sites that it names');
like(import('Upptime', $issues), qr/^left out.*\nunchanged.*\nunchanged.*\nunchanged.*\nunchanged.*\nunknown/, 'again: nothing changes');

# the sites of a repository are what is watched, since when, and how it was last seen
my $sites = q{[{"name": "Main site", "url": "https://example.org", "slug": "main-site", "status": "up", "uptime": "99.99%", "dailyMinutesDown": {"2026-03-01": 25}},
	{"name": "Old shop", "slug": "old-shop", "status": "degraded"}, {"name": "Docs", "slug": "docs", "status": "up"}]};
is(import('Upptime', $sites, '{"docs": null}') =~ s/on 20\S+ \S+,/on a day,/r, "added Old shop (it was degraded on a day, and no outage says so)\nleft out Docs\nunchanged Main site", 'summary.json has sites, which are experiences');
my $recorded = q{SELECT name, recorded, recorded_since, recorded_until FROM slt_experiences WHERE service = 'Upptime' AND name <> 'Chat' ORDER BY 1};
is(value($node, $recorded), "Main site|||\nOld shop|||", 'but says nothing of since when');
SKIP:
{
	skip 'there is no jq', 6 if system('jq --version >/dev/null 2>&1') != 0;
	my $folder = PostgreSQL::Test::Utils::tempdir();
	my $files = sub {
		my ($updated) = @_;

		PostgreSQL::Test::Utils::append_to_file("$folder/$_->[0].yml", "url: https://example.org/?a: \"b\\\nstatus: $_->[1]\ncode: 200\nresponseTime: 103\nlastUpdated: $updated\nstartTime: 2020-08-10T07:54:43.000Z\ngenerator: Upptime <https://github.com/upptime/upptime>\n")
			for [ 'main-site', 'up' ], [ 'old-shop', 'down' ];
		my ($command) = slurp_file(source_file('doc/availability.md')) =~ /\$ (jq -Rn '.*?') history\/\*\.yml/s or BAIL_OUT('the documentation has no command');
		my $json = `$command $folder/*.yml`;
		unlink glob "$folder/*.yml";
		return $json;
	};
	my $at_end = $files->('2026-03-04T17:39:40.629Z');

	is(import('Upptime', $at_end), "changed Main site\nchanged Old shop (it was down on 2026-03-04 17:39:40.629+00, and no outage says so)", 'the files of its history say since when, and how it was');
	is(value($node, $recorded), "Main site|by hand|2020-08-10 07:54:43+00|2026-03-04 17:39:40.629+00\nOld shop|by hand|2020-08-10 07:54:43+00|2026-03-04 17:39:40.629+00", 'that is what is known');
	is(value($node, q{SELECT unknown, downtime FROM slt_availability_periods('{"[2026-03-01,2026-03-02)"}', 'Upptime', 'Main site')}), '00:00:00|00:25:00', 'a day with an outage is known');
	is(import('Upptime', $at_end =~ s/"down"/"up"/r), "unchanged Main site\nunchanged Old shop", 'again: nothing changes');
	import('Upptime', $files->('2026-03-01T10:20:00Z') =~ s/2020-08-10/2019-08-10/gr);
	is(value($node, $recorded), "Main site|by hand|2019-08-10 07:54:43+00|2026-03-04 17:39:40.629+00\nOld shop|by hand|2019-08-10 07:54:43+00|2026-03-04 17:39:40.629+00", 'an older file makes it begin earlier, and end no earlier');
	$node->safe_psql('postgres', q{UPDATE slt_experiences SET recorded_since = NULL, recorded_until = NULL WHERE name = 'Main site'; UPDATE slt_experiences SET recorded = 'by checks' WHERE name = 'Old shop'});
	import('Upptime', $files->('2026-03-09T10:20:00Z'));
	is(value($node, $recorded), "Main site|by hand||\nOld shop|by checks|2019-08-10 07:54:43+00|2026-03-04 17:39:40.629+00", 'what somebody says otherwise stays');
}

# ---------- components and experiences ----------

$node->safe_psql('postgres', q{INSERT INTO slt_services (name) VALUES ('Names'); INSERT INTO slt_experiences (service, name) VALUES ('Names', 'Chat'), ('Names', 'US - Chat'), ('Names', 'Site')});

# An incident of Statuspage, of components that were as bad as is said from one hour of 1 March to another.
sub incident
{
	my ($id, @components) = @_;
	my @updates = map {
		sprintf('{"id": "%s%s", "status": "identified", "body": null, "display_at": "2026-03-01T%02d:00:00.000Z", "affected_components": [{"code": "x", "name": "%s", "old_status": "operational", "new_status": "%s"}]}', $id, $_->[2] . $_->[0], $_->[2], $_->[0], $_->[1]),
		  sprintf('{"id": "%s%s", "status": "monitoring", "body": null, "display_at": "2026-03-01T%02d:00:00.000Z", "affected_components": [{"code": "x", "name": "%s", "new_status": "operational"}]}', $id, $_->[3] . $_->[0], $_->[3], $_->[0])
	} @components;

	return sprintf '{"incidents": [{"id": "%s", "name": "%s", "impact": "major", "status": "resolved", "scheduled_for": null, "resolved_at": "2026-03-01T23:00:00Z", "incident_updates": [%s]}]}', $id, $id, join ',', @updates;
}

my $both = '{"API v1": "Site", "API v2": "Site"}';
my $two = incident('two', [ 'API v1', 'major_outage', 10, 11 ], [ 'API v2', 'partial_outage', 10, 12 ]);
is(import('Names', $two, $both), 'added two', 'two components may be one experience');
is(value($node, q{SELECT downtime FROM slt_availability_periods('{"[2026-03-01,2026-03-02)"}', 'Names', 'Site')}), '01:18:00', 'which is as bad as the worse of them');    # 60 + 0.3 * 60 minutes
is(import('Names', $two, $both), 'unchanged two', 'again: nothing changes');
is(import('Names', incident('two', [ 'API v1', 'major_outage', 10, 13 ], [ 'API v2', 'major_outage', 10, 12 ]), $both), 'changed two', 'what they say changes');
is(outages('Names'), "Site|03-01 10:00|12:00|0.3|f|f|two\nSite|03-01 10:00|13:00|1|f|f|two", 'and the outages with it, which keep their weight');
import('Names', incident('exact', [ 'US - Chat', 'major_outage', 1, 2 ], [ 'EU - Chat', 'major_outage', 3, 4 ]));
is(value($node, q{SELECT string_agg(experience, ', ' ORDER BY during) FROM slt_outages WHERE service = 'Names' AND lower(during) < '2026-03-01 10:00Z'}), 'US - Chat, Chat', 'the experience of the very name goes before that of what stands behind the group');
import('Names', '{"incidents": [{"id": "null", "name": "Null", "impact": "critical", "status": "resolved", "created_at": "2026-03-02T10:00:00Z", "resolved_at": "2026-03-02T11:00:00Z", "scheduled_for": null, "scheduled_until": null, "components": [{"name": "Site"}], "incident_updates": []}]}');
is(value($node, q{SELECT count(*) FROM slt_outages WHERE service = 'Names' AND during = '[2026-03-02 10:00Z,2026-03-02 11:00Z)'}), '1', 'an incident that was scheduled for null is not planned');

# ---------- what is none, and who may ----------

for ('{}', '[]x', '{"incidents": 1}', '[1]', '"x"', 'null', '{"components": []}')
{
	my (undef, undef, $error) = $node->psql('postgres', "SELECT * FROM slt_import_incidents('Example', \$json\$$_\$json\$)");
	like($error, qr/no list of incidents|invalid input syntax for type json/, "$_ is refused");
}
is(import('Example', '{"incidents": [{"id": "a"}, {"name": "b"}, {"id": "c", "name": " "}, 1, null, {"id": "d", "name": "D", "incident_updates": 1, "components": {}}]}') =~ s/ \(it has no id or no title\)//gr =~ s/\n/;/gr,
	'added D;left out  ;left out b;left out statuspage:a;left out;left out', 'incidents without id or title are left out, and said to be');
is(import('Example', '{"incidents": [{"id": "e", "name": "No time", "impact": "major", "components": [{"name": "Site"}]}, {"id": "f", "name": "Odd words", "impact": "dreadful", "status": "gone", "created_at": "2026-03-01", "incident_updates": [{"id": "z", "status": "unheard of", "body": "x", "created_at": "2026-03-01"}]},
	{"id": "g", "name": "Backwards", "scheduled_for": "2026-03-02", "scheduled_until": "2026-03-01"}]}'),
	"added Odd words\nleft out Backwards (a time is missing, or something ends before it begins)\nleft out No time (a time is missing, or something ends before it begins)", 'nor what has no times; words that nobody knows do not matter');
my $long = 'x' x 3000;
is(import('Example', qq({"incidents": [{"id": "h", "name": "No such time", "impact": "major", "created_at": "yesterday-ish", "components": [{"name": "Site"}]}, {"id": "i", "name": "A number", "impact": "major", "created_at": 12345, "components": [{"name": "Site"}]}, {"id": "j", "name": "Never", "impact": "major", "created_at": "infinity", "components": [{"name": "Site"}]},
	{"id": "k", "name": "$long"}, {"id": "l", "name": "Long link", "shortlink": "http://$long"},
	{"id": "m", "name": "Twice", "incident_updates": [{"id": "1", "body": "a", "created_at": "2026-03-01"}, {"id": "1", "body": "b", "created_at": "2026-03-02"}, {"body": "no id", "created_at": "2026-03-01"}, {"body": "nor here", "created_at": "2026-03-01"}]}]})) =~ s/ \(.*//gr =~ s/x{3000}/x/r,
	join("\n", 'added Long link', 'added Twice', 'left out A number', 'left out Never', 'left out No such time', 'left out x'), 'what cannot be read or kept is left out, and the others come');
is(value($node, q{SELECT string_agg(u.text, ', ' ORDER BY u.text) FROM slt_incident_updates u JOIN slt_incidents i ON i.id = u.incident WHERE i.title = 'Twice'}), 'b, no id, nor here', 'an update is one, with an id or without');
for my $wrong ('[]', '"Site"', '{"Site": ["Chat"]}', '{"Site": 1}')
{
	like(($node->psql('postgres', "\\set VERBOSITY verbose\nSELECT * FROM slt_import_incidents('Example', '[]', '$wrong')"))[2], qr/22023: components must be an object of names/, "$wrong are no components");
}
like(($node->psql('postgres', q{SELECT * FROM slt_import_incidents('Nope', '[]')}))[2], qr/service "Nope" does not exist/, 'an unknown service is refused');
$node->safe_psql('postgres', q{CREATE ROLE importer LOGIN; GRANT SELECT ON slt_experiences TO importer; GRANT SELECT, INSERT, UPDATE ON slt_incidents, slt_incident_updates, slt_outages, slt_maintenance TO importer;
	GRANT USAGE ON SEQUENCE slt_incidents_id_seq, slt_incident_updates_id_seq, slt_outages_id_seq, slt_maintenance_id_seq TO importer; CREATE ROLE nobody LOGIN});
my @as = map { ($node->psql('postgres', "SELECT count(*) FROM slt_import_incidents('Example', \$json\$$page\$json\$)", extra_params => [ '-U', $_ ])) } qw(importer nobody);
is($as[1], '5', 'whoever may write the tables imports');
like($as[5], qr/permission denied for table slt_/, 'others do not');
my $new_site = q{SELECT result FROM slt_import_incidents('Example', '[{"slug": "new-site", "status": "up", "startTime": "2026-01-01"}]')};
like(($node->psql('postgres', $new_site, extra_params => [ '-U', 'importer' ]))[2], qr/permission denied for table slt_experiences/, 'sites take rights on the experiences');
is(value($node, "GRANT INSERT, UPDATE ON slt_experiences TO importer; SET ROLE importer; $new_site"), 'added', 'and no more');

# ---------- as large as a real history ----------

# 300 incidents of three experiences each, five updates each
$node->safe_psql('postgres', q{INSERT INTO slt_services (name) VALUES ('Large'); INSERT INTO slt_experiences (service, name) SELECT 'Large', 'c' || i FROM generate_series(1, 9) i});
my $large = q{SELECT jsonb_build_object('incidents', (SELECT jsonb_agg(jsonb_build_object('id', 'i' || n, 'name', 'Incident ' || n, 'status', 'resolved', 'impact', 'major', 'resolved_at', at + interval '2 hours', 'created_at', at, 'incident_updates',
	(SELECT jsonb_agg(jsonb_build_object('id', 'u' || n || '.' || k, 'status', CASE k WHEN 4 THEN 'resolved' ELSE 'monitoring' END, 'body', 'text', 'display_at', at + k * interval '30 minutes', 'affected_components',
		(SELECT jsonb_agg(jsonb_build_object('name', 'c' || 1 + (n + c) % 9, 'new_status', CASE k WHEN 4 THEN 'operational' ELSE 'major_outage' END)) FROM generate_series(0, 2) c))) FROM generate_series(0, 4) k)))
	FROM generate_series(1, 300) n, LATERAL (SELECT timestamptz '2021-01-01' + n * interval '5 days' AS at) a))};
is(value($node, "SELECT result, count(*) FROM slt_import_incidents('Large', ($large)) GROUP BY 1"), 'added|300', 'five years of incidents');
is(value($node, q{SELECT (SELECT count(*) FROM slt_status_incidents('Large', 3660, 1000)), (SELECT count(*) FROM slt_outages WHERE service = 'Large'), (SELECT count(*) FROM slt_incident_updates WHERE source ~ '^u[0-9]')}), '300|900|1505', 'an incident on three experiences is one');
is(value($node, "SELECT result, count(*) FROM slt_import_incidents('Large', ($large)) GROUP BY 1"), 'unchanged|300', 'again they are those');

done_testing();
