// Every route with another's id: it looks exactly like an id that does not exist, and changes
// nothing. A route of the document that is not listed here fails the test.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';
import { ok, problem } from './lib/client.mjs';
import { operations, fill } from './lib/openapi.mjs';
import { buy, buyer, lock, makeSession, news, nobody, order, person, seatIds, sql, staff, tell }
    from './lib/world.mjs';

// Operations that name an object of somebody: what a stranger sends and is told.
// path and body get the ids of Ann's things, or ids of nothing.
const guarded = {
    lockSeats: { body: (id) => ({ seatIds: [id.freeSeat], intoLockId: id.lockId }), role: 'buyer' },
    releaseSeats: { body: (id) => ({ lockId: id.lockId }), status: 404 },
    extendLock: { body: () => ({ ttlSeconds: 60 }), status: 404 },
    releaseLock: { status: 404 },
    createOrder: { body: (id) => ({ lockIds: [id.lockId] }), status: 409 },
    getOrder: { status: 404 },
    cancelOrder: { status: 404 },
    payOrder: { body: () => ({}), status: 404 },
    addToOrder: { body: (id) => ({ lockIds: [id.lockId] }), status: 404 },
    cancelItems: { body: () => ({ seatIds: [seats[1]] }), status: 404 },
    reseatOrder: { body: (id) => ({ changes: { [seats[1]]: seats[2] }, lockIds: [id.lockId] }),
        status: 404 },
    completeOrder: { status: 404 },
    listRefunds: { status: 404 },
    refundOrder: { status: 404 },
    getHistory: { status: 404 },
    getTicket: { status: 404 },
    getTicketQr: { status: 404 },
    streamNews: { headers: { accept: 'text/event-stream' }, status: 404 },
    transferTicket: { body: () => ({ toUserId: randomUUID() }), status: 404 },
    offerTicket: { body: () => ({}), status: 404 },
    withdrawOffer: { status: 404 },
    reissueTicket: { status: 404 },
    cancelTicket: { body: () => ({}), status: 404 },
    boxOfficeHold: { role: 'box_office', status: 404,
        body: (id) => ({ seatIds: [id.freeSeat], buyerId: randomUUID() }) },
    sellOrder: { role: 'organizer', status: 409,
        body: (id) => ({ lockIds: [id.lockId], buyerId: ann.userId, method: 'cash' }) },
    getOrderFor: { role: 'organizer', status: 404 },
    cancelItemsFor: { role: 'box_office', body: () => ({ seatIds: [seats[1]], reason: 'x' }),
        status: 404 },
    reseatOrderFor: { role: 'box_office', status: 404,
        body: (id) => ({ changes: { [seats[0]]: id.freeSeat }, reason: 'x' }) },
    refundOrderFor: { role: 'organizer', body: () => ({ reason: 'x' }), status: 404 },
    blockTicket: { role: 'box_office', body: () => ({ reason: 'x' }), status: 404 },
    unblockTicket: { role: 'organizer', status: 404 },
    openSale: { role: 'organizer', status: 404 },
    closeSale: { role: 'organizer', status: 404 },
    cancelSession: { role: 'organizer', body: () => ({ reason: 'x' }), status: 404 },
    postponeSession: { role: 'organizer', status: 404, body: () => ({ reason: 'x',
        startTime: '2099-01-01T20:00:00Z', endTime: '2099-01-01T22:00:00Z',
        refundUntil: '2098-01-01T00:00:00Z' }) },
    endAdmission: { status: 404 },
    openQueue: { role: 'organizer', body: () => ({}), status: 404 },
    reportQueue: { role: 'organizer', status: 404 },
    setQueueRate: { role: 'organizer', body: () => ({ rate: 5 }), status: 404 },
    closeQueue: { role: 'organizer', status: 404 },
    pauseQueue: { role: 'organizer', status: 404 },
    resumeQueue: { role: 'organizer', status: 404 },
    getMassRefund: { role: 'organizer', status: 404 },
};
// Operations of the caller's own things, without an id; they must not show Ann's.
const own = ['listOrders', 'listTickets', 'listWaitlist'];
// Operations of the caller's own account or place in a list: no id of a person is in them.
const selves = ['getProfile', 'updateProfile', 'eraseOwn', 'exportOwn', 'signOutEverywhere',
    'joinWaitlist', 'getWaitlistPosition', 'leaveWaitlist', 'listExternalLogins',
    'linkExternalLogin', 'unlinkExternalLogin'];
// Operations for everybody, or with a proof of their own (credentials, a signature, a role).
const open = ['register', 'login', 'refresh', 'logout', 'loginExternal', 'listVenues', 'getVenue',
    'listEvents', 'getEvent', 'getTerms', 'listSeatMaps', 'listSessions', 'getSession', 'getSeats',
    'getSeat', 'getAvailability', 'getChanges', 'streamChanges', 'makeStreamTicket', 'lockBest',
    'lockArea', 'webhook', 'webhookAlias', 'linepayConfirm', 'linepayCancel', 'verifyTicket',
    'acceptTicket', 'getTicketKeys', 'checkIn', 'uploadCheckIns', 'getManifest', 'getRevocations',
    'stepMassRefunds', 'joinQueue', 'queueStatus', 'claimPlace', 'queuePage', 'claimOnPage',
    'healthz', 'readyz', 'health', 'metrics'];
// Operations of organisers and admins have a matrix of their own, owners.test.mjs.
const ofStaff = operations.filter(({ roles }) => !roles.includes('buyer')).map(({ id }) => id)
    .filter((id) => !guarded[id] && !open.includes(id));
const idsOr = (known) => new Proxy(known, { get: (ids, name) => ids[name] ?? randomUUID() });

