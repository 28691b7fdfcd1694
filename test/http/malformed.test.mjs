// Whatever comes over the socket: refused with a 4xx and a code, quickly, and nobody falls over.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { edge, gateway, median, ok, problem, wellFormedProblem } from './lib/client.mjs';
import { atMostOnce, metricsMark, mustRefuse, smuggledId } from './lib/families.mjs';
import { oneReading, refused } from './lib/malformed.mjs';
import { answers, asAnswer, everyAnswer, exchange } from './lib/raw.mjs';
import { pid } from './lib/stack.mjs';
import { buyer, nobody } from './lib/world.mjs';

const gatewayPid = pid('gateway');
const edgePid = pid('edge');
const times = [];

for (const [what, bytes] of refused) {
    test(`edge: ${what} is refused`, async () => {
        const got = await exchange(edge, bytes);
        const answer = asAnswer(got.text);
        assert.ok(answer.status >= 400 && answer.status < 500, `got: ${got.text.slice(0, 200)}`);
        wellFormedProblem(answer);
        assert.equal(answers(got.text), 1);
        times.push(got.ms);
    });
}

for (const [what, bytes] of oneReading) {
    test(`edge: ${what} has one reading at most`, async () => {
        const got = await exchange(edge, bytes, { seconds: 0.5, done: () => false });
        assert.equal(answers(got.text), 1, got.text.slice(0, 300));
        const answer = asAnswer(got.text);
        assert.ok(answer.status < 500, got.text.slice(0, 200));
        if (answer.status >= 400) wellFormedProblem(answer);
        assert.doesNotMatch(got.text, /smuggled/);
    });
}

test('the gateway itself refuses the same, or hangs up', async () => {
    const every = await Promise.all([...refused, ...oneReading].map(async ([what, bytes]) => {
        const got = await exchange(gateway, bytes, { seconds: 2, address: '127.0.0.1' });
        return [what, got.text, asAnswer(got.text).status];
    }));
    const wrong = every.filter(([, text, status]) =>
        (text !== '' && status === 0) || status >= 500 || answers(text) > 1);
    assert.deepEqual(wrong.map(([what, text]) => `${what}: ${text.slice(0, 150)}`), []);
    assert.equal(pid('gateway'), gatewayPid);
});

// Sent right behind a case: it is answered as itself, or not at all.
const canaryId = 'canary-of-a-case';
const canary = ['GET /v1/events?limit=1 HTTP/1.1', 'Host: tix', `X-Request-Id: ${canaryId}`, '', '']
    .join('\r\n');
let canaries = 0;

// What is wrong with the answers to a case and its canary, or nothing.
function faultOf(all, { isRefused, isEdge, isEmpty }) {
    const ids = all.map((one) => one.headers['x-request-id']);
    if (all.some((one) => one.status >= 500)) return 'a 5xx';
    if (all.length > 2) return `${all.length} answers`;
    if (ids.includes(smuggledId)) return 'what was smuggled is answered';
    if (ids[0] === canaryId && !isEmpty) return 'the canary is answered first';
    if (isEdge && all.some((one) => one.body.includes(metricsMark))) return 'shows the metrics';
    if (all.length === 2) {
        // What is left of the case may be refused as a request of its own.
        const isItself = ids[1] === canaryId && all[1].status === 200;
        canaries += isItself;
        if (!isItself && all[1].status < 400) return 'the canary is not itself';
    }
    // 401 would be an answer to what it asks for.
    if (isRefused && all.length && (all[0].status < 400 || all[0].status === 401)) return 'served';
    return '';
}

async function tryCase([what, bytes], base, family) {
    const isEdge = base === edge;
    const isHead = Buffer.from(bytes).subarray(0, 5).toString() === 'HEAD ';
    const got = await exchange(base, [bytes, canary], { seconds: 0.6,
        address: isEdge ? undefined : '127.0.0.1',
        done: (text) => everyAnswer(text, isHead)[1]?.rest !== undefined });
    const all = everyAnswer(got.text, isHead);
    const isProblem = (one) => one.status < 400 || one.headers['content-type'] ===
        'application/problem+json';
    const isEmpty = /^[\r\n]*$/.test(bytes);
    const fault = faultOf(all, { isRefused: family in mustRefuse, isEdge, isEmpty })
        || (all.every(isProblem) ? '' : 'no problem document')
        || (got.text && !all.length && !isNine(bytes) ? 'no HTTP' : '');
    return fault && `${what}: ${fault}: ${got.text.slice(0, 150)}`;
}

