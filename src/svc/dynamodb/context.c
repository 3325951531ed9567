/*
 * What the policies see: the resource of a request, and DynamoDB's condition keys ("Using IAM
 * policy conditions for fine-grained access control", Developer Guide). A request that cannot be
 * read adds nothing it does not have; its handler refuses it.
 */
#include "base/arn.h"
#include "svc/dynamodb/keycond.h"
#include "svc/dynamodb/svc_priv.h"

int ddb_hook_resource(void *, struct rq *rq, struct buf *ret_arn) {
    struct ddb_table_name at;
    str given = json_str(rq->in, "TableName"), index = json_str(rq->in, "IndexName");
    if (!ddb_table_name_parse(rq, given, &at))
        return ddb_invalid(rq, "Invalid TableArn: Invalid ResourceArn provided as input " STR_FMT,
                           STR_ARG(str_slice(given, 0, 300)));
    arn_add(ret_arn, "dynamodb", at.region, at.account, "table/" STR_FMT, STR_ARG(at.name));
    if (index.p)
        buf_printf(ret_arn, "/index/" STR_FMT, STR_ARG(index));
    return 0;
}

/* Of a table, also where its index or its stream is named. */
int ddb_hook_tags(void *svc_, struct rq *rq, str text, json_t **ret_tags) {
    struct ddb_svc *svc = svc_;
    struct arn arn;
    struct err err;
    struct ddb_table *found;
    str name, rest;
    if (!arn_parse_regional(text, "dynamodb", &arn) || !str_starts(arn.resource, S("table/")))
        return 0;
    str_cut(str_skip(arn.resource, 6), '/', &name, &rest);
    int r = ddb_tables_get(svc->tables, arn.account, arn.region, name, &found, &err);
    if (r)
        return r == STORE_E_ABSENT ? 0 : aws_fault(rq, r, err.text);
    CLEANUP(ddb_table) struct ddb_table *table = found;
    *ret_tags = json_incref(kit_tags_stored(&ddb_tags, table->doc));
    return 0;
}

/* ---- dynamodb:Attributes ---- */
static void add_name(struct policy_context *context, str name) {
    policy_context_add(context, S("dynamodb:Attributes"), name);
}

/* Of an Item or a Key, also of one that its handler will refuse. */
static void add_item_names(struct rq *rq, const char *member, struct policy_context *context) {
    const json_t *json = json_object_get(rq->in, member);
    const struct ddb_value *taken = aws_taken(json, ddb_item_read);
    const char *name;
    json_t *value;
    for (size_t i = 0; taken && i < taken->n; i++)
        add_name(context, taken->attrs[i].name);
    json_object_foreach ((json_t *)json, name, value) {
        add_name(context, str_c(name));
    }
}

/* That attribute of an Item or a Key; NULL: it is not there, or cannot be read. */
static const struct ddb_value *attribute_of(struct rq *rq, const char *member, str name) {
    const json_t *json = json_object_get(rq->in, member);
    const struct ddb_value *taken = aws_taken(json, ddb_item_read), *v;
    struct err err;
    if (taken)
        return ddb_map_get(taken, name);
    json = json_object_getn(json, name.p, name.len);
    return ddb_value_from_json(&rq->arena, json, &v, &err) ? v : NULL;
}

static void add_node_names(struct policy_context *context, const struct ddb_node *node) {
    if (!node)
        return;
    if (node->kind == DDB_NODE_PATH)
        add_name(context, node->path.steps[0].name);
    for (size_t i = 0; i < node->n; i++)
        add_node_names(context, node->kids[i]);
}

struct expressions {
    struct ddb_expr_env env;
    struct ddb_node *key_condition;
};

static void add_expression_names(struct rq *rq, struct policy_context *context,
                                 struct expressions *e) {
    static const char *const conditions[] = {"ConditionExpression", "FilterExpression",
                                             "KeyConditionExpression"};
    struct ddb_projection projection;
    struct ddb_update update;
    struct err err;
    for (size_t i = 0; i < ARRAY_LEN(conditions); i++) {
        struct ddb_node *node = NULL;
        if (!json_has(rq->in, conditions[i]) ||
            !ddb_parse_condition(&e->env, conditions[i], json_str(rq->in, conditions[i]), &node,
                                 &err))
            continue;
        add_node_names(context, node);
        if (i == 2)
            e->key_condition = node;
    }
    if (json_has(rq->in, "ProjectionExpression") &&
        ddb_parse_projection(&e->env, json_str(rq->in, "ProjectionExpression"), &projection, &err))
        for (size_t i = 0; i < projection.n; i++)
            add_name(context, projection.paths[i].steps[0].name);
    if (json_has(rq->in, "UpdateExpression") &&
        ddb_parse_update(&e->env, json_str(rq->in, "UpdateExpression"), &update, &err))
        for (size_t i = 0; i < update.n; i++) {
            add_name(context, update.clauses[i].path.steps[0].name);
            add_node_names(context, update.clauses[i].operand);
        }
}

