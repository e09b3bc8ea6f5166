# What test/sanitize and test/valgrind share: a private copy of the installed PostgreSQL, in $copy, whose program postgres
# is put aside as postgres.plain for a script that starts it otherwise.
PG_CONFIG=${PG_CONFIG:-$(ls -d /usr/lib/postgresql/*/bin/pg_config 2>/dev/null | sort -V | tail -1)}
PG_CONFIG=${PG_CONFIG:-pg_config}
copy=$(mktemp -d "${TMPDIR:-/tmp}/slt-copy-XXXXXX")
trap 'rm -rf "$copy"' EXIT
trap 'exit 1' INT TERM
chmod 755 "$copy"

# PostgreSQL finds its files from where its program is, so a copy is a server of its own
bindir=$("$PG_CONFIG" --bindir)
for dir in "$(dirname "$bindir")" "$("$PG_CONFIG" --sharedir)" "$("$PG_CONFIG" --includedir-server)" "$("$PG_CONFIG" --pkgincludedir)"; do
	mkdir -p "$copy$dir"
	cp -a "$dir/." "$copy$dir/"
done
mv "$copy$bindir/postgres" "$copy$bindir/postgres.plain"
