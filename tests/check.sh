#!/usr/bin/env bash
# The whole suite: a plain build, one with sanitizers, one with clang and the fuzzers.  The totals stand on the last line.
set -uo pipefail
cd "$(dirname "$0")/.."
FUZZ_SECONDS=${FUZZ_SECONDS:-20}
status=0

say() { printf '\n== %s\n' "$*"; }
die() { echo "check: $*" >&2; exit 1; }

[ -x configure ] && [ configure -nt configure.ac ] && [ Makefile.in -nt Makefile.am ] || autoreconf -fi >/dev/null ||
	die "autoreconf failed"

# build DIR CONFIGURE-ARGUMENT...
build() {
	local dir=$1
	shift
	mkdir -p "$dir"
	[ -e "$dir/Makefile" ] || (cd "$dir" && ../configure --quiet "$@") || die "configure failed in $dir"
	make -s -C "$dir" -j"$(nproc)" || die "the build in $dir failed"
}

# tests DIR: runs make check there; what failed is shown whole
tests() {
	local log
	make -s -C "$1" -j"$(nproc)" check >"$1/check.out" 2>&1 || {
		status=1
		grep -hE '^(FAIL|ERROR|XPASS)' "$1/check.out"
		for log in $(grep -lE '^:test-result: (FAIL|ERROR)' $(find "$1/tests" -name '*.trs') /dev/null); do
			echo "--- ${log%.trs}.log"
			tail -n 60 "${log%.trs}.log"
		done
		[ -n "$(find "$1/tests" -name '*.trs')" ] || tail -n 40 "$1/check.out"
	}
	find "$1/tests" -name '*.log' -print0 | xargs -0 cat >>build/all.log
}

say "gcc, plain"
build build
: >build/all.log
tests build

say "gcc, AddressSanitizer and UndefinedBehaviorSanitizer"
build build-sanitize --enable-sanitize CFLAGS="-O1 -g"
SPERRIPS_RUNS=${SPERRIPS_RUNS_SANITIZE:-2} SPERRIPS_LIES=${SPERRIPS_LIES_SANITIZE:-8} SPERRIPS_CASES=${SPERRIPS_CASES_SANITIZE:-10} \
	tests build-sanitize

say "clang, with the fuzzers, $FUZZ_SECONDS s each"
build build-fuzz --enable-fuzz CC=clang CFLAGS="-O1 -g"
for target in build-fuzz/tests/fuzz/fuzz_*; do
	[ -x "$target" ] || continue
	name=${target##*/fuzz_}
	mkdir -p "build-fuzz/corpus/$name"
	if "$target" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=2048 -verbosity=0 -print_final_stats=1 \
		"build-fuzz/corpus/$name" "tests/fuzz/corpus/$name" >"build-fuzz/$name.log" 2>&1; then
		grep -h 'number_of_executed_units' "build-fuzz/$name.log" | sed "s/^/fuzz_$name: /"
		echo "1 passed, 0 failed" >>build/all.log
	else
		status=1
		tail -n 40 "build-fuzz/$name.log"
		echo "0 passed, 1 failed" >>build/all.log
	fi
done

say "the same policies, the same bytes from all three compilers"
same=0 other=0
for policy in policies/*.spol; do
	for dir in build build-sanitize build-fuzz; do
		ASAN_OPTIONS=detect_leaks=0 "$dir/spolc" -o "$dir/policy.spo" "$policy" 2>"$dir/policy.err" || cat "$dir/policy.err"
	done
	for dir in build-sanitize build-fuzz; do
		if cmp build/policy.spo "$dir/policy.spo"; then
			same=$((same + 1))
		else
			other=$((other + 1)) status=1
		fi
	done
	rm -f build{,-sanitize,-fuzz}/policy.spo
done
echo "$same passed, $other failed" | tee -a build/all.log

say "skipped"
grep -h '^SKIP: ' build/all.log | sort | uniq -c || true
say "totals"
# Check prints "100%: Checks: 12, Failures: 0, Errors: 0", scripts "N passed, N failed, ...", and both a SKIP line each
awk '
	/^[0-9]+%: Checks: / { gsub(",", ""); passed += $3 - $5 - $7; failed += $5 + $7 }
	/^[0-9]+ passed, [0-9]+ failed/ { gsub(",", ""); passed += $1; failed += $3 }
	/^SKIP: / { skipped++ }
	END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit failed > 0 || passed == 0 }
' build/all.log || status=1
exit $status
