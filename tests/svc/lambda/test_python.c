/*
 * Functions in Python, run by the host's interpreter: what they see, and what their errors look
 * like to callers and in the log. One package holds all of them; the Handler picks one.
 */
#include "lambda_fixture.h"

#include "svc/lambda/interpreters.h"

static const char package[] =
    "import collections, decimal, json, logging, os, signal, socket, sys, time\n"
    "runs = 0\n"
    "def echo(event, context):\n"
    "    return event\n"
    "def count(event, context):\n"
    "    global runs\n"
    "    runs += 1\n"
    "    return runs\n"
    "def speak(event, context):\n"
    "    print('said \\u00e9')\n"
    "    print('no newline', end='')\n"
    "    sys.stderr.write('to stderr\\n')\n"
    "    logging.getLogger().warning('careful')\n"
    "    logging.getLogger().info('unheard')\n"
    "def tell(event, context):\n"
    "    left = context.get_remaining_time_in_millis()\n"
    "    return {'name': context.function_name, 'version': context.function_version,\n"
    "            'arn': context.invoked_function_arn, 'memory': context.memory_limit_in_mb,\n"
    "            'group': context.log_group_name, 'id': len(context.aws_request_id),\n"
    "            'left': isinstance(left, int) and 0 < left <= 3000,\n"
    "            'handler': os.environ['_HANDLER'], 'how': os.environ['AWS_EXECUTION_ENV'],\n"
    "            'root': os.environ['LAMBDA_TASK_ROOT'], 'first': sys.path[0],\n"
    "            'trace': os.environ['_X_AMZN_TRACE_ID'][:5], 'client': context.client_context}\n"
    "class Odd(Exception):\n"
    "    pass\n"
    "def deeper():\n"
    "    raise Odd('not \"even\"')\n"
    "def fail(event, context):\n"
    "    deeper()\n"
    "def marshal(event, context):\n"
    "    return {1, 2}\n"
    "def leave(event, context):\n"
    "    sys.exit(3)\n"
    "def nap(event, context):\n"
    "    time.sleep(60)\n"
    "def eat(event, context):\n"
    "    return len(bytearray(600 << 20))\n"
    "def library(event, context):\n"
    "    import ssl, sqlite3, zlib, ctypes, hashlib, decimal, urllib.request, uuid\n"
    "    return zlib.decompress(zlib.compress(b'all there')).decode()\n"
    "def client(event, context):\n"
    "    return context.client_context.custom\n"
    "def give(event, context):\n"
    "    return eval(event)\n"
    "def do(event, context):\n"
    "    exec(event)\n"
    "class Mute(Exception):\n"
    "    def __str__(self):\n"
    "        raise ValueError\n"
    "def cut(event, context):\n"
    "    if event:\n"
    "        return 'served'\n"
    "    to = (b'127.0.0.1', 9001)\n"
    "    head = '/2018-06-01/runtime/invocation/'\n"
    "    with socket.create_connection(to) as own:\n"
    "        own.sendall(f'POST {head}{context.aws_request_id}/response HTTP/1.1\\r\\nHost: x\\r\\n'\n"
    "                    'Content-Length: 1\\r\\n\\r\\n1'.encode())\n"
    "        own.recv(1000)\n"
    "    with socket.create_connection(to) as own:\n"
    "        own.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)\n"
    "        own.sendall(f'GET {head}next HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'.encode())\n"
    "def look(event, context):\n"
    "    return [os.path.exists('/usr/bin/sh'), os.path.exists('/etc/passwd'), os.getcwd()]\n";

/* The row of this machine's Python; whether its answers escape what is not ASCII. */
static const struct lambda_runtime *runtime;
static bool escapes;

