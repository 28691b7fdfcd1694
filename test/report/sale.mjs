// Small sales made by hand, and the page that the renderer makes of them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { page } from '../buyers/report/markup.mjs';
import { document } from '../buyers/report/page.mjs';
import { fault } from '../buyers/report/shape.mjs';
import { parse } from './tree.mjs';

export const renderer = fileURLToPath(new URL('../buyers/report/render.mjs', import.meta.url));

// Twelve seats in two rows, sold one a second; everything agrees.
export function sale(changes = {}) {
    const t_ms = Array.from({ length: 13 }, (_, i) => i * 1000);
    const column = (of) => t_ms.map((_, i) => of(i));
    const step = { calls: 24, p50_us: 2500, p95_us: 9000, p99_us: 12000, max_us: 150000 };
    return {
        session_id: '7b0e5f7c-8a52-4a3e-9b0e-000000000001',
        finished_at: '2026-01-02T03:04:05Z',
        seed: '18446744073709551615',
        connections: 8,
        capacity: 12,
        sold: 12,
        selling_ms: 12000,
        seats_per_s: 1,
        tickets: 12,
        double_sold: 0,
        unique_violations: 0,
        audit_rows: 0,
        check_rows: 0,
        feed_differences: 0,
        alarms: 0,
        holds_lost: 0,
        money: { captured: 1234500, completed: 1200000, refunded: 30000, owed: 4500,
            currency: 'UAH' },
        orders_by_status: { completed: 6, expired: 1 },
        crowd: { buyers: 9, given_up: 1, holds: 8, holds_abandoned: 1, orders: 7,
            events_sent_twice: 1, declined: 0, tickets_fetched: 12, refused: { held: 7, sold: 5 } },
        steps: { 'lock best': step, 'create order': { ...step, calls: 7 } },
        faults: [],
        timeline: { t_ms, free: column((i) => Math.max(0, 11 - i)),
            held: column((i) => (i < 12 ? 1 : 0)), sold: column((i) => i),
            requests: column((i) => i * 3),
            refused: { held: column((i) => Math.min(i, 7)), sold: column((i) => Math.min(i, 5)) } },
        latency: { from_ms: [0, 6000], until_ms: [6000, 12000], steps: {
            'lock best': { calls: [12, 12], p50_us: [2000, 3000], p99_us: [9000, 12000] },
            'create order': { calls: [0, 7], p50_us: [0, 2500], p99_us: [0, 12000] } } },
        incidents: [],
        recovery: {},
        seats: column((i) => [10 * (i % 6), 20 * Math.floor(i / 6), 1000 * i]).slice(0, 12),
        ...changes,
    };
}

export const incidents = {
    incidents: [
        { at_ms: 2000, victim: 'gateway', pid: 101, back_ms: 300 },
        { at_ms: 4000, victim: 'backend', pid: 102, back_ms: 1200 },
        { at_ms: 9000, victim: 'gateway', pid: 103, back_ms: -1 },
    ],
    recovery: {
        backend: { kills: 1, median_ms: 1200, max_ms: 1200, goal_ms: 1000, late: 0, never_back: 0 },
        gateway: { kills: 2, median_ms: 300, max_ms: 300, goal_ms: 1000, late: 0, never_back: 1 },
    },
};

// {status, stderr, html}; `text` is what stands in demo.json, undefined: there is no such file.
export function run(text, target = 'demo.html') {
    const folder = mkdtempSync(path.join(tmpdir(), 'tix-report-'));
    try {
        const [source, page] = ['demo.json', target].map((name) => path.join(folder, name));
        if (text !== undefined) writeFileSync(source, text);
        const { status, stderr } = spawnSync(process.execPath, [renderer, source, page],
            { encoding: 'utf8' });
        return { status, stderr, html: existsSync(page) ? readFileSync(page, 'utf8') : null };
    } finally {
        rmSync(folder, { recursive: true });
    }
}

// The page of a report: {html, tree}.
export function pageOf(report) {
    if (fault(report)) throw new Error(fault(report));
    const html = page(document(report));
    return { html, tree: parse(html) };
}

// The places of the dots of one colour, decoded from its path: [[x, y], …].
export function dots(element) {
    const { d } = element.attributes;
    const places = [];
    let [x, y] = [0, 0];
    const rest = d.replace(/m(-?\d+)[ ]?(-?\d+)h0/g, (_, dx, dy) => {
        x += Number(dx);
        y += Number(dy);
        places.push([x, y]);
        return '';
    });
    if (rest !== '') throw new Error(`the path has more than dots: ${rest.slice(0, 40)}`);
    return places;
}

// {className: places} of the map.
export function seatMap(tree) {
    const [map] = tree.withClass('map');
    return Object.fromEntries(map.named('path').map((p) => [p.attributes.class, dots(p)]));
}
