/*
 * The engine with resources that only pretend: a queue whose name says what it does. Time is moved,
 * and the engine is thrown away between any two steps, as a killed daemon would be.
 */
#include "lib/tmp.h"

#include "base/clock.h"
#include "cfn/cfn.h"
#include "cfn/start.h"
#include "store/key.h"

#include <pthread.h>
#include <unistd.h>

struct world {
    char data[128];
    struct store *store;
    struct hub *hub;
    struct cfn_engine *engine;
    struct buf log;                     /* what the fake verbs were asked, in order */
    struct buf uuid;                    /* of the stack */
    struct buf request;                 /* the last custom resource request */
    int die_in;                         /* >0: stop the engine in that many verbs */
    void (*meanwhile)(struct world *w); /* what others do while a verb is called, once */
    const struct service *service;      /* that resources are made of; NULL: they are pretended */
    bool is_there;                      /* what the service has */
};
static struct world *now;

static const struct cfn_place place = {S_INIT("000000000000"), S_INIT("us-east-1")};

/*
 * ---- Pretended resources: name bad fails, slow waits until world time moves, delay 7 changes the
 * id, delay 5 waits as slow does, and so does the removal of lazy ----
 */

static void note(struct cfn_work *w, const char *verb) {
    buf_printf(&now->log, "%s " STR_FMT "%s;", verb, STR_ARG(w->logical_id),
               w->again ? " again" : "");
    if (now->die_in && --now->die_in == 0)
        cfn_engine_stop(now->engine);
    void (*others)(struct world *) = now->meanwhile;
    now->meanwhile = NULL;
    if (others)
        others(now);
}

static int fake_create(struct cfn_work *w) {
    str name = json_str(w->props, "QueueName");
    note(w, "create");
    if (str_is(name, "bad") || (str_is(name, "flaky") && w->again))
        return cfn_fail(w, "it is bad");
    if (str_is(name, "refused")) {
        w->refused = true;
        w->wake_ms = w->now_ms + 1000;
        return cfn_fail(w, "the store takes no changes");
    }
    if (str_is(name, "slow") && !json_has(w->notes, "Until"))
        json_set_int(w->notes, "Until", w->now_ms + 1000);
    cfn_set_physical(w, name.len ? name : w->name);
    if (w->now_ms < json_int(w->notes, "Until", 0)) {
        w->wake_ms = json_int(w->notes, "Until", 0);
        return CFN_WAIT;
    }
    cfn_set_attribute(w, "Arn", "arn:" STR_FMT, STR_ARG(cfn_physical(w)));
    return CFN_DONE;
}

/* True for a second of world time. */
static bool must_wait(struct cfn_work *w) {
    if (!json_has(w->notes, "Until"))
        json_set_int(w->notes, "Until", w->now_ms + 1000);
    w->wake_ms = json_int(w->notes, "Until", 0);
    return w->now_ms < w->wake_ms;
}

static int fake_update(struct cfn_work *w) {
    note(w, "update");
    if (json_int(w->props, "DelaySeconds", 0) == 5 && must_wait(w))
        return CFN_WAIT;
    if (json_int(w->props, "DelaySeconds", 0) == 7)
        cfn_set_physical(w, S("another"));
    return json_int(w->props, "DelaySeconds", 0) == 666 ? cfn_fail(w, "no such delay") : CFN_DONE;
}

static int fake_remove(struct cfn_work *w) {
    note(w, "remove");
    if (str_is(cfn_physical(w), "lazy") && must_wait(w))
        return CFN_WAIT;
    return str_is(cfn_physical(w), "sticky") ? cfn_fail(w, "it sticks") : CFN_DONE;
}

static int fake_find(struct cfn_work *w) {
    str name = json_str(w->props, "QueueName");
    note(w, "find");
    cfn_set_physical(w, name.len ? name : w->name);
    return CFN_DONE;
}

static const struct cfn_prop props[] = {
    {"DelaySeconds", .set = "Set"}, {"Tags", .set = "Set"}, {"RedrivePolicy", .create = "*"}, {0}};
