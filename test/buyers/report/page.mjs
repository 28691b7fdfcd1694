// The page: verdict, key figures, plots, tables, and how it was made.
import { figure } from './charts.mjs';
import {
    latencyByStep, latencyOverTime, recoveryMarks, refusals, refusalsByReason, refusalsOverTime,
    requestsOverTime, seatsOverTime,
} from './figures.mjs';
import { counted, grouped, money, ms, seconds } from './format.mjs';
import { laws } from './laws.mjs';
import { map } from './map.mjs';
import { h, raw } from './markup.mjs';
import { style } from './style.mjs';

const percent = (part, whole) => grouped((100 * part) / (whole || 1), 1);

function verdict(report, kept) {
    const broken = kept.filter((law) => !law.kept).map((law) => `${law.name}: ${law.found}`);
    const faults = report.faults.length > 0 ? report.faults : broken;
    if (faults.length === 0) {
        return h`<div class="verdict good"><p class="mark" aria-hidden="true">✓</p>
<div><h1>SOLD OUT: every seat once</h1><p>${grouped(report.sold)} seats in ${
            seconds(report.selling_ms)} seconds, every law kept.</p></div></div>`;
    }
    return h`<div class="verdict bad"><p class="mark" aria-hidden="true">✗</p>
<div><h1>FAILED: ${counted(faults.length, 'fault')}</h1><ul>${faults.map(
        (fault) => h`<li>${fault}</li>`)}</ul></div></div>`;
}

const tile = (name, value, unit, note, good) => h`
<div class="tile${good === undefined ? '' : good ? ' good' : ' bad'}"><dt>${name}</dt>
<dd><b>${value}</b>${unit && h` <span>${unit}</span>`}<small>${note}</small></dd></div>`;

function tiles(report) {
    const back = report.incidents.map((incident) => incident.back_ms);
    const killed = back.length > 0;
    const never = back.filter((value) => value < 0).length;
    return h`<dl class="tiles">${[
        tile('Seats sold', grouped(report.sold), '', `of ${grouped(report.capacity)}`,
            report.sold === report.capacity),
        tile('Selling took', seconds(report.selling_ms), 's', `${
            counted(report.crowd.buyers, 'buyer')}`),
        tile('Pace', grouped(report.seats_per_s), 'seats/s', 'on average'),
        tile('Sold twice', grouped(report.double_sold), '', 'seats with two tickets',
            report.double_sold === 0),
        tile('Unique violations', grouped(report.unique_violations), '', 'stopped by the index',
            report.unique_violations === 0),
        tile('Audit', grouped(report.audit_rows), '', 'rows of tix_audit()',
            report.audit_rows === 0),
        tile('Holds lost', grouped(report.holds_lost), '', 'before their time',
            report.holds_lost === 0),
        killed && tile('Kills', grouped(back.length), '', never > 0
            ? `${grouped(never)} never came back`
            : `all came back, the slowest after ${grouped(Math.max(...back))} ms`, never === 0),
    ]}</dl>`;
}

function moneyLine({ money: m }) {
    const rest = m.captured - m.completed - m.refunded - m.owed;
    const part = (amount, name) => h`<span><b>${money(amount)}</b><small>${name}</small></span>`;
    return h`<section class="card money"><h3>Money, in ${m.currency || 'units'}</h3>
<p class="sum">${part(m.captured, 'captured')}<i>=</i>${part(m.completed, 'completed')}<i>+</i>${
        part(m.refunded, 'refunded')}<i>+</i>${part(m.owed, 'owed')}</p>
<p class="${rest === 0 ? 'good' : 'bad'}">${rest === 0
        ? '✓ Balanced: no money without a ticket or a refund.'
        : `✗ Out of balance by ${money(rest)}.`}</p></section>`;
}

// Cells and headings are [text, className] or text; the first cell of a row is its name.
function table(caption, head, rows, className = '') {
    const pair = (value) => (Array.isArray(value) ? value : [value, '']);
    const heading = ([text, look]) =>
        h`<th scope="col"${look && h` class="${look}"`}>${text}</th>`;
    const cell = (value, i) => {
        const [text, look] = pair(value);
        return i === 0
            ? h`<th scope="row">${text}</th>`
            : h`<td${look && h` class="${look}"`}>${text}</td>`;
    };
    return h`<section class="card table ${className}"><h3>${caption}</h3><div class="scroll"><table>
<thead><tr>${head.map((value) => heading(pair(value)))}</tr></thead>
<tbody>${rows.map((row) => h`<tr>${row.map(cell)}</tr>
`)}</tbody></table></div></section>`;
}

const lawTable = (kept) => table('The proof',
    ['law', ['verdict', 'text'], 'expected', 'found', ['asked of', 'text']],
    kept.map((law) => [law.name, law.kept ? ['✓ kept', 'text good'] : ['✗ broken', 'text bad'],
        law.expected, law.found, [law.source, 'text']]), 'wide');

