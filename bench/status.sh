#!/bin/bash
# Times the status page over 100,000 outages of a service with eight experiences,
# on the server that psql connects to, and prints the median of eleven. Makes a
# service "slt bench" for it, and removes it afterwards.
#
#   STATUS_OUTAGES  how many outages (100000)
set -euo pipefail
outages=${STATUS_OUTAGES:-100000}
trap remove EXIT

remove() {
	psql -XqAt <<-S
		DELETE FROM slt_outages WHERE service = 'slt bench';
		DELETE FROM slt_services WHERE name = 'slt bench';
	S
}

# Makes the service, with outages over so many days until now.
make() {
	remove
	psql -XqAt -v ON_ERROR_STOP=1 >/dev/null <<-S
		INSERT INTO slt_services (name, plan, target, time_zone, maintenance_window) VALUES ('slt bench', 'Enterprise', 99, 'Africa/Cairo', 'Africa/Cairo Su 18:00-24:00');
		INSERT INTO slt_experiences (service, name, covered) SELECT 'slt bench', 'Experience ' || n, n <= 5 FROM generate_series(1, 8) n;
		SELECT setseed(0.5);
		INSERT INTO slt_outages (service, experience, during, planned, weight, note)
			SELECT 'slt bench', CASE WHEN e > 0 THEN 'Experience ' || e END, tstzrange(at, at + least(now() - at, random() * interval '20 minutes')),
				   random() < 0.1, CASE WHEN random() < 0.3 THEN 0.5 ELSE 1 END, 'outage ' || n
			FROM (SELECT n, now() - random() * interval '$1 days' AS at, floor(random() * 9)::int AS e FROM generate_series(1, $outages) n) x;
		VACUUM ANALYZE slt_outages;
	S
}

# Prints the median time of a query in milliseconds.
measure() {
	{ echo "$1;"; echo '\timing on'; for _ in 1 2 3 4 5 6 7 8 9 10 11; do echo "$1;"; done; } | psql -XqAt -v ON_ERROR_STOP=1 |
		awk '/^Time:/ { print $2 }' | sort -n | sed -n 6p
}

echo "| $outages outages | ms | asked for |"
echo '|---|--:|---|'
make 1826
echo "| status page, outages over five years | $(measure "SELECT length(slt_status_page('slt bench'))") | 50 |"
echo "| slt_status() | $(measure "SELECT count(*) FROM slt_status('slt bench')") | |"
make 90
echo "| status page, all of them within the 90 days | $(measure "SELECT length(slt_status_page('slt bench'))") | |"
echo "| slt_status() | $(measure "SELECT count(*) FROM slt_status('slt bench')") | |"
