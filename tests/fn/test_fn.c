/* fn: events, rows, the report, the environment. */
#include "cm.h"

#include "fn/config.h"
#include "fn/event.h"
#include "fn/item.h"
#include "fn/notification.h"
#include "fn/report.h"

#include <errno.h>
#include <stdlib.h>

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

static str item_text(const json_t *item, const char *name, const char *type) {
    return json_str(json_obj(item, name), type);
}

static void a_row_has_its_attributes(void **state) {
    (void)state;
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    struct fn_record record = parse_one(&arena);
    struct fn_image image;
    fn_image_init(&image, &record);
    image.status = "processed";
    image.ms = 12.345;
    image.result.width = 40;
    image.result.phash = S("00000000000000ff");
    image.result.truncated = true;
    image.stored[1] = (struct fn_stored){"200", "id/seq/200.jpg", 20, 15, 99};
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

/* The table of fields, each as DynamoDB's type has it, and absent where it says nothing. */
static void every_field_has_its_attribute(void **state) {
    (void)state;
    static const char *const types[] = {[IMGJOB_KIND_TEXT] = "S",
                                        [IMGJOB_KIND_NUMBER] = "N",
                                        [IMGJOB_KIND_COUNT] = "N",
                                        [IMGJOB_KIND_FLAG] = "BOOL"};
    struct fn_record record = {.bucket = S("b"), .key = S("k")};
    struct fn_image full, empty;
    fn_image_init(&full, &record);
    fn_image_init(&empty, &record);
    struct imgjob_result *r = &full.result;
#define IMGJOB_SET_TEXT(member)        r->member = S("text");
#define IMGJOB_SET_NUMBER(member)      r->member = -0.5;
#define IMGJOB_SET_COUNT(member)       r->member = 7;
#define IMGJOB_SET_FLAG(member)        r->member = true;
#define FIELD(kind, member, attribute) IMGJOB_SET_##kind(member)
#include "imgjob/fields.def"
#undef FIELD
    full.status = empty.status = "processed";
    CLEANUP_JSON json_t *item = fn_item_new(&full, "thumbs", 0),
                        *none = fn_item_new(&empty, "t", 0);
    for (size_t i = 0; i < imgjob_n_fields; i++) {
        const struct imgjob_field *f = &imgjob_fields[i];
        json_t *value = json_object_get(json_obj(item, f->attribute), types[f->kind]);
        str text = json_text(value);
        bool right = f->kind == IMGJOB_KIND_TEXT     ? str_is(text, "text")
                     : f->kind == IMGJOB_KIND_NUMBER ? str_is(text, "-0.5")
                     : f->kind == IMGJOB_KIND_COUNT  ? str_is(text, "7")
                                                     : json_is_true(value);
        CHECK_CASE(right, f->attribute);
        CHECK_CASE(!json_object_get(none, f->attribute), f->attribute);
    }
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
    CHECK(c.max_pixels == 256000000 && !c.keep_profiles);
    CHECK_INT(c.wishes.n, 3);
    CHECK_TEXT(c.wishes.name[0], "1600");
    setenv("DERIVATIVES", "", 1);
    CHECK_INT(fn_config_load(&c, &err), 0);
    CHECK_INT(c.wishes.n, 3);
    setenv("DERIVATIVES", "800,no", 1);
    CHECK_INT(fn_config_load(&c, &err), -EINVAL);
    CHECK_HAS(err.text, "the environment variable DERIVATIVES: part 2, \"no\": the size is not");
    setenv("DERIVATIVES", "thumb=200:cover", 1);
    setenv("PROFILES", "drop", 1);
    CHECK_INT(fn_config_load(&c, &err), -EINVAL);
    CHECK_TEXT(err.text, "the environment variable PROFILES is \"drop\", not convert or keep");
    setenv("PROFILES", "keep", 1);
    CHECK_INT(fn_config_load(&c, &err), 0);
    CHECK(c.keep_profiles);
    CHECK_INT(c.wishes.n, 1);
    CHECK_TEXT(c.wishes.name[0], "thumb");
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
    CHECK_INT(fn_config_load(&c, &err), -EINVAL);
    CHECK_TEXT(err.text, "the environment variable KEEP_GPS is \"1\", not false or true");
    setenv("KEEP_GPS", "false", 1);
    setenv("IMAGE_WORKER", "/w", 1);
    CHECK_INT(fn_config_load(&c, &err), 0);
    CHECK(!c.keep_gps);
    CHECK_TEXT(c.worker, "/w");
}

/* ---- DERIVATIVES ---- */

static void derivatives_as_they_are_wished(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t n;
        struct imgjob_wish last;
        const char *name; /* of the last */
    } good[] = {
        {"1600,800,200", 3, {200, 200, IMGJOB_INSIDE, 80}, "200"},
        {"640x480", 1, {640, 480, IMGJOB_INSIDE, 80}, "640x480"},
        {"1, 2 ,thumb=16384x1:cover:1", 3, {16384, 1, IMGJOB_COVER, 1}, "thumb"},
        {"800:exact", 1, {800, 800, IMGJOB_EXACT, 80}, "800"},
        {"800:inside", 1, {800, 800, IMGJOB_INSIDE, 80}, "800"},
        {"800:100", 1, {800, 800, IMGJOB_INSIDE, 100}, "800"},
        {"A-z.0_9=800", 1, {800, 800, IMGJOB_INSIDE, 80}, "A-z.0_9"},
        {"1,2,3,4,5,6,7,8", 8, {8, 8, IMGJOB_INSIDE, 80}, "8"},
        {"x2345678901234567890123456789012=1",
         1,
         {1, 1, IMGJOB_INSIDE, 80},
         "x2345678901234567890123456789012"},
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct fn_wishes w;
        struct err err = {{0}};
        CHECK_CASE(fn_wishes_parse(&w, str_c(good[i].text), &err) == 0, good[i].text);
        CHECK_INT(w.n, good[i].n);
        CHECK_MEM(&w.wish[w.n - 1], &good[i].last, sizeof good[i].last);
        CHECK_TEXT(w.name[w.n - 1], good[i].name);
    }
    static const char size[] = "the size is not N or WxH with numbers from 1 to 16384",
                      name[] = "the name is not of 1 to 32 letters, digits, dots, hyphens and "
                               "underscores",
                      more[] = "behind the size there may be inside, cover or exact, and a quality "
                               "from 1 to 100";
    static const struct {
        const char *text, *part, *why;
    } bad[] = {
        {"", "part 1, \"\": ", size},
        {"1600,", "part 2, \"\": ", size},
        {"1600,,200", "part 2, \"\": ", size},
        {"0", "part 1, \"0\": ", size},
        {"16385", "part 1, \"16385\": ", size},
        {"800x", "part 1, \"800x\": ", size},
        {"x800", "part 1, \"x800\": ", size},
        {"800x600x2", "part 1, \"800x600x2\": ", size},
        {"-1", "part 1, \"-1\": ", size},
        {"big", "part 1, \"big\": ", size},
        {"a=", "part 1, \"a=\": ", size},
        {"=800", "part 1, \"=800\": ", name},
        {"a/b=800", "part 1, \"a/b=800\": ", name},
        {"a b=800", "part 1, \"a b=800\": ", name},
        {"x23456789012345678901234567890123=1", "part 1, ", name},
        {"800:", "part 1, \"800:\": ", more},
        {"800:0", "part 1, \"800:0\": ", more},
        {"800:101", "part 1, \"800:101\": ", more},
        {"800:cover:", "part 1, \"800:cover:\": ", more},
        {"800:Cover", "part 1, \"800:Cover\": ", more},
        {"800:70:cover", "part 1, ", "the fit is none of inside, cover and exact"},
        {"800,200,800:cover", "part 3, \"800:cover\": ", "the name is that of an earlier one"},
        {"1,2,3,4,5,6,7,8,9", "there are more than 8 derivatives", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct fn_wishes w = {.n = 77};
        struct err err = {{0}};
        CLEANUP_DEINIT(buf) struct buf want = {0};
        CHECK_CASE(fn_wishes_parse(&w, str_c(bad[i].text), &err) == -EINVAL, bad[i].text);
        CHECK_INT(w.n, 77);
        buf_printf(&want, "%s%s", bad[i].part, bad[i].why);
        CHECK_CASE(str_starts(str_c(err.text), str_c(bad[i].part)) &&
                       str_ends(str_c(err.text), str_c(bad[i].why)),
                   err.text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_event_is_read),
                                       cmocka_unit_test(what_is_no_event_is_refused),
                                       cmocka_unit_test(a_row_has_its_attributes),
                                       cmocka_unit_test(the_report_names_what_failed),
                                       cmocka_unit_test(notification_of_others_stays),
                                       cmocka_unit_test(every_field_has_its_attribute),
                                       cmocka_unit_test(derivatives_as_they_are_wished),
                                       cmocka_unit_test(configuration_names_what_is_missing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
