// The back office: what organisers do with a session, what they set for an event, gates; and what
// admins do with webhooks, users and the log of acts.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { ok, problem } from './lib/client.mjs';
import { buyer, lock, makeSession, nobody, order, person, seatIds, seatState, sql, sqlValue, staff }
    from './lib/world.mjs';

const anna = staff('organizer');
const admin = staff('admin');
const session = makeSession();
const seats = seatIds(session.sessionId, 40);
const base = `/v1/admin/sessions/${session.sessionId}`;
const event = `/v1/admin/events/${session.eventId}`;
const act = (what, body) => anna.post(`${base}/${what}`, body);
const own = async () => ok(await anna.get(base));

test('a pause stops new locks, and resuming lets them in again', async () => {
    ok(await act('pause', { reason: 'storm' }), 204);
    problem(await buyer().post(`${session.url}/seats/lock`, { seatIds: [seats[0]] }), 409,
        'paused');
    const paused = await own();
    assert.deepEqual([paused.gate, paused.gateReason, paused.status],
        ['paused', 'storm', 'on_sale']);
    ok(await act('resume'), 204);
    const ann = buyer();
    const held = await lock(ann, session, [seats[0]]);
    ok(await act('stop', { reason: 'fire' }), 204);
    problem(await ann.patch(`/v1/locks/${held.lockId}`, { ttlSeconds: 60 }), 409, 'paused');
    ok(await act('resume'), 204);
    ok(await ann.delete(`/v1/locks/${held.lockId}`));
    problem(await anna.direct.post(`${base}/pause`, {}), 400, 'validation');
    problem(await anna.direct.post(`${base}/pause`, { reason: 'x'.repeat(1001) }), 400,
        'validation');
});

test('seats are blocked all or none, and given back', async () => {
    const two = seats.slice(1, 3);
    const blocked = ok(await act('block', { seatIds: two, kind: 'kill', reason: 'rain' }));
    assert.deepEqual(blocked, { sessionId: session.sessionId, seatIds: [...two].sort() });
    assert.equal(await seatState(session, two[0]), 'blocked');
    assert.equal((await own()).blocked, 2);
    const ann = buyer();
    const held = await lock(ann, session, [seats[3]]);
    problem(await act('block', { seatIds: [seats[3], seats[4]] }), 409, 'TX001');
    assert.equal(await seatState(session, seats[4]), 'free');
    assert.deepEqual(ok(await act('force-release', { seatIds: [seats[3]], reason: 'asked' }))
        .seatIds, [seats[3]]);
    problem(await ann.delete(`/v1/locks/${held.lockId}`), 404);
    assert.equal(ok(await act('unblock', { seatIds: two })).seatIds.length, 2);
    assert.deepEqual(ok(await act('unblock', { seatIds: two })).seatIds, []);
    assert.equal(await seatState(session, two[0]), 'free');
    problem(await act('block', { seatIds: ['no such seat'] }), 400, 'validation');
    const past = { seatIds: two, until: '2001-01-01T00:00:00Z' };
    problem(await act('block', past), 400, 'validation');
});

test('a channel is for who has its key, and nobody is told the key', async () => {
    const key = `sponsor-${randomUUID().slice(0, 8)}`;
    ok(await act('channels', { key, seatIds: [seats[5]] }), 204);
    problem(await buyer().post(`${session.url}/seats/lock`, { seatIds: [seats[5]] }), 409,
        'channel');
    assert.deepEqual((await own()).channels, [{ from: null, until: null, seats: 1 }]);
    assert.equal(sqlValue(`SELECT count(*) FROM tix.audit_log WHERE detail::text ~ '${key}'`), '0');
    ok(await act('channels', { key, seatIds: [] }), 204);
    assert.deepEqual((await own()).channels, []);
});

test('a limit holds, and 0 lifts it', async () => {
    ok(await act('limits', { scope: 'user', seats: 1 }), 204);
    assert.equal((await own()).seatsPerUser, 1);
    problem(await buyer().post(`${session.url}/seats/lock`, { seatIds: seats.slice(6, 8) }), 409,
        'limit');
    ok(await act('limits', { scope: 'user', seats: 0 }), 204);
    const ann = buyer();
    const held = await lock(ann, session, seats.slice(6, 8));
    ok(await ann.delete(`/v1/locks/${held.lockId}`));
    problem(await anna.direct.post(`${base}/limits`, { scope: 'world', seats: 1 }), 400);
});

test('a session is loaded ahead of its sale', async () => {
    const loaded = ok(await act('load'));
    assert.equal(loaded.seats, 681);
    assert.ok(loaded.bytes > 0 && loaded.areas > 0);
});

