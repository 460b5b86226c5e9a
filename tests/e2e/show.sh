#!/usr/bin/env bash
# `sperrips show` against `strace -f -v -s 64`: real programs, run under both in the same state; show.pl brings both to one
# notation and knows the few differences that have a reason.  Programs of several tasks are compared task by task.
. "${top_srcdir:-.}/tests/e2e/lib.sh"

command -v strace >/dev/null || { skip "no strace here"; finish; }
[ "$(strace -e trace=none -o /dev/null echo works 2>/dev/null)" = works ] || { skip "strace may not trace here"; finish; }
[ "$(setarch -R echo works 2>/dev/null)" = works ] || { skip "address-space randomisation cannot be turned off here"; finish; }

clean=(env -i "PATH=$PATH" LC_ALL=C TZ=UTC0 PERL_HASH_SEED=0 PERL_PERTURB_KEYS=0 "ASAN_OPTIONS=$ASAN_OPTIONS" "SPERRIPS_POLICY_PATH=$SPERRIPS_POLICY_PATH")
setup='printf "three\nlines\nof text\n" >text; touch -d @1000000000 text; mkdir dir; touch dir/a dir/b; ln -s text link;
	head -c 9000 /dev/zero >zeros; chmod 4750 dir/a; chmod 1777 dir
	touch -h -d @1100000000 text zeros link dir/* dir .'
n=0

# both COMMAND...: under the recorder and under strace
both() {
	local name=$scratch/$((++n)).$1
	fresh "$setup"
	"${clean[@]}" "$SPERRIPS" record -o "$rec" -- "$@" >"$scratch/out" 2>"$log" </dev/null
	# strace knows of no instructions
	"$SPERRIPS" show "$rec" | grep -vE '^(rdtscp?|cpuid)\(' >"$name.show" || fail "show: $*" "$(cat "$log")"
	fresh "$setup"
	"${clean[@]}" setarch -R strace -v -s 64 -o "$name.strace" "$@" >"$scratch/out" 2>"$log" </dev/null
	names+=("$name")
}

names=()
both true
both echo hello
both cat text zeros missing
both ls -l dir link text
both ls -la --full-time .
both stat text dir
both stat -f text
both wc text
both head -c 5 text
both tail -n 1 text
both sort text
both cp -p text copy
both mv text elsewhere
both rm -r dir
both mkdir -m 1750 -p x/y
both chmod 4711 text
both touch -d @1234567890.5 text
both ln -s nowhere new
both find . -type f
both cut -c 2- text
both awk '{ n++ } END { print n }' text
both perl -e 'local $SIG{ALRM} = sub { print "woken\n" }; alarm 1; select undef, undef, undef, 3; kill 0, $$; print umask'
both dd if=zeros of=copied bs=4096 count=2 conv=fsync status=none
both perl -MSocket -e 'socket my $s, AF_INET, SOCK_STREAM, 0; setsockopt $s, SOL_SOCKET, SO_REUSEADDR, 1;
	bind $s, pack_sockaddr_in(0, INADDR_LOOPBACK); listen $s, 3; socket my $u, AF_UNIX, SOCK_DGRAM, 0;
	bind $u, pack_sockaddr_un("name"); connect $u, pack_sockaddr_un("name"); send $u, "message", 0; recv $u, my $got, 100, 0;
	shutdown $u, 2'
both perl -MIO::Poll=POLLIN,POLLOUT -MPOSIX -e 'pipe my $r, my $w; my $p = IO::Poll->new; $p->mask($r, POLLIN); $p->mask($w, POLLOUT);
	$p->poll(0); $p->mask($w, 0); $p->poll(0.01); my $v = ""; vec($v, fileno $w, 1) = 1; select undef, $v, undef, 1;
	sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGUSR1, SIGCHLD)); kill "USR1", $$; sigpending(POSIX::SigSet->new);
	setpriority 0, 0, 2; chroot "."; wait; link "text", "hard"; utime 5, 6, "text"; truncate "text", 3; unlink "hard"; readlink "link"'
both uname -a
both id
both sleep 0.01
both mknod pipe p
both nice -n 3 true
both sha256sum text
both busybox ls dir

# tasks HOW-MANY COMMAND...: the same with strace -f; each of its tasks is compared by itself
tasks() {
	local many=$1 name=$scratch/$((++n)).tasks parts
	shift
	fresh "$setup"
	"${clean[@]}" "$SPERRIPS" record -o "$rec" -- "$@" >"$scratch/out" 2>"$log" </dev/null
	"$SPERRIPS" show "$rec" | grep -vE '^([0-9.]+ +)?(rdtscp?|cpuid)\(' >"$name.show" || fail "show: $*" "$(cat "$log")"
	fresh "$setup"
	"${clean[@]}" setarch -R strace -f -v -s 64 -o "$name.strace" "$@" >"$scratch/out" 2>"$log" </dev/null
	if ! parts=$(perl "$top_srcdir/tests/e2e/show.pl" --split "$name" 2>"$log"); then
		fail "split: $*" "$(cat "$log")"
	elif [ "$(wc -l <<<"$parts")" -ne "$many" ]; then
		fail "$*: not $many tasks" "$parts"
	else
		pass
		names+=($parts)
	fi
}
tasks 2 dash -c 'cat text; :'
tasks 3 dash -c 'cat text missing; wc -l text; :'
tasks 3 dash -c '(wc -c text; cat missing); :'
tasks 2 perl -e 'pipe R, W; if (!fork) { sysread R, my $a, 10; print $a; exit 3 } select undef, undef, undef, 0.1; syswrite W, "text"; wait'
tasks 3 perl -e 'for my $n (1, 2) { next if fork; select undef, undef, undef, $n / 5; exit $n } wait; wait'
tasks 2 perl -e 'if (!($p = fork)) { sleep 10 } select undef, undef, undef, 0.1; kill 9, $p; wait'

if said=$(perl "$top_srcdir/tests/e2e/show.pl" "${names[@]}"); then
	pass
	echo "$said"
else
	fail "show and strace differ" "$said"
fi

# planted differences, so that the comparison cannot be one that finds nothing
planted() { # what, program, substitution in what show said
	sed "$3" "$2.show" >"$scratch/planted.show"
	cp "$2.strace" "$scratch/planted.strace"
	cmp -s "$scratch/planted.show" "$2.show" && fail "$1: nothing is planted"
	expect "$1" 1 perl "$top_srcdir/tests/e2e/show.pl" --some "$scratch/planted"
	says "$1" '^  strace: '
}
wc=${names[7]} cat=${names[2]}
expect "nothing planted" 0 perl "$top_srcdir/tests/e2e/show.pl" --some "$wc" "$cat"
planted "another flag" "$cat" 's/O_RDONLY|O_CLOEXEC/O_WRONLY|O_CLOEXEC/'
planted "another mode" "$cat" 's/S_IFREG|0644/S_IFREG|0600/'
planted "a call too few" "$cat" '/^openat.*missing/d'
planted "another text" "$wc" 's/three/two/'
planted "another error" "$cat" 's/ENOENT (No such/EACCES (No such/'
# ---- several tasks, line by line ----

fresh
record -- perl -e 'pipe R, W; if (!fork) { sysread R, my $a, 10; exit 3 } select undef, undef, undef, 0.1; syswrite W, "text"; wait' 2>"$log"
expect "lineages" 0 "$SPERRIPS" show "$rec"
says "a new task" '^0     \+\+\+ made task 0\.1 \+\+\+$'
says "the first half of an interrupted call" '^0\.1   read\(3,  <unfinished \.\.\.>$'
says "the second half" '^0\.1   <\.\.\. read resumed>"text", 10\) = 4$'
says "the end of a child" '^0\.1   \+\+\+ exited with 3 \+\+\+$'
says "waiting for it" '^0     <\.\.\. wait4 resumed>\[768\], 0, NULL\) = [0-9]+$'
says "before there is a second one: no names" '^execve\('
expect "as JSON" 0 "$SPERRIPS" show --json "$rec"
holds "its halves belong together" perl -MJSON::PP -e 'my %at; while (<>) {
	my $o = decode_json($_); $at{$o->{seq}} = $o if $o->{type} eq "call";
	if ($o->{type} eq "task") { $made = $o->{new_lineage} eq "0.1" && $o->{lineage} eq "0" && $o->{new_task} == 1 }
	next unless $o->{type} eq "return" && $o->{call} eq "read";
	my $b = $at{$o->{seq}};
	$joined = $b->{type} eq "call" && $b->{interrupted} && !$b->{returned} && $b->{lineage} eq "0.1" && $o->{lineage} eq "0.1" &&
		$o->{ret} == 4 && grep({ $_->{field} eq "buf" && $_->{text} eq "\"text\"" } @{ $o->{fields} }) &&
		!grep({ $_->{field} eq "buf" } @{ $b->{fields} })
	} exit !($made && $joined)' "$log"
planted "another address" "$cat" 's/^munmap(0x7fff/munmap(0x7ff0/'
finish
