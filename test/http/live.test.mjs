// The live picture: seat changes as server-sent events, without a gap, over reconnects and over the
// edge's death; a client that follows the rule of the document always ends with the map.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { EventSource } from 'eventsource';
import { Client, edge, gateway, ok } from './lib/client.mjs';
import { kill, recovered } from './lib/stack.mjs';
import { eventually, lock, makeSession, person, seatIds, sleep, staff } from './lib/world.mjs';

const session = makeSession();
const seats = seatIds(session.sessionId, 300);
const office = person('box_office');
const streamUrl = `${edge}${session.url}/stream`;
let next = 0;
const take = (count) => seats.slice(next, next += count);
const open = [];
after(() => { for (const source of open) source.close(); });

async function map(query = '', client = new Client({ base: edge })) {
    const got = await client.get(`${session.url}/seats${query}`,
        { headers: { accept: 'application/octet-stream' } });
    assert.equal(got.status, 200);
    const states = Array.from({ length: 681 }, (_, n) => (got.bytes[n >> 2] >> (2 * (n & 3))) & 3);
    return { seq: BigInt(got.headers['tix-seq']), states };
}

// A client as the document wants it: a map, events on top of it, the map again after a gap.
class Picture {
    events = [];
    gaps = 0;
    resyncs = 0;

    async follow() {
        const source = new EventSource(streamUrl);
        open.push(source);
        this.source = source;
        const opened = new Promise((resolve) => { source.onopen = resolve; });
        source.onerror = (event) => { this.error = `${event.code} ${event.message}`; };
        source.addEventListener('changes', (event) => this.take(JSON.parse(event.data), event));
        source.addEventListener('resync', (event) => this.take(JSON.parse(event.data), event));
        await opened;
        await this.reload();
        return this;
    }

    async reload(atLeast) {
        this.loading = true;
        const { seq, states } = await map(atLeast ? `?atLeast=${atLeast}` : '');
        if (this.seq === undefined || seq > this.seq) Object.assign(this, { seq, states });
        this.loading = false;
        for (const [data, event] of this.waiting?.splice(0) ?? []) this.take(data, event);
    }

    take(data, event) {
        if (this.loading || this.seq === undefined) {
            (this.waiting ??= []).push([data, event]);
            return;
        }
        if (event.type === 'changes') this.events.push({ ...data, id: event.lastEventId });
        if (BigInt(data.seq) <= this.seq) return;
        if (event.type === 'resync') {
            this.resyncs++;
            this.reload(data.seq);
            return;
        }
        if (BigInt(data.prev) > this.seq) {
            this.gaps++;
            this.reload(data.seq);
            return;
        }
        for (const [ordinal, state] of data.changes) this.states[ordinal] = state;
        this.seq = BigInt(data.seq);
    }

    async equalsMap(seconds = 10) {
        await eventually('the picture is the map', async () => {
            // From the gateway itself: the edge keeps a map until the second ends.
            const now = await map('', new Client({ base: gateway, address: '127.0.0.1' }));
            return !this.loading && JSON.stringify(this.states) === JSON.stringify(now.states);
        }, { seconds });
    }
}

async function change(rounds) {
    for (let round = 0; round < rounds; round++) {
        const { lockId } = await lock(office, session, take(3));
        if (round % 2) ok(await office.delete(`/v1/locks/${lockId}`));
    }
}

// What a stream has sent, read without any library: [{id, event, data}].
async function read(headers, enough, seconds = 10) {
    const stop = new AbortController();
    const seen = [];
    const timer = setTimeout(() => stop.abort(), seconds * 1000);
    try {
        const response = await fetch(streamUrl, {
            headers: { accept: 'text/event-stream', ...headers }, signal: stop.signal });
        assert.equal(response.status, 200);
        assert.match(response.headers.get('content-type'), /^text\/event-stream/);
        let text = '';
        for await (const part of response.body) {
            text += Buffer.from(part).toString();
            const blocks = text.split(/\n\n/);
            text = blocks.pop();
            for (const block of blocks) {
                const fields = Object.fromEntries(block.split('\n').map((line) => {
                    const colon = line.indexOf(': ');
                    return [line.slice(0, colon), line.slice(colon + 2)];
                }));
                if (fields.data) seen.push({ ...fields, data: JSON.parse(fields.data) });
            }
            if (enough(seen)) break;
        }
    } catch (error) {
        if (error.name !== 'AbortError') throw error;
    } finally {
        clearTimeout(timer);
        stop.abort();
    }
    return seen;
}

