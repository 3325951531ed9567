/*
 * The function's other conversations: CloudFormation's custom resource, the runtime API, its log
 * and its report.
 */
#include "fn_fixture.h"

#include "base/io.h"
#include "fn/item.h"
#include "fn/log.h"
#include "fn/metrics.h"
#include "fn/notification.h"
#include "fn/report.h"
#include "fn/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

/* ---- Standard output, where the log lines go ---- */

struct capture {
    char path[32];
    int before;
};

static void capture_start(struct capture *c) {
    snprintf(c->path, sizeof c->path, "/tmp/calotype-fn-log-XXXXXX");
    int fd = mkstemp(c->path);
    c->before = dup(STDOUT_FILENO);
    fflush(stdout);
    dup2(fd, STDOUT_FILENO);
    close(fd);
}

static void capture_end(struct capture *c, struct buf *text) {
    dup2(c->before, STDOUT_FILENO);
    close(c->before);
    CHECK_INT(io_read_file(text, c->path, 65536, NULL), 0);
    unlink(c->path);
}

/* ---- Custom::S3BucketNotification ---- */

#define CONFIG                                                                                     \
    "\"NotificationConfiguration\":{\"LambdaFunctionConfigurations\":[{\"Id\":\"new\","            \
    "\"LambdaFunctionArn\":\"arn:f\",\"Events\":[\"s3:ObjectCreated:*\",\"s3:ObjectRemoved:*\"]}]}"
#define OLD_CONFIG                                                                                 \
    "\"NotificationConfiguration\":{\"LambdaFunctionConfigurations\":[{\"Id\":\"old\"}]}"
#define THERE                                                                                      \
    HTTP("200 OK", "<N><QueueConfiguration><Id>theirs</Id></QueueConfiguration>"                   \
                   "<CloudFunctionConfiguration><Id>old</Id></CloudFunctionConfiguration>"         \
                   "<CloudFunctionConfiguration><Id>new</Id><x/></CloudFunctionConfiguration>"     \
                   "<EventBridgeConfiguration></EventBridgeConfiguration></N>")
#define KEPT                                                                                       \
    "<QueueConfiguration><Id>theirs</Id></QueueConfiguration>"                                     \
    "<EventBridgeConfiguration></EventBridgeConfiguration>"
#define OLD "<CloudFunctionConfiguration><Id>old</Id></CloudFunctionConfiguration>"
#define OURS                                                                                       \
    "<CloudFunctionConfiguration><Id>new</Id><CloudFunction>arn:f</CloudFunction>"                 \
    "<Event>s3:ObjectCreated:*</Event><Event>s3:ObjectRemoved:*</Event></CloudFunctionConfiguration>"
#define WHOLE(inner)                                                                               \
    "<NotificationConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" inner          \
    "</NotificationConfiguration>"
#define GONE                                                                                       \
    HTTP("404 Not Found", "<Error><Code>NoSuchBucket</Code><Message>none</Message></Error>")
#define NO  HTTP("403 Forbidden", "<Error><Code>AccessDenied</Code><Message>no</Message></Error>")
#define YES HTTP("200 OK", "")

#define ASK_GET(bucket) "GET /" bucket "?notification=\n"
#define ASK_PUT(bucket) "PUT /" bucket "?notification=\n"
#define ASK_TELL        "PUT /answer?sig=1\n"

