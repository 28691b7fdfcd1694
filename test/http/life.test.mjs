// The gateway's life: replaced under load without one failed request, its settings read again while
// it runs, and every request to be found again in all logs.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Client, edge, eventually, ok, problem } from './lib/client.mjs';
import { kill, pid, services } from './lib/stack.mjs';
import { buyer, makeSession, person, sleep } from './lib/world.mjs';

const run = process.env.TIX_RUN;
const file = `${run}/gateway/gateway.toml`;
const logOf = (name) => readFileSync(`${run}/log/${name}.log`, 'utf8');
const session = makeSession();

// A second gateway with the same settings, but without a port of its own.
async function secondGateway() {
    const { uid, gid } = statSync(`${run}/gateway`);
    const child = spawn(`${run}/bin/tix-gateway`, [`--config=${file}`], {
        cwd: '/', env: { ...process.env, TIX_SERVER_PORT: '0' },
        ...(process.getuid() === 0 ? { uid, gid } : {}) });
    let out = '';
    for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (part) => { out += part; });
    }
    const ended = new Promise((resolve) => { child.on('exit', resolve); });
    await eventually(`the second gateway listens: ${out}`, async () => {
        assert.equal(child.exitCode, null, out);
        // What is logged is written out every second.
        return out.includes('"listening"');
    });
    return { stop: () => { child.kill('SIGTERM'); return ended; } };
}

// Reads and changes through the edge until told to stop; every answer must be the one that is due.
function load() {
    const seen = { done: 0, wrong: [] };
    let stopped = false;
    const work = Array.from({ length: 8 }, async () => {
        const office = person('box_office');
        while (!stopped) {
            try {
                ok(await office.get(session.url));
                const held = ok(await office.post(`${session.url}/seats/lock-best`,
                    { quantity: 1 }), 201);
                ok(await office.delete(`/v1/locks/${held.lockId}`));
                seen.done += 3;
            } catch (error) {
                seen.wrong.push(error.message);
            }
        }
    });
    return async () => { stopped = true; await Promise.all(work); return seen; };
}

test('the gateway is replaced under load, and no request fails', async (t) => {
    const first = pid('gateway');
    const stop = load();
    await sleep(500);
    const second = await secondGateway();
    kill('gateway', 'SIGTERM');
    await eventually('the first has a successor', () => {
        const now = services().gateway;
        return now.state === 'up' && now.pid && now.pid !== first;
    }, { seconds: 20 });
    await sleep(300);
    assert.equal(await second.stop(), 0, 'the second drained');
    await sleep(500);
    const seen = await stop();
    assert.deepEqual(seen.wrong.slice(0, 3), [], `${seen.wrong.length} of ${seen.done} failed`);
    assert.ok(seen.done > 100, `${seen.done} requests`);
    t.diagnostic(`Diagnostic: ${seen.done} requests over two replacements`);
});

test('SIGHUP reads the limits and the log level again; a faulty file changes nothing', async () => {
    const before = readFileSync(file, 'utf8');
    const limit = async () => Number((await buyer().get('/v1/orders')).headers['ratelimit-limit']);
    const becomes = (wanted) => eventually(`the limit is ${wanted}`,
        async () => await limit() === wanted, { seconds: 5 });
    try {
        assert.equal(await limit(), 300);
        writeFileSync(file, `${before}\n[limits]\nother_per_minute = 77\n`);
        kill('gateway', 'SIGHUP');
        await becomes(77);
        writeFileSync(file, `${before}\n[limits]\nother_per_minute = 78\nnonsense = 1\n`);
        kill('gateway', 'SIGHUP');
        await eventually('the log says why not', () =>
            logOf('gateway').includes('setting limits.nonsense is no known setting'));
        assert.equal(await limit(), 77);
        writeFileSync(file, `${before}\n[log]\nlevel = "loud"\n[limits]\nother_per_minute = 79\n`);
        kill('gateway', 'SIGHUP');
        await eventually('the log says why not', () =>
            logOf('gateway').includes('setting log.level must be'));
        assert.equal(await limit(), 77);
    } finally {
        writeFileSync(file, before);
        kill('gateway', 'SIGHUP');
    }
    await becomes(300);
});

test('a trace is found again at the edge, in the gateway and in the database', async () => {
    const trace = randomUUID().replaceAll('-', '');
    const ann = buyer();
    const got = await ann.delete(`/v1/orders/${randomUUID()}`, undefined,
        { headers: { traceparent: `00-${trace}-00f067aa0ba902b7-01` } });
    problem(got, 404);
    assert.equal(got.headers['x-request-id'], `${trace}-00f067aa0ba902b7`);
    for (const name of ['edge-access', 'gateway', 'postgres']) {
        await eventually(`${name}.log has it`, () => logOf(name).includes(trace), { seconds: 5 });
    }
    const line = logOf('gateway').split('\n').find((text) => text.includes(trace));
    assert.equal(JSON.parse(line).trace, trace);
    const comment = `requestId='${trace}-00f067aa0ba902b7',traceparent='00-${trace}-`;
    assert.match(logOf('postgres'), new RegExp(`STATEMENT: .*tix_cancel_order.*${comment}`));
});

test('what is no trace leaves no trace', async () => {
    for (const bad of ['00-x', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, '*/ SELECT 1; --',
        `00-${'A'.repeat(32)}-00f067aa0ba902b7-01`]) {
        const got = await new Client({ base: edge }).get(`/v1/events/${randomUUID()}`,
            { headers: { traceparent: bad } });
        problem(got, 404);
        assert.match(got.headers['x-request-id'], /^[0-9a-f]{32}$/);
    }
});
