# A server with its threads, and a client that sets a thousand keys.
redis-server --unixsocket "$PWD/sock" --port 0 --dir "$PWD" --save '' --logfile "$PWD/log" &
server=$!
until [ -S sock ]; do sleep 0.05; done
i=0
while [ $i -lt 1000 ]; do
	echo "SET key$i value$i"
	i=$((i + 1))
done | redis-cli -s sock | sort | uniq -c
redis-cli -s sock GET key999
redis-cli -s sock DBSIZE
redis-cli -s sock SHUTDOWN NOSAVE
wait $server
echo "server: $?"
