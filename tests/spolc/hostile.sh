#!/usr/bin/env bash
# Input that means harm, or is broken in a way that nobody foresaw: a clear error, in bounded time and memory, whatever it is.
. "${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/e2e/lib.sh"
fresh
SECONDS_MAX=30
MEMORY_MAX=$((1 << 20)) # KiB
# what AddressSanitizer reserves is far more than any limit
if ! bash -c "ulimit -v $MEMORY_MAX && '$SPOLC' --version; exit" >/dev/null 2>&1; then
	skip 'bounded memory: this build cannot run with a limit'
	MEMORY_MAX=unlimited
	SECONDS_MAX=300
fi

# bounded STATUS WHAT COMMAND...: ends with the status, in time, within the memory; the first 100 kB of output are in $log
bounded() {
	local want=$1 what=$2 got
	shift 2
	(
		ulimit -v $MEMORY_MAX
		exec timeout -k 1 $SECONDS_MAX "$@"
	) </dev/null 2>&1 | head -c 100000 >"$log"
	got=${PIPESTATUS[0]}
	# what is printed after the first 100 kB kills nobody: head leaves early
	[ "$got" -eq 141 ] && got=$want
	if [ "$got" -eq "$want" ]; then
		pass
	else
		fail "$what: status $got, not $want" "$(head -c 2000 "$log")"
	fi
}

# refused WHAT PATTERN FILE: --check finds what the pattern says; what else is made of the file ends well, too
refused() {
	local what=$1 pattern=$2 file=$3 mode
	bounded 1 "$what" "$SPOLC" --check "$file"
	says "$what" "$pattern"
	# nothing but this: what follows from it is not told
	case $what in
	*...) ;;
	*) if [ "$(grep -cE '(error|warning)\[' "$log")" -eq 1 ]; then pass; else fail "$what: one mistake" "$(head -c 2000 "$log")"; fi ;;
	esac
	# one of them each time
	turn=$(((turn + 1) % 3))
	mode=${modes[turn]}
	bounded 1 "$what, $mode" "$SPOLC" "$mode" "$file"
}
# accepted WHAT FILE
accepted() { bounded 0 "$1" "$SPOLC" --check "$2"; }
# unreadable WHAT PATTERN FILE
unreadable() {
	bounded 2 "$1" "$SPOLC" --check "$3"
	says "$1" "$2"
	printf 'policy p 1;\nextends "%s";\ndefault: equal;\n' "$3" >extends.spol
	bounded 1 "$1, extended" "$SPOLC" --check extends.spol
	says "$1, extended" 'extends.spol:2:9: error\[E1013\]'
}

modes=(--list --test --format=json) turn=0

# repeat N TEXT
repeat() { perl -e 'print $ARGV[1] x $ARGV[0]' "$1" "$2"; }
# policy [FILE]: a policy around standard input
policy() {
	printf 'policy p 1;\ndefault: equal;\n'
	cat
}

# ---- depth ----
{ printf 'read { buf: accept if '; repeat 100000 '('; printf 'fd == 1'; repeat 100000 ')'; echo '; }'; } | policy >x.spol
refused 'parentheses' 'x.spol:3:223: error\[E0022\]' x.spol
{ printf 'read { buf: accept if '; repeat 100000 'not '; echo 'fd == 1; }'; } | policy >x.spol
refused 'not not' 'error\[E0022\]' x.spol
{ printf 'read { buf: accept if fd == '; repeat 100000 '-'; echo '1; }'; } | policy >x.spol
refused 'minus minus' 'error\[E0022\]' x.spol
{ printf 'read { buf: accept if fd == 1'; repeat 100000 ' and fd == 1'; echo '; }'; } | policy >x.spol
refused 'and and' 'error\[E0022\]' x.spol
{ printf 'read { buf: accept if fd == 1'; repeat 100000 '+ 1'; echo '; }'; } | policy >x.spol
refused 'plus plus' 'error\[E0022\]' x.spol
{ printf 'read '; repeat 100000 '{ read '; } | policy >x.spol
refused 'blocks ...' 'error\[E0' x.spol
repeat 100000 '}' | policy >x.spol
refused 'ends of blocks ...' 'error\[E0016\]' x.spol
{ printf 'read { '; perl -e 'print "a." x 100000'; echo 'a: equal; }'; } | policy >x.spol
refused 'a path' 'error\[E0035\]' x.spol
perl -e 'print "let A0 = 1;\n"; print "let A", $_ + 1, " = A$_;\n" for 0 .. 20000; print "close { fd: accept if recorded == A20001 else equal; }\n"' |
	policy >x.spol
