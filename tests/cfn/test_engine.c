/* What the engine does, step by step, with resources that only pretend. */
#include "cfn/world.h"

#include <pthread.h>
#include <unistd.h>

static void creates_in_order_and_deletes_in_reverse(void **state) {
    struct world *w = *state;
    create_stack(w, "s",
                 "Resources:\n"
                 "  Top: {" QUEUE
                 ", Properties: {RedrivePolicy: {deadLetterTargetArn: !GetAtt Base.Arn}}}\n"
                 "  Base: {" QUEUE ", Properties: {QueueName: base}}\n"
                 "  Kept: {" QUEUE ", DeletionPolicy: Retain}\n"
                 "Outputs: {O: {Value: !GetAtt Base.Arn, Export: {Name: out}}}\n",
                 (struct cfn_operation){0});
    CHECK(cfn_engine_work(w->engine) == INT64_MAX);
    CHECK_BUF(w->log, "create Base;create Top;create Kept;");
    check_status(w, "CREATE_COMPLETE");
    CLEANUP_DEINIT(held) struct held h = {0};
    hold(w, &h);
    CHECK_STR(json_str(json_array_get(h.stack.now.outputs, 0), "OutputValue"), S("arn:base"));
    check_events(
        w,
        "s CREATE_IN_PROGRESS;Base CREATE_IN_PROGRESS;Base CREATE_IN_PROGRESS;Base CREATE_COMPLETE;"
        "Top CREATE_IN_PROGRESS;Top CREATE_IN_PROGRESS;Top CREATE_COMPLETE;"
        "Kept CREATE_IN_PROGRESS;Kept CREATE_IN_PROGRESS;Kept CREATE_COMPLETE;s CREATE_COMPLETE;");
    buf_clear(&w->log);
    delete_stack(w);
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "remove Top;remove Base;");
    check_status(w, "DELETE_COMPLETE");
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_DEINIT(buf) struct buf value = {0};
    cfn_key(&key, "cfn-export", place, S("out"), STR_NONE);
    CHECK_INT(store_get(w->store, NULL, STORE_META, buf_view(&key), &value), STORE_E_ABSENT);
}

static void rolls_back_what_it_made(void **state) {
    struct world *w = *state;
    create_stack(w, "s",
                 "Resources:\n  A: {" QUEUE "}\n  K: {" QUEUE
                 ", DeletionPolicy: RetainExceptOnCreate}\n"
                 "  B: {" QUEUE ", DependsOn: [A, K], Properties: {QueueName: bad}}\n  C: {" QUEUE
                 ", DependsOn: B}\n",
                 (struct cfn_operation){0});
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "create A;create K;create B;remove K;remove A;");
    check_status(w, "ROLLBACK_COMPLETE");
    buf_clear(&w->log);
    create_stack(w, "t",
                 "Resources:\n  A: {" QUEUE "}\n  B: {" QUEUE
                 ", DependsOn: A, Properties: {QueueName: bad}}\n",
                 (struct cfn_operation){.on_failure = CFN_FAIL_DO_NOTHING});
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "create A;create B;");
    check_status(w, "CREATE_FAILED");
}

static void waits_without_holding_up_others(void **state) {
    struct world *w = *state;
    create_stack(w, "s",
                 "Resources:\n  Slow: {" QUEUE ", Properties: {QueueName: slow}}\n  Other: {" QUEUE
                 "}\n"
                 "  After: {" QUEUE ", DependsOn: Slow}\n",
                 (struct cfn_operation){0});
    int64_t wake = cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "create Slow;create Other;");
    CHECK(wake > clock_world_ms() && wake <= clock_world_ms() + 1000);
    check_status(w, "CREATE_IN_PROGRESS");
    restart(w); /* a wait survives a restart */
    clock_set_offset_ms(2000);
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "create Slow;create Other;create Slow again;create After;");
    check_status(w, "CREATE_COMPLETE");
}

static const char four[] =
    "Resources:\n  A: {" QUEUE "}\n  B: {" QUEUE ", DependsOn: A}\n  C: {" QUEUE
    ", DependsOn: B}\n  D: {" QUEUE ", DependsOn: C}\n";

