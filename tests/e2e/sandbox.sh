#!/usr/bin/env bash
# --sandbox: this system's own root is not changed, both runs start from the same files, and what they leave behind is held
# against one another: one path that differs is one difference, and a policy may accept it.
. "${top_srcdir:-.}/tests/e2e/lib.sh"
. "${top_srcdir:-.}/tests/e2e/users.sh"

mounts=$(mounts)

# a policy under which the calls of a program whose input has changed may differ: what they leave may not
cat >"$SHARED/calls.spol" <<'EOF'
policy calls 1;
extends "strict.spol";
override read { buf: accept; ret: accept; }
override write { buf, count: accept; }
write { ret: accept; }
openat { pathname, ret: accept; }
EOF
cat >"$SHARED/left.spol" <<'EOF'
policy left 1;
extends "calls.spol";
set LOGS = "/**/log-*";
override effect { type: accept if path in LOGS else equal "{path} is another thing"; }
override effect { digest, size: accept if file.path in LOGS; }
EOF

# left NAME PROGRAM STATUS PATTERN POLICY: recorded with one and replayed with two in the file `in`
left() {
	local name=$1 program=$2 status=$3 pattern=$4 policy=$5
	"${as[@]}" bash -c 'echo one >in'
	"${as[@]}" "$TOOL" record -o "$own/l.bin" --sandbox -- bash -c "$program" >"$log" 2>&1 || fail "$name as $who: recording" "$(cat "$log")"
	"${as[@]}" bash -c 'echo two >in'
	expect "$name as $who" "$status" "${as[@]}" "$TOOL" replay -p "$SHARED/$policy.spol" -i "$own/l.bin"
	[ -z "$pattern" ] || says "$name as $who" "$pattern"
}

changes='echo new >made; rm gone; rm -r folder; mkdir folder; ln -sf made link; chmod 600 changed; mkfifo fifo; mv moved there
	echo more >>grown; mkdir -p a/b/c; ls -lR; exit 3'
setup() {
	rm -rf "$own/work"
	"${as[@]}" mkdir "$own/work" "$own/work/folder" && cd "$own/work" || exit 99
	for file in gone changed moved grown folder/file; do "${as[@]}" bash -c "echo $file >$file"; done
	"${as[@]}" ln -s gone link
}

