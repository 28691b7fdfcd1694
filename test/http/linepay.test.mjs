// Paying with LINE Pay: whatever its page, the buyer's browser and the net do, money moves once,
// only with every seat held, and only as much as the order says.
import assert from 'node:assert/strict';
import { env } from 'node:process';
import { after, before, test } from 'node:test';
import { Client, describe, ok, problem } from './lib/client.mjs';
import { LinePay } from './lib/linepay.mjs';
import { OwnGateway, freePort } from './lib/own_gateway.mjs';
import { buyer, eventually, makeSession, order, seatIds, seatState, sql, sqlValue,
    violations } from './lib/world.mjs';

const provider = new LinePay({ channelId: '1234567890', secret: 'a channel secret' });
const gateway = new OwnGateway(await freePort());
const session = makeSession({ amount: 45000, currency: 'TWD' });
const seats = seatIds(session.sessionId, 200);
const take = (count = 2) => seats.splice(0, count);
const page = 'https://shop.example/orders?from=linepay';

before(async () => {
    const port = await freePort();
    await provider.listen(port);
    sql(`UPDATE tix.payment_providers SET enabled = true, refund_pause = '1 s'
         WHERE provider = 'linepay'`);
    await gateway.start(`
[payments.linepay]
url = "http://127.0.0.1:${port}"
channel_id = "${provider.channelId}"
secret_file = "${gateway.secret('linepay', provider.secret)}"
public_url = "${gateway.url}"
return_page = "${page}"
timeout_ms = 800
confirm_timeout_ms = 1000`);
});
after(async () => {
    await gateway.stop();
    provider.close();
    sql(`UPDATE tix.payment_providers SET enabled = false, refund_pause = '90 s'
         WHERE provider = 'linepay'`);
    assert.deepEqual(provider.faults, [], 'every call was signed, with a nonce of its own');
    assert.equal(violations(), '0');
});

const anybody = () => new Client({ base: gateway.url });
// An order whose buyer was sent to LINE Pay.
async function paying(wanted = take()) {
    const ann = gateway.client(buyer());
    const { orderId } = await order(ann, session, wanted);
    const answer = await ann.post(`/v1/orders/${orderId}/pay`, { provider: 'linepay' });
    const { paymentId, status, action } = ok(answer, 202);
    assert.equal(status, 'requires_action');
    const transaction = provider.of(paymentId);
    assert.equal(new URL(action.redirectUrl).searchParams.get('transactionReserveId'),
        transaction.id);
    return { ann, orderId, paymentId, wanted, transaction };
}

// What the browser gets that comes back: always the same page, with our own order id.
async function comeBack(path, { orderId }) {
    const got = await anybody().get(path, { timeout: 15000 });
    assert.equal(got.status, 303, describe(got));
    assert.equal(got.headers.location, `${page}&orderId=${orderId}`);
    assert.match(got.headers['cache-control'], /no-store/);
    return got.ms;
}

const lose = (seatIds) => sql(`SELECT * FROM tix_force_release('${session.sessionId}', '{${
    seatIds}}', 'the roof leaks')`);
const statusOf = async ({ ann, orderId }) => ok(await ann.get(`/v1/orders/${orderId}`)).status;
const paymentOf = ({ paymentId }) => sqlValue(`SELECT status FROM tix.payments
    WHERE payment_id = '${paymentId}'`);
const moved = ({ transaction }) => provider.ledger.filter(({ transactionId }) =>
    transactionId === transaction.id).map(({ kind, amount }) => `${kind} ${amount}`);
const calls = ({ transaction }, what) => provider.calls.filter((call) =>
    call.transactionId === transaction.id && call.what === what).length;
const reconcile = ({ paymentId }) => sql(`UPDATE tix.payments SET next_try_at = now()
    WHERE payment_id = '${paymentId}'`);
const becomes = (made, wanted, seconds = 10) => eventually(`the order is ${wanted}`, async () => {
    reconcile(made);
    return await statusOf(made) === wanted;
}, { seconds, every: 300 });
const completed = async (made) => {
    assert.equal(await statusOf(made), 'completed');
    assert.deepEqual(moved(made), ['authorized 900', 'captured 900']);
};

