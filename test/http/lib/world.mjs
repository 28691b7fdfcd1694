// What the tests need of the world around the gateway: the database, keys, events and buyers.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHmac, createPublicKey, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Client, eventually, freshAddress, ok, sleep } from './client.mjs';

const env = process.env;
const fileText = (name) => readFileSync(env[name], 'utf8').replace(/\n$/, '');

// Runs SQL as the superuser, past pool and gateway; returns the rows as arrays of text.
export function sql(text) {
    const { status, stdout, stderr } = spawnSync('psql',
        ['-XAtq', '-F', '\u001f', '-v', 'ON_ERROR_STOP=1', '-f', '-'], { input: text });
    assert.equal(status, 0, `${stderr}`);
    return stdout.toString().split('\n').filter(Boolean).map((line) => line.split('\u001f'));
}
export const sqlValue = (text) => sql(text)[0]?.[0];

// ---- Tokens -------------------------------------------------------------------------------------

export const demoKey = () => fileText('TIX_DEMO_KEY_FILE');
export const base64url = (bytes) => Buffer.from(bytes).toString('base64url');
export const now = () => Math.floor(Date.now() / 1000);

export function claims(subject = randomUUID(), role = 'buyer', more = {}) {
    return { iss: 'tix', aud: 'tix', sub: subject, role, iat: now(), exp: now() + 3600, ...more };
}

// A token of any header and claims, signed with HMAC-SHA256: what a forger could make, too.
export function sign(payload, header = {}, key = demoKey()) {
    const head = { alg: 'HS256', kid: 'demo', typ: 'JWT', ...header };
    const text = `${base64url(JSON.stringify(head))}.${base64url(JSON.stringify(payload))}`;
    return `${text}.${base64url(createHmac('sha256', key).update(text).digest())}`;
}

// Somebody with a token and an address of their own.
export function person(role = 'buyer', userId = randomUUID()) {
    const client = new Client({ token: sign(claims(userId, role)), address: freshAddress() });
    return Object.assign(client, { userId });
}
export const buyer = () => person('buyer');
export const staff = (role) => person(role, env[`TIX_${role.toUpperCase()}_ID`]);
export const nobody = () => new Client();

// ---- Events -------------------------------------------------------------------------------------

const quoted = (text) => (text === null ? 'NULL' : `'${String(text).replaceAll("'", "''")}'`);

// An event of the imported hall (681 seats) with one session; prices in minor units.
export function makeSession({ name = `Test ${randomUUID()}`, amount = 4500, currency = 'EUR',
    organizer = env.TIX_ORGANIZER_ID, open = true, saleStarts = null } = {}) {
    const [[eventId, sessionId]] = sql(`
        SELECT seat_map_id AS map FROM tix.seat_maps WHERE seat_count = 681 LIMIT 1 \\gset
        SELECT tix_create_event(${quoted(name)}, :'map', ${quoted(organizer)}) AS event \\gset
        SELECT tix_create_session(:'event', :'map', now() + interval '7 days',
                                  sale_starts => ${quoted(saleStarts)}) AS session \\gset
        SELECT tix_set_price(:'event', NULL, ${amount}, ${quoted(currency)}) AS price \\gset
        ${open ? "SELECT seats FROM tix_open_session(:'session') \\gset" : ''}
        SELECT :'event', :'session';`);
    return { eventId, sessionId, name, url: `/v1/sessions/${sessionId}` };
}

// Seat ids of a session, in the order of their ordinals; none is for wheelchairs.
export function seatIds(sessionId, count = 1000) {
    return sql(`SELECT seat_id FROM tix.seats WHERE session_id = '${sessionId}' AND NOT accessible
                ORDER BY ordinal LIMIT ${count}`).map(([id]) => id);
}

// ---- Buying -------------------------------------------------------------------------------------

export async function lock(who, session, seats, more = {}) {
    return ok(await who.post(`${session.url}/seats/lock`, { seatIds: seats, ...more }), 201);
}

export async function order(who, session, seats) {
    const { lockId } = await lock(who, session, seats);
    return ok(await who.post('/v1/orders', { lockIds: [lockId] }), 201);
}

export async function orderBecomes(who, orderId, ...wanted) {
    let seen;
    return eventually(`order ${orderId} is ${wanted}`, async () => {
        seen = ok(await who.get(`/v1/orders/${orderId}`));
        if (!['created', 'payment_pending', ...wanted].includes(seen.status)) {
            assert.fail(`order is ${seen.status}, not ${wanted}`);
        }
        return wanted.includes(seen.status) && seen;
    }, { every: 100 });
}

export async function buy(who, session, seats, paymentMethod = 'mock_ok') {
    const { orderId } = await order(who, session, seats);
    ok(await who.post(`/v1/orders/${orderId}/pay`, { paymentMethod }), 202);
    return orderBecomes(who, orderId, 'completed');
}

export async function seatState(session, seatId) {
    return ok(await nobody().get(`${session.url}/seats/${encodeURIComponent(seatId)}`)).state;
}

// ---- Webhooks -----------------------------------------------------------------------------------

export function signature(body, { at = now(), secret = fileText('TIX_WEBHOOK_SECRET_FILE') } = {}) {
    return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`;
}

export function news(order, more = {}) {
    const [[amount, currency]] = sql(`SELECT total_amount, total_currency FROM tix.orders
                                      WHERE order_id = '${order.orderId}'`);
    return { id: `evt-${randomUUID()}`, kind: 'captured', transactionId: `tx-${randomUUID()}`,
        orderId: order.orderId, amount: Number(amount), currency, ...more };
}

// Tells the edge a provider's news; body may be an object or the raw text.
export function tell(body, { provider = 'mock', header, path = '/webhook/', client } = {}) {
    const raw = typeof body === 'string' ? body : JSON.stringify(body);
    return (client ?? new Client()).post(path + provider, raw,
        { headers: { 'tix-signature': header ?? signature(raw) } });
}

// ---- Ticket codes -------------------------------------------------------------------------------

// The public half of the key that signs ticket codes, as a SubjectPublicKeyInfo (RFC 8410).
export const ticketKey = () => createPublicKey({ format: 'der', type: 'spki', key: Buffer.from(
    `302a300506032b6570032100${sqlValue(`SELECT encode(public_key, 'hex')
        FROM tix_ticket_public_keys() WHERE retired_at IS NULL`)}`, 'hex') });

// ---- The database's own verdict -----------------------------------------------------------------

export const violations = () => sqlValue('SELECT count(*) FROM tix_audit()');
export { eventually, sleep };
