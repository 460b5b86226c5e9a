#!/usr/bin/env bash
# Peers that are no part of the run: recorded with them, replayed under strict.spol without them.  What is said to them is
# compared and not sent; what is said within the run is sent.
. "${top_srcdir:-.}/tests/e2e/lib.sh"
PYTHON=/usr/bin/python3 # not what a version manager puts before it
PEER=$top_srcdir/tests/e2e/programs/peer.py
[ -x "$PYTHON" ] || { skip "there is no $PYTHON here"; finish; }
PEER=$(realpath "$PEER")

servers=()
stop_servers() {
	local s
	for s in "${servers[@]}"; do kill "$s" && wait "$s"; done 2>/dev/null
	servers=()
}
trap stop_servers EXIT

# serve KIND: a server that is not traced; where it is stands in $place
serve() {
	rm -f "$scratch/place"*
	"$PYTHON" "$PEER" serve "$scratch/place" "$1" >/dev/null 2>&1 &
	servers+=($!)
	for ((i = 0; i < 200; i++)); do
		[ -s "$scratch/place" ] && break
		sleep 0.05
	done
	place=$(cat "$scratch/place" 2>/dev/null)
}

# strict.spol but for what the program is told by its arguments: how the run goes on is looked at
cat >"$scratch/told.spol" <<'END'
policy told 1;
extends "strict.spol";
execve { argv[]: accept if task.depth == 0; }
END

# the output of the last expect, without what sperrips says
output() { grep -E '^(b|\[)' "$log"; }
without() { timeout 60 "$SPERRIPS" replay --patience 5 --report "$scratch/report" -i "$rec" "$@"; }
otherwise() { without -p "$scratch/told.spol" "$@"; }
reports() { holds "$1" grep -qE "$2" "$scratch/report"; }

fresh
for kind in tcp udp unix; do
	serve $kind
	[ -n "$place" ] || { skip "no $kind server can be started here"; continue; }
	expect "$kind client: records" 0 record "$PYTHON" "$PEER" ask $kind "$place" hello
	output >"$scratch/out"
	says "$kind client: it was answered" 'heard hello'
	holds "$kind client: it is shown who is outside" grep -q ' (peer outside)$' <("$SPERRIPS" show "$rec")
	# with the server still there, nothing is sent to it
	expect "$kind client: the server is there" 0 without
	holds "$kind client: nobody speaks to it" [ "$(wc -l <"$scratch/place.heard")" -eq 1 ]
	stop_servers
	rm -f "$scratch/place.socket"
	expect "$kind client: the server is gone" 0 without
	holds "$kind client: it is told what the server had said" cmp -s <(output) "$scratch/out"
	holds "$kind client: calls are emulated" grep -qE '[1-9][0-9]* calls emulated' "$scratch/report"
	expect "$kind client: another word" 1 otherwise "$PYTHON" "$PEER" ask $kind "$place" hullo
	reports "$kind client: another word, at the place" 'call sendto\b'
	other=${place%t}T
	[ $kind = unix ] || other=$((place == 65535 ? 65534 : place + 1))
	expect "$kind client: somebody else is asked" 1 otherwise "$PYTHON" "$PEER" ask $kind "$other" hello
	reports "$kind client: somebody else is asked, at the place" 'call (connect|sendto)\b'
done

