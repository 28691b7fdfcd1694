// Every operation that takes an Idempotency-Key, walked over in the order of the document: the same
// request again has the same answer and one effect; another one is refused; what was refused is
// not kept; one that is under way is not done twice.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { ok, problem } from './lib/client.mjs';
import { fill, operations } from './lib/openapi.mjs';
import { buy, buyer, lock, makeSession, order, seatIds, sql, sqlValue, staff, violations }
    from './lib/world.mjs';

const session = makeSession();
const seats = seatIds(session.sessionId);
let next = 0;
const take = (count) => seats.slice(next, next += count);
const named = { ids: { sessionId: session.sessionId } };
// Where nobody names the seats they get.
const crowd = { ids: { sessionId: makeSession().sessionId, areaId: 'LinkerBlock' } };

// Locks of the engine: a key is that of one route, so its name is a part of it.
const engineKey = (route, key) =>
    `${route} ${createHash('sha256').update(key).digest('hex')}`;
const lockKey = (route) => (who, key) => `SELECT ok FROM tix_lock_best('${session.sessionId}', 1,
    '${who.userId}', idempotency_key => '${engineKey(route, key)}')`;
// Keys of the schema: claim_key() tries an advisory lock.
const claim = (purpose) => (who, key) => `SELECT pg_try_advisory_xact_lock(
    hashtextextended(format('tix %s %s %s', '${purpose}', '${who.userId}', '${key}'), 0))`;
const rows = (table, where) => (who) =>
    sqlValue(`SELECT count(*) FROM tix.${table} t WHERE ${where(who)}`);
const orders = rows('orders', (who) => `t.user_id = '${who.userId}'`);
const holds = rows('holds', (who) => `t.user_id = '${who.userId}'`);
const of = (table, { orderId }) => rows(table, () => `t.order_id = '${orderId}'`);
const issue = ({ ticketId }) => () =>
    sqlValue(`SELECT issue || status FROM tix.tickets WHERE ticket_id = '${ticketId}'`);
const dead = { body: { lockIds: ['1'] } };
const adminId = process.env.TIX_ADMIN_ID;
const mapId = () => sqlValue('SELECT seat_map_id FROM tix.seat_maps WHERE seat_count = 681');

// A request about an order that is being paid.
async function pending(who, more) {
    const [seat] = take(1);
    const { orderId } = await order(who, session, [seat]);
    ok(await who.post(`/v1/orders/${orderId}/pay`, { paymentMethod: 'mock_silent' }), 202);
    return { ids: { orderId }, body: { seatIds: [seat], ...more } };
}

// Ids of a ticket that is good and of one that is cancelled.
async function tickets(who) {
    const wanted = take(2);
    await buy(who, session, wanted);
    const [live, gone] = ok(await who.get('/v1/tickets')).map(({ ticketId }) => ({ ticketId }));
    ok(await who.post(`/v1/tickets/${gone.ticketId}/cancel`, {}));
    return { live, dead: gone };
}


