// Accounts and tokens: what a buyer may rely on when signing in, staying in and leaving.
// Through the validating proxy all comes from one address, which may try ten times a minute.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Client, ok, problem } from './lib/client.mjs';
import { nobody, sqlValue } from './lib/world.mjs';

const email = `Ann.${randomUUID()}@Example.org`;
const password = 'correct horse battery ✓';
const login = { email, password };
const ann = new Client();
let tokens;

test('an account registers, logs in and its token opens its own things', async () => {
    const registration = { ...login, displayName: 'Ann ☃' };
    const account = ok(await ann.post('/v1/auth/register', registration), 201);
    assert.equal(account.role, 'buyer');
    assert.equal(account.displayName, 'Ann ☃');
    tokens = ok(await ann.post('/v1/auth/login', login));
    assert.deepEqual(tokens.user, account);
    assert.equal(tokens.tokenType, 'Bearer');
    assert.ok(tokens.expiresIn > 0 && tokens.refreshExpiresIn > tokens.expiresIn);
    const signedIn = new Client({ token: tokens.accessToken });
    assert.deepEqual(ok(await signedIn.get('/v1/orders')), []);
    assert.deepEqual(ok(await signedIn.get('/v1/tickets')), []);
});

test('passwords are kept as argon2id and refresh tokens as hashes', () => {
    const hash = sqlValue(`SELECT password_hash FROM tix.users WHERE email ILIKE '${email}'`);
    assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    const found = sqlValue(`SELECT count(*) FROM tix.refresh_tokens t
                            WHERE t::text LIKE '%${tokens.refreshToken}%'`);
    assert.equal(found, '0');
});

test('an address is taken once, in whatever letters', async () => {
    const body = { email: email.toUpperCase(), password: 'another password' };
    problem(await ann.direct.post('/v1/auth/register', body), 409, 'email_taken');
});

test('a wrong password and an unknown address look alike', async () => {
    const wrong = problem(await ann.post('/v1/auth/login', { email, password: 'not this one' }),
        401, 'invalid_credentials');
    const stranger = { email: `nobody.${randomUUID()}@example.org`, password };
    const unknown = problem(await ann.direct.post('/v1/auth/login', stranger),
        401, 'invalid_credentials');
    assert.deepEqual({ ...wrong, requestId: 0 }, { ...unknown, requestId: 0 });
});

test('a refresh token works once, and its reuse ends the family', async () => {
    const first = tokens.refreshToken;
    const second = ok(await ann.post('/v1/auth/refresh', { refreshToken: first }));
    assert.notEqual(second.refreshToken, first);
    assert.equal(second.user.userId, tokens.user.userId);
    problem(await ann.post('/v1/auth/refresh', { refreshToken: first }), 401, 'invalid_token');
    problem(await ann.post('/v1/auth/refresh', { refreshToken: second.refreshToken }),
        401, 'invalid_token');
});

test('logging out ends the refresh token and says the same of an unknown one', async () => {
    const { refreshToken } = ok(await ann.post('/v1/auth/login', login));
    assert.equal((await ann.post('/v1/auth/logout', { refreshToken })).status, 204);
    problem(await nobody().direct.post('/v1/auth/refresh', { refreshToken }), 401, 'invalid_token');
    const unknown = await nobody().direct.post('/v1/auth/logout', { refreshToken: 'unknown' });
    assert.equal(unknown.status, 204);
    assert.equal(unknown.text, '');
});

test('a request without a token is asked for one', async () => {
    const got = await nobody().direct.get('/v1/orders');
    problem(got, 401, 'unauthorized');
    assert.match(got.headers['www-authenticate'] ?? '', /^Bearer/);
});

test('every answer carries the request id of the client, if it is a decent one', async () => {
    const mine = await nobody().get('/v1/venues', { headers: { 'x-request-id': 'my-id.1_2' } });
    assert.equal(mine.headers['x-request-id'], 'my-id.1_2');
    const odd = await nobody().get('/v1/venues', { headers: { 'x-request-id': 'a b"<script>' } });
    assert.notEqual(odd.headers['x-request-id'], 'a b"<script>');
    ok(odd);
});