static void goes_on_after_a_stop_at_any_step(void **state) {
    struct world *w = *state;
    for (int die = 1; die <= 4; die++) {
        buf_clear(&w->log);
        create_stack(w, "s", four, (struct cfn_operation){0});
        w->die_in = die;
        cfn_engine_work(w->engine);
        check_status(w, "CREATE_IN_PROGRESS");
        restart(w);
        cfn_engine_work(w->engine);
        CHECK_BUF(w->log, "create A;create B;create C;create D;");
        check_status(w, "CREATE_COMPLETE");
    }
}

static void updates_and_cleans_up(void **state) {
    struct world *w = *state;
    create_stack(w, "s",
                 "Resources:\n  Same: {" QUEUE "}\n  Changed: {" QUEUE
                 ", Properties: {DelaySeconds: 1}}\n"
                 "  New: {" QUEUE ", Properties: {QueueName: one}}\n  Gone: {" QUEUE "}\n",
                 (struct cfn_operation){0});
    cfn_engine_work(w->engine);
    buf_clear(&w->log);
    update_stack(w, "Resources:\n  Same: {" QUEUE "}\n  Changed: {" QUEUE
                    ", Properties: {DelaySeconds: 2}}\n"
                    "  New: {" QUEUE ", Properties: {QueueName: two}}\n  Added: {" QUEUE "}\n");
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "update Changed;create New;create Added;remove Gone;remove New;");
    check_status(w, "UPDATE_COMPLETE");
}

static void rolls_an_update_back(void **state) {
    struct world *w = *state;
    create_stack(w, "s",
                 "Resources:\n  Changed: {" QUEUE ", Properties: {DelaySeconds: 1}}\n"
                 "  New: {" QUEUE ", Properties: {QueueName: one}}\n  Gone: {" QUEUE "}\n",
                 (struct cfn_operation){0});
    cfn_engine_work(w->engine);
    buf_clear(&w->log);
    update_stack(w, "Resources:\n  Changed: {" QUEUE ", Properties: {DelaySeconds: 2}}\n"
                    "  New: {" QUEUE ", Properties: {QueueName: two}}\n  Added: {" QUEUE "}\n"
                    "  Bad: {" QUEUE
                    ", DependsOn: [Changed, New, Added], Properties: {QueueName: bad}}\n");
    cfn_engine_work(w->engine);
    CHECK_BUF(
        w->log,
        "update Changed;create New;create Added;create Bad;update Changed;remove Added;remove New;");
    check_status(w, "UPDATE_ROLLBACK_COMPLETE");
    CLEANUP_DEINIT(buf) struct buf physical = {0};
    physical_of(w, "New", &physical);
    CHECK_BUF(physical, "one");
    /* The stack is what it was: the same template again changes nothing. */
    buf_clear(&w->log);
    delete_stack(w);
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "remove Gone;remove New;remove Changed;");
}

/* A notification goes back to its queue once the queue's policy is what it was. */
static void changes_back_in_order(void **state) {
    struct world *w = *state;
    create_stack(w, "s",
                 "Resources:\n  Z: {" QUEUE ", Properties: {DelaySeconds: 1}}\n"
                 "  A: {" QUEUE ", DependsOn: Z, Properties: {DelaySeconds: 1}}\n",
                 (struct cfn_operation){0});
    cfn_engine_work(w->engine);
    buf_clear(&w->log);
    update_stack(w, "Resources:\n  Z: {" QUEUE ", DependsOn: A, Properties: {DelaySeconds: 2}}\n"
                    "  A: {" QUEUE ", Properties: {DelaySeconds: 2}}\n  New: {" QUEUE "}\n"
                    "  Bad: {" QUEUE ", DependsOn: [Z, New], Properties: {QueueName: bad}}\n");
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "update A;update Z;create New;create Bad;update Z;update A;remove New;");
    check_status(w, "UPDATE_ROLLBACK_COMPLETE");
}

