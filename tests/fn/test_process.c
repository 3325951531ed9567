/*
 * An S3 event through all steps, against a scripted AWS and a scripted image worker: what is asked
 * of the services in which order, what the rows say, and how each fault ends.
 */
#include "fn_fixture.h"

#include "base/clock.h"
#include "base/io.h"
#include "imgjob/imgjob.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
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
static void put_answer(struct buf *bytes, enum worker kind) {
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

static void set_script(const char *script) {
    int fd = open(worker_path, O_WRONLY | O_TRUNC);
    CHECK(dprintf(fd, "#!/bin/sh\nPATH=/usr/bin:/bin\n%s\n", script) > 0);
    close(fd);
}

static void set_worker(enum worker kind) {
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

static const char *event_of(const char *key, const char *more) {
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

static const struct record_case {
    const char *name;
    enum worker worker;
    const char *key;
    struct step steps[12];
    const char *asked;
    const char *want; /* the answer, or the error's text */
    int r;
    const char *row;     /* what PutItem's body has, or NULL */
    const char *outcome; /* of the log line */
    const char *size;    /* of the event; NULL: 5 */
} cases[] = {
    {"a picture",
     WORKS,
     PICTURE,
     {NO_ROW, GET_OK, DONE, DONE, PUT_ROW, PUBLISHED},
     ASK_ALL,
     COUNTS(1, 0, 0, 0),
     0,
     /* printf hello | sha256sum */
     "\"Sha256\":{\"S\":\"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\"}",
     "processed",
     NULL},
    {"gone before it was fetched",
     WORKS,
     PICTURE,
     {NO_ROW, GONE},
     ASK_ROW ASK_GET,
     COUNTS(0, 0, 0, 1),
     0,
     NULL,
     "skipped",
     NULL},
    {"no name of a picture",
     WORKS,
     "a.gif",
     {NO_ROW, HEAD_OF("5"), PUT_ROW, PUBLISHED},
     ASK_ROW "HEAD /photos/a.gif?versionId=v1\n" ASK_PUT_ROW ASK_PUBLISH,
     COUNTS(0, 1, 0, 0),
     0,
     "\"Reason\":{\"S\":\"The name does not end in .jpg, .jpeg or .png\"}",
     "rejected",
     NULL},
    {"no name of a picture, and gone",
     WORKS,
     "a.gif",
     {NO_ROW, GONE},
     ASK_ROW "HEAD /photos/a.gif?versionId=v1\n",
     COUNTS(0, 0, 0, 1),
     0,
     NULL,
     "skipped",
     NULL},
    {"S3 refuses to look",
     WORKS,
     "a.gif",
     {NO_ROW, {ANSWER, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"}},
     ASK_ROW "HEAD /photos/a.gif?versionId=v1\n",
     "HeadObject of photos/a.gif: ",
     -EIO,
     NULL,
     "error",
     NULL},
    {"empty by the event",
     WORKS,
     PICTURE,
     {NO_ROW, HEAD_OF("0"), PUT_ROW, PUBLISHED},
     ASK_ROW ASK_HEAD ASK_PUT_ROW ASK_PUBLISH,
     COUNTS(0, 1, 0, 0),
     0,
     "\"Reason\":{\"S\":\"The file is empty\"}",
     "rejected",
     "\"size\":0,"},
    {"empty, as the answer says",
     WORKS,
     PICTURE,
     {NO_ROW,
      {ANSWER, "HTTP/1.1 200 OK\r\nContent-Type: image/x\r\nContent-Length: 0\r\n\r\n"},
      PUT_ROW,
      PUBLISHED},
     ASK_ROW ASK_GET ASK_PUT_ROW ASK_PUBLISH,
     COUNTS(0, 1, 0, 0),
     0,
     "\"ContentType\":{\"S\":\"image/x\"}",
     "rejected",
     ""},
    {"too large by the event",
     WORKS,
     PICTURE,
     {NO_ROW, HEAD_OF("2500000"), PUT_ROW, PUBLISHED},
     ASK_ROW ASK_HEAD ASK_PUT_ROW ASK_PUBLISH,
     COUNTS(0, 1, 0, 0),
     0,
     "\"Reason\":{\"S\":\"The file has 2.5 MB; the limit is 1.5 MB\"}",
     "rejected",
     "\"size\":2500000,"},
    {"one byte too large",
     WORKS,
     PICTURE,
     {NO_ROW, HEAD_OF("1500001"), PUT_ROW, PUBLISHED},
     ASK_ROW ASK_HEAD ASK_PUT_ROW ASK_PUBLISH,
     COUNTS(0, 1, 0, 0),
     0,
     "\"rejected\"",
     "rejected",
     "\"size\":1500001,"},
    {"too large, as the answer says",
     DIES, /* it is not started, or the row would say so */
     PICTURE,
     {NO_ROW,
      {ANSWER_CLOSE, "HTTP/1.1 200 OK\r\nContent-Length: 2500000\r\n\r\nhello"},
      PUT_ROW,
      PUBLISHED},
     ASK_ROW ASK_GET ASK_PUT_ROW ASK_PUBLISH,
     COUNTS(0, 1, 0, 0),
     0,
     "\"Reason\":{\"S\":\"The file has 2.5 MB; the limit is 1.5 MB\"}",
     "rejected",
     ""},
    {"the event has a size that the object has not",
     WORKS,
     PICTURE,
     {NO_ROW, HEAD_OF("5"), GET_OK, DONE, DONE, PUT_ROW, PUBLISHED},
     ASK_ROW ASK_HEAD ASK_GET ASK_PUTS ASK_PUT_ROW ASK_PUBLISH,
     COUNTS(1, 0, 0, 0),
     0,
     "\"FileSize\":{\"N\":\"5\"}",
     "processed",
     "\"size\":0,"},
    {"as large as may be; the answer knows better",
     WORKS,
     PICTURE,
     {NO_ROW, GET_OK, DONE, DONE, PUT_ROW, PUBLISHED},
     ASK_ALL,
     COUNTS(1, 0, 0, 0),
     0,
     "\"FileSize\":{\"N\":\"5\"}",
     "processed",
     "\"size\":1500000,"},
    {"nobody says how large",
     WORKS,
     PICTURE,
     {NO_ROW, {ANSWER_CLOSE, "HTTP/1.1 200 OK\r\n\r\nhello"}},
     ASK_ROW ASK_GET,
     "the answer to GetObject has no Content-Length",
     -EIO,
     NULL,
     "error",
     ""},
    {"a part, which nobody has asked for, is not taken for the whole",
     WORKS,
     PICTURE,
     {NO_ROW,
      {ANSWER_CLOSE, "HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n"
                     "Content-Range: bytes 0-4/9\r\n\r\nhello"}},
     ASK_ROW ASK_GET,
     "the answer to GetObject has status 206",
     -EIO,
     NULL,
     "error",
     NULL},
    {"a good answer without a body, nor the right to one",
     WORKS,
     PICTURE,
     {NO_ROW, {ANSWER_CLOSE, "HTTP/1.1 204 No Content\r\n\r\n"}},
     ASK_ROW ASK_GET,
     "the answer to GetObject has status 204",
     -EIO,
     NULL,
     "error",
     NULL},
    {"not modified, which nobody has asked for either",
     WORKS,
     PICTURE,
     {NO_ROW, {ANSWER_CLOSE, "HTTP/1.1 304 Not Modified\r\n\r\n"}},
     ASK_ROW ASK_GET,
     "GetObject of photos/uploads/a b@c.jpg: ",
     -EIO,
     NULL,
     "error",
     NULL},
    {"a later event was first",
     WORKS,
     PICTURE,
     {ROW("00000000000000000000000000000006", "processed")},
     ASK_ROW,
     COUNTS(0, 0, 0, 1),
     0,
     NULL,
     "skipped",
     NULL},
    {"an earlier event's row",
     WORKS,
     PICTURE,
     {ROW("00000000000000000000000000000004", "processed"), GET_OK, DONE, DONE, PUT_ROW, PUBLISHED},
     ASK_ALL,
     COUNTS(1, 0, 0, 0),
     0,
     "processed",
     "processed",
     NULL},
    {"its own row of an earlier attempt counts again",
     WORKS,
     PICTURE,
     {ROW(SEQUENCER, "processed"), PUBLISHED},
     ASK_ROW ASK_PUBLISH,
     COUNTS(1, 0, 0, 0),
     0,
     NULL,
     "processed",
     NULL},
    {"… rejected",
     WORKS,
     PICTURE,
     {ROW(SEQUENCER, "rejected"), PUBLISHED},
     ASK_ROW ASK_PUBLISH,
     COUNTS(0, 1, 0, 0),
     0,
     NULL,
     "rejected",
     NULL},
    {"… failed",
     WORKS,
     PICTURE,
     {ROW(SEQUENCER, "failed"), PUBLISHED},
     ASK_ROW ASK_PUBLISH,
     COUNTS(0, 0, 1, 0),
     0,
     NULL,
     "failed",
     NULL},
    {"… of a status that is not known is done anew",
     WORKS,
     PICTURE,
     {ROW(SEQUENCER, "half"), GET_OK, DONE, DONE, PUT_ROW, PUBLISHED},
     ASK_ALL,
     COUNTS(1, 0, 0, 0),
     0,
     "processed",
     "processed",
     NULL},
    {"DynamoDB refuses to read",
     WORKS,
     PICTURE,
     {REFUSED("400 Bad Request", "ResourceNotFoundException")},
     ASK_ROW,
     "GetItem of photos/uploads/a b@c.jpg: ResourceNotFoundException no",
     -EIO,
     NULL,
     "error",
     NULL},
    {"replaced meanwhile",
     WORKS,
     PICTURE,
     {NO_ROW, REFUSED_XML("412 Precondition Failed")},
     ASK_ROW ASK_GET,
     COUNTS(0, 0, 0, 1),
     0,
     NULL,
     "skipped",
     NULL},
    {"S3 refuses to give it",
     WORKS,
     PICTURE,
     {NO_ROW, REFUSED_XML("403 Forbidden")},
     ASK_ROW ASK_GET,
     "GetObject of photos/uploads/a b@c.jpg: Odd not today",
     -EIO,
     NULL,
     "error",
     NULL},
    {"cut off on its way, twice",
     WORKS,
     PICTURE,
     {NO_ROW, GET_CUT, GET_CUT, GET_OK, DONE, DONE, PUT_ROW, PUBLISHED},
     ASK_ROW ASK_GET ASK_GET ASK_GET ASK_PUTS ASK_PUT_ROW ASK_PUBLISH,
     COUNTS(1, 0, 0, 0),
     0,
     "\"Sha256\":{\"S\":\"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\"}",
     "processed",
     NULL},
    {"cut off each time",
     WORKS,
     PICTURE,
     {NO_ROW, GET_CUT, GET_CUT, GET_CUT},
     ASK_ROW ASK_GET ASK_GET ASK_GET,
     "GetObject of photos/uploads/a b@c.jpg: the answer was cut off",
     -EIO,
     NULL,
     "error",
     NULL},
    {"fewer bytes than were announced",
     WORKS,
     PICTURE,
     {NO_ROW,
      {ANSWER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n0\r\n\r\n"},
      GET_OK,
      DONE,
      DONE,
      PUT_ROW,
      PUBLISHED},
     ASK_ROW ASK_GET ASK_GET ASK_PUTS ASK_PUT_ROW ASK_PUBLISH,
     COUNTS(1, 0, 0, 0),
     0,
     "processed",
     "processed",
     NULL},
    {"the worker rejects it",
     REJECTS,
     PICTURE,
     {NO_ROW, GET_OK, PUT_ROW, PUBLISHED},
     ASK_ROW ASK_GET ASK_PUT_ROW ASK_PUBLISH,
     COUNTS(0, 1, 0, 0),
     0,
     "\"Reason\":{\"S\":\"This is no picture\"}",
     "rejected",
     NULL},
    {"the worker rejects it with a derivative on its way: that one goes when the row says so",
     REJECTS_LATE,
     PICTURE,
     {NO_ROW, GET_OK, DONE, PUT_ROW, DONE, PUBLISHED},
     ASK_ROW ASK_GET "PUT " BIG ASK_PUT_ROW "DELETE " BIG ASK_PUBLISH,
     COUNTS(0, 1, 0, 0),
     0,
     "\"Derivatives\":{\"L\":[]}",
     "rejected",
     NULL},
    {"the worker dies",
     DIES,
     PICTURE,
     {NO_ROW, GET_OK, PUT_ROW, PUBLISHED},
     ASK_ROW ASK_GET ASK_PUT_ROW ASK_PUBLISH,
     COUNTS(0, 0, 1, 0),
     0,
     "\"Reason\":{\"S\":\"The image worker ended with code 77\"}",
     "failed",
     NULL},
    {"the worker dies with a derivative on its way",
     DIES_LATE,
     PICTURE,
     {NO_ROW, GET_OK, DONE, PUT_ROW, DONE, PUBLISHED},
     ASK_ROW ASK_GET "PUT " BIG ASK_PUT_ROW "DELETE " BIG ASK_PUBLISH,
     COUNTS(0, 0, 1, 0),
     0,
     "\"Derivatives\":{\"L\":[]}",
     "failed",
     NULL},
    {"the worker is done, but sent one of two",
     FORGETS,
     PICTURE,
     {NO_ROW, GET_OK, DONE, PUT_ROW, DONE, PUBLISHED},
     ASK_ROW ASK_GET "PUT " BIG ASK_PUT_ROW "DELETE " BIG ASK_PUBLISH,
     COUNTS(0, 0, 1, 0),
     0,
     "\"Reason\":{\"S\":\"The image worker's answer is not sound\"}",
     "failed",
     NULL},
    {"the worker cannot shut its jail: no picture's fault",
     OTHER_JAIL,
     PICTURE,
     {NO_ROW, GET_OK, DONE},
     ASK_ROW ASK_GET "PUT " BIG,
     "the image worker could not shut its jail",
     -EIO,
     NULL,
     "error",
     NULL},
    {"S3 refuses a derivative",
     WORKS,
     PICTURE,
     {NO_ROW, GET_OK, DONE, REFUSED_XML("403 Forbidden")},
     ASK_ROW ASK_GET ASK_PUTS,
     "PutObject of a derivative of photos/uploads/a b@c.jpg: Odd not today",
     -EIO,
     NULL,
     "error",
     NULL},
    {"a later event was faster",
     WORKS,
     PICTURE,
     {NO_ROW, GET_OK, DONE, DONE, NOT_FIRST, ROW("00000000000000000000000000000006", "processed"),
      DONE, DONE},
     ASK_ROW ASK_GET ASK_PUTS ASK_PUT_ROW ASK_ROW "DELETE " BIG "DELETE " SMALL,
     COUNTS(0, 0, 0, 1),
     0,
     "processed",
     "skipped",
     NULL},
    {"another attempt was faster: what its row names stays",
     WORKS,
     PICTURE,
     {NO_ROW, GET_OK, DONE, DONE, NOT_FIRST, OTHERS_ROW("processed"), DONE, PUBLISHED},
     ASK_ROW ASK_GET ASK_PUTS ASK_PUT_ROW ASK_ROW "DELETE " SMALL ASK_PUBLISH,
     COUNTS(1, 0, 0, 0),
     0,
     "processed",
     "processed",
     NULL},
    {"the worker dies where another attempt has done it: that one's row and pictures stay",
     DIES_LATE,
     PICTURE,
     {NO_ROW, GET_OK, DONE, NOT_FIRST, OTHERS_ROW("processed"), PUBLISHED},
     ASK_ROW ASK_GET "PUT " BIG ASK_PUT_ROW ASK_ROW ASK_PUBLISH,
     COUNTS(1, 0, 0, 0),
     0,
     "\"Status\":{\"S\":\"failed\"}",
     "processed",
     NULL},
    {"another attempt has failed before: its row stands, and names nothing",
     WORKS,
     PICTURE,
     {NO_ROW, GET_OK, DONE, DONE, NOT_FIRST, ROW(SEQUENCER, "failed"), DONE, DONE, PUBLISHED},
     ASK_ROW ASK_GET ASK_PUTS ASK_PUT_ROW ASK_ROW "DELETE " BIG "DELETE " SMALL ASK_PUBLISH,
     COUNTS(0, 0, 1, 0),
     0,
     "processed",
     "failed",
     NULL},
    {"the row that was in the way is gone: the next attempt looks again, and nothing is removed",
     WORKS,
     PICTURE,
     {NO_ROW, GET_OK, DONE, DONE, NOT_FIRST, NO_ROW},
     ASK_ROW ASK_GET ASK_PUTS ASK_PUT_ROW ASK_ROW,
     "PutItem of photos/uploads/a b@c.jpg: the row changes meanwhile",
     -EIO,
     "processed",
     "error",
     NULL},
    {"the row that was in the way cannot be read",
     WORKS,
     PICTURE,
     {NO_ROW, GET_OK, DONE, DONE, NOT_FIRST,
      REFUSED("400 Bad Request", "ResourceNotFoundException")},
     ASK_ROW ASK_GET ASK_PUTS ASK_PUT_ROW ASK_ROW,
     "GetItem of photos/uploads/a b@c.jpg: ResourceNotFoundException no",
     -EIO,
     "processed",
     "error",
     NULL},
    {"DynamoDB refuses to write",
     WORKS,
     PICTURE,
     {NO_ROW, GET_OK, DONE, DONE, REFUSED("400 Bad Request", "ValidationException")},
     ASK_ROW ASK_GET ASK_PUTS ASK_PUT_ROW,
     "PutItem of photos/uploads/a b@c.jpg: ValidationException no",
     -EIO,
     "processed",
     "error",
     NULL},
    {"what it replaces is removed, except what it wrote itself",
     WORKS,
     PICTURE,
     {NO_ROW, GET_OK, DONE, DONE, OLD_ROW, DONE, PUBLISHED},
     ASK_ROW ASK_GET ASK_PUTS ASK_PUT_ROW "DELETE /thumbs/old/800.jpg\n" ASK_PUBLISH,
     COUNTS(1, 0, 0, 0),
     0,
     "processed",
     "processed",
     NULL},
    {"what cannot be removed stays",
     WORKS,
     PICTURE,
     {NO_ROW, GET_OK, DONE, DONE, OLD_ROW, REFUSED_XML("403 Forbidden"), PUBLISHED},
     ASK_ROW ASK_GET ASK_PUTS ASK_PUT_ROW "DELETE /thumbs/old/800.jpg\n" ASK_PUBLISH,
     COUNTS(1, 0, 0, 0),
     0,
     "processed",
     "processed",
     NULL},
    {"SNS refuses the report",
     WORKS,
     PICTURE,
     {ROW(SEQUENCER, "processed"), REFUSED_XML("403 Forbidden")},
     ASK_ROW ASK_PUBLISH,
     "publish the report: Odd not today",
     -EIO,
     NULL,
     "processed",
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

static void use_worker(struct fn_test *t) {
    snprintf(t->context.config.worker, sizeof t->context.config.worker, "%s", worker_path);
}

/* How the log tells what became of a record: one line with its outcome, and metrics at the end. */
static void check_log(const struct record_case *c, const struct buf *log) {
    str line, left = buf_view(log);
    CHECK(str_cut(left, '\n', &line, &left));
    CLEANUP_JSON json_t *doc = json_parse(line, NULL);
    CHECK_STR(json_str(doc, "outcome"), str_c(c->outcome));
    CHECK_STR(json_str(doc, "requestId"), S("R1"));
    bool bad = strcmp(c->outcome, "rejected") == 0 || strcmp(c->outcome, "failed") == 0;
    bool before = str_is(json_str(doc, "reason"), "done by another attempt");
    CHECK_STR(json_str(doc, "level"), strcmp(c->outcome, "error") == 0 ? S("error")
                                      : bad && !before                 ? S("warn")
                                                                       : S("info"));
    bool gave_way = strstr(c->asked, ASK_PUT_ROW ASK_ROW) && strstr(c->asked, ASK_PUBLISH);
    CHECK_INT(before, gave_way || strcmp(c->asked, ASK_ROW ASK_PUBLISH) == 0);
    CHECK_STR(json_str(json_array_get(json_arr(doc, "spans"), 0), "step"), S("look"));
    CHECK_INT(strstr(buf_cstr(log), "CloudWatchMetrics") != NULL, c->r == 0);
}

/* Descriptors and threads of this process, and its children. */
static size_t entries(const char *path) {
    size_t n = 0;
    DIR *folder = opendir(path);
    CHECK(folder != NULL);
    while (readdir(folder))
        n++;
    closedir(folder);
    return n;
}
struct held {
    size_t fds, threads;
};
static struct held held_now(void) {
    return (struct held){entries("/proc/self/fd"), entries("/proc/self/task")};
}
static void check_nothing_stayed(struct held before) {
    struct held now = held_now();
    /* A thread that was joined may have its entry for a moment. */
    for (int i = 0; now.threads > before.threads && i < 1000; i++, now = held_now())
        usleep(1000);
    CHECK_INT(now.fds, before.fds);
    CHECK_INT(now.threads, before.threads);
    CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
    CHECK_INT(errno, ECHILD);
}

/* How one record may end; none of its ends leaves a descriptor, a thread or a worker behind. */
static void one_record(void **state) {
    (void)state;
    struct held before = held_now();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct record_case *c = &cases[i];
        struct fn_test t;
        CLEANUP_DEINIT(buf) struct buf out = {0}, log = {0}, more = {0};
        struct err err = {{0}};
        size_t n = 0;
        while (n < ARRAY_LEN(c->steps) && c->steps[n].answer)
            n++;
        print_message("%s\n", c->name);
        set_worker(c->worker);
        fn_test_start(&t, c->steps, n);
        use_worker(&t);
        buf_printf(&more, "\"versionId\":\"v1\",%s", c->size ? c->size : "\"size\":5,");
        int r = process(&t.context, str_c(event_of(c->key, buf_cstr(&more))), &out, &log, &err);
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
        check_nothing_stayed(before);
    }
}

/*
 * A stream that is cut at any byte: without a byte of the picture it was no answer, and behind that
 * all begins anew. Nothing but the whole picture makes a row.
 */
static void cut_at_any_byte(void **state) {
    (void)state;
    static const char whole[] =
        "HTTP/1.1 200 OK\r\nContent-Type: image/x\r\nContent-Length: 5\r\n\r\nhello";
    static const size_t head = sizeof whole - sizeof "hello";
    set_worker(WORKS);
    for (size_t cut = 1; cut < sizeof whole - 1; cut++) {
        char piece[sizeof whole];
        snprintf(piece, sizeof piece, "%.*s", (int)cut, whole);
        const struct step steps[] = {NO_ROW,   {ANSWER_CLOSE, piece}, GET_OK, DONE, DONE, PUT_ROW,
                                     PUBLISHED};
        struct fn_test t;
        CLEANUP_DEINIT(buf) struct buf out = {0}, log = {0};
        struct err err = {{0}};
        fn_test_start(&t, steps, ARRAY_LEN(steps));
        use_worker(&t);
        int r = process(&t.context, str_c(event_of(PICTURE, "\"versionId\":\"v1\",\"size\":5,")),
                        &out, &log, &err);
        CHECK_INT(r, cut > head ? 0 : -EIO);
        check_asked(&t.server, cut > head ? ASK_ROW ASK_GET ASK_GET ASK_PUTS ASK_PUT_ROW ASK_PUBLISH
                                          : ASK_ROW ASK_GET);
        fn_test_stop(&t);
    }
}

/* What is sent to each service, and without versions the object that the event told of or none. */
static void what_is_sent(void **state) {
    (void)state;
    static const struct step steps[] = {NO_ROW, GET_OK, DONE, DONE, PUT_ROW, PUBLISHED};
    struct fn_test t;
    CLEANUP_DEINIT(buf) struct buf out = {0}, log = {0};
    struct err err = {{0}};
    set_worker(WORKS);
    fn_test_start(&t, steps, ARRAY_LEN(steps));
    use_worker(&t);
    t.context.config.keep_profiles = true;
    CHECK_INT(process(&t.context, str_c(event_of(PICTURE, "\"size\":5,")), &out, &log, &err), 0);
    check_asked(&t.server,
                ASK_ROW "GET /photos/uploads/a%20b%40c.jpg\n" ASK_PUTS ASK_PUT_ROW ASK_PUBLISH);
    static const struct {
        size_t request;
        const char *has;
    } sent[] = {
        {0, "\"TableName\":\"images\""},
        {0, "\"Key\":{\"ImageId\":{\"S\":\"" ID "\"}}"},
        {0, "\"ConsistentRead\":true"},
        {1, "If-Match: \"abc\"\r\n"},
        {2, "Content-Type: image/png\r\n"},
        {2, "\r\n\r\ntny"},
        {3, "Content-Type: image/jpeg\r\n"},
        {3, "\r\n\r\nBIG!"},
        {4, "\"TableName\":\"images\""},
        {4, "\"ConditionExpression\":\"attribute_not_exists(Sequencer) OR Sequencer < :now\""},
        {4, "\":now\":{\"S\":\"" SEQUENCER "\"}"},
        {4, "\"ReturnValues\":\"ALL_OLD\""},
        {4, "\"ContentType\":{\"S\":\"image/x\"}"},
        {4,
         "\"Derivatives\":{\"L\":[{\"M\":{\"Name\":{\"S\":\"big\"},\"Bucket\":{\"S\":\"thumbs\"},"
         "\"Key\":{\"S\":\"" ID "/" SEQUENCER "/big.jpg\"},\"Width\":{\"N\":\"40\"},"
         "\"Height\":{\"N\":\"30\"},\"FileSize\":{\"N\":\"4\"}}},{\"M\":{\"Name\":{\"S\":\"200\"}"},
        {5, "TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A1%3Areports"},
        {5, "Subject=Image%20Processing%20Report"},
        {5, "Message=Processed%3A%201%0ANot%20processed%3A%200%0A"},
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
    CHECK_INT(request.keep_profiles, true);
    static const struct imgjob_wish wishes[] = {{800, 800, IMGJOB_INSIDE, 80},
                                                {200, 200, IMGJOB_COVER, 70}};
    CHECK_INT(request.n, ARRAY_LEN(wishes));
    CHECK_MEM(request.wishes, wishes, sizeof wishes);
}

/* One line for a record: each step with its begin, its time and its outcome; and its metrics. */
static void what_the_log_says(void **state) {
    (void)state;
    static const struct step steps[] = {NO_ROW, GET_CUT, GET_OK, DONE, DONE, PUT_ROW, PUBLISHED};
    static const char *const spans[][3] = {
        {"look", "ok", NULL},   {"guard", "ok", NULL},  {"get", "cut", NULL},
        {"get", "ok", NULL},    {"worker", "ok", NULL}, {"store", "ok", "big"},
        {"store", "ok", "200"}, {"fetch", "ok", NULL},  {"put", "ok", NULL},
    };
    struct fn_test t;
    CLEANUP_DEINIT(buf) struct buf out = {0}, log = {0};
    struct err err = {{0}};
    set_worker(WORKS);
    fn_test_start(&t, steps, ARRAY_LEN(steps));
    use_worker(&t);
    CHECK_INT(process(&t.context, str_c(event_of(PICTURE, "\"size\":5,")), &out, &log, &err), 0);
    fn_test_stop(&t);
    str line, left;
    str_cut(buf_view(&log), '\n', &line, &left);
    CLEANUP_JSON json_t *doc = json_parse(line, NULL), *metrics = NULL;
    json_t *list = json_arr(doc, "spans");
    CHECK_STR(json_str(doc, "key"), S("uploads/a b@c.jpg"));
    CHECK_STR(json_str(doc, "imageId"), S(ID));
    CHECK_STR(json_str(doc, "format"), S("jpeg"));
    CHECK_INT(json_int(doc, "bytes", 0), 5);
    CHECK_INT(json_array_size(list), ARRAY_LEN(spans));
    for (size_t i = 0; i < ARRAY_LEN(spans); i++) {
        json_t *span = json_array_get(list, i);
        CHECK_STR(json_str(span, "step"), str_c(spans[i][0]));
        CHECK_STR(json_str(span, "outcome"), str_c(spans[i][1]));
        CHECK_STR(json_str(span, "name"), str_c(spans[i][2]));
        CHECK(json_num(span, "start", -1) >= 0 && json_num(span, "ms", -1) >= 0);
        CHECK(json_num(span, "start", 0) + json_num(span, "ms", 0) <=
              json_num(doc, "ms", 0) + 0.02);
    }
    json_t *worker = json_array_get(list, 4);
    CHECK(json_num(worker, "cpu", 0) > 0 && json_num(worker, "peakMB", 0) > 0);
    str_cut(left, '\n', &line, &left);
    metrics = json_parse(line, NULL);
    CHECK_STR(json_str(metrics, "Format"), S("jpeg"));
    CHECK_INT(json_int(metrics, "ImagesProcessed", 0), 1);
    CHECK_INT(left.len, 0);
}

/* ---- The worker's limits ---- */

/* What the function's memory leaves beside itself, or half; no keys of the role. */
static void limits_of_the_worker(void **state) {
    (void)state;
    static const struct {
        uint64_t memory_bytes;
        const char *args;
    } rows[] = {
        {512u << 20, "--memory 503316480 --cpu 30\n"}, /* less 32 MiB */
        {(64u << 20) + 1, "--memory 33554433 --cpu 30\n"},
        {64u << 20, "--memory 33554432 --cpu 30\n"}, /* the half */
        {32u << 20, "--memory 16777216 --cpu 30\n"},
    };
    setenv("AWS_SECRET_ACCESS_KEY", "of the role", 1);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        static const struct step steps[] = {NO_ROW, GET_OK, DONE, DONE, PUT_ROW, PUBLISHED};
        struct fn_test t;
        CLEANUP_DEINIT(buf) struct buf out = {0}, args = {0}, log = {0};
        struct err err = {{0}};
        set_worker(WORKS);
        fn_test_start(&t, steps, ARRAY_LEN(steps));
        use_worker(&t);
        t.context.config.memory_bytes = rows[i].memory_bytes;
        CHECK_INT(process(&t.context, str_c(event_of(PICTURE, "\"size\":5,")), &out, &log, &err),
                  0);
        CHECK_INT(io_read_file(&args, args_path, 65536, NULL), 0);
        CHECK(str_starts(buf_view(&args), str_c(rows[i].args)));
        CHECK(!strstr(buf_cstr(&args), "of the role"));
        fn_test_stop(&t);
    }
    unsetenv("AWS_SECRET_ACCESS_KEY");
}

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
        cmocka_unit_test(one_record),
        cmocka_unit_test(cut_at_any_byte),
        cmocka_unit_test(what_is_sent),
        cmocka_unit_test(what_the_log_says),
        cmocka_unit_test(limits_of_the_worker),
        cmocka_unit_test(as_many_at_once_as_fit),
        cmocka_unit_test(a_giant_among_many),
        cmocka_unit_test(what_needs_more_gets_it),
        cmocka_unit_test(one_fault_of_three),
        cmocka_unit_test(the_time_is_watched),
        cmocka_unit_test(the_last_records_wait),
        cmocka_unit_test(what_is_no_event),
    };
    return cmocka_run_group_tests(tests, make_worker, drop_worker);
}
