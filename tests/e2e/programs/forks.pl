# Processes, pipes between them, signals, a hash in its random order, files.
use strict;
use warnings;
$| = 1;
my @pipes;
for my $i (1 .. 3) {
	pipe(my $r, my $w) or die;
	my $pid = fork // die;
	if (!$pid) {
		close $r;
		open my $in, '<', 'text' or die;
		my @lines = <$in>;
		print $w "$i: ", length join('', @lines[0 .. $i]), "\n";
		exit $i + 40;
	}
	close $w;
	push @pipes, [$pid, $r];
}
for (@pipes) {
	my ($pid, $r) = @$_;
	print while <$r>;
	waitpid $pid, 0;
	print "status ", $? >> 8, "\n";
}
local $SIG{CHLD} = sub { print "a child\n" };
print `echo from the shell`;
my %h = map { $_ => 1 } 'a' .. 'z';
print scalar(keys %h), "\n";
local $SIG{ALRM} = sub { print "alarm\n" };
alarm 1;
select undef, undef, undef, 5;
system "exit 7";
print $? >> 8, "\n";
