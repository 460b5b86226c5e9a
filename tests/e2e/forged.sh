#!/usr/bin/env bash
# Recordings that lie: one thing changed, all digests right (tests/e2e/forge.c).  Whatever the lie is about must come out in
# the replay: the verdict is not "same", or the difference is listed as one that a rule accepts.  Each kind of lie is told
# once a program, about the first event that it fits.
. "${top_srcdir:-.}/tests/e2e/lib.sh"

FORGE=$top_builddir/tests/e2e/forge
KINDS=${SPERRIPS_LIES:-2} # every how-manieth kind of lie is told

# Lies that change nothing that a verdict speaks of, each with the reason.
explained() { # CALL FIELD HOW...
	case "$*" in
	*' - answered' | *' - emulated') return 0 ;;                # who gave the result; the result itself is compared
	*' fd.path fact' | *' fd.kind fact' | *' fd fact') return 0 ;; # conditions ask both sides: such a lie only makes them fail
	'execve command fact') return 0 ;;                          # the same
	*'stat'*' last-byte after' | *'stat'*' shorter after') return 0 ;;     # reserved bytes at the end of the kernel's struct
	'getpeername addr '*' after') return 0 ;;                   # sin_zero
	'connect addr '*' before') return 0 ;;                      # the kernel reads a socket's path up to its NUL
	*' - outside') return 0 ;;                                  # who is outside; files are read all the same, what is emulated is counted
	*' - waited') return 0 ;;                                   # how long to be patient
	*' - preempted-before') return 0 ;;                         # where that happens is not the program's doing
	'return-from-'*' argument') return 0 ;;                     # only the beginning of a call has some
	'return-from-'*' - later' | 'task_end - later' | 'wait4 - later') return 0 ;; # an order that comes about, too
	'exit - unstable' | 'exit_group - unstable') return 0 ;;    # they take no data
	'instruction'*' - later') return 0 ;;                       # counters, whose recorded values are given again
	'preempted - '*) return 0 ;;                                # where that happens is not the program's doing
	'new-task maker other') return 0 ;;                         # whether a signal came from outside, and none did
	'signal si_signo middle-byte before' | 'signal si_signo last-byte before' | 'signal si_signo shorter before') return 0 ;; # unused room
	esac
	return 1
}

TASKS=$top_builddir/tests/e2e/tasks
patience=() # what to say about it
options=() only=. # of what is recorded; about which events lies are told
# lies NAME COMMAND...
lies() {
	local name=$1 number seq call field how status told=0
	shift
	fresh "$SETUP"
	record "${options[@]}" -- "$@" >/dev/null 2>&1 < <(printf 'from a pipe\n')
	fresh "$SETUP"
	expect "$name: the truth" 0 replay
	"$FORGE" "$rec" | awk -v every="$KINDS" -v only="$only" '$3 ~ only { kind = $3 " " $4 " " $5 " " $6 } !seen[kind]++ && n++ % every == 0' >"$scratch/lies"
	while read -r number seq call field how; do
		told=$((told + 1))
		"$FORGE" "$rec" "$scratch/forged" "$number" || fail "$name: lie $number cannot be told"
		fresh "$SETUP"
		timeout 60 "$SPERRIPS" replay "${patience[@]}" -i "$scratch/forged" --differences "$scratch/differences" >/dev/null 2>"$log" </dev/null
		status=$?
		case $status in
		1 | 3) pass ;;
		2) if grep -qE 'recording lacks|begins a call within a call|returns from a call that had not begun' "$log"; then pass; else fail "$name: lie $number: status 2" "$(cat "$log")"; fi ;;
		0)
			if explained "$call $field $how" || "$SPERRIPS" show --json "$scratch/differences" | grep -F "\"seq\":$seq," |
				grep -F '"class":"accepted"' | grep -qF "\"field\":\"$field"; then
				pass
			else
				fail "$name: event $seq, $call.$field, $how: same, and no rule is named" "$(cat "$log")"
			fi
			;;
		*) fail "$name: event $seq, $call.$field, $how: status $status" "$(cat "$log")" ;;
		esac
	done <"$scratch/lies"
	if [ "$told" -ge 20 ]; then pass; else fail "$name: only $told lies were thought of"; fi
}

SETUP='mkdir folder; echo text >in; echo more >folder/file; ln -s in link'
lies "cat" cat in
lies "ls" ls -la folder link
lies "mv" mv in folder/
lies "cat of a pipe" cat
lies "dd" dd if=in of=out bs=3 status=none

only='^(return-from|new-task|preempted|signal|task_end|exit|clone|wait4|kill)' KINDS=1 patience=(--patience 1)
lies "two processes" sh -c 'cat in & wait'
lies "a thread" "$TASKS" thread
lies "signals between processes" "$TASKS" kill
only=. KINDS=${SPERRIPS_LIES:-2}

only='^(socket|bind|listen|connect|accept|getpeername|getsockname|poll)' KINDS=1
lies "a connection" "$top_builddir/tests/e2e/believer" peer
only=. KINDS=${SPERRIPS_LIES:-2}

# Behind a difference nobody goes on: not even if it is another task's end that differs.
fresh "$SETUP"
record -- sh -c 'cat in & wait; echo done >after' >/dev/null 2>&1 </dev/null
number=$("$FORGE" "$rec" | awk '$3 == "task_end" && $4 == "status" && $5 == "argument" { print $1; exit }')
"$FORGE" "$rec" "$scratch/forged" "$number"
fresh "$SETUP"
expect "a child ends otherwise" 1 timeout 60 "$SPERRIPS" replay -i "$scratch/forged"
says "a child ends otherwise: which" 'task 0.1, call task_end'
holds "a child ends otherwise: its parent does not go on" [ ! -e after ]

# A recording may tell of a wait of weeks: the replay says that it waits, and for whom.
fresh
printf 'policy loose 1;\nextends "strict.spol";\noverride read { buf: accept; }\n' >"$scratch/loose.spol"
printf n >how
record -p "$scratch/loose.spol" -- "$TASKS" stuck >/dev/null 2>&1 </dev/null
number=$("$FORGE" "$rec" | awk '$3 == "write" && $5 == "waited" { n = $1 } END { print n }')
"$FORGE" "$rec" "$scratch/forged" "$number"
printf c >how
expect "a wait of weeks" 124 timeout 5 "$SPERRIPS" replay -p "$scratch/loose.spol" --patience 1 -i "$scratch/forged"
says "a wait of weeks: says so" 'waiting for event [0-9]+ for up to [0-9]+ s.*: 0 (waits in read|stands), 0.1 runs its own code'

if record --sandbox -- true >"$log" 2>&1; then
	options=(--sandbox) only='^effect$' KINDS=1
	lies "what is left in a sandbox" bash -c 'echo text >out; rm in; ln -sf out link; mkfifo fifo'
else
	skip "what is left in a sandbox: $(head -n 1 "$log")"
fi
finish
