// Families of requests that are no HTTP, nearly HTTP, or HTTP of two readings: for each family a
// list of [what it is, bytes]. A family in `mustRefuse` holds none that may be served.
const crlf = '\r\n';
const host = 'Host: tix';
const venues = 'GET /v1/venues HTTP/1.1';
const lines = (...all) => [...all, '', ''].join(crlf);
const get = (line, ...headers) => lines(line, host, ...headers);
const shown = (text) =>
    JSON.stringify(text.length > 40 ? `${text.slice(0, 37)}… ${text.length}` : text);

// A request inside another: its id must never be answered.
export const smuggledId = 'smuggled-request';
const smuggled = lines('GET /v1/events?limit=1 HTTP/1.1', host, `X-Request-Id: ${smuggledId}`);
const login = '{"email":"a@example.org","password":"x"}';
const post = (headers, body = '') => lines('POST /v1/orders HTTP/1.1', host,
    'Content-Type: application/json', ...headers) + body;
const chunk = (text) => `${text.length.toString(16)}${crlf}${text}${crlf}`;
const last = `0${crlf}${crlf}`;

const of = (list, make, name = shown) => list.map((one) => [name(one), make(one)]);
const bytes = (...codes) => codes.map((code) => String.fromCharCode(code));
const from = (first, end) => bytes(...Array.from({ length: end - first }, (_, n) => first + n));
const notToken = [...'(),/:;<=>?@[]{}"\\', ...from(1, 9), ...bytes(11, 12, 27, 31, 127, 128, 255)];
const controls = [...from(0, 9), ...bytes(11, 12), ...from(14, 32), '\x7f'];

const escapes = ['%', '%1', '%zz', '%0g', '%g0', '%-1', '%+1', '%u0041', '%00', '%ff', '%80',
    '%c0%80',
    '%c0%af', '%ed%a0%80', '%f4%90%80%80', '%e2%82', '%fe%ff', '%%30', 'a%00b'];
const oddEscapes = ['%0a', '%0d%0a', '%20', '%09', '%25', '%2500', '%252e%252e', '%7f', '%e2%80%ae',
    '+',
    '%2B', '%3f', '%23', '%5c', '%3b'];

const encodings = ['', ' ', 'chunked ', '\tchunked', 'Chunked', 'CHUNKED', 'chunked;q=1',
    '"chunked"',
    'chunked,', ',chunked', ', chunked', 'identity', 'identity, chunked', 'chunked, identity',
    'chunked, chunked', 'gzip, chunked', 'chunked, gzip', 'gzip', 'deflate', 'chunk', 'xchunked',
    'chunkedx', 'chunked x', 'trailers', 'x', '0', 'null', '\x0bchunked', 'chunked\x0b',
    '\x0cchunked',
    'chunked\x0c', '\0chunked', 'chunked\0', 'chunked\x80', '\xa0chunked', 'chun\tked'];

const lengths = ['', ' ', '-0', '+0', '-1', '+40', '0x28', '0b1', '4e1', '40.0', '40,', ',40',
    '40, 40',
    '40;40', '40 40', '40\t40', '4\t0', '40\0', '\0' + '40', '\x0b40', '40\x0c', '\xb2', 'null',
    'NaN',
    'infinity', '4_0', '"40"', '18446744073709551616', '18446744073709551656',
    '9223372036854775808',
    '340282366920938463463374607431768211496', '99999999999999999999999999'];

const sizes = ['', ' ', 'g', '-1', '+1', '0x1', ' 1', '1\x0b', '1\0', '1,1', '1.0', '\xb9',
    '1\r1',
    '1\n1', 'ffffffffffffffff', '10000000000000000', '10000000000000001', '7fffffffffffffff',
    '8000000000000000', 'fffffffffffffffffffffffffffffff'];
const extensions = ['1;', '1 x', '1;a', '1;a=b', '1;a="b"', '1 ;a=b', '1; a = b',
    '1;a="\\""', '1;\0',
    '1;a=\n',
    '1;a=\r', '1;a="\r\n"', `1;${'a'.repeat(200)}`, `1;${'a'.repeat(9000)}`, '1;;;;', '1;=', '01',
    '0001', '00000000000000000000000000000001', '1\t', '1\t;a'];

const hosts = ['', ' ', 'a b', 'a,b', 'a/b', 'a?b', 'a#b', 'a@b', 'a:b', 'a:99999', 'a:-1', '[::1',
    '::1]',
    '[::1]x', 'a\\b', '<a>', '"a"', 'a\0b', '..', '.', 'a..b', 'é', '%41', 'a%00b',
    `${'a'.repeat(300)}`];

