#!/usr/bin/env bash
# --list and --explain: the effective rule of every field after `extends`, and why each other rule does not decide.
. "${top_srcdir:-.}/tests/e2e/lib.sh"
cd "$scratch" || exit 99

cat >grandparent.spol <<'END'
policy grandparent 1;
set LOGS = "/var/log/**";
default: equal "{field} differs";
any inode: replay;
any ptr: map;
read { buf, ret: accept if fd.path in LOGS; }
madvise: ignore;
END
cat >parent.spol <<'END'
policy parent 1;
extends "grandparent.spol";
override read { buf, ret: replay if fd.path in LOGS; }
%stat { statbuf: replay; }
stat { statbuf: accept; statbuf.st_ino: equal; }
connect: emulate if addr.family != AF_UNIX;
syscall_999: optional;
signal SIGCHLD { si_pid: map; }
never accept write.buf;
END
cat >child.spol <<'END'
policy child 1;
extends "parent.spol";
override read { buf, ret: replay if fd.path in { "/proc/**" } else equal "{path}" else accept; } # spolc:allow W1001 what is not reached is explained, too
stat { *: map; statbuf.st_size: accept within 10% else accept within 4KiB; }
%file { *: accept if dirfd == 3; } # spolc:allow W1009 W1010 for the test
ioctl(TCGETS) { *: map if fd == 0; }
execve { *: map; }
connect: forbid if addr.family == AF_INET;
never replay write.buf if fd == 1;
END

# is WHAT STATUS COMMAND... <<EXPECTED: status and output, to the byte
is() {
	local what=$1 want=$2 got
	shift 2
	cat >"$scratch/expected"
	"$@" >"$log" 2>&1 </dev/null
	got=$?
	if [ "$got" -eq "$want" ] && cmp -s "$scratch/expected" "$log"; then
		pass
	else
		fail "$what: status $got, not $want" "$(diff "$scratch/expected" "$log")"
	fi
}

explain() { "$SPOLC" --explain "$@"; }
list() { "$SPOLC" --list "$@"; }

expect "the family is right" 0 "$SPOLC" --check grandparent.spol parent.spol child.spol

# ---- explain ----

is "overridden twice; an arm that is not reached" 0 explain read.buf child.spol <<'END'
read.buf (data, out)
  1. replay if fd.path in { "/proc/**" }
     child.spol:3: override read { buf, ret }; names the call and the field
  2. equal "{path}"
     child.spol:3: override read { buf, ret }; names the call and the field
  -  accept
     child.spol:3: override read { buf, ret }; names the call and the field
     not reached: 2 always decides; it stands before it
  -  equal "{field} differs"
     grandparent.spol:3: default
     not reached: 2 always decides; it names the call, this one is the default
  -  accept if fd.path in LOGS
     grandparent.spol:6: read { buf, ret }; names the call and the field
     replaced by the `override` at parent.spol:3
  -  replay if fd.path in LOGS
     parent.spol:3: override read { buf, ret }; names the call and the field
     replaced by the `override` at child.spol:3
END

is "what it was in the parent" 0 explain read.buf parent.spol <<'END'
read.buf (data, out)
  1. replay if fd.path in LOGS
     parent.spol:3: override read { buf, ret }; names the call and the field
  2. equal "{field} differs"
     grandparent.spol:3: default
  -  accept if fd.path in LOGS
     grandparent.spol:6: read { buf, ret }; names the call and the field
     replaced by the `override` at parent.spol:3
END

is "field before struct before * before class before kind before default" 0 explain stat.statbuf.st_ino child.spol <<'END'
stat.statbuf.st_ino (inode, out)
  1. equal
     parent.spol:5: stat.statbuf.st_ino; names the call and the field
  -  accept
     parent.spol:5: stat.statbuf; names the call and the struct `statbuf`
     not reached: 1 always decides; it names the field, this one the struct `statbuf`
  -  map
     child.spol:4: stat.*; names the call and all its fields (`*`)
     not reached: 1 always decides; it names the field, this one all its fields (`*`)
  -  replay
     parent.spol:4: %stat.statbuf; names the class %stat and the struct `statbuf`
     not reached: 1 always decides; it names the call, this one names the class %stat
  -  accept if dirfd == 3
     child.spol:5: %file.*; names the class %file and all its fields (`*`)
     not reached: 1 always decides; it names the call, this one names the class %file
  -  replay
     grandparent.spol:4: any inode; names the kind inode
     not reached: 1 always decides; it names the call, this one names the kind inode
  -  equal "{field} differs"
     grandparent.spol:3: default
     not reached: 1 always decides; it names the call, this one is the default
