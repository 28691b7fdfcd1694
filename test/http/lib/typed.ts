// A buyer's client whose every type comes from the OpenAPI document; types.test.mjs compiles it in
// strict mode and runs it. Where it says that an error is expected, the document must object.
import type { components, paths } from './tix';

type Method = 'get' | 'post' | 'patch' | 'delete';
type Operation<P extends keyof paths, M extends Method> =
    M extends keyof paths[P] ? NonNullable<paths[P][M]> : never;
type Json<T> = T extends { content: { 'application/json': infer B } } ? B : undefined;
type Responses<O> = O extends { responses: infer R } ? R : never;
type Success<R> = { [S in keyof R]: S extends 200 | 201 | 202 | 204 ? Json<R[S]> : never }[keyof R];
type Body<O> = O extends { requestBody: infer B } ? Json<B> : undefined;
type Query<O> = O extends { parameters: { query?: infer Q } } ? Q : never;
type Path<O> = O extends { parameters: { path: infer P } } ? P : Record<string, never>;
type Problem = components['schemas']['Problem'];

export class Refused extends Error {
    constructor(readonly problem: Problem) { super(problem.code); }
}

export class Tix {
    private token?: string;

    constructor(private readonly base: string) {}

    async ask<P extends keyof paths, M extends Method>(method: M, path: P, more: {
        path?: Path<Operation<P, M>>; query?: Query<Operation<P, M>>; body?: Body<Operation<P, M>>;
    } = {}): Promise<Success<Responses<Operation<P, M>>>> {
        const filled = (path as string).replace(/\{(\w+)\}/g, (_, name: string) =>
            encodeURIComponent(String((more.path as Record<string, string>)[name])));
        const query = new URLSearchParams((more.query ?? {}) as Record<string, string>);
        const answer = await fetch(`${this.base}${filled}?${query}`, {
            method: method.toUpperCase(),
            headers: {
                ...(more.body === undefined ? {} : { 'Content-Type': 'application/json' }),
                ...(this.token === undefined ? {} : { Authorization: `Bearer ${this.token}` }),
            },
            ...(more.body === undefined ? {} : { body: JSON.stringify(more.body) }),
        });
        if (!answer.ok) throw new Refused(await answer.json() as Problem);
        return (answer.status === 204 ? undefined : await answer.json()) as
            Success<Responses<Operation<P, M>>>;
    }

    async login(email: string, password: string): Promise<components['schemas']['User']> {
        const { data } = await this.ask('post', '/v1/auth/login', { body: { email, password } });
        this.token = data.accessToken;
        return data.user;
    }
}

// Who signs in, what is on, and what was bought: each answer has the type of its schema.
export async function look(base: string, email: string, password: string) {
    const tix = new Tix(base);
    const user = await tix.login(email, password);
    const events = await tix.ask('get', '/v1/events', { query: { limit: 1 } });
    const orders = await tix.ask('get', '/v1/orders');
    const names: string[] = events.data.map((event) => event.name);
    const role: 'buyer' | 'organizer' | 'box_office' | 'gate' | 'admin' = user.role;
    return { role, names, orders: orders.data.length };
}

// What the document forbids does not compile.
export async function wrong(tix: Tix) {
    // @ts-expect-error there is no such path
    await tix.ask('get', '/v1/nothing');
    // @ts-expect-error an e-mail is a text
    await tix.ask('post', '/v1/auth/login', { body: { email: 1, password: 'x' } });
    // @ts-expect-error a password is needed
    await tix.ask('post', '/v1/auth/login', { body: { email: 'a@example.org' } });
    const { data } = await tix.ask('get', '/v1/events');
    // @ts-expect-error an event has no such member
    return data[0]?.colour;
}

// A code is one of the list, and every code of it is a text of its own.
export function isOver(problem: Problem): boolean {
    const over: Problem['code'] = 'sale_ended';
    // @ts-expect-error the list has no such code
    const never: Problem['code'] = 'no_such_code';
    return problem.code === over && problem.code !== never;
}