static const struct cfn_type fakes[] = {{.name = "AWS::SQS::Queue",
                                         .name_max = 40,
                                         .props = props,
                                         .create = fake_create,
                                         .find = fake_find,
                                         .update = fake_update,
                                         .remove = fake_remove}};

static const struct cfn_type *type_of(void *ctx, str name) {
    (void)ctx;
    return !now->service && str_is(name, "AWS::SQS::Queue") ? &fakes[0] : cfn_type_find(name);
}

static int identity_of(void *ctx, const struct cfn_operation *op, struct aws_identity **ret,
                       struct err *err) {
    (void)ctx, (void)op, (void)err;
    *ret = NULL;
    return 0;
}

/* ---- A service that has one thing, or none ---- */

struct service {
    const char *type, *props;
    const char *make, *ask, *drop;
    const char *gone;   /* the code; NULL: the answer is empty */
    const char *taken;  /* the code with which make refuses what is there; NULL: it adopts it */
    const char *answer; /* of make and ask */
};

static int refuse(struct cfn_backend_call *call, const char *code) {
    buf_c(&call->code, code);
    call->status = 400;
    return CFN_FAILED;
}

static int serve(struct world *w, struct cfn_backend_call *call) {
    const struct service *s = w->service;
    bool makes = strcmp(call->op, s->make) == 0, drops = strcmp(call->op, s->drop) == 0,
         asks = s->ask && strcmp(call->op, s->ask) == 0, was_there = w->is_there;
    if (asks && !was_there && s->gone)
        return refuse(call, s->gone);
    if (makes || drops)
        w->is_there = makes;
    call->out = makes || (asks && was_there) ? json_parse(str_c(s->answer), NULL) : json_object();
    void (*others)(struct world *) = makes ? w->meanwhile : NULL;
    if (others) {
        w->meanwhile = NULL;
        others(w);
    }
    return makes && was_there && s->taken ? refuse(call, s->taken) : CFN_DONE;
}

static int call(void *ctx, struct cfn_backend_call *call) {
    (void)ctx;
    if (now->service)
        return serve(now, call);
    CHECK_TEXT(call->service, "lambda");
    CHECK_TEXT(call->op, "Invoke");
    buf_clear(&now->request);
    buf_str(&now->request, json_str(call->in, "Payload"));
    buf_c(&now->log, "invoke;");
    void (*others)(struct world *) = now->meanwhile;
    now->meanwhile = NULL;
    if (others)
        others(now);
    return 0;
}

static const struct cfn_backend backend = {.type = type_of, .identity = identity_of, .call = call};

/* ---- Running ---- */

static int open_world(void **state) {
    struct world *w = mem_new(struct world);
    tmp_dir(w->data);
    w->store = tmp_open(w->data);
    w->hub = hub_new(w->store);
    w->engine = cfn_engine_new(w->store, w->hub, &backend);
    now = w;
    clock_set_offset_ms(0);
    *state = w;
    return 0;
}

static int close_world(void **state) {
    struct world *w = *state;
    cfn_engine_free(w->engine);
    hub_free(w->hub);
    store_free(w->store);
    tmp_remove(w->data);
    buf_deinit(&w->log);
    buf_deinit(&w->request);
    buf_deinit(&w->uuid);
    free(w);
    return 0;
}

/* A new engine over the same rows. */
static void restart(struct world *w) {
    cfn_engine_free(w->engine);
    hub_free(w->hub);
    w->hub = hub_new(w->store);
    w->engine = cfn_engine_new(w->store, w->hub, &backend);
}

/* A stack to look at, or to change. */
struct held {
    struct arena arena;
    struct rows rows;
    struct cfn_stack stack;
};
static void held_deinit(struct held *h) {
    cfn_stack_deinit(&h->stack);
    store_batch_free(h->rows.batch);
    arena_deinit(&h->arena);
}
static void hold(struct world *w, struct held *h) {
    h->rows = (struct rows){w->store, NULL, store_batch_new()};
    CHECK_INT(cfn_get_stack(&h->rows, &h->arena, place, buf_view(&w->uuid), &h->stack), 0);
}
static int commit(struct held *h) {
    struct err err = {{0}};
    return store_commit(h->rows.store, h->rows.batch, &err);
}