END

is "a struct goes on where the field's rule does not hold" 0 explain stat.statbuf.st_size child.spol <<'END'
stat.statbuf.st_size (size, out)
  1. accept within 10%
     child.spol:4: stat.statbuf.st_size; names the call and the field
  2. accept within 4KiB
     child.spol:4: stat.statbuf.st_size; names the call and the field
  3. accept
     parent.spol:5: stat.statbuf; names the call and the struct `statbuf`
  -  map
     child.spol:4: stat.*; names the call and all its fields (`*`)
     not reached: 3 always decides; it names the struct `statbuf`, this one all its fields (`*`)
  -  replay
     parent.spol:4: %stat.statbuf; names the class %stat and the struct `statbuf`
     not reached: 3 always decides; it names the call, this one names the class %stat
  -  accept if dirfd == 3
     child.spol:5: %file.*; names the class %file and all its fields (`*`)
     not reached: 3 always decides; it names the call, this one names the class %file
  -  equal "{field} differs"
     grandparent.spol:3: default
     not reached: 3 always decides; it names the call, this one is the default
END

is "a condition that cannot hold for this call" 0 explain access.mode child.spol <<'END'
access.mode (flags, in)
  1. equal "{field} differs"
     grandparent.spol:3: default
  -  accept if dirfd == 3
     child.spol:5: %file.*; names the class %file and all its fields (`*`)
     never holds: its condition asks for `dirfd`, which access does not have here
END

is "a verb that cannot be applied" 0 explain execve.image child.spol <<'END'
execve.image (data, out)
  1. equal
     child.spol:7: execve.*; names the call and all its fields (`*`)
     `map` cannot be said about this field, so it reads `equal`: its value is bytes, and only numbers and paths can stand for one another
  -  accept if dirfd == 3
     child.spol:5: %file.*; names the class %file and all its fields (`*`)
     not reached: 1 always decides; it names the call, this one names the class %file
  -  equal "{field} differs"
     grandparent.spol:3: default
     not reached: 1 always decides; it names the call, this one is the default
  equal values are looked at, too: an arm says `stop` or `map`
END

is "a variant, and a condition" 0 explain 'ioctl(TCGETS).argp.c_cc' child.spol <<'END'
ioctl(TCGETS).argp.c_cc (data, out)
  1. equal if fd == 0
     child.spol:6: ioctl(TCGETS).*; names the variant and all its fields (`*`)
     `map` cannot be said about this field, so it reads `equal`: its value is bytes, and only numbers and paths can stand for one another
  2. equal "{field} differs"
     grandparent.spol:3: default
  equal values are looked at, too: an arm says `stop` or `map`
END

is "forbid comes first" 0 explain connect.addr.family child.spol <<'END'
connect.addr.family (enum, in)
  call: forbid if addr.family == AF_INET (child.spol:8): never looked at: the call itself is the violation
  call: emulate if addr.family != AF_UNIX (parent.spol:6): compared before the call, which is not executed
  1. equal "{field} differs"
     grandparent.spol:3: default
END

is "promises" 0 explain write.buf child.spol <<'END'
write.buf (data, in)
  1. equal "{field} differs"
     grandparent.spol:3: default
  promise: never accept (parent.spol:9)
  promise: never replay if fd == 1 (child.spol:9)
END

is "a call that is not seen" 0 explain madvise child.spol <<'END'
madvise (the call)
  1. ignore
     grandparent.spol:7: madvise; names the call
