// Payments by Stripe, against a local one that the official client can talk to: whatever it says,
// in whatever order, the money is taken for seats or goes back.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { ok, problem } from './lib/client.mjs';
import { alarms, asked, ledger, loseSeats, ordered, paying, session, stripe, take, tickets,
    withheld } from './lib/stripe_world.mjs';
import { buy, buyer, eventually, seatState, sql, violations } from './lib/world.mjs';

test('a card reserved in Stripe\'s form is captured, once, for held seats', async () => {
    const made = await paying(take(2));
    assert.deepEqual([made.action.redirectUrl, made.intent.amount, made.intent.currency],
        [undefined, 9000, 'eur']);
    assert.deepEqual(made.intent.metadata,
        { order_id: made.orderId, payment_id: made.paymentId });
    const [create] = asked('POST /v1/payment_intents').slice(-1);
    assert.equal(create.headers['idempotency-key'], `tix:${made.paymentId}:create`);
    assert.equal((await made.confirm()).status, 'requires_capture');
    await made.becomes('completed');
    const seen = await stripe.client.paymentIntents.retrieve(made.intent.id);
    assert.equal(seen.amount_received, 9000);
    assert.deepEqual(made.payments(), [['succeeded', made.intent.id, '']]);
    assert.deepEqual([tickets(made), ...ledger(made)], [2, 'captured 9000']);
    assert.equal(asked('POST /v1/payment_intents/ID/capture', made.intent).length, 1);
});

test('asking twice, with a key or without, is one PaymentIntent and one answer', async () => {
    const made = await ordered();
    const same = { headers: { 'idempotency-key': `key-${randomUUID()}` } };
    const first = ok(await made.pay(undefined, same), 202);
    const again = await made.pay(undefined, same);
    assert.deepEqual(ok(again, 202), first);
    assert.equal(again.headers['idempotency-replayed'], 'true');
    assert.equal(ok(await made.pay(), 202).action.clientSecret, first.action.clientSecret);
    const mine = [...stripe.intents.values()].filter((one) =>
        one.metadata.order_id === made.orderId);
    assert.equal(mine.length, 1);
    assert.equal(first.status, 'requires_action');
});

test('a PaymentMethod is charged at once', async () => {
    const made = await ordered();
    assert.equal(ok(await made.pay('pm_card_visa'), 202).status, 'pending');
    assert.equal(await made.status(), 'completed');
    problem(await (await ordered()).pay('card_visa'), 400, 'validation');
});

test('a declined card fails the order, and its PaymentIntent cannot be paid any more', async () => {
    const made = await paying();
    assert.equal((await made.confirm('pm_card_chargeDeclined')).decline_code, 'generic_decline');
    await made.becomes('failed');
    assert.equal(made.intent.status, 'canceled');
    assert.equal((await made.confirm()).code, 'payment_intent_unexpected_state');
    assert.equal(await seatState(session, made.wanted[0]), 'free');
    const other = await ordered();
    const { errors } = problem(await other.pay('pm_card_chargeDeclined'), 400, 'validation');
    assert.match(errors[0].message, /generic_decline/);
    assert.equal(await other.status(), 'failed');
});

test('news of a decline is not believed when another card has paid since', async () => {
    const made = await paying();
    const [late] = await withheld(async () => {
        await made.confirm('pm_card_chargeDeclined');
        await made.confirm();
    }, (events) => events.filter(({ type }) => type === 'payment_intent.payment_failed'));
    assert.equal(late.nextAction, 'capture');
    assert.equal(await made.status(), 'completed');
});

