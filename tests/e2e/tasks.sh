#!/usr/bin/env bash
# Programs of several tasks: each case of tasks.c verifies "same", in the recorded order; what is changed is found; nothing
# hangs.
. "${top_srcdir:-.}/tests/e2e/lib.sh"
TASKS=$top_builddir/tests/e2e/tasks
PATIENCE=3

# order NAME: recorded and replayed RUNS times, with a recording of its own every fifth time
order() {
	local name=$1 run status
	fresh
	timeout 60 "$TASKS" "$name" </dev/null >"$scratch/native" 2>&1
	for ((run = 0; run < RUNS; run++)); do
		if ((run % 5 == 0)); then
			fresh
			timeout 60 "$SPERRIPS" record -o "$rec" "$TASKS" "$name" </dev/null >"$scratch/out1" 2>"$scratch/err1"
			status=$?
			if [ $status -ne 0 ]; then
				fail "$name: recorded with status $status" "$(tail -5 "$scratch/err1")"
				return
			fi
		fi
		fresh
		timeout 60 "$SPERRIPS" replay --patience $PATIENCE -i "$rec" </dev/null >"$scratch/out2" 2>"$scratch/err2"
		status=$?
		if [ $status -ne 0 ]; then
			fail "$name, run $run: replay ended with status $status" "$(cat "$scratch/err2")"
			return
		fi
		if ! cmp -s "$scratch/out1" "$scratch/out2"; then
			fail "$name, run $run: the output differs" "$(diff "$scratch/out1" "$scratch/out2" | head -5)"
			return
		fi
	done
	# where threads race the order of lines is chosen by the tracer
	if ! cmp -s <(sort "$scratch/native") <(sort "$scratch/out1"); then
		fail "$name: the output is not that of a run without sperrips" "$(diff "$scratch/native" "$scratch/out1")"
		return
	fi
	pass
}

for case in threads thread spin timed thread-exec thread-exit leader-ends lock-inherits lock-robust lock-both \
	pipeline daemon orphans untraced vfork shared many \
	sockets terminal terminal-waits terminal-master terminal-master-waits terminal-lines alarm-spin alarm-calls restart stop suspend limits cond-limits ppoll kill timers; do
	order "$case"
done

# ---- what is changed ----

fresh
record "$TASKS" thread >/dev/null 2>&1
expect "one thread more" 1 replay --patience $PATIENCE -E MORE=1
says "one thread more" 'envp'
fresh
record "$TASKS" orphans >/dev/null 2>&1
expect "other children" 1 replay --patience $PATIENCE "$TASKS" many
says "other children" '^sperrips: different'

# the kinds of change that a shell script can have: another line, another child, another message, one process more
script() { # NAME OLD NEW PATTERN: the script in $work/s, changed before the replay
	fresh "$SCRIPT"
	record sh s >/dev/null 2>&1 </dev/null
	fresh "$SCRIPT"
	sed -i "s#$2#$3#" s
	expect "$1" 1 timeout 60 "$SPERRIPS" replay --patience $PATIENCE -i "$rec"
	says "$1" "$4"
	fresh "$SCRIPT"
	expect "$1, undone" 0 timeout 60 "$SPERRIPS" replay --patience $PATIENCE -i "$rec"
}
SCRIPT='printf "%s\n" "echo one | cat" "(sleep 0.01; echo two) & wait" "for i in 1 2 3; do /bin/echo \$i; done" >s'
script "another word in a pipeline" "echo one" "echo ONE" 'call read'
script "another child program" "/bin/echo" "/bin/cat " 'call read'
script "one process more" "wait" "wait; true | true" 'call read'

# ---- signals from outside ----

fresh
"$SPERRIPS" record -o "$rec" "$TASKS" wait-for-signal >"$scratch/out1" 2>&1 </dev/null &
recorder=$!
for ((i = 0; i < 200; i++)); do
	[ -s "$scratch/out1" ] && break
	sleep 0.05
