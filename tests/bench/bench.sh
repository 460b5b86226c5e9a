#!/usr/bin/env bash
# make bench: figures as ratios within one run, alternating, median of BENCH_RUNS (5).  Nothing here passes or fails.
set -u
: "${top_builddir:=$PWD/build}" "${top_srcdir:=$PWD}"
export SPERRIPS_POLICY_PATH=${SPERRIPS_POLICY_PATH:-$top_srcdir/policies}
SPERRIPS=$top_builddir/sperrips
RUNS=${BENCH_RUNS:-5}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/sperrips-bench.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1

# took COMMAND...: wall time in microseconds
took() {
	local start end
	start=$(date +%s%N)
	"$@" >/dev/null 2>&1 </dev/null
	end=$(date +%s%N)
	echo $(((end - start) / 1000))
}
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
ms() { awk -v a="$1" 'BEGIN { printf "%.1f ms", a / 1000 }'; }
row() { printf '%-52s %s\n' "$@"; }

echo "== system calls: dd if=/dev/zero of=/dev/null bs=1 count=200000"
job="dd if=/dev/zero of=/dev/null bs=1 count=200000"
for ((i = 0; i < RUNS; i++)); do
	took taskset -c 0 strace -f -o /dev/null $job >>dd.strace
	took "$SPERRIPS" record -o dd.bin -- $job >>dd.record
	took "$SPERRIPS" replay -i dd.bin >>dd.replay
	took $job >>dd.native
done
strace=$(median <dd.strace) record=$(median <dd.record) replay=$(median <dd.replay)
row "native" "$(ms "$(median <dd.native)")"
row "strace -f -o /dev/null, pinned" "$(ms "$strace")"
row "record" "$(ms "$record"), $(ratio "$record" "$strace") of strace (goal: <= 1.0)"
row "replay" "$(ms "$replay"), $(ratio "$replay" "$strace") of strace (goal: <= 1.3)"
"$SPERRIPS" replay -i dd.bin >/dev/null 2>dd.verdict || { echo "not the same:"; cat dd.verdict; }
row "recording" "$(stat -c %s dd.bin) bytes"

echo "== instructions: 100000 times rdtsc"
job="$top_builddir/tests/e2e/teller loop 100000"
if [ -x "${job%% *}" ]; then
	for ((i = 0; i < RUNS; i++)); do
		took "$SPERRIPS" record -o tsc.bin -- $job >>tsc.record
		took "$SPERRIPS" replay -i tsc.bin >>tsc.replay
	done
	each() { awk -v a="$1" 'BEGIN { printf "%.1f us each", a / 100000 }'; }
	row "record" "$(ms "$(median <tsc.record)"), $(each "$(median <tsc.record)")"
	row "replay" "$(ms "$(median <tsc.replay)"), $(each "$(median <tsc.replay)")"
	"$SPERRIPS" record -o tsc.bin -- true >/dev/null 2>&1
	row "instructions of a program that only starts" "$("$SPERRIPS" show tsc.bin | grep -cE '^(rdtscp?|cpuid)\(')"
else
	row "tests/e2e/teller" "is not there: make check makes it"
fi

echo "== bytes: cat of 200 MB"
head -c 200000000 /dev/urandom >random
head -c 200000000 /dev/zero >zeros
cat random zeros >/dev/null
for ((i = 0; i < RUNS; i++)); do
	rm -f cat.bin # the time that it takes to free the blocks of an older recording is not the recorder's
	took cat random >>cat.native
	took "$SPERRIPS" record -o cat.bin -- cat random >>cat.record
	took "$SPERRIPS" replay -i cat.bin >>cat.replay
done
native=$(median <cat.native) record=$(median <cat.record)
# /dev/null reads nothing: cat copies the page cache once, and record writes all of it to the disk meanwhile
row "native, to /dev/null" "$(ms "$native")"
row "record, to /dev/null" "$(ms "$record"), $(ratio "$record" "$native") of native (goal: <= 6)"
row "replay, to /dev/null" "$(ms "$(median <cat.replay)"), $(ratio "$(median <cat.replay)" "$native") of native"
for ((i = 0; i < RUNS; i++)); do
	rm -f cat2.bin out
	took sh -c 'cat random | cat >out' >>file.native
	rm -f out
	took sh -c "\"$SPERRIPS\" record -o cat2.bin -- cat random | cat >out" >>file.record
done
row "record, through a pipe to a file" "$(ms "$(median <file.record)"), $(ratio "$(median <file.record)" "$(median <file.native)") of native (goal: <= 6)"
rm -f cat2.bin out
"$SPERRIPS" record -o zeros.bin -- cat zeros >/dev/null
row "recording of 200 MB of random bytes" "$(ratio "$(stat -c %s cat.bin)" 200000000) of its size (goal: <= 1.05)"
row "recording of 200 MB of zeros" "$(awk -v a="$(stat -c %s zeros.bin)" 'BEGIN { printf "%.5f", a / 200000000 }') of its size (goal: <= 0.01)"
"$SPERRIPS" keygen -o key >/dev/null
for ((i = 0; i < RUNS; i++)); do
	rm -f cat.bin signed.bin
	took "$SPERRIPS" record -o cat.bin -- cat random >>sign.without
	took "$SPERRIPS" record --sign key -o signed.bin -- cat random >>sign.record
	took "$SPERRIPS" fsck cat.bin >>check.without
	took "$SPERRIPS" fsck --verify-key key.pub signed.bin >>check.signed
