// A waiting room among many: nobody overtakes, a draw is blind, what is not claimed goes to the
// next; forged tokens are nothing; and those who wait cost the database nothing.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';
import { Client, edge, ok, problem, sleep } from './lib/client.mjs';
import { buyer, eventually, makeSession, nobody, seatIds, sqlValue, staff } from './lib/world.mjs';

const organizer = staff('organizer');
const queueOf = (session) => `/v1/queue/${session.sessionId}`;
const status = (who, session, token) => who.get(`${queueOf(session)}/status`,
    { headers: { 'tix-queue-token': token } });
const turnOf = async ({ who, token }, session) => ok(await status(who, session, token));
const claim = ({ who, token }, session) => who.post(`${queueOf(session)}/claim`, { token });

async function openQueue(terms) {
    const session = makeSession();
    ok(await organizer.post(`/v1/admin/sessions/${session.sessionId}/queue`, terms), 201);
    await eventually('the gateway knows the queue', async () =>
        (await nobody().get(`${queueOf(session)}/status`)).status === 200);
    return session;
}

async function join(session, who = buyer()) {
    return { who, ...ok(await who.post(`${queueOf(session)}/join`)) };
}

// Waves of so many at once; each wave begins when the one before has its places.
async function joinInWaves(session, waves, size) {
    const joined = [];
    for (let wave = 0; wave < waves; wave++) {
        const these = await Promise.all(Array.from({ length: size }, () => join(session)));
        joined.push(...these.map((one) => ({ ...one, wave })));
    }
    return joined;
}

test('three hundred come: who joined before is called before, and nobody is left out', async () => {
    const session = await openQueue({ rate: 1000, maxActive: 100 });
    ok(await organizer.post(`/v1/admin/sessions/${session.sessionId}/queue/pause`));
    const joined = await joinInWaves(session, 10, 30);
    joined.sort((a, b) => a.place - b.place);
    assert.deepEqual(joined.map(({ place }) => place), joined.map((_, n) => n + 1));
    for (let n = 1; n < joined.length; n++) assert.ok(joined[n].wave >= joined[n - 1].wave);
    ok(await organizer.post(`/v1/admin/sessions/${session.sessionId}/queue/resume`));
    let done = 0;
    while (done < joined.length) {
        const last = await eventually('the next are called', async () => {
            const { serving } = ok(await nobody().get(`${queueOf(session)}/status`));
            return serving > done && serving;
        });
        assert.ok(last - done <= 100, `${last - done} were called at once`);
        const called = joined.slice(done, last);
        if (joined[last]) {
            problem(await claim(joined[last], session), 403, 'TX011');
            const seen = await turnOf(joined[last], session);
            assert.ok(seen.turn === 'waiting' || seen.serving > last, `${seen.turn}`);
        }
        const claims = await Promise.all(called.map(async (one) =>
            ({ one, admission: ok(await claim(one, session)) })));
        await Promise.all(claims.map(async ({ one, admission }) => {
            const left = `${queueOf(session)}/admissions/${admission.admissionId}`;
            assert.equal((await one.who.delete(left)).status, 204);
        }));
        done = last;
    }
    assert.equal(sqlValue(`SELECT count(*) FROM tix.queue_admissions a JOIN tix.queues q
        USING (queue_id) WHERE session_id = '${session.sessionId}'`), '300');
    // No wave was let in before an earlier one was called.
    assert.equal(sqlValue(`SELECT count(*) FROM tix.queue_admissions a JOIN tix.queue_admissions b
        USING (queue_id) JOIN tix.queues q USING (queue_id)
        WHERE session_id = '${session.sessionId}' AND a.place + 100 <= b.place
          AND a.claimed_at > b.claimed_at`), '0');
});

test('in a draw it does not matter who came first', async () => {
    const session = await openQueue({ mode: 'random', rate: 1000, maxActive: 50,
        opensAt: new Date(Date.now() + 5000).toISOString() });
    const joined = await joinInWaves(session, 8, 25);
    await eventually('places are drawn', async () =>
        ok(await nobody().get(`${queueOf(session)}/status`)).serving >= 50);
    const seen = await Promise.all(joined.map((one) => turnOf(one, session)));
    const places = seen.map(({ place }) => place);
    assert.deepEqual([...places].sort((a, b) => a - b), places.map((_, n) => n + 1));
    // Rank correlation of joining and place; of 200 drawn at random above 0.3 once in 50 000.
    const mean = 100.5;
    const product = places.reduce((sum, place, n) => sum + (place - mean) * (n + 1 - mean), 0);
    const square = places.reduce((sum, place) => sum + (place - mean) ** 2, 0);
    assert.ok(Math.abs(product / square) < 0.3, `${product / square}`);
    for (const [n, { place, turn }] of seen.entries()) {
        assert.equal(turn, place <= 50 ? 'called' : 'waiting', `place ${place}`);
        if (place === 51) problem(await claim(joined[n], session), 403, 'TX011');
        if (place === 50) ok(await claim(joined[n], session));
    }
    assert.equal((await join(session)).place, 201);
});

