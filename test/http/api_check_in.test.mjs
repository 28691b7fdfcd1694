// Gates: a ticket comes in once, a scan told again has its first answer, and what was scanned
// without the net is judged afterwards.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { ok, problem } from './lib/client.mjs';
import { buy, buyer, makeSession, person, seatIds, sql, sqlValue, staff, violations }
    from './lib/world.mjs';

const session = makeSession();
const [other, seats] = [makeSession(), seatIds(session.sessionId, 30)];
const gateId = sqlValue(`SELECT tix_add_gate(venue_id, 'North ${randomUUID()}')
    FROM tix.events WHERE event_id = '${session.eventId}'`);
const opensBefore = (span) => sql(`SELECT tix_set_entry_rule('${gateId}', '${session.sessionId}',
    opens_before => '${span}')`);
opensBefore('10 days');
const gate = staff('gate');
const device = `door-${randomUUID()}`;
const scan = (code, more = {}) => gate.post('/v1/check-in', { code, gateId, ...more });
let next = 0;

async function ticketsOf(who, count) {
    const wanted = seats.slice(next, next += count);
    await buy(who, session, wanted);
    const tickets = ok(await who.get('/v1/tickets'));
    return wanted.map((seat) => tickets.find((ticket) => ticket.seatId === seat));
}
// What a scan comes to.
const outcome = ({ status, reason }) => reason ?? status;

test('a ticket comes in once; the same scan told again is the same scan', async () => {
    const [ticket] = await ticketsOf(buyer(), 1);
    const same = { device, nonce: randomUUID() };
    const first = await scan(ticket.code, same);
    const seen = ok(first);
    assert.deepEqual([outcome(seen), seen.ticketId, seen.seatId, seen.sessionId, seen.tariff],
        ['ok', ticket.ticketId, ticket.seatId, session.sessionId, 'standard']);
    const again = await scan(ticket.code, same);
    assert.deepEqual([ok(again), again.headers['idempotency-replayed']], [seen, 'true']);
    assert.equal(outcome(ok(await scan(ticket.code))), 'already_used');
    const forced = ok(await scan(ticket.code, { force: true }));
    assert.deepEqual([outcome(forced), forced.overridden], ['ok', 'already_used']);
    problem(await scan(ticket.code, { ...same, direction: 'out' }), 422, 'TX009');
    assert.equal(outcome(ok(await scan(ticket.code, { direction: 'out' }))), 'ok');
});

test('every reason not to let somebody in is said by its name', async () => {
    const [ann, bob] = [buyer(), buyer()];
    const [cancelled, given, blocked, late] = await ticketsOf(ann, 4);
    ok(await ann.post(`/v1/tickets/${cancelled.ticketId}/cancel`, {}));
    ok(await ann.post(`/v1/tickets/${given.ticketId}/transfer`, { toUserId: bob.userId }));
    sql(`SELECT tix_block_ticket('${blocked.ticketId}', 'stolen')`);
    const house = makeSession();
    await buy(bob, house, [seatIds(house.sessionId, 1)[0]]);
    const stray = ok(await bob.get('/v1/tickets')).find((one) => one.sessionId === house.sessionId);
    const reasons = { 'TX1.AAAA': 'invalid', [cancelled.code]: 'canceled', [given.code]: 'revoked',
        [blocked.code]: 'blocked', [stray.code]: 'wrong_session' };
    for (const [code, reason] of Object.entries(reasons)) {
        const said = ok(await scan(code));
        assert.deepEqual([said.status, said.reason], ['error', reason]);
    }
    opensBefore('1 hour');
    assert.equal(outcome(ok(await scan(late.code))), 'invalid_time');
    opensBefore('10 days');
    assert.equal(outcome(ok(await scan(late.code))), 'ok');
});

test('only gates scan, at gates there are, what they can have read', async () => {
    const body = { code: 'x', gateId };
    for (const role of ['buyer', 'organizer', 'box_office']) {
        problem(await person(role).post('/v1/check-in', body), 403, 'forbidden');
    }
    problem(await gate.post('/v1/check-in', { code: 'x', gateId: randomUUID() }), 404, 'not_found');
    const forged = person('gate');  // of whom the database knows nothing
    problem(await forged.post('/v1/check-in', body), 404, 'not_found');
    problem(await forged.post('/v1/check-in/batch', { device, scans: [{ code: 'x' }] }), 404);
    const query = `sessionId=${session.sessionId}&gateId=${gateId}`;
    problem(await forged.get(`/v1/check-in/manifest?${query}`), 404, 'not_found');
    problem(await forged.get(`/v1/check-in/revocations?sessionId=${session.sessionId}`), 404);
    for (const bad of [{ code: '' }, { code: 'x'.repeat(4097) }, { direction: 'up' }, { at: 'now' },
        { force: 1 }, { nonce: '' }]) {
        problem(await gate.direct.post('/v1/check-in', { ...body, ...bad }), 400, 'validation');
    }
});

