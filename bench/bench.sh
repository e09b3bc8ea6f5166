#!/bin/bash
# Times each query on a million tickets, one core, in rounds that take turns,
# and prints the medians next to PostgreSQL's own opened_at + interval '2 days'.
#
#   BENCH_ROUNDS  how many rounds (7)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
rounds=${BENCH_ROUNDS:-7}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# name ~ at most ~ of what ~ query
cat >"$out/cases" <<'Q'
scan~~base~SELECT max(opened_at) FROM tickets
base~~base~SELECT max(opened_at + interval '2 days') FROM tickets
closed_at - opened_at~~base~SELECT max(closed_at - opened_at) FROM tickets
16 working hours, calendar value~0.60~base~SELECT max(working_add(opened_at, '16 working hours', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00')) FROM tickets
2 working days, calendar value~1.20~16 working hours, calendar value~SELECT max(working_add(opened_at, '2 working days', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00')) FROM tickets
10 years of hours, calendar value~1.10~2 working days, calendar value~SELECT max(working_add(opened_at, '24000 working hours', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00')) FROM tickets
10 years of days, calendar value~1.10~2 working days, calendar value~SELECT max(working_add(opened_at, '3000 working days', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00')) FROM tickets
16 working hours, two zones~1.30~16 working hours, calendar value~SELECT max(working_add(opened_at, '16 working hours', working_calendar '(Africa/Cairo Su-Fr 09:00-17:00) | (Asia/Manila Mo-Fr 22:00-06:00)')) FROM tickets
16 working hours, hours of both~1.30~16 working hours, calendar value~SELECT max(working_add(opened_at, '16 working hours', working_calendar '(Africa/Cairo Su-Fr 09:00-17:00) & (Europe/Berlin Mo-Fr 09:00-17:00)')) FROM tickets
2 working days, two zones~~2 working days, calendar value~SELECT max(working_add(opened_at, '2 working days', working_calendar '(Africa/Cairo Su-Fr 09:00-17:00) | (Asia/Manila Mo-Fr 22:00-06:00)')) FROM tickets
16 working hours, calendar column~1.50~16 working hours, calendar value~SELECT max(working_add(opened_at, '16 working hours', calendar)) FROM tickets
slt_deadline, all from columns~0.80~base~SELECT max(slt_deadline(opened_at, severity, contract)) FROM tickets
working_between, calendar name~0.75~base~SELECT max(working_between(opened_at, closed_at, 'Egypt')) FROM tickets
Q
# the plain-SQL recipe, on a tenth of the rows since it is slow
cat >"$out/recipe" <<'Q'
16 working hours, slots and btree~~base~SELECT max(b.starts + (a.want - b.before)) FROM (SELECT * FROM tickets WHERE id <= 100000) t CROSS JOIN LATERAL (SELECT before + (least(t.opened_at, ends) - starts) + interval '16 hours' AS want FROM slot WHERE starts <= t.opened_at ORDER BY starts DESC LIMIT 1) a CROSS JOIN LATERAL (SELECT starts, before FROM slot WHERE before < a.want ORDER BY before DESC LIMIT 1) b
Q

echo "making a million tickets ..." >&2
psql -XqAt -f "$here/setup.sql" >/dev/null

# Prints "name<TAB>milliseconds" for each case of a file, all in one session.
run_cases() {
	awk -F'~' '{ print "\\echo @" $1; print $4 ";" }' "$1" >"$out/script"
	{ echo "SELECT pg_prewarm('tickets');"; echo '\timing on'; cat "$out/script"; } | psql -XqAt |
		awk '/^@/ { name = substr($0, 2) } /^Time:/ && name != "" { print name "\t" $2; name = "" }'
}

: >"$out/samples"
for ((round = 0; round <= rounds; round++)); do
	[ "$round" = 0 ] || printf '\rround %d of %d ' "$round" "$rounds" >&2
	{ run_cases "$out/cases"; run_cases "$out/recipe" | awk -F'\t' '{ print $1 "\t" $2 * 10 }'; } |
		if [ "$round" = 0 ]; then cat >/dev/null; else cat >>"$out/samples"; fi
done
echo >&2

sort -t"$(printf '\t')" -k1,1 -k2,2n "$out/samples" | awk -F'\t' '
	function flush() { if (name != "") median[name] = n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2 }
	$1 != name { flush(); name = $1; n = 0 }
	{ v[++n] = $2 }
	END { flush(); for (x in median) print x "\t" median[x] }' >"$out/medians"
awk -F'~' -v medians="$out/medians" '
	BEGIN {
		while ((getline line < medians) > 0) { split(line, f, "\t"); ms[f[1]] = f[2] }
		printf "| %-36s | %8s | %8s | %s |\n", "a million tickets, one core", "ns/row", "x base", "asked for"
		print "|---|--:|--:|---|"
	}
	{
		asked = ""
		if ($2 != "") {
			ratio = ms[$1] / ms[$3]
			asked = sprintf("%.2f of at most %.2f x %s%s", ratio, $2, $3, ratio > $2 ? "  MISSED" : "")
		}
		printf "| %-36s | %8.1f | %8.2f | %s |\n", $1, ms[$1], ms[$1] / ms["base"], asked
	}' "$out/cases" "$out/recipe"

# Prints the median of five runs of a statement in microseconds, each in a new session if $1 is "cold".
measure() {
	local i session=$1
	shift
	for i in 1 2 3 4 5; do
		if [ "$session" = cold ]; then psql -XqAt -c '\timing on' -c "LOAD 'slt'" -c "$1"
		else psql -XqAt -c '\timing on' -c "$1" -c "$1"; fi | awk '/^Time:/ { t = $2 } END { print t * 1000 }'
	done | sort -n | sed -n 3p
}

echo
for n in 50 100 200; do
	psql -XqAt >"$out/pauses" <<-S
		CREATE TEMP TABLE p AS SELECT range_agg(tstzrange(d, d + interval '30 minutes')) AS paused
			FROM generate_series(timestamptz '2026-01-04 10:00', timestamptz '2026-01-04 10:00' + ($n - 1) * interval '1 day', '1 day') d;
		SELECT working_add('2026-01-04 09:00', '2000 working hours', 'Egypt', paused) FROM p;
		\timing on
		SELECT max(working_add(timestamptz '2026-01-04 09:00' + i * interval '1 second', '2000 working hours', 'Egypt', paused))
			FROM p, generate_series(1, 2000) i;
	S
	awk -v n="$n" '/^Time:/ { printf "%3d pauses in a call: %.1f us\n", n, $2 / 2 }' "$out/pauses"
done
printf 'first call in a new backend, library loaded: slt_deadline %.0f us, working_add with a calendar value %.0f us\n' \
	"$(measure cold "SELECT slt_deadline('2026-11-22 10:00', 'S1', 'Standard')")" \
	"$(measure cold "SELECT working_add('2026-11-22 10:00', '2 working days', working_calendar 'Africa/Cairo Su-Fr 09:00-17:00')")"
psql -XqAt -c "SELECT working_between('2015-01-01', '2035-12-31', 'Egypt')" -c "SELECT format('memory kept for the shipped calendar 2015-2035: %s kB', round(sum(total_bytes) / 1000)) FROM pg_backend_memory_contexts WHERE name IN ('slt calendar', 'slt policy')" | tail -1

echo
bash "$here/availability.sh"
echo
bash "$here/status.sh"

echo
bash "$here/tickets.sh"
