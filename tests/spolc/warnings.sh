#!/usr/bin/env bash
# -W: which warnings are reported, which are errors, in which order options count; allowances do not reach other files.
. "${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/e2e/lib.sh"
fresh
cat >two.spol <<'END'
policy two 1;
let UNUSED = 5;
any ptr: map else equal;
default: equal;
END
cat >clean.spol <<'END'
policy clean 1;
default: equal;
END
cat >named.spol <<'END'
policy named 1;
let slop = 5s;
any time: accept within slop else equal;
default: equal;
END

# what FILE OPTIONS...: level[CODE] of each finding of --check, in one line
found() {
	local file=$1
	shift
	"$SPOLC" --check "$@" "$file" 2>&1 </dev/null | grep -oE '(error|warning)\[[A-Z][0-9]+\]' | tr '\n' ' ' | sed 's/ $//'
}
# finds WHAT WANTED FILE OPTIONS...
finds() {
	local what=$1 wanted=$2 got
	shift 2
	got=$(found "$@")
	if [ "$got" = "$wanted" ]; then pass; else fail "$what" "wanted: $wanted" "found:  $got"; fi
}

both='warning[W1004] warning[W1001]'
finds 'all are reported by themselves' "$both" two.spol
finds 'one is left out' 'warning[W1001]' two.spol -Wno-W1004
finds 'the later one holds: on' "$both" two.spol -Wno-W1004 -W W1004
finds 'the later one holds: off' 'warning[W1001]' two.spol -W W1004 -W no-W1004
finds 'the long form' 'warning[W1001]' two.spol --warn=no-W1004
finds 'none at all' '' two.spol -Wno-all
finds 'none but one' 'warning[W1001]' two.spol -Wno-all -WW1001
finds 'all again' "$both" two.spol -Wno-all -W all
finds 'all are errors' 'error[W1004] error[W1001]' two.spol -Werror
finds 'one is an error' 'error[W1004] warning[W1001]' two.spol -Werror=W1004
finds 'all but one are errors' 'error[W1004] warning[W1001]' two.spol -Werror -Wno-error=W1001
finds 'the later one holds: error' 'error[W1004] error[W1001]' two.spol -Wno-error=W1001 -Werror
finds 'no errors after all' "$both" two.spol -Werror -Wno-error
finds 'asked for as an error, it is on again' 'error[W1004] warning[W1001]' two.spol -Wno-W1004 -Werror=W1004
finds 'off after that' 'warning[W1001]' two.spol -Werror=W1004 -Wno-W1004
finds 'one that is off is no error' 'error[W1001]' two.spol -Wno-W1004 -Werror
finds 'style is not reported by itself' '' named.spol
finds 'style' 'warning[S2001]' named.spol -Wstyle
finds 'style and errors' 'error[S2001]' named.spol -Wstyle -Werror
finds 'errors alone ask for no style' '' named.spol -Werror
finds 'one code of style' 'warning[S2001]' named.spol -W S2001
finds 'one code of style as an error' 'error[S2001]' named.spol -W error=S2001
finds 'all is no style' '' named.spol -Wall
finds 'style off again' '' named.spol -Wstyle -Wno-style
finds 'another code of style' '' named.spol -WS2002

expect 'check with warnings' 1 "$SPOLC" --check two.spol
expect 'check with warnings left out' 0 "$SPOLC" --check -Wno-W1004 -Wno-W1001 two.spol
expect 'check without any' 0 "$SPOLC" --check -Wstyle -Werror clean.spol
expect 'compile with warnings' 0 "$SPOLC" -o out.spo two.spol
says 'the warning is printed' 'two.spol:2:5: warning\[W1004\]'
holds 'and the image is written' test -s out.spo
rm -f out.spo
expect 'compile with -Werror' 1 "$SPOLC" -Werror -o out.spo two.spol
says 'the warning is an error' 'two.spol:2:5: error\[W1004\]'
holds 'no image is written' test ! -e out.spo
expect 'compile with -Werror=CODE' 1 "$SPOLC" -Werror=W1001 -o out.spo two.spol
holds 'nor then' test ! -e out.spo
expect 'compile with -Werror and the warnings off' 0 "$SPOLC" -Werror -Wno-W1001 -Wno-W1004 -o out.spo two.spol
holds 'then it is' test -s out.spo
expect 'list with -Werror' 1 "$SPOLC" --list -Werror two.spol

expect 'unknown word' 2 "$SPOLC" --check -W nonsense two.spol
says 'what there is' 'no- in front'
expect 'misspelt code' 2 "$SPOLC" --check -W W1040x two.spol
expect 'misspelt word' 2 "$SPOLC" --check -W eror two.spol
says 'what was meant' "did you mean 'error'"
expect 'misspelt no-CODE' 2 "$SPOLC" --check -Wno-w1004 two.spol
says 'the case was wrong' "did you mean 'no-W1004'"
expect 'misspelt error=CODE' 2 "$SPOLC" --check -Werror=1004 two.spol
says 'the letter was missing' "did you mean 'error=W1004'"
expect 'an error cannot be switched off' 2 "$SPOLC" --check -Wno-E1001 two.spol
says 'as it is an error' 'E1001 always is an error'
expect 'no word' 2 "$SPOLC" --check two.spol -W
expect 'page of a code that is none' 2 "$SPOLC" --help W1O04
says 'page that was meant' 'did you mean W1004'

# An allowance is about its own file, and only about warnings.
cat >base.spol <<'END'
policy base 1;
# spolc:allow W1004 for those who extend this one
let FOR_OTHERS = 5;
default: equal;
END
cat >top.spol <<'END'
# spolc:allow W1005 this one needs no name
extends "base.spol";
let MINE = 5;
END
finds 'an allowance of another file' 'warning[W1004]' top.spol
finds 'in its own file' '' base.spol
printf 'policy e 1;\n# spolc:allow E1001 I know better\nreed { buf: equal; }\ndefault: equal;\n' >error.spol
finds 'no error is allowed' 'error[E1001]' error.spol
finds 'CRLF' '' <(printf 'policy e 1;\r\n# spolc:allow W1004 for others\r\nlet A = 5;\r\ndefault: equal;\r\n')
finish
