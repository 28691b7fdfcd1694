// The seats of the venue as dots, coloured by when they were sold.
import { drawing } from './charts.mjs';
import { grouped, seconds } from './format.mjs';
import { h } from './markup.mjs';

const side = 5000; // of the longer side of the drawing; places are rounded to whole units
const classes = 10;
const dotPart = 1; // of the distance between two seats

// Where the seats lie, and how to bring them onto the paper.
function bounds(seats) {
    const low = [Infinity, Infinity];
    const high = [-Infinity, -Infinity];
    for (const seat of seats) {
        for (const i of [0, 1]) {
            low[i] = Math.min(low[i], seat[i]);
            high[i] = Math.max(high[i], seat[i]);
        }
    }
    const scale = side / (Math.max(high[0] - low[0], high[1] - low[1]) || 1);
    return { low, size: [0, 1].map((i) => Math.round((high[i] - low[i]) * scale)), scale };
}

// Seats follow each other along their rows, so the usual distance is that of neighbours.
function dotSize(places) {
    const gaps = places.slice(1).map(([x, y], i) => Math.hypot(x - places[i][0], y - places[i][1]));
    gaps.sort((a, b) => a - b);
    const usual = gaps[Math.floor(gaps.length / 2)] || side / 20;
    return Math.max(4, Math.min(usual, side / 20) * dotPart);
}

// The moments at which one share of the seats ends and the next begins.
function cuts(seats) {
    const times = seats.map((seat) => seat[2]).filter((ms) => ms >= 0).sort((a, b) => a - b);
    if (times.length === 0) return [];
    return Array.from({ length: classes + 1 }, (_, i) =>
        times[Math.min(times.length - 1, Math.floor((i * times.length) / classes))]);
}

// The share of each seat: 0 … 9 by time, or `classes` when it was not sold.
function shareOf(ms, limits) {
    if (ms < 0) return classes;
    let share = 0;
    while (share < classes - 1 && ms >= limits[share + 1]) share++;
    return share;
}

// One dot for each place: a line of no length with round ends, from the place before.
function dots(places) {
    let path = '';
    let [x, y] = [0, 0];
    for (const [nextX, nextY] of places) {
        const dy = nextY - y;
        path += `m${nextX - x}${dy < 0 ? '' : ' '}${dy}h0`;
        [x, y] = [nextX, nextY];
    }
    return path;
}

const legend = (shares) => h`<ul class="legend heat">${shares.map(
    ({ name, className, places }) => places.length > 0 && h`
<li title="${grouped(places.length)} seats"><i class="${className}"></i>${name}</li>`)}</ul>`;

// {svg, legend}; seats are [x, y, ms since the sale began or -1].
export function map(seats) {
    const { low, size, scale } = bounds(seats);
    const limits = cuts(seats);
    const places = seats.map(([x, y]) =>
        [Math.round((x - low[0]) * scale), Math.round((y - low[1]) * scale)]);
    const shares = Array.from({ length: classes }, (_, i) => ({
        name: `${seconds(limits[i] ?? 0)}\u2013${seconds(limits[i + 1] ?? 0)} s`,
        className: `heat-${i}`,
        places: [],
    }));
    shares.push({ name: 'not sold', className: 'unsold', places: [] });
    seats.forEach((seat, i) => shares[shareOf(seat[2], limits)].places.push(places[i]));
    const dot = dotSize(places);
    const margin = Math.ceil(dot);
    const [width, height] = size.map((length) => length + 2 * margin);
    const unsold = shares[classes].places.length;
    const desc = `Each dot is one of ${grouped(seats.length)} seats; its colour tells in which ` +
        `tenth of the sales it was sold. ${grouped(unsold)} were not sold.`;
    const svg = drawing({ width, height, title: 'When each seat was sold', desc, className: 'map' },
        h`<g transform="translate(${margin} ${margin})" stroke-width="${dot.toFixed(1)}">
${shares.map(({ name, className, places: own }) => own.length > 0 && h`<path class="${className}"
 d="${dots(own)}"><title>${name}: ${grouped(own.length)} seats</title></path>
`)}</g>`);
    return { svg, legend: legend(shares) };
}