test('a buyer who agrees and comes back has paid', async () => {
    const made = await paying();
    await comeBack(provider.approve(made.transaction), made);
    await completed(made);
    const tickets = ok(await made.ann.get('/v1/tickets')).map(({ seatId }) => seatId).sort();
    assert.deepEqual(tickets, made.wanted.sort());
    assert.equal(sqlValue(`SELECT provider_transaction_id FROM tix.payments
        WHERE payment_id = '${made.paymentId}'`), made.transaction.id);
});

test('paying again answers as before and opens nothing anew', async () => {
    const ann = gateway.client(buyer());
    const { orderId } = await order(ann, session, take());
    const headers = { 'idempotency-key': `line-${orderId}` };
    const pay = () => ann.post(`/v1/orders/${orderId}/pay`, { provider: 'linepay' }, { headers });
    const first = ok(await pay(), 202);
    assert.deepEqual(ok(await pay(), 202), first);
    const made = { ann, orderId, transaction: provider.of(first.paymentId) };
    await comeBack(provider.approve(made.transaction), made);
    await completed(made);
    assert.deepEqual(ok(await pay(), 202), first);
    assert.equal([...provider.transactions.values()].filter((one) =>
        one.orderId.startsWith(first.paymentId)).length, 1);
});

test('a request whose answer is lost is made again, and only one can be paid', async () => {
    const ann = gateway.client(buyer());
    const { orderId } = await order(ann, session, take());
    provider.script('request', { lose: true });
    const pay = () => ann.post(`/v1/orders/${orderId}/pay`, { provider: 'linepay' });
    problem(await pay(), 503, 'outcome_unknown');
    const { paymentId, action } = ok(await pay(), 202);
    const transaction = provider.transactions.get(
        new URL(action.redirectUrl).searchParams.get('transactionReserveId'));
    assert.ok(transaction.orderId.startsWith(`${paymentId}-`));
    const made = { ann, orderId, transaction };
    await comeBack(provider.approve(transaction), made);
    await completed(made);
});

test('a buyer who cancels loses the seats and no money', async () => {
    const made = await paying();
    await comeBack(provider.cancel(made.transaction), made);
    assert.equal(await statusOf(made), 'failed');
    assert.equal(await seatState(session, made.wanted[0]), 'free');
    assert.deepEqual(moved(made), []);
});

test('two tabs, and the page loaded again, pay once', async () => {
    const made = await paying();
    const path = provider.approve(made.transaction);
    provider.script('confirm', { delay: 200 });
    await Promise.all([comeBack(path, made), comeBack(path, made), comeBack(path, made)]);
    await becomes(made, 'completed');
    await comeBack(path, made);
    await completed(made);
});

test('a forged return learns nothing and moves nothing', async () => {
    const [made, other] = [await paying(), await paying()];
    const path = '/v1/payments/linepay/confirm';
    const { id, orderId } = made.transaction;
    const forged = ['', `?transactionId=${id}`, `?orderId=${orderId}`,
        `?transactionId=${id}&orderId=${other.transaction.orderId}`,
        `?transactionId=${id}&orderId=${made.orderId}`,
        `?transactionId=${id}&orderId=${orderId}x`, `?transactionId=${id}0&orderId=${orderId}`,
        `?transactionId=2026112100000000000&orderId=${orderId}`,
        `?transactionId=-1&orderId=${orderId}`, `?transactionId=${id}%27--&orderId=${orderId}`,
        `?transactionId=1e18&orderId=${orderId}`];
    for (const query of forged) {
        problem(await anybody().get(path + query), 404, 'not_found');
    }
    problem(await anybody().get(`${path}?transactionId=${id}&transactionId=${id}&orderId=${
        orderId}`), 400, 'validation');
    assert.equal(calls(made, 'details') + calls(other, 'details'), 0);
    // The right names, but LINE Pay's buyer has agreed to nothing; and another page is not offered.
    await comeBack(`${path}?transactionId=${id}&orderId=${orderId}&page=//evil.example`, made);
    await comeBack(`/v1/payments/linepay/cancel?transactionId=${id}&orderId=${orderId}`, made);
    assert.equal(await statusOf(made), 'payment_pending');
    assert.equal(calls(made, 'confirm'), 0);
    assert.deepEqual(moved(made), []);
});

