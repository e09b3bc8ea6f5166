#!/bin/bash
# Times what an attached ticket table costs and what is asked of it, next to the same table without the trigger, in rounds
# that take turns, and prints the medians.  bench.sh calls it; it wants a server with slt in its database.
#
# Single statements are measured in CPU time of the backend, so that other work on the machine counts for little.
#
#   BENCH_ROUNDS  how many rounds (7)
#   BENCH_ROWS    how many tickets (1000000)
set -euo pipefail
rounds=${BENCH_ROUNDS:-7}
rows=${BENCH_ROWS:-1000000}
some=$((rows / 4)) # rows of the updates
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export PGOPTIONS="${PGOPTIONS:-} -c search_path=bench,public -c client_min_messages=warning"
export LC_ALL=C

sql() { psql -XqAt -v ON_ERROR_STOP=1 "$@"; }

attach="opened_at => 'opened', severity => 'severity', contract => 'contract', done_at => '{\"response\": \"responded\", \"resolution\": \"resolved\"}', status => 'status', paused_when => '{waiting}', key => 'id', announce_from => NULL"
two="$attach, metrics => '{response,resolution}'"
three=${attach/'"resolved"'/'"resolved", "bench_third": "resolved"'}
attach=$two

echo "making tables of tickets ..." >&2
sql >/dev/null <<S
CREATE EXTENSION IF NOT EXISTS slt;
CREATE EXTENSION IF NOT EXISTS pg_prewarm;
CREATE SCHEMA bench;
INSERT INTO slt_calendars (name, calendar) VALUES ('Always', 'UTC 24/7');
INSERT INTO slt_contracts (name, calendar) VALUES ('Always', 'Always');
INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ('Always', 'S1', 'resolution', '100 hours'), ('Always', 'S3', 'resolution', '30000 hours');

-- what is inserted: tickets of one year
SELECT setseed(0.42);
CREATE TABLE source AS
SELECT i AS id, opened, 'S' || 1 + i % 3 AS severity, (ARRAY['Standard', 'Priority'])[1 + i % 2] AS contract,
	   opened + floor(random() * 1440) * interval '1 minute' AS responded, opened + floor(random() * 14400) * interval '1 minute' AS resolved
FROM (SELECT i, timestamptz '2025-01-01' + floor(random() * 364 * 1440) * interval '1 minute' AS opened FROM generate_series(1, $rows) i OFFSET 0) x;

-- the least that can be stamped: what reads it, two metrics, no index; and a helpdesk's
CREATE TABLE small (id int, opened timestamptz, severity text, contract text, responded timestamptz, resolved timestamptz, status text);
CREATE TABLE usual (id int PRIMARY KEY, opened timestamptz, severity text, contract text, responded timestamptz, resolved timestamptz, status text DEFAULT 'new',
	queue int DEFAULT 3, owner int DEFAULT 17, requestor text DEFAULT 'someone@example.com', subject text DEFAULT 'The printer on the second floor prints nothing but stars',
	updated timestamptz DEFAULT now(), counter int DEFAULT 0);
SELECT slt_attach('small', $attach), slt_attach('usual', $attach);
INSERT INTO slt_metrics (name, pausable, when_reopened) VALUES ('bench_third', false, 'once') ON CONFLICT DO NOTHING;
INSERT INTO slt_targets (contract, severity, metric, amount) SELECT contract, severity, 'bench_third', '6 working hours' FROM slt_targets WHERE metric = 'response' AND contract IN ('Standard', 'Priority');
CREATE TABLE small_three (LIKE small);
CREATE TABLE usual_three (LIKE usual INCLUDING ALL);
SELECT slt_attach(t, $three) FROM unnest('{small_three,usual_three}'::regclass[]) t;
CREATE TABLE source_in_order AS SELECT * FROM source ORDER BY opened;
CREATE TABLE small_plain (LIKE small);
CREATE TABLE usual_plain (LIKE usual INCLUDING ALL);
CREATE TABLE usual_indexed (LIKE usual INCLUDING ALL);
CREATE TABLE usual_floor (LIKE usual INCLUDING ALL);
CREATE TRIGGER floor BEFORE UPDATE ON usual_floor FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
SELECT slt_attach('usual_indexed', $attach);

