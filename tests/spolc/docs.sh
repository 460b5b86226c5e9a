#!/usr/bin/env bash
# Every example in the documents compiles, or has exactly the findings that are written beside it; manual pages render
# without warnings, and say all options that there are.
#   ```spol                  compiles without finding; without `policy` statement it is a part of one
#   ```spol file=NAME        the same, and later examples of the document may extend it
#   ```spol E2001 W1006      has these findings and no others
#   ```spol E4001            its tests do not hold; those of all others do
#   ```spol canonical        it is as --fmt lays it out
#   ```console               `$ COMMAND`, then what it prints; tutorial.sh runs them
#   ```sh, c, make, text     something else
. "${top_srcdir:-.}/tests/e2e/lib.sh"
blocks=$top_srcdir/tests/spolc/doc_blocks.pl
cd "$scratch" || exit 99

# codes FILE: the codes of its findings, sorted, each as often as it was found
codes() { "$SPOLC" --check "$1" 2>&1 </dev/null | grep -oE '(error|warning)\[[A-Z][0-9]+\]' | grep -oE '[A-Z][0-9]+' | sort | xargs; }

# check_policy WHERE INFO FILE
check_policy() {
	local where=$1 wanted= word file=$3 got status=0 canonical=
	for word in $2; do
		case $word in
		file=*) file=${word#file=}; cp "$3" "$file" ;;
		E4001) status=1 ;;
		canonical) canonical=1 ;;
		[EWS][0-9]*) wanted="$wanted $word" ;;
		spol) ;;
		*) fail "$where: what is '$word'?" ;;
		esac
	done
	wanted=$(printf '%s\n' $wanted | sort | xargs)
	got=$(codes "$file")
	if [ "$wanted" = "$got" ]; then
		pass
	else
		fail "$where: finds '$got', not '$wanted'" "$("$SPOLC" --check "$file" 2>&1)"
	fi
	[ -z "$canonical" ] || expect "$where: is as --fmt has it" 0 "$SPOLC" --fmt --diff "$file"
	if grep -q '^test "' "$file" && [[ $wanted != *E* ]]; then
		expect "$where: its tests" "$status" "$SPOLC" --test "$file"
		[ "$status" -eq 0 ] || says "$where: E4001" 'error\[E4001\]'
	fi
}

# check_document FILE: all its blocks
check_document() {
	local file=$1 name=doc/$(basename "$1") dir n info where policies=0
	dir=$scratch/blocks.$(basename "$file")
	rm -rf "$dir" && mkdir "$dir" && cd "$dir" || exit 99
	holds "$name: its blocks" perl "$blocks" "$file" "$dir"
	for n in "$dir"/*.text; do
		[ -e "$n" ] || break
		info=$(cat "${n%.text}.info")
		where="$name:$(cat "${n%.text}.line")"
		case $info in
		spol*)
			policies=$((policies + 1))
			if grep -q '^policy ' "$n"; then
				cp "$n" part.spol
			else
				{ echo 'policy part 1;' && cat "$n"; } >part.spol
			fi
			check_policy "$where" "$info" part.spol
			;;
		json) expect "$where: a config.json" 0 "$SPERRIPS" config --config "$n" ;;
		console* | sh* | c | make | text) ;;
		*) fail "$where: a block of no known sort: '$info'" ;;
		esac
	done
	echo "$name: $policies policies"
	cd "$scratch" || exit 99
}

for file in README.md HACKING.md doc/spol.5 doc/spol-reference.md doc/tutorial.md \
	doc/adding-a-language-feature.md doc/containers.md; do
	check_document "$top_srcdir/$file"
done

# The pages of the codes: each example has its code, and mended has none.  What no short text can show is named here.
check_document "$top_builddir/doc/spolc-codes.7"
unshown='E0001 E0002 E0003 E0022 E0023 E0031 E0035 E1014 E2016 E3013 W1005 W1017 S2001 S2002 S2003'
shown=$(cat "$scratch"/blocks.spolc-codes.7/*.info | sed -n 's/^spol //p' | sort -u)
for code in $(sed -n 's/^CODE(\([A-Z][0-9]*\),.*/\1/p' "$top_srcdir/src/spol/codes.def"); do
	case " $unshown " in
	*" $code "*) ;;
	*) holds "the page of $code has an example" grep -qx "$code" <<<"$shown" ;;
	esac
done

