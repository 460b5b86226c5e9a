#!/usr/bin/env bash
# Clients whose server is no part of the run: recorded with it, replayed under peers.spol without it.
. "${top_srcdir:-.}/tests/e2e/lib.sh"
for tool in curl python3; do
	command -v $tool >/dev/null || { skip "there is no $tool here"; finish; }
done

# a server on a free port of the loopback: PORT stands in $scratch/port
mkdir "$scratch/served" && seq 3000 >"$scratch/served/page"
python3 - "$scratch/served" "$scratch/port" <<'PYTHON' >/dev/null 2>&1 &
import functools, http.server, os, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
with open(sys.argv[2] + ".new", "w") as f:
    f.write(str(server.server_address[1]))
os.rename(sys.argv[2] + ".new", sys.argv[2])
server.serve_forever()
PYTHON
server=$!
for ((i = 0; i < 200; i++)); do
	[ -s "$scratch/port" ] && break
	sleep 0.05
done
port=$(cat "$scratch/port" 2>/dev/null)
[ -n "$port" ] || { kill "$server"; skip "no server can be started on the loopback"; finish; }

CLIENT='import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"GET /page HTTP/1.0\r\n\r\n")
n = 0
while True:
    data = s.recv(1000)
    if not data:
        break
    n += len(data)
print(n > 10000)'

fresh
expect "curl records" 0 record -p peers.spol curl -s "http://127.0.0.1:$port/page"
cp "$rec" "$scratch/curl.bin"
cp "$log" "$scratch/curl.out"
expect "python3 records" 0 record -p peers.spol python3 -c "$CLIENT" "$port"
cp "$rec" "$scratch/python.bin"
kill "$server"
wait "$server" 2>/dev/null

expect "curl without the server" 0 timeout 60 "$SPERRIPS" replay -p peers.spol --report "$scratch/report" -i "$scratch/curl.bin"
holds "... it prints what the server had said" cmp -s "$log" "$scratch/curl.out"
holds "... calls are emulated" grep -q 'calls emulated' "$scratch/report"
expect "python3 without the server" 0 timeout 60 "$SPERRIPS" replay -p peers.spol -i "$scratch/python.bin"
says "... it counts what the server had said" '^True'
# without these rules the server is missed, and what is said instead is a difference that never leaves the program
expect "curl under strict.spol" 1 timeout 60 "$SPERRIPS" replay -i "$scratch/curl.bin"
says "... which wants the server" 'call (connect|poll|getsockopt)'
expect "another page is asked for" 1 timeout 60 "$SPERRIPS" replay -p peers.spol -i "$scratch/curl.bin" curl -s "http://127.0.0.1:$port/pagf"
expect "another word to the server" 1 timeout 60 "$SPERRIPS" replay -p peers.spol -i "$scratch/python.bin" python3 -c "${CLIENT/GET/PUT}" "$port"
finish
