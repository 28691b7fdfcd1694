// What is no report of a sale makes no page, but one line that says why.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fault } from '../buyers/report/shape.mjs';
import { renderer, run, sale } from './sale.mjs';

function refuses(text, reason, target) {
    const { status, stderr, html } = run(text, target);
    assert.equal(status, 1, stderr);
    assert.match(stderr, /^render\.mjs: error: [^\n]+\n$/);
    assert.match(stderr, reason);
    assert.equal(html, null);
}

test('a file that is not there', () => refuses(undefined, /cannot be read/));

test('a file that is no JSON', () => {
    refuses('', /is not JSON/);
    refuses(JSON.stringify(sale()).slice(0, -10), /is not JSON/);
    refuses('{"a":\n\n]', /is not JSON/);
});

test('JSON that is no report', () => {
    for (const text of ['null', '7', '[]', '"text"']) refuses(text, /it is no object/);
    refuses('{}', /it has no "session_id"/);
});

test('a report with a part that is missing or of another kind', () => {
    const whole = sale();
    assert.equal(fault(whole), '');
    for (const name of Object.keys(whole)) {
        const { [name]: gone, ...rest } = whole;
        assert.equal(fault(rest), `it has no "${name}"`);
        const other = typeof gone === 'string' ? 1 : 'text';
        assert.equal(fault({ ...whole, [name]: other }), `"${name}" is not as it should be`);
    }
    for (const part of [{ http: {} }, { seats: [] }, { seats: [[1, 2]] }, { faults: [1] }])
        refuses(JSON.stringify(sale(part)), new RegExp(`"${Object.keys(part)}" is not as`));
});

test('columns of different lengths', () => {
    const short = sale();
    short.timeline.sold.pop();
    refuses(JSON.stringify(short), /columns of "timeline" differ/);
    const torn = sale();
    torn.latency.steps['lock best'].p50_us.pop();
    refuses(JSON.stringify(torn), /columns of "latency" differ/);
});

test('a page that cannot be written', () =>
    refuses(JSON.stringify(sale()), /cannot be written/, 'no/such/demo.html'));

test('a command line without two files', () => {
    for (const files of [[], ['a.json'], ['a.json', 'b.html', 'c']]) {
        const { status, stderr } = spawnSync(process.execPath, [renderer, ...files],
            { encoding: 'utf8' });
        assert.equal(status, 2);
        assert.match(stderr, /^render\.mjs: error: two files are needed/);
    }
});
