/* fn: events, rows, the report, the worker's ways to end, the environment. */
#include "cm.h"

#include "fn/config.h"
#include "fn/event.h"
#include "fn/item.h"
#include "fn/notification.h"
#include "fn/report.h"
#include "fn/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char s3_event[] =
    "{\"Records\":[{\"eventName\":\"ObjectCreated:Put\",\"eventTime\":\"2026-11-22T04:56:59.123Z\","
    "\"s3\":{\"bucket\":{\"name\":\"photos\"},\"object\":{\"key\":\"uploads/a+b%40c.jpg\",\"size\":7,"
    "\"eTag\":\"abc\",\"versionId\":\"v1\",\"sequencer\":\"0055aed6dcd90281e5\"}}},"
    "{\"eventName\":\"ObjectRemoved:Delete\"}]}";

static struct fn_record parse_one(struct arena *arena) {
    CLEANUP_JSON json_t *doc = json_parse(str_c(s3_event), NULL);
    struct fn_record *records;
    size_t n, ignored;
    CHECK_INT(fn_event_parse(doc, arena, &records, &n, &ignored, NULL), 0);
    CHECK_INT(n, 1);
    CHECK_INT(ignored, 1);
    return records[0];
}

static void an_event_is_read(void **state) {
    (void)state;
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    struct fn_record r = parse_one(&arena);
    CHECK_STR(r.key, S("uploads/a b@c.jpg"));
    CHECK_STR(r.version_id, S("v1"));
    CHECK_STR(str_c(r.sequencer), S("00000000000000"
                                    "0055AED6DCD90281E5"));
    CHECK(r.time_ms == 1795323419123);
    /* printf 'photos/uploads/a b@c.jpg' | sha256sum */
    CHECK_STR(str_c(r.image_id), S("27d6d7322505e7c4910d28d9b852d2b5"));
}

static void what_is_no_event_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "{}",
        "[]",
        "{\"Records\":[1]}",
        "{\"Records\":[{\"eventName\":\"ObjectCreated:Put\"}]}",
        "{\"Records\":[{\"eventName\":\"ObjectCreated:Put\",\"eventTime\":\"yesterday\",\"s3\":{\"bucket\":"
        "{\"name\":\"b\"},\"object\":{\"key\":\"k\",\"sequencer\":\"00\"}}}]}",
        "{\"Records\":[{\"eventName\":\"ObjectCreated:Put\",\"eventTime\":\"2026-11-22T04:56:59Z\",\"s3\":"
        "{\"bucket\":{\"name\":\"b\"},\"object\":{\"key\":\"k%2\",\"sequencer\":\"00\"}}}]}",
        "{\"Records\":[{\"eventName\":\"ObjectCreated:Put\",\"eventTime\":\"2026-11-22T04:56:59Z\",\"s3\":"
        "{\"bucket\":{\"name\":\"b\"},\"object\":{\"key\":\"k\",\"sequencer\":\"zz\"}}}]}"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        CLEANUP_DEINIT(arena) struct arena arena = {0};
        CLEANUP_JSON json_t *doc = json_parse(str_c(bad[i]), NULL);
        struct fn_record *records;
        size_t n, ignored;
        CHECK_CASE(fn_event_parse(doc, &arena, &records, &n, &ignored, NULL) == -EINVAL, bad[i]);
    }
}

static void names_of_pictures(void **state) {
    (void)state;
    CHECK(fn_is_image_name(S("a.jpg")) && fn_is_image_name(S("A.JPEG")) &&
          fn_is_image_name(S(".png")));
    CHECK(!(fn_is_image_name(S("jpg")) || fn_is_image_name(S("a.jpg.txt")) ||
            fn_is_image_name(S(""))));
}

static str item_text(const json_t *item, const char *name, const char *type) {
    return json_str(json_obj(item, name), type);
}

