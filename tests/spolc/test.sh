#!/usr/bin/env bash
# spolc --test: tests in the language, and how far they reach.
. "${top_srcdir:-.}/tests/e2e/lib.sh"

mkdir -p "$work" && cd "$work" || exit 99

# ---- an expectation that does not hold shows all that led to it ----
cat >parent.spol <<'END'
policy parent 1;
set MADE_UP = "/proc/**";
read { buf: replay if fd.path in MADE_UP else equal "{path} differs"; }
test "of the parent, which the child does not run" {
	read(buf: "a" -> "b", fd.path: "/etc/x");
	expect buf same;
}
END
cat >child.spol <<'END'
policy child 1;
extends "parent.spol";
write { buf: equal if fd == 1 else accept; } # spolc:allow W1009 for the test
test "bare names speak of both sides" {
	read(buf: "recorded\n" -> "actual\n", fd.path: "/proc/stat" -> "/etc/passwd");
	expect buf replay;
}
test "output" {
	write(fd: 1, buf: "a" -> "b");
	expect buf stop;
	write(fd: 1 -> 2, buf: "a" -> "b");
	expect buf accept;
}
END
expect "a failing expectation" 1 "$SPOLC" --test child.spol
says "its place and what became of it" '^child.spol:6:2: error\[E4001\]: read.buf was expected to be left to `replay`, but the values differ and `equal` decides$'
says "a caret below it" '^ +\| 	\^~~~~~~~~~~~~~~~~~$'
says "the rule that decides" '^.*parent.spol:3:[0-9]+: note: parent.spol:3 decides: `read.buf: equal`$'
says "both values" '^child.spol:5:7: note: recorded "recorded\\n", actual "actual\\n"$'
says "the test" '^child.spol:4:6: note: in this test$'
says "one line a file; arms of the parent are its own business" '^child.spol: 2 tests, 1 passed, 1 failed; 2 of 2 arms decided: 100%$'
expect "a failing expectation, as JSON" 1 "$SPOLC" --test --format=json child.spol
holds "it is one object, with everything in it" perl -MJSON::PP -e '
	my $o = decode_json(join "", <>);
	my ($d) = @{$o->{diagnostics}};
	exit !($o->{file} eq "child.spol" && $o->{tests} == 2 && $o->{passed} == 1 && $o->{failed} == 1 &&
	       @{$o->{diagnostics}} == 1 && $d->{code} eq "E4001" && $d->{line} == 6 && $d->{notes}[0]{line} == 3 &&
	       $o->{coverage}{percent} == 100 && @{$o->{coverage}{arms}} == 2);' "$log"
expect "compiling reports mistakes in tests but runs none" 0 "$SPOLC" child.spol -o child.spo
[ -s "$log" ] && fail "a compiled policy with tests is not worth a word" "$(cat "$log")" || pass
expect "the parent's own test fails" 1 "$SPOLC" --test parent.spol
says "the parent's own test fails" 'parent.spol:6:2: error\[E4001\]: read.buf was expected to be the same'

# ---- values that one side lacks ----
cat >absent.spol <<'END'
policy absent 1;
read { ret: accept if actual >= recorded; buf: accept if recorded.fd.path == "/a"; count: stop if actual.fd == 3; }
test "a comparison with what is not there does not hold" {
	read(ret: 3 -> 4);
	expect ret accept;
	read(ret: 3 -> absent);
	expect ret stop;
	read(ret: absent);
	expect ret same;
	read(buf: absent -> "x", fd.path: "/a" -> absent);
	expect buf accept;
	read(buf: absent -> "x", fd.path: absent -> "/a");
	expect buf stop;
	read(count: 5, fd: absent -> 3);
	expect count stop;
	read(count: 5, fd: 3 -> absent);
	expect count same;
}
END
expect "values that one side lacks" 0 "$SPOLC" --test --min-coverage 100 absent.spol

