# PGXN takes the archive: its client installs it, checks it on a running server, and loads it.
. "$SLT_SOURCE/test/packaging/tap.sh"
root=$SLT_WORK/pgxn

copy_root "$root"
install_into "$root" pgxnclient postgresql postgresql-server-dev-all gcc make libc6-dev tzdata
pg=$(ls "$root/usr/lib/postgresql" | sort -n | tail -1)
cp "$SLT_ZIP" "$root/slt.zip"
python3 -m zipfile -e "$SLT_ZIP" "$root/unpacked"
try 'META.json has what PGXN asks for, and the archive has what it names' python3 -c '
import json, os, sys
top = os.path.join(sys.argv[1], os.listdir(sys.argv[1])[0])
meta = json.load(open(os.path.join(top, "META.json")))
for key in ("name", "version", "abstract", "maintainer", "license", "provides", "meta-spec", "resources"):
    assert meta[key], key
assert os.path.basename(top) == meta["name"] + "-" + meta["version"], top
for provided in meta["provides"].values():
    for key in ("file", "docfile"):
        assert os.path.exists(os.path.join(top, provided[key])), provided[key]
' "$root/unpacked"
config=/usr/lib/postgresql/$pg/bin/pg_config
try 'pgxn install' inside "$root" pgxn install --nosudo --pg_config "$config" /slt.zip || finish
try 'pgxn check' inside "$root" runuser -u postgres -- env TMPDIR=/var/tmp pg_virtualenv -v "$pg" sh -ec "cd /var/tmp; pgxn check --pg_config $config /slt.zip"
try 'pgxn load and unload' inside "$root" runuser -u postgres -- pg_virtualenv -v "$pg" sh -ec "cd /var/tmp; createdb x; pgxn load --yes -d x --pg_config $config /slt.zip; psql -Xd x -c 'SELECT working_interval \$\$1 working day\$\$'; pgxn unload --yes -d x --pg_config $config /slt.zip"
rm -rf --one-file-system "$root"
finish
