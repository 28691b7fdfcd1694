// Money that arrives too late: it takes the seats again while they are free, else it goes back, and
// neither a killed gateway nor a provider that hangs keeps it.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client, gateway, ok, problem } from './lib/client.mjs';
import { kill, pid, recovered } from './lib/stack.mjs';
import { buy, buyer, eventually, makeSession, news, order, orderBecomes, seatIds, seatState, sleep,
    sql, sqlValue, tell, violations } from './lib/world.mjs';

const session = makeSession();
const seats = seatIds(session.sessionId, 100);
let next = 0;
const take = (count) => seats.slice(next, next += count);
const ticketsOf = (who) => who.get('/v1/tickets').then((got) => ok(got));
const refundsOf = (orderId) => sql(`SELECT status, amount, attempts FROM tix.refunds
                                    WHERE order_id = '${orderId}'`);

// An order with a payment of the method; the news of the payment carries its transaction.
async function paying(wanted, paymentMethod) {
    const ann = buyer();
    const { orderId } = await order(ann, session, wanted);
    const { paymentId } = ok(await ann.post(`/v1/orders/${orderId}/pay`, { paymentMethod }), 202);
    return { ann, orderId, paymentId, transactionId: `tx-${paymentId}` };
}

// An order whose payment expired and whose seats another has bought; what is left to come is money.
async function outbid() {
    const wanted = take(2);
    const made = await paying(wanted, 'mock_silent');
    const { transactionId } = made;
    const result = ok(await tell(news(made, { kind: 'expired', transactionId })));
    assert.deepEqual(result, { result: 'applied', nextAction: 'none' });
    await buy(buyer(), session, [wanted[0]]);
    return { ...made, captured: news(made, { transactionId }) };
}

const owed = { result: 'paid_unfulfilled', nextAction: 'refund' };

// The order is refunded, once, and its buyer has no ticket.
async function goesBack({ ann, orderId }, seconds = 15) {
    const started = performance.now();
    await eventually(`order ${orderId} is refunded`, async () => {
        const { status } = ok(await ann.get(`/v1/orders/${orderId}`));
        assert.ok(['paid_unfulfilled', 'refunded'].includes(status), status);
        return status === 'refunded';
    }, { seconds });
    const [[status, amount], ...more] = refundsOf(orderId);
    assert.deepEqual([status, amount, more], ['succeeded', '9000', []]);
    assert.deepEqual(await ticketsOf(ann), []);
    return performance.now() - started;
}

test('late money takes the seats again when they are free', async () => {
    const wanted = take(2);
    const { ann, orderId } = await paying(wanted, 'mock_late');
    await eventually('the payment has failed', async () =>
        ok(await ann.get(`/v1/orders/${orderId}`)).status === 'failed');
    for (const seat of wanted) assert.equal(await seatState(session, seat), 'free');
    await eventually('the money arrives', async () =>
        ok(await ann.get(`/v1/orders/${orderId}`)).status === 'completed');
    for (const seat of wanted) assert.equal(await seatState(session, seat), 'sold');
    assert.deepEqual((await ticketsOf(ann)).map(({ seatId }) => seatId).sort(), [...wanted].sort());
    assert.equal(sqlValue(`SELECT result FROM tix.provider_events WHERE order_id = '${orderId}'
        AND kind = 'captured'`), 'late');
    assert.deepEqual(refundsOf(orderId), []);
});

test('late money for seats that another has bought goes back', async (t) => {
    const wanted = take(2);
    const made = await paying(wanted, 'mock_late');
    await orderBecomes(made.ann, made.orderId, 'failed');
    await buy(buyer(), session, [wanted[1]]);
    await eventually('the money arrives', async () =>
        ok(await made.ann.get(`/v1/orders/${made.orderId}`)).status !== 'failed');
    await goesBack(made, 5);
    const [[took]] = sql(`SELECT extract(epoch FROM r.processed_at - r.created_at) * 1000
        FROM tix.refunds r WHERE order_id = '${made.orderId}'`);
    t.diagnostic(`Diagnostic: a refund took ${Number(took).toFixed(0)} ms`);
    assert.equal(await seatState(session, wanted[0]), 'free');
    const again = await made.ann.post(`/v1/orders/${made.orderId}/pay`, {});
    problem(again, 409, 'TX002', 'TX010');
    const { text } = await new Client({ base: gateway, address: '127.0.0.1' }).get('/metrics');
    assert.match(text, /^tix_gateway_refunds_total\{outcome="accepted",provider="mock"\} [1-9]/m);
});