// The first change after the start of a database begins a generation, which is a resync; so does
// the gateway's connection to the edge.
before(async () => {
    await change(1);
    await sleep(2500);
});

test('every change arrives, in order, each event tied to the one before', async () => {
    const picture = await new Picture().follow();
    await change(15);
    await picture.equalsMap();
    const news = picture.events;
    assert.ok(news.length > 0);
    assert.equal(picture.gaps, 0);
    assert.equal(picture.resyncs, 0);
    for (let n = 1; n < news.length; n++) {
        assert.equal(news[n].prev, news[n - 1].seq, 'the chain has no gap');
        assert.ok(BigInt(news[n].seq) > BigInt(news[n].prev));
    }
    assert.ok(picture.states.filter((state) => state === 1).length >= 24);
    picture.source.close();
});

test('a change arrives within a second', async () => {
    const picture = await new Picture().follow();
    const before = picture.events.length;
    const started = performance.now();
    await change(1);
    await eventually('an event', () => picture.events.length > before, { every: 5, seconds: 5 });
    const late = performance.now() - started;
    assert.ok(late < 1000, `${late.toFixed(0)} ms`);
    picture.source.close();
});

test('who comes back with Last-Event-ID gets what was missed, nothing twice', async () => {
    const first = read({}, (seen) => seen.length >= 2);
    await sleep(300);
    await change(1);
    await sleep(400);
    await change(1);
    const last = (await first).at(-1);
    assert.ok(last?.id, 'events have ids');
    await change(4);
    const target = (await map()).seq;
    const missed = await read({ 'last-event-id': last.id },
        (seen) => seen.length && BigInt(seen.at(-1).data.seq) >= target);
    assert.equal(missed[0].data.prev, last.data.seq, 'the chain goes on where it broke off');
    for (let n = 1; n < missed.length; n++) {
        assert.equal(missed[n].data.prev, missed[n - 1].data.seq);
    }
    const told = new Set(missed.flatMap((event) => event.data.changes.map(([ordinal]) => ordinal)));
    const url = `${session.url}/changes?since=${last.data.seq}`;
    const feed = ok(await new Client({ base: edge }).get(url)).changes;
    assert.deepEqual(told, new Set(feed.map((one) => one.ordinal)));
    assert.ok(told.size >= 12);
});

test('a session that is not shown has no stream', async () => {
    const draft = makeSession({ open: false });
    const client = new Client({ base: edge });
    for (const url of [draft.url, '/v1/sessions/00000000-0000-4000-8000-000000000000']) {
        const got = await client.get(`${url}/stream`, { headers: { accept: 'text/event-stream' } });
        assert.ok([403, 404].includes(got.status), `${got.status}`);
        assert.match(got.headers['content-type'], /^application\/problem\+json/);
    }
});

test('after the death of the edge the stream says resync and the picture is whole', async () => {
    const picture = await new Picture().follow();
    await change(2);
    await picture.equalsMap();
    const killed = kill('edge');
    const inside = new Client({ base: gateway, address: '127.0.0.1', token: office.token });
    await lock(inside, session, take(2));
    await recovered('edge', killed);
    await change(2);
    assert.notEqual(picture.source.readyState, EventSource.CLOSED, picture.error);
    await eventually('a resync event', () => picture.resyncs > 0);
    await picture.equalsMap(15);
    await change(2);
    await picture.equalsMap(15);
    picture.source.close();
});

test('the end of a sale does not end the stream\'s truth', async () => {
    const picture = await new Picture().follow();
    ok(await staff('admin').post(`/v1/admin/sessions/${session.sessionId}/close`));
    await picture.equalsMap();
    picture.source.close();
});
