#!/usr/bin/env bash
# Options, messages and exit statuses of the tools, and bad input of every kind.
. "${top_srcdir:-.}/tests/e2e/lib.sh"

fresh 'echo text >in'
for tool in "$SPERRIPS" "$SPERRIPS record" "$SPERRIPS replay" "$SPERRIPS show" "$SPERRIPS fsck" "$SPERRIPS keygen" "$SPOLC"; do
	expect "$tool --help" 0 $tool --help
	says "$tool --help" '^Usage:'
	expect "$tool --version" 0 $tool --version
	says "$tool --version" '[0-9]+\.[0-9]+'
	expect "$tool --nonsense" 2 $tool --nonsense
	says "$tool --nonsense" 'unknown option'
done
complete_word() { # script, function, words...: what bash would offer for the last word
	bash -c 'eval "$1"; fn=$2; shift 2; compopt() { :; }; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); "$fn"; echo "${COMPREPLY[@]}"' - "$@"
}
expect "completion of a command" 0 complete_word "$("$SPERRIPS" completion)" _sperrips sperrips re
says "completion of a command" '^record replay$'
expect "completion of an option" 0 complete_word "$("$SPERRIPS" completion)" _sperrips sperrips replay --diff
says "completion of an option" '^--differences=$'
expect "completion of fsck" 0 complete_word "$("$SPERRIPS" completion)" _sperrips sperrips fsck --ver
says "completion of fsck" '^--verify-key= --version$'
expect "completion of spolc" 0 complete_word "$("$SPOLC" --completion)" _spolc spolc --sch
says "completion of spolc" '^--schema$'
expect "no command" 2 "$SPERRIPS"
expect "unknown command" 2 "$SPERRIPS" frobnicate
expect "no program" 2 "$SPERRIPS" record
expect "a missing argument" 2 "$SPERRIPS" record --policy
says "a missing argument" 'needs an argument'

# record's status is the program's own
for status in 0 1 42 125; do
	expect "record of a program that ends with $status" $status record -- sh -c "exit $status"
done
expect "record of a killed program" 137 record -- sh -c 'kill -KILL $$'
expect "replay of a killed program" 0 replay
expect "record of a program that is not there" 127 record -- ./nothing
says "record of a program that is not there" 'nothing'
expect "record of a file that is no program" 126 record -- ./in
expect "record into a missing folder" 125 "$SPERRIPS" record -o /nonexistent/r -- true
if [ -w /dev/full ]; then
	ulimit_record() { (ulimit -f 1; "$SPERRIPS" record -o "$scratch/small" -- head -c 1000000 /dev/urandom >/dev/null); }
	expect "record with no room" 125 ulimit_record
	says "record with no room" 'small'
	holds "record with no room: no finished recording" [ ! -e "$scratch/small" ]
	printf '' >"$log"
	"$SPERRIPS" --help >/dev/full 2>"$log"
	[ $? -eq 2 ] && pass || fail "--help on a full disk"
fi

# At whatever moment Ctrl-C comes, before the program has begun or behind that, it ends.
sh -c 'kill -INT $$' 2>/dev/null
if [ $? -eq 130 ]; then
	late=0
	for ((i = 1; i <= 20; i++)); do
		timeout -k 10 -s INT "0.0$((RANDOM % 3))$((RANDOM % 10))1" "$SPERRIPS" record -o "$scratch/early" -- sleep 30 >/dev/null 2>&1
		[ $? -ne 137 ] || late=$((late + 1))
	done
	holds "Ctrl-C at any moment: $late of 20 went on" [ $late -eq 0 ]
	interrupts=yes
else
	interrupts=
	skip "Ctrl-C: it is ignored here"
fi

# Ctrl-C is for the program; the recording is finished. A long run tells how far it is on a terminal.
if command -v script >/dev/null && [ -z "$interrupts" ]; then
	skip "on a terminal: Ctrl-C is ignored here"
elif command -v script >/dev/null; then
	{ sleep 1; printf '\003'; sleep 1; } | script -qec "'$SPERRIPS' record -o '$scratch/interrupted' -- sleep 30" /dev/null >/dev/null
	expect "Ctrl-C ends the program, not the recording" 0 "$SPERRIPS" show "$scratch/interrupted"
	says "Ctrl-C ends the program, not the recording" 'killed by SIGINT'
	script -qec "'$SPERRIPS' record -o '$scratch/long' -- perl -e 'select undef, undef, undef, 2.2; chdir q(.) for 1 .. 2000'" \
		/dev/null </dev/null >"$log"
	says "progress on a terminal" 'sperrips record: [0-9]+ events'
