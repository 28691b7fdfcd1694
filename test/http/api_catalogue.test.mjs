// The catalogue as organisers make it: venues, seat maps with their differences, events, sessions
// and prices; and how everybody finds them.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ok, problem } from './lib/client.mjs';
import { buyer, lock, nobody, person, sqlValue, staff } from './lib/world.mjs';

const anna = staff('organizer');
const word = `Quirin${randomUUID().replaceAll('-', '').slice(0, 12)}`;
let venueId;
let map;
let eventId;
let sessionId;

// A plan of one row; seats as [guid, x].
const plan = (seats, more = {}) => ({ name: 'Small hall', size: { width: 100, height: 50 },
    categories: [{ name: 'A', color: '#ff0000' }], zones: [{ name: 'Z', zone_id: 'Z',
        position: { x: 0, y: 0 }, rows: [{ position: { x: 0, y: 0 }, row_number: '1',
            seats: seats.map(([guid, x]) => ({ seat_number: guid, seat_guid: guid, category: 'A',
                position: { x, y: 0 } })) }] }], ...more });
const first = plan([['a', 0], ['b', 10], ['c', 20], ['d', 30]]);
const second = plan([['a', 0], ['b', 10], ['c', 25], ['e', 40]]);

test('an organiser makes a venue, which is found by the beginnings of its words', async () => {
    const made = await anna.post('/v1/venues', { name: `House ${word}`, timeZone: 'Europe/Berlin',
        address: { city: 'Berlin' } });
    ({ venueId } = ok(made, 201));
    assert.equal(made.headers.location, `/v1/venues/${venueId}`);
    const [found] = ok(await nobody().get(`/v1/venues?q=${word.slice(0, 10).toLowerCase()}`));
    assert.deepEqual([found.venueId, found.name], [venueId, `House ${word}`]);
    const again = await anna.post('/v1/venues', { name: `House ${word}` });
    problem(again, 400, 'validation');
    ok(await anna.patch(`/v1/venues/${venueId}`, { name: `Theatre ${word}` }), 204);
    assert.equal(ok(await nobody().get(`/v1/venues/${venueId}`)).name, `Theatre ${word}`);
    problem(await anna.patch(`/v1/venues/${venueId}`, { timeZone: 'Berlin' }), 400, 'validation');
});

test('a seating plan becomes a seat map, once', async () => {
    const url = `/v1/venues/${venueId}/seat-maps`;
    map = ok(await anna.post(url, first), 201);
    assert.deepEqual([map.existing, map.seatCount, map.name], [false, 4, 'Small hall']);
    const same = ok(await anna.post(url, first), 200);
    assert.deepEqual(same, { ...map, existing: true });
    const [listed] = ok(await nobody().get(url));
    assert.deepEqual(listed, { seatMapId: map.seatMapId, version: 1, name: 'Small hall',
        seatCount: 4 });
    problem(await anna.direct.post(`${url}?seatIds=number`, first), 400, 'validation');
});

test('a plan with faults is refused with each of them, and changes nothing', async () => {
    const url = `/v1/venues/${venueId}/seat-maps`;
    const faulty = [['a name that comes twice', plan([['a', 0], ['a', 10], ['b', 20], ['b', 30]]),
        /a.*b|b.*a/s], ['no seats', plan([]), /seat/], ['no zones', { name: 'x' }, /zones/],
    ['no JSON', '{"name": ', /./], ['a category nobody knows', { ...first, categories: [] }, /A/]];
    for (const [what, bad, told] of faulty) {
        const got = problem(await anna.direct.post(url, bad), 400, 'validation');
        assert.match(got.detail + JSON.stringify(got.errors ?? []), told, what);
    }
    assert.equal(ok(await nobody().get(url)).length, 1);
});