test('tariffs, charges and promotions are set, listed, counted and ended', async () => {
    const child = { name: 'child', permille: 500 };
    const { tariffId } = ok(await anna.post(`${event}/tariffs`, child));
    assert.equal(ok(await anna.post(`${event}/tariffs`, { ...child, permille: 512.5 })).tariffId,
        tariffId);
    const fee = { kind: 'fee', name: 'desk', price: { amount: '1.50', currency: 'EUR' } };
    const { chargeId } = ok(await anna.post(`${event}/charges`, fee));
    const ten = { code: 'TEN', currency: 'EUR', price: { amount: '10.00', currency: 'EUR' },
        maxUses: 3, validUntil: '2031-01-01T00:00:00Z' };
    const { promotionId } = ok(await anna.post(`${event}/promotions`, ten));
    const all = ok(await anna.get(event));
    assert.deepEqual(all.tariffs, [{ tariffId, name: 'child', categoryId: null, price: null,
        permille: 512.5 }]);
    assert.deepEqual(all.charges, [{ chargeId, kind: 'fee', name: 'desk', permille: null,
        price: { amount: '1.50', currency: 'EUR' }, included: false, categories: [],
        tariffs: [] }]);
    const [listed] = ok(await anna.get(`${event}/promotions`));
    assert.equal(listed.promotionId, promotionId);
    assert.deepEqual([listed.price.amount, listed.maxUses, listed.uses, listed.spent.amount],
        ['10.00', 3, 0, '0.00']);
    ok(await anna.delete(`${event}/tariffs/${tariffId}`), 204);
    problem(await anna.delete(`${event}/tariffs/${tariffId}`), 404, 'not_found');
    ok(await anna.delete(`${event}/charges/${chargeId}`), 204);
    problem(await anna.post(`${event}/tariffs`, { ...child, price: fee.price }), 400,
        'validation');
    problem(await anna.post(`${event}/tariffs`, { name: 'child' }), 400, 'validation');
    problem(await anna.post(`${event}/promotions`,
        { ...ten, budget: { amount: '1', currency: 'USD' } }), 400, 'validation');
});

test('a quota and terms of cancellation are set', async () => {
    const draft = makeSession({ open: false });
    const url = `/v1/admin/events/${draft.eventId}`;
    const [{ categoryId }] = ok(await anna.get(url)).prices;
    ok(await anna.post(`${url}/quotas`, { categoryId, quota: 2 }), 204);
    const [price] = ok(await anna.get(url)).prices;
    assert.deepEqual([price.quota, price.taken], [2, 0]);
    problem(await anna.post(`${event}/quotas`, { categoryId, quota: 2 }), 404, 'not_found');
    ok(await anna.post(`${url}/cancellation-terms`, { untilBeforeStartSeconds: 86400,
        keptPermille: 100, keptMinor: 250 }), 204);
    assert.deepEqual(ok(await anna.get(url)).cancellationTerms,
        { untilBeforeStartSeconds: 86400, keptPermille: 100, keptMinor: 250 });
});

test('a gate lets in by the rules it has', async () => {
    const { venueId } = ok(await nobody().get(session.url));
    const url = `/v1/admin/venues/${venueId}/gates`;
    sql(`UPDATE tix.venues SET organizer_id = NULL WHERE venue_id = '${venueId}'`);
    problem(await anna.post(url, { name: 'Mine' }), 404, 'not_found'); // it is the house's
    const name = `North ${randomUUID()}`;
    const { gateId } = ok(await admin.post(url, { name }), 201);
    assert.equal(ok(await admin.post(url, { name }), 201).gateId, gateId);
    const gate = `/v1/admin/gates/${gateId}`;
    ok(await anna.post(`${gate}/rules`, { sessionId: session.sessionId, entriesMax: 2,
        reentry: true, onDay: '2031-01-01', timeZone: 'Europe/Berlin' }), 204);
    const listed = ok(await anna.get(`${url}?limit=100`)).find((g) => g.gateId === gateId);
    assert.deepEqual(listed.rules, [{ sessionId: session.sessionId, onDay: '2031-01-01',
        timeZone: 'Europe/Berlin', opensBeforeSeconds: 7200, closesAfterSeconds: 0,
        entriesMax: 2, entriesPer: 'ticket', reentry: true }]);
    problem(await anna.post(`${gate}/rules`, { sessionId: session.sessionId, entriesMax: 2 }),
        400, 'validation');
    const rule = { sessionId: session.sessionId, onDay: '2031-01-01' };
    ok(await anna.delete(`${gate}/rules`, rule), 204);
    problem(await anna.delete(`${gate}/rules`, rule), 404, 'not_found');
    ok(await admin.delete(gate), 204);
    problem(await admin.delete(gate), 404, 'not_found');
});

