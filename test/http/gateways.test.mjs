// Several gateways on one database are one to who asks: their limits are common, and without the
// database each still has its own.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshAddress, problem } from './lib/client.mjs';
import { at, startGateway } from './lib/gateways.mjs';
import { buyer, makeSession, person, seatIds, sleep } from './lib/world.mjs';

let gateways = [];
before(async () => {
    const off = '[bots]\nmode = "off"\n';
    gateways = await Promise.all([startGateway({ rest: off }), startGateway({ rest: off })]);
});
after(() => Promise.all(gateways.map((own) => own.stop())));

const lockOne = (who, session, seat) =>
    who.post(`${session.url}/seats/lock`, { seatIds: [seat], ttlSeconds: 60 });

test('who alternates between two gateways gets the limit, not twice the limit', async () => {
    const session = makeSession();
    const seats = seatIds(session.sessionId, 200);
    const ann = buyer();
    const doors = gateways.map((own) => at(own, ann));
    const started = Date.now();
    let granted = 0;
    const refused = [];
    for (let n = 0; n < 200 && refused.length < 20; n++) {
        const got = await lockOne(doors[n % 2], session, seats[n]);
        if (got.status === 429) refused.push(got);
        else granted += 1;
    }
    const refilled = Math.ceil((Date.now() - started) / 1000);
    // 60 a minute; each gateway may give a sixteenth before it has told the other.
    assert.ok(granted >= 60 && granted <= 60 + 2 * 3 + refilled, `${granted} in ${refilled} s`);
    for (const got of refused) {
        problem(got, 429, 'rate_limited');
        assert.equal(got.headers['ratelimit-limit'], '60');
        assert.equal(got.headers['ratelimit-remaining'], '0');
    }
    const wait = Math.max(...refused.map((got) => Number(got.headers['retry-after'])));
    assert.ok(wait >= 1 && wait <= 10, `told to wait ${wait} s`);
    await sleep(wait * 1000 + 300);
    const again = await Promise.all(doors.map((door, n) => lockOne(door, session, seats[190 + n])));
    assert.ok(again.some((got) => got.status === 201), `${again.map((got) => got.status)}`);
});

test('the logins of an address are limited together', async () => {
    const address = freshAddress();
    const doors = gateways.map((own) => at(own, { address }));
    const login = { email: 'nobody@example.org', password: 'not a password' };
    const statuses = [];
    for (let n = 0; n < 24; n++) {
        statuses.push((await doors[n % 2].post('/v1/auth/login', login)).status);
    }
    const tried = statuses.filter((status) => status === 401).length;
    assert.ok(tried >= 10 && tried <= 13, `${tried} of ${statuses}`);
});

test('the box office has no limit at any gateway', async () => {
    const session = makeSession();
    const seats = seatIds(session.sessionId, 150);
    const office = person('box_office');
    const doors = gateways.map((own) => at(own, office));
    for (let n = 0; n < 150; n++) {
        const got = await lockOne(doors[n % 2], session, seats[n]);
        assert.equal(got.status, 201, got.text);
        assert.equal(got.headers['ratelimit-limit'], undefined);
    }
});

test('without the database a gateway\'s own limit stands', async () => {
    // It is never ready, but it serves.
    const alone = await startGateway({ databasePort: 1, ready: '/healthz' });
    try {
        const address = freshAddress();
        const statuses = [];
        for (let n = 0; n < 14; n++) {
            statuses.push((await at(alone, { address }).post('/v1/auth/login',
                { email: 'nobody@example.org', password: 'not a password' })).status);
        }
        assert.deepEqual(statuses.slice(0, 10), Array(10).fill(503), `${statuses}`);
        assert.deepEqual(statuses.slice(10), Array(4).fill(429), `${statuses}`);
    } finally {
        await alone.stop();
    }
});
