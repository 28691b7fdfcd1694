// The page of a sale says what the figures say, and needs nothing but itself.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { incidents, pageOf, run, sale, seatMap } from './sale.mjs';

const thin = '\u202f';
const chart = (tree, title) => tree.find((e) => e.name === 'svg' &&
    e.children.some((child) => child.name === 'title' && child.text === title))[0];
const empty = {
    sold: 0, tickets: 0, orders_by_status: {}, steps: {}, seats: [[5, 5, -1]], capacity: 1,
    selling_ms: 0, seats_per_s: 0, faults: ['nothing was sold'],
    timeline: { t_ms: [0], free: [1], held: [0], sold: [0], requests: [0], refused: {} },
    latency: { from_ms: [0], until_ms: [0], steps: {} },
    crowd: { ...sale().crowd, refused: {} },
};
const sales = {
    quiet: sale(),
    killed: sale(incidents),
    over_http: sale({ http: { requests: 1, unavailable_503: 0, replayed: 0, reconnects: 0,
        resent: 0 } }),
    empty: sale(empty),
};

test('the program writes the page that is tested here', () => {
    const { status, stderr, html } = run(JSON.stringify(sales.killed));
    assert.deepEqual([status, stderr], [0, '']);
    assert.equal(html, pageOf(sales.killed).html);
});

test('every drawing says what it is', () => {
    for (const [name, report] of Object.entries(sales)) {
        const drawings = pageOf(report).tree.named('svg')
            .filter((svg) => !svg.attributes['aria-hidden']);
        assert.ok(drawings.length >= 6, name);
        for (const svg of drawings) {
            assert.equal(svg.attributes.role, 'img');
            const said = svg.children.filter((child) => child.name).slice(0, 2);
            assert.deepEqual(said.map((e) => e.name), ['title', 'desc']);
            assert.ok(said.every((e) => e.text.length > 3), said[0].text);
        }
    }
});