refused 'lets of lets ...' 'error\[E2016\]' x.spol
perl -e 'print "set S0 = 1;\n"; print "set S", $_ + 1, " = S$_, S$_;\n" for 0 .. 60; print "close { fd: accept if recorded in S61 else equal; }\n"' |
	policy >x.spol
refused 'sets of sets, twice each ...' 'error\[E2016\]' x.spol
{ printf 'close { fd: accept if recorded == 0'; perl -e 'print "\n\telse accept if recorded == $_" for 1 .. 50000'; printf '; }\n'; } |
	policy >x.spol
bounded 0 'an else chain of 50000' "$SPOLC" --check x.spol

# ---- size ----
perl -e 'my $h = "policy p 1;\ndefault: equal;\n"; print $h, "#" x ((16 << 20) - length($h))' >x.spol
accepted 'the largest file: a comment' x.spol
printf '#' >>x.spol
unreadable 'a byte too many' 'larger than the limit of 16777216 bytes' x.spol
perl -e 'my $h = "policy p 1;\ndefault: equal;\n"; print $h, "\n" x ((16 << 20) - length($h))' >x.spol
accepted 'the largest file: lines' x.spol
perl -e 'my $h = "policy p 1;\ndefault: equal;\n"; print $h, "# x\n" x (((16 << 20) - length($h)) / 4)' >x.spol
accepted 'the largest file: comments' x.spol
perl -e 'my $h = "policy p 1;\ndefault: equal \""; print $h, "x" x ((16 << 20) - length($h) - 3), "\";\n"' >x.spol
refused 'the largest file: a string' 'x.spol:1:1: error\[E2016\].*image of [0-9]+ bytes, limit' x.spol
perl -e 'my $h = "policy p 1;\ndefault: equal \""; print $h, "x" x ((16 << 20) - length($h) - 3)' >x.spol
refused 'a string of 16 MiB without end ...' 'error\[E0006\]' x.spol
perl -e 'print "policy p 1;\ndefault: equal;\nlet A = ", "9" x (15 << 20), ";\n"' >x.spol
refused 'a number of 15 MiB' 'x.spol:3:9: error\[E0011\]' x.spol
perl -e 'print "policy p 1;\ndefault: equal;\nlet A = 0x", "f" x (15 << 20), ";\n"' >x.spol
refused 'a hexadecimal number of 15 MiB' 'x.spol:3:9: error\[E0011\]' x.spol
perl -e 'print "policy p 1;\ndefault: equal;\nlet A = 1", "s" x (15 << 20), ";\n"' >x.spol
refused 'a unit of 15 MiB' 'x.spol:3:9: error\[E0009\]' x.spol
perl -e 'print "policy p 1;\ndefault: equal;\n", "a" x (15 << 20), " { buf: equal; }\n"' >x.spol
refused 'a name of 15 MiB' 'x.spol:3:1: error\[E1001\]' x.spol
perl -e 'print "policy p 1;\ndefault: equal;\nlet A = 1", " + 1" x 499990, ";\n"' >x.spol
refused 'a million tokens ...' 'error\[E0022\]' x.spol
perl -e 'print "policy p 1;\ndefault: equal;\nset A = 0", ", 1" x 524300, ";\n"' >x.spol
refused 'more than a million tokens' 'error\[E0023\]' x.spol
perl -e 'print "policy p 1;\ndefault: equal;\nset A = 0"; print ", $_" for 1 .. 65535; print ";\nclose { fd: accept if recorded in A; }\n"' >x.spol
accepted 'a set of 65536' x.spol
perl -e 'print "policy p 1;\ndefault: equal;\nset A = 0"; print ", $_" for 1 .. 70000; print ";\nclose { fd: accept if recorded in A; }\n"' >x.spol
refused 'a set of 70001' 'error\[E2016\]' x.spol
perl -e 'print "policy p 1;\ndefault: equal;\nset A = \"/\""; print ", \"**$_**a*b*c*d*e?f**\"" for 1 .. 3000; print ";\nread { buf: accept if fd.path in A; }\n"' >x.spol
refused 'globs that explode' 'x.spol:3:5: error\[E2016\].*states' x.spol
perl -e 'print "policy p 1;\ndefault: equal;\n"; print "let A$_ = $_; # spolc:allow W1004 for the test\n" for 1 .. 9000' >x.spol
accepted '9000 allowances' x.spol
perl -e 'print "policy p 1;\ndefault: equal;\n", "# spolc:allow W1004 for nothing\n" x 300000, "close { fd: equal; }\n"' >x.spol
bounded 1 '300000 allowances: more than are read' "$SPOLC" --check x.spol
says '300000 allowances: what is not needed' 'x.spol:3:1: warning\[W1008\]'
bounded 1 '300000 allowances, in short' sh -c "'$SPOLC' --check x.spol 2>&1 | grep -c W1007 | grep -qx 1 && exit 1"