// For each operation: who asks for what (ids of the path, body); other: what makes it another
// request; refused: what is answered 409, where anything is; claimed: SQL that holds the key as a
// request under way does; effect: what must not happen twice.
const acts = {
    lockSeats: async () => ({ ...named, who: buyer(), body: { seatIds: take(2) },
        other: { body: { seatIds: take(1) } }, refused: { body: { seatIds: [taken] } },
        claimed: lockKey('lock'), effect: holds }),
    lockBest: async () => ({ ...crowd, who: buyer(), body: { quantity: 2 },
        other: { body: { quantity: 1 } }, refused: { body: { quantity: 1, categories: ['none'] } },
        claimed: lockKey('lock-best'), effect: holds }),
    lockArea: async () => ({ ...crowd, who: buyer(), body: { quantity: 2 },
        other: { body: { quantity: 1 } }, refused: { body: { quantity: 200 } },
        claimed: lockKey('lock-area'), effect: holds }),
    createOrder: async () => {
        const who = buyer();
        const { lockId } = await lock(who, session, take(1));
        return { who, body: { lockIds: [lockId] }, other: dead, refused: dead,
            claimed: claim('order'), effect: orders };
    },
    addToOrder: async () => {
        const who = buyer();
        const { orderId } = await order(who, session, take(1));
        const { lockId } = await lock(who, session, take(1));
        return { who, ids: { orderId }, body: { lockIds: [lockId] }, other: dead, refused: dead,
            claimed: claim('order add'), effect: of('order_items', { orderId }) };
    },
    cancelItems: async () => {
        const who = buyer();
        const [one, two] = take(2);
        const { orderId } = await buy(who, session, [one, two]);
        return { who, ids: { orderId }, body: { seatIds: [one] },
            other: { body: { seatIds: [two] } }, refused: await pending(who),
            claimed: claim('order cancel'), effect: of('refunds', { orderId }) };
    },
    reseatOrder: async () => {
        const who = buyer();
        const [one, two, three] = take(3);
        const { orderId } = await buy(who, session, [one]);
        const { lockId } = await lock(who, session, [two]);
        const move = (seat, id) => ({ body: { changes: { [one]: seat }, lockIds: [id] } });
        return { who, ids: { orderId }, ...move(two, lockId), other: move(three, lockId),
            refused: move(two, '1'), claimed: claim('order reseat'),
            effect: of('tickets', { orderId }) };
    },
    refundOrder: async () => {
        const [who, house] = [buyer(), makeSession()];
        const [one, two] = seatIds(house.sessionId, 2);
        const { orderId } = await buy(who, house, [one]);
        sql(`SELECT tix_postpone_session('${house.sessionId}', now() + interval '30 days',
            now() + interval '31 days', now() + interval '9 days', 'flu', '${adminId}')`);
        const late = { ids: { orderId: (await buy(who, house, [two])).orderId } };
        return { who, ids: { orderId }, other: late, refused: late,
            claimed: claim('order refund postponed'), effect: of('refunds', { orderId }) };
    },
    payOrder: async () => {
        const who = buyer();
        const [{ orderId }, gone] = [await order(who, session, take(1)),
            await order(who, session, take(1))];
        ok(await who.delete(`/v1/orders/${gone.orderId}`));
        return { who, ids: { orderId }, body: { paymentMethod: 'mock_silent' },
            other: { body: { paymentMethod: 'mock_ok' } }, refused: { ids: gone },
            claimed: claim('payment'), effect: of('payments', { orderId }) };
    },
    transferTicket: async () => {
        const who = buyer();
        const { live, dead: gone } = await tickets(who);
        const to = () => ({ body: { toUserId: randomUUID() } });
        return { who, ids: live, ...to(), other: to(), refused: { ids: gone },
            claimed: claim('order transfer'), effect: issue(live) };
    },
    acceptTicket: async () => {
        const [ann, who] = [buyer(), buyer()];
        const { live } = await tickets(ann);
        const offer = async () => ({ offerCode: ok(await ann.post(
            `/v1/tickets/${live.ticketId}/offer`, {}), 201).offerCode });
        const [over, body] = [await offer(), await offer()];
        return { who, body, other: { body: over }, refused: { body: over },
            claimed: claim('order accept'), effect: issue(live) };
    },
    reissueTicket: async () => {
        const who = buyer();
        const { live, dead: gone } = await tickets(who);
        return { who, ids: live, other: { ids: gone }, refused: { ids: gone },
            claimed: claim('order reissue'), effect: issue(live) };
    },
    cancelTicket: async () => {
        const who = buyer();
        const { live, dead: gone } = await tickets(who);
        return { who, ids: live, body: {}, other: { body: { reason: 'x' } },
            refused: { ids: gone }, claimed: claim('order cancel ticket'), effect: issue(live) };
    },
    sellOrder: async () => {
        const [who, { userId: buyerId }] = [staff('box_office'), buyer()];
        const { lockId } = ok(await who.post(
            `/v1/box-office/sessions/${session.sessionId}/hold`,
            { seatIds: take(1), buyerId }), 201);
        const sale = (lockIds, method) => ({ body: { lockIds, buyerId, method } });
        return { who, ...sale([lockId], 'cash'), other: sale([lockId], 'card_terminal'),
            refused: sale(['1'], 'cash'), claimed: claim('order box office'),
            effect: () => orders({ userId: buyerId }) };
    },
    cancelItemsFor: async () => {
        const ann = buyer();
        const [one, two] = take(2);
        const { orderId } = await buy(ann, session, [one, two]);
        const seat = (id) => ({ body: { seatIds: [id], reason: 'x' } });
        return { who: staff('box_office'), ids: { orderId }, ...seat(one), other: seat(two),
            refused: await pending(ann, { reason: 'x' }), claimed: claim('order cancel'),
            effect: of('refunds', { orderId }) };
    },
    reseatOrderFor: async () => {
        const [one, two, three] = take(3);
        const { orderId } = await buy(buyer(), session, [one]);
        const to = (seat) => ({ body: { changes: { [one]: seat }, reason: 'x' } });
        return { who: staff('box_office'), ids: { orderId }, ...to(two), other: to(three),
            refused: to(taken), claimed: claim('order reseat for'),
            effect: of('tickets', { orderId }) };
    },
    createEvent: async () => {
        const name = `Event ${randomUUID()}`;
        const event = (title) => ({ body: { name: title, seatMapId: mapId() } });
        return { who: staff('organizer'), ...event(name), other: event('another'),
            claimed: claim('order event'), effect: rows('events', () => `t.name = '${name}'`) };
    },
    createSession: async () => {
        const { eventId } = makeSession();
        const at = (startTime) => ({ body: { seatMapId: mapId(), startTime } });
        return { who: staff('organizer'), ids: { eventId }, ...at('2099-01-01T20:00:00Z'),
            other: at('2099-01-02T20:00:00Z'), claimed: claim('order session'),
            effect: rows('sessions', () => `t.event_id = '${eventId}'`) };
    },
    refundOrderFor: async () => {
        const { orderId } = await buy(buyer(), session, take(1));
        const used = await buy(buyer(), session, take(1));
        sql(`UPDATE tix.tickets SET status = 'used' WHERE order_id = '${used.orderId}'`);
        const back = (amount) => ({ body: { reason: 'x', amount: { amount, currency: 'EUR' } } });
        return { who: staff('organizer'), ids: { orderId }, ...back('1.00'), other: back('2.00'),
            refused: { ids: { orderId: used.orderId }, body: { reason: 'x' } },
            claimed: claim('refund'), effect: of('refunds', { orderId }) };
    },
};