# Paths that documents name are there; a pattern of them is not looked at.
for file in "$top_srcdir"/*.md "$top_srcdir"/doc/*.md; do
	for path in $(grep -ohE '\b(src|grammar|tests|doc|policies|proto|examples)/[A-Za-z0-9_./*-]*[A-Za-z0-9_*]' "$file" | sort -u); do
		case $path in
		*\**) ;;
		doc/spolc-codes.7) ;; # made
		*) holds "${file##*/}: $path is there" [ -e "$top_srcdir/$path" -o -e "$top_builddir/$path" ] ;;
		esac
	done
done

# every construct has its example: the words of the language, in some policy of the reference
cat "$scratch"/blocks.spol-reference.md/*.text >all_examples
for word in $(grep '^%token' "$top_srcdir/grammar/spol_parse.y" | grep -oE '"`[a-z]+`"' | tr -d '"`'); do
	holds "the reference has an example of $word" grep -qw "$word" all_examples
done

# The limits that both name are those of the sources.
limit() { # FILE MACRO AS-THE-REFERENCE-SAYS AS-THE-PAGE-SAYS
	local value
	value=$(sed -nE "s/^#define $2 +(.*[^ ])( *\/\*.*)?$/\1/p" "$top_srcdir/src/$1" | sed -E 's/ *\/\*.*//; s/\((u?int32_t|size_t)\)//; s/([0-9])u\b/\1/')
	holds "$2 is a number: '$value'" [ $((value)) -gt 0 ]
	holds "the reference says that $2 is $((value))" grep -q -e "| .*\b$3\b" "$top_srcdir/doc/spol-reference.md"
	[ -z "${4-}" ] || holds "spol.5 says that $2 is $((value))" grep -q -e "\b$4\b" "$top_srcdir/doc/spol.5"
	[ "$((value))" = "$(tr -d , <<<"$3")" ] || [ "$((value))" = $((${3%% *} << 20)) ] || fail "$2 is $((value)), not $3"
}
limit spol/parse.h SPOL_FILE_MAX '16 MiB' '16 MiB'
limit spol/scan.h SPOL_TOKENS_MAX 1,048,576 1048576
limit spol/extends.c FILES_MAX 1,000 1000
limit spol/extends.c DEPTH_MAX 100 100
limit spol/parse.c NESTING_MAX 200 200
limit spol/ast.h EXPR_HEIGHT_MAX 500 500
limit spol/constant.c NESTING_MAX 100 100
limit spol/constant.c MEMBERS_MAX 65,536 65536
limit vm/glob.h GLOB_STATES_MAX 20,000 20000
limit spol/compile.c STEPS_MAX 4,194,304 4194304
limit spol/build.h SPOL_PATH_MAX 1,000
limit vm/image.h IMAGE_MAX '32 MiB'
limit vm/image.h IMAGE_CODE_MAX 4,194,304
limit vm/image.h IMAGE_RULES_MAX 1,048,576
limit vm/image.h IMAGE_SETS_MAX 65,536

# ---- manual pages ----

if command -v groff >/dev/null; then
	for page in "$top_srcdir"/doc/*.[0-9] "$top_builddir/doc/spolc-codes.7"; do
		groff -Kutf8 -man -ww -Tutf8 "$page" >/dev/null 2>"$log"
		holds "$(basename "$page") renders without warning" [ ! -s "$log" ]
	done
else
	skip "groff is not there: manual pages are not rendered"
fi
# --help, the manual page and the completion name the same options
"$SPOLC" --help | grep -oE '^ .*--[a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u >help_options
sed -n '/^\.SH OPTIONS/,/^\.SH EXIT/p' "$top_srcdir/doc/spolc.1" | sed 's/\\-/-/g' | grep -E -A1 '^\.TP' |
	grep -oE -- '--[a-z-]+' | sort -u >page_options
holds "spolc.1 names the options of --help: $(diff help_options page_options | xargs)" cmp -s help_options page_options
# whatever can be asked for alone stands in the synopsis
sed -n '/^\.SH SYNOPSIS/,/^\.SH DESC/p' "$top_srcdir/doc/spolc.1" | sed 's/\\-/-/g' >synopsis
for mode in $(grep -oE 'option = OPT_[A-Z]+' "$top_srcdir/src/cmd/spolc.c" | sed 's/.*OPT_//' | tr A-Z_ a-z- | sort -u); do
	holds "the synopsis has --$mode" grep -q -e "--$mode\b" synopsis
done
"$SPOLC" --completion | grep -oE -- '--[a-z-]+' | sort -u >completion_options
holds "so does the completion: $(diff help_options completion_options | xargs)" cmp -s help_options completion_options
finish