madvise.addr (ptr, in)
  call: ignore (grandparent.spol:7): neither recorded nor compared
  1. map
     grandparent.spol:5: any ptr; names the kind ptr
  -  equal "{field} differs"
     grandparent.spol:3: default
     not reached: 1 always decides; it names the kind ptr, this one is the default
  equal values are looked at, too: an arm says `stop` or `map`
madvise.size (size, in)
  call: ignore (grandparent.spol:7): neither recorded nor compared
  1. equal "{field} differs"
     grandparent.spol:3: default
madvise.advice (enum, in)
  call: ignore (grandparent.spol:7): neither recorded nor compared
  1. equal "{field} differs"
     grandparent.spol:3: default
madvise.ret (int, out)
  call: ignore (grandparent.spol:7): neither recorded nor compared
  1. equal "{field} differs"
     grandparent.spol:3: default
END

is "a call that nothing is said about" 0 explain sync child.spol <<'END'
sync (the call)
  executed and compared: no rule disposes of it
sync.ret (int, out)
  1. equal "{field} differs"
     grandparent.spol:3: default
END

is "a signal as policies name it" 0 explain 'signal SIGCHLD.si_pid' child.spol <<'END'
signal SIGCHLD.si_pid (pid, in)
  1. map
     parent.spol:8: signal SIGCHLD.si_pid; names the signal and the field
  -  equal "{field} differs"
     grandparent.spol:3: default
     not reached: 1 always decides; it names the signal, this one is the default
  equal values are looked at, too: an arm says `stop` or `map`
END

is "a signal as reports name it" 0 explain 'signal(SIGCHLD).si_pid' child.spol <<'END'
signal SIGCHLD.si_pid (pid, in)
  1. map
     parent.spol:8: signal SIGCHLD.si_pid; names the signal and the field
  -  equal "{field} differs"
     grandparent.spol:3: default
     not reached: 1 always decides; it names the signal, this one is the default
  equal values are looked at, too: an arm says `stop` or `map`
END

is "a call without description" 0 explain syscall_999 child.spol <<'END'
syscall_999 (a call that is not described)
  1. optional
     parent.spol:7: syscall_999; names the call
END

is "a call without description or rule" 0 explain syscall_998 child.spol <<'END'
syscall_998 (a call that is not described)
  no rule disposes of it: a run that makes it is not judged
END

# ---- wrong names ----

is "wrong: a call" 2 explain reed.buf child.spol <<'END'
spolc: no system call `reed` is described; did you mean `read`?
END

is "wrong: a field" 2 explain read.bufs child.spol <<'END'
spolc: read has no field `bufs`; did you mean `buf`?
END

is "wrong: a variant" 2 explain 'ioctl(TCGET)' child.spol <<'END'
spolc: ioctl has no variant `TCGET`; did you mean `TCGETS`?
END

is "wrong: a class" 2 explain '%files' child.spol <<'END'
spolc: there is no class %files; did you mean `%file`?
END

is "wrong: a kind" 2 explain 'any inodes' child.spol <<'END'
spolc: there is no kind `inodes`; did you mean `inode`?
END

is "wrong: a signal" 2 explain 'signal SIGCHILD' child.spol <<'END'
spolc: there is no signal `SIGCHILD`; did you mean `SIGCHLD`?
END

is "wrong: no variant" 2 explain 'read(TCGETS)' child.spol <<'END'
spolc: read has no variants; write `read` alone
END

is "wrong: which variant" 2 explain ioctl.argp child.spol <<'END'
spolc: `argp` is something else in each variant of ioctl: say which; `argp` is a field of ioctl(TCGETS), ioctl(TCSETS), ioctl(TCSETSW), ioctl(TCSETSF), ioctl(TCGETS2), ioctl(TCSETS2), ioctl(TCSETSW2), ioctl(TCSETSF2), ...
END

is "wrong: a number" 2 explain syscall_0 child.spol <<'END'
spolc: syscall_0 is the system call `read`
END

is "wrong: nothing" 2 explain '' child.spol <<'END'
spolc: '' is not of the form CALL, CALL.FIELD or CALL(VARIANT).FIELD
END

