// Holding seats over HTTP: all or nothing, refusals that say why, and one winner of every race.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe, ok, problem } from './lib/client.mjs';
import { buyer, lock, makeSession, seatIds, seatState, sql, violations } from './lib/world.mjs';

const session = makeSession();
const seats = seatIds(session.sessionId);
const lockUrl = `${session.url}/seats/lock`;
let next = 0;
const take = (count) => seats.slice(next, next += count);

test('a lock holds exactly the seats asked for, until a time that it says', async () => {
    const wanted = take(2);
    const got = await lock(buyer(), session, wanted, { ttlSeconds: 30 });
    assert.deepEqual([...got.seatIds].sort(), [...wanted].sort());
    assert.equal(got.sessionId, session.sessionId);
    const left = Date.parse(got.expiresAt) - Date.now();
    assert.ok(left > 20000 && left <= 31000, `expires in ${left} ms`);
    assert.equal(await seatState(session, wanted[0]), 'held');
});

test('a lost race names every seat that is not to be had', async () => {
    const [one, two, three] = take(3);
    await lock(buyer(), session, [one, two]);
    const got = await buyer().post(lockUrl, { seatIds: [one, three, two] });
    const refused = problem(got, 409, 'held');
    const named = refused.unavailableSeats.map((seat) => `${seat.seatId} ${seat.reason}`);
    assert.deepEqual(named.sort(), [`${one} held`, `${two} held`].sort());
    assert.equal(await seatState(session, three), 'free');
});

test('locking the same seats again is the same lock', async () => {
    const ann = buyer();
    const wanted = take(2);
    const first = await lock(ann, session, wanted);
    const again = await lock(ann, session, wanted);
    assert.equal(again.lockId, first.lockId);
});

test('seats can be added to a lock one has', async () => {
    const ann = buyer();
    const [one, two] = take(2);
    const { lockId } = await lock(ann, session, [one]);
    const both = await lock(ann, session, [two], { intoLockId: lockId });
    assert.equal(both.lockId, lockId);
    assert.ok(both.seatIds.includes(two));
    const { released } = ok(await ann.delete(`/v1/locks/${lockId}`));
    assert.deepEqual(released.sort(), [one, two].sort());
});

test('the best seats are neighbours, and the answer says how good they are', async () => {
    const ann = buyer();
    const whole = makeSession();
    const url = `${whole.url}/seats/lock-best`;
    const got = ok(await ann.post(url, { quantity: 3, maxTier: 2 }), 201);
    assert.equal(got.seatIds.length, 3);
    assert.ok(got.tier === 1 || got.tier === 2);
    const [[rows, span]] = sql(`SELECT count(DISTINCT row_label), max(ordinal) - min(ordinal)
        FROM tix.seats WHERE session_id = '${whole.sessionId}'
        AND seat_id IN (${got.seatIds.map((id) => `'${id}'`)})`);
    assert.deepEqual([rows, span], ['1', '2']);
    const wish = { quantity: 2, areas: ['LinkerBlock'], ttlSeconds: 60 };
    const inArea = ok(await ann.post(url, wish), 201);
    assert.ok(inArea.seatIds.every((id) => id.startsWith('LinkerBlock')));
    problem(await ann.post(url, { quantity: 2, categories: ['no such category'] }), 409);
    ok(await ann.delete(`/v1/locks/${got.lockId}`));
    ok(await ann.delete(`/v1/locks/${inArea.lockId}`));
});

test('places of an area are held without choosing, and none that is not there', async () => {
    const url = `${makeSession().url}/areas/LogenRechtsOben/lock`;
    const ann = buyer();
    const got = ok(await ann.post(url, { quantity: 80, ttlSeconds: 60 }), 201);
    assert.equal(new Set(got.seatIds).size, 80);
    assert.ok(got.seatIds.every((id) => id.startsWith('LogenRechtsOben')));
    problem(await ann.post(url, { quantity: 6 }), 409, 'held_out');
    ok(await ann.post(url, { quantity: 5 }), 201);
    problem(await ann.direct.post(url, { quantity: 1001 }), 400, 'validation');
    problem(await ann.post(url.replace('LogenRechtsOben', 'Nirgends'), { quantity: 1 }), 404,
        'unknown_seat');
});

test('seats of a channel are for those who know its word', async () => {
    const house = makeSession();
    const [one, two, three] = seatIds(house.sessionId, 3);
    sql(`SELECT tix_set_channel('${house.sessionId}', 'friends',
        ARRAY['${one}', '${two}', '${three}'])`);
    const url = `${house.url}/seats/lock`;
    problem(await buyer().post(url, { seatIds: [one] }), 409, 'channel');
    problem(await buyer().post(url, { seatIds: [one], channels: ['foes'] }), 409, 'channel');
    await lock(buyer(), house, [one], { channels: ['foes', 'friends'] });
    const wish = { quantity: 676, maxTier: 5, channels: [] };
    assert.notEqual((await buyer().post(`${house.url}/seats/lock-best`, wish)).status, 201);
    const best = ok(await buyer().post(`${house.url}/seats/lock-best`,
        { quantity: 1, areas: [two.split('-')[0]], channels: ['friends'] }), 201);
    assert.equal(best.seatIds.length, 1);
    const [left] = [two, three].filter((seat) => !best.seatIds.includes(seat));
    await lock(buyer(), house, [left], { channels: ['friends'] });
});