static void create_stack(struct world *w, const char *name, const char *text,
                         struct cfn_operation options) {
    CLEANUP_DEINIT(held) struct held h = {.rows = {w->store, NULL, store_batch_new()}};
    struct cfn_operation op;
    CHECK_INT(cfn_stack_new(&h.rows, &h.arena, place, str_c(name), &h.stack), 0);
    h.stack.now.parameters = json_object();
    buf_clear(&w->uuid);
    buf_str(&w->uuid, h.stack.uuid);
    cfn_operation_new(&h.arena, CFN_OP_CREATE, &op);
    options.id = op.id;
    options.kind = op.kind;
    cfn_stack_set_template(&h.rows, &h.stack, str_c(text));
    cfn_start(w->engine, &h.rows, &h.stack, &options, CFN_CREATE_IN_PROGRESS, STR_NONE);
    CHECK_INT(commit(&h), 0);
}

static void change_stack(struct world *w, enum cfn_op_kind kind, const char *text,
                         json_t *retained) {
    CLEANUP_DEINIT(held) struct held h = {0};
    struct cfn_operation op;
    hold(w, &h);
    cfn_operation_new(&h.arena, kind, &op);
    op.retained = retained;
    if (text) {
        cfn_stack_remember(&h.stack);
        cfn_stack_set_template(&h.rows, &h.stack, str_c(text));
    }
    cfn_start(w->engine, &h.rows, &h.stack, &op,
              text ? CFN_UPDATE_IN_PROGRESS : CFN_DELETE_IN_PROGRESS, STR_NONE);
    CHECK_INT(commit(&h), 0);
}
static void update_stack(struct world *w, const char *text) {
    change_stack(w, CFN_OP_UPDATE, text, NULL);
}
static void delete_stack(struct world *w) { change_stack(w, CFN_OP_DELETE, NULL, NULL); }

static void check_status(struct world *w, const char *status) {
    CLEANUP_DEINIT(held) struct held h = {0};
    hold(w, &h);
    CHECK_STR(str_c(cfn_status_name(h.stack.status)), str_c(status));
}

static int add_event(void *ctx, void *what) {
    const struct cfn_event *event = what;
    buf_printf(ctx, STR_FMT " %s;", STR_ARG(event->logical), cfn_status_name(event->status));
    return 0;
}

static int each_event(struct world *w, int (*each)(void *, void *), void *ctx) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    struct rows rows = {w->store, NULL, NULL};
    cfn_key(&key, "cfn-event", place, buf_view(&w->uuid), STR_NONE);
    return cfn_each(&rows, &cfn_event_form, buf_view(&key), each, ctx);
}

static void check_events(struct world *w, const char *want) {
    CLEANUP_DEINIT(buf) struct buf got = {0};
    CHECK_INT(each_event(w, add_event, &got), 0);
    CHECK_BUF(got, want);
}

#define QUEUE "Type: AWS::SQS::Queue"

/* ---- Tests ---- */

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
    CLEANUP_DEINIT(held) struct held h = {0};
    CLEANUP_DEINIT(cfn_resource) struct cfn_resource made = {0};
    hold(w, &h);
    cfn_key(&made.row.key, "cfn-res", place, h.stack.uuid, S("New"));
    CHECK_INT(cfn_peek(&h.rows, &cfn_resource_form, &h.arena, &made), 0);
    CHECK_STR(made.now.physical, S("one"));
    /* The stack is what it was: the same template again changes nothing. */
    buf_clear(&w->log);
    delete_stack(w);
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "remove Gone;remove New;remove Changed;");
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

static void answer(struct world *w, const char *json) {
    CLEANUP_JSON json_t *request = json_parse(buf_view(&w->request), NULL);
    CHECK(request);
    str url = json_str(request, "ResponseURL");
    struct cfn_answer a = {.path = str_skip(url, (size_t)str_find(url, S("/_calotype"))),
                           .body = str_c(json)};
    CHECK_INT(cfn_take_answer(w->engine, &a), 200);
    CHECK_INT(cfn_take_answer(w->engine, &a), 200); /* a retry changes nothing */
}

