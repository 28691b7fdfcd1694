// What the house does for a buyer, and with sessions that do not take place as sold; the database
// knows who may, whatever a token says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ok, problem } from './lib/client.mjs';
import { buy, buyer, eventually, lock, makeSession, orderBecomes, person, seatIds, seatState, sql,
    sqlValue, staff, violations } from './lib/world.mjs';

const session = makeSession();
const seats = seatIds(session.sessionId);
let next = 0;
const take = (count) => seats.slice(next, next += count);
const eur = (amount) => ({ amount, currency: 'EUR' });
const [desk, organizer, admin] = ['box_office', 'organizer', 'admin'].map(staff);
const hold = (wanted, buyerId) => desk.post(
    `/v1/box-office/sessions/${session.sessionId}/hold`, { seatIds: wanted, buyerId });

async function sell(buyerId, wanted, method = 'cash', more = {}) {
    const { lockId } = ok(await hold(wanted, buyerId), 201);
    return ok(await desk.post('/v1/box-office/orders',
        { lockIds: [lockId], buyerId, method, ...more }), 201);
}

test('the counter sells seats for cash, and gives them away', async () => {
    const ann = buyer();
    const [one, two, three] = take(3);
    sql(`SELECT tix_set_channel('${session.sessionId}', 'house', ARRAY['${one}'])`);
    const paid = await sell(ann.userId, [one]);
    assert.deepEqual([paid.total, paid.seatIds, paid.status], [eur('45.00'), [one], 'completed']);
    assert.ok(paid.paymentId);
    const given = await sell(ann.userId, [two], 'complimentary',
        { items: [{ seatId: two, attendee: { name: 'Press' } }] });
    assert.deepEqual([given.total, given.paymentId], [eur('0.00'), null]);
    assert.deepEqual(ok(await ann.get('/v1/tickets')).map(({ seatId }) => seatId).sort(),
        [one, two].sort());
    await lock(buyer(), session, [three]);
    problem(await hold([three], ann.userId), 409, 'held');
});

test('the house sees an order with its buyer, and nobody else\'s house does', async () => {
    const ann = buyer();
    const { orderId } = await sell(ann.userId, take(1));
    const url = `/v1/box-office/orders/${orderId}`;
    for (const who of [desk, organizer, admin]) {
        const { buyerId, status, items } = ok(await who.get(url));
        assert.deepEqual([buyerId, status, items.length], [ann.userId, 'completed', 1]);
    }
    problem(await person('box_office').get(url), 404, 'not_found');
    problem(await person('organizer').get(url), 404, 'not_found');
    problem(await ann.get(url), 403, 'forbidden');
});

test('the counter takes seats back, keeping what is said in the order\'s currency', async () => {
    const ann = buyer();
    const [one, two] = take(2);
    const { orderId } = await sell(ann.userId, [one, two]);
    const url = `/v1/box-office/orders/${orderId}/items/cancel`;
    const wish = { seatIds: [one], reason: 'wrong day' };
    for (const keep of [{ amount: '5', currency: 'USD' }, eur('5.005'), eur('-5'), '5']) {
        problem(await desk.direct.post(url, { ...wish, keep }), 400, 'validation');
    }
    const gone = ok(await desk.post(url, { ...wish, keep: eur('5.00') }));
    assert.deepEqual(gone,
        { orderId, refunded: eur('40.00'), kept: eur('5.00'), status: 'partially_refunded' });
    assert.equal(await seatState(session, one), 'free');
    problem(await ann.post(`/v1/orders/${orderId}/items/cancel`, { seatIds: [two] }), 409, 'TX010');
});

test('the counter moves tickets to free seats, at the price that was paid', async () => {
    const ann = buyer();
    const [old, fresh, sold] = take(3);
    const { orderId } = await buy(ann, session, [old]);
    await sell(ann.userId, [sold]);
    const url = `/v1/box-office/orders/${orderId}/reseat`;
    problem(await desk.post(url, { changes: { [old]: sold }, reason: 'x' }), 409, 'TX001');
    const moved = ok(await desk.post(url, { changes: { [old]: fresh }, reason: 'a broken seat' }));
    assert.deepEqual(moved, { orderId, refunded: eur('0.00') });
    assert.equal(await seatState(session, fresh), 'sold');
});

