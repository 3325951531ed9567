/* The stack engine's world in tests: pretended resources, a pretended service, and what befalls stacks. */
#include "cfn/world.h"

static struct world *now;

const struct cfn_place place = {S_INIT("000000000000"), S_INIT("us-east-1")};

/*
 * ---- Pretended resources: name bad fails, half fails when it is there, slow waits until world time moves, delay 7 changes the
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
    if (str_is(name, "half"))
        return cfn_fail(w, "it is there, and no more");
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
                                         .on = "QueueUrl={id}",
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
    bool publishes = strcmp(call->service, "sns") == 0;
    CHECK_TEXT(call->service, publishes ? "sns" : "lambda");
    CHECK_TEXT(call->op, publishes ? "Publish" : "Invoke");
    buf_clear(&now->request);
    buf_str(&now->request, json_str(call->in, publishes ? "Message" : "Payload"));
    buf_c(&now->log, publishes ? "publish;" : "invoke;");
    if (now->no_function) {
        buf_c(&call->message, "Function not found: f");
        return refuse(call, "ResourceNotFoundException");
    }
    void (*others)(struct world *) = now->meanwhile;
    now->meanwhile = NULL;
    if (others)
        others(now);
    return 0;
}

const struct cfn_backend backend = {.type = type_of, .identity = identity_of, .call = call};

/* ---- Running ---- */

