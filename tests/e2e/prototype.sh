#!/usr/bin/env bash
# The twenty mistakes of the 2021 prototype (doc/design.md lists them), each held off by name.
. "${top_srcdir:-.}/tests/e2e/lib.sh"

SETUP='printf "first line\nsecond line\nthird line\n" >input; echo keep >precious; cp "$VICTIM" victim; : >sock_a'
cat >"$scratch/loose.spol" <<'END'
policy loose 1;
extends "strict.spol";
override execve { image: accept; }
END
loose="--policy $scratch/loose.spol"

# tampered OLD NEW: records ./victim [JOB], patches it, replays; $log has the report, the answer is replay's status
tampered() {
	local old=$1 new=$2
	shift 2
	fresh "$SETUP"
	record $loose -- ./victim "$@" >/dev/null 2>&1
	fresh "$SETUP"
	patch_bytes victim "$old" "$new"
	replay $loose >"$log" 2>&1
}

# is NAME STATUS GOT: one more of the twenty
is() {
	if [ "$3" -eq "$2" ]; then pass; else fail "$1: status $3, not $2" "$(cat "$log")"; fi
}

name='1 undescribed call: identical, status 0'
fresh "$SETUP"
record -- ./victim undescribed >/dev/null 2>&1
replay >"$log" 2>&1
is "$name" 3 $?
says "$name" 'not judged'
printf 'policy p 1;\nextends "strict.spol";\nsyscall_2000: execute;\n' >p.spol
record --policy p.spol -- ./victim undescribed >/dev/null 2>&1
expect "$name: a policy may give it a disposition" 0 replay --policy p.spol

name='2 status is a bit mask, so some findings exit 0'
for pair in 'MODE=_ MODE=u' 'MODE=_ MODE=e' 'INPUT=input INPUT=preci' 'OUTPUT=hello OUTPUT=HELLO'; do
	tampered $pair
	is "$name: $pair" 1 $?
done

name='3 an integer result that differs is no finding'
fresh "$SETUP"
record -- wc -c input >/dev/null
printf more >>input
expect "$name" 1 replay
says "$name" 'st_size|ret|buf'

name='4 a different path or write buffer is no finding'
tampered INPUT=input INPUT=preci
is "$name: path" 1 $?
says "$name: path" 'field pathname'
tampered 'OUTPUT=hello' 'OUTPUT=HELLO'
is "$name: buffer" 1 $?
says "$name: buffer" 'field buf, byte 0'

name='5 buffers compared as C strings'
tampered 'OUTPUT=hello' 'OUTPUT=HELLO' nul
is "$name" 1 $?
says "$name" 'field buf, byte 8'

name='6 in-structs compared only after the call ran'
tampered SOCKET=sock_a SOCKET=sock_b
is "$name" 1 $?
says "$name" 'before the call was executed'

name='7 a different call is executed before the stop'
tampered MODE=_ MODE=u
is "$name" 1 $?
holds "$name: the file is still there" grep -q keep precious

name='8 SIGKILL or SIGILL in the replayed program: identical'
tampered MODE=_ MODE=k
is "$name: SIGKILL" 1 $?
tampered MODE=_ MODE=i
is "$name: SIGILL" 1 $?
says "$name: SIGILL" 'SIGILL'

name='9 asserts on file contents'
head -c 5000 /dev/urandom >"$scratch/noise"
expect "$name: noise as a recording" 2 "$SPERRIPS" replay -i "$scratch/noise"
expect "$name: noise as a policy" 2 replay --policy "$scratch/noise"
expect "$name: noise shown" 2 "$SPERRIPS" show "$scratch/noise"
: >"$scratch/nothing"
expect "$name: an empty recording" 2 "$SPERRIPS" replay -i "$scratch/nothing"

name='10 children run unobserved'
fresh "$SETUP"
record -- ./victim fork
expect "$name: the child's file is gone" 1 replay
says "$name: it is the child's call" 'task 0\.1, call unlink'

name='11 out buffers compared over the requested length'
fresh "$SETUP"
record -- ./victim stale
expect "$name" 0 replay
holds "$name: and no more is stored" [ "$(stat -c %s "$rec")" -lt 65536 ]

