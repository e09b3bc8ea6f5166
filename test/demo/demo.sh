#!/bin/bash
# The demo: what slt does, shown on the server that PGHOST and its like name.
# "make demo" starts a throwaway one for it.
#
#   INCIDENTS         an incident log to report on as well; INCIDENT_COLUMNS and INCIDENT_DATES help to read it (see incidents.pl)
#   INCIDENT_SOURCE   whose log it is, if that is to be said
#   DEMO_PAGES        where its pages go (default: a new directory, which stays)
set -euo pipefail

dir=$(dirname "${BASH_SOURCE[0]}")
export PGOPTIONS="${PGOPTIONS:-} -c client_min_messages=warning" PGTZ=Africa/Cairo PGCLIENTENCODING=UTF8

if [ -n "${INCIDENTS:-}" ] && [ ! -r "$INCIDENTS" ]; then
	echo "demo.sh: cannot read INCIDENTS=$INCIDENTS" >&2
	exit 1
fi
if [ -n "${INCIDENTS:-}" ]; then
	log=$(mktemp)
	trap 'rm -f "$log"' EXIT
	notes=$(perl "$dir/incidents.pl" "$INCIDENTS" "$log" | fold -s -w 95)${INCIDENT_SOURCE:+$'\n'Source: $INCIDENT_SOURCE}
fi

# draw with what the terminal can show
lines=ascii
case ${LC_ALL:-${LC_CTYPE:-${LANG:-}}} in
*[Uu][Tt][Ff]8* | *[Uu][Tt][Ff]-8*) lines=unicode ;;
esac
bold='' plain=''
if [ -t 1 ]; then bold=$'\033[1m' plain=$'\033[0m'; fi

# Runs a file of the demo, with variables of psql; stops at the first error.
show() {
	local file=$1
	shift
	psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --set="bold=$bold" --set="plain=$plain" \
		--pset=border=2 --pset=linestyle="$lines" --pset=footer=off --pset=pager=off --pset=null= \
		"$@" --file="$dir/$file"
}

# Writes the two pages, and shows how that is done.
pages=${DEMO_PAGES:-$(mktemp -d --tmpdir slt-pages-XXXXXX)}
write_page() {
	printf "  psql -XAtqc \"%s\" > %s\n" "$1" "$2"
	psql --no-psqlrc --no-align --tuples-only --quiet --command="$1" >"$pages/$2"
}

show tickets.sql
show pages.sql
write_page "SELECT slt_report_page('issues', '2026-06')" report.html
write_page "SELECT slt_status_page()" status.html
printf '\nOpen them in a browser; each is one file that asks nobody for anything. They are in\n  %s\n' "$pages"
show tour.sql
if [ -n "${INCIDENTS:-}" ]; then
	show incidents.sql --set="notes=$notes" --set="some=$([ "$(wc -l <"$log")" -gt 1 ] && echo on || echo off)" <"$log"
fi
[ -n "${INCIDENTS:-}" ] || cat <<-END

	To have a real incident log judged as well:  INCIDENTS=FILE make demo
	FILE is a CSV with a row for each incident, or for each change of one: its number, priority, when
	it was opened and resolved, and if it has them state and time of the change. Columns that are
	called something else are named by INCIDENT_COLUMNS='number=Key, opened_at=Created'.
END
printf '\nNothing is left but the pages in %s\nRead on in README.md.\n' "$pages"