test('news of a refund counts once, and names a refund that is one', async () => {
    const made = await outbid();
    assert.deepEqual(ok(await tell(made.captured)), owed);
    await goesBack(made);
    const refundId = sqlValue(`SELECT refund_id FROM tix.refunds
                               WHERE order_id = '${made.orderId}'`);
    const { transactionId } = made;
    const told = (more) => tell(news(made, { kind: 'refunded', transactionId, ...more }));
    assert.equal(ok(await told({ refundId })).result, 'duplicate');
    assert.equal(ok(await told({ refundId: made.orderId })).result, 'ignored');
    problem(await told({ refundId: 'none' }), 400, 'validation');
});

test('a refund that the provider refuses for ever fails and raises an alarm', async () => {
    const made = await outbid();
    // Money of a transaction that the provider does not know.
    const captured = { ...made.captured, transactionId: `tx-${made.orderId}` };
    sql(`UPDATE tix.payments SET provider_transaction_id = NULL
         WHERE payment_id = '${made.paymentId}'`);
    assert.deepEqual(ok(await tell(captured)), owed);
    await eventually('it is refused', () => refundsOf(made.orderId)[0][0] === 'failed');
    assert.deepEqual(sql(`SELECT kind, provider, detail->>'amount' FROM tix.payment_alarms
        WHERE order_id = '${made.orderId}'`), [['refund refused', 'mock', '9000']]);
    const { status } = ok(await made.ann.get(`/v1/orders/${made.orderId}`));
    assert.equal(status, 'paid_unfulfilled');
});

test('kill -9 of the gateway behind the webhook: the next one asks for the refund', async (t) => {
    const made = await outbid();
    const provider = pid('mock');
    process.kill(provider, 'SIGSTOP');  // so that the first gateway gets no answer
    let dead;
    try {
        assert.deepEqual(ok(await tell(made.captured)), owed);
        dead = kill('gateway');
    } finally {
        process.kill(provider, 'SIGKILL');  // what it was sent is lost
    }
    await recovered('mock', provider);
    await recovered('gateway', dead);
    t.diagnostic(`Diagnostic: refunded ${(await goesBack(made)).toFixed(0)} ms after the restart`);
    const again = ok(await tell(made.captured));
    assert.deepEqual(again, { result: 'duplicate', nextAction: 'none' });
    assert.equal(refundsOf(made.orderId).length, 1);
});

test('a provider that hangs and dies is asked again when it is back', async () => {
    const made = await outbid();
    const provider = pid('mock');
    process.kill(provider, 'SIGSTOP');
    try {
        assert.deepEqual(ok(await tell(made.captured)), owed);
        await eventually('it is asked', () => Number(refundsOf(made.orderId)[0][2]) > 0);
        await sleep(500);
        assert.equal(refundsOf(made.orderId)[0][0], 'requested');
    } finally {
        process.kill(provider, 'SIGKILL');
    }
    await recovered('mock', provider);
    await goesBack(made);
});

test('kill -9 of the pool between the webhook and the refund changes nothing', async () => {
    const made = await outbid();
    assert.deepEqual(ok(await tell(made.captured)), owed);
    const dead = kill('pgbouncer');
    await recovered('pgbouncer', dead);
    await goesBack(made);
});

after(() => {
    assert.equal(violations(), '0');
    assert.deepEqual(sql(`SELECT seat_id FROM tix.tickets WHERE session_id = '${session.sessionId}'
        AND status IN ('valid', 'used') GROUP BY seat_id HAVING count(*) > 1`), []);
});
