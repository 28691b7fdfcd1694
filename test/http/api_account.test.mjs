// One's own account, and one's place on a waiting list.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Client, eventually, ok, problem } from './lib/client.mjs';
import { buyer, lock, makeSession, nobody, order, seatIds, sqlValue, staff }
    from './lib/world.mjs';

// Somebody who has registered and signed in: past the proxy, whose one address would soon be at
// the limit of such requests.
async function member() {
    const email = `m-${randomUUID()}@example.org`;
    const password = 'correct horse';
    const user = ok(await nobody().direct.post('/v1/auth/register',
        { email, password, displayName: 'Mia' }), 201);
    const tokens = ok(await nobody().direct.post('/v1/auth/login', { email, password }));
    return Object.assign(new Client({ token: tokens.accessToken }),
        { userId: user.userId, email, password, refreshToken: tokens.refreshToken });
}

test('a profile is one\'s own to see and to change', async () => {
    const mia = await member();
    const profile = ok(await mia.get('/v1/me'));
    assert.deepEqual([profile.userId, profile.email, profile.displayName, profile.hasPassword],
        [mia.userId, mia.email, 'Mia', true]);
    const changed = ok(await mia.patch('/v1/me', { phoneNumber: '+49 30 1234' }));
    assert.deepEqual([changed.displayName, changed.phoneNumber], ['Mia', '+49 30 1234']);
    problem(await mia.direct.patch('/v1/me', { phoneNumber: 'call me' }), 400, 'validation');
    problem(await mia.direct.patch('/v1/me', { role: 'admin' }), 400, 'validation');
    problem(await buyer().get('/v1/me'), 404, 'not_found'); // of another issuer, unknown here
});

test('a person gets all that is known about them, and nothing about others', async () => {
    const mia = await member();
    const session = makeSession();
    const [seat] = seatIds(session.sessionId, 1);
    const { orderId } = await order(mia, session, [seat]);
    const all = ok(await mia.get('/v1/me/export'));
    assert.deepEqual(all.users.map((user) => user.email), [mia.email]);
    assert.deepEqual(all.orders.map((one) => one.order_id), [orderId]);
    assert.doesNotMatch(JSON.stringify(all), /argon2id/);
    assert.equal(sqlValue(`SELECT count(*) FROM tix.audit_log WHERE act = 'export_user'
        AND detail->>'actor' = '${mia.userId}'`), '1');
});

test('an account is erased by its own address, and not while an order is open', async () => {
    const mia = await member();
    const session = makeSession();
    const [seat] = seatIds(session.sessionId, 1);
    const { orderId } = await order(mia, session, [seat]);
    problem(await mia.delete('/v1/me', { email: 'another@example.org' }), 400, 'validation');
    problem(await mia.delete('/v1/me', { email: mia.email }), 409, 'TX010');
    ok(await mia.delete(`/v1/orders/${orderId}`));
    ok(await mia.delete('/v1/me', { email: mia.email.toUpperCase() }), 204);
    problem(await mia.get('/v1/me'), 404, 'not_found');
    problem(await nobody().direct.post('/v1/auth/login',
        { email: mia.email, password: mia.password }), 401, 'invalid_credentials');
    problem(await staff('admin').delete('/v1/me', { email: 'x@example.org' }), 400, 'validation');
});

test('signing out everywhere ends every refresh token', async () => {
    const mia = await member();
    const { email, password } = mia;
    const second = ok(await nobody().direct.post('/v1/auth/login', { email, password }));
    assert.deepEqual(ok(await mia.post('/v1/me/sign-out')), { ended: 2 });
    for (const refreshToken of [mia.refreshToken, second.refreshToken]) {
        problem(await nobody().direct.post('/v1/auth/refresh', { refreshToken }), 401,
            'invalid_token');
    }
});

test('who waits is offered what is given back, first come first served', async () => {
    const session = makeSession();
    const admin = `/v1/admin${session.url.slice(3)}/waitlist`;
    const url = `${session.url}/waitlist`;
    const [seat] = seatIds(session.sessionId, 1);
    const [ann, bob, cid] = [buyer(), buyer(), buyer()];
    problem(await bob.post(url, { quantity: 1 }), 404, 'not_found'); // there is no list
    const anna = staff('organizer');
    ok(await anna.post(admin, { graceSeconds: 600, offerSeconds: 300 }), 204);
    const all = ok(await anna.get(`/v1/admin${session.url.slice(3)}`));
    assert.deepEqual(all.waitlist, { state: 'open', graceSeconds: 600, offerSeconds: 300,
        waiting: 0 });
    const held = await lock(ann, session, [seat]);
    const place = sqlValue(`SELECT area_id FROM tix.seats WHERE session_id =
        '${session.sessionId}' AND seat_id = '${seat}'`);
    // So many that only all the seats of the area would do: nothing is offered.
    const many = ok(await bob.post(url, { quantity: 20, area: 'no such area' }), 201);
    assert.equal(many.ahead, 0);
    const { entryId, ahead } = ok(await cid.post(url, { quantity: 1, area: place }), 201);
    assert.equal(ahead, 1);
    assert.equal(ok(await cid.post(url, { quantity: 1, area: place }), 201).entryId, entryId);
    ok(await ann.delete(`/v1/locks/${held.lockId}`));
    sqlValue('SELECT tix_waitlist_step()');
    const standing = await eventually('an offer', async () => {
        const got = ok(await cid.get(url));
        return got.status === 'offered' && got;
    });
    assert.equal(standing.offer.seatIds.length, 1);
    const made = await cid.post('/v1/orders', { lockIds: [standing.offer.lockId] });
    assert.equal(ok(made, 201).sessionId, session.sessionId);
    assert.equal(ok(await bob.get(url)).status, 'waiting');
    const [mine] = ok(await bob.get('/v1/waitlist'));
    assert.deepEqual([mine.entryId, mine.status, mine.quantity], [many.entryId, 'waiting', 20]);
    ok(await bob.delete(url), 204);
    problem(await bob.delete(url), 404, 'not_found');
    problem(await bob.get(url), 404, 'not_found');
    ok(await anna.delete(admin), 204);
    problem(await bob.post(url, { quantity: 1 }), 404, 'not_found');
});