-- what is updated: nothing of what stamps depend on; suppress_redundant_updates_trigger() is PostgreSQL's own, in C, and
-- does next to nothing here, so it is what any BEFORE UPDATE trigger costs
CREATE TABLE updated_plain (LIKE usual INCLUDING ALL) WITH (fillfactor = 45);
CREATE TABLE updated_floor (LIKE usual INCLUDING ALL) WITH (fillfactor = 45);
CREATE TABLE updated (LIKE usual INCLUDING ALL) WITH (fillfactor = 45);
SELECT slt_attach('updated', $attach);
CREATE TRIGGER floor BEFORE UPDATE ON updated_floor FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
INSERT INTO updated (id, opened, severity, contract) SELECT id, opened, severity, contract FROM source WHERE id <= $some;
INSERT INTO updated_floor SELECT * FROM updated;
INSERT INTO updated_plain SELECT * FROM updated;

-- what is reported: tickets that are done
CREATE TABLE reported (LIKE usual INCLUDING ALL);
SELECT slt_attach('reported', $attach);
INSERT INTO reported (id, opened, severity, contract, responded, resolved) SELECT id, opened, severity, contract, responded, resolved FROM source;

-- what is swept: open tickets with time left
CREATE TABLE swept (LIKE usual INCLUDING ALL);
SELECT slt_attach('swept', $attach);
INSERT INTO swept (id, opened, severity, contract) SELECT id, now() - id % 30000 * interval '1 minute', 'S3', 'Always' FROM source;
S
index() { sql -c "SELECT zz_slt_internal.index_command('bench.$1', NULL)" | sql; }
index swept
index reported
index usual_indexed
sql -c 'VACUUM (FREEZE, ANALYZE)'

# name | at most | of what | rows | before | statement
insert() { echo "$1|$2|$3|$rows|TRUNCATE $4; CHECKPOINT|INSERT INTO $4 (id, opened, severity, contract) SELECT id, opened, severity, contract FROM source"; }
insert_in_order() { echo "$1|$2|$3|$rows|TRUNCATE $4; CHECKPOINT|INSERT INTO $4 (id, opened, severity, contract) SELECT id, opened, severity, contract FROM source_in_order"; }
answer() { echo "$1|$2|$3|$rows|SELECT 1|$4"; }
group_by() { echo "SELECT date_trunc('month', opened), severity, contract, count(*), count(*) FILTER (WHERE slt_$1_met), percentile_disc(0.5) WITHIN GROUP (ORDER BY $2 - opened), percentile_disc(0.9) WITHIN GROUP (ORDER BY $2 - opened) FROM reported GROUP BY 1, 2, 3"; }
update() { echo "$1|$2|$3|$some|VACUUM $4; CHECKPOINT|UPDATE $4 SET counter = counter + 1"; }
{
	insert 'INSERT, small table, no trigger' '' '' small_plain
	insert 'INSERT, small table, attached' 1.75 'INSERT, small table, no trigger' small
	insert 'INSERT, small table, three metrics' 2.00 'INSERT, small table, no trigger' small_three
	insert 'INSERT, usual table, no trigger' '' '' usual_plain
	insert 'INSERT, usual table, attached' 1.35 'INSERT, usual table, no trigger' usual
	insert 'INSERT, usual table, three metrics' 1.50 'INSERT, usual table, no trigger' usual_three
	insert 'INSERT, usual table, index for sweeps, any order' '' 'INSERT, usual table, no trigger' usual_indexed
	insert_in_order 'INSERT, usual table, no trigger, in order' '' '' usual_plain
	insert_in_order 'INSERT, usual table, index for sweeps, in order' 1.70 'INSERT, usual table, no trigger, in order' usual_indexed
	update 'UPDATE of another column, no trigger' '' '' updated_plain
	update 'UPDATE, with a trigger of PostgreSQL that does nothing' '' 'UPDATE of another column, no trigger' updated_floor
	update 'UPDATE, attached' 1.00 'UPDATE, with a trigger of PostgreSQL that does nothing' updated
	answer 'two GROUP BYs with percentile_disc, one a metric' '' '' "SELECT count(*) FROM ($(group_by response responded) UNION ALL $(group_by resolution resolved)) x"
	answer 'slt_report of a year, by month' 1.00 'two GROUP BYs with percentile_disc, one a metric' "SELECT count(*) FROM slt_report('reported', '[2025-01-01,2026-01-01)', 'month')"
	answer 'slt_report_page of a month, with twelve' '' '' "SELECT length(slt_report_page('reported', '[2025-12-01,2026-01-01)'))"
	answer 'slt_clocks of all tickets, two clocks each' '' '' 'SELECT count(c.state) FROM reported t, slt_clocks(t) c'
} >"$out/cases"