test('no single seat is left alone where that is asked for', async () => {
    const house = makeSession();
    const row = sql(`SELECT seat_id FROM tix.seats WHERE session_id = '${house.sessionId}'
        AND (area_id, row_label) = (SELECT area_id, row_label FROM tix.seats
            WHERE session_id = '${house.sessionId}' GROUP BY 1, 2 ORDER BY count(*) DESC LIMIT 1)
        ORDER BY position`).map(([id]) => id);
    const url = `${house.url}/seats/lock`;
    problem(await buyer().post(url, { seatIds: [row[1], row[2]], orphans: 'avoid' }), 409,
        'orphan');
    ok(await buyer().post(url, { seatIds: [row[1], row[2]], orphans: 'allow' }), 201);
    const best = `${house.url}/seats/lock-best`;
    ok(await buyer().post(best, { quantity: 3, orphans: 'allow', maxTier: 5 }), 201);
});

test('accessible places are for those who ask for them', async () => {
    const house = makeSession();
    const best = `${house.url}/seats/lock-best`;
    const { seatIds: [seat] } = ok(await buyer().post(best, { quantity: 1, accessible: 1 }), 201);
    const isAccessible = (id) => sql(`SELECT accessible FROM tix.seats
        WHERE session_id = '${house.sessionId}' AND seat_id = '${id}'`)[0][0];
    assert.equal(isAccessible(seat), 't');
    const { seatIds: [other] } = ok(await buyer().post(best, { quantity: 1 }), 201);
    assert.equal(isAccessible(other), 'f');
});

test('a lock can be extended by its owner only', async () => {
    const ann = buyer();
    const { lockId, expiresAt } = await lock(ann, session, take(1), { ttlSeconds: 20 });
    const longer = ok(await ann.patch(`/v1/locks/${lockId}`, { ttlSeconds: 120 }));
    assert.equal(longer.lockId, lockId);
    assert.ok(Date.parse(longer.expiresAt) > Date.parse(expiresAt));
    problem(await buyer().patch(`/v1/locks/${lockId}`, { ttlSeconds: 120 }), 404, 'expired');
    problem(await ann.patch('/v1/locks/1', { ttlSeconds: 120 }), 404, 'expired');
});

test('some or all seats of a lock can be given back, once', async () => {
    const ann = buyer();
    const [one, two, three] = take(3);
    const { lockId } = await lock(ann, session, [one, two, three]);
    const some = ok(await ann.delete(lockUrl, { lockId, seatIds: [two] }));
    assert.deepEqual(some, { lockId, released: [two] });
    assert.equal(await seatState(session, two), 'free');
    assert.equal(await seatState(session, one), 'held');
    problem(await buyer().delete(`/v1/locks/${lockId}`), 404);
    const rest = ok(await ann.delete(`/v1/locks/${lockId}`));
    assert.deepEqual([...rest.released].sort(), [one, three].sort());
    problem(await ann.delete(`/v1/locks/${lockId}`), 404);
    problem(await ann.delete(lockUrl, { lockId }), 404);
});

test('every kind of refusal has its own code', async () => {
    const ann = buyer();
    const [one] = take(1);
    const unknown = '00000000-0000-4000-8000-000000000000';
    problem(await ann.post(lockUrl, { seatIds: ['no such seat'] }), 404, 'unknown_seat');
    problem(await ann.post(lockUrl, { seatIds: [one, one] }), 400, 'duplicate_seat');
    problem(await ann.post(lockUrl, { seatIds: seats.slice(0, 201) }), 400, 'too_many');
    problem(await ann.post(`/v1/sessions/${unknown}/seats/lock`, { seatIds: [one] }),
        404, 'unknown_session', 'not_found');
});

test('seats of a session that is not on sale are not to be had', async () => {
    const draft = makeSession({ open: false });
    const requests = { lock: { seatIds: [seats[0]] }, 'lock-best': { quantity: 2 } };
    for (const [path, body] of Object.entries(requests)) {
        const refused = await buyer().post(`${draft.url}/seats/${path}`, body);
        assert.ok([404, 425].includes(refused.status), describe(refused));
        problem(refused, refused.status, 'unknown_session', 'not_found', 'not_on_sale', 'TX006');
    }
});

test('two buyers who want one seat at one moment: exactly one gets it, fifty times', async () => {
    const [ann, bob] = [buyer(), buyer()];
    for (let round = 0; round < 50; round++) {
        const seatId = take(1);
        const answers = await Promise.all([ann, bob].map((who) =>
            who.post(lockUrl, { seatIds: seatId })));
        const winners = answers.filter((got) => got.status === 201);
        assert.equal(winners.length, 1, `round ${round}: ${answers.map((got) => got.status)}`);
        const loser = answers.find((got) => got.status !== 201);
        problem(loser, 409, 'held', 'busy');
    }
    assert.equal(violations(), '0');
});
