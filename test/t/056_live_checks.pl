# A live run: ten experiences, watched by four monitors over connections of their own.  The clock of one is ahead, that of
# another behind; one dies; one hears of everything late.  Meanwhile somebody asks again and again how each is: no answer is
# wrong.  Then the same checks, shuffled, doubled and from two sessions at once, give the same rows.
# SLT_LIVE_SECONDS says how long (20).
use strict;
use warnings;
use IPC::Run;
use SltTest;
use Test::More;

my $seconds = $ENV{SLT_LIVE_SECONDS} // 20;
my $node = new_server('live', conf => "timezone = 'UTC'\n");

# Each experience is down for three seconds of every nine, each at another time.
$node->safe_psql('postgres', <<"SQL" . <<'SQL');
CREATE TABLE run AS SELECT clock_timestamp() + interval '2 s' AS starts, clock_timestamp() + interval '@{[ $seconds + 2 ]} s' AS ends;
SQL
INSERT INTO slt_services (name) SELECT unnest('{Live,Shuffled,Doubled,Sessions}'::text[]);
INSERT INTO slt_experiences (service, name, quorum, report_within) SELECT s, 'e' || e, 2, '3 s' FROM unnest('{Live,Shuffled,Doubled,Sessions}'::text[]) s, generate_series(0, 9) e;
CREATE TABLE given (monitor text, experience text, ok boolean, at timestamptz, seen_at timestamptz, kept boolean, given_at timestamptz);
CREATE TABLE answers (experience text, status text, asked_at timestamptz);
-- since when it has been so
CREATE FUNCTION truth(e int, t timestamptz, OUT ok boolean, OUT since timestamptz) LANGUAGE sql STABLE AS $$
	SELECT x.phase >= 3, t - (CASE WHEN x.phase >= 3 THEN x.phase - 3 ELSE x.phase END) * interval '1 second'
	FROM (SELECT (extract(epoch FROM t - starts) + 900 + e * 0.9)::numeric % 9 AS phase FROM run) x
$$;
CREATE PROCEDURE watch(monitor text, ahead interval, dies boolean, late interval) LANGUAGE plpgsql AS $$
DECLARE
	r run;
	seen timestamptz;
BEGIN
	SELECT * INTO r FROM run;
	PERFORM pg_sleep(greatest(0, extract(epoch FROM r.starts - clock_timestamp())));
	WHILE clock_timestamp() < CASE WHEN dies THEN r.starts + (r.ends - r.starts) / 2 ELSE r.ends END LOOP
		FOR e IN 0 .. 9 LOOP
			seen := clock_timestamp() - late;
			INSERT INTO given SELECT monitor, 'e' || e, t.ok, seen + ahead, seen, slt_record('Live', 'e' || e, t.ok, NULL, seen + ahead, monitor), clock_timestamp() FROM truth(e, seen) t;
			COMMIT;
		END LOOP;
		PERFORM pg_sleep(0.2);
	END LOOP;
END $$;
-- every check a transaction: two that record several experiences each, in different orders, would wait for each other
CREATE PROCEDURE replay(part int) LANGUAGE plpgsql AS $$
DECLARE
	g record;
BEGIN
	FOR g IN SELECT * FROM given x WHERE hashtext(x::text) % 2 IN (0, part, -part) ORDER BY md5(x::text || part) LOOP
		PERFORM slt_record('Sessions', g.experience, g.ok, NULL, g.at, g.monitor);
		COMMIT;
	END LOOP;
END $$;
CREATE PROCEDURE ask() LANGUAGE plpgsql AS $$
BEGIN
	WHILE clock_timestamp() < (SELECT ends FROM run) LOOP
		PERFORM pg_sleep(0.2);
		COMMIT;
		INSERT INTO answers SELECT experience, status, now() FROM slt_status('Live');
	END LOOP;
END $$;
SQL

