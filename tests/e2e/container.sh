#!/usr/bin/env bash
# Containers: programs run in a root of their own, as root and without root, and nothing of the host can be changed from inside;
# whatever ends the tracer, no mount and no process stays.
. "${top_srcdir:-.}/tests/e2e/lib.sh"
. "${top_srcdir:-.}/tests/e2e/users.sh"

# root_of DIR PROGRAM...: a small root folder from programs of the host and the libraries that they ask for
root_of() {
	local root=$1 program file
	shift
	mkdir -p "$root"/{proc,dev,tmp,etc,bin,lib64}
	chmod 1777 "$root/tmp"
	echo small >"$root/etc/hostname"
	echo 'root:x:0:0::/:/bin/sh' >"$root/etc/passwd"
	printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
	for program; do
		program=$(type -P "$program") || continue
		cp --preserve=mode "$(readlink -f "$program")" "$root/bin/${program##*/}"
		ldd "$program" 2>/dev/null | grep -oE '/[^ ]+' | while read -r file; do
			mkdir -p "$root$(dirname "$file")"
			cp --preserve=mode "$(readlink -f "$file")" "$root$file"
		done
	done
	chmod -R a+rX "$root"
}

root=$SHARED/tree
root_of "$root" cat echo hostname ping ls id bash readlink stat mknod mount umount touch rm mkdir chmod ln dd sleep
before=$(digest_tree "$root") mounts=$(mounts)

cat >"$SHARED/path.spol" <<'EOF'
policy path 1;
extends "strict.spol";
read: forbid if fd.path == "/etc/hostname";
EOF

# a raw socket shows the IP header, in which the kernel numbers packets
cat >"$SHARED/ping.spol" <<'EOF'
policy ping 1;
extends "strict.spol";
override recvmsg { msg.iov[].data: replay; }
EOF

for who in $people; do
	be $who
	there "containers as $who" $who --container "$root" || continue
	both "cat" $who --container "$root" -- cat /etc/hostname
	gives "cat as $who" '^small$'
	both "echo" $who --container "$root" -- echo hello
	gives "echo as $who" '^hello$'
	both "hostname" $who --container "$root" --hostname inside -- hostname
	gives "hostname as $who" '^inside$'
	both "the host's own name" $who --container "$root" -- hostname
	gives "hostname as $who" "^$(hostname)\$"
	if type -P ping >/dev/null; then
		both "ping" $who -p "$SHARED/ping.spol" --container "$root" --network --user -- ping -n -c 1 -W 5 127.0.0.1
		gives "ping as $who" '1 received'
	else
		skip "ping: there is none here"
	fi
	both "a network of its own" $who --container "$root" --network -- cat /proc/net/dev
	holds "only lo as $who" test "$(grep -c : "$SHARED/out")" -eq 1
	both "processes of its own" $who --container "$root" -- bash -c 'echo $$; echo /proc/[0-9]*'
	gives "the second process as $who" '^2$'
	gives "only its own processes as $who" '^/proc/1 /proc/2$'
	both "links of descriptors" $who --container "$root" -- bash -c 'exec 5</etc/hosts; cd /tmp; exec readlink /proc/self/fd/5'
	gives "links of descriptors as $who" '^/etc/hosts$'
	expect "a descriptor's path is the program's as $who" 125 "${as[@]}" "$TOOL" record -p "$SHARED/path.spol" -o "$own/x.bin" \
		--container "$root" -- cat /etc/hostname
	says "a descriptor's path is the program's as $who" 'path.spol:3:.*forbidden'
	both "root inside" $who --container "$root" --user -- id -u
	gives "root inside as $who" '^0$'
	both "who it is" $who --container "$root" -- id -u
	[ $who = root ] && id=0 || id=$("${as[@]}" id -u)
	gives "who it is as $who" "^$id\$"
	both "a minimal /dev" $who --container "$root" -- bash -c 'echo /dev/*; echo x >/dev/null; [ -c /dev/zero ] && [ -c /dev/urandom ]'
	gives "a minimal /dev as $who" '^/dev/fd /dev/full /dev/null /dev/ptmx /dev/pts /dev/random /dev/shm /dev/stderr /dev/stdin /dev/stdout /dev/tty /dev/urandom /dev/zero$'
	both "changes are seen" $who --container "$root" -- bash -c 'cd /tmp; echo new >a; read -r x <a; echo "$x"'
	gives "changes are seen as $who" '^new$'
	expect "a command that is not there as $who" 127 "${as[@]}" "$TOOL" record -o "$own/x.bin" --container "$root" -- nothing
	expect "a program that is not there as $who" 127 "${as[@]}" "$TOOL" record -o "$own/x.bin" --container "$root" -- /bin/nothing
	expect "its own status as $who" 7 "${as[@]}" "$TOOL" record -o "$own/x.bin" --container "$root" -- bash -c 'exit 7'
	expect "a working folder of its own as $who" 0 "${as[@]}" "$TOOL" record -o "$own/x.bin" --container "$root" -C /etc -- bash -c '[ "$PWD" = /etc ]'

	# two folders, one over the other
	mkdir -p "$SHARED/over-$who/etc" && echo over >"$SHARED/over-$who/etc/hostname" && chmod -R a+rX "$SHARED/over-$who"
	both "two folders" $who --container "$SHARED/over-$who:$root" -- cat /etc/hostname
	gives "the upper one of two folders as $who" '^over$'

	# what is kept
	"${as[@]}" "$TOOL" record -o "$own/x.bin" --container "$root" --keep "$own/kept" -- bash -c 'echo kept >/tmp/file' >"$log" 2>&1
	holds "kept changes as $who" grep -qr kept "$own/kept"
	holds "no work folder stays as $who" test -z "$(find "$own/kept" -maxdepth 1 -name 'work*')"
	expect "a folder that is not empty as $who" 125 "${as[@]}" "$TOOL" record -o "$own/x.bin" --container "$root" --keep "$own/kept" -- echo
	says "a folder that is not empty" 'not empty'
	"${as[@]}" mkdir "$own/up" "$own/wk"
	"${as[@]}" cp -r "$root" "$own/root" # whose folders an ordinary user may copy up
	expect "an upper folder as $who" 0 "${as[@]}" "$TOOL" record -o "$own/x.bin" --container "$own/root" --overlay-upper "$own/up" \
		--overlay-work "$own/wk" --mount-point /var -- bash -c 'echo one >/tmp/file'
	expect "the same upper folder as $who" 0 "${as[@]}" "$TOOL" record -o "$own/x.bin" --container "$own/root" --overlay-upper "$own/up" \
		--overlay-work "$own/wk" -- cat /tmp/file
	says "the same upper folder as $who" '^one$'

	# nothing of the host can be written: each of these must fail, as whoever the program is
	host=$SHARED/host-$who
	echo untouched >"$host"
	for user in "" --user; do
		hostile() { # WHAT COMMAND...: does not succeed
			local what=$1
			shift
			"${as[@]}" "$TOOL" record -o "$own/x.bin" --container "$root" $user -- "$@" >"$log" 2>&1
			case $? in
			0) fail "$what as $who $user succeeded" "$(cat "$log")" ;;
			125) fail "$what as $who $user was not tried" "$(cat "$log")" ;;
			*) pass ;;
			esac
		}
		hostile "a setting of the kernel" bash -c 'echo 1 >/proc/sys/vm/drop_caches'
		hostile "a setting with a name of its own" bash -c 'echo x >/proc/sys/kernel/domainname'
		hostile "sysrq" bash -c 'echo h >/proc/sysrq-trigger'
		hostile "the host's file" bash -c "[ -e $host ]"
		hostile "a disk" mknod /tmp/disk b 254 0
		hostile "a character device" mknod /tmp/mem c 1 1
		hostile "another mount" mount -t tmpfs none /tmp
		hostile "a writable /proc/sys" mount -o remount,rw,bind /proc/sys
		hostile "a writable root" mount -o remount,rw /
		# an ordinary user's umount asks a helper, which would be a second process
		[ "$who$user" = user ] || hostile "an unmount" umount -i /proc
		hostile "the mode of a device" chmod 0600 /dev/null
		hostile "the first process" bash -c 'kill -0 1 && kill -9 1 && [ ! -e /proc/1 ]'
		hostile "the first process's root" bash -c '[ -e /proc/1/root/work ] || [ -e /proc/1/root/usr/share/doc ]'
	done
	holds "the host's file as $who" grep -qx untouched "$host"
	holds "the null device's mode as $who" test "$(stat -c %a /dev/null)" = 666

	killed $who --container "$root"
