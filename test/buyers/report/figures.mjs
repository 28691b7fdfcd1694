// The charts of a sale, each made from the figures of the report.
import {
    bandPath, box, countAxis, drawing, figure, killLines, linePath, sign, signAlone, stacked,
    strips, timeAxis, valueAxis,
} from './charts.mjs';
import { counted, grouped, ms, plain, seconds } from './format.mjs';
import { h } from './markup.mjs';
import { decades, linear, logarithmic, powers } from './scales.mjs';

const reasonsShown = 6;

const killLegend = (incidents) => (incidents.length > 0 ? [['kill', 'a process was killed']] : []);

// Between two points of a cumulative count: how many a second.
function rates(times, counts) {
    return counts.map((count, i) =>
        i === 0 || times[i] <= times[i - 1]
            ? 0
            : (1000 * (count - counts[i - 1])) / (times[i] - times[i - 1]));
}

// The mean of each value and its neighbours, about two seconds wide: the eye sees the course.
function smooth(values, times) {
    const perPoint = (times.at(-1) - times[0]) / Math.max(1, times.length - 1);
    const reach = Math.min(4, Math.floor(1000 / Math.max(1, perPoint)));
    return values.map((_, i) => {
        const near = values.slice(Math.max(0, i - reach), i + reach + 1);
        return near.reduce((sum, value) => sum + value, 0) / near.length;
    });
}

// Layers over time, with the kills; each layer has a number for each point of the timeline.
function layersOverTime(report, { title, note, label, highest, layers, named, tell, desc }) {
    const { timeline, incidents, selling_ms: until } = report;
    const area = box({});
    const { x, axis } = timeAxis(area, until);
    const vertical = countAxis(area, highest, label);
    const xs = timeline.t_ms.map((t) => Math.min(x(t), area.right));
    return figure({
        title,
        note,
        legend: [...(named ? layers.map((layer) => [layer.className, layer.name]) : []),
            ...killLegend(incidents)],
    }, drawing({ ...area, title, desc },
        h`${stacked(xs, vertical.y, layers)}${vertical.axis}${axis}${killLines(area, x, incidents)}
${strips(area, xs, (i) => `${seconds(timeline.t_ms[i])} s: ${tell(i)}`)}`));
}

export function seatsOverTime(report) {
    const { timeline, capacity } = report;
    const tell = (i) => `${grouped(timeline.sold[i])} sold, ${grouped(timeline.held[i])} held, ${
        grouped(timeline.free[i])} free`;
    return layersOverTime(report, {
        title: 'Seats by state over time',
        note: 'Free seats are held for a while, then sold; holds that are not paid come back.',
        label: 'seats',
        highest: capacity,
        layers: ['sold', 'held', 'free'].map((name) =>
            ({ name, className: name, values: timeline[name] })),
        named: true,
        tell,
        desc: `At the end ${tell(timeline.t_ms.length - 1)}.`,
    });
}

export function requestsOverTime(report) {
    const { t_ms: times, requests } = report.timeline;
    const values = smooth(rates(times, requests), times);
    return layersOverTime(report, {
        title: 'Requests answered over time',
        note: 'How many a second, over about two seconds.',
        label: 'requests a second',
        highest: Math.max(...values),
        layers: [{ name: 'requests', className: 'area-0', values }],
        tell: (i) => `${grouped(values[i])} requests a second`,
        desc: `${counted(requests.at(-1), 'request')} were answered in all.`,
    });
}

// [reason, times], most first.
export const refusals = ({ crowd }) => Object.entries(crowd.refused).sort((a, b) => b[1] - a[1]);

export function refusalsByReason(report) {
    const rows = refusals(report);
    const sum = rows.reduce((all, [, times]) => all + times, 0);
    const rowHeight = 34;
    const area = box({ height: rows.length * rowHeight + 80, left: 142, right: 84 });
    const x = linear(0, Math.max(1, ...rows.map((row) => row[1])), area.left, area.right);
    const bars = rows.map(([reason, times], i) => {
        const y = area.top + i * rowHeight;
        const share = grouped((100 * times) / (sum || 1), 1);
        return h`<g><title>${reason}: ${grouped(times)}, ${share} % of the refusals</title>
<text class="row" x="${area.left - 8}" y="${y + 18}">${reason}</text>
<rect class="fill-${Math.min(i, reasonsShown)}" x="${area.left}" y="${y + 4}" height="20"
 width="${Math.max(1, x(times) - area.left).toFixed(1)}"/>
<text class="value" x="${(x(times) + 6).toFixed(1)}" y="${y + 18}">${grouped(times)}</text></g>`;
    });
    return figure({
        title: 'Refusals by reason',
        note: `${grouped(sum)} wishes were refused, each with a reason, and the buyer chose again.`,
    }, drawing({
        ...area,
        title: 'Refusals by reason',
        desc: rows.map(([reason, times]) => `${reason} ${grouped(times)}`).join(', ') || 'None.',
    }, h`<g class="axis"><line x1="${area.left}" x2="${area.left}" y1="${area.top}"
 y2="${area.bottom}"/><text class="label" x="${(area.left + area.right) / 2}"
 y="${area.bottom + 32}">refused requests</text></g>${bars}`));
}

