# edge_requests.pl PORT: sends the edge raw bytes and prints what it should not have answered.
# Each request has one reading or none: exactly one answer, with the status that is expected.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(time);

my $port = shift or die "which port?\n";
my $faults = 0;

# Sends bytes and returns all that comes back within the time, and how long that took.
sub converse {
    my ($bytes, $seconds) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port)
        or die "the edge does not listen on port $port\n";
    my ($start, $answer) = (time, '');
    my $select = IO::Select->new($socket);
    local $SIG{PIPE} = 'IGNORE';
    $socket->syswrite($bytes);
    while ((my $left = $seconds - (time - $start)) > 0) {
        last if !$select->can_read($left);
        my $got = $socket->sysread(my $part, 65536);
        last if !$got;
        $answer .= $part;
    }
    return ($answer, time - $start);
}

# expect NAME, STATUS, BYTES: STATUS is a pattern; an error must be problem+json.
sub expect {
    my ($name, $status, $bytes) = @_;
    my ($answer) = converse($bytes, 0.4);
    my @answers = $answer =~ m{^HTTP/1\.1 ([0-9]{3})}mg;
    my $right = @answers == 1 && $answers[0] =~ /^(?:$status)$/;
    if ($status =~ /^4/) {
        $right &&= $answer =~ m{^Content-Type: application/problem\+json}m;
        $right &&= $answer =~ m{"requestId":"[A-Za-z0-9._-]+"};
    }
    return if $right;
    print "$name: expected one $status, got ", (join(' ', @answers) || 'nothing'), "\n";
    $faults++;
    return;
}

sub request {
    my ($method, $path, $body, @lines) = @_;
    return join("\r\n", "$method $path HTTP/1.1", 'Host: edge', @lines, '', $body);
}
sub post { my ($body, @lines) = @_; return request('POST', '/v1/nowhere', $body, @lines); }

my $any     = '2..|401|404|405|415';
my $chunked = 'Transfer-Encoding: chunked';
my $smuggle = "GET /metrics HTTP/1.1\r\nHost: edge\r\n\r\n";
my $length  = 'Content-Length: ' . length $smuggle;

# Two framings, or one that is no framing.
expect('length and chunks', 400, post("0\r\n\r\nG", 'Content-Length: 6', $chunked));
expect('chunks and length', 400, post("0\r\n\r\nG", $chunked, 'Content-Length: 6'));
expect('two lengths', 400, post('hello', 'Content-Length: 0', 'Content-Length: 5'));
expect('one length twice', 400, post('hello', 'Content-Length: 5', 'Content-Length: 5'));
for my $value ('5, 5', '+5', '-1', '0x5', '5 5', '9' x 20) {
    expect("length $value", 400, post('hello', "Content-Length: $value"));
}
for my $value ('xchunked', 'chunked, identity', "\x0bchunked", 'gzip') {
    expect("encoding $value", 400, post("0\r\n\r\n", "Transfer-Encoding: $value"));
}
expect('two encodings', 400, post("0\r\n\r\n", $chunked, 'Transfer-Encoding: identity'));
expect('folded header', 400, post('hello', 'X-A: b', ' Content-Length: 5'));
expect('folded length', 400, post('hello', 'Content-Length:', ' 5'));
expect('blank before colon', 400, post('hello', 'Content-Length : 5'));
expect('bare CR', 400, post('', "X-A: b\rContent-Length: 5"));
expect('NUL in a header', 400, post('', "X-A: b\0c"));
expect('no host', 400, "GET /v1/events HTTP/1.1\r\n\r\n");
expect('two hosts', 400, request('GET', '/v1/events', '', 'Host: other'));
expect('blank in the target', 400, request('GET', '/v1/a b', ''));
expect('another version', 400, "GET /v1/events HTTP/9.1\r\nHost: edge\r\n\r\n");
expect('not HTTP', 400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n");

# Chunks.
expect('chunk size in letters', 400, post("zz\r\nhello\r\n0\r\n\r\n", $chunked));
expect('chunk size too large', 400, post("fffffffffffffffff\r\nhello\r\n0\r\n\r\n", $chunked));
expect('chunk without end', 400, post("5\r\nhelloXX0\r\n\r\n", $chunked));
expect('good chunks', $any, post("5\r\nhello\r\n0\r\n\r\n", $chunked));
expect('trailer', $any, post("5\r\nhello\r\n0\r\nContent-Length: 7\r\n\r\n", $chunked));

# A body where none belongs would be the next request of somebody else.
for my $method (qw(GET OPTIONS)) {
    expect("$method with a body", 400, request($method, '/v1/events', $smuggle, $length));
    expect("$method with chunks", 400, request($method, '/v1/events', "0\r\n\r\n", $chunked));
}
# No body where one may be is no reason to wait.
expect("$_ without a length", $any, request($_, '/v1/nowhere', '')) for qw(POST PATCH DELETE);

# Too large, in every way.
expect('long header', 431, request('GET', '/v1/events', '', 'X-A: ' . 'a' x 9000));
my @many = map { "X-$_: " . 'a' x 4000 } 1 .. 12;
expect('many headers', 431, request('GET', '/v1/events', '', @many));
expect('long target', 414, request('GET', '/v1/' . 'a' x 9000, ''));
expect('long body', 413, post('', 'Content-Length: 65537'));
expect('long chunks', 413, post("11000\r\n" . 'a' x 0x11000 . "\r\n0\r\n\r\n", $chunked));
expect('packed body', 415, post('hello', 'Content-Length: 5', 'Content-Encoding: gzip'));

# What is private stays private, however it is written.
for my $path ('/metrics', '/v1/../metrics', '/v1/%2e%2e/metrics', '/%6detrics', '/nchan_status',
    '/publish/00000000-0000-4000-8000-000000000001', '/_edge/internal') {
    expect("GET $path", 404, request('GET', $path, ''));
}
expect('TRACE', 405, request('TRACE', '/v1/events', ''));

# Slow ones are cut: nothing is answered, the connection ends.
for my $slow (
    [ 'slow head', "GET /v1/events HTTP/1.1\r\nHost: edge\r\n" ],
    [ 'slow body', post('abc', 'Content-Length: 10') ],
) {
    my ($answer, $seconds) = converse($slow->[1], 8);
    next if $answer eq '' && $seconds > 4 && $seconds < 7;
    printf "%s: was not cut after 5 s but after %.1f s\n", $slow->[0], $seconds;
    $faults++;
}

exit($faults ? 1 : 0);