done

# what cannot match is refused
be "${people%% *}"
if "${as[@]}" "$TOOL" record -o "$own/c.bin" --container "$root" -- echo >/dev/null 2>&1; then
	expect "a container of folders replayed as a sandbox" 2 "${as[@]}" "$TOOL" replay -i "$own/c.bin" --sandbox
	expect "what a recording says of its container" 0 "$SPERRIPS" show "$own/c.bin"
	says "what a recording says of its container" "^# in a container with root $root\$"
	expect "what a recording says of its container, as JSON" 0 "$SPERRIPS" show --json "$own/c.bin"
	says "what a recording says of its container, as JSON" "\"container\":{\"root\":\"$root\",\"sandbox\":false,"
	expect "another network" 2 "${as[@]}" "$TOOL" replay -i "$own/c.bin" --network
	cp -a "$root" "$SHARED/tree2"
	expect "another root of the same content" 0 "${as[@]}" "$TOOL" replay -i "$own/c.bin" --container "$SHARED/tree2"
	record -o "$SHARED/plain.bin" -- echo >/dev/null
	chmod a+r "$SHARED/plain.bin"
	expect "no container replayed in one" 2 "${as[@]}" "$TOOL" replay -i "$SHARED/plain.bin" --container "$root"
	says "no container replayed in one" 'no container'
fi
expect "options of a container without one" 125 record --network -- echo
expect "a container and a sandbox" 125 record --sandbox --container "$root" -- echo
expect "a folder that is not there" 125 record --container "$scratch/nothing" -- echo
says "a folder that is not there" 'cannot'

after=$(digest_tree "$root")
[ "$after" = "$before" ] && pass || fail "the root folder has changed" "$(diff <(echo "$before") <(echo "$after"))"
[ "$(mounts)" = "$mounts" ] && pass || fail "a mount has stayed" "$(cat /proc/self/mountinfo)"
finish