test('3-D Secure: the buyer is sent to the bank, and comes back with money or not', async () => {
    const made = await ordered();
    const { status, action } = ok(await made.pay('pm_card_threeDSecureRequired'), 202);
    assert.equal(status, 'requires_action');
    assert.match(action.redirectUrl, /^https:\/\/hooks\.stripe\.test\/3d_secure\/pi_/);
    assert.deepEqual(sql(`SELECT status, action_url FROM tix.payments
        WHERE order_id = '${made.orderId}'`), [['requires_action', action.redirectUrl]]);
    const intent = (one) => [...stripe.intents.values()].find(({ metadata }) =>
        metadata.order_id === one.orderId);
    stripe.authorize(intent(made));
    await made.becomes('completed');
    const other = await ordered();
    ok(await other.pay('pm_card_threeDSecureRequired'), 202);
    stripe.fail(intent(other));
    await other.becomes('failed');
    assert.equal(intent(other).status, 'canceled');
});

test('money reserved for seats that were lost is given up', async () => {
    const made = await paying();
    loseSeats(made);
    const [got] = await withheld(made.confirm);
    assert.deepEqual(got, { result: 'applied', nextAction: 'void' });
    assert.equal(made.intent.status, 'canceled');
    assert.deepEqual([await made.status(), tickets(made), made.intent.amount_received],
        ['expired', 0, 0]);
    assert.equal(asked('POST /v1/payment_intents/ID/capture', made.intent).length, 0);
});

// Captured by somebody on Stripe's own page while our webhooks were away.
async function captured(made) {
    await made.confirm();
    await stripe.client.paymentIntents.capture(made.intent.id);
}
const succeeded = (events) => events.filter(({ type }) => type === 'payment_intent.succeeded');

test('late money: for seats still held, for seats free again, and for seats gone', async () => {
    const alive = await paying();
    const [first] = await withheld(() => captured(alive), succeeded);
    assert.deepEqual([first.result, await alive.status()], ['applied', 'completed']);

    const free = await paying();
    loseSeats(free);
    const [second] = await withheld(() => captured(free), succeeded);
    assert.deepEqual([second.result, await free.status(), tickets(free)], ['late', 'completed', 1]);

    const gone = await paying();
    loseSeats(gone);
    await buy(buyer(), session, gone.wanted);
    const [third] = await withheld(() => captured(gone), succeeded);
    assert.deepEqual(third, { result: 'paid_unfulfilled', nextAction: 'refund' });
    await gone.becomes('refunded');
    assert.deepEqual(ledger(gone), ['captured 4500', 'refunded -4500']);
});

test('events repeated, at once and in any order, end the same', async () => {
    for (const arrange of [(events) => [...events].reverse(), (events) => events,
        (events) => [events[2], events[0], events[1], events[2]]]) {
        const made = await paying();
        await withheld(() => captured(made), (events) => arrange([...events, ...events]));
        assert.deepEqual([await made.status(), tickets(made), ...ledger(made)],
            ['completed', 1, 'captured 4500']);
    }
    const made = await paying();
    await withheld(made.confirm, () => []);
    const [event] = stripe.eventsOf(made.intent.id).slice(-1);
    await Promise.all(Array.from({ length: 30 }, () => stripe.send(event)));
    await made.becomes('completed');
    assert.equal(made.intent.amount_received, 4500);
    assert.deepEqual([tickets(made), ...ledger(made)], [1, 'captured 4500']);
});

test('a refund we ask for, one of the dashboard, and one that fails', async () => {
    const paid = async () => {
        const made = await ordered();
        ok(await made.pay('pm_card_visa'), 202);
        const [[, transaction]] = made.payments();
        return { ...made, transaction };
    };
    const refund = ({ orderId }) => sql(`SELECT tix_request_refund('${orderId}', NULL, 'rain',
        '${process.env.TIX_ORGANIZER_ID}')`);
    const ours = await paid();
    refund(ours);
    await ours.becomes('refunded');
    const [given] = [...stripe.refunds.values()].filter((one) =>
        one.payment_intent === ours.transaction);
    assert.equal(given.metadata.order_id, ours.orderId);
    assert.deepEqual(ledger(ours), ['captured 4500', 'refunded -4500']);

    const theirs = await paid();
    await stripe.client.refunds.create({ payment_intent: theirs.transaction, amount: 1000 });
    await eventually('it is booked', () => ledger(theirs).includes('refunded -1000'));
    assert.deepEqual(alarms(theirs), ['refunded by the provider']);

    stripe.slowRefunds = true;
    const failing = await paid();
    refund(failing);
    const pending = await eventually('it is asked for', () =>
        [...stripe.refunds.values()].find((one) => one.payment_intent === failing.transaction));
    stripe.slowRefunds = false;
    stripe.settleRefund(pending, 'failed');
    await eventually('it has failed', () => alarms(failing).includes('refund refused'));
    assert.deepEqual(ledger(failing), ['captured 4500']);
});

