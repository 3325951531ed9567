/*
 * One verb on one resource, as its row's task tells. To begin is to commit the intention; then the
 * type's verb is called, as often as it says "wait", and what came of it is committed.
 */
#include "cfn/run.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "base/rand.h"

static const struct {
    const char *word;
    enum cfn_status begun, done, failed;
} verbs[] = {
    [CFN_CREATE] = {"Create", CFN_CREATE_IN_PROGRESS, CFN_CREATE_COMPLETE, CFN_CREATE_FAILED},
    [CFN_REPLACE] = {"Create", CFN_UPDATE_IN_PROGRESS, CFN_UPDATE_COMPLETE, CFN_UPDATE_FAILED},
    [CFN_UPDATE] = {"Update", CFN_UPDATE_IN_PROGRESS, CFN_UPDATE_COMPLETE, CFN_UPDATE_FAILED},
    [CFN_RESTORE] = {"Update", CFN_UPDATE_IN_PROGRESS, CFN_UPDATE_COMPLETE, CFN_UPDATE_FAILED},
    [CFN_REMOVE] = {"Delete", CFN_DELETE_IN_PROGRESS, CFN_DELETE_COMPLETE, CFN_DELETE_FAILED},
};

static bool makes_it(enum cfn_verb verb) { return verb == CFN_CREATE || verb == CFN_REPLACE; }
static bool changes_it(enum cfn_verb verb) { return verb == CFN_UPDATE || verb == CFN_RESTORE; }

enum cfn_stage cfn_task_stage(const struct cfn_run *run, const struct cfn_resource *resource) {
    const struct cfn_task *task = &resource->task;
    bool ours =
        task->op.len && str_eq(task->op, run->stack.op.id) && task->phase == run->stack.status;
    return ours ? task->stage : CFN_UNTOUCHED;
}

void cfn_task_mark(struct cfn_run *run, struct cfn_resource *resource, enum cfn_verb verb,
                   enum cfn_stage stage) {
    if (resource->task.stage == CFN_DOING)
        cfn_drop_reply(run->engine, &run->rows, resource); /* a deletion has taken over */
    cfn_form_deinit(&cfn_task_form, &resource->task);
    resource->task = (struct cfn_task){.op = run->stack.op.id,
                                       .phase = run->stack.status,
                                       .verb = verb,
                                       .stage = stage};
    cfn_run_changed(run, resource);
}

/* ---- What the type sees ---- */

static const struct cfn_type *type_of(struct cfn_run *run, const struct cfn_resource *resource) {
    const struct cfn_backend *backend = cfn_engine_backend(run->engine);
    return backend->type(backend->ctx, resource->now.type);
}

static struct cfn_work work_of(struct cfn_run *run, const struct cfn_resource *resource,
                               struct cfn_caller *caller) {
    const struct cfn_task *task = &resource->task;
    struct cfn_work w = {
        .account = run->stack.place.account,
        .region = run->stack.place.region,
        .stack_id = run->stack.id,
        .stack_name = run->stack.name,
        .logical_id = resource->name,
        .type = resource->now.type,
        .name = task->name,
        .is_free = task->is_free,
        .props = task->properties,
        .old = changes_it(task->verb) ? resource->now.properties : NULL,
        .verb = verbs[task->verb].word,
        .now_ms = clock_world_ms(),
        .notes = json_incref(task->notes),
        .attributes = json_object(),
        .wake_ms = INT64_MAX,
        .caller = caller,
    };
    if (!makes_it(task->verb) && resource->now.attributes)
        json_object_update(w.attributes, resource->now.attributes);
    buf_str(&w.physical, resource->now.physical);
    return w;
}

static void work_deinit(struct cfn_work *w) {
    json_decref(w->notes);
    json_decref(w->attributes);
    buf_deinit(&w->physical);
    buf_deinit(&w->reason);
    buf_deinit(&w->note);
}

/* ---- Outcomes ---- */

