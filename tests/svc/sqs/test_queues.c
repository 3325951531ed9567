/* Queues' rows: two writers of one row, what is refused, what is kept. */
#include "svc/cloud.h"

#include "svc/sqs/sqs.h"

#include <pthread.h>

struct sqs_cloud {
    struct cloud cloud;
    struct sqs_svc *sqs;
    struct aws_service service;
};

static int setup(void **state) {
    struct err err = {{0}};
    cloud_setup(state);
    struct sqs_cloud *s = mem_new(struct sqs_cloud);
    s->cloud = *(struct cloud *)*state;
    free(*state);
    CHECK_INT(sqs_open(&s->sqs, s->cloud.store, s->cloud.hub, &err), 0);
    s->service = sqs_service(s->sqs);
    cloud_add(&s->cloud, &s->service);
    *state = s;
    return 0;
}

static int teardown(void **state) {
    struct sqs_cloud *s = *state;
    struct sqs_svc *sqs = s->sqs;
    hub_stop(s->cloud.hub);
    cloud_teardown(state); /* the struct is the cloud's first member */
    sqs_close(sqs);
    return 0;
}

/* ---- Two writers ---- */

#define URL "http://localhost/" ACCOUNT "/jobs"
enum { WRITERS = 8, ROUNDS = 20 };

struct writer {
    struct cloud *cloud;
    pthread_barrier_t *start;
    const char *op;
    json_t *in;
    pthread_t thread;
    bool failed;
};

static void *write_once(void *writer_) {
    struct writer *w = writer_;
    struct aws_call call = {.cloud = w->cloud->cloud,
                            .caller = w->cloud->root,
                            .account = S(ACCOUNT),
                            .region = S("us-east-1"),
                            .service = "sqs",
                            .op = w->op,
                            .in = w->in};
    pthread_barrier_wait(w->start);
    w->failed = aws_call(&call) != 0;
    aws_call_deinit(&call);
    return NULL;
}

/* All at the same moment, each its own change of the one row; takes the documents. */
static void write_together(struct cloud *c, struct writer writers[WRITERS]) {
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, WRITERS);
    for (size_t i = 0; i < WRITERS; i++) {
        writers[i].cloud = c;
        writers[i].start = &start;
        CHECK_INT(pthread_create(&writers[i].thread, NULL, write_once, &writers[i]), 0);
    }
    for (size_t i = 0; i < WRITERS; i++) {
        pthread_join(writers[i].thread, NULL);
        CHECK(!writers[i].failed);
        json_decref(writers[i].in);
    }
    pthread_barrier_destroy(&start);
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
    aws_call_deinit(&c->call);
    c->call = (struct aws_call){.cloud = c->cloud,
                                .caller = c->root,
                                .account = S(ACCOUNT),
                                .region = S("us-east-1"),
                                .service = "sqs",
                                .op = "CreateQueue",
                                .in = in};
    CHECK_INT(aws_call(&c->call), 0);
}

static const char *call(struct cloud *c, const char *op, const char *in) {
    return cloud_call_as(c, c->root, "sqs", op, in);
}

static void test_tags_of_many_writers_all_stay(void **state) {
    struct cloud *c = *state;
    create_with_long_policy(c);
    for (int round = 0; round < ROUNDS; round++) {
        struct writer writers[WRITERS] = {0};
        bool untag = round % 2;
        for (int i = 0; i < WRITERS; i++) {
            char key[16];
            snprintf(key, sizeof key, "key%d", i);
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
        struct writer writers[WRITERS] = {0};
        char value[16], key[16];
        int now = round % 20; /* within every one's bounds */
        for (int i = 0; i < WRITERS; i++) {
            bool is_tag = i >= (int)ARRAY_LEN(names);
            snprintf(key, sizeof key, "key%d", i);
            snprintf(value, sizeof value, "%d", i == 1 ? 1024 + now : i == 2 ? 60 + now : now);
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
        cmocka_unit_test_setup_teardown(test_tags_of_many_writers_all_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(test_attributes_of_many_writers_all_stay, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
