#!/usr/bin/perl
# Does an output match what a document shows?  doc_match.pl SHOWN OUTPUT
# In what is shown, a line `...` stands for any lines, none too, and `...` within a line for any text of that line.
use strict;
use warnings;

my ($shown, $output) = map { local (@ARGV, $/) = $_; scalar <> } @ARGV;
my $pattern = '';
for my $line (split /^/, $shown // '') {
	chomp $line;
	if ($line =~ /^\s*\.\.\.$/) {
		$pattern .= '(?:[^\n]*\n)*?';
		next;
	}
	$pattern .= join('[^\n]*?', map { quotemeta } split /\.\.\./, $line, -1) . '\n';
}
exit(($output // '') =~ /\A$pattern\z/ ? 0 : 1);
