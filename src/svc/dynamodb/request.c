/*
 * dynamodb/request: what the operations of DynamoDB read from a request alike: the table,
 * expressions, keys, stored items.
 */
#include "svc/dynamodb/svc_priv.h"

#include "base/arn.h"
#include "base/ascii.h"

/* ---- Tables ---- */
bool ddb_table_name_parse(const struct rq *rq, str given, struct ddb_table_name *ret) {
    struct arn arn;
    *ret = (struct ddb_table_name){rq->account, rq->region, given};
    if (str_chr(given, ':') < 0)
        return true;
    if (!arn_parse_regional(given, "dynamodb", &arn) || !str_starts(arn.resource, S("table/")))
        return false;
    *ret = (struct ddb_table_name){arn.account, arn.region, str_skip(arn.resource, 6)};
    return str_chr(ret->name, '/') < 0;
}

static int check_name(struct rq *rq, str name) {
    static const char rule[] =
        "1 validation error detected: Value '" STR_FMT "' at 'tableName' failed "
        "to satisfy constraint: Member must %s";
    if (str_starts(name, S("arn:")))
        return 0;
    if (name.len < 3)
        return ddb_invalid(rq, rule, STR_ARG(name), "have length greater than or equal to 3");
    if (name.len > 255)
        return ddb_invalid(rq, rule, STR_ARG(name), "have length less than or equal to 255");
    if (!ascii_only_alnum(name, "_.-"))
        return ddb_invalid(rq, rule, STR_ARG(name),
                           "satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
    return 0;
}

static void release(void *table) { ddb_table_free(table); }

int ddb_table_name_check(struct rq *rq, str given, struct ddb_table_name *ret) {
    if (check_name(rq, given))
        return AWS_FAILED;
    if (!ddb_table_name_parse(rq, given, ret))
        return ddb_invalid(rq, "Invalid TableArn: Invalid ResourceArn provided as input " STR_FMT,
                           STR_ARG(str_slice(given, 0, 300)));
    return 0;
}

int ddb_table_find(struct ddb_svc *svc, struct rq *rq, str given,
                   const struct ddb_table **ret_table) {
    struct ddb_table_name at;
    struct ddb_table *table;
    struct err err;
    *ret_table = NULL;
    if (ddb_table_name_check(rq, given, &at))
        return AWS_FAILED;
    int r = ddb_tables_get(svc->tables, at.account, at.region, at.name, &table, &err);
    if (r == STORE_E_ABSENT)
        return 0;
    if (r)
        return aws_fault(rq, r, err.text);
    rq_on_done(rq, release, table);
    row_still(rq_rows_newest(rq), &table->row);
    *ret_table = table;
    return 0;
}

int ddb_table_of(struct ddb_svc *svc, struct rq *rq, const struct ddb_table **ret_table) {
    str given = json_str(rq->in, "TableName");
    int r = ddb_table_find(svc, rq, given, ret_table);
    if (r || *ret_table)
        return r;
    return ddb_fail(rq, ResourceNotFoundException, NULL);
}

int ddb_table_seek(struct ddb_svc *svc, struct rq *rq, const struct ddb_table **ret,
                   str *ret_name) {
    str given = json_str(rq->in, "TableName");
    struct ddb_table_name at = {.name = given};
    int r = ddb_table_find(svc, rq, given, ret);
    if (r == 0 && !*ret)
        ddb_table_name_parse(rq, given, &at);
    *ret_name = at.name;
    return r;
}

int ddb_table_named(struct ddb_svc *svc, struct rq *rq, const struct ddb_table **ret) {
    str name;
    int r = ddb_table_seek(svc, rq, ret, &name);
    return r || *ret ? r
                     : ddb_fail(rq, ResourceNotFoundException,
                                "Requested resource not found: Table: " STR_FMT " not found",
                                STR_ARG(name));
}

/* ---- Members ---- */
int ddb_refuse_legacy(struct rq *rq, const char *const *names) {
    for (; *names; names++)
        if (json_has(rq->in, *names))
            return ddb_invalid(rq,
                               "%s is a legacy parameter and is not supported: use the "
                               "expression parameters",
                               *names);
    return 0;
}

int ddb_env_of(struct rq *rq, const char *const *expressions, struct ddb_expr_env *ret) {
    CLEANUP_DEINIT(buf) struct buf missing = {0};
    struct err err;
    bool any = false;
    for (size_t i = 0; expressions[i]; i++) {
        any = any || json_has(rq->in, expressions[i]);
        if (strcmp(expressions[i], "ProjectionExpression") == 0)
            continue; /* takes no values */
        buf_printf(&missing, "%s%s", missing.len ? " and " : "", expressions[i]);
    }
    buf_c(&missing, str_find(buf_view(&missing), S(" and ")) >= 0 ? " are null" : " is null");
    const struct ddb_expr_given given = {json_object_get(rq->in, "ExpressionAttributeNames"),
                                         json_object_get(rq->in, "ExpressionAttributeValues"), any,
                                         buf_cstr(&missing)};
    if (ddb_expr_env_init(ret, &rq->arena, &given, &err))
        return 0;
    return ddb_invalid(rq, "%s", err.text);
}

int ddb_env_done(struct rq *rq, const struct ddb_expr_env *env) {
    struct err err;
    return ddb_expr_env_done(env, &err) ? 0 : ddb_invalid(rq, "%s", err.text);
}

int ddb_condition_of(struct rq *rq, struct ddb_expr_env *env, const char *member,
                     struct ddb_node **ret) {
    struct err err;
    *ret = NULL;
    if (!json_has(rq->in, member))
        return 0;
    return ddb_parse_condition(env, member, json_str(rq->in, member), ret, &err)
               ? 0
               : ddb_invalid(rq, "%s", err.text);
}

int ddb_projection_of(struct rq *rq, struct ddb_expr_env *env, const struct ddb_projection **ret) {
    struct err err;
    *ret = NULL;
    if (!json_has(rq->in, "ProjectionExpression"))
        return 0;
    struct ddb_projection *projection = arena_new(&rq->arena, struct ddb_projection);
    *ret = projection;
    return ddb_parse_projection(env, json_str(rq->in, "ProjectionExpression"), projection, &err)
               ? 0
               : ddb_invalid(rq, "%s", err.text);
}

/* ---- Keys ---- */
static bool key_fits(const struct ddb_key_attr *attr, const struct ddb_value *key) {
    const struct ddb_value *v = attr->name.p ? ddb_map_get(key, attr->name) : NULL;
    return !attr->name.p || (v && v->type == attr->type);
}

static int check_key_value(struct rq *rq, const struct ddb_key_attr *attr,
                           const struct ddb_value *v, bool sort) {
    if (v->type == DDB_N)
        return 0;
    if (v->text.len == 0)
        return ddb_invalid(rq,
                           "One or more parameter values are not valid. The AttributeValue for "
                           "a key attribute cannot contain an empty %s value. Key: " STR_FMT,
                           v->type == DDB_S ? "string" : "binary", STR_ARG(attr->name));
    if (!sort && v->text.len > DDB_PARTITION_KEY_MAX)
        return ddb_invalid(rq, "One or more parameter values were invalid: Size of hashkey has "
                               "exceeded the maximum size limit of2048 bytes");
    if (sort && v->text.len > DDB_SORT_KEY_MAX)
        return ddb_invalid(rq, "One or more parameter values were invalid: Aggregated size of all "
                               "range keys has exceeded the size limit of 1024 bytes");
    return 0;
}

int ddb_check_key(struct rq *rq, const struct ddb_table *table, const struct ddb_value *key) {
    const struct ddb_key_schema *k = &table->keys;
    int r = check_key_value(rq, &k->partition, ddb_map_get(key, k->partition.name), false);
    if (r == 0 && k->sort.name.p)
        r = check_key_value(rq, &k->sort, ddb_map_get(key, k->sort.name), true);
    return r;
}

int ddb_key_member(struct rq *rq, const struct ddb_table *table, const struct ddb_value **ret) {
    struct err err;
    if (!ddb_item_from_json(&rq->arena, json_object_get(rq->in, "Key"), ret, &err))
        return ddb_invalid(rq, "%s", err.text);
    const struct ddb_key_schema *k = &table->keys;
    if ((*ret)->n != 1u + (k->sort.name.p != NULL) || !key_fits(&k->partition, *ret) ||
        !key_fits(&k->sort, *ret))
        return ddb_invalid(rq, "The provided key element does not match the schema");
    return ddb_check_key(rq, table, *ret);
}

/* ---- Stored items ---- */
int ddb_item_of(struct rq *rq, struct arena *a, str bytes, const struct ddb_value **ret) {
    struct cur c = cur_of(bytes);
    if (!ddb_value_decode(a, &c, ret) || (*ret)->type != DDB_M || c.s.len)
        return aws_fault(rq, STORE_E_DAMAGED, "an item cannot be read");
    return 0;
}
