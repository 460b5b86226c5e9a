# Holds a SARIF log to the specification, as far as spolc uses it.  Used by sarif.sh.
#   perl sarif.pl LOG [JSON]    JSON: the same findings as `spolc --format=json` prints them (several objects may follow each other)
use strict;
use warnings;
use JSON::PP;

# The objects of SARIF 2.1.0 (OASIS standard, errata 01; sections 3.13 and following, and the published JSON schema): what an
# object must have (!), what it may have, and of which type.  No object may have a property that its row lacks.  {...}: one of
# these; [type]: a list; [type unique]: one without equal elements; <type>: an object whose keys are free; +N: at least N.
my %objects = (
	log => '$schema uri, version! {2.1.0}, runs! [run]',
	run => 'tool! tool, invocations [invocation], originalUriBaseIds <artifactLocation>, artifacts [artifact unique],
		results [result], defaultEncoding string, defaultSourceLanguage string, newlineSequences [string unique],
		columnKind {utf16CodeUnits unicodeCodePoints}, language string',
	tool => 'driver! toolComponent',
	toolComponent => 'name! string, version string, semanticVersion string, informationUri uri, organization string,
		rules [reportingDescriptor unique]',
	reportingDescriptor => 'id! string, name string, shortDescription multiformat, fullDescription multiformat,
		help multiformat, helpUri uri, defaultConfiguration reportingConfiguration',
	reportingConfiguration => 'enabled boolean, level {none note warning error}',
	multiformat => 'text! string, markdown string',
	message => 'text! string, markdown string',
	invocation => 'executionSuccessful! boolean, exitCode integer, toolExecutionNotifications [notification],
		workingDirectory artifactLocation, commandLine string, arguments [string]',
	notification => 'message! message, level {none note warning error}, locations [location unique]',
	artifact => 'location artifactLocation, length integer+-1, sourceLanguage string, encoding string,
		roles [role unique]',
	artifactLocation => 'uri uri-reference, uriBaseId string, index integer+-1',
	result => 'ruleId string, ruleIndex integer+-1, level {none note warning error}, message! message,
		kind {notApplicable pass fail review open informational},
		locations [location], relatedLocations [location unique], fixes [fix unique], suppressions [suppression unique]',
	location => 'id integer+-1, physicalLocation physicalLocation, message message',
	physicalLocation => 'artifactLocation! artifactLocation, region region, contextRegion region',
	region => 'startLine integer+1, startColumn integer+1, endLine integer+1, endColumn integer+1, charOffset integer+-1,
		charLength integer+0, byteOffset integer+-1, byteLength integer+0, snippet artifactContent',
	fix => 'artifactChanges! [artifactChange unique] 1, description message',
	artifactChange => 'artifactLocation! artifactLocation, replacements! [replacement] 1',
	replacement => 'deletedRegion! region, insertedContent artifactContent',
	artifactContent => 'text string, binary string',
	suppression => 'kind! {inSource external}, status {accepted underReview rejected}, justification string,
		location location',
);
my %rows;
for my $name (keys %objects) {
	for my $property (split /,\s*/, $objects{$name}) {
		my ($key, $must, $type) = $property =~ /^\s*(\S+?)(!?)\s+(.*?)\s*$/s or die "row: $property\n";
		$rows{$name}{$key} = [$must, $type];
	}
}

my $wrong = 0;
sub wrong { my ($where, $what) = @_; $wrong++; print "$where: $what\n" if $wrong < 40 }
my $canonical = JSON::PP->new->canonical->allow_nonref;

