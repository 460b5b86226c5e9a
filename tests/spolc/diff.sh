#!/usr/bin/env bash
# spolc --diff: what is the same, each kind of difference, values that show it, JSON, exit statuses, wrong inputs.
# shellcheck source=tests/e2e/lib.sh
. "${top_srcdir:-.}/tests/e2e/lib.sh"
policies=$top_srcdir/policies
cd "$scratch" || exit 99

policy() { # FILE TEXT
	printf 'policy p 1;\ndefault: equal;\n%s\n' "$2" >"$1"
}
# compared WHAT OLD NEW STATUS [PATTERN...]: texts of rules
compared() {
	local what=$1 status=$4
	policy old.spol "$2"
	policy new.spol "$3"
	expect "$what" "$status" "$SPOLC" --diff old.spol new.spol
	shift 4
	for pattern; do says "$what" "$pattern"; done
}

# ---- the shipped policies ----
for p in base strict lax cat; do
	expect "$p is itself" 0 "$SPOLC" --diff "$policies/$p.spol" "$policies/$p.spol"
	says "$p is itself" '^equal: all [0-9]+ decisions are the same$'
done
expect "strict, lax" 1 "$SPOLC" --diff "$policies/strict.spol" "$policies/lax.spol"
says "lax goes on after a violation" '^weaker: violation$'
says "and nothing else differs" '^1 weaker, 0 stricter, 0 changed, 0 unknown, '
expect "strict, cat" 1 "$SPOLC" --diff "$policies/strict.spol" "$policies/cat.spol"
says "cat forbids the network" '^stricter: .*connect'
says "the rule that forbids" 'new: forbid +by cat.spol:[0-9]+: connect, sendto, sendmsg: forbid'
says "what cat allows elsewhere" '^changed: read.buf, read.ret$'
says "the values that show it" 'recorded.fd.path = "/'

