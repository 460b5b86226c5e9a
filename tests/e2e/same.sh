#!/usr/bin/env bash
# Real programs record and verify "same" under strict.spol, again and again, with address-space randomisation on.
. "${top_srcdir:-.}/tests/e2e/lib.sh"

FILES='for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "line $i of the file, with some text in it"; done >in
mkdir d; cp in d/x; echo 17 >d/y; printf "b\na\nc\na\nb\n" >s; printf "b\nb\na\n" >u; head -c 300000 /dev/zero | tr "\\0" "z" >big'

# same NAME [-s SETUP] [-i STDIN-FILE] [--] COMMAND...: RUNS recordings, each replayed
same() {
	local name=$1 setup=$FILES input=/dev/null run expected status
	shift
	while :; do
		case $1 in
		-s) setup="$FILES
$2" && shift 2 ;;
		-i) input=$2 && shift 2 ;;
		*) break ;;
		esac
	done
	if ! command -v "$1" >/dev/null && [ ! -x "$1" ]; then
		skip "$name: there is no $1 here"
		return
	fi
	fresh "$setup"
	"$@" <"$input" >/dev/null 2>&1
	expected=$?
	for ((run = 1; run <= RUNS; run++)); do
		fresh "$setup"
		record -- "$@" <"$input" >"$scratch/out1" 2>"$scratch/err1"
		status=$?
		if [ $status -ne $expected ]; then
			fail "$name, run $run: recorded with status $status, not $expected" "$(tail -5 "$scratch/err1")"
			return
		fi
		fresh "$setup"
		replay >"$scratch/out2" 2>"$scratch/err2"
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
	pass
}

same cat cat in
same "cat from standard input" -i "$top_srcdir/configure.ac" cat
same echo echo hello world
same hostname hostname
same id id
same ls ls
same "ls -la" ls -la . d
same "ls -laR" ls -laR /usr/share/doc
same head head -n 3 in
same tail tail -n 3 in
same wc wc in s
same sort sort s
same "sort of a larger file" sort -r big in
same uniq uniq -c u
same cut cut -c 3-9 in
same tr -i "$top_srcdir/configure.ac" tr a-z A-Z
same date date
same uname uname -a
same stat stat in d
same du du -a .
same df df
same mkdir mkdir -p a/b/c
same cp cp in copy
same "cp -a" cp -a d e
same mv mv in moved
same rm rm -r d
same ln ln in hard
same "ln -s" ln -s in soft
same touch touch in new
same chmod chmod 600 in
same seq seq 1000
same sha256sum sha256sum in big
same md5sum md5sum in
same base64 base64 in
same od od -c in
same env env
same printf "$(type -P printf)" '%s %d\n' a 5
same tee -i "$top_srcdir/configure.ac" tee out
same "dd bs=1" dd if=big of=out bs=1 count=20000
same "dd bs=1M" dd if=/dev/zero of=out bs=1M count=3
same find find . -name '*' -size -100
same "grep -r" grep -rn line .
same sed sed -e s/line/row/ -e 3d in
same "sed -i" sed -i s/line/row/ in
same awk awk '{ n += length($0) } END { print n, NR }' in
same mawk mawk '{ print $2 }' in
same gzip gzip -k in
same gunzip -s 'gzip -n big' gunzip big.gz
same xz xz -k in
same file file in d /bin/cat
same readlink -s 'ln -s in soft' readlink soft
same realpath realpath d/../in
same truncate truncate -s 5 in
same sync sync
same sleep sleep 0.02
same uptime uptime
same pwd "$(type -P pwd)"
same expr expr 3 + 4
same factor factor 123456789
same nl nl in
same tac tac in
same "tac of a stream" -i "$top_srcdir/configure.ac" tac
same shuf shuf in
same numfmt numfmt --to=iec 123456
same "a program that fails" cat /nonexistent
same "sha256sum from standard input" -i "$top_srcdir/configure.ac" sha256sum
same "static cat" busybox cat in
same "static ls" busybox ls -la
same "static sha256sum" busybox sha256sum in
same "static date" busybox date
same "victim" "$VICTIM"
same "static victim" "$VICTIM-static"
for job in stale pread readv time offset guard maps pid mapout; do
	same "victim $job" "$VICTIM" $job
done
same "victim segv" "$VICTIM" segv

