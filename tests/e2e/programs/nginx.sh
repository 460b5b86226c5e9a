# A master, a worker and clients.
mkdir -p logs tmp
cat >nginx.conf <<EOF
daemon off;
worker_processes 1;
user root;
pid $PWD/pid;
error_log $PWD/error.log;
events { worker_connections 64; }
http {
	access_log $PWD/access.log;
	client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;
	server { listen unix:$PWD/sock; root $PWD; }
}
EOF
nginx -p "$PWD" -c "$PWD/nginx.conf" &
server=$!
until [ -S sock ] && [ -s pid ]; do sleep 0.05; done
curl -sS --unix-socket sock http://localhost/text
curl -sS --unix-socket sock -o copy http://localhost/big
curl -sS --unix-socket sock -o /dev/null -w '%{http_code}\n' http://localhost/none
cmp big copy && echo 'the copy is the same'
kill -QUIT $server
wait $server
echo "server: $?"
