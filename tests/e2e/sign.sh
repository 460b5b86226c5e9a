#!/usr/bin/env bash
# Signed recordings: keys, what is refused and that nothing runs then, openssl(1) as a second opinion; fsck.
. "${top_srcdir:-.}/tests/e2e/lib.sh"

keys=$scratch/keys
mkdir "$keys"
KEY=$keys/mine PUB=$keys/mine.pub
keygen() { "$SPERRIPS" keygen "$@"; }
fsck() { "$SPERRIPS" fsck "$@"; }
FINGERPRINT='[0-9a-f]{64}'

# flip FROM TO OFFSET: one bit of one byte
flip() { perl -e 'local $/; open my $f, "<", $ARGV[0]; $_ = <$f>; substr($_, $ARGV[1], 1) ^= "\x10"; print' "$1" "$3" >"$2"; }
# json FILE EXPRESSION: perl on the object in $_
json() { perl -MJSON::PP -0777 -e 'open my $f, "<", shift; $_ = decode_json(<$f>); exit !eval shift' "$@"; }

# ---- keys
fresh
expect "keygen" 0 keygen
says "keygen: the fingerprint" "^$FINGERPRINT\$"
holds "keygen: the default names" [ -s sperrips.key -a -s sperrips.key.pub ]
holds "keygen: nobody else may read the private key" [ "$(stat -c %a sperrips.key)" = 600 ]
cp sperrips.key before
expect "keygen does not overwrite" 2 keygen
says "keygen does not overwrite: says so" 'sperrips.key is there already'
rm sperrips.key
expect "keygen does not overwrite a public key" 2 keygen
holds "keygen leaves no half of a pair" [ ! -e sperrips.key ]
expect "keygen with an argument" 2 keygen name
expect "keygen into nowhere" 2 keygen -o /nonexistent/key
expect "keygen --output" 0 keygen --output "$KEY"
mine=$(cat "$log")
expect "another key" 0 keygen -o "$keys/other"

# ---- a signed recording
setup='echo text >in'
fresh "$setup"
expect "record --sign" 0 record --sign "$KEY" -- cp in ran
fresh "$setup"
expect "replay of a signed recording, without a key" 0 replay
fresh "$setup"
expect "replay --verify-key" 0 replay --verify-key "$PUB"
says "replay --verify-key: the verdict" 'same'
expect "fsck --verify-key" 0 fsck --verify-key "$PUB" "$rec"
says "fsck --verify-key: valid" "signature +valid, by key $mine\$"
expect "fsck" 0 fsck "$rec"
says "fsck: by whom" "signature +by key $mine;"
expect "show of a signed recording" 0 "$SPERRIPS" show "$rec"
expect "record's status with --sign" 3 record --sign "$KEY" -- sh -c 'exit 3'
expect "a key that comes through a pipe" 0 bash -c '"$1" record --sign <(cat "$2") -o piped -- true' - "$SPERRIPS" "$KEY"
expect "a key that came through a pipe" 0 fsck --verify-key "$PUB" piped

# the key is in the recorder's memory, and the program's business elsewhere
snoop='{ read -r line </proc/$PPID/maps; } 2>/dev/null && exit 42; exit 0'
if [ "$(id -u)" -ne 0 ]; then
	as_user() { "$@"; }
elif setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$SPERRIPS" 2>/dev/null; then
	as_user() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
fi
if declare -F as_user >/dev/null; then
	fresh "chmod 777 ."
	as_user "$SPERRIPS" keygen -o user.key >/dev/null
	as_user "$SPERRIPS" record -o r.bin -- sh -c "$snoop"
	[ $? -eq 42 ] || skip "looking into the recorder: here nobody can, with or without a key"
	expect "a recorder with a key cannot be looked into" 0 as_user "$SPERRIPS" record -o r.bin --sign user.key -- sh -c "$snoop"
	expect "and signs" 0 as_user "$SPERRIPS" fsck --verify-key user.key.pub r.bin
else
	skip "looking into the recorder: no ordinary user can be had, or run $SPERRIPS, here"
fi

