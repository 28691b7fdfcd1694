// Tokens over HTTP: a forger's tricks are worth nothing, and no refusal says which one failed.
import assert from 'node:assert/strict';
import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID,
    sign as edSign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SignJWT, decodeJwt } from 'jose';
import { Client, ok, problem } from './lib/client.mjs';
import { base64url, claims, demoKey, now, sign, staff } from './lib/world.mjs';

const path = '/v1/orders';
const ask = (token) => new Client({ token }).get(path);
const good = sign(claims());
const [head, body, mac] = good.split('.');
const json = (value) => base64url(JSON.stringify(value));
const keyPair = generateKeyPairSync('ed25519');

function eddsa(header) {
    const text = `${json({ typ: 'JWT', ...header })}.${json(claims())}`;
    return `${text}.${base64url(edSign(null, Buffer.from(text), keyPair.privateKey))}`;
}
const without = (name) => { const { [name]: _, ...rest } = claims(); return rest; };
// The same bytes in another spelling: other unused bits in the last character.
function uncanonical(text) {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    return text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1)) ^ 1];
}

test('a token of the demo key made by a library of others is taken', async () => {
    const token = await new SignJWT({ role: 'buyer' })
        .setProtectedHeader({ alg: 'HS256', kid: 'demo', typ: 'JWT' })
        .setIssuer('tix').setAudience('tix').setSubject(randomUUID())
        .setIssuedAt().setExpirationTime('5m').sign(Buffer.from(demoKey()));
    ok(await ask(token));
    ok(await ask(good));
});

const partner = createPrivateKey(readFileSync(process.env.TIX_PARTNER_KEY_FILE));
const partnerToken = (header, key) => new SignJWT({ role: 'buyer' }).setProtectedHeader(header)
    .setIssuer('tix').setAudience('tix').setSubject(randomUUID())
    .setIssuedAt().setExpirationTime('5m').sign(key);

test('an EdDSA token of a key we have only the public half of is taken', async () => {
    ok(await ask(await partnerToken({ alg: 'EdDSA', kid: 'partner', typ: 'JWT' }, partner)));
});

test('a public key is no secret to sign with', async () => {
    const pem = createPublicKey(partner).export({ type: 'spki', format: 'pem' });
    for (const secret of [pem, pem.trim()]) {
        problem(await ask(await partnerToken({ alg: 'HS256', kid: 'partner', typ: 'JWT' },
            Buffer.from(secret))), 401);
        problem(await ask(await partnerToken({ alg: 'HS256', kid: 'demo', typ: 'JWT' },
            Buffer.from(secret))), 401);
    }
    const stranger = generateKeyPairSync('ed25519').privateKey;
    problem(await ask(await partnerToken({ alg: 'EdDSA', kid: 'partner', typ: 'JWT' }, stranger)),
        401);
});

test('a token of the gateway\'s own can be read by others and keeps its promises', async () => {
    const login = await new Client().direct.post('/v1/auth/login', {
        email: process.env.TIX_BUYER_EMAIL, password: process.env.TIX_BUYER_PASSWORD });
    const { accessToken, expiresIn } = ok(login);
    const inside = decodeJwt(accessToken);
    assert.equal(inside.iss, 'tix');
    assert.equal(inside.sub, process.env.TIX_BUYER_ID);
    assert.equal(inside.role, 'buyer');
    assert.ok([inside.aud].flat().includes('tix'));
    assert.ok(Math.abs(inside.exp - now() - expiresIn) < 5);
    assert.deepEqual(Object.keys(inside).sort(), ['aud', 'exp', 'iat', 'iss', 'role', 'sub']);
    ok(await ask(accessToken));
});

// A token of texts, whatever they are, with a right signature.
function forged(headerText, payloadText = claimsText) {
    const text = `${base64url(headerText)}.${base64url(payloadText)}`;
    return `${text}.${base64url(createHmac('sha256', demoKey()).update(text).digest())}`;
}
const headText = JSON.stringify({ alg: 'HS256', kid: 'demo', typ: 'JWT' });
const claimsText = JSON.stringify(claims());
const twice = (name, text) => claimsText.replace(/}$/, `,"${name}":${text}}`);
const deep = (levels) => (levels ? [deep(levels - 1)] : []);

