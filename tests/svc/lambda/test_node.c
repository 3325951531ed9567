/*
 * Functions in Node, run by the host's interpreter: what they see, how their answers and errors
 * look to callers, and what their console writes. One package holds all of them; the Handler picks
 * one.
 */
#include "lambda_fixture.h"

#include "lib/tmp.h"
#include "svc/lambda/runtimes.h"

#include <fcntl.h>

static const char package[] =
    "const fs = require('fs'), dns = require('dns'), net = require('net');\n"
    "let runs = 0, ticks = 0;\n"
    "class Odd extends Error {\n"
    "  constructor(message) { super(message); this.name = 'Odd'; }\n"
    "}\n"
    "const wait = (ms) => new Promise((done) => setTimeout(done, ms));\n"
    "const refusal = (what) => new Promise((done) => what((error) => done(error && error.code)));\n"
    "const started = Date.now();\n"
    "Object.assign(exports, {\n"
    "  echo: async (event) => event,\n"
    "  count: async () => ++runs,\n"
    "  back: (event, context, callback) => callback(null, {got: event}),\n"
    "  late: (event, context, callback) => {\n"
    "    setTimeout(() => console.log('before the answer'), 50);\n"
    "    callback(null, 'late');\n"
    "  },\n"
    "  soon: (event, context, callback) => {\n"
    "    context.callbackWaitsForEmptyEventLoop = false;\n"
    "    setTimeout(() => {}, 60000);\n"
    "    callback(null, 'soon');\n"
    "  },\n"
    "  twice: (event, context, callback) => {\n"
    "    callback(null, 1);\n"
    "    callback(null, 2);\n"
    "    context.succeed(3);\n"
    "  },\n"
    "  done: (event, context) => context.done(null, 'done'),\n"
    "  succeed: (event, context) => void setTimeout(() => context.succeed({ok: 1}), 5),\n"
    "  refuse: (event, context) => context.fail(new Odd('refused')),\n"
    "  failText: (event, context) => context.fail('a text'),\n"
    "  backError: (event, context, callback) => callback(new Odd('called back')),\n"
    "  plain: () => 'not awaited',\n"
    "  nothing: () => {},\n"
    "  pending: (event, context, callback) => {},\n"
    "  never: async () => new Promise(() => {}),\n"
    "  thenable: () => ({then: (done) => done('then')}),\n"
    "  give: async (event) => (0, eval)(event),\n"
    "  run: (event, context, callback) => eval(event),\n"
    "  throws: () => { throw new Odd('thrown'); },\n"
    "  fail: async () => { throw Object.assign(new Odd('not \"even\"'), {code: 'E_ODD', extra: {n: 1}, cause: new Error('why')}); },\n"
    "  text: async () => { throw 'a text'; },\n"
    "  lost: async () => { Promise.reject(new Odd('lost')); await wait(5000); },\n"
    "  later: async () => { setTimeout(() => { throw new Odd('later'); }, 1); await wait(5000); },\n"
    "  leave: async () => process.exit(3),\n"
    "  leaveWell: async () => process.exit(0),\n"
    "  answered: (event, context) => { context.succeed('sent'); process.exit(0); },\n"
    "  nap: async () => wait(60000),\n"
    "  eat: async () => { const all = []; for (;;) all.push(Buffer.alloc(1 << 20, 1)); },\n"
    "  heap: async () => { const all = []; for (;;) all.push({n: [all.length]}); },\n"
    "  tick: async (event) => { if (event.begin) setInterval(() => ticks++, 1); return ticks; },\n"
    "  tell: async (event, context) => ({name: context.functionName, version: context.functionVersion,\n"
    "    arn: context.invokedFunctionArn, memory: context.memoryLimitInMB, group: context.logGroupName,\n"
    "    stream: context.logStreamName === process.env.AWS_LAMBDA_LOG_STREAM_NAME,\n"
    "    id: context.awsRequestId.length, left: ((ms) => 0 < ms && ms <= 3000)(context.getRemainingTimeInMillis()),\n"
    "    waits: context.callbackWaitsForEmptyEventLoop, identity: context.identity === undefined,\n"
    "    client: context.clientContext === undefined, handler: process.env._HANDLER, cwd: process.cwd(),\n"
    "    trace: /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/.test(process.env._X_AMZN_TRACE_ID), fd: process.env._LAMBDA_TELEMETRY_LOG_FD === undefined}),\n"
    "  client: async (event, context) => context.clientContext.custom,\n"
    "  speak: async () => {\n"
    "    console.log('said \\u00e9', {a: 1});\n"
    "    console.info('two\\nlines');\n"
    "    console.warn('careful');\n"
    "    console.error(new Odd('shown'));\n"
    "    console.debug('detail %d', 7);\n"
    "    console.trace('trace');\n"
    "    process.stdout.write('raw\\n');\n"
    "    process.stderr.write('raw error\\n');\n"
    "  },\n"
    "  held: async () => process.memoryUsage().rss >> 20,\n"
    "  look: async () => [fs.existsSync('/etc/passwd'), require('os').cpus().length > 0, typeof fetch],\n"
    "  nowhere: async () => [\n"
    "    await refusal((done) => dns.lookup('example.com', done)),\n"
    "    await refusal((done) => net.connect({host: '192.0.2.1', port: 443}).on('error', done)),\n"
    "    await refusal((done) => net.connect({host: '2001:db8::1', port: 443}).on('error', done)),\n"
    "    await fetch('https://example.com/').catch((error) => error.cause.code),\n"
    "    Date.now() - started < 2000],\n"
    "  deep: {er: {handler: async () => 'deep'}},\n"
    "  value: 7,\n"
    "});\n";

