// Stripe silent, slow, confused or gone, and gateways killed in between: nothing is lost, nothing
// is charged twice, and nobody waits for long.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ok, problem } from './lib/client.mjs';
import { OwnGateway, freePort } from './lib/own_gateway.mjs';
import { LocalStripe } from './lib/stripe.mjs';
import { asked, due, gateway, ledger, loseSeats, ordered, paying, scripted, session, stripe,
    tickets, withheld } from './lib/stripe_world.mjs';
import { eventually, seatState, sql, violations } from './lib/world.mjs';

test('an answer that was lost is found again: one PaymentIntent, one charge', async () => {
    const made = await ordered();
    await scripted(({ what }) => (what === 'POST /v1/payment_intents' ? 'lost' : undefined),
        async () => problem(await made.pay(), 503, 'outcome_unknown'));
    due(made);
    await eventually('it is asked about', () =>
        asked('POST /v1/payment_intents').filter(({ form }) =>
            form['metadata[order_id]'] === made.orderId).length > 1);
    assert.equal(await made.status(), 'payment_pending');
    const { action } = ok(await made.pay(), 202);
    const mine = [...stripe.intents.values()].filter(({ metadata }) =>
        metadata.order_id === made.orderId);
    assert.deepEqual(mine.map((one) => one.client_secret), [action.clientSecret]);

    const charged = await ordered();
    await scripted(({ what }) => (what === 'POST /v1/payment_intents' ? 'lost' : undefined),
        async () => problem(await charged.pay('pm_card_visa'), 503, 'outcome_unknown'));
    await charged.becomes('completed');  // its event came all the same
});

test('what the buyer leaves open is called off, and the seats are free', async () => {
    const made = await paying();
    made.intent.created -= 3600;
    due(made);
    await made.becomes('failed');
    assert.equal(made.intent.status, 'canceled');
    assert.equal(await seatState(session, made.wanted[0]), 'free');
    assert.deepEqual(made.payments().map(([status]) => status), ['voided']);
});

test('a failure that Stripe repeats for its idempotency key does not keep the money reserved',
    async () => {
        const made = await paying();
        const fails = ({ what }) => (what.endsWith('/capture')
            ? { status: 500, body: { error: { type: 'api_error' } } } : undefined);
        await scripted(fails, () => withheld(made.confirm));
        assert.deepEqual([await made.status(), made.intent.status],
            ['payment_pending', 'requires_capture']);
        due(made);
        await made.becomes('completed');
        const keys = asked('POST /v1/payment_intents/ID/capture', made.intent)
            .map(({ headers }) => headers['idempotency-key']);
        assert.deepEqual(keys.slice(-1), [undefined]);
    });

for (const [action, lost, end, money] of [['capture', false, 'completed', 4500],
    ['cancel', true, 'expired', 0]]) {
    test(`kill -9 between authorisation and ${action}: the next gateway does it`, async () => {
        const made = await paying();
        if (lost) loseSeats(made);
        const reached = new Promise((done) => {
            stripe.script = ({ what }) => {
                if (!what.endsWith(`/${action}`)) return undefined;
                done();
                return 'silence';
            };
        });
        await withheld(made.confirm, () => []);
        const [event] = stripe.eventsOf(made.intent.id).slice(-1);
        const sent = stripe.send(event).catch(() => null);
        await reached;
        await gateway.kill();
        await sent;
        stripe.script = () => undefined;
        assert.equal(made.intent.status, 'requires_capture');
        await gateway.start();
        assert.equal((await stripe.send(event)).data.result, 'duplicate');
        due(made);
        await made.becomes(end);
        assert.equal(made.intent.amount_received, money);
        assert.deepEqual([tickets(made), ledger(made).length], money ? [1, 1] : [0, 0]);
    });
}

