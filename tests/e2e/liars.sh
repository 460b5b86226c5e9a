#!/usr/bin/env bash
# A kernel that lies to the program (tests/e2e/liar.c stands for it): under strict.spol the run is different at the first
# forged value; under lax.spol it is listed, and the program goes on with what the recorded kernel had said.
. "${top_srcdir:-.}/tests/e2e/lib.sh"
LIAR=$top_builddir/tests/e2e/liar
BELIEVER=$top_builddir/tests/e2e/believer

if ! "$LIAR" --peer -- true 2>"$log"; then
	skip "$(cat "$log")"
	finish
	exit
fi

# Programs that copy without reading write into a pipe here.
SETUP='mkdir tree; echo "the text" >tree/input; echo other >tree/other; cp "$BELIEVER" good; cp "$BELIEVER" evil
	patch_bytes evil GREETING=good-day GREETING=bad-luck'

# The program's output in a file, all that sperrips says in another one.
piped() { # what the program is to write to, command...
	local to=$1
	shift
	"$@" 2>"$scratch/said" | cat >"$to"
	return "${PIPESTATUS[0]}"
}

# under POLICY WHAT LIE PATTERN FIELD COMMAND...: recorded without the lie; the report of the replay with it
under() {
	local policy=$1 what="$1: $2" lie=$3 call=$4 field=$5 status
	shift 5
	fresh "$SETUP"
	piped "$scratch/out1" "$SPERRIPS" record --policy "$policy" -o "$rec" -- "$@"
	fresh "$SETUP"
	piped "$scratch/out2" "$SPERRIPS" replay --policy "$policy" -i "$rec"
	status=$?
	holds "$what: the truth is the same (status $status)" [ $status -eq 0 ]
	holds "$what: with the truth, the output" cmp "$scratch/out1" "$scratch/out2"
	fresh "$SETUP"
	piped "$scratch/out2" "$LIAR" "$lie" -- "$SPERRIPS" replay --policy "$policy" -i "$rec"
	status=$?
	cp "$scratch/said" "$log"
	holds "$what: the lie is different (status $status)" [ $status -eq 1 ]
	says "$what: says so" '^sperrips: different'
	says "$what: the call" "first difference: event [0-9]+, task [0-9.]+, call $call\$"
	says "$what: the field" "^    field $field"
}

# lie WHAT LIE CALL FIELD COMMAND...: under both policies.  BELIEVED is what the program says if it is lied to.
lie() {
	local what=$1 lie=$2
	under strict.spol "$@"
	holds "strict.spol: $what: the program did not get to say it" [ ! -s "$scratch/out2" ]
	under lax.spol "$@"
	holds "lax.spol: $what: the program saw the recorded value" cmp "$scratch/out1" "$scratch/out2"
	says "lax.spol: $what: it ran to its end" 'coverage: ([0-9]+) of \1 events'
	shift 4
	fresh "$SETUP"
	piped "$scratch/out2" "$LIAR" --all "$lie" -- "$@"
	if [ -n "$BELIEVED" ]; then
		holds "$what: without sperrips it is believed" grep -qE -e "$BELIEVED" "$scratch/out2"
	else
		holds "$what: without sperrips it is believed" not_a_word
	fi
}
not_a_word() { ! grep -q input "$scratch/out2"; }

BELIEVED='^uhe text$' lie "the content of a file" --read=input read buf cat tree/input
BELIEVED='^uhe text$' lie "the content of a file that a child reads" --read=input read buf sh -c 'cat tree/input | cat; echo done'
BELIEVED='bad-luck' lie "another binary" --execve=good=evil execve image ./good
BELIEVED='bad-luck' lie "another binary in the program's place" --execve=good=evil execve image "$BELIEVER" exec ./good
BELIEVED='port 8' lie "who is at the other end" --peer getpeername addr.sin_port "$BELIEVER" peer
BELIEVED='' lie "a file in a folder is hidden" --hide=input getdents64 'dirp\[' ls tree
BELIEVED='^10$' lie "the size of a file (statx)" --size=input statx statxbuf.stx_size stat -c %s tree/input
BELIEVED='^10 ' lie "the size of a file (fstat)" --size=input newfstatat statbuf.st_size wc -c tree/input
BELIEVED='^13 of 12' lie "more is written than was asked for" --more=out write ret "$BELIEVER" write out
BELIEVED='^11 of 12' lie "less is written than was asked for" --fewer=out write ret "$BELIEVER" write out
# What was done is not done again.
BELIEVED='^-1 of 12' lie "written, and said to be interrupted" --again=out write ret "$BELIEVER" write out

