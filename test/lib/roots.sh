# What test/versions and test/packages share: roots of the distribution's releases, in which commands run.

say() { printf '\033[1m== %s\033[0m\n' "$*" >&2; }

# Installs packages on this machine that are lacking there, if they can be had.
have() {  # PACKAGE...
	dpkg-query -W -f='${Status}\n' "$@" 2>/dev/null | grep -c 'ok installed' | grep -q -x $# && return
	{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } >/dev/null 2>&1
}

# Where this machine gets its packages.
mirror() { apt-get indextargets --format '$(LABEL) $(SITE)' 2>/dev/null | sed -n 's/^Debian //p' | head -1; }

# Makes a root of a release, in which nothing is installed and no service starts by itself; within ten minutes.
make_root() {  # ROOT RELEASE
	local root=$1
	rm -rf --one-file-system "$root"
	timeout 600 debootstrap --variant=minbase "$2" "$root" "$(mirror)" || return
	cp /etc/resolv.conf /etc/hosts "$root/etc/"
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" && chmod 755 "$root/usr/sbin/policy-rc.d"
	printf 'APT::Install-Recommends "false";\nAcquire::Languages "none";\nAcquire::Check-Valid-Until "false";\n' >"$root/etc/apt/apt.conf.d/90lean"
	mkdir -p "$root/etc/postgresql-common" && echo 'create_main_cluster = false' >"$root/etc/postgresql-common/createcluster.conf"
}

# Runs a command in a root as its only processes, all of which end with it.
inside() {  # ROOT COMMAND...
	unshare --mount --pid --fork --kill-child -- bash -c '
		root=$1; shift
		mount -t proc proc "$root/proc" && mkdir -p "$root/dev/shm" && mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm" || exit
		chroot "$root" env -u TMPDIR -u PG_CONFIG -u SLT_SERVER HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; exit' bash "$@"
}

# Copies the source into a root.
give_source() {  # SOURCE ROOT
	rm -rf "$2/source" && mkdir "$2/source" && tar -C "$1" --exclude=.git --exclude=tmp_check --exclude='*.o' --exclude='*.bc' --exclude='*.so' -cf - . | tar -C "$2/source" -xf -
}
