// Every route and every role: who has no token is told 401, who has the wrong role 403, and who has
// the right one gets past the door. Generated from the document, whose x-roles a test compares with
// the gateway's own table.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { describe, freshAddress, problem } from './lib/client.mjs';
import { allRoles, fill, operations } from './lib/openapi.mjs';
import { nobody, person } from './lib/world.mjs';

// Ids of nothing: nothing may happen.
const nothing = new Proxy({}, { get: (_, name) => (name === 'provider' ? 'mock' : randomUUID()) });
const isEmpty = (way) => Object.keys(way).length === 0;
// A stream may be opened with a ticket instead of a token: news.test.mjs.
const guarded = operations.filter(({ security }) =>
    security.some((way) => way.bearer) && !security.some(isEmpty) &&
    !security.some((way) => way.streamTicket));

function send(operation, who) {
    // Each request from an address of its own: its limits begin anew.
    const client = Object.assign(who, { address: freshAddress() });
    return client.direct.send(operation.method, fill(operation.path, nothing),
        { body: operation.hasBody ? {} : undefined });
}

for (const operation of guarded) {
    test(`${operation.method} ${operation.path}: for ${operation.roles.join(', ')}`, async () => {
        problem(await send(operation, nobody()), 401, 'unauthorized');
        await Promise.all(allRoles.map(async (role) => {
            const got = await send(operation, person(role));
            if (!operation.roles.includes(role)) {
                problem(got, 403, 'forbidden');
                return;
            }
            const seen = `${role}: ${describe(got)}`;
            assert.ok(![401, 403].includes(got.status) && got.status < 500, seen);
        }));
        problem(await send(operation, person('root')), 401, 'invalid_token');
    });
}

test('every role is of the document\'s', () => {
    for (const { id, roles } of operations) {
        assert.ok(roles.length > 0, id);
        for (const role of roles) assert.ok(allRoles.includes(role), `${id}: ${role}`);
    }
});
