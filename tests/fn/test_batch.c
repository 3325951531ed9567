/*
 * S3 events of several pictures: how many are worked on beside each other, what becomes of the others when one is at
 * fault, and where the invocation's time ends.
 */
#include "process_fixture.h"

#include "base/clock.h"

#include <errno.h>

/* ---- Several records ---- */

static void add_records_with(struct buf *event, size_t n, uint64_t size, size_t giant,
                             uint64_t giant_size) {
    buf_c(event, "{\"Records\":[");
    for (size_t i = 0; i < n; i++)
        buf_printf(event,
                   "%s{\"eventName\":\"ObjectCreated:Put\",\"eventTime\":\"2026-11-22T04:56:59Z\","
                   "\"s3\":{\"bucket\":{\"name\":\"photos\"},\"object\":{\"key\":\"%zu.jpg\","
                   "\"size\":%llu,\"sequencer\":\"5\"}}}",
                   i ? "," : "", i, (unsigned long long)(i == giant ? giant_size : size));
    buf_c(event, "]}");
}
static void add_records(struct buf *event, size_t n, uint64_t size) {
    add_records_with(event, n, size, n, 0);
}

/* Answers that fit any request of a record but its GetObject: no row, written, published. */
#define ANY "HTTP/1.1 200 OK\r\nContent-Type: x\r\nContent-Length: 2\r\n\r\n{}"
static void start_any(struct fn_test *t) {
    fn_test_start(t, NULL, 0);
    t->server.otherwise = ANY;
    snprintf(t->context.config.worker, sizeof t->context.config.worker, "%s", worker_path);
}

/* How many workers were there at once: in the file, each begins with + and ends with -. */
static size_t most_at_once(const char *path) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    size_t now = 0, most = 0;
    CHECK_INT(io_read_file(&text, path, 65536, NULL), 0);
    for (size_t i = 0; i < text.len; i++) {
        now += text.p[i] == '+';
        now -= text.p[i] == '-';
        most = now > most ? now : most;
    }
    CHECK_INT(now, 0);
    return most;
}

/* As many at once as the memory holds: 64 MiB each, and four times the original. */
static void as_many_at_once_as_fit(void **state) {
    (void)state;
    static const struct {
        size_t records;
        uint64_t size, memory_mb;
        size_t together;
        uint64_t share;
    } rows[] = {{6, 2, 512, 6, (64u << 20) + 8},    {10, 2, 4096, 8, (64u << 20) + 8},
                {4, 2, 164, 2, (64u << 20) + 8},    {3, 2, 100, 1, (64u << 20) + 8},
                {2, 32u << 20, 512, 2, 192u << 20}, {2, 2, 64, 1, 32u << 20}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fn_test t;
        CLEANUP_DEINIT(buf)
        struct buf event = {0}, out = {0}, want = {0}, script = {0}, log = {0}, args = {0},
                   seen = {0};
        struct err err = {{0}};
        set_worker(WORKS);
        CHECK_INT(truncate(input_path, 0), 0);
        CHECK_INT(truncate(args_path, 0), 0);
        /* Each waits until as many have begun as should be there together. */
        buf_printf(&script,
                   "echo \"$@\" >> %s\nprintf + >> %s\n"
                   "until [ $(tr -d - < %s | wc -c) -ge %zu ]; do sleep 0.01; done\n"
                   "cat > /dev/null\nprintf - >> %s\nexec cat %s",
                   args_path, input_path, input_path, rows[i].together, input_path, reply_path);
        set_script(buf_cstr(&script));
        start_any(&t);
        t.context.config.memory_bytes = rows[i].memory_mb << 20;
        t.context.config.max_bytes = 1u << 30;
        add_records(&event, rows[i].records, rows[i].size);
        CHECK_INT(process(&t.context, buf_view(&event), &out, &log, &err), 0);
        CHECK_INT(most_at_once(input_path), rows[i].together);
        buf_printf(&want, "{\"processed\":%zu,\"rejected\":0,\"failed\":0,\"skipped\":0}",
                   rows[i].records);
        CHECK_BUF(out, buf_cstr(&want));
        buf_printf(&args, "--memory %llu --cpu 30\n", (unsigned long long)rows[i].share);
        CHECK_INT(io_read_file(&seen, args_path, 65536, NULL), 0);
        CHECK(str_starts(buf_view(&seen), buf_view(&args)));
        fn_test_stop(&t);
    }
}