test('an admin makes, watches and ends webhooks; a secret is shown once', async () => {
    const made = ok(await admin.post('/v1/admin/webhooks', { url: 'https://hooks.example.org/a',
        types: ['order.*'], description: 'books' }), 201);
    assert.match(made.secret, /^whsec_/);
    const url = `/v1/admin/webhooks/${made.endpointId}`;
    ok(await admin.patch(url, { enabled: false }), 204);
    const find = async () => ok(await admin.get('/v1/admin/webhooks?limit=100'))
        .find((hook) => hook.endpointId === made.endpointId);
    const listed = await find();
    assert.deepEqual([listed.enabled, listed.disabledReason, listed.types, listed.description],
        [false, 'by an operator', ['order.*'], 'books']);
    assert.doesNotMatch(JSON.stringify(listed), /whsec_/);
    const rotated = ok(await admin.post(`${url}/secret`, { bothForSeconds: 60 }));
    assert.notEqual(rotated.secret, made.secret);
    sql(`INSERT INTO tix.webhook_deliveries (endpoint_id, event_id, type, body, status, ended_at)
         VALUES ('${made.endpointId}', 1, 'order.created', '{}', 'dead', now())`);
    const [dead] = ok(await admin.get(`${url}/deliveries?status=dead`));
    assert.deepEqual([dead.type, dead.status, dead.nextTryAt], ['order.created', 'dead', null]);
    ok(await admin.post(`/v1/admin/webhook-deliveries/${dead.deliveryId}/retry`), 204);
    const [again] = ok(await admin.get(`${url}/deliveries`));
    assert.equal(again.status, 'pending');
    problem(await admin.direct.get(`${url}/deliveries?status=lost`), 400, 'validation');
    ok(await admin.delete(url), 204);
    assert.equal(await find(), undefined);
    problem(await admin.get(`${url}/deliveries`), 404, 'not_found');
    assert.equal(sqlValue(`SELECT count(*) FROM tix.audit_log WHERE detail::text ~ 'whsec_'`), '0');
});

test('an admin gives roles and suspends, never their own, and sees no whole address', async () => {
    const email = `gus-${randomUUID()}@example.org`;
    const { userId } = ok(await nobody().direct.post('/v1/auth/register',
        { email, password: 'correct horse' }), 201);
    const [found] = ok(await admin.get(`/v1/admin/users?email=${email.toUpperCase()}`));
    assert.deepEqual([found.userId, found.email, found.role], [userId, 'g***@example.org',
        'buyer']);
    const url = `/v1/admin/users/${userId}`;
    ok(await admin.post(`${url}/role`, { role: 'gate' }), 204);
    const signIn = () => nobody().direct.post('/v1/auth/login',
        { email, password: 'correct horse' });
    assert.equal(ok(await signIn()).user.role, 'gate');
    ok(await admin.post(`${url}/status`, { status: 'suspended', reason: 'lost his badge' }), 204);
    problem(await signIn(), 401, 'invalid_credentials');
    const mine = `/v1/admin/users/${admin.userId}`;
    problem(await admin.post(`${mine}/role`, { role: 'buyer' }), 409, 'TX010');
    problem(await admin.post(`${mine}/status`, { status: 'suspended', reason: 'x' }), 409,
        'TX010');
    problem(await admin.direct.post(`${url}/role`, { role: 'root' }), 400, 'validation');
    const acts = ok(await admin.get('/v1/admin/acts?limit=2'));
    assert.deepEqual(acts.map((one) => [one.act, one.subject, one.actor]),
        [['set_user_status', userId, admin.userId], ['set_user_role', userId, admin.userId]]);
    const next = ok(await admin.get(`/v1/admin/acts?limit=1&cursor=${acts[0].actId}`));
    assert.deepEqual(next, [acts[1]]);
});

test('a role that was taken away ends at the database, whatever the token says', async () => {
    const otto = person('organizer');
    sql(`INSERT INTO tix.users (user_id, email, role)
         VALUES ('${otto.userId}', 'o-${otto.userId}@example.org', 'organizer')`);
    const { venueId } = ok(await otto.post('/v1/venues', { name: `O ${randomUUID()}` }), 201);
    ok(await admin.post(`/v1/admin/users/${otto.userId}/role`, { role: 'buyer' }), 204);
    problem(await otto.patch(`/v1/venues/${venueId}`, { name: 'Still mine' }), 404, 'not_found');
    problem(await otto.post('/v1/venues', { name: `P ${randomUUID()}` }), 404, 'not_found');
});

test('an order is worth what was promised when its price changes', async () => {
    const ann = buyer();
    const { orderId, total } = await order(ann, session, [seats[20]]);
    ok(await anna.post(`/v1/events/${session.eventId}/prices`,
        { price: { amount: '99.00', currency: 'EUR' } }));
    assert.deepEqual(ok(await ann.get(`/v1/orders/${orderId}`)).total, total);
});