const ann = buyer();
const session = makeSession();
const draft = makeSession({ open: false });
const seats = seatIds(session.sessionId, 20);
let hers;
const nothing = () => ({
    sessionId: randomUUID(), orderId: randomUUID(), ticketId: randomUUID(),
    lockId: '4611686018427387904', admissionId: randomUUID(), freeSeat: seats[10],
    userId: randomUUID(),
});

before(async () => {
    await buy(ann, session, [seats[0]]);
    const [ticket] = ok(await ann.get('/v1/tickets'));
    const { orderId } = await order(ann, session, [seats[1]]);
    const { lockId } = await lock(ann, session, [seats[2]]);
    const [[admissionId]] = sql(`INSERT INTO tix.queue_admissions
        (queue_id, join_no, place, user_id, expires_at)
        VALUES (0, 1, 1, '${ann.userId}', now() + interval '1 hour') RETURNING admission_id`);
    sql(`SELECT tix_open_waitlist('${session.sessionId}')
         UNION ALL SELECT NULL FROM tix_join_waitlist('${session.sessionId}',
             '{"area": "none"}', 1, '${ann.userId}')`);
    hers = { areaId: 'LinkerBlock', sessionId: session.sessionId, orderId,
        ticketId: ticket.ticketId, lockId, admissionId, userId: ann.userId,
        freeSeat: seats[10] };
});

// Everything about Ann's things that a stranger might have changed.
const picture = () => JSON.stringify(sql(`
    SELECT o::text FROM tix.orders o WHERE user_id = '${ann.userId}' UNION ALL
    SELECT p::text FROM tix.payments p JOIN tix.orders USING (order_id)
        WHERE user_id = '${ann.userId}' UNION ALL
    SELECT a::text FROM tix.queue_admissions a WHERE user_id = '${ann.userId}' UNION ALL
    SELECT t::text FROM tix.tickets t WHERE user_id = '${ann.userId}' UNION ALL
    SELECT h::text FROM tix.holds h WHERE session_id = '${session.sessionId}' UNION ALL
    SELECT s.session_id || s.status FROM tix.sessions s
        WHERE session_id IN ('${session.sessionId}', '${draft.sessionId}') UNION ALL
    SELECT seat_id || state FROM tix_seats('${session.sessionId}') ORDER BY 1`));

// What a stranger is told, without what differs by nature: request, time and the ids sent.
async function told(operation, rule, ids) {
    const session = operation.path.startsWith('/v1/admin') ? ids.adminSession : ids.pathSession;
    const path = fill(operation.path, { ...ids, sessionId: session });
    const got = await person(rule.role ?? 'buyer').send(operation.method, path,
        { body: rule.body?.(ids), headers: rule.headers });
    const { requestId, ...rest } = problem(got, rule.status ?? got.status);
    assert.ok(requestId && got.status >= 400);
    let text = JSON.stringify(rest);
    for (const id of [ids.orderId, ids.ticketId, ids.lockId, ids.admissionId, session]) {
        text = text.replaceAll(id, '<id>');
    }
    return `${got.status} ${text}`;
}

test('every operation of the document has its place in this matrix', () => {
    const listed = [...Object.keys(guarded), ...own, ...selves, ...ofStaff, ...open].sort();
    assert.deepEqual(operations.map((operation) => operation.id).sort(), listed);
});

for (const operation of operations.filter(({ id }) => guarded[id])) {
    test(`${operation.method} ${operation.path}: another's is like nothing at all`, async () => {
        const rule = guarded[operation.id];
        const unchanged = picture();
        const anns = { ...hers, pathSession: session.sessionId, adminSession: draft.sessionId };
        const ghost = { ...nothing(), pathSession: session.sessionId, adminSession: randomUUID() };
        assert.equal(await told(operation, rule, anns), await told(operation, rule, ghost));
        assert.equal(picture(), unchanged, 'the stranger changed something');
    });
}

for (const operation of operations.filter(({ id }) => own.includes(id))) {
    test(`${operation.method} ${operation.path}: shows only one's own`, async () => {
        assert.deepEqual(ok(await buyer().send(operation.method, operation.path)), []);
        assert.ok(ok(await ann.send(operation.method, operation.path)).length > 0);
    });
}

for (const operation of operations.filter(({ security }) => security.some((way) => way.bearer))) {
    if (operation.security.some((way) => !Object.keys(way).length)) continue;
    if (ofStaff.includes(operation.id)) continue; // roles.test.mjs
    test(`${operation.method} ${operation.path}: without a token, 401`, async () => {
        const path = fill(operation.path, idsOr({ ...hers, sessionId: draft.sessionId }));
        const unchanged = picture();
        const body = operation.hasBody ? {} : undefined;
        const { headers } = guarded[operation.id] ?? {};
        problem(await nobody().send(operation.method, path, { body, headers }), 401,
            'unauthorized');
        assert.equal(picture(), unchanged);
    });
}

test('a cursor of another shows nothing of theirs', async () => {
    const first = ok(await ann.get('/v1/orders'))[0];
    const page = await buyer().get(`/v1/orders?cursor=${first.orderId}`);
    if (page.status === 200) assert.deepEqual(ok(page), []);
    else problem(page, 400);
});

test('staff have no more rights over a buyer\'s order than a stranger', async () => {
    for (const role of ['organizer', 'box_office', 'gate', 'admin']) {
        problem(await staff(role).get(`/v1/orders/${hers.orderId}`), 404, 'not_found');
        problem(await staff(role).delete(`/v1/orders/${hers.orderId}`), 404, 'not_found');
    }
});

test('news about an order cannot be told without the secret', async () => {
    const unchanged = picture();
    const forged = await tell(news(hers), { header: `t=1,v1=${'0'.repeat(64)}` });
    problem(forged, 400, 'invalid_signature');
    assert.equal(picture(), unchanged);
});