static const char custom[] =
    "Resources:\n  X: {Type: 'Custom::Thing', Properties: {ServiceToken: 'arn:aws:lambda:us-east-1:000000000000:function:f', "
    "ServiceTimeout: 60, N: 1, Flag: true}}\n  Q: {" QUEUE
    ", Properties: {QueueName: !GetAtt X.Name}}\n";

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
    answer(w, "{\"Status\":\"SUCCESS\"}");
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

static void take_over(struct world *w) {
    CLEANUP_DEINIT(held) struct held h = {0};
    struct cfn_operation op;
    hold(w, &h);
    cfn_operation_new(&h.arena, CFN_OP_DELETE, &op);
    cfn_take_over(w->engine, &h.rows, &h.stack, &op);
    CHECK_INT(commit(&h), 0);
}

static int count(void *ctx, void *what) {
    (void)what;
    ++*(int *)ctx;
    return 0;
}

/* Nobody is waited for any more, and what comes late is refused. */
static void no_answer_is_awaited(struct world *w) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    struct rows rows = {w->store, NULL, NULL};
    int n = 0;
    key_begin(&key, "cfn-reply");
    CHECK_INT(cfn_each(&rows, &cfn_reply_form, buf_view(&key), count, &n), 0);
    CHECK_INT(n, 0);
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
    answer(w, "{\"Status\":\"SUCCESS\"}");
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

/* ---- What was made, and not written down ---- */

static int touch(void *ctx, void *what) {
    const struct rows *rows = ctx;
    struct cfn_resource *resource = what;
    resource->time_ms++;
    cfn_put(rows, &cfn_resource_form, resource);
    return 0;
}

/* The condition of the commit that is to come does not hold. */
static void lose_outcome(struct world *w) {
    CLEANUP_DEINIT(held) struct held h = {0};
    CLEANUP_DEINIT(buf) struct buf key = {0};
    hold(w, &h);
    cfn_key(&key, "cfn-res", place, buf_view(&w->uuid), STR_NONE);
    CHECK_INT(cfn_each(&h.rows, &cfn_resource_form, buf_view(&key), touch, &h.rows), 0);
    CHECK_INT(commit(&h), 0);
}

static void lose_and_take_over(struct world *w) {
    lose_outcome(w);
    take_over(w);
}

static void die(struct world *w) {
    lose_outcome(w);
    cfn_engine_stop(w->engine);
}

/* The deletion is answered while nobody runs. */
static void start_and_take_over(struct world *w) {
    restart(w);
    take_over(w);
    cfn_engine_work(w->engine);
}

static void a_deletion_finds_what_was_made(void **state) {
    struct world *w = *state;
    create_stack(w, "s", "Resources: {A: {" QUEUE "}}\n", (struct cfn_operation){0});
    w->meanwhile = lose_and_take_over;
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "create A;find A;remove A;");
    check_status(w, "DELETE_COMPLETE");

    buf_clear(&w->log);
    create_stack(w, "t", "Resources: {A: {" QUEUE "}, B: {" QUEUE ", DependsOn: A}}\n",
                 (struct cfn_operation){0});
    w->meanwhile = die;
    cfn_engine_work(w->engine);
    start_and_take_over(w);
    CHECK_BUF(w->log, "create A;find A;remove A;");
    check_status(w, "DELETE_COMPLETE");
}

/* What is kept is not looked for: nothing says that it is gone. */
static void a_deletion_keeps_what_it_cannot_know(void **state) {
    struct world *w = *state;
    create_stack(w, "s", "Resources: {A: {" QUEUE ", DeletionPolicy: Retain}}\n",
                 (struct cfn_operation){0});
    w->meanwhile = lose_and_take_over;
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "create A;");
    check_events(
        w,
        "s CREATE_IN_PROGRESS;A CREATE_IN_PROGRESS;s DELETE_IN_PROGRESS;A DELETE_SKIPPED;s DELETE_COMPLETE;");
}