const strangers = [
    ['the HTTP/2 preface and a frame',
    `PRI * HTTP/2.0${crlf}${crlf}SM${crlf}${crlf}\0\0\0\x04\0\0\0\0\0`],
    ['a TLS 1.3 hello', Buffer.from('1603010200010001fc0303', 'hex')],
    ['an SSLv2 hello', Buffer.from('802e0100020015000000100100800200', 'hex')],
    ['SSH', `SSH-2.0-OpenSSH_9.2${crlf}`], ['SMTP', `EHLO x${crlf}MAIL FROM:<a@b>${crlf}${crlf}`],
    ['Redis', `*1${crlf}$4${crlf}PING${crlf}${crlf}`], ['memcached', `stats${crlf}${crlf}`],
    ['PostgreSQL', Buffer.from('00000008 04d2162f'.replace(' ', ''), 'hex')],
    ['the PROXY protocol', `PROXY TCP4 10.0.0.1 10.0.0.2 1 2${crlf}${get(venues)}`],
    ['the PROXY protocol in binary', Buffer.from('0d0a0d0a000d0a515549540a2111000c', 'hex')],
    ['SOCKS 5', Buffer.from('050100', 'hex')], ['FastCGI', Buffer.from('0101000100080000', 'hex')],
    ['an answer', lines('HTTP/1.1 200 OK', 'Content-Length: 0')],
    ['zeros', Buffer.alloc(4096)], ['FF', Buffer.alloc(4096, 255)], ['JSON',
    `{"a":1}${crlf}${crlf}`],
    ['a request in UTF-16', Buffer.from(get(venues), 'utf16le')],
    ['a byte order mark', Buffer.from(`\ufeff${get(venues)}`)],
];

const versions = ['HTTP/0.0', 'HTTP/0.9', 'HTTP/01.1', 'HTTP/1', 'HTTP/1.', 'HTTP/.1', 'HTTP/11',
    'HTTP/1.1.1',
    'HTTP/1,1', 'HTTP/2', 'HTTP/2.0', 'HTTP/3.0', 'HTTP/-1.1', 'HTTP/+1.1', 'http/1.1', 'Http/1.1',
    'HTTPS/1.1', 'HTP/1.1', 'HTTP1.1', 'HTTP\\1.1', 'HTTP/ 1.1', 'HTTP /1.1', 'HTTP/1.1x',
    'HTTP/1.x',
    'HTTP/\xb9.1', 'HTTP/1.1 HTTP/1.1', 'ICY/1.0', 'RTSP/1.0', 'SIP/2.0', 'HTTP/1.1\0',
    'HTTP/4294967297.1',
    'HTTP/9999999999.1'];

export const mustRefuse = {
    'a method with a byte that no method has': of([...notToken, '\0', '\t'],
        (c) => get(`G${c}T /v1/venues HTTP/1.1`)),
    'a method that is not served': of(['get', 'Get', 'gET', 'GETT', 'GE', 'PROPFIND', 'MKCOL',
    'COPY', 'MOVE',
        'LOCK', 'UNLOCK', 'LINK', 'PURGE', 'SEARCH', 'REPORT', 'DEBUG', 'TRACE', 'TRACK', 'QUERY',
        'PRI',
        'A'.repeat(100), 'A'.repeat(9000)], (method) => get(`${method} /v1/venues HTTP/1.1`)),
    'a version that is none of ours': of(versions, (version) => get(`GET /v1/venues ${version}`)),
    'CONNECT': of(['tix:443', 'tix:99999', ':443', '[::1]:80', '/v1/venues', 'http://tix/', '*',
    '127.0.0.1:5432'],
        (target) => get(`CONNECT ${target} HTTP/1.1`)),
    'a broken escape in the path': of(escapes, (text) => get(`GET /v1/venues/${text} HTTP/1.1`)),
    'a broken escape in the query': of(escapes,
        (text) => get(`GET /v1/venues?limit=${text} HTTP/1.1`)),
    'a control byte in the target': of([...controls,
    '\t'], (c) => get(`GET /v1/ven${c}ues HTTP/1.1`)),
    'a Host that is none': of(['a b', 'a/b', 'a\0b'], (name) =>
        lines(venues, `Host: ${name}`)),
    'a length and an encoding': encodings.flatMap((text) => [
        [`length, then ${shown(text)}`, post(['Content-Length: 5', `Transfer-Encoding: ${text}`],
        last + smuggled)],
        [`${shown(text)}, then length`, post([`Transfer-Encoding: ${text}`, 'Content-Length: 5'],
        last + smuggled)],
    ]),
    'a length that is no number': of(lengths, (text) => post([`Content-Length: ${text}`],
    login + smuggled)),
    'two lengths': of([['40', '40'], ['40', '0'], ['0', '40'], ['40', '+40'], ['40', ' 40'], ['040',
    '40']],
        ([a, b]) => post([`Content-Length: ${a}`, `Content-Length: ${b}`],
        login + smuggled), String),
    'a chunk of no size': of(sizes, (text) =>
        post(['Transfer-Encoding: chunked'], `${text}${crlf}x${crlf}${last}`)),
    'what is no HTTP at all': strangers,
};

