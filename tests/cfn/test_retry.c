/*
 * Stacks that failed and stayed as they were: the next operation takes up what there is, makes anew
 * what was not finished, and forgets nothing.
 */
#include "cfn/plan.h"
#include "cfn/world.h"

static const struct cfn_operation stays = {.disable_rollback = true};

static void work(struct world *w, const char *status, const char *log) {
    buf_clear(&w->log);
    cfn_engine_work(w->engine);
    check_status(w, status);
    CHECK_BUF(w->log, log);
}

static void retry(struct world *w, const char *text, const char *status, const char *log) {
    retry_stack(w, text);
    work(w, status, log);
}

static void create(struct world *w, const char *text, const char *log) {
    create_stack(w, "s", text, stays);
    work(w, "CREATE_FAILED", log);
}

#define NAMED(name)    "{" QUEUE ", Properties: {QueueName: " name "}}"
#define DELAYED(value) "{" QUEUE ", Properties: {DelaySeconds: " value "}}"

static void what_failed_is_created(void **state) {
    struct world *w = *state;
    static const char bad[] =
        "Resources: {A: {" QUEUE "}, B: " NAMED("bad") ", C: {" QUEUE ", DependsOn: B}}\n";
    create(w, bad, "create A;create B;");
    retry(w, bad, "UPDATE_FAILED", "create B;"); /* the same again */
    retry(w, "Resources: {A: {" QUEUE "}, B: " NAMED("good") ", C: {" QUEUE ", DependsOn: B}}\n",
          "UPDATE_COMPLETE", "create B;create C;");
    check_events(w,
                 "s CREATE_IN_PROGRESS;A CREATE_IN_PROGRESS;A CREATE_IN_PROGRESS;A CREATE_COMPLETE;"
                 "B CREATE_IN_PROGRESS;B CREATE_FAILED;s CREATE_FAILED;"
                 "s UPDATE_IN_PROGRESS;B CREATE_IN_PROGRESS;B CREATE_FAILED;s UPDATE_FAILED;"
                 "s UPDATE_IN_PROGRESS;B CREATE_IN_PROGRESS;B CREATE_IN_PROGRESS;B CREATE_COMPLETE;"
                 "C CREATE_IN_PROGRESS;C CREATE_IN_PROGRESS;C CREATE_COMPLETE;"
                 "s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS;s UPDATE_COMPLETE;");
    delete_stack(w);
    work(w, "DELETE_COMPLETE", "remove C;remove B;remove A;");
}

/* Its name must be free before it is made again; whoever takes it out of the template wants it gone. */
static void what_is_half_there_goes_first(void **state) {
    struct world *w = *state;
    static const char half[] = "Resources: {A: {" QUEUE "}, B: " NAMED("half") "}\n";
    create(w, half, "create A;create B;");
    retry(w, half, "UPDATE_FAILED", "remove B;create B;");
    retry(w, "Resources: {A: {" QUEUE "}, B: " NAMED("good") "}\n", "UPDATE_COMPLETE",
          "remove B;create B;");
    create(w, half, "create A;create B;");
    retry(w, "Resources: {A: {" QUEUE "}}\n", "UPDATE_COMPLETE", "remove B;");
    create(w, half, "create A;create B;");
    delete_stack(w);
    work(w, "DELETE_COMPLETE", "remove B;remove A;");
    create(w,
           "Resources: {B: {" QUEUE ", DeletionPolicy: Retain, Properties: {QueueName: half}}}\n",
           "create B;");
    retry(w, "Resources: {B: " NAMED("good") "}\n", "UPDATE_COMPLETE", "create B;");
}

static void what_was_lost_is_found(void **state) {
    struct world *w = *state;
    static const char flaky[] = "Resources: {A: {" QUEUE "}, F: {" QUEUE
                                ", DependsOn: A, Properties: {QueueName: flaky}}}\n";
    static const char *const ways[][2] = {
        {"Resources: {A: {" QUEUE "}, F: " NAMED("good") "}\n", "find F;remove F;create F;"},
        {"Resources: {A: {" QUEUE "}}\n", "find F;remove F;"}};
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        create_stack(w, "s", "Resources: {A: {" QUEUE "}}\n", stays);
        work(w, "CREATE_COMPLETE", "create A;");
        retry_stack(w, flaky);
        w->meanwhile = lose_outcome;
        work(w, "UPDATE_FAILED", "create F;create F again;");
        retry(w, ways[i][0], "UPDATE_COMPLETE", ways[i][1]);
    }
}

