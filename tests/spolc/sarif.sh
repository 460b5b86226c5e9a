#!/usr/bin/env bash
# --format=sarif: a log that is what SARIF 2.1.0 asks for, says the same as the JSON form, and takes hostile texts.
. "${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/e2e/lib.sh"
top=$(cd "$top_srcdir" && pwd)
fresh
valid() { # WHAT STATUS FILE...: the log of --check on the files is valid and the same as the JSON form
	local what=$1 want=$2 got
	shift 2
	"$SPOLC" --check --format=sarif "$@" >log.sarif 2>told </dev/null
	got=$?
	[ "$got" -eq "$want" ] && pass || fail "$what: status $got, not $want" "$(cat told)"
	"$SPOLC" --check --format=json "$@" >findings.json 2>/dev/null </dev/null
	expect "$what" 0 perl "$top/tests/spolc/sarif.pl" log.sarif findings.json
}
field() { # what perl makes of the log, $r being its run
	perl -MJSON::PP -e 'local $/; my $l = JSON::PP->new->utf8->decode(<STDIN>); my $r = $l->{runs}[0]; binmode STDOUT, ":utf8"; print eval shift // die $@' "$1" <log.sarif
}
is() { # WHAT PERL TEXT
	local got
	got=$(field "$2")
	[ "$got" = "$3" ] && pass || fail "$1" "it is: $got"
}

for file in "$top"/tests/golden/*/*.spol; do
	"$SPOLC" --check "$file" >/dev/null 2>&1
	valid "golden: ${file##*/}" $? "$file"
done
valid "all golden files at once" 1 "$top"/tests/golden/*/*.spol
is "all golden files at once: one run" 'scalar @{$l->{runs}}' 1
valid "the shipped policies" 0 "$top"/policies/*.spol
is "the shipped policies: no results, but a list" 'ref $r->{results}' ARRAY

# several files: what both extend is judged once; notes lead to it
mkdir -p 'sub dir/ünï:%'
printf 'policy parent 1;\ndefault: equal;\nlet A = 1;\nread { buf: replay; count: accept; }\n' >'sub dir/ünï:%/parent.spol'
printf 'policy a 1;\nextends "sub dir/ünï:%%/parent.spol";\nread { buf: equal; }\n' >a.spol
printf 'policy b 1;\nextends "sub dir/ünï:%%/parent.spol";\nread { buf: equal; count: equal; }' >b.spol
valid "two files" 1 a.spol ./b.spol a.spol
is "two files: results" 'join " ", map { $_->{ruleId} } @{$r->{results}}' 'E3002 E3002 E3002'
is "two files: notes are related locations" '$r->{results}[0]{relatedLocations}[0]{physicalLocation}{artifactLocation}{uri}' \
	'sub%20dir/%C3%BCn%C3%AF%3A%25/parent.spol'
is "two files: relative names" 'join " ", map { $_->{location}{uri} } @{$r->{artifacts}}' 'a.spol sub%20dir/%C3%BCn%C3%AF%3A%25/parent.spol b.spol'
"$SPOLC" --check --format=sarif "$PWD/a.spol" a.spol >log.sarif
is "an absolute name of a file below" 'join " ", map { $_->{location}{uri} } @{$r->{artifacts}}' 'a.spol sub%20dir/%C3%BCn%C3%AF%3A%25/parent.spol'
is "an absolute name of a file below: the same findings" 'scalar @{$r->{results}}' 1
(cd 'sub dir' && "$SPOLC" --check --format=sarif ../a.spol >../log.sarif)
is "a file outside: an absolute name" '$r->{artifacts}[0]{location}{uri} =~ m{^file:///.*/a\.spol$} && !$r->{artifacts}[0]{location}{uriBaseId}' 1
is "name, version and unit" '"$l->{version} $r->{tool}{driver}{name} $r->{columnKind}"' '2.1.0 spolc unicodeCodePoints'
is "the version is that of the tool" '$r->{tool}{driver}{version}' "$("$SPOLC" --version | sed 's/.* //')"

# the check itself sees what is wrong
"$SPOLC" --check --format=sarif a.spol >good.sarif
broken() { # WHAT PERL: the log changed by it
	perl -0777 -pe "$2" good.sarif >log.sarif
	expect "a log with $1" 1 perl "$top/tests/spolc/sarif.pl" log.sarif
}
broken "another version" 's/"2.1.0"/"2.0.0"/'
broken "a level that there is not" 's/"level":\s*"error"/"level": "fatal"/'
broken "a property that there is not" 's/"ruleId"/"ruleID"/'
broken "a result without message" 's/"message":(\s*\{\s*"text":\s*"this replaces)/"markdown":$1/'
broken "a line 0" 's/"startLine":\s*\d+/"startLine": 0/'
broken "a column as text" 's/"startColumn":\s*(\d+)/"startColumn": "$1"/'
broken "a place beside the bytes" 's/"startColumn":\s*8/"startColumn": 7/'
broken "a name that is no URI" 's/sub%20dir/sub dir/g'
broken "a rule that is another" 's/"ruleIndex":\s*0/"ruleIndex": 1/; s/("rules":\s*\[\{)/$1 "id": "X" }, {/'
broken "success that was none" 's/"executionSuccessful":\s*true/"executionSuccessful": false/'
broken "two equal artifacts" 's/("artifacts":\s*\[)(.*?\})(,\s*\{)/$1$2,$2$3/s'