static const struct zip_entry files[] = {
    {.name = "app.js", .content = package},
    {.name = "src/fn/inner.js", .content = "exports.handler = async () => 'inner';\n"},
    {.name = "dir/index.js", .content = "exports.handler = async () => 'dir';\n"},
    {.name = "common.cjs", .content = "exports.handler = async () => 'cjs';\n"},
    {.name = "es.mjs",
     .content =
         "import { readFileSync } from 'node:fs';\n"
         "const late = await new Promise((done) => setTimeout(done, 5, 'top level'));\n"
         "export const handler = async () => [late, readFileSync(new URL(import.meta.url)).length > 0];\n"
         "export default async () => 'default';\n"},
    {.name = "typed/package.json", .content = "{\"type\": \"module\"}"},
    {.name = "typed/fn.js",
     .content = "import os from 'os';\nexport const handler = async () => typeof os.cpus;\n"},
    {.name = "typed/deep/fn.js",
     .content = "export const handler = async () => 'nearest package.json';\n"},
    {.name = "node_modules/own/index.js",
     .content = "exports.handler = async () => 'a package';\n"},
    {.name = "broken.js", .content = "exports.handler = (;\n"},
    {.name = "broken.mjs", .content = "export const handler = (;\n"},
    {.name = "raises.js", .content = "throw new RangeError('at load');\n"},
    {.name = "wants.js", .content = "require('not-there');\n"},
    {.name = "wantses.mjs", .content = "import 'not-there';\nexport const handler = 1;\n"},
    {.name = "wantssdk.js", .content = "require('@aws-sdk/client-nothing');\n"},
    {.name = "stuck.mjs",
     .content = "await new Promise(() => {});\nexport const handler = async () => 1;\n"},
    {.name = "usessdk.js",
     .content =
         "exports.handler = async () => [require('@aws-sdk/client-x').kind, require.resolve('@aws-sdk/client-x')];\n"},
    {.name = "usessdkes.mjs",
     .content =
         "import { kind } from '@aws-sdk/client-x';\n"
         "export const handler = async () => [kind, import.meta.resolve ? 'resolves' : ''];\n"},
    {.name = "usessdklate.js",
     .content = "exports.handler = async () => (await import('@aws-sdk/client-x')).kind;\n"},
    {.name = "wantsold.js", .content = "require('aws-sdk');\n"},
    {.name = "detected.js", .content = "export const handler = async () => 'detected';\n"},
    {.name = "streams.js",
     .content = "exports.handler = awslambda.streamifyResponse(async () => {});\n"},
    {.name = "rejects.js",
     .content =
         "Promise.reject(new Error('at load'));\nexports.handler = async () => new Promise((d) => setTimeout(d, 1000, 1));\n"},
};