# refused WHAT PATTERN [OPTION]...: replay ends with 2, says so, and has not run the program
refused() {
	local what=$1 pattern=$2
	shift 2
	fresh "$setup"
	expect "$what" 2 "$SPERRIPS" replay "$@"
	says "$what: says so" "$pattern"
	holds "$what: nothing was executed" [ ! -e ran ]
}
fresh "$setup"
record --sign "$KEY" -- cp in ran
fresh "$setup"
"$SPERRIPS" record -o "$scratch/unsigned" -- cp in ran
fresh "$setup"
"$SPERRIPS" record -o "$scratch/theirs" --sign "$keys/other" -- cp in ran
size=$(stat -c %s "$rec")
refused "an unsigned recording" 'is not signed' -i "$scratch/unsigned" --verify-key "$PUB"
refused "another key's recording" 'not signed with this key' -i "$scratch/theirs" --verify-key "$PUB"
refused "a key that is none" 'is no public key' -i "$rec" --verify-key in
refused "a key that is not there" 'cannot open' -i "$rec" --verify-key nothing
refused "a private key" 'holds a private key' -i "$rec" --verify-key "$KEY"
# file's head, header, chunk, trailer, signature: key, signature itself, digest
for at in 3 9 12 20 60 $((size / 3)) $((size / 2)) $((size - 200)) $((size - 192)) $((size - 150)) $((size - 120)) $((size - 60)) $((size - 1)); do
	flip "$rec" "$scratch/altered" "$at"
	refused "a byte altered at $at" "offset|magic" -i "$scratch/altered" --verify-key "$PUB"
done
for less in 1 32 96 128 159 160 161 200; do
	head -c $((size - less)) "$rec" >"$scratch/cut"
	refused "$less bytes cut off" 'stops at offset' -i "$scratch/cut" --verify-key "$PUB"
	refused "$less bytes cut off, no key" 'stops at offset' -i "$scratch/cut"
done
{ cat "$rec"; tail -c 160 "$rec"; } >"$scratch/twice"
refused "the signature twice" 'goes on behind its signature' -i "$scratch/twice" --verify-key "$PUB"
# one who makes all digests right, but has not the key
"$top_builddir/tests/e2e/forge" "$rec" | tail -n 1 >"$scratch/lie"
"$top_builddir/tests/e2e/forge" "$rec" "$scratch/forged" "$(cut -d ' ' -f 1 "$scratch/lie")"
expect "a forged recording is whole" 0 fsck "$scratch/forged"
refused "a forged recording" 'is not signed' -i "$scratch/forged" --verify-key "$PUB"

# ---- keys that cannot sign: known before anything runs
unrecorded() { # WHAT PATTERN KEY
	fresh "$setup"
	expect "record, $1" 125 "$SPERRIPS" record -o new.bin --sign "$3" -- cp in ran
	says "record, $1: says so" "$2"
	holds "record, $1: nothing was executed, nothing written" [ ! -e ran -a ! -e new.bin -a ! -e new.bin.part ]
}
unrecorded "a public key" 'holds a public key' "$PUB"
unrecorded "no key" 'is no private key' /dev/null
unrecorded "a missing key" 'cannot open' nothing
unrecorded "a folder" 'folder|irectory' "$keys"

# ---- the other formats and ends
printf 'policy p 1;\nextends "strict.spol";\nuname: forbid;\n' >"$scratch/p.spol"
expect "a forbidden call" 125 record --sign "$KEY" --policy "$scratch/p.spol" -- uname
expect "what was recorded before it is signed" 0 fsck --verify-key "$PUB" "$rec"
says "what was recorded before it is signed: the end" 'end +stopped: the policy forbade a call'
fresh "$setup"
record --sign "$KEY" -- cat in >/dev/null
echo TEXT >in
expect "signed differences" 1 replay --verify-key "$PUB" --differences d.bin --sign "$keys/other"
expect "fsck of signed differences" 0 fsck --verify-key "$keys/other.pub" d.bin
says "fsck of signed differences: the verdict" 'verdict +different'
root=$(fsck "$rec" | awk '$1 == "root" { print $2 }')
fsck d.bin >"$log"
says "fsck of differences: the recording" "recording +$root\$"
expect "fsck of differences, another key" 1 fsck --verify-key "$PUB" d.bin
expect "show of signed differences" 0 "$SPERRIPS" show d.bin
expect "replay --sign without --differences" 2 replay --sign "$KEY"
says "replay --sign without --differences: says so" 'differences'
echo text >in
expect "replay --sign with a public key" 2 replay --differences none.bin --sign "$PUB"
holds "replay --sign with a public key: no file" [ ! -e none.bin -a ! -e none.bin.part ]