is "wrong: nothing behind the dot" 2 list --only read. child.spol <<'END'
spolc: 'read.' is not of the form CALL, CALL.FIELD or CALL(VARIANT).FIELD
END

# ---- list ----

is "one call, one line a field" 0 list --only read child.spol <<'END'
read.fd: equal  # grandparent.spol:3
read.buf.addr: map  # grandparent.spol:5
read.buf: replay if fd.path in { "/proc/**" } else equal  # child.spol:3, child.spol:3
read.nlmsg[].nlmsg_len: equal  # grandparent.spol:3
read.nlmsg[].nlmsg_type: equal  # grandparent.spol:3
read.nlmsg[].nlmsg_flags: equal  # grandparent.spol:3
read.nlmsg[].nlmsg_seq: equal  # grandparent.spol:3
read.nlmsg[].nlmsg_pid: equal  # grandparent.spol:3
read.nlmsg[].payload: equal  # grandparent.spol:3
read.inotify[].wd: equal  # grandparent.spol:3
read.inotify[].mask: equal  # grandparent.spol:3
read.inotify[].cookie: equal  # grandparent.spol:3
read.inotify[].len: equal  # grandparent.spol:3
read.inotify[].name: equal  # grandparent.spol:3
read.fanotify[].event_len: equal  # grandparent.spol:3
read.fanotify[].vers: equal  # grandparent.spol:3
read.fanotify[].metadata_len: equal  # grandparent.spol:3
read.fanotify[].mask: equal  # grandparent.spol:3
read.fanotify[].fd: equal  # grandparent.spol:3
read.fanotify[].pid: equal  # grandparent.spol:3
read.fanotify[].info: replay  # grandparent.spol:4
read.signalfd[].ssi_signo: equal  # grandparent.spol:3
read.signalfd[].ssi_errno: equal  # grandparent.spol:3
read.signalfd[].ssi_code: equal  # grandparent.spol:3
read.signalfd[].ssi_pid: equal  # grandparent.spol:3
read.signalfd[].ssi_uid: equal  # grandparent.spol:3
read.signalfd[].ssi_fd: equal  # grandparent.spol:3
read.signalfd[].ssi_tid: equal  # grandparent.spol:3
read.signalfd[].ssi_band: equal  # grandparent.spol:3
read.signalfd[].ssi_overrun: equal  # grandparent.spol:3
read.signalfd[].ssi_trapno: equal  # grandparent.spol:3
read.signalfd[].ssi_status: equal  # grandparent.spol:3
read.signalfd[].ssi_int: equal  # grandparent.spol:3
read.signalfd[].ssi_ptr: equal  # grandparent.spol:3
read.signalfd[].ssi_utime: equal  # grandparent.spol:3
read.signalfd[].ssi_stime: equal  # grandparent.spol:3
read.signalfd[].ssi_addr: map  # grandparent.spol:5
read.signalfd[].ssi_addr_lsb: equal  # grandparent.spol:3
read.signalfd[].ssi_syscall: equal  # grandparent.spol:3
read.signalfd[].ssi_call_addr: map  # grandparent.spol:5
read.signalfd[].ssi_arch: equal  # grandparent.spol:3
read.packet[].version_ihl: equal  # grandparent.spol:3
read.packet[].tos: equal  # grandparent.spol:3
read.packet[].tot_len: equal  # grandparent.spol:3
read.packet[].id: equal  # grandparent.spol:3
read.packet[].frag_off: equal  # grandparent.spol:3
read.packet[].ttl: equal  # grandparent.spol:3
read.packet[].protocol: equal  # grandparent.spol:3
read.packet[].check: equal  # grandparent.spol:3
read.packet[].saddr: equal  # grandparent.spol:3
read.packet[].daddr: equal  # grandparent.spol:3
read.packet[].payload: equal  # grandparent.spol:3
read.count: equal  # grandparent.spol:3
read.ret: replay if fd.path in { "/proc/**" } else equal  # child.spol:3, child.spol:3
END