/* It waits because the store takes no changes; another fails: it may have been made before that. */
static void a_rollback_finds_what_was_made(void **state) {
    struct world *w = *state;
    create_stack(w, "s",
                 "Resources:\n  R: {" QUEUE ", Properties: {QueueName: refused}}\n  X: {" QUEUE
                 ", Properties: {QueueName: bad}}\n",
                 (struct cfn_operation){0});
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "create R;create X;find R;remove R;");
    check_status(w, "ROLLBACK_COMPLETE");

    buf_clear(&w->log);
    create_stack(w, "t", "Resources: {F: {" QUEUE ", Properties: {QueueName: flaky}}}\n",
                 (struct cfn_operation){0});
    w->meanwhile = lose_outcome;
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "create F;create F again;find F;remove F;");
    check_status(w, "ROLLBACK_COMPLETE");
}

/* A failed stack that stays as it is, and is deleted another day. */
static void a_later_deletion_finds_what_was_made(void **state) {
    struct world *w = *state;
    create_stack(w, "s", "Resources: {F: {" QUEUE ", Properties: {QueueName: flaky}}}\n",
                 (struct cfn_operation){.on_failure = CFN_FAIL_DO_NOTHING});
    w->meanwhile = lose_outcome;
    cfn_engine_work(w->engine);
    check_status(w, "CREATE_FAILED");
    delete_stack(w);
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "create F;create F again;find F;remove F;");
    check_status(w, "DELETE_COMPLETE");
}

static void an_update_s_rollback_finds_what_was_made(void **state) {
    struct world *w = *state;
    create_stack(w, "s",
                 "Resources: {Same: {" QUEUE "}, New: {" QUEUE ", Properties: {QueueName: one}}}\n",
                 (struct cfn_operation){0});
    cfn_engine_work(w->engine);
    buf_clear(&w->log);
    update_stack(w, "Resources: {Same: {" QUEUE "}, New: {" QUEUE
                    ", Properties: {QueueName: flaky}}}\n");
    w->meanwhile = lose_outcome;
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "create New;create New again;find New;remove New;");
    check_status(w, "UPDATE_ROLLBACK_COMPLETE");

    buf_clear(&w->log);
    update_stack(w, "Resources: {Same: {" QUEUE "}, New: {" QUEUE
                    ", Properties: {QueueName: one}}, Added: {" QUEUE
                    ", Properties: {QueueName: flaky}}}\n");
    w->meanwhile = lose_outcome;
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "create Added;create Added again;find Added;remove Added;");
    check_status(w, "UPDATE_ROLLBACK_COMPLETE");
}

/* Delete names what it is to undo; Create is not sent for that. */
static void a_request_that_may_be_on_its_way_is_undone(void **state) {
    struct world *w = *state;
    create_stack(w, "s", custom, (struct cfn_operation){0});
    w->meanwhile = die;
    cfn_engine_work(w->engine);
    CHECK_BUF(w->log, "invoke;");
    start_and_take_over(w);
    CHECK_BUF(w->log, "invoke;invoke;");
    CLEANUP_JSON json_t *request = json_parse(buf_view(&w->request), NULL);
    CHECK_STR(json_str(request, "RequestType"), S("Delete"));
    CHECK(str_starts(json_str(request, "PhysicalResourceId"), S("s-X-")));
    answer(w, "{\"Status\":\"SUCCESS\"}");
    cfn_engine_work(w->engine);
    check_status(w, "DELETE_COMPLETE");
    no_answer_is_awaited(w);
}

