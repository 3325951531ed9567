"use strict";
// What a Node function starts with: loads the handler, then serves the runtime API until killed.
// Written by Calotype and put at /var/runtime/bootstrap.js of every sandbox of a nodejs runtime.
const http = require("http");
const path = require("path");
const { pathToFileURL } = require("url");

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const ROOT = "/2018-06-01/runtime/";

function call(method, where, body = "") {
  return new Promise((resolve, reject) => {
    const headers = { "Content-Length": Buffer.byteLength(body), "Content-Type": "application/json" };
    const request = http.request({ host, port, method, path: ROOT + where, agent, headers }, (answer) => {
      const pieces = [];
      answer.on("data", (piece) => pieces.push(piece));
      answer.on("end", () => resolve({ headers: answer.headers, body: Buffer.concat(pieces).toString() }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

const describe = (error) => JSON.stringify({
  errorType: error.name, errorMessage: error.message, trace: String(error.stack).split("\n") });

async function load(name) {
  const at = name.lastIndexOf(".");
  const file = path.resolve(process.env.LAMBDA_TASK_ROOT, name.slice(0, at));
  for (const ending of [".js", ".mjs", ".cjs"]) {
    if (require("fs").existsSync(file + ending))
      return (await import(pathToFileURL(file + ending).href))[name.slice(at + 1)];
  }
  throw new Error(`Cannot find module '${name}'`);
}

async function serve() {
  const handler = await load(process.env._HANDLER);
  for (;;) {
    const next = await call("GET", "invocation/next");
    const id = next.headers["lambda-runtime-aws-request-id"];
    try {
      const answer = await handler(JSON.parse(next.body), { awsRequestId: id });
      await call("POST", `invocation/${id}/response`, JSON.stringify(answer === undefined ? null : answer));
    } catch (error) {
      await call("POST", `invocation/${id}/error`, describe(error));
    }
  }
}

serve().catch((error) => call("POST", "init/error", describe(error)).then(() => process.exit(1)));
