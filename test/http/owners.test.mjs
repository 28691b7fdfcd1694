// Every operation of organisers and admins, as the organiser whose it is, another organiser and an
// admin: what is another's is like nothing at all. Requests are generated from the document.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';
import { describe, ok, problem } from './lib/client.mjs';
import { fill, instance, operations } from './lib/openapi.mjs';
import { makeSession, person, seatIds, sql, sqlValue, staff } from './lib/world.mjs';

const anna = staff('organizer'); // whose it is
const admin = staff('admin');
const otto = person('organizer', sqlValue(`SELECT gen_random_uuid()`)); // the other one
const bea = randomUUID();
let mine;

// Two venues of Anna's maps: what is her own, and nobody's.
before(async () => {
    sql(`INSERT INTO tix.users (user_id, email, role) VALUES
        ('${otto.userId}', 'otto-${otto.userId}@example.org', 'organizer'),
        ('${bea}', 'bea-${bea}@example.org', 'buyer')`);
    const session = makeSession();
    const draft = makeSession({ open: false });
    const unsold = makeSession({ open: false });
    const [[map, venue]] = sql(`SELECT s.seat_map_id, m.venue_id FROM tix.sessions s
        JOIN tix.seat_maps m USING (seat_map_id) WHERE s.session_id = '${session.sessionId}'`);
    const [[tariff, charge, gate, category, hook]] = sql(`
        UPDATE tix.venues SET organizer_id = '${anna.userId}' WHERE venue_id = '${venue}';
        SELECT tix_set_tariff('${session.eventId}', 'child', permille => 500),
               tix_set_charge('${session.eventId}', 'fee', 'desk', 100, 'EUR'),
               tix_add_gate('${venue}', 'North ${randomUUID()}'),
               (SELECT category_id FROM tix.price_categories
                WHERE event_id = '${unsold.eventId}'),
               (SELECT endpoint_id FROM tix_create_webhook('https://x.example.org/', '{*}'))`);
    const [[delivery]] = sql(`INSERT INTO tix.webhook_deliveries
        (endpoint_id, event_id, type, body, status) VALUES ('${hook}', 1, 'x.y', '{}', 'dead')
        RETURNING delivery_id`);
    mine = { session, draft, unsold, venueId: venue, eventId: session.eventId,
        sessionId: session.sessionId, seatMapId: map, otherMapId: map, tariffId: tariff,
        chargeId: charge, gateId: gate, categoryId: category, endpointId: hook,
        deliveryId: delivery, userId: bea, seats: seatIds(session.sessionId, 9) };
});

const nothing = () => ({ ...mine, venueId: randomUUID(), eventId: randomUUID(),
    sessionId: randomUUID(), seatMapId: randomUUID(), otherMapId: randomUUID(),
    tariffId: randomUUID(), chargeId: randomUUID(), gateId: randomUUID(),
    endpointId: randomUUID(), deliveryId: '4611686018427387904', userId: randomUUID() });

const plan = (name) => ({ name, size: { width: 100, height: 50 }, categories: [{ name: 'A' }],
    zones: [{ name: 'Z', zone_id: 'Z', position: { x: 0, y: 0 }, rows: [{ position: { x: 0, y: 0 },
        row_number: '1', seats: [1, 2].map((n) => ({ seat_number: `${n}`, seat_guid: `s${n}`,
            category: 'A', position: { x: n * 10, y: 0 } })) }] }] });

// What the document's own examples do not say.
const bodies = {
    uploadSeatMap: () => plan(`Plan ${randomUUID()}`),
    createVenue: () => ({ name: `Venue ${randomUUID()}` }),
    setTariff: () => ({ name: 'senior', permille: 700 }),
    setCharge: () => ({ kind: 'tax', name: 'vat', permille: 190 }),
    setPromotion: () => ({ code: 'TEN', currency: 'EUR', permille: 100 }),
    setUserStatus: () => ({ status: 'active', reason: 'all is well' }),
};

// An operation's request with ids of somebody's things; another's session is one on sale, but that
// what changes seats or a first quota needs a draft.
function request(operation, ids) {
    const { id, method, path, body } = operation;
    const onDraft = ['applySeatMap', 'updateSession', 'openSale'].includes(id) && ids === mine;
    const values = { ...ids };
    if (onDraft) values.sessionId = mine.draft.sessionId;
    if (id === 'setQuota' && ids === mine) values.eventId = mine.unsold.eventId;
    const known = { seatIds: mine.seats.slice(0, 2), seatMapId: mine.seatMapId,
        sessionId: mine.sessionId, categoryId: mine.categoryId };
    const what = bodies[id]?.() ?? (body && instance(body, known));
    return (who) => who.send(method, fill(path, values), { body: what });
}

// Orders, tickets and waiting rooms of a house are in matrix.test.mjs, which knows whose they are.
const elsewhere = ['cancelSession', 'postponeSession', 'getMassRefund', 'stepMassRefunds'];
const ofStaff = operations.filter(({ id, roles, path }) =>
    !roles.includes('buyer') && (roles.includes('organizer') || path.startsWith('/v1/admin')) &&
    !/^\/v1\/box-office|\/queue/.test(path) && !elsewhere.includes(id));
const text = (got, ids) => {
    const { requestId, ...rest } = problem(got, got.status);
    assert.ok(requestId);
    let shown = `${got.status} ${JSON.stringify(rest)}`;
    for (const id of Object.values(ids)) {
        if (typeof id === 'string') shown = shown.replaceAll(id, '<id>');
    }
    return shown;
};
const namesOurs = ({ path, roles }) => path.includes('{') && roles.includes('organizer');

for (const operation of ofStaff.filter(namesOurs)) {
    if (operation.security.length === 0) continue;
    test(`${operation.method} ${operation.path}: not another organiser's`, async () => {
        const ghosts = nothing();
        const theirs = await request(operation, mine)(otto);
        const none = await request(operation, ghosts)(otto);
        problem(theirs, 404, 'not_found');
        assert.equal(text(theirs, mine), text(none, ghosts));
        // Not in tix.users: whatever the token says.
        problem(await request(operation, mine)(person('organizer')), 404, 'not_found');
        problem(await request(operation, mine)(person('admin')), 404, 'not_found');
    });
}

// Deletions last, and what ends a sale before them.
const turn = ({ method, id }) => (method === 'DELETE') * 2 + (id === 'closeSale');
for (const operation of [...ofStaff].sort((a, b) => turn(a) - turn(b))) {
    const { roles, method, path, id } = operation;
    const doers = roles.includes('organizer') ? { anna, admin } : { admin };
    for (const [name, who] of Object.entries(doers)) {
        // What is gone is gone; a venue with a sale is not closed.
        if (method === 'DELETE' && name === 'admin' && roles.includes('organizer')) continue;
        test(`${method} ${path}: ${name} may`, async () => {
            const got = await request(operation, mine)(who);
            if (id === 'closeVenue' || id === 'setUserRole' && got.status === 409) {
                problem(got, 409, 'TX010');
                return;
            }
            assert.ok([200, 201, 204].includes(got.status), describe(got));
            if (got.json) ok(got, got.status);
        });
    }
}
