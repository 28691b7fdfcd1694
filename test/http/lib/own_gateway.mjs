// A gateway of a test's own beside the stack's: on the same database, with settings of its own, to
// be killed at any moment.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, eventually } from './client.mjs';

// Below what the kernel hands out for outgoing connections.
export async function freePort() {
    for (;;) {
        const port = 20000 + Math.floor(Math.random() * 12000);
        const free = await new Promise((done) => {
            const probe = createServer().once('error', () => done(false));
            probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)));
        });
        if (free) return port;
    }
}

export class OwnGateway {
    folder = mkdtempSync(join(tmpdir(), 'tix-gateway-'));
    log = '';  // of all lives

    constructor(port) {
        this.port = port;
        this.url = `http://127.0.0.1:${port}`;
    }

    // Writes a secret to a file of the gateway's and returns its name.
    secret(name, text) {
        const file = join(this.folder, name);
        writeFileSync(file, text, { mode: 0o600 });
        return file;
    }

    // Starts it with the stack's settings, which `more` (TOML) follows. It publishes nothing and
    // posts no webhooks: the stack's own gateway does.
    async start(more = this.more, env = {}) {
        this.more = more;
        const toml = readFileSync(`${process.env.TIX_RUN}/gateway/gateway.toml`, 'utf8')
            .replace(/(\[server\]\nport = )\d+/, `$1${this.port}`)
            .replace(/^publish_url = .*$/m, '')
            .replace(/^\[webhooks\]$/m, '[webhooks]\nconcurrency = 0');
        writeFileSync(join(this.folder, 'gateway.toml'), `${toml}\n${more}\n`, { mode: 0o600 });
        this.process = spawn(`${process.env.TIX_RUN}/bin/tix-gateway`,
            [`--config=${join(this.folder, 'gateway.toml')}`],
            { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
        for (const stream of [this.process.stdout, this.process.stderr]) {
            stream.on('data', (bytes) => { this.log += bytes; });
        }
        this.ended = new Promise((done) => { this.process.once('exit', done); });
        await eventually('the gateway is ready', async () => {
            assert.equal(this.process.exitCode, null, this.log);
            const got = await new Client({ base: this.url }).get('/readyz').catch(() => null);
            return got?.status === 200;
        });
    }

    async kill(signal = 'SIGKILL') {
        this.process.kill(signal);
        await this.ended;
    }

    async stop() {
        if (this.process?.exitCode === null) await this.kill('SIGTERM');
        rmSync(this.folder, { recursive: true, force: true });
    }

    // A person's client, to this gateway.
    client(person) {
        const { token, address, userId } = person;
        return Object.assign(new Client({ base: this.url, token, address }), { userId });
    }

    async metric(pattern) {
        const { text } = await new Client({ base: this.url, address: '127.0.0.1' }).get('/metrics');
        return Number(new RegExp(`^${pattern} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
    }
}