const targets = ['http://tix/v1/venues', 'HTTP://tix/v1/venues', 'https://tix/v1/venues',
    'ftp://tix/v1/venues',
    'http://other/v1/venues', 'http://user:pw@tix/v1/venues', 'http://tix:99999/v1/venues',
    'http:///v1/venues',
    'http:/v1/venues', 'http://', 'http://[::1]/v1/venues', 'file:///etc/passwd', 'javascript:1',
    '*', '?', '?a',
    '#', '/#', '/v1/venues#a', 'v1/venues', 'tix:80', '//v1/venues', '///', '/v1//venues',
    '/v1/venues//',
    '/./v1/venues', '/v1/./venues', '/v1/venues/.', '/v1/venues/..', '/v1/x/../venues',
    '/v1/..;/venues',
    '/v1/venues;a=b', '/v1;a/venues', '/v1\\venues', '\\v1\\venues', '/v1/%2e/venues',
    '/v1/x/%2e%2e/venues',
    '/v1/x/.%2e/venues', '/v1%2fvenues', '/%76%31/venues', '/v1/venues%2f', '/V1/VENUES',
    '/v1/venues ',
    ' /v1/venues', '/v1/venues?', '/v1/venues??limit=1', '/v1/venues?limit=1&limit=2',
    '/v1/venues?&&&',
    '/v1/venues?=1', '/v1/venues?%6cimit=1', '/v1/venues?limit', `/v1/venues?${'a&'.repeat(40)}`,
    `/${'a/'.repeat(100)}`, '/v1/venues/{venueId}', '/~', '/.git/config', '/.env',
    '/WEB-INF/web.xml',
    '/v1/venues%20HTTP/1.1', '/v1/venues\tHTTP/1.1', '/_edge/not_found', '/_edge/internal',
    '/_edge_session'];

// Ways to what is for operators alone; none may lead there through the edge.
export const metricsMark = 'tix_gateway_requests_total';
const hidden = ['/metrics', '/metrics?a', '/metrics/', '/metrics/.', '/./metrics', '//metrics',
    '/%6detrics',
    '/metrics%00', '/metrics%20', '/metrics;', '/METRICS', '/v1/../metrics', '/v1/%2e%2e/metrics',
    '/v1/..%2fmetrics', '/v1/%2e%2e%2fmetrics', '/v1/..%252fmetrics', '/v1/..%5cmetrics',
    '/v1/..\\metrics',
    '/webhook/../metrics', '/webhook/..%2fmetrics', '/webhook/%2e%2e/metrics',
    '/healthz/../metrics',
    '/v1/a/b/../../../metrics', '/v1/x/..;/../metrics', 'http://tix/metrics',
    'http://tix/v1/../metrics',
    '/v1/venues/../../metrics#', '/healthz%2f..%2fmetrics', '/api/health/../../metrics'];