static void a_resource_is_served(void **state) {
    (void)state;
    static const struct {
        const char *name, *type, *properties; /* members behind RequestType */
        struct step steps[6];
        const char *asked;
        int put; /* which of the requests is the one whose body is … */
        const char *body;
        const char *told[3];
    } cases[] = {
        {"created",
         "Create",
         ",\"ResourceProperties\":{\"BucketName\":\"b\"," CONFIG "}",
         {{ANSWER, THERE}, {ANSWER, YES}, {ANSWER, YES}},
         ASK_GET("b") ASK_PUT("b") ASK_TELL,
         1,
         WHOLE(OLD KEPT OURS),
         {"\"Status\":\"SUCCESS\"", "\"PhysicalResourceId\":\"notification-of-b\"",
          "\"StackId\":\"s\",\"RequestId\":\"r\",\"LogicalResourceId\":\"l\""}},
        {"renamed",
         "Update",
         ",\"PhysicalResourceId\":\"p\",\"ResourceProperties\":{\"BucketName\":\"b\"," CONFIG "},"
         "\"OldResourceProperties\":{\"BucketName\":\"b\"," OLD_CONFIG "}",
         {{ANSWER, THERE}, {ANSWER, YES}, {ANSWER, YES}},
         ASK_GET("b") ASK_PUT("b") ASK_TELL,
         1,
         WHOLE(KEPT OURS),
         {"\"Status\":\"SUCCESS\"", "\"PhysicalResourceId\":\"p\"", "}"}},
        {"moved to another bucket",
         "Update",
         ",\"ResourceProperties\":{\"BucketName\":\"b\"," CONFIG "},"
         "\"OldResourceProperties\":{\"BucketName\":\"a\"," OLD_CONFIG "}",
         {{ANSWER, THERE}, {ANSWER, YES}, {ANSWER, THERE}, {ANSWER, YES}, {ANSWER, YES}},
         ASK_GET("a") ASK_PUT("a") ASK_GET("b") ASK_PUT("b") ASK_TELL,
         1,
         WHOLE(KEPT),
         {"\"Status\":\"SUCCESS\"", "}", "}"}},
        {"moved, the old bucket is gone",
         "Update",
         ",\"ResourceProperties\":{\"BucketName\":\"b\"," CONFIG "},"
         "\"OldResourceProperties\":{\"BucketName\":\"a\"," OLD_CONFIG "}",
         {{ANSWER, GONE}, {ANSWER, THERE}, {ANSWER, YES}, {ANSWER, YES}},
         ASK_GET("a") ASK_GET("b") ASK_PUT("b") ASK_TELL,
         2,
         WHOLE(KEPT OURS),
         {"\"Status\":\"SUCCESS\"", "}", "}"}},
        {"moved, the old bucket refuses",
         "Update",
         ",\"ResourceProperties\":{\"BucketName\":\"b\"," CONFIG "},"
         "\"OldResourceProperties\":{\"BucketName\":\"a\"," OLD_CONFIG "}",
         {{ANSWER, NO}, {ANSWER, YES}},
         ASK_GET("a") ASK_TELL,
         1,
         NULL,
         {"\"Status\":\"FAILED\"",
          "\"Reason\":\"GET of the notification configuration of a: AccessDenied no\"", "}"}},
        {"deleted",
         "Delete",
         ",\"ResourceProperties\":{\"BucketName\":\"b\"," CONFIG "}",
         {{ANSWER, THERE}, {ANSWER, YES}, {ANSWER, YES}},
         ASK_GET("b") ASK_PUT("b") ASK_TELL,
         1,
         WHOLE(OLD KEPT),
         {"\"Status\":\"SUCCESS\"", "}", "}"}},
        {"deleted behind the bucket",
         "Delete",
         ",\"ResourceProperties\":{\"BucketName\":\"b\"," CONFIG "}",
         {{ANSWER, GONE}, {ANSWER, YES}},
         ASK_GET("b") ASK_TELL,
         1,
         NULL,
         {"\"Status\":\"SUCCESS\"", "}", "}"}},
        {"created in no bucket",
         "Create",
         ",\"ResourceProperties\":{\"BucketName\":\"b\"," CONFIG "}",
         {{ANSWER, GONE}, {ANSWER, YES}},
         ASK_GET("b") ASK_TELL,
         1,
         NULL,
         {"\"Status\":\"FAILED\"", "NoSuchBucket none", "}"}},
        {"the bucket refuses",
         "Create",
         ",\"ResourceProperties\":{\"BucketName\":\"b\"," CONFIG "}",
         {{ANSWER, THERE}, {ANSWER, NO}, {ANSWER, YES}},
         ASK_GET("b") ASK_PUT("b") ASK_TELL,
         1,
         NULL,
         {"\"Status\":\"FAILED\"",
          "\"Reason\":\"PUT of the notification configuration of b: ", "}"}},
        {"no bucket's name",
         "Create",
         ",\"ResourceProperties\":{" CONFIG "}",
         {{ANSWER, YES}},
         ASK_TELL,
         0,
         NULL,
         {"\"Status\":\"FAILED\"", "\"Reason\":\"the property BucketName is missing\"", "}"}},
        {"no configuration",
         "Create",
         ",\"ResourceProperties\":{\"BucketName\":\"b\"}",
         {{ANSWER, YES}},
         ASK_TELL,
         0,
         NULL,
         {"\"Status\":\"FAILED\"",
          "the property NotificationConfiguration.LambdaFunctionConfigurations is missing", "}"}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fn_test t;
        CLEANUP_DEINIT(buf) struct buf event = {0}, out = {0};
        struct err err = {{0}};
        size_t n = 0;
        while (n < ARRAY_LEN(cases[i].steps) && cases[i].steps[n].answer)
            n++;
        print_message("%s\n", cases[i].name);
        fn_test_start(&t, cases[i].steps, n);
        buf_printf(&event,
                   "{\"ResponseURL\":\"http://127.0.0.1:%u/answer?sig=1\",\"StackId\":\"s\","
                   "\"RequestId\":\"r\",\"LogicalResourceId\":\"l\",\"RequestType\":\"%s\"%s}",
                   t.server.port, cases[i].type, cases[i].properties);
        CHECK_INT(fn_notify(&t.context, buf_view(&event), &out, &err), 0);
        CHECK_BUF(out, "{}");
        check_asked(&t.server, cases[i].asked);
        if (cases[i].body)
            CHECK_TEXT(strstr(t.server.seen[cases[i].put].p, "\r\n\r\n") + 4, cases[i].body);
        for (size_t k = 0; k < 3; k++)
            CHECK_HAS(buf_cstr(&t.server.seen[t.server.n_seen - 1]), cases[i].told[k]);
        fn_test_stop(&t);
    }
}

/* The log says what was done, and why not, where CloudFormation's own text is cut or lost. */
static void a_resource_is_logged(void **state) {
    (void)state;
    static const struct {
        const char *properties;
        struct step steps[3];
        const char *want;
    } cases[] = {
        {"\"BucketName\":\"b\"," CONFIG,
         {{ANSWER, THERE}, {ANSWER, YES}, {ANSWER, YES}},
         "\"level\":\"info\",\"requestId\":\"R1\",\"key\":\"l\",\"step\":\"notification\"}\n"},
        {CONFIG,
         {{ANSWER, YES}},
         "\"level\":\"error\",\"requestId\":\"R1\",\"key\":\"l\",\"step\":\"notification\","
         "\"reason\":\"the property BucketName is missing\"}\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fn_test t;
        struct capture capture;
        CLEANUP_DEINIT(buf) struct buf event = {0}, out = {0}, text = {0};
        size_t n = 0;
        while (n < ARRAY_LEN(cases[i].steps) && cases[i].steps[n].answer)
            n++;
        fn_test_start(&t, cases[i].steps, n);
        buf_printf(&event,
                   "{\"ResponseURL\":\"http://127.0.0.1:%u/x\",\"LogicalResourceId\":\"l\","
                   "\"RequestType\":\"Create\",\"ResourceProperties\":{%s}}",
                   t.server.port, cases[i].properties);
        capture_start(&capture);
        int r = fn_notify(&t.context, buf_view(&event), &out, NULL);
        capture_end(&capture, &text);
        CHECK_INT(r, 0);
        CHECK_CASE(str_ends(buf_view(&text), str_c(cases[i].want)), buf_cstr(&text));
        fn_test_stop(&t);
    }
}

/* When nobody can be told, the invocation fails, and Lambda tries again. */
static void nobody_can_be_told(void **state) {
    (void)state;
    static const struct step steps[] = {{ANSWER, NO}};
    struct fn_test t;
    CLEANUP_DEINIT(buf) struct buf event = {0}, out = {0};
    struct err err = {{0}};
    fn_test_start(&t, steps, 1);
    buf_printf(&event, "{\"ResponseURL\":\"http://127.0.0.1:%u/x\",\"RequestType\":\"Delete\"}",
               t.server.port);
    CHECK_INT(fn_notify(&t.context, buf_view(&event), &out, &err), -EIO);
    CHECK_HAS(err.text, "answer to CloudFormation: ");
    CHECK_INT(fn_notify(&t.context, S("{}"), &out, &err), -EINVAL);
    CHECK_HAS(err.text, "the event has no ResponseURL");
    CHECK_INT(fn_notify(&t.context, S("{"), &out, &err), -EINVAL);
    CHECK_INT(out.len, 0);
    fn_test_stop(&t);
}

/* A rule has a name and a value, which may be empty; each of a configuration's parts is needed. */
static void parts_of_a_configuration(void **state) {
    (void)state;
    static const struct {
        const char *configuration;
        bool good;
    } cases[] = {
        {"{\"Id\":\"i\",\"LambdaFunctionArn\":\"f\",\"Events\":[\"e\"]}", true},
        {"{\"LambdaFunctionArn\":\"f\",\"Events\":[\"e\"]}", false},
        {"{\"Id\":\"i\",\"Events\":[\"e\"]}", false},
        {"{\"Id\":\"i\",\"LambdaFunctionArn\":\"f\"}", false},
        {"{\"Id\":\"i\",\"LambdaFunctionArn\":\"f\",\"Events\":[]}", false},
        {"{\"Id\":\"i\",\"LambdaFunctionArn\":\"f\",\"Events\":[\"e\"],\"Filter\":{\"Key\":"
         "{\"FilterRules\":[{\"Name\":\"prefix\",\"Value\":\"\"}]}}}",
         true},
        {"{\"Id\":\"i\",\"LambdaFunctionArn\":\"f\",\"Events\":[\"e\"],\"Filter\":{\"Key\":"
         "{\"FilterRules\":[{\"Name\":\"prefix\"}]}}}",
         false},
        {"{\"Id\":\"i\",\"LambdaFunctionArn\":\"f\",\"Events\":[\"e\"],\"Filter\":{\"Key\":"
         "{\"FilterRules\":[{\"Value\":\"x\"}]}}}",
         false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf text = {0}, out = {0};
        struct err why = {{0}};
        buf_printf(&text, "{\"NotificationConfiguration\":{\"LambdaFunctionConfigurations\":[%s]}}",
                   cases[i].configuration);
        CLEANUP_JSON json_t *properties = json_parse(buf_view(&text), NULL);
        CLEANUP_JSON json_t *none = json_array();
        CHECK_CASE(fn_notification_merge(S(""), none, properties, &out, &why) == cases[i].good,
                   cases[i].configuration);
        CHECK_TEXT(why.text, cases[i].good ? ""
                                           : "LambdaFunctionConfigurations 0 needs Id, "
                                             "LambdaFunctionArn and Events");
    }
}

/* ---- The runtime API ---- */

static int answer_twice(void *ctx, const struct fn_invocation *in, struct buf *out,
                        struct err *err) {
    int *calls = ctx;
    ++*calls;
    if (str_eq(in->event, S("\"bad\"")))
        return err_set(err, -EIO, "a \"quoted\" reason");
    CHECK_TEXT(in->request_id, "id-1");
    CHECK(in->deadline_ms == 1795323419123);
    CHECK_STR(in->event, S("{\"a\":1}"));
    CHECK_TEXT(getenv("_X_AMZN_TRACE_ID"), "Root=1");
    buf_c(out, "[\"done\"]");
    return 0;
}

static void invocations_one_after_the_other(void **state) {
    (void)state;
    static const struct step steps[] = {
        {ANSWER, "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: id-1\r\n"
                 "Lambda-Runtime-Deadline-Ms: 1795323419123\r\nLambda-Runtime-Trace-Id: Root=1\r\n"
                 "Content-Length: @\r\n\r\n{\"a\":1}"},
        {ANSWER, HTTP("202 Accepted", "")},
        {ANSWER, "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: id-2\r\n"
                 "Content-Length: @\r\n\r\n\"bad\""},
        {ANSWER, HTTP("202 Accepted", "")},
        {ANSWER, HTTP("500 Over", "")},
    };
    struct fn_test t;
    char api[32];
    int calls = 0;
    struct err err = {{0}};
    fn_test_start(&t, steps, ARRAY_LEN(steps));
    snprintf(api, sizeof api, "127.0.0.1:%u", t.server.port);
    CHECK_INT(fn_runtime_run(t.client, api, answer_twice, &calls, &err), -EIO);
    CHECK_HAS(err.text, "ask the runtime API for an invocation: ");
    CHECK_INT(calls, 2);
    check_asked(&t.server, "GET /2018-06-01/runtime/invocation/next\n"
                           "POST /2018-06-01/runtime/invocation/id-1/response\n"
                           "GET /2018-06-01/runtime/invocation/next\n"
                           "POST /2018-06-01/runtime/invocation/id-2/error\n"
                           "GET /2018-06-01/runtime/invocation/next\n");
    CHECK_HAS(t.server.seen[1].p, "\r\n\r\n[\"done\"]");
    CHECK(!strstr(t.server.seen[1].p, "Error-Type"));
    CHECK_HAS(t.server.seen[3].p,
              "Lambda-Runtime-Function-Error-Type: Function.ProcessingError\r\n");
    CHECK_HAS(t.server.seen[3].p, "\r\n\r\n{\"errorType\":\"Function.ProcessingError\","
                                  "\"errorMessage\":\"a \\\"quoted\\\" reason\"}");
    fn_test_stop(&t);
}

static void an_answer_nobody_takes(void **state) {
    (void)state;
    static const struct step steps[] = {
        {ANSWER, "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: id-2\r\n"
                 "Content-Length: @\r\n\r\n\"bad\""},
        {ANSWER, HTTP("400 Bad Request", "")},
    };
    struct fn_test t;
    char api[32];
    int calls = 0;
    struct err err = {{0}};
    fn_test_start(&t, steps, ARRAY_LEN(steps));
    snprintf(api, sizeof api, "127.0.0.1:%u", t.server.port);
    CHECK_INT(fn_runtime_run(t.client, api, answer_twice, &calls, &err), -EIO);
    CHECK_HAS(err.text, "answer to the runtime API: ");
    fn_test_stop(&t);
}

static void a_start_that_fails(void **state) {
    (void)state;
    static const struct step steps[] = {{ANSWER, HTTP("202 Accepted", "")}};
    struct fn_test t;
    char api[32];
    fn_test_start(&t, steps, 1);
    snprintf(api, sizeof api, "127.0.0.1:%u", t.server.port);
    fn_runtime_init_error(t.client, api, "no table");
    check_asked(&t.server, "POST /2018-06-01/runtime/init/error\n");
    CHECK_HAS(t.server.seen[0].p, "\"errorMessage\":\"no table\"}");
    CHECK_HAS(t.server.seen[0].p, "Lambda-Runtime-Function-Error-Type: ");
    fn_test_stop(&t);
}

/* ---- Log ---- */

static void say(void) {
    struct fn_log log = {"R1", S("a\"b.jpg")}, plain = {"R2", S("")};
    static struct fn_spans spans;
    const struct fn_log_record bare = {.level = "info", .outcome = "skipped"},
                               full = {.level = "warn",
                                       .outcome = "rejected",
                                       .reason = "The \"file\"",
                                       .image_id = S("27d6"),
                                       .format = S("png"),
                                       .bytes = 5,
                                       .ms = 3.456};
    fn_log_step(&log, "warn", "guard", 1.234, "The file is empty");
    fn_log_step(&plain, "info", "batch", -1, NULL);
    fn_log_step(&plain, "info", "batch", 0, NULL);
    fn_log_record(&plain, &bare, &spans);
    for (size_t i = 0; i < FN_MAX_SPANS + 2; i++) { /* too many: the last is kept */
        struct fn_span *span = fn_span_add(&spans, i ? "store" : "look", 0, "ok");
        span->start_ms = (double)i;
        span->ms = 0.5;
        snprintf(span->name, sizeof span->name, "%s", i ? "8\"" : "");
        for (size_t k = 0; i == 0 && k < FN_MAX_NUMBERS + 1; k++)
            fn_span_number(span, "cpu", (double)k);
        if (i == 1)
            fn_log_record(&log, &full, &spans);
    }
    CHECK_INT(spans.n, FN_MAX_SPANS);
    CHECK(spans.of[FN_MAX_SPANS - 1].start_ms > FN_MAX_SPANS);
}

static void lines_of_the_log(void **state) {
    (void)state;
    struct capture capture;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    capture_start(&capture);
    say();
    capture_end(&capture, &text);
    str line, left = buf_view(&text);
    static const char *const want[] = {
        "Z\",\"level\":\"warn\",\"requestId\":\"R1\",\"key\":\"a\\\"b.jpg\",\"step\":\"guard\","
        "\"ms\":1.23,\"reason\":\"The file is empty\"}",
        "Z\",\"level\":\"info\",\"requestId\":\"R2\",\"step\":\"batch\"}",
        "Z\",\"level\":\"info\",\"requestId\":\"R2\",\"step\":\"batch\",\"ms\":0.00}",
        "Z\",\"level\":\"info\",\"requestId\":\"R2\",\"outcome\":\"skipped\",\"ms\":0.00,"
        "\"spans\":[]}",
        "Z\",\"level\":\"warn\",\"requestId\":\"R1\",\"key\":\"a\\\"b.jpg\",\"imageId\":\"27d6\","
        "\"outcome\":\"rejected\",\"reason\":\"The \\\"file\\\"\",\"format\":\"png\",\"bytes\":5,"
        "\"ms\":3.46,\"spans\":[{\"step\":\"look\",\"start\":0.00,\"ms\":0.50,\"outcome\":\"ok\","
        "\"cpu\":0.00,\"cpu\":1.00,\"cpu\":2.00,\"cpu\":3.00,\"cpu\":4.00,\"cpu\":5.00},"
        "{\"step\":\"store\",\"name\":\"8\\\"\",\"start\":1.00,\"ms\":0.50,\"outcome\":\"ok\"}]}",
    };
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        CHECK(str_cut(left, '\n', &line, &left));
        CHECK_CASE(str_starts(line, S("{\"time\":\"2")) && str_ends(line, str_c(want[i])), line.p);
    }
    CHECK_INT(left.len, 0);
}

/* ---- Metrics ---- */

static json_t *line_of(str *left) {
    str line;
    CHECK(str_cut(*left, '\n', &line, left));
    json_t *doc = json_parse(line, NULL);
    CHECK_RANGE(json_int(json_obj(doc, "_aws"), "Timestamp", 0), 1577836800000, 4102444800000);
    CHECK_STR(json_str(doc, "Environment"), S("dev"));
    return doc;
}

/* A document for each format, whose counts add up to those of the environment. */
static void metrics_by_format(void **state) {
    (void)state;
    static const struct {
        const char *status, *format;
        bool is_replay;
    } seen[] = {{"processed", "jpeg", false}, {"rejected", "heic", false},
                {"failed", "jpeg", false},    {NULL, "", false},
                {"rejected", "", false},      {"processed", "jpeg", true},
                {"rejected", "<b>", false}};
    struct fn_image images[ARRAY_LEN(seen)];
    struct fn_record record = {.size = 9};
    struct capture capture;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    for (size_t i = 0; i < ARRAY_LEN(seen); i++) {
        fn_image_init(&images[i], &record);
        images[i].status = seen[i].status;
        images[i].result.format = str_c(seen[i].format);
        images[i].is_replay = seen[i].is_replay;
        images[i].ms = (double)i + 0.5;
    }
    capture_start(&capture);
    fn_metrics_log("dev", images, ARRAY_LEN(seen), 12.5);
    capture_end(&capture, &text);
    static const struct {
        const char *format;
        int processed, rejected, failed;
        const char *durations, *sizes;
    } want[] = {{"jpeg", 2, 0, 1, "[0.5,2.5]", "[9,9]"},
                {"heic", 0, 1, 0, "[1.5]", "[9]"},
                {"unknown", 0, 1, 0, "[4.5]", "[9]"},
                {"other", 0, 1, 0, "[6.5]", "[9]"}};
    str left = buf_view(&text);
    CLEANUP_JSON json_t *sets =
        json_parse(S("[[\"Environment\"],[\"Environment\",\"Format\"]]"), NULL);
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        CLEANUP_JSON json_t *doc = line_of(&left), *durations = NULL, *sizes = NULL;
        json_t *directives = json_arr(json_obj(doc, "_aws"), "CloudWatchMetrics");
        json_t *first = json_array_get(directives, 0);
        durations = json_parse(str_c(want[i].durations), NULL);
        sizes = json_parse(str_c(want[i].sizes), NULL);
        CHECK_STR(json_str(doc, "Format"), str_c(want[i].format));
        CHECK_INT(json_int(doc, "ImagesProcessed", -1), want[i].processed);
        CHECK_INT(json_int(doc, "ImagesRejected", -1), want[i].rejected);
        CHECK_INT(json_int(doc, "ImagesFailed", -1), want[i].failed);
        CHECK(json_equal(json_object_get(doc, "ImageDuration"), durations));
        CHECK(json_equal(json_object_get(doc, "OriginalBytes"), sizes));
        CHECK_STR(json_str(first, "Namespace"), S("Calotype"));
        CHECK(json_equal(json_object_get(first, "Dimensions"), sets));
        CHECK_INT(json_array_size(json_arr(first, "Metrics")), 5);
        CHECK_INT(json_array_size(directives), i == 0 ? 2 : 1); /* the batch is told once */
        CHECK(json_num(doc, "BatchDuration", -1) == (i == 0 ? 12.5 : -1));
    }
    CHECK_INT(left.len, 0);
}

/* A metric of a document has at most 100 values; of nothing there is still the batch. */
static void metrics_of_many_and_of_none(void **state) {
    (void)state;
    enum { MANY = 250 };
    struct fn_record record = {.size = 9};
    struct capture capture;
    CLEANUP_DEINIT(buf) struct buf text = {0}, none = {0};
    CLEANUP_MEM struct fn_image *images = mem_zalloc(MANY * sizeof *images);
    for (size_t i = 0; i < MANY; i++) {
        fn_image_init(&images[i], &record);
        images[i].status = "failed";
    }
    capture_start(&capture);
    fn_metrics_log("dev", images, MANY, 1);
    capture_end(&capture, &text);
    str left = buf_view(&text);
    static const int counts[] = {100, 100, 50};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        CLEANUP_JSON json_t *doc = line_of(&left);
        CHECK_INT(json_int(doc, "ImagesFailed", 0), counts[i]);
        CHECK_INT(json_array_size(json_arr(doc, "ImageDuration")), counts[i]);
    }
    CHECK_INT(left.len, 0);
    capture_start(&capture);
    fn_metrics_log("dev", NULL, 0, 1.5);
    capture_end(&capture, &none);
    left = buf_view(&none);
    CLEANUP_JSON json_t *doc = line_of(&left);
    CHECK(json_num(doc, "BatchDuration", 0) == 1.5);
    CHECK(!json_has(doc, "ImagesFailed"));
}

