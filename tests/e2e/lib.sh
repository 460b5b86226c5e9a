# What the end-to-end tests share: a scratch folder, counting, running the built tools.  Sourced by bash.
set -u
: "${top_builddir:=$PWD/build}" "${top_srcdir:=$PWD}"
export SPERRIPS_POLICY_PATH=${SPERRIPS_POLICY_PATH:-$top_srcdir/policies}
SPERRIPS=$top_builddir/sperrips
SPOLC=$top_builddir/spolc
VICTIM=$top_builddir/tests/e2e/victim
RUNS=${SPERRIPS_RUNS:-20}
# LeakSanitizer cannot work where the process is itself traced or forks under ptrace; leaks are looked for by the unit tests
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0}
export LC_ALL=C TZ=UTC0 # reproducible listings

scratch=$(mktemp -d "${TMPDIR:-/tmp}/sperrips-test.XXXXXX") || exit 99
trap 'cd /; rm -rf "$scratch"' EXIT
chmod 755 "$scratch"
work=$scratch/work
rec=$scratch/recording.bin
log=$scratch/log
passed=0 failed=0 skipped=0

pass() { passed=$((passed + 1)); }
fail() { # what, details...
	failed=$((failed + 1))
	echo "FAIL: $1"
	shift
	printf '%s\n' "$@" | head -n 40 | sed 's/^/    /'
}
skip() { # what and why
	skipped=$((skipped + 1))
	echo "SKIP: $1"
}
finish() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ]
	exit
}

# fresh [SHELL COMMANDS]: an empty working folder, prepared; the same state before every run
fresh() {
	cd "$scratch" && chmod -R u+rwX "$work" 2>/dev/null
	rm -rf "$work" && mkdir "$work" && cd "$work" && eval "${1-}"
}

# expect WHAT STATUS COMMAND...: the command ends with that status; its output is in $log
expect() {
	local what=$1 want=$2 got
	shift 2
	"$@" >"$log" 2>&1 </dev/null
	got=$?
	if [ "$got" -eq "$want" ]; then
		pass
	else
		fail "$what: status $got, not $want" "$(cat "$log")"
	fi
}

# says WHAT PATTERN: the output of the last expect has a line that matches (grep -E)
says() {
	if grep -qE -e "$2" "$log"; then
		pass
	else
		fail "$1: nothing matches: $2" "$(cat "$log")"
	fi
}

# holds WHAT COMMAND...: it succeeds
holds() {
	local what=$1
	shift
	if "$@" >/dev/null 2>&1; then
		pass
	else
		fail "$what" "does not hold: $*"
	fi
}

record() { "$SPERRIPS" record -o "$rec" "$@"; }
replay() { "$SPERRIPS" replay -i "$rec" "$@"; }

# patch FILE OLD NEW: replaces bytes of the same length in a binary
patch_bytes() {
	[ ${#2} -eq ${#3} ] || { echo "patch_bytes: lengths differ" >&2; exit 99; }
	OLD=$2 NEW=$3 perl -0777 -pi -e 's/\Q$ENV{OLD}\E/$ENV{NEW}/ or die "nothing to patch\n"' "$1"
}
