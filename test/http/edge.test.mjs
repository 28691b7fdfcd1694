// The edge alone, with a gateway that does what the test wants: TLS, origins, addresses, rates, and
// what it keeps.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { problem, sleep, wellFormedProblem } from './lib/client.mjs';
import { ask, ask2, freshClient, startEdge } from './lib/edge.mjs';

const session = '/v1/sessions/00000000-0000-4000-8000-000000000001';
const shop = 'https://shop.example';
const octets = { accept: 'application/octet-stream' };
let edge;
let seen = [];
let mood = {};

function gateway(request, response, body) {
    seen.push({ method: request.method, url: request.url, headers: request.headers, body });
    if (mood.dead) return request.socket.destroy();
    response.setHeader('Cache-Control', 'no-cache');
    response.setHeader('X-Request-Id', request.headers['x-request-id'] ?? '');
    response.setHeader('RateLimit-Remaining', '7');
    if (mood.status) {
        response.writeHead(mood.status, { 'Retry-After': '1',
            'Content-Type': 'application/problem+json' });
        return response.end('{}');
    }
    if (request.url.includes('/seats')) {
        response.setHeader('ETag', mood.tag ?? '"17"');
        response.setHeader('X-Accel-Expires', `@${Math.floor(Date.now() / 1000)}`);
        response.setHeader('Content-Type', 'application/octet-stream');
        if (request.headers['if-none-match'] === (mood.tag ?? '"17"')) {
            return response.writeHead(304).end();
        }
        return setTimeout(() => response.end(Buffer.alloc(5000, 1)), 100);
    }
    response.setHeader('Content-Type', 'application/json');
    if (request.method === 'GET') response.setHeader('X-Accel-Expires', '@1');
    return response.end(JSON.stringify({ data: { method: request.method, url: request.url } }));
}

before(async () => { edge = await startEdge(gateway); });
after(() => edge.stop());

const about = (path) => seen.filter(({ url }) => url.startsWith(path));
const get = (path, options) => ask(edge.plain + path, options);
// The next second, so that what is kept until this one's end is gone.
const nextSecond = () => sleep(1010 - (Date.now() % 1000) + 1000);

function handshake(options) {
    return new Promise((resolve) => {
        const socket = tls.connect({ port: edge.tlsPort, host: '127.0.0.1', ca: edge.certificate,
            servername: 'localhost', ...options }, () => {
            resolve({ protocol: socket.getProtocol(), alpn: socket.alpnProtocol });
            socket.destroy();
        });
        socket.on('error', (error) => resolve({ error: error.code }));
    });
}

test('TLS is 1.2 or 1.3, nothing older, and speaks HTTP/2', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3']) {
        const got = await handshake({ minVersion: version, maxVersion: version,
            ALPNProtocols: ['h2', 'http/1.1'] });
        assert.deepEqual(got, { protocol: version, alpn: 'h2' });
    }
    for (const version of ['TLSv1', 'TLSv1.1']) {
        const got = await handshake({ minVersion: version, maxVersion: version,
            ciphers: 'DEFAULT@SECLEVEL=0' });
        assert.ok(got.error, `${version} is taken`);
    }
    const weak = await handshake({ maxVersion: 'TLSv1.2',
        ciphers: 'AES128-SHA:ECDHE-ECDSA-AES128-SHA' });
    assert.ok(weak.error, 'a cipher without authenticated encryption is taken');
});

test('only by TLS it is said that TLS is wanted', async () => {
    const secure = await ask(`${edge.tls}/v1/events`, { ca: edge.certificate });
    assert.match(secure.headers['strict-transport-security'], /^max-age=\d{7,}/);
    const plain = await get('/v1/events');
    assert.equal(plain.headers['strict-transport-security'], undefined);
    for (const got of [secure, plain, await get('/nowhere')]) {
        assert.equal(got.headers['x-content-type-options'], 'nosniff');
        assert.equal(got.headers['x-frame-options'], 'DENY');
        assert.match(got.headers['content-security-policy'], /default-src 'self'/);
        assert.equal(got.headers['referrer-policy'], 'no-referrer');
    }
});

test('a body of HTTP/2 arrives whole and with its length, named or not', async () => {
    for (const length of [undefined, 11]) {
        seen = [];
        const headers = { ':method': 'POST', ':path': '/v1/orders',
            'content-type': 'application/json' };
        if (length) headers['content-length'] = length;
        const got = await ask2(edge, headers, '{"a":"bcd"}');
        assert.equal(got.status, 200);
        assert.equal(seen.length, 1);
        assert.equal(seen[0].headers['content-length'], '11');
        assert.equal(seen[0].headers['transfer-encoding'], undefined);
        assert.equal(seen[0].body.toString(), '{"a":"bcd"}');
    }
    seen = [];
    await ask2(edge, { ':method': 'GET', ':path': '/v1/orders' },
        'GET /v1/smuggled HTTP/1.1\r\n\r\n');
    assert.deepEqual(about('/v1/smuggled'), []);
    assert.equal((await ask2(edge, { ':method': 'POST', ':path': '/v1/orders',
        'content-length': 0 }, '')).status, 200);
});