/* The engine says when it wants to look again, waits till then, and goes on. */
static void check_waits(struct world *w, const char *status, const char *log) {
    int64_t wake = cfn_engine_work(w->engine);
    CHECK_RANGE(wake, clock_world_ms() + 1, clock_world_ms() + 1000);
    check_status(w, status);
    CHECK_BUF(w->log, log);
    buf_clear(&w->log);
    restart(w);
    clock_set_offset_ms(clock_offset_ms() + 2000);
}

static void every_way_back_and_out_may_wait(void **state) {
    struct world *w = *state;
    create_stack(w, "s",
                 "Resources:\n  Changed: {" QUEUE ", Properties: {DelaySeconds: 5}}\n"
                 "  Old: {" QUEUE ", Properties: {QueueName: lazy}}\n",
                 (struct cfn_operation){0});
    cfn_engine_work(w->engine);
    check_status(w, "CREATE_COMPLETE");
    buf_clear(&w->log);
    update_stack(w, "Resources:\n  Changed: {" QUEUE ", Properties: {DelaySeconds: 2}}\n"
                    "  Old: {" QUEUE ", Properties: {QueueName: lazy}}\n"
                    "  Bad: {" QUEUE ", DependsOn: Changed, Properties: {QueueName: bad}}\n");
    check_waits(w, "UPDATE_ROLLBACK_IN_PROGRESS", "update Changed;create Bad;update Changed;");
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "update Changed again;");
    check_status(w, "UPDATE_ROLLBACK_COMPLETE");
    buf_clear(&w->log);
    /* The new name's resource is made at once; the old one goes when all is done. */
    update_stack(w, "Resources:\n  Changed: {" QUEUE ", Properties: {DelaySeconds: 2}}\n"
                    "  Old: {" QUEUE ", Properties: {QueueName: quick}}\n");
    check_waits(w, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "update Changed;create Old;remove Old;");
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "remove Old again;");
    check_status(w, "UPDATE_COMPLETE");
    create_stack(w, "t", "Resources:\n  Lazy: {" QUEUE ", Properties: {QueueName: lazy}}\n",
                 (struct cfn_operation){0});
    cfn_engine_work(w->engine);
    buf_clear(&w->log);
    delete_stack(w);
    check_waits(w, "DELETE_IN_PROGRESS", "remove Lazy;");
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "remove Lazy again;");
}

static void a_failed_update_changes_no_policy(void **state) {
    struct world *w = *state;
    create_stack(w, "s",
                 "Resources:\n  Same: {" QUEUE ", DeletionPolicy: Retain}\n"
                 "  Changed: {" QUEUE ", DeletionPolicy: Retain, Properties: {DelaySeconds: 1}}\n",
                 (struct cfn_operation){0});
    cfn_engine_work(w->engine);
    update_stack(w,
                 "Resources:\n  Same: {" QUEUE "}\n  Changed: {" QUEUE
                 ", Properties: {DelaySeconds: 2}}\n"
                 "  Bad: {" QUEUE ", DependsOn: [Changed, Same], Properties: {QueueName: bad}}\n");
    cfn_engine_work(w->engine);
    check_status(w, "UPDATE_ROLLBACK_COMPLETE");
    buf_clear(&w->log);
    delete_stack(w);
    cfn_engine_work(w->engine);
    check_status(w, "DELETE_COMPLETE");
    CHECK_BUF(w->log, ""); /* both are retained, as before */
}

static void keeps_what_it_cannot_delete(void **state) {
    struct world *w = *state;
    create_stack(w, "s",
                 "Resources:\n  Base: {" QUEUE "}\n  Sticky: {" QUEUE
                 ", DependsOn: Base, Properties: {QueueName: sticky}}\n  Free: {" QUEUE "}\n",
                 (struct cfn_operation){0});
    cfn_engine_work(w->engine);
    buf_clear(&w->log);
    delete_stack(w);
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "remove Free;remove Sticky;"); /* Base is needed by what is still there */
    check_status(w, "DELETE_FAILED");
    buf_clear(&w->log);
    change_stack(w, CFN_OP_DELETE, NULL, json_pack("[s]", "Sticky"));
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "remove Base;");
    check_status(w, "DELETE_COMPLETE");
}