# ---- bytes ----
printf 'policy p 1;\ndefault: equal;\0\n' >x.spol
refused 'a NUL' 'x.spol:2:16: error\[E0001\]' x.spol
"$SPOLC" -o x.spo "$top_srcdir/policies/strict.spol" 2>/dev/null
refused 'a compiled policy ...' 'error\[E0001\]' x.spo
perl -e 'srand 7; print map { chr(1 + int rand 255) } 1 .. 1 << 20' >x.spol
refused 'a MiB of noise ...' 'error\[E0' x.spol
perl -e 'srand 8; my @w = split " ", "policy set let read { } ( ) ; : , buf fd equal accept if else and or not in == < 1 \"x\" # \n any never [ ] . * % /"; print "policy p 1;\n"; print $w[rand @w], rand() < 0.1 ? "\n" : " " for 1 .. 200000' >x.spol
refused '200000 words in no order ...' 'error\[E0' x.spol
printf 'policy p 1;\ndefault: equal "\xff\xfe";\n' >x.spol
refused 'bytes that are not UTF-8' 'x.spol:2:17: error\[E0002\]' x.spol
printf 'policy p 1;\ndefault: equal "\xed\xa0\x80\xf4\x90\x80\x80\xc0\x80";\n' >x.spol
refused 'surrogates, beyond the last character, overlong' 'x.spol:2:17: error\[E0002\]' x.spol
perl -e 'print "policy p 1;\ndefault: equal;\n", "\xff\n" x 100000' >x.spol
refused '100000 bytes that are not UTF-8 ...' 'x.spol:3:1: error\[E0002\]' x.spol
printf '\xef\xbb\xbfpolicy p 1;\ndefault: equal;\n' >x.spol
refused 'a byte order mark' 'x.spol:1:1: error\[E0003\]' x.spol
printf '\xff\xfep\0o\0l\0i\0c\0y\0' >x.spol
refused 'UTF-16' 'x.spol:1:4: error\[E0001\]' x.spol
printf 'policy p 1;\r\ndefault: equal;\r\n' >x.spol
accepted 'CRLF' x.spol
printf 'policy p 1;\r\ndefault: equal "x;\r\n' >x.spol
refused 'CRLF and a string without end' 'x.spol:2:16: error\[E0006\]' x.spol
printf 'policy p 1;\rdefault: equal;\r' >x.spol
accepted 'CR alone is a blank' x.spol
printf 'policy p 1; default: equal; # a comment without a line' >x.spol
accepted 'a comment at the end' x.spol
printf 'policy p 1; default: equal "x' >x.spol
refused 'a string at the end ...' 'x.spol:1:28: error\[E0006\]' x.spol
: >x.spol
bounded 1 'an empty file' "$SPOLC" --check x.spol
says 'an empty file' 'x.spol:1:1: warning\[W1005\]'
printf '# nothing\n# but comments' >x.spol
bounded 1 'only comments' "$SPOLC" --check x.spol
says 'only comments' 'x.spol:1:1: warning\[W1005\]'
bounded 1 '/dev/null' "$SPOLC" --check /dev/null
says '/dev/null' '/dev/null:1:1: warning\[W1005\]'

