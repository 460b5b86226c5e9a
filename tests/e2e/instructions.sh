#!/usr/bin/env bash
# Instructions that are executed for the program (rdtsc, rdtscp, cpuid), and the kernel's settings about them, about
# filters and about processors: a program sees its own, as if nobody traced it (tests/e2e/teller.c).
. "${top_srcdir:-.}/tests/e2e/lib.sh"

TELLER=$top_builddir/tests/e2e/teller
FORGE=$top_builddir/tests/e2e/forge

# accepted WHAT RULE: the recording replays as the same, and that rule had something to accept
accepted() {
	replay >"$scratch/out2" 2>"$log" </dev/null
	local status=$?
	if [ $status -eq 0 ]; then pass; else fail "$1: status $status" "$(cat "$log")"; fi
	says "$1: $2" "$2"
	holds "$1: the output is the recorded one" cmp "$scratch/out1" "$scratch/out2"
}

fresh
# ---- time ----
record -- "$TELLER" tsc >"$scratch/out1" 2>"$log" </dev/null
accepted "the time stamp counter" 'any counter: replay'
holds "it is an event" bash -c '"$1" show "$2" | grep -q "^rdtscp() = {value=[0-9]*, aux=[0-9]*}"' - "$SPERRIPS" "$rec"
holds "as JSON, too" bash -c '"$1" show --json "$2" | grep "\"type\":\"instruction\"" | grep -q "\"call\":\"instruction(rdtsc)\""' \
	- "$SPERRIPS" "$rec"
cat >"$scratch/p.spol" <<'END'
policy p 1;
extends "strict.spol";
instruction rdtsc { value: equal; }
END
expect "a policy may want the same time" 1 replay --policy "$scratch/p.spol"
says "and says where" 'call instruction\(rdtsc\)'

# a recording with another time, all digests right: the program is given it
record -- "$TELLER" tsc >"$scratch/out1" 2>"$log" </dev/null
seq=$("$FORGE" "$rec" | awk '$3 == "instruction(rdtscp)" && $5 == "first-byte" { print $1; exit }')
"$FORGE" "$rec" "$scratch/forged" "$seq"
holds "the lie is told" [ -s "$scratch/forged" ]
expect "what a forged recording tells of the time is computed with, and shows" 1 "$SPERRIPS" replay -i "$scratch/forged"
says "in what the program writes" 'call write'

# ---- in between ----
record -- "$TELLER" alarm >"$scratch/out1" 2>"$log" </dev/null
accepted "a signal that comes while the program looks at the time" 'any counter: replay'
record -- "$TELLER" threads >"$scratch/out1" 2>"$log" </dev/null
accepted "threads that look at the time" 'any counter: replay'

# ---- the processor ----
if grep -qw cpuid_fault /proc/cpuinfo; then
	record -- "$TELLER" cpuid >"$scratch/out1" 2>"$log" </dev/null
	expect "the same processor" 0 replay
	holds "no rdrand for the program, and the CPU has no number" grep -qx 'rdrand: 0, APIC id: 0' "$scratch/out1"
	holds "no rdseed and no rdpid" grep -qx 'rdseed: 0, rdpid: 0' "$scratch/out1"
	lie=$("$FORGE" "$rec" | awk '$3 == "instruction(cpuid)" && $5 == "first-byte" { n = $1 } END { print n }')
	"$FORGE" "$rec" "$scratch/forged" "$lie"
	expect "another processor" 1 "$SPERRIPS" replay -i "$scratch/forged"
	says "says so" 'cpuid: e[abcd]x was .*another processor'
	cat >"$scratch/p.spol" <<-'END'
		policy p 1;
		extends "strict.spol";
		override instruction cpuid: replay;
	END
	expect "a policy may give it again" 0 "$SPERRIPS" replay --policy "$scratch/p.spol" -i "$scratch/forged"
	says "under its rule" '1  .*instruction cpuid: replay'
else
	skip "cpuid: this processor cannot fault it"
fi

# ---- a program's own settings ----
# same_as_untraced WHAT ARG...: it does what it does without a tracer, recorded and replayed
same_as_untraced() {
	local what=$1 want got
	shift
	("$TELLER" "$@" >"$scratch/out0"; exit) 2>/dev/null </dev/null
	want=$?
	record -- "$TELLER" "$@" >"$scratch/out1" 2>"$log" </dev/null
	got=$?
	if [ $got -eq $want ]; then pass; else fail "$what: status $got, not $want" "$(cat "$log")"; fi
	if cmp -s "$scratch/out0" "$scratch/out1"; then pass; else fail "$what: traced and not" "$(diff "$scratch/out0" "$scratch/out1")"; fi
	replay >"$scratch/out2" 2>"$log" </dev/null
	got=$?
	if [ $got -eq 0 ]; then pass; else fail "$what: replayed: status $got" "$(cat "$log")"; fi
	holds "$what: replayed: the same output" cmp "$scratch/out0" "$scratch/out2"
}
same_as_untraced "prctl(PR_SET_TSC) and arch_prctl(ARCH_SET_CPUID)" own
same_as_untraced "... through an exec" exec
same_as_untraced "SIGSEGV blocked, ignored, with a handler" blocked
for how in errno trap kill list strict; do
	same_as_untraced "a filter of its own: $how" filter $how
done

# ---- processors ----
same_as_untraced "CPU masks" affinity
expect "nproc, recorded" 0 record -- nproc
holds "all processors are there" grep -qx "$(nproc)" "$log"
expect "nproc" 0 replay
cpu=$(taskset -pc $$ 2>/dev/null | sed 's/.*: *//; s/[-,].*//')
if [ -n "$cpu" ]; then
	expect "the mask of who records counts" 0 taskset -c "$cpu" "$SPERRIPS" record -o "$rec" -- nproc
	holds "one processor" grep -qx 1 "$log"
	expect "and the replay's is another one" 0 replay
	holds "one processor, as recorded" grep -qx 1 "$log"
else
	skip "the mask of who records: no taskset"
fi

# ---- after each exec again ----
cat >"$scratch/exec.sh" <<END
LD_SHOW_AUXV=1 $(type -P true) | grep -cE 'AT_SYSINFO_EHDR'
exec "$TELLER" own
END
record -- bash "$scratch/exec.sh" >"$scratch/out1" 2>"$log" </dev/null
expect "programs that programs execute" 0 replay
holds "no vDSO in any of them" [ "$(head -n 1 "$scratch/out1")" = 0 ]
holds "and instructions of each" bash -c '[ "$("$1" show "$2" | grep -c "^\(\[[0-9.]*\] \|[0-9.]* \)\?rdtsc()")" -gt 6 ]' - "$SPERRIPS" "$rec"
finish
