/*
 * One verb on one resource. Its life is in the row's Task:
 *   {Op, Verb, Stage: doing|finished|broken, Name, Properties, Notes}
 * begin commits the intention; go_on calls the type's verb, as often as it says "wait", and commits
 * what came of it.
 */
#include "cfn/run.h"

#include "base/clock.h"
#include "base/rand.h"

#include <ctype.h>

static const struct {
    const char *name, *word;
    const char *begun, *done, *failed;
} verbs[] = {
    [CFN_CREATE] = {"create", "Create", "CREATE_IN_PROGRESS", "CREATE_COMPLETE", "CREATE_FAILED"},
    [CFN_REPLACE] = {"replace", "Create", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", "UPDATE_FAILED"},
    [CFN_UPDATE] = {"update", "Update", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", "UPDATE_FAILED"},
    [CFN_RESTORE] = {"restore", "Update", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", "UPDATE_FAILED"},
    [CFN_REMOVE] = {"remove", "Delete", "DELETE_IN_PROGRESS", "DELETE_COMPLETE", "DELETE_FAILED"},
};

static enum cfn_verb verb_of(const json_t *task) {
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (str_is(json_str(task, "Verb"), verbs[i].name))
            return (enum cfn_verb)i;
    return CFN_CREATE;
}

static bool is_ours(const struct cfn_run *run, const json_t *task) {
    return task && str_eq(json_str(task, "Op"), json_str(json_obj(run->stack, "Op"), "Id")) &&
           str_eq(json_str(task, "Phase"), cfn_run_status(run));
}

enum cfn_stage cfn_task_stage(const struct cfn_run *run, const json_t *row) {
    const json_t *task = json_obj(row, "Task");
    if (!is_ours(run, task))
        return CFN_UNTOUCHED;
    str stage = json_str(task, "Stage");
    return str_is(stage, "doing") ? CFN_DOING : str_is(stage, "broken") ? CFN_BROKEN : CFN_FINISHED;
}

str cfn_task_verb(const json_t *row) { return json_str(json_obj(row, "Task"), "Verb"); }

/* stack-logical-RANDOM, within the type's limit. */
static void add_generated_name(struct cfn_run *run, const json_t *row, const struct cfn_type *type, json_t *task) {
    enum { RANDOM = 12 };
    char random[RANDOM + 1];
    size_t most = type && type->name_max ? type->name_max : 64;
    str stack = json_str(run->stack, "StackName"), logical = json_str(row, "LogicalId");
    rand_base32(random, RANDOM);
    size_t room = most - RANDOM - 2;
    size_t logical_len = logical.len < room / 2 ? logical.len : stack.len < room / 2 ? room - stack.len : room / 2;
    if (logical_len > logical.len)
        logical_len = logical.len;
    size_t stack_len = stack.len < room - logical_len ? stack.len : room - logical_len;
    CLEANUP_DEINIT(buf) struct buf name = {0};
    buf_printf(&name, "%.*s-%.*s-%s", (int)stack_len, stack.p, (int)logical_len, logical.p, random);
    if (type && type->name_lower)
        for (size_t i = 0; i < name.len; i++)
            name.p[i] = (char)tolower((unsigned char)name.p[i]);
    json_set_str(task, "Name", buf_view(&name));
}

static struct cfn_work work_of(struct cfn_run *run, json_t *row, struct cfn_caller *caller) {
    json_t *task = json_obj(row, "Task");
    enum cfn_verb verb = verb_of(task);
    struct cfn_work w = {
        .account = run->place.account,
        .region = run->place.region,
        .stack_id = json_str(run->stack, "StackId"),
        .stack_name = json_str(run->stack, "StackName"),
        .logical_id = json_str(row, "LogicalId"),
        .type = json_str(row, "Type"),
        .name = json_str(task, "Name"),
        .props = json_obj(task, "Properties"),
        .old = verb == CFN_UPDATE || verb == CFN_RESTORE ? json_obj(row, "Properties") : NULL,
        .verb = verbs[verb].word,
        .again = json_bool(task, "Again", false),
        .now_ms = clock_world_ms(),
        .notes = json_incref(json_obj(task, "Notes")),
        .attributes = json_object(),
        .wake_ms = INT64_MAX,
        .caller = caller,
    };
    if (verb != CFN_CREATE && verb != CFN_REPLACE && json_obj(row, "Attributes"))
        json_object_update(w.attributes, json_obj(row, "Attributes"));
    buf_str(&w.physical, json_str(row, "PhysicalId"));
    return w;
}

static void work_deinit(struct cfn_work *w) {
    json_decref(w->notes);
    json_decref(w->attributes);
    buf_deinit(&w->physical);
    buf_deinit(&w->reason);
}

void cfn_task_remember(json_t *row) {
    static const char *const kept[] = {"Type", "PhysicalId", "Properties", "Attributes", "OnDelete", "OnReplace", "Order"};
    json_t *old = json_object();
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        json_t *value = json_object_get(row, kept[i]);
        json_set(old, kept[i], value ? json_deep_copy(value) : NULL);
    }
    json_set(row, "Old", old);
}

int cfn_task_begin(struct cfn_run *run, json_t *row, enum cfn_verb verb, json_t *props, str reason) {
    const struct cfn_backend *backend = cfn_engine_backend(run->engine);
    const struct cfn_type *type = backend->type(backend->ctx, json_str(row, "Type"));
    if (verb == CFN_REPLACE || verb == CFN_CREATE)
        json_object_del(row, "PhysicalId");
    json_t *task = json_object();
    json_set_str(task, "Op", json_str(json_obj(run->stack, "Op"), "Id"));
    json_set_str(task, "Phase", cfn_run_status(run));
    json_set_str(task, "Verb", str_c(verbs[verb].name));
    json_set_str(task, "Stage", S("doing"));
    json_set(task, "Properties", props ? props : json_object());
    json_set(task, "Notes", json_object());
    add_generated_name(run, row, type, task);
    json_set(row, "Task", task);
    if (type && type->prepare) {
        struct cfn_work w = work_of(run, row, NULL);
        type->prepare(&w);
        work_deinit(&w);
    }
    str token = json_str(json_obj(task, "Notes"), "Token");
    if (token.len) { /* the place for an answer must be there before anybody is asked */
        CLEANUP_DEINIT(buf) struct buf key = {0};
        CLEANUP_JSON json_t *reply = json_object();
        json_set_str(reply, "StackId", json_str(run->stack, "StackId"));
        json_set_str(reply, "LogicalId", json_str(row, "LogicalId"));
        cfn_key_reply(&key, token);
        cfn_save(run->batch, buf_view(&key), reply);
    }
    cfn_run_put_row(run, row, verbs[verb].begun, reason);
    return cfn_run_commit(run);
}

void cfn_task_skip(struct cfn_run *run, json_t *row) {
    json_t *task = json_object();
    json_set_str(task, "Op", json_str(json_obj(run->stack, "Op"), "Id"));
    json_set_str(task, "Phase", cfn_run_status(run));
    json_set_str(task, "Verb", S("none"));
    json_set_str(task, "Stage", S("finished"));
    json_set(row, "Task", task);
    cfn_run_put_row(run, row, NULL, STR_NONE);
}

/* ---- Going on ---- */

/* An update may have changed the physical id (custom resources): the old one is removed in the end. */
static void keep_replaced(struct cfn_run *run, json_t *row, str now_physical, enum cfn_verb verb) {
    str was = json_str(row, "PhysicalId");
    if ((verb != CFN_UPDATE && verb != CFN_RESTORE) || !was.len || str_eq(was, now_physical))
        return;
    json_t *garbage = json_deep_copy(row);
    json_object_del(garbage, "Task");
    json_object_del(garbage, "Old");
    json_set_bool(garbage, "Garbage", true);
    json_array_append_new(json_arr(run->stack, "Garbage"), garbage);
    cfn_run_put_stack(run);
}

static void finish(struct cfn_run *run, json_t *row, struct cfn_work *w, enum cfn_verb verb) {
    json_t *task = json_obj(row, "Task");
    keep_replaced(run, row, buf_view(&w->physical), verb);
    if (verb == CFN_CREATE)
        cfn_add_event(run->store, run->batch, run->place, run->stack, row, "CREATE_IN_PROGRESS", S("Resource creation Initiated"));
    if (verb != CFN_REMOVE) {
        json_set_str(row, "PhysicalId", buf_view(&w->physical));
        json_set(row, "Properties", json_incref(json_obj(task, "Properties")));
        json_set(row, "Attributes", json_incref(w->attributes));
        json_set_bool(row, "NoEcho", w->no_echo);
    }
    json_set_str(task, "Stage", S("finished"));
    cfn_run_put_row(run, row, verbs[verb].done, STR_NONE);
}

static void break_off(struct cfn_run *run, json_t *row, struct cfn_work *w, enum cfn_verb verb) {
    json_t *task = json_obj(row, "Task");
    json_set_str(task, "Stage", S("broken"));
    if ((verb == CFN_CREATE || verb == CFN_REPLACE) && w->physical.len) {
        json_set_str(row, "PhysicalId", buf_view(&w->physical));
        json_set(row, "Properties", json_incref(json_obj(task, "Properties")));
    }
    cfn_run_put_row(run, row, verbs[verb].failed, buf_view(&w->reason));
}

static void drop_reply(struct cfn_run *run, const json_t *task) {
    str token = json_str(json_obj(task, "Notes"), "Token");
    if (!token.len)
        return;
    CLEANUP_DEINIT(buf) struct buf key = {0};
    cfn_key_reply(&key, token);
    store_del(run->batch, STORE_META, buf_view(&key));
}

static int call_verb(struct cfn_run *run, struct cfn_work *w, enum cfn_verb verb) {
    const struct cfn_backend *backend = cfn_engine_backend(run->engine);
    const struct cfn_type *type = backend->type(backend->ctx, w->type);
    if (!type)
        return cfn_fail(w, "Resource type " STR_FMT " is not supported", STR_ARG(w->type));
    if (!run->identity && backend->identity(backend->ctx, run->op, &run->identity, &run->why))
        return cfn_fail(w, "%s", run->why.text);
    w->caller->identity = run->identity;
    return verb == CFN_REMOVE                             ? type->remove(w)
           : verb == CFN_UPDATE || verb == CFN_RESTORE ? type->update(w)
                                                          : type->create(w);
}

int cfn_task_go_on(struct cfn_run *run, json_t *row) {
    json_t *task = json_obj(row, "Task");
    enum cfn_verb verb = verb_of(task);
    struct cfn_caller caller = {.backend = cfn_engine_backend(run->engine), .place = run->place,
                                .store = run->store, .response_base = cfn_engine_response_base(run->engine)};
    struct cfn_work w = work_of(run, row, &caller);
    int rc = call_verb(run, &w, verb);
    json_set_bool(task, "Again", true);
    if (rc == CFN_WAIT) {
        if (w.wake_ms < run->wake_ms)
            run->wake_ms = w.wake_ms;
        if (w.physical.len && (verb == CFN_CREATE || verb == CFN_REPLACE)) { /* from now on it can be removed */
            json_set_str(row, "PhysicalId", buf_view(&w.physical));
            json_set(row, "Properties", json_incref(json_obj(task, "Properties")));
        }
        if (!json_bool(task, "Waited", false)) {
            json_set_bool(task, "Waited", true);
            cfn_run_put_row(run, row, NULL, STR_NONE);
        }
    } else {
        drop_reply(run, task);
        if (rc == CFN_DONE)
            finish(run, row, &w, verb);
        else
            break_off(run, row, &w, verb);
    }
    work_deinit(&w);
    int fault = cfn_run_commit(run);
    return fault ? fault : rc;
}
