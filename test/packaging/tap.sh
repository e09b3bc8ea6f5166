# What the tests of packages share: they speak TAP, and work in copies of a root.
set -uo pipefail
. "$SLT_SOURCE/test/lib/roots.sh"
tests=0
failed=0
log=$SLT_WORK/log

# One test: a command that must succeed, or whose output is shown.
try() {  # NAME COMMAND...
	local name=$1
	shift
	tests=$((tests + 1))
	if "$@" >"$log" 2>&1 </dev/null; then
		echo "ok $tests - $name"
	else
		echo "not ok $tests - $name"
		failed=$((failed + 1))
		tail -60 "$log" | sed 's/^/# /' >&2
		return 1
	fi
}

# Nothing more is tested, because of this; what comes before counts.
leave_out() { echo "1..$tests # SKIP $*"; exit $failed; }

finish() { echo "1..$tests"; exit $((failed > 0)); }

# A copy of the root in which nothing is installed.
copy_root() { cp -a --reflink=auto "$SLT_BASE" "$1"; }

# Installs packages into a root; whoever cannot have them skips, as that is the network's fault.
install_into() {  # ROOT PACKAGE...
	local root=$1
	shift
	inside "$root" sh -c 'apt-get -q update && timeout 900 apt-get install -y -q "$@"' sh "$@" >"$log" 2>&1 && return
	tail -5 "$log" | sed 's/^/# /'
	leave_out "$* cannot be installed in the root"
}