test('a silent Stripe: in doubt, refused at once, and resolved when it speaks again', async () => {
    const reserved = await paying();
    const taken = await paying();
    const waiting = await ordered();
    await scripted(({ path }) => (path.startsWith('/v1/') ? 'silence' : undefined), async () => {
        // The bank says yes, and Stripe falls silent: nobody hears of it, or nothing is captured.
        stripe.delivered = false;
        stripe.authorize(reserved.intent);
        stripe.authorize(taken.intent);
        stripe.capture(taken.intent, {});
        stripe.delivered = true;
        for (const one of [reserved, taken]) loseSeats(one);
        sql(`UPDATE tix.orders SET expires_at = clock_timestamp() WHERE order_id
             IN ('${reserved.orderId}', '${taken.orderId}')`);
        sql('SELECT tix_expire_orders()');
        assert.deepEqual([await reserved.status(), await taken.status()], ['in_doubt', 'in_doubt']);
        for (let tries = 0; tries < 3; tries += 1) {
            const got = await waiting.pay();
            assert.equal(got.status, 503);
        }
        await eventually('the circuit is open', async () => await gateway.metric(
            'tix_gateway_provider_circuit_open{provider="stripe"}') === 1);
        const before = stripe.calls.length;
        const fresh = await ordered();
        const got = await fresh.pay();
        problem(got, 503, 'unavailable');
        assert.ok(got.ms < 300, `refused after ${got.ms} ms`);
        assert.equal(await fresh.status(), 'created');
        assert.ok(stripe.calls.length - before <= 1, 'nobody but one that tries asks');
    });
    due(reserved);
    due(taken);
    await reserved.becomes('expired');
    await taken.becomes('completed');
    assert.deepEqual([reserved.intent.status, tickets(taken)], ['canceled', 1]);
    assert.equal(await gateway.metric('tix_gateway_provider_circuit_open{provider="stripe"}'), 0);
    assert.match(gateway.log, /"provider_circuit_open"/);
    assert.match(gateway.log, /"provider_circuit_closed"/);
    ok(await waiting.pay(), 202);
});

test('too many requests, a refused key and broken answers are unknown, never no', async () => {
    const error = (code) => ({ error: { type: 'invalid_request_error', code } });
    for (const answer of [{ status: 429, body: error('rate_limit') },
        { status: 401, body: error() }, { status: 200, body: 'surprise' },
        { status: 409, body: error('idempotency_key_in_use') }]) {
        const made = await ordered();
        await scripted(() => answer, async () => problem(await made.pay(), 503, 'outcome_unknown'));
        assert.equal(await made.status(), 'payment_pending');
        ok(await (await ordered()).pay('pm_card_visa'), 202);  // and the circuit stays closed
    }
});

test('https: the key goes to nobody whose certificate is not vouched for', async () => {
    const secure = new LocalStripe();
    const other = new OwnGateway(await freePort());
    const cert = `${other.folder}/cert.pem`;
    const key = `${other.folder}/key.pem`;
    const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes',
        '-days', '1', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost',
        '-keyout', key, '-out', cert]);
    assert.equal(made.status, 0, `${made.stderr}`);
    await secure.listen(await freePort(), { key: readFileSync(key), cert: readFileSync(cert) });
    try {
        await other.start(`
[payments.stripe]
url = "https://localhost:${secure.port}"
secret_key_file = "${other.secret('key', secure.secretKey)}"
webhook_secret_file = "${other.secret('webhook', secure.webhookSecret)}"`);
        const ann = await ordered();
        const pay = () => other.client(ann.ann).post(`/v1/orders/${ann.orderId}/pay`,
            { provider: 'stripe' });
        problem(await pay(), 503, 'outcome_unknown');
        assert.equal(secure.calls.length, 0);
        await other.kill('SIGTERM');
        await other.start(other.more, { SSL_CERT_FILE: cert });
        assert.match(ok(await pay(), 202).action.clientSecret, /^pi_/);
    } finally {
        await other.stop();
        await secure.close();
    }
});

test('no secret is in the log', () => {
    assert.ok(gateway.log.includes('provider_unknown'));
    const secrets = [stripe.secretKey, stripe.webhookSecret, 'whsec_', 'sk_test_', '_secret_',
        'Bearer', ...[...stripe.intents.values()].map((one) => one.client_secret)];
    for (const secret of secrets) assert.ok(!gateway.log.includes(secret), secret);
});

test('nothing was sold twice, and every payment is matched', () => {
    assert.equal(violations(), '0');
});
