"use strict";
// What a Node function starts with: loads the handler, then serves the runtime API until killed.
//
// Written by Calotype and put at /var/runtime/bootstrap.js of every sandbox of a nodejs runtime. What
// it does and says is what AWS's runtimes do and say: "Building Lambda functions with Node.js" in the
// Lambda developer guide, and the behaviour of aws-lambda-nodejs-runtime-interface-client. It runs on
// Node 18 and newer; one thread, and nothing is loaded that a handler may never need.
const fs = require("fs");
const net = require("net");
const path = require("path");
const { pathToFileURL } = require("url");
const util = require("util");

const ROOT = "/2018-06-01/runtime/";
const BODY_MOST = 6 * 1024 * 1024 + 100; // what the API takes; it refuses more by the length alone
const TASK = process.env.LAMBDA_TASK_ROOT || "/var/task";
// Node.js 24's runtime has no callbacks; earlier ones have them beside promises.
const PROMISES_ONLY = Number((process.env.AWS_EXECUTION_ENV || "").replace(/^\D*(\d+).*$/, "$1")) >= 24;
const REQUEST_ID = Symbol.for("aws.lambda.runtime.requestId"); // where others look for it
const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");
const { isNativeError } = util.types;

// ---- Errors ----
// An error of the runtime's own, with the type that AWS gives it.
function fault(type, message, more) {
  const Named = { [type]: class extends Error {} }[type]; // JSON logs have the name of the class
  Named.prototype.name = `Runtime.${type}`;
  return Object.assign(new Named(message), more);
}

const clean = (text) => text.replace(/\x7f/g, "%7F");
const isText = (value) => typeof value === "string" && value !== "";
const looksLikeError = (value) => value && isText(value.name) && isText(value.message) && isText(value.stack);

// The document that the caller gets.
function documentOf(error) {
  try {
    if (!isNativeError(error) && !looksLikeError(error))
      return { errorType: typeof error, errorMessage: error.toString(), trace: [] };
    return { errorType: clean(error.name), errorMessage: clean(error.message), trace: clean(error.stack).split("\n") };
  } catch {
    const errorMessage = "callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack";
    return { errorType: "handled", errorMessage };
  }
}

const asError = (value) => (value instanceof Error ? value : new Error(value));

function withHiddenMembers(error) {
  if (!(error instanceof Error))
    return error;
  const shown = { errorType: error.name, errorMessage: error.message, code: error.code, ...error };
  if (typeof error.stack === "string")
    shown.stack = error.stack.split("\n");
  return shown;
}

// As the log has it: every member, and those of the errors within.
function lineOf(error) {
  try {
    return "\t" + JSON.stringify(error, (_, value) => withHiddenMembers(value));
  } catch {
    return "\t" + JSON.stringify(documentOf(error));
  }
}

// ---- The log ----
const LEVELS = {
  TRACE: { name: "TRACE", rank: 1, methods: ["trace"] },
  DEBUG: { name: "DEBUG", rank: 2, methods: ["debug"] },
  INFO: { name: "INFO", rank: 3, methods: ["info", "log"] },
  WARN: { name: "WARN", rank: 4, methods: ["warn"] },
  ERROR: { name: "ERROR", rank: 5, methods: ["error"] },
  FATAL: { name: "FATAL", rank: 6, methods: ["fatal"] },
};
// First word of a frame: a record with its time, in a text or in JSON; the level's bits are added.
const FRAME_TEXT = 0xa55a0003, FRAME_JSON = 0xa55a0002, FRAME_HEAD = 16;
const pause = new Int32Array(new SharedArrayBuffer(4));

// A pipe that is full is waited for; one that the function has closed takes nothing more.
function writeAll(fd, bytes) {
  for (let at = 0; at < bytes.length;) {
    try {
      at += fs.writeSync(fd, bytes, at);
    } catch (error) {
      if (error.code !== "EAGAIN")
        return;
      Atomics.wait(pause, 0, 0, 1);
    }
  }
}

const textOf = (time, level, args) =>
  `${time.toISOString()}\t${globalThis[REQUEST_ID]}\t${level.name}\t${util.format(...args)}`;

const errorMembers = (error) => ({
  errorType: error?.constructor?.name ?? "UnknownError",
  errorMessage: error.message,
  stackTrace: typeof error.stack === "string" ? error.stack.split("\n") : error.stack,
});

