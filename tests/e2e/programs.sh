#!/usr/bin/env bash
# Programs of many tasks: each does under record what it does without, verifies "same" in a folder that is made again in
# the same way, and "different" at the right place when something deep in its run is changed.
#   SPERRIPS_RUNS=20      so many recordings and replays of each
#   SPERRIPS_PROGRAMS=RE  only the programs whose names match
#   SPERRIPS_LOAD=1       something else computes from time to time
: "${SPERRIPS_RUNS:=1}"
. "${top_srcdir:-.}/tests/e2e/lib.sh"
P=$top_srcdir/tests/e2e/programs
PYTHON=/usr/bin/python3 # not what a version manager puts before it
PATIENCE=10
export P

FILES='for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do echo "line $i of the text"; done >text
seq 1 10 >numbers; seq 1 20000 >big'

load=
busy() { # for this run, or not
	[ -n "${SPERRIPS_LOAD-}" ] || return 0
	idle
	[ $((RANDOM % 3)) -eq 0 ] && return
	(
		while :; do
			for ((n = 0; n < RANDOM; n++)); do :; done
			sleep 0.0$((RANDOM % 10))
		done
	) &
	load=$!
}
idle() {
	[ -z "$load" ] || { kill "$load"; wait "$load"; } 2>/dev/null
	load=
}

# filtered FILE: what must be the same with and without sperrips
filtered() { eval "$filter" <"$1"; }

# program NAME [-n NEEDED]... [-s SETUP] [-f FILTER] [-p POLICY] COMMAND...: RUNS recordings, each replayed; then tampered()
program() {
	local expected status run needed=
	name=$1 setup=$FILES filter=cat policy=() usable=
	shift
	while :; do
		case $1 in
		-n) needed="$needed $2" && shift 2 ;;
		-s) setup="$FILES
$2" && shift 2 ;;
		-f) filter=$2 && shift 2 ;;
		-p) policy=(--policy "$2") && shift 2 ;;
		*) break ;;
		esac
	done
	command=("$@")
	[[ $name =~ ${SPERRIPS_PROGRAMS:-.} ]] || return
	for needed in $1 $needed; do
		type -P "$needed" >/dev/null || { skip "$name: there is no $needed here" && return; }
	done
	fresh "$setup"
	"$@" </dev/null >"$scratch/out0" 2>"$scratch/err0"
	expected=$?
	for ((run = 1; run <= RUNS; run++)); do
		busy
		fresh "$setup"
		timeout 100 "$SPERRIPS" record "${policy[@]}" -o "$rec" -- "$@" </dev/null >"$scratch/out1" 2>"$scratch/err1"
		status=$?
		if [ $status -ne $expected ]; then
			fail "$name, run $run: recorded with status $status, not $expected" "$(tail -5 "$scratch/err1")"
			idle
			return
		fi
		if ! cmp -s <(filtered "$scratch/out0") <(filtered "$scratch/out1"); then
			fail "$name, run $run: recorded, its output is another one" \
				"$(diff <(filtered "$scratch/out0") <(filtered "$scratch/out1") | head -5)"
			idle
			return
		fi
		fresh "$setup"
		again "${policy[@]}" >"$scratch/out2" 2>"$scratch/err2"
		status=$?
		if [ $status -ne 0 ]; then
			cp "$rec" "${SPERRIPS_KEEP:-$scratch}/failed.bin"
			fail "$name, run $run: replay ended with status $status" "$(cat "$scratch/err2")"
			idle
			return
		fi
		if ! cmp -s "$scratch/out1" "$scratch/out2"; then
			fail "$name, run $run: the output differs" "$(diff "$scratch/out1" "$scratch/out2" | head -5)"
			idle
			return
		fi
	done
	idle
	usable=1
	pass
}

again() { timeout 100 "$SPERRIPS" replay --patience $PATIENCE -i "$rec" "$@" </dev/null; }

# tampered WHAT PATTERN HOW: the last recording of the program differs where PATTERN says when HOW was done to the folder
tampered() {
	[ -n "$usable" ] || return
	fresh "$setup
$3"
	expect "$name: $1" 1 again "${policy[@]}"
	says "$name: $1" "$2"
}

# A byte of a file that keeps its size and its times.
byte='byte() { touch -r "$1" ../times; printf X | dd of="$1" bs=1 seek=$2 conv=notrunc status=none; touch -r ../times "$1"; }'

# Compiled once.
compiled() { # COMPILER COMMAND...: its output goes to nobody
	type -P "$1" >/dev/null && [[ $1 =~ ${SPERRIPS_PROGRAMS:-.} ]] && "$@" >"$scratch/compiler" 2>&1
}
mkdir "$scratch/classes"
compiled javac -d "$scratch/classes" "$P/Hello.java"
HOME=$scratch GOCACHE=$scratch/go-cache compiled go build -o "$scratch/workers" "$P/workers.go"

for shell in bash dash; do
	program $shell -s 'cp "$P/jobs.sh" .' $shell jobs.sh
	tampered "another line of the script" 'field buf' 'sed -i "s/a job/A job/" jobs.sh'
	tampered "another input" 'numbers.* differs at byte 11' "$byte; byte numbers 11"
done
program make -n gcc -s 'cp -r "$P/project/." .' make -j2
program git -s 'cp "$P/git.sh" .' sh git.sh
program "python: programs and files" -s 'cp "$P/files.py" .' $PYTHON files.py
program "perl" -s 'cp "$P/forks.pl" .' perl forks.pl
program "find and xargs" -s 'mkdir d; for i in 1 2 3 4 5 6 7 8 9; do echo "file $i" >d/$i; done' \
	sh -c 'find d -type f | sort | xargs -n 2 -P 2 sh -c "cat \"\$@\" | md5sum" - | sort'
program "tar and zstd" -n zstd -n tar sh -c 'tar cf - text numbers big | zstd -q -o a.tar.zst && zstd -dc a.tar.zst | tar tvf -' -f "sed 's/ [0-9-]* [0-9:]* / /'"
program "sqlite3" -s 'cp "$P/insert.sql" .; for ((i = 9001; i <= 10000; i++)); do echo "INSERT INTO t VALUES($i, '"'one \$i'"', 3);"; done >>insert.sql
	echo "SELECT count(*), sum(v) FROM t;" >>insert.sql' sqlite3 file.db '.read insert.sql'
program "openssl genrsa" -f 'sed "s/.*/x/" | head -n 1' openssl genrsa 1024
program "openssl dgst" openssl dgst -sha256 text big
program "ssh-keygen" -f 'head -n 2' ssh-keygen -q -t ed25519 -N "" -C test -f key
program "ping" -f "sed 's/time.*//; s/rtt.*//'" ping -c 3 -i 0.1 127.0.0.1
program "vim" -s 'cp "$P/edit.py" .' $PYTHON edit.py vim -u NONE -i NONE -n text
program "python: threads" -s 'cp "$P/threads.py" .' $PYTHON threads.py
program "python: asyncio" -s 'cp "$P/async.py" .' $PYTHON async.py
program "curl and http.server" -n curl -s 'cp "$P/http.sh" .' sh http.sh
program "nginx" -n nginx -n curl -s 'cp "$P/nginx.sh" .' sh nginx.sh
program "redis" -n redis-server -n redis-cli -s 'cp "$P/redis.sh" .' sh redis.sh
program "node" -f sort -s 'cp "$P/tasks.js" .' node tasks.js
program "java" -n javac -s 'cp "$scratch/classes/Hello.class" .' java -Xshare:auto -cp . Hello
program "go" -s 'cp "$scratch/workers" .' ./workers
finish
