// More gateways on the database of the stack: with settings of their own, behind no edge.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, eventually } from './client.mjs';
import { freePort } from './own_gateway.mjs';

const run = process.env.TIX_RUN;

// The keys and the database of the stack's own gateway, and nothing else of it.
function settings(port, more) {
    const stack = readFileSync(`${run}/gateway/gateway.toml`, 'utf8');
    let database = stack.match(/^\[database\]\n(?:[^[\n].*\n)+/m)[0];
    if (more.databasePort) {
        database = database.replace(/^port = .*/m, `port = ${more.databasePort}`);
    }
    const keys = stack.match(/^\[\[auth\.keys\]\]\n(?:[^[#\n].*\n)+/gm).join('\n');
    return `[server]\nport = ${port}\n\n${database}${more.database ?? ''}\n${keys}\n` +
        `[webhooks]\nconcurrency = 0\n\n${more.rest ?? ''}\n`;
}

// Starts one and waits until it answers at `ready`; `database` are lines for that section, `rest`
// are sections. Its `stop()` must be called. `log` is what it has said so far.
export async function startGateway(more = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'tix-gateway-'));
    const port = await freePort();
    const file = join(folder, 'gateway.toml');
    writeFileSync(file, settings(port, more), { mode: 0o600 });
    const child = spawn(`${run}/bin/tix-gateway`, [`--config=${file}`],
        { stdio: ['ignore', 'pipe', 'pipe'] });
    const own = { url: `http://127.0.0.1:${port}`, log: '', child };
    for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (text) => { own.log += text; });
    }
    own.stop = async () => {
        child.kill('SIGKILL');
        rmSync(folder, { recursive: true, force: true });
    };
    await eventually('the gateway is ready', async () => {
        assert.equal(child.exitCode, null, own.log);
        try {
            const asked = new Client({ base: own.url }).get(more.ready ?? '/readyz');
            return (await asked).status === 200;
        } catch {
            return false;
        }
    });
    return own;
}

// The same client at another door. At a gateway's own door the address is what X-Real-IP says,
// when 127.0.0.1 says it: so speaks the edge.
export function at(own, client) {
    return Object.assign(new Client({
        ...client, base: own.url, address: '127.0.0.1', headers: { 'x-real-ip': client.address },
    }), { userId: client.userId });
}

// The value of a counter of /metrics; 0 when it has not been counted.
export async function metric(own, name) {
    const { text } = await new Client({ base: own.url }).get('/metrics');
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    return line ? Number(line.slice(name.length + 1)) : 0;
}
