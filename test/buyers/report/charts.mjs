// Charts as inline SVG: a frame with axes, and what is drawn inside it.
import { plain } from './format.mjs';
import { h } from './markup.mjs';
import { linear, ticks } from './scales.mjs';

const stripsMax = 120;
const markSize = 6;
const sinceBegin = 'seconds since the sale began';

const short = (number) => Number(number.toFixed(1));

// An SVG that says what it is to those who cannot see it.
export function drawing({ width, height, title, desc, className = 'chart' }, body) {
    return h`<svg class="${className}" viewBox="0 0 ${width} ${height}" role="img">
<title>${title}</title><desc>${desc}</desc>
${body}</svg>`;
}

// A figure of the page: heading, one sentence, the drawing, and a legend if there is one: pairs of
// the class of a swatch, or a drawing of its own, and its name.
export const figure = ({ title, note, legend, className = '' }, drawn) => h`
<figure class="card ${className}"><h3>${title}</h3><p class="note">${note}</p>
${legend?.length > 0 && h`<ul class="legend">${legend.map(([look, text]) =>
        h`<li>${typeof look === 'string' ? h`<i class="${look}"></i>` : look}${text}</li>`)}</ul>`}
${drawn}</figure>`;

// The box in which a chart is drawn, with the places of its axes.
export function box({ width = 640, height = 330, left = 92, right = 14, top = 18, bottom = 52 }) {
    return { width, height, left, right: width - right, top, bottom: height - bottom };
}

// The horizontal axis of a sale: seconds since it began.
export function timeAxis(area, untilMs, { wanted = 6, label = sinceBegin } = {}) {
    const x = linear(0, untilMs / 1000, area.left, area.right);
    const marks = ticks(untilMs / 1000, wanted);
    const axis = h`<g class="axis axis-x">
${marks.map((s) => h`<line x1="${short(x(s))}" x2="${short(x(s))}" y1="${area.bottom}"
 y2="${area.bottom + 4}"/><text x="${short(x(s))}" y="${area.bottom + 19}">${plain(s)}</text>`)}
<line x1="${area.left}" x2="${area.right}" y1="${area.bottom}" y2="${area.bottom}"/>
${label && h`<text class="label" x="${(area.left + area.right) / 2}"
 y="${area.bottom + 42}">${label}</text>`}</g>`;
    return { x: (ms) => x(ms / 1000), axis };
}

// The vertical axis with lines across; `marks` are the values.
export function valueAxis(area, y, marks, label) {
    const middle = (area.top + area.bottom) / 2;
    return h`<g class="axis axis-y">
${marks.map((value) => h`<line class="grid" x1="${area.left}" x2="${area.right}"
 y1="${short(y(value))}" y2="${short(y(value))}"/>
<text x="${area.left - 8}" y="${short(y(value) + 4)}">${plain(value)}</text>`)}
${label && h`<text class="label" x="16" y="${middle}"
 transform="rotate(-90 16 ${middle})">${label}</text>`}</g>`;
}

// From 0 up to a little more than the highest value.
export function countAxis(area, highest, label) {
    const y = linear(0, highest * 1.04 || 1, area.bottom, area.top);
    return { y, axis: valueAxis(area, y, ticks(y.high, 5), label) };
}

const points = (xs, ys) => xs.map((x, i) => `${short(x)} ${short(ys[i])}`).join('L');

export const linePath = (xs, ys) => (xs.length ? `M${points(xs, ys)}` : '');

// Between two lines over the same places.
export const bandPath = (xs, lows, highs) =>
    xs.length
        ? `M${points(xs, highs)}L${points([...xs].reverse(), [...lows].reverse())}Z`
        : '';

// Layers on top of each other; each is {name, className, values}.
export function stacked(xs, y, layers) {
    let below = xs.map(() => 0);
    return layers.map(({ name, className, values }) => {
        const above = below.map((value, i) => value + values[i]);
        const path = bandPath(xs, below.map(y), above.map(y));
        below = above;
        return h`<path class="area ${className}" d="${path}"><title>${name}</title></path>`;
    });
}

// Unseen strips over the whole height that tell the figures of their moment.
export function strips(area, xs, tell) {
    const every = Math.ceil(xs.length / stripsMax);
    const shown = xs.map((_, i) => i).filter((i) => i % every === 0);
    return h`<g class="strips">${shown.map((i, n) => {
        const next = n + 1 < shown.length ? xs[shown[n + 1]] : area.right;
        const width = short(Math.max(0, next - xs[i]));
        return h`<rect x="${short(xs[i])}" y="${area.top}" width="${width}"
 height="${area.bottom - area.top}"><title>${tell(i)}</title></rect>`;
    })}</g>`;
}

// One sign for each kind, told apart by form as well as by colour.
const forms = [
    (r) => `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`,
    (r) => `M${-r} ${-r}h${2 * r}v${2 * r}h${-2 * r}Z`,
    (r) => `M0 ${-r}L${r} ${r}L${-r} ${r}Z`,
    (r) => `M0 ${-1.3 * r}L${1.3 * r} 0L0 ${1.3 * r}L${-1.3 * r} 0Z`,
    (r) => `M${-r} ${-r}L${r} ${-r}L0 ${r}Z`,
    (r) => `M0 ${-1.4 * r}L${0.4 * r} ${-0.4 * r}L${1.4 * r} 0L${0.4 * r} ${0.4 * r}L0 ${1.4 * r}` +
        `L${-0.4 * r} ${0.4 * r}L${-1.4 * r} 0L${-0.4 * r} ${-0.4 * r}Z`,
];

export const sign = (kind, x, y, title, size = markSize) => h`
<path class="sign fill-${kind % forms.length}" transform="translate(${short(x)} ${short(y)})"
 d="${forms[kind % forms.length](size)}">${title && h`<title>${title}</title>`}</path>`;

// The same for a legend.
export const signAlone = (kind) => h`<svg class="sign-alone" viewBox="-10 -10 20 20"
 aria-hidden="true">${sign(kind, 0, 0, '', 7)}</svg>`;

// Thin lines down a chart over time, one for each incident.
export const killLines = (area, x, incidents) => h`<g class="kills">${incidents.map(
    ({ at_ms: atMs, victim }) => h`<line x1="${short(x(atMs))}" x2="${short(x(atMs))}"
 y1="${area.top}" y2="${area.bottom}"><title>${victim} killed</title></line>`)}</g>`;