else
	skip "on a terminal: there is no script(1) here"
fi

# --chdir, --env, --stdin
mkdir sub && echo sub >sub/file
expect "--chdir" 0 record --chdir sub -- cat file
says "--chdir" '^sub$'
expect "--chdir: replay" 0 replay
expect "--env" 0 record --env A=1 --env B=2 --env A=3 -- env
says "--env" '^A=3$'
expect "--env: replay" 0 replay
expect "--env without =" 2 record --env A -- env
expect "--stdin" 0 record --stdin in -- cat
says "--stdin" '^text$'
expect "--stdin: replay" 0 replay
says "--stdin: replay feeds it" '^text$'
echo other >other
expect "replay --stdin of other data" 1 replay --stdin other
expect "--chdir to nowhere" 125 record --chdir nowhere -- true

# show
record -- cat in >/dev/null
expect "show" 0 "$SPERRIPS" show "$rec"
says "show: a call with symbolic flags" 'openat\(AT_FDCWD, "in", O_RDONLY'
says "show: data" 'read\([0-9]+, "text\\n"'
expect "show --json" 0 "$SPERRIPS" show --json "$rec"
holds "show --json: every line is JSON" perl -MJSON::PP -ne 'decode_json($_)' "$log"
expect "show of something else" 2 "$SPERRIPS" show in
expect "show of nothing" 2 "$SPERRIPS" show nowhere

# a name of what was recorded
expect "record --command" 0 record --command job -- cat in
expect "replay --command" 0 replay --command job
expect "replay --command of another name" 2 replay --command jobs
says "replay --command of another name: says both" 'of the command "job", not of "jobs"'
expect "replay of whatever name" 0 replay
expect "show tells the name" 0 "$SPERRIPS" show "$rec"
says "show tells the name" '^# command "job"$'
record -- cat in >/dev/null
expect "replay --command of a recording without a name" 2 replay --command job
says "replay --command of a recording without a name" 'command without a name'

# differences, --json, --report-only
echo TEXT >in
expect "differences" 1 replay --differences "$scratch/differences.bin"
expect "show differences" 0 "$SPERRIPS" show "$scratch/differences.bin"
says "show differences" 'read\.buf'
says "show differences: the verdict" 'different'
expect "--json" 1 replay --json --report "$scratch/report.json"
holds "--json is JSON" perl -MJSON::PP -0777 -e 'open my $f, "<", shift; decode_json(<$f>)' "$scratch/report.json"
holds "--json says different" grep -q '"different"' "$scratch/report.json"
echo text >in
record -- cat in | cat >out1
echo TEXT >in
expect "--report-only goes on to the end" 1 replay --report-only
says "--report-only goes on to the end: the program's output" '^TEXT$'
expect "lax goes on with the recorded data" 1 replay --policy lax.spol
says "lax goes on with the recorded data" '^text$'
echo text >in
expect "and back" 0 replay

# recordings that are no good
expect "no recording" 2 replay -i nowhere
expect "a directory" 2 "$SPERRIPS" replay -i .
cp "$rec" cut; truncate -s -1 cut
expect "a cut recording" 2 "$SPERRIPS" replay -i cut
says "a cut recording: the offset" '[0-9]+'
cp "$rec" long; echo >>long
expect "a recording with a tail" 2 "$SPERRIPS" replay -i long
size=$(stat -c %s "$rec")
for at in 0 5 $((size / 4)) $((size / 2)) $((size - 40)) $((size - 1)); do
	perl -e 'local $/; open my $f, "<", $ARGV[0]; $_ = <$f>; substr($_, $ARGV[1], 1) ^= "\x10"; print' "$rec" $at >flipped
	expect "a flipped byte at $at" 2 "$SPERRIPS" replay -i flipped
done
# the tracer is killed while it records
"$SPERRIPS" record -o "$scratch/killed" -- dd if=/dev/zero of=/dev/null bs=1 count=1000000000 >"$log" 2>&1 &
recorder=$!
sleep 2
kill -KILL $recorder
wait $recorder 2>/dev/null
holds "a killed recorder leaves a part" [ -s "$scratch/killed.part" ]
holds "and no recording" [ ! -e "$scratch/killed" ]
expect "the part is incomplete" 2 "$SPERRIPS" replay -i "$scratch/killed.part"
says "the part is incomplete: says so" 'incomplete|without a trailer'
"$SPERRIPS" show "$scratch/killed.part" >"$log" 2>&1
says "the part can be read" 'execve\('