name='12 argument 4 written to rcx'
fresh "$SETUP"
record -- ./victim pread >out1
printf 'policy p 1;\nextends "strict.spol";\npread64 { offset: replay; }\n' >p.spol
patch_pread() { fresh "$SETUP"; printf 'policy p 1;\nextends "strict.spol";\npread64 { offset: replay; }\n' >p.spol; }
patch_pread
expect "$name" 0 replay --policy p.spol

name='13 writing to the tracee zeroes up to 7 bytes past the buffer'
fresh "$SETUP"
printf 'policy p 1;\nextends "strict.spol";\noverride read { buf, ret: replay; }\n' >p.spol
record --policy p.spol -- ./victim guard >out1
printf 'FIRST LINE\nSECOND LINE\nTHIRD LINE\n' >input
expect "$name" 0 replay --policy p.spol
holds "$name: the guard bytes" grep -q '^firstggggggggggggggg' "$log"

name='14 recorded metadata shown as the replay'"'"'s'
fresh "$SETUP"
record -- stat -c %s input >/dev/null
echo more >>input
replay --json --report report.json >/dev/null 2>&1
holds "$name" perl -MJSON::PP -0777 -e 'open my $f, "<", "report.json"; my $v = decode_json(<$f>);
	my $d = $v->{divergences}[0]; exit !($d->{recorded} ne $d->{actual} && $d->{actual} =~ /39/ && $d->{recorded} =~ /34/)'

name='15 bad pointers read out of bounds'
fresh "$SETUP"
record -- ./victim badptr 2>&1 | cat >out1 # /dev/null takes any address
expect "$name" 0 replay

name='16 read replayed without repairing the file offset'
fresh "$SETUP"
printf 'policy p 1;\nextends "strict.spol";\noverride read { buf, ret: replay; }\n' >p.spol
record --policy p.spol -- ./victim offset >out1
printf 'short' >input
replay --policy p.spol >out2 2>"$log"
is "$name: nothing left to read" 0 $?
holds "$name: nothing left to read: the same output" cmp out1 out2
fresh "$SETUP"
printf 'policy p 1;\nextends "strict.spol";\noverride read { buf, ret: replay; }\n' >p.spol
record --policy p.spol -- ./victim offset >out1
printf 'FIRST LINE\nSEC' >input
replay --policy p.spol >out2 2>"$log"
is "$name: short reads" 0 $?
holds "$name: the same output" cmp out1 out2

name='17 the whole of every mapped file stored'
fresh "$SETUP"
record -- cat input >/dev/null
holds "$name: cat" [ "$(stat -c %s "$rec")" -lt 65536 ]
record -- echo hello >/dev/null
holds "$name: echo" [ "$(stat -c %s "$rec")" -lt 65536 ]
record -- hostname >/dev/null
holds "$name: hostname" [ "$(stat -c %s "$rec")" -lt 65536 ]

name='18 pointers mapped by value and never forgotten'
fresh "$SETUP"
record --aslr -- ./victim maps
expect "$name" 0 replay --aslr

name='19 a harmless uname difference and a tampered read give the same status'
fresh "$SETUP"
record -- uname -r >/dev/null
if setarch --uname-2.6 true 2>/dev/null; then
	expect "$name: uname" 0 setarch --uname-2.6 "$SPERRIPS" replay -i "$rec"
else
	skip "$name: setarch cannot change the release here"
fi
record -- cat input >/dev/null
printf X | dd of=input bs=1 conv=notrunc status=none
expect "$name: read" 1 replay

name='20 empty environment; stdin longer than a pipe deadlocks'
fresh "$SETUP"
record --env MARK=here -- env >out1
expect "$name: environment" 0 replay
says "$name: environment" '^MARK=here$'
head -c 1500000 /dev/urandom >long
cat long | record -- sha256sum >out1
expect "$name: stdin" 0 timeout 60 "$SPERRIPS" replay -i "$rec"
holds "$name: stdin: the same output" grep -qxF "$(cat out1)" "$log"
finish
