#!/usr/bin/env bash
# What the tutorial (and each document with ```console blocks) shows is what happens: its files are written, its commands
# run in order by one shell, their output is compared.  `...` in what is shown stands for what differs from run to run.
. "${top_srcdir:-.}/tests/e2e/lib.sh"
tools=$top_srcdir/tests/spolc
PATH=$top_builddir:$PATH
POLICIES=$top_srcdir/policies # where documents take them from
[ $# -gt 0 ] || set -- doc/tutorial.md doc/spol-reference.md

# one_command WHERE SHOWN: runs $command, as if typed; $status is what `$?` is for the next one
one_command() {
	set_status() { return "$status"; }
	set_status
	eval "$command" >"$scratch/output" 2>&1 </dev/null
	status=$?
	if perl "$tools/doc_match.pl" "$2" "$scratch/output"; then
		pass
	else
		fail "$1: $ $command" "shown:" "$(cat "$2")" "printed:" "$(cat "$scratch/output")"
	fi
}

# console WHERE FILE: `$ COMMAND` and behind it what it prints; `> MORE` continues a command
console() {
	local line command='' shown=$scratch/shown
	: >"$shown"
	while IFS= read -r line; do
		case $line in
		'$ '*)
			[ -z "$command" ] || one_command "$1" "$shown"
			command=${line#'$ '}
			: >"$shown"
			;;
		'> '*) command=$command$'\n'${line#'> '} ;;
		*) printf '%s\n' "$line" >>"$shown" ;;
		esac
	done <"$2"
	[ -z "$command" ] || one_command "$1" "$shown"
}

# follow FILE: all that a document says to do
follow() {
	local document=$1 dir=$scratch/blocks n info word commands=0
	rm -rf "$dir" && mkdir "$dir" && fresh
	perl "$tools/doc_blocks.pl" "$top_srcdir/$document" "$dir" || exit 99
	status=0
	for n in "$dir"/*.text; do
		info=$(cat "${n%.text}.info")
		for word in $info; do
			case $word in
			file=*)
				cp "$n" "${word#file=}"
				[ "${info%% *}" != sh ] || chmod 755 "${word#file=}"
				;;
			console)
				commands=$((commands + $(grep -c '^\$ ' "$n")))
				console "$document:$(cat "${n%.text}.line")" "$n"
				;;
			esac
		done
	done
	holds "$document shows commands" [ "$commands" -gt 0 ]
}

for document; do
	follow "$document"
done
finish
