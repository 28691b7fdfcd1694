// Outgoing webhooks: signed as Standard Webhooks says, told again until they are heard, also over
// the death of the gateway, and never posted to where an outsider must not reach.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { env } from 'node:process';
import { after, before, test } from 'node:test';
import { kill, pid, recovered } from './lib/stack.mjs';
import { buy, buyer, eventually, makeSession, now, seatIds, sql, sqlValue } from './lib/world.mjs';

const port = Number(env.PGPORT) + 6; // the one receiver that the stack's gateway trusts
const session = makeSession();
const seats = seatIds(session.sessionId, 100);
let next = 0;
let answer = () => 204; // of the receiver: a status, or nothing at all
const heard = [];

const receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (bytes) => { body += bytes; }).on('end', () => {
        const post = { path: request.url, method: request.method, headers: request.headers, body };
        heard.push(post);
        const status = answer(post, heard.filter((other) => other.path === post.path).length);
        if (!status) return;
        response.writeHead(status, { Location: `http://127.0.0.1:${port}/elsewhere` }).end('ok');
    });
});

before(() => new Promise((done) => { receiver.listen(port, '127.0.0.1', done); }));
before(() => sql(`UPDATE tix.webhook_settings SET delays = '{1 s,1 s,1 s}', jitter = 0,
                  answer_s = 2`));
after(() => {
    sql('DELETE FROM tix.webhook_endpoints');
    receiver.closeAllConnections?.();
    receiver.close();
});

// A new endpoint, alone; its events are posted to a path of its own.
function endpoint(types, url = `http://127.0.0.1:${port}/${next}`) {
    sql('DELETE FROM tix.webhook_endpoints');
    const [[endpointId, secret]] = sql(`SELECT * FROM tix_create_webhook('${url}', '${types}')`);
    return { endpointId, secret, path: new URL(url).pathname };
}
const purchase = () => buy(buyer(), session, [seats[next++]]);
const posts = ({ path }) => heard.filter((post) => post.path === path);
const deliveries = (where = '') => sql(`SELECT status, attempts, coalesce(last_status::text, ''),
    coalesce(last_detail, '') FROM tix.webhook_deliveries ${where} ORDER BY delivery_id`);
const settled = (status) => eventually(`every delivery is ${status}`, () => {
    const all = deliveries();
    return all.length > 0 && all.every(([is]) => is === status);
}, { seconds: 40 });

// As a receiver would: the header's only signature is that of id, time and body.
function verify({ headers, body }, secret) {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    const text = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    assert.equal(headers['webhook-signature'],
        `v1,${createHmac('sha256', key).update(text).digest('base64')}`);
    assert.ok(Math.abs(now() - Number(headers['webhook-timestamp'])) < 60);
}

test('a purchase is told, signed, event by event', async () => {
    const hook = endpoint('{*}');
    await purchase();
    await eventually('the ticket is told', () =>
        posts(hook).some(({ body }) => JSON.parse(body).type === 'ticket.issued'));
    await settled('delivered');
    const told = posts(hook);
    for (const post of told) verify(post, hook.secret);
    assert.equal(new Set(told.map(({ headers }) => headers['webhook-id'])).size, told.length);
    assert.deepEqual(told.map(({ body }) => JSON.parse(body).type).sort(), ['order.completed',
        'order.created', 'order.payment_pending', 'payment.created', 'payment.succeeded',
        'seat.sold', 'ticket.issued']);
    assert.ok(told.every(({ method, headers }) => method === 'POST'
        && headers['content-type'] === 'application/json'));
});

test('what fails is told again, the same', async () => {
    const hook = endpoint('{order.completed}');
    answer = (post, times) => (times < 3 ? 500 : 200);
    await purchase();
    await settled('delivered');
    const told = posts(hook);
    assert.deepEqual(deliveries(), [['delivered', '3', '200', '']]);
    assert.equal(new Set(told.map(({ headers, body }) => headers['webhook-id'] + body)).size, 1);
    for (const post of told) verify(post, hook.secret);
});

test('what never succeeds is parked; a redirect is a failure and not followed', async () => {
    endpoint('{order.completed}');
    answer = () => 302;
    await purchase();
    await settled('dead');
    assert.deepEqual(deliveries(), [['dead', '4', '302', '']]);
    assert.equal(posts({ path: '/elsewhere' }).length, 0);
});

test('a receiver that hangs costs the others nothing for ever', async () => {
    const hook = endpoint('{order.completed}');
    answer = (post, times) => (times === 1 ? null : 200);
    await purchase();
    await settled('delivered');
    assert.equal(posts(hook).length, 2);
});

test('a killed gateway forgets nothing', async () => {
    const hook = endpoint('{order.completed}');
    answer = () => 503;
    await purchase();
    await eventually('it was told', () => posts(hook).length > 0);
    answer = () => 200;
    const killed = pid('gateway');
    kill('gateway');
    await recovered('gateway', killed);
    await settled('delivered');
});

test('nothing is posted to where an outsider must not reach', async () => {
    answer = () => 200;
    for (const [url, why] of [
        [`http://127.0.0.1:${port - 2}/`, 'refused: not https'],
        ['http://example.org/', 'refused: not https'],
        [`https://127.0.0.1:${port - 2}/`, 'refused: the address is not public'],
        [`https://localhost:${port - 2}/`, 'refused: the address is not public'],
        ['https://169.254.169.254/latest/', 'refused: the address is not public'],
        ['https://[::1]/', 'refused: the address is not public'],
        ['https://[::ffff:10.0.0.1]/', 'refused: the address is not public'],
    ]) {
        endpoint('{order.created}', url);
        await purchase();
        await eventually(`${url} was tried`, () => deliveries()[0]?.[3]);
        const [[status, , http, detail]] = deliveries();
        assert.deepEqual([status === 'delivered', http, detail], [false, '', why], url);
    }
    assert.equal(sqlValue('SELECT count(*) FROM tix_audit()'), '0');
});
