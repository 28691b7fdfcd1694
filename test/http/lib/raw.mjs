// Bytes on a socket, as no HTTP client would send them, and what came back.
import net from 'node:net';
import { freshAddress } from './client.mjs';

export function target(url) {
    const { hostname, port } = new URL(url);
    return { host: hostname, port: Number(port) };
}

// Sends the parts and reads until the peer closes, `done` likes what it has, or time is over.
// Answers { text, closed, ms }: ms from the last byte sent to the first one received.
export function exchange(url, parts, { seconds = 4, done = whole, address } = {}) {
    return new Promise((resolve, reject) => {
        let text = '';
        let sent;
        let ms;
        const socket = net.connect({ ...target(url), localAddress: address ?? freshAddress() });
        const finish = (closed) => {
            clearTimeout(timer);
            socket.destroy();
            resolve({ text, closed, ms });
        };
        const timer = setTimeout(() => finish(false), seconds * 1000);
        socket.setNoDelay(true);
        socket.on('connect', () => {
            for (const part of [parts].flat()) socket.write(part);
            sent = performance.now();
        });
        socket.on('data', (bytes) => {
            ms ??= performance.now() - sent;
            text += bytes.toString('latin1');
            if (done(text)) finish(false);
        });
        socket.on('close', () => finish(true));
        socket.on('error', (error) => {
            if (error.code === 'ECONNREFUSED') reject(error);
            else finish(true);
        });
    });
}

// The first answer in the text has all of its body.
export function whole(text) {
    const got = parse(text);
    return got !== undefined && got.rest !== undefined;
}

// The first HTTP answer in a text: status, headers, body; rest is undefined while it is not whole.
export function parse(text) {
    const end = text.indexOf('\r\n\r\n');
    const head = /^HTTP\/1\.[01] (\d{3})[^\r]*\r\n/.exec(text);
    if (end < 0 || !head) return undefined;
    const headers = {};
    for (const line of text.slice(head[0].length, end).split('\r\n')) {
        const colon = line.indexOf(':');
        headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    const after = text.slice(end + 4);
    const status = Number(head[1]);
    if (headers['transfer-encoding'] === 'chunked') {
        const last = after.indexOf('0\r\n\r\n');
        return { status, headers, body: after, rest: last < 0 ? undefined : after.slice(last + 5) };
    }
    const length = Number(headers['content-length'] ?? 0);
    return { status, headers, body: after.slice(0, length),
        rest: after.length < length ? undefined : after.slice(length) };
}

// The same, in the shape that the checks of client.mjs take.
export function asAnswer(text) {
    const got = parse(text);
    if (!got) return { status: 0, headers: {}, text };
    const json = /[/+]json/.test(got.headers['content-type'] ?? '') && got.body
        ? JSON.parse(got.body) : undefined;
    return { ...got, text: got.body, json };
}

// How many answers a connection gave: more than one to one request means that it was read as two.
export const answers = (text) => text.split(/HTTP\/1\.[01] \d{3} /).length - 1;

// Every whole answer in a text, interim ones left out; to a HEAD the first has no body.
export function everyAnswer(text, isHead = false) {
    const all = [];
    for (let rest = text; rest;) {
        const got = parse(rest);
        if (!got) break;
        const interim = got.status < 200;
        if (isHead && !interim && all.length === 0) {
            got.rest = rest.slice(rest.indexOf('\r\n\r\n') + 4);
            got.body = '';
        }
        if (!interim) all.push(got);
        rest = interim ? rest.slice(rest.indexOf('\r\n\r\n') + 4) : got.rest;
    }
    return all;
}
