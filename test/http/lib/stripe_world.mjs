// What the tests of Stripe need: a local Stripe, a gateway that asks it, and orders to pay.
import { after, before } from 'node:test';
import { eventually, ok } from './client.mjs';
import { OwnGateway, freePort } from './own_gateway.mjs';
import { LocalStripe } from './stripe.mjs';
import { buyer, makeSession, order, seatIds, sql, sqlValue } from './world.mjs';

export const session = makeSession();
const seats = seatIds(session.sessionId, 200);
let next = 0;
export const take = (count) => seats.slice(next, next += count);
export const stripe = new LocalStripe();
export const gateway = new OwnGateway(await freePort());

// Starts both before the tests of a file, ends them after.
before(async () => {
    await stripe.listen(await freePort());
    stripe.webhookUrl = `${gateway.url}/webhook/stripe`;
    sql("UPDATE tix.payment_providers SET enabled = true WHERE provider = 'stripe'");
    await gateway.start(`
[payments]
open_max_s = 60
breaker_failures = 3
breaker_open_ms = 1500
[payments.stripe]
url = "http://127.0.0.1:${stripe.port}"
secret_key_file = "${gateway.secret('key', stripe.secretKey)}"
webhook_secret_file = "${gateway.secret('webhook', `${stripe.webhookSecret}\n`)}"
return_url = "https://shop.example/back"
timeout_ms = 1500`);
});
after(async () => {
    await gateway.stop();
    await stripe.close();
    sql("UPDATE tix.payment_providers SET enabled = false WHERE provider = 'stripe'");
});

// An order of somebody new, and how it is paid.
export async function ordered(wanted = take(1)) {
    const ann = gateway.client(buyer());
    const { orderId } = await order(ann, session, wanted);
    const pay = (paymentMethod, options) =>
        ann.post(`/v1/orders/${orderId}/pay`, { provider: 'stripe', paymentMethod }, options);
    const status = async () => ok(await ann.get(`/v1/orders/${orderId}`)).status;
    const becomes = (wish, seconds = 15) => eventually(`order ${orderId} is ${wish}`,
        async () => await status() === wish, { seconds });
    const payments = () => sql(`SELECT status, provider_transaction_id, failure_reason
                                FROM tix.payments WHERE order_id = '${orderId}'`);
    return { ann, orderId, wanted, pay, status, becomes, payments };
}

// The same, with a PaymentIntent that waits for the buyer's card.
export async function paying(wanted) {
    const made = await ordered(wanted);
    const { paymentId, action } = ok(await made.pay(), 202);
    const intent = [...stripe.intents.values()].find((one) =>
        one.client_secret === action.clientSecret);
    const confirm = (card = 'pm_card_visa') => stripe.client.paymentIntents.confirm(intent.id,
        { payment_method: card }).catch((error) => error);
    return { ...made, paymentId, action, intent, confirm };
}
// The reconciler need not wait for its minute.
export const due = ({ orderId }) => sql(`UPDATE tix.payments SET next_try_at = clock_timestamp()
                                  WHERE order_id = '${orderId}'`);
export const tickets = ({ orderId }) => Number(sqlValue(`SELECT count(*) FROM tix.tickets
    WHERE order_id = '${orderId}' AND status = 'valid'`));
export const ledger = ({ orderId }) => sql(`SELECT kind, amount FROM tix.ledger
    WHERE order_id = '${orderId}' ORDER BY entry_id`).map((row) => row.join(' '));
export const alarms = ({ orderId }) => sql(`SELECT kind FROM tix.payment_alarms
    WHERE order_id = '${orderId}' ORDER BY alarm_id`).flat();
export const loseSeats = ({ wanted }) => sql(`
    SELECT * FROM tix_force_release('${session.sessionId}', '{${wanted}}', 'the roof leaks')`);
export const asked = (what, intent) => stripe.calls.filter((call) =>
    call.what === what && (!intent || call.path.includes(intent.id)));

// What was held back is sent in the order of `arrange`, the answers come with it.
export async function withheld(happens, arrange = (events) => events) {
    stripe.delivered = false;
    const from = stripe.events.length;
    try {
        await happens();
    } finally {
        stripe.delivered = true;
    }
    const got = [];
    for (const event of arrange(stripe.events.slice(from))) {
        got.push((await stripe.send(event)).data);
    }
    return got;
}
export async function scripted(script, happens) {
    stripe.script = script;
    try {
        return await happens();
    } finally {
        stripe.script = () => undefined;
    }
}