/* ---- Report and row ---- */

/* The list ends before SNS's limit, however many pictures there are; the counts are of all. */
static void a_long_report(void **state) {
    (void)state;
    enum { MANY = 1000 };
    char key[1025];
    memset(key, 'k', sizeof key);
    struct fn_record record = {.bucket = S("photos"), .key = str_n(key, sizeof key)};
    CLEANUP_MEM struct fn_image *images = mem_zalloc(MANY * sizeof *images);
    CLEANUP_DEINIT(buf) struct buf text = {0}, few = {0};
    for (size_t i = 0; i < MANY; i++) {
        fn_image_init(&images[i], &record);
        images[i].status = "failed";
    }
    fn_report_text(&text, images, MANY, 0);
    CHECK_HAS(text.p, "Processed: 0\nNot processed: 1000\nfailed: photos/k");
    CHECK(str_ends(buf_view(&text), S("… and further ones; the table has them all.\n")));
    CHECK_RANGE(text.len, 200 * 1024, 203 * 1024);
    fn_report_text(&few, images, 190, 0);
    CHECK(!strstr(few.p, "further"));
    CHECK(!strstr(few.p, "Skipped"));
}

static void rows_say_what_is_known(void **state) {
    (void)state;
    struct fn_record record = {.bucket = S("b"), .key = S("k"), .time_ms = 1795323419123};
    struct fn_image image;
    fn_image_init(&image, &record);
    image.status = "rejected";
    image.content_type = S("image/png");
    image.result.latitude = -33.8568;
    image.result.longitude = 151.2153;
    image.result.warnings = S("cmyk-converted");
    snprintf(image.reason, sizeof image.reason, "so");
    CLEANUP_JSON json_t *item = fn_item_new(&image, "thumbs", 0);
    static const struct {
        const char *name, *type, *want;
    } cases[] = {
        {"Status", "S", "rejected"},         {"Reason", "S", "so"},
        {"ContentType", "S", "image/png"},   {"Latitude", "N", "-33.8568"},
        {"Longitude", "N", "151.2153"},      {"FileSize", "N", "0"},
        {"Warnings", "S", "cmyk-converted"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_STR(json_str(json_obj(item, cases[i].name), cases[i].type), str_c(cases[i].want));
    static const char *const absent[] = {"VersionId", "ETag", "Width", "Truncated", "Sha256"};
    for (size_t i = 0; i < ARRAY_LEN(absent); i++)
        CHECK_CASE(!json_object_get(item, absent[i]), absent[i]);
    CHECK_INT(json_array_size(json_arr(json_obj(item, "Derivatives"), "L")), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_resource_is_served),
        cmocka_unit_test(a_resource_is_logged),
        cmocka_unit_test(nobody_can_be_told),
        cmocka_unit_test(parts_of_a_configuration),
        cmocka_unit_test(invocations_one_after_the_other),
        cmocka_unit_test(an_answer_nobody_takes),
        cmocka_unit_test(a_start_that_fails),
        cmocka_unit_test(lines_of_the_log),
        cmocka_unit_test(metrics_by_format),
        cmocka_unit_test(metrics_of_many_and_of_none),
        cmocka_unit_test(a_long_report),
        cmocka_unit_test(rows_say_what_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
