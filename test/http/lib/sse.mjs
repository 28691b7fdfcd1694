// A reader of server-sent events that may lose its connection whenever the test likes.
import http from 'node:http';
import { edge, freshAddress } from './client.mjs';

export class Stream {
    lastId = undefined;
    opened = 0;
    statuses = [];

    // hear({ event, id, data }) for each message, open() each time a stream has begun.
    constructor(path, { headers = {}, hear = () => {}, open = () => {} } = {}) {
        Object.assign(this, { path, headers, hear, open, address: freshAddress() });
    }

    // Resolves with the status once the answer has begun.
    connect() {
        this.closed = false;
        return new Promise((resolve) => {
            const headers = { accept: 'text/event-stream', ...this.headers };
            if (this.lastId) headers['last-event-id'] = this.lastId;
            const call = http.get(edge + this.path,
                { agent: false, headers, localAddress: this.address }, (response) => {
                    this.statuses.push(response.statusCode);
                    this.answer = response;
                    if (response.statusCode === 200) {
                        this.opened++;
                        this.open();
                    }
                    let text = '';
                    response.setEncoding('utf8');
                    response.on('data', (part) => {
                        if (this.call !== call) return;
                        const blocks = (text + part).split('\n\n');
                        text = blocks.pop();
                        for (const block of blocks) this.#block(block);
                    });
                    response.on('error', () => {});
                    response.on('close', () => this.#ended(call));
                    resolve(response.statusCode);
                });
            this.call = call;
            call.on('error', () => { this.#ended(call); resolve(0); });
        });
    }

    // Breaks the connection off and comes back, with what it last saw unless `forget`.
    drop({ after = 0, forget = false } = {}) {
        this.call.destroy();
        if (forget) this.lastId = undefined;
        return new Promise((resolve) => {
            setTimeout(() => resolve(this.closed ? 0 : this.connect()), after);
        });
    }

    close() {
        this.closed = true;
        this.call?.destroy();
    }

    #ended(call) {
        if (this.call === call) this.ended = true;
    }

    #block(block) {
        const fields = {};
        for (const line of block.split('\n')) {
            const colon = line.indexOf(': ');
            if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 2);
        }
        if (fields.data === undefined) return;
        if (fields.id) this.lastId = fields.id;
        this.hear({ ...fields, data: JSON.parse(fields.data) });
    }
}