static void keep_physical(struct cfn_run *run, struct cfn_resource *resource,
                          const struct cfn_work *w) {
    if (!str_eq(resource->now.physical, buf_view(&w->physical)) || !resource->now.physical.p)
        resource->now.physical = arena_str(&run->arena, buf_view(&w->physical));
    cfn_set_json(&resource->now.properties, json_incref(resource->task.properties));
}

/*
 * An update may answer another id (custom resources): it has made a new thing beside the old one,
 * which a rollback comes back to, and deletes the new one, also where the update failed. On AWS the
 * same ("Best practices for implementing custom resources", re:Post; aws-cdk 13527, 17040, 19188).
 */
static void note_replacement(struct cfn_resource *resource, const struct cfn_work *w) {
    bool is_another = w->physical.len && !str_eq(resource->now.physical, buf_view(&w->physical));
    if (resource->task.verb == CFN_UPDATE && is_another)
        resource->task.verb = CFN_REPLACE;
}

static void finish(struct cfn_run *run, struct cfn_resource *resource, struct cfn_work *w) {
    note_replacement(resource, w);
    enum cfn_verb verb = resource->task.verb;
    if (verb == CFN_RESTORE && !str_eq(resource->now.physical, buf_view(&w->physical)))
        cfn_run_discard(run, resource, &resource->now, false);
    if (verb == CFN_CREATE)
        cfn_add_event(&run->rows, &run->stack, resource, CFN_CREATE_IN_PROGRESS,
                      S("Resource creation Initiated"));
    if (verb != CFN_REMOVE) {
        keep_physical(run, resource, w);
        cfn_set_json(&resource->now.attributes, json_incref(w->attributes));
        resource->now.no_echo = w->no_echo;
        if (w->no_echo)
            cfn_run_hide(run, w->attributes);
    }
    resource->task.stage = CFN_FINISHED;
    cfn_run_mark(run, resource, verbs[verb].done, w->note.len ? buf_view(&w->note) : STR_NONE);
}

static void break_off(struct cfn_run *run, struct cfn_resource *resource, struct cfn_work *w) {
    note_replacement(resource, w);
    enum cfn_verb verb = resource->task.verb;
    resource->task.stage = CFN_BROKEN;
    if (makes_it(verb) && w->physical.len)
        keep_physical(run, resource, w);
    resource->task.is_lost = makes_it(verb) && w->again && !w->physical.len;
    cfn_run_mark(run, resource, verbs[verb].failed, buf_view(&w->reason));
}

/* From now on it can be removed, and the verb's notes are kept. */
static void wait(struct cfn_run *run, struct cfn_resource *resource, struct cfn_work *w) {
    if (w->wake_ms < run->wake_ms)
        run->wake_ms = w->wake_ms;
    if (makes_it(resource->task.verb) && w->physical.len)
        keep_physical(run, resource, w);
    cfn_run_changed(run, resource);
}

/* ---- The verb ---- */

static struct cfn_caller caller_of(const struct cfn_run *run) {
    return (struct cfn_caller){.backend = cfn_engine_backend(run->engine),
                               .place = run->stack.place,
                               .store = run->rows.store};
}

/* As whom: 0, or CFN_FAILED with the reason. */
static int find_identity(struct cfn_run *run, struct cfn_work *w, const struct cfn_type *type) {
    const struct cfn_backend *backend = cfn_engine_backend(run->engine);
    if (!type)
        return cfn_fail(w, "Resource type " STR_FMT " is not supported", STR_ARG(w->type));
    if (!run->identity &&
        backend->identity(backend->ctx, &run->stack.op, &run->identity, &run->why))
        return cfn_fail(w, "%s", run->why.text);
    w->caller->identity = run->identity;
    return CFN_DONE;
}

static int call_verb(struct cfn_run *run, struct cfn_work *w, enum cfn_verb verb,
                     const struct cfn_type *type) {
    if (find_identity(run, w, type))
        return CFN_FAILED;
    /* called again, but what is there may be another's: as if it were the first time */
    bool may_adopt = makes_it(verb) && !w->physical.len && w->again && !cfn_is_ours(type, w);
    w->again = w->again && !may_adopt;
    if (may_adopt && cfn_ask(type, w))
        return CFN_FAILED;
    return verb == CFN_REMOVE ? cfn_type_remove(type, w)
           : changes_it(verb) ? cfn_type_update(type, w)
                              : cfn_type_create(type, w);
}

