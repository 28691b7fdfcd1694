// The processes of the stack under test: who they are, killing them, and waiting for their return.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Client, edge, eventually } from './client.mjs';

// What the supervisor says of each service: name, state, pid, restarts, seconds of the last change.
export function services() {
    const lines = readFileSync(`${process.env.TIX_RUN}/stack/status`, 'utf8').trim().split('\n');
    return Object.fromEntries(lines.map((line) => {
        const [name, state, number, restarts] = line.split(' ');
        return [name, { state, pid: Number(number) || null, restarts: Number(restarts) }];
    }));
}

export function pid(name) {
    const service = services()[name];
    assert.ok(service?.pid, `no process of ${name}`);
    return service.pid;
}

export function kill(name, signal = 'SIGKILL') {
    const killed = pid(name);
    process.kill(killed, signal);
    return killed;
}

// Waits until the killed process has a successor that is up and the whole stack serves again.
export async function recovered(name, killed, seconds = 30) {
    await eventually(`${name} is up again`, () => {
        const service = services()[name];
        return service.state === 'up' && service.pid && service.pid !== killed;
    }, { seconds });
    await eventually('the stack is ready', async () => {
        try {
            const got = await new Client({ base: edge }).get('/readyz', { timeout: 6000 });
            return got.status === 200;
        } catch {
            return false;
        }
    }, { seconds });
}