test('a page of a listed origin may use the API, and is told so without the gateway', async () => {
    const preflight = (origin, headers = {}) => get('/v1/orders', { method: 'OPTIONS', headers: {
        origin, 'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,idempotency-key', ...headers } });
    seen = [];
    const asked = await preflight(shop);
    assert.equal(asked.status, 204);
    assert.equal(asked.headers['access-control-allow-origin'], shop);
    assert.match(asked.headers['access-control-allow-methods'], /\bPOST\b/);
    assert.match(asked.headers['access-control-allow-headers'], /Authorization.*Idempotency-Key/);
    assert.equal(asked.headers['access-control-max-age'], '600');
    assert.deepEqual(seen, []);
    for (const path of ['/v1/orders', '/v1/events', `${session}/changes`]) {
        const got = await get(path, { headers: { origin: shop } });
        assert.equal(got.headers['access-control-allow-origin'], shop, path);
        assert.match(got.headers['access-control-expose-headers'], /\bETag\b/);
        assert.equal(got.headers['access-control-allow-methods'], undefined);
        assert.match(got.headers.vary, /Origin/);
        assert.equal(got.headers['access-control-allow-credentials'], undefined);
    }
    const refused = await get('/v1/orders', { method: 'POST', body: 'x'.repeat(70000),
        headers: { origin: shop } });
    problem(refused, 413, 'payload_too_large');
    assert.equal(refused.headers['access-control-allow-origin'], shop);
});

test('a page of any other origin is told nothing', async () => {
    for (const origin of ['https://evil.example', 'https://shop.example.evil.example', 'null',
        'http://shop.example', 'https://shop.example:444', 'https://SHOP.example@evil.example']) {
        for (const method of ['OPTIONS', 'GET']) {
            const got = await get('/v1/orders', { method,
                headers: { origin, 'access-control-request-method': 'POST' } });
            assert.equal(got.headers['access-control-allow-origin'], undefined, origin);
            assert.equal(got.headers['access-control-allow-methods'], undefined, origin);
        }
    }
});

test('the client\'s address is what a trusted proxy says, and nobody else', async () => {
    const told = async (forwarded, from) => {
        seen = [];
        await get('/v1/orders', { forwarded, from, headers: { 'x-real-ip': '203.0.113.1' } });
        return seen[0].headers['x-real-ip'];
    };
    assert.equal(await told('192.0.2.1', '127.0.0.1'), '192.0.2.1');
    assert.equal(await told('203.0.113.9, 192.0.2.1', '127.0.0.1'), '192.0.2.1');
    assert.equal(await told('192.0.2.1, 127.0.0.1', '127.0.0.1'), '192.0.2.1');
    assert.equal(await told('2001:db8::1', '127.0.0.1'), '2001:db8::1');
    assert.equal(await told('192.0.2.1', '127.0.0.2'), '127.0.0.2');
    assert.equal(await told('rubbish', '127.0.0.1'), '127.0.0.1');
    assert.equal(seen[0].headers['x-forwarded-for'], '127.0.0.1');
});

test('a prefix that asks too often is refused, and its neighbours are not', async () => {
    const storm = async (addresses) => {
        const answers = await Promise.all(Array.from({ length: 60 }, (_, n) =>
            get('/robots.txt', { forwarded: addresses[n % addresses.length] })));
        return answers.filter(({ status }) => status === 429);
    };
    const refused = await storm(['192.0.2.77']);
    assert.ok(refused.length >= 5, `${refused.length} of 60 refused`);
    problem(refused[0], 429, 'rate_limited');
    assert.equal((await get('/robots.txt', { forwarded: '192.0.2.78' })).status, 200);
    assert.ok((await storm(['2001:db8:1:2::1', '2001:db8:1:2:ffff::2'])).length >= 5,
        'a /64 of IPv6 is one prefix');
    assert.equal((await get('/robots.txt', { forwarded: '2001:db8:1:3::1' })).status, 200);
});

