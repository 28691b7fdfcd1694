// ID tokens of another issuer: keys turn over without a restart, a faulty key set changes nothing,
// and no token comes in that is not meant for us.
import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, randomBytes, sign as rsaSign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Client, eventually, ok, problem, sleep } from './lib/client.mjs';
import { exchange, idToken, issuer, newKey, partnerKey, person, publish, publishText, taken }
    from './lib/issuer.mjs';
import { pid } from './lib/stack.mjs';
import { base64url, claims, now, sign } from './lib/world.mjs';

const gatewayPid = pid('gateway');
const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const keys = Object.fromEntries(algorithms.map((alg) => [alg, newKey(alg)]));
const all = Object.values(keys);

before(async () => {
    publish(partnerKey, ...all);
    await taken(keys.ES256);
});

for (const alg of algorithms) {
    test(`an ${alg} token made by a library of others is taken`, async () => {
        const who = person();
        const { user } = ok(await exchange(await idToken(who, { key: keys[alg] })));
        assert.equal(user.email, who.email);
    });
}

// A token of any parts, signed by whatever `mac` makes of the text.
function raw(header, payload, mac) {
    const text = [header, payload].map((part) => base64url(
        typeof part === 'string' ? part : JSON.stringify(part))).join('.');
    return `${text}.${base64url(mac(text))}`;
}
const full = (more = {}) => ({ iss: issuer, aud: 'tix-web', iat: now(), exp: now() + 300,
    ...person(), ...more });
const spki = (key, format = 'pem') => key.publicKey.export({ type: 'spki', format });
const hmac = (secret) => (text) => createHmac('sha256', secret).update(text).digest();
const es = keys.ES256;
const rs = keys.RS256;
const signedBy = (key, more, options) => idToken(person(more), { key, ...options });
const stranger = { ...newKey('RS256'), kid: rs.kid };
const weak = { ...rs, privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey };
const order = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';
const fixed = (hex) => () => Buffer.from(hex, 'hex');
const esHeader = { alg: 'ES256', kid: es.kid };

const hostile = {
    'a token of ours': () => sign(claims()),
    'HS256 with the RSA key as PEM': () =>
        raw({ alg: 'HS256', kid: rs.kid }, full(), hmac(spki(rs))),
    'HS256 with the RSA key as DER': () =>
        raw({ alg: 'HS256', kid: rs.kid }, full(), hmac(spki(rs, 'der'))),
    'HS256 with the EC key as PEM': () =>
        raw({ alg: 'HS256', kid: es.kid }, full(), hmac(spki(es))),
    'HS256 with the JWK': () =>
        raw({ alg: 'HS256', kid: rs.kid }, full(), hmac(JSON.stringify(rs.jwk))),
    'HS256 with nothing': () => raw({ alg: 'HS256', kid: rs.kid }, full(), hmac('')),
    'PS256 under the key of RS256': () => signedBy({ ...rs, alg: 'PS256' }),
    'RS256 under the key of PS256': () => signedBy({ ...keys.PS256, alg: 'RS256' }),
    'PSS signed, RS256 said': async () => {
        const token = await signedBy({ ...rs, alg: 'PS256' });
        const [, body, mac] = token.split('.');
        return `${base64url(JSON.stringify({ alg: 'RS256', kid: rs.kid }))}.${body}.${mac}`;
    },
    'RS512': () => signedBy({ ...rs, alg: 'RS512' }),
    'another\'s key under a known name': () => signedBy(stranger),
    'another\'s key, given along': () => idToken(person(), { key: stranger,
        header: { jwk: stranger.publicKey.export({ format: 'jwk' }) } }),
    'another\'s key, at an address': () => idToken(person(), { key: stranger,
        header: { jku: 'http://127.0.0.1:1/keys.json' } }),
    'another\'s key, as a certificate': () => idToken(person(), { key: stranger,
        header: { x5c: ['AAAA'], x5u: 'http://127.0.0.1:1/' } }),
    'a key nobody published': () => signedBy(newKey('RS256')),
    'no kid': () => signedBy(rs, {}, { header: { kid: undefined } }),
    'the key with the right name, another private half': () => signedBy(weak),
    'none': () => raw({ alg: 'none', kid: rs.kid }, full(), () => ''),
    'ES256 of zeros': () => raw(esHeader, full(), fixed('00'.repeat(64))),
    'ES256 of ones': () => raw(esHeader, full(), fixed(`${'00'.repeat(31)}01`.repeat(2))),
    'ES256 of the order': () => raw(esHeader, full(), fixed(order + order)),
    'ES256 of the order and one': () =>
        raw(esHeader, full(), fixed(`${order}${'00'.repeat(31)}01`)),
    'ES256 of FF': () => raw(esHeader, full(), fixed('ff'.repeat(64))),
    'ES256 in DER': () => raw(esHeader, full(), fixed('3006020101020101')),
    'ES256 of 63 bytes': () => raw(esHeader, full(), () => randomBytes(63)),
    'ES256 of 65 bytes': () => raw(esHeader, full(), () => randomBytes(65)),
    'RS256 of zeros': () => raw({ alg: 'RS256', kid: rs.kid }, full(), fixed('00'.repeat(256))),
    'RS256 of one': () => raw({ alg: 'RS256', kid: rs.kid }, full(),
        fixed(`${'00'.repeat(255)}01`)),
    'RS256 of the modulus': () => raw({ alg: 'RS256', kid: rs.kid }, full(),
        () => Buffer.from(rs.jwk.n, 'base64url')),
    'RS256 of 255 bytes': () => raw({ alg: 'RS256', kid: rs.kid }, full(), () => randomBytes(255)),
    'EdDSA of zeros': () => raw({ alg: 'EdDSA', kid: 'partner' }, full(), fixed('00'.repeat(64))),
    'another issuer': () => signedBy(rs, { iss: 'https://other.tix.example' }),
    'our own issuer': () => signedBy(rs, { iss: 'tix' }),
    'no issuer': () => signedBy(rs, { iss: undefined }),
    'another\'s audience': () => signedBy(rs, { aud: 'their-app' }),
    'our API as audience': () => signedBy(rs, { aud: 'tix' }),
    'no audience': () => signedBy(rs, { aud: undefined }),
    'audiences without us': () => signedBy(rs, { aud: ['their-app', 'their-api'] }),
    'audiences, asked for by another': () =>
        signedBy(rs, { aud: ['tix-web', 'their-app'], azp: 'their-app' }),
    'audiences, asked for by nobody': () => signedBy(rs, { aud: ['tix-web', 'their-app'] }),
    'expired': () => signedBy(rs, { iat: now() - 400, exp: now() - 31 }),
    'no expiry': () => signedBy(rs, { exp: undefined }),
    'made too long ago': () => signedBy(rs, { iat: now() - 3700, exp: now() + 3600 }),
    'made in the future': () => signedBy(rs, { iat: now() + 120 }),
    'never made': () => signedBy(rs, { iat: undefined }),
    'not valid yet': () => signedBy(rs, { nbf: now() + 120 }),
    'an access token': () => idToken(person(), { key: rs, header: { typ: 'at+jwt' } }),
    'a logout token': () => idToken(person(), { key: rs, header: { typ: 'logout+jwt' } }),
    'a logout token in disguise': () => signedBy(rs, {
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }),
    'no subject': () => signedBy(rs, { sub: undefined }),
    'an empty subject': () => signedBy(rs, { sub: '' }),
    'a subject of 256 letters': () => signedBy(rs, { sub: 's'.repeat(256) }),
    'a subject that is a list': () => signedBy(rs, { sub: ['x'] }),
    'a critical extension': () => raw({ alg: 'RS256', kid: rs.kid, crit: ['exp'], exp: 1 }, full(),
        (text) => rsaSign('sha256', text, rs.privateKey)),
    'unencoded': () =>
        raw({ alg: 'RS256', kid: rs.kid, b64: false }, full(), () => randomBytes(256)),
    'two parts': async () => (await signedBy(rs)).split('.').slice(0, 2).join('.'),
    'nothing in it': () => '..',
};

