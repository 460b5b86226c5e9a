#!/usr/bin/env bash
# spolc --fix: what each correction that is certain makes of a text; files, modes, links, exit statuses.
. "${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/e2e/lib.sh"
fresh

# fixed CODE BEFORE AFTER: --fix corrects BEFORE to AFTER, a clean policy, by corrections of CODE alone
fixed() {
	printf "$2" >p.spol
	printf "$3" >wanted
	expect "$1" 0 "$SPOLC" --fix p.spol
	says "$1" "^p.spol:[0-9]+:[0-9]+: fixed\[$1\]"
	if grep -q 'fixed\[' "$log" && grep 'fixed\[' "$log" | grep -qv "fixed\[$1\]"; then
		fail "$1: corrections of other codes" "$(cat "$log")"
	fi
	if cmp -s p.spol wanted; then
		pass
	else
		fail "$1: not the text that was wanted" "$(diff wanted p.spol)"
	fi
}
head='policy p 1;\ndefault: equal;\n'
printf 'policy parent 1;\ndefault: equal;\nread { buf: replay; }\n' >parent.spol
cp parent.spol parent.before

fixed E0003 '\xef\xbb\xbf'"$head" "$head"
fixed E0013 "$head"'read { buf: replay }\nmadvise: ignore\n' "$head"'read { buf: replay; }\nmadvise: ignore;\n'
fixed E0013 'policy p 1 # why\ndefault: equal\n# end\n' 'policy p 1; # why\ndefault: equal;\n# end\n'
fixed E0017 "$head"'read { buf: replay;; };\n' "$head"'read { buf: replay; }\n'
fixed E0017 "$head"'read { buf: replay; }\n  ;\n;;;;\nmadvise: ignore;\n' "$head"'read { buf: replay; }\nmadvise: ignore;\n'
fixed E0018 "$head"'read { buf: replay if fd = 1 or fd=2; }\n' "$head"'read { buf: replay if fd == 1 or fd==2; }\n'
fixed E0019 "$head"'read { buf: replay if fd == 1&&count <>2 || !(fd == 3); }\n' \
	"$head"'read { buf: replay if fd == 1 and count !=2 or not(fd == 3); }\n'
fixed E0025 "$head"'read { buf: replay if fd == 1 and fd.path not  in { "/a", "/b" }; }\n' \
	"$head"'read { buf: replay if fd == 1 and not (fd.path in { "/a", "/b" }); }\n'
fixed E0033 "$head"'read.buf: replay if fd == 1 else equal;\n' "$head"'read { buf: replay if fd == 1 else equal; }\n'
fixed E0034 "$head"'read { buf: equal '"'differs'"'; }\n' "$head"'read { buf: equal "differs"; }\n'
fixed E1001 "$head"'clock { *: accept; }\n' "$head"'%%clock { *: accept; }\n'
fixed E1018 "$head"'syscall_28: ignore;\n' "$head"'madvise: ignore;\n'
fixed E2007 "$head"'openat { ret: accept if flags & O_CREAT; }\n' "$head"'openat { ret: accept if flags & O_CREAT != 0; }\n'
fixed E3001 "$head"'read, write, read { fd: map; }\n' "$head"'read, write { fd: map; }\n'
fixed E3003 'policy p 1;\nextends "parent.spol";\noverride write { buf: equal "x"; }\nread { override  count: equal "x"; }\n' \
	'policy p 1;\nextends "parent.spol";\nwrite { buf: equal "x"; }\nread { count: equal "x"; }\n'
fixed E3004 'policy p 1;\ndefault: map within 3;\n' 'policy p 1;\ndefault: map within 3 else equal;\n'
fixed W1001 "$head"'read { buf: replay if fd == 1 else equal else accept if fd == 2 else stop; }\n' \
	"$head"'read { buf: replay if fd == 1 else equal; }\n'
fixed W1004 "$head"'# about it\nlet A = 5s; # five\n\tset B = "x",\n\t"y";\nmadvise: ignore; let C = 1;\n' \
	"$head"'# about it\nmadvise: ignore;\n'
fixed W1004 "$head"'let A = 5;\nlet B = A + 1;\nlet C = B;' "$head"
fixed W1008 "$head"'# spolc:allow W1004 for others\nmadvise: ignore; # spolc:allow W1001 old\n' "$head"'madvise: ignore;\n'
fixed W1008 "$head"'# spolc:allow W1001 W1003, W1006 for others\nmadvise: ignore;\n' "$head"'madvise: ignore;\n'

fixed W1030 "$head"'read { buf: replay if fd.path in { "/a", "/b", "/a" } else equal if fd in { 1, 1, 2 }; }\n' \
	"$head"'read { buf: replay if fd.path in { "/a", "/b" } else equal if fd in { 1, 2 }; }\n'