# Runs each case of a file once, and prints "name<TAB>CPU milliseconds".
run_cases() {
	{ echo "SELECT count(*) FROM source;"
	  awk -F'|' '{ print $5 ";\n\\warn @" $1 "\nSET log_statement_stats = on;\n" $6 ";\nSET log_statement_stats = off;" }' "$1" |
		sed 's/^\(TRUNCATE.*\|VACUUM.*\); CHECKPOINT;$/\1;\nCHECKPOINT;/'; } |
		PGOPTIONS="$PGOPTIONS -c client_min_messages=log" sql 2>&1 >/dev/null |
		awk '/ERROR/ { print > "/dev/stderr" } /^@/ { name = substr($0, 2) }
			/^!\t[0-9.]+ s user, .* elapsed$/ && name != "" { sub(/^!\t/, ""); print name "\t" ($1 + $4) * 1000; name = "" }'
}

# Prints the median of the numbers that come in.
median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

: >"$out/samples"
for ((round = 0; round <= rounds; round++)); do
	[ "$round" = 0 ] || printf '\rround %d of %d ' "$round" "$rounds" >&2
	run_cases "$out/cases" | if [ "$round" = 0 ]; then cat >/dev/null; else cat >>"$out/samples"; fi
done
echo >&2
cut -f1 "$out/samples" | sort -u | while read -r name; do
	printf '%s\t%s\n' "$name" "$(awk -F'\t' -v name="$name" '$1 == name { print $2 }' "$out/samples" | median)"
done >"$out/medians"
awk -F'|' -v medians="$out/medians" '
	BEGIN {
		while ((getline line < medians) > 0) { split(line, f, "\t"); ms[f[1]] = f[2] }
		printf "| %-54s | %8s | %5s | %s |\n", "tickets, CPU time of one backend", "ns/row", "ratio", "asked for"
		print "|---|--:|--:|---|"
	}
	{
		ratio = $3 == "" ? 1 : ms[$1] / ms[$3]
		asked = $2 == "" ? "" : sprintf("at most %.2f%s", $2, ratio > $2 ? "  MISSED" : "")
		printf "| %-54s | %8.0f | %5.2f | %s |\n", $1, ms[$1] * 1000000 / $4, ratio, asked
	}' "$out/cases"
echo

# Says what a figure is, and what it should be.
judge() { awk -v x="$1" -v limit="$2" -v text="$3" -v less="$4" 'BEGIN { printf "%s, %s%s\n", text, less ? "less than " limit " asked for" : "at least " limit " asked for", (less ? x >= limit : x < limit) ? "  MISSED" : "" }'; }

# ---------- single rows, as applications write them ----------

# The CPU time of all sessions that have ended so far, in clock ticks: the postmaster's children.
server_cpu() { sql -c "SELECT stat[14]::bigint + stat[15]::bigint FROM string_to_array(regexp_replace(pg_read_file('/proc/' || split_part(pg_read_file('postmaster.pid'), E'\n', 1) || '/stat'), '^.*\) ', ''), ' ') stat"; }

# Runs pgbench with a script over a table; the rest are its options.  Prints transactions a second, and CPU time for each.
run_pgbench() {
	local script=$1 table=$2 before
	shift 2
	before=$(server_cpu)
	pgbench -n -M prepared -f "$script.$table" -D "rows=$some" "$@" >"$out/pgbench" 2>&1 || cat "$out/pgbench" >&2
	if grep -qiE 'error|deadlock|aborted' "$out/pgbench" || grep -qE 'failed transactions: [1-9]' "$out/pgbench"; then
		touch "$out/failed"
		cat "$out/pgbench" >&2
	fi
	sleep 0.1 # until the postmaster has heard of the end
	awk -v cpu="$(($(server_cpu) - before))" '/actually processed:/ { n = $NF } /^tps/ { print $3 "\t" cpu / n }' "$out/pgbench"
}