test('no figure is missing from a page, whatever the sale', () => {
    for (const [name, report] of Object.entries(sales))
        assert.doesNotMatch(pageOf(report).html, /NaN|undefined|Infinity|\[object/, name);
});

test('nothing comes from elsewhere and nothing runs', () => {
    for (const report of Object.values(sales)) {
        const { html, tree } = pageOf(report);
        assert.doesNotMatch(html, /https?:|\burl\(|@import|\/\/[a-z]/i);
        for (const name of ['script', 'link', 'img', 'image', 'use', 'iframe', 'object', 'a'])
            assert.deepEqual(tree.named(name), [], name);
        const unsafe = (name) => /^on|^src$|href$/.test(name);
        assert.deepEqual(tree.find((e) => Object.keys(e.attributes).some(unsafe)), []);
    }
});

test('each chart has two axes with numbers, or names, and units', () => {
    const { tree } = pageOf(sales.killed);
    const axes = {
        'Seats by state over time': ['seats', 'seconds since the sale began'],
        'Requests answered over time': ['requests a second', 'seconds since the sale began'],
        'Refusals over time': ['refusals a second', 'seconds since the sale began'],
        'Refusals by reason': ['refused requests'],
        'Latency by step': ['milliseconds, logarithmic'],
        'Latency of lock best over time': ['ms', 'seconds'],
        'Latency of create order over time': ['ms', 'seconds'],
        'Kills and recoveries over time': ['ms until back, logarithmic',
            'seconds since the sale began'],
    };
    for (const [title, labels] of Object.entries(axes)) {
        const svg = chart(tree, title);
        assert.ok(svg, title);
        assert.deepEqual(svg.withClass('label').map((e) => e.text).sort(), [...labels].sort());
        for (const axis of [...svg.withClass('axis-x'), ...svg.withClass('axis-y')]) {
            const numbers = axis.named('text').filter((e) => !e.has('label'))
                .map((e) => Number(e.text.replaceAll(thin, '')));
            assert.ok(numbers.length >= 2, title);
            const rising = numbers.every((n, i) => i === 0 || n > numbers[i - 1]);
            assert.ok(rising, `${title} ${numbers}`);
        }
        assert.ok(svg.find((e) => e.name === 'title').length > 1, `${title} has no hover titles`);
    }
});

test('every seat is drawn exactly once, in the colour of its time', () => {
    const report = sale();
    report.seats[11][2] = -1;
    const colours = seatMap(pageOf(report).tree);
    const all = Object.values(colours).flat().map(String);
    assert.equal(all.length, 12);
    assert.equal(new Set(all).size, 12);
    assert.deepEqual(colours.unsold, [[5000, 2000]]);
    assert.deepEqual(colours['heat-0'], [[0, 0]]);
    assert.ok(colours['heat-9'].some(([x, y]) => x === 4000 && y === 2000));
});

test('a stadium makes a page of less than a megabyte and a half', () => {
    const seats = Array.from({ length: 39616 }, (_, i) =>
        [25.3 * (i % 220), 41.7 * Math.floor(i / 220), (i * 7919) % 240000]);
    const long = (of) => Array.from({ length: 600 }, (_, i) => of(i));
    const intervals = (of) => Array.from({ length: 120 }, (_, i) => of(i));
    const names = Array.from({ length: 17 }, (_, i) => `step ${i}`);
    const reasons = ['held', 'held_out', 'no_block', 'sold', 'sold_out', 'busy', 'area', 'limit'];
    const killed = Array.from({ length: 60 }, (_, i) =>
        ({ at_ms: 4000 * i, victim: 'gateway', pid: 1000 + i, back_ms: 100 + i }));
    const step = { calls: 10000, p50_us: 12345, p95_us: 67890, p99_us: 123456, max_us: 1234567 };
    const base = sale();
    const { html, tree } = pageOf(sale({
        seats, capacity: 39616, sold: 39616, tickets: 39616, selling_ms: 240000,
        crowd: { ...base.crowd, refused: Object.fromEntries(reasons.map((r) => [r, 5000])) },
        steps: Object.fromEntries(names.map((name) => [name, step])),
        timeline: { t_ms: long((i) => 400 * i), free: long((i) => 39616 - 66 * i),
            held: long(() => 50), sold: long((i) => 66 * i), requests: long((i) => 300 * i),
            refused: Object.fromEntries(reasons.map((r) => [r, long((i) => i * i)])) },
        latency: { from_ms: intervals((i) => 2000 * i), until_ms: intervals((i) => 2000 * i + 2000),
            steps: Object.fromEntries(names.map((name) => [name, { calls: intervals(() => 50),
                p50_us: intervals((i) => 9000 + i), p99_us: intervals((i) => 99000 + i) }])) },
        incidents: killed,
        recovery: { gateway: {
            kills: 60, median_ms: 129, max_ms: 159, goal_ms: 1000, late: 0, never_back: 0 } },
    }));
    assert.ok(Buffer.byteLength(html) < 1.5e6, `${Buffer.byteLength(html)} bytes`);
    const all = Object.values(seatMap(tree)).flat().map(String);
    assert.equal(all.length, 39616);
    assert.equal(new Set(all).size, 39616);
    assert.match(tree.text, new RegExp(`39${thin}616`));
});

test('the verdict is good only when no fault is told and every law is kept', () => {
    const headline = (changes) => pageOf(sale(changes)).tree.named('h1')[0].text;
    assert.equal(headline({}), 'SOLD OUT: every seat once');
    assert.equal(headline({ faults: ['a', 'b'] }), 'FAILED: 2 faults');
    for (const name of ['double_sold', 'unique_violations', 'audit_rows', 'check_rows',
        'feed_differences', 'holds_lost', 'alarms'])
        assert.equal(headline({ [name]: 1 }), 'FAILED: 1 fault', name);
    assert.match(headline({ sold: 11 }), /^FAILED/);
    assert.match(headline({ money: { ...sale().money, owed: 0 } }), /^FAILED/);
    assert.match(pageOf(sale({ faults: ['the tail wags'] })).tree.text, /the tail wags/);
});

test('the money line balances, or says by how much it does not', () => {
    const line = (money) => pageOf(sale({ money: { ...sale().money, ...money } })).tree
        .withClass('money')[0].text.replaceAll(thin, ' ');
    assert.match(line({}), /12 345\.00captured\s*=\s*12 000\.00completed/);
    assert.match(line({}), /300\.00refunded\s*\+\s*45\.00owed\s*✓ Balanced/);
    assert.match(line({ owed: 4400 }), /✗ Out of balance by 1\.00\./);
});

test('kills are marked when there were any, and left out when not', () => {
    const { tree } = pageOf(sales.killed);
    const marks = chart(tree, 'Kills and recoveries over time');
    const place = (sign) => sign.attributes.transform.match(/-?[\d.]+/g).map(Number);
    const signs = marks.withClass('sign');
    assert.equal(signs.length, 2);
    const [[firstX, firstY], [secondX, secondY]] = signs.map(place);
    assert.ok(firstX < secondX);
    assert.ok(firstY > secondY, 'who took longer stands higher');
    assert.equal(marks.withClass('never').length, 1);
    assert.match(marks.withClass('never')[0].text, /process 103\) killed, never back/);
    assert.match(tree.withClass('tiles')[0].text, /Kills\s*3\s*1 never came back/);
    assert.match(tree.text, /Every kill/);
    assert.equal(chart(tree, 'Seats by state over time').withClass('kills')[0].children
        .filter((child) => child.name === 'line').length, 3);
    const quiet = pageOf(sales.quiet).tree;
    assert.equal(chart(quiet, 'Kills and recoveries over time'), undefined);
    assert.doesNotMatch(quiet.text, /Every kill|Recovery by victim|a process was killed/);
});

test('the footer tells how to make it again', () => {
    const command = (report) => pageOf(report).tree.named('footer')[0].named('code')[0].text;
    assert.equal(command(sales.quiet), 'make demo SQL=1');
    assert.equal(command(sales.over_http), 'make demo');
    assert.equal(command({ ...sales.over_http, ...incidents }), 'make demo CHAOS=1');
    assert.match(pageOf(sales.quiet).tree.named('footer')[0].text, /18446744073709551615/);
});

test('hostile names stay text', () => {
    const evil = `</title></style><script>alert("1")</script>'&amp;\u0000`;
    const shown = evil.replace('\u0000', '\ufffd');
    const base = sale(incidents);
    const { tree } = pageOf({
        ...base,
        session_id: evil, seed: evil, finished_at: evil, faults: [evil],
        money: { ...base.money, currency: evil },
        orders_by_status: { [evil]: 1 },
        crowd: { ...base.crowd, refused: { [evil]: 3 } },
        steps: { [evil]: base.steps['lock best'] },
        timeline: { ...base.timeline, refused: { [evil]: base.timeline.refused.held } },
        latency: { ...base.latency, steps: { [evil]: base.latency.steps['lock best'] } },
        incidents: base.incidents.map((incident) => ({ ...incident, victim: evil })),
        recovery: { [evil]: base.recovery.gateway },
    });
    assert.deepEqual(tree.named('script'), []);
    assert.equal(tree.named('style').length, 1);
    assert.ok(tree.text.split(shown).length > 12, 'the names are shown');
});

test('the figures that tix-buyers writes are what the page is made of', () => {
    const report = JSON.parse(readFileSync(process.env.TIX_REPORT_JSON, 'utf8'));
    assert.equal(report.seed, '18446744073709551615');
    assert.deepEqual(report.faults, ['a "quoted" \\ fault']);
    assert.equal(report.incidents.length, 2);
    assert.equal(report.timeline.sold.at(-1), 200);
    const { tree } = pageOf(report);
    assert.equal(Object.values(seatMap(tree)).flat().length, 1000);
    assert.equal(seatMap(tree).unsold.length, 800);
});
