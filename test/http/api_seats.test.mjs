// The catalogue and the picture of a house: lists, seats, map, availability and changes agree.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, edge, ok, problem, proxied } from './lib/client.mjs';
import { buyer, lock, makeSession, nobody, seatIds, seatState, sleep, staff }
    from './lib/world.mjs';

const session = makeSession({ name: 'Winterreise' });
const seats = seatIds(session.sessionId);
const ann = buyer();
const states = ['free', 'held', 'sold', 'blocked'];

// The bytes of the map; straight from the edge, for the proxy reads every answer as text. Each is a
// question of its own: what is kept until the second ends is for test/http/edge.test.mjs.
let asked = 0;
async function map(headers = {}, area = '') {
    const query = `${area || '?'}${area && '&'}atLeast=${asked++}`;
    return new Client({ base: edge }).get(`${session.url}/seats${query}`,
        { headers: { accept: 'application/octet-stream', ...headers } });
}
const twoBits = (bytes, ordinal) => (bytes[ordinal >> 2] >> (2 * (ordinal & 3))) & 3;

test('venues come page by page and each says its seat maps', async () => {
    const all = [];
    let cursor = '';
    do {
        const page = await nobody().get(`/v1/venues?limit=1${cursor}`);
        all.push(...ok(page));
        assert.ok(ok(page).length <= 1);
        cursor = page.meta.nextCursor && `&cursor=${encodeURIComponent(page.meta.nextCursor)}`;
    } while (cursor);
    assert.equal(new Set(all.map((venue) => venue.venueId)).size, all.length);
    const hall = all.find((venue) => venue.capacity === 681);
    const venue = ok(await nobody().get(`/v1/venues/${hall.venueId}`));
    assert.equal(venue.name, hall.name);
    assert.equal(venue.seatMaps[0].seatCount, 681);
});

test('an event tells its sessions and prices, with decimals of its currency', async () => {
    const event = ok(await nobody().get(`/v1/events/${session.eventId}`));
    assert.equal(event.name, 'Winterreise');
    assert.deepEqual(event.prices.map((row) => row.price), [{ amount: '45.00', currency: 'EUR' }]);
    assert.equal(event.sessions[0].sessionId, session.sessionId);
    const yen = makeSession({ amount: 4500, currency: 'JPY' });
    const inYen = ok(await nobody().get(`/v1/events/${yen.eventId}`));
    assert.deepEqual(inYen.prices[0].price, { amount: '4500', currency: 'JPY' });
    let page = '/v1/events?limit=100';
    for (let found = false; !found;) {
        const { data, meta } = (await nobody().get(page)).json;
        found = data.some((row) => row.eventId === session.eventId);
        assert.ok(found || meta.nextCursor, 'the event is on no page');
        page = `/v1/events?limit=100&cursor=${meta.nextCursor}`;
    }
});

