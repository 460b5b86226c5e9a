#!/usr/bin/env perl
# Changes one verb, number, operator or member of a set of a policy at a time.  diff_mutants.pl FILE OUTFOLDER: the changed
# texts as 0001.spol, ...; what was changed goes to standard output, a line each.
use strict;
use warnings;
my ($file, $out) = @ARGV;
open(my $in, '<', $file) or die "$file: $!\n";
my @lines = <$in>;
close $in;
my %verbs = (replay => 'accept', map => 'accept', accept => 'equal', equal => 'accept', stop => 'equal', emulate => 'ignore',
	ignore => 'emulate', forbid => 'optional', optional => 'emulate');
my %operators = ('==' => '!=', '!=' => '==', '<' => '<=', '<=' => '<', '>' => '>=', '>=' => '>', 'and' => 'or', 'or' => 'and');
my ($n, $test) = (0, 0);
for my $i (0 .. $#lines) {
	my $line = $lines[$i];
	$test = 1 if $line =~ /^test /;
	my $skip = $test || $line =~ /^(policy|extends|never|let|violation)/;
	$test = 0 if $line =~ /^\}/;
	next if $skip;
	my ($code) = $line =~ /^((?:[^#"]|"(?:[^"\\]|\\.)*")*)/;
	my @changes;
	while ($code =~ /("(?:[^"\\]|\\.)*")|\b([a-z]+)\b|(?<![\w.])(\d+)(?![\w.])|([=!]=|[<>]=?)/g) {
		my ($string, $word, $number, $operator, $at) = ($1, $2, $3, $4, $-[0]);
		if (defined $string) {
			# a member of a set; messages are no matter of a decision
			push @changes, [$at, $string, '"/elsewhere' . substr($string, 1)] if $string =~ m{^"/};
		} elsif (defined $word) {
			my $new = $verbs{$word} // $operators{$word} // next;
			next if substr($code, $at) =~ /^\w+\s*[,;{(]/ && substr($code, 0, $at) !~ /[:]|else/;
			next if substr($code, 0, $at) =~ /[.\w]$/;
			push @changes, [$at, $word, $new];
		} elsif (defined $number) {
			push @changes, [$at, $number, $number + 1];
		} elsif (defined $operator) {
			push @changes, [$at, $operator, $operators{$operator}];
		}
	}
	for my $c (@changes) {
		my @copy = @lines;
		substr($copy[$i], $c->[0], length $c->[1], $c->[2]);
		my $name = sprintf '%04d.spol', ++$n;
		open(my $to, '>', "$out/$name") or die "$out/$name: $!\n";
		print {$to} @copy;
		close $to or die "$out/$name: $!\n";
		printf "%s line %d: %s for %s\n", $name, $i + 1, $c->[2], $c->[1];
	}
}
