// Another issuer: keys of every kind it may publish, its key set in the file that the gateway
// follows, and ID tokens made by a library of others.
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { SignJWT } from 'jose';
import { Client, eventually } from './client.mjs';

export const issuer = 'https://partner.tix.example';
const file = process.env.TIX_PARTNER_JWKS_FILE;
const partnerPem = readFileSync(process.env.TIX_PARTNER_KEY_FILE);

const rsaPair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const kinds = {
    RS256: rsaPair, PS256: rsaPair, EdDSA: () => generateKeyPairSync('ed25519'),
    ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
};

// A new key of an algorithm: kid, how it signs and how the world sees it.
export function newKey(alg, kid = `${alg}-${randomUUID()}`) {
    const { privateKey, publicKey } = kinds[alg]();
    return { kid, alg, privateKey, publicKey,
        jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' } };
}

// The key that is published when the stack starts.
const privateKey = createPrivateKey(partnerPem);
const publicKey = createPublicKey(privateKey);
export const partnerKey = { kid: 'partner', alg: 'EdDSA', privateKey, publicKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid: 'partner', use: 'sig' } };

// Puts a text in the place of the key set, in one step.
export function publishText(text) {
    writeFileSync(`${file}.new`, text, { mode: 0o644 });
    renameSync(`${file}.new`, file);
}
export const publish = (...keys) =>
    publishText(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }));

export const person = (more = {}) => {
    const name = randomUUID();
    return { sub: name, email: `${name}@partner.example`, email_verified: true, ...more };
};

// An ID token of a person; undefined takes a member away.
export function idToken(claims, { key = partnerKey, header = {}, signWith = key.privateKey } = {}) {
    const now = Math.floor(Date.now() / 1000);
    const all = { iss: issuer, aud: 'tix-web', iat: now, exp: now + 300, ...claims };
    for (const name of Object.keys(all)) if (all[name] === undefined) delete all[name];
    return new SignJWT(all)
        .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT', ...header }).sign(signWith);
}

// Each attempt from another address: there are limits on them.
export const exchange = (token, more = {}) =>
    new Client().direct.post('/v1/auth/external', { issuer, token, ...more });

// Waits until a key is in use, or no longer.
export const taken = (key, wanted = true) =>
    eventually(`key ${key.kid} is ${wanted ? '' : 'no longer '}taken`, async () =>
        ((await exchange(await idToken(person(), { key }))).status === 200) === wanted);
