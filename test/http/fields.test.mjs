// Every field of every operation of the OpenAPI document, with values it does not take: a 4xx
// that names no SQL, and never a 5xx. What the document allows is sent, too, as hostile as it gets.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { Client, describe, edge, freshAddress, ok, wellFormedProblem } from './lib/client.mjs';
import { fill, instance, operations as all } from './lib/openapi.mjs';
import { pid } from './lib/stack.mjs';
import { strings } from './lib/strings.mjs';
import { claims, makeSession, nobody, seatIds, sign, signature, sqlValue, violations }
    from './lib/world.mjs';

// Pages for browsers are in waiting_page.test.mjs.
const operations = all.filter(({ path }) => !path.startsWith('/queue/'));
const gatewayPid = pid('gateway');
const session = makeSession();
const [seatId] = seatIds(session.sessionId, 1);

// A body that is right but for what a test changes; ids of nothing, so that nothing happens.
const sample = {
    register: () => ({ email: `${randomUUID()}@example.org`, password: 'short' }), // refused anyway
    login: () => ({ email: 'nobody@example.org', password: 'x'.repeat(200) }),
    refresh: () => ({ refreshToken: 'none' }),
    logout: () => ({ refreshToken: 'none' }),
    loginExternal: () => ({ issuer: 'https://nobody.example', token: 'a.b.c' }),
    linkExternalLogin: () => ({ issuer: 'https://nobody.example', token: 'a.b.c' }),
    unlinkExternalLogin: () => ({ issuer: 'https://nobody.example', subject: 'nobody' }),
    lockSeats: () => ({ seatIds: ['no such seat'], ttlSeconds: 60, intoLockId: '1',
        channels: ['none'], orphans: 'allow' }),
    releaseSeats: () => ({ lockId: '1', seatIds: [seatId] }),
    lockBest: () => ({ quantity: 1, areas: ['none'], categories: ['none'], maxTier: 1,
        accessible: 0, orphans: 'avoid', channels: [], ttlSeconds: 60 }),
    lockArea: () => ({ quantity: 1, ttlSeconds: 60 }),
    extendLock: () => ({ ttlSeconds: 60 }),
    createOrder: () => ({ lockIds: ['1'], provider: 'mock', promo: 'none',
        items: [{ seatId: 'x', tariff: 'x', attendee: { name: 'x' } }] }),
    addToOrder: () => ({ lockIds: ['1'], items: [{ seatId: 'x' }] }),
    cancelItems: () => ({ seatIds: [seatId], reason: 'x' }),
    reseatOrder: () => ({ changes: { [seatId]: 'x' }, lockIds: ['1'] }),
    payOrder: () => ({ provider: 'mock', paymentMethod: 'mock_ok' }),
    webhook: () => ({ id: `e-${randomUUID()}`, kind: 'failed', transactionId: 't',
        orderId: randomUUID(), amount: 1, currency: 'EUR', refundId: randomUUID() }),
    webhookAlias: () => sample.webhook(),
    verifyTicket: () => ({ code: 'TX1.AAAA' }),
    claimPlace: () => ({ token: 'TQ2.AAAA' }),
    transferTicket: () => ({ toUserId: randomUUID() }),
    offerTicket: () => ({ ttlSeconds: 60 }),
    acceptTicket: () => ({ offerCode: 'x'.repeat(43) }),
    cancelTicket: () => ({ reason: 'x' }),
    checkIn: () => ({ code: 'TX1.AAAA', gateId: randomUUID(), direction: 'in',
        at: '2026-01-01T00:00:00Z', nonce: 'x', device: 'x', force: false }),
    uploadCheckIns: () => ({ device: 'x', sentAt: '2026-01-01T00:00:00Z', scans: [{ code: 'x' }] }),
    boxOfficeHold: () => ({ seatIds: [seatId], buyerId: randomUUID(), ttlSeconds: 60 }),
    sellOrder: () => ({ lockIds: ['1'], buyerId: randomUUID(), method: 'cash', promo: 'none',
        items: [{ seatId: 'x' }] }),
    cancelItemsFor: () => ({ seatIds: [seatId], reason: 'x',
        keep: { amount: '1.00', currency: 'EUR' } }),
    reseatOrderFor: () => ({ changes: { [seatId]: 'x' }, reason: 'x' }),
    refundOrderFor: () => ({ amount: { amount: '1.00', currency: 'EUR' }, reason: 'x' }),
    blockTicket: () => ({ reason: 'x' }),
    cancelSession: () => ({ reason: 'x' }),
    postponeSession: () => ({ startTime: '2099-01-01T20:00:00Z', endTime: '2099-01-01T22:00:00Z',
        refundUntil: '2098-01-01T00:00:00Z', reason: 'x' }),
    stepMassRefunds: () => ({ maxOrders: 1 }),
    joinWaitlist: () => ({ quantity: 1, area: 'none', category: 'none', accessible: false }),
    updateProfile: () => ({ displayName: 'x', phoneNumber: '123' }),
    eraseOwn: () => ({ email: 'nobody@example.org' }),
};
// What organisers and admins send: nobody's id is in it, so that nothing happens.
for (const { id, body, roles } of operations) {
    if (body && !roles.includes('buyer') && !sample[id]) sample[id] = () => instance(body);
}
const ids = () => ({ venueId: randomUUID(), eventId: randomUUID(), sessionId: session.sessionId,
    orderId: randomUUID(), ticketId: randomUUID(), lockId: '1', seatId, provider: 'mock',
    seatMapId: randomUUID(), otherMapId: randomUUID(), tariffId: randomUUID(),
    chargeId: randomUUID(), gateId: randomUUID(), endpointId: randomUUID(), deliveryId: '1',
    userId: randomUUID(), areaId: 'no such area', admissionId: randomUUID() });