/* ---- Custom resources ---- */

static void speaks_with_custom_resources(void **state) {
    struct world *w = *state;
    create_stack(w, "s", custom, (struct cfn_operation){0});
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "invoke;");
    CLEANUP_JSON json_t *request = json_parse(buf_view(&w->request), NULL);
    CHECK_STR(json_str(request, "RequestType"), S("Create"));
    CHECK_STR(json_str(request, "ResourceType"), S("Custom::Thing"));
    CHECK_STR(json_str(json_obj(request, "ResourceProperties"), "N"), S("1"));
    CHECK_STR(json_str(json_obj(request, "ResourceProperties"), "Flag"), S("true"));
    restart(w);
    answer(
        w,
        "{\"Status\":\"SUCCESS\",\"PhysicalResourceId\":\"thing-1\",\"Data\":{\"Name\":\"given\"}}");
    cfn_engine_work(w->engine);
    check_status(w, "CREATE_COMPLETE");
    CHECK_BUF(w->log, "invoke;create Q;");

    buf_clear(&w->log);
    delete_stack(w);
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "remove Q;invoke;");
    answer(w, "{\"Status\":\"SUCCESS\",\"PhysicalResourceId\":\"thing-1\"}");
    cfn_engine_work(w->engine);
    check_status(w, "DELETE_COMPLETE");
}

static void custom_resources_fail_and_time_out(void **state) {
    struct world *w = *state;
    create_stack(w, "s", custom, (struct cfn_operation){0});
    int64_t wake = cfn_engine_work(w->engine);
    CHECK(wake <= clock_world_ms() + 60000);
    clock_set_offset_ms(61000);
    cfn_engine_work(w->engine); /* too late: it is asked to delete what it may have made */
    CHECK_BUF(w->log, "invoke;invoke;");
    answer(w, "{\"Status\":\"SUCCESS\",\"PhysicalResourceId\":\"x\"}");
    cfn_engine_work(w->engine);
    check_status(w, "ROLLBACK_COMPLETE");

    buf_clear(&w->log);
    create_stack(w, "t", custom, (struct cfn_operation){0});
    cfn_engine_work(w->engine);
    answer(w, "{\"Status\":\"FAILED\",\"Reason\":\"no luck\",\"PhysicalResourceId\":\"p\"}");
    cfn_engine_work(w->engine);
    check_events(
        w,
        "t CREATE_IN_PROGRESS;X CREATE_IN_PROGRESS;X CREATE_FAILED;t ROLLBACK_IN_PROGRESS;X DELETE_IN_PROGRESS;");
}

static void a_deletion_takes_over_a_creation(void **state) {
    struct world *w = *state;
    create_stack(w, "s", custom, (struct cfn_operation){0});
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "invoke;");
    take_over(w);
    restart(w);
    cfn_engine_work(w->engine);
    check_status(w, "DELETE_IN_PROGRESS");
    CHECK_BUF(w->log, "invoke;invoke;");
    answer(w, "{\"Status\":\"SUCCESS\",\"PhysicalResourceId\":\"x\"}");
    cfn_engine_work(w->engine);
    check_status(w, "DELETE_COMPLETE");
    no_answer_is_awaited(w);
}

/* A resource that fails ends the wait for the others. */
static void what_is_cancelled_is_not_awaited(void **state) {
    struct world *w = *state;
    create_stack(
        w, "s",
        "Resources:\n  X: {Type: 'Custom::Thing', Properties: {ServiceToken: 'arn:aws:lambda:us-east-1:000000000000:function:f'}}\n"
        "  Y: {" QUEUE ", Properties: {QueueName: bad}}\n",
        (struct cfn_operation){.on_failure = CFN_FAIL_DO_NOTHING});
    cfn_engine_work(w->engine);
    check_status(w, "CREATE_FAILED");
    no_answer_is_awaited(w);
}

static int add_shown(void *ctx, void *what) {
    buf_str(ctx, ((const struct cfn_event *)what)->properties);
    return 0;
}

