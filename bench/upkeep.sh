#!/bin/bash
# What fillfactor does for an attached table under the load of a helpdesk: how many updates stay in their page (HOT), how
# large the table and its indexes become, and how long it takes.  Each round is a table of its own, filled, vacuumed, and then
# updated in a random order, a transaction each; autovacuum works as it is set.  It wants a server with slt in its database.
#
#   BENCH_ROWS    how many tickets (100000); there are three updates for each
set -euo pipefail
rows=${BENCH_ROWS:-100000}
export PGOPTIONS="${PGOPTIONS:-} -c search_path=upkeep,public -c client_min_messages=warning"

sql() { psql -XqAt -v ON_ERROR_STOP=1 "$@"; }

sql >/dev/null <<S
CREATE EXTENSION IF NOT EXISTS slt;
CREATE SCHEMA upkeep;
-- of three updates one changes the status, two write what slt does not read
CREATE PROCEDURE work(rows int) LANGUAGE plpgsql AS \$\$
DECLARE
	n int;
BEGIN
	PERFORM setseed(0.42);
	FOR i IN 1 .. 3 * rows LOOP
		n := 1 + floor(random() * rows);
		IF i % 3 = 0 THEN
			UPDATE t SET status = CASE status WHEN 'waiting' THEN 'open' ELSE 'waiting' END, updated = clock_timestamp() WHERE id = n;
		ELSE
			UPDATE t SET counter = counter + 1, updated = clock_timestamp() WHERE id = n;
		END IF;
		IF i % 10 = 0 THEN COMMIT; END IF;
	END LOOP;
END \$\$;
S
trap 'sql -c "DROP SCHEMA upkeep CASCADE; DELETE FROM slt_attachments WHERE name = '"'upkeep.t'"'" >/dev/null' EXIT

printf '| %s | %8s | %8s | %8s | %8s | %8s | %8s |\n' 'table; indexes' fillfactor 'HOT, %' 'before, MB' 'after, MB' 'indexes, MB' seconds
echo '|---|--:|--:|--:|--:|--:|--:|'
for attached in no sweep deadlines; do
	for fillfactor in 100 90 80; do
		sql >/dev/null <<S
DROP TABLE IF EXISTS t;
CREATE TABLE t (id int PRIMARY KEY, opened timestamptz, severity text DEFAULT 'S2', contract text DEFAULT 'Standard', responded timestamptz, resolved timestamptz, status text DEFAULT 'open',
	queue int DEFAULT 3, owner int DEFAULT 17, requestor text DEFAULT 'someone@example.com', subject text DEFAULT 'The printer on the second floor prints nothing but stars',
	updated timestamptz DEFAULT now(), counter int DEFAULT 0) WITH (fillfactor = $fillfactor);
S
		[ "$attached" = no ] || sql >/dev/null <<S
SELECT slt_attach('t', 'opened', severity => 'severity', contract => 'contract', status => 'status', paused_when => '{waiting}', changed_at => 'updated', done_at => '{"response": "responded", "resolution": "resolved"}');
CREATE INDEX ON t (slt_announce_at) WHERE slt_announce_at IS NOT NULL;
S
		[ "$attached" != deadlines ] || sql >/dev/null <<S
CREATE INDEX ON t (slt_response_due) WHERE slt_response_met IS NULL;
CREATE INDEX ON t (slt_resolution_due) WHERE slt_resolution_met IS NULL;
S
		sql -c "INSERT INTO t (id, opened, updated) SELECT n, now() - random() * interval '3 days', now() - interval '3 days' FROM generate_series(1, $rows) n" -c 'VACUUM ANALYZE t' >/dev/null
		before=$(sql -c "SELECT pg_relation_size('t')")
		begun=$(date +%s.%N)
		sql -c "CALL work($rows)" >/dev/null
		ended=$(date +%s.%N)
		sleep 1 # the statistics come a little later
		sql -F' | ' -c "SELECT '| ' || CASE '$attached' WHEN 'no' THEN 'not attached' WHEN 'sweep' THEN 'attached; for the sweep' ELSE 'attached; and of deadlines' END, $fillfactor, round(100.0 * n_tup_hot_upd / n_tup_upd, 1), round($before / 1e6, 1),
			round(pg_relation_size('t') / 1e6, 1), round(pg_indexes_size('t') / 1e6, 1), round(($ended - $begun)::numeric, 1) || ' |' FROM pg_stat_user_tables WHERE relid = 't'::regclass"
	done
done