enum { REFUSED_MS = 5000 }; /* between two calls of a verb while the store takes no changes */

/* Calls the verb and commits what came of it. again: it may have been called before. */
static int carry_on(struct cfn_run *run, struct cfn_resource *resource, bool again) {
    struct cfn_caller caller = caller_of(run);
    struct cfn_work w = work_of(run, resource, &caller);
    w.again = again;
    int r = call_verb(run, &w, resource->task.verb, type_of(run, resource));
    if (r == CFN_FAILED && w.refused) { /* no fault of the resource: as if we had died there */
        r = CFN_WAIT;
        w.wake_ms = clock_world_ms() + REFUSED_MS;
    }
    if (r == CFN_WAIT)
        wait(run, resource, &w);
    else
        cfn_drop_reply(run->engine, &run->rows, resource);
    if (r == CFN_DONE)
        finish(run, resource, &w);
    else if (r == CFN_FAILED)
        break_off(run, resource, &w);
    work_deinit(&w);
    return cfn_run_commit_and(run, r);
}

int cfn_task_go_on(struct cfn_run *run, struct cfn_resource *resource) {
    enum cfn_stage stage = cfn_task_stage(run, resource);
    return stage == CFN_FINISHED ? CFN_DONE
           : stage == CFN_BROKEN ? CFN_FAILED
                                 : carry_on(run, resource, true);
}

/* ---- What was made, and not written down ---- */

bool cfn_task_is_lost(const struct cfn_resource *resource) {
    const struct cfn_task *task = &resource->task;
    return makes_it(task->verb) && !resource->now.physical.len &&
           (task->stage == CFN_DOING || task->is_lost);
}

int cfn_task_find_made(struct cfn_run *run, struct cfn_resource *resource) {
    if (!cfn_task_is_lost(resource))
        return CFN_DONE;
    if (cfn_task_stage(run, resource) == CFN_BROKEN) /* this step has looked already */
        return CFN_FAILED;
    struct cfn_caller caller = caller_of(run);
    struct cfn_work w = work_of(run, resource, &caller);
    const struct cfn_type *type = type_of(run, resource);
    bool restores = run->stack.status == CFN_UPDATE_ROLLBACK_IN_PROGRESS;
    int r = find_identity(run, &w, type) || cfn_type_find_made(type, &w) ? CFN_FAILED : CFN_DONE;
    if (r == CFN_FAILED && w.refused) {
        r = CFN_WAIT;
        run->wake_ms = clock_world_ms() + REFUSED_MS;
    } else if (r == CFN_FAILED) {
        cfn_drop_reply(run->engine, &run->rows, resource);
        resource->task.op = run->stack.op.id;
        resource->task.phase = run->stack.status;
        resource->task.stage = CFN_BROKEN; /* of this step; it stays lost for the next operation */
        resource->task.is_lost = true;
        cfn_run_mark(run, resource, restores ? CFN_UPDATE_FAILED : CFN_DELETE_FAILED,
                     buf_view(&w.reason));
        r = cfn_run_commit_and(run, CFN_FAILED);
    } else {
        cfn_drop_reply(run->engine, &run->rows, resource);
        resource->task.stage = CFN_BROKEN;
        resource->task.is_lost = false;
        if (w.physical.len)
            keep_physical(run, resource, &w);
    }
    work_deinit(&w);
    return r;
}

/* ---- One thing, two rows ---- */

static json_t *named_by(struct cfn_run *run, const struct cfn_resource *resource) {
    struct cfn_work w = work_of(run, resource, NULL);
    w.props = resource->now.properties;
    json_t *on = cfn_on(&w);
    work_deinit(&w);
    return on;
}

