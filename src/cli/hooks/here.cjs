/*
 * What `calotype env` and `calotype with` have Node load first (NODE_OPTIONS): a request to one of
 * Amazon's hosts that is signed by this shell's key goes to the cloud of AWS_ENDPOINT_URL instead.
 * Version 2 of the JavaScript SDK does not read that variable, and without this it would send what
 * it signed to Amazon. The Host header stays as it was signed. Everything else passes untouched.
 *
 * Written by Calotype into DATA/clients.
 */
'use strict';
const http = require('http');
const https = require('https');
const { URL, urlToHttpOptions } = require('url');

const plain = { http: http.request, https: https.request };
const AMAZON = /\.(amazonaws\.com(\.cn)?|api\.aws)$/i;

/* The arguments of request: [url], options, [callback]. */
function read(args) {
    const rest = [...args];
    let options = {};
    if (typeof rest[0] === 'string' || rest[0] instanceof URL)
        options = urlToHttpOptions(new URL(String(rest.shift())));
    if (rest[0] && typeof rest[0] === 'object')
        options = { ...options, ...rest.shift() };
    return { options, callback: rest.find((one) => typeof one === 'function') };
}

function header(headers, name) {
    if (Array.isArray(headers)) {
        const at = headers.findIndex((one, i) => i % 2 === 0 && String(one).toLowerCase() === name);
        return at < 0 ? '' : String(headers[at + 1]);
    }
    for (const [key, value] of Object.entries(headers || {}))
        if (key.toLowerCase() === name)
            return String(value);
    return '';
}

function request(scheme, args) {
    const endpoint = process.env.AWS_ENDPOINT_URL, key = process.env.AWS_ACCESS_KEY_ID;
    const { options, callback } = endpoint && key ? read(args) : { options: {} };
    const host = String(options.hostname || options.host || '').replace(/:\d+$/, '');
    const signed = header(options.headers, 'authorization') + (options.path || '');
    if (!AMAZON.test(host) || !signed.includes(key))
        return plain[scheme](...args);
    const to = new URL(endpoint), over = to.protocol.slice(0, -1);
    const moved = {
        ...options,
        protocol: to.protocol,
        host: to.hostname,
        hostname: to.hostname,
        port: to.port || undefined,
        servername: '',
        headers: header(options.headers, 'host') ? options.headers : { ...options.headers, Host: host },
    };
    if (over !== scheme || !options.agent)
        delete moved.agent;
    return plain[over](moved, callback);
}

for (const [scheme, module] of Object.entries({ http, https })) {
    module.request = (...args) => request(scheme, args);
    module.get = (...args) => {
        const sent = request(scheme, args);
        sent.end();
        return sent;
    };
}
require('module').syncBuiltinESMExports();
