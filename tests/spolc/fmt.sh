#!/usr/bin/env bash
# --fmt: the canonical layout on standard output, written back, and as a difference.
. "${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/e2e/lib.sh"
top=$(cd "$top_srcdir" && pwd)
fresh

canonical='policy p 1;
# why
read { buf: equal; } # so'
printf '%s\n' "$canonical" >canonical.spol
printf 'policy   p 1 ;\r\n\r\n\r\n\n# why \nread{buf:equal;} # so' >other.spol
sed 's/^policy p 1;$/&\n/' canonical.spol >formatted

# prints WHAT FILE: the output of the last expect is the file
prints() {
	if cmp -s "$log" "$2"; then
		pass
	else
		fail "$1" "$(diff "$2" "$log")"
	fi
}

expect "to standard output" 0 "$SPOLC" --fmt other.spol
prints "to standard output" formatted
expect "a canonical file" 0 "$SPOLC" --fmt canonical.spol
prints "a canonical file" canonical.spol
expect "several files" 0 "$SPOLC" --fmt other.spol canonical.spol
cat formatted canonical.spol >both
prints "several files" both
"$SPOLC" --fmt - <other.spol >"$log" 2>&1
prints "standard input" formatted
: >empty
expect "an empty file" 0 "$SPOLC" --fmt empty
prints "an empty file" empty

# --write
cp other.spol w.spol
chmod 640 w.spol
touch -d '2020-01-01' canonical.spol
before=$(stat -c '%i %Y' canonical.spol)
expect "--write" 0 "$SPOLC" --fmt --write w.spol canonical.spol
prints "--write prints nothing" empty
holds "--write: the file" cmp w.spol formatted
holds "--write: its mode" test "$(stat -c %a w.spol)" = 640
holds "--write: a canonical file is not touched" test "$(stat -c '%i %Y' canonical.spol)" = "$before"
holds "--write: nothing is left behind" test -z "$(find . -name '*.part')"
if [ "$(id -u)" -eq 0 ]; then
	cp other.spol owned.spol
	chown 1234:4321 owned.spol
	expect "--write of another's file" 0 "$SPOLC" --fmt -w owned.spol
	holds "--write of another's file: its owner" test "$(stat -c %u:%g owned.spol)" = 1234:4321
else
	skip "--fmt --write keeps the owner: only root may give files away"
fi
cp other.spol target.spol
ln -s target.spol link.spol
expect "-w through a link" 0 "$SPOLC" --fmt -w link.spol
holds "-w through a link: it stays one" test -L link.spol
holds "-w through a link: the file" cmp target.spol formatted

# --diff
expect "--diff of a canonical file" 0 "$SPOLC" --fmt --diff canonical.spol
prints "--diff of a canonical file" empty
expect "--diff" 1 "$SPOLC" --fmt --diff canonical.spol other.spol
says "--diff: the old name" '^--- other\.spol$'
says "--diff: the new name" '^\+\+\+ other\.spol \(formatted\)$'
says "--diff: a line that goes" '^-read\{buf:equal;\} # so'
says "--diff: a line that comes" '^\+read \{ buf: equal; \} # so'
cp "$log" patch
cp other.spol patched.spol
if command -v patch >/dev/null; then
	holds "--diff is a patch" patch --binary -s patched.spol patch
	holds "--diff is the patch" cmp patched.spol formatted
else
	skip "--diff applied: there is no patch(1)"
fi
"$SPOLC" --fmt --diff - <other.spol >"$log" 2>&1
says "--diff of standard input" '^--- \(standard input\)$'
expect "--diff without diff(1)" 2 env PATH=/nowhere "$SPOLC" --fmt --diff other.spol
says "--diff without diff(1)" 'cannot start diff'

# what cannot be formatted
printf 'policy p 1;\nread { buf equal; }\n' >wrong.spol
cp wrong.spol wrong.copy
expect "syntax errors" 1 "$SPOLC" --fmt wrong.spol
says "syntax errors" '^wrong\.spol:2:12: error\[E0014\]'
holds "syntax errors: no text" sh -c "! grep -q '^policy' '$log'"
expect "syntax errors, --write" 1 "$SPOLC" --fmt -w wrong.spol other.spol
holds "syntax errors: not written" cmp wrong.spol wrong.copy
holds "syntax errors: the other file is" cmp other.spol formatted
expect "syntax errors, --diff" 1 "$SPOLC" --fmt --diff wrong.spol
printf 'policy p 1;\nlet A = 1;\f\n' >feed.spol
expect "a form feed" 1 "$SPOLC" --fmt feed.spol
expect "no such file" 2 "$SPOLC" --fmt nowhere.spol
expect "a directory" 2 "$SPOLC" --fmt .
expect "no end" 2 "$SPOLC" --fmt /dev/zero
expect "no end, standard input" 2 sh -c '"$0" --fmt - </dev/zero' "$SPOLC"
expect "no operand" 2 "$SPOLC" --fmt
expect "-w and --diff" 2 "$SPOLC" --fmt -w --diff other.spol
expect "-w without --fmt" 2 "$SPOLC" -w other.spol
expect "-w of standard input" 2 "$SPOLC" --fmt -w -
expect "a full disk" 2 sh -c '"$0" --fmt "$1" >/dev/full' "$SPOLC" canonical.spol

# what means something else is no matter of layout: names that do not exist are formatted
printf 'policy p 1;\nreed{buf:equal;}\n' >names.spol
expect "names that do not exist" 0 "$SPOLC" --fmt names.spol
says "names that do not exist" '^reed \{ buf: equal; \}$'

# the shipped policies and golden files: formatted twice is formatted once, and the findings are the same
codes() { "$SPOLC" --check "$1" 2>&1 | grep -aoE '(error|warning)\[[A-Z][0-9]+\]'; }
formatted=0
mkdir -p tests/golden/x
ln -s "$top/policies" policies
for file in "$top"/policies/*.spol "$top"/examples/*/*.spol "$top"/tests/golden/*/*.spol; do
	name=tests/golden/x/$(basename "$file")
	"$SPOLC" --fmt "$file" >"$name" 2>"$log"
	case $? in
	0) ;;
	1) [ -s "$log" ] && [ ! -s "$name" ] || fail "$file: neither findings nor layout" ; continue ;;
	*) fail "$file: status" "$(cat "$log")" ; continue ;;
	esac
	formatted=$((formatted + 1))
	"$SPOLC" --fmt --diff "$name" >"$log" 2>&1 || fail "$file: formatting again changes it" "$(cat "$log")"
done
# what the tree ships is canonical: spolc --fmt -w policies/*.spol examples/*/*.spol
for file in "$top"/policies/*.spol "$top"/examples/*/*.spol; do
	"$SPOLC" --fmt --diff "$file" >"$log" 2>&1 && pass || fail "${file#"$top"/} is not canonical" "$(cat "$log")"
done
holds "many of them were formatted" test "$formatted" -ge 40
for file in "$top"/policies/*.spol; do
	[ "$(codes "$file")" = "$(codes "tests/golden/x/$(basename "$file")")" ] && pass || fail "$file: other findings"
done
finish