/*
 * Many records and one giant among them that needs all of the memory: it waits until the others give
 * back, is alone, is not overtaken for ever, and nothing waits for good.
 */
static void a_giant_among_many(void **state) {
    (void)state;
    enum { RECORDS = 150, GIANT = 20 };
    struct fn_test t;
    CLEANUP_DEINIT(buf) struct buf event = {0}, out = {0}, script = {0}, log = {0}, seen = {0};
    struct err err = {{0}};
    set_worker(WORKS);
    CHECK_INT(truncate(input_path, 0), 0);
    buf_printf(&script,
               "if [ $2 = 503316480 ]; then printf G >> %s; else printf + >> %s; fi\n"
               "cat > /dev/null\ncat %s\nprintf - >> %s",
               input_path, input_path, reply_path, input_path);
    set_script(buf_cstr(&script));
    start_any(&t);
    t.context.config.max_bytes = 1u << 30;
    add_records_with(&event, RECORDS, 2, GIANT, 200 << 20);
    CHECK_INT(process(&t.context, buf_view(&event), &out, &log, &err), 0);
    CHECK_BUF(out, COUNTS(150, 0, 0, 0));
    CHECK_INT(io_read_file(&seen, input_path, 65536, NULL), 0);
    size_t now = 0, giant_at = 0, begun = 0;
    for (size_t i = 0; i < seen.len; i++) {
        CHECK(seen.p[i] == '-' || !giant_at || seen.p[giant_at + 1] == '-');
        if (seen.p[i] == 'G') {
            CHECK_INT(now, 0);
            giant_at = i;
            CHECK_RANGE(begun, GIANT - 8, 3 * GIANT);
        }
        begun += seen.p[i] != '-';
        now += seen.p[i] == '-' ? (size_t)-1 : 1;
    }
    CHECK(giant_at > 0 && seen.p[giant_at + 1] == '-');
    fn_test_stop(&t);
}

/*
 * A picture that finds too little in a share of the memory is tried once more with all of it. What is no picture would be
 * none then, too.
 */
static void what_needs_more_gets_it(void **state) {
    (void)state;
    static const struct {
        const char *end;    /* of a worker that has less than all */
        enum worker answer; /* where it writes one */
        const char *counts;
    } rows[] = {{"exit 4", WORKS, COUNTS(2, 0, 0, 0)},
                {"kill -KILL $$", WORKS, COUNTS(2, 0, 0, 0)},
                {"exec cat $ARGS", HAS_NO_ROOM, COUNTS(2, 0, 0, 0)},
                {"exec cat $ARGS", REJECTS, COUNTS(0, 2, 0, 0)}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fn_test t;
        CLEANUP_DEINIT(buf) struct buf event = {0}, out = {0}, script = {0}, log = {0}, no = {0};
        struct err err = {{0}};
        put_answer(&no, rows[i].answer);
        set_worker(WORKS);
        int fd = open(args_path, O_WRONLY | O_TRUNC);
        CHECK(write(fd, no.p, no.len) == (ssize_t)no.len);
        close(fd);
        buf_printf(&script, "cat > /dev/null\nif [ $2 -lt 503316480 ]; then %s; fi\nexec cat %s",
                   rows[i].end, reply_path);
        CLEANUP_DEINIT(buf) struct buf whole = {0};
        buf_printf(&whole, "ARGS=%s\n%s", args_path, buf_cstr(&script));
        set_script(buf_cstr(&whole));
        start_any(&t);
        add_records(&event, 2, 2);
        CHECK_INT(process(&t.context, buf_view(&event), &out, &log, &err), 0);
        CHECK_STR(buf_view(&out), str_c(rows[i].counts));
        CHECK_HAS(buf_cstr(&log), "\"step\":\"memory\"");
        fn_test_stop(&t);
    }
}

/*
 * One at fault fails the invocation, but the others are done first, and no report says otherwise.
 */
