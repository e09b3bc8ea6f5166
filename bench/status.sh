#!/bin/bash
# Times the status page over 100,000 outages, on the server that psql connects to;
# prints the median of nine. The whole is rolled back.
#
#   STATUS_OUTAGES  how many outages (100000), spread over five years, and again all within 90 days
set -euo pipefail
outages=${STATUS_OUTAGES:-100000}

# Prints the median time of a query in milliseconds, after outages over so many days.
measure() {
	psql -XqAt -v ON_ERROR_STOP=1 <<-S | awk '/^Time:/ { print $2 }' | sort -n | sed -n 5p
		BEGIN;
		INSERT INTO slt_services (name, plan, target, time_zone) VALUES ('Bench', 'Enterprise', 99, 'Africa/Cairo');
		INSERT INTO slt_experiences (service, name, covered) SELECT 'Bench', 'Experience ' || n, n <= 5 FROM generate_series(1, 8) n;
		SELECT setseed(0.5);
		INSERT INTO slt_outages (service, experience, during, planned, weight, note)
			SELECT 'Bench', CASE WHEN e > 0 THEN 'Experience ' || e END, tstzrange(at, at + least(now() - at, random() * interval '20 minutes')), random() < 0.1, CASE WHEN random() < 0.3 THEN 0.5 ELSE 1 END, 'outage ' || n
			FROM (SELECT n, now() - random() * interval '$1 days' AS at, floor(random() * 9)::int AS e FROM generate_series(1, $outages) n) x;
		ANALYZE slt_outages;
		SELECT length(slt_status_page('Bench'));
		\\timing on
		$(for _ in 1 2 3 4 5 6 7 8 9; do echo "SELECT length($2);"; done)
		ROLLBACK;
	S
}

printf '| %s outages | ms |\n|---|--:|\n' "$outages"
printf '| status page, outages over 5 years | %s |\n' "$(measure 1826 "slt_status_page('Bench')")"
printf '| status page, all of them within 90 days | %s |\n' "$(measure 90 "slt_status_page('Bench')")"
