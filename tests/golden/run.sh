#!/usr/bin/env bash
# Golden files: each .spol below this directory is one test.  The findings that `spolc --check` must have stand in it, in
# comments of the form `# error: E0014 LINE:COLUMN` (or `# warning: ...`); it must have these and no others.  A line
# `# mode: --test` asks for another mode than --check.
# A line `# options: -W style` gives the compiler options.
#   tests/golden/run.sh [FILE...]     SPOLC names the compiler
set -u
export LC_ALL=C # files hold any bytes
here=$(cd "$(dirname "$0")" && pwd)
spolc=${SPOLC:-${top_builddir:-$here/../..}/spolc}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT

if [ $# -eq 0 ]; then
	set -- "$here"/*/*.spol "$here"/generated/*.sh
fi
passed=0
failed=0
for file in "$@"; do
	if [ "${file%.sh}" != "$file" ]; then # prints the policy, which is too long to be kept
		bash "$file" >"$work/generated.spol" || exit 2
		file=$work/generated.spol
	fi
	grep -aoE '^(.{3})?# (error|warning): [A-Z][0-9]+ [0-9]+:[0-9]+' "$file" |
		sed -E 's/^.*# (error|warning): //' | sort >"$work/expected"
	mode=$(grep -am1 -oE '^# mode: --[a-z]+$' "$file" | sed 's/^# mode: //')
	options=$(sed -n 's/^# options: //p' "$file")
	# shellcheck disable=SC2086 # several words
	"$spolc" "${mode:---check}" $options "$file" >"$work/output" 2>&1 </dev/null
	status=$?
	# only what is said about the file itself: notes may point elsewhere, findings of extended files may not
	grep -aoE '^[^ ].*:[0-9]+:[0-9]+: (error|warning)\[[A-Z][0-9]+\]' "$work/output" |
		sed -E 's/^.*:([0-9]+:[0-9]+): (error|warning)\[([A-Z][0-9]+)\]$/\3 \1/' | sort >"$work/actual"
	wanted=0
	[ -s "$work/expected" ] && wanted=1
	if cmp -s "$work/expected" "$work/actual" && [ "$status" -eq "$wanted" ]; then
		passed=$((passed + 1))
		continue
	fi
	failed=$((failed + 1))
	echo "FAIL ${file#"$here"/}: exit status $status, expected $wanted"
	diff "$work/expected" "$work/actual" | grep -a '^[<>]' | sed -e 's/^</  missing:   /' -e 's/^>/  unexpected:/'
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