static void one_fault_of_three(void **state) {
    (void)state;
    static const struct step steps[] = {
        GONE,
        {ANSWER, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"},
        GONE};
    struct fn_test t;
    CLEANUP_DEINIT(buf) struct buf event = {0}, out = {0}, log = {0};
    struct err err = {{0}};
    fn_test_start(&t, steps, ARRAY_LEN(steps));
    add_records(&event, 3, 5);
    CHECK_INT(process(&t.context, buf_view(&event), &out, &log, &err), -EIO);
    CHECK_HAS(err.text, "GetItem of photos/");
    check_asked(&t.server, ASK_ROW ASK_ROW ASK_ROW);
    CHECK_INT(out.len, 0);
    fn_test_stop(&t);
}

/* ---- The invocation's time ---- */

/* Nothing is begun that cannot be ended, and what is under way is stopped before there is a row. */
static void the_time_is_watched(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int64_t left_ms;
        struct step steps[4];
        const char *script;
        const char *asked, *why;
    } rows[] = {
        {"too late to begin",
         1000,
         {NO_ROW},
         "",
         "",
         "1 of 1 records were not begun: the invocation's time is over"},
        {"the worker is not done",
         2500,
         {NO_ROW, GET_OK},
         "exec sleep 60",
         ASK_ROW ASK_GET,
         "the time was over before the picture was decoded"},
        {"the original does not come",
         2000,
         {NO_ROW, SILENCE},
         "",
         ASK_ROW ASK_GET,
         "the time for it is over"},
        {"the row is not answered for", 2000, {SILENCE}, "", ASK_ROW, "the time for it is over"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fn_test t;
        CLEANUP_DEINIT(buf) struct buf out = {0}, log = {0};
        struct err err = {{0}};
        size_t n = 0;
        while (n < 4 && rows[i].steps[n].answer)
            n++;
        print_message("%s\n", rows[i].name);
        set_script(rows[i].script);
        fn_test_start(&t, rows[i].steps, n);
        use_worker(&t);
        int64_t start_ms = clock_mono_ms();
        t.context.deadline_ms = clock_real_ms() + rows[i].left_ms;
        CHECK_INT(process(&t.context, str_c(event_of(PICTURE, "\"versionId\":\"v1\",\"size\":5,")),
                          &out, &log, &err),
                  -EIO);
        CHECK(clock_mono_ms() - start_ms < rows[i].left_ms); /* before Lambda ends it */
        CHECK_HAS(err.text, rows[i].why);
        check_asked(&t.server, rows[i].asked);
        CHECK_INT(out.len, 0);
        fn_test_stop(&t);
    }
}

/* A record that would take longer than there is time is left to the next attempt. */
static void the_last_records_wait(void **state) {
    (void)state;
    struct fn_test t;
    CLEANUP_DEINIT(buf) struct buf event = {0}, out = {0}, log = {0}, script = {0};
    struct err err = {{0}};
    set_worker(WORKS);
    buf_printf(&script, "sleep 0.6\ncat > /dev/null\nexec cat %s", reply_path);
    set_script(buf_cstr(&script));
    start_any(&t);
    t.context.deadline_ms = clock_real_ms() + 2500;
    add_records(&event, 9, 2); /* eight at once */
    t.context.config.memory_bytes = 4096ull << 20;
    CHECK_INT(process(&t.context, buf_view(&event), &out, &log, &err), -EIO);
    CHECK_HAS(err.text, "1 of 9 records were not begun: the invocation's time is over");
    size_t rows = 0;
    for (size_t i = 0; i < t.server.n_seen; i++)
        rows += strstr(buf_cstr(&t.server.seen[i]), "PutItem") != NULL;
    CHECK_INT(rows, 8);
    fn_test_stop(&t);
}

static void what_is_no_event(void **state) {
    (void)state;
    struct fn_context context = {.request_id = "R1", .config = {.environment = "test"}};
    CLEANUP_DEINIT(buf) struct buf out = {0}, event = {0};
    struct err err = {{0}};
    CHECK_INT(fn_process(&context, S("{"), &out, &err), -EINVAL);
    CHECK_INT(fn_process(&context, S("{}"), &out, &err), -EINVAL);
    CHECK_HAS(err.text, "it is not an S3 notification");
    add_records(&event, 1001, 5);
    CHECK_INT(fn_process(&context, buf_view(&event), &out, &err), -EINVAL);
    CHECK_HAS(err.text, "the event has 1001 records, more than 1000");
    CHECK_INT(fn_process(&context, S("{\"Event\":\"s3:TestEvent\"}"), &out, &err), 0);
    CHECK_BUF(out, COUNTS(0, 0, 0, 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_at_once_as_fit),  cmocka_unit_test(a_giant_among_many),
        cmocka_unit_test(what_needs_more_gets_it), cmocka_unit_test(one_fault_of_three),
        cmocka_unit_test(the_time_is_watched),     cmocka_unit_test(the_last_records_wait),
        cmocka_unit_test(what_is_no_event),
    };
    return cmocka_run_group_tests(tests, make_worker, drop_worker);
}