is "a disposition has a line, too" 0 list --only connect child.spol <<'END'
connect: forbid if addr.family == AF_INET else emulate if addr.family != AF_UNIX  # child.spol:8, parent.spol:6
connect.sockfd: equal  # grandparent.spol:3
connect.addr.addr: map  # grandparent.spol:5
connect.addr.family: equal  # grandparent.spol:3
connect.addr.sun_path: equal  # grandparent.spol:3
connect.addr.sin_port: equal  # grandparent.spol:3
connect.addr.sin_addr: equal  # grandparent.spol:3
connect.addr.sin6_port: equal  # grandparent.spol:3
connect.addr.sin6_flowinfo: equal  # grandparent.spol:3
connect.addr.sin6_addr: equal  # grandparent.spol:3
connect.addr.sin6_scope_id: equal  # grandparent.spol:3
connect.addr.nl_pid: equal  # grandparent.spol:3
connect.addr.nl_groups: equal  # grandparent.spol:3
connect.addr.sa_data: equal  # grandparent.spol:3
connect.addrlen: equal  # grandparent.spol:3
connect.ret: equal  # grandparent.spol:3
END

is "one field" 0 list --only stat.statbuf.st_size child.spol <<'END'
stat.statbuf.st_size: accept within 10% else accept within 4KiB else accept  # child.spol:4, child.spol:4, parent.spol:5
END

is "two variants" 0 list --only 'ioctl(TIOCGPGRP|TCFLSH)' child.spol <<'END'
ioctl(TIOCGPGRP).fd: equal  # grandparent.spol:3
ioctl(TIOCGPGRP).op: equal  # grandparent.spol:3
ioctl(TIOCGPGRP).argp.addr: map  # grandparent.spol:5
ioctl(TIOCGPGRP).argp: equal  # grandparent.spol:3
ioctl(TIOCGPGRP).ret: equal  # grandparent.spol:3
ioctl(TCFLSH).fd: equal  # grandparent.spol:3
ioctl(TCFLSH).op: equal  # grandparent.spol:3
ioctl(TCFLSH).argp: equal  # grandparent.spol:3
ioctl(TCFLSH).ret: equal  # grandparent.spol:3
END

is "two signals" 0 list --only 'signal SIGINT|SIGTERM.si_code' child.spol <<'END'
signal SIGINT.si_code: equal  # grandparent.spol:3
signal SIGTERM.si_code: equal  # grandparent.spol:3
END

is "one call without description" 0 list --only syscall_999 child.spol <<'END'
syscall_999: optional  # parent.spol:7
END

# the whole list is the sum: every field of the schema stands in it once
"$SPOLC" --list child.spol >all
fields=$("$SPOLC" --schema | grep -c '^    ')
listed=$(sed -e 's/: .*//' -e 's/([^)]*)//' all | grep -c '\.')
holds "every field of the schema ($fields) is listed ($listed)" [ "$fields" -eq "$listed" ]
holds "no line twice" [ -z "$(cut -d: -f1 all | sort | uniq -d)" ]
holds "signals as policies name them" grep -qx 'signal SIGCHLD.si_pid: map  # parent.spol:8' all
holds "numbers stand in it" grep -qx 'syscall_999: optional  # parent.spol:7' all
list --only 'any inode' child.spol >"$log"
holds "a kind: all its fields" [ "$(wc -l <"$log")" -eq "$("$SPOLC" --schema | grep -cE '^    [^ ]+ +inode ')" ]
list --only %stat child.spol >"$log"
holds "a class: all its calls" grep -q '^fstat.statbuf.st_mtim: replay  # parent.spol:4$' "$log"

# ---- JSON: parsed by somebody else ----

# json WHAT FILE... <<PERL: the code, with the files' contents in @json, dies unless what it says holds
json() {
	local what=$1
	shift
	holds "$what" perl -MJSON::PP -e '
		my $code = do { local $/; <STDIN> };
		our @json = map { open my $f, "<", $_ or die; local $/; decode_json(<$f>) } @ARGV;
		eval "no warnings; $code; 1" or die $@;' "$@"
}

