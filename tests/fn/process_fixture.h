#pragma once
/*
 * tests/fn/process_fixture: a scripted image worker in a file of its own, an event of one picture, and what a scripted
 * AWS is asked and answers on the way. make_worker and drop_worker are the group's fixture.
 */
#include "fn_fixture.h"

#include "base/io.h"
#include "imgjob/imgjob.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEQUENCER "00000000000000000000000000000005"
#define ID        "27d6d7322505e7c4910d28d9b852d2b5" /* photos/uploads/a b@c.jpg */

static char worker_path[] = "/tmp/calotype-worker-XXXXXX",
            reply_path[] = "/tmp/calotype-reply-XXXXXX",
            input_path[] = "/tmp/calotype-input-XXXXXX", args_path[] = "/tmp/calotype-args-XXXXXX",
            log_path[] = "/tmp/calotype-log-XXXXXX";

/* ---- The worker: reads all, then writes what the test left for it ---- */

enum worker { WORKS, REJECTS, DIES, REJECTS_LATE, DIES_LATE, FORGETS, OTHER_JAIL, HAS_NO_ROOM };

/* Two derivatives of eight bytes together, as far as a worker of that kind comes, and its result. */
static inline void put_answer(struct buf *bytes, enum worker kind) {
    static const struct imgjob_derivative big = {0, 40, 30, S_INIT("image/jpeg"), 4},
                                          small = {1, 20, 15, S_INIT("image/png"), 3};
    bool rejects = kind == REJECTS || kind == REJECTS_LATE;
    struct imgjob_result result = imgjob_result_none();
    result.status = kind == HAS_NO_ROOM ? IMGJOB_NO_ROOM : rejects ? IMGJOB_REJECTED : IMGJOB_DONE;
    result.reason = result.status != IMGJOB_DONE ? S("This is no picture") : S("");
    result.format = S("jpeg");
    result.width = 40;
    result.height = 30;
    if (kind != REJECTS && kind != DIES && kind != HAS_NO_ROOM) {
        imgjob_put_derivative(bytes, &big);
        buf_c(bytes, "BIG!");
    }
    if (kind == WORKS) {
        imgjob_put_derivative(bytes, &small);
        buf_c(bytes, "tny");
    }
    if (kind != DIES && kind != DIES_LATE)
        imgjob_put_result(bytes, &result);
}

static inline void set_script(const char *script) {
    int fd = open(worker_path, O_WRONLY | O_TRUNC);
    CHECK(dprintf(fd, "#!/bin/sh\nPATH=/usr/bin:/bin\n%s\n", script) > 0);
    close(fd);
}

static inline void set_worker(enum worker kind) {
    CLEANUP_DEINIT(buf) struct buf bytes = {0}, script = {0};
    put_answer(&bytes, kind);
    int fd = open(reply_path, O_WRONLY | O_TRUNC);
    CHECK(write(fd, bytes.p ? bytes.p : "", bytes.len) == (ssize_t)bytes.len);
    close(fd);
    bool dies = kind == DIES || kind == DIES_LATE;
    buf_printf(&script, "echo \"$@\" > %s\nenv >> %s\ncat > %s\ncat %s\nexit %d", args_path,
               args_path, input_path, reply_path,
               dies                 ? 77
               : kind == OTHER_JAIL ? 3
                                    : 0);
    set_script(buf_cstr(&script));
}