test('a plan of thousands of seats is taken, from organisers only', async () => {
    const real = readFileSync(`${process.env.TIX_ROOT}/test/plans/hall-serpentine.json`, 'utf8');
    const big = JSON.stringify({ ...JSON.parse(real), vendor_notes: 'x'.repeat(1 << 20) });
    const url = `/v1/venues/${venueId}/seat-maps`;
    assert.equal(ok(await anna.direct.post(url, big), 201).seatCount, 681);
    problem(await buyer().direct.post(url, big), 403, 'forbidden');
    problem(await nobody().direct.post(url, big), 401, 'unauthorized');
    problem(await anna.direct.post('/v1/venues', big), 413, 'payload_too_large');
    const giant = JSON.stringify({ name: 'x'.repeat(9 << 20) });
    problem(await anna.direct.post(url, giant), 413, 'payload_too_large');
});

test('an event is made with session and price as a draft, and a key makes it once', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = { name: `Gala ${word}`, seatMapId: map.seatMapId, description: 'A night' };
    const made = await anna.post('/v1/events', body, { headers });
    ({ eventId } = ok(made, 201));
    const again = await anna.post('/v1/events', body, { headers });
    assert.equal(ok(again, 201).eventId, eventId);
    assert.equal(again.headers['idempotency-replayed'], 'true');
    problem(await anna.post('/v1/events', { ...body, name: 'Ball' }, { headers }), 422, 'TX009');
    const at = { seatMapId: map.seatMapId, startTime: '2031-07-01T20:00:00+02:00' };
    ({ sessionId } = ok(await anna.post(`/v1/events/${eventId}/sessions`, at,
        { headers }), 201));
    const twice = ok(await anna.post(`/v1/events/${eventId}/sessions`, at, { headers }), 201);
    assert.equal(twice.sessionId, sessionId);
    const price = { price: { amount: '19.50', currency: 'EUR' }, categories: ['A'] };
    const { categoryId } = ok(await anna.post(`/v1/events/${eventId}/prices`, price));
    problem(await nobody().get(`/v1/events/${eventId}`), 404, 'not_found');
    const mine = ok(await anna.get(`/v1/admin/events/${eventId}`));
    assert.deepEqual([mine.sessions.length, mine.sessions[0].status], [1, 'draft']);
    assert.deepEqual(mine.prices, [{ categoryId, categories: ['A'], areaIds: [],
        price: { amount: '19.50', currency: 'EUR' }, quota: null, taken: null }]);
    assert.ok(ok(await anna.get('/v1/admin/events?limit=100')).some((e) => e.eventId === eventId));
});

test('times that are none are refused', async () => {
    const url = `/v1/events/${eventId}/sessions`;
    for (const startTime of ['tomorrow', '2031-07-01', 'infinity', '2031-02-30T20:00:00Z',
        '2031-07-01T20:00:00']) {
        problem(await anna.direct.post(url, { seatMapId: map.seatMapId, startTime }), 400,
            'validation');
    }
    problem(await anna.post(url, { seatMapId: map.seatMapId, startTime: '2031-07-01T20:00:00Z',
        endTime: '2031-07-01T20:00:00Z' }), 400, 'validation');
    problem(await anna.post(url, { seatMapId: randomUUID(), startTime: '2031-07-01T20:00:00Z' }),
        404, 'not_found');
});

test('opened, it is found by its name, its venue and its day', async () => {
    ok(await anna.post(`/v1/admin/sessions/${sessionId}/open`));
    const [found] = ok(await nobody().get(`/v1/events?q=gala%20${word.slice(0, 9)}`));
    assert.equal(found.eventId, eventId);
    assert.equal(found.nextStart, '2031-07-01T20:00:00+02:00');
    const here = ok(await nobody().get(`/v1/events?venueId=${venueId}`));
    assert.deepEqual(here.map((e) => e.eventId), [eventId]);
    const url = `/v1/sessions?venueId=${venueId}`;
    const [listed] = ok(await nobody().get(`${url}&from=2031-07-01T00:00:00Z`));
    assert.equal(listed.sessionId, sessionId);
    assert.equal(listed.startLocal, '2031-07-01T20:00:00+02:00');
    assert.deepEqual(ok(await nobody().get(`${url}&until=2031-07-01T00:00:00Z`)), []);
    problem(await nobody().direct.get('/v1/sessions?from=now'), 400, 'validation');
    ok(await anna.patch(`/v1/sessions/${sessionId}`, { startTime: '2031-07-02T18:00:00Z' }), 204);
    const moved = ok(await nobody().get(`/v1/sessions/${sessionId}`));
    assert.equal(moved.startTime, '2031-07-02T18:00:00Z');
});