// Operations that change something and take no key, and why a repetition does nothing twice.
const natural = {
    register: 'an address registers once',
    login: 'each is a login of its own',
    refresh: 'a token is good once',
    logout: 'what is over stays over',
    releaseSeats: 'what is free stays free',
    releaseLock: 'what is free stays free',
    extendLock: 'a deadline is set, never added to',
    cancelOrder: 'what is cancelled stays so',
    completeOrder: 'what is completed stays so',
    webhook: 'an event counts once by its id',
    webhookAlias: 'an event counts once by its id',
    verifyTicket: 'it changes nothing',
    offerTicket: 'one offer of a ticket at a time',
    withdrawOffer: 'what is over stays over',
    checkIn: 'a scan counts once by its nonce',
    uploadCheckIns: 'a scan counts once by its nonce',
    boxOfficeHold: 'locking what one holds is the same lock',
    blockTicket: 'what is blocked stays so',
    unblockTicket: 'what is not blocked stays so',
    openSale: 'what is open stays open',
    closeSale: 'what is closed stays closed',
    cancelSession: 'what is cancelled stays so',
    postponeSession: 'the same times again change nothing',
    stepMassRefunds: 'an order is undone once',
    // Of the waiting room, of other issuers' logins and of the back office.
    loginExternal: 'each is a login of its own',
    linkExternalLogin: 'what is linked stays so',
    unlinkExternalLogin: 'what is not linked stays so',
    makeStreamTicket: 'each is a ticket of its own',
    joinQueue: 'a user has one place',
    claimPlace: 'a place is claimed once',
    claimOnPage: 'a place is claimed once',
    endAdmission: 'what is over stays over',
    openQueue: 'what is open stays open',
    setQueueRate: 'it is set, never added to',
    closeQueue: 'what is closed stays closed',
    pauseQueue: 'what is paused stays so',
    resumeQueue: 'what goes on goes on',
    createVenue: 'a name belongs to one venue',
    createWebhook: 'a second endpoint is listed beside the first, and each event has an id',
    updateWebhook: 'sets what it says',
    deleteWebhook: 'what is gone stays gone',
    rotateWebhookSecret: 'the last secret counts, and the one before for a while',
    retryWebhook: 'a delivery that waits already is refused',
    updateVenue: 'it is set, never added to',
    closeVenue: 'what is closed stays closed',
    updateEvent: 'it is set, never added to',
    uploadSeatMap: 'the same plan is the same map',
    updateSession: 'it is set, never added to',
    setPrice: 'it is set, never added to',
    setTariff: 'it is set, never added to',
    dropTariff: 'what is gone stays so',
    setCharge: 'it is set, never added to',
    dropCharge: 'what is gone stays so',
    setPromotion: 'it is set, never added to',
    setQuota: 'it is set, never added to',
    setCancellationTerms: 'they are set, never added to',
    joinWaitlist: 'a user waits once',
    leaveWaitlist: 'what is over stays over',
    openWaitlist: 'what is open stays open',
    closeWaitlist: 'what is closed stays closed',
    updateProfile: 'it is set, never added to',
    eraseOwn: 'what is erased stays so',
    signOutEverywhere: 'what is over stays over',
    pauseSale: 'what is paused stays so',
    resumeSale: 'what goes on goes on',
    stopSale: 'what is stopped stays so',
    loadSession: 'what is loaded stays so',
    blockSeats: 'what is blocked stays so',
    unblockSeats: 'what is not blocked stays so',
    forceRelease: 'what is free stays free',
    setChannel: 'it is set, never added to',
    setLimit: 'it is set, never added to',
    applySeatMap: 'a session has one map',
    addGate: 'a name belongs to one gate',
    closeGate: 'what is closed stays closed',
    setEntryRule: 'it is set, never added to',
    removeEntryRule: 'what is gone stays so',
    setUserRole: 'it is set, never added to',
    setUserStatus: 'it is set, never added to',
};