test('another amount than the order\'s is never confirmed', async () => {
    const made = await paying();
    made.transaction.amount = 9;  // somebody tampered with what LINE Pay believes
    await comeBack(provider.approve(made.transaction), made);
    assert.equal(await statusOf(made), 'failed');
    assert.deepEqual(moved(made), []);
    const confirmed = provider.calls.filter(({ what, transactionId }) =>
        what === 'confirm' && transactionId === made.transaction.id);
    assert.deepEqual(confirmed.map(({ body }) => JSON.parse(body)),
        [{ amount: 900, currency: 'TWD' }]);
});

test('an amount that LINE Pay cannot express is refused, and nobody is asked', async () => {
    const odd = makeSession({ amount: 45050, currency: 'TWD' });
    const ann = gateway.client(buyer());
    const { orderId } = await order(ann, odd, seatIds(odd.sessionId, 1));
    const before = provider.calls.length;
    problem(await ann.post(`/v1/orders/${orderId}/pay`, { provider: 'linepay' }), 400,
        'validation');
    assert.equal(provider.calls.length, before);
});

for (const [what, ...steps] of [
    ['an answer to the capture that never comes', ['capture', { lose: true }]],
    ['an answer to the confirmation that never comes', ['confirm', { lose: true }]],
    ['"same order number" for what was done', ['confirm', { code: '1172', act: true }]],
    ['"same call twice" for what was done', ['capture', { code: '1198', act: true }]],
    ['an internal error after it was done', ['capture', { code: '9000', act: true }]],
]) {
    test(`${what}: the details are asked for, and trusted`, async () => {
        const made = await paying();
        for (const [call, step] of steps) provider.script(call, step);
        await comeBack(provider.approve(made.transaction), made);
        await becomes(made, 'completed');
        await completed(made);
        assert.equal(calls(made, 'capture'), 1);
        assert.equal(calls(made, 'confirm'), 1);
    });
}

test('a seat that is lost before the confirmation: it is never confirmed', async () => {
    const made = await paying();
    const path = provider.approve(made.transaction);
    lose(made.wanted.slice(0, 1));
    await comeBack(path, made);
    assert.equal(await statusOf(made), 'expired');
    assert.equal(calls(made, 'confirm'), 0);
    made.transaction.state = 'cancelled';  // twenty minutes later
    await eventually('the payment has ended', () => {
        reconcile(made);
        return ['voided', 'failed'].includes(paymentOf(made));
    }, { every: 300 });
    assert.deepEqual(moved(made), []);
});

test('a hold that is lost while LINE Pay confirms: what is reserved is given up', async () => {
    const made = await paying();
    provider.script('confirm', { delay: 600 });
    const back = comeBack(provider.approve(made.transaction), made);
    await eventually('it is asked', () => calls(made, 'confirm') === 1, { every: 10 });
    lose(made.wanted);
    await back;
    await eventually('the payment is given up', () => {
        reconcile(made);
        return paymentOf(made) === 'voided';
    }, { every: 300 });
    assert.deepEqual(moved(made), ['authorized 900', 'voided 900']);
    assert.equal(await statusOf(made), 'expired');
});

test('a buyer who agrees and never comes back has paid all the same', async () => {
    const made = await paying();
    provider.approve(made.transaction);
    await becomes(made, 'completed');
    await completed(made);
});

test('a LINE Pay that falls silent with the money leaves the order in doubt until it speaks',
    async () => {
        const ttls = ['lock_ttl', 'order_ttl', 'in_doubt_max'];
        for (const name of ttls) sql(`ALTER SYSTEM SET tix.${name} = '4s'`);
        sql('SELECT pg_reload_conf()');
        const made = await paying();
        for (const name of ttls) sql(`ALTER SYSTEM RESET tix.${name}`);
        sql('SELECT pg_reload_conf()');
        provider.script('capture', { lose: true, then: () => { provider.silent = true; } });
        try {
            assert.ok(await comeBack(provider.approve(made.transaction), made) < 8000);
            await eventually('the order is in doubt', async () => {
                sql('SELECT tix_expire_orders()');
                return await statusOf(made) === 'in_doubt';
            }, { every: 300 });
        } finally {
            provider.silent = false;
        }
        await becomes(made, 'completed', 20);
        await completed(made);
        assert.equal(calls(made, 'capture'), 1);
    });

