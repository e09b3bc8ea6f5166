#!/bin/bash
# Times the status page of a service over many outages, wherever they lie, and weighs it, on the server that psql
# connects to. Prints the median of eleven. Makes a service "slt bench" for it, and removes it afterwards.
#
#   STATUS_OUTAGES   how many outages (100000)
#   STATUS_MOST      how many milliseconds were asked for (50)
set -euo pipefail
outages=${STATUS_OUTAGES:-100000}
asked=${STATUS_MOST:-50}
trap remove EXIT

remove() {
	psql -XqAt <<-S
		DELETE FROM slt_outages WHERE service = 'slt bench';
		DELETE FROM slt_services WHERE name = 'slt bench';
	S
}

# Makes the service with so many experiences, and outages that begin over so many days up to some days ago; each of any
# experience or of the whole service, or all of one; each of up to twenty minutes, or without end.
make() {  # EXPERIENCES DAYS DAYS_AGO EXPERIENCE LENGTH
	remove
	psql -XqAt -v ON_ERROR_STOP=1 >/dev/null <<-S
		INSERT INTO slt_services (name, plan, target, time_zone, maintenance_window) VALUES ('slt bench', 'Enterprise', 99, 'Africa/Cairo', 'Africa/Cairo Su 18:00-24:00');
		INSERT INTO slt_experiences (service, name, covered, recorded) SELECT 'slt bench', 'Experience ' || n, n <= $1 * 0.7, 'by hand' FROM generate_series(1, $1) n;
		SELECT setseed(0.5);
		INSERT INTO slt_outages (service, experience, during, planned, weight, note)
			SELECT 'slt bench', $4, tstzrange(at, $5), random() < 0.1, CASE WHEN random() < 0.3 THEN 0.5 ELSE 1 END, 'outage ' || n
			FROM (SELECT n, now() - interval '$3 days' - random() * interval '$2 days' AS at, floor(random() * ($1 + 1))::int AS e FROM generate_series(1, $outages) n) x;
		VACUUM ANALYZE slt_outages;
	S
}

# Prints the median time of a query in milliseconds.
measure() {
	{ echo "$1;"; echo '\timing on'; for _ in 1 2 3 4 5 6 7 8 9 10 11; do echo "$1;"; done; } | psql -XqAt -v ON_ERROR_STOP=1 |
		awk '/^Time:/ { print $2 }' | sort -n | sed -n 6p
}

row() {  # WHERE THEY LIE
	echo "| $1 | $(measure "SELECT length(slt_status_page('slt bench'))") | $(measure "SELECT length(slt_status_page('slt bench', month => (now() - interval '40 days')::date))") | $(measure "SELECT count(*) FROM slt_status('slt bench')") | $(psql -XqAt -c "SELECT octet_length(slt_status_page('slt bench')) / 1000") |"
}

any="CASE WHEN e > 0 THEN 'Experience ' || e END"
short="at + least(now() - at, random() * interval '20 minutes')"
echo "| $outages outages, milliseconds ($asked are asked for) | page | page of a month | slt_status() | page, kB |"
echo '|---|--:|--:|--:|--:|'
make 8 1826 0 "$any" "$short"; row 'over five years'
make 8 90 0 "$any" "$short"; row 'all within 90 days'
make 8 1 0 "$any" "$short"; row 'all within a day'
make 8 1000 800 "$any" "$short"; row 'all long ago'
make 8 90 0 "'Experience 1'" "$short"; row 'all of one experience, within 90 days'
make 8 90 0 "$any" NULL; row 'all open'
make 8 1000 800 "$any" NULL; row 'all open since long ago'
make 29 90 0 "$any" "$short"; row '29 experiences (250 kB are asked for), within 90 days'
make 92 90 0 "$any" "$short"; row '92 experiences (700 kB are asked for), within 90 days'
