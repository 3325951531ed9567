#include "cfn/cfn_priv.h"

/* A row for the request; faults become errors. */
static int load(struct rq *rq, str key, json_t **ret) {
    int rc = cfn_load(rq_store(rq), rq_snap(rq), key, ret);
    return rc == 0 || rc == STORE_E_ABSENT ? rc : aws_fault(rq, rc, "reading a stack's row");
}

int cfn_look_up(struct rq *rq, str name_or_id, json_t **ret_stack) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    str uuid = cfn_uuid_of(name_or_id);
    CLEANUP_DEINIT(buf) struct buf found = {0};
    if (!uuid.p) {
        cfn_key(&key, "cfn-name", cfn_here(rq), name_or_id, STR_NONE);
        int rc = rq_get(rq, STORE_META, buf_view(&key), &found);
        if (rc)
            return rc;
        uuid = buf_view(&found);
    }
    cfn_key(&key, "cfn-stack", cfn_here(rq), uuid, STR_NONE);
    return load(rq, buf_view(&key), ret_stack);
}

int cfn_find_stack(struct rq *rq, str name_or_id, json_t **ret_stack) {
    int rc = cfn_look_up(rq, name_or_id, ret_stack);
    return rc == STORE_E_ABSENT
               ? aws_fail(rq, &CFN_ValidationError, "Stack with id " STR_FMT " does not exist", STR_ARG(name_or_id))
               : rc;
}

static int add_row(void *ctx, str key, const json_t *doc) {
    (void)key;
    json_set(ctx, json_str(doc, "LogicalId").p, json_incref((json_t *)doc));
    return 0;
}

int cfn_find_rows(struct rq *rq, const json_t *stack, json_t **ret_rows) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_JSON json_t *rows = json_object();
    cfn_key(&key, "cfn-res", cfn_here(rq), cfn_uuid_of(json_str(stack, "StackId")), STR_NONE);
    int rc = cfn_each(rq_store(rq), rq_snap(rq), buf_view(&key), false, add_row, rows);
    if (rc)
        return aws_fault(rq, rc, "reading a stack's resources");
    *ret_rows = STEAL(rows);
    return 0;
}

int cfn_find_template(struct rq *rq, const json_t *stack, str *ret_text) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    CLEANUP_DEINIT(buf) struct buf text = {0};
    cfn_key_numbered(&key, "cfn-tmpl", cfn_here(rq), cfn_uuid_of(json_str(stack, "StackId")), (uint64_t)json_int(stack, "Generation", 0));
    int rc = rq_get(rq, STORE_META, buf_view(&key), &text);
    if (rc == STORE_E_ABSENT) /* a stack that was only ever reviewed has none */
        return aws_fail(rq, &CFN_ValidationError, "Stack [" STR_FMT "] has no template", STR_ARG(json_str(stack, "StackName")));
    if (rc)
        return rc;
    *ret_text = arena_str(&rq->arena, buf_view(&text));
    return 0;
}

/* ---- Change sets ---- */

void cfn_key_set(struct rq *rq, struct buf *key, const json_t *stack, str set_name) {
    cfn_key(key, "cfn-set", cfn_here(rq), cfn_uuid_of(json_str(stack, "StackId")), set_name);
}

struct wanted { str id; json_t *found; };

static int match_id(void *ctx, str key, const json_t *doc) {
    (void)key;
    struct wanted *w = ctx;
    if (!str_eq(json_str(doc, "ChangeSetId"), w->id))
        return 0;
    w->found = json_incref((json_t *)doc);
    return 1;
}

static int find_by_id(struct rq *rq, str id, json_t **ret_set) {
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    struct wanted w = {id, NULL};
    cfn_key(&prefix, "cfn-set", cfn_here(rq), STR_NONE, STR_NONE);
    int rc = cfn_each(rq_store(rq), rq_snap(rq), buf_view(&prefix), false, match_id, &w);
    if (rc && !w.found)
        return aws_fault(rq, rc, "reading change sets");
    *ret_set = w.found;
    return 0;
}

int cfn_find_set(struct rq *rq, str name_or_id, str stack_name, json_t **ret_set, json_t **ret_stack) {
    CLEANUP_JSON json_t *set = NULL;
    CLEANUP_JSON json_t *stack = NULL;
    CLEANUP_DEINIT(buf) struct buf key = {0};
    int rc;
    if (str_starts(name_or_id, S("arn:"))) {
        rc = find_by_id(rq, name_or_id, &set);
    } else {
        if (!stack_name.p)
            return aws_fail(rq, &CFN_ValidationError, "StackName must be specified if ChangeSetName is not specified as an ARN.");
        rc = cfn_find_stack(rq, stack_name, &stack);
        if (rc)
            return rc;
        cfn_key_set(rq, &key, stack, name_or_id);
        rc = load(rq, buf_view(&key), &set);
        rc = rc == STORE_E_ABSENT ? 0 : rc;
    }
    if (rc)
        return rc;
    if (!set)
        return aws_fail(rq, &CFN_ChangeSetNotFound, "ChangeSet [" STR_FMT "] does not exist", STR_ARG(name_or_id));
    if (!stack && (rc = cfn_find_stack(rq, json_str(set, "StackId"), &stack)) != 0)
        return rc;
    *ret_set = STEAL(set);
    if (ret_stack)
        *ret_stack = STEAL(stack);
    return 0;
}