test('an organizer pays back a part in goodwill, or all; the box office does not', async () => {
    const ann = buyer();
    const { orderId } = await buy(ann, session, take(1));
    const url = `/v1/box-office/orders/${orderId}/refunds`;
    problem(await desk.post(url, { reason: 'x' }), 403, 'forbidden');
    problem(await person('organizer').post(url, { reason: 'x' }), 404, 'not_found');
    problem(await organizer.post(url, { reason: 'x', amount: eur('45.01') }), 422, 'TX008');
    const yen = { amount: '1', currency: 'JPY' };
    problem(await organizer.post(url, { reason: 'x', amount: yen }), 400);
    ok(await organizer.post(url, { reason: 'the rain', amount: eur('5.00') }));
    assert.equal(ok(await ann.get('/v1/tickets'))[0].status, 'valid');
    await orderBecomes(ann, orderId, 'partially_refunded', 'completed');
    ok(await organizer.post(url, { reason: 'more rain' }));
    await eventually('all is back', async () =>
        ok(await ann.get(`/v1/orders/${orderId}`)).status === 'refunded');
    const refunds = ok(await ann.get(`/v1/orders/${orderId}/refunds`));
    assert.deepEqual(refunds.map(({ amount }) => amount), [eur('5.00'), eur('40.00')]);
});

test('a ticket that staff blocks lets nobody in until it is unblocked', async () => {
    const ann = buyer();
    await buy(ann, session, take(1));
    const [{ ticketId, code }] = ok(await ann.get('/v1/tickets'));
    const url = `/v1/box-office/tickets/${ticketId}`;
    const reason = async () => ok(await staff('gate').post(`/v1/tickets/${ticketId}/verify`,
        { code })).reason;
    problem(await person('box_office').post(`${url}/block`, { reason: 'x' }), 404, 'not_found');
    const blocked = { ticketId, blocked: true, changed: true };
    assert.deepEqual(ok(await desk.post(`${url}/block`, { reason: 'stolen' })), blocked);
    assert.equal(await reason(), 'blocked');
    assert.equal(sqlValue(`SELECT detail->>'actor' FROM tix.audit_log WHERE act = 'block_ticket'
        AND detail->>'ticketId' = '${ticketId}'`), desk.userId);
    assert.equal(ok(await desk.post(`${url}/block`, { reason: 'stolen' })).changed, false);
    assert.equal(ok(await desk.post(`${url}/unblock`)).changed, true);
    assert.equal(await reason(), 'ok');
});

test('a session that is called off gives all its money back, in steps', async () => {
    const off = makeSession();
    const [ann, bob] = [buyer(), buyer()];
    const [one, two] = seatIds(off.sessionId, 2);
    const orders = [await buy(ann, off, [one]), await buy(bob, off, [two])];
    const url = `/v1/admin/sessions/${off.sessionId}`;
    problem(await organizer.get(`${url}/mass-refund`), 404, 'not_found');
    problem(await person('organizer').post(`${url}/cancel`, { reason: 'x' }), 404, 'not_found');
    const begun = ok(await organizer.post(`${url}/cancel`, { reason: 'fire' }));
    assert.deepEqual(ok(await organizer.post(`${url}/cancel`, { reason: 'fire' })), begun);
    problem(await organizer.post('/v1/admin/mass-refunds/step', {}), 403, 'forbidden');
    problem(await person('admin').post('/v1/admin/mass-refunds/step', {}), 404, 'not_found');
    const done = await eventually('the refund is finished', async () => {
        ok(await admin.post('/v1/admin/mass-refunds/step', { maxOrders: 1 }));
        const seen = ok(await desk.get(`${url}/mass-refund`));
        assert.ok(seen.done <= seen.total && seen.failed === 0);
        return seen.finishedAt && seen;
    });
    assert.deepEqual([done.massRefundId, done.total, done.done, done.reason],
        [begun.massRefundId, 2, 2, 'fire']);
    for (const [who, { orderId }] of [[ann, orders[0]], [bob, orders[1]]]) {
        const [{ amount }] = ok(await who.get(`/v1/orders/${orderId}/refunds`));
        assert.deepEqual(amount, eur('45.00'));
    }
    problem(await buyer().post(`${off.url}/seats/lock`, { seatIds: [one] }), 409);
});

test('a session is postponed by its organizer alone, once', async () => {
    const late = makeSession();
    const url = `/v1/admin/sessions/${late.sessionId}/postpone`;
    const day = (days) => new Date(Date.now() + days * 86400000).toISOString();
    const times = { startTime: day(30), endTime: day(31), refundUntil: day(9), reason: 'flu' };
    problem(await person('organizer').post(url, times), 404, 'not_found');
    problem(await organizer.post(url, { ...times, endTime: day(29) }), 400);
    problem(await organizer.direct.post(url, { ...times, startTime: 'tomorrow' }), 400);
    const { reason, ...told } = times;
    for (let time = 0; time < 2; time++) {
        assert.deepEqual(ok(await organizer.post(url, times)),
            { sessionId: late.sessionId, ...told });
    }
    assert.equal(sqlValue(`SELECT count(*) FROM tix.postponements
        WHERE session_id = '${late.sessionId}' AND reason = '${reason}'`), '1');
    const { startTime } = ok(await buyer().get(late.url));
    assert.equal(Date.parse(startTime), Date.parse(times.startTime));
});

test('nothing was sold twice', () => { assert.equal(violations(), '0'); });
