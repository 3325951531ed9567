/*
 * Functions in Python, run by the host's interpreter: what they see, and what their errors look
 * like to callers and in the log. One package holds all of them; the Handler picks one.
 */
#include "lambda_fixture.h"

#include "svc/lambda/runtimes.h"

static const char package[] =
    "import json, logging, os, sys, time\n"
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
    "def look(event, context):\n"
    "    return [os.path.exists('/usr/bin/sh'), os.path.exists('/etc/passwd'), os.getcwd()]\n";

static void make_python(const char *name, const char *handler) {
    static const struct zip_entry entries[] = {
        {.name = "app.py", .content = package},
        {.name = "lib/inner.py", .content = "def handler(event, context):\n    return 'inner'\n"},
        {.name = "broken.py", .content = "def handler(:\n"},
        {.name = "raises.py", .content = "limit = 1\nraise ValueError('at import')\n"},
        {.name = "wants.py", .content = "import not_there\n"},
    };
    CLEANUP_DEINIT(buf) struct buf zip = {0}, text = {0};
    make_zip(&zip, entries, ARRAY_LEN(entries));
    codec_add_base64(&text, zip.p, zip.len);
    json_t *code = json_object();
    json_set_str(code, "ZipFile", buf_view(&text));
    must(call_op("CreateFunction", new_function(name, code,
                                                json_pack("{s:s,s:s}", "Runtime", "python3.11",
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
    static const struct {
        const char *name, *handler, *event, *want;
    } cases[] = {
        {"echo", "app.echo", "{\"a\":[1,null,\"\\u00e9\"]}", "{\"a\": [1, null, \"\xc3\xa9\"]}"},
        {"none", "app.speak", "{}", "null"},
        {"nested", "lib/inner.handler", "{}", "\"inner\""},
        {"dotted", "lib.inner.handler", "{}", "\"inner\""},
        {"library", "app.library", "{}", "\"all there\""},
        {"look", "app.look", "{}", "[false, false, \"/var/task\"]"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        make_python(cases[i].name, cases[i].handler);
        CLEANUP_DEINIT(answer) struct answer a = invoke(cases[i].name, cases[i].event);
        CHECK_CASE(a.status == 200 && !json_has(a.out, "FunctionError"), buf_cstr(&a.body));
        CHECK_BUF(a.body, cases[i].want);
    }
}

static void test_context(void **) {
    make_python("tell", "app.tell");
    CLEANUP_DEINIT(answer) struct answer a = invoke("tell", "{}");
    /* clang-format off */
    CHECK_BUF(a.body,
              "{\"name\": \"tell\", \"version\": \"$LATEST\", \"arn\": \"" FN_ARN("tell") "\", "
              "\"memory\": \"128\", \"group\": \"/aws/lambda/tell\", \"id\": 36, \"left\": true, "
              "\"handler\": \"app.tell\", \"how\": \"AWS_Lambda_python3.11\", "
              "\"root\": \"/var/task\", \"first\": \"/var/task\", \"trace\": \"Root=\", "
              "\"client\": null}");
    /* clang-format on */
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
    CHECK(seen(&fx.log, "no newline[WARNING]\t20"));
    CHECK(seen(&fx.log, "\tcareful\n"));
    CHECK(!seen(&fx.log, "unheard"));
}

/* The document that the caller gets; stackTrace as one text. */
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
    if (trace)
        CHECK_BUF(lines, trace);
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
    wait_for(&fx.log, "|[ERROR] Odd: not \"even\"\n");
    wait_for(&fx.log, "|Traceback (most recent call last):\n");
    wait_for(&fx.log, "|[ERROR] Runtime.ImportModuleError: Unable to import module 'nobody'");
}

static void test_ends(void **) {
    make_python("leave", "app.leave");
    CLEANUP_DEINIT(answer) struct answer a = invoke("leave", "{}");
    CHECK_HAS(buf_cstr(&a.body), "Runtime exited with error: exit status 3");
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
    const char *missing = NULL;
    enum sandbox_level want = level_wanted(argc, argv);
    if (!lambda_runtime_is_here(lambda_runtime_find(S("python3.11")), &missing))
        return 77;
    if (want == SANDBOX_USERNS && !become_ordinary())
        return 1;
    if (!fixture_spawner() || sandbox_spawner_status(fx.spawner)->level != want) {
        sandbox_spawner_free(fx.spawner);
        return 77;
    }
    const struct CMUnitTest tests[] = {
#define RUNS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        RUNS(test_answers), RUNS(test_context),  RUNS(test_one_environment_serves_on),
        RUNS(test_log),     RUNS(test_failures), RUNS(test_ends),
#undef RUNS
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sandbox_spawner_free(fx.spawner);
    return failed;
}
