// Reads markup as strictly as XML does, for tests that look into a page.
const names = { amp: '&', lt: '<', gt: '>', quot: '"' };
const token = /<!DOCTYPE html>|<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;

function decode(text) {
    return text.replace(/&(?:#(\d+)|(\w+));|&/g, (entity, code, name) => {
        if (code) return String.fromCodePoint(Number(code));
        if (!(name in names)) throw new Error(`"${text.slice(0, 60)}" has a bare &`);
        return names[name];
    });
}

function attributesOf(text) {
    const attributes = {};
    for (const [, name, value] of text.matchAll(/([\w:-]+)="([^"]*)"/g)) {
        if (name in attributes) throw new Error(`attribute ${name} is given twice`);
        attributes[name] = decode(value);
    }
    return attributes;
}

export class Element {
    children = [];

    constructor(name, attributes, parent) {
        Object.assign(this, { name, attributes, parent });
    }

    // All elements inside for which the test holds, in order.
    find(test) {
        return this.children.flatMap((child) => child instanceof Element
            ? [...(test(child) ? [child] : []), ...child.find(test)]
            : []);
    }

    named(name) {
        return this.find((element) => element.name === name);
    }

    has(className) {
        return (this.attributes.class ?? '').split(/\s+/).includes(className);
    }

    withClass(className) {
        return this.find((element) => element.has(className));
    }

    get text() {
        return this.children
            .map((child) => (child instanceof Element ? child.text : child)).join('');
    }
}

// The root of the page; throws an Error when the markup is not well-formed.
export function parse(text) {
    const top = new Element('', {}, null);
    let open = top;
    token.lastIndex = 0;
    let end = 0;
    for (let found; end < text.length && (found = token.exec(text)); end = token.lastIndex) {
        const [, closing, name, attributes, empty, words] = found;
        if (words !== undefined) {
            open.children.push(decode(words));
        } else if (closing) {
            if (open.name !== name) throw new Error(`</${name}> closes <${open.name}>`);
            open = open.parent;
        } else if (name !== undefined) {
            const element = new Element(name, attributesOf(attributes), open);
            open.children.push(element);
            if (!empty) open = element;
        }
    }
    if (end < text.length) throw new Error(`no markup: ${text.slice(end, end + 80)}`);
    if (open !== top) throw new Error(`<${open.name}> is not closed`);
    return top;
}
