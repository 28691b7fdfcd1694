// Rate limits: who asks too much is told when to come back, and nobody else notices.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Client, edge, freshAddress, ok, problem } from './lib/client.mjs';
import { asAnswer, exchange } from './lib/raw.mjs';
import { buyer, lock, makeSession, person, seatIds, sleep } from './lib/world.mjs';

const login = { email: `nobody.${randomUUID()}@example.org`, password: 'not a password' };
const attempt = (client, headers) => client.post('/v1/auth/login', login, { headers });

function toldTheLimit(got, limit) {
    assert.equal(got.headers['ratelimit-limit'], String(limit));
    assert.match(got.headers['ratelimit-remaining'], /^\d+$/);
    assert.match(got.headers['ratelimit-reset'], /^\d+$/);
}

// Uses the address up; answers the refusal.
async function exhaust(client, headers = () => ({})) {
    for (let n = 0; n < 10; n++) {
        const got = await attempt(client, headers(n));
        problem(got, 401, 'invalid_credentials');
        toldTheLimit(got, 10);
    }
    const got = await attempt(client, headers(10));
    problem(got, 429, 'rate_limited');
    toldTheLimit(got, 10);
    assert.equal(got.headers['ratelimit-remaining'], '0');
    return got;
}

test('the eleventh login of an address within a minute is refused, another is not', async () => {
    const one = new Client({ base: edge });
    const refused = await exhaust(one);
    const wait = Number(refused.headers['retry-after']);
    assert.ok(wait >= 1 && wait <= 6, `ten a minute are one in 6 s; told ${wait} s`);
    problem(await attempt(new Client({ base: edge })), 401, 'invalid_credentials');
    await sleep(wait * 1000 + 200);
    problem(await attempt(one), 401, 'invalid_credentials');
    ok(await one.get('/v1/venues'), 200);
});

test('headers that claim another address change nothing', async () => {
    const names = ['x-forwarded-for', 'x-real-ip', 'forwarded', 'true-client-ip', 'x-client-ip',
        'remote_addr', 'remote-addr', 'cf-connecting-ip'];
    await exhaust(new Client({ base: edge }), () => {
        const pretended = freshAddress();
        return Object.fromEntries(names.map((name) =>
            [name, name === 'forwarded' ? `for=${pretended}` : pretended]));
    });
});

test('a client at the gateway\'s own door cannot choose its address by REMOTE_ADDR', async () => {
    const body = JSON.stringify(login);
    const statuses = [];
    for (let n = 0; n < 14; n++) {
        const head = ['POST /v1/auth/login HTTP/1.1', 'Host: tix', 'Content-Type: application/json',
            `REMOTE_ADDR: ${freshAddress()}`, `Content-Length: ${body.length}`, '', ''];
        const got = await exchange(edge, head.join('\r\n') + body, { address: '127.0.9.9' });
        statuses.push(asAnswer(got.text).status);
    }
    assert.ok(statuses.slice(10).includes(429), `${statuses}`);
});

test('locks are limited for each buyer, not for the box office', async () => {
    const session = makeSession();
    const seats = seatIds(session.sessionId, 200);
    const ann = buyer();
    let refused;
    for (let n = 0; n < 70 && !refused; n++) {
        const got = await ann.post(`${session.url}/seats/lock`, { seatIds: [seats[n]] });
        if (got.status === 429) refused = { got, n };
        else ok(got, 201);
    }
    assert.ok(refused && refused.n >= 60 && refused.n <= 63, `refused after ${refused?.n}`);
    problem(refused.got, 429, 'rate_limited');
    toldTheLimit(refused.got, 60);
    ok(await ann.get('/v1/orders'));
    await lock(buyer(), session, [seats[80]]);
    const office = person('box_office');
    for (let n = 100; n < 180; n++) await lock(office, session, [seats[n]]);
});

test('a buyer who moves from address to address keeps one bucket', async () => {
    const ann = buyer();
    const statuses = [];
    for (let n = 0; n < 12; n++) {
        ann.address = freshAddress();
        statuses.push((await ann.post('/v1/orders', { lockIds: ['1'] })).status);
    }
    assert.equal(statuses.filter((status) => status === 429).length, 2, `${statuses}`);
});

test('webhooks and probes are not limited', async () => {
    const from = new Client({ base: edge });
    const many = await Promise.all(Array.from({ length: 400 }, () => from.get('/healthz')));
    assert.ok(many.every((got) => got.status === 200), `${new Set(many.map((got) => got.status))}`);
});
