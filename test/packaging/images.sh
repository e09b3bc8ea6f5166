# The images, where buildah works: the extension's has nothing but the extension, the server's runs it.
. "$SLT_SOURCE/test/packaging/tap.sh"
root=$SLT_WORK/images
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot

have buildah || leave_out 'buildah cannot be had here'
buildah() { command buildah --root "$SLT_WORK/storage" --runroot "$SLT_WORK/run" "$@"; }
container=$(buildah from scratch 2>"$log") || { sed 's/^/# /' "$log"; leave_out 'buildah does not work here'; }
buildah rm "$container" >/dev/null

# the base is this machine's release, as there is no registry of images
copy_root "$root"
container=$(buildah from scratch)
try 'the release becomes an image' buildah add -q "$container" "$root" / && buildah commit -q "$container" base >/dev/null
buildah rm "$container" >/dev/null

tar -C "$SLT_WORK" -xf "$SLT_ARCHIVE"
cd "$SLT_WORK/slt-$SLT_VERSION" || exit
pg=$(sed -n 's/^ARG VERSION=//p' images/server.Containerfile | head -1)
try 'the server is built' buildah build -q -f images/server.Containerfile --build-arg BASE=localhost/base --build-arg VERSION="$pg" -t server . || finish
container=$(buildah from localhost/server)
try 'it runs slt' buildah run --user postgres --env POSTGRES_PASSWORD=secret --env PGPASSWORD=secret "$container" -- bash -ec '
	/usr/local/bin/start 2>&1 & server=$!
	for i in $(seq 300); do psql -XqAt -U postgres -c "SELECT 1" 2>/dev/null && break; sleep 0.3; done
	psql -XqAt -U postgres -v ON_ERROR_STOP=1 -c "CREATE EXTENSION slt" -c "SELECT slt_deadline(now(), \$\$S1\$\$, \$\$Standard\$\$)" -c "SHOW shared_preload_libraries"
	kill -INT $server; wait $server'
built=$(buildah mount "$container")
try 'nothing of its building is left in it' sh -c '! ls "$1"/source "$1"/usr/bin/gcc 2>/dev/null' sh "$built"
mkdir -p tree/lib tree/share/extension tree/licenses/slt
cp "$built/usr/lib/postgresql/$pg/lib/slt.so" tree/lib/
cp "$built/usr/share/postgresql/$pg/extension/slt"* tree/share/extension/
cp LICENSE tree/licenses/slt/
buildah umount "$container" >/dev/null
buildah rm "$container" >/dev/null

try 'the image of the extension is built' buildah build -q -f images/extension.Containerfile -t extension tree
container=$(buildah from localhost/extension)
built=$(buildah mount "$container")
try 'it has the extension, and nothing else' sh -ec 'cd "$1"; test "$(find . -type f | LC_ALL=C sort | tr "\n" " ")" = "./lib/slt.so ./licenses/slt/LICENSE ./share/extension/slt--$2.sql ./share/extension/slt.control "' sh "$built" "$SLT_VERSION"
buildah rm "$container" >/dev/null
rm -rf --one-file-system "$root"
finish