static const struct service services[] = {
    {"AWS::DynamoDB::Table", "TableName: mine, KeySchema: [{AttributeName: k, KeyType: HASH}]",
     "CreateTable", "DescribeTable", "DeleteTable", "ResourceNotFoundException",
     "ResourceInUseException", "{\"Table\":{\"TableStatus\":\"ACTIVE\"}}"},
    {"AWS::S3::Bucket", "BucketName: mine", "CreateBucket", "HeadBucket", "DeleteBucket",
     "NoSuchBucket", NULL, "{}"},
    {"AWS::S3::BucketPolicy", "Bucket: b, PolicyDocument: {}", "PutBucketPolicy", "GetBucketPolicy",
     "DeleteBucketPolicy", "NoSuchBucketPolicy", NULL, "{}"},
    {"AWS::SQS::Queue", "QueueName: mine", "CreateQueue", "GetQueueUrl", "DeleteQueue",
     "QueueDoesNotExist", NULL, "{\"QueueUrl\":\"http://x/mine\"}"},
    {"AWS::SNS::Topic", "TopicName: mine", "CreateTopic", "GetTopicAttributes", "DeleteTopic",
     "NotFound", NULL, "{\"TopicArn\":\"arn:mine\"}"},
    {"AWS::SNS::Subscription", "TopicArn: t, Protocol: sqs, Endpoint: q", "Subscribe", NULL,
     "Unsubscribe", "NotFound", NULL, "{\"SubscriptionArn\":\"arn:s\"}"},
    {"AWS::IAM::Role", "RoleName: mine, AssumeRolePolicyDocument: {}", "CreateRole", "GetRole",
     "DeleteRole", "NoSuchEntity", "EntityAlreadyExists", "{}"},
    {"AWS::IAM::User", "UserName: mine", "CreateUser", "GetUser", "DeleteUser", "NoSuchEntity",
     "EntityAlreadyExists", "{}"},
    {"AWS::IAM::ManagedPolicy", "ManagedPolicyName: mine, PolicyDocument: {}", "CreatePolicy",
     "GetPolicy", "DeletePolicy", "NoSuchEntity", "EntityAlreadyExists", "{}"},
    {"AWS::IAM::InstanceProfile", "InstanceProfileName: mine, Roles: [r]", "CreateInstanceProfile",
     "GetInstanceProfile", "DeleteInstanceProfile", "NoSuchEntity", "EntityAlreadyExists", "{}"},
    {"AWS::IAM::Policy", "PolicyName: p, PolicyDocument: {}, Roles: [r]", "PutRolePolicy", NULL,
     "DeleteRolePolicy", "NoSuchEntity", NULL, "{}"},
    {"AWS::Lambda::Function", "FunctionName: mine, Role: r, Code: {ZipFile: x}", "CreateFunction",
     "GetFunctionConfiguration", "DeleteFunction", "ResourceNotFoundException",
     "ResourceConflictException", "{\"State\":\"Active\"}"},
    {"AWS::Lambda::Permission", "FunctionName: f, Action: a, Principal: p", "AddPermission", NULL,
     "RemovePermission", "ResourceNotFoundException", "ResourceConflictException", "{}"},
    {"AWS::Lambda::EventInvokeConfig", "FunctionName: f, Qualifier: q",
     "PutFunctionEventInvokeConfig", "GetFunctionEventInvokeConfig",
     "DeleteFunctionEventInvokeConfig", "ResourceNotFoundException", NULL, "{}"},
    {"AWS::Logs::LogGroup", "LogGroupName: mine", "CreateLogGroup", "ListTagsForResource",
     "DeleteLogGroup", "ResourceNotFoundException", "ResourceAlreadyExistsException", "{}"},
    {"AWS::Logs::LogStream", "LogGroupName: g, LogStreamName: mine", "CreateLogStream",
     "GetLogEvents", "DeleteLogStream", "ResourceNotFoundException",
     "ResourceAlreadyExistsException", "{}"},
    {"AWS::CloudWatch::Alarm",
     "AlarmName: mine, ComparisonOperator: GreaterThanThreshold, EvaluationPeriods: 1",
     "PutMetricAlarm", "DescribeAlarms", "DeleteAlarms", NULL, NULL, "{\"MetricAlarms\":[{}]}"},
    {"AWS::CloudWatch::Dashboard", "DashboardName: mine, DashboardBody: x", "PutDashboard",
     "GetDashboard", "DeleteDashboards", "DashboardNotFoundError", NULL, "{}"},
};

