// Parts of the stack die in the middle of work: requests are refused politely, never hang, never do
// anything twice, and all is well again without anybody's help.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { Client, describe, edge, gateway, ok, problem, wellFormedProblem } from './lib/client.mjs';
import { kill, pid, recovered, services } from './lib/stack.mjs';
import { buyer, eventually, lock, makeSession, news, order, person, seatIds, sleep, sqlValue, tell,
    violations } from './lib/world.mjs';

const session = makeSession();
const seats = seatIds(session.sessionId);
const other = makeSession();  // where the traffic holds seats
let next = 0;
const take = (count) => seats.slice(next, next += count);

// Asks in many ways until it is told to stop; every answer has to be a decent one.
function traffic(t) {
    const seen = { good: 0, away: 0, slowest: 0, wrong: [] };
    let stopped = false;
    const office = person('box_office');
    const requests = [
        () => office.get(`${session.url}`),
        () => office.get(`${session.url}/availability`),
        () => office.get('/v1/orders'),
        () => office.post(`${other.url}/seats/lock-best`, { quantity: 1, ttlSeconds: 1 }),
    ];
    const work = requests.map(async (ask) => {
        while (!stopped) {
            const started = performance.now();
            try {
                const got = await ask();
                if (got.status === 503) {
                    wellFormedProblem(got);
                    seen.away++;
                } else if (got.status < 300 || got.status === 409) {
                    seen.good++;
                } else {
                    seen.wrong.push(describe(got));
                }
            } catch (error) {
                // The edge lives: whatever dies behind it, it answers.
                seen.wrong.push(error.message);
            }
            seen.slowest = Math.max(seen.slowest, performance.now() - started);
            await sleep(20);
        }
    });
    const stop = async () => {
        stopped = true;
        await Promise.all(work);
        return seen;
    };
    t.after(stop);
    return { stop };
}

function decent(seen) {
    assert.deepEqual(seen.wrong.slice(0, 3), []);
    assert.ok(seen.good > 0);
    assert.ok(seen.slowest < 15000, `slowest ${seen.slowest.toFixed(0)} ms`);
}

// The request, repeated when its problem says so, until it is answered for good.
async function insist(ask, seconds = 30) {
    const end = Date.now() + seconds * 1000;
    for (;;) {
        const got = await ask().catch(() => undefined);
        const code = got?.json?.code;
        if (got && got.status !== 503 && code !== 'in_progress' && code !== 'busy') return got;
        assert.ok(Date.now() < end, `no final answer within ${seconds} s`);
        await sleep(1000 * Number(got?.headers['retry-after'] ?? 1));
    }
}

// Orders with keys, each insisted on while something is killed; each must have one effect.
async function ordersOver(killing) {
    const people = await Promise.all(Array.from({ length: 12 }, async () => {
        const who = buyer();
        return { who, lockId: (await lock(who, session, take(1))).lockId, key: randomUUID() };
    }));
    const placed = people.map(async ({ who, lockId, key }, n) => {
        await sleep(n * 15);
        const ask = () => who.post('/v1/orders', { lockIds: [lockId] },
            { headers: { 'idempotency-key': key } });
        const first = ok(await insist(ask), 201);
        assert.deepEqual(ok(await insist(ask), 201), first, 'the retry gets the same answer');
        const count = `SELECT count(*) FROM tix.orders WHERE user_id = '${who.userId}'`;
        return () => assert.equal(sqlValue(count), '1');
    });
    await sleep(60);
    const killed = await killing();
    for (const check of await Promise.all(placed)) check();
    return killed;
}

for (const name of ['pgbouncer', 'gateway', 'mock']) {
    test(`kill -9 of ${name}: 503 at worst, then well again, orders once`, async (t) => {
        const noise = traffic(t);
        await sleep(200);
        const killed = await ordersOver(() => kill(name));
        await recovered(name, killed);
        decent(await noise.stop());
        ok(await buyer().get(session.url));
        assert.equal(violations(), '0');
    });
}

test('kill -9 of the postmaster: 503 at worst, holds survive, orders once', async (t) => {
    const ann = buyer();
    const held = await lock(ann, session, take(2));
    const noise = traffic(t);
    const killed = await ordersOver(() => kill('postgres'));
    await recovered('postgres', killed);
    decent(await noise.stop());
    ok(await insist(() => ann.post('/v1/orders', { lockIds: [held.lockId] })), 201);
    assert.equal(violations(), '0');
});

test('a pool that hangs is a 503 within 15 s, readiness tells, news comes again', async () => {
    const ann = buyer();
    const made = await order(ann, session, take(1));
    ok(await ann.post(`/v1/orders/${made.orderId}/pay`, { paymentMethod: 'mock_silent' }), 202);
    const body = news(made);
    const stopped = pid('pgbouncer');
    process.kill(stopped, 'SIGSTOP');
    try {
        const asked = [
            ann.get('/v1/orders', { timeout: 15000 }),
            ann.post(`${session.url}/seats/lock`, { seatIds: take(1) }, { timeout: 15000 }),
            tell(body),
            new Client({ base: edge }).get('/healthz').then((got) => ok(got)),
            // The gateway tells after ten seconds; the edge waits for five.
            new Client({ base: gateway, address: '127.0.0.1' }).get('/readyz', { timeout: 15000 })
                .then((got) => assert.equal(got.status, 503)),
        ];
        for (const got of (await Promise.all(asked)).slice(0, 3)) {
            problem(got, 503, 'unavailable', 'outcome_unknown');
        }
    } finally {
        process.kill(stopped, 'SIGCONT');
    }
    await eventually('the pool serves again', async () =>
        (await new Client({ base: edge }).get('/readyz')).status === 200);
    const again = ok(await insist(() => tell(body)));
    assert.ok(['applied', 'duplicate'].includes(again.result));
    const count = `SELECT count(*) FROM tix.tickets WHERE order_id = '${made.orderId}'`;
    assert.equal(sqlValue(count), '1');
});

test('the gateway drains: a request under way at SIGTERM is finished', async () => {
    const { seq } = ok(await buyer().get(`${session.url}/seats`));
    const quiet = makeSession();
    const start = ok(await buyer().get(`${quiet.url}/seats`)).seq ?? seq;
    const poll = buyer().get(`${quiet.url}/changes?since=${start}&wait=3`);
    await sleep(300);
    const old = kill('gateway', 'SIGTERM');
    const got = await poll;
    assert.deepEqual(ok(got).changes, []);
    await recovered('gateway', old);
    ok(await buyer().get(session.url));
});

after(() => {
    for (const [name, service] of Object.entries(services())) {
        assert.equal(service.state, 'up', `${name} is ${service.state}`);
    }
    assert.equal(violations(), '0');
});
