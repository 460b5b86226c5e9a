#!/usr/bin/env bash
# Standard input that several tasks read: rebuilt for a replay as each of them found it, and in the recorded order.
. "${top_srcdir:-.}/tests/e2e/lib.sh"

lines='printf "one\ntwo\nthree\nfour\n" >"$scratch/lines"'

# piped WHAT COMMAND...: standard input is what the shell function `feeder` writes, through a pipe; replay says the same
piped() {
	local what=$1
	shift
	fresh "$lines"
	feeder | record -- "$@" >"$scratch/out1" 2>/dev/null
	fresh "$lines"
	replay --patience 10 </dev/null >"$scratch/out2" 2>"$log"
	if [ $? -eq 0 ] && cmp -s "$scratch/out1" "$scratch/out2" && [ -s "$scratch/out1" ]; then
		pass
	else
		fail "$what" "$(cat "$log")" "$(diff "$scratch/out1" "$scratch/out2")"
	fi
}

# from_file WHAT COMMAND...: the same with a file
from_file() {
	local what=$1
	shift
	fresh "$lines"
	record -- "$@" <"$scratch/lines" >"$scratch/out1" 2>/dev/null
	mv "$scratch/lines" "$scratch/gone" # what is read is in the recording
	replay --patience 10 </dev/null >"$scratch/out2" 2>"$log"
	if [ $? -eq 0 ] && cmp -s "$scratch/out1" "$scratch/out2" && [ -s "$scratch/out1" ]; then
		pass
	else
		fail "$what" "$(cat "$log")" "$(diff "$scratch/out1" "$scratch/out2")"
	fi
}

feeder() { cat "$scratch/lines"; }
piped "one after the other" sh -c 'read x; cat; echo "$x"'
piped "a pipeline: only its first task has it" bash -c 'cat | sort | (read a; cat; echo "$a")'
piped "through another number, and closed" bash -c 'exec 5<&0 0</dev/null; (read x; echo "$x") <&5; cat; cat <&5'
piped "opened anew" bash -c 'read x; cat /dev/stdin; echo "$x"'
from_file "a file, one after the other" sh -c 'read x; cat; echo "$x"'
from_file "a file: its position is shared" bash -c 'head -c 3; head -c 5 | cat; cat'
from_file "a file opened anew has a position of its own" bash -c 'read x; cat /dev/stdin; cat; echo "$x"'

feeder() {
	for piece in a b c; do
		sleep 0.2
		echo $piece
	done
}
piped "each gets its own" bash -c '(read x; echo "1$x") <&0 & (read x; echo "2$x") <&0 & (read x; echo "3$x") <&0 & wait'
piped "read with a time limit" bash -c 'read -t 0.05 a; echo "$? $a"; cat | (read b; echo "$b"; cat)'
piped "a loop that starts programs" bash -c 'while read x; do echo "<$x>" | (cat); done'
feeder() {
	echo a
	sleep 0.2
	seq 20000
}
piped "threads that take what they get" perl -e '
	use Config; exit print "no threads\n" unless $Config{useithreads};
	require threads;
	my @readers = map { threads->create(sub { my $n = 0; my $b; $n += ord $b while sysread STDIN, $b, 900; return $n }) } 1 .. 3;
	print $_->join, "\n" for @readers;'
feeder() { cat "$scratch/lines"; }
piped "threads and time limits" perl -e '
	use Config; exit print "no threads\n" unless $Config{useithreads};
	require threads; require IO::Poll;
	my $t = threads->create(sub { select undef, undef, undef, 0.3; my $b; sysread STDIN, $b, 5; print "first $b" });
	IO::Poll->new->poll(0.05); print "waited\n"; select undef, undef, undef, 0.05; $t->join; print <STDIN>;'

# ---- a terminal ----

# types what is to be read, a line at a time, and shows what the program has for it; without lines: just a terminal
cat >"$scratch/typed.py" <<'END'
import os, pty, sys, time
lines = sys.argv[1].encode().decode("unicode_escape").encode()
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
for line in lines.splitlines(True):
    time.sleep(0.4)
    os.write(fd, line)
try:
    while data := os.read(fd, 4096):
        os.write(1, data)
except OSError:
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
typed() { # WHAT LINES COMMAND...
	local what=$1 lines=$2
	shift 2
	fresh
	expect "$what, recorded" 0 /usr/bin/python3 "$scratch/typed.py" "$lines" "$SPERRIPS" record -o "$rec" -- "$@"
	fresh
	expect "$what" 0 /usr/bin/python3 "$scratch/typed.py" "" "$SPERRIPS" replay -i "$rec" --patience 10
}
if [ -x /usr/bin/python3 ] && /usr/bin/python3 -c 'import pty; pty.fork()' >/dev/null 2>&1; then
	typed "a terminal: a name, a secret, the rest" 'me\nsecret\nrest\n\x04' \
		bash -c 'read a; (read -s b; echo "$b"); cat | sort; echo "$a"'
	typed "a terminal that forgets what was typed ahead" 'me\nsecret\n' perl -e 'use POSIX; my $a = <STDIN>;
		my $t = POSIX::Termios->new; $t->getattr(0); $t->setlflag($t->getlflag & ~ECHO); $t->setattr(0, TCSAFLUSH);
		if (!fork) { sysread STDIN, my $b, 100; print $b; exit } wait; print $a'
else
	skip "a terminal: no /usr/bin/python3 that can make one"
fi
finish