# Runs statements in sessions of their own, side by side.
sub side_by_side
{
	my @sessions = map { my ($in, $out) = ('', ''); { said => \$out, run => IPC::Run::start([ 'psql', '-Xqt', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-c', $_ ], '<', \$in, '>', '/dev/null', '2>', \$out, IPC::Run::timeout(300)) } } @_;

	ok($_->{run}->finish, 'a session came to its end') or diag(${ $_->{said} }) for @sessions;
	return;
}
side_by_side(q{CALL watch('ahead', '0.4 s', false, '0')}, q{CALL watch('behind', '-0.4 s', false, '0')}, q{CALL watch('dying', '0', true, '0')}, q{CALL watch('late', '0', false, '3 s')}, 'CALL ask()');

# ---------- no wrong answer ----------

is(value($node, 'SELECT count(*) FROM given WHERE NOT kept'), '0', 'no check is refused');
# An answer is due when, since the last change, all monitors but the late one have seen how it is, however busy the
# machine, and by their clocks that is over; and the one that died says no more.
$node->safe_psql('postgres', <<'SQL');
DELETE FROM answers WHERE asked_at < (SELECT starts FROM run);
CREATE TABLE judged AS
SELECT a.*, t.ok, t.since, (
	SELECT count(DISTINCT g.monitor) FROM given g WHERE g.experience = a.experience AND g.monitor <> 'late' AND g.seen_at >= t.since + interval '0.1 s' AND greatest(g.given_at + interval '0.2 s', g.at) < a.asked_at - interval '0.1 s'
		AND g.given_at > a.asked_at - interval '2 s') = CASE WHEN a.asked_at < m.died THEN 3 ELSE 2 END
	AND a.asked_at NOT BETWEEN m.died - interval '1 s' AND m.died + interval '4 s' AS due
FROM answers a CROSS JOIN (SELECT max(given_at) AS died FROM given WHERE monitor = 'dying') m, truth(substr(a.experience, 2)::int, a.asked_at - interval '0.2 s') t
WHERE EXISTS (SELECT FROM truth(substr(a.experience, 2)::int, a.asked_at + interval '0.1 s') u WHERE u.ok = t.ok);
SQL
note(value($node, q{SELECT (SELECT count(*) FROM given) || ' checks, ' || count(*) || ' answers, ' || count(*) FILTER (WHERE due) || ' of them due' FROM judged}));
is(value($node, q{SELECT count(*) FROM judged WHERE due AND status <> CASE WHEN ok THEN 'operational' ELSE 'down' END}), '0', 'no answer is wrong')
	or diag(value($node, q{SELECT * FROM judged WHERE due AND status <> CASE WHEN ok THEN 'operational' ELSE 'down' END LIMIT 5}));
isnt(value($node, q{SELECT count(DISTINCT (status, experience)) FROM judged WHERE due}), '0', 'and there are answers');

# each time down is one outage, and nothing else is
is(value($node, q{SELECT count(*) FROM slt_outages o WHERE service = 'Live' AND NOT EXISTS (
	SELECT FROM given g WHERE g.experience = o.experience AND NOT g.ok AND o.during @> g.at)}), '0', 'no outage is of nothing');
is(value($node, q{SELECT count(*) FROM slt_outages o WHERE service = 'Live' AND extract(epoch FROM coalesce(upper(during), clock_timestamp()) - lower(during)) > 6
	AND NOT o.during @> (SELECT max(given_at) FROM given WHERE monitor = 'dying')}), '0', 'none is two')
	or diag(value($node, q{SELECT o.experience, lower(o.during) - starts, upper(o.during) - lower(o.during), ends - starts FROM slt_outages o, run WHERE service = 'Live' ORDER BY 3 DESC NULLS LAST LIMIT 3}));

# ---------- the same in whatever order ----------

side_by_side(q{SELECT count(slt_record('Shuffled', experience, ok, NULL, at, monitor)) FROM (SELECT * FROM given ORDER BY md5(given::text)) g});
side_by_side(q{SELECT count(slt_record('Doubled', experience, ok, NULL, at, monitor)) FROM (SELECT g.* FROM given g, generate_series(1, 2) k ORDER BY md5(g::text || k)) g});
side_by_side('CALL replay(0)', 'CALL replay(1)');
for my $service ('Shuffled', 'Doubled', 'Sessions')
{
	for my $rows ("experience, during FROM slt_outages WHERE service = '%s'", "experience, monitor, since, until FROM slt_coverage WHERE service = '%s'")
	{
		my ($live, $other) = map { sprintf "SELECT $rows", $_ } 'Live', $service;
		is(value($node, "SELECT count(*) FROM (($live EXCEPT ALL $other) UNION ALL ($other EXCEPT ALL $live)) x"), '0', "$service: the same rows of " . ($rows =~ /slt_\w+/g)[0]);
	}
}
cmp_ok(value($node, q{SELECT count(*) FROM slt_outages WHERE service = 'Live'}), '>=', 10, 'of many outages');

done_testing();