const hostile = {
    'alg none': `${json({ alg: 'none', kid: 'demo', typ: 'JWT' })}.${body}.`,
    'alg None with a signature': `${json({ alg: 'None', kid: 'demo', typ: 'JWT' })}.${body}.${mac}`,
    'no algorithm': sign(claims(), { alg: undefined }),
    'another algorithm in the header': sign(claims(), { alg: 'HS512' }),
    'RS256 in the header': sign(claims(), { alg: 'RS256' }),
    'EdDSA named for an HMAC key': eddsa({ alg: 'EdDSA', kid: 'demo' }),
    'a wrong key': sign(claims(), {}, 'x'.repeat(64)),
    'an empty key': sign(claims(), {}, ''),
    'the other key\'s name': sign(claims(), { kid: 'main' }),
    'no key name': sign(claims(), { kid: undefined }),
    'an unknown key': sign(claims(), { kid: 'nobody' }),
    'a key that is a path': sign(claims(), { kid: '../../../../dev/null' }, ''),
    'a key that is SQL': sign(claims(), { kid: "x' UNION SELECT 'key" }),
    'a key that is a number': sign(claims(), { kid: 0 }),
    'a key that is a list': sign(claims(), { kid: ['demo'] }),
    'a key of its own': eddsa({ alg: 'EdDSA', jwk: keyPair.publicKey.export({ format: 'jwk' }) }),
    'a key at an address': eddsa({ alg: 'EdDSA', jku: 'http://127.0.0.1:1/keys', kid: 'x' }),
    'a certificate at an address': eddsa({ alg: 'EdDSA', x5u: 'http://127.0.0.1:1/x', kid: 'x' }),
    'a critical extension': sign(claims(), { crit: ['b64'], b64: false }),
    'expired': sign(claims(undefined, 'buyer', { iat: now() - 600, exp: now() - 1 })),
    'expires at a text': sign(claims(undefined, 'buyer', { exp: String(now() + 60) })),
    'expires at a fraction of never': sign({ ...claims(), exp: 1e300 }),
    'expires below zero': sign({ ...claims(), exp: -1 }),
    'not valid yet': sign(claims(undefined, 'buyer', { nbf: now() + 60 })),
    'valid from a text': sign(claims(undefined, 'buyer', { nbf: 'now' })),
    'another issuer': sign({ ...claims(), iss: 'tix.example' }),
    'another audience': sign({ ...claims(), aud: 'other' }),
    'audiences without us': sign({ ...claims(), aud: ['other', 'another'] }),
    'a subject that is no uuid': sign({ ...claims(), sub: 'admin' }),
    'a subject of SQL': sign({ ...claims(), sub: "' OR 1=1 --" }),
    'a role nobody has': sign({ ...claims(), role: 'superuser' }),
    'a role that is a list': sign({ ...claims(), role: ['admin'] }),
    'no issuer': sign(without('iss')),
    'no audience': sign(without('aud')),
    'no expiry': sign(without('exp')),
    'no subject': sign(without('sub')),
    'no role': sign(without('role')),
    'claims that are no object': sign([claims()]),
    'claims that are null': sign(null),
    'other claims under the signature': `${head}.${json(claims(undefined, 'admin'))}.${mac}`,
    'a signature cut short': good.slice(0, -8),
    'no signature': `${head}.${body}`,
    'an empty signature': `${head}.${body}.`,
    'four parts': `${good}.${mac}`,
    'an uncanonical signature': `${head}.${body}.${uncanonical(mac)}`,
    'padding': `${head}.${body}.${mac}=`,
    'the other base64': good.replace(/[-_]/g, (c) => (c === '-' ? '+' : '/')) + '+',
    'a byte order mark': `${base64url(`\ufeff${JSON.stringify({ alg: 'HS256', kid: 'demo' })}`)}.${
        body}.${mac}`,
    'an encrypted token': `${json({ alg: 'dir', enc: 'A256GCM' })}..AAAA.AAAA.AAAA`,
    'a token of 5 KiB': sign(claims(undefined, 'buyer', { pad: 'x'.repeat(5000) })),
    'dots': '..',
    'nothing': '',
    'spaces within': `${head}. ${body}.${mac}`,
    'two algorithms': forged('{"alg":"HS256","alg":"none","kid":"demo"}'),
    'two key names': forged('{"alg":"HS256","kid":"main","kid":"demo"}'),
    'two key names, one escaped': forged('{"alg":"HS256","\\u006bid":"main","kid":"demo"}'),
    'two subjects': forged(headText, twice('sub', `"${randomUUID()}"`)),
    'two roles': forged(headText, twice('role', '"admin"')),
    'two expiries': forged(headText, twice('exp', '9999999999')),
    'a NUL behind the key name': sign(claims(), { kid: 'demo\0' }),
    'a NUL behind the role': sign({ ...claims(), role: 'admin\0' }),
    'a space before the key name': sign(claims(), { kid: ' demo' }),
    'a key name in capitals': sign(claims(), { kid: 'DEMO' }),
    'a key name that is null': sign(claims(), { kid: null }),
    'an empty key name': sign(claims(), { kid: '' }),
    'a key name that points back': sign(claims(), { kid: '__proto__' }),
    'an algorithm that is null': sign(claims(), { alg: null }),
    'an algorithm that is a list': sign(claims(), { alg: ['HS256'] }),
    'an algorithm in small letters': sign(claims(), { alg: 'hs256' }),
    'an algorithm with a space': sign(claims(), { alg: 'HS256 ' }),
    'ES256 in the header': sign(claims(), { alg: 'ES256' }),
    'PS256 in the header': sign(claims(), { alg: 'PS256' }),
    'an HMAC under the EdDSA key': sign(claims(), { alg: 'EdDSA', kid: 'partner' }),
    'EdDSA signed by zeros': `${json({ alg: 'EdDSA', kid: 'partner' })}.${body}.${'A'.repeat(86)}`,
    'EdDSA of R and S too large': `${json({ alg: 'EdDSA', kid: 'partner' })}.${body}.${
        base64url(Buffer.alloc(64, 255))}`,
    'another type': sign(claims(), { typ: 'secevent+jwt' }),
    'a type that is a number': sign(claims(), { typ: 1 }),
    'an ID token\'s type': sign(claims(), { typ: 'id_token' }),
    'an empty list of critical extensions': sign(claims(), { crit: [] }),
    'a payload that is not encoded': sign(claims(), { b64: false }),
    'a payload that is packed': sign(claims(), { zip: 'DEF' }),
    'a certificate': sign(claims(), { x5c: ['MIIB'] }),
    'a nested token': sign(good, { cty: 'JWT' }),
    'a header that is a list': forged('["HS256"]'),
    'a header with a comment': forged('{"alg":"HS256","kid":"demo"}//'),
    'a header in UTF-16': forged(Buffer.from(headText, 'utf16le')),
    'a header with bad UTF-8': forged(Buffer.concat([
        Buffer.from('{"alg":"HS256","kid":"demo","x":"'), Buffer.from([0xc0, 0xaf]),
        Buffer.from('"}')])),
    'a deep header': forged(`{"alg":"HS256","kid":"demo","x":${'['.repeat(50)}${']'.repeat(50)}}`),
    'a deep payload': sign({ ...claims(), x: deep(50) }),
    'a thousand claims': forged(headText, `{${Array.from({ length: 600 }, (_, n) => `"${n}":0`)}}`),
    'expires at a fraction': sign({ ...claims(), exp: now() + 60.5 }),
    'expires after the year 9999': sign({ ...claims(), exp: 253402300800 }),
    'expires beyond 64 bits': forged(headText, claimsText.replace(/"exp":\d+/,
    '"exp":18446744073709551615')),
    'expires at null': sign({ ...claims(), exp: null }),
    'expires at true': sign({ ...claims(), exp: true }),
    'expires at a list': sign({ ...claims(), exp: [now() + 60] }),
    'made at a text': sign({ ...claims(), iat: 'now' }),
    'made before time': sign({ ...claims(), iat: -1 }),
    'an issuer that is a list': sign({ ...claims(), iss: ['tix'] }),
    'an issuer in capitals': sign({ ...claims(), iss: 'TIX' }),
    'an audience that is null': sign({ ...claims(), aud: null }),
    'an audience in a list in a list': sign({ ...claims(), aud: [['tix']] }),
    'an audience beside a number': sign({ ...claims(), aud: ['tix', 1] }),
    'an audience that begins like ours': sign({ ...claims(), aud: 'tix2' }),
    'a subject in braces': sign({ ...claims(), sub: `{${randomUUID()}}` }),
    'a subject that is null': sign({ ...claims(), sub: null }),
    'a subject that is a number': sign({ ...claims(), sub: 1 }),
    'a subject with a line end': sign({ ...claims(), sub: `${randomUUID()}\n` }),
    'a role in capitals': sign({ ...claims(), role: 'ADMIN' }),
    'a role with a space': sign({ ...claims(), role: 'admin ' }),
    'roles for a role': sign({ ...without('role'), roles: ['admin'] }),
    'a refresh token\'s looks': base64url(Buffer.alloc(32, 7)),
    'JSON': JSON.stringify({ payload: body, signatures: [{ protected: head, signature: mac }] }),
    'a signature over the decoded text': `${head}.${body}.${base64url(
        createHmac('sha256', demoKey()).update(headText + claimsText).digest())}`,
    'a signature in hex': `${head}.${body}.${Buffer.from(mac, 'base64url').toString('hex')}`,
    'a signature of twice the size': `${head}.${body}.${mac}${mac}`,
    'the parts in another order': `${body}.${head}.${mac}`,
    'an empty header': `.${body}.${mac}`,
    'an empty payload': `${head}..${mac}`,
};

