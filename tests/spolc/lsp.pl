#!/usr/bin/perl
# A client of spolc --lsp that also misbehaves: lsp.pl SPOLC FOLDER.  Prints "ok WHAT" and "not ok WHAT: why".
use strict;
use warnings;
use IPC::Open2;
use JSON::PP;

my ($spolc, $folder) = @ARGV;
my $json = JSON::PP->new->utf8->canonical;
my ($pid, $in, $out, $buffer, $next_id);
$SIG{PIPE} = 'IGNORE';
$SIG{ALRM} = sub { print "not ok a time-out\n"; kill 'KILL', $pid if $pid; exit 1 };

sub check {
    my ($what, $good, $detail) = @_;
    print $good ? "ok $what\n" : "not ok $what: " . ($detail // '') . "\n";
}

sub start {
    alarm 240;
    $pid = open2($out, $in, $spolc, '--lsp', @_);
    binmode $_ for $in, $out;
    ($buffer, $next_id) = ('', 1);
}

sub raw { print {$in} $_[0]; $in->flush }
sub frame { my $body = shift; return 'Content-Length: ' . length($body) . "\r\n\r\n" . $body }
sub notify { my ($method, $params) = @_; raw(frame($json->encode({ jsonrpc => '2.0', method => $method, params => $params }))) }

# the next message, or undef at the end
sub receive {
    while (1) {
        if ($buffer =~ /\A((?:[^\r\n]+\r\n)+\r\n)/) {
            my $head = $1;
            my ($length) = $head =~ /Content-Length: (\d+)/;
            if (length($buffer) >= length($head) + $length) {
                my $body = substr($buffer, length $head, $length);
                substr($buffer, 0, length($head) + $length) = '';
                return $json->decode($body);
            }
        }
        return undef unless sysread($out, $buffer, 65536, length $buffer);
    }
}

# the next message of this method (a notification) or with this id
sub wait_for {
    my $wanted = shift;
    while (my $m = receive()) {
        return $m if defined $m->{method} && $m->{method} eq $wanted;
        return $m if exists $m->{id} && !defined $m->{method} && ($m->{id} // 'null') eq $wanted;
    }
    return {};
}

sub request {
    my ($method, $params) = @_;
    my $id = $next_id++;
    raw(frame($json->encode({ jsonrpc => '2.0', id => $id, method => $method, params => $params // {} })));
    return wait_for($id);
}

sub end {
    close $in;
    1 while receive();
    waitpid $pid, 0;
    undef $pid;
    return $? & 127 ? 1000 + ($? & 127) : $? >> 8;
}

sub initialize { my $r = request('initialize', { capabilities => $_[0] // {} }); notify('initialized', {}); return $r }
sub uri { "file://$folder/$_[0]" }
sub open_text {
    my ($name, $text) = @_;
    notify('textDocument/didOpen', { textDocument => { uri => uri($name), languageId => 'spol', version => 1, text => $text } });
}
sub change {
    my ($name, $version, @changes) = @_;
    notify('textDocument/didChange', { textDocument => { uri => uri($name), version => $version }, contentChanges => \@changes });
}
sub at { my ($name, $line, $character) = @_; return { textDocument => { uri => uri($name) }, position => { line => $line, character => $character } } }
sub range { my @p = @_; return { start => { line => $p[0], character => $p[1] }, end => { line => $p[2], character => $p[3] } } }
sub published {
    my $name = shift;
    while (my $m = receive()) {
        return $m->{params} if ($m->{method} // '') eq 'textDocument/publishDiagnostics' && $m->{params}{uri} eq uri($name);
    }
    return { diagnostics => [] };
}
sub places { return join ' ', map { "$_->{code}\@$_->{range}{start}{line}:$_->{range}{start}{character}-$_->{range}{end}{character}" } @{ $_[0]{diagnostics} } }
sub labels { return join ' ', map { $_->{label} } @{ $_[0]{result}{items} // [] } }
sub code { return $_[0]{error} ? $_[0]{error}{code} : 'no error' }

# ---- the conversation ----

start();
check('a request before initialize', code(request('textDocument/hover', at('a', 0, 0))) == -32002);
my $r = initialize();
check('initialize', $r->{result}{capabilities}{positionEncoding} eq 'utf-16' && $r->{result}{serverInfo}{name} eq 'spolc');
check('initialize twice', code(request('initialize')) == -32600);
check('an unknown method', code(request('textDocument/nonsense')) == -32601);
check('an unknown $/ request', code(request('$/nonsense')) == -32601);
notify('$/nonsense', {});
notify('nonsense', [1]);
check('a document that is not open', code(request('textDocument/hover', at('a', 0, 0))) == -32602);
raw(frame('{"jsonrpc": "2.0", "id": 1, '));
check('bad JSON', code(wait_for('null')) == -32700);
raw(frame("\0\xff\xfe"));
check('bytes that are no JSON', code(wait_for('null')) == -32700);
raw(frame(''));
check('an empty body', code(wait_for('null')) == -32700);
raw(frame('[' x 100000));
check('deep JSON', code(wait_for('null')) == -32700);
raw(frame('[' . ('1,' x 300000) . '1]'));
check('too many values', code(wait_for('null')) == -32600);
raw(frame('[]'));
check('a batch', code(wait_for('null')) == -32600);
raw(frame('{"id": {"a": 1}, "method": "shutdown"}'));
check('an id that is none', code(wait_for('null')) == -32600);
raw(frame('{"id": 77}'));
check('a message without method', code(wait_for(77)) == -32600);
raw(frame('{"id": 78, "result": null}'));    # an answer to nothing
raw(frame('{"id": "text", "method": "textDocument/hover", "params": [1, 2]}'));
check('an id that is a text, parameters that are none', code(wait_for('text')) == -32602);
raw("Content-Type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-length:   46 \r\n\r\n" . '{"jsonrpc":"2.0","id":400,"method":"nonsense"}');
check('headers in any order and case', code(wait_for(400)) == -32601);
my $split = frame('{"jsonrpc":"2.0","id":401,"method":"nonsense"}') . frame('{"jsonrpc":"2.0","id":402,"method":"nonsense"}');
for my $byte (split //, $split) { raw($byte); select undef, undef, undef, 0.001 }
check('a message in single bytes', code(wait_for(401)) == -32601 && code(wait_for(402)) == -32601);
raw(frame('{"id":403,"method":"nonsense"}') . frame('{"id":404,"method":"nonsense"}') . frame('{"id":405,"method":"nonsense"}'));
check('messages in one piece', join(' ', map { code(wait_for($_)) } 403 .. 405) eq '-32601 -32601 -32601');
raw("Content-Length: 60000000\r\n\r\n" . (' ' x 60000000) . frame('{"id":406,"method":"nonsense"}'));
check('a message that is too large is skipped', code(wait_for('null')) == -32600 && code(wait_for(406)) == -32601);
raw(frame('{"id":500,"method":"textDocument/hover"}') . frame('{"id":501,"method":"nonsense"}')
    . frame('{"method":"$/cancelRequest","params":{"id":501}}') . frame('{"id":502,"method":"nonsense"}'));
check('a cancelled request', join(' ', map { code(wait_for($_)) } 500 .. 502) eq '-32602 -32800 -32601');
check('shutdown', exists request('shutdown')->{result});
check('a request after shutdown', code(request('textDocument/hover', at('a', 0, 0))) == -32600);
notify('exit');
check('exit after shutdown', end() == 0);

start(); initialize(); notify('exit');
check('exit without shutdown', end() == 1);
start(); notify('exit');
check('exit before initialize', end() == 1);
start(); initialize();
check('the end without exit', end() == 1);
for my $broken ("nonsense\r\n\r\n", "Content-Length: x\r\n\r\n", "Content-Length: -1\r\n\r\n", "Content-Type: a\r\n\r\n{}",
    "Content-Length: 99999999999999999999999\r\n\r\n", "\r\n\r\n", ('x' x 100000), "Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}") {
    start();
    raw($broken);
    check('broken headers: ' . substr($broken, 0, 30) =~ s/[\r\n]/ /gr, code(wait_for('null')) == -32700 && end() == 1);
}
start();
raw("Content-Length: 9000000000000000000\r\n\r\nabc");
check('an absurd length', code(wait_for('null')) == -32600 && end() == 1);
start(); initialize(); close $out;
raw(frame('{"id":1,"method":"nonsense"}'));
close $in; waitpid $pid, 0; undef $pid;
check('a client that does not listen', ($? & 127) == 0);

# ---- texts and findings ----

start(); initialize();
open_text('a.spol', "policy a 1;\ndefault: equal;\nread { buff: replay; }\n");
my $d = published('a.spol');
check('findings of a text', places($d) eq 'E1002@2:7-11' && $d->{version} == 1, places($d));
check('a finding', $d->{diagnostics}[0]{severity} == 1 && $d->{diagnostics}[0]{source} eq 'spolc'
    && $d->{diagnostics}[0]{message} =~ /has no field `buff`\nhelp: did you mean `buf`\?/);
change('a.spol', 2, { range => range(2, 10, 2, 11), text => '' });
check('a range is taken out', places($d = published('a.spol')) eq '' && $d->{version} == 2, places($d));
change('a.spol', 3, { range => range(2, 0, 2, 0), text => "# \x{20ac} \x{1f600}\r\n" }, { range => range(3, 7, 3, 10), text => 'b\x{e9}f' });
published('a.spol');
change('a.spol', 4, { text => "policy a 1;\ndefault: equal \"\x{1f600}\x{e9}\" if nonsense == 1 else equal;" });
check('characters beyond ASCII in UTF-16', places($d = published('a.spol')) =~ /E1006\@1:24-32/, places($d));
change('a.spol', 5, { range => range(1, 19, 1, 20), text => 'e' });
check('a range behind them', places($d = published('a.spol')) =~ /E1006\@1:24-32/, places($d));
change('a.spol', 6, { range => range(1, 24, 1, 32), text => 'command' });
check('a range behind them, again', places($d = published('a.spol')) !~ /E1006/, places($d));
change('a.spol', 7, { range => range(0, 5000, 90000, 0), text => ' nonsense' });
check('a range behind the end', places($d = published('a.spol')) eq 'E0014@0:20-20', places($d));
change('a.spol', 8, map { { text => "policy a $_;\ndefault: equal;\nread { buff: replay; }\n" } } 1 .. 50);
raw(frame('{"id":600,"method":"nonsense"}')) for 1 .. 20;
check('many texts at once', places(published('a.spol')) eq 'E1002@2:7-11');
for my $bad (range(3, 0, 1, 0), range(-1, 0, 0, 0), range(1e300, 0, 0, 0), { start => 5 }, [], 'x', { start => { line => 'a', character => {} }, end => undef }) {
    change('a.spol', 9, { range => $bad, text => 'x' });
    check('a range that makes no sense', wait_for('window/showMessage')->{params}{message} =~ /open the document again/);
    open_text('a.spol', "policy a 1;\ndefault: equal;\n");
}
for my $bad ({ contentChanges => 5 }, { textDocument => { uri => 5 } }, { textDocument => { uri => uri('a.spol') }, contentChanges => [ {} ] }, undef, 'text') {
    notify('textDocument/didChange', $bad);
    notify('textDocument/didOpen', $bad);
    notify('textDocument/didClose', $bad) unless ref $bad && $bad->{contentChanges};
}
open_text('a.spol', "policy a 1;\ndefault: equal;\n");
check('it still answers', code(request('nonsense')) == -32601);
notify('textDocument/didOpen', { textDocument => { uri => 'untitled:one', version => 1, text => "policy b 1;\n" } });
notify('textDocument/didOpen', { textDocument => { uri => 'file:///x%00y', version => 1, text => '' } });
notify('textDocument/didOpen', { textDocument => { uri => "file:///dev/zero", version => 1, text => 'policy' } });
notify('textDocument/didOpen', { textDocument => { uri => 'file://elsewhere/x', version => 1, text => '' } });
open_text('fifo.spol', "policy f 1;\nextends \"fifo\", \"/dev/stdin\", \"/dev/zero\", \".\";\ndefault: equal;\n");
check('files that would not end', places($d = published('fifo.spol')) =~ /^E1013\@1:8-14 E1013\S+ E1013\S+ E1013\S+/, places($d));
notify('textDocument/didOpen', { textDocument => { uri => uri('big.spol'), version => 1, text => '#' x (17 << 20) } });
check('a document that is too large', wait_for('window/showMessage')->{params}{message} =~ /larger than a policy may be/);
open_text("many$_.spol", "policy m 1;\n") for 1 .. 300;
check('too many documents', wait_for('window/showMessage')->{params}{message} =~ /too many documents/);
notify('textDocument/didClose', { textDocument => { uri => uri("many$_.spol") } }) for 1 .. 300;
check('closing clears the findings', do {
    open_text('c.spol', 'nonsense');
    published('c.spol');
    notify('textDocument/didClose', { textDocument => { uri => uri('c.spol') } });
    @{ published('c.spol')->{diagnostics} } == 0;
});
request('shutdown'); notify('exit');
check('the end', end() == 0);

# ---- several files ----

start(); initialize();
open_text('below.spol', "policy below 1;\nlet SLOP = 5s;\nset TEXTS = \"/proc/**\";\ndefault: equal;\nread { buf, ret: replay if fd.path in TEXTS; }\n");
published('below.spol');
my $above = "policy above 1;\nextends \"below.spol\";\nsysinfo { info.uptime: accept within SLOP; }\noverride read { ret, buf: replay; }\nread { bu }\n";
open_text('above.spol', $above);
$d = published('above.spol');
check('findings with a file below', places($d) eq 'E0014@4:10-11', places($d));
change('below.spol', 2, { text => "policy below 1;\nlet SLOP = ;\nset TEXTS = \"/proc/**\";\ndefault: equal;\nread { buf, ret: replay if fd.path in TEXTS; }\n" });
check('a finding below is told of the file below', places($d = published('below.spol')) =~ /^E0014\@1:11-12/, places($d));
notify('textDocument/didClose', { textDocument => { uri => uri('below.spol') } });
check('what was not saved is gone', places($d = published('below.spol')) eq '', places($d));
$r = request('textDocument/hover', at('above.spol', 2, 38));
check('hover over a let of the file below', $r->{result}{contents}{value} =~ /let SLOP = 7s;/ && $r->{result}{range}{start}{character} == 37, $json->encode($r));
$r = request('textDocument/definition', at('above.spol', 2, 38));
check('definition of it', $r->{result}{uri} eq uri('below.spol') && $r->{result}{range}{start}{line} == 1, $json->encode($r));
$r = request('textDocument/definition', at('above.spol', 1, 12));
check('definition of a file', $r->{result}{uri} eq uri('below.spol') && $r->{result}{range}{end}{character} == 0);
$r = request('textDocument/definition', at('above.spol', 3, 2));
check('definition of an override', $r->{result}{uri} eq uri('below.spol') && $r->{result}{range}{start}{line} == 4, $json->encode($r));
$r = labels(request('textDocument/completion', at('above.spol', 4, 9)));
check('completion', $r eq 'buf buf.addr', $r);
change('above.spol', 2, { range => range(1, 8, 1, 20), text => '"be' });
check('completion of files', labels($r = request('textDocument/completion', at('above.spol', 1, 11))) eq 'below.spol', $json->encode($r));
check('... names no other files', labels(request('textDocument/completion', at('above.spol', 1, 11))) !~ /above/);
change('above.spol', 3, { text => $above });
$r = request('textDocument/documentSymbol', { textDocument => { uri => uri('above.spol') } });
check('the outline', join(' ', map { $_->{name} } @{ $r->{result} }) =~ /^above below.spol sysinfo read/, $json->encode($r));
check('rename needs a let or set', code(request('textDocument/rename', { %{ at('above.spol', 0, 8) }, newName => 'X' })) == -32803);
check('rename in a file that is not open', code(request('textDocument/rename', { %{ at('above.spol', 2, 38) }, newName => 'X' })) == -32803);
open_text('below.spol', "policy below 1;\nlet SLOP = 5s;\ndefault: equal;\nread { buf, ret: replay if fd == 7; }\n");
check('rename needs files that parse', request('textDocument/rename', { %{ at('above.spol', 2, 38) }, newName => 'X' })->{error}{message} =~ /syntax/);
change('above.spol', 4, { text => $above =~ s/read \{ bu \}\n//r });
check('rename to a keyword', code(request('textDocument/rename', { %{ at('above.spol', 2, 38) }, newName => 'replay' })) == -32803);
$r = request('textDocument/rename', { %{ at('above.spol', 2, 38) }, newName => 'WAIT' });
check('rename', join(' ', map { "$_:" . scalar @{ $r->{result}{changes}{$_} } } sort keys %{ $r->{result}{changes} // {} })
    eq uri('above.spol') . ':1 ' . uri('below.spol') . ':1', $json->encode($r));
$r = request('textDocument/references', { %{ at('below.spol', 1, 5) }, context => { includeDeclaration => JSON::PP::true } });
check('references from where it is defined', @{ $r->{result} } == 2, $json->encode($r));
$r = request('textDocument/prepareRename', at('above.spol', 2, 38));
check('what would be renamed', $r->{result}{start}{character} == 37 && $r->{result}{end}{character} == 41);
change('below.spol', 3, { text => "policy below 1;\n# \x{1f600}\nread {buf:replay ;} # \x{e9}\n" });
$r = request('textDocument/formatting', { textDocument => { uri => uri('below.spol') }, options => {} });
check('formatting', @{ $r->{result} } == 1 && $r->{result}[0]{newText} eq ' buf: replay; ' && $r->{result}[0]{range}{start}{line} == 2
    && $r->{result}[0]{range}{start}{character} == 6 && $r->{result}[0]{range}{end}{character} == 18, $json->encode($r));
change('below.spol', 4, { text => "policy below 1;\nread { buf: replay; }\n" });
check('nothing to format', @{ request('textDocument/formatting', { textDocument => { uri => uri('below.spol') } })->{result} } == 0);
change('below.spol', 5, { text => "policy below 1;\nread { buf: replay \n" });
check('what does not parse has no layout', code(request('textDocument/formatting', { textDocument => { uri => uri('below.spol') } })) == -32803);
change('below.spol', 6, { text => "policy below 1;\nlet SLOP = 5s;\ndefault: equal;\nread { buf, ret: replay if fd == 7; }\n" });
change('above.spol', 5, { text => "policy above 1;\nextends \"below.spol\";\nread { buf: replay }\n" });
$d = published('above.spol');
$d = published('above.spol') while places($d) !~ /E0013/;
$r = request('textDocument/codeAction', { textDocument => { uri => uri('above.spol') }, range => range(2, 0, 2, 30), context => { diagnostics => [] } });
my ($fix) = grep { $_->{title} eq 'Insert `;`' } @{ $r->{result} };
check('a quick fix', $fix && $fix->{isPreferred} && $fix->{diagnostics}[0]{code} eq 'E0013'
    && $fix->{edit}{changes}{ uri('above.spol') }[0]{newText} eq ';', $json->encode($r));
$r = request('textDocument/codeAction', { textDocument => { uri => uri('above.spol') }, range => range(2, 0, 2, 30), context => { only => ['refactor'] } });
check('no quick fix where none is asked for', @{ $r->{result} } == 0);
open_text('later.spol', "policy later 1;\nextends \"soon.spol\";\n");
check('a file that is not there', places($d = published('later.spol')) =~ /^E1013/, places($d));
open_text('soon.spol', "policy soon 1;\ndefault: equal;\n");
check('... and is, once it is open', places($d = published('later.spol')) eq '', places($d));
change('soon.spol', 2, { text => "policy soon 1;\ndefault: equal;\nlet A = \n" });
published('soon.spol');
change('later.spol', 2, { text => "policy later 1;\nextends \"soon.spol\";\nlet A = 1;\n" });
check('a name that is taken below', places($d = published('later.spol')) =~ /E1008\@2:4-5/, places($d));
change('soon.spol', 3, { text => "policy soon 1;\ndefault: equal;\n" });
check('... and free again', places($d = published('later.spol')) !~ /E1008/, places($d));
request('shutdown'); notify('exit');
check('the end of several files', end() == 0);

# ---- bytes as characters; -W ----

start(); $r = initialize({ general => { positionEncodings => [ 'utf-32', 'utf-8' ] } });
check('utf-8 is taken when offered', $r->{result}{capabilities}{positionEncoding} eq 'utf-8');
open_text('u.spol', "policy u 1;\ndefault: equal \"\x{1f600}\x{e9}\" if nonsense == 1 else equal;");
check('places in bytes', places($d = published('u.spol')) =~ /E1006\@1:27-35/, places($d));
change('u.spol', 2, { range => range(1, 27, 1, 35), text => 'command' });
check('a range in bytes', places($d = published('u.spol')) !~ /E1006/, places($d));
end();
for my $w ([], ['-W', 'no-W1004']) {
    start(@$w); initialize();
    open_text('w.spol', "policy w 1;\nlet UNUSED = 1;\ndefault: equal;\n");
    check("warnings with @$w", places($d = published('w.spol')) eq (@$w ? '' : 'W1004@1:4-10'), places($d));
    end();
}

# ---- a long session keeps its size ----

sub size { open my $f, '<', "/proc/$pid/statm" or return 0; return (split ' ', <$f>)[1] * 4096 }
start(); initialize();
open_text('long.spol', "policy l 1;\nextends \"strict.spol\";\n");
my $first;
for my $i (1 .. 400) {
    change('long.spol', $i, { range => range(2, 0, 2, 0), text => 'x' });
    request('textDocument/completion', at('long.spol', 2, 1));
    request('textDocument/hover', at('long.spol', 1, 3));
    change('long.spol', $i, { range => range(2, 0, 2, 1), text => '' });
    published('long.spol');
    $first = size() if $i == 100;
}
check('a long session does not grow', size() < $first + (8 << 20), "from $first to " . size());
request('shutdown'); notify('exit');
check('the end of it', end() == 0);
