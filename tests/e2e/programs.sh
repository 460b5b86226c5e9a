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

# A policy that is strict.spol but for what is read from one script: how the run goes on is looked at, not that it says so.
blind_to() {
	cat >"$scratch/blind.spol" <<END
policy blind 1;
extends "strict.spol";
override read, pread64 {
	buf, ret: accept if fd.path in { "$work/$1" } else replay if fd.path in VIRTUAL else equal;
}
execve { argv[]: accept if task.depth == 0; }
END
}

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
	fresh "$setup"
	for needed in "$1" $needed; do
		type -P "$needed" >/dev/null || { skip "$name: there is no $needed here" && return; }
	done
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

# differs WHAT PATTERN REPLAY-ARGUMENT...
differs() {
	local what=$1 pattern=$2 status
	shift 2
	again "$@" >"$scratch/out2" 2>"$log" # two files: they share no flags
	status=$?
	if [ $status -ne 1 ]; then
		fail "$what: status $status, not 1" "$(cat "$log")"
	else
		says "$what" "$pattern"
	fi
}

# tampered WHAT PATTERN HOW [BLIND-TO]: the last recording differs where PATTERN says when HOW was done to the folder; under a
# policy that does not see another content of the file BLIND-TO
tampered() {
	local use=("${policy[@]}")
	[ -n "$usable" ] || return
	fresh "$setup
$3"
	[ $# -lt 4 ] || { blind_to "$4" && use=(--policy "$scratch/blind.spol"); }
	differs "$name: $1" "$2" "${use[@]}"
}

# called WHAT PATTERN COMMAND...: it differs there when it is called in another way, which the policy does not see
called() {
	local what=$1 pattern=$2
	shift 2
	[ -n "$usable" ] || return
	fresh "$setup"
	blind_to .
	differs "$name: $what" "$pattern" --policy "$scratch/blind.spol" -- "$@"
}

# byte FILE N: another byte there; size and times stay
byte='byte() { touch -r "$1" ../times; printf X | dd of="$1" bs=1 seek=$2 conv=notrunc status=none; touch -r ../times "$1"; }
line() { touch -r "$1" ../times; sed -i "$2" "$1"; touch -r ../times "$1"; }'
FILES="$FILES
$byte"

# Compiled once.
compiled() { # NAME COMPILER COMMAND...: its output goes to nobody
	type -P "$2" >/dev/null && [[ $1 =~ ${SPERRIPS_PROGRAMS:-.} ]] && "${@:2}" >"$scratch/compiler" 2>&1
}
mkdir "$scratch/classes"
compiled java javac -d "$scratch/classes" "$P/Hello.java"
HOME=$scratch GOCACHE=$scratch/go-cache compiled go go build -o "$scratch/workers" "$P/workers.go"

for shell in bash dash; do
	program $shell -s 'cp "$P/jobs.sh" .' $shell jobs.sh
	tampered "another line of the script" 'jobs.sh differs at byte' 'line jobs.sh "s/a job/A job/"'
	tampered "what another line does" 'buf, byte 0' 'line jobs.sh "s/a job/A job/"' jobs.sh
	tampered "another child" 'tail' 'line jobs.sh "s/tail -n 2/head -n 2/"' jobs.sh
	tampered "a child more" '^sperrips: different' 'line jobs.sh "s/wait .slow$/cat text\& /"' jobs.sh
	tampered "another input" 'numbers differs at byte 11' 'byte numbers 11'
done
program make -n gcc -s 'cp -r "$P/project/." .' make -j2
tampered "a byte of a source" 'words.c differs at byte 130' 'byte words.c 130'
tampered "what another line does" 'call write|field argv' 'line Makefile "s/-O1/-O2/"' Makefile
program git -s 'cp "$P/git.sh" .' sh git.sh
tampered "a byte of a file" 'text differs at byte|content' 'byte text 200'
tampered "what another line does" 'field buf, byte' 'line git.sh "s/echo more/echo MORE/"' git.sh
program "python: programs and files" -s 'cp "$P/files.py" .' $PYTHON files.py
tampered "a byte of a file" 'text differs at byte 200' 'byte text 200'
tampered "another child" 'execve|field argv' 'line files.py "s/exit 5/exit 6/"' files.py
program "perl" -s 'cp "$P/forks.pl" .' perl forks.pl
tampered "a byte of a file" 'text differs at byte 30' 'byte text 30'
tampered "another status of a child" 'status' 'line forks.pl "s/i + 40/i + 41/"' forks.pl
tampered "another child" 'field argv' 'line forks.pl "s/from the shell/from the SHELL/"' forks.pl
program "find and xargs" -s 'mkdir d; for i in 1 2 3 4 5 6 7 8 9; do echo "file $i" >d/$i; done' \
	sh -c 'find d -type f | sort | xargs -n 2 -P 2 sh -c "cat \"\$@\" | md5sum" - | sort'
tampered "a byte of a file" 'd/7 differs at byte 2' 'byte d/7 2'
tampered "a file more" 'getdents|d_name' 'echo x >d/a'
program "tar and zstd" -n zstd -n tar -f "sed 's/ 20[0-9-]* [0-9:]* / /'" \
	sh -c 'tar cf - text numbers big | zstd -q -o a.tar.zst && zstd -dc a.tar.zst | tar tvf -'
tampered "a byte of a file" 'big differs at byte' 'byte big 70000'
program "sqlite3" -s 'cp "$P/insert.sql" .; for ((i = 9001; i <= 10000; i++)); do echo "INSERT INTO t VALUES($i, '"'one \$i'"', 3);"; done >>insert.sql
	echo "SELECT count(*), sum(v) FROM t;" >>insert.sql' sqlite3 file.db '.read insert.sql'
tampered "a byte of an insertion" 'insert.sql differs at byte' 'line insert.sql "s/one 9600/two 9600/"'
tampered "what another insertion does" 'pwrite64' 'line insert.sql "s/one 9600/two 9600/"' insert.sql
program "openssl genrsa" -f 'sed "s/.*/x/" | head -n 1' openssl genrsa 1024
called "another size" 'sperrips: different' openssl genrsa 1032
program "openssl dgst" openssl dgst -sha256 text big
tampered "a byte of a file" 'big differs at byte' 'byte big 90000'
program "ssh-keygen" -f 'head -n 2' ssh-keygen -q -t ed25519 -N "" -C test -f key
called "another comment" 'write.*' ssh-keygen -q -t ed25519 -N "" -C TEST -f key
# a program that is traced by an ordinary user gets no rights of its file; the socket that needs none (ping_group_range) has
# an identifier of the kernel's choice, which is in each answer and its checksum
if [ "$(id -u)" -ne 0 ]; then
	skip "ping: only root's has its raw socket; an ordinary user's answers have another identifier each time"
elif ! ping -c 1 127.0.0.1 >/dev/null 2>&1; then
	skip "ping: there is no answer here"
else
	program "ping" -f "sed 's/time.*//; s/rtt.*//'" ping -c 3 -i 0.1 127.0.0.1
	called "another address" 'sin_addr' ping -c 3 -i 0.1 127.0.0.2
fi
program "vi" -n vi -s 'cp "$P/edit.py" .' $PYTHON edit.py vi -u NONE -i NONE -n text
tampered "a byte of a file" 'text differs at byte' 'byte text 100'
tampered "another key" 'field buf, byte' 'line edit.py "s/hello/hallo/"' edit.py
program "threads" -s 'ln -s "$top_builddir/tests/e2e/programs/threads" .' ./threads 4
tampered "a byte of a file" 'text differs at byte' 'byte text 300'
called "a thread more" 'sperrips: different' ./threads 5
program "spin lock" -s 'ln -s "$top_builddir/tests/e2e/programs/spin" .' ./spin
tampered "a byte of a file" 'numbers differs at byte 0' 'byte numbers 0'
program "python: threads" -s 'cp "$P/threads.py" .' $PYTHON threads.py
tampered "a thread more" 'sperrips: different' 'line threads.py "s/range(4)/range(5)/"' threads.py
program "python: asyncio" -s 'cp "$P/async.py" .' $PYTHON async.py
tampered "another message" 'send|field buf' 'line async.py "s/writer.write(line.upper/writer.write(line.lower/"' async.py
tampered "a byte of a file" 'text differs at byte' 'byte text 100'
program "python: epoll" -f 'cut -d" " -f3 | grep -o "[0-9]*\.[0-9]*" | sort' -s 'cp "$P/ready.py" .' $PYTHON ready.py
tampered "another message" 'write|field buf' 'line ready.py "s/%d.%d;/%d,%d;/"' ready.py
program "curl and http.server" -n curl -s 'cp "$P/http.sh" .' sh http.sh
tampered "a byte of a file" 'big differs at byte' 'byte big 90000'
tampered "another request" 'argv|/none' 'line http.sh "s,/none,/NONE,"' http.sh
program "nginx" -n nginx -n curl -s 'cp "$P/nginx.sh" .' sh nginx.sh
tampered "a byte of a file" 'content|big differs' 'byte big 90000'
program "redis" -n redis-server -n redis-cli -s 'cp "$P/redis.sh" .' sh redis.sh
tampered "another message" 'write' 'line redis.sh "s/SET key/SET KEY/"' redis.sh
program "node" -f sort -s 'cp "$P/tasks.js" .' node tasks.js
tampered "what another line does" 'sperrips: different' 'line tasks.js "s/workerData: 3/workerData: 4/"' tasks.js
tampered "a byte of a file" 'text differs at byte' 'byte text 100'
# what a virtual machine leaves in /tmp for other programs to look at would be another state
program "java" -n javac -s 'cp "$scratch/classes/Hello.class" .' java -XX:+PerfDisableSharedMem -cp . Hello
tampered "another class" 'Hello.class' 'line Hello.class "s/hello from a/HELLO FROM A/"'
tampered "a byte of a file" 'text differs at byte' 'byte text 100'
program "go" -n go -s 'cp "$scratch/workers" .' ./workers
tampered "a byte of a file" 'text differs at byte' 'byte text 100'
finish