# what may be wrong is left alone: its finding stays, and so does the text
kept() { # CODE TEXT
	printf "$2" >p.spol
	printf "$2" >wanted
	expect "$1 is not corrected" 1 "$SPOLC" --fix p.spol
	says "$1 is not corrected" "p.spol:[0-9]+:[0-9]+: (error|warning)\[$1\]"
	holds "$1: the text stays" cmp p.spol wanted
}
kept E0015 "$head"'read { buf: replay;\n'
kept E0016 "$head"'read { buf: replay; } }\n'
kept E0021 "$head"'read { buf: repley; }\n'
kept E0024 "$head"'poll { fds[0].revents: accept; }\n'
kept E0034 "$head"'read { buf: equal '"'a\\\\\\\\nb'"'; }\n'
kept E1002 "$head"'read { bfu: replay; }\n'
# to replace an inherited rule is a decision
kept E3002 'policy p 1;\nextends "parent.spol";\nread { buf: accept; }\n'
kept E3002 'policy p 1;\nextends "parent.spol";\nread { buf, count: equal; }\n'
kept E3003 'policy p 1;\nextends "parent.spol";\nread { override buf, count: equal; }\n'
kept W1001 "$head"'read { buf: equal # always\n else accept; }\n'
kept W1005 'default: equal;\n'
kept W1006 "$head"'write { buf: replay; }\n'

# several kinds at once, round by round; positions are those of the round
printf "$head"'read { buf: replay if fd = 1 && fd.path not in { "/a" } };\nlet A = 1' >p.spol
expect "several rounds" 0 "$SPOLC" --fix p.spol
says "several rounds" '^p.spol: 7 corrections were made$'
printf "$head"'read { buf: replay if fd == 1 and not (fd.path in { "/a" }); }\n' >wanted
holds "several rounds" cmp p.spol wanted
expect "nothing to do" 0 "$SPOLC" --fix p.spol
holds "nothing to do: nothing is said" [ ! -s "$log" ]

# some things can be corrected, others cannot: what is left decides, as with --check
printf "$head"'read { bfu: replay }\n' >p.spol
expect "something is left" 1 "$SPOLC" --fix p.spol
says "something is left" 'fixed\[E0013\]'
says "something is left" 'error\[E1002\]'
expect "a warning that was switched off is not corrected" 0 sh -c 'printf "policy p 1;\ndefault: equal;\nlet A = 1;\n" >p.spol; "$1" --fix -Wno-W1004 p.spol' - "$SPOLC"
holds "a warning that was switched off" grep -q 'let A' p.spol

# only the files that are named; an extended file stays as it is
printf 'policy bad 1\ndefault: equal;\n' >bad.spol
cp bad.spol bad.before
printf 'policy child 1;\nextends "bad.spol"\n' >child.spol
expect "an extended file" 1 "$SPOLC" --fix child.spol
says "an extended file" '^bad.spol:1:13: error\[E0013\]'
holds "an extended file stays" cmp bad.spol bad.before
holds "the file itself is corrected" grep -q 'bad.spol";' child.spol
expect "both" 0 "$SPOLC" --fix child.spol bad.spol
holds "what others extend was never written" cmp parent.spol parent.before

# modes and links stay
printf 'policy p 1\ndefault: equal;\n' >real.spol
chmod 640 real.spol
ln -s real.spol link.spol
expect "through a link" 0 "$SPOLC" --fix link.spol
holds "the link stays" [ -L link.spol ]
holds "the mode stays" [ "$(stat -c %a real.spol)" = 640 ]
holds "the file is corrected" grep -q '^policy p 1;$' real.spol
holds "nothing else is left behind" [ "$(ls | grep -c 'real.spol')" = 1 ]

# what cannot be done
expect "no such file" 2 "$SPOLC" --fix nothing.spol
says "no such file" 'nothing.spol'
holds "no such file: said once" [ "$(grep -c nothing.spol "$log")" = 1 ]
expect "a folder" 2 "$SPOLC" --fix .
expect "no file" 2 "$SPOLC" --fix
if [ -c /dev/zero ]; then
	expect "a device" 2 "$SPOLC" --fix /dev/zero
fi
printf 'policy p 1\ndefault: equal;\n' | tee fifo.text >read-only.spol
chmod 400 read-only.spol
if [ "$(id -u)" -ne 0 ]; then
	expect "a file that may not be written" 2 "$SPOLC" --fix read-only.spol
	says "a file that may not be written" 'cannot write to'
	holds "a file that may not be written" cmp read-only.spol fifo.text
else
	skip "a file that may not be written: root may write anything"
fi

# JSON: what is left, alone on standard output
printf "$head"'read { bfu: replay }\n' >p.spol
"$SPOLC" --fix --format=json p.spol >json 2>said
holds "JSON of what is left" [ "$(grep -c '"code"' json)" = 1 ]
holds "JSON: corrections are told beside it" grep -q 'fixed\[E0013\]' said

# many corrections at once cost little
{ printf "$head"; yes ';' | head -n 3000; } >p.spol
expect "thousands" 0 timeout 60 "$SPOLC" --fix p.spol
printf "$head" >wanted
holds "thousands" cmp p.spol wanted
finish
