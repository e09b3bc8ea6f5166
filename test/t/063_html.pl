# Pages are valid HTML (vnu, html-validate), and anyone can use them: axe-core finds nothing in light, dark, on a phone,
# enlarged, printed, or in forced colours. Bars and tables are there in print, also those of a group that is closed.
use strict;
use warnings;

use Chromium;
use Encode ();
use File::Copy;
use SltTest;
use Test::More;

my $node = new_server('html');
my $pages = "$ENV{SLT_WORK}/tmp/html_pages";
my $tools = "$ENV{SLT_WORK}/tmp/html_tools";
mkdir $_ for $pages, $tools;

# Writes what a query gives into a file, and returns the file.
sub write_page
{
	my ($name, $query, @setup) = @_;
	my $page = $node->safe_psql('postgres', join ";\n", 'BEGIN', @setup, "SELECT $query", 'ROLLBACK');

	open my $out, '>', "$pages/$name.html" or die "$name: $!";
	print {$out} "$page\n";
	close $out;
	return "$pages/$name.html";
}

my $hostile = Encode::encode('UTF-8', qq{</p></li><script>alert(1)</script><svg onload=alert(1)> "x" 'y' &lt; --> ]]> \x{202E}txt\x{2069} \x07 \x{627}\x{644}\x{62E}\x{62F}\x{645}\x{629}}) =~ s/'/''/gr;
my $everywhere = "UPDATE slt_services SET name = '$hostile', plan = '$hostile'; UPDATE slt_experiences SET group_name = 'Group $hostile' WHERE group_name = 'Messages';
	UPDATE slt_experiences SET name = name || ' $hostile'; UPDATE slt_incidents SET title = '$hostile', post_mortem = '$hostile', link = 'https://example.com/''\"><script>alert(1)</script>';
	UPDATE slt_incident_updates SET text = '$hostile'; UPDATE slt_outages SET note = '$hostile', excused = CASE WHEN incident = 2 THEN '$hostile' END; UPDATE slt_maintenance SET reason = '$hostile';
	UPDATE slt_page_texts SET text = left(text || ' <script>alert(1)</script><b onclick=''x''>\"&amp;', 1000) WHERE name NOT IN ('direction', 'digits')";

my $empty = write_page('empty', 'slt_status_page()');
$node->safe_psql('postgres', PostgreSQL::Test::Utils::slurp_file(source_file('test/html/demo.sql')));
# tickets to report: some late, some waiting, of several customers
$node->safe_psql('postgres', <<"SQL");
CREATE TABLE issues (id text PRIMARY KEY, customer text, opened timestamptz, severity text, resolved timestamptz, status text DEFAULT 'new');
SELECT slt_attach('issues', 'opened', severity => 'severity', contract_value => 'Standard', done_at => '{"resolution": "resolved"}', metrics => '{resolution}', status => 'status', paused_when => '{waiting}');
UPDATE slt_targets SET attain = 90 WHERE severity <> 'S3';
INSERT INTO issues SELECT i, 'Customer ' || i % 3, x.at, 'S' || 1 + i % 3, CASE WHEN i % 7 > 0 THEN x.at + i % 20 * interval '8 hours' END
FROM generate_series(1, 60) i, LATERAL (SELECT now() - i * interval '6 days' AS at) x;
SQL
my $report = "'issues', tstzrange(now() - interval '100 days', now() - interval '10 days'), customer_column => 'customer'";
my $evil_policy = "UPDATE issues SET customer = '$hostile', id = id || '$hostile'; UPDATE slt_contracts SET name = '$hostile' WHERE name = 'Standard'; UPDATE slt_severities SET label = code || ' ' || left('$hostile', 100), definition = '$hostile'; UPDATE slt_channels SET address = '$hostile';
	UPDATE slt_request_kinds SET note = '$hostile'; UPDATE slt_holidays SET name = left('$hostile', 60)";
