#!/usr/bin/env bash
# Digests of mapped files are those of what was in the file when it was mapped, whatever the program does to it next.
. "${top_srcdir:-$PWD}/tests/e2e/lib.sh"

head -c 6291456 /dev/urandom >"$scratch/random"
make_files() {
	for i in 0 1 2 3 4 5; do
		dd if="$scratch/random" of="big$i" bs=1048576 skip="$i" count=1 2>/dev/null
	done
}

fresh make_files
for i in 0 1 2 3 4 5; do sha256sum <"big$i"; done | sed 's/ .*//' >"$scratch/wanted"
for run in 1 2 3 4 5; do
	fresh make_files
	expect "record, run $run" 0 record -- "$VICTIM" mapthen
	"$SPERRIPS" show --string-size=100 "$rec" >"$scratch/shown"
	sed -n 's/^mmap(NULL, 1048576, PROT_READ, MAP_PRIVATE, .*content=\([0-9a-f]*\).*/\1/p' "$scratch/shown" >"$scratch/got"
	if cmp -s "$scratch/wanted" "$scratch/got"; then
		pass
	else
		fail "run $run: digests" "$(diff "$scratch/wanted" "$scratch/got")"
	fi
	fresh make_files
	expect "replay, run $run" 0 replay
done
# a byte near the end of one of them is another one
fresh 'make_files; printf x | dd of=big4 bs=1 seek=1048000 conv=notrunc 2>/dev/null'
expect "another byte" 1 replay
says "another byte" 'mmap'

# nothing is left open, however many files are mapped without a call that has to wait
fresh 'for i in $(seq 300); do ln -s "$scratch/random" "m$i"; done'
expect "300 mappings" 0 record -- perl -e 'for (1..300) { open my $f, "<", "m$_" or die; push @f, $f; }
	syscall(9, 0, 100000, 1, 2, fileno $_, 0) for @f'
"$SPERRIPS" show "$rec" >"$scratch/shown"
want=$(head -c 100000 "$scratch/random" | sha256sum | sed 's/ .*//')
got=$(grep -c "^mmap(NULL, 100000, .*content=$want" "$scratch/shown")
if [ "$got" -eq 300 ]; then pass; else fail "300 mappings: $got have the digest"; fi
finish
