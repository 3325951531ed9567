/*
 * What `calotype env` and `calotype with` have Node load first (NODE_OPTIONS): a request to one of
 * Amazon's hosts that is signed by this shell's key goes to the cloud of AWS_ENDPOINT_URL instead.
 * Version 2 of the JavaScript SDK does not read that variable, and without this it would send what
 * it signed to Amazon. The Host header stays as it was signed. fetch cannot send another Host than
 * its URL's, so there such a request is refused. Everything else passes untouched.
 *
 * Written by Calotype into DATA/clients.
 */
'use strict';
const http = require('http');
const https = require('https');
const { URL } = require('url');

const plain = { http: http.request, https: https.request };
/* The names of botocore's partitions.json, and Amazon's own top-level domain. */
const AMAZON = /\.(amazonaws\.(com|com\.cn|eu)|amazonwebservices\.(com\.cn|eu)|aws)\.?$/i;

/* As urlToHttpOptions, which Node has from 14.18 on, makes them, as far as they are needed here. */
function parts(text) {
    const url = new URL(text), options = { protocol: url.protocol, path: url.pathname + url.search };
    options.hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
    if (url.port)
        options.port = Number(url.port);
    if (url.username || url.password)
        options.auth = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    return options;
}

/* The arguments of request: [url], options, [callback]. */
function read(args) {
    const rest = [...args];
    let options = {};
    if (typeof rest[0] === 'string' || rest[0] instanceof URL)
        options = parts(String(rest.shift()));
    if (rest[0] && typeof rest[0] === 'object')
        options = { ...options, ...rest.shift() };
    return { options, callback: rest.find((one) => typeof one === 'function') };
}

function header(headers, name) {
    if (headers && typeof headers.get === 'function')
        return headers.get(name) || '';
    if (Array.isArray(headers) && Array.isArray(headers[0]))
        return header([].concat(...headers), name);
    if (Array.isArray(headers)) {
        const at = headers.findIndex((one, i) => i % 2 === 0 && String(one).toLowerCase() === name);
        return at < 0 ? '' : String(headers[at + 1]);
    }
    for (const [key, value] of Object.entries(headers || {}))
        if (key.toLowerCase() === name)
            return String(value);
    return '';
}

/* Is it signed by this shell's key, in a header or in the path's query? */
function is_ours(headers, path) {
    const key = process.env.AWS_ACCESS_KEY_ID;
    return Boolean(key) && (header(headers, 'authorization') + (path || '')).includes(key);
}

function request(scheme, args) {
    const endpoint = process.env.AWS_ENDPOINT_URL, key = process.env.AWS_ACCESS_KEY_ID;
    const { options, callback } = endpoint && key ? read(args) : { options: {} };
    const host = String(options.hostname || options.host || '').replace(/:\d+$/, '');
    if (!AMAZON.test(host) || !is_ours(options.headers, options.path))
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

if (typeof fetch === 'function') {
    const plain_fetch = fetch;
    globalThis.fetch = function fetch(input, init) {
        const text = String((input && input.url) || input), at = text.match(/^https?:\/\/([^/?#]*)/i);
        const host = at ? at[1].replace(/^.*@/, '').replace(/:\d*$/, '') : '';
        const headers = (init && init.headers) || (input && input.headers);
        if (AMAZON.test(host) && process.env.AWS_ENDPOINT_URL && is_ours(headers, text))
            return Promise.reject(new Error(
                `this is signed by the key of ${process.env.AWS_ENDPOINT_URL}, and would go to ${host}: give the client that endpoint`));
        return plain_fetch.apply(this, arguments);
    };
}