# ---- every word of the shipped policies matters ----
# These do not: /proc/*/maps is left out, too; what differs is not the same on both sides; both arms of write say equal.
matters_not='^cat\.spol line [0-9]+: ("/elsewhere/proc/self/maps" for .*|> for >=|!= for ==|2 for 1)$'
checked=0 same=0
for p in fs proc net time tty base cat; do
	mkdir -p "mutants/$p/out" "mutants/$p/policies"
	cp "$policies"/*.spol "mutants/$p/policies"
	perl "$top_srcdir/tests/spolc/diff_mutants.pl" "$policies/$p.spol" "mutants/$p/out" >list
	top=strict
	[ $p = cat ] && top=cat
	while read -r name what; do
		cp "mutants/$p/out/$name" "mutants/$p/policies/$p.spol"
		"$SPOLC" --diff "$policies/$top.spol" "mutants/$p/policies/$top.spol" >log.mutant 2>&1
		case $? in
		0)
			same=$((same + 1))
			grep -qE "$matters_not" <<<"$p.spol $what" || fail "called equal: $p.spol $what"
			;;
		1) grep -qE '^unknown|mistake' log.mutant && fail "not decided: $p.spol $what" "$(cat log.mutant)" ;;
		2) grep -qE 'error\[E300[278]\]' log.mutant || fail "not compared: $p.spol $what" "$(cat log.mutant)" ;;
		esac
		checked=$((checked + 1))
	done <list
done
holds "many changes were tried: $checked" [ "$checked" -ge 100 ]
holds "only four of them make no difference: $same" [ "$same" -eq 4 ]

# ---- the same, otherwise written ----
compared "layout, comments and messages" 'read { buf, ret: replay if fd.path in { "/a", "/b" } else equal; }' '# because
read {
	ret, buf: replay "why" if (fd.path
		in { "/b", "/a", }) else equal "other";
}' 0 '^equal: '
compared "names of lets and sets" 'let N = 3; set S = "/a/*"; read { ret: accept if fd == N and fd.path in S; }' \
	'let OTHER = 2 + 1; set T = "/a/*"; read { ret: accept if fd.path in T and fd == OTHER; }' 0 '^equal: '
compared "order of rules" 'any ptr: map; any pid: map; read { ret: accept; }' 'read { ret: accept; } any pid: map; any ptr: map;' 0
compared "a condition turned around" 'read { ret: accept if not (recorded.fd == 1 or recorded.fd > 5); }' \
	'read { ret: accept if recorded.fd <= 5 and recorded.fd != 1; }' 0

# ---- each kind of difference ----
compared "weaker" 'read { ret: accept if fd == 1; }' 'read { ret: accept if fd in { 1, 2 }; }' 1 '^weaker: read.ret$' \
	'recorded.fd = 2' 'old: equal +by old.spol:2: default: equal' 'new: accept +by new.spol:3: read.ret: accept if fd in' \
	'^1 weaker, 0 stricter, 0 changed, 0 unknown, '
compared "stricter" 'read { ret: accept if fd.path in { "/proc/**" }; }' \
	'read { ret: accept if fd.path in { "/proc/**", !"/proc/self/maps" }; }' 1 '^stricter: read.ret$' \
	'recorded.fd.path = "/proc/self/maps"|actual.fd.path = "/proc/self/maps"'
compared "changed, both ways" 'read { ret: accept if fd == 1; }' 'read { ret: accept if fd == 2; }' 1 '^changed: read.ret$' \
	'weaker with ' 'stricter with '
compared "changed, sideways" 'read { buf, ret: accept; }' 'read { buf, ret: replay; }' 1 '^changed: read.buf, read.ret$'
compared "a call" 'connect: emulate;' 'connect: emulate if sockfd > 2;' 1 '^stricter: connect$' 'old: emulate' 'new: execute'
compared "a call by its number" '' 'syscall_999: ignore;' 1 '^weaker: syscall_999$' 'old: not judged'
compared "equal pairs, too" 'any ptr: equal;' 'any ptr: stop;' 1 '^stricter: '
compared "many fields, one rule" 'any ptr: map;' 'any ptr: accept;' 1 '^weaker: .* and [0-9]+ more$'
expect "all of them" 1 "$SPOLC" --diff --verbose old.spol new.spol
says "all of them" '^weaker: .*read\.buf\.addr.*write\.buf\.addr'

# Whether x*x*x + y*y*y is ever that number cannot be seen from here: never "equal".
compared "what cannot be decided" 'read { ret: accept if recorded*recorded*recorded + actual*actual*actual == 1234567891234567; }' '' 1 \
	'^(unknown|weaker|stricter|changed): read.ret$'

# Chains of arms that no one can keep apart: an answer comes in bounded time, and is not "equal".
chain() { # FACTOR
	printf 'read { ret: '
	for i in $(seq 120); do
		printf 'accept if recorded * count within %d%% of actual * fd or recorded * fd == actual * %d else ' $((i * $1 % 90 + 1)) "$i"
	done
	echo 'replay; }'
}
policy old.spol "$(chain 7)"
policy new.spol "$(chain 11)"
expect "long chains about products" 1 timeout 100 "$SPOLC" --diff old.spol new.spol

# ---- --fail-if-weaker ----
weaker() { # WHAT OLD NEW STATUS
	policy old.spol "$2"
	policy new.spol "$3"
	expect "--fail-if-weaker: $1" "$4" "$SPOLC" --diff --fail-if-weaker old.spol new.spol
}
weaker "the same" 'any ptr: map;' 'any ptr: map;' 0
weaker "stricter" 'any ptr: map;' 'any ptr: equal;' 0
weaker "weaker" 'any ptr: equal;' 'any ptr: map;' 1
weaker "changed" 'read { ret: accept; }' 'read { ret: replay; }' 1
weaker "unknown" 'read { ret: accept if recorded*recorded*recorded + actual*actual*actual == 1234567891234567; }' '' 1

# ---- images ----
policy old.spol 'read { ret: accept if fd == 1; }'
policy new.spol 'read { ret: accept if fd >= 1; }'
expect "compile" 0 "$SPOLC" old.spol
expect "compile" 0 "$SPOLC" new.spol
expect "images" 1 "$SPOLC" --diff old.spo new.spo
says "images" '^weaker: read.ret$'
expect "an image and its source" 0 "$SPOLC" --diff old.spo old.spol
"$SPOLC" -o strict.spo "$policies/strict.spol" >/dev/null 2>&1
expect "an image of several files" 0 "$SPOLC" --diff strict.spo "$policies/strict.spol"
head -c 200 old.spo >cut.spo
expect "a cut image" 2 "$SPOLC" --diff cut.spo old.spol
says "a cut image" 'cut.spo'

# ---- JSON ----
expect "json" 1 "$SPOLC" --diff --format=json old.spol new.spol
holds "json: it says what differs" perl -MJSON::PP -0777 -e '
	my $o = decode_json(<STDIN>);
	my $d = $o->{differences};
	exit !(!$o->{equal} && @$d == 1 && $d->[0]{name} eq "read.ret" && $d->[0]{class} eq "weaker" && $o->{counts}{weaker} == 1 &&
	       $d->[0]{witnesses}[0]{old}{verdict} eq "equal" && $d->[0]{witnesses}[0]{new}{verdict} eq "accept" &&
	       $d->[0]{witnesses}[0]{new}{file} eq "new.spol" && $d->[0]{witnesses}[0]{new}{line} == 3 &&
	       grep { $_->{name} eq "recorded.fd" && $_->{number} >= 2 } @{$d->[0]{witnesses}[0]{values}});' <"$log"
expect "json of the same" 0 "$SPOLC" --diff --format=json old.spol old.spol
says "json of the same" '"equal":true'

# ---- what cannot be compared ----
echo 'reed { buf: accept; }' >wrong.spol
expect "a policy with mistakes" 2 "$SPOLC" --diff old.spol wrong.spol
says "its mistakes are told" 'wrong.spol:1:1: error\[E1001\]'
expect "a file that is not there" 2 "$SPOLC" --diff old.spol nowhere.spol
says "a file that is not there" 'nowhere.spol'
expect "a directory" 2 "$SPOLC" --diff . old.spol
expect "one file" 2 "$SPOLC" --diff old.spol
expect "three files" 2 "$SPOLC" --diff old.spol old.spol old.spol
expect "no --diff" 2 "$SPOLC" --fail-if-weaker old.spol
expect "a pipe" 0 bash -c "'$SPOLC' --diff <(cat old.spol) old.spol"

finish
