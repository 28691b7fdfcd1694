// A ticket changes hands, or gets a new code: of all its codes only the last opens the door.
import assert from 'node:assert/strict';
import { createPublicKey, randomUUID, verify } from 'node:crypto';
import { test } from 'node:test';
import { ok, problem } from './lib/client.mjs';
import { buy, buyer, makeSession, nobody, seatIds, seatState, sql, staff, violations }
    from './lib/world.mjs';

const session = makeSession();
const seats = seatIds(session.sessionId, 30);
let next = 0;
const gate = staff('gate');

async function bought(who) {
    const [seat] = seats.slice(next, next += 1);
    await buy(who, session, [seat]);
    return ok(await who.get('/v1/tickets')).find((ticket) => ticket.seatId === seat);
}
const verdict = async ({ ticketId }, code) =>
    ok(await gate.post(`/v1/tickets/${ticketId}/verify`, { code })).reason;

test('a ticket is given to another user, with a new code and the same seat', async () => {
    const [ann, bob] = [buyer(), buyer()];
    const ticket = await bought(ann);
    const url = `/v1/tickets/${ticket.ticketId}`;
    const given = ok(await ann.post(`${url}/transfer`, { toUserId: bob.userId }));
    assert.deepEqual(given, { ticketId: ticket.ticketId, toUserId: bob.userId, issue: 2 });
    problem(await ann.get(url), 404, 'not_found');
    problem(await ann.post(`${url}/transfer`, { toUserId: ann.userId }), 404, 'not_found');
    const his = ok(await bob.get(url));
    assert.deepEqual([await verdict(ticket, ticket.code), await verdict(ticket, his.code)],
        ['revoked', 'ok']);
    assert.equal(await seatState(session, ticket.seatId), 'sold');
    problem(await bob.post(`${url}/transfer`, { toUserId: bob.userId }), 400);
});

test('an offer is good for the first who brings its code, until it is taken back', async () => {
    const [ann, bob] = [buyer(), buyer()];
    const { ticketId } = await bought(ann);
    const url = `/v1/tickets/${ticketId}/offer`;
    const accept = (who, offerCode) => who.post('/v1/ticket-offers/accept', { offerCode });
    const first = ok(await ann.post(url, { ttlSeconds: 60 }), 201);
    assert.ok(Math.abs(Date.parse(first.expiresAt) - Date.now() - 60000) < 5000);
    assert.deepEqual(ok(await ann.delete(url)), { ticketId, withdrawn: true });
    assert.deepEqual(ok(await ann.delete(url)), { ticketId, withdrawn: false });
    problem(await accept(bob, first.offerCode), 409, 'TX010');
    const { offerCode } = ok(await ann.post(url, {}), 201);
    problem(await accept(ann, offerCode), 400);
    problem(await accept(bob, 'x'.repeat(43)), 404, 'not_found');
    const both = await Promise.all([bob, buyer()].map((who) => accept(who, offerCode)));
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 409]);
    assert.equal(both.find(({ status }) => status === 200).data.ticketId, ticketId);
    for (const ttlSeconds of [59, 2592001]) {
        problem(await ann.direct.post(url, { ttlSeconds }), 400, 'validation');
    }
});

test('a new code makes the old one void', async () => {
    const ann = buyer();
    const ticket = await bought(ann);
    const { code } = ok(await ann.post(`/v1/tickets/${ticket.ticketId}/reissue`));
    assert.deepEqual([await verdict(ticket, ticket.code), await verdict(ticket, code)],
        ['revoked', 'ok']);
    assert.equal(ok(await ann.get(`/v1/tickets/${ticket.ticketId}`)).code, code);
});

test('who has a ticket gives it back, and who paid gets the money', async () => {
    const [ann, bob] = [buyer(), buyer()];
    const { ticketId, orderId } = await bought(ann);
    ok(await ann.post(`/v1/tickets/${ticketId}/transfer`, { toUserId: bob.userId }));
    const url = `/v1/tickets/${ticketId}/cancel`;
    problem(await ann.post(url, {}), 404, 'not_found');
    const gone = ok(await bob.post(url, { reason: 'ill' }));
    assert.equal(gone.ticketId, ticketId);
    const [refund] = ok(await ann.get(`/v1/orders/${orderId}/refunds`));
    assert.deepEqual([refund.refundId, refund.reason], [gone.refundId, 'ill']);
    problem(await bob.post(url, {}), 409, 'TX010');
});

test('a used or blocked ticket does not change hands', async () => {
    const ann = buyer();
    const { ticketId } = await bought(ann);
    const give = () => ann.post(`/v1/tickets/${ticketId}/transfer`, { toUserId: randomUUID() });
    sql(`SELECT tix_block_ticket('${ticketId}', 'stolen')`);
    problem(await give(), 409, 'TX010');
    sql(`SELECT tix_block_ticket('${ticketId}', NULL);
         UPDATE tix.tickets SET status = 'used' WHERE ticket_id = '${ticketId}'`);
    problem(await give(), 409, 'TX010');
    problem(await ann.post(`/v1/tickets/${ticketId}/offer`, {}), 409, 'TX010');
});

test('anybody can verify a code with the published keys', async () => {
    const { code } = await bought(buyer());
    const raw = Buffer.from(code.slice(4), 'base64url');
    const keys = ok(await nobody().get('/v1/ticket-keys'));
    const { publicKey } = keys.find(({ keyId }) => keyId === raw[1]);
    const key = createPublicKey({ format: 'jwk',
        key: { kty: 'OKP', crv: 'Ed25519', x: publicKey } });
    assert.ok(verify(null, raw.subarray(0, 38), key, raw.subarray(38)));
    assert.equal(keys.filter(({ retiredAt }) => retiredAt === null).length, 1);
});

test('nothing was sold twice', () => { assert.equal(violations(), '0'); });
