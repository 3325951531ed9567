/* Queues' rows: two writers of one row, what is refused, what is kept. */
#include "lib/race.h"

#include "svc/sqs/sqs.h"

CLOUD_PLUG(sqs);

static int setup(void **state) {
    cloud_setup(state);
    cloud_plug(*state, &plug_sqs);
    return 0;
}

/* ---- Two writers ---- */

#define URL "http://localhost/" ACCOUNT "/jobs"
enum { WRITERS = 8, ROUNDS = 20 };

/* All at the same moment, each its own change of the one row; takes the documents. */
static void write_together(struct cloud *c, struct racer writers[WRITERS]) {
    race(c, writers, WRITERS);
    for (size_t i = 0; i < WRITERS; i++)
        CHECK_TEXT(writers[i].code, "");
}

/*
 * A row that takes its time to be parsed: where two reads of it differ, another's commit lies
 * between.
 */
static void create_with_long_policy(struct cloud *c) {
    CLEANUP_DEINIT(buf) struct buf policy = {0};
    CLEANUP_JSON json_t *in = json_pack("{s:s,s:{}}", "QueueName", "jobs", "Attributes");
    buf_c(&policy, "{\"Version\":\"2012-10-17\",\"Statement\":[");
    for (int i = 0; i < 120; i++)
        buf_printf(
            &policy,
            "%s{\"Sid\":\"s%d\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"%s\"},\"Action\":\"sqs:SendMessage\","
            "\"Resource\":\"*\"}",
            i ? "," : "", i, ACCOUNT);
    buf_c(&policy, "]}");
    json_set_str(json_obj(in, "Attributes"), "Policy", buf_view(&policy));
    CLEANUP_DEINIT(answer)
    struct answer a = cloud_answer(c, c->root, "sqs", "CreateQueue", json_incref(in), STR_NONE);
    CHECK_INT(a.status, 200);
}

static const char *call(struct cloud *c, const char *op, const char *in) {
    return cloud_call_as(c, c->root, "sqs", op, in);
}

static void test_tags_of_many_writers_all_stay(void **state) {
    struct cloud *c = *state;
    create_with_long_policy(c);
    for (int round = 0; round < ROUNDS; round++) {
        struct racer writers[WRITERS] = {0};
        bool untag = round % 2;
        for (int i = 0; i < WRITERS; i++) {
            char key[16];
            snprintf(key, sizeof key, "key%d", i);
            writers[i].service = "sqs";
            writers[i].op = untag ? "UntagQueue" : "TagQueue";
            writers[i].in = untag ? json_pack("{s:s,s:[s]}", "QueueUrl", URL, "TagKeys", key)
                                  : json_pack("{s:s,s:{s:s}}", "QueueUrl", URL, "Tags", key, "v");
        }
        write_together(c, writers);
        ok(call(c, "ListQueueTags", "{'QueueUrl':'" URL "'}"));
        CHECK_INT(json_object_size(json_obj(c->call.out, "Tags")), untag ? 0 : WRITERS);
    }
}

static void test_attributes_of_many_writers_all_stay(void **state) {
    static const char *const names[] = {"DelaySeconds", "MaximumMessageSize",
                                        "MessageRetentionPeriod", "VisibilityTimeout",
                                        "ReceiveMessageWaitTimeSeconds"};
    struct cloud *c = *state;
    create_with_long_policy(c);
    for (int round = 0; round < ROUNDS; round++) {
        struct racer writers[WRITERS] = {0};
        char value[16], key[16];
        int now = round % 20; /* within every one's bounds */
        for (int i = 0; i < WRITERS; i++) {
            bool is_tag = i >= (int)ARRAY_LEN(names);
            snprintf(key, sizeof key, "key%d", i);
            snprintf(value, sizeof value, "%d", i == 1 ? 1024 + now : i == 2 ? 60 + now : now);
            writers[i].service = "sqs";
            writers[i].op = is_tag ? "TagQueue" : "SetQueueAttributes";
            writers[i].in =
                json_pack("{s:s,s:{s:s}}", "QueueUrl", URL, is_tag ? "Tags" : "Attributes",
                          is_tag ? key : names[i], value);
        }
        write_together(c, writers);
        ok(call(c, "GetQueueAttributes", "{'QueueUrl':'" URL "','AttributeNames':['All']}"));
        const json_t *got = json_obj(c->call.out, "Attributes");
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
            int64_t number = -1;
            str_to_i64(json_str(got, names[i]), &number);
            CHECK_CASE(number == now + (i == 1 ? 1024 : i == 2 ? 60 : 0), names[i]);
        }
        ok(call(c, "ListQueueTags", "{'QueueUrl':'" URL "'}"));
        for (int i = (int)ARRAY_LEN(names); i < WRITERS; i++) {
            snprintf(key, sizeof key, "key%d", i);
            snprintf(value, sizeof value, "%d", now);
            CHECK_STR(json_str(json_obj(c->call.out, "Tags"), key), str_c(value));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tags_of_many_writers_all_stay, setup, cloud_teardown),
        cmocka_unit_test_setup_teardown(test_attributes_of_many_writers_all_stay, setup,
                                        cloud_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
