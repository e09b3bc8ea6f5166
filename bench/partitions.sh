#!/bin/bash
# Times a ticket table of 300 partitions next to the same tickets in one table: INSERT, sweep, report.  It wants a server
# with slt in its database, and leaves nothing behind.
#
#   BENCH_ROWS        how many tickets (600000)
#   BENCH_PARTITIONS  how many partitions, each of a week (300)
set -euo pipefail
rows=${BENCH_ROWS:-600000}
partitions=${BENCH_PARTITIONS:-300}
export PGOPTIONS="${PGOPTIONS:-} -c search_path=bench_parts,public -c client_min_messages=warning"

sql() { psql -XqAt -v ON_ERROR_STOP=1 "$@"; }

# Prints what each statement of a script takes, under the name that a line @name before it gives.
timed() {
	sed 's/^@\(.*\)$/\\echo @\1/' | { echo '\timing on'; cat; } | sql | awk '/^@/ { name = substr($0, 2) } /^Time:/ && name != "" { printf "    %-70s %10.1f ms\n", name, $2; name = "" }'
}

trap 'sql -c "DROP SCHEMA IF EXISTS bench_parts CASCADE" || true' EXIT
echo "making $rows tickets in $partitions partitions ..." >&2
sql >/dev/null <<S
CREATE EXTENSION IF NOT EXISTS slt;
CREATE SCHEMA bench_parts;
CREATE TABLE source AS
SELECT i AS id, date_trunc('week', now()) - i::numeric / $rows * $partitions * interval '1 week' + interval '1 week' AS opened, 'S' || 1 + i % 3 AS severity, (ARRAY['Standard', 'Priority'])[1 + i % 2] AS contract
FROM generate_series(1, $rows) i;
CREATE TABLE one (id int, opened timestamptz, severity text, contract text, responded timestamptz, resolved timestamptz, status text, subject text DEFAULT 'The printer on the second floor prints nothing but stars');
CREATE TABLE parts (LIKE one INCLUDING ALL) PARTITION BY RANGE (opened);
SELECT format('CREATE TABLE parts_%s PARTITION OF parts FOR VALUES FROM (%L) TO (%L)', i, d - i * interval '1 week', d - (i - 1) * interval '1 week')
FROM (SELECT date_trunc('week', now()) + interval '2 weeks' AS d) w, generate_series(0, $partitions + 1) i \gexec
S
for t in one parts; do
	echo "$t:"
	sql -c "SELECT slt_attach('$t', 'opened', severity => 'severity', contract => 'contract', done_at => '{\"response\": \"responded\", \"resolution\": \"resolved\"}', status => 'status', paused_when => '{waiting}', key => 'id')" >/dev/null
	timed <<S
@INSERT of $rows tickets, 99 % of them solved
INSERT INTO $t (id, opened, severity, contract, responded, resolved, status) SELECT id, opened, severity, contract, opened + '1 hour', CASE WHEN id % 100 > 0 THEN opened + '5 hours' END, 'new' FROM source;
@sweep of $((rows / 100)) open tickets without an index
SELECT slt_sweep();
@sweep without an index, nothing to do
SELECT slt_sweep();
@CREATE INDEX (slt_announce_at)
CREATE INDEX ON $t (slt_announce_at) WHERE slt_announce_at IS NOT NULL;
@ANALYZE
ANALYZE $t;
@sweep with the index, nothing to do
SELECT slt_sweep();
@the same again
SELECT slt_sweep();
@1000 tickets in a transaction each (PL/pgSQL), of today
DO \$\$ BEGIN FOR i IN 1..1000 LOOP INSERT INTO $t (id, opened, severity, contract, status) VALUES (-i, now() - interval '1 hour', 'S1', 'Standard', 'new'); COMMIT; END LOOP; END \$\$;
@UPDATE of one ticket by its key and opening
UPDATE $t SET status = 'waiting' WHERE id = -1 AND opened > now() - interval '1 day';
@slt_report of all, by month
SELECT count(*) FROM slt_report('$t');
@slt_report of the last month
SELECT count(*) FROM slt_report('$t', tstzrange(now() - interval '1 month', now()));
@slt_clocks of the last month, by SQL
SELECT count(*) FROM $t t, slt_clocks(t) c WHERE t.opened > now() - interval '1 month';
@slt_ticket_counts
SELECT count(*) FROM slt_ticket_counts();
@what is due next, by SQL
SELECT count(*) FROM (SELECT slt_resolution_due FROM $t WHERE slt_resolution_met IS NULL ORDER BY 1 LIMIT 20) x;
S
	sql -c "SELECT format('    %s of rows, %s bytes a ticket, index for sweeps %s', pg_size_pretty(sum(pg_relation_size(relid))), round(sum(pg_relation_size(relid)) / $rows), pg_size_pretty(sum(pg_indexes_size(relid)))) FROM (SELECT '$t'::regclass UNION SELECT relid FROM pg_partition_tree('$t')) x (relid)"
	sql -c "SELECT slt_detach('$t'); TRUNCATE $t" >/dev/null
done
