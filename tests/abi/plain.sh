#!/usr/bin/env bash
# Every field of kind int or data, which no `any KIND` rule speaks of, is in plain.txt, reviewed: LABEL.FIELD TAB why, `*`
# standing for anything.  A new one fails until somebody has asked whether a kind says better what it means; a line that
# fits nothing any more fails, too.
. "${top_srcdir:-.}/tests/e2e/lib.sh"

"$SPOLC" --schema | awk '/^[a-z_0-9]/ { label = $1 } /^ +[^ ]+ +(int|data) / { print label "." $1 }' >"$scratch/plain"
[ -s "$scratch/plain" ] && pass || fail "spolc --schema lists no field of kind int or data"

# unreviewed LIST FIELDS: what the list does not name, and what in it names nothing
unreviewed() {
	perl -e '
		my ($list, $fields) = @ARGV;
		my (@patterns, %uses);
		open my $in, "<", $list or die "$list: $!";
		while (<$in>) {
			next if /^(#|\s*$)/;
			chomp;
			my ($pattern, $why) = split /\t+/;
			print "without a reason: $pattern\n" unless $why;
			print "twice: $pattern\n" if exists $uses{$pattern};
			$uses{$pattern} = 0;
			push @patterns, [$pattern, join ".*", map { quotemeta } split /\*/, $pattern, -1];
		}
		open $in, "<", $fields or die "$fields: $!";
		FIELD: while (my $field = <$in>) {
			chomp $field;
			my $known = 0;
			for (@patterns) {
				next unless $field =~ /^$_->[1]$/;
				$uses{$_->[0]}++;
				$known = 1;
			}
			print "not reviewed: $field\n" unless $known;
		}
		print map { "names no such field: $_\n" } grep { !$uses{$_} } sort keys %uses;
	' "$1" "$2"
}

list=$top_srcdir/tests/abi/plain.txt
said=$(unreviewed "$list" "$scratch/plain")
if [ -z "$said" ]; then pass; else fail "fields of kind int or data: see tests/abi/plain.txt" "$said"; fi
echo "$(wc -l <"$scratch/plain") fields, $(grep -cv '^#' "$list") lines"

# planted: a new field, a line too many, a line without a reason
cp "$scratch/plain" "$scratch/more"
echo "read.novelty" >>"$scratch/more"
[ "$(unreviewed "$list" "$scratch/more")" = "not reviewed: read.novelty" ] && pass || fail "a new field is not noticed"
{ cat "$list" && printf 'nocall.nofield\twhy\n'; } >"$scratch/list"
[ "$(unreviewed "$scratch/list" "$scratch/plain")" = "names no such field: nocall.nofield" ] && pass || fail "a stale line is not noticed"
{ grep -v '^read\.buf' "$list" && printf 'read.buf\n'; } >"$scratch/list"
[ "$(unreviewed "$scratch/list" "$scratch/plain")" = "without a reason: read.buf" ] && pass || fail "a line without a reason is not noticed"
# What a program asks for is never rewritten or let through under strict.spol, whatever kind a new row gives it: only where
# a clock is read and set by one call, which its rule tells apart, and the digest of what is copied out of /proc (nothing), and where on the stack of a handler
# a status is wanted (kernel.spol).  A signal asks for nothing.
"$SPOLC" --schema | awk '/^[a-z_]/ { call = $1 } /^ / && ($3 == "in" || $3 == "inout") && call !~ /^signal/ { print call "." $1 }' >"$scratch/requests"
# rewritten POLICY: the requests that it rewrites or lets through
rewritten() {
	"$SPOLC" --list "$1" | awk '
		FNR == NR { request[$1] = 1; next }
		{ at = index($0, ": "); field = substr($0, 1, at - 1); rule = substr($0, at + 2); sub(/  # .*/, "", rule) }
		field in request { n++ }
		field in request && rule ~ /(^|else )(replay|accept)/ {
			if (field ~ /^(adjtimex|clock_adjtime)\.buf\./ && rule == "replay if buf.modes == 0 else equal") known++
			else if (field != "copy_file_range.content" && field != "wait4.wstatus.addr") print field ": " rule
		}
		END { if (n < 1000 || known < 10) print n " requests, " known " of them in the clock" }' "$scratch/requests" -
}
found=$(rewritten "$top_srcdir/policies/strict.spol")
if [ -z "$found" ]; then pass; else fail "requests that strict.spol rewrites or lets through" "$found"; fi
printf 'policy p 1;\nextends "strict.spol";\nunlink { pathname: replay; } # spolc:allow W1006 W1009 planted\n' >"$scratch/planted.spol"
[ "$(rewritten "$scratch/planted.spol")" = "unlink.pathname: replay" ] && pass || fail "a request that is rewritten is not noticed"
finish