function jsonOf(time, level, args) {
  const record = { timestamp: time.toISOString(), level: level.name, requestId: globalThis[REQUEST_ID] };
  if (args.length === 1) {
    record.message = args[0];
    try {
      return JSON.stringify(record, (_, value) => (value instanceof Error ? { ...errorMembers(value), ...value } : value));
    } catch {
      record.message = util.format(args[0]);
      return JSON.stringify(record);
    }
  }
  record.message = util.format(...args);
  const error = args.find((arg) => arg instanceof Error);
  return JSON.stringify(error ? { ...record, ...errorMembers(error) } : record);
}

// One record as one event, newlines and all.
function framed(fd, kind, time, level, text) {
  const length = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(FRAME_HEAD + length);
  frame.writeUInt32BE((kind | (level.rank << 2)) >>> 0, 0);
  frame.writeUInt32BE(length, 4);
  frame.writeBigInt64BE(BigInt(time.valueOf()) * 1000n, 8);
  frame.write(text, FRAME_HEAD);
  writeAll(fd, frame);
}

// Without the pipe for records an event is a line.
const printed = (text) => writeAll(1, Buffer.from(text.replace(/\n/g, "\r") + "\n"));

const IS_JSON = (process.env.AWS_LAMBDA_LOG_FORMAT || "").toUpperCase() === "JSON";

function recorder() {
  const fd = parseInt(process.env._LAMBDA_TELEMETRY_LOG_FD, 10);
  delete process.env._LAMBDA_TELEMETRY_LOG_FD;
  const format = IS_JSON ? jsonOf : textOf, kind = IS_JSON ? FRAME_JSON : FRAME_TEXT, ending = IS_JSON ? "" : "\n";
  return (level, args) => {
    const time = new Date(), text = format(time, level, args);
    if (Number.isNaN(fd))
      printed(text);
    else
      framed(fd, kind, time, level, text + ending);
  };
}

function patchConsole() {
  const record = recorder();
  const lowest = LEVELS[(process.env.AWS_LAMBDA_LOG_LEVEL || "").toUpperCase()] || LEVELS.TRACE;
  for (const level of Object.values(LEVELS)) {
    const silent = level.rank < lowest.rank && level !== LEVELS.FATAL;
    for (const method of level.methods)
      console[method] = silent ? () => {} : (message, ...more) => record(level, [message, ...more]);
  }
}

// What AWS's image has and this machine may lack.
function adviseOnPackages(error) {
  try {
    const [, name] = /Cannot find (?:module|package) '(@(?:aws-sdk|smithy)\/[^'/]+)/.exec(error.message) || [];
    if (!name)
      return;
    const help = fs.existsSync(`${__dirname}/node_modules/@aws-sdk`)
      ? "is not among the packages that `calotype runtime install node` brings: bring it in the function's package or a layer"
      : "is not on this machine: `calotype runtime install node` brings the usual clients, the function's package or a layer any other";
    writeAll(2, Buffer.from(`calotype: ${name} ${help}\n`));
  } catch {
    // an error whose message cannot be had
  }
}

function logError(what, value) {
  const error = asError(value);
  if (IS_JSON)
    console.error(error);
  else
    console.error(what, lineOf(error));
  adviseOnPackages(error);
}

// ---- The runtime API ----
// One connection on the sandbox's own loopback. While an answer is due it keeps the process alive;
// otherwise what the function waits for decides whether the event loop is empty.
class Api {
  constructor(where) {
    const [host, port] = where.split(":");
    this.where = { host, port: Number(port), noDelay: true };
    this.host = where;
    this.socket = null;
    this.due = []; // calls without an answer, in their order
    this.pieces = []; // of the answer on its way
    this.length = 0;
    this.wanted = 0; // bytes with which that answer may be whole; 0: its head is not there yet
  }

  // done(answer): {status, headers, body}
  call(method, what, body, more, done) {
    let length = Buffer.byteLength(body);
    if (length > BODY_MOST) { // the API says what becomes of a longer one
      length = BODY_MOST + 1;
      body = "x".repeat(length);
    }
    const head = `${method} ${ROOT}${what} HTTP/1.1\r\nHost: ${this.host}\r\nContent-Length: ${length}\r\n${more}\r\n`;
    const call = { bytes: head + body, done, again: true };
    this.due.push(call);
    if (!this.socket)
      this.connect();
    this.socket.ref();
    this.socket.write(call.bytes);
  }

  connect() {
    const socket = net.connect(this.where);
    socket.on("data", (piece) => this.take(piece));
    socket.on("error", () => {}); // close follows
    socket.on("close", () => this.closed());
    this.socket = socket;
  }