static void a_row_has_its_attributes(void **state) {
    (void)state;
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    struct fn_record record = parse_one(&arena);
    struct fn_image image = {.record = &record,
                             .size = 7,
                             .status = "processed",
                             .ms = 12.345,
                             .reply = {.format = S("jpeg"),
                                       .width = 40,
                                       .height = 30,
                                       .orientation = 6,
                                       .bit_depth = 8,
                                       .truncated = true,
                                       .has_phash = true,
                                       .phash = 255,
                                       .make = S("Canon"),
                                       .n = 1},
                             .n_stored = 1,
                             .stored = {{"id/seq/200.jpg"}}};
    image.reply.derivatives[0] = (struct imgjob_derivative){200, 20, 15, S("image/jpeg"), 99};
    CLEANUP_JSON json_t *item = fn_item_new(&image, "thumbs", 1795323420004);
    static const struct {
        const char *name, *type, *want;
    } cases[] = {{"BucketName", "S", "photos"},
                 {"ObjectKey", "S", "uploads/a b@c.jpg"},
                 {"FileSize", "N", "7"},
                 {"ContentType", "S", "application/octet-stream"},
                 {"UploadTimestamp", "N", "1795323419"},
                 {"UploadDate", "S", "2026-11-22T04:56:59.123Z"},
                 {"ProcessedAt", "S", "2026-11-22T04:57:00.004Z"},
                 {"Status", "S", "processed"},
                 {"UploadDay", "S", "2026-11-22"},
                 {"VersionId", "S", "v1"},
                 {"Width", "N", "40"},
                 {"PerceptualHash", "S", "00000000000000ff"},
                 {"DurationMs", "N", "12.34"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_STR(item_text(item, cases[i].name, cases[i].type), str_c(cases[i].want));
    CHECK(json_is_true(json_object_get(json_obj(item, "Truncated"), "BOOL")));
    CHECK(!json_object_get(item, "Reason"));
    CHECK(!json_object_get(item, "Latitude"));
    str keys[IMGJOB_MAX_DERIVATIVES];
    CHECK_INT(fn_item_derivatives(item, &arena, keys), 1);
    CHECK_STR(keys[0], S("id/seq/200.jpg"));
}

static void the_report_names_what_failed(void **state) {
    (void)state;
    struct fn_record record = {.bucket = S("photos"), .key = S("broken.jpg")};
    struct fn_image images[] = {
        {.record = &record, .status = "processed"},
        {.record = &record, .status = "rejected", .reason = "The file is empty"},
        {.record = &record}};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    fn_report_text(&text, images, 3, 1);
    CHECK_BUF(text, "Processed: 1\nNot processed: 1\nSkipped (already done, or gone): 1\n"
                    "rejected: photos/broken.jpg: The file is empty\n");
}

static void notification_of_others_stays(void **state) {
    (void)state;
    str current = S(
        "<?xml version=\"1.0\"?><NotificationConfiguration xmlns=\"x\">"
        "<QueueConfiguration><Id>theirs</Id><Queue>q</Queue></QueueConfiguration>"
        "<CloudFunctionConfiguration><Id>ours-old</Id><CloudFunction>f</CloudFunction></CloudFunctionConfiguration>"
        "</NotificationConfiguration>");
    CLEANUP_JSON json_t *properties = json_parse(
        S("{\"NotificationConfiguration\":{\"LambdaFunctionConfigurations\":[{\"Id\":\"n<1\",\"LambdaFunctionArn\":\"arn\","
          "\"Events\":[\"s3:ObjectCreated:*\"],\"Filter\":{\"Key\":{\"FilterRules\":[{\"Name\":\"suffix\",\"Value\":\".jpg\"}]}}}]}}"),
        NULL);
    CLEANUP_JSON json_t *drop = json_pack("[s]", "ours-old");
    CLEANUP_DEINIT(buf) struct buf out = {0};
    CHECK(fn_notification_merge(current, drop, properties, &out, NULL));
    CHECK_BUF(out, "<NotificationConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                   "<QueueConfiguration><Id>theirs</Id><Queue>q</Queue></QueueConfiguration>"
                   "<CloudFunctionConfiguration><Id>n&lt;1</Id><CloudFunction>arn</CloudFunction>"
                   "<Event>s3:ObjectCreated:*</Event><Filter><S3Key><FilterRule><Name>suffix</Name>"
                   "<Value>.jpg</Value></FilterRule></S3Key></Filter></CloudFunctionConfiguration>"
                   "</NotificationConfiguration>");
    CLEANUP_JSON json_t *bad = json_parse(
        S("{\"NotificationConfiguration\":{\"LambdaFunctionConfigurations\":[{\"Id\":\"x\"}]}}"),
        NULL);
    struct err why = {{0}};
    CHECK(!fn_notification_merge(current, drop, bad, &out, &why));
}

/* Shell scripts in the worker's place: every way it can end. */
static void the_worker_may_end_in_any_way(void **state) {
    (void)state;
    static const struct {
        const char *script;
        const char *why;
    } cases[] = {
        {"cat > /dev/null; kill -ABRT $$", "The picture needs more memory than the limit"},
        {"cat > /dev/null; kill -SYS $$", "The image worker was stopped by signal 31"},
        {"exit 3", "The image worker ended with code 3"},
        {"cat > /dev/null; echo hello", "The image worker's answer is not sound"},
        {"cat > /dev/null", "The image worker's answer is not sound"},
        {"exec sleep 60", "The picture took too long to decode"},
    };
    signal(SIGPIPE, SIG_IGN);
    CLEANUP_MEM char *image = mem_zalloc(1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char path[] = "/tmp/calotype-worker-XXXXXX";
        int fd = mkstemp(path);
        CHECK(fd >= 0);
        CHECK(dprintf(fd, "#!/bin/sh\nPATH=/usr/bin:/bin\n%s\n", cases[i].script) > 0);
        fchmod(fd, 0700);
        close(fd);
        struct fn_worker worker = {.path = path,
                                   .cpu_seconds = 5,
                                   .timeout_ms = i + 1 == ARRAY_LEN(cases) ? 50 : 60000};
        struct imgjob_request request = {.size = 1 << 20, .max_pixels = 1};
        CLEANUP_DEINIT(buf) struct buf out = {0};
        struct imgjob_reply reply;
        size_t bodies;
        struct err err = {{0}};
        int r =
            fn_worker_run(&worker, &request, str_n(image, 1 << 20), &out, &reply, &bodies, &err);
        unlink(path);
        CHECK_CASE(r == FN_WORKER_E_DIED, cases[i].script);
        CHECK_STR(str_c(err.text), str_c(cases[i].why));
    }
}

/* Without descriptors nothing is started, and nothing of ours is closed on the way out. */
static void the_worker_cannot_be_started(void **state) {
    (void)state;
    static const struct fn_worker worker = {.path = "/bin/true",
                                            .cpu_seconds = 5,
                                            .timeout_ms = 60000};
    static const struct imgjob_request request = {.size = 1, .max_pixels = 1};
    struct rlimit before, few;
    CHECK_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
    int lowest = dup(0);
    close(lowest);
    for (rlim_t left = 0; left < 4; left++) {
        CLEANUP_DEINIT(buf) struct buf out = {0};
        struct imgjob_reply reply;
        size_t bodies;
        struct err err = {{0}};
        few = (struct rlimit){(rlim_t)lowest + left, before.rlim_max};
        CHECK_INT(setrlimit(RLIMIT_NOFILE, &few), 0);
        int r = fn_worker_run(&worker, &request, S("i"), &out, &reply, &bodies, &err);
        CHECK_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
        CHECK_INT(r, -EMFILE);
        CHECK_HAS(err.text, "make a pipe");
        for (int fd = 0; fd < 3; fd++)
            CHECK(fcntl(fd, F_GETFD) != -1);
        CHECK_INT(fcntl(lowest, F_GETFD), -1); /* none is left open */
    }
    struct fn_worker none = worker;
    CLEANUP_DEINIT(buf) struct buf out = {0};
    struct imgjob_reply reply;
    size_t bodies;
    struct err err = {{0}};
    none.path = "/nowhere/worker";
    CHECK_INT(fn_worker_run(&none, &request, S("i"), &out, &reply, &bodies, &err), -ENOENT);
    CHECK_HAS(err.text, "start /nowhere/worker");
}

static void configuration_names_what_is_missing(void **state) {
    (void)state;
    struct fn_config c;
    struct err err = {{0}};
    unsetenv("METADATA_TABLE");
    CHECK_INT(fn_config_load(&c, &err), -EINVAL);
    CHECK_STR(str_c(err.text), S("the environment variable METADATA_TABLE is not set"));
    setenv("METADATA_TABLE", "t", 1);
    setenv("SNS_TOPIC_ARN", "a", 1);
    setenv("DERIVATIVES_BUCKET", "b", 1);
    setenv("ENVIRONMENT", "dev", 1);
    setenv("MAX_BYTES", "lots", 1);
    CHECK_INT(fn_config_load(&c, &err), -EINVAL);
    unsetenv("MAX_BYTES");
    CHECK_INT(fn_config_load(&c, &err), 0);
    CHECK(c.max_bytes == 100 << 20 && !c.keep_gps && c.memory_bytes == 512u << 20);
    CHECK(c.max_pixels == 64000000);
    CHECK_TEXT(c.table, "t");
    CHECK_TEXT(c.topic_arn, "a");
    CHECK_TEXT(c.derivatives_bucket, "b");
    CHECK_TEXT(c.environment, "dev");
    CHECK_TEXT(c.worker, "./calotype-image");
    setenv("MAX_PIXELS", "0", 1);
    CHECK_INT(fn_config_load(&c, &err), -EINVAL);
    CHECK_HAS(err.text, "MAX_PIXELS is \"0\", not a number above 0");
    setenv("MAX_PIXELS", "1", 1);
    setenv("KEEP_GPS", "true", 1);
    setenv("LAMBDA_TASK_ROOT", "/var/task", 1);
    setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024", 1);
    CHECK_INT(fn_config_load(&c, &err), 0);
    CHECK(c.max_pixels == 1 && c.keep_gps && c.memory_bytes == 1024u << 20);
    CHECK_TEXT(c.worker, "/var/task/calotype-image");
    setenv("KEEP_GPS", "1", 1);
    setenv("IMAGE_WORKER", "/w", 1);
    CHECK_INT(fn_config_load(&c, &err), 0);
    CHECK(!c.keep_gps);
    CHECK_TEXT(c.worker, "/w");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_event_is_read),
                                       cmocka_unit_test(what_is_no_event_is_refused),
                                       cmocka_unit_test(names_of_pictures),
                                       cmocka_unit_test(a_row_has_its_attributes),
                                       cmocka_unit_test(the_report_names_what_failed),
                                       cmocka_unit_test(notification_of_others_stays),
                                       cmocka_unit_test(the_worker_may_end_in_any_way),
                                       cmocka_unit_test(the_worker_cannot_be_started),
                                       cmocka_unit_test(configuration_names_what_is_missing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