# Makes a script for each of some tables; it comes in with :table for the table.
make_scripts() {
	local name=$1 text table
	shift
	text=$(cat)
	for table in "$@"; do echo "${text//:table/$table}" >"$out/$name.$table"; done
}

# Prints the median over the rounds of one column over another: what else the machine does changes from second to second.
ratio() { awk -v a="$2" -v b="$3" '{ print $a / $b }' "$1" | median | awk '{ printf "%.2f", $1 }'; }

make_scripts update updated_plain updated_floor updated <<'P'
\set id random(1, :rows)
UPDATE :table SET counter = counter + 1 WHERE id = :id;
P
sql -c 'VACUUM updated_plain, updated_floor, updated' -c CHECKPOINT
tables=(updated_plain updated_floor updated)
for ((round = 0; round <= 3 * rounds; round++)); do
	printf '\rsingle rows, round %d of %d ' "$round" "$((3 * rounds))" >&2
	for table in "${tables[@]}"; do
		echo "$table $(run_pgbench "$out/update" "$table" -c 1 -t 10000)"
	done | sort | cut -d' ' -f2 | paste -s | if [ "$round" = 0 ]; then cat >/dev/null; else cat >>"$out/single"; fi # slt, floor, plain
	tables=("${tables[@]:1}" "${tables[0]}")
done
echo >&2
share=$(ratio "$out/single" 2 6)
judge "$share" 1.101 "UPDATE of another column by primary key, prepared, CPU time of a transaction: $share x without the trigger, a trigger that does nothing $(ratio "$out/single" 4 6) x" less | sed 's/less than 1.101/at most 1.10/'

# ---------- backfill, sweep, reports ----------

# Prints the median of the times of a statement in milliseconds; before each run, another.
time_of() {
	local i
	for ((i = 1; i <= $1; i++)); do sql -c "$2" -c "SELECT 1 FROM slt_attached()" -c '\timing on' -c "$3" | awk '/^Time:/ { t = $2 } END { print t }'; done | median
}


sql >/dev/null <<S
CREATE TABLE filled (LIKE usual_plain INCLUDING DEFAULTS, PRIMARY KEY (id));

INSERT INTO filled (id, opened, severity, contract, responded, resolved) SELECT id, opened, severity, contract, responded, CASE WHEN id % 100 > 0 THEN resolved END FROM source;
SELECT slt_attach('filled', $attach);
SELECT slt_detach(t) FROM unnest('{small,usual,updated,small_three,usual_three}'::regclass[]) t;
TRUNCATE usual_indexed, usual, small, updated, small_three, usual_three;
S
index filled
for i in 1 2 3; do
	sql -c "ALTER TABLE filled DISABLE TRIGGER zz_slt_stamp" \
		-c "UPDATE filled SET slt_response_due = NULL, slt_response_met = NULL, slt_resolution_due = NULL, slt_resolution_met = NULL, slt_announce_at = NULL" \
		-c "ALTER TABLE filled ENABLE TRIGGER zz_slt_stamp" -c "VACUUM FULL filled" -c "VACUUM (FREEZE, ANALYZE) filled" -c "CHECKPOINT"
	sql -c '\timing on' -c "CALL slt_backfill('filled')" | awk '/^Time:/ { print $2 }'
done >"$out/backfill"
rate=$(awk -v rows="$rows" -v ms="$(median <"$out/backfill")" 'BEGIN { printf "%d", rows / ms * 1000 }')
judge "$rate" 50000 "backfill of $rows rows: $rate rows a second" ''
sql -c 'VACUUM (FREEZE, ANALYZE) filled'

late="INSERT INTO swept (id, opened, severity, contract) SELECT i + (SELECT max(id) FROM swept), now() - CASE WHEN i % 2 = 0 THEN interval '80 hours' ELSE interval '101 hours' END, 'S1', 'Always' FROM generate_series(1, 100) i"
sql -c "SELECT slt_sweep()" >/dev/null
sql -c 'VACUUM (ANALYZE) filled, swept'
announced=$(sql -c "$late" -c "SELECT slt_sweep()")
[ "$announced" = 100 ] || echo "a sweep announced $announced tickets instead of 100" >&2
warm=$(for ((i = 1; i <= rounds; i++)); do
	{ echo "SELECT slt_sweep();"; echo "$late;"; echo '\timing on'; echo "SELECT slt_sweep();"; } | sql | awk '/^Time:/ { print $2 }'
done | median)
judge "$warm" 10 "$(printf 'sweep of %d open tickets of which 100 are newly late or at risk: %.1f ms' "$rows" "$warm")" less
printf '  the same in a new session: %.1f ms; nothing to announce: %.2f ms\n' "$(time_of 5 "$late" 'SELECT slt_sweep()')" \
	"$({ echo "SELECT slt_sweep();"; echo '\timing on'; for i in 1 2 3 4 5; do echo "SELECT slt_sweep();"; done; } | sql | awk '/^Time:/ { print $2 }' | median)"