/* An id alone may be another's too: streams of two log groups, or what two functions answered. */
bool cfn_task_is_same_thing(struct cfn_run *run, const struct cfn_resource *a,
                            const struct cfn_resource *b) {
    const struct cfn_type *type = type_of(run, a);
    if (!type || !a->now.physical.len || !str_eq(a->now.physical, b->now.physical) ||
        !str_eq(a->now.type, b->now.type))
        return false;
    if (!type->on)
        return str_eq(a->name, b->name);
    CLEANUP_JSON json_t *x = named_by(run, a);
    CLEANUP_JSON json_t *y = named_by(run, b);
    return json_equal(x, y);
}

/* ---- Beginning ---- */

/* stack-logical-RANDOM, within the type's limit. */
static str generate_name(struct cfn_run *run, str logical, const struct cfn_type *type) {
    enum { RANDOM = 12 };
    char random[RANDOM + 1];
    size_t most = type && type->name_max ? type->name_max : 64;
    str stack = run->stack.name;
    rand_base32(random, RANDOM);
    size_t room = most - RANDOM - 2;
    size_t logical_len = logical.len < room / 2 ? logical.len
                         : stack.len < room / 2 ? room - stack.len
                                                : room / 2;
    if (logical_len > logical.len)
        logical_len = logical.len;
    size_t stack_len = stack.len < room - logical_len ? stack.len : room - logical_len;
    str name = arena_printf(&run->arena, "%.*s-%.*s-%s", (int)stack_len, stack.p, (int)logical_len,
                            logical.p, random);
    if (type && type->name_lower)
        ascii_lower_all((char *)name.p, name.len); /* the arena's; nothing else refers to it yet */
    return name;
}

static void prepare(struct cfn_run *run, struct cfn_resource *resource,
                    const struct cfn_type *type) {
    if (!type || !type->prepare)
        return;
    struct cfn_work w = work_of(run, resource, NULL);
    type->prepare(&w);
    work_deinit(&w);
    cfn_expect_reply(&run->rows, &run->stack, resource);
}

/*
 * The name must be known as free before the intention is on disk: what is there after a restart is
 * taken as the creation's own.
 */
static int ask(struct cfn_run *run, struct cfn_resource *resource, struct cfn_work *w,
               const struct cfn_type *type) {
    if (!makes_it(resource->task.verb) || find_identity(run, w, type))
        return CFN_DONE; /* the verb says what is wrong */
    int r = cfn_ask(type, w);
    resource->task.is_free = w->is_free;
    return r;
}

int cfn_task_begin(struct cfn_run *run, struct cfn_resource *resource, enum cfn_verb verb,
                   json_t *properties, str reason) {
    const struct cfn_type *type = type_of(run, resource);
    bool again = changes_it(verb) && resource->task.verb == CFN_UPDATE &&
                 resource->task.stage == CFN_BROKEN; /* parts of it may have been applied */
    if (makes_it(verb))
        resource->now.physical = STR_NONE;
    cfn_task_mark(run, resource, verb, CFN_DOING);
    resource->task.name = generate_name(run, resource->name, type);
    resource->task.properties = properties ? properties : json_object();
    resource->task.notes = json_object();
    prepare(run, resource, type);
    struct cfn_caller caller = caller_of(run);
    struct cfn_work w = work_of(run, resource, &caller);
    bool taken = ask(run, resource, &w, type) != CFN_DONE;
    cfn_run_mark(run, resource, verbs[verb].begun, reason);
    if (taken)
        break_off(run, resource, &w);
    work_deinit(&w);
    int r = cfn_run_commit_and(run, taken ? CFN_FAILED : CFN_DONE);
    return r ? r : carry_on(run, resource, again);
}

int cfn_task_remove(struct cfn_run *run, struct cfn_resource *resource) {
    return cfn_task_stage(run, resource) == CFN_UNTOUCHED
               ? cfn_task_begin(run, resource, CFN_REMOVE, json_incref(resource->now.properties),
                                STR_NONE)
               : cfn_task_go_on(run, resource);
}
