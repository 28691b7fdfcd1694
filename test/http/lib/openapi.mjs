// The OpenAPI document as a list of operations; test/http/run.sh has made JSON of it.
import { readFileSync } from 'node:fs';

const document = JSON.parse(readFileSync(process.env.TIX_OPENAPI_JSON, 'utf8'));

// Follows references, everywhere; the document has no cycles.
function resolve(node) {
    if (Array.isArray(node)) return node.map(resolve);
    if (node === null || typeof node !== 'object') return node;
    if (node.$ref) {
        const path = node.$ref.replace('#/', '').split('/');
        return resolve(path.reduce((part, step) => part[step], document));
    }
    return Object.fromEntries(Object.entries(node).map(([name, part]) => [name, resolve(part)]));
}

export const problemCodes = document.components.schemas.Problem.properties.code.enum;

const fields = (schema) => (schema?.properties ? schema : undefined);
export const allRoles = document.components.schemas.User.properties.role.enum;

export const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
        const { operationId, parameters = [], requestBody, responses } = resolve(operation);
        const schema = requestBody?.content['application/json'].schema;
        return {
            id: operationId, method: method.toUpperCase(), path, parameters, responses,
            security: operation.security ?? document.security,
            roles: operation['x-roles'] ?? allRoles,
            hasBody: requestBody !== undefined,
            // Of several forms the first. A document of another format, such as a seating plan,
            // has no members of ours.
            body: fields(schema?.anyOf?.[0] ?? schema),
        };
    }));

// The path of an operation with its parameters filled in.
export function fill(path, values) {
    return path.replace(/\{(\w+)\}/g, (_, name) => {
        if (values[name] === undefined) throw new Error(`no value for ${name} of ${path}`);
        return encodeURIComponent(values[name]);
    });
}

// A value that the schema of a body allows: the members it must have, with values of `known` for
// those that are named there.
export function instance(schema, known = {}) {
    if (schema.example !== undefined) return schema.example;
    if (schema.const !== undefined) return schema.const;
    if (schema.enum) return schema.enum[0];
    const type = [schema.type].flat()[0];
    if (type === 'object') {
        return Object.fromEntries((schema.required ?? []).map((name) =>
            [name, known[name] ?? instance(schema.properties[name], known)]));
    }
    if (type === 'array') {
        return Array.from({ length: schema.minItems ?? 0 }, () => instance(schema.items, known));
    }
    if (type === 'integer' || type === 'number') return schema.minimum ?? 0;
    if (type === 'boolean') return false;
    if (schema.format === 'uuid') return '00000000-0000-4000-8000-000000000000';
    if (schema.format === 'date-time') return '2031-01-01T20:00:00Z';
    return 'x'.repeat(Math.max(schema.minLength ?? 1, 1));
}
