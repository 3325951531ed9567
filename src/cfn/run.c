#include "cfn/run.h"

#include "aws/identity.h"
#include "base/clock.h"
#include "tmpl/params.h"

#include <errno.h>

static int load_row(void *ctx, str key, const json_t *doc) {
    (void)key;
    struct cfn_run *run = ctx;
    json_set(run->resources, json_str(doc, "LogicalId").p, json_incref((json_t *)doc));
    return 0;
}

int cfn_run_open(struct cfn_run *run, struct cfn_engine *engine, struct cfn_place place, str uuid) {
    *run = (struct cfn_run){.engine = engine, .store = cfn_engine_store(engine), .wake_ms = INT64_MAX};
    run->place.account = arena_str(&run->arena, place.account);
    run->place.region = arena_str(&run->arena, place.region);
    run->uuid = arena_str(&run->arena, uuid);
    run->resources = json_object();
    run->imports = json_object();
    run->batch = store_batch_new();
    CLEANUP_DEINIT(buf) struct buf key = {0};
    cfn_key(&key, "cfn-op", run->place, run->uuid, STR_NONE);
    int rc = cfn_load(run->store, NULL, buf_view(&key), &run->op);
    if (rc)
        return rc;
    cfn_key(&key, "cfn-stack", run->place, run->uuid, STR_NONE);
    rc = cfn_load(run->store, NULL, buf_view(&key), &run->stack);
    if (rc)
        return rc;
    cfn_key(&key, "cfn-res", run->place, run->uuid, STR_NONE);
    return cfn_each(run->store, NULL, buf_view(&key), false, load_row, run);
}

void cfn_run_deinit(struct cfn_run *run) {
    json_decref(run->op);
    json_decref(run->stack);
    json_decref(run->resources);
    json_decref(run->params);
    json_decref(run->conditions);
    json_decref(run->imports);
    tmpl_free(run->tree);
    aws_identity_free(run->identity);
    store_batch_free(run->batch);
    arena_deinit(&run->arena);
}

str cfn_run_status(const struct cfn_run *run) { return json_str(run->stack, "Status"); }

/* What was accepted by the API parses again; a failure here means damage. */
int cfn_run_load_model(struct cfn_run *run) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    cfn_key_numbered(&key, "cfn-tmpl", run->place, run->uuid, (uint64_t)json_int(run->stack, "Generation", 0));
    int rc = store_get(run->store, NULL, STORE_META, buf_view(&key), &text);
    if (rc)
        return rc > 0 ? -EBADMSG : rc;
    struct tmpl_fault fault = {{0}, {{0}}};
    if (tmpl_new(&run->tree, buf_view(&text), &fault) || tmpl_model_new(run->tree, &run->model, &fault) ||
        tmpl_params_resolve(run->model, json_obj(run->stack, "Parameters"), &run->params, &fault))
        return -EBADMSG;
    cfn_run_scope(run);
    if (tmpl_conditions(&run->scope, &run->conditions, &fault))
        return -EBADMSG;
    run->scope.conditions = run->conditions;
    if (tmpl_graph_new(run->model, tmpl_active_resources(&run->scope, &run->arena), &run->arena, &run->graph, &fault))
        return -EBADMSG;
    return 0;
}

/* ---- Changes ---- */

void cfn_run_put_stack(struct cfn_run *run) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    cfn_key(&key, "cfn-stack", run->place, run->uuid, STR_NONE);
    cfn_save(run->batch, buf_view(&key), run->stack);
}

void cfn_run_set_status(struct cfn_run *run, const char *status, str reason) {
    json_set_str(run->stack, "Status", str_c(status));
    json_object_del(run->stack, "StatusReason");
    if (reason.len)
        json_set_str(run->stack, "StatusReason", reason);
    cfn_add_event(run->store, run->batch, run->place, run->stack, NULL, status, reason);
    cfn_run_put_stack(run);
}

void cfn_run_put_row(struct cfn_run *run, json_t *row, const char *status, str reason) {
    if (status) {
        json_set_str(row, "Status", str_c(status));
        json_object_del(row, "Reason");
        if (reason.len)
            json_set_str(row, "Reason", reason);
        json_set_int(row, "Time", clock_world_ms());
        cfn_add_event(run->store, run->batch, run->place, run->stack, row, status, reason);
    }
    if (json_bool(row, "Garbage", false)) {
        cfn_run_put_stack(run);
        return;
    }
    CLEANUP_DEINIT(buf) struct buf key = {0};
    cfn_key(&key, "cfn-res", run->place, run->uuid, json_str(row, "LogicalId"));
    cfn_save(run->batch, buf_view(&key), row);
}

void cfn_run_drop_row(struct cfn_run *run, const json_t *row) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    cfn_key(&key, "cfn-res", run->place, run->uuid, json_str(row, "LogicalId"));
    store_del(run->batch, STORE_META, buf_view(&key));
    json_object_del(run->resources, json_str(row, "LogicalId").p);
}

int cfn_run_take_over(struct cfn_run *run) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_JSON json_t *row = NULL;
    cfn_key(&key, "cfn-cancel", run->place, run->uuid, STR_NONE);
    int rc = cfn_load(run->store, NULL, buf_view(&key), &row);
    if (rc)
        return rc == STORE_E_ABSENT ? 0 : -EIO;
    store_del(run->batch, STORE_META, buf_view(&key));
    if (str_ends(cfn_run_status(run), S("_IN_PROGRESS")) && !str_starts(cfn_run_status(run), S("DELETE"))) {
        json_set(run->stack, "Op", json_incref(json_obj(row, "Op")));
        json_decref(run->op);
        run->op = json_incref(json_obj(row, "Who"));
        run->identity = aws_identity_free(run->identity);
        cfn_key(&key, "cfn-op", run->place, run->uuid, STR_NONE);
        cfn_save(run->batch, buf_view(&key), run->op);
        cfn_run_set_status(run, "DELETE_IN_PROGRESS", S("User Initiated"));
    }
    return cfn_run_commit(run);
}

void cfn_run_end(struct cfn_run *run) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    cfn_key(&key, "cfn-op", run->place, run->uuid, STR_NONE);
    store_del(run->batch, STORE_META, buf_view(&key));
}

int cfn_run_commit(struct cfn_run *run) {
    struct err why = {{0}};
    store_batch_frees(run->batch); /* a stack must be able to give room back on a full disk */
    int rc = store_commit(run->store, run->batch, &why);
    store_batch_clear(run->batch);
    return rc > 0 ? -EIO : rc;
}

/* ---- Order ---- */

static int by_order(const void *a, const void *b) {
    int64_t x = json_int(*(json_t *const *)a, "Order", 0), y = json_int(*(json_t *const *)b, "Order", 0);
    return x < y ? -1 : x > y;
}

json_t **cfn_run_sorted(struct cfn_run *run, bool newest_first, size_t *ret_n) {
    size_t n = 0;
    json_t **rows = arena_alloc(&run->arena, (json_object_size(run->resources) + 1) * sizeof(json_t *)); /* NOLINT(bugprone-sizeof-expression): of pointers */
    const char *name;
    json_t *row;
    json_object_foreach(run->resources, name, row)
        rows[n++] = row;
    if (n)
        qsort(rows, n, sizeof(json_t *), by_order); /* NOLINT(bugprone-sizeof-expression) */
    for (size_t i = 0; newest_first && i < n / 2; i++) {
        json_t *other = rows[i];
        rows[i] = rows[n - 1 - i];
        rows[n - 1 - i] = other;
    }
    *ret_n = n;
    return rows;
}