  // The API has not got a call whose connection was closed before the first byte of an answer, so
  // such a call is made once more. A second time there is nobody to serve.
  closed() {
    const due = this.due;
    this.socket = null;
    if (due.length === 0)
      return;
    if (this.length || !due.every((call) => call.again))
      process.exit(1);
    this.connect();
    for (const call of due) {
      call.again = false;
      this.socket.write(call.bytes);
    }
  }

  take(piece) {
    this.pieces.push(piece);
    this.length += piece.length;
    while (this.due.length && this.length >= Math.max(this.wanted, 1)) {
      const all = this.pieces.length === 1 ? this.pieces[0] : Buffer.concat(this.pieces);
      this.pieces = [all];
      const end = all.indexOf("\r\n\r\n");
      if (end < 0)
        return;
      const [first, ...fields] = all.toString("utf8", 0, end).split("\r\n");
      const headers = {};
      for (const field of fields) {
        const colon = field.indexOf(":");
        headers[field.slice(0, colon).toLowerCase()] = field.slice(colon + 1).trim();
      }
      this.wanted = end + 4 + Number(headers["content-length"] || 0);
      if (this.length < this.wanted)
        return;
      this.answer({ status: Number(first.split(" ")[1]), headers, body: all.toString("utf8", end + 4, this.wanted) }, all);
    }
  }

  answer(answer, all) {
    const call = this.due.shift();
    this.pieces = all.length > this.wanted ? [all.subarray(this.wanted)] : [];
    this.length = all.length - this.wanted;
    this.wanted = 0;
    if (this.due.length === 0)
      this.socket.unref();
    call.done(answer);
  }

  next() {
    return new Promise((resolve) => this.call("GET", "invocation/next", "", "", (answer) => {
      if (answer.status !== 200)
        process.exit(1); // this environment is over
      resolve(answer);
    }));
  }

  respond(id, value, done) {
    let text;
    try {
      text = JSON.stringify(value === undefined ? null : value);
    } catch {
      throw new Error("Unable to stringify response body");
    }
    if (text === undefined)
      throw new TypeError("Wrong arguments"); // a function or a symbol: no JSON, and AWS's words for it
    this.call("POST", `invocation/${id}/response`, text, "Content-Type: application/json\r\n", done);
  }

  fail(where, error, done) {
    const document = documentOf(error), type = document.errorType;
    let more = "Content-Type: application/json\r\n";
    if (/^[A-Za-z.]+$/.test(type)) // a class may have any name
      more += `Lambda-Runtime-Function-Error-Type: ${type.startsWith("Runtime.") ? type : `Function.${type}`}\r\n`;
    this.call("POST", where, JSON.stringify(document), more, done);
  }
}

// ---- The handler ----
const EXTENSIONS = [".js", ".mjs", ".cjs", ...(parseInt(process.versions.node, 10) >= 24 ? [".ts", ".mts", ".cts"] : [])];

// What package.json says of .js files in that folder.
function isModuleFolder(folder) {
  if (folder.endsWith("/node_modules"))
    return false;
  const file = path.join(folder, "package.json");
  if (fs.existsSync(file)) {
    try {
      return JSON.parse(fs.readFileSync(file, "utf8")).type === "module";
    } catch (error) {
      console.warn(`${file} cannot be read, it will be ignored for ES module detection purposes.`, error);
      return false;
    }
  }
  return folder !== "/" && isModuleFolder(path.dirname(folder));
}

async function loadModule(folder, name) {
  const file = path.resolve(TASK, folder, name);
  if (fs.existsSync(file))
    return require(file);
  const isModule = isModuleFolder(path.dirname(file));
  for (const ending of EXTENSIONS) {
    if (fs.existsSync(file + ending))
      return ending[1] === "m" || (isModule && ending[1] !== "c") ? import(pathToFileURL(file + ending).href) : require(file + ending);
  }
  return require(require.resolve(name, { paths: [TASK, folder] }));
}

async function loadApp(folder, name) {
  try {
    return await loadModule(folder, name);
  } catch (error) {
    if (error instanceof SyntaxError)
      throw fault("UserCodeSyntaxError", String(error));
    throw error?.code === "MODULE_NOT_FOUND" ? fault("ImportModuleError", String(error)) : error;
  }
}

const member = (names, from) => names.split(".").reduce((found, name) => found && found[name], from);

