/*
 * The logs of functions, in both formats: what Lambda writes into them, and what the function does.
 * Records, which interpreted ones write to a third pipe, become one event each, and what a hostile
 * one writes there harms nobody. Run by the host's Python.
 */
#include "lambda_fixture.h"

/* Writes the bytes that the event names, as Python text of them. */
static const char program[] = "import os, struct, sys, time\n"
                              "FD = 3\n"
                              "def record(text, kind=0xa55a0003, us=None):\n"
                              "    us = time.time_ns() // 1000 if us is None else us\n"
                              "    return struct.pack('>IIQ', kind, len(text), us) + text\n"
                              "def write(data):\n"
                              "    while data:\n"
                              "        data = data[os.write(FD, data):]\n"
                              "def handler(event, context):\n"
                              "    exec(event)\n"
                              "    return 'done'\n";

static const char *python(void) {
    return access("/usr/bin/python3.11", X_OK) == 0   ? "python3.11"
           : access("/usr/bin/python3.13", X_OK) == 0 ? "python3.13"
                                                      : NULL;
}

static int setup(void **) {
    static const struct zip_entry entries[] = {{.name = "app.py", .content = program}};
    CLEANUP_DEINIT(buf) struct buf zip = {0}, text = {0};
    fixture_open(true);
    make_zip(&zip, entries, ARRAY_LEN(entries));
    codec_add_base64(&text, zip.p, zip.len);
    json_t *code = json_object();
    json_set_str(code, "ZipFile", buf_view(&text));
    must(call_op("CreateFunction", new_function("fn", code,
                                                json_pack("{s:s,s:s}", "Runtime", python(),
                                                          "Handler", "app.handler"))));
    return 0;
}
static int teardown(void **) {
    fixture_close();
    return 0;
}

/* Runs those statements, as JSON text holds them. The answer has LogResult. */
static struct answer run(const char *statements) {
    CLEANUP_DEINIT(buf) struct buf event = {0};
    CLEANUP_JSON json_t *text = json_string(statements);
    json_write(&event, text);
    return call_as(&fx.root, "Invoke",
                   json_pack("{s:s,s:s}", "FunctionName", "fn", "LogType", "Tail"),
                   buf_view(&event));
}

static void check_done(struct answer *a) {
    CHECK_BUF(a->body, "\"done\"");
    CHECK(!json_has(a->out, "FunctionError"));
}

/* How the log shows an event: group|stream|message. */
static void wait_for_event(const char *message) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_printf(&text, "|%s", message);
    wait_for(&fx.log, buf_cstr(&text));
}

/* One event a record, newlines inside, between START and END; so in the tail that the caller gets. */
static void test_one_event_each(void **) {
    CLEANUP_DEINIT(answer)
    struct answer a = run("write(record(b'[ERROR] one\\nof two lines'))\n"
                          "write(record(b'{\"level\": \"INFO\"}\\n', 0xa55a000e))\n"
                          "print('printed')\n");
    CLEANUP_DEINIT(buf) struct buf tail = {0};
    check_done(&a);
    CHECK(codec_unbase64(&tail, json_str(a.out, "LogResult")));
    /* What is printed comes by another pipe: before, between or behind them. */
    CHECK_HAS(buf_cstr(&tail), "[ERROR] one\nof two lines\n");
    CHECK_HAS(strstr(buf_cstr(&tail), "two lines\n"), "\n{\"level\": \"INFO\"}\n");
    CHECK(str_starts(buf_view(&tail), S("START ")));
    CHECK_HAS(strstr(buf_cstr(&tail), "two lines"), "END RequestId");
    CHECK_HAS(strstr(buf_cstr(&tail), "printed\n"), "END RequestId");
    wait_for(&fx.log, "|REPORT ");
    wait_for_event("[ERROR] one\nof two lines/aws"); /* the next event: its group */
    wait_for_event("{\"level\": \"INFO\"}\n");
}

