#!/usr/bin/env node
// Makes the page of a sale: render.mjs demo.json demo.html. The page needs nothing else.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { document } from './page.mjs';
import { page } from './markup.mjs';
import { fault } from './shape.mjs';

const [source, target, ...rest] = process.argv.slice(2);
if (target === undefined || rest.length > 0) {
    console.error('render.mjs: error: two files are needed: render.mjs demo.json demo.html');
    process.exit(2);
}

// One line that says what is wrong, and the status 1.
function giveUp(message) {
    console.error(`render.mjs: error: ${message.replace(/\s+/g, ' ')}`);
    process.exit(1);
}

function read() {
    let text;
    try {
        text = readFileSync(source, 'utf8');
    } catch (error) {
        giveUp(`"${source}" cannot be read: ${error.message}`);
    }
    try {
        return JSON.parse(text);
    } catch (error) {
        giveUp(`"${source}" is not JSON: ${error.message}`);
    }
}

const report = read();
const missing = fault(report);
if (missing) giveUp(`"${source}" is no report of tix-buyers: ${missing}`);
const html = page(document(report));
try {
    writeFileSync(`${target}.new`, html);
    renameSync(`${target}.new`, target);
} catch (error) {
    rmSync(`${target}.new`, { force: true });
    giveUp(`"${target}" cannot be written: ${error.message}`);
}