static void events_keep_secrets(void **state) {
    struct world *w = *state;
    CLEANUP_DEINIT(held) struct held h = {.rows = {w->store, NULL, store_batch_new()}};
    CLEANUP_DEINIT(cfn_resource) struct cfn_resource resource = {.name = S("A")};
    CLEANUP_DEINIT(buf) struct buf shown = {0};
    CHECK_INT(cfn_stack_new(&h.rows, &h.arena, place, S("s"), &h.stack), 0);
    buf_str(&w->uuid, h.stack.uuid);
    resource.now.properties =
        json_pack("{s:s,s:[s,s]}", "Plain", "x", "List", "a-hush-b", "before");
    h.stack.now.secrets = json_pack("[s]", "hush");
    h.stack.old.secrets = json_pack("[s]", "before"); /* a failing update shows both versions */
    cfn_add_event(&h.rows, &h.stack, &resource, CFN_CREATE_COMPLETE, STR_NONE);
    CHECK_INT(commit(&h), 0);
    CHECK_INT(each_event(w, add_shown, &shown), 0);
    CHECK_BUF(shown, "{\"Plain\":\"x\",\"List\":[\"a-****-b\",\"****\"]}");
}

static int check_later(void *ctx, void *what) {
    const struct cfn_event *event = what;
    int64_t *last = ctx;
    CHECK_RANGE(event->time_ms, *last + 1, INT64_MAX);
    *last = event->time_ms;
    return 0;
}

/* Clients sort events by time alone: many fall into a millisecond, and the clock may be set back. */
static void no_two_events_have_one_time(void **state) {
    struct world *w = *state;
    CLEANUP_DEINIT(held) struct held h = {0};
    CLEANUP_DEINIT(cfn_resource) struct cfn_resource last = {0};
    int64_t before = 0, times[] = {0, -5000};
    create_stack(w, "s", "Resources: {A: {" QUEUE "}, B: {" QUEUE ", DependsOn: A}}\n",
                 (struct cfn_operation){0});
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        clock_set_offset_ms(times[i]);
        w->die_in = i ? 0 : 1;
        cfn_engine_work(w->engine);
        restart(w);
    }
    check_status(w, "CREATE_COMPLETE");
    delete_stack(w);
    cfn_engine_work(w->engine);
    CHECK_INT(each_event(w, check_later, &before), 0);
    hold(w, &h);
    cfn_key(&last.row.key, "cfn-res", place, h.stack.uuid, S("A"));
    CHECK_INT(cfn_peek(&h.rows, &cfn_resource_form, &h.arena, &last), 0);
    CHECK_INT(last.time_ms, before - 1); /* as the event says */
}

/* ---- Others write the stack while the engine has it in hand ---- */

static void protect(struct world *w) {
    CLEANUP_DEINIT(held) struct held h = {0};
    hold(w, &h);
    h.stack.is_protected = true;
    cfn_put(&h.rows, &cfn_stack_form, &h.stack);
    CHECK_INT(commit(&h), 0);
}

static void the_engine_overwrites_nobody(void **state) {
    struct world *w = *state;
    CLEANUP_DEINIT(held) struct held h = {0};
    create_stack(w, "s", "Resources: {A: {" QUEUE "}, B: {" QUEUE ", DependsOn: A}}\n",
                 (struct cfn_operation){0});
    w->meanwhile = protect;
    cfn_engine_work(w->engine);
    hold(w, &h);
    CHECK(h.stack.is_protected);
    CHECK_INT(h.stack.status, CFN_CREATE_COMPLETE);
    CHECK_BUF(w->log, "create A;create B;");
}

static void a_deletion_in_the_last_moment_counts(void **state) {
    struct world *w = *state;
    create_stack(w, "s", "Resources: {A: {" QUEUE "}}\n", (struct cfn_operation){0});
    w->meanwhile = take_over;
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "create A;remove A;");
    check_status(w, "DELETE_COMPLETE");
}

