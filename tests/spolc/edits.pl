# Applies each correction of each finding of a policy alone and looks at what is left.  Used by edits.sh.
#   perl edits.pl SPOLC FOLDER FILE...    FOLDER is emptied; the files' neighbours are copied there
# A certain correction makes its finding go and no other one come, except those that the compiler does not look for while there
# are errors (warnings) or mistakes of syntax (all but E0...).  A guess makes its finding go.
use strict;
use warnings;
use JSON::PP;
use File::Basename;
use File::Copy;

my ($spolc, $dir, @files) = @ARGV;
my ($passed, $failed, %seen) = (0, 0);

sub findings {
	my ($path) = @_;
	open(my $pipe, '-|', $spolc, '--check', '--format=json', $path) or die "spolc: $!\n";
	local $/;
	my $json = <$pipe>;
	close $pipe;
	die "spolc $path: signal " . ($? & 127) . "\n" if $? & 127;
	return @{ JSON::PP->new->utf8->decode($json)->{diagnostics} };
}

sub content {
	my ($path) = @_;
	open(my $f, '<:raw', $path) or die "$path: $!\n";
	local $/;
	return <$f> // '';
}

sub apply {
	my ($text, @edits) = @_;
	for my $e (sort { $b->{offset} <=> $a->{offset} } @edits) {
		my $new = $e->{text};
		utf8::encode($new);
		substr($text, $e->{offset}, $e->{length}) = $new;
	}
	return $text;
}

# The place is no part of it: it moves.
sub key { return "$_[0]{code} $_[0]{message}" }

for my $file (@files) {
	my @before = findings($file);
	my $errors = grep { $_->{level} eq 'error' } @before;
	my $syntax = grep { $_->{code} =~ /^E0/ } @before;
	for my $g (@before) {
		next unless $g->{edits};
		my $what = "$g->{code} at $g->{line}:$g->{column} of " . basename($file);
		my ($changed) = map { $_->{file} } @{ $g->{edits} };
		system('rm', '-rf', $dir);
		mkdir $dir or die "$dir: $!\n";
		copy($_, $dir) for grep { -f } glob(dirname($file) . '/*');
		open(my $out, '>:raw', "$dir/" . basename($changed)) or die;
		print $out apply(content($changed), @{ $g->{edits} });
		close $out;
		my (%count, @new);
		$count{ key($_) }++ for @before;
		my @after = findings("$dir/" . basename($file));
		my $left = grep { key($_) eq key($g) } @after;
		my $was = $count{ key($g) };
		for my $k (map { key($_) } @after) {
			next if ($count{$k} // 0) > 0 && $count{$k}--;
			push @new, $k unless $k =~ /^W/ && $errors || $k !~ /^E0/ && $syntax;
		}
		$seen{ $g->{code} }{ $g->{guess} ? 'guess' : 'certain' }++;
		if ($left >= $was) {
			$failed++;
			print "FAIL: $what: still there after its correction\n";
		} elsif (@new && !$g->{guess}) {
			$failed++;
			print "FAIL: $what: its correction brings:\n", map { "    $_\n" } @new;
		} else {
			$passed++;
		}
	}
}
print "$_: ", join(' and ', sort keys %{ $seen{$_} }), "\n" for sort keys %seen;
print "$passed passed, $failed failed\n";
exit($failed || !$passed ? 1 : 0);
