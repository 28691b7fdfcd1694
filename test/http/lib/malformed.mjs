// Requests that are no HTTP, or HTTP of two readings: [what is wrong with it, bytes].
const crlf = '\r\n';
const get = (line, ...headers) => [line, ...headers, '', ''].join(crlf);
const host = 'Host: tix';
const venues = 'GET /v1/venues HTTP/1.1';
const post = (headers, body = '') =>
    ['POST /v1/auth/login HTTP/1.1', host, 'Content-Type: application/json', ...headers, '', body]
        .join(crlf);
const login = '{"email":"a@example.org","password":"x"}';
const smuggled = get('GET /v1/events?smuggled HTTP/1.1', host);
const hex = (text) => text.length.toString(16);

// One request each; it must be refused with a 4xx.
export const refused = [
    ['a TLS hello', Buffer.from('16030100a5010000a1030352362c10', 'hex')],
    ['no HTTP at all', 'EHLO example.org\r\n\r\n'],
    ['only spaces', `     ${crlf}${crlf}`],
    ['a request line of one word', get('GET', host)],
    ['no version', get('GET /v1/venues HTTP', host)],
    ['a version of letters', get('GET /v1/venues HTTP/x.y', host)],
    ['a version of the future', get('GET /v1/venues HTTP/9.9', host)],
    ['the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a method in small letters', get('get /v1/venues HTTP/1.1', host)],
    ['a method with a NUL', get('GE\0T /v1/venues HTTP/1.1', host)],
    ['a method nobody knows', get('BREW /v1/venues HTTP/1.1', host)],
    ['CONNECT', get('CONNECT example.org:443 HTTP/1.1', host)],
    ['TRACE', get('TRACE /v1/venues HTTP/1.1', host)],
    ['a URI without a slash', get('GET v1/venues HTTP/1.1', host)],
    ['a NUL in the URI', get('GET /v1/ven\0ues HTTP/1.1', host)],
    ['%00 in the path', get('GET /v1/venues/%00 HTTP/1.1', host)],
    ['a bad escape in the path', get('GET /v1/venues/%zz HTTP/1.1', host)],
    ['half an escape', get('GET /v1/venues/%4 HTTP/1.1', host)],
    ['bad UTF-8 in the path', get('GET /v1/venues/%c0%af%ff HTTP/1.1', host)],
    ['a bad escape in the query', get('GET /v1/venues?limit=%zz HTTP/1.1', host)],
    ['a path out of the root', get('GET /../../etc/passwd HTTP/1.1', host)],
    ['a path past the API', get('GET /v1/../../metrics HTTP/1.1', host)],
    ['an escaped path past the API', get('GET /v1/%2e%2e/metrics HTTP/1.1', host)],
    ['a URI of 9 KiB', get(`GET /v1/venues?limit=${'1'.repeat(9 * 1024)} HTTP/1.1`, host)],
    ['a URI of 64 KiB', get(`GET /${'a'.repeat(64 * 1024)} HTTP/1.1`, host)],
    ['no Host', get(venues)],
    ['two Hosts', get(venues, host, 'Host: other')],
    ['a Host of two words', get(venues, 'Host: a b')],
    ['a NUL in a value', get(venues, host, 'X-A: a\0b')],
    ['a NUL in a name', get(venues, host, 'X-\0A: a')],
    ['a header of 20 KiB', get(venues, host, `X-A: ${'a'.repeat(20 * 1024)}`)],
    ['a hundred headers of 1 KiB', get(venues, host,
        ...Array.from({ length: 100 }, (_, n) => `X-${n}: ${'a'.repeat(1024)}`))],
    ['a length that is no number', post(['Content-Length: abc'])],
    ['a negative length', post(['Content-Length: -1'])],
    ['a length with a sign', post(['Content-Length: +40'], login)],
    ['a length in hex', post(['Content-Length: 0x28'], login)],
    ['two lengths in one', post(['Content-Length: 40, 40'], login)],
    ['a length that overflows', post(['Content-Length: 99999999999999999999'], login)],
    ['two equal lengths', post(['Content-Length: 40', 'Content-Length: 40'], login)],
    ['two lengths', post(['Content-Length: 40', 'Content-Length: 4'], login)],
    ['a length and chunks', post(['Content-Length: 5', 'Transfer-Encoding: chunked'],
        `0${crlf}${crlf}${smuggled}`)],
    ['chunks and a length', post(['Transfer-Encoding: chunked', 'Content-Length: 5'],
        `0${crlf}${crlf}${smuggled}`)],
    ['chunks twice', post(['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
        `0${crlf}${crlf}`)],
    ['chunks and something', post(['Transfer-Encoding: chunked, identity'], `0${crlf}${crlf}`)],
    ['an unknown encoding', post(['Transfer-Encoding: xchunked'], `0${crlf}${crlf}`)],
    ['an encoding with a control byte', post(['Transfer-Encoding: \x0bchunked'],
        `0${crlf}${crlf}`)],
    ['chunks in HTTP/1.0', post(['Transfer-Encoding: chunked'], `0${crlf}${crlf}`)
        .replace('HTTP/1.1', 'HTTP/1.0')],
    ['a chunk size that is no number', post(['Transfer-Encoding: chunked'], `zz${crlf}x${crlf}`)],
    ['a negative chunk', post(['Transfer-Encoding: chunked'], `-1${crlf}x${crlf}`)],
    ['a chunk that overflows', post(['Transfer-Encoding: chunked'],
        `fffffffffffffffff${crlf}x${crlf}`)],
    ['a chunk longer than its size', post(['Transfer-Encoding: chunked'],
        `3${crlf}abcdef${crlf}0${crlf}${crlf}`)],
    ['a body of 70 000 bytes', post(['Content-Length: 70000'], 'a'.repeat(70000))],
    ['a body of a terabyte, announced', post(['Content-Length: 1099511627776'])],
    ['chunks of 100 KiB', post(['Transfer-Encoding: chunked'],
        `${hex('a'.repeat(102400))}${crlf}${'a'.repeat(102400)}${crlf}0${crlf}${crlf}`)],
    ['no length and no chunks', post([], '')],
    ['a form', post(['Content-Length: 40'], login)
        .replace('application/json', 'application/x-www-form-urlencoded')],
    ['no type', post(['Content-Length: 40'], login).replace(/Content-Type: [^\r]*\r\n/, '')],
    ['another character set', post(['Content-Length: 40'], login)
        .replace('application/json', 'application/json; charset=utf-16')],
];

// Requests that a lenient server reads in one way: one answer of any kind but 5xx, never two.
export const oneReading = [
    ['line feeds only', `${venues}\n${host}\n\n`],
    ['a folded header', get(venues, host, 'X-A: a', ' Host: other')],
    ['a space before the colon', get(venues, host, 'X-A : a')],
    ['a name with a space', get(venues, host, 'X A: a')],
    ['a header without a colon', get(venues, host, 'nonsense')],
    ['a bare carriage return', get(venues, host, 'X-A: a\rHost: other')],
    ['two spaces in the request line', get('GET  /v1/venues HTTP/1.1', host)],
    ['the absolute form', get('GET http://other.example/v1/venues HTTP/1.1', host)],
    ['a header that names the peer', get(venues, host, 'REMOTE_ADDR: 10.0.0.1')],
    ['a chunk with a long extension', post(['Transfer-Encoding: chunked'],
        `${hex(login)};a=${'b'.repeat(4000)}${crlf}${login}${crlf}0${crlf}${crlf}`)],
    ['a chunk with line feeds only', post(['Transfer-Encoding: chunked'],
        `${hex(login)}\n${login}\n0\n\n`)],
    ['a body on a GET', `${get(venues, host, 'Content-Length: 5')}hello`],
    ['a request hidden in a body', `${get(venues, host, `Content-Length: ${smuggled.length}`)}${
        smuggled}`],
];