for (const [what, make] of Object.entries(hostile)) {
    test(`refused: ${what}`, async () => {
        const token = await make();
        problem(await exchange(token), 401, 'invalid_token');
        if (what !== 'a token of ours') {
            problem(await new Client({ token }).direct.get('/v1/orders'), 401);
        }
    });
}

test('an issuer nobody set, or another spelling of one, is refused alike', async () => {
    const token = await idToken(person());
    for (const name of ['https://other.example', `${issuer}/`, issuer.toUpperCase(), 'tix', ' ']) {
        problem(await exchange(token, { issuer: name }), 401, 'invalid_token');
    }
});

test('an ID token opens nothing by itself', async () => {
    for (const key of all) {
        const token = await idToken({ ...person(), sub: crypto.randomUUID(), role: 'admin',
            iss: 'tix', aud: 'tix' }, { key });
        problem(await new Client({ token }).direct.get('/v1/orders'), 401, 'invalid_token');
    }
});

test('old and new key live together, then the old one is gone', async () => {
    const old = newKey('RS256');
    const next = newKey('RS256');
    publish(partnerKey, ...all, old);
    await taken(old);
    publish(partnerKey, ...all, old, next);
    await taken(next);
    ok(await exchange(await idToken(person(), { key: old })));
    publish(partnerKey, ...all, next);
    await taken(old, false);
    ok(await exchange(await idToken(person(), { key: next })));
});

test('a faulty key set changes nothing and is told once', async () => {
    const log = () => readFileSync(`${process.env.TIX_RUN}/log/gateway.log`, 'utf8')
        .split('\n').filter((line) => line.includes('"keys_refused"')).length;
    const before = log();
    const leaked = { ...rs.privateKey.export({ format: 'jwk' }), kid: 'leaked' };
    const faulty = ['', '{"keys":[]}', JSON.stringify({ keys: [es.jwk, leaked] }),
        JSON.stringify({ keys: [es.jwk, es.jwk] }), ' '.repeat(70000)];
    for (const [n, text] of faulty.entries()) {
        publishText(text);
        await eventually(`the fault of ${text.slice(0, 40)}`, () => log() > before + n);
        ok(await exchange(await idToken(person(), { key: keys.PS256 })));
    }
    await sleep(1200);
    assert.equal(log(), before + faulty.length);
    const next = newKey('ES256');
    publish(partnerKey, ...all, next);
    await taken(next);
});

after(() => {
    publish(partnerKey);
    assert.equal(pid('gateway'), gatewayPid, 'the gateway died');
});