test('a crowd that wants the map asks the gateway once a second', async () => {
    seen = [];
    await nextSecond();
    const crowd = await Promise.all(Array.from({ length: 50 }, () =>
        get(`${session}/seats`, { headers: octets })));
    assert.ok(crowd.every(({ status, bytes }) => status === 200 && bytes.length === 5000));
    assert.ok(about(session).length <= 2, `${about(session).length} questions`);
    assert.equal(new Set(crowd.map(({ headers }) => headers['x-request-id'])).size, 50);
    assert.ok(crowd.every(({ headers }) => headers['ratelimit-remaining'] === undefined));
    const known = await get(`${session}/seats`,
        { headers: { ...octets, 'if-none-match': '"17"' } });
    assert.equal(known.status, 304);
    assert.equal(known.headers.etag, '"17"');
    const packed = await get(`${session}/seats`, { headers: { ...octets,
        'accept-encoding': 'gzip' } });
    assert.equal(packed.headers['content-encoding'], 'gzip');
    assert.ok(packed.bytes.length < 500);
    const weak = await get(`${session}/seats`, { headers: { ...octets,
        'accept-encoding': 'gzip', 'if-none-match': packed.headers.etag } });
    assert.equal(weak.status, 304);
});

test('a map is at most a second old, and one that names a change is not older', async () => {
    mood = { tag: '"20"' };
    await get(`${session}/seats`, { headers: octets });
    mood = { tag: '"21"' };
    const fresh = await get(`${session}/seats?atLeast=21`, { headers: octets });
    assert.equal(fresh.headers.etag, '"21"');
    await sleep(1100);
    const later = await get(`${session}/seats`, { headers: octets });
    assert.equal(later.headers.etag, '"21"');
    mood = {};
});

test('what is one person\'s is not kept', async () => {
    for (const path of [`${session}/seats`, '/v1/events', session]) {
        seen = [];
        for (const token of ['a', 'b', 'b']) {
            await get(path, { headers: { authorization: `Bearer ${token}`, accept: '*/*' } });
        }
        assert.equal(about(path).length, 3, path);
    }
    const mine = `/v1/events/${freshClient()}`;
    const headers = { authorization: 'Bearer a' };
    assert.equal((await get(mine, { headers })).status, 200);
    mood = { dead: true };
    assert.equal((await get(mine)).status, 503);
    assert.equal((await get(mine, { headers })).status, 503);
    mood = {};
    seen = [];
    for (let n = 0; n < 3; n++) assert.equal((await get('/v1/events')).status, 200);
    assert.equal(seen.length, 3, 'what is on is asked for every time');
    seen = [];
    for (const method of ['POST', 'PATCH', 'DELETE']) await get('/v1/events', { method });
    assert.equal(seen.length, 3);
});

test('while the gateway is away, reads are answered and marked stale, writes are 503', async () => {
    const paths = [[`${session}/seats`, octets], ['/v1/events', {}], [session, {}]];
    for (const [path, headers] of paths) await get(path, { headers });
    for (const away of [{ dead: true }, { status: 503 }]) {
        await nextSecond();
        mood = away;
        for (const [path, headers] of paths) {
            const got = await get(path, { headers });
            assert.equal(got.status, 200, path);
            assert.match(got.headers['cache-status'], /stale/, path);
        }
        const unknown = await get(`${session}x/seats`, { headers: octets });
        assert.equal(unknown.status, 503);
        assert.ok(unknown.headers['retry-after']);
        const write = await get('/v1/orders', { method: 'POST', body: '{}' });
        assert.equal(write.status, 503);
        assert.ok(write.headers['retry-after']);
    }
    mood = {};
    await nextSecond();
    const well = await get('/v1/events');
    assert.doesNotMatch(well.headers['cache-status'], /detail=stale/);
});

test('how it is inside is not for everybody', async () => {
    for (const path of ['/readyz', '/api/health']) {
        problem(await get(path, { forwarded: freshClient() }), 404, 'not_found');
        assert.equal((await get(path, { forwarded: '192.0.2.200' })).status, 200);
    }
    for (const path of ['/metrics', '/nchan_status', '/stub_status', '/publish/alive',
        '/_edge_user', '/_edge_session', '/_edge/internal']) {
        const got = await get(path, { forwarded: '192.0.2.200' });
        assert.ok([403, 404].includes(got.status), path);
        wellFormedProblem(got);
    }
    assert.equal((await get('/healthz')).status, 200);
});

test('the log has no query, in which a ticket may be', async () => {
    await get('/v1/orders?ticket=eyJsecret');
    await sleep(200);
    const lines = edge.log().trim().split('\n').map((line) => JSON.parse(line));
    assert.ok(lines.some(({ path }) => path === '/v1/orders'));
    assert.ok(!edge.log().includes('eyJsecret'));
});
