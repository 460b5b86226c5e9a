#!/usr/bin/env bash
# Acceptable differences are accepted by rules, each counted under its rule, and by nothing else.
. "${top_srcdir:-.}/tests/e2e/lib.sh"

# accepted WHAT RULE COMMAND...: same, and the rule is counted
accepted() {
	local what=$1 rule=$2
	shift 2
	expect "$what" 0 "$@"
	says "$what: under its rule" "$rule"
}

SETUP='mkdir tree; echo text >tree/a; echo more >tree/b; mkdir tree/sub; echo deep >tree/sub/c'

# The same without the rule: the difference is not acceptable.
cat >"$scratch/bare.spol" <<'END'
policy bare 1;
extends "strict.spol";
override any hostname: equal;
END

# Namespaces: an ordinary user makes them in a user namespace, and then records there, too.
own=()
[ "$(id -u)" -eq 0 ] || own=(unshare --user --map-root-user)
record_there() { "${own[@]}" "$SPERRIPS" record -o "$rec" "$@"; }

if "${own[@]}" unshare --uts true 2>/dev/null; then
	fresh
	record_there -- hostname >"$scratch/out1"
	in_other_host() { "${own[@]}" unshare --uts sh -c 'hostname another; exec "$@"' sh "$@"; }
	accepted "another host name" 'any hostname' in_other_host "$SPERRIPS" replay -i "$rec"
	holds "another host name: the program saw the recorded one" grep -qx "$(cat "$scratch/out1")" "$log"
	expect "another host name without a rule" 1 in_other_host "$SPERRIPS" replay -i "$rec" --policy "$scratch/bare.spol"
	says "another host name without a rule" 'field buf.nodename'
else
	skip "another host name: UTS namespaces cannot be made here"
fi

# uname26 gives another release: 2.6.x
fresh
record -- uname -r >"$scratch/out1"
if setarch --uname-2.6 true 2>/dev/null; then
	accepted "another kernel release" 'any release' setarch --uname-2.6 "$SPERRIPS" replay -i "$rec"
	holds "another kernel release: the program saw the recorded one" grep -qx "$(cat "$scratch/out1")" "$log"
else
	skip "another kernel release: setarch cannot change it here"
fi

# A copy of the tree on another file system: inodes, devices, times, the order of listings.
if [ -w /dev/shm ] && [ "$(stat -f -c %T /dev/shm)" != "$(stat -f -c %T "$scratch")" ] &&
	"${own[@]}" unshare --mount true 2>/dev/null; then
	other=$(mktemp -d /dev/shm/sperrips-test.XXXXXX) && chmod 755 "$other"
	trap 'cd /; rm -rf "$scratch" "$other"' EXIT
	for program in "ls -la tree" "cat tree/a tree/b" "find tree" "grep -r e tree" "ls -lai tree" "stat tree/a" "du tree/a" "wc tree/a"; do
		fresh "$SETUP"
		# through a pipe: copy_file_range(2) between two file systems is another matter
		record_there -- $program | cat >"$scratch/out1"
		rm -rf "$other/tree"
		cp -r tree "$other"
		rm -rf tree
		# the same path, another file system behind it
		accepted "a copy on another file system: $program" 'any (inode|device|time)' \
			"${own[@]}" unshare --mount sh -c 'mount --bind "$1" "$2" && cd "$2" && shift 2 && exec "$@"' sh "$other" "$work" \
			"$SPERRIPS" replay -i "$rec"
	done
else
	skip "a copy on another file system: /dev/shm is no other one, or mounts cannot be made"
fi

fresh "$SETUP"
record -- ls -l tree >/dev/null
sleep 0.01
touch tree/a
accepted "other times of a file" 'any time' replay
record -- date +%s%N >"$scratch/out1"
accepted "time of day" 'any time' replay
holds "time of day: the program saw the recorded one" grep -qx "$(cat "$scratch/out1")" "$log"
record -- "$VICTIM" pid
accepted "process ids" 'any pid' replay
seq 50 >list
record -- shuf list >"$scratch/out1"
accepted "random numbers" 'any random' replay
holds "random numbers: the program saw the recorded ones" [ "$(sed 50q "$log" | head -n 3)" = "$(head -n 3 "$scratch/out1")" ]
record --aslr -- cat list >/dev/null
accepted "another layout of the address space" 'any ptr' replay --aslr

# Two pids that the recording told apart may not become one.
cat >"$scratch/equal.spol" <<'END'
policy equal 1;
extends "strict.spol";
override any pid: equal;
END
record --policy "$scratch/equal.spol" -- "$VICTIM" pid
expect "process ids under 'any pid: equal'" 1 replay --policy "$scratch/equal.spol"

# The policy decides, without a rebuild: the same run, one rule changed.
record -- date +%s%N >/dev/null
printf 'policy p 1;\nextends "strict.spol";\noverride any time: equal;\n' >"$scratch/p.spol"
expect "time of day under 'any time: equal'" 1 replay --policy "$scratch/p.spol"
says "time of day under 'any time: equal': the rule's place" 'p\.spol:3'
printf 'policy p 1;\nextends "strict.spol";\noverride any time: accept;\n' >"$scratch/p.spol"
expect "real time of day: the output differs" 1 replay --policy "$scratch/p.spol"
says "real time of day: at the write" 'write'
finish