const stepTable = ({ steps }) => table('Latency by step, in milliseconds',
    ['step', 'calls', 'p50', 'p95', 'p99', 'max'],
    Object.entries(steps).map(([name, s]) => [name, grouped(s.calls),
        ...[s.p50_us, s.p95_us, s.p99_us, s.max_us].map(ms)]));

function recoveryTables({ incidents, recovery }) {
    const back = (value) => (value < 0 ? ['never', 'bad'] : grouped(value));
    return [
        table('Recovery by victim',
            ['victim', 'kills', 'median ms', 'max ms', 'goal ms', 'missed it', 'never back'],
            Object.entries(recovery).map(([victim, r]) => {
                const came = r.never_back < r.kills;
                return [victim, grouped(r.kills), came ? grouped(r.median_ms) : '–',
                    came ? grouped(r.max_ms) : '–',
                    grouped(r.goal_ms), grouped(r.late),
                    [grouped(r.never_back), r.never_back > 0 ? 'bad' : '']];
            })),
        table('Every kill', ['at, s', ['victim', 'text'], 'process', 'back after, ms'],
            incidents.map((i) => [seconds(i.at_ms), [i.victim, 'text'], String(i.pid),
                back(i.back_ms)]), 'long'),
    ];
}

function crowdFacts(report) {
    const { crowd, http } = report;
    const rows = [
        ['buyers', grouped(crowd.buyers)],
        ['connections', grouped(report.connections)],
        ['holds', grouped(crowd.holds)],
        ['refusals', grouped(refusals(report).reduce((sum, [, times]) => sum + times, 0))],
        ['gave up after refusals', grouped(crowd.given_up)],
        ['holds left to expire', grouped(crowd.holds_abandoned)],
        ['orders', grouped(crowd.orders)],
        ...Object.entries(report.orders_by_status).map(([status, n]) =>
            [`orders ${status.replaceAll('_', ' ')}`,
                `${grouped(n)} (${percent(n, crowd.orders)} %)`]),
        ['payments declined', grouped(crowd.declined)],
        ['payment events sent twice', grouped(crowd.events_sent_twice)],
        ['tickets fetched', grouped(crowd.tickets_fetched)],
    ];
    if (http) {
        rows.push(['HTTP requests answered', grouped(http.requests)],
            ['told to come later (503)', grouped(http.unavailable_503)],
            ['answers replayed by key', grouped(http.replayed)],
            ['connections opened again', grouped(http.reconnects)],
            ['requests sent again', grouped(http.resent)]);
    }
    return h`<section class="card wide"><h3>The crowd</h3><dl class="facts">${rows.map(
        ([name, value]) => h`<div><dt>${name}</dt><dd>${value}</dd></div>
`)}</dl></section>`;
}

function footer(report) {
    const chaos = report.incidents.length > 0 ? ' CHAOS=1' : '';
    const command = `make demo${report.http ? '' : ' SQL=1'}${chaos}`;
    const way = report.http ? 'over HTTP' : 'by SQL';
    return h`<footer><p>Made by <code>${command}</code> with the buyers' seed <code>${
        report.seed}</code>, ${grouped(report.connections)} connections ${
        way}, session <code>${report.session_id}</code>, on <time datetime="${
        report.finished_at}">${report.finished_at.replace('T', ' ').replace('Z', ' UTC')}</time>.
</p><p>The figures are in demo.json beside this page. Nothing here is loaded from elsewhere.</p>
</footer>`;
}

function plots(report) {
    const seats = map(report.seats);
    const killed = report.incidents.length > 0;
    return h`<div class="plots">
${figure({
        title: 'When each seat was sold',
        note: 'Each dot is a seat; each colour is a tenth of the sales, from first to last.',
        className: 'wide',
    }, h`${seats.legend}${seats.svg}`)}
${seatsOverTime(report)}${requestsOverTime(report)}
${killed && recoveryMarks(report)}
${refusalsByReason(report)}${refusalsOverTime(report)}
${latencyByStep(report)}${stepTable(report)}
${latencyOverTime(report)}
</div>`;
}

// The whole document, for a report that demo.json describes.
export function document(report) {
    const kept = laws(report);
    return h`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<title>tix demo: ${grouped(report.sold)} of ${grouped(report.capacity)} seats sold</title>
<style>${raw(style)}</style></head>
<body><header><p class="brand">tix <span>report of a sale</span></p></header>
<main>${verdict(report, kept)}
${tiles(report)}
${moneyLine(report)}
<h2>The sale</h2>
${plots(report)}
<h2>The books</h2>
<div class="plots books">${lawTable(kept)}${crowdFacts(report)}
${report.incidents.length > 0 && recoveryTables(report)}</div></main>
${footer(report)}</body></html>`;
}