# ---- many mistakes ----
perl -e 'print "policy p 1;\ndefault: equal;\n"; print "reed$_ { buf: equal; }\n" for 1 .. 100000' >x.spol
refused '100000 unknown calls ...' 'x.spol:3:1: error\[E1001\]' x.spol
perl -e 'print "policy p 1;\ndefault: equal;\n", "read { buf equal; }\n" x 100000' >x.spol
refused '100000 syntax errors ...' 'x.spol:3:12: error\[E0014\]' x.spol
perl -e 'print "policy p 1;\ndefault: equal;\n", "read { buf: equal; }\n" x 20000' >x.spol
refused 'a rule 20000 times ...' 'x.spol:4:8: error\[E3001\]' x.spol
perl -e 'print "policy p 1;\ndefault: equal;\n", "\"x\n" x 100000' >x.spol
refused '100000 strings without end ...' 'x.spol:3:1: error\[E0006\]' x.spol
perl -e 'print "policy p 1;\ndefault: equal;\nread { buf: accept if ", join(" and ", map { "fdd$_ == 1" } 1 .. 400), "; }\n"' >x.spol
refused '400 unknown names on one line ...' 'x.spol:3:23: error\[E1006\]' x.spol
bounded 1 'all of them as JSON' "$SPOLC" --check --format=json x.spol