static void a_deletion_that_comes_too_late_begins_anew(void **state) {
    struct world *w = *state;
    CLEANUP_DEINIT(held) struct held h = {0};
    struct cfn_operation op;
    create_stack(w, "s", "Resources: {A: {" QUEUE "}}\n", (struct cfn_operation){0});
    hold(w, &h); /* under way: the deletion would leave a word */
    cfn_engine_work(w->engine);
    cfn_operation_new(&h.arena, CFN_OP_DELETE, &op);
    cfn_take_over(w->engine, &h.rows, &h.stack, &op);
    CHECK_INT(commit(&h), STORE_E_CONDITION);
    check_status(w, "CREATE_COMPLETE");
}

static void drop_export(struct world *w) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_DEINIT(buf) struct buf key = {0};
    struct err err = {{0}};
    cfn_key(&key, "cfn-export", place, S("out"), STR_NONE);
    store_del_blind(batch, STORE_META, buf_view(&key));
    CHECK_INT(store_commit(w->store, batch, &err), 0);
}

static void an_import_of_what_is_gone_fails(void **state) {
    struct world *w = *state;
    create_stack(w, "e",
                 "Resources: {A: {" QUEUE "}}\nOutputs: {O: {Value: x, Export: {Name: out}}}\n",
                 (struct cfn_operation){0});
    cfn_engine_work(w->engine);
    create_stack(w, "i", "Resources: {A: {" QUEUE ", Properties: {QueueName: !ImportValue out}}}\n",
                 (struct cfn_operation){0});
    w->meanwhile = drop_export;
    cfn_engine_work(w->engine);
    check_status(w, "ROLLBACK_COMPLETE");
}

static void *work_in_thread(void *engine) {
    cfn_engine_work(engine);
    return NULL;
}

static int count_complete(void *ctx, void *what) {
    *(int *)ctx += ((const struct cfn_stack *)what)->status == CFN_CREATE_COMPLETE;
    return 0;
}

/* Again and again, while the commit that each verb's outcome needs is on its way. */
static void keep_changing(struct world *w) {
    CLEANUP_DEINIT(held) struct held h = {0};
    hold(w, &h);
    h.stack.is_protected = !h.stack.is_protected;
    cfn_put(&h.rows, &cfn_stack_form, &h.stack);
    CHECK_INT(commit(&h), 0);
    w->meanwhile = keep_changing;
}

static void a_look_that_is_overtaken_makes_way(void **state) {
    struct world *w = *state;
    create_stack(w, "s", "Resources: {A: {" QUEUE "}}\n", (struct cfn_operation){0});
    cfn_engine_work(w->engine);
    update_stack(w, "Resources: {A: {" QUEUE
                    ", Properties: {DelaySeconds: 7}}}\n"); /* another id: the stack has garbage */
    w->meanwhile = keep_changing;
    int64_t wake = cfn_engine_work(w->engine);
    CHECK(wake > clock_world_ms() && wake < clock_world_ms() + 1000);
    check_status(w, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
    w->meanwhile = NULL;
    CHECK(cfn_engine_work(w->engine) == INT64_MAX);
    check_status(w, "UPDATE_COMPLETE");
}

/* ---- Damage ---- */

static void put_stack(struct world *w, str uuid, str bytes) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_DEINIT(buf) struct buf key = {0};
    cfn_key(&key, "cfn-stack", place, uuid, STR_NONE);
    store_put_blind(batch, STORE_META, buf_view(&key), bytes);
    CHECK_INT(store_commit(w->store, batch, NULL), 0);
}

/* As a program does that finds DATA of format 1. */
static void open_as_format_1(struct world *w) {
    static const struct store_migration *const all[] = {cfn_migrations, NULL};
    struct store_options options = {.data = w->data, .reserve_bytes = 1, .migrations = all};
    char path[160];
    struct err err = {{0}};
    tmp_make_raw(w->store);
    cfn_engine_free(w->engine);
    hub_free(w->hub);
    store_free(w->store);
    snprintf(path, sizeof path, "%s/format", w->data);
    FILE *f = fopen(path, "w");
    CHECK(f && fputs("calotype-data 1\n", f) >= 0 && fclose(f) == 0);
    CHECK_CASE(store_open(&w->store, &options, &err) == 0, err.text);
    w->hub = hub_new(w->store);
    w->engine = cfn_engine_new(w->store, w->hub, &backend);
}

