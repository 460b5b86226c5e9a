#!/usr/bin/env bash
# spolc --lsp: the protocol, right and wrong, by a client of our own (lsp.pl); then a real one, Neovim, with the very lines
# that doc/editors.md gives to its users (lsp.lua).
. "${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/e2e/lib.sh"
ASAN_OPTIONS=$ASAN_OPTIONS:quarantine_size_mb=1:thread_local_quarantine_size_kb=64 # what was freed is no growth
top=$(cd "$top_srcdir" && pwd)
fresh 'mkfifo fifo; printf "policy below 1;\nlet SLOP = 7s;\nset TEXTS = \"/proc/**\";\ndefault: equal;\nread { buf, ret: replay if fd.path in TEXTS; }\n" >below.spol'

# results FILE: lines "ok WHAT" and "not ok WHAT: why"
results() {
	local line
	while read -r line; do
		case $line in
		"ok "*) pass ;;
		*) fail "$line" ;;
		esac
	done <"$1"
}

expect "--lsp with a file" 2 "$SPOLC" --lsp below.spol
says "--lsp with a file" 'takes no file'
timeout 600 perl "$top/tests/spolc/lsp.pl" "$SPOLC" "$work" >"$scratch/results" 2>"$log" </dev/null ||
	fail "the client" "$(cat "$log")" "$(tail -n 3 "$scratch/results")"
results "$scratch/results"
[ "$(wc -l <"$scratch/results")" -gt 80 ] && pass || fail "the client ran to its end"

if command -v nvim >/dev/null; then
	fresh
	cp "$top/tests/spolc/lsp.lua" .
	sed -n '/^```lua$/,/^```$/{/^```/d;p}' "$top/doc/editors.md" >editors.lua
	printf 'policy below 1;\nlet SLOP = 5s;\ndefault: equal "it differs";\nread { buf, ret: replay if fd == 7; }\n' >below.spol
	printf 'policy above 1;\nextends "below.spol";\n# \xe2\x82\xac\nread { cou: equal }\nsysinfo { info.uptime: accept within SLOP; }\n' >above.spol
	export HOME=$work XDG_CONFIG_HOME=$work XDG_CACHE_HOME=$work XDG_DATA_HOME=$work XDG_STATE_HOME=$work
	PATH=$(cd "$top_builddir" && pwd):$PATH timeout -k 5 120 nvim --headless -u NONE -i NONE -n +'luafile lsp.lua' +'qall!' >"$log" 2>&1 </dev/null
	grep -aoE '(not )?ok .*' "$log" | tr -d '\r' >"$scratch/results"
	results "$scratch/results"
	grep -q '^ok the end' "$scratch/results" && pass || fail "Neovim ran to its end" "$(cat "$log")"
else
	skip "Neovim as a client: nvim is not installed"
fi
finish