test('a turn that nobody claims goes to the next, and the sleeper to the end', async () => {
    const session = await openQueue({ rate: 100, maxActive: 2, claimWithinSeconds: 1 });
    const joined = [];
    for (let n = 0; n < 4; n++) joined.push(await join(session));
    await eventually('the next is called', async () =>
        ['called', 'lapsed'].includes((await turnOf(joined[3], session)).turn));
    const slept = await turnOf(joined[0], session);
    assert.equal(slept.turn, 'lapsed');
    problem(await claim(joined[0], session), 403, 'TX011');
    const back = await join(session, joined[0].who);
    assert.ok(back.place > 4);
    assert.notEqual(back.token, joined[0].token);
});

test('an admission that has run out, of another or of another session locks nothing', async () => {
    const session = await openQueue({ rate: 100, maxActive: 9 });
    const other = await openQueue({ rate: 100, maxActive: 9 });
    const [one] = seatIds(session.sessionId, 1);
    const ann = await join(session);
    const abroad = await join(other, ann.who);
    const bob = await join(session);
    for (const [who, where] of [[ann, session], [bob, session], [abroad, other]]) {
        await eventually('called', async () => (await turnOf(who, where)).turn === 'called');
        Object.assign(who, ok(await claim(who, where)));
    }
    const lock = (admission, who = ann.who) => who.direct.post(`${session.url}/seats/lock`,
        { seatIds: [one] }, { headers: { 'tix-admission': admission } });
    const untouched = () => assert.equal(sqlValue(
        `SELECT state FROM tix_seat_status('${session.sessionId}', '${one}')`), 'free');
    for (const bad of [bob.admissionId, abroad.admissionId, randomUUID()]) {
        problem(await lock(bad), 403, 'TX011');
    }
    const mine = ann.admissionId;
    const malformed = ['x', "' OR 1=1 --", mine.slice(1), `{${mine}}`, `${mine}, ${mine}`,
        '0'.repeat(4000), ann.token];
    for (const bad of malformed) problem(await lock(bad), 400, 'validation');
    untouched();
    sqlValue(`UPDATE tix.queue_admissions SET expires_at = clock_timestamp()
        WHERE admission_id = '${bob.admissionId}'`);
    problem(await lock(bob.admissionId, bob.who), 403, 'TX011');
    untouched();
    ok(await lock(ann.admissionId.toUpperCase()), 201);
    const fromAbroad = `${queueOf(other)}/admissions/${ann.admissionId}`;
    assert.ok([204, 404].includes((await ann.who.delete(fromAbroad)).status));
});

const world = {};
before(async () => {
    world.session = await openQueue({ rate: 1, maxActive: 1 });
    world.other = await openQueue({ rate: 1, maxActive: 1 });
    world.mine = await join(world.session);
    world.foreign = await join(world.other);
});

// Everything that is not the token of a place in this queue; at least thirty.
function wrongTokens() {
    const { token } = world.mine;
    const body = Buffer.from(token.slice(4), 'base64url');
    const altered = (change) => {
        const bytes = Buffer.from(body);
        change(bytes);
        return `TQ2.${bytes.toString('base64url')}`;
    };
    const flips = Array.from({ length: 42 }, (_, at) => altered((bytes) => { bytes[at] ^= 1; }));
    return [
        ...flips, world.foreign.token,
        altered((bytes) => bytes.writeUInt16BE(65535, 0)),
        altered((bytes) => bytes.writeInt32BE(-1, 2)),
        altered((bytes) => bytes.writeBigInt64BE(-1n, 6)),
        altered((bytes) => bytes.fill(0)), altered((bytes) => bytes.fill(255)),
        token.slice(0, -1), `${token}A`, `${token}=`, `${token}.`, token.slice(4),
        `TQ1.${token.slice(4)}`, `tq2.${token.slice(4)}`, token.toUpperCase(),
        token.replace('.', '..'),
        `Bearer ${token}`, `"${token}"`, `${token},${token}`, `${token}%00`,
        token.replace('.', '%2E'),
        'TQ2.', 'null', 'undefined', '0', '-1', '*', "' OR '1'='1", '$1', '../../etc/passwd',
        '{"alg":"none"}', randomUUID(), 'A'.repeat(60), 'A'.repeat(199),
        `TQ2.${'-'.repeat(56)}`, `TQ2.${'_'.repeat(56)}`, `TQ2.${body.toString('base64')} `,
    ];
}

