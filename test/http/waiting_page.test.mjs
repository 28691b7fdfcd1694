// The waiting page: without scripts, in three languages, nothing unescaped, and a token that no log
// keeps.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Client, edge, ok, problem, sleep } from './lib/client.mjs';
import { buyer, eventually, makeSession, sqlValue, staff } from './lib/world.mjs';

const organizer = staff('organizer');
const pageOf = (session) => `/queue/${session.sessionId}`;

async function openQueue(terms, name) {
    const session = makeSession({ name });
    ok(await organizer.post(`/v1/admin/sessions/${session.sessionId}/queue`, terms), 201);
    await eventually('the page is there', async () =>
        (await new Client().get(pageOf(session))).status === 200);
    return session;
}

async function join(session) {
    const who = buyer();
    return { who, ...ok(await who.post(`/v1/queue/${session.sessionId}/join`)) };
}

// A page is HTML that nothing can be smuggled into.
function page(got, status = 200) {
    assert.equal(got.status, status, got.text);
    assert.match(got.headers['content-type'], /^text\/html; charset=utf-8$/);
    assert.match(got.headers['content-security-policy'], /default-src 'self'.*form-action 'self'/);
    assert.equal(got.headers['x-content-type-options'], 'nosniff');
    assert.equal(got.headers['cache-control'], 'no-store');
    assert.match(got.headers.vary, /Accept-Language/);
    assert.doesNotMatch(got.text, /<script|javascript:|\son\w+=/i);
    assert.equal(got.text.match(/<main>/g).length, 1);
    assert.equal(got.text.match(/<h1>/g).length, 1);
    assert.equal(got.text.match(/role="status"/g).length, 1);
    return got.text;
}

test('a browser is sent with a token once, waits, is called, goes in', async () => {
    const session = await openQueue({ rate: 100, maxActive: 1, claimWithinSeconds: 60 });
    const ann = await join(session);
    const bob = await join(session);
    const browser = new Client({ base: edge });
    const sent = await browser.get(`${pageOf(session)}?token=${bob.token}`);
    assert.equal(sent.status, 303, sent.text);
    assert.equal(sent.headers.location, pageOf(session));
    const [cookie] = sent.headers['set-cookie'];
    assert.equal(cookie, `tix_queue=${bob.token}; Path=${pageOf(session)}; HttpOnly; SameSite=Lax`);
    browser.headers = { cookie: `a=b; ${cookie.split(';')[0]}` };

    const waiting = await eventually('Ann is called, and Bob the next', async () => {
        const text = page(await browser.get(pageOf(session)));
        return text.includes('Ahead of you: 0') && text;
    });
    assert.match(waiting, /You are in line/);
    assert.match(waiting, /<meta http-equiv="refresh" content="\d+">/);
    assert.match(waiting, /Expected wait: about \d+/);
    assert.doesNotMatch(waiting, /<form/);
    assert.match(page(await browser.post(pageOf(session), '', { headers: {
        'content-type': 'application/x-www-form-urlencoded' } })), /You are in line/);

    const { admissionId } = ok(await ann.who.post(`/v1/queue/${session.sessionId}/claim`,
        { token: ann.token }));
    await ann.who.delete(`/v1/queue/${session.sessionId}/admissions/${admissionId}`);
    const called = await eventually('Bob is called', async () => {
        const text = page(await browser.get(pageOf(session)));
        return text.includes('It is your turn.') && text;
    });
    assert.match(called, /<form method="post"><button>Go in<\/button><\/form>/);
    const inside = page(await browser.post(pageOf(session), '', { headers: {
        'content-type': 'application/x-www-form-urlencoded' } }));
    assert.match(inside, /You are in\./);
    assert.match(inside, /until \d{4}-\d\d-\d\d \d\d:\d\d \(UTC\)/);
    assert.match(inside, /<a href="\/">Choose seats<\/a>/);
    assert.doesNotMatch(inside, /http-equiv/);
    // The shop, which has the token, gets the same admission.
    const shops = ok(await bob.who.post(`/v1/queue/${session.sessionId}/claim`,
        { token: bob.token }));
    assert.equal(sqlValue(`SELECT count(*) FROM tix.queue_admissions
        WHERE user_id = '${bob.who.userId}' AND admission_id = '${shops.admissionId}'`), '1');
});

