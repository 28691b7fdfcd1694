// A local Stripe: PaymentIntents of cards, refunds and disputes, as strict about keys, versions,
// forms and idempotency as the real one. Tests script what it answers and when it speaks.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import Stripe from 'stripe';
import { sleep } from './client.mjs';

const version = '2024-06-20';
const created = () => Math.floor(Date.now() / 1000);
const id = (kind) => `${kind}_${randomBytes(12).toString('hex')}`;
const invalid = (code, more = {}) =>
    ({ status: 400, body: { error: { type: 'invalid_request_error', code, ...more } } });
const known = {
    create: ['amount', 'currency', 'capture_method', 'payment_method_types[0]', 'payment_method',
        'confirm', 'return_url', 'metadata[order_id]', 'metadata[payment_id]'],
    confirm: ['payment_method', 'return_url'],
    capture: ['amount_to_capture'],
    cancel: [],
    refund: ['payment_intent', 'amount', 'metadata[order_id]', 'metadata[payment_id]',
        'metadata[refund_id]'],
};

export class LocalStripe {
    secretKey = `sk_test_${randomBytes(12).toString('hex')}`;
    webhookSecret = `whsec_${randomBytes(16).toString('hex')}`;
    intents = new Map();
    refunds = new Map();
    disputes = new Map();
    calls = [];        // every request that was understood
    events = [];       // every event, in the order they happened
    delivered = true;  // whether events go out by themselves
    webhookUrl;
    // Scripts a request: nothing, 'silence' (no answer, no effect), 'lost' (an effect, no answer),
    // or { status, body } in its place.
    script = () => undefined;
    #keys = new Map();
    #open = new Set();
    #sending = new Set();

