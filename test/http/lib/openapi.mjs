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

export const allRoles = document.components.schemas.User.properties.role.enum;

export const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
        const { operationId, parameters = [], requestBody, responses } = resolve(operation);
        return {
            id: operationId, method: method.toUpperCase(), path, parameters, responses,
            security: operation.security ?? document.security,
            roles: operation['x-roles'] ?? allRoles,
            hasBody: requestBody !== undefined,
            body: requestBody?.content['application/json'].schema,
        };
    }));

// The path of an operation with its parameters filled in.
export function fill(path, values) {
    return path.replace(/\{(\w+)\}/g, (_, name) => {
        if (values[name] === undefined) throw new Error(`no value for ${name} of ${path}`);
        return encodeURIComponent(values[name]);
    });
}