# nobody is there: that is so here as there, and looked at
port=$("$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
expect "nobody listens: records" 1 record "$PYTHON" "$PEER" ask tcp "$port" hello
expect "nobody listens" 0 without
not_emulated() { ! grep -q 'calls emulated' "$scratch/report"; }
holds "nobody listens: nothing is emulated" not_emulated

# A server whose clients are outside.
answered() { # KIND PLACE: two clients of a server that is being recorded
	local i
	for ((i = 0; i < 200; i++)); do
		grep -q ready "$scratch/ready" 2>/dev/null && break
		sleep 0.05
	done
	"$PYTHON" "$PEER" ask "$1" "$2" one && "$PYTHON" "$PEER" ask "$1" "$2" two
}
for kind in tcp unix; do
	place=$port
	[ $kind = tcp ] || place=$scratch/own.socket
	rm -f "$scratch/ready" "$scratch/own.socket"
	"$SPERRIPS" record -o "$rec" "$PYTHON" "$PEER" answer $kind "$place" 2 yes >"$scratch/ready" 2>"$log" </dev/null &
	recorder=$!
	answered $kind "$place" >"$scratch/told" 2>&1
	wait $recorder
	holds "$kind server: records (status $?)" [ $? -eq 0 ]
	holds "$kind server: its clients were answered" grep -q 'yes two' "$scratch/told"
	rm -f "$scratch/own.socket"
	expect "$kind server: without its clients" 0 without
	holds "$kind server: it hears what they had said" cmp -s <(output) <(grep '^b' "$scratch/ready")
	holds "$kind server: calls are emulated" grep -qE '[1-9][0-9]* calls emulated' "$scratch/report"
	rm -f "$scratch/own.socket"
	expect "$kind server: another answer" 1 otherwise "$PYTHON" "$PEER" answer $kind "$place" 2 yea
	reports "$kind server: another answer, at the place" 'call sendto\b'
	rm -f "$scratch/own.socket"
	expect "$kind server: one client more is waited for" 1 otherwise "$PYTHON" "$PEER" answer $kind "$place" 3 yes
done

# A pair of its own and somebody outside, in one wait.
serve tcp
expect "both: records" 0 record "$PYTHON" "$PEER" both "$place" hello
output >"$scratch/out"
says "both: all were heard" 'heard without'
stop_servers
expect "both: without the server" 0 without
holds "both: all are heard" cmp -s <(output) "$scratch/out"
expect "both: another word within" 1 otherwise "$PYTHON" "$PEER" both "$place" hallo
reports "both: another word within, at the place" 'call sendto\b'

# What is within the run stays there.
cat >"$scratch/within" <<'END'
PYTHON=$1 PEER=$2 PLACE=$3
$PYTHON $PEER answer tcp $PLACE 1 yes >ready &
until grep -q ready ready 2>/dev/null; do sleep 0.05; done
$PYTHON $PEER ask tcp $PLACE hello
wait
END
fresh
expect "within: records" 0 record sh "$scratch/within" "$PYTHON" "$PEER" "$port"
fresh
expect "within: the same" 0 without
holds "within: nothing is emulated" not_emulated

command -v curl >/dev/null || { skip "there is no curl here"; finish; }
mkdir "$scratch/served" && seq 3000 >"$scratch/served/page"
fresh
"$PYTHON" -u -m http.server --bind 127.0.0.1 --directory "$scratch/served" "$port" >/dev/null 2>&1 &
servers+=($!)
for ((i = 0; i < 200; i++)); do
	curl -s -o /dev/null "http://127.0.0.1:$port/" && break
	sleep 0.05
done
expect "curl: records" 0 record curl -s "http://127.0.0.1:$port/page"
cp "$log" "$scratch/out"
stop_servers
expect "curl: without the server" 0 without
holds "curl: it prints what the server had said" cmp -s "$log" "$scratch/out"
expect "curl: another page is asked for" 1 otherwise curl -s "http://127.0.0.1:$port/pagf"
reports "curl: another page is asked for, at the place" 'call (sendto|write)\b'

ONCE='import http.server, sys
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).handle_request()'
"$SPERRIPS" record -o "$rec" --chdir "$scratch/served" "$PYTHON" -c "$ONCE" "$port" >/dev/null 2>"$log" </dev/null &
recorder=$!
for ((i = 0; i < 200; i++)); do
	curl -s -o "$scratch/told" "http://127.0.0.1:$port/page" && break
	sleep 0.05
done
wait $recorder
holds "http.server: it answered while it was recorded (status $?)" cmp "$scratch/told" "$scratch/served/page"
expect "http.server: without its client" 0 without
holds "http.server: calls are emulated" grep -qE '[1-9][0-9]* calls emulated' "$scratch/report"
echo x >>"$scratch/served/page"
expect "http.server: another page is served" 1 without
reports "http.server: another page is served, at the place" 'call (newfstatat|fstat|statx)\b'
finish