/* ---- dynamodb:LeadingKeys ---- */
static void add_leading_key(struct policy_context *context, const struct ddb_value *v) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (v->type == DDB_N)
        ddb_number_text(v->number, &text);
    else
        buf_str(&text, v->text);
    policy_context_add(context, S("dynamodb:LeadingKeys"), buf_view(&text));
}

static int leading_key(struct ddb_svc *svc, struct rq *rq, struct policy_context *context,
                       const struct ddb_node *key_condition) {
    struct ddb_table_name at;
    struct ddb_table *found;
    struct ddb_key_condition condition;
    struct err err;
    if (!ddb_table_name_parse(rq, json_str(rq->in, "TableName"), &at))
        return 0;
    int r = ddb_tables_get(svc->tables, at.account, at.region, at.name, &found, &err);
    if (r)
        return r == STORE_E_ABSENT ? 0 : aws_fault(rq, r, err.text);
    CLEANUP(ddb_table) struct ddb_table *table = found;
    const struct ddb_index *index = ddb_table_index(table, json_str(rq->in, "IndexName"));
    const struct ddb_value *v =
        attribute_of(rq, json_has(rq->in, "Item") ? "Item" : "Key", table->keys.partition.name);
    if (v && v->type <= DDB_B)
        add_leading_key(context, v);
    if (key_condition &&
        ddb_key_condition(key_condition, index ? &index->keys : &table->keys, &condition, &err))
        add_leading_key(context, condition.partition);
    return 0;
}

/* Requests without any of these have nothing to be limited by. */
static bool reads_or_writes_items(const struct rq *rq) {
    return (rq->op->flags & OP_PAGINATES && json_has(rq->in, "TableName")) ||
           json_has(rq->in, "Key") || json_has(rq->in, "Item");
}

/* ---- What is implied ---- */

/* Only GetItem, Query and Scan have a projection. */
static void add_select(const struct rq *rq, struct policy_context *context) {
    str given = json_str(rq->in, "Select");
    if (!given.p)
        given = json_has(rq->in, "ProjectionExpression") ? S("SPECIFIC_ATTRIBUTES")
                : json_has(rq->in, "IndexName")          ? S("ALL_PROJECTED_ATTRIBUTES")
                                                         : S("ALL_ATTRIBUTES");
    policy_context_add(context, S("dynamodb:Select"), given);
}

/*
 * Whatever returns attributes counts: an item that is given back because a condition failed is
 * ALL_OLD, whatever else was asked for.
 */
static void add_return_values(const struct rq *rq, struct policy_context *context) {
    static const str key = S_INIT("dynamodb:ReturnValues");
    str given = json_str(rq->in, "ReturnValues");
    bool on_failure = str_is(json_str(rq->in, "ReturnValuesOnConditionCheckFailure"), "ALL_OLD");
    if (!on_failure || str_is(given, "ALL_NEW"))
        policy_context_add(context, key, given.p ? given : S("NONE"));
    if (on_failure)
        policy_context_add(context, key, S("ALL_OLD"));
}

static bool writes(const struct rq *rq) { return rq->op->flags & OP_MUTATES; }

int ddb_hook_context(void *svc_, struct rq *rq, const struct aws_question *question,
                     struct policy_context *context) {
    struct ddb_svc *svc = svc_;
    (void)question; /* operations on items ask one: about the table or index that is named */
    struct expressions e = {.key_condition = NULL};
    struct err err;
    if (!reads_or_writes_items(rq))
        return 0;
    (writes(rq) ? add_return_values : add_select)(rq, context);
    add_item_names(rq, "Item", context);
    add_item_names(rq, "Key", context);
    const struct ddb_expr_given given = {json_object_get(rq->in, "ExpressionAttributeNames"),
                                         json_object_get(rq->in, "ExpressionAttributeValues"),
                                         .any = true};
    if (ddb_expr_env_init(&e.env, &rq->arena, &given, &err))
        add_expression_names(rq, context, &e);
    return leading_key(svc, rq, context, e.key_condition);
}