# ---- coverage ----
cat >thirds.spol <<'END'
policy thirds 1;
read { buf: replay if fd == 3 else accept if fd == 4 else equal; }
test "two of three" {
	read(fd: 3, buf: "a" -> "b");
	expect buf same;
	read(fd: 4, buf: "a");
	expect buf same;
	read(fd: 5, buf: "a" -> "b");
	expect buf stop;
}
END
expect "two of three arms are 66 %" 0 "$SPOLC" --test --min-coverage 66 thirds.spol
says "two of three arms are 66 %" '2 of 3 arms decided: 66%$'
expect "two of three arms are not 67 %" 1 "$SPOLC" --test --min-coverage=67 thirds.spol
says "what is wanted" '^thirds.spol: 66% of its arms decided in tests, less than 67%; these did not:$'
says "the arm that equal values do not cover" '^thirds.spol:2:36: 0 times: read.buf: accept if fd == 4$'
expect "coverage as text" 0 "$SPOLC" --test --coverage=text thirds.spol
says "coverage as text" '^thirds.spol:2:13: 1 time: read.buf: replay if fd == 3$'
says "coverage as text: all arms" '^thirds.spol:2:59: 1 time: read.buf: equal$'
"$SPOLC" --test --coverage=json thirds.spol child.spol >coverage 2>/dev/null
holds "coverage as JSON: an object a file, nothing else" perl -MJSON::PP -ne '
	my $o = decode_json($_);
	$n++;
	exit 1 if $n == 1 && !($o->{file} eq "thirds.spol" && $o->{covered} == 2 && $o->{total} == 3 && $o->{percent} == 66 &&
		$o->{arms}[1]{times} == 0 && $o->{arms}[1]{line} == 2 && $o->{arms}[1]{column} == 36 &&
		$o->{arms}[1]{arm} eq "accept if fd == 4" && $o->{arms}[0]{times} == 1);
	END { exit($n != 2) }' coverage
cat >bytes.spol <<'END'
policy bytes 1;
read { buf: accept if fd.path == "\xff\x01\"\n" else equal; }
test "bytes that are no text" { read(buf: "\xff" -> "\x9b", fd.path: "\xff"); expect buf same; }
END
"$SPOLC" --test --format=json bytes.spol >report 2>/dev/null
holds "JSON of bytes that are no text" perl -MJSON::PP -0777 -ne '
	my $o = decode_json($_);
	exit !($o->{coverage}{arms}[0]{arm} =~ /^accept if fd.path == "\x{fffd}/ && $o->{failed} == 1);' report
cat >wide.spol <<'END'
policy wide 1;
any sockaddr: map;
stat, lstat { statbuf.st_ino, statbuf.st_dev: replay; }
connect: emulate;
test "an arm counts once, wherever it decides; a verb that the field cannot have is not it" {
	bind(addr.sin6_addr: "a" -> "b");
	expect addr stop;
	lstat(statbuf.st_dev: 1 -> 2);
	expect statbuf replay;
	connect();
	expect emulate;
}
END
expect "arms, fields and calls" 0 "$SPOLC" --test --coverage=text wide.spol
says "arms, fields and calls" '2 of 3 arms decided: 66%$'
says "an arm whose verb bytes cannot have" ':2:15: 0 times: any sockaddr: map$'
says "a disposition" ': 1 time: connect: emulate$'

# ---- warnings are for --check ----
printf 'policy p 1;\nlet N = 4;\nread { buf: equal; }\ntest "t" { read(buf: "a" -> "b"); expect buf stop; }\n' >unused.spol
"$SPOLC" --test unused.spol >out 2>errors
[ $? -eq 0 ] && [ ! -s errors ] && pass || fail "a warning is not worth a word" "$(cat errors)"
expect "unless it is an error" 1 "$SPOLC" --test -Werror=W1004 unused.spol
says "unless it is an error" '^unused.spol:2:5: error\[W1004\]'

# ---- places are not looked for from the beginning of a line again and again ----
perl -e 'print "policy p 1;\nread { buf: ", join(" else ", map { "replay if fd == $_" } 1 .. 60000), " else equal; }\n",
	"test \"t\" { read(fd: 4444, buf: \"a\" -> \"b\"); expect buf replay; }\n"' >line.spol
expect "many arms on one line" 0 timeout 60 "$SPOLC" --test line.spol
says "many arms on one line" '1 of 60001 arms decided: 0%$'

# ---- nothing to run, nothing to run it on, and wrong options ----
printf 'policy p 1;\nread { buf: equal; }\n' >none.spol
expect "a policy without tests" 1 "$SPOLC" --test none.spol
says "a policy without tests" '^none.spol: there are no tests in it$'
printf 'policy p 1;\nread { buf: equal; }\ntest "t" { read(bfu: "a"); expect bfu same; }\n' >wrong.spol
expect "a policy that does not compile" 1 "$SPOLC" --test wrong.spol
says "a policy that does not compile" 'wrong.spol:3:17: error\[E1002\]'
expect "a policy that does not compile, as JSON" 1 "$SPOLC" --test --format=json wrong.spol
says "a policy that does not compile, as JSON" '"code":"E1002"'
expect "--check sees it, too" 1 "$SPOLC" --check wrong.spol
expect "a file that is not there" 2 "$SPOLC" --test nothing.spol
expect "the worst of several files" 2 "$SPOLC" --test thirds.spol child.spol nothing.spol absent.spol
says "the others are tested all the same" '^absent.spol: 1 test, 1 passed, 0 failed'
for wrong in 101 -1 x 5% '' 1000000000000; do
	expect "--min-coverage '$wrong'" 2 "$SPOLC" --test --min-coverage "$wrong" thirds.spol
done
expect "--coverage without a form" 2 "$SPOLC" --test --coverage=xml thirds.spol
expect "--coverage without --test" 2 "$SPOLC" --coverage=text thirds.spol
expect "--test and --check" 2 "$SPOLC" --test --check thirds.spol

# ---- the shipped policies ----
for policy in "$top_srcdir"/policies/*.spol; do
	name=${policy##*/}
	expect "tests of $name" 0 "$SPOLC" --test --min-coverage 100 "$policy"