function check(handler, name) {
  if (!handler)
    throw fault("HandlerNotFound", `${name} is undefined or not exported`);
  if (typeof handler !== "function")
    throw fault("HandlerNotFound", `${name} is not a function`);
  if (handler[STREAMING])
    refuseStreaming();
  if (PROMISES_ONLY && handler.length >= 3)
    throw fault("CallbackHandlerDeprecated", "ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.");
  return handler;
}

// Handler is FOLDER/FILE.NAME, and NAME may have dots.
async function load(handler) {
  if (handler.includes(".."))
    throw fault("MalformedHandlerName", `'${handler}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`);
  const last = path.basename(handler), dot = last.indexOf(".");
  if (dot < 0)
    throw fault("MalformedHandlerName", "Bad handler");
  const app = await loadApp(handler.slice(0, handler.indexOf(last)), last.slice(0, dot));
  const names = last.slice(dot + 1);
  return check(member(names, app) || (PROMISES_ONLY && member(names, app.default)), handler);
}

function refuseStreaming() {
  throw fault("MalformedStreamingHandler", "awslambda.streamifyResponse is not supported here: a function answers in one piece. Return the response from the handler instead.");
}

// ---- ES imports from NODE_PATH ----
// AWS's Node looks into NODE_PATH for packages that ES modules import. Here /var/node_modules and
// /node_modules, into which Node looks by itself, are links to the usual folders. For others a hook is
// needed, which costs a thread and so is set only where there are such folders.
function unlinkedFolders() {
  const linked = ["/var/node_modules", "/node_modules"].filter((link) => fs.existsSync(link)).map((link) => fs.realpathSync(link));
  return (process.env.NODE_PATH || "").split(":").filter(
    (folder) => folder.endsWith("/node_modules") && !linked.includes(folder) && fs.existsSync(folder));
}

const HOOK = `
let parents;
export function initialize(urls) {
  parents = urls;
}
export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    if (error?.code !== "ERR_MODULE_NOT_FOUND" || /^[./]|^\\w+:/.test(specifier))
      throw error;
    for (const parentURL of parents) {
      try {
        return await next(specifier, { ...context, parentURL });
      } catch {
        // the next one may have it; else the first error is told
      }
    }
    throw error;
  }
}`;

function resolveNodePath() {
  const folders = unlinkedFolders(), { register } = require("module");
  if (folders.length && register) // Node 18.19 and newer
    register("data:text/javascript," + encodeURIComponent(HOOK), { data: folders.map((folder) => pathToFileURL(folder + "/_.mjs").href) });
}

// ---- Invocations ----
let whenIdle = () => process.exit(13); // the event loop is empty; before the handler is loaded it never will be
let onUncaught, onRejection; // what is done with an error that nobody caught

function parsed(text, name) {
  if (!text)
    return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`Cannot parse ${name} as json: ${error}`);
  }
}