export function refusalsOverTime(report) {
    const { t_ms: times, refused } = report.timeline;
    const rate = (counts) => smooth(rates(times, counts), times);
    const sums = (columns) => times.map((_, i) =>
        columns.reduce((sum, values) => sum + values[i], 0));
    const reasons = refusals(report).map(([reason]) => reason).filter((name) => name in refused);
    const layers = reasons.slice(0, reasonsShown).map((name, i) =>
        ({ name, className: `area-${i}`, values: rate(refused[name]) }));
    const others = reasons.slice(reasonsShown);
    if (others.length > 0) {
        layers.push({
            name: 'others',
            className: `area-${reasonsShown}`,
            values: rate(sums(others.map((name) => refused[name]))),
        });
    }
    return layersOverTime(report, {
        title: 'Refusals over time',
        note: 'How many a second, over about two seconds.',
        label: 'refusals a second',
        highest: Math.max(...sums(layers.map((layer) => layer.values))),
        layers,
        named: true,
        tell: (i) => layers.map((layer) => `${layer.name} ${grouped(layer.values[i])}`).join(', '),
        desc: `The reasons are ${reasons.join(', ') || 'none'}.`,
    });
}

export function latencyByStep({ steps }) {
    const rows = Object.entries(steps);
    const rowHeight = 25;
    const area = box({ height: rows.length * rowHeight + 84, left: 142 });
    const [low, high] = decades(rows.flatMap(([, s]) => [s.p50_us / 1000, s.max_us / 1000]));
    const x = logarithmic(low, high, area.left, area.right);
    const at = (us) => x(us / 1000).toFixed(1);
    const grid = powers(low, high).map((value) => h`<line class="grid" x1="${x(value).toFixed(1)}"
 x2="${x(value).toFixed(1)}" y1="${area.top}" y2="${area.bottom}"/><text
 x="${x(value).toFixed(1)}" y="${area.bottom + 18}">${plain(value)}</text>`);
    const bars = rows.map(([name, s], i) => {
        const y = area.top + (i + 0.5) * rowHeight;
        return h`<g><title>${name}: p50 ${ms(s.p50_us)} ms, p95 ${ms(s.p95_us)} ms, p99 ${
            ms(s.p99_us)} ms, max ${ms(s.max_us)} ms; ${counted(s.calls, 'call')}</title>
<rect class="hit" x="0" y="${y - rowHeight / 2}" width="${area.width}" height="${rowHeight}"/>
<text class="row" x="${area.left - 8}" y="${y + 4}">${name}</text>
<line class="whisker" x1="${at(s.p99_us)}" x2="${at(s.max_us)}" y1="${y}" y2="${y}"/>
<line class="whisker" x1="${at(s.max_us)}" x2="${at(s.max_us)}" y1="${y - 4}" y2="${y + 4}"/>
<line class="range wide" x1="${at(s.p50_us)}" x2="${at(s.p95_us)}" y1="${y}" y2="${y}"/>
<line class="range" x1="${at(s.p95_us)}" x2="${at(s.p99_us)}" y1="${y}" y2="${y}"/>
<circle class="median" cx="${at(s.p50_us)}" cy="${y}" r="5"/></g>`;
    });
    return figure({
        title: 'Latency by step',
        note: 'From sending a request to its answer, as the buyer sees it.',
        legend: [['dot median', 'p50'], ['bar-wide', 'to p95'], ['bar', 'to p99'],
            ['bar-thin', 'to the longest']],
    }, drawing({
        ...area,
        title: 'Latency by step',
        desc: rows.map(([name, s]) =>
            `${name}: p50 ${ms(s.p50_us)} ms, p99 ${ms(s.p99_us)} ms`).join('; ') || 'None.',
    }, h`<g class="axis axis-x">${grid}<text class="label" x="${(area.left + area.right) / 2}"
 y="${area.bottom + 42}">milliseconds, logarithmic</text></g>${bars}`));
}

