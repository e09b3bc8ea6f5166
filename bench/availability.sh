#!/bin/bash
# Times availability on a million outages of ten years, one core, in rounds that take turns, and prints the medians next
# to the best that plain SQL can do.  bench.sh calls it; it wants a server with slt in its database.
#
#   BENCH_ROUNDS  how many rounds (7)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
rounds=${BENCH_ROUNDS:-7}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

ten_years="tstzrange('2016-01-01 UTC', '2026-01-01 UTC')"
months="(SELECT i, timestamptz '2016-01-01 UTC' + i % 119 * interval '1 month' AS a FROM generate_series(0, 999) i) g"
# the two ways in SQL that are worth it: the longest end so far by a window, and range_agg; both less maintenance
running="WITH q AS (SELECT timestamptz '2016-01-01 UTC' AS a, timestamptz '2026-01-01 UTC' AS z), m AS (SELECT sum(date_part('epoch', upper(during * tstzrange(a, z)) - lower(during * tstzrange(a, z)))) AS s FROM windows, q) SELECT round((1 - (sum(date_part('epoch', e - greatest(s, top))) FILTER (WHERE top IS NULL OR e > top) - (SELECT s FROM m)) / (SELECT date_part('epoch', z - a) - m.s FROM q, m))::numeric, 9) FROM (SELECT s, e, max(e) OVER (ORDER BY s, e ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS top FROM (SELECT greatest(lower(during), a) AS s, least(upper(during), z) AS e FROM (SELECT during FROM one UNION ALL SELECT during FROM windows) b, q WHERE during && tstzrange(a, z)) o) p"
range_agg="WITH q AS (SELECT tstzmultirange($ten_years) AS r, range_agg(during) AS m FROM windows) SELECT round((1 - (SELECT sum(extract(epoch FROM upper(x) - lower(x))) FROM unnest(down) x) / (SELECT sum(extract(epoch FROM upper(x) - lower(x))) FROM unnest(r - m) x))::numeric, 9) FROM (SELECT r, m, (SELECT range_agg(during) FROM one) * r - m AS down FROM q) y"

# name | at most | of what | units | query
cat >"$out/cases" <<Q
scan of outages||best SQL|1000000|SELECT count(during) FROM one
best SQL: running maximum of ends||best SQL|1000000|$running
range_agg, minus maintenance||best SQL|1000000|$range_agg
slt_availability, 10 years of one service|0.50|best SQL: running maximum of ends|1000000|SELECT slt_availability($ten_years, 'One')
the aggregate, over the same table|0.50|best SQL: running maximum of ends|1000000|SELECT slt_availability(during, $ten_years) FROM one
the aggregate, GROUP BY 1000 services|0.50|best SQL: running maximum of ends|1000000|SELECT sum(a) FROM (SELECT slt_availability(during, $ten_years) AS a FROM many GROUP BY service) x
slt_availability_report, 120 months|0.50|best SQL: running maximum of ends|1000000|SELECT count(*) FROM slt_availability_report($ten_years, 'month', 'One')
Q
cat >"$out/months" <<Q
one service, one month|1000|SELECT sum(slt_availability(tstzrange(a, a + interval '1 month'), 'S' || i)) FROM $months
one service, one month, SQL with an index|1000|SELECT sum((SELECT sum(upper(x) - lower(x)) FROM unnest(down * tstzmultirange(tstzrange(a, a + interval '1 month'))) x)) FROM $months, LATERAL (SELECT range_agg(during) AS down FROM many WHERE service = 'S' || i AND lower(during) < a + interval '1 month' AND lower(during) > a - interval '1 day') o
Q
cat >"$out/days" <<Q
90 days of each experience, 100,000 outages|1|SELECT count(*) FROM slt_availability_periods(slt_calendar_periods(tstzrange(now() - interval '90 days', now()), 'day', 'UTC'), 'Site', each_experience => true)
10,000 checks in order, a statement|10000|BEGIN; SELECT count(slt_record('Checked', 'in order', i % 500 > 1, NULL, now() + (i - 10000) * interval '1 second')) FROM generate_series(1, 10000) i; ROLLBACK
10,000 checks of 10 experiences, out of order|10000|BEGIN; SELECT count(slt_record('Checked', 'e' || i % 10, i % 50 > 1, NULL, now() + (i - 10015 + i * 7919 % 11) * interval '1 second')) FROM generate_series(1, 10000) i; ROLLBACK
Q