# ---- files ----
unreadable 'no such file' 'nowhere.spol' nowhere.spol
unreadable 'a directory' '/' /
unreadable '/dev/zero' 'larger than the limit' /dev/zero
mkfifo silent
unreadable 'a fifo that nobody writes to' 'nobody writes into this fifo|cannot' silent
(sleep 0.5 && cat "$top_srcdir/policies/lax.spol" >silent) &
cp "$top_srcdir"/policies/*.spol .
accepted 'a fifo with a slow writer' silent
wait
ln -s nowhere dangling.spol
unreadable 'a link to nothing' 'dangling.spol' dangling.spol
ln -s loop.spol loop.spol
unreadable 'a link to itself' 'loop.spol' loop.spol
unreadable 'a name of 5000 characters' 'aaa' "$(repeat 5000 a)"
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
else
	nobody() { "$@"; }
fi
printf 'policy p 1;\ndefault: equal;\n' >secret.spol
printf 'policy p 1;\nextends "secret.spol";\n' >open.spol
chmod 755 "$scratch" "$work" && chmod 644 open.spol
chmod 0 secret.spol
if nobody test -r secret.spol || ! nobody "$SPOLC" --version >/dev/null 2>&1; then
	skip 'an unreadable file: there is nobody here who may not read it'
else
	bounded 2 'an unreadable file' $(declare -F nobody >/dev/null && [ "$(id -u)" -eq 0 ] && echo setpriv --reuid=65534 --regid=65534 --clear-groups) \
		"$SPOLC" --check secret.spol
	says 'an unreadable file' 'secret.spol: Permission denied'
	bounded 1 'an unreadable file, extended' $([ "$(id -u)" -eq 0 ] && echo setpriv --reuid=65534 --regid=65534 --clear-groups) \
		"$SPOLC" --check open.spol
	says 'an unreadable file, extended' 'open.spol:2:9: error\[E1013\].*Permission denied'
fi

# ---- files that extend each other ----
printf 'policy a 1;\nextends "a.spol";\n' >a.spol
refused 'itself' 'a.spol:2:9: error\[E1014\].*a.spol -> a.spol' a.spol
printf 'policy a 1;\nextends "b.spol";\n' >a.spol
printf 'policy b 1;\nextends "c.spol";\n' >b.spol
printf 'policy c 1;\nextends "a.spol";\n' >c.spol
refused 'a circle of three' 'c.spol:2:9: error\[E1014\].*a.spol -> b.spol -> c.spol -> a.spol' a.spol
ln -s a.spol alias.spol
printf 'policy a 1;\nextends "alias.spol";\n' >a.spol
refused 'itself, by a link' 'a.spol:2:9: error\[E1014\]' a.spol
mkdir sub && ln -s .. sub/up
printf 'policy a 1;\nextends "sub/up/sub/up/a.spol";\n' >a.spol
refused 'itself, by a link to a directory' 'a.spol:2:9: error\[E1014\]' a.spol
ln a.spol hard.spol
printf 'policy a 1;\nextends "hard.spol";\n' >a.spol
refused 'itself, by another name' 'a.spol:2:9: error\[E1014\]' a.spol
for i in $(seq 2000); do printf 'policy p 1;\n' >"p$i.spol"; done
perl -e 'print "policy top 1;\ndefault: equal;\nextends \"p1.spol\"", (map { ", \"p$_.spol\"" } 2 .. 999), ";\n"' >x.spol
accepted 'a file that extends 999 others' x.spol
perl -e 'print "policy top 1;\ndefault: equal;\nextends \"p1.spol\"", (map { ", \"p$_.spol\"" } 2 .. 2000), ";\n"' >x.spol
refused 'a file that extends 2000 others ...' 'x.spol:3:[0-9]+: error\[E1013\].*at most 1000 files' x.spol
for i in $(seq 300); do printf 'policy p 1;\nextends "p%d.spol";\n' $((i + 1)) >"p$i.spol"; done
refused 'a chain of 300' 'error\[E1013\].*100 deep' p1.spol
# by ways that double with each file: each is read once
for i in $(seq 60); do printf 'policy p 1;\nextends "p%d.spol", "./p%d.spol";\n' $((i + 1)) $((i + 1)) >"p$i.spol"; done
printf 'policy p 1;\ndefault: equal;\n' >p61.spol
accepted 'two to the sixtieth ways to one file' p1.spol
printf 'policy p 1;\nextends "/dev/zero", "/dev/zero";\n' >x.spol
refused '/dev/zero twice ...' 'x.spol:2:9: error\[E1013\].*larger' x.spol
# promises over long chains, none of whose arms is seen at a glance to keep them
{
	printf 'policy p 1;\ndefault: equal;\nread { ret: '
	for i in $(seq 2000); do
		printf 'accept if recorded * count within %d%% of actual * fd and count * fd == 7 and fd < 0 and actual > 3 and recorded == %d else ' $((i % 90)) "$i"
	done
	printf 'equal; }\nwrite: '
	for i in $(seq 2000); do
		printf 'ignore if fd == %d and actual.count < %d else ' $((i + 5)) "$i"
	done
	printf 'execute;\nnever accept read.ret if actual * count > recorded * count + 5 and actual < 2;\n'
	printf 'never accept write.buf if recorded.fd == 1 or actual.fd == 2;\n'
} >promises.spol
bounded 0 "promises over long chains" "$SPOLC" -o /dev/null promises.spol
finish