static bool find_runtime(void) {
    CLEANUP(lambda_interpreters)
    struct lambda_interpreters *all = lambda_interpreters_new(&(struct lambda_places){0}, NULL);
    const struct lambda_runtime *row;
    for (size_t i = 0; !runtime && (row = lambda_runtime_at(i)); i++) {
        CLEANUP(lambda_interpreter) struct lambda_interpreter *it = NULL;
        bool fits = str_is(str_c(row->family->language), "Python") &&
                    lambda_interpreters_find(all, row, &it, NULL) == 0 &&
                    lambda_interpreter_fits(it, row);
        if (fits)
            runtime = row;
    }
    static const char *const plain[] = {"3.12", "3.13", "3.14"};
    escapes = true;
    for (size_t i = 0; runtime && i < ARRAY_LEN(plain); i++)
        escapes = escapes && strcmp(runtime->version, plain[i]) != 0;
    return runtime;
}

static void make_python(const char *name, const char *handler) {
    static const struct zip_entry entries[] = {
        {.name = "app.py", .content = package},
        {.name = "lib/inner.py", .content = "def handler(event, context):\n    return 'inner'\n"},
        {.name = "broken.py", .content = "def handler(:\n"},
        {.name = "raises.py", .content = "limit = 1\nraise ValueError('at import')\n"},
        {.name = "stringprep.py", .content = "raise ValueError('not for the start script')\n"},
        {.name = "wants.py", .content = "import not_there\n"},
    };
    CLEANUP_DEINIT(buf) struct buf zip = {0}, text = {0};
    make_zip(&zip, entries, ARRAY_LEN(entries));
    codec_add_base64(&text, zip.p, zip.len);
    json_t *code = json_object();
    json_set_str(code, "ZipFile", buf_view(&text));
    must(call_op("CreateFunction", new_function(name, code,
                                                json_pack("{s:s,s:s}", "Runtime", runtime->name,
                                                          "Handler", handler))));
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

static void test_answers(void **) {
    const struct {
        const char *name, *handler, *event, *want;
    } cases[] = {
        {"echo", "app.echo", "{\"a\":[1,null,\"\\u00e9\"]}",
         escapes ? "{\"a\": [1, null, \"\\u00e9\"]}" : "{\"a\": [1, null, \"\xc3\xa9\"]}"},
        {"none", "app.speak", "{}", "null"},
        {"nested", "lib/inner.handler", "{}", "\"inner\""},
        {"dotted", "lib.inner.handler", "{}", "\"inner\""},
        {"library", "app.library", "{}", "\"all there\""},
        {"look", "app.look", "{}", "[true, false, \"/var/task\"]"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        make_python(cases[i].name, cases[i].handler);
        CLEANUP_DEINIT(answer) struct answer a = invoke(cases[i].name, cases[i].event);
        CHECK_CASE(a.status == 200 && !json_has(a.out, "FunctionError"), buf_cstr(&a.body));
        CHECK_BUF(a.body, cases[i].want);
    }
}

/* Each with the function "give" or "do": its answer, or errorType and errorMessage. */
static void test_values(void **) {
    static const struct {
        const char *event, *want;
    } cases[] = {
        {"\"float('nan')\"", "NaN"},
        {"\"b'as it is'\"", "as it is"},
        {"\"decimal.Decimal('12345678901234567890')\"", "12345678901234567890"},
        {"\"decimal.Decimal('1.50')\"", "1.50"},
        {"\"[decimal.Decimal('-NaN'), {'x': decimal.Decimal('1E+3')}]\"", "[NaN, {\"x\": 1E+3}]"},
        {"\"{'named': collections.namedtuple('P', 'x y')(1, b'b'), b'k': (2,)}\"",
         "{\"named\": {\"x\": 1, \"y\": \"b\"}, \"k\": [2]}"},
        {"\"len('x' * (70 << 20))\"", "73400320"},
        {"\"(1, 'a')\"", "[1, \"a\"]"},
    };
    make_python("give", "app.give");
    must(call_op("UpdateFunctionConfiguration",
                 json_pack("{s:s,s:i}", "FunctionName", "give", "MemorySize", 1024)));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(answer) struct answer a = invoke("give", cases[i].event);
        CHECK_CASE(a.status == 200 && !json_has(a.out, "FunctionError"), buf_cstr(&a.body));
        CHECK_BUF(a.body, cases[i].want);
    }
    CLEANUP_DEINIT(answer) struct answer half = invoke("give", "\"'\\\\ud800'\"");
    CHECK_HAS(buf_cstr(&half.body),
              escapes ? "\"\\ud800\"" : "\"errorType\": \"Runtime.MarshalError\"");
    CLEANUP_DEINIT(answer) struct answer large = invoke("give", "\"'x' * (70 << 20)\"");
    CHECK_HAS(buf_cstr(&large.body), "\"errorType\":\"Function.ResponseSizeTooLarge\"");
    CLEANUP_DEINIT(answer) struct answer after = invoke("give", "\"1\"");
    CHECK_BUF(after.body, "1");
}

/* What the function does, and a part of the document that its caller gets; it serves on. */
static void test_odd_errors(void **) {
    static const struct {
        const char *event, *want;
    } cases[] = {
        {"\"raise Mute()\"",
         "{\"errorMessage\": \"<the text of this Mute cannot be had: ValueError>\", "
         "\"errorType\": \"Mute\""},
        {"\"raise type('\\u00c4', (Exception,), {})('\\\\ud800')\"",
         "{\"errorMessage\": \"\\\\ud800\", \"errorType\": \"\\u00c4\""},
        {"\"raise type('X\\\\r\\\\nEvil: 1', (Exception,), {})('')\"",
         "\"errorType\": \"X\\r\\nEvil: 1\""},
        {"\"raise Exception('m' * (7 << 20))\"", "{\"errorType\":\"Function.Exception\"}"},
        {"\"sys.stdout.close(); raise KeyError(1)\"",
         "{\"errorMessage\": \"1\", \"errorType\": \"KeyError\""},
        {"\"sys.stdout = None\"", "null"},
    };
    make_python("do", "app.do");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(answer) struct answer a = invoke("do", cases[i].event);
        CHECK_HAS(buf_cstr(&a.body), cases[i].want);
    }
}