test('a refund of which only the charge tells is asked about', async () => {
    const made = await ordered();
    ok(await made.pay('pm_card_visa'), 202);
    const [[, transaction]] = made.payments();
    await withheld(() => stripe.client.refunds.create({ payment_intent: transaction, amount: 700 }),
        (events) => events.filter(({ type }) => type === 'charge.refunded'));
    assert.deepEqual(ledger(made), ['captured 4500', 'refunded -700']);
});

test('a dispute takes the money, an inquiry does not, a won one gives it back', async () => {
    const made = await ordered();
    ok(await made.pay('pm_card_visa'), 202);
    const intent = stripe.intents.get(made.payments()[0][1]);
    stripe.dispute(intent, 'warning_needs_response');
    const dispute = stripe.dispute(intent);
    await eventually('it is booked', () => ledger(made).includes('chargeback -4500'));
    stripe.closeDispute(dispute, 'won');
    await eventually('it is won', () => ledger(made).includes('chargeback_reversed 4500'));
    assert.deepEqual([tickets(made), ...alarms(made)], [1, 'dispute opened', 'dispute won']);
    assert.equal(ledger(made).length, 3);
});

test('only what Stripe signed, lately and to the byte, is heard', async () => {
    const made = await paying();
    await withheld(made.confirm, () => []);
    const [event] = stripe.eventsOf(made.intent.id).slice(-1);
    const payload = JSON.stringify(event);
    const now = Math.floor(Date.now() / 1000);
    const good = stripe.header(payload);
    for (const header of ['', good.slice(0, -1), good.replace(/v1=/, 'v0='),
        stripe.header(payload, 'whsec_other'), stripe.header(payload, undefined, now - 301),
        stripe.header(payload, undefined, now + 302), stripe.header(`${payload} `)]) {
        assert.equal((await stripe.send(event, { header })).status, 400, header);
    }
    assert.equal(await made.status(), 'payment_pending');
    // Two secrets, while one is being replaced; and the library takes what we take.
    const [, other] = stripe.header(payload, 'whsec_old').split(',');
    const both = `${good.split(',')[0]},${other},${good.split(',')[1]}`;
    assert.equal(stripe.client.webhooks.constructEvent(payload, both, stripe.webhookSecret).id,
        event.id);
    assert.equal((await stripe.send(event, { header: both })).data.nextAction, 'capture');
    const vector = '{"id":"evt_1","type":"payment_intent.succeeded"}';
    assert.equal(stripe.header(vector, 'whsec_test', 1700000000), 't=1700000000,v1='
        + '001ce3ef73e456cedaab328328720d3ad59defb8bbd0f1518f46c04ad4ac0bb7');
});

test('events about what is not ours change nothing', async () => {
    const foreign = await stripe.client.paymentIntents.create({ amount: 500, currency: 'eur',
        capture_method: 'manual', payment_method_types: ['card'] });
    const results = await withheld(() => stripe.client.paymentIntents.confirm(foreign.id,
        { payment_method: 'pm_card_visa' }));
    assert.deepEqual(results, [{ result: 'ignored', nextAction: 'none' }]);
    assert.equal(stripe.intents.get(foreign.id).status, 'requires_capture');
    assert.equal((await stripe.send({ id: 'evt_1', object: 'event', type: 'customer.created',
        data: { object: {} } })).data.result, 'ignored');
});

test('nothing was sold twice, and every payment is matched', () => {
    assert.equal(violations(), '0');
});
