// Snapshot and delta never disagree: many readers take the map, or their orders, and follow the
// stream while everything changes and their connections break at random. All end with the truth.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client, edge, ok } from './lib/client.mjs';
import { Stream } from './lib/sse.mjs';
import { buyer, eventually, lock, makeSession, person, seatIds, sleep } from './lib/world.mjs';

const stormMs = 4000;
const session = makeSession();
const seats = seatIds(session.sessionId, 681);
const readers = [];
after(() => { for (const { stream } of readers) stream.close(); });
const random = (most) => Math.floor(Math.random() * most);
const within = (started) => performance.now() - started < stormMs;

async function map(query = '') {
    const got = await new Client({ base: edge }).get(`${session.url}/seats${query}`,
        { headers: { accept: 'application/octet-stream' } });
    assert.equal(got.status, 200);
    const states = Array.from({ length: 681 }, (_, n) => (got.bytes[n >> 2] >> (2 * (n & 3))) & 3);
    return { seq: BigInt(got.headers['tix-seq']), states };
}

// The rule of the document, and nothing more: see streamChanges.
class Picture {
    seq = -1n;
    gaps = 0;
    heard = 0;

    constructor() {
        this.stream = new Stream(`${session.url}/stream`, {
            hear: ({ event, data }) => this.take(event, data),
        });
        readers.push(this);
    }

    async begin() {
        assert.equal(await this.stream.connect(), 200);
        await this.reload();
        return this;
    }

    reload(atLeast) {
        this.loading ??= map(atLeast ? `?atLeast=${atLeast}` : '').then(({ seq, states }) => {
            this.loading = undefined;
            if (seq > this.seq) Object.assign(this, { seq, states });
            for (const message of (this.waiting ?? []).splice(0)) this.take(...message);
        });
        return this.loading;
    }

    take(event, data) {
        if (this.loading || this.seq < 0n) {
            (this.waiting ??= []).push([event, data]);
            return;
        }
        this.heard++;
        if (BigInt(data.seq) <= this.seq) return;
        if (event === 'resync' || BigInt(data.prev) > this.seq) {
            this.gaps++;
            this.waiting = [[event, data]];
            this.reload(data.seq);
            return;
        }
        for (const [ordinal, state] of data.changes) this.states[ordinal] = state;
        this.seq = BigInt(data.seq);
    }
}

// Breaks the reader's connection again and again, at random moments and for random times.
async function unsettle(reader, started) {
    await sleep(random(1500));
    while (within(started)) {
        await reader.stream.drop({ after: random(400), forget: random(4) === 0 });
        await sleep(random(2500));
    }
}

// Locks and releases at random, some two hundred seats a second.
async function change(started) {
    const office = person('box_office');
    const held = [];
    let changed = 0;
    while (within(started)) {
        const wanted = Array.from({ length: 4 }, () => seats[random(seats.length)]);
        const got = await office.post(`${session.url}/seats/lock`,
            { seatIds: [...new Set(wanted)] });
        if (got.status === 201) {
            held.push(got.data.lockId);
            changed += 4;
        } else {
            assert.equal(got.status, 409);
        }
        if (held.length > 20 || got.status === 409) {
            const lockId = held.splice(random(held.length), 1)[0];
            if (lockId) ok(await office.delete(`/v1/locks/${lockId}`));
        }
        await sleep(25);
    }
    return changed;
}

