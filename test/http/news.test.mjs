// A user's own stream: every change of an order, its money and its tickets is told to whom it
// concerns, to nobody else, and to those who were away as well.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { EventSource } from 'eventsource';
import { Client, edge, ok, problem } from './lib/client.mjs';
import { Stream } from './lib/sse.mjs';
import { kill, recovered } from './lib/stack.mjs';
import { buy, buyer, claims, eventually, lock, makeSession, now, order, person, seatIds, sign,
    sleep, sql } from './lib/world.mjs';

const session = makeSession();
const seats = seatIds(session.sessionId, 300);
let next = 0;
const take = (count) => seats.slice(next, next += count);
const open = [];
after(() => { for (const stream of open) stream.close(); });

const pathOf = (who) => `/v1/users/${who.userId}/stream`;

// A stream of that user, and all the events it brought.
async function follow(who, more = {}) {
    const heard = [];
    const stream = new Stream(more.path ?? pathOf(who), {
        headers: more.path ? {} : { authorization: `Bearer ${who.token}` },
        hear: ({ event, data }) => {
            assert.equal(event, 'news');
            heard.push(...data.events);
        } });
    open.push(stream);
    assert.equal(await stream.connect(), more.status ?? 200);
    return { stream, heard };
}

const told = (heard, id) => heard.filter((event) => event.id === id)
    .map(({ type, version }) => `${type} ${version}`);
const tells = (heard, type) => eventually(`${type} is told`,
    () => heard.some((event) => event.type === type), { seconds: 5 });

// The answer to who asks for a stream that is not theirs.
const ask = (path, headers = {}) => new Client({ base: edge }).get(path,
    { headers: { accept: 'text/event-stream', ...headers } });

test('a purchase is told to its buyer, step by step, and to nobody else', async () => {
    const [ann, bob] = [buyer(), buyer()];
    const hers = await follow(ann);
    const his = await follow(bob);
    const { orderId } = await buy(ann, session, take(2));
    await tells(hers.heard, 'ticket.issued');
    await tells(hers.heard, 'order.completed');
    assert.deepEqual(told(hers.heard, orderId),
        ['order.created 1', 'order.payment_pending 2', 'order.completed 3']);
    const payment = hers.heard.filter(({ type }) => type.startsWith('payment.'));
    assert.deepEqual(payment.map(({ version }) => version), payment.map((_, n) => n + 1));
    assert.equal(payment.at(-1).type, 'payment.succeeded');
    assert.equal(hers.heard.filter(({ type }) => type === 'ticket.issued').length, 2);
    for (const event of hers.heard) {
        assert.equal(event.orderId, orderId);
        assert.deepEqual(Object.keys(event), ['type', 'id', 'orderId', 'version', 'at']);
        assert.ok(Math.abs(Date.parse(event.at) - Date.now()) < 60000);
    }
    assert.equal(ok(await ann.get(`/v1/orders/${orderId}`)).version, 3);
    assert.deepEqual(his.heard, []);
});

test('a change is told within a second', async () => {
    const ann = buyer();
    const { heard } = await follow(ann);
    const { lockId } = await lock(ann, session, take(1));
    const started = performance.now();
    ok(await ann.post('/v1/orders', { lockIds: [lockId] }), 201);
    await tells(heard, 'order.created');
    assert.ok(performance.now() - started < 1000, `${performance.now() - started} ms`);
});

test('another\'s stream does not exist, and there is none without a proof', async () => {
    const [ann, bob] = [buyer(), buyer()];
    const bearer = (who) => ({ authorization: `Bearer ${who.token}` });
    const anothers = problem(await ask(pathOf(ann), bearer(bob)), 404, 'not_found');
    const nobodys = problem(await ask(`/v1/users/${randomUUID()}/stream`, bearer(bob)), 404);
    assert.equal(anothers.detail, nobodys.detail);
    problem(await ask(pathOf(ann), bearer(person('admin'))), 404, 'not_found');
    for (const headers of [{}, { authorization: 'Bearer x' }, { authorization: 'Basic eDp5' }]) {
        const got = await ask(pathOf(ann), headers);
        problem(got, 401, 'unauthorized');
        assert.match(got.headers['www-authenticate'], /^Bearer/);
    }
    const old = sign(claims(ann.userId, 'buyer', { exp: now() - 1 }));
    problem(await ask(pathOf(ann), { authorization: `Bearer ${old}` }), 401);
    problem(await ask(`/v1/users/${ann.userId}x/stream`, bearer(ann)), 404);
});