// Staff are not limited; everybody else comes from a new address each time.
const staffAddress = freshAddress();
function caller(operation) {
    const role = operation.roles.includes('box_office') ? 'box_office' : 'admin';
    const bearer = operation.security.some((way) => way.bearer);
    return new Client({ base: edge, address: bearer ? staffAddress : freshAddress(),
        token: bearer ? sign(claims(undefined, role)) : undefined });
}

async function send(operation, { path, query = '', body, headers = {} }) {
    const raw = body === undefined ? undefined
        : Buffer.isBuffer(body) ? body : Buffer.from(body);
    const all = { ...headers };
    if (operation.security.some((way) => way.signature)) {
        all['tix-signature'] = signature(raw ?? '');
    }
    return caller(operation).send(operation.method, path ?? fill(operation.path, ids()) + query,
        { body: raw, headers: all });
}

function refusedOrHarmless(got, what, mustRefuse) {
    const seen = `${what}: ${describe(got)}`;
    assert.ok(got.status < 500, seen);
    if (mustRefuse) assert.ok(got.status >= 400, seen);
    if (got.status >= 400) wellFormedProblem(got);
}

// Every value is JSON text, so that what JSON.stringify cannot say can be said.
const odd = ['null', 'true', '-1', '0', '1.5', '1e400', '-1e400', '99999999999999999999999',
    '123456789012345678901234567890.5', '""', '" "', '"x"', '[]', '{}', '[[]]', '[null]', '[1]',
    '{"a":1}', '"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udc00\\ud800"',
    `"'; DROP TABLE tix.orders; --"`, `"' OR '1'='1"`, '"$1"', '"%s%n"', '"{1,2}"', '"\\\\\'"',
    '"NaN"', '"Infinity"', '"-1"', '"+1"', '"1.0"', '"0x1"', '"９"', '"9223372036854775808"',
    '"../../etc/passwd"', '"<script>alert(1)</script>"', `"${'a'.repeat(3000)}"`,
    `[${'"x",'.repeat(1100)}"x"]`];

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

// Does the schema allow a value? Only as much of JSON Schema as the document's requests use.
function allows(schema, value) {
    const types = [schema.type].flat();
    const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
    if (type === 'number') {
        if (!types.includes('number') && !(types.includes('integer') && Number.isInteger(value))) {
            return false;
        }
        return value >= (schema.minimum ?? -Infinity) && value <= (schema.maximum ?? Infinity);
    }
    if (!types.includes(type)) return false;
    if (schema.enum && !schema.enum.includes(value)) return false;
    if (type === 'string') {
        return [...value].length >= (schema.minLength ?? 0)
            && [...value].length <= (schema.maxLength ?? Infinity)
            && (!schema.pattern || new RegExp(schema.pattern).test(value))
            && (schema.format !== 'uuid' || uuid.test(value));
    }
    if (type === 'array') {
        return value.length >= (schema.minItems ?? 0)
            && value.length <= (schema.maxItems ?? Infinity)
            && value.every((one) => allows(schema.items, one));
    }
    return type === 'boolean';
}
const allowed = (schema, text) => {
    const value = JSON.parse(text);
    return Number.isFinite(value) || typeof value !== 'number' ? allows(schema, value) : false;
};
// JSON text of a body in which one field is replaced by other text.
const bodyWith = (body, field, text) =>
    JSON.stringify({ ...body, [field]: '@@' }).replace('"@@"', () => text);

test('every operation with a body has a sample here', () => {
    const withBody = operations.filter((operation) => operation.body).map(({ id }) => id);
    assert.deepEqual(Object.keys(sample).sort(), withBody.sort());
});

