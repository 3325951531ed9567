/* Writers against whoever deletes the group, the stream or the retention. */
#include "fixture.h"
#include "lib/race.h"
#include "svc/logs/logs_priv.h"

enum { WRITERS = 4, ROUNDS = 30, OLD_EVENTS = 12000 };

static json_t *in(const char *text) { return cloud_doc(text); }

static struct racer put_events(void) {
    char text[160];
    snprintf(
        text, sizeof text,
        "{'logGroupName':'g','logStreamName':'s','logEvents':[{'timestamp':%lld,'message':'late'}]}",
        (long long)base_ms);
    return (struct racer){.service = "logs", .op = "PutLogEvents", .in = in(text)};
}

static size_t count(struct cloud *c, const char *member) {
    return json_array_size(json_arr(c->call.out, member));
}

/* An event that was taken is in the stream, or went with it. */
static void events_go_with_their_stream(void **state) {
    struct cloud *c = *state;
    ok(logs_call(c, "CreateLogGroup", "{'logGroupName':'g'}"));
    for (int round = 0; round < ROUNDS; round++) {
        ok(logs_call(c, "CreateLogStream", "{'logGroupName':'g','logStreamName':'s'}"));
        struct racer racers[WRITERS + 1];
        racers[0] = (struct racer){.service = "logs",
                                   .op = "DeleteLogStream",
                                   .in = in("{'logGroupName':'g','logStreamName':'s'}")};
        for (int i = 1; i <= WRITERS; i++)
            racers[i] = put_events();
        race(c, racers, ARRAY_LEN(racers));
        for (int i = 1; i <= WRITERS; i++)
            CHECK(!racers[i].code[0] || strcmp(racers[i].code, "ResourceNotFoundException") == 0);
        CHECK_TEXT(racers[0].code, "");
        ok(logs_call(c, "FilterLogEvents", "{'logGroupName':'g'}"));
        CHECK_INT(count(c, "events"), 0);
    }
}

/* A deletion commits in between, by itself: when the group changes meanwhile, it begins anew. */
static void streams_go_while_their_group_changes(void **state) {
    struct cloud *c = *state;
    ok(logs_call(c, "CreateLogGroup", "{'logGroupName':'g'}"));
    for (int round = 0; round < ROUNDS; round++) {
        char tags[64];
        snprintf(tags, sizeof tags, "{'logGroupName':'g','tags':{'k':'%d'}}", round);
        ok(logs_call(c, "CreateLogStream", "{'logGroupName':'g','logStreamName':'s'}"));
        struct racer racers[] = {
            {.service = "logs", .op = "TagLogGroup", .in = in(tags)},
            {.service = "logs",
             .op = "DeleteLogStream",
             .in = in("{'logGroupName':'g','logStreamName':'s'}")},
            {.service = "logs",
             .op = "PutRetentionPolicy",
             .in = in("{'logGroupName':'g','retentionInDays':1}")},
        };
        race(c, racers, ARRAY_LEN(racers));
        for (size_t i = 0; i < ARRAY_LEN(racers); i++)
            CHECK_TEXT(racers[i].code, "");
        ok(logs_call(c, "DescribeLogGroups", "{}"));
        CHECK_INT(
            json_int(json_array_get(json_arr(c->call.out, "logGroups"), 0), "retentionInDays", 0),
            1);
        ok(logs_call(c, "ListTagsLogGroup", "{'logGroupName':'g'}"));
        CHECK_INT(atoi(json_str(json_obj(c->call.out, "tags"), "k").p), round);
        ok(logs_call(c, "DeleteRetentionPolicy", "{'logGroupName':'g'}"));
    }
}

static void *put_line(void *ctx) {
    struct cloud *c = ctx;
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct hub_log line = {S(ACCOUNT), S("us-east-1"), S("g"), S("line"),
                           base_ms,    S("text"),      false};
    hub_put_log(c->hub, batch, &line, 1);
    CHECK_INT(store_commit(c->store, batch, NULL), 0);
    return NULL;
}

/* A stream is in a group, or it is not: also one that a function's first line makes. */
static void streams_go_with_their_group(void **state) {
    struct cloud *c = *state;
    for (int round = 0; round < ROUNDS; round++) {
        ok(logs_call(c, "CreateLogGroup", "{'logGroupName':'g'}"));
        pthread_t line;
        struct racer racers[] = {
            {.service = "logs", .op = "DeleteLogGroup", .in = in("{'logGroupName':'g'}")},
            {.service = "logs",
             .op = "CreateLogStream",
             .in = in("{'logGroupName':'g','logStreamName':'made'}")},
        };
        CHECK_INT(pthread_create(&line, NULL, put_line, c), 0);
        race(c, racers, ARRAY_LEN(racers));
        pthread_join(line, NULL);
        CHECK_TEXT(racers[0].code, "");
        bool made = !*logs_call(c, "CreateLogGroup", "{'logGroupName':'g'}");
        ok(logs_call(c, "DescribeLogStreams", "{'logGroupName':'g'}"));
        /* The group is new, and empty; or the line came last, and made it anew. */
        if (made)
            CHECK_INT(count(c, "logStreams"), 0);
        ok(logs_call(c, "DeleteLogGroup", "{'logGroupName':'g'}"));
    }
}

static void *sweep(void *ctx) {
    logs_sweep(ctx);
    return NULL;
}

static int64_t stored(struct cloud *c) {
    ok(logs_call(c, "DescribeLogGroups", "{'logGroupNamePrefix':'g'}"));
    return json_int(json_array_get(json_arr(c->call.out, "logGroups"), 0), "storedBytes", -1);
}

/* Once retention is off, nothing more goes. */
static void retention_that_is_taken_off(void **state) {
    struct cloud *c = *state;
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_MEM struct hub_log *lines = mem_zalloc(OLD_EVENTS * sizeof *lines);
    for (int i = 0; i < OLD_EVENTS; i++)
        lines[i] = (struct hub_log){
            S(ACCOUNT), S("us-east-1"), S("g"), S("s"), base_ms - 10 * 86400000LL + i,
            S("old"),   false};
    hub_put_log(c->hub, batch, lines, OLD_EVENTS);
    CHECK_INT(store_commit(c->store, batch, NULL), 0);
    ok(logs_call(c, "PutRetentionPolicy", "{'logGroupName':'g','retentionInDays':7}"));
    pthread_t sweeper;
    int64_t all = stored(c);
    CHECK_INT(pthread_create(&sweeper, NULL, sweep, logs), 0);
    while (stored(c) == all)
        ;
    ok(logs_call(c, "DeleteRetentionPolicy", "{'logGroupName':'g'}"));
    int64_t left = stored(c);
    pthread_join(sweeper, NULL);
    CHECK_INT(stored(c), left);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(events_go_with_their_stream), T(streams_go_while_their_group_changes),
        T(streams_go_with_their_group), T(retention_that_is_taken_off)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
