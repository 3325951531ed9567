/* PutItem, UpdateItem, DeleteItem, GetItem. */
#include "svc/dynamodb/svc_priv.h"

/* ---- What the writes share ---- */
static int check_return_values(struct rq *rq, bool update) {
    str v = json_str(rq->in, "ReturnValues");
    if (!v.p || update || str_is(v, "NONE") || str_is(v, "ALL_OLD"))
        return 0;
    return ddb_invalid(rq, "ReturnValues can only be ALL_OLD or NONE");
}

static int check_collection_metrics(struct rq *rq, const struct ddb_table *table) {
    if (!str_is(json_str(rq->in, "ReturnItemCollectionMetrics"), "SIZE"))
        return 0;
    for (size_t i = 0; i < table->n_indexes; i++)
        if (table->indexes[i].local)
            return ddb_invalid(rq, "ReturnItemCollectionMetrics is not supported");
    return 0; /* without a local index there are none to return */
}

/* Expressions of a write: its condition, and the update if there is one. */
static int read_condition(struct rq *rq, struct ddb_expr_env *env, struct ddb_node **ret) {
    static const char *const members[] = {"ConditionExpression", NULL};
    int r = ddb_env_of(rq, members, env);
    if (r == 0)
        r = ddb_condition_of(rq, env, "ConditionExpression", ret);
    return r ? r : ddb_env_done(rq, env);
}

/* The part of the old or the new item that ReturnValues asks for, of an update that was done. */
static const struct ddb_value *returned(struct rq *rq, const struct ddb_change *change,
                                        const struct ddb_update *update);

/* Writes the change and answers what of the item is wanted. update: NULL for the other writes. */
static int finish(struct ddb_svc *svc, struct rq *rq, struct ddb_change *change,
                  const struct ddb_update *update) {
    int r = ddb_change_write(svc, rq, change);
    if (r)
        return r;
    struct buf *out = ddb_out_begin(rq);
    const struct ddb_value *item = returned(rq, change, update);
    if (item && item->n) {
        ddb_out_name(out, "Attributes");
        ddb_item_write(item, out);
    }
    ddb_out_end(rq, out, change->table, &change->capacity);
    ddb_gauge_request(svc, rq, change->table, &change->capacity);
    return 0;
}

/* ---- PutItem ---- */
static int check_put_key(struct rq *rq, const struct ddb_key_attr *attr,
                         const struct ddb_value *item) {
    const struct ddb_value *v = attr->name.p ? ddb_map_get(item, attr->name) : NULL;
    if (attr->name.p && !v)
        return ddb_invalid(rq,
                           "One or more parameter values were invalid: Missing the key " STR_FMT
                           " in the item",
                           STR_ARG(attr->name));
    if (v && v->type != attr->type)
        return ddb_invalid(
            rq,
            "One or more parameter values were invalid: Type mismatch for key " STR_FMT
            " expected: %s actual: %s",
            STR_ARG(attr->name), ddb_type_name(attr->type), ddb_type_name(v->type));
    return 0;
}

static int check_put(struct rq *rq, const struct ddb_table *table, const struct ddb_value *item) {
    int r = check_put_key(rq, &table->keys.partition, item);
    if (r == 0)
        r = check_put_key(rq, &table->keys.sort, item);
    return r ? r : ddb_check_key(rq, table, item);
}

int ddb_op_PutItem(struct ddb_svc *svc, struct rq *rq) {
    static const char *const legacy[] = {"Expected", "ConditionalOperator", NULL};
    CLEANUP_DEINIT(ddb_change) struct ddb_change change = {0};
    struct ddb_expr_env env;
    struct ddb_node *condition;
    const struct ddb_table *table;
    const struct ddb_value *item;
    struct err err;
    int r = ddb_refuse_legacy(rq, legacy);
    if (r || (r = check_return_values(rq, false)))
        return r;
    if (!ddb_item_from_json(&rq->arena, json_object_get(rq->in, "Item"), &item, &err))
        return ddb_invalid(rq, "%s", err.text);
    if (ddb_item_size(item) > DDB_ITEM_MAX)
        return ddb_invalid(rq, "Item size has exceeded the maximum allowed size");
    if ((r = read_condition(rq, &env, &condition)) || (r = ddb_table_of(svc, rq, &table)) ||
        (r = check_collection_metrics(rq, table)) || (r = check_put(rq, table, item)) ||
        (r = ddb_change_load(rq, &change, table, item)) ||
        (r = ddb_change_condition(rq, &change, condition)))
        return r;
    change.new = item;
    return finish(svc, rq, &change, NULL);
}

/* ---- DeleteItem ---- */
int ddb_op_DeleteItem(struct ddb_svc *svc, struct rq *rq) {
    static const char *const legacy[] = {"Expected", "ConditionalOperator", NULL};
    CLEANUP_DEINIT(ddb_change) struct ddb_change change = {0};
    struct ddb_expr_env env;
    struct ddb_node *condition;
    const struct ddb_table *table;
    const struct ddb_value *key;
    int r = ddb_refuse_legacy(rq, legacy);
    if (r || (r = check_return_values(rq, false)) || (r = read_condition(rq, &env, &condition)) ||
        (r = ddb_table_of(svc, rq, &table)) || (r = check_collection_metrics(rq, table)) ||
        (r = ddb_key_member(rq, table, &key)) || (r = ddb_change_load(rq, &change, table, key)) ||
        (r = ddb_change_condition(rq, &change, condition)))
        return r;
    store_batch_frees(rq_batch(rq));
    return finish(svc, rq, &change, NULL);
}

