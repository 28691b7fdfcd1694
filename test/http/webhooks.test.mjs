// Signed news from providers: only the genuine, the fresh and the fitting has an effect, and once.
import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { ok, problem } from './lib/client.mjs';
import { buyer, makeSession, news, now, order, seatIds, signature, sql, sqlValue, tell, violations }
    from './lib/world.mjs';

const session = makeSession();
const seats = seatIds(session.sessionId, 200);
let next = 0;

// An order that waits for the news about its payment.
async function waiting() {
    const ann = buyer();
    const made = await order(ann, session, [seats[next++]]);
    ok(await ann.post(`/v1/orders/${made.orderId}/pay`, { paymentMethod: 'mock_silent' }), 202);
    return { ...made, ann };
}
const statusOf = async ({ ann, orderId }) => ok(await ann.get(`/v1/orders/${orderId}`)).status;
const ticketsOf = ({ orderId }) =>
    sqlValue(`SELECT count(*) FROM tix.tickets WHERE order_id = '${orderId}'`);

test('genuine news completes the order, under either address', async () => {
    for (const path of ['/webhook/', '/v1/webhooks/payment/']) {
        const made = await waiting();
        const result = ok(await tell(news(made), { path }));
        assert.deepEqual(result, { result: 'applied', nextAction: 'none' });
        assert.equal(await statusOf(made), 'completed');
    }
});

test('news whose signature is wrong, old, of the future or missing is refused', async () => {
    const made = await waiting();
    const raw = JSON.stringify(news(made));
    const good = signature(raw);
    const [t, v1] = good.split(',');
    const headers = ['', t, v1, `${t},${v1.slice(0, -1)}`, `${t},v1=${'0'.repeat(64)}`, `${t},v1=`,
        `${t},v0=${v1.slice(3)}`, `t=${now() - 1},${v1}`, `t=x,${v1}`, `${v1}`,
        signature(raw, { at: now() - 301 }), signature(raw, { at: now() + 302 }),
        signature(raw, { secret: 'another secret, as long as the right one' }),
        signature(raw, { secret: '' }), `${t},${v1.slice(0, -1)}g`,
        `${t},v1=`.repeat(300)];
    for (const header of headers) {
        problem(await tell(raw, { header }), 400, 'invalid_signature');
    }
    const none = await buyer().direct.post('/webhook/mock', raw);
    problem(none, 400, 'invalid_signature');
    assert.equal(await statusOf(made), 'payment_pending');
    ok(await tell(raw, { header: signature(raw, { at: now() - 290 }) }));
});

test('one right signature among several is enough', async () => {
    const made = await waiting();
    const raw = JSON.stringify(news(made));
    const [t, v1] = signature(raw).split(',');
    const header = `${t},v1=${'0'.repeat(64)},v0=abc,${v1},v1=${'f'.repeat(64)}`;
    assert.equal(ok(await tell(raw, { header })).result, 'applied');
});

test('the signature is over the very bytes, not over what they mean', async () => {
    const made = await waiting();
    const body = news(made);
    const header = signature(JSON.stringify(body));
    const pretty = JSON.stringify(body, null, 1);
    problem(await tell(pretty, { header }), 400, 'invalid_signature');
    const turned = JSON.stringify(Object.fromEntries(Object.entries(body).reverse()));
    problem(await tell(turned, { header }), 400, 'invalid_signature');
    assert.equal(ok(await tell(pretty)).result, 'applied');
});

test('an unsigned body is not even parsed', async () => {
    const broken = await tell('{"id":', { header: `t=${now()},v1=${'0'.repeat(64)}` });
    problem(broken, 400, 'invalid_signature');
    problem(await tell('{"id":'), 400, 'malformed_request', 'validation');
});

test('a provider nobody knows is not found', async () => {
    const made = await waiting();
    for (const provider of ['nobody', 'MOCK', 'stripe%00']) {
        const got = await tell(news(made), { provider });
        problem(got, provider.includes('%') ? 400 : 404);
    }
    assert.equal(await statusOf(made), 'payment_pending');
});

test('a wrong amount, currency or order completes nothing, and is not sent again', async () => {
    const made = await waiting();
    for (const more of [{ amount: 4499 }, { amount: 0 }, { amount: 9e15 }, { currency: 'USD' },
        { orderId: randomUUID() }]) {
        const result = ok(await tell(news(made, more)));
        assert.equal(result.result, 'ignored', JSON.stringify(more));
    }
    assert.equal(await statusOf(made), 'payment_pending');
    assert.equal(ticketsOf(made), '0');
});

test('a hundred copies at one moment have one effect', async () => {
    const made = await waiting();
    const body = news(made);
    const all = await Promise.all(Array.from({ length: 100 }, () => tell(body)));
    const results = all.map((got) => ok(got).result);
    assert.equal(results.filter((result) => result === 'applied').length, 1, `${results}`);
    assert.ok(results.every((result) => ['applied', 'duplicate'].includes(result)));
    assert.equal(ticketsOf(made), '1');
    const other = { ...body, id: `evt-${randomUUID()}` };
    assert.equal(ok(await tell(other)).result, 'duplicate');
});

test('money for an order that was given up is kept and owed or served, never lost', async () => {
    const made = await waiting();
    ok(await tell(news(made, { kind: 'failed' })));
    assert.equal(await statusOf(made), 'failed');
    const late = ok(await tell(news(made)));
    assert.ok(['late', 'paid_unfulfilled'].includes(late.result), late.result);
    assert.ok(['completed', 'paid_unfulfilled'].includes(await statusOf(made)));
});

test('known answers of the published scheme are ours', () => {
    const body = '{"id":"evt_1","type":"payment_intent.succeeded"}';
    const mac = createHmac('sha256', 'whsec_test').update(`1700000000.${body}`).digest('hex');
    const ours = signature(body, { at: 1700000000, secret: 'whsec_test' });
    assert.equal(ours, `t=1700000000,v1=${mac}`);
    assert.equal(mac, '001ce3ef73e456cedaab328328720d3ad59defb8bbd0f1518f46c04ad4ac0bb7');
});

test('nothing was sold twice', () => {
    assert.equal(violations(), '0');
    assert.deepEqual(sql(`SELECT seat_id FROM tix.tickets WHERE session_id = '${session.sessionId}'
        AND status IN ('valid', 'used') GROUP BY seat_id HAVING count(*) > 1`), []);
});