int open_world(void **state) {
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

int close_world(void **state) {
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

void restart(struct world *w) {
    cfn_engine_free(w->engine);
    hub_free(w->hub);
    w->hub = hub_new(w->store);
    w->engine = cfn_engine_new(w->store, w->hub, &backend);
}

void held_deinit(struct held *h) {
    cfn_stack_deinit(&h->stack);
    store_batch_free(h->rows.batch);
    arena_deinit(&h->arena);
}
void hold(struct world *w, struct held *h) {
    h->rows = (struct rows){w->store, NULL, store_batch_new()};
    CHECK_INT(cfn_get_stack(&h->rows, &h->arena, place, buf_view(&w->uuid), &h->stack), 0);
}
int commit(struct held *h) {
    struct err err = {{0}};
    return store_commit(h->rows.store, h->rows.batch, &err);
}

void create_stack(struct world *w, const char *name, const char *text,
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

/* options: what differs from an operation without any; taken. */
static void begin(struct world *w, enum cfn_op_kind kind, const char *text,
                  struct cfn_operation options) {
    CLEANUP_DEINIT(held) struct held h = {0};
    struct cfn_operation op;
    hold(w, &h);
    cfn_operation_new(&h.arena, kind, &op);
    options.id = op.id;
    options.kind = op.kind;
    if (text) {
        cfn_stack_remember(&h.stack);
        cfn_stack_set_template(&h.rows, &h.stack, str_c(text));
    }
    cfn_start(w->engine, &h.rows, &h.stack, &options,
              text ? CFN_UPDATE_IN_PROGRESS : CFN_DELETE_IN_PROGRESS, STR_NONE);
    CHECK_INT(commit(&h), 0);
}
void change_stack(struct world *w, enum cfn_op_kind kind, const char *text, json_t *retained) {
    begin(w, kind, text, (struct cfn_operation){.retained = retained});
}
void retry_stack(struct world *w, const char *text) {
    begin(w, CFN_OP_UPDATE, text, (struct cfn_operation){.disable_rollback = true});
}
void update_stack(struct world *w, const char *text) { change_stack(w, CFN_OP_UPDATE, text, NULL); }
void delete_stack(struct world *w) { change_stack(w, CFN_OP_DELETE, NULL, NULL); }
void force_deletion(struct world *w) {
    begin(w, CFN_OP_DELETE, NULL, (struct cfn_operation){.deletion = CFN_DELETION_FORCE});
}

void check_status(struct world *w, const char *status) {
    CLEANUP_DEINIT(held) struct held h = {0};
    hold(w, &h);
    CHECK_STR(str_c(cfn_status_name(h.stack.status)), str_c(status));
}

void physical_of(struct world *w, const char *name, struct buf *buf) {
    CLEANUP_DEINIT(held) struct held h = {0};
    CLEANUP_DEINIT(cfn_resource) struct cfn_resource resource = {0};
    hold(w, &h);
    cfn_key(&resource.row.key, "cfn-res", place, h.stack.uuid, str_c(name));
    CHECK_INT(cfn_peek(&h.rows, &cfn_resource_form, &h.arena, &resource), 0);
    buf_clear(buf);
    buf_str(buf, resource.now.physical);
}

static int add_event(void *ctx, void *what) {
    const struct cfn_event *event = what;
    buf_printf(ctx, STR_FMT " %s;", STR_ARG(event->logical), cfn_status_name(event->status));
    return 0;
}

int each_event(struct world *w, int (*each)(void *, void *), void *ctx) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    struct rows rows = {w->store, NULL, NULL};
    cfn_key(&key, "cfn-event", place, buf_view(&w->uuid), STR_NONE);
    return cfn_each(&rows, &cfn_event_form, buf_view(&key), each, ctx);
}

void check_events(struct world *w, const char *want) {
    CLEANUP_DEINIT(buf) struct buf got = {0};
    CHECK_INT(each_event(w, add_event, &got), 0);
    CHECK_BUF(got, want);
}

/* ---- Custom resources ---- */

const char custom[] =
    "Resources:\n  X: {Type: 'Custom::Thing', Properties: {ServiceToken: 'arn:aws:lambda:us-east-1:000000000000:function:f', "
    "ServiceTimeout: 60, N: 1, Flag: true}}\n  Q: {" QUEUE
    ", Properties: {QueueName: !GetAtt X.Name}}\n";

int put_answer(struct world *w, const struct buf *request, str body) {
    CLEANUP_JSON json_t *asked = json_parse(buf_view(request), NULL);
    CHECK(asked);
    str url = json_str(asked, "ResponseURL");
    struct cfn_answer a = {.body = body};
    str_cut(str_skip(url, (size_t)str_find(url, S("/_calotype"))), '?', &a.path, &a.query);
    return cfn_take_answer(w->engine, &a);
}

void answer(struct world *w, const char *json) {
    CHECK_INT(put_answer(w, &w->request, str_c(json)), 200);
    CHECK_INT(put_answer(w, &w->request, str_c(json)), 200); /* a retry changes nothing */
}

/* ---- A deletion that takes over ---- */

void take_over(struct world *w) {
    CLEANUP_DEINIT(held) struct held h = {0};
    struct cfn_operation op;
    hold(w, &h);
    cfn_operation_new(&h.arena, CFN_OP_DELETE, &op);
    cfn_take_over(w->engine, &h.rows, &h.stack, &op);
    CHECK_INT(commit(&h), 0);
}

static int touch(void *ctx, void *what) {
    const struct rows *rows = ctx;
    struct cfn_resource *resource = what;
    resource->time_ms++;
    cfn_put(rows, &cfn_resource_form, resource);
    return 0;
}

/* The condition of the commit that is to come does not hold. */
void lose_outcome(struct world *w) {
    CLEANUP_DEINIT(held) struct held h = {0};
    CLEANUP_DEINIT(buf) struct buf key = {0};
    hold(w, &h);
    cfn_key(&key, "cfn-res", place, buf_view(&w->uuid), STR_NONE);
    CHECK_INT(cfn_each(&h.rows, &cfn_resource_form, buf_view(&key), touch, &h.rows), 0);
    CHECK_INT(commit(&h), 0);
}

static int count(void *ctx, void *what) {
    (void)what;
    ++*(int *)ctx;
    return 0;
}

void no_answer_is_awaited(struct world *w) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    struct rows rows = {w->store, NULL, NULL};
    int n = 0;
    key_begin(&key, "cfn-reply");
    CHECK_INT(cfn_each(&rows, &cfn_reply_form, buf_view(&key), count, &n), 0);
    CHECK_INT(n, 0);
}