# ---- fsck
expect "fsck of an unsigned recording" 0 fsck "$scratch/unsigned"
says "fsck of an unsigned recording: whole" 'unsigned: recording, whole$'
says "fsck of an unsigned recording: no signature" 'signature +none$'
says "fsck: counts" 'events +[1-9][0-9]*$'
says "fsck: the program" 'argv +cp in ran$'
says "fsck: the end" 'end +exited with status 0$'
expect "fsck of an unsigned recording that shall be signed" 1 fsck --verify-key "$PUB" "$scratch/unsigned"
expect "fsck of another's" 1 fsck --verify-key "$PUB" "$scratch/theirs"
says "fsck of another's: says so" 'signature +invalid: made with another key'
flip "$rec" "$scratch/altered" $((size / 2))
expect "fsck of an altered recording" 1 fsck "$scratch/altered"
says "fsck of an altered recording: the place" 'recording, altered at offset [0-9]+$'
says "fsck of an altered recording: the signature" 'signature +not reached$'
head -c 3000 "$rec" >"$scratch/cut"
expect "fsck of a cut recording" 1 fsck "$scratch/cut"
says "fsck of a cut recording: the place" 'recording, incomplete at offset 3000$'
head -c 5 "$rec" >"$scratch/cut"
expect "fsck of nearly nothing" 1 fsck "$scratch/cut"
says "fsck of nearly nothing: the place" 'incomplete at offset 5$'
expect "fsck of a text" 1 fsck in
says "fsck of a text: says so" 'not a recording'
: >empty
expect "fsck of an empty file" 1 fsck empty
expect "fsck of nothing" 2 fsck nothing
expect "fsck of a folder" 2 fsck .
expect "fsck without a file" 2 fsck
perl -e 'local $/; open my $f, "<", shift; $_ = <$f>; substr($_, 8, 1) = "\x09"; print' "$rec" >"$scratch/newer"
expect "fsck of another version" 2 fsck "$scratch/newer"
says "fsck of another version: says so" 'format version 9'
"$SPERRIPS" record -o "$scratch/escape" -- echo $'a\e[31mb\xff' >/dev/null
expect "fsck of text with controls" 0 fsck "$scratch/escape"
says "fsck of text with controls: none gets out" 'argv +echo a\\x1b\[31mb\\xff$'
for file in "$rec" "$scratch/unsigned" "$scratch/altered" "$scratch/cut" "$scratch/escape" d.bin in; do
	fsck --json "$file" >"$log"
	holds "fsck --json of ${file##*/}" json "$log" '$_->{version} == 1 && defined $_->{state} && defined $_->{exit_status}'
done
fsck --json --verify-key "$PUB" "$rec" >"$log"
holds "fsck --json: a signed recording" json "$log" \
	'$_->{state} eq "whole" && $_->{signature}{state} eq "valid" && $_->{signature}{key} =~ /^[0-9a-f]{64}$/ && $_->{events} > 9 &&
	 !defined $_->{offset} && $_->{exit_status} == 0 && $_->{argv}[0] eq "cat" && $_->{undescribed} == 0'
fsck --json "$scratch/altered" >"$log"
holds "fsck --json: an altered recording" json "$log" '$_->{state} eq "altered" && $_->{offset} > 16 && $_->{exit_status} == 1'
fsck "$rec" >/dev/full 2>"$log"
[ $? -eq 2 ] && pass || fail "fsck to a full disk"

# ---- a recorder that is killed, a disk that is full
"$SPERRIPS" record --sign "$KEY" -o "$scratch/killed" -- dd if=/dev/zero of=/dev/null bs=1 count=1000000000 >"$log" 2>&1 &
recorder=$!
for ((i = 0; i < 100; i++)); do
	[ "$(stat -c %s "$scratch/killed.part" 2>/dev/null || echo 0)" -gt 20000 ] && break
	sleep 0.1
