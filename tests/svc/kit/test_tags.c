/* kit/tags: tags stored as a map and as a list, and each limit. */
#include "fixture.h"

#include "svc/kit/tags.h"

static const struct aws_error many = {"TagLimitExceeded", 400, "too many", NULL};
static struct kit_tags kit; /* of this test's service */
static json_t *row;

static int TagResource(void *svc, struct rq *rq) {
    (void)svc;
    json_t *copy = json_deep_copy(row);
    int r = kit_tags_merge(rq, &kit, copy, json_arr(rq->in, "Tags"));
    if (r == 0) {
        json_decref(row);
        row = json_incref(copy);
    }
    json_decref(copy);
    return r;
}

static int UntagResource(void *svc, struct rq *rq) {
    (void)svc;
    kit_tags_remove(&kit, row, json_arr(rq->in, "TagKeys"));
    return 0;
}

static const struct aws_op ops[] = {
    {"TagResource", TagResource, "sns:TagResource", "*", 0, NULL},
    {"UntagResource", UntagResource, "sns:UntagResource", "*", 0, NULL}};
static const struct aws_service service = {.name = "sns", .api = &api_sns, .ops = ops, .n_ops = 2};

static int setup(void **state) {
    cloud_setup(state);
    cloud_add(*state, &service);
    row = json_object();
    kit = (struct kit_tags){
        .of = KIT_TAGS_SNS,
        .refuse = {
            [KIT_TAGS_RESERVED] = {&kit_test_error, "{key} is not yours, nor are {most} of them"},
            [KIT_TAGS_MANY] = {&many, NULL}}};
    return 0;
}

static int teardown(void **state) {
    json_decref(row);
    return cloud_teardown(state);
}

static void check_row(const char *want) {
    CLEANUP_DEINIT(buf) struct buf text = {0}, quoted = {0};
    json_write(&text, row);
    for (const char *p = want; *p; p++)
        buf_char(&quoted, *p == '\'' ? '"' : *p);
    CHECK_STR(buf_view(&text), buf_view(&quoted));
}

static const char *call(struct cloud *c, const char *op, const char *members) {
    char in[4096];
    snprintf(in, sizeof in, "{'ResourceArn':'arn:aws:sns:us-east-1:000000000000:t',%s}", members);
    return cloud_call_as(c, c->root, "sns", op, in);
}

static void test_a_map_is_stored(void **state) {
    struct cloud *c = *state;
    ok(call(c, "TagResource",
            "'Tags':[{'Key':'a','Value':'1'},{'Key':'b','Value':''},{'Key':'a','Value':'2'}]"));
    check_row("{'Tags':{'a':'2','b':''}}");
    ok(call(c, "TagResource", "'Tags':[{'Key':'A','Value':'3'},{'Key':'b','Value':'4'}]"));
    check_row("{'Tags':{'a':'2','b':'4','A':'3'}}");
    ok(call(c, "UntagResource", "'TagKeys':['a','none']"));
    check_row("{'Tags':{'b':'4','A':'3'}}");
}

static void test_a_list_is_stored(void **state) {
    struct cloud *c = *state;
    kit = (struct kit_tags){.of = KIT_TAGS_IAM,
                            .refuse = {[KIT_TAGS_TWICE] = {&kit_test_error, NULL}}};
    fails(call(c, "TagResource", "'Tags':[{'Key':'a','Value':'1'},{'Key':'A','Value':'2'}]"),
          "InvalidParameter");
    check_row("{}");
    ok(call(c, "TagResource", "'Tags':[{'Key':'a','Value':'1'},{'Key':'b','Value':'2'}]"));
    ok(call(c, "TagResource",
            "'Tags':[{'Key':'A','Value':'3'}]")); /* IAM: one key, whatever its case */
    check_row("{'Tags':[{'Key':'A','Value':'3'},{'Key':'b','Value':'2'}]}");
    ok(call(c, "UntagResource", "'TagKeys':['B']"));
    check_row("{'Tags':[{'Key':'A','Value':'3'}]}");
}

static void test_refusals(void **state) {
    struct cloud *c = *state;
    fails(call(c, "TagResource", "'Tags':[{'Key':'AWS:x','Value':'1'}]"), "InvalidParameter");
    message("AWS:x is not yours, nor are 50 of them");
    char tags[8192] = "'Tags':[{'Key':'k','Value':''}";
    for (int i = 0; i < 49; i++)
        snprintf(tags + strlen(tags), 64, ",{'Key':'k%d','Value':''}", i);
    strcat(tags, "]");
    ok(call(c, "TagResource", tags));
    ok(call(c, "TagResource", tags)); /* the same again are no more */
    fails(call(c, "TagResource", "'Tags':[{'Key':'one more','Value':''}]"), "TagLimitExceeded");
    message("too many");
    CHECK_INT(json_object_size(json_obj(row, "Tags")), 50);
}