done

# Each arm with another verb, and each that has a condition without it: some test must fail.  What the compiler refuses
# proves nothing unless a promise of the policy is the reason; each arm must have a change that it accepts.
cat >mutate.pl <<'END'
use strict;
use JSON::PP;
my ($spolc, $from, $to) = @ARGV;
my %others = (equal => [qw(accept replay)], accept => [qw(equal replay)], replay => [qw(equal accept)], map => [qw(equal accept)],
	      stop => [qw(equal accept)], forbid => [qw(execute emulate)], ignore => [qw(execute emulate)],
	      emulate => [qw(execute forbid)], optional => [qw(execute ignore)], execute => [qw(forbid emulate)]);
my ($arms, $conditions, $bad) = (0, 0, 0);

sub put { my ($path, $text) = @_; open my $out, ">", $path or die; print $out $text; close $out or die }

mkdir $to or die;
system("cp", glob("$from/*.spol"), $to) == 0 or die;
for my $path (glob "$to/*.spol") {
	open my $in, "<", $path or die;
	my $whole = join "", <$in>;
	my $o = decode_json(scalar `'$spolc' --test --coverage=json '$path' 2>/dev/null`);
	for my $arm (@{$o->{arms}}) {
		my ($head) = $whole =~ /^((?:.*\n){@{[$arm->{line} - 1]}}.{@{[$arm->{column} - 1]}})/ or die;
		my $rest = substr $whole, length $head;
		my ($verb) = $rest =~ /^([a-z]+)/ or die "$path:$arm->{line}: no verb there\n";
		my %changes = map { my $t = $rest; substr($t, 0, length $verb) = $_; ("`$_`" => $t) } @{$others{$verb}};
		my ($proven, $free) = (0, $rest);
		$arms++;
		$conditions++, $changes{"no condition"} = $free
			if $free =~ s/^([a-z]+(?:\s+"[^"]*")?)\s+if\s+[^;]*?(?=\s+else\b|;)/$1/;
		for my $change (sort keys %changes) {
			put($path, $head . $changes{$change});
			# `equal if ... else equal` differs in its message alone: there the arm behind it is no longer reached
			my $least = $verb eq "equal" && $change eq "no condition" ? 100 : 0;
			my $said = `'$spolc' --test --min-coverage $least '$path' 2>&1`;
			my $status = $? >> 8;
			if ($said =~ /error\[E3002\]/) { # a `forbid` replaces nothing, what stands in its place does
				put($path, ($head =~ s/([^\n]*)\z/override $1/r) . $changes{$change});
				$said = `'$spolc' --test --min-coverage $least '$path' 2>&1`;
				$status = $? >> 8;
			}
			$proven ||= $status == 1 && $said =~ /error\[(E4001|E3008)\]/;
			next if $status == 1;
			print "$path:$arm->{line}:$arm->{column}: $verb became $change, and no test failed (status $status)\n";
			$bad++;
		}
		print "$path:$arm->{line}:$arm->{column}: no test fails whatever stands there\n" and $bad++ unless $proven;
	}
	put($path, $whole);
}
print "$arms arms, $conditions conditions\n";
exit($bad > 0 || $arms < 80 || $conditions < 20);
END
expect "each arm of the shipped policies with another verb fails its tests" 0 perl mutate.pl "$SPOLC" "$top_srcdir/policies" "$work/mutants"
says "each arm of the shipped policies with another verb fails its tests" '^[0-9]+ arms, [0-9]+ conditions$'

finish
