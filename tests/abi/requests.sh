#!/usr/bin/env bash
# Requests of ioctl(2) that no row knows: what their number says about their data is recorded and compared, and a run that
# made one is never "same".
. "${top_srcdir:-.}/tests/e2e/lib.sh"

# makes NUMBER DATA: a request on a file, which refuses it
makes() { printf 'open F, "<", "/dev/null" or die; my $b = %s; ioctl F, %s, $b;' "$2" "$1"; }

# unknown WHAT NUMBER DATA STATUS [FIELD]: how the replay ends, and which field differs
unknown() {
	fresh
	expect "$1: recorded" 0 record -- perl -e "$(makes "$2" "$3")"
	expect "$1: shown" 0 "$SPERRIPS" show "$rec"
	says "$1: the data is shown" "ioctl\\(.*$6"
	expect "$1: replayed" "$4" replay
	says "$1: $5" "$5"
}

unknown "data that is the same" 0x40087a01 '"ABCDEFGHIJ"' 3 'not judged' '"?ABCDEFGH"?[,)]'
unknown "data that is the same, in and out" 0xc0047a01 '"ABCDEFGHIJ"' 3 'not judged' '"?ABCD"?[,)]'
unknown "data that is written" 0x80047a01 '"ABCDEFGHIJ"' 3 'not judged' 'ENOTTY'
unknown "a request that names no size" 0x7a01 '17' 3 'not judged' 'ENOTTY'
fresh
expect "data that differs: recorded" 0 record -- perl -e "$(makes 0x40047a01 '"ABCD"')"
expect "data that differs: replayed" 1 replay --report-only --json perl -e "$(makes 0x40047a01 '"ABCE"')"
says "data that differs: it is told" '"field":.*argp'
# what lies behind the size is not the request's
unknown "more than the request names" 0x40047a01 'pack "a4i", "ABCD", time' 3 'not judged' '"?ABCD"?[,)]'

finish
