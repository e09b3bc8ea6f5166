# The service level document: statement by statement what the published policy says, from the tables, as of an instant,
# with what changed, as HTML and as Markdown.
use strict;
use warnings;

use Chromium;
use Encode ();
use MIME::Base64 ();
use SltTest;
use Test::More;
use TicketTest;

my $node = new_server('policy_page');
my $pages = "$ENV{SLT_WORK}/tmp/policy";
mkdir $pages;
my $in = sub { return value_in($node, 'postgres', $_[0], role => $_[1]) };

# Writes a page into a file, and returns the file and its text.
sub page
{
	my ($name, $call, $before) = @_;
	my $file = "$pages/$name";

	$node->safe_psql('postgres', ($before // '') . ";\n\\o $file\nSELECT $call");
	return ($file, Encode::decode('UTF-8', PostgreSQL::Test::Utils::slurp_file($file)));
}

# The text of a page that people read; cells and items are apart by bars.
sub words
{
	my ($html) = @_;

	$html =~ s{<style>.*?</style>}{}gs;
	$html =~ s{</(?:td|th|li|p|h\d)>}{ | }g;
	$html =~ s{<[^>]*>}{}g;
	$html =~ s/&quot;/"/g;
	$html =~ s/&#39;/'/g;
	$html =~ s/&amp;/&/g;
	$html =~ s/\s+/ /g;
	return $html;
}

my ($file, $html) = page('page.html', 'slt_policy_page()');
my (undef, $markdown) = page('page.md', 'slt_policy_markdown()');
my $words = words($html);

# ---------- the published policy, statement by statement ----------

# what it says, and how the document says it; a bar parts cells
my @facts = (
	(map { my ($contract, $severity, $response, $resolution) = @$_; [ "$contract, $severity: $response, $resolution", qr{\Q$contract\E \| \Q$severity\E \| \Q$response\E \| \Q$resolution\E \|} ] }
		[ 'Standard', 'S1 Critical', '4 working hours', '2 working days' ], [ 'Standard', 'S2 Medium', '8 working hours', '3 working days' ], [ 'Standard', 'S3 Low', '2 working days', '5 working days' ],
		[ 'Priority', 'S1 Critical', '2 working hours', '8 working hours' ], [ 'Priority', 'S2 Medium', '4 working hours', '2 working days' ], [ 'Priority', 'S3 Low', '1 working day', '3 working days' ]),
	[ 'what S1 is', qr{S1 Critical: An error in a production environment that makes the product severely degraded, or significant aspects of it do not perform, with significant business impact\.} ],
	[ 'what S2 is', qr{S2 Medium: An error in a production environment where most business functions remain operational, or a system error with no specific impact on service\.} ],
	[ 'what S3 is', qr{S3 Low: Requests for information, billing, documentation\.} ],
	[ 'working hours', qr{Sunday to Friday 09:00-17:00, time zone Africa/Cairo, excluding public holidays of Egypt} ],
	[ 'of both contracts', qr{Counts for Priority and Standard\.} ],
	[ 'public holidays', qr{Date \| Holiday \| List \| Hours \|.* 7 Jan 20\d\d \| Coptic Christmas[^|]* \| Egypt \| closed \|} ],
	[ 'requests in scope', qr{Covered, with a deadline \|[- ]*Diagnosis \|?[- ]*Permanent solution \|?[- ]*Platform support \|?[- ]*Temporary workaround} ],
	[ 'requests out of scope', qr{no deadline is owed \|[- ]*Customization \|?[- ]*Implementation services \|?[- ]*Upgrade of services} ],
	[ 'channels that open a ticket', qr{A ticket is opened through: \|[- ]*Self-service support centre \|?[- ]*Support e-mail} ],
	[ 'the availability target and the downtime it allows', qr{Platform \| Enterprise \| 99% \| 3\.65 days \| 7\.31 hours \| 1\.68 hours \| 14\.40 minutes \|} ],
	[ 'in a year, a month, a week, a day', qr{Allowed downtime a year \| a month \| a week \| a day \|} ],
	[ 'where it holds', qr{Managed cloud instances only\.} ],
	(map { [ "a covered experience: $_->[0]", qr{experiences of Platform count: \|?.*\Q$_->[1]\E.*These experiences of Platform are recorded, and never count} ] }
		[ 'site', 'The site and the platform can be reached, with a browser.' ], [ 'messages as a customer', 'Sending and receiving messages as a customer, with a browser.' ],
		[ 'messages as an agent', 'Sending and receiving messages as an agent, with a browser.' ], [ 'chatbot', 'The chatbot replies within a minute. Limit: 1 min.' ], [ 'tickets', 'Viewing, creating and editing tickets, with a browser.' ]),
	(map { [ "recorded, and never counted: $_", qr{are recorded, and never count: \|?.*\Q$_\E.*Maintenance} ] } 'Integrations', 'API calls', 'Mobile'),
	[ 'the regular maintenance window', qr{regular maintenance every week, Sunday 18:00-24:00 in the time zone of the site's server \(Africa/Cairo\)\.} ],
	[ 'the aim of a week', qr{All downtime of a week in total is to stay under 30(?:&nbsp;| )min\.} ],
	[ 'no notice of a regular window, and one of anything outside', qr{No notice is sent for a regular window; for anything outside it the administrators are given notice\.} ],
	[ 'the status page', qr{A status page shows the real-time and the historical status\.} ],
	[ 'purpose', qr{Purpose and scope \|.*how quickly support answers and solves requests.*It says which availability is promised\.} ],
	[ 'the holidays of the year', qr{Public holidays of \d{4} \|} ]);
# Markdown, made alike
my $plain = $markdown =~ s/^\|(?: --- \|)+$//mgr =~ s/^#+ (.*)$/$1 |/mgr =~ s/^- (.*)$/$1 |/mgr =~ s/^([^|\n]+)$/$1 |/mgr =~ s/\\(.)/$1/gr =~ s/\|\n/|/gr =~ s/\s+/ /gr =~ s/\| \|/|/gr;
for my $fact (@facts)
{
	like($words, $fact->[1], "HTML: $fact->[0]");
	like($plain, $fact->[1], "Markdown: $fact->[0]");
}

# ---------- what is in a table is said from there ----------

# a change, what the document then says, and what it no longer does
my @changes = (
	[ q{UPDATE slt_targets SET amount = '3 working hours' WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'response'}, qr{Standard \| S1 Critical \| 3 working hours \|}, qr{Standard \| S1 Critical \| 4 working hours} ],
	[ q{UPDATE slt_targets SET attain = 97.5 WHERE contract = 'Priority' AND severity = 'S3' AND metric = 'response'}, qr{1 working day, in 97\.5% of cases} ],
	[ q{INSERT INTO slt_calendars (name, calendar) VALUES ('Always', 'UTC 24/7'); UPDATE slt_targets SET calendar = 'Always' WHERE contract = 'Priority' AND severity = 'S1' AND metric = 'response'},
		qr{2 working hours \(by Always\).*Always: Monday to Sunday 00:00-24:00, time zone UTC} ],
	[ q{UPDATE slt_targets SET during = '(,2030-01-01 00:00+02)' WHERE contract = 'Standard' AND severity = 'S3' AND metric = 'response'; INSERT INTO slt_targets (contract, severity, metric, amount, during) VALUES ('Standard', 'S3', 'response', '1 day', '[2030-01-01 00:00+02,)')},
		qr{2 working days; 1 working day from Tue 1 Jan 2030, 00:00 on \|} ],
	[ q{UPDATE slt_targets SET during = '(,2030-01-01 00:00+02)' WHERE contract = 'Standard' AND severity = 'S3' AND metric = 'response'; UPDATE slt_targets SET during = '[2029-01-01 00:00+02,2030-01-01 00:00+02)' WHERE contract = 'Standard' AND severity = 'S2' AND metric = 'response'},
		qr{8 working hours from Mon 1 Jan 2029, 00:00 to Tue 1 Jan 2030, 00:00 \|.*2 working days until Tue 1 Jan 2030, 00:00 \|} ],
	[ q{UPDATE slt_calendars SET calendar = 'Africa/Cairo Su-Th 08:00-16:00; Sa 10:00-12:00,13:00-14:30' WHERE name = 'Egypt'}, qr{Saturday 10:00-12:00, 13:00-14:30; Sunday to Thursday 08:00-16:00}, qr{09:00-17:00} ],
	[ q{UPDATE slt_severities SET definition = 'Something else.', label = 'Severe' WHERE code = 'S1'}, qr{S1 Severe: Something else\.}, qr{severely degraded} ],
	[ q{UPDATE slt_request_kinds SET in_scope = false WHERE name = 'Diagnosis'}, qr{no deadline is owed \|.*Diagnosis} ],
	[ q{UPDATE slt_channels SET address = 'help@example.com' WHERE name = 'Support e-mail'; INSERT INTO slt_channels VALUES ('Chat', false)}, qr{Support e-mail: help\@example\.com.*open no ticket: \| Chat} ],
	[ q{UPDATE slt_services SET target = 99.9, plan = 'Premium', weekly_downtime_aim = '45 min', maintenance_window = 'Europe/Berlin Sa 02:00-04:00'},
		qr{Platform \| Premium \| 99\.9% \| 8\.77 hours \| 43\.83 minutes \| 10\.08 minutes \| 1\.44 minutes \|.*every week, Saturday 02:00-04:00, time zone Europe/Berlin\. All downtime of a week in total is to stay under 45(?:&nbsp;| )min}, qr{3\.65 days} ],
	[ q{UPDATE slt_services SET maintenance_window = NULL}, qr{Platform: no regular maintenance\. All downtime.*The administrators are given notice of maintenance\.}, qr{regular window} ],
	[ q{UPDATE slt_services SET maintenance_window = 'Europe/Berlin Su[1] 02:00-04:00', excuse_announced = true}, qr{regular maintenance by the rule Europe/Berlin Su\[1\] 02:00-04:00\. All downtime.*announced before it began does not count}, qr{every week} ],
	[ q{UPDATE slt_services SET service_hours = 'Africa/Cairo Mo-Fr 08:00-20:00'}, qr{Platform \| Enterprise \| 99% \| \| \| \| \|.*Platform: promised Monday to Friday 08:00-20:00 in the time zone of the site's server \(Africa/Cairo\)\. Of these hours 1% may be downtime}, qr{3\.65 days} ],
	[ q{INSERT INTO slt_services (name, target) VALUES ('Second', 99.9); INSERT INTO slt_experiences (service, name, covered) VALUES ('Second', 'Reports', true), ('Second', 'Beta', false)},
		qr{Second \| \| 99\.9% \|.*experiences of Second count: \| Reports \| These experiences of Second are recorded, and never count: \| Beta \|.*Second: no regular maintenance} ],
	[ q{UPDATE slt_experiences SET covered = true, max_latency = '5 seconds' WHERE name = 'API'}, qr{count: \|.*API calls\. Recorded, and never counted\. Limit: 5(?:&nbsp;| )s\..*are recorded} ],
	[ q{UPDATE slt_metrics SET pausable = true WHERE name = 'response'}, qr{Response: Until somebody answers\. Its clock stands still while} ],
	[ q{INSERT INTO slt_holidays (list, day, name, hours) SELECT 'Egypt', (date_trunc('year', now()) + interval '1 month')::date, 'Half day', '09:00-12:00'}, qr{1 Feb 20\d\d \| Half day \| Egypt \| 09:00-12:00 \|} ],
	[ q{UPDATE slt_page_texts SET text = 'We promise.' WHERE language = 'en' AND name = 'policy.purpose.text'; UPDATE slt_page_texts SET text = '-' WHERE language = 'en' AND name IN ('policy.status.text', 'policy.purpose.availability')}, qr{We promise\. \|}, qr{real-time|how quickly| - \|} ],
	[ q{INSERT INTO slt_page_settings (service, page_address) VALUES ('Platform', 'https://status.example.com/')}, qr{Platform: https://status\.example\.com/} ],
	[ q{SELECT slt_remove_shipped_policy()}, qr{In force on.*Purpose and scope.*Definitions}, qr{S1|Egypt|Platform|Diagnosis|Points of contact|Date \| Holiday|Working hours|Hours are those|Response and resolution times|availability} ],
	[ q{DELETE FROM slt_holidays}, qr{Sunday to Friday}, qr{Public holidays of} ],
	[ q{DELETE FROM slt_targets WHERE contract = 'Priority'; DELETE FROM slt_contracts WHERE name = 'Priority'}, qr{Counts for Standard\.}, qr{Priority} ],
	[ q{UPDATE slt_severities SET definition = NULL WHERE code = 'S3'}, qr{\| S3 Low \|}, qr{S3 Low:} ],
	[ q{DELETE FROM slt_experiences; DELETE FROM slt_services}, qr{Working hours}, qr{Availability|Covered experiences|Maintenance|Status page|availability} ]);
for my $change (@changes)
{
	my ($statements, $then, $no_longer) = @$change;
	my (undef, $changed) = page('changed.html', 'slt_policy_page()', "BEGIN; $statements");

	like(words($changed), $then, "after $statements");
	unlike(words($changed), $no_longer, 'and not what it said before') if $no_longer;
}

# ---------- as of an instant, and what changed since another ----------

$node->safe_psql('postgres', q{CREATE TABLE moments AS SELECT 1 AS n, clock_timestamp() AS at; SELECT pg_sleep(0.02)});
$node->safe_psql('postgres', q{UPDATE slt_targets SET amount = '6 working hours' WHERE contract = 'Standard' AND severity = 'S2' AND metric = 'response';
	DELETE FROM slt_request_kinds WHERE name = 'Customization'; INSERT INTO slt_channels VALUES ('Telephone', true, '+20 2 | 1234')});
$node->safe_psql('postgres', q{SELECT pg_sleep(0.02); INSERT INTO moments SELECT 2, clock_timestamp(); SELECT pg_sleep(0.02); UPDATE slt_severities SET label = 'Minor' WHERE code = 'S3'; SET intervalstyle = iso_8601; UPDATE slt_services SET target = 98; UPDATE slt_experiences SET failures_to_open = 3});
my $as_of = sub { return "SELECT set_config('slt.as_of', at::text, false) FROM moments WHERE n = $_[0]" };
my $since = sub { return "(SELECT at FROM moments WHERE n = $_[0])" };
my $now = words((page('now.html', 'slt_policy_page()'))[1]);
like($now, qr{Standard \| S2 Medium \| 6 working hours}, 'now');
like($now, qr{Platform \| Enterprise \| 98% \|}, 'what was changed last');
unlike($now, qr{changed since}, 'with no changes if none are asked for');
my $then = words((page('then.html', 'slt_policy_page()', $as_of->(1)))[1]);
like($then, qr{Standard \| S2 Medium \| 8 working hours .*}, 'as it was: targets');
like($then, qr{Customization}, 'scope');
unlike($then, qr{Telephone|S3 Minor}, 'and not what came later');
like($then, qr{Platform \| Enterprise \| 99% \| 3\.65 days \|.*The chatbot replies}, 'availability and experiences');
is($in->(q{SET intervalstyle = iso_8601; SELECT count(*) FROM slt_policy_log WHERE in_table = 'slt_services' AND after->>'weekly_downtime_aim' <> '00:30:00'}), '0', 'which the log has in one style, whatever the session has');
like(words((page('last.html', 'slt_policy_page()', q{SET slt.as_of = 'infinity'}))[1]), qr{In force on \w+ \d.*Standard \| S2 Medium \| 6 working hours.*Hours are those of the week}, 'and at last it is what it is now');
is($in->('SET slt.as_of = \'2001-01-01\'; SELECT slt_policy_page()') =~ /ERROR:  22023: the policy as of .* is not known/ ? 1 : 0, 1, 'before the log nothing is known');
my $changed = words((page('changes.html', 'slt_policy_page(' . $since->(1) . ')'))[1]);
like($changed, qr{What changed since .*Service: changed \| name: Platform; availability: 99% became 98% \|.*Severity: changed \| code: S3; label: Low became Minor \|}, 'what changed, the latest first');
like($changed, qr{Target: changed \| contract: Standard; severity: S2; promise: Response; target: 8 working hours became 6 working hours \|}, 'a target by its key, with what is different');
like($changed, qr{Channel: added \| name: Telephone; address: \+20 2 \| 1234; opens tickets: yes \|}, 'what was added');
like($changed, qr{Kind of request: removed \| name: Customization; covered: no \|}, 'and removed');
unlike($changed, qr{Experience: |_}, 'what no customer is promised is left out, and nothing is called by the name of a column');
is($in->("SELECT count(*) FROM slt_policy_changes(" . $since->(1) . ") WHERE in_table = 'slt_experiences'"), '8', 'though slt_policy_changes() has it');
my $between = words((page('between.html', 'slt_policy_page(' . $since->(1) . ')', $as_of->(2)))[1]);
like($between, qr{Channel: added}, 'up to an instant: what changed before it');
unlike($between, qr{Severity: changed|Minor}, 'and not what changed later');
like(words((page('same.html', q{slt_policy_page(now() - interval '1 us')}, q{BEGIN; UPDATE slt_targets SET amount = '5 working hours' WHERE contract = 'Standard' AND severity = 'S2' AND metric = 'response'}))[1]),
	qr{S2 Medium \| 5 working hours.*target: 6 working hours became 5 working hours \|}, 'what the same transaction changed');
like(words((page('very.html', "slt_policy_page('-infinity')", q{SELECT set_config('slt.as_of', max(at)::text, false) FROM slt_policy_log WHERE in_table = 'slt_severities'}))[1]),
	qr{S3 Minor.*What changed from the beginning \|.*label: Low became Minor}, 'and what was changed at the instant that it is as of');
like(words((page('none.html', 'slt_policy_page(now())'))[1]), qr{Nothing changed\.}, 'or nothing');
like(words((page('all.html', "slt_policy_page(now())", q{BEGIN; INSERT INTO slt_channels SELECT 'Channel ' || i, false FROM generate_series(1, 120) i}))[1]), qr{And 20 more before these\.}, 'of very many changes the latest');
my $holidays = words((page('year.html', "slt_policy_page(now())", q{BEGIN; INSERT INTO slt_holiday_lists (name) VALUES ('Berlin'); INSERT INTO slt_holidays (list, day, name) SELECT 'Berlin', date '2040-01-01' + 10 * i, 'Day ' || i FROM generate_series(0, 9) i;
	UPDATE slt_severities SET label = 'Tiny' WHERE code = 'S3'; UPDATE slt_holidays SET confirmed = false WHERE list = 'Berlin'; INSERT INTO slt_holidays (list, day, name) VALUES ('Berlin', '2041-01-01', 'New Year')}))[1]);
like($holidays, qr{Holiday: added \| list: Berlin; date: Tue 1 Jan 2041; name: New Year; confirmed: yes \|.*Holiday: changed \| Berlin: 10 days, the first Sun 1 Jan 2040, the last Sat 31 Mar 2040; confirmed: yes became no \|.*label: Minor became Tiny.*Holiday: added \| Berlin: 10 days, the first Sun 1 Jan 2040, the last Sat 31 Mar 2040 \|.*List of holidays: added \| name: Berlin},
	'a year of holidays is one thing that happened, whose days the table of the year has');
like(words((page('columns.html', "slt_policy_page(now())", q{BEGIN; UPDATE slt_calendars SET calendar = 'Africa/Cairo 24/7' WHERE name = 'Egypt'; UPDATE slt_metrics SET pausable = true WHERE name = 'response'; UPDATE slt_targets SET attain = 95, during = '[2020-01-01 00:00+02,2030-01-01 00:00+02)' WHERE severity = 'S1' AND contract = 'Standard' AND metric = 'response';
	UPDATE slt_targets SET during = '[2020-01-01 00:00+02,)' WHERE severity = 'S2' AND contract = 'Standard' AND metric = 'response'; UPDATE slt_targets SET during = '(,2030-01-01 00:00+02)' WHERE severity = 'S3' AND contract = 'Standard' AND metric = 'response'; UPDATE slt_experiences SET max_latency = NULL WHERE name = 'Chatbot'}))[1]),
	qr{name: Chatbot; limit: 1(?:&nbsp;| )min became - \|.*in force: - became until Tue 1 Jan 2030, 00:00 \|.*in force: - became from Wed 1 Jan 2020, 00:00 on \|.*in time: - became 95%; in force: - became Wed 1 Jan 2020, 00:00 to Tue 1 Jan 2030, 00:00 \|.*name: response; stands still while paused: no became yes \|.*name: Egypt; calendar: Africa/Cairo Su-Fr 09:00-17:00 became Africa/Cairo 24/7}, 'times, lengths, percentages and answers are in words');

# ---------- Markdown ----------

(undef, $markdown) = page('changes.md', 'slt_policy_markdown(' . $since->(1) . ')');
like($markdown, qr{\A# Service level targets\n\nIn force on }, 'Markdown has a title');
is(join("\n", grep { /^#/ } split /\n/, $markdown) =~ s/since .*//r =~ s/(holidays of) \d+$/$1/mr, join("\n", '# Service level targets', map({ "## $_" } 'Purpose and scope'), '### Covered, with a deadline', '### Not covered: no deadline is owed',
	map { /^#/ ? "##$_" : "## $_" } 'Points of contact', 'Response and resolution times', 'Definitions', 'Working hours', '# Public holidays of', 'Availability', 'Covered experiences', 'Maintenance', 'Status page', 'What changed '), 'and headings');
like($markdown, qr{\+20 2 \\\| 1234}, 'what would part cells does not');
my $cells = 0;
my @wrong = grep { my $n = () = /(?<!\\)\|/g; my $starts = /^\| (?!---)/ && $cells == 0; $cells = /^\|/ ? ($cells || $n) : 0; /^\|/ && $n != $cells } split /\n/, $markdown;
is(join("\n", @wrong), '', 'each row of a table has as many cells as its head');
unlike($markdown, qr{<[a-z]|&[a-z]+;|\{[a-z]+\}}, 'there is no HTML in it, nor a place that was not filled in');
is($in->('SELECT pg_typeof(slt_policy_markdown()), pg_typeof(slt_policy_page())'), '"text/markdown"|"text/html"', 'types say what they are');

# ---------- hostile texts ----------

my $evil = q{<script>x</script> | [a](javascript:x) *b* `c` \\ & "q" 'a' } . "\x{202e}";
my $e = Encode::encode('UTF-8', "'" . $evil =~ s/'/''/gr . "x'");
my $before = "BEGIN; UPDATE slt_severities SET label = $e, definition = $e WHERE code = 'S1'; INSERT INTO slt_channels VALUES ($e, true, $e); INSERT INTO slt_request_kinds VALUES ($e, true, $e); UPDATE slt_contracts SET name = $e WHERE name = 'Standard';
	UPDATE slt_services SET note = $e, plan = $e; UPDATE slt_experiences SET description = $e; UPDATE slt_holidays SET name = $e; UPDATE slt_metrics SET description = E'a\\nb\\n\\n# c'";
my ($evil_file, $evil_html) = page('evil.html', 'slt_policy_page()', $before);
unlike($evil_html, qr{<script|\x{202e}}, 'markup in the tables is text in HTML');
my (undef, $evil_markdown) = page('evil.md', 'slt_policy_markdown()', $before);
unlike($evil_markdown, qr{(?<!\\)<script|(?<!\\)\[a|(?<!\\)`c|(?<!\\)\*b|^# c|\x{202e}}m, 'and in Markdown');
like($evil_markdown, qr{\\<script\\>x\\</script\\> \\\| \\\[a\\\]\(javascript:x\) \\\*b\\\* \\`c\\` \\\\ \\& "q" 'a' x}, 'as it was written');

(undef, $evil_markdown) = page('lines.md', 'slt_policy_markdown()', q{BEGIN; INSERT INTO slt_request_kinds SELECT n, true FROM unnest('{"1. one","2) two","- three","+ four","---","=","10.5 hours","    code"}'::text[]) n WHERE n !~ '^ '; UPDATE slt_page_texts SET text = '1. We promise.' WHERE language = 'en' AND name = 'policy.purpose.text'});
like($evil_markdown, qr{^- 1\\\. one\n.*^- 2\\\) two\n}ms, 'a number with a dot is not the beginning of a list');
like($evil_markdown, qr{^- \Q$_\E$}m, 'nor is a sign') for '\\- three', '\\+ four', '\\---', '\\=';
like($evil_markdown, qr{^1\\\. We promise}m, 'nor in a paragraph');

# ---------- who may see it ----------

$node->safe_psql('postgres', 'CREATE ROLE nobody LOGIN; CREATE ROLE reader LOGIN; GRANT SELECT ON slt_calendars, slt_calendar_lists, slt_holidays, slt_contracts, slt_severities, slt_metrics, slt_targets, slt_request_kinds, slt_channels TO reader');
like($in->("SELECT $_", 'nobody'), qr/ERROR:  42501: permission denied for table slt_/, "$_ is for whoever may read the policy") for 'slt_policy_page()', 'slt_policy_markdown()';
like($in->('SELECT * FROM zz_slt_internal.policy_rows(NULL::slt_targets, now())', 'nobody'), qr/ERROR:  42501: permission denied for table slt_targets/, 'nor is the past for others');
is($in->('SELECT length(slt_policy_page()) > 3000', 'reader'), 't', 'who may, does');
like($in->(q{SET slt.as_of = 'now'; SELECT slt_policy_page()}, 'reader'), qr/ERROR:  42501: permission denied for table slt_services/, 'what services were promised is for whoever may read their table');
$node->safe_psql('postgres', 'GRANT SELECT ON slt_services, slt_experiences TO reader');
is($in->(q{SET slt.as_of = 'now'; SELECT length(slt_policy_page()) > 3000}, 'reader'), 't', 'as of an instant as well');
like($in->('SELECT slt_policy_page(now())', 'reader'), qr/ERROR:  42501: permission denied for (?:table slt_policy_log|view policy_log)/, 'changes are for whoever may read the log');
like($in->('SELECT * FROM zz_slt_internal.policy_rows(1, NULL)'), qr/ERROR:  42809: a row of a policy table is needed/, 'rows of no table');
like($in->('SELECT * FROM zz_slt_internal.policy_rows(NULL::pg_class, NULL)'), qr/ERROR:  42809: /, 'or of another one');
like($in->(q{SELECT slt_policy_page(language => 'xx')}), qr/ERROR:  42704: there are no texts of language "xx"/, 'a language without texts');

# ---------- Arabic; in a browser, and on paper ----------

my ($arabic_file, $arabic) = page('arabic.html', 'slt_policy_page(' . $since->(1) . ", 'ar')");
like($arabic, qr{<html lang="ar" dir="rtl">}, 'in Arabic it is written from right to left');
is(join(' ', (words($arabic =~ s{<title>.*?</title>|<bdi>.*?</bdi>|<code.*?</code>}{}gsr)) =~ /\b[A-Za-z]{2,}/g), '', 'with no word of English but what is in the tables');
like($arabic, qr{<td>\x{664} \x{633}\x{627}\x{639}\x{627}\x{62a} \x{639}\x{645}\x{644}</td><td>\x{64a}\x{648}\x{645}\x{627} \x{639}\x{645}\x{644}</td>}, 'numbers go with their nouns');

SKIP:
{
	skip 'no Chromium is installed (package chromium-headless-shell or chromium): the document is not tested in a browser', 1 unless Chromium::program();

	my $folder = "$ENV{SLT_WORK}/tmp/chromium-policy";
	mkdir $folder;
	my $browser = Chromium->start($folder);
	for my $page ([ $file, 'the document' ], [ $arabic_file, 'in Arabic' ], [ $evil_file, 'with hostile texts' ])
	{
		my @events = $browser->open_page("file://$page->[0]");

		is_deeply([ map { $_->{params}{request}{url} } grep { $_->{method} eq 'Network.requestWillBeSent' } @events ], ["file://$page->[0]"], "$page->[1]: it asks for nothing but itself");
		is_deeply([ map { JSON::PP->new->canonical->encode($_->{params}) } grep { $_->{method} =~ /^(?:Log\.entryAdded|Runtime\.consoleAPICalled|Runtime\.exceptionThrown)$/ } @events ], [], 'and nothing is written to the console');
		$browser->call('Emulation.setDeviceMetricsOverride', width => 360, height => 800, deviceScaleFactor => 1, mobile => JSON::PP::false);
		is($browser->evaluate('document.documentElement.scrollWidth <= innerWidth'), JSON::PP::true, 'it fits a telephone');
		$browser->call('Emulation.clearDeviceMetricsOverride');
		my $pdf = MIME::Base64::decode_base64($browser->call('Page.printToPDF', preferCSSPageSize => JSON::PP::true)->{data});
		my ($count) = $pdf =~ m{/Type\s*/Pages\s*/Count\s+(\d+)};
		$count //= () = $pdf =~ m{/Type\s*/Page\b}g;
		cmp_ok($count, '<=', 4, "it prints to $count pages");
	}
	$browser->stop;
}

done_testing();