sub check {
	my ($v, $type, $at) = @_;
	if ($type =~ /^\{(.*)\}$/s) {
		wrong($at, "'" . ($v // 'null') . "' is none of: $1") unless !ref $v && defined $v && grep { $_ eq $v } split ' ', $1;
	} elsif ($type =~ /^\[(\S+?)( unique)?\](?: (\d+))?$/) {
		my ($of, $unique, $least, %seen) = ($1, $2, $3 // 0);
		return wrong($at, 'no list') unless ref $v eq 'ARRAY';
		wrong($at, "fewer than $least") if @$v < $least;
		for my $i (0 .. $#$v) {
			check($v->[$i], $of, "$at\[$i]");
			wrong("$at\[$i]", 'there already') if $unique && $seen{ $canonical->encode($v->[$i]) }++;
		}
	} elsif ($type =~ /^<(.*)>$/) {
		return wrong($at, 'no object') unless ref $v eq 'HASH';
		check($v->{$_}, $1, "$at.$_") for sort keys %$v;
	} elsif ($type =~ /^integer(?:\+(-?\d+))?$/) {
		my $least = $1;
		return wrong($at, 'no integer') unless !ref $v && defined $v && $canonical->encode($v) =~ /^-?\d+$/;
		wrong($at, "$v is less than $least") if defined $least && $v < $least;
	} elsif ($type eq 'boolean') {
		wrong($at, 'neither true nor false') unless JSON::PP::is_bool($v);
	} elsif ($type =~ /^(string|uri|uri-reference)$/) {
		return wrong($at, 'no string') unless !ref $v && defined $v && $canonical->encode($v) =~ /^"/;
		return if $type eq 'string';
		wrong($at, "no URI: $v") unless $v =~ m{^(?:[A-Za-z0-9\-._~:/?#\[\]\@!\$&'()*+,;=]|%[0-9A-Fa-f]{2})*$};
		wrong($at, "no absolute URI: $v") if $type eq 'uri' && $v !~ /^[a-z][a-z0-9+.-]*:/;
		wrong($at, "a relative URI that reads as a scheme: $v") if $v =~ m{^[^/]*:} && $v !~ m{^(?:file|https?):};
	} elsif ($rows{$type}) {
		my $rows = $rows{$type};
		return wrong($at, 'no object') unless ref $v eq 'HASH';
		for my $key (sort keys %$v) {
			$rows->{$key} ? check($v->{$key}, $rows->{$key}[1], "$at.$key") : wrong($at, "$type has no $key");
		}
		for my $key (sort keys %$rows) {
			wrong($at, "$key is missing") if $rows->{$key}[0] && !exists $v->{$key};
		}
	} else {
		die "no such type: $type\n";
	}
}

sub content { my ($path) = @_; open my $f, '<:raw', $path or return undef; local $/; return <$f> // '' }

my $text = content($ARGV[0]);
my $log = JSON::PP->new->utf8->decode($text);
check($log, 'log', 'log');
exit 1 if $wrong;

# ---- what no schema says ----
my $run = $log->{runs}[0];
wrong('runs', scalar(@{ $log->{runs} })) unless @{ $log->{runs} } == 1;
wrong('log', 'no results') unless $run->{results};
my $rules = $run->{tool}{driver}{rules};

sub path_of {
	my ($l, $at) = @_;
	my $uri = $l->{uri};
	wrong($at, "index and URI are not of one artifact") unless ($run->{artifacts}[ $l->{index} ]{location}{uri} // '') eq $uri;
	if (exists $l->{uriBaseId}) {
		my $base = $run->{originalUriBaseIds}{ $l->{uriBaseId} };
		return wrong($at, "no base $l->{uriBaseId}") unless $base;
		wrong($at, 'a base without slash') unless $base->{uri} =~ m{/$};
		wrong($at, 'an absolute URI with a base') if $uri =~ m{^[a-z]+:|^/};
		wrong($at, 'a URI that leaves its base') if $uri =~ m{(^|/)\.\.(/|$)};
		$uri = $base->{uri} . $uri;
	}
	$uri =~ s{^file://(?=/)}{} or return wrong($at, "no file: $uri");
	$uri =~ s/%(..)/chr hex $1/ge;
	return $uri;
}

# Characters of a text, one for each byte that is not UTF-8.
sub characters {
	my ($bytes) = @_;
	return $bytes =~ /([\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff])/gs;
}

my %lines; # by path: the characters of each line, with its newline, without a byte order mark
sub lines_of {
	my ($path) = @_;
	return $lines{$path} //= do {
		my $bytes = content($path) // '';
		my $bom = $bytes =~ s/^\xef\xbb\xbf// ? 3 : 0;
		{ bom => $bom, list => [ map { [ characters($_) ] } split /(?<=\n)/, $bytes, -1 ] };
	};
}

sub offset_of {
	my ($path, $line, $column, $at) = @_;
	my $l = lines_of($path);
	my $here = $l->{list}[ $line - 1 ];
	$here = [] if !$here && $line == @{ $l->{list} } + 1; # behind the last newline
	return wrong($at, "$path has no line $line") unless $here;
	return wrong($at, "$path:$line has no column $column") if $column > @$here + 1;
	my $offset = $l->{bom};
	$offset += length join '', @{ $l->{list}[$_] // [] } for 0 .. $line - 2;
	return $offset + length join '', @{$here}[ 0 .. $column - 2 ];
}

sub check_region {
	my ($path, $r, $at) = @_;
	return wrong($at, 'no bytes') unless exists $r->{byteOffset} && exists $r->{byteLength};
	return if !exists $r->{startLine} && $r->{byteOffset} < lines_of($path)->{bom};
	my $start = offset_of($path, $r->{startLine}, $r->{startColumn}, $at);
	my $end = offset_of($path, $r->{endLine}, $r->{endColumn}, $at);
	my $bom = lines_of($path)->{bom};
	my ($from, $to) = ($r->{byteOffset}, $r->{byteOffset} + $r->{byteLength});
	$_ < $bom and $_ = $bom for $from, $to;
	wrong($at, "lines and columns say $start-$end, bytes say $from-$to") if $start != $from || $end != $to;
}

sub check_location {
	my ($l, $at) = @_;
	my $p = $l->{physicalLocation} or return;
	my $path = path_of($p->{artifactLocation}, "$at.artifactLocation");
	check_region($path, $p->{region}, "$at.region");
	return $path;
}

my (@results, $i);
for my $r (@{ $run->{results} }) {
	my $at = 'results[' . ($i++ // 0) . ']';
	wrong($at, 'rule and its index differ') unless $rules->[ $r->{ruleIndex} ]{id} eq $r->{ruleId};
	wrong($at, 'not one place') unless @{ $r->{locations} } == 1;
	wrong($at, "a placeholder without argument: $r->{message}{text}") if $r->{message}{text} =~ /(?<!\{)(?:\{\{)*\{\d+\}/;
	wrong($at, "a link: $r->{message}{text}") if $r->{message}{text} =~ /(?<!\\)\]\(/;
	my $path = check_location($r->{locations}[0], "$at.locations[0]");
	my $n = 0;
	for my $l (@{ $r->{relatedLocations} // [] }) {
		wrong($at, 'a related location says nothing') unless $l->{message};
		check_location($l, "$at.relatedLocations[" . $n++ . ']');
	}
	for my $fix (@{ $r->{fixes} // [] }) {
		for my $change (@{ $fix->{artifactChanges} }) {
			my $of = path_of($change->{artifactLocation}, "$at.fixes");
			check_region($of, $_->{deletedRegion}, "$at.fixes") for @{ $change->{replacements} };
		}
	}
	my ($message) = split /\nhelp: /, $r->{message}{text};
	$message =~ s/(\{\{|\}\})/substr $1, 0, 1/ge;
	$message =~ s/\\\]\(/](/g;
	push @results, join ' ', $r->{ruleId}, $r->{level}, $r->{locations}[0]{physicalLocation}{region}{startLine},
		scalar(@{ $r->{fixes} // [] }), $message;
}
wrong('rules', 'one is there twice') if @$rules != keys %{ { map { $_->{id} => 1 } @$rules } };
my %used = map { $_->{ruleId} => 1 } @{ $run->{results} };
for my $rule (@$rules) {
	wrong($rule->{id}, 'a rule without results') unless $used{ $rule->{id} };
	wrong($rule->{id}, "no $_") for grep { !$rule->{$_} } qw(shortDescription fullDescription help defaultConfiguration);
}
for my $invocation (@{ $run->{invocations} }) {
	my $failed = grep { $_->{level} eq 'error' } @{ $invocation->{toolExecutionNotifications} // [] };
	wrong('invocation', 'success and notifications differ') if !!$failed == !!$invocation->{executionSuccessful};
}

# ---- the same as the JSON form ----
if ($ARGV[1]) {
	my ($stream, %seen) = (JSON::PP->new->utf8);
	my @expected;
	$stream->incr_parse(content($ARGV[1]));
	while (my $o = $stream->incr_parse) {
		for my $d (@{ $o->{diagnostics} }) {
			my $fix = $d->{edits} && !$d->{guess} ? 1 : 0;
			next if $seen{"$d->{code} $d->{file} $d->{line} $d->{column} $d->{end_line} $d->{end_column} $d->{message}"}++;
			push @expected, join ' ', $d->{code}, $d->{level}, $d->{line}, $fix, $d->{message};
		}
	}
	wrong('results', "these and the JSON form differ:\n  sarif: @results\n  json:  @expected") if "@results" ne "@expected";
}
printf "%d results, %d rules, %d artifacts\n", scalar @{ $run->{results} }, scalar @$rules, scalar @{ $run->{artifacts} } unless $wrong;
exit($wrong ? 1 : 0);