static void test_client_context(void **) {
    const struct {
        const char *context, *want;
    } cases[] = {
        {"{\"custom\":{\"k\":\"\xc3\xa9\"}}",
         escapes ? "{\"k\": \"\\u00e9\"}" : "{\"k\": \"\xc3\xa9\"}"},
        {"no JSON",
         "{\"errorMessage\": \"Unable to parse Client Context JSON: Expecting value: line "
         "1 column 1 (char 0)\", \"errorType\": \"Runtime.LambdaContextUnmarshalError\""},
        {"[1]", "{\"errorMessage\": \"'list' object has no attribute 'get'\""},
    };
    make_python("client", "app.client");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf text = {0};
        codec_add_base64(&text, cases[i].context, strlen(cases[i].context));
        CLEANUP_DEINIT(answer)
        struct answer a = call_as(
            &fx.root, "Invoke",
            json_pack("{s:s,s:s}", "FunctionName", "client", "ClientContext", buf_cstr(&text)),
            S("{}"));
        CHECK_HAS(buf_cstr(&a.body), cases[i].want);
    }
}

/* The runtime closes the connection on which its /next is parked, then calls /next again. */
static void test_cut_next(void **) {
    make_python("cut", "app.cut");
    for (int i = 0; i < 5; i++) {
        CLEANUP_DEINIT(answer) struct answer a = invoke("cut", "0");
        CHECK_BUF(a.body, "1");
        CLEANUP_DEINIT(answer) struct answer b = invoke("cut", "1");
        CHECK_BUF(b.body, "\"served\"");
    }
}