// A request line of two words is one of HTTP/0.9, whose answer has no head.
const isNine = (bytes) => /^\s*GET \S*\r?\n/.test(bytes);

const families = Object.entries({ ...mustRefuse, ...atMostOnce });

test('there are more than three hundred ways to be no request, no two alike', (t) => {
    const all = [...refused, ...oneReading, ...families.flatMap(([, list]) => list)];
    const distinct = new Set(all.map(([, bytes]) => Buffer.from(bytes).toString('hex')));
    t.diagnostic(`${distinct.size} malformed requests`);
    assert.ok(distinct.size >= 300, `${distinct.size}`);
});

for (const [way, base] of [['edge', edge], ['gateway', gateway]]) {
    for (const [family, list] of families) {
        test(`${way}: ${family} is read once, and what follows is itself`, async () => {
            const wrong = [];
            for (let at = 0; at < list.length; at += 12) {
                const some = list.slice(at, at + 12).map((one) => tryCase(one, base, family));
                wrong.push(...(await Promise.all(some)).filter(Boolean));
            }
            assert.deepEqual(wrong, []);
            // Whatever the edge keeps to the gateway is still in step.
            ok(await nobody().get('/v1/venues'));
        });
    }
}

test('canaries are answered where a request was served', () => {
    assert.ok(canaries > 50, `${canaries}`);
});

test('what is refused is refused within 10 ms', () => {
    const typical = median(times);
    assert.ok(typical <= 10, `median ${typical.toFixed(1)} ms of ${times.length}`);
});

// 64 MiB that travel as 64 KiB.
const bomb = gzipSync(Buffer.alloc(64 << 20));

for (const [way, base] of [['edge', edge], ['gateway', gateway]]) {
    test(`${way}: a compressed body is refused unopened`, async () => {
        const head = ['POST /v1/auth/login HTTP/1.1', 'Host: tix', 'Content-Type: application/json',
            'Content-Encoding: gzip', `Content-Length: ${Math.min(bomb.length, 65536)}`, '', ''];
        const got = await exchange(base, [head.join('\r\n'), bomb.subarray(0, 65536)],
            { address: way === 'gateway' ? '127.0.0.1' : undefined });
        const answer = asAnswer(got.text);
        assert.ok([400, 413, 415].includes(answer.status), got.text.slice(0, 200));
        assert.ok(got.ms < 200, `${got.ms} ms`);
    });
}

test('half a request is not waited for without end', async () => {
    const started = performance.now();
    const got = await exchange(edge, 'POST /v1/auth/login HTTP/1.1\r\nHost: tix\r\nContent-Le',
        { seconds: 15, done: () => false });
    const seconds = (performance.now() - started) / 1000;
    assert.ok(got.closed && seconds < 10, `open for ${seconds.toFixed(1)} s`);
});

test('answers to what is unknown are problems, too', async () => {
    const who = buyer();
    for (const [path, status] of [['/v1/nothing', 404], ['/v1', 404], ['/v1/venues/', 404],
        ['/v1//venues', 404], ['/metrics', 404]]) {
        const got = await who.get(path);
        assert.equal(got.status, status, path);
        wellFormedProblem(got, 'not_found');
    }
    problem(await who.get('/v1/venues?limit=1?2'), 400, 'validation');
    const wrong = await who.delete('/v1/venues');
    assert.equal(wrong.status, 405);
    wellFormedProblem(wrong, 'method_not_allowed');
    assert.match(wrong.headers.allow, /\bGET\b/);
});

after(async () => {
    ok(await nobody().get('/v1/venues'));
    assert.equal(pid('gateway'), gatewayPid, 'the gateway died');
    assert.equal(pid('edge'), edgePid, 'the edge died');
});