test('of two gates without the net the earlier scan is kept, whoever tells first', async () => {
    const [ticket, single] = await ticketsOf(buyer(), 2);
    const at = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
    const upload = (who, scans) => gate.post('/v1/check-in/batch',
        { device: who, sentAt: new Date().toISOString(), scans });
    const late = { code: ticket.code, gate: gateId, at: at(60), nonce: 'n1' };
    const early = { code: ticket.code, gate: gateId, at: at(120), nonce: 'n1' };
    const first = ok(await upload(`${device}-a`, [late,
        { code: single.code, gate: gateId, at: at(90), nonce: 'n2' }, { code: 'x', nonce: 'n3' }]));
    assert.deepEqual(first.map((one) => [one.ordinal, outcome(one)]).sort(),
        [[0, 'ok'], [1, 'ok'], [2, 'malformed']]);
    const [kept] = ok(await upload(`${device}-b`, [early]));
    assert.equal(outcome(kept), 'ok');
    assert.deepEqual(kept.conflicts.map((one) => [one.kept, one.device]), [[true, `${device}-a`]]);
    const [told] = ok(await upload(`${device}-a`, [late]));
    assert.equal(told.replayed, true);
    assert.deepEqual(told.conflicts.map((one) => [one.kept, one.device]), [[false, `${device}-b`]]);
    const [bad] = ok(await upload(device, [{ code: 'x' }]));
    assert.deepEqual([bad.status, bad.reason, bad.replayed], ['error', 'malformed', false]);
    problem(await gate.direct.post('/v1/check-in/batch', { device, scans: [] }), 400);
    problem(await gate.direct.post('/v1/check-in/batch', { device, scans: ['x'] }), 400);
});

test('a gate takes home all tickets, page by page, and what became void since', async () => {
    const ann = buyer();
    const [mine] = await ticketsOf(ann, 3);
    const about = `sessionId=${session.sessionId}&gateId=${gateId}`;
    const listed = [];
    let cursor = '';
    let since;
    do {
        const page = await gate.get(`/v1/check-in/manifest?${about}&limit=4${cursor}`);
        const manifest = ok(page);
        since ??= manifest.revocationsSeq;
        assert.equal(manifest.rules[0].entriesMax, 1);
        assert.match(manifest.publicKeys[0].publicKey, /^[\w-]{43}$/);
        listed.push(...manifest.tickets);
        cursor = page.meta.nextCursor && `&cursor=${encodeURIComponent(page.meta.nextCursor)}`;
    } while (cursor);
    const [[count]] = sql(`SELECT count(*) FROM tix.tickets WHERE status IN ('valid', 'used')
        AND session_id = '${session.sessionId}'`);
    assert.equal(new Set(listed.map(({ ticketId }) => ticketId)).size, Number(count));
    ok(await ann.post(`/v1/tickets/${mine.ticketId}/reissue`));
    const feed = `/v1/check-in/revocations?sessionId=${session.sessionId}`;
    const news = ok(await gate.get(`${feed}&since=${since}`));
    assert.deepEqual(news.revocations.map(({ ticketId, issue, reason }) =>
        [ticketId, issue, reason]), [[mine.ticketId, 1, 'reissued']]);
    assert.equal(news.seq, String(Number(since) + 1));
    assert.deepEqual(ok(await gate.get(`${feed}&since=${news.seq}`)).revocations, []);
    problem(await gate.get(`${feed}&since=${Number(news.seq) + 1}`), 410, 'resync');
    assert.ok(ok(await gate.get(feed)).revocations.length > 1);
    const stray = `sessionId=${other.sessionId}&gateId=${gateId}`;
    problem(await gate.get(`/v1/check-in/manifest?${stray}`), 404, 'not_found');
});

test('no ticket was sold or used twice', () => { assert.equal(violations(), '0'); });