static const char runtime[] = "nodejs20.x";
static char packages[] = "/tmp/calotype-node-XXXXXX"; /* CALOTYPE_RUNTIMES */

static void make_for(const char *of_runtime, const char *name, const char *handler, json_t *more) {
    CLEANUP_DEINIT(buf) struct buf zip = {0}, text = {0};
    make_zip(&zip, files, ARRAY_LEN(files));
    codec_add_base64(&text, zip.p, zip.len);
    json_t *code = json_object(),
           *in = json_pack("{s:s,s:s}", "Runtime", of_runtime, "Handler", handler);
    json_set_str(code, "ZipFile", buf_view(&text));
    if (more)
        json_object_update(in, more);
    json_decref(more);
    must(call_op("CreateFunction", new_function(name, code, in)));
}
static void make_node(const char *name, const char *handler) {
    make_for(runtime, name, handler, NULL);
}

static struct answer invoke(const char *name, const char *payload) {
    return call_as(&fx.root, "Invoke", json_pack("{s:s}", "FunctionName", name), str_c(payload));
}

static int setup(void **) {
    fixture_open(true);
    return 0;
}
static int teardown(void **) {
    fixture_close();
    return 0;
}

static void check_answer(const char *name, const char *event, const char *want) {
    CLEANUP_DEINIT(answer) struct answer a = invoke(name, event);
    CHECK_CASE(a.status == 200 && !json_has(a.out, "FunctionError"), buf_cstr(&a.body));
    CHECK_BUF(a.body, want);
}

