#!/bin/sh
# The rooms' order: a folder of src/ includes only folders of an earlier row of the table below, ptrace(2) is called in
# trace/ alone, generated protobuf headers stay in their rooms, and library folders neither print nor exit.
set -u
top=${top_srcdir:-$(dirname "$0")/..}
cd "$top/src" || exit 99
passed=0
failed=0

check() { # what it is, output that must be empty
	if [ -z "$2" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAIL: %s\n%s\n' "$1" "$2"
	fi
}

allowed() {
	case $1 in
	base) echo "base" ;;
	abi) echo "base abi" ;;
	vm) echo "base vm" ;;
	container) echo "base container" ;;
	recording) echo "base abi recording" ;;
	trace) echo "base abi trace" ;;
	spol) echo "base abi vm spol grammar" ;; # grammar: what bison makes
	verify) echo "base abi vm recording verify" ;;
	report) echo "base abi recording verify report" ;;
	cmd) echo "base abi vm container recording trace spol verify report cmd" ;;
	esac
}

for room in base abi vm container recording trace spol verify report cmd; do
	pattern=$(allowed $room | tr ' ' '|')
	[ -n "$(ls $room/*.c 2>/dev/null)" ] || continue
	found=$(grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]+"[a-z]+/' $room/*.[ch] |
		grep -vE "include[[:space:]]+\"($pattern)/" | grep -vE '"proto/')
	if [ $room = verify ]; then
		found=$(printf '%s\n' "$found" | grep -vE '^verify/apply\.[ch]:.*"trace/' | grep -v '^$')
	fi
	if [ $room = report ]; then
		extra=$(grep -nE 'include[[:space:]]+"verify/' report/*.[ch] | grep -v '"verify/divergence.h"')
		found=$found$extra
	fi
	check "$room/ includes only what its row allows" "$found"
	check "$room/ sees protobuf types in its codec only" \
		"$(grep -nE 'pb-c\.h|protobuf-c' $room/*.[ch] | grep -vE '^(recording/codec|vm/image)[a-z_]*\.[ch]:')"
done
check "only trace/ calls ptrace" "$(grep -nE '(^|[^a-zA-Z_])ptrace\(' ./*/*.c | grep -v '^\./trace/')"
check "library folders neither print nor exit" \
	"$(grep -nE '(^|[^a-zA-Z_])(printf|puts|perror|exit|abort)\(' ./*/*.c | grep -vE '^\./(cmd/|base/check\.c)')"
check "every file opens with what it is for" "$(for f in ./*/*.[ch]; do head -1 "$f" | grep -q '^/\*' || echo "$f"; done)"
check "no file over 900 lines" "$(wc -l ./*/*.[ch] ../grammar/*.[ly] 2>/dev/null | awk '$2 != "total" && $1 > 900')"

for h in ./*/*.h; do
	out=$(${CC:-cc} -D_GNU_SOURCE= -std=gnu17 -Wall -Wextra -Werror -I. -I"${top_builddir:-.}" -I"${top_builddir:-.}/src" \
		-fsyntax-only -x c "$h" 2>&1)
	check "$h compiles alone" "$out"
done

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