for (const operation of operations.filter(({ body }) => body)) {
    test(`${operation.id}: no field takes a value of another kind`, async () => {
        for (const [field, schema] of Object.entries(operation.body.properties)) {
            await Promise.all(odd.map(async (text) => {
                const body = bodyWith(sample[operation.id](), field, text);
                const got = await send(operation, { body });
                const what = `${field}=${text.slice(0, 60)}`;
                const leftOut = text === 'null' && !operation.body.required?.includes(field);
                refusedOrHarmless(got, what, !leftOut && !allowed(schema, text));
            }));
        }
    });

    test(`${operation.id}: a body that is no such object is refused`, async () => {
        const good = JSON.stringify(sample[operation.id]());
        const [first] = Object.keys(operation.body.properties);
        const bodies = ['', ' ', '[]', 'null', '1', '"x"', '{', `${good}}`, good + good,
            `${good}x`,
            good.replace(/}$/, ',}'), good.replace(/}$/, ',"unknownMember":1}'),
            good.replace('{', `{"${first}":"twice",`), good.replace('{', '{"\\u0000":1,'),
            good.replaceAll('"', "'"), good.replace(/}$/, ',"x":NaN}'),
            `/* a */${good}`, `${'['.repeat(5000)}${']'.repeat(5000)}`, '{"a":'.repeat(5000),
            `{"x":${'{"x":'.repeat(100)}1${'}'.repeat(100)}}`,
            Buffer.from(good.replace('{', '{"@":1,')).map((byte) => (byte === 64 ? 0xff : byte)),
            Buffer.from(good, 'utf16le'),
            `{${Array.from({ length: 5000 }, (_, n) => `"k${n}":${n}`)}}`];
        await Promise.all(bodies.map(async (body) => {
            const got = await send(operation, { body });
            refusedOrHarmless(got, String(body).slice(0, 60), true);
        }));
        for (const field of operation.body.required ?? []) {
            const { [field]: _, ...rest } = sample[operation.id]();
            const got = await send(operation, { body: JSON.stringify(rest) });
            refusedOrHarmless(got, `no ${field}`, true);
        }
    });
}

const badIds = ['x', '0', '-1', '00000000-0000-0000-0000-00000000000g', `${randomUUID()}0`,
    '{' + randomUUID() + '}', randomUUID().replaceAll('-', ''), "' OR 1=1 --", '$1', '\ud83d\ude00',
    ' ', '..', 'a'.repeat(3000), '\n', '9223372036854775808', '１'];

for (const operation of operations.filter(({ path }) => path.includes('{'))) {
    test(`${operation.id}: an id that is none is not found or refused`, async () => {
        const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
        for (const name of names) {
            await Promise.all(badIds.map(async (bad) => {
                const body = operation.hasBody
                    ? JSON.stringify(sample[operation.id]?.() ?? {}) : undefined;
                const path = fill(operation.path, { ...ids(), [name]: bad });
                const got = await send(operation, { path, body });
                const mayBeRight = /^(lock|delivery)Id$/.test(name) && /^[0-9]+$/.test(bad);
                // A path of dots is another path.
                const other = bad === '..' && operation.path.split('/').length > 4;
                refusedOrHarmless(got, `${name}=${bad.slice(0, 40)}`, !mayBeRight && !other);
                const statuses = bad === '..' ? [400, 404, 405] : [400, 404];
                if (!mayBeRight && !other) {
                    assert.ok(statuses.includes(got.status), describe(got));
                }
            }));
        }
    });
}

const badQueries = ['', '-1', '0', 'x', '1e3', '1.5', '99999999999999999999', '%00', '%27%20OR%201',
    '+1', '%EF%BC%91', 'a'.repeat(3000)];

for (const operation of operations) {
    const queries = operation.parameters.filter((parameter) => parameter.in === 'query');
    if (!queries.length) continue;
    test(`${operation.id}: a parameter that is none is refused`, async () => {
        for (const { name, schema, required } of queries) {
            await Promise.all(badQueries.map(async (text) => {
                const since = required || !queries.some((one) => one.required) ? '' : '&since=1';
                const got = await send(operation, { query: `?${name}=${text}${since}` });
                const value = schema.type === 'integer' && /^-?[0-9]+$/.test(text) ? Number(text)
                    : decodeURIComponent(text);
                const mustRefuse = !allows(schema, value) || text === '%00';
                refusedOrHarmless(got, `${name}=${text.slice(0, 40)}`, mustRefuse);
            }));
        }
    });
}

// What no text that anybody sends may change: what is sold and to whom, and what the schema is.
const kept = ['order_items', 'tickets', 'venues', 'events', 'sessions', 'price_categories', 'seats',
    'external_logins', 'signing_keys'];