static void damage_holds_up_no_other_stack(void **state) {
    struct world *w = *state;
    CLEANUP_DEINIT(held) struct held torn = {0};
    create_stack(w, "torn", "Resources: {A: {" QUEUE "}}\n", (struct cfn_operation){0});
    hold(w, &torn);
    put_stack(w, torn.stack.uuid, S("{\"StackId\":"));
    create_stack(w, "whole", "Resources: {B: {" QUEUE "}}\n", (struct cfn_operation){0});
    open_as_format_1(w);
    int64_t wake = cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "create B;");
    check_status(w, "CREATE_COMPLETE");
    /* It is looked at again, rarely: a repair needs a hand. */
    CHECK_RANGE(wake, clock_world_ms() + 3000000, clock_world_ms() + 3600000);
    put_stack(w, torn.stack.uuid, buf_view(&torn.stack.row.bytes));
    CHECK(cfn_engine_work(w->engine) == INT64_MAX);
    CHECK_BUF(w->log, "create B;create A;");
}

static void an_export_has_one_owner(void **state) {
    struct world *w = *state;
    struct rows rows = {w->store, NULL, NULL};
    for (int round = 1; round <= 20; round++) {
        CLEANUP_DEINIT(buf) struct buf text = {0};
        CLEANUP_DEINIT(buf) struct buf key = {0};
        pthread_t threads[2];
        int complete = 0;
        buf_printf(
            &text,
            "Resources: {H: {Type: AWS::CloudFormation::WaitConditionHandle}}\nOutputs: {O: {Value: x, Export: {Name: same%d}}}\n",
            round);
        create_stack(w, "a", buf_cstr(&text), (struct cfn_operation){0});
        create_stack(w, "b", buf_cstr(&text), (struct cfn_operation){0});
        for (int i = 0; i < 2; i++)
            CHECK_INT(pthread_create(&threads[i], NULL, work_in_thread, w->engine), 0);
        for (int i = 0; i < 2; i++)
            pthread_join(threads[i], NULL);
        cfn_key(&key, "cfn-stack", place, STR_NONE, STR_NONE);
        CHECK_INT(cfn_each(&rows, &cfn_stack_form, buf_view(&key), count_complete, &complete), 0);
        CHECK_INT(complete, round);
    }
}

static void unknown_tokens_cannot_answer(void **state) {
    struct world *w = *state;
    struct cfn_answer a = {.path = S("/_calotype/cfn-response/0000"),
                           .body = S("{\"Status\":\"SUCCESS\"}")};
    CHECK_INT(cfn_take_answer(w->engine, &a), 403);
    a.path = S("/photos/cfn-response/0000");
    CHECK_INT(cfn_take_answer(w->engine, &a), 404);
}

int main(void) {
    const struct CMUnitTest tests[] = {T(creates_in_order_and_deletes_in_reverse),
                                       T(rolls_back_what_it_made),
                                       T(waits_without_holding_up_others),
                                       T(every_way_back_and_out_may_wait),
                                       T(goes_on_after_a_stop_at_any_step),
                                       T(updates_and_cleans_up),
                                       T(rolls_an_update_back),
                                       T(changes_back_in_order),
                                       T(a_failed_update_changes_no_policy),
                                       T(keeps_what_it_cannot_delete),
                                       T(speaks_with_custom_resources),
                                       T(custom_resources_fail_and_time_out),
                                       T(unknown_tokens_cannot_answer),
                                       T(a_deletion_takes_over_a_creation),
                                       T(what_is_cancelled_is_not_awaited),
                                       T(events_keep_secrets),
                                       T(no_two_events_have_one_time),
                                       T(the_engine_overwrites_nobody),
                                       T(a_deletion_in_the_last_moment_counts),
                                       T(a_deletion_that_comes_too_late_begins_anew),
                                       T(an_import_of_what_is_gone_fails),
                                       T(an_export_has_one_owner),
                                       T(a_look_that_is_overtaken_makes_way),
                                       T(damage_holds_up_no_other_stack)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