# what became due in one second, as the worker does it
sql -c "INSERT INTO swept (id, opened, severity, contract) SELECT i + (SELECT max(id) FROM swept), now() - interval '100 hours' - interval '1 second', 'S1', 'Always' FROM generate_series(1, 10000) i" -c 'DELETE FROM slt_events'
burst=$(sql -c '\timing on' -c 'CALL slt_sweep_all()' | awk '/^Time:/ { print $2 }')
judge "$burst" 2000 "$(printf '10,000 tickets due at once, announced in batches that commit: %.0f ms; events: %s' "$burst" "$(sql -c 'SELECT count(*) FROM slt_events')")" less

one=$({ echo 'PREPARE one (int) AS SELECT c.state FROM reported t, slt_clocks(t) c WHERE t.id = $1;'; echo 'EXECUTE one (1);'; echo '\timing on'; for i in $(seq 1 200); do echo "EXECUTE one ($i);"; done; } | sql | awk '/^Time:/ { print $2 * 1000 }' | median)
judge "$one" 100 "$(printf 'slt_clocks of one ticket by its key, prepared: %.0f us with the way to the client' "$one")" less
printf '  slt_tickets, all: %.0f ms; breached only: %.0f ms; slt_ticket_counts, %d open tickets: %.0f ms\n' \
	"$(time_of 3 'SELECT 1' "SELECT count(*) FROM slt_tickets('filled')")" "$(time_of 3 'SELECT 1' "SELECT count(*) FROM slt_tickets('filled', 'breached')")" \
	"$rows" "$(time_of 3 'SELECT 1' "SELECT count(*) FROM slt_ticket_counts()")"

# many runs of one clock: an UPDATE each
sql -c "INSERT INTO slt_metrics (name, pausable, when_reopened) VALUES ('bench_reply', false, 'restart')" -c "INSERT INTO slt_targets (contract, severity, metric, amount) VALUES ('Always', 'S1', 'bench_reply', '4 hours')" \
	-c 'CREATE TABLE talked (id int PRIMARY KEY, opened timestamptz, asked timestamptz, answered timestamptz)' \
	-c "SELECT slt_attach('talked', 'opened', severity_value => 'S1', contract_value => 'Always', started_at => '{\"bench_reply\": \"asked\"}', done_at => '{\"bench_reply\": \"answered\"}', metrics => '{bench_reply}')" \
	-c "INSERT INTO talked SELECT i, '2025-01-01', '2025-01-01' FROM generate_series(1, 100) i" >/dev/null
runs=$(for n in 50 200; do
	sql -c "UPDATE talked SET asked = '2025-01-01', answered = NULL, slt_bench_reply_runs = NULL" >/dev/null
	sql -c "DO \$\$ BEGIN FOR i IN 1 .. $n LOOP UPDATE talked SET answered = asked + interval '1 hour'; UPDATE talked SET asked = answered + interval '1 hour'; END LOOP; END \$\$" >/dev/null
	sql -c '\timing on' -c "UPDATE talked SET answered = asked + interval '1 hour'" -c "UPDATE talked SET asked = answered + interval '1 hour'" | awk '/^Time:/ { t += $2 } END { print t * 1000 / 200 }'
done | paste -s)
printf '  an UPDATE of a ticket with 50 runs of a clock, and with 200: %s us\n' "$(tr '\t' ' ' <<<"$runs")"

# ---------- many clients ----------

