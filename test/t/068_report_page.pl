# The monthly report: its numbers, against other ways to the same; what it shows, to whom, in which language; and that a
# browser shows and prints it as it should.
use strict;
use warnings;

use Chromium;
use Encode ();
use MIME::Base64 ();
use SltTest;
use Test::More;
use TicketTest;

my $node = new_server('report_page');
my $pages = "$ENV{SLT_WORK}/tmp/report";
mkdir $pages;
my $in = sub { return value_in($node, 'postgres', $_[0], role => $_[1]) };

# Writes a page into a file, and returns the file and its text.
sub page
{
	my ($name, $call, %option) = @_;
	my $file = "$pages/$name.html";

	$node->safe_psql('postgres', ($option{before} // '') . "\n\\o $file\nSELECT $call", extra_params => [ $option{role} ? ('-U', $option{role}) : () ]);
	return ($file, Encode::decode('UTF-8', PostgreSQL::Test::Utils::slurp_file($file)));
}

# The text of a page that people read, without what is set apart as a name.
sub words
{
	my ($html) = @_;

	$html =~ s{<style>.*?</style>|<bdi>.*?</bdi>|<code.*?</code>}{}gs;
	$html =~ s{<[^>]*>}{ }g;
	return $html;
}

# ---------- tickets to report ----------

# a year of them, opened in working hours; some late, some waiting, some never done, some of no customer, some without a target
$node->safe_psql('postgres', <<'SQL');
UPDATE slt_targets SET attain = CASE metric WHEN 'response' THEN 95 ELSE 90 END;
UPDATE slt_experiences SET recorded = 'by hand';
INSERT INTO slt_outages (service, experience, during) VALUES ('Platform', 'Site', '[2026-10-14 10:00+03,2026-10-14 11:00+03)');
CREATE TABLE issues (id int PRIMARY KEY, customer text, opened timestamptz, severity text, contract text, responded timestamptz, resolved timestamptz, status text DEFAULT 'new');
SET client_min_messages = error;
SELECT slt_attach('issues', opened_at => 'opened', severity => 'severity', contract => 'contract', done_at => '{"response": "responded", "resolution": "resolved"}', status => 'status', paused_when => '{waiting}');
INSERT INTO issues (id, customer, opened, severity, contract, responded, resolved, status, slt_status_at, slt_status_became)
SELECT i, CASE WHEN i % 17 > 0 THEN 'Customer ' || chr(65 + i % 8) END, o.opened, CASE WHEN i % 97 = 0 THEN 'S9' ELSE 'S' || 1 + i % 3 END, (ARRAY['Standard', 'Priority'])[1 + i % 2],
	working_add(o.opened, make_working_interval(mins => i * 7919 % (CASE WHEN i % 13 = 0 THEN 1500 ELSE 130 END)), 'Egypt'),
	CASE WHEN i % 29 > 0 THEN working_add(o.opened, make_working_interval(mins => 150 + i * 104729 % (CASE WHEN i % 11 = 0 THEN 4000 ELSE 800 END)), 'Egypt') END, 'open',
	CASE WHEN i % 5 = 0 THEN ARRAY[o.opened, o.opened + '1 hour', o.opened + '3 hours'] END, CASE WHEN i % 5 = 0 THEN ARRAY['new', 'waiting', 'open'] END
FROM (SELECT i, next_working(timestamptz '2025-11-02 00:00+02' + (i * 7 + i % 13) * interval '1 hour', 'Egypt') AS opened FROM generate_series(1, 1230) i) o;
SQL
my $october = q{'[2026-10-01 00:00 Africa/Cairo,2026-11-01 00:00 Africa/Cairo)'::tstzrange};
my $rows = "zz_slt_internal.report_rows('issues', $october, 'Africa/Cairo', '2025-11-01', 'customer', NULL, 10)";

# ---------- its numbers ----------

my $figures = 'opened, met, met_late, breached, open, without_target, percent_met, attain, attained, median, percentile_90';
my $n = $in->("SELECT count(*) FROM $rows WHERE kind = 'terms'");
cmp_ok($n, '>=', 10, 'there are groups by contract and severity');
is($in->("SELECT count(*) FROM $rows WHERE kind = 'terms' AND contract IS NULL AND without_target > 0"), '2', 'and those whose codes mean nothing');
is($in->("SELECT contract, severity, metric, $figures FROM $rows WHERE kind = 'terms' ORDER BY 1, 2, 3"), $in->("SELECT contract, severity, metric, $figures FROM slt_report('issues', $october, 'year') ORDER BY 1, 2, 3"), 'which are those of slt_report()');
is($in->("SELECT month, metric, opened, met, met_late, breached, open FROM $rows WHERE kind = 'month' AND opened > 0 ORDER BY 1, 2"),
	$in->(q{SELECT (lower(period) AT TIME ZONE 'Africa/Cairo')::date, metric, sum(opened), sum(met), sum(met_late), sum(breached), sum(open)
		FROM slt_report('issues', '[2025-11-01 00:00 Africa/Cairo,2026-11-01 00:00 Africa/Cairo)', 'month') WHERE opened > 0 GROUP BY 1, 2 ORDER BY 1, 2}), 'months are those of slt_report(), over all terms');
is($in->("SELECT count(*), min(month), max(month) FROM $rows WHERE kind = 'month' AND metric = 'response'"), '12|2025-11-01|2026-10-01', 'twelve of them');
is($in->("SELECT min(month), count(DISTINCT month) FROM zz_slt_internal.report_rows('issues', $october, 'Africa/Cairo', '2026-08-01', NULL, NULL, 0) WHERE kind = 'month'"), '2026-08-01|3', 'from the one on that is asked for');
# counted by way of each ticket's clocks
my $clocks = "issues t, slt_clocks(t) c WHERE c.started <@ $october AND c.due IS NOT NULL";
my $counts = q{count(*), count(*) FILTER (WHERE c.state = 'met'), count(*) FILTER (WHERE c.state IN ('met late', 'breached')), slt_attainment(c.state), percentile_disc(0.5) WITHIN GROUP (ORDER BY c.elapsed) FILTER (WHERE c.done IS NOT NULL),
	percentile_disc(0.9) WITHIN GROUP (ORDER BY c.elapsed) FILTER (WHERE c.done IS NOT NULL), count(*) FILTER (WHERE c.paused IS NOT NULL AND c.elapsed < working_between(c.started, coalesce(c.done, now()), 'Egypt'))};
my $counted = 'opened, met, met_late + breached, percent_met, median, percentile_90, paused';
is($in->("SELECT metric, $counted FROM $rows WHERE kind = 'metric' ORDER BY 1"), $in->("SELECT c.metric, $counts FROM $clocks GROUP BY 1 ORDER BY 1"), 'by metric: what the clocks of the tickets come to');
is($in->("SELECT customer, metric, $counted FROM $rows WHERE kind = 'customer' AND opened > 0 ORDER BY 1, 2"), $in->("SELECT t.customer, c.metric, $counts FROM $clocks GROUP BY 1, 2 ORDER BY 1, 2"), 'by customer: the same');
is($in->("SELECT paused_for FROM $rows WHERE kind = 'metric' AND metric = 'resolution'"), $in->("SELECT sum(working_between(c.started, coalesce(c.done, now()), 'Egypt') - c.elapsed) FROM $clocks AND c.metric = 'resolution'"), 'and for how much working time they stood still');
is($in->("SELECT metric, attain FROM $rows WHERE kind = 'metric' ORDER BY 1"), "resolution|90\nresponse|95", 'what was promised of all of them was promised');
is($in->("UPDATE slt_targets SET attain = 99 WHERE contract = 'Priority' AND metric = 'response'; SELECT metric, attain FROM $rows WHERE kind = 'metric' ORDER BY 1; UPDATE slt_targets SET attain = 95 WHERE metric = 'response'"),
	"resolution|90\nresponse|", 'what was promised of some only was not promised of all');

# late ones: in one transaction, where now() stands still
is($in->("WITH r AS (SELECT row_number() OVER () AS n, x.* FROM $rows x WHERE kind = 'late'), l AS (SELECT t.id::text AS key, c.metric, c.started, c.due, c.done, working_between(c.due, coalesce(c.done, now()), 'Egypt') AS late_by FROM $clocks AND c.state IN ('met late', 'breached'))
	SELECT count(*), bool_and(r.late_by = l.late_by AND r.started = l.started AND r.due = l.due AND r.done IS NOT DISTINCT FROM l.done), min(r.late_by) = (SELECT x.late_by FROM l x ORDER BY 1 DESC OFFSET 9 LIMIT 1), array_agg(r.late_by ORDER BY r.n) = array_agg(r.late_by ORDER BY r.late_by DESC)
	FROM r JOIN l USING (key, metric)"), '10|t|t|t', 'the late ones: those that are so by most working time, in that order');
cmp_ok($in->("SELECT count(*) FROM $clocks AND c.state IN ('met late', 'breached')"), '>', 10, 'of more');
my $explained = qq{WITH l AS MATERIALIZED (SELECT key, metric FROM $rows WHERE kind = 'late'), e AS (SELECT l.key, l.metric, e.* FROM l JOIN issues t ON t.id::text = l.key, slt_explain(t, l.metric) e),
	w AS (SELECT w.key, w.metric, "from", "to", what, name, worked, owed, note FROM $rows w WHERE kind = 'why')
	SELECT (SELECT count(*) > 20 FROM w), (SELECT count(*) FROM (SELECT * FROM w EXCEPT ALL SELECT * FROM e) x), (SELECT count(*) FROM (SELECT * FROM e EXCEPT ALL SELECT * FROM w) x)};
is($in->($explained), 't|0|0', 'with what slt_explain() has to say of each');
is($in->("SELECT count(*) FROM zz_slt_internal.report_rows('issues', $october, 'Africa/Cairo', '2025-11-01', NULL, NULL, 0) WHERE kind IN ('late', 'why', 'customer')"), '0', 'none of them if none are wanted, and no customers without a column');
is($in->("SELECT metric, opened FROM zz_slt_internal.report_rows('issues', $october, 'Africa/Cairo', '2025-11-01', 'customer', 'Customer C', 3) WHERE kind = 'metric' ORDER BY 1"),
	$in->("SELECT c.metric, count(*) FROM $clocks AND t.customer = 'Customer C' GROUP BY 1 ORDER BY 1"), 'of one customer: that one\'s tickets');
is($in->("SELECT DISTINCT t.customer FROM zz_slt_internal.report_rows('issues', $october, 'Africa/Cairo', '2025-11-01', 'customer', 'Customer C', 3) r JOIN issues t ON t.id::text = r.key"), 'Customer C', 'and no other is named');

# ---------- the page as a text ----------

my ($file, $html) = page('october', "slt_report_page('issues', $october, customer_column => 'customer')");
like($html, qr{\A<!DOCTYPE html>\n<html lang="en" dir="ltr">.*</html>\n\z}s, 'the page is whole');
unlike($html, qr{<(?:script|link|img|iframe|object|embed|video|audio|base|form)\b(?! rel="icon" href="data:)|\b(?:src|on\w+)\s*=|url\(|\@import|https?://}i, 'and needs nothing else');
like($html, qr{<h1>October 2026</h1>}, 'it says of which month it is');
for my $row (split /\n/, $in->("SELECT metric, trunc(percent_met, 1), met, met + met_late + breached, CASE WHEN attained THEN 'kept' ELSE 'missed' END, attain FROM $rows WHERE kind = 'metric'"))
{
	my ($metric, $percent, $met, $decided, $kept, $attain) = split /\|/, $row;
	my $name = ucfirst $metric;

	$percent =~ s/\.0$//;
	like($html, qr{<h3>$name</h3>\n<p class="figure"><data value="[\d.]+">\Q$percent\E%</data></p>\n<p class="state \w+">.*?Promise of $attain% $kept</p>\n<p class="note">$met of $decided in time}, "$metric: $percent % in time, and what was promised");
}
is(scalar(() = $html =~ /<svg [^>]*role="img" aria-label="[^"]+"/g), 2, 'a chart for each metric says what it shows');
is(scalar(() = $html =~ m{<tr><th scope="row">\w+ 202[56]</th>}g), 24, 'and has a table of twelve months');
is(scalar(() = $html =~ /<li class="card">/g), 10, 'ten that were late');
is(scalar(() = $html =~ /Up to the deadline: /g), 10, 'each with what explains its deadline');
like($html, qr{<th scope="row"><bdi>Platform</bdi></th><td>[\d.]+%</td><td>99%</td><td class="kept">kept</td><td>1(?:&nbsp;| )h</td><td>7(?:&nbsp;| )h 2\d(?:&nbsp;| )min(?: 24(?:&nbsp;| )s)?</td>}, 'the service, its downtime and what is allowed');
like($html, qr{<th scope="row"><bdi>Standard</bdi></th><td><bdi>S1 Critical</bdi></td><td>4 working hours, in 95% of cases</td><td>2 working days, in 90% of cases</td>}, 'the targets');
like($html, qr{<th scope="row"><bdi>Customer A</bdi></th>.*<th scope="row">none</th>}s, 'customers, and those that have none');
is($in->("SELECT slt_report_page('issues', $october)::text = slt_report_page('ISSUES', $october)::text, pg_typeof(slt_report_page('issues', $october))"), 't|"text/html"', 'its type says what it is');
unlike((page('all_services', "slt_report_page('issues', $october, services => '{}')"))[1], qr{Availability of services}, 'without services if none is named');

my (undef, $one) = page('one', "slt_report_page('issues', $october, 'customer', 'Customer C', title => 'For you')");
like($one, qr{<p class="eyebrow"><bdi>For you</bdi></p>.*Tickets of <bdi>Customer C</bdi> opened}s, 'a page for one customer, with a title');
like((page('blank', "slt_report_page('issues', $october, title => ' ')"))[1], qr{<p class="eyebrow">Service level report</p>}, 'a blank title is none');
unlike($one, qr{Customer [ABD-H]}, 'which names no other');
my (undef, $none) = page('nothing', "slt_report_page('issues', '[2020-01-01,2020-02-01)', 'customer', services => '{}')");
like($none, qr{No ticket was opened in this time}, 'a time in which nothing was opened');
unlike(words($none), qr{100%|\bkept\b}, 'is no success');
like((page('days', q{slt_report_page('issues', '[2026-10-03 00:00 Africa/Cairo,2026-10-10 00:00 Africa/Cairo)')}))[1], qr{<h1>Sat 3 Oct 2026 to Fri 9 Oct 2026</h1>}, 'a week by its dates');
like((page('quarter', q{slt_report_page('issues', '[2026-07-01 00:00 Africa/Cairo,2026-10-01 00:00 Africa/Cairo)')}))[1], qr{<h1>July 2026 to September 2026</h1>}, 'a quarter by its months');
my $last = $in->(q{SELECT to_char(now() AT TIME ZONE 'Africa/Cairo' - interval '1 month', 'FMMonth YYYY')});
like((page('last', q{slt_report_page('issues')}))[1], qr{<h1>$last</h1>}, 'and the month before this one, if nothing is said');

# ---------- a page has one clock, and says what was promised of all ----------

$node->safe_psql('postgres', <<'SQL');
INSERT INTO slt_calendars (name, calendar) VALUES ('New York', 'America/New_York Mo-Fr 09:00-17:00'), ('Manila', 'Asia/Manila 24/7');
INSERT INTO slt_contracts (name, calendar) VALUES ('West', 'New York'), ('East', 'Manila');
INSERT INTO slt_targets (contract, severity, metric, amount, attain) VALUES ('West', 'S1', 'resolution', '2 hours', 50), ('East', 'S1', 'resolution', '2 hours', 4.4), ('East', 'S2', 'resolution', '2 hours', NULL);
CREATE TABLE zones (id int PRIMARY KEY, customer text, opened timestamptz, severity text, contract text, resolved timestamptz);
SELECT slt_attach('zones', 'opened', severity => 'severity', contract => 'contract', done_at => '{"resolution": "resolved"}', metrics => '{resolution}');
-- around the months of Cairo, New York and Manila; of customers without a name; a share that no binary number has: 33 of 750 are 4.4 %
INSERT INTO zones SELECT i, (ARRAY['A', '', NULL, ' '])[1 + i % 4], timestamptz '2026-09-30 14:00+00' + i * interval '1 hour', 'S1', (ARRAY['West', 'East'])[1 + i % 2], CASE WHEN i % 2 = 0 THEN timestamptz '2026-09-30 14:01+00' + i * interval '1 hour' END FROM generate_series(1, 40) i;
INSERT INTO zones SELECT 1000 + i, 'B', '2026-05-05 10:00+00', 'S1', 'East', CASE WHEN i <= 33 THEN timestamptz '2026-05-05 12:00+00' END FROM generate_series(1, 750) i;
INSERT INTO zones VALUES (3000, 'C', '2026-03-03 10:00+00', 'S2', 'East', '2026-03-03 11:00+00');
SQL
for my $zone ('Africa/Cairo', 'America/New_York', 'Asia/Manila', 'Pacific/Apia')
{
	my $month = "tstzrange('2026-10-01'::timestamp AT TIME ZONE '$zone', '2026-11-01'::timestamp AT TIME ZONE '$zone')";

	is($in->("SELECT string_agg(opened::text, ' ') FROM zz_slt_internal.report_rows('zones', $month, '$zone', '2026-09-01', NULL, NULL, 0) WHERE kind = 'metric' OR month = '2026-10-01'"),
		$in->("SELECT concat_ws(' ', count(*), count(*)) FROM zones WHERE opened <@ $month"), "what October has is the same wherever it stands, by the clock of $zone, whatever clocks count");
}
my $may = q{'[2026-05-01 00:00 Asia/Manila,2026-06-01 00:00 Asia/Manila)'};
is($in->("SELECT percent_met, attain, attained FROM zz_slt_internal.report_rows('zones', $may, 'Asia/Manila', '2026-05-01', NULL, NULL, 0) WHERE kind = 'terms'"), '4.4|4.4|t', 'what is exactly as much as was promised is kept');
my $both = (page('both', q{slt_report_page('zones', '[2026-03-01 00:00+00,2026-11-01 00:00+00)', 'customer', time_zone => 'UTC')}))[1];
like($both, qr{<p class="state degraded">.*?1 of 2 promised percentages kept</p>}, 'where several were promised, how many of them were kept');
like($both, qr{<circle class="open"[^>]*/>.*<circle class="kept"}s, 'a point of the chart where nothing was promised is neither kept nor missed');
unlike($both, qr{No percentage is promised|class="promised"}, 'and neither that there is none, nor a line of one');
like($both, qr{<tr><th scope="row">none</th><td>Resolution</td><td>30</td>}, 'customers with a blank name are none');
is(scalar(() = $both =~ m{<tr><th scope="row">none</th>}g), 1, 'and one');
unlike($both, qr{last month is counted}, 'of whole months there is nothing to add');
like($both, qr{<th scope="row">January 2026</th><td>0</td><td>0</td><td>0</td><td>0</td><td></td>}, 'a month of nothing has nothing, and no percentage');
like((page('half', q{slt_report_page('zones', '[2026-10-01 10:00+00,2026-10-01 22:00+00)', time_zone => 'UTC')}))[1],
	qr{<h1>Thu 1 Oct 2026</h1>.*The last month is counted up to <time datetime="2026-10-01T22:00:00\+00:00">}s, 'half a day is of one date, and the month ends with it');
like((page('march', q{slt_report_page('zones', '[2026-03-01 00:00+00,2026-04-01 00:00+00)', time_zone => 'UTC')}))[1], qr{<p class="state unknown">.*?No percentage is promised</p>}, 'where none is promised, that is said');
# an amount that changed: what is shown is that of the last, in whatever order rows are read
$in->(q{UPDATE slt_targets SET during = '(,2026-05-05 11:00+00)' WHERE contract = 'East' AND severity = 'S1'; INSERT INTO slt_targets (contract, severity, metric, amount, during) VALUES ('East', 'S1', 'resolution', '7 hours', '[2026-05-05 11:00+00,)');
	INSERT INTO zones VALUES (4000, 'B', '2026-05-06 10:00+00', 'S1', 'East', NULL); UPDATE zones SET customer = 'B' WHERE id = 1001});
is($in->("SELECT promised FROM zz_slt_internal.report_rows('zones', $may, 'Asia/Manila', '2026-05-01', NULL, NULL, 0) WHERE kind = 'terms'"), '7 working hours', 'of an amount that changed, the last');

# a service of which not everything is known
$in->(q{INSERT INTO slt_services (name) VALUES ('Half'); INSERT INTO slt_experiences (service, name, recorded, recorded_since) VALUES ('Half', 'x', 'by hand', '2026-10-02 00:00 Africa/Cairo'); INSERT INTO slt_services (name, since) VALUES ('Later', '2026-12-01')});
my $half = (page('known', "slt_report_page('issues', $october)"))[1];
like($half, qr{<bdi>Half</bdi>: nothing is known of 1(?:&nbsp;| )d of this time}, 'of what nothing is known is said');
unlike($half, qr{<bdi>(?:Platform|Later)</bdi>: nothing is known}, 'of nothing else');
like($half, qr{<bdi>Later</bdi></th><td>unknown</td><td>99%</td><td>unknown</td><td></td><td></td><td></td>}, 'what is not promised yet allows nothing');
$in->(q{DELETE FROM slt_services WHERE name IN ('Half', 'Later')});

# a metric of the DBA's own, promised to be met in no percentage
$node->safe_psql('postgres', <<'SQL');
INSERT INTO slt_metrics (name) VALUES ('call_back<i>');
INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ('Standard', 'S1', 'call_back<i>', '90 minutes');
CREATE TABLE calls (id int PRIMARY KEY, opened timestamptz, called timestamptz);
SELECT slt_attach('calls', 'opened', severity_value => 'S1', contract_value => 'Standard', done_at => '{"call_back<i>": "called"}', metrics => '{"call_back<i>"}');
INSERT INTO calls VALUES (1, '2026-10-05 10:00 Africa/Cairo', '2026-10-05 11:00 Africa/Cairo'), (2, '2026-10-05 10:00 Africa/Cairo', '2026-10-05 12:00 Africa/Cairo');
SQL
my (undef, $calls) = page('calls', "slt_report_page('calls', $october)");
like($calls, qr{<h3><bdi>call_back&lt;i&gt;</bdi></h3>\n<p class="figure"><data value="50">50%</data></p>\n<p class="state unknown">.*?No percentage is promised</p>}, 'a metric of one\'s own, of which nothing is promised');
like($calls, qr{<h3><bdi>2</bdi>: <bdi>call_back&lt;i&gt;</bdi></h3>.*?Late by 30(?:&nbsp;| )min of working time}s, 'and what was late of it');

# ---------- arguments ----------

like($in->('SELECT slt_report_page(NULL)'), qr/ERROR:  22023: argument "ticket_table" is not given/, 'no table');
like($in->(q{SELECT slt_report_page('pg_class')}), qr/ERROR:  (?:42809|55000|42704): /, 'a table that is not attached');
like($in->(q{SELECT slt_report_page(0)}), qr/ERROR:  42P01: /, 'a table that is not there');
like($in->("SELECT slt_report_page('issues', '$_')"), qr/ERROR:  22023: cannot report about the time/, "the time $_") for '(,)', '[2026-01-01,)', '(,2026-01-01)', 'empty', '[-infinity,2026-01-01]', '[2026-01-01,infinity]';
like($in->("SELECT slt_report_page('issues', $october, 'custommer')"), qr/ERROR:  42703: column "custommer" of table "issues" does not exist/, 'a column that is not there');
like($in->("SELECT slt_report_page('issues', $october, 'ctid')"), qr/ERROR:  42703: /, 'a system column');
like($in->(q{SET slt.stamping = off; SET client_min_messages = error; CREATE TABLE one_each (id int PRIMARY KEY, opened timestamptz, resolved timestamptz);
	SELECT slt_attach('one_each', 'opened', severity_value => 'S1', contract_value => 'Standard', done_at => '{"resolution": "resolved"}') IS NULL;
	INSERT INTO one_each SELECT n, '2026-10-05 10:00+00', '2026-10-05 11:00+00' FROM generate_series(1, 250001) n;
	SELECT slt_report_page('one_each', '[2026-10-01 00:00+00,2026-11-01 00:00+00)', customer_column => 'id')}), qr/ERROR:  54000: tickets have more than 250000 customers/, 'a column that is no customer does not take all memory');
like($in->("SELECT slt_report_page('issues', $october, customer => 'x')"), qr/ERROR:  22023: no column is named/, 'a customer without a column');
like($in->("SELECT slt_report_page('issues', $october, services => '{Platfrom}')"), qr/ERROR:  42704: /, 'an unknown service');
like($in->("SELECT slt_report_page('issues', $october, time_zone => '$_')"), qr/ERROR:  22023: time zone "\Q$_\E" not recognized/, "the zone $_") for 'Mars/Base', '+03', '';
like($in->("SELECT slt_report_page('issues', $october, language => 'xx')"), qr/ERROR:  42704: there are no texts of language "xx"/, 'a language without texts');
like($in->("SELECT count(*) FROM zz_slt_internal.report_rows('issues', $_, 10)"), qr/ERROR:  22023: cannot report about a time without end/, "rows of $_")
  for q{'(,)', 'UTC', '2026-01-01', NULL, NULL}, q{'[2026-01-01,2026-02-01)', 'UTC', '-infinity', NULL, NULL}, q{'[2026-01-01,2026-02-01)', 'UTC', 'infinity', NULL, NULL};
is($in->("SELECT count(*) FROM zz_slt_internal.report_rows('issues', $october, 'Africa/Cairo', '2025-11-01', NULL, NULL, 2147483647) WHERE kind = 'late'"), $in->("SELECT count(*) FROM $clocks AND c.state IN ('met late', 'breached')"), 'any number of late ones');
is($in->("SELECT count(*) FROM zz_slt_internal.report_rows('issues', $october, 'Africa/Cairo', '4713-01-01 BC', NULL, NULL, -5) WHERE kind = 'late'"), '0', 'and less than none');

# ---------- who may see it ----------

$node->safe_psql('postgres', <<'SQL');
CREATE ROLE nobody LOGIN;
CREATE ROLE clerk LOGIN;
CREATE ROLE narrow LOGIN;
CREATE ROLE tenant LOGIN;
GRANT SELECT ON issues TO clerk, tenant;
GRANT SELECT (id, opened, severity, contract, responded, resolved, status, slt_response_due, slt_response_met, slt_response_runs, slt_resolution_due, slt_resolution_met, slt_resolution_runs, slt_status_at, slt_status_became, slt_announce_at) ON issues TO narrow;
SQL
like($in->("SELECT slt_report_page('issues', $october)", 'nobody'), qr/ERROR:  42501: permission denied for table issues/, 'who may not read the table is refused');
my $clerk = (page('clerk', "slt_report_page('issues', $october, 'customer')", role => 'clerk'))[1];
is($clerk =~ /Counted|As of [^<]*<time/ ? 'a report' : 'nothing', 'a report', 'who may read it, and nothing of the policy, has a report');
like($clerk, qr{<th scope="row"><bdi>Standard</bdi></th><td><bdi>S1</bdi></td><td>4 working hours, in 95% of cases</td>}, 'with the targets of these tickets');
is($in->("SELECT length(slt_report_page('issues', $october)) > 1000", 'narrow'), 't', 'the columns that facts are in are enough');
like($in->("SELECT slt_report_page('issues', $october, 'customer')", 'narrow'), qr/ERROR:  42501: /, 'but not for another one');
$node->safe_psql('postgres', q{ALTER TABLE issues ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON issues TO tenant USING (customer = 'Customer B'); CREATE POLICY others ON issues TO clerk USING (true)});
my $tenant = (page('tenant', "slt_report_page('issues', $october, 'customer')", role => 'tenant'))[1];
like($tenant, qr{Customer B}, 'row security: a tenant sees what is his');
unlike($tenant, qr{Customer [AC-H]}, 'and no more');
is($in->("SELECT opened FROM $rows WHERE kind = 'metric' AND metric = 'response'", 'tenant'), $in->("SELECT count(*) FROM $clocks AND c.metric = 'response' AND t.customer = 'Customer B'"), 'nor is more counted');
like($in->("SET row_security = off; SELECT slt_report_page('issues', $october)", 'tenant'), qr/ERROR:  42501: /, 'with row_security off it is an error, as for any query');
$node->safe_psql('postgres', 'ALTER TABLE issues DISABLE ROW LEVEL SECURITY');
is($in->("BEGIN READ ONLY; SELECT length(slt_report_page('issues', $october)) > 1000"), 't', 'it writes nothing');
# what a column's type does runs as the owner of the table, restricted
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE owner LOGIN;
GRANT CREATE ON SCHEMA public TO owner;
CREATE TABLE owned (id int PRIMARY KEY, opened timestamptz, customer text, resolved timestamptz);
SELECT slt_attach('owned', 'opened', severity_value => 'S1', contract_value => 'Standard', done_at => '{"resolution": "resolved"}', metrics => '{resolution}');
INSERT INTO owned VALUES (1, '2026-10-05 10:00 Africa/Cairo', 'x');
ALTER TABLE owned OWNER TO owner;
SET ROLE owner;
CREATE FUNCTION who(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'as %', current_user; RETURN true; END $$;
CREATE POLICY p ON owned USING (who(customer));
GRANT SELECT ON owned TO clerk;
SQL
is((run_sql($node, 'postgres', "SELECT length(slt_report_page('owned', $october, 'customer')) > 1000", role => 'clerk'))[1] // '', '', 'the code of a policy is not run where row security is off');
$node->safe_psql('postgres', 'ALTER TABLE owned ENABLE ROW LEVEL SECURITY');
like((run_sql($node, 'postgres', "SELECT length(slt_report_page('owned', $october, 'customer')) > 1000", role => 'clerk'))[1], qr/as clerk/, 'and is the caller\'s own where it is on, as in any query');

# ---------- as of, and again after a change of the policy ----------

$in->(q{SELECT pg_sleep(0.01); CREATE TABLE moment AS SELECT clock_timestamp() AS at; SELECT pg_sleep(0.01); UPDATE slt_targets SET attain = 50, amount = '100 hours' WHERE metric = 'resolution'});
like((page('now', "slt_report_page('issues', $october)"))[1], qr{100 working hours, in 50% of cases.*}, 'the report goes by the policy');
my (undef, $past) = page('past', "slt_report_page('issues', $october)", before => q{SELECT set_config('slt.as_of', at::text, false) FROM moment;});
like($past, qr{By the policy as of <time}, 'or by that of slt.as_of, and says so');
like($past, qr{2 working days, in 90% of cases}, 'with its targets');
unlike($past, qr{in 50% of cases}, 'and no others');
$in->(q{UPDATE slt_targets SET attain = 90, amount = CASE WHEN severity = 'S1' AND contract = 'Priority' THEN '8 hours' ELSE '2 days' END::working_interval WHERE metric = 'resolution'});

is($in->($explained), 't|0|0', 'late ones are explained as slt_explain() does it, also where the policy is another one since');

# more customers than a page has room for
$in->(q{CREATE TABLE crowd (LIKE issues INCLUDING DEFAULTS); SELECT slt_attach('crowd', 'opened', severity => 'severity', contract => 'contract', key => 'id', done_at => '{"response": "responded", "resolution": "resolved"}')});
$in->(q{INSERT INTO crowd (id, customer, opened, severity, contract, responded, resolved) SELECT id, 'Customer no. ' || id % 45, opened, severity, contract, responded, resolved FROM issues});
my ($crowd_file, $crowd) = page('crowd', "slt_report_page('crowd', $october, 'customer')");
is(scalar(() = $crowd =~ m{<th scope="row"><bdi>Customer no}g), 40, 'of many customers those with the most tickets');
like($crowd, qr{Customers with fewer tickets: 25 more\.}, 'and how many more there are');
is($in->(q{SELECT name, text FROM slt_page_texts WHERE language = 'en' AND name LIKE 'report.%' AND text ~ '\{n\} (that |more )?(were|are|have|\w+s)\M'}), '', 'no text of it is wrong of one');

# ---------- Arabic ----------

my ($arabic_file, $arabic) = page('arabic', "slt_report_page('issues', $october, 'customer', language => 'ar')");
like($arabic, qr{<html lang="ar" dir="rtl">}, 'in Arabic it is written from right to left');
like($arabic, qr{<h1>\x{623}\x{643}\x{62a}\x{648}\x{628}\x{631} \x{662}\x{660}\x{662}\x{666}</h1>}, 'with its own months and digits');
is(join(' ', words($arabic =~ s{<title>.*?</title>}{}r) =~ /((?<!&)\b[A-Za-z]{2,})/g), '', 'and no word of English, but for names');
unlike($arabic, qr/\{[a-z_]+\}/, 'nor a place that was not filled in');
unlike($html =~ s{<style>.*?</style>}{}sr, qr/\{[a-z_]+\}|\b(?:report|policy|step|why)\.[a-z]/, 'nor is there one in English, or a text that is missing');

# ---------- hostile texts ----------

my $evil = q{</td></table><script>document.title = 'hacked'</script><img src=http://127.0.0.1:9/x onerror="document.title = 'hacked'"> "q" 'a' &amp; } . "\x{202e}\x{627}\n\x07";
my $e = Encode::encode('UTF-8', "'" . $evil =~ s/'/''/gr . "'");
my $evil_name = q{<b onmouseover="x()">"N" 'a' & </script>};
my $en = "'" . $evil_name =~ s/'/''/gr . "'";
$node->safe_psql('postgres', <<"SQL");
CREATE TABLE evil (id text PRIMARY KEY, customer text, opened timestamptz, resolved timestamptz);
INSERT INTO slt_calendars (name, calendar) VALUES ($en, 'Africa/Cairo Su-Fr 09:00-17:00; 2026-10-06 off "</p><script>alert(1)</script>"');
INSERT INTO slt_contracts (name, calendar) VALUES ($en, $en);
INSERT INTO slt_severities (code, label) VALUES ($en, NULL);
INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ($en, $en, 'resolution', '2 days');
INSERT INTO slt_services (name, plan) VALUES ($en, 'x');
SELECT slt_attach('evil', 'opened', severity_value => $en, contract_value => $en, done_at => '{"resolution": "resolved"}', metrics => '{resolution}');
INSERT INTO evil VALUES ($e, $e, '2026-10-05 10:00 Africa/Cairo', '2026-10-20 10:00 Africa/Cairo'), ('2', repeat('long ', 500), '2026-10-05 10:00 Africa/Cairo', '2026-10-20 10:00 Africa/Cairo'), ('3', repeat('long ', 500) || '!', '2026-10-05 10:00 Africa/Cairo', NULL);
SQL
my ($evil_file, $evil_html) = page('evil', "slt_report_page('evil', $october, 'customer', title => $e)");
unlike($evil_html, qr{<script|<img|<b |\x{202e}|\x07}, 'markup and marks in keys, customers, contracts, calendars and titles are text');
like($evil_html, qr{&lt;/p&gt;&lt;script&gt;alert\(1\)}, 'the name of a holiday is shown as it is');
is($in->("SELECT count(DISTINCT customer) FROM zz_slt_internal.report_rows('evil', $october, 'Africa/Cairo', '2025-11-01', 'customer', NULL, 5) WHERE kind = 'customer'"), '3', 'customers whose long names differ at the end are two');
is($in->("SELECT sum(opened) FROM zz_slt_internal.report_rows('evil', $october, 'Africa/Cairo', '2025-11-01', 'customer', repeat('long ', 500) || '!', 5) WHERE kind = 'metric'"), '1', 'and can be asked for');

# ---------- in a browser, and on paper ----------

SKIP:
{
	skip 'no Chromium is installed (package chromium-headless-shell or chromium): the report is not tested in a browser', 1 unless Chromium::program();

	my $folder = "$ENV{SLT_WORK}/tmp/chromium-report";
	mkdir $folder;
	my $browser = Chromium->start($folder);
	for my $page ([ $file, 'the report', 2, 3 ], [ $arabic_file, 'the report in Arabic', 2, 3 ], [ $crowd_file, 'one of many customers', 2, 3 ], [ $evil_file, 'one of hostile texts', 1, 3 ])
	{
		my ($path, $name, $least, $most) = @$page;
		my @events = $browser->open_page("file://$path");

		is_deeply([ map { $_->{params}{request}{url} } grep { $_->{method} eq 'Network.requestWillBeSent' } @events ], ["file://$path"], "$name asks for nothing but itself");
		is_deeply([ map { JSON::PP->new->canonical->encode($_->{params}) } grep { $_->{method} =~ /^(?:Log\.entryAdded|Runtime\.consoleAPICalled|Runtime\.exceptionThrown)$/ } @events ], [], 'and nothing is written to the console');
		isnt($browser->evaluate('document.title'), 'hacked', 'nor is it hacked');
		for my $width (360, 1100)
		{
			$browser->call('Emulation.setDeviceMetricsOverride', width => $width, height => 800, deviceScaleFactor => 1, mobile => JSON::PP::false);
			is($browser->evaluate('document.documentElement.scrollWidth <= innerWidth'), JSON::PP::true, "it fits a window of $width pixels");
		}
		# A4 less its margins, at 96 dots to the inch
		$browser->call('Emulation.setEmulatedMedia', media => 'print');
		$browser->call('Emulation.setDeviceMetricsOverride', width => 696, height => 1017, deviceScaleFactor => 1, mobile => JSON::PP::false);
		is($browser->evaluate(q{[...document.querySelectorAll('.scroll')].filter(s => s.checkVisibility() && s.scrollWidth > s.clientWidth + 1).map(s => s.getAttribute('aria-labelledby')).join()}), '', 'no table is cut on paper')
		  unless $path eq $evil_file;
		$browser->call('Emulation.setEmulatedMedia', media => '');
		$browser->call('Emulation.clearDeviceMetricsOverride');
		my $pdf = MIME::Base64::decode_base64($browser->call('Page.printToPDF', preferCSSPageSize => JSON::PP::true)->{data});
		my ($count) = $pdf =~ m{/Type\s*/Pages\s*/Count\s+(\d+)};
		$count //= () = $pdf =~ m{/Type\s*/Page\b}g;
		cmp_ok($count, '>=', $least, "it prints to $count pages");
		cmp_ok($count, '<=', $most, 'which are not too many');
		like($pdf, qr{/MediaBox\s*\[\s*0\s+0\s+59[45]\S*\s+84[12]}, 'of A4');
	}
	# what it looks like to those who do not see it
	$browser->open_page("file://$file");
	is($browser->evaluate(q{[...document.querySelectorAll('svg[role=img]')].every(s => /Response|Resolution/.test(s.getAttribute('aria-label'))) && document.querySelectorAll('th:not([scope])').length}), 0, 'charts have names, and heads of tables say of what they are');
	is($browser->evaluate(q{[...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1]).every((l, i, a) => i == 0 ? l == 1 : l <= a[i - 1] + 1)}), JSON::PP::true, 'headings are in order');
	$browser->call('Emulation.setEmulatedMedia', media => 'print');
	is($browser->evaluate(q{(f => getComputedStyle(f).breakBefore + ' ' + f.parentElement.tagName)(document.querySelector('footer'))}), 'avoid MAIN', 'and on paper the foot is not alone on a page');
	$browser->call('Emulation.setEmulatedMedia', media => '');
	is($browser->evaluate(q{new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size == document.querySelectorAll('[id]').length}), JSON::PP::true, 'no id is there twice');
	$browser->stop;
}

done_testing();