/* Two that are replaced, and one that fails. */
static void what_was_replaced_goes_in_the_end(void **state) {
    struct world *w = *state;
    static const char one[] = "Resources: {R: " NAMED("one") "}\n";
    static const char two[] =
        "Resources: {R: " NAMED("two") ", B: {" QUEUE
                                       ", DependsOn: R, Properties: {QueueName: bad}}}\n";
    for (int deletes = 0; deletes < 3; deletes++) {
        create_stack(w, "s", one, stays);
        work(w, "CREATE_COMPLETE", "create R;");
        retry(w, two, "UPDATE_FAILED", "create R;create B;");
        retry(w, two, "UPDATE_FAILED", "create B;");
        if (deletes < 2)
            retry(w, deletes ? one : "Resources: {R: " NAMED("two") "}\n", "UPDATE_COMPLETE",
                  "remove R;"); /* whichever the template does not want */
        delete_stack(w);
        work(w, "DELETE_COMPLETE", deletes < 2 ? "remove R;" : "remove R;remove R;");
    }
}

/* With its data: the way back from a failed update is the earlier template. */
static void what_was_replaced_is_taken_back(void **state) {
    struct world *w = *state;
    CLEANUP_DEINIT(buf) struct buf physical = {0};
    static const char *const ways[][2] = {
        {"Resources: {R: " NAMED("one") "}\n", "remove R;"},
        {"Resources: {R: {" QUEUE ", Properties: {QueueName: one, DelaySeconds: 2}}}\n",
         "update R;remove R;"},
        {"Resources: {R: {" QUEUE ", UpdateReplacePolicy: Retain, Properties: {QueueName: one}}}\n",
         ""}};
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        create_stack(w, "s", "Resources: {R: " NAMED("one") "}\n", stays);
        work(w, "CREATE_COMPLETE", "create R;");
        retry(w,
              "Resources: {R: " NAMED("two") ", B: {" QUEUE
                                             ", DependsOn: R, Properties: {QueueName: bad}}}\n",
              "UPDATE_FAILED", "create R;create B;");
        retry_stack(w, ways[i][0]);
        buf_clear(&w->log);
        w->die_in = ways[i][1][0] != 0;
        cfn_engine_work(w->engine);
        restart(w);
        cfn_engine_work(w->engine);
        check_status(w, "UPDATE_COMPLETE");
        CHECK_BUF(w->log, ways[i][1]);
        physical_of(w, "R", &physical);
        CHECK_BUF(physical, "one");
        delete_stack(w);
        work(w, "DELETE_COMPLETE", "remove R;");
    }
}

static void what_could_not_be_replaced_is_there_still(void **state) {
    struct world *w = *state;
    static const char *const bad[] = {"Resources: {R: " NAMED("half") "}\n",
                                      "Resources: {R: " NAMED("bad") "}\n"};
    static const char one[] = "Resources: {R: " NAMED("one") "}\n";
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        for (int deletes = 0; deletes < 2; deletes++) {
            create_stack(w, "s", one, stays);
            work(w, "CREATE_COMPLETE", "create R;");
            retry(w, bad[i], "UPDATE_FAILED", "create R;");
            retry(w, bad[i], "UPDATE_FAILED", i ? "create R;" : "remove R;create R;");
            if (!deletes)
                retry(w, one, "UPDATE_COMPLETE", i ? "" : "remove R;");
            delete_stack(w);
            work(w, "DELETE_COMPLETE", deletes && !i ? "remove R;remove R;" : "remove R;");
        }
}

/* A part of it may have been applied, so it is set once more, whatever the template wants. */
static void what_could_not_be_changed_is_set_again(void **state) {
    struct world *w = *state;
    create_stack(w, "s", "Resources: {C: " DELAYED("1") "}\n", stays);
    work(w, "CREATE_COMPLETE", "create C;");
    retry(w, "Resources: {C: " DELAYED("666") "}\n", "UPDATE_FAILED", "update C;");
    retry(w, "Resources: {C: " DELAYED("666") "}\n", "UPDATE_FAILED", "update C again;");
    retry(w, "Resources: {C: " DELAYED("1") "}\n", "UPDATE_COMPLETE", "update C again;");
    retry(w, "Resources: {C: " DELAYED("1") "}\n", "UPDATE_COMPLETE", "");
    update_stack(w, "Resources: {C: " DELAYED("666") "}\n");
    work(w, "UPDATE_ROLLBACK_COMPLETE", "update C;update C again;");
}

