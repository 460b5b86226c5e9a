#!/usr/bin/perl
# Holds what `sperrips show` prints against what strace prints of the same program: show.pl FILE...  For each FILE, FILE.show
# and FILE.strace.  The sequences of calls must be the same and each argument and result, both brought to one notation.
# What may differ stands at the end, each with its reason; a line there that explains nothing is an error, too, unless the
# first argument is --some.
# show.pl --split FILE: of a program of several tasks writes FILE.LINEAGE.show and FILE.LINEAGE.strace, one a task, with the
# halves of interrupted calls joined and process numbers replaced by lineages, and prints their names.
use strict;
use warnings;
no warnings 'portable';    # numbers have 64 bits here

if (@ARGV && $ARGV[0] eq '--split') {
	split_tasks($ARGV[1]);
	exit 0;
}
my $some = @ARGV && $ARGV[0] eq '--some' ? shift @ARGV : undef;
my @explained;    # call, argument or "ret", ours, theirs, reason, uses
while (my $line = <DATA>) {
	next if $line =~ /^(#|\s*$)/;
	chomp $line;
	my ($call, $arg, $ours, $theirs, $reason) = split /\t+/, $line;
	my $perhaps = $call =~ s/^\?//;
	die "explanation without a reason: $line\n" unless $reason;
	push @explained, { call => qr/^(?:$call)$/, arg => qr/^(?:$arg)$/, ours => qr/^(?:$ours)$/s, theirs => qr/^(?:$theirs)$/s,
			   text => $line, uses => $perhaps };
}

# ---- one file a task ----

# Lines [task, text] of a file, the second half of an interrupted call where it is, joined to the first.
sub joined {
	my ($file, $ours) = @_;
	my (@lines, %half);
	my $multi = !$ours;
	open my $in, '<', $file or die "$file: $!\n";
	while (my $line = <$in>) {
		chomp $line;
		next if $line =~ /^#/ || $line eq '';
		$multi ||= $line =~ /^0 +\+\+\+ made task/;
		my ($task, $text) = $multi ? $line =~ /^([0-9.]+) +(.*)$/s : (0, $line);
		die "no task: $line\n" unless defined $text;
		if ($text =~ /^(.*) <unfinished \.\.\.>$/s) {
			die "$file: an interrupted call within another: $line\n" if defined $half{$task};
			$half{$task} = $1;
			next;
		}
		if ($text =~ /^<\.\.\. (\w+) resumed>(.*)$/s) {
			my ($name, $rest) = ($1, $2);
			my $first = delete $half{$task};
			die "$file: nothing is resumed: $line\n" unless defined $first && $first =~ /^\Q$name\E\(/;
			$text = $first . $rest;
		}
		# killed inside the call
		my $dead = $text =~ /^\+\+\+ (?:killed|exited)/ ? delete $half{$task} : undef;
		$dead = $1 if $text =~ s/^(.*) <unfinished \.\.\.>\)\s+= \?$//s;
		push @lines, [$task, $dead =~ s/, *$//r . ') = ?'] if defined $dead;
		push @lines, [$task, $text] if $text ne '';
	}
	return @lines;
}

# strace names clone's arguments and leaves out those that its flags do not ask for.
sub clone_of {
	my ($text) = @_;
	my ($args, $ret) = $text =~ /^clone\((.*)\)(\s+= .*)$/s or die "what is this line?\n$text\n";
	my %arg = map { /^(\w+)=(.*)$/s ? ($1, $2) : () } pieces($args, ',');
	$arg{flags} =~ s/\bSIGCHLD\b/17/;
	return 'clone(' . join(', ', $arg{flags}, map { $arg{$_} // 'NULL' } qw(child_stack parent_tid child_tidptr tls)) . ")$ret";
}

sub split_tasks {
	my ($file) = @_;
	my %names;
	for my $kind ('show', 'strace') {
		my @lines = joined("$file.$kind", $kind eq 'show');
		my (%lineage, %children, %out);
		for my $l (@lines) {    # who made whom, by the results; $l->[0] of strace is a process number
			my ($task, $text) = @$l;
			$lineage{$task} //= '0' if $kind eq 'strace' && !%lineage;
			next unless $text =~ /^(?:clone3?|v?fork)\(.*\)\s+= (\d+)$/s;
			my $parent = $kind eq 'show' ? $task : $lineage{$task};
			$lineage{$1} = $parent . '.' . ++$children{$parent};
		}
		for my $l (@lines) {
			my ($task, $text) = @$l;
			next if $text =~ /^\+\+\+ (?:made task|preempted)/;
			# when a child ends the maker may be waiting or not yet, and only one of the two listings has what is ignored
			next if $text =~ /^(?:--- SIGCHLD|rt_sigreturn\()/;
			next if $text =~ /^(?:rdtscp?|cpuid)\(/;    # strace knows of no instructions
			$text = clone_of($text) if $kind eq 'strace' && $text =~ /^clone\(/;
			my $name = $kind eq 'show' ? $task : $lineage{$task} // die "$file: who made $task?\n";
			$text =~ s/(?<![\w.])(\d+)(?![\w.])/exists $lineage{$1} ? "TASK$lineage{$1}" : $1/ge;
			$out{$name} .= "$text\n";
		}
		for my $name (keys %out) {
			open my $to, '>', "$file.$name.$kind" or die "$file.$name: $!\n";
			print $to $out{$name};
			close $to;
			$names{$name} |= $kind eq 'show' ? 1 : 2;
		}
	}
	for my $name (sort keys %names) {
		die "$file: only one of the two knows task $name\n" unless $names{$name} == 3;
		print "$file.$name\n";
	}
}

# ---- one notation ----

# Text at commas that stand in no brackets and no string.
sub pieces {
	my ($text, $separator) = @_;
	my (@found, $depth);
	my $piece = '';
	$depth = 0;
	while ($text =~ /\G("(?:[^"\\]|\\.)*"(?:\.\.\.)?|.)/gs) {
		my $t = $1;
		$depth++ if $t =~ /^[\[({]$/;
		$depth-- if $t =~ /^[\])}]$/;
		if ($depth == 0 && $t eq $separator) {
			push @found, $piece;
			$piece = '';
		} else {
			$piece .= $t;
		}
	}
	push @found, $piece if $piece ne '' || @found;
	s/^\s+|\s+$//g for @found;
	return @found;
}

my (%address, %pid, %inode);    # of the run that is read, by their first appearance
# names that the policy language has for what strace calls otherwise
my %signals = (SIGKILL => 9, SIGTERM => 15);
my %called = (family => 'sa_family', data => 'iov_base');

sub value {
	my ($v) = @_;
	return $v if $v =~ /^"/;
	if ($v =~ /^(~?)\[(.*)\]$/s) {
		my ($not, $list) = ($1, $2);
		my @members = pieces($list, ',');
		# a directory is a set: a recording has its entries by their names
		my $entry = sub { $_[0] =~ /d_name=(.*)\}/s ? $1 : '' };
		@members = sort { $entry->($a) cmp $entry->($b) } @members if $list =~ /\bd_name=/;
		return "$not\[" . join(' ', map { value($_) } @members) . ']' if @members;
		return "$not\[]";
	}
	# how a child ended, as the number that it is
	return $1 << 8 if $v =~ /^\{WIFEXITED\(s\) && WEXITSTATUS\(s\) == (\d+)\}$/;
	return $signals{$1} // $v if $v =~ /^\{WIFSIGNALED\(s\) && WTERMSIG\(s\) == (SIG\w+)\}$/;
	if ($v =~ /^\{(.*)\}$/s) {
		my @fields = pieces($1, ',');
		my %named;
		for my $f (@fields) {
			return '{' . join(', ', map { value($_) } @fields) . '}' unless $f =~ /^([a-z_A-Z0-9]+)=(.*)$/s;
			my ($name, $text) = ($called{$1} // $1, $2);
			$named{$name} = $name =~ /^(?:stx?|d)_ino$/ ? $inode{$text} //= 'INODE' . keys %inode : value($text);
		}
		# an instant is one number of nanoseconds in a recording
		for my $n (keys %named) {
			if ($n =~ /^(st_[amc]tim)e$/ && defined $named{"${n}_nsec"}) {
				$named{$1} = instant(delete $named{$n}, delete $named{"${n}_nsec"}, 9);
			}
		}
		return instant($named{tv_sec}, $named{tv_nsec}, 9) if defined $named{tv_nsec};
		return instant($named{tv_sec}, $named{tv_usec}, 6) if defined $named{tv_usec};
		# the order of a struct's fields is the kernel's with us
		return '{' . join(', ', map { "$_=$named{$_}" } sort keys %named) . '}';
	}
	return "$1 => " . value($2) if $v =~ /^(.+) => (.+)$/s;
	return 'TIME' if $v =~ /^\d{10,}\.\d{9}s$/;
	return $v if $v =~ /^0[0-7]+$/;
	return $1 if $v =~ /^htons\((\d+)\)$/ || $v =~ /^inet_addr\("(.*)"\)$/ || $v =~ /^inet_pton\(AF_INET6, "(.*)"\)$/;
	$v =~ s/^[A-Z_0-9]+ or (?=[A-Z_0-9]+$)//;    # two names of a number: the later
	return $address{$v} //= 'ADDRESS' . keys %address if $v =~ /^0x(?:7ff|555)[0-9a-f]{9}$/;
	return join '|', map { number($_) } split /\|/, $v;
}

# Hexadecimal, decimal and products are numbers alike.
sub number {
	my ($n) = @_;
	$n = hex($1) if $n =~ /^0x([0-9a-f]+)$/ && length $1 <= 16;
	$n = $1 * $2 if $n =~ /^(\d+)\*(\d+)$/;
	return $pid{$n} // $n;
}

sub instant {
	my ($seconds, $fraction, $digits) = @_;
	return 'TIME' if $seconds =~ /^\d{10}/;
	return sprintf '%d.%s%s', $seconds, sprintf("%0${digits}d", $fraction), '0' x (9 - $digits) . 's';
}

# A call: name, arguments, result.
sub parse {
	my ($line) = @_;
	$line =~ s{("(?:[^"\\]|\\.)*")|\s*/\*.*?\*/}{$1 // ''}ge;    # remarks
	return { name => $1, args => [$2], ret => '' } if $line =~ /^--- (SIG\w+) (.*) ---$/;
	return { name => $line, args => [], ret => '' } if $line =~ /^\+\+\+/;
	$line =~ /^(\w+)\((.*)\)\s+= (.*)$/s or die "what is this line?\n$line\n";
	my ($name, $args, $ret) = ($1, $2, $3);
	return { name => $name, args => [pieces($args, ',')], ret => $ret };
}

# The lines of a file, in the notation that both have.
sub calls {
	my ($file, $ours) = @_;
	my (@calls, $started, $threaded);
	%address = %pid = %inode = ();
	open my $in, '<', $file or die "$file: $!\n";
	while (my $line = <$in>) {
		chomp $line;
		next if $line =~ /^#/ || $line eq '';
		my $c = parse($line);
		my @args = @{ $c->{args} };
		$c->{ret} =~ s/ \(answered by the tracer\)$//;
		# whose pid it is, and what the program then does with it
		$pid{$c->{ret}} //= 'PID' . keys %pid if $c->{name} =~ /^(?:set_tid_address|getp?pid|gettid|getpgrp|getpgid|getsid)$/;
		# a recording has no vDSO: what it would answer is asked of the kernel; the loader needs memory to describe it
		next if $c->{name} =~ /^(?:clock_gettime|gettimeofday|time|getcpu)$/;
		# how much depends on the processor's kinds of libraries; it is done when it unmaps its cache, or the program does something
		($started, $threaded) = (0, 0) if $c->{name} eq 'execve';
		$threaded ||= $c->{name} eq 'set_tid_address';
		$started ||= $threaded && $c->{name} !~ /^(?:set_tid_address|set_robust_list|rseq|mprotect|prlimit64|mmap)$/;
		next if !$started && $line =~ /^mmap\(NULL, \d+, PROT_READ\|PROT_WRITE, MAP_PRIVATE\|MAP_ANONYMOUS/;
		# digests and the auxiliary vector are no arguments
		@args = grep { !/^(?:content|image|interp|auxv|cpuid)=/ } @args if $ours;
		# what a call does not look at is not recorded: descriptor and offset of anonymous memory
		splice @args, 4, 2 if !$ours && $c->{name} eq 'mmap' && $args[3] =~ /MAP_ANONYMOUS/;
		# the value's name alone, not the number before it
		$c->{ret} =~ s/^0x[0-9a-f]+ \(flags (.*)\)$/$1/;
		# what poll and select have written
		$c->{ret} =~ s/ \(.*\)$// if $c->{name} =~ /^(?:p?poll|p?select6?)$/ && $c->{ret} !~ /^-1/;
		$c->{args} = [map { value($_) } @args];
		$c->{ret} = value($c->{ret});
		push @calls, $c;
	}
	return @calls;
}

# ---- comparing ----

my $bad = 0;

sub differ {
	my ($what, $ours, $theirs) = @_;
	print "$what\n  show:   $ours\n  strace: $theirs\n" if $bad++ < 40;
}

sub compare {
	my ($where, $call, $arg, $ours, $theirs) = @_;
	return if $ours eq $theirs;
	for my $e (@explained) {
		next unless $call =~ $e->{call} && $arg =~ $e->{arg} && $ours =~ $e->{ours} && $theirs =~ $e->{theirs};
		$e->{uses}++;
		return;
	}
	# of structs the fields that differ
	if ($ours =~ /^\{(.*)\}$/s) {
		my %ours = map { /^(\w+)=(.*)$/s ? ($1, $2) : () } pieces($1, ',');
		my %theirs = $theirs =~ /^\{(.*)\}$/s ? map { /^(\w+)=(.*)$/s ? ($1, $2) : () } pieces($1, ',') : ();
		if (%ours && %theirs && $arg !~ /\..*\./) {
			my %all = (%ours, %theirs);
			compare($where, $call, "$arg.$_", $ours{$_} // 'absent', $theirs{$_} // 'absent') for sort keys %all;
			return;
		}
	}
	# and of lists the members
	if ($ours =~ /^\[(\{.*\})\]$/s && $theirs =~ /^\[\{.*\}\]$/s) {
		my @ours = pieces(substr($ours, 1, -1), ' ');
		my @theirs = pieces(substr($theirs, 1, -1), ' ');
		if (@ours == @theirs) {
			compare($where, $call, $arg, $ours[$_], $theirs[$_]) for 0 .. $#ours;
			return;
		}
	}
	differ("$where: $call, argument $arg", $ours, $theirs);
}

my ($files, $compared) = (0, 0);
for my $file (@ARGV) {
	my @ours = calls("$file.show", 1);
	my @theirs = calls("$file.strace", 0);
	$files++;
	for (my $i = 0; $i < @ours || $i < @theirs; $i++) {
		my ($o, $t) = ($ours[$i], $theirs[$i]);
		if (!$o || !$t || $o->{name} ne $t->{name}) {
			differ("$file: call $i is another one", $o ? "$o->{name}(@{$o->{args}})" : 'none', $t ? "$t->{name}(@{$t->{args}})" : 'none');
			last;
		}
		my $n = @{ $o->{args} } > @{ $t->{args} } ? @{ $o->{args} } : @{ $t->{args} };
		compare("$file: call $i", $o->{name}, $_, $o->{args}[$_] // 'absent', $t->{args}[$_] // 'absent') for 0 .. $n - 1;
		compare("$file: call $i", $o->{name}, 'ret', $o->{ret}, $t->{ret});
		$compared++;
	}
}
for my $e (@explained) {
	next if $some || $e->{uses};    # one that depends on the machine need not come up
	print "explains nothing: $e->{text}\n";
	$bad++;
}
print "$compared calls of $files programs compared, $bad differences\n";
exit($bad ? 1 : 0);

__DATA__
# call	argument	ours	strace's	reason (patterns, whole; tabs between; ?: need not come up)
rseq	ret	-1 ENOSYS.*	0	the tracer answers it: a recording has no restartable sequences
newfstatat	2.st_rdev	makedev\(0, 0\)	absent	strace leaves out the device of what is none
getrandom	0	"(?:\\x..)*"	"(?:\\x..)*"	random
statx	2	(.*)	AT_STATX_SYNC_AS_STAT\|.*	strace names the 0 of a field that stands among flags
statx	4.stx_btime	0\.000000000s	absent	strace looks at the mask
statx	4.stx_(dio|atomic|subvol)\w*	\d+	absent	newer than strace 6.1
getdents64	1.d_reclen	absent	\d+	follows from the length of the name
SIG\w+	0.si_(errno|pid|uid|value)	0	absent	strace shows what the code calls for
rt_sigaction	2.sa_restorer	NULL	absent	no flag says that there is one
statfs|fstatfs	1.f_(bfree|bavail|ffree)	\d+	\d+	changes meanwhile
statfs|fstatfs	1.f_fsid	\d+	\{val=.*\}	one number for the policies
?statfs|fstatfs	1.f_type	EXT4_SUPER_MAGIC	EXT2_SUPER_MAGIC	names of one number
?sysinfo	0.(uptime|freeram|bufferram|procs|loads)	.*	.*	changes meanwhile
?sched_getaffinity	2	\[\d+\]	\[\d+ .*\]	the recorder keeps the program on one processor
mknodat	3	makedev\(0, 0\)	absent	the mode says that there is none
pselect6	ret	-1 EINTR.*	\? ERESTARTNOHAND.*	as the program sees it
pselect6|select	4	\{(?:left=.*, )?request=(.*)\}	(.*)	what was asked for and what was left are two fields
rt_sigreturn	0	absent	\{mask=.*	no argument
rt_sigreturn	ret	\?	-1 EINTR.*	the result of the interrupted call
newfstatat	2.st_size	0	absent	a device has none
read	1	"(?:\\\d{1,3}|\\.|[^\\]){4}"	"(?:\\\d{1,3}|\\.|[^\\]){4}"	Perl's random seed
socket	2	0	IPPROTO_IP	what a protocol's number means depends on the family
?setsockopt	3	"\\1\\0\\0\\0"	\[1]	an option without a description
p?poll	0.revents	.*	absent	strace shows what was written behind the result
?clock_nanosleep	3	ADDRESS\d+	absent	killed in it: nothing was written