const fields = ['X-A', 'X-A:', ':', ': a', 'X-A a', ' X-A: a', '\tX-A: a', 'X-A : a', 'X-A\t: a',
    'X A: a',
    'X-A:a:b', 'X-A:\ta', 'é: a', '\0: a', 'X-A\r: a', 'Content_Length: 5', 'Content-Length : 5',
    'Content Length: 5', 'Transfer_Encoding: chunked', 'Transfer-Encoding : chunked',
    ' Transfer-Encoding: chunked',
    'X-A: b\rTransfer-Encoding: chunked',
    'X-A: b\n\nGET / HTTP/1.1',
    'X-A: a\r\n b', 'X-A: a\r\n\tb', 'X-A: a\r\n \r\n b', `${host}${crlf} other`, 'Host: other',
    'host: tix',
    'Connection: close, Host', 'Connection: content-length', 'Connection: x-real-ip',
    'Connection: authorization',
    'Connection: keep-alive, close', 'Keep-Alive: timeout=-1', 'Proxy-Connection: keep-alive',
    'TE: trailers',
    'TE: chunked', 'Trailer: Content-Length', 'X-Real-IP: 10.0.0.1', 'X-Forwarded-For: 10.0.0.1',
    'X-Forwarded-Host: evil', 'Forwarded: for=10.0.0.1;host=evil', 'REMOTE_ADDR: 10.0.0.1',
    'X-Original-URL: /metrics',
    'X-Rewrite-URL: /metrics', 'X-HTTP-Method-Override: DELETE',
    'X-Accel-Redirect: /_edge/internal',
    'X-Accel-Buffering: no', 'X-Request-Id: a b', `X-Request-Id: ${'a'.repeat(65)}`,
    'Max-Forwards: 0', 'Via: 1.1 a',
    'Upgrade: h2c',
    `Upgrade: h2c${crlf}Connection: Upgrade, HTTP2-Settings${crlf}HTTP2-Settings: AAMAAABk`,
    ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Key: dGhl',
        'Sec-WebSocket-Version: 13'].join(crlf),
    `Upgrade: TLS/1.0${crlf}Connection: Upgrade`, 'Upgrade: HTTP/2.0, SHTTP/1.3, IRC/6.9',
    'Expect: 100-continue',
    'Expect: 100-Continue', 'Expect: 200-ok', 'Expect:', 'Expect: 100-continue, x',
    'Range: bytes=0-0', 'Range: bytes=-1',
    'Range: bytes=9-1', 'Range: bytes=0-18446744073709551615',
    `Range: bytes=${'0-0,'.repeat(500)}0-0`, 'Range: x',
    'If-Range: "x"', 'If-Match: *', 'If-None-Match: *', 'If-None-Match: W/"',
    'If-Modified-Since: never',
    'Accept: */*;q=-1', 'Accept: nonsense', `Accept: ${'a/b,'.repeat(1000)}a/b`,
    'Accept-Encoding: gzip;q=x',
    'Accept-Encoding: identity;q=0', 'Accept-Charset: x', 'Cookie: \x80',
    `Cookie: ${'a=b;'.repeat(1000)}`,
    'Authorization:', 'Authorization: Bearer', 'Authorization: Bearer ',
    'Authorization: Basic Og==',
    `Authorization: Bearer a.b.c${crlf}Authorization: Bearer a.b.c`, 'Content-Encoding: gzip',
    'Content-Encoding: br',
    'Content-Length: 0', 'Content-Length: 00'];

const many = (count, value = 'a') => Array.from({ length: count }, (_, n) => `X-${n}: ${value}`);

const limits = [7900, 7980, 7999, 8000, 8001, 8150, 8192, 8193, 16384, 32768];

