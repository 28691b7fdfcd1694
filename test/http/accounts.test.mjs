// Signing in under attack: a token that is used twice, a logout that meets a refresh, a guesser who
// listens to the clock, and more passwords at once than may be hashed.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';
import { Client, freshAddress, gateway, median, ok, problem } from './lib/client.mjs';
import { exchange, idToken, person } from './lib/issuer.mjs';
import { sql } from './lib/world.mjs';

const password = 'correct horse battery staple';
const account = () => ({ email: `${randomUUID()}@example.org`, password });
// Each attempt from another address: the limit of an address has tests of its own.
const post = (path, body) => new Client().direct.post(`/v1/auth/${path}`, body);
const refresh = (refreshToken) => post('refresh', { refreshToken });
const signIn = async (who) => ok(await post('login', who));

const ann = account();
before(async () => ok(await post('register', ann), 201));

test('of many who use one refresh token at once one gets the next; nobody keeps it', async () => {
    for (let round = 0; round < 5; round++) {
        const { refreshToken } = await signIn(ann);
        const all = await Promise.all(Array.from({ length: 8 }, () => refresh(refreshToken)));
        const winners = all.filter((got) => got.status === 200);
        assert.equal(winners.length, 1, all.map((got) => got.status).join());
        for (const got of all) if (got !== winners[0]) problem(got, 401, 'invalid_token');
        problem(await refresh(ok(winners[0]).refreshToken), 401, 'invalid_token');
    }
});

test('the theft of one sign-in leaves the others alone', async () => {
    const [stolen, other] = [await signIn(ann), await signIn(ann)];
    const next = ok(await refresh(stolen.refreshToken));
    problem(await refresh(stolen.refreshToken), 401, 'invalid_token');
    problem(await refresh(next.refreshToken), 401, 'invalid_token');
    ok(await refresh(other.refreshToken));
});

test('a token of long ago ends its family, however far that has come', async () => {
    const { refreshToken: first } = await signIn(ann);
    let last = first;
    for (let n = 0; n < 4; n++) last = ok(await refresh(last)).refreshToken;
    problem(await refresh(first), 401, 'invalid_token');
    problem(await refresh(last), 401, 'invalid_token');
});

test('a logout ends what a refresh at the same moment makes', async () => {
    for (let round = 0; round < 5; round++) {
        const { refreshToken } = await signIn(ann);
        const [next, out] = await Promise.all([refresh(refreshToken),
            post('logout', { refreshToken })]);
        assert.equal(out.status, 204);
        if (next.status !== 200) problem(next, 401, 'invalid_token');
        else problem(await refresh(ok(next).refreshToken), 401, 'invalid_token');
    }
});

test('logging out with an old token of the family signs out, too', async () => {
    const { refreshToken } = await signIn(ann);
    const next = ok(await refresh(refreshToken));
    assert.equal((await post('logout', { refreshToken })).status, 204);
    problem(await refresh(next.refreshToken), 401, 'invalid_token');
});

test('no refusal of a login tells why, and each takes its time', async () => {
    const out = account();
    const { userId } = ok(await post('register', out), 201);
    sql(`SELECT tix.tix_set_user_status('${userId}', 'suspended', 'test')`);
    const external = person();
    ok(await exchange(await idToken(external)));
    const kinds = {
        'a wrong password': () => ({ ...ann, password: 'not the password' }),
        'nobody': () => ({ email: `${randomUUID()}@example.org`, password }),
        'a suspended user': () => out,
        'a user without a password': () => ({ email: external.email, password }),
    };
    const seen = new Map(Object.keys(kinds).map((kind) => [kind, []]));
    const answers = new Set();
    for (let round = 0; round < 15; round++) {
        for (const [kind, body] of Object.entries(kinds)) {
            const got = await post('login', body());
            const { requestId, ...rest } = problem(got, 401, 'invalid_credentials');
            assert.ok(requestId);
            answers.add(JSON.stringify(rest));
            seen.get(kind).push(got.ms);
        }
    }
    assert.equal(answers.size, 1, [...answers].join('\n'));
    const times = [...seen.values()].map(median);
    const text = [...seen].map(([kind, ms]) => `${kind} ${median(ms).toFixed(1)} ms`).join(', ');
    assert.ok(Math.max(...times) < 2 * Math.min(...times), text);
});

test('passwords are hashed two at a time, 64 wait, and the next is told at once', async () => {
    // Straight at the gateway, for the edge waits 15 s at most: each for another client.
    const one = () => new Client({ base: gateway, address: '127.0.0.1',
        headers: { 'x-real-ip': freshAddress() } }).post('/v1/auth/login',
        { email: `${randomUUID()}@example.org`, password }, { timeout: 60000 });
    const all = await Promise.all(Array.from({ length: 160 }, one));
    const judged = all.filter((got) => got.status === 401);
    const turned = all.filter((got) => got.status === 503);
    assert.equal(judged.length + turned.length, all.length);
    assert.ok(judged.length >= 66, `${judged.length} were judged`);
    assert.ok(turned.length > 0, 'nobody was turned away');
    for (const got of turned) problem(got, 503, 'unavailable');
    const latest = Math.max(...judged.map((got) => got.ms));
    assert.ok(median(turned.map((got) => got.ms)) < latest / 2, `${latest} ms`);
    ok(await post('login', ann));
});
