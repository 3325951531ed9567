/*
 * An S3 event through all steps, against a scripted AWS and a scripted image worker: what is asked
 * of the services in which order, what the rows say, and how each fault ends.
 */
#include "fn_fixture.h"

#include "base/io.h"
#include "imgjob/imgjob.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#define SEQUENCER "00000000000000000000000000000005"
#define ID        "27d6d7322505e7c4910d28d9b852d2b5" /* photos/uploads/a b@c.jpg */

static char worker_path[] = "/tmp/calotype-worker-XXXXXX",
            reply_path[] = "/tmp/calotype-reply-XXXXXX",
            input_path[] = "/tmp/calotype-input-XXXXXX", args_path[] = "/tmp/calotype-args-XXXXXX",
            log_path[] = "/tmp/calotype-log-XXXXXX";

/* ---- The worker: reads all, then writes what the test left for it ---- */

enum worker { WORKS, REJECTS, DIES };

static void set_worker(enum worker kind) {
    struct imgjob_reply reply = {
        .status = kind == REJECTS ? IMGJOB_REJECTED : IMGJOB_DONE,
        .reason = kind == REJECTS ? S("This is no picture") : S(""),
        .format = S("jpeg"),
        .width = 40,
        .height = 30,
        .n = kind == REJECTS ? 0 : 2,
        .derivatives = {{800, 40, 30, S("image/jpeg"), 4}, {200, 20, 15, S("image/png"), 3}}};
    CLEANUP_DEINIT(buf) struct buf bytes = {0};
    imgjob_put_reply(&bytes, &reply);
    if (kind == WORKS)
        buf_c(&bytes, "BIG!tny");
    int fd = open(reply_path, O_WRONLY | O_TRUNC);
    CHECK(write(fd, bytes.p, bytes.len) == (ssize_t)bytes.len);
    close(fd);
    fd = open(worker_path, O_WRONLY | O_TRUNC);
    CHECK(dprintf(fd, "#!/bin/sh\necho \"$@\" > %s\n/usr/bin/env >> %s\n/bin/cat > %s\n%s %s\n",
                  args_path, args_path, input_path, kind == DIES ? "exit 7 #" : "exec /bin/cat",
                  reply_path) > 0);
    close(fd);
}

static int make_worker(void **state) {
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    close(mkstemp(reply_path));
    close(mkstemp(input_path));
    close(mkstemp(args_path));
    close(mkstemp(log_path));
    int fd = mkstemp(worker_path);
    fchmod(fd, 0700);
    close(fd);
    return 0;
}
static int drop_worker(void **state) {
    (void)state;
    unlink(worker_path);
    unlink(reply_path);
    unlink(input_path);
    unlink(args_path);
    unlink(log_path);
    return 0;
}

/* ---- One record ---- */

static const char *event_of(const char *key, const char *version) {
    static char text[1024];
    snprintf(
        text, sizeof text,
        "{\"Records\":[{\"eventName\":\"ObjectCreated:Put\",\"eventTime\":\"2026-11-22T04:56:59Z\","
        "\"s3\":{\"bucket\":{\"name\":\"photos\"},\"object\":{\"key\":\"%s\",\"size\":5,"
        "\"eTag\":\"abc\",%s\"sequencer\":\"5\"}}}]}",
        key, version);
    return text;
}
#define PICTURE "uploads/a+b%40c.jpg"

#define HEAD_OK                                                                                    \
    { ANSWER, "HTTP/1.1 200 OK\r\nContent-Type: image/x\r\nContent-Length: 5\r\n\r\n" }
#define NO_ROW                                                                                     \
    { ANSWER, HTTP("200 OK", "{}") }
#define GET_OK                                                                                     \
    { ANSWER, HTTP("200 OK", "hello") }
#define DONE                                                                                       \
    { ANSWER, HTTP("200 OK", "") }
#define PUT_ROW                                                                                    \
    { ANSWER, HTTP("200 OK", "{}") }
#define PUBLISHED                                                                                  \
    { ANSWER, HTTP("200 OK", "<PublishResponse/>") }