my $month = "(now() - interval '1 month')::date";
my %page = (
	empty => $empty,
	full => write_page('full', 'slt_status_page()'),
	arabic => write_page('arabic', q{slt_status_page(language => 'ar')}),
	month => write_page('month', "slt_status_page(month => $month)"),
	arabic_month => write_page('arabic_month', "slt_status_page(month => $month, language => 'ar')"),
	one_day => write_page('one_day', 'slt_status_page(days => 1, most => 0)'),
	year => write_page('year', 'slt_status_page(days => 366)'),
	hostile => write_page('hostile', 'slt_status_page()', $everywhere),
	hostile_month => write_page('hostile_month', "slt_status_page(month => $month)", $everywhere),
	report => write_page('report', "slt_report_page($report)"),
	arabic_report => write_page('arabic_report', "slt_report_page($report, language => 'ar')"),
	hostile_report => write_page('hostile_report', "slt_report_page($report, title => '$hostile')", $everywhere, $evil_policy),
	policy => write_page('policy', "slt_policy_page('-infinity')"),
	arabic_policy => write_page('arabic_policy', "slt_policy_page(now(), 'ar')"),
	hostile_policy => write_page('hostile_policy', "slt_policy_page()", $everywhere, $evil_policy),
	alone => write_page('alone', q{slt_status_page('Alone')}, q{INSERT INTO slt_services (name) VALUES ('Alone')}));
my @files = map { $page{$_} } sort keys %page;

# markup of texts is text, whichever table it is from
for my $name (qw(hostile hostile_month))
{
	my $html = PostgreSQL::Test::Utils::slurp_file($page{$name});

	unlike($html, qr{<script|<svg onload|<b onclick|<img src=http|\x{202E}}i, "nothing of a hostile text became an element of page $name");
	cmp_ok(scalar(() = $html =~ m{&lt;script&gt;}g), '>', 100, 'though it is all over it');
}

# Installs what the pages are checked with, once; returns whether it is there.
sub installed
{
	return 1 if -e "$tools/node_modules/axe-core/axe.min.js";
	return 0 unless grep { -x "$_/npm" } split /:/, $ENV{PATH};
	copy(source_file('test/html/package.json'), "$tools/package.json") or die "package.json: $!";
	return IPC::Run::run([ 'npm', 'install', '--prefix', $tools, '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--cache', "$tools/cache" ],
		'>', "$tools/npm.log", '2>&1', IPC::Run::timeout(600)) && -e "$tools/node_modules/axe-core/axe.min.js";
}