static void test_faults(void **state) {
    (void)state;
    static const struct {
        const char *tags;
        enum kit_tags_of of;
        enum kit_tags_fault want;
    } cases[] = {
        {"[{\"Key\":\"a\",\"Value\":\"1\"}]", KIT_TAGS_S3_OBJECT, KIT_TAGS_OK},
        {"{\"a\":\"1\"}", KIT_TAGS_S3_OBJECT, KIT_TAGS_OK},
        {"[{\"Value\":\"1\"}]", KIT_TAGS_SNS, KIT_TAGS_KEY},
        {"{\"\":\"1\"}", KIT_TAGS_SQS, KIT_TAGS_KEY},
        {"{\"a!\":\"1\"}", KIT_TAGS_S3_OBJECT, KIT_TAGS_KEY},
        {"{\"a!\":\"1\"}", KIT_TAGS_SQS, KIT_TAGS_OK},
        {"{\"a\":\"1!\"}", KIT_TAGS_S3_BUCKET, KIT_TAGS_VALUE},
        {"{\"\xc3\xa4 +-=._:/@\":\"\xc3\xa4\"}", KIT_TAGS_S3_BUCKET, KIT_TAGS_OK},
        /* a camera, and an accent on its own; a full-width digit and an ideographic space */
        {"{\"\xf0\x9f\x93\xb7\":\"1\"}", KIT_TAGS_LAMBDA, KIT_TAGS_KEY},
        {"{\"a\":\"\xf0\x9f\x93\xb7\"}", KIT_TAGS_DYNAMODB, KIT_TAGS_VALUE},
        {"{\"a\":\"e\xcc\x81\"}", KIT_TAGS_S3_OBJECT, KIT_TAGS_VALUE},
        {"{\"a\":\"\xef\xbc\x91\xe3\x80\x80\xe6\x97\xa5\"}", KIT_TAGS_DYNAMODB, KIT_TAGS_OK},
        {"{\"a\":\"\xf0\x9f\x93\xb7\"}", KIT_TAGS_SQS, KIT_TAGS_OK},
        {"{\"aWs:a\":\"1\"}", KIT_TAGS_S3_BUCKET, KIT_TAGS_RESERVED},
        {"[{\"Key\":\"a\",\"Value\":\"1\"},{\"Key\":\"a\",\"Value\":\"1\"}]", KIT_TAGS_S3_BUCKET,
         KIT_TAGS_TWICE},
        {"[{\"Key\":\"a\",\"Value\":\"1\"},{\"Key\":\"A\",\"Value\":\"1\"}]", KIT_TAGS_S3_BUCKET,
         KIT_TAGS_OK},
        {"[{\"Key\":\"a\",\"Value\":\"1\"},{\"Key\":\"A\",\"Value\":\"1\"}]", KIT_TAGS_IAM,
         KIT_TAGS_TWICE},
        {"{\"1\":\"\",\"2\":\"\",\"3\":\"\",\"4\":\"\",\"5\":\"\",\"6\":\"\",\"7\":\"\",\"8\":\"\",\"9\":\"\",\"10\":\"\",\"11\":\"\"}",
         KIT_TAGS_S3_OBJECT, KIT_TAGS_MANY},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_JSON json_t *tags = json_parse(str_c(cases[i].tags), NULL);
        CHECK(tags);
        CHECK_CASE(kit_tags_fault(cases[i].of, tags, NULL) == cases[i].want, cases[i].tags);
    }
}

static enum kit_tags_fault fault_of(enum kit_tags_of of, size_t key_characters,
                                    size_t value_characters) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    CLEANUP_JSON json_t *tags = json_object();
    while (key_characters--)
        buf_c(&key, "\xc3\xa4");
    while (value_characters--)
        buf_c(&value, "\xc3\xa4");
    json_set_str(tags, buf_cstr(&key), buf_view(&value));
    return kit_tags_fault(of, tags, NULL);
}

static enum kit_tags_fault fault_of_many(enum kit_tags_of of, int n) {
    CLEANUP_JSON json_t *tags = json_object();
    for (int i = 0; i < n; i++) {
        char key[8];
        snprintf(key, sizeof key, "k%d", i);
        json_set_str(tags, key, S("v"));
    }
    return kit_tags_fault(of, tags, NULL);
}

/* Of each service. Characters count, not bytes. */
static void test_bounds(void **state) {
    (void)state;
    for (enum kit_tags_of of = 0; of < KIT_N_TAGS; of++) {
        int most = of == KIT_TAGS_S3_OBJECT ? 10 : 50;
        CHECK_INT(fault_of(of, 128, 256), KIT_TAGS_OK);
        CHECK_INT(fault_of(of, 129, 256), KIT_TAGS_KEY);
        CHECK_INT(fault_of(of, 128, 257), KIT_TAGS_VALUE);
        CHECK_INT(fault_of_many(of, most), KIT_TAGS_OK);
        CHECK_INT(fault_of_many(of, most + 1), KIT_TAGS_MANY);
    }
}

static void test_shapes(void **state) {
    (void)state;
    CLEANUP_JSON json_t *map = json_pack("{s:s,s:s}", "a", "1", "b", "2");
    CLEANUP_JSON json_t *list = kit_tags_list(map), *again = kit_tags_map(list),
                        *none = kit_tags_list(NULL);
    CLEANUP_JSON json_t *after = json_pack("[{s:s,s:s}]", "Key", "b", "Value", "9");
    CLEANUP_JSON json_t *gone = kit_tags_gone(list, after), *all = kit_tags_gone(map, NULL);
    CHECK(json_equal(map, again));
    CHECK_INT(json_array_size(list), 2);
    CHECK_STR(json_str(json_array_get(list, 1), "Value"), S("2"));
    CHECK_INT(json_array_size(none), 0);
    CHECK_INT(json_array_size(gone), 1);
    CHECK_STR(json_text(json_array_get(gone, 0)), S("a"));
    CHECK_INT(json_array_size(all), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_map_is_stored, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_list_is_stored, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