explain read.buf --format=json child.spol >"$log"
json "explanation as JSON" "$log" <<'END'
my ($one, $more) = @{ $json[0]{explained} };
die if $more;
die unless join(' ', @$one{qw(call field kind direction)}) eq 'read buf data out';
die unless join(' ', map { "$_->{number} $_->{says} $_->{line}" } @{ $one->{decides} }) eq '1 replay 3 2 equal 3';
die unless join(' ', map { $_->{reason} } @{ $one->{others} }) eq 'unreached unreached overridden overridden';
my $by = $one->{others}[3]{by};
die unless "$by->{file} $by->{line} $by->{column}" eq 'child.spol 3 17';
END
explain connect.addr.family --format=json child.spol >"$log"
json "dispositions as JSON" "$log" <<'END'
die unless join(' ', map { $_->{says} } @{ $json[0]{explained}[0]{dispositions} }) eq 'forbid emulate';
END
list --format=json child.spol >"$log"
json "list as JSON: every rule has arms" "$log" <<'END'
die if grep { !@{ $_->{arms} } } @{ $json[0]{rules} };
END
holds "as many as lines" [ "$(grep -o '"arms":' "$log" | wc -l)" -eq "$(wc -l <all)" ]
holds "nothing else is said" [ -z "$("$SPOLC" --list --format=json child.spol 2>&1 >/dev/null)" ]
# both say the same about every field of a large policy, and every rule that is not reached names one that always decides
for class in %file %desc %network %signal; do
	explain "$class" --format=json "$top_srcdir/policies/cat.spol" >"$log"
	list --only "$class" --format=json "$top_srcdir/policies/cat.spol" >list.json
	json "$class: explained as listed" "$log" list.json <<'END'
sub key { join ';', map { join ' ', @$_{qw(says file line column)} } @{ $_[0] } }
my %explained = map { ("$_->{call}.$_->{field}" => $_) } @{ $json[0]{explained} };
my @rules = @{ $json[1]{rules} };
die unless @rules > 50;
for my $r (@rules) {
	my $e = $explained{"$r->{call}.$r->{field}"} or die;
	my @decides = @{ $e->{decides} };
	die unless key(\@decides) eq key($r->{arms});
	die unless join(' ', map { $_->{number} } @decides) eq join(' ', 1 .. @decides);
	my @always = map { $_->{number} } grep { $_->{always} } @decides;
	die if @always > 1 || (@always && $always[0] != @decides);
	die if grep { $_->{reason} eq 'unreached' && $_->{behind} != $always[0] } @{ $e->{others} };
}
END
done

# ---- the shipped example ----
cat_policy=$top_srcdir/policies/cat.spol
expect "cat.spol" 0 explain read.buf "$cat_policy"
says "cat.spol: first" '^  1\. replay if fd\.path in MADE_UP$'
says "cat.spol: what it replaced" '^     replaced by the `override` at cat\.spol:'
expect "cat.spol: promises" 0 explain write.buf "$cat_policy"
says "cat.spol: never accept" '^  promise: never accept \(cat\.spol:[0-9]+\)$'

# ---- large: the time is that of the answer, not its square ----
{
	echo 'policy large 1; read { buf: accept if fd == 0'
	seq 1 30000 | sed 's/.*/else accept if fd == &/'
	echo '; }'
	seq 1 2000 | sed 's/.*/never map %file.*;/'
} >large.spol
expect "30000 arms are explained" 0 timeout 60 "$SPOLC" -W no-all --explain read.buf large.spol
says "down to the last" '^  30001\. accept if fd == 30000$'
expect "2000 promises about 2000 fields" 0 timeout 60 "$SPOLC" -W no-all --explain %file large.spol
says "they are told" '^  promise: never map \(large\.spol:[0-9]+\)$'

expect "--only is for --list" 2 "$SPOLC" --only read child.spol
echo 'policy wrong 1; reed { buf: equal; }' >wrong.spol
expect "a policy with errors explains nothing" 1 explain read.buf wrong.spol
says "it says why" '^wrong.spol:1:17: error\[E1001\]'
holds "and nothing else" [ "$(grep -c decides "$log")" -eq 0 ]
finish
