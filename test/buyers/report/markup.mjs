// Text that becomes markup: whatever is put into a template is escaped unless it is markup itself.
const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
// Characters that XML does not know at all.
const unknown = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

class Markup {
    constructor(text) {
        this.text = text;
    }
}

function print(value) {
    if (value instanceof Markup) return value.text;
    if (Array.isArray(value)) return value.map(print).join('');
    if (value === null || value === undefined || value === false) return '';
    return String(value).replace(unknown, '\ufffd').replace(/[&<>"']/g, (c) => entities[c]);
}

// h`<b>${text}</b>`: arrays are joined; null, undefined and false print nothing.
export function h(strings, ...values) {
    return new Markup(String.raw({ raw: strings }, ...values.map(print)));
}

// What is markup or a style sheet already: for constants of this program only.
export const raw = (text) => new Markup(text);

// The text of the page; nothing else leaves this module unescaped.
export const page = (markup) => `${markup.text}\n`;