done
kill -KILL $recorder
wait $recorder 2>/dev/null
expect "fsck of what a killed recorder leaves" 1 fsck --verify-key "$PUB" "$scratch/killed.part"
says "fsck of what a killed recorder leaves: the state" 'killed.part: recording, incomplete at offset [0-9]+'
says "fsck of what a killed recorder leaves: the signature" 'signature +not reached'
says "fsck of what a killed recorder leaves: the events" 'events +[1-9]'
refused "what a killed recorder leaves" 'without a trailer' -i "$scratch/killed.part" --verify-key "$PUB"
expect "record --sign to a full device" 125 "$SPERRIPS" record --sign "$KEY" -o /dev/full -- true
small() { # in a mount namespace of its own: a disk of 64 KiB
	unshare -m sh -c 'mount -t tmpfs -o size=64k none "$1" && cd "$1" && "$2" record --sign "$3" -o small.bin -- head -c 1000000 /dev/urandom >/dev/null
		status=$?
		[ ! -e small.bin ] && "$2" fsck --verify-key "$4" small.bin.part
		echo "fsck: $?"
		exit $status' - "$work" "$SPERRIPS" "$KEY" "$PUB"
}
fresh
if unshare -m sh -c 'mount -t tmpfs -o size=64k none "$1"' - "$work" 2>/dev/null; then
	expect "record --sign on a small disk" 125 small
	says "record --sign on a small disk: what is left" 'recording, incomplete at offset 65536$'
	says "record --sign on a small disk: fsck" '^fsck: 1$'
else
	skip "a small disk: nothing can be mounted here"
fi

# what is signed is what the recorder wrote, not what the program made of the file meanwhile
fresh
tamper='for (1 .. 200) { last if -s $ARGV[0]; select undef, undef, undef, 0.05 } open F, "+<", $ARGV[0] or die; seek F, 40, 0; print F "X"; close F'
expect "a program that writes into its own recording" 0 "$SPERRIPS" record --sign "$KEY" -o own.bin -- perl -e "$tamper" own.bin.part
expect "its recording is no good" 1 fsck --verify-key "$PUB" own.bin
says "its recording is no good: says so" 'own.bin: recording, altered at offset 16$'

# ---- others' tools
fresh "$setup"
if command -v openssl >/dev/null; then
	openssl pkey -pubin -in "$PUB" -outform DER >der
	holds "the fingerprint is what openssl and sha256sum say" [ "$(sha256sum <der)" = "$mine  -" ]
	holds "openssl reads the private key" [ "$(openssl pkey -in "$KEY" -pubout)" = "$(cat "$PUB")" ]
	openssl genpkey -algorithm ed25519 -out theirs.key && openssl pkey -in theirs.key -pubout -out theirs.pub
	expect "a key of openssl's signs" 0 record --sign theirs.key -- cp in ran
	rm ran
	expect "a key of openssl's verifies" 0 replay --verify-key theirs.pub
	openssl genpkey -algorithm ed25519 -aes-256-cbc -pass pass:word -out locked.key
	openssl genpkey -algorithm ec -pkeyopt ec_paramgen_curve:P-256 -out ec.key
	openssl genpkey -algorithm ed448 -out ed448.key
	cp ./*.key "$keys"
	unrecorded "a key with a passphrase" 'passphrase' "$keys/locked.key"
	unrecorded "an EC key" 'is a key for EC' "$keys/ec.key"
	unrecorded "an Ed448 key" 'is a key for ED448' "$keys/ed448.key"
	# as doc/recording-format.md has it
	fresh "$setup"
	"$SPERRIPS" record --sign "$KEY" -- cp in ran
	cp "$PUB" sperrips.key.pub
	awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "$top_srcdir/doc/recording-format.md" >verify.sh
	expect "openssl verifies the signature" 0 sh verify.sh
	says "openssl verifies the signature: says so" 'Verified Successfully'
	flip recording.bin altered $(($(stat -c %s recording.bin) - 180))
	mv altered recording.bin
	expect "openssl does not verify another root hash" 1 sh verify.sh
else
	skip "openssl's opinion: there is no openssl(1) here"
fi
if command -v python3 >/dev/null && command -v zstd >/dev/null; then
	awk '/^```python$/ { on = 1; next } /^```$/ { on = 0 } on' "$top_srcdir/doc/recording-format.md" >reader.py
	for file in "$rec" "$scratch/unsigned"; do
		expect "the reader in Python: ${file##*/}" 0 python3 reader.py "$file"
		says "the reader in Python: the root of ${file##*/}" "^root $(fsck "$file" | awk '$1 == "root" { print $2 }')\$"
		holds "the reader in Python: every event of ${file##*/}" \
			[ "$(grep -c '^call ' "$log")" -eq "$(fsck "$file" | awk '$1 == "events" { print $2 }')" ]
	done
	head -c $(($(stat -c %s "$rec") - 160)) "$rec" >cut
	expect "the reader in Python misses a signature" 1 python3 reader.py cut
else
	skip "the reader in Python: python3 or zstd is missing"
fi
finish
