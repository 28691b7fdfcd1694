// What becomes of an order: tariffs and codes, more seats and fewer, other seats, none to pay for,
// money back after a postponement; every amount a decimal, to the cent.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { ok, problem } from './lib/client.mjs';
import { buy, buyer, eventually, lock, makeSession, nobody, order, orderBecomes, seatIds, seatState,
    sql, violations } from './lib/world.mjs';

const session = makeSession({ amount: 2000 });
const seats = seatIds(session.sessionId);
let next = 0;
const take = (count) => seats.slice(next, next += count);
const eur = (amount) => ({ amount, currency: 'EUR' });
const event = `'${session.eventId}'`;
sql(`SELECT tix_set_tariff(${event}, 'child', permille => 500);
     SELECT tix_set_tariff(${event}, 'guest', 0, 'EUR');
     SELECT tix_set_charge(${event}, 'fee', 'booking', 150, 'EUR');
     SELECT tix_set_charge(${event}, 'tax', 'VAT', permille => 70, included => true);
     SELECT tix_set_promotion(${event}, 'SPRING', 'EUR', permille => 100);
     SELECT tix_set_cancellation_terms(${event}, '2 days', 100, 50);`);
const itemOf = (shown, seatId) => shown.items.find((item) => item.seatId === seatId);

test('the terms of an event are there for whoever shows prices', async () => {
    const terms = ok(await nobody().get(`/v1/events/${session.eventId}/terms`));
    assert.deepEqual(terms.tariffs.map(({ name, amount, permille }) => [name, amount, permille]),
        [['child', null, '500'], ['guest', eur('0.00'), null]]);
    assert.deepEqual(terms.charges.map(({ kind, name, amount, permille, included }) =>
        [kind, name, amount, permille, included]),
    [['fee', 'booking', eur('1.50'), null, false], ['tax', 'VAT', null, '70', true]]);
    assert.deepEqual(terms.cancellation,
        { untilSecondsBeforeStart: 172800, keptPermille: '100', kept: eur('0.50') });
    problem(await nobody().get(`/v1/events/${randomUUID()}/terms`), 404, 'not_found');
    const draft = makeSession({ open: false });
    problem(await nobody().get(`/v1/events/${draft.eventId}/terms`), 404, 'not_found');
});

test('an order of several locks has tariffs, attendees, a code and charges', async () => {
    const ann = buyer();
    const [one, two] = take(2);
    const locks = [];
    for (const seat of [one, two]) locks.push((await lock(ann, session, [seat])).lockId);
    const made = ok(await ann.post('/v1/orders', { lockIds: locks, promo: 'spring',
        items: [{ seatId: two, tariff: 'child', attendee: { name: 'Bé', age: 7 } }] }), 201);
    assert.deepEqual(made.total, eur('30.00'));  // 18.00 + 1.50 and 9.00 + 1.50
    const shown = ok(await ann.get(`/v1/orders/${made.orderId}`));
    const { tariff, attendee, price, base, discount, fees, charges } = itemOf(shown, two);
    assert.deepEqual({ tariff, attendee, price, base, discount, fees }, { tariff: 'child',
        attendee: { name: 'Bé', age: 7 }, price: eur('10.50'), base: eur('10.00'),
        discount: eur('1.00'), fees: eur('1.50') });
    assert.deepEqual(charges.map(({ name, amount }) => [name, amount]),
        [['booking', eur('1.50')], ['VAT', eur('0.69')]]);
    assert.equal(itemOf(shown, one).attendee, null);
});

test('what is said of seats must be of these seats, and of tariffs that exist', async () => {
    const ann = buyer();
    const [seat] = take(1);
    const { lockId } = await lock(ann, session, [seat]);
    const bad = [[{ seatId: 'another' }], [{ seatId: seat, tariff: 'none' }],
        [{ seatId: seat }, { seatId: seat }]];
    for (const items of bad) {
        problem(await ann.direct.post('/v1/orders', { lockIds: [lockId], items }), 400,
            'validation');
    }
    const odd = [[{ seatId: seat, attendee: 'Ann' }], ['x'], 'x', [{ seatId: seat, x: 1 }]];
    for (const items of odd) {
        problem(await ann.direct.post('/v1/orders', { lockIds: [lockId], items }), 400);
    }
    problem(await ann.post('/v1/orders', { lockIds: [lockId], promo: 'AUTUMN' }), 400);
    ok(await ann.post('/v1/orders', { lockIds: [lockId], items: [] }), 201);
});

