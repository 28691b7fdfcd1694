// Numbers as people read them.
const thin = '\u202f'; // a narrow space where no line breaks

// 1234567 → "1 234 567"; with so many digits after the point.
export function grouped(number, digits = 0) {
    const [whole, part] = Math.abs(number).toFixed(digits).split('.');
    const sign = number < 0 && Number(number.toFixed(digits)) !== 0 ? '\u2212' : '';
    const printed = whole.replace(/\B(?=(\d{3})+$)/g, thin);
    return sign + printed + (part ? `.${part}` : '');
}

// A round number beside an axis, with no more digits than it has.
export const plain = (number) => grouped(number, String(number).split('.')[1]?.length ?? 0);

// With its noun: 1 kill, 2 kills.
export const counted = (number, noun) => `${grouped(number)} ${noun}${number === 1 ? '' : 's'}`;

// Microseconds as milliseconds, to three digits that say something.
export function ms(us) {
    const value = us / 1000;
    return grouped(value, value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

// Milliseconds as seconds.
export const seconds = (value, digits = 1) => grouped(value / 1000, digits);

// Minor units of money as whole units with two digits.
export const money = (minor) => grouped(minor / 100, 2);