static void test_context(void **) {
    CLEANUP_DEINIT(buf) struct buf want = {0};
    make_python("tell", "app.tell");
    CLEANUP_DEINIT(answer) struct answer a = invoke("tell", "{}");
    /* clang-format off */
    buf_printf(&want,
              "{\"name\": \"tell\", \"version\": \"$LATEST\", \"arn\": \"" FN_ARN("tell") "\", "
              "\"memory\": \"128\", \"group\": \"/aws/lambda/tell\", \"id\": 36, \"left\": true, "
              "\"handler\": \"app.tell\", \"how\": \"AWS_Lambda_%s\", "
              "\"root\": \"/var/task\", \"first\": \"/var/task\", \"trace\": \"Root=\", "
              "\"client\": null}", runtime->name);
    /* clang-format on */
    CHECK_BUF(a.body, buf_cstr(&want));
}

static void test_one_environment_serves_on(void **) {
    make_python("count", "app.count");
    for (int i = 1; i <= 3; i++) {
        char want[8];
        snprintf(want, sizeof want, "%d", i);
        CLEANUP_DEINIT(answer) struct answer a = invoke("count", "{}");
        CHECK_BUF(a.body, want);
    }
}

static void test_log(void **) {
    make_python("speak", "app.speak");
    CLEANUP_DEINIT(answer) struct answer a = invoke("speak", "{}");
    CHECK_INT(a.status, 200);
    wait_for(&fx.log, "REPORT RequestId: ");
    CHECK(seen(&fx.log, "]|said \xc3\xa9\n") || seen(&fx.log, "|said \xc3\xa9\n"));
    CHECK(seen(&fx.log, "|to stderr\n"));
    CHECK(seen(&fx.log, "|no newline\n"));
    CHECK(seen(&fx.log, "|[WARNING]\t20"));
    CHECK(seen(&fx.log, "\tcareful\n"));
    CHECK(!seen(&fx.log, "unheard"));
}

/* The document that the caller gets; trace is the end of stackTrace as one text, "" nothing. */
static void check_failure(const char *name, const char *type, const char *message,
                          const char *trace) {
    CLEANUP_DEINIT(answer) struct answer a = invoke(name, "{}");
    CLEANUP_JSON json_t *doc = json_parse(buf_view(&a.body), NULL);
    CLEANUP_DEINIT(buf) struct buf lines = {0};
    const json_t *line;
    size_t i;
    json_array_foreach (json_arr(doc, "stackTrace"), i, line)
        buf_str(&lines, json_text(line));
    CHECK_INT(a.status, 200);
    CHECK_STR(json_str(a.out, "FunctionError"), S("Unhandled"));
    CHECK_STR(json_str(doc, "errorType"), str_c(type));
    CHECK_STR(json_str(doc, "errorMessage"), str_c(message));
    if (*trace)
        CHECK_CASE(str_ends(buf_view(&lines), str_c(trace)), buf_cstr(&lines));
    else
        CHECK_BUF(lines, "");
}