// These may go on by themselves, as payments of before do; they do not come or go.
const counted = ['orders', 'payments', 'refunds', 'ledger', 'refresh_tokens'];
const picture = () => sqlValue(`SELECT md5(string_agg(digest, '|' ORDER BY digest)) FROM (
    ${kept.map((table) => `SELECT '${table}' || md5(string_agg(t::text, '|' ORDER BY t::text))
        AS digest FROM tix.${table} t`).join(' UNION ALL ')} UNION ALL
    ${counted.map((table) => `SELECT '${table}' || count(*) FROM tix.${table}`)
        .join(' UNION ALL ')} UNION ALL
    SELECT 'class' || md5(string_agg(concat(oid, relname, relacl, relowner), '|' ORDER BY oid))
        FROM pg_class WHERE relkind IN ('r', 'v', 'S') AND relnamespace = 'tix'::regnamespace
            AND NOT relispartition UNION ALL
    SELECT 'proc' || md5(string_agg(concat(oid, prosrc, proacl, proowner), '|' ORDER BY oid))
        FROM pg_proc WHERE pronamespace = 'tix'::regnamespace UNION ALL
    SELECT 'role' || md5(string_agg(r::text, '|' ORDER BY r::text)) FROM pg_authid r) t`);
let before;

// All of the texts for a field or parameter that is there for the first time, another eighth
// wherever one of its name is there again; of a header a parser alone sees anything.
const asked = new Set();
function share(name, place) {
    if (asked.has(name) || place === 'header') {
        return strings.filter((_, n) => n % 8 === asked.size % 8);
    }
    asked.add(name);
    return strings;
}

// Sends each of some texts, 32 at a time; `ask` makes the request of one.
async function sendAll(what, ask, texts = strings) {
    for (let at = 0; at < texts.length; at += 32) {
        await Promise.all(texts.slice(at, at + 32).map(async (text) => {
            const got = await ask(text);
            refusedOrHarmless(got, `${what}=${JSON.stringify(text).slice(0, 60)}`, false);
        }));
    }
}

test('there are more than five hundred texts', (t) => {
    before = picture();
    t.diagnostic(`${strings.length} texts through every field that takes one`);
    assert.ok(strings.length >= 500);
});

const takesText = (schema) => [schema.type, schema.items?.type].flat().includes('string');
// A password that is checked costs 20 ms: with an address that is none it is not.
const cheap = (id, field) => (field === 'password' ? { email: '' } : {});

for (const operation of operations.filter(({ id }) => id !== 'webhookAlias')) {
    const fields = Object.entries(operation.body?.properties ?? {}).filter(([, s]) => takesText(s));
    const parameters = operation.parameters.filter(({ schema }) => takesText(schema));
    if (!fields.length && !parameters.length) continue;
    test(`${operation.id}: a text is a text, whatever is in it`, async () => {
        for (const [field, schema] of fields) {
            await sendAll(`${operation.id} ${field}`, (text) => {
                const value = schema.type === 'array' ? [text] : text;
                return send(operation, { body: JSON.stringify({ ...sample[operation.id](),
                    ...cheap(operation.id, field), [field]: value }) });
            }, share(field));
        }
        const body = operation.body && JSON.stringify(sample[operation.id]());
        for (const { name, in: place } of parameters) {
            await sendAll(`${operation.id} ${name}`, (text) => {
                const code = encodeURIComponent(text);
                if (place === 'query') return send(operation, { query: `?${name}=${code}`, body });
                if (place === 'path') {
                    return send(operation, { path: fill(operation.path, { ...ids(), [name]: text }),
                        body });
                }
                const bytes = Buffer.from(text).toString('latin1');
                return send(operation, { body,
                    headers: { [name]: bytes.replace(/[\0-\x1f\x7f]/g, '?') } });
            }, share(name, place));
        }
    });
}

test('all of them have changed nothing', () => assert.equal(picture(), before));

test('odd idempotency keys are refused or kept, never an error', async () => {
    const [create] = operations.filter(({ id }) => id === 'createOrder');
    for (const key of ['', ' ', 'a'.repeat(256), 'a'.repeat(4000), "'; DROP TABLE x", '\xff\xfe']) {
        const got = await send(create, { body: JSON.stringify(sample.createOrder()),
            headers: { 'idempotency-key': key } });
        refusedOrHarmless(got, `key ${key.slice(0, 20)}`, true);
    }
});

after(async () => {
    assert.equal(violations(), '0');
    ok(await nobody().get('/v1/venues'));
    assert.equal(pid('gateway'), gatewayPid, 'the gateway died');
});
