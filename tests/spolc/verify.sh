#!/usr/bin/env bash
# spolc --verify: sound images are told from altered ones.  And determinism: the same source is the same bytes, wherever and
# whenever it is compiled.
. "${top_srcdir:-.}/tests/e2e/lib.sh"

for policy in "$top_srcdir"/policies/*.spol; do
	name=$(basename "$policy" .spol)
	expect "$name compiles" 0 "$SPOLC" -o "$scratch/$name.spo" "$policy"
	expect "$name is sound" 0 "$SPOLC" --verify "$scratch/$name.spo"
	says "$name: its sources were compiled again" "policy $name, [0-9]+ rules: sound, and what its [0-9]+ source texts? compiles? to\$"
done

# the image carries all that it takes: neither files nor the search path are needed
expect "elsewhere, without the sources" 0 env -i PATH="$PATH" SPERRIPS_POLICY_PATH=/nonexistent sh -c \
	"cd / && '$SPOLC' --verify '$scratch/strict.spo'"

# ---- files of the same name in several folders, and names that climb ----
mkdir -p "$scratch/tree/sub" "$scratch/other"
cat >"$scratch/tree/strict.spol" <<'POLICY'
policy mine 1;
extends "../other/strict.spol", "sub/a.spol", "common.spol", "strict2.spol";
POLICY
echo 'policy elsewhere 1; read { ret: accept; }' >"$scratch/other/strict.spol"
printf 'policy a 1;\nextends "../common.spol", "%s/other/common.spol";\n' "$scratch" >"$scratch/tree/sub/a.spol"
echo 'policy common 1; write { ret: accept; }' >"$scratch/tree/common.spol"
echo 'policy common2 1; openat { flags: accept; }' >"$scratch/other/common.spol"
printf 'policy s2 1;\nextends "%s/other/strict.spol";\nlseek { ret: accept; }\n' "$scratch" >"$scratch/tree/strict2.spol"
expect "a tree of files" 0 "$SPOLC" -o "$scratch/tree.spo" "$scratch/tree/strict.spol"
expect "a tree of files: sound" 0 "$SPOLC" --verify "$scratch/tree.spo"
says "all of its files" "what its 6 source texts compile to"

# ---- altered ----
size=$(stat -c %s "$scratch/cat.spo")
for at in 0 5 9 13 40 $((size / 2)) $((size - 1)); do
	cp "$scratch/cat.spo" "$scratch/bad.spo"
	byte=$(od -An -tu1 -j "$at" -N 1 "$scratch/bad.spo")
	printf "\\$(printf %o $((byte ^ 1)))" | dd of="$scratch/bad.spo" bs=1 seek="$at" conv=notrunc 2>/dev/null
	expect "byte $at changed" 1 "$SPOLC" --verify "$scratch/bad.spo"
	says "byte $at: the file is named" "^spolc: .*bad\.spo: "
done
for len in 0 1 20 $((size / 3)) $((size - 1)); do
	head -c "$len" "$scratch/cat.spo" >"$scratch/bad.spo"
	expect "cut to $len" 1 "$SPOLC" --verify "$scratch/bad.spo"
done
{ cat "$scratch/cat.spo"; echo; } >"$scratch/bad.spo"
expect "a byte behind the end" 1 "$SPOLC" --verify "$scratch/bad.spo"
says "a byte behind the end" "announces [0-9]+ bytes of content, the file has"
expect "a source is no image" 1 "$SPOLC" --verify "$top_srcdir/policies/cat.spol"
expect "no such file" 2 "$SPOLC" --verify "$scratch/nothing.spo"
expect "a directory" 2 "$SPOLC" --verify "$scratch"
expect "/dev/zero" 2 timeout 20 "$SPOLC" --verify /dev/zero

# ---- the same bytes ----
cp "$top_srcdir"/policies/*.spol "$scratch/other/"
for name in strict cat lax; do
	image=$scratch/again.spo
	expect "$name: twice" 0 "$SPOLC" -o "$image" "$top_srcdir/policies/$name.spol"
	expect "$name: twice, the same bytes" 0 cmp "$scratch/$name.spo" "$image"
	expect "$name: other folder, other environment" 0 env -i PATH=/bin HOME=/ LC_ALL=C.UTF-8 TZ=Asia/Tokyo MALLOC_PERTURB_=171 \
		sh -c "cd '$scratch/other' && '$SPOLC' -o '$image' ./$name.spol"
	expect "$name: other folder, the same bytes" 0 cmp "$scratch/$name.spo" "$image"
	if setarch -R true 2>/dev/null; then
		expect "$name: fixed addresses" 0 setarch -R "$SPOLC" -o "$image" "$top_srcdir/policies/$name.spol"
		expect "$name: fixed addresses, the same bytes" 0 cmp "$scratch/$name.spo" "$image"
	else
		skip "$name without address space randomisation: setarch -R is not allowed here"
	fi
done
finish