/* How a Handler is found, and what an answer is. */
static void test_answers(void **) {
    static const struct {
        const char *name, *handler, *event, *want;
    } cases[] = {
        {"echo", "app.echo", "{\"a\":[1,null,\"\\u00e9\"]}", "{\"a\":[1,null,\"\xc3\xa9\"]}"},
        {"back", "app.back", "[1]", "{\"got\":[1]}"},
        {"late", "app.late", "{}", "\"late\""},
        {"soon", "app.soon", "{}", "\"soon\""},
        {"twice", "app.twice", "{}", "1"},
        {"done", "app.done", "{}", "\"done\""},
        {"succeed", "app.succeed", "{}", "{\"ok\":1}"},
        {"plain", "app.plain", "{}", "null"},
        {"nothing", "app.nothing", "{}", "null"},
        {"pending", "app.pending", "{}", "null"},
        {"thenable", "app.thenable", "{}", "\"then\""},
        {"deep", "app.deep.er.handler", "{}", "\"deep\""},
        {"folder", "src/fn/inner.handler", "{}", "\"inner\""},
        {"index", "dir.handler", "{}", "\"dir\""},
        {"cjs", "common.handler", "{}", "\"cjs\""},
        {"es", "es.handler", "{}", "[\"top level\",true]"},
        {"default", "es.default", "{}", "\"default\""},
        {"typed", "typed/fn.handler", "{}", "\"function\""},
        {"nearest", "typed/deep/fn.handler", "{}", "\"nearest package.json\""},
        {"own", "own.handler", "{}", "\"a package\""},
        {"look", "app.look", "{}", "[false,true,\"function\"]"},
        {"nowhere", "app.nowhere", "{}",
         "[\"ENOTFOUND\",\"ENETUNREACH\",\"ENETUNREACH\",\"ENOTFOUND\",true]"},
        {"answered", "app.answered", "{}", "\"sent\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        make_node(cases[i].name, cases[i].handler);
        check_answer(cases[i].name, cases[i].event, cases[i].want);
    }
    wait_for(&fx.log, "\tINFO\tbefore the answer\n");
    CHECK(!seen(&fx.log, "plans to remove support")); /* nobody is warned of callbacks */
}

/* What `runtime install` has brought, for both kinds of modules. */
static void test_packages(void **) {
    static const struct {
        const char *name, *content;
    } parts[] = {
        {"package.json",
         "{\"main\": \"./a.js\", \"exports\": {\"require\": \"./a.js\", \"import\": \"./a.mjs\"}}"},
        {"a.js", "exports.kind = 'common';"},
        {"a.mjs", "export const kind = 'es';"},
    };
    static const struct {
        const char *name, *handler, *want;
    } cases[] = {
        {"usessdk", "usessdk.handler",
         "[\"common\",\"/var/runtime/node_modules/@aws-sdk/client-x/a.js\"]"},
        {"usessdkes", "usessdkes.handler", "[\"es\",\"resolves\"]"},
        {"usessdklate", "usessdklate.handler", "\"es\""},
    };
    char path[200];
    snprintf(path, sizeof path, "%s/nodejs/node_modules/@aws-sdk/client-x", packages);
    CHECK_INT(io_mkdirs(path, 0755, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        snprintf(path, sizeof path, "%s/nodejs/node_modules/@aws-sdk/client-x/%s", packages,
                 parts[i].name);
        CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        CHECK_INT(io_write_full(fd, parts[i].content, strlen(parts[i].content)), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        make_node(cases[i].name, cases[i].handler);
        check_answer(cases[i].name, "{}", cases[i].want);
    }
    /* One that is not among them. */
    make_node("wantssdk", "wantssdk.handler");
    CLEANUP_DEINIT(answer) struct answer a = invoke("wantssdk", "{}");
    CHECK_HAS(buf_cstr(&a.body), "Runtime.ImportModuleError");
    wait_for(&fx.log, "calotype: @aws-sdk/client-nothing is not among the packages that ");
}

/* Each is what the function "give" returns; or a part of the document of its error. */
static void test_values(void **) {
    static const struct {
        const char *event, *want;
    } cases[] = {
        {"\"undefined\"", "null"},
        {"\"NaN\"", "null"},
        {"\"({a: undefined, b: () => 1, c: new Date(0)})\"",
         "{\"c\":\"1970-01-01T00:00:00.000Z\"}"},
        {"\"'\\\\ud800'\"", "\"\\ud800\""},
        {"\"Buffer.from('a')\"", "{\"type\":\"Buffer\",\"data\":[97]}"},
        {"\"1n\"",
         "{\"errorType\":\"Error\",\"errorMessage\":\"Unable to stringify response body\","},
        {"\"(() => { const a = {}; a.a = a; return a; })()\"",
         "{\"errorType\":\"Error\",\"errorMessage\":\"Unable to stringify response body\","},
        {"\"() => 1\"", "{\"errorType\":\"TypeError\",\"errorMessage\":\"Wrong arguments\","},
        {"\"'x'.repeat(6291554)\"", "\"xxxx"},
        {"\"'x'.repeat(7 << 20)\"",
         "{\"errorType\":\"Function.ResponseSizeTooLarge\",\"errorMessage\":\"Response payload size "
         "exceeded maximum allowed payload size (6291556 bytes).\"}"},
        {"\"1\"", "1"},
    };
    make_for(runtime, "give", "app.give", json_pack("{s:i}", "MemorySize", 512));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(answer) struct answer a = invoke("give", cases[i].event);
        CHECK_CASE(str_starts(buf_view(&a.body), str_c(cases[i].want)), cases[i].event);
    }
}

/* What a function with a callback does, and a part of what its caller gets; it serves on. */
static void test_odd_errors(void **) {
    static const struct {
        const char *event, *want;
    } cases[] = {
        {"\"callback('no error')\"",
         "{\"errorType\":\"string\",\"errorMessage\":\"no error\",\"trace\":[]}"},
        {"\"callback(Object.create(null))\"",
         "{\"errorType\":\"TypeError\",\"errorMessage\":\"Cannot convert object"},
        {"\"callback(Object.defineProperty(new Error(), 'message', {get() { throw 1; }}))\"",
         "{\"errorType\":\"handled\",\"errorMessage\":\"callback called with Error argument, but"},
        {"\"callback({name: 'N', message: 'm', stack: 's\\\\nt'})\"",
         "{\"errorType\":\"N\",\"errorMessage\":\"m\",\"trace\":[\"s\",\"t\"]}"},
        {"\"context.fail()\"",
         "{\"errorType\":\"string\",\"errorMessage\":\"handled\",\"trace\":[]}"},
        {"\"throw undefined\"", "null"},
        {"\"throw 7\"", "{\"errorType\":\"number\",\"errorMessage\":\"7\",\"trace\":[]}"},
        {"\"throw Object.assign(new Error('m'), {name: 'X\\\\r\\\\nEvil: 1'})\"",
         "{\"errorType\":\"X\\r\\nEvil: 1\",\"errorMessage\":\"m\","},
        {"\"throw new Error('m'.repeat(7 << 20))\"", "{\"errorType\":\"Function.Error\"}"},
        {"\"require('fs').closeSync(3); console.log(1); callback()\"", "null"},
    };
    make_node("run", "app.run");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(answer) struct answer a = invoke("run", cases[i].event);
        CHECK_CASE(str_starts(buf_view(&a.body), str_c(cases[i].want)), buf_cstr(&a.body));
    }
}

static void test_context(void **) {
    make_node("tell", "app.tell");
    check_answer(
        "tell", "{}",
        "{\"name\":\"tell\",\"version\":\"$LATEST\",\"arn\":\"" FN_ARN(
            "tell") "\",\"memory\":\"128\","
                    "\"group\":\"/aws/lambda/tell\",\"stream\":true,\"id\":36,\"left\":true,\"waits\":true,"
                    "\"identity\":true,\"client\":true,\"handler\":\"app.tell\",\"cwd\":\"/var/task\","
                    "\"trace\":true,\"fd\":true}");
}

static void test_client_context(void **) {
    static const struct {
        const char *context, *want;
    } cases[] = {
        {"{\"custom\":{\"k\":\"\xc3\xa9\"}}", "{\"k\":\"\xc3\xa9\"}"},
        {"no JSON",
         "{\"errorType\":\"Error\",\"errorMessage\":\"Cannot parse ClientContext as json: SyntaxError: "},
    };
    make_node("client", "app.client");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf text = {0};
        codec_add_base64(&text, cases[i].context, strlen(cases[i].context));
        CLEANUP_DEINIT(answer)
        struct answer a = call_as(
            &fx.root, "Invoke",
            json_pack("{s:s,s:s}", "FunctionName", "client", "ClientContext", buf_cstr(&text)),
            S("{}"));
        CHECK_CASE(str_starts(buf_view(&a.body), str_c(cases[i].want)), buf_cstr(&a.body));
    }
}