test('in the reader\'s language, whatever the event is called', async () => {
    const name = '<script>alert(1)</script> & "Зимова" \'подорож\' 冬之旅';
    const session = await openQueue({}, name);
    const languages = { 'uk-UA,uk;q=0.9,en;q=0.5': ['uk', 'Зала очікування'],
        'zh-TW,zh;q=0.9': ['zh-TW', '等候室'], 'de,en;q=0.2': ['en', 'Waiting room'],
        'fr': ['en', 'Waiting room'], 'q=;,;;': ['en', 'Waiting room'] };
    for (const [wanted, [tag, title]] of Object.entries(languages)) {
        const got = await new Client({ base: edge }).get(pageOf(session),
            { headers: { 'accept-language': wanted } });
        const text = page(got);
        assert.ok(text.includes(`<html lang="${tag}">`), wanted);
        assert.equal(got.headers['content-language'], tag);
        assert.ok(text.includes(`<h1>${title}</h1>`));
        assert.ok(text.includes('&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;Зимова&quot;'));
    }
});

test('a page for every other case: no place, no such place, no room, no such page', async () => {
    const session = await openQueue({ mode: 'random',
        opensAt: new Date(Date.now() + 3600000).toISOString() });
    const browser = new Client({ base: edge });
    assert.match(page(await browser.get(pageOf(session))), /In line now: 0/);
    const { token } = await join(session);
    const headers = { cookie: `tix_queue=${token}` };
    assert.match(page(await browser.get(pageOf(session), { headers })), /opens in about 1 h|59|60/);
    page(await browser.get(`${pageOf(session)}?token=x`), 403);
    page(await browser.get(pageOf(session), { headers: { cookie: 'tix_queue=x' } }), 403);
    page(await browser.post(pageOf(session), '', { headers: { cookie: 'tix_queue=x',
        'content-type': 'application/x-www-form-urlencoded' } }), 403);
    page(await browser.get(`/queue/${randomUUID()}`), 404);
    problem(await browser.get('/queue/x'), 404, 'not_found');
    problem(await browser.get('/queue/'), 404, 'not_found');
    problem(await browser.send('PUT', pageOf(session), { body: {} }), 405, 'method_not_allowed');
    for (const bad of ['%00', '%ff', `${token}&token=${token}`]) {
        const got = await browser.get(`${pageOf(session)}?token=${bad}`);
        assert.ok([400, 403].includes(got.status), `${bad}: ${got.status}`);
        assert.equal(got.headers['set-cookie'], undefined);
    }
    ok(await organizer.delete(`/v1/admin/sessions/${session.sessionId}/queue`));
    await eventually('the page says that it is closed', async () =>
        page(await browser.get(pageOf(session), { headers })).includes('is closed'));
});

test('no log keeps a token', async () => {
    const session = await openQueue({});
    const { who, token } = await join(session);
    await new Client({ base: edge }).get(`${pageOf(session)}?token=${token}`);
    await new Client({ base: edge }).get(`/v1/queue/${session.sessionId}/status`,
        { headers: { 'tix-queue-token': token } });
    await who.post(`/v1/queue/${session.sessionId}/claim`, { token });
    const logs = ['edge-access.log', 'edge.log', 'gateway.log', 'pgbouncer.log']
        .map((name) => `${process.env.TIX_RUN}/log/${name}`);
    await eventually('the edge has written its log', () =>
        readFileSync(logs[0], 'utf8').includes(`"path":"${pageOf(session)}"`));
    await sleep(200);
    for (const log of logs) assert.ok(!readFileSync(log, 'utf8').includes(token), log);
});