done
megabytes=$(awk -v a="$(stat -c %s signed.bin)" 'BEGIN { printf "%.1f", a / 1000000 }')
each() { awk -v us="$1" -v mb="$megabytes" 'BEGIN { printf "%.3f ms a MB", us / 1000 / mb }'; }
row "record --sign, $megabytes MB" "$(ms "$(median <sign.record)"), $(ratio "$(median <sign.record)" "$(median <sign.without)") of record"
row "checking the chain (fsck)" "$(ms "$(median <check.without)"), $(each "$(median <check.without)")"
row "checking chain and signature (fsck --verify-key)" "$(ms "$(median <check.signed)"), $(each "$(median <check.signed)")"
rm -f signed.bin
head -c 56000000 /dev/urandom >>random
row "peak memory of record, 256 MB" "$( (command -v /usr/bin/time >/dev/null && /usr/bin/time -f '%M KiB' "$SPERRIPS" record -o m.bin -- cat random 2>&1 >/dev/null) | tail -1) (goal: under 65536)"
rm -f random zeros m.bin cat.bin

echo "== small programs"
echo text >in
for job in "echo hello" "cat in" "hostname"; do
	"$SPERRIPS" record -o small.bin -- $job >/dev/null
	row "recording of $job" "$(stat -c %s small.bin) bytes (goal: under 65536)"
done

echo "== the table of system calls, and what it costs to start"
tables='rows.o structs.o consts_tables.o records.o'
row "built table (constant data of libabi.a: rows, structs, names)" \
	"$(size "$top_builddir/src/abi/libabi.a" | awk -v want=" $tables " 'index(want, " " $6 " ") { n += $1 + $2 } END { printf "%.0f KiB", n / 1024 }')"
row "what is made of it (const data of made.o, shipped.o)" \
	"$(size "$top_builddir/src/abi/made.o" "$top_builddir/src/cmd/shipped.o" | awk '{ n += $1 + $2 } END { printf "%.0f KiB", n / 1024 }')"
row "rows and fields" "$("$top_builddir/spolc" --schema | awk '/^[a-z_0-9]/ { rows++ } /^ +[^ ]+ +[a-z]+ +(in|out|inout) / { fields++ } END { print rows ", " fields }')"
# strace is quicker on one processor than where its program is on another one; taskset's own start must not count as strace's
for ((i = 0; i < 8 * RUNS; i++)); do
	took /bin/true >>start.native
	took taskset -c 0 /bin/true >>start.pinned
	took "$SPERRIPS" --version >>start.version
	took taskset -c 0 strace -f -o /dev/null /bin/true >>start.strace
	took strace -f -o /dev/null /bin/true >>start.anywhere
	took "$SPERRIPS" record -o start.bin -- /bin/true >>start.record
	took "$SPERRIPS" record --sign key -o start.bin -- /bin/true >>start.sign
done
strace=$(($(median <start.strace) - $(median <start.pinned) + $(median <start.native)))
row "sperrips --version" "$(ms "$(median <start.version)"), $(ratio "$(median <start.version)" "$(median <start.native)") of /bin/true"
anywhere=$(median <start.anywhere) record=$(median <start.record)
row "strace -f -o /dev/null /bin/true, and pinned" "$(ms "$anywhere"), $(ms "$strace")"
row "record /bin/true" "$(ms "$record"), $(ratio "$record" "$anywhere") of strace, $(ratio "$record" "$strace") of it pinned (goal: <= 1.2)"
row "bytes of mapped files in it that are digested" "$("$SPERRIPS" show start.bin | awk '
	/^mmap.*content=/ { split($0, a, /, /); n += a[2] } END { printf "%.1f MB", n / 1e6 }')"
row "record --sign /bin/true" "$(ms "$(median <start.sign)"), $(ratio "$(median <start.sign)" "$(median <start.record)") of record"

echo "== containers: record /bin/true in one, set-up, teardown and the look at what was left included"
if "$SPERRIPS" record -o start.bin --sandbox -- /bin/true >/dev/null 2>&1; then
	rm -f start.record
	for ((i = 0; i < 4 * RUNS; i++)); do
		took "$SPERRIPS" record -o start.bin -- /bin/true >>start.record
		took "$SPERRIPS" record -o start.bin --container / -- /bin/true >>start.container
		took "$SPERRIPS" record -o start.bin --sandbox -- /bin/true >>start.sandbox
		took "$SPERRIPS" record -o start.bin --sandbox --network -- /bin/true >>start.network
	done
	plain=$(median <start.record)
	row "without" "$(ms "$plain")"
	for kind in container sandbox network; do
		row "$kind" "$(awk -v a="$(median <start.$kind)" -v b="$plain" 'BEGIN { printf "%.1f ms more", (a - b) / 1000 }')"
	done
	# files read below an overlay, and files made in memory
	mkdir -p tree && for ((i = 0; i < 300; i++)); do head -c 4096 /dev/urandom >"tree/$i"; done
	for ((i = 0; i < RUNS; i++)); do
		took "$SPERRIPS" record -o tree.bin -- cp -r tree copy >>tree.record
		rm -rf copy
		took "$SPERRIPS" record -o tree.bin --sandbox -- cp -r tree copy >>tree.sandbox
		took "$SPERRIPS" replay -i tree.bin >>tree.replay
	done
	row "record cp -r of 300 files, --sandbox" \
		"$(ms "$(median <tree.sandbox)"), $(ratio "$(median <tree.sandbox)" "$(median <tree.record)") of record without it"
	row "replay of that" "$(ms "$(median <tree.replay)")"
else
	row "no container here" "$("$SPERRIPS" record -o start.bin --sandbox -- /bin/true 2>&1 | head -n 1)"
fi

echo "== deciding"
"$top_builddir/tests/bench/decide" "$top_srcdir/policies/strict.spol" "$(median <dd.replay)" 400000

"$top_srcdir/tests/bench/programs.sh"
"$top_srcdir/tests/bench/spolc.sh"
