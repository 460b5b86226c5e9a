#!/usr/bin/env bash
# Whole programs: wall time of record and replay as ratios to the program alone and to strace, alternating, median of
# BENCH_RUNS (5).  Called by bench.sh; nothing here passes or fails.
set -u
: "${top_builddir:=$PWD/build}" "${top_srcdir:=$PWD}"
export SPERRIPS_POLICY_PATH=${SPERRIPS_POLICY_PATH:-$top_srcdir/policies}
SPERRIPS=$top_builddir/sperrips
RUNS=${BENCH_RUNS:-5}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/sperrips-bench.XXXXXX") || exit 1
trap 'cd /; rm -rf "$scratch"' EXIT
work=$scratch/work

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
ms() { awk -v a="$1" 'BEGIN { printf "%.0f ms", a / 1000 }'; }

# took SETUP COMMAND...: wall time in microseconds, in a fresh folder
took() {
	local setup=$1 start end
	shift
	rm -rf "$work" && mkdir "$work" && cd "$work" && eval "$setup" >/dev/null 2>&1
	start=$(date +%s%N)
	"$@" >/dev/null 2>&1 </dev/null
	end=$(date +%s%N)
	cd "$scratch" || exit 1
	echo $(((end - start) / 1000))
}

options=() # of record

# program NAME SETUP COMMAND...
program() {
	local name=$1 setup=$2 native strace record replay verdict
	shift 2
	rm -f "$scratch"/t.* "$scratch/verdict"
	for ((i = 0; i < RUNS; i++)); do
		took "$setup" "$@" >>"$scratch/t.native"
		took "$setup" taskset -c 0 strace -f -o /dev/null "$@" >>"$scratch/t.strace"
		rm -f "$scratch/r.bin"
		took "$setup" "$SPERRIPS" record "${options[@]}" -o "$scratch/r.bin" -- "$@" >>"$scratch/t.record"
		took "$setup" "$SPERRIPS" replay -i "$scratch/r.bin" --report "$scratch/verdict" >>"$scratch/t.replay"
	done
	[ -s "$scratch/r.bin" ] && [ -s "$scratch/verdict" ] || {
		printf '%-26s cannot be recorded and replayed\n' "$name"
		return
	}
	native=$(median <"$scratch/t.native") strace=$(median <"$scratch/t.strace")
	record=$(median <"$scratch/t.record") replay=$(median <"$scratch/t.replay")
	verdict=$(head -1 "$scratch/verdict")
	printf '%-26s native %s; record %sx native, %s of strace; replay %s of strace; %s; %s bytes\n' "$name" "$(ms "$native")" \
		"$(ratio "$record" "$native")" "$(ratio "$record" "$strace")" "$(ratio "$replay" "$strace")" "${verdict#*: }" \
		"$(stat -c %s "$scratch/r.bin")"
}

echo "== whole programs, against strace -f -o /dev/null on one processor (goals: record <= 1.10, replay <= 1.50)"
program "300 x /bin/true from sh" '' sh -c 'i=0; while [ $i -lt 300 ]; do /bin/true; i=$((i + 1)); done'
# each program begins with some 70 cpuids: what is left where they do not fault
options=(--cpuid-runs)
program "the same, --cpuid-runs" '' sh -c 'i=0; while [ $i -lt 300 ]; do /bin/true; i=$((i + 1)); done'
options=()
program "make, 6 files of C" 'for i in 1 2 3 4 5 6; do echo "#include <stdio.h>
int f$i(int x) { printf(\"%d\", x); return x * $i; }" >f$i.c; done
printf "all: f1.o f2.o f3.o f4.o f5.o f6.o\n%%.o: %%.c\n\tgcc -O1 -c -o \$@ $<\n" >Makefile' make -j2
program "git clone" 'export GIT_AUTHOR_DATE=@1700000000 GIT_COMMITTER_DATE=@1700000000; git init -q r && cd r && for i in $(seq 40); do seq $i 400 >f$i; done && git add . &&
git -c user.name=n -c user.email=m commit -qm c && cd ..' git clone -q r c
command -v sqlite3 >/dev/null &&
	program "sqlite3, 10,000 inserts" '(echo "create table t(a, b); begin;"; for i in $(seq 10000); do echo "insert into t values($i, $i * 7);"; done; echo "commit; select count(*) from t;") >in.sql' \
		sqlite3 t.db ".read in.sql"
command -v redis-server >/dev/null && command -v redis-cli >/dev/null &&
	program "redis, 1,000 SETs" 'for i in $(seq 1000); do echo "SET k$i v$i"; done >in; echo SHUTDOWN NOSAVE >>in' \
		sh -c 'redis-server --port 0 --unixsocket s --save "" --daemonize no >/dev/null & while [ ! -S s ]; do sleep 0.01; done; redis-cli -s s <in >/dev/null; wait'
[ -x "$top_builddir/tests/e2e/tasks" ] && program "threads that take turns" '' "$top_builddir/tests/e2e/tasks" threads
exit 0
