// The OpenAPI document is the gateway: its codes are those of errors.def, its routes are served.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Client, gateway, problem } from './lib/client.mjs';
import { fill, operations, problemCodes } from './lib/openapi.mjs';

const values = new Proxy({ seatId: 'x', lockId: '1', provider: 'mock' }, {
    get: (known, name) => known[name] ?? '00000000-0000-4000-8000-000000000000',
});

test('the codes of the document are those of errors.def', () => {
    const list = `${process.env.TIX_ROOT}/extension/src/core/errors.def`;
    const text = readFileSync(list, 'utf8').replace(/^\/\/.*$/gm, '');
    const codes = [...text.matchAll(/^TIX_(?:ERROR\("(TX\d{3})"|(?:REASON|PROBLEM)\((\w+))/gm)]
        .map((match) => match[1] ?? match[2]);
    assert.deepEqual([...problemCodes].sort(), [...new Set(codes)].sort());
});

test('the edge\'s own problems have codes of the document', () => {
    const text = readFileSync(`${process.env.TIX_ROOT}/gateway/edge/problem_texts.conf`, 'utf8');
    const statuses = /\$problem_status \{([^}]*)\}/.exec(text)[1];
    const codes = [...statuses.matchAll(/^\s*(\w+) \d+;/gm)].map((match) => match[1]);
    const known = [...problemCodes, 'default'];
    assert.deepEqual(codes.filter((code) => !known.includes(code)), []);
});

test('every path of the document answers its methods, and no others', async () => {
    const paths = new Map();
    for (const { path, method } of operations) {
        if (!path.endsWith('/stream')) paths.set(path, [...(paths.get(path) ?? []), method]);
    }
    for (const [path, methods] of paths) {
        const client = new Client({ base: gateway, address: '127.0.0.1' });
        const got = await client.send('PUT', fill(path, values), { body: {} });
        problem(got, 405, 'method_not_allowed');
        const allowed = got.headers.allow.split(/,\s*/);
        assert.deepEqual(allowed.sort(), methods.sort(), path);
    }
});

test('every answer of the document names its problems as problem+json', () => {
    for (const { id, responses } of operations) {
        for (const [status, response] of Object.entries(responses)) {
            const probe = status === '503' && /^(readyz|health)$/.test(id);
            if (Number(status) < 400 || probe) continue;
            assert.deepEqual(Object.keys(response.content), ['application/problem+json'], id);
        }
    }
});