done
sleep 0.2
child=$(ps -o pid= --ppid "$recorder" 2>/dev/null)
if [ -n "$child" ] && kill -USR1 $child; then
	wait "$recorder"
	if [ $? -eq 0 ]; then pass; else fail "a signal from outside: recording" "$(cat "$scratch/out1")"; fi
	fresh
	expect "a signal from outside is sent again" 0 timeout 60 "$SPERRIPS" replay --patience $PATIENCE -i "$rec"
	says "a signal from outside is sent again" '^got it'
else
	kill "$recorder"
	skip "a signal from outside: there is no ps that lists children"
fi

# ---- what comes from a terminal is compared, in how many pieces it ever comes ----

# a policy that lets the program learn that it is to write something else there, and write it
cat >"$scratch/writes.spol" <<END
policy writes 1;
extends "strict.spol";
override read, pread64 { buf, ret: accept if fd.path in { "$work/how" } else replay if fd.path in VIRTUAL else equal; }
override write { buf, count: accept; }
write { ret: accept; }
END
for case in terminal terminal-waits terminal-master terminal-master-waits; do
	fresh 'printf = >how'
	expect "$case: recording" 0 record -p "$scratch/writes.spol" "$TASKS" $case
	for how in = Z -; do
		fresh 'printf %s "$how" >how'
		[ "$how" = = ] && want=0 || want=1
		expect "$case: $how" $want timeout 60 "$SPERRIPS" replay -p "$scratch/writes.spol" --patience 1 -i "$rec"
		[ $want -eq 0 ] || says "$case: $how" 'call read'
	done
done

# ---- a recording that is ended ----

# ended WHAT SIGNAL SCRIPT REASON: the signal goes to the recorder when the script has said that it is ready
ended() {
	local recorder i
	fresh
	"$SPERRIPS" record -o "$rec" sh -c "$3" >"$scratch/out1" 2>"$scratch/err1" </dev/null &
	recorder=$!
	for ((i = 0; i < 200; i++)); do
		[ -s "$scratch/out1" ] && break
		sleep 0.05
	done
	sleep 0.3
	kill -"$2" "$recorder"
	wait "$recorder"
	if [ $? -eq 125 ]; then pass; else fail "$1: status of record" "$(cat "$scratch/err1")"; fi
	expect "$1: the recording is whole" 0 "$SPERRIPS" fsck "$rec"
	expect "$1: a replay of it" 3 timeout 60 "$SPERRIPS" replay --patience $PATIENCE -i "$rec"
	says "$1: and why" "$4"
}
ended "SIGTERM" TERM 'echo ready; sleep 60' 'SIGTERM ended the recording'
ended "Ctrl-C for what is left behind" INT '(trap "" INT; exec sleep 60) & echo ready' 'Ctrl-C ended the recording'

# ---- an order that cannot come about ----

# a policy that lets another byte through, upon which the child does something else
printf 'policy loose 1;\nextends "strict.spol";\noverride read { buf: accept; }\n' >"$scratch/loose.spol"
fresh 'printf n >how'
record -p "$scratch/loose.spol" "$TASKS" stuck >/dev/null 2>&1 </dev/null
fresh 'printf n >how'
expect "nothing in the way" 0 timeout 60 "$SPERRIPS" replay -p "$scratch/loose.spol" -i "$rec"
fresh 'printf c >how'
expect "a child that computes for ever" 1 timeout 60 "$SPERRIPS" replay -p "$scratch/loose.spol" --patience 1 -i "$rec"
says "a child that computes for ever" 'cannot come about'
says "a child that computes for ever: who waits" '0 (waits in read|stands), 0.1 runs its own code'
fresh 'printf w >how'
expect "a child that waits instead" 1 timeout 60 "$SPERRIPS" replay -p "$scratch/loose.spol" --patience 1 -i "$rec"
says "a child that waits instead" 'another call than the recorded one: rt_sigsuspend'

finish
