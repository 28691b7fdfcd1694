// A small HTTP client with a source address of its own, and the checks that every answer gets.
import assert from 'node:assert/strict';
import http from 'node:http';

// Where the tests send valid requests: the edge, or the validating proxy in front of it.
export const edge = process.env.TIX_URL;
export const gateway = process.env.TIX_GATEWAY_URL;
export const front = process.env.TIX_TEST_URL ?? edge;
export const proxied = front !== edge;

const agent = new http.Agent({ keepAlive: true, maxSockets: 256 });

let lastAddress = Math.floor(Math.random() * 0xffffff);

// A loopback address that no client used before: limits by address then begin anew.
export function freshAddress() {
    lastAddress = (lastAddress + 7919) % 0xfeffff;
    const n = lastAddress + 0x010000; // 127.1.0.0 and up: 127.0.0.x is for others
    return `127.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
}

// Text that only a leaking server would send.
const leaks = new RegExp(['PQexec', 'SQLSTATE', 'PL/pgSQL', 'syntax error at', '\\brelation "',
    '\\bfunction tix', 'CONTEXT:', 'tix\\.tix_', 'SELECT ', 'std::', 'terminate called', 'nginx/',
    'cpp-httplib', 'pgbouncer', '0x[0-9a-f]{8}', '\\.cpp'].join('|'), 'i');

export class Client {
    constructor({ base = front, token, address = freshAddress(), headers = {} } = {}) {
        Object.assign(this, { base, token, address, headers });
    }

    // The same buyer, straight to the edge: for requests that the validating proxy would refuse.
    get direct() { return new Client({ ...this, base: edge }); }

    get(path, options) { return this.send('GET', path, options); }
    post(path, body, options) { return this.send('POST', path, { ...options, body }); }
    patch(path, body, options) { return this.send('PATCH', path, { ...options, body }); }
    delete(path, body, options) { return this.send('DELETE', path, { ...options, body }); }

    // body: an object becomes JSON, a string or Buffer goes as it is. Fails after timeout ms.
    send(method, path, { body, headers = {}, timeout = 20000 } = {}) {
        const all = { ...this.headers };
        if (this.token) all.authorization = `Bearer ${this.token}`;
        let bytes;
        if (body !== undefined) {
            all['content-type'] = 'application/json';
            const text = typeof body === 'string' || Buffer.isBuffer(body);
            bytes = Buffer.from(text ? body : JSON.stringify(body));
            all['content-length'] = bytes.length;
        }
        Object.assign(all, headers);
        for (const name of Object.keys(all)) if (all[name] === undefined) delete all[name];
        const started = performance.now();
        return new Promise((resolve, reject) => {
            const call = http.request(this.base + path, {
                method, agent, headers: all, localAddress: this.address, timeout,
            }, (response) => {
                const chunks = [];
                response.on('data', (chunk) => chunks.push(chunk));
                response.on('error', reject);
                response.on('end', () => resolve(answer(response, Buffer.concat(chunks), started)));
            });
            call.on('timeout', () => call.destroy(new Error(`no answer in ${timeout} ms`)));
            call.on('error', (error) => {
                error.message = `${method} ${path}: ${error.message}`;
                reject(error);
            });
            call.end(bytes);
        });
    }
}

function answer(response, bytes, started) {
    const type = response.headers['content-type'] ?? '';
    const text = type.includes('octet-stream') ? '' : bytes.toString();
    const json = /[/+]json/.test(type) && text ? JSON.parse(text) : undefined;
    const violations = response.headers['sl-violations'];
    assert.equal(violations, undefined, `the document and the answer differ: ${violations}`);
    if (response.statusCode >= 400) assert.doesNotMatch(text, leaks, 'the answer leaks');
    return {
        status: response.statusCode, headers: response.headers, bytes, text, json,
        data: json?.data, meta: json?.meta, ms: performance.now() - started,
    };
}

export function describe(got) {
    return `${got.status} ${got.headers?.['content-type'] ?? ''} ${(got.text ?? '').slice(0, 300)}`;
}

// The answer is a success of that status; returns its data.
export function ok(got, status = 200) {
    assert.equal(got.status, status, `expected ${status}, got ${describe(got)}`);
    assert.match(got.headers['x-request-id'] ?? '', /^[A-Za-z0-9._-]{1,64}$/);
    if (got.json) {
        assert.equal(got.meta.requestId, got.headers['x-request-id']);
        assert.ok(Math.abs(Date.parse(got.meta.timestamp) - Date.now()) < 60000);
        assert.match(got.headers['cache-control'], /\bno-(store|cache)\b/);
    }
    return got.data;
}

// The answer is a whole problem document of that status and code; returns it.
export function problem(got, status, ...codes) {
    assert.equal(got.status, status, `expected ${status}, got ${describe(got)}`);
    return wellFormedProblem(got, ...codes);
}

export function wellFormedProblem(got, ...codes) {
    const seen = describe(got);
    assert.match(got.headers['content-type'] ?? '', /^application\/problem\+json/, seen);
    const body = got.json;
    assert.equal(body.status, got.status, seen);
    assert.equal(body.type, `urn:tix:problem:${body.code}`, seen);
    assert.ok(body.title && body.detail, seen);
    assert.match(body.requestId ?? '', /^[A-Za-z0-9._-]{1,64}$/, seen);
    if (got.headers['x-request-id']) assert.equal(body.requestId, got.headers['x-request-id']);
    if (codes.length) assert.ok(codes.includes(body.code), `expected ${codes}, got ${seen}`);
    if ([429, 503].includes(got.status)) {
        assert.match(got.headers['retry-after'] ?? '', /^[1-9][0-9]*$/, `no Retry-After: ${seen}`);
    }
    return body;
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Calls look() every 50 ms until it answers something true, which is returned.
export async function eventually(what, look, { seconds = 15, every = 50 } = {}) {
    const end = Date.now() + seconds * 1000;
    for (;;) {
        const seen = await look();
        if (seen) return seen;
        assert.ok(Date.now() < end, `not within ${seconds} s: ${what}`);
        await sleep(every);
    }
}

export const median = (numbers) => {
    const sorted = [...numbers].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
};
