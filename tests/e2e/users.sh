# What the tests of containers share: who runs them, and what must be as it was.  Sourced by bash, behind lib.sh.

# an ordinary user for the second half: ourselves, or nobody
if [ "$(id -u)" -eq 0 ]; then
	people="root user"
	command -v setpriv >/dev/null || people=root
else
	people=user
fi
SHARED=$scratch/shared # what every user reaches, also the built tool
mkdir "$SHARED" && chmod 1777 "$SHARED"
cp "$SPERRIPS" "$SHARED/sperrips"
TOOL=$SHARED/sperrips
cp -r "$SPERRIPS_POLICY_PATH" "$SHARED/policies"
export SPERRIPS_POLICY_PATH=$SHARED/policies

# be WHO: $as is what a command line of this user begins with, $own a folder of the user's
be() {
	as=()
	[ "$1" = user ] && [ "$(id -u)" -eq 0 ] && as=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
	own=$SHARED/$1
	"${as[@]}" mkdir -p "$own"
}

mounts() { sort /proc/self/mountinfo | sha256sum; }

# both NAME WHO [OPTION...] -- COMMAND...: recorded and replayed, same; output in $SHARED/out
both() {
	local name=$1 who=$2 options=() policy=()
	shift 2
	[ "$1" = -p ] && policy=(-p "$2")
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	rm -f "$SHARED/out"
	"${as[@]}" "$TOOL" record -o "$own/c.bin" "${options[@]}" "$@" >"$SHARED/out" 2>"$log" </dev/null
	status=$?
	"${as[@]}" "$TOOL" replay "${policy[@]}" -i "$own/c.bin" >"$SHARED/out2" 2>>"$log" </dev/null
	if [ $? -ne 0 ]; then
		fail "$name as $who: replay" "$(cat "$log")"
	elif ! cmp -s "$SHARED/out" "$SHARED/out2"; then
		fail "$name as $who: other output" "$(diff "$SHARED/out" "$SHARED/out2")"
	else
		pass
	fi
}
gives() { # WHAT PATTERN: the recorded output
	if grep -qE -e "$2" "$SHARED/out"; then pass; else fail "$1: nothing matches $2" "$(cat "$SHARED/out")"; fi
}

# digest_tree DIR: of all names, modes and contents
digest_tree() { (cd "$1" && find . -printf '%p %m %u %g %s %l\n' | sort && find . -type f -print0 | sort -z | xargs -0 sha256sum); }

# there WHAT WHO OPTION...: the kernel gives this user a container; else one visible skip
there() {
	local what=$1 who=$2
	shift 2
	"${as[@]}" "$TOOL" record -o "$own/probe.bin" "$@" -- /bin/echo >"$log" 2>&1 && return
	if [ $who = root ] && [ -w /proc/sys ]; then
		fail "$what: no container for root" "$(cat "$log")"
	else
		grep -qE 'container cannot|namespace' "$log" || fail "$what: no clear message" "$(cat "$log")"
		skip "$what: $(head -n 1 "$log")"
	fi
	return 1
}

# killed WHO OPTION...: the tracer of a program in a container is killed; neither process stays
killed() {
	local who=$1 started first inside i
	shift
	"${as[@]}" "$TOOL" record -o "$own/k.bin" "$@" -- sleep 1000 >/dev/null 2>&1 &
	started=$!
	for ((i = 0; i < 100; i++)); do
		first=$(pgrep -P $started)
		[ -n "$first" ] && inside=$(pgrep -P "$first" -x sleep) && break
		sleep 0.05
	done
	holds "the program runs as $who" test -n "${inside-}"
	kill -9 $started
	wait $started 2>/dev/null
	for ((i = 0; i < 100; i++)); do
		[ -d "/proc/$first" ] || [ -d "/proc/$inside" ] || break
		sleep 0.05
	done
	holds "no process stays as $who" test ! -d "/proc/$first" -a ! -d "/proc/$inside"
}