static inline int make_worker(void **state) {
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
static inline int drop_worker(void **state) {
    (void)state;
    unlink(worker_path);
    unlink(reply_path);
    unlink(input_path);
    unlink(args_path);
    unlink(log_path);
    return 0;
}

/* ---- One record ---- */

static inline const char *event_of(const char *key, const char *more) {
    static char text[1024];
    snprintf(
        text, sizeof text,
        "{\"Records\":[{\"eventName\":\"ObjectCreated:Put\",\"eventTime\":\"2026-11-22T04:56:59Z\","
        "\"s3\":{\"bucket\":{\"name\":\"photos\"},\"object\":{\"key\":\"%s\","
        "\"eTag\":\"abc\",%s\"sequencer\":\"5\"}}}]}",
        key, more);
    return text;
}
#define PICTURE "uploads/a+b%40c.jpg"

#define HEAD_OF(size)                                                                              \
    { ANSWER, "HTTP/1.1 200 OK\r\nContent-Type: image/x\r\nContent-Length: " size "\r\n\r\n" }
#define NO_ROW                                                                                     \
    { ANSWER, HTTP("200 OK", "{}") }
#define GET_OK                                                                                     \
    { ANSWER, "HTTP/1.1 200 OK\r\nContent-Type: image/x\r\nContent-Length: 5\r\n\r\nhello" }
#define GET_CUT                                                                                    \
    { ANSWER_CLOSE, "HTTP/1.1 200 OK\r\nContent-Type: image/x\r\nContent-Length: 5\r\n\r\nhel" }
#define DONE                                                                                       \
    { ANSWER, HTTP("200 OK", "") }
#define PUT_ROW                                                                                    \
    { ANSWER, HTTP("200 OK", "{}") }
#define PUBLISHED                                                                                  \
    { ANSWER, HTTP("200 OK", "<PublishResponse/>") }
#define ROW(sequencer, status)                                                                     \
    {                                                                                              \
        ANSWER, HTTP("200 OK", "{\"Item\":{\"Sequencer\":{\"S\":\"" sequencer "\"},"               \
                               "\"Status\":{\"S\":\"" status "\"},\"Format\":{\"S\":\"png\"},"     \
                               "\"Reason\":{\"S\":\"so\"}}}")                                      \
    }
/* The row of another attempt of this event, which named the big one. */
#define OTHERS_ROW(status)                                                                         \
    {                                                                                              \
        ANSWER, HTTP("200 OK", "{\"Item\":{\"Sequencer\":{\"S\":\"" SEQUENCER "\"},"               \
                               "\"Status\":{\"S\":\"" status "\"},\"Derivatives\":{\"L\":["        \
                               "{\"M\":{\"Key\":{\"S\":\"" ID "/" SEQUENCER "/big.jpg\"}}}]}}}")   \
    }
#define NOT_FIRST REFUSED("400 Bad Request", "ConditionalCheckFailedException")
#define OLD_ROW                                                                                    \
    {                                                                                              \
        ANSWER, HTTP("200 OK", "{\"Attributes\":{\"Derivatives\":{\"L\":["                         \
                               "{\"M\":{\"Key\":{\"S\":\"old/800.jpg\"}}},"                        \
                               "{\"M\":{\"Key\":{\"S\":\"" ID "/" SEQUENCER "/big.jpg\"}}},"       \
                               "{\"M\":{\"Key\":{\"S\":\"" ID "/" SEQUENCER "/200.png\"}}}]}}}")   \
    }
#define REFUSED(status, type)                                                                      \
    { ANSWER, HTTP(status, "{\"__type\":\"x#" type "\",\"message\":\"no\"}") }
#define REFUSED_XML(status)                                                                        \
    { ANSWER, HTTP(status, "<Error><Code>Odd</Code><Message>not today</Message></Error>") }
#define GONE                                                                                       \
    { ANSWER, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" }
#define SILENCE                                                                                    \
    { ANSWER, NULL }

#define ASK_ROW  "DynamoDB_20120810.GetItem\n"
#define ASK_HEAD "HEAD /photos/uploads/a%20b%40c.jpg?versionId=v1\n"
#define ASK_GET  "GET /photos/uploads/a%20b%40c.jpg?versionId=v1\n"
#define BIG      "/thumbs/" ID "/" SEQUENCER "/big.jpg\n"
#define SMALL    "/thumbs/" ID "/" SEQUENCER "/200.png\n"
#define ASK_PUTS "PUT " SMALL "PUT " BIG

#define ASK_PUT_ROW "DynamoDB_20120810.PutItem\n"
#define ASK_PUBLISH "Publish\n"
#define ASK_ALL     ASK_ROW ASK_GET ASK_PUTS ASK_PUT_ROW ASK_PUBLISH

#define COUNTS(processed, rejected, failed, skipped)                                               \
    "{\"processed\":" #processed ",\"rejected\":" #rejected ",\"failed\":" #failed                 \
    ",\"skipped\":" #skipped "}"

/* The answer of fn_process; what it logged is appended to log. */
static inline int process(const struct fn_context *context, str event, struct buf *out,
                          struct buf *log, struct err *err) {
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

static inline void use_worker(struct fn_test *t) {
    snprintf(t->context.config.worker, sizeof t->context.config.worker, "%s", worker_path);
}
