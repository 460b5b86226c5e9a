#!/usr/bin/env bash
# The compiler's figures: called by bench.sh, or alone.  Nothing here passes or fails.
set -u
: "${top_builddir:=$PWD/build}" "${top_srcdir:=$PWD}"
export SPERRIPS_POLICY_PATH=${SPERRIPS_POLICY_PATH:-$top_srcdir/policies}
SPOLC=$top_builddir/spolc
RUNS=${BENCH_RUNS:-5}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/sperrips-bench.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT

row() { printf '%-52s %s\n' "$@"; }
# repeat N FILE: compiles it N times
repeat() {
	local i
	for ((i = 0; i < $1; i++)); do "$SPOLC" --stdout "$2" >/dev/null 2>&1; done
}
# compile FILE N: processor time in microseconds of a whole process, the mean of N, and peak memory in KiB.  Not by the clock
# on the wall: what else the machine does is not the compiler's.
compile() {
	local TIMEFORMAT='%3U %3S'
	time=$({ time repeat "$2" "$1"; } 2>&1 | awk -v n="$2" '{ printf "%d", ($1 + $2) * 1e6 / n }')
	memory=$(/usr/bin/time -f %M "$SPOLC" -o "$scratch/out.spo" "$1" 2>&1 >/dev/null | tail -n 1)
}

echo "== compiling"
compile "$top_srcdir/policies/strict.spol" $((20 * RUNS))
row "strict.spol" "$(awk -v t="$time" 'BEGIN { printf "%.1f ms", t / 1000 }'), $memory KiB (goal: < 10 ms)"
for rules in 1000 10000 100000; do
	mkdir "$scratch/$rules"
	file=$("$top_builddir/tests/bench/policy" "$rules" "$scratch/$rules") || exit 1
	compile "$file" "$RUNS"
	goal=
	[ "$rules" = 10000 ] && goal=" (goal: < 300 ms, < 65536 KiB)"
	[ "$rules" = 1000 ] || growth=", $(awk -v a="$time" -v b="$before" 'BEGIN { printf "%.1f", a / b }') x the time and $(
		awk -v a="$memory" -v b="$memory_before" 'BEGIN { printf "%.1f", a / b }') x the memory of a tenth"
	row "generated, $rules rules" "$(awk -v t="$time" 'BEGIN { printf "%.1f ms", t / 1000 }'), $memory KiB${growth-}$goal"
	before=$time memory_before=$memory
done

echo "== deciding, without the engine around it"
"$top_builddir/tests/bench/vm"