#define ROW(sequencer, status)                                                                     \
    {                                                                                              \
        ANSWER, HTTP("200 OK", "{\"Item\":{\"Sequencer\":{\"S\":\"" sequencer "\"},"               \
                               "\"Status\":{\"S\":\"" status "\"},\"Reason\":{\"S\":\"so\"}}}")    \
    }
#define OLD_ROW                                                                                    \
    {                                                                                              \
        ANSWER, HTTP("200 OK", "{\"Attributes\":{\"Derivatives\":{\"L\":["                         \
                               "{\"M\":{\"Key\":{\"S\":\"old/800.jpg\"}}},"                        \
                               "{\"M\":{\"Key\":{\"S\":\"" ID "/" SEQUENCER "/800.jpg\"}}},"       \
                               "{\"M\":{\"Key\":{\"S\":\"" ID "/" SEQUENCER "/200.png\"}}}]}}}")   \
    }
#define REFUSED(status, type)                                                                      \
    { ANSWER, HTTP(status, "{\"__type\":\"x#" type "\",\"message\":\"no\"}") }
#define REFUSED_XML(status)                                                                        \
    { ANSWER, HTTP(status, "<Error><Code>Odd</Code><Message>not today</Message></Error>") }

#define ASK_HEAD "HEAD /photos/uploads/a%20b%40c.jpg?versionId=v1\n"
#define ASK_ROW  "DynamoDB_20120810.GetItem\n"
#define ASK_GET  "GET /photos/uploads/a%20b%40c.jpg?versionId=v1\n"
#define ASK_PUTS                                                                                   \
    "PUT /thumbs/" ID "/" SEQUENCER "/800.jpg\n"                                                   \
    "PUT /thumbs/" ID "/" SEQUENCER "/200.png\n"
#define ASK_PUT_ROW "DynamoDB_20120810.PutItem\n"
#define ASK_PUBLISH "Publish\n"

#define COUNTS(processed, rejected, failed, skipped)                                               \
    "{\"processed\":" #processed ",\"rejected\":" #rejected ",\"failed\":" #failed                 \
    ",\"skipped\":" #skipped "}"