echo "making a million outages twice ..." >&2
psql -XqAt >/dev/null <<'S'
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE EXTENSION IF NOT EXISTS slt;
CREATE EXTENSION IF NOT EXISTS pg_prewarm;
SELECT setseed(0.42);
INSERT INTO slt_services (name) SELECT 'S' || i FROM generate_series(0, 999) i;
INSERT INTO slt_services (name, maintenance_window) VALUES ('One', 'UTC Sa 02:00-04:00'), ('Site', 'UTC Sa 02:00-04:00'), ('Checked', NULL);
INSERT INTO slt_experiences (service, name) SELECT 'Site', 'x' || i FROM generate_series(1, 8) i UNION ALL SELECT 'Checked', 'e' || i FROM generate_series(0, 9) i UNION ALL VALUES ('Checked', 'in order');
CREATE TABLE many AS
SELECT 'S' || i % 1000 AS service, tstzrange(at, at + (1 - 90 * ln(1 - random())) * interval '1 second') AS during
FROM (SELECT i, timestamptz '2016-01-01 UTC' + random() * 3653 * interval '1 day' AS at FROM generate_series(1, 1000000) i OFFSET 0) x;
CREATE INDEX ON many (service, lower(during));
CREATE TABLE one AS SELECT during FROM many;
CREATE TABLE windows AS SELECT tstzrange(d, d + interval '2 hours') AS during FROM generate_series(timestamptz '2016-01-02 02:00 UTC', timestamptz '2026-01-01 UTC', interval '7 days') d;
INSERT INTO slt_outages (service, during) SELECT service, during FROM many;
VACUUM (FREEZE, ANALYZE);
S

# Prints "name<TAB>milliseconds" for each case of a file, all in one session; the query is the last field.
run_cases() {
	# once before it is timed, so that the session has seen the pages
	awk -F'|' '{ q = $0; for (i = 1; i < '"$2"'; i++) sub(/^[^|]*[|]/, "", q); print "\\echo @"; print q ";"; print "\\echo @" $1; print q ";" }' "$1" >"$out/script"
	{ echo "SET timezone = 'UTC';"; echo '\timing on'; cat "$out/script"; } | psql -XqAt |
		awk '/^@/ { if (name != "") print name "\t" sum; name = substr($0, 2); sum = 0 } /^Time:/ && name != "" { sum += $2 } END { print name "\t" sum }'
}

: >"$out/samples"
sample() {
	for ((round = 0; round <= rounds; round++)); do
		[ "$round" = 0 ] || printf '\rround %d of %d ' "$round" "$rounds" >&2
		run_cases "$1" "$2" | if [ "$round" = 0 ]; then cat >/dev/null; else cat >>"$out/samples"; fi
	done
	echo >&2
}
# Puts other outages into the table.
fill() { psql -XqAt -c "TRUNCATE slt_outages" -c "SET timezone = 'UTC'" -c "$1" -c "VACUUM (FREEZE, ANALYZE) slt_outages" >/dev/null; }

sample "$out/months" 3
fill "INSERT INTO slt_outages (service, experience, during, planned) SELECT 'Site', 'x' || 1 + i % 8, tstzrange(at, at - 90 * ln(1 - random()) * interval '1 second' + interval '1 second'), i % 20 = 0 FROM (SELECT i, now() - random() * interval '90 days' AS at FROM generate_series(1, 100000) i OFFSET 0) x"
sample "$out/days" 3
fill "INSERT INTO slt_outages (service, during) SELECT 'One', during FROM one"
sample "$out/cases" 5

sort -t"$(printf '\t')" -k1,1 -k2,2n "$out/samples" | awk -F'\t' '
	function flush() { if (name != "") median[name] = n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2 }
	$1 != name { flush(); name = $1; n = 0 }
	{ v[++n] = $2 }
	END { flush(); for (x in median) print x "\t" median[x] }' >"$out/medians"
awk -F'|' -v medians="$out/medians" '
	BEGIN {
		while ((getline line < medians) > 0) { split(line, f, "\t"); ms[f[1]] = f[2] }
		printf "\n| %-42s | %8s | %s |\n", "a million outages, one core", "ns/row", "asked for"
		print "|---|--:|---|"
	}
	{
		asked = ""
		if ($2 != "") {
			ratio = ms[$1] / ms[$3]
			asked = sprintf("%.2f of at most %.2f x best SQL%s", ratio, $2, ratio > $2 ? "  MISSED" : "")
		}
		printf "| %-42s | %8.1f | %s |\n", $1, ms[$1] * 1000000 / $4, asked
	}' "$out/cases"
awk -F'|' -v medians="$out/medians" '
	BEGIN {
		while ((getline line < medians) > 0) { split(line, f, "\t"); ms[f[1]] = f[2] }
		print ""
	}
	{
		us = ms[$1] * 1000 / $2
		asked = $1 ~ /^one service, one month$/ ? (us < 100 ? ", under 100 us asked for" : ", under 100 us asked for  MISSED") : \
			$1 ~ /^90 days/ ? (us < 50000 ? ", under 50 ms asked for" : ", under 50 ms asked for  MISSED") : \
			$1 ~ /checks/ ? sprintf(": %d a second, 10,000 asked for%s", 1000000 / us, us > 100 ? "  MISSED" : "") : ""
		printf us < 1000 ? "%s: %.1f us%s\n" : "%s: %.0f us%s\n", $1, us, asked
	}' "$out/months" "$out/days"