test('every reader of a storm of seat changes ends with the map', async (t) => {
    await lock(person('box_office'), session, [seats[0]]);
    await sleep(1500);
    const pictures = await Promise.all(Array.from({ length: 40 }, () => new Picture().begin()));
    const started = performance.now();
    const late = sleep(stormMs / 2).then(() => Promise.all(
        Array.from({ length: 10 }, () => new Picture().begin())));
    const changed = await Promise.all([change(started), change(started),
        ...pictures.map((picture) => unsettle(picture, started))]);
    pictures.push(...await late);
    await eventually('all pictures are the map', async () => {
        const now = await map();
        return pictures.every((picture) => !picture.loading && picture.seq <= now.seq
            && JSON.stringify(picture.states) === JSON.stringify(now.states));
    }, { seconds: 5, every: 200 });
    const sum = (key) => pictures.reduce((total, picture) => total + picture[key], 0);
    const drops = pictures.reduce((total, { stream }) => total + stream.opened - 1, 0);
    assert.ok(sum('heard') > 500 && drops > 40, `heard ${sum('heard')}, ${drops} reconnects`);
    t.diagnostic(`Diagnostic: ${changed[0] + changed[1]} seats changed, ${sum('heard')} messages, `
        + `${drops} reconnects, ${sum('gaps')} maps read again`);
});

// A buyer's orders as streamNews wants it: read whenever the stream opens, then by versions.
class Wallet {
    orders = new Map();
    skips = 0;

    constructor(who) {
        this.who = who;
        this.stream = new Stream(`/v1/users/${who.userId}/stream`, {
            headers: { authorization: `Bearer ${who.token}` },
            hear: ({ data }) => { for (const event of data.events) this.take(event); },
            open: () => { this.busy = this.read(); },
        });
        readers.push(this);
    }

    async read() {
        for (const order of ok(await this.who.get('/v1/orders?limit=100'))) this.put(order);
    }

    put({ orderId, version, status }) {
        if (version > (this.orders.get(orderId)?.version ?? 0)) {
            this.orders.set(orderId, { version, status });
        }
    }

    take({ type, id, version }) {
        const [kind, status] = type.split('.');
        if (kind !== 'order') return;
        if (version > (this.orders.get(id)?.version ?? 0) + 1) {
            this.skips++;
            this.who.get(`/v1/orders/${id}`).then((got) => this.put(ok(got)));
            return;
        }
        this.put({ orderId: id, version, status });
    }
}

async function shop(who, started) {
    const office = person('box_office', who.userId);  // the same buyer, without limits
    let made = 0;
    while (within(started)) {
        const got = await office.post(`${session.url}/seats/lock-best`, { quantity: 1 });
        if (got.status !== 201) continue;
        const { orderId } = ok(await office.post('/v1/orders',
            { lockIds: [got.data.lockId] }), 201);
        made++;
        if (random(2)) ok(await office.delete(`/v1/orders/${orderId}`));
        else ok(await office.post(`/v1/orders/${orderId}/pay`, { paymentMethod: 'mock_ok' }), 202);
        await sleep(random(200));
    }
    return made;
}

test('every buyer of a storm of orders ends with the orders', async (t) => {
    const wallets = Array.from({ length: 8 }, () => new Wallet(buyer()));
    for (const { stream } of wallets) assert.equal(await stream.connect(), 200);
    const started = performance.now();
    const made = await Promise.all([...wallets.map(({ who }) => shop(who, started)),
        ...wallets.map((wallet) => unsettle(wallet, started))]);
    await eventually('all wallets are the orders', async () => {
        for (const { who, orders } of wallets) {
            const office = person('box_office', who.userId);
            const now = ok(await office.get('/v1/orders?limit=100'));
            const truth = now.map(({ orderId, version, status }) => [orderId, { version, status }]);
            const seen = [...orders].filter(([id]) => now.some(({ orderId }) => orderId === id));
            const sorted = (list) => JSON.stringify(list.sort());
            if (sorted(truth) !== sorted(seen)) return false;
        }
        return true;
    }, { seconds: 10, every: 200 });
    const total = made.slice(0, wallets.length).reduce((sum, count) => sum + count);
    assert.ok(total > 20, `${total} orders`);
    t.diagnostic(`Diagnostic: ${total} orders, ${wallets.reduce((sum, { stream }) =>
        sum + stream.opened - 1, 0)} reconnects, ${wallets.reduce((sum, { skips }) =>
        sum + skips, 0)} orders read again`);
});