make_scripts resolve usual_plain usual_floor usual_indexed <<'P'
INSERT INTO :table (id, opened, severity, contract) VALUES (nextval('ids'), now(), 'S1', 'Standard') RETURNING id \gset
UPDATE :table SET status = 'resolved', resolved = now(), updated = now() WHERE id = :id;
P
make_scripts life usual_plain usual_floor usual_indexed <<'P'
INSERT INTO :table (id, opened, severity, contract) VALUES (nextval('ids'), now(), 'S1', 'Standard') RETURNING id \gset
UPDATE :table SET owner = 18, updated = now() WHERE id = :id;
UPDATE :table SET responded = now(), status = 'waiting', updated = now() WHERE id = :id;
UPDATE :table SET status = 'open', updated = now() WHERE id = :id;
UPDATE :table SET subject = 'It does print now', updated = now() WHERE id = :id;
UPDATE :table SET status = 'resolved', resolved = now(), updated = now() WHERE id = :id;
P
cat >"$out/edits" <<'P'
\set hours random(1, 20)
\set day random(1, 1000)
BEGIN;
UPDATE slt_targets SET amount = make_working_interval(hours => :hours) WHERE contract = 'Standard' AND severity = 'S1' AND metric = 'resolution';
INSERT INTO slt_holidays (list, day, name) VALUES ('Egypt', date '2040-01-01' + :day, 'bench') ON CONFLICT DO NOTHING;
DELETE FROM slt_holidays WHERE day = date '2040-01-01' + (:day + 500) % 1000;
COMMIT;
P
sql -c 'CREATE SEQUENCE ids CACHE 1000'
deadlocks="SELECT sum(deadlocks) FROM pg_stat_database"

# Has eight clients run a script on each table while the policy is edited so many times a second, in rounds of other order.
clients() {
	local editor round table tables=(usual_plain usual_floor usual_indexed)
	: >"$out/clients"
	for ((round = 1; round <= rounds; round++)); do
		printf '\r8 clients, %s, %s edits a second, round %d of %d ' "$1" "$2" "$round" "$rounds" >&2
		for table in usual_plain usual_floor usual_indexed; do sql -c "TRUNCATE $table" -c CHECKPOINT; done
		for table in "${tables[@]}"; do
			pgbench -n -c 1 -T 3 --rate="$2" -f "$out/edits" >"$out/editor" 2>&1 &
			editor=$!
			echo "$table $(run_pgbench "$out/$1" "$table" -c 8 -j 2 -T 2)"
			wait "$editor" || touch "$out/failed"
			if grep -qiE 'error|deadlock|aborted' "$out/editor"; then
				touch "$out/failed"
				cat "$out/editor" >&2
			fi
		done | sort | cut -d' ' -f2 | paste -s >>"$out/clients" # floor, indexed, plain
		tables=("${tables[@]:1}" "${tables[0]}")
	done
	echo >&2
}
before=$(sql -c "$deadlocks")
echo '8 clients while the policy is edited; transactions a second, of those without a trigger:'
for commit in on off; do
	PGOPTIONS="$PGOPTIONS -c synchronous_commit=$commit" clients resolve 1
	share=$(ratio "$out/clients" 3 5)
	judge "$share" 0.85 "  open and resolve tickets, an edit a second, synchronous_commit $commit: $share, with a trigger that does nothing $(ratio "$out/clients" 1 5)" ''
done
clients life 1
share=$(ratio "$out/clients" 3 5)
judge "$share" 0.85 "  a whole life of a ticket, six statements, an edit a second, synchronous_commit off: $share, with a trigger that does nothing $(ratio "$out/clients" 1 5)" ''
for edits in 10 100; do
	clients resolve "$edits"
	printf '  open and resolve tickets, %d edits a second, synchronous_commit off: %s\n' "$edits" "$(ratio "$out/clients" 3 5)"
done
printf '  errors: %s; deadlocks: %s\n' "$([ -e "$out/failed" ] && echo 'SOME, see above' || echo none)" "$(($(sql -c "$deadlocks") - before))"

sql -c "SELECT slt_detach(ticket_table) FROM slt_attached()" -c "DROP SCHEMA bench CASCADE" -c "DELETE FROM slt_targets WHERE contract = 'Always' OR metric LIKE 'bench%'" -c "DELETE FROM slt_metrics WHERE name LIKE 'bench%'" -c "DELETE FROM slt_contracts WHERE name = 'Always'" \
	-c "DELETE FROM slt_calendars WHERE name = 'Always'" -c "DELETE FROM slt_events" >/dev/null
