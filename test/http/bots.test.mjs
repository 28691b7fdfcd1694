// Bots: a crude one has to work and is then refused, whoever buys like a person never notices, and
// who is blocked gets nothing.
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Client, freshAddress, ok, problem } from './lib/client.mjs';
import { at, metric, startGateway } from './lib/gateways.mjs';
import { buyer, eventually, makeSession, person, seatIds, sleep, sql } from './lib/world.mjs';

const blockedUser = randomUUID();
const secret = `${process.env.TIX_RUN}/bots-secret-of-the-tests`;
// Scores at which what a bot drops is enough, so that a slow machine changes nothing.
const bots = `[limits]\nlock_per_minute = 10000\n\n[bots]\nproof_bits = 8\nproof_bits_max = 10
blocked = ["${blockedUser}", "127.200.0.0/16"]\nexempt = ["127.201.0.9"]\n`;
const strict = `${bots}challenge_score = 30\nrefuse_score = 95\nsecret_file = "${secret}"\n`;
// At one gateway a proof is good for one lock, at the other for a while.
let own, other, session, seats;
before(async () => {
    writeFileSync(secret, `${randomUUID()}${randomUUID()}`, { mode: 0o600 });
    [own, other] = await Promise.all(['pass_s = 0\n', 'pass_s = 600\n']
        .map((pass) => startGateway({ rest: strict + pass })));
    session = makeSession();
    seats = seatIds(session.sessionId, 600);
});
after(async () => {
    await Promise.all([own?.stop(), other?.stop()]);
    rmSync(secret, { force: true });
});

const lockOne = (who, seat, headers) => who.post(`${session.url}/seats/lock`,
    { seatIds: [seat], ttlSeconds: 20 }, { headers });

// Takes seats as fast as it can until it is stopped; answers the refusal.
async function crude(who, from, most = 60) {
    for (let n = 0; n < most; n++) {
        const got = await lockOne(who, seats[from + n]);
        if (got.status !== 201) return { got, n };
    }
    return assert.fail(`never stopped in ${most} locks`);
}

function solve({ challenge, zeroBits }, rightly = true) {
    for (let nonce = 0; ; nonce++) {
        const hash = createHash('sha256').update(`${challenge}.${nonce}`).digest();
        if ((hash.readUInt32BE(0) >>> (32 - zeroBits) === 0) === rightly) {
            return `${challenge}.${nonce}`;
        }
    }
}
const withProof = (proof) => ({ 'tix-proof': proof });

test('a crude bot is asked to work, then for more, then refused', async () => {
    const bot = at(own, buyer());
    let { got, n } = await crude(bot, 0);
    assert.ok(n >= 8, `stopped after ${n}`);
    const work = problem(got, 403, 'proof_required').proofOfWork;
    assert.equal(work.algorithm, 'SHA-256');
    assert.equal(work.zeroBits, 8);
    assert.ok(work.expiresAt > Date.now() / 1000 + 60, `${work.expiresAt}`);
    problem(await lockOne(bot, seats[60]), 403, 'proof_required');
    ok(await lockOne(bot, seats[60], withProof(solve(work))), 201);
    got = await lockOne(bot, seats[62]);
    assert.equal(problem(got, 403, 'proof_required').proofOfWork.zeroBits, 10);
    for (let turn = 0; turn < 8 && got.json.code === 'proof_required'; turn++) {
        ok(await lockOne(bot, seats[63 + turn], withProof(solve(got.json.proofOfWork))), 201);
        got = await lockOne(bot, seats[80 + turn]);
    }
    problem(got, 403, 'client_refused');
    assert.match(got.headers['retry-after'], /^[1-9]\d*$/);
    for (const decision of ['challenged', 'solved', 'refused', 'let_in']) {
        const name = `tix_gateway_bots_total{decision="${decision}"}`;
        assert.ok(await metric(own, name) > 0, name);
    }
    const lines = own.log.split('\n').filter((line) => line.includes('"event":"bot"'));
    const told = lines.map((line) => JSON.parse(line)).filter((line) => line.user === bot.userId);
    for (const decision of ['challenged', 'solved', 'refused']) {
        const line = told.find((one) => one.decision === decision);
        assert.ok(line?.score >= 30 && line.points.churn > 0, JSON.stringify(line));
    }
    ok(await bot.get('/v1/orders')); // only locks are closed to it
    ok(await lockOne(at(own, buyer()), seats[99]), 201); // and only to it
});

