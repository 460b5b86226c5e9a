# A server and its client: both are in the tree.
/usr/bin/python3 -u -m http.server --bind 127.0.0.1 0 >server.log 2>&1 &
server=$!
until port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' server.log) && [ "$port" ]; do sleep 0.05; done
curl -sS "http://127.0.0.1:$port/text"
curl -sS -o copy "http://127.0.0.1:$port/big"
curl -sS -o /dev/null -w '%{http_code}\n' "http://127.0.0.1:$port/none"
cmp big copy && echo 'the copy is the same'
kill $server
wait $server
echo "server: $?"
