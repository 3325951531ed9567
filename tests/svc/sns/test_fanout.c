/*
 * A fan-out that one batch does not hold: what Publish's own commit takes, and the rest, which a due
 * row brings to its end over kills, a full disk, and subscriptions that come and go. The hub has no
 * threads here: each step of the rest is made by the test.
 */
#include "lib/tmp.h"
#include "svc/answers.h"

#include "hub/event.h"
#include "hub/hub_priv.h"
#include "store/fault.h"
#include "svc/sns/sns_priv.h"

#include <errno.h>

#define TOPIC "arn:aws:sns:us-east-1:" ACCOUNT ":t"
CLOUD_PLUG(sns);

enum { BODY = 200000, MOST = 64 };

static const char *sns_call(struct cloud *c, const char *op, const char *in) {
    return cloud_call_as(c, c->root, "sns", op, in);
}

static int setup(void **state) {
    cloud_setup(state);
    struct cloud *c = *state;
    cloud_plug(c, &plug_sns);
    ok(sns_call(c, "CreateTopic", "{'Name':'t'}"));
    return 0;
}

static struct sns_svc *svc_of(struct cloud *c) { return c->plugged[0].svc; }

/* Queues from to to - 1; their subscriptions' ARNs go to arns, where it is given. */
static void subscribe(struct cloud *c, size_t from, size_t to, char arns[MOST][128]) {
    for (size_t i = from; i < to; i++) {
        CLEANUP_DEINIT(buf) struct buf in = {0};
        buf_printf(&in,
                   "{'TopicArn':'" TOPIC
                   "','Protocol':'sqs','Endpoint':'arn:aws:sqs:us-east-1:" ACCOUNT
                   ":q%02zu','Attributes':{'RawMessageDelivery':'true'}}",
                   i);
        ok(sns_call(c, "Subscribe", buf_cstr(&in)));
        if (arns)
            snprintf(arns[i], 128, STR_FMT, STR_ARG(text_at(c, "SubscriptionArn")));
    }
}

static void publish(struct cloud *c) {
    CLEANUP_DEINIT(buf) struct buf body = many(BODY, 'b'), in = {0};
    buf_printf(&in,
               "{'TopicArn':'" TOPIC "','Message':'{`default`:`d`,`sqs`:`%s`}',"
               "'MessageStructure':'json','MessageAttributes':{'a':{'DataType':'String',"
               "'StringValue':'v'}}}",
               buf_cstr(&body));
    ok(sns_call(c, "Publish", buf_cstr(&in)));
}

/* How many events wait for each queue; each must hold the message. Returns how many in all. */
static size_t events(struct cloud *c, size_t count[MOST]) {
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    size_t n = 0;
    memset(count, 0, MOST * sizeof *count);
    key_begin(&prefix, "due");
    key_str(&prefix, S(HUB_OUTBOX));
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(c->store, NULL, STORE_QUEUE, buf_view(&prefix));
    for (; store_iter_next(it); n++) {
        struct hub_due_item item;
        struct hub_event event;
        int64_t queue = -1;
        CHECK(hub_due_decode(it->value, &item) && hub_event_decode(item.payload, &event));
        CHECK_INT(event.payload.len, BODY);
        CHECK_STR(event.attributes, S("{\"a\":{\"DataType\":\"String\",\"StringValue\":\"v\"}}"));
        CHECK(str_to_i64(str_skip(event.target, event.target.len - 2), &queue));
        count[queue]++;
    }
    return n;
}

static size_t rows_of(struct cloud *c, const char *kind) {
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    size_t n = 0;
    key_begin(&prefix, kind);
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(c->store, NULL, STORE_QUEUE, buf_view(&prefix));
    while (store_iter_next(it))
        n++;
    return n;
}

/* The id of the one fan-out that is under way; 0: there is none, and no message is kept. */
static uint64_t fanout(struct cloud *c) {
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    uint64_t id = 0;
    key_begin(&prefix, "due");
    key_str(&prefix, S("fanout"));
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(c->store, NULL, STORE_QUEUE, buf_view(&prefix));
    while (store_iter_next(it)) {
        CHECK_INT(id, 0);
        struct cur key = cur_of(str_skip(it->key, prefix.len));
        id = key_take_u64(&key);
    }
    CHECK_INT(rows_of(c, "sns-message"), id != 0);
    CHECK_INT(rows_of(c, "damaged"), 0);
    return id;
}