# columns: code points, however many bytes or UTF-16 units they take; a byte order mark is no column
printf '\xef\xbb\xbf''policy p 1; default: equal "\xf0\x9f\x98\x80\xc3\xa9" if fd = 1 else equal;' >columns.spol
valid "columns" 1 columns.spol
is "columns" 'join " ", map { my $p = $_->{locations}[0]{physicalLocation}{region}; "$_->{ruleId} $p->{startColumn}-$p->{endColumn} $p->{byteOffset}" } @{$r->{results}}' \
	'E0003 1-1 0 E0018 39-40 45'
printf 'policy p 1;\r\ndefault: equal\r\n\r\n' >crlf.spol
valid "CRLF" 1 crlf.spol
is "CRLF" 'my $p = $r->{results}[0]{locations}[0]{physicalLocation}{region}; "$p->{startLine}:$p->{startColumn}"' 2:15

# texts that would be something else to a reader of SARIF, or no JSON at all
printf 'policy p 1;\ndefault: equal;\nextends "[here](http://example.com/{0})", "\\x01\\xff\\x7f\xc2\x85";\nread { buf: equal "{0}{recorded} {nothing}" ; \xff\xfe: map; }\n' >hostile.spol
valid "hostile texts" 1 hostile.spol
is "hostile texts: no link, no placeholder" '$r->{results}[0]{message}{text} =~ /^cannot find "\[here\\\]\(http:..example.com.\{\{0\}\}\)"/ ? 1 : $r->{results}[0]{message}{text}' 1
holds "hostile texts: no control characters" perl -0777 -ne 'exit(/[\x00-\x08\x0b-\x1f]/ ? 1 : 0)' log.sarif
name=$(printf 'bad\xffname\n.spol')
printf 'policy p 1\n' >"$name"
valid "a name that is no UTF-8" 1 "$name"
is "a name that is no UTF-8" '$r->{artifacts}[0]{location}{uri}' 'bad%FFname%0A.spol'

# levels and -W
printf 'policy p 1;\ndefault: equal;\nlet A = 1;\n' >warning.spol
valid "a warning" 1 warning.spol
is "a warning" '"$r->{results}[0]{level} $r->{tool}{driver}{rules}[0]{defaultConfiguration}{level}"' 'warning warning'
"$SPOLC" --check -Werror --format=sarif warning.spol >log.sarif
is "-Werror" '"$r->{results}[0]{level} $r->{tool}{driver}{rules}[0]{defaultConfiguration}{level}"' 'error warning'
"$SPOLC" --check -Wno-W1004 --format=sarif warning.spol >log.sarif
is "-Wno-W1004" 'scalar @{$r->{results}}' 0

# fixes: those of --fix, no guesses; applied from the log they make the file what --fix makes of it
printf 'policy p 1\ndefault: equal;\nread { buf: replay if fd = 1 && count > 2; fuf: equal };\n' >fixes.spol
valid "fixes" 1 fixes.spol
is "fixes" 'join " ", map { $_->{ruleId} . ($_->{fixes} ? "+" : "-") } @{$r->{results}}' 'E0013+ E0018+ E0019+ E1002- E0013+ E0017+'
field 'open my $f, "<:raw", "fixes.spol"; local $/; my $t = <$f>; binmode STDOUT, ":raw";
	my @e = map { map { map { @{$_->{replacements}} } @{$_->{artifactChanges}} } @{$_->{fixes} // []} } @{$r->{results}};
	for (sort { $b->{deletedRegion}{byteOffset} <=> $a->{deletedRegion}{byteOffset} } @e) {
		substr($t, $_->{deletedRegion}{byteOffset}, $_->{deletedRegion}{byteLength}) = $_->{insertedContent}{text} // "" }
	$t' >by-log.spol
"$SPOLC" --fix fixes.spol >/dev/null 2>&1
holds "fixes of the log and of --fix" cmp fixes.spol by-log.spol
"$SPOLC" --fix --format=sarif fixes.spol >log.sarif 2>/dev/null
is "--fix: what is left" 'join " ", map { $_->{ruleId} } @{$r->{results}}' E1002

# what could not be done
valid "a file that is not there" 2 a.spol nothing.spol
is "a file that is not there: the rest is there" 'scalar @{$r->{results}}' 1
is "a file that is not there: told" '$r->{invocations}[0]{toolExecutionNotifications}[0]{message}{text} =~ /nothing\.spol/' 1
is "a file that is not there: no success" '$r->{invocations}[0]{executionSuccessful} . $r->{invocations}[0]{exitCode}' 02
valid "a folder" 2 .
expect "a list as SARIF" 2 "$SPOLC" --list --format=sarif a.spol
expect "another format" 2 "$SPOLC" --check --format=xml a.spol
says "another format" 'sarif'

# compiling: the log goes where messages go, alone
"$SPOLC" --stdout --format=sarif warning.spol 2>log.sarif >image
expect "compiling" 0 perl "$top/tests/spolc/sarif.pl" log.sarif
holds "compiling: there is an image" "$SPOLC" --verify image
"$SPOLC" --format=sarif nothing.spol 2>log.sarif
expect "compiling what is not there" 0 perl "$top/tests/spolc/sarif.pl" log.sarif
[ "$("$SPOLC" --check --format=sarif a.spol | md5sum)" = "$("$SPOLC" --check --format=sarif a.spol | md5sum)" ] && pass || fail "two runs differ"
finish
