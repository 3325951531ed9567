/*
 * An S3 event of one picture through all steps, against a scripted AWS and a scripted image worker: what is asked
 * of the services in which order, what the row says, and how each fault ends.
 */
#include "process_fixture.h"

#include "base/clock.h"

#include <dirent.h>
#include <errno.h>
#include <sys/wait.h>

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_record),           cmocka_unit_test(cut_at_any_byte),
        cmocka_unit_test(what_is_sent),         cmocka_unit_test(what_the_log_says),
        cmocka_unit_test(limits_of_the_worker),
    };
    return cmocka_run_group_tests(tests, make_worker, drop_worker);
}