test('there are more than eighty forgeries', (t) => {
    const distinct = new Set(Object.values(hostile)).size;
    t.diagnostic(`${distinct} forged tokens`);
    assert.ok(distinct >= 80, `${distinct}`);
});

for (const [what, token] of Object.entries(hostile)) {
    test(`refused: ${what}`, async () => {
        const got = await new Client().direct.get(path, { headers: {
            authorization: `Bearer ${token}` } });
        problem(got, 401, 'unauthorized', 'invalid_token');
    });
}

test('an audience in a list is an audience', async () => {
    const got = await ask(sign({ ...claims(), aud: ['other', 'tix'] }));
    if (got.status !== 200) problem(got, 401);
});

test('a token anywhere but behind Bearer is none', async () => {
    for (const authorization of [good, `Basic ${good}`, `Token ${good}`, `Bearer\t${good}x`,
        `Bearer ${good} ${good}`]) {
        const got = await new Client().direct.get(path, { headers: { authorization } });
        problem(got, 401);
    }
    problem(await new Client().direct.get(`${path}?access_token=${good}`), 401);
    problem(await new Client().direct.get(path, { headers: { cookie: `token=${good}` } }), 401);
});

test('a bad token is refused where none is needed, too', async () => {
    const [event] = ok(await new Client().get('/v1/events?limit=1'));
    if (!event) return;
    const [{ sessionId }] = ok(await new Client().get(`/v1/events/${event.eventId}`)).sessions;
    const got = await new Client({ token: hostile['a wrong key'] })
        .get(`/v1/sessions/${sessionId}/seats`);
    problem(got, 401);
});

test('staff of the stack are who their tokens say', async () => {
    for (const role of ['organizer', 'box_office', 'gate', 'admin']) {
        ok(await staff(role).get(path));
    }
});
