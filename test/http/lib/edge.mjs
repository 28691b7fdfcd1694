// An edge of the test's own: the shipped configuration with local/ files of its own, in front of a
// gateway that is a function.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync }
    from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './client.mjs';

const nginx = '/usr/sbin/nginx';

// A free port that the kernel does not hand out by itself.
async function freePort() {
    for (;;) {
        const port = 20000 + Math.floor(Math.random() * 10000);
        const free = await new Promise((resolve) => {
            const probe = net.createServer().once('error', () => resolve(false));
            probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
        });
        if (free) return port;
    }
}

// The shipped files, and a certificate.
function makeDirectory() {
    const dir = mkdtempSync(join(tmpdir(), 'tix-edge-'));
    chmodSync(dir, 0o755);
    cpSync(`${process.env.TIX_ROOT}/gateway/edge`, `${dir}/conf`, { recursive: true });
    for (const name of ['conf/local', 'tmp']) mkdirSync(join(dir, name));
    chmodSync(join(dir, 'tmp'), 0o777);
    cpSync(`${dir}/conf/static`, `${dir}/static`, { recursive: true });
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
        'ec_paramgen_curve:P-256', '-nodes', '-keyout', join(dir, 'key.pem'), '-out',
        join(dir, 'cert.pem'), '-subj', '/CN=test', '-addext',
        'subjectAltName=DNS:localhost,IP:127.0.0.1'], { stdio: 'ignore' });
    return dir;
}

// answer(request, response, body) is the gateway. local: more or other local/ files.
export async function startEdge(answer, local = {}) {
    const dir = makeDirectory();
    const [plain, tls, inside, behind] = [await freePort(), await freePort(), await freePort(),
        await freePort()];
    const version = spawnVersion();
    const h2 = version >= 1.025 ? ' ssl default_server; http2 on' : ' ssl http2 default_server';
    const files = {
        'main.conf': '',
        'upstream.conf': `server 127.0.0.1:${behind} max_conns=64; keepalive 8;`,
        'publisher.conf': `listen 127.0.0.1:${inside};`,
        'origins.conf': '"https://shop.example" $http_origin;',
        'ops.conf': 'allow 192.0.2.200; deny all;',
        'http.conf': 'limit_req_zone $edge_prefix zone=edge_rate:1m rate=10r/s;'
            + 'set_real_ip_from 127.0.0.1;',
        'server.conf': `listen 127.0.0.1:${plain} default_server; listen 127.0.0.1:${tls}${h2};
            ssl_certificate ${dir}/cert.pem; ssl_certificate_key ${dir}/key.pem;
            limit_req zone=edge_rate burst=40 nodelay; limit_conn edge_requests 32;
            limit_conn edge_streams 4; access_log access.log edge;`,
        ...local,
    };
    for (const [name, text] of Object.entries(files)) {
        writeFileSync(join(dir, 'conf/local', name), `${text}\n`);
    }
    const gateway = http.createServer((request, response) => {
        const parts = [];
        request.on('data', (part) => parts.push(part));
        request.on('end', () => answer(request, response, Buffer.concat(parts)));
    });
    await new Promise((resolve) => { gateway.listen(behind, '127.0.0.1', resolve); });
    const child = spawn(nginx, ['-p', `${dir}/`, '-c', `${dir}/conf/nginx.conf`, '-g',
        'daemon off;'], { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (part) => { errors += part; });
    await eventually(`the edge listens: ${errors}`, () => new Promise((resolve) => {
        const probe = net.connect(plain, '127.0.0.1', () => { probe.destroy(); resolve(true); });
        probe.on('error', () => resolve(false));
    }));
    return {
        plain: `http://127.0.0.1:${plain}`, tls: `https://127.0.0.1:${tls}`, tlsPort: tls,
        publish: `http://127.0.0.1:${inside}/publish`, gateway,
        certificate: readFileSync(join(dir, 'cert.pem')),
        log: () => readFileSync(join(dir, 'access.log'), 'utf8'),
        async stop() {
            const ended = new Promise((resolve) => { child.on('exit', resolve); });
            child.kill('SIGTERM');
            gateway.closeAllConnections();
            gateway.close();
            await ended;
            rmSync(dir, { recursive: true });
        },
    };
}

function spawnVersion() {
    const text = execFileSync('sh', ['-c', `${nginx} -v 2>&1`], { encoding: 'utf8' });
    const [, major, minor] = /(\d+)\.(\d+)/.exec(text);
    return Number(major) + Number(minor) / 1000;
}

let lastAddress = 0;
// An address that nobody had before, for X-Forwarded-For from the trusted 127.0.0.1.
export const freshClient = () => `198.51.${++lastAddress >> 8}.${lastAddress & 255}`;

// One request over a connection of its own: { status, headers, text, bytes, json }.
export function ask(url, { method = 'GET', headers = {}, body, from = '127.0.0.1', forwarded,
    ca } = {}) {
    const all = { 'x-forwarded-for': forwarded ?? freshClient(), ...headers };
    for (const name of Object.keys(all)) if (all[name] === null) delete all[name];
    return new Promise((resolve, reject) => {
        const call = (url.startsWith('https') ? https : http).request(url, {
            method, headers: all, localAddress: from, agent: false, ca,
        }, (response) => {
            const parts = [];
            response.on('data', (part) => parts.push(part));
            response.on('end', () => {
                const bytes = Buffer.concat(parts);
                const text = bytes.toString();
                const json = /json/.test(response.headers['content-type'] ?? '') && text
                    ? JSON.parse(text) : undefined;
                const { statusCode: status, headers: told } = response;
                resolve({ status, headers: told, text, bytes, json });
            });
            response.on('error', reject);
        });
        call.on('error', reject);
        call.end(body);
    });
}

// The same by HTTP/2; `headers` include :path and :method.
export function ask2(edge, headers, body) {
    return new Promise((resolve, reject) => {
        const session = http2.connect(edge.tls, { ca: edge.certificate });
        session.on('error', reject);
        const stream = session.request({ 'x-forwarded-for': freshClient(), ...headers },
            { endStream: body === undefined });
        let answer;
        const parts = [];
        stream.on('response', (fields) => { answer = fields; });
        stream.on('data', (part) => parts.push(part));
        stream.on('error', reject);
        stream.on('end', () => {
            session.close();
            resolve({ status: answer[':status'], headers: answer,
                text: Buffer.concat(parts).toString() });
        });
        if (body !== undefined) stream.end(body);
    });
}