# What is ready is a set: its order is the kernel's, what is in it is compared.
fresh
record -- "$BELIEVER" ready >"$scratch/out1"
expect "ready, turned around" 0 "$LIAR" --ready=turned -- "$SPERRIPS" replay -i "$rec"
says "ready, turned around: the rule" 'proc\.spol:[0-9:]+ epoll_wait, .*events\.order.*: replay'
"$LIAR" --ready=turned -- "$SPERRIPS" replay -i "$rec" >"$scratch/out2" 2>/dev/null
holds "ready, turned around: the program saw the recorded order" cmp "$scratch/out1" "$scratch/out2"
BELIEVED='^1002 0x1$' lie "ready, two exchanged" --ready=swapped epoll_wait 'events\[0\].events' "$BELIEVER" ready
BELIEVED='^1000 0x1
1000 0x1$' lie "ready, one is there twice" --ready=twice epoll_wait 'events\[' "$BELIEVER" ready
BELIEVED='^1002 0x15$' lie "ready, another event" --ready=event epoll_wait 'events\[2\].events' "$BELIEVER" ready
BELIEVED='^1001 ' lie "ready, the last one is left out" --ready=fewer epoll_wait 'events\[2\]' "$BELIEVER" ready
BELIEVED='^1001 ' lie "ready, the first one is left out" --ready=without epoll_wait 'events\[0\]' "$BELIEVER" ready

BELIEVED='^1003 ' lie "ready, one more" --ready=more epoll_wait 'events\[3\]' "$BELIEVER" ready

# No lies, but another time: the wait is made again until it finds what was recorded.
late() { # what, how to record it, how to replay it, what the recording's output is like, command...
	local what="ready, $1" recorded=$2 replayed=$3 output=$4
	shift 4
	fresh
	"$LIAR" --ready="$recorded" -- "$SPERRIPS" record -o "$rec" -- "$@" >"$scratch/out1" 2>"$log"
	holds "$what: recorded" grep -qE -e "$output" "$scratch/out1"
	"$LIAR" --ready="$replayed" -- "$SPERRIPS" replay -i "$rec" >"$scratch/out2" 2>"$log"
	holds "$what: the same (status $?)" grep -q '^sperrips: same' "$log"
	holds "$what: the program saw the recorded ones" cmp "$scratch/out1" "$scratch/out2"
}
late "another one is first" truly rotated '^1000 ' "$BELIEVER" one
late "one fewer at first" truly shy '^1002 ' "$BELIEVER" ready
late "one more by now" truly slowly '^1: 1000$' "$BELIEVER" timers
late "one fewer by now" slowly truly '^2: 1000 1001$' "$BELIEVER" timers
late "nothing yet, edges" truly truly '^1: 1000$' "$BELIEVER" edges
# What is told of once is not asked for again: it would be lost.
fresh
"$LIAR" --ready=truly -- "$SPERRIPS" record -o "$rec" -- "$BELIEVER" edges >"$scratch/out1" 2>"$log"
expect "ready, one more by now, edges: different" 1 "$LIAR" --ready=slowly -- "$SPERRIPS" replay -i "$rec"
says "ready, one more by now, edges: the field" '^    field events\[1\]'

# A signal that the program sends itself does not come from outside: the replay does not make up for it.
fresh
record -- "$BELIEVER" signal >/dev/null
expect "a signal of its own: the truth" 0 replay --patience 1
expect "a signal of its own is lost" 1 "$LIAR" --kill=10 -- "$SPERRIPS" replay --patience 1 -i "$rec"
says "a signal of its own is lost: it never came" 'cannot come about'

# Times are replayed by policy; a clock that goes back within the run is a lie all the same.  A program that is not traced
# asks no kernel: there is nothing to be believed.
for reading in 1 2; do
	under strict.spol "a clock goes back, reading $((reading + 1))" --clock=1=$reading clock_gettime tp "$BELIEVER" clock
	says "a clock goes back: the rule" 'rule time\.spol:[0-9:]+ clock_gettime\.tp: stop if'
	under lax.spol "a clock goes back, reading $((reading + 1))" --clock=1=$reading clock_gettime tp "$BELIEVER" clock
	holds "lax.spol: a clock goes back: the program saw the recorded times" grep -qx forward "$scratch/out2"
	says "lax.spol: a clock goes back: it ran to its end" 'coverage: ([0-9]+) of \1 events'
done
# Whoever has read it: the first lie is what the second child is told first.
under strict.spol "a clock goes back between children" --clock=1=3 clock_gettime tp sh -c "$BELIEVER clock; $BELIEVER clock"
# One that can be set may go back, and what was recorded is replayed.
fresh "$SETUP"
record -- "$BELIEVER" clock realtime >"$scratch/out1"
expect "the time of day was set back" 0 "$LIAR" --clock=0=1 -- "$SPERRIPS" replay -i "$rec"
says "the time of day was set back: the program saw the recorded times" '^forward$'
finish