test('a ticket opens its user\'s stream, for a while, and nothing else', async () => {
    const [ann, bob] = [buyer(), buyer()];
    const made = ok(await ann.post('/v1/stream-tickets'), 201);
    assert.equal(made.streamUrl, `${pathOf(ann)}?ticket=${made.ticket}`);
    const source = new EventSource(edge + made.streamUrl);
    open.push(source);
    const heard = [];
    source.addEventListener('news', (event) => heard.push(...JSON.parse(event.data).events));
    await new Promise((resolve, reject) => {
        source.onopen = resolve;
        source.onerror = (event) => reject(new Error(`${event.code} ${event.message}`));
    });
    await order(ann, session, take(1));
    await tells(heard, 'order.created');

    problem(await ask(`${pathOf(bob)}?ticket=${made.ticket}`), 404, 'not_found');
    const thief = new Client({ base: edge, token: made.ticket });
    problem(await thief.get('/v1/orders'), 401, 'invalid_token');
    problem(await ask(`${pathOf(ann)}?ticket=${ann.token}`), 401);
    const audience = { aud: 'tix/stream' };
    const late = sign(claims(ann.userId, 'buyer', { ...audience, exp: now() - 1 }));
    problem(await ask(`${pathOf(ann)}?ticket=${late}`), 401);
    const forged = sign(claims(ann.userId, 'buyer', audience), {}, 'x'.repeat(48));
    problem(await ask(`${pathOf(ann)}?ticket=${forged}`), 401);
    for (const bad of ['', 'x', '%00', '..', 'a%26ticket%3Db']) {
        const got = await ask(`${pathOf(ann)}?ticket=${bad}`);
        assert.ok([400, 401].includes(got.status), `${bad}: ${got.status}`);
    }
});

test('who comes back with Last-Event-ID is told what was missed', async () => {
    const ann = buyer();
    const { stream, heard } = await follow(ann);
    const first = await order(ann, session, take(1));
    await tells(heard, 'order.created');
    stream.call.destroy();
    const second = await buy(ann, session, take(1));
    ok(await ann.delete(`/v1/orders/${first.orderId}`));
    await sleep(600);
    assert.equal(await stream.connect(), 200);
    await tells(heard, 'order.cancelled');
    assert.deepEqual(told(heard, second.orderId),
        ['order.created 1', 'order.payment_pending 2', 'order.completed 3']);
    assert.deepEqual(told(heard, first.orderId), ['order.created 1', 'order.cancelled 2']);
});

test('a ticket that changes hands is told to both', async () => {
    const [ann, bob] = [buyer(), buyer()];
    await buy(ann, session, take(1));
    const [{ ticketId }] = ok(await ann.get('/v1/tickets'));
    const [hers, his] = [await follow(ann), await follow(bob)];
    sql(`UPDATE tix.tickets SET user_id = '${bob.userId}' WHERE ticket_id = '${ticketId}'`);
    for (const { heard } of [hers, his]) {
        await tells(heard, 'ticket.transferred');
        for (const { userId } of [ann, bob]) assert.ok(!JSON.stringify(heard).includes(userId));
    }
});

test('a stream lives through the death of the gateway, and misses nothing', async () => {
    const ann = buyer();
    const { stream, heard } = await follow(ann);
    const made = await order(ann, session, take(1));
    await tells(heard, 'order.created');
    const killed = kill('gateway');
    sql(`SELECT tix_cancel_order('${made.orderId}', '${ann.userId}')`);
    await recovered('gateway', killed);
    await tells(heard, 'order.cancelled');
    assert.equal(stream.opened, 1);
    assert.ok(!stream.ended);
});