static int step(struct cloud *c) {
    const uint64_t id = fanout(c);
    return hub_due_run(svc_of(c)->fanouts, &id, 1);
}

static void work(struct cloud *c) {
    CHECK_INT(hub_due_work(svc_of(c)->fanouts), INT64_MAX);
    CHECK_INT(fanout(c), 0);
}

/* As many as make the batch full are Publish's own; the commit after them is for one more. */
static void the_bound(void **state) {
    struct cloud *c = *state;
    size_t count[MOST];
    subscribe(c, 0, 3, NULL); /* 3 × 200 KB: 512 KiB are full with the third */
    publish(c);
    CHECK_INT(events(c, count), 3);
    CHECK_INT(fanout(c), 0);
    subscribe(c, 3, 4, NULL);
    publish(c);
    CHECK_INT(events(c, count), 6);
    CHECK(fanout(c) != 0);
    work(c);
    CHECK_INT(events(c, count), 7);
    CHECK_INT(count[0] + count[1] + count[2] + count[3], 7);
    CHECK_INT(count[3], 1);
}

/* Each commit fails once, and the daemon ends there; each that holds is the last before an end. */
static void kills(void **state) {
    struct cloud *c = *state;
    size_t count[MOST], steps = 0;
    subscribe(c, 0, 16, NULL);
    publish(c);
    CHECK_INT(events(c, count), 3);
    for (size_t before = 3; fanout(c); steps++) {
        CHECK_INT(store_fault_set("fail-commit", NULL), 0);
        CHECK(step(c) != 0);
        CHECK_INT(store_fault_set(NULL, NULL), 0);
        cloud_stop(c);
        cloud_start(c);
        CHECK_INT(events(c, count), before);
        CHECK_INT(step(c), 0);
        cloud_stop(c);
        cloud_start(c);
        size_t now = events(c, count);
        CHECK(now > before && now <= before + 3);
        before = now;
    }
    CHECK_INT(steps, 5);
    CHECK_INT(events(c, count), 16);
    for (size_t i = 0; i < 16; i++)
        CHECK_INT(count[i], 1);
}

/* Those who went get nothing more; those who came later get nothing of this message. */
static void come_and_go(void **state) {
    struct cloud *c = *state;
    char arns[MOST][128];
    size_t count[MOST];
    bool served[MOST];
    subscribe(c, 0, 16, arns);
    publish(c);
    CHECK_INT(step(c), 0);
    CHECK_INT(events(c, count), 6);
    for (size_t i = 0; i < 16; i++)
        served[i] = count[i] == 1;
    for (size_t i = 0; i < 16; i += 2) {
        CLEANUP_DEINIT(buf) struct buf in = {0};
        buf_printf(&in, "{'SubscriptionArn':'%s'}", arns[i]);
        ok(sns_call(c, "Unsubscribe", buf_cstr(&in)));
    }
    subscribe(c, 16, 32, NULL);
    work(c);
    events(c, count);
    for (size_t i = 0; i < 32; i++)
        CHECK_INT(count[i], i < 16 && (i % 2 || served[i]));
}

static void the_topic_goes(void **state) {
    struct cloud *c = *state;
    size_t count[MOST];
    subscribe(c, 0, 8, NULL);
    publish(c);
    ok(sns_call(c, "DeleteTopic", "{'TopicArn':'" TOPIC "'}"));
    ok(sns_call(c, "CreateTopic", "{'Name':'t'}"));
    subscribe(c, 8, 16, NULL);
    work(c);
    CHECK_INT(events(c, count), 3);
}

/* The rest multiplies what is stored: it waits while the reserve of free space is touched. */
static void no_room(void **state) {
    struct cloud *c = *state;
    size_t count[MOST];
    subscribe(c, 0, 8, NULL);
    publish(c);
    CHECK_INT(store_fault_set("no-room", NULL), 0);
    CHECK(hub_due_work(svc_of(c)->fanouts) != INT64_MAX);
    CHECK_INT(events(c, count), 3);
    CHECK(fanout(c) != 0);
    CHECK_INT(store_fault_set(NULL, NULL), 0);
    clock_set_offset_ms(60000);
    work(c);
    CHECK_INT(events(c, count), 8);
}