static const struct record_case {
    const char *name;
    enum worker worker;
    const char *key;
    struct step steps[10];
    const char *asked;
    const char *want; /* the answer, or the error's text */
    int r;
    const char *row; /* what PutItem's body has, or NULL */
} cases[] = {
    {"a picture",
     WORKS,
     PICTURE,
     {HEAD_OK, NO_ROW, GET_OK, DONE, DONE, PUT_ROW, PUBLISHED},
     ASK_HEAD ASK_ROW ASK_GET ASK_PUTS ASK_PUT_ROW ASK_PUBLISH,
     COUNTS(1, 0, 0, 0),
     0,
     /* printf hello | sha256sum */
     "\"Sha256\":{\"S\":\"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\"}"},
    {"gone before it was looked at",
     WORKS,
     PICTURE,
     {{ANSWER, "HTTP/1.1 404 Not Found\r\n\r\n"}},
     ASK_HEAD,
     COUNTS(0, 0, 0, 1),
     0,
     NULL},
    {"S3 refuses to look",
     WORKS,
     PICTURE,
     {{ANSWER, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"}},
     ASK_HEAD,
     "HeadObject of photos/uploads/a b@c.jpg: ",
     -EIO,
     NULL},
    {"no name of a picture",
     WORKS,
     "a.gif",
     {HEAD_OK, NO_ROW, PUT_ROW, PUBLISHED},
     "HEAD /photos/a.gif?versionId=v1\n" ASK_ROW ASK_PUT_ROW ASK_PUBLISH,
     COUNTS(0, 1, 0, 0),
     0,
     "\"Reason\":{\"S\":\"The name does not end in .jpg, .jpeg or .png\"}"},
    {"empty",
     WORKS,
     PICTURE,
     {{ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}, NO_ROW, PUT_ROW, PUBLISHED},
     ASK_HEAD ASK_ROW ASK_PUT_ROW ASK_PUBLISH,
     COUNTS(0, 1, 0, 0),
     0,
     "\"Reason\":{\"S\":\"The file is empty\"}"},
    {"too large",
     WORKS,
     PICTURE,
     {{ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 2500000\r\n\r\n"}, NO_ROW, PUT_ROW, PUBLISHED},
     ASK_HEAD ASK_ROW ASK_PUT_ROW ASK_PUBLISH,
     COUNTS(0, 1, 0, 0),
     0,
     "\"Reason\":{\"S\":\"The file has 2.5 MB; the limit is 1.5 MB\"}"},
    {"one byte too large",
     WORKS,
     PICTURE,
     {{ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 1500001\r\n\r\n"}, NO_ROW, PUT_ROW, PUBLISHED},
     ASK_HEAD ASK_ROW ASK_PUT_ROW ASK_PUBLISH,
     COUNTS(0, 1, 0, 0),
     0,
     "\"rejected\""},
    {"as large as may be",
     WORKS,
     PICTURE,
     {{ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 1500000\r\n\r\n"},
      NO_ROW,
      GET_OK,
      DONE,
      DONE,
      PUT_ROW,
      PUBLISHED},
     ASK_HEAD ASK_ROW ASK_GET ASK_PUTS ASK_PUT_ROW ASK_PUBLISH,
     COUNTS(1, 0, 0, 0),
     0,
     "\"FileSize\":{\"N\":\"5\"}"},
    {"a later event was first",
     WORKS,
     PICTURE,
     {HEAD_OK, ROW("00000000000000000000000000000006", "processed")},
     ASK_HEAD ASK_ROW,
     COUNTS(0, 0, 0, 1),
     0,
     NULL},
    {"an earlier event's row",
     WORKS,
     PICTURE,
     {HEAD_OK, ROW("00000000000000000000000000000004", "processed"), GET_OK, DONE, DONE, PUT_ROW,
      PUBLISHED},
     ASK_HEAD ASK_ROW ASK_GET ASK_PUTS ASK_PUT_ROW ASK_PUBLISH,
     COUNTS(1, 0, 0, 0),
     0,
     "processed"},
    {"its own row of an earlier attempt counts again",
     WORKS,
     PICTURE,
     {HEAD_OK, ROW(SEQUENCER, "processed"), PUBLISHED},
     ASK_HEAD ASK_ROW ASK_PUBLISH,
     COUNTS(1, 0, 0, 0),
     0,
     NULL},
    {"… rejected",
     WORKS,
     PICTURE,
     {HEAD_OK, ROW(SEQUENCER, "rejected"), PUBLISHED},
     ASK_HEAD ASK_ROW ASK_PUBLISH,
     COUNTS(0, 1, 0, 0),
     0,
     NULL},
    {"… failed",
     WORKS,
     PICTURE,
     {HEAD_OK, ROW(SEQUENCER, "failed"), PUBLISHED},
     ASK_HEAD ASK_ROW ASK_PUBLISH,
     COUNTS(0, 0, 1, 0),
     0,
     NULL},
    {"… of a status that is not known is done anew",
     WORKS,
     PICTURE,
     {HEAD_OK, ROW(SEQUENCER, "half"), GET_OK, DONE, DONE, PUT_ROW, PUBLISHED},
     ASK_HEAD ASK_ROW ASK_GET ASK_PUTS ASK_PUT_ROW ASK_PUBLISH,
     COUNTS(1, 0, 0, 0),
     0,
     "processed"},
    {"DynamoDB refuses to read",
     WORKS,
     PICTURE,
     {HEAD_OK, REFUSED("400 Bad Request", "ResourceNotFoundException")},
     ASK_HEAD ASK_ROW,
     "GetItem of photos/uploads/a b@c.jpg: ResourceNotFoundException no",
     -EIO,
     NULL},
    {"replaced meanwhile",
     WORKS,
     PICTURE,
     {HEAD_OK, NO_ROW, REFUSED_XML("412 Precondition Failed")},
     ASK_HEAD ASK_ROW ASK_GET,
     COUNTS(0, 0, 0, 1),
     0,
     NULL},
    {"removed meanwhile",
     WORKS,
     PICTURE,
     {HEAD_OK, NO_ROW, REFUSED_XML("404 Not Found")},
     ASK_HEAD ASK_ROW ASK_GET,
     COUNTS(0, 0, 0, 1),
     0,
     NULL},
    {"S3 refuses to give it",
     WORKS,
     PICTURE,
     {HEAD_OK, NO_ROW, REFUSED_XML("403 Forbidden")},
     ASK_HEAD ASK_ROW ASK_GET,
     "GetObject of photos/uploads/a b@c.jpg: Odd not today",
     -EIO,
     NULL},
    {"the worker rejects it",
     REJECTS,
     PICTURE,
     {HEAD_OK, NO_ROW, GET_OK, PUT_ROW, PUBLISHED},
     ASK_HEAD ASK_ROW ASK_GET ASK_PUT_ROW ASK_PUBLISH,
     COUNTS(0, 1, 0, 0),
     0,
     "\"Reason\":{\"S\":\"This is no picture\"}"},
    {"the worker dies",
     DIES,
     PICTURE,
     {HEAD_OK, NO_ROW, GET_OK, PUT_ROW, PUBLISHED},
     ASK_HEAD ASK_ROW ASK_GET ASK_PUT_ROW ASK_PUBLISH,
     COUNTS(0, 0, 1, 0),
     0,
     "\"Reason\":{\"S\":\"The image worker ended with code 7\"}"},
    {"S3 refuses a derivative",
     WORKS,
     PICTURE,
     {HEAD_OK, NO_ROW, GET_OK, DONE, REFUSED_XML("403 Forbidden")},
     ASK_HEAD ASK_ROW ASK_GET ASK_PUTS,
     "PutObject of a derivative of photos/uploads/a b@c.jpg: Odd not today",
     -EIO,
     NULL},
    {"a later event was faster",
     WORKS,
     PICTURE,
     {HEAD_OK, NO_ROW, GET_OK, DONE, DONE,
      REFUSED("400 Bad Request", "ConditionalCheckFailedException"), DONE, DONE},
     ASK_HEAD ASK_ROW ASK_GET ASK_PUTS ASK_PUT_ROW
     "DELETE /thumbs/" ID "/" SEQUENCER "/800.jpg\nDELETE /thumbs/" ID "/" SEQUENCER "/200.png\n",
     COUNTS(0, 0, 0, 1),
     0,
     "processed"},
    {"DynamoDB refuses to write",
     WORKS,
     PICTURE,
     {HEAD_OK, NO_ROW, GET_OK, DONE, DONE, REFUSED("400 Bad Request", "ValidationException")},
     ASK_HEAD ASK_ROW ASK_GET ASK_PUTS ASK_PUT_ROW,
     "PutItem of photos/uploads/a b@c.jpg: ValidationException no",
     -EIO,
     "processed"},
    {"what it replaces is removed, except what it wrote itself",
     WORKS,
     PICTURE,
     {HEAD_OK, NO_ROW, GET_OK, DONE, DONE, OLD_ROW, DONE, PUBLISHED},
     ASK_HEAD ASK_ROW ASK_GET ASK_PUTS ASK_PUT_ROW "DELETE /thumbs/old/800.jpg\n" ASK_PUBLISH,
     COUNTS(1, 0, 0, 0),
     0,
     "processed"},
    {"what cannot be removed stays",
     WORKS,
     PICTURE,
     {HEAD_OK, NO_ROW, GET_OK, DONE, DONE, OLD_ROW, REFUSED_XML("403 Forbidden"), PUBLISHED},
     ASK_HEAD ASK_ROW ASK_GET ASK_PUTS ASK_PUT_ROW "DELETE /thumbs/old/800.jpg\n" ASK_PUBLISH,
     COUNTS(1, 0, 0, 0),
     0,
     "processed"},
    {"SNS refuses the report",
     WORKS,
     PICTURE,
     {HEAD_OK, ROW(SEQUENCER, "processed"), REFUSED_XML("403 Forbidden")},
     ASK_HEAD ASK_ROW ASK_PUBLISH,
     "publish the report: Odd not today",
     -EIO,
     NULL},
};

/* The answer of fn_process; what it logged is appended to log. */
static int process(const struct fn_context *context, str event, struct buf *out, struct buf *log,
                   struct err *err) {
    int before = dup(STDOUT_FILENO), fd = open(log_path, O_WRONLY | O_TRUNC);
    fflush(stdout);
    dup2(fd, STDOUT_FILENO);
    int r = fn_process(context, event, out, err);
    dup2(before, STDOUT_FILENO);
    close(before);
    close(fd);
    CHECK_INT(io_read_file(log, log_path, 1 << 20, NULL), 0);
    return r;
}

/* How the log tells what became of a record. */
static void check_log(const struct record_case *c, const struct buf *log) {
    static const char skipped[] = "skipped: a later event was first, or the object is gone";
    CHECK_INT(strstr(buf_cstr(log), skipped) != NULL, strstr(c->want, "\"skipped\":1") != NULL);
    CHECK_INT(strstr(buf_cstr(log), "\"level\":\"error\"") != NULL,
              c->r != 0 && !strstr(c->want, "publish"));
    bool before = c->asked && strcmp(c->asked, ASK_HEAD ASK_ROW ASK_PUBLISH) == 0;
    CHECK_INT(strstr(buf_cstr(log), "done by an earlier attempt") != NULL, before);
    CHECK_INT(strstr(buf_cstr(log), "CloudWatchMetrics") != NULL, c->r == 0);
    if (c->r == 0 && c->row && !strstr(c->want, "\"processed\":1") && strstr(c->row, "Reason"))
        CHECK_HAS(buf_cstr(log), "\"level\":\"warn\"");
}

static void one_record(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct record_case *c = &cases[i];
        struct fn_test t;
        CLEANUP_DEINIT(buf) struct buf out = {0}, log = {0};
        struct err err = {{0}};
        size_t n = 0;
        while (n < ARRAY_LEN(c->steps) && c->steps[n].answer)
            n++;
        print_message("%s\n", c->name);
        set_worker(c->worker);
        fn_test_start(&t, c->steps, n);
        snprintf(t.context.config.worker, sizeof t.context.config.worker, "%s", worker_path);
        str event = str_c(event_of(c->key, "\"versionId\":\"v1\","));
        int r = process(&t.context, event, &out, &log, &err);
        check_asked(&t.server, c->asked);
        CHECK_INT(r, c->r);
        if (c->r == 0)
            CHECK_BUF(out, c->want);
        else
            CHECK_HAS(err.text, c->want);
        const struct buf *row = NULL;
        for (size_t k = 0; k < t.server.n_seen; k++) /* the version says which object it is */
            CHECK(!strstr(buf_cstr(&t.server.seen[k]), "If-Match"));
        for (size_t k = 0; k < t.server.n_seen; k++)
            if (strstr(buf_cstr(&t.server.seen[k]), "PutItem"))
                row = &t.server.seen[k];
        CHECK_INT(row != NULL, c->row != NULL);
        if (row)
            CHECK_HAS(buf_cstr(row), c->row);
        check_log(c, &log);
        fn_test_stop(&t);
    }
}

/* What is sent to each service, and without versions the object that the event told of or none. */
static void what_is_sent(void **state) {
    (void)state;
    static const struct step steps[] = {HEAD_OK, NO_ROW, GET_OK, DONE, DONE, PUT_ROW, PUBLISHED};
    struct fn_test t;
    CLEANUP_DEINIT(buf) struct buf out = {0};
    struct err err = {{0}};
    set_worker(WORKS);
    fn_test_start(&t, steps, ARRAY_LEN(steps));
    snprintf(t.context.config.worker, sizeof t.context.config.worker, "%s", worker_path);
    CHECK_INT(fn_process(&t.context, str_c(event_of(PICTURE, "")), &out, &err), 0);
    static const struct {
        size_t request;
        const char *has;
    } sent[] = {
        {1, "\"TableName\":\"images\""},
        {1, "\"Key\":{\"ImageId\":{\"S\":\"" ID "\"}}"},
        {1, "\"ConsistentRead\":true"},
        {2, "GET /photos/uploads/a%20b%40c.jpg HTTP/1.1\r\n"},
        {2, "If-Match: \"abc\"\r\n"},
        {3, "Content-Type: image/jpeg\r\n"},
        {3, "\r\n\r\nBIG!"},
        {4, "Content-Type: image/png\r\n"},
        {4, "\r\n\r\ntny"},
        {5, "\"TableName\":\"images\""},
        {5, "\"ConditionExpression\":\"attribute_not_exists(Sequencer) OR Sequencer <= :now\""},
        {5, "\":now\":{\"S\":\"" SEQUENCER "\"}"},
        {5, "\"ReturnValues\":\"ALL_OLD\""},
        {5, "\"ContentType\":{\"S\":\"image/x\"}"},
        {5, "\"Key\":{\"S\":\"" ID "/" SEQUENCER "/800.jpg\"}"},
        {5, "\"Name\":{\"S\":\"200\"},\"Bucket\":{\"S\":\"thumbs\"}"},
        {6, "TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A1%3Areports"},
        {6, "Subject=Image%20Processing%20Report"},
        {6, "Message=Processed%3A%201%0ANot%20processed%3A%200%0A"},
    };
    for (size_t i = 0; i < ARRAY_LEN(sent); i++)
        CHECK_HAS(buf_cstr(&t.server.seen[sent[i].request]), sent[i].has);
    fn_test_stop(&t);

    /* The worker got the request and the whole picture. */
    CLEANUP_DEINIT(buf) struct buf input = {0};
    struct imgjob_request request;
    CHECK_INT(io_read_file(&input, input_path, 65536, NULL), 0);
    ptrdiff_t head = imgjob_get_request(buf_view(&input), &request);
    CHECK(head > 0);
    CHECK_STR(str_skip(buf_view(&input), (size_t)head), S("hello"));
    CHECK_INT(request.size, 5);
    CHECK_INT(request.max_pixels, 1000);
    CHECK_INT(request.keep_gps, false);
    static const uint32_t edges[] = {1600, 800, 200};
    CHECK_INT(request.n, ARRAY_LEN(edges));
    for (size_t i = 0; i < ARRAY_LEN(edges); i++) {
        CHECK_INT(request.wishes[i].edge, edges[i]);
        CHECK_INT(request.wishes[i].quality, 80);
    }
}

/*
 * Its limits: what the function's memory leaves beside the original, or half; no keys of the role.
 */
static void limits_of_the_worker(void **state) {
    (void)state;
    static const struct {
        uint64_t memory_bytes;
        const char *args;
    } rows[] = {
        {512u << 20, "--memory 503316475 --cpu 30\n"}, /* less 5 bytes and 32 MiB */
        {(64u << 20) + 11, "--memory 33554438 --cpu 30\n"},
        {(64u << 20) + 10, "--memory 33554437 --cpu 30\n"}, /* the half */
        {32u << 20, "--memory 16777216 --cpu 30\n"},
    };
    setenv("AWS_SECRET_ACCESS_KEY", "of the role", 1);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        static const struct step steps[] = {HEAD_OK, NO_ROW,  GET_OK,   DONE,
                                            DONE,    PUT_ROW, PUBLISHED};
        struct fn_test t;
        CLEANUP_DEINIT(buf) struct buf out = {0}, args = {0};
        struct err err = {{0}};
        set_worker(WORKS);
        fn_test_start(&t, steps, ARRAY_LEN(steps));
        snprintf(t.context.config.worker, sizeof t.context.config.worker, "%s", worker_path);
        t.context.config.memory_bytes = rows[i].memory_bytes;
        CHECK_INT(fn_process(&t.context, str_c(event_of(PICTURE, "")), &out, &err), 0);
        CHECK_INT(io_read_file(&args, args_path, 65536, NULL), 0);
        CHECK(str_starts(buf_view(&args), str_c(rows[i].args)));
        CHECK(!strstr(buf_cstr(&args), "of the role"));
        fn_test_stop(&t);
    }
    unsetenv("AWS_SECRET_ACCESS_KEY");
}

/* ---- Several records ---- */

static void add_records(struct buf *event, size_t n, uint64_t size) {
    buf_c(event, "{\"Records\":[");
    for (size_t i = 0; i < n; i++)
        buf_printf(event,
                   "%s{\"eventName\":\"ObjectCreated:Put\",\"eventTime\":\"2026-11-22T04:56:59Z\","
                   "\"s3\":{\"bucket\":{\"name\":\"photos\"},\"object\":{\"key\":\"%zu.jpg\","
                   "\"size\":%llu,\"sequencer\":\"5\"}}}",
                   i ? "," : "", i, (unsigned long long)size);
    buf_c(event, "]}");
}

struct crowd {
    int fd;
    unsigned port;
    size_t n, expected, together; /* requests in all; how many should, and did, come at once */
};

/* Answers 404 to everyone, but nobody before the first `expected` of them have come. */
static void *answer_crowd(void *arg) {
    struct crowd *c = arg;
    int fds[16];
    for (size_t done = 0; done < c->n;) {
        size_t here = 0, wanted = c->n - done < c->expected ? c->n - done : c->expected;
        struct pollfd p = {c->fd, POLLIN, 0};
        while (here < ARRAY_LEN(fds) && poll(&p, 1, here < wanted ? 20000 : 100) == 1)
            fds[here++] = accept(c->fd, NULL, NULL);
        if (done == 0)
            c->together = here;
        if (here == 0)
            break;
        for (size_t i = 0; i < here; i++) {
            char head[4096];
            (void)!read(fds[i], head, sizeof head);
            static const char gone[] = "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n";
            (void)!send(fds[i], gone, sizeof gone - 1, MSG_NOSIGNAL);
            close(fds[i]);
        }
        done += here;
    }
    return NULL;
}

/* As many at once as the memory holds: the original twice and 96 MiB each, at most eight. */
static void as_many_at_once_as_fit(void **state) {
    (void)state;
    static const struct {
        size_t records;
        uint64_t size, memory_mb;
        size_t together;
    } rows[] = {{6, 5, 512, 5},         {3, 5, 512, 3},         {10, 5, 4096, 8},
                {4, 80u << 20, 512, 2}, {2, 80u << 20, 511, 1}, {2, 300u << 20, 128, 1}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct server s;
        CLEANUP_DEINIT(buf) struct buf event = {0}, out = {0}, want = {0};
        struct err err = {{0}};
        server_start(&s, NULL, NULL, 0); /* for its socket alone */
        pthread_join(s.thread, NULL);
        struct crowd crowd = {.fd = s.fd,
                              .port = s.port,
                              .n = rows[i].records,
                              .expected = rows[i].together};
        pthread_t thread;
        CHECK_INT(pthread_create(&thread, NULL, answer_crowd, &crowd), 0);
        struct client *client = fn_test_client(s.port);
        struct fn_context context = {
            .client = client,
            .config = {.environment = "test", .memory_bytes = rows[i].memory_mb << 20},
            .request_id = "R1"};
        add_records(&event, rows[i].records, rows[i].size);
        CHECK_INT(fn_process(&context, buf_view(&event), &out, &err), 0);
        pthread_join(thread, NULL);
        CHECK_INT(crowd.together, rows[i].together);
        buf_printf(&want, "{\"processed\":0,\"rejected\":0,\"failed\":0,\"skipped\":%zu}",
                   rows[i].records);
        CHECK_BUF(out, buf_cstr(&want));
        client_free(client);
        close(s.fd);
    }
}

/*
 * One at fault fails the invocation, but the others are done first, and no report says otherwise.
 */
static void one_fault_of_three(void **state) {
    (void)state;
    static const struct step steps[] = {
        {ANSWER, "HTTP/1.1 404 Not Found\r\n\r\n"},
        {ANSWER, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"},
        {ANSWER, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"}};
    struct fn_test t;
    CLEANUP_DEINIT(buf) struct buf event = {0}, out = {0};
    struct err err = {{0}};
    fn_test_start(&t, steps, ARRAY_LEN(steps));
    t.context.config.memory_bytes = 128u << 20;
    add_records(&event, 3, 5);
    CHECK_INT(fn_process(&t.context, buf_view(&event), &out, &err), -EIO);
    CHECK_HAS(err.text, "HeadObject of photos/1.jpg: "); /* the first that failed */
    check_asked(&t.server, "HEAD /photos/0.jpg\nHEAD /photos/1.jpg\nHEAD /photos/2.jpg\n");
    CHECK_INT(out.len, 0);
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
        cmocka_unit_test(one_record),           cmocka_unit_test(what_is_sent),
        cmocka_unit_test(limits_of_the_worker), cmocka_unit_test(as_many_at_once_as_fit),
        cmocka_unit_test(one_fault_of_three),   cmocka_unit_test(what_is_no_event),
    };
    return cmocka_run_group_tests(tests, make_worker, drop_worker);
}
