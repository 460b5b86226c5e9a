#!/usr/bin/env bash
# Every case of tests/abi: recorded under the effect audit, which must find nothing; the call that the case names must have
# succeeded (or, where that cannot be, have failed for the reason that the case gives); replayed, which must be "same".
#   run.sh            counts as tests do
#   run.sh --figures  what `make audit` prints: how much of the table the kernel has judged
. "${top_srcdir:-.}/tests/e2e/lib.sh"

EVERY=${SPERRIPS_CASES:-1} # every how-manieth case is run
results=$scratch/results   # LABEL TAB ok|failed|skipped TAB reason
: >"$results"

# one FAMILY LABEL REASON
one() {
	local label=$2 why=$3 status counted
	fresh
	"$SPERRIPS" record --audit-log "$scratch/audited" -o "$rec" -- "$1" "$label" >"$scratch/said" 2>"$log" </dev/null
	status=$?
	if [ $status -eq 77 ]; then
		skip "$label: $(cat "$scratch/said")"
		printf '%s\tskipped\t%s\n' "$label" "$(cat "$scratch/said")" >>"$results"
		return
	fi
	if [ $status -ne 0 ]; then
		fail "$label: recording it under the audit: status $status" "$(cat "$scratch/said" "$log")"
		return
	fi
	counted=$(awk -v label="$label" '$1 == label { print ($2 ? "ok" : "failed") }' "$scratch/audited")
	if [ "${counted:-nothing}" != "$([ -z "$why" ] && echo ok || echo failed)" ]; then
		fail "$label: the case is to make it $([ -z "$why" ] && echo succeed || echo fail), not: ${counted:-no such call}"
		return
	fi
	printf '%s\t%s\t%s\n' "$label" "$counted" "$why" >>"$results"
	fresh
	"$SPERRIPS" replay -i "$rec" >"$log" 2>&1 </dev/null
	status=$?
	if [ $status -eq 0 ]; then pass; else fail "$label: replay: status $status, not 0" "$(cat "$log")"; fi
}

n=0
for source in "$top_srcdir"/tests/abi/*.c; do
	family=$(basename "$source" .c)
	[ "$family" != case ] || continue
	while IFS=$'\t' read -r label why; do
		[ $((n++ % EVERY)) -eq 0 ] && one "$top_builddir/tests/abi/$family" "$label" "$why"
	done < <("$top_builddir/tests/abi/$family" --list)
done

# what no case can do here is said once, about a call that there is and that has no case
unrun=$top_srcdir/tests/abi/unrun.txt
"$SPOLC" --schema | awk '/^[a-z_]/ { print $1 }' | LC_ALL=C sort -u >"$scratch/labels"
if LC_ALL=C sort -c -u "$unrun" 2>"$log"; then pass; else fail "unrun.txt: $(cat "$log")"; fi
wrong=$(awk -F '\t' '
	FILENAME == ARGV[1] { known[$1] = 1; next }
	FILENAME == ARGV[2] { has_case[$1] = 1; next }
	NF != 2 || !($1 in known) || $1 in has_case { print $1 }' "$scratch/labels" "$results" "$unrun")
if [ -z "$wrong" ]; then pass; else fail "unrun.txt: no such call, no reason, or there is a case: $wrong"; fi

if [ "${1-}" = --figures ]; then
	awk -F '\t' '{ printf "%s\tskipped\t%s\n", $1, $2 }' "$unrun" >>"$results"
	awk -F '\t' '
		FNR == NR { result[$1] = $2; if ($2 != "ok") reason[$1] = $3; next }
		{
			name = $0
			sub(/\(.*/, "", name)
			variants += name != $0
			calls += !seen[name]++
			if (result[$0] == "ok") {
				ok_variants += name != $0
				ok_calls += !ok[name]++
			}
		}
		$0 in result { count[result[$0]]++; next }
		{ none[++nnone] = $0 }
		END {
			printf "described: %d rows: %d calls, %d variants\n", FNR, calls, variants
			printf "audited by success: %d rows: %d calls (as such, or a variant), %d variants\n", count["ok"], ok_calls, ok_variants
			printf "audited by failure only: %d rows\ncannot be run here: %d rows\nno case: %d rows\n",
				count["failed"], count["skipped"], nnone
			for (l in reason) if (result[l] != "ok") printf "    %s (%s): %s\n", l, result[l], reason[l] | "sort"
			close("sort")
			for (i = 1; i <= nnone; i++) printf "    %s: no case\n", none[i]
		}' "$results" "$scratch/labels"
	[ "$failed" -eq 0 ]
	exit
fi
finish
