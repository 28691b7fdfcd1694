// Orders and payments: exactly the held seats are sold, once, however often one asks.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { ok, problem } from './lib/client.mjs';
import { buy, buyer, eventually, lock, makeSession, nobody, order, orderBecomes, seatIds,
    seatState, sql, sqlValue, violations } from './lib/world.mjs';

const session = makeSession({ amount: 22500 });
const seats = seatIds(session.sessionId);
let next = 0;
const take = (count) => seats.slice(next, next += count);
const key = () => ({ headers: { 'idempotency-key': `key-${randomUUID()}` } });
const orderCount = (who) =>
    Number(sqlValue(`SELECT count(*) FROM tix.orders WHERE user_id = '${who.userId}'`));
const tickets = async (who) => ok(await who.get('/v1/tickets'));

test('an order takes exactly the held seats, at the price of the moment', async () => {
    const ann = buyer();
    const wanted = take(2);
    const { lockId } = await lock(ann, session, wanted);
    const made = ok(await ann.post('/v1/orders', { lockIds: [lockId] }), 201);
    assert.equal(made.status, 'created');
    assert.equal(made.sessionId, session.sessionId);
    assert.deepEqual(made.total, { amount: '450.00', currency: 'EUR' });
    assert.deepEqual([...made.seatIds].sort(), [...wanted].sort());
    const shown = ok(await ann.get(`/v1/orders/${made.orderId}`));
    const { items, completedAt, version, ...order } = shown;
    assert.equal(completedAt, null);
    assert.equal(version, 1);
    assert.deepEqual(items.map((item) => item.seatId).sort(), [...wanted].sort());
    assert.ok(items.every((item) => item.lockId === lockId && item.price.amount === '225.00'));
    assert.deepEqual({ ...order, seatIds: made.seatIds }, made);
    assert.deepEqual(ok(await ann.get('/v1/orders')), [shown]);
});

test('an order repeated with its key is one order and one answer', async () => {
    const ann = buyer();
    const { lockId } = await lock(ann, session, take(1));
    const same = key();
    const first = await ann.post('/v1/orders', { lockIds: [lockId] }, same);
    const again = await ann.post('/v1/orders', { lockIds: [lockId] }, same);
    assert.deepEqual(ok(again, 201), ok(first, 201));
    assert.equal(first.headers['idempotency-replayed'], undefined);
    assert.equal(again.headers['idempotency-replayed'], 'true');
    const other = await lock(ann, session, take(1));
    problem(await ann.post('/v1/orders', { lockIds: [other.lockId] }, same), 422, 'TX009');
    assert.equal(orderCount(ann), 1);
});

test('ten equal orders at one moment are one order', async () => {
    const ann = buyer();
    const { lockId } = await lock(ann, session, take(1));
    const same = key();
    const answers = await Promise.all(Array.from({ length: 10 }, () =>
        ann.post('/v1/orders', { lockIds: [lockId] }, same)));
    const made = answers.filter((got) => got.status === 201);
    assert.ok(made.length >= 1);
    assert.equal(new Set(made.map((got) => got.data.orderId)).size, 1);
    for (const got of answers.filter((one) => one.status !== 201)) {
        problem(got, 409, 'in_progress');
        assert.match(got.headers['retry-after'] ?? '', /^[1-9]/);
    }
    assert.equal(orderCount(ann), 1);
});

test('a key is its owner\'s: somebody else may use the same one', async () => {
    const same = key();
    for (const who of [buyer(), buyer()]) {
        const { lockId } = await lock(who, session, take(1));
        const got = await who.post('/v1/orders', { lockIds: [lockId] }, same);
        ok(got, 201);
        assert.equal(got.headers['idempotency-replayed'], undefined);
    }
});

test('a lost lock makes no order', async () => {
    const ann = buyer();
    const { lockId } = await lock(ann, session, take(1));
    ok(await ann.delete(`/v1/locks/${lockId}`));
    problem(await ann.post('/v1/orders', { lockIds: [lockId] }), 409, 'TX002');
    assert.equal(orderCount(ann), 0);
});

test('a paid order is completed by the provider\'s news and has its tickets', async () => {
    const ann = buyer();
    const wanted = take(2);
    const { orderId } = await order(ann, session, wanted);
    const asked = ok(await ann.post(`/v1/orders/${orderId}/pay`, {}), 202);
    assert.equal(asked.status, 'pending');
    assert.equal(asked.provider, 'mock');
    assert.deepEqual(asked.total, { amount: '450.00', currency: 'EUR' });
    const done = await orderBecomes(ann, orderId, 'completed');
    assert.ok(Date.parse(done.completedAt) > 0);
    const got = await tickets(ann);
    assert.deepEqual(got.map((ticket) => ticket.seatId).sort(), [...wanted].sort());
    assert.equal(await seatState(session, wanted[0]), 'sold');
    problem(await ann.delete(`/v1/orders/${orderId}`), 409, 'TX010');
});

