// kill -9 of the gateway, again and again under load: every request that is repeated gets the first
// answer, nothing is done twice, and nothing that was acknowledged is lost.
//
// KILLS says how often (10; `make kills`: 100), CLIENTS how many buy at a time. What the clients
// were told is their ledger, and at the end the database has to say the same.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { describe } from './lib/client.mjs';
import { kill, recovered } from './lib/stack.mjs';
import { buyer, eventually, makeSession, seatIds, sleep, sql, violations } from './lib/world.mjs';

const kills = Number(process.env.KILLS ?? 10);
const clients = Number(process.env.CLIENTS ?? 12);
const price = 4500;
// One that dies within its first second is started again after a pause only.
const youth = 1050;

const seen = { unknown: 0, waited: 0, replayed: 0 };
const ledger = [];  // one entry a purchase, with every answer it got
const house = [];   // seats that nobody was sent for yet

function seat() {
    if (!house.length) {
        const session = makeSession({ amount: price });
        for (const seatId of seatIds(session.sessionId)) house.push({ session, seatId });
    }
    return house.pop();
}

// Asks until there is an answer to rely on: nothing, a 5xx and "in progress" leave it open. Such an
// answer must say that it does; the connection may just end.
async function insist(ask) {
    const end = Date.now() + 60000;
    for (;;) {
        const got = await ask().catch(() => undefined);
        const code = got?.json?.code;
        if (got && got.status < 500 && code !== 'in_progress' && code !== 'busy') return got;
        if (got) assert.ok([409, 503].includes(got.status), describe(got));
        if (got?.status === 409) seen.waited++;
        else seen.unknown++;
        assert.ok(Date.now() < end, 'no answer within 60 s');
        await sleep(20 + Math.random() * 80);
    }
}

// The answer to a request with a key; the same request again has to be answered the same.
async function once(who, path, body, status) {
    const headers = { 'idempotency-key': randomUUID() };
    const ask = () => who.post(path, body, { headers, timeout: 15000 });
    const first = await insist(ask);
    assert.equal(first.status, status, describe(first));
    const again = await insist(ask);
    assert.equal(again.status, status, describe(again));
    assert.deepEqual(again.data, first.data, 'a repeated request gets the first answer');
    if (again.headers['idempotency-replayed'] === 'true') seen.replayed++;
    return first.data;
}

async function purchase() {
    const who = buyer();
    const { session, seatId } = seat();
    const lock = await once(who, `${session.url}/seats/lock`, { seatIds: [seatId] }, 201);
    const order = await once(who, '/v1/orders', { lockIds: [lock.lockId] }, 201);
    const payment = await once(who, `/v1/orders/${order.orderId}/pay`, {}, 202);
    ledger.push({ userId: who.userId, sessionId: session.sessionId, seatId, lockId: lock.lockId,
        orderId: order.orderId, paymentId: payment.paymentId });
}

async function buyUntil(stopped) {
    while (!stopped()) {
        await purchase();
        await sleep(Math.random() * 300);
    }
}

async function killAgainAndAgain() {
    let outage = 0;
    for (let n = 0; n < kills; n++) {
        await sleep(youth + Math.random() * 300);
        const started = performance.now();
        await recovered('gateway', kill('gateway'));
        outage = Math.max(outage, performance.now() - started);
    }
    return outage;
}

// What the database has of our buyers, in the form of the ledger; one row too many is one too many.
function stored() {
    const users = ledger.map(({ userId }) => `'${userId}'`).join();
    const rows = (text) => sql(text.replace('USERS', users)).map((row) => row.join(' ')).sort();
    return {
        orders: rows(`SELECT user_id, order_id, status, total_amount FROM tix.orders
            WHERE user_id IN (USERS)`),
        seats: rows(`SELECT order_id, session_id, seat_id, lock_id FROM tix.order_items
            JOIN tix.orders o USING (order_id) WHERE o.user_id IN (USERS)`),
        payments: rows(`SELECT order_id, p.payment_id, p.status, p.amount FROM tix.payments p
            JOIN tix.orders o USING (order_id) WHERE o.user_id IN (USERS)`),
        money: rows(`SELECT order_id, kind, amount FROM tix.ledger
            WHERE order_id IN (SELECT order_id FROM tix.orders WHERE user_id IN (USERS))`),
        tickets: rows(`SELECT t.order_id, t.session_id, t.seat_id, t.status FROM tix.tickets t
            JOIN tix.orders o USING (order_id) WHERE o.user_id IN (USERS)`),
    };
}

function acknowledged() {
    const rows = (row) => ledger.map((entry) => row(entry).join(' ')).sort();
    return {
        orders: rows((e) => [e.userId, e.orderId, 'completed', price]),
        seats: rows((e) => [e.orderId, e.sessionId, e.seatId, e.lockId]),
        payments: rows((e) => [e.orderId, e.paymentId, 'succeeded', price]),
        money: rows((e) => [e.orderId, 'captured', price]),
        tickets: rows((e) => [e.orderId, e.sessionId, e.seatId, 'valid']),
    };
}

test(`kill -9 of the gateway ${kills} times under load loses nothing and repeats nothing`,
    async (t) => {
        const started = performance.now();
        let stopped = false;
        const buying = Array.from({ length: clients }, () => buyUntil(() => stopped));
        // A purchase that goes wrong ends the test at once.
        const outage = await Promise.race([killAgainAndAgain(), Promise.all(buying)]);
        stopped = true;
        await Promise.all(buying);
        const seconds = (performance.now() - started) / 1000;
        assert.ok(seen.unknown >= kills, `only ${seen.unknown} requests were cut: no load`);
        const wanted = acknowledged();
        await eventually('every payment has arrived', () =>
            stored().orders.every((row) => row.includes(' completed ')),
        { seconds: 60, every: 500 });
        assert.deepEqual(stored(), wanted);
        assert.equal(violations(), '0');
        t.diagnostic(`Diagnostic: ${kills} kills in ${seconds.toFixed(0)} s, ${clients} clients: ${
            ledger.length} purchases acknowledged and found, ${seen.unknown} requests cut and ${
            seen.waited} told to wait, all repeated with the same key; ${seen.replayed
        } answers were said to be repeated; longest outage ${outage.toFixed(0)} ms`);
    });