SKIP:
{
	skip 'there is no npm, or it cannot install test/html/package.json: pages are not validated', 1 unless eval { installed() };

	# ---------- valid ----------

	open my $config, '>', "$tools/.htmlvalidate.json" or die $!;
	print {$config} '{"root": true, "extends": ["html-validate:standard"]}';
	close $config;
	my $output = '';
	ok(IPC::Run::run([ 'node', "$tools/node_modules/html-validate/bin/html-validate.mjs", '--config', "$tools/.htmlvalidate.json", @files ], '>', \$output, '2>&1') && $output !~ /\S/,
		'html-validate has nothing to say of the pages, by its standard preset') or diag($output);
	# (it takes a picture in data: for what img-src data: forbids)
	SKIP:
	{
		skip 'there is no java (package default-jre-headless): pages are not checked by vnu', 1 unless grep { -x "$_/java" } split /:/, $ENV{PATH};
		$output = '';
		ok(IPC::Run::run([ 'java', '-jar', "$tools/node_modules/vnu-jar/build/dist/vnu.jar", '--Werror', '--filterpattern', '.*violates Content Security Policy.*image .data:.*', @files ], '>', \$output, '2>&1') && $output !~ /\S/, 'nor has vnu') or diag($output);
	}

	# ---------- for everyone ----------

	skip 'no Chromium is installed (package chromium-headless-shell or chromium): pages are not tested in a browser', 1 unless Chromium::program();
	my $folder = "$ENV{SLT_WORK}/tmp/chromium_html";
	mkdir $folder;
	my $browser = Chromium->start($folder);
	my $axe = PostgreSQL::Test::Utils::slurp_file("$tools/node_modules/axe-core/axe.min.js");
	my %mode = (
		light => [ 1280, 1, 'screen', 'prefers-color-scheme' => 'light' ], dark => [ 1280, 1, 'screen', 'prefers-color-scheme' => 'dark' ],
		phone => [ 320, 2, 'screen', 'prefers-color-scheme' => 'light' ], 'dark phone' => [ 375, 2, 'screen', 'prefers-color-scheme' => 'dark' ],
		'twice as large' => [ 640, 2, 'screen' ], print => [ 794, 1, 'print' ], 'forced colours' => [ 1280, 1, 'screen', 'forced-colors' => 'active' ]);

	# what is written in another language or by a hostile hand differs from the page in nothing that depends on colours or paper
	my %every = map { $_ => 1 } qw(full month report policy);
	for my $name (qw(full arabic month hostile empty report arabic_report hostile_report policy arabic_policy hostile_policy))
	{
		for my $mode ($every{$name} ? sort keys %mode : qw(dark phone))
		{
			my ($width, $scale, $media, %feature) = @{ $mode{$mode} };

			$browser->call('Emulation.setDeviceMetricsOverride', width => $width, height => 900, deviceScaleFactor => $scale, mobile => $width < 400 ? JSON::PP::true : JSON::PP::false);
			$browser->call('Emulation.setEmulatedMedia', media => $media, features => [ map { { name => $_, value => $feature{$_} } } keys %feature ]);
			$browser->open_page("file://$page{$name}");
			$browser->evaluate("$axe; true");
			my $found = $browser->evaluate(q{axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 150) + ' ' + n.failureSummary).join(' / ')))});
			is_deeply($found, [], "axe-core finds nothing in page $name, $mode");
			is($browser->evaluate('document.documentElement.scrollWidth <= innerWidth'), JSON::PP::true, 'nor is it wider than the screen') if $media eq 'screen';
		}
	}

	# ---------- in print ----------

	$browser->call('Emulation.setDeviceMetricsOverride', width => 794, height => 1123, deviceScaleFactor => 1, mobile => JSON::PP::false);
	$browser->call('Emulation.setEmulatedMedia', media => 'print', features => []);
	for my $name (qw(full arabic month))
	{
		$browser->open_page("file://$page{$name}");
		my $seen = $browser->evaluate(q{(() => { const shown = e => e.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true, opacityProperty: true}), height = (e, p) => parseFloat(getComputedStyle(e, p).height);
			return {bars: [...document.querySelectorAll('.bars li')].filter(l => !(height(l, '::before') > 5 && l.parentElement.getBoundingClientRect().height > 10)).length,
				lines: [...document.querySelectorAll('.bars :is(.x, .g, .m) i')].filter(b => !(b.getBoundingClientRect().height > 5)).length, rows: [...document.querySelectorAll('.row')].filter(r => !(r.getBoundingClientRect().height > 30)).length,
				tables: [...document.querySelectorAll('table')].filter(t => !(t.getBoundingClientRect().height > 30 && t.getBoundingClientRect().right <= innerWidth)).length, meters: [...document.querySelectorAll('.meter')].filter(m => !(m.getBoundingClientRect().height > 2)).length,
				exact: getComputedStyle(document.querySelector('.bars li'), '::before').printColorAdjust, closed: document.querySelectorAll('details.group:not([open])').length, switch: document.querySelector('#words').getBoundingClientRect().height} })()});
		is_deeply([ @{$seen}{qw(bars lines rows tables meters exact switch)} ], [ 0, 0, 0, 0, 0, 'exact', 0 ], "page $name in print: bars, what happened on the days, groups, table and meters are there, in colour; the switch is not");
		cmp_ok($seen->{closed}, '>', 0, 'though a group is closed') if $name eq 'full';
	}

	# ---------- from right to left ----------

	$browser->call('Emulation.setEmulatedMedia', media => 'screen', features => []);
	$browser->open_page("file://$page{arabic}");
	is($browser->evaluate('document.documentElement.lang + document.documentElement.dir + getComputedStyle(document.querySelector(".bars")).direction'), 'arrtlrtl', 'the Arabic page is Arabic, from right to left');
	is($browser->evaluate(q{(b => b[0].getBoundingClientRect().x > b[b.length - 1].getBoundingClientRect().x)(document.querySelector('.bars').querySelectorAll('li'))}), JSON::PP::true, 'its days, too');
	is($browser->evaluate(q{[...document.querySelectorAll('h2, h3, th[scope=col], .bars i, .axis, .note, .words, footer')].map(e => e.cloneNode(true)).filter(e => { e.querySelectorAll('bdi').forEach(b => b.remove()); return /[A-Za-z0-9]/.test(e.textContent) }).map(e => e.textContent).join('|')}), '',
		'and no word or digit of it is Latin, but for names');
	$browser->stop;
}

done_testing();