test('a token that the database did not make is nothing, wherever it is shown', async () => {
    const tokens = wrongTokens();
    assert.ok(tokens.length >= 30);
    const { who } = world.mine;
    for (const token of tokens) {
        const sent = token.trim();
        if (sent === world.mine.token) continue;
        const got = await status(new Client({ base: edge }), world.session, token);
        assert.equal(got.status, 403, token);
        problem(got, 403, 'TX011');
    }
    for (let n = 0; n < tokens.length; n += 10) {
        await Promise.all(tokens.slice(n, n + 10).map(async (token) => {
            const got = await who.direct.post(`${queueOf(world.session)}/claim`, { token });
            problem(got, 403, 'TX011');
        }));
    }
    const page = new Client({ base: edge });
    for (const token of tokens.slice(40)) {
        const got = await page.get(`/queue/${world.session.sessionId}`,
            { headers: { cookie: `tix_queue=${encodeURIComponent(token)}` } });
        assert.equal(got.status, 403, token);
    }
    problem(await status(page, world.other, world.mine.token), 403, 'TX011');
    problem(await buyer().post(`${queueOf(world.session)}/claim`, { token: world.mine.token }),
        403, 'TX011');
    assert.equal(sqlValue(`SELECT count(*) FROM tix.queue_admissions a JOIN tix.queues q
        USING (queue_id) WHERE session_id = '${world.session.sessionId}'`), '0');
});

test('a claim without a token, or with more than one, is a bad request', async () => {
    const { who, token } = world.mine;
    for (const body of [{}, { token: null }, { token: '' }, { token: 7 }, { token: [token] },
        { token: 'A'.repeat(201) }, { token: `${token}\u0000` }, { token, user: randomUUID() }]) {
        problem(await who.direct.post(`${queueOf(world.session)}/claim`, body), 400,
            'validation', 'malformed_request');
    }
});

test('a token in the query is refused, not read', async () => {
    const { token } = world.mine;
    for (const query of [`token=${token}`, `Tix-Queue-Token=${token}`, 'place=1', 'x']) {
        const path = `${queueOf(world.session)}/status?${query}`;
        const got = await new Client({ base: edge }).get(path);
        problem(got, 400, 'validation');
        assert.ok(!got.text.includes(token), 'the token is said again');
    }
});

test('what everybody polls is the same for all, and tells nothing of anybody', async () => {
    const plain = await new Client({ base: edge }).get(`${queueOf(world.session)}/status`);
    for (const word of ['turn', 'place', 'ahead', 'token']) assert.ok(!(word in ok(plain)), word);
    assert.ok(!Object.keys(plain.headers).some((name) => name.startsWith('ratelimit')));
    for (const bad of ['x', randomUUID(), `${world.session.sessionId}0`]) {
        problem(await new Client({ base: edge }).get(`/v1/queue/${bad}/status`), 404, 'not_found');
    }
});

test('also who asks rarely is told how far the line is now', async () => {
    const one = new Client({ base: edge });
    const ask = async () => ok(await one.get(`${queueOf(world.session)}/status`));
    await ask();
    await sleep(6000);
    const { asOf } = await ask();
    const age = Date.now() - Date.parse(asOf);
    assert.ok(age < 4000, `the board is ${age} ms old`);
});

test('who asks for a turn more often than is sane is told to wait', async () => {
    const one = new Client({ base: edge });
    const answers = [];
    for (let n = 0; n < 60 && !answers.some(({ status: code }) => code === 429); n++) {
        answers.push(...await Promise.all(Array.from({ length: 100 }, () =>
            status(one, world.session, world.mine.token))));
    }
    const refused = answers.find((got) => got.status === 429);
    problem(refused, 429, 'rate_limited');
    assert.ok(answers.every((got) => [200, 429].includes(got.status)));
    ok(await one.get(`${queueOf(world.session)}/status`));
    ok(await status(new Client({ base: edge }), world.session, world.mine.token));
});

test('polls reach no database', async (t) => {
    const statements = async () => {
        await sleep(1200); // a backend tells its counts once a second
        return Number(sqlValue(`SELECT xact_commit + xact_rollback FROM pg_stat_database
            WHERE datname = current_database()`));
    };
    const started = performance.now();
    const first = await statements();
    await sleep(800);
    const idle = (await statements() - first) / (performance.now() - started);
    const clients = Array.from({ length: 20 }, () => new Client({ base: edge }));
    const began = performance.now();
    const earlier = await statements();
    for (let n = 0; n < 20; n++) {
        await Promise.all(clients.flatMap((one) => Array.from({ length: 10 }, (_, k) => k < 5
            ? one.get(`${queueOf(world.session)}/status`)
            : status(one, world.session, world.mine.token)))
            .map(async (got) => ok(await got)));
    }
    const later = await statements();
    const background = idle * (performance.now() - began);
    t.diagnostic(`4000 polls: ${later - earlier} statements, ${background.toFixed(0)} without`);
    assert.ok(later - earlier < 3 * background + 60, `${later - earlier} statements`);
});
