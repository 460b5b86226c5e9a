#!/usr/bin/perl
# Takes the examples out of a document: doc_blocks.pl FILE FOLDER
# Of a Markdown file every fenced block, of a manual page every .nf/.fi pair behind a line `.\" INFO`; block N becomes
# FOLDER/N.text, FOLDER/N.info (what stands behind the fence) and FOLDER/N.line (where it begins).
use strict;
use warnings;

my ($file, $folder) = @ARGV;
open my $in, '<', $file or die "$file: $!\n";
my ($n, $info, $line, @text) = (0);

sub put {
	my ($suffix, @lines) = @_;
	my $name = sprintf '%s/%03d.%s', $folder, $n, $suffix;
	open my $out, '>', $name or die "$name: $!\n";
	print $out @lines;
	close $out or die "$name: $!\n";
}

sub end_block {
	$n++;
	put('info', "$info\n");
	put('line', "$line\n");
	put('text', @text);
	undef $info;
}

my $manual = $file =~ /\.[0-9]$/;
my $said; # the comment before a manual page's block
while (<$in>) {
	my $begins = $manual ? /^\.nf$/ : /^```/;
	my $ends = $manual ? /^\.fi$/ : /^```$/;
	if (!defined $info && $begins) {
		$info = $manual ? ($said // '') : s/^```//r;
		chomp $info;
		($line, @text) = ($.);
	} elsif (defined $info && $ends) {
		end_block();
	} elsif (defined $info) {
		if ($manual) {
			s/^\\&//;
			s/\\-/-/g;
			s/\\e/\\/g;
			s/\\\(dq/"/g;
		}
		push @text, $_;
	}
	$said = /^\.\\" (.*)/ ? $1 : undef if $manual && !defined $info;
}
die "$file: the last block has no end\n" if defined $info;
