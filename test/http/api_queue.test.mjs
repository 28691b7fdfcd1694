// The waiting room over HTTP: in line, called, let in, out again; and who steers it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ok, problem } from './lib/client.mjs';
import { buyer, eventually, makeSession, nobody, seatIds, sqlValue, staff } from './lib/world.mjs';

const queueOf = (session) => `/v1/queue/${session.sessionId}`;
const adminOf = (session) => `/v1/admin/sessions/${session.sessionId}/queue`;
const organizer = staff('organizer');

async function openQueue(session, terms = {}) {
    const got = ok(await organizer.post(adminOf(session), terms), 201);
    assert.deepEqual(got, { sessionId: session.sessionId, state: 'open' });
    await board(session, () => true);
}

// The board, once it looks as wanted.
const board = (session, wanted) => eventually('the board is as wanted', async () => {
    const got = await nobody().get(`${queueOf(session)}/status`);
    return got.status === 200 && wanted(ok(got)) && ok(got);
});

const turnOf = async (who, session, token) => ok(await who.get(`${queueOf(session)}/status`,
    { headers: { 'tix-queue-token': token } }));

const becomes = (who, session, token, turn) => eventually(`the turn is ${turn}`, async () => {
    const seen = await turnOf(who, session, token);
    return seen.turn === turn && seen;
});

test('a buyer joins, is called, claims, locks with the admission and gives it up', async () => {
    const session = makeSession();
    const [seat, another, third] = seatIds(session.sessionId, 3);
    const ann = buyer();
    problem(await ann.post(`${queueOf(session)}/join`), 404, 'not_found');
    problem(await nobody().get(`${queueOf(session)}/status`), 404, 'not_found');
    await openQueue(session, { rate: 100, maxActive: 1, claimWithinSeconds: 60 });

    const refused = await ann.post(`${session.url}/seats/lock`, { seatIds: [seat] });
    const said = problem(refused, 403, 'queued');
    assert.match(refused.headers['retry-after'], /^[1-9]\d*$/);
    assert.deepEqual(said.queue, { joinUrl: `${queueOf(session)}/join`,
        statusUrl: `${queueOf(session)}/status`, pageUrl: `/queue/${session.sessionId}` });
    problem(await ann.post(`${session.url}/seats/lock-best`, { quantity: 2 }), 403, 'queued');

    const place = ok(await ann.post(said.queue.joinUrl));
    assert.equal(place.place, 1);
    assert.equal(ok(await ann.post(said.queue.joinUrl)).token, place.token);
    const bob = buyer();
    const behind = ok(await bob.post(said.queue.joinUrl));
    assert.deepEqual([behind.place, behind.ahead > 0 || behind.state !== 'waiting'], [2, true]);
    const called = await becomes(ann, session, place.token, 'called');
    assert.deepEqual([called.place, called.ahead, called.etaSeconds], [1, 0, null]);

    const admission = ok(await ann.post(`${queueOf(session)}/claim`, { token: place.token }));
    const again = ok(await ann.post(`${queueOf(session)}/claim`, { token: place.token }));
    assert.equal(again.admissionId, admission.admissionId);
    const headers = { 'tix-admission': admission.admissionId };
    ok(await ann.post(`${session.url}/seats/lock`, { seatIds: [seat] }, { headers }), 201);
    ok(await ann.post(`${session.url}/seats/lock-best`, { quantity: 1 }, { headers }), 201);
    problem(await ann.post(`${session.url}/seats/lock`, { seatIds: [another] }), 403, 'queued');
    problem(await bob.post(`${session.url}/seats/lock`, { seatIds: [another] }, { headers }),
        403, 'TX011');

    const waiting = await turnOf(bob, session, behind.token);
    assert.deepEqual([waiting.turn, waiting.place, waiting.ahead], ['waiting', 2, 0]);
    assert.ok(waiting.etaSeconds >= 1 && waiting.pollAfterSeconds >= 1);
    problem(await bob.post(`${queueOf(session)}/claim`, { token: behind.token }), 403, 'TX011');
    const leave = `${queueOf(session)}/admissions/${admission.admissionId}`;
    problem(await bob.delete(leave), 404, 'not_found');
    assert.equal((await ann.delete(leave)).status, 204);
    problem(await ann.delete(leave), 404, 'not_found');
    problem(await ann.post(`${session.url}/seats/lock`, { seatIds: [third] }, { headers }),
        403, 'TX011');
    await becomes(bob, session, behind.token, 'called');
});