/* A subscription whose row cannot be read stops the rest; nobody gets the message twice meanwhile. */
static void a_damaged_row(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf key = {0}, good = {0};
    size_t count[MOST];
    struct sns_walk walk;
    subscribe(c, 0, 8, NULL);
    publish(c);
    sns_walk_init(&walk, c->store, NULL,
                  &(struct sns_arn){S("us-east-1"), S(ACCOUNT), S("t"), STR_NONE}, STR_NONE);
    for (int i = 0; i < 5; i++) /* the first three have it */
        CHECK_INT(sns_walk_next(&walk), 1);
    buf_str(&key, walk.it->key);
    CHECK_INT(store_get(c->store, NULL, STORE_META, buf_view(&key), &good), 0);
    sns_walk_deinit(&walk);
    CHECK_INT(put_row(c->store, STORE_META, buf_view(&key), S("{")), 0);
    for (int i = 1; i <= 3; i++) {
        clock_set_offset_ms(i * 60000);
        CHECK(hub_due_work(svc_of(c)->fanouts) != INT64_MAX);
        CHECK_INT(events(c, count), 4);
    }
    CHECK_INT(put_row(c->store, STORE_META, buf_view(&key), buf_view(&good)), 0);
    clock_set_offset_ms(600000);
    work(c);
    CHECK_INT(events(c, count), 8);
}

/* Nobody walks on the spot at a row that does not verify. */
static void a_row_that_does_not_verify(void **state) {
    struct cloud *c = *state;
    static char arns[MOST][128];
    struct sns_walk walk;
    struct sns_arn topic = {S("us-east-1"), S(ACCOUNT), S("t"), STR_NONE};
    subscribe(c, 0, 18, arns);
    sns_walk_init(&walk, c->store, NULL, &topic, STR_NONE);
    for (int i = 0; i < 18; i++)
        CHECK_INT(sns_walk_next(&walk), 1);
    CHECK_INT(json_array_size(walk.row.parts), 0);
    CHECK_STR(json_str(walk.row.doc, "Protocol"), S("sqs"));
    damage_row(c->store, STORE_META, walk.it->key);
    CHECK_INT(sns_walk_next(&walk), 0);
    sns_walk_deinit(&walk);
    sns_walk_init(&walk, c->store, NULL, &topic, STR_NONE);
    for (int i = 0; i < 17; i++)
        CHECK_INT(sns_walk_next(&walk), 1);
    for (int i = 0; i < 2; i++)
        CHECK_INT(sns_walk_next(&walk), -EBADMSG);
    sns_walk_deinit(&walk);
    sns_call(c, "GetTopicAttributes", "{'TopicArn':'" TOPIC "'}");
    CHECK_INT(c->call.status, 500);
}

/* What another service publishes comes in by the hub, whose own batch is bounded in the same way. */
static void of_another_service(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf body = many(BODY, 'b');
    size_t count[MOST];
    subscribe(c, 0, 16, NULL);
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    hub_deliver(c->hub, batch,
                &(struct hub_event){.target = S(TOPIC),
                                    .source_service = S("lambda.amazonaws.com"),
                                    .source_account = S(ACCOUNT),
                                    .payload = buf_view(&body),
                                    .attributes = S("{\"a\":{\"DataType\":\"String\","
                                                    "\"StringValue\":\"v\"}}"),
                                    .account = S(ACCOUNT),
                                    .region = S("us-east-1")});
    CHECK_INT(store_commit(c->store, batch, NULL), 0);
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    key_begin(&prefix, "due");
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(c->store, NULL, STORE_QUEUE, buf_view(&prefix));
    CHECK(store_iter_next(it));
    struct cur key = cur_of(str_skip(it->key, it->key.len - 8));
    const uint64_t id = key_take_u64(&key);
    CHECK_INT(hub_due_run(c->hub->outbox, &id, 1), 0);
    CHECK_INT(events(c, count), 3);
    work(c);
    CHECK_INT(events(c, count), 16);
}

static int teardown(void **state) {
    store_fault_set(NULL, NULL);
    return cloud_teardown(state);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        T(the_bound),
        T(kills),
        T(come_and_go),
        T(the_topic_goes),
        T(no_room),
        T(a_damaged_row),
        T(a_row_that_does_not_verify),
        T(of_another_service),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
