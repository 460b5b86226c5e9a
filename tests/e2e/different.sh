#!/usr/bin/env bash
# Tampering ends "different" (status 1) at the first differing field, and the offending call has not reached the kernel.
. "${top_srcdir:-.}/tests/e2e/lib.sh"

SETUP='printf "first line\nsecond line\n" >input; echo keep >precious; cp "$VICTIM" victim; cp "$VICTIM-static" victim-static; : >sock_a'

# different WHAT PATTERN COMMAND...: the replay ends with 1 and its report matches
different() {
	local what=$1 pattern=$2
	shift 2
	expect "$what" 1 "$@"
	says "$what" "$pattern"
	says "$what: says so" 'sperrips: different'
}

# One byte of the input changes, size and times stay.
fresh "$SETUP"
record -- ./victim >/dev/null 2>&1
touch -r input ../times
printf X | dd of=input bs=1 seek=3 conv=notrunc status=none
touch -r ../times input
rm -f output
different "input file changed" 'read.*' replay
says "input file changed: the field" 'field buf'
says "input file changed: the byte" 'byte 3'
holds "input file changed: nothing was written" [ ! -s output ]

fresh "$SETUP"
record -- cat input >/dev/null
different "another argument" 'field argv' replay -- cat precious
different "one more argument" 'field argv' replay -- cat input input
record --env WANTED=1 -- env >/dev/null
different "another environment variable" 'field envp' replay --env WANTED=2

# The binary is patched.  strict.spol already sees the image's digest:
for victim in victim victim-static; do
	fresh "$SETUP"
	record -- ./$victim >/dev/null 2>&1
	patch_bytes $victim 'OUTPUT=hello' 'OUTPUT=HELLO'
	different "$victim: patched binary" 'field image' replay
	holds "$victim: patched binary: it never ran" [ "$(cat output)" = "$(cat input)" ]
done

# A policy that lets other images pass: what they do is still held against the recording.
cat >"$scratch/loose.spol" <<'END'
policy loose 1;
extends "strict.spol";
override execve { image: accept; }
END