test('a proof is good once, for its user, at every gateway', async () => {
    const bot = at(own, buyer());
    const work = (await crude(bot, 100)).got.json.proofOfWork;
    const proof = solve(work);
    const thief = at(own, buyer());
    await crude(thief, 160);
    problem(await lockOne(thief, seats[220], withProof(proof)), 403, 'proof_required');
    for (const bad of ['', '.', 'x', `${work.challenge}.`, solve(work, false), `${proof}.1`,
        `A${proof}`, `${work.challenge}.${'a'.repeat(65)}`, 'A'.repeat(4000)]) {
        const told = problem(await lockOne(bot, seats[221], withProof(bad)), 403, 'proof_required');
        assert.notEqual(told.proofOfWork.challenge, work.challenge);
    }
    ok(await lockOne(bot, seats[222], withProof(proof)), 201);
    const used = problem(await lockOne(bot, seats[223], withProof(proof)), 403, 'proof_required');
    assert.match(used.detail, /used before/);
    // The same user, as suspicious, at another gateway: the proof is used, a challenge is not.
    const elsewhere = at(other, bot);
    await crude(elsewhere, 224);
    const there = problem(await lockOne(elsewhere, seats[290], withProof(proof)), 403,
        'proof_required');
    assert.match(there.detail, /used before/);
    ok(await lockOne(elsewhere, seats[291], withProof(solve(used.proofOfWork))), 201);
    ok(await lockOne(elsewhere, seats[292]), 201); // for a while
    assert.ok(await metric(other, 'tix_gateway_bots_total{decision="passed"}') > 0);
});

test('buyers who pause like people are never asked, however often they lose', async () => {
    // The pauses of the demo's buyers, and faster ones.
    const pause = (usual) => usual * (0.25 + Math.min(1.25, -0.75 * Math.log(1 - Math.random())));
    const usual = await startGateway({ rest: bots });
    try {
        const [taken] = seats.slice(300, 301);
        ok(await lockOne(buyer(), taken), 201);
        await Promise.all(Array.from({ length: 20 }, async (_, n) => {
            const who = at(usual, buyer());
            for (let turn = 0; turn < 16; turn++) {
                await sleep(pause(n < 10 ? 15 : 200));
                problem(await lockOne(who, taken), 409, 'held');
            }
            const { lockId } = ok(await lockOne(who, seats[310 + n]), 201);
            ok(await who.post('/v1/orders', { lockIds: [lockId] }), 201);
        }));
        const challenged = 'tix_gateway_bots_total{decision="challenged"}';
        assert.equal(await metric(usual, challenged), 0);
        assert.ok(await metric(usual, 'tix_gateway_bots_total{decision="let_in"}') >= 340);
    } finally {
        await usual.stop();
    }
});

test('the box office and who is exempt may be as fast as they like', async () => {
    const exempt = at(own, Object.assign(buyer(), { address: '127.201.0.9' }));
    for (const [who, from] of [[at(own, person('box_office')), 340], [exempt, 400]]) {
        for (let n = 0; n < 50; n++) ok(await lockOne(who, seats[from + n]), 201);
    }
});

test('who is blocked by the settings gets nothing', async () => {
    const blocked = at(own, person('buyer', blockedUser));
    const fromBlocked = at(own, { address: '127.200.3.4' });
    for (const who of [blocked, fromBlocked]) {
        problem(await who.get('/v1/venues'), 403, 'client_refused');
    }
    ok(await at(own, { address: '127.199.3.4' }).get('/v1/venues'));
    problem(await at(own, { address: '127.200.3.4' }).post('/v1/auth/login', {}), 403,
        'client_refused');
    ok(await at(own, Object.assign(person('admin'), { address: '127.200.3.4' })).get('/v1/venues'));
});

test('who is blocked at the database gets nothing at any gateway, until it is over', async () => {
    const mallory = buyer();
    const address = freshAddress();
    const doors = [own, other].flatMap((one) => [at(one, mallory), at(one, { address })]);
    const all = async (status) => (await Promise.all(doors.map((who) => who.get('/v1/venues'))))
        .every((got) => got.status === status);
    assert.ok(await all(200));
    sql(`SELECT tix_block_client('${mallory.userId}', 'a test') \\g /dev/null
         SELECT tix_block_client('${address}', 'a test') \\g /dev/null`);
    await eventually('the block is known', () => all(403), { every: 300 });
    sql(`SELECT tix_unblock_client('${mallory.userId}') \\g /dev/null
         SELECT tix_unblock_client('${address}') \\g /dev/null`);
    await eventually('the block is over', () => all(200), { every: 300 });
});

test('mode watch counts and logs, and lets everybody in', async () => {
    const watching = await startGateway({ rest: `${strict}mode = "watch"\n` });
    try {
        const bot = at(watching, buyer());
        for (let n = 0; n < 40; n++) ok(await lockOne(bot, seats[460 + n]), 201);
        assert.ok(await metric(watching, 'tix_gateway_bots_total{decision="challenged"}') > 0);
    } finally {
        await watching.stop();
    }
});

test('mode off does not even count', async () => {
    const off = await startGateway({ rest: `${strict}mode = "off"\n` });
    try {
        const bot = at(off, buyer());
        for (let n = 0; n < 40; n++) ok(await lockOne(bot, seats[520 + n]), 201);
        ok(await at(off, { address: '127.200.3.4' }).get('/v1/venues'));
        const { text } = await new Client({ base: off.url }).get('/metrics');
        assert.doesNotMatch(text, /tix_gateway_bots_total\{/);
    } finally {
        await off.stop();
    }
});
