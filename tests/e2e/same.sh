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
