// Two thousand connections that send a byte a second: the others hardly notice.
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { Client, edge, freshAddress, median, ok } from './lib/client.mjs';
import { target } from './lib/raw.mjs';
import { makeSession, person, sleep } from './lib/world.mjs';

const connections = 2000;
const phaseMs = 2500;
const session = makeSession();
const line = `GET /v1/venues HTTP/1.1\r\nHost: tix\r\nX-Slow: ${'a'.repeat(1000)}`;

// Keeps so many slow connections open, each from an address of its own; replaces lost ones.
class Drip {
    sockets = new Set();
    lost = 0;

    start() {
        this.running = true;
        for (let n = 0; n < connections; n++) this.connect();
        this.timer = setInterval(() => {
            for (const socket of this.sockets) {
                if (!socket.connecting) socket.write(line[socket.sent++ % line.length]);
            }
        }, 1000);
    }

    connect() {
        const socket = net.connect({ ...target(edge), localAddress: freshAddress() });
        socket.sent = 0;
        this.sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
            this.sockets.delete(socket);
            this.lost++;
            if (this.running) this.connect();
        });
    }

    stop() {
        this.running = false;
        clearInterval(this.timer);
        for (const socket of this.sockets) socket.destroy();
    }
}

// Latencies of four clients that read and lock, for a while.
async function measure() {
    const times = [];
    const end = performance.now() + phaseMs;
    await Promise.all(Array.from({ length: 4 }, async () => {
        const office = person('box_office');
        while (performance.now() < end) {
            const read = await office.get(session.url);
            ok(read);
            const locked = await office.post(`${session.url}/seats/lock-best`,
                { quantity: 1, ttlSeconds: 1 });
            ok(locked, 201);
            times.push(read.ms, locked.ms);
            await sleep(10);
        }
    }));
    return median(times);
}

test('2 000 dripping connections cost the others 50 ms at the median, at most', async (t) => {
    await new Client({ base: edge }).get('/healthz');
    const without = [];
    const during = [];
    for (let round = 0; round < 2; round++) {
        without.push(await measure());
        const drip = new Drip();
        drip.start();
        await sleep(1500);
        const open = [...drip.sockets].filter((socket) => !socket.connecting).length;
        assert.ok(open > connections * 0.95, `only ${open} connections are open`);
        during.push(await measure());
        drip.stop();
        await sleep(300);
    }
    const added = Math.max(...during) - Math.min(...without);
    t.diagnostic(`Diagnostic: median without ${without.map((ms) => ms.toFixed(1))} ms, `
        + `with ${during.map((ms) => ms.toFixed(1))} ms`);
    assert.ok(added <= 50, `the median grew by ${added.toFixed(1)} ms`);
});
