// Tickets: codes that a gate can check with nothing but the public key, and who may check them.
import assert from 'node:assert/strict';
import { randomUUID, verify } from 'node:crypto';
import { test } from 'node:test';
import { ok, problem } from './lib/client.mjs';
import { buy, buyer, makeSession, person, seatIds, sql, staff, ticketKey } from './lib/world.mjs';

const session = makeSession();
const seats = seatIds(session.sessionId, 20);
const ann = buyer();
const gate = staff('gate');
let ticket;

const bytesOf = (uuid) => Buffer.from(uuid.replaceAll('-', ''), 'hex');
const check = (who, code, ticketId = ticket.ticketId) =>
    who.post(`/v1/tickets/${ticketId}/verify`, { code });

test('a bought seat is a ticket', async () => {
    const done = await buy(ann, session, [seats[0]]);
    [ticket] = ok(await ann.get('/v1/tickets'));
    assert.equal(ticket.orderId, done.orderId);
    assert.equal(ticket.seatId, seats[0]);
    assert.equal(ticket.status, 'valid');
    assert.deepEqual(ticket.price, { amount: '45.00', currency: 'EUR' });
    assert.deepEqual(ok(await ann.get(`/v1/tickets/${ticket.ticketId}`)), ticket);
});

test('its code can be verified offline: version, key, session, ticket, issue, signature', () => {
    assert.ok(ticket.code.length <= 150);
    const raw = Buffer.from(ticket.code.slice(4), 'base64url');
    assert.equal(`TX1.${raw.toString('base64url')}`, ticket.code);
    assert.equal(raw.length, 1 + 1 + 16 + 16 + 4 + 64);
    assert.equal(raw[0], 1);
    assert.deepEqual(raw.subarray(2, 18), bytesOf(session.sessionId));
    assert.deepEqual(raw.subarray(18, 34), bytesOf(ticket.ticketId));
    assert.ok(verify(null, raw.subarray(0, 38), ticketKey(), raw.subarray(38)));
});

test('its picture is an SVG that says nothing else', async () => {
    const got = await ann.get(`/v1/tickets/${ticket.ticketId}/qr.svg`);
    assert.equal(got.status, 200);
    assert.match(got.headers['content-type'], /^image\/svg\+xml/);
    assert.match(got.text, /^(<\?xml[^>]*\?>\s*)?<svg [^>]*viewBox="0 0 (\d+) \2"/);
    assert.match(got.text, /<path [^>]*d="M[^"]+"/);
    assert.match(got.text.trimEnd(), /<\/svg>$/);
    assert.doesNotMatch(got.text, /script|href|on\w+=/i);
});

test('a gate learns whether a code is good, for that ticket', async () => {
    const { code, ticketId } = ticket;
    const good = ok(await check(gate, code));
    assert.deepEqual(good, { valid: true, reason: 'ok', ticketId, sessionId: session.sessionId,
        seatId: seats[0] });
    for (const role of ['box_office', 'admin']) {
        assert.equal(ok(await check(staff(role), code)).valid, true);
    }
    const bob = buyer();
    await buy(bob, session, [seats[1]]);
    const [others] = ok(await bob.get('/v1/tickets'));
    const flipped = code.slice(0, 60) + (code[60] === 'A' ? 'B' : 'A') + code.slice(61);
    for (const wrong of [others.code, flipped, code.slice(0, -4), code + 'A', 'TX1.', 'x']) {
        const verdict = ok(await check(gate, wrong));
        assert.deepEqual([verdict.valid, verdict.reason], [false, 'invalid'], wrong);
    }
    problem(await check(gate, code, randomUUID()), 404, 'not_found');
});

test('buyers and organisers may not check tickets', async () => {
    for (const who of [ann, buyer(), person('organizer')]) {
        problem(await check(who, ticket.code), 403, 'forbidden');
    }
});

test('a cancelled ticket does not open the door', async () => {
    const cid = buyer();
    await buy(cid, session, [seats[2]]);
    const [mine] = ok(await cid.get('/v1/tickets'));
    sql(`SELECT tix_cancel_ticket('${mine.ticketId}', '${cid.userId}')`);
    const verdict = ok(await check(gate, mine.code, mine.ticketId));
    assert.deepEqual([verdict.valid, verdict.reason], [false, 'canceled']);
    assert.equal(ok(await cid.get(`/v1/tickets/${mine.ticketId}`)).status, 'cancelled');
});

test('no role of a token makes an organiser of a buyer', async () => {
    const admin = `/v1/admin/sessions/${session.sessionId}`;
    for (const role of ['buyer', 'gate', 'box_office']) {
        problem(await person(role).post(`${admin}/close`), 403, 'forbidden');
    }
    problem(await person('organizer').post(`${admin}/close`), 404, 'not_found');
    problem(await person('admin').post(`${admin}/close`), 404, 'not_found');
});
