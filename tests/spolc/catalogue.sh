#!/usr/bin/env bash
# The catalogue of diagnostics: every code has a page and occurs in the golden files; every lint has a file that triggers it
# and a near miss that does not.
. "${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/e2e/lib.sh"
golden=$top_srcdir/tests/golden
codes=$(grep -ohE '^CODE\([EWS][0-9]{4}' "$top_srcdir/src/spol/codes.def" | sed 's/CODE(//')

if [ "$(wc -w <<<"$codes")" -ge 80 ]; then pass; else fail 'the catalogue can be read' "$codes"; fi
if [ -z "$(sort <<<"$codes" | uniq -d)" ]; then pass; else fail 'no code twice' "$(sort <<<"$codes" | uniq -d)"; fi

# codes of all expectations: those of the files, and of what the generators print
{
	cat "$golden"/*/*.spol
	for generator in "$golden"/generated/*.sh; do bash "$generator" | tail -n 5; done
} | grep -aoE '^(.{3})?# (error|warning): [A-Z][0-9]+' | grep -oE '[A-Z][0-9]+$' | sort -u >"$scratch/expected"

# expectations of a golden file
wanted() { grep -aoE '# (error|warning): [A-Z][0-9]+' "$1" | grep -oE '[A-Z][0-9]+$' | sort -u; }

for code in $codes; do
	expect "page of $code" 0 "$SPOLC" --help "$code"
	says "page of $code begins with its title" "^$code: ."
	if [ "$(wc -l <"$log")" -ge 3 ]; then pass; else fail "page of $code says something" "$(cat "$log")"; fi
	if grep -qx "$code" "$scratch/expected"; then pass; else fail "no golden file expects $code"; fi
	case $code in
	E*) continue ;;
	esac
	for file in "$golden/lint/$code.spol" "$golden/lint/$code-near.spol"; do
		[ -f "$file" ] || fail "there is no $file"
	done
	if wanted "$golden/lint/$code.spol" | grep -qx "$code"; then pass; else fail "$code.spol does not trigger $code"; fi
	if wanted "$golden/lint/$code-near.spol" | grep -qx "$code"; then fail "$code-near.spol triggers $code"; else pass; fi
done

# the other way round
while read -r code; do
	if grep -qx "$code" <<<"$codes"; then pass; else fail "a golden file expects $code, which is no code"; fi
done <"$scratch/expected"

wrong=0 several=0
for file in "$golden"/*/*.spol; do
	n=$(wanted "$file" | wc -l)
	if [ "$n" -gt 0 ]; then wrong=$((wrong + 1)); fi
	if [ "$n" -ge 3 ]; then several=$((several + 1)); fi
done
if [ "$wrong" -ge 120 ]; then pass; else fail "only $wrong wrong policies"; fi
if [ "$several" -ge 15 ]; then pass; else fail "only $several policies with three independent mistakes or more"; fi

# What the project ships has none of it.
for file in "$top_srcdir"/policies/*.spol "$top_srcdir"/examples/*/*.spol; do
	expect "clean: ${file##*/}" 0 "$SPOLC" --check "$file"
done
finish
