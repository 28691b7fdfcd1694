// Types made from the OpenAPI document are types that a strict compiler takes, say what it says,
// and fit what the gateway answers.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { edge } from './lib/client.mjs';
import { operations, problemCodes } from './lib/openapi.mjs';

const work = mkdtempSync(join(tmpdir(), 'tix-types-'));
const modules = join(process.env.TIX_ROOT, '.build/npm/node_modules');
const types = join(work, 'tix.d.ts');
const strict = ['--strict', '--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes',
    '--target', 'es2022', '--module', 'es2022', '--moduleResolution', 'bundler',
    '--lib', 'es2022,dom,dom.iterable'];

test('types are made of the document, and one for each operation and code', () => {
    execFileSync(process.execPath, [join(modules, 'openapi-typescript/bin/cli.js'),
        join(process.env.TIX_ROOT, 'gateway/openapi.yaml'), '--output', types]);
    const text = readFileSync(types, 'utf8');
    for (const { id, path } of operations) {
        assert.ok(text.includes(`operations["${id}"]`), id);
        assert.ok(text.includes(`"${path}": {`), path);
    }
    for (const code of problemCodes) assert.ok(text.includes(`"${code}"`), code);
});

test('a client with these types compiles in strict mode, and its wrong calls do not', () => {
    copyFileSync(new URL('lib/typed.ts', import.meta.url), join(work, 'typed.ts'));
    const { status, stdout } = spawnSync(process.execPath, [join(modules, 'typescript/bin/tsc'),
        ...strict, '--outDir', join(work, 'out'), join(work, 'typed.ts')]);
    // A wrong call that compiles is an error, too: @ts-expect-error without one.
    assert.deepEqual({ status, text: stdout.toString() }, { status: 0, text: '' });
});

test('the compiled client works', async () => {
    writeFileSync(join(work, 'package.json'), '{"type": "module"}');
    const { look } = await import(pathToFileURL(join(work, 'out/typed.js')));
    const seen = await look(edge, process.env.TIX_BUYER_EMAIL, process.env.TIX_BUYER_PASSWORD);
    assert.equal(seen.role, 'buyer');
    assert.ok(Array.isArray(seen.names) && seen.orders >= 0);
});

after(() => rmSync(work, { recursive: true }));