test('paying twice with one key, or with none, is one payment', async () => {
    const ann = buyer();
    const { orderId } = await order(ann, session, take(1));
    const same = key();
    const url = `/v1/orders/${orderId}/pay`;
    const pay = (more) => ann.post(url, { paymentMethod: 'mock_silent' }, more);
    const first = ok(await pay(same), 202);
    const again = await pay(same);
    assert.deepEqual(ok(again, 202), first);
    assert.equal(again.headers['idempotency-replayed'], 'true');
    assert.equal(ok(await pay(), 202).paymentId, first.paymentId);
    const other = { paymentMethod: 'mock_ok' };
    problem(await ann.post(url, other, same), 422, 'TX009');
    const rows = sqlValue(`SELECT count(*) FROM tix.payments WHERE order_id = '${orderId}'`);
    assert.equal(rows, '1');
});

test('a declined payment fails the order and frees the seats', async () => {
    const ann = buyer();
    const [seat] = take(1);
    const { orderId } = await order(ann, session, [seat]);
    ok(await ann.post(`/v1/orders/${orderId}/pay`, { paymentMethod: 'mock_decline' }), 202);
    await orderBecomes(ann, orderId, 'failed');
    await eventually('the seat is free', async () => await seatState(session, seat) === 'free');
    assert.deepEqual(await tickets(ann), []);
    await lock(buyer(), session, [seat]);
});

test('news delivered twice, late or out of order has one effect', async () => {
    for (const method of ['mock_duplicate', 'mock_delay', 'mock_reorder']) {
        const ann = buyer();
        const done = await buy(ann, session, take(1), method);
        assert.equal((await tickets(ann)).length, 1, method);
        const paid = sqlValue(`SELECT count(*) FROM tix.payments
                               WHERE order_id = '${done.orderId}' AND status = 'succeeded'`);
        assert.equal(paid, '1', method);
    }
});

test('a cancelled order gives its seats back, and cancelling again changes nothing', async () => {
    const ann = buyer();
    const [seat] = take(1);
    const { orderId } = await order(ann, session, [seat]);
    const gone = ok(await ann.delete(`/v1/orders/${orderId}`));
    assert.deepEqual(gone, { orderId, status: 'cancelled', released: [seat] });
    assert.equal(await seatState(session, seat), 'free');
    assert.deepEqual(ok(await ann.delete(`/v1/orders/${orderId}`)).released, []);
    assert.equal(ok(await ann.get(`/v1/orders/${orderId}`)).status, 'cancelled');
});

test('orders come newest first, page by page, none twice', async () => {
    const ann = buyer();
    const made = [];
    for (let n = 0; n < 5; n++) made.unshift((await order(ann, session, take(1))).orderId);
    const seen = [];
    let cursor = '';
    while (cursor !== undefined) {
        const page = await ann.get(`/v1/orders?limit=2${cursor}`);
        seen.push(...ok(page).map((row) => row.orderId));
        cursor = page.meta.nextCursor && `&cursor=${encodeURIComponent(page.meta.nextCursor)}`;
    }
    assert.deepEqual(seen, made);
});

test('nothing was sold twice', () => { assert.equal(violations(), '0'); });

// PostgreSQL sends the rows of a statement before it commits.
test('an order that fails when it is committed is refused and is not there', async () => {
    const ann = buyer();
    const { lockId } = await lock(ann, session, take(1));
    const name = `refuse_${randomUUID().replaceAll('-', '')}`;
    sql(`CREATE FUNCTION tix.${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            RAISE EXCEPTION 'lock is lost' USING ERRCODE = 'TX002'; END $$;
         CREATE CONSTRAINT TRIGGER ${name} AFTER INSERT ON tix.orders DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW WHEN (NEW.user_id = '${ann.userId}') EXECUTE FUNCTION tix.${name}();`);
    try {
        problem(await ann.post('/v1/orders', { lockIds: [lockId] }), 409, 'TX002');
    } finally {
        sql(`DROP TRIGGER ${name} ON tix.orders; DROP FUNCTION tix.${name}();`);
    }
    assert.deepEqual(ok(await ann.get('/v1/orders')), []);
    ok(await ann.post('/v1/orders', { lockIds: [lockId] }), 201);
});

test('who comes back from LINE Pay with the names of no payment finds nothing', async () => {
    for (const way of ['confirm', 'cancel']) {
        const query = `transactionId=2026112112345678910&orderId=${randomUUID()}`;
        problem(await nobody().get(`/v1/payments/linepay/${way}?${query}`), 404, 'not_found');
    }
});
