#!/usr/bin/env bash
# Corrections of findings: each one of every golden file, applied alone, makes its finding go; a certain one brings no other.
. "${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/e2e/lib.sh"
top=$(cd "$top_srcdir" && pwd)
fresh
# the golden files name policies by ../../../policies
mkdir -p tests/golden/edited
ln -s "$top/policies" policies
expect "corrections of the golden files" 0 perl "$top/tests/spolc/edits.pl" "$SPOLC" tests/golden/edited "$top"/tests/golden/*/*.spol
for code in E0003 E0013 E0017 E0018 E0019 E0025 E0033 E0034 E1018 E2007 E3001 E3003 E3004 W1001 W1004 W1008 W1030; do
	says "a certain correction of $code is among them" "^$code: certain"
done
for code in E0006 E0007 E0008 E0010 E0015 E0016 E0020 E0021 E0024 E0028 E0031 E1001 E1002 E1003 E1004 E1005 E1006 E1017 E2009 E3002 \
	W1005 W1006 W1032 W1033; do
	says "a guess at $code is among them" "^$code: .*guess"
done

# JSON stays JSON whatever a policy holds
printf 'policy x 1;\nlet \001\x1b[31m = "\xff\\q\x7f\xc2\x85"; set A\xe2\x80\xaeB = "c";\nextends "n\\"\\\\o\\tt\\x01h\\xffere";\ndefault: equal;\n' >hostile.spol
expect "hostile text" 1 "$SPOLC" --check --format=json hostile.spol
says "hostile text: the name that is not there" 'cannot find'
cp "$log" json
expect "hostile text is JSON" 0 perl -MJSON::PP -e 'local $/; open my $f, "<", "json"; my $t = <$f>;
	die "a control character\n" if $t =~ /[\x00-\x09\x0b-\x1f\x7f]/;
	my $j = JSON::PP->new->utf8->decode($t); die "no findings\n" unless @{$j->{diagnostics}} > 4'
finish