for who in $people; do
	be $who
	there "sandboxes as $who" $who --sandbox || continue
	setup
	before=$(digest_tree "$own/work")
	both "changes of all kinds" $who --sandbox -- bash -c "$changes"
	[ "$status" -eq 3 ] && pass || fail "its own status as $who: $status" "$(cat "$log")"
	gives "the program sees its changes as $who" '^lrwxrwxrwx.* link -> made$'
	both "again, from the same files" $who --sandbox -- bash -c "$changes"
	[ "$(digest_tree "$own/work")" = "$before" ] && pass || fail "the host has changed as $who" "$(ls -lR "$own/work")"
	"${as[@]}" "$TOOL" show "$own/c.bin" >"$log"
	for line in 'EFFECT_FILE, 0644, .*path=".*/work/made", digest=7aa7a5359173d05b' 'EFFECT_DELETED.*/work/gone"' 'EFFECT_FIFO.*/work/fifo"' \
		'EFFECT_REPLACED_FOLDER.*/work/folder"' 'EFFECT_LINK.*/work/link", target="made"' 'EFFECT_FILE, 0600.*/work/changed"' \
		'EFFECT_DELETED.*/work/moved"' 'EFFECT_FILE.* 11, 0, path=".*/work/grown"' 'EFFECT_FOLDER.*/work/a/b/c"'; do
		says "what is left as $who" "$line"
	done
	both "nothing is left" $who --sandbox -- cat grown
	"${as[@]}" "$TOOL" show "$own/c.bin" >"$log"
	if grep -q EFFECT_ "$log"; then fail "a run that changes nothing has left something as $who" "$(grep EFFECT_ "$log")"; else pass; fi
	both "who it is" $who --sandbox -- id -u
	gives "who it is as $who" "^$("${as[@]}" id -u)\$"
	both "a network of its own" $who --sandbox --network -- cat /proc/net/dev

	# an effect that differs
	left "the content of a file" 'read -r x <in; echo "$x" >out' 1 'out: it was left with another content' calls
	says "the content of a file as $who" 'call effect'
	left "the same content" 'read -r x <in; : >out' 0 '^sperrips: same' calls
	left "one file more" 'read -r x <in; : >"$x"' 1 'recorded EFFECT_FILE' calls
	says "one file more as $who" 'actual   EFFECT_NONE'
	says "one file more as $who: two paths, two differences" 'effect.type: recorded EFFECT_NONE, actual EFFECT_FILE'
	[ "$(grep -cE 'actual +EFFECT|actual EFFECT' "$log")" -eq 2 ] && pass || fail "one file more as $who: other differences" "$(cat "$log")"
	left "a log's content" 'read -r x <in; echo "$x" >log-1' 0 '^sperrips: same' left
	left "a log more" 'read -r x <in; : >"log-$x"' 0 '^sperrips: same' left
	left "a file more, and only logs may be" 'read -r x <in; : >"file-$x"' 1 'file-one is another thing' left
	rm -f in

	# the host's files are not written, whoever may do so inside
	"${as[@]}" bash -c "echo untouched >'$own/host'"
	expect "a file of the host as $who" 0 "${as[@]}" "$TOOL" record -o "$own/x.bin" --sandbox -- bash -c "echo inside >'$own/host'; cat '$own/host'"
	says "a file of the host as $who" '^inside$'
	holds "a file of the host as $who" grep -qx untouched "$own/host"
	for try in 'echo x >/etc/hostname; [ "$(cat /etc/hostname)" != x ]' 'echo x >/var/tmp/sperrips-inside; [ -e /var/tmp/sperrips-inside ]' \
		'rm -f /etc/passwd; [ -e /etc/hosts ]'; do
		"${as[@]}" "$TOOL" record -o "$own/x.bin" --sandbox -- bash -c "$try" >"$log" 2>&1
		[ $? -lt 125 ] && pass || fail "as $who: $try" "$(cat "$log")"
	done
	holds "the host's own files as $who" test -s /etc/passwd -a ! -e /var/tmp/sperrips-inside
	for try in 'echo 1 >/proc/sys/vm/drop_caches' 'echo x >/sys/kernel/mm/ksm/run' 'mount -o remount,rw /' 'mknod /tmp/disk b 254 0' \
		'[ -b /dev/vda ] || [ -b /dev/sda ] || [ -e /dev/mem ]' 'echo h >/proc/sysrq-trigger' 'chmod 600 /dev/null' 'umount -i /proc' 'hostname other' 'nsenter -t 1 -m true' 'readlink /proc/1/exe' \
		'unshare -Urm mount -o remount,rw,bind /proc/sys' 'unshare -Urm umount /proc/sys'; do
		"${as[@]}" "$TOOL" record -o "$own/x.bin" --sandbox -- bash -c "$try" >"$log" 2>&1
		status=$?
		[ $status -ne 0 ] && [ $status -lt 125 ] && pass || fail "as $who: $try: $status" "$(cat "$log")"
	done

	# every part of the root can be changed by who may, and by nobody else
	"${as[@]}" "$TOOL" record -o "$own/x.bin" --sandbox --user -- bash -c 'echo x >/etc/sperrips-a; echo x >/usr/sperrips-b; : >/sperrips-c' \
		>"$log" 2>&1 || fail "root inside writes everywhere as $who" "$(cat "$log")"
	"${as[@]}" "$TOOL" show "$own/x.bin" >"$log"
	for file in /etc/sperrips-a /usr/sperrips-b /sperrips-c; do
		says "root inside writes to $file as $who" "EFFECT_FILE, 0.*path=\"$file\""
		holds "$file is not there as $who" test ! -e $file
	done
	expect "a replay of that as $who" 0 "${as[@]}" "$TOOL" replay -i "$own/x.bin"
	if [ $who = user ]; then
		expect "others' folders stay closed to an ordinary user" 1 "${as[@]}" "$TOOL" record -o "$own/x.bin" --sandbox -- bash -c ': >/etc/sperrips-a'
		says "others' folders stay closed to an ordinary user" 'Permission denied'
	fi

	# sperrips in a user namespace itself, as in some containers
	if "${as[@]}" unshare -Ur true 2>/dev/null; then
		expect "root of a user namespace as $who" 0 "${as[@]}" unshare -Ur "$TOOL" record -o "$own/x.bin" --sandbox -- \
			bash -c 'id -u; echo x >/tmp/sperrips-d; echo y >/etc/sperrips-e || [ $1 = user ]' - $who
		says "root of a user namespace as $who" '^0$'
		expect "a replay of that as $who" 0 "${as[@]}" unshare -Ur "$TOOL" replay -i "$own/x.bin"
		expect "root of a user namespace, --user as $who" 0 "${as[@]}" unshare -Ur "$TOOL" record -o "$own/x.bin" --sandbox --user -- id -u
		# where no more namespaces are to be had the message says so
		expect "no user namespaces as $who" 125 "${as[@]}" unshare -Ur bash -c \
			'echo 0 >/proc/sys/user/max_user_namespaces && exec "$0" record -o "$1" --sandbox --user -- true' "$TOOL" "$own/x.bin"
		says "no user namespaces as $who" 'the kernel does not let'
	fi

	# a file system that is mounted somewhere below the root, and a file that is
	if [ $who = root ]; then
		mkdir "$own/mounted" && : >"$own/mounted-file"
		expect "what is mounted below the root" 0 unshare -m bash -c 'cd "$1" || exit 9
			mount -t tmpfs none mounted/ && mkdir mounted/below && mount -t tmpfs none mounted/below && echo low >mounted/below/file || exit 9
			mount --bind /etc/passwd mounted-file || exit 9
			"$0" record -o x.bin --sandbox -- bash -c "echo a >mounted/a; echo b >>mounted/below/file; echo c >mounted/c; ! : >mounted-file" &&
			"$0" replay -i x.bin && [ "$(cat mounted/below/file)" = low ] && [ ! -e mounted/a ]' "$TOOL" "$own"
		"$TOOL" show "$own/x.bin" >"$log"
		says "what is mounted below the root" 'EFFECT_FILE.* 6, 0, path=".*/mounted/below/file"'
		says "what is mounted below the root" 'EFFECT_FILE.* 2, 0, path=".*/mounted/a"'
	fi

	# what is kept
	"${as[@]}" "$TOOL" record -o "$own/x.bin" --sandbox --keep "$own/kept" -- bash -c 'echo kept >made; rm gone' >"$log" 2>&1 || fail "keeping as $who" "$(cat "$log")"
	kept=$(find "$own/kept" -name made)
	holds "what is kept as $who" grep -qx kept "$kept"
	holds "what is deleted is kept as $who" test -c "${kept%made}gone"
	holds "no work folder stays as $who" test -z "$(find "$own/kept" -maxdepth 1 -name 'work*')"
	expect "a replay of that, in memory as $who" 0 "${as[@]}" "$TOOL" replay -i "$own/x.bin"
	expect "a sandbox replayed as a container of folders as $who" 2 "${as[@]}" "$TOOL" replay -i "$own/x.bin" --container /

	# an altered list of what was left is seen
	killed $who --sandbox
done

[ "$(mounts)" = "$mounts" ] && pass || fail "a mount has stayed" "$(cat /proc/self/mountinfo)"
finish