test('a LINE Pay that is silent altogether is asked again, and no more than is good', async () => {
    const made = await paying();
    const path = provider.approve(made.transaction);
    provider.silent = true;
    try {
        for (let n = 0; n < 3; n++) assert.ok(await comeBack(path, made) < 4000);
        assert.equal(await statusOf(made), 'payment_pending');
        assert.deepEqual(moved(made), []);
    } finally {
        provider.silent = false;
    }
    await becomes(made, 'completed', 20);
    await completed(made);
});

const ask = ({ orderId }, amount) => sql(`SELECT tix_request_refund('${orderId}', ${amount}, 'test',
    '${env.TIX_ADMIN_ID}')`);
const paidBack = (made) => sql(`SELECT status, amount, provider_refund_id FROM tix.refunds
    WHERE order_id = '${made.orderId}' ORDER BY created_at`);

async function bought() {
    const made = await paying();
    await comeBack(provider.approve(made.transaction), made);
    assert.equal(await statusOf(made), 'completed');
    return made;
}

test('part of the money, and then the rest, goes back', async () => {
    const made = await bought();
    ask(made, 20000);
    await eventually('a part is back', () => paidBack(made)[0][0] === 'succeeded');
    assert.equal(await statusOf(made), 'partially_refunded');
    ask(made, 70000);
    await eventually('all is back', async () => await statusOf(made) === 'refunded');
    assert.deepEqual(moved(made).slice(2), ['refunded 200', 'refunded 700']);
    assert.deepEqual(paidBack(made).map(([, , id]) => id),
        made.transaction.refunds.map((one) => one.refundTransactionId));
});

test('a refund whose answer is lost is found, not made again', async () => {
    const made = await bought();
    provider.script('refund', { lose: true });
    ask(made, 20000);
    await eventually('it is found', () => paidBack(made)[0][0] === 'succeeded', { seconds: 20 });
    ask(made, 20000);  // another one of the same sum
    await eventually('the other one is made', () => paidBack(made)[1]?.[0] === 'succeeded',
        { seconds: 20 });
    assert.deepEqual(moved(made).slice(2), ['refunded 200', 'refunded 200']);
});

// Answers no provider should give, and what follows.
const hostile = {
    'a page of HTML': (response) => response.writeHead(200, { 'Content-Type': 'text/html' })
        .end('<html>returnCode 0000</html>'),
    'a redirect': (response) => response.writeHead(302, { Location: '/v3/payments/request' }).end(),
    'JSON of another form': (response) => response.writeHead(200).end('[{"returnCode":"0000"}]'),
    'half an answer': (response) => {
        response.writeHead(200, { 'Content-Length': 100 }).write('{"returnCode":"0000"');
        response.socket.destroy();
    },
    'two megabytes': (response) => response.writeHead(200).end(
        `{"returnCode":"0000","info":"${'x'.repeat(2 << 20)}"}`),
    'one byte at a time, for ever': (response) => {
        response.writeHead(200, { 'Content-Type': 'application/json' });
        const drip = setInterval(() => response.write(' '), 100);
        response.on('close', () => clearInterval(drip));
    },
};
for (const [what, raw] of Object.entries(hostile)) {
    test(`${what} instead of an answer moves nothing and holds nobody up`, async () => {
        const made = await paying();
        const path = provider.approve(made.transaction);
        provider.script('confirm', { raw }, { raw });  // it is asked twice
        assert.ok(await comeBack(path, made) < 6000);
        assert.deepEqual(moved(made), []);
        assert.equal(await statusOf(made), 'payment_pending');
        await comeBack(path, made);
        await becomes(made, 'completed');
        await completed(made);
    });
}