static void test_failures(void **) {
    static const struct {
        const char *name, *handler, *type, *message, *trace;
    } cases[] = {
        {"fail", "app.fail", "Odd", "not \"even\"",
         "  File \"/var/task/app.py\", line 29, in fail\n    deeper()\n"
         "  File \"/var/task/app.py\", line 27, in deeper\n    raise Odd('not \"even\"')\n"},
        {"marshal", "app.marshal", "Runtime.MarshalError",
         "Unable to marshal response: Object of type set is not JSON serializable", ""},
        {"nomodule", "nobody.handler", "Runtime.ImportModuleError",
         "Unable to import module 'nobody': No module named 'nobody'", ""},
        {"wants", "wants.handler", "Runtime.ImportModuleError",
         "Unable to import module 'wants': No module named 'not_there'", ""},
        {"slashes", "lib/nobody.handler", "Runtime.ImportModuleError",
         "Unable to import module 'lib/nobody': No module named 'lib.nobody'", ""},
        {"builtin", "sys.exit", "Runtime.BuiltInModuleConflict",
         "Cannot use built-in module sys as a handler module", ""},
        {"dot", ".handler", "ValueError", "Empty module name", ", in _sanity_check\n"},
        {"nothing", "app.", "Runtime.HandlerNotFound", "Handler '' missing on module 'app'", ""},
        {"above", "../x.h", "TypeError",
         "the 'package' argument is required to perform a relative import for '...x'",
         "    raise TypeError(msg.format(name))\n"},
        {"command", "os.system", "TypeError", "system() takes at most 1 argument (2 given)",
         ", in handle_event_request\n    response = request_handler(event, lambda_context)\n"},
        {"nohandler", "app.nobody", "Runtime.HandlerNotFound",
         "Handler 'nobody' missing on module 'app'", ""},
        {"malformed", "handler", "Runtime.MalformedHandlerName",
         "Bad handler 'handler': not enough values to unpack (expected 2, got 1)", ""},
        {"broken", "broken.handler", "Runtime.UserCodeSyntaxError",
         "Syntax error in module 'broken': invalid syntax (broken.py, line 1)",
         "  File \"/var/task/broken.py\" Line 1\n    def handler(:\n"},
        {"raises", "raises.handler", "ValueError", "at import",
         "  File \"/var/task/raises.py\", line 2, in <module>\n"
         "    raise ValueError('at import')\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        make_python(cases[i].name, cases[i].handler);
        check_failure(cases[i].name, cases[i].type, cases[i].message, cases[i].trace);
    }
    wait_for(&fx.log, "|[ERROR] Odd: not \"even\"");
    wait_for(&fx.log, "Traceback (most recent call last):");
    wait_for(&fx.log, "\xc2\xa0\xc2\xa0"
                      "File \"/var/task/app.py\", line 29, in fail");
    wait_for(&fx.log, "|[ERROR] Runtime.ImportModuleError: Unable to import module 'nobody'");
}

static void test_ends(void **) {
    make_python("leave", "app.leave");
    CLEANUP_DEINIT(answer) struct answer a = invoke("leave", "{}");
    CHECK_HAS(buf_cstr(&a.body), "Runtime exited with error: exit status 3");
    static const struct {
        const char *event, *want;
    } signals[] = {
        {"\"os.abort()\"", "Runtime exited with error: signal: aborted"},
        {"\"os.kill(os.getpid(), signal.SIGSEGV)\"",
         "Runtime exited with error: signal: segmentation fault"},
        {"\"os._exit(0)\"", "Runtime exited without providing a reason"},
    };
    make_python("die", "app.do");
    for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
        CLEANUP_DEINIT(answer) struct answer died = invoke("die", signals[i].event);
        CHECK_HAS(buf_cstr(&died.body), signals[i].want);
    }
    make_python("nap", "app.nap");
    must(call_op("UpdateFunctionConfiguration",
                 json_pack("{s:s,s:i}", "FunctionName", "nap", "Timeout", 1)));
    CLEANUP_DEINIT(answer) struct answer b = invoke("nap", "{}");
    CHECK_HAS(buf_cstr(&b.body), "Task timed out after 1.00 seconds");
    make_python("eat", "app.eat"); /* more than its 128 MB */
    CLEANUP_DEINIT(answer) struct answer c = invoke("eat", "{}");
    CHECK_HAS(buf_cstr(&c.body), "Runtime exited with error: signal: killed");
}

/* test_python full | userns */
int main(int argc, char **argv) {
    enum sandbox_level want = level_wanted(argc, argv);
    if (!find_runtime())
        return 77;
    if (want == SANDBOX_USERNS && !become_ordinary())
        return 1;
    int missing_level = fixture_spawner(want);
    if (missing_level)
        return missing_level;
    const struct CMUnitTest tests[] = {
#define RUNS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        RUNS(test_answers),
        RUNS(test_values),
        RUNS(test_odd_errors),
        RUNS(test_client_context),
        RUNS(test_cut_next),
        RUNS(test_context),
        RUNS(test_one_environment_serves_on),
        RUNS(test_log),
        RUNS(test_failures),
        RUNS(test_ends),
#undef RUNS
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sandbox_spawner_free(fx.spawner);
    return failed;
}
