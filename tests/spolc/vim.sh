#!/usr/bin/env bash
# What Neovim (or Vim) makes of policies: the file type, its settings, and how places of the shipped cat.spol are shown.
. "${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/e2e/lib.sh"
top=$(cd "$top_srcdir" && pwd)
built=$(cd "$top_builddir" && pwd)
fresh

expect "another editor" 2 "$SPOLC" --syntax=emacs
says "another editor" 'knows vim'
expect "the syntax file" 0 "$SPOLC" --syntax=vim
holds "the syntax file is what was built" cmp "$log" "$built/doc/vim/syntax/spol.vim"

# every word of the language is in it, and so is every kind that the compiler knows
for word in $(sed -nE 's/^KEYWORD\((\w+), .*/\1/p' "$top/src/spol/keywords.def"); do
	grep -qE "[(|]$word[|)]" "$log" || fail "the word $word is missing"
done
holds "words were looked for" [ "$(grep -c '^KEYWORD(' "$top/src/spol/keywords.def")" -ge 32 ]
holds "kinds" grep -q 'ptr|fd|pid' "$log"
holds "units" grep -q 'KiB' "$log"

if command -v nvim >/dev/null; then
	set -- nvim --headless -u NONE -i NONE
elif vim --version 2>/dev/null | grep -q '+syntax'; then
	set -- vim -Nu NONE -i NONE -es
else
	skip "how an editor shows it: there is neither nvim nor a vim with +syntax here"
	finish
fi

# what is asked: LINE COLUMN of FILE; "0 0": the settings
cat >ask.vim <<'END'
function! Ask() abort
	let answers = []
	for line in readfile('questions')
		let [l, c; rest] = split(line)
		call add(answers, l == 0 ? printf('%s|%s|%d', &filetype, &commentstring, &expandtab)
			\ : synIDattr(synID(l, c, 1), 'name'))
	endfor
	call writefile(answers, 'answers')
endfunction
END
show() { # FILE: how the editor shows the places of questions goes to answers
	rm -f answers
	HOME=$work timeout 60 "${editor[@]}" --cmd "set expandtab noswapfile runtimepath^=$built/doc/vim,$top/doc/vim" \
		-c 'filetype plugin on' -c 'syntax on' -c 'source ask.vim' -c "edit! $1" -c 'call Ask()' -c 'qa!' >/dev/null 2>said </dev/null
}
editor=("$@")

# shown FILE: reads lines `TEXT@PART NAME` (PART of the first line that holds TEXT is shown as NAME; `-`: as nothing)
shown() {
	local file=$1 spec name text part where
	: >questions
	: >wanted
	: >specs
	while IFS=$'\t' read -r text part name; do
		[ -n "$text" ] || continue
		where=$(TEXT=$text PART=$part perl -ne 'my $i = index $_, $ENV{TEXT}; next if $i < 0;
			print "$. ", $i + index($ENV{TEXT}, $ENV{PART}) + 1, "\n"; exit' "$file")
		if [ -z "$where" ]; then
			fail "$file: no line holds: $text"
			continue
		fi
		echo "$where" >>questions
		echo "${name#-}" >>wanted
		printf '%s: %s\n' "$text" "$part" >>specs
	done
	show "$file"
	[ -e answers ] || { fail "$file: the editor did not answer" "$(cat said)"; return; }
	while IFS=$'\t' read -r spec name part; do
		[ "$name" = "$part" ] && pass || fail "$file: $spec" "is shown as '$part', not as '$name'"
	done < <(paste specs wanted answers)
}

cp "$top/policies/cat.spol" .
echo '0 0' >questions
show cat.spol
echo 'spol|# %s|0' >wanted
holds "file type and settings" cmp answers wanted

shown cat.spol <<'END'
# cat.spol: the	cat	spolComment
policy cat 1;	policy	spolStatement
policy cat 1;	cat	-
policy cat 1;	1	spolNumber
extends "strict	extends	spolStatement
extends "strict	strict	spolString
let SLOP = 1h;	let	spolStatement
let SLOP = 1h;	SLOP	spolConstant
let SLOP = 1h;	1h	spolNumber
set MADE_UP = VIRTUAL	set	spolStatement
!"/proc/self/maps"	!	-
fstat {	fstat	-
statbuf.st_mtim: replay if	statbuf	-
statbuf.st_mtim: replay if	replay	spolVerb
statbuf.st_mtim: replay if	if	spolConditional
if fd.path in SYSTEM	fd.path	spolFact
if fd.path in SYSTEM	in	spolOperator
or actual >= recorded or	actual	spolSide
recorded within SLOP of	within	spolOperator
else equal "{path}: last	else	spolConditional
else equal "{path}: last	equal	spolVerb
else equal "{path}: last	{path}	spolPlaceholder
else equal "{path}: last	last	spolString
override read {	override	spolStatement
override read {	read	-
sendmsg: forbid "cat	forbid	spolDisposition
never accept write.buf;	never	spolStatement
never accept write.buf;	accept	spolVerb
never accept write.buf;	write	-
test "output must not	test	spolStatement
"hello\n" -> "hallo\n"	\n	spolEscape
	expect buf stop;	expect	spolStatement
	expect buf stop;	buf	-
	expect buf stop;	stop	spolVerb
expect ret same;	same	spolVerb
expect forbid;	forbid	spolDisposition
addr.family: AF_INET	AF_INET	spolConstant
-> absent);	absent	spolConstant
END

# words of the language as names, allowances, mistakes
cat >names.spol <<'END'
policy names 1;
any ptr: map;
default:
	equal;
violation: continue; # spolc:allow W1001, W1002 a reason
%file { *: accept within 0.5% else equal if 0x1f == 0o17 else stop "\q {nothing} \x41"; }
accept { addr.replay: accept; in, set: equal if in == 5 and set.if == 0; }
instruction rdtsc: replay; set.map { any: replay; }
let WRONG = 09;
END
shown names.spol <<'END'
any ptr: map;	any	spolStatement
any ptr: map;	ptr	spolKind
any ptr: map;	map	spolVerb
default:	default	spolStatement
	equal;	equal	spolVerb
violation: continue;	violation	spolStatement
violation: continue;	continue	spolVerb
# spolc:allow W1001, W1002 a	spolc	spolAllow
# spolc:allow W1001, W1002 a	W1002	spolAllow
W1002 a reason	reason	spolComment
%file { *	%	spolClass
within 0.5% else	0.5	spolNumber
within 0.5% else	%	spolNumber
0x1f == 0o17	0x1f	spolNumber
0x1f == 0o17	0o17	spolNumber
stop "\q {nothing}	\q	spolEscapeError
stop "\q {nothing}	{nothing}	spolString
{nothing} \x41	\x41	spolEscape
accept { addr	accept	-
addr.replay: accept	replay	-
addr.replay: accept	: a	-
addr.replay: accept	accept	spolVerb
in, set: equal	in	-
in, set: equal	set	-
in == 5 and	in	-
in == 5 and	and	spolOperator
set.if == 0	if	-
set.map { any	set	-
set.map { any	map	-
{ any: replay	any	-
instruction rdtsc	instruction	spolStatement
let WRONG = 09;	09	spolNumberError
END
finish
