#!/usr/bin/env bash
# A Debian tree made by debootstrap, and in it the four programs of the original's evaluation: cat, echo, hostname, ping.  The
# tree is kept in the build folder.  It needs root and the mirror that this machine's apt uses.
. "${top_srcdir:-.}/tests/e2e/lib.sh"

tree=$top_builddir/tests/e2e/debian-tree

give_up() {
	echo "SKIP: $1"
	exit 77
}

make_tree() {
	local uri suite
	[ "$(id -u)" -eq 0 ] || give_up "debootstrap makes a tree as root only"
	command -v debootstrap >/dev/null || give_up "there is no debootstrap here"
	read -r uri suite < <(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 2>/dev/null |
		grep -m 1 -E 'debian/? [a-z]+$')
	[ -n "${uri-}" ] || give_up "apt on this machine knows no mirror of Debian"
	rm -rf "$tree.part"
	mkdir -p "$tree.part"
	if ! timeout "${DEBOOTSTRAP_SECONDS:-240}" debootstrap --variant=minbase --include=iputils-ping "$suite" "$tree.part" "$uri" \
		>"$log" 2>&1 </dev/null; then
		tail -n 3 "$log"
		rm -rf "$tree.part"
		give_up "debootstrap cannot make a tree from $uri ($suite): no network?"
	fi
	mv "$tree.part" "$tree"
}

[ -d "$tree" ] || make_tree
record --container "$tree" -- /bin/true >"$log" 2>&1 || {
	grep -qE 'container cannot|namespace' "$log" && give_up "$(head -n 1 "$log")"
}

# a raw socket shows the IP header, in which the kernel numbers packets
cat >"$scratch/ping.spol" <<'EOF'
policy ping 1;
extends "strict.spol";
override recvmsg { msg.iov[].data: replay; }
EOF

# runs WHAT POLICY PATTERN OPTION... -- COMMAND...
runs() {
	local what=$1 policy=$2 pattern=$3
	shift 3
	expect "$what in the tree" 0 record -p "$policy" --container "$tree" --network --hostname bookworm "$@"
	says "$what in the tree" "$pattern"
	expect "$what in the tree, again" 0 replay -p "$policy"
	says "$what in the tree, again" '^sperrips: same$'
}
user=
[ "$(id -u)" -eq 0 ] || user=--user
runs cat strict.spol '^PRETTY_NAME=' -- cat /etc/os-release
runs echo strict.spol '^hello world$' -- echo hello world
runs hostname strict.spol '^bookworm$' -- hostname
runs ping "$scratch/ping.spol" '1 received' $user -- ping -n -c 1 -W 5 127.0.0.1
finish