// The members of the handler's second argument that come from outside.
function contextOf(headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  return {
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed(headers["lambda-runtime-client-context"], "ClientContext"),
    identity: parsed(headers["lambda-runtime-cognito-identity"], "CognitoIdentity"),
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

// How one invocation ends: once, by an answer or an error. When the API has that, the next event is asked for: by
// then there may be one, and a process that has not asked yet is not frozen and thawed in between.
class Ending {
  // next: what is done when the API has it
  constructor(api, id, next) {
    Object.assign(this, { api, id, next, answered: false, arrived: false });
    this.arrive = () => {
      this.arrived = true;
      this.next();
    };
  }

  // By the event loop, which was empty before the handler had called anything, where it has.
  isOver() {
    if (this.answered)
      console.error("Invocation has already been reported as done. Cannot call complete more than once per invocation.");
    return this.answered;
  }

  // Both throw before anything is sent, or not at all: whoever catches it may tell of that error.
  answer(value) {
    if (this.isOver())
      return;
    this.api.respond(this.id, value, this.arrive);
    this.answered = true;
  }

  fail(error) {
    if (this.isOver())
      return;
    logError("Invoke Error", error);
    this.api.fail(`invocation/${this.id}/error`, error, this.arrive);
    this.answered = true;
  }
}

// callback, and the members of the context that end an invocation. The first call of any of them counts.
function callbacksOf(ending) {
  let waits = true, called = false;
  const first = (act) => (...args) => {
    if (called)
      return;
    act(...args);
    called = true; // an answer that cannot be sent throws, and then the error may still be told
  };
  const isGiven = (error) => error !== undefined && error !== null;
  const done = (error, value) => {
    whenIdle = () => {};
    if (isGiven(error))
      ending.fail(error);
    else
      ending.answer(value);
  };
  const callback = (error, value) => {
    if (isGiven(error) || !waits)
      done(error, value);
    else
      whenIdle = () => {
        whenIdle = () => {};
        setImmediate(() => ending.answer(value));
      };
  };
  const members = {
    get callbackWaitsForEmptyEventLoop() {
      return waits;
    },
    set callbackWaitsForEmptyEventLoop(value) {
      waits = value;
    },
    succeed: first((value) => done(null, value)),
    fail: first((error) => done(isGiven(error) ? error : "handled")),
    done: first(done),
  };
  return [first(callback), members];
}

class Runtime {
  constructor(api, handler) {
    this.api = api;
    this.handler = handler;
    this.isAsync = handler.constructor?.name === "AsyncFunction";
    this.schedule = () => this.handleOnce();
  }

  handleOnce() {
    const handled = PROMISES_ONLY ? this.handleOncePromised() : this.handleOnceNonStreaming();
    handled.catch((error) => onUncaught(error));
  }

  async begin() {
    const { headers, body } = await this.api.next();
    const id = headers["lambda-runtime-aws-request-id"];
    globalThis[REQUEST_ID] = id;
    const trace = headers["lambda-runtime-trace-id"];
    if (trace)
      process.env._X_AMZN_TRACE_ID = trace;
    else
      delete process.env._X_AMZN_TRACE_ID;
    const ending = new Ending(this.api, id, this.schedule);
    // Behind its answer there is nobody to tell: one that is on its way still arrives, and an event that is asked
    // for goes to another process.
    const give = (code) => (error) => {
      const exit = () => process.exit(code);
      if (ending.arrived)
        exit();
      else if (ending.answered)
        ending.next = exit;
      else
        this.api.fail(`invocation/${id}/error`, error, exit);
    };
    onUncaught = give(129);
    onRejection = give(128);
    return { headers, body, ending };
  }

  async handleOnceNonStreaming() {
    const { headers, body, ending } = await this.begin();
    const [callback, members] = callbacksOf(ending);
    whenIdle = () => {
      whenIdle = () => {};
      if (this.isAsync)
        ending.fail(fault("NodeJsExit", "The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes"));
      else
        ending.answer(null);
    };
    try {
      const result = this.handler(JSON.parse(body), Object.assign(members, contextOf(headers)), callback);
      if (typeof result?.then === "function")
        result.then(members.succeed, members.fail).catch(members.fail);
    } catch (error) {
      callback(error);
    }
  }

  // Node.js 24: what the handler returns or throws, and nothing else.
  async handleOncePromised() {
    const { headers, body, ending } = await this.begin();
    whenIdle = () => process.exit(13);
    try {
      ending.answer(await this.handler(JSON.parse(body), contextOf(headers)));
    } catch (error) {
      ending.fail(error);
    }
    whenIdle = () => {};
  }
}

// /proc has no list of processors here, and pools are sized by how many os.cpus() tells.
function tellProcessors() {
  const os = require("os"), n = os.availableParallelism ? os.availableParallelism() : 2; // Node 18.13 has it not
  os.cpus = () => Array.from({ length: n }, () => ({ model: "", speed: 0, times: { user: 0, nice: 0, sys: 0, idle: 0, irq: 0 } }));
  require("module").syncBuiltinESMExports();
}

async function start() {
  const api = new Api(process.env.AWS_LAMBDA_RUNTIME_API);
  patchConsole();
  onUncaught = (error) => api.fail("init/error", error, () => process.exit(129));
  onRejection = (error) => api.fail("init/error", error, () => process.exit(128));
  process.on("uncaughtException", (error) => {
    logError("Uncaught Exception", error);
    onUncaught(error);
  });
  process.on("unhandledRejection", (reason, promise) => {
    const error = fault("UnhandledPromiseRejection", reason, { reason, promise });
    logError("Unhandled Promise Rejection", error);
    onRejection(error);
  });
  process.on("beforeExit", () => whenIdle());
  if (!/^(1|true)$/.test(process.env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA))
    globalThis.awslambda = { streamifyResponse: refuseStreaming, HttpResponseStream: { from: refuseStreaming } };
  try {
    resolveNodePath();
    tellProcessors();
    const runtime = new Runtime(api, await load(process.env._HANDLER));
    setImmediate(runtime.schedule); // behind what goes wrong in the module's own promises
  } catch (error) {
    logError("Uncaught Exception", error);
    onUncaught(error);
  }
}

start();
