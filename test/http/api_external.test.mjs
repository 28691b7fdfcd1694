// Signing in at another issuer: the first time makes an account, later times open it, and one's own
// account can have such a login, too.
// Through the validating proxy all comes from one address, which may try ten times a minute.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, ok, problem } from './lib/client.mjs';
import { exchange, idToken, issuer, person } from './lib/issuer.mjs';
import { nobody, sql, sqlValue } from './lib/world.mjs';

const eve = person({ name: 'Eve ☃' });
let tokens;
let signedIn;

test('a first login makes an account of role buyer, with the verified address', async () => {
    tokens = ok(await nobody().post('/v1/auth/external', { issuer, token: await idToken(eve) }));
    assert.equal(tokens.user.email, eve.email);
    assert.equal(tokens.user.displayName, 'Eve ☃');
    assert.equal(tokens.user.role, 'buyer');
    signedIn = new Client({ token: tokens.accessToken });
    assert.deepEqual(ok(await signedIn.get('/v1/orders')), []);
});

test('the next login is the same user, whatever else the token says', async () => {
    const token = await idToken({ ...eve, email: 'other@partner.example', name: 'Mallory',
        role: 'admin', email_verified: false });
    const again = ok(await exchange(token));
    assert.deepEqual(again.user, tokens.user);
    assert.notEqual(again.refreshToken, tokens.refreshToken);
    const next = ok(await nobody().direct.post('/v1/auth/refresh',
        { refreshToken: again.refreshToken }));
    assert.deepEqual(next.user, tokens.user);
});

test('a buyer lists, links and unlinks logins', async () => {
    const [first] = ok(await signedIn.get('/v1/auth/external/logins'));
    assert.equal(first.issuer, issuer);
    assert.equal(first.subject, eve.sub);
    assert.ok(Math.abs(Date.parse(first.lastLoginAt) - Date.now()) < 60000);
    const second = person();
    const proof = { issuer, token: await idToken({ ...second, email: undefined }) };
    for (let times = 0; times < 2; times++) {
        assert.equal((await signedIn.post('/v1/auth/external/logins', proof)).status, 204);
    }
    const logins = ok(await signedIn.get('/v1/auth/external/logins'));
    assert.deepEqual(logins.map(({ subject }) => subject), [eve.sub, second.sub]);
    assert.equal(logins[1].lastLoginAt, null);
    assert.deepEqual(ok(await exchange(proof.token)).user, tokens.user);
    const gone = { issuer, subject: eve.sub };
    assert.equal((await signedIn.delete('/v1/auth/external/logins', gone)).status, 204);
    problem(await signedIn.delete('/v1/auth/external/logins', gone), 404, 'not_found');
});

test('the only way to sign in stays', async () => {
    const [{ subject }] = ok(await signedIn.get('/v1/auth/external/logins'));
    problem(await signedIn.delete('/v1/auth/external/logins', { issuer, subject }), 409, 'TX010');
    assert.equal(ok(await signedIn.get('/v1/auth/external/logins')).length, 1);
});

test('an address that somebody has is not taken over by an issuer', async () => {
    const email = process.env.TIX_BUYER_EMAIL;
    for (const address of [email, email.toUpperCase()]) {
        problem(await exchange(await idToken(person({ email: address }))), 409, 'email_taken');
    }
    assert.equal(sqlValue(`SELECT count(*) FROM tix.external_logins JOIN tix.users USING (user_id)
                           WHERE lower(email) = lower('${email}')`), '0');
});

test('a login that is somebody\'s is not linked to another', async () => {
    const max = ok(await exchange(await idToken(person()))).accessToken;
    const stranger = new Client({ token: max }).direct;
    const proof = { issuer, token: await idToken(person({ sub: ok(await signedIn.get(
        '/v1/auth/external/logins'))[0].subject })) };
    problem(await stranger.post('/v1/auth/external/logins', proof), 409, 'conflict');
    problem(await stranger.delete('/v1/auth/external/logins',
        { issuer, subject: ok(await signedIn.get('/v1/auth/external/logins'))[0].subject }), 404);
    problem(await nobody().direct.get('/v1/auth/external/logins'), 401, 'unauthorized');
    problem(await nobody().direct.post('/v1/auth/external/logins', proof), 401, 'unauthorized');
});

test('an address that is not verified makes no account', async () => {
    for (const more of [{ email_verified: false }, { email_verified: undefined },
        { email: undefined }, { email: 'no address' }, { email: `${'a'.repeat(250)}@b.example` }]) {
        const who = person(more);
        problem(await exchange(await idToken(who)), 400, 'validation');
        assert.equal(sqlValue(`SELECT count(*) FROM tix.external_logins
                               WHERE subject = '${who.sub}'`), '0');
    }
});

test('a name that cannot be kept stands in nobody\'s way', async () => {
    const odd = ['a\u0000b', 'a\nb', 'a\u0085b', 'a\u2028b', 'é'.repeat(150), 7, ['x'], ''];
    for (const name of odd) {
        const got = await exchange(await idToken(person({ name })));
        // A NUL is no text for us: the whole token is refused.
        if (name === 'a\u0000b') problem(got, 401, 'invalid_token');
        else assert.equal(ok(got).user.displayName, null);
    }
});

test('a suspended user does not come in by another door', async () => {
    const who = person();
    const { user } = ok(await exchange(await idToken(who)));
    sql(`SELECT tix.tix_set_user_status('${user.userId}', 'suspended', 'test')`);
    problem(await exchange(await idToken(who)), 401, 'invalid_token');
    const linked = await new Client({ token: tokens.accessToken }).direct.post(
        '/v1/auth/external/logins', { issuer, token: await idToken(who) });
    problem(linked, 409, 'conflict');
});

test('two first logins at once make one user', async () => {
    const who = person();
    const token = await idToken(who);
    const both = await Promise.all(Array.from({ length: 8 }, () => exchange(token)));
    assert.equal(new Set(both.map((got) => ok(got).user.userId)).size, 1);
});
