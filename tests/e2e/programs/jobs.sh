# Pipelines, here-documents, background jobs and traps, in what bash and dash have in common.
greet() {
	cat <<EOF
dear $1,
this is line two; $(echo "and this was said by a subshell")
EOF
}
trap 'echo "usr1 was heard"' USR1
trap 'echo "the end, status $?"' EXIT
greet world | tr a-z A-Z | sed 's/^/> /'
sort <<'EOF' | uniq -c | sort -rn | head -n 2
b
a
b
c
EOF
(echo first; kill -USR1 $$; echo second) | cat >piped
wait
cat piped
cat numbers | while read -r n; do echo $((n * n)); done | tail -n 2
sleep 0.05 &
slow=$!
(echo "a job"; exit 3) &
quick=$!
wait $quick
echo "the job ended with $?"
wait $slow
echo "the slow one with $?"
sleep 30 &
sleep 0.1 # it is that program by then
kill -TERM $!
wait $!
echo "killed: $?"
mkfifo pipe
{ read -r line; echo "through the fifo: $line"; } <pipe &
echo hello >pipe
wait
i=0
while [ $i -lt 5 ]; do
	echo "background $i" >out.$i &
	i=$((i + 1))
done
wait
cat out.*
false || exit 4