/* A conversation that nobody waits for any more: what was asked for is undone first. */
static void what_was_asked_for_is_undone(void **state) {
    struct world *w = *state;
    static const char asks[] =
        "Resources:\n  X: {Type: 'Custom::Thing', Properties: {ServiceToken: "
        "'arn:aws:lambda:us-east-1:000000000000:function:f'}}\n  B: " NAMED("bad") "\n";
    create(w, asks, "invoke;create B;");
    retry(w, "Resources: {B: " NAMED("good") "}\n", "UPDATE_IN_PROGRESS", "invoke;");
    CHECK(str_find(buf_view(&w->request), S("\"RequestType\":\"Delete\"")) > 0);
    restart(w);
    answer(w, "{\"Status\":\"SUCCESS\",\"PhysicalResourceId\":\"x\"}");
    work(w, "UPDATE_COMPLETE", "create B;");
    no_answer_is_awaited(w);
}

static int count_skipped(void *ctx, void *what) {
    *(int *)ctx += ((const struct cfn_event *)what)->status == CFN_DELETE_SKIPPED;
    return 0;
}

/* It may be there, and is let go of: one event says so. */
static void what_is_lost_and_retained_is_told_once(void **state) {
    struct world *w = *state;
    int skipped = 0;
    create_stack(w, "s", "Resources: {A: {" QUEUE "}}\n", (struct cfn_operation){0});
    work(w, "CREATE_COMPLETE", "create A;");
    update_stack(w, "Resources: {A: {" QUEUE "}, F: {" QUEUE
                    ", DeletionPolicy: Retain, Properties: {QueueName: flaky}}}\n");
    w->meanwhile = lose_outcome;
    work(w, "UPDATE_ROLLBACK_COMPLETE", "create F;create F again;");
    CHECK_INT(each_event(w, count_skipped, &skipped), 0);
    CHECK_INT(skipped, 1);
}

/* Killed in any verb, it goes on. */
static void a_retry_survives_a_stop(void **state) {
    struct world *w = *state;
    static const char *const logs[][2] = {{"remove A;", "create A;create B;"},
                                          {"remove A;create A;", "create B;"},
                                          {"remove A;create A;create B;", ""}};
    for (int die = 1; die <= 3; die++) {
        create(w, "Resources: {A: " NAMED("half") "}\n", "create A;");
        retry_stack(w, "Resources: {A: " NAMED("good") ", B: " NAMED("fine") "}\n");
        w->die_in = die;
        work(w, "UPDATE_IN_PROGRESS", logs[die - 1][0]);
        restart(w);
        work(w, "UPDATE_COMPLETE", logs[die - 1][1]);
    }
}

/* Of an update that broke off: what it may have changed is set again, and taken away. */
static void what_may_be_there(void **state) {
    (void)state;
    static const struct {
        const char *now, *tried, *wanted, *want;
    } cases[] = {
        {"{\"L\":[1,2]}", "{\"L\":[2]}", "{\"L\":[1,2]}", "{\"L\":[2]}"}, /* 1 is set again */
        {"{\"L\":[2,1]}", "{\"L\":[2]}", "{\"L\":[2,1]}", "{\"L\":[2]}"},
        {"{\"L\":[1]}", "{\"L\":[1,3]}", "{\"L\":[1]}", "{\"L\":[1,3]}"}, /* 3 goes */
        {"{\"L\":[1]}", "{}", "{\"L\":[2]}", "{\"L\":[1]}"},              /* 1 may be there */
        {"{}", "{\"L\":[3]}", "{}", "{\"L\":[3]}"},
        {"{\"T\":\"a\"}", "{\"T\":\"b\"}", "{\"T\":\"a\"}", "{\"T\":\"b\"}"},
        {"{\"T\":\"a\"}", "{\"T\":\"b\"}", "{\"T\":\"b\"}", "{\"T\":\"a\"}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_JSON json_t *now = json_parse(str_c(cases[i].now), NULL);
        CLEANUP_JSON json_t *tried = json_parse(str_c(cases[i].tried), NULL);
        CLEANUP_JSON json_t *wanted = json_parse(str_c(cases[i].wanted), NULL);
        CLEANUP_JSON json_t *want = json_parse(str_c(cases[i].want), NULL);
        struct cfn_resource resource = {
            .now.properties = now,
            .task = {.verb = CFN_UPDATE, .stage = CFN_BROKEN, .properties = tried}};
        CLEANUP_JSON json_t *may = cfn_may_have(&resource, wanted);
        CHECK_CASE(json_equal(may, want), cases[i].tried);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_may_be_there),
                                       T(what_failed_is_created),
                                       T(what_is_half_there_goes_first),
                                       T(what_was_lost_is_found),
                                       T(what_was_replaced_goes_in_the_end),
                                       T(what_was_replaced_is_taken_back),
                                       T(what_could_not_be_replaced_is_there_still),
                                       T(what_could_not_be_changed_is_set_again),
                                       T(what_was_asked_for_is_undone),
                                       T(what_is_lost_and_retained_is_told_once),
                                       T(a_retry_survives_a_stop)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