    // tls: key and cert, for https.
    async listen(port, tls) {
        this.port = port;
        const answer = (request, response) => {
            const chunks = [];
            request.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
                this.#open.add(response);
                this.#answer(request, Buffer.concat(chunks).toString(), response);
            });
        };
        this.server = tls ? createTlsServer(tls, answer) : createServer(answer);
        await new Promise((done) => { this.server.listen(port, '127.0.0.1', done); });
        // The official client is the buyer's browser and the dashboard; it judges our dialect.
        this.client = new Stripe(this.secretKey, { host: '127.0.0.1', port, protocol: 'http',
            apiVersion: version, maxNetworkRetries: 0, telemetry: false });
    }

    async close() {
        for (const response of this.#open) response.destroy();
        this.server.closeAllConnections?.();
        await new Promise((done) => { this.server.close(done); });
        await Promise.allSettled(this.#sending);
    }

    // ---- Requests -------------------------------------------------------------------------------

    #answer(request, text, response) {
        const url = new URL(request.url, 'http://stripe');
        const call = { method: request.method, path: url.pathname, query: url.searchParams,
            headers: request.headers, form: Object.fromEntries(new URLSearchParams(text)), text };
        call.what = `${call.method} ${call.path.replace(/\/(pi|re)_[^/]+/, '/ID')}`;
        const scripted = this.script(call);
        this.calls.push(call);
        if (scripted === 'silence') return;
        const { status, body, replayed } = this.#once(call, () =>
            (typeof scripted === 'object' ? scripted : this.#serve(call)));
        if (scripted === 'lost') return void response.destroy();
        this.#open.delete(response);
        response.writeHead(status, { 'content-type': 'application/json', 'request-id': id('req'),
            ...(replayed ? { 'idempotent-replayed': 'true' } : {}) });
        response.end(JSON.stringify(body));
    }

    // The stored answer to a key, failures included.
    #once(call, serve) {
        const key = call.headers['idempotency-key'];
        if (!key || call.method !== 'POST') return serve();
        if (key.length > 255) return invalid('idempotency_key_too_long');
        const request = `${call.path} ${call.text}`;
        const stored = this.#keys.get(key);
        if (stored && stored.request !== request) {
            return { status: 400, body: { error: { type: 'idempotency_error',
                message: 'The key was first used with other parameters' } } };
        }
        if (stored) return { ...stored.answer, replayed: true };
        const answer = JSON.parse(JSON.stringify(serve()));
        if (answer.status !== 401) this.#keys.set(key, { request, answer });
        return answer;
    }

    #serve(call) {
        const { method, headers, form, path, query } = call;
        if (headers.authorization !== `Bearer ${this.secretKey}`) {
            return { status: 401, body: { error: { type: 'invalid_request_error' } } };
        }
        if (headers['stripe-version'] !== version) return invalid('version');
        if (method === 'POST' && call.text
            && !headers['content-type'].startsWith('application/x-www-form-urlencoded')) {
            return invalid('content_type');
        }
        const [, , kind, name, action] = path.split('/');
        if (kind === 'refunds' && method === 'POST') return this.#refund(form);
        if (kind !== 'payment_intents') return { status: 404, body: { error: {} } };
        if (!name) return this.#create(form);
        if (name === 'search') return this.#search(query.get('query'));
        const intent = this.intents.get(name);
        if (!intent) {
            return { status: 404, body: { error: { type: 'invalid_request_error',
                code: 'resource_missing' } } };
        }
        if (method === 'GET') return { status: 200, body: this.#view(intent, query) };
        const unknown = Object.keys(form).find((field) => !known[action]?.includes(field));
        if (unknown) return invalid('parameter_unknown', { param: unknown });
        return this[action](intent, form);
    }

    #view(intent, query) {
        if (!query.getAll('expand[]').includes('latest_charge.refunds')) return intent;
        const data = [...this.refunds.values()].filter((one) => one.payment_intent === intent.id);
        return { ...intent, latest_charge: intent.latest_charge
            && { id: intent.latest_charge, object: 'charge', refunds: { object: 'list', data } } };
    }

    #search(query) {
        const [, field, value] = /^metadata\['(\w+)'\]:'([\w-]+)'$/.exec(query) ?? [];
        const data = [...this.intents.values()].filter((one) =>
            field && one.metadata[field] === value);
        return { status: 200, body: { object: 'search_result', data } };
    }

    #create(form) {
        const unknown = Object.keys(form).find((field) => !known.create.includes(field));
        if (unknown) return invalid('parameter_unknown', { param: unknown });
        if (!/^[1-9][0-9]{1,7}$/.test(form.amount)) return invalid('parameter_invalid_integer');
        if (!/^[a-z]{3}$/.test(form.currency)) return invalid('invalid_currency');
        assert.equal(form.capture_method, 'manual');
        const pi = id('pi');
        const intent = { id: pi, object: 'payment_intent', amount: Number(form.amount),
            amount_capturable: 0, amount_received: 0, capture_method: 'manual',
            client_secret: `${pi}_secret_${randomBytes(8).toString('hex')}`, created: created(),
            currency: form.currency, last_payment_error: null, latest_charge: null,
            metadata: { order_id: form['metadata[order_id]'],
                payment_id: form['metadata[payment_id]'] },
            next_action: null, payment_method: null, status: 'requires_payment_method' };
        this.intents.set(pi, intent);
        this.#happens('payment_intent.created', intent);
        return form.confirm === 'true' ? this.confirm(intent, form) : { status: 200, body: intent };
    }

    // The test cards of Stripe; any other is good.
    confirm(intent, { payment_method: card, return_url: back }) {
        if (!intent.status.startsWith('requires_') || intent.status === 'requires_capture') {
            return this.#unexpected(intent);
        }
        intent.payment_method = card;
        if (card === 'pm_card_chargeDeclined') return this.#decline(intent, 'generic_decline');
        if (card !== 'pm_card_threeDSecureRequired') return this.authorize(intent);
        intent.status = 'requires_action';
        intent.next_action = back
            ? { type: 'redirect_to_url', redirect_to_url: { return_url: back,
                url: `https://hooks.stripe.test/3d_secure/${intent.id}` } }
            : { type: 'use_stripe_sdk' };
        this.#happens('payment_intent.requires_action', intent);
        return { status: 200, body: intent };
    }

    #decline(intent, decline) {
        Object.assign(intent, { status: 'requires_payment_method', payment_method: null,
            last_payment_error: { type: 'card_error', code: 'card_declined',
                decline_code: decline } });
        this.#happens('payment_intent.payment_failed', intent);
        return { status: 402,
            body: { error: { ...intent.last_payment_error, payment_intent: { ...intent } } } };
    }

    #unexpected(intent) {
        return invalid('payment_intent_unexpected_state', { payment_intent: { ...intent } });
    }

    // The bank says yes: to a card, or after 3-D Secure.
    authorize(intent) {
        Object.assign(intent, { status: 'requires_capture', amount_capturable: intent.amount,
            next_action: null, last_payment_error: null, latest_charge: id('ch') });
        this.#happens('payment_intent.amount_capturable_updated', intent);
        return { status: 200, body: intent };
    }

    // The buyer fails at 3-D Secure.
    fail(intent) { return this.#decline(intent, 'payment_intent_authentication_failure'); }

    capture(intent, { amount_to_capture: amount }) {
        if (intent.status !== 'requires_capture') return this.#unexpected(intent);
        if (Number(amount ?? intent.amount) > intent.amount) return invalid('amount_too_large');
        Object.assign(intent, { status: 'succeeded', amount_capturable: 0,
            amount_received: Number(amount ?? intent.amount) });
        this.#happens('payment_intent.succeeded', intent);
        return { status: 200, body: intent };
    }

    cancel(intent) {
        if (['succeeded', 'canceled', 'processing'].includes(intent.status)) {
            return this.#unexpected(intent);
        }
        Object.assign(intent, { status: 'canceled', amount_capturable: 0, next_action: null });
        this.#happens('payment_intent.canceled', intent);
        return { status: 200, body: intent };
    }

    #refund(form) {
        const unknown = Object.keys(form).find((field) => !known.refund.includes(field));
        if (unknown) return invalid('parameter_unknown', { param: unknown });
        const intent = this.intents.get(form.payment_intent);
        if (intent?.status !== 'succeeded') return invalid('resource_missing');
        const given = [...this.refunds.values()].filter((one) => one.payment_intent === intent.id
            && one.status !== 'failed').reduce((sum, one) => sum + one.amount, 0);
        const amount = Number(form.amount ?? intent.amount_received - given);
        if (given === intent.amount_received) return invalid('charge_already_refunded');
        if (given + amount > intent.amount_received) return invalid('amount_too_large');
        const metadata = Object.fromEntries(['order_id', 'payment_id', 'refund_id']
            .filter((name) => form[`metadata[${name}]`])
            .map((name) => [name, form[`metadata[${name}]`]]));
        const refund = { id: id('re'), object: 'refund', amount, charge: intent.latest_charge,
            currency: intent.currency, metadata, payment_intent: intent.id,
            status: this.slowRefunds ? 'pending' : 'succeeded' };
        this.refunds.set(refund.id, refund);
        this.#happens('refund.created', refund);
        this.#happens('charge.refunded', { id: intent.latest_charge, object: 'charge',
            metadata: intent.metadata, payment_intent: intent.id,
            amount_refunded: given + amount });
        return { status: 200, body: refund };
    }

    // What becomes of a refund that was pending.
    settleRefund(refund, status) {
        Object.assign(refund, { status, failure_reason: status === 'failed' ? 'lost_card' : null });
        this.#happens(status === 'failed' ? 'refund.failed' : 'refund.updated', refund);
    }

    dispute(intent, status = 'needs_response') {
        const dispute = { id: id('du'), object: 'dispute', amount: intent.amount,
            charge: intent.latest_charge, currency: intent.currency, metadata: {},
            payment_intent: intent.id, reason: 'fraudulent', status };
        this.disputes.set(dispute.id, dispute);
        this.#happens('charge.dispute.created', dispute);
        return dispute;
    }

    closeDispute(dispute, status) {
        dispute.status = status;
        this.#happens('charge.dispute.closed', dispute);
    }

    // ---- Events ---------------------------------------------------------------------------------

    #happens(type, object) {
        const event = { id: id('evt'), object: 'event', api_version: version, created: created(),
            type, livemode: false, pending_webhooks: 1,
            request: { id: null, idempotency_key: null },
            data: { object: JSON.parse(JSON.stringify(object)) } };
        this.events.push(event);
        if (!this.delivered || !this.webhookUrl) return;
        const sending = this.#insist(event).finally(() => this.#sending.delete(sending));
        this.#sending.add(sending);
    }

    // Every event about an object so far, by its id or that of its PaymentIntent.
    eventsOf(intent) {
        return this.events.filter(({ data: { object } }) =>
            [object.id, object.payment_intent].includes(intent));
    }

    // Again and again, as Stripe does for days.
    async #insist(event) {
        for (let tries = 0; tries < 50; tries += 1) {
            const got = await this.send(event).catch(() => null);
            if (got?.ok || !this.server.listening) return;
            await sleep(100);
        }
    }

    header(payload, secret = this.webhookSecret, timestamp = created()) {
        return this.client.webhooks.generateTestHeaderString({ payload, secret, timestamp });
    }

    // One delivery of an event, signed by the official library; the answer's data.
    async send(event, { payload = JSON.stringify(event), header } = {}) {
        const got = await fetch(this.webhookUrl, { method: 'POST', body: payload, headers: {
            'content-type': 'application/json',
            'stripe-signature': header ?? this.header(payload) } });
        return { ok: got.ok, status: got.status, data: (await got.json()).data };
    }
}