const keyed = operations.filter(({ parameters }) =>
    parameters.some(({ name }) => name === 'Idempotency-Key'));
const [taken] = take(1);
await lock(buyer(), session, [taken]);

function ask(operation, act, key, more = {}) {
    const { ids, body } = { ids: act.ids, body: act.body, ...more };
    return act.who.send(operation.method, fill(operation.path, ids ?? {}),
        { body, headers: { 'idempotency-key': key } });
}
const succeeded = (got) => {
    assert.ok(got.status >= 200 && got.status < 300, `${got.status} ${got.text}`);
    return got.headers['idempotency-replayed'];
};

// Keeps a transaction open in which `statement` was run, while `during` goes on.
async function meanwhile(statement, during) {
    const psql = spawn('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1']);
    const ended = new Promise((resolve) => psql.on('close', resolve));
    const said = new Promise((resolve) => psql.stdout.once('data', resolve));
    psql.stdin.write(`BEGIN; ${statement};\n`);
    try {
        assert.equal(`${await said}`.trim(), 't', statement);
        await during();
    } finally {
        psql.stdin.end('ROLLBACK;\n');
        await ended;
    }
}

test('every operation that changes something takes a key, or needs none', () => {
    const unproven = keyed.filter(({ id }) => !acts[id]).map(({ id }) => id);
    assert.deepEqual(unproven, [], 'these take a key, and nothing proves it');
    const unkeyed = operations.filter((one) => one.method !== 'GET' && !keyed.includes(one));
    const unsaid = unkeyed.filter(({ id }) => !natural[id]).map(({ id }) => id);
    assert.deepEqual(unsaid, [], 'say why these need no key, or give them one');
});

for (const operation of keyed) {
    test(`${operation.id}: once, however often it is asked for with one key`, async () => {
        const act = await acts[operation.id]();
        const key = randomUUID();
        if (act.refused) problem(await ask(operation, act, key, act.refused), 409);  // not kept
        await meanwhile(act.claimed(act.who, key), async () => {
            const early = await ask(operation, act, key);
            problem(early, 409, 'in_progress', 'busy');
            assert.match(early.headers['retry-after'] ?? '', /^[1-9]/);
        });
        const first = await ask(operation, act, key);
        assert.equal(succeeded(first), undefined);
        const effect = act.effect(act.who);
        for (let time = 0; time < 2; time++) {
            const again = await ask(operation, act, key);
            assert.equal(succeeded(again), 'true');
            assert.deepEqual([again.status, again.data], [first.status, first.data]);
        }
        assert.equal(act.effect(act.who), effect, 'it was done twice');
        problem(await ask(operation, act, key, act.other), 422, 'TX009');
    });
}

test('a key is that of one route: the whole way of a buyer may use the same', async () => {
    const who = buyer();
    const key = { headers: { 'idempotency-key': 'k'.repeat(255) } };
    const own = async (path, body) => {
        const got = await who.post(path, body, key);
        assert.equal(succeeded(got), undefined, path);
        return got.data;
    };
    const house = makeSession();
    const one = await own(`${house.url}/seats/lock`, { seatIds: seatIds(house.sessionId, 1) });
    const two = await own(`${house.url}/seats/lock-best`, { quantity: 1 });
    const three = await own(`${house.url}/areas/LinkerBlock/lock`, { quantity: 1 });
    const { orderId } = await own('/v1/orders', {
        lockIds: [one, two, three].map(({ lockId }) => lockId) });
    await own(`/v1/orders/${orderId}/pay`, { paymentMethod: 'mock_silent' });
});

test('a key is that of one user', async () => {
    const key = { headers: { 'idempotency-key': randomUUID() } };
    for (const who of [buyer(), buyer()]) {
        const got = await who.post(`${session.url}/seats/lock`, { seatIds: take(1) }, key);
        assert.equal(succeeded(got), undefined);
    }
});

test('nothing was sold twice', () => { assert.equal(violations(), '0'); });
