// The OpenAPI document is the gateway: its codes are those of errors.def, its routes are served.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Client, gateway, problem } from './lib/client.mjs';
import { fill, operations, problemCodes } from './lib/openapi.mjs';

const values = new Proxy({ seatId: 'x', areaId: 'x', lockId: '1', provider: 'mock' }, {
    get: (known, name) => known[name] ?? '00000000-0000-4000-8000-000000000000',
});

test('the codes of the document are those of errors.def', () => {
    const list = `${process.env.TIX_ROOT}/extension/src/core/errors.def`;
    const text = readFileSync(list, 'utf8').replace(/^\/\/.*$/gm, '');
    const codes = [...text.matchAll(/^TIX_(?:ERROR\("(TX\d{3})"|(?:REASON|PROBLEM)\((\w+))/gm)]
        .map((match) => match[1] ?? match[2]);
    assert.deepEqual([...problemCodes].sort(), [...new Set(codes)].sort());
});

test('the edge\'s own problems have codes, statuses and titles of errors.def', () => {
    const root = process.env.TIX_ROOT;
    const list = readFileSync(`${root}/extension/src/core/errors.def`, 'utf8');
    const text = readFileSync(`${root}/gateway/edge/problem_texts.conf`, 'utf8');
    const entries = (name) => [...new RegExp(`\\$${name} \\{([^}]*)\\}`).exec(text)[1]
        .matchAll(/^\s*(\w+) "?([^";]+)"?;/gm)]
        .map(([, code, value]) => [code === 'default' ? 'internal' : code, value]);
    const titles = new Map(entries('problem_title'));
    assert.ok(titles.size > 10);
    for (const [code, status] of entries('problem_status'))
        assert.ok(list.includes(`TIX_PROBLEM(${code}, ${status}, "${titles.get(code)}")`), code);
});

const isEmpty = (way) => Object.keys(way).length === 0;

test('the document has the routes of the gateway with their roles, and the edge\'s stream', () => {
    const routes = execFileSync(`${process.env.TIX_ROOT}/.build/bin/tix-gateway`, ['--routes'],
        { encoding: 'utf8' }).trim().split('\n');
    const documented = operations.filter(({ id }) => id !== 'streamChanges')
        .map(({ method, path, security, roles }) => {
            // A stream may be opened with a ticket instead, so its handler asks for either.
            const anybody = security.every((way) => !way.bearer) || security.some(isEmpty) ||
                security.some((way) => way.streamTicket);
            return `${method} ${path} ${anybody ? 'anybody' : roles}`;
        });
    assert.deepEqual(routes.sort(), documented.sort());
});

test('every path of the document answers its methods, and no others', async () => {
    const paths = new Map();
    for (const { path, method } of operations) {
        if (path === '/v1/sessions/{sessionId}/stream') continue;
        paths.set(path, [...(paths.get(path) ?? []), method]);
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
            const page = /^(queuePage|claimOnPage)$/.test(id) && /^(403|404|503)$/.test(status);
            if (Number(status) < 400 || probe || page) continue;
            assert.deepEqual(Object.keys(response.content), ['application/problem+json'], id);
        }
    }
});

test('what the gateway counts can be read by Prometheus, and not through the edge', async () => {
    const direct = new Client({ base: gateway, address: '127.0.0.1' });
    problem(await direct.get('/v1/nowhere'), 404, 'not_found');
    const got = await direct.get('/metrics');
    assert.match(got.headers['content-type'], /^text\/plain; version=0\.0\.4/);
    const text = got.bytes.toString();
    for (const line of text.trim().split('\n'))
        assert.match(line, /^(# (HELP|TYPE) \w+ .*|\w+(\{(\w+="[^"]*",?)*\})? [-+0-9.eE]+)$/);
    assert.match(text, /^tix_gateway_requests_total\{route="none",status="4xx"\} [1-9]/m);
    assert.match(text, /^tix_gateway_request_seconds_bucket\{route="POST \/v1\/orders",le=/m);
    assert.match(text, /^tix_gateway_database_connections\{state="open"\} [1-9]/m);
    problem(await new Client().get('/metrics'), 404);
});
