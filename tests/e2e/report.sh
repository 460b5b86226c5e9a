#!/usr/bin/env bash
# What the report says of a difference: where in the program it is, what was before and behind it, what follows from it, and
# who waits for whom.
. "${top_srcdir:-.}/tests/e2e/lib.sh"

json() { # WHAT EXPRESSION over the verdict in $scratch/verdict
	holds "$1" perl -MJSON::PP -0777 -e 'my $v = decode_json(<>); my $d = $v->{divergences}; exit !('"$2"')' "$scratch/verdict"
}

# ---- where it is ----

files='printf "one\ntwo\n" >in; touch -d @1000000000 in'
changed='printf "one\ntwO\n" >in; touch -d @1000000000 in'
fresh "$files"
expect "a reader, recorded" 0 record -- bash -c 'sort in; :'
fresh "$changed"
expect "a reader" 1 replay
says "a reader: its task and its place" '^  first difference: event [0-9]+, task 0\.1, call read$'
says "a reader: the call's number, module and function" '^    call [0-9]+ of task 0\.1, at /.*libc.*\+0x[0-9a-f]+ \((__)?read\+0x[0-9a-f]+\)$'
says "a reader: what was before" '^    before it, in both runs:$'
says "a reader: with the task's name" '^      0\.1   openat\(AT_FDCWD, "in", O_RDONLY\|O_CLOEXEC\) = 3$'
says "a reader: what the recording has behind it" '^      0\.1   read\(3, "", [0-9]+\) = 0$'
if [ "$(grep -c '^      0[.0-9]*  *' "$log")" -eq 13 ]; then pass; else fail "ten events before it, three behind" "$(cat "$log")"; fi
fresh "$changed"
expect "a reader, as JSON" 1 replay --json --report "$scratch/verdict"
json "its place" '$d->[0]{task} eq "0.1" && $d->[0]{call_number} > 5 && $d->[0]{module} =~ /libc/ && $d->[0]{function} =~ /read\+/'
json "it is a root" '$d->[0]{root} == 0 && $v->{coverage}{roots} == 1 && $d->[0]{consequences} == 0'
json "what is around it" '@{ $v->{before} } == 10 && @{ $v->{after} } == 3 && @{ $v->{context} } == 10 && $v->{before}[9]{task} eq "0.1"'
# the number is that of the call among those that the task has made: counted by hand
"$SPERRIPS" show --json "$rec" >"$scratch/shown"
number=$(perl -MJSON::PP -e 'my $event = shift; my $n = 0; while (<>) { my $o = decode_json($_);
	$n++ if $o->{type} eq "call" && $o->{task} == 1 && $o->{seq} <= $event } print $n' \
	"$(perl -MJSON::PP -0777 -ne 'print decode_json($_)->{divergences}[0]{event}' "$scratch/verdict")" "$scratch/shown")
json "the call's number" "\$d->[0]{call_number} == $number"

fresh "$files"
if "$SPERRIPS" record -o "$rec" --sandbox -- sort in >"$log" 2>&1; then
	fresh "$changed"
	expect "in a container" 1 replay --json --report "$scratch/verdict"
	json "in a container no symbols of other files are shown" '$d->[0]{module} =~ /libc/ && $d->[0]{function} eq ""'
else
	skip "in a container: none can be made here: $(tail -1 "$log")"
fi

# ---- what follows from it ----

fresh "$files; cp -p in other"
expect "two origins, recorded" 0 record -- bash -c 'cat in | sort | cat; sort other; :'
fresh "$changed; cp -p in other"
expect "two origins" 1 replay --report-only
says "the writer and the readers of its pipe are folded" '^    [0-9]+ differences that may follow from it, the first of them:$'
says "what the first task writes" '^      event [0-9]+, task 0\.1, write\.buf: '
says "what reads it" '^      event [0-9]+, task 0\.2, read\.buf: '
says "another file is another origin" '^  further differences:$'
says "the other reader" '^    event [0-9]+, task 0\.4, read\.buf: '
says "and what it writes" '^      1 difference that may follow from it:$'
fresh "$changed; cp -p in other"
expect "two origins, as JSON" 1 replay --report-only --json --report "$scratch/verdict"
json "two roots" '$v->{coverage}{roots} == 2 && 2 == grep { $d->[$_]{root} == $_ } 0 .. $#$d'
json "all others belong to one of them" '!grep { my $r = $_->{root}; $d->[$r]{root} != $r } @$d'
json "counted" 'do { my %n; $n{ $_->{root} }++ for @$d; !grep { $d->[$_]{consequences} != $n{$_} - 1 } keys %n }'

fresh "printf 3 >status"
expect "an exit status, recorded" 0 record -- bash -c '(exit "$(<status)"); echo "$?"; (:); echo done'
fresh "printf 4 >status"
expect "an exit status" 1 replay --report-only --json --report "$scratch/verdict"
json "its parent's differences follow from the child's" '$v->{coverage}{roots} == 1 && $d->[0]{task} =~ /^0\.1/ && grep { $_->{task} eq "0" && $_->{call} eq "wait4" } @$d'

# ---- tasks that only one run has, and a run that cannot go on ----

# a shell script that is changed, under a policy that lets scripts differ; its size stays
cat >"$scratch/tasks.spol" <<'END'
policy tasks 1;
extends "strict.spol";
override read, pread64 { buf, ret: accept; }
END
script() { # WHAT OLD NEW: the script s, and what it becomes for the replay
	local size=${#2}
	[ "${#3}" -gt "$size" ] && size=${#3}
	fresh "printf '%-${size}s\n' '$2' >s; touch -d @1000000000 s"
	expect "$1, recorded" 0 record -- dash s
	fresh "printf '%-${size}s\n' '$3' >s; touch -d @1000000000 s"
	expect "$1" 1 replay --policy "$scratch/tasks.spol" --patience 2
}
script "a task too many" 'echo 1; echo 2' '(:); (:); echo 1'
says "a task too many: which, by whom" '^    task 0\.1 is made here, and not in the recording$'
script "a task too few" '(:); (:); echo 1' 'echo 1; echo 2'
says "a task too few" '^    task 0\.1 was made here in the recording, and is not in this run$'

# somebody outside of the run wrote to the fifo, and nobody does now
fresh 'mkfifo fifo'
(sleep 0.2; echo text >fifo) &
expect "a writer outside, recorded" 0 record -- bash -c 'cat fifo | sort; :'
wait
fresh 'mkfifo fifo'
expect "a writer outside" 1 replay --patience 2
says "a writer outside: stuck" '^    the recorded event cannot come about in the recorded order$'
says "a writer outside: who waits for whom" '0\.1 waits in openat.*; 0 waits for 0\.1, 0\.2; .*0\.2 reads pipe:\[[0-9]+\], which 0\.1 can write to|0\.1 waits in openat.*; 0\.2 reads pipe:\[[0-9]+\], which 0\.1 can write to; 0 waits for 0\.1, 0\.2'
finish
