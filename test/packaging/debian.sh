# The packages of Debian: built, looked at by lintian, installed where nothing else is, and tested there.
. "$SLT_SOURCE/test/packaging/tap.sh"
build=$SLT_WORK/build clean=$SLT_WORK/clean

copy_root "$build"
install_into "$build" build-essential debhelper postgresql-all lintian
inside "$build" useradd -m builder
mkdir "$build/build"
tar -C "$build/build" -xf "$SLT_ARCHIVE"
tar -C "$build/build" --exclude="slt-$SLT_VERSION/debian" -czf "$build/build/slt_$SLT_VERSION.orig.tar.gz" "slt-$SLT_VERSION"  # Debian's part comes apart
inside "$build" chown -R builder /build
as_builder() { inside "$build" runuser -u builder -- sh -ec "cd /build/slt-$SLT_VERSION; $*"; }

# debian/control is made for the versions that there are
try 'debian/control is made for each PostgreSQL' as_builder 'pg_buildext updatecontrol; cat debian/control; for v in $(pg_buildext supported-versions); do grep -q "^Package: postgresql-$v-slt" debian/control; done'
try 'dpkg-buildpackage, which runs the tests' as_builder 'dpkg-buildpackage -us -uc' || finish
try 'lintian finds nothing' as_builder 'lintian --allow-root --tag-display-limit 0 --fail-on error,warning --info ../slt_*.changes'
cp "$build"/build/*.deb "$SLT_WORK"
package=$(cd "$SLT_WORK" && ls postgresql-*-slt_*.deb | tail -1)
pg=$(echo "$package" | sed 's/^postgresql-\([0-9]*\)-.*/\1/')
for file in "lib/postgresql/$pg/lib/slt.so" "share/postgresql/$pg/extension/slt.control" "share/postgresql/$pg/extension/slt--$SLT_VERSION.sql" \
	"share/doc/postgresql-$pg-slt/reference.md.gz" "share/doc/postgresql-$pg-slt/README.md.gz" "share/doc/postgresql-$pg-slt/examples/slt_mail.py" "share/doc/postgresql-$pg-slt/examples/monitoring/slt_queries.yaml"; do
	try "it has $file" sh -c 'dpkg-deb -c "$1" | grep -q "/usr/$2\$"' sh "$SLT_WORK/$package" "$file"
done

copy_root "$clean"
cp "$SLT_WORK/$package" "$clean/"
install_into "$clean" "/$package"
try 'installed, it works' inside "$clean" runuser -u postgres -- pg_virtualenv -v "$pg" -o shared_preload_libraries=slt \
	psql -Xv ON_ERROR_STOP=1 -c 'CREATE EXTENSION slt' -c "SELECT slt_deadline('2026-02-02 08:00Z', 'S1', 'Standard')"
install_into "$clean" make
mkdir "$clean/test"
tar -C "$clean/test" -xf "$SLT_ARCHIVE"
chroot "$clean" chown -R postgres /test
try 'debian/tests pass where it is installed' inside "$clean" runuser -u postgres -- sh -ec "cd /test/slt-$SLT_VERSION; debian/tests/installcheck"
try 'it can be removed' inside "$clean" apt-get purge -y -q "postgresql-$pg-slt"
rm -rf --one-file-system "$build" "$clean"
finish
