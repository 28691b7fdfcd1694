// A crowd at one gateway: requests that wait are answered together as they would be alone, and what
// cannot be answered in time is refused at once.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { eventually, median, ok, problem, sleep } from './lib/client.mjs';
import { at, metric, startGateway } from './lib/gateways.mjs';
import { buyer, makeSession, seatIds, sql, violations } from './lib/world.mjs';

// One call of a session at a time, so that any crowd waits and is joined.
let own;
before(async () => {
    own = await startGateway({ rest: '[locks]\ncoalesce_busy = 1\n\n[bots]\nmode = "off"\n' });
});
after(() => own?.stop());

// Asks again as told while nothing could be done: the session is being loaded, or too many ask.
async function patiently(ask) {
    for (let turn = 0; ; turn++) {
        const got = await ask();
        if (got.status !== 503 || turn === 8) return got;
        problem(got, 503, 'unavailable', 'rebuilding');
        await sleep(Number(got.headers['retry-after']) * 1000);
    }
}

const lockUrl = (session) => `${session.url}/seats/lock`;
const joined = async () => {
    const name = 'tix_gateway_lock_batch_requests';
    return await metric(own, `${name}_count`) - await metric(own, `${name}_bucket{le="1"}`);
};

test('a hundred who lock at once get what each would get alone, together', async () => {
    const session = makeSession();
    const seats = seatIds(session.sessionId, 60);
    const asked = await Promise.all(seats.flatMap((seat) => [buyer(), buyer()].map(async (who) => {
        const got = await patiently(() => at(own, who).post(lockUrl(session),
            { seatIds: [seat], ttlSeconds: 60 }));
        return { seat, who, got };
    })));
    const tokens = new Set();
    for (const seat of seats) {
        const answers = asked.filter((one) => one.seat === seat).map((one) => one.got);
        assert.deepEqual(answers.map((got) => got.status).sort(), [201, 409], seat);
        const { data } = answers.find((got) => got.status === 201);
        assert.deepEqual(data.seatIds, [seat]);
        assert.equal(data.sessionId, session.sessionId);
        tokens.add(data.lockId);
        const lost = problem(answers.find((got) => got.status === 409), 409, 'held');
        assert.deepEqual(lost.unavailableSeats, [{ seatId: seat, reason: 'held' }]);
    }
    assert.equal(tokens.size, seats.length);
    assert.ok(await joined() > 0, 'nobody was joined');
    // The journal knows the owners that were told so.
    const winners = asked.filter((one) => one.got.status === 201);
    const owners = new Map(sql(`SELECT lock_id, user_id FROM tix.holds
        WHERE session_id = '${session.sessionId}'`));
    for (const { got, who } of winners) assert.equal(owners.get(got.data.lockId), who.userId);
});

test('among those who are joined each fault is its own', async () => {
    const session = makeSession();
    const elsewhere = makeSession({ open: false });
    const seats = seatIds(session.sessionId, 40);
    const mine = at(own, buyer());
    const first = ok(await mine.post(lockUrl(session), { seatIds: [seats[39]], ttlSeconds: 60 }),
        201);
    const before = await joined();
    const cases = [];
    const add = (body, check, where = session, who = at(own, buyer())) => cases.push(
        patiently(() => who.post(lockUrl(where), body)).then(check));
    for (let n = 0; n < 30; n++) {
        const kind = n % 6;
        const seat = seats[n];
        if (kind === 0) add({ seatIds: [`no-${n}`] }, (got) => problem(got, 404, 'unknown_seat'));
        else if (kind === 1) add({ seatIds: [seat, seat] },
            (got) => problem(got, 400, 'duplicate_seat'));
        else if (kind === 2) add({ seatIds: [seat], ttlSeconds: 3600 }, (got) => ok(got, 201));
        else if (kind === 3) add({ seatIds: [seat, seats[n - 3]] },
            (got) => assert.equal(ok(got, 201).seatIds.length, 2));
        else if (kind === 4) add({ seatIds: [seat], intoLockId: '1' },
            (got) => assert.equal(got.status, 409, got.text));
        else add({ seatIds: [seat] }, (got) => assert.deepEqual(ok(got, 201).seatIds, [seat]));
    }
    add({ seatIds: [seats[38]], intoLockId: first.lockId }, (got) =>
        assert.deepEqual(ok(got, 201).lockId, first.lockId), session, mine);
    add({ seatIds: [seats[37]] }, (got) => assert.ok(got.status >= 400, got.text), elsewhere);
    await Promise.all(cases);
    assert.ok(await joined() > before, 'nobody was joined');
    assert.equal(violations(), '0');
});

test('one user in a batch twice is one user: the same seat is the same lock', async () => {
    const session = makeSession();
    const [seat] = seatIds(session.sessionId, 1);
    const who = at(own, buyer());
    const answers = await Promise.all(Array.from({ length: 12 },
        () => patiently(() => who.post(lockUrl(session), { seatIds: [seat], ttlSeconds: 60 }))));
    const locks = new Set(answers.map((got) => ok(got, 201).lockId));
    assert.equal(locks.size, 1);
});

test('what cannot be answered in time is refused at once, and nothing of it is done', async () => {
    const narrow = await startGateway({
        database: 'pool_size = 2\nqueue_ms = 100\n', rest: '[bots]\nmode = "off"\n',
    });
    // Somebody has the events to himself: every list of them keeps its connection until then.
    const holder = spawn('psql', ['-XAtq'], { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
        const list = () => at(narrow, buyer()).get('/v1/events?limit=100');
        ok(await list());
        holder.stdin.write('BEGIN; LOCK TABLE tix.events; SELECT 1;\n');
        await once(holder.stdout, 'data');
        const waiting = Array.from({ length: 4 }, list);
        await sleep(400);
        const refused = await Promise.all(Array.from({ length: 40 }, list));
        for (const got of refused) {
            problem(got, 503, 'unavailable');
            assert.match(got.headers['retry-after'], /^[123]$/);
        }
        const ids = refused.map((got) => got.headers['x-request-id']);
        const told = await eventually('the refusals are in the log', () => {
            const lines = narrow.log.split('\n').filter((line) =>
                ids.some((id) => line.includes(id)));
            return lines.length === ids.length && lines.map((line) => JSON.parse(line).ms);
        });
        assert.ok(median(told) < 50, `half of the refusals took ${median(told)} ms and more`);
        holder.stdin.end('COMMIT;\n');
        for (const got of await Promise.all(waiting)) ok(got);
        ok(await list());
    } finally {
        holder.kill('SIGKILL');
        await narrow.stop();
    }
});
