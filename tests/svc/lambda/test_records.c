/*
 * Records: what interpreted functions write to the third pipe becomes events of their log, one
 * each, and what a hostile one writes there harms nobody. Run by the host's Python.
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

/* How the log shows an event: group|stream|message. The stream ends in 32 digits. */
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
    CHECK_HAS(buf_cstr(&tail), "[ERROR] one\nof two lines\n{\"level\": \"INFO\"}\n");
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

/* test_records full | userns */
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
        RUNS(test_one_event_each),
        RUNS(test_hostile),
        RUNS(test_too_much),
        RUNS(test_times),
#undef RUNS
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sandbox_spawner_free(fx.spawner);
    return failed;
}