# policies
printf 'policy p 1;\nextends "strict.spol";\nreed { buf: accept; }\n' >p.spol
expect "a policy with an error" 2 replay --policy p.spol
says "a policy with an error: the place" 'p\.spol:3:1: error\[E1'
says "a policy with an error: did you mean" 'read'
expect "a policy that is not there" 2 replay --policy nowhere.spol
printf 'policy p 1;\nextends "strict.spol";\n' >p.spol
expect "compile" 0 "$SPOLC" p.spol -o p.spo
expect "a compiled policy" 0 replay --policy p.spo
expect "verify" 0 "$SPOLC" --verify p.spo
truncate -s -3 p.spo
expect "a cut compiled policy" 2 replay --policy p.spo
# an image that accepts what the text in it says is a violation, every digest made right
cat >"$scratch/forge.pl" <<'END'
use Digest::SHA 'sha256';
local $/;
my ($from, $to) = ("write { buf: accept; }", "write { buf: equal ; }");
open my $f, '<', $ARGV[0]; my $image = <$f>; substr($image, -32) = '';
open my $p, '<', $ARGV[1]; my $text = <$p>;
my $other = $text; $other =~ s/\Q$from/$to/ or die;
my @digests = map { sha256(pack('Q<', length) . $_) } $text, $other;
my $at = index($image, $text); substr($image, $at, length $text) = $other;
$at = index($image, $digests[0]); die if $at < 0; substr($image, $at, 32) = $digests[1];
print $image, sha256($image);
END
printf 'policy p 1;\ndefault: equal;\nwrite { buf: accept; }\n' >honest.spol
expect "an honest image" 0 "$SPOLC" honest.spol
perl "$scratch/forge.pl" honest.spo honest.spol >forged.spo
expect "an honest image is taken" 1 replay --policy honest.spo
expect "an image that shows other texts than it decides by" 2 replay --policy forged.spo
says "an image that shows other texts than it decides by" 'forged\.spo: .*source'
expect "recording under it" 125 "$SPERRIPS" record --policy forged.spo -o "$scratch/none" -- true
expect "check" 0 "$SPOLC" --check p.spol
expect "schema" 0 "$SPOLC" --schema read
says "schema" 'buf'
expect "dump" 0 "$SPOLC" --dump p.spol

# a policy that ignores more than the replay's does
printf 'policy p 1;\nextends "strict.spol";\nbrk: ignore;\n' >p.spol
expect "ignore" 0 record --policy p.spol -- cat in
"$SPERRIPS" show "$rec" >"$log"
holds "ignored calls are not recorded" sh -c "! grep -q '^brk' '$log'"
expect "ignore on both sides" 0 replay --policy p.spol
expect "ignore in the recording only" 2 replay
says "ignore in the recording only: says so" 'brk'
record -- cat in >/dev/null
expect "ignore in the replay only" 0 replay --policy p.spol
printf 'policy p 1;\nextends "strict.spol";\nuname: forbid;\n' >p.spol
expect "forbid ends a recording" 125 record --policy p.spol -- uname
says "forbid ends a recording: the rule" 'p\.spol:3'
record -- uname >/dev/null
expect "forbid ends a replay" 1 replay --policy p.spol

# a caller that has closed a standard descriptor: no file of ours may stand there
cp in input
for closed in 0 1 2; do
	eval "record -- cat in >/dev/null 2>&1 $closed>&-"
	expect "descriptor $closed was closed" 0 replay
	record -- cat in >/dev/null
	eval "replay --differences d.bin >/dev/null 2>&1 $closed>&-"
	expect "descriptor $closed is closed in the replay" 0 "$SPERRIPS" show d.bin
done
printf 'X' | dd of=in bs=1 conv=notrunc status=none
replay 2>&- >/dev/null
holds "a verdict that nobody can read is no success" [ $? -ne 0 ]

# as an ordinary user
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 777 "$work" "$scratch"; chmod a+rx "$SPERRIPS" 2>/dev/null
	as_user() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
	if as_user test -x "$SPERRIPS" -a -r "$SPERRIPS_POLICY_PATH/base.spol"; then
		expect "an ordinary user records" 0 as_user "$SPERRIPS" record -o "$scratch/user.bin" -- cat in
		expect "an ordinary user replays" 0 as_user "$SPERRIPS" replay -i "$scratch/user.bin"
		cp "$VICTIM" victim && chmod a+rx victim
		as_user "$SPERRIPS" record -o "$scratch/hidden.bin" -- ./victim undumpable
		expect "a program whose descriptors are out of reach" 3 as_user "$SPERRIPS" replay -i "$scratch/hidden.bin"
	else
		skip "as an ordinary user: the build folder cannot be read by one"
	fi
else
	skip "as an ordinary user: needs root and setpriv to become one"
fi
finish
