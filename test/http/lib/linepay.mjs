// A LINE Pay of our own, after its Online API v3: checks signatures and nonces with code that the
// gateway does not share, keeps its own ledger, and does what a test tells it to: hesitate, act and
// not answer, refuse, fall silent, or answer what no provider should.
import { createHmac, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

const decimals = { TWD: 0, JPY: 0, THB: 2, USD: 2 };
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[14][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
// The smallest parts of an amount, or nothing for one that its currency does not allow.
function parts(amount, currency) {
    if (typeof amount !== 'number' || !(amount > 0) || !(currency in decimals)) return undefined;
    const whole = Math.round(amount * 10 ** decimals[currency]);
    return Math.abs(whole - amount * 10 ** decimals[currency]) < 1e-6 ? whole : undefined;
}
const sum = (list, price) => list.reduce((total, one) => total + price(one), 0);

export class LinePay {
    constructor({ channelId, secret }) {
        Object.assign(this, { channelId, secret });
        this.transactions = new Map();
        this.ledger = [];      // { kind, transactionId, amount, currency } of money that moved
        this.calls = [];       // { what, transactionId, code, body }
        this.faults = [];      // what was wrong with how it was asked
        this.nonces = new Set();
        this.steps = {};
        this.silent = false;   // nobody is answered, nothing is done
        this.server = createServer((request, response) => {
            const chunks = [];
            request.on('data', (chunk) => chunks.push(chunk)).on('end', () =>
                this.serve(request, response, Buffer.concat(chunks).toString()));
        });
    }

    listen(port) {
        return new Promise((done, failed) => {
            this.server.on('error', failed).listen(port, '127.0.0.1', done);
        });
    }
    close() {
        this.server.closeAllConnections?.();
        this.server.close();
    }

    // What the next calls of a kind meet, one step each: { delay: ms } first; { code } is said and
    // nothing done, or with act: true it is done and said nevertheless; { lose: true } does it,
    // calls then() and never answers; { silent: true } does nothing and never answers;
    // { raw(response) } answers instead.
    script(what, ...steps) { (this.steps[what] ??= []).push(...steps); }

    // ---- The buyer ------------------------------------------------------------------------------

    of(orderId) { return [...this.transactions.values()].find((t) => t.orderId === orderId); }
    // The buyer agrees on LINE Pay's page, and is sent to where the answer says.
    approve(transaction) {
        transaction.state = 'approved';
        return this.back(transaction, transaction.confirmUrl);
    }
    cancel(transaction) {
        transaction.state = 'cancelled';
        return this.back(transaction, transaction.cancelUrl);
    }
    back({ id, orderId }, to) {
        const url = new URL(to);
        url.searchParams.set('transactionId', id);
        url.searchParams.set('orderId', orderId);
        return url.pathname + url.search;
    }

    // ---- The API --------------------------------------------------------------------------------

    signatureIsRight({ method, headers, url }, body) {
        const [path, query = ''] = url.split('?');
        const nonce = headers['x-line-authorization-nonce'] ?? '';
        const text = this.secret + path + (method === 'GET' ? query : body) + nonce;
        const wanted = createHmac('sha256', this.secret).update(text).digest('base64');
        const faults = [
            headers['x-line-channelid'] !== this.channelId && 'another channel',
            !uuid.test(nonce) && 'the nonce is no uuid',
            this.nonces.has(nonce) && 'the nonce was used before',
            headers['x-line-authorization'] !== wanted && 'the signature is wrong',
            method === 'POST' && !/^application\/json/.test(headers['content-type'] ?? '') &&
                'the body is not said to be JSON',
        ].filter(Boolean);
        this.nonces.add(nonce);
        this.faults.push(...faults);
        return faults.length === 0;
    }

    async serve(request, response, body) {
        const [, what, id] = [
            [/^POST \/v3\/payments\/request$/, 'request'],
            [/^POST \/v3\/payments\/(\d+)\/confirm$/, 'confirm'],
            [/^POST \/v3\/payments\/authorizations\/(\d+)\/capture$/, 'capture'],
            [/^POST \/v3\/payments\/authorizations\/(\d+)\/void$/, 'void'],
            [/^POST \/v3\/payments\/(\d+)\/refund$/, 'refund'],
            [/^GET \/v3\/payments\?(?:.*&)?transactionId=(\d+)$/, 'details'],
            [/^GET \/v3\/payments\?orderId=([\w-]+)$/, 'number'],
            [/^GET \/v3\/payments\/requests\/(\d+)\/check$/, 'check'],
        ].map(([pattern, name]) => {
            const match = pattern.exec(`${request.method} ${request.url}`);
            return match && [match, name, match[1]];
        }).find(Boolean) ?? [];
        const call = { what, transactionId: id, body };
        this.calls.push(call);
        if (this.silent) return;
        const answer = (code, info) => {
            call.code = code;
            response.writeHead(200, { 'Content-Type': 'application/json' }).end(
                JSON.stringify({ returnCode: code, returnMessage: '-', info })
                    .replace(/"((?:refundT|t)ransactionId)":"(\d+)"/g, '"$1":$2'));
        };
        if (!what) return void response.writeHead(404).end();
        if (!this.signatureIsRight(request, body)) return void answer('1106');
        await this.obey(this.steps[what]?.shift() ?? {}, call, response, answer);
    }

    async obey(step, call, response, answer) {
        const { what, transactionId } = call;
        const transaction = this.transactions.get(transactionId);
        const moves = ['confirm', 'capture', 'void', 'refund'].includes(what);
        if (moves && transaction?.busy) return void answer('1198');
        if (transaction && moves) transaction.busy = true;
        if (step.delay) await sleep(step.delay);
        if (transaction && moves) transaction.busy = false;
        if (step.silent) return;
        if (step.raw) return void step.raw(response);
        if (step.code && !step.act) return void answer(step.code);
        const [code, info] = what === 'number' ? this.details(this.of(transactionId))
            : this[what](transaction, call.body ? JSON.parse(call.body) : {});
        step.then?.();
        if (step.lose) return;
        answer(step.code ?? code, step.code ? undefined : info);
    }

    moved(kind, { id, currency }, amount) {
        this.ledger.push({ kind, transactionId: id, amount, currency });
    }

    request(_, { amount, currency, orderId, packages, redirectUrls, options }) {
        if (!(currency in decimals)) return ['1178'];
        if (parts(amount, currency) === undefined) return ['1124'];
        if (this.of(orderId)) return ['1172'];
        const whole = packages?.every(({ id, amount: part, products }) => id &&
            Math.abs(sum(products, ({ price, quantity }) => price * quantity) - part) < 1e-6);
        if (!whole || Math.abs(sum(packages, (one) => one.amount) - amount) > 1e-6 || !orderId ||
            !redirectUrls?.confirmUrl || !redirectUrls?.cancelUrl) return ['2101'];
        const digits = String(randomBytes(6).readUIntBE(0, 6)).padStart(11, '0').slice(-11);
        const id = `20261121${digits}`;  // more than a double can tell apart
        this.transactions.set(id, { id, orderId, amount, currency, state: 'requested',
            refunds: [], capture: options?.payment?.capture ?? true, ...redirectUrls });
        const web = `https://web-pay.line.example/web/payment/wait?transactionReserveId=${id}`;
        return ['0000', { paymentUrl: { web, app: 'line://pay' }, transactionId: id,
            paymentAccessToken: '187568751124' }];
    }

    confirm(transaction, { amount, currency }) {
        if (!transaction) return ['1150'];
        if (['authorized', 'captured', 'voided'].includes(transaction.state)) return ['1152'];
        if (transaction.state === 'cancelled') return ['1180'];
        if (transaction.state === 'requested') return ['1169'];
        if (amount !== transaction.amount || currency !== transaction.currency) return ['1153'];
        transaction.state = 'authorized';
        this.moved('authorized', transaction, amount);
        if (transaction.capture) this.taken(transaction, amount);
        return ['0000', this.paid(transaction)];
    }

    taken(transaction, amount) {
        transaction.state = 'captured';
        this.moved('captured', transaction, amount);
    }

    capture(transaction, { amount, currency }) {
        if (!transaction) return ['1150'];
        if (transaction.state !== 'authorized') return ['1155'];
        if (amount > transaction.amount || currency !== transaction.currency) return ['1184'];
        this.taken(transaction, amount);
        return ['0000', this.paid(transaction)];
    }

    void(transaction) {
        if (!transaction) return ['1150'];
        if (transaction.state === 'voided') return ['1165'];
        if (transaction.state !== 'authorized') return ['1155'];
        transaction.state = 'voided';
        this.moved('voided', transaction, transaction.amount);
        return ['0000'];
    }

    refund(transaction, { refundAmount }) {
        if (!transaction) return ['1150'];
        if (transaction.state !== 'captured') return ['1155'];
        const left = transaction.amount - sum(transaction.refunds, (one) => -one.refundAmount);
        const amount = refundAmount ?? left;
        if (left <= 0) return ['1165'];
        if (amount > left + 1e-9) return ['1164'];
        const refundTransactionId = `${BigInt(transaction.id) + BigInt(transaction.refunds.length +
            1)}`;
        transaction.refunds.push({ refundTransactionId, transactionType: amount < left
            ? 'PARTIAL_REFUND' : 'PAYMENT_REFUND', refundAmount: -amount });
        this.moved('refunded', transaction, amount);
        return ['0000', { refundTransactionId, refundTransactionDate: new Date().toISOString() }];
    }

    paid({ id, orderId, amount }) {
        // Paid in two ways, as with a coupon, so that nobody takes the first part for all of it.
        const [whole, rest] = [Math.floor(amount / 2), amount - Math.floor(amount / 2)];
        const payInfo = [{ method: 'DISCOUNT', amount: whole }, { method: 'BALANCE', amount: rest }]
            .filter((part) => part.amount > 0);
        return { transactionId: id, orderId, payInfo };
    }

    details(transaction) {
        const payStatus = { authorized: 'AUTHORIZATION', captured: 'CAPTURE',
            voided: 'VOIDED_AUTHORIZATION', lapsed: 'EXPIRED_AUTHORIZATION' }[transaction?.state];
        if (!payStatus) return ['1150'];
        const { currency, refunds } = transaction;
        return ['0000', [{ ...this.paid(transaction), transactionType: 'PAYMENT', currency,
            payStatus, refundList: refunds.length ? refunds : undefined }]];
    }

    check(transaction) {
        if (!transaction) return ['0121'];
        return [{ requested: '0000', approved: '0110', cancelled: '0121', failed: '0122' }[
            transaction.state] ?? '0123'];
    }
}