test('an order grows and shrinks until it is being paid, and its history tells', async () => {
    const ann = buyer();
    const [one, two] = take(2);
    const { orderId } = await order(ann, session, [one]);
    const { lockId } = await lock(ann, session, [two]);
    const url = `/v1/orders/${orderId}`;
    const grown = ok(await ann.post(`${url}/items`,
        { lockIds: [lockId], items: [{ seatId: two, tariff: 'child' }] }));
    assert.deepEqual([grown.total, grown.seatIds], [eur('33.00'), [two]]);
    const shrunk = ok(await ann.post(`${url}/items/cancel`, { seatIds: [one], reason: 'ill' }));
    assert.deepEqual(shrunk,
        { orderId, refunded: eur('0.00'), kept: eur('0.00'), status: 'created' });
    assert.equal(await seatState(session, one), 'free');
    const history = ok(await ann.get(`${url}/history`));
    assert.deepEqual(history.map(({ from, to, cause, byBuyer }) => [from, to, cause, byBuyer]), [
        [null, 'created', 'order created', true], ['created', 'created', 'seats added', true],
        ['created', 'created', 'ill', true]]);
    assert.deepEqual(history.map(({ change }) => change?.amount),
        [undefined, eur('11.50'), eur('-21.50')]);
    ok(await ann.post(`${url}/pay`, { paymentMethod: 'mock_silent' }), 202);
    problem(await ann.post(`${url}/items`, { lockIds: ['1'] }), 409, 'TX010');
    problem(await ann.post(`${url}/items/cancel`, { seatIds: [two] }), 409, 'TX010');
});

test('a paid seat is given back for its price less what is kept', async () => {
    const ann = buyer();
    const wanted = take(2);
    const { orderId } = await buy(ann, session, wanted);
    const url = `/v1/orders/${orderId}`;
    const gone = ok(await ann.post(`${url}/items/cancel`, { seatIds: [wanted[0]] }));
    assert.deepEqual(gone, { orderId, refunded: eur('18.85'), kept: eur('2.65'),
        status: 'partially_refunded' });
    problem(await ann.post(`${url}/items/cancel`, { seatIds: [wanted[0]] }), 409, 'TX010');
    problem(await ann.post(`${url}/items/cancel`, { seatIds: ['none'] }), 404);
    const refund = await eventually('the money is back', async () => {
        const [one] = ok(await ann.get(`${url}/refunds`));
        return one.status === 'succeeded' && one;
    });
    assert.deepEqual([refund.amount, refund.seatId], [eur('18.85'), wanted[0]]);
    assert.deepEqual(itemOf(ok(await ann.get(url)), wanted[0]).kept, eur('2.65'));
});

test('tickets move to seats one holds, and only those', async () => {
    const ann = buyer();
    const [old, fresh, extra] = take(3);
    const { orderId } = await buy(ann, session, [old]);
    const { lockId } = await lock(ann, session, [fresh]);
    const url = `/v1/orders/${orderId}/reseat`;
    problem(await ann.post(url, { changes: { [old]: extra }, lockIds: [lockId] }), 400);
    problem(await ann.post(url, { changes: { [extra]: fresh }, lockIds: [lockId] }), 404);
    const moved = ok(await ann.post(url, { changes: { [old]: fresh }, lockIds: [lockId] }));
    assert.deepEqual(moved, { orderId, refunded: eur('0.00') });
    assert.deepEqual([await seatState(session, old), await seatState(session, fresh)],
        ['free', 'sold']);
    const tickets = ok(await ann.get('/v1/tickets'));
    assert.deepEqual(tickets.map((one) => `${one.seatId} ${one.status}`).sort(),
        [`${fresh} valid`, `${old} cancelled`].sort());
});

test('an order for which nothing is to be paid is completed without a provider', async () => {
    const ann = buyer();
    const [seat, dear] = take(2);
    const { lockId } = await lock(ann, session, [seat]);
    const { orderId, total } = ok(await ann.post('/v1/orders',
        { lockIds: [lockId], items: [{ seatId: seat, tariff: 'guest' }] }), 201);
    assert.deepEqual(total, eur('0.00'));
    const done = { orderId, status: 'completed', seatIds: [seat] };
    assert.deepEqual(ok(await ann.post(`/v1/orders/${orderId}/complete`)), done);
    assert.deepEqual(ok(await ann.post(`/v1/orders/${orderId}/complete`)), done);
    assert.equal(ok(await ann.get('/v1/tickets')).length, 1);
    const other = await order(ann, session, [dear]);
    problem(await ann.post(`/v1/orders/${other.orderId}/complete`), 409, 'TX010');
});

test('who bought before a postponement may have everything back, in time', async () => {
    const ann = buyer();
    const late = makeSession();
    const [one, two] = seatIds(late.sessionId, 2);
    const { orderId } = await buy(ann, late, [one]);
    const url = `/v1/orders/${orderId}/refunds`;
    problem(await ann.post(url), 409, 'TX010');
    sql(`SELECT tix_postpone_session('${late.sessionId}', now() + interval '30 days',
        now() + interval '31 days', now() + interval '9 days', 'flu',
        '${process.env.TIX_ADMIN_ID}')`);
    const after = await buy(ann, late, [two]);
    problem(await ann.post(`/v1/orders/${after.orderId}/refunds`), 409, 'TX010');
    const asked = ok(await ann.post(url));
    assert.equal(asked.orderId, orderId);
    const [refund] = ok(await ann.get(url));
    assert.deepEqual([refund.refundId, refund.amount], [asked.refundId, eur('45.00')]);
    await orderBecomes(ann, orderId, 'refunded', 'partially_refunded');
    assert.equal(await seatState(late, one), 'free');
});

test('nothing was sold twice', () => { assert.equal(violations(), '0'); });