test('who steers pauses, goes on, changes the rate, looks and closes', async () => {
    const session = makeSession();
    await openQueue(session, { mode: 'fifo', rate: 5, maxActive: 2, admissionSeconds: 60,
        maxLength: 10, targetP99Ms: 1000 });
    problem(await organizer.post(adminOf(session), {}), 409, 'TX010');
    ok(await organizer.post(`${adminOf(session)}/pause`));
    const ann = buyer();
    const { token } = ok(await ann.post(`${queueOf(session)}/join`));
    await board(session, ({ state, waiting }) => state === 'paused' && waiting === 1);
    const paused = await turnOf(ann, session, token);
    assert.deepEqual([paused.turn, paused.ahead, paused.etaSeconds], ['waiting', 0, null]);
    const changed = ok(await organizer.patch(adminOf(session), { rate: 50, maxActive: 20 }));
    assert.deepEqual(changed, { sessionId: session.sessionId, rate: 50, maxActive: 20 });
    const report = ok(await organizer.get(adminOf(session)));
    assert.deepEqual([report.state, report.depth, report.serving, report.rate, report.maxActive],
        ['paused', 1, 0, 50, 20]);
    ok(await organizer.post(`${adminOf(session)}/resume`));
    await becomes(ann, session, token, 'called');
    ok(await ann.post(`${queueOf(session)}/claim`, { token }));
    await eventually('the report counts the claim', async () =>
        ok(await organizer.get(adminOf(session))).claimed === 1);
    ok(await organizer.delete(adminOf(session)));
    await becomes(ann, session, token, 'closed');
    await board(session, ({ state }) => state === 'closed');
    problem(await ann.post(`${queueOf(session)}/claim`, { token }), 403, 'TX011');
    problem(await ann.post(`${queueOf(session)}/join`), 404, 'not_found');
    ok(await buyer().post(`${session.url}/seats/lock`,
        { seatIds: seatIds(session.sessionId, 1) }), 201);
    problem(await organizer.delete(adminOf(session)), 404, 'not_found');
    assert.equal(sqlValue(`SELECT count(*) FROM tix.audit_log
        WHERE detail->>'subject' = '${session.sessionId}'`), '5');
});

test('a draw gives the places when it opens, the same by token and in the database', async () => {
    const session = makeSession();
    const opensAt = new Date(Date.now() + 3000).toISOString();
    await openQueue(session, { mode: 'random', rate: 100, maxActive: 1000, opensAt });
    const joined = [];
    for (let n = 0; n < 20; n++) {
        const who = buyer();
        joined.push({ who, ...ok(await who.post(`${queueOf(session)}/join`)) });
    }
    assert.ok(joined.every(({ place, ahead }) => place === null && ahead === null));
    const early = await turnOf(joined[0].who, session, joined[0].token);
    assert.deepEqual([early.turn, early.place, early.drawn], ['waiting', null, null]);
    const drawn = await board(session, (seen) => seen.drawn !== null);
    assert.equal(drawn.drawn, 20);
    const places = [];
    for (const { who, token } of joined) {
        const { place } = await turnOf(who, session, token);
        places.push(place);
        assert.equal(String(place),
            sqlValue(`SELECT place FROM tix_queue_position('${token}')`));
    }
    assert.deepEqual([...places].sort((a, b) => a - b), places.map((_, n) => n + 1));
    const late = buyer();
    assert.equal(ok(await late.post(`${queueOf(session)}/join`)).place, 21);
});