test('pages follow each other by key', async () => {
    const names = [];
    let path = '/v1/venues?limit=1';
    for (let n = 0; n < 50 && path; ++n) {
        const got = await nobody().get(path);
        names.push(...ok(got).map((v) => v.name));
        path = got.meta.nextCursor && `/v1/venues?limit=1&cursor=${got.meta.nextCursor}`;
    }
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.includes(`Theatre ${word}`));
});

test('a changed plan becomes the map of a session that sells, but for seats in use', async () => {
    const { seatMapId } = ok(await anna.post(`/v1/venues/${venueId}/seat-maps`, second), 201);
    const diff = ok(await anna.get(`/v1/seat-maps/${map.seatMapId}/diff/${seatMapId}`));
    const { seats, ...counts } = diff;
    assert.deepEqual(counts, { added: 1, removed: 1, moved: 1, changed: 0 });
    assert.deepEqual(seats.map((s) => [s.seatId, s.change]),
        [['c', 'moved'], ['d', 'removed'], ['e', 'added']]);
    assert.deepEqual([seats[0].was.x, seats[0].becomes.x], [20, 25]);
    const page = await anna.get(`/v1/seat-maps/${map.seatMapId}/diff/${seatMapId}?limit=2`);
    assert.equal(page.meta.nextCursor, 'd');
    const ann = buyer();
    const url = `/v1/sessions/${sessionId}`;
    const held = await lock(ann, { url }, ['d']);
    const refused = problem(await anna.post(`/v1/admin${url.slice(3)}/seat-map`, { seatMapId }),
        409, 'conflict');
    assert.deepEqual(refused.unavailableSeats, [{ seatId: 'd', reason: 'held' }]);
    ok(await ann.delete(`/v1/locks/${held.lockId}`));
    const kept = await lock(ann, { url }, ['a']);
    ok(await anna.post(`/v1/admin${url.slice(3)}/seat-map`, { seatMapId }));
    ok(await anna.post(`/v1/admin${url.slice(3)}/load`));
    const now = ok(await nobody().get(`${url}/seats`)).seats;
    assert.deepEqual(now.map((s) => [s.seatId, s.state]),
        [['a', 'held'], ['b', 'free'], ['c', 'free'], ['e', 'free']]);
    ok(await ann.delete(`/v1/locks/${kept.lockId}`));
});

test('every act of an organiser is in the log, with who did it', () => {
    const acts = sqlValue(`SELECT string_agg(DISTINCT act, ' ' ORDER BY act) FROM tix.audit_log
        WHERE detail->>'actor' = '${anna.userId}' AND detail->>'subject' IN
            ('${venueId}', '${eventId}', '${sessionId}')`);
    assert.equal(acts, 'apply_seat_map create_event create_session create_venue '
        + 'load_session open_sale set_price update_session update_venue upload_seat_map');
});

test('another organiser\'s things are not there', async () => {
    const other = person('organizer');
    problem(await other.patch(`/v1/venues/${venueId}`, { name: 'Mine' }), 404, 'not_found');
    problem(await other.patch(`/v1/events/${eventId}`, { name: 'Mine' }), 404, 'not_found');
    problem(await other.get(`/v1/admin/events/${eventId}`), 404, 'not_found');
});
