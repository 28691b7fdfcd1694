// No log of all that was tested before has a secret or a person in it.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { problem } from './lib/client.mjs';
import { buyer, nobody } from './lib/world.mjs';

const run = process.env.TIX_RUN;
const secrets = readdirSync(`${run}/secrets`)
    .filter((name) => !/\.(pub|pem)$/.test(name) || name === 'jwt_partner.pem')
    .map((name) => [name, readFileSync(`${run}/secrets/${name}`, 'utf8').trim()])
    .map(([name, text]) => [name, text.split('\n').find((line) => !line.startsWith('-----'))]);

// What must not be in any line, by name.
const forbidden = {
    'a token': /eyJ[\w-]{10,}\.eyJ/,
    'an authorization': /bearer [\w.-]{20,}/i,
    'a query with a ticket': /[?&]ticket=./,
    'a password': /"password"\s*:\s*"/,
    'a hash of a password': /\$argon2/,
    'a mail address': /[\w.+-]+@[\w-]+\.[a-z]{2,}/i,
    'a webhook secret': /whsec_[\w+/]{20,}/,
    'a signature': /\bt=\d{10},v1=[0-9a-f]{64}/,
    'a ticket code': /\bTX1\.[\w-]{40,}/,
};

test('there are secrets and persons to look for', async () => {
    assert.ok(secrets.length >= 5 && secrets.every(([, text]) => text.length >= 20));
    const email = `secret.person.${Date.now()}@example.org`;
    const password = 'correct horse battery staple';
    problem(await nobody().post('/v1/auth/login', { email, password }), 401);
    problem(await nobody().post('/v1/auth/register', { email, password, wrong: 1 }), 400);
    const ann = buyer();
    await ann.get(`/v1/orders?email=${email}&token=${ann.token}`);
    await nobody().get(`/v1/users/${ann.userId}/stream?ticket=${ann.token}`,
        { headers: { accept: 'text/event-stream' } });
});

for (const name of readdirSync(`${run}/log`).filter((file) => file.endsWith('.log'))) {
    test(`${name} has no secret`, () => {
        const lines = readFileSync(`${run}/log/${name}`, 'utf8').split('\n');
        for (const line of lines) {
            for (const [what, pattern] of Object.entries(forbidden)) {
                assert.doesNotMatch(line, pattern, `${what} in ${name}`);
            }
            for (const [what, text] of secrets) {
                assert.ok(!line.includes(text), `the secret ${what} is in ${name}`);
            }
        }
    });
}
