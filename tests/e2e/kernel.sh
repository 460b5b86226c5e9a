#!/usr/bin/env bash
# Another kernel: what was recorded on this one is the same on Debian's in QEMU, and the other way round.
#
# The processor that QEMU emulates is another one than this machine's, and lets nobody trap cpuid: so cpuid runs untrapped here,
# too, and what the C library would do with AVX-512 is switched off on both sides.  What may differ is up to strict.spol.
. "${top_srcdir:-.}/tests/e2e/lib.sh"
. "${top_srcdir:-.}/tests/e2e/guest.sh"
! grep -q __asan_init "$SPERRIPS" || guest_none "another kernel: sanitizers where every instruction is emulated take too long"
guest_ready
# the built program may lie where the guest has an empty folder of its own (/tmp)
cp "$SPERRIPS" "$share/sperrips" && cp -r "$SPERRIPS_POLICY_PATH" "$share/policies" || exit 99
here=$share/here there=$share/there
mkdir -p "$share/work/tree" "$here" "$there"
echo text >"$share/work/tree/a"
echo more >"$share/work/tree/b"
chmod -R a+rwX "$share"
cd "$share/work" || exit 99

commands=(
	"echo hello"
	"cat tree/a tree/b"
	"hostname"
	"id"
	"ls -la tree"
	"bash -c 'seq 20 | sort -r | head -n 3'"
)
# what the program's file gives it to others is not carried by 9p
if [ "$(id -u)" -eq 0 ]; then
	commands+=("ping -n -c 4 -i 0.2 127.0.0.1")
else
	skip "ping on another kernel: a program with rights of its own, and the guest does not see them"
fi
[ ! -x /usr/bin/python3 ] || commands+=("python3 -c 'print(sum(range(1000)))'")

# The same lines run on both: a number of a command, the command itself.
cat >"$share/one" <<END
cd $share/work
export SPERRIPS_POLICY_PATH=$share/policies ASAN_OPTIONS=$ASAN_OPTIONS LC_ALL=C TZ=UTC0
export GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512F,-AVX512CD PATH=/usr/sbin:/usr/bin:/sbin:/bin
rec() { # to, command...
	to=\$1
	shift
	$share/sperrips record --cpuid-runs -o \$to.bin -- "\$@" 2>\$to.err </dev/null | cat >\$to.out
}
rep() { # from to
	{ $share/sperrips replay -i \$1.bin 2>\$2.err </dev/null; echo \$? >\$2.status; } | cat >\$2.again
}
END
{ cat "$share/one"; echo "uname -r"; } >"$share/script"
for i in "${!commands[@]}"; do
	bash -c ". $share/one; rec $here/$i ${commands[i]}"
	echo "rep $here/$i $there/here-$i; rec $there/$i ${commands[i]}" >>"$share/script"
done
# and what is not the same is not the same there, either
echo "echo best >tree/a; rep $here/1 $there/tampered; echo text >tree/a" >>"$share/script"
guest_run "$share/script" || {
	fail "Debian's kernel in QEMU ended with $?" "$(tail -n 20 "$scratch/serial" "$share/console" 2>/dev/null)"
	finish
	exit
}

# judged WHAT RESULT OUTPUT: files without their endings
judged() {
	cp "$2.err" "$log" 2>/dev/null || : >"$log"
	if [ "$(cat "$2.status" 2>/dev/null)" = 0 ]; then pass; else fail "$1: not the same" "$(cat "$log")"; fi
	says "$1: says so" '^sperrips: same$'
	holds "$1: the program says what it said" cmp "$3.out" "$2.again"
}
echo "# $(uname -r) and $(guest_kernel)"
for i in "${!commands[@]}"; do
	judged "recorded here: ${commands[i]}" "$there/here-$i" "$here/$i"
	bash -c ". $share/one; rep $there/$i $here/there-$i"
	judged "recorded there: ${commands[i]}" "$here/there-$i" "$there/$i"
done

cp "$there/tampered.err" "$log"
holds "another content of a file is different there" grep -qx 1 "$there/tampered.status"
says "another content of a file is different there" 'call read$'
holds "the guest runs another kernel" grep -q "$(guest_kernel)" "$share/console"
finish