// A small chart of one step; all have the same axes, so that they can be compared.
function latencyPanel(name, step, latency, [low, high], until, incidents) {
    const area = box({ width: 320, height: 180, left: 80, right: 8, top: 10, bottom: 44 });
    const { x, axis } = timeAxis(area, until, { wanted: 4, label: 'seconds' });
    const y = logarithmic(low, high, area.bottom, area.top);
    const taken = step.calls.map((_, i) => i).filter((i) => step.calls[i] > 0);
    const xs = taken.map((i) =>
        Math.min(area.right, x((latency.from_ms[i] + latency.until_ms[i]) / 2)));
    const [median, high99] = [step.p50_us, step.p99_us].map((us) =>
        taken.map((i) => y(us[i] / 1000)));
    const tell = (n) => {
        const i = taken[n];
        return `${name}, ${seconds(latency.from_ms[i])}\u2013${seconds(latency.until_ms[i])} s: ` +
            `p50 ${ms(step.p50_us[i])} ms, p99 ${ms(step.p99_us[i])} ms, ` +
            counted(step.calls[i], 'call');
    };
    const worst = Math.max(...taken.map((i) => step.p99_us[i]), 0);
    return h`<div class="panel"><h4>${name}</h4>${drawing({
        ...area,
        title: `Latency of ${name} over time`,
        desc: `The highest p99 of an interval is ${ms(worst)} ms.`,
    }, h`${valueAxis(area, y, powers(low, high), 'ms')}${axis}
${killLines(area, x, incidents)}<path class="band" d="${bandPath(xs, median, high99)}"/>
<path class="line p99" d="${linePath(xs, high99)}"/>
<path class="line p50" d="${linePath(xs, median)}"/>${strips(area, xs, tell)}`)}</div>`;
}

export function latencyOverTime({ latency, incidents, selling_ms: until }) {
    const steps = Object.entries(latency.steps);
    const all = steps.flatMap(([, step]) => [...step.p50_us, ...step.p99_us]);
    const span = decades(all.map((us) => us / 1000));
    return figure({
        title: 'Latency over time',
        note: 'p50 and p99 of each step, interval by interval; the axis is logarithmic.',
        legend: [['bar-p50', 'p50'], ['bar-p99', 'p99'], ...killLegend(incidents)],
        className: 'wide',
    }, h`<div class="panels">${steps.map(([name, step]) =>
        latencyPanel(name, step, latency, span, until, incidents))}</div>`);
}

export function recoveryMarks({ incidents, recovery, selling_ms: until }) {
    const victims = Object.keys(recovery);
    const area = box({ width: 1280, height: 340 });
    const { x, axis } = timeAxis(area, until, { wanted: 10 });
    const back = incidents.map((incident) => incident.back_ms).filter((value) => value >= 0);
    const [low, high] = decades([...back, 100, 1000]);
    const y = logarithmic(low, high, area.bottom, area.top + 16);
    const marks = incidents.map(({ at_ms: at, victim, pid, back_ms: after }) => {
        const kind = Math.max(0, victims.indexOf(victim));
        const title = `${seconds(at)} s: ${victim} (process ${pid}) killed, ` +
            (after < 0 ? 'never back' : `back after ${grouped(after)} ms`);
        if (after >= 0) return sign(kind, x(at), y(after), title, 7);
        return h`<g class="never" transform="translate(${x(at).toFixed(1)} ${area.top + 4})">
<title>${title}</title><path d="M-7 -7L7 7M-7 7L7 -7"/></g>`;
    });
    return figure({
        title: 'Kills and recoveries',
        note: 'Each sign is a process killed with signal 9: when, and how long until buyers were ' +
            'served again. A cross at the top never came back.',
        legend: victims.map((victim, i) => [signAlone(i), victim]),
        className: 'wide',
    }, drawing({
        ...area,
        title: 'Kills and recoveries over time',
        desc: victims.map((victim) => `${victim}: ${counted(recovery[victim].kills, 'kill')}, ` +
            `longest ${grouped(recovery[victim].max_ms)} ms`).join('; '),
        className: 'chart broad',
    }, h`${valueAxis(area, y, powers(low, high), 'ms until back, logarithmic')}${axis}
${marks}`));
}