// Each may be served or refused, once.
export const atMostOnce = {
    'a target of another form': of(targets, (target) => get(`GET ${target} HTTP/1.1`)),
    'a way to the metrics': of(hidden, (target) => get(`GET ${target} HTTP/1.1`)),
    'an odd escape': oddEscapes.flatMap((text) => [
        [`path ${text}`, get(`GET /v1/venues/${text} HTTP/1.1`)],
        [`query ${text}`, get(`GET /v1/venues?cursor=${text} HTTP/1.1`)]]),
    'a byte in the target that belongs escaped': of([...'"<>\\^`{|}', ...bytes(128, 192, 255)],
        (c) => get(`GET /v1/ven${c}ues HTTP/1.1`)),
    'a name with a byte that no name has': of(notToken, (c) => get(venues, `X${c}A: a`)),
    'a control byte in a value': of(controls, (c) => get(venues, `X-A: a${c}b`)),
    'an odd field': of(fields, (field) => get(venues, field)),
    'an odd Host': of(hosts, (name) => lines(venues, `Host: ${name}`)),
    'an encoding alone': of(encodings, (text) =>
        post([`Transfer-Encoding: ${text}`], chunk(login) + last)),
    'an encoding on a GET': of(['chunked', 'Chunked', 'identity', 'x',
        'x\nTransfer-Encoding: chunked'],
        (text) => get(venues, `Transfer-Encoding: ${text}`) + last),
    'a chunk with an extension': of(extensions, (text) =>
        post(['Transfer-Encoding: chunked'], `${text}${crlf}x${crlf}${last}`)),
    'chunks that do not end as they should': of([`1${crlf}x`, `1${crlf}x\n${last}`, `1\nx\n0\n\n`,
    `1${crlf}xy${crlf}${last}`,
        `1${crlf}${crlf}${last}`, `2${crlf}x${crlf}${last}`, `1${crlf}x${crlf}0${crlf}`,
        `1${crlf}x${crlf}0`, `0${crlf}x${crlf}${crlf}`,
        `0${crlf}Content-Length: 5${crlf}${crlf}`, `0${crlf}Host: other${crlf}${crlf}`,
        `0${crlf}Transfer-Encoding: chunked${crlf}${crlf}`,
        `0${crlf}nonsense${crlf}${crlf}`, `0${crlf} folded${crlf}${crlf}`,
        `0${crlf}${'A: b\r\n'.repeat(2000)}${crlf}`,
        `00${crlf}${crlf}`, `0;a=b${crlf}${crlf}`, `0\n\n`, `${'1\r\nx\r\n'.repeat(5000)}${last}`,
        `${last}${last}`],
        (body) => post(['Transfer-Encoding: chunked'], body)),
    'lines that end otherwise': of([
        `${venues}\n${host}\n\n`, `${venues}\n${host}${crlf}${crlf}`, `${venues}${crlf}${host}\n\n`,
        `${venues}${crlf}${host}\n${crlf}`,
        `${venues}\r${host}\r\r`, `${venues}\r${crlf}${host}${crlf}${crlf}`,
        `${venues}${crlf}${host}\r\r\n\r\n`,
        `${venues}${crlf}${host}${crlf}\n`, `\n${get(venues)}`, `\r${get(venues)}`,
        `${crlf}${get(venues)}`,
        `${crlf.repeat(5)}${get(venues)}`, `${crlf.repeat(5000)}`, ` ${get(venues)}`,
        `\t${get(venues)}`, `${venues} ${crlf}${host}${crlf}${crlf}`,
        `${venues}${crlf} ${host}${crlf}${crlf}`, `${venues}${crlf}${crlf}${host}${crlf}${crlf}`,
        `GET /v1/venues${crlf}${crlf}`, `GET${crlf}${crlf}`,
        `GET /v1/venues  HTTP/1.1${crlf}${host}${crlf}${crlf}`,
        `GET\t/v1/venues\tHTTP/1.1${crlf}${host}${crlf}${crlf}`,
        `GET /v1/venues\x0bHTTP/1.1${crlf}${host}${crlf}${crlf}`,
        `${venues}${crlf}${host}${crlf}X-A: a\x85${crlf}${crlf}`],
        (text) => text),
    'a size at a limit': [
        ...limits.map((size) => [`a line of ${size}`,
            get(`GET /v1/venues?cursor=${'a'.repeat(size - 31)} HTTP/1.1`)]),
        ...limits.map((size) => [`a value of ${size}`, get(venues,
        `X-A: ${'a'.repeat(size - 5)}`)]),
        ...limits.map((size) => [`a name of ${size}`, get(venues, `${'a'.repeat(size - 3)}: b`)]),
        ...[50, 58, 60, 63, 64, 65, 66, 100, 1000].map((count) => [`${count} fields`, get(venues,
        ...many(count))]),
        ...[14, 15, 16, 17, 32, 64].map((count) => [`${count} KiB of fields`, get(venues,
        ...many(count, 'a'.repeat(1000)))]),
        ...[65534, 65535, 65536, 65537, 65600].map((size) => [`a body of ${size}`,
            post([`Content-Length: ${size}`], ' '.repeat(size))]),
    ],
    'a body where none belongs': of(['GET', 'HEAD', 'OPTIONS', 'DELETE'], (method) =>
        lines(`${method} /v1/venues HTTP/1.1`, host,
        `Content-Length: ${smuggled.length}`) + smuggled),
    'a body with something behind it': [
        ['more than its length', post(['Content-Length: 40'], `${login}${login}`)],
        ['a body that expects', post(['Expect: 100-continue', 'Content-Length: 40'], login)],
        ['a body that expects, in HTTP/1.0', post(['Expect: 100-continue', 'Content-Length: 40'],
        login)
            .replace('HTTP/1.1', 'HTTP/1.0')],
        ['HTTP/1.0 with chunks', post(['Transfer-Encoding: chunked'],
        chunk(login) + last + smuggled)
            .replace('HTTP/1.1', 'HTTP/1.0')],
        ['HTTP/1.0 that stays', get(venues, 'Connection: keep-alive').replace('HTTP/1.1',
        'HTTP/1.0')],
    ],
};