# other real programs, each for what it does that the ones above do not; a few runs
also() {
	local RUNS=$((RUNS < 3 ? RUNS : 3))
	same "$@"
}
also "the loader itself" /lib64/ld-linux-x86-64.so.2 /bin/cat in
also "bash, builtins only" bash -c 'read -r x <in; echo "$x"; cd d; pwd; echo *; ulimit -n; trap "echo end" EXIT; exit 4'
also "dash, then another program" dash -c 'exec cat in'
also "killed by its own signal" bash -c 'kill -9 $$'
also "perl: random seed, signals, alarm" perl -e '$SIG{USR1} = sub { print "usr1\n" }; kill "USR1", $$; $SIG{ALRM} = sub { print "alarm\n" };
	alarm 1; select undef, undef, undef, 3; print rand() < 2, "\n"; print join(" ", keys %{{ map { $_ => 1 } 1 .. 50 }}), "\n"'
also "perl: abort" perl -e 'dump'
also "diff, status 1" diff -u in s
also "sort, several files at once" sort --parallel=1 -S 100K big in s
also "tar" tar cf archive.tar in d
also "install" install -m 600 in installed
also "shred" shred -u in
also "mktemp" mktemp -p . aXXXXXX
also "split" split -l 2 in
also "mkfifo" mkfifo fifo
also "mknod" mknod pipe p
also "cp --reflink" cp --reflink=auto -p in copy
also "nproc" nproc
also "free" free
also "getconf" getconf -a
also "mount" mount
also "findmnt" findmnt
also "who" who
also "random bytes" openssl rand -hex 8
also "netlink" ip -o addr
also "network interfaces" busybox ifconfig lo
also "sqlite" sqlite3 x.db 'create table t(a); insert into t values(1),(2); select sum(a) from t;'
also "where a file lies on its disk" dpkg -S /bin/cat
also "sockets of its own" /usr/bin/python3 -c 'if 1:
	import socket
	s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
	c = socket.socket(); c.connect(s.getsockname())
	d, a = s.accept(); d.sendall(b"over a port that the kernel picked"); print(c.recv(40), a == c.getsockname())'

# another address than the one that the kernel gave is another address
mkdir "$scratch/script" # Python looks into the folder of its script
cat >"$scratch/script/port.py" <<'END'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
c.connect(("127.0.0.1", s.getsockname()[1] ^ (open("in").read(1) == "X")))
END
if [ -x /usr/bin/python3 ]; then
	fresh "$FILES"
	expect "a port of the kernel's, recorded" 0 record -- /usr/bin/python3 "$scratch/script/port.py"
	fresh "$FILES"
	expect "a port of the kernel's" 0 replay
	fresh "$FILES
	printf X | dd of=in conv=notrunc status=none"
	cat >"$scratch/port.spol" <<'END'
policy port 1;
extends "strict.spol";
override read, pread64 { buf, ret: accept; }
END
	expect "a port of its own" 1 replay --policy "$scratch/port.spol"
	says "a port of its own: which field" 'addr.sin_port'
fi

# standard input that comes in its own time, for a program that does not wait: what it found empty is empty again
slowly() {
	for piece in a b c; do
		sleep 0.2
		echo $piece
	done
}
cat >"$scratch/poll.pl" <<'END'
use Fcntl; use Errno;
fcntl STDIN, F_SETFL, O_NONBLOCK;
$| = 1;
while (1) {
	my $n = sysread STDIN, my $data, 10;
	last if defined $n && $n == 0;
	print defined $n ? "got $data" : "nothing\n";
	next if defined $n;
	my $set = "\1";
	print select($set, undef, undef, 0.05), "\n";
}
END
fresh "$FILES"
slowly | record -- perl "$scratch/poll.pl" >"$scratch/out1" 2>/dev/null
replay >"$scratch/out2" 2>"$log"
holds "input in its own time" cmp "$scratch/out1" "$scratch/out2"
expect "input in its own time" 0 replay
fresh "$FILES"
expect "xz reads without blocking, recorded" 0 bash -c 'cat in | "$1" record -o "$2" -- xz -T1 -c >/dev/null' - "$SPERRIPS" "$rec"
expect "xz reads without blocking" 0 replay

# a stream on standard input, longer than any pipe holds
fresh "$FILES"
head -c 3000000 /dev/urandom >long
cat long | record -- cat >out1 2>/dev/null
expect "three megabytes through a pipe" 0 replay
replay >out2 2>/dev/null
holds "and they come out" cmp long out2

# with randomised addresses on both sides pointers correspond by region and offset
for program in "cat in" "ls -la" "sort s" "sha256sum in" "busybox sha256sum in"; do
	fresh "$FILES"
	record --aslr -- $program >/dev/null 2>&1
	expect "randomised addresses: $program" 0 replay --aslr
	says "randomised addresses: $program: under the rule" 'any ptr'
done
finish