/* What is no record is there too; and the function serves on. */
static void test_hostile(void **) {
    static const struct {
        const char *name, *statements, *want;
    } cases[] = {
        {"text", "os.write(FD, b'just text\\nand more')\n", "|just text\n"},
        {"a length of 4 GB",
         "write(struct.pack('>IIQ', 0xa55a0003, 0xffffffff, 1) + b'\\nafter\\n')\n", "|after\n"},
        {"a record that ends never",
         "write(struct.pack('>IIQ', 0xa55a0003, 1 << 20, 0) + b'the beginning')\n",
         "|the beginning"},
        {"a record that is cut off", "write(record(b'never whole')[:20])\n", "|neve"},
        {"noise", "write(bytes(range(256)) * 100 + record(b'found again'))\n", "|found again"},
        {"the descriptor closed", "os.close(FD)\nprint('closed')\n", "|closed\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        forget_all();
        CLEANUP_DEINIT(answer) struct answer a = run(cases[i].statements);
        check_done(&a);
        wait_for(&fx.log, "|REPORT ");
        if (!seen(&fx.log, cases[i].want))
            fail_msg("%s: %s", cases[i].name, buf_cstr(&fx.log));
        /* another environment: what a program has spoilt is its own */
        must(call_op("UpdateFunctionConfiguration",
                     json_pack("{s:s,s:i}", "FunctionName", "fn", "Timeout", (int)(10 + i))));
    }
}

/* More than a function may log: it is dropped, counted and told, and END comes. */
static void test_too_much(void **) {
    must(call_op("UpdateFunctionConfiguration",
                 json_pack("{s:s,s:i}", "FunctionName", "fn", "Timeout", 60)));
    CLEANUP_DEINIT(answer)
    struct answer a = run("one = record(b'') + record(b'x')\nwrite(one * 100000)\n");
    check_done(&a);
    wait_for(&fx.log, "|REPORT ");
    CHECK(seen(&fx.log, "|calotype: "));
    CHECK_RANGE(count_of(&fx.log, "|x"), 20000, 60000);
}

/* Times that cannot be are no harm. */
static void test_times(void **) {
    CLEANUP_DEINIT(answer)
    struct answer a = run("write(record(b'old', us=0))\n"
                          "write(record(b'new', us=1 << 62))\n"
                          "write(record(b'odd', us=(1 << 64) - 1))\n");
    check_done(&a);
    wait_for(&fx.log, "|REPORT ");
    CHECK(seen(&fx.log, "|old") && seen(&fx.log, "|new") && seen(&fx.log, "|odd"));
}

/* ---- What Lambda writes ---- */
static void configure(const char *member, json_t *value) {
    must(call_op("UpdateFunctionConfiguration",
                 json_pack("{s:s,s:o}", "FunctionName", "fn", member, value)));
    forget_all();
}

static void set_levels(const char *application, const char *system) {
    configure("LoggingConfig",
              json_pack("{s:s,s:s,s:s}", "LogFormat", "JSON", "ApplicationLogLevel", application,
                        "SystemLogLevel", system));
}

/* The number behind what in the log; -1: it is not there. */
static double number_after(const char *what) {
    LOCK_SCOPE(&fx.lock);
    ptrdiff_t at = str_find(buf_view(&fx.log), str_c(what));
    return at < 0 ? -1 : strtod(buf_cstr(&fx.log) + at + strlen(what), NULL);
}

/* In this order, each once. */
static void check_order(const char *const *events, size_t n) {
    LOCK_SCOPE(&fx.lock);
    str rest = buf_view(&fx.log);
    for (size_t i = 0; i < n; i++) {
        ptrdiff_t at = str_find(rest, str_c(events[i]));
        if (at < 0)
            fail_msg("%s is not where it belongs: %s", events[i], buf_cstr(&fx.log));
        rest = str_skip(rest, (size_t)at + 1);
        if (str_find(rest, str_c(events[i])) >= 0)
            fail_msg("%s is there twice", events[i]);
    }
}

/* The init is billed with the first invocation, which alone tells of it. */
static void test_text(void **) {
    static const char *const events[] = {"|INIT_START Runtime Version: python:3.1", "|START ",
                                         "|printed\n", "|END ", "|REPORT "};
    CLEANUP_DEINIT(answer) struct answer a = run("print('printed')");
    CLEANUP_DEINIT(buf) struct buf tail = {0};
    check_done(&a);
    wait_for(&fx.log, "|REPORT ");
    check_order(events, ARRAY_LEN(events));
    CHECK(codec_unbase64(&tail, json_str(a.out, "LogResult")));
    CHECK(str_starts(buf_view(&tail), S("START ")));
    double ran = number_after("\tDuration: "), init = number_after("\tInit Duration: ");
    CHECK(ran >= 0 && init > 0);
    double billed = number_after("\tBilled Duration: ");
    CHECK(billed + 0.02 > ran + init && billed - 1.02 < ran + init);
    CHECK_RANGE(number_after("\tMax Memory Used: "), 2, 128);
    CHECK(seen(&fx.log, " ms\t\n") && !seen(&fx.log, "Status"));
    forget_all();
    CLEANUP_DEINIT(answer) struct answer b = run("1");
    check_done(&b);
    wait_for(&fx.log, "|REPORT ");
    CHECK(!seen(&fx.log, "Init") && !seen(&fx.log, "INIT"));
    ran = number_after("\tDuration: "), billed = number_after("\tBilled Duration: ");
    CHECK(billed + 0.01 > ran && billed - 1.01 < ran);
}

static void test_text_failures(void **) {
    CLEANUP_DEINIT(answer) struct answer left = run("os._exit(3)");
    wait_for(&fx.log, "|REPORT ");
    CHECK(seen(&fx.log, " Error: Runtime exited with error: exit status 3\nRuntime.ExitError\n"));
    CHECK(seen(&fx.log, "Status: error\tError Type: Runtime.ExitError\n"));
    CHECK(number_after("\tInit Duration: ") > 0);
    /* Its program is started anew as part of the next one, which has the time of both. */
    forget_all();
    CLEANUP_DEINIT(answer) struct answer next = run("1");
    check_done(&next);
    wait_for(&fx.log, "|REPORT ");
    CHECK(!seen(&fx.log, "INIT") && !seen(&fx.log, "Init"));
    configure("Timeout", json_integer(1));
    CLEANUP_DEINIT(answer) struct answer late = run("time.sleep(60)");
    wait_for(&fx.log, "|REPORT ");
    CHECK(seen(&fx.log, " Task timed out after 1.00 seconds\n\n"));
    CHECK(seen(&fx.log, "\tDuration: 1000.00 ms\tBilled Duration: "));
    CHECK(seen(&fx.log, "\tStatus: timeout\n"));
    CHECK(number_after("\tBilled Duration: ") > 1000); /* with its init */
    /* What the runtime catches is an answer like another. */
    forget_all();
    CLEANUP_DEINIT(answer) struct answer raised = run("raise ValueError('no')");
    wait_for(&fx.log, "|REPORT ");
    CHECK(seen(&fx.log, "[ERROR] ValueError: no") && !seen(&fx.log, "Status"));
}

/* Every event of Lambda's, at the most detailed level. */
static void test_json(void **) {
    static const char *const events[] = {
        "\"type\":\"platform.initStart\",\"record\":{\"initializationType\":\"on-demand\","
        "\"phase\":\"init\",\"runtimeVersion\":\"python:3.1",
        "\"type\":\"platform.initRuntimeDone\",\"record\":{\"initializationType\":\"on-demand\","
        "\"phase\":\"init\",\"status\":\"success\"}}",
        "\"type\":\"platform.initReport\",\"record\":{\"initializationType\":\"on-demand\","
        "\"phase\":\"init\",\"status\":\"success\",\"metrics\":{\"durationMs\":",
        "\"type\":\"platform.start\",\"record\":{\"requestId\":\"",
        "|printed\n",
        "\"type\":\"platform.runtimeDone\",\"record\":{\"requestId\":\"",
        "\"type\":\"platform.report\",\"record\":{\"requestId\":\"",
    };
    set_levels("INFO", "DEBUG");
    CLEANUP_DEINIT(answer)
    struct answer a = run("print('printed')\n"
                          "assert os.environ['AWS_LAMBDA_LOG_FORMAT'] == 'JSON'\n"
                          "assert os.environ['AWS_LAMBDA_LOG_LEVEL'] == 'INFO'\n");
    CLEANUP_DEINIT(buf) struct buf tail = {0};
    check_done(&a);
    wait_for(&fx.log, "platform.report");
    check_order(events, ARRAY_LEN(events));
    CHECK(seen(&fx.log, "\",\"functionArn\":\"" FN_ARN("fn") "\",\"version\":\"$LATEST\"}}"));
    CHECK(seen(&fx.log, "\"status\":\"success\",\"metrics\":{\"durationMs\":"));
    CHECK(seen(&fx.log, ",\"producedBytes\":6}}"));
    CHECK(!seen(&fx.log, "START ") && !seen(&fx.log, "END ") && !seen(&fx.log, "REPORT "));
    CHECK_INT(number_after("\"memorySizeMB\":"), 128);
    CHECK_RANGE(number_after("\"maxMemoryUsedMB\":"), 2, 128);
    CHECK(number_after("\"initDurationMs\":") > 0);
    CHECK(codec_unbase64(&tail, json_str(a.out, "LogResult")));
    str first, rest;
    CHECK(str_cut(buf_view(&tail), '\n', &first, &rest));
    CLEANUP_JSON json_t *start = json_parse(first, NULL);
    CHECK_STR(json_str(start, "type"), S("platform.start"));
    CHECK(str_ends(buf_view(&tail), S("\"status\":\"success\"}}\n")));
}

/* What the levels leave of a good and of a bad invocation. */
static void test_system_levels(void **) {
    static const struct {
        const char *level, *statements;
        bool start, done, report;
    } cases[] = {
        {"INFO", "1", true, false, true},
        {"WARN", "1", false, false, false},
        {"WARN", "os._exit(1)", false, true, true},
        {"INFO", "os._exit(1)", true, true, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        set_levels("INFO", cases[i].level);
        CLEANUP_DEINIT(answer) struct answer a = run(cases[i].statements);
        CLEANUP_DEINIT(answer) struct answer b = run("print('the end')");
        wait_for(&fx.log, "the end");
        CHECK_CASE(seen(&fx.log, "platform.start") == cases[i].start, cases[i].level);
        CHECK_CASE(seen(&fx.log, "platform.initStart") == cases[i].start, cases[i].level);
        CHECK_CASE(seen(&fx.log, "platform.runtimeDone") == cases[i].done, cases[i].level);
        CHECK_CASE(seen(&fx.log, "platform.report") == cases[i].report, cases[i].level);
    }
    CHECK(seen(&fx.log, "\"status\":\"error\",\"errorType\":\"Runtime.ExitError\"}}"));
    CHECK(!seen(&fx.log, "Runtime exited"));
    CHECK(seen(&fx.log, "platform.initStart\",\"record\":{\"initializationType\":\"on-demand\","
                        "\"phase\":\"invoke\""));
    configure("Timeout", json_integer(1));
    CLEANUP_DEINIT(answer) struct answer late = run("time.sleep(60)");
    wait_for(&fx.log, "platform.report");
    CHECK(seen(&fx.log, "\"metrics\":{\"durationMs\":1000.000,\"billedDurationMs\":"));
    CHECK(seen(&fx.log, "},\"status\":\"timeout\"}}") && !seen(&fx.log, "Task timed out"));
}

/* Plain text stays; JSON goes by its level, a record by that of its type. */
static void test_application_levels(void **) {
    static const char statements[] = "print('plain')\n"
                                     "print('{\"level\":\"debug\",\"n\":1}')\n"
                                     "print('{\"level\":\"ERROR\",\"n\":2}')\n"
                                     "print('{\"n\":3}')\n"
                                     "print('{\"_aws\":{},\"n\":4}')\n"
                                     "write(record(b'{\"level\":\"WARN\",\"n\":5}', 0xa55a0012))\n"
                                     "write(record(b'{\"n\":6}', 0xa55a000a))\n"
                                     "write(record(b'{\"level\":\"FATAL\",\"n\":7}', 0xa55a0002))\n"
                                     "write(record(b'plain record', 0xa55a0003))\n";
    static const struct {
        const char *level, *there;
    } cases[] = {{"TRACE", "1234567"}, {"INFO", "23457"}, {"WARN", "2457"}, {"FATAL", "47"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        set_levels(cases[i].level, "INFO");
        CLEANUP_DEINIT(answer) struct answer a = run(statements);
        check_done(&a);
        wait_for(&fx.log, "platform.report");
        CHECK(seen(&fx.log, "|plain\n") && seen(&fx.log, "|plain record"));
        for (int n = 1; n <= 7; n++) {
            char what[] = "\"n\":0}";
            what[4] = (char)('0' + n);
            CHECK_CASE(seen(&fx.log, what) == (strchr(cases[i].there, '0' + n) != NULL), what);
        }
    }
}

static void test_json_loss(void **) {
    set_levels("TRACE", "WARN");
    CLEANUP_DEINIT(answer) struct answer a = run("sys.stdout.write('x\\n' * 100000)");
    check_done(&a);
    wait_for(&fx.log, "\"type\":\"platform.logsDropped\",\"record\":{\"droppedBytes\":");
    CHECK(!seen(&fx.log, "|calotype: "));
}

/* A group that several functions may share has the function's name in its streams. */
static void test_own_group(void **) {
    configure("LoggingConfig", json_pack("{s:s}", "LogGroup", "/shared"));
    CLEANUP_DEINIT(answer) struct answer a = run("print(os.environ['AWS_LAMBDA_LOG_STREAM_NAME'])");
    check_done(&a);
    wait_for(&fx.log, "|REPORT ");
    CHECK(seen(&fx.log, "/fn[$LATEST][") && !seen(&fx.log, "/[$LATEST]"));
    CHECK(seen(&fx.log, "]\n/shared|"));
}

/* test_logging full | userns */
int main(int argc, char **argv) {
    enum sandbox_level want = level_wanted(argc, argv);
    if (!python())
        return 77;
    if (want == SANDBOX_USERNS && !become_ordinary())
        return 1;
    int missing_level = fixture_spawner(want);
    if (missing_level)
        return missing_level;
    const struct CMUnitTest tests[] = {
#define RUNS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        RUNS(test_one_event_each), RUNS(test_hostile),       RUNS(test_too_much),
        RUNS(test_times),          RUNS(test_text),          RUNS(test_text_failures),
        RUNS(test_json),           RUNS(test_system_levels), RUNS(test_application_levels),
        RUNS(test_json_loss),      RUNS(test_own_group),
#undef RUNS
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sandbox_spawner_free(fx.spawner);
    return failed;
}
