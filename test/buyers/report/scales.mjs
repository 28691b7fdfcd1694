// From values to places on the paper, and the round numbers written beside an axis.

// A place for each value from `low` to `high`, between `start` and `end`.
export function linear(low, high, start, end) {
    const span = high - low || 1;
    const place = (value) => start + ((value - low) / span) * (end - start);
    return Object.assign(place, { low, high, start, end });
}

// The same by orders of magnitude; what is below `low` sits on it.
export function logarithmic(low, high, start, end) {
    const inner = linear(Math.log10(low), Math.log10(high), start, end);
    const place = (value) => inner(Math.log10(Math.max(value, low)));
    return Object.assign(place, { low, high, start, end });
}

// Round numbers from 0 to `high`, about `wanted` of them.
export function ticks(high, wanted) {
    const rough = (high || 1) / wanted;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((part) => part * power >= rough * 0.999);
    const found = [];
    for (let i = 0; i * step <= high * 1.0001; i++) found.push(Number((i * step).toPrecision(12)));
    return found;
}

// The powers of ten that enclose all the values; at least one order of magnitude.
export function decades(values) {
    const positive = values.filter((value) => value > 0);
    if (positive.length === 0) return [1, 10];
    const low = Math.floor(Math.log10(Math.min(...positive)));
    const high = Math.ceil(Math.log10(Math.max(...positive)));
    return [10 ** low, 10 ** Math.max(high, low + 1)];
}

export function powers(low, high) {
    const found = [];
    for (let power = Math.round(Math.log10(low)); power <= Math.round(Math.log10(high)); power++)
        found.push(10 ** power);
    return found;
}