# patched VICTIM WHAT OLD NEW PATTERN CHECK...: the state is fresh before the replay; CHECK, where the call
# would leave a trace outside, must hold behind it
patched() {
	local victim=$1 what="$1: $2" old=$3 new=$4 pattern=$5
	shift 5
	fresh "$SETUP"
	record --policy "$scratch/loose.spol" -- ./$victim >/dev/null 2>&1
	fresh "$SETUP"
	expect "$what: unpatched it is the same" 0 replay --policy "$scratch/loose.spol"
	fresh "$SETUP"
	patch_bytes $victim "$old" "$new"
	different "$what" "$pattern" replay --policy "$scratch/loose.spol"
	[ $# -eq 0 ] || holds "$what: $*" "$@"
}

heard() { ! grep -q 'got datagram' "$scratch/heard"; }

for victim in victim victim-static; do
	patched $victim "writes other data" 'hello world' 'hallo world' 'field buf, byte 1'
	says "$victim: the output never came" 'before the call was executed'
	patched $victim "writes the same and unlinks another file" MODE=_ MODE=u 'another call than the recorded one: unlink' [ -e precious ]
	patched $victim "opens another path" INPUT=input INPUT=preci 'field pathname' [ ! -e output ]
	patched $victim "sends to another address" SOCKET=sock_a SOCKET=sock_b 'sendto'
	patched $victim "ends with another status" MODE=_ MODE=e 'exit_group|lstat|newfstatat'
	patched $victim "one call more" MODE=_ MODE=m 'field'
	patched $victim "one call less" MODE=_ MODE=l 'exit_group'
	patched $victim "another call" MODE=_ MODE=c 'fstat'
	patched $victim "killed by SIGKILL" MODE=_ MODE=k 'kill|getpid|gettid|rt_sigprocmask'
	patched $victim "killed by SIGSEGV" MODE=_ MODE=s 'kill|getpid|gettid|rt_sigprocmask'
	patched $victim "an illegal instruction" MODE=_ MODE=i 'SIGILL'
done

# What the tampered program says does not come out; what the untampered one says does.
for victim in victim victim-static; do
	fresh "$SETUP"
	record --policy "$scratch/loose.spol" -- ./$victim 2>/dev/null | cat >"$scratch/said"
	fresh "$SETUP"
	replay --policy "$scratch/loose.spol" 2>/dev/null | cat >"$scratch/said"
	holds "$victim: the recorded output comes out" grep -q 'hello world' "$scratch/said"
	fresh "$SETUP"
	patch_bytes $victim 'hello world' 'hallo world'
	replay --policy "$scratch/loose.spol" 2>/dev/null | cat >"$scratch/said"
	holds "$victim: other output does not" [ ! -s "$scratch/said" ]
done

# A time-out is asked for in the place where what is left of it is told: the request must be the same.
fresh "$SETUP"
record --policy "$scratch/loose.spol" -- ./victim select
expect "a time-out" 0 replay --policy "$scratch/loose.spol"
patch_bytes victim WAIT=1 WAIT=9
different "another time-out" 'field (timeout|tmo_p)\.request' replay --policy "$scratch/loose.spol"

# The datagram of the tampered run does not arrive.
fresh "$SETUP"
record --policy "$scratch/loose.spol" -- ./victim >/dev/null 2>&1
fresh "$SETUP"
./victim listen sock_b >"$scratch/heard" &
listener=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do grep -q ready "$scratch/heard" && break; sleep 0.1; done
patch_bytes victim SOCKET=sock_a SOCKET=sock_b
replay --policy "$scratch/loose.spol" >/dev/null 2>&1
wait $listener
holds "the datagram has not been sent" heard

# Only the status differs.
fresh "$SETUP"
record -- sh -c 'exit 3'
different "another end" 'argv' replay -- sh -c 'exit 4'
cat >"$scratch/status.spol" <<'END'
policy status 1;
extends "strict.spol";
override execve { image: accept; }
execve { argv[]: accept; }
END
printf 'exit 3\n' >script
record --policy "$scratch/status.spol" -- sh script
expect "the recorded status" 3 record --policy "$scratch/status.spol" -- sh script
printf 'exit 4\n' >script
different "another script line" 'read' replay --policy "$scratch/status.spol"

# A library changes: the program maps it.
fresh "$SETUP"
mkdir lib
libc=$(ldd ./victim | awk '/libc\.so/ { print $3 }')
cp "$libc" lib/libc.so.6
record --env LD_LIBRARY_PATH="$PWD/lib" -- ./victim >/dev/null 2>&1
expect "own library: the same" 0 replay
touch -r lib/libc.so.6 ../times
printf 'Z' | dd of=lib/libc.so.6 bs=1 seek=$(($(stat -c %s lib/libc.so.6) / 2)) conv=notrunc status=none
touch -r ../times lib/libc.so.6
different "library file changed" 'mmap' replay
says "library file changed: the field" 'field content'

# Data that moves without being read: copy_file_range, mmap, a shared mapping.
fresh "$SETUP"
record -- cp input copy
fresh "$SETUP"
printf X | dd of=input bs=1 seek=3 conv=notrunc status=none
different "cp of a changed file" 'content|buf' replay
holds "cp of a changed file: nothing was copied" [ ! -s copy ]
for what in mapout maphide mapover mapshrink mapexec mapdie mapkill shm; do
	fresh "$SETUP"
	record --policy "$scratch/loose.spol" -- ./victim $what >/dev/null 2>&1
	fresh "$SETUP"
	expect "output through shared memory ($what): the same" 0 replay --policy "$scratch/loose.spol"
	fresh "$SETUP"
	patch_bytes victim 'hello world' 'hallo world'
	different "output through shared memory differs ($what)" 'content' replay --policy "$scratch/loose.spol"
done

fresh "$SETUP"
record --policy "$scratch/loose.spol" -- ./victim filter
patch_bytes victim 'hello world' 'hallo world'
different "another socket filter" 'field optval.filter' replay --policy "$scratch/loose.spol"

# What moves without having been looked at is not judged, and nothing hangs.
for what in vmsplice splice compat; do
	fresh "$SETUP"
	echo 'moved unseen' | record --policy "$scratch/loose.spol" -- ./victim $what 2>&1 | cat >/dev/null
	fresh "$SETUP"
	expect "not looked at ($what)" 3 timeout 30 "$SPERRIPS" replay -i "$rec" --policy "$scratch/loose.spol"
done
fresh "$SETUP"
{ printf abcdef; sleep 0.1; } | record --policy "$scratch/loose.spol" -- ./victim ask >/dev/null
patch_bytes victim MODE=_ MODE=m
expect "one read too many, only reported" 1 timeout 30 "$SPERRIPS" replay -i "$rec" --policy "$scratch/loose.spol" --report-only

# What the kernel reads and the tracer cannot is not compared: nobody can say.
fresh "$SETUP"
if ./victim vvar >/dev/null; then
	record --policy "$scratch/loose.spol" -- ./victim vvar | cat >/dev/null # the null device would not read it
	expect "output from memory that cannot be read" 3 replay --policy "$scratch/loose.spol"
	says "output from memory that cannot be read: says so" 'not judged'
else
	skip "output from memory that cannot be read: there is no such memory here"
fi

# Killed from outside: nobody can say.
fresh "$SETUP"
record -- sleep 1
"$SPERRIPS" replay -i "$rec" >"$log" 2>&1 &
replay_pid=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	child=$(pgrep -P $replay_pid -x sleep) && break
	sleep 0.05
done
kill -KILL "$child"
wait $replay_pid
status=$?
if [ $status -eq 1 ] || [ $status -eq 3 ]; then pass; else fail "killed by SIGKILL from outside: status $status" "$(cat "$log")"; fi

# No prefix of a recording and no longer run counts as same.
fresh "$SETUP"
record -- cat input >/dev/null
different "the actual run ends early" 'argv' replay -- cat
fresh "$SETUP"
expect "a child, recorded" 0 record -- "$VICTIM" fork
holds "the child has done its work" [ ! -e precious ]
expect "a child that finds it done" 1 replay
says "a child that finds it done: which task" 'task 0\.1, call unlink$'
finish