test('a session tells when and where; a draft is not found by the public', async () => {
    const seen = ok(await nobody().get(session.url));
    assert.equal(seen.status, 'on_sale');
    assert.equal(seen.capacity, 681);
    assert.match(seen.startTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    const draft = makeSession({ open: false });
    problem(await nobody().get(draft.url), 404, 'not_found');
    problem(await nobody().get(`/v1/events/${draft.eventId}`), 404, 'not_found');
    const listed = ok(await nobody().get('/v1/events?limit=100'));
    assert.ok(!listed.some((row) => row.eventId === draft.eventId));
});

test('an organiser opens and closes the sale', async () => {
    const draft = makeSession({ open: false });
    const admin = `/v1/admin/sessions/${draft.sessionId}`;
    problem(await buyer().post(`${admin}/open`), 403, 'forbidden');
    const opened = ok(await staff('organizer').post(`${admin}/open`));
    assert.equal(opened.status, 'on_sale');
    assert.equal(opened.seats, 681);
    assert.equal(ok(await nobody().get(draft.url)).status, 'on_sale');
    const { lockId } = await lock(ann, draft, [seats[0]]);
    assert.equal(ok(await staff('admin').post(`${admin}/close`)).status, 'closed');
    problem(await ann.post('/v1/orders', { lockIds: [lockId] }), 425, 'TX006');
});

test('seats as JSON and as map are one picture', async () => {
    const { lockId } = await lock(ann, session, seats.slice(0, 3));
    const list = ok(await nobody().get(`${session.url}/seats`));
    const got = await map();
    assert.equal(got.status, 200);
    assert.equal(list.seats.length, 681);
    assert.equal(got.bytes.length, Math.ceil(681 / 4));
    assert.equal(got.headers.etag, `"${got.headers['tix-seq']}"`);
    assert.equal(got.headers['tix-seq'], list.seq);
    assert.equal(got.headers['tix-layout-version'], String(list.layoutVersion));
    list.seats.forEach((seat, index) => {
        assert.equal(seat.ordinal, index);
        const drawn = states[twoBits(got.bytes, seat.ordinal)];
        assert.equal(drawn, seat.state === 'confirming' ? 'held' : seat.state, seat.seatId);
        assert.equal('mine' in seat, false, 'nobody was told whose seats these are');
    });
    const own = await ann.get(`${session.url}/seats`);
    assert.match(own.headers['cache-control'], /no-store|private/, 'one buyer sees it, no cache');
    const mine = ok(own).seats.filter((seat) => seat.mine);
    assert.deepEqual(mine.map((seat) => seat.seatId).sort(), seats.slice(0, 3).sort());
    const area = mine[0].areaId;
    const part = ok(await nobody().get(`${session.url}/seats?area=${encodeURIComponent(area)}`));
    assert.ok(part.seats.length > 0 && part.seats.length < 681);
    assert.ok(part.seats.every((seat) => seat.areaId === area));
    ok(await ann.delete(`/v1/locks/${lockId}`));
});

test('a map that has not changed is not sent again', async () => {
    const first = await map();
    const same = await map({ 'if-none-match': first.headers.etag });
    assert.equal(same.status, 304);
    assert.equal(same.bytes.length, 0);
    const list = await nobody().get(`${session.url}/seats`,
        { headers: { 'if-none-match': first.headers.etag } });
    assert.equal(list.status, 200, 'the map one has is not the list');
    assert.equal((await nobody().get(`${session.url}/seats`,
        { headers: { 'if-none-match': list.headers.etag } })).status, 304);
    const { lockId } = await lock(ann, session, [seats[5]]);
    const other = await map({ 'if-none-match': first.headers.etag });
    assert.equal(other.status, 200);
    assert.ok(BigInt(other.headers['tix-seq']) > BigInt(first.headers['tix-seq']));
    ok(await ann.delete(`/v1/locks/${lockId}`));
});

test('one seat can be asked for; an unknown one is not found', async () => {
    assert.equal(await seatState(session, seats[0]), 'free');
    problem(await nobody().get(`${session.url}/seats/no-such-seat`), 404);
    const unknown = '00000000-0000-4000-8000-000000000000';
    problem(await nobody().get(`/v1/sessions/${unknown}/seats`), 404);
    problem(await nobody().get(`/v1/sessions/${unknown}/availability`), 404);
    problem(await nobody().get(`/v1/sessions/${unknown}/changes?since=1`), 404);
});

test('availability adds up to the house', async () => {
    const { lockId } = await lock(ann, session, seats.slice(0, 4));
    const rows = ok(await nobody().get(`${session.url}/availability`));
    const sum = (field) => rows.reduce((total, row) => total + row[field], 0);
    assert.equal(sum('capacity'), 681);
    assert.equal(sum('held'), 4);
    for (const row of rows) {
        assert.equal(row.free + row.held + row.confirming + row.sold + row.blocked, row.capacity);
    }
    ok(await ann.delete(`/v1/locks/${lockId}`));
});

test('changes since a number are exactly what happened since', async () => {
    const { seq } = ok(await nobody().get(`${session.url}/seats`));
    const { lockId } = await lock(ann, session, [seats[7], seats[8]]);
    ok(await ann.delete(`/v1/locks/${lockId}`));
    const after = ok(await nobody().get(`${session.url}/changes?since=${seq}&wait=2`));
    const told = after.changes.map((change) => change.state);
    assert.deepEqual(told, ['held', 'held', 'free', 'free']);
    after.changes.reduce((before, change) => {
        assert.ok(BigInt(change.seq) > before);
        return BigInt(change.seq);
    }, BigInt(seq));
    assert.ok(BigInt(after.seq) >= BigInt(after.changes.at(-1).seq));
    const two = ok(await nobody().get(`${session.url}/changes?since=${seq}&limit=2`));
    assert.equal(two.changes.length, 2);
    assert.equal(two.seq, two.changes[1].seq);
});

test('a long poll ends as soon as a seat changes, and empty when its time is over', async () => {
    const { seq } = ok(await nobody().get(`${session.url}/seats`));
    // A resync of the gateway may end a poll early and empty; one asks again.
    const poll = (async () => {
        for (;;) {
            const got = await nobody().get(`${session.url}/changes?since=${seq}&wait=10`);
            if (ok(got).changes.length || got.ms > 9000) return got;
        }
    })();
    await sleep(300);
    const locked = performance.now();
    const { lockId } = await lock(ann, session, [seats[9]]);
    const woken = ok(await poll);
    const late = performance.now() - locked;
    assert.deepEqual(woken.changes.map((change) => change.state), ['held']);
    assert.ok(late < 1500, `told ${late.toFixed(0)} ms after the lock`);
    ok(await ann.delete(`/v1/locks/${lockId}`));
    const quiet = makeSession();
    const start = ok(await nobody().get(`${quiet.url}/seats`)).seq;
    const empty = await nobody().get(`${quiet.url}/changes?since=${start}&wait=1`);
    assert.deepEqual(ok(empty).changes, []);
    assert.ok(empty.ms >= 900 && empty.ms < 4000, `waited ${empty.ms.toFixed(0)} ms`);
});

test('a number from the future or of another generation asks for the map again', async () => {
    const { seq } = ok(await nobody().get(`${session.url}/seats`));
    const future = BigInt(seq) + 1000n;
    problem(await nobody().get(`${session.url}/changes?since=${future}`), 410, 'resync');
    problem(await nobody().get(`${session.url}/changes?since=1`), 410, 'resync');
    problem(await nobody().get(`${session.url}/changes?since=9223372036854775807`), 410, 'resync');
});

test('a house is the same for every way in', { skip: proxied }, async () => {
    const direct = new Client({ base: process.env.TIX_GATEWAY_URL, address: '127.0.0.1' });
    const inner = ok(await direct.get(session.url));
    assert.deepEqual(inner, ok(await nobody().get(session.url)));
});
