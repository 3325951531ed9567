/* cfn/find: finds what a request names: stacks by name or id, resources, change sets, templates. */
#include "cfn/cfn_priv.h"

#include "base/log.h"

int cfn_look_up(struct rq *rq, str name_or_id, struct cfn_stack *ret) {
    CLEANUP_DEINIT(row) struct row name = {0};
    str uuid = cfn_uuid_of(name_or_id);
    if (!uuid.p) {
        cfn_key(&name.key, "cfn-name", cfn_here(rq), name_or_id, STR_NONE);
        int r = rq_row_get(rq, &name);
        if (r)
            return r;
        uuid = buf_view(&name.bytes);
    }
    return rq_row_result(rq, cfn_get_stack(rq_rows(rq), &rq->arena, cfn_here(rq), uuid, ret));
}

int cfn_find_stack_of(struct rq *rq, str name_or_id, struct cfn_stack *ret) {
    int r = cfn_look_up(rq, name_or_id, ret);
    return r == STORE_E_ABSENT
               ? aws_fail(rq, &CFN_ValidationError, CFN_NO_STACK, STR_ARG(name_or_id))
               : r;
}

int cfn_find_stack_in_words(struct rq *rq, const char *words, struct cfn_stack *ret) {
    str name_or_id = json_str(rq->in, "StackName");
    int r = cfn_look_up(rq, name_or_id, ret);
    return r == STORE_E_ABSENT ? aws_fail(rq, &CFN_ValidationError, words, STR_ARG(name_or_id)) : r;
}

int cfn_find_stack(struct rq *rq, struct cfn_stack *ret) {
    return cfn_find_stack_of(rq, json_str(rq->in, "StackName"), ret);
}

int cfn_find_resources(struct rq *rq, const struct cfn_stack *stack, struct cfn_list *ret) {
    return rq_row_result(rq, cfn_load_resources(rq_rows(rq), &rq->arena, stack, ret));
}

int cfn_find_template(struct rq *rq, const struct cfn_stack *stack, str *ret_text) {
    CLEANUP_DEINIT(row) struct row text = {0};
    cfn_key_numbered(&text.key, "cfn-tmpl", cfn_here(rq), stack->uuid,
                     (uint64_t)stack->now.generation);
    int r = rq_row_get(rq, &text);
    if (r == STORE_E_ABSENT) /* a stack that was only ever reviewed has none */
        return aws_fail(rq, &CFN_ValidationError, "Stack [" STR_FMT "] has no template",
                        STR_ARG(stack->name));
    if (r == 0)
        *ret_text = arena_str(&rq->arena, buf_view(&text.bytes));
    return r;
}

int cfn_listed(struct rq *rq, int r, const char *what) {
    CLEANUP_DEINIT(buf) struct buf doing = {0};
    if (r == STORE_E_DAMAGED)
        log_error("cfn", "%s of account " STR_FMT " are listed without those that are damaged",
                  what, STR_ARG(rq->account));
    if (r == 0 || r == STORE_E_DAMAGED)
        return 0;
    buf_printf(&doing, "reading %s", what);
    return aws_fault(rq, r, buf_cstr(&doing));
}

/* ---- Change sets ---- */

int cfn_each_set(struct rq *rq, const struct cfn_stack *stack, int (*each)(void *ctx, void *set),
                 void *ctx) {
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    cfn_key(&prefix, "cfn-set", cfn_here(rq), stack ? stack->uuid : STR_NONE, STR_NONE);
    int r = cfn_each(rq_rows(rq), &cfn_set_form, buf_view(&prefix), each, ctx);
    return cfn_listed(rq, r, "change sets");
}

struct wanted {
    str id;
    struct buf *key;
};

static int match_id(void *ctx, void *what) {
    const struct cfn_set *set = what;
    struct wanted *w = ctx;
    if (str_eq(set->id, w->id) && !w->key->len)
        buf_str(w->key, buf_view(&set->row.key));
    return 0;
}

static int get_set(struct rq *rq, struct cfn_set *ret) {
    int r =
        ret->row.key.len ? cfn_get(rq_rows(rq), &cfn_set_form, &rq->arena, ret) : STORE_E_ABSENT;
    return rq_row_result(rq, r);
}

bool cfn_is_set_id(str name_or_id) { return str_starts(name_or_id, S("arn:")); }

int cfn_look_up_set(struct rq *rq, str id, struct cfn_set *ret) {
    struct wanted w = {id, &ret->row.key};
    int r = cfn_each_set(rq, NULL, match_id, &w);
    return r ? r : get_set(rq, ret);
}

static int set_in_stack(struct rq *rq, str name, struct cfn_set *ret, struct cfn_stack *ret_stack) {
    str stack = json_str(rq->in, "StackName");
    if (!stack.p)
        return aws_fail(rq, &CFN_ValidationError,
                        "StackName must be specified if ChangeSetName is not specified as an ARN.");
    int r = cfn_look_up(rq, stack, ret_stack);
    if (r == STORE_E_ABSENT)
        return aws_fail(rq, &CFN_ValidationError, "Stack [" STR_FMT "] does not exist",
                        STR_ARG(stack));
    if (r)
        return r;
    cfn_key(&ret->row.key, "cfn-set", cfn_here(rq), ret_stack->uuid, name);
    return get_set(rq, ret);
}

int cfn_look_up_named_set(struct rq *rq, struct cfn_set *ret, struct cfn_stack *ret_stack) {
    str name_or_id = json_str(rq->in, "ChangeSetName");
    if (!cfn_is_set_id(name_or_id))
        return set_in_stack(rq, name_or_id, ret, ret_stack);
    int r = cfn_look_up_set(rq, name_or_id, ret);
    return r ? r : cfn_find_stack_of(rq, ret->stack_id, ret_stack);
}

int cfn_find_set(struct rq *rq, struct cfn_set *ret, struct cfn_stack *ret_stack) {
    int r = cfn_look_up_named_set(rq, ret, ret_stack);
    return r == STORE_E_ABSENT
               ? aws_fail(rq, &CFN_ChangeSetNotFound, "ChangeSet [" STR_FMT "] does not exist",
                          STR_ARG(json_str(rq->in, "ChangeSetName")))
               : r;
}