static void test_one_environment_serves_on(void **) {
    make_node("count", "app.count");
    for (int i = 1; i <= 3; i++) {
        char want[8];
        snprintf(want, sizeof want, "%d", i);
        check_answer("count", "{}", want);
    }
}

/* A timer stands still between two invocations, and goes on with the next. */
static void test_frozen_between(void **) {
    make_node("tick", "app.tick");
    check_answer("tick", "{\"begin\":1}", "0");
    poll(NULL, 0, 100); /* SETTLING is over by then: the environment is frozen */
    CLEANUP_DEINIT(answer) struct answer a = invoke("tick", "{}");
    long first = strtol(buf_cstr(&a.body), NULL, 10);
    poll(NULL, 0, 400);
    CLEANUP_DEINIT(answer) struct answer b = invoke("tick", "{}");
    long second = strtol(buf_cstr(&b.body), NULL, 10);
    CHECK_RANGE(second - first, 0, 200); /* 400 had it run */
}

static void test_log(void **) {
    make_node("speak", "app.speak");
    check_answer("speak", "{}", "null");
    wait_for(&fx.log, "REPORT RequestId: ");
    static const char *const lines[] = {
        "\tINFO\tsaid \xc3\xa9 { a: 1 }\n",
        "\tINFO\ttwo\nlines\n",
        "\tWARN\tcareful\n",
        "\tERROR\tOdd: shown\n    at Runtime.speak [as handler] (/var/task/app.js:",
        "\tDEBUG\tdetail 7\n",
        "\tTRACE\ttrace\n",
        "|raw\n",
        "|raw error\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        CHECK_CASE(seen(&fx.log, lines[i]), lines[i]);
}

/* In MiB, as REPORT has it: all that the process has in memory, whoever brought Node's own pages. */
static void test_memory_used(void **) {
    static const char used[] = "Max Memory Used: ";
    make_node("held", "app.held");
    CLEANUP_DEINIT(answer) struct answer a = invoke("held", "{}");
    long held = strtol(buf_cstr(&a.body), NULL, 10);
    CHECK_RANGE(held, 20, 127);
    wait_for(&fx.log, used);
    LOCK_SCOPE(&fx.lock);
    const char *at = strstr(buf_cstr(&fx.log), used);
    CHECK_RANGE(strtol(at + strlen(used), NULL, 10), held, held + 40);
}

/* In JSON, with a level; what is below the level is not written. */
static void test_json_log(void **) {
    make_for(runtime, "speak", "app.speak",
             json_pack("{s:{s:{s:s,s:s}}}", "Environment", "Variables", "AWS_LAMBDA_LOG_FORMAT",
                       "JSON", "AWS_LAMBDA_LOG_LEVEL", "warn"));
    check_answer("speak", "{}", "null");
    wait_for(&fx.log, "REPORT RequestId: ");
    CHECK(seen(&fx.log, "\",\"level\":\"WARN\",\"requestId\":\""));
    CHECK(seen(&fx.log, "\",\"message\":\"careful\"}"));
    CHECK(seen(
        &fx.log,
        "\"message\":{\"errorType\":\"Odd\",\"errorMessage\":\"shown\",\"stackTrace\":[\"Odd: shown\","));
    CHECK(seen(&fx.log, "|{\"timestamp\":\"20"));
    CHECK(!seen(&fx.log, "said") && !seen(&fx.log, "detail"));
    CHECK(seen(&fx.log, "|raw\n"));
}

/* The document that the caller gets, and the first of its trace. */
static void check_failure(const char *name, const char *type, const char *message,
                          const char *trace) {
    CLEANUP_DEINIT(answer) struct answer a = invoke(name, "{}");
    CLEANUP_JSON json_t *doc = json_parse(buf_view(&a.body), NULL);
    CLEANUP_DEINIT(buf) struct buf lines = {0};
    const json_t *line;
    size_t i;
    json_array_foreach (json_arr(doc, "trace"), i, line)
        buf_printf(&lines, STR_FMT "\n", STR_ARG(json_text(line)));
    CHECK_INT(a.status, 200);
    CHECK_STR(json_str(a.out, "FunctionError"), S("Unhandled"));
    CHECK_STR(json_str(doc, "errorType"), str_c(type));
    CHECK_CASE(str_starts(json_str(doc, "errorMessage"), str_c(message)), buf_cstr(&a.body));
    CHECK_CASE(str_starts(buf_view(&lines), str_c(trace)), buf_cstr(&lines));
}

static void test_failures(void **) {
    static const struct {
        const char *name, *handler, *type, *message, *trace;
    } cases[] = {
        {"fail", "app.fail", "Odd", "not \"even\"",
         "Odd: not \"even\"\n    at Runtime.fail [as handler] (/var/task/app.js:40:"},
        {"throws", "app.throws", "Odd", "thrown",
         "Odd: thrown\n    at Runtime.throws [as handler] (/var/task/app.js:39:"},
        {"text", "app.text", "string", "a text", ""},
        {"refuse", "app.refuse", "Odd", "refused", "Odd: refused\n"},
        {"failtext", "app.failText", "string", "a text", ""},
        {"backerror", "app.backError", "Odd", "called back", "Odd: called back\n"},
        {"never", "app.never", "Runtime.NodeJsExit",
         "The Lambda runtime client detected an unexpected Node.js exit code.",
         "Runtime.NodeJsExit: "},
        {"lost", "app.lost", "Runtime.UnhandledPromiseRejection", "Odd: lost",
         "Runtime.UnhandledPromiseRejection: Odd: lost\n"},
        {"later", "app.later", "Odd", "later", "Odd: later\n"},
        {"nomodule", "nobody.handler", "Runtime.ImportModuleError",
         "Error: Cannot find module 'nobody'\nRequire stack:\n- /var/runtime/bootstrap.js",
         "Runtime.ImportModuleError: Error: "},
        {"wants", "wants.handler", "Runtime.ImportModuleError",
         "Error: Cannot find module 'not-there'\nRequire stack:\n- /var/task/wants.js\n",
         "Runtime.ImportModuleError: Error: "},
        {"wantses", "wantses.handler", "Error",
         "Cannot find package 'not-there' imported from /var/task/wantses.mjs",
         "Error [ERR_MODULE_NOT_FOUND]: Cannot find "},
        {"wantssdk", "wantssdk.handler", "Runtime.ImportModuleError",
         "Error: Cannot find module '@aws-sdk/client-nothing'\n", ""},
        {"nohandler", "app.nobody", "Runtime.HandlerNotFound",
         "app.nobody is undefined or not exported", "Runtime.HandlerNotFound: app.nobody is"},
        {"value", "app.value", "Runtime.HandlerNotFound", "app.value is not a function", ""},
        {"malformed", "handler", "Runtime.MalformedHandlerName", "Bad handler",
         "Runtime.MalformedHandlerName: Bad handler\n"},
        {"above", "../app.echo", "Runtime.MalformedHandlerName",
         "'../app.echo' is not a valid handler name. Use absolute paths when specifying root directories in handler names.",
         ""},
        {"broken", "broken.handler", "Runtime.UserCodeSyntaxError",
         "SyntaxError: Unexpected token ';'",
         "Runtime.UserCodeSyntaxError: SyntaxError: Unexpected token ';'\n"},
        {"raises", "raises.handler", "RangeError", "at load",
         "RangeError: at load\n    at Object.<anonymous> (/var/task/raises.js:1:7)\n"},
        {"rejects", "rejects.handler", "Runtime.UnhandledPromiseRejection", "Error: at load", ""},
        {"streams", "streams.handler", "Runtime.MalformedStreamingHandler",
         "awslambda.streamifyResponse is not supported here", ""},
        {"stuck", "stuck.handler", "Runtime.ExitError", "RequestId: ", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        make_node(cases[i].name, cases[i].handler);
        check_failure(cases[i].name, cases[i].type, cases[i].message, cases[i].trace);
    }
    static const char *const lines[] = {
        "\tERROR\tInvoke Error \t{\"errorType\":\"Odd\",\"errorMessage\":\"not \\\"even\\\"\",\"code\":\"E_ODD\","
        "\"name\":\"Odd\",\"extra\":{\"n\":1},\"cause\":{\"errorType\":\"Error\",\"errorMessage\":\"why\",\"stack\":[",
        "\tundefined\tERROR\tUncaught Exception \t{\"errorType\":\"Runtime.ImportModuleError\",\"errorMessage\":\"Error: Cannot find module 'nobody'\\nRequire",
        "\tERROR\tUnhandled Promise Rejection \t{\"errorType\":\"Runtime.UnhandledPromiseRejection\",\"errorMessage\":\"Odd: lost\",\"reason\":{\"errorType\":\"Odd\",",
        "calotype: @aws-sdk/client-nothing is not on this machine: `calotype runtime install node` brings ",
    };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        wait_for(&fx.log, lines[i]);
}

/* Without a package.json or an ending that says so, a Node that can tell a module's kind does. */
static void test_detected_kind(void **) {
    make_node("kind", "app.give");
    make_node("detected", "detected.handler");
    CLEANUP_DEINIT(answer)
    struct answer can = invoke("kind", "\"process.features.require_module === true\"");
    CLEANUP_DEINIT(answer) struct answer a = invoke("detected", "{}");
    if (str_is(buf_view(&can.body), "true"))
        CHECK_BUF(a.body, "\"detected\"");
    else
        CHECK_HAS(
            buf_cstr(&a.body),
            "{\"errorType\":\"Runtime.UserCodeSyntaxError\",\"errorMessage\":\"SyntaxError: Unexpected token 'export'\",");
}

/* The second version of the SDK, which AWS's images had until Node 16. */
static void test_without_the_old_sdk(void **) {
    make_for("nodejs16.x", "wantsold", "wantsold.handler", NULL);
    check_failure("wantsold", "Runtime.ImportModuleError", "Error: Cannot find module 'aws-sdk'\n",
                  "");
}

/* Node.js 24's runtime takes no callbacks, whichever version of Node runs it. */
static void test_without_callbacks(void **) {
    static const struct {
        const char *name, *handler, *want;
    } cases[] = {
        {"plain24", "app.plain", "\"not awaited\""},
        {"echo24", "app.echo", "{}"},
        {"back24", "app.back",
         "{\"errorType\":\"Runtime.CallbackHandlerDeprecated\",\"errorMessage\":\"ERROR: AWS Lambda has removed support for callback-based function handlers"},
        {"fail24", "app.fail", "{\"errorType\":\"Odd\","},
        {"done24", "app.done",
         "{\"errorType\":\"TypeError\",\"errorMessage\":\"context.done is not a function\","},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        make_for("nodejs24.x", cases[i].name, cases[i].handler, NULL);
        CLEANUP_DEINIT(answer) struct answer a = invoke(cases[i].name, "{}");
        CHECK_CASE(str_starts(buf_view(&a.body), str_c(cases[i].want)), buf_cstr(&a.body));
    }
    make_for("nodejs24.x", "never24", "app.never", NULL);
    CLEANUP_DEINIT(answer) struct answer a = invoke("never24", "{}");
    CHECK_HAS(buf_cstr(&a.body), "Runtime exited with error: exit status 13");
}

static void test_ends(void **) {
    static const struct {
        const char *name, *handler, *want;
    } cases[] = {
        {"leave", "app.leave", "Runtime exited with error: exit status 3"},
        {"leavewell", "app.leaveWell", "Runtime exited without providing a reason"},
        {"nap", "app.nap", "Task timed out after 1.00 seconds"},
        {"eat", "app.eat", "Runtime exited with error: signal: killed"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        bool waits = strcmp(cases[i].name, "nap") == 0;
        make_for(runtime, cases[i].name, cases[i].handler,
                 json_pack("{s:i}", "Timeout", waits ? 1 : 30));
        CLEANUP_DEINIT(answer) struct answer a = invoke(cases[i].name, "{}");
        CHECK_HAS(buf_cstr(&a.body), cases[i].want);
    }
    make_for(runtime, "heap", "app.heap",
             json_pack("{s:i,s:i,s:{s:{s:s}}}", "Timeout", 60, "MemorySize", 512, "Environment",
                       "Variables", "NODE_OPTIONS", "--max-old-space-size=24"));
    CLEANUP_DEINIT(answer) struct answer a = invoke("heap", "{}");
    CHECK_HAS(buf_cstr(&a.body), "Runtime exited with error: signal: aborted");
    wait_for(&fx.log, "JavaScript heap out of memory");
}

/* Whether there is a Node: that of the machine, or the one of TEST_NODE, a path, alone. */
static bool find_node(void) {
    static const char *const nowhere[] = {NULL};
    const char *given = getenv("TEST_NODE");
    if (given)
        fx.places = (struct lambda_places){.node = given, .folders = nowhere};
    return given || !access("/usr/bin/node", X_OK) || !access("/usr/local/bin/node", X_OK);
}

/* test_node full | userns */
int main(int argc, char **argv) {
    enum sandbox_level want = level_wanted(argc, argv);
    if (!find_node())
        return 77;
    if (want == SANDBOX_USERNS && !become_ordinary())
        return 1;
    if (!mkdtemp(packages) || chmod(packages, 0755) || setenv("CALOTYPE_RUNTIMES", packages, 1))
        return 1;
    int missing_level = fixture_spawner(want);
    if (missing_level)
        return missing_level;
    const struct CMUnitTest tests[] = {
#define RUNS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        RUNS(test_answers),        RUNS(test_values),
        RUNS(test_odd_errors),     RUNS(test_context),
        RUNS(test_client_context), RUNS(test_one_environment_serves_on),
        RUNS(test_frozen_between), RUNS(test_log),
        RUNS(test_memory_used),    RUNS(test_json_log),
        RUNS(test_failures),       RUNS(test_without_callbacks),
        RUNS(test_detected_kind),  RUNS(test_without_the_old_sdk),
        RUNS(test_ends),           RUNS(test_packages), /* the last: they stay */
#undef RUNS
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sandbox_spawner_free(fx.spawner);
    tmp_remove(packages);
    return failed;
}