/* A stack with one resource of this service, which loses what becomes of its creation. */
static void begin_with(struct world *w, const struct service *s, bool is_there,
                       void (*meanwhile)(struct world *)) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_printf(&text, "Resources: {A: {Type: '%s', Properties: {%s}}}\n", s->type, s->props);
    w->service = s;
    w->is_there = is_there;
    w->meanwhile = meanwhile;
    create_stack(w, "s", buf_cstr(&text), (struct cfn_operation){0});
    cfn_engine_work(w->engine);
}

static void every_type_finds_what_it_made(void **state) {
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(services); i++) {
        const struct service *s = &services[i];
        begin_with(w, s, false, lose_and_take_over);
        CHECK_CASE(!w->meanwhile, s->type);
        check_status(w, "DELETE_COMPLETE");
        CHECK_CASE(!w->is_there, s->type);
        begin_with(w, s, false, die);
        CHECK_CASE(w->is_there, s->type);
        start_and_take_over(w);
        check_status(w, "DELETE_COMPLETE");
        CHECK_CASE(!w->is_there, s->type);
        begin_with(w, s, false, lose_outcome); /* without a deletion it goes on */
        check_status(w, "CREATE_COMPLETE");
        CHECK_CASE(w->is_there, s->type);
    }
}

/* What was there before the stack is somebody else's, whatever is lost. */
static void no_type_takes_what_was_there(void **state) {
    struct world *w = *state;
    void (*const ways[])(struct world *) = {NULL, lose_outcome, lose_and_take_over, die};
    for (size_t i = 0; i < ARRAY_LEN(services); i++)
        for (size_t way = 0; services[i].ask && way < ARRAY_LEN(ways); way++) {
            begin_with(w, &services[i], true, ways[way]);
            bool asked = w->meanwhile || !ways[way]; /* and so make was not called */
            if (ways[way] == die && !asked)
                start_and_take_over(w);
            bool deletes = !asked && (ways[way] == die || ways[way] == lose_and_take_over);
            check_status(w, deletes ? "DELETE_COMPLETE" : "ROLLBACK_COMPLETE");
            CHECK_CASE(w->is_there, services[i].type);
        }
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
                    ", Properties: {DelaySeconds: 7}}}\n"); /* another id: the stack gets garbage */
    w->meanwhile = keep_changing;
    int64_t wake = cfn_engine_work(w->engine);
    CHECK(wake > clock_world_ms() && wake < clock_world_ms() + 1000);
    check_status(w, "UPDATE_IN_PROGRESS");
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
    CHECK(!cfn_is_answer(S("/photos/cfn-response/x")));
    CHECK(cfn_is_answer(a.path));
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, open_world, close_world)
int main(void) {
    const struct CMUnitTest tests[] = {T(creates_in_order_and_deletes_in_reverse),
                                       T(rolls_back_what_it_made),
                                       T(waits_without_holding_up_others),
                                       T(every_way_back_and_out_may_wait),
                                       T(goes_on_after_a_stop_at_any_step),
                                       T(updates_and_cleans_up),
                                       T(rolls_an_update_back),
                                       T(a_failed_update_changes_no_policy),
                                       T(keeps_what_it_cannot_delete),
                                       T(speaks_with_custom_resources),
                                       T(custom_resources_fail_and_time_out),
                                       T(unknown_tokens_cannot_answer),
                                       T(a_deletion_takes_over_a_creation),
                                       T(what_is_cancelled_is_not_awaited),
                                       T(events_keep_secrets),
                                       T(the_engine_overwrites_nobody),
                                       T(a_deletion_in_the_last_moment_counts),
                                       T(a_deletion_finds_what_was_made),
                                       T(a_deletion_keeps_what_it_cannot_know),
                                       T(a_rollback_finds_what_was_made),
                                       T(a_later_deletion_finds_what_was_made),
                                       T(an_update_s_rollback_finds_what_was_made),
                                       T(a_request_that_may_be_on_its_way_is_undone),
                                       T(every_type_finds_what_it_made),
                                       T(no_type_takes_what_was_there),
                                       T(a_deletion_that_comes_too_late_begins_anew),
                                       T(an_import_of_what_is_gone_fails),
                                       T(an_export_has_one_owner),
                                       T(a_look_that_is_overtaken_makes_way),
                                       T(damage_holds_up_no_other_stack)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