/* ---- UpdateItem ---- */
static int read_update(struct rq *rq, struct ddb_expr_env *env, struct ddb_update *ret,
                       struct ddb_node **ret_condition) {
    static const char *const members[] = {"UpdateExpression", "ConditionExpression", NULL};
    struct err err;
    int r = ddb_env_of(rq, members, env);
    if (r)
        return r;
    if (json_has(rq->in, "UpdateExpression") &&
        !ddb_parse_update(env, json_str(rq->in, "UpdateExpression"), ret, &err))
        return ddb_invalid(rq, "%s", err.text);
    r = ddb_condition_of(rq, env, "ConditionExpression", ret_condition);
    return r ? r : ddb_env_done(rq, env);
}

static int check_no_key_changes(struct rq *rq, const struct ddb_table *table,
                                const struct ddb_update *update) {
    for (size_t i = 0; i < update->n; i++) {
        str name = update->clauses[i].path.steps[0].name;
        if (ddb_is_key(&table->keys, name))
            return ddb_invalid(rq,
                               "One or more parameter values were invalid: Cannot update "
                               "attribute " STR_FMT ". This attribute is part of the key",
                               STR_ARG(name));
    }
    return 0;
}

/* UPDATED_OLD and UPDATED_NEW: what the update's paths hold. */
static const struct ddb_value *updated_parts(struct rq *rq, const struct ddb_update *update,
                                             const struct ddb_value *item) {
    struct ddb_projection paths = {.n = update->n};
    if (!item || update->n == 0)
        return NULL;
    paths.paths = arena_alloc(&rq->arena, update->n * sizeof *paths.paths);
    for (size_t i = 0; i < update->n; i++)
        paths.paths[i] = update->clauses[i].path;
    return ddb_project(&rq->arena, &paths, item);
}

static const struct ddb_value *returned(struct rq *rq, const struct ddb_change *change,
                                        const struct ddb_update *update) {
    str wanted = json_str(rq->in, "ReturnValues");
    if (str_is(wanted, "ALL_OLD"))
        return change->old;
    if (str_is(wanted, "ALL_NEW"))
        return change->new;
    if (str_is(wanted, "UPDATED_OLD"))
        return updated_parts(rq, update, change->old);
    return str_is(wanted, "UPDATED_NEW") ? updated_parts(rq, update, change->new) : NULL;
}

/*
 * "If no item with the specified Key is found: DELETE - Causes nothing to happen" (UpdateItem, API
 * Reference); so does REMOVE. An update without clauses makes the item.
 */
static bool makes_item(const struct ddb_update *update) {
    for (size_t i = 0; i < update->n; i++)
        if (update->clauses[i].action == DDB_SET || update->clauses[i].action == DDB_ADD)
            return true;
    return update->n == 0;
}

static int updated_item(struct rq *rq, const struct ddb_update *update, const struct ddb_value *key,
                        struct ddb_change *change) {
    struct err err;
    if (!change->old && !makes_item(update))
        return 0;
    return ddb_update_apply(&rq->arena, update, change->old ? change->old : key, &change->new, &err)
               ? 0
               : ddb_invalid(rq, "%s", err.text);
}

int ddb_op_UpdateItem(struct ddb_svc *svc, struct rq *rq) {
    static const char *const legacy[] = {"Expected", "ConditionalOperator", "AttributeUpdates",
                                         NULL};
    CLEANUP_DEINIT(ddb_change) struct ddb_change change = {0};
    struct ddb_expr_env env;
    struct ddb_node *condition = NULL;
    struct ddb_update update = {0};
    const struct ddb_table *table;
    const struct ddb_value *key = NULL;
    int r = ddb_refuse_legacy(rq, legacy);
    if (r || (r = read_update(rq, &env, &update, &condition)) ||
        (r = ddb_table_of(svc, rq, &table)) || (r = check_collection_metrics(rq, table)) ||
        (r = ddb_key_member(rq, table, &key)) || (r = check_no_key_changes(rq, table, &update)) ||
        (r = ddb_change_load(rq, &change, table, key)) ||
        (r = ddb_change_condition(rq, &change, condition)) ||
        (r = updated_item(rq, &update, key, &change)))
        return r;
    return finish(svc, rq, &change, &update);
}

/* ---- GetItem ---- */
int ddb_op_GetItem(struct ddb_svc *svc, struct rq *rq) {
    static const char *const legacy[] = {"AttributesToGet", NULL};
    static const char *const members[] = {"ProjectionExpression", NULL};
    CLEANUP_DEINIT(ddb_change) struct ddb_change change = {0};
    struct ddb_expr_env env;
    const struct ddb_projection *projection;
    const struct ddb_table *table;
    const struct ddb_value *key;
    int r = ddb_refuse_legacy(rq, legacy);
    if (r || (r = ddb_env_of(rq, members, &env)) ||
        (r = ddb_projection_of(rq, &env, &projection)) || (r = ddb_env_done(rq, &env)) ||
        (r = ddb_table_of(svc, rq, &table)) || (r = ddb_key_member(rq, table, &key)) ||
        (r = ddb_change_load(rq, &change, table, key)))
        return r;
    const struct ddb_value *item = change.old;
    struct buf *out = ddb_out_begin(rq);
    change.capacity.table =
        ddb_read_units(item ? ddb_item_size(item) : 0, json_bool(rq->in, "ConsistentRead", false));
    if (item && projection)
        item = ddb_project(&rq->arena, projection, item);
    if (item) {
        buf_reserve(out, change.row.bytes.len * 3 / 2); /* about what an item takes as text */
        ddb_out_name(out, "Item");
        ddb_item_write(item, out);
    }
    ddb_out_end(rq, out, table, &change.capacity);
    ddb_gauge_request(svc, rq, table, &change.capacity);
    return 0;
}
